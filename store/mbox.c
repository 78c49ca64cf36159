/* SPDX-License-Identifier: ISC */
/*
 * mbox.c -- mbox folders (RFC 4155): opening and reading.  What we write is mboxrd:
 * every line that begins with any number of `>' and "From " gets one `>' more, and
 * reading takes one off.  A file that other programs changed is scanned again, and
 * its messages known again by what is in them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mbox.h"

#define HEAD_BLOCK	(8 * 1024)
#define REOPENINGS	20	/* of a file that others replace */

int
mbox_remember(struct mbox *b, struct fail *why)
{
	struct stat st;

	if (fstat(b->fd, &st) == -1)
		return fail_errno(why, EX_IOERR, "%s", b->path);
	b->dev = st.st_dev;
	b->ino = st.st_ino;
	b->mtime = st.st_mtim;
	b->size = st.st_size;
	return 0;
}

/* Read, or write as well; a mailbox that may only be read can still be read. */
static int
open_as(struct store *s, const char *path)
{
	int flags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	int fd = open_trusted(AT_FDCWD, path, flags |
	    (s->mode == STORE_READ ? O_RDONLY : O_RDWR), 0);

	if (fd == -1 && s->mode == STORE_WRITE &&
	    (errno == EACCES || errno == EROFS)) {
		fd = open_trusted(AT_FDCWD, path, flags | O_RDONLY, 0);
		if (fd != -1)
			s->mode = STORE_READ;
	}
	return fd;
}

int
mbox_open_file(struct store *s, struct fail *why)
{
	struct mbox *b = s->data;
	bool create = s->mode == STORE_APPEND;
	struct stat st;
	int fd;

	if (!link_is_trusted(AT_FDCWD, b->path))
		return fail(why, EX_NOPERM, "%s: a link of another user",
		    b->path);
	fd = open_as(s, b->path);
	if (fd == -1 && errno == ENOENT && create) {
		fd = open(b->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		b->is_new = fd != -1;
		if (fd == -1 && errno == EEXIST)
			fd = open_as(s, b->path);
	}
	if (fd == -1)
		return fail_errno(why, local_code(errno, create), "%s", b->path);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		close(fd);
		return fail(why, create ? EX_CANTCREAT : EX_NOINPUT,
		    "%s: not a regular file", b->path);
	}
	if (b->fd != -1)
		close(b->fd);
	b->fd = fd;
	b->atime = st.st_atim;
	return 0;
}

/* Is what we have open the file of that name? */
static bool
is_open(const struct mbox *b)
{
	struct stat there, here;

	return b->fd != -1 && stat(b->path, &there) == 0 &&
	    fstat(b->fd, &here) == 0 && there.st_dev == here.st_dev &&
	    there.st_ino == here.st_ino;
}

/* What a program that was ended left half made is completed, whoever reads. */
static int
complete(struct store *s, struct fail *why)
{
	struct mbox *b = s->data;
	int fd = open(b->path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), r;
	struct lock *l;

	if (fd == -1)
		return fail_errno(why, EX_TEMPFAIL, "%s: a change of it was not "
		    "completed", b->path);
	l = lock_mailbox(b->path, fd, true, s->options->lock_timeout, why);
	r = l == NULL ? -1 : redo_complete(b->path, s->options, fd, why);
	lock_release(l);
	close(fd);
	return r;
}

struct lock *
mbox_lock(struct store *s, bool write, struct fail *why)
{
	struct mbox *b = s->data;
	struct lock *l;
	struct fail own;
	int tries;

	fail_clear(&own);
	for (tries = 0; tries < REOPENINGS; tries++) {
		if (redo_is_there(b->path, s->options) &&
		    complete(s, why) == -1)
			return NULL;
		if (!is_open(b) && mbox_open_file(s, why) == -1)
			return NULL;
		fail_clear(&own);
		l = lock_mailbox(b->path, b->fd, write,
		    s->options->lock_timeout, &own);
		if (l == NULL && is_open(b))
			break;
		if (l == NULL)
			continue;	/* replaced while we waited */
		if (!redo_is_there(b->path, s->options))
			return l;
		lock_release(l);
	}
	fail(why, EX_TEMPFAIL, "%s", own.code != 0 ? own.text : b->path);
	return NULL;
}

