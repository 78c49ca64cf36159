/* SPDX-License-Identifier: ISC */
/* assemble.c -- see assemble.h. */

#include <stdlib.h>
#include <string.h>

#include "../mime/param.h"
#include "assemble.h"
#include "html.h"
#include "out.h"
#include "vars.h"

/* --- The header. --- */

/* What was given as a field, but is one that the draft knows. */
static int
absorb_fields(struct mailx *m, struct draft *d, struct fail *why)
{
	struct strv given = d->fields;
	const char *colon;
	char *name;
	size_t i;
	int r = 0;

	memset(&d->fields, 0, sizeof d->fields);
	for (i = 0; i < given.n && r == 0; i++) {
		colon = strchr(given.v[i], ':');
		if (colon == NULL) {
			r = fail(why, EX_DATAERR, "%s: not of the form "
			    "Name: text", given.v[i]);
			break;
		}
		name = xstrndup(given.v[i], (size_t)(colon - given.v[i]));
		r = draft_field(m, d, name, colon + 1, why);
		free(name);
	}
	strv_free(&given);
	return r;
}

static int
settle_from(struct letter *l, const char *domain, struct fail *why)
{
	const char *other = l->d->sender != NULL ? l->d->sender :
	    var_get(l->m, "sender");
	struct addrs from = { 0 }, sender = { 0 };
	bool *utf8 = &l->out.utf8;
	int r;

	r = own_addrs(l->m, l->d->from, &from, &l->out.from_given, why);
	if (r == 0)
		r = settle_addrs(&from, domain, &l->from, utf8, why);
	if (other != NULL && *other != '\0')
		addrs_parse(&sender, span_of(other),
		    l->m->options.charset_8bit);
	else if (from.n > 1)	/* RFC 5322 3.6.2 */
		addrs_add(&sender, from.v[0].name, from.v[0].addr);
	if (r == 0)
		r = settle_addrs(&sender, domain, &l->sender, utf8, why);
	addrs_free(&from);
	addrs_free(&sender);
	if (r == 0)
		l->out.from = l->sender.n > 0 ? l->sender.v[0].addr :
		    l->from.v[0].addr;
	return r;
}

static int
settle_recipients(struct letter *l, const char *domain, struct fail *why)
{
	const struct addrs *const lists[] = { &l->to, &l->cc, &l->bcc };
	const char *reply_to = var_get(l->m, "replyto");
	struct draft *d = l->d;
	bool *utf8 = &l->out.utf8;

	if (reply_to != NULL && strpbrk(reply_to, "\r\n") != NULL)
		return fail(why, EX_DATAERR, "replyto: line break in address");
	if (d->reply_to.n == 0 && reply_to != NULL)
		addrs_parse(&d->reply_to, span_of(reply_to),
		    l->m->options.charset_8bit);
	if (settle_addrs(&d->to, domain, &l->to, utf8, why) == -1 ||
	    settle_addrs(&d->cc, domain, &l->cc, utf8, why) == -1 ||
	    settle_addrs(&d->bcc, domain, &l->bcc, utf8, why) == -1 ||
	    settle_addrs(&d->reply_to, domain, &l->reply_to, utf8, why) == -1)
		return -1;
	outgoing_to(&l->out, lists, NELEM(lists));
	if (l->out.nrcpt == 0 && !l->unfinished)
		return fail(why, EX_USAGE, "no address to send to");
	l->out.hidden = &l->bcc;
	l->out.sendmail_args = &d->sendmail_args;
	return 0;
}

/* The first, and of the rest the last that fit (a hostile thread is long). */
static char *
references_text(const struct strv *ids)
{
	size_t i, first, size = 0;
	char *text;
	size_t n;
	FILE *f;

	if (ids->n == 0)
		return NULL;
	size = strlen(ids->v[0]);
	for (first = ids->n; first > 1 && ids->n - first + 2 <= MAX_REFERENCES;
	    first--) {
		size += strlen(ids->v[first - 1]) + 1;
		if (size > MAX_REFERENCES_SIZE - sizeof "References: ")
			break;
	}
	f = xmemstream(&text, &n);
	fputs(ids->v[0], f);
	for (i = first; i < ids->n; i++)
		fprintf(f, " %s", ids->v[i]);
	fclose(f);
	return text;
}

static int
put_thread(struct letter *l, struct fail *why)
{
	char *references = references_text(&l->d->references);
	int r = 0;

	if (l->d->in_reply_to != NULL)
		r = build_field(l->b, "In-Reply-To", l->d->in_reply_to, why);
	if (r == 0 && references != NULL)
		r = build_field(l->b, "References", references, why);
	free(references);
	return r;
}

