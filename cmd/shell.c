/* SPDX-License-Identifier: ISC */
/* shell.c -- !command, shell, and the working directory. */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "out.h"
#include "runint.h"
#include "term.h"
#include "vars.h"
#include "words.h"

/* With `bang', an unprotected ! is the command before; \! is a !. */
static char *
put_last(const struct mailx *m, const char *text)
{
	const char *last = m->run->shell;
	char *command;
	size_t len;
	FILE *f;

	if (!var_is_set(m, "bang"))
		return xstrdup(text);
	f = xmemstream(&command, &len);
	for (; *text != '\0'; text++)
		if (*text == '\\' && text[1] == '!')
			putc(*++text, f);
		else if (*text == '!')
			fputs(last == NULL ? "" : last, f);
		else
			putc(*text, f);
	fclose(f);
	return command;
}

/*
 * The command's status is ours where that is a failure that sysexits.h knows;
 * 1 is an answer.  A person has seen what the command had to say.
 */
static int
judge(struct mailx *m, const char *command, int status)
{
	if (m->interactive || status <= 1) {
		m->status = status;
		return 0;
	}
	return fail(&m->why, status >= EX__BASE && status <= EX__MAX ? status :
	    EX_OSERR, "%s: ended with status %d", command, status);
}

static int
run_command(struct mailx *m, const char *command)
{
	int status;

	if (out_flush(m, &m->why) == -1)
		return -1;
	status = term_shell(m, command, &m->why);
	if (status == -1)
		return -1;
	if (m->interactive)
		out_line(m, "!");
	return judge(m, command, status);
}

static int
run_bang(struct mailx *m, struct args *a)
{
	char *command = put_last(m, a->text);
	int r;

	if (strlen(command) > MAX_COMMAND_LINE) {
		free(command);
		return fail(&m->why, EX_DATAERR, "the command is too long");
	}
	free(m->run->shell);
	m->run->shell = command;
	/* The command may be one that runs us again, and ours another. */
	command = xstrdup(command);
	r = run_command(m, command);
	free(command);
	return r;
}

static int
run_shell(struct mailx *m, struct args *a)
{
	(void)a;
	if (!m->interactive)
		return fail(&m->why, EX_USAGE, "only at a terminal");
	return run_command(m, "exec \"${SHELL:-/bin/sh}\"");
}

static int
run_chdir(struct mailx *m, struct args *a)
{
	const char *name = a->words.n == 0 ? "~" : a->words.v[0];
	char *path = words_file(m, name, &m->why);
	int r;

	if (path == NULL)
		return -1;
	r = chdir(path);
	if (r == -1)
		r = fail_errno(&m->why, EX_NOINPUT, "%s", path);
	free(path);
	return r;
}

const struct cmd cmd_bang = {
	.name = "!", .takes = TAKES_TEXT, .min = 1, .usage = "command",
	.help = "run a shell command", .run = run_bang
};

const struct cmd cmd_shell = {
	.name = "shell", .abbreviation = "sh", .takes = TAKES_NOTHING,
	.help = "run a shell at the terminal", .run = run_shell
};

#define CHDIR								\
	.flags = CMD_STARTUP, .takes = TAKES_WORDS, .max = 1,		\
	.usage = "[directory]",						\
	.help = "change the working directory, without one to HOME",	\
	.run = run_chdir

const struct cmd cmd_cd = { .name = "cd", CHDIR };
const struct cmd cmd_chdir = { .name = "chdir", .abbreviation = "ch", CHDIR };
