/* SPDX-License-Identifier: ISC */
/* filter.c -- see filter.h: funopen(3), with room for blocks. */
#include <stdlib.h>

#include "filter.h"

#define BUFFER	(64 * 1024)

FILE *
filter_new(void *ctx, int (*put)(void *, const char *, int),
    int (*end)(void *))
{
	FILE *f = funopen(ctx, NULL, put, NULL, end);

	if (f == NULL) {
		free(xmalloc(SIZE_MAX / 2));	/* says so, and ends us */
		abort();
	}
	setvbuf(f, NULL, _IOFBF, BUFFER);
	return f;
}
