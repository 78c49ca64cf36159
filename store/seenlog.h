/* SPDX-License-Identifier: ISC */
/*
 * seenlog.h -- an append-only file of checksummed lines; what they mean is
 * seen.c's.
 */
#ifndef STORE_SEENLOG_H
#define STORE_SEENLOG_H

#include "../util.h"

struct seenlog {
	char		*path;		/* owned */
	int		 fd;		/* -1: not open, or only looked at */
	off_t		 size;		/* of the file, as far as it is durable */
	bool		 broken;	/* a write failed: no more is tried */
	size_t		 lines;		/* in the file and pending */
	char		*pending;	/* owned: lines not written yet */
	size_t		 npending, cap;
};

/*
 * Read the file that is there and give each line's words to `take'; with `look'
 * nothing is changed and it does not stay open.  1, or 0 where there is none;
 * -1: EX_CANTCREAT it cannot be opened, EX_DATAERR damaged or empty.
 */
int	 seenlog_read(struct seenlog *l, bool look,
	    int (*take)(void *ctx, char *const *words, size_t n, struct fail *why),
	    void *ctx, struct fail *why);
/* EX_DATAERR at the line that is being read. */
int	 seenlog_damaged(const struct seenlog *l, const char *what, struct fail *why);
/* Another line; in memory until it is committed. */
void	 seenlog_add(struct seenlog *l, const char *const *words, size_t n);
/* Make what is pending durable.  After a failure every further one fails. */
int	 seenlog_commit(struct seenlog *l, struct fail *why);
/* Make what is pending the whole of the file, in one step; it is open afterwards. */
int	 seenlog_replace(struct seenlog *l, struct fail *why);
void	 seenlog_close(struct seenlog *l);	/* what is pending is lost */

#endif
