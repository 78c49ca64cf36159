/* SPDX-License-Identifier: ISC */
/* order.c -- the order in which messages are shown: which is at a place, and where each is. */
#include <stdlib.h>
#include <string.h>

#include "order.h"

struct order {
	uint32_t	*at;		/* owned: number by place - 1 */
	uint32_t	*position;	/* owned: place by number - 1 */
	uint32_t	*depth;		/* owned: by number - 1 */
	uint32_t	*branches;	/* owned: by number - 1 */
	uint32_t	 count;		/* messages when it was made */
};

/* From the last place to the first: `open' has the depths that an earlier message will join. */
static void
set_branches(struct order *o)
{
	uint32_t place, open = 0, n, depth;

	for (place = o->count; place > 0; place--) {
		n = o->at[place - 1];
		depth = o->depth[n - 1] < 31 ? o->depth[n - 1] : 31;
		open &= (UINT32_C(1) << depth) - 1;
		o->branches[n - 1] = open;
		if (depth > 0)
			open |= UINT32_C(1) << (depth - 1);
	}
}

void
order_set(struct mailx *m, struct numbers *ns, struct numbers *depths)
{
	struct order *o = xcalloc(1, sizeof(*o));
	uint32_t n, place = 0;
	size_t i;

	order_forget(m);
	o->count = m->folder->count;
	o->at = xcalloc(o->count + 1, sizeof(*o->at));
	o->position = xcalloc(o->count + 1, sizeof(*o->position));
	o->depth = xcalloc(o->count + 1, sizeof(*o->depth));
	o->branches = xcalloc(o->count + 1, sizeof(*o->branches));
	for (i = 0; i < ns->n; i++) {
		n = ns->v[i];
		if (n == 0 || n > o->count || o->position[n - 1] != 0)
			continue;
		o->at[place++] = n;
		o->position[n - 1] = place;
		o->depth[n - 1] = i < depths->n ? depths->v[i] : 0;
	}
	/* Those gone, and what a server passed over. */
	for (n = 1; n <= o->count; n++)
		if (o->position[n - 1] == 0) {
			o->at[place++] = n;
			o->position[n - 1] = place;
		}
	set_branches(o);
	m->order = o;
	numbers_free(ns);
	numbers_free(depths);
}

void
order_forget(struct mailx *m)
{
	if (m->order == NULL)
		return;
	free(m->order->at);
	free(m->order->position);
	free(m->order->depth);
	free(m->order->branches);
	free(m->order);
	m->order = NULL;
}

uint32_t
order_at(const struct mailx *m, uint32_t place)
{
	const struct order *o = m->order;

	return o == NULL || place == 0 || place > o->count ? place :
	    o->at[place - 1];
}

uint32_t
order_position(const struct mailx *m, uint32_t n)
{
	const struct order *o = m->order;

	return o == NULL || n == 0 || n > o->count ? n : o->position[n - 1];
}

uint32_t
order_depth(const struct mailx *m, uint32_t n)
{
	const struct order *o = m->order;

	return o == NULL || n == 0 || n > o->count ? 0 : o->depth[n - 1];
}

uint32_t
order_branches(const struct mailx *m, uint32_t n)
{
	const struct order *o = m->order;

	return o == NULL || n == 0 || n > o->count ? 0 : o->branches[n - 1];
}

static int
by_place(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

void
order_apply(const struct mailx *m, const struct numbers *ns,
    struct numbers *out)
{
	size_t i;

	for (i = 0; i < ns->n; i++)
		numbers_add(out, order_position(m, ns->v[i]));
	if (m->order == NULL)
		return;
	if (out->n > 0)
		qsort(out->v, out->n, sizeof(*out->v), by_place);
	for (i = 0; i < out->n; i++)
		out->v[i] = order_at(m, out->v[i]);
}
