/* SPDX-License-Identifier: ISC */
/*
 * queueing.c -- sending by way of the outbox: the message is made durable there,
 * then sent, then removed.
 *
 * In a script, messages to a server that cannot be reached, or for later, become
 * durable many at a time: before the next command that does not send, and before
 * anything is said of them.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../net/url.h"
#include "cmd.h"
#include "queueing.h"
#include "vars.h"

#define DOWN_SECONDS	60	/* a server that could not be reached is left alone */

struct sendqueue {
	struct outbox	*box;		/* owned */
	struct strv	 ids;		/* Message-IDs of what waits to be durable */
	char		*down;		/* owned: the transport that could not be reached; or NULL */
	struct fail	 reason;	/* why not */
	time_t		 since;
	struct timespec	 looked;	/* at `failed', by its time of change */
};

/* --- Names. --- */

char *
queue_dir(struct mailx *m, struct fail *why)
{
	const char *dir = var_get(m, "outbox"), *home = var_get(m, "HOME");
	char *state, *path;

	if (dir == NULL)
		return NULL;
	if (*dir == '~' && dir[1] == '/' && home != NULL)
		return xasprintf("%s%s", home, dir + 1);
	if (*dir != '\0')
		return xstrdup(dir);
	state = var_state_dir(m, why);
	path = state == NULL ? NULL : xasprintf("%s/outbox", state);
	free(state);
	return path;
}

static const char *
mode_name(enum tls_mode mode)
{
	return mode == TLS_NONE ? "none" : mode == TLS_OPPORTUNISTIC ?
	    "opportunistic" : "require";
}

char *
queue_mta(const char *mta)
{
	struct fail ignored = { 0 };
	struct url u;
	char *text, *whole;

	if (!url_is_url(mta) || url_parse(mta, &u, &ignored) == -1)
		return xstrdup(mta);
	text = url_text(&u, true);
	if (u.tls_given && u.tls != TLS_IMPLICIT) {
		whole = xasprintf("%s?tls=%s", text, mode_name(u.tls));
		free(text);
		text = whole;
	}
	url_free(&u);
	return text;
}

/* --- The envelope. --- */

static bool
is_default(const char *name, const char *value)
{
	const struct var *v;

	for (v = variables; v->name != NULL; v++)
		if (strcmp(v->name, name) == 0)
			return v->value != NULL && strcmp(v->value, value) == 0;
	return false;
}

/* What decides how the message goes, and may have been said for it alone. */
static void
take_policy(const struct mailx *m, struct outbox_item *i)
{
	static const char *const names[] = { "tls", "tls-verify", "tls-ca-file",
	    "tls-fingerprint", "tls-min", "tls-cert", "tls-key",
	    "smtp-use-starttls", "auth", "smtp-auth", "smtp-auth-user",
	    "allow-cleartext-auth", "hostname", "proxy", "dsn",
	    "requiretls", "record", "folder", "outfolder" };
	const char *value;
	size_t k;

	for (k = 0; k < NELEM(names); k++)
		if ((value = var_get(m, names[k])) != NULL &&
		    !is_default(names[k], value)) {
			strv_add(&i->policy, names[k]);
			strv_add(&i->policy, value);
		}
	if (!is_on(m, "partial")) {
		strv_add(&i->policy, "partial");
		strv_add(&i->policy, "no");
	}
}

static bool
is_recorded(const struct mailx *m, const struct posting *p)
{
	const char *record = var_get(m, "record");

	if (!p->recorded)
		return false;
	return p->by_name || (record != NULL && *record != '\0');
}

