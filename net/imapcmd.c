/* SPDX-License-Identifier: ISC */
/*
 * imapcmd.c -- the verbs, as RFC 3501 section 6 tells them, with what extensions
 * make shorter or safer where the server has them.
 */
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "imap.h"

static bool
is_data(const struct imap_response *r, const char *word)
{
	return r->status == IMAP_DATA && !r->has_number &&
	    span_ieq(r->word, word);
}

/* --- SELECT --- */

static bool
has_wildcard_flag(const struct imap_node *list)
{
	const struct imap_node *n;

	if (list == NULL || list->kind != IMAP_LIST)
		return false;
	for (n = list->child; n != NULL; n = n->next)
		if (imap_is_atom(n, "\\*"))
			return true;
	return false;
}

static void
take_code_number(const struct imap_node *code, const char *name, uint32_t *to)
{
	uint64_t v;

	if (imap_is_atom(code, name) && code->next != NULL &&
	    imap_number(code->next->text, UINT32_MAX, &v) == 0)
		*to = (uint32_t)v;
}

struct selecting {
	struct imap_mailbox		*m;
	const struct imap_resync	*resync;	/* or NULL */
};

static int
select_data(void *ctx, const struct imap_response *r, struct fail *why)
{
	struct selecting *st = ctx;
	struct imap_mailbox *m = st->m;

	if (r->has_number && span_ieq(r->word, "EXISTS")) {
		m->exists = r->number;
		return 0;
	}
	take_code_number(r->code, "UIDVALIDITY", &m->uidvalidity);
	take_code_number(r->code, "UIDNEXT", &m->uidnext);
	take_code_number(r->code, "UNSEEN", &m->unseen);
	if (imap_is_atom(r->code, "HIGHESTMODSEQ") && r->code->next != NULL)
		imap_number(r->code->next->text, INT64_MAX, &m->modseq);
	if (imap_is_atom(r->code, "PERMANENTFLAGS"))
		m->keywords = has_wildcard_flag(r->code->next);
	return st->resync == NULL ? 0 :
	    st->resync->changed(st->resync->ctx, r, why);
}

/* Some servers (NetEase) open no mailbox to who did not introduce himself. */
static int
introduce(struct imap *x)
{
	struct fail ignored = { 0 };

	if (!imap_offers(x, "ID"))
		return -1;
	return imap_run(x, EX_UNAVAILABLE, &ignored, "ID (\"name\" \"mailx\")");
}

static int
enabled_data(void *ctx, const struct imap_response *r, struct fail *why)
{
	const struct imap_node *n;
	bool *enabled = ctx;

	(void)why;
	if (!is_data(r, "ENABLED"))
		return 0;
	for (n = r->items; n != NULL; n = n->next)
		*enabled = *enabled || imap_is_atom(n, "QRESYNC");
	return 1;
}

static bool
has_qresync(struct imap *x)
{
	return imap_uses_qresync(x) ||
	    (imap_offers(x, "QRESYNC") && imap_offers(x, "ENABLE"));
}

/*
 * Said, not yet heard: what is behind it may be of the extension (RFC 9051 6.3.1).
 * Where it is refused, that is BAD.
 */
static struct imap_job *
enable_qresync(struct imap *x, bool *enabled, struct fail *why)
{
	struct imap_job *job;
	struct imap_line l;

	imap_line_init(&l);
	imap_line_put(&l, "ENABLE QRESYNC");
	job = imap_start(x, &l, enabled_data, enabled, why);
	imap_line_free(&l);
	return job;
}

static int
say_select(struct imap *x, const char *mailbox, bool examine,
    const struct imap_resync *resync, struct imap_mailbox *m, struct fail *why)
{
	struct selecting st = { m, resync };
	struct imap_job *enabling = NULL, *job;
	struct imap_line l;
	struct fail refused = { 0 };
	bool qresync = resync != NULL && resync->modseq != 0 && has_qresync(x);
	bool enabled = imap_uses_qresync(x);

	memset(m, 0, sizeof(*m));
	m->keywords = true;
	if (qresync && !enabled &&
	    (enabling = enable_qresync(x, &enabled, why)) == NULL)
		return -1;
	imap_line_init(&l);
	imap_line_put(&l, "%s ", examine ? "EXAMINE" : "SELECT");
	imap_line_string(&l, span_of(mailbox));
	if (qresync)
		imap_line_put(&l, " (QRESYNC (%u %llu))", resync->uidvalidity,
		    (unsigned long long)resync->modseq);
	else if (resync != NULL && imap_offers(x, "CONDSTORE"))
		imap_line_put(&l, " (CONDSTORE)");
	job = imap_start(x, &l, select_data, &st, why);
	imap_line_free(&l);
	if (enabling != NULL && imap_finish(x, enabling, EX_UNAVAILABLE,
	    &refused) == -1 && !imap_is_alive(x)) {
		imap_abandon(x, job);
		return fail(why, refused.code, "%s", refused.text);
	}
	if (enabled)
		imap_note_qresync(x);
	return job == NULL ? -1 : imap_finish(x, job, EX_TEMPFAIL, why);
}

