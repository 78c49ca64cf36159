/* SPDX-License-Identifier: ISC */
/*
 * corpus_replies.c -- protocol/NAME.txt: what servers say, read as the clients of
 * net/ read it, from memory (IMAP) or through a pair of sockets (SMTP, POP3).
 */
#include <sys/socket.h>

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../net/conn.h"
#include "../net/pop3.h"
#include "../net/smtpreply.h"
#include "corpus.h"
#include "unit/responses.h"

/* All that the octets say, printed; *code: of the failure, 0 at the end. */
typedef char *reader_fn(const char *p, size_t n, bool multi, int *code);

static char *
read_imap(const char *p, size_t n, bool multi, int *code)
{
	(void)multi;
	return read_all(p, n, 0, code);
}

/* A connection whose other end says these octets and closes. */
static struct conn *
connection(struct server *s, const char *p, size_t n)
{
	static char host[] = "localhost", port[] = "0";
	int pair[2], size = 4 << 20;
	struct fail why = { 0 };
	struct conn *c;

	memset(s, 0, sizeof *s);
	s->url.scheme = SCHEME_SMTP;
	s->url.host = host;
	s->url.port = port;
	s->tls = TLS_NONE;
	s->timeout = 5;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		err(EX_OSERR, "socketpair");
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	if (write_all(pair[1], p, n) == -1)
		err(EX_OSERR, "write");
	close(pair[1]);
	if ((c = conn_attach(pair[0], s, &why)) == NULL)
		errx(why.code, "%s", why.text);
	return c;
}

/* Octets of an enhanced status code (RFC 3463) with the blank behind it; 0: none. */
static size_t
enhanced(const char *s)
{
	size_t n = 0, len;
	int i;

	if (strchr("245", *s) == NULL)
		return 0;
	for (i = 0; i < 3; i++) {
		len = strspn(s + n, "0123456789");
		if (len == 0 || len > 3)
			return 0;
		n += len + 1;
		if (s[n - 1] != (i < 2 ? '.' : ' '))
			return s[n - 1] == '\0' && i == 2 ? n - 1 : 0;
	}
	return n;
}

static void
print_smtp(FILE *f, const struct smtp_reply *r)
{
	size_t i, n = r->lines.n == 0 ? 0 : enhanced(r->lines.v[r->lines.n - 1]);
	struct span code = { NULL, 0 }, s;

	if (n > 0) {
		code.p = r->lines.v[r->lines.n - 1];
		code.n = n;
		code = span_trim(code);
	}
	fprintf(f, "%d %.*s", r->code, n > 0 ? (int)code.n : 1,
	    n > 0 ? code.p : "-");
	for (i = 0; i < r->lines.n; i++) {
		s = span_of(r->lines.v[i]);
		n = code.n == 0 ? 0 : enhanced(s.p);
		s.p += n;
		s.n -= n;
		putc(' ', f);
		print_string(f, s);
	}
	putc('\n', f);
}

static char *
read_smtp(const char *p, size_t n, bool multi, int *code)
{
	struct server s;
	struct conn *c = connection(&s, p, n);
	struct smtp_reply r = { 0 };
	struct fail why = { 0 };
	char *text;
	size_t len;
	FILE *f = xmemstream(&text, &len);

	(void)multi;
	while (smtp_reply_read(c, 5, &r, &why) == 0)
		print_smtp(f, &r);
	fclose(f);
	/* The end between two replies is no failure. */
	*code = why.code == EX_TEMPFAIL && len > 0 && r.lines.n == 0 ? 0 :
	    why.code;
	smtp_reply_free(&r);
	conn_close(c);
	return text;
}

static void
print_line(void *ctx, struct span line)
{
	print_string(ctx, line);
	putc('\n', ctx);
}

static char *
read_pop3(const char *p, size_t n, bool multi, int *code)
{
	static const char *const words[] = { "+OK", "-ERR", "+" };
	struct server s;
	struct pop3 *session = pop3_attach(connection(&s, p, n), &s);
	struct pop3_reply r;
	struct fail why = { 0 };
	char *text;
	size_t len;
	FILE *f = xmemstream(&text, &len);

	if (pop3_reply(session, &r, &why) == 0) {
		fprintf(f, "%s ", words[r.status]);
		if (r.code.n > 0)
			fprintf(f, "%.*s ", (int)r.code.n, r.code.p);
		print_line(f, r.text);
		if (multi && r.status == POP3_OK)
			(void)pop3_lines(session, 10000, print_line, f, &why);
	}
	fclose(f);
	pop3_close(session);
	*code = why.code;
	return text;
}

/* --- Records --- */

struct record {
	char	*id;		/* owned; NULL: none is open */
	char	*expect;	/* owned */
	char	*data, *parsed;	/* owned */
	bool	 multi;
};

static void
append(char **text, const char *more, const char *end)
{
	char *all = xasprintf("%s%s%s", *text == NULL ? "" : *text, more, end);

	free(*text);
	*text = all;
}

static void
end_record(const char *category, struct record *r, reader_fn *reader)
{
	char *got, *octets;
	size_t n;
	int code;
	bool held;

	if (r->id != NULL && r->expect != NULL) {
		octets = corpus_unescape(r->data == NULL ? "" : r->data, &n);
		got = reader(octets, n, r->multi, &code);
		if (strcmp(r->expect, "ok") == 0)
			held = code == 0 && strcmp(got, r->parsed == NULL ? "" :
			    r->parsed) == 0;
		else if (strcmp(r->expect, "bad") == 0)
			held = code == EX_PROTOCOL;
		else	/* ... or refused for its size, before it all came */
			held = code != 0;
		corpus_count(category, AGREED, held, r->id, got,
		    r->parsed == NULL ? r->expect : r->parsed);
		free(got);
		free(octets);
	}
	free(r->id);
	free(r->expect);
	free(r->data);
	free(r->parsed);
	memset(r, 0, sizeof *r);
}

static void
check_records(const char *dir, const char *name, const char *category,
    reader_fn *reader)
{
	char *path = xasprintf("%s/protocol/%s.txt", dir, name), *line = NULL;
	struct record r = { 0 };
	size_t cap = 0;
	FILE *f = fopen(path, "r");

	while (f != NULL && getline(&line, &cap, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (*line == '\0')
			end_record(category, &r, reader);
		else if (strncmp(line, "id ", 3) == 0)
			append(&r.id, line + 3, "");
		else if (strncmp(line, "source ", 7) == 0)
			r.multi = strstr(line, " multi") != NULL;
		else if (strncmp(line, "expect ", 7) == 0)
			append(&r.expect, line + 7, "");
		else if (strncmp(line, "data ", 5) == 0)
			append(&r.data, line + 5, "");
		else if (strncmp(line, "parsed ", 7) == 0)
			append(&r.parsed, line + 7, "\n");
	}
	end_record(category, &r, reader);
	if (f != NULL)
		fclose(f);
	free(line);
	free(path);
}

void
corpus_replies(const char *dir)
{
	check_records(dir, "imap-responses", "IMAP responses", read_imap);
	check_records(dir, "smtp-replies", "SMTP replies", read_smtp);
	check_records(dir, "pop3-replies", "POP3 replies", read_pop3);
}
