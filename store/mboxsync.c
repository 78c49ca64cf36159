/* SPDX-License-Identifier: ISC */
/*
 * mboxsync.c -- changes of flags and deletions made real in an mbox.
 *
 * All before the first message that changes stays untouched; the rest is written anew
 * by way of mboxredo.c.  What other programs changed meanwhile is followed first.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mbox.h"

#define NEW_MAIL	(MSG_SEEN | MSG_OLD)

static bool
is_removed(const struct msg *m, unsigned how)
{
	return (how & SYNC_EXPUNGE) != 0 && (m->flags & MSG_DELETED) != 0;
}

static bool
is_altered(const struct msg *m, unsigned how)
{
	uint32_t lasting = MSG_LASTING & ~(uint32_t)MSG_DELETED;

	/* A mark of another program, taken off here, goes too. */
	if ((m->stored & MSG_DELETED) != 0)
		lasting |= MSG_DELETED;
	return (how & SYNC_FLAGS) != 0 &&
	    (((m->flags ^ m->stored) & lasting) != 0 ||
	    (m->flags & MSG_TAGS_CHANGED) != 0);
}

static bool
is_changed(const struct msg *m, unsigned how)
{
	return (m->flags & MSG_GONE) == 0 &&
	    (is_removed(m, how) || is_altered(m, how));
}

static bool
any_change(const struct store *s, unsigned how)
{
	uint32_t i;

	for (i = 0; i < s->count; i++)
		if (is_changed(&s->msgs[i], how))
			return true;
	return false;
}

/* --- The plan: what is in the file, in its order --- */

struct step {
	struct msg	*m;		/* borrowed */
	off_t		 start, end;	/* now */
	off_t		 to;		/* where it will begin; -1: nowhere */
	off_t		 longer;	/* by so many octets */
};

struct plan {
	struct step	*v;		/* owned */
	size_t		 n;
	size_t		 first;		/* that changes */
};