/* --- Mailboxes --- */

static int
run_on(struct imap *x, const char *verb, const char *a, const char *b, int no,
    struct fail *why)
{
	struct imap_job *job;
	struct imap_line l;

	imap_line_init(&l);
	imap_line_put(&l, "%s ", verb);
	imap_line_string(&l, span_of(a));
	if (b != NULL) {
		imap_line_put(&l, " ");
		imap_line_string(&l, span_of(b));
	}
	job = imap_start(x, &l, NULL, NULL, why);
	imap_line_free(&l);
	return job == NULL ? -1 : imap_finish(x, job, no, why);
}

int
imap_create(struct imap *x, const char *mailbox, struct fail *why)
{
	return run_on(x, "CREATE", mailbox, NULL, EX_CANTCREAT, why);
}

int
imap_subscribe(struct imap *x, const char *mailbox, bool on, struct fail *why)
{
	return run_on(x, on ? "SUBSCRIBE" : "UNSUBSCRIBE", mailbox, NULL,
	    EX_UNAVAILABLE, why);
}

int
imap_delete(struct imap *x, const char *mailbox, struct fail *why)
{
	return run_on(x, "DELETE", mailbox, NULL, EX_UNAVAILABLE, why);
}

int
imap_rename(struct imap *x, const char *from, const char *to, struct fail *why)
{
	return run_on(x, "RENAME", from, to, EX_UNAVAILABLE, why);
}

int
imap_noop(struct imap *x, struct fail *why)
{
	return imap_run(x, EX_TEMPFAIL, why, "NOOP");
}

static char
read_delimiter(const struct imap_node *n)
{
	if (n == NULL || n->kind == IMAP_LIST || n->kind == IMAP_NIL ||
	    n->text.n != 1)
		return '\0';
	return n->text.p[0];
}

/* ((prefix delimiter ...) ...): of the first, or of each, as strings. */
static void
take_namespaces(const struct imap_node *list, struct strv *prefixes)
{
	const struct imap_node *n;

	if (list == NULL || list->kind != IMAP_LIST)
		return;
	for (n = list->child; n != NULL && prefixes->n < MAX_REPLY_LINES;
	    n = n->next)
		if (n->kind == IMAP_LIST && imap_is_text(n->child))
			strv_take(prefixes, span_dup(n->child->text));
}

static int
namespace_data(void *ctx, const struct imap_response *r, struct fail *why)
{
	const struct imap_node *n = r->items;
	struct imap_namespace *ns = ctx;
	struct strv personal = { NULL, 0, 0 };

	(void)why;
	if (is_data(r, "NAMESPACE")) {
		if (n == NULL)
			return 1;
		if (n->kind == IMAP_LIST && n->child != NULL &&
		    n->child->kind == IMAP_LIST && n->child->child != NULL)
			ns->delimiter = read_delimiter(n->child->child->next);
		take_namespaces(n, &personal);
		if (personal.n > 0 && ns->prefix == NULL)
			ns->prefix = xstrdup(personal.v[0]);
		strv_free(&personal);
		for (n = n->next; n != NULL; n = n->next)
			take_namespaces(n, &ns->others);
		return 1;
	}
	if (!is_data(r, "LIST") || n == NULL)
		return 0;
	ns->delimiter = read_delimiter(n->next);
	return 1;
}

