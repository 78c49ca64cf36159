/* SPDX-License-Identifier: ISC */
/*
 * msgs.c -- message lists: 3 2-5 + - . ^ $ * addr /text :x ` (expr) 3.2
 *
 * Places (numbers, ranges, searches) are gathered; addresses and subjects, one
 * of which must fit, and types, likewise, then narrow them, as mailx always had
 * it; without places they narrow all.  What needs a look at the messages goes
 * into one search, which a server runs itself.  First, last, next, from one to
 * another, and the list that comes out: all in the order in which they are shown.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../mime/text.h"
#include "expr.h"
#include "order.h"
#include "msgs.h"
#include "vars.h"

struct list {
	struct mailx	*m;
	struct store	*s;
	unsigned	 flags;		/* CMD_ */
	unsigned char	*marks;		/* owned: marks[n]: message n is a place */
	bool		 places;	/* any was given */
	bool		 bulk;		/* and by more than its number */
	bool		 deleted_too;	/* :d was given */
	struct search	*names;		/* owned: what a server can tell of them */
	struct strv	 addresses;	/* to be looked at closely */
	struct strv	 subjects;
	struct search	*types;		/* owned */
	unsigned	 terms;		/* of both */
	struct msglist	 parts;
};

/* --- One message. --- */

static bool
is_gone(const struct list *l, uint32_t n)
{
	return (store_msg(l->s, n)->flags & MSG_GONE) != 0;
}

static bool
is_deleted(const struct list *l, uint32_t n)
{
	return (store_msg(l->s, n)->flags & MSG_DELETED) != 0;
}

/* May `+' and `^' mean it?  For undelete that is a deleted one. */
static bool
is_relevant(const struct list *l, uint32_t n)
{
	return !is_gone(l, n) && ((l->flags & CMD_EITHER) != 0 ||
	    is_deleted(l, n) == ((l->flags & CMD_DELETED) != 0));
}

/* May its number? */
static bool
is_refused(const struct list *l, uint32_t n)
{
	return is_deleted(l, n) && !(l->flags & (CMD_DELETED | CMD_EITHER));
}

/* The first that is, from a place in the order shown on. */
static uint32_t
relevant_from(const struct list *l, uint32_t place, int step)
{
	while (place >= 1 && place <= l->s->count) {
		if (is_relevant(l, order_at(l->m, place)))
			return order_at(l->m, place);
		place = step > 0 ? place + 1 : place - 1;
	}
	return 0;
}

static int
no_message(const struct list *l, uint32_t n, struct fail *why)
{
	if (l->flags & CMD_EMPTY_OK)
		return 0;
	return fail(why, EX_USAGE, "message %u: no such message", n);
}

/* One named by its number: it must be there. */
static int
mark_one(struct list *l, uint32_t n, struct fail *why)
{
	if (n == 0 || n > l->s->count)
		return no_message(l, n, why);
	if (is_gone(l, n))
		return l->flags & CMD_EMPTY_OK ? 0 : fail(why, EX_USAGE,
		    "message %u: no longer there", n);
	if (is_refused(l, n))
		return l->flags & CMD_EMPTY_OK ? 0 : fail(why, EX_USAGE,
		    "message %u: deleted", n);
	l->marks[n] = 1;
	return 0;
}

/* --- Places. --- */

/* A number, or one of . ^ $; *end is what follows.  0, 1: it is none, -1. */
static int
read_place(const struct list *l, const char *p, uint32_t *n, const char **end,
    struct fail *why)
{
	const char *error;
	char text[16];
	size_t len = strspn(p, "0123456789");

	*end = p + 1;
	switch (*p) {
	case '.':
		*n = l->m->dot;
		break;
	case '^':
		*n = relevant_from(l, 1, 1);
		break;
	case '$':
		*n = relevant_from(l, l->s->count, -1);
		break;
	default:
		if (len == 0)
			return 1;
		*end = p + len;
		strlcpy(text, p, len < sizeof text ? len + 1 : sizeof text);
		*n = (uint32_t)strtonum(text, 1, MAX_MESSAGES, &error);
		return error == NULL ? 0 : fail(why, EX_USAGE,
		    "message %.*s: no such message", len < 40 ? (int)len : 40,
		    p);
	}
	if (*n == 0 && !(l->flags & CMD_EMPTY_OK))
		return *p == '.' ? fail(why, EX_USAGE, "no current message") :
		    fail(why, EX_NOTHING, "no applicable messages");
	return 0;
}

