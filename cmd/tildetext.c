/* SPDX-License-Identifier: ISC */
/* tildetext.c -- tilde escapes that put text into a message, or work on all of it. */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "folder.h"
#include "out.h"
#include "read.h"
#include "sending.h"
#include "term.h"
#include "tildetext.h"
#include "vars.h"
#include "words.h"

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

int
tilde_read(struct mailx *m, struct draft *d, int letter, const char *text,
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

int
tilde_dead(struct mailx *m, struct draft *d, int letter, const char *text,
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
int
tilde_insert(struct mailx *m, struct draft *d, int letter, const char *text,
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
		read_mark(m, list->v[i].n);
		store_drop(m->folder, list->v[i].n);
	}
	return 0;
}

/* ~f ~F as they are, ~m ~M behind `indentprefix'; the capitals with all fields. */
int
tilde_messages(struct mailx *m, struct draft *d, int letter, const char *text,
    struct fail *why)
{
	bool all = letter == 'F' || letter == 'M';
	const char *prefix = var_get(m, "indentprefix");
	struct msglist list = { 0 };
	struct strv words = { 0 };
	uint32_t dot;
	int r;

	if (letter == 'f' || letter == 'F')
		prefix = "";
	else if (prefix == NULL)
		prefix = "\t";
	if (folder_need(m, why) == -1)
		return -1;
	dot = m->dot;
	r = words_split(m, text, false, &words, why);
	if (r == 0)
		r = read_list(m, words.v, words.n, CMD_FOLDER, &list, why);
	if (r == -1 && why->code == EX_NOTHING)
		why->code = EX_USAGE;	/* the text would lack it */
	if (r == 0)
		r = quote_list(m, d, &list, all, prefix, why);
	m->dot = dot;
	strv_free(&words);
	msglist_free(&list);
	return r;
}

/* --- The text so far. --- */

/* Changed by a program: the stream it filled takes the body's place. */
static void
replace_body(struct draft *d, FILE *f)
{
	fclose(d->body);
	d->body = f;
}

int
tilde_filter(struct mailx *m, struct draft *d, int letter, const char *text,
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
	int fd = open_trusted(AT_FDCWD, path,
	    O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
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
int
tilde_edit(struct mailx *m, struct draft *d, int letter, const char *text,
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

int
tilde_write(struct mailx *m, struct draft *d, int letter, const char *text,
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
