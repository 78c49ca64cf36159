/* SPDX-License-Identifier: ISC */
/*
 * mboxredo.c -- changing an mbox in place so that no moment loses mail.
 *
 * In place, for a program that waits for the lock would append to a file that was
 * renamed away, and a spool directory may not be ours to write.  The new octets from
 * the first change to the end stand in a file of their own, durable and named, before
 * the mailbox is touched; whoever opens the mailbox next completes what was begun:
 *
 *	the octets, the end of the mailbox as it was, a newline, one line that says where
 *	they belong (its words are those of struct change), and after each step that cannot be told from the
 *	mailbox itself a mark: `G' it has grown, `W' all is written.
 *
 * What others appended meanwhile stands behind the old end, or behind the new one
 * where the mailbox has grown, and is kept.  A NUL stands for what is not to be taken
 * for mail: where the mailbox grows, and where it is to be cut off.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mboxredo.h"

/* Beside the mailbox, or, where that directory is not for us, in the state directory. */
static char *
path_beside(const char *real)
{
	const char *slash = strrchr(real, '/');
	size_t n = slash == NULL ? 0 : (size_t)(slash - real) + 1;

	return xasprintf("%.*s.%s.mailx-redo", (int)n, real, real + n);
}

static char *
path_in_state(const char *real, const struct store_options *o)
{
	char hex[DIGEST_SIZE];
	FILE *d;

	if (o->state_dir == NULL)
		return NULL;
	d = local_digest(hex, NULL);
	fputs(real, d);
	fclose(d);
	hex[32] = '\0';
	return xasprintf("%s/redo/%s", o->state_dir, hex);
}

static char *
real_path(const char *path)
{
	char *real = realpath(path, NULL);

	return real == NULL ? xstrdup(path) : real;
}

