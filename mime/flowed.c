/* SPDX-License-Identifier: ISC */
/*
 * flowed.c -- format=flowed text (RFC 3676): soft line breaks joined, and made.
 * Line for line: a line that ends in a blank goes on in the next one of the same
 * quote depth; "-- " is a signature's mark and never flows.
 */
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "text.h"

#define MAX_QUOTES	100
#define MAX_FLOWED	72	/* columns of a line that is broken (RFC 3676 4.2) */
#define MAX_GATHERED	(64 * 1024)	/* of a line; longer ones come in pieces */

struct flowed {
	FILE	*out;			/* borrowed */
	bool	 delsp;
	char	*line;			/* owned: MAX_GATHERED */
	size_t	 n;
	void	 (*put)(struct flowed *f, const char *p, size_t n);	/* a line without its end */
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

/* Gather lines; what a filter does with a whole one is its `put'. */
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
				f->put(f, f->line, f->n);
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
		f->put(f, f->line, f->n);
	end_paragraph(f);
	r = ferror(f->out) ? -1 : 0;
	free(f->line);
	free(f);
	return r;
}

static FILE *
open_flowed(FILE *out, bool delsp,
    void (*put)(struct flowed *, const char *, size_t))
{
	struct flowed *f = xcalloc(1, sizeof *f);

	f->out = out;
	f->delsp = delsp;
	f->put = put;
	f->line = xmalloc(MAX_GATHERED);
	return filter_new(f, flowed_write, flowed_close);
}

FILE *
flowed_decoder(FILE *out, bool delsp)
{
	return open_flowed(out, delsp, put_line);
}

/* --- Soft line breaks are made. --- */

/*
 * Where a line of n octets is broken: behind a blank, within MAX_FLOWED columns
 * where there is one, at the first where there is not; n if nowhere.
 */
static size_t
break_at(const char *p, size_t n)
{
	size_t i, columns = 0, found = n;

	for (i = 0; i < n; i++) {
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			columns++;
		if (columns > MAX_FLOWED && found < n)
			return found;
		/* Not so that the mark of a signature comes to stand alone. */
		if (p[i] == ' ' && i + 1 < n && p[i + 1] != ' ' &&
		    !(i == 2 && memcmp(p, "-- ", 3) == 0))
			found = i + 1;
	}
	return columns > MAX_FLOWED ? found : n;
}

static void
put_soft(struct flowed *f, const char *p, size_t n)
{
	size_t used;

	if (!(n == 3 && memcmp(p, "-- ", 3) == 0))
		while (n > 0 && p[n - 1] == ' ')
			n--;
	/* What is quoted was broken by its author. */
	for (; n > 0; p += used, n -= used) {
		used = *p == '>' ? n : break_at(p, n);
		if (*p == ' ' || (n >= 5 && memcmp(p, "From ", 5) == 0))
			putc(' ', f->out);
		fwrite(p, 1, used, f->out);
		if (used < n)
			putc('\n', f->out);
	}
	putc('\n', f->out);
}

FILE *
flowed_encoder(FILE *out)
{
	return open_flowed(out, false, put_soft);
}
