/* SPDX-License-Identifier: ISC */
/* hostile.h -- inputs of hostile sizes: twice as much takes about twice as long. */
#ifndef TESTS_UNIT_HOSTILE_H
#define TESTS_UNIT_HOSTILE_H

#include <sys/resource.h>

#include <stdlib.h>
#include <time.h>

#include "../../util.h"
#include "tap.h"

/* n times `piece', with `before' and `after'. */
__attribute__((__unused__)) static char *
repeated(const char *before, const char *piece, size_t n, const char *after,
    size_t *len)
{
	size_t b = strlen(before), p = strlen(piece), a = strlen(after), i;
	char *s = xmalloc(b + n * p + a + 1), *q = s;

	memcpy(q, before, b);
	for (i = 0, q += b; i < n; i++, q += p)
		memcpy(q, piece, p);
	memcpy(q, after, a + 1);
	*len = b + n * p + a;
	return s;
}

__attribute__((__unused__)) static double
cpu(void (*work)(const char *text, size_t len), const char *text, size_t len)
{
	clock_t from = clock();

	work(text, len);
	return (double)(clock() - from) / CLOCKS_PER_SEC;
}

/* The sanitizers look at all of a buffer at each call with it: there, time tells less. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED	1
#else
#define SANITIZED	0
#endif

/*
 * Work on n and on 2n pieces: no more than three and a half times as long (what is
 * quadratic takes four times), and the longer within seconds.  A busy machine may
 * disturb a measurement, but not five of them.
 */
__attribute__((__unused__)) static void
is_linear(void (*work)(const char *text, size_t len), const char *before,
    const char *piece, size_t n, const char *after, const char *name)
{
	size_t len1, len2;
	char *text1 = repeated(before, piece, n, after, &len1);
	char *text2 = repeated(before, piece, 2 * n, after, &len2);
	double once = 0, twice = 0;
	bool linear = false;
	int tries;

	for (tries = 0; tries < 5 && !linear; tries++) {
		once = cpu(work, text1, len1);
		twice = cpu(work, text2, len2);
		linear = twice < 0.05 || (twice < 6 && (SANITIZED ||
		    twice < 3.5 * once));
	}
	free(text1);
	free(text2);
	if (!ok(linear, "%s", name))
		printf("# %.3f s, twice as much %.3f s\n", once, twice);
}

static int
hostile_count(void *ctx, const char *p, int n)
{
	(void)p;
	*(size_t *)ctx += (size_t)n;
	return n;
}

static int
hostile_end(void *ctx)
{
	(void)ctx;
	return 0;
}

/* A stream that counts what is written to it. */
__attribute__((__unused__)) static FILE *
counter(size_t *n)
{
	*n = 0;
	return funopen(n, NULL, hostile_count, NULL, hostile_end);
}

/* Most memory that was ever in use, in MiB; 0 under the sanitizers, whose own it would be. */
__attribute__((__unused__)) static long
peak_mib(void)
{
	struct rusage u;

	if (getrusage(RUSAGE_SELF, &u) == -1)
		return -1;
	return SANITIZED ? 0 : u.ru_maxrss / 1024;
}

#endif
