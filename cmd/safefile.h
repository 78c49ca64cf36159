/* SPDX-License-Identifier: ISC */
/*
 * safefile.h -- files made from messages: whole or not there, mode 0600, never
 * over another file unless that was asked for, never through a link of another user
 * (link_is_trusted), and with a name out of a message through none.
 */
#ifndef CMD_SAFEFILE_H
#define CMD_SAFEFILE_H

#include "cmd.h"

struct safefile {
	FILE	*f;		/* to write to; closed by safefile_end */
	char	*name;		/* owned: as made, within dir */
	char	*final;		/* owned: what it is renamed to at the end; or NULL */
	int	 dir;		/* owned: descriptor of the directory; -1: none (a device) */
	bool	 made;		/* by us: removed again unless it becomes whole */
	off_t	 start;		/* not made by us: cut back to this; -1: a device */
};

enum safefile_how {
	SAFEFILE_NEW,		/* EX_CANTCREAT where there is one of that name, unless it is empty */
	SAFEFILE_APPEND,	/* made, or added to */
	SAFEFILE_REPLACE	/* takes the place of one at the end, whole */
};

/* A name that the user gave.  What exists and is neither file nor directory is just written to. */
int	 safefile_open(struct safefile *sf, const char *path,
	    enum safefile_how how, struct fail *why);
/* A new file in a directory: `name', or name-1.ext where that is taken. */
int	 safefile_create(struct safefile *sf, int dir, const char *name,
	    struct fail *why);
/*
 * Make it durable and close it (whole), or undo it.  0, or -1 when it could not
 * be made durable: then it has been undone, too.
 */
int	 safefile_end(struct safefile *sf, bool whole, struct fail *why);

/* A directory to put files into; made (0700) where `path' is missing in its own directory. */
int	 safefile_dir(const char *path, struct fail *why);
/* Decode a part of message n into that directory under its safe name, and tell of it. */
int	 safefile_part(struct mailx *m, int dir, const char *path, uint32_t n,
	    const struct part *p, struct fail *why);

#endif
