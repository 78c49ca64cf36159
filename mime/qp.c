/* SPDX-License-Identifier: ISC */
/*
 * qp.c -- quoted-printable (RFC 2045 6.7).  The encoder gathers a line and breaks
 * it at 76; the decoder holds back blanks, which do not count at a line's end, and
 * what might be the beginning of =XX.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "head.h"
#include "qp.h"

#define LINE_MOST	76
#define LINE_ROOM	(LINE_MOST - 1)	/* the last is for a soft break's `=' */
#define MAX_BLANKS	1024	/* held back; more are text */
#define BLOCK		(128 * 1024)	/* of a result */
#define MARGIN		sizeof(uint64_t)

struct encoder {
	FILE	*out;			/* borrowed */
	size_t	 n;			/* of the line, coded */
	int	 blank;			/* a blank held back: at a line's end it is coded; or 0 */
	size_t	 len;			/* of text, not yet written */
	char	 text[BLOCK + MARGIN];
};

static int
flush(struct encoder *e)
{
	size_t n = e->len;

	e->len = 0;
	return n == 0 || fwrite(e->text, 1, n, e->out) == n ? 0 : -1;
}

/* Room for a whole line is there whenever one begins. */
static int
next_line(struct encoder *e)
{
	e->text[e->len++] = '\n';
	e->n = 0;
	return e->len + LINE_MOST + 1 > BLOCK ? flush(e) : 0;
}

static void
put_plain(struct encoder *e, char c)
{
	e->text[e->len++] = c;
	e->n++;
}

static void
put_coded(struct encoder *e, unsigned char c)
{
	static const char hex[] = "0123456789ABCDEF";

	put_plain(e, '=');
	put_plain(e, hex[c >> 4]);
	put_plain(e, hex[c & 15]);
}

/* A soft break, where `need' more octets and its `=' have no room. */
static int
make_room(struct encoder *e, size_t need)
{
	if (e->n + need <= LINE_ROOM)
		return 0;
	put_plain(e, '=');
	return next_line(e);
}

static int
put_blank(struct encoder *e, bool at_end)
{
	int c = e->blank;

	e->blank = 0;
	if (c == 0)
		return 0;
	if (make_room(e, at_end ? 3 : 1) == -1)
		return -1;
	if (at_end)
		put_coded(e, (unsigned char)c);
	else
		put_plain(e, (char)c);
	return 0;
}

static int
end_line(struct encoder *e)
{
	return put_blank(e, true) == -1 ? -1 : next_line(e);
}

static bool
is_plain(char c)
{
	return c >= ' ' && c < 127 && c != '=';
}

static int
put_char(struct encoder *e, unsigned char c)
{
	bool plain;

	if (put_blank(e, false) == -1)
		return -1;
	if (c == ' ' || c == '\t') {
		e->blank = c;
		return 0;
	}
	plain = is_plain((char)c);
	if (make_room(e, plain && e->n > 0 ? 1 : 3) == -1)
		return -1;
	/* "From " and a lone dot at a line's start suffer on the way. */
	if (e->n == 0 && (c == '.' || c == 'F'))
		plain = false;
	if (plain)
		put_plain(e, (char)c);
	else
		put_coded(e, c);
	return 0;
}

#define EACH(x)		((uint64_t)(x) * UINT64_C(0x0101010101010101))
#define TOP_BITS	EACH(0x80)

/*
 * The top bit of each octet of w that is a control, `=', DEL or over that.  What
 * borrows and carries spoil lies above the first of them.
 */
static uint64_t
not_plain(uint64_t w)
{
	uint64_t equals = w ^ EACH('=');

	return ((w - EACH(' ')) | (w + EACH(1)) | w | (equals - EACH(1))) &
	    TOP_BITS;
}

/*
 * Copy the run of SP and what else needs no coding, up to `most'; octets copied.
 * Up to MARGIN octets behind them in `out' are spoilt.
 */
