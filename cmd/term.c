/* SPDX-License-Identifier: ISC */
/*
 * term.c -- the terminal's size, and children: shell commands, pipes, editors.
 *
 * Commands are the user's own words (POSIX gives them to a shell); text out of
 * mail reaches them on standard input only.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "out.h"
#include "term.h"
#include "vars.h"

static int
environment_number(const char *name)
{
	const char *text = getenv(name);

	return text == NULL ? 0 : (int)strtonum(text, 1, 10000, NULL);
}

int
term_columns(const struct mailx *m)
{
	struct winsize w = { 0 };
	int columns = environment_number("COLUMNS");

	(void)m;
	if (columns > 0)
		return columns;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
		return w.ws_col;
	return 80;
}

int
term_lines(const struct mailx *m)
{
	struct winsize w = { 0 };
	int lines = var_number(m, "screen", 0);

	if (lines <= 0)
		lines = environment_number("LINES");
	if (lines > 0)
		return lines;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 0)
		return w.ws_row;
	return 24;
}

/* --- Children. --- */

static const char *
shell(const struct mailx *m)
{
	const char *path = var_get(m, "SHELL");

	return path == NULL || *path == '\0' ? "/bin/sh" : path;
}

static void
child(struct mailx *m, const char *command, const char *arg)
{
	const char *path = shell(m);

	child_signals();
	/* Under -J standard output has our records and nothing else. */
	if (m->json && out_stream(m) == stdout &&
	    dup2(STDERR_FILENO, STDOUT_FILENO) == -1)
		_exit(127);
	mask_reset();
	/* Not every shell knows `-c -- command'. */
	if (*command == '-')
		command = xasprintf(" %s", command);
	if (arg == NULL)
		execl(path, path, "-c", command, (char *)NULL);
	else
		execl(path, path, "-c", command, "mailx", arg, (char *)NULL);
	_exit(127);
}

/* Wait for it; its exit status, or 128 + the signal that ended it. */
static int
await(pid_t pid, struct fail *why)
{
	int status;

	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return fail_errno(why, EX_OSERR, "cannot wait for a "
			    "command");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
	    WEXITSTATUS(status);
}

/* As a shell does it: while it runs the terminal's signals are its own. */
static int
run(struct mailx *m, const char *command, const char *arg, struct fail *why)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, interrupt, quit;
	sigset_t mask;
	int status;
	pid_t pid;

	fflush(NULL);
	pid = child_fork(&mask);
	if (pid == 0)
		child(m, command, arg);
	sigemptyset(&ignore.sa_mask);
	sigaction(SIGINT, &ignore, &interrupt);
	sigaction(SIGQUIT, &ignore, &quit);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	status = pid == -1 ? fail_errno(why, EX_OSERR, "cannot fork") :
	    await(pid, why);
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGQUIT, &quit, NULL);
	return status;
}

int
term_shell(struct mailx *m, const char *command, struct fail *why)
{
	return run(m, command, NULL, why);
}

FILE *
term_pipe(struct mailx *m, const char *command, pid_t *pid, struct fail *why)
{
	sigset_t mask;
	int ends[2];
	FILE *f;

	fflush(NULL);
	if (pipe2(ends, O_CLOEXEC) == -1) {
		fail_errno(why, EX_OSERR, "cannot make a pipe");
		return NULL;
	}
	*pid = child_fork(&mask);
	if (*pid == 0) {
		if (dup2(ends[0], STDIN_FILENO) == -1)
			_exit(127);
		child(m, command, NULL);
	}
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	close(ends[0]);
	f = *pid == -1 ? NULL : fdopen(ends[1], "w");
	if (f == NULL) {
		fail_errno(why, EX_OSERR, "cannot start a command");
		close(ends[1]);
		if (*pid != -1)
			(void)await(*pid, why);
	}
	return f;
}

/* A command may end before it has read everything: its status tells, not the pipe. */
int
term_pipe_close(FILE *f, pid_t pid, int *status, struct fail *why)
{
	fclose(f);
	*status = await(pid, why);
	return *status == -1 ? -1 : 0;
}

/*
 * A status of 1 is an answer ("nothing found"), and a command may end before it
 * has read everything; another one is a failure, passed on where it is one of
 * sysexits.h.
 */
int
term_judge(struct mailx *m, const char *command, int status, struct fail *why)
{
	if (status == 1)
		m->status = 1;
	if (status <= 1 || status == 128 + SIGPIPE)
		return 0;
	return fail(why, status >= EX__BASE && status <= EX__MAX ? status :
	    EX_OSERR, "%s: ended with status %d", command, status);
}

int
term_edit(struct mailx *m, const char *path, bool visual, struct fail *why)
{
	const char *editor = var_get(m, visual ? "VISUAL" : "EDITOR");
	char *command;
	int status;

	if (editor == NULL || *editor == '\0')
		editor = visual ? "vi" : "ed";
	/* It would wait for someone to type. */
	if (strcmp(editor, "vi") == 0 && !isatty(STDIN_FILENO))
		return fail(why, EX_CONFIG, "%s: needs a terminal", editor);
	command = xasprintf("%s \"$1\"", editor);
	status = run(m, command, path, why);
	free(command);
	if (status > 0)
		return fail(why, EX_OSERR, "%s: ended with status %d", editor,
		    status);
	return status;
}