int
imap_namespace(struct imap *x, struct imap_namespace *ns, struct fail *why)
{
	struct imap_job *job;
	struct imap_line l;

	memset(ns, 0, sizeof(*ns));
	imap_line_init(&l);
	imap_line_put(&l, "%s", imap_offers(x, "NAMESPACE") ?
	    "NAMESPACE" : "LIST \"\" \"\"");
	job = imap_start(x, &l, namespace_data, ns, why);
	imap_line_free(&l);
	return job == NULL ? -1 : imap_finish(x, job, EX_TEMPFAIL, why);
}

void
imap_namespace_free(struct imap_namespace *ns)
{
	free(ns->prefix);
	strv_free(&ns->others);
	memset(ns, 0, sizeof(*ns));
}

/* --- LIST and STATUS --- */

struct listing {
	const struct imap_lister	*lister;
	size_t				 rows;
};

static const char *
find_use(const struct imap_node *flag)
{
	static const struct {
		const char	*flag, *use;
	} table[] = {
		{ "\\All", "all" }, { "\\Archive", "archive" },
		{ "\\Drafts", "drafts" }, { "\\Flagged", "flagged" },
		{ "\\Junk", "junk" }, { "\\Sent", "sent" },
		{ "\\Trash", "trash" }
	};
	size_t i;

	for (i = 0; i < NELEM(table); i++)
		if (imap_is_atom(flag, table[i].flag))
			return table[i].use;
	return NULL;
}

static int
take_row(struct listing *li, const struct imap_node *n, struct fail *why)
{
	struct imap_row row = { .selectable = true };
	const struct imap_node *flag;

	if (n == NULL || n->kind != IMAP_LIST || n->next == NULL ||
	    !imap_is_text(n->next->next))
		return fail(why, EX_PROTOCOL, "malformed IMAP response: LIST");
	for (flag = n->child; flag != NULL; flag = flag->next) {
		if (imap_is_atom(flag, "\\Noselect") ||
		    imap_is_atom(flag, "\\NonExistent"))
			row.selectable = false;
		if (imap_is_atom(flag, "\\HasChildren"))
			row.has_children = true;
		if (imap_is_atom(flag, "\\Subscribed"))
			row.subscribed = true;
		if (find_use(flag) != NULL)
			row.use = find_use(flag);
	}
	row.delimiter = read_delimiter(n->next);
	row.name = n->next->next->text;
	return li->lister->row(li->lister->ctx, &row, why) == -1 ? -1 : 1;
}

static int
take_status(struct listing *li, const struct imap_node *n, struct fail *why)
{
	const struct imap_node *item;
	uint32_t messages = 0, unseen = 0;
	uint64_t v;

	if (!imap_is_text(n) || n->next == NULL || n->next->kind != IMAP_LIST)
		return fail(why, EX_PROTOCOL, "malformed IMAP response: STATUS");
	for (item = n->next->child; item != NULL && item->next != NULL;
	    item = item->next->next) {
		if (imap_number(item->next->text, UINT32_MAX, &v) == -1)
			continue;
		if (imap_is_atom(item, "MESSAGES"))
			messages = (uint32_t)v;
		else if (imap_is_atom(item, "UNSEEN"))
			unseen = (uint32_t)v;
	}
	return li->lister->status(li->lister->ctx, n->text, messages, unseen,
	    why) == -1 ? -1 : 1;
}

static int
list_data(void *ctx, const struct imap_response *r, struct fail *why)
{
	struct listing *li = ctx;

	if (!is_data(r, "LIST") && !is_data(r, "STATUS"))
		return 0;
	if (li->rows++ >= 2 * MAX_MAILBOXES)
		return fail(why, EX_PROTOCOL, "more than %d mailboxes",
		    MAX_MAILBOXES);
	if (is_data(r, "LIST"))
		return take_row(li, r->items, why);
	return take_status(li, r->items, why);
}

int
imap_list(struct imap *x, const char *pattern, const struct imap_lister *lister,
    bool *counted, struct fail *why)
{
	struct listing li = { lister, 0 };
	struct imap_job *job;
	struct imap_line l;

	*counted = imap_offers(x, "LIST-STATUS");
	imap_line_init(&l);
	imap_line_put(&l, "LIST \"\" ");
	imap_line_string(&l, span_of(pattern));
	if (*counted)
		imap_line_put(&l, " RETURN (CHILDREN SUBSCRIBED%s "
		    "STATUS (MESSAGES UNSEEN))",
		    imap_offers(x, "SPECIAL-USE") ? " SPECIAL-USE" : "");
	job = imap_start(x, &l, list_data, &li, why);
	imap_line_free(&l);
	return job == NULL ? -1 : imap_finish(x, job, EX_TEMPFAIL, why);
}

