/* SPDX-License-Identifier: ISC */
/* token.c -- see token.h. */

#include <string.h>

#include "../net/digest.h"
#include "token.h"

void
token_checksum(const char *text, size_t n, char check[static TOKEN_CHECK + 1])
{
	struct digest_state *d = digest_begin();
	char hex[DIGEST_HEX];

	digest_add(d, text, n);
	digest_end(d, hex);
	memcpy(check, hex, TOKEN_CHECK);
	check[TOKEN_CHECK] = '\0';
}

void
token_put(FILE *f, const char *s)
{
	if (*s == '\0')
		putc('%', f);
	for (; *s != '\0'; s++)
		if (*s > ' ' && *s < 127 && *s != '%')
			putc(*s, f);
		else
			fprintf(f, "%%%02X", (unsigned)(unsigned char)*s);
}

static int
hex_value(int c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *p = c != 0 ? strchr(digits, c) : NULL;

	return p != NULL ? (int)(p - digits) : -1;
}

bool
token_read(char *s)
{
	char *to = s;
	int high, low;

	if (strcmp(s, "%") == 0) {
		*s = '\0';
		return true;
	}
	for (; *s != '\0'; s++) {
		if (*s != '%') {
			*to++ = *s;
			continue;
		}
		if ((high = hex_value(s[1])) < 0 ||
		    (low = hex_value(s[2])) < 0 || high + low == 0)
			return false;
		*to++ = (char)(high * 16 + low);
		s += 2;
	}
	*to = '\0';
	return true;
}
