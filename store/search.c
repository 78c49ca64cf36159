/* SPDX-License-Identifier: ISC */
/* search.c -- the search tree, and whether a message matches it, found out here. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../mime/text.h"
#include "store.h"

#define MAX_SEARCHED	(4 * 1024 * 1024)	/* octets of a part's text looked at */

struct search *
search_new(enum search_key key)
{
	struct search *x = xcalloc(1, sizeof *x);

	x->key = key;
	return x;
}

struct search *
search_join(enum search_key key, struct search *a, struct search *b)
{
	struct search *x = search_new(key);

	x->left = a;
	x->right = b;
	return x;
}

/* Along the left, the right hung below: no recursion, however deep. */
void
search_free(struct search *x)
{
	struct search *last, *next;

	while (x != NULL) {
		if (x->right != NULL) {
			if (x->left == NULL)
				x->left = x->right;
			else {
				for (last = x->left; last->left != NULL;
				    last = last->left)
					continue;
				last->left = x->right;
			}
			x->right = NULL;
		}
		next = x->left;
		free(x->name);
		free(x->text);
		free(x);
		x = next;
	}
}

unsigned
search_needs(const struct search *x)
{
	if (x == NULL)
		return 0;
	switch (x->key) {
	case SEARCH_AND:
	case SEARCH_OR:
	case SEARCH_NOT:
		return search_needs(x->left) | search_needs(x->right);
	case SEARCH_FROM:
	case SEARCH_TO:
	case SEARCH_CC:
	case SEARCH_BCC:
	case SEARCH_SUBJECT:
	case SEARCH_ANY:
	case SEARCH_SENT_SINCE:
	case SEARCH_SENT_BEFORE:
	case SEARCH_SENT_ON:
	case SEARCH_LIST:
		return LOAD_ENVELOPE;
	case SEARCH_SINCE:
	case SEARCH_BEFORE:
	case SEARCH_ON:
		return LOAD_SIZE | LOAD_ENVELOPE;
	case SEARCH_LARGER:
	case SEARCH_SMALLER:
		return LOAD_SIZE;
	case SEARCH_FLAG:
	case SEARCH_KEYWORD:
	case SEARCH_UID:
		return LOAD_FLAGS;
	case SEARCH_ATTACHMENT:
		return LOAD_STRUCTURE;
	case SEARCH_BODY:
	case SEARCH_TEXT:
		return LOAD_STRUCTURE | LOAD_BODY;
	case SEARCH_HEADER:
	case SEARCH_ALL:
		break;
	}
	return 0;
}

/* --- Text --- */

struct needle {
	char	*text;			/* owned: folded */
	size_t	 n;
};

static bool
contains(const char *text, const struct needle *x)
{
	struct span n = { x->text, x->n };

	return text != NULL && text_contains(span_of(text), n);
}

static bool
addrs_contain(const struct addrs *as, const struct needle *x)
{
	size_t i;

	for (i = 0; i < as->n; i++)
		if (contains(as->v[i].name, x) || contains(as->v[i].addr, x))
			return true;
	return false;
}

static int
match_header(struct store *s, uint32_t n, const char *name,
    const struct needle *x, struct fail *why)
{
	const struct field *f;
	struct head h;
	char *text;
	int found = 0;
	size_t i;

	if (store_head(s, n, &h, why) == -1)
		return -1;
	for (i = 0; i < h.n && !found; i++) {
		f = &h.v[i];
		if (name != NULL && !span_ieq(f->name, name))
			continue;
		text = head_text(f, s->options->charset_8bit);
		found = x->n == 0 || contains(text, x);
		free(text);
	}
	head_free(&h);
	return found;
}

static int
match_part(struct store *s, uint32_t n, struct part *p, const struct needle *x,
    struct fail *why)
{
	struct span needle = { x->text, x->n }, found;
	char *text;
	size_t len;
	uint64_t octets;
	FILE *in = store_part(s, n, p, &octets, why), *out;
	int r;

	if (in == NULL)
		return -1;
	out = xmemstream(&text, &len);
	r = part_decode_text(p, in, octets > MAX_SEARCHED ? MAX_SEARCHED :
	    octets, s->options->charset_8bit, out, NULL, why);
	fclose(out);
	fclose(in);
	found.p = text;
	found.n = len;
	if (r == 0)
		r = text_contains(found, needle);
	free(text);
	return r;
}

static int
match_body(struct store *s, uint32_t n, const struct needle *x,
    struct fail *why)
{
	struct part *p = store_structure(s, n, why);
	int r = 0;

	if (p == NULL)
		return -1;
	for (; p != NULL && r == 0; p = part_walk(p))
		if (part_is_text(p) && p->child == NULL)
			r = match_part(s, n, p, x, why);
	return r;
}

