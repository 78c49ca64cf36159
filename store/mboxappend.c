/* SPDX-License-Identifier: ISC */
/*
 * mboxappend.c -- appending to an mbox, and finding out later whether a message got there.
 *
 * Lock; note the intent (offset, length, digest, and what else the octets follow from);
 * write; on any error cut the file back; fsync.  The lock is held from the first
 * message to the commit, so what is cut back is ours alone.
 *
 * Where intents are settled together the messages wait beside the file until they
 * are: one fsync of the intents and one of the file for all of them.  Without intents
 * they wait too, and are added as a change that whoever comes next completes
 * (mboxredo.c): who is killed in a write(2), of any size, leaves a part of it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mbox.h"

#define NOTES		4096	/* octets by which notes of programs may lengthen a message */
#define BEFORE		4096	/* octets before the place that tell whether it is the same */
#define RECORD_TAGS	1000	/* octets of tags in a record */
#define BUFFER		(1024 * 1024)
#define GATHERED	(64 * 1024 * 1024)	/* octets that wait without an intent */

/* What must stand before a separator so that it begins a block: so many LF. */
static int
glue_for(struct mbox *b, off_t size, struct fail *why)
{
	char last[2] = "\n\n";

	if (size == 0)
		return 0;
	if (pread(b->fd, size >= 2 ? last : last + 1, size >= 2 ? 2 : 1,
	    size >= 2 ? size - 2 : 0) == -1)
		return fail_errno(why, EX_IOERR, "%s", b->path);
	if (last[1] != '\n')
		return 2;
	return last[0] != '\n' ? 1 : 0;
}

/* Exactly the octets that are to stand at the end of the file. */
static int
write_block(FILE *f, FILE *out, const struct msg *like, int glue,
    struct fail *why)
{
	fputs(&"\n\n"[2 - glue], out);
	return mbox_write_message(f, out, like, why);
}

/* What stands before that place: if it still does, nothing has been moved. */
static int
sum_before(struct mbox *b, off_t at, uint64_t *hash, struct fail *why)
{
	struct mbox_sum sum = { 0, { 0 }, 0 };
	size_t n = at < BEFORE ? (size_t)at : BEFORE;
	char block[BEFORE];

	if (mbox_read_at(b, block, n, at - (off_t)n, why) == -1)
		return -1;
	mbox_sum_add(&sum, block, n);
	*hash = mbox_sum_end(&sum);
	return 0;
}

static int
tell_intent(struct mbox *b, FILE *f, const struct msg *like, int glue,
    off_t at, const struct store_intent *intent, struct fail *why)
{
	char hex[DIGEST_SIZE], *record;
	uint64_t octets, before;
	off_t start = ftello(f), base = at - b->ngathered;
	FILE *d = local_digest(hex, &octets);
	int r = write_block(f, d, like, glue, why);

	fclose(d);
	if (r == 0)
		r = sum_before(b, base, &before, why);
	if (r == 0 && (start == -1 || fseeko(f, start, SEEK_SET) == -1))
		r = fail_errno(why, EX_IOERR, "cannot read the message again");
	if (r == -1)
		return -1;
	record = xasprintf("mbox %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
	    " %s %" PRIu64 " %" PRIx64 " %d %" PRId64 " %" PRIu32 " %s",
	    (uint64_t)b->dev, (uint64_t)b->ino, (uint64_t)at, octets, hex,
	    (uint64_t)base, before, glue, like->arrived,
	    like->flags & MSG_LASTING, like->tags == NULL ||
	    strlen(like->tags) > RECORD_TAGS ? "" : like->tags);
	if (b->gathered != NULL)
		r = intent->write(intent->ctx, record, why);
	else
		r = store_intend(intent, record, why);
	free(record);
	return r;
}

