/* SPDX-License-Identifier: ISC */
/*
 * keep.h -- small private files of what is known of a server: sessions of TLS,
 * and how it let us in.  Used by tls.c and sasl.c.
 *
 * What cannot be kept or read is not there: none of this is needed, and a failure
 * is nobody's business.  A directory that others own or may write to is not used.
 */
#ifndef NET_KEEP_H
#define NET_KEEP_H

#include "../util.h"

#define MAX_KEPT	(32 * 1024)	/* octets of one file */

/*
 * The name of a file, from `n' texts (NULL: as if empty, but not the same) that say
 * what it is for.  The caller frees.
 */
char	*keep_name(const char *const *texts, size_t n);
/* The whole file; n 0: nothing.  With `take' it is removed.  The caller wipes and frees. */
void	*keep_get(const char *dir, const char *name, bool take, size_t *n);
/* Put in its place, whole or not at all; the directory is made under one that is there. */
void	 keep_put(const char *dir, const char *name, const void *p, size_t n);

#endif
