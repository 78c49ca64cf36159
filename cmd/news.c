/* SPDX-License-Identifier: ISC */
/*
 * news.c -- see news.h.  A look at a local folder costs nothing.  A server is asked
 * no more often than `newmail-poll' says, or when it has told by itself; one that
 * does not answer is left alone, for the next command will say so.
 */
#include <stdlib.h>

#include "../net/wait.h"
#include "headers.h"
#include "news.h"
#include "out.h"
#include "runint.h"
#include "vars.h"

#define MOST_SHOWN	10	/* more are only counted */

static bool
is_time(struct mailx *m)
{
	int64_t seconds = var_number(m, "newmail-poll", 0), now;
	struct interpreter *run = run_state(m);

	if (m->folder->ops->local || store_has_news(m->folder))
		return true;
	if (seconds == 0 || m->folder->ops->check == NULL)
		return false;
	now = wait_now();
	if (run->asked != 0 && now - run->asked < 1000 * seconds)
		return false;
	if (run->asked == 0) {	/* the folder has only been opened */
		run->asked = now;
		return false;
	}
	run->asked = now;
	return true;
}

/* Their numbers are those behind all others, and stay so. */
static void
show(struct mailx *m, uint32_t added)
{
	struct numbers ns = { 0 };
	struct fail why = { 0 };
	uint32_t n;

	out_line(m, "New mail: %u message%s.", added, added == 1 ? "" : "s");
	if (added > MOST_SHOWN || !var_is_set(m, "header"))
		return;
	for (n = m->folder->count - added + 1; n <= m->folder->count; n++)
		numbers_add(&ns, n);
	(void)headers_numbers(m, &ns, &why);
	numbers_free(&ns);
}

void
news_announce(struct mailx *m)
{
	struct fail why = { 0 };
	uint32_t added = 0;

	if (!m->interactive || m->folder == NULL || !is_time(m))
		return;
	if (store_check(m->folder, &added, &why) == 0 && added > 0)
		show(m, added);
	run_state(m)->asked = wait_now();
}
