/* SPDX-License-Identifier: ISC */
/* history.h -- the command lines that a person typed, kept in a file between sessions. */
#ifndef CMD_HISTORY_H
#define CMD_HISTORY_H

#include "../mailx.h"

/* How many lines are kept (history-size); 0: none. */
int	 history_size(const struct mailx *m);
/* May it be kept?  Not with a blank in front, nor one that holds a secret or looks as if. */
bool	 history_keeps(const char *line);
/* The lines of the file, the oldest first; one that has grown is cut down. */
int	 history_read(struct mailx *m, void (*each)(void *ctx,
	    const char *line), void *ctx, struct fail *why);
/* Put a line at its end; the file is made with mode 0600.  Nothing under -R. */
int	 history_add(struct mailx *m, const char *line, struct fail *why);

#endif
