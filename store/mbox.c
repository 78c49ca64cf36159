/* SPDX-License-Identifier: ISC */
/*
 * mbox.c -- mbox folders (RFC 4155): opening and reading.  What we write is mboxrd:
 * every line that begins with any number of `>' and "From " gets one `>' more, and
 * reading takes one off.  A file that was replaced or shortened is never read on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mbox.h"

#define HEAD_BLOCK	(8 * 1024)

static void
remember(struct mbox *b, const struct stat *st)
{
	b->dev = st->st_dev;
	b->ino = st->st_ino;
	b->mtime = st->st_mtim;
}

/* In a directory that all may write to, only a link of our own is followed. */
static bool
is_trusted_link(const char *path)
{
	struct stat link, dir;
	const char *slash = strrchr(path, '/');
	char *parent;
	bool fine = true;

	if (lstat(path, &link) == -1 || !S_ISLNK(link.st_mode) ||
	    link.st_uid == getuid() || link.st_uid == 0)
		return true;
	parent = slash == NULL ? xstrdup(".") :
	    xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
	if (stat(parent, &dir) == 0 && (dir.st_mode & S_IWOTH) != 0)
		fine = false;
	free(parent);
	return fine && getuid() != 0;
}

int
mbox_open_file(struct store *s, bool create, struct fail *why)
{
	struct mbox *b = s->data;
	int flags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	struct stat st;

	flags |= s->mode == STORE_READ ? O_RDONLY : O_RDWR;
	if (!is_trusted_link(b->path))
		return fail(why, EX_NOPERM, "%s: a link of another user",
		    b->path);
	b->fd = open(b->path, flags);
	if (b->fd == -1 && errno == ENOENT && create) {
		b->fd = open(b->path, flags | O_CREAT | O_EXCL, 0600);
		b->is_new = b->fd != -1;
		if (b->fd == -1 && errno == EEXIST)
			b->fd = open(b->path, flags);
	}
	/* A mailbox that may only be read can still be read. */
	if (b->fd == -1 && (errno == EACCES || errno == EROFS) &&
	    s->mode == STORE_WRITE) {
		b->fd = open(b->path, (flags & ~O_ACCMODE) | O_RDONLY);
		if (b->fd != -1)
			s->mode = STORE_READ;
	}
	if (b->fd == -1)
		return fail_errno(why, local_code(errno, create), "%s", b->path);
	if (fstat(b->fd, &st) == -1)
		return fail_errno(why, EX_IOERR, "%s", b->path);
	if (!S_ISREG(st.st_mode))
		return fail(why, create ? EX_CANTCREAT : EX_NOINPUT,
		    "%s: not a regular file", b->path);
	remember(b, &st);
	return 0;
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
	free(b->path);
	free(b);
	s->data = NULL;
	return r;
}

static int
read_all(struct store *s, struct fail *why)
{
	struct mbox *b = s->data;
	struct lock *l = lock_mailbox(b->path, b->fd, false,
	    s->options->lock_timeout, why);
	struct stat st;
	int r;

	if (l == NULL)
		return -1;
	r = mbox_scan(s, 0, why);
	if (r == 0 && fstat(b->fd, &st) == 0)
		remember(b, &st);
	lock_release(l);
	return r;
}

static int
mbox_open(struct store *s, struct fail *why)
{
	struct mbox *b = xcalloc(1, sizeof *b);
	int r;

	s->data = b;
	b->fd = -1;
	b->path = xstrdup(local_path(s->name));
	if (s->mode == STORE_APPEND && local_make_parents(b->path, why) == -1)
		r = -1;
	else
		r = mbox_open_file(s, s->mode == STORE_APPEND, why);
	if (r == 0 && s->mode != STORE_APPEND)
		r = read_all(s, why);
	if (r == -1)
		mbox_close(s, NULL);
	return r;
}

int
mbox_verify(struct store *s, bool *grown, struct fail *why)
{
	struct mbox *b = s->data;
	struct stat st;

	*grown = false;
	if (stat(b->path, &st) == -1)
		return fail_errno(why, EX_TEMPFAIL, "%s", b->path);
	if (st.st_dev != b->dev || st.st_ino != b->ino)
		return fail(why, EX_TEMPFAIL,
		    "%s: replaced by another program", b->path);
	if (st.st_size < b->size)
		return fail(why, EX_TEMPFAIL,
		    "%s: shortened by another program", b->path);
	*grown = st.st_size > b->size;
	return 0;
}

static int
mbox_check(struct store *s, uint32_t *added, struct fail *why)
{
	struct mbox *b = s->data;
	uint32_t before = s->count;
	struct lock *l;
	bool grown;
	int r;

	if (mbox_verify(s, &grown, why) == -1)
		return -1;
	if (!grown)
		return 0;
	l = lock_mailbox(b->path, b->fd, false, s->options->lock_timeout, why);
	if (l == NULL)
		return -1;
	r = mbox_scan(s, b->size, why);
	lock_release(l);
	*added = s->count - before;
	return r;
}

