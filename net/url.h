/* SPDX-License-Identifier: ISC */
/* url.h -- addresses of servers and mailboxes (RFC 3986, 5092, 2384). */
#ifndef NET_URL_H
#define NET_URL_H

#include "../util.h"

enum scheme {
	SCHEME_IMAP, SCHEME_IMAPS, SCHEME_POP3, SCHEME_POP3S,
	SCHEME_SMTP, SCHEME_SMTPS, SCHEME_SUBMISSION, SCHEME_SUBMISSIONS, SCHEME_LMTP
};

/* How plaintext becomes TLS. */
enum tls_mode {
	TLS_NONE,		/* never; asked for by ?tls=none or `set tls=none' */
	TLS_OPPORTUNISTIC,	/* STARTTLS where offered */
	TLS_REQUIRED,		/* STARTTLS, or nothing is said */
	TLS_IMPLICIT		/* from the first octet */
};

struct url {
	enum scheme	 scheme;
	char		*user;		/* owned, decoded; or NULL */
	char		*password;	/* owned, decoded; or NULL; wiped by url_free */
	char		*host;		/* owned: name or address without []; lmtp socket: NULL */
	char		*port;		/* owned: digits, the default filled in */
	char		*path;		/* owned, decoded UTF-8: mailbox with `/'; lmtp: the socket; "" if none */
	enum tls_mode	 tls;		/* by scheme, user and ?tls= ; tls_given: ?tls= stood there */
	bool		 tls_given;
};

/* Does the name begin with a scheme of ours and a colon? */
bool	 url_is_url(const char *name);
/* Undo %XX; NULL where it is malformed or gives a NUL.  The caller frees. */
char	*url_decode(struct span s);
/* EX_USAGE for what cannot be read; control characters, decoded ones too, are refused. */
int	 url_parse(const char *text, struct url *u, struct fail *why);
void	 url_free(struct url *u);
/* scheme://user@host[:port]/ without the password; path %-escaped, with it where `path'.  Caller frees. */
char	*url_text(const struct url *u, bool path);
/* The same server and user? */
bool	 url_same_server(const struct url *a, const struct url *b);

#endif
