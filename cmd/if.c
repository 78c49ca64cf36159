/* SPDX-License-Identifier: ISC */
/*
 * if.c -- if, elif, else, endif.
 *
 * Variables are put in here wherever the command stands: a condition that could
 * not look at one would be of no use in a startup file.
 */
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runint.h"
#include "vars.h"
#include "words.h"

enum { COMPARE_NONE, EQUAL, DIFFERENT, MATCHES, N_EQ, N_NE, N_LT, N_LE, N_GT,
    N_GE };

/* --- Comparing. --- */

static int
operator(const char *word)
{
	static const char *const names[] = { "", "==", "!=", "=~", "-eq",
	    "-ne", "-lt", "-le", "-gt", "-ge" };
	size_t i;

	for (i = 1; i < NELEM(names); i++)
		if (strcmp(word, names[i]) == 0)
			return (int)i;
	return COMPARE_NONE;
}

/*
 * regcomp(3) writes `{n}' out, also inside each other: what all together repeat is
 * bounded before it begins.
 */
static bool
repeats_too_much(const char *pattern)
{
	unsigned long long all = 1, n;
	char *end;

	while ((pattern = strchr(pattern, '{')) != NULL) {
		n = strtoull(++pattern, &end, 10);
		if (*end == ',' && ascii_is_digit((unsigned char)end[1]))
			n = strtoull(end + 1, &end, 10);
		if (n > MAX_REPEATS || (n > 1 && (all *= n) > MAX_REPEATS))
			return true;
	}
	return false;
}

static int
match(const char *text, const char *pattern, struct fail *why)
{
	regex_t re;
	int r;

	if (strlen(pattern) > MAX_PATTERN || strlen(text) > MAX_SUBJECT)
		return fail(why, EX_DATAERR, "text or pattern is too long");
	if (repeats_too_much(pattern))
		return fail(why, EX_DATAERR, "%.40s: repeats more than %d times",
		    pattern, MAX_REPEATS);
	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return fail(why, EX_USAGE, "%s: malformed regular expression",
		    pattern);
	r = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return r;
}

static int
number(const char *text, long long *n, struct fail *why)
{
	const char *error;

	*n = strtonum(text, -INT64_MAX, INT64_MAX, &error);
	if (error != NULL)
		return fail(why, EX_USAGE, "%s: number is %s", text, error);
	return 0;
}

static int
compare_numbers(const char *left, int op, const char *right, struct fail *why)
{
	long long a, b;

	if (number(left, &a, why) == -1 || number(right, &b, why) == -1)
		return -1;
	switch (op) {
	case N_EQ:
		return a == b;
	case N_NE:
		return a != b;
	case N_LT:
		return a < b;
	case N_LE:
		return a <= b;
	case N_GT:
		return a > b;
	default:
		return a >= b;
	}
}

static int
compare(const char *left, int op, const char *right, struct fail *why)
{
	switch (op) {
	case EQUAL:
		return strcmp(left, right) == 0;
	case DIFFERENT:
		return strcmp(left, right) != 0;
	case MATCHES:
		return match(left, right, why);
	default:
		return compare_numbers(left, op, right, why);
	}
}

/* --- Conditions. --- */

static int
is_file(struct mailx *m, const char *word)
{
	char *path = words_file(m, word, &m->why);
	int r;

	if (path == NULL)
		return -1;
	r = access(path, F_OK) == 0;
	free(path);
	return r;
}

static bool
is_word(const char *word, const char *whole)
{
	return *word != '\0' &&
	    span_has_prefix(span_of(whole), word);
}

/* s, r, t, or the name of a variable; `text' is the word as it was typed. */
static int
is_true(struct mailx *m, const char *word, const char *text)
{
	const char *name = text, *value;
	struct span s = span_of(text);
	char *copy;

	if (*text == '"' || *text == '\'')
		return *word != '\0' && strcmp(word, "0") != 0;
	if (*text != '$') {
		if (is_word(word, "send"))
			return m->mode == MODE_SEND;
		if (is_word(word, "receive"))
			return m->mode != MODE_SEND;
		if (is_word(word, "terminal"))
			return isatty(STDIN_FILENO);
	} else {
		name++;
		s = span_of(name);
		if (s.n > 1 && *s.p == '{' && s.p[s.n - 1] == '}') {
			s.p++;
			s.n -= 2;
		}
	}
	copy = span_dup(s);
	value = var_get(m, copy);
	free(copy);
	if (value == NULL)
		return *text == '$' && *word != '\0' &&
		    strcmp(word, "0") != 0;
	return strcmp(value, "0") != 0 && strcmp(value, "no") != 0;
}

