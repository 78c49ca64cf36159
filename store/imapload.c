/* SPDX-License-Identifier: ISC */
/*
 * imapload.c -- FETCH: flags, sizes, envelopes and structures, a window in one
 * command, and what the server says of them (RFC 9051 7.5.2) into the records that
 * local folders give too.
 *
 * Servers hand on what stood in the message: names and subjects still encoded,
 * parameters in pieces.  So their text goes through the same decoders as a header.
 */
#include <stdlib.h>
#include <string.h>

#include "imap.h"

#define FLAG_ITEMS	"UID FLAGS"
#define SIZE_ITEMS	"RFC822.SIZE INTERNALDATE"
#define ENVELOPE_ITEMS	"ENVELOPE BODY.PEEK[HEADER.FIELDS (REFERENCES LIST-ID)]"
/* Half of what an envelope takes, which tells most addresses three times. */
#define BRIEF_ITEMS	"BODY.PEEK[HEADER.FIELDS (DATE FROM SENDER SUBJECT TO)]"

/* --- Text --- */

static bool
has_text(const struct imap_node *n)
{
	return n != NULL && (n->kind == IMAP_ATOM || n->kind == IMAP_STRING);
}

static struct span
text_of(const struct imap_node *n)
{
	if (n == NULL || !has_text(n))
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

	if (!has_text(n))
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
	return !has_text(n) || n->text.n == 0 ||
	    span_eq(n->text, "MISSING_MAILBOX") ||
	    span_eq(n->text, "MISSING_DOMAIN") ||
	    span_eq(n->text, ".MISSING-HOST-NAME.") ||
	    span_eq(n->text, ".SYNTAX-ERROR.");
}

static bool
is_dot_atom(struct span s)
{
	static const char specials[] = "()<>[]:;@\\,\"";
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == ' ' || ascii_is_control((unsigned char)s.p[i]) ||
		    strchr(specials, s.p[i]) != NULL)
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
	char *decoded, *addr;

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
	addr = join_address(mailbox->text, host);
	decoded = decode(name, charset_8bit);
	addrs_add(as, decoded != NULL && *decoded != '\0' ? decoded : NULL,
	    addr);
	free(decoded);
	free(addr);
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

static void
take_ids(struct envelope *e, const struct imap_node *in_reply_to,
    const struct imap_node *message_id)
{
	struct strv ids = { NULL, 0, 0 };

	if (has_text(in_reply_to))
		envelope_ids(in_reply_to->text, &e->in_reply_to);
	if (!has_text(message_id))
		return;
	envelope_ids(message_id->text, &ids);
	if (ids.n > 0)
		e->message_id = xstrdup(ids.v[0]);
	strv_free(&ids);
}

struct envelope *
imap_envelope(const struct imap_node *n, const char *charset_8bit)
{
	const struct imap_node *date, *in_reply_to;
	struct envelope *e;

	e = xcalloc(1, sizeof(*e));
	if (n == NULL || n->kind != IMAP_LIST)
		return e;
	n = n->child;
	date = next(&n);
	if (has_text(date)) {
		e->has_date = date_parse(date->text, &e->date) == 0;
		if (!e->has_date)
			e->defects |= DEFECT_DATE;
	}
	e->subject = decode(next(&n), charset_8bit);
	take_addresses(&e->from, next(&n), charset_8bit);
	take_addresses(&e->sender, next(&n), charset_8bit);
	take_addresses(&e->reply_to, next(&n), charset_8bit);
	take_addresses(&e->to, next(&n), charset_8bit);
	take_addresses(&e->cc, next(&n), charset_8bit);
	take_addresses(&e->bcc, next(&n), charset_8bit);
	in_reply_to = next(&n);
	take_ids(e, in_reply_to, next(&n));
	drop_default(&e->sender, &e->from);
	drop_default(&e->reply_to, &e->from);
	e->defects |= e->from.defects | e->to.defects | e->cc.defects |
	    e->bcc.defects | e->sender.defects | e->reply_to.defects;
	return e;
}

/* References and List-Id, which came as a piece of the header. */
static void
take_references(struct envelope *e, struct span text, const char *charset_8bit)
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
		if (s.p[i] <= ' ' || s.p[i] >= 127 ||
		    strchr("()<>@,;:\\\"/[]?=", s.p[i]) != NULL)
			return false;
	return s.n > 0;
}

