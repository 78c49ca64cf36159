/* SPDX-License-Identifier: ISC */
/*
 * dottext.c -- the text of a message between DATA or RETR and the lone dot
 * (RFC 5321 4.5.2, RFC 1939 3), both ways.
 *
 * Only CR LF . CR LF ends it, and only a dot behind CR LF was stuffed: a server
 * that passes on a bare LF must not be able to end a message with it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conn_io.h"

#define BLOCK	(64 * 1024)

/* --- Writing. --- */

struct writer {
	struct conn	*c;		/* borrowed */
	struct fail	*why;		/* borrowed */
	uint64_t	 octets;
	bool		 in_line;	/* something of a line was sent */
	bool		 cr;		/* the last octet was CR: its line end is sent */
	bool		 abandoned;
	bool		 failed;
};

static int
put(struct writer *w, const char *p, size_t n)
{
	w->octets += n;
	return conn_put(w->c, p, n, w->why);
}

/* A piece of a line, without line ends. */
static int
put_piece(struct writer *w, const char *p, size_t n)
{
	if (n == 0)
		return 0;
	if (!w->in_line && *p == '.' && put(w, ".", 1) == -1)
		return -1;
	w->in_line = true;
	return put(w, p, n);
}

static int
end_line(struct writer *w)
{
	w->in_line = false;
	return put(w, "\r\n", 2);
}

/* One line, or the start of one where it has no LF; may hold bare CR. */
static int
put_line(struct writer *w, const char *p, size_t n, bool lf)
{
	const char *cr;
	size_t len;

	if (w->cr && n == 0 && lf) {	/* the LF of a CR LF */
		w->cr = false;
		return 0;
	}
	while (n > 0 && (cr = memchr(p, '\r', n)) != NULL) {
		len = (size_t)(cr - p);
		if (put_piece(w, p, len) == -1 || end_line(w) == -1)
			return -1;
		p += len + 1;
		n -= len + 1;
		if (n == 0) {
			w->cr = !lf;
			return 0;
		}
	}
	if (n > 0)
		w->cr = false;
	if (put_piece(w, p, n) == -1)
		return -1;
	return lf ? end_line(w) : 0;
}

static int
write_text(void *cookie, const char *p, int n)
{
	struct writer *w = cookie;
	const char *end = p + n, *lf;
	size_t len;

	while (p < end && !w->failed && !w->abandoned) {
		lf = memchr(p, '\n', (size_t)(end - p));
		len = (size_t)((lf == NULL ? end : lf) - p);
		w->failed = put_line(w, p, len, lf != NULL) == -1;
		p += len + (lf != NULL);
	}
	return w->failed ? 0 : n;	/* glibc counts a -1 as octets */
}

/* The one message that a stream can be given beside octets: seeking abandons it. */
static off_t
abandon(void *cookie, off_t offset, int whence)
{
	struct writer *w = cookie;

	(void)whence;
	w->abandoned = true;
	return offset;
}

static int
finish_text(void *cookie)
{
	struct writer *w = cookie;
	bool bad = w->failed || w->abandoned;

	if (!bad && w->in_line)
		bad = end_line(w) == -1;
	conn_show_text(w->c, 'C', w->octets);
	if (!bad)
		bad = conn_put(w->c, ".\r\n", 3, w->why) == -1 ||
		    conn_flush(w->c, w->why) == -1;
	free(w);
	return bad ? -1 : 0;
}

FILE *
conn_text_writer(struct conn *c, struct fail *why)
{
	struct writer *w = xcalloc(1, sizeof *w);
	FILE *f;

	w->c = c;
	w->why = why;
	f = funopen(w, NULL, write_text, abandon, finish_text);
	if (f == NULL) {
		free(w);
		fail_errno(why, EX_OSERR, "%s", conn_name(c));
		return NULL;
	}
	return f;
}

void
conn_text_abandon(FILE *f)
{
	(void)fseeko(f, 0, SEEK_SET);
	(void)fclose(f);
}

/* --- Reading. --- */

enum place { START, DOT, DOT_CR, TEXT, CR, END };

struct reader {
	FILE		*out;		/* borrowed */
	char		*block;		/* owned: BLOCK */
	size_t		 n;		/* octets in it */
	uint64_t	 octets;	/* of the text, with CRLF line ends */
	enum place	 place;
	bool		 failed;	/* to write */
	int		 error;		/* errno of that; or 0 */
};

static void
write_block(struct reader *r, const char *p, size_t n)
{
	if (n > 0 && !r->failed && fwrite(p, 1, n, r->out) != n) {
		r->failed = true;
		r->error = errno;
	}
}

/* Lines are gathered: each would be a call for stdio. */
static void
give(struct reader *r, const char *p, size_t n)
{
	if (n > BLOCK - r->n) {
		write_block(r, r->block, r->n);
		r->n = 0;
	}
	if (n > BLOCK)
		write_block(r, p, n);
	else {
		memcpy(r->block + r->n, p, n);
		r->n += n;
	}
}

/* What stands inside a line, up to CR; the octets used. */
static size_t
read_piece(struct reader *r, const char *p, size_t n)
{
	const char *cr = memchr(p, '\r', n);
	size_t len = cr == NULL ? n : (size_t)(cr - p);

	give(r, p, len);
	r->octets += len;
	if (cr == NULL)
		return len;
	r->place = CR;
	return len + 1;
}

/* Where a single octet decides; true if it is used up. */
static bool
read_octet(struct reader *r, char c)
{
	switch (r->place) {
	case START:
		r->place = c == '.' ? DOT : TEXT;
		return c == '.';
	case DOT:
		r->place = c == '\r' ? DOT_CR : TEXT;
		return c == '\r';
	case DOT_CR:
	case CR:
		if (c == '\n' && r->place == DOT_CR) {
			r->place = END;
			return true;
		}
		if (c == '\n') {
			give(r, "\n", 1);
			r->octets += 2;
			r->place = START;
			return true;
		}
		give(r, "\r", 1);	/* a bare one is text */
		r->octets++;
		r->place = TEXT;
		return false;
	default:
		return false;
	}
}

static size_t
read_block(struct reader *r, struct span s)
{
	size_t i = 0;

	while (i < s.n && r->place != END)
		if (r->place == TEXT)
			i += read_piece(r, s.p + i, s.n - i);
		else if (read_octet(r, s.p[i]))
			i++;
	return i;
}

int
conn_text_read(struct conn *c, FILE *out, uint64_t *octets, struct fail *why)
{
	struct reader r = { .out = out, .place = START };
	struct span s;

	r.block = xmalloc(BLOCK);
	while (r.place != END) {
		if (conn_peek(c, &s, why) == -1)
			break;
		conn_taken(c, read_block(&r, s));
	}
	write_block(&r, r.block, r.n);
	free(r.block);
	if (r.place != END)
		return -1;
	conn_show_text(c, 'S', r.octets);
	if (octets != NULL)
		*octets = r.octets;
	if (!r.failed && fflush(out) == 0)
		return 0;
	if (r.failed)
		errno = r.error;
	return fail_errno(why, EX_IOERR, "cannot write");
}
