/* SPDX-License-Identifier: ISC */
/*
 * head.c -- fuzz: header fields.  They lie in the text, and what is read of them is
 * UTF-8 in one line.
 */
#include <stdlib.h>
#include <string.h>

#include "../../mime/envelope.h"
#include "../../mime/text.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_line(char *s)
{
	if (s != NULL && (strpbrk(s, "\r\n") != NULL ||
	    !utf8_is_valid(s, strlen(s))))
		abort();
}

static void
check_addrs(const struct addrs *as)
{
	size_t i;

	for (i = 0; i < as->n; i++) {
		check_line(as->v[i].name);
		if (strpbrk(as->v[i].addr, "\r\n") != NULL)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xmalloc(size + 1), *value;
	struct envelope *e;
	struct head h;
	size_t i;

	memcpy(text, data, size);
	head_parse(&h, text, size);
	for (i = 0; i < h.n; i++) {
		if (h.v[i].name.n == 0 || h.v[i].name.p < text ||
		    h.v[i].body.p + h.v[i].body.n > text + size)
			abort();
		if (i < 100) {
			value = head_text(&h.v[i], NULL);
			/* A CR alone is no line end here, and may stay. */
			if (strchr(value, '\n') != NULL ||
			    !utf8_is_valid(value, strlen(value)))
				abort();
			free(value);
		}
	}
	e = envelope_read(&h, NULL);
	check_addrs(&e->from);
	check_addrs(&e->to);
	check_addrs(&e->cc);
	envelope_free(e);
	head_free(&h);
	return 0;
}
