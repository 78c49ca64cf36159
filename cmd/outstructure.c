/* SPDX-License-Identifier: ISC */
/* outstructure.c -- the tree of a message's parts, for people and as JSON. */

#include <stdlib.h>
#include <string.h>

#include "outint.h"
#include "read.h"

void
out_json_part(struct json *j, const struct part *p)
{
	char *number = part_number(p);
	size_t i;

	json_member(j, "part", number);
	json_member(j, "type", p->type.value);
	json_key(j, "params");
	json_open(j, '{');
	for (i = 0; i < p->type.n; i++)
		json_member(j, p->type.v[i].name, p->type.v[i].value);
	json_close(j, '}');
	json_member(j, "encoding", p->encoding_name);
	json_member(j, "disposition", p->disposition.value == NULL ||
	    *p->disposition.value == '\0' ? NULL : p->disposition.value);
	json_member(j, "filename", p->filename);
	json_member(j, "id", p->id);
	json_member(j, "description", p->description);
	free(number);
}

void
out_json_defects(struct json *j, unsigned defects)
{
	unsigned i;

	json_key(j, "defects");
	json_open(j, '[');
	for (i = 0; i < DEFECT_COUNT; i++)
		if (defects & 1U << i)
			json_string(j, defect_name((enum defect)(1U << i)));
	json_close(j, ']');
}

static void
structure_record(struct json *j, const struct part *p)
{
	json_open(j, '{');
	out_json_part(j, p);
	json_count(j, "size", p->size);
	json_close(j, '}');
}

static void
structure_json(struct mailx *m, uint32_t n, struct part *root)
{
	struct part *p, *file;
	struct json j;

	json_begin(&j, out_stream(m));
	json_count(&j, "n", n);
	json_key(&j, "parts");
	json_open(&j, '[');
	for (p = root; p != NULL; p = part_walk(p)) {
		structure_record(&j, p);
		for (file = p->inside; file != NULL; file = file->next)
			structure_record(&j, file);
	}
	json_close(&j, ']');
	json_end(&j);
}

static int
depth_of(const struct part *p)
{
	int depth = 0;

	for (; p->parent != NULL; p = p->parent)
		depth++;
	return depth;
}

static void
part_line(struct mailx *m, uint32_t n, const struct part *p)
{
	/* Servers do not tell the size of a multipart. */
	char *number = part_number(p), *ref, *size = p->size == 0 &&
	    p->child != NULL ? xstrdup("") : out_size(p->size);
	const char *charset = part_charset(p);

	ref = xasprintf("%*s%u%s%s", 2 * depth_of(p), "", n,
	    *number == '\0' ? "" : ".", number);
	out_line(m, "%-12s %s%s%s, %s%s%s%s%s%s%s%s", ref, p->type.value,
	    charset == NULL ? "" : "; charset=", charset == NULL ? "" : charset,
	    p->encoding_name, *size == '\0' ? "" : ", ", size,
	    p->filename == NULL ? "" : ", \"",
	    p->filename == NULL ? "" : p->filename,
	    p->filename == NULL ? "" : "\"",
	    p->description == NULL ? "" : ", ",
	    p->description == NULL ? "" : p->description);
	free(ref);
	free(size);
	free(number);
}

static void
structure_lines(struct mailx *m, uint32_t n, struct part *root)
{
	struct part *p, *file;

	for (p = root; p != NULL; p = part_walk(p)) {
		part_line(m, n, p);
		for (file = p->inside; file != NULL; file = file->next)
			part_line(m, n, file);
	}
}

int
out_structure(struct mailx *m, struct store *s, uint32_t n, struct fail *why)
{
	struct part *root = store_structure(s, n, why), *p;

	/* Files in texts too, where the texts are here. */
	for (p = root; p != NULL && s->ops->part == NULL; p = part_walk(p))
		if (read_inside(m, n, p, why) == -1)
			return -1;
	if (root == NULL)
		return -1;
	if (m->json)
		structure_json(m, n, root);
	else
		structure_lines(m, n, root);
	return out_check(m, why);
}
