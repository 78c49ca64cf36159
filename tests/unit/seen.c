/* SPDX-License-Identifier: ISC */
/* seen.c -- the state of fetch: records, damage, locks, compaction. */
#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../store/seen.h"
#include "tap.h"
#include "tree.h"

static char *dir, *path;

static struct seen *
again(struct seen *s)
{
	struct fail why;

	fail_clear(&why);
	seen_close(s);
	s = seen_open(dir, "source", "dest", &why);
	if (s == NULL)
		printf("# %d %s\n", why.code, why.text);
	return s;
}

static int
code_of_open(void)
{
	struct fail why;
	struct seen *s;

	fail_clear(&why);
	s = seen_open(dir, "source", "dest", &why);
	seen_close(s);
	return why.code;
}

/* The path of the one log. */
static void
find_log(void)
{
	char *fetch = xasprintf("%s/fetch", dir);
	DIR *d = opendir(fetch);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && strchr(e->d_name, '.') == NULL) {
			free(path);
			path = xasprintf("%s/%s", fetch, e->d_name);
		}
	if (d != NULL)
		closedir(d);
	free(fetch);
}

static char *
slurp(size_t *n)
{
	FILE *f = fopen(path, "r");
	char *text = xcalloc(1, 1 << 20);

	*n = f == NULL ? 0 : fread(text, 1, 1 << 20, f);
	if (f != NULL)
		fclose(f);
	return text;
}

static void
spill(const char *text, size_t n)
{
	FILE *f = fopen(path, "w");

	fwrite(text, 1, n, f);
	fclose(f);
}

static enum seen_state
state(const struct seen *s, const char *key)
{
	struct seen_record r;

	seen_get(s, key, &r);
	return r.state;
}

static struct seen *
test_records(struct seen *s)
{
	static const char odd[] = "P: %\x01\xff\x7f""end";
	struct fail why;
	struct seen_record r;
	struct stat st;

	fail_clear(&why);
	ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600, "log is 0600");
	is_int(seen_uidvalidity(s), 0, "no UIDVALIDITY");
	is_int(state(s, "P:1"), SEEN_NOT, "unknown key");
	seen_intend(s, "P:1", "mbox 1 2 3", &why);
	seen_done(s, "P:2", 4711, "light", "sha", &why);
	seen_done(s, odd, 1, "", "", &why);
	seen_done(s, "P:", 1, "", "x", &why);
	seen_done(s, "P:3", 1, "l", "s", &why);
	seen_removed(s, "P:3", &why);
	seen_done(s, "P:4", 1, "l", "s", &why);
	seen_forget(s, "P:4", &why);
	seen_set_uidvalidity(s, 4294967295U, &why);
	seen_set_mark(s, 77, &why);
	is_int(seen_commit(s, &why), 0, "commit");
	seen_done(s, "P:lost", 1, "", "", &why);
	s = again(s);
	is_int(state(s, "P:1"), SEEN_INTENDED, "intended");
	seen_get(s, "P:1", &r);
	is_string(r.intent, "mbox 1 2 3", "its record");
	ok(seen_get(s, "P:2", &r) && r.state == SEEN_DONE, "done");
	is_int((long long)r.size, 4711, "size");
	is_string(r.light, "light", "light");
	is_string(r.sha, "sha", "sha");
	ok(r.when > 1700000000, "when");
	is_int(state(s, odd), SEEN_DONE, "odd octets in a key");
	is_int(state(s, "P:"), SEEN_DONE, "empty UIDL");
	is_int(state(s, "P:3"), SEEN_REMOVED, "removed");
	is_int(state(s, "P:4"), SEEN_NOT, "forgotten");
	is_int(state(s, "P:lost"), SEEN_NOT, "not committed");
	is_int(seen_uidvalidity(s), 4294967295U, "UIDVALIDITY");
	is_int(seen_mark(s), 77, "mark");
	seen_set_uidvalidity(s, 5, &why);
	is_int(seen_mark(s), 0, "no mark under a new UIDVALIDITY");
	seen_set_uidvalidity(s, 4294967295U, &why);
	seen_get(s, "P:2", &r);
	seen_done(s, "P:2", r.size, r.light, r.sha, &why);
	seen_get(s, "P:2", &r);
	is_string(r.light, "light", "recorded again from its own texts");
	is_int(why.code, 0, "no failure");
	return s;
}

