/* SPDX-License-Identifier: ISC */
/* completeint.h -- what the files of completion share, and nobody else includes. */
#ifndef CMD_COMPLETEINT_H
#define CMD_COMPLETEINT_H

#include "cmd.h"
#include "complete.h"

enum kind {
	KIND_NOTHING, KIND_COMMAND, KIND_VARIABLE, KIND_FOLDER, KIND_ALIAS,
	KIND_FILE, KIND_ACCOUNT, KIND_MACRO, KIND_SEARCH, KIND_SORT, KIND_FIELD,
	KIND_HELP
};

struct gather {
	struct mailx	*m;		/* borrowed */
	struct fits	*fits;		/* borrowed */
	const char	*part;		/* borrowed: of the word, its quote left out */
	size_t		 n;		/* of part */
	char		 quote;		/* that it began with, or NUL */
	bool		 any_case;
};

/* What the words of a command are; the first kind that its usage names. */
enum kind	 complete_kind(const struct cmd *c);
/* Take a word if it begins with the part, and can be typed and shown. */
void		 offer(struct gather *g, const char *word);
/* All of a kind. */
void		 gather(struct gather *g, enum kind kind);

#endif
