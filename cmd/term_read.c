/* SPDX-License-Identifier: ISC */
/* term_read.c -- a line from a file, or from a person with no more editing than the terminal gives. */

#include <errno.h>
#include <stdlib.h>

#include "term.h"

/*
 * NUL octets are left out.  What goes beyond the bound is read and dropped: a
 * line of MAX_COMMAND_LINE octets is one that was too long.
 */
static char *
read_line(FILE *in)
{
	size_t n = 0, cap = 0;
	char *line = NULL;
	int c;

	while ((c = getc(in)) != EOF && c != '\n') {
		if (c == '\0' || n == MAX_COMMAND_LINE)
			continue;
		line = xgrow(line, n + 1, &cap, 1);
		line[n++] = (char)c;
	}
	if (c == EOF && n == 0) {
		free(line);
		return NULL;
	}
	line = xgrow(line, n + 1, &cap, 1);
	line[n] = '\0';
	return line;
}

char *
term_read(struct mailx *m, const char *prompt, FILE *in)
{
	char *line;

	if (in == NULL)
		in = stdin;
	if (m->interactive && in == stdin) {
		if (prompt != NULL)
			fputs(prompt, stdout);
		fflush(stdout);
	}
	errno = 0;
	while ((line = read_line(in)) == NULL && ferror(in) && errno == EINTR &&
	    got_signal == 0)
		clearerr(in);
	if (line == NULL && ferror(in) && errno == EINTR) {
		/* A signal while waiting: the caller looks at got_signal. */
		clearerr(in);
		return xstrdup("");
	}
	if (line == NULL && m->interactive && in == stdin)
		clearerr(in);	/* an end of file typed by a person */
	return line;
}
