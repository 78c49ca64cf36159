/* SPDX-License-Identifier: ISC */
/* headcache.c -- texts kept between runs: found again, bounded, and of no harm when damaged. */
#include <sys/stat.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../store/cachetrim.h"
#include "../../store/headcache.h"
#include "tap.h"

static char dir[] = "/tmp/mailx-headcache.XXXXXX";

static struct headcache *
open_it(uint32_t uidvalidity, uint32_t uidnext)
{
	return headcache_open(dir, "joe@localhost:143", "INBOX", uidvalidity,
	    uidnext);
}

static void
put(struct headcache *c, uint32_t uid)
{
	char *text = xasprintf("text of %u", uid);

	headcache_put(c, uid, span_of(text));
	free(text);
}

static bool
has(struct headcache *c, uint32_t uid)
{
	char *text = xasprintf("text of %u", uid);
	bool same = span_eq(headcache_get(c, uid), text);

	free(text);
	return same;
}

static void
test_again(void)
{
	struct headcache *c = open_it(7, 0), *other;
	uint32_t uid;
	bool all = true;

	ok(headcache_is_empty(c), "empty at first");
	ok(headcache_get(c, 5).n == 0, "nothing is there");
	for (uid = 1; uid <= 3000; uid++)
		put(c, uid);
	ok(has(c, 1) && has(c, 3000), "before it is written");
	/* Another process, which writes first, has others. */
	other = open_it(7, 0);
	put(other, 4000);
	put(other, 1);
	headcache_close(other);
	headcache_close(c);
	c = open_it(7, 0);
	ok(!headcache_is_empty(c), "something is kept");
	for (uid = 1; uid <= 3000; uid++)
		all = all && has(c, uid);
	ok(all && has(c, 4000), "all of both is there");
	ok(headcache_get(c, 3001).n == 0, "and no more");
	headcache_forget(c, 17);
	headcache_forget(c, 3500);
	headcache_close(c);
	c = open_it(7, 100);
	ok(has(c, 16) && headcache_get(c, 17).n == 0, "one is forgotten");
	ok(has(c, 99) && headcache_get(c, 100).n == 0, "none from UIDNEXT on");
	headcache_close(c);
	c = open_it(8, 0);
	ok(headcache_is_empty(c) && headcache_get(c, 5).n == 0,
	    "another UIDVALIDITY");
	put(c, 5);
	headcache_close(c);
	c = open_it(7, 0);
	ok(headcache_is_empty(c), "takes the place of the former one");
	headcache_close(c);
}

/* A server whose UIDs are far apart, and one whose texts are long. */
static void
test_bounds(void)
{
	struct headcache *c = open_it(9, 0);
	char *big = calloc(1, MAX_CACHE_TEXT + 1);
	uint32_t i;
	bool all = true;

	for (i = 1; i <= 1000; i++)
		put(c, i * 4000000);
	for (i = 1; i <= 1000; i++)
		all = all && has(c, i * 4000000);
	ok(all, "UIDs that are far apart");
	memset(big, 'x', MAX_CACHE_TEXT + 1);
	headcache_put(c, 1, (struct span){ big, MAX_CACHE_TEXT + 1 });
	ok(headcache_get(c, 1).n == 0, "too long a text is not kept");
	headcache_put(c, 1, (struct span){ big, MAX_CACHE_TEXT });
	ok(headcache_get(c, 1).n == MAX_CACHE_TEXT, "one that fits is");
	headcache_put(c, 0, span_of("none"));
	ok(headcache_get(c, 0).n == 0, "there is no UID 0");
	headcache_close(c);
	free(big);
}

static void
test_names(void)
{
	static const char *const names[] = { "../../x", "a/b", ".", "..", "",
	    "%2F", "a%b", "\xc3\xa9" };
	struct headcache *c;
	char *long_name, *path;
	size_t i, j;
	bool apart = true;

	for (i = 0; i < NELEM(names); i++) {
		c = headcache_open(dir, "joe", names[i], 1, 0);
		put(c, (uint32_t)i + 1);
		headcache_close(c);
	}
	for (i = 0; i < NELEM(names); i++) {
		c = headcache_open(dir, "joe", names[i], 1, 0);
		for (j = 0; j < NELEM(names); j++)
			apart = apart && has(c, (uint32_t)j + 1) == (i == j);
		headcache_close(c);
	}
	ok(apart, "no two names are one, and none is elsewhere");
	long_name = malloc(5001);
	memset(long_name, 'n', 5000);
	long_name[5000] = '\0';
	path = headcache_dir(dir, "joe", long_name);
	ok(strlen(path) < 300, "a long name is a short file");
	free(path);
	free(long_name);
}

/* A sparse file of more than there may be, written long ago, goes; the new one stays. */
static void
test_trim(void)
{
	static const struct timespec then[2] = { { 1000, 0 }, { 1000, 0 } };
	struct headcache *c;
	struct stat st;
	char *path = xasprintf("%s/imap/joe/a%%2Fb/1.77", dir);
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	ok(fd != -1 && ftruncate(fd, (off_t)MAX_CACHE + 1) == 0 &&
	    futimens(fd, then) == 0, "far too much");
	close(fd);
	c = headcache_open(dir, "joe", "new", 1, 0);
	put(c, 1);
	headcache_close(c);
	ok(stat(path, &st) == -1, "what is oldest goes");
	c = headcache_open(dir, "joe", "new", 1, 0);
	ok(has(c, 1), "what is new stays");
	headcache_close(c);
	free(path);
}

int
main(void)
{
	char *command;

	if (mkdtemp(dir) == NULL)
		return 1;
	test_again();
	test_bounds();
	test_names();
	test_trim();
	command = xasprintf("%s", dir);
	if (fork() == 0) {
		execlp("rm", "rm", "-rf", command, (char *)NULL);
		_exit(1);
	}
	free(command);
	return done();
}