static int
forget_it(void *ctx, const char *key, const struct seen_record *r)
{
	struct fail why;

	(void)r;
	fail_clear(&why);
	return strncmp(key, "N:", 2) == 0 ? seen_forget(ctx, key, &why) : 0;
}

static struct seen *
test_compaction(struct seen *s)
{
	struct fail why;
	struct stat before, after;
	char key[32];
	int i;

	fail_clear(&why);
	for (i = 0; i < 2000; i++) {
		snprintf(key, sizeof(key), "N:%d", i);
		seen_done(s, key, 1, "light", "sha", &why);
	}
	is_int(seen_commit(s, &why), 0, "2000 more");
	is_int(seen_each(s, forget_it, s), 0, "forgotten in a walk");
	is_int(seen_commit(s, &why), 0, "committed");
	stat(path, &before);
	is_int(seen_compact(s, &why), 0, "compacted");
	stat(path, &after);
	ok(after.st_size < before.st_size / 100, "the log is small again");
	seen_done(s, "after", 1, "", "", &why);
	seen_commit(s, &why);
	s = again(s);
	is_int(state(s, "P:2"), SEEN_DONE, "kept: done");
	is_int(state(s, "P:3"), SEEN_REMOVED, "kept: removed");
	is_int(state(s, "P:1"), SEEN_INTENDED, "kept: intended");
	is_int(state(s, "N:5"), SEEN_NOT, "gone: forgotten");
	is_int(state(s, "after"), SEEN_DONE, "written after it");
	is_int(seen_uidvalidity(s), 4294967295U, "kept: UIDVALIDITY");
	is_int(why.code, 0, "no failure");
	return s;
}

static void
test_locks(void)
{
	struct fail why;
	struct seen *other;

	is_int(code_of_open(), EX_TEMPFAIL, "a second one waits");
	fail_clear(&why);
	other = seen_open(dir, "source", "other", &why);
	ok(other != NULL, "another pair does not");
	seen_close(other);
	other = seen_peek(dir, "source", "dest", &why);
	ok(other != NULL && state(other, "P:2") == SEEN_DONE, "looking works");
	is_int(seen_done(other, "x", 1, "", "", &why), -1, "changing does not");
	is_int(why.code, EX_SOFTWARE, "and says so");
	seen_close(other);
	fail_clear(&why);
	other = seen_peek("/nonexistent", "source", "dest", &why);
	ok(other != NULL && state(other, "P:2") == SEEN_NOT,
	    "nothing there: empty");
	seen_close(other);
}

/* Cut the log at every octet of its end, and flip every octet. */
static void
test_damage(void)
{
	struct seen *s;
	struct fail why;
	size_t n, i, last, bad = 0, wrong = 0;
	char *text = slurp(&n), c;

	fail_clear(&why);
	for (last = n - 1; text[last - 1] != '\n'; last--)
		;
	for (i = last + 1; i < n; i++) {
		spill(text, i);
		s = seen_open(dir, "source", "dest", &why);
		wrong += s == NULL || state(s, "P:2") != SEEN_DONE ||
		    state(s, "after") != SEEN_NOT;
		seen_close(s);
	}
	is_int((long long)wrong, 0, "torn anywhere in the last line: cut");
	for (i = 0; i < n; i++) {
		c = text[i];
		text[i] = (char)(c ^ 1);
		spill(text, n);
		bad += code_of_open() != EX_DATAERR && i != n - 1;
		text[i] = c;
	}
	is_int((long long)bad, 0, "flipped anywhere: refused");
	for (i = 0; i < last; i++)
		if (text[i] == '\n')
			break;
	spill(text + i + 1, n - i - 1);
	is_int(code_of_open(), EX_DATAERR, "without its head: refused");
	spill("", 0);
	is_int(code_of_open(), EX_DATAERR, "empty: refused");
	spill("garbage", 7);
	is_int(code_of_open(), EX_DATAERR, "garbage: refused");
	spill(text, n);
	s = seen_open(dir, "source", "dest", &why);
	ok(s != NULL, "whole again: read");
	seen_close(s);
	memset(text + n, 0, 4096);
	spill(text, n + 4096);
	s = seen_open(dir, "source", "dest", &why);
	ok(s != NULL && state(s, "after") == SEEN_DONE,
	    "octets that never reached the disk: cut");
	seen_close(s);
	free(text);
}

