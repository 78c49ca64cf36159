/* SPDX-License-Identifier: ISC */
/*
 * b64.c -- base64 (RFC 2045 6.8, RFC 4648), on slices; the streams work on the
 * blocks stdio hands them.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "b64.h"
#include "b64simd.h"
#include "filter.h"
#include "head.h"

#define LINE_OCTETS	57		/* that make a line of 76 */
#define LINE_CHARS	76
#define BLOCK_LINES	2304		/* written at once */
#define SPREAD_LINES	40		/* encoded at once; they stay in the cache */

#define FLAT		(8 * 1024)	/* decoded at once */
#define TEXT		(128 * 1024)	/* written at once */

#define IS_NONE(v)	((v) >= 64)

size_t
b64_encode(const void *in, size_t n, char *out)
{
	const unsigned char *p = in;
	unsigned char last[3] = { 0, 0, 0 };
	size_t used = b64_encode_wide(p, n, out);
	char *q;

	used += b64_encode_words(p + used, n - used, out + used / 3 * 4);
	q = out + used / 3 * 4;
	p += used;
	n -= used;
	if (n > 0) {
		memcpy(last, p, n);
		q += b64_encode_words(last, 3, q) + 1;
		q[-1] = '=';
		if (n == 1)
			q[-2] = '=';
	}
	return (size_t)(q - out);
}

/* As many whole groups as come without anything else; characters used. */
static size_t
decode_groups(const char *in, size_t n, unsigned char *out)
{
	size_t used = b64_decode_wide(in, n, out);

	return used + b64_decode_words(in + used, n - used,
	    out + used / 4 * 3);
}

/* The last group, padded: "xx==" or "xxx="; octets, or -1. */
static ssize_t
decode_last(const char *in, unsigned char *out)
{
	unsigned char text[4] = { 0 };
	char group[4];
	size_t n = in[2] == '=' ? 2 : 3;

	if (in[3] != '=')
		return -1;
	memset(group, 'A', sizeof group);
	memcpy(group, in, n);
	if (b64_decode_words(group, 4, text) != 4 || text[n - 1] != 0)
		return -1;
	memcpy(out, text, n - 1);
	return (ssize_t)n - 1;
}

ssize_t
b64_decode(const char *in, size_t n, void *out)
{
	size_t used;
	ssize_t last;

	if (n % 4 != 0)
		return -1;
	used = decode_groups(in, n, out);
	if (used == n)
		return (ssize_t)(n / 4 * 3);
	if (n - used != 4)
		return -1;
	out = (unsigned char *)out + used / 4 * 3;
	last = decode_last(in + used, out);
	return last == -1 ? -1 : (ssize_t)(used / 4 * 3) + last;
}

/* --- The filters. --- */

struct encoder {
	FILE		*out;		/* borrowed */
	unsigned char	 held[LINE_OCTETS];	/* of a line not yet full */
	size_t		 nheld;
	char		 flat[SPREAD_LINES * LINE_CHARS];	/* without line ends */
	char		 text[BLOCK_LINES * (LINE_CHARS + 1)];
};

/* Encode up to SPREAD_LINES lines of p, each with its end; returns where it ends. */
static char *
encode_spread(struct encoder *e, const unsigned char *p, size_t lines, char *q)
{
	size_t i;

	(void)b64_encode(p, lines * LINE_OCTETS, e->flat);
	for (i = 0; i < lines; i++) {
		memcpy(q, e->flat + i * LINE_CHARS, LINE_CHARS);
		q[LINE_CHARS] = '\n';
		q += LINE_CHARS + 1;
	}
	return q;
}

/* Encode whole lines of p into text and write it; returns octets used, -1. */
static ssize_t
encode_lines(struct encoder *e, const unsigned char *p, size_t n)
{
	size_t lines = n / LINE_OCTETS, some, i;
	char *q = e->text;

	if (lines > BLOCK_LINES)
		lines = BLOCK_LINES;
	for (i = 0; i < lines; i += some) {
		some = lines - i < SPREAD_LINES ? lines - i : SPREAD_LINES;
		q = encode_spread(e, p + i * LINE_OCTETS, some, q);
	}
	n = (size_t)(q - e->text);
	if (n > 0 && fwrite(e->text, 1, n, e->out) != n)
		return -1;
	return (ssize_t)(lines * LINE_OCTETS);
}

static int
encoder_write(void *ctx, const char *in, int len)
{
	struct encoder *e = ctx;
	const unsigned char *p = (const unsigned char *)in;
	size_t n = (size_t)len, take;
	ssize_t used;

	while (n > 0) {
		if (e->nheld > 0 || n < LINE_OCTETS) {
			take = LINE_OCTETS - e->nheld;
			if (take > n)
				take = n;
			memcpy(e->held + e->nheld, p, take);
			e->nheld += take;
			p += take;
			n -= take;
			if (e->nheld < LINE_OCTETS)
				break;
			e->nheld = 0;
			if (encode_lines(e, e->held, LINE_OCTETS) == -1)
				return -1;
			continue;
		}
		if ((used = encode_lines(e, p, n)) == -1)
			return -1;
		p += used;
		n -= (size_t)used;
	}
	return len;
}

