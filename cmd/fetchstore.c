/* SPDX-License-Identifier: ISC */
/*
 * fetchstore.c -- the destination of a fetch: a batch of messages is stored,
 * made durable and recorded, in this order; and what a run that was ended left
 * between two of these steps is settled.
 *
 * An intent stands in the state before the first octet is written, so that a
 * later run asks the folder whether the message got there.  A command cannot
 * be asked: its messages come at least once.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../net/url.h"
#include "../store/local.h"
#include "fetch.h"
#include "term.h"

#define NO_COMMAND	126	/* and 127: the shell could not run it */

static bool
is_command(const struct fetch *f)
{
	return f->o->dest[0] == '|';
}

bool
fetch_misses_dest(const struct fetch *f)
{
	return !is_command(f) && !url_is_url(f->o->dest) &&
	    access(local_path(f->o->dest), F_OK) == -1;
}

static int
write_intent(void *ctx, const char *record, struct fail *why)
{
	struct fetch *f = ctx;

	return seen_intend(f->seen, f->storing, record, why);
}

static int
settle_intents(void *ctx, struct fail *why)
{
	struct fetch *f = ctx;

	if (seen_commit(f->seen, why) == -1)
		return -1;
	durable_step("fetch: intended");
	return 0;
}

int
fetch_need_dest(struct fetch *f, struct fail *why)
{
	if (f->dst != NULL || is_command(f))
		return 0;
	f->dst = store_open(f->o->dest, STORE_APPEND, &f->m->options, why);
	return f->dst == NULL ? -1 : 0;
}

void
fetch_failed(struct fetch *f, struct item *i, const struct fail *result)
{
	i->state = ITEM_LEFT;
	f->sum.failed++;
	if (f->first.code == 0)
		f->first = *result;
}

/* --- Storing. --- */

/* What goes along with the message: what its reader did with it, and when it came. */
static void
describe(const struct fetch *f, const struct item *i, struct msg *like)
{
	const struct msg *m = store_msg(f->src, i->n);

	memset(like, 0, sizeof(*like));
	like->flags = like->stored = m->flags &
	    (MSG_SEEN | MSG_ANSWERED | MSG_FLAGGED | MSG_DRAFT);
	like->arrived = m->arrived;
	like->size = m->size;
	like->tags = m->tags;
	like->loaded = LOAD_FLAGS | LOAD_SIZE;
}

static int
append(struct fetch *f, struct staged *s, struct fail *why)
{
	struct msg like;

	describe(f, s->item, &like);
	rewind(s->text);
	f->storing = s->item->key;
	f->intent.write = write_intent;
	f->intent.settle = settle_intents;
	f->intent.ctx = f;
	return store_append(f->dst, s->text, f->kind == KEY_POP3 ? NULL : &like,
	    &f->intent, why);
}

static int
record(struct fetch *f, struct staged *s, struct fail *why)
{
	if (seen_done(f->seen, s->item->key, store_msg(f->src, s->item->n)->size,
	    s->d.light, s->d.sha, why) == -1)
		return -1;
	s->item->state = ITEM_HERE;
	f->sum.fetched++;
	f->sum.octets += s->d.octets;
	return 0;
}

/* One that the folder refuses fails alone; a full disk ends it. */
static int
refuse(struct fetch *f, struct staged *s, const struct fail *one,
    struct fail *why)
{
	if (fail_ends(one))
		return fail(why, one->code, "%s", one->text);
	if (seen_forget(f->seen, s->item->key, why) == -1)
		return -1;
	fetch_failed(f, s->item, one);
	return 0;
}

/* Those that it took, in order: as many as `taken' has. */
static int
append_batch(struct fetch *f, struct batch *b, struct staged **taken,
    size_t *n, struct fail *why)
{
	struct fail one;
	size_t i;

	for (i = 0; i < b->n; i++) {
		fail_clear(&one);
		if (append(f, &b->v[i], &one) == 0)
			taken[(*n)++] = &b->v[i];
		else if (refuse(f, &b->v[i], &one, why) == -1)
			return -1;
	}
	return 0;
}

