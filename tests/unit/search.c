/* SPDX-License-Identifier: ISC */
/* search.c -- every search key, found out over an mbox. */
#include "folder.h"
#include "../../mime/date.h"

#define SEPARATOR "From a@b.c Sat Mar 14 09:26:53 2026\n"

static const char mailbox[] =
    SEPARATOR
    "From: =?utf-8?q?J=C3=B6rg_M=C3=BCller?= <jorg@example.org>\n"
    "To: Wei <wei@example.net>, other@example.net\n"
    "Cc: copy@example.net\nBcc: blind@example.net\n"
    "Subject: =?utf-8?b?5Lya6K6u?= Quarterly Report\n"
    "Date: Fri, 13 Mar 2026 23:30:00 -0500\nStatus: RO\nX-Status: AF\n"
    "X-Keywords: work Later\nX-Thing: one\n  two\n"
    "\nThe body has words.\n\n"
    SEPARATOR
    "From: b@example.org\nTo: list@example.net\nSubject: second\n"
    "Date: Sun, 15 Mar 2026 01:00:00 +0000\nList-Id: <list.example.net>\n"
    "Content-Type: multipart/mixed; boundary=x\n"
    "\n--x\nContent-Type: text/plain; charset=utf-8\n"
    "Content-Transfer-Encoding: base64\n\n"
    "R3LDvMOfZSBhdXMgS8O2bG4K\n"
    "--x\nContent-Type: text/html\n\n<p>markup <b>bold</b></p>\n"
    "--x\nContent-Type: application/pdf\n"
    "Content-Disposition: attachment; filename=secret.pdf\n\nGr\xc3\xbc\xc3\x9f" "e\n"
    "--x--\n\n"
    SEPARATOR
    "Subject: third\nX-Status: T\n\n"
    "a long body a long body a long body a long body a long body a long body\n"
    "a long body a long body a long body a long body a long body a long body\n"
    "a long body a long body a long body a long body a long body a long body\n"
    "a long body a long body a long body a long body a long body a long body\n"
    "a long body a long body a long body a long body a long body a long body\n"
    "a long body a long body a long body a long body a long body a long body\n"
    "a long body a long body a long body a long body a long body a long body\n"
    "a long body a long body a long body a long body a long body a long body\n";

static struct store *s;

/* The numbers found, a blank behind each. */
static char *
found_by(const struct search *x, const struct numbers *among)
{
	struct numbers ns = { NULL, 0, 0 };
	char *text;
	size_t len, i;
	FILE *f = xmemstream(&text, &len);

	fail_clear(&why);
	if (store_search(s, x, among, &ns, &why) == -1)
		fprintf(f, "failed %d", why.code);
	for (i = 0; i < ns.n; i++)
		fprintf(f, "%u ", ns.v[i]);
	fclose(f);
	numbers_free(&ns);
	return text;
}

static struct search *
key(enum search_key k, const char *text)
{
	struct search *x = search_new(k);

	x->text = text == NULL ? NULL : xstrdup(text);
	return x;
}

/* Frees the search. */
static void
finds(struct search *x, const char *want, const char *name)
{
	char *got = found_by(x, NULL);

	is_string(got, want, name);
	free(got);
	search_free(x);
}

static struct search *
number(enum search_key k, uint64_t n)
{
	struct search *x = search_new(k);

	x->number = n;
	return x;
}

static struct search *
day(enum search_key k, int year, int month, int d)
{
	struct search *x = search_new(k);

	x->day = date_days(year, month, d);
	return x;
}

static struct search *
header(const char *name, const char *text)
{
	struct search *x = key(SEARCH_HEADER, text);

	x->name = xstrdup(name);
	return x;
}

static void
test_text(void)
{
	finds(key(SEARCH_FROM, "EXAMPLE.ORG"), "1 2 ", "from: address, any case");
	finds(key(SEARCH_FROM, "j\xc3\xb6rg m\xc3\x9c"), "1 ", "from: decoded name");
	finds(key(SEARCH_FROM, "nobody"), "", "from: nobody");
	finds(key(SEARCH_TO, "other"), "1 ", "to: the second");
	finds(key(SEARCH_CC, "copy"), "1 ", "cc");
	finds(key(SEARCH_BCC, "blind"), "1 ", "bcc");
	finds(key(SEARCH_SUBJECT, "\xe4\xbc\x9a\xe8\xae\xae q"), "1 ",
	    "subject: decoded, across words");
	finds(key(SEARCH_SUBJECT, "ir"), "3 ", "subject: a part of a word");
	finds(key(SEARCH_ANY, "wei"), "1 ", "any: to");
	finds(key(SEARCH_ANY, "copy@"), "1 ", "any: cc");
	finds(key(SEARCH_ANY, "THIRD"), "3 ", "any: subject");
	finds(key(SEARCH_ANY, "words"), "", "any: not the body");
	finds(header("x-thing", "one two"), "", "header: as it stands");
	finds(header("x-thing", "TWO"), "1 ", "header: a folded one");
	finds(header("list-id", ""), "2 ", "header: there is one");
	finds(header("none", ""), "", "header: none");
	finds(key(SEARCH_BODY, "words"), "1 ", "body: plain");
	finds(key(SEARCH_BODY, "gr\xc3\xbc\xc3\x9f" "e aus"), "2 ", "body: decoded");
	finds(key(SEARCH_BODY, "MARKUP"), "2 ", "body: HTML");
	finds(key(SEARCH_BODY, "second"), "", "body: not the header");
	finds(key(SEARCH_TEXT, "second"), "2 ", "text: the header too");
	finds(key(SEARCH_TEXT, "words"), "1 ", "text: the body too");
	finds(key(SEARCH_TEXT, "one"), "1 ", "text: any field");
	finds(key(SEARCH_SUBJECT, ""), "1 2 3 ", "nothing is in everything");
}

