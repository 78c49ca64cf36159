/* SPDX-License-Identifier: ISC */
/*
 * imapsearch.c -- the search tree as keys of UID SEARCH (RFC 9051 6.4.4, ESEARCH
 * 4731), so that the server does the work and only matches come.
 *
 * What a server cannot say (attachments, octets beyond 32 bits) is left out where
 * AND allows it: then what it finds is looked through here.  Flags that were
 * changed here and not yet synced are asked here too, message by message.
 *
 * Of what is found all is wanted, so PARTIAL (RFC 9394) would make the server search
 * once for each window of hits; windows of places bound the replies as well, on any
 * server, and each message is looked at once.  A screen of a mailbox is fetched by
 * its places alone.
 */
#include <stdlib.h>
#include <string.h>

#include "imap.h"

#define MAX_TREE_DEPTH	(4 * MAX_EXPR_TERMS)
#define MAX_AMONG	1000	/* UIDs said to narrow a search */
#define SEARCH_WINDOW	250000	/* messages that one SEARCH is over */

/* --- Keys --- */

static void
put(struct imap_line *l, const char *text)
{
	if (l != NULL)
		imap_line_put(l, "%s", text);
}

static void
put_string(struct imap_line *l, const char *s)
{
	if (l != NULL)
		imap_line_string(l, span_of(s));
}

static enum search_fit
print_text(struct imap_line *l, const char *key, const struct search *x)
{
	put(l, key);
	put(l, " ");
	put_string(l, x->text);
	return FIT_EXACT;
}

static enum search_fit
print_header(struct imap_line *l, const char *name, const char *text)
{
	if (name == NULL || *name == '\0')
		return FIT_NONE;
	put(l, "HEADER ");
	put_string(l, name);
	put(l, " ");
	put_string(l, text);
	return FIT_EXACT;
}

static enum search_fit
print_any(struct imap_line *l, const struct search *x)
{
	put(l, "OR OR OR ");
	print_text(l, "FROM", x);
	put(l, " ");
	print_text(l, "TO", x);
	put(l, " ");
	print_text(l, "CC", x);
	put(l, " ");
	return print_text(l, "SUBJECT", x);
}

static enum search_fit
print_day(struct imap_line *l, const char *key, const struct search *x)
{
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	int year, month, day;

	date_civil(x->day, &year, &month, &day);
	if (year < 1 || year > 9999 || month < 1 || month > 12)
		return FIT_NONE;
	if (l != NULL)
		imap_line_put(l, "%s %d-%s-%04d", key, day, months[month - 1],
		    year);
	return FIT_EXACT;
}

static enum search_fit
print_size(struct imap_line *l, const struct search *x)
{
	bool larger = x->key == SEARCH_LARGER;

	if (x->number > UINT32_MAX) {
		put(l, larger ? "LARGER 4294967295" : "ALL");
		return FIT_MORE;
	}
	if (l != NULL)
		imap_line_put(l, "%s %u", larger ? "LARGER" : "SMALLER",
		    (unsigned)x->number);
	return FIT_EXACT;
}

static enum search_fit
print_flags(struct imap_line *l, const struct search *x)
{
	static const struct {
		uint32_t	 bit;
		const char	*key;
	} table[] = {
		{ MSG_SEEN, "SEEN" }, { MSG_ANSWERED, "ANSWERED" },
		{ MSG_FLAGGED, "FLAGGED" }, { MSG_DELETED, "DELETED" },
		{ MSG_DRAFT, "DRAFT" }, { MSG_OLD, "OLD" }
	};
	bool first = true;
	size_t i;

	if (x->number & ~(uint64_t)MSG_LASTING)
		return FIT_NONE;
	put(l, "(");
	for (i = 0; i < NELEM(table); i++)
		if (x->number & table[i].bit) {
			put(l, first ? "" : " ");
			put(l, table[i].key);
			first = false;
		}
	put(l, first ? "ALL)" : ")");
	return FIT_EXACT;
}

