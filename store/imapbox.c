/* SPDX-License-Identifier: ISC */
/*
 * imapbox.c -- mailboxes by name: appending to them, making, removing, renaming and
 * listing them (RFC 9051 6.3), their quotas, on any session with the server that is
 * free.
 */
#include <stdlib.h>
#include <string.h>

#include "imap.h"

/* A mailbox by URL: the session to use, and its name there. */
struct place {
	struct session	*session;
	char		*mailbox;	/* owned */
	char		*path;		/* owned: ours */
};

static void
leave(struct place *p)
{
	free(p->mailbox);
	free(p->path);
}

static int
reach(struct place *p, const char *url, const struct store_options *o,
    bool alone, struct fail *why)
{
	memset(p, 0, sizeof(*p));
	if ((p->session = pool_session(url, o, alone, &p->path, why)) == NULL)
		return -1;
	if ((p->mailbox = pool_mailbox(p->session, p->path, false,
	    why)) != NULL)
		return 0;
	leave(p);
	return -1;
}

/* --- Appending --- */

/* The Message-ID of what is at f's position, to which it goes back; or NULL.  Caller frees. */
static char *
read_message_id(FILE *f)
{
	struct strv ids = { NULL, 0, 0 };
	const struct field *field;
	struct head h;
	char *text, *line = NULL, *id = NULL;
	size_t len, cap = 0;
	off_t start = ftello(f);
	ssize_t n;
	FILE *out;

	out = xmemstream(&text, &len);
	while ((n = xgetline(&line, &cap, f)) > 0 && line[0] != '\n' &&
	    strcmp(line, "\r\n") != 0 && ftello(out) < MAX_FIELD_SIZE)
		fwrite(line, 1, (size_t)n, out);
	fclose(out);
	free(line);
	head_parse(&h, text, len);
	if ((field = head_get(&h, "Message-ID")) != NULL)
		envelope_ids(field->body, &ids);
	if (ids.n > 0)
		id = xstrdup(ids.v[0]);
	strv_free(&ids);
	head_free(&h);
	clearerr(f);
	return fseeko(f, start, SEEK_SET) == 0 ? id : NULL;
}

/* Octets with CRLF line ends, from here to the end; goes back. */
static uint64_t
count_octets(FILE *f)
{
	off_t start = ftello(f);
	uint64_t n = 0;
	int c, last = 0;

	while ((c = getc_unlocked(f)) != EOF) {
		n += c == '\n' && last != '\r' ? 2 : 1;
		last = c;
	}
	clearerr(f);
	return fseeko(f, start, SEEK_SET) == 0 ? n : 0;
}

/*
 * The record of an intent: the octets and the Message-ID, by which the message is
 * found again.  "-": it has none, and will rather come twice than never.
 */
static int
write_intent(FILE *f, const struct store_intent *intent, struct fail *why)
{
	char *id, *record;
	int result;

	id = read_message_id(f);
	record = xasprintf("imap %llu %s", (unsigned long long)count_octets(f),
	    id != NULL && strpbrk(id, " \r\n\t") == NULL ? id : "-");
	result = store_intend(intent, record, why);
	free(record);
	free(id);
	return result;
}

static int
append_once(struct place *p, FILE *f, const struct msg *like, struct fail *why)
{
	char when[DATE_MAX] = "", *flags;
	struct date d;
	int result;

	flags = like == NULL ? xstrdup("") : imap_flags(like->flags &
	    (MSG_SEEN | MSG_ANSWERED | MSG_FLAGGED | MSG_DRAFT), like->tags);
	if (like != NULL && like->arrived != 0) {
		date_local(like->arrived, &d);
		date_imap(&d, when);
	}
	result = imap_append(p->session->imap, p->mailbox, flags, when, f, why);
	free(flags);
	return result;
}

static int
append_there(struct store *s, struct place *p, FILE *f, const struct msg *like,
    struct fail *why)
{
	struct imap *x = p->session->imap;
	off_t start = ftello(f);
	struct fail first = { 0 };

