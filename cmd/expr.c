/* SPDX-License-Identifier: ISC */
/*
 * expr.c -- search expressions as people type them: IMAP's SEARCH keys
 * (RFC 9051 6.4.4) in any case, with dates and sizes that can be typed.
 *
 *	any  := all { "or" all }
 *	all  := term { ["and"] term }
 *	term := "not" term | "or" term term | "(" any ")" | key [argument] | word
 *
 * `or' behind a term stands between two sides, elsewhere in front of two terms,
 * as IMAP has it.  A quoted word is always text.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../mime/date.h"
#include "../store/store.h"
#include "expr.h"

#define MAX_DAYS	1000000
#define TOKEN_SHOWN	100

enum token { T_END, T_WORD, T_TEXT, T_OPEN, T_CLOSE };

struct parser {
	const char	*p;
	enum token	 token;
	char		*text;		/* owned: of T_WORD and T_TEXT */
	unsigned	 depth;
	unsigned	 terms;
	struct fail	*why;
};

/* --- Tokens. --- */

static int
quoted(struct parser *x)
{
	char mark = *x->p++, *out;

	out = x->text = xmalloc(strlen(x->p) + 1);
	for (; *x->p != mark; x->p++) {
		if (*x->p == '\\' && x->p[1] != '\0')
			x->p++;
		if (*x->p == '\0')
			return fail(x->why, EX_USAGE, "expression: the quote %c is "
			    "not closed", mark);
		*out++ = *x->p;
	}
	*out = '\0';
	x->p++;
	x->token = T_TEXT;
	return 0;
}

static int
next(struct parser *x)
{
	size_t n;

	free(x->text);
	x->text = NULL;
	while (ascii_is_space((unsigned char)*x->p))
		x->p++;
	switch (*x->p) {
	case '\0':
		x->token = T_END;
		return 0;
	case '(':
	case ')':
		x->token = *x->p++ == '(' ? T_OPEN : T_CLOSE;
		return 0;
	case '"':
	case '\'':
		return quoted(x);
	default:
		n = strcspn(x->p, " \t\r\n\f\v()");
		x->text = xstrndup(x->p, n);
		x->p += n;
		x->token = T_WORD;
		return 0;
	}
}

static bool
is_word(const struct parser *x, const char *word)
{
	return x->token == T_WORD && strcasecmp(x->text, word) == 0;
}

static bool
is_text(const struct parser *x)
{
	return x->token == T_WORD || x->token == T_TEXT;
}

/* --- Keys. --- */

enum argument { NONE, TEXT, NAME_TEXT, DAY, SIZE, SET };

static const struct key {
	const char	*name;
	enum search_key	 key;
	enum argument	 argument;
} keys[] = {
	{ "all", SEARCH_ALL, NONE },
	{ "attachment", SEARCH_ATTACHMENT, NONE },
	{ "bcc", SEARCH_BCC, TEXT },
	{ "before", SEARCH_BEFORE, DAY },
	{ "body", SEARCH_BODY, TEXT },
	{ "cc", SEARCH_CC, TEXT },
	{ "from", SEARCH_FROM, TEXT },
	{ "header", SEARCH_HEADER, NAME_TEXT },
	{ "keyword", SEARCH_KEYWORD, TEXT },
	{ "larger", SEARCH_LARGER, SIZE },
	{ "list", SEARCH_LIST, NONE },
	{ "on", SEARCH_ON, DAY },
	{ "sentbefore", SEARCH_SENT_BEFORE, DAY },
	{ "senton", SEARCH_SENT_ON, DAY },
	{ "sentsince", SEARCH_SENT_SINCE, DAY },
	{ "since", SEARCH_SINCE, DAY },
	{ "smaller", SEARCH_SMALLER, SIZE },
	{ "subject", SEARCH_SUBJECT, TEXT },
	{ "text", SEARCH_TEXT, TEXT },
	{ "to", SEARCH_TO, TEXT },
	{ "uid", SEARCH_UID, SET }
};

