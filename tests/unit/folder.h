/* SPDX-License-Identifier: ISC */
/* folder.h -- for the tests of folders: a directory of their own, files in it, messages read whole. */
#ifndef TESTS_UNIT_FOLDER_H
#define TESTS_UNIT_FOLDER_H

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../store/store.h"
#include "tap.h"
#include "tree.h"

static char tests_dir[] = "/tmp/mailx-folder.XXXXXX";
static struct store_options options = { .lock_timeout = 1 };
static struct fail why;

__attribute__((__unused__)) static void
leave(void)
{
	remove_tree(tests_dir);
}

/* Make the directory, which goes with the process. */
__attribute__((__unused__)) static void
enter(void)
{
	if (mkdtemp(tests_dir) == NULL || chdir(tests_dir) == -1)
		abort();
	atexit(leave);
}

__attribute__((__unused__)) static void
write_octets(const char *path, const char *text, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd == -1 || write_all(fd, text, n) == -1 || close(fd) == -1)
		abort();
}

__attribute__((__unused__)) static void
write_file(const char *path, const char *text)
{
	write_octets(path, text, strlen(text));
}

/* As a program that delivers would, without a lock. */
__attribute__((__unused__)) static void
add_to_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND);

	if (fd == -1 || write_all(fd, text, strlen(text)) == -1 ||
	    close(fd) == -1)
		abort();
}

/* The rest of a stream, which is closed; "(none)" of no stream.  The caller frees. */
__attribute__((__unused__)) static char *
read_stream(FILE *f)
{
	char *text;
	size_t len;
	FILE *out;

	if (f == NULL)
		return xstrdup("(none)");
	out = xmemstream(&text, &len);
	if (stream_copy(f, out, UINT64_MAX, NULL) == -1)
		abort();
	fclose(f);
	fclose(out);
	return text;
}

__attribute__((__unused__)) static char *
read_file(const char *path)
{
	return read_stream(fopen(path, "r"));
}

__attribute__((__unused__)) static bool
is_file(const char *path, const char *want, const char *name)
{
	char *got = read_file(path);
	bool r = is_string(got, want, name);

	free(got);
	return r;
}

/* Open; the failure in `why', told. */
__attribute__((__unused__)) static struct store *
open_folder(const char *name, enum store_mode mode)
{
	struct store *s;

	fail_clear(&why);
	s = store_open(name, mode, &options, &why);
	if (s == NULL)
		printf("# %d %s\n", why.code, why.text);
	return s;
}

__attribute__((__unused__)) static int
code_of_open(const char *name, enum store_mode mode)
{
	struct store *s = open_folder(name, mode);

	store_close(s, NULL);
	return s == NULL ? why.code : 0;
}

__attribute__((__unused__)) static FILE *
stream_of(const char *text, size_t n)
{
	FILE *f = tmpfile();

	if (f == NULL || fwrite(text, 1, n, f) != n || fflush(f) != 0)
		abort();
	rewind(f);
	return f;
}

/* Append and commit; the code of the failure. */
__attribute__((__unused__)) static int
append_octets(const char *name, const char *text, size_t n,
    const struct msg *like)
{
	struct store *s = open_folder(name, STORE_APPEND);
	FILE *f = stream_of(text, n);

	if (s == NULL) {
		fclose(f);
		return why.code;
	}
	fail_clear(&why);
	if (store_append(s, f, like, NULL, &why) == 0)
		(void)store_commit(s, &why);
	store_close(s, &why);
	fclose(f);
	return why.code;
}

__attribute__((__unused__)) static int
append_text(const char *name, const char *text, const struct msg *like)
{
	return append_octets(name, text, strlen(text), like);
}

/* Message n, whole. */
__attribute__((__unused__)) static char *
message_text(struct store *s, uint32_t n)
{
	fail_clear(&why);
	return read_stream(store_message(s, n, &why));
}

__attribute__((__unused__)) static bool
is_message(struct store *s, uint32_t n, const char *want, const char *name)
{
	char *got = message_text(s, n);
	bool r = is_string(got, want, name);

	free(got);
	return r;
}

/* The subjects of what is there, a blank behind each. */
__attribute__((__unused__)) static char *
subjects_of(struct store *s)
{
	const struct envelope *e;
	char *text;
	size_t len;
	uint32_t n;
	FILE *f = xmemstream(&text, &len);

	for (n = 1; s != NULL && n <= s->count; n++) {
		if ((store_msg(s, n)->flags & MSG_GONE) != 0)
			continue;
		fail_clear(&why);
		e = store_envelope(s, n, &why);
		fprintf(f, "%s ", e == NULL ? "(unread)" : e->subject == NULL ?
		    "(none)" : e->subject);
	}
	fclose(f);
	return text;
}

__attribute__((__unused__)) static bool
has_subjects(struct store *s, const char *want, const char *name)
{
	char *got = subjects_of(s);
	bool r = is_string(got, want, name);

	free(got);
	return r;
}

/* The same of a folder that is opened for it. */
__attribute__((__unused__)) static bool
folder_has(const char *path, const char *want, const char *name)
{
	struct store *s = open_folder(path, STORE_READ);
	bool r = has_subjects(s, want, name);

	store_close(s, NULL);
	return r;
}

#endif
