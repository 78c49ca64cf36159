/* SPDX-License-Identifier: ISC */
/* words.h -- a command line into words: quoting, escapes, $variables, file names. */
#ifndef CMD_WORDS_H
#define CMD_WORDS_H

#include "../mailx.h"

/*
 * Split into words.  Quotes ' and " and \ protect; quotes are removed.  With
 * `expand', $name, ${name}, $?, $1 are put in outside '...'.  EX_USAGE: a quote is not closed.
 */
int	 words_split(const struct mailx *m, const char *line, bool expand,
	    struct strv *words, struct fail *why);
/* A file name as POSIX has it: ~, ~user, +folder, %, #, &, and shell patterns with one match.  Caller frees. */
char	*words_file(const struct mailx *m, const char *word, struct fail *why);

#endif
