/* SPDX-License-Identifier: ISC */
/*
 * enclosed.c -- see enclosed.h.
 *
 * "begin 644 name" may be prose: a file begins there only if the next line is
 * one of uuencode's, length and all.  A line that cannot be one ends the file;
 * nothing of the text is lost by it.
 */
#include <stdlib.h>
#include <string.h>

#include "enclosed.h"
#include "filter.h"
#include "text.h"
#include "type.h"

#define LINE_HELD	2048

enum where { OUTSIDE, IN_UU, IN_YENC };

struct decoder {
	struct enclosed_reader r;
	enum where	 where;
	char		 line[LINE_HELD];
	size_t		 n;
	bool		 flowing;	/* the rest of a long line is text */
	char		 begun[LINE_HELD];	/* a line that may begin a file */
	size_t		 begun_n;
	FILE		*to;		/* borrowed: the file's octets; or NULL */
	uint64_t	 octets;
};

/* --- What lines say. --- */

static size_t
line_length(const char *p, size_t n)
{
	while (n > 0 && (p[n - 1] == '\n' || p[n - 1] == '\r'))
		n--;
	return n;
}

/* "begin 644 name": where the name is; or NULL. */
static const char *
uu_name(const char *p, size_t n)
{
	size_t i = 6;

	if (n < 11 || memcmp(p, "begin ", 6) != 0)
		return NULL;
	while (i < n && i < 10 && p[i] >= '0' && p[i] <= '7')
		i++;
	if (i < 9 || i + 1 >= n || p[i] != ' ' || p[i + 1] == ' ')
		return NULL;
	return p + i + 1;
}

/* "=ybegin line=128 size=123 name=x" */
static const char *
yenc_name(const char *p, size_t n)
{
	const char *name;

	if (n < 20 || memcmp(p, "=ybegin ", 8) != 0 ||
	    memmem(p, n, " size=", 6) == NULL)
		return NULL;
	name = memmem(p, n, " name=", 6);
	return name == NULL || name + 6 == p + n ? NULL : name + 6;
}

/* Octets of a line of uuencode, or -1; strict: nothing is missing at its end. */
static int
uu_count(const char *p, size_t n, bool strict)
{
	size_t need, i;
	int count;

	if (n == 0 || *p < ' ' || *p > '`')
		return n == 0 ? 0 : -1;
	count = (*p - ' ') & 63;
	need = ((size_t)count + 2) / 3 * 4;
	if (n - 1 > need + 1 || (strict && (n - 1 < need || count == 0)))
		return -1;
	for (i = 1; i < n; i++)
		if (p[i] < ' ' || p[i] > '`')
			return -1;
	return count;
}

/* --- Octets of files. --- */

static void
put(struct decoder *d, const char *octets, size_t n)
{
	d->octets += n;
	if (d->to != NULL)
		fwrite(octets, 1, n, d->to);
}

static unsigned
uu_value(const char *p, size_t n, size_t at)
{
	return at < n ? ((unsigned)p[at] - ' ') & 63 : 0;
}

static void
put_uu(struct decoder *d, const char *p, size_t n, int count)
{
	char out[64];
	unsigned v;
	size_t at, got = 0, want = (size_t)count;

	for (at = 1; got < want; at += 4) {
		v = uu_value(p, n, at) << 18 | uu_value(p, n, at + 1) << 12 |
		    uu_value(p, n, at + 2) << 6 | uu_value(p, n, at + 3);
		out[got++] = (char)(v >> 16 & 0xff);
		if (got < want)
			out[got++] = (char)(v >> 8 & 0xff);
		if (got < want)
			out[got++] = (char)(v & 0xff);
	}
	put(d, out, got);
}

static void
put_yenc(struct decoder *d, const char *p, size_t n)
{
	char out[LINE_HELD];
	size_t i, got = 0;
	unsigned c;

	/* RFC 5321 dots are undone; =y is a line of yEnc's own. */
	for (i = 0; i < n; i++) {
		c = (unsigned char)p[i];
		if (c == '=' && i + 1 < n)
			c = (unsigned char)p[++i] - 64U;
		out[got++] = (char)((c - 42U) & 0xff);
	}
	put(d, out, got);
}

