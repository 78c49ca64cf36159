/* SPDX-License-Identifier: ISC */
/* words.c -- fuzz: command lines into words, with and without variables; passwords in arguments. */
#include <stdlib.h>
#include <string.h>

#include "../../cmd/runint.h"
#include "../../cmd/secret.h"
#include "../../cmd/vars.h"
#include "../../cmd/words.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

volatile sig_atomic_t	got_signal;

static void
split(const struct mailx *m, const char *text, bool expand)
{
	struct strv words = { 0 };
	struct fail why = { 0 };

	(void)words_split(m, text, expand, &words, &why);
	strv_free(&words);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct mailx m;
	struct strv params = { 0 };
	struct input in = { .params = &params, .expand = true };
	char *text = xstrndup((const char *)data, size), *expanded;
	size_t n = strlen(text);

	if (m.vars == NULL)
		m.vars = vars_new();
	strv_add(&params, "one");
	strv_add(&params, "two \"words\" (");
	run_state(&m)->input = &in;
	split(&m, text, false);
	split(&m, text, true);
	expanded = words_expand(&m, text);
	split(&m, expanded, false);
	free(expanded);
	secret_wipe(text);
	if (strlen(text) != n)
		abort();
	free(text);
	strv_free(&params);
	m.run->input = NULL;
	return 0;
}
