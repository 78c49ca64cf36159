/* SPDX-License-Identifier: ISC */
/* token.c -- see token.h. */

#include <sha2.h>
#include <stdlib.h>
#include <string.h>

#include "token.h"

static const char digits[] = "0123456789ABCDEF";

void
token_checksum(const char *text, size_t n, char check[static TOKEN_CHECK + 1])
{
	char hex[SHA256_DIGEST_STRING_LENGTH];

	SHA256Data((const uint8_t *)text, n, hex);
	memcpy(check, hex, TOKEN_CHECK);
	check[TOKEN_CHECK] = '\0';
}

char *
token_write(char *to, const char *s)
{
	unsigned char c;

	if (*s == '\0')
		*to++ = '%';
	for (; (c = (unsigned char)*s) != '\0'; s++)
		if (c > ' ' && c < 127 && c != '%')
			*to++ = (char)c;
		else {
			*to++ = '%';
			*to++ = digits[c >> 4];
			*to++ = digits[c & 15];
		}
	return to;
}

void
token_put(FILE *f, const char *s)
{
	char *text = xmalloc(TOKEN_SIZE(strlen(s)));

	fwrite(text, 1, (size_t)(token_write(text, s) - text), f);
	free(text);
}

static int
hex_value(int c)
{
	const char *p = c != 0 ? strchr(digits, c) : NULL;

	return p != NULL ? (int)(p - digits) : -1;
}

bool
token_read(char *s)
{
	char *to;
	int high, low;

	if (strcmp(s, "%") == 0) {
		*s = '\0';
		return true;
	}
	if ((s = strchr(s, '%')) == NULL)
		return true;
	to = s;
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
