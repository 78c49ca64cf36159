/* SPDX-License-Identifier: ISC */
/*
 * outboxadd.c -- what is put into the outbox, and how that becomes durable.
 *
 * Message and envelope are written in tmp, synced, and renamed into q, the
 * envelope last; then q is synced.  Of many at once all files are synced by one
 * syncfs(2), which since Linux 5.8 tells of failures as fsync does.  A sync that
 * failed is not tried again: what it was for is taken back to tmp, so that what
 * is told as not queued is not sent, and left to who has its source.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "local.h"
#include "outboxint.h"

#define FEW	8		/* files that are synced each by itself */

/* Sorted by time; the rest makes it one's own. */
static void
new_id(char id[static OUTBOX_ID])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(id, OUTBOX_ID, "%09llx%05lx-%08x",
	    (unsigned long long)now.tv_sec & 0xfffffffffULL,
	    (unsigned long)now.tv_nsec / 1000 & 0xfffff, arc4random());
}

int
outbox_write_env(struct outbox *b, const struct outbox_item *i,
    struct fail *why)
{
	char name[OUTBOX_NAME], *text;
	size_t n;
	int fd;

	outbox_name(name, i->id, ".env");
	fd = openat(b->dir[OUTBOX_TMP], name, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return fail_errno(why, EX_CANTCREAT, "%s/tmp/%s", b->path,
		    name);
	text = outbox_text(i, &n);
	if (write_all(fd, text, n) == -1) {
		fail_errno(why, EX_IOERR, "%s/tmp/%s", b->path, name);
		close(fd);
		fd = -1;
	}
	free(text);
	if (fd != -1)
		durable_step("outbox: envelope written");
	else
		(void)unlinkat(b->dir[OUTBOX_TMP], name, 0);
	return fd;
}

/* What was written, read back into a digest. */
static int
measure(struct outbox_item *i, struct fail *why)
{
	FILE *f = outbox_message(i, why), *digest;
	int r;

	if (f == NULL)
		return -1;
	digest = local_digest(i->sha256, &i->octets);
	r = stream_copy(f, digest, UINT64_MAX, why);
	fclose(digest);
	fclose(f);
	return r;
}

static int
write_message(struct outbox *b, struct outbox_item *i,
    int (*write)(void *, FILE *, struct fail *), void *ctx, struct fail *why)
{
	int copy = fcntl(i->msg, F_DUPFD_CLOEXEC, 0), r;
	FILE *f = copy == -1 ? NULL : fdopen(copy, "w");

	if (f == NULL) {
		if (copy != -1)
			close(copy);
		return fail_errno(why, EX_OSERR, "%s", b->path);
	}
	r = write(ctx, f, why);
	if (stream_close(f, b->path, why) == -1)
		r = -1;
	if (r == -1)
		return -1;
	durable_step("outbox: message written");
	return measure(i, why);
}

/* Nothing of one that failed stays. */
static int
give_up(struct outbox *b, struct outbox_item *i)
{
	char name[OUTBOX_NAME];

	outbox_name(name, i->id, ".msg");
	(void)unlinkat(b->dir[OUTBOX_TMP], name, 0);
	if (i->msg != -1)
		close(i->msg);
	i->msg = -1;
	return -1;
}

static int
make_pending(struct outbox *b, const struct outbox_item *i, bool is_new,
    struct fail *why)
{
	struct pending *p = &b->pending[b->npending];
	int fd = outbox_write_env(b, i, why);

