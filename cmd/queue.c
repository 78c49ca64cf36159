/* SPDX-License-Identifier: ISC */
/* queue.c -- queue, flush, unqueue: the outbox looked at, sent, and weeded. */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../mime/date.h"
#include "cmd.h"
#include "outint.h"
#include "queueing.h"
#include "vars.h"

/* The outbox for a command that needs one. */
static struct outbox *
need(struct mailx *m, struct fail *why)
{
	char *dir = queue_dir(m, why);
	struct outbox *b;

	if (dir == NULL) {
		fail(why, EX_CONFIG, "there is no outbox: the variable outbox "
		    "is not set");
		return NULL;
	}
	queue_settle(m);
	b = outbox_open(dir, why);
	free(dir);
	return b;
}

/* --- Records. --- */

static void
put_time(struct json *j, const char *name, int64_t when)
{
	char text[DATE_MAX];
	struct date d;

	if (when == 0) {
		json_member(j, name, NULL);
		return;
	}
	date_local(when, &d);
	date_iso8601(&d, text);
	json_member(j, name, text);
}

static void
put_json(struct mailx *m, const struct outbox_item *i, const char *status,
    int64_t next)
{
	struct json j;
	size_t k;

	json_begin(&j, out_stream(m));
	json_member(&j, "id", i->id);
	json_member(&j, "from", i->sender == NULL ? "" : i->sender);
	json_key(&j, "to");
	json_open(&j, '[');
	for (k = 0; k < i->nrcpt; k++)
		if (i->rcpt[k].state != RCPT_ACCEPTED ||
		    strcmp(status, "sent") == 0)
			json_string(&j, i->rcpt[k].addr);
	json_close(&j, ']');
	json_member(&j, "subject", i->subject);
	json_count(&j, "size", i->size);
	if (i->queued != 0)
		put_time(&j, "queued", i->queued);
	put_time(&j, "next", next);
	json_count(&j, "attempts", i->attempts);
	json_member(&j, "last", i->last);
	json_member(&j, "status", status);
	json_member(&j, "message_id", i->message_id);
	json_end(&j);
}

static void
put_line(struct mailx *m, const struct outbox_item *i, const char *status,
    int64_t next)
{
	const char *to = i->nrcpt == 0 ? "" : i->rcpt[i->nrcpt - 1].addr;
	char more[32] = "", text[DATE_MAX] = "-";
	struct date d;

	if (i->nrcpt > 1)
		snprintf(more, sizeof more, " (+%zu)", i->nrcpt - 1);
	if (next != 0) {
		date_local(next, &d);
		date_iso8601(&d, text);
		text[16] = '\0';
	}
	out_line(m, "%s  %-8s %s  %s%s  %s", i->id, status, text, to, more,
	    i->subject == NULL ? "" : i->subject);
	if (i->last != NULL)
		out_line(m, "    %s", i->last);
}

void
out_queued(struct mailx *m, const struct outbox_item *i, const char *status)
{
	bool over = strcmp(status, "deferred") != 0 &&
	    strcmp(status, "queued") != 0 && strcmp(status, "held") != 0;
	int64_t next = over || (i->flags & OUTBOX_UNCERTAIN) != 0 ? 0 :
	    i->next > i->not_before ? i->next : i->not_before;

	if (m->json)
		put_json(m, i, status, next);
	else
		put_line(m, i, status, next);
}

/* --- queue --- */

static const char *
status_of(const struct outbox_item *i)
{
	if (i->place == OUTBOX_FAILED)
		return "failed";
	if ((i->flags & OUTBOX_UNCERTAIN) != 0 ||
	    i->not_before > (int64_t)time(NULL))
		return "held";
	return i->attempts == 0 ? "queued" : "deferred";
}

