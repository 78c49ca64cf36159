/* SPDX-License-Identifier: ISC */
/*
 * imapfetch.c -- texts: headers, messages, parts.  Each literal streams from the
 * connection into a stage of its own; many messages are asked for with several
 * UID FETCH of a set under way, and handed out in the order that was asked.  Where it
 * is known which messages are read next, the same text of those comes along, if small.
 *
 * A text counts only for the UID that was asked, once, and only when the response
 * that brought it came in whole.  BODY.PEEK throughout: reading sets no \Seen.
 *
 * Not BINARY (RFC 3516), where the server decodes base64: a PDF of 10 kB out of a
 * message of 20 MB takes 12.5 kB then and 16.3 kB so, with all that is said before;
 * under COMPRESS, which those servers offer too, 4 % of the part are saved.  And
 * malformed base64 each server reads in its own way: Dovecot 2.3 ends the session
 * over a group that is cut short, so that a message could do that to its reader.
 */
#include <stdlib.h>
#include <string.h>

#include "imap.h"

#define CHUNK		64		/* messages of one command, at most */
#define CHUNK_OCTETS	(1024 * 1024)	/* ... and where sizes are known */
#define CHUNKS		4		/* commands under way */

/* --- Coming in --- */

static struct wanted *
find_wanted(const struct texts *t, uint32_t n)
{
	size_t i;

	for (i = t->first; n != 0 && i < t->said; i++)
		if (t->v[i].n == n && !t->v[i].here)
			return &t->v[i];
	return NULL;
}

static struct texts *
find_open(struct texts *t)
{
	while (t != NULL && t->open == NULL)
		t = t->outer;
	return t;
}

static void
drop_stage(struct wanted *w)
{
	if (w->f != NULL)
		fclose(w->f);
	w->f = NULL;
}

static void
drop_wanted(struct wanted *w)
{
	drop_stage(w);
	free(w->why);
	w->why = NULL;
}

/* The first reason counts. */
static void
set_reason(struct wanted *w, const struct fail *why)
{
	if (w->why == NULL) {
		w->why = xmalloc(sizeof(*w->why));
		*w->why = *why;
	}
}

static FILE *
open_stage(struct wanted *w)
{
	struct fail why = { 0 };

	drop_stage(w);
	if ((w->f = store_stage(&why)) == NULL)
		set_reason(w, &why);
	return w->f;
}

/* Where texts go that nobody awaits any more. */
static FILE *
nowhere(struct box *b)
{
	if (b->nowhere == NULL)
		b->nowhere = fopen("/dev/null", "w");
	return b->nowhere;
}

FILE *
texts_begin(void *store, const struct imap_response *r, struct span item,
    uint64_t size, bool *raw)
{
	struct store *s = store;
	struct box *b = box_of(s);
	struct wanted *w = NULL;
	struct texts *t;

	if (find_open(b->texts) == NULL)
		for (t = b->texts; t != NULL; t = t->outer)
			if (span_ieq(item, t->item) && (w = find_wanted(t,
			    box_number(s, r->number))) != NULL)
				break;
	if (w == NULL)
		return size > MAX_REPLY_LINE ? nowhere(b) : NULL;
	t->open = w;
	*raw = t->raw;
	return open_stage(w) != NULL ? w->f : nowhere(b);
}

/* A text in quotes, which servers may send where it is short. */
static struct texts *
take_quoted(struct texts *t, uint32_t n, const struct imap_node *items)
{
	const struct imap_node *item;
	struct wanted *w;
	size_t i;

	for (; t != NULL; t = t->outer)
		if ((item = imap_item(items, t->item)) != NULL &&
		    item->kind == IMAP_STRING &&
		    (w = find_wanted(t, n)) != NULL)
			break;
	if (t == NULL)
		return NULL;
	t->open = w;
	if (open_stage(w) == NULL)
		return t;
	for (i = 0; i < item->text.n; i++)
		if (t->raw || item->text.p[i] != '\r' ||
		    i + 1 == item->text.n || item->text.p[i + 1] != '\n')
			putc(item->text.p[i], w->f);
	return t;
}

