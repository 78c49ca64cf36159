/* SPDX-License-Identifier: ISC */
/*
 * tildetext.h -- what tilde.c has of tildetext.c.  The body is at its end when one
 * is called, with the letter and the text behind it; 0 or -1.
 */
#ifndef CMD_TILDETEXT_H
#define CMD_TILDETEXT_H

#include "compose.h"

/* ~r ~<: a file, or after ! what a command prints. */
int	 tilde_read(struct mailx *m, struct draft *d, int letter,
	    const char *text, struct fail *why);
/* ~d: $DEAD. */
int	 tilde_dead(struct mailx *m, struct draft *d, int letter,
	    const char *text, struct fail *why);
/* ~a ~A ~i: a variable. */
int	 tilde_insert(struct mailx *m, struct draft *d, int letter,
	    const char *text, struct fail *why);
/* ~f ~F ~m ~M: messages. */
int	 tilde_messages(struct mailx *m, struct draft *d, int letter,
	    const char *text, struct fail *why);
/* ~|: through a command. */
int	 tilde_filter(struct mailx *m, struct draft *d, int letter,
	    const char *text, struct fail *why);
/* ~e ~v: in an editor. */
int	 tilde_edit(struct mailx *m, struct draft *d, int letter,
	    const char *text, struct fail *why);
/* ~w: into a file. */
int	 tilde_write(struct mailx *m, struct draft *d, int letter,
	    const char *text, struct fail *why);

#endif
