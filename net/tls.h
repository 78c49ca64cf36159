/* SPDX-License-Identifier: ISC */
/*
 * tls.h -- TLS over a connected descriptor: the one place that opens it (RFC
 * 8446, 5246; names by RFC 9525: subjectAltName alone, addresses only by IP).
 * Used by conn.c alone.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "server.h"

struct tls;

/*
 * Non-blocking throughout: these return > 0 octets, 0 at the peer's
 * close_notify, -1 with *want set to POLLIN or POLLOUT when they must wait, and
 * -1 with *want 0 on a failure, which `why' tells.  EOF without close_notify is
 * a failure (EX_TEMPFAIL).
 */
struct tls	*tls_new(int fd, const struct server *s, struct fail *why);
int		 tls_handshake(struct tls *t, int *want, struct fail *why);	/* 1 done */
ssize_t		 tls_read(struct tls *t, void *p, size_t n, int *want, struct fail *why);
ssize_t		 tls_write(struct tls *t, const void *p, size_t n, int *want, struct fail *why);
/* What binds an authentication to this session (tls-exporter, RFC 9266); false: nothing safe does. */
#define TLS_BINDING_SIZE	32
bool		 tls_binding(const struct tls *t, unsigned char out[static TLS_BINDING_SIZE]);
void		 tls_free(struct tls *t);	/* sends close_notify if it can at once */
/* "TLSv1.3 TLS_AES_256_GCM_SHA384"; borrowed. */
const char	*tls_describe(const struct tls *t);

#endif
