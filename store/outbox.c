/* SPDX-License-Identifier: ISC */
/*
 * outbox.c -- the directory of messages that wait: what is put into it, and how
 * that becomes durable.
 *
 * Message and envelope are written in tmp, synced, and renamed into q, the
 * envelope last; then q is synced.  Of many at once all files are synced by one
 * syncfs(2), which since Linux 5.8 tells of failures as fsync does; a sync that
 * failed is not tried again, and what it was for stays in tmp.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "local.h"
#include "lock.h"
#include "outboxint.h"

#define FEW	8		/* files that are synced each by itself */

static const char *const places[OUTBOX_PLACES] = { "q", "failed", "bad",
    "tmp" };

/* --- Names. --- */

void
outbox_name(char name[static OUTBOX_NAME], const char *id, const char *suffix)
{
	snprintf(name, OUTBOX_NAME, "%s%s", id, suffix);
}

bool
outbox_is_id(const char *text, size_t n)
{
	return n > 0 && n < OUTBOX_ID &&
	    strspn(text, "0123456789abcdef-") >= n;
}

/* Sorted by time; the rest makes it one's own. */
static void
new_id(char id[static OUTBOX_ID])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(id, OUTBOX_ID, "%09llx%05lx-%08x",
	    (unsigned long long)now.tv_sec & 0xfffffffffULL,
	    (unsigned long)now.tv_nsec / 1000 & 0xfffff, arc4random());
}

