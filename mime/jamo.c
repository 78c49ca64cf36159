/* SPDX-License-Identifier: ISC */
/*
 * jamo.c -- EUC-KR writes a syllable that KS X 1001 lacks as a filler and three
 * letters, the last a filler where there is none.  iconv gives these four as
 * they are; here, in UTF-8, they become the one that is meant.
 */
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "text.h"
#include "text_in.h"

#define FILLER	0x3164		/* e3 85 a4 */
#define LETTERS	4

struct jamo {
	FILE	*out;			/* borrowed */
	char	 held[3 * LETTERS];	/* from a filler on */
	size_t	 n;
};

/* Where a letter stands in its row of the syllables; -1: not there. */
static int
place(uint32_t cp, const char *row)
{
	const char *p = cp < 0x3131 || cp > 0x3163 ? NULL :
	    strchr(row, (int)(cp - 0x3131 + '!'));

	return p == NULL ? -1 : (int)(p - row);
}

/* The rows name letters by their distance from U+3131, which is `!'. */
#define FIRSTS	"!\"$'()12356789:;<=>"
#define LASTS	"!\"#$%&')*+,-./01245678:;<=>"

static bool
compose(const uint32_t cp[static LETTERS], uint32_t *syllable)
{
	int first = place(cp[1], FIRSTS);
	int vowel = cp[2] < 0x314f || cp[2] > 0x3163 ? -1 :
	    (int)(cp[2] - 0x314f);
	int last = cp[3] == FILLER ? 0 : place(cp[3], LASTS) + 1;

	if (first < 0 || vowel < 0 || (last == 0 && cp[3] != FILLER))
		return false;
	*syllable = (uint32_t)(0xac00 + (first * 21 + vowel) * 28 + last);
	return true;
}

static void
release(struct jamo *j, size_t n)
{
	fwrite(j->held, 1, n, j->out);
	j->n -= n;
	memmove(j->held, j->held + n, j->n);
}

/* Four letters are held, or can it not be one? */
static void
settle(struct jamo *j)
{
	uint32_t cp[LETTERS], syllable;
	char *p = j->held, out[4];
	size_t i;

	for (i = 0; i < LETTERS; i++, p += 3)
		if (utf8_decode(p, 3, &cp[i]) != 3)
			break;
	if (i == LETTERS && compose(cp, &syllable)) {
		fwrite(out, 1, utf8_encode(syllable, out), j->out);
		j->n = 0;
	} else
		release(j, 3);
}

static void
take(struct jamo *j, char c)
{
	static const char filler[] = "\xe3\x85\xa4";

	j->held[j->n++] = c;
	if (j->n == sizeof j->held)
		settle(j);
	/* What is held begins with a filler, or its beginning. */
	while (j->n > 0 && memcmp(j->held, filler, j->n < 3 ? j->n : 3) != 0)
		release(j, 1);
}

static int
jamo_write(void *ctx, const char *p, int len)
{
	struct jamo *j = ctx;
	const char *end = p + len, *run;

	while (p < end) {
		run = j->n > 0 ? p : memchr(p, 0xe3, (size_t)(end - p));
		if (run == NULL)
			run = end;
		fwrite(p, 1, (size_t)(run - p), j->out);
		p = run;
		if (p < end)
			take(j, *p++);
	}
	return ferror(j->out) ? -1 : len;
}

static int
jamo_close(void *ctx)
{
	struct jamo *j = ctx;
	int r;

	release(j, j->n);
	r = ferror(j->out) ? -1 : 0;
	free(j);
	return r;
}

FILE *
jamo_composer(FILE *out)
{
	struct jamo *j = xcalloc(1, sizeof *j);

	j->out = out;
	return filter_new(j, jamo_write, jamo_close);
}