/* Could nobody but us, or the owner of the mailbox, have put it there? */
static bool
is_trusted(const char *path, const char *mailbox)
{
	struct stat st, m;

	if (lstat(path, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_nlink != 1 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return false;
	return st.st_uid == geteuid() ||
	    (stat(mailbox, &m) == 0 && m.st_uid == st.st_uid);
}

char *
redo_find(const char *mailbox, const struct store_options *o)
{
	char *real = real_path(mailbox), *path = path_beside(real);

	if (!is_trusted(path, real)) {
		free(path);
		path = path_in_state(real, o);
	}
	if (path != NULL && !is_trusted(path, real)) {
		free(path);
		path = NULL;
	}
	free(real);
	return path;
}

bool
redo_is_there(const char *path, const struct store_options *o)
{
	char *there = redo_find(path, o);

	free(there);
	return there != NULL;
}

static int
open_tmp(struct redo *r, char *path)
{
	free(r->path);
	free(r->tmp);
	r->path = path;
	r->tmp = xasprintf("%s.new", path);
	/* Of one who was ended: nobody else is at it, for the mailbox is locked. */
	(void)unlink(r->tmp);
	return open(r->tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    0600);
}

/* Is the directory for us alone to make files in? */
static bool
is_private_dir(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ? xstrdup(".") :
	    xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
	struct stat st;
	bool is = stat(dir, &st) == 0 && (st.st_mode & S_IWOTH) == 0 &&
	    access(dir, W_OK) == 0;

	free(dir);
	return is;
}

static int
open_new(struct redo *r, struct fail *why)
{
	char *real = real_path(r->name), *state = path_in_state(real, r->options);

	if (is_private_dir(real))
		r->fd = open_tmp(r, path_beside(real));
	if (r->fd == -1 && state != NULL) {
		if (local_make_parents(state, why) == -1) {
			free(state);
			free(real);
			return -1;
		}
		r->fd = open_tmp(r, state);
		state = NULL;
	}
	if (r->fd == -1 && r->tmp == NULL)
		fail(why, EX_CANTCREAT, "%s: its directory cannot be written to",
		    r->name);
	else if (r->fd == -1)
		fail_errno(why, EX_CANTCREAT, "%s", r->tmp);
	free(state);
	free(real);
	return r->fd == -1 ? -1 : 0;
}

static ssize_t
redo_write(void *ctx, const char *p, size_t n)
{
	struct redo *r = ctx;

	if (r->error == 0 && write_all(r->fd, p, n) == -1)
		r->error = errno;
	if (r->error != 0)
		return 0;
	mbox_sum_add(&r->sum, p, n);
	r->c.new += n;
	return (ssize_t)n;
}

struct redo *
redo_begin_at(const char *name, int mailbox, const char *path,
    const struct store_options *o, uint64_t first, struct fail *why)
{
	cookie_io_functions_t io = { NULL, redo_write, NULL, NULL };
	struct redo *r = xcalloc(1, sizeof *r);

	r->fd = -1;
	r->name = name;
	r->mailbox = mailbox;
	r->options = o;
	r->c.first = r->c.new = first;
	if (path != NULL)
		r->fd = open_tmp(r, xstrdup(path));
	else if (open_new(r, why) == -1) {
		redo_abandon(r);
		return NULL;
	}
	if (r->fd == -1 || (r->out = fopencookie(r, "w", io)) == NULL) {
		fail_errno(why, EX_CANTCREAT, "%s", r->tmp);
		redo_abandon(r);
		return NULL;
	}
	r->block = xmalloc(REDO_BLOCK);
	setvbuf(r->out, r->block, _IOFBF, REDO_BLOCK);
	return r;
}

struct redo *
redo_begin(struct mbox *b, const struct store_options *o, off_t first,
    struct fail *why)
{
	return redo_begin_at(b->path, b->fd, NULL, o, (uint64_t)first, why);
}

FILE *
redo_stream(struct redo *r)
{
	return r->out;
}

static int
write_failed(const struct redo *r, struct fail *why)
{
	errno = r->error;
	return fail_errno(why, EX_IOERR, "%s", r->tmp);
}

int
redo_copy(struct redo *r, int from, off_t start, off_t end, struct fail *why)
{
	char *block = xmalloc(REDO_BLOCK);
	ssize_t got = 1;

	while (start < end && r->error == 0) {
		got = pread(from, block, end - start < REDO_BLOCK ?
		    (size_t)(end - start) : REDO_BLOCK, start);
		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		fwrite(block, 1, (size_t)got, r->out);
		start += got;
	}
	free(block);
	if (r->error != 0)
		return write_failed(r, why);
	if (got == -1)
		return fail_errno(why, EX_IOERR, "%s", r->name);
	return start >= end ? 0 : fail(why, EX_TEMPFAIL,
	    "%s: shortened by another program", r->name);
}

void
redo_free(struct redo *r)
{
	if (r->out != NULL)
		(void)fclose(r->out);
	free(r->block);
	if (r->fd != -1)
		close(r->fd);
	free(r->path);
	free(r->tmp);
	free(r);
}

void
redo_abandon(struct redo *r)
{
	if (r == NULL)
		return;
	if (r->fd != -1)
		unlink(r->tmp);
	redo_free(r);
}

/* The end as it is now, by which it is known later what is foreign. */
static int
add_tail(struct redo *r, uint64_t size, struct fail *why)
{
	uint64_t new;

	if (fflush(r->out) != 0)
		return write_failed(r, why);
	new = r->c.new;
	r->c.old = size;
	if (redo_copy(r, r->mailbox, (off_t)change_tail(&r->c), (off_t)size,
	    why) == -1)
		return -1;
	if (fflush(r->out) != 0 || r->error != 0)
		return write_failed(r, why);
	r->c.new = new;
	return 0;
}

int
redo_commit(struct redo *r, uint64_t size, struct fail *why)
{
	struct stat st;

	if (add_tail(r, size, why) == -1)
		return -1;
	r->c.sum = mbox_sum_end(&r->sum);
	if (fstat(r->mailbox, &st) == -1 ||
	    change_note(&r->c, r->mailbox) == -1)
		return fail_errno(why, EX_IOERR, "%s", r->name);
	r->c.dev = st.st_dev;
	r->c.ino = st.st_ino;
	/* Room for what it will grow by, where a file system can say so. */
	if (r->c.new > size && fallocate(r->mailbox, FALLOC_FL_KEEP_SIZE,
	    (off_t)size, (off_t)(r->c.new - size)) == -1 &&
	    (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
		return fail_errno(why, EX_IOERR, "%s", r->name);
	if (change_write(&r->c, r->fd) == -1 || fsync(r->fd) == -1)
		return fail_errno(why, EX_IOERR, "%s", r->tmp);
	durable_step("redo: written");
	if (rename(r->tmp, r->path) == -1)
		return fail_errno(why, EX_CANTCREAT, "%s", r->path);
	if (local_sync_parent(r->path, why) == -1) {
		unlink(r->path);
		return -1;
	}
	durable_step("redo: committed");
	return 0;
}

