/* SPDX-License-Identifier: ISC */
/*
 * flush.c -- one attempt at a message of the outbox, and what becomes of it: sent
 * and removed; put off; or failed, which keeps it where a person finds it.
 *
 * The recipients not done with yet are put behind the others, and sent to as if
 * there were no more.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "once.h"
#include "queueing.h"
#include "vars.h"

struct parcel {
	struct mailx	*m;		/* borrowed, all of them */
	struct outbox	*b;
	struct outbox_item *i;
	bool		 mark;		/* note first that it may go */
};

/* --- The message for the transport. --- */

static int
prepare(struct outgoing *o, enum carries carries, struct fail *why)
{
	const struct parcel *p = o->ctx;

	(void)carries;
	(void)why;
	o->size = p->i->size;
	o->eightbit = (p->i->flags & OUTBOX_EIGHTBIT) != 0;
	return 0;
}

static int
write_text(void *ctx, FILE *out, struct fail *why)
{
	struct parcel *p = ctx;
	FILE *f;
	int r;

	/* That the one before is done with is safe before this one can be taken. */
	if (outbox_sync_done(p->b, why) == -1)
		return -1;
	if (p->mark) {
		p->i->flags |= OUTBOX_UNCERTAIN;
		if (outbox_change(p->b, p->i, why) == -1 ||
		    outbox_commit(p->b, why) == -1)
			return -1;
	}
	f = outbox_message(p->i, why);
	if (f == NULL)
		return -1;
	r = stream_copy(f, out, UINT64_MAX, why);
	fclose(f);
	return r;
}

static bool
is_pending(const struct smtp_rcpt *r)
{
	return r->state != RCPT_ACCEPTED && r->state != RCPT_REFUSED;
}

/* The order in each half stays.  How many are done with? */
static size_t
part(struct outbox_item *i)
{
	struct smtp_rcpt *sorted = xcalloc(i->nrcpt + 1, sizeof *sorted);
	size_t k, n = 0, done;

	for (k = 0; k < i->nrcpt; k++)
		if (!is_pending(&i->rcpt[k]))
			sorted[n++] = i->rcpt[k];
	done = n;
	for (k = 0; k < i->nrcpt; k++)
		if (is_pending(&i->rcpt[k]))
			sorted[n++] = i->rcpt[k];
	memcpy(i->rcpt, sorted, n * sizeof *sorted);
	free(sorted);
	return done;
}

static void
address(struct outgoing *o, struct parcel *p, size_t done)
{
	struct outbox_item *i = p->i;

	memset(o, 0, sizeof *o);
	o->from = i->sender;
	o->from_given = (i->flags & OUTBOX_GIVEN) != 0;
	o->utf8 = (i->flags & OUTBOX_UTF8) != 0;
	o->resent = (i->flags & OUTBOX_RESENT) != 0;
	o->rcpt = i->rcpt + done;
	o->nrcpt = i->nrcpt - done;
	o->sendmail_args = &i->args;
	o->prepare = prepare;
	o->write = write_text;
	o->ctx = p;
}

/* --- What became of it. --- */

/* Will it be the same at every attempt? */
static bool
is_lasting(int code, bool first)
{
	switch (code) {
	case EX_NOHOST:
	case EX_OSERR:
	case EX_IOERR:
	case EX_TEMPFAIL:
	case EX_PROTOCOL:
		return false;
	case EX_CONFIG:
	case EX_SOFTWARE:
	case EX_CANTCREAT:
		return first;
	default:
		return true;
	}
}

static void
note_last(struct outbox_item *i, const struct fail *why)
{
	free(i->last);
	i->last = xstrdup(why->text);
	i->code = why->code;
}

/* Nobody more has got it: each has the reason, if not its own. */
static void
set_pending(struct outbox_item *i, bool lasting, const struct fail *why)
{
	struct smtp_rcpt *r;
	size_t k;

	for (k = 0; k < i->nrcpt; k++) {
		r = &i->rcpt[k];
		if (!is_pending(r))
			continue;
		r->state = lasting ? RCPT_REFUSED : RCPT_NOT_YET;
		if (r->reply == NULL || lasting) {
			free(r->reply);
			r->reply = xstrdup(why->text);
		}
	}
}

static void
count(const struct outbox_item *i, size_t *pending, size_t *refused)
{
	size_t k;

	*pending = *refused = 0;
	for (k = 0; k < i->nrcpt; k++) {
		*pending += is_pending(&i->rcpt[k]);
		*refused += i->rcpt[k].state == RCPT_REFUSED;
	}
}

/* The outbox itself failing is told, and the message stays as it was there. */
static enum outcome
stays(struct outbox_item *i, struct fail *why, const struct fail *fault)
{
	*why = *fault;
	i->unsure = true;
	return OUTCOME_PUT_OFF;
}

