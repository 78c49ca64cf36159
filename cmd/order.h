/* SPDX-License-Identifier: ISC */
/*
 * order.h -- the order in which the messages of the folder are shown and gone
 * through; their numbers stay what they are.  What came since it was made is
 * behind all others.
 */
#ifndef CMD_ORDER_H
#define CMD_ORDER_H

#include "../mailx.h"

/* Takes both over; depths is empty but for threads. */
void	 order_set(struct mailx *m, struct numbers *ns, struct numbers *depths);
void	 order_forget(struct mailx *m);		/* by number again */
/* Places are counted from 1. */
uint32_t order_at(const struct mailx *m, uint32_t place);
uint32_t order_position(const struct mailx *m, uint32_t n);
/* In a tree of threads: how deep below the first; else 0. */
uint32_t order_depth(const struct mailx *m, uint32_t n);
/*
 * What the tree draws to the left of it: bit 0 is set where a later message
 * of depth 1 hangs from the same one, bit 1 for depth 2, and so on up to its
 * own depth, or 31.
 */
uint32_t order_branches(const struct mailx *m, uint32_t n);
/* ns in the order shown, added to `out'. */
void	 order_apply(const struct mailx *m, const struct numbers *ns, struct numbers *out);

#endif
