/* SPDX-License-Identifier: ISC */
/*
 * thread.c -- threads by references (RFC 5256 3, REFERENCES): who answers whom, by
 * Message-ID, and then threads of one subject together.
 *
 * Messages that are only spoken of are nodes too, without a number.  A chain
 * that would be longer than MAX_CHAIN begins anew, so that looking for loops
 * costs no more than that; nothing here recurses.
 */
#include <stdlib.h>
#include <string.h>

#include "sort.h"

#define MAX_CHAIN	1000
#define NONE		SIZE_MAX

struct node {
	const struct thread_input *in;	/* NULL: not here */
	size_t		 parent, self;
	size_t		 first, next;	/* child, sibling */
	int64_t		 date;		/* with the number: its own, or those of */
	uint32_t	 number;	/* what comes first where it is not here */
};

struct forest {
	struct node	*v;		/* owned */
	size_t		 n, cap;
	struct slot {
		const char	*key;	/* borrowed; NULL: free */
		size_t		 node;
	}		*slots;		/* owned */
	size_t		 nslots;	/* a power of two */
};

static size_t
add_node(struct forest *f)
{
	struct node *x;

	f->v = xgrow(f->v, f->n, &f->cap, sizeof(*f->v));
	x = &f->v[f->n];
	x->in = NULL;
	x->parent = x->first = x->next = NONE;
	x->self = f->n;
	x->date = INT64_MAX;
	x->number = UINT32_MAX;
	return f->n++;
}

static bool
is_earlier(const struct node *a, const struct node *b)
{
	return a->date != b->date ? a->date < b->date : a->number < b->number;
}

static void
take_place(struct node *x, const struct node *of)
{
	x->date = of->date;
	x->number = of->number;
}

