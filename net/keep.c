/* SPDX-License-Identifier: ISC */
/* keep.c -- see keep.h. */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "keep.h"

#define OLD	(30 * 24 * 60 * 60)	/* seconds until a file is swept away */

char *
keep_name(const char *const *texts, size_t n)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];
	SHA2_CTX d;
	size_t i;

	SHA256Init(&d);
	for (i = 0; i < n; i++)
		if (texts[i] == NULL)
			SHA256Update(&d, (const uint8_t *)"\1", 2);
		else
			SHA256Update(&d, (const uint8_t *)texts[i],
			    strlen(texts[i]) + 1);
	return xstrdup(SHA256End(&d, hex));
}

static int
open_directory(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd == -1 && errno == ENOENT && mkdir(dir, 0700) == 0)
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() &&
	    (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* One that is ours alone, or -1. */
static int
open_file(int dir, const char *name, size_t *size)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	struct stat st;

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid() && (st.st_mode & (S_IRWXG | S_IRWXO)) == 0 &&
	    st.st_size > 0 && st.st_size <= MAX_KEPT) {
		*size = (size_t)st.st_size;
		return fd;
	}
	close(fd);
	return -1;
}

void *
keep_get(const char *dir, const char *name, bool take, size_t *n)
{
	int d = open_directory(dir), fd;
	void *p = NULL;
	size_t size;

	*n = 0;
	if (d == -1)
		return NULL;
	fd = open_file(d, name, &size);
	if (fd != -1) {
		p = xmalloc(size);
		if (read(fd, p, size) == (ssize_t)size)
			*n = size;
		close(fd);
	}
	if (take && *n > 0 && unlinkat(d, name, 0) == -1)
		*n = 0;		/* another process has it */
	close(d);
	return p;
}

/* What nobody came back for. */
static void
sweep(int dir)
{
	time_t limit = time(NULL) - OLD;
	int copy = dup(dir);
	struct dirent *e;
	struct stat st;
	DIR *list;

	if (copy == -1 || (list = fdopendir(copy)) == NULL) {
		if (copy != -1)
			close(copy);
		return;
	}
	while ((e = readdir(list)) != NULL)
		if (fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && st.st_mtime < limit)
			(void)unlinkat(dir, e->d_name, 0);
	closedir(list);
}

void
keep_put(const char *dir, const char *name, const void *p, size_t n)
{
	int d = open_directory(dir), fd;
	char *part;
	bool whole;

	if (d == -1 || n > MAX_KEPT) {
		if (d != -1)
			close(d);
		return;
	}
	part = xasprintf("%s.%ld", name, (long)getpid());
	(void)unlinkat(d, part, 0);
	fd = openat(d, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (fd != -1) {
		whole = write(fd, p, n) == (ssize_t)n;
		if (close(fd) == -1 || !whole ||
		    renameat(d, part, d, name) == -1)
			(void)unlinkat(d, part, 0);
	}
	free(part);
	sweep(d);
	close(d);
}
