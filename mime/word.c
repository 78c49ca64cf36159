/* SPDX-License-Identifier: ISC */
/*
 * word.c -- encoded words (RFC 2047).  Decoding gathers the octets of adjacent
 * words of one charset before it converts them, for characters are split across
 * words in the wild; encoding never splits one.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "b64.h"
#include "head.h"
#include "text.h"
#include "word.h"

#define WORD_MOST	75	/* of an encoded word (RFC 2047 2) */
#define MAX_CHARSET	64

struct word {
	char		charset[MAX_CHARSET];
	char		encoding;	/* 'b' or 'q' */
	struct span	text;
	size_t		used;		/* octets of the whole word */
};

/* The text of what begins like an encoded word at p, or NULL. */
static const char *
word_text(const char *p, const char *end)
{
	size_t n = (size_t)(end - p), len;
	const char *q;

	if (n < 8 || p[0] != '=' || p[1] != '?')
		return NULL;
	n -= 2;
	q = memchr(p + 2, '?', n < MAX_CHARSET ? n : MAX_CHARSET);
	if (q == NULL || q + 3 >= end || q[2] != '?' ||
	    strchr("bBqQ", q[1]) == NULL || q[1] == '\0')
		return NULL;
	len = (size_t)(q - p) - 2;
	if (len == 0 || len >= MAX_CHARSET || memchr(p + 2, ' ', len) != NULL)
		return NULL;
	return q + 3;
}

/*
 * Is there an encoded word at the start of p?  Lenient: blanks in Q text are taken,
 * but not another word's beginning: then this one has no end.
 * No word that begins before *dead ends: what was looked for in vain once is not
 * looked for again.
 */
static bool
parse_word(const char *p, size_t n, struct word *w, const char **dead)
{
	const char *q, *end = p + n, *star;
	size_t len;

	if ((w->text.p = word_text(p, end)) == NULL || p < *dead)
		return false;
	len = (size_t)(w->text.p - p) - 5;
	memcpy(w->charset, p + 2, len);
	w->charset[len] = '\0';
	if ((star = strchr(w->charset, '*')) != NULL)	/* a language (RFC 2231 5) */
		w->charset[star - w->charset] = '\0';
	w->encoding = (char)ascii_lower((unsigned char)w->text.p[-2]);
	for (q = w->text.p; q + 1 < end; q++) {
		if (q[0] == '?' && q[1] == '=') {
			w->text.n = (size_t)(q - w->text.p);
			w->used = (size_t)(q + 2 - p);
			return true;
		}
		if (w->encoding == 'b' && *q == '?')
			return false;
		if (ascii_is_space((unsigned char)*q) &&
		    word_text(q + 1, end) != NULL)
			return false;
		if (*q == '\n')
			break;
	}
	*dead = q;
	return false;
}

static int
hex_value(unsigned char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = (unsigned char)ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* No longer than it was; returns octets written.  So does the next one. */
static size_t
decode_q(struct span s, char *out)
{
	char *to = out;
	size_t i;
	int hi, lo;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '_') {
			*to++ = ' ';
			continue;
		}
		if (s.p[i] == '=' && i + 2 < s.n) {
			hi = hex_value((unsigned char)s.p[i + 1]);
			lo = hex_value((unsigned char)s.p[i + 2]);
			if (hi >= 0 && lo >= 0) {
				*to++ = (char)(hi << 4 | lo);
				i += 2;
				continue;
			}
		}
		*to++ = s.p[i];
	}
	return (size_t)(to - out);
}

static size_t
decode_b(struct span s, char *out, unsigned *defects)
{
	ssize_t n = b64_decode(s.p, s.n, out);
	FILE *m, *f;
	size_t len;
	char *text;

	if (n != -1)
		return (size_t)n;
	m = xmemstream(&text, &len);
	f = b64_decoder(m, defects);
	fwrite(s.p, 1, s.n, f);
	fclose(f);
	fclose(m);
	memcpy(out, text, len);
	free(text);
	return len;
}

/* Line breaks and NUL that come out of words become blanks. */
static void
put_safe(const char *p, size_t n, FILE *out)
{
	size_t i, from = 0;

	for (i = 0; i < n; i++)
		if (p[i] == '\n' || p[i] == '\r' || p[i] == '\0') {
			fwrite(p + from, 1, i - from, out);
			putc(' ', out);
			from = i + 1;
		}
	fwrite(p + from, 1, n - from, out);
}

/* Text between words: raw octets beyond ASCII are guessed. */
static void
put_plain(struct span s, const char *charset_8bit, FILE *out, unsigned *defects)
{
	char *text;
	size_t i, len;

	for (i = 0; i < s.n && (unsigned char)s.p[i] < 0x80; i++)
		continue;
	if (i == s.n) {
		put_safe(s.p, s.n, out);
		return;
	}
	*defects |= DEFECT_RAW_8BIT;
	text = text_to_utf8(s, NULL, charset_8bit, &len, defects);
	put_safe(text, len, out);
	free(text);
}

