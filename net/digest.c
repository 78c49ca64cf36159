/* SPDX-License-Identifier: ISC */
/* digest.c -- SHA-256 (FIPS 180-4).  The library fails here only without memory, where nothing can go on. */
#include <openssl/evp.h>
#include <stdlib.h>

#include "digest.h"

struct digest_state {
	EVP_MD_CTX	*ctx;		/* owned */
};

static void
check(int ok)
{
	if (ok != 1)
		abort();
}

struct digest_state *
digest_begin(void)
{
	static const EVP_MD *sha256;
	struct digest_state *d = xmalloc(sizeof(*d));

	/* Fetched once: looking it up costs as much as a short text. */
	if (sha256 == NULL && (sha256 = EVP_MD_fetch(NULL, "SHA256", NULL)) == NULL)
		check(0);
	d->ctx = EVP_MD_CTX_new();
	check(d->ctx != NULL);
	check(EVP_DigestInit_ex(d->ctx, sha256, NULL));
	return d;
}

void
digest_add(struct digest_state *d, const void *p, size_t n)
{
	check(EVP_DigestUpdate(d->ctx, p, n));
}

struct digest_state *
digest_copy(const struct digest_state *d)
{
	struct digest_state *copy = xmalloc(sizeof(*copy));

	copy->ctx = EVP_MD_CTX_new();
	check(copy->ctx != NULL);
	check(EVP_MD_CTX_copy_ex(copy->ctx, d->ctx));
	return copy;
}

void
digest_drop(struct digest_state *d)
{
	EVP_MD_CTX_free(d->ctx);
	free(d);
}

void
digest_end(struct digest_state *d, char hex[static DIGEST_HEX])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char sum[EVP_MAX_MD_SIZE];
	size_t i;

	check(EVP_DigestFinal_ex(d->ctx, sum, NULL));
	for (i = 0; i < DIGEST_HEX / 2; i++) {
		hex[2 * i] = digits[sum[i] >> 4];
		hex[2 * i + 1] = digits[sum[i] & 15];
	}
	hex[DIGEST_HEX - 1] = '\0';
	digest_drop(d);
}
