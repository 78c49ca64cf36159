/* SPDX-License-Identifier: ISC */
/*
 * child.c -- see child.h.
 *
 * A child reads a file rather than a pipe: it gets a whole message or none, one
 * that stops reading cannot block us, and how far it read shows afterwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "vars.h"

FILE *
child_file(struct fail *why)
{
	const char *dir = getenv("TMPDIR");
	char *path;
	FILE *f = NULL;
	int fd;

	if (dir == NULL || *dir != '/')
		dir = "/tmp";
	path = xasprintf("%s/mailx-XXXXXXXXXX", dir);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd != -1) {
		unlink(path);
		f = fdopen(fd, "w+");
		if (f == NULL)
			close(fd);
	}
	if (f == NULL)
		fail_errno(why, EX_OSERR, "%s: cannot make a temporary file",
		    dir);
	free(path);
	return f;
}

/* What the child needs open, none of it 0, 1 or 2 by accident. */
static int
move_up(int fd)
{
	return fd > STDERR_FILENO ? fd : fcntl(fd, F_DUPFD_CLOEXEC,
	    STDERR_FILENO + 1);
}

/*
 * The child takes the signals that come on the way to its command: none is lost
 * between fork and exec.
 */
pid_t
child_fork(sigset_t *old)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGQUIT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &mask, old);
	return fork();
}

/* What nohup, or a shell for a job in the background, has us ignore stays so. */
void
child_signals(void)
{
	static const int signals[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP,
	    SIGALRM };
	struct sigaction sa;
	sigset_t none;
	size_t i;

	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGXFSZ, SIG_DFL);
	for (i = 0; i < NELEM(signals); i++)
		if (sigaction(signals[i], NULL, &sa) == 0 &&
		    sa.sa_handler != SIG_IGN)
			(void)signal(signals[i], SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child.  What fails is told through `report', which exec closes. */
static void
become(char *const argv[], int in, int out, bool errors, int report)
{
	int error;

	child_signals();
	mask_reset();
	in = move_up(in);
	out = move_up(out);
	if (in != -1 && out != -1 && dup2(in, STDIN_FILENO) != -1 &&
	    dup2(out, STDOUT_FILENO) != -1 &&
	    (!errors || dup2(out, STDERR_FILENO) != -1))
		execv(argv[0], argv);
	error = errno;
	(void)write_all(report, &error, sizeof error);
	_exit(127);
}

static int
await(pid_t pid, int *status, struct fail *why)
{
	int result;

	while (waitpid(pid, &result, 0) == -1)
		if (errno != EINTR)
			return fail_errno(why, EX_OSERR, "cannot wait for a "
			    "command");
	*status = WIFSIGNALED(result) ? CHILD_SIGNAL + WTERMSIG(result) :
	    WEXITSTATUS(result);
	return 0;
}

/* The parent's part: did exec succeed, and how did it end? */
static int
attend(pid_t pid, const char *path, int report, int *status, struct fail *why)
{
	int error = 0;
	ssize_t n;

	while ((n = read(report, &error, sizeof error)) == -1 && errno == EINTR)
		continue;
	if (await(pid, status, why) == -1)
		return -1;
	if (n != (ssize_t)sizeof error)
		return 0;
	errno = error;
	return fail_errno(why, error == ENOENT || error == EACCES ||
	    error == ENOTDIR ? EX_CONFIG : EX_OSERR, "%s", path);
}

static int
spawn(char *const argv[], int in, int out, bool errors, int *status,
    struct fail *why)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, interrupt, quit;
	int report[2], result;
	sigset_t mask;
	pid_t pid;

	if (pipe2(report, O_CLOEXEC) == -1)
		return fail_errno(why, EX_OSERR, "cannot make a pipe");
	fflush(stdout);
	pid = child_fork(&mask);
	if (pid == 0)
		become(argv, in, out, errors, report[1]);
	/* As in term.c: the terminal's signals are the child's meanwhile. */
	sigemptyset(&ignore.sa_mask);
	sigaction(SIGINT, &ignore, &interrupt);
	sigaction(SIGQUIT, &ignore, &quit);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	close(report[1]);
	result = pid == -1 ? fail_errno(why, EX_OSERR, "cannot fork") :
	    attend(pid, argv[0], report[0], status, why);
	close(report[0]);
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGQUIT, &quit, NULL);
	return result;
}

/* Where the child is to begin in that file; or /dev/null. */
static int
position(FILE *f, int null)
{
	off_t at;

	if (f == NULL)
		return null;
	at = ftello(f);
	if (at == -1 || fflush(f) != 0 ||
	    lseek(fileno(f), at, SEEK_SET) == -1)
		return -1;
	return fileno(f);
}

int
child_run(char *const argv[], FILE *in, FILE *out, bool errors, int *status,
    struct fail *why)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), from, to, result;

	from = position(in, null);
	to = position(out, null);
	if (null == -1 || from == -1 || to == -1)
		result = fail_errno(why, EX_OSERR, "%s: cannot be given a file",
		    argv[0]);
	else
		result = spawn(argv, from, to, errors, status, why);
	if (null != -1)
		close(null);
	return result;
}

int
child_shell(const struct mailx *m, const char *command, FILE *in, FILE *out,
    int *status, struct fail *why)
{
	const char *shell = var_get(m, "SHELL");
	char *argv[4], *owned[3];
	int result;
	size_t i;

	owned[0] = xstrdup(shell == NULL || *shell == '\0' ? "/bin/sh" : shell);
	owned[1] = xstrdup("-c");
	owned[2] = xstrdup(command);
	memcpy(argv, owned, sizeof owned);
	argv[3] = NULL;
	result = child_run(argv, in, out, false, status, why);
	for (i = 0; i < NELEM(owned); i++)
		free(owned[i]);
	return result;
}
