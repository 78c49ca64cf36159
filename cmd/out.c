/* SPDX-License-Identifier: ISC */
/*
 * out.c -- where output goes: standard output, a file or command put in front
 * of it, the pager; lines for people, errors, acknowledgements.
 *
 * What might be paged is staged first: only its length tells whether it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outint.h"
#include "progress.h"
#include "sanitise.h"
#include "term.h"
#include "vars.h"

/* --- The charset of the terminal. --- */

static bool
is_utf8(const char *charset)
{
	return strcasecmp(charset, "utf-8") == 0 ||
	    strcasecmp(charset, "utf8") == 0;
}

/* The locale's, whatever setlocale(3) was told; NULL: UTF-8, or plain "C". */
static char *
find_charset(void)
{
	locale_t l = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	const char *name;
	char *charset = NULL;

	if (l == (locale_t)0)
		return NULL;
	name = nl_langinfo_l(CODESET, l);
	if (*name != '\0' && !is_utf8(name) &&
	    strcasecmp(name, "ANSI_X3.4-1968") != 0 &&
	    strcasecmp(name, "US-ASCII") != 0)
		charset = xstrdup(name);
	freelocale(l);
	return charset;
}

struct encoder {
	iconv_t	 cd;
	FILE	*out;		/* borrowed */
};

static void
encode(void *ctx, const char *p, size_t n, uint32_t cp)
{
	struct encoder *e = ctx;
	char text[8], coded[64], *in = text, *out = coded;
	size_t left = sizeof coded;

	(void)cp;
	memcpy(text, p, n);
	if (iconv(e->cd, &in, &n, &out, &left) == (size_t)-1) {
		in = text;
		*in = '?';
		n = 1;
		(void)iconv(e->cd, &in, &n, &out, &left);
	}
	fwrite(coded, 1, sizeof coded - left, e->out);
}

static void
end_encoder(void *ctx)
{
	struct encoder *e = ctx;
	char coded[64], *out = coded;
	size_t left = sizeof coded;

	(void)iconv(e->cd, NULL, NULL, &out, &left);
	fwrite(coded, 1, sizeof coded - left, e->out);
	iconv_close(e->cd);
	free(e);
}

static void
pass(void *ctx, const char *p, size_t n, uint32_t cp)
{
	(void)cp;
	fwrite(p, 1, n, ctx);
}

static void
pass_run(void *ctx, const char *p, size_t n)
{
	fwrite(p, 1, n, ctx);
}

FILE *
out_people(struct mailx *m)
{
	FILE *stream = out_stream(m);
	struct encoder *e;
	iconv_t cd;

	if (m->out->charset == NULL)
		return filter_runs(stream, pass, pass_run, NULL, stream);
	cd = iconv_open(m->out->charset, "UTF-8");
	if (cd == (iconv_t)-1)
		return filter_runs(stream, pass, pass_run, NULL, stream);
	e = xmalloc(sizeof *e);
	e->cd = cd;
	e->out = stream;
	return filter_characters(stream, encode, end_encoder, e);
}

/* --- Where it goes. --- */

struct out *
out_new(struct mailx *m)
{
	struct out *o = xcalloc(1, sizeof *o);

	(void)m;
	o->stream = stdout;
	o->charset = find_charset();
	return o;
}

void
out_free(struct out *o)
{
	if (o == NULL)
		return;
	if (o->way != TO_STDOUT && o->stream != NULL)
		fclose(o->stream);
	free(o->what);
	free(o->charset);
	free(o);
}

FILE *
out_stream(struct mailx *m)
{
	progress_hide(m);
	return m->out->stream;
}

static void
put_in_front(struct mailx *m, enum out_way way, FILE *f, const char *what)
{
	struct out *o = m->out;

	fflush(stdout);
	o->way = way;
	o->stream = f;
	o->what = xstrdup(what);
}

int
out_redirect(struct mailx *m, const char *path, bool append, struct fail *why)
{
	int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY;
	int fd;
	FILE *f;

	fd = open_trusted(AT_FDCWD, path,
	    flags | (append ? O_APPEND : O_TRUNC), 0600);
	if (fd == -1)
		return fail_errno(why, EX_CANTCREAT, "%s", path);
	f = fdopen(fd, append ? "a" : "w");
	if (f == NULL) {
		close(fd);
		return fail_errno(why, EX_OSERR, "%s", path);
	}
	put_in_front(m, TO_FILE, f, path);
	return 0;
}

int
out_pipe(struct mailx *m, const char *command, struct fail *why)
{
	bool json = m->json;
	FILE *f;

	fflush(stdout);
	m->json = false;	/* what it prints stands for our records */
	f = term_pipe(m, command, &m->out->pid, why);
	m->json = json;
	if (f == NULL)
		return -1;
	put_in_front(m, TO_COMMAND, f, command);
	return 0;
}

void
out_page(struct mailx *m)
{
	FILE *f;
	struct fail why = { 0 };

	if (!m->interactive || m->json || m->out->way != TO_STDOUT ||
	    !var_is_set(m, "crt"))
		return;
	f = store_stage(&why);
	if (f != NULL)
		put_in_front(m, TO_PAGER, f, "pager");
}

