/* SPDX-License-Identifier: ISC */
/* build.c -- composing: headers, charsets, encodings, trees, sizes, refusals; guessing types. */
#include <sys/stat.h>

#include <stdlib.h>
#include <unistd.h>

#include "../../mime/build.h"
#include "../../mime/date.h"
#include "../../mime/part.h"
#include "../../mime/text.h"
#include "../../mime/type.h"
#include "tap.h"

static struct fail why;
static unsigned warnings;
static char *message;		/* the last one that was written */
static size_t message_len;
static uint64_t message_size;	/* as build_prepare said */

static void
warn(const char *text)
{
	(void)text;
	warnings++;
}

/* A stream of these octets, read from a file. */
static FILE *
octets(const char *p, size_t n)
{
	FILE *f = tmpfile();

	if (f == NULL || fwrite(p, 1, n, f) != n || fflush(f) != 0) {
		puts("Bail out! no temporary file");
		exit(1);
	}
	return f;
}

static FILE *
text(const char *s)
{
	return octets(s, strlen(s));
}

static FILE *
repeated(const char *s, size_t n)
{
	FILE *f = tmpfile();

	while (n-- > 0)
		fputs(s, f);
	fflush(f);
	return f;
}

static struct build *
start(void)
{
	struct build *b = build_new();

	fail_clear(&why);
	build_field(b, "From", "Me <me@example.org>", &why);
	return b;
}

/* What SMTP would count. */
static uint64_t
wire_size(const char *p, size_t n)
{
	uint64_t size = n;
	size_t i;

	for (i = 0; i < n; i++)
		size += p[i] == '\n';
	return size;
}

static bool
has_long_line(void)
{
	const char *p = message, *end = message + message_len, *lf;

	for (; p < end; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (lf == NULL || lf - p > MAX_LINE)
			return true;
	}
	return false;
}

/* Prepare and write into `message'; what always holds is checked. */
static bool
finish(struct build *b, const struct build_options *o, const char *name)
{
	FILE *out;

	free(message);
	message = NULL;
	if (build_prepare(b, o, &message_size, &why) == -1) {
		ok(false, "%s: %s", name, why.text);
		return false;
	}
	out = xmemstream(&message, &message_len);
	if (build_write(b, out, &why) == -1) {
		ok(false, "%s: %s", name, why.text);
		fclose(out);
		return false;
	}
	fclose(out);
	if (message_size != wire_size(message, message_len) || has_long_line() ||
	    memchr(message, '\r', message_len) != NULL ||
	    memchr(message, '\0', message_len) != NULL) {
		ok(false, "%s: size %llu said, %llu found, or a line too long, "
		    "or CR or NUL", name, (unsigned long long)message_size,
		    (unsigned long long)wire_size(message, message_len));
		return false;
	}
	return true;
}

static void
has(const char *part, const char *name)
{
	if (!ok(message != NULL && strstr(message, part) != NULL, "%s", name)) {
		tap_quote("want", part);
		tap_quote(" got", message);
	}
}

static void
lacks(const char *part, const char *name)
{
	if (!ok(message != NULL && strstr(message, part) == NULL, "%s", name))
		tap_quote("unwanted", part);
}

/* --- Reading what was written. --- */

static struct part *
reread(void)
{
	FILE *in = fmemopen(message, message_len, "r");
	struct part *root = part_parse(in, NULL, &why);

	fclose(in);
	return root;
}

/* The decoded octets of the part of that number. */
static char *
content(struct part *root, const char *number, size_t *n)
{
	struct part *p = part_find(root, number);
	FILE *in, *out;
	char *got;

	out = xmemstream(&got, n);
	if (p != NULL) {
		in = fmemopen(message, message_len, "r");
		fseek(in, (long)p->body, SEEK_SET);
		part_decode(p, in, p->size, out, NULL, &why);
		fclose(in);
	}
	fclose(out);
	return got;
}

static void
holds(const char *number, const char *want, size_t n, const char *name)
{
	struct part *root = reread();
	size_t len;
	char *got = content(root, number, &len);

	if (!ok(len == n && memcmp(got, want, n) == 0, "%s", name)) {
		tap_quote(" got", got);
		tap_quote("want", want);
	}
	is_int(part_defects(root), 0, "without defects");
	free(got);
	part_free(root);
}

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

