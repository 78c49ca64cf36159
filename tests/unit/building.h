/* SPDX-License-Identifier: ISC */
/* building.h -- messages put together and read again, for the tests of build.h. */
#ifndef TESTS_UNIT_BUILDING_H
#define TESTS_UNIT_BUILDING_H

#include <stdlib.h>

#include "../../mime/build.h"
#include "../../mime/part.h"
#include "tap.h"

static struct fail why;
static unsigned warnings;
static char *message;		/* the last one that was written */
static size_t message_len;
static uint64_t message_size;	/* as build_prepare said */

__attribute__((__unused__)) static void
warn(const char *text)
{
	(void)text;
	warnings++;
}

/* A stream of these octets, read from a file. */
__attribute__((__unused__)) static FILE *
octets(const char *p, size_t n)
{
	FILE *f = tmpfile();

	if (f == NULL || fwrite(p, 1, n, f) != n || fflush(f) != 0) {
		puts("Bail out! no temporary file");
		exit(1);
	}
	return f;
}

__attribute__((__unused__)) static FILE *
text(const char *s)
{
	return octets(s, strlen(s));
}

__attribute__((__unused__)) static FILE *
repeated(const char *s, size_t n)
{
	FILE *f = tmpfile();

	while (n-- > 0)
		fputs(s, f);
	fflush(f);
	return f;
}

__attribute__((__unused__)) static struct build *
start(void)
{
	struct build *b = build_new();

	fail_clear(&why);
	build_field(b, "From", "Me <me@example.org>", &why);
	return b;
}

/* What SMTP would count. */
__attribute__((__unused__)) static uint64_t
wire_size(const char *p, size_t n)
{
	uint64_t size = n;
	size_t i;

	for (i = 0; i < n; i++)
		size += p[i] == '\n';
	return size;
}

__attribute__((__unused__)) static bool
has_long_line(void)
{
	const char *p = message, *end = message + message_len, *lf;

	for (; p < end; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (lf == NULL || lf - p > MAX_LINE)
			return true;
	}
	return false;
}

/* Prepare and write into `message'; what always holds is checked. */
__attribute__((__unused__)) static bool
finish(struct build *b, const struct build_options *o, const char *name)
{
	FILE *out;

	free(message);
	message = NULL;
	if (build_prepare(b, o, &message_size, &why) == -1) {
		ok(false, "%s: %s", name, why.text);
		return false;
	}
	out = xmemstream(&message, &message_len);
	if (build_write(b, out, &why) == -1) {
		ok(false, "%s: %s", name, why.text);
		fclose(out);
		return false;
	}
	fclose(out);
	if (message_size != wire_size(message, message_len) || has_long_line() ||
	    memchr(message, '\r', message_len) != NULL ||
	    memchr(message, '\0', message_len) != NULL) {
		ok(false, "%s: size %llu said, %llu found, or a line too long, "
		    "or CR or NUL", name, (unsigned long long)message_size,
		    (unsigned long long)wire_size(message, message_len));
		return false;
	}
	return true;
}

__attribute__((__unused__)) static void
has(const char *part, const char *name)
{
	if (!ok(message != NULL && strstr(message, part) != NULL, "%s", name)) {
		tap_quote("want", part);
		tap_quote(" got", message);
	}
}

__attribute__((__unused__)) static void
lacks(const char *part, const char *name)
{
	if (!ok(message != NULL && strstr(message, part) == NULL, "%s", name))
		tap_quote("unwanted", part);
}

/* --- Reading what was written. --- */

__attribute__((__unused__)) static struct part *
reread(void)
{
	FILE *in = fmemopen(message, message_len, "r");
	struct part *root = part_parse(in, NULL, &why);

	fclose(in);
	return root;
}

/* The decoded octets of the part of that number. */
__attribute__((__unused__)) static char *
content(struct part *root, const char *number, size_t *n)
{
	struct part *p = part_find(root, number);
	FILE *in, *out;
	char *got;

	out = xmemstream(&got, n);
	if (p != NULL) {
		in = fmemopen(message, message_len, "r");
		fseek(in, (long)p->body, SEEK_SET);
		part_decode(p, in, p->size, out, NULL, &why);
		fclose(in);
	}
	fclose(out);
	return got;
}

__attribute__((__unused__)) static void
holds(const char *number, const char *want, size_t n, const char *name)
{
	struct part *root = reread();
	size_t len;
	char *got = content(root, number, &len);

	if (!ok(len == n && memcmp(got, want, n) == 0, "%s", name)) {
		tap_quote(" got", got);
		tap_quote("want", want);
	}
	is_int(part_defects(root), 0, "without defects");
	free(got);
	part_free(root);
}

__attribute__((__unused__)) static struct build_part *
attach(struct build *b, struct build_part *under, const char *name, FILE *in)
{
	struct build_part *p = build_part(b, under, in);

	p->filename = xstrdup(name);
	p->disposition = BUILD_ATTACHMENT;
	return p;
}

#endif