/* Write to the file from that place on: all that was gathered, or one message. */
static int
write_at(struct mbox *b, FILE *f, const struct msg *like, int glue,
    off_t at, struct fail *why)
{
	int fd = dup(b->fd), r;
	char *block = xmalloc(BUFFER);
	FILE *out;

	if (fd == -1 || lseek(fd, at, SEEK_SET) == -1 ||
	    (out = fdopen(fd, "r+")) == NULL) {
		fail_errno(why, EX_IOERR, "%s", b->path);
		if (fd != -1)
			close(fd);
		free(block);
		return -1;
	}
	setvbuf(out, block, _IOFBF, BUFFER);
	if (like == NULL)
		r = stream_copy(f, out, (uint64_t)b->ngathered, why);
	else
		r = write_block(f, out, like, glue, why);
	if (fflush(out) != 0 && r == 0)
		r = fail_errno(why, EX_IOERR, "cannot write");
	if (fclose(out) != 0 && r == 0)
		r = fail_errno(why, EX_IOERR, "cannot write");
	free(block);
	if (r == -1)
		fail_where(why, "%s", b->path);
	return r;
}

/* Back to that size: nothing half written stays. */
static void
cut_back(struct mbox *b, off_t size)
{
	if (ftruncate(b->fd, size) == 0)
		(void)fsync(b->fd);
}

/* Where all begins that can be taken back, if nobody writes meanwhile. */
static void
note_start(struct mbox *b, const struct stat *st)
{
	if (!b->appended)
		b->start = st->st_size;
	else if (st->st_size != b->end.st_size || st->st_ino != b->end.st_ino ||
	    st->st_dev != b->end.st_dev ||
	    st->st_mtim.tv_sec != b->end.st_mtim.tv_sec ||
	    st->st_mtim.tv_nsec != b->end.st_mtim.tv_nsec)
		b->foreign = true;
	b->appended = true;
}

static int
begin_append(struct store *s, struct fail *why)
{
	struct mbox *b = s->data;
	struct stat st;

	if (b->pending)
		return 0;
	if ((b->lock = mbox_lock(s, true, why)) == NULL)
		return -1;
	if ((s->mode == STORE_APPEND && mbox_remember(b, why) == -1) ||
	    fstat(b->fd, &st) == -1) {
		lock_release(b->lock);
		b->lock = NULL;
		return fail_errno(why, EX_IOERR, "%s", b->path);
	}
	b->first = b->batch = st.st_size;
	b->pending = true;
	note_start(b, &st);
	return 0;
}

/* A file that was not read since it was written has new mail, to those who go by times. */
static void
end_append(struct mbox *b)
{
	struct timespec times[2] = { b->atime, { 0, UTIME_OMIT } };

	(void)futimens(b->fd, times);
	if (fstat(b->fd, &b->end) == -1)
		b->foreign = true;
	lock_release(b->lock);
	b->lock = NULL;
	b->pending = false;
}

/* Beside the file, behind what is there already. */
static int
gather(struct mbox *b, FILE *f, const struct msg *like, int glue,
    struct fail *why)
{
	off_t end;

	if (fseeko(b->gathered, b->ngathered, SEEK_SET) == -1)
		return fail_errno(why, EX_IOERR, "temporary file");
	if (write_block(f, b->gathered, like, glue, why) == -1)
		return -1;
	if (fflush(b->gathered) != 0 || ferror(b->gathered) ||
	    (end = ftello(b->gathered)) == -1)
		return fail_errno(why, EX_IOERR, "temporary file");
	b->ngathered = end;
	return 0;
}

/* Is there a place beside the file, if one is wanted? */
static int
begin_gathering(struct mbox *b, const struct store_intent *intent,
    struct fail *why)
{
	if (b->gathered != NULL || (intent != NULL && intent->settle == NULL))
		return 0;
	b->intent = intent;
	b->ngathered = 0;
	b->gathered = store_stage(why);
	return b->gathered == NULL ? -1 : 0;
}

/* Behind what others, who know of no lock of ours, have written while messages waited. */
static int
follow_end(struct store *s, struct fail *why)
{
	struct mbox *b = s->data;
	struct stat st;
	int glue;

	if (fstat(b->fd, &st) == -1)
		return fail_errno(why, EX_IOERR, "%s", b->path);
	/* A change of ours that is half made is no other's. */
	if (st.st_size == b->first || redo_is_there(b->path, s->options))
		return 0;
	if ((glue = glue_for(b, st.st_size, why)) == -1)
		return -1;
	if (glue > 0 && pwrite(b->fd, "\n\n", (size_t)glue, st.st_size) != glue)
		return fail_errno(why, EX_IOERR, "%s", b->path);
	b->foreign = true;
	b->first = b->batch = st.st_size + glue;
	return 0;
}

