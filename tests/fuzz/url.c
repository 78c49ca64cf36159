/* SPDX-License-Identifier: ISC */
/*
 * url.c -- libFuzzer target: URLs, and names in any script in them.  What is read
 * and printed is read again as the same server.
 */
#include <stdlib.h>
#include <string.h>

#include "../../net/url.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
no_controls(const char *s)
{
	for (; s != NULL && *s != '\0'; s++)
		if (ascii_is_control((unsigned char)*s))
			abort();
}

static void
check(const struct url *u)
{
	struct url again;
	struct fail why;
	char *text = url_text(u, true);

	no_controls(u->user);
	no_controls(u->host);
	no_controls(u->path);
	no_controls(text);
	if (u->password != NULL && strpbrk(u->password, "\r\n") != NULL)
		abort();
	if (u->host != NULL && strlen(u->host) > 253)
		abort();
	fail_clear(&why);
	if (url_parse(text, &again, &why) == -1 ||
	    !url_same_server(u, &again) || strcmp(u->path, again.path) != 0)
		abort();
	url_free(&again);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = xstrndup((const char *)data, n);
	struct url u;
	struct fail why;

	fail_clear(&why);
	if (url_parse(text, &u, &why) == 0) {
		check(&u);
		url_free(&u);
	} else if (why.code == 0)
		abort();
	free(text);
	return 0;
}
