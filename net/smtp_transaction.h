/* SPDX-License-Identifier: ISC */
/* smtp_transaction.h -- what smtpsend.c, smtptext.c and smtpchunk.c share. */
#ifndef NET_SMTP_TRANSACTION_H
#define NET_SMTP_TRANSACTION_H

#include "smtp_session.h"

#define CHUNK		(128 * 1024)	/* octets of one BDAT */
#define CHUNK_WINDOW	32		/* of them said before replies are read */

struct transaction {
	struct smtp	*x;		/* borrowed */
	struct smtp_message *m;		/* borrowed */
	struct fail	*why;		/* borrowed */
	bool		 pipelining, dsn;
	bool		 chunks;	/* by BDAT, not DATA */
	char		*notify;	/* owned: behind each RCPT */
	bool		 data_said;	/* with the recipients */
	size_t		 chunks_said, chunks_heard;
	bool		 last_said;	/* the server may have all of the message */
	size_t		 accepted, deferred, refused;
	struct fail	 mail;		/* MAIL was refused: why */
};

/* --- smtptext.c --- */

/* Behind 354, everything up to the dot: when this fails the server has got no message. */
int	 smtp_send_text(struct transaction *t);
/* The connection failed in the text: perhaps the server said why it would. */
void	 smtp_hear_reason(struct transaction *t);
/* QUIT behind the text, where it saves a turn. */
void	 smtp_say_quit(struct transaction *t);

/* --- smtpchunk.c --- */

/* Say the text.  -1: the server has got no message. */
int	 smtp_send_chunks(struct transaction *t);
/* Hear the replies still due, to the last or the first that is none of success: that is x->reply. */
int	 smtp_hear_chunks(struct transaction *t);
/*
 * The server offers CHUNKING and does not know BDAT: it has read the text as
 * commands, and nothing more can be said.
 */
bool	 smtp_is_unknown_chunk(const struct transaction *t);
/* Fail with the reply to a chunk; if it was that, m->chunking is cleared: DATA may be tried. */
int	 smtp_refused_chunk(struct transaction *t);

#endif
