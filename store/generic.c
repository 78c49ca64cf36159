/* SPDX-License-Identifier: ISC */
/* generic.c -- what every folder can do by way of whole messages; loading in windows. */
#include <stdlib.h>
#include <string.h>

#include "local.h"

static int
gone(const struct store *s, uint32_t n, struct fail *why)
{
	return fail(why, EX_NOINPUT, "%s: message %u is no longer there",
	    s->name, n);
}

/* --- Loading --- */

static int
load_envelope(struct store *s, uint32_t n, struct fail *why)
{
	struct msg *m = store_msg(s, n);
	struct head h;

	if (store_head(s, n, &h, why) == -1)
		return -1;
	envelope_free(m->envelope);
	m->envelope = envelope_read(&h, s->options->charset_8bit);
	head_free(&h);
	m->loaded |= LOAD_ENVELOPE;
	return 0;
}

static int
load_structure(struct store *s, uint32_t n, struct fail *why)
{
	struct msg *m = store_msg(s, n);
	FILE *f = store_message(s, n, why);

	if (f == NULL)
		return -1;
	part_free(m->structure);
	m->structure = part_parse(f, s->options->charset_8bit, why);
	fclose(f);
	if (m->structure == NULL)
		return -1;
	m->loaded |= LOAD_STRUCTURE;
	return 0;
}

static int
load_size(struct store *s, uint32_t n, struct fail *why)
{
	FILE *f;
	off_t size;

	if (s->ops->size != NULL) {
		if (s->ops->size(s, n, why) == -1)
			return -1;
		store_msg(s, n)->loaded |= LOAD_SIZE;
		return 0;
	}
	if ((f = store_message(s, n, why)) == NULL)
		return -1;
	if (fseeko(f, 0, SEEK_END) == -1 || (size = ftello(f)) == -1) {
		fclose(f);
		return fail_errno(why, EX_IOERR, "%s: message %u", s->name, n);
	}
	store_msg(s, n)->size = (uint64_t)size;
	store_msg(s, n)->loaded |= LOAD_SIZE;
	fclose(f);
	return 0;
}

/* The generic way, for one message that is lacking `what'. */
static int
load_one(struct store *s, uint32_t n, unsigned what, struct fail *why)
{
	what &= ~store_msg(s, n)->loaded;
	if ((what & LOAD_ENVELOPE) != 0 && load_envelope(s, n, why) == -1)
		return -1;
	if ((what & LOAD_STRUCTURE) != 0 && load_structure(s, n, why) == -1)
		return -1;
	if ((what & LOAD_SIZE) != 0 && load_size(s, n, why) == -1)
		return -1;
	store_msg(s, n)->loaded |= LOAD_FLAGS;
	return 0;
}

static int
load_window(struct store *s, const uint32_t *v, size_t n, unsigned what,
    struct fail *why)
{
	struct fail own;
	size_t i;

	if (s->ops->load != NULL)
		return s->ops->load(s, v, n, what, why);
	for (i = 0; i < n; i++) {
		fail_clear(&own);
		if (load_one(s, v[i], what, &own) == 0)
			continue;
		/* One that vanished does not spoil the others. */
		if ((store_msg(s, v[i])->flags & MSG_GONE) == 0)
			return fail(why, own.code, "%s", own.text);
	}
	return 0;
}

int
store_load(struct store *s, const struct numbers *ns, unsigned what,
    struct fail *why)
{
	uint32_t window[WINDOW_MESSAGES];
	const struct msg *m;
	size_t i, n = 0;

	what &= LOAD_FLAGS | LOAD_SIZE | LOAD_ENVELOPE | LOAD_STRUCTURE |
	    LOAD_BRIEF;
	if ((what & LOAD_BRIEF) != 0 && !s->ops->brief)
		what = (what & ~(unsigned)LOAD_BRIEF) | LOAD_SIZE |
		    LOAD_ENVELOPE;
	for (i = 0; i <= ns->n; i++) {
		if (i < ns->n) {
			m = store_msg(s, ns->v[i]);
			if ((m->flags & MSG_GONE) != 0 ||
			    (what & ~m->loaded) == 0)
				continue;
			window[n++] = ns->v[i];
		}
		if (n == WINDOW_MESSAGES || (i == ns->n && n > 0)) {
			if (load_window(s, window, n, what, why) == -1)
				return -1;
			n = 0;
		}
	}
	return 0;
}

