/* SPDX-License-Identifier: ISC */
/*
 * seen.c -- the state of fetch, one log (seenlog.c) for each pair of source and
 * destination.  Its lines, the first always H:
 *
 *	H version source dest
 *	V uidvalidity			M uid: the mark		N uidnext
 *	I key intent			D key size when light sha
 *	X key: removed there		F key: forgotten
 *	C sha uidvalidity mark uidnext records: a seal, where no intent is open
 *
 * All of it is in memory while a fetch runs (seentable.c): some 200 octets for a
 * message.  Where the seal tells enough, nothing is new, the records are not even
 * read.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lock.h"
#include "seen.h"
#include "seenlog.h"
#include "seentable.h"

#define VERSION		"1"
#define SLACK_LINES	256	/* superfluous lines that compaction lets be */
#define DIGITS		24	/* of a number, its sign and NUL */

struct seen {
	struct seenlog	 log;
	char		*dir;		/* owned: where the files are */
	char		*source, *dest;	/* owned */
	int		 lock;		/* -1: only looked at */
	struct seentable table;		/* what is known */
	size_t		 records;	/* by the seal, until they are read */
	bool		 unread;
	bool		 changed;	/* since the seal */
};

/* The records are needed now; that nobody had them read is a fault of ours. */
static void
check_read(const struct seen *s)
{
	if (s->unread)
		abort();
}

/* --- Its lines. --- */

static void
add_number(struct seen *s, const char *type, uint32_t v)
{
	char number[DIGITS];
	const char *words[] = { type, number };

	snprintf(number, sizeof(number), "%" PRIu32, v);
	seenlog_add(&s->log, words, NELEM(words));
}

static void
add_key(struct seen *s, const char *type, const char *key)
{
	const char *words[] = { type, key };

	seenlog_add(&s->log, words, NELEM(words));
}

static void
add_intent(struct seen *s, const char *key, const char *intent)
{
	const char *words[] = { "I", key, intent };

	seenlog_add(&s->log, words, NELEM(words));
}

static void
add_entry(struct seen *s, const struct seen_entry *e)
{
	struct seen_record r;
	char size[DIGITS], when[DIGITS];
	const char *words[] = { "D", e->key, size, when, "", "" };

	seentable_describe(e, &r);
	if (e->state == SEEN_INTENDED)
		add_intent(s, e->key, r.intent);
	if (e->state != SEEN_DONE && e->state != SEEN_REMOVED)
		return;
	snprintf(size, sizeof(size), "%" PRIu64, e->size);
	snprintf(when, sizeof(when), "%" PRId64, e->when);
	words[4] = r.light;
	words[5] = r.sha;
	seenlog_add(&s->log, words, NELEM(words));
	if (e->state == SEEN_REMOVED)
		add_key(s, "X", e->key);
}

static int
read_head(const struct seen *s, char *const *w, size_t n, struct fail *why)
{
	if (n < 2 || strcmp(w[0], "H") != 0)
		return seenlog_damaged(&s->log, "no head", why);
	if (strcmp(w[1], VERSION) != 0)
		return fail(why, EX_DATAERR, "%s: the fetch state is of a newer "
		    "version; nothing was fetched", s->log.path);
	if (n != 4 || strcmp(w[2], s->source) != 0 ||
	    strcmp(w[3], s->dest) != 0)
		return seenlog_damaged(&s->log, "of another source", why);
	return 0;
}

static int
take_line(void *ctx, char *const *words, size_t n, struct fail *why)
{
	struct seen *s = ctx;

	if (seentable_take(&s->table, words, n))
		return 0;
	return fail(why, EX_DATAERR, "%s: the fetch state has a record that "
	    "this version does not know (line %zu); nothing was fetched",
	    s->log.path, s->log.lines + 1);
}

/* What the seal tells is enough until a record is asked for. */
static int
read_seal(struct seen *s, struct fail *why)
{
	char *w[SEENLOG_WORDS];
	uint64_t uidvalidity, mark, next, records;

	if (seenlog_seal_words(&s->log, w, why) != 6 ||
	    !seentable_number(w[2], UINT32_MAX, &uidvalidity) ||
	    !seentable_number(w[3], UINT32_MAX, &mark) ||
	    !seentable_number(w[4], UINT32_MAX, &next) ||
	    !seentable_number(w[5], SIZE_MAX, &records))
		return -1;
	s->table.uidvalidity = (uint32_t)uidvalidity;
	s->table.mark = (uint32_t)mark;
	s->table.next = (uint32_t)next;
	s->records = (size_t)records;
	s->unread = true;
	return 0;
}

