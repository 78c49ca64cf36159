/* SPDX-License-Identifier: ISC */
/* filter.c -- see filter.h: funopen(3). */
#include <stdlib.h>

#include "filter.h"

struct stage {
	void	*ctx;
	int	(*put)(void *ctx, const char *p, int n);
	int	(*end)(void *ctx);
};

/*
 * A failure is none taken: glibc counts what a writer returns without a look at its
 * sign, and would copy from before the text.
 */
static int
stage_write(void *cookie, const char *p, int n)
{
	struct stage *s = cookie;
	int taken = s->put(s->ctx, p, n);

	return taken < 0 ? 0 : taken;
}

static int
stage_close(void *cookie)
{
	struct stage *s = cookie;
	int r = s->end(s->ctx);

	free(s);
	return r;
}

FILE *
filter_new(void *ctx, int (*put)(void *, const char *, int),
    int (*end)(void *))
{
	struct stage *s = xmalloc(sizeof *s);
	FILE *f;

	s->ctx = ctx;
	s->put = put;
	s->end = end;
	f = funopen(s, NULL, stage_write, NULL, stage_close);
	if (f == NULL) {
		free(xmalloc(SIZE_MAX / 2));	/* says so, and ends us */
		abort();
	}
	return f;
}
