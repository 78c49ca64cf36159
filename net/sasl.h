/* SPDX-License-Identifier: ISC */
/*
 * sasl.h -- authentication (RFC 4422): which mechanism, and its messages, for
 * any protocol.  SCRAM-SHA-256, SCRAM-SHA-1, both also -PLUS (RFC 5802, 7677, 9266),
 * OAUTHBEARER (7628), XOAUTH2, PLAIN (4616), LOGIN, CRAM-MD5 (2195), EXTERNAL.
 */
#ifndef NET_SASL_H
#define NET_SASL_H

#include "server.h"

struct conn;
struct sasl;

/*
 * Choose the best mechanism that the server offers (names separated by blanks,
 * any case), s->auth allows and the connection's privacy permits: what shows the
 * secret only where conn_is_private.  `password' is an access token where
 * s->oauth_command is set, and then goes by the mechanisms for tokens alone.
 * EXTERNAL must stand in s->auth.  NULL: EX_NOPERM says why none fits.
 */
struct sasl	*sasl_new(const struct server *s, const struct conn *c,
		    const char *offered, const char *user, const char *password,
		    struct fail *why);
/* Warn where SCRAM was offered the last time and is not now; sasl_new does it too. */
void		 sasl_compare(const struct server *s, const struct conn *c,
		    const char *offered, const char *user);
const char	*sasl_name(const struct sasl *x);
/* Does the client speak first (an initial response exists)? */
bool		 sasl_is_client_first(const struct sasl *x);
/*
 * The answer to a challenge, both in base64 (`challenge' NULL: the initial response,
 * for which "" means an empty one, said as "=").  The caller wipes and frees.
 * NULL: EX_PROTOCOL for a challenge that is wrong (bad nonce, iterations out of
 * bounds, wrong server signature).
 */
char		*sasl_answer(struct sasl *x, const char *challenge, struct fail *why);
/* After the server's final word: did it prove itself, where the mechanism demands it? */
int		 sasl_finish(struct sasl *x, struct fail *why);
void		 sasl_free(struct sasl *x);	/* secrets wiped */

#endif
