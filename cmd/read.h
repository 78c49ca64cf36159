/* SPDX-License-Identifier: ISC */
/* read.h -- what the reading commands have in common: lists, the current message, parts. */
#ifndef CMD_READ_H
#define CMD_READ_H

#include "cmd.h"

/* Words as a message list; none: the current message. */
int	 read_list(struct mailx *m, char *const *words, size_t n, unsigned cmd_flags,
	    struct msglist *list, struct fail *why);
/* A message list or a search expression, as -L and `count' take it; empty list: nothing matches. */
int	 read_spec(struct mailx *m, const char *spec, struct numbers *found,
	    struct fail *why);
/* Messages that are neither gone nor deleted. */
int	 read_visible(struct mailx *m, struct numbers *ns, struct fail *why);
/* Have these loaded for the messages of a list. */
int	 read_load(struct mailx *m, const struct msglist *list, unsigned what,
	    struct fail *why);
/*
 * Called before each message of a list is read, `at' telling which: every so many,
 * what a server has of the next ones is asked for together.  The end frees it.
 */
void	 read_soon(struct mailx *m, const struct msglist *list, size_t at);
void	 read_soon_end(struct mailx *m);
/* It has been read: current from now on, touched, and seen where that may be recorded. */
void	 read_mark(struct mailx *m, uint32_t n);
/* The highest message of a list is current from now on (POSIX), or the last as shown. */
void	 read_current(struct mailx *m, const struct msglist *list);
/*
 * Look for files in a text (enclosed.h): its p->inside then.  Its body is fetched,
 * which costs nothing where the message is here.
 */
int	 read_inside(struct mailx *m, uint32_t n, struct part *p, struct fail *why);
/* A part by its number; EX_USAGE: message n has none such.  Borrowed from the structure. */
struct part *read_part(struct mailx *m, uint32_t n, const char *number,
	    struct fail *why);
/* Print messages as `type' does (all: as `Type'); marks them. */
int	 read_type(struct mailx *m, const struct msglist *list, bool all,
	    struct fail *why);
/* The message behind `n' (before it, where none is) that is not deleted; 0: none. */
uint32_t read_next(struct mailx *m, uint32_t n, bool and_before);
/* "3", "3.2": the caller frees. */
char	*read_ref(const struct msgref *r);
/* Decode one part into a stream, its charset untouched. */
int	 read_decode(struct mailx *m, uint32_t n, const struct part *p, FILE *out,
	    struct fail *why);

#endif
