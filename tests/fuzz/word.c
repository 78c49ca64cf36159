/* SPDX-License-Identifier: ISC */
/*
 * word.c -- fuzz: encoded words.  What is decoded is UTF-8 in one line; a text that
 * is written as a field or a phrase comes back.
 */
#include <stdlib.h>
#include <string.h>

#include "../../mime/addr.h"
#include "../../mime/head.h"
#include "../../mime/text.h"
#include "../../mime/word.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_decoding(struct span s)
{
	char *text;
	size_t len;
	FILE *f = xmemstream(&text, &len);

	(void)word_decode(s, NULL, f);
	fclose(f);
	if (!utf8_is_valid(text, len) || memchr(text, '\0', len) != NULL ||
	    memchr(text, '\n', len) != NULL)
		abort();
	free(text);
}

static void
check_field(const char *value)
{
	char *text, *back, *line, *nl;
	size_t len;
	FILE *f = xmemstream(&text, &len);
	struct head h;

	word_field(f, "Subject", value);
	fclose(f);
	for (line = text; line < text + len; line = nl + 1)
		if ((nl = strchr(line, '\n')) == NULL || nl - line > MAX_LINE ||
		    (line > text && *line != ' ' && *line != '\t'))
			abort();
	head_parse(&h, text, len);
	back = head_get_text(&h, "Subject", NULL);
	if (h.n != 1 || strcmp(back, value) != 0)
		abort();
	free(back);
	head_free(&h);
}

static void
check_phrase(const char *name)
{
	char addr[] = "x@y", *text, *own = xstrdup(name);
	struct addr a = { own, addr };
	struct addrs as = { 0 };

	text = addr_header(&a);
	addrs_parse(&as, span_of(text), NULL);
	if (as.n != 1 || as.v[0].name == NULL ||
	    strcmp(as.v[0].name, name) != 0 || strcmp(as.v[0].addr, addr) != 0)
		abort();
	addrs_free(&as);
	free(text);
	free(own);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = { (const char *)data, size }, bare = span_trim(s);
	char *value;

	check_decoding(s);
	if (!utf8_is_valid(bare.p, bare.n) || bare.n == 0 || bare.n > 10000 ||
	    memchr(bare.p, '\0', bare.n) != NULL ||
	    memchr(bare.p, '\n', bare.n) != NULL ||
	    memchr(bare.p, '\r', bare.n) != NULL)
		return 0;
	value = span_dup(bare);
	check_field(value);
	check_phrase(value);
	free(value);
	return 0;
}
