/* SPDX-License-Identifier: ISC */
/*
 * mboxfollow.c -- an mbox that other programs change while it is open: scanned again,
 * and its messages known again by what is in them, wherever they stand now.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mbox.h"

/* The message that stands last in the file; 0: there is none. */
static uint32_t
last_message(struct store *s)
{
	uint32_t n, last = 0;

	for (n = 1; n <= s->count; n++)
		if ((store_msg(s, n)->flags & MSG_GONE) == 0 && (last == 0 ||
		    store_msg(s, n)->offset > store_msg(s, last)->offset))
			last = n;
	return last;
}

/*
 * What another program noted in the file, but for what was changed here.  What it marked
 * for deletion meanwhile nobody has seen so here, and it is not removed by us.
 */
static void
update(struct msg *m, struct msg *now)
{
	uint32_t ours = ((m->flags ^ m->stored) & MSG_LASTING) | MSG_DELETED;

	now->stored = (now->stored & ~(uint32_t)MSG_DELETED) |
	    (m->stored & MSG_DELETED);

	if (m->size != now->size) {
		part_free(m->structure);
		m->structure = NULL;
		m->loaded &= ~(uint32_t)LOAD_STRUCTURE;
	}
	m->loaded = (m->loaded & (LOAD_ENVELOPE | LOAD_STRUCTURE)) | now->loaded;
	m->offset = now->offset;
	m->size = now->size;
	m->flags = (m->flags & ~(uint32_t)MSG_LASTING) | (m->flags & ours) |
	    (now->stored & ~ours & MSG_LASTING);
	m->stored = now->stored;
	if ((m->flags & MSG_TAGS_CHANGED) == 0) {
		free(m->tags);
		m->tags = now->tags;
		now->tags = NULL;
	}
}

static int
add_message(struct store *s, struct msg *m, uint64_t id, struct fail *why)
{
	struct mbox *b = s->data;

	if (store_resize(s, s->count + 1, why) == -1)
		return -1;
	b->ids.v = xgrow(b->ids.v, s->count - 1, &b->ids.cap, sizeof *b->ids.v);
	b->ids.v[s->count - 1] = id;
	*store_msg(s, s->count) = *m;
	store_msg(s, s->count)->flags &= ~(uint32_t)MSG_DELETED;
	store_msg(s, s->count)->stored &= ~(uint32_t)MSG_DELETED;
	m->tags = NULL;
	return 0;
}

/* If more was added and nothing else: 1; 0: no. */
static int
extend(struct store *s, struct fail *why)
{
	struct mbox *b = s->data;
	struct mbox_ids ids = { NULL, 0 };
	uint32_t last = last_message(s), i;
	struct store fresh;
	off_t end;
	int r;

	if (last == 0)
		return 0;
	mbox_fresh(&fresh, s);
	r = mbox_scan(&fresh, store_msg(s, last)->offset, &ids, &end, why);
	if (r == 0 && fresh.count > 0 && ids.v[0] == b->ids.v[last - 1] &&
	    fresh.msgs[0].offset == store_msg(s, last)->offset) {
		update(store_msg(s, last), &fresh.msgs[0]);
		for (i = 1; i < fresh.count && r == 0; i++)
			r = add_message(s, &fresh.msgs[i], ids.v[i], why);
		if (r == 0)
			r = 1;
	}
	mbox_fresh_free(&fresh);
	free(ids.v);
	return r;
}

struct known {
	uint64_t	 id;
	off_t		 offset;
	struct msg	*m;		/* borrowed */
};

static int
compare_known(const void *a, const void *b)
{
	const struct known *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* The messages that are there, by id. */
static struct known *
sort_known(struct store *s, const struct mbox_ids *ids, size_t *n)
{
	struct known *v = xcalloc(s->count + 1, sizeof *v);
	uint32_t i;

	for (i = 0, *n = 0; i < s->count; i++)
		if ((s->msgs[i].flags & MSG_GONE) == 0) {
			v[*n].id = ids->v[i];
			v[*n].offset = s->msgs[i].offset;
			v[(*n)++].m = &s->msgs[i];
		}
	qsort(v, *n, sizeof *v, compare_known);
	return v;
}

/* Pair what we know with what is there, by id, equal ones in the order of the file. */
static int
match(struct store *s, struct store *fresh, const struct mbox_ids *ids,
    struct fail *why)
{
	struct mbox *b = s->data;
	struct known *old, *now;
	bool *found = xcalloc(fresh->count + 1, sizeof *found);
	size_t nold, nnow, i, k = 0;
	uint32_t j;
	int r = 0;

	old = sort_known(s, &b->ids, &nold);
	now = sort_known(fresh, ids, &nnow);
	for (i = 0; i < nold; i++) {
		while (k < nnow && now[k].id < old[i].id)
			k++;
		if (k == nnow || now[k].id != old[i].id) {
			old[i].m->flags |= MSG_GONE;
			continue;
		}
		update(old[i].m, now[k].m);
		found[now[k++].m - fresh->msgs] = true;
	}
	for (j = 0; j < fresh->count && r == 0; j++)
		if (!found[j])
			r = add_message(s, &fresh->msgs[j], ids->v[j], why);
	free(old);
	free(now);
	free(found);
	return r;
}

int
mbox_follow(struct store *s, struct fail *why)
{
	struct mbox *b = s->data;
	struct mbox_ids ids = { NULL, 0 };
	struct store fresh;
	struct stat st;
	off_t end;
	int r = 0;

	if (fstat(b->fd, &st) == -1)
		return fail_errno(why, EX_IOERR, "%s", b->path);
	if (st.st_dev == b->dev && st.st_ino == b->ino && st.st_size >= b->size) {
		if (st.st_size == b->size && st.st_mtim.tv_sec ==
		    b->mtime.tv_sec && st.st_mtim.tv_nsec == b->mtime.tv_nsec)
			return 0;
		r = extend(s, why);
	}
	if (r == 0) {
		mbox_fresh(&fresh, s);
		r = mbox_scan(&fresh, 0, &ids, &end, why);
		if (r == 0)
			r = match(s, &fresh, &ids, why);
		mbox_fresh_free(&fresh);
		free(ids.v);
	}
	return r == -1 ? -1 : mbox_remember(b, why);
}
