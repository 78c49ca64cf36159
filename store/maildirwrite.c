/* SPDX-License-Identifier: ISC */
/*
 * maildirwrite.c -- Maildir: delivery, recovery and changes of flags, as durable as a
 * rename and two fsyncs make them: write tmp, fsync, rename into new, fsync new.
 * What is appended before one commit goes through each of these steps together.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "maildir.h"

#define NAME_SIZE	256
#define MANY		4	/* files from which on one sync of all is better than one of each */

static void
delivery_name(struct maildir *d, char out[static NAME_SIZE])
{
	static char host[64];
	struct timespec now;
	uint32_t r[2];
	char *p;

	clock_gettime(CLOCK_REALTIME, &now);
	if (*host == '\0') {
		if (gethostname(host, sizeof host) == -1)
			strlcpy(host, "localhost", sizeof host);
		host[sizeof host - 1] = '\0';
		for (p = host; *p != '\0'; p++)
			if (*p == '/' || *p == ':' || ascii_is_control(*p))
				*p = '_';
	}
	arc4random_buf(r, sizeof r);
	snprintf(out, NAME_SIZE, "%lld.M%06ldP%ldQ%uR%08x%08x.%s",
	    (long long)now.tv_sec, now.tv_nsec / 1000, (long)getpid(),
	    d->counter++, r[0], r[1], host);
}

/* A message in memory that has no CR goes out as it stands. */
static bool
is_ready(FILE *f, struct span *text)
{
	return ftello(f) == 0 && store_stage_text(f, text) &&
	    (text->n == 0 || memchr(text->p, '\r', text->n) == NULL);
}

/* With LF line ends. */
static int
write_lines(int fd, FILE *f, struct fail *why)
{
	struct part plain;
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0), r;
	FILE *out = copy == -1 ? NULL : fdopen(copy, "w");

	if (out == NULL) {
		fail_errno(why, EX_OSERR, "cannot write");
		if (copy != -1)
			close(copy);
		return -1;
	}
	/* 8bit: lines, CRLF becoming LF. */
	memset(&plain, 0, sizeof plain);
	plain.encoding = ENCODING_8BIT;
	r = part_decode(&plain, f, UINT64_MAX, out, NULL, why);
	if (r == 0 && (fflush(out) != 0 || ferror(out)))
		r = fail_errno(why, EX_IOERR, "cannot write");
	if (fclose(out) != 0 && r == 0)
		r = fail_errno(why, EX_IOERR, "cannot write");
	return r;
}

static int
set_time(int fd, const struct msg *like, struct fail *why)
{
	struct timespec times[2] = { { 0, UTIME_OMIT }, { 0, 0 } };

	if (like == NULL || like->arrived == 0)
		return 0;
	times[1].tv_sec = (time_t)like->arrived;
	if (futimens(fd, times) == -1)
		return fail_errno(why, EX_IOERR, "cannot set its time");
	return 0;
}

/* Write the message with LF line ends; the commit makes the file whole on the disk. */
static int
write_tmp(struct maildir *d, const char *tmp, FILE *f, const struct msg *like,
    struct fail *why)
{
	int fd = openat(d->dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC |
	    O_NOFOLLOW, 0600), r;
	struct span text;

	if (fd == -1)
		return fail_errno(why, local_code(errno, true), "%s/%s",
		    d->path, tmp);
	if (!is_ready(f, &text))
		r = write_lines(fd, f, why);
	else if ((r = write_all(fd, text.p, text.n)) == -1)
		fail_errno(why, EX_IOERR, "cannot write");
	if (r == 0)
		r = set_time(fd, like, why);
	if (close(fd) == -1 && r == 0)
		r = fail_errno(why, EX_IOERR, "cannot write");
	if (r == -1)
		fail_where(why, "%s/%s", d->path, tmp);
	return r;
}

/*
 * Under its final name, in one step and never over another file; where the file
 * system cannot rename so, by a link.
 */
