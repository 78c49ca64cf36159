/* SPDX-License-Identifier: ISC */
/*
 * cachetrim.c -- the cache is bounded: the files that were written longest ago go
 * first.  Half-written ones of processes that died grow old and go the same way.
 */
#include <sys/stat.h>

#include <fts.h>
#include <stdlib.h>
#include <unistd.h>

#include "../util.h"
#include "cachetrim.h"

#define BLOCK	4096	/* what a file costs beside its octets */

struct file {
	char		*path;		/* owned */
	int64_t		 written;
	uint64_t	 size;
};

static int
compare_files(const void *a, const void *b)
{
	const struct file *x = a, *y = b;

	return x->written < y->written ? -1 : x->written > y->written;
}

static void
remove_oldest(struct file *v, size_t n, uint64_t total)
{
	size_t i;

	qsort(v, n, sizeof(*v), compare_files);
	for (i = 0; i < n && total > MAX_CACHE / 4 * 3; i++)
		if (unlink(v[i].path) == 0)
			total -= v[i].size;
}

void
cache_trim(const char *dir)
{
	char *path = xstrdup(dir), *paths[] = { path, NULL };
	struct file *v = NULL;
	size_t n = 0, cap = 0;
	uint64_t total = 0;
	FTSENT *e;
	FTS *fts;

	if ((fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL)) != NULL) {
		while ((e = fts_read(fts)) != NULL && n < MAX_CACHE_FILES) {
			if (e->fts_info != FTS_F)
				continue;
			v = xgrow(v, n, &cap, sizeof(*v));
			v[n].path = xstrdup(e->fts_path);
			v[n].written = e->fts_statp->st_mtime;
			v[n].size = (uint64_t)e->fts_statp->st_size + BLOCK;
			total += v[n++].size;
		}
		fts_close(fts);
	}
	if (total > MAX_CACHE && n > 0)
		remove_oldest(v, n, total);
	while (n > 0)
		free(v[--n].path);
	free(v);
	free(path);
}
