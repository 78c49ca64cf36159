/* SPDX-License-Identifier: ISC */
/*
 * smtp.c -- the command smtp: asks the server that `mta' names, over a session as
 * for sending, TLS and authentication included (RFC 5321 3.5, 4.1.1).
 *
 * Of the commands of RFC 821 those are refused that sending says itself, and those
 * that are obsolete, each with its reason.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "out.h"
#include "sending.h"
#include "server.h"

static const struct verb {
	const char	*name;
	bool		 wants;		/* an argument */
	bool		 may;		/* have one */
	const char	*refused;	/* why it is not said; or NULL */
} verbs[] = {
	{ "vrfy", true, true, NULL },
	{ "expn", true, true, NULL },
	{ "help", false, true, NULL },
	{ "noop", false, false, NULL },
	{ "ehlo", false, false, NULL },
	{ "helo", false, false, "said where a server does not know EHLO" },
	{ "mail", false, true, "said by sending alone" },
	{ "rcpt", false, true, "said by sending alone" },
	{ "data", false, true, "said by sending alone" },
	{ "bdat", false, true, "said by sending alone" },
	{ "rset", false, true, "said by sending alone" },
	{ "quit", false, true, "said when the session ends" },
	{ "auth", false, true, "said where a user is given" },
	{ "starttls", false, true, "said by the variable tls" },
	{ "send", false, true, "obsolete: messages to terminals (RFC 5321 F.6)" },
	{ "soml", false, true, "obsolete: messages to terminals (RFC 5321 F.6)" },
	{ "saml", false, true, "obsolete: messages to terminals (RFC 5321 F.6)" },
	{ "turn", false, true, "obsolete: mail to whoever asks (RFC 5321 F.1)" },
};

static const struct verb *
find_verb(const char *name, struct fail *why)
{
	size_t i;

	for (i = 0; i < NELEM(verbs) && strcasecmp(verbs[i].name, name) != 0;
	    i++)
		continue;
	if (i == NELEM(verbs))
		fail(why, EX_USAGE, "%s: none of vrfy, expn, help, noop, ehlo",
		    name);
	else if (verbs[i].refused != NULL)
		fail(why, EX_USAGE, "%s: %s", name, verbs[i].refused);
	else
		return &verbs[i];
	return NULL;
}

static struct smtp *
open_session(struct mailx *m, struct server *s, struct fail *why)
{
	struct transport t;
	struct smtp *x = NULL;

	memset(s, 0, sizeof *s);
	if (transport_find(m, &t, why) == 0) {
		if (t.kind != TO_SERVER)
			fail(why, EX_CONFIG, "%s: no server that could be "
			    "asked (mta)", t.shown);
		else if (server_setup(m, t.target, s, why) == 0)
			x = smtp_open(s, why);
	}
	transport_free(&t);
	return x;
}

/* The words of the line, with a blank between; the caller frees. */
static char *
argument(const struct args *a)
{
	char *text;
	size_t i, n;
	FILE *f = xmemstream(&text, &n);

	for (i = 1; i < a->words.n; i++)
		fprintf(f, "%s%s", i > 1 ? " " : "", a->words.v[i]);
	fclose(f);
	return text;
}

static int
ask(struct mailx *m, const struct verb *v, const char *arg, struct fail *why)
{
	struct server s;
	struct smtp *x = open_session(m, &s, why);
	const struct strv *lines;
	int code = 250, r = 0;

	if (x != NULL && strcmp(v->name, "ehlo") != 0)
		r = smtp_query(x, v->name, arg, &code, why);
	if (x != NULL && r == 0) {
		lines = strcmp(v->name, "ehlo") == 0 ? smtp_offered(x) :
		    smtp_reply_lines(x);
		out_reply(m, v->name, code, lines);
	}
	smtp_close(x);
	server_free(&s);
	return x == NULL ? -1 : r;
}

static int
run_smtp(struct mailx *m, struct args *a)
{
	const struct verb *v = find_verb(a->words.v[0], &m->why);
	char *arg;
	int r;

	if (v == NULL)
		return -1;
	if (v->wants && a->words.n < 2)
		return fail(&m->why, EX_USAGE, "%s: of whom?", v->name);
	if (!v->may && a->words.n > 1)
		return fail(&m->why, EX_USAGE, "%s: takes no argument",
		    v->name);
	arg = argument(a);
	r = ask(m, v, arg, &m->why);
	free(arg);
	return r;
}

const struct cmd cmd_smtp = {
	.name = "smtp", .takes = TAKES_WORDS, .min = 1, .max = -1,
	.usage = "vrfy name | expn list | help [topic] | noop | ehlo",
	.help = "ask the server that takes our mail", .run = run_smtp
};