static void
start(struct decoder *d, enum where where, const char *name, size_t n)
{
	char *copy = span_dup((struct span){ name, n });

	d->where = where;
	d->octets = 0;
	d->to = d->r.begin == NULL ? NULL : d->r.begin(d->r.ctx, copy);
	free(copy);
}

static void
finish(struct decoder *d)
{
	d->where = OUTSIDE;
	d->to = NULL;
	if (d->r.end != NULL)
		d->r.end(d->r.ctx, d->octets);
}

/* --- Lines. --- */

static void
put_text(struct decoder *d, const char *p, size_t n)
{
	if (d->r.text != NULL)
		fwrite(p, 1, n, d->r.text);
}

static void
release(struct decoder *d)
{
	put_text(d, d->begun, d->begun_n);
	d->begun_n = 0;
}

static void
outside(struct decoder *d, const char *p, size_t n)
{
	size_t len = line_length(p, n), begun;
	const char *name;
	int count;

	if (d->begun_n > 0) {
		begun = line_length(d->begun, d->begun_n);
		count = uu_count(p, len, true);
		if (count > 0) {
			name = uu_name(d->begun, begun);
			start(d, IN_UU, name, begun - (size_t)(name - d->begun));
			d->begun_n = 0;
			put_uu(d, p, len, count);
			return;
		}
		release(d);
	}
	if (uu_name(p, len) != NULL && n <= sizeof d->begun) {
		memcpy(d->begun, p, n);
		d->begun_n = n;
	} else if ((name = yenc_name(p, len)) != NULL)
		start(d, IN_YENC, name, len - (size_t)(name - p));
	else
		put_text(d, p, n);
}

static void
take_line(struct decoder *d, const char *p, size_t n)
{
	size_t len = line_length(p, n);
	int count;

	if (d->where == OUTSIDE)
		outside(d, p, n);
	else if (d->where == IN_YENC) {
		if (len >= 5 && memcmp(p, "=yend", 5) == 0)
			finish(d);
		else if (len < 6 || memcmp(p, "=ypart", 6) != 0)
			put_yenc(d, p, len);
	} else if (len == 3 && memcmp(p, "end", 3) == 0)
		finish(d);
	else if ((count = uu_count(p, len, false)) >= 0)
		put_uu(d, p, len, count);
	else {
		finish(d);
		outside(d, p, n);
	}
}

/* A line is too long to be held: it is text. */
static void
overflow(struct decoder *d, const char *p, size_t n)
{
	if (d->where != OUTSIDE)
		finish(d);
	release(d);
	put_text(d, d->line, d->n);
	put_text(d, p, n);
	d->n = 0;
	d->flowing = n == 0 || p[n - 1] != '\n';
}

static int
decoder_write(void *ctx, const char *p, int size)
{
	struct decoder *d = ctx;
	size_t n = (size_t)size, len;
	const char *nl;

	while (n > 0) {
		nl = memchr(p, '\n', n);
		len = nl == NULL ? n : (size_t)(nl - p) + 1;
		if (d->flowing) {
			put_text(d, p, len);
			d->flowing = nl == NULL;
		} else if (len > sizeof d->line - d->n)
			overflow(d, p, len);
		else {
			memcpy(d->line + d->n, p, len);
			d->n += len;
			if (nl != NULL) {
				take_line(d, d->line, d->n);
				d->n = 0;
			}
		}
		p += len;
		n -= len;
	}
	return d->r.text != NULL && ferror(d->r.text) ? -1 : size;
}

static int
decoder_close(void *ctx)
{
	struct decoder *d = ctx;
	int r;

	if (d->n > 0)
		take_line(d, d->line, d->n);
	release(d);
	if (d->where != OUTSIDE)
		finish(d);
	r = d->r.text != NULL && ferror(d->r.text) ? -1 : 0;
	free(d);
	return r;
}

