/* SPDX-License-Identifier: ISC */
/*
 * history.c -- see history.h.  A line of the file for each command; sessions side
 * by side add to it, each line in one write.  It is a convenience: nothing is
 * synchronised, and what goes wrong with it stops no command.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history.h"
#include "safefile.h"
#include "secret.h"
#include "vars.h"

int
history_size(const struct mailx *m)
{
	int n = var_number(m, "history-size", 0);

	return n > MAX_HISTORY ? MAX_HISTORY : n;
}

bool
history_keeps(const char *line)
{
	return *line != '\0' && *line != ' ' && *line != '\t' &&
	    strlen(line) <= MAX_HISTORY_LINE && strpbrk(line, "\r\n") == NULL &&
	    !secret_suspected(line);
}

/* NULL: there is to be none (code 0), or it has no place.  Caller frees. */
static char *
path_of(const struct mailx *m, struct fail *why)
{
	const char *name = var_get(m, "history-file");
	char *dir, *path;

	if (history_size(m) == 0 || (name != NULL && *name == '\0'))
		return NULL;
	if (name != NULL)
		return xstrdup(name);
	dir = var_state_dir(m, why);
	path = dir == NULL ? NULL : xasprintf("%s/history", dir);
	free(dir);
	return path;
}

/* A regular file, or -1; errno 0: it is none, such as /dev/null, and that is fine. */
static int
open_file(const char *path, int flags, struct stat *st)
{
	int fd = open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
	    O_NOFOLLOW, 0600);

	if (fd == -1)
		return -1;
	if (fstat(fd, st) == -1 || !S_ISREG(st->st_mode)) {
		close(fd);
		errno = 0;
		return -1;
	}
	return fd;
}

/* --- Reading. --- */

/* The lines at the end of the file, as many as its bound allows. */
static void
read_lines(FILE *f, off_t size, struct strv *lines)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	if (size > MAX_HISTORY_FILE &&
	    fseeko(f, size - MAX_HISTORY_FILE, SEEK_SET) == 0 &&
	    xgetline(&line, &cap, f) == -1)	/* a piece of one */
		size = 0;
	while ((n = xgetline(&line, &cap, f)) > 0) {
		if (line[n - 1] == '\n')
			line[--n] = '\0';
		if (strlen(line) == (size_t)n && history_keeps(line))
			strv_add(lines, line);
	}
	free(line);
}

/* The last of them alone, in a file that takes the place of the old one. */
static int
cut_down(const char *path, const struct strv *lines, size_t from,
    struct fail *why)
{
	struct safefile sf;
	size_t i;

	if (safefile_open(&sf, path, SAFEFILE_REPLACE, why) == -1)
		return -1;
	for (i = from; i < lines->n; i++)
		fprintf(sf.f, "%s\n", lines->v[i]);
	return safefile_end(&sf, true, why);
}

static int
read_file(struct mailx *m, const char *path, struct strv *lines,
    struct fail *why)
{
	size_t most = (size_t)history_size(m);
	struct stat st;
	int fd = open_file(path, O_RDONLY, &st);
	FILE *f;

	if (fd == -1)
		return errno == 0 || errno == ENOENT ? 0 :
		    fail_errno(why, EX_NOINPUT, "%s", path);
	f = fdopen(fd, "r");
	if (f == NULL) {
		close(fd);
		return fail_errno(why, EX_OSERR, "%s", path);
	}
	read_lines(f, st.st_size, lines);
	fclose(f);
	if (m->read_only || (lines->n <= 2 * most &&
	    st.st_size <= MAX_HISTORY_FILE))
		return 0;
	return cut_down(path, lines, lines->n > most ? lines->n - most : 0,
	    why);
}

int
history_read(struct mailx *m, void (*each)(void *ctx, const char *line),
    void *ctx, struct fail *why)
{
	char *path = path_of(m, why);
	struct strv lines = { 0 };
	size_t most = (size_t)history_size(m), i;
	int r;

	if (path == NULL)
		return why->code == 0 ? 0 : -1;
	r = read_file(m, path, &lines, why);
	for (i = lines.n > most ? lines.n - most : 0; i < lines.n; i++)
		each(ctx, lines.v[i]);
	strv_free(&lines);
	free(path);
	return r;
}

/* --- Writing. --- */

/* Others may read what an older program or a careless hand has left. */
static int
write_line(int fd, const struct stat *st, const char *line)
{
	char *text = xasprintf("%s\n", line);
	int r = 0;

	if ((st->st_mode & 077) != 0)
		r = fchmod(fd, 0600);
	if (r == 0)
		r = write_all(fd, text, strlen(text));
	free(text);
	return r;
}

int
history_add(struct mailx *m, const char *line, struct fail *why)
{
	char *path = m->read_only ? NULL : path_of(m, why);
	struct stat st;
	int fd, r;

	if (path == NULL)
		return why->code == 0 ? 0 : -1;
	fd = open_file(path, O_WRONLY | O_APPEND | O_CREAT, &st);
	r = fd != -1 ? write_line(fd, &st, line) : errno == 0 ? 0 : -1;
	if (r == -1)
		fail_errno(why, EX_CANTCREAT, "%s", path);
	if (fd != -1 && close(fd) == -1 && r == 0)
		r = fail_errno(why, EX_IOERR, "%s", path);
	free(path);
	return r;
}
