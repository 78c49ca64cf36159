/* SPDX-License-Identifier: ISC */
/*
 * gate.c -- one command line: what it means, whether it may run here, its
 * arguments, where its output goes; the call, and the report of a failure.
 */
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "nearest.h"
#include "out.h"
#include "progress.h"
#include "queueing.h"
#include "runint.h"
#include "sending.h"
#include "vars.h"

extern const struct cmd cmd_type, cmd_set, cmd_unset;

/* --- Which command a name means. --- */

static bool
begins(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

static const struct cmd *
find_exactly(const char *name)
{
	size_t i;

	for (i = 0; i < ncommands; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

/* POSIX's abbreviations: the first in the table that allows it. */
static const struct cmd *
find_abbreviated(const char *name)
{
	const struct cmd *c;
	size_t i;

	for (i = 0; i < ncommands; i++) {
		c = commands[i];
		if (c->abbreviation != NULL && begins(c->name, name) &&
		    begins(name, c->abbreviation))
			return c;
	}
	return NULL;
}

static int
ambiguous(const char *name, struct fail *why)
{
	char *names;
	size_t len, i, n = 0;
	FILE *f = xmemstream(&names, &len);
	int r;

	for (i = 0; i < ncommands; i++)
		if (begins(commands[i]->name, name))
			fprintf(f, "%s%s", n++ == 0 ? "" : ", ",
			    commands[i]->name);
	fclose(f);
	r = fail(why, EX_USAGE, "%s: could be %s", name, names);
	free(names);
	return r;
}

const struct cmd *
cmd_find(const char *name, struct fail *why)
{
	const struct cmd *c = find_exactly(name);
	size_t i, n = 0, like = 0;

	if (c == NULL && *name != '\0')
		c = find_abbreviated(name);
	if (c != NULL)
		return c;
	for (i = 0; *name != '\0' && i < ncommands; i++) {
		if (!begins(commands[i]->name, name))
			continue;
		like++;
		if (commands[i]->abbreviation == NULL && n++ == 0)
			c = commands[i];
	}
	if (n == 1)
		return c;
	if (like == 0) {
		fail(why, EX_USAGE, "%s: unknown command", name);
		nearest_add(why, nearest_command(name));
	} else
		(void)ambiguous(name, why);
	return NULL;
}

const struct command_alias *
alias_of_command(const struct mailx *m, const char *name)
{
	size_t i;

	for (i = 0; m->run != NULL && i < m->run->naliases; i++)
		if (strcmp(m->run->aliases[i].name, name) == 0)
			return &m->run->aliases[i];
	return NULL;
}

/* A name of an alias at the front of the line; the caller frees. */
static char *
alias_name(const char *line)
{
	size_t n = 0;

	while (ascii_is_alpha((unsigned char)line[n]) || line[n] == '_' ||
	    line[n] == '-' || ascii_is_digit((unsigned char)line[n]))
		n++;
	return xstrndup(line, n);
}

/* Put an alias's text in place of its name, and again.  NULL: without end. */
static char *
expand_aliases(struct mailx *m, const char *line)
{
	const struct command_alias *a, *last = NULL;
	char *text = xstrdup(line), *name, *next;
	int i;

	for (i = 0; i < MAX_COMMAND_DEPTH; i++) {
		name = alias_name(text);
		a = *name == '\0' ? NULL : alias_of_command(m, name);
		if (a == NULL || a == last) {
			free(name);
			return text;
		}
		next = xasprintf("%s%s", a->text, text + strlen(name));
		free(name);
		free(text);
		text = next;
		last = a;
		if (strlen(text) > MAX_COMMAND_LINE)
			break;
	}
	fail(&m->why, EX_DATAERR, "command aliases refer to each other");
	free(text);
	return NULL;
}

/* The command that the line names; *rest is what stands behind the name. */
static const struct cmd *
resolve(struct mailx *m, const char *line, const char **rest)
{
	char name[64];
	size_t n = 0;

	if (strchr("!=?|#", *line) != NULL)
		n = 1;
	else
		while (ascii_is_alpha((unsigned char)line[n]))
			n++;
	*rest = line + n;
	if (n == 0)
		return &cmd_type;	/* a message list alone */
	if (n >= sizeof name) {
		fail(&m->why, EX_USAGE, "%s: unknown command", line);
		return NULL;
	}
	memcpy(name, line, n);
	name[n] = '\0';
	return cmd_find(name, &m->why);
}

/* --- Whether it may. --- */

static int
check_place(struct mailx *m, const struct cmd *cmd)
{
	if (m->run->input->startup && (cmd->flags & CMD_STARTUP) == 0)
		return fail(&m->why, EX_CONFIG, "not in a startup file");
	return 0;
}

static int
check_folder(struct mailx *m, const struct cmd *cmd)
{
	bool named = m->folder != NULL || m->folder_name != NULL;

	if ((cmd->flags & CMD_CHANGES) != 0 && m->read_only)
		return fail(&m->why, EX_NOPERM, "folders are read-only (-R)");
	if ((cmd->flags & CMD_FOLDER) == 0 &&
	    ((cmd->flags & CMD_OPTIONAL_FOLDER) == 0 || !named))
		return 0;
	if (folder_need(m, &m->why) == -1)
		return -1;
	if ((cmd->flags & CMD_CHANGES) != 0 && m->folder->mode == STORE_READ)
		return fail(&m->why, EX_NOPERM, "%s: the folder is read-only",
		    folder_shown(m));
	return 0;
}

/* --- The call. --- */

static int
redirect(struct mailx *m, const struct redirect *r)
{
	if (r->target == NULL)
		return 0;
	if (out_stream(m) != stdout)
		return fail(&m->why, EX_USAGE, "the output goes elsewhere "
		    "already");
	if (r->way == '|')
		return out_pipe(m, r->target, &m->why);
	if (folder_is_mail(m, r->target))
		return fail(&m->why, EX_CANTCREAT, "%s: is a mailbox; output "
		    "would damage it", r->target);
	return out_redirect(m, r->target, r->way == 'a', &m->why);
}

static int
prepare(struct mailx *m, const char *rest, struct args *a, struct redirect *r)
{
	const struct cmd *cmd = a->cmd;

	if (check_place(m, cmd) == -1 || args_parse(m, cmd, rest, a, r) == -1)
		return -1;
	return check_folder(m, cmd) == -1 || args_messages(m, a) == -1 ||
	    redirect(m, r) == -1 ? -1 : 0;
}

/* Does the text follow?  With -m it is a file: a word of that, for the line may be no good. */
static bool
text_follows(const struct cmd *cmd, const char *rest)
{
	const char *p;

	if ((cmd->flags & CMD_BODY) == 0)
		return false;
	for (p = strchr(rest, '-'); p != NULL; p = strchr(p + 1, '-'))
		if ((p == rest || p[-1] == ' ' || p[-1] == '\t') &&
		    (p[1] == 'm' || strncmp(p, "--body", 6) == 0))
			return false;
	return true;
}

/* The text behind a command that cannot be run is no commands. */
static void
pass_body(struct mailx *m, const struct args *a, const char *rest)
{
	struct draft d;

	if (!text_follows(a->cmd, rest))
		return;
	draft_init(&d);
	draft_skip(m, &d, a);
	draft_free(&d);
}

/* Nor is it behind one in a branch that is not taken. */
static void
drop_body(struct mailx *m, const struct cmd *cmd, const char *rest, FILE *body)
{
	struct fail ignored = { 0 };
	bool tilde = m->tilde;
	struct draft d;

	if (cmd == NULL || body == NULL || !text_follows(cmd, rest) ||
	    (m->interactive && body == stdin))
		return;
	draft_init(&d);
	m->tilde = false;
	(void)compose_body(m, &d, body, true, &ignored);
	m->tilde = tilde;
	draft_free(&d);
}

static int
call(struct mailx *m, struct args *a, const struct redirect *r)
{
	struct fail late = { 0 };
	int result;

	progress_begin(m, a->cmd->name);
	m->status = (a->cmd->flags & CMD_ALWAYS) ? m->run->previous : 0;
	result = a->cmd->run(m, a);
	progress_end(m);
	m->run->kept = (a->cmd->flags & CMD_ALWAYS) != 0;
	if (result == -1 && m->why.code == 0)
		fail(&m->why, EX_SOFTWARE, "failed without a reason");
	if (r->target != NULL &&
	    out_restore(m, result == 0 ? &m->why : &late) == -1)
		result = -1;
	return result;
}

static int
execute(struct mailx *m, const struct cmd *cmd, const char *rest, FILE *body)
{
	struct args a = { .cmd = cmd, .input = body };
	struct redirect r = { 0 };
	int result;

	if ((cmd->flags & CMD_SENDING) == 0)
		queue_settle(m);
	result = prepare(m, rest, &a, &r);
	if (result == 0)
		result = call(m, &a, &r);
	else
		pass_body(m, &a, rest);
	if (result == 0 && m->run->check && cmd == &cmd_set)
		check_set(m, &a);
	args_free(&a);
	free(r.target);
	if (result == -1 && strncmp(m->why.text, "usage: ", 7) != 0)
		fail_where(&m->why, "%s", cmd->name);
	return result;
}

static bool
passed_over(const struct mailx *m, const struct cmd *cmd)
{
	if (cmd != NULL && (cmd->flags & CMD_ALWAYS) != 0)
		return false;
	if (run_skips(m))
		return true;
	return m->run->input->sets_only && cmd != &cmd_set && cmd != &cmd_unset;
}

/* A file of the system's is written for any mailx there is. */
static bool
forgiven(struct mailx *m, const struct cmd *cmd)
{
	if (cmd != NULL || !m->run->input->lenient || m->run->check)
		return false;
	fail_clear(&m->why);
	return true;
}

/* Run the line: 1 it was passed over, 0, -1. */
static int
interpret(struct mailx *m, const char *line, FILE *body)
{
	const struct cmd *cmd;
	const char *rest;
	char *text = expand_aliases(m, line);
	int r = -1;

	if (text == NULL)
		return -1;
	cmd = resolve(m, text, &rest);
	if (passed_over(m, cmd) || (cmd == NULL && forgiven(m, cmd))) {
		fail_clear(&m->why);
		drop_body(m, cmd, rest, body);
		r = 1;
	} else if (cmd != NULL)
		r = execute(m, cmd, rest, body);
	free(text);
	return r;
}

/* Output that cannot be written ends the run: nothing is to be half done. */
static void
flush(struct mailx *m)
{
	if (out_stream(m) != stdout || out_flush(m, &m->why) == 0)
		return;
	if (m->run->unwritable)
		fail_clear(&m->why);
	else
		run_report(m);
	m->run->unwritable = true;
	m->quit = m->quit_unchanged = true;
}

/* A status above 1 without a failure is what `return' or a shell command said. */
static void
note_status(struct mailx *m, int result)
{
	if (result == -1 && m->run->input->startup) {
		run_fault(m);
		return;
	}
	if (result == -1)
		run_report(m);
	else if (m->status != 0 && !m->interactive)
		m->run->failed = m->status;
	if (m->status > 1 && var_is_set(m, "errexit"))
		m->quit = m->quit_unchanged = true;
}

static int
run_in_place(struct mailx *m, const char *line, FILE *body)
{
	struct interpreter *run = m->run;
	int before = m->status, r;

	fail_clear(&m->why);
	run->previous = m->status;
	run->running++;
	run->kept = false;
	r = interpret(m, line, body);
	run->running--;
	if (r == 1) {
		m->status = before;
		return 0;
	}
	note_status(m, r);
	flush(m);
	if (run->running == 0 && !run->input->startup)
		out_ack(m, r == 0 && run->kept ? 0 : m->status);
	return r;
}

int
run_line(struct mailx *m, const char *line, FILE *body)
{
	struct interpreter *run = run_state(m);
	struct input alone = { .body = body };
	bool outermost = run->input == NULL;
	int r;

	line += strspn(line, " \t\r");
	if (*line == '\0' || *line == '#')
		return 0;
	if (outermost)
		run->input = &alone;
	r = run_in_place(m, line, body);
	if (outermost)
		run->input = NULL;
	return r;
}
