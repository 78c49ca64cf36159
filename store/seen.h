/* SPDX-License-Identifier: ISC */
/*
 * seen.h -- the state of fetch: what came from one source into one destination.
 * An append-only log of checksummed lines in $XDG_STATE_HOME/mailx/fetch/, one
 * writer at a time.  A torn last line is cut; any other damage is EX_DATAERR,
 * never taken as empty.
 */
#ifndef STORE_SEEN_H
#define STORE_SEEN_H

#include "store.h"

struct seen;

/* Open and lock the state of the pair; EX_TEMPFAIL while another fetch holds it; EX_DATAERR damaged or of a newer version. */
struct seen	*seen_open(const char *state_dir, const char *source, const char *dest,
		    struct fail *why);
/* Only look: no lock, nothing made or cut; what is not there is empty; changes are refused (EX_SOFTWARE). */
struct seen	*seen_peek(const char *state_dir, const char *source, const char *dest,
		    struct fail *why);
void		 seen_close(struct seen *s);		/* NULL is fine; what was not committed is lost */

enum seen_state { SEEN_NOT, SEEN_INTENDED, SEEN_DONE, SEEN_REMOVED };

/* The state of a key ("P:UIDL", "I:UIDVALIDITY:UID", ...) and, if done, what is known of it. */
struct seen_record {
	enum seen_state	 state;
	uint64_t	 size;
	int64_t		 when;		/* epoch of the fetch */
	const char	*light;		/* hash of Message-ID, Date, From, size; or "" */
	const char	*sha;		/* SHA-256 of the message, hex; or "" */
	const char	*intent;	/* of SEEN_INTENDED: the store's record */
};
/*
 * Read the records, if that has not been done: before it only the UIDVALIDITY,
 * the mark and the count are known, and that no intent is open; not whether a
 * record is damaged (EX_DATAERR).
 */
int		 seen_load(struct seen *s, struct fail *why);
size_t		 seen_count(const struct seen *s);	/* of keys that are there */
bool		 seen_get(const struct seen *s, const char *key, struct seen_record *r);

/* Each is durable when seen_commit returns. */
int		 seen_intend(struct seen *s, const char *key, const char *intent, struct fail *why);
int		 seen_done(struct seen *s, const char *key, uint64_t size, const char *light,
		    const char *sha, struct fail *why);
int		 seen_removed(struct seen *s, const char *key, struct fail *why);
int		 seen_forget(struct seen *s, const char *key, struct fail *why);
int		 seen_commit(struct seen *s, struct fail *why);
/* Walk all keys that are there; the callback may call the functions above. */
int		 seen_each(struct seen *s, int (*each)(void *ctx, const char *key,
		    const struct seen_record *r), void *ctx);
uint32_t	 seen_uidvalidity(const struct seen *s);	/* 0: none yet */
int		 seen_set_uidvalidity(struct seen *s, uint32_t v, struct fail *why);
/* Under this UIDVALIDITY all UIDs up to the mark are done; 0: none.  A new UIDVALIDITY clears it. */
uint32_t	 seen_mark(const struct seen *s);
int		 seen_set_mark(struct seen *s, uint32_t uid, struct fail *why);
/* While the server says this UIDNEXT, nothing is new: all below it are done.  0: not known. */
uint32_t	 seen_next(const struct seen *s);
int		 seen_set_next(struct seen *s, uint32_t uid, struct fail *why);
/* At the end: rewrite the log without what was forgotten, if it has grown; crash-safe.  Commits. */
int		 seen_compact(struct seen *s, struct fail *why);

#endif
