/* SPDX-License-Identifier: ISC */
/*
 * flushrun.c -- what is due in the outbox, server by server: all for one goes over
 * one connection, and when that cannot be had none of it is tried.
 *
 * How a message goes was noted with it; account and credentials are those of
 * now, and what is set now goes before what was noted, but for two: TLS that
 * was required stays required, and so does all or none.
 */
#include <sha2.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "define.h"
#include "queueing.h"
#include "vars.h"

#define MOMENT		5	/* seconds that a quiet run may take */
#define LAST_START	3	/* ... and in which it begins a message */

struct due {
	char	 id[OUTBOX_ID];
	uint64_t key;		/* the same for what goes the same way */
};

struct run {
	struct mailx	*m;		/* borrowed */
	struct outbox	*b;		/* borrowed */
	const struct flush *f;		/* borrowed */
	struct due	*due;		/* owned */
	size_t		 n, cap;
	struct session	 session;
	struct transport t;
	struct vars	*saved;		/* owned: the variables as they were; NULL: no group */
	struct fail	 down;		/* why nothing of this group can go */
	struct fail	 worst;		/* to be told */
	size_t		 sent, off, failed;
	time_t		 began;
};

static volatile sig_atomic_t	over;	/* as got_signal: the moment is over */

static void
on_alarm(int sig)
{
	(void)sig;
	over = SIGTERM;
}

/* --- What is due. --- */

static uint64_t
key_of(const struct outbox_item *i)
{
	char hex[SHA256_DIGEST_STRING_LENGTH], *text;
	uint64_t key;
	size_t n, k;
	FILE *f = xmemstream(&text, &n);

	fprintf(f, "%s\n%s\n", i->mta, i->account == NULL ? "" : i->account);
	for (k = 0; k < i->policy.n; k++)
		fprintf(f, "%s\n", i->policy.v[k]);
	fclose(f);
	SHA256Data((const uint8_t *)text, n, hex);
	free(text);
	hex[16] = '\0';
	key = strtoull(hex, NULL, 16);
	return key;
}

/* Told at once, but for the one that is the command's own. */
static void
complain(struct run *r, const struct fail *why)
{
	static const int order[] = { 0, EX_TEMPFAIL, EX_IOERR };
	size_t a, b;

	if (r->f->quiet)
		return;
	if (r->worst.code == 0) {
		r->worst = *why;
		return;
	}
	for (a = 0; a < NELEM(order) && order[a] != why->code; a++)
		continue;
	for (b = 0; b < NELEM(order) && order[b] != r->worst.code; b++)
		continue;
	if (a > b) {
		tell(r->m, &r->worst);
		r->worst = *why;
	} else
		tell(r->m, why);
}

static void
add_due(struct run *r, const struct outbox_item *i)
{
	r->due = xgrow(r->due, r->n, &r->cap, sizeof *r->due);
	memcpy(r->due[r->n].id, i->id, OUTBOX_ID);
	r->due[r->n++].key = key_of(i);
}

/* One that is damaged is put aside by taking it. */
static void
look(struct run *r, const char *id, bool now)
{
	struct outbox_item i;
	struct fail why = { 0 }, fault = { 0 };
	int64_t time_now = (int64_t)time(NULL);
	int found = outbox_read(r->b, OUTBOX_QUEUE, id, &i, &why);

	if (found == -1) {
		if (why.code == EX_DATAERR &&
		    outbox_take(r->b, id, &i, &fault) == 1)
			outbox_item_free(&i);
		fail_where(&why, "damaged, now in %s/bad",
		    outbox_path(r->b));
		complain(r, &why);
		return;
	}
	if (found == 1 && (now || outbox_is_due(&i, time_now) || (r->f->all &&
	    i.not_before <= time_now && (i.flags & OUTBOX_UNCERTAIN) == 0)))
		add_due(r, &i);
	else if (found == 1 && (i.flags & OUTBOX_UNCERTAIN) != 0) {
		fail(&why, EX_TEMPFAIL, "%s: it may have been sent already, and "
		    "is held: flush %s sends it, unqueue %s drops it", id, id,
		    id);
		complain(r, &why);
	}
	if (found == 1)
		outbox_item_free(&i);
}

