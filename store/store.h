/* SPDX-License-Identifier: ISC */
/*
 * store.h -- folders behind one interface: mbox, Maildir, IMAP, POP3.
 *
 * Opening costs as little as it can (IMAP: one SELECT) and lists nothing that was
 * not asked for.  Messages are numbered from 1 and keep their number as long as
 * the folder is open; one that vanished has MSG_GONE.  Changes of flags are kept
 * in memory until store_sync, so that leaving without it changes nothing.
 *
 * Line ends: every stream of message text that comes out has LF line ends,
 * whatever the source; what goes in may have either.
 *
 * Failures tell their scope by code: EX_DATAERR, EX_NOINPUT this message;
 * EX_CANTCREAT, EX_NOPERM this folder; EX_TEMPFAIL, EX_PROTOCOL the connection
 * (it is gone; the next call reconnects or fails).
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <signal.h>

#include "../mime/part.h"
#include "search.h"

struct server;
struct sort_by;

/* Flags of a message; those up to MSG_LASTING are kept in the folder. */
enum {
	MSG_SEEN	= 1 << 0,
	MSG_ANSWERED	= 1 << 1,
	MSG_FLAGGED	= 1 << 2,
	MSG_DELETED	= 1 << 3,	/* removed at the next sync that expunges */
	MSG_DRAFT	= 1 << 4,
	MSG_OLD		= 1 << 5,	/* a session has seen it in the list: not new (IMAP: not \Recent) */
	MSG_LASTING	= (1 << 6) - 1,
	/* of this session alone */
	MSG_SAVED	= 1 << 6,	/* saved or copied to another folder */
	MSG_PRESERVED	= 1 << 7,	/* `hold', `preserve' */
	MSG_TO_MBOX	= 1 << 8,	/* `mbox', whatever the variable `hold' says */
	MSG_TOUCHED	= 1 << 9,	/* read in this session, or `touch' */
	MSG_GONE	= 1 << 10,	/* no longer in the folder */
	MSG_TAGS_CHANGED = 1 << 11
};

/* One message; small, for there may be a million. */
struct msg {
	uint32_t	 uid;		/* 0: not known, or the folder has none */
	uint32_t	 flags;		/* MSG_ bits; valid once LOAD_FLAGS is in `loaded' */
	uint32_t	 stored;	/* the lasting bits as they are in the folder */
	uint32_t	 loaded;	/* LOAD_ bits */
	uint64_t	 size;		/* octets as the source counts */
	int64_t		 arrived;	/* when it came into this folder, epoch; 0 unknown */
	struct envelope	*envelope;	/* owned; NULL until loaded */
	struct part	*structure;	/* owned; NULL until loaded */
	char		*tags;		/* owned: keywords, blanks between; NULL: none */
	char		*name;		/* owned, the backend's: Maildir file name, POP3 UIDL */
	int64_t		 offset;	/* the backend's: mbox */
};

enum {
	LOAD_FLAGS	= 1 << 0,	/* uid, flags, tags */
	LOAD_SIZE	= 1 << 1,	/* size, arrived */
	LOAD_ENVELOPE	= 1 << 2,
	LOAD_STRUCTURE	= 1 << 3,
	LOAD_BODY	= 1 << 4,	/* asked by search_needs alone: the message is read */
	LOAD_BRIEF	= 1 << 5	/* what a summary shows: an envelope with from, sender, to, subject, date at least; size; arrived if there is no date */
};

/* Message numbers in the order they are to be served. */
struct numbers {
	uint32_t	*v;		/* owned */
	size_t		 n;
	size_t		 cap;
};
void	 numbers_add(struct numbers *ns, uint32_t n);
void	 numbers_add_all(struct numbers *ns, const struct store *s);	/* all but the gone */
void	 numbers_free(struct numbers *ns);	/* and empty it */

/* What a folder is opened for. */
enum store_mode {
	STORE_READ,		/* nothing on disk or server changes, \Seen included (EXAMINE) */
	STORE_WRITE,		/* flags and deletions may be synced */
	STORE_APPEND		/* append alone; made if it does not exist; nothing is listed */
};