/* Octets gathered from adjacent words of one charset. */
struct gathered {
	bool	 any;		/* words, though none may have left an octet */
	char	*octets;	/* owned: as many as the text has; or NULL */
	size_t	 n;
	char	 charset[MAX_CHARSET];
};

static void
put_gathered(struct gathered *g, const char *charset_8bit, FILE *out,
    unsigned *defects)
{
	struct span s;
	char *text;
	size_t len;

	if (!g->any)
		return;
	s.p = g->octets;
	s.n = g->n;
	text = text_to_utf8(s, g->charset, charset_8bit, &len, defects);
	put_safe(text, len, out);
	free(text);
	g->any = false;
	g->n = 0;
}

static void
gather(struct gathered *g, const struct word *w, size_t room, unsigned *defects)
{
	if (g->octets == NULL)
		g->octets = xmalloc(room);
	if (!g->any)
		strlcpy(g->charset, w->charset, sizeof g->charset);
	g->any = true;
	if (w->encoding == 'b')
		g->n += decode_b(w->text, g->octets + g->n, defects);
	else
		g->n += decode_q(w->text, g->octets + g->n);
}

static bool
is_blank(struct span s)
{
	return span_trim(s).n == 0;
}

unsigned
word_decode(struct span text, const char *charset_8bit, FILE *out)
{
	struct gathered g = { false, NULL, 0, "" };
	struct word w;
	struct span plain = { text.p, 0 };
	const char *p = text.p, *end = text.p + text.n, *next, *dead = p;
	unsigned defects = 0;
	bool after_word = false;

	while (p < end) {
		next = memchr(p, '=', (size_t)(end - p));
		if (next == NULL)
			break;
		p = next;
		if (!parse_word(p, (size_t)(end - p), &w, &dead)) {
			p++;
			continue;
		}
		plain.n = (size_t)(p - plain.p);
		/* White space between two words is not text. */
		if (!(after_word && is_blank(plain))) {
			put_gathered(&g, charset_8bit, out, &defects);
			put_plain(plain, charset_8bit, out, &defects);
		}
		if (strcasecmp(g.charset, w.charset) != 0)
			put_gathered(&g, charset_8bit, out, &defects);
		gather(&g, &w, text.n, &defects);
		p += w.used;
		plain.p = p;
		after_word = true;
	}
	put_gathered(&g, charset_8bit, out, &defects);
	free(g.octets);
	plain.n = (size_t)(end - plain.p);
	put_plain(plain, charset_8bit, out, &defects);
	return defects;
}

/* --- Encoding. --- */

static bool
is_q_plain(unsigned char c)
{
	/* What every phrase and every transport takes (RFC 2047 5). */
	return ascii_is_alpha(c) || ascii_is_digit(c) || strchr("!*+-/", c) != NULL;
}

static size_t
q_length(struct span s)
{
	size_t n = 0, i;

	for (i = 0; i < s.n; i++)
		n += s.p[i] == ' ' || (s.p[i] != '\0' &&
		    is_q_plain((unsigned char)s.p[i])) ? 1 : 3;
	return n;
}

static void
put_q(FILE *out, struct span s)
{
	size_t i;
	unsigned char c;

	for (i = 0; i < s.n; i++) {
		c = (unsigned char)s.p[i];
		if (c == ' ')
			putc('_', out);
		else if (c != '\0' && is_q_plain(c))
			putc(c, out);
		else
			fprintf(out, "=%02X", c);
	}
}

static void
put_b(FILE *out, struct span s)
{
	char text[B64_ENCODED_SIZE(WORD_MOST) + 1] = "";

	fwrite(text, 1, b64_encode(s.p, s.n, text), out);
}

/* As many whole characters of s as fit into a word of `room' octets; at least one. */
static struct span
fitting(struct span s, size_t room, bool q)
{
	struct span r = { s.p, 0 }, more;
	uint32_t cp;

	while (r.n < s.n) {
		more.p = s.p;
		more.n = r.n + utf8_decode(s.p + r.n, s.n - r.n, &cp);
		if ((q ? q_length(more) : B64_ENCODED_SIZE(more.n)) > room &&
		    r.n > 0)
			break;
		r.n = more.n;
		if (more.n >= WORD_MOST)
			break;
	}
	return r;
}

#define FRAME	12		/* octets of =?utf-8?q? and ?= */

/* The blank before the first word, behind a line end where the word has no room. */
static size_t
put_lead(FILE *out, size_t column, char blank)
{
	if (column + 1 + FRAME + 12 > MAX_HEADER_LINE) {
		putc('\n', out);
		column = 0;
	}
	putc(blank, out);
	return column + 1;
}

