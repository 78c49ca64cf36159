/* SPDX-License-Identifier: ISC */
/* param.c -- fuzz: parameters.  Values are UTF-8; one that is written comes back. */
#include <stdlib.h>
#include <string.h>

#include "../../mime/head.h"
#include "../../mime/param.h"
#include "../../mime/text.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_back(const char *value)
{
	char *text;
	struct params ps;
	struct span s;
	FILE *f = xmemstream(&text, &s.n);

	fputs("attachment", f);
	(void)param_write(f, 40, "filename", value);
	fclose(f);
	s.p = text;
	params_parse(&ps, s, NULL);
	if (ps.n != 1 || strcmp(ps.v[0].value, value) != 0 ||
	    strcmp(ps.value, "attachment") != 0)
		abort();
	params_free(&ps);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = { (const char *)data, size };
	struct params ps;
	char *value;
	size_t i;

	params_parse(&ps, s, NULL);
	for (i = 0; i < ps.n; i++) {
		if (*ps.v[i].name == '\0' ||
		    !utf8_is_valid(ps.v[i].value, strlen(ps.v[i].value)))
			abort();
		if (i < 10)
			check_back(ps.v[i].value);
	}
	params_free(&ps);
	if (size < 10000 && utf8_is_valid(s.p, s.n) &&
	    memchr(data, '\0', size) == NULL) {
		value = span_dup(s);
		check_back(value);
		free(value);
	}
	return 0;
}
