/* SPDX-License-Identifier: ISC */
/* define.h -- named blocks of commands: account name { ... }, define name { ... }. */
#ifndef CMD_DEFINE_H
#define CMD_DEFINE_H

#include "../mailx.h"

void	 macros_free(struct macros *x);		/* NULL is fine */
/* The names of all accounts, or of what `define' keeps. */
void	 account_each(const struct mailx *m, bool accounts,
	    void (*each)(void *ctx, const char *name), void *ctx);
/* Activate an account (-A, `account name'): run its block.  EX_CONFIG: no such account. */
int	 account_use(struct mailx *m, const char *name, struct fail *why);
/* --check-config: run the block of each account, so that its faults are told. */
void	 account_check(struct mailx *m);
/* The value that a variable has inside the account's block, without activating it; NULL.  Caller frees. */
char	*account_value(struct mailx *m, const char *name, const char *var);

#endif
