/* SPDX-License-Identifier: ISC */
/* set.c -- the commands `set' and `unset'.  Passwords are not listed. */

#include <string.h>

#include "out.h"
#include "runint.h"
#include "vars.h"

bool
var_is_secret(const char *name)
{
	return strncmp(name, "password-", 9) == 0 ?
	    strcmp(name, "password-command") != 0 :
	    strcmp(name, "smtp-auth-password") == 0 ||
	    strncmp(name, "smtp-auth-password-", 19) == 0 ||
	    strcmp(name, "password") == 0;
}

static void
list_one(void *ctx, const char *name, const char *value)
{
	struct mailx *m = ctx;

	if (*value != '\0' && var_is_secret(name))
		value = "***";
	if (m->json)
		out_pair(m, name, value);
	else if (*value == '\0')
		out_line(m, "%s", name);
	else
		out_line(m, "%s=\"%s\"", name, value);
}

static int
run_set(struct mailx *m, struct args *a)
{
	size_t i;

	if (a->words.n == 0)
		var_each(m, list_one, m);
	for (i = 0; i < a->words.n; i++)
		if (var_assign(m, a->words.v[i], &m->why) == -1)
			return -1;
	return 0;
}

/* In a startup file names of other programs are let pass, as those of `set' are. */
static int
run_unset(struct mailx *m, struct args *a)
{
	bool lax = m->run->input->startup && !m->run->check;
	size_t i;

	for (i = 0; i < a->words.n; i++)
		if (var_unset(m, a->words.v[i], &m->why) == -1) {
			if (!lax)
				return -1;
			fail_clear(&m->why);
		}
	return 0;
}

const struct cmd cmd_set = {
	.name = "set", .abbreviation = "se", .flags = CMD_STARTUP | CMD_SENDING,
	.takes = TAKES_WORDS, .max = -1,
	.usage = "[name | name=value | noname] ...",
	.help = "set variables, or list those that are set", .run = run_set
};

const struct cmd cmd_unset = {
	.name = "unset", .abbreviation = "uns",
	.flags = CMD_STARTUP | CMD_SENDING, .takes = TAKES_WORDS,
	.min = 1, .max = -1, .usage = "name ...", .help = "unset variables",
	.run = run_unset
};
