/* SPDX-License-Identifier: ISC */
/*
 * seenlog.c -- an append-only file of checksummed lines.
 *
 * A line is `CHECK WORD...': CHECK is the first 16 hex digits of the SHA-256 of
 * what follows it, words are %-escaped.  A file is made whole under another name
 * and renamed, so an empty one is damaged.  A last line without its newline, or
 * with octets that never reached the disk (NUL), is torn and cut; nothing else
 * is forgiven: what looks damaged and is read as empty fetches everything twice.
 *
 * A run that ends well closes with a seal, the hash of all before it: then one
 * hash is all that the next run needs to check, not one of each line.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../net/digest.h"
#include "seenlog.h"
#include "store.h"
#include "token.h"

#define END_SIZE	4096	/* of which the first line and a seal are less */

static const char seal_word[] = " " SEENLOG_SEAL " ";
#define SEAL_HASH	(TOKEN_CHECK + sizeof(seal_word) - 1)	/* where it stands in the line */

/* --- Lines. --- */

/* Room for n octets behind what is pending. */
static char *
room(struct seenlog *l, size_t n)
{
	while (l->cap - l->npending < n) {
		l->cap = l->cap == 0 ? 4096 : l->cap * 2;
		l->pending = xreallocarray(l->pending, l->cap, 1);
	}
	return l->pending + l->npending;
}

void
seenlog_add(struct seenlog *l, const char *const *words, size_t n)
{
	size_t size = TOKEN_CHECK + 1, i;
	char *line, *text, *to;

	for (i = 0; i < n; i++)
		size += TOKEN_SIZE(strlen(words[i])) + 1;
	line = room(l, size);
	to = text = line + TOKEN_CHECK + 1;
	for (i = 0; i < n; i++) {
		to = token_write(to, words[i]);
		*to++ = i + 1 < n ? ' ' : '\n';
	}
	/* Its NUL stands where the blank will. */
	token_checksum(text, (size_t)(to - 1 - text), line);
	line[TOKEN_CHECK] = ' ';
	l->npending += (size_t)(to - line);
	l->lines++;
}

