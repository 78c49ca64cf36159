/* SPDX-License-Identifier: ISC */
/*
 * pop3.c -- POP3 over a pair of sockets: all that the server will say is written
 * beforehand, and what the client said is looked at afterwards.
 */
#include <sys/socket.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../net/conn.h"
#include "../../net/pop3.h"
#include "tap.h"

static int far = -1;	/* the server's end */

static struct server
a_server(void)
{
	static char host[] = "localhost", port[] = "110", user[] = "mrose";
	static char password[] = "tanstaaf";
	struct server s;

	memset(&s, 0, sizeof(s));
	s.url.scheme = SCHEME_POP3;
	s.url.host = host;
	s.url.port = port;
	s.url.user = user;
	s.password = password;
	s.tls = TLS_NONE;
	s.timeout = 5;
	return s;
}

/* A session in which the server says this, and closes its side. */
static struct pop3 *
session(const struct server *s, const char *text, size_t n)
{
	int pair[2], size = 4 << 20;
	struct fail why;
	struct conn *c;

	fail_clear(&why);
	if (far != -1)
		close(far);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		exit(1);
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (write_all(pair[1], text, n) == -1)
		exit(1);
	shutdown(pair[1], SHUT_WR);
	far = pair[1];
	c = conn_attach(pair[0], s, &why);
	if (c == NULL) {
		printf("# %s\n", why.text);
		exit(1);
	}
	return pop3_attach(c, s);
}

static struct pop3 *
says(const char *text)
{
	struct server s = a_server();

	return session(&s, text, strlen(text));
}

