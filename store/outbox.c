/* SPDX-License-Identifier: ISC */
/*
 * outbox.c -- the directory of messages that wait, its names and its locks.
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
	b->lock = b->log = -1;
	for (n = 0; n < OUTBOX_PLACES; n++)
		b->dir[n] = -1;
	if (open_all(b, why) == 0)
		return b;
	outbox_close(b);
	return NULL;
}

void
outbox_close(struct outbox *b)
{
	size_t n;

	if (b == NULL)
		return;
	outbox_drop_pending(b);
	outbox_end_log(b);
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
