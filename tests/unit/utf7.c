/* SPDX-License-Identifier: ISC */
/* utf7.c -- modified UTF-7: known names both ways, and all that must be refused. */
#include <stdlib.h>

#include "../../net/utf7.h"
#include "tap.h"

static void
test_pairs(void)
{
	static const struct {
		const char	*utf8, *utf7;
	} t[] = {
		{ "", "" },
		{ "INBOX", "INBOX" },
		{ "Entwürfe", "Entw&APw-rfe" },
		{ "日本語", "&ZeVnLIqe-" },
		{ "台北/~peter/mail/日本語", "&U,BTFw-/~peter/mail/&ZeVnLIqe-" },
		{ "A & B", "A &- B" },
		{ "&&", "&-&-" },
		{ "&é&", "&-&AOk-&-" },
		{ "😀", "&2D3eAA-" },
		{ "a\x7f", "a&AH8-" },
		{ "tab\there", "tab&AAk-here" },
		{ "\x1b[31m", "&ABs-[31m" },
		{ "草稿箱", "&g0l6P3ux-" },
		{ "\xef\xbf\xbf", "&,,8-" },
		{ "\xf4\x8f\xbf\xbf", "&2,,f,w-" },
	};
	char *s;
	size_t i;

	for (i = 0; i < NELEM(t); i++) {
		s = utf7_encode(span_of(t[i].utf8));
		is_string(s, t[i].utf7, "encoded");
		free(s);
		s = utf7_decode(span_of(t[i].utf7));
		is_string(s, t[i].utf8, "decoded");
		free(s);
	}
}

static void
test_refused(void)
{
	static const char *const bad[] = {
		"&AC8-",		/* a slash in disguise */
		"&AGEAYg-",		/* letters in base64 */
		"&ACY-",		/* an ampersand in base64 */
		"&",			/* no end */
		"&ZeVnLIqe",
		"&ZeVnLIqe/",		/* / is no digit here */
		"&2D0-",		/* a lone high surrogate */
		"&3gA-",		/* a lone low one */
		"&3gDYPQ-",		/* the wrong way round */
		"&2D3YPd4A-",
		"&AAA-",		/* NUL */
		"&APx-",		/* bits that are not zero */
		"&APwA-",		/* bits left over */
		"&APw-&APw-",		/* two runs for one */
		"&A-",
		"Entw\xc3\xbcrfe",	/* UTF-8 as it is */
		"\xff",
		"a\nb",
		"a\x7f-",
		"&APw=-",
	};
	char *s;
	size_t i;

	for (i = 0; i < NELEM(bad); i++) {
		s = utf7_decode(span_of(bad[i]));
		is_string(s, NULL, "not decoded");
		free(s);
	}
	ok(utf7_encode(span_of("a\xff")) == NULL, "invalid UTF-8");
	ok(utf7_encode(span_of("\xed\xa0\x80")) == NULL, "a surrogate in UTF-8");
	ok(utf7_encode(span_of("\xc0\xaf")) == NULL, "overlong UTF-8");
	ok(utf7_encode((struct span){ "a\0b", 3 }) == NULL, "NUL");
	ok(utf7_encode((struct span){ "\xe6\x97", 2 }) == NULL, "cut UTF-8");
}

int
main(void)
{
	test_pairs();
	test_refused();
	return done();
}
