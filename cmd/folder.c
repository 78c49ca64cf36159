/* SPDX-License-Identifier: ISC */
/*
 * folder.c -- the current folder: opened when a command first needs it, changed,
 * and left.
 *
 * Of a change the new folder is open before the old one is left, so that a
 * mistyped name costs nothing.  What leaves for MBOX is durable there before it
 * is removed here (folderquit.c).
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "../net/url.h"
#include "../store/lock.h"
#include "../store/local.h"
#include "folder.h"
#include "order.h"
#include "out.h"
#include "vars.h"
#include "words.h"

/* --- Names. --- */

/* For people: a URL loses its password. */
static char *
shown_name(const char *name)
{
	struct url u;
	char *text;

	if (!url_is_url(name) || url_parse(name, &u, NULL) == -1)
		return xstrdup(name);
	text = url_text(&u, true);
	url_free(&u);
	return text;
}

/* Named by someone else, it may still hold a password: host and path then. */
static const char *
without_password(const char *name)
{
	const char *authority = strstr(name, "//"), *at;

	if (!url_is_url(name) || authority == NULL)
		return name;
	authority += 2;
	at = memrchr(authority, '@', strcspn(authority, "/?"));
	return at == NULL ? name : at + 1;
}

const char *
folder_shown(const struct mailx *m)
{
	if (m->folder != NULL && m->folder->ops != &store_null)
		return m->folder->name;
	if (m->folder_name != NULL)
		return without_password(m->folder_name);
	return m->folder_shown == NULL ? "" : without_password(m->folder_shown);
}

static void
rename_folder(struct mailx *m, char *name, const char *shown)
{
	char *copy = shown_name(shown);

	free(m->folder_name);
	free(m->folder_shown);
	m->folder_name = name;
	m->folder_shown = copy;
}

int
folder_set(struct mailx *m, const char *name, struct fail *why)
{
	char *path = folder_resolve(m, name, true, why);

	if (path == NULL)
		return -1;
	rename_folder(m, path, name);
	return 0;
}

/* `inbox' may put % elsewhere; only what the system delivers into is emptied. */
static bool
is_system(const struct mailx *m, const char *shown)
{
	const char *inbox = var_get(m, "inbox");

	return shown[0] == '%' &&
	    (shown[1] != '\0' || inbox == NULL || *inbox == '\0');
}

/* --- Opening. --- */

/* A system mailbox that is not there is an empty one. */
static struct store *
open_store(struct mailx *m, const char *name, const char *shown,
    struct fail *why)
{
	enum store_mode mode = m->read_only ? STORE_READ : STORE_WRITE;
	struct fail own = { 0 };
	struct store *s;

	s = store_open(name, mode, &m->options, &own);
	if (s == NULL && own.code == EX_NOINPUT && shown[0] == '%' &&
	    !url_is_url(name)) {
		fail_clear(&own);
		s = store_open("/dev/null", mode, &m->options, &own);
	}
	if (s == NULL)
		fail(why, own.code, "%s", own.text);
	return s;
}

/* The first that has none of these flags; 0: there is none. */
static uint32_t
first_without(const struct store *s, uint32_t flags)
{
	uint32_t n;

	for (n = 1; n <= s->count; n++)
		if ((s->msgs[n - 1].flags & (flags | MSG_GONE)) == 0)
			return n;
	return 0;
}

static struct search *
unseen(void)
{
	struct search *seen = search_new(SEARCH_FLAG);

	seen->number = MSG_SEEN;
	return search_join(SEARCH_NOT, seen, NULL);
}

/* On a server: what it tells, without the flags of all messages. */
static int
ask_unseen(struct store *s, uint32_t *first, uint32_t *count, struct fail *why)
{
	struct numbers found = { NULL, 0, 0 };
	struct search *x;
	int r = store_unseen(s, first, count, why);

	if (r != 0)
		return r == 1 ? 0 : -1;
	x = unseen();
	r = store_search(s, x, NULL, &found, why);
	*first = found.n > 0 ? found.v[0] : 0;
	if (count != NULL)
		*count = (uint32_t)found.n;
	numbers_free(&found);
	search_free(x);
	return r;
}