/* The log: 1, or 0 where there is none. */
static int
read_log(struct seen *s, bool look, struct fail *why)
{
	char *w[SEENLOG_WORDS];
	struct fail none;
	int n, found = seenlog_read(&s->log, look, why);

	if (found != 1)
		return found;
	if ((n = seenlog_first(&s->log, w, why)) == -1 ||
	    read_head(s, w, (size_t)n, why) == -1)
		return -1;
	fail_clear(&none);
	if (s->log.sealed && read_seal(s, &none) == 0)
		return 1;
	return seenlog_each(&s->log, take_line, s, why) == -1 ? -1 : 1;
}

int
seen_load(struct seen *s, struct fail *why)
{
	if (!s->unread)
		return 0;
	s->unread = false;
	return seenlog_each(&s->log, take_line, s, why);
}

/* --- The file. --- */

size_t
seen_count(const struct seen *s)
{
	const struct seen_entry *e;
	size_t n = 0;

	if (s->unread)
		return s->records;
	for (e = s->table.first; e != NULL; e = e->next)
		n += e->state != SEEN_NOT;
	return n;
}

/* All is there that a seal tells, and it is not told yet. */
static void
seal(struct seen *s)
{
	char uidvalidity[DIGITS], mark[DIGITS], next[DIGITS], records[DIGITS];
	const char *words[] = { uidvalidity, mark, next, records };
	const struct seen_entry *e;

	for (e = s->table.first; e != NULL; e = e->next)
		if (e->state == SEEN_INTENDED)
			return;
	snprintf(uidvalidity, sizeof(uidvalidity), "%" PRIu32,
	    s->table.uidvalidity);
	snprintf(mark, sizeof(mark), "%" PRIu32, s->table.mark);
	snprintf(next, sizeof(next), "%" PRIu32, s->table.next);
	snprintf(records, sizeof(records), "%zu", seen_count(s));
	seenlog_seal(&s->log, words, NELEM(words));
}

/* Put a new log with all that is known in the place of the old one. */
static int
rewrite(struct seen *s, struct fail *why)
{
	const char *words[] = { "H", VERSION, s->source, s->dest };
	struct seen_entry *e;

	seenlog_restart(&s->log);
	seenlog_add(&s->log, words, NELEM(words));
	if (s->table.uidvalidity != 0)
		add_number(s, "V", s->table.uidvalidity);
	if (s->table.mark != 0)
		add_number(s, "M", s->table.mark);
	if (s->table.next != 0)
		add_number(s, "N", s->table.next);
	for (e = s->table.first; e != NULL; e = e->next)
		add_entry(s, e);
	seal(s);
	return seenlog_replace(&s->log, why);
}

static int
sync_dir(const char *dir, struct fail *why)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = fd == -1 ? -1 : fsync(fd);

	if (result == -1)
		fail_errno(why, EX_IOERR, "%s", dir);
	if (fd != -1)
		close(fd);
	return result;
}

static struct seen *
name_files(const char *state_dir, const char *source, const char *dest)
{
	struct seen *s = xcalloc(1, sizeof(*s));
	char hex[SHA256_DIGEST_STRING_LENGTH];
	SHA2_CTX ctx;

	s->table.last = &s->table.first;
	s->log.fd = s->lock = -1;
	s->source = xstrdup(source);
	s->dest = xstrdup(dest);
	SHA256Init(&ctx);
	SHA256Update(&ctx, (const uint8_t *)source, strlen(source) + 1);
	SHA256Update(&ctx, (const uint8_t *)dest, strlen(dest));
	SHA256End(&ctx, hex);
	s->dir = xasprintf("%s/fetch", state_dir);
	s->log.path = xasprintf("%s/%.32s", s->dir, hex);
	return s;
}

static int
open_locked(struct seen *s, const char *state_dir, struct fail *why)
{
	char *path;
	int found;

	if (mkdir(s->dir, 0700) == 0) {
		if (sync_dir(state_dir, why) == -1)
			return -1;
	} else if (errno != EEXIST)
		return fail_errno(why, EX_CANTCREAT, "%s", s->dir);
	path = xasprintf("%s.lock", s->log.path);
	s->lock = lock_file(path, why);
	free(path);
	if (s->lock == -1)
		return -1;
	if ((found = read_log(s, false, why)) == 0)
		return rewrite(s, why);
	return found == -1 ? -1 : 0;
}

struct seen *
seen_open(const char *state_dir, const char *source, const char *dest,
    struct fail *why)
{
	struct seen *s = name_files(state_dir, source, dest);

	if (open_locked(s, state_dir, why) == 0)
		return s;
	seen_close(s);
	return NULL;
}

struct seen *
seen_peek(const char *state_dir, const char *source, const char *dest,
    struct fail *why)
{
	struct seen *s = name_files(state_dir, source, dest);

	if (read_log(s, true, why) != -1)
		return s;
	seen_close(s);
	return NULL;
}

