/* SPDX-License-Identifier: ISC */
/*
 * scram.h -- the dialogue of SCRAM (RFC 5802, 7677), over digests that the
 * caller brings.  Used by sasl.c alone, which has them.
 */
#ifndef NET_SCRAM_H
#define NET_SCRAM_H

#include "../util.h"

#define SCRAM_MAX_DIGEST	64

struct scram_digest {
	size_t	 size;		/* octets of a result; at most SCRAM_MAX_DIGEST */
	/* Each returns 0, or -1 when the library fails. */
	int	 (*hash)(const void *in, size_t n, unsigned char *out);
	int	 (*hmac)(const void *key, size_t key_n, const void *in,
		    size_t n, unsigned char *out);
	int	 (*derive)(const char *password, const unsigned char *salt,
		    size_t salt_n, int iterations, unsigned char *out);
};

struct scram;

#define SCRAM_MAX_BINDING	64

/* How the dialogue is bound to the TLS under it (RFC 5802 section 6, RFC 9266). */
struct scram_binding {
	const char	*flag;		/* "n": not; "y": only the server cannot; "p=TYPE" */
	unsigned char	 data[SCRAM_MAX_BINDING];	/* for "p" */
	size_t		 n;
};

/* The nonce is printable, without comma.  All are copied, the digest is not. */
struct scram	*scram_new(const struct scram_digest *d,
		    const struct scram_binding *b, const char *user,
		    const char *password, const char *nonce);
void		 scram_free(struct scram *x);	/* secrets wiped; NULL is fine */
/*
 * What the client says next; the server's message is not in base64, and empty at
 * first.  NULL: EX_PROTOCOL what the server may not say, EX_NOPERM its e=, EX_SOFTWARE.
 * The caller wipes and frees.
 */
char		*scram_next(struct scram *x, struct span server, struct fail *why);
/* Has the server proved that it knows the password? */
bool		 scram_is_proved(const struct scram *x);

#endif
