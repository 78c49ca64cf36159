/* SPDX-License-Identifier: ISC */
/* text.c -- charsets: wild labels, characters cut by blocks, guesses, folding. */
#include "../../mime/head.h"
#include "../../mime/text.h"
#include "hostile.h"

static unsigned defects;

static char *
streamed(const char *text, size_t n, size_t step, const char *charset, size_t *len)
{
	char *out;
	FILE *m = xmemstream(&out, len), *f;
	size_t i;

	defects = 0;
	f = text_decoder(m, charset, NULL, &defects);
	for (i = 0; i < n; i += step) {
		fwrite(text + i, 1, n - i < step ? n - i : step, f);
		fflush(f);
	}
	fclose(f);
	fclose(m);
	return out;
}

static void
test_charsets(void)
{
	static const struct {
		const char	*charset, *text, *want;
		bool		 defect;
	} t[] = {
		{ "utf-8", "\xc3\xa4\r\n", "\xc3\xa4\n", false },
		{ "UTF8", "\xe2\x82\xac", "\xe2\x82\xac", false },
		{ "utf-8", "a\xff\xc3", "a\xef\xbf\xbd\xef\xbf\xbd", true },
		{ "utf-8", "\xc0\x80\xed\xa0\x80\xf5\x80\x80\x80", NULL, true },
		{ "us-ascii", "abc", "abc", false },
		{ "us-ascii", "\xc3\xa4", "\xc3\xa4", false },
		{ "us-ascii", "\xe4", "\xc3\xa4", true },
		{ "iso-8859-1", "\xe4\x93", "\xc3\xa4\xe2\x80\x9c", false },
		{ "\"ISO-8859-15\"", "\xa4", "\xe2\x82\xac", false },
		{ NULL, "\xc3\xa4", "\xc3\xa4", false },
		{ NULL, "\xe4", "\xc3\xa4", true },
		{ "x-nonsense", "\xe4", "\xc3\xa4", true },
		{ "../../x", "\xe4", "\xc3\xa4", true },
		{ "utf-8//TRANSLIT", "\xe4", "\xc3\xa4", true },
		{ "gb2312", "\xe9\x46", "\xe9\x95\x95", false },
		{ "gb2312", "\xc4\xe3\xba\xc3", "\xe4\xbd\xa0\xe5\xa5\xbd", false },
		{ "gbk", "\x81\x30\x81\x30", "\xc2\x80", false },
		{ "hz-gb-2312", "a~{<:~}b~~~\nc", "a\xe5\xb7\xb1" "b~c", false },
		{ "shift_jis", "\x87\x40", "\xe2\x91\xa0", false },
		{ "iso-2022-jp", "\x1b$B$\"\x1b(Bx", "\xe3\x81\x82x", false },
		{ "euc-kr", "\xb0\xa1", "\xea\xb0\x80", false },
		{ "big5", "\xa4\xa4", "\xe4\xb8\xad", false },
		{ "koi8-r", "\xc1", "\xd0\xb0", false },
		{ "utf-16", "\xff\xfe\xe4", NULL, true },
		{ "utf-7", "+AOQ-x", "\xc3\xa4x", false },
		{ "unicode-1-1-utf-7", "+AOQ-", "\xc3\xa4", false },
		{ "utf-7", "+AOD\nuft,7VW!", "\xc3\xa0\xef\xbf\xbd" "uft,7VW!", true },
	};
	char *got, *slow;
	size_t i, len, slow_len;

	for (i = 0; i < NELEM(t); i++) {
		got = streamed(t[i].text, strlen(t[i].text), 100, t[i].charset, &len);
		if (t[i].want != NULL)
			is_string(got, t[i].want, t[i].charset == NULL ?
			    "no charset" : t[i].charset);
		ok(utf8_is_valid(got, len), "UTF-8 comes out");
		ok(((defects & DEFECT_CHARSET) != 0) == t[i].defect, "... %s",
		    t[i].defect ? "with a defect" : "sound");
		slow = streamed(t[i].text, strlen(t[i].text), 1, t[i].charset,
		    &slow_len);
		ok(len == slow_len && memcmp(got, slow, len) == 0,
		    "... octet by octet");
		free(got);
		free(slow);
		ok(text_is_known(t[i].charset) == (t[i].charset != NULL &&
		    strchr(t[i].charset, '/') == NULL &&
		    strcmp(t[i].charset, "x-nonsense") != 0), "known or not");
	}
}

static void
test_slices(void)
{
	struct span s = span_of("\xe4\r\n");
	char *got;
	size_t len;

	got = text_to_utf8(s, NULL, "iso-8859-5", &len, NULL);
	is_string(got, "\xd1\x84\r\n", "a slice: charset-8bit, line ends kept");
	free(got);
	got = text_from_utf8(span_of("\xc3\xa4"), "iso-8859-1", &len);
	ok(got != NULL && len == 1 && *got == '\xe4', "into another charset");
	free(got);
	ok(text_from_utf8(span_of("\xe6\x9c\x88"), "iso-8859-1", &len) == NULL,
	    "what does not fit does not go");
	ok(text_from_utf8(span_of("a"), "x-nonsense", &len) == NULL, "nor there");
}

