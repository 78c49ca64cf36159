/* SPDX-License-Identifier: ISC */
/*
 * imap.h -- between the files of the IMAP folder: sessions (imappool.c), the list of
 * messages and what the server says of it (imap.c), envelopes and structures
 * (imapstructure.c), asking for them (imapload.c), texts (imapfetch.c), searching
 * (imapsearch.c), changes (imapsync.c), appending (imapbatch.c), mailboxes by name (imapbox.c).
 */
#ifndef STORE_IMAP_H
#define STORE_IMAP_H

#include <sys/queue.h>

#include "../net/imap.h"
#include "store.h"

/* Headers of so many are worth a round trip, even on this machine. */
#define COMPRESS_MESSAGES	32

/* --- imappool.c --- */

struct session {
	TAILQ_ENTRY(session)	 link;
	struct server		 server;	/* owned */
	struct imap		*imap;		/* owned */
	struct store		*folder;	/* that is selected here; NULL: free */
	unsigned		 busy;		/* texts are coming in: not for others */
	bool			 knows_names;	/* the following was asked */
	struct imap_namespace	 names;		/* owned */
	bool			 used;		/* more than once: may have died in silence */
};

/*
 * A session for that URL that is alive: one that is kept, else a new one.  With
 * `alone' one that no folder has.  *path (owned by the caller): the mailbox, as the URL has it.
 */
struct session	*pool_session(const char *url, const struct store_options *o,
		    bool alone, char **path, struct fail *why);
/* It is over: closed, and forgotten. */
void		 pool_drop(struct session *ss);
void		 pool_end(void);
/* Ask for delimiter and prefixes, if that was not done yet. */
int		 pool_need_names(struct session *ss, struct fail *why);
/*
 * The server's name of a mailbox, and ours of a server's (NULL: it has none).  The
 * caller frees.  `guess': a name without levels is not worth a question; it may lack
 * the prefix of one's own mailboxes.
 */
char		*pool_mailbox(struct session *ss, const char *path, bool guess,
		    struct fail *why);
char		*pool_name(const struct session *ss, struct span mailbox, char delimiter);

/* --- imap.c --- */

/* A text that is awaited. */
struct wanted {
	uint32_t	 n;
	bool		 here;		/* its response came in whole */
	FILE		*f;		/* owned: the stage; NULL: see why */
	struct fail	*why;		/* owned: why there is none; NULL: not known */
};

/* Texts on their way (imapfetch.c). */
struct texts {
	const char	*item;		/* "BODY[]": what the server calls it */
	bool		 raw;		/* octets as they are, not with LF line ends */
	struct wanted	*v;
	size_t		 first, said;	/* those in between are awaited */
	struct wanted	*open;		/* of the response that comes in just now */
	struct texts	*outer;		/* of the call around this one; or NULL */
};

/* Messages that are read next, and texts of theirs that came along (imapfetch.c). */
struct kept_text {
	size_t		 at;		/* whose: in v */
	char		 item[48];
	bool		 raw;
	FILE		*f;		/* owned */
};
struct soon {
	uint32_t	 v[SOON_MESSAGES];
	size_t		 n, at;		/* the last that was read */
	struct kept_text kept[2 * SOON_MESSAGES];
	size_t		 nkept;
};

struct box {
	struct session		*session;
	char			*url;		/* owned: as it was opened, wiped; store.name lacks the password */
	char			*mailbox;	/* owned: the server's name */
	struct imap_mailbox	 state;
	uint32_t		 exists;	/* messages as the server counts */
	uint32_t		 live;		/* those of ours that are not gone */
	uint32_t		 known;		/* those whose UID is known, gone ones too */
	uint32_t		*tree;		/* owned: see imap.c; NULL while none is gone */
	unsigned		 want;		/* LOAD_ bits asked for just now */
	struct imap_job		*ahead;		/* of imap_ask; or NULL */
	unsigned		 ahead_want;	/* what it asked for */
	struct boxcache		*cache;		/* owned: headers of former runs; or NULL */
	struct boxlist		*list;		/* owned: UIDs and flags of the last run; or NULL */
	struct soon		*soon;		/* owned; or NULL */
	struct batch		*batch;		/* owned: what is appended (imapbatch.c); or NULL */
	struct texts		*texts;		/* on their way, the innermost call's; or NULL */
	FILE			*nowhere;	/* owned: takes texts that nobody awaits; or NULL */
};

