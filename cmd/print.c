/* SPDX-License-Identifier: ISC */
/* print.c -- reading messages: type, print, Type, Print, next, top. */

#include <stdlib.h>
#include <string.h>

#include "msgs.h"
#include "order.h"
#include "out.h"
#include "read.h"
#include "vars.h"

#define TOP_LINES	5
#define MAX_TOP		1000000

static int
run_type(struct mailx *m, struct args *a)
{
	return read_type(m, &a->msgs, false, &m->why);
}

static int
run_type_all(struct mailx *m, struct args *a)
{
	return read_type(m, &a->msgs, true, &m->why);
}

/* The current message if it has not been shown, else the one shown behind it. */
static uint32_t
next_of(struct mailx *m)
{
	const uint32_t passed = MSG_DELETED | MSG_SAVED | MSG_GONE;
	uint32_t at = m->dot == 0 ? 1 : order_position(m, m->dot);

	if (m->dot != 0 &&
	    (store_msg(m->folder, m->dot)->flags & MSG_TOUCHED) != 0)
		at++;
	while (at <= m->folder->count &&
	    (store_msg(m->folder, order_at(m, at))->flags & passed) != 0)
		at++;
	return at <= m->folder->count ? order_at(m, at) : 0;
}

/* Of a list: the first shown behind the current message, else the first. */
static uint32_t
next_in(struct mailx *m, const struct msglist *list)
{
	uint32_t here = m->dot == 0 ? 0 : order_position(m, m->dot);
	struct numbers ns = { 0 }, shown = { 0 };
	size_t i = 0;
	uint32_t n;

	msglist_numbers(list, &ns);
	order_apply(m, &ns, &shown);
	while (i < shown.n && order_position(m, shown.v[i]) <= here)
		i++;
	n = shown.v[i < shown.n ? i : 0];
	numbers_free(&shown);
	numbers_free(&ns);
	return n;
}

static int
run_next(struct mailx *m, struct args *a)
{
	struct msglist one = { 0 };
	uint32_t n = a->msgs.n > 0 ? next_in(m, &a->msgs) : next_of(m);
	int r;

	if (n == 0) {
		out_line(m, "At EOF");
		m->status = 1;
		return 0;
	}
	msglist_add(&one, n, NULL);
	r = read_type(m, &one, false, &m->why);
	msglist_free(&one);
	return r;
}

static int
top_one(struct mailx *m, const struct msgref *r, int lines)
{
	struct part *p;

	if (r->part == NULL)
		return out_top(m, m->folder, r->n, lines, &m->why);
	p = read_part(m, r->n, r->part, &m->why);
	return p == NULL ? -1 : out_part(m, m->folder, r->n, p, &m->why);
}

static int
top(struct mailx *m, const struct msglist *list, int lines)
{
	size_t i;
	int r = 0;

	if (read_load(m, list, LOAD_FLAGS, &m->why) == -1)
		return -1;
	for (i = 0; i < list->n && r == 0; i++) {
		read_soon(m, list, i);
		if (i > 0)
			out_line(m, "%s", "");
		if ((r = top_one(m, &list->v[i], lines)) == 0)
			read_mark(m, list->v[i].n);
		store_drop(m->folder, list->v[i].n);
	}
	read_soon_end(m);
	return r;
}

/* -5 in front of the list: so many lines of the body. */
static int
run_top(struct mailx *m, struct args *a)
{
	struct msglist list = { 0 };
	int lines = var_number(m, "toplines", TOP_LINES), r;
	const char *error = NULL;
	size_t skip = 0;

	if (a->words.n > 0 && a->words.v[0][0] == '-' &&
	    ascii_is_digit((unsigned char)a->words.v[0][1])) {
		lines = (int)strtonum(a->words.v[0] + 1, 0, MAX_TOP, &error);
		if (error != NULL)
			return fail(&m->why, EX_USAGE, "%s: number of lines is "
			    "%s", a->words.v[0], error);
		skip = 1;
	}
	r = read_list(m, a->words.v + skip, a->words.n - skip, a->cmd->flags,
	    &list, &m->why);
	if (r == 0)
		r = top(m, &list, lines);
	msglist_free(&list);
	return r;
}

#define TYPES								\
	.flags = CMD_FOLDER | CMD_PARTS, .takes = TAKES_MSGS,		\
	.empty = DEFAULT_NEXT_UNDELETED, .max = -1, .usage = "[msglist]"

const struct cmd cmd_type = {
	.name = "type", .abbreviation = "t", TYPES,
	.help = "print messages or parts", .run = run_type
};

const struct cmd cmd_print = {
	.name = "print", .abbreviation = "p", TYPES,
	.help = "print messages or parts, as type does", .run = run_type
};

const struct cmd cmd_Type = {
	.name = "Type", .abbreviation = "T", TYPES,
	.help = "print messages with all their fields", .run = run_type_all
};

const struct cmd cmd_Print = {
	.name = "Print", .abbreviation = "P", TYPES,
	.help = "print messages with all their fields, as Type does",
	.run = run_type_all
};

const struct cmd cmd_next = {
	.name = "next", .abbreviation = "n", .flags = CMD_FOLDER,
	.takes = TAKES_MSGS, .empty = DEFAULT_NONE, .max = -1,
	.usage = "[msglist]",
	.help = "print the next message (of a list: the next that it names)",
	.run = run_next
};

const struct cmd cmd_top = {
	.name = "top", .abbreviation = "to", .flags = CMD_FOLDER | CMD_PARTS,
	.takes = TAKES_WORDS, .max = -1, .usage = "[-lines] [msglist]",
	.help = "print the fields and the first lines of messages", .run = run_top
};
