/* SPDX-License-Identifier: ISC */
/*
 * nearest.c -- see nearest.h.  A letter that is missing, too many, another, or two
 * exchanged are one mistake; a short word may have one, a longer one two.
 */
#include <string.h>

#include "cmd.h"
#include "nearest.h"
#include "vars.h"

#define LONGEST	32	/* letters that are compared */

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t n = a < b ? a : b;

	return n < c ? n : c;
}

/* Letters of either case are one and the same. */
static bool
equals(char a, char b)
{
	return ascii_lower((unsigned char)a) == ascii_lower((unsigned char)b);
}

static size_t
distance(const char *a, const char *b)
{
	size_t rows[3][LONGEST + 1], n = strlen(a), k = strlen(b), i, j;
	size_t *before = rows[0], *last = rows[1], *now = rows[2], *free_row;

	for (j = 0; j <= k; j++)
		last[j] = j;
	for (i = 1; i <= n; i++) {
		now[0] = i;
		for (j = 1; j <= k; j++) {
			now[j] = least(last[j] + 1, now[j - 1] + 1,
			    last[j - 1] + !equals(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && equals(a[i - 1], b[j - 2]) &&
			    equals(a[i - 2], b[j - 1]) &&
			    before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		free_row = before;
		before = last;
		last = now;
		now = free_row;
	}
	return last[k];
}

void
nearest_begin(struct nearest *n, const char *word)
{
	size_t len = strlen(word);

	n->word = word;
	n->best = NULL;
	n->distance = len < 3 || len > LONGEST ? 0 : len < 6 ? 2 : 3;
}

void
nearest_try(struct nearest *n, const char *name)
{
	size_t d;

	if (n->distance == 0 || strlen(name) > LONGEST)
		return;
	d = distance(n->word, name);
	if (d >= n->distance)
		return;
	n->distance = d;
	n->best = name;
}

const char *
nearest_command(const char *word)
{
	struct nearest n;
	size_t i;

	nearest_begin(&n, word);
	for (i = 0; i < ncommands; i++)
		nearest_try(&n, commands[i]->name);
	return n.best;
}

const char *
nearest_variable(const char *word)
{
	const struct var *v;
	struct nearest n;

	nearest_begin(&n, word);
	for (v = variables; v->name != NULL; v++)
		nearest_try(&n, v->name);
	return n.best;
}

void
nearest_add(struct fail *why, const char *name)
{
	if (name == NULL)
		return;
	strlcat(why->text, "; did you mean ", sizeof why->text);
	strlcat(why->text, name, sizeof why->text);
	strlcat(why->text, "?", sizeof why->text);
}
