/* SPDX-License-Identifier: ISC */
/*
 * reply.c -- answers: reply and respond, Reply and Respond, followup, Followup,
 * Lreply.  Everything in the message that is answered was written by others: its
 * addresses are checked like any when the answer is sent, its ids and the number
 * of them here.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "alias.h"
#include "cmd.h"
#include "out.h"
#include "sending.h"
#include "vars.h"

/* --- To whom. --- */

/* The case of a local part might matter, but never made two people. */
static bool
has(const struct addrs *as, const char *addr)
{
	size_t i;

	for (i = 0; i < as->n; i++)
		if (strcasecmp(as->v[i].addr, addr) == 0)
			return true;
	return false;
}

static bool
is_repeated(const struct draft *d, const char *addr)
{
	return d->to.n + d->cc.n < MANY_ADDRS &&
	    (has(&d->to, addr) || has(&d->cc, addr));
}

/* Nobody twice, and not to oneself unless `metoo'. */
static void
add(struct mailx *m, const struct draft *d, struct addrs *to,
    const struct addrs *from)
{
	size_t i;

	for (i = 0; i < from->n; i++)
		if (!is_repeated(d, from->v[i].addr) &&
		    (is_on(m, "metoo") || !alias_is_own(m, from->v[i].addr)))
			addrs_add(to, from->v[i].name, from->v[i].addr);
}

/* The author wishes answers to go there. */
static const struct addrs *
author(const struct envelope *e)
{
	return e->reply_to.n > 0 ? &e->reply_to : e->from.n > 0 ? &e->from :
	    &e->sender;
}

/* Their own words on who should get answers, where a list is concerned. */
static int
followup_to(struct mailx *m, uint32_t n, struct addrs *to, struct fail *why)
{
	const struct field *f;
	struct head h;

	if (store_head(m->folder, n, &h, why) == -1)
		return -1;
	f = head_get(&h, "Mail-Followup-To");
	if (f != NULL)
		addrs_parse(to, f->body, m->options.charset_8bit);
	head_free(&h);
	return 0;
}

static int
to_all(struct mailx *m, struct draft *d, uint32_t n, const struct envelope *e,
    struct fail *why)
{
	struct addrs wish = { 0 };

	if (followup_to(m, n, &wish, why) == -1)
		return -1;
	if (wish.n > 0)
		add(m, d, &d->to, &wish);
	else {
		add(m, d, &d->to, author(e));
		add(m, d, &d->to, &e->to);
		add(m, d, &d->cc, &e->cc);
	}
	addrs_free(&wish);
	return 0;
}

/* An answer to oneself alone is meant for those who got the message. */
static void
to_author(struct mailx *m, struct draft *d, const struct envelope *e)
{
	const struct addrs *as = author(e);

	add(m, d, &d->to, as);
	if (d->to.n == 0 && as->n > 0)
		add(m, d, &d->to, &e->to);
	if (d->to.n == 0 && as->n > 0)
		addrs_add(&d->to, as->v[0].name, as->v[0].addr);
}

static int
hex(int c)
{
	c = ascii_lower(c);
	return ascii_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ?
	    c - 'a' + 10 : -1;
}

/* The address of <mailto:list%40example.org?...> (RFC 2369, 6068); the caller frees. */
static char *
mailto(struct span body)
{
	const char *p = memmem(body.p, body.n, "<mailto:", 8), *end, *stop;
	char *addr;
	size_t n = 0;

	if (p == NULL)
		return NULL;
	p += 8;
	stop = body.p + body.n;
	for (end = p; end < stop && *end != '>' && *end != '?'; end++)
		continue;
	addr = xmalloc((size_t)(end - p) + 1);
	for (; p < end; p++)
		if (*p == '%' && end - p > 2 && hex(p[1]) >= 0 &&
		    hex(p[2]) >= 0) {
			addr[n++] = (char)(hex(p[1]) * 16 + hex(p[2]));
			p += 2;
		} else
			addr[n++] = *p;
	addr[n] = '\0';
	if (memchr(addr, '\0', n) == NULL && n > 0)
		return addr;
	free(addr);
	return NULL;
}

static int
to_list(struct mailx *m, struct draft *d, uint32_t n, struct fail *why)
{
	const struct field *f;
	char *addr = NULL;
	struct head h;

	if (store_head(m->folder, n, &h, why) == -1)
		return -1;
	f = head_get(&h, "List-Post");
	if (f != NULL)
		addr = mailto(f->body);
	head_free(&h);
	if (addr == NULL)
		return fail(why, EX_DATAERR, "message %u names no list that "
		    "can be posted to (List-Post)", n);
	addrs_add(&d->to, NULL, addr);
	free(addr);
	return 0;
}

/* --- The thread. --- */

static bool
is_clean(const char *id)
{
	for (; *id != '\0'; id++)
		if (*id <= ' ' || *id >= 127)
			return false;
	return true;
}

void
draft_add_ids(struct strv *to, const struct strv *ids)
{
	size_t i;

	for (i = 0; i < ids->n; i++)
		if (is_clean(ids->v[i]))
			strv_add(to, ids->v[i]);
}