static int
mbox_close(struct store *s, struct fail *why)
{
	struct mbox *b = s->data;
	int r = 0;

	if (b == NULL)
		return 0;
	if (b->pending)
		r = mbox_commit(s, why);
	lock_release(b->lock);
	if (b->fd != -1 && close(b->fd) == -1 && r == 0)
		r = fail_errno(why, EX_IOERR, "%s", b->path);
	free(b->ids.v);
	free(b->path);
	free(b);
	s->data = NULL;
	return r;
}

static int
read_all(struct store *s, struct fail *why)
{
	struct mbox *b = s->data;
	struct lock *l = mbox_lock(s, false, why);
	off_t end;
	int r;

	if (l == NULL)
		return -1;
	r = mbox_scan(s, 0, &b->ids, &end, why);
	if (r == 0)
		r = mbox_remember(b, why);
	b->size = end;
	b->told = s->count;
	lock_release(l);
	return r;
}

/* 1: there is mail, or nothing; 0: something else. */
static int
is_mail(struct mbox *b, struct fail *why)
{
	char text[4096];
	ssize_t n = pread(b->fd, text, sizeof text, 0), i = 0;

	if (n == -1)
		return fail_errno(why, EX_IOERR, "%s", b->path);
	while (i < n && (text[i] == '\n' || text[i] == '\r'))
		i++;
	return n - i >= 5 ? memcmp(text + i, "From ", 5) == 0 : n - i == 0;
}

/* Text is not to be mixed with messages; what is being changed now is no text. */
static int
check_mailbox(struct store *s, struct fail *why)
{
	struct mbox *b = s->data;
	struct lock *l;
	int mail = is_mail(b, why);

	if (mail == 0) {
		if ((l = mbox_lock(s, false, why)) == NULL)
			return -1;
		mail = is_mail(b, why);
		lock_release(l);
	}
	if (mail == 0)
		fail(why, EX_CANTCREAT, "%s: not a mailbox", b->path);
	return mail == 1 ? 0 : -1;
}

static int
mbox_open(struct store *s, struct fail *why)
{
	struct mbox *b = xcalloc(1, sizeof *b);
	int r = 0;

	s->data = b;
	b->fd = -1;
	b->path = xstrdup(local_path(s->name));
	if (s->mode == STORE_APPEND)
		r = local_make_parents(b->path, why);
	if (r == 0)
		r = mbox_open_file(s, why);
	if (r == 0)
		r = s->mode == STORE_APPEND ? check_mailbox(s, why) :
		    read_all(s, why);
	if (r == -1)
		mbox_close(s, NULL);
	return r;
}

/* --- New mail --- */

/* Is the open file as it was scanned? */
static bool
is_unchanged(const struct mbox *b)
{
	struct stat st;

	return fstat(b->fd, &st) == 0 && st.st_dev == b->dev &&
	    st.st_ino == b->ino && st.st_size == b->size &&
	    st.st_mtim.tv_sec == b->mtime.tv_sec &&
	    st.st_mtim.tv_nsec == b->mtime.tv_nsec;
}

static int
mbox_check(struct store *s, uint32_t *added, struct fail *why)
{
	struct mbox *b = s->data;
	struct lock *l;
	int r = 0;

	if (!is_open(b) || !is_unchanged(b)) {
		if ((l = mbox_lock(s, false, why)) == NULL)
			return -1;
		r = mbox_follow(s, why);
		lock_release(l);
	}
	*added = s->count - b->told;
	b->told = s->count;
	return r;
}

/* --- Reading --- */

int
mbox_read_at(struct mbox *b, void *p, size_t n, off_t at, struct fail *why)
{
	char *q = p;
	ssize_t got;

	while (n > 0) {
		got = pread(b->fd, q, n, at);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return fail_errno(why, EX_IOERR, "%s", b->path);
		if (got == 0)
			return fail(why, EX_TEMPFAIL,
			    "%s: shortened by another program", b->path);
		q += got;
		at += got;
		n -= (size_t)got;
	}
	return 0;
}

/* Is message n where we believe it is?  The list itself is not changed by reading. */
static int
find(struct store *s, uint32_t n, struct fail *why)
{
	struct mbox *b = s->data;

	if (is_unchanged(b) || mbox_is_there(s, n))
		return 0;
	return fail(why, EX_TEMPFAIL, "%s: changed by another program",
	    b->path);
}

/* The place behind the empty line that ends a header, 0 if it is not there. */
static size_t
head_end(const char *p, size_t n, size_t from)
{
	const char *nl;
	size_t at = from;

	while (at < n && (nl = memchr(p + at, '\n', n - at)) != NULL) {
		at = (size_t)(nl - p) + 1;
		if (at < n && p[at] == '\n')
			return at + 1;
		if (at + 1 < n && p[at] == '\r' && p[at + 1] == '\n')
			return at + 2;
	}
	return 0;
}

