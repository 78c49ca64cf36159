/* SPDX-License-Identifier: ISC */
/*
 * local.c -- folders on this machine: what a name means, durable directories, and
 * making and renaming.  A new folder is a Maildir: it can hold
 * messages and stand among others at once.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mbox.h"

const char *
local_path(const char *name)
{
	if (strncmp(name, "mbox:", 5) == 0)
		return name + 5;
	if (strncmp(name, "maildir:", 8) == 0)
		return name + 8;
	return name;
}

bool
local_is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool
local_is_maildir(const char *path)
{
	char *sub = xasprintf("%s/cur", path);
	bool is = local_is_directory(sub);

	free(sub);
	return is;
}

bool
local_is_own_part(const char *name)
{
	return strcmp(name, "cur") == 0 || strcmp(name, "new") == 0 ||
	    strcmp(name, "tmp") == 0;
}

bool
local_may_be_maildir(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	bool may = d != NULL || errno == ENOENT;

	while (d != NULL && may && (e = readdir(d)) != NULL)
		may = local_is_own_part(e->d_name) || strcmp(e->d_name, ".") == 0 ||
		    strcmp(e->d_name, "..") == 0;
	if (d != NULL)
		closedir(d);
	return may;
}

const struct store_ops *
local_kind(const char *name)
{
	const char *path = local_path(name);
	struct stat st;
	size_t n = strlen(path);

	if (strcmp(path, "/dev/null") == 0)
		return &store_null;
	if (strncmp(name, "maildir:", 8) == 0)
		return &store_maildir;
	if (strncmp(name, "mbox:", 5) == 0)
		return &store_mbox;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return &store_maildir;
	return n > 0 && path[n - 1] == '/' ? &store_maildir : &store_mbox;
}

int
local_code(int error, bool making)
{
	if (error == ENOENT || error == ENOTDIR || error == EISDIR ||
	    error == ELOOP || error == ENXIO || error == ENAMETOOLONG)
		return making ? EX_CANTCREAT : EX_NOINPUT;
	if (error == EACCES || error == EPERM || error == EROFS)
		return making ? EX_CANTCREAT : EX_NOPERM;
	if (error == EMFILE || error == ENFILE || error == ENOMEM)
		return EX_OSERR;
	return making ? EX_CANTCREAT : EX_IOERR;
}

int
local_sync_parent(const char *path, struct fail *why)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ? xstrdup(".") :
	    xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

	/* A directory that may be written but not read cannot be synced. */
	if (fd == -1 && errno != EACCES)
		r = fail_errno(why, EX_IOERR, "%s", dir);
	else if (fd != -1 && fsync(fd) == -1 && errno != EINVAL)
		r = fail_errno(why, EX_IOERR, "%s", dir);
	if (fd != -1)
		close(fd);
	free(dir);
	return r;
}

static int
make_directory(const char *path, struct fail *why)
{
	if (mkdir(path, 0700) == -1) {
		if (errno == EEXIST && local_is_directory(path))
			return 0;
		return fail_errno(why, local_code(errno, true), "%s", path);
	}
	return local_sync_parent(path, why);
}

/*
 * None in the root directory: a name that is missing there is a slip or a file
 * system that is not mounted, and only root would not be told.
 */
int
local_make_parents(const char *path, struct fail *why)
{
	char *copy = xstrdup(path), *p;
	int r = 0;

	for (p = copy + 1; r == 0 && *copy != '\0' && *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (local_is_directory(copy))
			;
		else if (strrchr(copy, '/') == copy)
			r = fail(why, EX_CANTCREAT, "%s: no such directory",
			    copy);
		else
			r = make_directory(copy, why);
		*p = '/';
	}
	free(copy);
	return r;
}

int
local_make_maildir(const char *path, struct fail *why)
{
	static const char *const subs[] = { "tmp", "new", "cur" };
	char *sub;
	size_t i;
	int r;

	if (local_make_parents(path, why) == -1 ||
	    make_directory(path, why) == -1)
		return -1;
	/* cur last: by it others know a Maildir. */
	for (i = 0, r = 0; i < NELEM(subs) && r == 0; i++) {
		sub = xasprintf("%s/%s", path, subs[i]);
		r = make_directory(sub, why);
		free(sub);
	}
	return r;
}

