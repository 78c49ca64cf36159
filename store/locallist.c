/* SPDX-License-Identifier: ISC */
/* locallist.c -- the tree of folders on this machine. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "local.h"
#include "maildir.h"

struct listing {
	int		(*each)(void *, const struct store_list_entry *, struct fail *);
	void		 *ctx;
	const char	 *pattern;
	const struct store_options *options;
	struct fail	 *why;
};

/* What was not taken from new/ is unseen whatever its name says. */
static bool
count_directory(const char *path, const char *sub, struct store_list_entry *e)
{
	char *dir = xasprintf("%s/%s", path, sub);
	bool taken = strcmp(sub, "cur") == 0;
	const struct dirent *entry;
	const char *flags;
	DIR *d = opendir(dir);

	free(dir);
	while (d != NULL && (entry = readdir(d)) != NULL) {
		if (!maildir_is_message(dirfd(d), entry))
			continue;
		e->messages++;
		flags = taken ? strstr(entry->d_name, ":2,") : NULL;
		if (flags == NULL || strchr(flags, 'S') == NULL)
			e->unseen++;
	}
	return d != NULL && closedir(d) == 0;
}

/* Messages and unseen ones of a Maildir, by the names of its files alone. */
static void
count_maildir(const char *path, struct store_list_entry *e)
{
	if (!count_directory(path, "cur", e))
		return;
	(void)count_directory(path, "new", e);
	e->has_counts = true;
}

/* One that cannot be read has no counts. */
static void
count_mbox(const char *path, const struct store_options *o,
    struct store_list_entry *e)
{
	struct store *s = store_open(path, STORE_READ, o, NULL);
	uint32_t n;

	if (s == NULL)
		return;
	e->messages = s->count;
	for (n = 1; n <= s->count; n++)
		if ((store_msg(s, n)->flags & MSG_SEEN) == 0)
			e->unseen++;
	e->has_counts = true;
	(void)store_close(s, NULL);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
read_names(const char *dir, struct strv *names)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			strv_add(names, e->d_name);
	if (d != NULL)
		closedir(d);
	if (names->n > 0)
		qsort(names->v, names->n, sizeof *names->v, compare_names);
}

static int	list_below(struct listing *l, const char *dir, const char *prefix,
		    unsigned level);

static int
list_one(struct listing *l, const char *path, const char *name, unsigned level)
{
	struct store_list_entry e;
	bool is_dir = local_is_directory(path);
	struct strv below = { NULL, 0, 0 };
	size_t i;

	memset(&e, 0, sizeof e);
	e.name = name;
	e.selectable = is_dir ? local_is_maildir(path) : local_is_mbox(path);
	if (!is_dir && !e.selectable)
		return 0;
	if (is_dir) {
		read_names(path, &below);
		for (i = 0; i < below.n; i++)
			if (!local_is_own_part(below.v[i]))
				e.has_children = true;
		strv_free(&below);
	}
	if (l->pattern == NULL || store_pattern_matches(l->pattern, name)) {
		if (is_dir && e.selectable)
			count_maildir(path, &e);
		else if (e.selectable)
			count_mbox(path, l->options, &e);
		if (l->each(l->ctx, &e, l->why) == -1)
			return -1;
	}
	return is_dir && level < LOCAL_LEVELS ?
	    list_below(l, path, name, level + 1) : 0;
}

static int
list_below(struct listing *l, const char *dir, const char *prefix,
    unsigned level)
{
	struct strv names = { NULL, 0, 0 };
	bool maildir = local_is_maildir(dir);
	char *path, *name;
	struct stat st;
	size_t i;
	int r = 0;

	read_names(dir, &names);
	for (i = 0; i < names.n && r == 0; i++) {
		if (maildir && local_is_own_part(names.v[i]))
			continue;
		path = xasprintf("%s/%s", dir, names.v[i]);
		name = *prefix == '\0' ? xstrdup(names.v[i]) :
		    xasprintf("%s/%s", prefix, names.v[i]);
		/* A link to a directory could lead round in a circle. */
		if (lstat(path, &st) == 0 && !(S_ISLNK(st.st_mode) &&
		    local_is_directory(path)))
			r = list_one(l, path, name, level);
		free(name);
		free(path);
	}
	strv_free(&names);
	return r;
}

int
local_list(const char *base, const char *pattern,
    int (*each)(void *, const struct store_list_entry *, struct fail *),
    void *ctx, const struct store_options *o, struct fail *why)
{
	struct listing l = { each, ctx, pattern, o, why };
	const char *path = local_path(base);

	if (!local_is_directory(path))
		return fail(why, EX_NOINPUT, "%s: no such directory", path);
	return list_below(&l, path, "", 0);
}
