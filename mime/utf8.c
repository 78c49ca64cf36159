/* SPDX-License-Identifier: ISC */
/*
 * utf8.c -- characters of Unicode: coding, width, what is unsafe to show, case.
 * Width and case come from libc's UTF-8 locale, whatever the process's own is.
 */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "text.h"

/* The one cache of the room: opened at the first use, never closed. */
static locale_t
utf8_locale(void)
{
	static locale_t l;
	static bool tried;

	if (!tried) {
		tried = true;
		l = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
		if (l == (locale_t)0)
			l = newlocale(LC_CTYPE_MASK, "en_US.UTF-8", (locale_t)0);
	}
	return l;
}

static size_t
malformed(uint32_t *cp)
{
	*cp = 0xfffd;
	return 1;
}

size_t
utf8_decode(const char *text, size_t n, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)text;
	size_t len, i;
	uint32_t c = p[0];

	if (c < 0x80) {
		*cp = c;
		return 1;
	}
	if (c < 0xc2 || c > 0xf4)
		return malformed(cp);
	len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (len > n)
		return malformed(cp);
	c &= 0x7fu >> len;
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return malformed(cp);
		c = c << 6 | (p[i] & 0x3fu);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return malformed(cp);
	*cp = c;
	return len;
}

size_t
utf8_encode(uint32_t cp, char out[static 4])
{
	if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		cp = 0xfffd;
	if (cp < 0x80) {
		out[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (char)(0xc0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (char)(0xe0 | cp >> 12);
		out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | cp >> 18);
	out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

bool
utf8_is_valid(const char *p, size_t n)
{
	uint32_t cp;
	size_t used;

	for (; n > 0; p += used, n -= used) {
		if ((unsigned char)*p < 0x80) {
			used = 1;
			continue;
		}
		used = utf8_decode(p, n, &cp);
		if (used == 1)
			return false;
	}
	return true;
}

/* Wide where no locale tells: the big blocks of East Asia and of pictures. */
static int
plain_width(uint32_t cp)
{
	if (cp >= 0x300 && cp <= 0x36f)
		return 0;
	return (cp >= 0x1100 && cp <= 0x115f) || (cp >= 0x2e80 && cp <= 0xa4cf) ||
	    (cp >= 0xac00 && cp <= 0xd7a3) || (cp >= 0xf900 && cp <= 0xfaff) ||
	    (cp >= 0xfe30 && cp <= 0xfe6f) || (cp >= 0xff00 && cp <= 0xff60) ||
	    (cp >= 0x1f300 && cp <= 0x1faff) || (cp >= 0x20000 && cp <= 0x3fffd) ?
	    2 : 1;
}

int
utf8_width(uint32_t cp)
{
	locale_t l, old;
	int w;

	if (cp < 0x7f)
		return cp < ' ' ? -1 : 1;
	if (cp < 0xa0)
		return -1;
	if ((l = utf8_locale()) == (locale_t)0)
		return plain_width(cp);
	old = uselocale(l);
	w = wcwidth((wchar_t)cp);
	uselocale(old);
	/* Characters newer than libc's table take a column. */
	return w == -1 ? 1 : w;
}

static uint32_t
fold(uint32_t cp)
{
	locale_t l;

	if (cp < 0x80)
		return (uint32_t)ascii_lower((int)cp);
	if ((l = utf8_locale()) == (locale_t)0)
		return cp;
	/* By way of capitals: letters with two small forms become one. */
	return (uint32_t)towlower_l(towupper_l((wint_t)cp, l), l);
}

char *
text_fold(struct span text, size_t *len)
{
	char *out, c[4] = "";
	size_t out_len, used, i;
	uint32_t cp;
	FILE *f;

	for (i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] >= 0x80)
			break;
	if (i == text.n) {
		out = xstrndup(text.p, text.n);
		for (i = 0; i < text.n; i++)
			out[i] = (char)ascii_lower((unsigned char)out[i]);
		if (len != NULL)
			*len = text.n;
		return out;
	}
	f = xmemstream(&out, &out_len);
	for (; text.n > 0; text.p += used, text.n -= used) {
		used = utf8_decode(text.p, text.n, &cp);
		fwrite(c, 1, utf8_encode(fold(cp), c), f);
	}
	if (fclose(f) != 0)
		free(xmalloc(SIZE_MAX / 2));
	if (len != NULL)
		*len = out_len;
	return out;
}

bool
text_contains(struct span text, struct span needle)
{
	char *folded;
	size_t len;
	bool found;

	if (needle.n == 0)
		return true;
	if (text.n == 0)
		return false;
	folded = text_fold(text, &len);
	found = memmem(folded, len, needle.p, needle.n) != NULL;
	free(folded);
	return found;
}