static bool
is_keyword(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s >= 127 || strchr("(){%*\"\\]", *s) != NULL)
			return false;
	return true;
}

static enum search_fit
print_keyword(struct imap_line *l, const struct search *x)
{
	/* What no keyword can be, no message has. */
	if (!is_keyword(x->text)) {
		put(l, "NOT ALL");
		return FIT_EXACT;
	}
	put(l, "KEYWORD ");
	put(l, x->text);
	return FIT_EXACT;
}

static enum search_fit
print_uids(struct imap_line *l, const struct search *x)
{
	struct span set = span_of(x->text);
	uint32_t low, high;
	int result = 1;

	if (set.n == 0)
		return FIT_NONE;
	while (result == 1)
		result = imap_set_next(&set, &low, &high);
	if (result == -1)
		return FIT_NONE;
	put(l, "UID ");
	put(l, x->text);
	return FIT_EXACT;
}

static enum search_fit
print_leaf(const struct search *x, struct imap_line *l)
{
	switch (x->key) {
	case SEARCH_ALL:
		put(l, "ALL");
		return FIT_EXACT;
	case SEARCH_FROM:	return print_text(l, "FROM", x);
	case SEARCH_TO:		return print_text(l, "TO", x);
	case SEARCH_CC:		return print_text(l, "CC", x);
	case SEARCH_BCC:	return print_text(l, "BCC", x);
	case SEARCH_SUBJECT:	return print_text(l, "SUBJECT", x);
	case SEARCH_BODY:	return print_text(l, "BODY", x);
	case SEARCH_TEXT:	return print_text(l, "TEXT", x);
	case SEARCH_HEADER:	return print_header(l, x->name, x->text);
	case SEARCH_LIST:	return print_header(l, "List-Id", "");
	case SEARCH_ANY:	return print_any(l, x);
	case SEARCH_SINCE:	return print_day(l, "SINCE", x);
	case SEARCH_BEFORE:	return print_day(l, "BEFORE", x);
	case SEARCH_ON:		return print_day(l, "ON", x);
	case SEARCH_SENT_SINCE:	return print_day(l, "SENTSINCE", x);
	case SEARCH_SENT_BEFORE: return print_day(l, "SENTBEFORE", x);
	case SEARCH_SENT_ON:	return print_day(l, "SENTON", x);
	case SEARCH_LARGER:
	case SEARCH_SMALLER:	return print_size(l, x);
	case SEARCH_FLAG:	return print_flags(l, x);
	case SEARCH_KEYWORD:	return print_keyword(l, x);
	case SEARCH_UID:	return print_uids(l, x);
	case SEARCH_AND:
	case SEARCH_OR:
	case SEARCH_NOT:
	case SEARCH_ATTACHMENT:
		break;
	}
	return FIT_NONE;
}

static bool
has_text_that_it_needs(const struct search *x)
{
	switch (x->key) {
	case SEARCH_FROM: case SEARCH_TO: case SEARCH_CC: case SEARCH_BCC:
	case SEARCH_SUBJECT: case SEARCH_BODY: case SEARCH_TEXT:
	case SEARCH_ANY: case SEARCH_HEADER: case SEARCH_KEYWORD:
	case SEARCH_UID:
		return x->text != NULL;
	default:
		return true;
	}
}

static enum search_fit
find_fit(const struct search *x, unsigned depth)
{
	enum search_fit left, right;

	if (x == NULL || depth > MAX_TREE_DEPTH || !has_text_that_it_needs(x))
		return FIT_NONE;
	if (x->key != SEARCH_AND && x->key != SEARCH_OR &&
	    x->key != SEARCH_NOT)
		return print_leaf(x, NULL);
	left = find_fit(x->left, depth + 1);
	/* The opposite of too many would be too few. */
	if (x->key == SEARCH_NOT)
		return left == FIT_EXACT ? FIT_EXACT : FIT_NONE;
	right = find_fit(x->right, depth + 1);
	if (x->key == SEARCH_OR)
		return left < right ? left : right;
	if (left == FIT_NONE && right == FIT_NONE)
		return FIT_NONE;
	return left == FIT_EXACT && right == FIT_EXACT ? FIT_EXACT : FIT_MORE;
}

