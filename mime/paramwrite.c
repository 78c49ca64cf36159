/* SPDX-License-Identifier: ISC */
/*
 * paramwrite.c -- parameters for a header that we write: a token or a quoted string
 * where that will do, else RFC 2231, in pieces where one line cannot hold it.
 */
#include <stdlib.h>
#include <string.h>

#include "param.h"


/* A token of RFC 2045 without the marks of RFC 2231, at which some readers stop. */
static bool
is_token(const char *s)
{
	if (*s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 127 ||
		    strchr("()<>@,;:\\\"/[]?='*%", *s) != NULL)
			return false;
	return true;
}

/* What looks like an encoded word is not: readers would decode it. */
static bool
is_quotable(const char *s)
{
	if (strstr(s, "=?") != NULL)
		return false;
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || (unsigned char)*s >= 127)
			return false;
	return true;
}

static bool
is_attribute_char(unsigned char c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) ||
	    (c != '\0' && strchr("!#$&+-.^_`{|}~", c) != NULL);
}

/* Go to where `len' more octets fit. */
static int
fold_for(FILE *out, int column, size_t len)
{
	fputs(";", out);
	if ((size_t)column + 2 + len <= MAX_HEADER_LINE) {
		putc(' ', out);
		return column + 2;
	}
	fputs("\n\t", out);
	return 8;
}

static char *
quoted(const char *value)
{
	char *out = xmalloc(strlen(value) * 2 + 3), *q = out;

	*q++ = '"';
	for (; *value != '\0'; value++) {
		if (*value == '"' || *value == '\\')
			*q++ = '\\';
		*q++ = *value;
	}
	*q++ = '"';
	*q = '\0';
	return out;
}

static char *
percent_coded(const char *value)
{
	char *out = xmalloc(strlen(value) * 3 + 1), *q = out;

	for (; *value != '\0'; value++)
		if (is_attribute_char((unsigned char)*value))
			*q++ = *value;
		else
			q += snprintf(q, 4, "%%%02X", (unsigned char)*value);
	*q = '\0';
	return out;
}

/*
 * How much of coded text one piece of `room' octets holds: whole characters, for
 * readers decode piece for piece.  One that is no UTF-8 is cut between octets.
 */
static size_t
piece_length(const char *coded, size_t len, size_t room)
{
	size_t at, octet = room;

	if (len <= room)
		return len;
	while (octet > 0 && (coded[octet - 1] == '%' ||
	    (octet > 1 && coded[octet - 2] == '%')))
		octet--;
	for (at = octet; at + 9 >= octet && at > 0; at--)
		if (coded[at] != '%' ? coded[at - 1] != '%' &&
		    (at == 1 || coded[at - 2] != '%') :
		    strchr("89AB", coded[at + 1]) == NULL)
			return at;
	return octet;
}

/* In pieces: name*0*=utf-8''..., name*1*=... */
static int
write_pieces(FILE *out, int column, const char *name, const char *coded)
{
	size_t room, len = strlen(coded), take;
	unsigned number;

	for (number = 0; len > 0; number++) {
		room = MAX_HEADER_LINE - 8 - strlen(name) - 16;
		take = piece_length(coded, len, room);
		column = fold_for(out, MAX_HEADER_LINE, 1);
		column += fprintf(out, "%s*%u*=%s%.*s", name, number,
		    number == 0 ? "utf-8''" : "", (int)take, coded);
		coded += take;
		len -= take;
	}
	return column;
}

int
param_write(FILE *out, int column, const char *name, const char *value)
{
	size_t len = strlen(name) + 1;
	char *text;

	if (is_token(value)) {
		if (len + strlen(value) < MAX_LINE - 100) {
			column = fold_for(out, column, len + strlen(value));
			return column + fprintf(out, "%s=%s", name, value);
		}
	} else if (is_quotable(value) && strlen(value) < MAX_HEADER_LINE - 20) {
		text = quoted(value);
		column = fold_for(out, column, len + strlen(text));
		column += fprintf(out, "%s=%s", name, text);
		free(text);
		return column;
	}
	text = percent_coded(value);
	if (len + 8 + strlen(text) <= MAX_HEADER_LINE - 8) {
		column = fold_for(out, column, len + 8 + strlen(text));
		column += fprintf(out, "%s*=utf-8''%s", name, text);
	} else
		column = write_pieces(out, column, name, text);
	free(text);
	return column;
}
