/* SPDX-License-Identifier: ISC */
/*
 * smtpsend.c -- one mail transaction (RFC 5321 3.3; PIPELINING 2920, SIZE 1870,
 * 8BITMIME 6152, SMTPUTF8 6531, DSN 3461, REQUIRETLS 8689, FUTURERELEASE 4865,
 * LMTP 2033).
 *
 * With PIPELINING MAIL, all RCPT and DATA go out in one flight, and the replies
 * are read in the same order as without.  A server that takes DATA although it
 * refused every recipient gets a lone dot (RFC 2920 3.1).  The text goes out by
 * smtptext.c or, where the server offers CHUNKING, by smtpchunk.c: in either case
 * when the replies to RCPT are known.  A text said with them would save a turn, and
 * leave it open, where the connection is lost then, whether the message arrived.
 */
#include <stdlib.h>
#include <string.h>

#include "smtp_transaction.h"

#define FLIGHT	1000	/* RCPT said before replies are read */

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

/* RFC 3461 4: what is not printable, and `+' and `=', as +XX. */
static void
put_xtext(FILE *f, const char *s)
{
	for (; *s != '\0'; s++)
		if (*s > ' ' && *s < 127 && *s != '+' && *s != '=')
			putc(*s, f);
		else
			fprintf(f, "+%02X", (unsigned char)*s);
}

static void
put_extensions(const struct transaction *t, FILE *f)
{
	const struct smtp_message *m = t->m;

	if (m->size > 0 && smtp_offers(t->x, "SIZE", NULL))
		fprintf(f, " SIZE=%llu", (unsigned long long)m->size);
	if (m->binary)
		fputs(" BODY=BINARYMIME", f);
	else if (m->eightbit || m->utf8)
		fputs(" BODY=8BITMIME", f);
	if (m->utf8)
		fputs(" SMTPUTF8", f);
	if (m->require_tls)
		fputs(" REQUIRETLS", f);
	if (m->hold > 0)
		fprintf(f, " HOLDFOR=%u", m->hold);
	if (!t->dsn)
		return;
	if (m->return_head)
		fputs(" RET=HDRS", f);
	if (m->envid != NULL) {
		fputs(" ENVID=", f);
		put_xtext(f, m->envid);
	}
}

static int
say_mail(struct transaction *t)
{
	char *text;
	size_t n;
	FILE *f = xmemstream(&text, &n);
	int result;

	put_extensions(t, f);
	fclose(f);
	result = conn_say(t->x->c, t->why, "MAIL FROM:<%s>%s", t->m->from,
	    text);
	free(text);
	return result;
}

/* A list as people write it, as RFC 3461 has it. */
static void
put_notify(FILE *f, const char *list)
{
	const char *between = " NOTIFY=";
	size_t n;

	for (; *(list += strspn(list, ", \t")) != '\0'; list += n) {
		n = strcspn(list, ", \t");
		fprintf(f, "%s%.*s", between, (int)n, list);
		between = ",";
	}
}

static int
say_rcpt(struct transaction *t, const struct smtp_rcpt *r)
{
	return conn_say(t->x->c, t->why, "RCPT TO:<%s>%s", r->addr,
	    t->notify);
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
		if (say_rcpt(t, &m->rcpt[j]) == -1)
			return -1;
	/* With several and "all or none" the replies must be known before. */
	if (t->pipelining && !t->chunks && end == m->nrcpt &&
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
	if (t->chunks)
		return smtp_send_chunks(t);
	if ((!t->data_said && say_data(t) == -1) || hear_data(t) == -1)
		return -1;
	if (t->x->reply.code == 354)
		return 0;
	return smtp_refused(t->x, "DATA", EX_UNAVAILABLE, t->why);
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

	if ((t->chunks ? smtp_hear_chunks(t) :
	    smtp_hear(x, TIMEOUT_SMTP_DATA_END, t->why)) == -1)
		return lost_after_dot(t, uncertain);
	code = x->reply.code;
	if (smtp_is_unknown_chunk(t))
		return smtp_refused_chunk(t);
	if (code >= 300 && code < 400) {
		smtp_refused(x, "end of the message", EX_UNAVAILABLE, t->why);
		return lost_after_dot(t, uncertain);
	}
	x->dirty = t->chunks && code >= 400;	/* RFC 3030 2: RSET */
	x->dead = x->dead || t->chunks_heard < t->chunks_said;
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
	if (say_envelope(t) == -1 || agree(t) == -1 ||
	    (!t->chunks && smtp_send_text(t) == -1))
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
	int result;
	FILE *f;

	*uncertain = false;
	for (i = 0; i < m->nrcpt; i++)
		set_state(&m->rcpt[i], RCPT_NOT_YET, NULL);
	if (smtp_check(x, m, why) == -1)
		return -1;
	t.pipelining = smtp_offers(x, "PIPELINING", NULL);
	t.dsn = smtp_offers(x, "DSN", NULL);
	t.chunks = m->chunking && !x->lmtp && smtp_offers(x, "CHUNKING", NULL);
	f = xmemstream(&t.notify, &i);
	if (t.dsn && m->notify != NULL)
		put_notify(f, m->notify);
	fclose(f);
	result = transact(&t, uncertain);
	free(t.notify);
	return result;
}