/* Without a place for a change: who is killed now leaves a part. */
static int
write_plainly(struct mbox *b, struct fail *why)
{
	int r = write_at(b, b->gathered, NULL, 0, b->first, why);

	if (r == 0 && fsync(b->fd) == -1)
		r = fail_errno(why, EX_IOERR, "%s", b->path);
	if (r == -1)
		cut_back(b, b->first);
	return r;
}

/* Behind the file, whole or, until somebody completes it, not yet. */
static int
write_change(struct store *s, struct fail *why)
{
	struct mbox *b = s->data;
	struct fail no_place = { 0 };
	struct redo *redo;
	int r;

	if (follow_end(s, why) == -1)
		return -1;
	redo = redo_begin(b, s->options, b->first, &no_place);
	rewind(b->gathered);
	if (redo == NULL)
		r = write_plainly(b, why);
	else if ((r = stream_copy(b->gathered, redo_stream(redo),
	    (uint64_t)b->ngathered, why)) == -1)
		redo_abandon(redo);
	else
		r = redo_make(redo, b->first, why);
	if (r == -1)
		return -1;
	b->first += b->ngathered;
	b->ngathered = 0;
	durable_step("mbox: written");
	return 0;
}

int
mbox_append(struct store *s, FILE *f, const struct msg *like,
    const struct store_intent *intent, struct fail *why)
{
	struct mbox *b = s->data;
	struct msg fixed;
	off_t at;
	int glue;

	/* One time for the digest and for the text. */
	memset(&fixed, 0, sizeof fixed);
	if (like != NULL)
		fixed = *like;
	if (fixed.arrived == 0)
		fixed.arrived = (int64_t)time(NULL);
	if (begin_append(s, why) == -1)
		return -1;
	lock_refresh(b->lock);
	if (begin_gathering(b, intent, why) == -1)
		return -1;
	at = lseek(b->fd, 0, SEEK_END);
	if (at == -1)
		return fail_errno(why, EX_IOERR, "%s", b->path);
	at += b->ngathered;
	/* Behind a message of ours there is an empty line. */
	if ((glue = b->ngathered > 0 ? 0 : glue_for(b, at, why)) == -1)
		return -1;
	if (intent != NULL &&
	    tell_intent(b, f, &fixed, glue, at, intent, why) == -1)
		return -1;
	if (b->gathered != NULL) {
		if (gather(b, f, &fixed, glue, why) == -1)
			return -1;
		return intent == NULL && b->ngathered > GATHERED ?
		    write_change(s, why) : 0;
	}
	/* A part of it would be recognised by its intent. */
	if (write_at(b, f, &fixed, glue, at, why) == -1) {
		cut_back(b, at);
		return -1;
	}
	durable_step("mbox: written");
	return 0;
}

static void
drop_gathered(struct mbox *b)
{
	if (b->gathered != NULL)
		fclose(b->gathered);
	b->gathered = NULL;
	b->ngathered = 0;
	b->intent = NULL;
}

/* Their intents name the place where they are to stand. */
static int
write_intended(struct store *s, struct fail *why)
{
	struct mbox *b = s->data;
	off_t first = b->first;
	int r;

	if (follow_end(s, why) == -1)
		return -1;
	if (b->first != first)
		return fail(why, EX_TEMPFAIL, "%s: others wrote to it", b->path);
	if (b->intent->settle(b->intent->ctx, why) == -1)
		return -1;
	rewind(b->gathered);
	r = write_at(b, b->gathered, NULL, 0, b->first, why);
	durable_step("mbox: written");
	return r;
}

/* All that waited: once its intents are settled, or as a change. */
static int
write_gathered(struct store *s, struct fail *why)
{
	struct mbox *b = s->data;
	int r = 0;

	if (b->ngathered > 0 && b->intent == NULL)
		r = write_change(s, why);
	else if (b->ngathered > 0)
		r = write_intended(s, why);
	drop_gathered(b);
	return r;
}

