/* SPDX-License-Identifier: ISC */
/*
 * maildir.c -- Maildir: a file for a message, flags in its name.  Delivery and
 * recovery as durable as a link and two fsyncs make it: write tmp, fsync, link into
 * new, fsync new.  msgs[].name is the file's path below the Maildir.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "local.h"

#define FIRST_TIME	315532800	/* 1980; before that a number is no time */
#define LAST_TIME	253402300799	/* the end of 9999 */

struct maildir {
	char	*path;			/* owned */
	int	 dir;			/* descriptor */
	unsigned counter;
	struct strv linked;		/* appended, in new/, not yet committed: names */
};

static const struct {
	char		letter;
	uint32_t	flag;
} letters[] = {			/* in ASCII order, as the names must be */
	{ 'D', MSG_DRAFT }, { 'F', MSG_FLAGGED }, { 'R', MSG_ANSWERED },
	{ 'S', MSG_SEEN }, { 'T', MSG_DELETED },
};

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

/* The name in cur/ with these flags; letters that are not ours are kept. */
static char *
name_with(const char *name, uint32_t flags)
{
	const char *base = strchr(name, '/') + 1, *p = strstr(base, ":2,");
	char *out, info[64], all[128];
	size_t n = 0, i;
	int c;

	for (p = p == NULL ? "" : p + 3; *p != '\0' && n < 32; p++)
		if (strchr("DFRST", *p) == NULL)
			info[n++] = *p;
	for (i = 0; i < NELEM(letters); i++)
		if ((flags & letters[i].flag) != 0)
			info[n++] = letters[i].letter;
	info[n] = '\0';
	/* In ASCII order. */
	for (c = 1, i = 0; c < 256; c++)
		if (strchr(info, c) != NULL)
			all[i++] = (char)c;
	all[i] = '\0';
	out = xasprintf("cur/%.*s:2,%s", (int)strcspn(base, ":"), base, all);
	return out;
}

static size_t
base_length(const char *base)
{
	const char *colon = strstr(base, ":2,");

	return colon == NULL ? strlen(base) : (size_t)(colon - base);
}

/* --- Listing --- */

static int
compare_msgs(const void *a, const void *b)
{
	const char *x = strchr(((const struct msg *)a)->name, '/') + 1;
	const char *y = strchr(((const struct msg *)b)->name, '/') + 1;
	unsigned long long s = strtoull(x, NULL, 10), t = strtoull(y, NULL, 10);

	if (s != t)
		return s < t ? -1 : 1;
	return strcmp(x, y);
}

static bool
is_known(const struct store *s, uint32_t before, const char *base)
{
	size_t n = base_length(base);
	uint32_t i;
	const char *own;

	for (i = 0; i < before; i++) {
		own = strchr(s->msgs[i].name, '/') + 1;
		if (base_length(own) == n && memcmp(own, base, n) == 0)
			return true;
	}
	return false;
}

/* Deliverers begin a name with the time; what is no time of mail is something else. */
static int64_t
time_of(const char *name)
{
	long long t = strtoll(name, NULL, 10);

	return t < FIRST_TIME || t > LAST_TIME ? 0 : t;
}

