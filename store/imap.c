/* SPDX-License-Identifier: ISC */
/*
 * imap.c -- an IMAP mailbox as a folder: opened with one SELECT, nothing listed; the
 * numbers of messages here stay, whatever the server expunges.
 *
 * The server counts sequence numbers over what is left; ours never move.  While
 * nothing is gone both are the same.  From the first EXPUNGE on a binary indexed
 * tree over our numbers holds how many are left below each, so that either number is
 * found from the other in logarithmic time, storms of EXPUNGE included.
 */
#include <stdlib.h>
#include <string.h>

#include "imap.h"

#define MAX_SET	4000	/* octets of one set in a command */

struct box *
box_of(const struct store *s)
{
	return s->data;
}

/* --- Numbers --- */

/* The tree over numbers 1..count, each one that is not gone counted. */
static void
grow_tree(struct store *s)
{
	struct box *b = box_of(s);
	uint32_t i, up;

	b->tree = xreallocarray(b->tree, (size_t)s->count + 1,
	    sizeof(*b->tree));
	b->tree[0] = 0;
	for (i = 1; i <= s->count; i++)
		b->tree[i] = (s->msgs[i - 1].flags & MSG_GONE) ? 0 : 1;
	for (i = 1; i <= s->count; i++) {
		up = i + (i & -i);
		if (up <= s->count)
			b->tree[up] += b->tree[i];
	}
}

void
box_grown(struct store *s)
{
	struct box *b = box_of(s);

	if (b->tree != NULL)
		grow_tree(s);
	imap_set_slack(b->session->imap, 4 * (uint64_t)b->exists);
}

uint32_t
box_number(const struct store *s, uint32_t sequence)
{
	const struct box *b = box_of(s);
	uint32_t at = 0, step, left = sequence;

	if (sequence == 0 || sequence > b->live)
		return 0;
	if (b->tree == NULL)
		return sequence;
	for (step = 1; step <= s->count / 2; step *= 2)
		;
	for (; step > 0; step /= 2)
		if (at + step <= s->count && b->tree[at + step] < left) {
			at += step;
			left -= b->tree[at];
		}
	return at + 1;
}

uint32_t
box_sequence(const struct store *s, uint32_t n)
{
	const struct box *b = box_of(s);
	uint32_t sum = 0;

	if (b->tree == NULL)
		return n;
	for (; n > 0; n &= n - 1)
		sum += b->tree[n];
	return sum;
}

static void
lose(struct store *s, uint32_t n)
{
	struct box *b = box_of(s);

	if (b->tree == NULL)
		grow_tree(s);
	s->msgs[n - 1].flags |= MSG_GONE;
	boxcache_forget(s, s->msgs[n - 1].uid);
	b->live--;
	for (; n <= s->count; n += n & -n)
		b->tree[n]--;
}

