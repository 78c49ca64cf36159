/* SPDX-License-Identifier: ISC */
/*
 * wordfile.c -- file names as people write them: ~, $name, folders, patterns.
 *
 * POSIX leaves this to the shell.  A shell would run commands too, and must not:
 * what it does to a name is done here.
 */
#include <glob.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../net/url.h"
#include "folder.h"
#include "vars.h"
#include "words.h"

/* ~ and ~user; the rest of the name in *rest.  NULL: nothing to put in. */
static char *
home_of(const char *word, const char **rest)
{
	size_t n = strcspn(word, "/");
	const char *home = n == 1 ? getenv("HOME") : NULL;
	struct passwd *pw;
	char *user;

	if (*word != '~')
		return NULL;
	*rest = word + n;
	if (home != NULL && *home != '\0')
		return xstrdup(home);
	user = xstrndup(word + 1, n - 1);
	pw = n == 1 ? getpwuid(getuid()) : getpwnam(user);
	free(user);
	return pw == NULL ? NULL : xstrdup(pw->pw_dir);
}

static char *
put_home(const char *word)
{
	const char *rest;
	char *home = home_of(word, &rest), *path;

	if (home == NULL)
		return xstrdup(word);
	path = xasprintf("%s%s", home, rest);
	free(home);
	return path;
}

/* The name behind the `$' at p; what follows it in *end.  NULL: it is no name. */
static char *
name_at(const char *p, const char **end)
{
	bool braces = p[1] == '{';
	size_t n;

	p += braces ? 2 : 1;
	n = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_-");
	if (!braces && memchr(p, '-', n) != NULL)
		n = strcspn(p, "-");
	if (n == 0 || (braces && p[n] != '}'))
		return NULL;
	*end = p + n + (braces ? 1 : 0);
	return xstrndup(p, n);
}

/* $NAME and ${NAME} in a path: a variable, or one of the environment. */
char *
words_path(const struct mailx *m, const char *word)
{
	char *path, *name;
	const char *p = word, *end = NULL, *value;
	size_t len;
	FILE *out = xmemstream(&path, &len);

	while (*p != '\0') {
		name = *p == '$' ? name_at(p, &end) : NULL;
		value = name == NULL ? NULL : var_get(m, name);
		if (name != NULL && value == NULL)
			value = getenv(name);
		free(name);
		if (value == NULL) {
			putc(*p++, out);
			continue;
		}
		fputs(value, out);
		p = end;
	}
	fclose(out);
	return path;
}

/* A pattern that one file matches is that file. */
static char *
match(const char *path, struct fail *why)
{
	glob_t g = { 0 };
	char *found = NULL;
	int r;

	if (strpbrk(path, "*?[") == NULL || access(path, F_OK) == 0)
		return xstrdup(path);
	r = glob(path, 0, NULL, &g);
	if (r == GLOB_NOMATCH)
		found = xstrdup(path);
	else if (r != 0)
		fail(why, EX_OSERR, "%s: cannot read the directory", path);
	else if (g.gl_pathc > 1)
		fail(why, EX_USAGE, "%s: more than one file matches", path);
	else
		found = xstrdup(g.gl_pathv[0]);
	globfree(&g);
	return found;
}

static bool
is_folder(const char *word)
{
	return *word == '+' || *word == '%' ||
	    ((*word == '#' || *word == '&') && word[1] == '\0');
}

char *
words_file(struct mailx *m, const char *word, struct fail *why)
{
	char *named, *path, *found;

	if (is_folder(word))
		return folder_resolve(m, word, false, why);
	named = words_path(m, word);
	path = put_home(named);
	found = match(path, why);
	free(path);
	free(named);
	return found;
}

/* Patterns are of files here: a mailbox on a server may be named with a star. */
char *
words_folder(struct mailx *m, const char *word, struct fail *why)
{
	char *named, *path, *found;
	bool here = m->folder_name == NULL || !url_is_url(m->folder_name);

	if (url_is_url(word) || *word == '@')
		return folder_resolve(m, word, true, why);
	named = words_path(m, word);
	if (is_folder(named) || !(here || *named == '/' || *named == '~'))
		found = xstrdup(named);
	else {
		path = put_home(named);
		found = match(path, why);
		free(path);
	}
	free(named);
	if (found == NULL)
		return NULL;
	path = folder_resolve(m, found, true, why);
	free(found);
	return path;
}
