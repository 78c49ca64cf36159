/* SPDX-License-Identifier: ISC */
/* completewords.c -- the words of each kind that a part of one may be completed to. */

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../net/url.h"
#include "alias.h"
#include "completeint.h"
#include "define.h"
#include "folder.h"
#include "vars.h"
#include "words.h"

#define NEAR	100	/* messages before the current one, and behind it, whose addresses are offered */

static void
offer_word(void *ctx, const char *word)
{
	offer(ctx, word);
}

static void
offer_list(struct gather *g, const char *const *words)
{
	for (; *words != NULL; words++)
		offer(g, *words);
}

/* --- Of the tables. --- */

static void
offer_commands(struct gather *g)
{
	size_t i;

	for (i = 0; i < ncommands; i++)
		if (ascii_is_alpha((unsigned char)*commands[i]->name))
			offer(g, commands[i]->name);
}

/* `nohold' where that is what was begun. */
static void
offer_variables(struct gather *g)
{
	const struct var *v;
	char *off;

	for (v = variables; v->name != NULL; v++) {
		offer(g, v->name);
		if (v->type != VAR_BOOL || strncmp(g->part, "no", 2) != 0)
			continue;
		off = xasprintf("no%s", v->name);
		offer(g, off);
		free(off);
	}
}

/* --- Files. --- */

/* A name in a directory; what is hidden only where that was asked for. */
static void
offer_entry(struct gather *g, const char *dir, const char *shown,
    const struct dirent *entry)
{
	const char *name = entry->d_name, *base = g->part + strlen(shown);
	struct stat st;
	char *path, *word;

	if ((*name == '.' && *base != '.') || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0 ||
	    strncmp(name, base, strlen(base)) != 0)
		return;
	path = xasprintf("%s/%s", dir, name);
	word = xasprintf("%s%s%s", shown, name, stat(path, &st) == 0 &&
	    S_ISDIR(st.st_mode) ? "/" : "");
	offer(g, word);
	free(word);
	free(path);
}

/* The entries of a directory, each behind the text that led there. */
static void
offer_directory(struct gather *g, const char *dir, const char *shown)
{
	const struct dirent *entry;
	DIR *d = opendir(dir);

	if (d == NULL)
		return;
	while (!g->fits->more && (entry = readdir(d)) != NULL)
		offer_entry(g, dir, shown, entry);
	closedir(d);
}

static void
offer_files(struct gather *g)
{
	const char *slash = memrchr(g->part, '/', g->n);
	char *shown = xstrndup(g->part, slash == NULL ? 0 :
	    (size_t)(slash - g->part) + 1);
	struct fail why = { 0 };
	char *dir = *shown == '\0' ? xstrdup(".") : words_file(g->m, shown,
	    &why);

	if (dir != NULL)
		offer_directory(g, dir, shown);
	free(dir);
	free(shown);
}

/* --- Folders. --- */

struct mailboxes {
	struct gather	*g;
	const char	*shown;		/* in front of each: "+", "@work/", "" */
};

static int
offer_mailbox(void *ctx, const struct store_list_entry *e, struct fail *why)
{
	struct mailboxes *boxes = ctx;
	char *word = xasprintf("%s%s", boxes->shown, e->name);

	(void)why;
	if (e->selectable)
		offer(boxes->g, word);
	free(word);
	return 0;
}

/* Those of a server that we talk to already: one Tab is not to ask for a password. */
static void
offer_mailboxes(struct gather *g, const char *shown)
{
	struct mailboxes boxes = { g, shown };
	struct mailx *m = g->m;
	struct fail why = { 0 };
	char *base;

	if (m->folder == NULL || m->folder->ops->local ||
	    strncmp(m->folder_name, "imap", 4) != 0)
		return;
	base = folder_on_server(m->folder_name, "");
	(void)store_list(base, NULL, offer_mailbox, &boxes, &m->options, &why);
	free(base);
}

/* +name: in the directory that `folder' names. */
static void
offer_plus(struct gather *g)
{
	const char *slash = memrchr(g->part, '/', g->n);
	char *shown = xstrndup(g->part, slash == NULL ? 1 :
	    (size_t)(slash - g->part) + 1);
	struct fail why = { 0 };
	char *dir = folder_resolve(g->m, shown, false, &why);

	if (dir != NULL && !url_is_url(dir))
		offer_directory(g, strncmp(dir, "maildir:", 8) == 0 ? dir + 8 :
		    strncmp(dir, "mbox:", 5) == 0 ? dir + 5 : dir, shown);
	else if (dir != NULL)
		offer_mailboxes(g, "+");
	free(dir);
	free(shown);
}