static void
finish_stage(struct wanted *w)
{
	struct fail why = { 0 };

	w->here = true;
	if (w->f != NULL && (fflush(w->f) == EOF || ferror(w->f) ||
	    fseeko(w->f, 0, SEEK_SET) == -1)) {
		fail_errno(&why, EX_IOERR, "writing the stage file");
		set_reason(w, &why);
		drop_stage(w);
	}
}

bool
texts_take(struct store *s, uint32_t n, const struct imap_node *items)
{
	bool uid_said = imap_item_uid(items) != 0;
	struct wanted *w;
	struct texts *t;

	if ((t = find_open(box_of(s)->texts)) == NULL && uid_said)
		t = take_quoted(box_of(s)->texts, n, items);
	if (t == NULL)
		return false;
	w = t->open;
	t->open = NULL;
	if (w->n != n || !uid_said) {
		drop_wanted(w);
		return false;
	}
	finish_stage(w);
	return true;
}

static void
push_texts(struct store *s, struct texts *t)
{
	t->outer = box_of(s)->texts;
	box_of(s)->texts = t;
}

static void
pop_texts(struct store *s, const struct texts *t)
{
	box_of(s)->texts = t->outer;
}

/* --- Asked for --- */

/* The texts of v[from..to), one command. */
static struct imap_job *
say_chunk(struct store *s, const uint32_t *v, size_t n, const char *item,
    struct fail *why)
{
	struct strv sets = { NULL, 0, 0 };
	struct imap_job *job = NULL;
	struct imap_line l;

	box_sets(s, v, n, true, &sets);
	imap_line_init(&l);
	/* CHUNK numbers make one set. */
	imap_line_put(&l, "UID FETCH %s (UID BODY.PEEK%s)",
	    sets.n > 0 ? sets.v[0] : "", item + strlen("BODY"));
	if (sets.n > 0)
		job = imap_start(box_of(s)->session->imap, &l, NULL, NULL, why);
	else
		fail(why, EX_NOINPUT, "the message is gone");
	imap_line_free(&l);
	strv_free(&sets);
	return job;
}

/* Why a text did not come though its command was answered. */
static void
explain(struct store *s, struct wanted *w, const struct fail *result)
{
	struct fail why = { 0 };

	if (s->msgs[w->n - 1].flags & MSG_GONE)
		fail(&why, EX_NOINPUT, "message %u is gone", w->n);
	else if (result->code != 0)
		why = *result;
	else
		fail(&why, EX_PROTOCOL, "the server did not send message %u",
		    w->n);
	set_reason(w, &why);
}

/* After its command: a text counts if it came whole, and the server said OK. */
static void
settle(struct store *s, struct wanted *w, const struct fail *result)
{
	if (!w->here || result->code != 0)
		drop_stage(w);
	if (w->f == NULL)
		explain(s, w, result);
	w->here = true;
}

/* --- One, and those that are read soon --- */

void
imap_soon(struct store *s, const uint32_t *v, size_t n)
{
	struct soon *soon = box_of(s)->soon;
	size_t i;

	if (soon != NULL) {
		while (soon->nkept > 0)
			fclose(soon->kept[--soon->nkept].f);
		free(soon);
		box_of(s)->soon = NULL;
	}
	if (n == 0)
		return;
	soon = xcalloc(1, sizeof(*soon));
	box_of(s)->soon = soon;
	for (i = 0; i < n && i < SOON_MESSAGES; i++)
		soon->v[soon->n++] = v[i];
}

static bool
is_item(const struct kept_text *k, const char *item, bool raw)
{
	return k->raw == raw && strcmp(k->item, item) == 0;
}

