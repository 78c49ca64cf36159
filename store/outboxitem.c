/* SPDX-License-Identifier: ISC */
/*
 * outboxitem.c -- one message of the outbox: taken by whoever sends it, checked,
 * and in the end removed or moved away.
 *
 * A move takes the message first: an envelope in q whose message is in `failed'
 * already is of a move that a crash cut short, and is brought to its end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "local.h"
#include "outboxint.h"

#define MAX_ENVELOPE	(256 * 1024 * 1024)

void
outbox_item_free(struct outbox_item *i)
{
	size_t k;

	free(i->account);
	free(i->mta);
	free(i->sender);
	free(i->subject);
	free(i->message_id);
	free(i->last);
	free(i->once);
	strv_free(&i->policy);
	strv_free(&i->args);
	for (k = 0; k < i->nrcpt; k++) {
		free(i->rcpt[k].addr);
		free(i->rcpt[k].reply);
	}
	free(i->rcpt);
	if (i->msg != -1)
		close(i->msg);
	outbox_item_init(i);
}

/* --- Reading. --- */

static int
read_all(const struct outbox *b, int fd, char **text, size_t *n,
    struct fail *why)
{
	struct stat st;
	ssize_t got;
	size_t done = 0;

	if (fstat(fd, &st) == -1)
		return fail_errno(why, EX_IOERR, "%s", b->path);
	if (!S_ISREG(st.st_mode) || st.st_size > MAX_ENVELOPE)
		return fail(why, EX_DATAERR, "the envelope is no file of ours");
	*n = (size_t)st.st_size;
	*text = xmalloc(*n + 1);
	while (done < *n && (got = read(fd, *text + done, *n - done)) != 0) {
		if (got == -1 && errno != EINTR)
			return fail_errno(why, EX_IOERR, "%s", b->path);
		if (got > 0)
			done += (size_t)got;
	}
	*n = done;
	(*text)[done] = '\0';
	return 0;
}

int
outbox_read(struct outbox *b, enum outbox_place place, const char *id,
    struct outbox_item *i, struct fail *why)
{
	char name[OUTBOX_NAME], *text = NULL;
	size_t n = 0;
	int fd, r;

	outbox_item_init(i);
	if (!outbox_is_id(id, strlen(id)))
		return 0;
	outbox_name(name, id, ".env");
	fd = openat(b->dir[place], name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC |
	    O_NONBLOCK);
	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1)
		return fail_errno(why, errno == ELOOP ? EX_DATAERR : EX_IOERR,
		    "%s/%s", b->path, name);
	r = read_all(b, fd, &text, &n, why);
	close(fd);
	if (r == 0)
		r = outbox_parse(text, n, i, why);
	if (r == 0 && strcmp(i->id, id) != 0)
		r = fail(why, EX_DATAERR, "the envelope is another's");
	free(text);
	i->place = place;
	if (r == 0)
		return 1;
	outbox_item_free(i);
	fail_where(why, "%s", id);
	return -1;
}

FILE *
outbox_message(const struct outbox_item *i, struct fail *why)
{
	int copy = fcntl(i->msg, F_DUPFD_CLOEXEC, 0);
	FILE *f = copy == -1 ? NULL : fdopen(copy, "r");

	if (f == NULL || lseek(i->msg, 0, SEEK_SET) == -1) {
		fail_errno(why, EX_IOERR, "%s", i->id);
		if (f != NULL)
			fclose(f);
		else if (copy != -1)
			close(copy);
		return NULL;
	}
	return f;
}

static int
check_message(struct outbox_item *i, struct fail *why)
{
	FILE *f = outbox_message(i, why), *digest;
	char hex[DIGEST_SIZE];
	uint64_t octets;
	int r;

	if (f == NULL)
		return -1;
	digest = local_digest(hex, &octets);
	r = stream_copy(f, digest, UINT64_MAX, why);
	fclose(digest);
	fclose(f);
	if (r == 0 && (octets != i->octets || strcmp(hex, i->sha256) != 0))
		r = fail(why, EX_DATAERR, "%s: the message is damaged", i->id);
	return r;
}

