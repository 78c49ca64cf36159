/* SPDX-License-Identifier: ISC */
/*
 * compose.c -- reading the body of a message: from a person, line by line and
 * with questions; out of a script to a lone dot; from a pipe to its end, as it is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alias.h"
#include "out.h"
#include "sending.h"
#include "term.h"
#include "vars.h"

#define MAX_IGNORED_ENDS	25	/* `ignoreeof' against a terminal that is gone */

struct composer {
	struct mailx	*m;		/* borrowed */
	struct draft	*d;		/* borrowed */
	FILE		*in;		/* borrowed */
	bool		 person;	/* types it */
	bool		 to_dot;
	int		 escape;	/* 0: none */
	bool		 interrupted;	/* once already */
	int		 ends;		/* of file, ignored */
};

enum { MORE = 0, DONE, GIVEN_UP, NOT_SAVED, PUT_ASIDE };

/* --- Questions. --- */

/* What is there may have come from outside, as the subject of a reply has. */
static char *
question(const char *name, const char *answer, bool more)
{
	char *shown, *prompt;

	if (answer == NULL)
		return xasprintf("%s: ", name);
	shown = out_clean(answer, 0);
	prompt = xasprintf("%s (%s%s): ", name, shown, more ? ", ..." : "");
	free(shown);
	return prompt;
}

static int
ask_addrs(struct mailx *m, const char *name, struct addrs *as, struct fail *why)
{
	char *shown = as->n == 0 ? NULL : addr_display(&as->v[0]);
	char *prompt = question(name, shown, as->n > 1);
	char *line = term_line(m, prompt, stdin, TERM_ADDRESSES);
	struct addrs answer = { 0 };
	int r = 0;

	free(prompt);
	free(shown);
	if (line != NULL && *line != '\0') {
		r = alias_expand(m, line, &answer, why);
		if (r == 0) {
			addrs_free(as);
			*as = answer;
		} else
			addrs_free(&answer);
	}
	free(line);
	return r;
}

static void
ask_subject(struct mailx *m, struct draft *d)
{
	char *prompt = question("Subject", d->subject, false);
	char *line = term_line(m, prompt, stdin, TERM_ANSWER);

	free(prompt);
	if (line != NULL && *line != '\0') {
		free(d->subject);
		d->subject = line;
	} else
		free(line);
}

int
compose_ask(struct mailx *m, struct draft *d, bool all, struct fail *why)
{
	bool nobody = d->to.n + d->cc.n + d->bcc.n == 0;

	if ((all || nobody) && ask_addrs(m, "To", &d->to, why) == -1)
		return -1;
	if (got_signal == 0 &&
	    (all || (d->subject == NULL && is_on(m, "asksub"))))
		ask_subject(m, d);
	if (got_signal == 0 &&
	    (all || (d->cc.n == 0 && is_on(m, "askcc"))) &&
	    ask_addrs(m, "Cc", &d->cc, why) == -1)
		return -1;
	if (got_signal == 0 && (all || (d->bcc.n == 0 && is_on(m, "askbcc"))) &&
	    ask_addrs(m, "Bcc", &d->bcc, why) == -1)
		return -1;
	return 0;
}

/* --- Interrupts. --- */

/* The first is a warning, the second ends it; `ignore' takes none (POSIX). */
static int
interrupt(struct composer *c)
{
	if (got_signal != SIGINT || !c->person)
		return GIVEN_UP;	/* main ends the run by that signal */
	got_signal = 0;
	if (is_on(c->m, "ignore")) {
		out_line(c->m, "@");
		return MORE;
	}
	if (c->interrupted)
		return GIVEN_UP;
	c->interrupted = true;
	out_line(c->m, "(Interrupt -- one more to kill letter)");
	return MORE;
}

/* --- Escapes. --- */

/* A file or a command may end within a line: what is typed begins another. */
static int
to_new_line(struct draft *d, struct fail *why)
{
	int last = '\n';

	if (fseeko(d->body, -1, SEEK_END) == 0)
		last = getc(d->body);
	if (fseeko(d->body, 0, SEEK_END) == -1)
		return fail_errno(why, EX_IOERR, "the body");
	if (last != '\n')
		putc('\n', d->body);
	return 0;
}

/* At a terminal a fault is told and the letter goes on; a script ends there. */
static int
escaped(struct composer *c, const char *line, struct fail *why)
{
	struct fail fault = { 0 };

	if (fseeko(c->d->body, 0, SEEK_END) == -1)
		return fail_errno(why, EX_IOERR, "the body");
	switch (tilde_run(c->m, c->d, line, &fault)) {
	case TILDE_END:
		return DONE;
	case TILDE_QUIT:
		return drafts_are_kept(c->m) ? PUT_ASIDE : GIVEN_UP;
	case TILDE_EXIT:
		return NOT_SAVED;
	case 0:
		break;
	default:
		if (!c->person) {
			*why = fault;
			return -1;
		}
		tell(c->m, &fault);
	}
	return to_new_line(c->d, why) == -1 ? -1 : MORE;
}

/* --- From a person. --- */

