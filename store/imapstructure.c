/* SPDX-License-Identifier: ISC */
/*
 * imapstructure.c -- ENVELOPE and BODYSTRUCTURE (RFC 9051 7.5.2) as the records that
 * local folders give too.
 *
 * Servers hand on what stood in the message: names and subjects still encoded,
 * parameters in pieces.  So their text goes through the same decoders as a header.
 */
#include <stdlib.h>
#include <string.h>

#include "imap.h"

/* --- Text --- */

bool
imap_has_text(const struct imap_node *n)
{
	return n != NULL && (n->kind == IMAP_ATOM || n->kind == IMAP_STRING);
}

static struct span
text_of(const struct imap_node *n)
{
	if (n == NULL || !imap_has_text(n))
		return span_of("");
	return n->text;
}

/* Words of ASCII with single blanks between: decoding would give the same. */
static bool
is_plain(struct span s)
{
	size_t i;

	if (s.n == 0 || s.p[0] == ' ' || s.p[s.n - 1] == ' ')
		return false;
	for (i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~' ||
		    (s.p[i] == ' ' && s.p[i + 1] == ' ') ||
		    (s.p[i] == '=' && i + 1 < s.n && s.p[i + 1] == '?'))
			return false;
	return true;
}

/* Decoded as an unstructured field is; NULL for NIL. */
static char *
decode(const struct imap_node *n, const char *charset_8bit)
{
	struct field f;

	if (!imap_has_text(n))
		return NULL;
	if (is_plain(n->text))
		return span_dup(n->text);
	f.name = span_of("Subject");
	f.body = n->text;
	return head_text(&f, charset_8bit);
}

static const struct imap_node *
next(const struct imap_node **n)
{
	const struct imap_node *this = *n;

	if (this != NULL)
		*n = this->next;
	return this;
}

/* --- ENVELOPE --- */

/* Dovecot's words for what a broken address lacks, and c-client's. */
static bool
is_missing(const struct imap_node *n)
{
	return !imap_has_text(n) || n->text.n == 0 ||
	    span_eq(n->text, "MISSING_MAILBOX") ||
	    span_eq(n->text, "MISSING_DOMAIN") ||
	    span_eq(n->text, ".MISSING-HOST-NAME.") ||
	    span_eq(n->text, ".SYNTAX-ERROR.");
}

static bool
is_alphanumeric(char c)
{
	return ascii_is_alpha((unsigned char)c) ||
	    ascii_is_digit((unsigned char)c);
}

static bool
is_dot_atom(struct span s)
{
	static const char specials[] = "()<>[]:;@\\,\"";
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!is_alphanumeric(s.p[i]) && (s.p[i] == ' ' ||
		    ascii_is_control((unsigned char)s.p[i]) ||
		    strchr(specials, s.p[i]) != NULL))
			return false;
	return s.n > 0 && s.p[0] != '.' && s.p[s.n - 1] != '.';
}

/* A local part as it is written: quoted unless it is a dot-atom. */
static void
put_local(FILE *f, struct span s)
{
	size_t i;

	if (is_dot_atom(s) || (s.n > 1 && s.p[0] == '"' && s.p[s.n - 1] == '"')) {
		fwrite(s.p, 1, s.n, f);
		return;
	}
	putc('"', f);
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			putc('\\', f);
		if (s.p[i] != '\0' && s.p[i] != '\r' && s.p[i] != '\n')
			putc(s.p[i], f);
	}
	putc('"', f);
}

/* The caller frees. */
static char *
join_address(struct span local, const struct imap_node *host)
{
	char *addr;
	size_t len;
	FILE *f;

	if (is_dot_atom(local) && !is_missing(host)) {
		addr = xmalloc(local.n + host->text.n + 2);
		memcpy(addr, local.p, local.n);
		addr[local.n] = '@';
		memcpy(addr + local.n + 1, host->text.p, host->text.n);
		addr[local.n + 1 + host->text.n] = '\0';
		return addr;
	}
	f = xmemstream(&addr, &len);
	put_local(f, local);
	if (!is_missing(host))
		fprintf(f, "@%.*s", (int)host->text.n, host->text.p);
	fclose(f);
	return addr;
}