/* The recipients are the item's for the time being. */
static int
fill(struct mailx *m, const struct transport *t, struct outgoing *o,
    const struct posting *p, struct outbox_item *i, struct fail *why)
{
	const char *id;
	size_t k;

	outbox_item_init(i);
	if (outgoing_check(m, o, why) == -1 || o->prepare(o, CARRIES_7BIT, why) == -1)
		return -1;
	id = p->message_id(p->ctx);
	i->account = m->account == NULL ? NULL : xstrdup(m->account);
	i->mta = queue_mta(t->target);
	i->sender = xstrdup(o->from);
	i->subject = p->subject == NULL ? NULL : xstrdup(p->subject);
	i->message_id = id == NULL ? NULL : xstrdup(id);
	i->once = p->once == NULL ? NULL : xstrdup(p->once);
	i->size = o->size;
	i->flags = (o->eightbit ? OUTBOX_EIGHTBIT : 0) |
	    (o->utf8 ? OUTBOX_UTF8 : 0) | (o->resent ? OUTBOX_RESENT : 0) |
	    (o->from_given ? OUTBOX_GIVEN : 0) |
	    (is_recorded(m, p) ? OUTBOX_TO_RECORD : 0) |
	    (p->by_name ? OUTBOX_BY_NAME : 0);
	i->queued = i->next = (int64_t)time(NULL);
	i->not_before = p->not_before > i->queued ? p->not_before : 0;
	take_policy(m, i);
	for (k = 0; o->sendmail_args != NULL && k < o->sendmail_args->n; k++)
		strv_add(&i->args, o->sendmail_args->v[k]);
	i->rcpt = o->rcpt;
	i->nrcpt = o->nrcpt;
	return 0;
}

/* --- The queue of this run. --- */

static struct sendqueue *
open_queue(struct mailx *m, const char *dir, struct fail *why)
{
	struct sendqueue *q = m->queue;

	if (q == NULL)
		q = m->queue = xcalloc(1, sizeof *q);
	if (q->box != NULL && strcmp(outbox_path(q->box), dir) != 0) {
		queue_settle(m);
		outbox_close(q->box);
		q->box = NULL;
	}
	if (q->box == NULL)
		q->box = outbox_open(dir, why);
	return q->box == NULL ? NULL : q;
}

static bool
is_down(const struct sendqueue *q, const struct outbox_item *i)
{
	time_t age = time(NULL) - q->since;

	return q->down != NULL && strcmp(q->down, i->mta) == 0 && age >= 0 &&
	    age < DOWN_SECONDS;
}

static void
note_down(struct sendqueue *q, const struct outbox_item *i,
    const struct fail *reason)
{
	free(q->down);
	q->down = xstrdup(i->mta);
	q->since = time(NULL);
	q->reason = *reason;
}

/* Nobody hears of it before it is durable: is there nobody to hear? */
static bool
may_wait(const struct mailx *m, const struct posting *p)
{
	return p->ready && m->scripted && !var_is_set(m, "ack") &&
	    out_stream((struct mailx *)(uintptr_t)m) == stdout;
}

struct rescue {
	struct mailx	*m;		/* borrowed */
	size_t		 saved;
};

static int
copy_text(void *ctx, FILE *out, struct fail *why)
{
	FILE *f = outbox_message(ctx, why);
	int r = f == NULL ? -1 : stream_copy(f, out, UINT64_MAX, why);

	if (f != NULL)
		fclose(f);
	return r;
}

/* In $DEAD, for whom it was to go to in its header. */
static int
rescue(void *ctx, struct outbox_item *i)
{
	struct rescue *r = ctx;
	struct outgoing o = { .rcpt = i->rcpt, .nrcpt = i->nrcpt,
	    .resent = (i->flags & OUTBOX_RESENT) != 0, .write = copy_text,
	    .ctx = i };
	struct fail why = { 0 };

	dead_outgoing(r->m, &o, true, &why);
	r->saved += o.saved;
	return o.saved ? 0 : -1;
}

static void
tell_unqueued(struct mailx *m, const struct sendqueue *q, size_t saved)
{
	char *dead = dead_path(m);

	if (saved > 0)
		fail_where(&m->why, "%zu messages were not queued, and %zu are "
		    "saved in %s", q->ids.n, saved, dead);
	else
		fail_where(&m->why, "%zu messages were not queued, and are in "
		    "%s/tmp", q->ids.n, outbox_path(q->box));
	free(dead);
	run_report(m);
}

