/* SPDX-License-Identifier: ISC */
/*
 * localremove.c -- removing folders on this machine, with -f those below too.  What is
 * no mailbox is never removed: where such a file is in the way, nothing is.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mbox.h"

typedef int	visit(const char *path, unsigned level, const struct store_options *o,
		    struct fail *why);

static void
read_entries(const char *path, struct strv *names)
{
	DIR *d = opendir(path);
	const struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			strv_add(names, e->d_name);
	if (d != NULL)
		closedir(d);
}

static bool
has_entries(const char *path, const char *sub)
{
	char *dir = xasprintf("%s/%s", path, sub);
	struct strv names = { NULL, 0, 0 };
	bool has;

	read_entries(dir, &names);
	has = names.n > 0;
	strv_free(&names);
	free(dir);
	return has;
}

static bool
is_real_directory(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* In a Maildir there are files of other programs, and folders that begin with a dot. */
static bool
is_below(const char *path, const char *name, bool in_maildir)
{
	if (!in_maildir)
		return true;
	return name[0] != '.' && !local_is_own_part(name) &&
	    (is_real_directory(path) || local_is_mbox(path));
}

/* Each folder and file in a directory, but for the parts of a Maildir. */
static int
each_below(const char *dir, unsigned level, visit *each,
    const struct store_options *o, struct fail *why)
{
	bool in_maildir = local_is_maildir(dir);
	struct strv names = { NULL, 0, 0 };
	char *path;
	size_t i;
	int r = 0;

	if (level >= LOCAL_LEVELS)
		return fail(why, EX_CANTCREAT, "%s: too many levels of folders", dir);
	read_entries(dir, &names);
	for (i = 0; r == 0 && i < names.n; i++) {
		path = xasprintf("%s/%s", dir, names.v[i]);
		if (is_below(path, names.v[i], in_maildir))
			r = each(path, level + 1, o, why);
		free(path);
	}
	strv_free(&names);
	return r;
}

static int
refuse_any(const char *path, unsigned level, const struct store_options *o,
    struct fail *why)
{
	(void)level;
	(void)o;
	return fail(why, EX_CANTCREAT, "%.*s: has mailboxes in it",
	    (int)(strrchr(path, '/') - path), path);
}

/* May this be removed, with all that is below it? */
static int
check(const char *path, unsigned level, const struct store_options *o,
    struct fail *why)
{
	struct stat st;

	if (lstat(path, &st) == -1)
		return fail_errno(why, local_code(errno, false), "%s", path);
	if (S_ISDIR(st.st_mode))
		return each_below(path, level, check, o, why);
	if (!S_ISREG(st.st_mode) || !local_is_mbox(path))
		return fail(why, EX_CANTCREAT, "%s: not a mailbox", path);
	return local_is_half_changed(path, o, why) ? -1 : 0;
}

static int
remove_files(const char *path, const char *sub, struct fail *why)
{
	char *dir = xasprintf("%s/%s", path, sub), *file;
	struct strv names = { NULL, 0, 0 };
	size_t i;
	int r = 0;

	read_entries(dir, &names);
	for (i = 0; r == 0 && i < names.n; i++) {
		file = xasprintf("%s/%s", dir, names.v[i]);
		if (unlink(file) == -1 && errno != ENOENT)
			r = fail_errno(why, EX_IOERR, "%s", file);
		free(file);
	}
	strv_free(&names);
	if (r == 0 && rmdir(dir) == -1 && errno != ENOENT)
		r = fail_errno(why, EX_CANTCREAT, "%s", dir);
	free(dir);
	return r;
}

/* What else is in a Maildir stays, and the directory with it. */
static int
remove_directory(const char *path, struct fail *why)
{
	bool maildir = local_is_maildir(path);

	if (maildir && (remove_files(path, "new", why) == -1 ||
	    remove_files(path, "tmp", why) == -1 ||
	    remove_files(path, "cur", why) == -1))
		return -1;
	if (rmdir(path) == -1 && !(maildir && errno == ENOTEMPTY))
		return fail_errno(why, EX_CANTCREAT, "%s", path);
	return local_sync_parent(path, why);
}

static int
remove_all(const char *path, unsigned level, const struct store_options *o,
    struct fail *why)
{
	if (is_real_directory(path))
		return each_below(path, level, remove_all, o, why) == -1 ? -1 :
		    remove_directory(path, why);
	if (unlink(path) == -1)
		return fail_errno(why, EX_CANTCREAT, "%s", path);
	return local_sync_parent(path, why);
}

static int
check_empty(const char *path, const struct store_options *o, struct fail *why)
{
	struct stat st;

	if (is_real_directory(path)) {
		if (has_entries(path, "cur") || has_entries(path, "new"))
			return fail(why, EX_CANTCREAT, "%s: not empty", path);
		return each_below(path, 0, refuse_any, o, why);
	}
	return lstat(path, &st) == 0 && st.st_size > 0 ?
	    fail(why, EX_CANTCREAT, "%s: not empty", path) : 0;
}

int
local_rmdir(const char *name, bool force, const struct store_options *o,
    struct fail *why)
{
	const char *path = local_path(name);

	if (check(path, 0, o, why) == -1 ||
	    (!force && check_empty(path, o, why) == -1))
		return -1;
	return remove_all(path, 0, o, why);
}
