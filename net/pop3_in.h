/* SPDX-License-Identifier: ISC */
/* pop3_in.h -- between pop3.c and pop3open.c. */
#ifndef NET_POP3_IN_H
#define NET_POP3_IN_H

#include "pop3.h"

struct pop3 {
	struct conn	*c;		/* owned */
	struct strv	 capa;
	char		*stamp;		/* owned: <...> of the greeting, for APOP; or NULL */
	int		 timeout;	/* of transfers */
	bool		 over;
	bool		 uidl_said;	/* before its time: its reply stands behind that of LIST */
};

/* What was said is no reply to `what': EX_PROTOCOL, and the session is over. */
int	 pop3_violation(struct pop3 *p, const char *what, struct span line,
	    struct fail *why);
/* A failure that quotes -ERR: by its response code, else `otherwise'. */
int	 pop3_refused(const struct pop3 *p, const char *what,
	    const struct pop3_reply *r, int otherwise, struct fail *why);
/* The reply to `what' must be +OK. */
int	 pop3_expect(struct pop3 *p, const char *what, struct pop3_reply *r,
	    int otherwise, struct fail *why);
int	 pop3_say(struct pop3 *p, const char *line, struct fail *why);
/* Say a verb that must be answered with +OK. */
int	 pop3_ask(struct pop3 *p, const char *verb, struct pop3_reply *r,
	    struct fail *why);

#endif
