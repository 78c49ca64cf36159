/* SPDX-License-Identifier: ISC */
/* smtp_session.h -- what smtp.c, smtpcheck.c and smtpsend.c share. */
#ifndef NET_SMTP_SESSION_H
#define NET_SMTP_SESSION_H

#include "conn.h"
#include "smtp.h"
#include "smtpreply.h"

struct smtp {
	struct conn	*c;		/* owned */
	bool		 lmtp;
	bool		 dead;		/* nothing more is said */
	bool		 dirty;		/* a transaction was begun and not ended */
	bool		 quit;		/* QUIT was said already */
	int		 timeout;	/* s->timeout; 0: those of RFC 5321 */
	struct strv	 offers;	/* the lines of EHLO behind the first */
	struct smtp_reply reply;	/* the last one */
};

/* Read a reply into x->reply.  When that fails, and after 421, the session is dead. */
int	 smtp_hear(struct smtp *x, int seconds, struct fail *why);
/* Say a line and read the reply; TIMEOUT_SMTP_COMMAND. */
int	 smtp_ask(struct smtp *x, struct fail *why, const char *fmt, ...)
	    PRINTF_LIKE(3, 4);
/*
 * Fail with the last reply, to `what': 4yz and 5yz by smtp_reply_exit; any
 * other is not what belongs here: EX_PROTOCOL, and the session is dead.
 */
int	 smtp_refused(struct smtp *x, const char *what, int otherwise,
	    struct fail *why);
/* May this message be sent over this session?  smtpcheck.c; sets m->utf8 where addresses need it. */
int	 smtp_check(const struct smtp *x, struct smtp_message *m, struct fail *why);

#endif
