/* SPDX-License-Identifier: ISC */
/*
 * flag.c -- commands that change what a message is marked with: one table and
 * one function.  The marks reach disk or server when the folder is left or
 * synced.
 */
#include <stdlib.h>
#include <string.h>

#include "order.h"
#include "out.h"
#include "read.h"
#include "vars.h"

static const struct change {
	const char	*name;
	uint32_t	 set, clear;
} changes[] = {
	{ "answered",	MSG_ANSWERED,	0 },
	{ "delete",	MSG_DELETED,	MSG_PRESERVED },
	{ "dp",		MSG_DELETED,	MSG_PRESERVED },
	{ "draft",	MSG_DRAFT,	0 },
	{ "dt",		MSG_DELETED,	MSG_PRESERVED },
	{ "flag",	MSG_FLAGGED,	0 },
	{ "hold",	MSG_PRESERVED | MSG_TOUCHED,
			MSG_DELETED | MSG_SAVED | MSG_TO_MBOX },
	{ "mbox",	MSG_TO_MBOX | MSG_TOUCHED,	MSG_PRESERVED },
	{ "new",	0,		MSG_SEEN | MSG_TOUCHED },
	{ "preserve",	MSG_PRESERVED | MSG_TOUCHED,
			MSG_DELETED | MSG_SAVED | MSG_TO_MBOX },
	{ "seen",	MSG_SEEN,	0 },
	{ "touch",	MSG_TOUCHED,	MSG_PRESERVED },
	{ "unanswered",	0,		MSG_ANSWERED },
	{ "undraft",	0,		MSG_DRAFT },
	{ "unflag",	0,		MSG_FLAGGED },
	{ "unread",	0,		MSG_SEEN | MSG_TOUCHED },
	{ "unseen",	0,		MSG_SEEN | MSG_TOUCHED },
};

static const struct change *
change_of(const char *name)
{
	size_t i;

	for (i = 0; i < NELEM(changes) - 1; i++)
		if (strcmp(changes[i].name, name) == 0)
			break;
	return &changes[i];
}

/* POP3 keeps no flags: what would be lost is refused, not promised. */
static int
can_keep(const struct mailx *m, uint32_t bits, struct fail *why)
{
	const char *kind = m->folder->ops->kind;

	if ((bits & MSG_LASTING & ~(uint32_t)MSG_DELETED) != 0 &&
	    strcmp(kind, "POP3") == 0)
		return fail(why, EX_UNAVAILABLE, "a %s folder keeps no flags",
		    kind);
	return 0;
}

static int
change(struct mailx *m, const struct msglist *list, const struct change *c)
{
	size_t i;

	if (can_keep(m, c->set | c->clear, &m->why) == -1 ||
	    read_load(m, list, LOAD_FLAGS, &m->why) == -1)
		return -1;
	for (i = 0; i < list->n; i++)
		store_flag(m->folder, list->v[i].n, c->set, c->clear);
	read_current(m, list);
	return 0;
}

static int
run_change(struct mailx *m, struct args *a)
{
	return change(m, &a->msgs, change_of(a->cmd->name));
}

/* hold, preserve, mbox, touch: say what becomes of a message in the system mailbox. */
static int
run_change_system(struct mailx *m, struct args *a)
{
	if (!m->folder_is_system)
		return fail(&m->why, EX_USAGE, "only in the system mailbox");
	return run_change(m, a);
}

/* --- Deleting. --- */

static int
show(struct mailx *m, uint32_t n)
{
	struct msglist one = { 0 };
	int r;

	msglist_add(&one, n, NULL);
	r = read_type(m, &one, false, &m->why);
	msglist_free(&one);
	return r;
}

static int
run_delete(struct mailx *m, struct args *a)
{
	uint32_t last, next;

	if (run_change(m, a) == -1)
		return -1;
	last = m->dot;
	next = read_next(m, last, false);
	m->dot = next != 0 ? next : read_next(m, last, true);
	if (strcmp(a->cmd->name, "delete") == 0)
		return m->dot != 0 && var_is_set(m, "autoprint") ?
		    show(m, m->dot) : 0;
	if (next != 0)
		return show(m, next);
	out_line(m, "No more messages");
	return 0;
}

static bool
is_deleted(const struct mailx *m, uint32_t n)
{
	return (store_msg(m->folder, n)->flags & (MSG_DELETED | MSG_GONE)) ==
	    MSG_DELETED;
}

/* POSIX: the first deleted one behind the current, else the last before it. */
static uint32_t
find_deleted(struct mailx *m)
{
	uint32_t here = m->dot == 0 ? 0 : order_position(m, m->dot), at;

	for (at = here + 1; at <= m->folder->count; at++)
		if (is_deleted(m, order_at(m, at)))
			return order_at(m, at);
	for (at = here; at > 0; at--)
		if (is_deleted(m, order_at(m, at)))
			return order_at(m, at);
	return 0;
}

/*
 * POSIX: what was undeleted counts as read; on a server that is for others to
 * say.  One that was not deleted stays as it is.
 */
