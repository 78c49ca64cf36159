/* SPDX-License-Identifier: ISC */
/*
 * fetchrun.c -- one source, from its list to the last deletion.
 *
 * A message is read whole into a stage, stored, recorded, and only then deleted
 * where it came from; a batch of them goes through each step together.
 * Nothing is deleted after a failure, nor in a session in which the server gave
 * the messages new numbers: the next run does it, without fetching again.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fetch.h"
#include "progress.h"

#define BATCH_OCTETS	(8 * 1024 * 1024)	/* staged at most, but for one message */
#define DAY		86400

struct run {
	struct fetch	*f;
	struct batch	 batch;
	struct fail	*why;
};

/* --- Fetching. --- */

static bool
is_enough(const struct run *x)
{
	return x->f->sum.fetched + x->batch.n >= x->f->o->most;
}

/* A record of the same content under that key? */
static bool
is_recorded(const struct fetch *f, const char *key, const char *sha)
{
	struct seen_record r;

	return seen_get(f->seen, key, &r) && r.state != SEEN_INTENDED &&
	    strcmp(r.sha, sha) == 0;
}

/*
 * Has what was read come before?  A UIDL that was one of two may be alone now,
 * and the other way round.
 */
static bool
came_before(struct fetch *f, const struct item *i, const struct digest *d)
{
	char *other;
	bool found;

	if (f->o->all)
		return false;
	if (is_recorded(f, i->key, d->sha))
		return true;
	if (f->renumbered)
		return fetch_take_old(f, d->sha);
	if (f->kind != KEY_POP3 || f->no_names)
		return false;
	other = i->stem != NULL ? xstrdup(i->stem) :
	    xasprintf("%s#%s", i->key, d->sha);
	found = is_recorded(f, other, d->sha);
	free(other);
	return found;
}

/* Here already: recorded under its present key. */
static int
keep_record(struct fetch *f, struct item *i, const struct digest *d,
    struct fail *why)
{
	struct seen_record r;

	i->state = ITEM_HERE;
	if (f->o->dry || (seen_get(f->seen, i->key, &r) &&
	    r.state == SEEN_DONE &&
	    r.size == store_msg(f->src, i->n)->size))
		return 0;
	return seen_done(f->seen, i->key, store_msg(f->src, i->n)->size,
	    d->light, d->sha, why);
}

/* A size that the server told wrongly is no harm, but worth a word. */
static void
compare_size(const struct fetch *f, const struct item *i, uint64_t octets)
{
	const struct msg *m = store_msg(f->src, i->n);

	/* Line ends are one octet here and two there. */
	if (f->src->ops->local || (octets <= m->size && m->size <= octets * 2))
		return;
	out_note(f->m, "%s: message %u: announced with %llu octets, %llu came",
	    f->src->name, i->n, (unsigned long long)m->size,
	    (unsigned long long)octets);
}

/*
 * Read a message.  One that lies in a stage of the source's is taken over with
 * it, for copying costs more than all else here.
 */
static int
read_message(struct run *x, const struct item *i, FILE *text, struct staged *s)
{
	struct fetch *f = x->f;
	FILE *in = text, *out = NULL;

	if (!f->o->dry) {
		if ((s->text = store_stage_take(text)) != NULL)
			in = s->text;
		else if ((s->text = out = store_stage(x->why)) == NULL)
			return -1;
	}
	if (fetch_digest(in, out, store_msg(f->src, i->n)->size, &s->d,
	    x->why) == 0)
		return 0;
	if (s->text != NULL)
		fclose(s->text);
	return -1;
}

static int
take(struct run *x, struct item *i, FILE *text)
{
	struct fetch *f = x->f;
	struct staged *s = &x->batch.v[x->batch.n];
	int result = 0;

	memset(s, 0, sizeof(*s));
	s->item = i;
	if (read_message(x, i, text, s) == -1)
		return -1;
	compare_size(f, i, s->d.octets);
	fetch_key(f, i, &s->d);
	if (came_before(f, i, &s->d))
		result = keep_record(f, i, &s->d, x->why);
	else if (is_enough(x))
		i->state = ITEM_LEFT;
	else if (f->o->dry) {
		f->sum.fetched++;
		f->sum.octets += s->d.octets;
	} else {
		i->state = ITEM_NEW;
		x->batch.n++;
		x->batch.octets += s->d.octets;
		durable_step("fetch: staged");
		if (x->batch.n == BATCH_MESSAGES ||
		    x->batch.octets > BATCH_OCTETS)
			result = fetch_store(f, &x->batch, x->why);
		return result;
	}
	if (s->text != NULL)
		fclose(s->text);
	return result;
}

