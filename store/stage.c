/* SPDX-License-Identifier: ISC */
/*
 * stage.c -- a message on its way: a place for it (memory while small, then an
 * unlinked file), and its lines, of which none is too long to be read.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "local.h"

#define IN_MEMORY	(1024 * 1024)

#define BUCKETS		64

struct stage {
	FILE	*f;			/* what it is to its users */
	struct stage *next;		/* in its bucket */
	char	*text;			/* owned: while fd is -1 */
	size_t	 cap;
	off_t	 size, pos;
	int	 fd;
};

/* Those that are open: a stream does not tell what it was made of. */
static struct stage *stages[BUCKETS];

static struct stage **
bucket(const FILE *f)
{
	return &stages[((uintptr_t)f >> 6) % BUCKETS];
}

/* Where it hangs in its bucket, or the end of that. */
static struct stage **
find_stage(const FILE *f)
{
	struct stage **s = bucket(f);

	while (*s != NULL && (*s)->f != f)
		s = &(*s)->next;
	return s;
}

/* A file nobody else can name. */
static int
open_unnamed(void)
{
	const char *dir = getenv("TMPDIR");
	char *path;
	int fd;

	if (dir == NULL || *dir != '/')
		dir = "/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd != -1)
		return fd;
	path = xasprintf("%s/mailx-XXXXXXXXXX", dir);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd != -1)
		unlink(path);
	free(path);
	return fd;
}

static int
spill(struct stage *s)
{
	s->fd = open_unnamed();
	if (s->fd == -1)
		return -1;
	if (write_all(s->fd, s->text, (size_t)s->size) == -1)
		return -1;
	free(s->text);
	s->text = NULL;
	return 0;
}

static ssize_t
stage_write(void *ctx, const char *p, size_t n)
{
	struct stage *s = ctx;
	ssize_t done;
	size_t all = (size_t)s->pos + n;

	if (s->fd == -1 && all > IN_MEMORY && spill(s) == -1)
		return 0;
	if (s->fd != -1) {
		done = pwrite(s->fd, p, n, s->pos);
		if (done <= 0)
			return 0;
		n = (size_t)done;
	} else {
		if (all > s->cap) {
			s->cap = all * 2 < IN_MEMORY ? all * 2 : IN_MEMORY;
			s->text = xreallocarray(s->text, s->cap, 1);
		}
		if (s->pos > s->size)
			memset(s->text + s->size, 0,
			    (size_t)(s->pos - s->size));
		memcpy(s->text + s->pos, p, n);
	}
	s->pos += (off_t)n;
	if (s->pos > s->size)
		s->size = s->pos;
	return (ssize_t)n;
}

static ssize_t
stage_read(void *ctx, char *p, size_t n)
{
	struct stage *s = ctx;
	ssize_t got;

	if (s->pos >= s->size)
		return 0;
	if (s->fd != -1)
		got = pread(s->fd, p, n, s->pos);
	else {
		if (n > (size_t)(s->size - s->pos))
			n = (size_t)(s->size - s->pos);
		memcpy(p, s->text + s->pos, n);
		got = (ssize_t)n;
	}
	if (got > 0)
		s->pos += got;
	return got;
}

static int
stage_seek(void *ctx, off_t *off, int whence)
{
	struct stage *s = ctx;
	off_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? s->pos :
	    s->size;

	if (base + *off < 0) {
		errno = EINVAL;
		return -1;
	}
	*off = s->pos = base + *off;
	return 0;
}

static int
stage_close(void *ctx)
{
	struct stage *s = ctx;
	int r = 0;

	*find_stage(s->f) = s->next;
	if (s->fd != -1)
		r = close(s->fd);
	free(s->text);
	free(s);
	return r;
}

FILE *
store_stage(struct fail *why)
{
	cookie_io_functions_t io = { stage_read, stage_write, stage_seek,
		stage_close };
	struct stage *s = xcalloc(1, sizeof *s);
	FILE *f;

	s->fd = -1;
	s->f = f = fopencookie(s, "w+", io);
	if (f == NULL) {
		fail_errno(why, EX_OSERR, "cannot make a temporary file");
		free(s);
		return NULL;
	}
	s->next = *bucket(f);
	*bucket(f) = s;
	return f;
}

bool
store_stage_text(FILE *f, struct span *text)
{
	const struct stage *s = *find_stage(f);

	if (s == NULL || s->fd != -1 || fflush(f) != 0 || s->fd != -1)
		return false;
	text->p = s->text;
	text->n = (size_t)s->size;
	return true;
}

FILE *
store_stage_take(FILE *f)
{
	struct stage *from = *find_stage(f), *to;
	struct fail none;
	FILE *taken;

	fail_clear(&none);
	if (from == NULL || fseeko(f, 0, SEEK_SET) == -1 ||
	    (taken = store_stage(&none)) == NULL)
		return NULL;
	to = *find_stage(taken);
	to->text = from->text;
	to->cap = from->cap;
	to->size = from->size;
	to->fd = from->fd;
	from->text = NULL;
	from->cap = 0;
	from->size = from->pos = 0;
	from->fd = -1;
	return taken;
}

/* --- Lines --- */

struct lines {
	FILE	*in;			/* borrowed */
	size_t	 at, n;			/* of what is in the buffer */
	bool	 inside;		/* a line was begun */
	char	 buffer[64 * 1024];
};

struct lines *
lines_new(FILE *in)
{
	struct lines *l = xmalloc(sizeof *l);

	l->in = in;
	l->at = l->n = 0;
	l->inside = false;
	return l;
}

/* Have another block behind what is left. */
static bool
more(struct lines *l)
{
	size_t got;

	memmove(l->buffer, l->buffer + l->at, l->n - l->at);
	l->n -= l->at;
	l->at = 0;
	got = fread(l->buffer + l->n, 1, sizeof l->buffer - l->n, l->in);
	l->n += got;
	return got > 0;
}

bool
lines_next(struct lines *l, struct span *piece, bool *starts)
{
	char *p, *nl;
	size_t n;

	while ((nl = memchr(l->buffer + l->at, '\n', l->n - l->at)) == NULL)
		if (l->n - l->at == sizeof l->buffer || !more(l))
			break;
	p = l->buffer + l->at;
	n = nl == NULL ? l->n - l->at : (size_t)(nl - p) + 1;
	l->at += n;
	/* A CR at the end of a piece may belong to the LF that follows. */
	if (nl == NULL && n == sizeof l->buffer && p[n - 1] == '\r') {
		l->at--;
		n--;
	} else if (nl != NULL && n > 1 && p[n - 2] == '\r')
		p[--n - 1] = '\n';
	piece->p = p;
	piece->n = n;
	*starts = !l->inside;
	l->inside = nl == NULL;
	return n > 0;
}

FILE *
local_without_cr(FILE *f, const char *name, struct fail *why)
{
	FILE *out = store_stage(why);
	struct lines *l = lines_new(f);
	struct span piece;
	bool starts;

	while (out != NULL && lines_next(l, &piece, &starts))
		fwrite(piece.p, 1, piece.n, out);
	free(l);
	if (out != NULL && (ferror(f) || fflush(out) != 0 || ferror(out) ||
	    fseeko(out, 0, SEEK_SET) == -1)) {
		fail_errno(why, EX_IOERR, "%s", name);
		fclose(out);
		out = NULL;
	}
	fclose(f);
	return out;
}
