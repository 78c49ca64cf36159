/* SPDX-License-Identifier: ISC */
/* json.c -- see json.h. */

#include <stdlib.h>
#include <string.h>

#include "../mime/text.h"
#include "json.h"
#include "sanitise.h"

static void
separate(struct json *j)
{
	if (j->comma)
		putc_unlocked(',', j->out);
	j->comma = true;
}

void
json_open(struct json *j, char bracket)
{
	separate(j);
	putc_unlocked(bracket, j->out);
	j->comma = false;
}

void
json_close(struct json *j, char bracket)
{
	putc_unlocked(bracket, j->out);
	j->comma = true;
}

void
json_begin(struct json *j, FILE *out)
{
	j->out = out;
	j->comma = false;
	json_open(j, '{');
}

void
json_end(struct json *j)
{
	json_close(j, '}');
	putc('\n', j->out);
}

/* Surrogate pairs for what lies beyond the first plane. */
static void
escape(FILE *out, uint32_t cp)
{
	if (cp > 0xffff) {
		cp -= 0x10000;
		fprintf(out, "\\u%04x\\u%04x", 0xd800 + (unsigned)(cp >> 10),
		    0xdc00 + (unsigned)(cp & 0x3ff));
	} else
		fprintf(out, "\\u%04x", (unsigned)cp);
}

static void
put_character(void *ctx, const char *p, size_t n, uint32_t cp)
{
	static const char names[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\";
	const char *found;
	FILE *out = ctx;

	if (n == 1 && cp == 0xfffd)
		fputs("\xef\xbf\xbd", out);
	else if (cp > 0 && cp < 128 && (found = strchr(names, (int)cp)) != NULL) {
		putc('\\', out);
		putc(letters[found - names], out);
	} else if (cp < ' ' || cp == 127 || utf8_is_unsafe(cp))
		escape(out, cp);
	else
		fwrite(p, 1, n, out);
}

/* Does it stand in JSON as it is? */
static bool
is_plain(char c)
{
	return c >= ' ' && c < 127 && c != '"' && c != '\\';
}

void
json_span(struct json *j, struct span s)
{
	size_t len;
	uint32_t cp;

	separate(j);
	putc_unlocked('"', j->out);
	for (; s.n > 0; s.p += len, s.n -= len)
		if (is_plain(*s.p)) {
			putc_unlocked(*s.p, j->out);
			len = 1;
		} else {
			len = utf8_decode(s.p, s.n, &cp);
			put_character(j->out, s.p, len, cp);
		}
	putc_unlocked('"', j->out);
}

void
json_string(struct json *j, const char *s)
{
	if (s != NULL) {
		json_span(j, span_of(s));
		return;
	}
	separate(j);
	fputs("null", j->out);
}

void
json_key(struct json *j, const char *name)
{
	json_string(j, name);
	putc_unlocked(':', j->out);
	j->comma = false;
}

void
json_number(struct json *j, uint64_t n)
{
	char digits[24], *p = digits + sizeof digits;

	*--p = '\0';
	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	separate(j);
	fputs(p, j->out);
}

void
json_bool(struct json *j, bool b)
{
	separate(j);
	fputs(b ? "true" : "false", j->out);
}

static void
put_run(void *ctx, const char *p, size_t n)
{
	size_t i;

	for (; n > 0; p += i, n -= i) {
		for (i = 0; i < n && p[i] != '"' && p[i] != '\\'; i++)
			continue;
		fwrite(p, 1, i, ctx);
		if (i == 0) {
			putc('\\', ctx);
			putc(*p, ctx);
			i = 1;
		}
	}
}

static void
end_text(void *ctx)
{
	putc('"', ctx);
}

FILE *
json_text(struct json *j)
{
	separate(j);
	putc('"', j->out);
	return filter_runs(j->out, put_character, put_run, end_text, j->out);
}

void
json_member(struct json *j, const char *name, const char *s)
{
	json_key(j, name);
	json_string(j, s);
}

void
json_count(struct json *j, const char *name, uint64_t n)
{
	json_key(j, name);
	json_number(j, n);
}
