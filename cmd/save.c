/* SPDX-License-Identifier: ISC */
/*
 * save.c -- messages into other folders: save, copy, move, Save, Copy.
 *
 * All go through store_copy, by the server itself where it can.  A part is no
 * message: its decoded bytes go into a file, as `write' does it.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../net/url.h"
#include "folder.h"
#include "out.h"
#include "read.h"
#include "vars.h"
#include "words.h"
#include "write.h"

/* --- What is told. --- */

/* The path of a local folder's name; NULL: it is on a server. */
static const char *
local_path(const char *name)
{
	if (strncmp(name, "mbox:", 5) == 0)
		return name + 5;
	if (strncmp(name, "maildir:", 8) == 0)
		return name + 8;
	return url_is_url(name) ? NULL : name;
}

/* A folder's name without a password.  The caller frees. */
static char *
shown_name(const char *name)
{
	const char *path = local_path(name);
	struct url u;
	char *text;

	if (path != NULL)
		return xstrdup(path);
	if (url_parse(name, &u, NULL) == -1)
		return xstrdup("folder");
	text = url_text(&u, true);
	url_free(&u);
	return text;
}

/* Octets of these messages, where they are known without asking; else 0. */
static uint64_t
octets_of(struct mailx *m, const struct numbers *ns)
{
	const struct msg *msg;
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < ns->n; i++) {
		msg = store_msg(m->folder, ns->v[i]);
		if ((msg->loaded & LOAD_SIZE) == 0)
			return 0;
		sum += msg->size;
	}
	return sum;
}

/* "1-3 7": a list that commands take.  The caller frees. */
static char *
list_text(const struct numbers *ns)
{
	char *text;
	size_t len, i, last;
	FILE *f;

	f = xmemstream(&text, &len);
	for (i = 0; i < ns->n; i = last + 1) {
		for (last = i; last + 1 < ns->n &&
		    ns->v[last + 1] == ns->v[last] + 1; last++)
			continue;
		fprintf(f, "%s%u", i > 0 ? " " : "", ns->v[i]);
		if (last > i)
			fprintf(f, "-%u", ns->v[last]);
	}
	fclose(f);
	return text;
}

/* Which ones, where they are not all. */
static void
tell(struct mailx *m, const struct numbers *ns, const char *dest,
    const char *how, bool all)
{
	uint64_t octets = octets_of(m, ns);
	char *name = shown_name(dest), size[40] = "", *list;

	list = all ? xstrdup("") : list_text(ns);
	if (octets > 0)
		snprintf(size, sizeof(size), ", %llu octets",
		    (unsigned long long)octets);
	out_line(m, "\"%s\" [%s] %zu message%s%s%s%s", name, how, ns->n,
	    ns->n == 1 ? "" : "s", size, all ? "" : ": ", list);
	free(list);
	free(name);
}

/* --- Whole messages. --- */

/*
 * The states that POSIX gives them.  A copy is "read" only where states matter,
 * in the system mailbox: elsewhere a copy is no reason to say \Seen to a server.
 */
static void
mark(struct mailx *m, const struct numbers *ns, const struct cmd *c)
{
	bool saved = strcasecmp(c->name, "save") == 0;
	size_t i;

	if (m->read_only || m->folder->mode != STORE_WRITE)
		return;
	for (i = 0; i < ns->n; i++)
		store_flag(m->folder, ns->v[i], saved ? MSG_SAVED :
		    m->folder_is_system ? MSG_TOUCHED | MSG_SEEN : MSG_TOUCHED,
		    0);
}

/* Behind the last one that is gone, as after `delete'. */
static void
after_move(struct mailx *m, const struct msglist *list)
{
	read_current(m, list);
	m->dot = read_next(m, m->dot, true);
}

/* What was copied is dealt with, and told, even where others were not. */
static void
finish(struct mailx *m, const struct args *a, const struct store_copied *copied,
    const char *dest, const char *how, bool all)
{
	bool move = strcmp(a->cmd->name, "move") == 0;

	if (copied->unsure.n > 0)
		tell(m, &copied->unsure, dest, "Perhaps copied", false);
	if (copied->there.n == 0 && !all)
		return;
	if (move)
		after_move(m, &a->msgs);
	else {
		mark(m, &copied->there, a->cmd);
		read_current(m, &a->msgs);
	}
	/* After a failure they may yet stay here, but where the server took them. */
	if (move && !all && (store_msg(m->folder,
	    copied->there.v[0])->flags & MSG_GONE) == 0)
		how = "Copied";
	tell(m, &copied->there, dest, how, all);
}

