/* SPDX-License-Identifier: ISC */
/*
 * imaplist.c -- the UIDs and flags of a mailbox as they were at the end of the last
 * run, brought up to date by what the server says has changed since (CONDSTORE and
 * QRESYNC, RFC 7162): then nothing has to be asked of messages that are as they were.
 *
 * It is believed only where it fits: the same UIDVALIDITY, and after all changes as
 * many messages as EXISTS says.  Flags are kept of messages without keywords that
 * were not \Recent, which no mod-sequence tells.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "headcache.h"
#include "imap.h"
#include "local.h"

#define FLAGS_KNOWN	(1U << 31)
#define GONE		(1U << 30)

struct row {
	uint32_t	uid, flags;
};

struct preface {
	char		magic[16];
	uint32_t	order, count;
	uint32_t	uidvalidity, uidnext;
	uint64_t	modseq, sum;
};
static const char magic[16] = "mailx UID list 1";
#define ORDER	0x01020304U

struct boxlist {
	char		*path;		/* owned */
	struct preface	 was;		/* as it was read; modseq 0: nothing was */
	struct row	*v;		/* owned, ascending */
	size_t		 n, cap;
	size_t		 gone;		/* of them */
	size_t		 changes;	/* told by the server */
};

/* --- The file --- */

static bool
are_rows(const struct preface *p, const struct row *v)
{
	uint32_t i;

	if (p->sum != headcache_sum(v, p->count * sizeof(*v)))
		return false;
	for (i = 0; i < p->count; i++)
		if (v[i].uid >= p->uidnext ||
		    v[i].uid <= (i == 0 ? 0 : v[i - 1].uid))
			return false;
	return true;
}

static void
read_list(struct boxlist *l, int fd)
{
	struct preface p;
	struct stat st;
	size_t size;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    read(fd, &p, sizeof(p)) != sizeof(p) ||
	    memcmp(p.magic, magic, sizeof(magic)) != 0 || p.order != ORDER ||
	    p.count > MAX_MESSAGES || p.modseq == 0 || p.uidvalidity == 0)
		return;
	size = p.count * sizeof(*l->v);
	if ((uint64_t)st.st_size != sizeof(p) + size)
		return;
	l->v = xmalloc(size + 1);
	if (read(fd, l->v, size) != (ssize_t)size || !are_rows(&p, l->v))
		return;
	l->n = l->cap = p.count;
	l->was = p;
}

static void
read_file(struct boxlist *l)
{
	int fd = open(l->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd == -1)
		return;
	read_list(l, fd);
	close(fd);
}

static bool
write_list(const struct boxlist *l, const struct preface *p,
    const struct row *v)
{
	char *temporary = xasprintf("%s.XXXXXX", l->path);
	bool done;
	int fd;

	if ((fd = mkstemp(temporary)) == -1) {
		free(temporary);
		return false;
	}
	done = write_all(fd, p, sizeof(*p)) == 0 &&
	    write_all(fd, v, p->count * sizeof(*v)) == 0;
	done = close(fd) == 0 && done;
	done = done && rename(temporary, l->path) == 0;
	if (!done)
		(void)unlink(temporary);
	free(temporary);
	return done;
}

/* --- What has changed since --- */

