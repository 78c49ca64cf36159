/* SPDX-License-Identifier: ISC */
/*
 * complete.c -- which word stands at the end of a line, and what it may become.
 *
 * What a command takes is read out of the words of its usage, so that a new
 * command is completed as soon as it is in the table.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "completeint.h"
#include "out.h"
#include "vars.h"

/* --- Words that fit. --- */

/* Quotes are taken off by whoever reads the line: those that cannot be written so are left out. */
static char *
quoted(const struct gather *g, const char *word)
{
	bool plain = strpbrk(word, " \t\"'\\$*?[{<>|()") == NULL;

	if (g->quote == '\0' && plain)
		return xstrdup(word);
	if (strpbrk(word, "\"\\$`") != NULL)
		return NULL;
	return xasprintf("\"%s%s", word, word[strlen(word) - 1] == '/' ? "" :
	    "\"");
}

void
offer(struct gather *g, const char *word)
{
	struct fits *f = g->fits;
	char *clean, *text;

	if (g->any_case ? strncasecmp(word, g->part, g->n) != 0 :
	    strncmp(word, g->part, g->n) != 0)
		return;
	if (f->words.n >= MAX_FITS) {
		f->more = true;
		return;
	}
	clean = out_clean(word, 0);
	text = *word != '\0' && strcmp(clean, word) == 0 ? quoted(g, word) :
	    NULL;
	if (text != NULL)
		strv_take(&f->words, text);
	free(clean);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
sort_words(struct strv *words)
{
	size_t i, n = 0;

	if (words->n > 1)
		qsort(words->v, words->n, sizeof *words->v, compare);
	for (i = 0; i < words->n; i++)
		if (n > 0 && strcmp(words->v[n - 1], words->v[i]) == 0)
			free(words->v[i]);
		else
			words->v[n++] = words->v[i];
	words->n = n;
}

void
fits_free(struct fits *f)
{
	strv_free(&f->words);
	memset(f, 0, sizeof *f);
}

/* --- What a command takes. --- */

static const struct { const char *name; enum kind kind; } by_name[] = {
	{ "account", KIND_ACCOUNT }, { "alias", KIND_ALIAS },
	{ "call", KIND_MACRO }, { "cd", KIND_FILE }, { "chdir", KIND_FILE },
	{ "commandalias", KIND_COMMAND }, { "count", KIND_SEARCH },
	{ "eval", KIND_COMMAND }, { "fetch", KIND_FOLDER },
	{ "group", KIND_ALIAS }, { "help", KIND_HELP }, { "?", KIND_HELP },
	{ "set", KIND_VARIABLE }, { "sort", KIND_SORT },
	{ "unalias", KIND_ALIAS }, { "unset", KIND_VARIABLE },
};

static const struct { const char *word; enum kind kind; } by_usage[] = {
	{ "address", KIND_ALIAS }, { "folder", KIND_FOLDER },
	{ "file", KIND_FILE }, { "directory", KIND_FILE },
	{ "expression", KIND_SEARCH }, { "field", KIND_FIELD },
};

enum kind
complete_kind(const struct cmd *c)
{
	size_t i;

	for (i = 0; i < NELEM(by_name); i++)
		if (strcmp(by_name[i].name, c->name) == 0)
			return by_name[i].kind;
	for (i = 0; c->usage != NULL && i < NELEM(by_usage); i++)
		if (strstr(c->usage, by_usage[i].word) != NULL)
			return by_usage[i].kind;
	return KIND_NOTHING;
}

/* The word before says more: an option with a file, where output goes. */
static bool
wants_file(const char *before)
{
	static const char *const words[] = { "-a", "-q", "-m", "-o", "-e", ">",
	    ">>" };
	size_t i;

	for (i = 0; i < NELEM(words); i++)
		if (strcmp(before, words[i]) == 0)
			return true;
	return false;
}

/* --- The line. --- */

/* Where its last word begins; the quote that is open there, or NUL. */
static size_t
last_word(const char *line, const char *breaks, char *quote)
{
	size_t i, start = 0;

	*quote = '\0';
	for (i = 0; line[i] != '\0'; i++) {
		if (*quote != '\0')
			*quote = line[i] == *quote ? '\0' : *quote;
		else if (line[i] == '"' || line[i] == '\'')
			*quote = line[i];
		else if (line[i] == '\\' && line[i + 1] != '\0')
			i++;
		else if (strchr(breaks, line[i]) != NULL)
			start = i + 1;
	}
	return start;
}

/* The word that ends before `start'.  Caller frees. */
static char *
word_before(const char *line, size_t start)
{
	size_t end = start, from;

	while (end > 0 && strchr(" \t", line[end - 1]) != NULL)
		end--;
	for (from = end; from > 0 && strchr(" \t", line[from - 1]) == NULL;)
		from--;
	return xstrndup(line + from, end - from);
}

static enum kind
kind_of_command(const char *line, size_t start)
{
	struct fail why = { 0 };
	const struct cmd *c;
	size_t n = 0;
	char *name;

	while (ascii_is_alpha((unsigned char)line[n]))
		n++;
	if (n == 0 && *line == '?')
		n = 1;
	if (start <= n && *line != '?')
		return start == 0 ? KIND_COMMAND : KIND_NOTHING;
	if (n == 0)
		return *line == '!' || *line == '|' ? KIND_FILE : KIND_NOTHING;
	name = xstrndup(line, n);
	c = cmd_find(name, &why);
	free(name);
	return c == NULL ? KIND_NOTHING : complete_kind(c);
}

static enum kind
kind_of_escape(const char *line, size_t start)
{
	if (line[0] != '~' || start == 0)
		return KIND_NOTHING;
	return strchr("tcb", line[1]) != NULL ? KIND_ALIAS :
	    strchr("rdawA<", line[1]) != NULL ? KIND_FILE : KIND_NOTHING;
}

static enum kind
kind_of(const char *line, size_t start, enum term_use use)
{
	char *before;
	enum kind kind;

	if (use == TERM_ADDRESSES)
		return KIND_ALIAS;
	if (use == TERM_ANSWER)
		return KIND_NOTHING;
	if (use == TERM_TEXT)
		return kind_of_escape(line, start);
	before = word_before(line, start);
	kind = wants_file(before) ? KIND_FILE : kind_of_command(line, start);
	free(before);
	return kind;
}

void
complete(struct mailx *m, const char *line, enum term_use use,
    struct fits *f)
{
	struct gather g = { .m = m, .fits = f };
	size_t blanks = use == TERM_COMMAND ? strspn(line, " \t") : 0;

	memset(f, 0, sizeof *f);
	line += blanks;
	f->start = last_word(line, use == TERM_ADDRESSES ? " \t," : " \t",
	    &g.quote);
	g.part = line + f->start;
	if (*g.part == '"' || *g.part == '\'')
		g.part++;
	else
		g.quote = '\0';
	g.n = strlen(g.part);
	gather(&g, kind_of(line, f->start, use));
	f->start += blanks;
	sort_words(&f->words);
}

bool
complete_tell(struct mailx *m, const char *part)
{
	size_t i, n = strlen(part), found = 0;
	const struct cmd *c;

	for (i = 0; i < ncommands; i++) {
		c = commands[i];
		if (strncmp(c->name, part, n) != 0)
			continue;
		out_pair(m, c->name, c->help);
		found++;
	}
	return found > 0;
}
