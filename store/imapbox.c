/* SPDX-License-Identifier: ISC */
/*
 * imapbox.c -- mailboxes by name: making, removing, renaming and listing them (RFC
 * 9051 6.3), their quotas, on any session with the server that is free.
 */
#include <stdlib.h>
#include <string.h>

#include "imap.h"

void
place_leave(struct place *p)
{
	free(p->mailbox);
	free(p->path);
}

int
place_reach(struct place *p, const char *url, const struct store_options *o,
    bool alone, struct fail *why)
{
	memset(p, 0, sizeof(*p));
	if ((p->session = pool_session(url, o, alone, &p->path, why)) == NULL)
		return -1;
	if ((p->mailbox = pool_mailbox(p->session, p->path, false,
	    why)) != NULL)
		return 0;
	place_leave(p);
	return -1;
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

	if (place_reach(&p, name, o, false, why) == -1)
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
	place_leave(&p);
	return result;
}

int
imap_subscribe_to(const char *name, bool on, const struct store_options *o,
    struct fail *why)
{
	struct place p;
	int result;

	if (place_reach(&p, name, o, false, why) == -1)
		return -1;
	result = imap_subscribe(p.session->imap, p.mailbox, on, why);
	if (result == -1)
		fail_where(why, "%s", p.path);
	place_leave(&p);
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

	if (place_reach(&p, name, o, false, why) == -1)
		return -1;
	result = children_of(&p, &children, why);
	if (result == 0 && !force)
		result = check_empty(&p, &children, why);
	if (result == 0 && delete_all(&p, &children, why) == -1) {
		fail_where(why, "%s", p.path);
		result = -1;
	}
	strv_free(&children);
	place_leave(&p);
	return result;
}

int
imap_move_mailbox(const char *from, const char *to,
    const struct store_options *o, struct fail *why)
{
	struct place a, b;
	int result;

	if (place_reach(&a, from, o, false, why) == -1)
		return -1;
	if (place_reach(&b, to, o, false, why) == -1) {
		place_leave(&a);
		return -1;
	}
	if (!url_same_server(&a.session->server.url, &b.session->server.url))
		result = fail(why, EX_UNAVAILABLE,
		    "a mailbox cannot be renamed to another server");
	else if ((result = imap_rename(b.session->imap, a.mailbox, b.mailbox,
	    why)) == -1)
		fail_where(why, "%s", a.path);
	place_leave(&a);
	place_leave(&b);
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

	if (place_reach(&p, name, o, false, why) == -1)
		return -1;
	result = imap_quota(p.session->imap, p.mailbox, take_quota, &to, why);
	if (result == -1)
		fail_where(why, "%s", p.path);
	place_leave(&p);
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
