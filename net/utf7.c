/* SPDX-License-Identifier: ISC */
/*
 * utf7.c -- modified UTF-7 (RFC 3501 5.1.3, base64 of RFC 4648 with `,' for `/').
 *
 * Decoding is strict by construction: a name is taken only if encoding the result
 * gives the same octets back, so that two names never become one.
 */
#include <stdlib.h>
#include <string.h>

#include "utf7.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/* Bits on their way into groups of six, or out of them. */
struct bits {
	uint32_t	 v;
	unsigned	 n;
};

/* How many octets a character takes by its first one, 0: none begins so. */
static size_t
character_size(unsigned char c)
{
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c < 0xe0)
		return 2;
	if (c >= 0xe0 && c < 0xf0)
		return 3;
	return c >= 0xf0 && c < 0xf5 ? 4 : 0;
}

/* The next character of UTF-8; 0 where it is malformed or NUL. */
static uint32_t
next_character(struct span *s)
{
	static const uint32_t least[] = { 0, 1, 0x80, 0x800, 0x10000 };
	static const unsigned char mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	const unsigned char *p = (const unsigned char *)s->p;
	uint32_t c;
	size_t i, n;

	n = character_size(p[0]);
	if (n == 0 || n > s->n)
		return 0;
	c = p[0] & mask[n];
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	s->p += n;
	s->n -= n;
	return c;
}

static void
put_character(FILE *f, uint32_t c)
{
	if (c < 0x80)
		putc((int)c, f);
	else if (c < 0x800)
		fprintf(f, "%c%c", (int)(0xc0 | c >> 6), (int)(0x80 | (c & 0x3f)));
	else if (c < 0x10000)
		fprintf(f, "%c%c%c", (int)(0xe0 | c >> 12),
		    (int)(0x80 | (c >> 6 & 0x3f)), (int)(0x80 | (c & 0x3f)));
	else
		fprintf(f, "%c%c%c%c", (int)(0xf0 | c >> 18),
		    (int)(0x80 | (c >> 12 & 0x3f)),
		    (int)(0x80 | (c >> 6 & 0x3f)), (int)(0x80 | (c & 0x3f)));
}

static void
put_unit(FILE *f, struct bits *b, uint32_t unit)
{
	b->v = b->v << 16 | unit;
	for (b->n += 16; b->n >= 6; b->n -= 6)
		putc(alphabet[b->v >> (b->n - 6) & 0x3f], f);
	b->v &= (1U << b->n) - 1;
}

static void
end_run(FILE *f, struct bits *b)
{
	if (b->n > 0)
		putc(alphabet[b->v << (6 - b->n) & 0x3f], f);
	b->v = b->n = 0;
	putc('-', f);
}

char *
utf7_encode(struct span name)
{
	struct bits b = { 0, 0 };
	bool inside = false, bad = false;
	char *text;
	uint32_t c;
	size_t len;
	FILE *f;

	f = xmemstream(&text, &len);
	while (name.n > 0 && !bad) {
		if ((c = next_character(&name)) == 0)
			bad = true;
		else if (c >= 32 && c < 127) {
			if (inside)
				end_run(f, &b);
			inside = false;
			putc((int)c, f);
			if (c == '&')
				putc('-', f);
		} else {
			if (!inside)
				putc('&', f);
			inside = true;
			if (c >= 0x10000) {
				put_unit(f, &b, 0xd7c0 + (c >> 10));
				c = 0xdc00 | (c & 0x3ff);
			}
			put_unit(f, &b, c);
		}
	}
	if (inside)
		end_run(f, &b);
	fclose(f);
	if (bad) {
		free(text);
		return NULL;
	}
	return text;
}

/* One run of base64 up to its `-': the number of octets taken, or 0. */
static size_t
decode_run(struct span s, FILE *f)
{
	struct bits b = { 0, 0 };
	uint32_t high = 0, unit;
	const char *at;
	size_t i;

	for (i = 0; i < s.n && s.p[i] != '-'; i++) {
		if (s.p[i] == '\0' || (at = strchr(alphabet, s.p[i])) == NULL)
			return 0;
		b.v = b.v << 6 | (uint32_t)(at - alphabet);
		if ((b.n += 6) < 16)
			continue;
		b.n -= 16;
		unit = b.v >> b.n & 0xffff;
		b.v &= (1U << b.n) - 1;
		if (unit >= 0xd800 && unit < 0xdc00 && high == 0)
			high = unit;
		else if ((unit >= 0xdc00 && unit < 0xe000) != (high != 0) ||
		    unit == 0)
			return 0;
		else {
			if (high != 0)
				unit = ((high - 0xd7c0) << 10) + (unit & 0x3ff);
			high = 0;
			put_character(f, unit);
		}
	}
	return i == s.n || high != 0 ? 0 : i + 1;
}

/* Decode what an encoder may have written, and some more. */
static int
decode_loosely(struct span s, FILE *f)
{
	size_t n;

	while (s.n > 0) {
		n = 1;
		if ((unsigned char)*s.p < 32 || (unsigned char)*s.p > 126)
			return -1;
		if (*s.p != '&')
			putc(*s.p, f);
		else if (s.n > 1 && s.p[1] == '-') {
			putc('&', f);
			n = 2;
		} else {
			s.p++;
			s.n--;
			if ((n = decode_run(s, f)) == 0)
				return -1;
		}
		s.p += n;
		s.n -= n;
	}
	return 0;
}

char *
utf7_decode(struct span name)
{
	char *text, *again;
	size_t len;
	FILE *f;
	int result;

	f = xmemstream(&text, &len);
	result = decode_loosely(name, f);
	fclose(f);
	if (result == 0) {
		again = utf7_encode((struct span){ text, len });
		if (again == NULL || !span_eq(name, again))
			result = -1;
		free(again);
	}
	if (result == 0)
		return text;
	free(text);
	return NULL;
}