/* What has been answered is not asked again behind an interrupt. */
static int
ask_person(struct composer *c, struct fail *why)
{
	int r = MORE;

	do {
		if (compose_ask(c->m, c->d, false, why) == -1)
			return -1;
	} while (got_signal != 0 && (r = interrupt(c)) == MORE);
	return r;
}

static int
end_of_file(struct composer *c)
{
	if (!is_on(c->m, "ignoreeof") || ++c->ends > MAX_IGNORED_ENDS)
		return DONE;
	out_line(c->m, "Use \".\" to terminate letter");
	return MORE;
}

static int
typed(struct composer *c, const char *line, struct fail *why)
{
	c->ends = 0;
	if (strcmp(line, ".") == 0 && c->to_dot)
		return DONE;
	if (c->escape != 0 && (unsigned char)*line == c->escape)
		return escaped(c, line + 1, why);
	fputs(line, c->d->body);
	putc('\n', c->d->body);
	return MORE;
}

static int
from_person(struct composer *c, struct fail *why)
{
	char *line;
	int r = MORE;

	while (r == MORE) {
		/* One that came at a question of ~h is not waited for again. */
		line = got_signal != 0 ? NULL : term_line(c->m, NULL, c->in,
		    TERM_TEXT);
		if (got_signal != 0)
			r = interrupt(c);
		else if (line == NULL)
			r = end_of_file(c);
		else
			r = typed(c, line, why);
		free(line);
	}
	return r;
}

/* --- From a script or a pipe. --- */

/* A dot alone: 1.  Else the dot is text, and what follows is still to be read. */
static int
lone_dot(struct composer *c)
{
	int next = getc(c->in), after;

	if (next == '\n' || next == EOF)
		return DONE;
	if (next == '\r') {
		after = getc(c->in);
		if (after == '\n' || after == EOF)
			return DONE;
		putc('.', c->d->body);
		putc('\r', c->d->body);
		ungetc(after, c->in);
		return MORE;
	}
	putc('.', c->d->body);
	ungetc(next, c->in);
	return MORE;
}

static int
line_escape(struct composer *c, struct fail *why)
{
	char *line = term_line(c->m, NULL, c->in, TERM_TEXT);
	int r = escaped(c, line == NULL ? "" : line, why);

	free(line);
	return r;
}

/* A signal that is not ours to mind does not end the text. */
static int
next_octet(FILE *in)
{
	int c;

	while ((c = getc(in)) == EOF && ferror(in) && errno == EINTR &&
	    got_signal == 0)
		clearerr(in);
	return c;
}

/* Octets as they are, NUL too: only the start of a line is looked at. */
static int
from_stream(struct composer *c, struct fail *why)
{
	int ch, r = MORE;
	bool start = true;

	while (r == MORE && (ch = next_octet(c->in)) != EOF) {
		if (start && ch == '.' && c->to_dot) {
			r = lone_dot(c);
			start = false;
		} else if (start && ch == c->escape && c->escape != 0)
			r = line_escape(c, why);
		else {
			putc(ch, c->d->body);
			start = ch == '\n';
		}
	}
	if (r != MORE)
		return r;
	if (got_signal == SIGINT || got_signal == SIGTERM ||
	    got_signal == SIGHUP)
		return GIVEN_UP;
	if (ferror(c->in))
		return fail_errno(why, EX_IOERR, "the body cannot be read");
	return DONE;
}

/* What follows is text still, though nobody sends it: a pipe's is kept with the rest. */
static void
pass_over(struct composer *c)
{
	struct fail ignored = { 0 };

	c->escape = 0;
	(void)from_stream(c, &ignored);
}

/* --- The whole. --- */

static int
flush(struct draft *d, struct fail *why)
{
	if (fflush(d->body) != 0 || ferror(d->body))
		return fail_errno(why, EX_IOERR, "the body cannot be kept");
	rewind(d->body);
	return 0;
}

int
compose_body(struct mailx *m, struct draft *d, FILE *in, bool to_dot,
    struct fail *why)
{
	struct composer c = { .m = m, .d = d, .in = in, .to_dot = to_dot };
	int r = MORE;

	if (in == NULL)
		c.in = stdin;
	c.person = m->interactive && c.in == stdin;
	c.escape = m->tilde ? tilde_escape(m) : 0;
	/* Between people the dot is a matter of the variable; `ignoreeof' needs it. */
	if (c.person)
		c.to_dot = is_on(m, "dot") || is_on(m, "ignoreeof");
	if (c.person && !d->has_fields && (r = ask_person(&c, why)) == -1)
		return -1;
	if (draft_body(d, why) == NULL || to_new_line(d, why) == -1)
		return -1;
	if (r == MORE)
		r = c.person ? from_person(&c, why) : from_stream(&c, why);
	if (r == -1 && !c.person)
		pass_over(&c);
	if (flush(d, why) == -1)
		return -1;
	if (r == PUT_ASIDE)
		return draft_put_aside(m, d, why) == -1 ? -1 : 1;
	if (r == GIVEN_UP && is_on(m, "save"))
		send_save_dead(m, d);
	else if (r == -1 && !stream_is_empty(d->body))
		dead_draft(m, d, d->body, why);
	return r == DONE ? 0 : r == -1 ? -1 : 1;
}
