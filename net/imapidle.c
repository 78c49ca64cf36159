/* SPDX-License-Identifier: ISC */
/*
 * imapidle.c -- IDLE (RFC 2177): the server tells what happens while nobody asks.
 *
 * A session that is interrupted in the middle says DONE all the same, so that the
 * next command finds it as it should be.
 */
#include "conn.h"
#include "imap.h"
#include "wait.h"

static int
listen_until(struct imap *x, const struct imap_job *job, int64_t deadline,
    bool (*enough)(void *ctx), void *ctx, struct fail *why)
{
	int64_t left;
	int n;

	while (!imap_is_done(job) && !enough(ctx)) {
		if ((left = deadline - wait_now()) <= 0)
			break;
		/* The clock of conn_wait counts seconds. */
		n = conn_wait(imap_conn(x), left < 1000 ? 0 : 1, why);
		if (n == -1 || (n == 1 && imap_step(x, why) == -1))
			return -1;
		if (n == 0 && left < 1000)
			wait_for(-1, 0, deadline, NULL);
	}
	return 0;
}

int
imap_idle(struct imap *x, int64_t deadline, bool (*enough)(void *ctx),
    void *ctx, struct fail *why)
{
	struct imap_job *job;
	struct imap_line l;
	struct fail ending = { 0 };
	struct span text;
	int result;

	imap_line_init(&l);
	imap_line_put(&l, "IDLE");
	job = imap_start(x, &l, NULL, NULL, why);
	imap_line_free(&l);
	if (job == NULL)
		return -1;
	if ((result = imap_wait_more(x, job, &text, why)) == -1) {
		imap_abandon(x, job);
		return -1;
	}
	if (result == 1)	/* refused */
		return imap_finish(x, job, EX_UNAVAILABLE, why);
	result = listen_until(x, job, deadline, enough, ctx, why);
	if (result == -1 && !imap_is_alive(x)) {
		imap_abandon(x, job);
		return -1;
	}
	if (!imap_is_done(job) &&
	    conn_say(imap_conn(x), &ending, "DONE") == -1) {
		imap_abandon(x, job);
		return result == -1 ? -1 :
		    fail(why, ending.code, "%s", ending.text);
	}
	if (result == -1) {
		(void)conn_flush(imap_conn(x), &ending);
		imap_abandon(x, job);
		return -1;
	}
	return imap_finish(x, job, EX_UNAVAILABLE, why);
}
