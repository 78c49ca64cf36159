/* SPDX-License-Identifier: ISC */
/*
 * smtptext.c -- the text of a message behind DATA (RFC 5321 3.3), up to the dot.
 */
#include "smtp_transaction.h"

/*
 * The server speaks before it was told that the text is at its end.  It may
 * refuse, for size or time; it can't accept.
 */
static int
hear_early(struct transaction *t)
{
	if (smtp_hear(t->x, TIMEOUT_SMTP_COMMAND, t->why) == -1)
		return -1;
	t->x->dead = true;
	return smtp_refused(t->x, "text of the message", EX_UNAVAILABLE,
	    t->why);
}

void
smtp_hear_reason(struct transaction *t)
{
	struct fail reason;

	fail_clear(&reason);
	if (t->why->code != EX_TEMPFAIL ||
	    conn_wait(t->x->c, 0, &reason) != 1 ||
	    smtp_reply_read(t->x->c, 1, &t->x->reply, &reason) == -1 ||
	    t->x->reply.code < 400)
		return;
	fail_clear(t->why);
	smtp_refused(t->x, "text of the message", EX_UNAVAILABLE, t->why);
}

static int
write_text(struct transaction *t, FILE *f)
{
	struct smtp_message *m = t->m;
	struct conn *c = t->x->c;
	int there;

	if (conn_has_line(c))
		return hear_early(t);
	/* A stream forgets what it could not write: fflush alone may succeed. */
	if (m->write(m->ctx, f, t->why) == -1 || fflush(f) != 0 || ferror(f)) {
		fail(t->why, EX_IOERR, "the message cannot be written");
		smtp_hear_reason(t);
		return -1;
	}
	if ((there = conn_wait(c, 0, t->why)) == 1)
		return hear_early(t);
	return there;
}

/*
 * Behind the text a group of commands may begin (RFC 2920 3.1), so a turn is
 * saved.  That it fails matters to nobody: the verdict may be there all the same.
 */
void
smtp_say_quit(struct transaction *t)
{
	struct fail ignored;

	/* Who was put off may be tried again at once. */
	if (!t->m->last || !t->pipelining || t->deferred > 0)
		return;
	fail_clear(&ignored);
	t->x->quit = true;
	if (conn_say(t->x->c, &ignored, "QUIT") == 0)
		(void)conn_flush(t->x->c, &ignored);
}

int
smtp_send_text(struct transaction *t)
{
	struct smtp *x = t->x;
	FILE *f;

	conn_set_timeout(x->c, x->timeout > 0 ? x->timeout :
	    TIMEOUT_SMTP_DATA_BLOCK);
	if ((f = conn_text_writer(x->c, t->why)) == NULL)
		return -1;
	if (write_text(t, f) == -1) {
		conn_text_abandon(f);
		x->dead = true;
		return -1;
	}
	if (fclose(f) == 0) {
		smtp_say_quit(t);
		return 0;
	}
	x->dead = true;
	return fail(t->why, EX_TEMPFAIL, "%s: connection lost",
	    conn_name(x->c));
}
