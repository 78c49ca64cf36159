/* SPDX-License-Identifier: ISC */
/*
 * smtpsend.c -- one mail transaction (RFC 5321 3.3; PIPELINING 2920, SIZE 1870,
 * 8BITMIME 6152, SMTPUTF8 6531, LMTP 2033).
 *
 * With PIPELINING MAIL, all RCPT and DATA go out in one flight, and the replies
 * are read in the same order as without.  A server that takes DATA although it
 * refused every recipient gets a lone dot (RFC 2920 3.1).
 */
#include <stdlib.h>
#include <string.h>

#include "smtp_session.h"

#define FLIGHT	1000	/* RCPT said before replies are read */

struct transaction {
	struct smtp	*x;		/* borrowed */
	struct smtp_message *m;		/* borrowed */
	struct fail	*why;		/* borrowed */
	bool		 pipelining;
	bool		 data_said;
	size_t		 accepted, deferred, refused;
	struct fail	 mail;		/* MAIL was refused: why */
};

/* --- Before anything is said. --- */

/* What would break out of <...>, or make two commands of one. */
static bool
is_path(const char *addr, bool *eightbit)
{
	bool quoted = false;

	for (; *addr != '\0'; addr++) {
		if (ascii_is_control((unsigned char)*addr))
			return false;
		if ((unsigned char)*addr >= 0x80)
			*eightbit = true;
		if (*addr == '"')
			quoted = !quoted;
		else if (quoted && *addr == '\\' && addr[1] != '\0' &&
		    !ascii_is_control((unsigned char)addr[1]))
			addr++;
		else if (!quoted && strchr("<> ", *addr) != NULL)
			return false;
	}
	return !quoted;
}

static int
check_paths(const struct smtp_message *m, bool *eightbit, struct fail *why)
{
	size_t i;

	if (!is_path(m->from, eightbit))
		return fail(why, EX_DATAERR, "not an address: %s", m->from);
	for (i = 0; i < m->nrcpt; i++)
		if (*m->rcpt[i].addr == '\0' ||
		    !is_path(m->rcpt[i].addr, eightbit))
			return fail(why, EX_DATAERR, "not an address: %s",
			    m->rcpt[i].addr);
	if (m->nrcpt == 0)
		return fail(why, EX_USAGE, "a message to nobody");
	return 0;
}

static int
check_size(const struct smtp *x, uint64_t size, struct fail *why)
{
	const char *args, *error;
	long long limit;

	if (!smtp_offers(x, "SIZE", &args) || *args == '\0')
		return 0;
	limit = strtonum(args, 0, INT64_MAX, &error);
	if (error != NULL || limit == 0 || size <= (uint64_t)limit)
		return 0;
	return fail(why, EX_UNAVAILABLE, "%s: the message has %llu octets, and "
	    "the server takes %lld at most", conn_name(x->c),
	    (unsigned long long)size, limit);
}

static int
check(const struct smtp *x, struct smtp_message *m, struct fail *why)
{
	bool eightbit = false;

	if (x->dead || x->quit)
		return fail(why, EX_TEMPFAIL, "%s: the session is over",
		    conn_name(x->c));
	if (check_paths(m, &eightbit, why) == -1)
		return -1;
	m->utf8 = m->utf8 || eightbit;
	if (m->utf8 && !smtp_offers(x, "SMTPUTF8", NULL))
		return fail(why, EX_NOUSER, "%s: the server does not take "
		    "addresses beyond ASCII (SMTPUTF8)", conn_name(x->c));
	if ((m->eightbit || m->utf8) && !smtp_offers(x, "8BITMIME", NULL))
		return fail(why, EX_UNAVAILABLE, "%s: the server does not take "
		    "8-bit text (8BITMIME)", conn_name(x->c));
	return check_size(x, m->size, why);
}

/* --- The states of the recipients. --- */

static void
set_state(struct smtp_rcpt *r, enum smtp_state state, const char *reply)
{
	r->state = state;
	free(r->reply);
	r->reply = reply == NULL ? NULL : xstrdup(reply);
}

static enum smtp_state
state_of(int code)
{
	return code < 300 ? RCPT_ACCEPTED : code < 500 ? RCPT_DEFERRED :
	    RCPT_REFUSED;
}

/* The message did not go: nobody has got it, whatever RCPT was answered. */
static int
take_back(struct smtp_message *m)
{
	size_t i;

	for (i = 0; i < m->nrcpt; i++)
		if (m->rcpt[i].state == RCPT_ACCEPTED)
			set_state(&m->rcpt[i], RCPT_NOT_YET, NULL);
	return -1;
}

/* The reply to the whole message is that to each whom it was for. */
static void
set_accepted(struct smtp_message *m, int code, const char *reply)
{
	size_t i;

	for (i = 0; i < m->nrcpt; i++)
		if (m->rcpt[i].state == RCPT_ACCEPTED)
			set_state(&m->rcpt[i], state_of(code), reply);
}

