/* SPDX-License-Identifier: ISC */
/* deflate_none.c -- in the place of deflate.c where there is no zlib. */
#include "deflate.h"

bool
deflate_is_there(void)
{
	return false;
}

struct deflate *
deflate_new(struct span waiting)
{
	(void)waiting;
	return NULL;
}

void
deflate_free(struct deflate *d)
{
	(void)d;
}

ssize_t
deflate_unpack(struct deflate *d, char *p, size_t n, struct fail *why)
{
	(void)d;
	(void)p;
	(void)n;
	return fail(why, EX_SOFTWARE, "built without compression");
}

char *
deflate_room(struct deflate *d, size_t *n)
{
	(void)d;
	*n = 0;
	return NULL;
}

void
deflate_came(struct deflate *d, size_t n)
{
	(void)d;
	(void)n;
}

struct span
deflate_pack(struct deflate *d, const char *p, size_t n)
{
	(void)d;
	return (struct span){ p, n };
}
