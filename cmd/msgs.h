/* SPDX-License-Identifier: ISC */
/*
 * msgs.h -- message lists: 3 2-5 + - . ^ $ * addr /text :x ` (expr) 3.2
 */
#ifndef CMD_MSGS_H
#define CMD_MSGS_H

#include "cmd.h"

/*
 * Resolve words to messages of the open folder, in order, each once.  What it
 * needs of the folder (flags for :u, envelopes for /text) is loaded, no more.
 * EX_USAGE: no such message; EX_NOTHING: no match; MSG_DELETED ones are left out unless `deleted'.
 */
int	 msgs_parse(struct mailx *m, char *const *words, size_t n, unsigned cmd_flags,
	    struct msglist *list, struct fail *why);

#endif
