/* SPDX-License-Identifier: ISC */
/*
 * fetchsource.c -- what is in a source, and by which key each message is known
 * across sessions.
 *
 * IMAP's UIDs, POP3's UIDLs and Maildir's names are keys that cost nothing.  The
 * rest (mbox; UIDLs that are missing, invalid or occur twice) is told by
 * content, so it is read before it is known whether it is new.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fetch.h"

#define MAX_UIDL	70	/* RFC 1939 7 */

/* --- Keys. --- */

void
fetch_reset_tally(struct fetch *f)
{
	free(f->tally.v);
	memset(&f->tally, 0, sizeof(f->tally));
}

static struct tally_slot *
find_slot(struct tally_slot *v, size_t cap, uint64_t h)
{
	size_t i = (size_t)h & (cap - 1);

	while (v[i].count > 0 && v[i].hash != h)
		i = (i + 1) & (cap - 1);
	return &v[i];
}

/* Count one more of that content: 1 for the first. */
static uint32_t
count(struct tally *t, const char *sha)
{
	uint64_t h;
	struct tally_slot *v, *slot;
	size_t i, cap;
	char prefix[17];

	strlcpy(prefix, sha, sizeof(prefix));
	h = strtoull(prefix, NULL, 16);
	if (t->n * 2 >= t->cap) {
		cap = t->cap == 0 ? 256 : t->cap * 2;
		v = xcalloc(cap, sizeof(*v));
		for (i = 0; i < t->cap; i++)
			if (t->v[i].count > 0)
				*find_slot(v, cap, t->v[i].hash) = t->v[i];
		free(t->v);
		t->v = v;
		t->cap = cap;
	}
	slot = find_slot(t->v, t->cap, h);
	slot->hash = h;
	if (slot->count++ == 0)
		t->n++;
	return slot->count;
}

void
fetch_key(struct fetch *f, struct item *i, const struct digest *d)
{
	uint32_t nth;

	if (i->key != NULL)
		return;
	if (i->stem != NULL)
		i->key = xasprintf("%s#%s", i->stem, d->sha);
	else if ((nth = count(&f->tally, d->sha)) == 1)
		i->key = xasprintf("S:%s", d->sha);
	else
		i->key = xasprintf("S:%s#%u", d->sha, nth);
}

static bool
is_valid_uidl(const char *s)
{
	size_t n;

	for (n = 0; s[n] > ' ' && s[n] < 127; n++)
		;
	return s[n] == '\0' && n > 0 && n <= MAX_UIDL;
}

/* The name of a Maildir's message without directory and flags. */
static char *
maildir_key(const char *name)
{
	const char *slash = strrchr(name, '/');

	if (slash != NULL)
		name = slash + 1;
	return xasprintf("M:%.*s", (int)strcspn(name, ":"), name);
}

static char *
join(const char *prefix, const char *s)
{
	size_t a = strlen(prefix), b = strlen(s) + 1;
	char *text = xmalloc(a + b);

	memcpy(text, prefix, a);
	memcpy(text + a, s, b);
	return text;
}

static void
name_item(struct fetch *f, struct item *i)
{
	const struct msg *m = store_msg(f->src, i->n);

	if (f->kind == KEY_IMAP)
		i->key = xasprintf("I:%u:%u", f->src->uidvalidity, m->uid);
	else if (f->kind == KEY_MAILDIR && m->name != NULL)
		i->key = maildir_key(m->name);
	else if (f->kind == KEY_POP3 && m->name == NULL)
		f->no_names = true;
	else if (f->kind == KEY_POP3 && is_valid_uidl(m->name))
		i->key = join("P:", m->name);
	else if (f->kind == KEY_POP3)
		i->stem = join("P:", m->name);
}

static int
by_key(const void *a, const void *b)
{
	const struct item *const *x = a, *const *y = b;

	return strcmp((*x)->key, (*y)->key);
}

/* A UIDL that occurs twice names nothing: its content is added. */
static void
part_twins(struct fetch *f)
{
	struct item **v = xreallocarray(NULL, f->nitems + 1, sizeof(*v));
	size_t i, j, k, n = 0;

	for (i = 0; i < f->nitems; i++)
		if (f->items[i].key != NULL)
			v[n++] = &f->items[i];
	sort(v, n, sizeof(struct item *), by_key);
	for (i = 0; i < n; i = j) {
		for (j = i + 1; j < n && by_key(&v[i], &v[j]) == 0; j++)
			;
		for (k = i; j - i > 1 && k < j; k++) {
			v[k]->stem = v[k]->key;
			v[k]->key = NULL;
		}
	}
	free(v);
}

/* --- The list. --- */

static void
add_item(struct fetch *f, uint32_t n)
{
	f->items = xgrow(f->items, f->nitems, &f->cap, sizeof(*f->items));
	memset(&f->items[f->nitems], 0, sizeof(*f->items));
	f->items[f->nitems].n = n;
	name_item(f, &f->items[f->nitems++]);
}

struct item *
fetch_item(const struct fetch *f, uint32_t n)
{
	size_t low = 0, high = f->nitems, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (f->items[mid].n < n)
			low = mid + 1;
		else
			high = mid;
	}
	return low < f->nitems && f->items[low].n == n ? &f->items[low] : NULL;
}

