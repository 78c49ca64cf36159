/* SPDX-License-Identifier: ISC */
/* passing.c -- what `forward' and `resend' share. */

#include <string.h>
#include <strings.h>

#include "passing.h"
#include "read.h"

/* A message list by its looks; everything else is somebody's address. */
static bool
is_list(const char *word)
{
	if (strchr(word, '@') != NULL)
		return false;
	if (ascii_is_digit((unsigned char)*word))
		return word[strspn(word, "0123456789-,")] == '\0';
	return *word != '\0' && strchr("^$.*+-:/`(", *word) != NULL;
}

int
split_words(struct mailx *m, const struct args *a, struct addrs *to,
    struct msglist *list, struct fail *why)
{
	char *const *words = a->words.v;
	size_t n = a->words.n, i;

	for (i = 0; i < n && !is_list(words[i]); i++)
		continue;
	if (i == 0)
		return fail(why, EX_USAGE, "to whom?");
	if (add_recipients(m, to, words, i, why) == -1)
		return -1;
	return read_list(m, words + i, n - i, a->cmd->flags, list, why);
}

static bool
is_left_out(const char *line)
{
	static const char *const names[] = { "Bcc", "Resent-Bcc", "Status",
		"X-Status" };
	size_t i, n;

	for (i = 0; i < NELEM(names); i++) {
		n = strlen(names[i]);
		if (strncasecmp(line, names[i], n) == 0 &&
		    line[n + strspn(line + n, " \t")] == ':')
			return true;
	}
	return false;
}

#define START	32	/* octets of a line that tell which field it is */

/* To the end of the line, or so far; how many. */
static size_t
read_start(FILE *in, char start[static START])
{
	size_t n = 0;
	int c = 0;

	while (n < START - 1 && c != '\n' && (c = getc(in)) != EOF)
		start[n++] = (char)c;
	start[n] = '\0';
	return n;
}

static void
copy_line(FILE *in, FILE *f, bool dropped)
{
	int c = 0;

	while (c != '\n' && (c = getc(in)) != EOF)
		if (!dropped)
			putc(c, f);
}

int
pass_message(FILE *in, FILE *f, struct fail *why)
{
	bool dropped = false;
	char start[START];
	size_t n;

	while ((n = read_start(in, start)) > 0) {
		if (*start != ' ' && *start != '\t')
			dropped = is_left_out(start);
		if (!dropped)
			fwrite(start, 1, n, f);
		if (*start == '\n')
			break;
		if (start[n - 1] != '\n')
			copy_line(in, f, dropped);
	}
	return stream_copy(in, f, UINT64_MAX, why);
}