/* Three records and a seal. */
static struct seen *
sealed(void)
{
	struct fail why;
	struct seen *s;

	fail_clear(&why);
	unlink(path);
	s = seen_open(dir, "source", "dest", &why);
	seen_set_uidvalidity(s, 7, &why);
	seen_done(s, "I:7:1", 10, "light", "sha", &why);
	seen_done(s, "I:7:2", 20, "light", "sha", &why);
	seen_done(s, "I:7:3", 30, "light", "sha", &why);
	seen_set_mark(s, 3, &why);
	seen_set_next(s, 4, &why);
	is_int(seen_compact(s, &why), 0, "sealed");
	return again(s);
}

static void
test_seal(void)
{
	struct fail why;
	struct seen *s = sealed();
	struct stat one, two;

	fail_clear(&why);
	is_int(seen_uidvalidity(s), 7, "by the seal: UIDVALIDITY");
	is_int(seen_mark(s), 3, "the mark");
	is_int(seen_next(s), 4, "UIDNEXT");
	is_int((long long)seen_count(s), 3, "the number of records");
	stat(path, &one);
	is_int(seen_compact(s, &why), 0, "nothing changed");
	stat(path, &two);
	is_int(two.st_size, one.st_size, "and nothing was written");
	is_int(seen_done(s, "x", 1, "", "", &why), -1, "no change unread");
	fail_clear(&why);
	is_int(seen_load(s, &why), 0, "read");
	is_int(state(s, "I:7:2"), SEEN_DONE, "a record");
	is_int(state(s, "I:7:4"), SEEN_NOT, "none");
	is_int((long long)seen_count(s), 3, "as many as it told");
	is_int(seen_intend(s, "I:7:4", "record", &why), 0, "an intent");
	is_int(seen_compact(s, &why), 0, "is no end");
	s = again(s);
	is_int(state(s, "I:7:4"), SEEN_INTENDED, "and is read at once");
	is_int(seen_next(s), 4, "UIDNEXT behind the seal");
	seen_done(s, "I:7:4", 40, "light", "sha", &why);
	is_int(seen_compact(s, &why), 0, "sealed again");
	seen_close(s);
}

/* Of a long log only the ends are read until a record is asked for. */
static int
code_of_load(void)
{
	struct fail why;
	struct seen *s;

	fail_clear(&why);
	s = seen_open(dir, "source", "dest", &why);
	if (s != NULL)
		(void)seen_load(s, &why);
	seen_close(s);
	return why.code;
}

static void
test_long(void)
{
	struct fail why;
	struct seen *s = sealed();
	char *text, *line, *end, key[32];
	unsigned uid;
	size_t n, i, bad = 0;

	fail_clear(&why);
	(void)seen_load(s, &why);
	for (uid = 4; uid < 300; uid++) {
		snprintf(key, sizeof(key), "I:7:%u", uid);
		seen_done(s, key, uid, "light", "sha", &why);
	}
	seen_set_next(s, 300, &why);
	is_int(seen_compact(s, &why), 0, "a long log, sealed");
	s = again(s);
	is_int(seen_next(s), 300, "its seal is read");
	is_int((long long)seen_count(s), 299, "the number of records");
	is_int(seen_load(s, &why), 0, "and what stands before it");
	is_int(state(s, "I:7:1"), SEEN_DONE, "the first record");
	is_int(state(s, "I:7:299"), SEEN_DONE, "the last");
	seen_done(s, "I:7:300", 1, "light", "sha", &why);
	is_int(seen_compact(s, &why), 0, "and one more");
	s = again(s);
	is_int((long long)seen_count(s), 300, "are told by the next seal");
	seen_close(s);
	is_int(code_of_load(), 0, "and are read");
	text = slurp(&n);
	for (i = 0; i < n - 1; i += 41) {
		text[i] ^= 1;
		spill(text, n);
		bad += code_of_load() != EX_DATAERR;
		text[i] ^= 1;
	}
	is_int((long long)bad, 0, "flipped anywhere: refused, before a record is used");
	if ((line = strstr(text, " D I:7:150")) != NULL &&
	    (end = strchr(line, '\n')) != NULL) {
		line -= 16;
		memmove(line, end + 1, n - (size_t)(end + 1 - text));
		spill(text, n - (size_t)(end + 1 - line));
	}
	is_int(code_of_load(), EX_DATAERR, "a line taken out: refused");
	unlink(path);
	free(text);
}