static size_t
copy_plain(char *out, const char *p, size_t n, size_t most)
{
	uint64_t w, hit = 0;
	size_t i;

	for (i = 0; i < most && n - i >= sizeof w; i += sizeof w) {
		memcpy(&w, p + i, sizeof w);
		memcpy(out + i, &w, sizeof w);
		if ((hit = not_plain(w)) != 0)
			break;
	}
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	if (hit != 0)
		i += (size_t)__builtin_ctzll(hit) / 8;
#endif
	for (; i < most && i < n && is_plain(p[i]); i++)
		out[i] = p[i];
	return i < most ? i : most;
}

/* A run in the middle of a line, as far as the line has room; octets taken. */
static size_t
put_run(struct encoder *e, const char *p, size_t n)
{
	size_t room = LINE_ROOM - e->n;

	if (e->blank != 0 || e->n >= LINE_ROOM ||
	    (e->n == 0 && (*p == '.' || *p == 'F')))
		return 0;
	n = copy_plain(e->text + e->len, p, n, room);
	/* A blank at its end may be one at the line's end. */
	if (n > 0 && p[n - 1] == ' ')
		n--;
	e->len += n;
	e->n += n;
	return n;
}

static int
encoder_write(void *ctx, const char *in, int len)
{
	struct encoder *e = ctx;
	const char *p = in, *end = in + len;

	while (p < end) {
		p += put_run(e, p, (size_t)(end - p));
		if (p == end)
			break;
		if ((*p == '\n' ? end_line(e) :
		    put_char(e, (unsigned char)*p)) == -1)
			return -1;
		p++;
	}
	return len;
}

static int
encoder_close(void *ctx)
{
	struct encoder *e = ctx;
	int r = put_blank(e, true);

	/* A last line without an end stays so: a soft break ends the text. */
	if (r == 0 && e->n > 0) {
		put_plain(e, '=');
		r = next_line(e);
	}
	if (flush(e) == -1 || ferror(e->out))
		r = -1;
	free(e);
	return r;
}

FILE *
qp_encoder(FILE *out)
{
	struct encoder *e = xmalloc(sizeof *e);

	/* Not the text: a short one is not to cost a long one. */
	memset(e, 0, offsetof(struct encoder, text));
	e->out = out;
	return filter_new(e, encoder_write, encoder_close);
}

struct decoder {
	FILE		*out;		/* borrowed */
	unsigned	*defects;	/* borrowed; or NULL */
	size_t		 nblanks;
	int		 state;		/* 0 text; 1 behind "="; 2 behind "=X"; 3 "=" and blanks */
	unsigned char	 first;		/* the X, as it came */
	size_t		 n;
	char		 blanks[MAX_BLANKS];
	char		 text[BLOCK];
};

