/* SPDX-License-Identifier: ISC */
/*
 * mboxscan.c -- where the messages of an mbox are (RFC 4155): one pass through a
 * bounded buffer, not a mapping, for a mapped file that another program shortens
 * kills its reader.  Of each header only Status, X-Status, X-Keywords and
 * Content-Length are looked at.
 *
 * A Content-Length counts only if it leads to a separator or to the end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "mbox.h"

#define BUFFER		(256 * 1024)
#define LINE_LOOKED	1000		/* octets of a line that are looked at */

static const char weekdays[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static bool
is_among(const char *p, const char *names)
{
	for (; *names != '\0'; names += 3)
		if (memcmp(p, names, 3) == 0)
			return true;
	return false;
}

bool
mbox_is_separator(const char *line, size_t n, int64_t *when)
{
	struct span rest;
	struct date d;
	size_t i;

	if (n < 6 || memcmp(line, "From ", 5) != 0)
		return false;
	*when = 0;
	while (n > 5 && ascii_is_space((unsigned char)line[n - 1]))
		n--;
	if (n == 6 && line[5] == '-')
		return true;
	/* " Www Mmm dd hh:mm" somewhere behind the address. */
	for (i = 5; i + 16 <= n; i++) {
		if (i > 5 && line[i - 1] != ' ')
			continue;
		if (!is_among(line + i, weekdays) || line[i + 3] != ' ')
			continue;
		rest.p = line + i + 4;
		rest.n = n - i - 4;
		while (rest.n > 0 && *rest.p == ' ') {
			rest.p++;
			rest.n--;
		}
		if (rest.n < 12 || !is_among(rest.p, months))
			continue;
		if (rest.n > 40)
			rest.n = 40;
		if (memchr(rest.p, ':', rest.n) == NULL)
			continue;
		if (date_parse_ctime(rest, &d) == 0)
			*when = d.epoch;
		return true;
	}
	return false;
}

struct scanner {
	struct store	*s;
	char		*buffer;	/* owned */
	size_t		 n;		/* octets in it */
	off_t		 base;		/* offset of its first */
	bool		 eof;

	bool		 in_head, in_message;
	off_t		 body;		/* of the current message */
	int64_t		 length;	/* its Content-Length, -1 none */
	bool		 blank;		/* the last line was empty */
	unsigned	 blank_octets;
};

/* Have more octets behind those at `from' (an offset in the buffer). */
static int
fill(struct scanner *sc, size_t from, struct fail *why)
{
	struct mbox *b = sc->s->data;
	ssize_t got;

	memmove(sc->buffer, sc->buffer + from, sc->n - from);
	sc->n -= from;
	sc->base += (off_t)from;
	do
		got = pread(b->fd, sc->buffer + sc->n, BUFFER - sc->n,
		    sc->base + (off_t)sc->n);
	while (got == -1 && errno == EINTR);
	if (got == -1)
		return fail_errno(why, EX_IOERR, "%s", b->path);
	sc->eof = got == 0;
	sc->n += (size_t)got;
	return 0;
}

static struct msg *
current(struct scanner *sc)
{
	return store_msg(sc->s, sc->s->count);
}

static off_t
text_start(const struct msg *m)
{
	return m->offset + (off_t)(m->loaded >> MBOX_TEXT_SHIFT);
}

static void
end_message(struct scanner *sc, off_t at)
{
	struct msg *m;

	if (!sc->in_message)
		return;
	m = current(sc);
	/* The empty line before a separator belongs to it. */
	if (sc->blank && !sc->in_head &&
	    at - (off_t)sc->blank_octets >= sc->body)
		at -= (off_t)sc->blank_octets;
	m->size = (uint64_t)(at - text_start(m));
	sc->in_message = false;
}

static int
begin_message(struct scanner *sc, off_t at, size_t n, int64_t when,
    struct fail *why)
{
	struct msg *m;

	end_message(sc, at);
	if (store_resize(sc->s, sc->s->count + 1, why) == -1)
		return -1;
	m = current(sc);
	m->offset = at;
	m->arrived = when;
	m->loaded = LOAD_FLAGS | LOAD_SIZE |
	    (uint32_t)(n < 0x7fff ? n : 0x7fff) << MBOX_TEXT_SHIFT;
	sc->in_message = sc->in_head = true;
	sc->length = -1;
	sc->blank = false;
	return 0;
}

static void
take_status(struct msg *m, struct span value, bool extra)
{
	size_t i;

	for (i = 0; i < value.n; i++)
		switch (value.p[i]) {
		case 'R': m->flags |= extra ? 0 : MSG_SEEN; break;
		case 'O': m->flags |= extra ? 0 : MSG_OLD; break;
		case 'A': m->flags |= extra ? MSG_ANSWERED : 0; break;
		case 'F': m->flags |= extra ? MSG_FLAGGED : 0; break;
		case 'D': m->flags |= extra ? MSG_DELETED : 0; break;
		case 'T': m->flags |= extra ? MSG_DRAFT : 0; break;
		default: break;
		}
	m->stored = m->flags;
}

static void
take_head_line(struct scanner *sc, const char *p, size_t n)
{
	struct span line = { p, n }, value;
	struct msg *m = current(sc);
	const char *colon;
	char number[24];

	/* Most lines are told apart by their first letter. */
	if (strchr("SsXxCc", *p) == NULL ||
	    (colon = memchr(p, ':', n)) == NULL)
		return;
	line.n = (size_t)(colon - p);
	value.p = colon + 1;
	value.n = n - line.n - 1;
	value = span_trim(value);
	if (span_ieq(line, "Status"))
		take_status(m, value, false);
	else if (span_ieq(line, "X-Status"))
		take_status(m, value, true);
	else if (span_ieq(line, "X-Keywords") && value.n > 0 &&
	    m->tags == NULL)
		m->tags = span_dup(value);
	else if (span_ieq(line, "Content-Length") && value.n > 0 &&
	    value.n < sizeof number && ascii_is_digit((unsigned char)*value.p)) {
		memcpy(number, value.p, value.n);
		number[value.n] = '\0';
		sc->length = (int64_t)strtoll(number, NULL, 10);
	}
}

/* Does the Content-Length lead to a separator or the end of the file?  Then the place. */
static off_t
honest_length(struct scanner *sc)
{
	struct mbox *b = sc->s->data;
	off_t end = sc->body + (off_t)sc->length;
	char text[LINE_LOOKED];
	ssize_t n;
	size_t skip = 0;
	int64_t when;
	const char *nl;

	if (sc->length < 0 || end < sc->body)
		return -1;
	n = pread(b->fd, text, sizeof text, end);
	if (n < 0 || (n == 0 && lseek(b->fd, 0, SEEK_END) != end))
		return -1;
	while (skip < (size_t)n && skip < 4 &&
	    (text[skip] == '\n' || text[skip] == '\r'))
		skip++;
	if ((size_t)n == skip)
		return end;
	/* A separator must begin a line. */
	if (skip == 0) {
		char last;

		if (sc->length > 0 && (pread(b->fd, &last, 1, end - 1) != 1 ||
		    last != '\n'))
			return -1;
	}
	nl = memchr(text + skip, '\n', (size_t)n - skip);
	if (!mbox_is_separator(text + skip, nl == NULL ? (size_t)n - skip :
	    (size_t)(nl - text) - skip, &when))
		return -1;
	return end;
}

static unsigned
empty_octets(const char *p, size_t n)
{
	if (n == 1 && p[0] == '\n')
		return 1;
	return n == 2 && p[0] == '\r' && p[1] == '\n' ? 2 : 0;
}

/* A line at offset `at'; *jump: go on there instead, or -1. */
static int
take_line(struct scanner *sc, const char *p, size_t n, off_t at, off_t *jump,
    struct fail *why)
{
	int64_t when;
	unsigned empty;

	*jump = -1;
	if (*p == 'F' && mbox_is_separator(p, n < LINE_LOOKED ? n :
	    LINE_LOOKED, &when) && !(sc->in_message && sc->in_head &&
	    at == text_start(current(sc))))
		return begin_message(sc, at, n, when, why);
	if (!sc->in_message)
		return 0;
	if (n > 1 && p[n - 2] == '\r' && p[n - 1] == '\n')
		current(sc)->loaded |= MBOX_CRLF;
	empty = empty_octets(p, n);
	if (sc->in_head) {
		if (empty == 0) {
			take_head_line(sc, p, n);
			return 0;
		}
		sc->in_head = false;
		sc->body = at + (off_t)n;
		sc->blank = false;
		if (sc->length > 0)
			*jump = honest_length(sc);
		return 0;
	}
	sc->blank = empty > 0;
	sc->blank_octets = empty;
	if (*p == '>' && n > 6) {
		const char *q = p;

		while (q < p + n && *q == '>')
			q++;
		if ((size_t)(p + n - q) >= 5 && memcmp(q, "From ", 5) == 0)
			current(sc)->loaded |= MBOX_QUOTED;
	}
	return 0;
}

/* Go on at that offset: the body before it is known to be one message's. */
static int
jump_to(struct scanner *sc, off_t at, size_t *pos, struct fail *why)
{
	if (at <= sc->base + (off_t)sc->n) {
		*pos = (size_t)(at - sc->base);
		return 0;
	}
	sc->base = at;
	sc->n = *pos = 0;
	return fill(sc, 0, why);
}

static int
scan(struct scanner *sc, struct fail *why)
{
	size_t pos = 0, n;
	const char *nl;
	off_t jump, at;

	for (;;) {
		nl = memchr(sc->buffer + pos, '\n', sc->n - pos);
		if (nl == NULL && !sc->eof) {
			if (pos == 0 && sc->n == BUFFER) {
				/* A line longer than the buffer: text. */
				sc->blank = false;
				pos = sc->n - 1;
			}
			if (fill(sc, pos, why) == -1)
				return -1;
			pos = 0;
			continue;
		}
		n = nl == NULL ? sc->n - pos :
		    (size_t)(nl - sc->buffer) + 1 - pos;
		if (n == 0)
			break;
		at = sc->base + (off_t)pos;
		if (take_line(sc, sc->buffer + pos, n, at, &jump, why) == -1)
			return -1;
		pos += n;
		if (jump != -1) {
			/* Quoting is not looked for inside. */
			sc->blank = false;
			if (jump_to(sc, jump, &pos, why) == -1)
				return -1;
		}
	}
	end_message(sc, sc->base + (off_t)sc->n);
	return 0;
}

int
mbox_scan(struct store *s, off_t from, struct fail *why)
{
	struct mbox *b = s->data;
	struct scanner sc;
	uint32_t before = s->count;
	int r;

	memset(&sc, 0, sizeof sc);
	sc.s = s;
	sc.base = from;
	sc.buffer = xmalloc(BUFFER);
	r = fill(&sc, 0, why);
	if (r == 0)
		r = scan(&sc, why);
	b->size = sc.base + (off_t)sc.n;
	free(sc.buffer);
	if (r == 0 && from == 0 && b->size > 0 && s->count == before)
		r = fail(why, EX_DATAERR, "%s: not a mailbox", b->path);
	return r;
}