	if (append_once(p, f, like, &first) == 0)
		return 0;
	if (s->mode != STORE_APPEND || !imap_is_alive(x) ||
	    strcmp(imap_code(x), "TRYCREATE") != 0)
		return fail(why, first.code, "%s", first.text);
	if (imap_create(x, p->mailbox, why) == -1)
		return -1;
	if (fseeko(f, start, SEEK_SET) == -1)
		return fail_errno(why, EX_IOERR, "the message");
	return append_once(p, f, like, why);
}

/* A stream that can be read twice: f itself, or a copy to be closed. */
static FILE *
make_seekable(FILE *f, struct fail *why)
{
	FILE *stage;

	if (ftello(f) != -1)
		return f;
	if ((stage = store_stage(why)) == NULL)
		return NULL;
	if (stream_copy(f, stage, UINT64_MAX, why) == 0 &&
	    fflush(stage) == 0 && fseeko(stage, 0, SEEK_SET) == 0)
		return stage;
	fail_errno(why, EX_IOERR, "the stage file");
	fclose(stage);
	return NULL;
}

int
imap_append_message(struct store *s, FILE *f, const struct msg *like,
    const struct store_intent *intent, struct fail *why)
{
	struct place p;
	FILE *in;
	int result;

	if ((in = make_seekable(f, why)) == NULL)
		return -1;
	if (reach(&p, box_of(s)->url, s->options, false, why) == -1)
		result = -1;
	else {
		result = intent == NULL ? 0 : write_intent(in, intent, why);
		if (result == 0)
			result = append_there(s, &p, in, like, why);
		if (result == -1)
			fail_where(why, "%s", p.path);
		leave(&p);
	}
	if (in != f)
		fclose(in);
	return result;
}

/* The server's OK to APPEND has made each durable. */
int
imap_commit(struct store *s, struct fail *why)
{
	(void)s;
	(void)why;
	return 0;
}

static int
search_intent(struct session *ss, const struct imap_mailbox *m,
    const char *id, uint64_t octets, struct fail *why)
{
	struct imap_uids uids = { NULL, 0, 0 };
	struct imap_line l;
	int result;

	imap_line_init(&l);
	if (octets > 0 && octets < UINT32_MAX)
		imap_line_put(&l, "LARGER %llu SMALLER %llu ",
		    (unsigned long long)octets - 1,
		    (unsigned long long)octets + 1);
	imap_line_put(&l, "HEADER Message-ID ");
	imap_line_string(&l, span_of(id));
	result = imap_search(ss->imap, &l, m->exists, &uids, why);
	imap_line_free(&l);
	if (result == 0)
		result = uids.n > 0;
	free(uids.v);
	return result;
}

int
imap_recover(struct store *s, const char *record, FILE *message,
    struct fail *why)
{
	struct imap_mailbox m;
	struct fail first = { 0 };
	const char *id;
	uint64_t octets;
	struct place p;
	struct span size;
	int result;

	(void)message;
	if (strncmp(record, "imap ", 5) != 0 ||
	    (id = strchr(record + 5, ' ')) == NULL)
		return fail(why, EX_DATAERR, "a record of no IMAP append");
	size.p = record + 5;
	size.n = (size_t)(id - size.p);
	if (imap_number(size, UINT64_MAX, &octets) == -1)
		return fail(why, EX_DATAERR, "a record of no IMAP append");
	if (strcmp(++id, "-") == 0)
		return 0;
	if (reach(&p, box_of(s)->url, s->options, true, why) == -1)
		return -1;
	if (imap_select(p.session->imap, p.mailbox, true, NULL, &m, &first) == 0)
		result = search_intent(p.session, &m, id, octets, why);
	else if (first.code == EX_NOINPUT)
		result = 0;
	else
		result = fail(why, first.code, "%s: %s", p.path, first.text);
	leave(&p);
	return result;
}

/* --- Making, removing, renaming --- */