static enum outcome
finish(struct outbox *b, struct outbox_item *i, bool given_up, struct fail *why)
{
	struct fail fault = { 0 };
	size_t pending, refused;

	count(i, &pending, &refused);
	if (given_up || (pending == 0 && refused > 0)) {
		if (outbox_fail(b, i, &fault) == -1)
			return stays(i, why, &fault);
		return OUTCOME_FAILED;
	}
	if (pending > 0) {
		if (outbox_change(b, i, &fault) == -1)
			return stays(i, why, &fault);
		outbox_keep(b, i);
		return OUTCOME_PUT_OFF;
	}
	if (outbox_done(b, i, &fault) == -1)
		return stays(i, why, &fault);
	return OUTCOME_SENT;
}

/* The states are the transport's; tell of the worst of them. */
static void
read_states(struct outbox_item *i, const struct transport *t,
    struct outgoing *o, struct fail *why)
{
	const struct smtp_rcpt *first = outgoing_worst(o);
	size_t k;

	if (first != NULL) {
		say_refused(t, first, why);
		note_last(i, why);
	}
	for (k = 0; k < o->nrcpt; k++)
		if (is_pending(&o->rcpt[k]))
			o->rcpt[k].state = RCPT_NOT_YET;
}

/* The copy is kept when somebody has got it, and that stands in the outbox. */
static int
file_copy(struct mailx *m, struct outbox *b, struct outbox_item *i,
    struct outgoing *o, struct fail *why)
{
	struct outgoing all = *o;

	if ((i->flags & OUTBOX_TO_RECORD) == 0)
		return 0;
	((struct parcel *)o->ctx)->mark = false;
	if (outbox_change(b, i, why) == -1 || outbox_commit(b, why) == -1)
		return -1;
	all.rcpt = i->rcpt;
	all.nrcpt = i->nrcpt;
	record_copy(m, &all, (i->flags & OUTBOX_BY_NAME) != 0);
	i->flags &= ~(unsigned)OUTBOX_TO_RECORD;
	return 0;
}

static enum outcome
judge(struct outbox *b, struct outbox_item *i, bool first, struct fail *why)
{
	bool lasting = is_lasting(why->code, first) && !i->unsure;
	bool given_up = false;

	set_pending(i, lasting, why);
	note_last(i, why);
	if (lasting)
		i->attempts++;
	else
		given_up = outbox_put_off(i, (int64_t)time(NULL));
	return finish(b, i, given_up, why);
}

enum outcome
queue_give_back(struct outbox *b, struct outbox_item *i,
    const struct fail *reason, struct fail *why)
{
	*why = *reason;
	return judge(b, i, false, why);
}

/* 1: the server does not hold it; it stays here until then. */
static int
hand_over(struct parcel *p, const struct transport *t, struct outgoing *o,
    struct session *s, int64_t hold_until, struct fail *why)
{
	size_t k;

	o->hold_until = hold_until;
	if (transport_send_over(p->m, t, o, s, why) == 0)
		return 0;
	if (hold_until == 0 || o->uncertain || (why->code != EX_CONFIG &&
	    is_lasting(why->code, true)))
		return -1;
	for (k = 0; k < o->nrcpt; k++)
		if (o->rcpt[k].state == RCPT_DEFERRED)
			o->rcpt[k].state = RCPT_NOT_YET;
	fail_clear(why);
	return 1;
}

enum outcome
queue_attempt(struct mailx *m, struct outbox *b, struct outbox_item *i,
    const struct transport *t, struct session *s, bool first,
    int64_t hold_until, struct fail *why)
{
	const char *uncertain = var_get(m, "outbox-uncertain");
	struct parcel p = { m, b, i, false };
	struct outgoing o;
	size_t done = part(i);
	struct fail fault = { 0 };
	enum outcome outcome;
	bool given_up = false;
	int r = 0;

	p.mark = uncertain != NULL && strcmp(uncertain, "hold") == 0;
	address(&o, &p, done);
	o.more = !first;
	if (o.nrcpt > 0)
		r = hand_over(&p, t, &o, s, hold_until, why);
	i->unsure = o.uncertain;
	if (!i->unsure)
		i->flags &= ~(unsigned)OUTBOX_UNCERTAIN;
	if (r == 1)
		return OUTCOME_PUT_OFF;
	if (r == -1)
		return judge(b, i, first, why);
	read_states(i, t, &o, why);
	/* While it is in the outbox, for who sends it again looks there. */
	if (i->once != NULL &&
	    once_note(m, i->once, i->message_id, &fault) == -1) {
		fail_where(&fault, "sent, but that may not be remembered");
		tell(m, &fault);
		fail_clear(&fault);
	}
	if (file_copy(m, b, i, &o, why) == -1)
		return OUTCOME_PUT_OFF;
	if (outgoing_worst(&o) != NULL || why->code != 0)
		given_up = outbox_put_off(i, (int64_t)time(NULL));
	outcome = finish(b, i, given_up, why);
	/* Who has got it is not to be forgotten. */
	if (outcome == OUTCOME_PUT_OFF && outbox_commit(b, &fault) == -1)
		return stays(i, why, &fault);
	return outcome;
}
