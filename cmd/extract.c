/* SPDX-License-Identifier: ISC */
/*
 * extract.c -- attachments into a directory, under safe names, never over a
 * file.  The structure tells which parts to ask for; nothing else is fetched.
 *
 * A message that is attached is written whole, and its own attachments are not
 * written again; into one that merely stands inside we look.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../mime/enclosed.h"
#include "out.h"
#include "read.h"
#include "safefile.h"
#include "words.h"

struct extraction {
	struct mailx	*m;
	const struct args *args;
	const char	*path;
	int		 dir;
};

/* Is its type among those of -t, or none given? */
static bool
type_matches(const struct args *a, const struct part *p)
{
	bool given = false;
	size_t i;

	for (i = 0; i < a->noptions; i++) {
		if (a->options[i].letter != 't')
			continue;
		given = true;
		if (fnmatch(a->options[i].value, p->type.value,
		    FNM_CASEFOLD) == 0)
			return true;
	}
	return !given;
}

/* What walking comes to behind the last part inside p. */
static struct part *
behind(struct part *p)
{
	while (p != NULL && p->next == NULL)
		p = p->parent;
	return p == NULL ? NULL : p->next;
}

/* The part that the user named is meant, whatever it is; else attachments. */
static bool
is_meant(const struct part *p, const struct part *named)
{
	if (p == named)
		return !part_is_multipart(p);
	return part_is_attachment(p);
}

/*
 * Files in a text that we meet on the way: where the whole message is here; a
 * server is not asked for texts that nobody named.
 */
static int
extract_inside(const struct extraction *x, uint32_t n, struct part *p)
{
	if (x->m->folder->ops->part != NULL || !enclosed_possible(p))
		return 0;
	if (read_inside(x->m, n, p, &x->m->why) == -1)
		return -1;
	for (p = p->inside; p != NULL; p = p->next)
		if (type_matches(x->args, p) && safefile_part(x->m, x->dir,
		    x->path, n, p, &x->m->why) == -1)
			return -1;
	return 0;
}

static int
extract_below(const struct extraction *x, uint32_t n, struct part *top,
    const struct part *named)
{
	struct part *p = top, *end = behind(top);

	while (p != NULL && p != end) {
		if (!is_meant(p, named)) {
			if (extract_inside(x, n, p) == -1)
				return -1;
			p = part_walk(p);
			continue;
		}
		if (type_matches(x->args, p) && safefile_part(x->m, x->dir,
		    x->path, n, p, &x->m->why) == -1)
			return -1;
		p = behind(p);
	}
	return 0;
}

static int
extract_one(const struct extraction *x, const struct msgref *r)
{
	struct mailx *m = x->m;
	struct part *p;

	if (got_signal != 0)
		return fail(&m->why, EX_TEMPFAIL, "interrupted");
	p = r->part == NULL ? store_structure(m->folder, r->n, &m->why) :
	    read_part(m, r->n, r->part, &m->why);
	if (p == NULL)
		return -1;
	return extract_below(x, r->n, p, r->part == NULL ? NULL : p);
}

static int
extract_to(struct mailx *m, struct args *a, const char *path)
{
	struct extraction x = { m, a, path, safefile_dir(path, &m->why) };
	size_t i;
	int r = 0;

	if (x.dir == -1)
		return -1;
	for (i = 0; i < a->msgs.n && r == 0; i++) {
		r = extract_one(&x, &a->msgs.v[i]);
		store_drop(m->folder, a->msgs.v[i].n);
	}
	close(x.dir);
	if (r == 0)
		read_current(m, &a->msgs);
	return r;
}

static int
run_extract(struct mailx *m, struct args *a)
{
	const char *named = args_option(a, 'o');
	char *path;
	int r;

	if (read_load(m, &a->msgs, LOAD_FLAGS | LOAD_STRUCTURE, &m->why) == -1)
		return -1;
	path = words_file(m, named == NULL ? "." : named, &m->why);
	if (path == NULL)
		return -1;
	r = extract_to(m, a, path);
	free(path);
	return r;
}

const struct cmd cmd_extract = {
	.name = "extract", .flags = CMD_FOLDER | CMD_PARTS,
	.takes = TAKES_MSGS, .empty = DEFAULT_DOT, .max = -1,
	.options = "o:t:",
	.usage = "[-o directory] [-t type/*] [msglist]",
	.help = "write attachments into a directory, never over another file",
	.run = run_extract
};