/*
 * Digits and dots, and at the end IMAP's TEXT, or u and the number of a file in a
 * text: 2, 1.2, 3.TEXT, 1.u2
 */
static bool
is_part(const char *p)
{
	size_t n;

	for (;;) {
		n = strspn(p, "0123456789");
		if (n == 0 && (*p == 'u' || *p == 'U') && p[1] != '\0')
			return p[1 + strspn(p + 1, "0123456789")] == '\0';
		if (n == 0)
			return strcasecmp(p, "TEXT") == 0;
		p += n;
		if (*p == '\0')
			return true;
		if (*p++ != '.')
			return false;
	}
}

static int
add_part(struct list *l, uint32_t n, const char *part, struct fail *why)
{
	size_t i;

	if (!(l->flags & CMD_PARTS))
		return fail(why, EX_USAGE, "%u.%s: a part of a message does not "
		    "go here", n, part);
	if (n > 0 && n <= l->s->count)
		for (i = 0; i < l->parts.n; i++)
			if (l->parts.v[i].n == n &&
			    strcasecmp(l->parts.v[i].part, part) == 0)
				return 0;
	if (n == 0 || n > l->s->count || is_gone(l, n))
		return no_message(l, n, why);
	if (is_refused(l, n))
		return fail(why, EX_USAGE, "message %u: deleted", n);
	msglist_add(&l->parts, n, part);
	return 0;
}

static int
mark_range(struct list *l, uint32_t from, uint32_t to, const char *word,
    struct fail *why)
{
	uint32_t place = order_position(l->m, from),
	    last = order_position(l->m, to);

	if (place > last)
		return fail(why, EX_USAGE, "%s: the range ends before it "
		    "begins", word);
	if (place == 0 || last > l->s->count) {
		if (no_message(l, to, why) == -1)
			return -1;
		last = l->s->count;
	}
	for (; place <= last; place++)
		if (place > 0)
			l->marks[order_at(l->m, place)] = 1;
	l->bulk = true;
	return 0;
}

/* A place, a range or a part; 1: the word is none of these. */
static int
read_places(struct list *l, const char *word, struct fail *why)
{
	const char *end, *rest;
	uint32_t from, to;
	int r = read_place(l, word, &from, &end, why);

	if (r != 0)
		return r;
	if (*end == '\0') {
		l->places = true;
		return mark_one(l, from, why);
	}
	if (*end == '.' && *word != '.' && is_part(end + 1)) {
		l->places = true;
		return add_part(l, from, end + 1, why);
	}
	if (*end != '-')
		return 1;
	r = read_place(l, end + 1, &to, &rest, why);
	if (r != 0 || *rest != '\0')
		return r == -1 ? -1 : 1;
	l->places = true;
	return mark_range(l, from, to, word, why);
}

static int
mark_next(struct list *l, int step, struct fail *why)
{
	uint32_t place = l->m->dot == 0 ? 0 : order_position(l->m, l->m->dot);
	uint32_t n = place == 0 && step < 0 ? 0 :
	    relevant_from(l, step > 0 ? place + 1 : place - 1, step);

	l->places = true;
	if (n == 0)
		return l->flags & CMD_EMPTY_OK ? 0 : fail(why, EX_USAGE,
		    step > 0 ? "no message behind the current one" :
		    "no message before the current one");
	l->marks[n] = 1;
	return 0;
}

static void
mark_numbers(struct list *l, const struct numbers *ns)
{
	size_t i;

	l->places = l->bulk = true;
	for (i = 0; i < ns->n; i++)
		if (ns->v[i] <= l->s->count)
			l->marks[ns->v[i]] = 1;
}