/* What the program tells the rooms below; borrowed for the life of what is opened. */
struct store_options {
	/* Fill `out' (server_free) for that URL; the variables and credentials are above. */
	int		(*server)(void *ctx, const char *url, struct server *out,
			    struct fail *why);
	void		*ctx;
	void		(*moved)(void *ctx, size_t octets);	/* so many were read of a local folder; or NULL */
	void		(*meanwhile)(void *ctx);	/* may be called while a server makes a list; or NULL */
	void		*meanwhile_ctx;
	int		 lock_timeout;	/* seconds; 0: LOCK_TIMEOUT */
	bool		 mboxo;		/* ">From " of mbox files is text, no quoting */
	const char	*charset_8bit;	/* or NULL */
	const char	*cache_dir;	/* $XDG_CACHE_HOME/mailx, perhaps not yet made; NULL: keep no cache */
	const char	*state_dir;	/* $XDG_STATE_HOME/mailx, for spools that have no writable directory; or NULL */
};

struct store_ops;

struct store {
	const struct store_ops	*ops;
	const struct store_options *options;	/* borrowed */
	char			*name;		/* owned: as opened, without a password */
	enum store_mode		 mode;
	struct msg		*msgs;		/* owned: msgs[n - 1] is message n */
	uint32_t		 count;
	size_t			 cap;
	uint32_t		 uidvalidity;	/* 0: the folder has none */
	uint32_t		 uidnext;	/* when it was opened, above the UIDs of all that was there; 0: not told */
	void			*data;		/* the backend's */
};

struct store_list_entry {
	const char	*name;		/* relative to the base, `/' between levels, UTF-8 */
	bool		 selectable;
	bool		 has_children;
	bool		 subscribed;	/* as far as the server says so in its list */
	const char	*use;		/* "sent", "drafts", "trash", "junk", "archive", "all", "flagged"; or NULL */
	bool		 has_counts;
	uint32_t	 messages, unseen;
};

/* --- For all above: names are a path, mbox:path, maildir:path, imap(s)://, pop3(s)://. --- */

/*
 * Open.  EX_NOINPUT: there is none (STORE_READ, STORE_WRITE); EX_NOPERM;
 * EX_CANTCREAT (STORE_APPEND).  /dev/null is an empty folder and swallows appends.
 */
struct store	*store_open(const char *name, enum store_mode mode,
		    const struct store_options *o, struct fail *why);
/* Close without writing changes; -1 when something appended was not made durable. */
int		 store_close(struct store *s, struct fail *why);

struct msg	*store_msg(struct store *s, uint32_t n);	/* 1..count */

/* Have these loaded (LOAD_ bits) for those messages, in as few round trips as it takes. */
int		 store_load(struct store *s, const struct numbers *ns, unsigned what,
		    struct fail *why);
/* Give envelope and structure of a message back. */
void		 store_drop(struct store *s, uint32_t n);
/*
 * Call `each' for every message in order with `what' loaded, a window at a time
 * (the next one is asked for early); what was not loaded before is dropped
 * behind it.  Messages gone are passed over.  Stops at the first -1.
 */
int		 store_each(struct store *s, const struct numbers *ns, unsigned what,
		    int (*each)(void *ctx, struct store *s, uint32_t n, struct fail *why),
		    void *ctx, struct fail *why);

/* One message, loaded if it is not.  Borrowed until store_drop. */
const struct envelope *store_envelope(struct store *s, uint32_t n, struct fail *why);
struct part	*store_structure(struct store *s, uint32_t n, struct fail *why);

/* The header: a head that the caller frees with head_free.  Downloads no body. */
int		 store_head(struct store *s, uint32_t n, struct head *h, struct fail *why);
/* The whole message: a seekable stream at its start, the caller's to close. */
FILE		*store_message(struct store *s, uint32_t n, struct fail *why);
/*
 * The encoded body of one part (of store_structure's tree): a stream at its
 * start and the number of octets, for part_decode.  Of a message/rfc822 part:
 * the whole inner message; of the root: the body of the message.  From an IMAP server that part alone comes.
 */
FILE		*store_part(struct store *s, uint32_t n, const struct part *p,
		    uint64_t *octets, struct fail *why);