static int
into_folder(struct mailx *m, const struct args *a, const char *dest)
{
	bool move = strcmp(a->cmd->name, "move") == 0;
	const char *path = local_path(dest), *how;
	struct store_copied copied;
	struct numbers ns = { 0 };
	int r;

	/* A server does not say whether it made the mailbox for them. */
	how = path == NULL ? (move ? "Moved" : "Copied") :
	    access(path, F_OK) == -1 ? "New file" : "Appended";
	msglist_numbers(&a->msgs, &ns);
	r = read_load(m, &a->msgs, LOAD_FLAGS, &m->why);
	if (r == 0) {
		r = store_copy(m->folder, &ns, dest, move, &copied, &m->why);
		finish(m, a, &copied, dest, how, r == 0);
		store_copied_free(&copied);
	}
	numbers_free(&ns);
	return r;
}

/* --- The commands. --- */

static size_t
count_parts(const struct msglist *list)
{
	size_t i, n = 0;

	for (i = 0; i < list->n; i++)
		n += list->v[i].part != NULL;
	return n;
}

static int
run_save(struct mailx *m, struct args *a)
{
	const char *name = a->words.n > 0 ? a->words.v[0] : "&";
	size_t parts = count_parts(&a->msgs);
	char *dest;
	int r;

	if (parts > 0 && parts < a->msgs.n)
		return fail(&m->why, EX_USAGE, "messages and parts of messages "
		    "do not go into one folder");
	if (parts > 0 && strcmp(a->cmd->name, "move") == 0)
		out_note(m, "a part was taken: the message stays");
	if (parts > 0)
		return write_list(m, a, name);
	dest = words_folder(m, name, &m->why);
	r = dest == NULL ? -1 : into_folder(m, a, dest);
	free(dest);
	return r;
}

/* The login name of who wrote it, safe as a file's.  The caller frees. */
static char *
author_name(struct mailx *m, uint32_t n, struct fail *why)
{
	const struct envelope *e = store_envelope(m->folder, n, why);
	const struct addrs *from;
	const char *at;
	char *login, *name;

	if (e == NULL)
		return NULL;
	from = e->from.n > 0 ? &e->from : &e->sender;
	if (from->n == 0)
		return xstrdup("unknown");
	at = strrchr(from->v[0].addr, '@');
	login = at == NULL ? xstrdup(from->v[0].addr) :
	    xstrndup(from->v[0].addr, (size_t)(at - from->v[0].addr));
	name = part_clean_name(login);
	free(login);
	if (*name != '\0')
		return name;
	free(name);
	return xstrdup("unknown");
}

/* Save, Copy: a file of the first author's name, here or under `folder'. */
static int
run_by_author(struct mailx *m, struct args *a)
{
	bool under = var_is_set(m, "outfolder") && var_is_set(m, "folder");
	char *author = author_name(m, a->msgs.v[0].n, &m->why);
	char *name, *dest;
	int r;

	if (author == NULL)
		return -1;
	name = xasprintf("%s%s", under ? "+" : "./", author);
	dest = folder_resolve(m, name, false, &m->why);
	r = dest == NULL ? -1 : into_folder(m, a, dest);
	free(dest);
	free(name);
	free(author);
	return r;
}

const struct cmd cmd_save = {
	.name = "save", .abbreviation = "s", .flags = CMD_FOLDER | CMD_PARTS,
	.takes = TAKES_MSGS_WORD, .empty = DEFAULT_DOT, .max = 1,
	.usage = "[[msglist] folder]",
	.help = "append messages to a folder and mark them saved, parts to a file",
	.run = run_save
};

const struct cmd cmd_copy = {
	.name = "copy", .abbreviation = "c", .flags = CMD_FOLDER | CMD_PARTS,
	.takes = TAKES_MSGS_WORD, .empty = DEFAULT_DOT, .max = 1,
	.usage = "[[msglist] folder]",
	.help = "append messages to a folder, parts to a file", .run = run_save
};

const struct cmd cmd_move = {
	.name = "move", .flags = CMD_FOLDER | CMD_PARTS | CMD_CHANGES,
	.takes = TAKES_MSGS_WORD, .empty = DEFAULT_DOT, .min = 1, .max = 1,
	.usage = "[msglist] folder",
	.help = "append messages to a folder and delete them here",
	.run = run_save
};

const struct cmd cmd_Save = {
	.name = "Save", .abbreviation = "S", .flags = CMD_FOLDER,
	.takes = TAKES_MSGS, .empty = DEFAULT_DOT, .max = -1,
	.usage = "[msglist]",
	.help = "save messages in a file named after who sent the first",
	.run = run_by_author
};

const struct cmd cmd_Copy = {
	.name = "Copy", .abbreviation = "C", .flags = CMD_FOLDER,
	.takes = TAKES_MSGS, .empty = DEFAULT_DOT, .max = -1,
	.usage = "[msglist]",
	.help = "copy messages into a file named after who sent the first",
	.run = run_by_author
};