/* How many messages have a smaller UID. */
static uint32_t
count_below(const struct store *s, uint32_t uid)
{
	uint32_t low = 0, high = s->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (s->msgs[middle].uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t
box_find(const struct store *s, uint32_t uid)
{
	uint32_t i = count_below(s, uid);

	return i < s->count && s->msgs[i].uid == uid ? i + 1 : 0;
}

static int
compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* One more element of a set: the last range grows, or a new one begins. */
static void
put_range(char *text, size_t *len, uint32_t low, uint32_t high)
{
	char range[32];
	int n;

	if (low == high)
		n = snprintf(range, sizeof(range), "%s%u",
		    *len > 0 ? "," : "", low);
	else
		n = snprintf(range, sizeof(range), "%s%u:%u",
		    *len > 0 ? "," : "", low, high);
	memcpy(text + *len, range, (size_t)n + 1);
	*len += (size_t)n;
}

void
box_sets(const struct store *s, const uint32_t *v, size_t n, bool uids,
    struct strv *sets)
{
	uint32_t *sorted, low, high, sequence = 0, before = 0, value;
	char text[MAX_SET + 64];
	size_t i, len = 0;

	sorted = xreallocarray(NULL, n + 1, sizeof(*sorted));
	memcpy(sorted, v, n * sizeof(*v));
	qsort(sorted, n, sizeof(*sorted), compare_numbers);
	low = high = 0;
	for (i = 0; i < n; i++, before = sequence) {
		if (s->msgs[sorted[i] - 1].flags & MSG_GONE)
			continue;
		sequence = box_sequence(s, sorted[i]);
		value = uids ? s->msgs[sorted[i] - 1].uid : sequence;
		if (low != 0 && sequence <= before + 1 && value > high) {
			high = value;
			continue;
		}
		if (low != 0)
			put_range(text, &len, low, high);
		if (len > MAX_SET) {
			strv_add(sets, text);
			len = 0;
		}
		low = high = value;
	}
	if (low != 0)
		put_range(text, &len, low, high);
	if (len > 0)
		strv_add(sets, text);
	free(sorted);
}

int
box_need_uids(struct store *s, const uint32_t *v, size_t n, struct fail *why)
{
	uint32_t *unknown;
	size_t i, k = 0;
	int result;

	unknown = xreallocarray(NULL, n + 1, sizeof(*unknown));
	for (i = 0; i < n; i++)
		if (s->msgs[v[i] - 1].uid == 0 &&
		    !(s->msgs[v[i] - 1].flags & MSG_GONE))
			unknown[k++] = v[i];
	result = imap_load(s, unknown, k, LOAD_FLAGS, why);
	free(unknown);
	return result;
}

int
box_each_set(struct store *s, const struct strv *sets, const char *before,
    const char *after, const char *mailbox, int no, enum imap_fate *fates,
    struct fail *why)
{
	struct imap *x = box_of(s)->session->imap;
	struct imap_job *jobs[PIPELINE_WINDOW];
	size_t said = 0, heard = 0;
	struct imap_line l;
	int result = 0, r;

	while (heard < sets->n) {
		while (result == 0 && said < sets->n &&
		    said - heard < PIPELINE_WINDOW) {
			imap_line_init(&l);
			imap_line_put(&l, "%s%s%s", before, sets->v[said],
			    after);
			if (mailbox != NULL)
				imap_line_string(&l, span_of(mailbox));
			jobs[said % PIPELINE_WINDOW] = imap_start(x, &l, NULL,
			    NULL, why);
			imap_line_free(&l);
			if (jobs[said % PIPELINE_WINDOW] == NULL)
				result = -1;
			else
				said++;
		}
		if (heard == said)
			break;
		r = imap_finish(x, jobs[heard % PIPELINE_WINDOW], no, why);
		if (fates != NULL)
			fates[heard] = r == 0 ? IMAP_THERE : imap_is_alive(x) ?
			    IMAP_NOT_THERE : IMAP_MAY_BE_THERE;
		heard++;
		if (r == -1)
			result = -1;
	}
	return result;
}

/* --- What the server says of the mailbox --- */

static int
hear_expunge(struct store *s, uint32_t sequence, struct fail *why)
{
	struct box *b = box_of(s);
	uint32_t n;

	if (sequence == 0 || sequence > b->exists)
		return fail(why, EX_PROTOCOL,
		    "EXPUNGE of a message that does not exist");
	if ((n = box_number(s, sequence)) != 0)
		lose(s, n);
	b->exists--;
	return 0;
}

/*
 * With QRESYNC, in the place of EXPUNGE.  All UIDs of ours are known then; those
 * above are of messages that are not in our list yet.
 */
static int
hear_vanished(struct store *s, const struct imap_node *items, struct fail *why)
{
	struct box *b = box_of(s);
	uint32_t low, high, n, last;
	struct span set;
	int result;

	if (items == NULL || items->kind != IMAP_ATOM)
		return 0;	/* (EARLIER): before this session */
	if (b->known < s->count)
		return fail(why, EX_PROTOCOL, "VANISHED without QRESYNC");
	last = s->count == 0 ? 0 : s->msgs[s->count - 1].uid;
	set = items->text;
	while ((result = imap_set_next(&set, &low, &high)) == 1) {
		for (n = count_below(s, low) + 1; n <= s->count &&
		    s->msgs[n - 1].uid <= high; n++)
			if (!(s->msgs[n - 1].flags & MSG_GONE)) {
				lose(s, n);
				b->exists--;
			}
		low = low > last ? low : last + 1;
		if (high > last && high - low < b->exists - b->live)
			b->exists -= high - low + 1;
	}
	return result == -1 ?
	    fail(why, EX_PROTOCOL, "malformed IMAP response: VANISHED") : 0;
}

/* Is that UID one that message n may have, by the order of its neighbours? */
static bool
uid_fits(const struct store *s, uint32_t n, uint32_t uid)
{
	const struct msg *m = &s->msgs[n - 1];

	if (uid == 0)
		return m->uid != 0;
	if (m->uid != 0)
		return m->uid == uid;
	if (n > 1 && m[-1].uid >= uid)
		return false;
	return n == s->count || m[1].uid == 0 || m[1].uid > uid;
}

bool
imap_are_pairs(const struct imap_node *n)
{
	for (; n != NULL; n = n->next->next)
		if (n->kind != IMAP_ATOM || n->next == NULL)
			return false;
	return true;
}

bool
box_name(struct store *s, uint32_t n, uint32_t uid)
{
	if (!uid_fits(s, n, uid))
		return false;
	if (s->msgs[n - 1].uid == 0) {
		s->msgs[n - 1].uid = uid;
		box_of(s)->known++;
	}
	return true;
}

static int
hear_fetch(struct store *s, uint32_t sequence, const struct imap_node *items,
    struct fail *why)
{
	struct box *b = box_of(s);
	struct imap_items it;
	unsigned came;
	uint32_t n, uid;
	struct msg *m;

	if (items == NULL || items->kind != IMAP_LIST ||
	    !imap_are_pairs(items->child))
		return fail(why, EX_PROTOCOL, "malformed IMAP response: FETCH");
	if ((n = box_number(s, sequence)) == 0)
		return 0;
	m = &s->msgs[n - 1];
	uid = imap_item_uid(items->child);
	if (!box_name(s, n, uid)) {
		texts_take(s, 0, items->child);
		/* Flags of one whose UID we never asked for: not needed. */
		return 0;
	}
	came = imap_take_items(m, items->child, (b->want | b->ahead_want) & ~m->loaded,
	    s->options->charset_8bit, &it);
	m->loaded |= came;
	if (came & LOAD_KEPT)
		boxcache_keep(s, m->uid, &it);
	if (texts_take(s, uid == 0 ? 0 : n, items->child))
		return 1;
	return (came & (b->want | b->ahead_want)) != 0;
}

static int
check_exists(uint32_t n, struct fail *why)
{
	if (n > MAX_MESSAGES)
		return fail(why, EX_PROTOCOL,
		    "the server tells of %u messages; %u are the limit", n,
		    MAX_MESSAGES);
	return 0;
}

static int
hear(void *ctx, const struct imap_response *r, struct fail *why)
{
	struct store *s = ctx;
	struct box *b = box_of(s);

	if (r->status != IMAP_DATA)
		return 0;
	if (!r->has_number)
		return span_ieq(r->word, "VANISHED") ?
		    hear_vanished(s, r->items, why) : 0;
	if (span_ieq(r->word, "EXPUNGE"))
		return hear_expunge(s, r->number, why);
	if (span_ieq(r->word, "FETCH"))
		return hear_fetch(s, r->number, r->items, why);
	if (!span_ieq(r->word, "EXISTS"))
		return 0;
	if (check_exists(r->number, why) == -1)
		return -1;
	/* Without EXPUNGE the number never falls. */
	if (r->number > b->exists)
		b->exists = r->number;
	return 0;
}

/* --- Opening and closing --- */

void
box_watch(struct store *s)
{
	struct imap_watch w = { hear, s, { texts_begin, s } };
	struct box *b = box_of(s);

	imap_set_watch(b->session->imap, &w);
	imap_set_slack(b->session->imap, 4 * (uint64_t)b->exists);
}

static int
select_as(struct store *s, struct session *ss, char *mailbox, struct fail *why)
{
	struct box *b = box_of(s);
	struct imap_resync resync;

	free(b->mailbox);
	b->mailbox = mailbox;
	if (mailbox == NULL)
		return -1;
	return imap_select(ss->imap, mailbox, s->mode == STORE_READ,
	    boxlist_read(s, ss, &resync), &b->state, why);
}

static int
select_mailbox(struct store *s, struct session *ss, const char *path,
    struct fail *why)
{
	struct fail first = { 0 };
	int result;

	result = select_as(s, ss, pool_mailbox(ss, path, true, &first), &first);
	/* One's own mailboxes may stand below a prefix, which is asked only now. */
	if (result == -1 && first.code == EX_NOINPUT && !ss->knows_names &&
	    imap_offers(ss->imap, "NAMESPACE") &&
	    pool_need_names(ss, why) == 0 && ss->names.prefix != NULL &&
	    *ss->names.prefix != '\0') {
		fail_clear(&first);
		result = select_as(s, ss, pool_mailbox(ss, path, false, &first),
		    &first);
	}
	if (result == -1) {
		fail(why, first.code, "%s", first.text);
		fail_where(why, "%s", *path == '\0' ? "INBOX" : path);
	}
	return result;
}

/* A session that was kept may have died unseen: then another, once. */
static struct session *
open_session(struct store *s, struct fail *why)
{
	struct fail first = { 0 };
	struct session *ss;
	bool again;
	char *path;

	do {
		if ((ss = pool_session(box_of(s)->url, s->options,
		    s->mode != STORE_APPEND, &path, why)) == NULL)
			return NULL;
		again = false;
		if (s->mode != STORE_APPEND &&
		    select_mailbox(s, ss, path, &first) == -1) {
			again = ss->used && !imap_is_alive(ss->imap);
			if (!imap_is_alive(ss->imap))
				pool_drop(ss);
			if (!again)
				fail(why, first.code, "%s", first.text);
			fail_clear(&first);
			ss = NULL;
		}
		free(path);
	} while (again);
	return ss;
}

/* --- Coming back --- */

static uint32_t
count_unknown(const struct store *s)
{
	uint32_t i, n = 0;

	for (i = 0; i < s->count; i++)
		if (s->msgs[i].uid == 0 && !(s->msgs[i].flags & MSG_GONE))
			n++;
	return n;
}

/*
 * Give those whose UID was never asked for theirs.  It can be told only if none that
 * was there at the beginning has gone since: then order tells.
 */
static int
identify(struct store *s, const struct imap_uids *u, uint32_t uidnext,
    struct fail *why)
{
	struct box *b = box_of(s);
	uint32_t i;
	size_t k = 0, old = 0;

	while (old < u->n && u->v[old] < uidnext)
		old++;
	for (i = 0; old == b->live && i < s->count; i++) {
		if (s->msgs[i].flags & MSG_GONE)
			continue;
		if (s->msgs[i].uid != 0 && s->msgs[i].uid != u->v[k])
			break;
		k++;
	}
	if (old != b->live || k != old)
		return fail(why, EX_TEMPFAIL,
		    "the connection was lost and the mailbox has changed since; open it again");
	for (i = 0, k = 0; i < s->count; i++)
		if (!(s->msgs[i].flags & MSG_GONE)) {
			b->known += s->msgs[i].uid == 0;
			s->msgs[i].uid = u->v[k++];
		}
	return 0;
}

/* Those that others removed while we were away are gone; numbers stay. */
static void
compare(struct store *s, const struct imap_uids *u)
{
	struct box *b = box_of(s);
	size_t k = 0;
	uint32_t n;

	for (n = 1; n <= s->count; n++) {
		if (s->msgs[n - 1].flags & MSG_GONE)
			continue;
		while (k < u->n && u->v[k] < s->msgs[n - 1].uid)
			k++;
		if (k == u->n || u->v[k] != s->msgs[n - 1].uid)
			lose(s, n);
	}
	b->exists = (uint32_t)u->n;
}

static int
take_up(struct store *s, struct session *ss, uint32_t uidnext, struct fail *why)
{
	struct box *b = box_of(s);
	struct imap_uids u = { NULL, 0, 0 };
	struct imap_line l;
	int result;

	if (b->state.uidvalidity != s->uidvalidity || s->uidvalidity == 0)
		return fail(why, EX_TEMPFAIL,
		    "the connection was lost and the server has rebuilt the mailbox; open it again");
	imap_line_init(&l);
	imap_line_put(&l, "ALL");
	result = imap_search(ss->imap, &l, b->state.exists, &u, why);
	imap_line_free(&l);
	if (result == 0 && count_unknown(s) > 0)
		result = identify(s, &u, uidnext, why);
	if (result == 0)
		compare(s, &u);
	free(u.v);
	return result;
}

/* The connection was lost: another, with the messages as they were numbered. */
static int
reopen(struct store *s, struct fail *why)
{
	struct box *b = box_of(s);
	uint32_t uidnext = b->state.uidnext;
	struct session *ss;

	b->ahead = NULL;
	b->ahead_want = 0;
	if (b->session != NULL) {
		b->session->folder = NULL;
		pool_drop(b->session);
		b->session = NULL;
	}
	if ((ss = open_session(s, why)) == NULL)
		return -1;
	if (take_up(s, ss, uidnext, why) == -1) {
		b->state.uidnext = uidnext;
		return -1;
	}
	b->session = ss;
	ss->folder = s;
	box_watch(s);
	return 0;
}

int
box_check(struct store *s, struct fail *why)
{
	struct box *b = box_of(s);

	/* A server that ended the session while we were idle has said so. */
	if (b->session != NULL && (b->texts == NULL ?
	    imap_is_fresh(b->session->imap) :
	    imap_is_alive(b->session->imap)))
		return 0;
	if (b->texts != NULL || s->mode == STORE_APPEND)
		return fail(why, EX_TEMPFAIL, "the connection was lost");
	return reopen(s, why);
}

static int
close_imap(struct store *s, struct fail *why)
{
	struct box *b = box_of(s);
	int result = 0;
	uint32_t i;

	if (b == NULL)
		return 0;
	if (b->batch != NULL)
		result = imap_commit(s, why);
	batch_free(s);
	imap_soon(s, NULL, 0);
	imap_ask_nothing(s);
	boxlist_write(s);
	boxlist_free(s);
	boxcache_close(s);
	if (b->session != NULL) {
		b->session->folder = NULL;
		if (imap_is_alive(b->session->imap))
			imap_set_watch(b->session->imap, NULL);
		else
			pool_drop(b->session);
	}
	for (i = 0; i < s->count; i++)
		if (s->msgs[i].name != NULL) {
			free(s->msgs[i].name);
			s->msgs[i].name = NULL;
		}
	if (b->nowhere != NULL)
		fclose(b->nowhere);
	freezero(b->url, strlen(b->url));
	free(b->tree);
	free(b->mailbox);
	free(b);
	s->data = NULL;
	return result;
}

static int
open_imap(struct store *s, struct fail *why)
{
	struct session *ss;
	struct box *b;

	s->data = b = xcalloc(1, sizeof(*b));
	b->url = xstrdup(s->name);
	if ((ss = open_session(s, why)) == NULL) {
		close_imap(s, NULL);
		return -1;
	}
	if (s->mode == STORE_APPEND)
		return 0;
	b->session = ss;
	ss->folder = s;
	if (check_exists(b->state.exists, why) == -1 ||
	    store_resize(s, b->state.exists, why) == -1) {
		fail_where(why, "%s", imap_name(ss->imap));
		close_imap(s, NULL);
		return -1;
	}
	s->uidvalidity = b->state.uidvalidity;
	s->uidnext = b->state.uidnext;
	b->exists = b->live = b->state.exists;
	box_infer(s);
	if (boxlist_apply(s, why) == -1) {
		close_imap(s, NULL);
		return -1;
	}
	return 0;
}

static int
capabilities(struct store *s, struct strv *words, struct fail *why)
{
	const struct strv *caps;
	struct session *ss;
	char *path;
	size_t i;

	if ((ss = pool_session(box_of(s)->url, s->options, false, &path,
	    why)) == NULL)
		return -1;
	free(path);
	caps = imap_capabilities(ss->imap);
	for (i = 0; i < caps->n; i++)
		strv_add(words, caps->v[i]);
	return 0;
}

const struct store_ops store_imap = {
	.kind = "IMAP",
	.local = false,
	.brief = true,
	.open = open_imap,
	.close = close_imap,
	.load = imap_load,
	.ask = imap_ask,
	.head = imap_head,
	.message = imap_message,
	.part = imap_part,
	.messages = imap_messages,
	.soon = imap_soon,
	.search = imap_search_folder,
	.append = imap_append_message,
	.commit = imap_commit,
	.settled = imap_settled,
	.recover = imap_recover,
	.copy = imap_copy,
	.sync = imap_sync,
	.check = imap_check,
	.unseen = imap_unseen,
	.has_news = imap_has_news,
	.wait = imap_wait,
	.sort = imap_sort,
	.thread = imap_thread,
	.capabilities = capabilities,
	.mkdir = imap_mkdir,
	.subscribe = imap_subscribe_to,
	.rmdir = imap_rmdir,
	.rename = imap_move_mailbox,
	.quotas = imap_quotas,
	.list = imap_list_mailboxes,
	.end = pool_end,
};
