/* SPDX-License-Identifier: ISC */
/*
 * imaplearn.c -- which of our messages have which UIDs, and what is unseen, for as few
 * octets as it can be had: opening lists nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "imap.h"

#define MAX_SEARCH_SET	4000	/* octets of a set in a command */

/*
 * UIDs ascend and are below UIDNEXT (RFC 9051 2.3.1.1): where as many messages are
 * as there can be, they are 1, 2, 3 ...
 */
void
box_infer(struct store *s)
{
	struct box *b = box_of(s);
	uint32_t n;

	if (b->known != 0 || b->live != s->count ||
	    b->state.uidnext != s->count + 1)
		return;
	for (n = 1; n <= s->count; n++)
		s->msgs[n - 1].uid = n;
	b->known = s->count;
}

/* All that there are were found: then their order tells which is which. */
static bool
learn_all(struct store *s, const struct imap_uids *u)
{
	struct box *b = box_of(s);
	struct msg *m;
	size_t i = 0;
	uint32_t n;

	if (u->n != b->exists || b->live != b->exists)
		return false;
	for (n = 0; n < s->count; n++) {
		m = &s->msgs[n];
		if (m->flags & MSG_GONE)
			continue;
		if (m->uid != 0 && m->uid != u->v[i])
			return false;
		i++;
	}
	for (n = 0, i = 0; n < s->count; n++) {
		m = &s->msgs[n];
		if (m->flags & MSG_GONE)
			continue;
		b->known += m->uid == 0;
		m->uid = u->v[i++];
	}
	return true;
}

/* Those not met yet, as sets. */
static void
put_unknown(const struct store *s, const struct imap_uids *u, struct strv *sets)
{
	const struct box *b = box_of(s);
	uint32_t n = 0;
	char *text = NULL;
	size_t len, i, j;
	FILE *f = NULL;

	for (i = 0; i < u->n; i = j) {
		j = i + 1;
		while (b->known > 0 && n < s->count &&
		    s->msgs[n].uid < u->v[i])
			n++;
		if (b->known > 0 && n < s->count && s->msgs[n].uid == u->v[i])
			continue;
		while (j < u->n && u->v[j] == u->v[j - 1] + 1)
			j++;
		if (f == NULL)
			f = xmemstream(&text, &len);
		fprintf(f, "%s%u", ftell(f) > 0 ? "," : "", u->v[i]);
		if (j > i + 1)
			fprintf(f, ":%u", u->v[j - 1]);
		if (ftell(f) > MAX_SEARCH_SET) {
			fclose(f);
			f = NULL;
			strv_take(sets, text);
		}
	}
	if (f != NULL) {
		fclose(f);
		strv_take(sets, text);
	}
}

/*
 * Their places, by a SEARCH of the UIDs, which takes the server no time: while it
 * answers that it may not renumber (RFC 9051 7.5.1).  As many must come as were
 * asked for, else somebody removed one just now.
 */
static int
learn_places(struct store *s, const char *set, struct fail *why)
{
	struct box *b = box_of(s);
	struct imap_uids places = { NULL, 0, 0 };
	struct span left = span_of(set);
	uint32_t low, high, n, i;
	struct imap_line l;
	size_t k = 0;
	int result;

	imap_line_init(&l);
	imap_line_put(&l, "UID %s", set);
	result = imap_search_places(b->session->imap, &l, b->exists, &places,
	    why);
	imap_line_free(&l);
	while (result == 0 && imap_set_next(&left, &low, &high) == 1)
		k += (size_t)high - low + 1;
	left = span_of(set);
	for (i = 0; result == 0 && k == places.n &&
	    imap_set_next(&left, &low, &high) == 1; )
		for (; low <= high && i < k; low++, i++)
			if ((n = box_number(s, places.v[i])) != 0)
				box_name(s, n, low);
	free(places.v);
	return result;
}

static int
fetch_uids(struct store *s, const struct imap_uids *u, struct fail *why)
{
	struct strv sets = { NULL, 0, 0 };
	int result;

	put_unknown(s, u, &sets);
	box_of(s)->want = LOAD_FLAGS;
	result = box_each_set(s, &sets, "UID FETCH ", " (UID FLAGS)",
	    NULL, EX_TEMPFAIL, NULL, why);
	box_of(s)->want = 0;
	strv_free(&sets);
	return result;
}

/* The list of all UIDs is mostly ranges, where many are wanted. */
static int
learn_many(struct store *s, const struct imap_uids *u, struct fail *why)
{
	struct box *b = box_of(s);
	struct imap_uids all = { NULL, 0, 0 };
	struct imap_line l;
	int result;

	if (u->n < b->exists / 4 || !imap_offers(b->session->imap, "ESEARCH"))
		return 0;
	imap_line_init(&l);
	imap_line_put(&l, "ALL");
	result = imap_search(b->session->imap, &l, b->exists, &all, why);
	imap_line_free(&l);
	if (result == 0)
		(void)learn_all(s, &all);
	free(all.v);
	return result;
}

int
box_learn(struct store *s, const struct imap_uids *u, struct fail *why)
{
	struct strv sets = { NULL, 0, 0 };
	size_t i;
	int result = 0;

	if (box_of(s)->known == s->count || learn_all(s, u))
		return 0;
	if (learn_many(s, u, why) == -1)
		return -1;
	put_unknown(s, u, &sets);
	for (i = 0; result == 0 && i < sets.n; i++)
		result = learn_places(s, sets.v[i], why);
	strv_free(&sets);
	return result == 0 ? fetch_uids(s, u, why) : -1;
}

/* --- What is unseen --- */

/* 1 where the server said it all at once. */
static int
ask_unseen(struct store *s, uint32_t *first, uint32_t *count, struct fail *why)
{
	struct imap *x = box_of(s)->session->imap;
	struct imap_uids places = { NULL, 0, 0 };
	struct imap_line l;
	int result;

	if (imap_offers(x, "ESEARCH"))
		return imap_search_count(x, "UNSEEN", first, count, why);
	imap_line_init(&l);
	imap_line_put(&l, "UNSEEN");
	result = imap_search_places(x, &l, box_of(s)->exists, &places, why);
	imap_line_free(&l);
	*first = places.n > 0 ? places.v[0] : 0;
	*count = (uint32_t)places.n;
	free(places.v);
	return result;
}

/* Flags that were changed here and not yet told must be counted here. */
static bool
has_news(const struct store *s)
{
	uint32_t i;

	for (i = 0; i < s->count; i++)
		if ((s->msgs[i].flags ^ s->msgs[i].stored) & MSG_SEEN)
			return true;
	return false;
}

int
imap_unseen(struct store *s, uint32_t *first, uint32_t *count, struct fail *why)
{
	struct box *b = box_of(s);
	uint32_t unseen;

	if (has_news(s))
		return 0;
	if (count == NULL && b->state.unseen != 0 && b->tree == NULL) {
		*first = b->state.unseen <= s->count ? b->state.unseen : 0;
		return 1;
	}
	if (box_check(s, why) == -1 ||
	    ask_unseen(s, first, &unseen, why) == -1)
		return -1;
	*first = box_number(s, *first);
	if (count != NULL)
		*count = unseen;
	return 1;
}
