/* SPDX-License-Identifier: ISC */
/* mimeencode.c -- `mailx-mime encode': a message from a text and files, by build.h. */
#include <sys/stat.h>

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "mimefilter.h"

static const char usage[] = "usage: mailx-mime encode [-s subject] [-f from] "
    "[-t to] [-c cc] [-H 'Field: text'] [-a file] [file]";

struct draft {
	struct build	*b;
	struct addrs	 from, to, cc;
	struct strv	 files;
};

/* An address list of the command line: each address is one that may stand in a header. */
static int
take_addrs(struct addrs *as, const char *text, struct fail *why)
{
	size_t from = as->n;

	addrs_parse(as, span_of(text), NULL);
	if (as->n == from)
		return fail(why, EX_DATAERR, "%s: not an address", text);
	for (; from < as->n; from++)
		if (addr_check(span_of(as->v[from].addr), true, why) == -1)
			return -1;
	return 0;
}

/* "Name: text" */
static int
take_field(struct build *b, const char *text, struct fail *why)
{
	const char *colon = strchr(text, ':');
	struct span name = { text, 0 }, value;
	char *n, *v;
	int r;

	if (colon == NULL)
		return fail(why, EX_USAGE, "%s: no colon in it", text);
	name.n = (size_t)(colon - text);
	value = span_of(colon + 1);
	while (value.n > 0 && (*value.p == ' ' || *value.p == '\t')) {
		value.p++;
		value.n--;
	}
	n = span_dup(span_trim(name));
	v = span_dup(value);
	r = build_field(b, n, v, why);
	free(n);
	free(v);
	return r;
}

static int
take_options(struct draft *d, int argc, char **argv, struct fail *why)
{
	int c, r = 0;

	opterr = 0;
	while (r == 0 && (c = getopt(argc, argv, "a:c:f:H:s:t:")) != -1)
		switch (c) {
		case 'a': strv_add(&d->files, optarg); break;
		case 'c': r = take_addrs(&d->cc, optarg, why); break;
		case 'f': r = take_addrs(&d->from, optarg, why); break;
		case 'H': r = take_field(d->b, optarg, why); break;
		case 's': r = build_field(d->b, "Subject", optarg, why); break;
		case 't': r = take_addrs(&d->to, optarg, why); break;
		default: r = fail(why, EX_USAGE, "%s", usage);
		}
	if (r == 0 && argc - optind > 1)
		r = fail(why, EX_USAGE, "%s", usage);
	return r;
}

/* A regular file: its size and content are to be the same when it is read again. */
static FILE *
open_file(const char *path, struct fail *why)
{
	struct stat st;
	FILE *f = fopen(path, "re");

	if (f == NULL) {
		(void)fail_errno(why, EX_NOINPUT, "%s", path);
		return NULL;
	}
	if (fstat(fileno(f), &st) == -1 || !S_ISREG(st.st_mode)) {
		(void)fail(why, EX_NOINPUT, "%s: not a regular file", path);
		fclose(f);
		return NULL;
	}
	return f;
}

/* Standard input, kept: it is read more than once. */
static FILE *
keep_input(struct fail *why)
{
	FILE *f = tmpfile();

	if (f == NULL) {
		(void)fail_errno(why, EX_CANTCREAT, "temporary file");
		return NULL;
	}
	if (stream_copy(stdin, f, UINT64_MAX, why) == 0 && fflush(f) == 0 &&
	    fseeko(f, 0, SEEK_SET) == 0)
		return f;
	(void)fail_errno(why, EX_IOERR, "temporary file");
	fclose(f);
	return NULL;
}

static int
add_body(struct draft *d, const char *path, struct fail *why)
{
	bool named = path != NULL && strcmp(path, "-") != 0;
	FILE *f = named ? open_file(path, why) : keep_input(why);
	struct build_part *p;

	if (f == NULL)
		return -1;
	p = build_part(d->b, NULL, f);
	p->path = xstrdup(named ? path : "standard input");
	return 0;
}

static int
add_files(struct draft *d, struct fail *why)
{
	struct build_part *p;
	const char *base;
	size_t i;
	FILE *f;

	for (i = 0; i < d->files.n; i++) {
		if ((f = open_file(d->files.v[i], why)) == NULL)
			return -1;
		p = build_part(d->b, NULL, f);
		base = strrchr(d->files.v[i], '/');
		p->filename = xstrdup(base == NULL ? d->files.v[i] : base + 1);
		p->path = xstrdup(d->files.v[i]);
		p->disposition = BUILD_ATTACHMENT;
	}
	return 0;
}

/* user@host, where -f does not say. */
static void
add_user(struct addrs *as)
{
	const struct passwd *pw = getpwuid(getuid());
	char host[256] = "", *addr;

	if (gethostname(host, sizeof host - 1) == -1 || host[0] == '\0')
		strlcpy(host, "localhost", sizeof host);
	addr = xasprintf("%s@%s", pw == NULL ? "nobody" : pw->pw_name, host);
	addrs_add(as, NULL, addr);
	free(addr);
}

static int
write_message(struct draft *d, FILE *out, struct fail *why)
{
	struct build_options o = { .utf8_ok = false };
	uint64_t size;

	if (d->from.n == 0)
		add_user(&d->from);
	if (build_addrs(d->b, "From", &d->from, why) == -1 ||
	    build_addrs(d->b, "To", &d->to, why) == -1 ||
	    build_addrs(d->b, "Cc", &d->cc, why) == -1 ||
	    build_prepare(d->b, &o, &size, why) == -1)
		return -1;
	return build_write(d->b, out, why);
}

int
mime_encode(int argc, char **argv, FILE *out, struct fail *why)
{
	struct draft d = { .b = build_new() };
	int r = take_options(&d, argc, argv, why);

	if (r == 0)
		r = add_body(&d, argv[optind], why);
	if (r == 0)
		r = add_files(&d, why);
	if (r == 0)
		r = write_message(&d, out, why);
	build_free(d.b);
	addrs_free(&d.from);
	addrs_free(&d.to);
	addrs_free(&d.cc);
	strv_free(&d.files);
	return r;
}