/*
 * Many whole messages, streamed (pipelined where the folder can): `each' gets a
 * stream at the start, read-only, not to be closed, with its outcome; a message
 * that alone cannot be read comes with f NULL and *result filled.  Stops at -1.
 */
int		 store_messages(struct store *s, const struct numbers *ns,
		    int (*each)(void *ctx, struct store *s, uint32_t n, FILE *f,
		    struct fail *result), void *ctx, struct fail *why);

/*
 * These, at most SOON_MESSAGES, are read next, in that order, one by one: have `what'
 * loaded, and small texts come several at once, where that saves waiting for a
 * server.  No failure; holds until the next call, with none to end it.
 */
void		 store_soon(struct store *s, const struct numbers *ns, unsigned what);

/* Set and clear lasting flags in memory (no failure); tags likewise (add NULL or remove NULL). */
void		 store_flag(struct store *s, uint32_t n, uint32_t set, uint32_t clear);
void		 store_tag(struct store *s, uint32_t n, const char *add, const char *remove);

/* What matches, in order, from `among' (NULL: all): on the server where it can. */
int		 store_search(struct store *s, const struct search *x,
		    const struct numbers *among, struct numbers *found, struct fail *why);

/*
 * Append a message (from the present position of f to its end) with the flags,
 * arrival time and tags of `like' (NULL: unseen, now).  Durable only after
 * store_commit, which makes all since the last one durable at once (at most
 * BATCH_MESSAGES are gathered).  On failure nothing of it remains.
 * `intent', where given, lives until the commit: `write' gets a one-line record
 * from which store_recover can tell later whether the message got there, and
 * `settle' (NULL: nothing to do) makes all records durable, before anything of
 * the message stands where it would be found.
 */
struct store_intent {
	int	(*write)(void *ctx, const char *record, struct fail *why);
	int	(*settle)(void *ctx, struct fail *why);
	void	*ctx;
};
int		 store_append(struct store *s, FILE *f, const struct msg *like,
		    const struct store_intent *intent, struct fail *why);
int		 store_commit(struct store *s, struct fail *why);
/* One message (from the present position of f) into the folder of that name: durable when it returns; on failure a local folder has nothing of it. */
int		 store_deliver(const char *name, FILE *f, const struct msg *like,
		    const struct store_options *o, struct fail *why);
/*
 * When that failed: what became of the k-th (from 0) of those appended since the commit
 * before?  1: it is there, durable; 0: it is not; -1: it cannot be told.  `why' is
 * filled but for 1; EX_DATAERR is the fault of that message alone.
 */
int		 store_settled(const struct store *s, size_t k, struct fail *why);
/*
 * After a crash, before anything else is appended: is the message of that intent there?  1 yes (whole,
 * now made durable), 0 no (a torn tail has been cut off), -1.  `message' is what was
 * to be appended, at its start, or NULL where it is not known any more.
 */
int		 store_recover(struct store *s, const char *record, FILE *message,
		    struct fail *why);

/*
 * Take back what was appended since it was opened: 0 when nothing of that is there,
 * -1 when some may be: others have written since, or it is on a server.  What is
 * not committed does not stay.
 */
int		 store_take_back(struct store *s, struct fail *why);

/*
 * Copy messages into another folder, by the server itself where both are on it;
 * durable when it returns.  `move': they are marked MSG_DELETED here (and removed at
 * once where the server does MOVE: MSG_GONE).  Of a copy to a local folder that fails
 * none stays, so that who tries again has none twice.  On a server a message that is
 * refused for what it is (EX_DATAERR) does not hold up the others, anything else does.
 * On failure too *copied tells which are there, and those alone are marked.
 */
struct store_copied {
	struct numbers	there;
	struct numbers	unsure;		/* it cannot be told: the connection was lost */
};
void		 store_copied_free(struct store_copied *copied);
int		 store_copy(struct store *s, const struct numbers *ns, const char *dest,
		    bool move, struct store_copied *copied, struct fail *why);

enum { SYNC_FLAGS = 1, SYNC_EXPUNGE = 2 };
/* Make flag changes (and deletions) real and durable, now; messages removed become MSG_GONE. */
int		 store_sync(struct store *s, unsigned how, struct fail *why);
/*
 * The first message that is not seen (0: there is none) and how many are not
 * (`count' may be NULL), where a server can tell without the flags of all: 1; 0
 * where not.
 */
