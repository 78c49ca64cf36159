/* SPDX-License-Identifier: ISC */
/* smtpreply.c -- replies of SMTP servers: the table, bounds, and exit statuses. */
#include <sys/socket.h>

#include <stdlib.h>
#include <unistd.h>

#include "../../net/conn.h"
#include "../../net/smtpreply.h"
#include "tap.h"

/* A connection over which the server says this and closes. */
static struct conn *
says(const char *text, size_t n)
{
	static char host[] = "localhost", port[] = "25";
	struct server s;
	struct fail why;
	int pair[2], size = 4 << 20;

	memset(&s, 0, sizeof s);
	s.url.host = host;
	s.url.port = port;
	fail_clear(&why);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		exit(1);
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	if (n > 0 && write_all(pair[1], text, n) == -1)
		exit(1);
	close(pair[1]);
	return conn_attach(pair[0], &s, &why);
}

/* --- The table. --- */

static size_t
unescape(char *s)
{
	char *to = s, *start = s;

	for (; *s != '\0'; s++)
		if (*s == '\\' && s[1] != '\0') {
			s++;
			*to++ = *s == 'r' ? '\r' : *s == 'n' ? '\n' : *s;
		} else
			*to++ = *s;
	return (size_t)(to - start);
}

/* "5.1.1 " at the front: its length with the blank, 0 if there is none. */
static size_t
enhanced(const char *s)
{
	int a, b, c, n = 0;

	if (sscanf(s, "%1d.%3d.%3d %n", &a, &b, &c, &n) < 3 || n == 0 ||
	    s[n - 1] != ' ')
		return 0;
	return (size_t)n;
}

/*
 * As the table tells it: code, enhanced code or "-", the text of each line.
 * The first word of the joined text must be the code, the second that of the
 * enhanced one.
 */
static void
print_reply(FILE *f, const struct smtp_reply *r)
{
	const char *first = "-";
	size_t i, skip, n = 1;

	for (i = 0; i < r->lines.n; i++)
		if ((skip = enhanced(r->lines.v[i])) > 0) {
			first = r->lines.v[i];
			n = skip - 1;
		}
	fprintf(f, "%d %.*s", r->code, (int)n, first);
	for (i = 0; i < r->lines.n; i++)
		fprintf(f, " \"%s\"", r->lines.v[i] + enhanced(r->lines.v[i]));
	putc('\n', f);
}

static char *
parse(const char *data, size_t n, int *code)
{
	struct conn *c = says(data, n);
	struct smtp_reply r = { 0 };
	struct span octet;
	struct fail why;
	char *text;
	size_t len;
	FILE *f = xmemstream(&text, &len);

	fail_clear(&why);
	while (smtp_reply_read(c, 5, &r, &why) == 0)
		print_reply(f, &r);
	fclose(f);
	smtp_reply_free(&r);
	*code = why.code;
	/* The end between replies is how each of the good ones ends. */
	if (*code == EX_TEMPFAIL && len > 0 && conn_read(c, 1, &octet, &why) == -1)
		*code = 0;
	conn_close(c);
	return text;
}

struct record {
	char	*id, *expect, *data, *parsed;
};

static char *
append(char *old, const char *more, const char *end)
{
	char *text = xasprintf("%s%s%s", old != NULL ? old : "", more, end);

	free(old);
	return text;
}

static void
check_record(struct record *r)
{
	char *got;
	int code;

	if (r->id == NULL)
		return;
	got = parse(r->data, unescape(r->data), &code);
	if (strcmp(r->expect, "ok") == 0) {
		is_string(got, r->parsed, r->id);
		is_int(code, 0, r->id);
	} else
		is_int(code, strcmp(r->expect, "bad") == 0 ? EX_PROTOCOL :
		    EX_TEMPFAIL, r->id);
	free(got);
	free(r->id);
	free(r->expect);
	free(r->data);
	free(r->parsed);
	memset(r, 0, sizeof *r);
}

static void
test_table(const char *path)
{
	struct record r = { 0 };
	FILE *f = fopen(path, "r");
	char line[4096];

	if (!ok(f != NULL, "%s", path))
		return;
	while (fgets(line, sizeof line, f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (*line == '\0')
			check_record(&r);
		else if (strncmp(line, "id ", 3) == 0)
			r.id = xstrdup(line + 3);
		else if (strncmp(line, "expect ", 7) == 0)
			r.expect = xstrdup(line + 7);
		else if (strncmp(line, "data ", 5) == 0)
			r.data = append(r.data, line + 5, "");
		else if (strncmp(line, "parsed ", 7) == 0)
			r.parsed = append(r.parsed, line + 7, "\n");
	}
	check_record(&r);
	fclose(f);
}

/* --- What is made of them. --- */

static void
joined(const char *data, const char *want)
{
	struct conn *c = says(data, strlen(data));
	struct smtp_reply r = { 0 };
	struct fail why;

	fail_clear(&why);
	is_int(smtp_reply_read(c, 5, &r, &why), 0, "a reply");
	is_string(r.text, want, want);
	smtp_reply_free(&r);
	conn_close(c);
}

static void
test_text(void)
{
	joined("250\r\n", "250");
	joined("550-5.1.1 no\r\n550-5.1.1 such\r\n550 5.1.1 user\r\n",
	    "550 5.1.1 no such user");
	joined("550-5.1.1 no\r\n550 5.2.1 other\r\n", "550 5.1.1 no 5.2.1 other");
	joined("250-a\r\n250-\r\n250 b\r\n", "250 a b");
}

static void
test_bounds(void)
{
	struct smtp_reply r = { 0 };
	struct fail why;
	struct conn *c;
	char *text;
	size_t n, i;
	FILE *f = xmemstream(&text, &n);

	for (i = 0; i < MAX_REPLY_LINES - 1; i++)
		fputs("250-x\r\n", f);
	fputs("250 x\r\n", f);
	for (i = 0; i < MAX_REPLY_LINES; i++)
		fputs("250-x\r\n", f);
	fputs("250 x\r\n", f);
	fclose(f);
	c = says(text, n);
	fail_clear(&why);
	is_int(smtp_reply_read(c, 5, &r, &why), 0, "as many lines as may be");
	is_int((long long)r.lines.n, MAX_REPLY_LINES, "all of them");
	is_int(smtp_reply_read(c, 5, &r, &why), -1, "and one more");
	is_int(why.code, EX_PROTOCOL, "is too many");
	conn_close(c);
	free(text);
	c = says("250 a\0b\r\n", 9);
	fail_clear(&why);
	is_int(smtp_reply_read(c, 5, &r, &why), -1, "a NUL");
	is_int(why.code, EX_PROTOCOL, "is a violation");
	conn_close(c);
}

static void
test_exit(void)
{
	static const int t[][2] = {
		{ 220, 0 }, { 250, 0 }, { 354, 0 }, { 421, 75 }, { 450, 75 },
		{ 499, 75 }, { 500, 67 }, { 550, 67 }, { 599, 67 },
		{ 530, 77 }, { 534, 77 }, { 535, 77 }, { 538, 77 },
	};
	size_t i;

	for (i = 0; i < NELEM(t); i++)
		is_int(smtp_reply_exit(t[i][0], EX_NOUSER), t[i][1],
		    "exit status");
}

int
main(int argc, char **argv)
{
	test_table(argc > 1 ? argv[1] : "tests/data/protocol/smtp-replies.txt");
	test_text();
	test_bounds();
	test_exit();
	return done();
}
