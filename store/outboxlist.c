/* SPDX-License-Identifier: ISC */
/* outboxlist.c -- what is in the directories of the outbox: messages, and litter. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "outboxint.h"

#define LITTER	(36 * 3600)	/* seconds after which a file of nobody is litter */

/* --- Listing. --- */

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static DIR *
open_list(const struct outbox *b, enum outbox_place place, struct fail *why)
{
	int fd = openat(b->dir[place], ".", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);

	if (d != NULL)
		return d;
	fail_errno(why, EX_IOERR, "%s", b->path);
	if (fd != -1)
		close(fd);
	return NULL;
}

int
outbox_list(struct outbox *b, enum outbox_place place, struct strv *ids,
    struct fail *why)
{
	DIR *d = open_list(b, place, why);
	struct dirent *e;
	size_t n;

	if (d == NULL)
		return -1;
	while ((errno = 0, e = readdir(d)) != NULL) {
		n = strlen(e->d_name);
		if (n > 4 && strcmp(e->d_name + n - 4, ".env") == 0 &&
		    outbox_is_id(e->d_name, n - 4))
			strv_take(ids, xstrndup(e->d_name, n - 4));
	}
	if (errno != 0)
		fail_errno(why, EX_IOERR, "%s", b->path);
	closedir(d);
	if (ids->n > 1)
		qsort(ids->v, ids->n, sizeof *ids->v, compare);
	return why->code == 0 ? 0 : -1;
}

/* --- Litter. --- */

static bool
is_litter(const struct outbox *b, enum outbox_place place, const char *name,
    time_t now)
{
	size_t n = strlen(name);
	char id[OUTBOX_ID];
	struct stat st;

	if (n > 5 && place == OUTBOX_TMP && name[n - 1] == '0' &&
	    name[n - 4] == '.')
		return true;	/* thrown away */
	if (n < 5 || !outbox_is_id(name, n - 4) ||
	    fstatat(b->dir[place], name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    now - st.st_ctime < LITTER)
		return false;
	if (place == OUTBOX_TMP)
		return true;
	memcpy(id, name, n - 4);
	id[n - 4] = '\0';
	return strcmp(name + n - 4, ".msg") == 0 &&
	    !outbox_has(b, OUTBOX_QUEUE, id, ".env") &&
	    !outbox_has(b, OUTBOX_FAILED, id, ".env") &&
	    !outbox_has(b, OUTBOX_BAD, id, ".env");
}

static bool
is_over(const struct timespec *end)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > end->tv_sec || (now.tv_sec == end->tv_sec &&
	    now.tv_nsec > end->tv_nsec);
}

/* For so many milliseconds. */
static void
sweep(struct outbox *b, enum outbox_place place, const char *mark, int most)
{
	struct fail ignored = { 0 };
	time_t now = time(NULL);
	DIR *d = open_list(b, place, &ignored);
	struct timespec end;
	struct dirent *e;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += most / 1000;
	end.tv_nsec += most % 1000 * 1000000L;
	while (d != NULL && !is_over(&end) && (e = readdir(d)) != NULL)
		if (strstr(e->d_name, mark) != NULL &&
		    is_litter(b, place, e->d_name, now))
			(void)unlinkat(b->dir[place], e->d_name, 0);
	if (d != NULL)
		closedir(d);
}

void
outbox_sweep(struct outbox *b)
{
	sweep(b, OUTBOX_TMP, "0", 50);
}

void
outbox_garbage(struct outbox *b)
{
	sweep(b, OUTBOX_TMP, ".", 700);
	sweep(b, OUTBOX_QUEUE, ".msg", 300);
}