int		 store_unseen(struct store *s, uint32_t *first, uint32_t *count,
		    struct fail *why);
/* Look for new mail: *added messages were appended to the list. */
int		 store_check(struct store *s, uint32_t *added, struct fail *why);
/* Has the server, in answers to other questions, told of some already? */
bool		 store_has_news(const struct store *s);

/*
 * Return when something may have happened in the folder, or the clock of
 * net/wait.h is at the deadline: store_check tells.  EX_TEMPFAIL: a signal, or
 * the connection was lost.
 */
int		 store_wait(struct store *s, int64_t deadline,
		    const volatile sig_atomic_t *signalled, struct fail *why);

/* Mailboxes.  EX_CANTCREAT: exists, or cannot be; EX_NOINPUT: there is none; EX_UNAVAILABLE: refused. */
int		 store_mkdir(const char *name, bool parents,
		    const struct store_options *o, struct fail *why);
/* For a server that keeps a list of the mailboxes that are of interest. */
int		 store_subscribe(const char *name, bool on,
		    const struct store_options *o, struct fail *why);
/* Refused (EX_CANTCREAT) when not empty, unless `force'. */
int		 store_rmdir(const char *name, bool force,
		    const struct store_options *o, struct fail *why);
int		 store_rename(const char *from, const char *to,
		    const struct store_options *o, struct fail *why);
/* The tree under base: a directory, or a URL (its path is a prefix); pattern has * and ?, NULL: all. */
int		 store_list(const char *base, const char *pattern,
		    int (*each)(void *ctx, const struct store_list_entry *e, struct fail *why),
		    void *ctx, const struct store_options *o, struct fail *why);
/* How much is used of what a mailbox may take; none: no limit.  EX_UNAVAILABLE: it cannot be told. */
struct store_quota {
	const char	*root;		/* what shares the limit: the server's name of it, may be empty */
	const char	*resource;	/* "storage" (in octets), "messages", "mailboxes"; or the server's own word, lower case */
	bool		 in_octets;
	uint64_t	 used, limit;
};
int		 store_quotas(const char *name,
		    int (*each)(void *ctx, const struct store_quota *q, struct fail *why),
		    void *ctx, const struct store_options *o, struct fail *why);
/* What the server of that folder offers, one word each; empty for local ones. */
int		 store_capabilities(struct store *s, struct strv *words, struct fail *why);
/* End all sessions with servers that are kept for the next use (LOGOUT). */
void		 store_end(void);

/* --- For the backends. --- */

/*
 * What a kind of folder does.  NULL: not supported; store.c then does it the
 * generic way or answers EX_UNAVAILABLE "cannot ... in a KIND folder".
 */
struct store_ops {
	const char	*kind;		/* "mbox", "Maildir", "IMAP", "POP3" */
	bool		 local;

