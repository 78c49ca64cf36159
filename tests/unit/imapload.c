/* SPDX-License-Identifier: ISC */
/* imapload.c -- ENVELOPE, BODYSTRUCTURE and FLAGS into our records. */
#include <stdlib.h>

#include "../../store/imap.h"
#include "tap.h"

struct memory {
	const char	*p, *end;
};

static int
memory_line(void *ctx, struct span *line, struct fail *why)
{
	struct memory *m = ctx;
	const char *nl;

	if ((nl = memchr(m->p, '\n', (size_t)(m->end - m->p))) == NULL)
		return fail(why, EX_TEMPFAIL, "the end");
	line->p = m->p;
	line->n = (size_t)(nl - m->p) - (nl > m->p && nl[-1] == '\r');
	m->p = nl + 1;
	return 0;
}

static int
memory_read(void *ctx, size_t n, struct span *got, struct fail *why)
{
	struct memory *m = ctx;

	if (m->p == m->end)
		return fail(why, EX_TEMPFAIL, "the end");
	got->p = m->p;
	got->n = n < (size_t)(m->end - m->p) ? n : (size_t)(m->end - m->p);
	m->p += got->n;
	return 0;
}

static struct memory memory;
static struct imap_reader *reader;

/* The items of one FETCH; until the next call. */
static const struct imap_node *
fetch(const char *items)
{
	struct imap_input in = { memory_line, memory_read, &memory };
	const struct imap_response *r;
	struct fail why = { 0 };
	static char *text;

	free(text);
	text = xasprintf("* 1 FETCH (%s)\r\n", items);
	memory.p = text;
	memory.end = text + strlen(text);
	imap_reader_free(reader);
	reader = imap_reader_new(&in);
	if ((r = imap_read(reader, &why)) == NULL || r->items == NULL) {
		printf("# %s\n", why.text);
		return NULL;
	}
	return r->items->child;
}

static void
test_envelope(void)
{
	struct envelope *e;

	e = imap_envelope(imap_item(fetch("ENVELOPE (\"Wed, 17 Jul 1996 "
	    "02:23:25 -0700\" \"=?utf-8?B?5pyI5oql?=\" ((\"Terry Gray\" NIL "
	    "\"gray\" \"cac.example\")) ((\"Terry Gray\" NIL \"gray\" "
	    "\"cac.example\")) ((\"Terry Gray\" NIL \"gray\" \"cac.example\")) "
	    "((NIL NIL \"friends\" NIL)(NIL NIL \"a b\" \"c.example\")"
	    "(NIL NIL NIL NIL)(NIL NIL \"d\" \"e.example\")) NIL NIL "
	    "\"<x@y> <z@y>\" \"<B27397@cac.example>\")"), "ENVELOPE"), NULL);
	ok(e->has_date && e->date.epoch == 837595405 && e->date.zone == -420,
	    "date");
	is_string(e->subject, "月报", "subject");
	if (is_int((long long)e->from.n, 1, "from")) {
		is_string(e->from.v[0].name, "Terry Gray", "its name");
		is_string(e->from.v[0].addr, "gray@cac.example", "its address");
	}
	is_int((long long)e->sender.n, 0, "no sender but From");
	is_int((long long)e->reply_to.n, 0, "no reply-to but From");
	if (is_int((long long)e->to.n, 2, "groups are flattened")) {
		is_string(e->to.v[0].addr, "\"a b\"@c.example", "quotes again");
		is_string(e->to.v[1].addr, "d@e.example", "after the group");
		is_string(e->to.v[1].name, NULL, "no name");
	}
	is_string(e->message_id, "<B27397@cac.example>", "message id");
	is_int((long long)e->in_reply_to.n, 2, "in reply to");
	envelope_free(e);
}

static void
test_odd_envelopes(void)
{
	static const char *const odd[] = {
		"ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)",
		"ENVELOPE ()",
		"ENVELOPE NIL",
		"ENVELOPE (\"yesterday\")",
		"ENVELOPE (() () () () () () () () () () () ())",
		"ENVELOPE (NIL NIL ((NIL)) ((NIL NIL)) (NIL) ((())) ((\"a\" \"b\" \"c\")) NIL NIL)",
	};
	struct envelope *e;
	size_t i;

	for (i = 0; i < NELEM(odd); i++) {
		e = imap_envelope(imap_item(fetch(odd[i]), "ENVELOPE"), NULL);
		ok(e != NULL && e->from.n == 0, "odd envelope %zu", i);
		envelope_free(e);
	}
	e = imap_envelope(imap_item(fetch("ENVELOPE (NIL NIL ((\"A\" NIL "
	    "\"local\" \"MISSING_DOMAIN\")(\"B\" NIL \"MISSING_MAILBOX\" "
	    "\"MISSING_DOMAIN\")))"), "ENVELOPE"), NULL);
	if (is_int((long long)e->from.n, 1, "what is missing is no address"))
		is_string(e->from.v[0].addr, "local", "a bare local part");
	ok(e->defects & DEFECT_ADDRESS, "... is named");
	envelope_free(e);
}