static void
take_address(struct addrs *as, const struct imap_node *n,
    const char *charset_8bit)
{
	const struct imap_node *name, *mailbox, *host;

	if (n->kind != IMAP_LIST)
		return;
	n = n->child;
	name = next(&n);
	next(&n);		/* a source route */
	mailbox = next(&n);
	host = next(&n);
	if (host == NULL || host->kind == IMAP_NIL)
		return;		/* the begin or end of a group */
	if (is_missing(mailbox)) {
		as->defects |= DEFECT_ADDRESS;
		return;
	}
	if (is_missing(host))
		as->defects |= DEFECT_ADDRESS;
	addrs_take(as, decode(name, charset_8bit),
	    join_address(mailbox->text, host));
}

static void
take_addresses(struct addrs *as, const struct imap_node *n,
    const char *charset_8bit)
{
	if (n == NULL || n->kind != IMAP_LIST)
		return;
	for (n = n->child; n != NULL && as->n < MAX_ADDRS; n = n->next)
		take_address(as, n, charset_8bit);
}

/* The reader's MAX_IMAP_DEPTH bounds how deep this goes. */
static bool
are_alike(const struct imap_node *a, const struct imap_node *b)
{
	struct span s, t;

	for (; a != NULL && b != NULL; a = a->next, b = b->next) {
		s = text_of(a);
		t = text_of(b);
		if (a->kind != b->kind || s.n != t.n ||
		    memcmp(s.p, t.p, s.n) != 0 ||
		    !are_alike(a->child, b->child))
			return false;
	}
	return a == b;
}

/* Servers put From where Sender or Reply-To is missing; a header would not. */
static void
drop_default(struct addrs *as, const struct addrs *from)
{
	size_t i;

	if (as->n != from->n)
		return;
	for (i = 0; i < as->n; i++)
		if (strcmp(as->v[i].addr, from->v[i].addr) != 0)
			return;
	addrs_free(as);
}

/* Then it need not be read once more to be found the same. */
static void
take_unlike(struct addrs *as, const struct imap_node *n,
    const struct imap_node *from, const char *charset_8bit)
{
	if (n != NULL && from != NULL && !are_alike(n->child, from->child))
		take_addresses(as, n, charset_8bit);
}

static void
take_ids(struct envelope *e, const struct imap_node *in_reply_to,
    const struct imap_node *message_id)
{
	struct strv ids = { NULL, 0, 0 };

	if (imap_has_text(in_reply_to))
		envelope_ids(in_reply_to->text, &e->in_reply_to);
	if (!imap_has_text(message_id))
		return;
	envelope_ids(message_id->text, &ids);
	if (ids.n > 0)
		e->message_id = xstrdup(ids.v[0]);
	strv_free(&ids);
}

struct envelope *
imap_envelope(const struct imap_node *n, const char *charset_8bit)
{
	const struct imap_node *date, *from, *in_reply_to;
	struct envelope *e;

	e = xcalloc(1, sizeof(*e));
	if (n == NULL || n->kind != IMAP_LIST)
		return e;
	n = n->child;
	date = next(&n);
	if (imap_has_text(date)) {
		e->has_date = date_parse(date->text, &e->date) == 0;
		if (!e->has_date)
			e->defects |= DEFECT_DATE;
	}
	e->subject = decode(next(&n), charset_8bit);
	from = next(&n);
	take_addresses(&e->from, from, charset_8bit);
	take_unlike(&e->sender, next(&n), from, charset_8bit);
	take_unlike(&e->reply_to, next(&n), from, charset_8bit);
	drop_default(&e->sender, &e->from);
	drop_default(&e->reply_to, &e->from);
	take_addresses(&e->to, next(&n), charset_8bit);
	take_addresses(&e->cc, next(&n), charset_8bit);
	take_addresses(&e->bcc, next(&n), charset_8bit);
	in_reply_to = next(&n);
	take_ids(e, in_reply_to, next(&n));
	e->defects |= e->from.defects | e->to.defects | e->cc.defects |
	    e->bcc.defects | e->sender.defects | e->reply_to.defects;
	return e;
}

