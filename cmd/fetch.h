/* SPDX-License-Identifier: ISC */
/*
 * fetch.h -- what the files of `fetch' share: one source being fetched into one
 * destination, and how its messages are told from each other across sessions.
 */
#ifndef CMD_FETCH_H
#define CMD_FETCH_H

#include "../store/seen.h"
#include "out.h"

#define FETCH_SHA	65	/* hex digits and NUL */
#define FETCH_LIGHT	33

struct fetch_options {
	bool		 delete_there;	/* -d */
	bool		 dry;		/* -n */
	bool		 all;		/* -a */
	bool		 resync;	/* --resync */
	int		 days;		/* -D; -1: not given */
	uint64_t	 most;		/* -m; UINT64_MAX: not given */
	struct search	*expr;		/* -s, owned; or NULL */
	char		*dest;		/* owned: a folder's name, or `|command' */
};

/* What a message is called in the state. */
enum fetch_key {
	KEY_IMAP,	/* I:UIDVALIDITY:UID */
	KEY_POP3,	/* P:UIDL; P:UIDL#SHA for one that occurs twice or is invalid */
	KEY_MAILDIR,	/* M:NAME, without flags */
	KEY_CONTENT	/* S:SHA; S:SHA#2 for the second of that content, ... */
};

enum item_state {
	ITEM_NEW,	/* to be fetched */
	ITEM_DOUBTFUL,	/* of a known key, but is it the same message? */
	ITEM_HERE,	/* safe in the destination */
	ITEM_LEFT	/* not wanted now, or failed */
};

/* A message of the source. */
struct item {
	char		*key;		/* owned; NULL until the message was read */
	char		*stem;		/* owned: what SHA is added to for the key; or NULL */
	uint32_t	 n;		/* its number in the source */
	enum item_state	 state;
};

/* How often a content has come in this listing. */
struct tally {
	struct tally_slot {
		uint64_t	 hash;
		uint32_t	 count;
	}		*v;		/* owned */
	size_t		 n, cap;
};

/* A record under an old UIDVALIDITY. */
struct old {
	char		*key, *light, *sha;	/* owned */
	uint64_t	 size;
	bool		 matched;
};

struct fetch {
	struct mailx	*m;
	const struct fetch_options *o;
	char		*source;	/* owned: to be opened */
	struct store_intent intent;	/* of what is stored in dst */
	const char	*storing;	/* the key of the message being stored */
	struct store	*src, *dst;	/* dst: NULL until needed, or a command */
	struct seen	*seen;
	struct fail	 unread;	/* why it could not be loaded while the source was opened */
	enum fetch_key	 kind;
	struct item	*items;		/* owned; in order of number */
	size_t		 nitems, cap;
	bool		 complete;	/* the items are all that is in the source */
	bool		 nothing;	/* nothing is new, nor is anything to be done */
	bool		 unnamed;	/* IMAP: of some message the server told no UID */
	bool		 no_names;	/* POP3: some message has no UIDL */
	bool		 renumbered;	/* another UIDVALIDITY: nothing is deleted */
	struct old	*old;		/* owned; by light, in a renumbered mailbox */
	size_t		 nold, capold;
	struct tally	 tally;
	struct fetched	 sum;
	struct fail	 first;		/* of the messages that failed */
};

/* What there is to know of a message, from reading it. */
struct digest {
	char		 sha[FETCH_SHA];	/* of all but what mail programs note in it */
	char		 light[FETCH_LIGHT];
	uint64_t	 octets;
};

/* --- fetchdigest.c --- */

/* Read `in', from its start to its end, copying to `out' (NULL: not). `size' is what the source said. */
int	 fetch_digest(FILE *in, FILE *out, uint64_t size, struct digest *d,
	    struct fail *why);
/* Message-ID, Date, From and size: the same read from here and from IMAP's ENVELOPE. */
void	 fetch_light(const struct envelope *e, uint64_t size,
	    char light[static FETCH_LIGHT]);
/* --- fetchsource.c --- */

/* List what is there and may concern us, with keys and states. */
int	 fetch_list(struct fetch *f, struct fail *why);
void	 fetch_free_list(struct fetch *f);
/* The key of an item, once its content is known.  Counts in f->tally. */
void	 fetch_key(struct fetch *f, struct item *i, const struct digest *d);
void	 fetch_reset_tally(struct fetch *f);
struct item *fetch_item(const struct fetch *f, uint32_t n);	/* by its number; or NULL */
/* An unmatched record of the old UIDVALIDITY with that content; taken when found. */
bool	 fetch_take_old(struct fetch *f, const char *sha);

/* --- fetchstore.c --- */

/* Is it a local folder that is not there yet? */
bool	 fetch_misses_dest(const struct fetch *f);
/* Open the destination, if that has not been done. */
int	 fetch_need_dest(struct fetch *f, struct fail *why);
/* Settle what a run that was ended had begun to store. */
int	 fetch_recover(struct fetch *f, struct fail *why);

/* Messages read and not stored yet: at most BATCH_MESSAGES. */
struct batch {
	struct staged {
		struct item	*item;		/* borrowed */
		FILE		*text;		/* owned */
		struct digest	 d;
	}		 v[BATCH_MESSAGES];
	size_t		 n;
	uint64_t	 octets;
};

/* Store them all, then record them: durable when it returns.  Empties the batch, -1 or not. */
int	 fetch_store(struct fetch *f, struct batch *b, struct fail *why);
/* Count a message as failed, and leave it where it is. */
void	 fetch_failed(struct fetch *f, struct item *i, const struct fail *result);

/* --- fetchrun.c --- */

/* All of one source.  -1: what stopped it; messages that failed count as such. */
int	 fetch_run(struct fetch *f, struct fail *why);

#endif