/* POSIX: the first new message, else the first unread one, else the first. */
static int
find_dot(struct store *s, uint32_t *dot, struct fail *why)
{
	*dot = 0;
	if (s->count == 0)
		return 0;
	if (strcmp(s->ops->kind, "IMAP") == 0) {
		if (ask_unseen(s, dot, NULL, why) == -1)
			return -1;
	} else if (s->ops->local) {
		*dot = first_without(s, MSG_SEEN | MSG_OLD | MSG_DELETED);
		if (*dot == 0)
			*dot = first_without(s, MSG_SEEN | MSG_DELETED);
	}
	if (*dot == 0)
		*dot = first_without(s, MSG_DELETED);
	if (*dot == 0)
		*dot = first_without(s, 0);
	return 0;
}

/* Make it the current one. */
static void
take(struct mailx *m, struct store *s, uint32_t dot)
{
	m->folder = s;
	m->folders++;
	m->dot = dot;
	m->folder_is_system = s->ops->local && is_system(m, m->folder_shown);
	numbers_free(&m->found);
	order_forget(m);
}

int
folder_need(struct mailx *m, struct fail *why)
{
	struct store *s;
	uint32_t dot;

	if (m->folder != NULL)
		return 0;
	if (m->folder_name == NULL && folder_set(m, "%", why) == -1)
		return -1;
	if (m->folder_shown == NULL)
		m->folder_shown = shown_name(m->folder_name);
	s = open_store(m, m->folder_name, m->folder_shown, why);
	if (s == NULL)
		return -1;
	if (find_dot(s, &dot, why) == -1) {
		store_close(s, NULL);
		return -1;
	}
	take(m, s, dot);
	return 0;
}

/* --- Name and counts. --- */

struct counts {
	uint32_t	messages, new, unread, deleted;
};

static int
count(struct store *s, struct counts *c, struct fail *why)
{
	uint32_t n, flags, first;

	memset(c, 0, sizeof *c);
	for (n = 1; n <= s->count; n++) {
		flags = store_msg(s, n)->flags;
		if (flags & MSG_GONE)
			continue;
		c->messages++;
		if (flags & MSG_DELETED)
			c->deleted++;
		else if (s->ops->local && !(flags & MSG_SEEN)) {
			c->unread++;
			if (!(flags & MSG_OLD))
				c->new++;
		}
	}
	return strcmp(s->ops->kind, "IMAP") == 0 && s->count > 0 ?
	    ask_unseen(s, &first, &c->unread, why) : 0;
}

static void
put_count(FILE *f, uint32_t n, const char *what)
{
	if (n > 0)
		fprintf(f, " %u %s", n, what);
}

int
folder_announce(struct mailx *m, struct fail *why)
{
	struct store_list_entry e = { .selectable = true, .has_counts = true };
	struct counts c;
	char *text;
	size_t len;
	FILE *f;

	if (folder_need(m, why) == -1 || count(m->folder, &c, why) == -1)
		return -1;
	if (m->json) {
		e.name = folder_shown(m);
		e.messages = c.messages;
		e.unseen = c.unread;
		out_folder(m, &e);
		return 0;
	}
	f = xmemstream(&text, &len);
	fprintf(f, "\"%s\": %u message%s", folder_shown(m), c.messages,
	    c.messages == 1 ? "" : "s");
	put_count(f, c.new, "new");
	put_count(f, c.unread - c.new, "unread");
	put_count(f, c.deleted, "deleted");
	if (m->folder->mode == STORE_READ)
		fputs(" [Read only]", f);
	fclose(f);
	out_line(m, "%s", text);
	free(text);
	return 0;
}

/* --- Leaving. --- */

static bool
may_change(const struct mailx *m)
{
	return !m->read_only && m->folder->mode == STORE_WRITE &&
	    m->folder->ops->sync != NULL;
}

/* A session of a person has seen the list: nothing in it is new any more. */
static void
mark_old(struct mailx *m)
{
	uint32_t n;

	if (m->scripted || !m->folder->ops->local)
		return;
	for (n = 1; n <= m->folder->count; n++)
		if ((store_msg(m->folder, n)->flags & MSG_GONE) == 0)
			store_flag(m->folder, n, MSG_OLD, 0);
}