/* What came ahead of that; what came ahead of those before it is not wanted any more. */
static FILE *
take_kept(struct soon *soon, uint32_t n, const char *item, bool raw)
{
	struct kept_text *k;
	FILE *f = NULL;
	size_t i, left = 0;

	while (soon->at < soon->n && soon->v[soon->at] != n)
		soon->at++;
	for (i = 0; i < soon->nkept; i++) {
		k = &soon->kept[i];
		if (f == NULL && soon->at < soon->n &&
		    k->at == soon->at && is_item(k, item, raw))
			f = k->f;
		else if (k->at < soon->at)
			fclose(k->f);
		else
			soon->kept[left++] = *k;
	}
	soon->nkept = left;
	return f;
}

static void
keep_text(struct soon *soon, uint32_t n, const char *item, bool raw, FILE *f)
{
	struct kept_text *k = &soon->kept[soon->nkept];
	size_t at = soon->at;

	while (at < soon->n && soon->v[at] != n)
		at++;
	if (soon->nkept == NELEM(soon->kept) || at == soon->n ||
	    strlcpy(k->item, item, sizeof(k->item)) >= sizeof(k->item)) {
		fclose(f);
		return;
	}
	k->at = at;
	k->raw = raw;
	k->f = f;
	soon->nkept++;
}

static bool
is_raw(const struct part *p)
{
	return p->encoding == ENCODING_BINARY && !part_is_message(p) &&
	    !part_is_multipart(p);
}

/* Octets of that text, as far as they are known; UINT64_MAX: not worth asking for ahead. */
static uint64_t
octets_of(const struct msg *m, const char *item, bool raw)
{
	char number[sizeof(((struct kept_text *)NULL)->item)];
	const struct part *p;

	if ((m->flags & MSG_GONE) != 0)
		return UINT64_MAX;
	if (strcmp(item, "BODY[HEADER]") == 0)
		return 0;
	if (strcmp(item, "BODY[]") == 0)
		return (m->loaded & LOAD_SIZE) != 0 ? m->size : UINT64_MAX;
	if (m->structure == NULL ||
	    strlcpy(number, item + strlen("BODY["), sizeof(number)) >=
	    sizeof(number))
		return UINT64_MAX;
	number[strcspn(number, "]")] = '\0';
	p = strcmp(number, "TEXT") == 0 ? m->structure :
	    part_find(m->structure, number);
	if (p == NULL || is_raw(p) != raw)
		return UINT64_MAX;
	if (!part_is_multipart(p))
		return p->size;
	return p == m->structure && (m->loaded & LOAD_SIZE) != 0 ? m->size :
	    UINT64_MAX;
}

/* The messages behind n of which that text may be wanted next, into v. */
static size_t
followers(const struct store *s, const struct soon *soon, const char *item,
    bool raw, uint32_t *v)
{
	uint64_t all = 0, octets;
	size_t i, n = 0;

	for (i = soon->at + 1; i < soon->n && soon->nkept + n <
	    NELEM(soon->kept); i++) {
		octets = octets_of(&s->msgs[soon->v[i] - 1], item, raw);
		if (octets > SOON_OCTETS)
			continue;
		if ((all += octets) > CHUNK_OCTETS)
			break;
		v[n++] = soon->v[i];
	}
	return n;
}

/* The text of the first: its stage, at its start; those of the others are kept. */
static FILE *
fetch_some(struct store *s, const uint32_t *v, size_t n, const char *item,
    bool raw, struct fail *why)
{
	struct wanted w[1 + SOON_MESSAGES];
	struct texts t = { .item = item, .raw = raw, .v = w, .said = n };
	struct fail result = { 0 };
	struct imap_job *job;
	size_t i;

	if (box_check(s, why) == -1 || box_need_uids(s, v, n, why) == -1)
		return NULL;
	for (i = 0; i < n; i++)
		w[i] = (struct wanted){ .n = v[i] };
	push_texts(s, &t);
	if (!(s->msgs[v[0] - 1].flags & MSG_GONE) &&
	    (job = say_chunk(s, v, n, item, &result)) != NULL)
		imap_finish(box_of(s)->session->imap, job, EX_TEMPFAIL,
		    &result);
	pop_texts(s, &t);
	for (i = 0; i < n; i++) {
		settle(s, &w[i], &result);
		if (i == 0 && w[0].f == NULL)
			fail(why, w[0].why->code, "%s", w[0].why->text);
		if (i > 0 && w[i].f != NULL)
			keep_text(box_of(s)->soon, v[i], item, raw, w[i].f);
		free(w[i].why);
	}
	return w[0].f;
}