/* What the client said; the session ends. */
static const char *
said(struct pop3 *p)
{
	static char text[65536];
	size_t n = 0;
	ssize_t got;

	pop3_close(p);
	fcntl(far, F_SETFL, O_NONBLOCK);
	while (n < sizeof(text) - 1 &&
	    (got = read(far, text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	return text;
}

/* --- The table of replies. --- */

static size_t
unescape(char *s)
{
	char *to = s, *start = s;
	char hex[3] = "";

	for (; *s != '\0'; s++) {
		if (*s != '\\') {
			*to++ = *s;
			continue;
		}
		s++;
		if (*s == 'x') {
			hex[0] = s[1];
			hex[1] = s[2];
			*to++ = (char)strtol(hex, NULL, 16);
			s += 2;
		} else
			*to++ = *s == 'r' ? '\r' : *s == 'n' ? '\n' :
			    *s == 't' ? '\t' : *s;
	}
	return (size_t)(to - start);
}

static void
print_line(void *ctx, struct span line)
{
	fprintf(ctx, "\"%.*s\"\n", (int)line.n, line.n > 0 ? line.p : "");
}

static char *
parse(const char *data, size_t n, bool multi, int *code)
{
	static const char *const words[] = { "+OK", "-ERR", "+" };
	struct server s = a_server();
	struct pop3 *p = session(&s, data, n);
	struct pop3_reply r;
	struct fail why;
	char *text;
	size_t len;
	FILE *f = xmemstream(&text, &len);

	fail_clear(&why);
	if (pop3_reply(p, &r, &why) == 0) {
		fprintf(f, "%s ", words[r.status]);
		if (r.code.n > 0)
			fprintf(f, "%.*s ", (int)r.code.n, r.code.p);
		print_line(f, r.text);
		if (multi && r.status == POP3_OK)
			(void)pop3_lines(p, 100, print_line, f, &why);
	}
	fclose(f);
	pop3_close(p);
	*code = why.code;
	return text;
}

struct record {
	char		*id, *expect, *data, *parsed;
	size_t		 n;
	bool		 multi;
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
	r->n = r->data != NULL ? unescape(r->data) : 0;
	got = parse(r->data, r->n, r->multi, &code);
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
	memset(r, 0, sizeof(*r));
}

static void
test_table(const char *path)
{
	struct record r = { 0 };
	FILE *f = fopen(path, "r");
	char line[4096];

	if (!ok(f != NULL, "%s", path))
		return;
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (*line == '\0')
			check_record(&r);
		else if (strncmp(line, "id ", 3) == 0)
			r.id = xstrdup(line + 3);
		else if (strncmp(line, "source ", 7) == 0)
			r.multi = strstr(line, " multi") != NULL;
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

/* --- Opening. --- */

static int
greet(const char *text, enum tls_mode tls, const char *auth, const char **lines)
{
	static char mechanisms[64];
	struct server s = a_server();
	struct fail why;
	struct pop3 *p;

	s.tls = tls;
	if (auth != NULL) {
		strlcpy(mechanisms, auth, sizeof(mechanisms));
		s.auth = mechanisms;
	}
	fail_clear(&why);
	p = session(&s, text, strlen(text));
	(void)pop3_greet(p, &s, &why);
	*lines = said(p);
	if (strstr(why.text, "tanstaaf") != NULL)
		ok(false, "password in a failure");
	return why.code;
}

static void
test_opening(void)
{
	const char *lines;
	char *text;
	size_t n;
	FILE *f;

	is_int(greet("+OK hello\r\n+OK\r\nUSER\r\n.\r\n+OK\r\n+OK\r\n", TLS_NONE,
	    NULL, &lines), 0, "USER and PASS");
	is_string(lines, "CAPA\r\nUSER mrose\r\nPASS tanstaaf\r\n", "said");
	is_int(greet("+OK\r\n-ERR what?\r\n+OK\r\n+OK\r\n", TLS_NONE,
	    NULL, &lines), 0, "a server without CAPA");
	is_int(greet("+OK <1896.697170952@dbc.mtview.ca.us>\r\n-ERR\r\n+OK\r\n",
	    TLS_NONE, NULL, &lines), 0, "APOP");
	is_string(lines, "CAPA\r\n"
	    "APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n", "its digest");
	is_int(greet("+OK\r\n+OK\r\nSASL PLAIN\r\n.\r\n+OK\r\n", TLS_NONE,
	    NULL, &lines), 0, "AUTH PLAIN");
	is_string(lines, "CAPA\r\nAUTH PLAIN AG1yb3NlAHRhbnN0YWFm\r\n", "said");
	is_int(greet("+OK\r\n-ERR\r\n+OK\r\n-ERR wrong\r\n", TLS_NONE,
	    NULL, &lines), EX_NOPERM, "wrong password");
	is_int(greet("+OK\r\n-ERR\r\n+OK\r\n-ERR [IN-USE] busy\r\n", TLS_NONE,
	    NULL, &lines), EX_TEMPFAIL, "maildrop in use");
	is_int(greet("+OK\r\n+OK\r\nSASL PLAIN\r\nUSER\r\n.\r\n+OK\r\n+OK\r\n",
	    TLS_NONE, "SCRAM-SHA-256", &lines), EX_NOPERM,
	    "nothing that `auth' allows");
	is_string(lines, "CAPA\r\n", "and nothing more was said");
	is_int(greet("+OK\r\n+OK\r\nUSER\r\n.\r\n+OK\r\n", TLS_REQUIRED, NULL,
	    &lines), EX_UNAVAILABLE, "TLS required and not offered");
	is_string(lines, "CAPA\r\n", "nothing but CAPA was said");
	is_int(greet("+OK\r\n+OK\r\nSTLS\r\n.\r\n-ERR no\r\n", TLS_REQUIRED, NULL,
	    &lines), EX_UNAVAILABLE, "STLS refused");
	is_int(greet("+OK\r\n+OK\r\nSTLS\r\n.\r\n-ERR [SYS/TEMP] no\r\n",
	    TLS_REQUIRED, NULL, &lines), EX_TEMPFAIL, "STLS refused for now");
	is_int(greet("+OK\r\n+OK\r\nSTLS\r\n.\r\n+OK\r\n+OK forged\r\n",
	    TLS_REQUIRED, NULL, &lines), EX_PROTOCOL,
	    "plaintext behind the +OK to STLS");
	is_string(lines, "CAPA\r\nSTLS\r\n", "no handshake was begun");
	is_int(greet("220 hello\r\n", TLS_REQUIRED, NULL, &lines), EX_PROTOCOL,
	    "not a POP3 greeting");
	is_string(lines, "", "nothing was said");
	is_int(greet("-ERR go away\r\n", TLS_NONE, NULL, &lines), EX_TEMPFAIL,
	    "refused at the door");
	f = xmemstream(&text, &n);
	fputs("+OK\r\n+OK\r\n", f);
	for (n = 0; n < MAX_REPLY_LINES + 10; n++)
		fputs("X\r\n", f);
	fclose(f);
	is_int(greet(text, TLS_NONE, NULL, &lines), EX_PROTOCOL, "endless CAPA");
	free(text);
}

/* --- Lists. --- */

static void
put_size(void *ctx, uint32_t n, uint64_t octets)
{
	fprintf(ctx, "%u=%llu ", n, (unsigned long long)octets);
}

static void
put_uidl(void *ctx, uint32_t n, struct span uidl)
{
	fprintf(ctx, "%u=<%.*s> ", n, (int)uidl.n, uidl.n > 0 ? uidl.p : "");
}

static char *
rows(const char *text, uint32_t count, bool uidl, int *code)
{
	struct pop3 *p = says(text);
	struct fail why;
	char *out;
	size_t n;
	FILE *f = xmemstream(&out, &n);

	fail_clear(&why);
	if (uidl)
		(void)pop3_uidl(p, count, put_uidl, f, &why);
	else
		(void)pop3_list(p, count, put_size, f, &why);
	fclose(f);
	pop3_close(p);
	*code = why.code;
	return out;
}

static void
test_lists(void)
{
	struct fail why;
	struct pop3 *p;
	uint32_t count;
	uint64_t octets;
	char *got;
	int code;

	fail_clear(&why);
	p = says("+OK 2147483648 99\r\n");
	is_int(pop3_stat(p, &count, &octets, &why), 0, "STAT");
	is_int(count, 2147483648LL, "2^31 messages");
	pop3_close(p);
	p = says("+OK many\r\n");
	is_int(pop3_stat(p, &count, &octets, &why), -1, "STAT without a number");
	is_int(why.code, EX_PROTOCOL, "is a violation");
	pop3_close(p);
	got = rows("+OK\r\n0 5\r\n-1 5\r\n4294967297 5\r\n2 20\r\n2 21\r\n"
	    "9 5\r\nx y\r\n\r\n1 10\r\n3x 1\r\n3 99999999999999999999999\r\n"
	    ".\r\n", 4, false, &code);
	is_string(got, "2=20 1=10 3=0 ", "hostile rows of LIST");
	is_int(code, 0, "are passed over");
	free(got);
	got = rows("+OK\r\n1 9223372036854775807\r\n2 0 extra\r\n.\r\n",
	    2147483648U, false, &code);
	is_string(got, "1=9223372036854775807 2=0 ", "odd sizes");
	free(got);
	got = rows("+OK\r\n1 abc\r\n2\r\n3 \r\n4 \xff\x01 x\r\n4 again\r\n.\r\n",
	    4, true, &code);
	is_string(got, "1=<abc> 2=<> 3=<> 4=<\xff\x01 x> ", "rows of UIDL");
	free(got);
	got = rows("-ERR what?\r\n", 4, true, &code);
	is_int(code, EX_UNAVAILABLE, "no UIDL");
	free(got);
	got = rows("+OK\r\n1 a\r\n", 4, true, &code);
	is_int(code, EX_TEMPFAIL, "a list without end");
	free(got);
}

/* --- Messages. --- */

struct taken {
	FILE	*log;
	char	*text;
	size_t	 n;
	unsigned stop;
};

static FILE *
begin(void *ctx, uint32_t n, struct fail *why)
{
	struct taken *t = ctx;

	(void)n;
	(void)why;
	return xmemstream(&t->text, &t->n);
}

static int
end(void *ctx, uint32_t n, FILE *f, uint64_t octets, struct fail *result)
{
	struct taken *t = ctx;

	(void)octets;
	if (f != NULL)
		fclose(f);
	if (result->code != 0)
		fprintf(t->log, "%u:%d|", n, result->code);
	else
		fprintf(t->log, "%u:%s|", n, t->text);
	if (f != NULL)
		free(t->text);
	return n == t->stop ? -1 : 0;
}

static char *
retrieve(struct pop3 *p, size_t n, int lines, unsigned stop, int *code)
{
	static const uint32_t numbers[] = { 1, 2, 3, 4 };
	struct taken t = { .stop = stop };
	struct pop3_sink sink = { begin, end, &t };
	struct fail why;
	char *out;
	size_t len;

	fail_clear(&why);
	t.log = xmemstream(&out, &len);
	if (pop3_retrieve(p, numbers, n, lines, &sink, &why) == -1)
		fputs("-1", t.log);
	fclose(t.log);
	*code = why.code;
	return out;
}

static struct pop3 *
pipelining(const char *text)
{
	struct server s = a_server();
	char *all = xasprintf("+OK\r\n+OK\r\nPIPELINING\r\nTOP\r\n.\r\n"
	    "+OK\r\n+OK\r\n%s", text);
	struct pop3 *p = session(&s, all, strlen(all));
	struct fail why;

	fail_clear(&why);
	is_int(pop3_greet(p, &s, &why), 0, "greeted");
	free(all);
	return p;
}

/* With PIPELINING the server is asked for both lists before the first is read. */
static void
test_both_lists(void)
{
	struct pop3 *p;
	struct fail why;
	char *out;
	size_t n;
	FILE *f = xmemstream(&out, &n);

	fail_clear(&why);
	p = pipelining("+OK\r\n1 5\r\n.\r\n+OK\r\n1 a\r\n.\r\n+OK bye\r\n");
	is_int(pop3_list(p, 1, put_size, f, &why), 0, "LIST");
	is_int(pop3_uidl(p, 1, put_uidl, f, &why), 0, "UIDL");
	is_int(pop3_quit(p, &why), 0, "QUIT has its own reply");
	fclose(f);
	is_string(out, "1=5 1=<a> ", "both lists");
	is_string(said(p) + strlen("CAPA\r\nUSER mrose\r\nPASS tanstaaf\r\n"),
	    "LIST\r\nUIDL\r\nQUIT\r\n", "asked for once");
	free(out);
	f = xmemstream(&out, &n);
	p = pipelining("-ERR no\r\n+OK\r\n1 a\r\n.\r\n");
	is_int(pop3_list(p, 1, put_size, f, &why), -1, "LIST is refused");
	ok(pop3_is_over(p), "a list that nobody wants is waiting: the session is over");
	pop3_close(p);
	fclose(f);
	free(out);
}

static void
test_messages(void)
{
	struct pop3 *p;
	char *got;
	int code;

	p = says("+OK\r\nA: b\r\n\r\n..\r\n...x\r\n.\r\n+OK\r\nlast\r\n.\r\n");
	got = retrieve(p, 2, -1, 0, &code);
	is_string(got, "1:A: b\n\n.\n..x\n|2:last\n|", "two messages");
	is_string(said(p), "RETR 1\r\nRETR 2\r\n", "one by one");
	free(got);
	p = pipelining("+OK\r\n1\r\n.\r\n-ERR gone\r\n+OK\r\n3\r\n.\r\n");
	ok(pop3_offers(p, "top"), "TOP is offered");
	got = retrieve(p, 3, 0, 0, &code);
	is_string(got, "1:1\n|2:69|3:3\n|", "-ERR fails its message alone");
	is_string(said(p), "CAPA\r\nUSER mrose\r\nPASS tanstaaf\r\n"
	    "TOP 1 0\r\nTOP 2 0\r\nTOP 3 0\r\n", "TOP");
	free(got);
	p = says("+OK\r\na\n.\nb\r\n\n.\r\nc\r\n.\r\n");
	got = retrieve(p, 1, -1, 0, &code);
	ok(strstr(got, "b") != NULL && strstr(got, "c") != NULL,
	    "a dot between bare line feeds ends nothing");
	free(got);
	pop3_close(p);
	p = says("+OK\r\n1\r\n.\r\n+OK\r\nhalf\r\n");
	got = retrieve(p, 2, -1, 0, &code);
	is_string(got, "1:1\n|2:75|-1", "a message without its dot is none");
	is_int(code, EX_TEMPFAIL, "connection lost");
	ok(pop3_is_over(p), "the session is over");
	free(got);
	pop3_close(p);
	p = says("+OK\r\n1\r\n.\r\n+OK\r\n2\r\n.\r\n");
	got = retrieve(p, 2, -1, 1, &code);
	is_string(got, "1:1\n|-1", "stopped by the caller");
	ok(!pop3_is_over(p), "nothing was waiting: it may go on");
	free(got);
	pop3_close(p);
	p = pipelining("+OK\r\n1\r\n.\r\n+OK\r\n2\r\n.\r\n");
	got = retrieve(p, 2, -1, 1, &code);
	ok(pop3_is_over(p), "stopped with replies waiting: over");
	free(got);
	pop3_close(p);
	p = says("* BAD\r\n");
	got = retrieve(p, 1, -1, 0, &code);
	is_int(code, EX_PROTOCOL, "no reply at all");
	free(got);
	pop3_close(p);
}

static void
test_deleting(void)
{
	static const uint32_t numbers[] = { 7, 8, 9 };
	struct fail why;
	struct pop3 *p;
	bool done_[3];

	fail_clear(&why);
	p = says("+OK\r\n-ERR no\r\n+OK\r\n+OK bye\r\n");
	is_int(pop3_delete(p, numbers, 3, done_, &why), 0, "DELE");
	ok(done_[0] && !done_[1] && done_[2], "each with its outcome");
	is_int(pop3_quit(p, &why), 0, "QUIT");
	is_int(pop3_stat(p, &(uint32_t){ 0 }, &(uint64_t){ 0 }, &why), -1,
	    "nothing behind QUIT");
	is_string(said(p), "DELE 7\r\nDELE 8\r\nDELE 9\r\nQUIT\r\n", "said");
	fail_clear(&why);
	p = says("-ERR some were not removed\r\n");
	is_int(pop3_quit(p, &why), -1, "-ERR to QUIT");
	is_int(why.code, EX_TEMPFAIL, "to be tried again");
	pop3_close(p);
	fail_clear(&why);
	p = says("");
	is_int(pop3_quit(p, &why), -1, "no answer to QUIT");
	is_int(why.code, EX_TEMPFAIL, "to be tried again");
	pop3_close(p);
}

int
main(int argc, char **argv)
{
	test_table(argc > 1 ? argv[1] : "tests/data/protocol/pop3-replies.txt");
	test_opening();
	test_lists();
	test_both_lists();
	test_messages();
	test_deleting();
	return done();
}
