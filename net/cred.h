/* SPDX-License-Identifier: ISC */
/* cred.h -- where a password comes from: the URL, a command, netrc, the terminal. */
#ifndef NET_CRED_H
#define NET_CRED_H

#include "server.h"

/*
 * The secret for s->url.  With s->oauth_command: the token that it prints, and no other.
 * With s->auth "EXTERNAL": "".  Else the password: first that answers of s->url.password or s->password,
 * s->password_command (run with MAILX_USER, MAILX_HOST, MAILX_PROTOCOL; its first
 * line of output), netrc (EX_CONFIG where others can read it), the terminal (only if s->may_ask).
 * The caller wipes and frees with cred_wipe.  EX_NOPERM where none answers or the
 * command fails; EX_CONFIG for CR, LF or NUL in user or password.
 */
char	*cred_password(const struct server *s, struct fail *why);
/*
 * The server refused a token, which may have expired since it was made: another, by
 * s->oauth_command once more.  NULL where there is none, or the same comes.  The caller wipes.
 */
char	*cred_another_token(const struct server *s, const char *user,
	    const char *refused);
/* The user for s->url: of the URL, else netrc's login for the host; NULL if none.  Caller frees. */
char	*cred_user(const struct server *s, struct fail *why);
void	 cred_wipe(char *secret);		/* NULL is fine */

#endif