/* What of a damaged one is known: its id. */
static void
show_bad(struct mailx *m, const char *id, const struct fail *fault)
{
	struct outbox_item i;

	outbox_item_init(&i);
	strlcpy(i.id, id, sizeof i.id);
	if (fault != NULL)
		i.last = xstrdup(fault->text);
	out_queued(m, &i, "bad");
	outbox_item_free(&i);
}

struct tally {
	size_t	 failed, bad;
	int	 code;		/* of the first that failed */
};

static int
show(struct mailx *m, struct outbox *b, enum outbox_place place,
    struct tally *t, struct fail *why)
{
	struct strv ids = { 0 };
	struct outbox_item i;
	struct fail fault;
	size_t k;
	int found, r = outbox_list(b, place, &ids, why);

	for (k = 0; k < ids.n && r == 0; k++) {
		fail_clear(&fault);
		found = place == OUTBOX_BAD ? -1 :
		    outbox_read(b, place, ids.v[k], &i, &fault);
		if (found == -1) {
			t->bad++;
			show_bad(m, ids.v[k], fault.code == 0 ? NULL : &fault);
		} else if (found == 1) {
			out_queued(m, &i, status_of(&i));
			if (place == OUTBOX_FAILED && t->failed++ == 0)
				t->code = i.code;
			outbox_item_free(&i);
		}
	}
	strv_free(&ids);
	return r;
}

static int
run_queue(struct mailx *m, struct args *a)
{
	static const enum outbox_place places[] = { OUTBOX_QUEUE,
	    OUTBOX_FAILED, OUTBOX_BAD };
	struct outbox *b = need(m, &m->why);
	struct tally t = { 0 };
	size_t k;
	int r = b == NULL ? -1 : 0;

	(void)a;
	for (k = 0; k < NELEM(places) && r == 0; k++)
		r = show(m, b, places[k], &t, &m->why);
	outbox_close(b);
	if (r == 0 && t.failed > 0)
		return fail(&m->why, t.code == 0 ? EX_UNAVAILABLE : t.code,
		    "%zu message%s could not be sent", t.failed,
		    t.failed == 1 ? "" : "s");
	if (r == 0 && t.bad > 0)
		return fail(&m->why, EX_DATAERR, "%zu message%s damaged",
		    t.bad, t.bad == 1 ? " is" : "s are");
	return r;
}

/* --- flush, unqueue --- */

static int
run_flush(struct mailx *m, struct args *a)
{
	struct flush f = { .ids = a->words.n > 0 ? &a->words : NULL,
	    .all = args_option(a, 'a') != NULL };
	struct outbox *b;
	int r;

	if (f.all && f.ids != NULL)
		return fail(&m->why, EX_USAGE, "-a is for all, and some are "
		    "named");
	b = need(m, &m->why);
	r = b == NULL ? -1 : flush_run(m, b, &f, &m->why);
	outbox_close(b);
	return r;
}

static int
run_unqueue(struct mailx *m, struct args *a)
{
	struct outbox *b = need(m, &m->why);
	size_t k;
	int r = b == NULL ? -1 : 0;

	for (k = 0; k < a->words.n && r == 0; k++) {
		r = outbox_drop(b, a->words.v[k], &m->why);
		if (r == 0)
			out_note(m, "%s: dropped", a->words.v[k]);
	}
	outbox_close(b);
	return r;
}

const struct cmd cmd_queue = {
	.name = "queue", .takes = TAKES_NOTHING,
	.help = "list the messages in the outbox",
	.run = run_queue
};

const struct cmd cmd_flush = {
	.name = "flush", .takes = TAKES_WORDS, .max = -1,
	.options = "a(all)", .usage = "[-a | id ...]",
	.help = "send what is due in the outbox, all, or those, now",
	.run = run_flush
};

const struct cmd cmd_unqueue = {
	.name = "unqueue", .takes = TAKES_WORDS, .min = 1, .max = -1,
	.usage = "id ...",
	.help = "drop messages from the outbox",
	.run = run_unqueue
};