static struct part *
structure(const char *text)
{
	char *items = xasprintf("BODYSTRUCTURE %s", text);
	struct part *p;

	p = imap_structure(imap_item(fetch(items), "BODYSTRUCTURE"), NULL);
	free(items);
	return p;
}

static void
test_simple(void)
{
	struct part *p;
	char *number;

	p = structure("(\"TEXT\" \"Plain\" (\"CHARSET\" \"US-ASCII\") NIL NIL "
	    "\"7BIT\" 1152 23 NIL NIL NIL NIL)");
	is_string(p->type.value, "text/plain", "type");
	is_string(params_get(&p->type, "charset"), "US-ASCII", "charset");
	is_int(p->encoding, ENCODING_7BIT, "encoding");
	ok(p->size == 1152 && p->lines == 23, "size and lines");
	is_string(p->disposition.value, "", "no disposition");
	number = part_number(p);
	is_string(number, "1", "its number");
	free(number);
	part_free(p);

	p = structure("(\"APPLICATION\" \"PDF\" (\"name*0*\" "
	    "\"utf-8''%e6%9c%88\" \"name*1*\" \"%e6%8a%a5.pdf\") \"<id@x>\" "
	    "\"=?utf-8?Q?caf=C3=A9?=\" \"BASE64\" 4554 NIL (\"attachment\" "
	    "(\"filename\" \"a \\\"b\\\".pdf\")) NIL NIL)");
	is_string(p->type.value, "application/pdf", "type");
	is_string(params_get(&p->type, "name"), "月报.pdf", "RFC 2231");
	is_string(p->disposition.value, "attachment", "disposition");
	is_string(p->filename, "a \"b\".pdf", "file name");
	is_string(p->id, "<id@x>", "id");
	is_string(p->description, "café", "description");
	part_free(p);

	p = structure("(\"IMAGE\" \"PNG\" (\"NAME\" \"=?utf-8?B?5pyI?=.png\") "
	    "NIL NIL \"x-odd\" 99999999999 NIL NIL NIL NIL)");
	is_string(p->filename, "月.png", "encoded words in a parameter");
	is_int(p->encoding, ENCODING_UNKNOWN, "unknown encoding");
	is_string(p->encoding_name, "x-odd", "... and its name");
	ok(p->size == 99999999999, "a size over 32 bits");
	part_free(p);
}

static void
check_number(struct part *root, const char *number, const char *type)
{
	struct part *p = part_find(root, number);
	char *again;

	if (!ok(p != NULL, "part %s", number))
		return;
	is_string(p->type.value, type, number);
	again = part_number(p);
	is_string(again, number, "... has that number");
	free(again);
}

static void
test_nested(void)
{
	struct part *p, *inner;

	p = structure("((\"text\" \"plain\" NIL NIL NIL \"7bit\" 17 1 NIL NIL "
	    "NIL NIL)(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 412 (\"Sun, 12 "
	    "Aug 2012 12:34:56 +0300\" \"submsg\" ((NIL NIL \"sub\" "
	    "\"domain.example\")) NIL NIL NIL NIL NIL NIL NIL) ((\"text\" "
	    "\"html\" (\"charset\" \"us-ascii\") NIL NIL \"8bit\" 20 1 NIL NIL "
	    "NIL NIL)(\"image\" \"gif\" NIL NIL NIL \"base64\" 21 NIL "
	    "(\"attachment\" NIL) NIL NIL) \"alternative\" (\"boundary\" "
	    "\"sub1\") NIL NIL NIL) 21 NIL (\"inline\" NIL) NIL NIL) \"mixed\" "
	    "(\"boundary\" \"foo bar\") NIL NIL NIL)");
	is_string(p->type.value, "multipart/mixed", "the root");
	is_string(params_get(&p->type, "boundary"), "foo bar", "its boundary");
	check_number(p, "1", "text/plain");
	check_number(p, "2", "message/rfc822");
	check_number(p, "2.TEXT", "multipart/alternative");
	check_number(p, "2.1", "text/html");
	check_number(p, "2.2", "image/gif");
	inner = part_find(p, "2")->child;
	ok(inner->envelope != NULL &&
	    strcmp(inner->envelope->subject, "submsg") == 0,
	    "the inner message's envelope");
	is_int((long long)part_find(p, "2")->lines, 21, "lines behind it");
	is_string(part_find(p, "2")->disposition.value, "inline",
	    "disposition behind them");
	ok(part_has_attachment(p), "an attachment");
	part_free(p);
}

