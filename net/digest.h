/* SPDX-License-Identifier: ISC */
/*
 * digest.h -- SHA-256 by the library that does TLS, which has the instructions of
 * the processor for it: fetch reads every octet through this.
 */
#ifndef NET_DIGEST_H
#define NET_DIGEST_H

#include "../util.h"

#define DIGEST_HEX	65		/* with the NUL */

struct digest_state;

struct digest_state *digest_begin(void);
void	 digest_add(struct digest_state *d, const void *p, size_t n);
struct digest_state *digest_copy(const struct digest_state *d);
void	 digest_drop(struct digest_state *d);
/* In hexadecimal, lower case; frees it. */
void	 digest_end(struct digest_state *d, char hex[static DIGEST_HEX]);

#endif