	/* s->name, mode and options are set; fills msgs and count (entries may be bare: loaded 0). */
	int	(*open)(struct store *s, struct fail *why);
	/* Free data, and msgs[].name; store.c frees the rest. */
	int	(*close)(struct store *s, struct fail *why);
	bool	 brief;			/* load does LOAD_BRIEF; else envelope and size are loaded for it */
	/* Load for these numbers, none of them loaded or gone, at most WINDOW_MESSAGES.  NULL: generic, from message. */
	int	(*load)(struct store *s, const uint32_t *v, size_t n, unsigned what,
		    struct fail *why);
	/* Ask the server for what load will be called with next, and wait for nothing.  NULL: it cannot. */
	void	(*ask)(struct store *s, const uint32_t *v, size_t n, unsigned what);
	int	(*head)(struct store *s, uint32_t n, struct head *h, struct fail *why);	/* NULL: from message */
	FILE   *(*message)(struct store *s, uint32_t n, struct fail *why);
	int	(*size)(struct store *s, uint32_t n, struct fail *why);	/* and time of arrival; NULL: from message */
	FILE   *(*part)(struct store *s, uint32_t n, const struct part *p,
		    uint64_t *octets, struct fail *why);	/* NULL: from message */
	int	(*messages)(struct store *s, const uint32_t *v, size_t n,
		    int (*each)(void *, struct store *, uint32_t, FILE *, struct fail *),
		    void *ctx, struct fail *why);		/* NULL: one by one */
	void	(*soon)(struct store *s, const uint32_t *v, size_t n);	/* NULL: of no use */
	/* Returns 1 when it was done, 0 when the generic way must do it. */
	int	(*search)(struct store *s, const struct search *x,
		    const struct numbers *among, struct numbers *found, struct fail *why);
	int	(*append)(struct store *s, FILE *f, const struct msg *like,
		    const struct store_intent *intent, struct fail *why);
	int	(*commit)(struct store *s, struct fail *why);
	int	(*take_back)(struct store *s, struct fail *why);	/* NULL: it cannot */
	int	(*settled)(const struct store *s, size_t k, struct fail *why);	/* NULL: it cannot be told */
	int	(*recover)(struct store *s, const char *record, FILE *message, struct fail *why);
	/* 1 done, 0 generic; *copied is empty before and, but for 0, filled. */
	int	(*copy)(struct store *s, const uint32_t *v, size_t n, const char *dest,
		    bool move, struct store_copied *copied, struct fail *why);
	int	(*sync)(struct store *s, unsigned how, struct fail *why);
	int	(*unseen)(struct store *s, uint32_t *first, uint32_t *count, struct fail *why);	/* NULL: 0 */
	int	(*check)(struct store *s, uint32_t *added, struct fail *why);
	bool	(*has_news)(const struct store *s);	/* NULL: it tells of none unasked */
	/* As store_wait; 1 done, 0: the server does not tell by itself. */
	int	(*wait)(struct store *s, int64_t deadline, struct fail *why);
	/* As in sort.h; 1 done, 0: the generic way must do it.  NULL: generic. */
	int	(*sort)(struct store *s, const struct sort_by *by, size_t n,
		    struct numbers *ns, struct fail *why);
	int	(*thread)(struct store *s, struct numbers *ns, struct numbers *depths,
		    struct fail *why);
	int	(*capabilities)(struct store *s, struct strv *words, struct fail *why);

	/* Without an open folder: by name. */
	int	(*mkdir)(const char *name, bool parents, const struct store_options *o, struct fail *why);
	int	(*subscribe)(const char *name, bool on, const struct store_options *o, struct fail *why);
	int	(*rmdir)(const char *name, bool force, const struct store_options *o, struct fail *why);
	int	(*rename)(const char *from, const char *to, const struct store_options *o, struct fail *why);
	int	(*quotas)(const char *name,
		    int (*each)(void *, const struct store_quota *, struct fail *),
		    void *ctx, const struct store_options *o, struct fail *why);
	int	(*list)(const char *base, const char *pattern,
		    int (*each)(void *, const struct store_list_entry *, struct fail *),
		    void *ctx, const struct store_options *o, struct fail *why);
	void	(*end)(void);
};

extern const struct store_ops store_mbox, store_maildir, store_imap, store_pop3, store_null;

/* Room for n messages, the new ones zeroed.  EX_DATAERR over MAX_MESSAGES. */
int		 store_resize(struct store *s, uint32_t count, struct fail *why);
/* Write the record of an intent, and have it durable at once. */
int		 store_intend(const struct store_intent *intent, const char *record,
		    struct fail *why);
/* Pattern of `folders': * any run, ? one character, on UTF-8 names. */
bool		 store_pattern_matches(const char *pattern, const char *name);
/* A temporary stream (unlinked file, 0600, in $TMPDIR or memory while small); never NULL but with `why'. */
FILE		*store_stage(struct fail *why);
/* What was written to it, where that is in memory; borrowed until it is written to or closed.  false of other streams. */
bool		 store_stage_text(FILE *f, struct span *text);
/* The same stage under another stream, at its start: f is empty then, and not to be written to.  NULL of other streams. */
FILE		*store_stage_take(FILE *f);

/*
 * One step of a durable protocol is done.  Does nothing; the crash tests link
 * another step.c that ends the process at the step MAILX_CRASH names.
 */
void		 durable_step(const char *what);

#endif