static int
find_named(struct run *r, struct fail *why)
{
	struct outbox_item i;
	const char *id;
	size_t k;
	int found;

	for (k = 0; k < r->f->ids->n; k++) {
		id = r->f->ids->v[k];
		found = outbox_read(r->b, OUTBOX_QUEUE, id, &i, why);
		if (found == 1)
			outbox_item_free(&i);
		else if (found == 0 && outbox_revive(r->b, id, why) == -1)
			return -1;
		fail_clear(why);
		look(r, id, true);
	}
	return 0;
}

/* -a: what failed for want of the right password may go now. */
static int
revive_denied(struct run *r, struct fail *why)
{
	struct strv ids = { 0 };
	struct outbox_item i;
	struct fail ignored;
	size_t k;
	int result = outbox_list(r->b, OUTBOX_FAILED, &ids, why);

	for (k = 0; k < ids.n && result == 0; k++) {
		fail_clear(&ignored);
		if (outbox_read(r->b, OUTBOX_FAILED, ids.v[k], &i,
		    &ignored) != 1)
			continue;
		if (i.code == EX_NOPERM)
			result = outbox_revive(r->b, ids.v[k], why);
		outbox_item_free(&i);
	}
	strv_free(&ids);
	return result;
}

static int
compare(const void *a, const void *b)
{
	const struct due *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return strcmp(x->id, y->id);
}

static int
find_due(struct run *r, struct fail *why)
{
	struct strv ids = { 0 };
	size_t k;
	int result;

	if (r->f->ids != NULL)
		return find_named(r, why);
	if (r->f->all && revive_denied(r, why) == -1)
		return -1;
	result = outbox_list(r->b, OUTBOX_QUEUE, &ids, why);
	for (k = 0; k < ids.n && result == 0 && got_signal == 0; k++)
		look(r, ids.v[k], false);
	strv_free(&ids);
	if (r->n > 1)
		qsort(r->due, r->n, sizeof *r->due, compare);
	return result;
}

/* --- A group: what goes the same way. --- */

static void
apply_policy(struct mailx *m, const struct outbox_item *i)
{
	const char *name, *value;
	struct fail ignored;
	size_t k;

	for (k = 0; k + 1 < i->policy.n; k += 2) {
		name = i->policy.v[k];
		value = i->policy.v[k + 1];
		fail_clear(&ignored);
		if (!var_is_set(m, name) || strcmp(name, "partial") == 0 ||
		    (strcmp(name, "tls") == 0 &&
		    strcmp(value, "require") == 0))
			(void)var_set(m, name, value, &ignored);
	}
}

/* With the secret that the variables have for it. */
static int
find_transport(struct run *r, const struct outbox_item *i, struct fail *why)
{
	char *now = transport_configured(r->m), *bare = queue_mta(now);
	int result;

	result = transport_named(r->m, strcmp(bare, i->mta) == 0 ? now :
	    i->mta, &r->t, why);
	explicit_bzero(now, strlen(now));
	free(now);
	free(bare);
	return result;
}

static void
begin_group(struct run *r, const struct outbox_item *i)
{
	struct fail ignored = { 0 };

	r->saved = vars_save(r->m);
	/* One that is gone by now: what was noted must do. */
	if (i->account != NULL)
		(void)account_use(r->m, i->account, &ignored);
	apply_policy(r->m, i);
	fail_clear(&r->down);
	(void)find_transport(r, i, &r->down);
}

static void
end_group(struct run *r)
{
	if (r->saved == NULL)
		return;
	session_end(&r->session);
	transport_free(&r->t);
	vars_restore(r->m, r->saved);
	r->saved = NULL;
	r->session.broken = false;
}