/* One text: its stage, at its start. */
static FILE *
fetch_one(struct store *s, uint32_t n, const char *item, bool raw,
    struct fail *why)
{
	struct soon *soon = box_of(s)->soon;
	uint32_t v[1 + SOON_MESSAGES] = { n };
	size_t k = 0;
	FILE *f;

	if (soon != NULL) {
		if ((f = take_kept(soon, n, item, raw)) != NULL)
			return f;
		k = followers(s, soon, item, raw, v + 1);
	}
	return fetch_some(s, v, 1 + k, item, raw, why);
}

int
imap_head(struct store *s, uint32_t n, struct head *h, struct fail *why)
{
	struct fail reading = { 0 };
	size_t len;
	char *text;
	FILE *f, *out;
	int result;

	if ((f = fetch_one(s, n, "BODY[HEADER]", false, why)) == NULL)
		return -1;
	out = xmemstream(&text, &len);
	result = stream_copy(f, out, UINT64_MAX, &reading);
	fclose(out);
	fclose(f);
	if (result == -1) {
		free(text);
		return fail(why, reading.code, "%s", reading.text);
	}
	head_parse(h, text, len);
	return 0;
}

FILE *
imap_message(struct store *s, uint32_t n, struct fail *why)
{
	return fetch_one(s, n, "BODY[]", false, why);
}

FILE *
imap_part(struct store *s, uint32_t n, const struct part *p, uint64_t *octets,
    struct fail *why)
{
	char *number, *item;
	off_t size;
	FILE *f;

	number = part_number(p);
	item = xasprintf("BODY[%s]", *number == '\0' ? "TEXT" : number);
	f = fetch_one(s, n, item, is_raw(p), why);
	free(number);
	free(item);
	if (f == NULL)
		return NULL;
	if (fseeko(f, 0, SEEK_END) == -1 || (size = ftello(f)) == -1 ||
	    fseeko(f, 0, SEEK_SET) == -1) {
		fail_errno(why, EX_IOERR, "the stage file");
		fclose(f);
		return NULL;
	}
	*octets = (uint64_t)size;
	return f;
}

/* --- Many --- */

/* Commands under way, oldest first: jobs[i] brings those up to end[i]. */
struct chunks {
	struct imap_job	*jobs[CHUNKS];
	size_t		 end[CHUNKS];
	size_t		 first, n;
};

/* How many go into the next command. */
static size_t
chunk_size(const struct store *s, const uint32_t *v, size_t n)
{
	const struct msg *m;
	uint64_t octets = 0;
	size_t k;

	for (k = 0; k < n && k < CHUNK; k++) {
		m = &s->msgs[v[k] - 1];
		if (m->loaded & LOAD_SIZE)
			octets += m->size < CHUNK_OCTETS ? m->size : CHUNK_OCTETS;
		if (k > 0 && octets > CHUNK_OCTETS)
			break;
	}
	return k;
}

static int
say_more(struct store *s, struct chunks *c, struct texts *t, const uint32_t *v,
    size_t n, struct fail *why)
{
	struct imap_job *job;
	size_t k, at;

	while (t->said < n && c->n < CHUNKS) {
		k = chunk_size(s, v + t->said, n - t->said);
		if ((job = say_chunk(s, v + t->said, k, t->item, why)) == NULL)
			return -1;
		t->said += k;
		at = (c->first + c->n++) % CHUNKS;
		c->jobs[at] = job;
		c->end[at] = t->said;
	}
	return 0;
}

