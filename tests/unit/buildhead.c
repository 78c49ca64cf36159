/* SPDX-License-Identifier: ISC */
/* buildhead.c -- composing: header fields, addresses, ids; what is refused. */
#include "../../mime/date.h"
#include "building.h"

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

int
main(void)
{
	test_subjects();
	test_addresses();
	test_smtputf8();
	test_ids();
	test_unique();
	test_refusals();
	test_authors();
	test_8bit_header();
	free(message);
	return done();
}
