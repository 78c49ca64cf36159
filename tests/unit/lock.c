/* SPDX-License-Identifier: ISC */
/* lock.c -- the locks of mailboxes, against programs that hold one of the two. */
#include <sys/wait.h>

#include <time.h>

#include "folder.h"
#include "../../store/lock.h"

static int box = -1;

static struct lock *
lock(bool write)
{
	fail_clear(&why);
	return lock_mailbox("box", box, write, 1, &why);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Is it locked by others?  Not before a second passed, and not much later. */
static void
is_held(bool write, const char *name)
{
	double start = now();
	struct lock *l = lock(write);
	double took = now() - start;

	ok(l == NULL && why.code == EX_TEMPFAIL, "%s: EX_TEMPFAIL", name);
	ok(took >= 0.9 && took < 20, " after a second, %.1f s", took);
	lock_release(l);
}

static void
is_free(bool write, const char *name)
{
	struct lock *l = lock(write);

	ok(l != NULL, "%s", name);
	if (l == NULL)
		printf("# %d %s\n", why.code, why.text);
	lock_release(l);
}

/* A lock file of that text, so many seconds old. */
static void
put_dotlock(const char *text, int age)
{
	struct timespec times[2];

	unlink("box.lock");
	write_file("box.lock", text);
	clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= age;
	times[1] = times[0];
	utimensat(AT_FDCWD, "box.lock", times, 0);
}

static void
test_dotlock(void)
{
	struct lock *l = lock(true), *other;
	char *text = read_file("box.lock"), *own;
	int second = open("box", O_RDWR);
	struct stat st;

	own = xasprintf("%ld ", (long)getpid());
	ok(strncmp(text, own, strlen(own)) == 0, "the lock names its process");
	free(own);
	free(text);
	fail_clear(&why);
	other = lock_mailbox("box", second, true, 1, &why);
	ok(other == NULL, "no other in the same process");
	close(second);
	lock_release(l);
	ok(stat("box.lock", &st) == -1, "it goes with the lock");
	l = lock(false);
	ok(stat("box.lock", &st) == -1, "none for reading");
	lock_release(l);
}

static void
test_dotlock_of_others(void)
{
	char host[256], *text;
	pid_t gone = fork();
	struct stat st;
	struct lock *l;

	if (gone == 0)
		_exit(0);
	waitpid(gone, NULL, 0);
	if (gethostname(host, sizeof host) == -1)
		abort();
	put_dotlock("1 elsewhere\n", 0);
	is_held(true, "a fresh one");
	is_free(false, "does not keep from reading");
	is_file("box.lock", "1 elsewhere\n", "it stays");
	put_dotlock("1 elsewhere\n", 500);
	is_held(true, "one of another host, not old enough");
	put_dotlock("1 elsewhere\n", 700);
	is_free(true, "an old one of another host is broken");
	put_dotlock("", 700);
	is_free(true, "an old one that names nobody too");
	text = xasprintf("%ld %s\n", (long)gone, host);
	put_dotlock(text, 200);
	is_held(true, "one of a process that ended, too fresh");
	put_dotlock(text, 400);
	is_free(true, "an old one of a process that ended is broken");
	free(text);
	text = xasprintf("%ld %s %llu\n", (long)gone, host, stat(
	    "/proc/self/ns/pid", &st) == 0 ? (unsigned long long)st.st_ino : 0);
	put_dotlock(text, 0);
	is_free(true, "one of ours that ended is broken at once");
	free(text);
	text = xasprintf("%ld %s 1\n", (long)gone, host);
	put_dotlock(text, 0);
	is_held(true, "but not where its number means another process");
	free(text);
	text = xasprintf("%ld %s\n", (long)getppid(), host);
	put_dotlock(text, 400);
	is_held(true, "of one that is alive");
	put_dotlock(text, 4000);
	is_held(true, "however old");
	free(text);
	unlink("box.lock");
	/* Ours was broken, and another took it. */
	l = lock(true);
	unlink("box.lock");
	write_file("box.lock", "1 elsewhere\n");
	lock_release(l);
	is_file("box.lock", "1 elsewhere\n", "the lock of another is not removed");
	unlink("box.lock");
}

/* A process that holds a POSIX lock; it ends when the pipe is closed. */
static pid_t
hold(short type, int *end)
{
	struct flock fl = { .l_type = type, .l_whence = SEEK_SET };
	int ready[2], stop[2], fd;
	char c;
	pid_t pid;

	if (pipe(ready) == -1 || pipe(stop) == -1)
		abort();
	if ((pid = fork()) == 0) {
		close(stop[1]);
		fd = open("box", O_RDWR);
		if (fcntl(fd, F_SETLK, &fl) == -1)
			_exit(1);
		(void)!write(ready[1], "", 1);
		(void)!read(stop[0], &c, 1);
		_exit(0);
	}
	(void)!read(ready[0], &c, 1);
	close(ready[0]);
	close(ready[1]);
	close(stop[0]);
	*end = stop[1];
	return pid;
}

static void
test_fcntl(void)
{
	int end;
	pid_t pid = hold(F_WRLCK, &end);

	is_held(true, "a write lock of another");
	is_held(false, "not to be read either");
	ok(access("box.lock", F_OK) == -1, "no lock file is left");
	is_int(code_of_open("box", STORE_READ), EX_TEMPFAIL, "a folder says so");
	is_int(append_text("box", "Subject: a\n\nx\n", NULL), EX_TEMPFAIL,
	    "nor can be appended to");
	close(end);
	waitpid(pid, NULL, 0);
	is_free(true, "free again");
	pid = hold(F_RDLCK, &end);
	is_held(true, "a read lock of another");
	is_free(false, "can be shared");
	close(end);
	waitpid(pid, NULL, 0);
}

/* It is given free while we wait. */
static void
test_waiting(void)
{
	pid_t pid;
	double start = now();
	struct lock *l;

	write_file("box.lock", "1 elsewhere\n");
	if ((pid = fork()) == 0) {
		usleep(400000);
		unlink("box.lock");
		_exit(0);
	}
	l = lock_mailbox("box", box, true, 10, &why);
	ok(l != NULL && now() - start < 9, "taken as soon as it is free");
	lock_release(l);
	waitpid(pid, NULL, 0);
}

/* Whoever takes the dotlock first and then waits for fcntl does not block us for ever. */
static void
test_other_order(void)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int i, status, wrong = 0;
	struct lock *l;
	pid_t pid;

	if ((pid = fork()) == 0) {
		int fd = open("box", O_RDWR), lockfile;

		for (i = 0; i < 50; i++) {
			while ((lockfile = open("box.lock", O_CREAT | O_EXCL |
			    O_WRONLY, 0600)) == -1)
				usleep(500);
			fl.l_type = F_WRLCK;
			if (fcntl(fd, F_SETLKW, &fl) == -1)
				_exit(1);
			fl.l_type = F_UNLCK;
			(void)fcntl(fd, F_SETLK, &fl);
			close(lockfile);
			unlink("box.lock");
		}
		_exit(0);
	}
	for (i = 0; i < 20; i++) {
		l = lock_mailbox("box", box, true, 30, &why);
		wrong += l == NULL;
		lock_release(l);
	}
	waitpid(pid, &status, 0);
	is_int(wrong, 0, "with a program that takes them in the other order");
	is_int(status, 0, "which goes on too");
}