static int
mark_found(struct list *l, const char *text, struct fail *why)
{
	struct numbers found = { NULL, 0, 0 };
	struct search *x = expr_parse(text, why);
	int r;

	if (x == NULL)
		return -1;
	r = store_search(l->s, x, NULL, &found, why);
	if (r == 0)
		mark_numbers(l, &found);
	numbers_free(&found);
	search_free(x);
	return r;
}

/* --- What narrows. --- */

static struct search *
either(struct search *a, struct search *b)
{
	return a == NULL ? b : b == NULL ? a : search_join(SEARCH_OR, a, b);
}

static struct search *
both(struct search *a, struct search *b)
{
	return a == NULL ? b : b == NULL ? a : search_join(SEARCH_AND, a, b);
}

static struct search *
flag(uint32_t bit, bool set)
{
	struct search *x = search_new(SEARCH_FLAG);

	x->number = bit;
	return set ? x : search_join(SEARCH_NOT, x, NULL);
}

/* The trees are as deep as they have terms. */
static int
count_term(struct list *l, struct fail *why)
{
	if (++l->terms <= MAX_EXPR_TERMS)
		return 0;
	return fail(why, EX_USAGE, "the message list is too long");
}

/* POSIX's types and ours; NULL: there is no such. */
static struct search *
type_of(char letter)
{
	switch (letter) {
	case 'd':
		return flag(MSG_DELETED, true);
	case 'n':
		return both(flag(MSG_SEEN, false), flag(MSG_OLD, false));
	case 'o':
		return both(flag(MSG_SEEN, false), flag(MSG_OLD, true));
	case 'r':
		return flag(MSG_SEEN, true);
	case 'u':
		return flag(MSG_SEEN, false);
	case 'f':
		return flag(MSG_FLAGGED, true);
	case 'a':
		return flag(MSG_ANSWERED, true);
	case 't':
		return flag(MSG_DRAFT, true);
	case 'A':
		return search_new(SEARCH_ATTACHMENT);
	default:
		return NULL;
	}
}

static int
add_types(struct list *l, const char *letters, struct fail *why)
{
	struct search *x;

	if (*letters == '\0')
		return fail(why, EX_USAGE, ": lacks a type of message");
	for (; *letters != '\0'; letters++) {
		if (count_term(l, why) == -1)
			return -1;
		if ((x = type_of(*letters)) == NULL)
			return fail(why, EX_USAGE, ":%c: no such type of "
			    "message", *letters);
		l->types = either(l->types, x);
		if (*letters == 'd')
			l->deleted_too = true;
	}
	return 0;
}

static int
add_name(struct list *l, enum search_key key, const char *text,
    struct fail *why)
{
	struct search *x;

	if (*text == '\0')
		return fail(why, EX_USAGE, "an empty word is no message list");
	if (count_term(l, why) == -1)
		return -1;
	x = search_new(key);
	x->text = xstrdup(text);
	l->names = either(l->names, x);
	strv_add(key == SEARCH_FROM ? &l->addresses : &l->subjects, text);
	return 0;
}

/* --- Words. --- */

static int
read_word(struct list *l, const char *word, struct fail *why)
{
	int r;

	if (word[0] != '\0' && word[1] == '\0')
		switch (word[0]) {
		case '*':
			l->places = true;
			return l->s->count == 0 ? 0 :
			    mark_range(l, order_at(l->m, 1),
			    order_at(l->m, l->s->count), word, why);
		case '+':
		case '-':
			return mark_next(l, word[0] == '+' ? 1 : -1, why);
		case '`':
			mark_numbers(l, &l->m->found);
			return 0;
		default:
			break;
		}
	if (word[0] == ':')
		return add_types(l, word + 1, why);
	if (word[0] == '/')
		return add_name(l, SEARCH_SUBJECT, word + 1, why);
	r = read_places(l, word, why);
	if (r == 1 && *word != '\0' &&
	    word[strspn(word, "0123456789.,-+^$*`")] == '\0')
		return fail(why, EX_USAGE, "%s: no message list", word);
	return r == 1 ? add_name(l, SEARCH_FROM, word, why) : r;
}