static const struct key *
find_key(const char *word)
{
	size_t i;

	for (i = 0; i < NELEM(keys); i++)
		if (strcasecmp(keys[i].name, word) == 0)
			return &keys[i];
	return NULL;
}

static struct search *
flag(uint32_t bit, bool set)
{
	struct search *x = search_new(SEARCH_FLAG);

	x->number = bit;
	return set ? x : search_join(SEARCH_NOT, x, NULL);
}

/* seen, unseen, ...; NULL: it is none. */
static struct search *
flag_key(const char *word)
{
	static const struct { const char *name; uint32_t bit; } flags[] = {
		{ "seen", MSG_SEEN }, { "answered", MSG_ANSWERED },
		{ "flagged", MSG_FLAGGED }, { "deleted", MSG_DELETED },
		{ "draft", MSG_DRAFT }, { "old", MSG_OLD }
	};
	bool set = strncasecmp(word, "un", 2) != 0;
	struct search *x;
	size_t i;

	word += set ? 0 : 2;
	for (i = 0; i < NELEM(flags); i++)
		if (strcasecmp(word, flags[i].name) == 0)
			return flag(flags[i].bit, set);
	if (strcasecmp(word, "recent") == 0)
		return flag(MSG_OLD, !set);
	if (strcasecmp(word, "new") != 0)
		return NULL;
	x = search_join(SEARCH_AND, flag(MSG_OLD, false),
	    flag(MSG_SEEN, false));
	return set ? x : search_join(SEARCH_NOT, x, NULL);
}

/* --- Arguments. --- */

/* Today where we are. */
static int64_t
today(void)
{
	struct date d;
	int64_t local;

	date_now(&d);
	local = d.epoch + d.zone * 60;
	return local / 86400 - (local % 86400 < 0);
}

/* Digits as a number; -1 where it is none. */
static long long
digits(const char *text, size_t n, long long most)
{
	char copy[24];
	const char *error;
	long long number;

	if (n == 0 || n >= sizeof copy || strspn(text, "0123456789") < n)
		return -1;
	memcpy(copy, text, n);
	copy[n] = '\0';
	number = strtonum(copy, 0, most, &error);
	return error == NULL ? number : -1;
}

static int
month_of(struct span name)
{
	static const char *const months[] = { "jan", "feb", "mar", "apr",
	    "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec" };
	size_t i;

	for (i = 0; i < NELEM(months); i++)
		if (span_ieq(name, months[i]))
			return (int)i + 1;
	return -1;
}

static int
civil(long long year, long long month, long long day, int64_t *days)
{
	int y, m, d;

	if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 ||
	    day > 31)
		return -1;
	*days = date_days((int)year, (int)month, (int)day);
	date_civil(*days, &y, &m, &d);
	return d == day ? 0 : -1;	/* 31-Feb is no day */
}

/* 2026-11-20 or 20-Nov-2026 */
static int
read_date(const char *text, int64_t *days)
{
	size_t a = strcspn(text, "-"), b;
	const char *middle, *last;
	struct span month;

	if (text[a] == '\0')
		return -1;
	middle = text + a + 1;
	b = strcspn(middle, "-");
	if (middle[b] == '\0')
		return -1;
	last = middle + b + 1;
	if (a == 4)
		return civil(digits(text, 4, 9999), digits(middle, b, 12),
		    digits(last, strlen(last), 31), days);
	month.p = middle;
	month.n = b;
	return civil(digits(last, strlen(last), 9999), month_of(month),
	    digits(text, a, 31), days);
}

/* today, yesterday, 7d, 2w, or a date */
static int
read_day(const char *text, int64_t *days)
{
	size_t n = strlen(text);
	long long ago;

	if (strcasecmp(text, "today") == 0)
		ago = 0;
	else if (strcasecmp(text, "yesterday") == 0)
		ago = 1;
	else if (n > 1 && strchr("dDwW", text[n - 1]) != NULL) {
		ago = digits(text, n - 1, MAX_DAYS);
		if (ago == -1)
			return -1;
		if (ascii_lower(text[n - 1]) == 'w')
			ago *= 7;
	} else
		return read_date(text, days);
	*days = today() - ago;
	return 0;
}

