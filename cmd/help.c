/* SPDX-License-Identifier: ISC */
/* help.c -- help, ?, list: what the tables of commands, variables and topics say. */

#include <stdlib.h>
#include <string.h>

#include "helptopics.h"
#include "nearest.h"
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

/* "x", or that there is nothing to show. */
static char *
shown(const char *name, const char *value, const char *nothing)
{
	if (value == NULL)
		return xstrdup(nothing);
	if (*value == '\0')
		return xstrdup("set");
	return xasprintf("\"%s\"", var_is_secret(name) ? "***" : value);
}

/* Its value, who gave it that, and what it has otherwise. */
static void
show_value(struct mailx *m, const struct var *v)
{
	static const char *const types[] = { "on or off", "text", "a number",
	    "a file name" };
	const char *origin = var_origin(m, v->name);
	const char *value = var_get(m, v->name);
	char *now = shown(v->name, value, "not set");
	char *usual = shown(v->name, v->value, "not set");

	out_line(m, "%s; now %s%s%s", types[v->type], now,
	    value == NULL ? "" : origin == NULL ? ", the default" : ", by ",
	    value == NULL || origin == NULL ? "" : origin);
	if (value == NULL || origin != NULL)
		out_line(m, "default: %s", usual);
	free(now);
	free(usual);
}

static int
show_variable(struct mailx *m, const char *name)
{
	const struct var *v = find_variable(name);

	if (v == NULL) {
		fail(&m->why, EX_USAGE, "%s: unknown variable", name);
		nearest_add(&m->why, nearest_variable(name));
		return -1;
	}
	if (m->json) {
		out_pair(m, v->name, v->help);
		return 0;
	}
	out_line(m, "%s: %s", v->name, v->help);
	if (v->alias_of != NULL)
		out_line(m, "the same as %s", v->alias_of);
	else
		show_value(m, v);
	return 0;
}

/* --- Topics. --- */

static void
show_topics(struct mailx *m)
{
	const struct topic *t;

	for (t = topics; t->name != NULL; t++)
		out_pair(m, t->name, t->about);
}

/* An example in its column, and what it does behind it. */
static void
show_line(struct mailx *m, const char *line, size_t n)
{
	const char *says = memchr(line + 1, '\t', n - 1);
	size_t left = says == NULL ? n - 1 : (size_t)(says - line) - 1;

	if (*line != '\t')
		out_line(m, "%.*s", (int)n, line);
	else if (says == NULL)
		out_line(m, "    %.*s", (int)left, line + 1);
	else
		out_line(m, "    %-*.*s  %.*s", left < 28 ? 28 : (int)left,
		    (int)left, line + 1, (int)(n - left) - 4, says + 3);
}

static void
show_text(struct mailx *m, const struct topic *t)
{
	const char *line, *end;

	if (m->json) {
		out_pair(m, t->name, t->text);
		return;
	}
	out_line(m, "%s: %s", t->name, t->about);
	for (line = t->text; *line != '\0'; line = end + 1) {
		end = line + strcspn(line, "\n");
		show_line(m, line, (size_t)(end - line));
		if (*end == '\0')
			break;
	}
}

static const struct topic *
find_topic(const char *word)
{
	const struct topic *t;

	for (t = topics; t->name != NULL; t++)
		if (strcmp(t->name, word) == 0)
			return t;
	return NULL;
}

static void
show_variables(struct mailx *m)
{
	const struct var *v;

	for (v = variables; v->name != NULL; v++)
		out_pair(m, v->name, v->help);
}

/* A variable; or nothing, which m->why says. */
static int
show_other(struct mailx *m, const char *word)
{
	if (find_variable(word) == NULL)
		return -1;
	fail_clear(&m->why);
	return show_variable(m, word);
}

/* A command, a topic, both (search), or a variable. */
static int
show_word(struct mailx *m, const char *word)
{
	const struct topic *t = find_topic(word);
	const struct cmd *c;

	if (strcmp(word, "variables") == 0)
		show_variables(m);
	else if (strcmp(word, "topics") == 0)
		show_topics(m);
	else {
		c = cmd_find(word, &m->why);
		if (c == NULL && t == NULL)
			return show_other(m, word);
		fail_clear(&m->why);
		if (c != NULL && (t == NULL || strcmp(c->name, word) == 0))
			show_command(m, c, true);
		if (t != NULL)
			show_text(m, t);
	}
	return 0;
}

static int
run_help(struct mailx *m, struct args *a)
{
	size_t i;

	if (a->words.n == 0) {
		for (i = 0; i < ncommands; i++)
			show_command(m, commands[i], false);
		out_line(m, "More: help topics, help command, help variables.");
	}
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
	.usage = "[command ... | topic | topics | set variable | variables]",
	.help = "tell of all commands, of one, of a topic, or of a variable", .run = run_help
};

const struct cmd cmd_question = {
	.name = "?", .takes = TAKES_WORDS, .max = -1,
	.usage = "[command ... | topic | topics | set variable | variables]",
	.help = "tell of commands, as help does", .run = run_help
};

const struct cmd cmd_list = {
	.name = "list", .abbreviation = "l", .takes = TAKES_NOTHING,
	.help = "list the names of all commands", .run = run_list
};