/* RFC 5322 3.6.4. */
static void
set_thread(struct draft *d, const struct envelope *e)
{
	if (e->references.n > 0)
		draft_add_ids(&d->references, &e->references);
	else if (e->in_reply_to.n == 1)
		draft_add_ids(&d->references, &e->in_reply_to);
	if (e->message_id != NULL && is_clean(e->message_id)) {
		strv_add(&d->references, e->message_id);
		d->in_reply_to = xstrdup(e->message_id);
	}
}

/* --- The commands. --- */

enum who { ALL, AUTHOR, LIST };

/* Subject and thread are those of the first. */
static int
answer(struct mailx *m, struct draft *d, uint32_t n, enum who who,
    struct fail *why)
{
	const struct envelope *e = store_envelope(m->folder, n, why);

	if (e == NULL)
		return -1;
	if (d->subject == NULL) {
		d->subject = subject_reply(e->subject);
		set_thread(d, e);
	}
	if (who == LIST)
		return to_list(m, d, n, why);
	if (who == ALL && to_all(m, d, n, e, why) == -1)
		return -1;
	if (who == AUTHOR || d->to.n + d->cc.n == 0)
		to_author(m, d, e);
	if (d->to.n + d->cc.n == 0)
		return fail(why, EX_DATAERR, "message %u has no sender", n);
	return 0;
}

static int
draft_answer(struct mailx *m, struct draft *d, const struct msglist *list,
    enum who who, struct fail *why)
{
	size_t i;

	if (list->n == 0)
		return fail(why, EX_USAGE, "no message to answer");
	if (who != AUTHOR && list->n > 1)
		return fail(why, EX_USAGE, "one message can be answered at a "
		    "time");
	for (i = 0; i < list->n; i++) {
		if (answer(m, d, list->v[i].n, who, why) == -1)
			return -1;
		store_drop(m->folder, list->v[i].n);
	}
	m->dot = list->v[0].n;
	return 0;
}

/* The folder may have been left by ~: meanwhile, or opened anew with other numbers. */
static void
mark(struct mailx *m, unsigned folder, const struct msglist *list)
{
	size_t i;

	if (m->dry_run || m->read_only || m->folder == NULL ||
	    m->folders != folder || m->folder->mode != STORE_WRITE)
		return;
	for (i = 0; i < list->n; i++)
		if (list->v[i].n <= m->folder->count)
			store_flag(m->folder, list->v[i].n, MSG_ANSWERED, 0);
}

static int
reply(struct mailx *m, struct args *a, enum who who, bool by_name)
{
	unsigned folder = m->folders;
	struct draft d;
	int r;

	draft_init(&d);
	d.record_by_name = by_name;
	r = draft_answer(m, &d, &a->msgs, who, &m->why);
	if (r == -1)
		draft_skip(m, &d, a);
	else {
		draft_show(m, &d);
		r = draft_read(m, &d, a, &m->why);
	}
	if (r == 0)
		r = send_draft(m, &d, &m->why);
	if (r == 0)
		mark(m, folder, &a->msgs);
	if (r == 1)
		m->status = 1;
	draft_free(&d);
	return r == -1 ? -1 : 0;
}

/* POSIX's `flipr' turns the two letters round. */
static int
run_reply(struct mailx *m, struct args *a)
{
	return reply(m, a, is_on(m, "flipr") ? AUTHOR : ALL, false);
}

static int
run_Reply(struct mailx *m, struct args *a)
{
	return reply(m, a, is_on(m, "flipr") ? ALL : AUTHOR, false);
}

static int
run_followup(struct mailx *m, struct args *a)
{
	return reply(m, a, ALL, true);
}

static int
run_Followup(struct mailx *m, struct args *a)
{
	return reply(m, a, AUTHOR, true);
}

static int
run_Lreply(struct mailx *m, struct args *a)
{
	return reply(m, a, LIST, false);
}

#define ANSWER								\
	.flags = CMD_FOLDER | CMD_BODY, .takes = TAKES_MSGS,		\
	.empty = DEFAULT_DOT, .max = -1

const struct cmd cmd_reply = {
	.name = "reply", .abbreviation = "r", ANSWER, .usage = "[message]",
	.help = "answer a message, to its author and all who got it",
	.run = run_reply
};

const struct cmd cmd_respond = {
	.name = "respond", ANSWER, .usage = "[message]",
	.help = "answer a message, as reply does", .run = run_reply
};

const struct cmd cmd_Reply = {
	.name = "Reply", .abbreviation = "R", ANSWER, .usage = "[msglist]",
	.help = "answer messages, to their authors alone", .run = run_Reply
};

const struct cmd cmd_Respond = {
	.name = "Respond", ANSWER, .usage = "[msglist]",
	.help = "answer messages, as Reply does", .run = run_Reply
};

const struct cmd cmd_followup = {
	.name = "followup", .abbreviation = "fo", ANSWER, .usage = "[message]",
	.help = "reply, and record the answer in a file named after the author",
	.run = run_followup
};

const struct cmd cmd_Followup = {
	.name = "Followup", .abbreviation = "F", ANSWER, .usage = "[msglist]",
	.help = "Reply, and record the answer in a file named after the author",
	.run = run_Followup
};

const struct cmd cmd_Lreply = {
	.name = "Lreply", .abbreviation = "L", ANSWER, .usage = "[message]",
	.help = "answer a message, to its mailing list", .run = run_Lreply
};
