/* SPDX-License-Identifier: ISC */
/* forward.c -- passing messages on: as attachments, or in the text. */

#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "out.h"
#include "passing.h"

/* --- As attachments, every octet as it came. --- */

/* The caller closes it. */
static FILE *
copy_message(struct mailx *m, uint32_t n, struct fail *why)
{
	FILE *in = store_message(m->folder, n, why);
	FILE *copy = in == NULL ? NULL : store_stage(why);
	int r = -1;

	if (copy != NULL)
		r = pass_message(in, copy, why);
	if (r == 0 && (fflush(copy) != 0 || ferror(copy)))
		r = fail_errno(why, EX_IOERR, "a temporary file");
	if (in != NULL)
		fclose(in);
	if (r == 0)
		return copy;
	if (copy != NULL)
		fclose(copy);
	return NULL;
}

static int
attach_message(struct mailx *m, struct draft *d, uint32_t n, struct fail *why)
{
	const struct envelope *e = store_envelope(m->folder, n, why);
	struct attachment *a;
	FILE *f;

	f = e == NULL ? NULL : copy_message(m, n, why);
	if (f == NULL)
		return -1;
	a = draft_add(d);
	a->in = f;
	a->type = xstrdup("message/rfc822");
	if (e->subject != NULL)
		a->description = xstrdup(e->subject);
	return 0;
}

/* --- In the text. --- */

static void
put_addrs(FILE *f, const char *name, const struct addrs *as)
{
	char *one;
	size_t i;

	if (as->n == 0)
		return;
	fprintf(f, "%s: ", name);
	for (i = 0; i < as->n; i++) {
		one = addr_display(&as->v[i]);
		fprintf(f, "%s%s", i == 0 ? "" : ", ", one);
		free(one);
	}
	putc('\n', f);
}

static void
put_head(FILE *f, const struct envelope *e)
{
	char date[DATE_MAX];

	fputs("\n---------- Forwarded message ----------\n", f);
	put_addrs(f, "From", &e->from);
	if (e->has_date) {
		date_rfc5322(&e->date, date);
		fprintf(f, "Date: %s\n", date);
	}
	put_addrs(f, "To", &e->to);
	put_addrs(f, "Cc", &e->cc);
	if (e->subject != NULL)
		fprintf(f, "Subject: %s\n", e->subject);
}

static int
insert_message(struct mailx *m, struct draft *d, uint32_t n, struct fail *why)
{
	const struct envelope *e = store_envelope(m->folder, n, why);
	FILE *body = e == NULL ? NULL : draft_body(d, why);

	if (body == NULL)
		return -1;
	put_head(body, e);
	return out_quote(m, m->folder, n, QUOTE_BODY, body, why);
}

/* --- The command. --- */

static int
add_messages(struct mailx *m, struct draft *d, const struct msglist *list,
    bool in_text, struct fail *why)
{
	size_t i;
	int r = 0;

	for (i = 0; i < list->n && r == 0; i++) {
		r = in_text ? insert_message(m, d, list->v[i].n, why) :
		    attach_message(m, d, list->v[i].n, why);
		store_drop(m->folder, list->v[i].n);
	}
	return r;
}

static int
begin(struct mailx *m, struct draft *d, const struct args *a,
    struct msglist *list, struct fail *why)
{
	const struct envelope *e;

	if (draft_options(m, d, a, why) == -1 ||
	    split_words(m, a, &d->to, list, why) == -1)
		return -1;
	if (list->n == 0)
		return fail(why, EX_USAGE, "no message to forward");
	e = store_envelope(m->folder, list->v[0].n, why);
	if (e == NULL)
		return -1;
	if (d->subject == NULL)
		d->subject = subject_forward(e->subject);
	return 0;
}

static int
run_forward(struct mailx *m, struct args *a)
{
	bool in_text = args_option(a, 'i') != NULL;
	struct msglist list = { 0 };
	struct draft d;
	int r;

	draft_init(&d);
	r = begin(m, &d, a, &list, &m->why);
	if (r == 0 && !in_text)
		r = add_messages(m, &d, &list, false, &m->why);
	if (r == -1)
		draft_skip(m, &d, a);
	else {
		draft_show(m, &d);
		r = draft_read(m, &d, a, &m->why);
	}
	if (r == 0 && in_text)
		r = add_messages(m, &d, &list, true, &m->why);
	if (r == 0)
		r = send_draft(m, &d, &m->why);
	if (r == 1)
		m->status = 1;
	msglist_free(&list);
	draft_free(&d);
	return r == -1 ? -1 : 0;
}

const struct cmd cmd_forward = {
	.name = "forward", .flags = CMD_FOLDER | CMD_BODY,
	.takes = TAKES_WORDS, .min = 1, .max = -1,
	.options = "i(inline)s:(subject)a:(attach)b:(bcc)c:(cc)C:(header)"
	    "q:(quote)m:(body)r:(from)",
	.usage = "[-i] [-s subject] [-a file] ... [-b | -c | -r address] "
	    "[-C field] [-q file | -m file] address ... [msglist]",
	.help = "pass messages on, attached as they are; -i: in the text",
	.run = run_forward
};
