/* SPDX-License-Identifier: ISC */
/*
 * imapbatch.c -- appending to a mailbox: messages are gathered in memory, and go to
 * the server together, at the latest with the commit.  One that is larger than all
 * that is gathered goes by itself, as it comes.
 *
 * The server's OK makes messages durable.  What it says of each is kept until the
 * next batch begins.
 */
#include <stdlib.h>
#include <string.h>

#include "imap.h"

struct batch {
	struct imap_upload	*v;		/* owned, with flags, date and why */
	size_t			 n, cap;
	size_t			 sent;		/* of these the fate is known */
	char			*text;		/* owned: of those that are not sent yet */
	size_t			 used;		/* octets of it, of APPEND_OCTETS */
	uint64_t		 limit;		/* of a message, by the server; 0: not asked */
	const struct store_intent *intent;	/* borrowed: to be settled before; or NULL */
	bool			 is_there;	/* the mailbox has taken one */
	bool			 committed;	/* the next message begins another */
	struct fail		 why;		/* of the first that is not there */
};

static struct batch *
batch_of(const struct store *s)
{
	struct box *b = box_of(s);

	if (b->batch == NULL) {
		b->batch = xcalloc(1, sizeof(*b->batch));
		b->batch->text = xmalloc(APPEND_OCTETS);
	}
	return b->batch;
}

static void
free_upload(struct imap_upload *u)
{
	free(u->flags);
	free(u->date);
	free(u->why);
}

static void
forget(struct batch *t)
{
	while (t->n > 0)
		free_upload(&t->v[--t->n]);
	t->sent = t->used = 0;
	t->limit = 0;
	t->committed = false;
	t->intent = NULL;
	fail_clear(&t->why);
}

void
batch_free(struct store *s)
{
	struct box *b = box_of(s);

	if (b->batch == NULL)
		return;
	forget(b->batch);
	free(b->batch->v);
	free(b->batch->text);
	free(b->batch);
	b->batch = NULL;
}

/* --- What goes along --- */

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

/*
 * The record of an intent: the octets and the Message-ID, by which the message is
 * found again.  "-": it has none, and will rather come twice than never.
 */
static int
write_intent(FILE *f, uint64_t octets, const struct store_intent *intent,
    struct fail *why)
{
	char *id, *record;
	int result;

	id = read_message_id(f);
	record = xasprintf("imap %llu %s", (unsigned long long)octets,
	    id != NULL && strpbrk(id, " \r\n\t") == NULL ? id : "-");
	result = intent->write(intent->ctx, record, why);
	free(record);
	free(id);
	return result;
}

