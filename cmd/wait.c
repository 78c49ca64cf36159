/* SPDX-License-Identifier: ISC */
/*
 * wait.c -- the command `wait': until new mail is there, or new mail that matches.
 *
 * New is what comes after the folder was listed.  A connection that is lost
 * while waiting is made again once; what came meanwhile counts.
 */
#include <stdlib.h>
#include <string.h>

#include "../net/wait.h"
#include "expr.h"
#include "headers.h"
#include "read.h"

#define MAX_SECONDS	(366 * 86400)
#define FOR_EVER	((int64_t)MAX_SECONDS * 1000)
#define AT_ONCE		(20 * 60 * 1000)	/* ms: servers end sessions after 30 minutes */

static int
read_deadline(const char *text, int64_t *deadline, struct fail *why)
{
	const char *error;
	long long seconds;

	*deadline = wait_now() + FOR_EVER;
	if (text == NULL)
		return 0;
	seconds = strtonum(text, 0, MAX_SECONDS, &error);
	if (error != NULL)
		return fail(why, EX_USAGE, "%s: the number of seconds is %s",
		    text, error);
	*deadline = wait_now() + seconds * 1000;
	return 0;
}

/* Messages from that number on that match. */
static int
look(struct mailx *m, const struct search *x, uint32_t first,
    struct numbers *found, struct fail *why)
{
	struct numbers fresh = { 0 };
	uint32_t n;
	int r = 0;

	for (n = first; n <= m->folder->count; n++)
		if ((store_msg(m->folder, n)->flags & MSG_GONE) == 0)
			numbers_add(x == NULL ? found : &fresh, n);
	if (fresh.n > 0)
		r = store_search(m->folder, x, &fresh, found, why);
	numbers_free(&fresh);
	return r;
}

static int
wait_once(struct mailx *m, int64_t deadline, struct fail *why)
{
	int64_t most = wait_now() + AT_ONCE;

	return store_wait(m->folder, deadline < most ? deadline : most,
	    &got_signal, why);
}

static int
wait_for_mail(struct mailx *m, const struct search *x, int64_t deadline,
    struct numbers *found, struct fail *why)
{
	uint32_t first = m->folder->count + 1, added;
	bool lost = false;

	for (;;) {
		if (wait_must_end(&got_signal))
			return fail(why, EX_TEMPFAIL, "interrupted");
		if (store_check(m->folder, &added, why) == -1)
			return -1;
		if (added > 0 && look(m, x, first, found, why) == -1)
			return -1;
		if (found->n > 0 || wait_now() >= deadline)
			return 0;
		first = m->folder->count + 1;
		if (wait_once(m, deadline, why) == 0)
			lost = false;
		else if (lost || why->code != EX_TEMPFAIL)
			return -1;
		else {
			lost = true;
			fail_clear(why);
		}
	}
}

/*
 * The expression.  One that is a quoted text alone is looked for as it stands;
 * but `wait "subject code"' may as well be an expression that was quoted for us,
 * as those of options are, and what is waited for must not be missed.
 */
static struct search *
read_expression(const char *text, struct fail *why)
{
	struct search *x = expr_parse(text, why), *inner;
	struct fail none;

	if (x == NULL || x->key != SEARCH_ANY || strchr("\"'", *text) == NULL)
		return x;
	fail_clear(&none);
	if ((inner = expr_parse(x->text, &none)) == NULL)
		return x;
	return search_join(SEARCH_OR, x, inner);
}

static int
run_wait(struct mailx *m, struct args *a)
{
	struct numbers found = { 0 };
	struct search *x = NULL;
	int64_t deadline;
	int r;

	if (read_deadline(args_option(a, 't'), &deadline, &m->why) == -1 ||
	    (a->text != NULL && *a->text != '\0' &&
	    (x = read_expression(a->text, &m->why)) == NULL))
		return -1;
	r = wait_for_mail(m, x, deadline, &found, &m->why);
	search_free(x);
	if (r == 0 && found.n == 0)
		m->status = 1;
	else if (r == 0) {
		numbers_free(&m->found);
		m->found = found;
		m->dot = found.v[0];
		return headers_numbers(m, &m->found, &m->why);
	}
	numbers_free(&found);
	return r;
}

const struct cmd cmd_wait = {
	.name = "wait", .flags = CMD_FOLDER | CMD_EMPTY_OK,
	.takes = TAKES_EXPR, .max = -1, .options = "t:",
	.usage = "[-t seconds] [expression]",
	.help = "return when new mail that matches is there, and print its summary",
	.run = run_wait
};
