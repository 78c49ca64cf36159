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
#define ID_LOOKED	200		/* octets of the first line of a body */

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
	struct mbox_ids	*ids;		/* borrowed */
	char		*buffer;	/* owned */
	size_t		 n;		/* octets in it */
	off_t		 base;		/* offset of its first */
	bool		 eof;
	bool		 inside;	/* what comes next is no start of a line */
	bool		 text;		/* a line that is not empty was seen */

	bool		 in_head, in_message;
	bool		 one;		/* the first message alone */
	off_t		 body;		/* of the current message */
	int64_t		 length;	/* its Content-Length, -1 none */
	unsigned	 blank;		/* the last line was empty: its octets */
};

/* Have more octets behind those at `from' (an offset in the buffer). */
static int
fill(struct scanner *sc, size_t from, struct fail *why)
{
	const struct store_options *o = sc->s->options;
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
	if (o != NULL && o->moved != NULL)
		o->moved(o->ctx, (size_t)got);
	return 0;
}

static struct msg *
current(const struct scanner *sc)
{
	return store_msg(sc->s, sc->s->count);
}

off_t
mbox_text_start(const struct msg *m)
{
	return m->offset + (off_t)(m->loaded >> MBOX_TEXT_SHIFT);
}

/* Add a line to what the message is known by. */
static void
identify(struct scanner *sc, const char *p, size_t n)
{
	struct mbox_sum sum = { sc->ids->v[sc->s->count - 1], { 0 }, 0 };

	while (n > 0 && ascii_is_space((unsigned char)p[n - 1]))
		n--;
	mbox_sum_add(&sum, p, n);
	sc->ids->v[sc->s->count - 1] = mbox_sum_end(&sum);
}

