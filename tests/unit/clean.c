/* SPDX-License-Identifier: ISC */
/* clean.c -- text made safe to look at, in one piece and as a stream. */
#include <stdlib.h>

#include "../../cmd/out.h"
#include "tap.h"

static char *
streamed(const char *text)
{
	char *out;
	size_t n;
	FILE *f = xmemstream(&out, &n), *safe = out_sanitiser(f);

	fputs(text, safe);
	fclose(safe);
	fclose(f);
	return out;
}

int
main(void)
{
	static const struct {
		const char *text, *want, *name;
	} t[] = {
		{ "plain \xc3\xa9", "plain \xc3\xa9", "letters stay" },
		{ "a\033[31m\177", "a\\x1b[31m\\x7f", "controls do not" },
		{ "a\xff", "a\\xff", "nor malformed octets" },
		{ "a\xe2\x80\xae" "b", "a\\u202eb", "nor what turns text round" },
		{ "pay\xe2\x80\x8dpal", "pay\\u200dpal",
		    "nor a joiner behind a Latin letter" },
		{ "pay\xe2\x80\x8cpal", "pay\\u200cpal", "nor a non-joiner" },
		{ "\xe2\x80\x8dx", "\\u200dx", "nor one at the start" },
		{ "\xf0\x9f\x91\xa9" "a\xe2\x80\x8d", "\xf0\x9f\x91\xa9" "a\\u200d",
		    "nor one further on" },
		{ "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",
		    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",
		    "the parts of an emoji are joined" },
		{ "\xe2\x9d\xa4\xef\xb8\x8f\xe2\x80\x8d\xf0\x9f\x94\xa5",
		    "\xe2\x9d\xa4\xef\xb8\x8f\xe2\x80\x8d\xf0\x9f\x94\xa5",
		    "behind a selector too" },
		{ "\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae",
		    "\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae",
		    "a Persian word keeps its non-joiner" },
		{ "\xd9\x85\xe2\x80\x8c\xe2\x80\x8c",
		    "\xd9\x85\xe2\x80\x8c\\u200c", "but not two" },
	};
	static const struct {
		const char *text;
		int columns;
		const char *want, *name;
	} cuts[] = {
		{ "a\xe5\xb9\xb4" "b", 2, "a", "no half of a wide character" },
		{ "a\xe5\xb9\xb4" "b", 3, "a\xe5\xb9\xb4", "a whole one" },
		{ "e\xcc\x81x", 1, "e\xcc\x81", "a letter with its accent" },
		{ "a\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb" "b", 3, "a",
		    "no half of a joined emoji" },
		{ "a\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb" "b", 5,
		    "a\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb",
		    "a whole one" },
		{ "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa\xf0\x9f\x87\xab"
		    "\xf0\x9f\x87\xb7", 3,
		    "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa", "no half of a flag" },
		{ "ab\033c", 4, "ab", "no half of an escape" },
	};
	char *clean, *stream;
	size_t i;

	for (i = 0; i < NELEM(cuts); i++) {
		clean = out_clean(cuts[i].text, cuts[i].columns);
		is_string(clean, cuts[i].want, cuts[i].name);
		free(clean);
	}

	for (i = 0; i < NELEM(t); i++) {
		clean = out_clean(t[i].text, 0);
		stream = streamed(t[i].text);
		is_string(clean, t[i].want, t[i].name);
		is_string(stream, t[i].want, t[i].name);
		free(clean);
		free(stream);
	}
	return done();
}