static int
evaluate(struct mailx *m, const struct strv *w, size_t at, const char *text)
{
	const char *const *v = (const char *const *)w->v + at;
	size_t n = w->n - at;
	int op, r;

	if (n > 1 && strcmp(v[0], "!") == 0) {
		text += strcspn(text, "!") + 1;
		r = evaluate(m, w, at + 1, text + strspn(text, " \t"));
		return r == -1 ? -1 : !r;
	}
	if (n == 1)
		return is_true(m, v[0], text);
	if (n == 2 && strcmp(v[0], "-e") == 0)
		return is_file(m, v[1]);
	if (n == 2 && strcmp(v[0], "-n") == 0)
		return *v[1] != '\0';
	if (n == 2 && strcmp(v[0], "-z") == 0)
		return *v[1] == '\0';
	op = n == 3 ? operator(v[1]) : COMPARE_NONE;
	if (op == COMPARE_NONE)
		return fail(&m->why, EX_USAGE, "%s: not a condition", text);
	return compare(v[0], op, v[2], &m->why);
}

/* 1 true, 0 false, -1. */
static int
condition(struct mailx *m, const char *text)
{
	struct strv words = { 0 };
	const char *p = text;
	int r;

	do
		r = words_next(m, &p, WORDS_EXPAND | WORDS_KEEP_EMPTY, &words,
		    &m->why);
	while (r == 1);
	if (r == 0 && (words.n == 0 || words.n > 10))
		r = fail(&m->why, EX_USAGE, "usage: if condition");
	if (r == 0)
		r = evaluate(m, &words, 0, text);
	strv_free(&words);
	return r;
}

/* --- The commands. --- */

/* s, r or t: a run that only checks the startup files looks into all branches. */
static bool
is_mode(const char *text)
{
	return is_word(text, "send") || is_word(text, "receive") ||
	    is_word(text, "terminal");
}

static int
run_if(struct mailx *m, struct args *a)
{
	bool skips = run_skips(m);
	struct input *in = m->run->input;
	struct branch *b;
	int r;

	if (in->nbranches == MAX_COMMAND_DEPTH)
		return fail(&m->why, EX_DATAERR, "more than %d in each other",
		    MAX_COMMAND_DEPTH);
	r = skips ? 0 : condition(m, a->text);
	b = &in->branches[in->nbranches++];
	b->both = m->run->check && !skips && is_mode(a->text);
	b->active = r == 1 || b->both;
	b->taken = skips || r != 0;
	b->last = false;
	return r == -1 ? -1 : 0;
}

/* The `if' that this belongs to; NULL: none. */
static struct branch *
open_branch(struct mailx *m, bool before_else)
{
	struct input *in = m->run->input;
	struct branch *b;

	if (in->nbranches == 0) {
		fail(&m->why, EX_USAGE, "without if");
		return NULL;
	}
	b = &in->branches[in->nbranches - 1];
	if (before_else && b->last) {
		fail(&m->why, EX_USAGE, "behind else");
		return NULL;
	}
	return b;
}

static int
run_elif(struct mailx *m, struct args *a)
{
	struct branch *b = open_branch(m, true);
	int r;

	if (b == NULL)
		return -1;
	r = b->taken ? 0 : condition(m, a->text);
	b->active = r == 1 || b->both;
	b->taken = b->taken || r != 0;
	return r == -1 ? -1 : 0;
}

static int
run_else(struct mailx *m, struct args *a)
{
	struct branch *b = open_branch(m, true);

	(void)a;
	if (b == NULL)
		return -1;
	b->active = !b->taken || b->both;
	b->taken = b->last = true;
	return 0;
}

static int
run_endif(struct mailx *m, struct args *a)
{
	(void)a;
	if (open_branch(m, false) == NULL)
		return -1;
	m->run->input->nbranches--;
	return 0;
}

const struct cmd cmd_if = {
	.name = "if", .abbreviation = "i", .flags = CMD_STARTUP | CMD_ALWAYS,
	.takes = TAKES_TEXT,
	.usage = "s | r | t | [!] $variable | [!] -e file | text operator text",
	.help = "run what follows, up to elif, else or endif, where the condition holds",
	.run = run_if
};

const struct cmd cmd_elif = {
	.name = "elif", .flags = CMD_STARTUP | CMD_ALWAYS, .takes = TAKES_TEXT,
	.usage = "condition",
	.help = "run what follows where no condition before it held and this one does",
	.run = run_elif
};

const struct cmd cmd_else = {
	.name = "else", .abbreviation = "el", .flags = CMD_STARTUP | CMD_ALWAYS,
	.takes = TAKES_NOTHING,
	.help = "run what follows where no condition before it held",
	.run = run_else
};

const struct cmd cmd_endif = {
	.name = "endif", .abbreviation = "en", .flags = CMD_STARTUP | CMD_ALWAYS,
	.takes = TAKES_NOTHING, .help = "end what if began", .run = run_endif
};
