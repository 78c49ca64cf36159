/* SPDX-License-Identifier: ISC */
/*
 * scram.c -- libFuzzer target: what a server says in SCRAM, message by message,
 * divided by line feeds.  It does not know the password, and so must never be
 * taken to have proved that it does.
 */
#include <stdlib.h>
#include <string.h>

#include "../../net/scram.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Fast, and hard enough to guess for a fuzzer: the value is not in its reach. */
static uint64_t	secret;

static int
hash(const void *in, size_t n, unsigned char *out)
{
	const unsigned char *p = in;
	uint64_t h = 14695981039346656037U ^ secret;
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ p[i]) * 1099511628211U;
	for (i = 0; i < 20; i++) {
		h = (h ^ i) * 1099511628211U;
		out[i] = (unsigned char)(h >> 56);
	}
	return 0;
}

static int
hmac(const void *key, size_t key_n, const void *in, size_t n,
    unsigned char *out)
{
	unsigned char two[40];

	hash(key, key_n, two);
	hash(in, n, two + 20);
	return hash(two, sizeof two, out);
}

static int
derive(const char *password, const unsigned char *salt, size_t salt_n,
    int iterations, unsigned char *out)
{
	if (iterations < MIN_SCRAM_ITERATIONS ||
	    iterations > MAX_SCRAM_ITERATIONS || salt_n == 0)
		abort();
	return hmac(password, strlen(password), salt, salt_n, out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct scram_digest digest = { 20, hash, hmac, derive };
	const struct scram_binding binding = { .flag = "n" };
	struct scram *x = scram_new(&digest, &binding, "us=er", "pencil", "nonce");
	const char *p = (const char *)data, *end = p + n, *line;
	struct span s = { "", 0 };
	struct fail why;
	char *answer;

	arc4random_buf(&secret, sizeof secret);
	for (;;) {
		fail_clear(&why);
		answer = scram_next(x, s, &why);
		if ((answer == NULL) != (why.code != 0))
			abort();
		if (answer != NULL && strchr(answer, '\n') != NULL)
			abort();
		free(answer);
		if (scram_is_proved(x))
			abort();
		if (why.code != 0 || p >= end)
			break;
		line = p;
		p = memchr(p, '\n', (size_t)(end - p));
		p = p == NULL ? end : p;
		s.p = line;
		s.n = (size_t)(p - line);
		p += p < end;
	}
	scram_free(x);
	return 0;
}
