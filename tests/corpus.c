/* SPDX-License-Identifier: ISC */
/*
 * corpus.c -- corpus [-v] [-c] DIR: how many of the expectations in DIR (messages/,
 * tables/, mbox/, protocol/; the format is in tests/data/corpus/README.md) our
 * readers hold.  -v lists every failure, -c those of contested facts too.
 *
 * Status 1 where an agreed or majority fact does not hold.  Contested facts have
 * several known answers, any of which counts, and are only told.
 */
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../mime/text.h"
#include "corpus.h"

#define MAX_CATEGORIES	64
#define LISTED		5		/* failures of a category without -v */

struct category {
	const char	*name;		/* owned */
	unsigned	 total[NGRADES], held[NGRADES], listed;
};

static struct category categories[MAX_CATEGORIES];
static size_t ncategories;
static bool all, contested;

static struct category *
category(const char *name)
{
	size_t i;

	for (i = 0; i < ncategories; i++)
		if (strcmp(categories[i].name, name) == 0)
			return &categories[i];
	if (ncategories == MAX_CATEGORIES)
		errx(EX_SOFTWARE, "too many categories");
	categories[ncategories].name = xstrdup(name);
	return &categories[ncategories++];
}

void
corpus_count(const char *name, enum grade grade, bool held, const char *where,
    const char *got, const char *want)
{
	struct category *c = category(name);

	c->total[grade]++;
	if (held) {
		c->held[grade]++;
		return;
	}
	if (grade == CONTESTED ? !contested : !all && ++c->listed > LISTED)
		return;
	printf("%c %s: %s\n\tgot  %s\n\twant %s\n", "=~?"[grade], name, where,
	    got == NULL ? "(nothing)" : got, want);
}

enum grade
corpus_grade(const char *mark)
{
	return strcmp(mark, "=") == 0 ? AGREED : strcmp(mark, "~") == 0 ?
	    MAJORITY : strcmp(mark, "?") == 0 ? CONTESTED : NGRADES;
}

size_t
corpus_fields(char *line, char **fields, size_t max)
{
	size_t n = 0;
	char *tab;

	line[strcspn(line, "\n")] = '\0';
	for (;;) {
		fields[n++] = line;
		if (n == max || (tab = strchr(line, '\t')) == NULL)
			return n;
		*tab = '\0';
		line = tab + 1;
	}
}

char *
corpus_unescape(const char *s, size_t *len)
{
	char *out = xmalloc(strlen(s) + 1), *q = out, hex[3] = "";

	for (; *s != '\0'; s++) {
		if (*s != '\\' || s[1] == '\0') {
			*q++ = *s;
			continue;
		}
		switch (*++s) {
		case 'r': *q++ = '\r'; break;
		case 'n': *q++ = '\n'; break;
		case 't': *q++ = '\t'; break;
		case 'x':
			strlcpy(hex, s + 1, sizeof hex);
			*q++ = (char)strtol(hex, NULL, 16);
			s += strlen(hex);
			break;
		default: *q++ = *s;
		}
	}
	*q = '\0';
	*len = (size_t)(q - out);
	return out;
}

char *
corpus_value(const char *s)
{
	size_t left = strlen(s), n, i, len;
	bool blank = false;
	uint32_t cp;
	char *out;
	FILE *f = xmemstream(&out, &len);

	for (; left > 0; s += n, left -= n) {
		n = utf8_decode(s, left, &cp);
		if (cp < 0x80 && ascii_is_space((int)cp)) {
			blank = true;
			continue;
		}
		if (blank && ftell(f) > 0)
			putc(' ', f);
		blank = false;
		if (cp == '\\')
			fputs("\\\\", f);
		else if (cp < 32 || (cp >= 127 && cp < 0xa0))
			for (i = 0; i < n; i++)
				fprintf(f, "\\x%02x", (unsigned char)s[i]);
		else
			fwrite(s, 1, n, f);
	}
	fclose(f);
	return out;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
corpus_list(const char *dir, const char *under, const char *suffix,
    struct strv *names)
{
	char *path = xasprintf("%s/%s", dir, under);
	DIR *d = opendir(path);
	struct dirent *e;
	size_t n, len = strlen(suffix);

	while (d != NULL && (e = readdir(d)) != NULL) {
		n = strlen(e->d_name);
		if (n > len && strcmp(e->d_name + n - len, suffix) == 0)
			strv_take(names, xstrndup(e->d_name, n - len));
	}
	if (d != NULL)
		closedir(d);
	if (names->n > 1)
		qsort(names->v, names->n, sizeof *names->v, compare);
	free(path);
}

static void
print_row(const struct category *c)
{
	static const char *const grades[] = { "agreed", "majority", "contested" };
	char text[32];
	size_t g;

	printf("%-20s", c->name);
	for (g = 0; g < NGRADES; g++) {
		snprintf(text, sizeof text, c->total[g] == 0 ? "-" : "%u/%u",
		    c->held[g], c->total[g]);
		printf("  %s %-11s", grades[g], text);
	}
	putchar('\n');
}

/* All rows, and whether every fact that is not contested held. */
static bool
report(void)
{
	struct category sum = { .name = "all" };
	size_t i, g;

	for (i = 0; i < ncategories; i++) {
		print_row(&categories[i]);
		for (g = 0; g < NGRADES; g++) {
			sum.total[g] += categories[i].total[g];
			sum.held[g] += categories[i].held[g];
		}
	}
	print_row(&sum);
	return sum.held[AGREED] == sum.total[AGREED] &&
	    sum.held[MAJORITY] == sum.total[MAJORITY];
}

int
main(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "cv")) != -1)
		switch (c) {
		case 'c': contested = true; break;
		case 'v': all = true; break;
		default: goto usage;
		}
	if (argc - optind != 1)
		goto usage;
	corpus_messages(argv[optind]);
	corpus_tables(argv[optind]);
	corpus_mailboxes(argv[optind]);
	corpus_replies(argv[optind]);
	if (ncategories == 0)
		errx(EX_NOINPUT, "%s: no expectations there", argv[optind]);
	c = report() ? 0 : 1;
	if (fflush(stdout) == EOF)
		err(EX_IOERR, "stdout");
	return c;
usage:
	fprintf(stderr, "usage: corpus [-cv] directory\n");
	return EX_USAGE;
}
