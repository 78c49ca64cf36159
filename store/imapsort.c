/* SPDX-License-Identifier: ISC */
/*
 * imapsort.c -- SORT and THREAD=REFERENCES on the server (RFC 5256).  Places of
 * messages come back, not UIDs: no server may renumber while it answers these,
 * and nothing else has to be asked.
 */
#include "imap.h"
#include "sort.h"

struct answer {
	struct store	*s;
	struct numbers	*ns, *depths;	/* depths: NULL for SORT */
};

static void
add_place(struct answer *x, const struct imap_node *n, uint32_t depth)
{
	uint64_t place;
	uint32_t number;

	if (n->kind != IMAP_ATOM ||
	    imap_number(n->text, UINT32_MAX, &place) == -1 ||
	    (number = box_number(x->s, (uint32_t)place)) == 0)
		return;
	/* Each once; a server that says more is not believed. */
	if (x->ns->n > x->s->count)
		return;
	numbers_add(x->ns, number);
	if (x->depths != NULL)
		numbers_add(x->depths, depth);
}

static int
take_sort(void *ctx, const struct imap_response *r, struct fail *why)
{
	const struct imap_node *n;

	(void)why;
	if (!r->has_number && span_ieq(r->word, "SORT")) {
		for (n = r->items; n != NULL; n = n->next)
			add_place(ctx, n, 0);
		return 1;
	}
	return 0;
}

/* (2 3 (4 5)(6)): 3 answers 2; 4 and 6 answer 3.  As deep as lists may be. */
static void
add_thread(struct answer *x, const struct imap_node *n, uint32_t depth)
{
	/* Those of whom the first is missing are below it all the same. */
	if (n != NULL && n->kind == IMAP_LIST)
		depth++;
	for (; n != NULL; n = n->next)
		if (n->kind == IMAP_LIST)
			add_thread(x, n->child, depth);
		else
			add_place(x, n, depth++);
}

static int
take_thread(void *ctx, const struct imap_response *r, struct fail *why)
{
	const struct imap_node *n;

	(void)why;
	if (!r->has_number && span_ieq(r->word, "THREAD")) {
		for (n = r->items; n != NULL; n = n->next)
			if (n->kind == IMAP_LIST)
				add_thread(ctx, n->child, 0);
		return 1;
	}
	return 0;
}

static int
ask(struct answer *x, struct imap_line *l,
    int (*data)(void *, const struct imap_response *, struct fail *),
    struct fail *why)
{
	struct imap *imap = box_of(x->s)->session->imap;
	struct imap_job *job = imap_start(imap, l, data, x, why);

	if (job == NULL || imap_finish(imap, job, EX_TEMPFAIL, why) == -1)
		return -1;
	return 1;
}

int
imap_sort(struct store *s, const struct sort_by *by, size_t n,
    struct numbers *ns, struct fail *why)
{
	static const char *const words[] = {
		[SORT_ARRIVAL] = "ARRIVAL", [SORT_CC] = "CC",
		[SORT_DATE] = "DATE", [SORT_FROM] = "FROM",
		[SORT_SIZE] = "SIZE", [SORT_SUBJECT] = "SUBJECT",
		[SORT_TO] = "TO"
	};
	struct answer x = { s, ns, NULL };
	struct imap_line l;
	size_t i;
	int r;

	if (box_check(s, why) == -1)
		return -1;
	if (!imap_offers(box_of(s)->session->imap, "SORT"))
		return 0;
	for (i = 0; i < n; i++)
		if (by[i].key >= NELEM(words))
			return 0;
	imap_line_init(&l);
	imap_line_put(&l, "SORT (");
	for (i = 0; i < n; i++)
		imap_line_put(&l, "%s%s%s", i == 0 ? "" : " ",
		    by[i].reverse ? "REVERSE " : "", words[by[i].key]);
	imap_line_put(&l, ") UTF-8 ALL");
	r = ask(&x, &l, take_sort, why);
	imap_line_free(&l);
	return r;
}

int
imap_thread(struct store *s, struct numbers *ns, struct numbers *depths,
    struct fail *why)
{
	struct answer x = { s, ns, depths };
	struct imap_line l;
	int r;

	if (box_check(s, why) == -1)
		return -1;
	if (!imap_offers(box_of(s)->session->imap, "THREAD=REFERENCES"))
		return 0;
	imap_line_init(&l);
	imap_line_put(&l, "THREAD REFERENCES UTF-8 ALL");
	r = ask(&x, &l, take_thread, why);
	imap_line_free(&l);
	return r;
}
