/* SPDX-License-Identifier: ISC */
/* utf7.c -- fuzz: modified UTF-7 is one to one: decode and encode undo each other. */
#include <stdlib.h>
#include <string.h>

#include "../../net/utf7.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = { (const char *)data, size };
	char *there, *back;

	if ((there = utf7_decode(s)) != NULL) {
		back = utf7_encode(span_of(there));
		if (back == NULL || !span_eq(s, back))
			abort();
		free(back);
		free(there);
	}
	if ((there = utf7_encode(s)) != NULL) {
		back = utf7_decode(span_of(there));
		if (back == NULL || !span_eq(s, back))
			abort();
		free(back);
		free(there);
	}
	return 0;
}
