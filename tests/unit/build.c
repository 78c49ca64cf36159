/* SPDX-License-Identifier: ISC */
/* build.c -- composing: bodies, their charsets and encodings, sizes; what fails; format=flowed. */
#include <sys/stat.h>

#include <unistd.h>

#include "../../mime/text.h"
#include "building.h"

/* --- Bodies. --- */

static const struct body {
	const char *octets;
	size_t n;
	const char *type;	/* in the header */
	const char *encoding;
	const char *back;	/* NULL: as it was */
} bodies[] = {
#define BODY(s)	s, sizeof s - 1
	{ BODY(""), "text/plain; charset=us-ascii", "7bit", NULL },
	{ BODY("hello\n"), "text/plain; charset=us-ascii", "7bit", NULL },
	{ BODY("no end"), "text/plain; charset=us-ascii", "7bit", "no end\n" },
	{ BODY("\n"), "text/plain; charset=us-ascii", "7bit", NULL },
	{ BODY(".\n..\n.x\n"), "text/plain; charset=us-ascii", "7bit", NULL },
	{ BODY("From me\n"), "text/plain; charset=us-ascii", "quoted-printable", NULL },
	{ BODY("x\nFrom me to you, and all\n.\n"), "text/plain; charset=us-ascii", "quoted-printable", NULL },
	{ BODY("x From me\n"), "text/plain; charset=us-ascii", "7bit", NULL },
	{ BODY("Gr\303\274\303\237e und viel Text dabei\n"), "text/plain; charset=utf-8", "quoted-printable", NULL },
	{ BODY("\345\214\227\344\272\254\n"), "text/plain; charset=utf-8", "base64", NULL },
	{ BODY("caf\351 und viel Text dabei\n"), "text/plain; charset=windows-1252", "quoted-printable", NULL },
	{ BODY("\355\240\200 surrogate, surrogate\n"), "text/plain; charset=windows-1252", "quoted-printable", NULL },
	{ BODY("cut \303"), "text/plain; charset=windows-1252", "quoted-printable", NULL },
	{ BODY("cut \303\n\274 and so on and so on\n"), "text/plain; charset=windows-1252", "quoted-printable", NULL },
	{ BODY("a\0b\n"), "text/plain; charset=us-ascii", "base64", NULL },
	{ BODY("one\r\ntwo\r\n"), "text/plain; charset=us-ascii", "7bit", "one\ntwo\n" },
	{ BODY("one\r\n\303\274, two and three and four"), "text/plain; charset=utf-8", "quoted-printable", "one\n\303\274, two and three and four" },
	{ BODY("one\r\ntwo\rthree\nfour\r\n"), "text/plain; charset=us-ascii", "base64", NULL },
	{ BODY("\r.\r"), "text/plain; charset=us-ascii", "base64", NULL },
	{ BODY("\n.\r\n"), "text/plain; charset=us-ascii", "base64", NULL },
	{ BODY("a\0\r\n"), "text/plain; charset=us-ascii", "base64", NULL },
	{ BODY("blank at the end \n\t\n"), "text/plain; charset=us-ascii", "7bit", NULL },
	{ BODY("\033[1mbold\f\n"), "text/plain; charset=us-ascii", "7bit", NULL },
};

static void
test_bodies(void)
{
	const struct body *t;
	struct build *b;
	char want[200];

	for (t = bodies; t < bodies + NELEM(bodies); t++) {
		b = start();
		build_part(b, NULL, octets(t->octets, t->n));
		if (finish(b, NULL, "a body")) {
			snprintf(want, sizeof want, "MIME-Version: 1.0\n"
			    "Content-Type: %s\nContent-Transfer-Encoding: %s\n\n",
			    t->type, t->encoding);
			has(want, "type, charset and encoding");
			if (t->back != NULL)
				holds("1", t->back, strlen(t->back), "its text");
			else
				holds("1", t->octets, t->n, "its octets");
		}
		build_free(b);
	}
}

static void
test_long_lines(void)
{
	static const size_t lengths[] = { 997, 998, 999, 5000, 70000, 200000 };
	struct build *b;
	size_t i, n;
	char *s;

	for (i = 0; i < NELEM(lengths); i++) {
		n = lengths[i];
		s = xmalloc(n + 2);
		memset(s, 'x', n);
		s[n] = '\n';
		b = start();
		build_part(b, NULL, octets(s, n + 1));
		if (finish(b, NULL, "a long line")) {
			has(n <= 998 ? ": 7bit" : ": quoted-printable",
			    "a long line is encoded");
			holds("1", s, n + 1, "and kept");
		}
		build_free(b);
		free(s);
	}
}

