/* SPDX-License-Identifier: ISC */
/* expr.c -- search expressions: each is printed as a tree and compared. */

#include <stdlib.h>

#include "../../cmd/expr.h"
#include "../../mime/date.h"
#include "../../store/store.h"
#include "tap.h"

static const char *
flag_name(uint64_t bits)
{
	return bits == MSG_SEEN ? "seen" : bits == MSG_ANSWERED ? "answered" :
	    bits == MSG_FLAGGED ? "flagged" : bits == MSG_DELETED ? "deleted" :
	    bits == MSG_DRAFT ? "draft" : bits == MSG_OLD ? "old" : "?";
}

static void
print(FILE *f, const struct search *x)
{
	static const char *const names[] = { "all", "and", "or", "not", "from",
	    "to", "cc", "bcc", "subject", "header", "body", "text", "any",
	    "since", "before", "on", "sentsince", "sentbefore", "senton",
	    "larger", "smaller", "flag", "keyword", "uid", "attachment",
	    "list" };
	int y, m, d;

	fprintf(f, "(%s", names[x->key]);
	if (x->name != NULL)
		fprintf(f, " %s", x->name);
	if (x->text != NULL)
		fprintf(f, " %s", x->text);
	if (x->key >= SEARCH_SINCE && x->key <= SEARCH_SENT_ON) {
		date_civil(x->day, &y, &m, &d);
		fprintf(f, " %04d-%02d-%02d", y, m, d);
	}
	if (x->key == SEARCH_LARGER || x->key == SEARCH_SMALLER)
		fprintf(f, " %llu", (unsigned long long)x->number);
	if (x->key == SEARCH_FLAG)
		fprintf(f, " %s", flag_name(x->number));
	if (x->left != NULL)
		print(f, x->left);
	if (x->right != NULL)
		print(f, x->right);
	putc(')', f);
}

static char *
tree(const char *text, struct fail *why)
{
	struct search *x;
	char *out;
	size_t n;
	FILE *f;

	fail_clear(why);
	if ((x = expr_parse(text, why)) == NULL)
		return NULL;
	f = xmemstream(&out, &n);
	print(f, x);
	fclose(f);
	search_free(x);
	return out;
}

static void
is(const char *text, const char *want)
{
	struct fail why;
	char *got = tree(text, &why);

	is_string(got, want, text);
	if (got == NULL)
		printf("# %s\n", why.text);
	free(got);
}

static void
refused(const char *text, const char *says)
{
	struct fail why;
	char *got = tree(text, &why);

	ok(got == NULL && why.code == EX_USAGE &&
	    strstr(why.text, says) != NULL, "refused: %.40s", text);
	if (got == NULL)
		printf("# %s\n", why.text);
	free(got);
}

static void
keys(void)
{
	is("from zhang", "(from zhang)");
	is("FROM zhang", "(from zhang)");
	is("subject \"two words\"", "(subject two words)");
	is("subject 'two words'", "(subject two words)");
	is("subject \"a \\\"b\\\" \\\\\"", "(subject a \"b\" \\)");
	is("subject 月报", "(subject 月报)");
	is("header X-Spam yes", "(header X-Spam yes)");
	is("header List-Id \"\"", "(header List-Id )");
	is("header List-Id", "(header List-Id )");
	is("(header List-Id) seen", "(and(header List-Id )(flag seen))");
	is("larger 10k smaller 2M", "(and(larger 10240)(smaller 2097152))");
	is("larger 7", "(larger 7)");
	is("uid 3,5:7,9:*", "(uid 3,5:7,9:*)");
	is("keyword work unkeyword $Junk",
	    "(and(keyword work)(not(keyword $Junk)))");
	is("attachment list all", "(and(attachment)(and(list)(all)))");
	is("unseen", "(not(flag seen))");
	is("new", "(and(not(flag old))(not(flag seen)))");
	is("recent", "(not(flag old))");
	is("old unrecent", "(and(flag old)(flag old))");
	is("UnFlagged answered",
	    "(and(not(flag flagged))(flag answered))");
	is("zhang", "(any zhang)");
	is("\"from\"", "(any from)");
	is("under", "(any under)");
	is("from or", "(from or)");
}

