/* SPDX-License-Identifier: ISC */
/*
 * run.c -- where command lines come from: startup files and scripts, blocks,
 * standard input at a prompt or from a pipe; and the report of failures.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "complete.h"
#include "news.h"
#include "out.h"
#include "queueing.h"
#include "runint.h"
#include "term.h"
#include "vars.h"

#define MAX_ENDS	20	/* ends of file in a row that `ignoreeof' passes over */

struct interpreter *
run_state(struct mailx *m)
{
	if (m->run == NULL)
		m->run = xcalloc(1, sizeof *m->run);
	return m->run;
}

void
run_free(struct mailx *m)
{
	struct interpreter *r = m->run;
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->naliases; i++) {
		free(r->aliases[i].name);
		free(r->aliases[i].text);
	}
	free(r->aliases);
	free(r->shell);
	free(r);
	m->run = NULL;
}

/* --- Reports. --- */

/* Where the command stands that runs now: "file:line"; NULL: nowhere.  Caller frees. */
static char *
where(const struct mailx *m)
{
	const struct input *in = m->run == NULL ? NULL : m->run->input;

	while (in != NULL && in->name == NULL)
		in = in->outer;
	return in == NULL ? NULL : xasprintf("%s:%u", in->name, in->line);
}

char *
run_place(const struct mailx *m)
{
	char *place = where(m);
	bool inside = m->run != NULL && m->run->input != NULL;

	return place != NULL ? place : xstrdup(!inside ?
	    "the command line" : m->interactive && !m->scripted ?
	    "the prompt" : "a command");
}

/*
 * That nothing was found is an answer: it is said to a person and, as mailx always
 * did, to who pipes commands in; not in the mail of cron or in JSON.
 */
static void
say(struct mailx *m)
{
	char *place;

	if (m->why.code == EX_NOTHING && m->interactive)
		out_line(m, "%s", m->why.text);
	else if (m->why.code == EX_NOTHING && (m->json ||
	    var_is_set(m, "errexit")))
		out_note(m, "%s", m->why.text);
	else {
		place = where(m);
		out_error(m, place, &m->why);
		free(place);
	}
}

void
run_report(struct mailx *m)
{
	say(m);
	m->status = m->why.code & 255;
	run_state(m)->failed = m->status;
	fail_clear(&m->why);
	if (ferror(stdout))	/* the command has found that out and said so */
		run_state(m)->unwritable = true;
}

void
run_fault(struct mailx *m)
{
	if (m->why.code != EX_OSERR && m->why.code != EX_SOFTWARE)
		m->why.code = EX_CONFIG;
	run_report(m);
	m->run->faults++;
	if (!m->run->check)
		m->quit = m->quit_unchanged = true;
}

/* --- Inputs. --- */

bool
run_skips(const struct mailx *m)
{
	const struct input *in = m->run->input;

	return in->nbranches > 0 && !in->branches[in->nbranches - 1].active;
}

struct strv *
run_params(const struct mailx *m)
{
	struct input *in = m->run == NULL ? NULL : m->run->input;

	while (in != NULL && in->params == NULL)
		in = in->outer;
	return in == NULL ? NULL : in->params;
}

/* A backslash at the end that none before it protects: the line goes on. */
static bool
goes_on(const char *line, size_t n)
{
	size_t k = 0;

	while (k < n && line[n - 1 - k] == '\\')
		k++;
	return k % 2 == 1;
}

static void
cut_return(char *line)
{
	size_t n = strlen(line);

	if (n > 0 && line[n - 1] == '\r')
		line[n - 1] = '\0';
}

char *
run_read(struct mailx *m, struct input *in, const char *prompt)
{
	char *line = NULL, *more, *whole;
	size_t n = 0;

	if (in->in == NULL)
		return NULL;
	while ((more = term_line(m, prompt, in->in,
	    TERM_COMMAND)) != NULL) {
		in->line++;
		cut_return(more);
		whole = line == NULL ? more : xasprintf("%s%s", line, more);
		if (line != NULL) {
			free(line);
			free(more);
		}
		line = whole;
		n = strlen(line);
		if (n >= MAX_COMMAND_LINE || !goes_on(line, n) ||
		    *line == '#' || got_signal != 0)
			break;
		line[n - 1] = '\0';
	}
	return line;
}

