/* SPDX-License-Identifier: ISC */
/*
 * options.c -- the command line.
 *
 * Options end at the first address, so that no address is ever taken for one; a
 * folder (-f) does not end them.  One table has letters, long names and help.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "shellcomplete.h"

#define USAGE	"usage: mailx [options] [address ... | -f [folder]], and mailx --help"
#include "secret.h"

/* Long names without a letter. */
enum { DESCRIPTION = 256, HTML, INLINE, TIMEOUT, ONCE, AT, SCHEMA,
    CHECK_CONFIG, COMPLETION };

const struct known_option known_options[] = {
	{ 'A', "account", "name", "activate an account of the startup file" },
	{ 'a', "attach", "file", "attach a file" },
	{ 'B', "", NULL, NULL },
	{ 'b', "bcc", "address", "blind copies" },
	{ 'C', "header", "field", "an extra header field, 'Name: text'" },
	{ 'c', "cc", "address", "open copies" },
	{ 'd', "dry-run", NULL, "print the message instead of sending it" },
	{ DESCRIPTION, "description", "text", "describe the attachment before" },
	{ 'E', "skip-empty", NULL, "send nothing where the body is empty" },
	{ 'e', "exists", NULL, "exit with 0 if the folder has mail, 1 if not" },
	{ 'F', "record-by-name", NULL, "record in a file named after the recipient" },
	{ 'f', "folder", "[", "read that folder; without one $MBOX" },
	{ 'H', "headers", NULL, "print the summary and exit" },
	{ 'h', "help", NULL, "print this" },
	{ HTML, "html", "file", "an HTML body" },
	{ 'I', "", NULL, NULL },
	{ 'i', "ignore-interrupts", NULL, "ignore interrupts of the terminal" },
	{ INLINE, "inline", "name=file", "a part that the HTML names as cid:name" },
	{ 'J', "json", NULL, "machine-readable output" },
	{ 'L', "list", "spec", "print the summary of what matches and exit" },
	{ 'M', "type", "type", "media type of the body" },
	{ 'm', "body", "file", "the body, as it is" },
	{ 'N', "no-summary", NULL, "no summary at the start" },
	{ 'n', "no-system-rc", NULL, "do not read the system's startup file" },
	{ ONCE, "once", "key", "send at most once for that key" },
	{ AT, "at", "time", "deliver not before that time" },
	{ 'q', "quote", "file", "begin the body with a file" },
	{ 'R', "read-only", NULL, "change nothing in any folder" },
	{ 'r', "from", "address", "From and envelope sender" },
	{ 'S', "set", "variable[=value]", "set a variable" },
	{ 's', "subject", "text", "the subject" },
	{ TIMEOUT, "timeout", "seconds", "set the variable timeout" },
	{ 't', "take-fields", NULL, "take header fields from the input" },
	{ 'u', "user", "user", "read that user's system mailbox" },
	{ 'V', "version", NULL, "print the version" },
	{ 'v', "verbose", NULL, "show the dialogue with servers" },
	{ 'X', "before", "command", "run a command before the folder is opened" },
	{ 'Y', "command", "command", "run a command, then leave" },
	{ '#', "batch", "[", "commands from a file, no prompts" },
	{ '~', "tilde", NULL, "allow tilde escapes" },
	{ SCHEMA, "schema", NULL, "print the JSON schema of the records" },
	{ CHECK_CONFIG, "check-config", NULL, "check the startup files" },
	{ COMPLETION, "completion", "shell", "print completion for bash, zsh or fish" },
};
const size_t nknown_options = NELEM(known_options);

/* --- Help. --- */

void
options_help(FILE *out)
{
	const struct known_option *k;
	char left[64];
	size_t i;

	fputs("usage: mailx [options] address ... [-- sendmail-argument ...]\n"
	    "       mailx [options] -t\n"
	    "       mailx [options] [-f [folder]]\n"
	    "       mailx [options] -Y command ...\n"
	    "       mailx [options] -# [file]\n", out);
	for (i = 0; i < NELEM(known_options); i++) {
		k = &known_options[i];
		if (k->help == NULL)
			continue;
		snprintf(left, sizeof left, "%c%c%s --%s %s",
		    k->letter < 256 ? '-' : ' ',
		    k->letter < 256 ? k->letter : ' ',
		    k->letter < 256 ? "," : " ", k->name,
		    k->arg == NULL ? "" : *k->arg == '[' ? "[file]" : k->arg);
		fprintf(out, "  %-32s %s\n", left, k->help);
	}
	fputs("More in mailx(1).\n", out);
}

/* --- Tables for getopt_long(3). --- */

static void
make_tables(char *letters, struct option *names)
{
	const struct known_option *k;
	size_t i, n = 0;
	int arg;

	*letters++ = '+';
	*letters++ = ':';
	for (i = 0; i < NELEM(known_options); i++) {
		k = &known_options[i];
		arg = k->arg == NULL ? no_argument : *k->arg == '[' ?
		    optional_argument : required_argument;
		if (*k->name != '\0') {
			names[n].name = k->name;
			names[n].has_arg = arg;
			names[n].flag = NULL;
			names[n++].val = k->letter;
		}
		if (k->letter > 255)
			continue;
		*letters++ = (char)k->letter;
		if (arg == required_argument)
			*letters++ = ':';
	}
	*letters = '\0';
	memset(&names[n], 0, sizeof names[n]);
}