struct rows {
	const struct session	*ss;		/* borrowed */
	struct strv		 names;		/* the server's */
	struct store_list_entry	*v;		/* owned; name owned too */
	size_t			 n, cap;
};

static int
add_name(void *ctx, const struct imap_row *row, struct fail *why)
{
	struct strv *names = ctx;

	(void)why;
	strv_take(names, span_dup(row->name));
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

static int
count_status(void *ctx, struct span name, uint32_t messages, uint32_t unseen,
    struct fail *why)
{
	uint32_t *count = ctx;

	(void)name;
	(void)unseen;
	(void)why;
	*count = messages;
	return 0;
}

/* The names that match a pattern, in the server's spelling. */
static int
list_names(struct imap *x, const char *pattern, struct strv *names,
    struct fail *why)
{
	struct imap_lister lister = { add_name, ignore_status, names };
	bool counted;

	return imap_list(x, pattern, &lister, &counted, why);
}

int
imap_mkdir(const char *name, bool parents, const struct store_options *o,
    struct fail *why)
{
	struct strv names = { NULL, 0, 0 };
	struct fail first = { 0 };
	struct place p;
	int result;

	if (reach(&p, name, o, false, why) == -1)
		return -1;
	/* CREATE makes the levels above too (RFC 9051 6.3.4). */
	result = imap_create(p.session->imap, p.mailbox, &first);
	if (result == -1 && parents && imap_is_alive(p.session->imap) &&
	    list_names(p.session->imap, p.mailbox, &names, why) == 0 &&
	    names.n > 0)
		result = 0;
	if (result == -1)
		fail(why, first.code, "%s: %s", p.path, first.text);
	strv_free(&names);
	leave(&p);
	return result;
}

int
imap_subscribe_to(const char *name, bool on, const struct store_options *o,
    struct fail *why)
{
	struct place p;
	int result;

	if (reach(&p, name, o, false, why) == -1)
		return -1;
	result = imap_subscribe(p.session->imap, p.mailbox, on, why);
	if (result == -1)
		fail_where(why, "%s", p.path);
	leave(&p);
	return result;
}

static int
children_of(struct place *p, struct strv *names, struct fail *why)
{
	char *pattern;
	int result;

	if (pool_need_names(p->session, why) == -1)
		return -1;
	if (p->session->names.delimiter == '\0')
		return 0;
	pattern = xasprintf("%s%c*", p->mailbox, p->session->names.delimiter);
	result = list_names(p->session->imap, pattern, names, why);
	free(pattern);
	return result;
}

static int
check_empty(struct place *p, const struct strv *children, struct fail *why)
{
	uint32_t count = 0;
	struct imap_lister lister = { add_name, count_status, &count };

	if (children->n > 0)
		return fail(why, EX_CANTCREAT, "%s: has mailboxes in it",
		    p->path);
	if (imap_status(p->session->imap, &p->mailbox, 1, &lister, why) == -1)
		return -1;
	if (count > 0)
		return fail(why, EX_CANTCREAT, "%s: not empty, messages: %u",
		    p->path, count);
	return 0;
}

static int
compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The deepest first. */
static int
delete_all(struct place *p, struct strv *children, struct fail *why)
{
	struct fail ignored;
	size_t i;

	if (children->n > 1)
		qsort(children->v, children->n, sizeof(*children->v),
		    compare_strings);
	for (i = children->n; i > 0; i--) {
		fail_clear(&ignored);
		/* A mere level goes with its last mailbox. */
		imap_delete(p->session->imap, children->v[i - 1], &ignored);
	}
	fail_clear(&ignored);
	if (imap_delete(p->session->imap, p->mailbox, &ignored) == 0 ||
	    (children->n > 0 && ignored.code == EX_NOINPUT))
		return 0;
	return fail(why, ignored.code, "%s", ignored.text);
}

int
imap_rmdir(const char *name, bool force, const struct store_options *o,
    struct fail *why)
{
	struct strv children = { NULL, 0, 0 };
	struct place p;
	int result;

	if (reach(&p, name, o, false, why) == -1)
		return -1;
	result = children_of(&p, &children, why);
	if (result == 0 && !force)
		result = check_empty(&p, &children, why);
	if (result == 0 && delete_all(&p, &children, why) == -1) {
		fail_where(why, "%s", p.path);
		result = -1;
	}
	strv_free(&children);
	leave(&p);
	return result;
}

int
imap_move_mailbox(const char *from, const char *to,
    const struct store_options *o, struct fail *why)
{
	struct place a, b;
	int result;

	if (reach(&a, from, o, false, why) == -1)
		return -1;
	if (reach(&b, to, o, false, why) == -1) {
		leave(&a);
		return -1;
	}
	if (!url_same_server(&a.session->server.url, &b.session->server.url))
		result = fail(why, EX_UNAVAILABLE,
		    "a mailbox cannot be renamed to another server");
	else if ((result = imap_rename(b.session->imap, a.mailbox, b.mailbox,
	    why)) == -1)
		fail_where(why, "%s", a.path);
	leave(&a);
	leave(&b);
	return result;
}

/* --- Quotas --- */

struct quota_reader {
	int	(*each)(void *, const struct store_quota *, struct fail *);
	void	*ctx;
};

static void
lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

/* Storage is told in units of 1024 octets. */
static uint64_t
octets_of(uint64_t units)
{
	return units > UINT64_MAX / 1024 ? UINT64_MAX : units * 1024;
}

static int
take_quota(void *ctx, const struct imap_quota *told, struct fail *why)
{
	const struct quota_reader *to = ctx;
	struct store_quota q = { .used = told->used, .limit = told->limit };
	char *root = span_dup(told->root), *word = span_dup(told->resource);
	int result;

	lower(word);
	q.root = root;
	q.resource = word;
	q.in_octets = strcmp(word, "storage") == 0 ||
	    strcmp(word, "annotation-storage") == 0;
	if (strcmp(word, "message") == 0 || strcmp(word, "mailbox") == 0)
		q.resource = word[1] == 'e' ? "messages" : "mailboxes";
	if (q.in_octets) {
		q.used = octets_of(q.used);
		q.limit = octets_of(q.limit);
	}
	result = to->each(to->ctx, &q, why);
	free(root);
	free(word);
	return result;
}

int
imap_quotas(const char *name,
    int (*each)(void *, const struct store_quota *, struct fail *),
    void *ctx, const struct store_options *o, struct fail *why)
{
	struct quota_reader to = { each, ctx };
	struct place p;
	int result;

	if (reach(&p, name, o, false, why) == -1)
		return -1;
	result = imap_quota(p.session->imap, p.mailbox, take_quota, &to, why);
	if (result == -1)
		fail_where(why, "%s", p.path);
	leave(&p);
	return result;
}

/* --- Listing --- */

/* A name that is none of ours, with all that is not plain visible. */
static char *
escape_name(struct span s)
{
	char *text;
	size_t len, i;
	FILE *f;

	f = xmemstream(&text, &len);
	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 32 || (unsigned char)s.p[i] > 126)
			fprintf(f, "\\x%02x", (unsigned char)s.p[i]);
		else
			putc(s.p[i], f);
	fclose(f);
	return text;
}

