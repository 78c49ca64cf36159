/* SPDX-License-Identifier: ISC */
/*
 * failmem.c -- to be preloaded into a program under test: one of its calls for
 * memory fails.
 *
 *	FAILMEM_AT	the how-manieth, from 1
 *	FAILMEM_ALL	set: all that follow fail too
 *	FAILMEM_HIT	this file is made when the call came
 *
 * What comes before main, and what free(3) must know, is the C library's own.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

static long count, at;
static int ready, all;

__attribute__((__constructor__)) static void
begin(void)
{
	const char *s = getenv("FAILMEM_AT");

	at = s == NULL ? 0 : strtol(s, NULL, 10);
	all = getenv("FAILMEM_ALL") != NULL;
	ready = at > 0;
}

static void
tell(void)
{
	const char *path = getenv("FAILMEM_HIT");
	int fd;

	if (path != NULL &&
	    (fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)) != -1)
		close(fd);
}

static int
fails(void)
{
	if (!ready || ++count < at || (count > at && !all))
		return 0;
	if (count == at)
		tell();
	errno = ENOMEM;
	return 1;
}

void *
malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t size)
{
	return fails() ? NULL : __libc_realloc(p, size);
}
