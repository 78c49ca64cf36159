/* SPDX-License-Identifier: ISC */
/*
 * messages.c -- DIRECTORY: parse each file of it as a message, and decode every
 * part; text becomes UTF-8.  Results go nowhere but are counted.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../mime/filter.h"
#include "../../mime/part.h"

struct sum {
	uint64_t	messages, parts, octets;
};

static int
count(void *ctx, const char *p, int n)
{
	struct sum *s = ctx;

	(void)p;
	s->octets += (uint64_t)n;
	return n;
}

static int
end(void *ctx)
{
	(void)ctx;
	return 0;
}

static int
read_message(struct sum *s, FILE *in, FILE *out, struct fail *why)
{
	struct part *root = part_parse(in, NULL, why), *p;
	int r = root == NULL ? -1 : 0;

	s->messages++;
	for (p = root; p != NULL && r == 0; p = part_walk(p)) {
		s->parts++;
		if (p->child != NULL)
			continue;
		if (fseeko(in, p->body, SEEK_SET) == -1)
			r = fail_errno(why, EX_IOERR, "cannot read");
		else if (part_is_text(p))
			r = part_decode_text(p, in, p->size, NULL, out, NULL,
			    why);
		else
			r = part_decode(p, in, p->size, out, NULL, why);
	}
	part_free(root);
	return r;
}

int
main(int argc, char **argv)
{
	struct fail why = { .code = 0 };
	struct sum sum = { 0, 0, 0 };
	FILE *out = filter_new(&sum, count, end), *in;
	DIR *d = argc == 2 ? opendir(argv[1]) : NULL;
	struct dirent *e;
	char *path;
	int r = 0;

	if (d == NULL) {
		fprintf(stderr, "usage: messages directory\n");
		return EX_USAGE;
	}
	while (r == 0 && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		path = xasprintf("%s/%s", argv[1], e->d_name);
		if ((in = fopen(path, "r")) == NULL)
			r = fail_errno(&why, EX_NOINPUT, "%s", path);
		else {
			r = read_message(&sum, in, out, &why);
			fclose(in);
		}
		free(path);
	}
	closedir(d);
	fclose(out);
	printf("%" PRIu64 " messages, %" PRIu64 " parts, %" PRIu64 " octets\n",
	    sum.messages, sum.parts, sum.octets);
	if (r == -1)
		fprintf(stderr, "%s\n", why.text);
	return r == -1;
}