static struct slot *
find_slot(struct forest *f, const char *key)
{
	uint64_t h = 14695981039346656037U;
	const char *p;
	size_t i;

	for (p = key; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 1099511628211U;
	i = (size_t)(h ^ h >> 32) & (f->nslots - 1);
	while (f->slots[i].key != NULL && strcmp(f->slots[i].key, key) != 0)
		i = (i + 1) & (f->nslots - 1);
	return &f->slots[i];
}

static void
make_slots(struct forest *f, size_t keys)
{
	free(f->slots);
	for (f->nslots = 256; f->nslots < keys * 2; )
		f->nslots *= 2;
	f->slots = xcalloc(f->nslots, sizeof(*f->slots));
}

static size_t
node_of(struct forest *f, const char *id)
{
	struct slot *s = find_slot(f, id);

	if (s->key == NULL) {
		s->key = id;
		s->node = add_node(f);
	}
	return s->node;
}

/* Would that make a loop, or a chain too long to tell? */
static bool
may_link(const struct forest *f, size_t parent, size_t child)
{
	size_t steps;

	for (steps = 0; parent != NONE; parent = f->v[parent].parent)
		if (parent == child || ++steps > MAX_CHAIN)
			return false;
	return true;
}

static void
link_references(struct forest *f, const struct thread_input *in, size_t node)
{
	size_t parent = NONE, next, i;

	for (i = 0; i < in->references.n; i++) {
		next = node_of(f, in->references.v[i]);
		if (parent != NONE && f->v[next].parent == NONE &&
		    may_link(f, parent, next))
			f->v[next].parent = parent;
		parent = next;
	}
	if (parent == NONE || parent == node)
		return;
	f->v[node].parent = NONE;
	if (may_link(f, parent, node))
		f->v[node].parent = parent;
}

static void
add_all(struct forest *f, const struct thread_input *v, size_t n)
{
	size_t *nodes = xreallocarray(NULL, n + 1, sizeof(*nodes)), ids = n, i;

	for (i = 0; i < n; i++)
		ids += v[i].references.n;
	make_slots(f, ids);
	for (i = 0; i < n; i++) {
		nodes[i] = v[i].id == NULL ? NONE : node_of(f, v[i].id);
		/* The second of one id stands for itself. */
		if (nodes[i] == NONE || f->v[nodes[i]].in != NULL)
			nodes[i] = add_node(f);
		f->v[nodes[i]].in = &v[i];
		f->v[nodes[i]].date = v[i].date;
		f->v[nodes[i]].number = v[i].n;
	}
	for (i = 0; i < n; i++)
		link_references(f, &v[i], nodes[i]);
	free(nodes);
}

/* Children of what is not here are its parent's, unless it is at the top. */
static void
lift(struct forest *f)
{
	struct node *x;
	size_t i, p;

	for (i = 0; i < f->n; i++) {
		x = &f->v[i];
		while ((p = x->parent) != NONE && f->v[p].in == NULL &&
		    f->v[p].parent != NONE)
			x->parent = f->v[p].parent;
	}
}

/* What is not here holds several children together, but not one. */
static void
prune(struct forest *f)
{
	struct node *x;
	size_t *children, i, p;

	lift(f);
	children = xcalloc(f->n + 1, sizeof(*children));
	for (i = 0; i < f->n; i++)
		if (f->v[i].in != NULL && f->v[i].parent != NONE)
			children[f->v[i].parent]++;
	for (i = 0; i < f->n; i++) {
		x = &f->v[i];
		if (x->in != NULL && (p = x->parent) != NONE &&
		    f->v[p].in == NULL && children[p] == 1)
			x->parent = NONE;
	}
	free(children);
}

/* One that is not here has the place of its first child; its subject too. */
static void
date_missing(struct forest *f)
{
	struct node *x, *p;
	size_t i;

	for (i = 0; i < f->n; i++) {
		x = &f->v[i];
		if (x->in == NULL || x->parent == NONE)
			continue;
		p = &f->v[x->parent];
		if (p->in == NULL && (p->first == NONE || is_earlier(x, p))) {
			take_place(p, x);
			p->first = i;
		}
	}
}

static bool
is_root(const struct forest *f, size_t i)
{
	return f->v[i].parent == NONE &&
	    (f->v[i].in != NULL || f->v[i].first != NONE);
}

static const struct thread_input *
speaker(const struct forest *f, size_t i)
{
	return f->v[i].in != NULL ? f->v[i].in : f->v[f->v[i].first].in;
}

/* Which of two threads of one subject stands for it. */
static bool
is_better(const struct forest *f, size_t a, size_t b)
{
	if ((f->v[a].in == NULL) != (f->v[b].in == NULL))
		return f->v[a].in == NULL;
	return !speaker(f, a)->is_answer && speaker(f, b)->is_answer;
}

static void
merge(struct forest *f, size_t to, size_t from, struct slot *s)
{
	size_t both;

	if (f->v[to].in == NULL ||
	    (speaker(f, from)->is_answer && !speaker(f, to)->is_answer))
		f->v[from].parent = to;
	else {
		both = add_node(f);
		f->v[both].first = to;
		take_place(&f->v[both], &f->v[to]);
		f->v[to].parent = f->v[from].parent = both;
		s->node = both;
	}
	if (f->v[s->node].in == NULL &&
	    is_earlier(&f->v[from], &f->v[s->node]))
		take_place(&f->v[s->node], &f->v[from]);
}

static void
join_subjects(struct forest *f, size_t roots)
{
	const char *subject;
	struct slot *s;
	size_t i;

	make_slots(f, roots);
	for (i = 0; i < roots; i++) {
		if (!is_root(f, i) || *(subject = speaker(f, i)->subject) == '\0')
			continue;
		s = find_slot(f, subject);
		if (s->key == NULL || is_better(f, i, s->node)) {
			s->key = subject;
			s->node = i;
		}
	}
	for (i = 0; i < roots; i++) {
		if (!is_root(f, i) || *(subject = speaker(f, i)->subject) == '\0')
			continue;
		s = find_slot(f, subject);
		if (s->node != i)
			merge(f, s->node, i, s);
	}
	lift(f);
}

/* --- In order. --- */

static int
compare(const void *x, const void *y)
{
	const struct node *a = *(const struct node *const *)x;
	const struct node *b = *(const struct node *const *)y;

	return is_earlier(a, b) ? -1 : is_earlier(b, a);
}

/* Tie the children of each in order; returns the first root. */
static size_t
tie(struct forest *f)
{
	struct node **sorted = xreallocarray(NULL, f->n + 1, sizeof(*sorted)), *x;
	size_t *last = xreallocarray(NULL, f->n + 1, sizeof(*last));
	size_t first = NONE, last_root = NONE, n = 0, i;

	for (i = 0; i < f->n; i++)
		if (f->v[i].in != NULL || is_root(f, i))
			sorted[n++] = &f->v[i];
	for (i = 0; i < f->n; i++)
		f->v[i].first = f->v[i].next = NONE;
	if (n > 0)
		qsort(sorted, n, sizeof(*sorted), compare);
	for (i = 0; i < n; i++) {
		x = sorted[i];
		if (x->parent == NONE && last_root == NONE)
			first = x->self;
		else if (x->parent == NONE)
			f->v[last_root].next = x->self;
		else if (f->v[x->parent].first == NONE)
			f->v[x->parent].first = x->self;
		else
			f->v[last[x->parent]].next = x->self;
		if (x->parent == NONE)
			last_root = x->self;
		else
			last[x->parent] = x->self;
	}
	free(sorted);
	free(last);
	return first;
}

static void
walk(const struct forest *f, size_t at, struct numbers *ns,
    struct numbers *depths)
{
	uint32_t depth = 0;

	while (at != NONE) {
		if (f->v[at].in != NULL) {
			numbers_add(ns, f->v[at].in->n);
			numbers_add(depths, depth);
		}
		if (f->v[at].first != NONE) {
			at = f->v[at].first;
			depth++;
			continue;
		}
		while (at != NONE && f->v[at].next == NONE) {
			at = f->v[at].parent;
			depth -= at != NONE;
		}
		if (at != NONE)
			at = f->v[at].next;
	}
}

void
thread_messages(const struct thread_input *v, size_t n, struct numbers *ns,
    struct numbers *depths)
{
	struct forest f = { NULL, 0, 0, NULL, 0 };

	add_all(&f, v, n);
	prune(&f);
	date_missing(&f);
	join_subjects(&f, f.n);
	walk(&f, tie(&f), ns, depths);
	free(f.v);
	free(f.slots);
}
