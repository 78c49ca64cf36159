/* SPDX-License-Identifier: ISC */
/* read.c -- what the reading commands have in common. */

#include <stdlib.h>
#include <string.h>

#include "../mime/enclosed.h"
#include "expr.h"
#include "msgs.h"
#include "order.h"
#include "out.h"
#include "read.h"
#include "vars.h"
#include "words.h"

int
read_list(struct mailx *m, char *const *words, size_t n, unsigned cmd_flags,
    struct msglist *list, struct fail *why)
{
	if (n > 0)
		return msgs_parse(m, words, n, cmd_flags, list, why);
	if (m->dot == 0)
		return fail(why, EX_USAGE, "no current message");
	msglist_add(list, m->dot, NULL);
	return 0;
}

/* Is it a message list by its looks?  A word alone is an expression. */
static bool
is_list(const char *spec)
{
	return strchr("0123456789:.^$*+-`(/@", *spec) != NULL;
}

static int
search(struct mailx *m, const char *text, struct numbers *found,
    struct fail *why)
{
	struct search *x = expr_parse(text, why);
	int r;

	if (x == NULL)
		return -1;
	r = store_search(m->folder, x, NULL, found, why);
	search_free(x);
	return r;
}

/* A list that names nothing there is not an error here, but one not understood is. */
static int
list_numbers(struct mailx *m, const char *spec, struct numbers *found,
    struct fail *why)
{
	struct msglist list = { 0 };
	struct strv words = { 0 };
	int r;

	r = words_split(m, spec, false, &words, why);
	if (r == 0)
		r = msgs_parse(m, words.v, words.n, CMD_FOLDER | CMD_EMPTY_OK,
		    &list, why);
	if (r == 0)
		msglist_numbers(&list, found);
	msglist_free(&list);
	strv_free(&words);
	return r;
}

int
read_spec(struct mailx *m, const char *spec, struct numbers *found,
    struct fail *why)
{
	spec += strspn(spec, " \t");
	if (*spec == '\0')
		return read_visible(m, found, why);
	return is_list(spec) ? list_numbers(m, spec, found, why) :
	    search(m, spec, found, why);
}

int
read_visible(struct mailx *m, struct numbers *ns, struct fail *why)
{
	struct search *deleted = search_new(SEARCH_FLAG), *x;
	int r;

	deleted->number = MSG_DELETED;
	x = search_join(SEARCH_NOT, deleted, NULL);
	r = store_search(m->folder, x, NULL, ns, why);
	search_free(x);
	return r;
}

int
read_load(struct mailx *m, const struct msglist *list, unsigned what,
    struct fail *why)
{
	struct numbers ns = { 0 };
	int r;

	msglist_numbers(list, &ns);
	r = store_load(m->folder, &ns, what, why);
	numbers_free(&ns);
	return r;
}

void
read_soon(struct mailx *m, const struct msglist *list, size_t at)
{
	struct numbers ns = { 0 };
	size_t i;

	if (list->n < 2 || at % SOON_MESSAGES != 0)
		return;
	for (i = at; i < list->n && i < at + SOON_MESSAGES; i++)
		numbers_add(&ns, list->v[i].n);
	store_soon(m->folder, &ns, LOAD_FLAGS | LOAD_SIZE | LOAD_STRUCTURE |
	    (m->json ? LOAD_ENVELOPE : 0U));
	numbers_free(&ns);
}

void
read_soon_end(struct mailx *m)
{
	static const struct numbers none;

	store_soon(m->folder, &none, 0);
}

void
read_mark(struct mailx *m, uint32_t n)
{
	struct msg *msg = store_msg(m->folder, n);

	m->dot = n;
	msg->flags |= MSG_TOUCHED;
	if (m->folder->mode == STORE_WRITE && !m->read_only)
		store_flag(m->folder, n, MSG_SEEN, 0);
}

