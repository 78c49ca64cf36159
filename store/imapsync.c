/* SPDX-License-Identifier: ISC */
/*
 * imapsync.c -- changes made real: flags, expunging, copies and moves by the server,
 * new mail (RFC 9051 6.4; UIDPLUS 4315, MOVE 6851).
 *
 * Equal changes go in one UID STORE of a set.  Messages are removed by UID where the
 * server can; where not, EXPUNGE is said only if it removes nothing that others
 * marked.
 */
#include <stdlib.h>
#include <string.h>

#include "imap.h"

#define SYNCED	(MSG_SEEN | MSG_ANSWERED | MSG_FLAGGED | MSG_DELETED | MSG_DRAFT)

static const struct {
	uint32_t	 bit;
	const char	*name;
} flag_names[] = {
	{ MSG_ANSWERED, "\\Answered" }, { MSG_DELETED, "\\Deleted" },
	{ MSG_DRAFT, "\\Draft" }, { MSG_FLAGGED, "\\Flagged" },
	{ MSG_SEEN, "\\Seen" }
};

char *
imap_flags(uint32_t flags, const char *tags)
{
	char *text;
	size_t len, i;
	FILE *f;

	f = xmemstream(&text, &len);
	for (i = 0; i < NELEM(flag_names); i++)
		if (flags & flag_names[i].bit)
			fprintf(f, "%s%s", ftell(f) > 0 ? " " : "",
			    flag_names[i].name);
	if (tags != NULL && *tags != '\0')
		fprintf(f, "%s%s", ftell(f) > 0 ? " " : "", tags);
	fclose(f);
	return text;
}

/* --- Flags --- */

static bool
is_here(const struct msg *m)
{
	return !(m->flags & MSG_GONE);
}

static uint32_t
added(const struct msg *m)
{
	return m->flags & ~m->stored & SYNCED;
}

static uint32_t
removed(const struct msg *m)
{
	return m->stored & ~m->flags & SYNCED;
}

/* The messages among v for which pick() gives `mask'. */
static void
choose(const struct store *s, const struct numbers *among,
    uint32_t (*pick)(const struct msg *), uint32_t mask, struct numbers *out)
{
	const struct msg *m;
	size_t i;

	for (i = 0; i < among->n; i++) {
		m = &s->msgs[among->v[i] - 1];
		if (is_here(m) && pick(m) == mask)
			numbers_add(out, among->v[i]);
	}
}

static int
store_sets(struct store *s, const struct numbers *ns, const char *sign,
    const char *flags, struct fail *why)
{
	struct strv sets = { NULL, 0, 0 };
	char *after;
	int result;

	box_sets(s, ns->v, ns->n, true, &sets);
	after = xasprintf(" %sFLAGS.SILENT (%s)", sign, flags);
	result = box_each_set(s, &sets, "UID STORE ", after, NULL,
	    EX_NOPERM, NULL, why);
	free(after);
	strv_free(&sets);
	return result;
}

/* One command (or few) for each set of flags that some of them gain, or lose. */
static int
store_masks(struct store *s, const struct numbers *among,
    uint32_t (*pick)(const struct msg *), const char *sign, struct fail *why)
{
	struct numbers ns = { NULL, 0, 0 };
	bool present[SYNCED + 1] = { false };
	uint32_t mask;
	int result = 0;
	char *flags;
	size_t i;

	for (i = 0; i < among->n; i++)
		present[pick(&s->msgs[among->v[i] - 1])] = true;
	for (mask = 1; result == 0 && mask <= SYNCED; mask++) {
		if (!present[mask])
			continue;
		choose(s, among, pick, mask, &ns);
		flags = imap_flags(mask, NULL);
		if (ns.n > 0)
			result = store_sets(s, &ns, sign, flags, why);
		free(flags);
		numbers_free(&ns);
	}
	return result;
}

/* --- Keywords --- */

static bool
has_word(const char *words, struct span word)
{
	size_t n;

	while (words != NULL && *words != '\0') {
		words += strspn(words, " ");
		n = strcspn(words, " ");
		if (n == word.n && strncasecmp(words, word.p, n) == 0)
			return true;
		words += n;
	}
	return false;
}

static bool
is_keyword(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 127 ||
		    strchr("(){%*\"\\]", s.p[i]) != NULL)
			return false;
	return s.n > 0;
}