/* None is left, or the user wants all or none: tell of the worst of them. */
static int
nobody(const struct transaction *t)
{
	enum smtp_state worst = t->refused > 0 ? RCPT_REFUSED : RCPT_DEFERRED;
	const struct smtp_rcpt *r = t->m->rcpt;
	size_t others = t->refused + t->deferred - 1;
	char more[64] = "";
	int code;

	while (r->state != worst)
		r++;
	code = smtp_reply_exit((int)strtol(r->reply, NULL, 10), EX_NOUSER);
	if (others > 0)
		snprintf(more, sizeof more, " (and %zu more)", others);
	return fail(t->why, code, "%s: %s: %s%s", conn_name(t->x->c), r->addr,
	    r->reply, more);
}

/* --- MAIL, RCPT, DATA. --- */

static int
say_mail(struct transaction *t)
{
	struct smtp *x = t->x;
	const struct smtp_message *m = t->m;
	char size[32] = "";

	if (m->size > 0 && smtp_offers(x, "SIZE", NULL))
		snprintf(size, sizeof size, " SIZE=%llu",
		    (unsigned long long)m->size);
	return conn_say(x->c, t->why, "MAIL FROM:<%s>%s%s%s", m->from, size,
	    m->eightbit || m->utf8 ? " BODY=8BITMIME" : "",
	    m->utf8 ? " SMTPUTF8" : "");
}

/* A refusal is kept, and told when the replies to what was said with it are read. */
static int
hear_mail(struct transaction *t)
{
	if (smtp_hear(t->x, TIMEOUT_SMTP_COMMAND, t->why) == -1)
		return -1;
	if (t->x->reply.code == 250)
		return 0;
	smtp_refused(t->x, "MAIL", EX_UNAVAILABLE, &t->mail);
	if (!t->x->dead)
		return 0;
	*t->why = t->mail;
	return -1;
}

static int
hear_rcpt(struct transaction *t, struct smtp_rcpt *r)
{
	struct smtp *x = t->x;
	enum smtp_state state;

	if (smtp_hear(x, TIMEOUT_SMTP_COMMAND, t->why) == -1)
		return -1;
	if (x->dead || (x->reply.code >= 300 && x->reply.code < 400))
		return smtp_refused(x, r->addr, EX_NOUSER, t->why);
	if (t->mail.code != 0)
		return 0;	/* it is about the order of commands */
	state = state_of(x->reply.code);
	set_state(r, state, x->reply.text);
	t->accepted += state == RCPT_ACCEPTED;
	t->deferred += state == RCPT_DEFERRED;
	t->refused += state == RCPT_REFUSED;
	return 0;
}

static int
say_data(struct transaction *t)
{
	t->data_said = true;
	return conn_say(t->x->c, t->why, "DATA");
}

/* Recipients from i up to end, in one flight. */
static int
fly(struct transaction *t, size_t i, size_t end)
{
	struct smtp_message *m = t->m;
	bool first = i == 0;
	size_t j;

	for (j = i; j < end; j++)
		if (conn_say(t->x->c, t->why, "RCPT TO:<%s>",
		    m->rcpt[j].addr) == -1)
			return -1;
	/* With several and "all or none" the replies must be known before. */
	if (t->pipelining && end == m->nrcpt &&
	    (!m->all_or_nothing || m->nrcpt == 1) && say_data(t) == -1)
		return -1;
	if (t->pipelining && first && hear_mail(t) == -1)
		return -1;
	for (j = i; j < end; j++)
		if (hear_rcpt(t, &m->rcpt[j]) == -1)
			return -1;
	return 0;
}

static int
say_envelope(struct transaction *t)
{
	size_t i, some, n = t->m->nrcpt;

	if (say_mail(t) == -1 || (!t->pipelining && hear_mail(t) == -1))
		return -1;
	for (i = 0; i < n && t->mail.code == 0; i += some) {
		some = !t->pipelining ? 1 : n - i < FLIGHT ? n - i : FLIGHT;
		if (fly(t, i, i + some) == -1)
			return -1;
	}
	return 0;
}

static int
hear_data(struct transaction *t)
{
	return smtp_hear(t->x, TIMEOUT_SMTP_DATA_INIT, t->why);
}

/* DATA was said with the rest, and there is nobody to send to. */
static void
end_in_vain(struct transaction *t)
{
	struct smtp *x = t->x;
	struct fail *why = t->why, ignored;

	if (!t->data_said)
		return;
	fail_clear(&ignored);
	t->why = &ignored;
	if (hear_data(t) == 0 && x->reply.code == 354 &&
	    conn_say(x->c, &ignored, ".") == 0 &&
	    smtp_hear(x, TIMEOUT_SMTP_DATA_END, &ignored) == 0)
		x->dirty = false;
	t->why = why;
}

