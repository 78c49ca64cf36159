/* SPDX-License-Identifier: ISC */
/*
 * tilde.c -- tilde escapes: instructions in the text of a message that is being
 * written (POSIX mailx, "Command Escapes in mailx").  Never read from a pipe
 * unless -~ was given: text that is mailed must not run anything.
 */
#include <stdlib.h>
#include <string.h>

#include "alias.h"
#include "cmd.h"
#include "out.h"
#include "sending.h"
#include "term.h"
#include "tildetext.h"
#include "vars.h"
#include "words.h"

struct escape {
	const char	*letters;	/* that mean it */
	enum { BARE, WANTS, MAY } takes;	/* text behind the letter */
	const char	*help;
	/* 0, TILDE_..., -1.  The body is at its end. */
	int		(*run)(struct mailx *m, struct draft *d, int letter,
			    const char *text, struct fail *why);
};

int
tilde_escape(const struct mailx *m)
{
	const char *value = var_get(m, "escape");

	return value == NULL ? '~' : (unsigned char)*value;
}

static int
run_text(struct mailx *m, struct draft *d, int letter, const char *text,
    struct fail *why)
{
	(void)m;
	(void)why;
	fprintf(d->body, "%c%s\n", letter, text);
	return 0;
}

/* --- Looking at it. --- */

static void
print_addrs(struct mailx *m, const char *name, const struct addrs *as)
{
	char *one;
	size_t i;

	for (i = 0; i < as->n; i++) {
		one = addr_display(&as->v[i]);
		out_line(m, "%s: %s", name, one);
		free(one);
	}
}

static const char *
attachment_name(const struct attachment *a)
{
	return a->path != NULL ? a->path : a->name != NULL ? a->name :
	    "(a message)";
}

int
compose_print(struct mailx *m, struct draft *d, struct fail *why)
{
	FILE *safe;
	size_t i;
	int r;

	out_line(m, "-------");
	print_addrs(m, "To", &d->to);
	print_addrs(m, "Cc", &d->cc);
	print_addrs(m, "Bcc", &d->bcc);
	if (d->subject != NULL)
		out_line(m, "Subject: %s", d->subject);
	for (i = 0; i < d->nattachments; i++)
		out_line(m, "Attach: %s", attachment_name(&d->attachments[i]));
	out_line(m, "%s", "");
	if (m->json || d->body == NULL)
		return 0;
	rewind(d->body);
	safe = out_sanitiser(out_stream(m));
	r = stream_copy(d->body, safe, UINT64_MAX, why);
	fclose(safe);
	return r;
}

static int
run_print(struct mailx *m, struct draft *d, int letter, const char *text,
    struct fail *why)
{
	(void)letter;
	(void)text;
	return compose_print(m, d, why);
}

/* --- The fields. --- */

static int
run_addrs(struct mailx *m, struct draft *d, int letter, const char *text,
    struct fail *why)
{
	return alias_expand(m, text, letter == 't' ? &d->to :
	    letter == 'c' ? &d->cc : &d->bcc, why);
}

static int
run_subject(struct mailx *m, struct draft *d, int letter, const char *text,
    struct fail *why)
{
	(void)m;
	(void)letter;
	(void)why;
	free(d->subject);
	d->subject = xstrdup(text);
	return 0;
}

static int
run_ask(struct mailx *m, struct draft *d, int letter, const char *text,
    struct fail *why)
{
	(void)letter;
	(void)text;
	if (!m->interactive)
		return fail(why, EX_USAGE, "~h: there is nobody to ask");
	return compose_ask(m, d, true, why);
}

static int
run_attach(struct mailx *m, struct draft *d, int letter, const char *text,
    struct fail *why)
{
	struct strv words = { 0 };
	char *path;
	size_t i;
	int r;

	(void)letter;
	r = words_split(m, text, false, &words, why);
	for (i = 0; i < words.n && r == 0; i++) {
		path = words_file(m, words.v[i], why);
		r = path == NULL ? -1 : draft_attach(d, path, why);
		free(path);
	}
	for (i = 0; i < d->nattachments && r == 0 && words.n == 0; i++)
		out_line(m, "%s", attachment_name(&d->attachments[i]));
	strv_free(&words);
	return r;
}

/* --- Commands. --- */

static int
run_shell(struct mailx *m, struct draft *d, int letter, const char *text,
    struct fail *why)
{
	(void)d;
	(void)letter;
	if (term_shell(m, text, why) == -1)
		return -1;
	out_line(m, "!");
	return 0;
}

