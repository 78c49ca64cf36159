/* SPDX-License-Identifier: ISC */
/*
 * send.c -- a draft on its way: built, handed to the transport, recorded, reported.
 * What fails on that way is saved in $DEAD, and the error says so.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "assemble.h"
#include "once.h"
#include "queueing.h"

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
	return l->out.prepare(&l->out, CARRIES_7BIT, why) == -1 ? -1 :
	    print_outgoing(m, &l->out, build_message_id(l->b), why);
}

static void
report_already(struct mailx *m, const struct once *o)
{
	struct sent s = { .message_id = o->id, .already = true };

	out_sent(m, &s);
}

static const char *
message_id(void *ctx)
{
	const struct letter *l = ctx;

	return build_message_id(l->b);
}

static int
post(struct mailx *m, const struct transport *t, struct letter *l,
    struct once *o, struct fail *why)
{
	struct posting p = { .subject = l->d->subject,
	    .recorded = true, .by_name = l->d->record_by_name, .ready = o->fd == -1,
	    .once = o->fd == -1 ? NULL : o->key, .message_id = message_id, .ctx = l };
	struct fail late = { 0 };
	struct sent s = { 0 };
	int r;

	if (l->d->at != NULL && at_time(l->d->at, &p.not_before, why) == -1)
		return -1;
	if (p.not_before <= (int64_t)time(NULL))
		p.not_before = 0;
	if (o->fd != -1 && once_trying(o, o->id, why) == -1)
		return -1;
	r = post_message(m, t, &l->out, &p, &s, why);
	if (!l->out.taken)
		return -1;
	if (r == 1)
		return 0;
	if (o->fd != -1 && !o->done && once_done(o, &late) == -1) {
		fail_where(&late, "sent, but that may not be remembered");
		if (r == 0)
			*why = late;
		else
			tell(m, &late);
		r = -1;
	}
	s.message_id = build_message_id(l->b);
	out_sent(m, &s);
	return r;
}

static int
send_it(struct mailx *m, struct draft *d, struct letter *l, struct once *o,
    struct fail *why)
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
		if (l->out.prepare(&l->out, CARRIES_7BIT, &nowhere) == 0)
			dead_outgoing(m, &l->out, false, why);
	} else if (r == 0)
		r = post(m, &t, l, o, why);
	transport_free(&t);
	return r;
}

/* What was written is kept, though not even a message was made of it. */
static void
keep(struct mailx *m, const struct draft *d, FILE *body, struct fail *why)
{
	if (!m->dry_run && body != NULL && !stream_is_empty(body))
		dead_draft(m, d, body, why);
}

static int
build_and_send(struct mailx *m, struct draft *d, struct once *o,
    struct fail *why)
{
	struct letter l;
	int r = send_it(m, d, &l, o, why);

	if (r == -1 && !l.out.taken && !l.out.saved)
		keep(m, d, l.body != NULL ? l.body : d->body, why);
	letter_free(&l);
	return r;
}

/* --- --once. --- */

static bool
has_id(const struct draft *d)
{
	size_t i;

	for (i = 0; i < d->fields.n; i++)
		if (strncasecmp(d->fields.v[i], "Message-ID:", 11) == 0)
			return true;
	return false;
}

/* A Message-ID that is the same in every attempt; one that was given stays. */
static int
set_id(struct mailx *m, struct draft *d, struct once *o, struct fail *why)
{
	struct addrs from = { 0 };
	const char *at;
	char *host;
	bool given;

	if (own_addrs(m, d->from, &from, &given, why) == -1)
		return -1;
	if (o->id == NULL) {
		at = strrchr(from.v[0].addr, '@');
		host = own_host(m);
		o->id = build_new_id(at == NULL ? host : at + 1);
		free(host);
	}
	addrs_free(&from);
	if (!has_id(d))
		strv_take(&d->fields, xasprintf("Message-ID: %s", o->id));
	return 0;
}

/* An attempt before was ended when the message was in the outbox, and it still is. */
static int
find_queued(struct mailx *m, struct once *o, struct fail *why)
{
	struct sent s = { .message_id = o->id, .queued = true };

	if (once_done(o, why) == -1)
		return -1;
	out_sent(m, &s);
	return 0;
}

static int
send_once(struct mailx *m, struct draft *d, struct fail *why)
{
	struct once o;
	bool waits;
	int r;

	r = once_open(m, d->once, &o, why);
	waits = r == 0 && o.id != NULL && !o.done && queue_has(m, o.id);
	if (r == 0 && !o.done && !waits)
		r = set_id(m, d, &o, why);
	if (r == -1)
		keep(m, d, d->body, why);
	else if (o.done)
		report_already(m, &o);
	else if (waits)
		r = find_queued(m, &o, why);
	else {
		m->once = &o;
		r = build_and_send(m, d, &o, why);
		m->once = NULL;
	}
	once_close(&o);
	return r;
}

int
send_draft(struct mailx *m, struct draft *d, struct fail *why)
{
	struct once none = { .fd = -1 };

	if (d->skip_empty && d->html == NULL &&
	    (d->body == NULL || stream_is_empty(d->body)))
		return 0;
	warn_forgotten(m, d);
	if (d->once != NULL && !m->dry_run)
		return send_once(m, d, why);
	return build_and_send(m, d, &none, why);
}
