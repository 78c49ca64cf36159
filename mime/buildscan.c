/* SPDX-License-Identifier: ISC */
/*
 * buildscan.c -- looking at text before it is sent: what would not survive a
 * transport (RFC 5322 2.1.1, RFC 2045 2.7), and whether it is UTF-8; and counting
 * what an encoder makes of it.
 */
#include <stdlib.h>
#include <string.h>

#include "buildint.h"
#include "filter.h"

/* The first octet of a character, or one where the rest of it should be. */
static void
look_at_lead(struct scan *s, unsigned char c)
{
	s->low = 0x80;
	s->high_end = 0xbf;
	if (c < 0x80)
		return;
	s->high = true;
	if (c >= 0xc2 && c <= 0xdf)
		s->need = 1;
	else if (c >= 0xe0 && c <= 0xef) {
		s->need = 2;
		if (c == 0xe0)
			s->low = 0xa0;
		else if (c == 0xed)
			s->high_end = 0x9f;
	} else if (c >= 0xf0 && c <= 0xf4) {
		s->need = 3;
		if (c == 0xf0)
			s->low = 0x90;
		else if (c == 0xf4)
			s->high_end = 0x8f;
	} else
		s->malformed = true;
}

static void
look_at_utf8(struct scan *s, unsigned char c)
{
	if (s->need > 0 && c >= s->low && c <= s->high_end) {
		s->need--;
		s->low = 0x80;
		s->high_end = 0xbf;
		return;
	}
	if (s->need > 0)
		s->malformed = true;
	s->need = 0;
	look_at_lead(s, c);
}

/* A piece of a line, without its end. */
static void
look_at_piece(struct scan *s, const char *p, size_t n)
{
	static const char from[] = "From ";
	unsigned char c;
	size_t i;

	if (n == 0)
		return;
	for (i = 0; i < n && s->nfrom < 5 && s->line + i == s->nfrom &&
	    p[i] == from[s->nfrom]; i++)
		s->nfrom++;
	if (s->nfrom == 5)
		s->from = true;
	for (i = 0; i < n; i++) {
		c = (unsigned char)p[i];
		if (c >= 0x80 || s->need > 0)
			look_at_utf8(s, c);
		if (c >= ' ' && c < 127 && c != '=')
			continue;
		s->coded += c != '\t';
		s->cr += c == '\r';
		if (c == '\0')
			s->nul = true;
	}
	s->line += n;
	s->last = (unsigned char)p[n - 1];
}

static void
end_line(struct scan *s)
{
	uint64_t n = s->line;

	if (s->need > 0)
		s->malformed = true;
	s->need = 0;
	if (n > 0 && s->last == '\r') {
		s->crlf++;
		n--;
	}
	if (n > s->longest)
		s->longest = n;
	s->line = 0;
	s->nfrom = 0;
	s->lf++;
	s->last = '\n';
}

static int
scan_write(void *ctx, const char *in, int len)
{
	struct scan *s = ctx;
	const char *p = in, *end = in + len, *lf;

	s->octets += (uint64_t)len;
	while (p < end && (lf = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		look_at_piece(s, p, (size_t)(lf - p));
		end_line(s);
		p = lf + 1;
	}
	look_at_piece(s, p, (size_t)(end - p));
	return len;
}

static int
scan_close(void *ctx)
{
	struct scan *s = ctx;

	if (s->need > 0)
		s->malformed = true;
	if (s->line > s->longest)
		s->longest = s->line;
	return 0;
}

FILE *
scan_open(struct scan *s)
{
	memset(s, 0, sizeof *s);
	return filter_new(s, scan_write, scan_close);
}

static int
count_write(void *ctx, const char *in, int len)
{
	uint64_t *n = ctx;

	*n += head_size(in, (size_t)len);
	return len;
}

static int
count_close(void *ctx)
{
	(void)ctx;
	return 0;
}

FILE *
count_open(uint64_t *n)
{
	*n = 0;
	return filter_new(n, count_write, count_close);
}
