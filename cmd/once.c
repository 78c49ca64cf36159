/* SPDX-License-Identifier: ISC */
/*
 * once.c -- see once.h.  A file for each key in the state directory, named by the
 * key's SHA-256, with lines that are only ever added:
 *
 *	1 trying <Message-ID> CHECKSUM
 *	1 done <Message-ID> CHECKSUM
 *
 * A last line without its end is of a run that died while it wrote: before the
 * message went, or after; either way it says nothing.
 */
#include <fcntl.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../store/lock.h"
#include "../store/local.h"
#include "once.h"
#include "vars.h"

#define CHECK		16	/* hexadecimal digits of a line's checksum */
#define WAIT_TRIES	500	/* of 20 milliseconds, for another process */

static void
digest(const char *text, size_t n, char hex[static SHA256_DIGEST_STRING_LENGTH])
{
	SHA256Data((const uint8_t *)text, n, hex);
}

/* state/once/HASH; the caller frees. */
static char *
path_of(struct mailx *m, const char *hash, struct fail *why)
{
	char *state = var_state_dir(m, why), *path;

	if (state == NULL)
		return NULL;
	path = xasprintf("%s/once/%s", state, hash);
	free(state);
	if (local_make_parents(path, why) == 0)
		return path;
	free(path);
	return NULL;
}

/* One line without its end; false: it is none of ours. */
static bool
read_line(struct once *o, char *line)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];
	char *check = strrchr(line, ' '), *id;
	bool done;

	if (check == NULL || strlen(check + 1) != CHECK)
		return false;
	digest(line, (size_t)(check - line), hex);
	if (strncmp(hex, check + 1, CHECK) != 0)
		return false;
	*check = '\0';
	done = strncmp(line, "1 done ", 7) == 0;
	if (!done && strncmp(line, "1 trying ", 9) != 0)
		return false;
	id = line + (done ? 7 : 9);
	free(o->id);
	o->id = xstrdup(id);
	o->done = o->done || done;
	return true;
}

/* Lines to the last end of a line; what is behind it is cut off. */
static int
read_lines(struct once *o, char *text, size_t n, struct fail *why)
{
	char *p = text, *end;

	while ((end = memchr(p, '\n', n - (size_t)(p - text))) != NULL) {
		*end = '\0';
		if (!read_line(o, p))
			return fail(why, EX_DATAERR, "%s: the record of --once "
			    "is damaged", o->path);
		p = end + 1;
	}
	if (p < text + n && ftruncate(o->fd, p - text) == -1)
		return fail_errno(why, EX_IOERR, "%s", o->path);
	return 0;
}

static int
read_ledger(struct once *o, struct fail *why)
{
	struct stat st;
	char *text;
	ssize_t n;
	int r;

	if (fstat(o->fd, &st) == -1)
		return fail_errno(why, EX_IOERR, "%s", o->path);
	if (st.st_size > MAX_LEDGER)
		return fail(why, EX_DATAERR, "%s: the record of --once is too "
		    "long", o->path);
	text = xmalloc((size_t)st.st_size + 1);
	n = pread(o->fd, text, (size_t)st.st_size, 0);
	r = n != st.st_size ? fail_errno(why, EX_IOERR, "%s", o->path) :
	    read_lines(o, text, (size_t)n, why);
	free(text);
	return r;
}

static int
open_record(struct mailx *m, struct once *o, struct fail *why)
{
	o->fd = -1;
	o->path = path_of(m, o->key, why);
	if (o->path == NULL)
		return -1;
	o->fd = lock_file(o->path, why);
	if (o->fd == -1)
		return -1;
	/* A record that is lost with its directory's entry is none. */
	if (local_sync_parent(o->path, why) == -1)
		return -1;
	return read_ledger(o, why);
}

int
once_open(struct mailx *m, const char *key, struct once *o, struct fail *why)
{
	memset(o, 0, sizeof *o);
	digest(key, strlen(key), o->key);
	return open_record(m, o, why);
}

static int
add(struct once *o, const char *word, const char *id, struct fail *why)
{
	char *text = xasprintf("1 %s %s", word, id), *line;
	char hex[SHA256_DIGEST_STRING_LENGTH];
	int r = 0;

	digest(text, strlen(text), hex);
	line = xasprintf("%s %.*s\n", text, CHECK, hex);
	if (lseek(o->fd, 0, SEEK_END) == -1 ||
	    write_all(o->fd, line, strlen(line)) == -1 || fsync(o->fd) == -1)
		r = fail_errno(why, EX_IOERR, "%s", o->path);
	else
		durable_step(word);
	free(line);
	free(text);
	return r;
}

int
once_trying(struct once *o, const char *id, struct fail *why)
{
	if (o->id == NULL)
		o->id = xstrdup(id);
	return add(o, "trying", id, why);
}

int
once_done(struct once *o, struct fail *why)
{
	o->done = true;
	return add(o, "done", o->id, why);
}

/* Who has the record has it for as long as one message takes to be queued. */
static int
open_waiting(struct mailx *m, struct once *o, struct fail *why)
{
	const struct timespec moment = { 0, 20 * 1000 * 1000 };
	int tries, r;

	for (tries = 0; tries < WAIT_TRIES; tries++) {
		fail_clear(why);
		r = open_record(m, o, why);
		if (r == 0 || why->code != EX_TEMPFAIL)
			return r;
		once_close(o);
		(void)nanosleep(&moment, NULL);
	}
	return -1;
}

int
once_note(struct mailx *m, const char *key, const char *id, struct fail *why)
{
	struct once o;
	int r;

	if (m->once != NULL && strcmp(m->once->key, key) == 0)
		return m->once->done ? 0 : once_done(m->once, why);
	memset(&o, 0, sizeof o);
	if (strlcpy(o.key, key, sizeof o.key) != sizeof o.key - 1 ||
	    strspn(key, "0123456789abcdef") != sizeof o.key - 1)
		return fail(why, EX_DATAERR, "not the key of a record");
	r = open_waiting(m, &o, why);
	if (r == 0 && o.id == NULL)
		o.id = xstrdup(id == NULL ? "-" : id);
	if (r == 0 && !o.done)
		r = once_done(&o, why);
	once_close(&o);
	return r;
}

void
once_close(struct once *o)
{
	if (o->fd != -1)
		close(o->fd);
	free(o->path);
	free(o->id);
	o->path = o->id = NULL;
	o->done = false;
	o->fd = -1;
}
