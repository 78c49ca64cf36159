/* SPDX-License-Identifier: ISC */
/*
 * headcache.h -- what a server said of messages, kept between runs in the cache
 * directory: a text for each UID of a mailbox.  What is in it is as trustworthy
 * as a server is; losing it, or any part of it, costs time alone.  So nothing
 * here fails: what cannot be read is not there, what cannot be written is not kept.
 */
#ifndef STORE_HEADCACHE_H
#define STORE_HEADCACHE_H

#include "../util.h"

struct headcache;

/* The directory of a mailbox; the caller frees. */
char		*headcache_dir(const char *dir, const char *account,
		    const char *mailbox);
/* Against damage, not against malice. */
uint64_t	 headcache_sum(const void *data, size_t n);
/*
 * That of one mailbox: `account' and `mailbox' in any octets.  `uidnext' bounds
 * the UIDs, 0: it is not known.
 */
struct headcache *headcache_open(const char *dir, const char *account,
		    const char *mailbox, uint32_t uidvalidity, uint32_t uidnext);
/* Keep what was put, bound what is kept, and free.  NULL is fine. */
void		 headcache_close(struct headcache *c);
/* Nothing can be in it, as far as the names of its files tell. */
bool		 headcache_is_empty(const struct headcache *c);
/* The text for that UID; n is 0 where there is none.  Borrowed until the next call. */
struct span	 headcache_get(struct headcache *c, uint32_t uid);
void		 headcache_put(struct headcache *c, uint32_t uid, struct span text);
/* The message is gone: at the close its text goes too. */
void		 headcache_forget(struct headcache *c, uint32_t uid);

#endif