/* --- One by one. --- */

static void
account_for(struct run *r, const struct outbox_item *i, enum outcome outcome,
    bool tried, struct fail *why)
{
	static const char *const names[] = { "sent", "deferred", "failed" };

	r->sent += outcome == OUTCOME_SENT;
	r->off += outcome == OUTCOME_PUT_OFF;
	r->failed += outcome == OUTCOME_FAILED;
	if (r->f->quiet)
		return;
	if (r->m->json)
		out_queued(r->m, i, names[outcome]);
	if (outcome == OUTCOME_SENT && why->code == 0)
		return;
	/* What is the same for all is told once, unless it is the end of one. */
	if (!tried && outcome == OUTCOME_PUT_OFF)
		return;
	fail_where(why, outcome == OUTCOME_FAILED ? "%s: not sent, kept in the "
	    "outbox as failed" : "%s", i->id);
	if (outcome == OUTCOME_PUT_OFF)
		why->code = EX_TEMPFAIL;
	complain(r, why);
}

static void
handle(struct run *r, const struct due *d)
{
	struct outbox_item i;
	struct fail why = { 0 };
	enum outcome outcome;
	bool tried;
	int taken = outbox_take(r->b, d->id, &i, &why);

	if (taken == -1)
		complain(r, &why);
	if (taken != 1)
		return;
	if (r->saved == NULL)
		begin_group(r, &i);
	tried = r->down.code == 0;
	if (tried)
		outcome = queue_attempt(r->m, r->b, &i, &r->t, &r->session,
		    false, 0, &why);
	else
		outcome = queue_give_back(r->b, &i, &r->down, &why);
	if (tried && r->session.broken)
		r->down = why;
	account_for(r, &i, outcome, tried, &why);
	outbox_item_free(&i);
}

static bool
must_stop(const struct run *r)
{
	if (got_signal != 0 || (r->f->quiet && over != 0))
		return true;
	return r->f->quiet && time(NULL) - r->began >= LAST_START;
}

static void
handle_all(struct run *r)
{
	size_t k;

	for (k = 0; k < r->n && !must_stop(r); k++) {
		if (k > 0 && r->due[k].key != r->due[k - 1].key)
			end_group(r);
		handle(r, &r->due[k]);
	}
	end_group(r);
}

static int
run(struct run *r, struct fail *why)
{
	int result;

	result = outbox_replay(r->b, why);
	if (result == 0)
		result = find_due(r, why);
	if (result == 0)
		handle_all(r);
	if (outbox_commit(r->b, why) == -1 || outbox_settle(r->b, why) == -1)
		result = -1;
	outbox_garbage(r->b);
	if (!r->f->quiet && r->sent + r->off + r->failed > 0)
		out_note(r->m, "%zu sent, %zu put off, %zu failed", r->sent,
		    r->off, r->failed);
	if (result == 0 && r->worst.code != 0) {
		*why = r->worst;
		result = -1;
	} else if (r->worst.code != 0)
		tell(r->m, &r->worst);
	free(r->due);
	return result;
}

int
flush_run(struct mailx *m, struct outbox *b, const struct flush *f,
    struct fail *why)
{
	struct run r = { .m = m, .b = b, .f = f, .began = time(NULL) };
	struct sigaction mine, old;
	int result;

	if (outbox_lock(b, why) == -1)
		return -1;
	if (!f->quiet)
		return run(&r, why);
	memset(&mine, 0, sizeof mine);
	mine.sa_handler = on_alarm;
	over = 0;
	r.session.signalled = &over;
	if (sigaction(SIGALRM, &mine, &old) == -1)
		return fail_errno(why, EX_OSERR, "SIGALRM");
	(void)alarm(MOMENT);
	result = run(&r, why);
	(void)alarm(0);
	(void)sigaction(SIGALRM, &old, NULL);
	return result;
}
