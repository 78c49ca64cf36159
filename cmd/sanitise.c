/* SPDX-License-Identifier: ISC */
/*
 * sanitise.c -- text from outside made safe to look at: what could drive or
 * deceive a terminal comes out as visible escapes, \xHH for an octet and \uHHHH
 * for a character.
 */
#include <stdlib.h>
#include <string.h>

#include "../mime/text.h"
#include "out.h"
#include "sanitise.h"

struct filter {
	FILE		*out;		/* borrowed */
	character_fn	*put;
	run_fn		*run;		/* or NULL */
	void		(*end)(void *ctx);
	void		*ctx;
	char		 held[4];	/* a character that has not wholly come */
	size_t		 n;
};

/* May these n octets (1..3) be the beginning of a longer character? */
static bool
is_partial(const char *p, size_t n)
{
	unsigned char c = (unsigned char)p[0];
	size_t need = c >= 0xf0 && c < 0xf5 ? 4 : c >= 0xe0 ? 3 : 2, i;

	if (c < 0xc2 || c >= 0xf5 || n >= need)
		return false;
	for (i = 1; i < n; i++)
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			return false;
	return true;
}

static size_t
ascii_run(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] >= ' ' && p[i] <= '~')
		i++;
	return i;
}

/* Hand over what is whole; returns the octets that were taken. */
static size_t
hand_over(struct filter *f, const char *p, size_t n, bool last)
{
	size_t done = 0, len;
	uint32_t cp;

	while (done < n) {
		if (f->run != NULL &&
		    (len = ascii_run(p + done, n - done)) > 0) {
			f->run(f->ctx, p + done, len);
			done += len;
			continue;
		}
		if (!last && is_partial(p + done, n - done))
			break;
		len = utf8_decode(p + done, n - done, &cp);
		f->put(f->ctx, p + done, len, cp);
		done += len;
	}
	return done;
}

static int
filter_write(void *cookie, const char *p, int size)
{
	struct filter *f = cookie;
	size_t n = (size_t)size, used;

	while (f->n > 0 && n > 0) {
		f->held[f->n++] = *p++;
		n--;
		if (is_partial(f->held, f->n))
			continue;
		used = hand_over(f, f->held, f->n, false);
		f->n -= used;
		memmove(f->held, f->held + used, f->n);
	}
	used = hand_over(f, p, n, false);
	memcpy(f->held + f->n, p + used, n - used);
	f->n += n - used;
	return ferror(f->out) ? 0 : size;	/* glibc knows no -1 */
}

static int
filter_close(void *cookie)
{
	struct filter *f = cookie;
	int bad;

	(void)hand_over(f, f->held, f->n, true);
	if (f->end != NULL)
		f->end(f->ctx);
	bad = ferror(f->out);
	free(f);
	return bad ? EOF : 0;
}

FILE *
filter_characters(FILE *out, character_fn *put, void (*end)(void *ctx), void *ctx)
{
	return filter_runs(out, put, NULL, end, ctx);
}

FILE *
filter_runs(FILE *out, character_fn *put, run_fn *run, void (*end)(void *ctx),
    void *ctx)
{
	struct filter *f = xcalloc(1, sizeof *f);
	FILE *stream;

	f->out = out;
	f->put = put;
	f->run = run;
	f->end = end;
	f->ctx = ctx;
	stream = funopen(f, NULL, filter_write, NULL, filter_close);
	if (stream == NULL) {
		fputs("mailx: out of memory\n", stderr);
		exit(EX_OSERR);
	}
	return stream;
}

/*
 * The invisible joiners deceive behind a Latin letter, but belong between the
 * parts of an emoji and into words of Persian and of the scripts of India.
 */
static bool
joins(uint32_t before, uint32_t cp)
{
	if (cp == 0x200d && ((before >= 0x1f000 && before <= 0x1faff) ||
	    (before >= 0x2600 && before <= 0x27bf) || before == 0xfe0f))
		return true;
	return (cp == 0x200c || cp == 0x200d) &&
	    ((before >= 0x620 && before <= 0x77f) ||
	    (before >= 0x900 && before <= 0xdff));
}