static void
put_value(FILE *f, struct span s)
{
	size_t i;

	if (is_token(s)) {
		fwrite(s.p, 1, s.n, f);
		return;
	}
	putc('"', f);
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			putc('\\', f);
		if (s.p[i] != '\0')
			putc(s.p[i], f);
	}
	putc('"', f);
}

/* A value with its parameters, by way of the field that it was. */
static void
take_params(struct params *ps, const char *value, const struct imap_node *n,
    const char *charset_8bit)
{
	const struct imap_node *p;
	char *text;
	size_t len;
	FILE *f;

	f = xmemstream(&text, &len);
	fputs(value, f);
	if (n != NULL && n->kind == IMAP_LIST)
		for (p = n->child; p != NULL && p->next != NULL;
		    p = p->next->next) {
			/* 2231 marks are token characters but for the quote. */
			if (!is_token(p->text) || !has_text(p->next))
				continue;
			fprintf(f, "; %.*s=", (int)p->text.n, p->text.p);
			if (p->text.p[p->text.n - 1] == '*' &&
			    memchr(p->next->text.p, '"', p->next->text.n) == NULL &&
			    memchr(p->next->text.p, ';', p->next->text.n) == NULL)
				fwrite(p->next->text.p, 1, p->next->text.n, f);
			else
				put_value(f, p->next->text);
		}
	fclose(f);
	params_parse(ps, (struct span){ text, len }, charset_8bit);
	free(text);
}

