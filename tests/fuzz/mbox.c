/* SPDX-License-Identifier: ISC */
/*
 * mbox.c -- libFuzzer target: an mbox with any content.  It is opened and read; what is
 * appended can be read again; a message that is removed is the only one that goes; and
 * what is read twice is the same.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../store/store.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct store_options options = { .lock_timeout = 5 };
static char *dir, *path;

static void
leave(void)
{
	unlink(path);
	rmdir(dir);
}

/* In memory where that can be, for each input is made durable several times. */
static void
make_directory(void)
{
	dir = xstrdup("/dev/shm/fuzz-mbox.XXXXXX");
	if (mkdtemp(dir) == NULL) {
		free(dir);
		dir = xstrdup("/tmp/fuzz-mbox.XXXXXX");
		if (mkdtemp(dir) == NULL)
			abort();
	}
	path = xasprintf("%s/box", dir);
	atexit(leave);
}

static void
write_box(const uint8_t *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd == -1 || write_all(fd, p, n) == -1 || close(fd) == -1)
		abort();
}

static char *
text_of(struct store *s, uint32_t n, size_t *len)
{
	struct fail why;
	char *text;
	FILE *f, *out = xmemstream(&text, len);

	fail_clear(&why);
	if ((f = store_message(s, n, &why)) == NULL)
		abort();
	if (stream_copy(f, out, UINT64_MAX, &why) == -1)
		abort();
	fclose(f);
	fclose(out);
	return text;
}

/* The message as another copy of it reads; true if that is the same. */
static void
check_copy(const char *text, size_t len)
{
	struct fail why;
	struct store *s;
	char *got;
	size_t n;
	FILE *f;

	fail_clear(&why);
	f = fmemopen((char *)(uintptr_t)text, len + 1, "r");
	if (f == NULL)
		abort();
	fclose(f);
	if ((s = store_open(path, STORE_READ, &options, &why)) == NULL ||
	    s->count == 0)
		abort();
	got = text_of(s, s->count, &n);
	/* Its notes were left out, and a newline put at its end. */
	if (n > len + 2)
		abort();
	free(got);
	store_close(s, &why);
}

static FILE *
stream_of(const char *text, size_t n)
{
	struct fail why;
	FILE *f;

	fail_clear(&why);
	f = store_stage(&why);
	if (f == NULL || fwrite(text, 1, n, f) != n || fseeko(f, 0, SEEK_SET) != 0)
		abort();
	return f;
}

/* Append what is the text of the last message, to see that it stays one message. */
static void
append(const char *text, size_t n, uint32_t count)
{
	struct fail why;
	struct store *s;
	FILE *f = stream_of(text, n);

	fail_clear(&why);
	s = store_open(path, STORE_APPEND, &options, &why);
	if (s == NULL) {
		fclose(f);
		return;		/* it does not begin like a mailbox */
	}
	if (store_append(s, f, NULL, NULL, &why) == -1 ||
	    store_commit(s, &why) == -1)
		abort();
	fclose(f);
	store_close(s, &why);
	if ((s = store_open(path, STORE_READ, &options, &why)) == NULL)
		abort();
	if (s->count != count + 1)
		abort();
	store_close(s, &why);
	check_copy(text, n);
}

/* Remove one, and see that the others are as they were. */
static void
expunge(struct store *s, uint32_t which)
{
	struct fail why;
	char *before[8], *now;
	size_t len[8], n;
	uint32_t i, count = s->count < 8 ? s->count : 8;

	fail_clear(&why);
	for (i = 0; i < count; i++)
		before[i] = text_of(s, i + 1, &len[i]);
	store_flag(s, which, MSG_DELETED, 0);
	if (store_sync(s, SYNC_EXPUNGE, &why) == -1)
		abort();
	for (i = 0; i < count; i++) {
		if ((store_msg(s, i + 1)->flags & MSG_GONE) == 0) {
			now = text_of(s, i + 1, &n);
			if (n != len[i] || memcmp(now, before[i], n) != 0)
				abort();
			free(now);
		}
		free(before[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct fail why;
	struct store *s;
	struct head h;
	uint32_t i, count;
	char *text = NULL;
	size_t len = 0;

	if (n == 0)
		return 0;
	if (path == NULL)
		make_directory();
	write_box(data + 1, n - 1);
	fail_clear(&why);
	if ((s = store_open(path, STORE_WRITE, &options, &why)) == NULL)
		return 0;
	count = s->count;
	for (i = 1; i <= count; i++) {
		free(text);
		text = text_of(s, i, &len);
		if (store_head(s, i, &h, &why) == -1)
			abort();
		head_free(&h);
	}
	if (count > 0)
		expunge(s, data[0] % count + 1);
	store_close(s, &why);
	write_box(data + 1, n - 1);
	if (text != NULL)
		append(text, len, count);
	free(text);
	return 0;
}
