/* SPDX-License-Identifier: ISC */
/*
 * send.c -- a draft on its way: built, handed to the transport, recorded, reported.
 * What fails on that way is saved in $DEAD, and the error says so.
 */
#include <string.h>

#include "assemble.h"
#include "out.h"

bool
stream_is_empty(FILE *f)
{
	int c;

	rewind(f);
	c = getc(f);
	rewind(f);
	return c == EOF;
}

/* -d: what would go out. */
static int
print_letter(struct mailx *m, struct letter *l, struct fail *why)
{
	if (l->out.prepare(&l->out, false, why) == -1 ||
	    l->out.write(l->out.ctx, out_stream(m), why) == -1)
		return -1;
	return out_flush(m, why);
}

static void
report(struct mailx *m, const struct letter *l)
{
	struct sent s = { 0 };

	s.message_id = build_message_id(l->b);
	s.rcpt = l->out.rcpt;
	s.nrcpt = l->out.nrcpt;
	out_sent(m, &s);
}

static int
post(struct mailx *m, const struct transport *t, struct letter *l,
    struct fail *why)
{
	int r = deliver(m, t, &l->out, why);

	if (!l->out.taken)
		return -1;
	record_copy(m, &l->out, l->d->record_by_name);
	report(m, l);
	return r;
}

static int
send_it(struct mailx *m, struct draft *d, struct letter *l, struct fail *why)
{
	struct fail nowhere = { 0 };
	struct transport t;
	int r;

	/* Where it goes is asked first, and told last: a dry run needs nowhere. */
	transport_find(m, &t, &nowhere);
	r = letter_make(l, m, d, t.domain, why);
	if (r == 0 && m->dry_run)
		r = print_letter(m, l, why);
	else if (r == 0 && nowhere.code != 0) {
		*why = nowhere;
		r = -1;
		if (l->out.prepare(&l->out, false, &nowhere) == 0)
			dead_outgoing(m, &l->out, false, why);
	} else if (r == 0)
		r = post(m, &t, l, why);
	transport_free(&t);
	return r;
}

int
send_draft(struct mailx *m, struct draft *d, struct fail *why)
{
	struct letter l;
	FILE *body;
	int r;

	if (d->at != NULL)
		return fail(why, EX_CONFIG, "--at needs an outbox");
	if (d->skip_empty && d->html == NULL &&
	    (d->body == NULL || stream_is_empty(d->body)))
		return 0;
	r = send_it(m, d, &l, why);
	body = l.body != NULL ? l.body : d->body;
	/* Not even built: what was written is still to be kept. */
	if (r == -1 && !l.out.taken && !l.out.saved && !m->dry_run &&
	    body != NULL && !stream_is_empty(body))
		dead_draft(m, d, body, why);
	letter_free(&l);
	return r;
}
