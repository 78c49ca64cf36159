/* SPDX-License-Identifier: ISC */
/*
 * mailx-mime.c -- mailx-mime COMMAND: the message format as a filter, standard
 * input to standard output, over libmime.a alone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mimefilter.h"

static const struct command {
	const char	*name;
	const char	*option;	/* the letter it takes; "": none; NULL: it reads its own */
	bool		 number;	/* a part number comes first */
	mime_filter	*run;
	const char	*usage;
} commands[] = {
	{ "encode", NULL, false, NULL, "encode [-s subject] [-f from] [-t to] "
	    "[-c cc] [-H 'Field: text'] [-a file] [file]" },
	{ "decode", "", false, mime_decode, "decode [file]" },
	{ "fields", "", false, mime_fields, "fields [file]" },
	{ "tree", "J", false, mime_tree, "tree [-J] [file]" },
	{ "part", "", true, mime_part, "part number [file]" },
	{ "b64", "d", false, mime_b64, "b64 [-d] [file]" },
	{ "qp", "d", false, mime_qp, "qp [-d] [file]" },
	{ "2047", "d", false, mime_2047, "2047 [-d] [file]" },
	{ "2231", "d", false, mime_2231, "2231 [-d] [file]" },
};

static void
print_usage(FILE *out)
{
	size_t i;

	for (i = 0; i < NELEM(commands); i++)
		fprintf(out, "%s mailx-mime %s\n", i == 0 ? "usage:" :
		    "      ", commands[i].usage);
}

static const struct command *
find_command(const char *name)
{
	size_t i;

	for (i = 0; i < NELEM(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static FILE *
open_input(const char *path, struct fail *why)
{
	FILE *in;

	if (path == NULL || strcmp(path, "-") == 0)
		return stdin;
	if ((in = fopen(path, "re")) == NULL)
		(void)fail_errno(why, EX_NOINPUT, "%s", path);
	return in;
}

static int
bad_usage(const struct command *c, struct fail *why)
{
	return fail(why, EX_USAGE, "usage: mailx-mime %s", c->usage);
}

static int
run(const struct command *c, int argc, char **argv, struct fail *why)
{
	struct request q = { false, NULL };
	FILE *in;
	int letter, r;

	if (c->run == NULL)
		return mime_encode(argc, argv, stdout, why);
	opterr = 0;
	while ((letter = getopt(argc, argv, c->option)) != -1) {
		if (letter == '?')
			return bad_usage(c, why);
		q.flag = true;
	}
	argc -= optind;
	argv += optind;
	if (argc > 0 && c->number) {
		q.number = *argv++;
		argc--;
	}
	if (argc > 1 || (c->number && q.number == NULL))
		return bad_usage(c, why);
	if ((in = open_input(*argv, why)) == NULL)
		return -1;
	r = c->run(&q, in, stdout, why);
	if (r == 0 && ferror(in))
		r = fail_errno(why, EX_IOERR, "cannot read");
	if (in != stdin)
		fclose(in);
	return r;
}

static int
report(const struct fail *why)
{
	fprintf(stderr, "mailx-mime: %s\n", why->text);
	return why->code;
}

int
main(int argc, char **argv)
{
	const struct command *c;
	struct fail why = { 0 };

	if (argc < 2) {
		print_usage(stderr);
		return EX_USAGE;
	}
	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0)
		print_usage(stdout);
	else if (strcmp(argv[1], "-V") == 0 ||
	    strcmp(argv[1], "--version") == 0)
		fprintf(stdout, "mailx-mime %s\n", MAILX_VERSION);
	else if ((c = find_command(argv[1])) == NULL) {
		(void)fail(&why, EX_USAGE, "%s: no such command", argv[1]);
		report(&why);
		print_usage(stderr);
		return EX_USAGE;
	} else if (run(c, argc - 1, argv + 1, &why) == -1) {
		(void)fflush(stdout);
		return report(&why);
	}
	if (stream_close(stdout, "standard output", &why) == -1)
		return report(&why);
	return 0;
}
