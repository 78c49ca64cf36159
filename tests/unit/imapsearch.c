/* SPDX-License-Identifier: ISC */
/* imapsearch.c -- search trees as SEARCH keys: what is said, and what cannot be. */
#include <stdlib.h>

#include "../../store/imap.h"
#include "tap.h"

static struct search
leaf(enum search_key key, const char *text)
{
	struct search x = { .key = key, .text = (char *)(uintptr_t)text };

	return x;
}

static struct search
join(enum search_key key, struct search *a, struct search *b)
{
	struct search x = { .key = key, .left = a, .right = b };

	return x;
}

/* The keys, literals as {n}text; NULL where the server cannot say it. */
static char *
print(const struct search *x, enum search_fit *fit, bool *is_8bit)
{
	struct imap_line l;
	char *text;
	size_t len, i, at = 0;
	FILE *f;

	imap_line_init(&l);
	*fit = search_print(x, &l);
	fflush(l.f);
	*is_8bit = l.is_8bit;
	f = xmemstream(&text, &len);
	for (i = 0; i < l.nliterals; i++) {
		fprintf(f, "%.*s{%zu}", (int)(l.literals[i].at - at),
		    l.text + at, l.literals[i].n);
		at = l.literals[i].at;
	}
	fputs(l.text + at, f);
	fclose(f);
	imap_line_free(&l);
	return text;
}

static void
check(const struct search *x, enum search_fit want_fit, const char *want,
    const char *name)
{
	enum search_fit fit;
	bool is_8bit;
	char *got;

	got = print(x, &fit, &is_8bit);
	is_int(fit, want_fit, name);
	is_string(got, want, name);
	is_int(is_8bit, strchr(want, '{') != NULL, "8-bit text is noticed");
	free(got);
}

static void
test_leaves(void)
{
	struct search x;

	x = leaf(SEARCH_ALL, NULL);
	check(&x, FIT_EXACT, "ALL", "all");
	x = leaf(SEARCH_FROM, "joe");
	check(&x, FIT_EXACT, "FROM \"joe\"", "from");
	x = leaf(SEARCH_SUBJECT, "a \"b\" \\c");
	check(&x, FIT_EXACT, "SUBJECT \"a \\\"b\\\" \\\\c\"", "quoting");
	x = leaf(SEARCH_SUBJECT, "月报");
	check(&x, FIT_EXACT, "SUBJECT {6}月报", "a literal");
	x = leaf(SEARCH_ANY, "x");
	check(&x, FIT_EXACT,
	    "OR OR OR FROM \"x\" TO \"x\" CC \"x\" SUBJECT \"x\"", "any");
	x = leaf(SEARCH_HEADER, "");
	x.name = (char *)(uintptr_t)"X-Spam";
	check(&x, FIT_EXACT, "HEADER \"X-Spam\" \"\"", "header exists");
	x = leaf(SEARCH_LIST, NULL);
	check(&x, FIT_EXACT, "HEADER \"List-Id\" \"\"", "list");
	x = leaf(SEARCH_KEYWORD, "work");
	check(&x, FIT_EXACT, "KEYWORD work", "keyword");
	x = leaf(SEARCH_KEYWORD, "a b");
	check(&x, FIT_EXACT, "NOT ALL", "what is no keyword");
	x = leaf(SEARCH_UID, "4:7,9:*");
	check(&x, FIT_EXACT, "UID 4:7,9:*", "uids");
	x = leaf(SEARCH_UID, "4 FLAGGED");
	check(&x, FIT_NONE, "", "what are no uids");
	x = leaf(SEARCH_ATTACHMENT, NULL);
	check(&x, FIT_NONE, "", "attachment");
	x = leaf(SEARCH_BODY, NULL);
	check(&x, FIT_NONE, "", "a text is missing");
}

