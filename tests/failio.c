/* SPDX-License-Identifier: ISC */
/*
 * failio.c -- to be preloaded into a program under test: one of its calls fails.
 *
 *	FAILIO_CALL	write, sync, close, rename, link, truncate or any
 *	FAILIO_AT	the how-manieth, from 1
 *	FAILIO_AS	an errno's name; `short' (half is written); `end' (the process ends)
 *	FAILIO_ALL	set: all that follow fail too, as on a full disk
 *	FAILIO_PATH	only calls on files whose path contains it count
 *	FAILIO_HIT	this file is made when the call came
 *
 * Streams made by fdopen are made anew, for their writes do not go through here.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENDED	99

static long count;

/* Point *to, a pointer to a function, at the function that is replaced here. */
static void
find(void *to, const char *name)
{
	void *p = dlsym(RTLD_NEXT, name);

	if (p == NULL)
		_exit(98);
	memcpy(to, &p, sizeof p);
}

static void
tell(void)
{
	const char *path = getenv("FAILIO_HIT");
	int fd;

	if (path != NULL &&
	    (fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) != -1)
		(void)fd;	/* left open: close is one of the calls */
}

static int
error_of(const char *name)
{
	static const struct {
		const char *name;
		int error;
	} errors[] = {
		{ "ENOSPC", ENOSPC }, { "EIO", EIO }, { "EDQUOT", EDQUOT },
		{ "EFBIG", EFBIG }, { "EACCES", EACCES }, { "EPERM", EPERM },
		{ "EINTR", EINTR },
	};
	size_t i;

	for (i = 0; i < sizeof errors / sizeof errors[0]; i++)
		if (strcmp(errors[i].name, name) == 0)
			return errors[i].error;
	_exit(98);
}

/* What is to become of this call: 0: nothing; an errno; -1: short. */
static int
fate(const char *call, const char *path)
{
	const char *calls = getenv("FAILIO_CALL"), *at = getenv("FAILIO_AT");
	const char *as = getenv("FAILIO_AS"), *part = getenv("FAILIO_PATH");
	long when;

	if (calls == NULL || at == NULL || as == NULL ||
	    (strcmp(calls, "any") != 0 && strcmp(calls, call) != 0))
		return 0;
	if (part != NULL && (path == NULL || strstr(path, part) == NULL))
		return 0;
	when = strtol(at, NULL, 10);
	count++;
	if (count != when && (getenv("FAILIO_ALL") == NULL || count < when))
		return 0;
	tell();
	if (strcmp(as, "end") == 0)
		_exit(ENDED);
	return strcmp(as, "short") == 0 ? -1 : error_of(as);
}

static int
fate_of_fd(const char *call, int fd)
{
	char name[64], path[4096];
	struct stat st;
	ssize_t n;

	if (fd <= 2 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		if (fd <= 2 || strcmp(call, "sync") != 0)
			return 0;
	}
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	n = readlink(name, path, sizeof path - 1);
	path[n > 0 ? n : 0] = '\0';
	return fate(call, path);
}

static int
failed(int error)
{
	errno = error;
	return -1;
}

ssize_t
write(int fd, const void *p, size_t n)
{
	static __typeof__(write) *call;
	int r = fate_of_fd("write", fd);

	if (call == NULL)
		find(&call, "write");
	if (r > 0)
		return failed(r);
	return call(fd, p, r == -1 && n > 1 ? n / 2 : n);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	static __typeof__(pwrite) *call;
	int r = fate_of_fd("write", fd);

	if (call == NULL)
		find(&call, "pwrite64");
	if (r > 0)
		return failed(r);
	return call(fd, p, r == -1 && n > 1 ? n / 2 : n, at);
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off_t at)
{
	return pwrite(fd, p, n, at);
}

int
fsync(int fd)
{
	static __typeof__(fsync) *call;
	int r = fate_of_fd("sync", fd);

	if (call == NULL)
		find(&call, "fsync");
	return r != 0 ? failed(r > 0 ? r : EIO) : call(fd);
}

int
fdatasync(int fd)
{
	static __typeof__(fdatasync) *call;
	int r = fate_of_fd("sync", fd);

	if (call == NULL)
		find(&call, "fdatasync");
	return r != 0 ? failed(r > 0 ? r : EIO) : call(fd);
}

/* The descriptor is gone, whatever it says. */
int
close(int fd)
{
	static __typeof__(close) *call;
	int r = fate_of_fd("close", fd), result;

	if (call == NULL)
		find(&call, "close");
	result = call(fd);
	return r != 0 ? failed(r > 0 ? r : EIO) : result;
}

int
ftruncate(int fd, off_t size)
{
	static __typeof__(ftruncate) *call;
	int r = fate_of_fd("truncate", fd);

	if (call == NULL)
		find(&call, "ftruncate64");
	return r != 0 ? failed(r > 0 ? r : EIO) : call(fd, size);
}

int
ftruncate64(int fd, off_t size)
{
	return ftruncate(fd, size);
}

int
rename(const char *from, const char *to)
{
	static __typeof__(rename) *call;
	int r = fate("rename", to);

	if (call == NULL)
		find(&call, "rename");
	return r != 0 ? failed(r > 0 ? r : EIO) : call(from, to);
}

int
renameat(int a, const char *from, int b, const char *to)
{
	static __typeof__(renameat) *call;
	int r = fate("rename", to);

	if (call == NULL)
		find(&call, "renameat");
	return r != 0 ? failed(r > 0 ? r : EIO) : call(a, from, b, to);
}

int
renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
	static __typeof__(renameat2) *call;
	int r = fate("rename", to);

	if (call == NULL)
		find(&call, "renameat2");
	return r != 0 ? failed(r > 0 ? r : EIO) : call(a, from, b, to, flags);
}

int
link(const char *from, const char *to)
{
	static __typeof__(link) *call;
	int r = fate("link", to);

	if (call == NULL)
		find(&call, "link");
	return r != 0 ? failed(r > 0 ? r : EIO) : call(from, to);
}

int
linkat(int a, const char *from, int b, const char *to, int flags)
{
	static __typeof__(linkat) *call;
	int r = fate("link", to);

	if (call == NULL)
		find(&call, "linkat");
	return r != 0 ? failed(r > 0 ? r : EIO) : call(a, from, b, to, flags);
}

/* --- Streams --- */

static ssize_t
stream_read(void *ctx, char *p, size_t n)
{
	return read(*(int *)ctx, p, n);
}

static ssize_t
stream_write(void *ctx, const char *p, size_t n)
{
	size_t done = 0;
	ssize_t r;

	while (done < n) {
		r = write(*(int *)ctx, p + done, n - done);
		if (r == -1)
			return 0;
		done += (size_t)r;
	}
	return (ssize_t)n;
}

static int
stream_seek(void *ctx, off_t *at, int whence)
{
	*at = lseek(*(int *)ctx, *at, whence);
	return *at == -1 ? -1 : 0;
}

static int
stream_close(void *ctx)
{
	int r = close(*(int *)ctx);

	free(ctx);
	return r;
}

FILE *
fdopen(int fd, const char *mode)
{
	static __typeof__(fdopen) *call;
	cookie_io_functions_t io = { stream_read, stream_write, stream_seek,
		stream_close };
	struct stat st;
	int *ctx;

	if (call == NULL)
		find(&call, "fdopen");
	if (*mode == 'r' && strchr(mode, '+') == NULL)
		return call(fd, mode);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    (ctx = malloc(sizeof *ctx)) == NULL)
		return call(fd, mode);
	*ctx = fd;
	return fopencookie(ctx, mode, io);
}
