/* SPDX-License-Identifier: ISC */
/*
 * mboxapply.c -- making a change of an mbox that is written down (mboxredo.c), and
 * completing one that a program which was ended has begun.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mboxredo.h"

#define ATTEMPTS	5	/* to complete one change */

/* --- Doing it --- */

/* Up to the ends of blocks of the file, so that a page is there whole or not at all. */
static int
copy_octets(int from, uint64_t at, int to, uint64_t where, uint64_t n)
{
	char *block = xmalloc(REDO_BLOCK);
	ssize_t got, done;
	uint64_t most;

	for (; n > 0; n -= (uint64_t)done, at += (uint64_t)done,
	    where += (uint64_t)done) {
		most = REDO_BLOCK - where % REDO_BLOCK;
		got = pread(from, block, (size_t)(n < most ? n : most),
		    (off_t)at);
		if (got == 0)
			errno = EIO;
		done = got <= 0 ? got : pwrite(to, block, (size_t)got,
		    (off_t)where);
		if (done == -1 && errno == EINTR)
			done = 0;
		else if (done <= 0)
			break;
	}
	free(block);
	return n == 0 ? 0 : -1;
}

static int
mark(int fd, const char *letter)
{
	if (lseek(fd, 0, SEEK_END) == -1 || write_all(fd, letter, 1) == -1)
		return -1;
	return fsync(fd);
}

/* Longer first, so that what others append meanwhile stands behind all of it. */
static int
grow(int fd, struct change *c, int mailbox)
{
	struct stat st;

	if (fstat(mailbox, &st) == -1)
		return -1;
	if ((uint64_t)st.st_size < c->new &&
	    ftruncate(mailbox, (off_t)c->new) == -1)
		return -1;
	if (fsync(mailbox) == -1)
		return -1;
	durable_step("mbox: grown");
	if (mark(fd, "G") == -1)
		return -1;
	c->grown = true;
	durable_step("redo: grown");
	return 0;
}

static int
write_octets(int fd, const struct change *c, int mailbox)
{
	if (copy_octets(fd, 0, mailbox, c->first, c->new - c->first) == -1)
		return -1;
	/* By this it is known later whether it was cut off here. */
	if (c->new < c->old && pwrite(mailbox, "", 1, (off_t)c->new) != 1)
		return -1;
	return fsync(mailbox);
}

/* Nobody has appended anything since the change was begun, or it stands where it may. */
static int
apply(int fd, struct change *c, int mailbox)
{
	if (!c->written) {
		if (c->new > c->old && !c->grown && grow(fd, c, mailbox) == -1)
			return -1;
		if (write_octets(fd, c, mailbox) == -1)
			return -1;
		durable_step("mbox: rewritten");
		if (c->new < c->old && mark(fd, "W") == -1)
			return -1;
		durable_step("redo: marked");
	}
	if (c->new < c->old && (ftruncate(mailbox, (off_t)c->new) == -1 ||
	    fsync(mailbox) == -1))
		return -1;
	durable_step("mbox: cut");
	return 0;
}

static int
remove_file(const char *path, struct fail *why)
{
	if (unlink(path) == -1 && errno != ENOENT)
		return fail_errno(why, EX_IOERR, "%s", path);
	durable_step("redo: removed");
	return local_sync_parent(path, why);
}

/* --- Completing what another program began --- */

/* What is still to be done with a change that was begun. */
enum next {
	NEXT_APPLY, NEXT_REMOVE,
	NEXT_ANEW,		/* what others appended stands in the way */
	NEXT_RESCUE		/* it is not the mailbox that it was */
};

static bool
is_nul(int fd, uint64_t at)
{
	char c;

	return pread(fd, &c, 1, (off_t)at) == 1 && c == '\0';
}

static enum next
judge(int fd, const struct change *c, int mailbox, uint64_t size)
{
	if (size < c->first || !change_is_of(c, fd, mailbox))
		return NEXT_RESCUE;
	if (c->written) {
		if (size < c->old || !is_nul(mailbox, c->new))
			return NEXT_REMOVE;	/* cut off already */
		return size > c->old ? NEXT_ANEW : NEXT_APPLY;
	}
	if (size < c->old || (c->grown && size < c->new))
		return NEXT_RESCUE;
	if (size == c->old || c->new == c->old || c->grown)
		return NEXT_APPLY;
	/* It grew by NULs, and the mark was not made; mail does not begin so. */
	if (c->new > c->old && size >= c->new && is_nul(mailbox, c->old))
		return NEXT_APPLY;
	return NEXT_ANEW;
}

