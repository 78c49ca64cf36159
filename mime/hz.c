/* SPDX-License-Identifier: ISC */
/*
 * hz.c -- HZ (RFC 1843): GB 2312 in seven bits, between ~{ and ~}.  iconv mostly
 * lacks it; here it becomes the eight-bit form, which iconv has.
 */
#include <stdlib.h>

#include "filter.h"
#include "text_in.h"

struct hz {
	FILE	*out;			/* owned */
	bool	 tilde, chinese;
};

static void
take(struct hz *h, char c)
{
	if (h->tilde) {
		h->tilde = false;
		if (c == '{')
			h->chinese = true;
		else if (c == '}')
			h->chinese = false;
		else if (c == '~')
			putc('~', h->out);
		else if (c != '\n') {	/* ~ and a line end are nothing */
			putc('~', h->out);
			putc(c, h->out);
		}
	} else if (c == '~')
		h->tilde = true;
	else if (c == '\n' || c == '\r') {
		h->chinese = false;
		putc(c, h->out);
	} else
		putc(h->chinese && c > ' ' ? c | 0x80 : c, h->out);
}

static int
hz_write(void *ctx, const char *p, int len)
{
	struct hz *h = ctx;
	int i;

	for (i = 0; i < len; i++)
		take(h, p[i]);
	return ferror(h->out) ? -1 : len;
}

static int
hz_close(void *ctx)
{
	struct hz *h = ctx;
	int r;

	if (h->tilde)
		putc('~', h->out);
	r = fclose(h->out) == 0 ? 0 : -1;
	free(h);
	return r;
}

FILE *
hz_decoder(FILE *out)
{
	struct hz *h = xcalloc(1, sizeof *h);

	h->out = out;
	return filter_new(h, hz_write, hz_close);
}