static int
by_value(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Make items of those messages, whose flags (so UIDs) and sizes are loaded. */
static int
add_items(struct fetch *f, struct numbers *ns, struct fail *why)
{
	size_t i;
	const struct msg *m;

	if (store_load(f->src, ns, LOAD_FLAGS | LOAD_SIZE, why) == -1)
		return -1;
	sort(ns->v, ns->n, sizeof(*ns->v), by_value);
	for (i = 0; i < ns->n; i++) {
		m = store_msg(f->src, ns->v[i]);
		if ((m->flags & MSG_GONE) != 0)
			continue;
		if (f->kind == KEY_IMAP && m->uid == 0) {
			f->unnamed = true;
			continue;
		}
		add_item(f, ns->v[i]);
	}
	return 0;
}

/*
 * IMAP: what came above the mark.  1: that is all there is to look at; 0: look at
 * everything, for a UID below the mark is not known (so UIDs were given anew).
 */
static int
list_above_mark(struct fetch *f, struct fail *why)
{
	struct search *x = search_new(SEARCH_UID);
	struct numbers found = { 0 }, above = { 0 };
	struct seen_record r;
	uint32_t mark = seen_mark(f->seen);
	const struct msg *m;
	char *key;
	size_t i;
	int result;

	x->text = xasprintf("%" PRIu64 ":*", (uint64_t)mark + 1);
	result = store_search(f->src, x, NULL, &found, why);
	search_free(x);
	if (result == 0)
		result = store_load(f->src, &found, LOAD_FLAGS, why);
	for (i = 0, result = result == 0 ? 1 : -1; i < found.n && result == 1; i++) {
		m = store_msg(f->src, found.v[i]);
		if (m->uid > mark) {
			numbers_add(&above, found.v[i]);
			continue;
		}
		/* `n:*' is answered with the last message, whatever n. */
		key = xasprintf("I:%u:%u", f->src->uidvalidity, m->uid);
		if (m->uid != 0 && !seen_get(f->seen, key, &r))
			result = 0;
		free(key);
	}
	if (result == 0)
		out_note(f->m, "%s: UIDs were given anew; looking at all of "
		    "the mailbox", f->src->name);
	if (result == 1 && add_items(f, &above, why) == -1)
		result = -1;
	numbers_free(&found);
	numbers_free(&above);
	return result;
}

static int
list_all(struct fetch *f, struct fail *why)
{
	struct numbers ns = { 0 };
	int result;

	numbers_add_all(&ns, f->src);
	result = add_items(f, &ns, why);
	numbers_free(&ns);
	f->complete = true;
	return result;
}

/* Set the states by what is known of the keys. */
static void
judge(struct fetch *f)
{
	struct seen_record r;
	struct item *i;

	for (i = f->items; i < f->items + f->nitems; i++) {
		if (f->o->all || i->key == NULL ||
		    !seen_get(f->seen, i->key, &r) ||
		    r.state == SEEN_INTENDED)
			continue;
		i->state = ITEM_HERE;
		/*
		 * POP3: a UIDL may be used again once its message is gone, and
		 * is not trusted alone where deleting follows from it.
		 */
		if (f->kind == KEY_POP3 && (r.state == SEEN_REMOVED ||
		    (f->o->delete_there &&
		    r.size != store_msg(f->src, i->n)->size)))
			i->state = ITEM_DOUBTFUL;
	}
}

/* --- Another UIDVALIDITY. --- */

static int
add_old(void *ctx, const char *key, const struct seen_record *r)
{
	struct fetch *f = ctx;
	struct old *o;
	char *prefix;
	bool current;

	prefix = xasprintf("I:%u:", f->src->uidvalidity);
	current = strncmp(key, prefix, strlen(prefix)) == 0;
	free(prefix);
	if (current || r->state != SEEN_DONE || strncmp(key, "I:", 2) != 0)
		return 0;
	f->old = xgrow(f->old, f->nold, &f->capold, sizeof(*f->old));
	o = &f->old[f->nold++];
	memset(o, 0, sizeof(*o));
	o->key = xstrdup(key);
	o->light = xstrdup(r->light);
	o->sha = xstrdup(r->sha);
	o->size = r->size;
	return 0;
}

static int
by_light(const void *a, const void *b)
{
	const struct old *x = a, *y = b;

	return strcmp(x->light, y->light);
}

/* The first of that light that no message was matched with. */
static struct old *
find_old(struct fetch *f, const char *light)
{
	size_t low = 0, high = f->nold, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (strcmp(f->old[mid].light, light) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < f->nold && strcmp(f->old[low].light, light) == 0; low++)
		if (!f->old[low].matched)
			return &f->old[low];
	return NULL;
}

bool
fetch_take_old(struct fetch *f, const char *sha)
{
	size_t i;

	for (i = 0; i < f->nold; i++)
		if (!f->old[i].matched && strcmp(f->old[i].sha, sha) == 0) {
			f->old[i].matched = true;
			return true;
		}
	return false;
}

struct matching {
	struct fetch	*f;
	size_t		 matched;
};

static int
match_message(void *ctx, struct store *s, uint32_t n, struct fail *why)
{
	struct matching *x = ctx;
	struct item *i = fetch_item(x->f, n);
	const struct msg *m = store_msg(s, n);
	char light[FETCH_LIGHT];
	struct old *o;

	if (i == NULL || m->envelope == NULL)
		return 0;
	fetch_light(m->envelope, m->size, light);
	if ((o = find_old(x->f, light)) != NULL)
		o->matched = true;
	else if (i->state != ITEM_HERE)
		return 0;
	x->matched++;
	if (i->state == ITEM_HERE)
		return 0;	/* a session that was ended has matched it */
	i->state = ITEM_HERE;
	if (x->f->o->dry)
		return 0;
	return seen_done(x->f->seen, i->key, o->size, o->light, o->sha, why);
}

/* Find what came under the old UIDVALIDITY in the mailbox as it is now. */
static int
rematch(struct fetch *f, struct fail *why)
{
	struct matching x = { .f = f };
	struct numbers ns = { 0 };
	int result;

	f->renumbered = true;
	seen_each(f->seen, add_old, f);
	if (f->nold == 0)
		return 0;
	qsort(f->old, f->nold, sizeof(*f->old), by_light);
	numbers_add_all(&ns, f->src);
	result = store_each(f->src, &ns, LOAD_SIZE | LOAD_ENVELOPE,
	    match_message, &x, why);
	numbers_free(&ns);
	if (result == -1)
		return -1;
	if (x.matched == 0 && !f->o->resync)
		return fail(why, EX_TEMPFAIL, "%s: the server has renumbered the "
		    "mailbox (UIDVALIDITY %u, now %u) and none of the %zu "
		    "messages that came before is found; fetch --resync takes "
		    "what is there as new", f->src->name,
		    seen_uidvalidity(f->seen), f->src->uidvalidity, f->nold);
	out_note(f->m, "%s: the server has renumbered the mailbox; %zu messages "
	    "are known", f->src->name, x.matched);
	return 0;
}

/* --- All of it. --- */

/* Is the mark enough to go by? */
static bool
trusts_mark(const struct fetch *f)
{
	if (f->o->all || f->o->delete_there || f->o->days != -1 ||
	    seen_mark(f->seen) == 0)
		return false;
	/* Now and then all is looked at, to forget what is gone. */
	return seen_count(f->seen) < (size_t)f->src->count * 2 + 1000;
}

/* IMAP: has the mailbox given no UID since all that had one were done? */
static bool
is_as_before(const struct fetch *f)
{
	return trusts_mark(f) && f->src->uidvalidity != 0 &&
	    f->src->uidvalidity == seen_uidvalidity(f->seen) &&
	    f->src->uidnext != 0 && f->src->uidnext == seen_next(f->seen);
}

static int
list_imap(struct fetch *f, struct fail *why)
{
	uint32_t was = seen_uidvalidity(f->seen), is = f->src->uidvalidity;
	int result;

	if (is == 0)
		return fail(why, EX_PROTOCOL, "%s: the server gives no "
		    "UIDVALIDITY, so what came cannot be known again",
		    f->src->name);
	if (was == is && trusts_mark(f) &&
	    (result = list_above_mark(f, why)) != 0)
		return result == -1 ? -1 : (judge(f), 0);
	if (list_all(f, why) == -1)
		return -1;
	judge(f);
	if (was != 0 && was != is)
		return rematch(f, why);
	if (was == 0 && !f->o->dry)
		return seen_set_uidvalidity(f->seen, is, why);
	return 0;
}

int
fetch_list(struct fetch *f, struct fail *why)
{
	const char *kind = f->src->ops->kind;

	f->kind = strcmp(kind, "IMAP") == 0 ? KEY_IMAP :
	    strcmp(kind, "POP3") == 0 ? KEY_POP3 :
	    strcmp(kind, "Maildir") == 0 ? KEY_MAILDIR : KEY_CONTENT;
	if (f->kind == KEY_IMAP && is_as_before(f)) {
		f->nothing = true;
		return 0;
	}
	if (f->unread.code != 0) {
		*why = f->unread;
		return -1;
	}
	if (seen_load(f->seen, why) == -1)
		return -1;
	if (f->kind == KEY_IMAP)
		return list_imap(f, why);
	if (list_all(f, why) == -1)
		return -1;
	part_twins(f);
	if (f->no_names && !f->o->delete_there)
		return fail(why, EX_UNAVAILABLE, "%s: the server does not name "
		    "its messages (UIDL), so what came cannot be known again; "
		    "fetch -d works", f->src->name);
	judge(f);
	return 0;
}

void
fetch_free_list(struct fetch *f)
{
	size_t i;

	for (i = 0; i < f->nitems; i++) {
		free(f->items[i].key);
		free(f->items[i].stem);
	}
	for (i = 0; i < f->nold; i++) {
		free(f->old[i].key);
		free(f->old[i].light);
		free(f->old[i].sha);
	}
	free(f->items);
	free(f->old);
	fetch_reset_tally(f);
}
