/* SPDX-License-Identifier: ISC */
/*
 * maildir.c -- Maildir: a file for a message, flags in its name; listing and reading.
 * msgs[].name is the file's path below the Maildir.  Other programs rename the files
 * at any time: a message is the one whose name without flags is the same.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "maildir.h"

#define FIRST_TIME	315532800	/* 1980; before that a number is no time */
#define LAST_TIME	253402300799	/* the end of 9999 */

static const struct {
	char		letter;
	uint32_t	flag;
} letters[] = {			/* in ASCII order, as the names must be */
	{ 'D', MSG_DRAFT }, { 'F', MSG_FLAGGED }, { 'R', MSG_ANSWERED },
	{ 'S', MSG_SEEN }, { 'T', MSG_DELETED },
};

/* --- Names --- */

const char *
maildir_file(const struct msg *m)
{
	return strchr(m->name, '/') + 1;
}

size_t
maildir_base(const char *file)
{
	const char *colon = strstr(file, ":2,");

	return colon == NULL ? strlen(file) : (size_t)(colon - file);
}

static uint32_t
flags_of(const char *name)
{
	const char *p = strstr(name, ":2,");
	uint32_t flags = strncmp(name, "cur/", 4) == 0 ? MSG_OLD : 0;
	size_t i;

	for (p = p == NULL ? "" : p + 3; *p != '\0'; p++)
		for (i = 0; i < NELEM(letters); i++)
			if (*p == letters[i].letter)
				flags |= letters[i].flag;
	return flags;
}

/* The flags as they stand in a name, in ASCII order; letters that are not ours are kept. */
static void
flag_text(const char *file, uint32_t flags, char out[static 64])
{
	const char *p = file + maildir_base(file);
	char info[64];
	size_t n = 0, i = 0, k;
	int c;

	for (p += *p == '\0' ? 0 : 3; *p != '\0' && n < 32; p++)
		if (strchr("DFRST", *p) == NULL)
			info[n++] = *p;
	for (k = 0; k < NELEM(letters); k++)
		if ((flags & letters[k].flag) != 0)
			info[n++] = letters[k].letter;
	info[n] = '\0';
	for (c = 1; c < 256; c++)
		if (strchr(info, c) != NULL)
			out[i++] = (char)c;
	out[i] = '\0';
}

char *
maildir_name(const char *file, const char *base, uint32_t flags)
{
	char info[64];

	flag_text(file, flags, info);
	return base != NULL ? xasprintf("cur/%s:2,%s", base, info) :
	    xasprintf("cur/%.*s:2,%s", (int)maildir_base(file), file, info);
}

static size_t
hash_of(const char *base, size_t n)
{
	uint64_t h = 0xcbf29ce484222325U;
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ (unsigned char)base[i]) * 0x100000001b3U;
	return (size_t)(h ^ h >> 32);
}

static void
remember(struct store *s, uint32_t n)
{
	struct maildir *d = s->data;
	const char *file = maildir_file(store_msg(s, n));
	size_t i = hash_of(file, maildir_base(file)) & (d->nslots - 1);

	while (d->slots[i] != 0)
		i = (i + 1) & (d->nslots - 1);
	d->slots[i] = n;
}

/* Room for one more, all of them anew where there is none. */
void
maildir_remember_all(struct store *s)
{
	struct maildir *d = s->data;
	uint32_t n;

	for (d->nslots = 64; d->nslots / 2 <= s->count; d->nslots *= 2)
		continue;
	free(d->slots);
	d->slots = xcalloc(d->nslots, sizeof *d->slots);
	for (n = 1; n <= s->count; n++)
		remember(s, n);
}

