/* SPDX-License-Identifier: ISC */
/*
 * idn.c -- host names in any script as A-labels (RFC 3492 Punycode, RFC 5891).
 *
 * Done here, once, when a URL is read: the resolver, the certificate and netrc
 * are then all asked for the same name.
 */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "idn.h"

#define MAX_LABEL	63	/* octets of a label (RFC 1035 2.3.4) */

/* Parameters of Punycode, RFC 3492 section 5. */
#define BASE		36
#define TMIN		1
#define TMAX		26
#define SKEW		38
#define DAMP		700
#define INITIAL_BIAS	72
#define INITIAL_N	128

/* One character of UTF-8 off the front of *s; -1 if it is none. */
static int32_t
next_character(struct span *s)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)s->p;
	size_t i, n = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	uint32_t c = n == 1 ? *p : *p & (0xffu >> (n + 1));

	if ((*p >= 0x80 && *p < 0xc2) || *p > 0xf4 || n > s->n)
		return -1;
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return -1;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return -1;
	s->p += n;
	s->n -= n;
	return (int32_t)c;
}

static uint32_t
adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / DAMP : delta / 2;
	delta += delta / points;
	for (; delta > (BASE - TMIN) * TMAX / 2; k += BASE)
		delta /= BASE - TMIN;
	return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

/* One number as variable-length digits. */
static void
put_delta(FILE *out, uint32_t q, uint32_t bias)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	uint32_t k, t;

	for (k = BASE;; k += BASE) {
		t = k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;
		if (q < t)
			break;
		putc(digits[t + (q - t) % (BASE - t)], out);
		q = (q - t) / (BASE - t);
	}
	putc(digits[q], out);
}

static uint32_t
least_from(const uint32_t *c, size_t n, uint32_t from)
{
	uint32_t least = UINT32_MAX;
	size_t i;

	for (i = 0; i < n; i++)
		if (c[i] >= from && c[i] < least)
			least = c[i];
	return least;
}

/* RFC 3492 6.3.  A label has at most MAX_LABEL characters, so nothing overflows. */
static void
punycode(FILE *out, const uint32_t *c, size_t n)
{
	uint32_t code = INITIAL_N, delta = 0, bias = INITIAL_BIAS, done = 0;
	uint32_t basic, next;
	size_t i;

	for (i = 0; i < n; i++)
		if (c[i] < INITIAL_N) {
			putc((int)c[i], out);
			done++;
		}
	if ((basic = done) > 0)
		putc('-', out);
	for (; done < n; delta++, code++) {
		next = least_from(c, n, code);
		delta += (next - code) * (done + 1);
		code = next;
		for (i = 0; i < n; i++) {
			if (c[i] < code)
				delta++;
			if (c[i] != code)
				continue;
			put_delta(out, delta, bias);
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
	}
}

/* Read one label up to a dot; the number of its characters, -1 if malformed. */
static int
read_label(struct span *s, locale_t utf8, uint32_t label[MAX_LABEL],
    bool *ascii, bool *dot)
{
	int32_t c;
	int n = 0;

	*ascii = true;
	*dot = false;
	while (s->n > 0 && !*dot) {
		if ((c = next_character(s)) == -1)
			return -1;
		*dot = c == '.' || c == 0x3002 || c == 0xff0e || c == 0xff61;
		if (*dot)
			break;
		if (n == MAX_LABEL)
			return -1;
		if (c >= 0x80)
			*ascii = false;
		if (c < 0x80)
			c = ascii_lower(c);
		else if (utf8 != (locale_t)0)
			c = (int32_t)towlower_l((wint_t)c, utf8);
		label[n++] = (uint32_t)c;
	}
	return n;
}

static bool
convert(FILE *out, struct span s, locale_t utf8)
{
	uint32_t label[MAX_LABEL];
	bool ascii, dot;
	long start;
	int i, n;

	while (s.n > 0) {
		start = ftell(out);
		if ((n = read_label(&s, utf8, label, &ascii, &dot)) == -1)
			return false;
		if (!ascii) {
			fputs("xn--", out);
			punycode(out, label, (size_t)n);
		} else
			for (i = 0; i < n; i++)
				putc((int)label[i], out);
		if (ftell(out) - start > MAX_LABEL)
			return false;
		if (dot)
			putc('.', out);
	}
	return true;
}

static char *
convert_all(struct span name)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	char *text;
	size_t n;
	FILE *out = xmemstream(&text, &n);
	bool good = convert(out, name, utf8);

	fclose(out);
	if (utf8 != (locale_t)0)
		freelocale(utf8);
	if (good)
		return text;
	free(text);
	return NULL;
}

char *
idn_ascii(struct span name)
{
	char *text;
	size_t i;

	for (i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] >= 0x80)
			return convert_all(name);
	text = span_dup(name);
	ascii_lower_string(text);
	return text;
}