bool
outbox_has(const struct outbox *b, enum outbox_place place, const char *id,
    const char *suffix)
{
	char name[OUTBOX_NAME];
	struct stat st;

	outbox_name(name, id, suffix);
	return fstatat(b->dir[place], name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* --- The directory. --- */

static int
open_place(struct outbox *b, size_t n, struct fail *why)
{
	char *path = xasprintf("%s/%s", b->path, places[n]);
	struct stat st;
	int r = 0;

	if (mkdir(path, 0700) == -1 && errno != EEXIST)
		r = fail_errno(why, EX_CANTCREAT, "%s", path);
	b->dir[n] = r == -1 ? -1 : open(path, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC | O_NOFOLLOW);
	if (r == 0 && (b->dir[n] == -1 || fstat(b->dir[n], &st) == -1))
		r = fail_errno(why, EX_CANTCREAT, "%s", path);
	else if (r == 0 && st.st_uid != geteuid())
		r = fail(why, EX_NOPERM, "%s: it is another user's", path);
	free(path);
	return r;
}

/* Directories that were made only now are durable before what goes in. */
static int
open_all(struct outbox *b, struct fail *why)
{
	char *inside = xasprintf("%s/tmp", b->path);
	bool made = !local_is_directory(inside);
	size_t n;
	int r;

	r = local_make_parents(inside, why);
	for (n = 0; n < OUTBOX_PLACES && r == 0; n++)
		r = open_place(b, n, why);
	if (r == 0 && made)
		r = local_sync_parent(inside, why);
	free(inside);
	return r;
}

struct outbox *
outbox_open(const char *dir, struct fail *why)
{
	struct outbox *b = xcalloc(1, sizeof *b);
	size_t n;

	b->path = xstrdup(dir);
	b->lock = -1;
	for (n = 0; n < OUTBOX_PLACES; n++)
		b->dir[n] = -1;
	if (open_all(b, why) == 0)
		return b;
	outbox_close(b);
	return NULL;
}

static void
drop_pending(struct outbox *b)
{
	size_t k;

	for (k = 0; k < b->npending; k++) {
		if (b->pending[k].env != -1)
			close(b->pending[k].env);
		if (b->pending[k].kept)
			close(b->pending[k].msg);
	}
	b->npending = 0;
}

void
outbox_close(struct outbox *b)
{
	size_t n;

	if (b == NULL)
		return;
	drop_pending(b);
	for (n = 0; n < OUTBOX_PLACES; n++)
		if (b->dir[n] != -1)
			close(b->dir[n]);
	if (b->lock != -1)
		close(b->lock);
	strv_free(&b->removed);
	free(b->path);
	free(b);
}

const char *
outbox_path(const struct outbox *b)
{
	return b->path;
}

int
outbox_lock(struct outbox *b, struct fail *why)
{
	char *path;

	if (b->lock != -1)
		return 0;
	path = xasprintf("%s/lock", b->path);
	b->lock = lock_file(path, why);
	free(path);
	return b->lock == -1 ? -1 : 0;
}

int
outbox_sync(struct outbox *b, enum outbox_place place, struct fail *why)
{
	if (fsync(b->dir[place]) == -1)
		return fail_errno(why, EX_IOERR, "%s/%s", b->path,
		    places[place]);
	return 0;
}

/* --- Adding. --- */

int
outbox_hold(int fd)
{
	struct flock fl;

	memset(&fl, 0, sizeof fl);
	fl.l_type = F_WRLCK;
	fl.l_whence = SEEK_SET;
	if (fcntl(fd, F_OFD_SETLK, &fl) == 0)
		return 1;
	return errno == EAGAIN || errno == EACCES ? 0 : -1;
}

int
outbox_write_env(struct outbox *b, const struct outbox_item *i,
    struct fail *why)
{
	char name[OUTBOX_NAME], *text;
	size_t n;
	int fd;

	outbox_name(name, i->id, ".env");
	fd = openat(b->dir[OUTBOX_TMP], name, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return fail_errno(why, EX_CANTCREAT, "%s/tmp/%s", b->path,
		    name);
	text = outbox_text(i, &n);
	if (write_all(fd, text, n) == -1) {
		fail_errno(why, EX_IOERR, "%s/tmp/%s", b->path, name);
		close(fd);
		fd = -1;
	}
	free(text);
	if (fd != -1)
		durable_step("outbox: envelope written");
	else
		(void)unlinkat(b->dir[OUTBOX_TMP], name, 0);
	return fd;
}

/* What was written, read back into a digest. */
static int
measure(struct outbox_item *i, struct fail *why)
{
	FILE *f = outbox_message(i, why), *digest;
	int r;

	if (f == NULL)
		return -1;
	digest = local_digest(i->sha256, &i->octets);
	r = stream_copy(f, digest, UINT64_MAX, why);
	fclose(digest);
	fclose(f);
	return r;
}

static int
write_message(struct outbox *b, struct outbox_item *i,
    int (*write)(void *, FILE *, struct fail *), void *ctx, struct fail *why)
{
	int copy = fcntl(i->msg, F_DUPFD_CLOEXEC, 0), r;
	FILE *f = copy == -1 ? NULL : fdopen(copy, "w");

	if (f == NULL) {
		if (copy != -1)
			close(copy);
		return fail_errno(why, EX_OSERR, "%s", b->path);
	}
	r = write(ctx, f, why);
	if (stream_close(f, b->path, why) == -1)
		r = -1;
	if (r == -1)
		return -1;
	durable_step("outbox: message written");
	return measure(i, why);
}

/* Nothing of one that failed stays. */
static int
give_up(struct outbox *b, struct outbox_item *i)
{
	char name[OUTBOX_NAME];

	outbox_name(name, i->id, ".msg");
	(void)unlinkat(b->dir[OUTBOX_TMP], name, 0);
	if (i->msg != -1)
		close(i->msg);
	i->msg = -1;
	return -1;
}

static int
make_pending(struct outbox *b, const struct outbox_item *i, bool is_new,
    struct fail *why)
{
	struct pending *p = &b->pending[b->npending];
	int fd = outbox_write_env(b, i, why);

	if (fd == -1)
		return -1;
	memcpy(p->id, i->id, sizeof p->id);
	p->is_new = is_new;
	p->env = fd;
	p->msg = i->msg;
	p->kept = false;
	b->npending++;
	return 0;
}

int
outbox_add(struct outbox *b, struct outbox_item *i,
    int (*write)(void *, FILE *, struct fail *), void *ctx, struct fail *why)
{
	char name[OUTBOX_NAME];

	if (b->npending == BATCH_MESSAGES && outbox_commit(b, why) == -1)
		return -1;
	do {
		new_id(i->id);
		outbox_name(name, i->id, ".msg");
		i->msg = openat(b->dir[OUTBOX_TMP], name, O_RDWR | O_CREAT |
		    O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	} while (i->msg == -1 && errno == EEXIST);
	if (i->msg == -1)
		return fail_errno(why, EX_CANTCREAT, "%s/tmp", b->path);
	if (outbox_hold(i->msg) != 1) {
		fail_errno(why, EX_IOERR, "%s: cannot lock", b->path);
		return give_up(b, i);
	}
	i->place = OUTBOX_QUEUE;
	if (write_message(b, i, write, ctx, why) == -1 ||
	    make_pending(b, i, true, why) == -1)
		return give_up(b, i);
	return 0;
}

int
outbox_change(struct outbox *b, struct outbox_item *i, struct fail *why)
{
	char name[OUTBOX_NAME];
	size_t k;
	bool full = b->npending == BATCH_MESSAGES;

	for (k = 0; k < b->npending; k++)
		full = full || strcmp(b->pending[k].id, i->id) == 0;
	if (full && outbox_commit(b, why) == -1)
		return -1;
	/* Of a process that died; whoever has the message may write it. */
	outbox_name(name, i->id, ".env");
	(void)unlinkat(b->dir[OUTBOX_TMP], name, 0);
	return make_pending(b, i, false, why);
}

void
outbox_keep(struct outbox *b, struct outbox_item *i)
{
	size_t k;

	for (k = 0; k < b->npending; k++)
		if (b->pending[k].msg == i->msg && !b->pending[k].kept) {
			b->pending[k].kept = true;
			i->msg = -1;
			return;
		}
}

/* --- Committing. --- */

static int
sync_files(struct outbox *b, struct fail *why)
{
	const struct pending *p;
	size_t k;

	if (b->npending > FEW) {
		if (syncfs(b->dir[OUTBOX_TMP]) == 0)
			return 0;
		return fail_errno(why, EX_IOERR, "%s/tmp", b->path);
	}
	for (k = 0; k < b->npending; k++) {
		p = &b->pending[k];
		if (p->is_new && fsync(p->msg) == -1)
			break;
		durable_step("outbox: message synced");
		if (fsync(p->env) == -1)
			break;
		durable_step("outbox: envelope synced");
	}
	return k == b->npending ? 0 : fail_errno(why, EX_IOERR, "%s/tmp",
	    b->path);
}

static int
move_in(struct outbox *b, const char *id, const char *suffix, struct fail *why)
{
	char name[OUTBOX_NAME];

	outbox_name(name, id, suffix);
	if (renameat(b->dir[OUTBOX_TMP], name, b->dir[OUTBOX_QUEUE], name) ==
	    -1)
		return fail_errno(why, EX_IOERR, "%s/q/%s", b->path, name);
	durable_step("outbox: renamed");
	return 0;
}

static int
close_envelopes(struct outbox *b, struct fail *why)
{
	int fd, r = 0;
	size_t k;

	for (k = 0; k < b->npending; k++) {
		fd = b->pending[k].env;
		b->pending[k].env = -1;
		if (close(fd) == -1)
			r = fail_errno(why, EX_IOERR, "%s/tmp", b->path);
	}
	return r;
}

int
outbox_commit(struct outbox *b, struct fail *why)
{
	int r;
	size_t k;

	if (b->npending == 0)
		return 0;
	r = sync_files(b, why);
	if (r == 0)
		r = close_envelopes(b, why);
	for (k = 0; k < b->npending && r == 0; k++)
		if (b->pending[k].is_new)
			r = move_in(b, b->pending[k].id, ".msg", why);
	for (k = 0; k < b->npending && r == 0; k++)
		r = move_in(b, b->pending[k].id, ".env", why);
	if (r == 0)
		r = outbox_sync(b, OUTBOX_QUEUE, why);
	drop_pending(b);
	if (r == 0)
		durable_step("outbox: committed");
	return r;
}
