/* SPDX-License-Identifier: ISC */
/*
 * flowed.c -- format=flowed text (RFC 3676) with its soft line breaks joined.
 * Line for line: a line that ends in a blank goes on in the next one of the same
 * quote depth; "-- " is a signature's mark and never flows.
 */
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "text.h"

#define MAX_QUOTES	100
#define MAX_GATHERED	(64 * 1024)	/* of a line; longer ones come in pieces */

struct flowed {
	FILE	*out;			/* borrowed */
	bool	 delsp;
	char	*line;			/* owned: MAX_GATHERED */
	size_t	 n;
	bool	 piece;			/* the line goes on behind what is gathered */
	bool	 open;			/* a paragraph waits for its next line */
	unsigned depth;			/* of that paragraph */
};

static void
begin(struct flowed *f, unsigned depth, bool empty)
{
	unsigned i;

	for (i = 0; i < depth; i++)
		putc('>', f->out);
	if (depth > 0 && !empty)
		putc(' ', f->out);
	f->depth = depth;
}

static void
end_paragraph(struct flowed *f)
{
	if (f->open)
		putc('\n', f->out);
	f->open = false;
}

/* A whole line, without its line end. */
static void
put_line(struct flowed *f, const char *p, size_t n)
{
	unsigned depth = 0;
	bool soft, mark;

	while (n > 0 && *p == '>') {
		if (depth < MAX_QUOTES)
			depth++;
		p++;
		n--;
	}
	if (n > 0 && *p == ' ') {	/* stuffed */
		p++;
		n--;
	}
	mark = n == 3 && memcmp(p, "-- ", 3) == 0;
	soft = !mark && n > 0 && p[n - 1] == ' ';
	/* An empty line parts paragraphs, whatever stands before it. */
	if (f->open && (depth != f->depth || mark || n == 0))
		end_paragraph(f);
	if (!f->open)
		begin(f, depth, n == 0);
	if (soft && f->delsp)
		n--;
	fwrite(p, 1, n, f->out);
	f->open = soft;
	if (!soft)
		putc('\n', f->out);
}

static int
flowed_write(void *ctx, const char *in, int len)
{
	struct flowed *f = ctx;
	const char *p = in, *end = in + len, *nl;
	size_t n;

	while (p < end) {
		nl = memchr(p, '\n', (size_t)(end - p));
		n = (size_t)((nl == NULL ? end : nl) - p);
		if (n > MAX_GATHERED - f->n)
			n = MAX_GATHERED - f->n;
		memcpy(f->line + f->n, p, n);
		f->n += n;
		p += n;
		if (p < end && *p == '\n') {
			if (f->piece) {
				fwrite(f->line, 1, f->n, f->out);
				putc('\n', f->out);
				f->piece = f->open = false;
			} else
				put_line(f, f->line, f->n);
			f->n = 0;
			p++;
		} else if (f->n == MAX_GATHERED) {
			/* Beyond all reason: as it is. */
			if (!f->piece)
				end_paragraph(f);
			fwrite(f->line, 1, f->n, f->out);
			f->piece = true;
			f->n = 0;
		}
	}
	return ferror(f->out) ? -1 : len;
}

static int
flowed_close(void *ctx)
{
	struct flowed *f = ctx;
	int r;

	if (f->piece)
		fwrite(f->line, 1, f->n, f->out);
	else if (f->n > 0)
		put_line(f, f->line, f->n);
	end_paragraph(f);
	r = ferror(f->out) ? -1 : 0;
	free(f->line);
	free(f);
	return r;
}

FILE *
flowed_decoder(FILE *out, bool delsp)
{
	struct flowed *f = xcalloc(1, sizeof *f);

	f->out = out;
	f->delsp = delsp;
	f->line = xmalloc(MAX_GATHERED);
	return filter_new(f, flowed_write, flowed_close);
}
