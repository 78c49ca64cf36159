/* SPDX-License-Identifier: ISC */
/* Binary parts: found, encoded for a transport of lines, and as octets go. */
#include <stdlib.h>

#include "../../mime/recast.h"
#include "tap.h"

static FILE *
stream(const char *text, size_t n)
{
	FILE *f = tmpfile();

	fwrite(text, 1, n, f);
	rewind(f);
	return f;
}

static void
becomes(FILE *f, int result, const char *want, size_t n, const char *name)
{
	static char got[1024 * 1024];
	size_t len;

	rewind(f);
	len = fread(got, 1, sizeof got - 1, f);
	got[len] = '\0';
	if (!ok(result == 0 && len == n && memcmp(got, want, n) == 0, "%s",
	    name)) {
		tap_quote("got", got);
		tap_quote("want", want);
	}
	fclose(f);
}

static void
lines(const char *text, size_t n, const char *want, size_t m, const char *name)
{
	struct fail why = { 0 };
	FILE *in = stream(text, n), *out = tmpfile();
	int result = recast_to_lines(in, out, &why);

	becomes(out, result, want, m, name);
	fclose(in);
}

static void
octets(const char *text, size_t n, bool unencode, const char *want, size_t m,
    const char *name)
{
	struct fail why = { 0 };
	FILE *in = stream(text, n), *out = tmpfile();
	int result = recast_to_octets(in, unencode, out, &why);

	becomes(out, result, want, m, name);
	fclose(in);
}

static void
has(const char *text, size_t n, int want, const char *name)
{
	struct fail why = { 0 };
	FILE *in = stream(text, n);

	ok(recast_has_binary(in, &why) == want, "%s", name);
	fclose(in);
}

#define TEXT(s)	s, sizeof(s) - 1

#define MIXED(e, part, eol) \
	"Subject: s" eol "Content-Type: multipart/mixed; boundary=b" eol e \
	eol "--b" eol eol "text" eol "--b" eol "Content-Type: a/b" eol part \
	eol "--b--" eol
#define CTE "Content-Transfer-Encoding: "

int
main(void)
{
	char long_line[1100] = CTE "binary\n\n";
	size_t head = strlen(long_line);

	memset(long_line + head, 'x', 1000);
	has(TEXT("Subject: s\n\ntext\n"), 0, "no part is binary");
	has(TEXT("Subject: s\n\nte\0xt\r.\n"), 0, "nor one that does not say so");
	has(TEXT(CTE "binary\n\ntext\r\nmore\n"), 0, "text that calls itself binary");
	has(TEXT(CTE "binary\n\nte\0xt\n"), 1, "NUL");
	has(TEXT(CTE "binary\n\nte\rxt\n"), 1, "CR in a line");
	has(TEXT(CTE "binary\n\ntext\r"), 1, "CR at the end");
	has(long_line, head + 998, 0, "998 octets in a line");
	has(long_line, head + 999, 1, "999");

	lines(TEXT("Subject: s\n\na\rb\0\n"), TEXT("Subject: s\n\na\rb\0\n"),
	    "nothing to do");
	lines(TEXT(CTE "binary\nSubject: s\n\na\0\n"),
	    TEXT(CTE "base64\nSubject: s\n\nYQAK\n"), "one part");
	lines(TEXT("SUBJECT: s\ncontent-transfer-encoding:\n binary\nTo: a\n\na\0"),
	    TEXT("SUBJECT: s\n" CTE "base64\nTo: a\n\nYQA=\n"), "a folded field");
	lines(TEXT(MIXED(CTE "binary\n", CTE "binary\n\na\0\r\n\n", "\n")),
	    TEXT(MIXED(CTE "8bit\n", CTE "base64\n\nYQANCgo=\n", "\n")),
	    "in a multipart");
	lines(TEXT(MIXED("", CTE "binary\n\na\nb\n", "\n")),
	    TEXT(MIXED("", CTE "binary\n\na\nb\n", "\n")), "text is left as it is");
	lines(TEXT("Content-Type: message/rfc822\n" CTE "binary\n\n" CTE
	    "binary\n\na\0"), TEXT("Content-Type: message/rfc822\n" CTE
	    "8bit\n\n" CTE "base64\n\nYQA=\n"), "in a message inside");

	octets(TEXT(MIXED(CTE "binary\n", CTE "binary\n\na\0\n\r.\n\r\n", "\n")), false,
	    TEXT(MIXED(CTE "binary\r\n", CTE "binary\r\n\r\na\0\n\r.\n\r\n", "\r\n")),
	    "octets: exactly those");
	octets(TEXT("Subject: s\n\na\rb\r\nc\r\n\r\nd"), true,
	    TEXT("Subject: s\r\n\r\na\r\nb\r\nc\r\n\r\nd"), "text gets CRLF");
	octets(TEXT(MIXED("", CTE "base64\n\nYQAK\nDQ==\n", "\n")), true,
	    TEXT(MIXED(CTE "binary\r\n", CTE "binary\r\n\r\na\0\n\r", "\r\n")),
	    "base64 becomes binary, and so does what is around it");
	octets(TEXT(MIXED("", CTE "base64\n\nYQAK\n", "\n")), false,
	    TEXT(MIXED("", CTE "base64\r\n\r\nYQAK\r\n", "\r\n")), "not unasked");
	octets(TEXT(CTE "base64\n\nYQAK\n"), true, TEXT(CTE "base64\r\n\r\nYQAK\r\n"),
	    "the whole message stays");
	octets(TEXT("Content-Type: multipart/signed; boundary=b\n\n--b\n" CTE
	    "base64\n\nYQ==\n--b--\n"), true,
	    TEXT("Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n" CTE
	    "base64\r\n\r\nYQ==\r\n--b--\r\n"), "what is signed stays");
	octets(TEXT(MIXED("", CTE "base64\n" CTE "base64\n\nYQ==\n", "\n")), true,
	    TEXT(MIXED("", CTE "base64\r\n" CTE "base64\r\n\r\nYQ==\r\n", "\r\n")),
	    "a header that says it twice stays");
	return done();
}