/* The change, with what others appended behind it, as a new one in the place of the old. */
static int
begin_anew(const char *name, const char *path, const struct store_options *o,
    int fd, const struct change *c, int mailbox, uint64_t size,
    struct fail *why)
{
	uint64_t first = c->written ? c->new : c->first;
	struct redo *r = redo_begin_at(name, mailbox, path, o, first, why);

	if (r == NULL)
		return -1;
	if (redo_copy(r, fd, (off_t)(first - c->first),
	    (off_t)(c->new - c->first), why) == -1 ||
	    redo_copy(r, mailbox, (off_t)c->old, (off_t)size, why) == -1 ||
	    redo_commit(r, size, why) == -1) {
		redo_abandon(r);
		return -1;
	}
	redo_free(r);
	return 0;
}

/* Not our business any more: its owner is told once where the octets are. */
static int
rescue(const char *name, const char *path, struct fail *why)
{
	char *to = xasprintf("%s.mailx-rescue-%08x", name, arc4random());

	if (rename(path, to) == -1) {
		free(to);
		to = xasprintf("%s-rescue-%08x", path, arc4random());
		if (rename(path, to) == -1)
			fail_errno(why, EX_IOERR, "%s", path);
	}
	fail(why, EX_TEMPFAIL, "%s: changed by another program before a change "
	    "of ours was completed; what it was to become is in %s", name, to);
	free(to);
	return -1;
}

/* One step on; 1: there may be more to do, 0: done. */
static int
complete_one(const char *name, const char *path, const struct store_options *o,
    int mailbox, struct fail *why)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW), result = -1;
	struct change c;
	struct stat st;

	if (fd == -1 || fstat(mailbox, &st) == -1)
		fail_errno(why, EX_IOERR, "%s", path);
	else if (change_read(&c, fd) == -1 || (uint64_t)st.st_dev != c.dev ||
	    (uint64_t)st.st_ino != c.ino)
		result = rescue(name, path, why);
	else switch (judge(fd, &c, mailbox, (uint64_t)st.st_size)) {
	case NEXT_APPLY:
		if (apply(fd, &c, mailbox) == -1)
			fail_errno(why, EX_IOERR, "%s", name);
		else
			result = remove_file(path, why);
		break;
	case NEXT_REMOVE:
		result = fsync(mailbox) == -1 ?
		    fail_errno(why, EX_IOERR, "%s", name) :
		    remove_file(path, why);
		break;
	case NEXT_ANEW:
		result = begin_anew(name, path, o, fd, &c, mailbox,
		    (uint64_t)st.st_size, why) == -1 ? -1 : 1;
		break;
	default:
		result = rescue(name, path, why);
		break;
	}
	if (fd != -1)
		close(fd);
	return result;
}

int
redo_complete(const char *name, const struct store_options *o, int mailbox,
    struct fail *why)
{
	int tries, result = 1;
	char *path;

	for (tries = 0; tries < ATTEMPTS && result == 1; tries++) {
		if ((path = redo_find(name, o)) == NULL)
			return 0;
		result = complete_one(name, path, o, mailbox, why);
		free(path);
	}
	return result == 1 ? fail(why, EX_TEMPFAIL, "%s: is being changed by "
	    "another program", name) : result;
}

/* --- A change --- */

/* Nothing that was there is changed: then what cannot be done now need not be done later. */
static void
take_back(struct redo *r, off_t size)
{
	struct fail ignored = { 0 };

	if (r->c.first >= (uint64_t)size && ftruncate(r->mailbox, size) == 0 &&
	    fsync(r->mailbox) == 0)
		(void)remove_file(r->path, &ignored);
}

int
redo_make(struct redo *r, off_t size, struct fail *why)
{
	int fd, result = -1;
	struct fail first;

	if (redo_commit(r, (uint64_t)size, why) == -1) {
		/* Gives back the room that was set aside. */
		if (ftruncate(r->mailbox, size) == -1)
			fail_errno(why, EX_IOERR, "%s", r->name);
		redo_abandon(r);
		return -1;
	}
	/* The octets are read through another descriptor than wrote them. */
	fail_clear(&first);
	fd = open(r->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1 || apply(fd, &r->c, r->mailbox) == -1)
		fail_errno(&first, EX_IOERR, "%s", r->name);
	else
		result = remove_file(r->path, &first);
	if (fd != -1)
		close(fd);
	/* What failed once may succeed from the start: all is written again. */
	if (result == -1 && redo_complete(r->name, r->options, r->mailbox,
	    why) == 0)
		result = 0;
	if (result == -1)
		take_back(r, size);
	redo_free(r);
	return result;
}