static int
hex_value(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
put(struct decoder *d, char c)
{
	d->text[d->n++] = c;
	if (d->n < sizeof d->text)
		return 0;
	d->n = 0;
	return fwrite(d->text, 1, sizeof d->text, d->out) == sizeof d->text ?
	    0 : -1;
}

static int
put_text(struct decoder *d, const char *p, size_t n)
{
	size_t some;

	while (n > 0) {
		some = sizeof d->text - d->n;
		if (some > n)
			some = n;
		memcpy(d->text + d->n, p, some);
		p += some;
		n -= some;
		d->n += some;
		if (d->n < sizeof d->text)
			break;
		d->n = 0;
		if (fwrite(d->text, 1, sizeof d->text, d->out) !=
		    sizeof d->text)
			return -1;
	}
	return 0;
}

static int
put_blanks(struct decoder *d)
{
	size_t n = d->nblanks;

	d->nblanks = 0;
	return n == 0 ? 0 : put_text(d, d->blanks, n);
}

static void
spoil(struct decoder *d)
{
	if (d->defects != NULL)
		*d->defects |= DEFECT_QP;
}

static int
decode_text(struct decoder *d, unsigned char c)
{
	if (c == ' ' || c == '\t' || c == '\r') {
		if (d->nblanks == sizeof d->blanks && put_blanks(d) == -1)
			return -1;
		d->blanks[d->nblanks++] = (char)c;
		return 0;
	}
	if (c == '\n') {
		/* Blanks there were added on the way; a CR is of the line end. */
		d->nblanks = 0;
		return put(d, '\n');
	}
	if (put_blanks(d) == -1)
		return -1;
	if (c == '=') {
		d->state = 1;
		return 0;
	}
	return put(d, (char)c);
}

static int
decode_char(struct decoder *d, unsigned char c)
{
	switch (d->state) {
	case 0:
		return decode_text(d, c);
	case 1:
		if (c == '\n') {
			d->state = 0;
			return 0;
		}
		if (c == ' ' || c == '\t' || c == '\r') {
			d->state = 3;
			d->blanks[d->nblanks++] = (char)c;
			return 0;
		}
		if (hex_value(c) >= 0) {
			d->first = c;
			d->state = 2;
			return 0;
		}
		break;
	case 2:
		d->state = 0;
		if (hex_value(c) >= 0)
			return put(d, (char)(hex_value(d->first) << 4 |
			    hex_value(c)));
		spoil(d);
		if (put(d, '=') == -1 || put(d, (char)d->first) == -1)
			return -1;
		return decode_text(d, c);
	default:
		if (c == '\n') {
			d->nblanks = 0;
			d->state = 0;
			return 0;
		}
		if ((c == ' ' || c == '\t' || c == '\r') &&
		    d->nblanks < sizeof d->blanks) {
			d->blanks[d->nblanks++] = (char)c;
			return 0;
		}
		break;
	}
	/* A lone "=": it stays, with the blanks behind it. */
	spoil(d);
	d->state = 0;
	if (put(d, '=') == -1)
		return -1;
	return decode_text(d, c);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Text as it is, blanks at its end left out; octets taken, or -1. */
static ssize_t
decode_run(struct decoder *d, const char *p, size_t n)
{
	while (n > 0 && is_blank(p[n - 1]))
		n--;
	if (n > 0 && (put_blanks(d) == -1 || put_text(d, p, n) == -1))
		return -1;
	return (ssize_t)n;
}

/* A code that is whole and sound; 3, or 0 where it is none, or -1. */
static int
decode_code(struct decoder *d, const char *p, size_t n)
{
	int high, low;

	if (n < 3 || (high = hex_value((unsigned char)p[1])) < 0 ||
	    (low = hex_value((unsigned char)p[2])) < 0)
		return 0;
	if (put_blanks(d) == -1)
		return -1;
	return put(d, (char)(high << 4 | low)) == -1 ? -1 : 3;
}

static int
decoder_write(void *ctx, const char *in, int len)
{
	struct decoder *d = ctx;
	const char *p = in, *end = in + len, *equals = NULL, *lf, *stop;
	ssize_t n;

	while (p < end) {
		if (d->state != 0 || is_blank(*p)) {
			if (decode_char(d, (unsigned char)*p++) == -1)
				return -1;
			continue;
		}
		if (*p == '=') {
			n = decode_code(d, p, (size_t)(end - p));
		} else {
			if (equals == NULL || equals < p)
				equals = memchr(p, '=', (size_t)(end - p));
			if (equals == NULL)
				equals = end;
			lf = memchr(p, '\n', (size_t)(equals - p));
			stop = lf == NULL ? equals : lf;
			/* The line end too, where it ends text. */
			if (lf != NULL && lf > p && !is_blank(lf[-1]))
				stop++;
			n = decode_run(d, p, (size_t)(stop - p));
		}
		if (n == -1)
			return -1;
		p += n;
		if (n == 0 && decode_char(d, (unsigned char)*p++) == -1)
			return -1;
	}
	return len;
}

static int
decoder_close(void *ctx)
{
	struct decoder *d = ctx;
	int r = 0;

	/* "=" at the very end is a soft break; "=X" is broken. */
	if (d->state == 2) {
		spoil(d);
		if (put(d, '=') == -1 || put(d, (char)d->first) == -1)
			r = -1;
	}
	if (d->n > 0 && fwrite(d->text, 1, d->n, d->out) != d->n)
		r = -1;
	if (ferror(d->out))
		r = -1;
	free(d);
	return r;
}

FILE *
qp_decoder(FILE *out, unsigned *defects)
{
	struct decoder *d = xmalloc(sizeof *d);

	memset(d, 0, offsetof(struct decoder, blanks));
	d->out = out;
	d->defects = defects;
	return filter_new(d, decoder_write, decoder_close);
}
