/* SPDX-License-Identifier: ISC */
/*
 * imap.h -- a session with an IMAP server (RFC 3501, 9051; TLS 2595 and 8314,
 * SASL-IR 4959, ID 2971, NAMESPACE 2342, UIDPLUS 4315, ESEARCH 4731, LIST-EXTENDED
 * 5258, LIST-STATUS 5819, SPECIAL-USE 6154, MOVE 6851, LITERAL+ and - 7888, QUOTA
 * 9208, UTF8=ACCEPT 6855).
 *
 * Mailbox names here are the server's: with its delimiter, and in modified UTF-7 or
 * (imap_uses_utf8) as they are.
 *
 * Failures: a lost connection and BYE EX_TEMPFAIL, what is no answer EX_PROTOCOL,
 * BAD too; NO by its response code (RFC 5530), where that tells nothing by what
 * was asked.  After EX_PROTOCOL and a loss imap_is_alive says no, and every call
 * fails.  `why' quotes the server's words.
 */
#ifndef NET_IMAP_H
#define NET_IMAP_H

#include "imapread.h"
#include "server.h"

struct imap;

/* Connect, greet, TLS, authenticate; the capabilities are known afterwards. */
struct imap	*imap_open(const struct server *s, struct fail *why);
struct conn;
/* The same over a connection that is there and is taken over, on failure too. */
struct imap	*imap_attach(struct conn *c, const struct server *s, struct fail *why);
void		 imap_close(struct imap *x);	/* drops the connection; NULL is fine */
void		 imap_logout(struct imap *x);	/* LOGOUT, without waiting long, and close */
bool		 imap_is_alive(const struct imap *x);
/* Has the server said something unasked, or gone?  Deals with it; false: the session is over. */
bool		 imap_is_fresh(struct imap *x);
/* By its name, or as a part of IMAP4rev2. */
bool		 imap_offers(const struct imap *x, const char *capability);
/* An IMAP4rev2 alone?  It has no \Recent, and searches for none. */
bool		 imap_is_rev2(const struct imap *x);
/*
 * Are names and strings UTF-8, and is no CHARSET said?  Where the server has agreed
 * (RFC 6855), or is an IMAP4rev2 alone.  May have to wait for what it says.
 */
bool		 imap_uses_utf8(struct imap *x);
/* All capabilities.  Borrowed. */
const struct strv *imap_capabilities(const struct imap *x);
const char	*imap_name(const struct imap *x);	/* "host:port"; borrowed */

/*
 * Who hears what is said untagged: the folder that is selected.  1: it was asked
 * for; 0: not (over MAX_REPLY_LINES and `slack' of these in one command are
 * EX_PROTOCOL); -1 ends the session.  Literals of messages go to its sink.
 */
struct imap_watch {
	int		(*data)(void *ctx, const struct imap_response *r, struct fail *why);
	void		 *ctx;
	struct imap_sink  sink;
};
void		 imap_set_watch(struct imap *x, const struct imap_watch *w);	/* NULL: none; copied */
void		 imap_set_slack(struct imap *x, uint64_t lines);

/*
 * COMPRESS=DEFLATE (RFC 4978), where it is offered, was not refused, and the server
 * record lets it.  What is no failure of the connection is none.
 */
int		 imap_compress(struct imap *x, struct fail *why);

/* --- Commands: put together, started, finished; several may be under way. --- */

/* A command's text, strings in it as literals where they must be. */
struct imap_line {
	FILE		*f;
	char		*text;
	size_t		 len;
	struct {
		size_t	 at, n;
	}		*literals;	/* owned: where they stand in text */
	size_t		 nliterals, cap;
	bool		 is_8bit;	/* a string beyond ASCII is among them */
	bool		 utf8;		/* quotes may hold UTF-8: of imap_start alone */
	const struct imap_upload *uploads; /* borrowed: messages that end the command; or NULL */
	size_t		 nuploads;
};

