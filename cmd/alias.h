/* SPDX-License-Identifier: ISC */
/* alias.h -- aliases (groups of addresses), alternates, and the expansion of recipients. */
#ifndef CMD_ALIAS_H
#define CMD_ALIAS_H

#include "../mailx.h"

void	 aliases_free(struct aliases *a);	/* NULL is fine */
/*
 * Parse what a person typed as recipients, expand aliases (to MAX_COMMAND_DEPTH, then
 * EX_DATAERR), check each address (addr_check).  Added to `as', each address once.
 */
int	 alias_expand(struct mailx *m, const char *text, struct addrs *as, struct fail *why);
/*
 * The words of a command from words[*at] on that are one recipient, as text: `Name <addr>'
 * came as two, and without its quotes.  Moves *at behind it.  The caller frees.
 */
char	*alias_word(char *const *words, size_t n, size_t *at);
/* The names of all aliases, in order. */
void	 alias_each(const struct mailx *m, void (*each)(void *ctx,
	    const char *name), void *ctx);
/* Is it one of the user's own addresses: `from', login name, `alternates'? */
bool	 alias_is_own(const struct mailx *m, const char *addr);

#endif