struct receiver {
	int	(*each)(void *, struct store *, uint32_t, FILE *, struct fail *);
	void	*ctx;
};

static int
hand_out(struct store *s, struct wanted *w, const struct receiver *to)
{
	struct fail result = { 0 };
	int stop;

	if (w->why != NULL)
		result = *w->why;
	stop = to->each(to->ctx, s, w->n, w->f, &result);
	drop_wanted(w);
	return stop;
}

/* Wait for the oldest command, and hand out what it brought. */
static int
take_chunk(struct store *s, struct chunks *c, struct texts *t,
    const struct receiver *to, struct fail *why)
{
	struct imap *x = box_of(s)->session->imap;
	struct imap_job *job = c->jobs[c->first];
	size_t end = c->end[c->first], i;
	struct fail result = { 0 };

	c->first = (c->first + 1) % CHUNKS;
	c->n--;
	imap_finish(x, job, EX_TEMPFAIL, &result);
	if (!imap_is_alive(x))
		return fail(why, result.code, "%s", result.text);
	for (i = t->first; i < end; i++)
		settle(s, &t->v[i], &result);
	while (t->first < end)
		if (hand_out(s, &t->v[t->first++], to) == -1)
			return -1;
	return 0;
}

static int
receive(struct store *s, struct chunks *c, struct texts *t, const uint32_t *v,
    size_t n, const struct receiver *to, struct fail *why)
{
	while (t->first < n)
		if (say_more(s, c, t, v, n, why) == -1 ||
		    take_chunk(s, c, t, to, why) == -1)
			return -1;
	return 0;
}

/* Those gone already are told first, and not asked for: the others go into ask. */
static int
tell_gone(struct store *s, const uint32_t *v, size_t n, uint32_t *ask,
    size_t *nask, const struct receiver *to)
{
	struct fail gone;
	size_t i;

	for (i = *nask = 0; i < n; i++) {
		if (!(s->msgs[v[i] - 1].flags & MSG_GONE)) {
			ask[(*nask)++] = v[i];
			continue;
		}
		fail_clear(&gone);
		fail(&gone, EX_NOINPUT, "message %u is gone", v[i]);
		if (to->each(to->ctx, s, v[i], NULL, &gone) == -1)
			return -1;
	}
	return 0;
}

static int
receive_all(struct store *s, const uint32_t *v, size_t n,
    const struct receiver *to, struct fail *why)
{
	struct session *ss = box_of(s)->session;
	struct texts t = { .item = "BODY[]" };
	struct chunks c = { .n = 0 };
	size_t i;
	int result;

	t.v = xcalloc(n + 1, sizeof(*t.v));
	for (i = 0; i < n; i++)
		t.v[i].n = v[i];
	push_texts(s, &t);
	ss->busy++;
	result = receive(s, &c, &t, v, n, to, why);
	ss->busy--;
	pop_texts(s, &t);
	for (i = 0; i < c.n; i++)
		imap_abandon(ss->imap, c.jobs[(c.first + i) % CHUNKS]);
	for (i = t.first; i < n; i++)
		drop_wanted(&t.v[i]);
	free(t.v);
	return result;
}

int
imap_messages(struct store *s, const uint32_t *v, size_t n,
    int (*each)(void *, struct store *, uint32_t, FILE *, struct fail *),
    void *ctx, struct fail *why)
{
	struct receiver to = { each, ctx };
	uint32_t *ask;
	size_t nask;
	int result = -1;

	if (box_check(s, why) == -1 || box_need_uids(s, v, n, why) == -1)
		return -1;
	ask = xreallocarray(NULL, n + 1, sizeof(*ask));
	if (tell_gone(s, v, n, ask, &nask, &to) == 0)
		result = receive_all(s, ask, nask, &to, why);
	free(ask);
	return result;
}