/* Record what is there.  What cannot be told is asked of the folder by the next run. */
static int
record_batch(struct fetch *f, struct staged **taken, size_t n,
    bool committed, struct fail *why)
{
	struct fail one;
	int result = 0, there;
	size_t i;

	for (i = 0; i < n; i++) {
		fail_clear(&one);
		there = committed ? 1 : store_settled(f->dst, i, &one);
		if (there == 1) {
			if (record(f, taken[i], why) == -1)
				return -1;
		} else if (refuse(f, taken[i], &one, why) == -1)
			result = -1;
	}
	return result;
}

/* All into the folder.  What was stored before a failure is safe all the same. */
static int
store_in_folder(struct fetch *f, struct batch *b, struct fail *why)
{
	struct staged *taken[BATCH_MESSAGES];
	struct fail commit = { 0 };
	bool committed;
	size_t n = 0;
	int result;

	if (fetch_need_dest(f, why) == -1)
		return -1;
	result = append_batch(f, b, taken, &n, why);
	committed = store_commit(f->dst, &commit) == 0;
	if (fail_ends(&commit)) {
		fail(why, commit.code, "%s", commit.text);
		result = -1;
	}
	durable_step("fetch: stored");
	if (record_batch(f, taken, n, committed, why) == -1)
		return -1;
	/* Durable with the intents of the next batch; until then its own stand. */
	durable_step("fetch: recorded");
	return result;
}

/* Run the command; 0 when it took the message. */
static int
run_command(struct fetch *f, FILE *text, struct fail *why)
{
	const char *command = f->o->dest + 1;
	struct fail writing;
	FILE *in;
	pid_t pid;
	int status = 0;

	fail_clear(&writing);
	rewind(text);
	if ((in = term_pipe(f->m, command, &pid, why)) == NULL)
		return -1;
	/* It may well not read all of it: its status tells. */
	(void)stream_copy(text, in, UINT64_MAX, &writing);
	fail_clear(&writing);
	if (term_pipe_close(in, pid, &status, &writing) == -1 &&
	    writing.code != EX_IOERR)
		return fail(why, EX_OSERR, "%s", writing.text);
	if (ferror(text))
		return fail(why, EX_IOERR, "temporary file");
	if (status == 0)
		return 0;
	return fail(why, status >= EX__BASE && status <= EX__MAX ? status :
	    status > 128 ? EX_TEMPFAIL : EX_UNAVAILABLE, "%s: exit status %d",
	    command, status);
}

static int
store_by_command(struct fetch *f, struct batch *b, struct fail *why)
{
	struct fail one;
	struct staged *s;

	for (s = b->v; s < b->v + b->n; s++) {
		if (got_signal != 0)
			return 0;
		/* Can it be recorded that it came?  Better known before. */
		if (seen_intend(f->seen, s->item->key, "|", why) == -1 ||
		    seen_commit(f->seen, why) == -1)
			return -1;
		durable_step("fetch: command");
		fail_clear(&one);
		if (run_command(f, s->text, &one) == 0) {
			durable_step("fetch: command done");
			if (record(f, s, why) == -1)
				return -1;
		} else {
			if (seen_forget(f->seen, s->item->key, why) == -1)
				return -1;
			fetch_failed(f, s->item, &one);
		}
		if (seen_commit(f->seen, why) == -1)
			return -1;
	}
	return 0;
}

int
fetch_store(struct fetch *f, struct batch *b, struct fail *why)
{
	size_t i;
	int result = 0;

	if (b->n > 0)
		result = is_command(f) ? store_by_command(f, b, why) :
		    store_in_folder(f, b, why);
	for (i = 0; i < b->n; i++) {
		fclose(b->v[i].text);
		if (b->v[i].item->state == ITEM_NEW)
			b->v[i].item->state = ITEM_LEFT;
	}
	b->n = 0;
	b->octets = 0;
	return result;
}

/* --- Recovery. --- */

struct unsettled {
	char		*key, *record;	/* owned */
	bool		 settled;
};

struct recovery {
	struct fetch	*f;
	struct unsettled *v;		/* owned */
	size_t		 n, cap;
	struct fail	*why;
};