static int
add_row(void *ctx, const struct imap_row *row, struct fail *why)
{
	struct rows *rows = ctx;
	struct store_list_entry *e;
	char *name;

	(void)why;
	rows->v = xgrow(rows->v, rows->n, &rows->cap, sizeof(*rows->v));
	e = &rows->v[rows->n++];
	memset(e, 0, sizeof(*e));
	e->selectable = row->selectable;
	e->has_children = row->has_children;
	e->subscribed = row->subscribed;
	e->use = row->use;
	if ((name = pool_name(rows->ss, row->name,
	    row->delimiter)) == NULL) {
		/* Shown, but there is no way to say it. */
		name = escape_name(row->name);
		e->selectable = false;
	}
	e->name = name;
	strv_take(&rows->names, span_dup(row->name));
	return 0;
}

static int
add_counts(void *ctx, struct span name, uint32_t messages, uint32_t unseen,
    struct fail *why)
{
	struct rows *rows = ctx;
	size_t i;

	(void)why;
	for (i = rows->n; i > 0; i--)
		if (span_eq(name, rows->names.v[i - 1]))
			break;
	if (i == 0)
		return 0;
	rows->v[i - 1].has_counts = true;
	rows->v[i - 1].messages = messages;
	rows->v[i - 1].unseen = unseen;
	return 0;
}