/* Encodings that the user asks for. */
static void
test_wanted_encodings(void)
{
	static const char german[] = "Gr\303\274\303\237e von uns allen an euch\n";
	static const struct {
		const char *encoding, *body, *want;
		bool eightbit_ok;
	} t[] = {
		{ "auto", german, "quoted-printable", true },
		{ "8bit", german, "8bit", true },
		{ "8bit", german, "quoted-printable", false },
		{ "8bit", "plain\n", "7bit", true },
		{ "8bit", "From \303\274, From all of us\n", "quoted-printable", true },
		{ "8BIT", "\303\274 end", "8bit", true },
		{ "qp", "plain\n", "quoted-printable", false },
		{ "qp", "a\r", "base64", false },
		{ "qp", "\345\214\227\344\272\254\n", "quoted-printable", false },
		{ "base64", "plain\n", "base64", false },
	};
	struct build_options o = { 0 };
	struct build *b;
	char want[100];
	size_t i;

	for (i = 0; i < NELEM(t); i++) {
		o.encoding = t[i].encoding;
		o.eightbit_ok = t[i].eightbit_ok;
		b = start();
		build_part(b, NULL, text(t[i].body));
		if (finish(b, &o, "an encoding")) {
			snprintf(want, sizeof want, "Encoding: %s\n", t[i].want);
			has(want, t[i].want);
			is_int(build_is_8bit(b), strcmp(t[i].want, "8bit") == 0,
			    "and told as 8-bit or not");
		}
		build_free(b);
	}
	o.encoding = "uuencode";
	b = start();
	ok(build_prepare(b, &o, &message_size, &why) == -1 &&
	    why.code == EX_CONFIG, "an unknown encoding is refused");
	build_free(b);
}

static void
test_charsets(void)
{
	struct build_options o = { .charset_8bit = "iso-8859-15", .warn = warn };
	struct build_part *p;
	struct build *b = start();

	warnings = 0;
	build_part(b, NULL, text("caf\351\n"));
	p = build_part(b, NULL, text("cr\350me\n"));
	p->disposition = BUILD_ATTACHMENT;
	p->filename = xstrdup("creme.txt");
	if (finish(b, &o, "charset-8bit")) {
		has("charset=iso-8859-15\n", "text that is not UTF-8 is labelled");
		has("charset=iso-8859-15; name=creme.txt\n", "a file too");
		is_int(warnings, 1, "with one warning");
	}
	build_free(b);
	b = start();
	p = build_part(b, NULL, text("\304\343\272\303\n"));
	p->charset = xstrdup("gb2312");
	warnings = 0;
	if (finish(b, &o, "a charset given")) {
		has("charset=gb2312\n", "a charset that is given");
		is_int(warnings, 0, "without a warning");
		holds("1", "\304\343\272\303\n", 5, "and octets as they are");
	}
	build_free(b);
	b = start();
	p = build_part(b, NULL, text("x\n"));
	p->charset = xstrdup("x\nBcc: y");
	ok(build_prepare(b, &o, &message_size, &why) == -1 &&
	    why.code == EX_DATAERR, "a hostile charset is refused");
	build_free(b);
}

/* --- Change, failure, repetition. --- */

static void
test_changes(void)
{
	static const char *const names[] = { "a.txt", "a.bin" };
	char block[300] = "text", path[] = "/tmp/mailx-build.XXXXXX";
	struct build *b;
	FILE *out;
	size_t i;
	int fd = mkstemp(path);

	for (i = 0; i < NELEM(names) * 2; i++) {
		fail_clear(&why);
		ok(ftruncate(fd, 0) == 0 && pwrite(fd, block, sizeof block, 0) == sizeof block,
		    "a file");
		b = start();
		attach(b, NULL, names[i % 2], fopen(path, "r"))->path = xstrdup(path);
		ok(build_prepare(b, NULL, &message_size, &why) == 0, "is read");
		if (i < 2)
			ok(ftruncate(fd, 200) == 0, "gets shorter");
		else
			ok(pwrite(fd, "x", 1, 300) == 1, "gets longer");
		out = tmpfile();
		ok(build_write(b, out, &why) == -1 && why.code == EX_NOINPUT &&
		    strstr(why.text, "changed while it was read") != NULL,
		    "and is not sent: %s", why.text);
		fclose(out);
		build_free(b);
	}
	b = start();
	attach(b, NULL, "d", fopen("/tmp", "r"))->path = xstrdup("/tmp");
	fail_clear(&why);
	ok(build_prepare(b, NULL, &message_size, &why) == -1 &&
	    why.code == EX_NOINPUT, "a directory is no file: %s", why.text);
	build_free(b);
	b = start();
	build_part(b, NULL, repeated("some text\n", 100000));
	fail_clear(&why);
	ok(build_prepare(b, NULL, &message_size, &why) == 0, "prepared");
	out = fopen("/dev/full", "w");
	ok(build_write(b, out, &why) == -1 && why.code == EX_IOERR,
	    "a full disk is told: %s", why.text);
	fclose(out);
	build_free(b);
	close(fd);
	unlink(path);
}