static int
place(struct maildir *d, const char *tmp, const char *to, struct fail *why)
{
	if (renameat2(d->dir, tmp, d->dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	if ((errno == EINVAL || errno == ENOSYS) &&
	    linkat(d->dir, tmp, d->dir, to, 0) == 0) {
		unlinkat(d->dir, tmp, 0);
		return 0;
	}
	return fail_errno(why, local_code(errno, true), "%s/%s", d->path, to);
}

int
maildir_append(struct store *s, FILE *f, const struct msg *like,
    const struct store_intent *intent, struct fail *why)
{
	struct maildir *d = s->data;
	char name[NAME_SIZE], *tmp, *to, *record;
	uint32_t flags = like == NULL ? 0 : like->flags & MSG_LASTING;
	int r = 0;

	delivery_name(d, name);
	tmp = xasprintf("tmp/%s", name);
	to = xasprintf("new/%s", name);
	if ((flags & ~(uint32_t)MSG_DELETED) != 0) {
		free(to);
		to = maildir_name(name, NULL, flags & ~(uint32_t)MSG_DELETED);
	}
	if (intent != NULL) {
		record = xasprintf("maildir %s", name);
		r = intent->write(intent->ctx, record, why);
		free(record);
		d->intent = intent;
	}
	if (r == 0 && (r = write_tmp(d, tmp, f, like, why)) == 0) {
		durable_step("maildir: written");
		strv_add(&d->written, tmp);
		strv_add(&d->places, to);
	} else
		unlinkat(d->dir, tmp, 0);
	free(tmp);
	free(to);
	return r;
}

static int
sync_directory(struct maildir *d, const char *sub, struct fail *why)
{
	int fd = openat(d->dir, sub, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

	if (fd == -1 && errno == ENOENT)
		return 0;	/* nothing was changed there */
	if (fd == -1 || fsync(fd) == -1)
		r = fail_errno(why, EX_IOERR, "%s/%s", d->path, sub);
	if (fd != -1)
		close(fd);
	return r;
}

/*
 * Does syncfs() write all files there, and tell of all errors?  Of others (on a
 * network, in user space) it is not known.
 */
static bool
syncs_together(const struct maildir *d)
{
	struct statfs fs;

	if (fstatfs(d->dir, &fs) == -1)
		return false;
	switch ((unsigned long)fs.f_type) {
	case EXT4_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
	case F2FS_SUPER_MAGIC:
	case XFS_SUPER_MAGIC:
	case TMPFS_MAGIC:
		return true;
	default:
		return false;
	}
}

/* Make what was written whole on the disk. */
static int
sync_written(struct maildir *d, struct fail *why)
{
	size_t i;
	int fd, r = 0;

	if (d->written.n >= MANY && syncs_together(d)) {
		if (syncfs(d->dir) == -1)
			return fail_errno(why, EX_IOERR, "%s", d->path);
		return 0;
	}
	for (i = 0; i < d->written.n && r == 0; i++) {
		fd = openat(d->dir, d->written.v[i], O_RDONLY | O_CLOEXEC |
		    O_NOFOLLOW);
		if (fd == -1 || fsync(fd) == -1)
			r = fail_errno(why, EX_IOERR, "%s/%s", d->path,
			    d->written.v[i]);
		if (fd != -1)
			close(fd);
	}
	return r;
}

/* All under their final names, and these on the disk. */
static int
place_all(struct maildir *d, size_t *placed, struct fail *why)
{
	bool in_new = false, in_cur = false;
	size_t i;

	for (i = 0; i < d->written.n; i++) {
		if (place(d, d->written.v[i], d->places.v[i], why) == -1)
			return -1;
		++*placed;
		durable_step("maildir: renamed");
		if (strncmp(d->places.v[i], "new/", 4) == 0)
			in_new = true;
		else
			in_cur = true;
	}
	if (in_new && sync_directory(d, "new", why) == -1)
		return -1;
	return in_cur ? sync_directory(d, "cur", why) : 0;
}

/* Those of them that have their final names lose these too. */
static void
take_away(struct maildir *d, size_t placed)
{
	size_t i;

	for (i = 0; i < d->written.n; i++) {
		unlinkat(d->dir, d->written.v[i], 0);
		if (i < placed)
			unlinkat(d->dir, d->places.v[i], 0);
	}
}

static void
forget_written(struct maildir *d)
{
	strv_free(&d->written);
	strv_free(&d->places);
	d->intent = NULL;
}

/* Memory is asked for before the first has its final name. */
static void
note_places(struct maildir *d)
{
	size_t i;

	for (i = 0; d->intent == NULL && i < d->places.n; i++)
		strv_add(&d->placed, d->places.v[i]);
}

int
maildir_commit(struct store *s, struct fail *why)
{
	struct maildir *d = s->data;
	size_t placed = 0, before = d->placed.n;
	int r = 0;

	if (d->written.n == 0)
		return 0;
	note_places(d);
	if (d->intent != NULL && d->intent->settle != NULL)
		r = d->intent->settle(d->intent->ctx, why);
	if (r == 0 && (r = sync_written(d, why)) == 0)
		r = place_all(d, &placed, why);
	if (r == -1) {		/* not known to be there: given up */
		take_away(d, placed);
		while (d->placed.n > before)
			free(d->placed.v[--d->placed.n]);
	}
	durable_step("maildir: committed");
	forget_written(d);
	return r;
}

/* Is a file of that base name in that directory?  *path: as what it is there; the caller frees. */
static int
find_in(struct maildir *d, const char *sub, const char *base, char **path,
    struct fail *why)
{
	int fd = openat(d->dir, sub, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *e = NULL;
	size_t n = strlen(base);

	if (dir == NULL) {
		fail_errno(why, EX_IOERR, "%s/%s", d->path, sub);
		if (fd != -1)
			close(fd);
		return -1;
	}
	while ((errno = 0, e = readdir(dir)) != NULL)
		if (maildir_base(e->d_name) == n &&
		    memcmp(e->d_name, base, n) == 0)
			break;
	if (e == NULL && errno != 0)
		fail_errno(why, EX_IOERR, "%s/%s", d->path, sub);
	else
		errno = 0;
	n = (size_t)errno;
	if (e != NULL && path != NULL)
		*path = xasprintf("%s/%s", sub, e->d_name);
	closedir(dir);
	return e != NULL ? 1 : n == 0 ? 0 : -1;
}

/* Under the name it was given, or the one that another program gave it since. */
static int
remove_placed(struct maildir *d, const char *place, struct fail *why)
{
	const char *file = strchr(place, '/') + 1;
	char *base, *path = NULL;
	int r;

	if (unlinkat(d->dir, place, 0) == 0)
		return 0;
	if (errno != ENOENT)
		return fail_errno(why, EX_IOERR, "%s/%s", d->path, place);
	base = xstrndup(file, maildir_base(file));
	r = find_in(d, "cur", base, &path, why);
	if (r == 1)
		r = unlinkat(d->dir, path, 0) == 0 ? 0 :
		    fail_errno(why, EX_IOERR, "%s/%s", d->path, path);
	free(path);
	free(base);
	return r;
}

int
maildir_take_back(struct store *s, struct fail *why)
{
	struct maildir *d = s->data;
	size_t i;
	int r = 0;

	take_away(d, 0);
	forget_written(d);
	for (i = 0; i < d->placed.n; i++)
		if (remove_placed(d, d->placed.v[i], why) == -1)
			r = -1;
	if (d->placed.n > 0 && (sync_directory(d, "new", why) == -1 ||
	    sync_directory(d, "cur", why) == -1))
		r = -1;
	strv_free(&d->placed);
	durable_step("maildir: taken back");
	return r;
}

int
maildir_recover(struct store *s, const char *record, FILE *message,
    struct fail *why)
{
	struct maildir *d = s->data;
	char *tmp;
	int there;

	(void)message;
	if (strncmp(record, "maildir ", 8) != 0 ||
	    strchr(record + 8, '/') != NULL)
		return fail(why, EX_DATAERR, "%s: an unknown record", d->path);
	there = find_in(d, "new", record + 8, NULL, why);
	if (there == 0)
		there = find_in(d, "cur", record + 8, NULL, why);
	if (there == -1)
		return -1;
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
gone_or(struct store *s, uint32_t n, struct fail *why)
{
	struct maildir *d = s->data;

	if ((store_msg(s, n)->flags & MSG_GONE) != 0)
		return 0;
	return fail_errno(why, local_code(errno, true), "%s/%s", d->path,
	    store_msg(s, n)->name);
}

static int
remove_message(struct store *s, uint32_t n, struct fail *why)
{
	struct maildir *d = s->data;
	int tries;

	for (tries = 0; tries < 2; tries++) {
		if (unlinkat(d->dir, store_msg(s, n)->name, 0) == 0) {
			store_msg(s, n)->flags |= MSG_GONE;
			return 0;
		}
		if (errno != ENOENT || !maildir_find_again(s, n))
			break;
		errno = ENOENT;
	}
	return gone_or(s, n, why);
}

/* Never over another file. */
static int
rename_to(struct maildir *d, const char *from, const char *to)
{
	if (strcmp(from, to) == 0)
		return 0;
	if (renameat2(d->dir, from, d->dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* The file system cannot say so at once. */
	if (maildir_is_there(d, to)) {
		errno = EEXIST;
		return -1;
	}
	return renameat(d->dir, from, d->dir, to);
}

/* Flags as they are to be in the name: T only where it stands there already. */
static uint32_t
flags_for_name(const struct msg *m)
{
	return (m->flags & MSG_LASTING) &
	    (m->stored | ~(uint32_t)MSG_DELETED);
}

/* A T that another program set while the folder was open stays in the name. */
static uint32_t
mark_of_others(const struct msg *m)
{
	const char *file = maildir_file(m);

	return (m->stored & MSG_DELETED) == 0 &&
	    strchr(file + maildir_base(file), 'T') != NULL ? MSG_DELETED : 0;
}

static int
rename_message(struct store *s, uint32_t n, struct fail *why)
{
	struct maildir *d = s->data;
	struct msg *m = store_msg(s, n);
	char base[NAME_SIZE], *name;
	bool clash = false;
	int tries;

	for (tries = 0; tries < 3; tries++) {
		/* Of two files of one base name one gets another. */
		delivery_name(d, base);
		name = maildir_name(maildir_file(m), clash ? base : NULL,
		    flags_for_name(m) | mark_of_others(m));
		if (rename_to(d, m->name, name) == 0) {
			free(m->name);
			m->name = name;
			m->stored = flags_for_name(m);
			if (clash)
				maildir_remember_all(s);
			return 0;
		}
		free(name);
		if (errno == EEXIST)
			clash = true;
		else if (errno != ENOENT || !maildir_find_again(s, n))
			break;
	}
	return gone_or(s, n, why);
}

static int
sync_message(struct store *s, uint32_t n, unsigned how, bool *changed,
    struct fail *why)
{
	const struct msg *m = store_msg(s, n);

	if ((how & SYNC_EXPUNGE) != 0 && (m->flags & MSG_DELETED) != 0) {
		*changed = true;
		return remove_message(s, n, why);
	}
	if ((how & SYNC_FLAGS) == 0 ||
	    flags_for_name(m) == (m->stored & MSG_LASTING))
		return 0;
	*changed = true;
	return rename_message(s, n, why);
}

int
maildir_sync(struct store *s, unsigned how, struct fail *why)
{
	struct maildir *d = s->data;
	bool changed = false;
	uint32_t n;
	int r = 0;

	for (n = 1; n <= s->count && r == 0; n++)
		if ((store_msg(s, n)->flags & MSG_GONE) == 0)
			r = sync_message(s, n, how, &changed, why);
	durable_step("maildir: changed");
	if (changed && (sync_directory(d, "cur", why) == -1 ||
	    sync_directory(d, "new", why) == -1))
		r = -1;
	return r;
}
