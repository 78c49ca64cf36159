/* SPDX-License-Identifier: ISC */
/* shellcomplete.h -- completion of mailx's command line for shells, out of the tables. */
#ifndef CMD_SHELLCOMPLETE_H
#define CMD_SHELLCOMPLETE_H

#include "../util.h"

/* bash, zsh, fish? */
bool	 shellcomplete_knows(const char *shell);
/* The file that such a shell reads. */
void	 shellcomplete_print(const char *shell, FILE *out);

#endif