/* What the checksums of lines cannot tell: a line that is not there. */
static void
test_damaged_seal(void)
{
	char *text, *line, *end, c;
	struct fail why;
	struct seen *s;
	size_t n, i, bad = 0;

	seen_close(sealed());
	fail_clear(&why);
	text = slurp(&n);
	for (i = 0; i < n - 1; i++) {
		c = text[i];
		text[i] = (char)(c ^ 1);
		spill(text, n);
		bad += code_of_open() != EX_DATAERR;
		text[i] = c;
	}
	is_int((long long)bad, 0, "flipped anywhere in a sealed log: refused");
	spill(text, n - 1);
	s = seen_open(dir, "source", "dest", &why);
	ok(s != NULL && state(s, "I:7:3") == SEEN_DONE && seen_next(s) == 4,
	    "a torn seal: all is there without it");
	seen_close(s);
	if ((line = strstr(text, " D I:7:2")) != NULL &&
	    (end = strchr(line, '\n')) != NULL) {
		line -= 16;
		memmove(line, end + 1, n - (size_t)(end + 1 - text));
		spill(text, n - (size_t)(end + 1 - line));
	}
	is_int(code_of_open(), EX_DATAERR, "a line taken out: refused");
	unlink(path);
	free(text);
}

static void
test_version(void)
{
	struct fail why;
	size_t n;
	char *text = slurp(&n), *dash = strstr(text, " H 1 ");

	fail_clear(&why);
	ok(dash != NULL, "the head has its version");
	spill("2e3db1e1b3c0e8c5 H 2 source dest\n", 33);
	is_int(code_of_open(), EX_DATAERR, "bad head: refused");
	spill(text, n);
	is_int(code_of_open(), 0, "good head");
	unlink(path);
	is_int(symlink("/etc/passwd", path), 0, "a link in its place");
	is_int(code_of_open(), EX_CANTCREAT, "is not followed");
	unlink(path);
	spill(text, n);
	free(text);
}

static void
test_full(void)
{
	struct rlimit old, limit;
	struct fail why;
	struct seen *s;
	struct stat st;
	int i, result = 0;
	char key[32];

	fail_clear(&why);
	s = seen_open(dir, "source", "dest", &why);
	stat(path, &st);
	getrlimit(RLIMIT_FSIZE, &old);
	limit = old;
	limit.rlim_cur = (rlim_t)st.st_size + 1000;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	for (i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "F:%d", i);
		seen_done(s, key, 1, "", "", &why);
	}
	result = seen_commit(s, &why);
	setrlimit(RLIMIT_FSIZE, &old);
	is_int(result, -1, "full disk: not committed");
	is_int(why.code, EX_IOERR, "and said");
	fail_clear(&why);
	is_int(seen_done(s, "G", 1, "", "", &why), -1, "nothing more is taken");
	s = again(s);
	ok(s != NULL && state(s, "F:0") == SEEN_NOT &&
	    state(s, "P:2") == SEEN_DONE, "what was there is there");
	seen_close(s);
}

int
main(void)
{
	char template[] = "/tmp/seen.XXXXXX", *all;
	struct fail why;
	struct seen *s;
	size_t size;

	fail_clear(&why);
	if ((dir = mkdtemp(template)) == NULL)
		return 1;
	s = seen_open(dir, "source", "dest", &why);
	if (!ok(s != NULL, "made"))
		printf("# %s\n", why.text);
	find_log();
	s = test_records(s);
	s = test_compaction(s);
	test_locks();
	seen_close(s);
	test_damage();
	all = slurp(&size);
	test_seal();
	test_damaged_seal();
	test_long();
	spill(all, size);
	free(all);
	test_version();
	test_full();
	fail_clear(&why);
	ok(seen_open("/proc/nowhere", "a", "b", &why) == NULL &&
	    why.code == EX_CANTCREAT, "no place for it: EX_CANTCREAT");
	free(path);
	remove_tree(dir);
	return done();
}