bool
maildir_is_there(const struct maildir *d, const char *name)
{
	return faccessat(d->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/*
 * The message of that file, 0 if none: the one of that very name, else one of the
 * same base whose own file is no longer there.
 */
static uint32_t
find_known(struct store *s, const char *sub, const char *file)
{
	struct maildir *d = s->data;
	size_t n = maildir_base(file), i = hash_of(file, n) & (d->nslots - 1);
	uint32_t moved = 0;
	const struct msg *m;
	const char *own;

	for (; d->slots[i] != 0; i = (i + 1) & (d->nslots - 1)) {
		m = store_msg(s, d->slots[i]);
		own = maildir_file(m);
		if ((m->flags & MSG_GONE) != 0 || maildir_base(own) != n ||
		    memcmp(own, file, n) != 0)
			continue;
		if (strcmp(own, file) == 0 && strncmp(m->name, sub, 3) == 0)
			return d->slots[i];
		if (moved == 0 && !maildir_is_there(d, m->name))
			moved = d->slots[i];
	}
	return moved;
}

/* --- Listing --- */

/* Seconds, microseconds where they are named, then anything that is always the same. */
static int
compare_msgs(const void *a, const void *b)
{
	const char *x = maildir_file(a), *y = maildir_file(b);
	unsigned long long v, w;
	char *p, *q;

	v = strtoull(x, &p, 10);
	w = strtoull(y, &q, 10);
	if (v == w && strncmp(p, ".M", 2) == 0 && strncmp(q, ".M", 2) == 0) {
		v = strtoull(p + 2, NULL, 10);
		w = strtoull(q + 2, NULL, 10);
	}
	return v < w ? -1 : v > w ? 1 : strcmp(x, y);
}

bool
maildir_is_message(int fd, const struct dirent *e)
{
	struct stat st;

	if (e->d_name[0] == '.')
		return false;
	if (e->d_type != DT_UNKNOWN)
		return e->d_type == DT_REG;
	return fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode);
}

/* What a listing finds: `found' for those known before; new ones are added if `adding'. */
struct listing {
	bool		*found;		/* owned */
	uint32_t	 before;
	bool		 adding;
};

/*
 * Another program changed its flags; those that were changed here stay.  What it marked
 * for deletion meanwhile nobody has seen so here, and it is not removed by us.
 */
static void
update(struct msg *m, const char *sub, const char *file)
{
	uint32_t ours = ((m->flags ^ m->stored) & MSG_LASTING) | MSG_DELETED;

	free(m->name);
	m->name = xasprintf("%s/%s", sub, file);
	m->stored = (flags_of(m->name) & ~(uint32_t)MSG_DELETED) |
	    (m->stored & MSG_DELETED);
	m->flags = (m->flags & (~(uint32_t)MSG_LASTING | ours)) |
	    (m->stored & ~ours);
}

/* Deliverers begin a name with the time; what is no time of mail is something else. */
static int64_t
time_of(const char *name)
{
	long long t = strtoll(name, NULL, 10);

	return t < FIRST_TIME || t > LAST_TIME ? 0 : t;
}

static int
take_file(struct store *s, struct listing *l, const char *sub,
    const char *file, struct fail *why)
{
	struct maildir *d = s->data;
	uint32_t n = find_known(s, sub, file);
	struct msg *m;

	if (n != 0) {
		m = store_msg(s, n);
		if (strcmp(maildir_file(m), file) != 0 ||
		    strncmp(m->name, sub, 3) != 0)
			update(m, sub, file);
		if (n <= l->before)
			l->found[n - 1] = true;
		return 0;
	}
	if (!l->adding)
		return 0;
	if (store_resize(s, s->count + 1, why) == -1)
		return -1;
	m = store_msg(s, s->count);
	m->name = xasprintf("%s/%s", sub, file);
	m->flags = m->stored = flags_of(m->name);
	m->arrived = time_of(file);
	m->loaded = LOAD_FLAGS;
	if (s->count >= d->nslots / 2)
		maildir_remember_all(s);
	else
		remember(s, s->count);
	return 0;
}

static int
scan(struct store *s, struct listing *l, const char *sub, struct fail *why)
{
	struct maildir *d = s->data;
	int fd = openat(d->dir, sub, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (dir == NULL && errno == ENOENT && strcmp(sub, "new") == 0)
		return 0;
	if (dir == NULL) {
		fail_errno(why, local_code(errno, false), "%s/%s", d->path, sub);
		if (fd != -1)
			close(fd);
		return -1;
	}
	while (r == 0 && (errno = 0, e = readdir(dir)) != NULL)
		if (maildir_is_message(fd, e))
			r = take_file(s, l, sub, e->d_name, why);
	if (r == 0 && errno != 0)
		r = fail_errno(why, EX_IOERR, "%s/%s", d->path, sub);
	closedir(dir);
	return r;
}

/* Those that were not found have gone. */
static size_t
sweep(struct store *s, const struct listing *l, bool mark)
{
	struct maildir *d = s->data;
	struct msg *m;
	uint32_t i;
	size_t n = 0;

	for (i = 0; i < l->before; i++) {
		m = &s->msgs[i];
		if (l->found[i] || (m->flags & MSG_GONE) != 0 ||
		    maildir_is_there(d, m->name))
			continue;
		n++;
		if (mark)
			m->flags |= MSG_GONE;
	}
	return n;
}

/* new first: what is moved to cur meanwhile is seen twice, rather than not at all. */
static int
list(struct store *s, bool adding, struct fail *why)
{
	struct listing l;
	int tries, r = 0;

	l.before = s->count;
	l.adding = adding;
	l.found = xcalloc(s->count + 1, sizeof *l.found);
	/* Once more where one is missed, for it may have been renamed under us. */
	for (tries = 0; tries < 2 && r == 0; tries++) {
		r = scan(s, &l, "new", why);
		if (r == 0)
			r = scan(s, &l, "cur", why);
		if (r == 0 && sweep(s, &l, tries == 1) == 0)
			break;
	}
	free(l.found);
	if (s->count > l.before) {
		qsort(s->msgs + l.before, s->count - l.before,
		    sizeof *s->msgs, compare_msgs);
		maildir_remember_all(s);
	}
	return r;
}

static int
maildir_close(struct store *s, struct fail *why)
{
	struct maildir *d = s->data;
	uint32_t i;
	int r = 0;

	if (d == NULL)
		return 0;
	if (d->written.n > 0)
		r = s->ops->commit(s, why);
	for (i = 0; i < s->count; i++)
		free(s->msgs[i].name);
	strv_free(&d->written);
	strv_free(&d->places);
	strv_free(&d->placed);
	if (d->dir != -1)
		close(d->dir);
	free(d->slots);
	free(d->path);
	free(d);
	return r;
}

static int
make(struct store *s, struct fail *why)
{
	struct maildir *d = s->data;

	/* Copies and archives leave out directories that are empty. */
	if (local_is_maildir(d->path))
		return local_make_maildir(d->path, why);
	/* A directory of other things does not become one by the way. */
	if (strncmp(s->name, "maildir:", 8) != 0 &&
	    !local_may_be_maildir(d->path))
		return fail(why, EX_CANTCREAT, "%s: a directory, not a mailbox",
		    d->path);
	return local_make_maildir(d->path, why);
}

static int
open_directory(struct store *s, struct fail *why)
{
	struct maildir *d = s->data;
	bool making = s->mode == STORE_APPEND;

	if (making && make(s, why) == -1)
		return -1;
	d->dir = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->dir == -1)
		return fail_errno(why, local_code(errno, making), "%s", d->path);
	if (!local_is_maildir(d->path))
		return fail(why, EX_NOINPUT, "%s: a directory, not a mailbox",
		    d->path);
	return making ? 0 : list(s, true, why);
}

static int
maildir_open(struct store *s, struct fail *why)
{
	struct maildir *d = xcalloc(1, sizeof *d);
	size_t n;

	s->data = d;
	d->dir = -1;
	d->path = xstrdup(local_path(s->name));
	for (n = strlen(d->path); n > 1 && d->path[n - 1] == '/'; n--)
		d->path[n - 1] = '\0';
	maildir_remember_all(s);
	if (open_directory(s, why) == 0)
		return 0;
	maildir_close(s, NULL);
	s->count = 0;
	return -1;
}

static int
maildir_check(struct store *s, uint32_t *added, struct fail *why)
{
	uint32_t before = s->count;

	if (list(s, true, why) == -1)
		return -1;
	*added = s->count - before;
	return 0;
}

/* --- Reading --- */

bool
maildir_find_again(struct store *s, uint32_t n)
{
	return list(s, false, NULL) == 0 &&
	    (store_msg(s, n)->flags & MSG_GONE) == 0;
}

/* The descriptor of a message's file. */
static int
open_message(struct store *s, uint32_t n, struct fail *why)
{
	struct maildir *d = s->data;
	int tries, fd = -1;

	for (tries = 0; tries < 2; tries++) {
		fd = openat(d->dir, store_msg(s, n)->name, O_RDONLY | O_CLOEXEC |
		    O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
		if (fd != -1)
			return fd;
		if (errno != ENOENT || !maildir_find_again(s, n)) {
			if ((store_msg(s, n)->flags & MSG_GONE) != 0)
				errno = ENOENT;
			break;
		}
	}
	return fail_errno(why, EX_NOINPUT, "%s/%s", d->path,
	    store_msg(s, n)->name);
}

/* By its first line. */
static bool
has_crlf(int fd)
{
	char text[1024];
	ssize_t n = pread(fd, text, sizeof text, 0);
	const char *nl = n <= 0 ? NULL : memchr(text, '\n', (size_t)n);

	return nl != NULL && nl > text && nl[-1] == '\r';
}

static FILE *
maildir_message(struct store *s, uint32_t n, struct fail *why)
{
	struct maildir *d = s->data;
	int fd = open_message(s, n, why);
	FILE *f;

	if (fd == -1)
		return NULL;
	if ((f = fdopen(fd, "r")) == NULL) {
		fail_errno(why, EX_OSERR, "%s", d->path);
		close(fd);
		return NULL;
	}
	return has_crlf(fd) ? local_without_cr(f, d->path, why) : f;
}

/* Without opening it. */
static int
maildir_size(struct store *s, uint32_t n, struct fail *why)
{
	struct maildir *d = s->data;
	struct stat st;
	int r, tries;

	for (tries = 0; tries < 2; tries++) {
		r = fstatat(d->dir, store_msg(s, n)->name, &st,
		    AT_SYMLINK_NOFOLLOW);
		if (r == 0 || errno != ENOENT || !maildir_find_again(s, n))
			break;
	}
	if (r == -1)
		return fail_errno(why, EX_NOINPUT, "%s/%s", d->path,
		    store_msg(s, n)->name);
	store_msg(s, n)->size = (uint64_t)st.st_size;
	store_msg(s, n)->arrived = (int64_t)st.st_mtim.tv_sec;
	return 0;
}

const struct store_ops store_maildir = {
	.kind = "Maildir", .local = true,
	.open = maildir_open, .close = maildir_close,
	.message = maildir_message, .size = maildir_size, .append = maildir_append,
	.commit = maildir_commit, .recover = maildir_recover,
	.take_back = maildir_take_back,
	.sync = maildir_sync, .check = maildir_check,
};
