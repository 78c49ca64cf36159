/* SPDX-License-Identifier: ISC */
/* sort.c -- the commands `sort', `thread' and `unsort': another order to show messages in. */
#include <stdlib.h>
#include <string.h>

#include "../store/sort.h"
#include "cmd.h"
#include "headers.h"
#include "order.h"

#define MAX_KEYS	16

static int
read_key(const char *word, struct sort_by *by, struct fail *why)
{
	static const struct {
		const char	*name;
		enum sort_key	 key;
	} keys[] = {
		{ "arrived", SORT_ARRIVAL }, { "arrival", SORT_ARRIVAL },
		{ "cc", SORT_CC }, { "date", SORT_DATE },
		{ "flagged", SORT_FLAGGED }, { "from", SORT_FROM },
		{ "size", SORT_SIZE }, { "subject", SORT_SUBJECT },
		{ "to", SORT_TO }, { "unread", SORT_UNREAD },
		{ "unseen", SORT_UNREAD }
	};
	size_t i;

	by->reverse = *word == '-';
	word += by->reverse;
	for (i = 0; i < NELEM(keys); i++)
		if (strcasecmp(word, keys[i].name) == 0) {
			by->key = keys[i].key;
			return 0;
		}
	if (strcasecmp(word, "thread") == 0)
		return fail(why, EX_USAGE, "thread goes alone, without "
		    "reverse or other keys");
	return fail(why, EX_USAGE, "%s: no key to sort by; there are arrived, "
	    "cc, date, flagged, from, size, subject, thread, to and unread",
	    word);
}

/* `reverse' goes before a key, as in RFC 5256; or a minus sign on it. */
static int
read_keys(const struct strv *words, struct sort_by *by, size_t *n,
    struct fail *why)
{
	bool reverse = false;
	size_t i;

	for (i = *n = 0; i < words->n; i++) {
		if (strcasecmp(words->v[i], "reverse") == 0) {
			reverse = true;
			continue;
		}
		if (*n == MAX_KEYS)
			return fail(why, EX_USAGE, "too many keys");
		if (read_key(words->v[i], &by[*n], why) == -1)
			return -1;
		by[*n].reverse ^= reverse;
		reverse = false;
		++*n;
	}
	if (reverse || *n == 0)
		return fail(why, EX_USAGE, "no key to sort by");
	return 0;
}

static int
finish(struct mailx *m, int r, struct numbers *ns, struct numbers *depths)
{
	if (r == -1) {
		numbers_free(ns);
		numbers_free(depths);
		return -1;
	}
	order_set(m, ns, depths);
	if (m->interactive) {
		m->dot = order_at(m, 1);
		return headers_page(m, &m->why);
	}
	return 0;
}

static int
run_thread(struct mailx *m, struct args *a)
{
	struct numbers ns = { 0 }, depths = { 0 };

	(void)a;
	return finish(m, store_thread(m->folder, &ns, &depths, &m->why), &ns,
	    &depths);
}

static int
run_sort(struct mailx *m, struct args *a)
{
	struct numbers ns = { 0 }, none = { 0 };
	struct sort_by by[MAX_KEYS];
	size_t n;

	if (a->words.n == 1 && strcasecmp(a->words.v[0], "thread") == 0)
		return run_thread(m, a);
	if (read_keys(&a->words, by, &n, &m->why) == -1)
		return -1;
	return finish(m, store_sort(m->folder, by, n, &ns, &m->why), &ns,
	    &none);
}

static int
run_unsort(struct mailx *m, struct args *a)
{
	(void)a;
	order_forget(m);
	return 0;
}

const struct cmd cmd_sort = {
	.name = "sort", .flags = CMD_FOLDER | CMD_EMPTY_OK,
	.takes = TAKES_WORDS, .min = 1, .max = -1,
	.usage = "[reverse] key ...",
	.help = "show the messages by date, from, subject, size or another key",
	.run = run_sort
};

const struct cmd cmd_thread = {
	.name = "thread", .flags = CMD_FOLDER | CMD_EMPTY_OK,
	.takes = TAKES_NOTHING,
	.help = "show each message under the one that it answers",
	.run = run_thread
};

const struct cmd cmd_unsort = {
	.name = "unsort", .flags = CMD_FOLDER | CMD_EMPTY_OK,
	.takes = TAKES_NOTHING,
	.help = "show the messages by their numbers again",
	.run = run_unsort
};