/*
 * One character made visible, behind another; returns the octets written to
 * out, and a NUL.
 */
static size_t
render(const char *p, size_t n, uint32_t before, uint32_t cp,
    char out[static 16])
{
	int len;

	if (n == 1 && cp == 0xfffd)
		len = snprintf(out, 16, "\\x%02x", (unsigned char)*p);
	else if (ascii_is_control((int)cp))
		len = snprintf(out, 16, "\\x%02x", (unsigned)cp);
	else if (utf8_is_unsafe(cp) && !joins(before, cp))
		len = snprintf(out, 16, cp > 0xffff ? "\\U%08x" : "\\u%04x",
		    (unsigned)cp);
	else {
		memcpy(out, p, n);
		out[n] = '\0';
		return n;
	}
	return (size_t)len;
}

int
shown_columns(const char *p, size_t n, uint32_t before, uint32_t cp)
{
	char piece[16];
	size_t shown = render(p, n, before, cp, piece);

	return shown > n ? (int)shown : utf8_width(cp);
}

struct sanitiser {
	FILE		*out;		/* borrowed */
	uint32_t	 before;	/* the last character */
};

static void
put_text(void *ctx, const char *p, size_t n, uint32_t cp)
{
	struct sanitiser *s = ctx;
	char piece[16];

	if (cp == '\n' || cp == '\t')
		putc((int)cp, s->out);
	else
		fwrite(piece, 1, render(p, n, s->before, cp, piece), s->out);
	s->before = cp;
}

static void
put_run(void *ctx, const char *p, size_t n)
{
	struct sanitiser *s = ctx;

	fwrite(p, 1, n, s->out);
	s->before = (unsigned char)p[n - 1];
}

FILE *
out_sanitiser(FILE *out)
{
	struct sanitiser *s = xcalloc(1, sizeof *s);

	s->out = out;
	return filter_runs(out, put_text, put_run, free, s);
}

/* Octets of printing ASCII at the start, of the columns that are left. */
static size_t
plain_run(const char *text, int columns, int used)
{
	size_t n = 0, most = columns > 0 ? (size_t)(columns - used) : SIZE_MAX;

	while (n < most && text[n] >= ' ' && text[n] <= '~')
		n++;
	return n;
}

#define JOINER	0x200d

static bool
is_regional(uint32_t cp)
{
	return cp >= 0x1f1e6 && cp <= 0x1f1ff;
}

/* Does it make one sign with what stands before it?  *flag: half a flag does. */
static bool
is_joined(uint32_t before, uint32_t cp, bool *flag)
{
	*flag = is_regional(cp) && is_regional(before) && !*flag;
	return *flag || cp == JOINER ||
	    before == JOINER;
}

char *
out_clean(const char *text, int columns)
{
	char *clean, piece[16];
	size_t n = strlen(text), total, len, shown, run;
	FILE *f;
	int used = 0, width;
	uint32_t cp, before = 0;
	off_t sign = 0;		/* where the last whole sign ends */
	bool flag = false, cut = false;

	/* Most texts are so; a stream would cost more than all else. */
	if (plain_run(text, columns, 0) == n)
		return xstrndup(text, n);
	f = xmemstream(&clean, &total);
	while (n > 0) {
		run = plain_run(text, columns, used);
		fwrite(text, 1, run, f);
		used += (int)run;
		text += run;
		n -= run;
		if (n == 0)
			break;
		if (run > 0)
			before = 0;
		len = utf8_decode(text, n, &cp);
		if (cp == '\t')
			cp = ' ';
		shown = cp == ' ' ? render(" ", 1, before, cp, piece) :
		    render(text, len, before, cp, piece);
		width = shown > len ? (int)shown : utf8_width(cp);
		if (!is_joined(before, cp, &flag))
			sign = ftello(f);
		cut = columns > 0 && used + width > columns;
		if (cut)
			break;
		fwrite(piece, 1, shown, f);
		used += width < 0 ? 0 : width;
		text += len;
		n -= len;
		before = cp;
	}
	fclose(f);
	if (cut)
		clean[sign] = '\0';
	return clean;
}