/* Its failure has been printed when it returns. */
static int
run_command(struct mailx *m, struct draft *d, int letter, const char *text,
    struct fail *why)
{
	(void)d;
	(void)letter;
	(void)why;
	(void)run_line(m, text, NULL);
	return 0;
}

static int
run_end(struct mailx *m, struct draft *d, int letter, const char *text,
    struct fail *why)
{
	(void)m;
	(void)d;
	(void)text;
	(void)why;
	return letter == '.' ? TILDE_END : letter == 'q' ? TILDE_QUIT :
	    TILDE_EXIT;
}

static int	run_help(struct mailx *m, struct draft *d, int letter,
		    const char *text, struct fail *why);

static const struct escape escapes[] = {
	{ "?", BARE, "?              this list", run_help },
	{ "!", WANTS, "! command      run a shell command", run_shell },
	{ "|", WANTS, "| command      filter the text through a command",
	    tilde_filter },
	{ ":_", WANTS, ": command      run a command of mailx", run_command },
	{ "<r", WANTS, "r file         read a file; r !command: its output",
	    tilde_read },
	{ "d", BARE, "d              read what could not be sent", tilde_dead },
	{ "a", BARE, "a              insert the variable sign", tilde_insert },
	{ "A", BARE, "A              insert the variable Sign", tilde_insert },
	{ "i", WANTS, "i variable     insert a variable", tilde_insert },
	{ "t", WANTS, "t addresses    add to To", run_addrs },
	{ "c", WANTS, "c addresses    add to Cc", run_addrs },
	{ "b", WANTS, "b addresses    add to Bcc", run_addrs },
	{ "s", WANTS, "s subject      set the subject", run_subject },
	{ "h", BARE, "h              ask for To, Subject, Cc and Bcc", run_ask },
	{ "@", MAY, "@ [file ...]   attach files; none: list them", run_attach },
	{ "e", BARE, "e              edit the text with EDITOR", tilde_edit },
	{ "v", BARE, "v              edit the text with VISUAL", tilde_edit },
	{ "f", MAY, "f [messages]   insert messages", tilde_messages },
	{ "F", MAY, "F [messages]   insert messages with all fields",
	    tilde_messages },
	{ "m", MAY, "m [messages]   insert messages, indented", tilde_messages },
	{ "M", MAY, "M [messages]   the same with all fields", tilde_messages },
	{ "p", BARE, "p              print what is written", run_print },
	{ "w", WANTS, "w file         write the text to a file", tilde_write },
	{ "q", BARE, "q              put it aside, or save the text in DEAD", run_end },
	{ "x", BARE, "x              give up", run_end },
	{ ".", BARE, ".              the end of the text", run_end },
};

static int
run_help(struct mailx *m, struct draft *d, int letter, const char *text,
    struct fail *why)
{
	int escape = tilde_escape(m);
	size_t i;

	(void)d;
	(void)letter;
	(void)text;
	(void)why;
	for (i = 0; i < NELEM(escapes); i++)
		out_line(m, "%c%s", escape, escapes[i].help);
	out_line(m, "%c%ctext          a line that begins with %c", escape,
	    escape, escape);
	return 0;
}

static const struct escape *
find(int letter)
{
	size_t i;

	for (i = 0; i < NELEM(escapes); i++)
		if (letter != '\0' && strchr(escapes[i].letters, letter) != NULL)
			return &escapes[i];
	return NULL;
}

int
tilde_run(struct mailx *m, struct draft *d, const char *line, struct fail *why)
{
	int letter = (unsigned char)*line, escape = tilde_escape(m), r;
	const struct escape *e;
	char *text;

	if (letter == escape)
		return run_text(m, d, letter, line + 1, why);
	e = find(letter);
	if (e == NULL)
		return fail(why, EX_USAGE, "%c%c: no such tilde escape", escape,
		    letter == '\0' ? ' ' : letter);
	text = span_dup(span_trim(span_of(line + 1)));
	if (e->takes == WANTS && *text == '\0')
		r = fail(why, EX_USAGE, "%c%s", escape, e->help);
	else if (e->takes == BARE && *text != '\0')
		r = fail(why, EX_USAGE, "%c%c takes no text", escape, letter);
	else
		r = e->run(m, d, letter, text, why);
	free(text);
	return r;
}
