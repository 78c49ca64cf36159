/* SPDX-License-Identifier: ISC */
/*
 * foldercmd.c -- commands on folders: folder, folders, mkdir, rmdir, rename,
 * expunge, sync, quota, capabilities.
 */
#include <stdlib.h>
#include <string.h>

#include "../net/url.h"
#include "../store/local.h"
#include "define.h"
#include "folder.h"
#include "headers.h"
#include "out.h"
#include "term.h"
#include "vars.h"

extern const struct cmd cmd_subscribe;

/* --- folder --- */

static int
run_folder(struct mailx *m, struct args *a)
{
	if (a->words.n == 0)
		return folder_announce(m, &m->why);
	if (folder_change(m, a->words.v[0], &m->why) == -1)
		return -1;
	if (!m->interactive)
		return 0;
	if (folder_announce(m, &m->why) == -1)
		return -1;
	return !var_is_set(m, "header") || m->no_summary ||
	    m->folder->count == 0 ? 0 : headers_page(m, &m->why);
}

/* Names are those of the current folder's server, also before it is opened. */
static void
name_current(struct mailx *m)
{
	struct fail none = { 0 };

	if (m->folder_name == NULL)
		(void)folder_set(m, "%", &none);
}

/* --- folders --- */

static bool
is_imap(const char *name)
{
	return name != NULL && (span_has_prefix(span_of(name), "imap:") ||
	    span_has_prefix(span_of(name), "imaps:"));
}

/* @name alone: the tree under its `folder', or that which its inbox is a leaf of. */
static char *
account_base(struct mailx *m, const char *name, struct fail *why)
{
	char *folder = account_value(m, name + 1, "folder"), *base, *tree;

	if (folder != NULL && *folder != '\0') {
		base = folder_resolve(m, folder, false, why);
		free(folder);
		return base;
	}
	free(folder);
	base = folder_resolve(m, name, false, why);
	if (!is_imap(base))
		return base;
	tree = folder_on_server(base, "");
	free(base);
	return tree;
}

/* Whose tree: the one named, of the server that we are on, under `folder'. */
static char *
list_base(struct mailx *m, const char *name, struct fail *why)
{
	const char *folder = var_get(m, "folder");

	if (name != NULL && *name == '@' && name[strcspn(name, "/")] == '\0')
		return account_base(m, name, why);
	if (name != NULL)
		return folder_resolve(m, name, true, why);
	if (is_imap(m->folder_name))
		return folder_on_server(m->folder_name, "");
	if (folder != NULL && *folder != '\0')
		return folder_resolve(m, "+", false, why);
	fail(why, EX_CONFIG, "no folder is set, and the current one is not on "
	    "a server");
	return NULL;
}

static int
list_one(void *ctx, const struct store_list_entry *e, struct fail *why)
{
	(void)why;
	out_folder(ctx, e);
	return 0;
}

/* POSIX: LISTER, where one is set, lists the directory. */
static int
run_lister(struct mailx *m, const char *dir, struct fail *why)
{
	char *text;
	size_t n;
	FILE *f = xmemstream(&text, &n);
	int status;

	fprintf(f, "%s -- '", var_get(m, "LISTER"));
	for (; *dir != '\0'; dir++)
		fputs(*dir == '\'' ? "'\\''" : (char[2]){ *dir, '\0' }, f);
	putc('\'', f);
	fclose(f);
	status = term_shell(m, text, why);
	free(text);
	if (status > 0)
		return fail(why, EX_OSERR, "LISTER: ended with status %d",
		    status);
	return status;
}

/* Is the word a place whose tree is meant, not a pattern? */
static bool
is_base(const char *word)
{
	return url_is_url(word) || *word == '@' || *word == '+' ||
	    *word == '/' || *word == '~';
}