static void
take_disposition(struct part *p, const struct imap_node *n,
    const char *charset_8bit)
{
	char *value = NULL;

	if (n != NULL && n->kind == IMAP_LIST && has_text(n->child) &&
	    is_token(n->child->text)) {
		value = span_dup(n->child->text);
		take_params(&p->disposition, value, n->child->next,
		    charset_8bit);
	} else
		take_params(&p->disposition, "", NULL, charset_8bit);
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

static uint64_t
read_count(const struct imap_node *n)
{
	uint64_t v;

	return has_text(n) && imap_number(n->text, INT64_MAX, &v) == 0 ? v : 0;
}

static char *
join_type(const struct imap_node *type, const struct imap_node *subtype)
{
	if (!has_text(type) || !is_token(type->text) || !has_text(subtype) ||
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
	if (has_text(id))
		p->id = span_dup(span_trim(id->text));
	p->description = decode(next(&n), charset_8bit);
	take_encoding(p, next(&n));
	p->size = read_count(next(&n));
	if (has_text(type) && span_ieq(type->text, "TEXT"))
		p->lines = read_count(next(&n));
	else if (n != NULL && n->kind == IMAP_LIST && n->next != NULL &&
	    n->next->kind == IMAP_LIST) {
		/* A message: its envelope, its structure, its lines. */
		if ((p->child = read_part(n->next, p, count,
		    charset_8bit)) != NULL)
			p->child->envelope = imap_envelope(n, charset_8bit);
		next(&n);
		next(&n);
		p->lines = read_count(next(&n));
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
	name = has_text(subtype) && is_token(subtype->text) ?
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

/* --- FETCH --- */

const struct imap_node *
imap_item(const struct imap_node *items, const char *name)
{
	for (; items != NULL && items->next != NULL; items = items->next->next)
		if (imap_is_atom(items, name))
			return items->next;
	return NULL;
}

uint32_t
imap_item_uid(const struct imap_node *items)
{
	const struct imap_node *n = imap_item(items, "UID");
	uint64_t uid;

	if (n == NULL || n->kind != IMAP_ATOM ||
	    imap_number(n->text, UINT32_MAX, &uid) == -1)
		return 0;
	return (uint32_t)uid;
}

static uint32_t
flag_bit(struct span s)
{
	static const struct {
		const char	*name;
		uint32_t	 bit;
	} table[] = {
		{ "\\Answered", MSG_ANSWERED }, { "\\Deleted", MSG_DELETED },
		{ "\\Draft", MSG_DRAFT }, { "\\Flagged", MSG_FLAGGED },
		{ "\\Seen", MSG_SEEN }
	};
	size_t i;

	for (i = 0; i < NELEM(table); i++)
		if (span_ieq(s, table[i].name))
			return table[i].bit;
	return 0;
}

static void
replace(char **to, const char *text)
{
	free(*to);
	*to = *text == '\0' ? NULL : xstrdup(text);
}

/* What the folder has becomes what we show, but for what was changed here. */
static void
take_flags(struct msg *m, const struct imap_node *n)
{
	uint32_t flags = MSG_OLD, changed;
	char *tags;
	size_t len;
	FILE *f;

	f = xmemstream(&tags, &len);
	for (n = n->child; n != NULL; n = n->next) {
		if (n->kind != IMAP_ATOM)
			continue;
		flags |= flag_bit(n->text);
		if (span_ieq(n->text, "\\Recent"))
			flags &= ~(uint32_t)MSG_OLD;
		else if (n->text.p[0] != '\\')
			fprintf(f, "%s%.*s", ftell(f) > 0 ? " " : "",
			    (int)n->text.n, n->text.p);
	}
	fclose(f);
	changed = (m->flags ^ m->stored) & MSG_LASTING;
	m->flags = (m->flags & (changed | ~(uint32_t)MSG_LASTING)) |
	    (flags & ~changed);
	m->stored = flags;
	/* name keeps the keywords as they are in the folder */
	replace(&m->name, tags);
	if (!(m->flags & MSG_TAGS_CHANGED) &&
	    strcmp(m->tags != NULL ? m->tags : "", tags) != 0)
		replace(&m->tags, tags);
	free(tags);
}

static unsigned
take_size(struct msg *m, const struct imap_items *it)
{
	struct date d;

	if (!has_text(it->size) || !has_text(it->arrived))
		return 0;
	m->size = read_count(it->size);
	if (date_parse_imap(it->arrived->text, &d) == 0)
		m->arrived = d.epoch;
	return LOAD_SIZE;
}

static unsigned
take_envelope(struct msg *m, const struct imap_items *it,
    const char *charset_8bit)
{
	if (it->envelope == NULL || it->envelope->kind != IMAP_LIST)
		return 0;
	envelope_free(m->envelope);
	m->envelope = imap_envelope(it->envelope, charset_8bit);
	if (has_text(it->references))
		take_references(m->envelope, it->references->text,
		    charset_8bit);
	return LOAD_ENVELOPE;
}

/* An envelope does as well, with the size. */
static unsigned
take_brief(struct msg *m, const struct imap_items *it, const char *charset_8bit)
{
	struct head h;

	if (!has_text(it->size))
		return 0;
	m->size = read_count(it->size);
	if (m->loaded & LOAD_ENVELOPE)
		return LOAD_BRIEF;
	if (take_envelope(m, it, charset_8bit) != 0)
		return LOAD_ENVELOPE | LOAD_BRIEF;
	if (!has_text(it->brief))
		return 0;
	head_parse(&h, span_dup(it->brief->text), it->brief->text.n);
	envelope_free(m->envelope);
	m->envelope = envelope_read(&h, charset_8bit);
	head_free(&h);
	return LOAD_BRIEF;
}

unsigned
imap_take_kept(struct msg *m, const struct imap_items *it, unsigned want,
    const char *charset_8bit)
{
	unsigned came = 0;

	if (want & LOAD_SIZE)
		came |= take_size(m, it);
	if (want & LOAD_ENVELOPE)
		came |= take_envelope(m, it, charset_8bit);
	if ((want & LOAD_BRIEF) && !(came & LOAD_ENVELOPE))
		came |= take_brief(m, it, charset_8bit);
	if ((want & LOAD_STRUCTURE) && it->structure != NULL) {
		part_free(m->structure);
		m->structure = imap_structure(it->structure, charset_8bit);
		came |= m->structure != NULL ? LOAD_STRUCTURE : 0;
	}
	return came;
}

/* The piece of the header; servers spell its name in more than one way. */
static const struct imap_node *
find_fields(const struct imap_node *items)
{
	for (; items != NULL && items->next != NULL; items = items->next->next)
		if (items->kind == IMAP_ATOM &&
		    span_has_prefix(items->text, "BODY[HEADER.FIELDS"))
			return items->next;
	return NULL;
}

unsigned
imap_take_items(struct msg *m, const struct imap_node *items, unsigned want,
    const char *charset_8bit, struct imap_items *it)
{
	const struct imap_node *n;
	unsigned came = 0;

	if ((n = imap_item(items, "FLAGS")) != NULL && n->kind == IMAP_LIST) {
		take_flags(m, n);
		came |= m->uid != 0 ? LOAD_FLAGS : 0;
	}
	memset(it, 0, sizeof(*it));
	it->size = imap_item(items, "RFC822.SIZE");
	it->arrived = imap_item(items, "INTERNALDATE");
	it->envelope = imap_item(items, "ENVELOPE");
	it->structure = imap_item(items, "BODYSTRUCTURE");
	/* Of the two only one was asked for. */
	if (want & LOAD_ENVELOPE)
		it->references = find_fields(items);
	else
		it->brief = find_fields(items);
	return came | imap_take_kept(m, it, want, charset_8bit);
}

/* All of them by UID where that is known, else by sequence number. */
static bool
have_uids(const struct store *s, const uint32_t *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (s->msgs[v[i] - 1].uid == 0)
			return false;
	return true;
}

/* The items to be asked for; the caller frees. */
static char *
fetch_items(unsigned what)
{
	char *text;
	size_t len;
	FILE *f;

	f = xmemstream(&text, &len);
	fputs(" (" FLAG_ITEMS, f);
	if (what & LOAD_SIZE)
		fputs(" " SIZE_ITEMS, f);
	if ((what & (LOAD_BRIEF | LOAD_SIZE)) == LOAD_BRIEF)
		fputs(" RFC822.SIZE", f);
	if (what & LOAD_ENVELOPE)
		fputs(" " ENVELOPE_ITEMS, f);
	if ((what & (LOAD_BRIEF | LOAD_ENVELOPE)) == LOAD_BRIEF)
		fputs(" " BRIEF_ITEMS, f);
	if (what & LOAD_STRUCTURE)
		fputs(" BODYSTRUCTURE", f);
	putc(')', f);
	fclose(f);
	return text;
}

static int
say_fetch(struct store *s, const uint32_t *v, size_t n, unsigned what,
    struct fail *why)
{
	struct strv sets = { NULL, 0, 0 };
	bool uids = have_uids(s, v, n);
	char *items = fetch_items(what);
	int result;

	box_sets(s, v, n, uids, &sets);
	box_of(s)->want = what | LOAD_FLAGS;
	result = box_each_set(s, &sets, uids ? "UID FETCH " : "FETCH ", items,
	    EX_TEMPFAIL, why);
	box_of(s)->want = 0;
	free(items);
	strv_free(&sets);
	return result;
}

unsigned
imap_lacking(const struct msg *m, unsigned want)
{
	unsigned lacking = want & ~m->loaded;

	if (m->flags & MSG_GONE)
		return 0;
	if ((lacking & LOAD_BRIEF) && (m->loaded & LOAD_ENVELOPE))
		lacking = (lacking & ~(unsigned)LOAD_BRIEF) |
		    (LOAD_SIZE & ~m->loaded);
	/* Where no date stands in it, that of its arrival is shown. */
	if ((want & m->loaded & LOAD_BRIEF) && m->envelope != NULL &&
	    !m->envelope->has_date)
		lacking |= LOAD_SIZE & ~m->loaded;
	return lacking;
}

/* The first of them that is there, yet not loaded; 0: none. */
static uint32_t
find_unloaded(const struct store *s, const uint32_t *v, size_t n, unsigned what)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (imap_lacking(&s->msgs[v[i] - 1], what) != 0)
			return v[i];
	return 0;
}

/* Those that lack the same as the first of them that lacks anything: how many. */
static size_t
pick_alike(const struct store *s, const uint32_t *v, size_t n, unsigned what,
    uint32_t *alike, unsigned *lacking)
{
	uint32_t first = find_unloaded(s, v, n, what);
	size_t i, k = 0;

	if (first == 0)
		return 0;
	*lacking = imap_lacking(&s->msgs[first - 1], what);
	for (i = 0; i < n; i++)
		if (imap_lacking(&s->msgs[v[i] - 1], what) == *lacking)
			alike[k++] = v[i];
	return k;
}

/* The first of them that is there, and that what was asked did not come of; 0: none. */
static uint32_t
find_missing(const struct store *s, const uint32_t *v, size_t n, unsigned asked)
{
	const struct msg *m;
	size_t i;

	for (i = 0; i < n; i++) {
		m = &s->msgs[v[i] - 1];
		if (!(m->flags & MSG_GONE) && (asked & ~m->loaded) != 0)
			return v[i];
	}
	return 0;
}

/* One command for those that lack the same as the first of them that lacks anything. */
static int
fetch_alike(struct store *s, const uint32_t *v, size_t n, unsigned what,
    struct fail *why)
{
	uint32_t *alike = xreallocarray(NULL, n, sizeof(*alike)), first;
	unsigned lacking;
	size_t k;
	int result = 0;

	if ((k = pick_alike(s, v, n, what, alike, &lacking)) > 0) {
		result = say_fetch(s, alike, k, lacking, why);
		/* Those that others expunged just now: the server may tell at NOOP. */
		if (result == 0 && find_missing(s, alike, k, lacking) != 0 &&
		    (result = imap_noop(box_of(s)->session->imap, why)) == 0 &&
		    (first = find_missing(s, alike, k, lacking)) != 0)
			result = fail(why, EX_PROTOCOL,
			    "%s: the server does not tell of message %u",
			    imap_name(box_of(s)->session->imap), first);
	}
	free(alike);
	return result;
}

/* By its UID a message is known from former runs. */
static int
learn_kept(struct store *s, const uint32_t *v, size_t n, unsigned what,
    struct fail *why)
{
	if ((what & LOAD_KEPT) == 0 || !boxcache_may_know(s))
		return 0;
	if (box_need_uids(s, v, n, why) == -1)
		return -1;
	boxcache_load(s, v, n, what);
	return 0;
}

/* One set is said now; what does not fit into it will be asked for when its time has come. */
static void
say_ahead(struct store *s, const uint32_t *v, size_t n, unsigned what)
{
	struct box *b = box_of(s);
	struct strv sets = { NULL, 0, 0 };
	struct fail ignored = { 0 };
	bool uids = have_uids(s, v, n);
	char *items = fetch_items(what);
	struct imap_line l;

	box_sets(s, v, n, uids, &sets);
	if (sets.n > 0) {
		imap_line_init(&l);
		imap_line_put(&l, "%s%s%s", uids ? "UID FETCH " : "FETCH ",
		    sets.v[0], items);
		b->ahead = imap_start(b->session->imap, &l, NULL, NULL,
		    &ignored);
		b->ahead_want = b->ahead == NULL ? 0 : what | LOAD_FLAGS;
		imap_line_free(&l);
		imap_flush(b->session->imap);
	}
	free(items);
	strv_free(&sets);
}

void
imap_ask(struct store *s, const uint32_t *v, size_t n, unsigned what)
{
	struct box *b = box_of(s);
	uint32_t *alike;
	unsigned lacking;
	size_t k;

	if (b->ahead != NULL || b->session == NULL ||
	    !imap_is_alive(b->session->imap) ||
	    ((what & LOAD_KEPT) != 0 && boxcache_may_know(s) &&
	    !have_uids(s, v, n)))
		return;
	if ((what & LOAD_KEPT) != 0)
		boxcache_load(s, v, n, what);
	alike = xreallocarray(NULL, n, sizeof(*alike));
	if ((k = pick_alike(s, v, n, what, alike, &lacking)) > 0)
		say_ahead(s, alike, k, lacking);
	free(alike);
}

static int
finish_ahead(struct store *s, struct fail *why)
{
	struct box *b = box_of(s);
	struct imap_job *job = b->ahead;
	int result;

	if (job == NULL)
		return 0;
	b->ahead = NULL;
	result = imap_finish(b->session->imap, job, EX_TEMPFAIL, why);
	b->ahead_want = 0;
	return result;
}

void
imap_ask_nothing(struct store *s)
{
	struct box *b = box_of(s);

	if (b->ahead != NULL && b->session != NULL)
		imap_abandon(b->session->imap, b->ahead);
	b->ahead = NULL;
	b->ahead_want = 0;
}

int
imap_load(struct store *s, const uint32_t *v, size_t n, unsigned what,
    struct fail *why)
{
	what &= LOAD_FLAGS | LOAD_SIZE | LOAD_ENVELOPE | LOAD_STRUCTURE |
	    LOAD_BRIEF;
	if (n == 0)
		return 0;
	if (finish_ahead(s, why) == -1 || box_check(s, why) == -1)
		return -1;
	boxcache_open(s);
	if ((what & LOAD_BRIEF) && n >= COMPRESS_MESSAGES &&
	    imap_compress(box_of(s)->session->imap, why) == -1)
		return -1;
	if (learn_kept(s, v, n, what, why) == -1)
		return -1;
	while (find_unloaded(s, v, n, what) != 0)
		if (fetch_alike(s, v, n, what, why) == -1)
			return -1;
	return 0;
}
