/* SPDX-License-Identifier: ISC */
/*
 * progress.h -- a line on standard error about what takes longer than half a
 * second, where that is a terminal and the variable `progress' is set.
 */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include "../mailx.h"

struct progress	*progress_new(void);
/* Something begins, by that name (borrowed); nothing of it is known yet. */
void	 progress_begin(struct mailx *m, const char *what);
/* What there will be; 0: not known. */
void	 progress_expect(struct mailx *m, uint64_t octets, uint64_t messages);
void	 progress_message(struct mailx *m);	/* one more is done */
/* Octets came or went: for struct server and struct store_options, whose ctx is m. */
void	 progress_moved(void *ctx, size_t octets);
/* Take the line away, for other output; it may come again. */
void	 progress_hide(struct mailx *m);
void	 progress_end(struct mailx *m);

#endif
