/* SPDX-License-Identifier: ISC */
/*
 * shellcomplete.c -- see shellcomplete.h.  What an option takes is read out of the
 * name of its argument in the table of options; commands and variables are those
 * of their tables.
 */
#include <string.h>

#include "cmd.h"
#include "options.h"
#include "shellcomplete.h"
#include "vars.h"

enum takes_what { NO_ARGUMENT, ANYTHING, A_FILE, A_COMMAND, A_VARIABLE, A_USER,
    AN_ACCOUNT, A_SHELL };

/* Accounts stand in the startup file. */
#define ACCOUNTS	"sed -n 's/^[ \t]*account[ \t][ \t]*\\([^ \t{]*\\).*/\\1/p' " \
			"\"${MAILRC:-$HOME/.mailrc}\" 2> /dev/null"

static enum takes_what
what(const struct known_option *k)
{
	static const struct { const char *arg; enum takes_what what; } args[] = {
		{ "file", A_FILE }, { "[", A_FILE }, { "name=file", A_FILE },
		{ "command", A_COMMAND }, { "variable[=value]", A_VARIABLE },
		{ "user", A_USER }, { "name", AN_ACCOUNT }, { "shell", A_SHELL }
	};
	size_t i;

	if (k->arg == NULL)
		return NO_ARGUMENT;
	for (i = 0; i < NELEM(args); i++)
		if (strcmp(args[i].arg, k->arg) == 0)
			return args[i].what;
	return ANYTHING;
}

static void
put_commands(FILE *out)
{
	size_t i;

	for (i = 0; i < ncommands; i++)
		if (ascii_is_alpha((unsigned char)*commands[i]->name))
			fprintf(out, " %s", commands[i]->name);
}

static void
put_variables(FILE *out)
{
	const struct var *v;

	for (v = variables; v->name != NULL; v++)
		fprintf(out, " %s", v->name);
}

static bool
is_shown(const struct known_option *k)
{
	return k->help != NULL;
}

static bool
has_letter(const struct known_option *k)
{
	return k->letter < 256;
}

/* --- bash --- */

/* "-a|--attach|...)" of those that take that; false: none does. */
static bool
bash_case(FILE *out, enum takes_what wanted)
{
	size_t i, n = 0;
	const struct known_option *k;

	for (i = 0; i < nknown_options; i++) {
		k = &known_options[i];
		if (!is_shown(k) || what(k) != wanted)
			continue;
		fputs(n++ == 0 ? "\t" : "|", out);
		if (has_letter(k))
			fprintf(out, "'-%c'|", k->letter);
		fprintf(out, "--%s", k->name);
	}
	if (n > 0)
		fputs(")\n\t\t", out);
	return n > 0;
}

static void
bash_options(FILE *out)
{
	size_t i;
	const struct known_option *k;

	for (i = 0; i < nknown_options; i++) {
		k = &known_options[i];
		if (!is_shown(k))
			continue;
		if (has_letter(k))
			fprintf(out, " -%c", k->letter);
		fprintf(out, " --%s", k->name);
	}
}

static void
print_bash(FILE *out)
{
	static const struct { enum takes_what what; const char *reply; } ways[] = {
		{ A_FILE, "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\"))" },
		{ A_COMMAND, "COMPREPLY=($(compgen -W \"$commands\" -- \"$cur\"))" },
		{ A_VARIABLE, "COMPREPLY=($(compgen -W \"$variables\" -- \"$cur\")); "
		    "compopt -o nospace" },
		{ A_USER, "COMPREPLY=($(compgen -u -- \"$cur\"))" },
		{ AN_ACCOUNT, "COMPREPLY=($(compgen -W \"$(" ACCOUNTS ")\" -- \"$cur\"))" },
		{ A_SHELL, "COMPREPLY=($(compgen -W 'bash zsh fish' -- \"$cur\"))" },
		{ ANYTHING, ":" }
	};
	size_t i;

	fputs("# Completion of mailx for bash, made by mailx --completion bash.\n"
	    "_mailx() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} "
	    "prev=${COMP_WORDS[COMP_CWORD - 1]}\n\tlocal commands='", out);
	put_commands(out);
	fputs("'\n\tlocal variables='", out);
	put_variables(out);
	fputs("'\n\tlocal options='", out);
	bash_options(out);
	fputs("'\n\tCOMPREPLY=()\n\tcase $prev in\n", out);
	for (i = 0; i < NELEM(ways); i++)
		if (bash_case(out, ways[i].what))
			fprintf(out, "%s\n\t\treturn ;;\n", ways[i].reply);
	fputs("\tesac\n\tcase $cur in\n\t-*)\n"
	    "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$cur\")) ;;\n"
	    "\t*)\n\t\tCOMPREPLY=($(compgen -u -- \"$cur\")) ;;\n"
	    "\tesac\n}\ncomplete -F _mailx mailx\n", out);
}

/* --- zsh --- */

/* Within '...' and [...] of _arguments. */
static void
put_escaped(const char *text, FILE *out)
{
	for (; *text != '\0'; text++)
		if (*text == '\'')
			fputs("'\\''", out);
		else if (strchr("[]:\\", *text) != NULL)
			fprintf(out, "\\%c", *text);
		else
			putc(*text, out);
}