int
mbox_commit(struct store *s, struct fail *why)
{
	struct mbox *b = s->data;
	bool change = b->gathered != NULL && b->intent == NULL;
	int r = 0;

	if (!b->pending)
		return 0;
	if (b->gathered != NULL)
		r = write_gathered(s, why);
	/* A change is durable, or undone. */
	if (r == 0 && !change && fsync(b->fd) == -1)
		r = fail_errno(why, EX_IOERR, "%s", b->path);
	if (r == -1 && !change)
		cut_back(b, b->first);
	else if (r == 0 && b->is_new) {
		r = local_sync_parent(b->path, why);
		b->is_new = false;
	}
	durable_step("mbox: committed");
	end_append(b);
	return r;
}

/* What stands at the end is not ours to cut off. */
static int
taken_over(struct mbox *b, struct fail *why)
{
	end_append(b);
	b->foreign = true;
	return fail(why, EX_TEMPFAIL, "%s: others wrote to it", b->path);
}

int
mbox_take_back(struct store *s, struct fail *why)
{
	struct mbox *b = s->data;
	struct stat st;
	off_t end;
	int r = 0;

	if (!b->appended)
		return 0;
	if (begin_append(s, why) == -1)
		return -1;
	end = b->first;
	/* A change that is half made is to be whole before anything is cut off. */
	if (redo_is_there(b->path, s->options)) {
		r = redo_complete(b->path, s->options, b->fd, why);
		end += b->ngathered;
	}
	drop_gathered(b);
	if (r == 0 && fstat(b->fd, &st) == 0 && st.st_size != end)
		return taken_over(b, why);
	if (r == 0 && (ftruncate(b->fd, b->foreign ? b->batch : b->start) == -1 ||
	    fsync(b->fd) == -1))
		r = fail_errno(why, EX_IOERR, "%s", b->path);
	if (r == 0 && b->foreign)
		r = fail(why, EX_TEMPFAIL, "%s: others wrote to it", b->path);
	durable_step("mbox: taken back");
	end_append(b);
	return r;
}

/* --- Recovery --- */

struct record {
	uint64_t	 dev, ino, at, octets, base, before;
	char		 sha[DIGEST_SIZE];
	int		 glue;
	struct msg	 like;		/* tags: borrowed */
};

static int
read_record(const char *text, struct record *x)
{
	int end = 0;

	memset(x, 0, sizeof *x);
	if (sscanf(text, "mbox %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
	    " %64[0-9a-f] %" SCNu64 " %" SCNx64 " %d %" SCNd64 " %" SCNu32 "%n",
	    &x->dev, &x->ino, &x->at, &x->octets, x->sha, &x->base, &x->before,
	    &x->glue, &x->like.arrived, &x->like.flags, &end) != 10 || end == 0)
		return -1;
	if (x->glue < 0 || x->glue > 2 || x->at > INT64_MAX || x->base > x->at ||
	    x->octets > INT64_MAX - x->at)
		return -1;
	if (text[end] == ' ' && text[end + 1] != '\0')
		x->like.tags = (char *)(uintptr_t)text + end + 1;
	return 0;
}

/* SHA-256 of octets of the file. */
static int
digest_range(struct mbox *b, off_t at, uint64_t n, char hex[static DIGEST_SIZE],
    struct fail *why)
{
	char block[64 * 1024];
	FILE *d = local_digest(hex, NULL);
	size_t part;
	int r = 0;

	for (; n > 0 && r == 0; n -= part, at += (off_t)part) {
		part = n < sizeof block ? (size_t)n : sizeof block;
		r = mbox_read_at(b, block, part, at, why);
		if (r == 0)
			fwrite(block, 1, part, d);
	}
	fclose(d);
	return r;
}

/* What is written is compared with the file. */
struct comparison {
	struct mbox	*b;
	off_t		 at, end;
	bool		 differs;
};

static ssize_t
compare_write(void *ctx, const char *p, size_t n)
{
	struct comparison *c = ctx;
	char block[4096];
	size_t done = 0, part;

	while (!c->differs && done < n && c->at < c->end) {
		part = n - done < sizeof block ? n - done : sizeof block;
		if ((off_t)part > c->end - c->at)
			part = (size_t)(c->end - c->at);
		c->differs = mbox_read_at(c->b, block, part, c->at, NULL) == -1 ||
		    memcmp(block, p + done, part) != 0;
		done += part;
		c->at += (off_t)part;
	}
	return (ssize_t)n;
}