void
seenlog_seal(struct seenlog *l, const char *const *words, size_t n)
{
	const char *all[SEENLOG_WORDS] = { SEENLOG_SEAL };
	struct digest_state *d = digest_copy(l->whole);
	char hex[DIGEST_HEX];
	size_t i;

	digest_add(d, l->pending, l->npending);
	digest_end(d, hex);
	all[1] = hex;
	for (i = 0; i < n && i + 2 < SEENLOG_WORDS; i++)
		all[i + 2] = words[i];
	seenlog_add(l, all, i + 2);
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
read_words(const struct seenlog *l, char *line, size_t n, bool verify,
    char *words[SEENLOG_WORDS], struct fail *why)
{
	char check[TOKEN_CHECK + 1], *next;
	int count = 0;

	if (n <= TOKEN_CHECK + 1 || line[TOKEN_CHECK] != ' ')
		return seenlog_damaged(l, "no record", why);
	line[TOKEN_CHECK] = '\0';
	next = line + TOKEN_CHECK + 1;
	if (verify) {
		token_checksum(next, n - TOKEN_CHECK - 1, check);
		if (strcmp(check, line) != 0)
			return seenlog_damaged(l, "bad checksum", why);
	}
	while (count < SEENLOG_WORDS &&
	    (words[count] = strsep(&next, " ")) != NULL)
		if (!token_read(words[count++]))
			return seenlog_damaged(l, "bad word", why);
	return count;
}

static int
read_all(struct seenlog *l, struct fail *why)
{
	struct stat st;
	ssize_t n = 1;

	if (fstat(l->fd, &st) == -1)
		return fail_errno(why, EX_IOERR, "%s", l->path);
	if (st.st_size >= MAX_STATE_SIZE)
		return fail(why, EX_DATAERR, "%s: the fetch state is too large",
		    l->path);
	l->text = xmalloc((size_t)st.st_size + 1);
	while (n > 0 && l->len < (size_t)st.st_size) {
		n = read(l->fd, l->text + l->len, (size_t)st.st_size - l->len);
		if (n == -1 && errno == EINTR)
			n = 1;
		else if (n > 0)
			l->len += (size_t)n;
	}
	if (n == -1)
		return fail_errno(why, EX_IOERR, "%s", l->path);
	if (l->len == 0)
		return seenlog_damaged(l, "empty", why);
	return 0;
}

/* Where the last line begins, if it is a whole one. */
static size_t
last_line(const struct seenlog *l)
{
	const char *nl;

	if (l->text[l->len - 1] != '\n')
		return l->len;
	nl = memrchr(l->text, '\n', l->len - 1);
	return nl == NULL ? 0 : (size_t)(nl + 1 - l->text);
}

/* Is that line, with its newline, a seal? */
static bool
is_seal(const char *line, size_t n)
{
	char check[TOKEN_CHECK + 1];

	if (n < SEAL_HASH + DIGEST_HEX || memcmp(line + TOKEN_CHECK, seal_word,
	    sizeof(seal_word) - 1) != 0)
		return false;
	token_checksum(line + TOKEN_CHECK + 1, n - TOKEN_CHECK - 2, check);
	return memcmp(check, line, TOKEN_CHECK) == 0;
}

/* Is the last line a seal of all before it?  It is right then too, or its hash would not be. */
static bool
has_seal(struct seenlog *l)
{
	size_t at = last_line(l);
	const char *p = l->text + at;
	struct digest_state *d;
	char hex[DIGEST_HEX];

	if (!is_seal(p, l->len - at))
		return false;
	digest_add(l->whole, l->text, at);
	d = digest_copy(l->whole);
	digest_add(l->whole, p, l->len - at);
	digest_end(d, hex);
	return memcmp(hex, p + SEAL_HASH, DIGEST_HEX - 1) == 0;
}

/* All of it, and whether its seal is right. */
static int
read_whole(struct seenlog *l, struct fail *why)
{
	if (read_all(l, why) == -1)
		return -1;
	l->whole = digest_begin();
	if (!(l->sealed = has_seal(l))) {
		digest_drop(l->whole);
		l->whole = digest_begin();
	}
	return 0;
}

/* The first line alone and the last, if that is a seal; false: all is to be read. */
static bool
read_ends(struct seenlog *l)
{
	char head[END_SIZE], tail[END_SIZE], *nl, *last;
	struct stat st;

	if (fstat(l->fd, &st) == -1 || st.st_size < END_SIZE ||
	    pread(l->fd, head, END_SIZE, 0) != END_SIZE ||
	    pread(l->fd, tail, END_SIZE, st.st_size - END_SIZE) != END_SIZE ||
	    (nl = memchr(head, '\n', END_SIZE)) == NULL ||
	    memchr(head, '\0', (size_t)(nl - head)) != NULL ||
	    tail[END_SIZE - 1] != '\n' ||
	    (last = memrchr(tail, '\n', END_SIZE - 1)) == NULL ||
	    !is_seal(last + 1, (size_t)(tail + END_SIZE - last - 1)))
		return false;
	l->head = xstrndup(head, (size_t)(nl - head));
	l->seal = xstrndup(last + 1, (size_t)(tail + END_SIZE - last - 2));
	return true;
}

int
seenlog_read(struct seenlog *l, bool look, struct fail *why)
{
	int flags = look ? O_RDONLY : O_RDWR | O_APPEND, result;

	l->fd = open(l->path, flags | O_NOFOLLOW | O_CLOEXEC);
	if (l->fd == -1 && errno == ENOENT)
		return 0;
	if (l->fd == -1)
		return fail_errno(why, EX_CANTCREAT, "%s", l->path);
	l->sealed = !look && read_ends(l);
	result = l->sealed ? 0 : read_whole(l, why);
	if (look || result == -1) {
		close(l->fd);
		l->fd = -1;
	}
	return result == 0 ? 1 : -1;
}

/* One line of the text, [at, end); with its newline off. */
static int
words_at(struct seenlog *l, size_t at, size_t end, char **words,
    struct fail *why)
{
	l->text[end - 1] = '\0';
	return read_words(l, l->text + at, end - 1 - at, !l->sealed, words, why);
}

/* Where the line that begins there ends. */
static size_t
line_end(const struct seenlog *l, size_t at)
{
	const char *nl = memchr(l->text + at, '\n', l->len - at);

	return nl == NULL ? l->len : (size_t)(nl + 1 - l->text);
}

static bool
is_torn(const struct seenlog *l, size_t at, size_t end)
{
	return l->text[end - 1] != '\n' ||
	    (!l->sealed && memchr(l->text + at, '\0', end - at) != NULL);
}

int
seenlog_first(struct seenlog *l, char *words[SEENLOG_WORDS], struct fail *why)
{
	size_t end = l->head != NULL ? strlen(l->head) + 1 : line_end(l, 0);
	int n;

	if (l->head != NULL)
		n = read_words(l, l->head, end - 1, true, words, why);
	else if (is_torn(l, 0, end))
		n = seenlog_damaged(l, end < l->len ? "NUL" : "empty", why);
	else {
		if (!l->sealed)
			digest_add(l->whole, l->text, end);
		n = words_at(l, 0, end, words, why);
	}
	l->size = (off_t)end;
	l->lines = 1;
	return n;
}

int
seenlog_seal_words(struct seenlog *l, char *words[SEENLOG_WORDS],
    struct fail *why)
{
	size_t at;

	if (l->seal == NULL) {
		at = last_line(l);
		l->seal = xstrndup(l->text + at, l->len - at - 1);
	}
	return read_words(l, l->seal, strlen(l->seal), false, words, why);
}

/* Hash a line before its words are cut; false: a seal that is not right for what stands before it. */
static bool
hash_line(struct seenlog *l, const char *line, size_t n)
{
	char hex[DIGEST_HEX] = "";

	if (n > SEAL_HASH + DIGEST_HEX && memcmp(line + TOKEN_CHECK, seal_word,
	    sizeof(seal_word) - 1) == 0)
		digest_end(digest_copy(l->whole), hex);
	digest_add(l->whole, line, n);
	return *hex == '\0' ||
	    memcmp(line + SEAL_HASH, hex, DIGEST_HEX - 1) == 0;
}

/* The line [at, end). */
static int
give_line(struct seenlog *l, size_t at, size_t end,
    int (*take)(void *, char *const *, size_t, struct fail *), void *ctx,
    struct fail *why)
{
	char *words[SEENLOG_WORDS];
	bool right = l->sealed || hash_line(l, l->text + at, end - at);
	int n = words_at(l, at, end, words, why);

	if (n == -1)
		return -1;
	if (!right)
		return seenlog_damaged(l, "a line is missing before it", why);
	return take(ctx, words, (size_t)n, why);
}

/* What read_ends left, behind the first line. */
static int
read_rest(struct seenlog *l, struct fail *why)
{
	if (read_whole(l, why) == -1)
		return -1;
	if (l->size > (off_t)l->len)
		return seenlog_damaged(l, "too short", why);
	if (!l->sealed)
		digest_add(l->whole, l->text, (size_t)l->size);
	return 0;
}

int
seenlog_each(struct seenlog *l,
    int (*take)(void *ctx, char *const *words, size_t n, struct fail *why),
    void *ctx, struct fail *why)
{
	size_t at, end;
	int result = 0;

	if (l->text == NULL && read_rest(l, why) == -1)
		return -1;
	for (at = (size_t)l->size; at < l->len; at = end) {
		end = line_end(l, at);
		if (is_torn(l, at, end)) {
			if (end < l->len)
				result = seenlog_damaged(l, "NUL", why);
			break;
		}
		result = give_line(l, at, end, take, ctx, why);
		if (result == -1)
			break;
		l->size = (off_t)end;
		l->lines++;
	}
	free(l->text);
	l->text = NULL;
	/* What stands behind the last good line is a torn one. */
	if (result == 0 && l->fd != -1 && l->size < (off_t)l->len &&
	    ftruncate(l->fd, l->size) == -1)
		result = fail_errno(why, EX_IOERR, "%s", l->path);
	return result;
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
	digest_add(l->whole, l->pending, l->npending);
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

void
seenlog_restart(struct seenlog *l)
{
	l->npending = l->lines = 0;
	if (l->whole != NULL)
		digest_drop(l->whole);
	l->whole = digest_begin();
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
	digest_add(l->whole, l->pending, l->npending);
	l->size = (off_t)l->npending;
	l->npending = 0;
	return 0;
}

void
seenlog_close(struct seenlog *l)
{
	if (l->fd != -1)
		close(l->fd);
	if (l->whole != NULL)
		digest_drop(l->whole);
	free(l->head);
	free(l->seal);
	free(l->text);
	free(l->pending);
	free(l->path);
}