static struct imap_job *
start_status(struct imap *x, const char *mailbox, struct listing *li,
    struct fail *why)
{
	struct imap_job *job;
	struct imap_line l;

	imap_line_init(&l);
	imap_line_put(&l, "STATUS ");
	imap_line_string(&l, span_of(mailbox));
	imap_line_put(&l, " (MESSAGES UNSEEN)");
	job = imap_start(x, &l, list_data, li, why);
	imap_line_free(&l);
	return job;
}

int
imap_status(struct imap *x, char *const *mailboxes, size_t n,
    const struct imap_lister *lister, struct fail *why)
{
	struct imap_job *jobs[PIPELINE_WINDOW];
	struct listing li = { lister, 0 };
	size_t said = 0, heard = 0;
	struct fail refused;

	while (heard < n) {
		while (said < n && said - heard < PIPELINE_WINDOW) {
			jobs[said % PIPELINE_WINDOW] = start_status(x,
			    mailboxes[said], &li, why);
			if (jobs[said % PIPELINE_WINDOW] == NULL)
				return -1;
			said++;
		}
		fail_clear(&refused);
		if (imap_finish(x, jobs[heard % PIPELINE_WINDOW], EX_TEMPFAIL,
		    &refused) == -1 && !imap_is_alive(x))
			return fail(why, refused.code, "%s", refused.text);
		heard++;
	}
	return 0;
}

/* --- SELECT refused: why? --- */

static int
note_row(void *ctx, const struct imap_row *row, struct fail *why)
{
	bool *exists = ctx;

	(void)why;
	*exists = *exists || row->selectable;
	return 0;
}

static int
ignore_status(void *ctx, struct span name, uint32_t messages, uint32_t unseen,
    struct fail *why)
{
	(void)ctx;
	(void)name;
	(void)messages;
	(void)unseen;
	(void)why;
	return 0;
}

/*
 * NO without a code: there is none of that name (Dovecot says it so), or another
 * reason, which an introduction may mend.  1: worth another try.
 */
static int
explain_refusal(struct imap *x, const char *mailbox, const struct fail *first,
    struct fail *why)
{
	struct fail ignored = { 0 };
	struct imap_lister lister;
	bool exists = false, counted;

	lister.row = note_row;
	lister.status = ignore_status;
	lister.ctx = &exists;
	if (imap_list(x, mailbox, &lister, &counted, &ignored) == 0 && !exists)
		return fail(why, EX_NOINPUT, "%s", first->text);
	if (imap_is_alive(x) && introduce(x) == 0)
		return 1;
	return fail(why, first->code, "%s", first->text);
}

int
imap_select(struct imap *x, const char *mailbox, bool examine,
    const struct imap_resync *resync, struct imap_mailbox *m, struct fail *why)
{
	struct fail first = { 0 };

	imap_set_watch(x, NULL);
	if (say_select(x, mailbox, examine, resync, m, &first) == -1) {
		if (!imap_is_alive(x))
			return fail(why, first.code, "%s", first.text);
		if (resync != NULL && first.code == EX_PROTOCOL)
			/* BAD: it cannot do what it offers. */
			return imap_select(x, mailbox, examine, NULL, m, why);
		if (first.code != EX_TEMPFAIL || imap_code(x)[0] != '\0')
			return fail(why, first.code, "%s", first.text);
		if (explain_refusal(x, mailbox, &first, why) == -1 ||
		    say_select(x, mailbox, examine, resync, m, why) == -1)
			return -1;
	}
	m->read_only = examine || strcmp(imap_code(x), "READ-ONLY") == 0;
	return 0;
}

/* --- SEARCH --- */

struct search_state {
	struct imap_uids	*uids;
	size_t			 max;
};

static int
add_uid(struct search_state *st, uint64_t uid, struct fail *why)
{
	struct imap_uids *u = st->uids;

	if (uid == 0 || uid > UINT32_MAX)
		return 1;
	if (u->n >= st->max)
		return fail(why, EX_PROTOCOL,
		    "a search found more messages than there are");
	u->v = xgrow(u->v, u->n, &u->cap, sizeof(*u->v));
	u->v[u->n++] = (uint32_t)uid;
	return 1;
}

