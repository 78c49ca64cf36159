/* SPDX-License-Identifier: ISC */
/*
 * pop3.c -- a POP3 maildrop as a folder (RFC 1939).
 *
 * Opening asks STAT, LIST and UIDL.  Numbers on the server hold for one
 * session: after QUIT (which alone makes deletions real) or a lost connection
 * messages are found again by UIDL and size, and what cannot be told apart so
 * is MSG_GONE and comes as new; nothing is ever deleted by its number alone.
 * The server keeps no flags: they live as long as the folder is open.
 */
#include <stdlib.h>
#include <string.h>

#include "../net/cred.h"
#include "../net/pop3.h"
#include "headcache.h"
#include "pop3box.h"
#include "pop3cache.h"

struct row {
	uint32_t	 number;
	uint64_t	 octets;
	char		*uidl;		/* owned; NULL: none */
	bool		 known;		/* it has a message already */
};

struct rows {
	struct row	*v;		/* owned */
	size_t		 n, cap;
};

/* --- The list. --- */

static void
add_size(void *ctx, uint32_t number, uint64_t octets)
{
	struct rows *x = ctx;
	struct row *r;

	x->v = xgrow(x->v, x->n, &x->cap, sizeof(*x->v));
	r = &x->v[x->n++];
	memset(r, 0, sizeof(*r));
	r->number = number;
	r->octets = octets;
}