struct box	*box_of(const struct store *s);
/* Have a session that is alive: where it was lost, another, the numbers kept. */
int		 box_check(struct store *s, struct fail *why);
/* Hear what the server says of the mailbox. */
void		 box_watch(struct store *s);
/* Ours of the server's sequence number, 0: none (yet); and back. */
uint32_t	 box_number(const struct store *s, uint32_t sequence);
uint32_t	 box_sequence(const struct store *s, uint32_t n);
/* The listed message of that UID, or 0.  All UIDs are known. */
uint32_t	 box_find(const struct store *s, uint32_t uid);
/* Message n has that UID; not if it has another, or its neighbours tell otherwise: false. */
bool		 box_name(struct store *s, uint32_t n, uint32_t uid);
/* The list has grown. */
void		 box_grown(struct store *s);
/* Sets "3:5,9" of these messages (any order), none longer than a server takes in a line. */
void		 box_sets(const struct store *s, const uint32_t *v, size_t n, bool uids,
		    struct strv *sets);
/* Have the UIDs of these known. */
int		 box_need_uids(struct store *s, const uint32_t *v, size_t n, struct fail *why);
/*
 * Say a command for each set, before and behind it these, and the mailbox (NULL: none)
 * last; several at once; 0 when all were OK.  `fates', where it is not NULL, has room
 * for one of each set.
 */
int		 box_each_set(struct store *s, const struct strv *sets, const char *before,
		    const char *after, const char *mailbox, int no,
		    enum imap_fate *fates, struct fail *why);

/* Names and values in turn? */
bool		 imap_are_pairs(const struct imap_node *n);

/* --- imapstructure.c --- */

/* NULL: it is none.  The caller frees what is returned. */
struct envelope	*imap_envelope(const struct imap_node *n, const char *charset_8bit);
struct part	*imap_structure(const struct imap_node *n, const char *charset_8bit);
/* What an ENVELOPE has not: References and List-Id, from a header with these. */
void		 imap_take_references(struct envelope *e, struct span text,
		    const char *charset_8bit);
/* An atom or a string?  NULL is none. */
bool		 imap_has_text(const struct imap_node *n);
uint64_t	 imap_read_count(const struct imap_node *n);	/* 0: it is none */

/* --- imapload.c --- */

/* What a FETCH told that never changes; NULL: not told. */
struct imap_items {
	const struct imap_node	*size, *arrived, *envelope, *structure;
	const struct imap_node	*references;	/* a header of References and List-Id */
	const struct imap_node	*brief;		/* a header of what LOAD_BRIEF has */
};

/* Take what a FETCH says, envelope and structure only where `want'.  Returns the LOAD_ bits that came; *it: from where. */
unsigned	 imap_take_items(struct msg *m, const struct imap_node *items,
		    unsigned want, const char *charset_8bit, struct imap_items *it);
unsigned	 imap_take_kept(struct msg *m, const struct imap_items *it,
		    unsigned want, const char *charset_8bit);
/* Those LOAD_ bits of `want' that must be asked for. */
unsigned	 imap_lacking(const struct msg *m, unsigned want);
/* The UID among the items, 0: none. */
uint32_t	 imap_item_uid(const struct imap_node *items);
const struct imap_node *imap_item(const struct imap_node *items, const char *name);
int		 imap_load(struct store *s, const uint32_t *v, size_t n, unsigned what,
		    struct fail *why);

void		 imap_ask(struct store *s, const uint32_t *v, size_t n, unsigned what);
/* What was asked ahead matters no more. */
void		 imap_ask_nothing(struct store *s);

/* --- imapcache.c --- */

/* What is worth keeping; sizes go with it, but not alone: fetch asks for those of all. */
#define LOAD_KEPT	(unsigned)(LOAD_ENVELOPE | LOAD_STRUCTURE | LOAD_BRIEF)

/* Without a cache these do nothing. */
void		 boxcache_open(struct store *s);
void		 boxcache_close(struct store *s);
/* Load from there what is there, for those whose UID is known. */
void		 boxcache_load(struct store *s, const uint32_t *v, size_t n, unsigned want);
bool		 boxcache_may_know(const struct store *s);
void		 boxcache_keep(struct store *s, uint32_t uid, const struct imap_items *it);
void		 boxcache_forget(struct store *s, uint32_t uid);

/* Where that of the mailbox is; NULL: nowhere.  The caller frees. */
char		*boxcache_dir(struct store *s, const struct session *ss);

/* --- imaplist.c --- */

/* What SELECT is to ask for (*resync, filled), and what is to be done behind it. */
const struct imap_resync *boxlist_read(struct store *s, const struct session *ss,
		    struct imap_resync *resync);
