/* SPDX-License-Identifier: ISC */
/* quote.c -- a message as text in another one: as `type' shows it, each line with a prefix. */

#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "sending.h"

/* Lines that are empty get none (POSIX ~m). */
static int
copy_prefixed(FILE *in, FILE *out, const char *prefix, struct fail *why)
{
	bool start = true;
	int c;

	while ((c = getc(in)) != EOF) {
		if (start && c != '\n')
			fputs(prefix, out);
		putc(c, out);
		start = c == '\n';
	}
	if (!start)
		putc('\n', out);
	return ferror(in) ? fail_errno(why, EX_IOERR, "a temporary file") : 0;
}

int
quote_message(struct mailx *m, uint32_t n, bool all, const char *prefix,
    FILE *out, struct fail *why)
{
	FILE *f = store_stage(why);
	int r;

	if (f == NULL)
		return -1;
	r = out_quote(m, m->folder, n, all ? QUOTE_ALL : QUOTE_SHOWN, f,
	    why);
	if (r == 0 && (fflush(f) != 0 || ferror(f)))
		r = fail_errno(why, EX_IOERR, "a temporary file");
	rewind(f);
	if (r == 0)
		r = copy_prefixed(f, out, prefix, why);
	fclose(f);
	return r;
}
