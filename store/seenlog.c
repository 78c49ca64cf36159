/* SPDX-License-Identifier: ISC */
/*
 * seenlog.c -- an append-only file of checksummed lines.
 *
 * A line is `CHECK WORD...': CHECK is the first 16 hex digits of the SHA-256 of
 * what follows it, words are %-escaped.  A file is made whole under another name
 * and renamed, so an empty one is damaged.  A last line without its newline, or
 * with octets that never reached the disk (NUL), is torn and cut; nothing else
 * is forgiven: what looks damaged and is read as empty fetches everything twice.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "seenlog.h"
#include "store.h"
#include "token.h"

#define MAX_WORDS	8	/* of a line */

/* --- Lines. --- */

static void
add(struct seenlog *l, const char *p, size_t n)
{
	while (l->cap - l->npending < n) {
		l->cap = l->cap == 0 ? 4096 : l->cap * 2;
		l->pending = xreallocarray(l->pending, l->cap, 1);
	}
	memcpy(l->pending + l->npending, p, n);
	l->npending += n;
}

void
seenlog_add(struct seenlog *l, const char *const *words, size_t n)
{
	char check[TOKEN_CHECK + 1], *text;
	size_t i, len;
	FILE *f = xmemstream(&text, &len);

	for (i = 0; i < n; i++) {
		if (i > 0)
			putc(' ', f);
		token_put(f, words[i]);
	}
	fclose(f);
	token_checksum(text, len, check);
	add(l, check, TOKEN_CHECK);
	add(l, " ", 1);
	add(l, text, len);
	add(l, "\n", 1);
	l->lines++;
	free(text);
}

/* --- Reading. --- */

int
seenlog_damaged(const struct seenlog *l, const char *what, struct fail *why)
{
	return fail(why, EX_DATAERR, "%s: the fetch state is damaged (%s, "
	    "line %zu); nothing was fetched", l->path, what, l->lines + 1);
}

/* The words of a line without its newline; their number, or -1. */
static int
read_line(const struct seenlog *l, char *line, size_t n, char *words[MAX_WORDS],
    struct fail *why)
{
	char check[TOKEN_CHECK + 1], *next;
	int count = 0;

	if (n <= TOKEN_CHECK + 1 || line[TOKEN_CHECK] != ' ')
		return seenlog_damaged(l, "no record", why);
	line[TOKEN_CHECK] = '\0';
	next = line + TOKEN_CHECK + 1;
	token_checksum(next, n - TOKEN_CHECK - 1, check);
	if (strcmp(check, line) != 0)
		return seenlog_damaged(l, "bad checksum", why);
	while (count < MAX_WORDS && (words[count] = strsep(&next, " ")) != NULL)
		if (!token_read(words[count++]))
			return seenlog_damaged(l, "bad word", why);
	return count;
}

static bool
is_torn(const char *line, size_t n)
{
	return line[n - 1] != '\n' || memchr(line, '\0', n) != NULL;
}

/* All lines; l->size is where the good ones end. */
static int
read_lines(struct seenlog *l, FILE *f,
    int (*take)(void *, char *const *, size_t, struct fail *), void *ctx,
    struct fail *why)
{
	char *line = NULL, *words[MAX_WORDS];
	size_t cap = 0;
	ssize_t n;
	int count, result = 0;

	while (result == 0 && (n = xgetline(&line, &cap, f)) > 0) {
		if (is_torn(line, (size_t)n)) {
			if (xgetline(&line, &cap, f) > 0)
				result = seenlog_damaged(l, "NUL", why);
			break;
		}
		line[n - 1] = '\0';
		count = read_line(l, line, (size_t)n - 1, words, why);
		result = count == -1 ? -1 :
		    take(ctx, words, (size_t)count, why);
		l->size += n;
		l->lines++;
	}
	if (result == 0 && ferror(f))
		result = fail_errno(why, EX_IOERR, "%s", l->path);
	free(line);
	if (result == 0 && l->lines == 0)
		result = seenlog_damaged(l, "empty", why);
	return result;
}

