/* SPDX-License-Identifier: ISC */
/* addr.c -- addresses: read leniently, checked strictly, printed so that they are read the same. */
#include "../../mime/addr.h"
#include "../../mime/head.h"
#include "hostile.h"

/* "name <addr>|" of all. */
static char *
shown(const struct addrs *as)
{
	char *out;
	size_t len, i;
	FILE *f = xmemstream(&out, &len);

	for (i = 0; i < as->n; i++)
		fprintf(f, "%s<%s>|", as->v[i].name == NULL ? "" :
		    as->v[i].name, as->v[i].addr);
	fclose(f);
	return out;
}

static void
test_reading(void)
{
	static const struct {
		const char	*text, *want;
		bool		 defect;
	} t[] = {
		{ "a@b", "<a@b>|", false },
		{ "Joe Q. Public <j@x>, k@y", "Joe Q. Public<j@x>|<k@y>|", false },
		{ "\"a, b\" <c@d>", "a, b<c@d>|", false },
		{ "\"q\\\"q\" <c@d>", "q\"q<c@d>|", false },
		{ "c@d (Joe)", "Joe<c@d>|", false },
		{ "c@d (J \\) (o))", "J ) (o)<c@d>|", false },
		{ "Joe <a@b> Ann <c@d>", "Joe<a@b>|", true },
		{ "(not a name) c(o)@(t)d", "<c@d>|", false },
		{ "joe", "<joe>|", false },
		{ "joe, ,ann", "<joe>|<ann>|", false },
		{ "G: a@b, C <d@e>;, f@g", "<a@b>|C<d@e>|<f@g>|", false },
		{ "undisclosed-recipients:;", "", false },
		{ "<@r1,@r2:a@b>", "<a@b>|", false },
		{ "\"simple\"@x", "<simple@x>|", false },
		{ "\"a b\"@x", "<\"a b\"@x>|", false },
		{ "\"a..b\"@x", "<\"a..b\"@x>|", false },
		{ "a . b @ c . d", "<a.b@c.d>|", false },
		{ "a@[127.0.0.1]", "<a@[127.0.0.1]>|", false },
		{ "a@b c@d", "<a@b>|", true },
		{ "a b c", "<\"a b c\">|", true },
		{ "a b@c", "<\"a b\"@c>|", true },
		{ "<a@b", "<a@b>|", true },
		{ "a@b>", "<a@b>|", true },
		{ "Name <>", "Name<>|", true },
		{ "<>", "", true },
		{ "(only a comment)", "", false },
		{ "(unclosed a@b", "", true },
		{ "\"unclosed <a@b>", "\"unclosed<a@b>|", false },
		{ "a@b\n c@d", "<a@b>|", true },
		{ "<a;b@c>", "<a>|", true },
		/* The address is shown, whatever the name says. */
		{ "\"boss@example.com\" <a@evil>", "boss@example.com<a@evil>|", false },
		{ "boss@example.com <a@evil>", "boss@example.com<a@evil>|", false },
		/* Words are decoded in names, never in an addr-spec. */
		{ "=?utf-8?q?J=C3=B6rg?= <a@b>", "J\xc3\xb6rg<a@b>|", false },
		{ "=?utf-8?q?a=40evil?=@b", "<=?utf-8?q?a=40evil?=@b>|", false },
		{ "<=?utf-8?q?a?=@b>", "<=?utf-8?q?a?=@b>|", false },
		{ "=?utf-8?q?a=2C_b=3Cc=40d=3E?= <e@f>", "a, b<c@d><e@f>|", false },
		{ "=?utf-8?q?a=0D=0ABcc=3A_x?= <e@f>", "a  Bcc: x<e@f>|", false },
		{ "\xc3\xa4@\xc3\xb6", "<\xc3\xa4@\xc3\xb6>|", false },
	};
	struct addrs as;
	char *got;
	size_t i;

	for (i = 0; i < NELEM(t); i++) {
		memset(&as, 0, sizeof as);
		addrs_parse(&as, span_of(t[i].text), NULL);
		got = shown(&as);
		is_string(got, t[i].want, t[i].text);
		ok(((as.defects & DEFECT_ADDRESS) != 0) == t[i].defect,
		    "... %s", t[i].defect ? "with a defect" : "sound");
		free(got);
		addrs_free(&as);
	}
}

static void
test_nul(void)
{
	static const char text[] = "\"a\\\0\"@b, c\0d@e";
	struct span s = { text, sizeof text - 1 };
	struct addrs as = { 0 };
	char *got;

	addrs_parse(&as, s, NULL);
	got = shown(&as);
	is_string(got, "<a@b>|<\"c d\"@e>|", "NUL goes");
	free(got);
	addrs_free(&as);
}