static void
end_message(struct scanner *sc, off_t at)
{
	struct msg *m;

	if (!sc->in_message)
		return;
	m = current(sc);
	/* The empty line before a separator belongs to it. */
	if (sc->blank > 0 && !sc->in_head &&
	    at - (off_t)sc->blank >= sc->body)
		at -= (off_t)sc->blank;
	m->size = (uint64_t)(at - mbox_text_start(m));
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
	sc->ids->v = xgrow(sc->ids->v, sc->s->count - 1, &sc->ids->cap,
	    sizeof *sc->ids->v);
	sc->ids->v[sc->s->count - 1] = 0;
	m = current(sc);
	m->offset = at;
	m->arrived = when;
	m->loaded = LOAD_FLAGS | LOAD_SIZE | (uint32_t)n << MBOX_TEXT_SHIFT;
	sc->in_message = sc->in_head = true;
	sc->length = -1;
	sc->blank = 0;
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

/* Fields that programs keep for themselves; false for any other. */
static bool
take_note(struct scanner *sc, struct span name, struct span value)
{
	struct msg *m = current(sc);
	char number[24];

	if (span_ieq(name, "Status"))
		take_status(m, value, false);
	else if (span_ieq(name, "X-Status"))
		take_status(m, value, true);
	else if (span_ieq(name, "X-Keywords")) {
		if (value.n > 0 && m->tags == NULL)
			m->tags = span_dup(value);
	} else if (!span_ieq(name, "Content-Length"))
		return false;
	else if (value.n > 0 && value.n < sizeof number &&
	    ascii_is_digit((unsigned char)*value.p)) {
		memcpy(number, value.p, value.n);
		number[value.n] = '\0';
		sc->length = (int64_t)strtoll(number, NULL, 10);
	}
	return true;
}

static bool
begins_quoted(const char *p, size_t n)
{
	size_t q;

	for (q = 0; q < n && p[q] == '>'; q++)
		continue;
	return q > 0 && n - q >= 5 && memcmp(p + q, "From ", 5) == 0;
}

static void
note_quoted(struct scanner *sc, const char *p, size_t n)
{
	if (begins_quoted(p, n) && !sc->s->options->mboxo)
		current(sc)->loaded |= MBOX_QUOTED;
}

static void
take_head_line(struct scanner *sc, const char *p, size_t n)
{
	struct span name = { p, n }, value;
	const char *colon;

	if (n > 1 && p[n - 2] == '\r')
		current(sc)->loaded |= MBOX_CRLF;
	/* Most lines are told apart by their first letter. */
	switch (*p) {
	case 'S': case 's': case 'X': case 'x': case 'C': case 'c':
		if ((colon = memchr(p, ':', n)) == NULL)
			break;
		name.n = (size_t)(colon - p);
		value.p = colon + 1;
		value.n = n - name.n - 1;
		if (!take_note(sc, name, span_trim(value)) &&
		    span_ieq(name, "Subject"))
			identify(sc, p, n);
		break;
	case 'D': case 'd': case 'F': case 'f': case 'M': case 'm':
	case 'R': case 'r': case 'T': case 't':
		identify(sc, p, n);
		break;
	case '>':
		note_quoted(sc, p, n);
		break;
	default:
		break;
	}
}

/* Does the Content-Length lead to a separator or the end of the file?  Then the place. */
static off_t
honest_length(struct scanner *sc)
{
	struct mbox *b = sc->s->data;
	off_t end = sc->body + (off_t)sc->length;
	char text[MBOX_LOOKED], last;
	size_t skip = 0;
	int64_t when;
	const char *nl;
	ssize_t n;

	if (sc->length <= 0 || end < sc->body)
		return -1;
	/* A separator must begin a line. */
	if (pread(b->fd, &last, 1, end - 1) != 1)
		return -1;
	n = pread(b->fd, text, sizeof text, end);
	if (n < 0)
		return -1;
	while (skip < (size_t)n && skip < 4 &&
	    (text[skip] == '\n' || text[skip] == '\r'))
		skip++;
	if ((size_t)n == skip)
		return end;
	if (skip == 0 && last != '\n')
		return -1;
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

static void
take_body_line(struct scanner *sc, const char *p, size_t n, off_t at)
{
	struct msg *m;

	sc->blank = empty_octets(p, n);
	if (at == sc->body)
		identify(sc, p, n < ID_LOOKED ? n : ID_LOOKED);
	m = current(sc);
	if (n > 1 && p[n - 2] == '\r')
		m->loaded |= MBOX_CRLF;
	if (*p == '>')
		note_quoted(sc, p, n);
}

/* At the start of the file nothing else can be meant, whatever date stands there or none. */
static bool
begins_message(const struct scanner *sc, const char *p, size_t n, off_t at,
    int64_t *when)
{
	if (*p != 'F' || n > MBOX_TEXT_MAX)
		return false;
	if (!mbox_is_separator(p, n < MBOX_LOOKED ? n : MBOX_LOOKED, when))
		return at == 0 && n >= 5 && memcmp(p, "From ", 5) == 0;
	return !(sc->in_message && sc->in_head &&
	    at == mbox_text_start(current(sc)));
}

/* A line at offset `at'; *jump: go on there instead, or -1. */
static int
take_line(struct scanner *sc, const char *p, size_t n, off_t at, off_t *jump,
    struct fail *why)
{
	int64_t when = 0;
	unsigned empty;

	*jump = -1;
	if (begins_message(sc, p, n, at, &when))
		return begin_message(sc, at, n, when, why);
	if (!sc->in_message) {
		sc->text |= empty_octets(p, n) == 0;
		return 0;
	}
	if (!sc->in_head) {
		take_body_line(sc, p, n, at);
		return 0;
	}
	if ((empty = empty_octets(p, n)) == 0) {
		take_head_line(sc, p, n);
		return 0;
	}
	if (empty == 2)
		current(sc)->loaded |= MBOX_CRLF;
	sc->in_head = false;
	sc->body = at + (off_t)n;
	sc->blank = 0;
	if (sc->length > 0)
		*jump = honest_length(sc);
	return 0;
}

/* Go on at that offset: the body before it is known to be one message's. */
static int
jump_to(struct scanner *sc, off_t at, size_t *pos, struct fail *why)
{
	/* Quoting is not looked for inside. */
	sc->blank = 0;
	sc->inside = false;
	if (at <= sc->base + (off_t)sc->n) {
		*pos = (size_t)(at - sc->base);
		return 0;
	}
	sc->base = at;
	sc->n = *pos = 0;
	return fill(sc, 0, why);
}

/* The octets of the next line, or piece of a long one; 0 at the end. */
static int
next_line(struct scanner *sc, size_t *pos, size_t *n, struct fail *why)
{
	const char *nl;

	for (;;) {
		nl = memchr(sc->buffer + *pos, '\n', sc->n - *pos);
		if (nl != NULL || sc->eof)
			break;
		if (*pos == 0 && sc->n == BUFFER)
			break;
		if (fill(sc, *pos, why) == -1)
			return -1;
		*pos = 0;
	}
	*n = nl == NULL ? sc->n - *pos :
	    (size_t)(nl - (sc->buffer + *pos)) + 1;
	return 0;
}

static int
scan(struct scanner *sc, struct fail *why)
{
	size_t pos = 0, n;
	const char *p;
	off_t jump;

	for (;;) {
		if (next_line(sc, &pos, &n, why) == -1)
			return -1;
		if (n == 0 || (sc->one && sc->s->count > 1))
			break;
		p = sc->buffer + pos;
		jump = -1;
		/* The rest of a long line is text, whatever it looks like. */
		if (sc->inside)
			sc->blank = 0;
		else if (take_line(sc, p, n, sc->base + (off_t)pos, &jump,
		    why) == -1)
			return -1;
		sc->inside = p[n - 1] != '\n';
		pos += n;
		if (jump != -1 && jump_to(sc, jump, &pos, why) == -1)
			return -1;
	}
	end_message(sc, sc->base + (off_t)sc->n);
	return 0;
}

static int
scan_from(struct store *s, off_t from, bool one, struct mbox_ids *ids,
    off_t *end, struct fail *why)
{
	struct mbox *b = s->data;
	struct scanner sc;
	int r;

	memset(&sc, 0, sizeof sc);
	sc.s = s;
	sc.ids = ids;
	sc.one = one;
	sc.base = from;
	sc.buffer = xmalloc(BUFFER);
	r = fill(&sc, 0, why);
	if (r == 0)
		r = scan(&sc, why);
	*end = sc.base + (off_t)sc.n;
	free(sc.buffer);
	if (r == 0 && from == 0 && sc.text && s->count == 0)
		r = fail(why, EX_DATAERR, "%s: not a mailbox", b->path);
	return r;
}

int
mbox_scan(struct store *s, off_t from, struct mbox_ids *ids, off_t *end,
    struct fail *why)
{
	return scan_from(s, from, false, ids, end, why);
}

void
mbox_fresh(struct store *fresh, const struct store *s)
{
	*fresh = *s;
	fresh->msgs = NULL;
	fresh->count = 0;
	fresh->cap = 0;
}

void
mbox_fresh_free(struct store *fresh)
{
	uint32_t i;

	for (i = 0; i < fresh->count; i++)
		free(fresh->msgs[i].tags);
	free(fresh->msgs);
}

bool
mbox_is_there(struct store *s, uint32_t n)
{
	struct mbox *b = s->data;
	struct mbox_ids ids = { NULL, 0 };
	struct store fresh;
	const struct msg *m = store_msg(s, n);
	off_t end;
	bool same;

	mbox_fresh(&fresh, s);
	same = scan_from(&fresh, m->offset, true, &ids, &end, NULL) == 0 &&
	    fresh.count > 0 && fresh.msgs[0].offset == m->offset &&
	    fresh.msgs[0].size >= m->size && ids.v[0] == b->ids.v[n - 1];
	mbox_fresh_free(&fresh);
	free(ids.v);
	return same;
}
