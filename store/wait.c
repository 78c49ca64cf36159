/* SPDX-License-Identifier: ISC */
/*
 * wait.c -- until something may have happened in a folder: an IMAP server that
 * does IDLE tells, the kernel tells of local ones (inotify), the others are asked
 * again after a while.  A change is missed by no more than one round: the caller
 * looks with store_check, and what inotify does not see (a file system on a
 * network) is found a second later.
 */
#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "../net/wait.h"
#include "local.h"

#define LOOK_AGAIN	1000	/* ms, of a local folder */
#define ASK_AGAIN	10000	/* ms, of a server */

static void
watch(int fd, const char *path)
{
	if (path != NULL)
		(void)inotify_add_watch(fd, path, IN_MODIFY | IN_CREATE |
		    IN_MOVED_TO | IN_MOVE_SELF | IN_DELETE_SELF);
}

/* Without inotify this is a pause. */
static int
open_watches(const struct store *s)
{
	const char *path = local_path(s->name);
	char *sub;
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd == -1)
		return -1;
	watch(fd, path);
	sub = xasprintf("%s/new", path);
	watch(fd, sub);
	free(sub);
	sub = xasprintf("%s/cur", path);
	watch(fd, sub);
	free(sub);
	return fd;
}

int
store_wait(struct store *s, int64_t deadline,
    const volatile sig_atomic_t *signalled, struct fail *why)
{
	int64_t pause = wait_now() + (s->ops->local ? LOOK_AGAIN : ASK_AGAIN);
	int fd = -1, r;

	if (s->ops->wait != NULL) {
		r = s->ops->wait(s, deadline, why);
		if (r != 0)
			return r == -1 ? -1 : 0;
	}
	if (s->ops->local)
		fd = open_watches(s);
	r = wait_for(fd, POLLIN, pause < deadline ? pause : deadline, signalled);
	if (r == -1)
		fail(why, EX_TEMPFAIL, "interrupted");
	if (fd != -1)
		close(fd);
	return r == -1 ? -1 : 0;
}