	if (fd == -1)
		return -1;
	memcpy(p->id, i->id, sizeof p->id);
	p->is_new = is_new;
	p->env = fd;
	p->msg = i->msg;
	p->kept = false;
	b->npending++;
	return 0;
}

int
outbox_add(struct outbox *b, struct outbox_item *i,
    int (*write)(void *, FILE *, struct fail *), void *ctx, struct fail *why)
{
	char name[OUTBOX_NAME];

	if (b->npending == BATCH_MESSAGES && outbox_commit(b, why) == -1)
		return -1;
	do {
		new_id(i->id);
		outbox_name(name, i->id, ".msg");
		i->msg = openat(b->dir[OUTBOX_TMP], name, O_RDWR | O_CREAT |
		    O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	} while (i->msg == -1 && errno == EEXIST);
	if (i->msg == -1)
		return fail_errno(why, EX_CANTCREAT, "%s/tmp", b->path);
	if (outbox_hold(i->msg) != 1) {
		fail_errno(why, EX_IOERR, "%s: cannot lock", b->path);
		return give_up(b, i);
	}
	i->place = OUTBOX_QUEUE;
	if (write_message(b, i, write, ctx, why) == -1 ||
	    make_pending(b, i, true, why) == -1)
		return give_up(b, i);
	return 0;
}

int
outbox_change(struct outbox *b, struct outbox_item *i, struct fail *why)
{
	char name[OUTBOX_NAME];
	size_t k;
	bool full = b->npending == BATCH_MESSAGES;

	for (k = 0; k < b->npending; k++)
		full = full || strcmp(b->pending[k].id, i->id) == 0;
	if (full && outbox_commit(b, why) == -1)
		return -1;
	/* Of a process that died; whoever has the message may write it. */
	outbox_name(name, i->id, ".env");
	(void)unlinkat(b->dir[OUTBOX_TMP], name, 0);
	return make_pending(b, i, false, why);
}

void
outbox_keep(struct outbox *b, struct outbox_item *i)
{
	size_t k;

	for (k = 0; k < b->npending; k++)
		if (b->pending[k].msg == i->msg && !b->pending[k].kept) {
			b->pending[k].kept = true;
			i->msg = -1;
			return;
		}
}

/* --- Committing. --- */

void
outbox_drop_pending(struct outbox *b)
{
	size_t k;

	for (k = 0; k < b->npending; k++) {
		if (b->pending[k].env != -1)
			close(b->pending[k].env);
		if (b->pending[k].kept)
			close(b->pending[k].msg);
	}
	b->npending = 0;
}

static int
sync_files(struct outbox *b, struct fail *why)
{
	const struct pending *p;
	size_t k;

	if (b->npending > FEW) {
		if (syncfs(b->dir[OUTBOX_TMP]) == 0)
			return 0;
		return fail_errno(why, EX_IOERR, "%s/tmp", b->path);
	}
	for (k = 0; k < b->npending; k++) {
		p = &b->pending[k];
		if (p->is_new && fsync(p->msg) == -1)
			break;
		durable_step("outbox: message synced");
		if (fsync(p->env) == -1)
			break;
		durable_step("outbox: envelope synced");
	}
	return k == b->npending ? 0 : fail_errno(why, EX_IOERR, "%s/tmp",
	    b->path);
}

static int
move_in(struct outbox *b, const char *id, const char *suffix, struct fail *why)
{
	char name[OUTBOX_NAME];

	outbox_name(name, id, suffix);
	if (renameat(b->dir[OUTBOX_TMP], name, b->dir[OUTBOX_QUEUE], name) ==
	    -1)
		return fail_errno(why, EX_IOERR, "%s/q/%s", b->path, name);
	durable_step("outbox: renamed");
	return 0;
}

static int
close_envelopes(struct outbox *b, struct fail *why)
{
	int fd, r = 0;
	size_t k;

	for (k = 0; k < b->npending; k++) {
		fd = b->pending[k].env;
		b->pending[k].env = -1;
		if (close(fd) == -1)
			r = fail_errno(why, EX_IOERR, "%s/tmp", b->path);
	}
	return r;
}

/* Nobody else has the message: it is saved by who asked to be told, or stays in tmp. */
static void
hand_back(struct outbox *b, struct pending *p)
{
	struct outbox_item i;
	struct fail ignored = { 0 };

	if (!p->kept)
		p->saved = true;
	else if (b->rescue != NULL &&
	    outbox_read(b, OUTBOX_TMP, p->id, &i, &ignored) == 1) {
		i.msg = p->msg;
		p->kept = false;
		p->saved = b->rescue(b->rescue_ctx, &i) == 0;
		outbox_item_free(&i);
	}
}

static void
take_back_file(struct outbox *b, const struct pending *p, const char *suffix)
{
	char name[OUTBOX_NAME];

	outbox_name(name, p->id, suffix);
	(void)renameat(b->dir[OUTBOX_QUEUE], name, b->dir[OUTBOX_TMP], name);
}

/* What was to be new is not in q; a changed envelope may be, and is as true as the old. */
static void
take_back(struct outbox *b)
{
	struct pending *p;
	char name[OUTBOX_NAME];
	size_t k;

	for (k = 0; k < b->npending; k++) {
		p = &b->pending[k];
		p->saved = false;
		if (!p->is_new)
			continue;
		take_back_file(b, p, ".env");
		take_back_file(b, p, ".msg");
		hand_back(b, p);
		if (!p->saved)
			continue;
		outbox_name(name, p->id, ".env");
		(void)unlinkat(b->dir[OUTBOX_TMP], name, 0);
		outbox_name(name, p->id, ".msg");
		(void)unlinkat(b->dir[OUTBOX_TMP], name, 0);
	}
}

void
outbox_on_loss(struct outbox *b, int (*rescue)(void *, struct outbox_item *),
    void *ctx)
{
	b->rescue = rescue;
	b->rescue_ctx = ctx;
}

int
outbox_commit(struct outbox *b, struct fail *why)
{
	int r;
	size_t k;

	if (b->npending == 0)
		return 0;
	r = sync_files(b, why);
	if (r == 0)
		r = close_envelopes(b, why);
	for (k = 0; k < b->npending && r == 0; k++)
		if (b->pending[k].is_new)
			r = move_in(b, b->pending[k].id, ".msg", why);
	for (k = 0; k < b->npending && r == 0; k++)
		r = move_in(b, b->pending[k].id, ".env", why);
	if (r == 0)
		r = outbox_sync(b, OUTBOX_QUEUE, why);
	if (r == -1)
		take_back(b);
	outbox_drop_pending(b);
	if (r == 0)
		durable_step("outbox: committed");
	return r;
}