static int
take_message(void *ctx, struct store *s, uint32_t n, FILE *text,
    struct fail *result)
{
	struct run *x = ctx;
	struct item *i = fetch_item(x->f, n);

	(void)s;
	if (got_signal != 0)
		return fail(x->why, EX_TEMPFAIL, "interrupted");
	if (i == NULL)
		return 0;
	progress_message(x->f->m);
	if (text != NULL)
		return take(x, i, text);
	if (result->code == EX_IOERR) {
		/* The disk is full here; the message is well. */
		*x->why = *result;
		return -1;
	}
	result->code = EX_TEMPFAIL;
	fetch_failed(x->f, i, result);
	return 0;
}

static void
expect(const struct fetch *f, const struct numbers *ns)
{
	uint64_t octets = 0;
	size_t i;

	for (i = 0; i < ns->n && i < f->o->most; i++)
		octets += store_msg(f->src, ns->v[i])->size;
	progress_expect(f->m, octets, i);
}

/* What was not come to when all ended has failed too: it was not passed over. */
static void
count_missed(struct fetch *f, const struct numbers *ns)
{
	uint64_t wanted = ns->n < f->o->most ? ns->n : f->o->most;

	if (wanted > f->sum.fetched + f->sum.failed)
		f->sum.failed = wanted - f->sum.fetched;
}

/* Fetch those, as many as are wanted. */
static int
fetch_these(struct run *x, const struct numbers *ns, struct fail *why)
{
	struct numbers part = { 0 };
	struct fetch *f = x->f;
	struct fail other;
	uint64_t left;
	size_t at, n;
	int result = 0;

	fail_clear(&other);
	expect(f, ns);
	for (at = 0; at < ns->n && result == 0 && !is_enough(x); at += n) {
		left = f->o->most - f->sum.fetched;
		n = ns->n - at < left ? ns->n - at : (size_t)left;
		part.v = ns->v + at;
		part.n = n;
		result = store_messages(f->src, &part, take_message, x, why);
		/* What came whole before a failure is stored and recorded. */
		if (result == -1)
			(void)fetch_store(f, &x->batch, &other);
		else
			result = fetch_store(f, &x->batch, why);
		if (result == 0 && got_signal != 0)
			result = fail(why, EX_TEMPFAIL, "interrupted");
	}
	if (!f->o->dry && seen_commit(f->seen, result == 0 ? why : &other) == -1)
		result = -1;
	if (result == -1)
		count_missed(f, ns);
	return result;
}

/* Only count what would come, where that is known from the list. */
static void
count_known(struct fetch *f, struct numbers *ns)
{
	const struct item *i;
	size_t k, left = 0;

	for (k = 0; k < ns->n; k++) {
		i = fetch_item(f, ns->v[k]);
		if (i->key == NULL || i->state != ITEM_NEW || f->renumbered)
			ns->v[left++] = ns->v[k];
		else if (f->sum.fetched < f->o->most) {
			f->sum.fetched++;
			f->sum.octets += store_msg(f->src, i->n)->size;
		}
	}
	ns->n = left;
}

/* Leave all that the search does not find; with deleting, of what came before too. */
static int
select_items(struct fetch *f, struct numbers *ns, struct fail *why)
{
	struct numbers among = { 0 }, found = { 0 };
	bool deleting = f->o->delete_there || f->o->days != -1;
	struct item *i;
	size_t k = 0;
	int result;

	for (i = f->items; i < f->items + f->nitems; i++)
		if (i->state != ITEM_HERE || deleting)
			numbers_add(&among, i->n);
	result = among.n == 0 ? 0 :
	    store_search(f->src, f->o->expr, &among, &found, why);
	for (i = f->items; result == 0 && i < f->items + f->nitems; i++) {
		if (i->state == ITEM_HERE && !deleting)
			continue;
		while (k < found.n && found.v[k] < i->n)
			k++;
		if (k == found.n || found.v[k] != i->n)
			i->state = ITEM_LEFT;
		else if (i->state != ITEM_HERE)
			numbers_add(ns, i->n);
	}
	numbers_free(&among);
	numbers_free(&found);
	return result;
}

