/* SPDX-License-Identifier: ISC */
/* word.c -- encoded words: decoded as they occur, written so that they come back. */
#include "../../mime/head.h"
#include "../../mime/text.h"
#include "../../mime/word.h"
#include "hostile.h"

static unsigned defects;

static char *
decoded(struct span s, const char *charset_8bit)
{
	char *out;
	size_t len;
	FILE *f = xmemstream(&out, &len);

	defects = word_decode(s, charset_8bit, f);
	fclose(f);
	return out;
}

static void
test_decoding(void)
{
	static const struct {
		const char	*text, *want;
	} t[] = {
		{ "plain", "plain" }, { "", "" },
		{ "=?utf-8?q?a_b=3D?=", "a b=" },
		{ "=?UTF-8?B?w6TDtg==?=", "\xc3\xa4\xc3\xb6" },
		{ "=?utf-8*de?q?x?=", "x" },
		{ "a =?utf-8?q?b?= c", "a b c" },
		{ "=?utf-8?q?a?= =?utf-8?q?b?=", "ab" },
		{ "=?utf-8?q?a?=\n =?utf-8?q?b?=", "ab" },
		{ "=?utf-8?q?a?= =?iso-8859-1?q?=E4?=", "a\xc3\xa4" },
		/* A character in two words. */
		{ "=?utf-8?b?w6Q=?==?utf-8?q?=C3?= =?utf-8?q?=A4?=",
		    "\xc3\xa4\xc3\xa4" },
		/* An encoded word in a word is text. */
		{ "=?utf-8?q?=3D=3Futf-8=3Fq=3Fx=3F=3D?=", "=?utf-8?q?x?=" },
		{ "=?utf-8?q?a=00b=0D=0Ac?=", "a b  c" },
		{ "=?utf-8?q?=?=", "=" }, { "=?utf-8?q?=4?=", "=4" },
		{ "=?utf-8?q?" "?=", "" },
		{ "=?utf-8?b?!!?=", "" },
		/* Without an end, in front of a whole one. */
		{ "=?utf-8?q?a b =?utf-8?q?c?= d", "=?utf-8?q?a b c d" },
		{ "=?utf-8?q?a =?x b?=", "a =?x b" },
		{ "=?utf-8?x?a?=", "=?utf-8?x?a?=" },
		{ "=?utf-8?q?a", "=?utf-8?q?a" }, { "=?utf-8?q", "=?utf-8?q" },
		{ "=?" "?q?a?=", "=?" "?q?a?=" }, { "=?", "=?" }, { "=?=", "=?=" },
		{ "=?x-nonsense?q?a=E4?=", "a\xc3\xa4" },
		{ "=?../../x?q?a?=", "a" },
		{ "=?utf-8?q?=FF=C3?=", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xe4 raw", "\xc3\xa4 raw" }, { "\xc3\xa4 raw", "\xc3\xa4 raw" },
	};
	char *got;
	size_t i;

	for (i = 0; i < NELEM(t); i++) {
		got = decoded(span_of(t[i].text), NULL);
		is_string(got, t[i].want, t[i].text);
		free(got);
	}
	free(decoded(span_of("=?x-nonsense?q?a=E4?="), NULL));
	ok((defects & DEFECT_CHARSET) != 0, "an unknown charset is named");
	free(decoded(span_of("\xe4"), NULL));
	ok((defects & DEFECT_RAW_8BIT) != 0, "raw octets too");
	got = decoded(span_of("\xe4"), "iso-8859-5");
	is_string(got, "\xd1\x84", "charset-8bit");
	free(got);
}

static bool
lines_fit(const char *text)
{
	const char *nl;

	for (; *text != '\0'; text = nl + 1)
		if ((nl = strchr(text, '\n')) == NULL || nl - text > MAX_LINE ||
		    nl == text)
			return false;
	return true;
}

static bool
is_ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s >= 127 || ((unsigned char)*s < ' ' &&
		    *s != '\n'))
			return false;
	return true;
}

/* A field that is written reads as it was. */
static void
comes_back(const char *value)
{
	char *out, *back;
	size_t len;
	FILE *f = xmemstream(&out, &len);
	struct head h;

	word_field(f, "Subject", value);
	fclose(f);
	ok(is_ascii(out) && lines_fit(out), "short lines of ASCII: %.40s", out);
	head_parse(&h, xstrdup(out), len);
	is_int((long long)h.n, 1, "one field");
	back = head_get_text(&h, "subject", NULL);
	is_string(back, value, "comes back");
	free(back);
	head_free(&h);
	free(out);
}

static void
test_fields(void)
{
	char *text;
	size_t len;

	comes_back("plain");
	comes_back("");
	comes_back("two  blanks");
	comes_back("=?utf-8?q?no word?=");
	comes_back("\xe6\x9c\x88\xe6\x8a\xa5");
	comes_back("mixed \xc3\xa4 and plain \xc3\xb6 \xc3\xbc text");
	comes_back("a \x01 control");
	text = repeated("", "word ", 100, "end", &len);
	comes_back(text);
	free(text);
	text = repeated("", "\xf0\x9f\x98\x80", 200, "", &len);
	comes_back(text);
	free(text);
	text = repeated("", "x", 3000, "", &len);
	comes_back(text);
	free(text);
	text = repeated("", "\xc3\xa4 ", 300, "z", &len);
	comes_back(text);
	free(text);
}

static void
test_phrases(void)
{
	static const struct {
		const char	*phrase, *want;
	} t[] = {
		{ "Joe", "Joe" }, { "Joe Doe", "Joe Doe" },
		{ "J. Doe", "\"J. Doe\"" }, { "a\"b\\", "\"a\\\"b\\\\\"" },
		{ "\xc3\xa4", "=?utf-8?b?w6Q=?=" }, { "=?x", "=?utf-8?b?PT94?=" },
		{ "M\xc3\xa4rz Longname",
		    "=?utf-8?q?M=C3=A4rz_Longname?=" },
	};
	char *out;
	size_t len, i;
	FILE *f;

	for (i = 0; i < NELEM(t); i++) {
		f = xmemstream(&out, &len);
		word_phrase(f, t[i].phrase);
		fclose(f);
		is_string(out, t[i].want, t[i].phrase);
		free(out);
	}
}

static void
decode(const char *text, size_t len)
{
	struct span s = { text, len };

	free(decoded(s, NULL));
}

static void
encode(const char *text, size_t len)
{
	char *out;
	FILE *f = xmemstream(&out, &len);

	word_field(f, "X", text);
	fclose(f);
	free(out);
}

int
main(void)
{
	test_decoding();
	test_fields();
	test_phrases();
	is_linear(decode, "", "=?utf-8?q?a?= ", 100000, "", "100 000 words");
	is_linear(decode, "", "=?x-no?q?=FF?= ", 10000, "", "of no charset");
	is_linear(decode, "", "=?utf-8?b?YQ", 100000, "", "words without an end");
	is_linear(decode, "", "=?utf-8?q?a ", 100000, "", "... in Q");
	is_linear(decode, "", "=?utf-8?q?a\n", 100000, "", "... ended by lines");
	is_linear(decode, "=?", "?", 400000, "", "question marks");
	is_linear(decode, "", "=?a", 400000, "", "charsets without an end");
	is_linear(decode, "", "\xe4 ", 400000, "", "raw octets");
	is_linear(encode, "", "\xc3\xa4 a ", 50000, "", "a long field");
	is_linear(encode, "", "\xc3\xa4", 100000, "", "... without blanks");
	return done();
}
