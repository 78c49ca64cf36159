/* SPDX-License-Identifier: ISC */
/* complete.h -- what a part of a word may become: commands, variables, folders, addresses, files. */
#ifndef CMD_COMPLETE_H
#define CMD_COMPLETE_H

#include "term.h"

struct fits {
	struct strv	 words;		/* sorted, each once; safe for a terminal, quoted where that is needed */
	size_t		 start;		/* in the line: the word that they take the place of */
	bool		 more;		/* there are more than MAX_FITS */
};

/* What fits the word at the end of the line. */
void	 complete(struct mailx *m, const char *line, enum term_use use,
	    struct fits *fits);
void	 fits_free(struct fits *fits);
/* List commands that begin so, with their help, as `fo?' asks; false: there are none. */
bool	 complete_tell(struct mailx *m, const char *part);

#endif
