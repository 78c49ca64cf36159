/* SPDX-License-Identifier: ISC */
/*
 * imapline.c -- the text of a command, put together before it is said (RFC 9051 4.3:
 * strings are quoted, or literals for what quotes cannot hold: what is beyond ASCII,
 * where the server has not agreed to UTF-8).
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../mime/text.h"
#include "imap.h"

void
imap_line_init(struct imap_line *l)
{
	memset(l, 0, sizeof(*l));
	l->f = xmemstream_live(&l->text, &l->len);
}

void
imap_line_free(struct imap_line *l)
{
	fclose(l->f);
	free(l->text);
	free(l->literals);
}

void
imap_line_put(struct imap_line *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(l->f, fmt, ap);
	va_end(ap);
}

static void
put_literal(struct imap_line *l, struct span s)
{
	fflush(l->f);
	l->literals = xgrow(l->literals, l->nliterals, &l->cap,
	    sizeof(*l->literals));
	l->literals[l->nliterals].at = l->len;
	l->literals[l->nliterals++].n = s.n;
	fwrite(s.p, 1, s.n, l->f);
}

void
imap_line_string(struct imap_line *l, struct span s)
{
	bool quotable = s.n <= 1000, is_8bit = false;
	size_t i;

	for (i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] >= 0x80)
			is_8bit = true;
		if (ascii_is_control((unsigned char)s.p[i]))
			quotable = false;
	}
	if (is_8bit && !(l->utf8 && utf8_is_valid(s.p, s.n)))
		quotable = false;
	l->is_8bit = l->is_8bit || is_8bit;
	if (!quotable) {
		put_literal(l, s);
		return;
	}
	putc('"', l->f);
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			putc('\\', l->f);
		putc(s.p[i], l->f);
	}
	putc('"', l->f);
}

void
imap_line_add(struct imap_line *l, struct imap_line *more)
{
	size_t at = 0, i;

	fflush(more->f);
	for (i = 0; i < more->nliterals; i++) {
		fwrite(more->text + at, 1, more->literals[i].at - at, l->f);
		at = more->literals[i].at;
		imap_line_string(l, (struct span){ more->text + at,
		    more->literals[i].n });
		at += more->literals[i].n;
	}
	fwrite(more->text + at, 1, more->len - at, l->f);
	l->is_8bit = l->is_8bit || more->is_8bit;
}