/* --- Moving. --- */

static int
move(struct outbox *b, const char *id, const char *suffix,
    enum outbox_place from, enum outbox_place to, struct fail *why)
{
	char name[OUTBOX_NAME];

	outbox_name(name, id, suffix);
	if (renameat(b->dir[from], name, b->dir[to], name) == -1 &&
	    errno != ENOENT)
		return fail_errno(why, EX_IOERR, "%s/%s", b->path, name);
	durable_step("outbox: moved");
	return 0;
}

static void
drop_file(struct outbox *b, enum outbox_place place, const char *id,
    const char *suffix)
{
	char name[OUTBOX_NAME];

	outbox_name(name, id, suffix);
	(void)unlinkat(b->dir[place], name, 0);
}

/* `why' tells of the damage. */
static int
set_aside(struct outbox *b, const char *id, struct fail *why)
{
	struct fail fault = { 0 };

	if (move(b, id, ".msg", OUTBOX_QUEUE, OUTBOX_BAD, &fault) == -1 ||
	    move(b, id, ".env", OUTBOX_QUEUE, OUTBOX_BAD, &fault) == -1 ||
	    outbox_sync(b, OUTBOX_BAD, &fault) == -1 ||
	    outbox_sync(b, OUTBOX_QUEUE, &fault) == -1)
		*why = fault;
	return -1;
}

/* The end of a move to `failed'. */
static int
finish_move(struct outbox *b, const char *id, struct fail *why)
{
	char name[OUTBOX_NAME];
	int fd, mine;

	outbox_name(name, id, ".msg");
	fd = openat(b->dir[OUTBOX_FAILED], name, O_RDWR | O_NOFOLLOW |
	    O_CLOEXEC);
	mine = fd == -1 ? 0 : outbox_hold(fd);
	if (mine == 1 && outbox_has(b, OUTBOX_FAILED, id, ".env"))
		drop_file(b, OUTBOX_QUEUE, id, ".env");
	else if (mine == 1)
		(void)move(b, id, ".env", OUTBOX_QUEUE, OUTBOX_FAILED, why);
	if (mine == 1)
		(void)outbox_sync(b, OUTBOX_FAILED, why);
	if (fd != -1)
		close(fd);
	return why->code == 0 ? 0 : -1;
}

/* An envelope, and no message in q. */
static int
without_message(struct outbox *b, const char *id, struct fail *why)
{
	if (!outbox_has(b, OUTBOX_QUEUE, id, ".env"))
		return 0;
	if (outbox_has(b, OUTBOX_FAILED, id, ".msg"))
		return finish_move(b, id, why);
	if (!outbox_has(b, OUTBOX_QUEUE, id, ".env"))
		return 0;	/* it was done with meanwhile */
	fail(why, EX_DATAERR, "%s: the message is missing", id);
	return set_aside(b, id, why);
}

/* --- Taking. --- */

int
outbox_take(struct outbox *b, const char *id, struct outbox_item *i,
    struct fail *why)
{
	char name[OUTBOX_NAME];
	int fd, r;

	outbox_item_init(i);
	outbox_name(name, id, ".msg");
	fd = openat(b->dir[OUTBOX_QUEUE], name, O_RDWR | O_NOFOLLOW |
	    O_CLOEXEC);
	if (fd == -1 && errno == ENOENT)
		return without_message(b, id, why);
	if (fd == -1)
		return fail_errno(why, EX_IOERR, "%s/q/%s", b->path, name);
	r = outbox_hold(fd);
	if (r == 1)
		r = outbox_read(b, OUTBOX_QUEUE, id, i, why);
	else if (r == -1)
		fail_errno(why, EX_IOERR, "%s: cannot lock", name);
	if (r != 1)
		close(fd);
	else
		i->msg = fd;
	if (r == 1 && check_message(i, why) == -1)
		r = -1;
	if (r == -1 && why->code == EX_DATAERR)
		(void)set_aside(b, id, why);
	if (r == -1)
		outbox_item_free(i);
	return r;
}