static int
match_text(const struct search *x, struct store *s, uint32_t n,
    const struct envelope *e, struct fail *why)
{
	struct needle needle;
	int r = 0;

	needle.text = text_fold(span_of(x->text), &needle.n);
	switch (x->key) {
	case SEARCH_FROM:
		r = addrs_contain(&e->from, &needle);
		break;
	case SEARCH_TO:
		r = addrs_contain(&e->to, &needle);
		break;
	case SEARCH_CC:
		r = addrs_contain(&e->cc, &needle);
		break;
	case SEARCH_BCC:
		r = addrs_contain(&e->bcc, &needle);
		break;
	case SEARCH_SUBJECT:
		r = contains(e->subject, &needle);
		break;
	case SEARCH_ANY:
		r = contains(e->subject, &needle) ||
		    addrs_contain(&e->from, &needle) ||
		    addrs_contain(&e->to, &needle) ||
		    addrs_contain(&e->cc, &needle);
		break;
	case SEARCH_HEADER:
		r = match_header(s, n, x->name, &needle, why);
		break;
	case SEARCH_TEXT:
		r = match_header(s, n, NULL, &needle, why);
		if (r == 0)
			r = match_body(s, n, &needle, why);
		break;
	default:
		r = match_body(s, n, &needle, why);
		break;
	}
	free(needle.text);
	return r;
}

/* --- Days, sets --- */

static bool
compare_day(enum search_key key, int64_t day, int64_t wanted)
{
	if (key == SEARCH_SINCE || key == SEARCH_SENT_SINCE)
		return day >= wanted;
	if (key == SEARCH_BEFORE || key == SEARCH_SENT_BEFORE)
		return day < wanted;
	return day == wanted;
}

static int64_t
day_of(const struct date *d)
{
	int64_t local = d->epoch + d->zone * 60;

	return (local - (((local % 86400) + 86400) % 86400)) / 86400;
}

static bool
match_day(const struct search *x, const struct msg *m,
    const struct envelope *e)
{
	struct date d;
	bool sent = x->key == SEARCH_SENT_SINCE ||
	    x->key == SEARCH_SENT_BEFORE || x->key == SEARCH_SENT_ON;

	if (sent || m->arrived == 0) {
		if (!e->has_date)
			return false;
		d = e->date;
	} else
		date_local(m->arrived, &d);
	return compare_day(x->key, day_of(&d), x->day);
}

/* IMAP's sets: 3, 5:7, 9:* */
static bool
in_set(const char *set, uint32_t uid)
{
	unsigned long a, b;
	char *end;

	while (*set != '\0') {
		a = *set == '*' ? UINT32_MAX : strtoul(set, &end, 10);
		if (*set == '*')
			end = (char *)(uintptr_t)set + 1;
		b = a;
		if (*end == ':') {
			set = end + 1;
			b = *set == '*' ? UINT32_MAX : strtoul(set, &end, 10);
			if (*set == '*')
				end = (char *)(uintptr_t)set + 1;
		}
		if ((uid >= a && uid <= b) || (uid >= b && uid <= a))
			return true;
		if (*end != ',')
			return false;
		set = end + 1;
	}
	return false;
}

static bool
has_tag(const char *tags, const char *word)
{
	size_t n = strlen(word);
	const char *p;

	for (p = tags; p != NULL && *p != '\0'; p += strcspn(p, " "), p +=
	    *p == ' ')
		if (strcspn(p, " ") == n && strncasecmp(p, word, n) == 0)
			return true;
	return false;
}

int
search_matches(const struct search *x, struct store *s, uint32_t n,
    struct fail *why)
{
	const struct msg *m = store_msg(s, n);
	const struct envelope *e = m->envelope;
	int r;

	switch (x->key) {
	case SEARCH_ALL:
		return 1;
	case SEARCH_AND:
		r = search_matches(x->left, s, n, why);
		return r == 1 ? search_matches(x->right, s, n, why) : r;
	case SEARCH_OR:
		r = search_matches(x->left, s, n, why);
		return r == 0 ? search_matches(x->right, s, n, why) : r;
	case SEARCH_NOT:
		r = search_matches(x->left, s, n, why);
		return r == -1 ? -1 : !r;
	case SEARCH_SINCE:
	case SEARCH_BEFORE:
	case SEARCH_ON:
	case SEARCH_SENT_SINCE:
	case SEARCH_SENT_BEFORE:
	case SEARCH_SENT_ON:
		return match_day(x, m, e);
	case SEARCH_LARGER:
		return m->size > x->number;
	case SEARCH_SMALLER:
		return m->size < x->number;
	case SEARCH_FLAG:
		return (m->flags & x->number) == x->number;
	case SEARCH_KEYWORD:
		return has_tag(m->tags, x->text);
	case SEARCH_UID:
		return in_set(x->text, m->uid);
	case SEARCH_ATTACHMENT:
		return part_has_attachment(m->structure);
	case SEARCH_LIST:
		return e->list_id != NULL;
	default:
		return match_text(x, s, n, e, why);
	}
}
