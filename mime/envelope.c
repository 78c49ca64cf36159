/* SPDX-License-Identifier: ISC */
/* envelope.c -- see envelope.h. */
#include <stdlib.h>
#include <string.h>

#include "envelope.h"

#define MAX_IDS		(MAX_REFERENCES * 10)

void
envelope_ids(struct span body, struct strv *sv)
{
	const char *p = body.p, *end = body.p + body.n, *q;
	struct span id;

	while (p < end && sv->n < MAX_IDS &&
	    (p = memchr(p, '<', (size_t)(end - p))) != NULL) {
		for (q = p + 1; q < end && *q != '>' && *q != '<'; q++)
			continue;
		if (q < end && *q == '>' && q - p > 1 && q - p < MAX_LINE) {
			id.p = p;
			id.n = (size_t)(q - p) + 1;
			if (memchr(id.p, '\n', id.n) == NULL &&
			    memchr(id.p, ' ', id.n) == NULL)
				strv_take(sv, span_dup(id));
			p = q + 1;
		} else
			p = q > p ? q : p + 1;
	}
}

/* All fields of that name together, or the first alone. */
static void
read_addrs(const struct head *h, const char *name, bool all, struct addrs *as,
    const char *charset_8bit)
{
	const struct field *f;

	for (f = head_get(h, name); f != NULL;
	    f = all ? head_again(h, f) : NULL)
		addrs_parse(as, f->body, charset_8bit);
}

static void
read_date(const struct head *h, struct envelope *e)
{
	const struct field *f = head_get(h, "Date");

	if (f == NULL)
		return;
	e->has_date = date_parse(f->body, &e->date) == 0;
	if (!e->has_date)
		e->defects |= DEFECT_DATE;
}

char *
envelope_id(struct span body)
{
	struct span s = span_trim(body);
	const char *lt = memchr(s.p, '<', s.n), *gt;
	char *id, *q;
	size_t i;

	if (lt != NULL) {
		s.n -= (size_t)(lt + 1 - s.p);
		s.p = lt + 1;
		if ((gt = memchr(s.p, '>', s.n)) != NULL)
			s.n = (size_t)(gt - s.p);
		s = span_trim(s);
	}
	if (s.n == 0 || s.n > MAX_LINE)
		return NULL;
	q = id = xmalloc(s.n + 3);
	*q++ = '<';
	for (i = 0; i < s.n; i++)
		if (strchr("\r\n", s.p[i]) == NULL)
			*q++ = s.p[i];
	*q++ = '>';
	*q = '\0';
	return id;
}

static char *
read_id(const struct head *h)
{
	const struct field *f = head_get(h, "Message-ID");
	struct strv ids = { NULL, 0, 0 };
	char *id;

	if (f == NULL)
		return NULL;
	envelope_ids(f->body, &ids);
	id = ids.n > 0 ? xstrdup(ids.v[0]) : envelope_id(f->body);
	strv_free(&ids);
	return id;
}

struct envelope *
envelope_read(const struct head *h, const char *charset_8bit)
{
	static const char *const once[] = { "From", "Subject", "Date",
		"Message-ID", "Content-Type" };
	struct envelope *e = xcalloc(1, sizeof *e);
	const struct field *f;
	size_t i;

	read_date(h, e);
	e->subject = head_get_text(h, "Subject", charset_8bit);
	e->message_id = read_id(h);
	e->list_id = head_get_text(h, "List-Id", charset_8bit);
	if ((f = head_get(h, "In-Reply-To")) != NULL)
		envelope_ids(f->body, &e->in_reply_to);
	if ((f = head_get(h, "References")) != NULL)
		envelope_ids(f->body, &e->references);
	read_addrs(h, "From", false, &e->from, charset_8bit);
	read_addrs(h, "Sender", false, &e->sender, charset_8bit);
	read_addrs(h, "Reply-To", false, &e->reply_to, charset_8bit);
	read_addrs(h, "To", true, &e->to, charset_8bit);
	read_addrs(h, "Cc", true, &e->cc, charset_8bit);
	read_addrs(h, "Bcc", true, &e->bcc, charset_8bit);
	e->defects |= h->defects | e->from.defects | e->to.defects |
	    e->cc.defects | e->sender.defects | e->reply_to.defects;
	for (i = 0; i < NELEM(once); i++)
		if ((f = head_get(h, once[i])) != NULL &&
		    head_again(h, f) != NULL)
			e->defects |= DEFECT_DUPLICATE;
	return e;
}

void
envelope_free(struct envelope *e)
{
	if (e == NULL)
		return;
	free(e->subject);
	free(e->message_id);
	free(e->list_id);
	strv_free(&e->in_reply_to);
	strv_free(&e->references);
	addrs_free(&e->from);
	addrs_free(&e->sender);
	addrs_free(&e->reply_to);
	addrs_free(&e->to);
	addrs_free(&e->cc);
	addrs_free(&e->bcc);
	free(e);
}