/* --- The end of it. --- */

/* The envelope as it is now, durable in tmp. */
static int
write_new(struct outbox *b, const struct outbox_item *i, struct fail *why)
{
	int fd, r;

	drop_file(b, OUTBOX_TMP, i->id, ".env");
	fd = outbox_write_env(b, i, why);
	if (fd == -1)
		return -1;
	r = fsync(fd);
	if (close(fd) == -1 || r == -1)
		return fail_errno(why, EX_IOERR, "%s/tmp", b->path);
	durable_step("outbox: envelope synced");
	return 0;
}

static int
transfer(struct outbox *b, const struct outbox_item *i, enum outbox_place from,
    enum outbox_place to, struct fail *why)
{
	if (write_new(b, i, why) == -1 ||
	    move(b, i->id, ".msg", from, to, why) == -1 ||
	    move(b, i->id, ".env", OUTBOX_TMP, to, why) == -1 ||
	    outbox_sync(b, to, why) == -1)
		return -1;
	drop_file(b, from, i->id, ".env");
	durable_step("outbox: moved");
	return outbox_sync(b, from, why);
}

int
outbox_fail(struct outbox *b, struct outbox_item *i, struct fail *why)
{
	return transfer(b, i, OUTBOX_QUEUE, OUTBOX_FAILED, why);
}

/* As if it had just been queued, for those who have not got it. */
int
outbox_revive(struct outbox *b, const char *id, struct fail *why)
{
	struct outbox_item i;
	size_t k;
	int r = outbox_read(b, OUTBOX_FAILED, id, &i, why);

	if (r != 1)
		return r == 0 ? fail(why, EX_NOINPUT, "%s: no such message in "
		    "the outbox", id) : -1;
	for (k = 0; k < i.nrcpt; k++)
		if (i.rcpt[k].state == RCPT_REFUSED)
			i.rcpt[k].state = RCPT_NOT_YET;
	i.code = 0;
	i.next = i.waited = i.tried = 0;
	i.attempts = 0;
	r = transfer(b, &i, OUTBOX_FAILED, OUTBOX_QUEUE, why);
	outbox_item_free(&i);
	return r;
}

/* Was it there?  The message goes when its envelope is gone for good. */
static bool
drop_from(struct outbox *b, enum outbox_place place, const char *id,
    struct fail *why)
{
	bool there = outbox_has(b, place, id, ".env");
	char name[OUTBOX_NAME];

	outbox_name(name, id, ".env");
	if (unlinkat(b->dir[place], name, 0) == -1 && errno != ENOENT) {
		fail_errno(why, EX_IOERR, "%s/%s", b->path, name);
		return there;
	}
	if (place == OUTBOX_BAD)
		there = there || outbox_has(b, place, id, ".msg");
	if (there && outbox_sync(b, place, why) == -1)
		return true;
	drop_file(b, place, id, ".msg");
	return there;
}

int
outbox_drop(struct outbox *b, const char *id, struct fail *why)
{
	static const enum outbox_place where[] = { OUTBOX_QUEUE, OUTBOX_FAILED,
	    OUTBOX_BAD };
	char name[OUTBOX_NAME];
	bool there = false;
	size_t k;
	int fd;

	if (!outbox_is_id(id, strlen(id)))
		return fail(why, EX_USAGE, "%s: not the id of a message", id);
	outbox_name(name, id, ".msg");
	fd = openat(b->dir[OUTBOX_QUEUE], name, O_RDWR | O_NOFOLLOW |
	    O_CLOEXEC);
	if (fd != -1 && outbox_hold(fd) == 0) {
		close(fd);
		return fail(why, EX_TEMPFAIL, "%s: it is being sent", id);
	}
	for (k = 0; k < NELEM(where) && why->code == 0; k++)
		there = drop_from(b, where[k], id, why) || there;
	if (fd != -1)
		close(fd);
	if (!there && why->code == 0)
		return fail(why, EX_NOINPUT, "%s: no such message in the outbox",
		    id);
	return why->code == 0 ? 0 : -1;
}