void
store_drop(struct store *s, uint32_t n)
{
	struct msg *m = store_msg(s, n);

	envelope_free(m->envelope);
	m->envelope = NULL;
	part_free(m->structure);
	m->structure = NULL;
	m->loaded &= ~(uint32_t)(LOAD_ENVELOPE | LOAD_STRUCTURE | LOAD_BRIEF);
}

/* A window of `ns' from `at' on, and which of them have something loaded already. */
static struct numbers
window_at(struct store *s, const struct numbers *ns, size_t at, bool *had)
{
	struct numbers window = { ns->v + at, ns->n - at, 0 };
	size_t i;

	if (window.n > WINDOW_MESSAGES)
		window.n = WINDOW_MESSAGES;
	for (i = 0; i < window.n; i++)
		had[i] = (store_msg(s, window.v[i])->loaded &
		    (LOAD_ENVELOPE | LOAD_STRUCTURE | LOAD_BRIEF)) != 0;
	return window;
}

int
store_each(struct store *s, const struct numbers *ns, unsigned what,
    int (*each)(void *, struct store *, uint32_t, struct fail *), void *ctx,
    struct fail *why)
{
	bool had[2][WINDOW_MESSAGES];
	struct numbers window, next;
	size_t at, i;
	int r = 0, k = 0;

	next = window_at(s, ns, 0, had[k]);
	for (at = 0; at < ns->n && r == 0; at += window.n, k = !k) {
		window = next;
		r = store_load(s, &window, what, why);
		next = window_at(s, ns, at + window.n, had[!k]);
		if (r == 0 && next.n > 0 && s->ops->ask != NULL)
			s->ops->ask(s, next.v, next.n, what);
		for (i = 0; i < window.n && r == 0; i++)
			if ((store_msg(s, window.v[i])->flags & MSG_GONE) == 0)
				r = each(ctx, s, window.v[i], why);
		for (i = 0; i < window.n; i++)
			if (!had[k][i])
				store_drop(s, window.v[i]);
	}
	return r;
}

const struct envelope *
store_envelope(struct store *s, uint32_t n, struct fail *why)
{
	struct numbers one = { &n, 1, 1 };

	if (store_load(s, &one, LOAD_ENVELOPE, why) == -1)
		return NULL;
	if (store_msg(s, n)->envelope == NULL)
		gone(s, n, why);
	return store_msg(s, n)->envelope;
}

struct part *
store_structure(struct store *s, uint32_t n, struct fail *why)
{
	struct numbers one = { &n, 1, 1 };

	if (store_load(s, &one, LOAD_STRUCTURE, why) == -1)
		return NULL;
	if (store_msg(s, n)->structure == NULL)
		gone(s, n, why);
	return store_msg(s, n)->structure;
}

/* --- Reading --- */

/* The header of a stream: to its empty line, at most MAX_HEAD_SIZE. */
static void
read_head(FILE *f, struct head *h)
{
	struct lines *l = lines_new(f);
	struct span piece;
	char *text = NULL;
	size_t len = 0, cap = 0;
	bool starts;

	while (len < MAX_HEAD_SIZE && lines_next(l, &piece, &starts)) {
		if (len + piece.n > cap) {
			cap = (len + piece.n) * 2;
			text = xreallocarray(text, cap, 1);
		}
		memcpy(text + len, piece.p, piece.n);
		len += piece.n;
		if (starts && *piece.p == '\n')
			break;
	}
	free(l);
	head_parse(h, text == NULL ? xstrdup("") : text, len);
}

int
store_head(struct store *s, uint32_t n, struct head *h, struct fail *why)
{
	FILE *f;

	if ((store_msg(s, n)->flags & MSG_GONE) != 0)
		return gone(s, n, why);
	if (s->ops->head != NULL)
		return s->ops->head(s, n, h, why);
	if ((f = store_message(s, n, why)) == NULL)
		return -1;
	read_head(f, h);
	fclose(f);
	return 0;
}