static void
test_numbers(void)
{
	struct search x;

	x = leaf(SEARCH_SINCE, NULL);
	x.day = date_days(2026, 11, 5);
	check(&x, FIT_EXACT, "SINCE 5-Nov-2026", "since");
	x.key = SEARCH_SENT_BEFORE;
	check(&x, FIT_EXACT, "SENTBEFORE 5-Nov-2026", "sentbefore");
	x = leaf(SEARCH_LARGER, NULL);
	x.number = 10240;
	check(&x, FIT_EXACT, "LARGER 10240", "larger");
	x.number = (uint64_t)1 << 33;
	check(&x, FIT_MORE, "LARGER 4294967295", "larger than a number is");
	x.key = SEARCH_SMALLER;
	check(&x, FIT_MORE, "ALL", "smaller than all may be");
	x = leaf(SEARCH_FLAG, NULL);
	x.number = MSG_SEEN | MSG_FLAGGED;
	check(&x, FIT_EXACT, "(SEEN FLAGGED)", "flags");
	x.number = 0;
	check(&x, FIT_EXACT, "(ALL)", "no flags");
	x.number = MSG_SAVED;
	check(&x, FIT_NONE, "", "a flag of the session alone");
}

static void
test_trees(void)
{
	struct search from = leaf(SEARCH_FROM, "a"), att, to = leaf(SEARCH_TO, "b");
	struct search big = leaf(SEARCH_LARGER, NULL), x, y, z;

	att = leaf(SEARCH_ATTACHMENT, NULL);
	big.number = (uint64_t)1 << 40;
	x = join(SEARCH_AND, &from, &to);
	check(&x, FIT_EXACT, "(FROM \"a\" TO \"b\")", "and");
	y = join(SEARCH_NOT, &x, NULL);
	check(&y, FIT_EXACT, "NOT (FROM \"a\" TO \"b\")", "not and");
	x = join(SEARCH_OR, &from, &to);
	check(&x, FIT_EXACT, "OR FROM \"a\" TO \"b\"", "or");
	y = join(SEARCH_AND, &x, &att);
	check(&y, FIT_MORE, "OR FROM \"a\" TO \"b\"", "and attachment narrows");
	y = join(SEARCH_AND, &att, &x);
	check(&y, FIT_MORE, "OR FROM \"a\" TO \"b\"", "... either way round");
	y = join(SEARCH_OR, &x, &att);
	check(&y, FIT_NONE, "", "or attachment does not");
	y = join(SEARCH_NOT, &att, NULL);
	check(&y, FIT_NONE, "", "nor not attachment");
	z = join(SEARCH_AND, &from, &y);
	check(&z, FIT_MORE, "FROM \"a\"", "and not attachment narrows");
	y = join(SEARCH_NOT, &big, NULL);
	check(&y, FIT_NONE, "", "the opposite of too many");
	y = join(SEARCH_AND, &from, &big);
	check(&y, FIT_MORE, "(FROM \"a\" LARGER 4294967295)", "and too many");
	y = join(SEARCH_AND, &att, &att);
	check(&y, FIT_NONE, "", "nothing is left");
}

static void
test_long_chain(void)
{
	static struct search all[2 * MAX_EXPR_TERMS];
	enum search_fit fit;
	bool is_8bit;
	size_t i;
	char *got;

	all[0] = leaf(SEARCH_FROM, "a");
	for (i = 1; i + 1 < NELEM(all); i += 2) {
		all[i] = leaf(SEARCH_TO, "b");
		all[i + 1] = join(SEARCH_AND, &all[i - 1], &all[i]);
	}
	got = print(&all[i - 1], &fit, &is_8bit);
	is_int(fit, FIT_EXACT, "a chain of a thousand terms");
	ok(strlen(got) > MAX_EXPR_TERMS * 6, "... is printed");
	free(got);
}

int
main(void)
{
	test_leaves();
	test_numbers();
	test_trees();
	test_long_chain();
	return done();
}