/* Of a tree that fits: what does not is left out of its ANDs. */
static void
print_tree(const struct search *x, struct imap_line *l)
{
	switch (x->key) {
	case SEARCH_AND:
		if (find_fit(x->left, 0) == FIT_NONE)
			print_tree(x->right, l);
		else if (find_fit(x->right, 0) == FIT_NONE)
			print_tree(x->left, l);
		else {
			put(l, "(");
			print_tree(x->left, l);
			put(l, " ");
			print_tree(x->right, l);
			put(l, ")");
		}
		break;
	case SEARCH_OR:
		put(l, "OR ");
		print_tree(x->left, l);
		put(l, " ");
		print_tree(x->right, l);
		break;
	case SEARCH_NOT:
		put(l, "NOT ");
		print_tree(x->left, l);
		break;
	default:
		print_leaf(x, l);
	}
}

enum search_fit
search_print(const struct search *x, struct imap_line *l)
{
	enum search_fit fit = find_fit(x, 0);

	if (l != NULL && fit != FIT_NONE)
		print_tree(x, l);
	return fit;
}

/* --- Results --- */

static bool
asks_flags(const struct search *x)
{
	if (x == NULL)
		return false;
	return x->key == SEARCH_FLAG || x->key == SEARCH_KEYWORD ||
	    asks_flags(x->left) || asks_flags(x->right);
}

static bool
asks_recent(const struct search *x)
{
	if (x == NULL)
		return false;
	return (x->key == SEARCH_FLAG && (x->number & MSG_OLD) != 0) ||
	    asks_recent(x->left) || asks_recent(x->right);
}

/* What must be loaded for the part of the tree that the server did not answer. */
static unsigned
rest_needs(const struct search *x)
{
	if (search_print(x, NULL) == FIT_EXACT)
		return 0;
	if (x->key == SEARCH_AND)
		return rest_needs(x->left) | rest_needs(x->right);
	return search_needs(x);
}

static int
rest_matches(const struct search *x, struct store *s, uint32_t n,
    struct fail *why)
{
	int result;

	if (search_print(x, NULL) == FIT_EXACT)
		return 1;
	if (x->key != SEARCH_AND)
		return search_matches(x, s, n, why);
	if ((result = rest_matches(x->left, s, n, why)) != 1)
		return result;
	return rest_matches(x->right, s, n, why);
}

struct sieve {
	const struct search	*x;
	struct numbers		*found;
};

static int
sift(void *ctx, struct store *s, uint32_t n, struct fail *why)
{
	struct sieve *v = ctx;
	int result;

	if ((result = rest_matches(v->x, s, n, why)) == 1)
		numbers_add(v->found, n);
	return result == -1 ? -1 : 0;
}

static bool
is_changed(const struct msg *m)
{
	return !(m->flags & MSG_GONE) && ((m->flags & MSG_TAGS_CHANGED) ||
	    ((m->flags ^ m->stored) & MSG_LASTING & ~(uint32_t)MSG_OLD));
}

static bool
has_changes(const struct store *s)
{
	uint32_t i;

	for (i = 0; i < s->count; i++)
		if (is_changed(&s->msgs[i]))
			return true;
	return false;
}

/* Set in `among' for all of them, or for all where there is none. */
static unsigned char *
mark_among(const struct store *s, const struct numbers *among)
{
	unsigned char *marks;
	size_t i;

	marks = xcalloc((size_t)s->count + 1, 1);
	if (among == NULL)
		memset(marks, 1, (size_t)s->count + 1);
	else
		for (i = 0; i < among->n; i++)
			if (among->v[i] >= 1 && among->v[i] <= s->count)
				marks[among->v[i]] = 1;
	return marks;
}