static int
run_read_line(struct mailx *m, const char *line, FILE *body)
{
	if (strlen(line) < MAX_COMMAND_LINE)
		return run_line(m, line, body);
	fail(&m->why, EX_DATAERR, "the line is too long");
	run_report(m);
	return -1;
}

/* An `if' that is not closed where its input ends. */
static void
check_closed(struct mailx *m, const struct input *in)
{
	if (in->nbranches == 0 || in->returned || m->quit || got_signal != 0)
		return;
	fail(&m->why, EX_USAGE, "if: endif is missing");
	if (in->startup)
		run_fault(m);
	else
		run_report(m);
}

int
run_input(struct mailx *m, struct input *in)
{
	struct interpreter *run = run_state(m);
	int level = m->depth;
	char *line;

	if (m->depth >= MAX_COMMAND_DEPTH)
		return fail(&m->why, EX_DATAERR, "more than %d commands in "
		    "each other", MAX_COMMAND_DEPTH);
	m->depth++;
	in->outer = run->input;
	run->input = in;
	while (!m->quit && !in->returned && got_signal == 0 &&
	    (line = run_read(m, in, NULL)) != NULL) {
		if (got_signal == 0)
			(void)run_read_line(m, line, in->body);
		free(line);
	}
	check_closed(m, in);
	run->input = in->outer;
	m->depth = level;
	if (ferror(in->in) && got_signal == 0)
		return fail_errno(&m->why, EX_IOERR, "%s: cannot read",
		    in->name == NULL ? "commands" : in->name);
	return 0;
}

int
run_stream(struct mailx *m, FILE *in, const char *name, bool startup)
{
	const struct input *outer = run_state(m)->input;
	struct input input = { .in = in, .name = name, .startup = startup };

	input.body = startup ? NULL : in;
	if (outer != NULL && !startup) {
		input.expand = outer->expand;
		input.sets_only = outer->sets_only;
	}
	return run_input(m, &input);
}

/* --- The loop over standard input. --- */

/* An interrupt at the prompt only gives a new one.  Is the run to end? */
static bool
signal_ends(struct mailx *m)
{
	if (got_signal == 0)
		return false;
	if (got_signal != SIGINT || !m->interactive)
		return true;
	got_signal = 0;
	clearerr(stdin);
	putchar('\n');
	return false;
}

static bool
end_is_ignored(struct mailx *m, int *ends)
{
	if (!m->interactive || !var_is_set(m, "ignoreeof") ||
	    ++*ends > MAX_ENDS)
		return false;
	out_line(m, "Use \"quit\" to quit.");
	return true;
}

/* `fo?': a part of a command's name and a question mark.  Has it been answered? */
static bool
is_question(struct mailx *m, const char *line)
{
	const char *p = line + strspn(line, " \t");
	size_t n = 0;
	char *part;
	bool told;

	while (ascii_is_alpha((unsigned char)p[n]))
		n++;
	if (!m->interactive || n == 0 || p[n] != '?' ||
	    p[n + 1 + strspn(p + n + 1, " \t")] != '\0')
		return false;
	part = xstrndup(p, n);
	told = complete_tell(m, part);
	free(part);
	return told;
}

int
run_loop(struct mailx *m)
{
	struct input in = { .in = stdin };
	struct interpreter *run = run_state(m);
	const char *prompt;
	char *line;
	int ends = 0;

	in.body = m->interactive ? NULL : stdin;
	run->input = &in;
	while (!m->quit && !signal_ends(m)) {
		news_announce(m);
		if (m->interactive)
			queue_announce(m);
		prompt = var_get(m, "prompt");
		line = run_read(m, &in, prompt);
		if (line == NULL && end_is_ignored(m, &ends))
			continue;
		if (line == NULL)
			break;
		ends = 0;
		if (m->interactive && got_signal == 0)
			term_remember(m, line);
		if (got_signal == 0 && !is_question(m, line))
			(void)run_read_line(m, line[strspn(line, " \t")] ==
			    '\0' ? "next" : line, in.body);
		free(line);
	}
	check_closed(m, &in);
	run->input = NULL;
	return 0;
}