/* --- One option. --- */

static void
keep(char **old, const char *value)
{
	free(*old);
	*old = xstrdup(value);
}

static void
add_file(struct options *o, const char *path)
{
	o->files = xgrow(o->files, o->nfiles, &o->cap, sizeof *o->files);
	o->files[o->nfiles].path = xstrdup(path);
	o->files[o->nfiles++].description = NULL;
}

static int
describe(struct options *o, const char *text, struct fail *why)
{
	if (o->nfiles == 0)
		return fail(why, EX_USAGE, "--description: there is no "
		    "attachment before it");
	keep(&o->files[o->nfiles - 1].description, text);
	return 0;
}

/* Where the option is a mark alone; NULL: it is another. */
static bool *
mark(struct options *o, int letter)
{
	switch (letter) {
	case 'd':
		return &o->dry_run;
	case 'E':
		return &o->skip_empty;
	case 'e':
		return &o->exists;
	case 'F':
		return &o->by_name;
	case 'H':
		return &o->headers;
	case 'h':
		return &o->help;
	case 'i':
		return &o->ignore;
	case 'J':
		return &o->json;
	case 'N':
		return &o->no_summary;
	case 'n':
		return &o->no_system_rc;
	case 'R':
		return &o->read_only;
	case 't':
		return &o->take_fields;
	case 'V':
		return &o->version;
	case 'v':
		return &o->verbose;
	case '~':
		return &o->tilde;
	case SCHEMA:
		return &o->schema;
	case CHECK_CONFIG:
		return &o->check_config;
	default:
		return NULL;
	}
}

/* Where its last value goes; NULL: it is another. */
static char **
single(struct options *o, int letter)
{
	switch (letter) {
	case 'A':
		return &o->account;
	case 'L':
		return &o->spec;
	case 'M':
		return &o->type;
	case 'm':
		return &o->body;
	case 'q':
		return &o->quote;
	case 'r':
		return &o->from;
	case 's':
		return &o->subject;
	case 'u':
		return &o->user;
	case HTML:
		return &o->html;
	case ONCE:
		return &o->once;
	case AT:
		return &o->at;
	case COMPLETION:
		return &o->completion;
	default:
		return NULL;
	}
}

static struct strv *
several(struct options *o, int letter)
{
	switch (letter) {
	case 'b':
		return &o->bcc;
	case 'C':
		return &o->fields;
	case 'c':
		return &o->cc;
	case 'S':
		return &o->variables;
	case 'X':
		return &o->before;
	case 'Y':
		return &o->commands;
	case INLINE:
		return &o->inlines;
	default:
		return NULL;
	}
}

static int
take(struct options *o, int letter, const char *arg, struct fail *why)
{
	static const int sending[] = { 's', 'a', 'b', 'c', 'C', 'M', 'm', 'q',
	    't', 'E', 'F', HTML, INLINE, ONCE, AT, DESCRIPTION };
	static const int receiving[] = { 'f', 'H', 'e', 'L', 'u', 'Y', '#' };
	char *text;
	size_t i;

	for (i = 0; i < NELEM(sending); i++)
		o->sending = o->sending || letter == sending[i];
	for (i = 0; i < NELEM(receiving); i++)
		o->receiving = o->receiving || letter == receiving[i];
	if (mark(o, letter) != NULL)
		*mark(o, letter) = true;
	else if (single(o, letter) != NULL)
		keep(single(o, letter), arg);
	else if (several(o, letter) != NULL)
		strv_add(several(o, letter), arg);
	else if (letter == 'a')
		add_file(o, arg);
	else if (letter == DESCRIPTION)
		return describe(o, arg, why);
	else if (letter == TIMEOUT) {
		text = xasprintf("timeout=%s", arg);
		strv_take(&o->variables, text);
	} else if (letter == 'f' || letter == '#') {
		*(letter == 'f' ? &o->folder : &o->batch) = true;
		if (arg != NULL)
			keep(letter == 'f' ? &o->folder_name : &o->script, arg);
	}
	return 0;
}

/* --- Operands. --- */

static void
take_rest(struct options *o, char *const *v)
{
	for (; *v != NULL; v++)
		strv_add(&o->operands, *v);
}

/* Behind a second `--' stand the arguments of the sendmail program. */
static void
take_addresses(struct options *o, char *const *v)
{
	for (; *v != NULL && strcmp(*v, "--") != 0; v++)
		strv_add(&o->operands, *v);
	for (; *v != NULL && v[1] != NULL; v++)
		strv_add(&o->sendmail_args, v[1]);
}

