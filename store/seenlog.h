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
	char		*text;		/* owned: what was read; NULL before, and once its lines were given out */
	size_t		 len;
	struct digest_state *whole;	/* owned: of all that is in the file; or NULL */
	char		*head, *seal;	/* owned: the first and the last line, where only they were read; or NULL */
	bool		 sealed;	/* the last line is a seal; of what was read, right */
};

#define SEENLOG_WORDS	8	/* of a line, at most */

/*
 * Read the file that is there; with `look' nothing is changed and it does not
 * stay open.  1, or 0 where there is none; -1: EX_CANTCREAT it cannot be opened,
 * EX_DATAERR empty.  Of one that ends with a seal only that and the first line are
 * read, each right by its own checksum; the rest by seenlog_each.
 */
int	 seenlog_read(struct seenlog *l, bool look, struct fail *why);
/* The words of its first line, or of the seal; their number, or -1 (EX_DATAERR). */
int	 seenlog_first(struct seenlog *l, char *words[SEENLOG_WORDS], struct fail *why);
int	 seenlog_seal_words(struct seenlog *l, char *words[SEENLOG_WORDS], struct fail *why);
/* Give each line's words but the first line's to `take'; -1: EX_DATAERR damaged.  A torn end is cut off. */
int	 seenlog_each(struct seenlog *l,
	    int (*take)(void *ctx, char *const *words, size_t n, struct fail *why),
	    void *ctx, struct fail *why);
/* EX_DATAERR at the line that is being read. */
int	 seenlog_damaged(const struct seenlog *l, const char *what, struct fail *why);
/* Another line; in memory until it is committed. */
void	 seenlog_add(struct seenlog *l, const char *const *words, size_t n);
/*
 * A line that tells the SHA-256 of all before it, as its word 1; `words' follow.  What
 * ends with it was written to its end, and need not be checked line by line.
 */
#define SEENLOG_SEAL	"C"
void	 seenlog_seal(struct seenlog *l, const char *const *words, size_t n);
/* Make what is pending durable.  After a failure every further one fails. */
int	 seenlog_commit(struct seenlog *l, struct fail *why);
/* Forget what is pending: what is added now shall be the whole of the file. */
void	 seenlog_restart(struct seenlog *l);
/* Make what is pending the whole of the file, in one step; it is open afterwards. */
int	 seenlog_replace(struct seenlog *l, struct fail *why);
void	 seenlog_close(struct seenlog *l);	/* what is pending is lost */

#endif