int
mbox_read_head(struct mbox *b, const struct msg *m, char **text, size_t *n,
    struct fail *why)
{
	size_t len = 0, end = 0, block = HEAD_BLOCK;
	char *p = xmalloc(1);

	while (end == 0 && len < m->size && len < MAX_HEAD_SIZE) {
		if (block > m->size - len)
			block = (size_t)(m->size - len);
		p = xreallocarray(p, len + block + 1, 1);
		if (mbox_read_at(b, p + len, block, mbox_text_start(m) +
		    (off_t)len, why) == -1) {
			free(p);
			return -1;
		}
		if (len == 0 && (p[0] == '\n' || (p[0] == '\r' && block > 1 &&
		    p[1] == '\n')))
			end = p[0] == '\n' ? 1 : 2;
		else
			end = head_end(p, len + block, len > 2 ? len - 2 : 0);
		len += block;
		block = len;
	}
	*text = p;
	*n = end == 0 ? len : end;
	return 0;
}

static int
mbox_head(struct store *s, uint32_t n, struct head *h, struct fail *why)
{
	char *text;
	size_t len;

	if (find(s, n, why) == -1 || mbox_read_head(s->data, store_msg(s, n),
	    &text, &len, why) == -1)
		return -1;
	head_parse(h, text, len);
	return 0;
}

/* A window on the file: a message that is read as it stands there. */
struct window {
	int		 fd;		/* owned */
	off_t		 start, size, pos;
};

static ssize_t
window_read(void *ctx, char *p, size_t n)
{
	struct window *w = ctx;
	ssize_t got;

	if (w->pos >= w->size)
		return 0;
	if (n > (size_t)(w->size - w->pos))
		n = (size_t)(w->size - w->pos);
	do
		got = pread(w->fd, p, n, w->start + w->pos);
	while (got == -1 && errno == EINTR);
	if (got == 0) {
		errno = EIO;	/* cut off by another program */
		return -1;
	}
	if (got > 0)
		w->pos += got;
	return got;
}

static int
window_seek(void *ctx, off_t *off, int whence)
{
	struct window *w = ctx;
	off_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? w->pos :
	    w->size;

	if (base + *off < 0) {
		errno = EINVAL;
		return -1;
	}
	*off = w->pos = base + *off;
	return 0;
}

static int
window_close(void *ctx)
{
	struct window *w = ctx;
	int r = close(w->fd);

	free(w);
	return r;
}

static FILE *
open_window(struct mbox *b, const struct msg *m, struct fail *why)
{
	cookie_io_functions_t io = { window_read, NULL, window_seek,
		window_close };
	struct window *w = xcalloc(1, sizeof *w);
	FILE *f = NULL;

	w->fd = fcntl(b->fd, F_DUPFD_CLOEXEC, 0);
	w->start = mbox_text_start(m);
	w->size = (off_t)m->size;
	if (w->fd != -1)
		f = fopencookie(w, "r", io);
	if (f != NULL)
		return f;
	fail_errno(why, EX_OSERR, "%s", b->path);
	if (w->fd != -1)
		close(w->fd);
	free(w);
	return NULL;
}

FILE *
mbox_open_text(struct mbox *b, const struct msg *m, struct fail *why)
{
	FILE *f = open_window(b, m, why), *out;

	if (f == NULL || (m->loaded & (MBOX_QUOTED | MBOX_CRLF)) == 0)
		return f;
	if ((out = store_stage(why)) != NULL &&
	    (mbox_read_text(f, out, (m->loaded & MBOX_QUOTED) != 0) == -1 || fflush(out) != 0 ||
	    fseeko(out, 0, SEEK_SET) == -1)) {
		fail_errno(why, EX_IOERR, "%s", b->path);
		fclose(out);
		out = NULL;
	}
	fclose(f);
	return out;
}

static FILE *
mbox_message(struct store *s, uint32_t n, struct fail *why)
{
	return find(s, n, why) == -1 ? NULL :
	    mbox_open_text(s->data, store_msg(s, n), why);
}

const struct store_ops store_mbox = {
	.kind = "mbox", .local = true,
	.open = mbox_open, .close = mbox_close,
	.head = mbox_head, .message = mbox_message,
	.append = mbox_append, .commit = mbox_commit, .recover = mbox_recover,
	.take_back = mbox_take_back,
	.sync = mbox_sync, .check = mbox_check,
};
