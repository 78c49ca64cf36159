/* SPDX-License-Identifier: ISC */
/* mboxredo.h -- between the files of a change of an mbox; what it is stands in mboxredo.c. */
#ifndef STORE_MBOXREDO_H
#define STORE_MBOXREDO_H

#include "mbox.h"

#define REDO_BLOCK	(64 * 1024)

struct change {
	uint64_t	 dev, ino;
	uint64_t	 first;		/* where the octets belong */
	uint64_t	 old, new;	/* sizes of the mailbox */
	uint64_t	 before;	/* hash of what stands before `first' */
	uint64_t	 sum;		/* hash of the octets, new and old */
	bool		 grown, written;	/* the marks */
};

struct redo {
	char		*path;		/* owned: its final name */
	char		*tmp;		/* owned */
	int		 fd;
	FILE		*out;		/* owned; NULL once all is written */
	char		*block;		/* owned: its buffer */
	int		 mailbox;	/* borrowed descriptor */
	const char	*name;		/* borrowed: the mailbox */
	const struct store_options *options;	/* borrowed */
	struct mbox_sum	 sum;
	int		 error;		/* errno of a write that failed, or 0 */
	struct change	 c;
};

/* --- mboxredo.c --- */

/* The name of a change that is there, or NULL; the caller frees. */
char		*redo_find(const char *mailbox, const struct store_options *o);
/* In the place of the one of that path; NULL: of none. */
struct redo	*redo_begin_at(const char *name, int mailbox, const char *path,
		    const struct store_options *o, uint64_t first,
		    struct fail *why);
/* All octets are there: durable, and under its name.  From here on it will be done. */
int		 redo_commit(struct redo *r, uint64_t size, struct fail *why);
void		 redo_free(struct redo *r);

/* --- mboxchange.c --- */

/* Note what stands before `first'. */
int		 change_note(struct change *c, int mailbox);
/* Where the end of the mailbox begins of which the old octets are kept too. */
uint64_t	 change_tail(const struct change *c);
/* Is it still the mailbox that was being changed? */
bool		 change_is_of(const struct change *c, int fd, int mailbox);
int		 change_write(const struct change *c, int fd);	/* -1 with errno */
int		 change_read(struct change *c, int fd);	/* -1: damaged */

#endif