static void
offer_account_folder(void *ctx, const char *name)
{
	char *word = xasprintf("@%s", name);

	offer(ctx, word);
	free(word);
}

static void
offer_folders(struct gather *g)
{
	if (*g->part == '+') {
		offer_plus(g);
		return;
	}
	if (*g->part == '@') {
		account_each(g->m, true, offer_account_folder, g);
		return;
	}
	offer_files(g);
	offer_mailboxes(g, "");
}

/* --- Addresses. --- */

/* Out of messages: only what could not be anything but an address. */
static void
offer_addrs(struct gather *g, const struct addrs *as)
{
	static const char others[] = "@.-_+=";
	const char *p;
	size_t i;

	for (i = 0; i < as->n; i++) {
		p = as->v[i].addr;
		if (p == NULL || !ascii_is_alpha((unsigned char)*p) ||
		    strchr(p, '@') == NULL)
			continue;
		while (ascii_is_alpha((unsigned char)*p) ||
		    ascii_is_digit((unsigned char)*p) ||
		    (*p != '\0' && strchr(others, *p) != NULL))
			p++;
		if (*p == '\0')
			offer(g, as->v[i].addr);
	}
}

static int
offer_message(void *ctx, struct store *s, uint32_t n, struct fail *why)
{
	struct gather *g = ctx;
	const struct envelope *e = store_msg(s, n)->envelope;

	(void)why;
	if (e == NULL)
		return 0;
	offer_addrs(g, &e->from);
	offer_addrs(g, &e->to);
	offer_addrs(g, &e->cc);
	return 0;
}

/* Those of the messages around the current one: no more than one answer of a server. */
static void
offer_correspondents(struct gather *g)
{
	struct mailx *m = g->m;
	struct numbers near = { 0 };
	struct fail why = { 0 };
	uint32_t n, first = m->dot > NEAR ? m->dot - NEAR : 1;

	for (n = first; n <= m->folder->count && n < first + 2 * NEAR; n++)
		if ((store_msg(m->folder, n)->flags & MSG_GONE) == 0)
			numbers_add(&near, n);
	g->any_case = true;
	(void)store_each(m->folder, &near, LOAD_ENVELOPE, offer_message, g,
	    &why);
	g->any_case = false;
	numbers_free(&near);
}

static void
offer_aliases(struct gather *g)
{
	alias_each(g->m, offer_word, g);
	if (g->m->folder != NULL && g->n > 0)
		offer_correspondents(g);
}

/* --- All. --- */

static const char *const sort_keys[] = { "arrived", "cc", "date", "flagged",
    "from", "reverse", "size", "subject", "to", "unread", NULL };
static const char *const search_keys[] = { "all", "answered", "attachment",
    "bcc", "before", "body", "cc", "deleted", "draft", "flagged", "from",
    "header", "keyword", "larger", "list", "new", "not", "old", "on", "or",
    "recent", "seen", "sentbefore", "senton", "sentsince", "since", "smaller",
    "subject", "text", "to", "today", "uid", "unanswered", "undeleted",
    "undraft", "unflagged", "unseen", "yesterday", NULL };
static const char *const field_names[] = { "bcc", "cc", "content-type", "date",
    "from", "list-id", "message-id", "received", "references", "reply-to",
    "sender", "status", "subject", "to", "user-agent", NULL };

static void
offer_help(struct gather *g)
{
	offer_commands(g);
	offer_variables(g);
}

static void
offer_accounts(struct gather *g)
{
	account_each(g->m, true, offer_word, g);
}

static void
offer_macros(struct gather *g)
{
	account_each(g->m, false, offer_word, g);
}

static void
offer_search(struct gather *g)
{
	offer_list(g, search_keys);
}

static void
offer_sort(struct gather *g)
{
	offer_list(g, sort_keys);
}

static void
offer_fields(struct gather *g)
{
	g->any_case = true;
	offer_list(g, field_names);
}

static void
offer_nothing(struct gather *g)
{
	(void)g;
}

void
gather(struct gather *g, enum kind kind)
{
	static void (*const ways[])(struct gather *) = {
		[KIND_NOTHING] = offer_nothing,
		[KIND_COMMAND] = offer_commands,
		[KIND_VARIABLE] = offer_variables,
		[KIND_FOLDER] = offer_folders,
		[KIND_ALIAS] = offer_aliases,
		[KIND_FILE] = offer_files,
		[KIND_ACCOUNT] = offer_accounts,
		[KIND_MACRO] = offer_macros,
		[KIND_SEARCH] = offer_search,
		[KIND_SORT] = offer_sort,
		[KIND_FIELD] = offer_fields,
		[KIND_HELP] = offer_help,
	};

	ways[kind](g);
}