static int
read_size(const char *text, uint64_t *size)
{
	static const char units[] = "kmg";
	size_t n = strspn(text, "0123456789");
	long long number = digits(text, n, INT64_MAX >> 30);
	const char *unit;

	if (number == -1)
		return -1;
	*size = (uint64_t)number;
	if (text[n] == '\0')
		return 0;
	unit = strchr(units, ascii_lower(text[n]));
	if (unit == NULL || text[n + 1] != '\0')
		return -1;
	*size <<= 10 * (unit - units + 1);
	return 0;
}

/* 3 5:7 9:* with commas between, as IMAP has them; 0 is no UID. */
static bool
is_set(const char *text)
{
	size_t n;
	int i;

	for (;;) {
		for (i = 0; i < 2; i++) {
			n = *text == '*' ? 1 : strspn(text, "0123456789");
			if (*text != '*' && digits(text, n, UINT32_MAX) < 1)
				return false;
			text += n;
			if (i == 0 && *text != ':')
				break;
			if (i == 0)
				text++;
		}
		if (*text == '\0')
			return true;
		if (*text++ != ',')
			return false;
	}
}

static int
read_argument(struct parser *x, const struct key *k, struct search *s)
{
	bool fine = true;

	switch (k->argument) {
	case DAY:
		fine = read_day(x->text, &s->day) == 0;
		break;
	case SIZE:
		fine = read_size(x->text, &s->number) == 0;
		break;
	case SET:
		fine = is_set(x->text);
		break;
	case NAME_TEXT:
		fine = *x->text != '\0' && strpbrk(x->text, ": \t\r\n") == NULL;
		s->name = xstrdup(x->text);
		break;
	case TEXT:
	case NONE:
		break;
	}
	if (!fine)
		return fail(x->why, EX_USAGE, "expression: %.*s: not understood "
		    "behind %s", TOKEN_SHOWN, x->text, k->name);
	if (k->argument == TEXT || k->argument == SET)
		s->text = xstrdup(x->text);
	return next(x);
}

/* Behind a key: what it asks for. */
static int
read_arguments(struct parser *x, const struct key *k, struct search *s)
{
	if (k->argument == NONE)
		return 0;
	if (!is_text(x))
		return fail(x->why, EX_USAGE, "expression: nothing stands behind %s",
		    k->name);
	if (read_argument(x, k, s) == -1)
		return -1;
	if (k->argument != NAME_TEXT)
		return 0;
	/* A field alone: that it is there. */
	s->text = xstrdup(is_text(x) ? x->text : "");
	return is_text(x) ? next(x) : 0;
}

/* --- Terms. --- */

/* Operands of one operator, joined to a tree of little depth. */
struct operands {
	struct search	**v;		/* owned, each too */
	size_t		 n;
	size_t		 cap;
};

static void
add(struct operands *o, struct search *s)
{
	o->v = xgrow(o->v, o->n, &o->cap, sizeof(*o->v));
	o->v[o->n++] = s;
}

static struct search *
join(enum search_key key, struct search **v, size_t n)
{
	if (n == 1)
		return v[0];
	return search_join(key, join(key, v, n / 2),
	    join(key, v + n / 2, n - n / 2));
}

static struct search *
finish(struct operands *o, enum search_key key, bool failed)
{
	struct search *s = NULL;
	size_t i;

	if (!failed)
		s = join(key, o->v, o->n);
	for (i = 0; failed && i < o->n; i++)
		search_free(o->v[i]);
	free(o->v);
	return s;
}

static struct search	*parse_any(struct parser *x);
static struct search	*parse_term(struct parser *x);