static void
test_odd_structures(void)
{
	static const char *const odd[] = {
		"(\"mixed\" (\"boundary\" \"x\") NIL NIL)",
		"(NIL NIL NIL NIL NIL NIL NIL)",
		"(\"text\")",
		"(\"text\" \"plain\" (\"charset\") NIL NIL NIL NIL NIL)",
		"((((\"text\" \"plain\" NIL NIL NIL \"7bit\" 0 0) \"mixed\") \"mixed\"))",
		"(\"a/b\" \"c;d\" (\"x y\" \"1\" NIL \"2\" \"z\" NIL) NIL NIL \"7bit\" 1)",
		"(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 5 NIL NIL 3)",
		"(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 5 () () 3)",
	};
	struct part *p;
	size_t i;

	for (i = 0; i < NELEM(odd); i++) {
		p = structure(odd[i]);
		ok(p != NULL && p->type.value != NULL, "odd structure %zu", i);
		part_free(p);
	}
	ok(structure("NIL") == NULL, "no structure");
	ok(structure("()") == NULL, "an empty one");
}

static void
free_msg(struct msg *m)
{
	envelope_free(m->envelope);
	part_free(m->structure);
	free(m->tags);
	free(m->name);
}

static void
test_items(void)
{
	const struct imap_node *n;
	struct msg m = { .uid = 7 };
	struct imap_items it;
	unsigned came;

	n = fetch("UID 7 FLAGS (\\Seen \\Recent work $Forwarded) RFC822.SIZE 4711 "
	    "INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" ENVELOPE (NIL \"s\" NIL "
	    "NIL NIL NIL NIL NIL NIL NIL) BODY[HEADER.FIELDS (REFERENCES LIST-ID)] "
	    "{45}\r\nReferences: <a@b>\r\n <c@d>\r\nList-Id: <l.x>\r\n\r\n");
	is_int(imap_item_uid(n), 7, "uid");
	came = imap_take_items(&m, n, LOAD_FLAGS | LOAD_SIZE | LOAD_ENVELOPE |
	    LOAD_STRUCTURE, NULL, &it);
	is_int(came, LOAD_FLAGS | LOAD_SIZE | LOAD_ENVELOPE, "what came");
	is_int(m.flags, MSG_SEEN, "flags");
	is_string(m.tags, "work $Forwarded", "keywords");
	ok(m.size == 4711 && m.arrived == 837596665, "size and arrival");
	is_int((long long)m.envelope->references.n, 2, "references");
	is_string(m.envelope->list_id, "<l.x>", "list id");

	/* What was changed here stays, what others change comes in. */
	m.flags |= MSG_DELETED;
	m.flags &= ~(uint32_t)MSG_SEEN;
	imap_take_items(&m, fetch("FLAGS (\\Seen \\Flagged)"), 0, NULL, &it);
	is_int(m.flags, MSG_DELETED | MSG_FLAGGED | MSG_OLD, "merged flags");
	is_int(m.stored, MSG_SEEN | MSG_FLAGGED | MSG_OLD, "stored flags");
	is_string(m.tags, NULL, "keywords gone");
	free_msg(&m);

	is_int(imap_item_uid(fetch("UID 4294967296")), 0, "uid over 32 bits");
	is_int(imap_item_uid(fetch("UID NIL")), 0, "no uid");
	is_int(imap_item_uid(fetch("FLAGS ()")), 0, "uid missing");
	is_int(imap_item_uid(fetch("UID")), 0, "uid without a value");
}

static void
test_flags(void)
{
	char *s;

	s = imap_flags(MSG_SEEN | MSG_DELETED | MSG_OLD | MSG_SAVED, "a b");
	is_string(s, "\\Deleted \\Seen a b", "flags as STORE takes them");
	free(s);
	s = imap_flags(0, NULL);
	is_string(s, "", "none");
	free(s);
}

int
main(void)
{
	test_envelope();
	test_odd_envelopes();
	test_simple();
	test_nested();
	test_odd_structures();
	test_items();
	test_flags();
	fetch("X");
	imap_reader_free(reader);
	return done();
}
