/* SPDX-License-Identifier: ISC */
/*
 * pop3load.c -- messages of a maildrop: whole by RETR, headers by TOP where the
 * server has it, and what is kept of these (pop3cache.c); pipelined all.
 */
#include <stdlib.h>
#include <string.h>

#include "../mime/envelope.h"
#include "../net/pop3.h"
#include "pop3box.h"
#include "pop3cache.h"

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

	if (pop3_need_session(s, why) == -1)
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

int
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
FILE *
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

	if (pop3_need_session(s, why) == -1)
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

int
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

int
pop3_store_head(struct store *s, uint32_t n, struct head *h, struct fail *why)
{
	FILE *f;

	if (kept_head(s, n, h))
		return 0;
	if (pop3_need_session(s, why) == -1)
		return -1;
	if (has_top(s) && retrieve(s, &n, 1, 0, head_message, h, why) == 0)
		return 0;
	if (why->code != 0 || (f = pop3_store_message(s, n, why)) == NULL)
		return -1;
	keep_head(s, n, f, h);
	fclose(f);
	return 0;
}