/* 1-3,5 and 3.1,3.2: numbers alone may stand between commas. */
static int
read_words(struct list *l, const char *word, struct fail *why)
{
	const char *p = word;
	char *piece;
	size_t n;
	int r = 0;

	if (strchr(word, ',') == NULL ||
	    word[strspn(word, "0123456789.,-^$")] != '\0')
		return read_word(l, word, why);
	while (r == 0 && *p != '\0') {
		n = strcspn(p, ",");
		piece = xstrndup(p, n);
		if (n > 0)
			r = read_word(l, piece, why);
		free(piece);
		p += n + (p[n] == ',');
	}
	return r;
}

/* How far parentheses are open behind the word; quotes hide them. */
static int
depth_behind(const char *word, int depth)
{
	char mark = '\0';

	for (; *word != '\0'; word++) {
		if (mark != '\0') {
			if (*word == '\\' && word[1] != '\0')
				word++;
			else if (*word == mark)
				mark = '\0';
		} else if (*word == '"')
			mark = *word;
		else if (*word == '(')
			depth++;
		else if (*word == ')')
			depth--;
	}
	return depth;
}

/* A word that was quoted is quoted again, but for the parentheses around it. */
static void
put_word(FILE *f, const char *word)
{
	size_t open = strspn(word, "("), n = strlen(word);
	size_t end = n;

	if (strpbrk(word, " \t") == NULL || strchr(word, '"') != NULL) {
		fputs(word, f);
		return;
	}
	while (end > open && word[end - 1] == ')')
		end--;
	fprintf(f, "%.*s\"%.*s\"%s", (int)open, word, (int)(end - open),
	    word + open, word + end);
}

/* From a word that begins with ( to the one that closes it. */
static int
read_expression(struct list *l, char *const *words, size_t n, size_t *i,
    struct fail *why)
{
	int depth = depth_behind(words[*i], 0), r;
	char *text;
	size_t len;
	FILE *f;

	if (depth == 0)
		return mark_found(l, words[(*i)++], why);
	f = xmemstream(&text, &len);
	put_word(f, words[(*i)++]);
	while (depth > 0 && *i < n) {
		depth = depth_behind(words[*i], depth);
		putc(' ', f);
		put_word(f, words[(*i)++]);
	}
	fclose(f);
	r = mark_found(l, text, why);
	free(text);
	return r;
}

static int
read_all(struct list *l, char *const *words, size_t n, struct fail *why)
{
	size_t i = 0;
	int r = 0;

	while (r == 0 && i < n)
		if (words[i][0] == '(')
			r = read_expression(l, words, n, &i, why);
		else
			r = read_words(l, words[i++], why);
	return r;
}

/* --- The closer look at addresses. --- */

/*
 * The address, its local part, or, where none of that has an @, a name that the
 * summary shows.
 */
static bool
is_sender(const struct list *l, const struct addr *a, const char *wanted)
{
	size_t local = strcspn(a->addr, "@"), n = strcspn(wanted, "@"), len;
	char *folded;
	struct span needle;
	bool found;

	if (strcasecmp(a->addr, wanted) == 0)
		return true;
	if ((wanted[n] == '\0' || var_is_set(l->m, "allnet")) && n == local &&
	    strncasecmp(a->addr, wanted, n) == 0)
		return true;
	if (wanted[n] != '\0' || a->name == NULL)
		return false;
	folded = text_fold(span_of(wanted), &len);
	needle.p = folded;
	needle.n = len;
	found = text_contains(span_of(a->name), needle);
	free(folded);
	return found;
}

static bool
has_subject(const struct list *l, const struct envelope *e)
{
	struct span needle;
	bool found = false;
	char *folded;
	size_t i;

	for (i = 0; i < l->subjects.n && !found && e->subject != NULL; i++) {
		folded = text_fold(span_of(l->subjects.v[i]), &needle.n);
		needle.p = folded;
		found = text_contains(span_of(e->subject), needle);
		free(folded);
	}
	return found;
}

struct closer {
	const struct list	*l;
	struct numbers		*kept;
};

