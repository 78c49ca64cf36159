/* SPDX-License-Identifier: ISC */
/* secret.h -- passwords in command lines and arguments: finding them, to hide or refuse them. */
#ifndef CMD_SECRET_H
#define CMD_SECRET_H

#include "../util.h"

/*
 * The first secret at or behind text[*at]: the password of a URL, the value of a
 * variable that is named for one.  Octets [*at, *at + *n); false: none.
 */
bool	 secret_find(const char *text, size_t *at, size_t *n);
/* Does a line hold one, or look as if it might?  Rather once too often. */
bool	 secret_suspected(const char *line);
/* Overwrite those in an argument of the program, in place. */
bool	 secret_wipe(char *arg);	/* was there one? */

#endif