void		 imap_line_init(struct imap_line *l);
void		 imap_line_free(struct imap_line *l);
void		 imap_line_put(struct imap_line *l, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Quoted, or a literal for what quotes cannot hold. */
void		 imap_line_string(struct imap_line *l, struct span s);
void		 imap_line_add(struct imap_line *l, struct imap_line *more);	/* more's text behind it */

struct imap_job;

/*
 * Say a command.  `data', where given, is offered the untagged responses that
 * the watch did not take, until the command is done: as imap_watch.data.
 */
struct imap_job	*imap_start(struct imap *x, struct imap_line *l,
		    int (*data)(void *ctx, const struct imap_response *r, struct fail *why),
		    void *ctx, struct fail *why);
/*
 * IDLE, where it is offered, until `enough' (asked after each response) says so
 * or the clock (wait.h) is at `deadline'.
 */
int		 imap_idle(struct imap *x, int64_t deadline, bool (*enough)(void *ctx),
		    void *ctx, struct fail *why);
/* What was said goes out now, though nothing is read yet; a loss shows when it is. */
void		 imap_flush(struct imap *x);
/* Read one response and deal with it. */
int		 imap_step(struct imap *x, struct fail *why);
bool		 imap_is_done(const struct imap_job *job);
/* Read until it is done; 0 for OK.  `no': the failure's code where NO has no telling one.  Frees it. */
int		 imap_finish(struct imap *x, struct imap_job *job, int no, struct fail *why);
/* Its outcome matters no more.  NULL is fine. */
void		 imap_abandon(struct imap *x, struct imap_job *job);
/* The response code that the last command ended with ("TRYCREATE"), upper case; "" if none. */
const char	*imap_code(const struct imap *x);
/* One that says all in a line, and its end. */
int		 imap_run(struct imap *x, int no, struct fail *why, const char *fmt, ...)
		    PRINTF_LIKE(4, 5);

/* --- Verbs (imapcmd.c). --- */

struct imap_mailbox {
	uint32_t	exists;
	uint32_t	uidvalidity;	/* 0: not said */
	uint32_t	uidnext;	/* 0: not said */
	uint32_t	unseen;		/* place of the first; 0: not said */
	uint64_t	modseq;		/* the highest; 0: the mailbox has none, or it was not asked */
	bool		read_only;
	bool		keywords;	/* new ones may be made (\*) */
};
/*
 * What was known of the mailbox (RFC 7162); modseq 0: nothing, ask for the present
 * one.  With QRESYNC `changed' gets the VANISHED (EARLIER) and FETCH that tell what
 * is different; it returns as imap_watch.data.
 */
struct imap_resync {
	uint32_t	  uidvalidity;
	uint64_t	  modseq;
	int		(*changed)(void *ctx, const struct imap_response *r,
			    struct fail *why);
	void		 *ctx;
};
int		 imap_select(struct imap *x, const char *mailbox, bool examine,
		    const struct imap_resync *resync, struct imap_mailbox *m,
		    struct fail *why);
/* QRESYNC is enabled: VANISHED comes in the place of EXPUNGE. */
bool		 imap_uses_qresync(const struct imap *x);
/* Where one's own mailboxes are, and others' (RFC 2342). */
struct imap_namespace {
	char		*prefix;	/* owned: of one's own; NULL: none */
	char		 delimiter;	/* of levels; '\0': there are none */
	struct strv	 others;	/* prefixes of those of others and of all */
};
/* Asked once a session; free it. */
int		 imap_namespace(struct imap *x, struct imap_namespace *ns, struct fail *why);
void		 imap_namespace_free(struct imap_namespace *ns);

struct imap_row {
	struct span	 name;		/* the server's, octets as they came */
	char		 delimiter;	/* '\0': none */
	bool		 selectable, has_children, subscribed;
	const char	*use;		/* as store_list_entry */
};
/*
 * LIST "" pattern.  `status' is called for what LIST-STATUS brings, wherever that
 * is offered; *counted tells.
 */
struct imap_lister {
	int	(*row)(void *ctx, const struct imap_row *row, struct fail *why);
	int	(*status)(void *ctx, struct span name, uint32_t messages,
		    uint32_t unseen, struct fail *why);
	void	*ctx;
};
int		 imap_list(struct imap *x, const char *pattern, const struct imap_lister *l,
		    bool *counted, struct fail *why);
/* STATUS of each, pipelined; those refused are passed over. */
int		 imap_status(struct imap *x, char *const *mailboxes, size_t n,
		    const struct imap_lister *l, struct fail *why);

struct imap_uids {
	uint32_t	*v;		/* owned */
	size_t		 n;
	size_t		 cap;
};
/*
 * UID SEARCH of these keys: ascending, each once; far more than `max' (messages
 * there are) is EX_PROTOCOL.  imap_code is BADCHARSET where the server cannot read them.
 */
int		 imap_search(struct imap *x, struct imap_line *keys, size_t max,
		    struct imap_uids *uids, struct fail *why);

/* The same, but places come, not UIDs. */
int		 imap_search_places(struct imap *x, struct imap_line *keys, size_t max,
		    struct imap_uids *places, struct fail *why);
/* The first place (0: none) and the number of what matches; needs ESEARCH. */
int		 imap_search_count(struct imap *x, const char *keys, uint32_t *first,
		    uint32_t *count, struct fail *why);

/* A resource of a quota root (RFC 9208): STORAGE in units of 1024 octets, MESSAGE, MAILBOX, ... */
struct imap_quota {
	struct span	root, resource;		/* the server's words */
	uint64_t	used, limit;
};
/*
 * GETQUOTAROOT: `each' for every resource that is limited; EX_NOINPUT where there is
 * no such mailbox and the server says so, EX_UNAVAILABLE where it tells of no quotas.
 */
int		 imap_quota(struct imap *x, const char *mailbox,
		    int (*each)(void *ctx, const struct imap_quota *q, struct fail *why),
		    void *ctx, struct fail *why);

/* --- APPEND (imapappend.c). --- */

enum imap_fate {
	IMAP_NOT_THERE,		/* refused, or never said to its end */
	IMAP_THERE,		/* the server has said OK */
	IMAP_MAY_BE_THERE	/* said, and the connection was lost before an answer */
};
/* A message that is to be appended. */
struct imap_upload {
	char		*flags;		/* borrowed: without parentheses; "": none */
	char		*date;		/* borrowed: as date_imap gives it; "": none */
	FILE		*in;		/* borrowed: it is from here to its end, and goes back; NULL: see text */
	const char	*text;		/* borrowed: it, with CRLF line ends and no NUL */
	uint64_t	 size;		/* octets with CRLF line ends */
	bool		 utf8;		/* of imap_append alone: it is said as UTF8 (RFC 6855) */
	enum imap_fate	 fate;
	struct fail	*why;		/* the caller's to free: why it is not surely there; or NULL */
};
/*
 * Append them, in order, as fast as the server can: in one command where it has
 * MULTIAPPEND (RFC 3502), else many at once.  All of a command are refused
 * together: then each is tried alone.  One that is itself refused (EX_DATAERR)
 * does not hold up the others; any other failure ends it.  A header beyond ASCII
 * goes as UTF8 where the server accepts it, and plainly after BAD.  Each fate is set;
 * -1 with the first failure when not all are there.  imap_code TRYCREATE: there
 * is no such mailbox.
 */
int		 imap_append(struct imap *x, const char *mailbox, struct imap_upload *v,
		    size_t n, struct fail *why);
/* The octets of the largest message that the server takes; UINT64_MAX: it tells of no limit. */
uint64_t	 imap_append_limit(const struct imap *x);
/* The octets of the rest of `in' with CRLF line ends; it goes back.  EX_DATAERR: a NUL is there. */
int		 imap_measure(FILE *in, uint64_t *size, struct fail *why);
int		 imap_create(struct imap *x, const char *mailbox, struct fail *why);
int		 imap_subscribe(struct imap *x, const char *mailbox, bool on, struct fail *why);
int		 imap_delete(struct imap *x, const char *mailbox, struct fail *why);
int		 imap_rename(struct imap *x, const char *from, const char *to, struct fail *why);
int		 imap_noop(struct imap *x, struct fail *why);

/* --- Between the files of this module. --- */

struct conn	*imap_conn(struct imap *x);
void		 imap_note_qresync(struct imap *x);
bool		 imap_accepts_utf8(struct imap *x);	/* UTF8=ACCEPT, not IMAP4rev2 alone */
int		 imap_login(struct imap *x, const struct server *s, const char *user,
		    const char *password, struct fail *why);	/* imapauth.c */
int		 imap_ask_capabilities(struct imap *x, struct fail *why);
bool		 imap_knows_capabilities(const struct imap *x);
void		 imap_forget_capabilities(struct imap *x);
/* Nothing more is to be said or heard. */
void		 imap_drop(struct imap *x);
/* Say a literal's announcement; wait for the server's leave if it must be asked. */
int		 imap_announce(struct imap *x, struct imap_job *job, const char *text,
		    uint64_t size, struct fail *why);
/* Say the messages of a command behind its `text', and end it (imapappend.c): 1 when the job ended before. */
int		 imap_say_uploads(struct imap *x, struct imap_job *job, const char *text,
		    const struct imap_upload *v, size_t n, struct fail *why);
/* Wait for "+": 0, *text borrowed; 1 when the job ended without. */
int		 imap_wait_more(struct imap *x, struct imap_job *job, struct span *text,
		    struct fail *why);
/* A job whose lines the caller says himself, beginning with its tag. */
struct imap_job	*imap_begin(struct imap *x, char tag[static 16]);

#endif
