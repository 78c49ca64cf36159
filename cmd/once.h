/* SPDX-License-Identifier: ISC */
/* once.h -- the ledger of --once: what was sent under a key is not sent again. */
#ifndef CMD_ONCE_H
#define CMD_ONCE_H

#include "../mailx.h"

struct once {
	int	 fd;		/* the record of the key, locked; -1: none */
	char	 key[65];	/* as its record is named */
	char	*path;		/* owned */
	char	*id;		/* owned: Message-ID of an attempt before; or NULL */
	bool	 done;		/* it was sent */
};

/* Look the key up, and lock it against other processes.  EX_TEMPFAIL: one is at it; EX_DATAERR: the record is damaged. */
int	 once_open(struct mailx *m, const char *key, struct once *o,
	    struct fail *why);
/* Durable when they return: an attempt begins with that Message-ID; it was taken. */
int	 once_trying(struct once *o, const char *id, struct fail *why);
int	 once_done(struct once *o, struct fail *why);
/*
 * A message that was queued under a key (once.key) was sent: note it before it
 * leaves the outbox.  Waits for a process that has the record.
 */
int	 once_note(struct mailx *m, const char *key, const char *id,
	    struct fail *why);
void	 once_close(struct once *o);

#endif