static void
zsh_action(const struct known_option *k, FILE *out)
{
	static const char *const actions[] = {
		[ANYTHING] = " ", [A_FILE] = "_files",
		[A_COMMAND] = "($commands)", [A_VARIABLE] = "($variables)",
		[A_USER] = "_users", [AN_ACCOUNT] = "($accounts)",
		[A_SHELL] = "(bash zsh fish)"
	};
	enum takes_what takes = what(k);

	if (takes == NO_ARGUMENT)
		return;
	fputs(*k->arg == '[' ? "::" : ":", out);
	put_escaped(*k->arg == '[' ? "file" : k->arg, out);
	fprintf(out, ":%s", actions[takes]);
}

/* $commands and its like are put in by zsh before _arguments sees them. */
static void
zsh_spec(const struct known_option *k, bool letter, FILE *out)
{
	bool list = what(k) == A_COMMAND || what(k) == A_VARIABLE ||
	    what(k) == AN_ACCOUNT;

	if (letter)
		fprintf(out, " \\\n\t\t'*-%c[", k->letter);
	else
		fprintf(out, " \\\n\t\t'*--%s%s[", k->name, k->arg == NULL ? "" :
		    "=");
	put_escaped(k->help, out);
	fputs("]", out);
	if (list)
		fputs("'\"", out);
	zsh_action(k, out);
	fputs(list ? "\"" : "'", out);
}

static void
print_zsh(FILE *out)
{
	size_t i;
	const struct known_option *k;

	/* As a pattern it goes before what zsh itself has for other programs of that name. */
	fputs("#compdef -p mailx\n"
	    "# Completion of mailx for zsh, made by mailx --completion zsh.\n"
	    "_mailx() {\n\tlocal commands='", out);
	put_commands(out);
	fputs("'\n\tlocal variables='", out);
	put_variables(out);
	fputs("'\n\ttypeset -g _compskip=all\n\tlocal accounts=\"${(f)$(" ACCOUNTS ")}\"\n"
	    "\t_arguments -s -S :", out);
	for (i = 0; i < nknown_options; i++) {
		k = &known_options[i];
		if (!is_shown(k))
			continue;
		if (has_letter(k))
			zsh_spec(k, true, out);
		zsh_spec(k, false, out);
	}
	fputs(" \\\n\t\t'*:address:_users'\n}\n_mailx \"$@\"\n", out);
}

/* --- fish --- */

static void
put_quoted(const char *text, FILE *out)
{
	putc('\'', out);
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\')
			putc('\\', out);
		putc(*text, out);
	}
	putc('\'', out);
}

static void
fish_argument(const struct known_option *k, FILE *out)
{
	switch (what(k)) {
	case NO_ARGUMENT:
		break;
	case A_FILE:
		fputs(*k->arg == '[' ? " -F" : " -r -F", out);
		break;
	case A_COMMAND:
		fputs(" -x -a \"$__mailx_commands\"", out);
		break;
	case A_VARIABLE:
		fputs(" -x -a \"$__mailx_variables\"", out);
		break;
	case A_USER:
		fputs(" -x -a '(__fish_complete_users)'", out);
		break;
	case AN_ACCOUNT:
		fputs(" -x -a '(__mailx_accounts)'", out);
		break;
	case A_SHELL:
		fputs(" -x -a 'bash zsh fish'", out);
		break;
	case ANYTHING:
		fputs(" -x", out);
	}
}

static void
print_fish(FILE *out)
{
	const struct known_option *k;
	size_t i;

	fputs("# Completion of mailx for fish, made by mailx --completion fish.\n"
	    "set -g __mailx_commands '", out);
	put_commands(out);
	fputs("'\nset -g __mailx_variables '", out);
	put_variables(out);
	fputs("'\nfunction __mailx_accounts\n"
	    "\tset -l file ~/.mailrc\n\tset -q MAILRC; and set file $MAILRC\n"
	    "\tstring replace -rf '^\\s*account\\s+([^\\s{]+).*' '$1' < $file 2> "
	    "/dev/null\nend\ncomplete -c mailx -f -a '(__fish_complete_users)'\n",
	    out);
	for (i = 0; i < nknown_options; i++) {
		k = &known_options[i];
		if (!is_shown(k))
			continue;
		fputs("complete -c mailx", out);
		if (has_letter(k))
			fprintf(out, " -s '%c'", k->letter);
		fprintf(out, " -l %s", k->name);
		fish_argument(k, out);
		fputs(" -d ", out);
		put_quoted(k->help, out);
		putc('\n', out);
	}
}

/* --- All. --- */

static const struct {
	const char	*name;
	void		(*print)(FILE *out);
} shells[] = {
	{ "bash", print_bash }, { "zsh", print_zsh }, { "fish", print_fish }
};

bool
shellcomplete_knows(const char *shell)
{
	size_t i;

	for (i = 0; i < NELEM(shells); i++)
		if (strcmp(shells[i].name, shell) == 0)
			return true;
	return false;
}

void
shellcomplete_print(const char *shell, FILE *out)
{
	size_t i;

	for (i = 0; i < NELEM(shells); i++)
		if (strcmp(shells[i].name, shell) == 0)
			shells[i].print(out);
}
