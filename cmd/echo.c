/* SPDX-License-Identifier: ISC */
/* echo.c -- echo, eval, commandalias, and comments. */

#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "runint.h"

/* The words with blanks between them; the caller frees. */
static char *
join(const struct strv *words)
{
	char *text;
	size_t len, i;
	FILE *f = xmemstream(&text, &len);

	for (i = 0; i < words->n; i++)
		fprintf(f, "%s%s", i == 0 ? "" : " ", words->v[i]);
	fclose(f);
	return text;
}

static int
run_echo(struct mailx *m, struct args *a)
{
	char *text = join(&a->words), *line, *next;

	for (line = text; line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		out_line(m, "%s", line);
	}
	free(text);
	return 0;
}

/* Its failure has been told when it returns. */
static int
run_eval(struct mailx *m, struct args *a)
{
	char *line;

	if (m->depth >= MAX_COMMAND_DEPTH)
		return fail(&m->why, EX_DATAERR, "more than %d commands in "
		    "each other", MAX_COMMAND_DEPTH);
	line = join(&a->words);
	m->depth++;
	(void)run_line(m, line, a->input);
	m->depth--;
	free(line);
	return 0;
}

/* --- commandalias --- */

static bool
is_alias_name(const char *name)
{
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] == '\0';
}

static void
set_alias(struct mailx *m, const char *name, const char *text)
{
	struct interpreter *r = m->run;
	size_t i;

	for (i = 0; i < r->naliases; i++)
		if (strcmp(r->aliases[i].name, name) == 0)
			break;
	if (i == r->naliases) {
		r->aliases = xgrow(r->aliases, r->naliases, &r->cap,
		    sizeof *r->aliases);
		r->aliases[r->naliases].text = NULL;
		r->aliases[r->naliases++].name = xstrdup(name);
	}
	free(r->aliases[i].text);
	r->aliases[i].text = xstrdup(text);
}

static int
show_alias(struct mailx *m, const char *name)
{
	const struct command_alias *found = alias_of_command(m, name);

	if (found == NULL)
		return fail(&m->why, EX_USAGE, "%s: no such alias", name);
	out_pair(m, found->name, found->text);
	return 0;
}

/* The text may stand in quotes, as a whole. */
static struct span
unquoted(struct span s)
{
	if (s.n > 1 && (*s.p == '\'' || *s.p == '"') && s.p[s.n - 1] == *s.p &&
	    memchr(s.p + 1, *s.p, s.n - 2) == NULL) {
		s.p++;
		s.n -= 2;
	}
	return s;
}

static int
run_commandalias(struct mailx *m, struct args *a)
{
	size_t n = strcspn(a->text, " \t"), i;
	struct span rest = unquoted(span_trim(span_of(a->text + n)));
	char *name, *text;
	int r = 0;

	if (n == 0) {
		for (i = 0; i < m->run->naliases; i++)
			out_pair(m, m->run->aliases[i].name,
			    m->run->aliases[i].text);
		return 0;
	}
	name = xstrndup(a->text, n);
	text = span_dup(rest);
	if (!is_alias_name(name))
		r = fail(&m->why, EX_USAGE, "%s: not a name", name);
	else if (*text == '\0')
		r = show_alias(m, name);
	else
		set_alias(m, name, text);
	free(name);
	free(text);
	return r;
}

static int
run_comment(struct mailx *m, struct args *a)
{
	(void)m;
	(void)a;
	return 0;
}

const struct cmd cmd_echo = {
	.name = "echo", .abbreviation = "ec", .flags = CMD_STARTUP,
	.takes = TAKES_WORDS, .max = -1, .usage = "[word ...]",
	.help = "print words", .run = run_echo
};

const struct cmd cmd_eval = {
	.name = "eval", .flags = CMD_STARTUP, .takes = TAKES_WORDS,
	.min = 1, .max = -1, .usage = "word ...",
	.help = "run the words, joined by blanks, as a command", .run = run_eval
};

const struct cmd cmd_commandalias = {
	.name = "commandalias", .flags = CMD_STARTUP, .takes = TAKES_TEXT,
	.usage = "[name [command]]",
	.help = "give a command line a name; without a command, print what has one",
	.run = run_commandalias
};

const struct cmd cmd_comment = {
	.name = "#", .flags = CMD_STARTUP, .takes = TAKES_TEXT,
	.usage = "text", .help = "a comment", .run = run_comment
};