static int
put_given(struct letter *l, struct fail *why)
{
	const struct strv *fields = &l->d->fields;
	const char *colon, *value;
	char *name;
	size_t i;
	int r = 0;

	for (i = 0; i < fields->n && r == 0; i++) {
		colon = strchr(fields->v[i], ':');
		name = xstrndup(fields->v[i], (size_t)(colon - fields->v[i]));
		value = colon + 1 + strspn(colon + 1, " \t");
		r = build_field(l->b, name, value, why);
		free(name);
	}
	return r;
}

static int
put_header(struct letter *l, struct fail *why)
{
	struct build *b = l->b;

	if (build_addrs(b, "From", &l->from, why) == -1 ||
	    build_addrs(b, "Sender", &l->sender, why) == -1 ||
	    build_addrs(b, "To", &l->to, why) == -1 ||
	    build_addrs(b, "Cc", &l->cc, why) == -1 ||
	    build_addrs(b, "Reply-To", &l->reply_to, why) == -1)
		return -1;
	/* Some servers refuse a message that names nobody. */
	if (l->to.n == 0 && l->cc.n == 0 && !l->unfinished &&
	    build_field(b, "To", "undisclosed-recipients:;", why) == -1)
		return -1;
	if (l->d->subject != NULL &&
	    build_field(b, "Subject", l->d->subject, why) == -1)
		return -1;
	return put_thread(l, why) == -1 ? -1 : put_given(l, why);
}

/* --- The parts. --- */

static FILE *
open_attachment(struct attachment *a, struct fail *why)
{
	FILE *f = a->in;

	if (f == NULL)
		return file_open(a->path, why);
	a->in = NULL;
	rewind(f);
	return f;
}

