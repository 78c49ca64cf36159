/* SPDX-License-Identifier: ISC */
/* term_edit.h -- what the files of line editing share, and nobody else includes. */
#ifndef CMD_TERM_EDIT_H
#define CMD_TERM_EDIT_H

#include <histedit.h>
#include <termios.h>

#include "term.h"

struct editor {
	struct mailx	*m;		/* borrowed */
	EditLine	*el;		/* owned; NULL: this terminal cannot do it */
	HistoryW	*commands;	/* owned */
	HistoryW	*nothing;	/* owned: for answers and text */
	FILE		*complaints;	/* owned: libedit's own messages, which nobody wants */
	locale_t	 locale;	/* owned: UTF-8 where the environment says nothing */
	struct termios	 before;	/* as the terminal was */
	wchar_t		*prompt;	/* owned */
	enum term_use	 use;		/* of the line that is being read */
	int		 ahead;		/* octets that were typed before the line began, and one */
	bool		 answered;	/* a `?', by the last key */
	char		*last;		/* owned: remembered last; or NULL */
};

/* Bind the keys that are ours: Tab and the question mark. */
void	 editor_keys(struct editor *e);

#endif