FILE *
store_message(struct store *s, uint32_t n, struct fail *why)
{
	if ((store_msg(s, n)->flags & MSG_GONE) != 0) {
		gone(s, n, why);
		return NULL;
	}
	return s->ops->message(s, n, why);
}

FILE *
store_part(struct store *s, uint32_t n, const struct part *p,
    uint64_t *octets, struct fail *why)
{
	FILE *f;

	if ((store_msg(s, n)->flags & MSG_GONE) != 0) {
		gone(s, n, why);
		return NULL;
	}
	if (p->enclosed > 0)
		p = p->parent;
	if (s->ops->part != NULL)
		return s->ops->part(s, n, p, octets, why);
	if ((f = store_message(s, n, why)) == NULL)
		return NULL;
	if (fseeko(f, (off_t)p->body, SEEK_SET) == -1) {
		fail_errno(why, EX_IOERR, "%s: message %u", s->name, n);
		fclose(f);
		return NULL;
	}
	*octets = p->size;
	return f;
}

int
store_messages(struct store *s, const struct numbers *ns,
    int (*each)(void *, struct store *, uint32_t, FILE *, struct fail *),
    void *ctx, struct fail *why)
{
	struct fail result;
	FILE *f;
	size_t i;
	int r = 0;

	if (s->ops->messages != NULL)
		return s->ops->messages(s, ns->v, ns->n, each, ctx, why);
	for (i = 0; i < ns->n && r == 0; i++) {
		fail_clear(&result);
		f = store_message(s, ns->v[i], &result);
		r = each(ctx, s, ns->v[i], f, &result);
		if (r == -1 && result.code != 0)
			fail(why, result.code, "%s", result.text);
		if (f != NULL)
			fclose(f);
	}
	return r;
}

void
store_soon(struct store *s, const struct numbers *ns, unsigned what)
{
	struct fail ignored = { 0 };

	if (s->ops->soon == NULL)
		return;
	/* What cannot be loaded is told when it is read. */
	(void)store_load(s, ns, what, &ignored);
	s->ops->soon(s, ns->v, ns->n);
}

/* --- Searching --- */

static int
search_window(struct store *s, const struct search *x, struct numbers *window,
    struct numbers *found, struct fail *why)
{
	bool had[WINDOW_MESSAGES];
	size_t i;
	uint32_t n;
	int r;

	for (i = 0; i < window->n; i++)
		had[i] = (store_msg(s, window->v[i])->loaded &
		    (LOAD_ENVELOPE | LOAD_STRUCTURE)) != 0;
	r = store_load(s, window, search_needs(x), why);
	for (i = 0; i < window->n; i++) {
		n = window->v[i];
		if (r != -1 && (store_msg(s, n)->flags & MSG_GONE) == 0)
			r = search_matches(x, s, n, why);
		else if (r != -1)
			r = 0;
		if (r == 1)
			numbers_add(found, n);
		if (!had[i])
			store_drop(s, n);
	}
	return r == -1 ? -1 : 0;
}

static int
search_here(struct store *s, const struct search *x, const struct numbers *in,
    struct numbers *found, struct fail *why)
{
	struct numbers window;
	size_t at;

	for (at = 0; at < in->n; at += window.n) {
		window.v = in->v + at;
		window.n = in->n - at;
		if (window.n > WINDOW_MESSAGES)
			window.n = WINDOW_MESSAGES;
		if (search_window(s, x, &window, found, why) == -1)
			return -1;
	}
	return 0;
}

int
store_search(struct store *s, const struct search *x,
    const struct numbers *among, struct numbers *found, struct fail *why)
{
	struct numbers all = { NULL, 0, 0 };
	int r;

	if (s->ops->search != NULL) {
		r = s->ops->search(s, x, among, found, why);
		if (r != 0)
			return r == 1 ? 0 : -1;
	}
	if (among == NULL) {
		numbers_add_all(&all, s);
		among = &all;
	}
	r = search_here(s, x, among, found, why);
	numbers_free(&all);
	return r;
}