void
read_current(struct mailx *m, const struct msglist *list)
{
	uint32_t last = 0, place;
	size_t i;

	for (i = 0; i < list->n; i++) {
		place = order_position(m, list->v[i].n);
		if (place > last)
			last = place;
	}
	if (last != 0)
		m->dot = order_at(m, last);
}

int
read_inside(struct mailx *m, uint32_t n, struct part *p, struct fail *why)
{
	uint64_t octets;
	FILE *in;
	int r;

	if (!enclosed_possible(p) || p->inside != NULL)
		return 0;
	in = store_part(m->folder, n, p, &octets, why);
	if (in == NULL)
		return -1;
	r = enclosed_find(p, in, octets, m->options.charset_8bit, why);
	fclose(in);
	return r;
}

/* A part of the tree, or one that a text there encloses; *p: NULL where there is none. */
static int
find_part(struct mailx *m, uint32_t n, const char *number, struct part **p,
    struct fail *why)
{
	struct part *root = store_structure(m->folder, n, why);
	char *around;
	int r = 0;

	if (root == NULL)
		return -1;
	around = enclosed_around(number);
	*p = part_find(root, around == NULL ? number : around);
	if (around != NULL && *p != NULL) {
		r = read_inside(m, n, *p, why);
		*p = enclosed_get(*p, number);
	}
	free(around);
	return r;
}

struct part *
read_part(struct mailx *m, uint32_t n, const char *number, struct fail *why)
{
	struct part *p;

	if (find_part(m, n, number, &p, why) == -1)
		return NULL;
	if (p == NULL)
		fail(why, EX_USAGE, "message %u has no part %s", n, number);
	return p;
}

char *
read_ref(const struct msgref *r)
{
	return r->part == NULL ? xasprintf("%u", r->n) :
	    xasprintf("%u.%s", r->n, r->part);
}

static int
type_one(struct mailx *m, const struct msgref *r, bool all, struct fail *why)
{
	struct part *p;

	if (r->part != NULL) {
		p = read_part(m, r->n, r->part, why);
		return p == NULL ? -1 : out_part(m, m->folder, r->n, p, why);
	}
	if (!var_is_set(m, "quiet"))
		out_line(m, "Message %u:", r->n);
	return out_message(m, m->folder, r->n, all, why);
}

int
read_type(struct mailx *m, const struct msglist *list, bool all,
    struct fail *why)
{
	struct fail late = { 0 };
	size_t i;
	int r = read_load(m, list, LOAD_FLAGS, why);

	if (r == -1)
		return -1;
	out_page(m);
	for (i = 0; i < list->n && r == 0; i++) {
		read_soon(m, list, i);
		if (i > 0)
			out_line(m, "%s", "");
		r = type_one(m, &list->v[i], all, why);
		if (r == 0)
			read_mark(m, list->v[i].n);
		store_drop(m->folder, list->v[i].n);
	}
	read_soon_end(m);
	if (m->interactive && out_restore(m, r == 0 ? why : &late) == -1)
		r = -1;
	return r;
}

uint32_t
read_next(struct mailx *m, uint32_t n, bool and_before)
{
	const uint32_t out_of_sight = MSG_DELETED | MSG_GONE;
	uint32_t at = n == 0 ? 0 : order_position(m, n), i;

	for (i = at + 1; i <= m->folder->count; i++)
		if ((store_msg(m->folder, order_at(m, i))->flags &
		    out_of_sight) == 0)
			return order_at(m, i);
	for (i = and_before ? at : 0; i > 0; i--)
		if ((store_msg(m->folder, order_at(m, i))->flags &
		    out_of_sight) == 0)
			return order_at(m, i);
	return 0;
}

int
read_decode(struct mailx *m, uint32_t n, const struct part *p, FILE *out,
    struct fail *why)
{
	uint64_t octets;
	FILE *in = store_part(m->folder, n, p, &octets, why);
	int r;

	if (in == NULL)
		return -1;
	r = part_decode(p, in, octets, out, NULL, why);
	fclose(in);
	return r;
}
