/* SPDX-License-Identifier: ISC */
/*
 * pop3.h -- POP3 (RFC 1939; CAPA 2449, STLS 2595, SASL 5034).
 *
 * -ERR is EX_UNAVAILABLE for the command, EX_NOPERM for authentication, EX_TEMPFAIL
 * with [IN-USE], [SYS/TEMP], [LOGIN-DELAY]; all that is no reply EX_PROTOCOL.
 */
#ifndef NET_POP3_H
#define NET_POP3_H

#include "server.h"

struct pop3;

/* Connect, CAPA, TLS, authenticate. */
struct pop3	*pop3_open(const struct server *s, struct fail *why);
/* All the server said in CAPA, a line each.  Borrowed. */
const struct strv *pop3_capabilities(const struct pop3 *p);
bool		 pop3_offers(const struct pop3 *p, const char *capability);
/* The connection is gone, or the dialogue cannot go on: every call fails. */
bool		 pop3_is_over(const struct pop3 *p);
int		 pop3_stat(struct pop3 *p, uint32_t *count, uint64_t *octets, struct fail *why);
/*
 * Rows as they come; numbers 0, repeated or over `count' are passed over.
 * pop3_uidl must follow pop3_list: where it can, the server is asked for both.
 */
int		 pop3_list(struct pop3 *p, uint32_t count,
		    void (*row)(void *ctx, uint32_t n, uint64_t octets), void *ctx,
		    struct fail *why);
/* EX_UNAVAILABLE where the server has no UIDL. */
int		 pop3_uidl(struct pop3 *p, uint32_t count,
		    void (*row)(void *ctx, uint32_t n, struct span uidl), void *ctx,
		    struct fail *why);
/*
 * Messages by number, whole (lines < 0: RETR) or the header and so many lines
 * (TOP), pipelined where the server allows.  For each, `begin' gives the stream
 * that takes the text with LF line ends, `end' is told the outcome: 0 and octets, or the
 * failure of that message alone (-ERR), and returns -1 to stop.  A lost
 * connection ends all with -1.
 */
struct pop3_sink {
	FILE	*(*begin)(void *ctx, uint32_t n, struct fail *why);
	int	 (*end)(void *ctx, uint32_t n, FILE *f, uint64_t octets, struct fail *result);
	void	*ctx;
};
int		 pop3_retrieve(struct pop3 *p, const uint32_t *numbers, size_t n,
		    int lines, const struct pop3_sink *sink, struct fail *why);
/* DELE, pipelined.  done[i] tells for each whether the server took it. */
int		 pop3_delete(struct pop3 *p, const uint32_t *numbers, size_t n,
		    bool *done, struct fail *why);
/* QUIT and its +OK: only then are deletions real.  pop3_close must follow. */
int		 pop3_quit(struct pop3 *p, struct fail *why);
void		 pop3_close(struct pop3 *p);	/* drops the connection; NULL is fine */

/* --- The pieces, for tests. --- */

enum pop3_status { POP3_OK, POP3_ERR, POP3_MORE };

struct pop3_reply {
	enum pop3_status status;	/* +OK, -ERR, + */
	struct span	 code;		/* with its brackets: [IN-USE]; empty if none */
	struct span	 text;		/* the rest */
};

/* Read a status line.  false: it is none. */
bool		 pop3_reply_read(struct span line, struct pop3_reply *r);
struct conn;
/* Over a connection that is there and is taken over; nothing is read or said. */
struct pop3	*pop3_attach(struct conn *c, const struct server *s);
/* The greeting, CAPA, TLS, authentication. */
int		 pop3_greet(struct pop3 *p, const struct server *s, struct fail *why);
/* One status line; borrowed until the next is read. */
int		 pop3_reply(struct pop3 *p, struct pop3_reply *r, struct fail *why);
/* The lines behind it up to the lone dot, unstuffed; EX_PROTOCOL over `max' of them. */
int		 pop3_lines(struct pop3 *p, size_t max, void (*each)(void *ctx, struct span line),
		    void *ctx, struct fail *why);

#endif
