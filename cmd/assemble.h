/* SPDX-License-Identifier: ISC */
/* assemble.h -- from a draft to a message that mime/build writes. */
#ifndef CMD_ASSEMBLE_H
#define CMD_ASSEMBLE_H

#include "sending.h"

struct letter {
	struct mailx	*m;		/* borrowed */
	struct draft	*d;		/* borrowed */
	struct build	*b;		/* owned */
	struct build_options options;
	char		*host;		/* owned: in options */
	FILE		*body;		/* borrowed from b: the body; or NULL */
	bool		 unfinished;	/* perhaps to nobody yet; its lines are not to flow */
	struct addrs	 from, sender, to, cc, bcc, reply_to;	/* settled */
	struct outgoing	 out;
};

/*
 * Check everything that can be checked before a connection is made, and build.
 * `domain' completes bare names.  The body and the streams of attachments go from
 * the draft to the letter.
 */
int	 letter_make(struct letter *l, struct mailx *m, struct draft *d,
	    const char *domain, struct fail *why);
/* The same of a draft that stays here: to nobody perhaps, bare names as they are. */
int	 letter_unfinished(struct letter *l, struct mailx *m, struct draft *d,
	    struct fail *why);
void	 letter_free(struct letter *l);

/*
 * A body by the variable `sendcharsets': `in' rewound, or what takes its place (`in'
 * is closed) and *charset, for the caller to free; else NULL there.
 */
FILE	*recode_text(const struct mailx *m, FILE *in, const char *type,
	    char **charset);

#endif
