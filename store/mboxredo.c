/* SPDX-License-Identifier: ISC */
/*
 * mboxredo.c -- changing an mbox in place so that no moment loses mail.
 *
 * In place, for a program that waits for the lock would append to a file that was
 * renamed away, and a spool directory may not be ours to write.  The new octets from
 * the first change to the end stand in a file of their own, durable and named, before
 * the mailbox is touched; whoever opens the mailbox next completes what was begun:
 *
 *	the octets, a newline, one line that says where they belong (its words are
 *	those of struct change), and after each step that cannot be told from the
 *	mailbox itself a mark: `G' it has grown, `W' all is written.
 *
 * What others appended meanwhile stands behind the old end, or behind the new one
 * where the mailbox has grown, and is kept.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mbox.h"

#define BLOCK		(64 * 1024)
#define MAX_LINE_HERE	400		/* octets of the line and the marks behind it */
#define ATTEMPTS	5		/* to complete one change */

/* --- A hash --- */

#define FACTOR		0x9e3779b97f4a7c15U

static void
sum_word(struct mbox_sum *x, const unsigned char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof word);
	x->hash = (x->hash ^ word) * FACTOR;
	x->hash ^= x->hash >> 29;
}

void
mbox_sum_add(struct mbox_sum *x, const void *octets, size_t n)
{
	const unsigned char *p = octets;

	while (x->n > 0 && n > 0) {
		x->rest[x->n++] = *p++;
		n--;
		if (x->n == sizeof x->rest) {
			sum_word(x, x->rest);
			x->n = 0;
		}
	}
	for (; n >= sizeof x->rest; p += sizeof x->rest, n -= sizeof x->rest)
		sum_word(x, p);
	if (n > 0)
		memcpy(x->rest, p, n);
	if (n > 0)
		x->n = n;
}

uint64_t
mbox_sum_end(struct mbox_sum *x)
{
	memset(x->rest + x->n, (int)x->n + 1, sizeof x->rest - x->n);
	sum_word(x, x->rest);
	return x->hash * FACTOR;
}

/* --- The file --- */

struct change {
	uint64_t	 dev, ino;
	uint64_t	 first;		/* where the octets belong */
	uint64_t	 old, new;	/* sizes of the mailbox */
	uint64_t	 before;	/* hash of what stands before `first' */
	uint64_t	 behind;	/* hash of what is to be cut off */
	uint64_t	 sum;		/* hash of the octets */
	bool		 grown, written;	/* the marks */
};

struct redo {
	char		*path;		/* owned: its final name */
	char		*tmp;		/* owned */
	int		 fd;
	FILE		*out;		/* owned; NULL once all is written */
	int		 mailbox;	/* borrowed descriptor */
	const char	*name;		/* borrowed: the mailbox */
	const struct store_options *options;	/* borrowed */
	struct mbox_sum	 sum;
	int		 error;		/* errno of a write that failed, or 0 */
	struct change	 c;
};

/* Beside the mailbox, or, where that directory is not for us, in the state directory. */
static char *
path_beside(const char *real)
{
	const char *slash = strrchr(real, '/');
	size_t n = slash == NULL ? 0 : (size_t)(slash - real) + 1;

	return xasprintf("%.*s.%s.mailx-redo", (int)n, real, real + n);
}

static char *
path_in_state(const char *real, const struct store_options *o)
{
	char hex[DIGEST_SIZE];
	FILE *d;

	if (o->state_dir == NULL)
		return NULL;
	d = local_digest(hex, NULL);
	fputs(real, d);
	fclose(d);
	hex[32] = '\0';
	return xasprintf("%s/redo/%s", o->state_dir, hex);
}

static char *
real_path(const char *path)
{
	char *real = realpath(path, NULL);

	return real == NULL ? xstrdup(path) : real;
}

