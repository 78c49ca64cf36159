/* SPDX-License-Identifier: ISC */
/* local.h -- what the folders on this machine share: names, paths, durable directories. */
#ifndef STORE_LOCAL_H
#define STORE_LOCAL_H

#include "store.h"

/* The path of a local name: without mbox: or maildir:.  Borrowed from it. */
const char	*local_path(const char *name);
/* The kind of folder a local name means; for one that is not there, what it would become. */
const struct store_ops *local_kind(const char *name);
bool		 local_is_maildir(const char *path);
bool		 local_is_directory(const char *path);
bool		 local_is_mbox(const char *path);	/* a file that is empty or begins like one */
bool		 local_is_own_part(const char *name);	/* cur, new, tmp */
/* Nothing there, or a directory that holds nothing but the beginning of one. */
bool		 local_may_be_maildir(const char *path);

/* fsync the directory that holds path: a new name is durable only then. */
int		 local_sync_parent(const char *path, struct fail *why);
/* Make a Maildir (0700) and the directories above it. */
int		 local_make_maildir(const char *path, struct fail *why);
/* Make the directories above path (0700). */
int		 local_make_parents(const char *path, struct fail *why);
/* The code for an errno met at opening or making a folder. */
int		 local_code(int error, bool making);

/*
 * Is a change of a mailbox to be completed at its next opening, which would look for it
 * under its name?  EX_TEMPFAIL in why.
 */
bool		 local_is_half_changed(const char *path, const struct store_options *o, struct fail *why);

#define LOCAL_LEVELS	32	/* of directories that are listed, or removed at once */

/* SHA-256 of what is written to the stream, in hex, into hex (65 octets) at fclose. */
#define DIGEST_SIZE	65
FILE		*local_digest(char hex[static DIGEST_SIZE], uint64_t *octets);

/*
 * The lines of a stream, read to its end: with LF ends whatever they had; one of
 * more than 64 kB comes in pieces, of which the first `starts'.  Borrowed until
 * the next call; false at the end and where reading failed.  Freed with free.
 */
struct lines;
struct lines	*lines_new(FILE *in);
bool		 lines_next(struct lines *l, struct span *piece, bool *starts);
/* The rest of a stream with LF line ends, as a new one; closes f. */
FILE		*local_without_cr(FILE *f, const char *name, struct fail *why);

/* One message in mbox form (separator line, Status fields, mboxrd quoting, empty line) to out. */
int		 mbox_write_message(FILE *in, FILE *out, const struct msg *like, struct fail *why);

int		 local_mkdir(const char *name, bool parents, const struct store_options *o, struct fail *why);
int		 local_rmdir(const char *name, bool force, const struct store_options *o, struct fail *why);
int		 local_rename(const char *from, const char *to, const struct store_options *o, struct fail *why);
int		 local_list(const char *base, const char *pattern,
		    int (*each)(void *, const struct store_list_entry *, struct fail *),
		    void *ctx, const struct store_options *o, struct fail *why);

#endif