/* Is there somebody, and may the message go? */
static int
agree(struct transaction *t)
{
	size_t wrong = t->refused + t->deferred;

	if (t->mail.code != 0) {
		end_in_vain(t);
		*t->why = t->mail;
		return -1;
	}
	if (t->accepted == 0 || (t->m->all_or_nothing && wrong > 0)) {
		end_in_vain(t);
		return nobody(t);
	}
	if ((!t->data_said && say_data(t) == -1) || hear_data(t) == -1)
		return -1;
	if (t->x->reply.code == 354)
		return 0;
	return smtp_refused(t->x, "DATA", EX_UNAVAILABLE, t->why);
}

/* --- The text. --- */

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

/* The connection failed in the text: perhaps the server said why it would. */
static void
hear_reason(struct transaction *t)
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
		hear_reason(t);
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
static void
say_quit(struct transaction *t)
{
	struct fail ignored;

	if (!t->m->last || !t->pipelining)
		return;
	fail_clear(&ignored);
	t->x->quit = true;
	if (conn_say(t->x->c, &ignored, "QUIT") == 0)
		(void)conn_flush(t->x->c, &ignored);
}

/* Everything up to the dot: when this fails the server has got no message. */
static int
send_text(struct transaction *t)
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
		say_quit(t);
		return 0;
	}
	x->dead = true;
	return fail(t->why, EX_TEMPFAIL, "%s: connection lost",
	    conn_name(x->c));
}

/* --- The verdict. --- */

static int
lost_after_dot(struct transaction *t, bool *uncertain)
{
	*uncertain = true;
	fail_where(t->why, "the message was sent, but not confirmed, so it may "
	    "arrive twice");
	return -1;
}

static int
hear_verdict(struct transaction *t, bool *uncertain)
{
	struct smtp *x = t->x;
	int code;

	if (smtp_hear(x, TIMEOUT_SMTP_DATA_END, t->why) == -1)
		return lost_after_dot(t, uncertain);
	code = x->reply.code;
	if (code >= 300 && code < 400) {
		smtp_refused(x, "end of the message", EX_UNAVAILABLE, t->why);
		return lost_after_dot(t, uncertain);
	}
	x->dirty = false;
	set_accepted(t->m, code, x->reply.text);
	return code < 300 ? 0 :
	    smtp_refused(x, "message", EX_UNAVAILABLE, t->why);
}

/* Some have got it, and of the others nobody knows: they are not to be forgotten. */
static void
put_off_rest(struct transaction *t)
{
	struct smtp_message *m = t->m;
	size_t i;

	for (i = 0; i < m->nrcpt; i++)
		if (m->rcpt[i].state == RCPT_NOT_YET)
			set_state(&m->rcpt[i], RCPT_DEFERRED, t->why->text);
	fail_clear(t->why);
}

/* RFC 2033 4.2: a reply for each recipient that was accepted, in order. */
static int
hear_verdicts(struct transaction *t, bool *uncertain)
{
	struct smtp_message *m = t->m;
	struct smtp *x = t->x;
	enum smtp_state state;
	size_t i, got = 0;
	int result = 0;

	for (i = 0; i < m->nrcpt; i++) {
		if (m->rcpt[i].state != RCPT_ACCEPTED)
			continue;
		if (result == 0 && smtp_hear(x, TIMEOUT_SMTP_DATA_END,
		    t->why) == -1)
			result = lost_after_dot(t, uncertain);
		if (result == -1) {
			set_state(&m->rcpt[i], RCPT_NOT_YET, NULL);
			continue;
		}
		state = state_of(x->reply.code);
		set_state(&m->rcpt[i], state, x->reply.text);
		got += state == RCPT_ACCEPTED;
		t->deferred += state == RCPT_DEFERRED;
		t->refused += state == RCPT_REFUSED;
	}
	x->dirty = result == -1;
	if (got > 0) {
		put_off_rest(t);
		return 0;
	}
	return result == -1 ? -1 : nobody(t);
}

static int
transact(struct transaction *t, bool *uncertain)
{
	if (t->x->dirty) {
		if (smtp_ask(t->x, t->why, "RSET") == -1)
			return -1;
		if (t->x->reply.code != 250)
			return smtp_refused(t->x, "RSET", EX_UNAVAILABLE,
			    t->why);
	}
	t->x->dirty = true;
	if (say_envelope(t) == -1 || agree(t) == -1 || send_text(t) == -1)
		return take_back(t->m);
	if (t->x->lmtp)
		return hear_verdicts(t, uncertain);
	if (hear_verdict(t, uncertain) == 0)
		return 0;
	return take_back(t->m);
}

int
smtp_send(struct smtp *x, struct smtp_message *m, bool *uncertain,
    struct fail *why)
{
	struct transaction t = { .x = x, .m = m, .why = why };
	size_t i;

	*uncertain = false;
	for (i = 0; i < m->nrcpt; i++)
		set_state(&m->rcpt[i], RCPT_NOT_YET, NULL);
	if (check(x, m, why) == -1)
		return -1;
	t.pipelining = smtp_offers(x, "PIPELINING", NULL);
	return transact(&t, uncertain);
}
