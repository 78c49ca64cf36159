/* SPDX-License-Identifier: ISC */
/* maildir.h -- between the files of the Maildir folder: listing and reading, delivering and changing. */
#ifndef STORE_MAILDIR_H
#define STORE_MAILDIR_H

#include <dirent.h>

#include "local.h"

struct maildir {
	char	*path;			/* owned */
	int	 dir;			/* descriptor */
	unsigned counter;
	struct strv written, places;	/* appended, not yet committed: names in tmp/, and in new/ or cur/ */
	const struct store_intent *intent; /* borrowed until the commit */
	uint32_t *slots;		/* owned: message numbers by base name; 0: none */
	size_t	 nslots;		/* a power of two */
};

/* --- maildir.c --- */

/* A message's file name, without the directory. */
const char	*maildir_file(const struct msg *m);
/* The length of a file's name without its flags. */
size_t		 maildir_base(const char *file);
/* The name in cur/ with these flags, of `base' or, where that is NULL, as before.  The caller frees. */
char		*maildir_name(const char *file, const char *base, uint32_t flags);
/* Is this entry of cur/ or new/ one?  No link, no FIFO, no directory is. */
bool		 maildir_is_message(int dir, const struct dirent *e);
bool		 maildir_is_there(const struct maildir *d, const char *name);
/* Names have changed: note all of them again. */
void		 maildir_remember_all(struct store *s);
/* Its file was not there: look for it, renamed by another program.  False: it is gone. */
bool		 maildir_find_again(struct store *s, uint32_t n);

/* --- maildirwrite.c --- */

int		 maildir_append(struct store *s, FILE *f, const struct msg *like,
		    const struct store_intent *intent, struct fail *why);
int		 maildir_commit(struct store *s, struct fail *why);
void		 maildir_abandon(struct store *s);
int		 maildir_recover(struct store *s, const char *record, FILE *message,
		    struct fail *why);
int		 maildir_sync(struct store *s, unsigned how, struct fail *why);

#endif