/* Narrow it to few messages whose UIDs are known. */
static void
put_among(struct store *s, const struct numbers *among, struct imap_line *l)
{
	struct strv sets = { NULL, 0, 0 };
	size_t i;

	if (among == NULL || among->n == 0 || among->n > MAX_AMONG)
		return;
	for (i = 0; i < among->n; i++)
		if (s->msgs[among->v[i] - 1].uid == 0)
			return;
	box_sets(s, among->v, among->n, true, &sets);
	if (sets.n == 1)
		imap_line_put(l, "UID %s ", sets.v[0]);
	strv_free(&sets);
}

static void
add_found(const struct store *s, const struct imap_uids *u,
    const unsigned char *marks, struct numbers *found)
{
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < u->n; i++) {
		/* The unknown in between have UID 0, and are passed over. */
		while (n < s->count && s->msgs[n].uid < u->v[i])
			n++;
		if (n < s->count && s->msgs[n].uid == u->v[i] && marks[n + 1] &&
		    !(s->msgs[n].flags & MSG_GONE))
			numbers_add(found, n + 1);
	}
}

static void
add_places(const struct store *s, const struct imap_uids *places,
    const unsigned char *marks, struct numbers *found)
{
	uint32_t n;
	size_t i;

	for (i = 0; i < places->n; i++)
		if ((n = box_number(s, places->v[i])) != 0 && marks[n])
			numbers_add(found, n);
}

/* Flags here are ahead of the server's: those messages are asked themselves. */
static int
add_changed(struct store *s, const struct search *x,
    const unsigned char *marks, struct numbers *found, struct fail *why)
{
	struct numbers all = { NULL, 0, 0 };
	size_t i = 0;
	uint32_t n;
	int result = 0;

	for (n = 1; result != -1 && n <= s->count; n++) {
		while (i < found->n && found->v[i] < n)
			i++;
		if (!marks[n] || !is_changed(&s->msgs[n - 1])) {
			if (i < found->n && found->v[i] == n)
				numbers_add(&all, n);
			continue;
		}
		result = search_matches(x, s, n, why);
		if (result == 1)
			numbers_add(&all, n);
	}
	numbers_free(found);
	*found = all;
	return result == -1 ? -1 : 0;
}

static int
load_changed(struct store *s, const struct search *x, struct fail *why)
{
	struct numbers ns = { NULL, 0, 0 };
	uint32_t n;
	int result;

	for (n = 1; n <= s->count; n++)
		if (is_changed(&s->msgs[n - 1]))
			numbers_add(&ns, n);
	result = store_load(s, &ns, search_needs(x) & ~(unsigned)LOAD_BODY, why);
	numbers_free(&ns);
	return result;
}

/* Bring them into the order of `among', which may be sorted by something else. */
static void
reorder(const struct store *s, const struct numbers *among,
    struct numbers *found)
{
	struct numbers ordered = { NULL, 0, 0 };
	unsigned char *marks;
	size_t i;

	if (among == NULL)
		return;
	marks = mark_among(s, found);
	for (i = 0; i < among->n; i++)
		if (among->v[i] <= s->count && marks[among->v[i]])
			numbers_add(&ordered, among->v[i]);
	free(marks);
	numbers_free(found);
	*found = ordered;
}

/* By UID, or by place.  0: the generic way, then. */
static int
say_search(struct store *s, struct imap_line *keys, bool by_uid,
    struct imap_uids *found, struct fail *why)
{
	struct imap *x = box_of(s)->session->imap;
	struct fail result = { 0 };

