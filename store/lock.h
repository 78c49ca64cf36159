/* SPDX-License-Identifier: ISC */
/*
 * lock.h -- locks of mbox files: fcntl and dotlock, taken as a pair without
 * blocking, so that no order of another program can deadlock with us.
 */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include "../util.h"

struct lock;

/*
 * Lock the mailbox open as fd (for writing, or for reading where !write) within
 * `timeout' seconds.  Afterwards fd and path are the same file; EX_TEMPFAIL
 * otherwise and when another holds it.  A directory that is not writable leaves fcntl alone.
 */
struct lock	*lock_mailbox(const char *path, int fd, bool write, int timeout, struct fail *why);
/* Touch the dotlock if 30 s have passed; call in long work. */
void		 lock_refresh(struct lock *l);
void		 lock_release(struct lock *l);	/* NULL is fine */

/* A lock file of our own (never unlinked); the descriptor, or -1: EX_TEMPFAIL if held. */
int		 lock_file(const char *path, struct fail *why);

#endif
