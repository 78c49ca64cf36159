/* SPDX-License-Identifier: ISC */
/* mail.c -- the commands `mail' and `send', and what all sending commands share: options, the body. */

#include <stdlib.h>
#include <string.h>

#include "alias.h"
#include "cmd.h"
#include "out.h"
#include "sending.h"
#include "words.h"

static void
set(char **old, const char *value)
{
	free(*old);
	*old = xstrdup(value);
}

static int
attach(struct mailx *m, struct draft *d, const char *word, struct fail *why)
{
	char *path = words_file(m, word, why);
	int r = path == NULL ? -1 : draft_attach(d, path, why);

	free(path);
	return r;
}

/* `Name: text' as -C has it; checked when the message is built. */
static int
add_field(struct draft *d, const char *text, struct fail *why)
{
	const char *colon = strchr(text, ':');

	if (colon == NULL || colon == text)
		return fail(why, EX_DATAERR, "%s: not of the form Name: text",
		    text);
	strv_add(&d->fields, text);
	return 0;
}

static int
option(struct mailx *m, struct draft *d, const struct option_value *o,
    struct fail *why)
{
	switch (o->letter) {
	case 's':
		set(&d->subject, o->value);
		return 0;
	case 'r':
		set(&d->from, o->value);
		return 0;
	case 'M':
		set(&d->body_type, o->value);
		return 0;
	case 'a':
		return attach(m, d, o->value, why);
	case 'b':
		return alias_expand(m, o->value, &d->bcc, why);
	case 'c':
		return alias_expand(m, o->value, &d->cc, why);
	case 'C':
		return add_field(d, o->value, why);
	default:
		return 0;
	}
}

int
draft_options(struct mailx *m, struct draft *d, const struct args *a,
    struct fail *why)
{
	size_t i;

	for (i = 0; i < a->noptions; i++)
		if (option(m, d, &a->options[i], why) == -1)
			return -1;
	return 0;
}

static int
read_file(struct mailx *m, struct draft *d, const char *word, struct fail *why)
{
	char *path = words_file(m, word, why);
	int r = path == NULL ? -1 : draft_file(d, path, why);

	free(path);
	return r;
}

int
draft_read(struct mailx *m, struct draft *d, const struct args *a,
    struct fail *why)
{
	const char *whole = args_option(a, 'm'), *start = args_option(a, 'q');

	if (start != NULL && read_file(m, d, start, why) == -1)
		return -1;
	if (whole != NULL)
		return read_file(m, d, whole, why);
	return compose_body(m, d, a->input, a->input != NULL || m->interactive,
	    why);
}

static void
show_addrs(struct mailx *m, const char *name, const struct addrs *as)
{
	char *text, *one;
	size_t n, i;
	FILE *f;

	if (as->n == 0)
		return;
	f = xmemstream(&text, &n);
	for (i = 0; i < as->n; i++) {
		one = addr_display(&as->v[i]);
		fprintf(f, "%s%s", i == 0 ? "" : ", ", one);
		free(one);
	}
	fclose(f);
	out_line(m, "%s: %s", name, text);
	free(text);
}

void
draft_show(struct mailx *m, const struct draft *d)
{
	if (!m->interactive)
		return;
	show_addrs(m, "To", &d->to);
	show_addrs(m, "Cc", &d->cc);
	if (d->subject != NULL)
		out_line(m, "Subject: %s", d->subject);
}

void
draft_skip(struct mailx *m, struct draft *d, const struct args *a)
{
	struct fail why = { .code = EX_UNAVAILABLE, .text = "not sent" }, lost;
	bool tilde = m->tilde;

	if (a->input == NULL || args_option(a, 'm') != NULL ||
	    (m->interactive && a->input == stdin))
		return;
	fail_clear(&lost);
	m->tilde = false;
	if (compose_body(m, d, a->input, true, &lost) == 0 &&
	    !stream_is_empty(d->body)) {
		dead_draft(m, d, d->body, &why);
		tell(m, &why);
	}
	m->tilde = tilde;
}

int
add_recipients(struct mailx *m, struct addrs *as, char *const *words, size_t n,
    struct fail *why)
{
	char *text;
	size_t i;
	int r = 0;

	for (i = 0; i < n && r == 0;) {
		text = alias_word(words, n, &i);
		r = alias_expand(m, text, as, why);
		free(text);
	}
	return r;
}

static int
run_mail(struct mailx *m, struct args *a)
{
	struct draft d;
	int r;

	draft_init(&d);
	r = draft_options(m, &d, a, &m->why);
	if (r == 0)
		r = add_recipients(m, &d.to, a->words.v, a->words.n, &m->why);
	if (r == 0 && d.to.n + d.cc.n + d.bcc.n == 0 && !m->interactive)
		r = fail(&m->why, EX_USAGE, "no address to send to");
	if (r == -1)
		draft_skip(m, &d, a);
	else
		r = draft_read(m, &d, a, &m->why);
	if (r == 0)
		r = send_draft(m, &d, &m->why);
	if (r == 1)
		m->status = 1;
	draft_free(&d);
	return r == -1 ? -1 : 0;
}

#define SENDING								\
	.flags = CMD_SENDING | CMD_BODY, .takes = TAKES_WORDS, .max = -1, \
	.options = "s:(subject)a:(attach)b:(bcc)c:(cc)C:(header)M:(type)" \
	    "q:(quote)m:(body)r:(from)",				\
	.usage = "[-s subject] [-a file] ... [-b | -c | -r address] "	\
	    "[-C field] [-M type] [-q file | -m file] address ...",	\
	.run = run_mail

const struct cmd cmd_mail = {
	.name = "mail", .abbreviation = "m", SENDING,
	.help = "compose a message and send it"
};

const struct cmd cmd_send = {
	.name = "send", SENDING,
	.help = "compose a message and send it, as mail does"
};
