/* SPDX-License-Identifier: ISC */
/*
 * transcript.c -- the dialogue as people read it.  All but printable ASCII is
 * escaped: it may go to a terminal, and half of it is the server's.
 */
#include <string.h>

#include "transcript.h"

#define MAX_SHOWN	4000	/* octets of one line */

static void
put(FILE *t, struct span s)
{
	size_t i, n = s.n < MAX_SHOWN ? s.n : MAX_SHOWN;
	int c;

	for (i = 0; i < n; i++) {
		c = (unsigned char)s.p[i];
		if (c >= ' ' && c < 127)
			putc(c, t);
		else
			fprintf(t, "\\x%02x", c);
	}
	if (n < s.n)
		fprintf(t, "... (%zu octets)", s.n);
}

void
transcript_line(FILE *t, char who, struct span line)
{
	if (t == NULL)
		return;
	fprintf(t, "%c: ", who);
	put(t, line);
	putc('\n', t);
	fflush(t);
}

void
transcript_secret(FILE *t, char who, struct span line, int shown)
{
	struct span head = { line.p, 0 };
	const char *blank;

	if (t == NULL)
		return;
	for (; shown > 0 && head.n < line.n; shown--) {
		blank = memchr(line.p + head.n, ' ', line.n - head.n);
		if (blank == NULL)
			break;
		head.n = (size_t)(blank + 1 - line.p);
	}
	if (shown > 0)
		head.n = line.n;	/* no word is left to hide */
	fprintf(t, "%c: ", who);
	put(t, head);
	fputs(head.n < line.n || line.n == 0 ? "***\n" : "\n", t);
	fflush(t);
}

void
transcript_octets(FILE *t, char who, uint64_t n)
{
	if (t == NULL || n == 0)
		return;
	fprintf(t, "%c: (%llu octets)\n", who, (unsigned long long)n);
	fflush(t);
}

void
transcript_remark(FILE *t, const char *text)
{
	if (t == NULL)
		return;
	fputs("* ", t);
	put(t, span_of(text));
	putc('\n', t);
	fflush(t);
}
