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

#include "../mime/envelope.h"
#include "../net/cred.h"
#include "../net/pop3.h"
#include "headcache.h"
#include "pop3cache.h"

struct box {
	struct pop3	*p;		/* owned; NULL: not connected */
	uint32_t	*numbers;	/* owned: the server's, of message i + 1; 0: none now */
	size_t		 cap;
	struct headcache *cache;	/* owned; NULL: none is kept */
	FILE		*last;		/* owned: the message fetched last; or NULL */
	uint32_t	 last_n;
};

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
	struct row key = { .number = number }, *r = NULL;

	if (x->n > 0)
		r = bsearch(&key, x->v, x->n, sizeof(*x->v), by_number);
	if (r != NULL)
		r->uidl = span_dup(uidl);
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
	qsort(x->v, x->n, sizeof(*x->v), by_number);
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
		match(s, &x);
		result = add_messages(s, &x, added, why);
	}
	free_rows(&x);
	if (result == -1)
		disconnect(b);
	return result;
}

static int
need_session(struct store *s, struct fail *why)
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

/* --- Messages. --- */

/* Retrieving some messages into stages, one after the other. */
struct fetching {
	struct store	*s;
	const uint32_t	*v;		/* our numbers */
	size_t		 i;
	int		(*take)(void *ctx, struct store *s, uint32_t n, FILE *f,
			    struct fail *result);
	void		*ctx;
};

static FILE *
begin_message(void *ctx, uint32_t number, struct fail *why)
{
	(void)ctx;
	(void)number;
	return store_stage(why);
}

static int
end_message(void *ctx, uint32_t number, FILE *f, uint64_t octets,
    struct fail *result)
{
	struct fetching *x = ctx;
	int taken;

	(void)number;
	(void)octets;
	if (f != NULL && result->code == 0 && (fflush(f) != 0 || ferror(f)))
		fail_errno(result, EX_IOERR, "temporary file");
	if (f != NULL && result->code != 0) {
		fclose(f);
		f = NULL;
	}
	if (f != NULL)
		rewind(f);
	taken = x->take(x->ctx, x->s, x->v[x->i++], f, result);
	if (f != NULL)
		fclose(f);
	return taken;
}

/* Whole messages (lines -1) or their first lines, each given to `take'. */
static int
retrieve(struct store *s, const uint32_t *v, size_t n, int lines,
    int (*take)(void *, struct store *, uint32_t, FILE *, struct fail *),
    void *ctx, struct fail *why)
{
	struct fetching x = { .s = s, .v = v, .take = take, .ctx = ctx };
	struct pop3_sink sink = { begin_message, end_message, &x };
	struct box *b = s->data;
	uint32_t *numbers;
	size_t i;
	int result;

	if (need_session(s, why) == -1)
		return -1;
	b = s->data;
	numbers = xreallocarray(NULL, n + 1, sizeof(*numbers));
	for (i = 0; i < n; i++)
		if ((numbers[i] = b->numbers[v[i] - 1]) == 0)
			break;
	if (i < n)
		result = fail(why, EX_NOINPUT, "%s: message %u is gone", s->name,
		    v[i]);
	else
		result = pop3_retrieve(b->p, numbers, n, lines, &sink, why);
	free(numbers);
	return result;
}

static int
pop3_store_messages(struct store *s, const uint32_t *v, size_t n,
    int (*each)(void *, struct store *, uint32_t, FILE *, struct fail *),
    void *ctx, struct fail *why)
{
	return retrieve(s, v, n, -1, each, ctx, why);
}

/* What a callback of retrieve left when it stopped. */
struct one {
	FILE		*copy;
	unsigned	 what;		/* LOAD_ bits */
	struct fail	*why;
};

static int
copy_message(void *ctx, struct store *s, uint32_t n, FILE *f,
    struct fail *result)
{
	struct one *x = ctx;

	(void)s;
	(void)n;
	if (f == NULL) {
		*x->why = *result;
		return -1;
	}
	if ((x->copy = store_stage(x->why)) == NULL)
		return -1;
	return stream_copy(f, x->copy, UINT64_MAX, x->why);
}

/* The message, kept here too: reading it part by part asks once. */
static FILE *
pop3_store_message(struct store *s, uint32_t n, struct fail *why)
{
	struct box *b = s->data;
	struct one x = { .why = why };

	if (b->last_n != n) {
		if (b->last != NULL)
			fclose(b->last);
		b->last_n = 0;
		(void)retrieve(s, &n, 1, -1, copy_message, &x, why);
		b->last = x.copy;
		if (why->code != 0)
			return NULL;
		b->last_n = n;
	}
	x.copy = store_stage(why);
	if (x.copy == NULL)
		return NULL;
	rewind(b->last);
	if (stream_copy(b->last, x.copy, UINT64_MAX, why) == -1) {
		fclose(x.copy);
		return NULL;
	}
	rewind(x.copy);
	return x.copy;
}

