/* SPDX-License-Identifier: ISC */
/* netrc.h -- logins and passwords by host: the file that ftp(1) made known. */
#ifndef NET_NETRC_H
#define NET_NETRC_H

#include "../util.h"

/*
 * Look for the first entry "machine HOST" or "machine HOST:PORT" (any case) whose
 * login is `user' or absent (`user' NULL: any that has a login), then for a
 * "default".  Words may be quoted ("a b", with \ before " and \); `#' begins a
 * comment where a keyword could stand; macdef goes to the next empty line.
 * *login and *password are the caller's to wipe and free; NULL where the entry
 * has none.  false: no entry.
 */
bool	 netrc_find(struct span text, const char *host, const char *port,
	    const char *user, char **login, char **password);
/*
 * The same in a file; $NETRC, else ~/.netrc, where path is NULL.  1 found, 0 not (no file is
 * no failure), -1: EX_CONFIG cannot be read, no file, or others may read it.
 */
int	 netrc_lookup(const char *path, const char *host, const char *port,
	    const char *user, char **login, char **password, struct fail *why);

#endif
