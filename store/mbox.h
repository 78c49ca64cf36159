/* SPDX-License-Identifier: ISC */
/* mbox.h -- between the files of the mbox folder: scanning, appending, rewriting. */
#ifndef STORE_MBOX_H
#define STORE_MBOX_H

#include "local.h"
#include "lock.h"

/*
 * A message's place: msgs[].offset is its separator line, `text' octets of that
 * line; msgs[].size counts what follows, without the empty line behind it.
 */
struct mbox {
	char	*path;			/* owned */
	int	 fd;
	dev_t	 dev;
	ino_t	 ino;
	off_t	 size;			/* octets scanned */
	struct timespec mtime;
	/* appended since the last commit */
	struct lock *lock;		/* held while there are any */
	off_t	 first;			/* where they begin */
	bool	 is_new;		/* made by us: its directory is to be synced */
	bool	 pending;
};

/* In msg.loaded: some line of it begins with ">From ", so reading unquotes. */
#define MBOX_QUOTED	(1u << 16)
/* ... and some line of it ends in CRLF. */
#define MBOX_CRLF	(1u << 15)
#define MBOX_TEXT_SHIFT	17		/* octets of the separator line, up to 32767 */

/* Is it a separator: "From ", an address, a ctime date (or "From -" of Netscape)?  *when: its date. */
bool		 mbox_is_separator(const char *line, size_t n, int64_t *when);
/* Read messages from `from' to the end of the file into s->msgs. */
int		 mbox_scan(struct store *s, off_t from, struct fail *why);
/* Is the file still the one that was scanned?  Grown is fine: *grown. */
int		 mbox_verify(struct store *s, bool *grown, struct fail *why);

int		 mbox_append(struct store *s, FILE *f, const struct msg *like,
		    const struct store_intent *intent, struct fail *why);
int		 mbox_commit(struct store *s, struct fail *why);
int		 mbox_recover(struct store *s, const char *record, FILE *message,
		    struct fail *why);
int		 mbox_sync(struct store *s, unsigned how, struct fail *why);
int		 mbox_open_file(struct store *s, bool create, struct fail *why);

#endif
