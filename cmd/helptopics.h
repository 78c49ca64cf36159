/* SPDX-License-Identifier: ISC */
/* helptopics.h -- what `help' tells of a subject rather than of a command. */
#ifndef CMD_HELPTOPICS_H
#define CMD_HELPTOPICS_H

struct topic {
	const char	*name;
	const char	*about;		/* one sentence, no full stop */
	const char	*text;		/* lines; an example stands behind a tab, with what it does */
};

extern const struct topic topics[];	/* ends with a NULL name */

#endif
