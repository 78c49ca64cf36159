/* SPDX-License-Identifier: ISC */
/* corpus_mailboxes.c -- mbox/NAME.mbox, read as a folder, against NAME.expect. */
#include <err.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>

#include "../store/store.h"
#include "corpus.h"

static struct store_options options;

/* The line at an offset of the file, without its line end. */
static char *
line_at(const char *path, int64_t at)
{
	char *line = NULL;
	size_t cap = 0;
	FILE *f = fopen(path, "r");
	ssize_t n = -1;

	if (f != NULL && fseeko(f, (off_t)at, SEEK_SET) == 0)
		n = getline(&line, &cap, f);
	if (f != NULL)
		fclose(f);
	if (n == -1) {
		free(line);
		return NULL;
	}
	line[strcspn(line, "\r\n")] = '\0';
	return line;
}

static char *
subject(struct store *s, uint32_t n)
{
	struct fail why = { 0 };
	struct head h;
	char *text, *answer;

	if (store_head(s, n, &h, &why) == -1)
		return NULL;
	text = head_get_text(&h, "Subject", NULL);
	answer = text == NULL ? NULL : corpus_value(text);
	free(text);
	head_free(&h);
	return answer;
}

/* Behind the first empty line, trailing line ends dropped. */
static char *
body(struct store *s, uint32_t n)
{
	char hex[SHA256_DIGEST_STRING_LENGTH], *text, *p;
	struct fail why = { 0 };
	size_t len;
	FILE *f = store_message(s, n, &why), *m = xmemstream(&text, &len);

	if (f != NULL) {
		(void)stream_copy(f, m, UINT64_MAX, &why);
		fclose(f);
	}
	fclose(m);
	if (f == NULL || why.code != 0) {
		free(text);
		return NULL;
	}
	p = len > 0 && *text == '\n' ? text : memmem(text, len, "\n\n", 2);
	p = p == NULL ? text + len : p + (p[0] == '\n' && p != text ? 2 : 1);
	len -= (size_t)(p - text);
	while (len > 0 && p[len - 1] == '\n')
		len--;
	SHA256Data((uint8_t *)p, len, hex);
	free(text);
	return xasprintf("%zu\t%s", len, hex);
}

static char *
ask(struct store *s, const char *path, const char *word, uint32_t n)
{
	if (strcmp(word, "count") == 0)
		return xasprintf("%u", s->count);
	if (n < 1 || n > s->count)
		return NULL;
	if (strcmp(word, "from") == 0)
		return line_at(path, store_msg(s, n)->offset);
	if (strcmp(word, "subject") == 0)
		return subject(s, n);
	return body(s, n);
}

static void
check_fact(struct store *s, const char *path, char *line)
{
	char *v[4], *got, *want, *where;
	size_t n;
	bool one;

	if (*line == '#' || *line == '\n')
		return;
	n = corpus_fields(line, v, NELEM(v));
	one = strcmp(v[0], "count") == 0;
	if (n < (one ? 2 : 3) || strcmp(v[0], "style") == 0)
		return;
	got = ask(s, path, v[0], one ? 0 : (uint32_t)strtoul(v[1], NULL, 10));
	want = n == 4 ? xasprintf("%s\t%s", v[2], v[3]) : xstrdup(v[n - 1]);
	where = xasprintf("%s: %s %s", path, v[0], one ? "" : v[1]);
	corpus_count("mbox", AGREED, got != NULL && strcmp(got, want) == 0,
	    where, got, want);
	free(where);
	free(want);
	free(got);
}

/* What the file does not tell and `set mboxo' does. */
static void
heed_style(FILE *expect)
{
	char *line = NULL;
	size_t cap = 0;

	options.mboxo = false;
	while (getline(&line, &cap, expect) > 0)
		if (strcmp(line, "style\tmboxo\n") == 0)
			options.mboxo = true;
	rewind(expect);
	free(line);
}

static void
check_mailbox(const char *dir, const char *name)
{
	char *path = xasprintf("%s/mbox/%s.mbox", dir, name);
	char *folder = xasprintf("mbox:%s", path), *line = NULL;
	char *expect = xasprintf("%s/mbox/%s.expect", dir, name);
	struct fail why = { 0 };
	struct store *s;
	size_t cap = 0;
	FILE *f = fopen(expect, "r");

	if (f == NULL)
		err(EX_NOINPUT, "%s", expect);
	heed_style(f);
	s = store_open(folder, STORE_READ, &options, &why);
	if (s == NULL)
		corpus_count("mbox", AGREED, false, path, why.text, "a folder");
	while (s != NULL && getline(&line, &cap, f) > 0)
		check_fact(s, path, line);
	fclose(f);
	if (s != NULL)
		(void)store_close(s, &why);
	free(line);
	free(expect);
	free(folder);
	free(path);
}

void
corpus_mailboxes(const char *dir)
{
	struct strv names = { NULL, 0, 0 };
	size_t i;

	corpus_list(dir, "mbox", ".expect", &names);
	for (i = 0; i < names.n; i++)
		check_mailbox(dir, names.v[i]);
	strv_free(&names);
}
