/* SPDX-License-Identifier: ISC */
/*
 * mboxtext.c -- one message in the form of an mbox (RFC 4155) and out of it again.
 *
 * mboxrd: a line that is any number of `>' and "From " gets one `>' more, and reading
 * takes one off.  Headers too, for a malformed one must not end its message early.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mbox.h"

/* Is the line `>'s (at least `least') and "From "? */
static bool
is_from_line(struct span s, size_t least)
{
	size_t q;

	for (q = 0; q < s.n && s.p[q] == '>'; q++)
		continue;
	return q >= least && s.n - q >= 5 && memcmp(s.p + q, "From ", 5) == 0;
}

bool
mbox_is_note(struct span line)
{
	return span_has_prefix(line, "Status:") ||
	    span_has_prefix(line, "X-Status:") ||
	    span_has_prefix(line, "X-Keywords:");
}

void
mbox_write_status(FILE *out, const struct msg *m, const char *eol)
{
	const char *p;

	if ((m->flags & (MSG_SEEN | MSG_OLD)) != 0)
		fprintf(out, "Status: %s%s%s", (m->flags & MSG_SEEN) ? "R" : "",
		    (m->flags & MSG_OLD) ? "O" : "", eol);
	if ((m->flags & (MSG_ANSWERED | MSG_FLAGGED | MSG_DRAFT)) != 0)
		fprintf(out, "X-Status: %s%s%s%s",
		    (m->flags & MSG_ANSWERED) ? "A" : "",
		    (m->flags & MSG_FLAGGED) ? "F" : "",
		    (m->flags & MSG_DRAFT) ? "T" : "", eol);
	if (m->tags == NULL)
		return;
	fputs("X-Keywords: ", out);
	for (p = m->tags; *p != '\0'; p++)
		putc(ascii_is_control((unsigned char)*p) ? ' ' : *p, out);
	fputs(eol, out);
}

/* The header of a stream, which is left where it was: all that fits into a field. */
static int
peek_head(FILE *in, struct head *h, struct fail *why)
{
	off_t start = ftello(in);
	struct lines *l = lines_new(in);
	struct span piece;
	bool starts;
	char *text;
	size_t len, n = 0;
	FILE *m = xmemstream(&text, &len);

	while (n < MAX_FIELD_SIZE && lines_next(l, &piece, &starts)) {
		fwrite(piece.p, 1, piece.n, m);
		n += piece.n;
		if (starts && *piece.p == '\n')
			break;
	}
	free(l);
	fclose(m);
	head_parse(h, text, len);
	if (start != -1 && fseeko(in, start, SEEK_SET) == 0)
		return 0;
	head_free(h);
	return fail_errno(why, EX_IOERR, "cannot read the message again");
}

/* The envelope sender: Return-Path, else the address of From, else MAILER-DAEMON. */
static char *
sender_of(FILE *in, struct fail *why)
{
	struct addrs as = { NULL, 0, 0, 0 };
	const struct field *f;
	char *from = NULL, *p;
	struct head h;

	if (peek_head(in, &h, why) == -1)
		return NULL;
	if ((f = head_get(&h, "Return-Path")) == NULL)
		f = head_get(&h, "From");
	if (f != NULL)
		addrs_parse(&as, f->body, NULL);
	if (as.n > 0)
		from = xstrdup(as.v[0].addr);
	addrs_free(&as);
	head_free(&h);
	for (p = from; p != NULL && *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 127)
			*p = '_';
	if (from == NULL || *from == '\0') {
		free(from);
		from = xstrdup("MAILER-DAEMON");
	}
	return from;
}

/* Where in a message's text the writer is. */
struct place {
	bool	 body;			/* behind the header */
	bool	 first;			/* nothing was read */
	bool	 skip;			/* in a line or field that is left out */
	bool	 ended;			/* what was written ends with a newline */
};

/* Is this line, or field that it continues, to be left out? */
static bool
is_left_out(const struct place *at, struct span line)
{
	int64_t when;

	if (at->body)
		return false;
	if (at->first && mbox_is_separator(line.p, line.n, &when))
		return true;
	if (*line.p == ' ' || *line.p == '\t')
		return at->skip;
	return mbox_is_note(line) || span_has_prefix(line, "Content-Length:");
}

/* Lines with LF ends; header lines that are ours to write are left out. */
static int
write_text(FILE *in, FILE *out, const struct msg *like)
{
	struct place at = { false, true, false, true };
	struct lines *l = lines_new(in);
	struct span piece;
	bool starts;

	while (lines_next(l, &piece, &starts)) {
		if (starts) {
			at.skip = is_left_out(&at, piece);
			at.first = false;
			if (!at.body && *piece.p == '\n') {
				at.body = true;
				mbox_write_status(out, like, "\n");
			}
			if (!at.skip && is_from_line(piece, 0))
				putc('>', out);
		}
		if (at.skip)
			continue;
		fwrite(piece.p, 1, piece.n, out);
		at.ended = piece.p[piece.n - 1] == '\n';
	}
	free(l);
	if (!at.ended)
		putc('\n', out);
	if (!at.body)
		mbox_write_status(out, like, "\n");
	putc('\n', out);
	return ferror(in) ? -1 : 0;
}

int
mbox_write_message(FILE *in, FILE *out, const struct msg *like,
    struct fail *why)
{
	char *from = sender_of(in, why), when[DATE_MAX];
	static const struct msg none;

	if (from == NULL)
		return -1;
	if (like == NULL)
		like = &none;
	date_ctime(like->arrived != 0 ? like->arrived : (int64_t)time(NULL),
	    when);
	fprintf(out, "From %s %s\n", from, when);
	free(from);
	if (write_text(in, out, like) == -1)
		return fail_errno(why, EX_IOERR, "cannot read the message");
	if (ferror(out))
		return fail_errno(why, EX_IOERR, "cannot write");
	return 0;
}

int
mbox_read_text(FILE *in, FILE *out, bool quoted)
{
	struct lines *l = lines_new(in);
	struct span piece;
	bool starts;

	while (lines_next(l, &piece, &starts)) {
		if (starts && quoted && is_from_line(piece, 1)) {
			piece.p++;
			piece.n--;
		}
		if (fwrite(piece.p, 1, piece.n, out) != piece.n)
			break;
	}
	free(l);
	return ferror(in) || ferror(out) ? -1 : 0;
}

int
mbox_text_digest(FILE *in, char hex[static DIGEST_SIZE], uint64_t *octets,
    struct fail *why)
{
	static const struct msg none;
	FILE *out = local_digest(hex, octets);
	int r = write_text(in, out, &none);

	fclose(out);
	return r == 0 ? 0 : fail_errno(why, EX_IOERR, "cannot read a message");
}