/* References and List-Id, which came as a piece of the header. */
void
imap_take_references(struct envelope *e, struct span text,
    const char *charset_8bit)
{
	const struct field *f;
	struct head h;

	head_parse(&h, span_dup(text), text.n);
	if ((f = head_get(&h, "References")) != NULL)
		envelope_ids(f->body, &e->references);
	e->list_id = head_get_text(&h, "List-Id", charset_8bit);
	head_free(&h);
}

/* --- BODYSTRUCTURE --- */

static bool
is_token(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!is_alphanumeric(s.p[i]) && (s.p[i] <= ' ' ||
		    s.p[i] >= 127 ||
		    strchr("()<>@,;:\\\"/[]?=", s.p[i]) != NULL))
			return false;
	return s.n > 0;
}

static char *
put_octets(char *to, struct span s)
{
	memcpy(to, s.p, s.n);
	return to + s.n;
}

/* Takes twice its octets and two at most. */
static char *
put_value(char *to, struct span s)
{
	size_t i;

	if (is_token(s))
		return put_octets(to, s);
	*to++ = '"';
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			*to++ = '\\';
		if (s.p[i] != '\0')
			*to++ = s.p[i];
	}
	*to++ = '"';
	return to;
}

/* "; name=value" */
static char *
put_param(char *to, struct span name, struct span value)
{
	to = put_octets(to, span_of("; "));
	to = put_octets(to, name);
	*to++ = '=';
	/* 2231 marks are token characters but for the quote. */
	if (name.p[name.n - 1] == '*' && memchr(value.p, '"', value.n) == NULL &&
	    memchr(value.p, ';', value.n) == NULL)
		return put_octets(to, value);
	return put_value(to, value);
}

static size_t
room_for(const struct imap_node *n)
{
	size_t room = 0;

	for (; n != NULL; n = n->next)
		room += 2 * text_of(n).n + sizeof("; =\"\"");
	return room;
}

/* A value with its parameters, by way of the field that it was. */
static void
take_params(struct params *ps, const char *value, const struct imap_node *n,
    const char *charset_8bit)
{
	const struct imap_node *p = n == NULL ? NULL : n->child;
	char *text, *to;

	text = xmalloc(strlen(value) + room_for(p) + 1);
	to = put_octets(text, span_of(value));
	for (; p != NULL && p->next != NULL; p = p->next->next)
		if (is_token(text_of(p)) && imap_has_text(p->next))
			to = put_param(to, p->text, p->next->text);
	params_parse(ps, (struct span){ text, (size_t)(to - text) },
	    charset_8bit);
	free(text);
}

static void
take_disposition(struct part *p, const struct imap_node *n,
    const char *charset_8bit)
{
	char *value = NULL;

	if (n != NULL && n->kind == IMAP_LIST && imap_has_text(n->child) &&
	    is_token(n->child->text)) {
		value = span_dup(n->child->text);
		take_params(&p->disposition, value, n->child->next,
		    charset_8bit);
	} else
		p->disposition.value = xstrdup("");
	free(value);
}

static void
take_filename(struct part *p)
{
	const char *name;

	if ((name = params_get(&p->disposition, "filename")) == NULL)
		name = params_get(&p->type, "name");
	if (name != NULL)
		p->filename = xstrdup(name);
}

static void
take_encoding(struct part *p, const struct imap_node *n)
{
	static const struct {
		const char	*name;
		enum encoding	 encoding;
	} table[] = {
		{ "7bit", ENCODING_7BIT }, { "8bit", ENCODING_8BIT },
		{ "base64", ENCODING_BASE64 }, { "binary", ENCODING_BINARY },
		{ "quoted-printable", ENCODING_QP },
		{ "uuencode", ENCODING_UUENCODE },
		{ "x-uue", ENCODING_UUENCODE },
		{ "x-uuencode", ENCODING_UUENCODE }
	};
	struct span s = span_trim(text_of(n));
	size_t i;

	p->encoding_name = s.n == 0 ? xstrdup("7bit") : span_dup(s);
	ascii_lower_string(p->encoding_name);
	p->encoding = ENCODING_UNKNOWN;
	for (i = 0; i < NELEM(table); i++)
		if (strcmp(p->encoding_name, table[i].name) == 0)
			p->encoding = table[i].encoding;
	if (p->encoding == ENCODING_UNKNOWN)
		p->defects |= DEFECT_ENCODING;
}

