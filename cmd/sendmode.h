/* SPDX-License-Identifier: ISC */
/* sendmode.h -- mailx address ...: one message from the command line's options. */
#ifndef CMD_SENDMODE_H
#define CMD_SENDMODE_H

#include "../mailx.h"
#include "options.h"

/* The exit status; a failure has been printed. */
int	 send_mode(struct mailx *m, const struct options *o);
/* The run failed, as has been printed, before its message was read: what a pipe brings is kept in DEAD. */
void	 send_mode_refused(struct mailx *m, const struct options *o);

#endif
