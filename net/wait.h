/* SPDX-License-Identifier: ISC */
/* wait.h -- waiting for a descriptor up to a deadline.  Used by dial.c, conn.c and cred.c. */
#ifndef NET_WAIT_H
#define NET_WAIT_H

#include <signal.h>

#include "../util.h"

/* Milliseconds of a clock that nobody sets. */
int64_t	 wait_now(void);
/* Did a signal come that means to end (see server.h)? */
bool	 wait_must_end(const volatile sig_atomic_t *signalled);
/*
 * Wait until `events' of poll(2), an error or a hang-up: what came, or 0 at the
 * deadline, or -1 with errno: EINTR only for a signal that means to end
 * (see server.h; NULL: none does).
 */
int	 wait_for(int fd, int events, int64_t deadline,
	    const volatile sig_atomic_t *signalled);

#endif
