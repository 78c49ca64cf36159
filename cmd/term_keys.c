/* SPDX-License-Identifier: ISC */
/* term_keys.c -- Tab and the question mark in a line that is edited. */

#include <stdlib.h>
#include <string.h>

#include "complete.h"
#include "out.h"
#include "term_edit.h"
#include "vars.h"

/* The line to the left of the cursor, and its length in characters.  Caller frees. */
static char *
left_of_cursor(EditLine *el)
{
	const LineInfoW *l = el_wline(el);
	size_t n = (size_t)(l->cursor - l->buffer), len = n * MB_CUR_MAX + 1;
	wchar_t *text = xcalloc(n + 1, sizeof *text);
	char *line = xcalloc(len, 1);

	memcpy(text, l->buffer, n * sizeof *text);
	if (wcstombs(line, text, len) == (size_t)-1)
		*line = '\0';
	free(text);
	return line;
}

static void
insert(EditLine *el, const char *text)
{
	size_t n = mbstowcs(NULL, text, 0);
	wchar_t *wide;

	if (n == (size_t)-1)
		return;
	wide = xcalloc(n + 1, sizeof *wide);
	(void)mbstowcs(wide, text, n + 1);
	(void)el_winsertstr(el, wide);
	free(wide);
}

/* How many octets all of them begin with; never within a character. */
static size_t
common(const struct strv *words)
{
	size_t n = strlen(words->v[0]), i, k;

	for (i = 1; i < words->n; i++) {
		for (k = 0; k < n && words->v[i][k] == words->v[0][k]; k++)
			;
		n = k;
	}
	while (n > 0 && (words->v[0][n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* --- The list. --- */

static int
widest(const struct strv *words)
{
	int most = 0, w;
	size_t i;

	for (i = 0; i < words->n; i++)
		if ((w = out_width(words->v[i])) > most)
			most = w;
	return most;
}

static void
show_row(struct mailx *m, const struct strv *words, size_t row, size_t rows,
    int width)
{
	char *text;
	size_t len, i;
	FILE *f = xmemstream(&text, &len);

	for (i = row; i < words->n; i += rows)
		fprintf(f, "%s%*s", words->v[i], i + rows < words->n ?
		    width - out_width(words->v[i]) : 0, "");
	fclose(f);
	out_line(m, "%s", text);
	free(text);
}

/* In columns, downwards; no more than a screen holds. */
static void
show_fits(struct mailx *m, const struct fits *f)
{
	int width = widest(&f->words) + 2;
	int columns = term_columns(m) / width;
	size_t across = columns < 1 ? 1 : (size_t)columns;
	size_t rows = (f->words.n + across - 1) / across, row;
	size_t most = term_lines(m) > 6 ? (size_t)term_lines(m) - 3 : 3;

	for (row = 0; row < rows && row < most; row++)
		show_row(m, &f->words, row, rows, width);
	if (rows > most || f->more)
		out_line(m, "... %zu in all%s", f->words.n,
		    f->more ? ", and more" : "");
}

/* --- The keys. --- */

static void
take_word(EditLine *el, const char *line, const struct fits *f, size_t n)
{
	char *word = xstrndup(f->words.v[0], n);
	size_t typed = mbstowcs(NULL, line + f->start, 0);

	if (typed != (size_t)-1)
		el_deletestr(el, (int)typed);
	insert(el, word);
	if (f->words.n == 1 && n > 0 && word[n - 1] != '/')
		insert(el, " ");
	free(word);
}

static unsigned char
finish(EditLine *el, struct editor *e, const char *line)
{
	struct fits f;
	unsigned char r = CC_REFRESH;
	size_t n;

	complete(e->m, line, e->use, &f);
	n = f.words.n == 0 ? 0 : common(&f.words);
	if (f.words.n == 0)
		r = CC_ERROR;
	else if (f.words.n == 1 || n > strlen(line + f.start))
		take_word(el, line, &f, n);
	else {
		fputs("\n", stdout);
		show_fits(e->m, &f);
		fflush(stdout);
		r = CC_REDISPLAY;
	}
	fits_free(&f);
	return r;
}

/* At the start of a text, or where nothing can be completed, it is a tab. */
static unsigned char
tab(EditLine *el, int key)
{
	struct editor *e;
	char *line;
	unsigned char r;

	(void)key;
	el_wget(el, EL_CLIENTDATA, &e);
	line = left_of_cursor(el);
	if (e->use == TERM_ANSWER || (e->use == TERM_TEXT && *line != '~')) {
		insert(el, "\t");
		r = CC_REFRESH;
	} else
		r = finish(el, e, line);
	free(line);
	return r;
}

/* Variables that begin so. */
static bool
tell_variables(struct mailx *m, const char *part)
{
	const struct var *v;
	bool found = false;

	for (v = variables; v->name != NULL; v++)
		if (strncmp(v->name, part, strlen(part)) == 0) {
			if (!found)
				fputs("\n", stdout);
			out_pair(m, v->name, v->help);
			found = true;
		}
	return found;
}

static bool
is_name(const char *text)
{
	while (ascii_is_alpha((unsigned char)*text) || *text == '-')
		text++;
	return *text == '\0';
}

/* Behind a part of a command's name, or of a variable's for `set', it is a question. */
static bool
answer(struct editor *e, const char *line)
{
	struct fits f;
	bool any;

	if (e->use != TERM_COMMAND || *line == '\0')
		return false;
	if (strncmp(line, "set ", 4) == 0 || strncmp(line, "unset ", 6) == 0) {
		line = strchr(line, ' ') + 1;
		return *line != '\0' && is_name(line) &&
		    tell_variables(e->m, line);
	}
	if (!is_name(line))
		return false;
	complete(e->m, line, e->use, &f);
	any = f.words.n > 0;
	fits_free(&f);
	if (!any)
		return false;
	fputs("\n", stdout);
	return complete_tell(e->m, line);
}

static unsigned char
question(EditLine *el, int key)
{
	struct editor *e;
	char *line;
	bool told;

	(void)key;
	el_wget(el, EL_CLIENTDATA, &e);
	line = left_of_cursor(el);
	told = e->answered = answer(e, line);
	free(line);
	if (!told)
		insert(el, "?");
	fflush(stdout);
	return told ? CC_REDISPLAY : CC_REFRESH;
}

void
editor_keys(struct editor *e)
{
	EditLine *el = e->el;

	el_wset(el, EL_ADDFN, L"mailx-complete", L"Complete a word", tab);
	el_wset(el, EL_ADDFN, L"mailx-tell", L"Tell what fits", question);
	el_wset(el, EL_BIND, L"^I", L"mailx-complete", NULL);
	el_wset(el, EL_BIND, L"?", L"mailx-tell", NULL);
	el_wset(el, EL_BIND, L"^R", L"em-inc-search-prev", NULL);
	el_wset(el, EL_BIND, L"\\e[3~", L"ed-delete-next-char", NULL);
}
