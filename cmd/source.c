/* SPDX-License-Identifier: ISC */
/*
 * source.c -- startup files, and the command `source'.
 *
 * A startup file decides where mail and passwords go: one that somebody else
 * could have written, or that shows a password to others, is refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "define.h"
#include "out.h"
#include "runint.h"
#include "secret.h"
#include "source.h"
#include "words.h"

#define SYSTEM_FILE	"/etc/mail.rc"

/* --- Is it fit to be believed? --- */

static bool
holds_secret(const char *text)
{
	size_t at = 0, n, line;

	while (secret_find(text, &at, &n)) {
		for (line = at; line > 0 && text[line - 1] != '\n'; line--)
			continue;
		line += strspn(text + line, " \t");
		if (text[line] != '#')
			return true;
		at += n;
	}
	return false;
}

static int
check_owner(const struct stat *st, struct fail *why)
{
	if (st->st_uid != getuid() && st->st_uid != 0)
		return fail(why, EX_CONFIG, "it belongs to somebody else");
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return fail(why, EX_CONFIG, "others may write to it");
	return 0;
}

/* The file's text; the caller frees. */
static char *
read_text(int fd, const struct stat *st, struct fail *why)
{
	char *text;
	size_t n = 0, size = (size_t)st->st_size;
	ssize_t got = 1;

	if (st->st_size > MAX_STARTUP_FILE) {
		fail(why, EX_CONFIG, "it is too large");
		return NULL;
	}
	text = xmalloc(size + 1);
	while (n < size && got > 0) {
		got = read(fd, text + n, size - n);
		if (got == -1 && errno == EINTR)
			got = 1;
		else if (got > 0)
			n += (size_t)got;
	}
	if (got == -1) {
		fail_errno(why, EX_CONFIG, "cannot read");
		free(text);
		return NULL;
	}
	text[n] = '\0';
	if (memchr(text, '\0', n) != NULL)
		fail(why, EX_CONFIG, "it is no text");
	else if ((st->st_mode & (S_IRGRP | S_IROTH)) != 0 && holds_secret(text))
		fail(why, EX_CONFIG, "it holds a password and others can read "
		    "it; chmod 600 would help");
	if (why->code == 0)
		return text;
	free(text);
	return NULL;
}

/* The text of an open startup file; "" for /dev/null. */
static char *
check_and_read(int fd, struct fail *why)
{
	struct stat st;

	if (fstat(fd, &st) == -1) {
		fail_errno(why, EX_CONFIG, "cannot read");
		return NULL;
	}
	if (S_ISCHR(st.st_mode))
		return xstrdup("");
	if (!S_ISREG(st.st_mode)) {
		fail(why, EX_CONFIG, "not a regular file");
		return NULL;
	}
	return check_owner(&st, why) == -1 ? NULL : read_text(fd, &st, why);
}

/* --- Startup files. --- */

static int
run_text(struct mailx *m, char *text, const char *path, bool lenient)
{
	struct input in = { .name = path, .startup = true,
	    .lenient = lenient };
	int r;

	if (*text == '\0')
		return 0;
	in.in = fmemopen(text, strlen(text), "r");
	if (in.in == NULL)
		return fail_errno(&m->why, EX_OSERR, "%s", path);
	r = run_input(m, &in);
	fclose(in.in);
	return r;
}

static int
startup_file(struct mailx *m, const char *path, bool lenient)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY), r;
	char *text;

	if (fd == -1)
		return fail_errno(&m->why, errno == ENOENT || errno == ENOTDIR ?
		    EX_NOINPUT : EX_CONFIG, "%s", path);
	text = check_and_read(fd, &m->why);
	close(fd);
	if (text == NULL) {
		fail_where(&m->why, "%s", path);
		return -1;
	}
	r = run_text(m, text, path, lenient);
	explicit_bzero(text, strlen(text));
	free(text);
	return r;
}

/* One that need not be there.  Was it? */
static bool
try_file(struct mailx *m, const char *path, bool lenient)
{
	if (m->quit || startup_file(m, path, lenient) == 0)
		return true;
	if (m->why.code == EX_NOINPUT) {
		fail_clear(&m->why);
		return false;
	}
	run_fault(m);
	return true;
}

static char *
config_file(const char *home)
{
	const char *dir = getenv("XDG_CONFIG_HOME");

	if (dir != NULL && *dir == '/')
		return xasprintf("%s/mailx/mailrc", dir);
	return xasprintf("%s/.config/mailx/mailrc", home);
}

void
startup_read(struct mailx *m)
{
	const char *named = getenv("MAILRC"), *home = getenv("HOME");
	char *path;

	run_state(m);
	if (!m->no_system_rc)
		(void)try_file(m, SYSTEM_FILE, true);
	if (m->no_user_rc)
		return;
	if (named != NULL && *named != '\0') {
		path = words_file(m, named, &m->why);
		if (path == NULL)
			run_fault(m);
		else
			(void)try_file(m, path, false);
		free(path);
		return;
	}
	/* A home that cannot be entered is as good as none. */
	if (home == NULL || *home != '/' || access(home, X_OK) == -1)
		return;
	path = xasprintf("%s/.mailrc", home);
	if (!try_file(m, path, false)) {
		free(path);
		path = config_file(home);
		(void)try_file(m, path, false);
	}
	free(path);
}

unsigned
startup_check(struct mailx *m)
{
	run_state(m)->check = true;
	startup_read(m);
	account_check(m);
	return m->run->faults;
}

/* --- The command. --- */

static int
source_script(struct mailx *m, const char *path)
{
	FILE *f = fopen(path, "re");
	struct stat st;
	int r;

	if (f == NULL)
		return fail_errno(&m->why, EX_NOINPUT, "%s", path);
	if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode))
		r = fail(&m->why, EX_NOINPUT, "%s: is a directory", path);
	else
		r = run_stream(m, f, path, false);
	fclose(f);
	return r;
}

static int
run_source(struct mailx *m, struct args *a)
{
	char *path = words_file(m, a->words.v[0], &m->why);
	int r;

	if (path == NULL)
		return -1;
	r = m->run->input->startup ? startup_file(m, path, false) :
	    source_script(m, path);
	free(path);
	return r;
}

const struct cmd cmd_source = {
	.name = "source", .abbreviation = "so", .flags = CMD_STARTUP,
	.takes = TAKES_WORDS, .min = 1, .max = 1, .usage = "file",
	.help = "run the commands of a file", .run = run_source
};
