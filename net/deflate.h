/* SPDX-License-Identifier: ISC */
/*
 * deflate.h -- compression of both directions of a connection (RFC 4978, raw DEFLATE
 * of RFC 1951).  deflate.c does it with zlib; deflate_none.c stands in its place
 * where the program is built without.
 */
#ifndef NET_DEFLATE_H
#define NET_DEFLATE_H

#include "../util.h"

struct deflate;

/* Both streams at their beginnings; `waiting' has come in already.  NULL: not built in. */
struct deflate	*deflate_new(struct span waiting);
void		 deflate_free(struct deflate *d);	/* NULL is fine */
bool		 deflate_is_there(void);

/*
 * Unpack what came in, at most n octets: how many, 0: more must come in; -1
 * EX_PROTOCOL.  However much a few octets may unpack to, no more is held than the
 * caller has room for.
 */
ssize_t		 deflate_unpack(struct deflate *d, char *p, size_t n, struct fail *why);
/* Where to put what comes in, and how much (none before deflate_unpack gave 0). */
char		*deflate_room(struct deflate *d, size_t *n);
void		 deflate_came(struct deflate *d, size_t n);
/* Pack n octets, so that the other side can read all of them.  Borrowed until the next call. */
struct span	 deflate_pack(struct deflate *d, const char *p, size_t n);

#endif