/* Is all behind that place the beginning of the message, and nothing else? */
static bool
is_torn(struct mbox *b, const struct record *x, off_t end, FILE *message)
{
	cookie_io_functions_t io = { NULL, compare_write, NULL, NULL };
	struct comparison c = { b, (off_t)x->at, end, false };
	FILE *out;
	int r;

	if (message == NULL || (out = fopencookie(&c, "w", io)) == NULL)
		return false;
	rewind(message);
	r = write_block(message, out, &x->like, x->glue, NULL);
	if (fclose(out) != 0)
		r = -1;
	return r == 0 && !c.differs && c.at == end;
}

/* Does it stand anywhere?  Programs may have moved it and added notes to it. */
static int
is_anywhere(struct store *s, FILE *message, struct fail *why)
{
	struct mbox *b = s->data;
	struct mbox_ids ids = { NULL, 0 };
	char want[DIGEST_SIZE], have[DIGEST_SIZE];
	uint64_t octets, size;
	struct store all;
	uint32_t n;
	off_t end;
	int r, found = 0;
	FILE *f;

	rewind(message);
	if (mbox_text_digest(message, want, &octets, why) == -1)
		return -1;
	mbox_fresh(&all, s);
	r = mbox_scan(&all, 0, &ids, &end, why);
	for (n = 1; n <= all.count && r == 0 && !found; n++) {
		size = store_msg(&all, n)->size;
		if (size + 2 < octets ? octets - size > octets / 10 + NOTES :
		    size - octets > octets / 10 + NOTES)
			continue;
		if ((f = mbox_open_text(b, store_msg(&all, n), why)) == NULL ||
		    mbox_text_digest(f, have, &size, why) == -1)
			r = -1;
		else
			found = strcmp(want, have) == 0;
		if (f != NULL)
			fclose(f);
	}
	mbox_fresh_free(&all);
	free(ids.v);
	return r == -1 ? -1 : found;
}

/* Is all that stood before the message, or those it came with, where it stood? */
static int
is_unmoved(struct mbox *b, const struct record *x, struct fail *why)
{
	uint64_t before;

	if ((uint64_t)b->dev != x->dev || (uint64_t)b->ino != x->ino ||
	    (uint64_t)b->first < x->base)
		return 0;
	if (b->proved > 0 && x->base < b->proved)
		return 1;
	if (x->base == 0)
		return b->first == 0;
	if (sum_before(b, (off_t)x->base, &before, why) == -1)
		return -1;
	return before == x->before;
}

static int
recover(struct store *s, const struct record *x, FILE *message,
    struct fail *why)
{
	struct mbox *b = s->data;
	char have[DIGEST_SIZE];
	off_t end = b->first;
	int unmoved = is_unmoved(b, x, why);

	if (unmoved == -1)
		return -1;
	if ((uint64_t)end >= x->at + x->octets) {
		if (digest_range(b, (off_t)x->at, x->octets, have, why) == -1)
			return -1;
		if (strcmp(x->sha, have) == 0) {
			b->proved = x->at + x->octets;
			return 1;
		}
	} else if ((uint64_t)end > x->at && is_torn(b, x, end, message)) {
		if (ftruncate(b->fd, (off_t)x->at) == -1 || fsync(b->fd) == -1)
			return fail_errno(why, EX_IOERR, "%s", b->path);
		durable_step("mbox: cut");
		b->proved = x->at;
		return 0;
	}
	return unmoved || message == NULL ? 0 : is_anywhere(s, message, why);
}

int
mbox_recover(struct store *s, const char *record, FILE *message,
    struct fail *why)
{
	struct mbox *b = s->data;
	struct record x;
	int r;

	if (read_record(record, &x) == -1)
		return fail(why, EX_DATAERR, "%s: an unknown record", b->path);
	if (begin_append(s, why) == -1)
		return -1;
	r = recover(s, &x, message, why);
	if (r == 1 && fsync(b->fd) == -1)
		r = fail_errno(why, EX_IOERR, "%s", b->path);
	if (r == 1 && local_sync_parent(b->path, why) == -1)
		r = -1;
	end_append(b);
	return r;
}