static char *
copy(const char *s)
{
	return s == NULL ? NULL : xstrdup(s);
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static int
add_attachment(struct letter *l, struct build_part *under, struct attachment *a,
    struct fail *why)
{
	FILE *f = open_attachment(a, why);
	const char *name = a->name != NULL ? a->name :
	    a->path != NULL ? base_name(a->path) : NULL;
	struct build_part *p;

	if (f == NULL)
		return -1;
	p = build_part(l->b, under, f);
	p->type = copy(a->type);
	p->filename = copy(name);
	p->path = copy(a->path);
	p->charset = copy(a->charset);
	p->description = copy(a->description);
	p->id = copy(a->id);
	p->disposition = a->id != NULL ? BUILD_INLINE : BUILD_ATTACHMENT;
	return 0;
}

/* -M: a type, perhaps with a charset. */
static void
set_type(struct build_part *p, const char *given)
{
	struct params ps = { 0 };

	params_parse(&ps, span_of(given), NULL);
	p->type = xstrdup(ps.value);
	p->charset = copy(params_get(&ps, "charset"));
	params_free(&ps);
}

static int
check_type(const char *given, struct fail *why)
{
	struct params ps = { 0 };
	const char *slash;
	bool good;

	if (given == NULL)
		return 0;
	params_parse(&ps, span_of(given), NULL);
	slash = strchr(ps.value, '/');
	good = slash != NULL && slash != ps.value && slash[1] != '\0' &&
	    strpbrk(given, "\r\n") == NULL &&
	    strncmp(ps.value, "multipart/", 10) != 0;
	params_free(&ps);
	return good ? 0 : fail(why, EX_DATAERR, "%s: not a media type for a "
	    "body", given);
}

static void
add_body(struct letter *l, struct build_part *under, FILE *body)
{
	struct build_part *p;
	char *charset;

	body = recode_text(l->m, body, l->d->body_type, &charset);
	p = build_part(l->b, under, body);
	l->body = body;
	if (l->d->body_type != NULL)
		set_type(p, l->d->body_type);
	else
		p->type = xstrdup("text/plain");
	if (charset != NULL) {
		free(p->charset);
		p->charset = charset;
	}
}

/* The text that HTML says, for those who read no HTML. */
static FILE *
text_of(FILE *html, struct fail *why)
{
	FILE *text = store_stage(why), *reader;
	int r;

	if (text == NULL)
		return NULL;
	reader = html_reader(text);
	r = stream_copy(html, reader, UINT64_MAX, why);
	if (fclose(reader) != 0 || fflush(text) != 0)
		r = fail(why, EX_IOERR, "the text of the HTML");
	rewind(html);
	rewind(text);
	if (r == 0)
		return text;
	fclose(text);
	return NULL;
}

static int
add_inline(struct letter *l, struct build_part *under, const char *spec,
    struct fail *why)
{
	const char *equals = strchr(spec, '=');
	struct attachment a = { 0 };
	int r;

	if (equals == NULL || equals == spec)
		return fail(why, EX_USAGE, "%s: not of the form name=file",
		    spec);
	a.path = xstrdup(equals + 1);
	a.id = xasprintf("<%.*s>", (int)(equals - spec), spec);
	r = add_attachment(l, under, &a, why);
	free(a.path);
	free(a.id);
	return r;
}

static struct build_part *
container(struct letter *l, struct build_part *under, const char *type)
{
	struct build_part *p = build_part(l->b, under, NULL);

	p->type = xstrdup(type);
	return p;
}

/* related(alternative(text, html), images) */
static int
add_html(struct letter *l, struct fail *why)
{
	FILE *html = file_open(l->d->html, why), *text = l->d->body;
	struct build_part *related, *alternative, *p;
	size_t i;
	int r = 0;

	if (html == NULL)
		return -1;
	if (text == NULL || stream_is_empty(text))
		text = text_of(html, why);
	else
		l->d->body = NULL;
	if (text == NULL) {
		fclose(html);
		return -1;
	}
	related = container(l, NULL, "multipart/related");
	alternative = container(l, related, "multipart/alternative");
	add_body(l, alternative, text);
	p = build_part(l->b, alternative, html);
	p->type = xstrdup("text/html");
	p->path = xstrdup(l->d->html);
	for (i = 0; i < l->d->inlines.n && r == 0; i++)
		r = add_inline(l, related, l->d->inlines.v[i], why);
	return r;
}

static int
put_parts(struct letter *l, struct fail *why)
{
	struct draft *d = l->d;
	size_t i;

	if (check_type(d->body_type, why) == -1)
		return -1;
	if (d->html != NULL) {
		if (add_html(l, why) == -1)
			return -1;
	} else {
		if (draft_body(d, why) == NULL)
			return -1;
		rewind(d->body);
		add_body(l, NULL, d->body);
		d->body = NULL;
	}
	for (i = 0; i < d->nattachments; i++)
		if (add_attachment(l, NULL, &d->attachments[i], why) == -1)
			return -1;
	return 0;
}

/* --- The whole. --- */

static int
prepare(struct outgoing *o, enum carries carries, struct fail *why)
{
	struct letter *l = o->ctx;

	l->options.eightbit_ok = carries >= CARRIES_8BIT;
	l->options.utf8_ok = o->utf8;
	if (build_prepare(l->b, &l->options, &o->size, why) == -1)
		return -1;
	o->eightbit = build_is_8bit(l->b);
	return 0;
}

static int
write_message(void *ctx, FILE *out, struct fail *why)
{
	struct letter *l = ctx;

	return build_write(l->b, out, why);
}

/* The builder's warnings carry no context. */
static struct mailx	*warned;

static void
warn(const char *text)
{
	out_note(warned, "%s", text);
}

static int
make(struct letter *l, struct mailx *m, struct draft *d, const char *domain,
    struct fail *why)
{
	l->m = warned = m;
	l->d = d;
	l->b = build_new();
	l->host = own_host(m);
	l->options.hostname = l->host;
	l->options.charset_8bit = m->options.charset_8bit;
	l->options.encoding = var_get(m, "encoding");
	l->options.flowed = !l->unfinished && var_is_set(m, "flowed");
	l->options.warn = warn;
	l->out.prepare = prepare;
	l->out.write = write_message;
	l->out.ctx = l;
	if (absorb_fields(m, d, why) == -1 ||
	    settle_from(l, domain, why) == -1 ||
	    settle_recipients(l, domain, why) == -1 ||
	    put_header(l, why) == -1)
		return -1;
	return put_parts(l, why);
}

int
letter_make(struct letter *l, struct mailx *m, struct draft *d,
    const char *domain, struct fail *why)
{
	memset(l, 0, sizeof *l);
	return make(l, m, d, domain, why);
}

int
letter_unfinished(struct letter *l, struct mailx *m, struct draft *d,
    struct fail *why)
{
	memset(l, 0, sizeof *l);
	l->unfinished = true;
	return make(l, m, d, NULL, why);
}

void
letter_free(struct letter *l)
{
	build_free(l->b);
	free(l->host);
	addrs_free(&l->from);
	addrs_free(&l->sender);
	addrs_free(&l->to);
	addrs_free(&l->cc);
	addrs_free(&l->bcc);
	addrs_free(&l->reply_to);
	outgoing_free(&l->out);
}
