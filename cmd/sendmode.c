/* SPDX-License-Identifier: ISC */
/*
 * sendmode.c -- one message from the command line's options and standard input.
 *
 * What the options say is checked before anything is read: an address or a file
 * that will not do is told of at once.  What a pipe brings is kept all the same:
 * it does not come a second time.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alias.h"
#include "cmd.h"
#include "compose.h"
#include "runint.h"
#include "sending.h"
#include "sendmode.h"
#include "vars.h"

static char *
copy(const char *s)
{
	return s == NULL ? NULL : xstrdup(s);
}

static int
add_addresses(struct mailx *m, const struct strv *words, struct addrs *to)
{
	size_t i;

	for (i = 0; i < words->n; i++)
		if (alias_expand(m, words->v[i], to, &m->why) == -1) {
			if (*words->v[i] != '-')
				return -1;
			fail_clear(&m->why);
			return fail(&m->why, EX_DATAERR, "%s: not an address; "
			    "options stand before the addresses", words->v[i]);
		}
	return 0;
}

static bool
has_line_break(const char *text)
{
	return strpbrk(text, "\r\n") != NULL;
}

/* Name: text */
static bool
is_field(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

	return n > 0 && text[n] == ':';
}

static int
add_field(struct mailx *m, struct draft *d, const char *text)
{
	if (has_line_break(text))
		return fail(&m->why, EX_DATAERR, "%s: line break in a field",
		    text);
	if (!is_field(text))
		return fail(&m->why, EX_USAGE, "%s: not of the form "
		    "'Name: text'", text);
	strv_add(&d->fields, text);
	return 0;
}

/* Of other mailx programs -a adds a field; `compat' says that one is meant. */
static int
add_file(struct mailx *m, struct draft *d, const struct wanted_file *f)
{
	const char *compat = var_get(m, "compat");

	if (is_field(f->path) && access(f->path, F_OK) == -1) {
		if (compat != NULL && (strcmp(compat, "bsd") == 0 ||
		    strcmp(compat, "gnu") == 0))
			return add_field(m, d, f->path);
		return fail(&m->why, EX_NOINPUT, "%s: no such file; a header "
		    "field is added with -C", f->path);
	}
	if (draft_attach(d, f->path, &m->why) == -1)
		return -1;
	if (f->description != NULL) {
		free(d->attachments[d->nattachments - 1].description);
		d->attachments[d->nattachments - 1].description =
		    xstrdup(f->description);
	}
	return 0;
}

static int
fill(struct mailx *m, const struct options *o, struct draft *d)
{
	size_t i;

	if (o->subject != NULL && has_line_break(o->subject))
		return fail(&m->why, EX_DATAERR, "line break in the subject");
	d->subject = copy(o->subject);
	d->from = copy(o->from);
	d->body_type = copy(o->type);
	d->html = copy(o->html);
	d->once = copy(o->once);
	d->at = copy(o->at);
	d->record_by_name = o->by_name;
	d->skip_empty = o->skip_empty;
	d->has_fields = o->take_fields;
	for (i = 0; i < o->inlines.n; i++)
		strv_add(&d->inlines, o->inlines.v[i]);
	for (i = 0; i < o->sendmail_args.n; i++)
		strv_add(&d->sendmail_args, o->sendmail_args.v[i]);
	if (add_addresses(m, &o->operands, &d->to) == -1 ||
	    add_addresses(m, &o->cc, &d->cc) == -1 ||
	    add_addresses(m, &o->bcc, &d->bcc) == -1)
		return -1;
	for (i = 0; i < o->fields.n; i++)
		if (add_field(m, d, o->fields.v[i]) == -1)
			return -1;
	for (i = 0; i < o->nfiles; i++)
		if (add_file(m, d, &o->files[i]) == -1)
			return -1;
	return 0;
}

/* Nothing will be sent: the input is the body of what stays in DEAD.  Is there any? */
static bool
keep_input(struct mailx *m, const struct options *o, struct draft *d)
{
	struct fail late = { 0 };
	FILE *body;

	if (m->dry_run || o->body != NULL || isatty(STDIN_FILENO))
		return false;
	body = draft_body(d, &late);
	if (body == NULL || stream_copy(stdin, body, UINT64_MAX, &late) == -1 ||
	    fflush(body) != 0 || stream_is_empty(body))
		return false;
	dead_draft(m, o->take_fields ? NULL : d, body, &m->why);
	return true;
}

/* 1: given up. */
static int
read_body(struct mailx *m, const struct options *o, struct draft *d)
{
	int r;

	if (o->quote != NULL && draft_file(d, o->quote, &m->why) == -1) {
		(void)keep_input(m, o, d);
		return -1;
	}
	if (o->body != NULL)
		return draft_file(d, o->body, &m->why);
	r = compose_body(m, d, stdin, m->interactive, &m->why);
	if (r != 0 || !o->take_fields)
		return r;
	r = compose_take_fields(m, d, &m->why);
	/* The input cannot be read again: it is kept, fields and all. */
	if (r == -1 && !m->dry_run && d->body != NULL)
		dead_draft(m, NULL, d->body, &m->why);
	return r;
}

int
send_mode(struct mailx *m, const struct options *o)
{
	struct draft d;
	int r;

	draft_init(&d);
	r = fill(m, o, &d);
	if (r == -1)
		(void)keep_input(m, o, &d);
	else
		r = read_body(m, o, &d);
	/* Without an address the text is saved and that is told. */
	if (r == 0)
		r = send_draft(m, &d, &m->why);
	draft_free(&d);
	if (r == -1) {
		run_report(m);
		return m->status;
	}
	return r;
}

void
send_mode_refused(struct mailx *m, const struct options *o)
{
	int status = m->run->failed;
	struct draft d;

	draft_init(&d);
	(void)fill(m, o, &d);
	fail_clear(&m->why);
	fail(&m->why, status, "not sent");
	if (keep_input(m, o, &d))
		run_report(m);
	fail_clear(&m->why);
	draft_free(&d);
}