static struct search *
key_term(struct parser *x)
{
	const struct key *k = x->token == T_WORD ? find_key(x->text) : NULL;
	struct search *s = x->token == T_WORD ? flag_key(x->text) : NULL;
	bool negative = false;

	if (s != NULL)
		return next(x) == 0 ? s : (search_free(s), NULL);
	if (is_word(x, "unkeyword")) {
		negative = true;
		k = find_key("keyword");
	}
	s = search_new(k == NULL ? SEARCH_ANY : k->key);
	if (k == NULL)
		s->text = xstrdup(x->text);
	if (next(x) == -1 || (k != NULL && read_arguments(x, k, s) == -1)) {
		search_free(s);
		return NULL;
	}
	return negative ? search_join(SEARCH_NOT, s, NULL) : s;
}

static struct search *
negated_term(struct parser *x)
{
	struct search *s = next(x) == 0 ? parse_term(x) : NULL;

	return s == NULL ? NULL : search_join(SEARCH_NOT, s, NULL);
}

static struct search *
either_term(struct parser *x)
{
	struct search *a = next(x) == 0 ? parse_term(x) : NULL, *b;

	if (a == NULL)
		return NULL;
	if ((b = parse_term(x)) == NULL) {
		search_free(a);
		return NULL;
	}
	return search_join(SEARCH_OR, a, b);
}

static struct search *
parenthesis(struct parser *x)
{
	struct search *s = next(x) == 0 ? parse_any(x) : NULL;

	if (s == NULL)
		return NULL;
	if (x->token != T_CLOSE)
		fail(x->why, EX_USAGE, "expression: ) is missing");
	else if (next(x) == 0)
		return s;
	search_free(s);
	return NULL;
}

static struct search *
parse_term(struct parser *x)
{
	struct search *s = NULL;

	if (x->depth >= MAX_EXPR_DEPTH || ++x->terms > MAX_EXPR_TERMS) {
		fail(x->why, EX_USAGE, "the expression is too %s",
		    x->depth >= MAX_EXPR_DEPTH ? "deep" : "long");
		return NULL;
	}
	x->depth++;
	if (x->token == T_OPEN)
		s = parenthesis(x);
	else if (is_word(x, "not"))
		s = negated_term(x);
	else if (is_word(x, "or"))
		s = either_term(x);
	else if (is_text(x))
		s = key_term(x);
	else
		fail(x->why, EX_USAGE, "expression: something is missing before %s",
		    x->token == T_CLOSE ? ")" : "the end");
	x->depth--;
	return s;
}

static bool
ends_all(const struct parser *x)
{
	return x->token == T_END || x->token == T_CLOSE || is_word(x, "or");
}

static struct search *
parse_all(struct parser *x)
{
	struct operands o = { NULL, 0, 0 };
	struct search *s;

	do {
		s = parse_term(x);
		if (s != NULL)
			add(&o, s);
		if (s != NULL && is_word(x, "and")) {
			if (next(x) == -1)
				s = NULL;
			else if (ends_all(x)) {
				fail(x->why, EX_USAGE,
				    "expression: nothing stands behind and");
				s = NULL;
			}
		}
	} while (s != NULL && !ends_all(x));
	return finish(&o, SEARCH_AND, s == NULL);
}

static struct search *
parse_any(struct parser *x)
{
	struct operands o = { NULL, 0, 0 };
	struct search *s;
	bool more;

	do {
		s = parse_all(x);
		if (s != NULL)
			add(&o, s);
		more = s != NULL && is_word(x, "or");
		if (more && next(x) == -1)
			s = NULL;
	} while (more && s != NULL);
	return finish(&o, SEARCH_OR, s == NULL);
}

struct search *
expr_parse(const char *text, struct fail *why)
{
	struct parser x = { text, T_END, NULL, 0, 0, why };
	struct search *s = NULL;

	if (text[strspn(text, " \t\r\n\f\v")] == '\0')
		fail(why, EX_USAGE, "an empty expression");
	else if (next(&x) == 0)
		s = parse_any(&x);
	if (s != NULL && x.token != T_END) {
		fail(why, EX_USAGE, "expression: ) without (");
		search_free(s);
		s = NULL;
	}
	free(x.text);
	return s;
}