/* --- Copying --- */

int
store_deliver(const char *name, FILE *f, const struct msg *like,
    const struct store_options *o, struct fail *why)
{
	struct store *s = store_open(name, STORE_APPEND, o, why);
	struct fail late = { 0 };
	int r;

	if (s == NULL)
		return -1;
	r = store_append(s, f, like, NULL, why);
	if (r == 0)
		r = store_commit(s, why);
	/* Closing commits what waits: who is told of a failure may try again. */
	if (r == -1)
		(void)store_take_back(s, &late);
	/* What is committed is there, however that ends. */
	(void)store_close(s, &late);
	return r;
}

struct copying {
	struct store		*dest;
	struct numbers		 pending;	/* owned: appended, not committed */
	struct store_copied	*copied;	/* borrowed */
	struct fail		 why;
};

static int
commit_copies(struct copying *c)
{
	struct fail one = { 0 }, ignored;
	struct numbers *to;
	size_t i;
	int r, there;

	r = store_commit(c->dest, &one);
	for (i = 0; i < c->pending.n; i++) {
		fail_clear(&ignored);
		there = r == 0 ? 1 : store_settled(c->dest, i, &ignored);
		to = there == 1 ? &c->copied->there : &c->copied->unsure;
		if (there != 0)
			numbers_add(to, c->pending.v[i]);
	}
	c->pending.n = 0;
	fail_keep(&c->why, &one);
	return fail_ends(&c->why) ? -1 : 0;
}

static int
copy_one(void *ctx, struct store *s, uint32_t n, FILE *f, struct fail *result)
{
	struct copying *c = ctx;
	struct fail one = { 0 };

	if (f == NULL) {
		fail_keep(&c->why, result);
		return -1;
	}
	if (store_append(c->dest, f, store_msg(s, n), NULL, &one) == -1) {
		if (!fail_ends(&one))
			fail_where(&one, "message %u", n);
		fail_keep(&c->why, &one);
		return fail_ends(&one) || c->dest->ops->take_back != NULL ?
		    -1 : 0;
	}
	numbers_add(&c->pending, n);
	return c->pending.n < BATCH_MESSAGES ? 0 : commit_copies(c);
}

/* Into a local folder all go or none: what cannot be taken back stays told. */
static void
take_back(struct copying *c)
{
	struct fail ignored = { 0 };

	if (store_take_back(c->dest, &ignored) == 0)
		store_copied_free(c->copied);
}

static int
copy_all(struct store *s, const struct numbers *ns, const char *dest,
    struct store_copied *copied, struct fail *why)
{
	struct copying c = { .copied = copied };
	struct fail own = { 0 };

	if (store_load(s, ns, LOAD_FLAGS | LOAD_SIZE, why) == -1 ||
	    (c.dest = store_open(dest, STORE_APPEND, s->options, why)) == NULL)
		return -1;
	if (store_messages(s, ns, copy_one, &c, &own) == -1)
		fail_keep(&c.why, &own);
	/* What was stored before a failure is safe all the same, but for local folders. */
	(void)commit_copies(&c);
	if (c.why.code != 0)
		take_back(&c);
	fail_clear(&own);
	(void)store_close(c.dest, &own);
	fail_keep(&c.why, &own);
	numbers_free(&c.pending);
	return c.why.code == 0 ? 0 : fail(why, c.why.code, "%s", c.why.text);
}

int
store_copy(struct store *s, const struct numbers *ns, const char *dest,
    bool move, struct store_copied *copied, struct fail *why)
{
	size_t i;
	int r = 0;

	memset(copied, 0, sizeof(*copied));
	if (s->ops->copy != NULL)
		r = s->ops->copy(s, ns->v, ns->n, dest, move, copied, why);
	if (r != 0)
		return r == 1 ? 0 : -1;
	r = copy_all(s, ns, dest, copied, why);
	for (i = 0; move && i < copied->there.n; i++)
		store_flag(s, copied->there.v[i], MSG_DELETED, 0);
	return r;
}

void
store_copied_free(struct store_copied *copied)
{
	numbers_free(&copied->there);
	numbers_free(&copied->unsure);
}