/* Add the files of cur or new; `before' messages were known, and stay. */
static int
scan(struct store *s, const char *sub, uint32_t before, struct fail *why)
{
	struct maildir *d = s->data;
	int fd = openat(d->dir, sub, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *e;
	struct msg *m;
	int r = 0;

	if (dir == NULL)
		return fail_errno(why, local_code(errno, false), "%s/%s",
		    d->path, sub);
	while (r == 0 && (e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.' ||
		    (before > 0 && is_known(s, before, e->d_name)))
			continue;
		if ((r = store_resize(s, s->count + 1, why)) == -1)
			break;
		m = store_msg(s, s->count);
		m->name = xasprintf("%s/%s", sub, e->d_name);
		m->flags = m->stored = flags_of(m->name);
		m->arrived = time_of(e->d_name);
		m->loaded = LOAD_FLAGS;
	}
	closedir(dir);
	return r;
}

static int
rescan(struct store *s, uint32_t before, struct fail *why)
{
	if (scan(s, "cur", before, why) == -1 ||
	    scan(s, "new", before, why) == -1)
		return -1;
	if (s->count > before)
		qsort(s->msgs + before, s->count - before, sizeof *s->msgs,
		    compare_msgs);
	return 0;
}

static int
maildir_close(struct store *s, struct fail *why)
{
	struct maildir *d = s->data;
	uint32_t i;
	int r = 0;

	if (d == NULL)
		return 0;
	if (d->linked.n > 0)
		r = s->ops->commit(s, why);
	for (i = 0; i < s->count; i++)
		free(s->msgs[i].name);
	strv_free(&d->linked);
	if (d->dir != -1)
		close(d->dir);
	free(d->path);
	free(d);
	return r;
}

static int
maildir_open(struct store *s, struct fail *why)
{
	struct maildir *d = xcalloc(1, sizeof *d);
	size_t n;

	s->data = d;
	d->path = xstrdup(local_path(s->name));
	for (n = strlen(d->path); n > 1 && d->path[n - 1] == '/'; n--)
		d->path[n - 1] = '\0';
	if (s->mode == STORE_APPEND && !local_is_maildir(d->path) &&
	    local_make_maildir(d->path, why) == -1) {
		d->dir = -1;
		maildir_close(s, NULL);
		return -1;
	}
	d->dir = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->dir == -1)
		fail_errno(why, local_code(errno, false), "%s", d->path);
	else if (!local_is_maildir(d->path))
		fail(why, EX_NOINPUT, "%s: a directory, not a mailbox", d->path);
	else if (s->mode == STORE_APPEND || rescan(s, 0, why) == 0)
		return 0;
	maildir_close(s, NULL);
	s->count = 0;
	return -1;
}

static int
maildir_check(struct store *s, uint32_t *added, struct fail *why)
{
	uint32_t before = s->count;

	if (rescan(s, before, why) == -1)
		return -1;
	*added = s->count - before;
	return 0;
}

/* --- Reading --- */

