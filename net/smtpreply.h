/* SPDX-License-Identifier: ISC */
/* smtpreply.h -- what an SMTP server answers (RFC 5321 4.2).  Used by smtp*.c. */
#ifndef NET_SMTPREPLY_H
#define NET_SMTPREPLY_H

#include "../util.h"

struct conn;

struct smtp_reply {
	int		 code;		/* 200..599 */
	struct strv	 lines;		/* the text of each line, without the code */
	char		*text;		/* owned: "250 2.0.0 Ok", all in one line */
};

void	 smtp_reply_free(struct smtp_reply *r);		/* and empty it */
/*
 * Read one line: three digits, then nothing, or a blank and text, or `-' and text
 * (*more).  false: it is no line of a reply.
 */
bool	 smtp_reply_line(struct span line, int *code, bool *more,
	    struct span *text);
/*
 * Read a whole reply, all of it within so many seconds.  EX_PROTOCOL for what is
 * none, lines that differ in code, and over MAX_REPLY_LINES and MAX_REPLY_SIZE.
 */
int	 smtp_reply_read(struct conn *c, int seconds, struct smtp_reply *r,
	    struct fail *why);
/* What the code means: 0 for 2yz and 3yz, else of sysexits.h, `otherwise' for 5yz. */
int	 smtp_reply_exit(int code, int otherwise);

#endif