static void
describe(struct imap_upload *u, const struct msg *like)
{
	char when[DATE_MAX] = "";
	struct date d;

	if (like != NULL && like->arrived != 0) {
		date_local(like->arrived, &d);
		date_imap(&d, when);
	}
	u->date = xstrdup(when);
	u->flags = like == NULL ? xstrdup("") : imap_flags(like->flags &
	    (MSG_SEEN | MSG_ANSWERED | MSG_FLAGGED | MSG_DRAFT), like->tags);
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

/* --- Sending --- */

/* The mailbox is made, where it is not there. */
static int
send_first(struct store *s, struct place *p, struct imap_upload *u,
    struct fail *why)
{
	struct imap *x = p->session->imap;
	struct fail first = { 0 };

	if (imap_append(x, p->mailbox, u, 1, &first) == 0)
		return 0;
	if (s->mode != STORE_APPEND || !imap_is_alive(x) ||
	    strcmp(imap_code(x), "TRYCREATE") != 0)
		return fail(why, first.code, "%s", first.text);
	if (imap_create(x, p->mailbox, why) == -1)
		return -1;
	return imap_append(x, p->mailbox, u, 1, why);
}

/*
 * The first goes alone: whether there is such a mailbox shows before all others have
 * gone in vain.
 */
static void
send_all(struct store *s, struct place *p, struct batch *t, struct fail *why)
{
	struct fail one;

	while (!t->is_there && t->sent < t->n && !fail_ends(why)) {
		fail_clear(&one);
		t->is_there = send_first(s, p, &t->v[t->sent++], &one) == 0;
		fail_keep(why, &one);
	}
	fail_clear(&one);
	if (t->sent < t->n && !fail_ends(why))
		(void)imap_append(p->session->imap, p->mailbox, t->v + t->sent,
		    t->n - t->sent, &one);
	fail_keep(why, &one);
}

static int
settle(struct batch *t, struct fail *why)
{
	const struct store_intent *intent = t->intent;

	t->intent = NULL;
	return intent == NULL || intent->settle == NULL ? 0 :
	    intent->settle(intent->ctx, why);
}

/* Send what is gathered.  -1: nothing more is to be tried. */
static int
send_gathered(struct store *s, struct fail *why)
{
	struct batch *t = batch_of(s);
	struct fail first = { 0 };
	struct place p;

	if (t->sent == t->n)
		return 0;
	if (settle(t, &first) == 0 && place_reach(&p, box_of(s)->url,
	    s->options, false, &first) == 0) {
		send_all(s, &p, t, &first);
		if (first.code != 0)
			fail_where(&first, "%s", p.path);
		place_leave(&p);
	}
	/* Those that were not tried are not there: as they began. */
	t->sent = t->n;
	t->used = 0;
	fail_keep(&t->why, &first);
	return fail_ends(&first) ? fail(why, first.code, "%s", first.text) : 0;
}

/* --- Gathering --- */

/* Line ends as the wire has them: 0 with *n octets, 1 when the rest of the room is too small. */
static int
gather_text(struct batch *t, FILE *in, size_t *n, struct fail *why)
{
	char block[16 * 1024], *to = t->text + t->used;
	const char *p, *end, *lf;
	char *limit = t->text + APPEND_OCTETS;
	char last = '\0';
	size_t some;

	while ((some = fread(block, 1, sizeof(block), in)) > 0)
		for (p = block, end = block + some; p < end; p = lf) {
			lf = memchr(p, '\n', (size_t)(end - p));
			lf = lf == NULL ? end : lf + 1;
			if (limit - to < lf - p + 1)
				return 1;
			if (memchr(p, '\0', (size_t)(lf - p)) != NULL)
				return fail(why, EX_DATAERR,
				    "the message holds a NUL, which IMAP cannot carry");
			memcpy(to, p, (size_t)(lf - p));
			to += lf - p;
			if (to[-1] == '\n' && (lf - p > 1 ? to[-2] : last) != '\r') {
				to[-1] = '\r';
				*to++ = '\n';
			}
			last = to[-1];
		}
	if (ferror(in))
		return fail_errno(why, EX_IOERR, "reading the message");
	*n = (size_t)(to - t->text) - t->used;
	return 0;
}

/* What is gathered goes when there is no room; 1: it has none even then. */
static int
gather(struct store *s, struct batch *t, FILE *in, size_t *n, struct fail *why)
{
	off_t start = ftello(in);
	int result = 1;
	bool again;

	do {
		if (fseeko(in, start, SEEK_SET) == -1)
			return fail_errno(why, EX_IOERR, "the message");
		result = gather_text(t, in, n, why);
		again = result == 1 && t->sent < t->n;
		if (again && send_gathered(s, why) == -1)
			return -1;
	} while (again);
	clearerr(in);
	if (fseeko(in, start, SEEK_SET) == -1)
		return fail_errno(why, EX_IOERR, "the message");
	return result;
}

/* Once in a batch: a session is looked for, and what it takes. */
static int
need_limit(struct store *s, struct batch *t, struct fail *why)
{
	struct place p;

	if (t->limit != 0)
		return 0;
	if (place_reach(&p, box_of(s)->url, s->options, false, why) == -1)
		return -1;
	t->limit = imap_append_limit(p.session->imap);
	place_leave(&p);
	return 0;
}

static int
check_size(const struct store *s, const struct batch *t, uint64_t octets,
    struct fail *why)
{
	if (octets <= t->limit)
		return 0;
	return fail(why, EX_DATAERR,
	    "%s: the message has %llu octets, the server takes %llu", s->name,
	    (unsigned long long)octets, (unsigned long long)t->limit);
}

/* Put the message last; it is in the text, or too large for that. */
static int
put_last(struct store *s, struct batch *t, FILE *in, bool large, size_t n,
    const struct store_intent *intent, struct fail *why)
{
	struct imap_upload u = { .size = n };

	if ((large && imap_measure(in, &u.size, why) == -1) ||
	    check_size(s, t, u.size, why) == -1 || (intent != NULL &&
	    write_intent(in, u.size, intent, why) == -1))
		return -1;
	u.in = large ? in : NULL;
	u.text = t->text + t->used;
	t->used += n;
	t->intent = intent;
	t->v = xgrow(t->v, t->n, &t->cap, sizeof(*t->v));
	t->v[t->n++] = u;
	return 0;
}

static int
add(struct store *s, struct batch *t, FILE *in, const struct msg *like,
    const struct store_intent *intent, struct fail *why)
{
	struct fail ignored = { 0 };
	struct imap_upload *u;
	size_t n = 0;
	int large;

	if (need_limit(s, t, why) == -1 ||
	    (large = gather(s, t, in, &n, why)) == -1 ||
	    put_last(s, t, in, large == 1, n, intent, why) == -1)
		return -1;
	u = &t->v[t->n - 1];
	describe(u, like);
	if (large == 0)
		return 0;
	(void)send_gathered(s, &ignored);
	/* Where it cannot be told, it stays: store_settled says so. */
	if (imap_settled(s, t->n - 1, why) != 0)
		return 0;
	/* Nothing of it remains but the reason. */
	free_upload(u);
	t->sent = --t->n;
	return -1;
}

int
imap_append_message(struct store *s, FILE *f, const struct msg *like,
    const struct store_intent *intent, struct fail *why)
{
	struct batch *t = batch_of(s);
	FILE *in;
	int result;

	if (t->committed)
		forget(t);
	if (fail_ends(&t->why))
		return fail(why, t->why.code, "%s", t->why.text);
	if ((in = make_seekable(f, why)) == NULL)
		return -1;
	result = add(s, t, in, like, intent, why);
	if (in != f)
		fclose(in);
	return result;
}

int
imap_commit(struct store *s, struct fail *why)
{
	struct batch *t = batch_of(s);
	struct fail ignored = { 0 };

	(void)send_gathered(s, &ignored);
	t->committed = true;
	return t->why.code == 0 ? 0 : fail(why, t->why.code, "%s", t->why.text);
}

int
imap_settled(const struct store *s, size_t k, struct fail *why)
{
	const struct batch *t = batch_of(s);
	const struct imap_upload *u = &t->v[k];

	if (u->fate == IMAP_THERE)
		return 1;
	if (u->why != NULL)
		fail(why, u->why->code, "%s", u->why->text);
	else
		fail(why, t->why.code, "%s", t->why.text);
	return u->fate == IMAP_NOT_THERE ? 0 : -1;
}

/* --- What became of an intent --- */

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
	if (place_reach(&p, box_of(s)->url, s->options, true, why) == -1)
		return -1;
	if (imap_select(p.session->imap, p.mailbox, true, NULL, &m, &first) == 0)
		result = search_intent(p.session, &m, id, octets, why);
	else if (first.code == EX_NOINPUT)
		result = 0;
	else
		result = fail(why, first.code, "%s: %s", p.path, first.text);
	place_leave(&p);
	return result;
}