static void
undelete(struct mailx *m, const struct msglist *list)
{
	uint32_t seen = m->folder->ops->local ? MSG_SEEN : 0;
	size_t i;

	for (i = 0; i < list->n; i++)
		if (is_deleted(m, list->v[i].n))
			store_flag(m->folder, list->v[i].n, MSG_TOUCHED | seen,
			    MSG_DELETED);
	read_current(m, list);
}

static int
run_undelete(struct mailx *m, struct args *a)
{
	uint32_t n;

	if (a->msgs.n == 0) {
		n = find_deleted(m);
		if (n == 0)
			return fail(&m->why, EX_NOTHING, "no message is deleted");
		msglist_add(&a->msgs, n, NULL);
	}
	if (read_load(m, &a->msgs, LOAD_FLAGS, &m->why) == -1)
		return -1;
	undelete(m, &a->msgs);
	return var_is_set(m, "autoprint") ? show(m, m->dot) : 0;
}

/* --- Keywords. --- */

/* A flag keyword of IMAP is an atom (RFC 9051 9); so it stays one word anywhere. */
static int
check_tag(const char *tag, struct fail *why)
{
	const char *p;

	for (p = tag; *p != '\0'; p++)
		if (*p <= ' ' || *p >= 127 || strchr("(){%*\"\\]", *p) != NULL)
			break;
	if (*p != '\0' || *tag == '\0')
		return fail(why, EX_USAGE, "%s: not a word that can be a tag",
		    *tag == '\0' ? "\"\"" : tag);
	return 0;
}

static int
run_tag(struct mailx *m, struct args *a)
{
	bool adding = strcmp(a->cmd->name, "tag") == 0;
	const char *tag = a->words.v[0], *kind = m->folder->ops->kind;
	size_t i;

	if (strcmp(kind, "POP3") == 0 || strcmp(kind, "Maildir") == 0)
		return fail(&m->why, EX_UNAVAILABLE, "a %s folder keeps no "
		    "tags", kind);
	if (check_tag(tag, &m->why) == -1 ||
	    read_load(m, &a->msgs, LOAD_FLAGS, &m->why) == -1)
		return -1;
	for (i = 0; i < a->msgs.n; i++)
		store_tag(m->folder, a->msgs.v[i].n, adding ? tag : NULL,
		    adding ? NULL : tag);
	read_current(m, &a->msgs);
	return 0;
}

/* --- The commands. --- */

#define CHANGE(id, short, more, what, function, text)			\
const struct cmd cmd_##id = {						\
	.name = #id, .abbreviation = short,				\
	.flags = CMD_FOLDER | CMD_CHANGES | (more), .takes = TAKES_MSGS, \
	.empty = what, .max = -1, .usage = "[msglist]", .help = text,	\
	.run = function							\
};

CHANGE(delete, "d", 0, DEFAULT_DOT, run_delete, "mark messages for deletion")
CHANGE(dp, "dp", 0, DEFAULT_DOT, run_delete,
    "delete messages and print the next one")
CHANGE(dt, "dt", 0, DEFAULT_DOT, run_delete,
    "delete messages and print the next one, as dp does")
CHANGE(undelete, "u", CMD_DELETED, DEFAULT_NONE, run_undelete,
    "take the mark for deletion off messages")
CHANGE(hold, "ho", CMD_EITHER, DEFAULT_DOT, run_change_system,
    "keep messages in the system mailbox")
CHANGE(preserve, "pre", CMD_EITHER, DEFAULT_DOT, run_change_system,
    "keep messages in the system mailbox, as hold does")
CHANGE(mbox, "mb", 0, DEFAULT_DOT, run_change_system,
    "have messages go to MBOX at the end, even when hold is set")
CHANGE(touch, "tou", 0, DEFAULT_DOT, run_change_system,
    "have messages go to MBOX at the end, as if read")
CHANGE(flag, NULL, 0, DEFAULT_DOT, run_change, "set the flag of importance")
CHANGE(unflag, NULL, 0, DEFAULT_DOT, run_change,
    "take off the flag of importance")
CHANGE(seen, NULL, 0, DEFAULT_DOT, run_change, "mark messages as read")
CHANGE(unseen, NULL, 0, DEFAULT_DOT, run_change, "mark messages as unread")
CHANGE(new, NULL, 0, DEFAULT_DOT, run_change,
    "mark messages as unread, as unseen does")
CHANGE(unread, NULL, 0, DEFAULT_DOT, run_change,
    "mark messages as unread, as unseen does")
CHANGE(answered, NULL, 0, DEFAULT_DOT, run_change, "mark messages as answered")
CHANGE(unanswered, NULL, 0, DEFAULT_DOT, run_change,
    "take the mark of an answer off messages")
CHANGE(draft, NULL, 0, DEFAULT_DOT, run_change, "mark messages as drafts")
CHANGE(undraft, NULL, 0, DEFAULT_DOT, run_change,
    "take the mark of a draft off messages")

#define TAG(id, text)							\
const struct cmd cmd_##id = {						\
	.name = #id, .flags = CMD_FOLDER | CMD_CHANGES,			\
	.takes = TAKES_WORDS_MSGS, .empty = DEFAULT_DOT, .min = 1, .max = 1, \
	.usage = "word [msglist]", .help = text, .run = run_tag		\
};

TAG(tag, "give messages a keyword")
TAG(untag, "take a keyword off messages")
