/* SPDX-License-Identifier: ISC */
/*
 * headers.c -- summaries: headers, from, z; -H and -L.
 *
 * Pages are fixed blocks of messages in the order shown, so that scrolling needs no memory
 * of where the screen was: it is the block of the current message.
 */
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "headers.h"
#include "order.h"
#include "out.h"
#include "read.h"
#include "term.h"
#include "vars.h"

/* JSON tells of attachments where that needs no download of messages. */
static unsigned
wanted(const struct mailx *m)
{
	unsigned what = LOAD_FLAGS | LOAD_SIZE | LOAD_ENVELOPE;

	if (!m->json)
		return LOAD_FLAGS | LOAD_BRIEF;
	if (strcmp(m->folder->ops->kind, "POP3") != 0)
		what |= LOAD_STRUCTURE;
	return what;
}

static int
print(void *ctx, struct store *s, uint32_t n, struct fail *why)
{
	return out_summary(ctx, s, n, why);
}

static int
print_visible(void *ctx, struct store *s, uint32_t n, struct fail *why)
{
	if (store_msg(s, n)->flags & MSG_DELETED)
		return 0;
	return out_summary(ctx, s, n, why);
}

int
headers_numbers(struct mailx *m, const struct numbers *ns, struct fail *why)
{
	struct numbers shown = { 0 };
	int r;

	order_apply(m, ns, &shown);
	r = store_each(m->folder, &shown, wanted(m), print, m, why);
	numbers_free(&shown);
	return r;
}

static int
print_all(struct mailx *m, struct fail *why)
{
	struct numbers ns = { 0 }, shown = { 0 };
	int r;

	numbers_add_all(&ns, m->folder);
	order_apply(m, &ns, &shown);
	r = store_each(m->folder, &shown, wanted(m), print_visible, m, why);
	numbers_free(&shown);
	numbers_free(&ns);
	return r;
}

int
headers_all(struct mailx *m, struct fail *why)
{
	return folder_need(m, why) == -1 ? -1 : print_all(m, why);
}

int
headers_spec(struct mailx *m, const char *spec, struct fail *why)
{
	struct numbers found = { 0 };
	int r;

	if (folder_need(m, why) == -1)
		return -1;
	r = read_spec(m, spec, &found, why);
	if (r == 0 && found.n == 0)
		m->status = 1;
	else if (r == 0)
		r = headers_numbers(m, &found, why);
	numbers_free(&found);
	return r;
}

/* --- Pages. --- */

static uint32_t
page_size(const struct mailx *m)
{
	int lines = term_lines(m);

	if (!var_is_set(m, "screen"))
		lines -= 4;
	return lines < 1 ? 1 : (uint32_t)lines;
}

static int
print_page(struct mailx *m, struct fail *why)
{
	uint32_t size = page_size(m), first, i, n;
	struct numbers ns = { 0 };
	int r;

	first = m->dot == 0 ? 1 :
	    (order_position(m, m->dot) - 1) / size * size + 1;
	for (i = first; i < first + size && i <= m->folder->count; i++) {
		n = order_at(m, i);
		if ((store_msg(m->folder, n)->flags & MSG_GONE) == 0)
			numbers_add(&ns, n);
	}
	r = store_each(m->folder, &ns, wanted(m), print_visible, m, why);
	numbers_free(&ns);
	return r;
}

int
headers_page(struct mailx *m, struct fail *why)
{
	return folder_need(m, why) == -1 ? -1 : print_page(m, why);
}

static int
print_list(struct mailx *m, const struct msglist *list)
{
	struct numbers ns = { 0 };
	int r;

	msglist_numbers(list, &ns);
	r = headers_numbers(m, &ns, &m->why);
	numbers_free(&ns);
	return r;
}

/* At a prompt one message names the page that it is on, as POSIX has it. */
static int
run_headers(struct mailx *m, struct args *a)
{
	if (!m->interactive)
		return a->msgs.n > 0 ? print_list(m, &a->msgs) :
		    print_all(m, &m->why);
	if (a->msgs.n > 1)
		return print_list(m, &a->msgs);
	if (a->msgs.n == 1)
		m->dot = a->msgs.v[0].n;
	return print_page(m, &m->why);
}

static int
run_from(struct mailx *m, struct args *a)
{
	if (a->msgs.n > 0)
		m->dot = a->msgs.v[a->msgs.n - 1].n;
	return print_list(m, &a->msgs);
}

/* The first message of a page that is there; 0: none. */
static uint32_t
first_of(struct mailx *m, uint32_t first, uint32_t size)
{
	uint32_t i, n;

	for (i = first; i < first + size && i <= m->folder->count; i++) {
		n = order_at(m, i);
		if ((store_msg(m->folder, n)->flags &
		    (MSG_GONE | MSG_DELETED)) == 0)
			return n;
	}
	return 0;
}

static int
run_z(struct mailx *m, struct args *a)
{
	const char *way = a->text == NULL ? "" : a->text;
	uint32_t size = page_size(m), dot = m->dot == 0 ? 1 : order_position(m, m->dot);
	uint32_t first = (dot - 1) / size * size + 1, found = 0;

	if (strcmp(way, "") != 0 && strcmp(way, "+") != 0 &&
	    strcmp(way, "-") != 0)
		return fail(&m->why, EX_USAGE, "takes + or -");
	if (*way == '-')
		while (found == 0 && first > size) {
			first -= size;
			found = first_of(m, first, size);
		}
	else
		while (found == 0 && first + size <= m->folder->count) {
			first += size;
			found = first_of(m, first, size);
		}
	if (found == 0) {
		out_line(m, *way == '-' ? "On first screenful of messages" :
		    "On last screenful of messages");
		return 0;
	}
	m->dot = found;
	return print_page(m, &m->why);
}

const struct cmd cmd_headers = {
	.name = "headers", .abbreviation = "h",
	.flags = CMD_FOLDER, .takes = TAKES_MSGS,
	.empty = DEFAULT_NONE, .max = -1, .usage = "[msglist]",
	.help = "print the summary, a screen at a time at a prompt, without downloading bodies",
	.run = run_headers
};

const struct cmd cmd_from = {
	.name = "from", .abbreviation = "f", .flags = CMD_FOLDER,
	.takes = TAKES_MSGS, .empty = DEFAULT_DOT, .max = -1,
	.usage = "[msglist]", .help = "print the summary of messages",
	.run = run_from
};

const struct cmd cmd_z = {
	.name = "z", .abbreviation = "z", .flags = CMD_FOLDER | CMD_EMPTY_OK,
	.takes = TAKES_TEXT, .usage = "[+|-]",
	.help = "print the next (+) or previous (-) screenful of the summary",
	.run = run_z
};