static int
take_esearch(struct search_state *st, const struct imap_node *n,
    struct fail *why)
{
	uint32_t low, high;
	struct span set;
	uint64_t uid;
	int result;

	while (n != NULL && !imap_is_atom(n, "ALL"))
		n = n->next;
	if (n == NULL)
		return 1;
	if (n->next == NULL || n->next->kind != IMAP_ATOM)
		return fail(why, EX_PROTOCOL, "malformed IMAP response: ESEARCH");
	set = n->next->text;
	while ((result = imap_set_next(&set, &low, &high)) == 1)
		for (uid = low; uid <= high; uid++)
			if (add_uid(st, uid, why) == -1)
				return -1;
	if (result == -1)
		return fail(why, EX_PROTOCOL, "malformed IMAP response: ESEARCH");
	return 1;
}

static int
search_data(void *ctx, const struct imap_response *r, struct fail *why)
{
	struct search_state *st = ctx;
	const struct imap_node *n;
	uint64_t uid;

	if (is_data(r, "ESEARCH"))
		return take_esearch(st, r->items, why);
	if (!is_data(r, "SEARCH"))
		return 0;
	for (n = r->items; n != NULL; n = n->next)
		if (n->kind == IMAP_ATOM &&
		    imap_number(n->text, UINT32_MAX, &uid) == 0 &&
		    add_uid(st, uid, why) == -1)
			return -1;
	return 1;
}

static int
compare_uids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void
sort_uids(struct imap_uids *u)
{
	size_t from, to = 0;

	if (u->n == 0)
		return;
	qsort(u->v, u->n, sizeof(*u->v), compare_uids);
	for (from = 1; from < u->n; from++)
		if (u->v[from] != u->v[to])
			u->v[++to] = u->v[from];
	u->n = to + 1;
}

static int
search(struct imap *x, const char *verb, struct imap_line *keys, size_t max,
    struct imap_uids *found, struct fail *why)
{
	/* New mail may be found too, and a server may repeat itself. */
	struct search_state st = { found, 2 * max + MAX_REPLY_LINES };
	struct imap_job *job;
	struct imap_line l;

	imap_line_init(&l);
	imap_line_put(&l, "%s %s%s", verb,
	    imap_offers(x, "ESEARCH") ? "RETURN (ALL) " : "",
	    keys->is_8bit && !imap_uses_utf8(x) ? "CHARSET UTF-8 " : "");
	imap_line_add(&l, keys);
	job = imap_start(x, &l, search_data, &st, why);
	imap_line_free(&l);
	if (job == NULL || imap_finish(x, job, EX_TEMPFAIL, why) == -1)
		return -1;
	sort_uids(found);
	return 0;
}

int
imap_search(struct imap *x, struct imap_line *keys, size_t max,
    struct imap_uids *uids, struct fail *why)
{
	return search(x, "UID SEARCH", keys, max, uids, why);
}

int
imap_search_places(struct imap *x, struct imap_line *keys, size_t max,
    struct imap_uids *places, struct fail *why)
{
	return search(x, "SEARCH", keys, max, places, why);
}

struct count_state {
	uint64_t	first, count;
};

static int
count_data(void *ctx, const struct imap_response *r, struct fail *why)
{
	struct count_state *st = ctx;
	const struct imap_node *n;

	(void)why;
	if (!is_data(r, "ESEARCH"))
		return 0;
	for (n = r->items; n != NULL && n->next != NULL; n = n->next)
		if (imap_is_atom(n, "MIN"))
			imap_number(n->next->text, UINT32_MAX, &st->first);
		else if (imap_is_atom(n, "COUNT"))
			imap_number(n->next->text, UINT32_MAX, &st->count);
	return 1;
}

int
imap_search_count(struct imap *x, const char *keys, uint32_t *first,
    uint32_t *count, struct fail *why)
{
	struct count_state st = { 0, 0 };
	struct imap_job *job;
	struct imap_line l;

	imap_line_init(&l);
	imap_line_put(&l, "SEARCH RETURN (MIN COUNT) %s", keys);
	job = imap_start(x, &l, count_data, &st, why);
	imap_line_free(&l);
	if (job == NULL || imap_finish(x, job, EX_TEMPFAIL, why) == -1)
		return -1;
	*first = (uint32_t)st.first;
	*count = (uint32_t)st.count;
	return 0;
}