static void
operators(void)
{
	is("from zhang or from bob", "(or(from zhang)(from bob))");
	is("or from zhang from bob", "(or(from zhang)(from bob))");
	is("or (from a) not from b", "(or(from a)(not(from b)))");
	is("seen or from a subject b",
	    "(or(flag seen)(and(from a)(subject b)))");
	is("a or b or c", "(or(any a)(or(any b)(any c)))");
	is("a or or b c", "(or(any a)(or(any b)(any c)))");
	is("not flagged from a", "(and(not(flag flagged))(from a))");
	is("not (a or b)", "(not(or(any a)(any b)))");
	is("not not a", "(not(not(any a)))");
	is("(a or b) c", "(and(or(any a)(any b))(any c))");
	is("a and b", "(and(any a)(any b))");
	is("((a))", "(any a)");
	is("\"or\" \"not\"", "(and(any or)(any not))");
	is("(from a)or(from b)", "(or(from a)(from b))");
}

static void
days(void)
{
	char text[64], want[64];
	struct date now;
	int64_t today;
	int y, m, d;

	is("since 2026-11-20", "(since 2026-11-20)");
	is("before 20-Nov-2026", "(before 2026-11-20)");
	is("on 1-feb-2024", "(on 2024-02-01)");
	is("sentsince 2024-02-29", "(sentsince 2024-02-29)");
	date_now(&now);
	today = (now.epoch + now.zone * 60) / 86400;
	date_civil(today, &y, &m, &d);
	snprintf(want, sizeof want, "(senton %04d-%02d-%02d)", y, m, d);
	is("senton today", want);
	date_civil(today - 1, &y, &m, &d);
	snprintf(want, sizeof want, "(on %04d-%02d-%02d)", y, m, d);
	is("on Yesterday", want);
	date_civil(today - 14, &y, &m, &d);
	snprintf(want, sizeof want, "(since %04d-%02d-%02d)", y, m, d);
	is("since 14d", want);
	is("since 2w", want);
	snprintf(text, sizeof text, "since %04d-%02d-%02d", y, m, d);
	is(text, want);
	refused("since 2026-02-30", "since");
	refused("since 2026-13-01", "since");
	refused("since 31-Nox-2026", "since");
	refused("since tomorrow", "since");
	refused("since d", "since");
	refused("since 99999999999999999999d", "since");
	refused("since", "behind since");
}

/* n times a, then b, then n times c. */
static char *
repeated(const char *a, const char *b, const char *c, int n)
{
	char *text;
	size_t len;
	FILE *f = xmemstream(&text, &len);
	int i;

	for (i = 0; i < n; i++)
		fputs(a, f);
	fputs(b, f);
	for (i = 0; i < n; i++)
		fputs(c, f);
	fclose(f);
	return text;
}

static void
hostile(void)
{
	struct fail why;
	char *text, *got;

	refused("", "empty");
	refused(" \t", "empty");
	refused("from", "behind from");
	refused("(from)", "behind from");
	refused("not", "before the end");
	refused("or a", "before the end");
	refused("a or", "before the end");
	refused("a and", "behind and");
	refused("(a", ") is missing");
	refused("a)", ") without (");
	refused("()", "before )");
	refused("subject \"open", "not closed");
	refused("uid 0", "uid");
	refused("uid 3,", "uid");
	refused("uid 1:2:3", "uid");
	refused("uid *:", "uid");
	refused("larger x", "larger");
	refused("larger 10kk", "larger");
	refused("smaller 99999999999999999999", "smaller");
	refused("header \"a b\" c", "header");
	text = repeated("(", "a", ")", 1000000);
	refused(text, "deep");
	free(text);
	text = repeated("not ", "a", "", 1000000);
	refused(text, "deep");
	free(text);
	text = repeated("or ", "a", " a", 1000000);
	refused(text, "deep");
	free(text);
	text = repeated("a ", "a", "", 1000000);
	refused(text, "long");
	free(text);
	text = repeated("a or ", "a", "", 1000000);
	refused(text, "long");
	free(text);
	text = repeated("a ", "a", "", 900);
	got = tree(text, &why);
	ok(got != NULL, "900 terms");
	free(got);
	free(text);
	text = repeated("(", "a", ")", 90);
	is(text, "(any a)");
	free(text);
}

int
main(void)
{
	keys();
	operators();
	days();
	hostile();
	return done();
}
