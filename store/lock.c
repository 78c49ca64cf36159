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
	int	 own;		/* the dotlock, open so that its inode is not given to another; or -1 */
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

/* Where process numbers mean the same: the namespace of them; 0: not known. */
static unsigned long long
pid_space(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) == 0 ?
	    (unsigned long long)st.st_ino : 0;
}

/* What a lock file says: `PID HOST [SPACE]', the last only where it is one of ours. */
struct owner {
	long		   pid;		/* 0: it does not say */
	char		   host[256];
	unsigned long long space;
};

static void
read_owner(const char *path, struct owner *o)
{
	char text[400];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd == -1 ? 0 : read(fd, text, sizeof text - 1);

	if (fd != -1)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	memset(o, 0, sizeof *o);
	if (sscanf(text, "%ld %255s %llu", &o->pid, o->host, &o->space) < 1)
		o->pid = 0;
}

/*
 * Is the lock file that of somebody who is gone?  `now' is the file system's clock.
 * One of ours, of a process that is known to have ended, at once.
 */
static bool
is_stale(const char *path, const struct stat *st, time_t now)
{
	time_t age = now - st->st_mtime;
	struct owner o;
	char host[256];

	read_owner(path, &o);
	if (o.pid > 1 && gethostname(host, sizeof host) == 0 &&
	    strcmp(o.host, host) == 0)
		return (age >= STALE_HERE || (o.space != 0 &&
		    o.space == pid_space())) &&
		    kill((pid_t)o.pid, 0) == -1 && errno == ESRCH;
	return age >= STALE_AWAY;
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

/* No lock file can be made here, but one of others is heeded. */
static int
without_dotlock(const struct lock *l)
{
	struct stat st;

	return lstat(l->path, &st) == 0 && !is_stale(l->path, &st, time(NULL)) ?
	    0 : -1;
}

static bool
is_closed(int error)
{
	return error == EACCES || error == EPERM || error == EROFS ||
	    error == ENOSPC || error == EDQUOT || error == ENAMETOOLONG;
}

/* Have that file under the name of the lock: 1, or 0. */
static int
link_dotlock(struct lock *l, int fd, const char *own)
{
	struct stat st, old;

	if (link(own, l->path) == -1 && is_closed(errno))
		return without_dotlock(l);
	/* The count of links tells the truth over NFS too. */
	if (fstat(fd, &st) == -1)
		return 0;
	if (st.st_nlink == 2)
		return 1;
	if (lstat(l->path, &old) == 0 && is_stale(l->path, &old, st.st_mtime))
		break_stale(l->path, &old);
	return 0;
}

/*
 * 1 locked, 0 held by another, -1 the directory does not let us, -2 with errno:
 * no use (no descriptor is left).
 */
static int
try_dotlock(struct lock *l)
{
	char *own, host[256], *text;
	int fd, r, error;

	if (gethostname(host, sizeof host) == -1)
		strlcpy(host, "localhost", sizeof host);
	own = xasprintf("%s.%ld.%08x", l->path, (long)getpid(), arc4random());
	fd = open(own, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1) {
		error = errno;
		free(own);
		errno = error;
		if (is_closed(error))
			return without_dotlock(l);
		return error == EEXIST || error == EINTR ? 0 : -2;
	}
	/* On a full disk it names nobody, which is no reason not to lock. */
	text = xasprintf("%ld %s %llu\n", (long)getpid(), host, pid_space());
	(void)write_all(fd, text, strlen(text));
	free(text);
	r = link_dotlock(l, fd, own);
	unlink(own);
	free(own);
	if (r == 1) {
		l->own = fd;
		l->touched = time(NULL);
	} else
		close(fd);
	return r;
}

static void
drop_dotlock(struct lock *l)
{
	struct stat there, own;

	if (l->own == -1)
		return;
	if (lstat(l->path, &there) == 0 && fstat(l->own, &own) == 0 &&
	    there.st_ino == own.st_ino && there.st_dev == own.st_dev)
		unlink(l->path);
	close(l->own);
	l->own = -1;
}

static bool
same_file(const char *path, int fd)
{
	struct stat a, b;

	return stat(path, &a) == 0 && fstat(fd, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* 1 have both, 0 try again, -1 with errno: no use. */
static int
try_both(struct lock *l, bool write)
{
	if (lock_fcntl(l->fd, write ? F_WRLCK : F_RDLCK) == -1)
		return errno == EAGAIN || errno == EACCES || errno == EINTR ?
		    0 : -1;
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
	case -2:
		return -1;	/* closing the file ends the other lock */
	default:
		lock_fcntl(l->fd, F_UNLCK);
		return 0;
	}
}

/* Wait a moment; false when the time is over. */
static bool
pause_until(const struct timespec *end)
{
	struct timespec now, pause = { 0, 50000000 +
	    (long)arc4random_uniform(200000000) };

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec > end->tv_sec || (now.tv_sec == end->tv_sec &&
	    now.tv_nsec >= end->tv_nsec))
		return false;
	nanosleep(&pause, NULL);
	return true;
}

static int
wait_for_both(struct lock *l, const char *path, bool write, int timeout,
    struct fail *why)
{
	struct timespec end;
	int r;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += timeout <= 0 ? LOCK_TIMEOUT : timeout;
	while ((r = try_both(l, write)) == 0)
		if (!pause_until(&end))
			return fail(why, EX_TEMPFAIL,
			    "%s: locked by another program", path);
	return r == 1 ? 0 : fail_errno(why, EX_IOERR, "%s: cannot lock", path);
}

struct lock *
lock_mailbox(const char *path, int fd, bool write, int timeout,
    struct fail *why)
{
	struct lock *l = xcalloc(1, sizeof *l);
	char *real;

	l->fd = fd;
	l->own = -1;
	/* The lock stands beside the file itself, not beside a link to it. */
	real = realpath(path, NULL);
	l->path = xasprintf("%s.lock", real == NULL ? path : real);
	free(real);
	if (wait_for_both(l, path, write, timeout, why) == -1) {
		free(l->path);
		free(l);
		return NULL;
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

	if (l->own == -1 || now - l->touched < REFRESH)
		return;
	(void)futimens(l->own, NULL);
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
