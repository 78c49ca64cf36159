/* SPDX-License-Identifier: ISC */
/*
 * imapload.c -- FETCH: flags, sizes, envelopes and structures, a window in one
 * command, and what the server says of them (RFC 9051 7.5.2) into our messages.
 */
#include <stdlib.h>
#include <string.h>

#include "imap.h"

#define FLAG_ITEMS	"UID FLAGS"
#define SIZE_ITEMS	"RFC822.SIZE INTERNALDATE"
#define ENVELOPE_ITEMS	"ENVELOPE BODY.PEEK[HEADER.FIELDS (REFERENCES LIST-ID)]"
/* Half of what an envelope takes, which tells most addresses three times. */
#define BRIEF_ITEMS	"BODY.PEEK[HEADER.FIELDS (DATE FROM SENDER SUBJECT TO)]"

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
	*to = text == NULL ? NULL : xstrdup(text);
}

/* What the folder has becomes what we show, but for what was changed here. */
static void
take_flags(struct msg *m, const struct imap_node *n)
{
	uint32_t flags = MSG_OLD, changed;
	char *tags = NULL;
	size_t len;
	FILE *f = NULL;

	for (n = n->child; n != NULL; n = n->next) {
		if (n->kind != IMAP_ATOM)
			continue;
		flags |= flag_bit(n->text);
		if (span_ieq(n->text, "\\Recent"))
			flags &= ~(uint32_t)MSG_OLD;
		else if (n->text.p[0] != '\\') {
			if (f == NULL)
				f = xmemstream(&tags, &len);
			else
				putc(' ', f);
			fwrite(n->text.p, 1, n->text.n, f);
		}
	}
	if (f != NULL)
		fclose(f);
	changed = (m->flags ^ m->stored) & MSG_LASTING;
	m->flags = (m->flags & (changed | ~(uint32_t)MSG_LASTING)) |
	    (flags & ~changed);
	m->stored = flags;
	/* name keeps the keywords as they are in the folder */
	replace(&m->name, tags);
	if (!(m->flags & MSG_TAGS_CHANGED) &&
	    (m->tags == NULL || tags == NULL ? m->tags != tags :
	    strcmp(m->tags, tags) != 0))
		replace(&m->tags, tags);
	free(tags);
}

static unsigned
take_size(struct msg *m, const struct imap_items *it)
{
	struct date d;

	if (!imap_has_text(it->size) || !imap_has_text(it->arrived))
		return 0;
	m->size = imap_read_count(it->size);
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
	if (imap_has_text(it->references))
		imap_take_references(m->envelope, it->references->text,
		    charset_8bit);
	return LOAD_ENVELOPE;
}

/* An envelope does as well, with the size. */
static unsigned
take_brief(struct msg *m, const struct imap_items *it, const char *charset_8bit)
{
	struct head h;

	if (!imap_has_text(it->size))
		return 0;
	m->size = imap_read_count(it->size);
	if (m->loaded & LOAD_ENVELOPE)
		return LOAD_BRIEF;
	if (take_envelope(m, it, charset_8bit) != 0)
		return LOAD_ENVELOPE | LOAD_BRIEF;
	if (!imap_has_text(it->brief))
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
	    NULL, EX_TEMPFAIL, NULL, why);
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