	if ((by_uid ? imap_search : imap_search_places)(x, keys,
	    box_of(s)->exists, found, &result) == 0)
		return 1;
	if (imap_is_alive(x) && strcmp(imap_code(x), "BADCHARSET") == 0)
		return 0;
	return fail(why, result.code, "%s", result.text);
}

static int
search_uids(struct store *s, const struct search *x,
    const struct numbers *among, struct imap_uids *uids, struct fail *why)
{
	struct imap_line l;
	int done;

	imap_line_init(&l);
	put_among(s, among, &l);
	search_print(x, &l);
	done = say_search(s, &l, true, uids, why);
	imap_line_free(&l);
	/* What was found will be looked at. */
	if (done == 1 && uids->n >= COMPRESS_MESSAGES && uids->n <= 2000 &&
	    imap_compress(box_of(s)->session->imap, why) == -1)
		return -1;
	return done == 1 && box_learn(s, uids, why) == -1 ? -1 : done;
}

/* A window of places after the other: between SEARCHes they do not move (RFC 9051 7.5.1). */
static int
search_windows(struct store *s, const struct search *x,
    struct imap_uids *places, struct fail *why)
{
	const struct box *b = box_of(s);
	uint32_t low, high;
	struct imap_line l;
	int done = 1;

	for (low = 1; done == 1 && low <= b->exists; low = high + 1) {
		high = b->exists - low < SEARCH_WINDOW ? b->exists :
		    low + SEARCH_WINDOW - 1;
		imap_line_init(&l);
		imap_line_put(&l, "%u:%u ", low, high);
		search_print(x, &l);
		done = say_search(s, &l, false, places, why);
		imap_line_free(&l);
	}
	return done;
}

/* Could so many be found that no line of a reply may hold them? */
static bool
is_huge(const struct store *s, const struct numbers *among)
{
	return box_of(s)->exists > SEARCH_WINDOW &&
	    (among == NULL || among->n > MAX_AMONG);
}

/* What the server finds; 0: it cannot. */
static int
search_server(struct store *s, const struct search *x,
    const struct numbers *among, const unsigned char *marks,
    struct numbers *found, struct fail *why)
{
	struct imap_uids u = { NULL, 0, 0 };
	int done;

	if (is_huge(s, among)) {
		if ((done = search_windows(s, x, &u, why)) == 1)
			add_places(s, &u, marks, found);
	} else if ((done = search_uids(s, x, among, &u, why)) == 1)
		add_found(s, &u, marks, found);
	free(u.v);
	return done;
}

/* The candidates become what matches. */
static int
collect(struct store *s, const struct search *x, const unsigned char *marks,
    struct numbers *found, struct fail *why)
{
	struct numbers candidates = *found;
	struct sieve v = { x, found };
	int result = 0;

	if (search_print(x, NULL) != FIT_EXACT) {
		memset(found, 0, sizeof(*found));
		result = store_each(s, &candidates, rest_needs(x), sift, &v,
		    why);
		numbers_free(&candidates);
	}
	if (result == 0 && asks_flags(x) && has_changes(s) &&
	    (load_changed(s, x, why) == -1 ||
	    add_changed(s, x, marks, found, why) == -1))
		result = -1;
	return result;
}

int
imap_search_folder(struct store *s, const struct search *x,
    const struct numbers *among, struct numbers *found, struct fail *why)
{
	struct numbers result = { NULL, 0, 0 };
	unsigned char *marks;
	int done;

	if (search_print(x, NULL) == FIT_NONE)
		return 0;
	if (box_check(s, why) == -1)
		return -1;
	if (imap_is_rev2(box_of(s)->session->imap) && asks_recent(x))
		return 0;
	marks = mark_among(s, among);
	done = search_server(s, x, among, marks, &result, why);
	if (done == 1 && collect(s, x, marks, &result, why) == -1)
		done = -1;
	free(marks);
	if (done == 1) {
		reorder(s, among, &result);
		numbers_free(found);
		*found = result;
	} else
		numbers_free(&result);
	return done;
}
