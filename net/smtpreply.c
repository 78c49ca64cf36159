/* SPDX-License-Identifier: ISC */
/*
 * smtpreply.c -- what an SMTP server answers (RFC 5321 4.2).
 *
 * A bare code without text counts: servers send "354" and "250" alone.  The time
 * is for the whole reply, for one that never ends may drip.
 */
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "smtpreply.h"

void
smtp_reply_free(struct smtp_reply *r)
{
	strv_free(&r->lines);
	free(r->text);
	r->text = NULL;
	r->code = 0;
}

bool
smtp_reply_line(struct span line, int *code, bool *more, struct span *text)
{
	const char *p = line.p;

	if (line.n < 3 || p[0] < '2' || p[0] > '5' ||
	    !ascii_is_digit((unsigned char)p[1]) ||
	    !ascii_is_digit((unsigned char)p[2]) ||
	    (line.n > 3 && p[3] != ' ' && p[3] != '-'))
		return false;
	*code = (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
	*more = line.n > 3 && p[3] == '-';
	text->p = p + (line.n > 3 ? 4 : 3);
	text->n = line.n > 3 ? line.n - 4 : 0;
	*text = span_trim(*text);
	return true;
}

/* Octets of an enhanced code (RFC 2034) and its blank at the start; 0: none. */
static size_t
enhanced(const char *s)
{
	size_t n = 0, len;
	int i;

	for (i = 0; i < 3; i++) {
		len = strspn(s + n, "0123456789");
		if (len == 0 || len > 3)
			return 0;
		n += len;
		if (s[n] != (i < 2 ? '.' : ' '))
			return 0;
		n++;
	}
	return n;
}

/* All lines as one; the enhanced code, which stands in each, only once. */
static char *
join(const struct smtp_reply *r)
{
	size_t i, n, skip;
	char *text;
	FILE *f = xmemstream(&text, &n);

	fprintf(f, "%03d", r->code);
	for (i = 0; i < r->lines.n; i++) {
		skip = i == 0 ? 0 : enhanced(r->lines.v[i]);
		if (skip > 0 && strncmp(r->lines.v[i], r->lines.v[0], skip) != 0)
			skip = 0;
		if (r->lines.v[i][skip] != '\0')
			fprintf(f, " %s", r->lines.v[i] + skip);
	}
	fclose(f);
	return text;
}

static int
read_line(struct conn *c, struct smtp_reply *r, bool *more, size_t *octets,
    struct fail *why)
{
	struct span line, text;
	int code;

	if (conn_line(c, &line, why) == -1)
		return -1;
	if (!smtp_reply_line(line, &code, more, &text))
		return fail(why, EX_PROTOCOL, "%s: not an SMTP reply: \"%.*s\"",
		    conn_name(c), (int)(line.n < 200 ? line.n : 200), line.p);
	if (r->lines.n > 0 && code != r->code)
		return fail(why, EX_PROTOCOL, "%s: a reply with two codes: %d "
		    "and %d", conn_name(c), r->code, code);
	*octets += line.n;
	if (r->lines.n == MAX_REPLY_LINES || *octets > MAX_REPLY_SIZE)
		return fail(why, EX_PROTOCOL, "%s: a reply without an end",
		    conn_name(c));
	r->code = code;
	strv_take(&r->lines, span_dup(text));
	return 0;
}

int
smtp_reply_read(struct conn *c, int seconds, struct smtp_reply *r,
    struct fail *why)
{
	bool more = true;
	size_t octets = 0;
	int result = 0;

	smtp_reply_free(r);
	conn_set_timeout(c, seconds);
	conn_set_deadline(c, seconds);
	while (more && result == 0)
		result = read_line(c, r, &more, &octets, why);
	conn_set_timeout(c, 0);
	conn_set_deadline(c, 0);
	if (result == 0)
		r->text = join(r);
	else
		smtp_reply_free(r);
	return result;
}

int
smtp_reply_exit(int code, int otherwise)
{
	if (code < 400)
		return 0;
	if (code < 500)
		return EX_TEMPFAIL;
	switch (code) {
	case 530:	/* authentication required */
	case 534:	/* mechanism too weak */
	case 535:	/* credentials invalid */
	case 538:	/* encryption required for the mechanism */
		return EX_NOPERM;
	default:
		return otherwise;
	}
}