static void
test_checking(void)
{
	static const struct {
		const char	*addr;
		bool		 ascii, utf8;
	} t[] = {
		{ "a@b", true, true }, { "joe", true, true },
		{ "a.b+c@d-e.f", true, true }, { "\"a b\"@c", true, true },
		{ "a@[IPv6:::1]", true, true }, { "\xc3\xa4@b", false, true },
		{ "a@\xc3\xa4", false, true }, { "", false, false },
		{ "|cmd", false, false }, { "/file", false, false },
		{ "+folder", false, false }, { "-oQ/tmp", false, false },
		{ "@file", false, false }, { "a@b;id", false, false },
		{ "$(id)", false, false }, { "a@b\nBcc: c@d", false, false },
		{ "a\rb@c", false, false }, { "a@b\x1b", false, false },
		{ "a@", false, false }, { "a@b..c", false, false },
		{ "a..b@c", false, false }, { ".a@b", false, false },
		{ "a b@c", false, false }, { "a@b c", false, false },
		{ "<a@b>", false, false }, { "a@-b", false, false },
		{ "\"a@b", false, false }, { "a@b,c@d", false, false },
	};
	struct fail why;
	size_t i;

	for (i = 0; i < NELEM(t); i++) {
		fail_clear(&why);
		ok((addr_check(span_of(t[i].addr), false, &why) == 0) ==
		    t[i].ascii, "check \"%s\"", i == 15 || i == 16 || i == 17 ?
		    "controls" : t[i].addr);
		ok(t[i].ascii || why.code == EX_DATAERR, "... EX_DATAERR");
		fail_clear(&why);
		ok((addr_check(span_of(t[i].addr), true, &why) == 0) ==
		    t[i].utf8, "... with SMTPUTF8");
	}
}

/* What is printed is read as it was. */
static void
test_printing(void)
{
	static const char *const names[] = { "Joe", "Joe Q. Public", "a, b",
		"a \"b\" \\c", "=?utf-8?q?x?=", "J\xc3\xb6rg", "a@b", "<x>", "(c)",
		"two  blanks", ";", "a:b" };
	char addr[] = "x@y";
	struct addr a = { NULL, addr };
	struct addrs as;
	char *text;
	size_t i, k;

	text = addr_display(&a);
	is_string(text, "x@y", "without a name");
	free(text);
	for (i = 0; i < NELEM(names); i++) {
		a.name = xstrdup(names[i]);
		for (k = 0; k < 2; k++) {
			if (k == 0 && strstr(names[i], "=?") != NULL)
				continue;
			text = k == 0 ? addr_display(&a) : addr_header(&a);
			memset(&as, 0, sizeof as);
			addrs_parse(&as, span_of(text), NULL);
			ok(as.n == 1 && as.v[0].name != NULL &&
			    strcmp(as.v[0].name, names[i]) == 0 &&
			    strcmp(as.v[0].addr, "x@y") == 0, "%s", text);
			free(text);
			addrs_free(&as);
		}
		free(a.name);
	}
}

static void
test_has(void)
{
	struct addrs as = { 0 };

	addrs_add(&as, "N", "Joe@Example.org");
	addrs_add(&as, NULL, "local");
	addrs_add(&as, "nobody", "");
	is_int((long long)as.n, 2, "an empty address is not added");
	ok(addrs_has(&as, "Joe@example.ORG"), "the domain has no case");
	ok(!addrs_has(&as, "joe@example.org"), "the local part has");
	ok(addrs_has(&as, "local") && !addrs_has(&as, "loca"), "local names");
	addrs_free(&as);
}

static size_t count;

static void
work(const char *text, size_t len)
{
	struct span s = { text, len };
	struct addrs as = { 0 };

	addrs_parse(&as, s, NULL);
	count = as.n;
	addrs_free(&as);
}

static void
test_hostile(void)
{
	is_linear(work, "", "a@b,", 100000, "", "200 000 addresses");
	is_int((long long)count, MAX_ADDRS, "MAX_ADDRS are kept");
	is_linear(work, "", "(", 200000, "a@b", "200 000 open comments");
	is_linear(work, "", "()", 200000, "a@b", "200 000 comments");
	is_linear(work, "", "\"", 200001, "a@b", "200 001 quotes");
	is_linear(work, "", "<", 200000, "a@b", "200 000 open brackets");
	is_linear(work, "", "[", 200000, "a@b", "200 000 open literals");
	is_linear(work, "", "a:", 200000, ";", "200 000 groups");
	is_linear(work, "", "=?utf-8?q?a?= ", 10000, "<a@b>", "10 000 words");
	is_linear(work, "", "a.", 200000, "@b", "a long local part");
	is_linear(work, "", "\\", 200000, "", "backslashes");
	is_linear(work, "", "<\"", 100000, "", "brackets and quotes");
	is_linear(work, "", "<[", 100000, "", "brackets and literals");
}

int
main(void)
{
	test_reading();
	test_nul();
	test_checking();
	test_printing();
	test_has();
	test_hostile();
	return done();
}