static void
test_characters(void)
{
	static const uint32_t unsafe[] = { 0x1b, 0x7f, 0x80, 0x9f, 0x200b, 0x200e,
		0x202a, 0x202e, 0x2028, 0x2066, 0x2069, 0xfeff };
	static const struct {
		const char	*text;
		uint32_t	 cp;
		size_t		 used;
	} t[] = {
		{ "a", 'a', 1 }, { "\xc3\xa4", 0xe4, 2 },
		{ "\xe2\x82\xac", 0x20ac, 3 }, { "\xf0\x9f\x98\x80", 0x1f600, 4 },
		{ "\xc0\x80", 0xfffd, 1 }, { "\xe0\x80\x80", 0xfffd, 1 },
		{ "\xed\xa0\x80", 0xfffd, 1 }, { "\xf4\x90\x80\x80", 0xfffd, 1 },
		{ "\xe2\x82", 0xfffd, 1 }, { "\x80", 0xfffd, 1 },
	};
	uint32_t cp, back;
	char out[4] = "";
	unsigned bad = 0;
	size_t i;

	for (i = 0; i < NELEM(t); i++)
		ok(utf8_decode(t[i].text, strlen(t[i].text), &cp) == t[i].used &&
		    cp == t[i].cp, "U+%04X", (unsigned)t[i].cp);
	for (cp = 0; cp < 0x110000; cp += cp > 0x3000 ? 17 : 1)
		if ((cp < 0xd800 || cp > 0xdfff) &&
		    (utf8_decode(out, utf8_encode(cp, out), &back) == 0 ||
		    back != cp))
			bad++;
	is_int(bad, 0, "characters come back");
	for (i = 0; i < NELEM(unsafe); i++)
		ok(utf8_is_unsafe(unsafe[i]), "U+%04X is unsafe",
		    (unsigned)unsafe[i]);
	ok(!utf8_is_unsafe('a') && !utf8_is_unsafe(0xe4) &&
	    !utf8_is_unsafe(0x4e2d) && !utf8_is_unsafe(0x1f600), "others are not");
	is_int(utf8_width('a'), 1, "width of a");
	is_int(utf8_width(0x4e2d), 2, "of a Chinese character");
	is_int(utf8_width(0x301), 0, "of an accent");
	is_int(utf8_width(0x1b), -1, "of ESC");
}

static void
test_folding(void)
{
	static const char *const t[][2] = {
		{ "ABC", "abc" }, { "\xc3\x84", "\xc3\xa4" },
		{ "\xce\xa3", "\xcf\x83" }, { "\xd0\x96", "\xd0\xb6" },
	};
	char *got;
	size_t i, len;

	for (i = 0; i < NELEM(t); i++) {
		got = text_fold(span_of(t[i][0]), &len);
		is_string(got, t[i][1], t[i][0]);
		free(got);
	}
	ok(text_contains(span_of("Gr\xc3\xbc\xc3\x9f" "e"),
	    span_of("\xc3\xbc")), "contains");
	ok(text_contains(span_of("x\xc3\x84y"), span_of("\xc3\xa4Y")) == false,
	    "a needle that is not folded is not found");
	ok(text_contains(span_of("abc"), span_of("")), "nothing is everywhere");
	ok(!text_contains(span_of("ab"), span_of("abc")), "longer is not");
}

static const char *charset;

static void
work(const char *text, size_t len)
{
	size_t n;
	FILE *m = counter(&n), *f = text_decoder(m, charset, NULL, NULL);

	fwrite(text, 1, len, f);
	fclose(f);
	fclose(m);
	ok(n <= 8 * len + 64, "output is bounded");
}

static void
search(const char *text, size_t len)
{
	struct span s = { text, len }, needle = { text, len / 2 };

	needle.n = needle.n > 1000 ? 1000 : needle.n;
	(void)text_contains(s, needle);
}

int
main(void)
{
	static const char *const sets[] = { NULL, "utf-8", "iso-8859-1", "utf-7",
		"iso-2022-jp", "gb18030", "hz", "utf-16", "big5-hkscs" };
	size_t i;

	test_charsets();
	test_slices();
	test_characters();
	test_folding();
	for (i = 0; i < NELEM(sets); i++) {
		charset = sets[i];
		is_linear(work, "", "\xff", SANITIZED ? 50000 : 500000, "",
		    "octets that are none");
		is_linear(work, "", "\xe4+A\x1b$B~{", SANITIZED ? 10000 : 100000,
		    "", "a mixture");
	}
	is_linear(search, "", "a", 200000, "b", "a search of many beginnings");
	return done();
}
