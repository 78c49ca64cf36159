/* SPDX-License-Identifier: ISC */
/* mbox.h -- between the files of the mbox folder: scanning, appending, rewriting. */
#ifndef STORE_MBOX_H
#define STORE_MBOX_H

#include <sys/stat.h>

#include "local.h"
#include "lock.h"

/* What tells a message from others: a hash over fields that no program changes. */
struct mbox_ids {
	uint64_t	*v;		/* owned; as s->msgs */
	size_t		 cap;
};

/*
 * A message's place: msgs[].offset is its separator line, `text' octets of that
 * line; msgs[].size counts what follows, without the empty line behind it.
 * The list is in the order of the file until another program changes it.
 */
struct mbox {
	char	*path;			/* owned */
	int	 fd;
	/* the file as it was scanned */
	dev_t	 dev;
	ino_t	 ino;
	off_t	 size;
	struct timespec mtime;
	struct mbox_ids ids;
	uint32_t told;			/* messages that the caller knows of */
	/* appended since the last commit */
	struct lock *lock;		/* held while there are any */
	off_t	 batch;			/* where they begin */
	off_t	 first;			/* where those begin that are not written yet */
	FILE	*gathered;		/* owned: what the commit writes there; or NULL */
	off_t	 ngathered;		/* octets of it that count */
	const struct store_intent *intent;	/* of these */
	uint64_t proved;		/* by recovery: before that place nothing was moved */
	/* since it was opened, of all that was appended */
	off_t	 start;			/* where that begins */
	struct stat end;		/* the file behind the last of it */
	bool	 appended;
	bool	 foreign;		/* others have written in between */
	struct timespec atime;		/* when it was opened */
	bool	 is_new;		/* made by us: its directory is to be synced */
	bool	 pending;
};

/* In msg.loaded: what its text lacks of the form in which it is read. */
#define MBOX_CRLF	(1u << 15)	/* lines end with CRLF */
#define MBOX_QUOTED	(1u << 16)	/* some line of it begins with ">From " */
#define MBOX_TEXT_SHIFT	17		/* octets of the separator line, at most: */
#define MBOX_TEXT_MAX	0x7fff

#define MBOX_LOOKED	1000		/* octets of a line that are looked at */

/* --- mboxscan.c --- */

/* Is it a separator: "From ", an address, a ctime date (or "From -" of Netscape)?  *when: its date. */
bool		 mbox_is_separator(const char *line, size_t n, int64_t *when);
/* Read messages from `from' to the end of the file, *end, into s->msgs; their ids beside them. */
int		 mbox_scan(struct store *s, off_t from, struct mbox_ids *ids,
		    off_t *end, struct fail *why);
off_t		 mbox_text_start(const struct msg *m);
/* A store of the same file without messages, to scan into, and its end. */
void		 mbox_fresh(struct store *fresh, const struct store *s);
void		 mbox_fresh_free(struct store *fresh);
/* Does message n still stand where it stood? */
bool		 mbox_is_there(struct store *s, uint32_t n);

/* --- mbox.c --- */

int		 mbox_open_file(struct store *s, struct fail *why);
/*
 * Lock the file that has that name now, a change that was half made completed.
 * NULL with `why' filled: EX_TEMPFAIL when it is locked by others for too long.
 */
struct lock	*mbox_lock(struct store *s, bool write, struct fail *why);
/* The file is now as we know it. */
int		 mbox_remember(struct mbox *b, struct fail *why);
/* Octets at an offset, all of them; EX_TEMPFAIL when another program cut them off. */
int		 mbox_read_at(struct mbox *b, void *p, size_t n, off_t at, struct fail *why);
/* Its header as it stands there, with the empty line: the caller frees. */
int		 mbox_read_head(struct mbox *b, const struct msg *m, char **text,
		    size_t *n, struct fail *why);
/* A message of the file as it is read. */
FILE		*mbox_open_text(struct mbox *b, const struct msg *m, struct fail *why);

/* --- mboxfollow.c --- */

/*
 * Follow what other programs did to the file, which is locked: what they added
 * is added to the list, what they removed becomes MSG_GONE.
 */
int		 mbox_follow(struct store *s, struct fail *why);

/* --- mboxtext.c --- */

/* A field that programs keep in the header for themselves. */
bool		 mbox_is_note(struct span line);
void		 mbox_write_status(FILE *out, const struct msg *m, const char *eol);
/* Out of the form of an mbox: LF line ends and, where it is quoted, one `>' less. */
int		 mbox_read_text(FILE *in, FILE *out, bool quoted);
/* SHA-256 and length of a message without what a mailbox adds to it. */
int		 mbox_text_digest(FILE *in, char hex[static DIGEST_SIZE],
		    uint64_t *octets, struct fail *why);

/* --- mboxappend.c, mboxsync.c --- */

int		 mbox_append(struct store *s, FILE *f, const struct msg *like,
		    const struct store_intent *intent, struct fail *why);
int		 mbox_commit(struct store *s, struct fail *why);
int		 mbox_take_back(struct store *s, struct fail *why);
int		 mbox_recover(struct store *s, const char *record, FILE *message,
		    struct fail *why);
int		 mbox_sync(struct store *s, unsigned how, struct fail *why);

/* --- mboxredo.c --- */

/*
 * A change of a mailbox on its way: first the octets from `first' on go to a file
 * beside it (or into the state directory), which is durable and named before the
 * mailbox is touched.  Whoever opens the mailbox next completes what it finds.
 */
struct redo;
struct redo	*redo_begin(struct mbox *b, const struct store_options *o,
		    off_t first, struct fail *why);
FILE		*redo_stream(struct redo *r);	/* for the octets; not to be closed */
int		 redo_copy(struct redo *r, int fd, off_t start, off_t end,
		    struct fail *why);		/* octets of a file to it */
/* Make the change, of a file of `size' octets, and free r, -1 or not. */
int		 redo_make(struct redo *r, off_t size, struct fail *why);
void		 redo_abandon(struct redo *r);
/* Has a change of that mailbox been begun and not completed? */
bool		 redo_is_there(const char *path, const struct store_options *o);
/* Complete it; nothing to do is fine.  The file is locked for writing. */
int		 redo_complete(const char *path, const struct store_options *o, int fd,
		    struct fail *why);

/* A hash of octets in any portions; not against enemies. */
struct mbox_sum {
	uint64_t	 hash;
	unsigned char	 rest[8];
	size_t		 n;
};
void		 mbox_sum_add(struct mbox_sum *x, const void *p, size_t n);
uint64_t	 mbox_sum_end(struct mbox_sum *x);

#endif
