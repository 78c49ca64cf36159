/* SPDX-License-Identifier: ISC */
/*
 * seen.c -- libFuzzer target: a fetch state with any content.  Where the first
 * octet is odd the lines get right checksums behind a right head, so that what
 * stands in them is read.  What is read survives a rewrite.
 */
#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../store/seen.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static char dir[] = "/tmp/fuzz-seen.XXXXXX";
static char *path;

static void
put_line(FILE *f, const char *text, size_t n)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];

	SHA256Data((const uint8_t *)text, n, hex);
	fprintf(f, "%.16s ", hex);
	fwrite(text, 1, n, f);
	putc('\n', f);
}

static void
write_log(const char *text, size_t n, bool checked)
{
	FILE *f = fopen(path, "w");
	const char *end;

	if (f == NULL)
		abort();
	if (!checked)
		fwrite(text, 1, n, f);
	else
		put_line(f, "H 1 s d", 7);
	for (; checked && n > 0; n -= (size_t)(end - text), text = end) {
		end = memchr(text, '\n', n);
		end = end != NULL ? end + 1 : text + n;
		put_line(f, text, (size_t)(end - text) - (end[-1] == '\n'));
	}
	if (fclose(f) != 0)
		abort();
}

static void
find_path(void)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];
	struct fail why;

	if (mkdtemp(dir) == NULL)
		abort();
	fail_clear(&why);
	seen_close(seen_open(dir, "s", "d", &why));
	SHA256Data((const uint8_t *)"s\0d", 3, hex);
	path = xasprintf("%s/fetch/%.32s", dir, hex);
	if (access(path, R_OK) == -1)
		abort();
}

static int
count(void *ctx, const char *key, const struct seen_record *r)
{
	size_t *sum = ctx;

	*sum += strlen(key) + strlen(r->light) + strlen(r->sha) +
	    strlen(r->intent) * 3 + (size_t)r->size;
	return 0;
}

/* With its records, which a seal lets be unread; NULL where they are damaged. */
static struct seen *
open_whole(struct fail *why)
{
	struct seen *s = seen_open(dir, "s", "d", why);

	if (s == NULL || seen_load(s, why) == 0)
		return s;
	seen_close(s);
	return NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fail why;
	struct seen *s;
	size_t before = 0, after = 0;

	if (n == 0)
		return 0;
	if (path == NULL)
		find_path();
	write_log((const char *)data + 1, n - 1, data[0] & 1);
	fail_clear(&why);
	if ((s = open_whole(&why)) == NULL)
		return 0;
	seen_each(s, count, &before);
	if (seen_done(s, "k", 1, "l", "s", &why) == -1 ||
	    seen_forget(s, "k", &why) == -1 || seen_compact(s, &why) == -1)
		abort();
	before = 0;
	seen_each(s, count, &before);
	seen_close(s);
	if ((s = open_whole(&why)) == NULL)
		abort();
	seen_each(s, count, &after);
	seen_close(s);
	if (before != after)
		abort();
	return 0;
}