void
queue_settle(struct mailx *m)
{
	struct sendqueue *q = m->queue;
	struct rescue saving = { m, 0 };
	struct sent s = { .queued = true };
	struct fail old = m->why;
	int status = m->status;
	size_t k;

	if (q == NULL || q->box == NULL || q->ids.n == 0)
		return;
	fail_clear(&m->why);
	outbox_on_loss(q->box, rescue, &saving);
	if (outbox_commit(q->box, &m->why) == -1) {
		tell_unqueued(m, q, saving.saved);
	} else {
		for (k = 0; k < q->ids.n; k++) {
			s.message_id = q->ids.v[k];
			out_sent(m, &s);
		}
		m->status = status;
	}
	outbox_on_loss(q->box, NULL, NULL);
	m->why = old;
	strv_free(&q->ids);
}

void
queue_end(struct mailx *m)
{
	struct sendqueue *q = m->queue;

	queue_settle(m);
	if (q == NULL)
		return;
	outbox_close(q->box);
	free(q->down);
	free(q);
	m->queue = NULL;
}

/* --- A message. --- */

/* The server is down as it was a moment ago: as if it had been tried. */
static int
leave_for_later(struct mailx *m, struct sendqueue *q, struct outbox_item *i,
    const struct posting *p, struct fail *why)
{
	if (!may_wait(m, p)) {
		queue_settle(m);
		return outbox_commit(q->box, why);
	}
	outbox_keep(q->box, i);
	strv_add(&q->ids, i->message_id == NULL ? "" : i->message_id);
	if (q->ids.n == BATCH_MESSAGES)
		queue_settle(m);
	return 1;
}

static int
verdict(struct mailx *m, const struct transport *t, struct outgoing *o,
    enum outcome outcome, struct sent *s, struct fail *why)
{
	const struct smtp_rcpt *first = outgoing_worst(o);
	size_t k;

	s->queued = outcome == OUTCOME_PUT_OFF;
	o->taken = s->queued || outcome == OUTCOME_SENT;
	for (k = 0; k < o->nrcpt; k++)
		o->taken = o->taken || o->rcpt[k].state == RCPT_ACCEPTED;
	o->saved = true;
	if (outcome == OUTCOME_PUT_OFF && !o->uncertain) {
		fail_clear(why);
		if (first == NULL || first->state != RCPT_REFUSED)
			return 0;
	}
	if (outcome == OUTCOME_SENT)
		return why->code == 0 ? 0 : -1;
	if (why->code == 0 && first != NULL)
		say_refused(t, first, why);
	tell_refused(m, t, o, false, why);
	if (outcome == OUTCOME_FAILED)
		fail_where(why, "not sent, kept in the outbox");
	return -1;
}

static int
try_it(struct mailx *m, struct sendqueue *q, const struct transport *t,
    struct outgoing *o, struct outbox_item *i, struct sent *s,
    struct fail *why)
{
	struct session session = { 0 };
	struct fail fault = { 0 };
	enum outcome outcome;

	outcome = queue_attempt(m, q->box, i, t, &session, true,
	    i->not_before, why);
	if (outbox_commit(q->box, &fault) == -1 ||
	    outbox_settle(q->box, &fault) == -1) {
		i->unsure = true;
		*why = fault;
	}
	outbox_sweep(q->box);
	o->uncertain = i->unsure;
	if (session.broken && outcome == OUTCOME_PUT_OFF)
		note_down(q, i, why);
	session_end(&session);
	o->rcpt = i->rcpt;
	o->nrcpt = i->nrcpt;
	return verdict(m, t, o, outcome, s, why);
}

/* What is queued besides, for a moment. */
static void
autoflush(struct mailx *m, struct sendqueue *q)
{
	const struct flush f = { .quiet = true };
	struct fail ignored = { 0 };
	struct outbox *box;

	if (!var_is_set(m, "outbox-autoflush"))
		return;
	/* With a lock of its own, that goes with it. */
	box = outbox_open(outbox_path(q->box), &ignored);
	if (box != NULL)
		(void)flush_run(m, box, &f, &ignored);
	outbox_close(box);
}

