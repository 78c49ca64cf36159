/* SPDX-License-Identifier: ISC */
/*
 * safefile.c -- files made from messages.  All is done within a descriptor of
 * the directory, with names that have no slash: what a message says cannot lead
 * out of it, and a link that somebody puts there is refused and not followed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "out.h"
#include "read.h"
#include "safefile.h"

#define TRIES	99	/* name-1 ... before a number is drawn */

/* --- Opening. --- */

static void
reset(struct safefile *sf)
{
	memset(sf, 0, sizeof *sf);
	sf->dir = -1;
	sf->start = -1;
}

static void
forget(struct safefile *sf)
{
	if (sf->dir != -1)
		close(sf->dir);
	free(sf->name);
	free(sf->final);
	reset(sf);
}

static int
open_new(int dir, const char *name)
{
	return openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC | O_NOCTTY, 0600);
}

/* Have the stream; on failure nothing remains of what was made. */
static int
have_stream(struct safefile *sf, int fd, const char *path, struct fail *why)
{
	struct stat st;

	sf->f = fdopen(fd, "w");
	if (sf->f == NULL || fstat(fd, &st) == -1) {
		fail_errno(why, EX_CANTCREAT, "%s", path);
		if (sf->f == NULL)
			close(fd);
		else
			fclose(sf->f);
		if (sf->made)
			(void)unlinkat(sf->dir, sf->name, 0);
		forget(sf);
		return -1;
	}
	if (!sf->made && S_ISREG(st.st_mode) && sf->dir != -1) {
		sf->start = st.st_size;
		(void)fseeko(sf->f, 0, SEEK_END);
	}
	return 0;
}

/* Standard output, a terminal, a FIFO: nothing there is created or removed. */
static bool
is_device(const char *path)
{
	struct stat st;

	if (strncmp(path, "/dev/fd/", 8) == 0 ||
	    strcmp(path, "/dev/stdout") == 0 ||
	    strcmp(path, "/dev/stderr") == 0)
		return true;
	return stat(path, &st) == 0 && !S_ISREG(st.st_mode) &&
	    !S_ISDIR(st.st_mode);
}

/* A FIFO without a reader is an error and not a wait. */
static int
open_existing(int dir, const char *name)
{
	int fd = open_trusted(dir, name, O_WRONLY | O_APPEND | O_CLOEXEC |
	    O_NOCTTY | O_NONBLOCK, 0);

	if (fd != -1)
		(void)fcntl(fd, F_SETFL, O_APPEND);
	return fd;
}

/* One made by a script for us holds nothing that could be lost. */
static int
open_empty(int dir, const char *name)
{
	struct stat st;
	int fd = openat(dir, name, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY |
	    O_NONBLOCK | O_NOFOLLOW);

	if (fd != -1 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size == 0)
		return fd;
	if (fd != -1)
		close(fd);
	errno = EEXIST;
	return -1;
}

static int
open_device(struct safefile *sf, const char *path, struct fail *why)
{
	int fd = open_existing(AT_FDCWD, path);

	if (fd == -1)
		return fail_errno(why, EX_CANTCREAT, "%s", path);
	return have_stream(sf, fd, path, why);
}

/* The directory of a path, and the name in it. */
static int
open_parent(struct safefile *sf, const char *path, struct fail *why)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ? xstrdup(".") : slash == path ?
	    xstrdup("/") : xstrndup(path, (size_t)(slash - path));

	sf->name = xstrdup(slash == NULL ? path : slash + 1);
	sf->dir = open_trusted(AT_FDCWD, dir, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC, 0);
	free(dir);
	if (sf->dir == -1)
		return fail_errno(why, EX_CANTCREAT, "%s", path);
	if (*sf->name == '\0')
		return fail(why, EX_CANTCREAT, "%s: is a directory", path);
	return 0;
}

/* Written beside it, under a name of our own, until it is whole. */
static void
write_beside(struct safefile *sf)
{
	sf->final = sf->name;
	sf->name = xasprintf(".mailx-%08x%08x", arc4random(), arc4random());
}

int
safefile_open(struct safefile *sf, const char *path, enum safefile_how how,
    struct fail *why)
{
	int fd;

	reset(sf);
	if (is_device(path))
		return open_device(sf, path, why);
	if (open_parent(sf, path, why) == -1) {
		forget(sf);
		return -1;
	}
	if (how == SAFEFILE_REPLACE)
		write_beside(sf);
	fd = open_new(sf->dir, sf->name);
	sf->made = fd != -1;
	if (fd == -1 && errno == EEXIST && how == SAFEFILE_APPEND)
		fd = open_existing(sf->dir, sf->name);
	else if (fd == -1 && errno == EEXIST)
		fd = open_empty(sf->dir, sf->name);
	if (fd == -1) {
		fail_errno(why, EX_CANTCREAT, "%s", path);
		forget(sf);
		return -1;
	}
	return have_stream(sf, fd, path, why);
}

/* name-1.ext */
static char *
numbered(const char *name, unsigned n)
{
	const char *dot = strrchr(name, '.');

	if (dot == NULL || dot == name)
		return xasprintf("%s-%u", name, n);
	return xasprintf("%.*s-%u%s", (int)(dot - name), name, n, dot);
}

