/* SPDX-License-Identifier: ISC */
/* dial.h -- from a server's name to a connected descriptor.  Used by conn.c alone. */
#ifndef NET_DIAL_H
#define NET_DIAL_H

#include "server.h"

/*
 * Resolve, try each address in turn (or the socket of lmtp:/path), connect,
 * through s->proxy where that is set.  The descriptor does not block; -1: EX_NOHOST
 * no such name, EX_CONFIG a proxy that cannot be read, EX_TEMPFAIL all else.
 */
int	 dial(const struct server *s, struct fail *why);
/* What a failed getaddrinfo(3) means for the user: EX_NOHOST or EX_TEMPFAIL. */
int	 dial_code(int gai);
/* Is the peer this very machine? */
bool	 dial_is_loopback(int fd);

#endif