static int
by_outbox(struct mailx *m, const char *dir, const struct transport *t,
    struct outgoing *o, const struct posting *p, struct sent *s,
    struct fail *why)
{
	struct sendqueue *q = open_queue(m, dir, why);
	struct outbox_item i;
	int r;
	bool safe;

	if (q == NULL)
		return -1;
	r = fill(m, t, o, p, &i, why);
	safe = r == 0;
	if (r == 0 && (is_down(q, &i) || (i.not_before != 0 &&
	    t->kind != TO_SERVER))) {
		if (i.not_before == 0) {
			(void)outbox_put_off(&i, i.queued);
			i.last = xstrdup(q->reason.text);
			i.code = q->reason.code;
		}
		r = outbox_add(q->box, &i, o->write, o->ctx, why);
		if (r == 0)
			r = leave_for_later(m, q, &i, p, why);
		s->queued = o->taken = o->saved = r >= 0;
	} else if (r == 0) {
		queue_settle(m);
		r = outbox_add(q->box, &i, o->write, o->ctx, why);
		if (r == 0)
			r = outbox_commit(q->box, why);
		if (r == 0)
			r = try_it(m, q, t, o, &i, s, why);
		if (s->queued == false && o->taken)
			autoflush(m, q);
	}
	if (safe) {
		i.rcpt = NULL;
		i.nrcpt = 0;
	}
	outbox_item_free(&i);
	return r;
}

int
post_message(struct mailx *m, const struct transport *t, struct outgoing *o,
    const struct posting *p, struct sent *s, struct fail *why)
{
	char *dir = queue_dir(m, why);
	int r = why->code != 0 ? -1 : 0;

	if (r == 0 && dir == NULL) {
		o->hold_until = p->not_before;
		r = deliver(m, t, o, why);
		if (o->taken && p->recorded)
			record_copy(m, o, p->by_name);
	} else {
		if (r == 0)
			r = by_outbox(m, dir, t, o, p, s, why);
		if (r == -1 && !o->taken && !o->saved && o->size != 0)
			dead_outgoing(m, o, false, why);
	}
	free(dir);
	s->rcpt = o->rcpt;
	s->nrcpt = o->nrcpt;
	return r;
}

bool
queue_has(struct mailx *m, const char *message_id)
{
	struct fail ignored = { 0 };
	char *dir = queue_dir(m, &ignored);
	struct sendqueue *q = dir == NULL ? NULL : open_queue(m, dir, &ignored);
	struct strv ids = { 0 };
	struct outbox_item i;
	bool found = false;
	size_t k;

	if (q != NULL)
		(void)outbox_list(q->box, OUTBOX_QUEUE, &ids, &ignored);
	for (k = 0; k < ids.n && !found; k++) {
		fail_clear(&ignored);
		if (outbox_read(q->box, OUTBOX_QUEUE, ids.v[k], &i,
		    &ignored) != 1)
			continue;
		found = i.message_id != NULL &&
		    strcmp(i.message_id, message_id) == 0;
		outbox_item_free(&i);
	}
	strv_free(&ids);
	free(dir);
	return found;
}

/* --- The prompt. --- */

void
queue_announce(struct mailx *m)
{
	struct fail ignored = { 0 };
	char *dir = queue_dir(m, &ignored), *path;
	struct strv ids = { 0 };
	struct sendqueue *q;
	struct stat st;

	if (dir == NULL)
		return;
	path = xasprintf("%s/failed", dir);
	if (stat(path, &st) == 0 && (q = open_queue(m, dir, &ignored)) !=
	    NULL && (q->looked.tv_sec != st.st_mtim.tv_sec ||
	    q->looked.tv_nsec != st.st_mtim.tv_nsec)) {
		q->looked = st.st_mtim;
		if (outbox_list(q->box, OUTBOX_FAILED, &ids, &ignored) == 0 &&
		    ids.n > 0)
			out_line(m, "%zu message%s could not be sent: see "
			    "\"queue\".", ids.n, ids.n == 1 ? "" : "s");
	}
	strv_free(&ids);
	free(path);
	free(dir);
}