static int
encoder_close(void *ctx)
{
	struct encoder *e = ctx;
	size_t n = b64_encode(e->held, e->nheld, e->text);
	int r = 0;

	if (n > 0)
		e->text[n++] = '\n';
	if ((n > 0 && fwrite(e->text, 1, n, e->out) != n) || ferror(e->out))
		r = -1;
	free(e);
	return r;
}

FILE *
b64_encoder(FILE *out)
{
	struct encoder *e = xmalloc(sizeof *e);

	/* Not the text: a short one is not to cost a long one. */
	memset(e, 0, offsetof(struct encoder, flat));
	e->out = out;
	return filter_new(e, encoder_write, encoder_close);
}

struct decoder {
	FILE		*out;		/* borrowed */
	unsigned	*defects;	/* borrowed; or NULL */
	unsigned	 held[4];
	unsigned	 n, pads;	/* values held; `=' seen: the end of the data */
	size_t		 width;		/* of the last line */
	size_t		 len;		/* of text, not yet written */
	char		 flat[FLAT];	/* without line ends */
	unsigned char	 text[TEXT];
};

static void
spoil(struct decoder *d)
{
	if (d->defects != NULL)
		*d->defects |= DEFECT_BASE64;
}

/* What a group of n values, perhaps not full, stands for. */
static unsigned char *
flush_group(struct decoder *d, unsigned char *q)
{
	if (d->n >= 2)
		*q++ = (unsigned char)(d->held[0] << 2 | d->held[1] >> 4);
	if (d->n >= 3)
		*q++ = (unsigned char)(d->held[1] << 4 | d->held[2] >> 2);
	if (d->n == 4)
		*q++ = (unsigned char)(d->held[2] << 6 | d->held[3]);
	d->n = 0;
	return q;
}

/* One character, by itself; decoded octets go to q. */
static unsigned char *
decode_char(struct decoder *d, unsigned char c, unsigned char *q)
{
	unsigned v = b64_values[c];

	if (!IS_NONE(v)) {
		if (d->pads > 0) {	/* RFC 2045 6.8: the end */
			spoil(d);
			return q;
		}
		d->held[d->n++] = v;
		return d->n == 4 ? flush_group(d, q) : q;
	}
	if (c == '=') {
		if (d->n == 1 || (d->n == 0 && d->pads == 0))
			spoil(d);
		d->pads++;
		return flush_group(d, q);
	}
	if (!ascii_is_space(c))
		spoil(d);
	return q;
}

/*
 * The end of the line at p, or NULL.  Most are as long as the one before; a line end
 * in between would do no harm, for it is no character of base64 anyway.
 */
static const char *
line_end(struct decoder *d, const char *p, size_t len)
{
	const char *lf;

	if (d->width < len && p[d->width] == '\n')
		return p + d->width;
	if ((lf = memchr(p, '\n', len)) != NULL)
		d->width = (size_t)(lf - p);
	return lf;
}

/* The next lines without their ends, which mean nothing: octets in flat. */
static size_t
gather(struct decoder *d, const char **in, const char *end)
{
	const char *p = *in, *lf;
	size_t n = 0, len;
	bool cut;

	while (p < end && n < sizeof d->flat) {
		len = (size_t)(end - p);
		cut = len > sizeof d->flat - n;
		if (cut)
			len = sizeof d->flat - n;
		lf = line_end(d, p, len);
		if (lf != NULL)
			len = (size_t)(lf - p);
		else if (cut && n > 0)
			break;		/* whole lines, where there are any */
		memcpy(d->flat + n, p, len);
		p += len + (lf != NULL);
		if (lf != NULL && len > 0 && lf[-1] == '\r')
			len--;
		n += len;
	}
	*in = p;
	return n;
}

static int
flush_text(struct decoder *d)
{
	size_t n = d->len;

	d->len = 0;
	return n == 0 || fwrite(d->text, 1, n, d->out) == n ? 0 : -1;
}

static int
decode_flat(struct decoder *d, size_t n)
{
	unsigned char *q = d->text + d->len;
	size_t i = 0, used;

	while (i < n) {
		if (d->n == 0 && d->pads == 0) {
			used = decode_groups(d->flat + i, n - i, q);
			q += used / 4 * 3;
			if ((i += used) == n)
				break;
		}
		q = decode_char(d, (unsigned char)d->flat[i++], q);
	}
	d->len = (size_t)(q - d->text);
	return d->len + FLAT > sizeof d->text ? flush_text(d) : 0;
}

static int
decoder_write(void *ctx, const char *in, int len)
{
	struct decoder *d = ctx;
	const char *end = in + len;

	while (in < end)
		if (decode_flat(d, gather(d, &in, end)) == -1)
			return -1;
	return flush_text(d) == -1 ? -1 : len;
}

static int
decoder_close(void *ctx)
{
	struct decoder *d = ctx;
	unsigned char out[4], *q;
	int r = 0;

	if (d->n > 0)
		spoil(d);
	q = flush_group(d, out);
	if ((q > out && fwrite(out, 1, (size_t)(q - out), d->out) !=
	    (size_t)(q - out)) || ferror(d->out))
		r = -1;
	free(d);
	return r;
}

FILE *
b64_decoder(FILE *out, unsigned *defects)
{
	struct decoder *d = xmalloc(sizeof *d);

	memset(d, 0, offsetof(struct decoder, flat));
	d->out = out;
	d->defects = defects;
	return filter_new(d, decoder_write, decoder_close);
}
