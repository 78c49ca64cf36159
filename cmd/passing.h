/* SPDX-License-Identifier: ISC */
/* passing.h -- what `forward' and `resend' share. */
#ifndef CMD_PASSING_H
#define CMD_PASSING_H

#include "cmd.h"
#include "sending.h"

/* Words of a command: addresses, then a message list (none: the current message). */
int	 split_words(struct mailx *m, const struct args *a, struct addrs *to,
	    struct msglist *list, struct fail *why);
/*
 * Copy a message as it is, but for what is of this mailbox or of its owner alone:
 * Status and X-Status, and Bcc, which never leaves.
 */
int	 pass_message(FILE *in, FILE *out, struct fail *why);

#endif