/* The words of `words' that `others' has not, blanks between; the caller frees. */
static char *
words_without(const char *words, const char *others)
{
	struct span w;
	char *text;
	size_t len;
	FILE *f;

	f = xmemstream(&text, &len);
	while (words != NULL && *words != '\0') {
		words += strspn(words, " ");
		w.p = words;
		w.n = strcspn(words, " ");
		if (is_keyword(w) && !has_word(others, w))
			fprintf(f, "%s%.*s", ftell(f) > 0 ? " " : "",
			    (int)w.n, w.p);
		words += w.n;
	}
	fclose(f);
	return text;
}

/* All messages with the same change of keywords as the first of them, together. */
static int
store_words(struct store *s, struct numbers *among, bool adding,
    struct fail *why)
{
	struct numbers same = { NULL, 0, 0 }, rest = { NULL, 0, 0 };
	char *words = NULL, *other;
	const struct msg *m;
	int result = 0;
	size_t i;

	for (i = 0; i < among->n; i++) {
		m = &s->msgs[among->v[i] - 1];
		other = adding ? words_without(m->tags, m->name) :
		    words_without(m->name, m->tags);
		if (words == NULL)
			words = xstrdup(other);
		numbers_add(strcmp(words, other) == 0 ? &same : &rest,
		    among->v[i]);
		free(other);
	}
	if (words != NULL && *words != '\0')
		result = store_sets(s, &same, adding ? "+" : "-", words, why);
	free(words);
	numbers_free(&same);
	numbers_free(among);
	*among = rest;
	return result;
}

static void
retagged(const struct store *s, const struct numbers *among,
    struct numbers *out)
{
	const struct msg *m;
	size_t i;

	for (i = 0; i < among->n; i++) {
		m = &s->msgs[among->v[i] - 1];
		if (is_here(m) && (m->flags & MSG_TAGS_CHANGED))
			numbers_add(out, among->v[i]);
	}
}

static int
store_keywords(struct store *s, const struct numbers *among, bool adding,
    struct fail *why)
{
	struct numbers ns = { NULL, 0, 0 };
	int result = 0;

	retagged(s, among, &ns);
	while (result == 0 && ns.n > 0)
		result = store_words(s, &ns, adding, why);
	numbers_free(&ns);
	return result;
}

/* --- All changes of some --- */

static bool
is_changed(const struct msg *m)
{
	return is_here(m) && (added(m) != 0 || removed(m) != 0 ||
	    (m->flags & MSG_TAGS_CHANGED));
}

static void
settle(struct msg *m)
{
	m->stored = (m->flags & SYNCED) | (m->stored & MSG_OLD);
	if (m->flags & MSG_TAGS_CHANGED) {
		free(m->name);
		m->name = m->tags == NULL ? NULL : xstrdup(m->tags);
		m->flags &= ~(uint32_t)MSG_TAGS_CHANGED;
	}
}

static int
store_changes(struct store *s, const struct numbers *among, struct fail *why)
{
	size_t i;

	if (among->n == 0)
		return 0;
	if (box_of(s)->state.read_only)
		return fail(why, EX_NOPERM,
		    "the mailbox is open for reading only");
	if (box_need_uids(s, among->v, among->n, why) == -1 ||
	    store_masks(s, among, added, "+", why) == -1 ||
	    store_masks(s, among, removed, "-", why) == -1 ||
	    store_keywords(s, among, true, why) == -1 ||
	    store_keywords(s, among, false, why) == -1)
		return -1;
	for (i = 0; i < among->n; i++)
		if (is_here(&s->msgs[among->v[i] - 1]))
			settle(&s->msgs[among->v[i] - 1]);
	return 0;
}

/* --- Expunging --- */

static void
deleted(const struct store *s, struct numbers *out)
{
	uint32_t n;

	for (n = 1; n <= s->count; n++)
		if (is_here(&s->msgs[n - 1]) &&
		    (s->msgs[n - 1].flags & MSG_DELETED))
			numbers_add(out, n);
}

/* Without UIDPLUS: is all that bears \Deleted among ours? */
static int
check_deleted(struct store *s, const struct numbers *ours, struct fail *why)
{
	struct box *b = box_of(s);
	struct imap_uids uids = { NULL, 0, 0 };
	struct imap_line l;
	size_t i, k = 0;
	int result;

	imap_line_init(&l);
	imap_line_put(&l, "DELETED");
	result = imap_search(b->session->imap, &l, b->exists, &uids, why);
	imap_line_free(&l);
	for (i = 0; result == 0 && i < uids.n; i++) {
		while (k < ours->n && s->msgs[ours->v[k] - 1].uid < uids.v[i])
			k++;
		if (k == ours->n || s->msgs[ours->v[k] - 1].uid != uids.v[i])
			result = fail(why, EX_UNAVAILABLE,
			    "%s: others marked messages as deleted, and the server cannot remove ours alone (no UIDPLUS); nothing was removed",
			    imap_name(b->session->imap));
	}
	free(uids.v);
	return result;
}