int
seenlog_read(struct seenlog *l, bool look,
    int (*take)(void *ctx, char *const *words, size_t n, struct fail *why),
    void *ctx, struct fail *why)
{
	int flags = look ? O_RDONLY : O_RDWR | O_APPEND, copy, result;
	FILE *f;

	l->fd = open(l->path, flags | O_NOFOLLOW | O_CLOEXEC);
	if (l->fd == -1 && errno == ENOENT)
		return 0;
	if (l->fd == -1)
		return fail_errno(why, EX_CANTCREAT, "%s", l->path);
	copy = fcntl(l->fd, F_DUPFD_CLOEXEC, 0);
	if (copy == -1 || (f = fdopen(copy, "r")) == NULL) {
		if (copy != -1)
			close(copy);
		return fail_errno(why, EX_OSERR, "%s", l->path);
	}
	result = read_lines(l, f, take, ctx, why);
	fclose(f);
	/* What stands behind the last good line is a torn one. */
	if (result == 0 && !look && ftruncate(l->fd, l->size) == -1)
		result = fail_errno(why, EX_IOERR, "%s", l->path);
	if (look || result == -1) {
		close(l->fd);
		l->fd = -1;
	}
	return result == 0 ? 1 : -1;
}

/* --- Writing. --- */

static int
check_writable(const struct seenlog *l, struct fail *why)
{
	if (l->broken)
		return fail(why, EX_IOERR, "%s: a write has failed before",
		    l->path);
	return 0;
}

int
seenlog_commit(struct seenlog *l, struct fail *why)
{
	if (check_writable(l, why) == -1)
		return -1;
	if (l->npending == 0)
		return 0;
	durable_step("seen: commit");
	if (write_all(l->fd, l->pending, l->npending) == -1) {
		fail_errno(why, EX_IOERR, "%s", l->path);
		l->broken = true;
		/* If this fails too, the torn line is cut by the next run. */
		(void)!ftruncate(l->fd, l->size);
		return -1;
	}
	durable_step("seen: written");
	if (fdatasync(l->fd) == -1) {
		l->broken = true;
		return fail_errno(why, EX_IOERR, "%s", l->path);
	}
	l->size += (off_t)l->npending;
	l->npending = 0;
	durable_step("seen: committed");
	return 0;
}

/* Make the new name of a file durable. */
static int
sync_dir_of(const char *path, struct fail *why)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash != NULL ? xstrndup(path, (size_t)(slash - path)) :
	    xstrdup(".");
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = fd == -1 ? -1 : fsync(fd);

	if (result == -1)
		fail_errno(why, EX_IOERR, "%s", dir);
	if (fd != -1)
		close(fd);
	free(dir);
	return result;
}

static int
write_new(const struct seenlog *l, int fd, const char *path, struct fail *why)
{
	if (write_all(fd, l->pending, l->npending) == -1)
		return fail_errno(why, EX_IOERR, "%s", path);
	durable_step("seen: new log written");
	if (fsync(fd) == -1)
		return fail_errno(why, EX_IOERR, "%s", path);
	durable_step("seen: new log synced");
	if (rename(path, l->path) == -1)
		return fail_errno(why, EX_CANTCREAT, "%s", l->path);
	durable_step("seen: new log renamed");
	return sync_dir_of(l->path, why);
}

int
seenlog_replace(struct seenlog *l, struct fail *why)
{
	char *path = xasprintf("%s.new", l->path);
	int fd, result;

	(void)unlink(path);	/* of a run that was ended */
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (fd == -1)
		result = fail_errno(why, EX_CANTCREAT, "%s", path);
	else if ((result = write_new(l, fd, path, why)) == -1)
		close(fd);
	free(path);
	if (result == -1) {
		l->broken = true;
		return -1;
	}
	if (l->fd != -1)
		close(l->fd);
	l->fd = fd;
	l->size = (off_t)l->npending;
	l->npending = 0;
	return 0;
}

void
seenlog_close(struct seenlog *l)
{
	if (l->fd != -1)
		close(l->fd);
	free(l->pending);
	free(l->path);
}
