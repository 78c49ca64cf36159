/* SPDX-License-Identifier: ISC */
/* headers.h -- summaries of the current folder (which is opened if it is not). */
#ifndef CMD_HEADERS_H
#define CMD_HEADERS_H

#include "../mailx.h"

/* -H: of every message that is not deleted. */
int	 headers_all(struct mailx *m, struct fail *why);
/* -L: of those that a list or search selects; none: m->status is 1 and nothing is printed. */
int	 headers_spec(struct mailx *m, const char *spec, struct fail *why);
/* The screenful around the current message, as a session starts with it. */
int	 headers_page(struct mailx *m, struct fail *why);
/* Of these, in that order; no body is downloaded. */
int	 headers_numbers(struct mailx *m, const struct numbers *ns, struct fail *why);

#endif
