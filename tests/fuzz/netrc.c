/* SPDX-License-Identifier: ISC */
/* netrc.c -- libFuzzer target: any file may be somebody's netrc. */
#include <stdlib.h>
#include <string.h>

#include "../../net/netrc.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
look(struct span s, const char *user)
{
	char *login, *password;
	bool found;

	found = netrc_find(s, "host", "25", user, &login, &password);
	if (!found && (login != NULL || password != NULL))
		abort();
	if (found && user != NULL && login != NULL && strcmp(login, user) != 0)
		abort();
	if ((login != NULL && strlen(login) > s.n) ||
	    (password != NULL && strlen(password) > s.n))
		abort();
	free(login);
	free(password);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	/* As from the file: not ended by NUL, and in a place of its own size. */
	char *text = xmalloc(n == 0 ? 1 : n);
	struct span s = { text, n };

	if (n > 0)
		memcpy(text, data, n);
	if (memchr(s.p, '\0', n) == NULL) {
		look(s, NULL);
		look(s, "joe");
	}
	free(text);
	return 0;
}