/* --- Headers. --- */

/* Fold at 76 where there are blanks. */
static void
check_folds(const char *name)
{
	const char *p = message, *lf;
	int n, longest = 0;
	bool ascii = true;

	for (; p != NULL && *p != '\n' && *p != '\0'; p = lf + 1) {
		lf = strchr(p, '\n');
		n = (int)(lf - p);
		if (n > longest && memchr(p + 1, ' ', (size_t)n - 1) != NULL)
			longest = n;
		for (; p < lf; p++)
			ascii = ascii && (unsigned char)*p < 128;
	}
	ok(longest <= 76 && ascii, "%s: folded, %d octets, ASCII", name, longest);
}

static char *
field_of_message(const char *name)
{
	struct part *root = reread();
	char *value = head_get_text(&root->head, name, NULL);

	part_free(root);
	return value;
}

static void
subject(const char *value)
{
	struct build *b = start();
	char *got;

	if (build_field(b, "Subject", value, &why) == 0 &&
	    finish(b, NULL, "a subject")) {
		check_folds("the header");
		got = field_of_message("Subject");
		is_string(got, value, "the subject comes back");
		free(got);
	} else
		ok(false, "a subject: %s", why.text);
	build_free(b);
}

static void
test_subjects(void)
{
	char *s = xmalloc(5000);
	size_t i;

	subject("plain");
	subject("");
	subject("Gr\303\274\303\237e \345\214\227\344\272\254");
	subject("two  blanks, =?utf-8?q?a_word?= and = ? \" marks");
	subject("\330\247\331\204\330\263\331\204\330\247\331\205 \330\271\331\204\331\212\331\203\331\205 \360\237\221\251\342\200\215\360\237\221\251\342\200\215\360\237\221\247");
	subject("a long subject of many plain words that has to be folded, at blanks and nowhere else, so that it comes back as it was when it was written, word for word");
	memset(s, 'y', 4000);
	s[4000] = '\0';
	subject(s);
	memcpy(s + 2000, " \345\214\227\344\272\254 ", 8);
	subject(s);
	for (i = 0; i < 4000; i += 4)
		memcpy(s + i, "\360\237\230\200", 4);
	subject(s);
	free(s);
}

static void
test_addresses(void)
{
	struct addrs as = { 0 };
	struct build *b = start();
	struct part *root;
	char addr[64];
	size_t i, commas = 0;
	const char *p;

	for (i = 0; i < 200; i++) {
		snprintf(addr, sizeof addr, "person%zu@example.org", i);
		addrs_add(&as, i % 3 == 0 ? "\303\205sa \345\274\240\344\270\211 \345\274\240\344\270\211 \345\274\240\344\270\211 \345\274\240\344\270\211 \345\274\240" :
		    i % 3 == 1 ? "Doe, \"J\" \\" : NULL, addr);
	}
	ok(build_addrs(b, "To", &as, &why) == 0, "200 addresses");
	addrs_free(&as);
	ok(build_addrs(b, "Cc", &as, &why) == 0, "none");
	ok(build_field(b, "Reply-To", "\303\205sa Ek <asa@example.org>, \"A, B\" <b@example.org>", &why) == 0,
	    "an address field as text");
	if (finish(b, NULL, "addresses")) {
		check_folds("addresses");
		for (p = message; (p = strstr(p, ",\n ")) != NULL; p++)
			commas++;
		ok(commas > 60, "folded between addresses: %zu", commas);
		lacks("Cc:", "no field without addresses");
		has("\"Doe, \\\"J\\\" \\\\\" <person1@example.org>", "a quoted name");
		root = reread();
		addrs_parse(&as, head_get(&root->head, "To")->body, NULL);
		is_int((long long)as.n, 200, "all come back");
		is_string(as.v[199].name, "Doe, \"J\" \\", "with their names");
		is_string(as.v[3].name, "\303\205sa \345\274\240\344\270\211 \345\274\240\344\270\211 \345\274\240\344\270\211 \345\274\240\344\270\211 \345\274\240", "in any script");
		addrs_free(&as);
		addrs_parse(&as, head_get(&root->head, "Reply-To")->body, NULL);
		is_string(as.n == 2 ? as.v[1].name : NULL, "A, B", "Reply-To");
		addrs_free(&as);
		part_free(root);
	}
	build_free(b);
}

