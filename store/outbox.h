/* SPDX-License-Identifier: ISC */
/*
 * outbox.h -- messages that wait to be sent, in a directory: tmp q failed bad,
 * and in each two files for a message: ID.msg, its octets, and ID.env, a text
 * with all that its delivery needs.
 *
 * That q/ID.env exists, whole, is what a message's being queued means: each step
 * is one rename or unlink of it.  A lock on the descriptor of ID.msg, taken
 * before it comes into q, says whose the message is; one on the file `lock', who
 * flushes.
 */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include "../net/smtp.h"

#define OUTBOX_ID	32	/* octets of an id, NUL counted */

enum outbox_place { OUTBOX_QUEUE, OUTBOX_FAILED, OUTBOX_BAD, OUTBOX_TMP };

/* What else is known of a message: bits. */
enum {
	OUTBOX_EIGHTBIT	= 1 << 0,	/* 8-bit octets in the body */
	OUTBOX_UTF8	= 1 << 1,	/* addresses want SMTPUTF8 */
	OUTBOX_RESENT	= 1 << 2,
	OUTBOX_GIVEN	= 1 << 3,	/* the sender was given */
	OUTBOX_UNCERTAIN = 1 << 4,	/* it may have been sent already: held */
	OUTBOX_BY_NAME	= 1 << 5,	/* recorded by the first recipient's name */
	OUTBOX_TO_RECORD = 1 << 6	/* a copy is still to be recorded */
};

struct outbox_item {
	char		 id[OUTBOX_ID];
	enum outbox_place place;
	unsigned	 flags;		/* OUTBOX_ bits */
	char		*account;	/* owned; or NULL */
	char		*mta;		/* owned: the transport, without a secret */
	struct strv	 policy;	/* variables: name, value, name, value ... */
	char		*sender;	/* owned */
	char		*subject;	/* owned; or NULL */
	char		*message_id;	/* owned; or NULL */
	struct strv	 args;		/* for a sendmail program */
	struct smtp_rcpt *rcpt;		/* owned */
	size_t		 nrcpt;
	uint64_t	 octets;	/* of the file of the message */
	uint64_t	 size;		/* of the message as SMTP counts */
	char		 sha256[65];
	int64_t		 queued;	/* when */
	int64_t		 not_before;	/* 0: at once */
	int64_t		 next;		/* when it is tried again */
	int64_t		 tried;		/* when last; 0: never */
	int64_t		 waited;	/* seconds that count towards giving up */
	unsigned	 attempts;
	int		 code;		/* of the last failure; 0: none */
	char		*last;		/* owned: its text; or NULL */
	char		*once;		/* owned: whose ledger is told that it was sent; or NULL */
	bool		 unsure;	/* the last attempt may have succeeded: not of the envelope */
	int		 msg;		/* the message, locked: not of the envelope; -1: not held */
};

void	 outbox_item_init(struct outbox_item *i);
void	 outbox_item_free(struct outbox_item *i);	/* lets it go, too */

struct outbox;

/* Open, and make what is missing.  EX_CANTCREAT, EX_NOPERM: another's. */
struct outbox	*outbox_open(const char *dir, struct fail *why);
/* What is pending and not committed is left in tmp.  NULL is fine. */
void		 outbox_close(struct outbox *b);
const char	*outbox_path(const struct outbox *b);
/* Be the one that flushes, until closed.  EX_TEMPFAIL: another is at it. */
int		 outbox_lock(struct outbox *b, struct fail *why);
/*
 * Remove what is done with; and what crashes left in tmp and, without its
 * envelope, in q: after 36 hours.  For a second at most: the rest another time.
 */
void		 outbox_garbage(struct outbox *b);
void		 outbox_sweep(struct outbox *b);	/* the first alone, for a moment */

/*
 * Write a message and its envelope; gives it its id, and holds it (i->msg).
 * It is queued, durably, when outbox_commit returns.
 */
int		 outbox_add(struct outbox *b, struct outbox_item *i,
		    int (*write)(void *ctx, FILE *out, struct fail *why),
		    void *ctx, struct fail *why);
/* The same for a changed envelope in q. */
int		 outbox_change(struct outbox *b, struct outbox_item *i,
		    struct fail *why);
/* Let all that was added and changed become durable, at one stroke. */
int		 outbox_commit(struct outbox *b, struct fail *why);
/*
 * Of a message kept for a commit that fails: save it, for it is not queued; else
 * (not 0) it stays in tmp, for a day.
 */
void		 outbox_on_loss(struct outbox *b,
		    int (*rescue)(void *ctx, struct outbox_item *i), void *ctx);
/* Keep the lock of an item until its change is committed, though the item goes. */
void		 outbox_keep(struct outbox *b, struct outbox_item *i);

/* The ids in a place, in the order in which they were queued. */
int		 outbox_list(struct outbox *b, enum outbox_place place,
		    struct strv *ids, struct fail *why);
/* Read an envelope: 1, or 0 where it is gone; -1: EX_DATAERR damaged, else it cannot be read. */
int		 outbox_read(struct outbox *b, enum outbox_place place,
		    const char *id, struct outbox_item *i, struct fail *why);
/*
 * Take one of q to send it: lock it, and check envelope and message.  1, or 0
 * where another has it or it is gone; -1: EX_DATAERR it was damaged, and is in
 * `bad' now.
 */
int		 outbox_take(struct outbox *b, const char *id,
		    struct outbox_item *i, struct fail *why);
/* The message of an item that is held, at its start; the caller closes. */
FILE		*outbox_message(const struct outbox_item *i, struct fail *why);
/*
 * It is done with: gone from q at once for every process; against a failure of
 * the machine with the next outbox_sync_done, which comes before the text of
 * another is sent, or outbox_settle, which comes last.
 */
int		 outbox_done(struct outbox *b, struct outbox_item *i,
		    struct fail *why);
int		 outbox_sync_done(struct outbox *b, struct fail *why);
int		 outbox_settle(struct outbox *b, struct fail *why);
/* Before anything is sent: what was done with when the machine failed is out of q. */
int		 outbox_replay(struct outbox *b, struct fail *why);
/* Move it to `failed', envelope as it is now; to q again from there. */
int		 outbox_fail(struct outbox *b, struct outbox_item *i,
		    struct fail *why);
int		 outbox_revive(struct outbox *b, const char *id, struct fail *why);
/* Remove one, wherever it is.  EX_NOINPUT: there is none; EX_TEMPFAIL: it is being sent. */
int		 outbox_drop(struct outbox *b, const char *id, struct fail *why);

/* --- For the parts of the outbox, and its tests. --- */

/* The envelope as text; and read from it.  -1: EX_DATAERR. */
char		*outbox_text(const struct outbox_item *i, size_t *n);
int		 outbox_parse(char *text, size_t n, struct outbox_item *i,
		    struct fail *why);

/* At most that long until a message is tried again, jitter included. */
#define OUTBOX_LONGEST	(5 * 3600)
/* Note a failed attempt: the time of the next, and what counts.  true: given up. */
bool		 outbox_put_off(struct outbox_item *i, int64_t now);
/* May it be tried now? */
bool		 outbox_is_due(const struct outbox_item *i, int64_t now);

#endif
