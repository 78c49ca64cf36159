/* SPDX-License-Identifier: ISC */
/* child.h -- programs that are given a file to read or fill: filters of a body, the sendmail program. */
#ifndef CMD_CHILD_H
#define CMD_CHILD_H

#include <signal.h>
#include <sys/types.h>

#include "../mailx.h"

/*
 * Run argv[0], a path, with these as standard input and output (NULL: /dev/null)
 * from their present position, standard error too where `errors', and wait.
 * *status: its exit status, or CHILD_SIGNAL + the signal that ended it.  -1: it
 * could not be started (EX_CONFIG: no such program).
 */
#define CHILD_SIGNAL	256
int	 child_run(char *const argv[], FILE *in, FILE *out, bool errors,
	    int *status, struct fail *why);
/* The same for `$SHELL -c command', standard error left alone. */
int	 child_shell(const struct mailx *m, const char *command, FILE *in,
	    FILE *out, int *status, struct fail *why);
/* A file without a name, 0600, that a child can be given. */
FILE	*child_file(struct fail *why);
/* Fork with the signals of a terminal blocked; the caller sets *old again. */
pid_t	 child_fork(sigset_t *old);
/* In the child, before exec: signals as they were when we were started. */
void	 child_signals(void);

#endif
