/* SPDX-License-Identifier: ISC */
/* words.h -- a command line into words: quoting, escapes, $variables, file names. */
#ifndef CMD_WORDS_H
#define CMD_WORDS_H

#include "../mailx.h"

/*
 * Split into words.  Quotes ' and " and \ protect; quotes are removed.  With
 * `expand', $name, ${name}, $?, $1 are put in outside '...'.  A word (...) is one
 * word with its blanks and quotes.  EX_USAGE: a quote is not closed.
 */
int	 words_split(const struct mailx *m, const char *line, bool expand,
	    struct strv *words, struct fail *why);
enum {
	WORDS_EXPAND	= 1 << 0,
	WORDS_KEEP_EMPTY = 1 << 1	/* what expands to nothing is a word all the same */
};
/* Take one word off the front of *line: 1, 0 at its end, -1. */
int	 words_next(const struct mailx *m, const char **line, unsigned how,
	    struct strv *words, struct fail *why);
/* Only put the variables in, and leave the quotes for who reads it.  The caller frees. */
char	*words_expand(const struct mailx *m, const char *text);
/* A file name as POSIX has it: ~, ~user, +folder, %, #, &, and shell patterns with one match.  Caller frees. */
char	*words_file(struct mailx *m, const char *word, struct fail *why);
/* The same of a folder that a command names, to what folder_resolve gives; a URL is left as it is. */
char	*words_folder(struct mailx *m, const char *word, struct fail *why);
/* $NAME and ${NAME} of a path put in.  Caller frees. */
char	*words_path(const struct mailx *m, const char *word);

#endif
