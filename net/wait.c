/* SPDX-License-Identifier: ISC */
/*
 * wait.c -- waiting for a descriptor up to a deadline.
 *
 * Signal handlers only set a flag, and one may run just before poll(2): so poll
 * is called for a second at most and the flag looked at again.
 */
#include <errno.h>
#include <poll.h>
#include <time.h>

#include "wait.h"

#define SLICE	1000	/* ms */

int64_t
wait_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool
wait_must_end(const volatile sig_atomic_t *signalled)
{
	int sig = signalled == NULL ? 0 : *signalled;

	return sig == SIGINT || sig == SIGTERM || sig == SIGHUP;
}

int
wait_for(int fd, int events, int64_t deadline,
    const volatile sig_atomic_t *signalled)
{
	struct pollfd p = { .fd = fd, .events = (short)events };
	int64_t left;
	int n;

	for (;;) {
		if (wait_must_end(signalled)) {
			errno = EINTR;
			return -1;
		}
		if ((left = deadline - wait_now()) < 0)
			left = 0;
		n = poll(&p, 1, (int)(left < SLICE ? left : SLICE));
		if (n > 0)
			return p.revents;
		if (n == -1 && errno != EINTR)
			return -1;
		if (n == 0 && left == 0)
			return 0;
	}
}
