/* SPDX-License-Identifier: ISC */
/* term_plain.c -- in place of term_edit.c where the program is built without libedit. */

#include "term.h"

char *
term_line(struct mailx *m, const char *prompt, FILE *in, enum term_use use)
{
	(void)use;
	return term_read(m, prompt, in);
}

void
term_remember(struct mailx *m, const char *line)
{
	(void)m;
	(void)line;
}

void
term_end(struct mailx *m)
{
	(void)m;
}