/* --- Digest --- */

struct digest {
	SHA2_CTX	 sha;
	char		*hex;		/* borrowed */
	uint64_t	*octets;	/* borrowed; or NULL */
};

static int
digest_write(void *ctx, const char *p, int n)
{
	struct digest *d = ctx;

	SHA256Update(&d->sha, (const uint8_t *)p, (size_t)n);
	if (d->octets != NULL)
		*d->octets += (uint64_t)n;
	return n;
}

static int
digest_close(void *ctx)
{
	static const char hex[] = "0123456789abcdef";
	struct digest *d = ctx;
	uint8_t sum[SHA256_DIGEST_LENGTH];
	size_t i;

	SHA256Final(sum, &d->sha);
	for (i = 0; i < sizeof sum; i++) {
		d->hex[i * 2] = hex[sum[i] >> 4];
		d->hex[i * 2 + 1] = hex[sum[i] & 15];
	}
	d->hex[sizeof sum * 2] = '\0';
	free(d);
	return 0;
}

FILE *
local_digest(char hex[static DIGEST_SIZE], uint64_t *octets)
{
	struct digest *d = xcalloc(1, sizeof *d);
	FILE *f;

	SHA256Init(&d->sha);
	d->hex = hex;
	d->octets = octets;
	if (octets != NULL)
		*octets = 0;
	f = funopen(d, NULL, digest_write, NULL, digest_close);
	if (f == NULL)
		free(xmalloc(SIZE_MAX / 2));
	return f;
}

/* --- Making, removing, renaming --- */

static int
exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

bool
local_is_mbox(const char *path)
{
	char start[5];
	struct stat st;
	ssize_t n;
	int fd;

	if (stat(path, &st) == -1 || !S_ISREG(st.st_mode))
		return false;
	if (st.st_size == 0)
		return true;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1)
		return false;
	n = read(fd, start, sizeof start);
	close(fd);
	return n == 5 && memcmp(start, "From ", 5) == 0;
}

int
local_mkdir(const char *name, bool parents, const struct store_options *o,
    struct fail *why)
{
	const char *path = local_path(name);
	int fd;

	(void)o;
	(void)parents;		/* those missing are always made, as a server does */
	if (exists(path) && !(local_is_directory(path) && !local_is_maildir(path)))
		return fail(why, EX_CANTCREAT, "%s: exists already", path);
	if (strncmp(name, "mbox:", 5) != 0)
		return local_make_maildir(path, why);
	if (local_make_parents(path, why) == -1)
		return -1;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return fail_errno(why, local_code(errno, true), "%s", path);
	close(fd);
	return local_sync_parent(path, why);
}

bool
local_is_half_changed(const char *path, const struct store_options *o,
    struct fail *why)
{
	if (!redo_is_there(path, o))
		return false;
	fail(why, EX_TEMPFAIL, "%s: a change of it was not completed; open it "
	    "first", path);
	return true;
}

int
local_rename(const char *from, const char *to, const struct store_options *o,
    struct fail *why)
{
	const char *old = local_path(from), *new = local_path(to);
	struct stat st;

	if (lstat(old, &st) == -1)
		return fail(why, EX_NOINPUT, "%s: no such folder", old);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return fail(why, EX_CANTCREAT, "%s: not a mailbox", old);
	if (exists(new))
		return fail(why, EX_CANTCREAT, "%s: exists already", new);
	if (local_is_half_changed(old, o, why))
		return -1;
	if (local_make_parents(new, why) == -1)
		return -1;
	if (renameat2(AT_FDCWD, old, AT_FDCWD, new, RENAME_NOREPLACE) == -1 &&
	    (errno != EINVAL || rename(old, new) == -1))
		return fail_errno(why, EX_CANTCREAT, "%s", new);
	if (local_sync_parent(new, why) == -1)
		return -1;
	return local_sync_parent(old, why);
}
