/* SPDX-License-Identifier: ISC */
/* help.c -- help, ?, list: what the tables of commands and variables say. */

#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "vars.h"

static void
show_command(struct mailx *m, const struct cmd *c, bool usage)
{
	char *name;

	if (!usage || c->usage == NULL) {
		out_pair(m, c->name, c->help);
		return;
	}
	if (m->json) {
		name = xasprintf("%s %s", c->name, c->usage);
		out_pair(m, name, c->help);
		free(name);
		return;
	}
	out_line(m, "%s %s", c->name, c->usage);
	out_line(m, "        %s", c->help);
}

static const struct var *
find_variable(const char *name)
{
	const struct var *v;

	for (v = variables; v->name != NULL; v++)
		if (strcmp(v->name, name) == 0)
			return v;
	return NULL;
}

static int
show_variable(struct mailx *m, const char *name)
{
	static const char *const types[] = { "on or off", "text", "a number",
	    "a file name" };
	const struct var *v = find_variable(name);
	const char *value = var_get(m, name);

	if (v == NULL)
		return fail(&m->why, EX_USAGE, "%s: unknown variable", name);
	if (m->json) {
		out_pair(m, v->name, v->help);
		return 0;
	}
	out_line(m, "%s: %s", v->name, v->help);
	if (v->alias_of != NULL) {
		out_line(m, "the same as %s", v->alias_of);
		return 0;
	}
	out_line(m, "%s; %s%s%s", types[v->type],
	    value == NULL ? "not set" : *value == '\0' ? "set" : "now \"",
	    value == NULL ? "" : value,
	    value == NULL || *value == '\0' ? "" : "\"");
	return 0;
}

static void
show_variables(struct mailx *m)
{
	const struct var *v;

	for (v = variables; v->name != NULL; v++)
		out_pair(m, v->name, v->help);
}

static int
show_word(struct mailx *m, const char *word)
{
	const struct cmd *c;

	if (strcmp(word, "variables") == 0) {
		show_variables(m);
		return 0;
	}
	c = cmd_find(word, &m->why);
	if (c == NULL && find_variable(word) != NULL) {
		fail_clear(&m->why);
		return show_variable(m, word);
	}
	if (c == NULL)
		return -1;
	show_command(m, c, true);
	return 0;
}

static int
run_help(struct mailx *m, struct args *a)
{
	size_t i;

	if (a->words.n == 0)
		for (i = 0; i < ncommands; i++)
			show_command(m, commands[i], false);
	if (a->words.n == 2 && strcmp(a->words.v[0], "set") == 0)
		return show_variable(m, a->words.v[1]);
	for (i = 0; i < a->words.n; i++)
		if (show_word(m, a->words.v[i]) == -1)
			return -1;
	return 0;
}

static int
run_list(struct mailx *m, struct args *a)
{
	size_t i;

	(void)a;
	for (i = 0; i < ncommands; i++)
		out_pair(m, commands[i]->name, m->json ? commands[i]->help : NULL);
	return 0;
}

const struct cmd cmd_help = {
	.name = "help", .abbreviation = "hel", .takes = TAKES_WORDS, .max = -1,
	.usage = "[command ... | set variable | variables]",
	.help = "tell of all commands, of one, or of a variable", .run = run_help
};

const struct cmd cmd_question = {
	.name = "?", .takes = TAKES_WORDS, .max = -1,
	.usage = "[command ... | set variable | variables]",
	.help = "tell of commands, as help does", .run = run_help
};

const struct cmd cmd_list = {
	.name = "list", .abbreviation = "l", .takes = TAKES_NOTHING,
	.help = "list the names of all commands", .run = run_list
};