/* Could nobody but us, or the owner of the mailbox, have put it there? */
static bool
is_trusted(const char *path, const char *mailbox)
{
	struct stat st, m;

	if (lstat(path, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_nlink != 1 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return false;
	return st.st_uid == geteuid() ||
	    (stat(mailbox, &m) == 0 && m.st_uid == st.st_uid);
}

/* The name of what is there, or NULL. */
static char *
find(const char *mailbox, const struct store_options *o)
{
	char *real = real_path(mailbox), *path = path_beside(real);

	if (!is_trusted(path, real)) {
		free(path);
		path = path_in_state(real, o);
	}
	if (path != NULL && !is_trusted(path, real)) {
		free(path);
		path = NULL;
	}
	free(real);
	return path;
}

bool
redo_is_there(const char *path, const struct store_options *o)
{
	char *there = find(path, o);

	free(there);
	return there != NULL;
}

static int
open_tmp(struct redo *r, char *path)
{
	free(r->path);
	free(r->tmp);
	r->path = path;
	r->tmp = xasprintf("%s.%08x", path, arc4random());
	return open(r->tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    0600);
}

/* Is the directory for us alone to make files in? */
static bool
is_private_dir(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ? xstrdup(".") :
	    xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
	struct stat st;
	bool is = stat(dir, &st) == 0 && (st.st_mode & S_IWOTH) == 0 &&
	    access(dir, W_OK) == 0;

	free(dir);
	return is;
}

static int
open_new(struct redo *r, struct fail *why)
{
	char *real = real_path(r->name), *state = path_in_state(real, r->options);

	if (is_private_dir(real))
		r->fd = open_tmp(r, path_beside(real));
	if (r->fd == -1 && state != NULL) {
		if (local_make_parents(state, why) == -1) {
			free(state);
			free(real);
			return -1;
		}
		r->fd = open_tmp(r, state);
		state = NULL;
	}
	if (r->fd == -1 && r->tmp == NULL)
		fail(why, EX_CANTCREAT, "%s: its directory cannot be written to",
		    r->name);
	else if (r->fd == -1)
		fail_errno(why, EX_CANTCREAT, "%s", r->tmp);
	free(state);
	free(real);
	return r->fd == -1 ? -1 : 0;
}

static ssize_t
redo_write(void *ctx, const char *p, size_t n)
{
	struct redo *r = ctx;

	if (r->error == 0 && write_all(r->fd, p, n) == -1)
		r->error = errno;
	if (r->error != 0)
		return 0;
	mbox_sum_add(&r->sum, p, n);
	r->c.new += n;
	return (ssize_t)n;
}

/* In the place of the one of that path; NULL: of none. */
static struct redo *
begin(const char *name, int mailbox, const char *path,
    const struct store_options *o, uint64_t first, struct fail *why)
{
	cookie_io_functions_t io = { NULL, redo_write, NULL, NULL };
	struct redo *r = xcalloc(1, sizeof *r);

	r->fd = -1;
	r->name = name;
	r->mailbox = mailbox;
	r->options = o;
	r->c.first = r->c.new = first;
	if (path != NULL)
		r->fd = open_tmp(r, xstrdup(path));
	else if (open_new(r, why) == -1) {
		redo_abandon(r);
		return NULL;
	}
	if (r->fd == -1 || (r->out = fopencookie(r, "w", io)) == NULL) {
		fail_errno(why, EX_CANTCREAT, "%s", r->tmp);
		redo_abandon(r);
		return NULL;
	}
	setvbuf(r->out, NULL, _IOFBF, BLOCK);
	return r;
}

struct redo *
redo_begin(struct mbox *b, const struct store_options *o, off_t first,
    struct fail *why)
{
	return begin(b->path, b->fd, NULL, o, (uint64_t)first, why);
}

FILE *
redo_stream(struct redo *r)
{
	return r->out;
}

static int
write_failed(const struct redo *r, struct fail *why)
{
	errno = r->error;
	return fail_errno(why, EX_IOERR, "%s", r->tmp);
}

int
redo_copy(struct redo *r, int from, off_t start, off_t end, struct fail *why)
{
	char *block = xmalloc(BLOCK);
	ssize_t got = 1;

	while (start < end && r->error == 0) {
		got = pread(from, block, end - start < BLOCK ?
		    (size_t)(end - start) : BLOCK, start);
		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		fwrite(block, 1, (size_t)got, r->out);
		start += got;
	}
	free(block);
	if (r->error != 0)
		return write_failed(r, why);
	if (got == -1)
		return fail_errno(why, EX_IOERR, "%s", r->name);
	return start >= end ? 0 : fail(why, EX_TEMPFAIL,
	    "%s: shortened by another program", r->name);
}

static void
free_redo(struct redo *r)
{
	if (r->out != NULL)
		(void)fclose(r->out);
	if (r->fd != -1)
		close(r->fd);
	free(r->path);
	free(r->tmp);
	free(r);
}

void
redo_abandon(struct redo *r)
{
	if (r == NULL)
		return;
	if (r->fd != -1)
		unlink(r->tmp);
	free_redo(r);
}

/* A hash of [from, to) of a file, of BLOCK octets of it at most. */
static int
sum_of(int fd, uint64_t from, uint64_t to, uint64_t *hash)
{
	struct mbox_sum sum = { 0, { 0 }, 0 };
	char *block = xmalloc(BLOCK);
	size_t n = to - from < BLOCK ? (size_t)(to - from) : BLOCK, done = 0;
	ssize_t got = 1;

	while (done < n && (got > 0 || (got == -1 && errno == EINTR))) {
		got = pread(fd, block + done, n - done,
		    (off_t)(from + done));
		if (got > 0)
			done += (size_t)got;
	}
	mbox_sum_add(&sum, block, done);
	free(block);
	*hash = mbox_sum_end(&sum);
	return done == n ? 0 : -1;
}

/* What tells at `first' that it is the same mailbox, and at `new' that it was not cut yet. */
static int
sum_mailbox(int fd, const struct change *c, uint64_t *before, uint64_t *behind)
{
	*behind = 0;
	if (sum_of(fd, c->first < BLOCK ? 0 : c->first - BLOCK, c->first,
	    before) == -1)
		return -1;
	return c->new < c->old ? sum_of(fd, c->new, c->old, behind) : 0;
}

static int
write_line(struct redo *r)
{
	struct change *c = &r->c;
	struct mbox_sum sum = { 0, { 0 }, 0 };
	char *text, *line;
	int result;

	text = xasprintf("mailx-redo 1 %" PRIu64 " %" PRIu64 " %" PRIu64 " %"
	    PRIu64 " %" PRIu64 " %016" PRIx64 " %016" PRIx64 " %016" PRIx64,
	    c->dev, c->ino, c->first, c->old, c->new, c->before, c->behind,
	    c->sum);
	mbox_sum_add(&sum, text, strlen(text));
	line = xasprintf("\n%s %016" PRIx64 "\n", text, mbox_sum_end(&sum));
	result = write_all(r->fd, line, strlen(line));
	free(line);
	free(text);
	return result;
}

/* All octets are there: durable, and under its name.  From here on it will be done. */
static int
commit(struct redo *r, uint64_t size, struct fail *why)
{
	struct stat st;

	if (fflush(r->out) != 0 || r->error != 0)
		return write_failed(r, why);
	r->c.old = size;
	r->c.sum = mbox_sum_end(&r->sum);
	if (fstat(r->mailbox, &st) == -1 ||
	    sum_mailbox(r->mailbox, &r->c, &r->c.before, &r->c.behind) == -1)
		return fail_errno(why, EX_IOERR, "%s", r->name);
	r->c.dev = st.st_dev;
	r->c.ino = st.st_ino;
	/* Room for what it will grow by, where a file system can say so. */
	if (r->c.new > size && fallocate(r->mailbox, FALLOC_FL_KEEP_SIZE,
	    (off_t)size, (off_t)(r->c.new - size)) == -1 &&
	    (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
		return fail_errno(why, EX_IOERR, "%s", r->name);
	if (write_line(r) == -1 || fsync(r->fd) == -1)
		return fail_errno(why, EX_IOERR, "%s", r->tmp);
	durable_step("redo: written");
	if (rename(r->tmp, r->path) == -1)
		return fail_errno(why, EX_CANTCREAT, "%s", r->path);
	if (local_sync_parent(r->path, why) == -1) {
		unlink(r->path);
		return -1;
	}
	durable_step("redo: committed");
	return 0;
}

/* --- Doing it --- */

static int
copy_octets(int from, uint64_t at, int to, uint64_t where, uint64_t n)
{
	char *block = xmalloc(BLOCK);
	ssize_t got, done;

	for (; n > 0; n -= (uint64_t)done, at += (uint64_t)done,
	    where += (uint64_t)done) {
		got = pread(from, block, n < BLOCK ? (size_t)n : BLOCK,
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
	if (ftruncate(mailbox, (off_t)c->new) == -1 || fsync(mailbox) == -1)
		return -1;
	durable_step("mbox: grown");
	if (mark(fd, "G") == -1)
		return -1;
	c->grown = true;
	durable_step("redo: grown");
	return 0;
}

/* Nobody has appended anything since the change was begun, or it stands where it may. */
static int
apply(int fd, struct change *c, int mailbox)
{
	if (!c->written) {
		if (c->new > c->old && !c->grown && grow(fd, c, mailbox) == -1)
			return -1;
		if (copy_octets(fd, 0, mailbox, c->first, c->new - c->first) ==
		    -1 || fsync(mailbox) == -1)
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

static int
read_marks(const char *p, struct change *c)
{
	for (; *p != '\0'; p++)
		if (*p == 'G')
			c->grown = true;
		else if (*p == 'W')
			c->written = true;
		else
			return -1;
	return 0;
}

static int
parse_line(char *line, struct change *c)
{
	struct mbox_sum sum = { 0, { 0 }, 0 };
	uint64_t check;
	int text = 0, end = 0;

	if (sscanf(line, "mailx-redo 1 %" SCNu64 " %" SCNu64 " %" SCNu64 " %"
	    SCNu64 " %" SCNu64 " %" SCNx64 " %" SCNx64 " %" SCNx64 "%n %"
	    SCNx64 "%n", &c->dev, &c->ino, &c->first, &c->old, &c->new,
	    &c->before, &c->behind, &c->sum, &text, &check, &end) != 9 ||
	    end == 0 || line[end] != '\n')
		return -1;
	mbox_sum_add(&sum, line, (size_t)text);
	if (mbox_sum_end(&sum) != check || c->new < c->first ||
	    c->old < c->first || c->new > INT64_MAX || c->old > INT64_MAX)
		return -1;
	return read_marks(line + end + 1, c);
}

static int
check_octets(int fd, const struct change *c)
{
	struct mbox_sum sum = { 0, { 0 }, 0 };
	char *block = xmalloc(BLOCK);
	uint64_t at = 0, n = c->new - c->first;
	ssize_t got = 1;

	while (at < n && got > 0) {
		got = pread(fd, block, n - at < BLOCK ? (size_t)(n - at) : BLOCK,
		    (off_t)at);
		if (got > 0) {
			mbox_sum_add(&sum, block, (size_t)got);
			at += (uint64_t)got;
		}
	}
	free(block);
	return at == n && mbox_sum_end(&sum) == c->sum ? 0 : -1;
}

static int
read_change(int fd, struct change *c)
{
	char text[MAX_LINE_HERE + 1], *line = NULL, *p;
	struct stat st;
	off_t from;
	ssize_t n;

	memset(c, 0, sizeof *c);
	if (fstat(fd, &st) == -1)
		return -1;
	from = st.st_size > MAX_LINE_HERE ? st.st_size - MAX_LINE_HERE : 0;
	n = pread(fd, text, MAX_LINE_HERE, from);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	/* The last one: the octets may look like anything. */
	for (p = text; p < text + n; p++)
		if (strncmp(p, "\nmailx-redo 1 ", 14) == 0)
			line = p;
	if (line == NULL || parse_line(line + 1, c) == -1 ||
	    (uint64_t)(from + (line - text)) != c->new - c->first)
		return -1;
	return check_octets(fd, c);
}

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
judge_growth(struct change *c, int mailbox, uint64_t size)
{
	if (c->grown)
		return size < c->new ? NEXT_RESCUE : NEXT_APPLY;
	if (size == c->old)
		return NEXT_APPLY;
	/* It grew by NULs, and the mark was not made; mail does not begin so. */
	if (size >= c->new && is_nul(mailbox, c->old)) {
		c->grown = true;
		return NEXT_APPLY;
	}
	return NEXT_ANEW;
}

static enum next
judge(struct change *c, int mailbox, uint64_t size)
{
	uint64_t before, behind = 0;

	if (size < c->first || sum_of(mailbox, c->first < BLOCK ? 0 :
	    c->first - BLOCK, c->first, &before) == -1 || before != c->before)
		return NEXT_RESCUE;
	if (c->written) {
		if (size < c->old || sum_of(mailbox, c->new, c->old, &behind) ==
		    -1 || behind != c->behind)
			return NEXT_REMOVE;	/* cut off already */
		return size > c->old ? NEXT_ANEW : NEXT_APPLY;
	}
	if (size < c->old)
		return NEXT_RESCUE;
	if (c->new > c->old)
		return judge_growth(c, mailbox, size);
	return c->new < c->old && size > c->old ? NEXT_ANEW : NEXT_APPLY;
}

/* The change, with what others appended behind it, as a new one in the place of the old. */
static int
begin_anew(const char *name, const char *path, const struct store_options *o,
    int fd, const struct change *c, int mailbox, uint64_t size,
    struct fail *why)
{
	uint64_t first = c->written ? c->new : c->first;
	struct redo *r = begin(name, mailbox, path, o, first, why);

	if (r == NULL)
		return -1;
	if (redo_copy(r, fd, (off_t)(first - c->first),
	    (off_t)(c->new - c->first), why) == -1 ||
	    redo_copy(r, mailbox, (off_t)c->old, (off_t)size, why) == -1 ||
	    commit(r, size, why) == -1) {
		redo_abandon(r);
		return -1;
	}
	free_redo(r);
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
	else if (read_change(fd, &c) == -1 || (uint64_t)st.st_dev != c.dev ||
	    (uint64_t)st.st_ino != c.ino)
		result = rescue(name, path, why);
	else switch (judge(&c, mailbox, (uint64_t)st.st_size)) {
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
		if ((path = find(name, o)) == NULL)
			return 0;
		result = complete_one(name, path, o, mailbox, why);
		free(path);
	}
	return result == 1 ? fail(why, EX_TEMPFAIL, "%s: is being changed by "
	    "another program", name) : result;
}

/* --- A change --- */

int
redo_make(struct redo *r, off_t size, struct fail *why)
{
	int fd, result = -1;
	struct fail first;

	if (commit(r, (uint64_t)size, why) == -1) {
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
	free_redo(r);
	return result;
}
