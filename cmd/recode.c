/* SPDX-License-Identifier: ISC */
/*
 * recode.c -- the variable `sendcharsets': text that is UTF-8 into the first of
 * those charsets that has all its characters.  A line at a time, so that a body
 * of any size passes.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../mime/text.h"
#include "assemble.h"
#include "vars.h"

static bool
is_plain_ascii(FILE *in)
{
	int c;

	rewind(in);
	while ((c = getc(in)) != EOF && c < 0x80)
		continue;
	rewind(in);
	return c == EOF;
}

/* Labels stand for supersets when we read (windows-1252), not in what we write. */
static bool
is_strict(const char *charset, const char *text, size_t n)
{
	size_t i;

	if (strncasecmp(charset, "iso-8859-", 9) != 0)
		return true;
	for (i = 0; i < n; i++)
		if (((unsigned char)text[i] & 0xe0) == 0x80)
			return false;
	return true;
}

/* -1: one of its characters is not there. */
static int
recode(FILE *in, FILE *out, const char *charset)
{
	char *line = NULL, *text = NULL;
	size_t cap = 0, len;
	ssize_t n;

	rewind(in);
	while ((n = xgetline(&line, &cap, in)) > 0) {
		text = text_from_utf8((struct span){ line, (size_t)n }, charset,
		    &len);
		if (text == NULL || !is_strict(charset, text, len)) {
			free(text);
			break;
		}
		fwrite(text, 1, len, out);
		free(text);
	}
	free(line);
	return n > 0 || ferror(in) || fflush(out) != 0 || ferror(out) ? -1 : 0;
}

/* Is its charset said, or does it have none? */
static bool
is_settled(const char *type)
{
	return type != NULL && (strncasecmp(type, "text/", 5) != 0 ||
	    strcasestr(type, "charset") != NULL);
}

static FILE *
try(FILE *in, const char *charset)
{
	FILE *out = store_stage(NULL);

	if (out != NULL && recode(in, out, charset) == 0) {
		rewind(out);
		return out;
	}
	if (out != NULL)
		fclose(out);
	return NULL;
}

FILE *
recode_text(const struct mailx *m, FILE *in, const char *type, char **charset)
{
	const char *names = var_get(m, "sendcharsets");
	char *list, *rest, *name;
	FILE *out = NULL;

	*charset = NULL;
	if (names == NULL || is_settled(type) || is_plain_ascii(in))
		return in;
	list = rest = xstrdup(names);
	while (out == NULL && (name = strsep(&rest, ", \t")) != NULL) {
		if (strcasecmp(name, "utf-8") == 0 ||
		    strcasecmp(name, "utf8") == 0)
			break;
		if (*name != '\0' && strcasecmp(name, "us-ascii") != 0 &&
		    strcasecmp(name, "ascii") != 0 && (out = try(in, name)) != NULL)
			*charset = xstrdup(name);
	}
	free(list);
	rewind(in);
	if (out == NULL)
		return in;
	fclose(in);
	return out;
}
