/* SPDX-License-Identifier: ISC */
/*
 * html.c -- fuzz: HTML, calendars and cards as text, and lines broken.  The same
 * whatever pieces they come in, and not much more than what came.
 */
#include <stdlib.h>
#include <string.h>

#include "../../cmd/html.h"
#include "../../cmd/wrap.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static FILE *
open_wrap(FILE *out)
{
	return wrap_filter(out, 30);
}

static char *
through(FILE *(*open)(FILE *), const uint8_t *data, size_t size, size_t step,
    size_t *len)
{
	char *out;
	FILE *m = xmemstream(&out, len), *f = open(m);
	size_t i;

	for (i = 0; i < size; i += step) {
		fwrite(data + i, 1, size - i < step ? size - i : step, f);
		fflush(f);
	}
	if (fclose(f) != 0)
		abort();
	fclose(m);
	return out;
}

static void
check(FILE *(*open)(FILE *), const uint8_t *data, size_t size)
{
	size_t n, m;
	char *whole = through(open, data, size, size + 1, &n);
	char *pieces = through(open, data, size, 1, &m);

	if (n != m || memcmp(whole, pieces, n) != 0)
		abort();
	if (n > 40 * size + 1024)
		abort();
	free(whole);
	free(pieces);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(html_reader, data, size);
	check(card_filter, data, size);
	check(open_wrap, data, size);
	return 0;
}