int		 boxlist_apply(struct store *s, struct fail *why);
void		 boxlist_write(struct store *s);
void		 boxlist_free(struct store *s);

/* --- imapfetch.c --- */

FILE		*texts_begin(void *store, const struct imap_response *r, struct span item,
		    uint64_t size, bool *raw);
/* A FETCH has come in whole: does it bring a text that was awaited? */
bool		 texts_take(struct store *s, uint32_t n, const struct imap_node *items);
void		 imap_soon(struct store *s, const uint32_t *v, size_t n);
int		 imap_head(struct store *s, uint32_t n, struct head *h, struct fail *why);
FILE		*imap_message(struct store *s, uint32_t n, struct fail *why);
FILE		*imap_part(struct store *s, uint32_t n, const struct part *p,
		    uint64_t *octets, struct fail *why);
int		 imap_messages(struct store *s, const uint32_t *v, size_t n,
		    int (*each)(void *, struct store *, uint32_t, FILE *, struct fail *),
		    void *ctx, struct fail *why);

/* --- imapsearch.c --- */

enum search_fit {
	FIT_NONE,		/* the server cannot say it */
	FIT_MORE,		/* what the server says holds all that match, and others */
	FIT_EXACT
};
/* Put a tree as SEARCH keys; `l' NULL: only tell how it fits. */
enum search_fit	 search_print(const struct search *x, struct imap_line *l);
int		 imap_search_folder(struct store *s, const struct search *x,
		    const struct numbers *among, struct numbers *found, struct fail *why);

/* --- imaplearn.c --- */

/* Know the UIDs where they can be told without asking. */
void		 box_infer(struct store *s);
/* Have it known which of our messages have these UIDs. */
int		 box_learn(struct store *s, const struct imap_uids *u, struct fail *why);
int		 imap_unseen(struct store *s, uint32_t *first, uint32_t *count,
		    struct fail *why);

/* --- imapsync.c --- */

int		 imap_sync(struct store *s, unsigned how, struct fail *why);
/* --- imapsort.c --- */

int		 imap_sort(struct store *s, const struct sort_by *by, size_t n,
		    struct numbers *ns, struct fail *why);
int		 imap_thread(struct store *s, struct numbers *ns, struct numbers *depths,
		    struct fail *why);
int		 imap_wait(struct store *s, int64_t deadline, struct fail *why);
int		 imap_check(struct store *s, uint32_t *added, struct fail *why);
bool		 imap_has_news(const struct store *s);
int		 imap_copy(struct store *s, const uint32_t *v, size_t n, const char *dest,
		    bool move, struct store_copied *copied, struct fail *why);
/* \Seen ..., keywords: as STORE and APPEND take them, blanks between.  The caller frees. */
char		*imap_flags(uint32_t flags, const char *tags);

/* --- imapbatch.c --- */

int		 imap_append_message(struct store *s, FILE *f, const struct msg *like,
		    const struct store_intent *intent, struct fail *why);
int		 imap_commit(struct store *s, struct fail *why);
int		 imap_settled(const struct store *s, size_t k, struct fail *why);
int		 imap_recover(struct store *s, const char *record, FILE *message,
		    struct fail *why);
void		 batch_free(struct store *s);

/* --- imapbox.c --- */

/* A mailbox by URL: the session to use, and its name there. */
struct place {
	struct session	*session;
	char		*mailbox;	/* owned */
	char		*path;		/* owned: ours */
};
/* `alone' as in pool_session; place_leave frees what is there. */
int		 place_reach(struct place *p, const char *url, const struct store_options *o,
		    bool alone, struct fail *why);
void		 place_leave(struct place *p);
int		 imap_subscribe_to(const char *name, bool on,
		    const struct store_options *o, struct fail *why);
int		 imap_mkdir(const char *name, bool parents, const struct store_options *o,
		    struct fail *why);
int		 imap_rmdir(const char *name, bool force, const struct store_options *o,
		    struct fail *why);
int		 imap_move_mailbox(const char *from, const char *to,
		    const struct store_options *o, struct fail *why);
int		 imap_quotas(const char *name,
		    int (*each)(void *, const struct store_quota *, struct fail *),
		    void *ctx, const struct store_options *o, struct fail *why);
int		 imap_list_mailboxes(const char *base, const char *pattern,
		    int (*each)(void *, const struct store_list_entry *, struct fail *),
		    void *ctx, const struct store_options *o, struct fail *why);

#endif