static void
test_replaced(void)
{
	struct lock *l;

	write_file("new", "");
	rename("new", "box");
	ok(lock(true) == NULL && why.code == EX_TEMPFAIL,
	    "a file that was replaced");
	ok(access("box.lock", F_OK) == -1, "leaves no lock file");
	unlink("box");
	ok(lock(true) == NULL, "or removed");
	close(box);
	write_file("box", "");
	box = open("box", O_RDWR);
	if (symlink("box", "link") == -1)
		abort();
	fail_clear(&why);
	l = lock_mailbox("link", box, true, 1, &why);
	ok(l != NULL, "by a link");
	ok(access("link.lock", F_OK) == -1 && access("box.lock", F_OK) == 0,
	    "the lock stands beside the file");
	lock_release(l);
	close(box);
}

/* Without rights to the directory: fcntl alone, but a lock that is there counts. */
static void
test_closed_directory(void)
{
	int status = 0, fd;
	struct lock *l;
	pid_t pid;

	mkdir("closed", 0700);
	write_file("closed/box", "");
	write_file("closed/held", "");
	write_file("closed/held.lock", "1 elsewhere\n");
	chmod("closed/box", 0666);
	chmod("closed/held", 0666);
	chmod("closed", 0555);
	chmod(".", 0755);
	if ((pid = fork()) == 0) {
		if (geteuid() == 0 && (setgid(65534) == -1 ||
		    setuid(65534) == -1))
			_exit(9);
		fd = open("closed/box", O_RDWR);
		l = lock_mailbox("closed/box", fd, true, 1, &why);
		if (l == NULL)
			_exit(1);
		lock_release(l);
		fd = open("closed/held", O_RDWR);
		l = lock_mailbox("closed/held", fd, true, 1, &why);
		_exit(l == NULL && why.code == EX_TEMPFAIL ? 0 : 2);
	}
	waitpid(pid, &status, 0);
	is_int(WEXITSTATUS(status), 0, "a directory that is not ours to write");
	chmod("closed", 0700);
}

static void
test_own_files(void)
{
	int fd;
	pid_t pid;
	int status;
	struct stat st;

	fail_clear(&why);
	fd = lock_file("own", &why);
	ok(fd != -1, "a lock file of our own");
	is_int(fstat(fd, &st) == 0 ? st.st_mode & 07777 : 0, 0600, "its mode");
	if ((pid = fork()) == 0) {
		struct fail w;

		fail_clear(&w);
		_exit(lock_file("own", &w) == -1 ? w.code : 0);
	}
	waitpid(pid, &status, 0);
	is_int(WEXITSTATUS(status), EX_TEMPFAIL, "in use");
	close(fd);
	fd = lock_file("own", &why);
	ok(fd != -1, "free again");
	close(fd);
	if (symlink("own", "pointer") == -1)
		abort();
	ok(lock_file("pointer", &why) == -1, "no link is followed");
}

int
main(void)
{
	enter();
	write_file("box", "");
	box = open("box", O_RDWR);
	test_dotlock();
	test_dotlock_of_others();
	test_fcntl();
	test_waiting();
	test_other_order();
	test_replaced();
	test_closed_directory();
	test_own_files();
	return done();
}
