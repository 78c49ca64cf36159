/* SPDX-License-Identifier: ISC */
/*
 * tilde.c -- tilde escapes: instructions in the text of a message that is being
 * written (POSIX mailx, "Command Escapes in mailx").  Never read from a pipe
 * unless -~ was given: text that is mailed must not run anything.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alias.h"
#include "child.h"
#include "folder.h"
#include "out.h"
#include "read.h"
#include "sending.h"
#include "term.h"
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

/* --- Text from elsewhere. --- */

/* What a command prints. */
static int
read_command(struct mailx *m, struct draft *d, const char *command,
    struct fail *why)
{
	FILE *f = child_file(why);
	int status, r;

	if (f == NULL)
		return -1;
	r = child_shell(m, command, NULL, f, &status, why);
	if (r == 0 && status != 0)
		r = fail(why, EX_OSERR, "%s: ended with status %d", command,
		    status);
	rewind(f);
	if (r == 0)
		r = stream_copy(f, d->body, UINT64_MAX, why);
	fclose(f);
	return r;
}

static int
run_read(struct mailx *m, struct draft *d, int letter, const char *text,
    struct fail *why)
{
	char *path;
	int r;

	(void)letter;
	if (*text == '!')
		return read_command(m, d, text + 1, why);
	path = words_file(m, text, why);
	if (path == NULL)
		return -1;
	r = draft_file(d, path, why);
	free(path);
	return r;
}

static int
run_dead(struct mailx *m, struct draft *d, int letter, const char *text,
    struct fail *why)
{
	char *path = dead_path(m);
	int r = draft_file(d, path, why);

	(void)letter;
	(void)text;
	free(path);
	return r;
}

/* A value may have \n and \t for what cannot be typed. */
static int
run_insert(struct mailx *m, struct draft *d, int letter, const char *text,
    struct fail *why)
{
	const char *name = letter == 'a' ? "sign" : letter == 'A' ? "Sign" :
	    text;
	const char *p = var_get(m, name);

	(void)why;
	if (p == NULL || *p == '\0')
		return 0;
	for (; *p != '\0'; p++) {
		if (*p == '\\' && (p[1] == 'n' || p[1] == 't'))
			putc(*++p == 'n' ? '\n' : '\t', d->body);
		else
			putc(*p, d->body);
	}
	putc('\n', d->body);
	return 0;
}

static int
quote_list(struct mailx *m, struct draft *d, const struct msglist *list,
    bool all, const char *prefix, struct fail *why)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (i > 0)
			putc('\n', d->body);
		if (quote_message(m, list->v[i].n, all, prefix, d->body,
		    why) == -1)
			return -1;
		store_drop(m->folder, list->v[i].n);
	}
	return 0;
}

/* ~f ~F as they are, ~m ~M behind `indentprefix'; the capitals with all fields. */
static int
run_messages(struct mailx *m, struct draft *d, int letter, const char *text,
    struct fail *why)
{
	bool all = letter == 'F' || letter == 'M';
	const char *prefix = var_get(m, "indentprefix");
	struct msglist list = { 0 };
	struct strv words = { 0 };
	int r;

	if (letter == 'f' || letter == 'F')
		prefix = "";
	else if (prefix == NULL)
		prefix = "\t";
	r = folder_need(m, why);
	if (r == 0)
		r = words_split(m, text, false, &words, why);
	if (r == 0)
		r = read_list(m, words.v, words.n, CMD_FOLDER, &list, why);
	if (r == 0)
		r = quote_list(m, d, &list, all, prefix, why);
	strv_free(&words);
	msglist_free(&list);
	return r;
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

/* --- The text so far. --- */

/* Changed by a program: the stream it filled takes the body's place. */
static void
replace_body(struct draft *d, FILE *f)
{
	fclose(d->body);
	d->body = f;
}

static int
run_filter(struct mailx *m, struct draft *d, int letter, const char *text,
    struct fail *why)
{
	FILE *in = child_file(why), *out = child_file(why);
	int status, r = -1;

	(void)letter;
	rewind(d->body);
	if (in != NULL && out != NULL &&
	    stream_copy(d->body, in, UINT64_MAX, why) == 0) {
		rewind(in);
		r = child_shell(m, text, in, out, &status, why);
		if (r == 0 && status != 0)
			r = fail(why, EX_OSERR, "%s: ended with status %d; "
			    "the text is unchanged", text, status);
	}
	if (in != NULL)
		fclose(in);
	if (r == 0)
		replace_body(d, out);
	else if (out != NULL)
		fclose(out);
	return r;
}

/* The body in a file that an editor can open. */
static int
write_file(struct draft *d, const char *path, int flags, struct fail *why)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
	FILE *f = fd == -1 ? NULL : fdopen(fd, "w");

