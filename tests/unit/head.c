/* SPDX-License-Identifier: ISC */
/* head.c -- header fields: lenient names, folding, what is no field, bounds. */
#include "../../mime/head.h"
#include "hostile.h"

static struct head
parse(const char *text)
{
	struct head h;

	head_parse(&h, xstrdup(text), strlen(text));
	return h;
}

/* "name=body|..." of all fields, bodies unfolded. */
static char *
shown(const struct head *h)
{
	char *out, *body;
	size_t len, i;
	FILE *f = xmemstream(&out, &len);

	for (i = 0; i < h->n; i++) {
		body = head_raw(&h->v[i]);
		fprintf(f, "%.*s=%s|", (int)h->v[i].name.n, h->v[i].name.p, body);
		free(body);
	}
	fclose(f);
	return out;
}

static void
test_fields(void)
{
	static const struct {
		const char	*text, *want;
		unsigned	 defects;
	} t[] = {
		{ "A: b\nC: d\n\nbody", "A=b|C=d|", 0 },
		{ "A: b\r\n  c\r\n\r\n", "A=b  c|", 0 },
		{ "A: b\n\n", "A=b|", 0 },
		{ "A: b", "A=b|", DEFECT_NO_BLANK_LINE },
		{ "", "", DEFECT_NO_BLANK_LINE },
		{ "\nA: b\n", "", 0 },
		{ "From x@y Thu Jan  1 00:00:00 1970\nA: b\n\n", "A=b|", 0 },
		{ "From  : x@y\nA: b\n\n", "From=x@y|A=b|", 0 },
		{ "A: b\nFrom x@y Thu Jan  1 00:00:00 1970\nC: d\n\n", "A=b|C=d|",
		    DEFECT_FIELD },
		{ "Subject  :  x \n\n", "Subject=x|", 0 },
		{ "no field\n goes on\nA: b\n\n", "A=b|", DEFECT_FIELD },
		{ " begins with a blank\nA: b\n\n", "A=b|", DEFECT_FIELD },
		{ ": no name\nA: b\n\n", "A=b|", DEFECT_FIELD },
		{ "A B: c\nA: b\n\n", "A=b|", DEFECT_FIELD },
		{ "A:\n\nB: c\n", "A=|", 0 },
		{ "A:\n \t\nB: c\n\n", "A=|B=c|", 0 },
		{ "A: b\rc\n\n", "A=b\rc|", 0 },
		{ "X-\xc3\xa4: y\n\n", "X-\xc3\xa4=y|", 0 },
	};
	struct head h;
	char *got;
	size_t i;

	for (i = 0; i < NELEM(t); i++) {
		h = parse(t[i].text);
		got = shown(&h);
		is_string(got, t[i].want, t[i].want);
		is_int(h.defects, t[i].defects, "its defects");
		free(got);
		head_free(&h);
	}
}

static void
test_get(void)
{
	struct head h = parse("To: a\nto: b\nTOO: c\nTo : d\n\n");
	const struct field *f = head_get(&h, "TO");
	char *text;

	ok(f == &h.v[0], "the first of that name");
	ok((f = head_again(&h, f)) == &h.v[1], "the second");
	ok((f = head_again(&h, f)) == &h.v[3], "the third");
	ok(head_again(&h, f) == NULL, "no more");
	ok(head_get(&h, "T") == NULL, "none of another name");
	text = head_get_text(&h, "too", NULL);
	is_string(text, "c", "as text");
	free(text);
	head_free(&h);
	h = parse("Subject: =?utf-8?q?a=0Ab=00c?= \xe4\n\n");
	text = head_get_text(&h, "subject", NULL);
	is_string(text, "a b c \xc3\xa4", "decoded; no line break and no NUL come out");
	free(text);
	text = head_get_text(&h, "subject", "iso-8859-5");
	is_string(text, "a b c \xd1\x84", "raw octets are of charset-8bit");
	free(text);
	head_free(&h);
}

static size_t fields, longest;
static unsigned defects;

static void
work(const char *text, size_t len)
{
	char *copy = xmalloc(len);
	struct head h;
	size_t i;
	char *t;

	memcpy(copy, text, len);
	head_parse(&h, copy, len);
	fields = h.n;
	defects = h.defects;
	longest = 0;
	for (i = 0; i < h.n; i++)
		if (h.v[i].body.n > longest)
			longest = h.v[i].body.n;
	if (h.n > 0) {
		t = head_text(&h.v[0], NULL);
		free(t);
	}
	head_free(&h);
}

static void
test_hostile(void)
{
	is_linear(work, "", "A: b\n", 200000, "\n", "200 000 fields");
	ok(fields == MAX_FIELDS && (defects & DEFECT_HEAD_CUT) != 0,
	    "no more than MAX_FIELDS are kept");
	is_linear(work, "", "A: b\n c\n", 20000, "\n", "... folded ones");
	ok(longest == strlen(" b\n c"), "what is left out does not go on the last");
	is_linear(work, "A: b\n", " c\n", 200000, "\n", "200 000 folded lines");
	is_linear(work, "A: ", "0123456789", 2000000, "\n\n", "a line of 20 MB");
	ok(longest <= MAX_FIELD_SIZE && (defects & DEFECT_HEAD_CUT) != 0,
	    "a field is cut at MAX_FIELD_SIZE");
	is_linear(work, "A: ", " x\n ", 2000000, "\n\n", "folded to 8 MB");
	ok(longest <= MAX_FIELD_SIZE, "... cut too");
	is_linear(work, "Subject:", " =?utf-8?q?a?=", 10000, "\n\n",
	    "10 000 encoded words");
	is_linear(work, "Subject: ", "=?", 200000, "\n\n",
	    "beginnings of words without an end");
}

int
main(void)
{
	test_fields();
	test_get();
	test_hostile();
	return done();
}