static void
free_rows(struct rows *rows)
{
	size_t i;

	for (i = 0; i < rows->n; i++)
		free((char *)(uintptr_t)rows->v[i].name);
	free(rows->v);
	strv_free(&rows->names);
}

static int
compare_rows(const void *a, const void *b)
{
	const struct store_list_entry *x = a, *y = b;
	bool x_inbox = strcmp(x->name, "INBOX") == 0;
	bool y_inbox = strcmp(y->name, "INBOX") == 0;

	if (x_inbox != y_inbox)
		return x_inbox ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* STATUS for those that can be opened, where LIST did not count. */
static int
count_rows(struct imap *x, struct rows *rows, struct fail *why)
{
	struct imap_lister lister = { add_row, add_counts, rows };
	char **v;
	size_t i, n = 0;
	int result;

	v = xreallocarray(NULL, rows->n + 1, sizeof(*v));
	for (i = 0; i < rows->n; i++)
		if (rows->v[i].selectable)
			v[n++] = rows->names.v[i];
	result = imap_status(x, v, n, &lister, why);
	free(v);
	return result;
}

static int
fetch_rows(struct session *ss, const char *prefix, struct rows *rows,
    struct fail *why)
{
	struct imap_lister lister = { add_row, add_counts, rows };
	char *mailbox = NULL, *pattern;
	bool counted;
	int result;

	if (pool_need_names(ss, why) == -1 || (*prefix != '\0' &&
	    (mailbox = pool_mailbox(ss, prefix, false, why)) == NULL))
		return -1;
	pattern = xasprintf("%s*", mailbox != NULL ? mailbox : "");
	result = imap_list(ss->imap, pattern, &lister, &counted, why);
	if (result == 0 && !counted)
		result = count_rows(ss->imap, rows, why);
	free(pattern);
	free(mailbox);
	return result;
}

/* The name below the prefix, or NULL. */
static const char *
below(const char *name, const char *prefix)
{
	size_t n = strlen(prefix);

	while (n > 0 && prefix[n - 1] == '/')
		n--;
	if (n == 0)
		return name;
	if (strncmp(name, prefix, n) != 0 || name[n] != '/' ||
	    name[n + 1] == '\0')
		return NULL;
	return name + n + 1;
}

int
imap_list_mailboxes(const char *base, const char *pattern,
    int (*each)(void *, const struct store_list_entry *, struct fail *),
    void *ctx, const struct store_options *o, struct fail *why)
{
	struct rows rows = { NULL, { NULL, 0, 0 }, NULL, 0, 0 };
	struct store_list_entry e;
	struct session *ss;
	char *prefix;
	int result;
	size_t i;

	if ((ss = pool_session(base, o, false, &prefix, why)) == NULL)
		return -1;
	rows.ss = ss;
	result = fetch_rows(ss, prefix, &rows, why);
	if (result == 0 && rows.n > 1)
		qsort(rows.v, rows.n, sizeof(*rows.v), compare_rows);
	for (i = 0; result == 0 && i < rows.n; i++) {
		e = rows.v[i];
		e.has_children = e.has_children || (i + 1 < rows.n &&
		    below(rows.v[i + 1].name, e.name) != NULL);
		if ((e.name = below(e.name, prefix)) != NULL &&
		    (pattern == NULL || store_pattern_matches(pattern, e.name)))
			result = each(ctx, &e, why);
	}
	free_rows(&rows);
	free(prefix);
	return result;
}
