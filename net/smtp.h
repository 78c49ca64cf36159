/* SPDX-License-Identifier: ISC */
/*
 * smtp.h -- submission and relay: SMTP (RFC 5321, 6409), LMTP (2033).
 *
 * Failures by reply: 4yz and a lost connection EX_TEMPFAIL; 5yz on a recipient
 * EX_NOUSER, on anything else EX_UNAVAILABLE; 535 and its kin EX_NOPERM; a reply
 * that is none EX_PROTOCOL.  `why' quotes the server's own words.
 */
#ifndef NET_SMTP_H
#define NET_SMTP_H

#include "server.h"

struct smtp;

enum smtp_state { RCPT_NOT_YET, RCPT_ACCEPTED, RCPT_DEFERRED, RCPT_REFUSED };

struct smtp_rcpt {
	char		*addr;		/* owned by the caller */
	enum smtp_state	 state;
	char		*reply;		/* owned: the server's last words on it, "550 5.1.1 ..."; or NULL */
};

struct smtp_message {
	const char	*from;		/* reverse path; "" for <> */
	struct smtp_rcpt *rcpt;
	size_t		 nrcpt;
	uint64_t	 size;		/* octets with CRLF line ends */
	bool		 eightbit;	/* 8-bit octets in the body: wants 8BITMIME */
	bool		 binary;	/* goes out as it is written, every octet: smtp_takes_binary, and `chunking' */
	bool		 utf8;		/* addresses or header want SMTPUTF8 */
	bool		 all_or_nothing;	/* `partial' off: any refusal, and nothing is sent */
	bool		 chunking;	/* by BDAT (RFC 3030) where offered; cleared where that turns out not to work */
	bool		 last;		/* nothing follows, unless somebody is put off: QUIT goes out with the text */
	/* Extensions that the user asked for; NULL, false, 0: not. */
	const char	*notify;	/* DSN (RFC 3461): "never", or of "success, failure, delay"; where offered */
	const char	*envid;		/* DSN: the name of this sending in reports, printable; where offered */
	bool		 return_head;	/* DSN: reports hold the header alone */
	bool		 require_tls;	/* REQUIRETLS (RFC 8689): EX_UNAVAILABLE without it */
	uint32_t	 hold;		/* FUTURERELEASE (RFC 4865): seconds to wait there; EX_UNAVAILABLE without it */
	/* Write the message, LF line ends (`binary': CRLF).  Called once, after 354. */
	int		(*write)(void *ctx, FILE *out, struct fail *why);
	void		*ctx;
};

/* Connect, greet (EHLO, else HELO), TLS, authenticate. */
struct smtp	*smtp_open(const struct server *s, struct fail *why);
struct conn;
/* The same over a connection that is there and is taken over, on failure too. */
struct smtp	*smtp_attach(struct conn *c, const struct server *s, struct fail *why);
/* The capabilities from EHLO: is the keyword there; its parameters (borrowed) in *args. */
bool		 smtp_offers(const struct smtp *x, const char *keyword, const char **args);	/* args may be NULL */
/* BINARYMIME (RFC 3030), which takes CHUNKING; and 8BITMIME for the rest. */
bool		 smtp_takes_binary(const struct smtp *x);
/* Nothing more can be said: lost, or ended by the server.  NULL too. */
bool		 smtp_is_over(const struct smtp *x);
/*
 * One transaction.  Fills state and reply of every recipient.  0 when the server
 * took the message for at least one; then refused recipients are told by their
 * state.  -1: nobody gets it (why tells; states are set where the server gave an
 * answer).  *uncertain: the connection was lost after the final dot.
 */
int		 smtp_send(struct smtp *x, struct smtp_message *m, bool *uncertain,
		    struct fail *why);
/* The server's last reply in full, for queue ids; borrowed. */
const char	*smtp_reply(const struct smtp *x);
/*
 * VRFY, EXPN, HELP or NOOP (any case), with an argument where it is not empty.
 * EX_NOUSER where VRFY or EXPN is refused with 550, 551, 553.
 */
int		 smtp_query(struct smtp *x, const char *verb, const char *arg,
		    int *code, struct fail *why);
/* The text of each line of the last reply, and of EHLO's behind the first; borrowed. */
const struct strv *smtp_reply_lines(const struct smtp *x);
const struct strv *smtp_offered(const struct smtp *x);
void		 smtp_close(struct smtp *x);	/* QUIT, without waiting long; NULL is fine */

#endif
