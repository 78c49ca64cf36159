/* SPDX-License-Identifier: ISC */
/*
 * b64.c -- base64 (RFC 2045 6.8, RFC 4648), on slices; the streams work on the
 * blocks stdio hands them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "b64.h"
#include "filter.h"
#include "head.h"

#define LINE_OCTETS	57		/* that make a line of 76 */
#define BLOCK_LINES	512

#define NO	0xff
#define PAD	0xfe

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The value of a character; NO for what is none, PAD for `='. */
static unsigned
value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26u;
	if (c >= '0' && c <= '9')
		return c - '0' + 52u;
	return c == '+' ? 62 : c == '/' ? 63 : c == '=' ? PAD : NO;
}

static char *
encode_triple(const unsigned char *p, char *out)
{
	*out++ = alphabet[p[0] >> 2];
	*out++ = alphabet[(p[0] & 3) << 4 | p[1] >> 4];
	*out++ = alphabet[(p[1] & 15) << 2 | p[2] >> 6];
	*out++ = alphabet[p[2] & 63];
	return out;
}

size_t
b64_encode(const void *in, size_t n, char *out)
{
	const unsigned char *p = in;
	unsigned char last[3] = { 0, 0, 0 };
	char *q = out;

	for (; n >= 3; n -= 3, p += 3)
		q = encode_triple(p, q);
	if (n > 0) {
		memcpy(last, p, n);
		q = encode_triple(last, q);
		q[-1] = '=';
		if (n == 1)
			q[-2] = '=';
	}
	return (size_t)(q - out);
}

ssize_t
b64_decode(const char *in, size_t n, void *out)
{
	unsigned char *q = out;
	unsigned v[4], i, pads;
	size_t at;

	if (n % 4 != 0)
		return -1;
	for (at = 0; at < n; at += 4) {
		for (i = 0, pads = 0; i < 4; i++) {
			v[i] = value((unsigned char)in[at + i]);
			if (v[i] == NO || (v[i] != PAD && pads > 0))
				return -1;
			if (v[i] == PAD) {
				pads++;
				v[i] = 0;
			}
		}
		if (pads > 2 || (pads > 0 && at + 4 != n) ||
		    (pads == 1 && (v[2] & 3) != 0) ||
		    (pads == 2 && (v[1] & 15) != 0))
			return -1;
		*q++ = (unsigned char)(v[0] << 2 | v[1] >> 4);
		if (pads < 2)
			*q++ = (unsigned char)(v[1] << 4 | v[2] >> 2);
		if (pads < 1)
			*q++ = (unsigned char)(v[2] << 6 | v[3]);
	}
	return q - (unsigned char *)out;
}

/* --- The filters. --- */

struct encoder {
	FILE		*out;		/* borrowed */
	unsigned char	 held[LINE_OCTETS];	/* of a line not yet full */
	size_t		 nheld;
	char		 text[BLOCK_LINES * 77];
};

/* Encode whole lines of p into text and write it; returns octets used, -1. */
static ssize_t
encode_lines(struct encoder *e, const unsigned char *p, size_t n)
{
	size_t lines = n / LINE_OCTETS, i;
	char *q = e->text;

	if (lines > BLOCK_LINES)
		lines = BLOCK_LINES;
	for (i = 0; i < lines; i++, p += LINE_OCTETS) {
		q += b64_encode(p, LINE_OCTETS, q);
		*q++ = '\n';
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
	struct encoder *e = xcalloc(1, sizeof *e);

	e->out = out;
	return filter_new(e, encoder_write, encoder_close);
}

struct decoder {
	FILE		*out;		/* borrowed */
	unsigned	*defects;	/* borrowed; or NULL */
	unsigned	 held[4];
	unsigned	 n, pads;	/* values held; `=' seen: the end of the data */
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

static int
decoder_write(void *ctx, const char *in, int len)
{
	struct decoder *d = ctx;
	unsigned char out[4096] = { 0 }, *q = out;
	unsigned v;
	int i;

	for (i = 0; i < len; i++) {
		v = value((unsigned char)in[i]);
		if (v < 64) {
			if (d->pads > 0) {	/* RFC 2045 6.8: the end */
				spoil(d);
				continue;
			}
			d->held[d->n++] = v;
			if (d->n == 4)
				q = flush_group(d, q);
		} else if (v == PAD) {
			if (d->n == 1 || (d->n == 0 && d->pads == 0))
				spoil(d);
			q = flush_group(d, q);
			d->pads++;
		} else if (!ascii_is_space((unsigned char)in[i]))
			spoil(d);
		if (q > out + sizeof out - 4) {
			if (fwrite(out, 1, (size_t)(q - out), d->out) !=
			    (size_t)(q - out))
				return -1;
			q = out;
		}
	}
	if (q > out && fwrite(out, 1, (size_t)(q - out), d->out) !=
	    (size_t)(q - out))
		return -1;
	return len;
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
	struct decoder *d = xcalloc(1, sizeof *d);

	d->out = out;
	d->defects = defects;
	return filter_new(d, decoder_write, decoder_close);
}