static void
test_again(void)
{
	struct build *b = start();
	char *first;
	FILE *out;

	build_part(b, NULL, text("\303\274\n"));
	attach(b, NULL, "a.bin", octets("\0\1\2", 3));
	if (finish(b, NULL, "once")) {
		first = xstrdup(message);
		free(message);
		message = NULL;
		out = xmemstream(&message, &message_len);
		ok(build_write(b, out, &why) == 0, "written again");
		fclose(out);
		is_string(message, first, "the same");
		free(first);
	}
	build_free(b);
}

/* Every length around the places where lines and groups end. */
static void
test_sizes(void)
{
	static const char *const units[] = { "a", "\303\274", "=", " ", "\n",
		"a b\n", "\345\214\227", "\351", ".", "F", "x\t\n", "\r\n", "\r" };
	struct build *b;
	size_t i, n, bad = 0, seen = 0;

	for (i = 0; i < NELEM(units); i++)
		for (n = 0; n < 240; n += n < 130 ? 1 : 17) {
			b = start();
			build_part(b, NULL, repeated(units[i], n));
			attach(b, NULL, "f", repeated(units[i], n));
			bad += !finish(b, NULL, "a size");
			build_free(b);
			seen++;
		}
	ok(bad == 0, "%zu sizes are exact", seen);
}

/* --- format=flowed. --- */

static void
flows(const char *in, const char *want, const char *back)
{
	struct build_options o = { .flowed = true };
	struct build *b = start();
	struct part *root;
	size_t n;
	char *got, *joined;
	FILE *f, *decoder;

	build_part(b, NULL, text(in));
	if (finish(b, &o, "flowed")) {
		has("; format=flowed\n", "format=flowed");
		root = reread();
		got = content(root, "1", &n);
		if (want != NULL)
			is_string(got, want, "with soft breaks");
		f = xmemstream(&joined, &n);
		decoder = flowed_decoder(f, false);
		fputs(got, decoder);
		fclose(decoder);
		fclose(f);
		is_string(joined, back, "and back");
		free(got);
		free(joined);
		part_free(root);
	}
	build_free(b);
}

static void
test_flowed(void)
{
	static const char para[] = "a paragraph that somebody typed without any line end, so that it is as long as can be, and goes on and on over more than two lines of text\n";

	flows("short\n", "short\n", "short\n");
	flows("blanks  \n", "blanks\n", "blanks\n");
	flows("-- \nme\n", "-- \nme\n", "-- \nme\n");
	flows(" indented\n> quoted\nFrom me\n", "  indented\n> quoted\n From me\n", " indented\n> quoted\nFrom me\n");
	flows(para, NULL, para);
	flows("one\r\ntwo\r\n", "one\ntwo\n", "one\ntwo\n");
	flows("no end", "no end\n", "no end\n");
	flows("-- aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b\n", NULL,
	    "-- aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b\n");
	flows("\321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260\n",
	    "\321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260\n",
	    "\321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260 \321\204\321\213\320\262\320\260\n");
}

/* A file that looks like text at its beginning alone. */
static void
test_late_nul(void)
{
	struct build *b = start();
	FILE *f = repeated("text text\n", 2000);

	fseek(f, 0, SEEK_END);
	fwrite("\0\1", 1, 2, f);
	build_part(b, NULL, text("x\n"));
	attach(b, NULL, "late.txt", f);
	if (finish(b, NULL, "a late NUL")) {
		has("Content-Type: application/octet-stream; name=late.txt\n",
		    "text with NUL far behind is none");
		lacks("charset=us-ascii; name", "without a charset");
	}
	build_free(b);
}

int
main(void)
{
	test_bodies();
	test_long_lines();
	test_wanted_encodings();
	test_charsets();
	test_changes();
	test_again();
	test_sizes();
	test_flowed();
	test_late_nul();
	free(message);
	return done();
}