static void
test_smtputf8(void)
{
	struct build_options o = { 0 };
	struct build *b = start();

	build_field(b, "To", "J\303\274rgen <j\303\274rgen@example.org>", &why);
	ok(build_prepare(b, &o, &message_size, &why) == -1 &&
	    why.code == EX_NOUSER && strstr(why.text, "SMTPUTF8") != NULL,
	    "a UTF-8 address without SMTPUTF8: %s", why.text);
	fail_clear(&why);
	o.utf8_ok = true;
	if (finish(b, &o, "a UTF-8 address"))
		has("<j\303\274rgen@example.org>", "and with it");
	build_free(b);
}

static void
test_ids(void)
{
	char refs[3000] = "", *s, *t;
	struct build_options o = { .hostname = "host.example.net" };
	struct build *b = start();
	size_t i;

	for (i = 0; i < 60; i++)
		strlcat(refs, "<=?utf-8?q?a?=.long.id@mail.example.com> ", sizeof refs);
	build_field(b, "References", refs, &why);
	build_field(b, "In-Reply-To", "<a@b>", &why);
	if (finish(b, &o, "references")) {
		check_folds("references");
		has("\n <=?utf-8?q?a?=.long.id@mail.example.com>\n",
		    "message ids are never encoded words");
		has("@example.org>\nMIME-Version", "Message-ID has the domain of From");
		t = xstrdup(build_message_id(b));
		has(t, "and is told");
		if (finish(b, &o, "again"))
			has(t, "and stays");
		free(t);
	}
	build_free(b);
	b = build_new();
	build_field(b, "From", "me", &why);
	if (finish(b, &o, "a local name"))
		has("@host.example.net>\n", "else the host name");
	build_free(b);
	b = start();
	ok(build_field(b, "Message-ID", " <own@x> ", &why) == 0 &&
	    build_field(b, "date", "Fri, 20 Nov 2026 09:30:00 +0800 (CST)", &why) == 0,
	    "Message-ID and Date given");
	if (finish(b, &o, "given")) {
		has("\nMessage-ID: <own@x>\n", "Message-ID is used");
		has("Date: Fri, 20 Nov 2026 09:30:00 +0800\n", "and Date");
	}
	build_free(b);
	s = build_new_id(NULL);
	t = build_new_id("evil>\r\nX: y");
	ok(strcmp(s, t) != 0 && strpbrk(t, "\r\n ") == NULL &&
	    t[strlen(t) - 1] == '>', "fresh ids: %s %s", s, t);
	free(s);
	free(t);
}