static int
fetch_new(struct fetch *f, struct fail *why)
{
	struct run *x = xcalloc(1, sizeof(*x));
	struct numbers ns = { 0 };
	size_t k;
	int result = 0;

	x->f = f;
	x->why = why;
	if (f->o->expr != NULL)
		result = select_items(f, &ns, why);
	else
		for (k = 0; k < f->nitems; k++)
			if (f->items[k].state != ITEM_HERE)
				numbers_add(&ns, f->items[k].n);
	if (f->o->dry)
		count_known(f, &ns);
	/* A destination that takes nothing is better known before. */
	else if (result == 0 && f->o->most > 0 &&
	    (ns.n > 0 || fetch_misses_dest(f)))
		result = fetch_need_dest(f, why);
	if (result == 0)
		result = fetch_these(x, &ns, why);
	numbers_free(&ns);
	free(x);
	return result;
}

/* --- Deleting there. --- */

static bool
may_be_deleted(const struct fetch *f, const struct item *i)
{
	struct seen_record r;
	const struct msg *m = store_msg(f->src, i->n);

	if (i->state != ITEM_HERE || i->key == NULL ||
	    (m->flags & MSG_GONE) != 0 || !seen_get(f->seen, i->key, &r) ||
	    r.state == SEEN_INTENDED)
		return false;
	if (f->kind == KEY_POP3 && r.size != m->size)
		return false;
	return f->o->delete_there ||
	    r.when <= (int64_t)time(NULL) - (int64_t)f->o->days * DAY;
}

/*
 * Mark what may go.  What others have marked is not ours to remove: it is
 * forgotten here, so that the sync does not see it.
 */
static size_t
mark(struct fetch *f)
{
	struct item *i;
	struct msg *m;
	uint32_t n;
	size_t marked = 0;

	for (n = 1; n <= f->src->count; n++) {
		m = store_msg(f->src, n);
		m->flags &= ~(uint32_t)MSG_DELETED;
		m->stored &= ~(uint32_t)MSG_DELETED;
	}
	for (i = f->items; i < f->items + f->nitems; i++)
		if (may_be_deleted(f, i)) {
			store_flag(f->src, i->n, MSG_DELETED, 0);
			marked++;
		}
	return marked;
}

/* Record which are gone.  Content that comes again is another message. */
static int
record_gone(struct fetch *f, struct fail *why)
{
	struct item *i;
	uint32_t flags;
	int result = 0;

	for (i = f->items; i < f->items + f->nitems && result == 0; i++) {
		flags = store_msg(f->src, i->n)->flags;
		if ((flags & MSG_GONE) == 0 || (flags & MSG_DELETED) == 0 ||
		    i->key == NULL)
			continue;
		if (i->key[0] == 'S')
			result = seen_forget(f->seen, i->key, why);
		else
			result = seen_removed(f->seen, i->key, why);
	}
	return result == 0 ? seen_commit(f->seen, why) : -1;
}

static int
delete_there(struct fetch *f, struct fail *why)
{
	struct fail other;
	int result;

	if ((!f->o->delete_there && f->o->days == -1) || f->o->dry)
		return 0;
	if (f->renumbered) {
		out_note(f->m, "%s: nothing is deleted in this session",
		    f->src->name);
		return 0;
	}
	if (seen_commit(f->seen, why) == -1)
		return -1;
	if (mark(f) == 0)
		return 0;
	durable_step("fetch: deleting");
	result = store_sync(f->src, SYNC_FLAGS | SYNC_EXPUNGE, why);
	durable_step("fetch: deleted");
	fail_clear(&other);
	if (record_gone(f, result == 0 ? why : &other) == -1)
		return -1;
	return result;
}

/* --- The end. --- */

