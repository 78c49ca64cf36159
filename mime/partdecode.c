/* SPDX-License-Identifier: ISC */
/* partdecode.c -- the contents of a part, decoded by streaming (RFC 2045 6; uuencode). */
#include <stdlib.h>
#include <string.h>

#include "b64.h"
#include "enclosed.h"
#include "filter.h"
#include "part.h"
#include "qp.h"
#include "text.h"

#define BLOCK	(64 * 1024)

/* --- CRLF to LF, for what is lines and not octets --- */

struct lines {
	FILE	*out;			/* borrowed */
	bool	 cr;			/* held back */
};

static int
lines_write(void *ctx, const char *p, int len)
{
	struct lines *l = ctx;
	size_t n = (size_t)len, run;
	const char *cr;

	while (n > 0) {
		if (l->cr && *p != '\n' && putc('\r', l->out) == EOF)
			return -1;
		l->cr = false;
		cr = memchr(p, '\r', n);
		run = cr == NULL ? n : (size_t)(cr - p);
		if (fwrite(p, 1, run, l->out) != run)
			return -1;
		if (cr != NULL) {
			l->cr = true;
			run++;
		}
		p += run;
		n -= run;
	}
	return len;
}

static int
lines_close(void *ctx)
{
	struct lines *l = ctx;
	int r = 0;

	if (l->cr && putc('\r', l->out) == EOF)
		r = -1;
	if (ferror(l->out))
		r = -1;
	free(l);
	return r;
}

static FILE *
lines_decoder(FILE *out)
{
	struct lines *l = xcalloc(1, sizeof *l);

	l->out = out;
	return filter_new(l, lines_write, lines_close);
}

/* --- uuencode --- */

#define UU_HELD	(32 * 1024)

struct uu {
	FILE	*out;			/* borrowed */
	char	 line[100];
	size_t	 n;
	bool	 begun, ended;
	bool	 plain;			/* nothing was encoded, after all */
	char	 held[UU_HELD];		/* the text before "begin" */
	size_t	 nheld;
};

/* Where no file begins, what was held is not to be lost. */
static void
uu_give_up(struct uu *u)
{
	fwrite(u->held, 1, u->nheld, u->out);
	u->plain = true;
}

static void
uu_hold(struct uu *u, char c)
{
	if (u->nheld == sizeof u->held)
		uu_give_up(u);
	else
		u->held[u->nheld++] = c;
}

static void
uu_line(struct uu *u)
{
	unsigned char out[64], *q = out;
	unsigned v[4], count, i;
	size_t at;

	if (u->ended || u->n == 0)
		return;
	if (!u->begun) {
		u->begun = u->n > 6 && memcmp(u->line, "begin ", 6) == 0;
		return;
	}
	if (u->n == 3 && memcmp(u->line, "end", 3) == 0) {
		u->ended = true;
		return;
	}
	count = ((unsigned)u->line[0] - ' ') & 63;
	for (at = 1; at + 3 < u->n + 3 && count > 0; at += 4) {
		for (i = 0; i < 4; i++)
			v[i] = at + i < u->n ?
			    ((unsigned)u->line[at + i] - ' ') & 63 : 0;
		*q++ = (unsigned char)(v[0] << 2 | v[1] >> 4);
		*q++ = (unsigned char)(v[1] << 4 | v[2] >> 2);
		*q++ = (unsigned char)(v[2] << 6 | v[3]);
		if (count < 3)
			q -= 3 - count;
		count = count > 3 ? count - 3 : 0;
		if (q > out + sizeof out - 4)
			break;
	}
	fwrite(out, 1, (size_t)(q - out), u->out);
}

static int
uu_write(void *ctx, const char *p, int len)
{
	struct uu *u = ctx;
	int i;

	for (i = 0; i < len; i++) {
		if (!u->begun && !u->plain && p[i] != '\r')
			uu_hold(u, p[i]);
		if (u->plain) {
			if (p[i] != '\r')
				putc_unlocked(p[i], u->out);
		} else if (p[i] == '\n') {
			uu_line(u);
			u->n = 0;
		} else if (p[i] != '\r' && u->n < sizeof u->line)
			u->line[u->n++] = p[i];
	}
	return ferror(u->out) ? -1 : len;
}

static int
uu_close(void *ctx)
{
	struct uu *u = ctx;
	int r;

	if (!u->plain)
		uu_line(u);
	if (!u->begun && !u->plain)
		uu_give_up(u);
	r = ferror(u->out) ? -1 : 0;
	free(u);
	return r;
}

static FILE *
uu_decoder(FILE *out)
{
	struct uu *u = xcalloc(1, sizeof *u);

	u->out = out;
	return filter_new(u, uu_write, uu_close);
}

static FILE *
transfer_decoder(const struct part *p, FILE *out, unsigned *defects)
{
	switch (p->encoding) {
	case ENCODING_BASE64:
		return b64_decoder(out, defects);
	case ENCODING_QP:
		return qp_decoder(out, defects);
	case ENCODING_UUENCODE:
		return uu_decoder(out);
	case ENCODING_BINARY:
		return NULL;
	default:
		return lines_decoder(out);
	}
}

static int
copy(FILE *in, uint64_t n, FILE *out, struct fail *why)
{
	size_t size = n < BLOCK ? (size_t)n : BLOCK, want, got;
	char *block = xmalloc(size);
	bool failed = false;

	while (n > 0 && !failed) {
		want = n < size ? (size_t)n : size;
		got = fread(block, 1, want, in);
		failed = got > 0 && fwrite(block, 1, got, out) != got;
		if (got < want)
			break;
		n -= got;
	}
	free(block);
	if (failed)
		return fail_errno(why, EX_IOERR, "cannot write");
	if (ferror(in))
		return fail_errno(why, EX_IOERR, "cannot read the message");
	return 0;
}

int
part_decode(const struct part *p, FILE *in, uint64_t n, FILE *out,
    unsigned *defects, struct fail *why)
{
	FILE *f = NULL;
	int r;

	if (p->enclosed > 0)
		return enclosed_decode(p, in, n, out, defects, why);
	/* Containers have no encoding of their own, whatever they say. */
	if (p->child == NULL)
		f = transfer_decoder(p, out, defects);
	if (f == NULL)
		return copy(in, n, out, why);
	r = copy(in, n, f, why);
	if (fclose(f) != 0 && r == 0)
		r = fail_errno(why, EX_IOERR, "cannot write");
	return r;
}

int
part_decode_text(const struct part *p, FILE *in, uint64_t n,
    const char *charset_8bit, FILE *out, unsigned *defects, struct fail *why)
{
	FILE *f = text_decoder(out, part_charset(p), charset_8bit, defects);
	int r = part_decode(p, in, n, f, defects, why);

	if (fclose(f) != 0 && r == 0)
		r = fail_errno(why, EX_IOERR, "cannot write");
	return r;
}