static int
run_folders(struct mailx *m, struct args *a)
{
	bool named = a->words.n > 0 && is_base(a->words.v[0]);
	const char *pattern = a->words.n > (size_t)named ? a->words.v[named] :
	    NULL;
	const char *lister = var_get(m, "LISTER");
	char *base;
	int r;

	name_current(m);
	if (a->words.n == 2 && !named)
		return fail(&m->why, EX_USAGE, "%s: one pattern is enough",
		    a->words.v[1]);
	base = list_base(m, named ? a->words.v[0] : NULL, &m->why);
	if (base == NULL)
		return -1;
	if (lister != NULL && *lister != '\0' && a->words.n == 0 && !m->json &&
	    !url_is_url(base))
		r = run_lister(m, local_path(base), &m->why);
	else
		r = store_list(base, pattern, list_one, m, &m->options, &m->why);
	free(base);
	return r;
}

/* --- mkdir, rmdir, rename --- */

static bool
has_option(const struct args *a, int letter)
{
	size_t i;

	for (i = 0; i < a->noptions; i++)
		if (a->options[i].letter == letter)
			return true;
	return false;
}

/* Each mailbox that is named, until one fails; `typed' is its name as it was given. */
static int
each_mailbox(struct mailx *m, const struct args *a,
    int (*act)(struct mailx *m, const struct args *a, const char *name,
    const char *typed))
{
	char *name;
	size_t i;
	int r = 0;

	name_current(m);
	for (i = 0; i < a->words.n && r == 0; i++) {
		name = folder_resolve(m, a->words.v[i], true, &m->why);
		if (name == NULL)
			return -1;
		r = act(m, a, name, a->words.v[i]);
		free(name);
	}
	return r;
}

static int
subscribe(struct mailx *m, const struct args *a, const char *name,
    const char *typed)
{
	(void)typed;
	return store_subscribe(name, a->cmd == &cmd_subscribe, &m->options,
	    &m->why);
}

static int
run_subscribe(struct mailx *m, struct args *a)
{
	return each_mailbox(m, a, subscribe);
}

static int
make_mailbox(struct mailx *m, const struct args *a, const char *name,
    const char *typed)
{
	(void)typed;
	return store_mkdir(name, has_option(a, 'p'), &m->options, &m->why);
}

static int
run_mkdir(struct mailx *m, struct args *a)
{
	return each_mailbox(m, a, make_mailbox);
}

/* The folder that is open is not taken away from under oneself. */
static int
not_current(struct mailx *m, const char *name, const char *typed,
    struct fail *why)
{
	if (m->folder == NULL || m->folder_name == NULL ||
	    strcmp(local_path(name), local_path(m->folder_name)) != 0)
		return 0;
	return fail(why, EX_USAGE, "%s: the current folder", typed);
}

static int
remove_mailbox(struct mailx *m, const struct args *a, const char *name,
    const char *typed)
{
	if (not_current(m, name, typed, &m->why) == -1)
		return -1;
	return store_rmdir(name, has_option(a, 'f'), &m->options, &m->why);
}

static int
run_rmdir(struct mailx *m, struct args *a)
{
	return each_mailbox(m, a, remove_mailbox);
}

static int
run_rename(struct mailx *m, struct args *a)
{
	char *from, *to;
	int r = -1;

	name_current(m);
	from = folder_resolve(m, a->words.v[0], true, &m->why);
	to = from == NULL ? NULL :
	    folder_resolve(m, a->words.v[1], true, &m->why);
	if (to != NULL && not_current(m, from, a->words.v[0], &m->why) == 0)
		r = store_rename(from, to, &m->options, &m->why);
	free(from);
	free(to);
	return r;
}

/* --- expunge, sync --- */

/* The current message, if it is gone: the next, else the one before. */
static void
move_dot(struct mailx *m)
{
	const uint32_t away = MSG_GONE | MSG_DELETED;
	uint32_t n;

	for (n = m->dot; n >= 1 && n <= m->folder->count; n++)
		if ((store_msg(m->folder, n)->flags & away) == 0)
			break;
	if (n < 1 || n > m->folder->count)
		for (n = m->dot; n > 0; n--)
			if ((store_msg(m->folder, n)->flags & away) == 0)
				break;
	m->dot = n;
}

static int
run_sync(struct mailx *m, struct args *a)
{
	(void)a;
	if (store_sync(m->folder, SYNC_FLAGS | SYNC_EXPUNGE, &m->why) == -1)
		return -1;
	move_dot(m);
	return 0;
}

/* --- quota, capabilities --- */

