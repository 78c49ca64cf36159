/* SPDX-License-Identifier: ISC */
/*
 * server.h -- all that a protocol needs to know of a server and of how it is to
 * be spoken to.  Made by cmd/server.c from a URL and the variables; protocol
 * code reads no configuration and prints nothing.
 */
#ifndef NET_SERVER_H
#define NET_SERVER_H

#include <signal.h>

#include "url.h"

struct server {
	struct url	 url;		/* owned */

	/* TLS (tls.c) */
	enum tls_mode	 tls;
	bool		 tls_verify;	/* false only on `tls-verify=ignore' */
	char		*tls_ca_file;	/* owned; NULL: the system's */
	char		*tls_fingerprint;	/* owned: sha256 in hex, colons allowed; or NULL */
	char		*tls_min;	/* owned: "1.2" or "1.3"; NULL: 1.2 */
	char		*tls_cert, *tls_key;	/* owned; or NULL */
	char		*tls_sessions;	/* owned: directory of those to resume; NULL: none are */

	/* Authentication (sasl.c, cred.c) */
	char		*auth;		/* owned: mechanisms allowed, best first, blanks or commas; NULL: ours */
	bool		 cleartext_ok;	/* `allow-cleartext-auth' */
	char		*password;	/* owned: given directly (smtp-auth-password, password-USER@HOST); or NULL */
	char		*password_command;	/* owned; or NULL */
	char		*oauth_command;	/* owned; or NULL */
	char		*netrc;		/* owned: path; NULL: ~/.netrc */
	bool		 may_ask;	/* a person is at the terminal */
	char		*known;		/* owned: directory of what servers offered; or NULL */
	void		(*note)(const char *text);	/* for people; or NULL */

	/* Dialogue (conn.c) */
	int		 timeout;	/* seconds for everything; 0: the defaults of bounds.h */
	char		*hostname;	/* owned: our name for EHLO; NULL: found out */
	char		*proxy;		/* owned: socks5h://host:port; or NULL */
	bool		 no_compress;	/* the variable `compress' is unset */
	size_t		 max_line;	/* octets of a line that conn_line takes; 0: MAX_REPLY_LINE (IMAP takes more) */
	FILE		*trace;		/* borrowed: the dialogue is copied there; or NULL */
	void		(*moved)(void *ctx, size_t octets);	/* so many came or went; or NULL */
	void		*moved_ctx;	/* borrowed */
	/* Borrowed: where a handler notes the last signal, or NULL.  SIGINT, SIGTERM, SIGHUP end every wait (EX_TEMPFAIL). */
	const volatile sig_atomic_t *signalled;
};

void	 server_free(struct server *s);		/* secrets are wiped */

#endif