	if (f == NULL) {
		fail_errno(why, EX_CANTCREAT, "%s", path);
		if (fd != -1)
			close(fd);
		return -1;
	}
	rewind(d->body);
	if (stream_copy(d->body, f, UINT64_MAX, why) == -1) {
		fclose(f);
		return -1;
	}
	return stream_close(f, path, why);
}

static int
edit_file(struct mailx *m, struct draft *d, const char *path, bool visual,
    struct fail *why)
{
	FILE *f, *body;
	int r = -1;

	if (write_file(d, path, O_EXCL | O_NOFOLLOW, why) == -1 ||
	    term_edit(m, path, visual, why) == -1)
		return -1;
	f = file_open(path, why);
	if (f == NULL)
		return -1;
	body = store_stage(why);
	if (body != NULL)
		r = stream_copy(f, body, UINT64_MAX, why);
	fclose(f);
	if (r == 0)
		replace_body(d, body);
	else if (body != NULL)
		fclose(body);
	return r;
}

/* An editor may leave more files beside the one that it was given. */
static int
run_edit(struct mailx *m, struct draft *d, int letter, const char *text,
    struct fail *why)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = xasprintf("%s/mailx-XXXXXXXXXX", tmp == NULL ||
	    *tmp != '/' ? "/tmp" : tmp), *path;
	int r;

	(void)text;
	if (mkdtemp(dir) == NULL) {
		r = fail_errno(why, EX_CANTCREAT, "%s", dir);
		free(dir);
		return r;
	}
	path = xasprintf("%s/letter", dir);
	r = edit_file(m, d, path, letter == 'v', why);
	unlink(path);
	rmdir(dir);
	free(path);
	free(dir);
	return r;
}

static int
run_write(struct mailx *m, struct draft *d, int letter, const char *text,
    struct fail *why)
{
	char *path = words_file(m, text, why);
	int r;

	(void)letter;
	if (path == NULL)
		return -1;
	r = write_file(d, path, O_APPEND, why);
	if (r == 0)
		out_line(m, "\"%s\" %lld", path, (long long)ftello(d->body));
	free(path);
	return r;
}

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

static int
run_print(struct mailx *m, struct draft *d, int letter, const char *text,
    struct fail *why)
{
	FILE *safe;
	int r;

	(void)letter;
	(void)text;
	out_line(m, "-------");
	print_addrs(m, "To", &d->to);
	print_addrs(m, "Cc", &d->cc);
	print_addrs(m, "Bcc", &d->bcc);
	if (d->subject != NULL)
		out_line(m, "Subject: %s", d->subject);
	out_line(m, "%s", "");
	if (m->json)
		return 0;
	rewind(d->body);
	safe = out_sanitiser(out_stream(m));
	r = stream_copy(d->body, safe, UINT64_MAX, why);
	fclose(safe);
	return r;
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
		out_line(m, "%s", d->attachments[i].path == NULL ?
		    "(a message)" : d->attachments[i].path);
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
	    run_filter },
	{ ":_", WANTS, ": command      run a command of mailx", run_command },
	{ "<r", WANTS, "r file         read a file; r !command: its output",
	    run_read },
	{ "d", BARE, "d              read what could not be sent", run_dead },
	{ "a", BARE, "a              insert the variable sign", run_insert },
	{ "A", BARE, "A              insert the variable Sign", run_insert },
	{ "i", WANTS, "i variable     insert a variable", run_insert },
	{ "t", WANTS, "t addresses    add to To", run_addrs },
	{ "c", WANTS, "c addresses    add to Cc", run_addrs },
	{ "b", WANTS, "b addresses    add to Bcc", run_addrs },
	{ "s", WANTS, "s subject      set the subject", run_subject },
	{ "h", BARE, "h              ask for To, Subject, Cc and Bcc", run_ask },
	{ "@", MAY, "@ [file ...]   attach files; none: list them", run_attach },
	{ "e", BARE, "e              edit the text with EDITOR", run_edit },
	{ "v", BARE, "v              edit the text with VISUAL", run_edit },
	{ "f", MAY, "f [messages]   insert messages", run_messages },
	{ "F", MAY, "F [messages]   insert messages with all fields",
	    run_messages },
	{ "m", MAY, "m [messages]   insert messages, indented", run_messages },
	{ "M", MAY, "M [messages]   the same with all fields", run_messages },
	{ "p", BARE, "p              print what is written", run_print },
	{ "w", WANTS, "w file         write the text to a file", run_write },
	{ "q", BARE, "q              give up, and save the text", run_end },
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