static int
expunge(struct store *s, struct fail *why)
{
	struct numbers ns = { NULL, 0, 0 };
	struct strv sets = { NULL, 0, 0 };
	struct imap *x = box_of(s)->session->imap;
	int result;

	deleted(s, &ns);
	if (ns.n == 0)
		return 0;
	if (imap_offers(x, "UIDPLUS")) {
		box_sets(s, ns.v, ns.n, true, &sets);
		result = box_each_set(s, &sets, "UID EXPUNGE ", "", NULL,
		    EX_UNAVAILABLE, NULL, why);
	} else if ((result = check_deleted(s, &ns, why)) == 0)
		result = imap_run(x, EX_UNAVAILABLE, why, "EXPUNGE");
	strv_free(&sets);
	numbers_free(&ns);
	return result;
}

int
imap_sync(struct store *s, unsigned how, struct fail *why)
{
	struct numbers ns = { NULL, 0, 0 };
	uint32_t n;
	int result;

	for (n = 1; n <= s->count; n++)
		if (is_changed(&s->msgs[n - 1]))
			numbers_add(&ns, n);
	if (ns.n == 0 && (s->count == 0 || !(how & SYNC_EXPUNGE)))
		return 0;
	if ((result = box_check(s, why)) == 0)
		result = store_changes(s, &ns, why);
	numbers_free(&ns);
	if (result == 0 && (how & SYNC_EXPUNGE))
		result = expunge(s, why);
	return result;
}

/* --- Copies and moves --- */

static bool
set_has(const char *set, uint32_t uid)
{
	struct span rest = span_of(set);
	uint32_t low, high;

	while (imap_set_next(&rest, &low, &high) == 1)
		if (low <= uid && uid <= high)
			return true;
	return false;
}

/* What a move took away is there, whatever else was said. */
static enum imap_fate
fate_of(const struct msg *m, const struct strv *sets,
    const enum imap_fate *fates, bool move)
{
	size_t i;

	if (move && !is_here(m))
		return IMAP_THERE;
	for (i = 0; i < sets->n; i++)
		if (set_has(sets->v[i], m->uid))
			return fates[i];
	return IMAP_NOT_THERE;
}

static void
sort_out(const struct store *s, const uint32_t *v, size_t n,
    const struct strv *sets, const enum imap_fate *fates, bool move,
    struct store_copied *copied)
{
	enum imap_fate fate;
	size_t i;

	copied->there.n = copied->unsure.n = 0;
	for (i = 0; i < n; i++) {
		fate = fate_of(&s->msgs[v[i] - 1], sets, fates, move);
		if (fate != IMAP_NOT_THERE)
			numbers_add(fate == IMAP_THERE ? &copied->there :
			    &copied->unsure, v[i]);
	}
}

static int
say_copy(struct store *s, const uint32_t *v, size_t n, const char *mailbox,
    bool move, struct store_copied *copied, struct fail *why)
{
	struct strv sets = { NULL, 0, 0 };
	enum imap_fate *fates;
	int result;

	box_sets(s, v, n, true, &sets);
	fates = xcalloc(sets.n + 1, sizeof(*fates));
	result = box_each_set(s, &sets, move ? "UID MOVE " : "UID COPY ", " ",
	    mailbox, EX_CANTCREAT, fates, why);
	sort_out(s, v, n, &sets, fates, move, copied);
	free(fates);
	strv_free(&sets);
	return result;
}

/* What is left of v in the folder: a move may have got half way. */
static size_t
keep_here(const struct store *s, const uint32_t *v, size_t n, uint32_t *out)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		if (is_here(&s->msgs[v[i] - 1]))
			out[k++] = v[i];
	return k;
}

static int
copy_to(struct store *s, const uint32_t *v, size_t n, const char *mailbox,
    bool move, struct store_copied *copied, struct fail *why)
{
	struct imap *x = box_of(s)->session->imap;
	struct fail first = { 0 };

	if (say_copy(s, v, n, mailbox, move, copied, &first) == 0)
		return 0;
	if (!imap_is_alive(x) || strcmp(imap_code(x), "TRYCREATE") != 0)
		return fail(why, first.code, "%s", first.text);
	if (imap_create(x, mailbox, why) == -1)
		return -1;
	return say_copy(s, v, n, mailbox, move, copied, why);
}