/* An operand that does not end the options: was it one? */
static bool
take_name(struct options *o, const char *word)
{
	if (o->folder && o->folder_name == NULL)
		keep(&o->folder_name, word);
	else
		return false;
	return true;
}

static int
bad_option(int result, const char *word, struct fail *why)
{
	char letter[3] = { '-', (char)optopt, '\0' };

	if (word != NULL && strncmp(word, "--", 2) != 0 && optopt != 0)
		word = letter;
	return fail(why, EX_USAGE, "%s: %s; " USAGE,
	    word == NULL ? "option" : word, result == ':' ?
	    "an argument is missing" : "unknown option");
}

/*
 * s-nail's -:spec, a letter that getopt(3) cannot have: `s' and `u' in it say
 * which startup files are read.  The arguments used.
 */
static int
take_spec(struct options *o, char *const *args)
{
	const char *spec;

	if (args[0] == NULL || strncmp(args[0], "-:", 2) != 0)
		return 0;
	spec = args[0][2] != '\0' ? args[0] + 2 : args[1];
	if (spec == NULL)
		return 0;
	o->no_system_rc = strchr(spec, 's') == NULL;
	o->no_user_rc = strchr(spec, 'u') == NULL;
	return spec == args[1] ? 2 : 1;
}

static int
scan(struct options *o, int argc, char *argv[], struct fail *why)
{
	char letters[3 * NELEM(known_options) + 3];
	struct option names[NELEM(known_options) + 1];
	int result, last;

	make_tables(letters, names);
	opterr = 0;
	for (;;) {
		while ((last = take_spec(o, argv + optind)) > 0)
			optind += last;
		last = optind;
		result = getopt_long(argc, argv, letters, names, NULL);
		if (result == '?' || result == ':')
			return bad_option(result, argv[last], why);
		if (result != -1) {
			if (take(o, result, optarg, why) == -1)
				return -1;
			continue;
		}
		/* `--' ends them for good, an operand that is a folder not. */
		if (optind > last && strcmp(argv[optind - 1], "--") == 0)
			o->set_aside = true;
		if (argv[optind] == NULL || !take_name(o, argv[optind]))
			break;
		optind++;
		if (o->set_aside)
			break;
	}
	if (o->batch && o->script == NULL && argv[optind] != NULL)
		keep(&o->script, argv[optind++]);
	if (o->batch)
		take_rest(o, argv + optind);
	else
		take_addresses(o, argv + optind);
	return 0;
}

/* --- All of it. --- */

bool
options_send(const struct options *o)
{
	return !o->receiving && (o->sending || o->operands.n > 0);
}

static int
check(const struct options *o, struct fail *why)
{
	if (o->receiving && o->sending)
		return fail(why, EX_USAGE, "options for sending and for a "
		    "folder together; " USAGE);
	if (o->receiving && !o->batch && o->operands.n > 0)
		return fail(why, EX_USAGE, "%s: a folder is named with -f; "
		    USAGE, o->operands.v[0]);
	if (o->batch && o->commands.n > 0)
		return fail(why, EX_USAGE, "-# and -Y together");
	if (o->folder && o->user != NULL)
		return fail(why, EX_USAGE, "-f and -u together");
	if (o->inlines.n > 0 && o->html == NULL)
		return fail(why, EX_USAGE, "--inline: there is no --html");
	if (o->body != NULL && o->take_fields)
		return fail(why, EX_USAGE, "-m and -t together");
	/* A variable of the shell that is not set: it would be sent no more. */
	if (o->once != NULL && *o->once == '\0')
		return fail(why, EX_USAGE, "--once: an empty key");
	return 0;
}

int
options_parse(struct options *o, int argc, char *argv[], struct fail *why)
{
	int r, i;

	memset(o, 0, sizeof *o);
	r = scan(o, argc, argv, why);
	for (i = 1; i < argc; i++)
		o->secret = secret_wipe(argv[i]) || o->secret;
	if (r == 0 && o->completion != NULL)
		return shellcomplete_knows(o->completion) ? 0 : fail(why,
		    EX_USAGE, "--completion: %s: bash, zsh or fish",
		    o->completion);
	if (r == -1 || o->help || o->version || o->schema || o->check_config)
		return r;
	return check(o, why);
}

void
options_free(struct options *o)
{
	char **const strings[] = { &o->account, &o->folder_name, &o->spec,
	    &o->user, &o->script, &o->type, &o->body, &o->quote, &o->from,
	    &o->subject, &o->html, &o->once, &o->at,
	    &o->completion };
	struct strv *const lists[] = { &o->before, &o->commands, &o->variables,
	    &o->bcc, &o->cc, &o->fields, &o->inlines, &o->operands,
	    &o->sendmail_args };
	size_t i;

	for (i = 0; i < NELEM(strings); i++)
		free(*strings[i]);
	for (i = 0; i < NELEM(lists); i++)
		strv_free(lists[i]);
	for (i = 0; i < o->nfiles; i++) {
		free(o->files[i].path);
		free(o->files[i].description);
	}
	free(o->files);
	memset(o, 0, sizeof *o);
}
