/* SPDX-License-Identifier: ISC */
/* token.h -- words and checksums of the lines in which state is kept. */
#ifndef STORE_TOKEN_H
#define STORE_TOKEN_H

#include "../util.h"

#define TOKEN_CHECK	16	/* hexadecimal digits of a checksum, of SHA-256 the first */

void	 token_checksum(const char *text, size_t n, char check[static TOKEN_CHECK + 1]);
/* What is not printing ASCII, and `%', as %XX; an empty word as "%". */
void	 token_put(FILE *f, const char *s);
/* The same into memory: up to TOKEN_SIZE octets of it, without a NUL; its end. */
#define TOKEN_SIZE(len)	(3 * (len) + 1)
char	*token_write(char *to, const char *s);
/* Undo that, in place; false: it is none. */
bool	 token_read(char *s);

#endif