/*
 * Numbers that are drawn after a while: a message of ten thousand parts of one
 * name must not cost a hundred million attempts.
 */
static int
open_numbered(struct safefile *sf, const char *name)
{
	unsigned i;
	int fd;

	for (i = 0; i <= 2 * TRIES; i++) {
		free(sf->name);
		sf->name = i == 0 ? xstrdup(name) : numbered(name,
		    i <= TRIES ? i : arc4random());
		fd = open_new(sf->dir, sf->name);
		if (fd != -1 || errno != EEXIST)
			return fd;
	}
	return -1;
}

int
safefile_create(struct safefile *sf, int dir, const char *name,
    struct fail *why)
{
	int fd;

	reset(sf);
	sf->dir = fcntl(dir, F_DUPFD_CLOEXEC, 0);
	fd = sf->dir == -1 ? -1 : open_numbered(sf, name);
	if (fd == -1) {
		fail_errno(why, EX_CANTCREAT, "%s", name);
		forget(sf);
		return -1;
	}
	sf->made = true;
	return have_stream(sf, fd, name, why);
}

/* --- Ending. --- */

/* Take back what was written; `fd' is that of the file. */
static void
undo(const struct safefile *sf, int fd)
{
	if (sf->made)
		(void)unlinkat(sf->dir, sf->name, 0);
	else if (sf->start >= 0 && ftruncate(fd, sf->start) == 0)
		(void)fsync(fd);
}

static int
make_durable(struct safefile *sf, const char *name, struct fail *why)
{
	bool file = sf->made || sf->start >= 0;

	if (fflush(sf->f) == EOF || (file && fsync(fileno(sf->f)) == -1))
		return fail_errno(why, EX_IOERR, "%s: cannot write", name);
	return 0;
}

static int
name_durably(struct safefile *sf, struct fail *why)
{
	if (sf->final != NULL &&
	    renameat(sf->dir, sf->name, sf->dir, sf->final) == -1)
		return fail_errno(why, EX_CANTCREAT, "%s", sf->final);
	if (sf->made && fsync(sf->dir) == -1 && errno != EINVAL) {
		fail_errno(why, EX_IOERR, "%s: cannot make the name durable",
		    sf->final == NULL ? sf->name : sf->final);
		return -1;
	}
	return 0;
}

int
safefile_end(struct safefile *sf, bool whole, struct fail *why)
{
	const char *name = sf->final != NULL ? sf->final :
	    sf->name != NULL ? sf->name : "output";
	int fd = fcntl(fileno(sf->f), F_DUPFD_CLOEXEC, 0), r = 0;

	if (whole)
		r = make_durable(sf, name, why);
	if (stream_close(sf->f, name, whole && r == 0 ? why : NULL) == -1)
		r = -1;
	if (whole && r == 0)
		r = name_durably(sf, why);
	if (!whole || r == -1)
		undo(sf, fd);
	if (fd != -1)
		close(fd);
	forget(sf);
	return r;
}

/* --- Parts into directories. --- */

int
safefile_dir(const char *path, struct fail *why)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	size_t n = strlen(path);
	char *name;
	int fd;

	/* With a slash behind it a link would be followed. */
	while (n > 1 && path[n - 1] == '/')
		n--;
	name = xstrndup(path, n);
	fd = open_trusted(AT_FDCWD, name, flags, 0);
	if (fd == -1 && errno == ENOENT && mkdir(name, 0700) == 0)
		fd = open_trusted(AT_FDCWD, name, flags, 0);
	if (fd == -1)
		fail_errno(why, EX_CANTCREAT, "%s", path);
	free(name);
	return fd;
}

static void
tell(struct mailx *m, const char *dir, const char *name, uint32_t n,
    const struct part *p, off_t octets)
{
	struct msgref ref = { n, part_number(p) };
	size_t len = strlen(dir);
	char *path, *shown;

	if (*ref.part == '\0') {
		free(ref.part);
		ref.part = NULL;
	}
	while (len > 1 && dir[len - 1] == '/')
		len--;
	path = strcmp(dir, ".") == 0 ? xstrdup(name) : xasprintf("%.*s%s%s",
	    (int)len, dir, dir[len - 1] == '/' ? "" : "/", name);
	shown = read_ref(&ref);
	out_written(m, path, shown, octets < 0 ? 0 : (uint64_t)octets);
	free(shown);
	free(path);
	free(ref.part);
}

int
safefile_part(struct mailx *m, int dir, const char *path, uint32_t n,
    const struct part *p, struct fail *why)
{
	char *name = part_safe_name(p), *made;
	struct safefile sf;
	off_t octets;
	int r = safefile_create(&sf, dir, name, why);

	free(name);
	if (r == -1) {
		fail_where(why, "%s", path);
		return -1;
	}
	r = read_decode(m, n, p, sf.f, why);
	octets = ftello(sf.f);
	made = xstrdup(sf.name);
	if (safefile_end(&sf, r == 0, why) == -1)
		r = -1;
	if (r == 0)
		tell(m, path, made, n, p, octets);
	free(made);
	return r;
}