static int
by_start(const void *a, const void *b)
{
	const struct step *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void
make_plan(struct store *s, unsigned how, struct plan *p)
{
	const struct mbox *b = s->data;
	uint32_t i;
	size_t k;

	p->v = xcalloc(s->count + 1, sizeof *p->v);
	for (i = 0, p->n = 0; i < s->count; i++)
		if ((s->msgs[i].flags & MSG_GONE) == 0) {
			p->v[p->n].m = &s->msgs[i];
			p->v[p->n++].start = (off_t)s->msgs[i].offset;
		}
	qsort(p->v, p->n, sizeof *p->v, by_start);
	p->first = p->n;
	for (k = 0; k < p->n; k++) {
		p->v[k].end = k + 1 < p->n ? p->v[k + 1].start : b->size;
		p->v[k].to = p->v[k].start;
		if (p->first == p->n && is_changed(p->v[k].m, how))
			p->first = k;
	}
}

/* --- Writing --- */

/* The header with new Status fields, in its own line ends. */
static void
write_head(const char *head, size_t n, const struct msg *m, FILE *out)
{
	const char *eol = (m->loaded & MBOX_CRLF) != 0 ? "\r\n" : "\n", *nl;
	struct span line;
	size_t at, len;
	bool skip = false, done = false;

	for (at = 0; at < n; at += len) {
		nl = memchr(head + at, '\n', n - at);
		len = nl == NULL ? n - at : (size_t)(nl - (head + at)) + 1;
		line.p = head + at;
		line.n = len;
		if (!done && (*line.p == '\n' || (len == 2 && *line.p == '\r'))) {
			mbox_write_status(out, m, eol);
			done = true;
			skip = false;
		} else if (*line.p != ' ' && *line.p != '\t')
			skip = mbox_is_note(line);
		if (!skip)
			fwrite(line.p, 1, line.n, out);
	}
	if (done)
		return;
	if (n > 0 && head[n - 1] != '\n')
		fputs(eol, out);
	mbox_write_status(out, m, eol);
}

/* A separator that ends with the file has no line behind it for a field. */
static bool
is_cut_short(struct mbox *b, off_t text)
{
	char last = '\n';

	return mbox_read_at(b, &last, 1, text - 1, NULL) == 0 && last != '\n';
}

/* One message with its flags as they are now; its body as it stands there. */
static int
write_altered(struct mbox *b, struct step *x, struct redo *r, struct fail *why)
{
	off_t text = mbox_text_start(x->m);
	char *head, *altered;
	size_t n, len = 0;
	FILE *out;

	if (redo_copy(r, b->fd, x->start, text, why) == -1 ||
	    mbox_read_head(b, x->m, &head, &n, why) == -1)
		return -1;
	out = xmemstream(&altered, &len);
	/* One that is too long to be read whole stays as it is. */
	if (n >= MAX_HEAD_SIZE || (n == 0 && is_cut_short(b, text)))
		fwrite(head, 1, n, out);
	else
		write_head(head, n, x->m, out);
	fclose(out);
	fwrite(altered, 1, len, redo_stream(r));
	x->longer = (off_t)len - (off_t)n;
	free(altered);
	free(head);
	return redo_copy(r, b->fd, text + (off_t)n, x->end, why);
}

static int
write_all_from(struct store *s, struct plan *p, unsigned how, struct redo *r,
    struct fail *why)
{
	struct mbox *b = s->data;
	struct step *x;
	off_t at = p->v[p->first].start;
	int result = 0;

	for (x = p->v + p->first; x < p->v + p->n && result == 0; x++) {
		if (is_removed(x->m, how)) {
			x->to = -1;
			continue;
		}
		x->to = at;
		if (is_altered(x->m, how))
			result = write_altered(b, x, r, why);
		else
			result = redo_copy(r, b->fd, x->start, x->end, why);
		at += x->end - x->start + x->longer;
	}
	return result;
}

/* The list follows the file. */
static void
adopt(struct plan *p, unsigned how)
{
	struct step *x;
	struct msg *m;

	for (x = p->v + p->first; x < p->v + p->n; x++) {
		m = x->m;
		if (x->to == -1) {
			m->flags |= MSG_GONE;
			continue;
		}
		m->offset = x->to;
		if (!is_altered(m, how))
			continue;
		m->size += (uint64_t)x->longer;
		m->stored = m->flags & MSG_LASTING & ~(uint32_t)MSG_DELETED;
		m->flags &= ~(uint32_t)MSG_TAGS_CHANGED;
		part_free(m->structure);
		m->structure = NULL;
		m->loaded &= ~(uint32_t)LOAD_STRUCTURE;
	}
}

/* Is all behind the first change removed?  Then the file is only cut off. */
static bool
is_cut(const struct plan *p, unsigned how)
{
	size_t k;

	for (k = p->first; k < p->n; k++)
		if (!is_removed(p->v[k].m, how))
			return false;
	return true;
}

static int
cut(struct store *s, struct plan *p, struct fail *why)
{
	struct mbox *b = s->data;
	size_t k;

	if (ftruncate(b->fd, p->v[p->first].start) == -1 || fsync(b->fd) == -1)
		return fail_errno(why, EX_IOERR, "%s", b->path);
	durable_step("mbox: cut");
	for (k = p->first; k < p->n; k++)
		p->v[k].to = -1;
	return 0;
}

static int
rewrite(struct store *s, struct plan *p, unsigned how, struct lock *l,
    struct fail *why)
{
	struct mbox *b = s->data;
	struct redo *r = redo_begin(b, s->options, p->v[p->first].start, why);

	if (r == NULL)
		return -1;
	if (write_all_from(s, p, how, r, why) == -1) {
		redo_abandon(r);
		return -1;
	}
	lock_refresh(l);
	return redo_make(r, b->size, why);
}

/* Programs tell new mail by a file that was not read since it was written. */
static void
set_times(struct store *s)
{
	struct mbox *b = s->data;
	struct timespec times[2] = { { 0, UTIME_NOW }, { 0, UTIME_OMIT } };
	struct stat st;
	uint32_t i;

	for (i = 0; i < s->count; i++)
		if ((s->msgs[i].flags & MSG_GONE) == 0 &&
		    (s->msgs[i].flags & NEW_MAIL) == 0)
			break;
	if (i < s->count && fstat(b->fd, &st) == 0) {
		times[0] = st.st_mtim;
		times[0].tv_sec--;
	}
	(void)futimens(b->fd, times);
}

static int
sync_locked(struct store *s, unsigned how, struct lock *l, struct fail *why)
{
	struct mbox *b = s->data;
	struct plan p;
	int r;

	if (mbox_follow(s, why) == -1)
		return -1;
	if (!any_change(s, how))
		return 0;
	make_plan(s, how, &p);
	r = is_cut(&p, how) ? cut(s, &p, why) : rewrite(s, &p, how, l, why);
	if (r == 0) {
		adopt(&p, how);
		set_times(s);
		r = mbox_remember(b, why);
	}
	free(p.v);
	return r;
}

int
mbox_sync(struct store *s, unsigned how, struct fail *why)
{
	struct lock *l;
	int r;

	if (!any_change(s, how))
		return 0;
	if ((l = mbox_lock(s, true, why)) == NULL)
		return -1;
	r = sync_locked(s, how, l, why);
	lock_release(l);
	return r;
}
