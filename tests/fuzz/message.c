/* SPDX-License-Identifier: ISC */
/*
 * message.c -- fuzz: the tree of parts.  Whole and octet by octet it is the same;
 * bodies lie inside the message and in their parents; numbers find their part;
 * text comes out as UTF-8.
 */
#include <stdlib.h>
#include <string.h>

#include "../../mime/part.h"
#include "../../mime/text.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct part *
parse(const uint8_t *data, size_t size, size_t step)
{
	struct parser *p = parser_new(NULL);
	size_t i;

	for (i = 0; i < size; i += step)
		parser_feed(p, (const char *)data + i,
		    size - i < step ? size - i : step);
	return parser_finish(p);
}

static char *
print(struct part *root)
{
	char *text;
	size_t len;
	struct part *p;
	FILE *f = xmemstream(&text, &len);

	for (p = root; p != NULL; p = part_walk(p))
		fprintf(f, "%u %s %s %lld %lld %llu %llu %zu %x %s\n", p->index,
		    p->type.value, p->encoding_name, (long long)p->start,
		    (long long)p->body, (unsigned long long)p->size,
		    (unsigned long long)p->lines, p->head.n, p->defects,
		    p->filename == NULL ? "" : p->filename);
	fclose(f);
	return text;
}

static void
check_place(const struct part *p, size_t size)
{
	int64_t end = p->body + (int64_t)p->size;

	if (p->start < 0 || p->body < p->start || end > (int64_t)size)
		abort();
	if (p->parent != NULL && (p->start < p->parent->body ||
	    end > p->parent->body + (int64_t)p->parent->size))
		abort();
}

static void
check_text(const struct part *p, FILE *in)
{
	struct fail why = { 0 };
	unsigned defects = 0;
	char *text;
	size_t len;
	FILE *f = xmemstream(&text, &len);

	if (fseeko(in, (off_t)p->body, SEEK_SET) == -1 ||
	    part_decode_text(p, in, p->size, NULL, f, &defects, &why) == -1)
		abort();
	fclose(f);
	if (!utf8_is_valid(text, len))
		abort();
	free(text);
}

static void
check_names(const struct part *p)
{
	char *name = part_safe_name(p);

	if (*name == '\0' || strlen(name) > MAX_FILENAME ||
	    strpbrk(name, "/\\\n\033|$`") != NULL ||
	    strchr(".-~", *name) != NULL ||
	    !utf8_is_valid(name, strlen(name)))
		abort();
	free(name);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct part *root = parse(data, size, size + 1), *again, *p;
	char *a = print(root), *b, *number;
	unsigned n = 0;
	FILE *in;

	again = parse(data, size, 1);
	b = print(again);
	if (strcmp(a, b) != 0)
		abort();
	free(a);
	free(b);
	part_free(again);
	in = size == 0 ? NULL : fmemopen((void *)(uintptr_t)data, size, "r");
	for (p = root; p != NULL; p = part_walk(p)) {
		check_place(p, size);
		if (n++ >= 50)
			continue;
		check_names(p);
		if (in != NULL)
			check_text(p, in);
		number = part_number(p);
		if (part_find(root, number) != p && *number != '\0' &&
		    strstr(number, "TEXT") == NULL)
			abort();
		free(number);
	}
	if (in != NULL)
		fclose(in);
	part_free(root);
	return 0;
}
