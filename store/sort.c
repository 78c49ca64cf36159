/* SPDX-License-Identifier: ISC */
/*
 * sort.c -- sorting by what stands in the headers (RFC 5256 2 and 3), for folders
 * that cannot do it themselves.  Of each message only its keys are kept.
 */
#include <stdlib.h>
#include <string.h>

#include "../mime/text.h"
#include "sort.h"

/* --- The base subject, RFC 5256 2.1. --- */

static struct span
trimmed(struct span s)
{
	while (s.n > 0 && ascii_is_space((unsigned char)s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && ascii_is_space((unsigned char)s.p[s.n - 1]))
		s.n--;
	return s;
}

/* The length of `[...]' with the blanks behind it, or 0. */
static size_t
blob(struct span s)
{
	size_t n = 1;

	if (s.n == 0 || s.p[0] != '[')
		return 0;
	while (n < s.n && s.p[n] != ']' && s.p[n] != '[')
		n++;
	if (n == s.n || s.p[n] != ']')
		return 0;
	for (n++; n < s.n && ascii_is_space((unsigned char)s.p[n]); n++)
		;
	return n;
}

/* The length of `[list] Re [2]:', or 0. */
static size_t
leader(struct span s)
{
	static const char *const words[] = { "re", "fwd", "fw" };
	size_t at = 0, n, i;

	while ((n = blob((struct span){ s.p + at, s.n - at })) > 0)
		at += n;
	for (i = 0; i < NELEM(words); i++) {
		n = strlen(words[i]);
		if (s.n - at >= n &&
		    span_eq((struct span){ s.p + at, n }, words[i]))
			break;
	}
	if (i == NELEM(words))
		return 0;
	for (at += n; at < s.n && ascii_is_space((unsigned char)s.p[at]); at++)
		;
	at += blob((struct span){ s.p + at, s.n - at });
	return at < s.n && s.p[at] == ':' ? at + 1 : 0;
}

static bool
ends_in_fwd(struct span s)
{
	return s.n >= 5 && memcmp(s.p + s.n - 5, "(fwd)", 5) == 0;
}

static struct span
without_front(struct span s, bool *is_answer)
{
	size_t n;

	for (;;) {
		s = trimmed(s);
		if ((n = leader(s)) > 0)
			*is_answer = true;
		else if ((n = blob(s)) == 0 || n == s.n)
			return s;
		s.p += n;
		s.n -= n;
	}
}

char *
sort_base_subject(const char *subject, bool *is_answer)
{
	size_t len;
	char *folded = text_fold(span_of(subject == NULL ? "" : subject), &len);
	struct span s = { folded, len };
	char *base;

	*is_answer = false;
	for (;;) {
		s = trimmed(s);
		while (ends_in_fwd(s)) {
			*is_answer = true;
			s.n -= 5;
			s = trimmed(s);
		}
		s = without_front(s, is_answer);
		if (s.n < 6 || memcmp(s.p, "[fwd:", 5) != 0 ||
		    s.p[s.n - 1] != ']')
			break;
		*is_answer = true;
		s.p += 5;
		s.n -= 6;
	}
	base = span_dup(s);
	free(folded);
	return base;
}

/* --- Keys. --- */

struct value {
	int64_t		 number;
	char		*text;		/* owned; or NULL */
};

struct row {
	uint32_t	 n;
	struct value	*values;	/* owned */
};

struct table {
	const struct sort_by *by;
	size_t		 nby;
	struct row	*rows;		/* owned */
	size_t		 n, cap;
};

/* The local part of the first address. */
static char *
mailbox_of(const struct addrs *as)
{
	const char *addr = as->n > 0 ? as->v[0].addr : "", *at;
	size_t len;

	if ((at = strrchr(addr, '@')) == NULL)
		at = addr + strlen(addr);
	return text_fold((struct span){ addr, (size_t)(at - addr) }, &len);
}

static int64_t
date_of(const struct msg *m)
{
	return m->envelope != NULL && m->envelope->has_date ?
	    m->envelope->date.epoch : m->arrived;
}

static struct value
value_of(const struct msg *m, enum sort_key key)
{
	const struct envelope *e = m->envelope;
	struct value v = { 0, NULL };
	bool is_answer;

	switch (key) {
	case SORT_ARRIVAL:
		v.number = m->arrived;
		break;
	case SORT_DATE:
		v.number = date_of(m);
		break;
	case SORT_SIZE:
		v.number = (int64_t)m->size;
		break;
	case SORT_FLAGGED:
		v.number = (m->flags & MSG_FLAGGED) == 0;
		break;
	case SORT_UNREAD:
		v.number = (m->flags & MSG_SEEN) != 0;
		break;
	case SORT_SUBJECT:
		v.text = sort_base_subject(e->subject, &is_answer);
		break;
	case SORT_FROM:
		v.text = mailbox_of(&e->from);
		break;
	case SORT_TO:
		v.text = mailbox_of(&e->to);
		break;
	case SORT_CC:
		v.text = mailbox_of(&e->cc);
		break;
	}
	return v;
}

static int
add_row(void *ctx, struct store *s, uint32_t n, struct fail *why)
{
	struct table *t = ctx;
	struct row *r;
	size_t i;

	(void)why;
	t->rows = xgrow(t->rows, t->n, &t->cap, sizeof(*t->rows));
	r = &t->rows[t->n++];
	r->n = n;
	r->values = xcalloc(t->nby, sizeof(*r->values));
	for (i = 0; i < t->nby; i++)
		r->values[i] = value_of(store_msg(s, n), t->by[i].key);
	return 0;
}

static int
compare_values(const struct value *a, const struct value *b)
{
	if (a->text != NULL && b->text != NULL)
		return strcmp(a->text, b->text);
	return a->number < b->number ? -1 : a->number > b->number;
}

static int
compare_rows(const void *x, const void *y, void *ctx)
{
	const struct table *t = ctx;
	const struct row *a = x, *b = y;
	size_t i;
	int r;

	for (i = 0; i < t->nby; i++)
		if ((r = compare_values(&a->values[i], &b->values[i])) != 0)
			return t->by[i].reverse ? -r : r;
	return a->n < b->n ? -1 : a->n > b->n;
}

static void
free_table(struct table *t)
{
	size_t i, k;

	for (i = 0; i < t->n; i++) {
		for (k = 0; k < t->nby; k++)
			free(t->rows[i].values[k].text);
		free(t->rows[i].values);
	}
	free(t->rows);
}

int
store_sort(struct store *s, const struct sort_by *by, size_t n,
    struct numbers *ns, struct fail *why)
{
	struct table t = { .by = by, .nby = n };
	struct numbers all = { 0 };
	size_t i;
	int r = 0;

	if (s->ops->sort != NULL && (r = s->ops->sort(s, by, n, ns, why)) != 0)
		return r == -1 ? -1 : 0;
	numbers_add_all(&all, s);
	r = store_each(s, &all, LOAD_FLAGS | LOAD_SIZE | LOAD_ENVELOPE, add_row,
	    &t, why);
	numbers_free(&all);
	if (r == 0 && t.n > 0)
		qsort_r(t.rows, t.n, sizeof(*t.rows), compare_rows, &t);
	for (i = 0; i < t.n && r == 0; i++)
		numbers_add(ns, t.rows[i].n);
	free_table(&t);
	return r;
}

/* --- Threads. --- */

struct inputs {
	struct thread_input *v;		/* owned */
	size_t		 n, cap;
};

static int
add_input(void *ctx, struct store *s, uint32_t n, struct fail *why)
{
	struct inputs *x = ctx;
	const struct msg *m = store_msg(s, n);
	const struct envelope *e = m->envelope;
	const struct strv *from = e->references.n > 0 ? &e->references :
	    &e->in_reply_to;
	size_t last = from == &e->in_reply_to && from->n > 1 ? 1 : from->n, i;
	struct thread_input *in;

	(void)why;
	x->v = xgrow(x->v, x->n, &x->cap, sizeof(*x->v));
	in = &x->v[x->n++];
	memset(in, 0, sizeof(*in));
	in->n = n;
	in->date = date_of(m);
	in->id = e->message_id == NULL ? NULL : xstrdup(e->message_id);
	for (i = 0; i < last; i++)
		strv_add(&in->references, from->v[i]);
	in->subject = sort_base_subject(e->subject, &in->is_answer);
	return 0;
}

int
store_thread(struct store *s, struct numbers *ns, struct numbers *depths,
    struct fail *why)
{
	struct inputs x = { 0 };
	struct numbers all = { 0 };
	size_t i;
	int r;

	if (s->ops->thread != NULL &&
	    (r = s->ops->thread(s, ns, depths, why)) != 0)
		return r == -1 ? -1 : 0;
	numbers_add_all(&all, s);
	r = store_each(s, &all, LOAD_SIZE | LOAD_ENVELOPE, add_input, &x, why);
	numbers_free(&all);
	if (r == 0)
		thread_messages(x.v, x.n, ns, depths);
	for (i = 0; i < x.n; i++) {
		free(x.v[i].id);
		strv_free(&x.v[i].references);
		free(x.v[i].subject);
	}
	free(x.v);
	return r;
}
