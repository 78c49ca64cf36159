/* SPDX-License-Identifier: ISC */
/* search.c -- the commands `search' and `count': on the server where it can. */

#include <string.h>

#include "expr.h"
#include "headers.h"
#include "out.h"
#include "read.h"

static int
run_search(struct mailx *m, struct args *a)
{
	struct search *x = expr_parse(a->text == NULL ? "" : a->text, &m->why);
	int r;

	if (x == NULL)
		return -1;
	numbers_free(&m->found);
	r = store_search(m->folder, x, NULL, &m->found, &m->why);
	search_free(x);
	if (r == -1)
		return -1;
	if (m->found.n == 0) {
		m->status = 1;
		return 0;
	}
	return headers_numbers(m, &m->found, &m->why);
}

static int
run_count(struct mailx *m, struct args *a)
{
	struct numbers found = { 0 };
	int r;

	r = read_spec(m, a->text == NULL ? "" : a->text, &found, &m->why);
	if (r == 0)
		out_number(m, "count", found.n);
	numbers_free(&found);
	return r;
}

const struct cmd cmd_search = {
	.name = "search", .flags = CMD_FOLDER | CMD_EMPTY_OK,
	.takes = TAKES_EXPR, .min = 1, .max = -1, .usage = "expression",
	.help = "print the summary of the messages that match; the list ` is what was found",
	.run = run_search
};

const struct cmd cmd_count = {
	.name = "count", .flags = CMD_FOLDER | CMD_EMPTY_OK,
	.takes = TAKES_EXPR, .max = -1, .usage = "[msglist | expression]",
	.help = "print the number of messages, and nothing else",
	.run = run_count
};