static int
show_quota(void *ctx, const struct store_quota *q, struct fail *why)
{
	(void)why;
	out_quota(ctx, q);
	return 0;
}

static int
run_quota(struct mailx *m, struct args *a)
{
	char *name;
	int r;

	name_current(m);
	if (a->words.n > 0)
		name = folder_resolve(m, a->words.v[0], true, &m->why);
	else
		name = xstrdup(m->folder_name);
	if (name == NULL)
		return -1;
	r = store_quotas(name, show_quota, m, &m->options, &m->why);
	free(name);
	return r;
}

static int
run_capabilities(struct mailx *m, struct args *a)
{
	struct strv words = { 0 };
	size_t i;
	int r = store_capabilities(m->folder, &words, &m->why);

	(void)a;
	for (i = 0; i < words.n && r == 0; i++)
		if (m->json)
			out_pair(m, "capability", words.v[i]);
		else
			out_line(m, "%s", words.v[i]);
	strv_free(&words);
	return r;
}

#define CHANGES_FOLDER	.takes = TAKES_WORDS, .min = 0, .max = 1,		\
			.usage = "[folder]", .run = run_folder

const struct cmd cmd_folder = {
	.name = "folder", .abbreviation = "fold", CHANGES_FOLDER,
	.help = "leave the folder as quit does and go to another, or show its name and counts"
};

const struct cmd cmd_file = {
	.name = "file", .abbreviation = "fi", CHANGES_FOLDER,
	.help = "change the folder, or show its name and counts, as folder does"
};

const struct cmd cmd_folders = {
	.name = "folders", .abbreviation = "folders",
	.takes = TAKES_WORDS, .max = 2, .usage = "[base] [pattern]",
	.help = "print the tree of mailboxes of the server, or under the variable folder, with counts",
	.run = run_folders
};

const struct cmd cmd_subscribe = {
	.name = "subscribe", .takes = TAKES_WORDS, .min = 1, .max = -1,
	.usage = "folder ...",
	.help = "put mailboxes on the server's list of those of interest",
	.run = run_subscribe
};

const struct cmd cmd_unsubscribe = {
	.name = "unsubscribe", .takes = TAKES_WORDS, .min = 1, .max = -1,
	.usage = "folder ...",
	.help = "take mailboxes off the server's list of those of interest",
	.run = run_subscribe
};

const struct cmd cmd_mkdir = {
	.name = "mkdir", .takes = TAKES_WORDS, .min = 1, .max = -1,
	.options = "p", .usage = "[-p] folder ...",
	.help = "make folders, and those above them", .run = run_mkdir
};

const struct cmd cmd_rmdir = {
	.name = "rmdir", .takes = TAKES_WORDS, .min = 1, .max = -1,
	.options = "f", .usage = "[-f] folder ...",
	.help = "remove empty folders; with -f, others too", .run = run_rmdir
};

const struct cmd cmd_rename = {
	.name = "rename", .takes = TAKES_WORDS, .min = 2, .max = 2,
	.usage = "folder new-name", .help = "rename a folder",
	.run = run_rename
};

const struct cmd cmd_expunge = {
	.name = "expunge", .flags = CMD_FOLDER | CMD_CHANGES | CMD_EMPTY_OK,
	.takes = TAKES_NOTHING, .usage = "",
	.help = "make deletions and changes of flags in the folder now",
	.run = run_sync
};

const struct cmd cmd_sync = {
	.name = "sync", .flags = CMD_FOLDER | CMD_CHANGES | CMD_EMPTY_OK,
	.takes = TAKES_NOTHING, .usage = "",
	.help = "make deletions and changes of flags in the folder now, as expunge does",
	.run = run_sync
};

const struct cmd cmd_quota = {
	.name = "quota", .takes = TAKES_WORDS, .max = 1, .usage = "[folder]",
	.help = "print how much is used of what a mailbox on a server may take",
	.run = run_quota
};

const struct cmd cmd_capabilities = {
	.name = "capabilities", .flags = CMD_FOLDER | CMD_EMPTY_OK,
	.takes = TAKES_NOTHING, .usage = "",
	.help = "print what the server of the folder offers",
	.run = run_capabilities
};
