/* SPDX-License-Identifier: ISC */
/* outboxint.h -- what the files of the outbox share. */
#ifndef STORE_OUTBOXINT_H
#define STORE_OUTBOXINT_H

#include "outbox.h"

#define OUTBOX_PLACES	4
#define OUTBOX_NAME	(OUTBOX_ID + 4)

/* An envelope in tmp, perhaps with its message, that is not durable yet. */
struct pending {
	char	 id[OUTBOX_ID];
	bool	 is_new;	/* its message is in tmp too */
	int	 env;		/* owned */
	int	 msg;		/* borrowed of the item, or owned where kept */
	bool	 kept;
	bool	 saved;		/* could not be queued, and is not needed in tmp */
};

struct outbox {
	char		*path;			/* owned */
	int		 dir[OUTBOX_PLACES];	/* owned; by enum outbox_place */
	int		 lock;			/* owned; -1: not the one that flushes */
	struct pending	 pending[BATCH_MESSAGES];
	size_t		 npending;
	struct strv	 removed;		/* ids whose messages are still there */
	int		 log;			/* owned; of what is done with; -1: none */
	bool		 log_failed, log_open;
	int		(*rescue)(void *ctx, struct outbox_item *i);
	void		*rescue_ctx;		/* borrowed */
};

/* The file of a message or, `.env', of its envelope. */
void	 outbox_name(char name[static OUTBOX_NAME], const char *id,
	    const char *suffix);
bool	 outbox_is_id(const char *text, size_t n);
int	 outbox_sync(struct outbox *b, enum outbox_place place,
	    struct fail *why);
/* The envelope as a new file of tmp; its descriptor, or -1. */
int	 outbox_write_env(struct outbox *b, const struct outbox_item *i,
	    struct fail *why);
bool	 outbox_has(const struct outbox *b, enum outbox_place place,
	    const char *id, const char *suffix);
/* 1 locked, 0 held by another, -1. */
int	 outbox_hold(int fd);
void	 outbox_drop_pending(struct outbox *b);
/* The log of what is done with: see outboxdone.c. */
void	 outbox_end_log(struct outbox *b);

#endif
