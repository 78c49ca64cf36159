/* SPDX-License-Identifier: ISC */
/*
 * outboxdone.c -- the end of a message that was sent: out of q, and durably so
 * before another is sent, so that even when the machine fails one at most goes
 * twice.
 *
 * To sync a directory for each is to commit a journal for each.  Whoever flushes
 * has a log instead, of slots that are there already and are written anew, so
 * that to sync it is to write one block; it is begun when a message was taken and
 * waited for before the next one's text, while the server does its part.  The
 * directory is synced once for all slots.  A slot stays as it is until another
 * message needs it: the id in it is in q only if the machine failed in between.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "local.h"
#include "outboxint.h"
#include "token.h"

#define SLOT		64	/* octets: id, checksum, spaces, LF */
#define LOG_SIZE	(BATCH_MESSAGES * SLOT)

/*
 * To give the room on the disk back may take long, and a rename does not: it is
 * swept up when all that is due is sent.
 */
static int
throw_away(struct outbox *b, const char *id, const char *suffix)
{
	char name[OUTBOX_NAME], gone[OUTBOX_NAME];

	outbox_name(name, id, suffix);
	outbox_name(gone, id, *(suffix + 1) == 'e' ? ".en0" : ".ms0");
	return renameat(b->dir[OUTBOX_QUEUE], name, b->dir[OUTBOX_TMP], gone);
}

/* --- The log. --- */

static char *
log_path(const struct outbox *b)
{
	return xasprintf("%s/done", b->path);
}

/* All slots, so that none is allotted later. */
static int
make_slots(int fd)
{
	char slots[LOG_SIZE];
	size_t k;

	memset(slots, ' ', sizeof slots);
	for (k = SLOT - 1; k < sizeof slots; k += SLOT)
		slots[k] = '\n';
	if (lseek(fd, 0, SEEK_SET) == -1 ||
	    write_all(fd, slots, sizeof slots) == -1)
		return -1;
	return fsync(fd);
}

static int
open_log(struct outbox *b)
{
	struct fail ignored = { 0 };
	char *path = log_path(b);
	struct stat st;

	b->log = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (b->log != -1 && (fstat(b->log, &st) == -1 ||
	    (st.st_size != LOG_SIZE && (make_slots(b->log) == -1 ||
	    local_sync_parent(path, &ignored) == -1)))) {
		close(b->log);
		b->log = -1;
	}
	free(path);
	return b->log == -1 ? -1 : 0;
}

void
outbox_end_log(struct outbox *b)
{
	if (b->log != -1)
		close(b->log);
	b->log = -1;
}

static int
write_slot(struct outbox *b, const char *id)
{
	char check[TOKEN_CHECK + 1], slot[SLOT + 1];
	off_t at = (off_t)(b->removed.n * SLOT);

	token_checksum(id, strlen(id), check);
	snprintf(slot, sizeof slot, "%s %s%*s\n", id, check,
	    (int)(SLOT - 2 - TOKEN_CHECK - strlen(id)), "");
	if (pwrite(b->log, slot, SLOT, at) != SLOT)
		return -1;
	/* Begun here, waited for in outbox_sync_done. */
	(void)sync_file_range(b->log, at, SLOT, SYNC_FILE_RANGE_WRITE);
	b->log_open = true;
	return 0;
}

/* Only for who flushes: it is one file for all. */
static bool
has_log(struct outbox *b)
{
	if (b->lock == -1 || b->log_failed)
		return false;
	if (b->log == -1 && open_log(b) == -1)
		b->log_failed = true;
	return !b->log_failed;
}

int
outbox_sync_done(struct outbox *b, struct fail *why)
{
	/* It is there before it is needed. */
	if (!b->log_open) {
		(void)has_log(b);
		return 0;
	}
	b->log_open = false;
	if (fdatasync(b->log) == 0) {
		durable_step("outbox: noted as done");
		return 0;
	}
	b->log_failed = true;
	return outbox_settle(b, why);
}

/* --- The end. --- */

int
outbox_done(struct outbox *b, struct outbox_item *i, struct fail *why)
{
	char name[OUTBOX_NAME];

	if (has_log(b) && write_slot(b, i->id) == -1)
		b->log_failed = true;
	durable_step("outbox: taken");
	outbox_name(name, i->id, ".env");
	if (throw_away(b, i->id, ".env") == -1)
		return fail_errno(why, EX_IOERR, "%s/q/%s", b->path, name);
	durable_step("outbox: done");
	strv_add(&b->removed, i->id);
	return b->removed.n < BATCH_MESSAGES && !b->log_failed ? 0 :
	    outbox_settle(b, why);
}

/* The messages go when their envelopes are gone for good. */
int
outbox_settle(struct outbox *b, struct fail *why)
{
	size_t k;
	int r;

	if (b->removed.n == 0)
		return 0;
	r = outbox_sync(b, OUTBOX_QUEUE, why);
	durable_step("outbox: settled");
	for (k = 0; k < b->removed.n && r == 0; k++)
		(void)throw_away(b, b->removed.v[k], ".msg");
	strv_free(&b->removed);
	b->log_open = false;
	return r;
}

/* --- After a failure of the machine. --- */

/* A slot that is none was being written then. */
static bool
read_slot(char slot[static SLOT])
{
	char check[TOKEN_CHECK + 1];
	size_t n;

	slot[SLOT - 1] = '\0';
	n = strcspn(slot, " ");
	if (slot[n] == '\0' || n >= OUTBOX_ID || !outbox_is_id(slot, n))
		return false;
	slot[n] = '\0';
	token_checksum(slot, n, check);
	return strncmp(slot + n + 1, check, TOKEN_CHECK) == 0;
}

int
outbox_replay(struct outbox *b, struct fail *why)
{
	char slots[BATCH_MESSAGES][SLOT], *path = log_path(b);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd == -1 ? 0 : read(fd, slots, sizeof slots);
	int r = (fd == -1 && errno != ENOENT) || n == -1 ?
	    fail_errno(why, EX_IOERR, "%s", path) : 0;
	size_t k;

	for (k = 0; r == 0 && k < (size_t)n / SLOT; k++) {
		if (!read_slot(slots[k]) ||
		    !outbox_has(b, OUTBOX_QUEUE, slots[k], ".env"))
			continue;
		if (throw_away(b, slots[k], ".env") == -1)
			r = fail_errno(why, EX_IOERR, "%s/q", b->path);
		strv_add(&b->removed, slots[k]);
	}
	if (fd != -1)
		close(fd);
	free(path);
	return r == 0 ? outbox_settle(b, why) : r;
}