/* Words for all of s, folded where `column' passes the line; the column reached. */
static size_t
put_words(FILE *out, size_t column, struct span s, bool fold)
{
	bool q = q_length(s) <= B64_ENCODED_SIZE(s.n);
	size_t room;
	struct span part;

	while (s.n > 0) {
		room = WORD_MOST - FRAME;
		if (fold && column + WORD_MOST > MAX_HEADER_LINE)
			room = MAX_HEADER_LINE - column - FRAME;
		part = fitting(s, room, q);
		fprintf(out, "=?utf-8?%c?", q ? 'q' : 'b');
		if (q)
			put_q(out, part);
		else
			put_b(out, part);
		fputs("?=", out);
		column += FRAME + (q ? q_length(part) : B64_ENCODED_SIZE(part.n));
		s.p += part.n;
		s.n -= part.n;
		if (s.n > 0) {
			fputs(fold ? "\n " : " ", out);
			column = 1;
		}
	}
	return column;
}

/* May this blank-free run stand as it is? */
static bool
needs_word(struct span s)
{
	size_t i;

	/* A run that no line can hold is cut into words. */
	if (s.n > MAX_LINE - 100 || memmem(s.p, s.n, "=?", 2) != NULL)
		return true;
	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 127 || (unsigned char)s.p[i] < ' ')
			return true;
	return false;
}

static struct span
next_run(struct span s)
{
	size_t i = 0;

	while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\t'))
		i++;
	while (i < s.n && s.p[i] != ' ' && s.p[i] != '\t')
		i++;
	s.n = i;
	return s;
}

static struct span
without_blanks(struct span s)
{
	while (s.n > 0 && (*s.p == ' ' || *s.p == '\t')) {
		s.p++;
		s.n--;
	}
	return s;
}

/*
 * From `s' on, the runs that need words, with the blanks between them: they
 * become one text.  The first is among them in any case.
 */
static struct span
coded_runs(struct span s)
{
	struct span all = { s.p, 0 }, run, bare;

	for (;;) {
		run = next_run(s);
		bare = without_blanks(run);
		if (bare.n == 0 || (all.n > 0 && !needs_word(bare)))
			return all;
		all.n = (size_t)(run.p + run.n - all.p);
		s.p += run.n;
		s.n -= run.n;
	}
}

/*
 * The first run of a text that fits no line behind the name: folding there would
 * leave a blank at the start of the text for some readers, a word does not.
 * Fields that are no text (URLs in List-Unsubscribe) are folded nevertheless.
 */
static bool
is_too_long(const char *name, size_t n)
{
	return strlen(name) + 2 + n > MAX_HEADER_LINE &&
	    (strcasecmp(name, "Subject") == 0 ||
	    strcasecmp(name, "Comments") == 0 ||
	    strcasecmp(name, "Content-Description") == 0);
}

void
word_field(FILE *out, const char *name, const char *value)
{
	struct span s = span_of(value), run, bare;
	size_t column = strlen(name) + 1, all;

	fprintf(out, "%s:", name);
	s = span_trim(s);
	all = s.n;
	if (s.n == 0)
		putc(' ', out);
	while (s.n > 0) {
		run = next_run(s);
		bare = without_blanks(run);
		if (bare.n == 0)
			break;
		if (needs_word(bare) || (s.n == all &&
		    is_too_long(name, bare.n))) {
			/* Of the blanks before it only the first is outside. */
			if (bare.p > s.p)
				bare.p = s.p + 1;
			bare.n = coded_runs(s).n - (size_t)(bare.p - s.p);
			run.n = (size_t)(bare.p + bare.n - s.p);
			column = put_lead(out, column,
			    bare.p > s.p ? *s.p : ' ');
			column = put_words(out, column, bare, true);
		} else {
			/* Fold at the blank before it, which stays. */
			if (column + run.n + (run.p == bare.p) >
			    MAX_HEADER_LINE && column > 0) {
				putc('\n', out);
				column = 0;
			}
			if (run.p == bare.p) {
				putc(' ', out);
				column++;
			}
			fwrite(run.p, 1, run.n, out);
			column += run.n;
		}
		s.p += run.n;
		s.n -= run.n;
	}
	putc('\n', out);
}

static bool
is_atom_text(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!ascii_is_alpha((unsigned char)s.p[i]) &&
		    !ascii_is_digit((unsigned char)s.p[i]) &&
		    strchr("!#$%&'*+-/=?^_`{|}~ ", s.p[i]) == NULL)
			return false;
	return s.n > 0 && s.p[0] != ' ' && s.p[s.n - 1] != ' ' &&
	    memmem(s.p, s.n, "  ", 2) == NULL;
}

void
word_phrase(FILE *out, const char *phrase)
{
	struct span s = span_of(phrase);
	size_t i;
	bool coded = memmem(s.p, s.n, "=?", 2) != NULL || s.n > MAX_LINE - 200;

	for (i = 0; i < s.n && !coded; i++)
		coded = (unsigned char)s.p[i] >= 127 ||
		    (unsigned char)s.p[i] < ' ';
	if (coded)
		put_words(out, 0, s, false);
	else if (is_atom_text(s))
		fwrite(s.p, 1, s.n, out);
	else {
		putc('"', out);
		for (i = 0; i < s.n; i++) {
			if (s.p[i] == '"' || s.p[i] == '\\')
				putc('\\', out);
			putc(s.p[i], out);
		}
		putc('"', out);
	}
}
