/* SPDX-License-Identifier: ISC */
/* term.h -- the terminal: its size, a line from a person, a pager, an editor, children. */
#ifndef CMD_TERM_H
#define CMD_TERM_H

#include "../mailx.h"

int	 term_columns(const struct mailx *m);	/* 80 if not known */
int	 term_lines(const struct mailx *m);	/* `screen', else the terminal's, else 24 */

/* What a line is for: what Tab completes there, and whether there is a history. */
enum term_use { TERM_COMMAND, TERM_ADDRESSES, TERM_ANSWER, TERM_TEXT };

/*
 * A line typed by a person or read from `in', without its newline; NULL at the
 * end; "" with got_signal set where a signal came.  The prompt is shown only when
 * interactive, and a person may edit the line then.  Bounded by MAX_COMMAND_LINE.
 * Caller frees.
 */
char	*term_line(struct mailx *m, const char *prompt, FILE *in,
	    enum term_use use);
/* The same without editing. */
char	*term_read(struct mailx *m, const char *prompt, FILE *in);
/* A whole command line that a person typed, for the history. */
void	 term_remember(struct mailx *m, const char *line);
/* The terminal as it was before the first line was edited. */
void	 term_end(struct mailx *m);

/* Run a shell command with the terminal, signals as sh does; its exit status, 128 + signal; -1 with `why'. */
int	 term_shell(struct mailx *m, const char *command, struct fail *why);
/* Start `sh -c command' reading what is written to the stream; wait for it. */
FILE	*term_pipe(struct mailx *m, const char *command, pid_t *pid, struct fail *why);
int	 term_pipe_close(FILE *f, pid_t pid, int *status, struct fail *why);
/* What that status of a command means: 0 success; 1 "nothing found" (m->status); else -1. */
int	 term_judge(struct mailx *m, const char *command, int status, struct fail *why);
/* Edit a file with $VISUAL or $EDITOR (`visual' says which). */
int	 term_edit(struct mailx *m, const char *path, bool visual, struct fail *why);

#endif
