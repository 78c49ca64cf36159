/* SPDX-License-Identifier: ISC */
/*
 * recall.c -- a draft taken up again: its fields, its text, its files.
 *
 * It may be another program's.  The text is the first that is no file; what is
 * the same text in another form cannot stay true when the text is changed, and
 * is left out; all else becomes files.  The draft goes only when the message has
 * been sent, queued, or put aside anew.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../mime/text.h"
#include "cmd.h"
#include "out.h"
#include "read.h"
#include "sending.h"

/* --- The header. --- */

/* Written anew, of the way and place where it lay, or of the program that wrote it. */
static bool
is_left_out(const char *name)
{
	static const char *const names[] = { "Bcc", "Cc", "Date", "Delivered-To",
		"From", "In-Reply-To", "Message-ID", "MIME-Version", "Received",
		"References", "Reply-To", "Return-Path", "Sender", "Subject",
		"To", "User-Agent", "X-Keywords", "X-Mailer", "X-UID" };
	static const char *const starts[] = { "Content-", "X-Mozilla-" };
	size_t i;

	for (i = 0; i < NELEM(names); i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	for (i = 0; i < NELEM(starts); i++)
		if (strncasecmp(name, starts[i], strlen(starts[i])) == 0)
			return true;
	return false;
}

static int
take_others(struct mailx *m, struct draft *d, const struct head *h,
    struct fail *why)
{
	char *name, *value;
	size_t i;
	int r = 0;

	for (i = 0; i < h->n && r == 0; i++) {
		name = span_dup(h->v[i].name);
		value = head_text(&h->v[i], m->options.charset_8bit);
		if (!is_left_out(name))
			r = draft_field(m, d, name, value, why);
		free(name);
		free(value);
	}
	return r;
}

/* From is given only where it is not what would stand there anyway. */
static int
take_from(struct mailx *m, struct draft *d, const struct head *h,
    const struct envelope *e, struct fail *why)
{
	const struct field *from = head_get(h, "From"),
	    *sender = head_get(h, "Sender");
	struct addrs own = { 0 };
	bool given;

	if (own_addrs(m, NULL, &own, &given, why) == -1)
		return -1;
	if (from != NULL && e->from.n > 0 &&
	    (e->from.n != own.n || !addrs_has(&own, e->from.v[0].addr)))
		d->from = head_raw(from);
	if (sender != NULL)
		d->sender = head_raw(sender);
	addrs_free(&own);
	return 0;
}

static void
take(struct addrs *to, struct addrs *from)
{
	*to = *from;
	memset(from, 0, sizeof *from);
}

static void
take_thread(struct draft *d, const struct envelope *e)
{
	struct strv answered = { 0 };

	draft_add_ids(&d->references, &e->references);
	draft_add_ids(&answered, &e->in_reply_to);
	if (answered.n > 0)
		d->in_reply_to = xstrdup(answered.v[0]);
	strv_free(&answered);
}

static int
take_header(struct mailx *m, struct draft *d, const struct head *h,
    struct fail *why)
{
	struct envelope *e = envelope_read(h, m->options.charset_8bit);
	int r = take_from(m, d, h, e, why);

	take(&d->to, &e->to);
	take(&d->cc, &e->cc);
	take(&d->bcc, &e->bcc);
	if (head_get(h, "Reply-To") != NULL)
		take(&d->reply_to, &e->reply_to);
	if (e->subject != NULL)
		d->subject = xstrdup(e->subject);
	take_thread(d, e);
	envelope_free(e);
	return r == -1 ? -1 : take_others(m, d, h, why);
}

/* --- The parts. --- */

/* Depth first, and not into messages that are attached. */
static struct part *
next_part(struct part *p)
{
	if (part_is_multipart(p) && p->child != NULL)
		return p->child;
	while (p != NULL && p->next == NULL)
		p = p->parent;
	return p == NULL ? NULL : p->next;
}

static bool
is_leaf(const struct part *p)
{
	return !part_is_multipart(p) || p->child == NULL;
}

/* A multipart without a boundary is read as text, too. */
static bool
is_text(const struct part *p)
{
	return is_leaf(p) && !part_is_attachment(p) && (part_is_text(p) ||
	    strncmp(p->type.value, "multipart/", 10) == 0);
}

static const struct part *
find_text(struct part *root)
{
	struct part *p;

	for (p = root; p != NULL; p = next_part(p))
		if (is_text(p))
			return p;
	return NULL;
}

/* Another form of that text? */
static bool
is_other_form(const struct part *p, const struct part *text)
{
	const struct part *forms = text, *up;

	while (forms != NULL &&
	    strcmp(forms->type.value, "multipart/alternative") != 0)
		forms = forms->parent;
	for (up = p; forms != NULL && up != NULL; up = up->parent)
		if (up == forms)
			return p != text;
	return false;
}

static bool
says(const struct part *p, const char *name, const char *wanted)
{
	const char *value = params_get(&p->type, name);

	return value != NULL && strcasecmp(value, wanted) == 0;
}

static int
seek(FILE *f, const struct part *p, struct fail *why)
{
	return fseeko(f, (off_t)p->body, SEEK_SET) == -1 ?
	    fail_errno(why, EX_IOERR, "the draft") : 0;
}

static int
take_text(struct mailx *m, struct draft *d, FILE *f, const struct part *p,
    struct fail *why)
{
	FILE *body = draft_body(d, why), *out = body;
	int r;

	if (body == NULL || seek(f, p, why) == -1)
		return -1;
	if (part_is_text(p) &&
	    strcmp(p->type.value, "text/plain") != 0)
		d->body_type = xstrdup(p->type.value);
	else if (says(p, "format", "flowed"))
		out = flowed_decoder(body, says(p, "delsp", "yes"));
	r = part_decode_text(p, f, p->size, m->options.charset_8bit, out, NULL,
	    why);
	if (out != body && fclose(out) != 0)
		r = fail(why, EX_IOERR, "the body cannot be kept");
	return r;
}

static char *
copy(const char *s)
{
	return s == NULL ? NULL : xstrdup(s);
}

static int
take_file(struct draft *d, FILE *f, const struct part *p, struct fail *why)
{
	FILE *in = store_stage(why);
	struct attachment *a;

	if (in == NULL)
		return -1;
	a = draft_add(d);
	a->in = in;
	a->name = copy(p->filename);
	a->description = copy(p->description);
	a->id = copy(p->id);
	if (strncmp(p->type.value, "multipart/", 10) != 0)
		a->type = xstrdup(p->type.value);
	if (part_is_text(p))
		a->charset = copy(part_charset(p));
	if (seek(f, p, why) == -1 ||
	    part_decode(p, f, p->size, in, NULL, why) == -1)
		return -1;
	return fflush(in) == EOF || ferror(in) ?
	    fail_errno(why, EX_IOERR, "a temporary file") : 0;
}

static int
take_parts(struct mailx *m, struct draft *d, FILE *f, struct part *root,
    struct fail *why)
{
	const struct part *text = find_text(root);
	struct part *p;
	int r = 0;

	for (p = root; p != NULL && r == 0; p = next_part(p)) {
		if (!is_leaf(p))
			continue;
		if (p == text)
			r = take_text(m, d, f, p, why);
		else if (is_other_form(p, text))
			d->lacks_form = true;
		else
			r = take_file(d, f, p, why);
	}
	if (d->lacks_form)
		out_note(m, "the draft's text has another form, such as HTML: "
		    "that is left out, and the draft stays");
	return r;
}

/* --- The command. --- */

static int
take_message(struct mailx *m, struct draft *d, FILE *f, struct fail *why)
{
	const unsigned cut = DEFECT_HEAD_CUT | DEFECT_DEPTH | DEFECT_PARTS;
	struct part *root = part_parse(f, m->options.charset_8bit, why);
	int r;

	if (root == NULL)
		return -1;
	if ((part_defects(root) & cut) != 0)
		r = fail(why, EX_DATAERR, "the draft is over the limits");
	else if ((r = take_header(m, d, &root->head, why)) == 0)
		r = take_parts(m, d, f, root, why);
	part_free(root);
	return r;
}

/* Who takes up a message that is none would have it deleted in the end. */
static int
begin(struct mailx *m, struct draft *d, const struct msglist *list,
    struct fail *why)
{
	uint32_t n;
	FILE *f;
	int r;

	if (list->n != 1)
		return fail(why, EX_USAGE, "one draft can be taken up at a "
		    "time");
	n = list->v[0].n;
	if (read_load(m, list, LOAD_FLAGS, why) == -1)
		return -1;
	if ((store_msg(m->folder, n)->flags & MSG_DRAFT) == 0)
		return fail(why, EX_USAGE, "message %u: not marked as a draft "
		    "(draft %u does that)", n, n);
	if ((f = store_message(m->folder, n, why)) == NULL)
		return -1;
	r = take_message(m, d, f, why);
	fclose(f);
	m->dot = n;
	return r;
}

/* The folder may have been left by ~: meanwhile, or opened anew with other numbers. */
static void
remove_draft(struct mailx *m, unsigned folder, uint32_t n)
{
	if (m->folder == NULL || m->folders != folder)
		return;
	store_flag(m->folder, n, MSG_DELETED, MSG_PRESERVED);
	m->dot = read_next(m, n, true);
}

static int
run_recall(struct mailx *m, struct args *a)
{
	unsigned folder = m->folders;
	struct draft d;
	int r;

	draft_init(&d);
	r = begin(m, &d, &a->msgs, &m->why);
	if (r == 0 && m->interactive)
		r = compose_print(m, &d, &m->why);
	if (r == -1)
		draft_skip(m, &d, a);
	else
		r = draft_read(m, &d, a, &m->why);
	if (r == 0)
		r = send_draft(m, &d, &m->why);
	if (((r == 0 && !m->dry_run) || d.put_aside) && !d.lacks_form)
		remove_draft(m, folder, a->msgs.v[0].n);
	if (r == 1)
		m->status = 1;
	draft_free(&d);
	return r == -1 ? -1 : 0;
}

const struct cmd cmd_recall = {
	.name = "recall", .flags = CMD_FOLDER | CMD_CHANGES | CMD_BODY,
	.takes = TAKES_MSGS, .empty = DEFAULT_DOT, .max = -1,
	.usage = "[message]",
	.help = "take up a draft again, which goes when it is sent or put aside anew",
	.run = run_recall
};