/* Where the UID is, or belongs. */
static size_t
place_of(const struct boxlist *l, uint32_t uid)
{
	size_t low = 0, high = l->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (l->v[middle].uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* VANISHED (EARLIER) 41,43:116 */
static int
take_vanished(struct boxlist *l, const struct imap_node *items,
    struct fail *why)
{
	const struct imap_node *n = items;
	uint32_t low, high;
	struct span set;
	int result;
	size_t i;

	if (n == NULL || n->kind != IMAP_LIST)
		return 0;	/* of the mailbox that was selected before */
	n = n->next;
	if (n == NULL || n->kind != IMAP_ATOM)
		return fail(why, EX_PROTOCOL,
		    "malformed IMAP response: VANISHED");
	set = n->text;
	while ((result = imap_set_next(&set, &low, &high)) == 1)
		for (i = place_of(l, low); i < l->n && l->v[i].uid <= high; i++)
			if (!(l->v[i].flags & GONE)) {
				l->v[i].flags |= GONE;
				l->gone++;
			}
	return result == -1 ? fail(why, EX_PROTOCOL,
	    "malformed IMAP response: VANISHED") : 0;
}

static uint32_t
row_flags(const struct msg *m)
{
	if (!(m->loaded & LOAD_FLAGS) || !(m->stored & MSG_OLD) ||
	    (m->name != NULL && *m->name != '\0'))
		return 0;
	return FLAGS_KNOWN | (m->stored & MSG_LASTING);
}

static void
take_changed(struct boxlist *l, const struct imap_node *items)
{
	struct msg m = { .uid = 0 };
	struct imap_items it;
	size_t i;

	if (items == NULL || items->kind != IMAP_LIST ||
	    !imap_are_pairs(items->child) ||
	    (m.uid = imap_item_uid(items->child)) == 0)
		return;
	m.loaded = imap_take_items(&m, items->child, 0, NULL, &it);
	i = place_of(l, m.uid);
	if (i == l->n && l->n < MAX_MESSAGES) {
		l->v = xgrow(l->v, l->n, &l->cap, sizeof(*l->v));
		l->v[l->n++] = (struct row){ m.uid, row_flags(&m) };
	} else if (i < l->n && l->v[i].uid == m.uid)
		l->v[i].flags = (l->v[i].flags & GONE) | row_flags(&m);
	free(m.name);
	free(m.tags);
}

/* What came until now was of the mailbox that was selected before (RFC 7162 3.2.11). */
static void
begin_again(struct boxlist *l)
{
	if (l->changes == 0)
		return;
	free(l->v);
	l->v = NULL;
	l->n = l->cap = l->gone = l->changes = 0;
	read_file(l);
}

static int
changed(void *ctx, const struct imap_response *r, struct fail *why)
{
	struct boxlist *l = ctx;

	if (imap_is_atom(r->code, "CLOSED"))
		begin_again(l);
	if (r->status != IMAP_DATA)
		return 0;
	if (++l->changes > 4 * (uint64_t)MAX_MESSAGES)
		return fail(why, EX_PROTOCOL, "changes without end");
	if (!r->has_number && span_ieq(r->word, "VANISHED"))
		return take_vanished(l, r->items, why) == -1 ? -1 : 1;
	if (!r->has_number || !span_ieq(r->word, "FETCH"))
		return 0;
	take_changed(l, r->items);
	return 1;
}

/* --- Opening --- */

static bool
is_offered(const struct imap *x)
{
	return imap_offers(x, "CONDSTORE") || imap_offers(x, "QRESYNC");
}

/* NULL: SELECT as ever. */
const struct imap_resync *
boxlist_read(struct store *s, const struct session *ss,
    struct imap_resync *resync)
{
	struct box *b = box_of(s);
	struct boxlist *l;
	char *dir;

	boxlist_free(s);
	if (s->options->cache_dir == NULL || s->count > 0 ||
	    s->mode == STORE_APPEND || !is_offered(ss->imap) ||
	    (dir = boxcache_dir(s, ss)) == NULL)
		return NULL;
	b->list = l = xcalloc(1, sizeof(*l));
	l->path = xasprintf("%s/list", dir);
	free(dir);
	read_file(l);
	*resync = (struct imap_resync){ l->was.uidvalidity, l->was.modseq,
	    changed, l };
	return resync;
}

/* CONDSTORE alone does not tell what vanished; the number of messages will. */
static int
ask_changed(struct store *s, struct fail *why)
{
	struct boxlist *l = box_of(s)->list;
	struct imap *x = box_of(s)->session->imap;
	struct imap_job *job;
	struct imap_line line;

	if (l->was.modseq == box_of(s)->state.modseq)
		return 0;
	imap_line_init(&line);
	imap_line_put(&line, "FETCH 1:* (UID FLAGS) (CHANGEDSINCE %llu)",
	    (unsigned long long)l->was.modseq);
	imap_set_watch(x, NULL);
	job = imap_start(x, &line, changed, l, why);
	imap_line_free(&line);
	return job == NULL ? -1 : imap_finish(x, job, EX_TEMPFAIL, why);
}

static void
take_over(struct store *s)
{
	struct boxlist *l = box_of(s)->list;
	const struct row *row;
	struct msg *m = s->msgs;
	size_t i;

	if (l->n - l->gone != s->count)
		return;
	if (l->gone > 0)
		boxcache_open(s);
	for (i = 0; i < l->n; i++) {
		row = &l->v[i];
		if (row->flags & GONE) {
			boxcache_forget(s, row->uid);
			continue;
		}
		m->uid = row->uid;
		if (row->flags & FLAGS_KNOWN) {
			m->flags = m->stored = (row->flags & MSG_LASTING);
			m->loaded = LOAD_FLAGS;
		}
		m++;
	}
	box_of(s)->known = s->count;
}

/* With QRESYNC what vanishes is told by UID: then all must be known. */
static int
need_all(struct store *s, struct fail *why)
{
	struct box *b = box_of(s);
	struct numbers all = { NULL, 0, 0 };
	struct imap_uids uids = { NULL, 0, 0 };
	struct imap_line l;
	int result;

	if (!imap_uses_qresync(b->session->imap) || b->known == s->count)
		return 0;
	imap_line_init(&l);
	imap_line_put(&l, "ALL");
	result = imap_search(b->session->imap, &l, b->exists, &uids, why);
	imap_line_free(&l);
	if (result == 0)
		result = box_learn(s, &uids, why);
	free(uids.v);
	if (result == 0 && b->known < s->count) {
		numbers_add_all(&all, s);
		result = box_need_uids(s, all.v, all.n, why);
		numbers_free(&all);
	}
	return result;
}

int
boxlist_apply(struct store *s, struct fail *why)
{
	struct box *b = box_of(s);
	struct boxlist *l = b->list;

	if (l != NULL && l->was.modseq != 0 && b->state.modseq != 0 &&
	    l->was.uidvalidity == s->uidvalidity &&
	    (b->state.uidnext == 0 || l->was.uidnext <= b->state.uidnext)) {
		if (!imap_uses_qresync(b->session->imap) &&
		    ask_changed(s, why) == -1)
			return -1;
		take_over(s);
	}
	box_watch(s);
	return need_all(s, why);
}

/* --- Closing --- */

static bool
is_news(const struct boxlist *l, const struct preface *p, size_t flags_known)
{
	size_t i, known = 0;

	if (l->was.uidvalidity != p->uidvalidity || l->was.modseq != p->modseq ||
	    l->n != p->count)
		return true;
	for (i = 0; i < l->n; i++)
		known += (l->v[i].flags & FLAGS_KNOWN) != 0;
	return flags_known > known;
}

void
boxlist_write(struct store *s)
{
	struct box *b = box_of(s);
	struct boxlist *l = b->list;
	struct preface p = { .order = ORDER };
	size_t known = 0;
	struct row *v;
	uint32_t i;

	if (l == NULL || b->state.modseq == 0 || b->known < s->count ||
	    b->live == 0)
		return;
	v = xreallocarray(NULL, (size_t)s->count + 1, sizeof(*v));
	for (i = 0; i < s->count; i++) {
		if (s->msgs[i].flags & MSG_GONE)
			continue;
		v[p.count] = (struct row){ s->msgs[i].uid,
		    row_flags(&s->msgs[i]) };
		known += v[p.count++].flags != 0;
	}
	memcpy(p.magic, magic, sizeof(magic));
	p.uidvalidity = s->uidvalidity;
	p.uidnext = p.count == 0 ? 1 : v[p.count - 1].uid + 1;
	/* What changed since SELECT is told once more next time. */
	p.modseq = b->state.modseq;
	p.sum = headcache_sum(v, p.count * sizeof(*v));
	if (is_news(l, &p, known) && local_make_parents(l->path, &(struct fail){
	    0 }) == 0)
		(void)write_list(l, &p, v);
	free(v);
}

void
boxlist_free(struct store *s)
{
	struct boxlist *l = box_of(s)->list;

	if (l == NULL)
		return;
	free(l->path);
	free(l->v);
	free(l);
	box_of(s)->list = NULL;
}
