/* SPDX-License-Identifier: ISC */
/* wrap.c -- lines broken to the width of a terminal, by the columns that characters take. */
#include <stdlib.h>
#include <string.h>

#include "../mime/text.h"
#include "sanitise.h"
#include "wrap.h"

#define MAX_WORD	4096
#define MAX_PREFIX	32

struct wrap {
	FILE	*out;			/* borrowed */
	int	 columns;
	int	 used;			/* of the line that is being written */
	int	 blanks;		/* due before the next word */
	char	 word[MAX_WORD];
	size_t	 n;
	int	 width;			/* of the word */
	bool	 wide;			/* it ends in a wide character */
	uint32_t before;		/* the last character */
	char	 prefix[MAX_PREFIX];	/* quote marks and blanks at the line's start */
	size_t	 prefix_n;
	bool	 starting;		/* still in them */
	bool	 fresh;			/* no word stands on this line */
};

static void
new_line(struct wrap *w)
{
	putc('\n', w->out);
	fwrite(w->prefix, 1, w->prefix_n, w->out);
	w->used = (int)w->prefix_n;
	w->blanks = 0;
	w->fresh = true;
}

static void
put_word(struct wrap *w)
{
	if (w->n == 0)
		return;
	if (!w->fresh && w->used + w->blanks + w->width > w->columns)
		new_line(w);
	w->used += w->blanks + w->width;
	for (; w->blanks > 0; w->blanks--)
		putc(' ', w->out);
	fwrite(w->word, 1, w->n, w->out);
	w->n = 0;
	w->width = 0;
	w->wide = w->fresh = false;
}

/* Punctuation that does not begin a line in Chinese and Japanese. */
static bool
is_closing(uint32_t cp)
{
	static const uint16_t closing[] = {
		'!', ')', ',', '.', ':', ';', '?', ']', '}',
		0x3001, 0x3002, 0x3009, 0x300b, 0x300d, 0x300f, 0x3011, 0x30fc,
		0xff01, 0xff09, 0xff0c, 0xff0e, 0xff1a, 0xff1b, 0xff1f, 0xff5d
	};
	size_t i;

	for (i = 0; i < NELEM(closing); i++)
		if (cp == closing[i])
			return true;
	return false;
}

static void
end_line(struct wrap *w)
{
	put_word(w);
	putc('\n', w->out);
	w->used = w->blanks = 0;
	w->prefix_n = 0;
	w->starting = w->fresh = true;
}

/* Is it one of the marks and blanks at the line's start? */
static bool
is_start(struct wrap *w, uint32_t cp)
{
	if (w->starting && (cp == '>' || cp == ' ') &&
	    w->prefix_n < sizeof w->prefix &&
	    (int)w->prefix_n < w->columns / 2) {
		w->prefix[w->prefix_n++] = (char)cp;
		putc((int)cp, w->out);
		w->used++;
		return true;
	}
	w->starting = false;
	return false;
}

static void
put_character(void *ctx, const char *p, size_t n, uint32_t cp)
{
	struct wrap *w = ctx;
	int width;

	if (cp == '\n') {
		end_line(w);
		return;
	}
	if (is_start(w, cp))
		return;
	if (cp == ' ') {
		w->before = cp;
		put_word(w);
		w->blanks++;
		return;
	}
	width = cp == '\t' ? 8 : shown_columns(p, n, w->before, cp);
	w->before = cp;
	if ((w->wide || width == 2) && width != 0 && !is_closing(cp))
		put_word(w);
	if (n > sizeof w->word - w->n)
		put_word(w);
	memcpy(w->word + w->n, p, n);
	w->n += n;
	w->width += width;
	if (width != 0)
		w->wide = width == 2;
}

static void
end_text(void *ctx)
{
	struct wrap *w = ctx;

	put_word(w);
	free(w);
}

FILE *
wrap_filter(FILE *out, int columns)
{
	struct wrap *w = xcalloc(1, sizeof *w);

	w->out = out;
	w->columns = columns < 20 ? 20 : columns;
	w->starting = w->fresh = true;
	return filter_characters(out, put_character, end_text, w);
}