void
seen_close(struct seen *s)
{
	if (s == NULL)
		return;
	seentable_free(&s->table);
	if (s->lock != -1)
		close(s->lock);
	seenlog_close(&s->log);
	free(s->source);
	free(s->dest);
	free(s->dir);
	free(s);
}

/* --- What fetch asks and tells. --- */

bool
seen_get(const struct seen *s, const char *key, struct seen_record *r)
{
	static const struct seen_record none = {
		.light = "", .sha = "", .intent = ""
	};
	const struct seen_entry *e;

	check_read(s);
	e = seentable_find(&s->table, key);
	*r = none;
	if (e != NULL)
		seentable_describe(e, r);
	return r->state != SEEN_NOT;
}

static int
writable(const struct seen *s, struct fail *why)
{
	if (s->log.fd == -1 || s->unread)
		return fail(why, EX_SOFTWARE, "%s: only looked at",
		    s->log.path);
	if (s->log.broken)
		return fail(why, EX_IOERR, "%s: a write has failed before",
		    s->log.path);
	return 0;
}

int
seen_intend(struct seen *s, const char *key, const char *intent,
    struct fail *why)
{
	if (writable(s, why) == -1)
		return -1;
	seentable_intend(&s->table, key, intent);
	add_intent(s, key, intent);
	return 0;
}

int
seen_done(struct seen *s, const char *key, uint64_t size, const char *light,
    const char *sha, struct fail *why)
{
	if (writable(s, why) == -1)
		return -1;
	seentable_done(&s->table, key, size, (int64_t)time(NULL), light, sha);
	add_entry(s, seentable_find(&s->table, key));
	return 0;
}

static int
change_state(struct seen *s, const char *type, const char *key,
    enum seen_state state, struct fail *why)
{
	if (writable(s, why) == -1)
		return -1;
	seentable_change(&s->table, key, state);
	add_key(s, type, key);
	return 0;
}

int
seen_removed(struct seen *s, const char *key, struct fail *why)
{
	return change_state(s, "X", key, SEEN_REMOVED, why);
}

int
seen_forget(struct seen *s, const char *key, struct fail *why)
{
	return change_state(s, "F", key, SEEN_NOT, why);
}

int
seen_commit(struct seen *s, struct fail *why)
{
	if (s->log.npending == 0)
		return 0;
	if (writable(s, why) == -1)
		return -1;
	s->changed = true;
	return seenlog_commit(&s->log, why);
}

int
seen_each(struct seen *s, int (*each)(void *ctx, const char *key,
    const struct seen_record *r), void *ctx)
{
	struct seen_record r;
	struct seen_entry *e;
	int result;

	check_read(s);
	/* Nothing is taken out of the list, so the callback may change it. */
	for (e = s->table.first; e != NULL; e = e->next) {
		if (e->state == SEEN_NOT)
			continue;
		seentable_describe(e, &r);
		if ((result = each(ctx, e->key, &r)) != 0)
			return result;
	}
	return 0;
}

uint32_t
seen_uidvalidity(const struct seen *s)
{
	return s->table.uidvalidity;
}

int
seen_set_uidvalidity(struct seen *s, uint32_t v, struct fail *why)
{
	if (writable(s, why) == -1)
		return -1;
	seentable_set_uidvalidity(&s->table, v);
	add_number(s, "V", v);
	return 0;
}

uint32_t
seen_mark(const struct seen *s)
{
	return s->table.mark;
}

int
seen_set_mark(struct seen *s, uint32_t uid, struct fail *why)
{
	if (writable(s, why) == -1)
		return -1;
	if (s->table.mark != uid) {
		s->table.mark = uid;
		add_number(s, "M", uid);
	}
	return 0;
}

uint32_t
seen_next(const struct seen *s)
{
	return s->table.next;
}

int
seen_set_next(struct seen *s, uint32_t uid, struct fail *why)
{
	if (writable(s, why) == -1)
		return -1;
	if (s->table.next != uid) {
		s->table.next = uid;
		add_number(s, "N", uid);
	}
	return 0;
}

int
seen_compact(struct seen *s, struct fail *why)
{
	struct seen_entry *e;
	size_t needed = 4;

	if (s->unread || (s->log.npending == 0 && s->log.sealed && !s->changed))
		return 0;
	if (writable(s, why) == -1)
		return -1;
	for (e = s->table.first; e != NULL; e = e->next)
		if (e->state != SEEN_NOT)
			needed += e->state == SEEN_REMOVED ? 2 : 1;
	if (s->log.lines > needed + needed / 2 + SLACK_LINES)
		return seen_commit(s, why) == -1 ? -1 : rewrite(s, why);
	seal(s);
	return seen_commit(s, why);
}
