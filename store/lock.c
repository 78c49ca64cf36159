/* SPDX-License-Identifier: ISC */
/*
 * lock.c -- fcntl and dotlock as a pair, tried without blocking: whoever takes them
 * in the other order cannot deadlock with us, for we let go of the first when the
 * second fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lock.h"

#define STALE_HERE	300	/* seconds: same host, its process gone */
#define STALE_AWAY	600	/* of another host */
#define REFRESH		30

struct lock {
	int	 fd;		/* borrowed: the mailbox */
	char	*path;		/* owned: the dotlock; NULL where the directory is closed to us */
	dev_t	 dev;
	ino_t	 ino;
	time_t	 touched;
};

static int
lock_fcntl(int fd, short type)
{
	struct flock fl;

	memset(&fl, 0, sizeof fl);
	fl.l_type = type;
	fl.l_whence = SEEK_SET;
	return fcntl(fd, F_OFD_SETLK, &fl);
}

/* Is the lock file that of somebody who is gone?  `now' is the file system's clock. */
static bool
is_stale(const char *path, const struct stat *st, time_t now)
{
	char text[128], host[256];
	ssize_t n;
	long pid;
	int fd;

	if (now - st->st_mtime < STALE_HERE)
		return false;
	if (now - st->st_mtime >= STALE_AWAY)
		return true;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return false;
	n = read(fd, text, sizeof text - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	pid = strtol(text, NULL, 10);
	if (gethostname(host, sizeof host) == -1 || strstr(text, host) == NULL)
		return false;
	return pid > 1 && kill((pid_t)pid, 0) == -1 && errno == ESRCH;
}

/* Two breakers cannot both win: the file is renamed away before it is removed. */
static void
break_stale(const char *path, const struct stat *old)
{
	char *away = xasprintf("%s.%08x", path, arc4random());
	struct stat st;

	if (rename(path, away) == 0) {
		if (lstat(away, &st) == 0 && st.st_ino != old->st_ino)
			(void)!link(away, path);
		unlink(away);
	}
	free(away);
}

/* 1 locked, 0 held by another, -1 the directory does not let us. */
static int
try_dotlock(struct lock *l)
{
	char *own, host[256], *text;
	struct stat st, old;
	int fd, r = 0;

	if (gethostname(host, sizeof host) == -1)
		strlcpy(host, "localhost", sizeof host);
	own = xasprintf("%s.%ld.%08x", l->path, (long)getpid(), arc4random());
	fd = open(own, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1) {
		free(own);
		return -1;
	}
	text = xasprintf("%ld %s\n", (long)getpid(), host);
	if (write_all(fd, text, strlen(text)) == -1)
		r = -1;
	free(text);
	if (r == 0 && link(own, l->path) == -1 && errno != EEXIST)
		r = -1;
	/* The count of links tells the truth over NFS too. */
	if (r == 0 && fstat(fd, &st) == 0) {
		if (st.st_nlink == 2) {
			r = 1;
			l->dev = st.st_dev;
			l->ino = st.st_ino;
			l->touched = time(NULL);
		} else if (lstat(l->path, &old) == 0 &&
		    is_stale(l->path, &old, st.st_mtime))
			break_stale(l->path, &old);
	}
	close(fd);
	unlink(own);
	free(own);
	return r;
}

static void
drop_dotlock(struct lock *l)
{
	struct stat st;

	if (l->path != NULL && l->ino != 0 && lstat(l->path, &st) == 0 &&
	    st.st_ino == l->ino && st.st_dev == l->dev)
		unlink(l->path);
	l->ino = 0;
}

static bool
same_file(const char *path, int fd)
{
	struct stat a, b;

	return stat(path, &a) == 0 && fstat(fd, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* 1 have both, 0 try again. */
static int
try_both(struct lock *l, bool write)
{
	if (lock_fcntl(l->fd, write ? F_WRLCK : F_RDLCK) == -1)
		return 0;
	if (!write || l->path == NULL)
		return 1;
	switch (try_dotlock(l)) {
	case 1:
		return 1;
	case -1:
		/* A closed directory: the fcntl lock must do. */
		free(l->path);
		l->path = NULL;
		return 1;
	default:
		lock_fcntl(l->fd, F_UNLCK);
		return 0;
	}
}

struct lock *
lock_mailbox(const char *path, int fd, bool write, int timeout,
    struct fail *why)
{
	struct lock *l = xcalloc(1, sizeof *l);
	struct timespec pause, start, now;
	char *real;

	if (timeout <= 0)
		timeout = LOCK_TIMEOUT;
	l->fd = fd;
	/* The lock stands beside the file itself, not beside a link to it. */
	real = realpath(path, NULL);
	l->path = xasprintf("%s.lock", real == NULL ? path : real);
	free(real);
	clock_gettime(CLOCK_MONOTONIC, &start);
	while (!try_both(l, write)) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - start.tv_sec >= timeout) {
			fail(why, EX_TEMPFAIL, "%s: locked by another program",
			    path);
			free(l->path);
			free(l);
			return NULL;
		}
		pause.tv_sec = 0;
		pause.tv_nsec = 50000000 +
		    (long)arc4random_uniform(200000000);
		nanosleep(&pause, NULL);
	}
	if (!same_file(path, fd)) {
		fail(why, EX_TEMPFAIL, "%s: replaced by another program", path);
		lock_release(l);
		return NULL;
	}
	return l;
}

void
lock_refresh(struct lock *l)
{
	time_t now = time(NULL);

	if (l->path == NULL || l->ino == 0 || now - l->touched < REFRESH)
		return;
	utimensat(AT_FDCWD, l->path, NULL, AT_SYMLINK_NOFOLLOW);
	l->touched = now;
}

void
lock_release(struct lock *l)
{
	if (l == NULL)
		return;
	drop_dotlock(l);
	lock_fcntl(l->fd, F_UNLCK);
	free(l->path);
	free(l);
}

int
lock_file(const char *path, struct fail *why)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd == -1)
		return fail_errno(why, EX_CANTCREAT, "%s", path);
	if (lock_fcntl(fd, F_WRLCK) == 0)
		return fd;
	if (errno == EAGAIN || errno == EACCES)
		fail(why, EX_TEMPFAIL, "%s: in use by another mailx", path);
	else
		fail_errno(why, EX_IOERR, "%s: cannot lock", path);
	close(fd);
	return -1;
}