FILE *
enclosed_decoder(const struct enclosed_reader *r)
{
	struct decoder *d = xcalloc(1, sizeof *d);

	d->r = *r;
	return filter_new(d, decoder_write, decoder_close);
}

/* --- As parts. --- */

bool
enclosed_possible(const struct part *p)
{
	return p->child == NULL && p->enclosed == 0 &&
	    strcmp(p->type.value, "text/plain") == 0;
}

struct finding {
	struct part	*around;
	struct part	*last;
	const char	*charset_8bit;
};

static FILE *
found(void *ctx, const char *name)
{
	struct finding *f = ctx;
	struct part *p;

	if (f->last != NULL && f->last->enclosed >= MAX_ENCLOSED)
		return NULL;
	p = xcalloc(1, sizeof *p);
	p->parent = f->around;
	p->enclosed = f->last == NULL ? 1 : f->last->enclosed + 1;
	p->index = p->enclosed;
	p->filename = text_to_utf8(span_of(name), part_charset(f->around),
	    f->charset_8bit, NULL, NULL);
	p->type.value = type_guess(p->filename, "\0", 1);
	p->disposition.value = xstrdup("attachment");
	p->encoding = f->around->encoding;
	p->encoding_name = xstrdup(f->around->encoding_name);
	p->start = f->around->start;
	p->body = f->around->body;
	if (f->last == NULL)
		f->around->inside = p;
	else
		f->last->next = p;
	f->last = p;
	return NULL;
}

static void
measured(void *ctx, uint64_t octets)
{
	struct finding *f = ctx;

	if (f->last != NULL && f->last->size == 0)
		f->last->size = octets;
}

/* part_decode of what is around it, by way of that reader. */
static int
decode_around(const struct part *around, FILE *in, uint64_t n,
    const struct enclosed_reader *r, unsigned *defects, struct fail *why)
{
	FILE *f = enclosed_decoder(r);
	int result = part_decode(around, in, n, f, defects, why);

	if (fclose(f) != 0 && result == 0)
		result = fail_errno(why, EX_IOERR, "cannot write");
	return result;
}

int
enclosed_find(struct part *p, FILE *in, uint64_t n, const char *charset_8bit,
    struct fail *why)
{
	struct finding f = { p, NULL, charset_8bit };
	struct enclosed_reader r = { NULL, found, measured, &f };

	if (p->inside != NULL)
		return 0;
	return decode_around(p, in, n, &r, NULL, why);
}

char *
enclosed_around(const char *number)
{
	const char *dot = strrchr(number, '.');

	if (dot == NULL || ascii_lower(dot[1]) != 'u' ||
	    !ascii_is_digit((unsigned char)dot[2]))
		return NULL;
	return span_dup((struct span){ number, (size_t)(dot - number) });
}

struct part *
enclosed_get(struct part *p, const char *number)
{
	const char *dot = strrchr(number, '.');
	struct part *e = p->inside;
	const char *bad = NULL;
	long long k;

	if (dot == NULL || dot[1] == '\0')
		return NULL;
	k = strtonum(dot + 2, 1, MAX_ENCLOSED, &bad);
	while (e != NULL && bad == NULL && e->enclosed != k)
		e = e->next;
	return bad == NULL ? e : NULL;
}

struct choosing {
	FILE		*out;
	unsigned	 wanted, seen;
};

static FILE *
choose(void *ctx, const char *name)
{
	struct choosing *c = ctx;

	(void)name;
	return ++c->seen == c->wanted ? c->out : NULL;
}

int
enclosed_decode(const struct part *p, FILE *in, uint64_t n, FILE *out,
    unsigned *defects, struct fail *why)
{
	struct choosing c = { out, p->enclosed, 0 };
	struct enclosed_reader r = { NULL, choose, NULL, &c };

	if (decode_around(p->parent, in, n, &r, defects, why) == -1)
		return -1;
	return ferror(out) ? fail_errno(why, EX_IOERR, "cannot write") : 0;
}