/* Another client renamed it: find the file by its base name. */
static bool
find_again(struct maildir *d, struct msg *m)
{
	static const char *const subs[] = { "cur", "new" };
	const char *base = strchr(m->name, '/') + 1;
	size_t n = base_length(base), i;
	struct dirent *e;
	bool found = false;
	DIR *dir;
	int fd;

	for (i = 0; i < NELEM(subs) && !found; i++) {
		fd = openat(d->dir, subs[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		dir = fd == -1 ? NULL : fdopendir(fd);
		while (dir != NULL && !found && (e = readdir(dir)) != NULL)
			if (base_length(e->d_name) == n &&
			    memcmp(e->d_name, base, n) == 0) {
				free(m->name);
				m->name = xasprintf("%s/%s", subs[i],
				    e->d_name);
				found = true;
			}
		if (dir != NULL)
			closedir(dir);
	}
	return found;
}

static FILE *
maildir_message(struct store *s, uint32_t n, struct fail *why)
{
	struct maildir *d = s->data;
	struct msg *m = store_msg(s, n);
	int tries, fd = -1;
	FILE *f;

	for (tries = 0; tries < 2; tries++) {
		fd = openat(d->dir, m->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
		    O_NONBLOCK);
		if (fd != -1 || errno != ENOENT || !find_again(d, m))
			break;
	}
	if (fd == -1) {
		if (errno == ENOENT || errno == ESRCH)
			m->flags |= MSG_GONE;
		fail_errno(why, EX_NOINPUT, "%s/%s", d->path, m->name);
		return NULL;
	}
	if ((f = fdopen(fd, "r")) == NULL) {
		fail_errno(why, EX_OSERR, "%s/%s", d->path, m->name);
		close(fd);
	}
	return f;
}

/* --- Delivery --- */

static void
delivery_name(struct maildir *d, char *out, size_t size)
{
	struct timespec now;
	char host[64], *p;

	clock_gettime(CLOCK_REALTIME, &now);
	if (gethostname(host, sizeof host) == -1)
		strlcpy(host, "localhost", sizeof host);
	host[sizeof host - 1] = '\0';
	for (p = host; *p != '\0'; p++)
		if (*p == '/' || *p == ':' || ascii_is_control(*p))
			*p = '_';
	snprintf(out, size, "%lld.M%ldP%ldQ%uR%08x%08x.%s",
	    (long long)now.tv_sec, now.tv_nsec / 1000, (long)getpid(),
	    d->counter++, arc4random(), arc4random(), host);
}

/* Write the message with LF line ends and make the file whole on the disk. */
static int
write_tmp(struct maildir *d, const char *tmp, FILE *f, const struct msg *like,
    struct fail *why)
{
	int fd = openat(d->dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	struct timespec times[2] = { { 0, UTIME_OMIT }, { 0, UTIME_OMIT } };
	struct part plain;
	FILE *out;

	if (fd == -1)
		return fail_errno(why, local_code(errno, true), "%s/%s",
		    d->path, tmp);
	if ((out = fdopen(fd, "w")) == NULL) {
		close(fd);
		return fail_errno(why, EX_OSERR, "%s/%s", d->path, tmp);
	}
	/* 8bit: lines, CRLF becoming LF. */
	memset(&plain, 0, sizeof plain);
	plain.encoding = ENCODING_8BIT;
	if (part_decode(&plain, f, UINT64_MAX, out, NULL, why) == -1) {
		fclose(out);
		fail_where(why, "%s/%s", d->path, tmp);
		return -1;
	}
	if (like != NULL && like->arrived != 0) {
		times[1].tv_sec = (time_t)like->arrived;
		times[1].tv_nsec = 0;
	}
	if (fflush(out) != 0 || ferror(out) || futimens(fd, times) == -1 ||
	    fsync(fd) == -1) {
		fail_errno(why, EX_IOERR, "%s/%s", d->path, tmp);
		fclose(out);
		return -1;
	}
	if (fclose(out) != 0)
		return fail_errno(why, EX_IOERR, "%s/%s", d->path, tmp);
	return 0;
}

/* Under its final name: never over another file. */
static int
place(struct maildir *d, const char *tmp, const char *to, struct fail *why)
{
	if (linkat(d->dir, tmp, d->dir, to, 0) == 0) {
		unlinkat(d->dir, tmp, 0);
		return 0;
	}
	if (errno != EPERM && errno != EMLINK && errno != ENOSYS &&
	    errno != ENOTSUP)
		return fail_errno(why, local_code(errno, true), "%s/%s",
		    d->path, to);
	if (renameat2(d->dir, tmp, d->dir, to, RENAME_NOREPLACE) == -1)
		return fail_errno(why, local_code(errno, true), "%s/%s",
		    d->path, to);
	return 0;
}

static int
maildir_append(struct store *s, FILE *f, const struct msg *like,
    const struct store_intent *intent, struct fail *why)
{
	struct maildir *d = s->data;
	char name[256], *tmp, *to, *record;
	uint32_t flags = like == NULL ? 0 : like->flags & MSG_LASTING;
	int r = 0;

	delivery_name(d, name, sizeof name);
	tmp = xasprintf("tmp/%s", name);
	to = xasprintf("new/%s", name);
	if ((flags & ~(uint32_t)(MSG_OLD | MSG_DELETED)) != 0 ||
	    (flags & MSG_OLD) != 0) {
		record = to;
		to = name_with(record, flags & ~(uint32_t)MSG_DELETED);
		free(record);
	}
	if (intent != NULL) {
		record = xasprintf("maildir %s", name);
		r = intent->write(intent->ctx, record, why);
		free(record);
	}
	if (r == 0 && (r = write_tmp(d, tmp, f, like, why)) == 0) {
		durable_step("maildir-written");
		r = place(d, tmp, to, why);
	}
	if (r == -1)
		unlinkat(d->dir, tmp, 0);
	else {
		durable_step("maildir-linked");
		strv_add(&d->linked, to);
	}
	free(tmp);
	free(to);
	return r;
}

static int
sync_directory(struct maildir *d, const char *sub, struct fail *why)
{
	int fd = openat(d->dir, sub, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

	if (fd == -1 || fsync(fd) == -1)
		r = fail_errno(why, EX_IOERR, "%s/%s", d->path, sub);
	if (fd != -1)
		close(fd);
	return r;
}

static int
maildir_commit(struct store *s, struct fail *why)
{
	struct maildir *d = s->data;
	bool in_new = false, in_cur = false;
	size_t i;
	int r = 0;

	for (i = 0; i < d->linked.n; i++)
		if (strncmp(d->linked.v[i], "new/", 4) == 0)
			in_new = true;
		else
			in_cur = true;
	if (in_new)
		r = sync_directory(d, "new", why);
	if (in_cur && r == 0)
		r = sync_directory(d, "cur", why);
	if (r == -1)		/* not known to be there: given up */
		for (i = 0; i < d->linked.n; i++)
			unlinkat(d->dir, d->linked.v[i], 0);
	if (d->linked.n > 0)
		durable_step("maildir-committed");
	strv_free(&d->linked);
	return r;
}

static int
maildir_recover(struct store *s, const char *record, FILE *message,
    struct fail *why)
{
	struct maildir *d = s->data;
	struct msg m;
	char *tmp;
	bool there;

	(void)message;
	if (strncmp(record, "maildir ", 8) != 0 ||
	    strchr(record + 8, '/') != NULL)
		return fail(why, EX_DATAERR, "%s: an unknown record", d->path);
	memset(&m, 0, sizeof m);
	m.name = xasprintf("new/%s", record + 8);
	there = find_again(d, &m);
	free(m.name);
	tmp = xasprintf("tmp/%s", record + 8);
	unlinkat(d->dir, tmp, 0);
	free(tmp);
	if (!there)
		return 0;
	if (sync_directory(d, "new", why) == -1 ||
	    sync_directory(d, "cur", why) == -1)
		return -1;
	return 1;
}

/* --- Sync --- */

static int
sync_message(struct maildir *d, struct msg *m, unsigned how, bool *changed,
    struct fail *why)
{
	char *name;
	int tries;

	if ((how & SYNC_EXPUNGE) != 0 && (m->flags & MSG_DELETED) != 0) {
		for (tries = 0; tries < 2; tries++)
			if (unlinkat(d->dir, m->name, 0) == 0 ||
			    errno != ENOENT || !find_again(d, m))
				break;
		m->flags |= MSG_GONE;
		*changed = true;
		return 0;
	}
	if ((how & SYNC_FLAGS) == 0 ||
	    ((m->flags ^ m->stored) & (MSG_LASTING & ~(uint32_t)MSG_DELETED)) == 0)
		return 0;
	for (tries = 0; tries < 2; tries++) {
		/* Never to a name with T for what is only marked here. */
		name = name_with(m->name, m->flags & ~(uint32_t)MSG_DELETED);
		if (renameat(d->dir, m->name, d->dir, name) == 0) {
			free(m->name);
			m->name = name;
			m->stored = m->flags & MSG_LASTING;
			*changed = true;
			return 0;
		}
		free(name);
		if (errno != ENOENT)
			return fail_errno(why, local_code(errno, true),
			    "%s/%s", d->path, m->name);
		if (!find_again(d, m)) {
			m->flags |= MSG_GONE;
			return 0;
		}
	}
	return fail(why, EX_TEMPFAIL, "%s/%s: is being renamed by another "
	    "program", d->path, m->name);
}

static int
maildir_sync(struct store *s, unsigned how, struct fail *why)
{
	struct maildir *d = s->data;
	bool changed = false;
	uint32_t i;

	for (i = 0; i < s->count; i++)
		if ((s->msgs[i].flags & MSG_GONE) == 0 &&
		    sync_message(d, &s->msgs[i], how, &changed, why) == -1)
			return -1;
	if (!changed)
		return 0;
	if (sync_directory(d, "cur", why) == -1)
		return -1;
	return sync_directory(d, "new", why);
}

const struct store_ops store_maildir = {
	.kind = "Maildir", .local = true,
	.open = maildir_open, .close = maildir_close,
	.message = maildir_message, .append = maildir_append,
	.commit = maildir_commit, .recover = maildir_recover,
	.sync = maildir_sync, .check = maildir_check,
};