/* What there is to sync: SYNC_ bits. */
static unsigned
changes(const struct store *s)
{
	const struct msg *msg;
	unsigned how = 0;
	uint32_t n;

	for (n = 1; n <= s->count; n++) {
		msg = &s->msgs[n - 1];
		if (msg->flags & MSG_GONE)
			continue;
		if (((msg->flags ^ msg->stored) & MSG_LASTING) != 0 ||
		    (msg->flags & MSG_TAGS_CHANGED) != 0)
			how |= SYNC_FLAGS;
		if (msg->flags & MSG_DELETED)
			how |= SYNC_EXPUNGE;
	}
	/* Deletions by others alone are theirs to finish. */
	return (how & SYNC_FLAGS) == 0 ? 0 : how;
}

/* POSIX: without `keep' an empty mailbox file goes; never while mail comes in. */
static void
remove_empty(const struct mailx *m, const char *path)
{
	struct stat st;
	struct lock *l;
	int fd;

	if (var_is_set(m, "keep") || m->scripted ||
	    lstat(path, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size > 0)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return;
	l = lock_mailbox(path, fd, true, 1, NULL);
	/* Where it cannot be removed, an empty one stays: as good. */
	if (l != NULL && fstat(fd, &st) == 0 && st.st_size == 0)
		(void)unlink(path);
	lock_release(l);
	close(fd);
}

/* What a person is told who leaves the system mailbox. */
static void
tell(struct mailx *m, uint32_t moved)
{
	struct counts c;

	if (moved > 0)
		out_line(m, "Saved %u message%s in %s", moved,
		    moved == 1 ? "" : "s", var_get(m, "MBOX"));
	if (count(m->folder, &c, NULL) == 0 && c.messages > 0)
		out_line(m, "Held %u message%s in %s", c.messages,
		    c.messages == 1 ? "" : "s", folder_shown(m));
}

static int
leave_changed(struct mailx *m, struct fail *why)
{
	uint32_t moved = 0;
	unsigned how;

	mark_old(m);
	if (m->folder_is_system && !m->scripted &&
	    folder_empty_system(m, &moved, why) == -1)
		return -1;
	how = changes(m->folder);
	if (how != 0 && store_sync(m->folder, how, why) == -1)
		return -1;
	if (m->interactive && m->folder_is_system)
		tell(m, moved);
	return 0;
}

/* The store alone; on failure it stays open. */
static int
leave(struct mailx *m, bool unchanged, struct fail *why)
{
	bool changes_it = !unchanged && may_change(m), empty = false;
	char *path;
	uint32_t n;
	int r;

	if (changes_it && leave_changed(m, why) == -1)
		return -1;
	if (changes_it && strcmp(m->folder->ops->kind, "mbox") == 0)
		for (n = 1, empty = m->folder->count > 0;
		    n <= m->folder->count && empty; n++)
			empty = (store_msg(m->folder, n)->flags & MSG_GONE) != 0;
	path = xstrdup(local_path(m->folder->name));
	r = store_close(m->folder, why);
	m->folder = NULL;
	m->dot = 0;
	numbers_free(&m->found);
	order_forget(m);
	if (empty)
		remove_empty(m, path);
	free(path);
	return r;
}

int
folder_leave(struct mailx *m, bool unchanged, struct fail *why)
{
	return m->folder == NULL ? 0 : leave(m, unchanged, why);
}

/* --- Changing. --- */

/* To the one that is open: it is left first, for what it then holds is shown. */
static int
reopen(struct mailx *m, const char *shown, struct fail *why)
{
	if (folder_leave(m, false, why) == -1)
		return -1;
	free(m->folder_shown);
	m->folder_shown = shown_name(shown);
	return folder_need(m, why);
}

static void
change_names(struct mailx *m, char *name, const char *shown)
{
	free(m->previous);
	m->previous = m->folder_name;
	m->folder_name = NULL;
	rename_folder(m, name, shown);
}

int
folder_change(struct mailx *m, const char *name, struct fail *why)
{
	char *path = words_folder(m, name, why);
	struct store *s;
	uint32_t dot = 0;

	if (path == NULL)
		return -1;
	if (m->folder_name != NULL && strcmp(path, m->folder_name) == 0) {
		free(path);
		return reopen(m, name, why);
	}
	s = open_store(m, path, name, why);
	if (s == NULL || find_dot(s, &dot, why) == -1 ||
	    folder_leave(m, false, why) == -1) {
		store_close(s, NULL);
		free(path);
		return -1;
	}
	change_names(m, path, name);
	take(m, s, dot);
	return 0;
}