static void
test_days(void)
{
	setenv("TZ", "UTC", 1);
	finds(day(SEARCH_ON, 2026, 3, 14), "1 2 3 ", "on");
	finds(day(SEARCH_SINCE, 2026, 3, 15), "", "since");
	finds(day(SEARCH_SINCE, 2026, 3, 14), "1 2 3 ", "since: that day too");
	finds(day(SEARCH_BEFORE, 2026, 3, 14), "", "before: not that day");
	finds(day(SEARCH_BEFORE, 2026, 3, 15), "1 2 3 ", "before");
	finds(day(SEARCH_SENT_ON, 2026, 3, 13), "1 ", "sent on, by its own zone");
	finds(day(SEARCH_SENT_SINCE, 2026, 3, 14), "2 ", "sent since");
	finds(day(SEARCH_SENT_BEFORE, 2026, 3, 15), "1 ",
	    "sent before; none without a date");
}

static void
test_others(void)
{
	finds(search_new(SEARCH_ALL), "1 2 3 ", "all");
	finds(number(SEARCH_FLAG, MSG_SEEN), "1 ", "seen");
	finds(number(SEARCH_FLAG, MSG_SEEN | MSG_FLAGGED), "1 ", "two flags");
	finds(number(SEARCH_FLAG, MSG_DRAFT), "3 ", "draft");
	finds(number(SEARCH_FLAG, MSG_DELETED), "", "deleted");
	finds(key(SEARCH_KEYWORD, "later"), "1 ", "keyword");
	finds(key(SEARCH_KEYWORD, "late"), "", "no part of it");
	finds(number(SEARCH_LARGER, 400), "2 3 ", "larger");
	finds(number(SEARCH_SMALLER, 400), "1 ", "smaller");
	finds(number(SEARCH_LARGER, store_msg(s, 3)->size), "",
	    "not larger than itself");
	finds(search_new(SEARCH_ATTACHMENT), "2 ", "attachment");
	finds(search_new(SEARCH_LIST), "2 ", "list");
}

static void
test_sets(void)
{
	static const struct {
		const char	*set, *want;
	} cases[] = {
		{ "1", "" }, { "5", "1 " }, { "5,7", "1 3 " }, { "5:7", "1 2 3 " },
		{ "7:6", "2 3 " }, { "6:*", "2 3 " }, { "*", "" },
		{ "4294967296", "" }, { "", "" }, { "x", "" }, { "5,x", "1 " },
		{ "5:", "1 " }, { ":6", "1 2 " }, { ",", "" },
	};
	size_t i;

	for (i = 0; i < 3; i++)
		s->msgs[i].uid = (uint32_t)(5 + i);
	for (i = 0; i < NELEM(cases); i++)
		finds(key(SEARCH_UID, cases[i].set), cases[i].want, cases[i].set);
}

static void
test_logic(void)
{
	struct numbers among = { NULL, 0, 0 };
	struct search *x;
	char *got;
	int i;

	finds(search_join(SEARCH_AND, key(SEARCH_FROM, "example"),
	    number(SEARCH_FLAG, MSG_SEEN)), "1 ", "and");
	finds(search_join(SEARCH_OR, key(SEARCH_SUBJECT, "third"),
	    number(SEARCH_FLAG, MSG_SEEN)), "1 3 ", "or");
	finds(search_join(SEARCH_NOT, number(SEARCH_FLAG, MSG_SEEN), NULL),
	    "2 3 ", "not");
	finds(search_join(SEARCH_OR, search_join(SEARCH_AND,
	    key(SEARCH_BODY, "long"), search_new(SEARCH_ALL)),
	    search_join(SEARCH_NOT, key(SEARCH_FROM, ""), NULL)), "3 ", "all of them");
	numbers_add(&among, 3);
	numbers_add(&among, 1);
	x = search_new(SEARCH_ALL);
	got = found_by(x, &among);
	is_string(got, "3 1 ", "among some, in their order");
	free(got);
	search_free(x);
	numbers_free(&among);
	x = search_new(SEARCH_ALL);
	for (i = 0; i < 100000; i++)
		x = i % 2 == 0 ? search_join(SEARCH_AND, x,
		    search_new(SEARCH_ALL)) :
		    search_join(SEARCH_OR, search_new(SEARCH_ALL), x);
	search_free(x);
	ok(true, "a deep tree is freed");
}

/* What was loaded before a search is there after it, and the rest is not. */
static void
test_memory(void)
{
	store_envelope(s, 2, &why);
	finds(key(SEARCH_SUBJECT, "second"), "2 ", "a search");
	ok(store_msg(s, 1)->envelope == NULL, "what it loaded is dropped");
	ok(store_msg(s, 2)->envelope != NULL, "what was there is there");
	s->msgs[1].flags |= MSG_GONE;
	finds(search_new(SEARCH_ALL), "1 3 ", "none that is gone");
	finds(key(SEARCH_BODY, "e"), "1 ", "nor its body");
}

int
main(void)
{
	enter();
	setenv("TZ", "UTC", 1);
	write_octets("box", mailbox, sizeof mailbox - 1);
	s = open_folder("box", STORE_READ);
	is_int(s->count, 3, "three messages");
	test_text();
	test_days();
	test_others();
	test_logic();
	test_sets();
	test_memory();
	store_close(s, NULL);
	return done();
}