static int
compare_ids(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
test_unique(void)
{
	static char *ids[100000];
	size_t i, same = 0;

	for (i = 0; i < NELEM(ids); i++)
		ids[i] = build_new_id("example.org");
	qsort(ids, NELEM(ids), sizeof *ids, compare_ids);
	for (i = 1; i < NELEM(ids); i++)
		same += strcmp(ids[i - 1], ids[i]) == 0;
	is_int((long long)same, 0, "100,000 ids, none twice");
	for (i = 0; i < NELEM(ids); i++)
		free(ids[i]);
}

static void
refuses(const char *name, const char *value)
{
	struct build *b = start();
	bool refused;

	refused = build_field(b, name, value, &why) == -1 &&
	    why.code == EX_DATAERR;
	if (!ok(refused, "refused: %.60s", name))
		tap_quote("value", value);
	build_free(b);
}

static void
test_refusals(void)
{
	struct addrs as = { 0 };
	struct build *b;

	refuses("Subject", "a\nBcc: b@c");
	refuses("Subject", "a\r");
	refuses("X-Y", "a\r\n b");
	refuses("To", "a@b.c\nX: y");
	refuses("", "x");
	refuses("X Y", "x");
	refuses("X:", "x");
	refuses("X\n", "x");
	refuses("\303\234", "x");
	refuses("a-name-of-a-field-that-is-longer-than-any-line-of-a-header-may-be-when-folded", "x");
	refuses("Bcc", "a@b.c");
	refuses("resent-bcc", "a@b.c");
	refuses("MIME-Version", "1.0");
	refuses("content-type", "text/html");
	refuses("Content-X", "y");
	refuses("From", "other@example.org");
	refuses("Sender", "nobody at all");
	refuses("Message-ID", "none");
	refuses("Message-ID", "<a@b> <c@d>");
	refuses("Message-ID", "<a b@c>");
	refuses("Date", "tomorrow");
	refuses("To", "x@y.z, |cmd@h ");
	b = start();
	build_field(b, "Subject", "one", &why);
	ok(build_field(b, "SUBJECT", "two", &why) == -1 && why.code == EX_DATAERR,
	    "two subjects are refused");
	fail_clear(&why);
	ok(build_field(b, "X-Y", "one", &why) == 0 && build_field(b, "X-Y", "two", &why) == 0,
	    "other fields may stand twice");
	addrs_add(&as, "A\nB", "a@example.org");
	ok(build_addrs(b, "To", &as, &why) == -1 && why.code == EX_DATAERR,
	    "a line break in a name is refused");
	fail_clear(&why);
	addrs_free(&as);
	addrs_add(&as, NULL, "a@example.org>\nX: <y");
	ok(build_addrs(b, "To", &as, &why) == -1, "and in an address");
	fail_clear(&why);
	addrs_free(&as);
	addrs_add(&as, NULL, "a@example.org");
	ok(build_addrs(b, "Bcc", &as, &why) == -1, "Bcc is refused");
	addrs_free(&as);
	build_free(b);
	b = build_new();
	fail_clear(&why);
	ok(build_prepare(b, NULL, &message_size, &why) == -1 &&
	    why.code == EX_DATAERR, "a message without From is refused");
	ok(build_write(b, stdout, &why) == -1, "and not written");
	build_free(b);
}

static void
test_authors(void)
{
	struct build *b = build_new();

	fail_clear(&why);
	build_field(b, "From", "A <a@example.org>, B <b@example.org>", &why);
	if (finish(b, NULL, "two authors"))
		has("\nSender: A <a@example.org>\n", "two authors have a sender");
	build_free(b);
}

static void
test_8bit_header(void)
{
	struct build *b = start();

	build_field(b, "Subject", "Le caf\351 est la", &why);
	build_field(b, "X-Esc", "a\033b", &why);
	if (finish(b, NULL, "octets that are not UTF-8")) {
		has("\nSubject: Le =?utf-8?b?Y2Fmw6k=?= est la\n", "taken as windows-1252");
		lacks("\033", "no control character in the header");
	}
	build_free(b);
}

/* --- Trees. --- */

static struct build_part *
attach(struct build *b, struct build_part *under, const char *name, FILE *in)
{
	struct build_part *p = build_part(b, under, in);

	p->filename = xstrdup(name);
	p->disposition = BUILD_ATTACHMENT;
	return p;
}

static struct build_part *
container(struct build *b, struct build_part *under, const char *type)
{
	struct build_part *p = build_part(b, under, NULL);

	p->type = xstrdup(type);
	return p;
}

/* The types of the tree, depth first. */
static char *
types(void)
{
	struct part *root = reread(), *p;
	char *s;
	size_t n;
	FILE *f = xmemstream(&s, &n);

	for (p = root; p != NULL; p = part_walk(p))
		fprintf(f, "%s%s", p == root ? "" : " ", p->type.value);
	fclose(f);
	part_free(root);
	return s;
}

/* mixed(related(alternative(text, html), image), file), as far as asked for. */
static void
tree(bool plain, bool html, bool image, bool file, const char *want)
{
	struct build *b = start();
	struct build_part *related, *alternative, *p;
	char *got;

	related = container(b, NULL, "multipart/related");
	alternative = container(b, related, "multipart/alternative");
	if (plain)
		build_part(b, alternative, text("plain"));
	if (html) {
		p = build_part(b, alternative, text("<b>\303\274</b>\n"));
		p->type = xstrdup("text/html");
	}
	if (image) {
		p = build_part(b, related, text("\211PNG\r\n\032\n"));
		p->disposition = BUILD_INLINE;
		p->id = xstrdup("<logo>");
	}
	if (file)
		attach(b, NULL, "a.csv", text("a,b"));
	if (finish(b, NULL, want)) {
		got = types();
		is_string(got, want, want);
		free(got);
	}
	build_free(b);
}

static void
test_trees(void)
{
	tree(false, false, false, false, "text/plain");
	tree(true, false, false, false, "text/plain");
	tree(false, true, false, false, "text/html");
	tree(true, true, false, false, "multipart/alternative text/plain text/html");
	tree(true, true, true, false, "multipart/related multipart/alternative text/plain text/html image/png");
	has("\nContent-ID: <logo>\n", "Content-ID");
	has("multipart/related; type=\"multipart/alternative\"", "the type that related is of");
	tree(false, true, true, false, "multipart/related text/html image/png");
	tree(true, false, false, true, "multipart/mixed text/plain text/csv");
	tree(false, false, false, true, "text/csv");
	tree(true, true, true, true, "multipart/mixed multipart/related multipart/alternative text/plain text/html image/png text/csv");
	holds("2", "a,b", 3, "a file without a line end is kept");
	holds("1.2", "\211PNG\r\n\032\n", 8, "an image is kept");
}

static void
test_lone_file(void)
{
	struct build *b = start();

	attach(b, NULL, "a.csv", text("a,b"));
	if (finish(b, NULL, "a file alone"))
		holds("1", "a,b", 3, "without a line end, and alone");
	build_free(b);
	b = start();
	attach(b, NULL, "dos.txt", text("a\r\nb\r\n"));
	if (finish(b, NULL, "a DOS file"))
		holds("1", "a\r\nb\r\n", 6, "a file keeps its CRLF");
	build_free(b);
	b = start();
	attach(b, NULL, "empty", text(""));
	attach(b, NULL, "empty.pdf", text(""));
	if (finish(b, NULL, "empty files")) {
		holds("1", "", 0, "an empty file");
		holds("2", "", 0, "and another");
		lacks("application/pdf", "nothing is no PDF");
	}
	build_free(b);
}

static void
test_depth(void)
{
	struct build *b = start();
	struct build_part *p = NULL;
	unsigned i;

	for (i = 0; i < 50; i++) {
		p = container(b, p, "multipart/mixed");
		build_part(b, p, text("x\n"));
		build_part(b, p, text("\303\274\n"));
	}
	finish(b, NULL, "deep");
	ok(message_len > 0, "50 levels");
	for (i = 0; i < 60; i++)
		p = container(b, p, "multipart/mixed");
	ok(build_prepare(b, NULL, &message_size, &why) == -1 &&
	    why.code == EX_DATAERR, "but not 110");
	build_free(b);
	b = start();
	p = build_part(b, NULL, text("x"));
	p->type = xstrdup("multipart/mixed");
	fail_clear(&why);
	ok(build_prepare(b, NULL, &message_size, &why) == -1 &&
	    why.code == EX_DATAERR, "a file is no multipart");
	build_free(b);
}

static void
test_8bit_tree(void)
{
	struct build_options o = { .encoding = "8bit", .eightbit_ok = true };
	struct build *b = start();

	build_part(b, NULL, text("\303\274\n"));
	attach(b, NULL, "a.txt", text("a\n"));
	if (finish(b, &o, "8bit in a multipart")) {
		ok(build_is_8bit(b), "an 8-bit part makes the message 8-bit");
		has("boundary=", "multipart");
		is_int(strstr(message, "Encoding: 8bit") <
		    strstr(message, "\n\n--"), 1, "and says so at the top");
	}
	build_free(b);
}

static void
test_names(void)
{
	static const char *const names[] = { "a.pdf", "with blank.pdf",
		"\346\212\245\345\221\212 2026.pdf", "q\"uo\\te.txt",
		"a-very-long-name-of-plain-letters-that-fits-no-line-of-a-header-at-all-so-it-comes-in-pieces.txt",
		"\346\212\245\345\221\212\346\212\245\345\221\212\346\212\245\345\221\212\346\212\245\345\221\212\346\212\245\345\221\212\346\212\245\345\221\212\346\212\245\345\221\212\346\212\245\345\221\212\346\212\245\345\221\212.pdf",
		"\360\237\221\251\342\200\215\360\237\221\247.txt", "=?utf-8?q?x?=.txt", "semi;colon=.txt", "100%.txt", "it's.txt" };
	struct build *b = start();
	struct part *root, *p;
	size_t i;

	for (i = 0; i < NELEM(names); i++)
		attach(b, NULL, names[i], text("x\n"));
	if (finish(b, NULL, "file names")) {
		root = reread();
		for (i = 0, p = root->child; p != NULL; p = p->next, i++)
			is_string(p->filename, names[i], names[i]);
		part_free(root);
		has("\n\tfilename*=utf-8''%E6%8A%A5%E5%91%8A%202026.pdf\n", "RFC 2231");
		has("\tname=\"=?utf-8?b?5oql5ZGKIDIwMjYucGRm?=\"\n", "RFC 2047 for old readers");
		lacks("filename=\"=?utf-8?b", "but in Content-Type alone");
	}
	build_free(b);
	b = start();
	attach(b, NULL, "/tmp/x\r\nBcc: a@b.c\n.txt", text("x\n"));
	if (finish(b, NULL, "a hostile name")) {
		has("filename=\"x__Bcc: a@b.c_.txt\"\n", "no line break, no directory");
		lacks("\nBcc", "no field out of a name");
	}
	build_free(b);
}

static void
test_descriptions(void)
{
	struct build *b = start();
	struct build_part *p = attach(b, NULL, "a", text("x\n"));

	p->description = xstrdup("die S\303\244tze");
	if (finish(b, NULL, "a description"))
		has("\nContent-Description: die =?utf-8?b?U8OkdHpl?=\n", "a description");
	free(p->description);
	p->description = xstrdup("a\nX: y");
	ok(build_prepare(b, NULL, &message_size, &why) == -1 &&
	    why.code == EX_DATAERR, "one with a line break is refused");
	free(p->description);
	p->description = NULL;
	p->id = xstrdup("<a>\nX: y");
	fail_clear(&why);
	ok(build_prepare(b, NULL, &message_size, &why) == -1 &&
	    why.code == EX_DATAERR, "and a Content-ID");
	free(p->id);
	p->id = NULL;
	p->type = xstrdup("text/plain\nX: y");
	fail_clear(&why);
	ok(build_prepare(b, NULL, &message_size, &why) == -1 &&
	    why.code == EX_DATAERR, "and a type");
	build_free(b);
}

/* --- Messages that are forwarded as they are. --- */

static void
forward(const char *inner, size_t n, bool eightbit_ok, const char *want,
    const char *back, const char *name)
{
	struct build_options o = { .eightbit_ok = eightbit_ok };
	struct build *b = start();
	struct build_part *p;
	struct part *root;

	build_part(b, NULL, text("see below\n"));
	p = build_part(b, NULL, octets(inner, n));
	p->type = xstrdup("message/rfc822");
	p->disposition = BUILD_ATTACHMENT;
	if (finish(b, &o, name)) {
		has(want, name);
		root = reread();
		if (part_find(root, "2") != NULL &&
		    part_find(root, "2")->encoding == ENCODING_BASE64)
			holds("2", inner, n, "its octets");
		else if (back != NULL)
			has(back, "as it is");
		part_free(root);
	}
	build_free(b);
}

static void
test_forward(void)
{
	static const char ascii[] = "Subject: x\n\nFrom here\n", dos[] = "Subject: x\r\n\r\nbody\r\n",
	    high[] = "Subject: x\n\n\303\274\n", nul[] = "Subject: x\n\n\0\n";
	char longer[1100];

	forward(ascii, sizeof ascii - 1, false,
	    "Content-Type: message/rfc822\nContent-Transfer-Encoding: 7bit\n",
	    "\n\nSubject: x\n\nFrom here\n\n--", "a message as it is");
	forward(dos, sizeof dos - 1, false, "message/rfc822\n",
	    "\n\nSubject: x\n\nbody\n\n--", "with CRLF line ends");
	forward(high, sizeof high - 1, true,
	    "message/rfc822\nContent-Transfer-Encoding: 8bit\n",
	    "\n\nSubject: x\n\n\303\274\n\n--", "8-bit where the transport takes it");
	forward(high, sizeof high - 1, false,
	    "message/global\nContent-Transfer-Encoding: base64\n", NULL,
	    "8-bit where it does not");
	forward(nul, sizeof nul - 1, true, "message/global\n", NULL, "NUL");
	memset(longer, 'x', sizeof longer);
	memcpy(longer, "Subject: ", 9);
	forward(longer, sizeof longer, true, "message/global\n", NULL, "a long line");
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

/* --- Types. --- */

static void
type(const char *name, const char *octets_, size_t n, const char *want)
{
	char *got = type_guess(name, octets_, n);
	char label[100];

	snprintf(label, sizeof label, "%s of %zu octets is %s",
	    name == NULL ? "(no name)" : name, n, want);
	is_string(got, want, label);
	free(got);
}

static void
test_types(void)
{
#define OF(s)	s, sizeof s - 1
	type("a.pdf", OF("%PDF-1.4\n"), "application/pdf");
	type("a.txt", OF("%PDF-1.4\n"), "application/pdf");
	type("a.pdf", OF("just text\n"), "text/plain");
	type("a.pdf", OF("\0\1\2"), "application/octet-stream");
	type("a.txt", OF("text\n"), "text/plain");
	type("a.TXT", OF("text\n"), "text/plain");
	type("a.txt", OF("a\0b"), "application/octet-stream");
	type("a.txt", OF("\377\376a\0"), "application/octet-stream");
	type("a.txt", OF("caf\351\n"), "text/plain");
	type("a.csv", OF("a,b\n"), "text/csv");
	type("/x.y/data.csv", OF("a,b\n"), "text/csv");
	type("x.csv/data", OF("a,b\n"), "text/plain");
	type("a.html", OF("<p>\n"), "text/html");
	type("a.ics", OF("BEGIN:VCALENDAR\n"), "text/calendar");
	type("a.json", OF("{}\n"), "application/json");
	type("a.svg", OF("<svg/>\n"), "image/svg+xml");
	type("a.png", OF("\211PNG\r\n\032\n"), "image/png");
	type("a.jpg", OF("\211PNG\r\n\032\n"), "image/png");
	type("a.png", OF("GIF89a..."), "image/gif");
	type("a", OF("\377\330\377\340"), "image/jpeg");
	type("a.zip", OF("PK\003\004"), "application/zip");
	type("a.odt", OF("PK\003\004"), "application/vnd.oasis.opendocument.text");
	type("a.docx", OF("PK\003\004"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document");
	type("a.docx", OF("not one\n"), "text/plain");
	type("a.pdf", OF("PK\003\004"), "application/zip");
	type("a.doc", OF("\320\317\021\340\241\261\032\341"), "application/msword");
	type("a.doc", OF("text\n"), "text/plain");
	type("a.tar.gz", OF("\037\213\010"), "application/gzip");
	type("a.mp4", OF("\0\0\0\040ftypisom"), "video/mp4");
	type("a.bmp", OF("text\n"), "text/plain");
	type("a.eml", OF("Subject: x\n\n"), "message/rfc822");
	type("a.eml", OF("no message\n"), "text/plain");
	type("Makefile", OF("all:\n"), "text/plain");
	type("x.", OF("t\n"), "text/plain");
	type(".png", OF("t\n"), "text/plain");
	type("", OF("t\n"), "text/plain");
	type(NULL, OF("t\n"), "text/plain");
	type(NULL, OF("\1\2"), "application/octet-stream");
	type(NULL, NULL, 0, "text/plain");
	type("a.multipart", OF("x"), "text/plain");
	type("a.vpm", OF("x"), "text/plain");
	type("a.R\303\274ckenmark", OF("x"), "text/plain");
	type("a.averyveryveryveryveryveryveryverylongextension", OF("x"), "text/plain");
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
	test_subjects();
	test_addresses();
	test_smtputf8();
	test_ids();
	test_unique();
	test_refusals();
	test_authors();
	test_8bit_header();
	test_trees();
	test_lone_file();
	test_depth();
	test_8bit_tree();
	test_names();
	test_descriptions();
	test_forward();
	test_changes();
	test_again();
	test_sizes();
	test_flowed();
	test_types();
	test_late_nul();
	free(message);
	return done();
}