static int
add_intent(void *ctx, const char *key, const struct seen_record *r)
{
	struct recovery *x = ctx;

	if (r->state != SEEN_INTENDED)
		return 0;
	x->v = xgrow(x->v, x->n, &x->cap, sizeof(*x->v));
	x->v[x->n].key = xstrdup(key);
	x->v[x->n].record = xstrdup(r->intent);
	x->v[x->n++].settled = false;
	return 0;
}

static struct unsettled *
find_intent(struct recovery *x, const char *key)
{
	size_t i;

	for (i = 0; i < x->n; i++)
		if (!x->v[i].settled && strcmp(x->v[i].key, key) == 0)
			return &x->v[i];
	return NULL;
}

/* Ask the folder.  The message is NULL where it is not in the source any more. */
static int
settle(struct recovery *x, struct unsettled *u, FILE *text, uint64_t size,
    const struct digest *d)
{
	struct fetch *f = x->f;
	int there = 0, result;

	if (!is_command(f))
		there = store_recover(f->dst, u->record, text, x->why);
	if (there == -1)
		return -1;
	if (there == 1)
		result = seen_done(f->seen, u->key, size, d->light, d->sha,
		    x->why);
	else
		result = seen_forget(f->seen, u->key, x->why);
	u->settled = true;
	return result;
}

static int
recover_message(void *ctx, struct store *s, uint32_t n, FILE *text,
    struct fail *result)
{
	struct recovery *x = ctx;
	struct item *i = fetch_item(x->f, n);
	bool named = i != NULL && i->key != NULL;
	struct unsettled *u;
	struct digest d;
	int done = 0;

	(void)result;	/* not readable: settled without it */
	if (i == NULL || text == NULL)
		return 0;
	if (fetch_digest(text, NULL, store_msg(s, n)->size, &d, x->why) == -1)
		return -1;
	fetch_key(x->f, i, &d);
	if ((u = find_intent(x, i->key)) != NULL) {
		rewind(text);
		done = settle(x, u, text, store_msg(s, n)->size, &d);
	}
	if (!named) {
		free(i->key);
		i->key = NULL;
	}
	return done;
}

/* The messages whose intents are open, and all of unknown key if some are not found. */
static void
wanted(struct recovery *x, struct numbers *ns)
{
	struct fetch *f = x->f;
	struct item *i;
	size_t known = 0;

	for (i = f->items; i < f->items + f->nitems; i++)
		if (i->key != NULL && find_intent(x, i->key) != NULL)
			known++;
	for (i = f->items; i < f->items + f->nitems; i++)
		if (i->key == NULL ? known < x->n :
		    find_intent(x, i->key) != NULL)
			numbers_add(ns, i->n);
}

static int
recover(struct recovery *x, struct fail *why)
{
	static const struct digest none;
	struct fetch *f = x->f;
	struct numbers ns = { 0 };
	size_t i;
	int result = 0;

	if (fetch_need_dest(f, why) == -1)
		return -1;
	if (!is_command(f)) {
		wanted(x, &ns);
		if (ns.n > 0)
			result = store_messages(f->src, &ns, recover_message, x,
			    why);
		numbers_free(&ns);
		fetch_reset_tally(f);
	}
	for (i = 0; i < x->n && result == 0; i++)
		if (!x->v[i].settled)
			result = settle(x, &x->v[i], NULL, 0, &none);
	return result == 0 ? seen_commit(f->seen, why) : -1;
}

int
fetch_recover(struct fetch *f, struct fail *why)
{
	struct recovery x = { .f = f, .why = why };
	struct seen_record r;
	struct item *i;
	size_t k;
	int result = 0;

	seen_each(f->seen, add_intent, &x);
	if (x.n > 0)
		result = recover(&x, why);
	for (i = f->items; x.n > 0 && i < f->items + f->nitems; i++)
		if (!f->o->all && i->key != NULL && i->state == ITEM_NEW &&
		    seen_get(f->seen, i->key, &r) && r.state == SEEN_DONE)
			i->state = ITEM_HERE;
	for (k = 0; k < x.n; k++) {
		free(x.v[k].key);
		free(x.v[k].record);
	}
	free(x.v);
	return result;
}
