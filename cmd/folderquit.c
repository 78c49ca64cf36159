/* SPDX-License-Identifier: ISC */
/*
 * folderquit.c -- POSIX's quit from the system mailbox: what was read goes to
 * MBOX, what was saved elsewhere goes, the rest stays.
 *
 * The copy in MBOX is durable (store_copy) before anything is marked deleted,
 * and deletions become real after that: a crash leaves a message twice, never
 * not at all.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../store/local.h"
#include "folder.h"
#include "vars.h"

enum fate { STAYS, TO_MBOX, GOES };

static enum fate
fate_of(const struct mailx *m, uint32_t flags)
{
	if (flags & (MSG_GONE | MSG_DELETED | MSG_PRESERVED))
		return STAYS;
	if (flags & MSG_SAVED)
		return var_is_set(m, "keepsave") ? TO_MBOX : GOES;
	if (flags & MSG_TO_MBOX)
		return TO_MBOX;
	if ((flags & MSG_TOUCHED) && !var_is_set(m, "hold"))
		return TO_MBOX;
	return STAYS;
}

/* The folder that MBOX is now, to be written behind what is put there; NULL: plain appending. */
static int
open_old(struct mailx *m, const char *mbox, struct store **old,
    struct fail *why)
{
	struct fail own = { 0 };

	*old = NULL;
	if (var_is_set(m, "append"))
		return 0;
	*old = store_open(mbox, STORE_WRITE, &m->options, &own);
	if (*old == NULL && own.code != EX_NOINPUT)
		return fail(why, own.code, "%s", own.text);
	return 0;
}

/* noappend: what was in MBOX is put there again behind the new, then taken away in front. */
static int
put_behind(struct store *old, const char *mbox, struct fail *why)
{
	struct store_copied copied;
	struct numbers all = { NULL, 0, 0 };
	int r = 0;

	numbers_add_all(&all, old);
	if (all.n > 0) {
		r = store_copy(old, &all, mbox, true, &copied, why);
		store_copied_free(&copied);
	}
	numbers_free(&all);
	return r == 0 ? store_sync(old, SYNC_FLAGS | SYNC_EXPUNGE, why) : -1;
}

static int
move_to(struct mailx *m, const struct numbers *ns, const char *mbox,
    struct fail *why)
{
	struct store_copied copied;
	struct store *old;
	int r;

	if (open_old(m, mbox, &old, why) == -1)
		return -1;
	r = store_copy(m->folder, ns, mbox, true, &copied, why);
	store_copied_free(&copied);
	if (r == 0 && old != NULL && old->count > 0)
		r = put_behind(old, mbox, why);
	if (store_close(old, r == 0 ? why : NULL) == -1)
		r = -1;
	if (r == -1)
		fail_where(why, "MBOX");
	return r;
}

static bool
same_file(const char *a, const char *b)
{
	struct stat x, y;

	a = local_path(a);
	b = local_path(b);
	return strcmp(a, b) == 0 || (stat(a, &x) == 0 && stat(b, &y) == 0 &&
	    x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

bool
folder_is_mail(struct mailx *m, const char *path)
{
	static const char *const names[] = { "%", "&" };
	bool is = m->folder_name != NULL && same_file(path, m->folder_name);
	struct fail none = { 0 };
	char *other;
	size_t i;

	for (i = 0; i < NELEM(names) && !is; i++) {
		other = folder_resolve(m, names[i], false, &none);
		is = other != NULL && same_file(path, other);
		free(other);
	}
	return is;
}

int
folder_empty_system(struct mailx *m, uint32_t *moved, struct fail *why)
{
	struct numbers ns = { NULL, 0, 0 };
	char *mbox = NULL;
	enum fate fate;
	uint32_t n;
	int r = 0;

	*moved = 0;
	for (n = 1; n <= m->folder->count; n++) {
		fate = fate_of(m, store_msg(m->folder, n)->flags);
		if (fate == GOES)
			store_flag(m->folder, n, MSG_DELETED, 0);
		else if (fate == TO_MBOX)
			numbers_add(&ns, n);
	}
	if (ns.n > 0 && (mbox = folder_resolve(m, "&", false, why)) == NULL)
		r = -1;
	if (r == 0 && ns.n > 0 && !same_file(mbox, m->folder_name)) {
		r = move_to(m, &ns, mbox, why);
		if (r == 0)
			*moved = (uint32_t)ns.n;
	}
	free(mbox);
	numbers_free(&ns);
	return r;
}