/* All UIDs up to which are done? */
static int
set_mark(struct fetch *f, struct fail *why)
{
	uint32_t mark = seen_mark(f->seen), lowest = UINT32_MAX, uid;
	struct seen_record r;
	const struct item *i;

	for (i = f->items; i < f->items + f->nitems; i++) {
		uid = store_msg(f->src, i->n)->uid;
		if (uid > mark)
			mark = uid;
		if ((!seen_get(f->seen, i->key, &r) ||
		    r.state == SEEN_INTENDED) && uid < lowest)
			lowest = uid;
	}
	if (seen_set_next(f->seen, lowest == UINT32_MAX && !f->unnamed ?
	    f->src->uidnext : 0, why) == -1)
		return -1;
	return seen_set_mark(f->seen, mark < lowest ? mark : lowest - 1, why);
}

struct pruning {
	struct fetch	*f;
	const char	**keys;		/* sorted */
	size_t		 n;
	struct fail	*why;
};

static int
by_string(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

static int
prune_key(void *ctx, const char *key, const struct seen_record *r)
{
	struct pruning *x = ctx;

	if (r->state == SEEN_INTENDED || (x->n > 0 &&
	    bsearch(&key, x->keys, x->n, sizeof(*x->keys), by_string) != NULL))
		return 0;
	return seen_forget(x->f->seen, key, x->why);
}

/* Is every key that is known of one of the messages?  Only keys without a stem differ. */
static bool
are_all_there(const struct fetch *f)
{
	struct seen_record r;
	size_t i, n = 0;

	for (i = 0; i < f->nitems; i++)
		n += f->items[i].stem == NULL &&
		    seen_get(f->seen, f->items[i].key, &r);
	return n == seen_count(f->seen);
}

/* Forget what is not there any more; only after a list that is whole and plausible. */
static int
prune(struct fetch *f, struct fail *why)
{
	struct pruning x = { .f = f, .why = why };
	size_t i;
	int result;

	if (!f->complete || f->sum.failed > 0 ||
	    (f->nitems == 0 && !f->o->delete_there))
		return 0;
	for (i = 0; i < f->nitems; i++)
		if (f->items[i].key == NULL)
			return 0;
	if (are_all_there(f))
		return 0;
	x.keys = xreallocarray(NULL, f->nitems + 1, sizeof(*x.keys));
	for (x.n = 0; x.n < f->nitems; x.n++)
		x.keys[x.n] = f->items[x.n].key;
	qsort(x.keys, x.n, sizeof(*x.keys), by_string);
	result = seen_each(f->seen, prune_key, &x);
	free(x.keys);
	return result;
}

static int
finish(struct fetch *f, struct fail *why)
{
	if (f->o->dry)
		return 0;
	if (f->renumbered) {
		if (f->sum.failed > 0)
			return 0;	/* matched again by the next run */
		if (seen_commit(f->seen, why) == -1 ||
		    seen_set_uidvalidity(f->seen, f->src->uidvalidity,
		    why) == -1)
			return -1;
	}
	if (f->kind == KEY_IMAP && set_mark(f, why) == -1)
		return -1;
	if (prune(f, why) == -1)
		return -1;
	return seen_compact(f->seen, why);
}

static uint64_t
count_there(const struct fetch *f)
{
	uint64_t n = 0;
	uint32_t i;

	for (i = 0; i < f->src->count; i++)
		n += (f->src->msgs[i].flags & MSG_GONE) == 0;
	return n;
}

int
fetch_run(struct fetch *f, struct fail *why)
{
	uint64_t total, done;
	int result;

	if (fetch_list(f, why) == -1)
		return -1;
	total = count_there(f);
	if (f->nothing) {
		f->sum.skipped = total;
		return !f->o->dry && f->o->most > 0 && fetch_misses_dest(f) ?
		    fetch_need_dest(f, why) : 0;
	}
	if (!f->o->dry && fetch_recover(f, why) == -1)
		return -1;
	result = fetch_new(f, why);
	done = f->sum.fetched + f->sum.failed;
	f->sum.skipped = total > done ? total - done : 0;
	if (result == 0)
		result = delete_there(f, why);
	return result == 0 ? finish(f, why) : -1;
}