static int
by_number(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static void
add_uidl(void *ctx, uint32_t number, struct span uidl)
{
	struct rows *x = ctx;

	/* All are there, each once, in order. */
	x->v[number - 1].uidl = span_dup(uidl);
}

static void
free_rows(struct rows *x)
{
	size_t i;

	for (i = 0; i < x->n; i++)
		free(x->v[i].uidl);
	free(x->v);
}

/* What is in the maildrop.  A server without UIDL gives rows without. */
static int
list(struct store *s, struct pop3 *p, struct rows *x, struct fail *why)
{
	struct fail none;
	uint64_t octets;
	uint32_t count;

	fail_clear(&none);
	if (pop3_stat(p, &count, &octets, why) == -1)
		return -1;
	if (count == 0)
		return 0;
	if (pop3_list(p, count, add_size, x, why) == -1)
		return -1;
	/* Else a message would be taken for gone that is there. */
	if (x->n != count)
		return fail(why, EX_PROTOCOL, "%s: STAT tells of %u messages, "
		    "LIST of %zu", s->name, count, x->n);
	sort(x->v, x->n, sizeof(*x->v), by_number);
	if (s->options->meanwhile != NULL)
		s->options->meanwhile(s->options->meanwhile_ctx);
	if (pop3_uidl(p, count, add_uidl, x, &none) == -1 &&
	    none.code != EX_UNAVAILABLE) {
		*why = none;
		return -1;
	}
	return 0;
}

/* A message at the end of the list for each row that has none. */
static int
add_messages(struct store *s, struct rows *x, uint32_t *added,
    struct fail *why)
{
	struct box *b = s->data;
	uint32_t n = s->count;
	struct msg *m;
	size_t i, more = 0;

	for (i = 0; i < x->n; i++)
		more += !x->v[i].known;
	if (more > MAX_MESSAGES - n)
		return fail(why, EX_DATAERR, "%s: too many messages", s->name);
	if (store_resize(s, n + (uint32_t)more, why) == -1)
		return -1;
	b->numbers = xreallocarray(b->numbers, s->count + 1,
	    sizeof(*b->numbers));
	for (i = 0; i < x->n; i++) {
		if (x->v[i].known)
			continue;
		m = &s->msgs[n];
		m->size = x->v[i].octets;
		m->name = x->v[i].uidl;
		x->v[i].uidl = NULL;
		m->loaded = LOAD_FLAGS | LOAD_SIZE;
		b->numbers[n++] = x->v[i].number;
	}
	*added = (uint32_t)more;
	return 0;
}

static int
by_uidl(const void *a, const void *b)
{
	const struct row *const *x = a, *const *y = b;

	if ((*x)->uidl == NULL || (*y)->uidl == NULL)
		return ((*x)->uidl != NULL) - ((*y)->uidl != NULL);
	return strcmp((*x)->uidl, (*y)->uidl);
}

/* The one row of that UIDL and size; NULL where it is not the only one. */
static struct row *
find_row(struct row **sorted, size_t n, const struct msg *m)
{
	struct row key = { .uidl = m->name }, *k = &key, **r;
	size_t i;

	if (m->name == NULL || *m->name == '\0' || n == 0)
		return NULL;
	r = bsearch(&k, sorted, n, sizeof(struct row *), by_uidl);
	if (r == NULL || (*r)->octets != m->size || (*r)->known)
		return NULL;
	i = (size_t)(r - sorted);
	if ((i > 0 && by_uidl(&sorted[i - 1], r) == 0) ||
	    (i + 1 < n && by_uidl(&sorted[i + 1], r) == 0))
		return NULL;
	return *r;
}

/* Find the messages of an earlier session in the new one's list. */
static void
match(struct store *s, struct rows *x)
{
	struct box *b = s->data;
	struct row **sorted = xreallocarray(NULL, x->n + 1, sizeof(*sorted));
	struct row *r;
	uint32_t i;

	for (i = 0; i < x->n; i++)
		sorted[i] = &x->v[i];
	qsort(sorted, x->n, sizeof(struct row *), by_uidl);
	for (i = 0; i < s->count; i++) {
		b->numbers[i] = 0;
		if ((s->msgs[i].flags & MSG_GONE) != 0)
			continue;
		if ((r = find_row(sorted, x->n, &s->msgs[i])) == NULL) {
			s->msgs[i].flags |= MSG_GONE;
			continue;
		}
		b->numbers[i] = r->number;
		r->known = true;
	}
	free(sorted);
}

/* --- The session. --- */

/* Of another user the maildrop is another. */
static void
open_cache(struct store *s, const struct server *server)
{
	struct box *b = s->data;
	struct fail none;
	char *user, *account;

	fail_clear(&none);
	if (b->cache != NULL || (user = cred_user(server, &none)) == NULL)
		return;
	account = xasprintf("%s@%s:%s", user, server->url.host,
	    server->url.port != NULL ? server->url.port : "");
	b->cache = pop3cache_open(s, account);
	free(account);
	free(user);
}

static struct pop3 *
connect_to(struct store *s, struct fail *why)
{
	struct server server;
	struct pop3 *p;

	memset(&server, 0, sizeof(server));
	if (s->options->server(s->options->ctx, s->name, &server, why) == -1)
		return NULL;
	p = pop3_open(&server, why);
	if (p != NULL)
		open_cache(s, &server);
	server_free(&server);
	return p;
}

static void
disconnect(struct box *b)
{
	pop3_close(b->p);
	b->p = NULL;
}

/* A new session, and what it shows. */
static int
begin(struct store *s, uint32_t *added, struct fail *why)
{
	struct box *b = s->data;
	struct rows x = { 0 };
	int result;

	disconnect(b);
	if ((b->p = connect_to(s, why)) == NULL)
		return -1;
	if ((result = list(s, b->p, &x, why)) == 0) {
		if (s->count > 0)
			match(s, &x);
		result = add_messages(s, &x, added, why);
	}
	free_rows(&x);
	if (result == -1)
		disconnect(b);
	return result;
}

int
pop3_need_session(struct store *s, struct fail *why)
{
	const struct box *b = s->data;
	uint32_t added;

	return b->p != NULL && !pop3_is_over(b->p) ? 0 : begin(s, &added, why);
}

static int
pop3_store_close(struct store *s, struct fail *why)
{
	struct box *b = s->data;
	struct fail none;
	uint32_t i;

	(void)why;
	fail_clear(&none);
	/* Nothing was deleted since the last QUIT: its outcome tells nothing. */
	if (b->p != NULL && !pop3_is_over(b->p))
		(void)pop3_quit(b->p, &none);
	disconnect(b);
	for (i = 0; i < s->count; i++) {
		free(s->msgs[i].name);
		s->msgs[i].name = NULL;
	}
	if (b->last != NULL)
		fclose(b->last);
	headcache_close(b->cache);
	free(b->numbers);
	free(b);
	s->data = NULL;
	return 0;
}

static int
pop3_store_open(struct store *s, struct fail *why)
{
	uint32_t added;

	if (s->mode == STORE_APPEND)
		return fail(why, EX_CANTCREAT, "%s: a POP3 folder takes no "
		    "messages", s->name);
	s->data = xcalloc(1, sizeof(struct box));
	if (begin(s, &added, why) == 0)
		return 0;
	(void)pop3_store_close(s, why);
	return -1;
}

/* --- Deleting, and the rest. --- */

/* DELE for what is marked, and QUIT, which alone makes it real. */
static int
expunge(struct store *s, const struct numbers *marked, struct fail *why)
{
	struct box *b = s->data;
	uint32_t *numbers = xreallocarray(NULL, marked->n, sizeof(*numbers));
	bool *done = xcalloc(marked->n, sizeof(*done));
	size_t i, left = 0;
	int result;

	for (i = 0; i < marked->n; i++)
		numbers[i] = b->numbers[marked->v[i] - 1];
	result = pop3_delete(b->p, numbers, marked->n, done, why);
	if (result == 0)
		result = pop3_quit(b->p, why);
	disconnect(b);
	for (i = 0; result == 0 && i < marked->n; i++)
		if (done[i])
			s->msgs[marked->v[i] - 1].flags |= MSG_GONE;
		else
			left++;
	free(numbers);
	free(done);
	if (result == 0 && left > 0)
		result = fail(why, EX_UNAVAILABLE, "%s: the server refuses to "
		    "delete %zu of %zu messages", s->name, left, marked->n);
	return result;
}

static int
pop3_store_sync(struct store *s, unsigned how, struct fail *why)
{
	const struct box *b = s->data;
	struct numbers marked = { 0 };
	uint32_t n;
	int result = 0;

	if ((how & SYNC_EXPUNGE) == 0 || s->mode != STORE_WRITE)
		return 0;
	for (n = 1; n <= s->count; n++)
		if ((s->msgs[n - 1].flags & (MSG_DELETED | MSG_GONE)) ==
		    MSG_DELETED)
			numbers_add(&marked, n);
	if (marked.n == 0)
		return 0;
	if ((result = pop3_need_session(s, why)) == 0) {
		/* A new session may have shown that some are gone. */
		for (n = 0; n < marked.n;)
			if (b->numbers[marked.v[n] - 1] == 0)
				marked.v[n] = marked.v[--marked.n];
			else
				n++;
		if (marked.n > 0)
			result = expunge(s, &marked, why);
	}
	numbers_free(&marked);
	return result;
}

/* New mail shows in a new session alone. */
static int
pop3_store_check(struct store *s, uint32_t *added, struct fail *why)
{
	struct box *b = s->data;

	if (b->p != NULL && !pop3_is_over(b->p) && pop3_quit(b->p, why) == -1)
		return -1;
	return begin(s, added, why);
}

static int
pop3_store_capabilities(struct store *s, struct strv *words, struct fail *why)
{
	const struct box *b = s->data;
	const struct strv *capa;
	size_t i;

	if (pop3_need_session(s, why) == -1)
		return -1;
	capa = pop3_capabilities(b->p);
	for (i = 0; i < capa->n; i++)
		strv_add(words, capa->v[i]);
	return 0;
}

const struct store_ops store_pop3 = {
	.kind = "POP3",
	.open = pop3_store_open,
	.close = pop3_store_close,
	.load = pop3_store_load,
	.head = pop3_store_head,
	.message = pop3_store_message,
	.messages = pop3_store_messages,
	.sync = pop3_store_sync,
	.check = pop3_store_check,
	.capabilities = pop3_store_capabilities,
};
