/* SPDX-License-Identifier: ISC */
/*
 * mailx.h -- the session: what one run of the program knows.  Made by main,
 * handed to every command; nothing else is kept between commands.
 */
#ifndef MAILX_H
#define MAILX_H

#include <signal.h>

#include "store/store.h"
#include "util.h"

struct out;
struct vars;
struct aliases;
struct macros;
struct fields;
struct interpreter;
struct sendqueue;
struct editor;
struct progress;

enum run_mode { MODE_SEND, MODE_RECEIVE, MODE_BATCH };

struct mailx {
	enum run_mode	 mode;
	bool		 interactive;	/* standard input and output are terminals */
	bool		 json;		/* -J */
	bool		 read_only;	/* -R */
	bool		 tilde;		/* -~, or interactive: tilde escapes in bodies */
	bool		 dry_run;	/* -d */
	bool		 no_summary;	/* -N */
	bool		 no_system_rc, no_user_rc;	/* -n */
	bool		 scripted;	/* -Y, -#, -H, -L, -J: never empties the system mailbox */

	/* The folder: named at the start, opened when a command first needs it. */
	struct store	*folder;	/* NULL until then */
	unsigned	 folders;	/* opened so far: the number tells one from another */
	char		*folder_name;	/* owned: resolved name to be opened; NULL: none */
	char		*folder_shown;	/* owned: the name as people wrote it */
	char		*previous;	/* owned: `#'; or NULL */
	bool		 folder_is_system;	/* POSIX rules of the system mailbox hold */
	uint32_t	 dot;		/* current message; 0: none */
	struct numbers	 found;		/* ` : the last search */
	struct order	*order;		/* cmd/order.h; NULL: by number */

	struct vars	*vars;		/* cmd/vars.h */
	struct aliases	*aliases;	/* cmd/alias.h */
	struct macros	*macros;	/* cmd/define.h: accounts, defined commands */
	struct fields	*fields;	/* cmd/fields.h; NULL: none said yet */
	struct store_options options;	/* for the store; set from the variables */
	struct out	*out;		/* cmd/out.h */
	struct progress	*progress;	/* cmd/progress.h */
	struct editor	*editor;	/* cmd/term_edit.c; NULL: no line has been edited */
	char		*account;	/* owned: the last that was activated; or NULL */
	struct sendqueue *queue;	/* cmd/queueing.h; NULL: nothing went by way of the outbox */
	struct once	*once;		/* cmd/once.h, borrowed: of the message that is being sent; or NULL */
	struct interpreter	*run;		/* cmd/runint.h: what is being interpreted; NULL: nothing yet */

	struct fail	 why;		/* of the command that runs */
	int		 status;	/* $?: of the last command, 0..255 */
	bool		 quit;		/* leave the loop */
	bool		 quit_unchanged;	/* ... as `exit' does */
	int		 depth;		/* source, call, alias inside each other */
};

/* Signals only set this: the number of the last one, or 0. */
extern volatile sig_atomic_t	got_signal;

#endif