/* The header at the front of a stream; the caller frees it. */
static char *
read_head(FILE *f, size_t *len)
{
	char *text, *line = NULL;
	size_t cap = 0, total = 0;
	FILE *out = xmemstream(&text, len);
	ssize_t n;

	while (total < MAX_HEAD_SIZE && (n = xgetline(&line, &cap, f)) > 0) {
		fwrite(line, 1, (size_t)n, out);
		total += (size_t)n;
		if (line[0] == '\n')
			break;
	}
	free(line);
	fclose(out);
	return text;
}

/* The same, kept for the next run. */
static void
keep_head(struct store *s, uint32_t n, FILE *f, struct head *h)
{
	const struct box *b = s->data;
	size_t len;
	char *text = read_head(f, &len);

	pop3cache_put(b->cache, &s->msgs[n - 1], (struct span){ text, len });
	head_parse(h, text, len);
}

/* From what is kept; false: it is not. */
static bool
kept_head(struct store *s, uint32_t n, struct head *h)
{
	const struct box *b = s->data;
	struct span text = pop3cache_get(b->cache, &s->msgs[n - 1]);

	if (text.n == 0)
		return false;
	head_parse(h, xstrndup(text.p, text.n), text.n);
	return true;
}

static int
load_message(void *ctx, struct store *s, uint32_t n, FILE *f,
    struct fail *result)
{
	struct one *x = ctx;
	struct msg *m = &s->msgs[n - 1];
	const char *charset = s->options->charset_8bit;
	struct head h;

	if (f == NULL) {
		*x->why = *result;
		return -1;
	}
	if ((x->what & LOAD_ENVELOPE) != 0 && m->envelope == NULL) {
		keep_head(s, n, f, &h);
		m->envelope = envelope_read(&h, charset);
		head_free(&h);
		m->loaded |= LOAD_ENVELOPE;
		rewind(f);
	}
	if ((x->what & LOAD_STRUCTURE) != 0 && m->structure == NULL) {
		m->structure = part_parse(f, charset, x->why);
		if (m->structure == NULL)
			return -1;
		m->loaded |= LOAD_STRUCTURE;
	}
	return 0;
}

/* Does the server do TOP?  One without CAPA is asked. */
static bool
has_top(const struct store *s)
{
	const struct box *b = s->data;

	return pop3_offers(b->p, "TOP") || pop3_capabilities(b->p)->n == 0;
}

/* Envelopes of those whose headers are kept; the others go into ask. */
static size_t
load_kept(struct store *s, const uint32_t *v, size_t n, uint32_t *ask)
{
	const char *charset = s->options->charset_8bit;
	struct head h;
	struct msg *m;
	size_t i, left = 0;

	for (i = 0; i < n; i++) {
		m = &s->msgs[v[i] - 1];
		if (!kept_head(s, v[i], &h)) {
			ask[left++] = v[i];
			continue;
		}
		if (m->envelope == NULL)
			m->envelope = envelope_read(&h, charset);
		m->loaded |= LOAD_ENVELOPE;
		head_free(&h);
	}
	return left;
}

static int
load_from_server(struct store *s, const uint32_t *v, size_t n, unsigned what,
    struct fail *why)
{
	struct one x = { .what = what, .why = why };
	struct fail top;
	int result;

	if (need_session(s, why) == -1)
		return -1;
	if ((what & LOAD_STRUCTURE) == 0 && has_top(s)) {
		fail_clear(&top);
		x.why = &top;
		result = retrieve(s, v, n, 0, load_message, &x, &top);
		if (result == 0)
			return 0;
		if (top.code != EX_UNAVAILABLE) {
			*why = top;
			return -1;
		}
		x.why = why;	/* -ERR to TOP: the whole message then */
	}
	result = retrieve(s, v, n, -1, load_message, &x, why);
	return result;
}

static int
pop3_store_load(struct store *s, const uint32_t *v, size_t n, unsigned what,
    struct fail *why)
{
	uint32_t *ask;
	int result = 0;

	/* Sizes came with the list. */
	if ((what & (LOAD_ENVELOPE | LOAD_STRUCTURE)) == 0)
		return 0;
	if ((what & LOAD_STRUCTURE) != 0)
		return load_from_server(s, v, n, what, why);
	ask = xreallocarray(NULL, n + 1, sizeof(*ask));
	n = load_kept(s, v, n, ask);
	if (n > 0)
		result = load_from_server(s, ask, n, what, why);
	free(ask);
	return result;
}

static int
head_message(void *ctx, struct store *s, uint32_t n, FILE *f,
    struct fail *result)
{
	struct head *h = ctx;

	if (f == NULL)
		return -1;
	(void)result;
	keep_head(s, n, f, h);
	return 0;
}

static int
pop3_store_head(struct store *s, uint32_t n, struct head *h, struct fail *why)
{
	FILE *f;

	if (kept_head(s, n, h))
		return 0;
	if (need_session(s, why) == -1)
		return -1;
	if (has_top(s) && retrieve(s, &n, 1, 0, head_message, h, why) == 0)
		return 0;
	if (why->code != 0 || (f = pop3_store_message(s, n, why)) == NULL)
		return -1;
	keep_head(s, n, f, h);
	fclose(f);
	return 0;
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
	if ((result = need_session(s, why)) == 0) {
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

	if (need_session(s, why) == -1)
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
