/* SPDX-License-Identifier: ISC */
/*
 * qp.c -- quoted-printable (RFC 2045 6.7).  The encoder gathers a line and breaks
 * it at 76; the decoder holds back blanks, which do not count at a line's end, and
 * what might be the beginning of =XX.
 */
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "head.h"
#include "qp.h"

#define LINE_MOST	76
#define MAX_BLANKS	1024	/* held back; more are text */

struct encoder {
	FILE	*out;			/* borrowed */
	char	 line[LINE_MOST + 8];
	size_t	 n;			/* of the line, coded */
	int	 blank;			/* a blank held back: at a line's end it is coded; or 0 */
};

static void
put_coded(struct encoder *e, unsigned char c)
{
	static const char hex[] = "0123456789ABCDEF";

	e->line[e->n++] = '=';
	e->line[e->n++] = hex[c >> 4];
	e->line[e->n++] = hex[c & 15];
}

/* A soft break, where `need' more octets and its `=' have no room. */
static int
make_room(struct encoder *e, size_t need)
{
	if (e->n + need <= LINE_MOST - 1)
		return 0;
	e->line[e->n++] = '=';
	e->line[e->n++] = '\n';
	need = fwrite(e->line, 1, e->n, e->out) == e->n ? 0 : 1;
	e->n = 0;
	return need == 0 ? 0 : -1;
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
		e->line[e->n++] = (char)c;
	return 0;
}

static int
end_line(struct encoder *e)
{
	size_t n;

	if (put_blank(e, true) == -1)
		return -1;
	e->line[e->n++] = '\n';
	n = e->n;
	e->n = 0;
	return fwrite(e->line, 1, n, e->out) == n ? 0 : -1;
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
	plain = c > ' ' && c < 127 && c != '=';
	if (make_room(e, plain && e->n > 0 ? 1 : 3) == -1)
		return -1;
	/* "From " and a lone dot at a line's start suffer on the way. */
	if (e->n == 0 && (c == '.' || c == 'F'))
		plain = false;
	if (plain)
		e->line[e->n++] = (char)c;
	else
		put_coded(e, c);
	return 0;
}

static int
encoder_write(void *ctx, const char *in, int len)
{
	struct encoder *e = ctx;
	int i;

	for (i = 0; i < len; i++)
		if ((in[i] == '\n' ? end_line(e) :
		    put_char(e, (unsigned char)in[i])) == -1)
			return -1;
	return len;
}

static int
encoder_close(void *ctx)
{
	struct encoder *e = ctx;
	int r = put_blank(e, true);

	/* A last line without an end stays so: a soft break ends the text. */
	if (r == 0 && e->n > 0) {
		e->line[e->n++] = '=';
		e->line[e->n++] = '\n';
		if (fwrite(e->line, 1, e->n, e->out) != e->n)
			r = -1;
	}
	if (ferror(e->out))
		r = -1;
	free(e);
	return r;
}

FILE *
qp_encoder(FILE *out)
{
	struct encoder *e = xcalloc(1, sizeof *e);

	e->out = out;
	return filter_new(e, encoder_write, encoder_close);
}

struct decoder {
	FILE		*out;		/* borrowed */
	unsigned	*defects;	/* borrowed; or NULL */
	char		 blanks[MAX_BLANKS];
	size_t		 nblanks;
	int		 state;		/* 0 text; 1 behind "="; 2 behind "=X"; 3 "=" and blanks */
	unsigned char	 first;		/* the X, as it came */
	char		 text[4096];
	size_t		 n;
};

static int
hex_value(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (unsigned char)ascii_lower(c);
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
put_blanks(struct decoder *d)
{
	size_t i;

	for (i = 0; i < d->nblanks; i++)
		if (put(d, d->blanks[i]) == -1)
			return -1;
	d->nblanks = 0;
	return 0;
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

static int
decoder_write(void *ctx, const char *in, int len)
{
	struct decoder *d = ctx;
	int i;

	for (i = 0; i < len; i++)
		if (decode_char(d, (unsigned char)in[i]) == -1)
			return -1;
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
	struct decoder *d = xcalloc(1, sizeof *d);

	d->out = out;
	d->defects = defects;
	return filter_new(d, decoder_write, decoder_close);
}
