/* SPDX-License-Identifier: ISC */
/* Lines broken to a terminal's width. */
#include <stdlib.h>
#include <string.h>

#include "../../cmd/wrap.h"
#include "tap.h"

static void
wraps(const char *text, const char *want)
{
	size_t n;
	char *got;
	FILE *out = xmemstream(&got, &n), *f = wrap_filter(out, 20);

	fputs(text, f);
	fclose(f);
	fclose(out);
	is_string(got, want, text);
	free(got);
}

int
main(void)
{
	wraps("short\nlines  stay\n\n as they are\n",
	    "short\nlines  stay\n\n as they are\n");
	wraps("one two three four five six seven\n",
	    "one two three four\nfive six seven\n");
	wraps("exactly twenty wide.\n", "exactly twenty wide.\n");
	wraps("> quoted text goes on with its mark\n",
	    "> quoted text goes\n> on with its mark\n");
	wraps("https://example.org/much-too-long-a-word here\n",
	    "https://example.org/much-too-long-a-word\nhere\n");
	wraps("一二三四五六七八九十,一二三四\n", "一二三四五六七八九\n十,一二三四\n");
	wraps("一二三四五六七八九十。一二三四\n", "一二三四五六七八九\n十。一二三四\n");
	wraps("e\xcc\x81\xcc\x81\xcc\x81\xcc\x81 234567890123456789 x\n",
	    "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81 234567890123456789\nx\n");
	/* What is shown as \u202e or \x1b takes as many columns. */
	wraps("one two \xe2\x80\xae threes\n", "one two \xe2\x80\xae\nthrees\n");
	wraps("one two thr\x1b\xff four\n", "one two thr\x1b\xff\nfour\n");
	wraps("no end", "no end");
	return done();
}
