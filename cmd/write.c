/* SPDX-License-Identifier: ISC */
/*
 * write.c -- write: bodies without their header, and parts, into a file or a
 * directory.
 *
 * What is written is decoded, its charset untouched: with the header gone,
 * nothing would tell any more how it was encoded.  Of a multipart message it is
 * the body as it stands.  Messages are appended, as POSIX has it; a part makes a
 * new file, for two PDFs behind each other are none.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "out.h"
#include "read.h"
#include "safefile.h"
#include "words.h"
#include "write.h"

/* The part that is meant: of a whole message its root. */
static struct part *
part_of(struct mailx *m, const struct msgref *r, struct fail *why)
{
	return r->part == NULL ? store_structure(m->folder, r->n, why) :
	    read_part(m, r->n, r->part, why);
}

static bool
has_parts(const struct msglist *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->v[i].part != NULL)
			return true;
	return false;
}

static bool
may_mark(const struct mailx *m)
{
	return !m->read_only && m->folder->mode == STORE_WRITE;
}

/* Saved: a message whose body was written, by `write' (POSIX); not of a part. */
static void
mark(struct mailx *m, const struct msglist *list)
{
	size_t i;

	for (i = 0; may_mark(m) && i < list->n; i++)
		if (list->v[i].part == NULL)
			store_flag(m->folder, list->v[i].n, MSG_SAVED, 0);
}

/* --- Into a directory. --- */

/* A whole message: each of its leaves. */
static int
leaves(struct mailx *m, int dir, const char *path, uint32_t n,
    struct part *root, struct fail *why)
{
	struct part *p;
	int r = 0;

	for (p = root; p != NULL && r == 0; p = part_walk(p))
		if (p->child == NULL && !part_is_multipart(p))
			r = safefile_part(m, dir, path, n, p, why);
	return r;
}

static int
into_directory(struct mailx *m, const struct msglist *list, const char *path,
    struct fail *why)
{
	int dir = safefile_dir(path, why), r = 0;
	struct part *p;
	size_t i;

	if (dir == -1)
		return -1;
	for (i = 0; i < list->n && r == 0; i++) {
		read_soon(m, list, i);
		p = part_of(m, &list->v[i], why);
		if (p == NULL)
			r = -1;
		else if (list->v[i].part == NULL)
			r = leaves(m, dir, path, list->v[i].n, p, why);
		else
			r = safefile_part(m, dir, path, list->v[i].n, p, why);
		store_drop(m->folder, list->v[i].n);
	}
	read_soon_end(m);
	close(dir);
	return r;
}

static bool
is_directory(const char *path)
{
	size_t n = strlen(path);
	struct stat st;

	return (n > 0 && path[n - 1] == '/') ||
	    (stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

/* --- Into one file. --- */

static int
decode(struct mailx *m, const struct msgref *ref, FILE *out, struct fail *why)
{
	struct part *p = part_of(m, ref, why);
	int r = p == NULL ? -1 : read_decode(m, ref->n, p, out, why);

	store_drop(m->folder, ref->n);
	return r;
}

/* All of them behind each other; how many octets each came to. */
static int
decode_all(struct mailx *m, const struct msglist *list, FILE *out,
    uint64_t *octets, struct fail *why)
{
	off_t before, after;
	size_t i;
	int r = 0;

	for (i = 0; i < list->n && r == 0; i++) {
		read_soon(m, list, i);
		before = ftello(out);
		r = decode(m, &list->v[i], out, why);
		after = ftello(out);
		octets[i] = after > before ? (uint64_t)(after - before) : 0;
	}
	read_soon_end(m);
	return r;
}

static void
tell(struct mailx *m, const struct msglist *list, const uint64_t *octets,
    const char *path, bool fresh)
{
	uint64_t sum = 0;
	char *ref;
	size_t i;

	for (i = 0; i < list->n; i++) {
		sum += octets[i];
		if (!m->json && list->v[i].part == NULL)
			continue;
		ref = read_ref(&list->v[i]);
		out_written(m, path, ref, octets[i]);
		free(ref);
	}
	if (!has_parts(list))
		out_line(m, "\"%s\" [%s] %zu message%s, %llu octets", path,
		    fresh ? "New file" : "Appended", list->n,
		    list->n == 1 ? "" : "s", (unsigned long long)sum);
}

static int
into_file(struct mailx *m, const struct args *a, const char *path)
{
	enum safefile_how how = args_option(a, 'f') != NULL ? SAFEFILE_REPLACE :
	    has_parts(&a->msgs) ? SAFEFILE_NEW : SAFEFILE_APPEND;
	uint64_t *octets;
	struct safefile sf;
	bool file, fresh;
	int r;

	if (safefile_open(&sf, path, how, &m->why) == -1)
		return -1;
	file = sf.made || sf.start >= 0;
	fresh = sf.made;
	octets = xcalloc(a->msgs.n, sizeof *octets);
	r = decode_all(m, &a->msgs, sf.f, octets, &m->why);
	if (safefile_end(&sf, r == 0, &m->why) == -1)
		r = -1;
	if (r == 0 && file)
		tell(m, &a->msgs, octets, path, fresh);
	free(octets);
	return r;
}

/* Where the command's own output goes: it may be a file or a pipe. */
static int
into_output(struct mailx *m, const struct args *a)
{
	uint64_t *octets = xcalloc(a->msgs.n, sizeof *octets);
	int r = decode_all(m, &a->msgs, out_stream(m), octets, &m->why);

	free(octets);
	return r;
}

/* --- The command. --- */

int
write_list(struct mailx *m, const struct args *a, const char *name)
{
	char *path = words_file(m, name, &m->why);
	int r;

	if (path == NULL)
		return -1;
	if (read_load(m, &a->msgs, LOAD_FLAGS, &m->why) == -1)
		r = -1;
	else if (is_directory(path))
		r = into_directory(m, &a->msgs, path, &m->why);
	else if (strcmp(path, "/dev/stdout") == 0)
		r = into_output(m, a);
	else
		r = into_file(m, a, path);
	if (r == 0)
		read_current(m, &a->msgs);
	free(path);
	return r;
}

static int
run_write(struct mailx *m, struct args *a)
{
	if (write_list(m, a, a->words.v[0]) == -1)
		return -1;
	mark(m, &a->msgs);
	return 0;
}

const struct cmd cmd_write = {
	.name = "write", .abbreviation = "w", .flags = CMD_FOLDER | CMD_PARTS,
	.takes = TAKES_MSGS_WORD, .empty = DEFAULT_DOT, .min = 1, .max = 1,
	.options = "f(force)", .usage = "[-f] [msglist] file",
	.help = "write bodies, decoded, without their header, or parts, to a file or directory",
	.run = run_write
};
