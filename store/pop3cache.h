/* SPDX-License-Identifier: ISC */
/* pop3cache.h -- headers of a maildrop, kept between runs by UIDL and size. */
#ifndef STORE_POP3CACHE_H
#define STORE_POP3CACHE_H

#include "store.h"

struct headcache;

/* NULL: none is kept.  `account': "user@host:port". */
struct headcache *pop3cache_open(const struct store *s, const char *account);
/* The header of that message, with LF line ends; n is 0 where it is not kept.  Borrowed until the next call. */
struct span	 pop3cache_get(struct headcache *c, const struct msg *m);
void		 pop3cache_put(struct headcache *c, const struct msg *m,
		    struct span head);

#endif
