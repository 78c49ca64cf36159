/* SPDX-License-Identifier: ISC */
/*
 * outcolour.c -- colour, put around text that is safe and cut already, so that
 * it changes neither; at a prompt alone: what -H or -Y print is as in a file.  The only ESC that output has are ours:
 * what goes to a pager after all can be had without them.
 */
#include <stdlib.h>
#include <string.h>

#include "outint.h"
#include "vars.h"

static bool
environment_allows(void)
{
	const char *no = getenv("NO_COLOR"), *type = getenv("TERM");

	return (no == NULL || *no == '\0') && type != NULL && *type != '\0' &&
	    strcmp(type, "dumb") != 0;
}

bool
out_has_colour(const struct mailx *m)
{
	enum out_way way = m->out->way;

	return m->interactive && !m->scripted && (way == TO_STDOUT || way == TO_PAGER) &&
	    environment_allows() &&
	    var_is_set(m, "color");
}

const char *
out_colour_of(uint32_t flags, bool is_dot)
{
	bool unread = (flags & MSG_SEEN) == 0;

	if ((flags & MSG_DELETED) != 0)
		return "\033[2m";
	if ((flags & MSG_FLAGGED) != 0)
		return unread ? "\033[1;33m" : "\033[33m";
	if (is_dot)
		return unread ? "\033[1;36m" : "\033[36m";
	return unread ? "\033[1m" : NULL;
}

int
out_copy_plain(FILE *in, FILE *out)
{
	int c;

	while ((c = getc(in)) != EOF) {
		if (c == '\033') {
			while ((c = getc(in)) != EOF && c != 'm')
				;
			continue;
		}
		putc(c, out);
	}
	return ferror(in) || ferror(out) ? -1 : 0;
}
