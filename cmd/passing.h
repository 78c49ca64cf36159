/* SPDX-License-Identifier: ISC */
/* passing.h -- what `forward' and `resend' share. */
#ifndef CMD_PASSING_H
#define CMD_PASSING_H

#include "cmd.h"
#include "sending.h"

/* Words of a command: addresses, then a message list (none: the current message). */
int	 split_words(struct mailx *m, const struct args *a, struct addrs *to,
	    struct msglist *list, struct fail *why);

#endif
