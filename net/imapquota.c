/* SPDX-License-Identifier: ISC */
/* imapquota.c -- how much of its space a mailbox has used (QUOTA, RFC 9208 and 2087). */
#include "imap.h"

struct listening {
	int		(*each)(void *ctx, const struct imap_quota *q,
			    struct fail *why);
	void		 *ctx;
	size_t		  resources;
};

/* (STORAGE 10 512 MESSAGE 3 100): of one root. */
static int
take_resources(struct listening *l, struct span root,
    const struct imap_node *n, struct fail *why)
{
	struct imap_quota q = { .root = root };

	for (; n != NULL; n = n->next) {
		if (!imap_is_text(n) || n->next == NULL ||
		    n->next->next == NULL ||
		    imap_number(n->next->text, INT64_MAX, &q.used) == -1 ||
		    imap_number(n->next->next->text, INT64_MAX, &q.limit) == -1)
			return fail(why, EX_PROTOCOL,
			    "malformed IMAP response: QUOTA");
		q.resource = n->text;
		n = n->next->next;
		if (++l->resources > MAX_REPLY_LINES)
			return fail(why, EX_PROTOCOL, "quotas without end");
		if (l->each(l->ctx, &q, why) == -1)
			return -1;
	}
	return 1;
}

static int
quota_data(void *ctx, const struct imap_response *r, struct fail *why)
{
	const struct imap_node *root = r->items;

	if (r->status != IMAP_DATA || r->has_number)
		return 0;
	/* The names of the roots; each comes with its QUOTA. */
	if (span_ieq(r->word, "QUOTAROOT"))
		return 1;
	if (!span_ieq(r->word, "QUOTA"))
		return 0;
	if (!imap_is_text(root) || root->next == NULL ||
	    root->next->kind != IMAP_LIST)
		return fail(why, EX_PROTOCOL, "malformed IMAP response: QUOTA");
	return take_resources(ctx, root->text, root->next->child, why);
}

int
imap_quota(struct imap *x, const char *mailbox,
    int (*each)(void *ctx, const struct imap_quota *q, struct fail *why),
    void *ctx, struct fail *why)
{
	struct listening listening = { each, ctx, 0 };
	struct imap_job *job;
	struct imap_line l;

	if (!imap_offers(x, "QUOTA"))
		return fail(why, EX_UNAVAILABLE,
		    "%s: the server does not offer QUOTA", imap_name(x));
	imap_line_init(&l);
	imap_line_put(&l, "GETQUOTAROOT ");
	imap_line_string(&l, span_of(mailbox));
	job = imap_start(x, &l, quota_data, &listening, why);
	imap_line_free(&l);
	return job == NULL ? -1 : imap_finish(x, job, EX_UNAVAILABLE, why);
}
