/* SPDX-License-Identifier: ISC */
/* queueing.h -- sending by way of the outbox: a message is safe first, then sent. */
#ifndef CMD_QUEUEING_H
#define CMD_QUEUEING_H

#include "../store/outbox.h"
#include "out.h"
#include "sending.h"

/* What the outbox is told of a message, borrowed. */
struct posting {
	const char	*subject;	/* or NULL */
	int64_t		 not_before;	/* 0: at once */
	bool		 by_name;	/* -F */
	bool		 recorded;	/* a copy is kept, where one is asked for */
	const char	*once;		/* the key of the ledger's record; or NULL */
	bool		 ready;		/* no other process waits for what becomes of it: many may go at one stroke */
	/* After the message was prepared. */
	const char	*(*message_id)(void *ctx);
	void		*ctx;
};

/*
 * Hand a message over as deliver() does, by way of the outbox where that is set.
 * s: recipients, and whether it was queued.  0: sent or queued.  1: queued
 * with others soon, and reported then.
 */
int	 post_message(struct mailx *m, const struct transport *t,
	    struct outgoing *o, const struct posting *p, struct sent *s,
	    struct fail *why);
/* Make what waits for that durable, and report it.  Failures are reported here. */
void	 queue_settle(struct mailx *m);
void	 queue_end(struct mailx *m);
/* Does a message of that Message-ID wait in the outbox? */
bool	 queue_has(struct mailx *m, const char *message_id);
/* At a prompt: messages have failed since it was looked. */
void	 queue_announce(struct mailx *m);

/* The directory by the variable `outbox'; NULL: it is off, or `why' tells.  The caller frees. */
char	*queue_dir(struct mailx *m, struct fail *why);
/* A transport's name without a secret; the caller frees. */
char	*queue_mta(const char *mta);
/* EX_USAGE: not a time. */
int	 at_time(const char *text, int64_t *when, struct fail *why);

/* --- Flushing. --- */

enum outcome { OUTCOME_SENT, OUTCOME_PUT_OFF, OUTCOME_FAILED };

/*
 * One attempt at a message that is held; what became of it is in the outbox when
 * it returns, and `why' tells unless all is well.  `first': by the command that sends it, not
 * later.  hold_until: the server is to keep it so long, else it is put off, uncounted.
 */
enum outcome queue_attempt(struct mailx *m, struct outbox *b,
	    struct outbox_item *i, const struct transport *t,
	    struct session *s, bool first, int64_t hold_until,
	    struct fail *why);
/* Nothing was tried, for the same would come of it. */
enum outcome queue_give_back(struct outbox *b, struct outbox_item *i,
	    const struct fail *reason, struct fail *why);

struct flush {
	const struct strv *ids;		/* borrowed: these alone, now; or NULL */
	bool		 all;		/* what is not due too */
	bool		 quiet;		/* nothing is told: for a moment, beside a command */
};
int	 flush_run(struct mailx *m, struct outbox *b, const struct flush *f,
	    struct fail *why);

/* The record of one message, for `queue' and `flush'. */
void	 out_queued(struct mailx *m, const struct outbox_item *i,
	    const char *status);

#endif