/* The changes of those that leave go with them, but for the deletion itself. */
static int
store_before_move(struct store *s, const uint32_t *v, size_t n,
    struct fail *why)
{
	struct numbers ns = { NULL, 0, 0 };
	int result;
	size_t i;

	for (i = 0; i < n; i++)
		if (is_changed(&s->msgs[v[i] - 1]))
			numbers_add(&ns, v[i]);
	result = store_changes(s, &ns, why);
	numbers_free(&ns);
	return result;
}

static int
copy_here(struct store *s, const uint32_t *v, size_t n, const char *mailbox,
    bool move, struct store_copied *copied, struct fail *why)
{
	struct imap *x = box_of(s)->session->imap;
	int result;
	size_t i;

	if (move && box_of(s)->state.read_only)
		return fail(why, EX_NOPERM,
		    "the mailbox is open for reading only");
	if (move && imap_offers(x, "MOVE")) {
		if (store_before_move(s, v, n, why) == -1)
			return -1;
		return copy_to(s, v, n, mailbox, true, copied, why);
	}
	result = copy_to(s, v, n, mailbox, false, copied, why);
	for (i = 0; move && i < copied->there.n; i++)
		store_flag(s, copied->there.v[i], MSG_DELETED, 0);
	return result;
}

/* To a mailbox of the same server, by our name. */
static int
copy_by_name(struct store *s, const uint32_t *v, size_t n, const char *path,
    bool move, struct store_copied *copied, struct fail *why)
{
	uint32_t *here;
	char *mailbox;
	int result = -1;

	mailbox = pool_mailbox(box_of(s)->session, path, false, why);
	if (mailbox == NULL || box_need_uids(s, v, n, why) == -1) {
		free(mailbox);
		return -1;
	}
	here = xreallocarray(NULL, n + 1, sizeof(*here));
	n = keep_here(s, v, n, here);
	if (n == 0 || copy_here(s, here, n, mailbox, move, copied, why) == 0)
		result = 0;
	free(here);
	free(mailbox);
	return result;
}

int
imap_copy(struct store *s, const uint32_t *v, size_t n, const char *dest,
    bool move, struct store_copied *copied, struct fail *why)
{
	struct server server = { .trace = NULL };
	const char *path;
	int result = 0;

	if (!url_is_url(dest))
		return 0;
	if (box_check(s, why) == -1)
		return -1;
	if (s->options->server(s->options->ctx, dest, &server, why) == -1)
		return -1;
	path = server.url.path != NULL ? server.url.path : "";
	if (url_same_server(&server.url, &box_of(s)->session->server.url))
		result = copy_by_name(s, v, n, path, move, copied,
		    why) == 0 ? 1 : -1;
	if (result == -1)
		fail_where(why, "%s", *path == '\0' ? "INBOX" : path);
	server_free(&server);
	return result;
}

bool
imap_has_news(const struct store *s)
{
	const struct box *b = box_of(s);

	return b->exists > b->live;
}

/* --- New mail --- */

static int
name_new(struct store *s, uint32_t n, struct fail *why)
{
	struct numbers ns = { NULL, 0, 0 };
	int result;

	for (; n > 0; n--)
		numbers_add(&ns, s->count - n + 1);
	result = box_need_uids(s, ns.v, ns.n, why);
	numbers_free(&ns);
	return result;
}

int
imap_check(struct store *s, uint32_t *added_messages, struct fail *why)
{
	struct box *b = box_of(s);
	uint32_t new_ones;

	*added_messages = 0;
	if (s->mode == STORE_APPEND)
		return 0;
	if (box_check(s, why) == -1 || imap_noop(b->session->imap, why) == -1)
		return -1;
	if ((new_ones = b->exists - b->live) == 0)
		return 0;
	if (store_resize(s, s->count + new_ones, why) == -1)
		return -1;
	b->live += new_ones;
	b->state.uidnext = 0;	/* it told of the former list */
	box_grown(s);
	*added_messages = new_ones;
	/* What vanishes will be told by UID. */
	if (imap_uses_qresync(b->session->imap))
		return name_new(s, new_ones, why);
	return 0;
}

static bool
has_new(void *store)
{
	struct box *b = box_of(store);

	return b->exists != b->live;
}

int
imap_wait(struct store *s, int64_t deadline, struct fail *why)
{
	struct box *b = box_of(s);

	if (s->mode == STORE_APPEND)
		return 0;
	if (box_check(s, why) == -1)
		return -1;
	if (!imap_offers(b->session->imap, "IDLE"))
		return 0;
	return imap_idle(b->session->imap, deadline, has_new, s, why) == -1 ?
	    -1 : 1;
}