static int
look_closer(void *ctx, struct store *s, uint32_t n, struct fail *why)
{
	struct closer *c = ctx;
	const struct envelope *e = store_msg(s, n)->envelope;
	const struct addrs *from = &e->from;
	bool fits = has_subject(c->l, e);
	size_t i, k;

	(void)why;
	if (from->n == 0)
		from = &e->sender;
	for (i = 0; i < c->l->addresses.n && !fits; i++)
		for (k = 0; k < from->n && !fits; k++)
			fits = is_sender(c->l, &from->v[k],
			    c->l->addresses.v[i]);
	if (fits)
		numbers_add(c->kept, n);
	return 0;
}

/* With allnet the server is asked for the local part. */
static void
loosen(struct search *x)
{
	for (; x != NULL; x = x->left) {
		if (x->right != NULL && x->right->key == SEARCH_FROM)
			x->right->text[strcspn(x->right->text, "@")] = '\0';
		if (x->key == SEARCH_FROM)
			x->text[strcspn(x->text, "@")] = '\0';
	}
}

/* --- Together. --- */

/* Narrow the places, or all: with one search. */
static int
narrow(struct list *l, const struct numbers *among, struct numbers *result,
    struct fail *why)
{
	struct numbers found = { NULL, 0, 0 };
	struct closer c = { l, result };
	struct search *x;
	int r;

	if (var_is_set(l->m, "allnet"))
		loosen(l->names);
	x = both(l->types, l->names);
	l->types = l->names = NULL;
	if (!l->deleted_too && !(l->flags & CMD_EITHER))
		x = both(x, flag(MSG_DELETED, (l->flags & CMD_DELETED) != 0));
	if (x == NULL)
		x = search_new(SEARCH_ALL);
	if (l->addresses.n == 0)
		r = store_search(l->s, x, among, result, why);
	else {
		r = store_search(l->s, x, among, &found, why);
		if (r == 0)
			r = store_each(l->s, &found, LOAD_ENVELOPE,
			    look_closer, &c, why);
	}
	numbers_free(&found);
	search_free(x);
	return r;
}

static int
resolve(struct list *l, struct numbers *result, struct fail *why)
{
	struct numbers places = { NULL, 0, 0 };
	uint32_t n;
	int r = 0;

	for (n = 1; l->places && n <= l->s->count; n++)
		if (l->marks[n] && !is_gone(l, n))
			numbers_add(&places, n);
	if (!l->bulk && l->types == NULL && l->names == NULL) {
		/* Numbers alone: they are known to be there. */
		*result = places;
		return 0;
	}
	if (!l->places || places.n > 0)
		r = narrow(l, l->places ? &places : NULL, result, why);
	numbers_free(&places);
	return r;
}

static void
free_list(struct list *l)
{
	free(l->marks);
	search_free(l->names);
	search_free(l->types);
	strv_free(&l->addresses);
	strv_free(&l->subjects);
	msglist_free(&l->parts);
}

int
msgs_parse(struct mailx *m, char *const *words, size_t n, unsigned cmd_flags,
    struct msglist *list, struct fail *why)
{
	struct numbers result = { NULL, 0, 0 }, shown = { NULL, 0, 0 };
	struct list l;
	size_t i;
	int r;

	memset(&l, 0, sizeof l);
	l.m = m;
	l.s = m->folder;
	l.flags = cmd_flags;
	l.marks = xcalloc((size_t)l.s->count + 1, 1);
	r = read_all(&l, words, n, why);
	if (r == 0)
		r = resolve(&l, &result, why);
	if (r == 0)
		order_apply(m, &result, &shown);
	for (i = 0; i < shown.n; i++)
		msglist_add(list, shown.v[i], NULL);
	for (i = 0; r == 0 && i < l.parts.n; i++)
		msglist_add(list, l.parts.v[i].n, l.parts.v[i].part);
	if (r == 0 && list->n == 0 && !(cmd_flags & CMD_EMPTY_OK))
		r = fail(why, EX_NOTHING, "no applicable messages");
	numbers_free(&result);
	numbers_free(&shown);
	free_list(&l);
	return r;
}