uint64_t
imap_read_count(const struct imap_node *n)
{
	uint64_t v;

	return imap_has_text(n) &&
	    imap_number(n->text, INT64_MAX, &v) == 0 ? v : 0;
}

static char *
join_type(const struct imap_node *type, const struct imap_node *subtype)
{
	if (!imap_has_text(type) || !is_token(type->text) ||
	    !imap_has_text(subtype) ||
	    !is_token(subtype->text))
		return xstrdup("application/octet-stream");
	return xasprintf("%.*s/%.*s", (int)type->text.n, type->text.p,
	    (int)subtype->text.n, subtype->text.p);
}

static struct part *read_part(const struct imap_node *n, struct part *parent,
    unsigned *count, const char *charset_8bit);

/* One part alone: type, subtype, parameters, id, description, encoding, size ... */
static void
read_leaf(struct part *p, const struct imap_node *n, unsigned *count,
    const char *charset_8bit)
{
	const struct imap_node *type, *subtype, *id;
	char *name;

	type = next(&n);
	subtype = next(&n);
	name = join_type(type, subtype);
	take_params(&p->type, name, next(&n), charset_8bit);
	free(name);
	id = next(&n);
	if (imap_has_text(id))
		p->id = span_dup(span_trim(id->text));
	p->description = decode(next(&n), charset_8bit);
	take_encoding(p, next(&n));
	p->size = imap_read_count(next(&n));
	if (imap_has_text(type) && span_ieq(type->text, "TEXT"))
		p->lines = imap_read_count(next(&n));
	else if (n != NULL && n->kind == IMAP_LIST && n->next != NULL &&
	    n->next->kind == IMAP_LIST) {
		/* A message: its envelope, its structure, its lines. */
		if ((p->child = read_part(n->next, p, count,
		    charset_8bit)) != NULL)
			p->child->envelope = imap_envelope(n, charset_8bit);
		next(&n);
		next(&n);
		p->lines = imap_read_count(next(&n));
	}
	next(&n);		/* MD5 */
	take_disposition(p, next(&n), charset_8bit);
}

static void
read_multipart(struct part *p, const struct imap_node *n, unsigned *count,
    const char *charset_8bit)
{
	struct part **tail = &p->child;
	const struct imap_node *subtype, *params;
	unsigned index = 0;
	char *name;

	for (; n != NULL && n->kind == IMAP_LIST; n = n->next)
		if ((*tail = read_part(n, p, count, charset_8bit)) != NULL) {
			(*tail)->index = ++index;
			tail = &(*tail)->next;
		} else
			p->defects |= DEFECT_PARTS;
	subtype = next(&n);
	params = next(&n);
	name = imap_has_text(subtype) && is_token(subtype->text) ?
	    xasprintf("multipart/%.*s", (int)subtype->text.n, subtype->text.p) :
	    xstrdup("multipart/mixed");
	take_params(&p->type, name, params, charset_8bit);
	free(name);
	take_encoding(p, NULL);
	take_disposition(p, next(&n), charset_8bit);
}

/* The reader's MAX_IMAP_DEPTH bounds how deep this goes. */
static struct part *
read_part(const struct imap_node *n, struct part *parent, unsigned *count,
    const char *charset_8bit)
{
	struct part *p;

	if (n == NULL || n->kind != IMAP_LIST || n->child == NULL ||
	    ++*count > MAX_PARTS)
		return NULL;
	p = xcalloc(1, sizeof(*p));
	p->parent = parent;
	p->index = 1;
	p->start = p->body = -1;
	if (n->child->kind == IMAP_LIST)
		read_multipart(p, n->child, count, charset_8bit);
	else
		read_leaf(p, n->child, count, charset_8bit);
	take_filename(p);
	return p;
}

struct part *
imap_structure(const struct imap_node *n, const char *charset_8bit)
{
	unsigned count = 0;

	return read_part(n, NULL, &count, charset_8bit);
}