static int
count_lines(FILE *f, int most)
{
	int lines = 0, c;

	rewind(f);
	while (lines <= most && (c = getc(f)) != EOF)
		if (c == '\n')
			lines++;
	rewind(f);
	return lines;
}

/* Show what was staged: through the pager if it is longer than `crt' says. */
static int
show(struct mailx *m, FILE *staged, struct fail *why)
{
	const char *pager = var_get(m, "PAGER");
	int crt = var_number(m, "crt", 0), status;
	pid_t pid;
	FILE *to;

	if (crt <= 0)
		crt = term_lines(m);
	if (pager == NULL || *pager == '\0')
		pager = "more";
	if (count_lines(staged, crt) <= crt)
		return stream_copy(staged, stdout, UINT64_MAX, why);
	to = term_pipe(m, pager, &pid, why);
	if (to == NULL)
		return -1;
	(void)out_copy_plain(staged, to);	/* it may be left early */
	return term_pipe_close(to, pid, &status, why);
}

int
out_restore(struct mailx *m, struct fail *why)
{
	struct out *o = m->out;
	enum out_way way = o->way;
	FILE *f = o->stream;
	char *what = o->what;
	int status = 0, r = 0;

	if (way == TO_STDOUT)
		return 0;
	o->way = TO_STDOUT;
	o->stream = stdout;
	o->what = NULL;
	if (way == TO_FILE)
		r = stream_close(f, what, why);
	else if (way == TO_PAGER) {
		r = show(m, f, why);
		fclose(f);
	} else {
		r = term_pipe_close(f, o->pid, &status, why);
		if (r == 0)
			r = term_judge(m, what, status, why);
	}
	free(what);
	return r;
}

/* Stdio keeps that a write failed and not why: ask the pipe. */
static bool
is_broken(FILE *f)
{
	struct pollfd p = { .fd = fileno(f), .events = POLLOUT };

	return p.fd != -1 && poll(&p, 1, 0) == 1 && (p.revents & POLLERR) != 0;
}

int
out_check(struct mailx *m, struct fail *why)
{
	struct out *o = m->out;
	const char *reason = "it is full or was closed";

	if (!ferror(o->stream) || o->way == TO_COMMAND)
		return 0;
	if (is_broken(o->stream))
		reason = "nobody reads it any more";
	else if (fflush(o->stream) != 0)	/* it fails again, and says why */
		reason = strerror(errno);
	return fail(why, EX_IOERR, "%s: cannot write: %s",
	    o->way == TO_STDOUT ? "standard output" : o->what, reason);
}

int
out_flush(struct mailx *m, struct fail *why)
{
	if (fflush(m->out->stream) == 0 || m->out->way == TO_COMMAND)
		return out_check(m, why);
	return fail_errno(why, EX_IOERR, "%s: cannot write",
	    m->out->way == TO_STDOUT ? "standard output" : m->out->what);
}

/* --- Lines. --- */

static char *PRINTF_LIKE(1, 0)
clean_line(const char *fmt, va_list ap)
{
	char *text = xvasprintf(fmt, ap), *clean = out_clean(text, 0);

	free(text);
	return clean;
}

void
out_line(struct mailx *m, const char *fmt, ...)
{
	char *line;
	va_list ap;
	FILE *f;

	if (m->json)
		return;
	va_start(ap, fmt);
	line = clean_line(fmt, ap);
	va_end(ap);
	f = out_people(m);
	fprintf(f, "%s\n", line);
	fclose(f);
	free(line);
}

void
out_note(struct mailx *m, const char *fmt, ...)
{
	char *line;
	va_list ap;

	if (!isatty(STDERR_FILENO) && !var_is_set(m, "verbose"))
		return;
	va_start(ap, fmt);
	line = clean_line(fmt, ap);
	va_end(ap);
	progress_hide(m);
	fflush(stdout);
	fprintf(stderr, "mailx: %s\n", line);
	free(line);
}

void
out_error(struct mailx *m, const char *where, const struct fail *why)
{
	char *place = where == NULL ? NULL : out_clean(where, 0);
	struct json j;

	progress_hide(m);
	fflush(stdout);
	fprintf(stderr, "mailx: %s%s%s\n", place == NULL ? "" : place,
	    place == NULL ? "" : ": ", why->text);
	if (!m->json) {
		free(place);
		return;
	}
	json_begin(&j, stdout);
	json_key(&j, "error");
	json_open(&j, '{');
	json_count(&j, "code", (uint64_t)why->code);
	json_member(&j, "text", why->text);
	if (place != NULL)
		json_member(&j, "where", place);
	json_close(&j, '}');
	json_end(&j);
	fflush(stdout);
	free(place);
}

void
out_ack(struct mailx *m, int status)
{
	struct json j;

	m->out->commands++;
	if (!m->json || !var_is_set(m, "ack"))
		return;
	json_begin(&j, stdout);
	json_count(&j, "ack", m->out->commands);
	json_count(&j, "status", (uint64_t)status);
	json_end(&j);
	fflush(stdout);
}