/* --- Reading --- */

static off_t
text_start(const struct msg *m)
{
	return m->offset + (off_t)(m->loaded >> MBOX_TEXT_SHIFT);
}

/* Octets at an offset, all of them; what another program cut off is a failure. */
static int
read_at(struct mbox *b, void *p, size_t n, off_t at, struct fail *why)
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

static int
mbox_head(struct store *s, uint32_t n, struct head *h, struct fail *why)
{
	struct mbox *b = s->data;
	const struct msg *m = store_msg(s, n);
	size_t len = 0, end = 0, block = HEAD_BLOCK;
	char *text = NULL;

	while (end == 0 && len < m->size && len < MAX_HEAD_SIZE) {
		if (block > m->size - len)
			block = (size_t)(m->size - len);
		text = xreallocarray(text, len + block + 1, 1);
		if (read_at(b, text + len, block, text_start(m) + (off_t)len,
		    why) == -1) {
			free(text);
			return -1;
		}
		end = head_end(text, len + block, len > 2 ? len - 2 : 0);
		len += block;
		block = len;
	}
	if (len > 0 && (text[0] == '\n' || (text[0] == '\r' && len > 1 &&
	    text[1] == '\n')))
		end = text[0] == '\n' ? 1 : 2;
	head_parse(h, text == NULL ? xstrdup("") : text, end == 0 ? len : end);
	return 0;
}

/* A window on the file: a message that stands there as it is to be read. */
struct window {
	struct mbox	*b;		/* borrowed: the folder outlives its streams */
	off_t		 start, size, pos;
};

static ssize_t
window_read(void *ctx, char *p, size_t n)
{
	struct window *w = ctx;

	if (w->pos >= w->size)
		return 0;
	if (n > (size_t)(w->size - w->pos))
		n = (size_t)(w->size - w->pos);
	if (read_at(w->b, p, n, w->start + w->pos, NULL) == -1) {
		errno = EIO;
		return -1;
	}
	w->pos += (off_t)n;
	return (ssize_t)n;
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
	free(ctx);
	return 0;
}

static FILE *
open_window(struct mbox *b, const struct msg *m, struct fail *why)
{
	cookie_io_functions_t io = { window_read, NULL, window_seek,
		window_close };
	struct window *w = xcalloc(1, sizeof *w);
	FILE *f;

	w->b = b;
	w->start = text_start(m);
	w->size = (off_t)m->size;
	f = fopencookie(w, "r", io);
	if (f == NULL) {
		fail_errno(why, EX_OSERR, "%s", b->path);
		free(w);
		return NULL;
	}
	setvbuf(f, NULL, _IOFBF, 32 * 1024);
	return f;
}

/* Line ends become LF; if `quoted', one `>' goes off every line that is any number of them and "From ". */
static int
unquote(FILE *in, FILE *out, bool quoted)
{
	char *line = NULL;
	size_t cap = 0, q;
	ssize_t n;
	bool body = false;

	while ((n = getline(&line, &cap, in)) > 0) {
		if (!body && (line[0] == '\n' || line[0] == '\r'))
			body = true;
		for (q = 0; q < (size_t)n && line[q] == '>'; q++)
			continue;
		q = quoted && body && q > 0 &&
		    strncmp(line + q, "From ", 5) == 0;
		if (n > 1 && line[n - 2] == '\r' && line[n - 1] == '\n')
			line[--n - 1] = '\n';
		if (fwrite(line + q, 1, (size_t)n - q, out) != (size_t)n - q)
			break;
	}
	free(line);
	return ferror(in) || ferror(out) ? -1 : 0;
}

static FILE *
mbox_message(struct store *s, uint32_t n, struct fail *why)
{
	struct mbox *b = s->data;
	const struct msg *m = store_msg(s, n);
	FILE *f, *out;
	struct stat st;

	if (fstat(b->fd, &st) == 0 && st.st_size <
	    text_start(m) + (off_t)m->size) {
		fail(why, EX_TEMPFAIL, "%s: shortened by another program",
		    b->path);
		return NULL;
	}
	f = open_window(b, m, why);
	if (f == NULL || (m->loaded & (MBOX_QUOTED | MBOX_CRLF)) == 0)
		return f;
	if ((out = store_stage(why)) != NULL &&
	    (unquote(f, out, (m->loaded & MBOX_QUOTED) != 0) == -1 || fflush(out) != 0 ||
	    fseeko(out, 0, SEEK_SET) == -1)) {
		fail_errno(why, EX_IOERR, "%s", b->path);
		fclose(out);
		out = NULL;
	}
	fclose(f);
	return out;
}

const struct store_ops store_mbox = {
	.kind = "mbox", .local = true,
	.open = mbox_open, .close = mbox_close,
	.head = mbox_head, .message = mbox_message,
	.append = mbox_append, .commit = mbox_commit, .recover = mbox_recover,
	.sync = mbox_sync, .check = mbox_check,
};
