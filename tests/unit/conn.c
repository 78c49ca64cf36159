/* SPDX-License-Identifier: ISC */
/*
 * conn.c -- connections: lines, bounds, deadlines, both directions at once,
 * storms of signals, proxies.
 */
#include <sys/time.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <time.h>

#include "../../net/conn.h"
#include "../../net/dial.h"
#include "peer.h"

static struct server
a_server(void)
{
	static char host[] = "localhost", port[] = "25";
	struct server s;

	memset(&s, 0, sizeof s);
	s.url.host = host;
	s.url.port = port;
	s.timeout = 5;
	return s;
}

/* Both ends in this process; the far one is *far. */
static struct conn *
pair_up(const struct server *s, int *far)
{
	struct server def = a_server();
	struct fail why;
	int pair[2], size = 1 << 20;

	fail_clear(&why);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		exit(1);
	setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	*far = pair[1];
	return conn_attach(pair[0], s == NULL ? &def : s, &why);
}

static void
tell(int far, const char *p, size_t n)
{
	if (write_all(far, p, n) == -1)
		exit(1);
}

#define TELL(far, s)	tell(far, s, sizeof (s) - 1)

/* All that was said, up to now. */
static const char *
told(int far)
{
	static char text[4096];
	ssize_t n = recv(far, text, sizeof text - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* --- Saying. --- */

static void
test_saying(void)
{
	struct fail why;
	int far;
	struct conn *c = pair_up(NULL, &far);

	fail_clear(&why);
	is_int(conn_say(c, &why, "RCPT TO:<%s>", "a@x"), 0, "a line");
	is_string(told(far), "", "is held back");
	is_int(conn_say(c, &why, "%s", "a\rb"), -1, "CR");
	is_int(why.code, EX_DATAERR, "is refused");
	fail_clear(&why);
	is_int(conn_say(c, &why, "a\nb"), -1, "LF");
	is_int(conn_say_secret(c, 0, &why, "%s", "pass\nword"), -1,
	    "LF in a secret");
	ok(strstr(why.text, "word") == NULL, "which is not told");
	is_int(conn_say(c, &why, "a%cb", 0), -1, "NUL");
	fail_clear(&why);
	is_int(conn_write(c, "x\r\n\0y", 5, &why), 0, "octets");
	is_int(conn_write_secret(c, "zz", 2, &why), 0, "secret ones");
	is_int(conn_flush(c, &why), 0, "flush");
	is_string(told(far), "RCPT TO:<a@x>\r\nx\r\n", "in one flight");
	close(far);
	fail_clear(&why);
	is_int(conn_say(c, &why, "x") | conn_flush(c, &why), -1, "to nobody");
	is_int(why.code, EX_TEMPFAIL, "fails");
	fail_clear(&why);
	is_int(conn_say(c, &why, "x"), -1, "for good");
	is_string(conn_name(c), "localhost:25", "the name");
	conn_close(c);
	conn_close(NULL);
}

/* --- Lines. --- */

static void
test_lines(void)
{
	struct span line;
	struct fail why;
	int far;
	struct conn *c = pair_up(NULL, &far);

	fail_clear(&why);
	ok(!conn_has_line(c), "nothing there");
	TELL(far, "one\r\ntwo\n\r\nth");
	is_int(conn_line(c, &line, &why), 0, "a line");
	ok(span_eq(line, "one") && !conn_bare_lf(c), "with CRLF");
	ok(conn_has_line(c), "another is there");
	is_int(conn_line(c, &line, &why), 0, "a line");
	ok(span_eq(line, "two") && conn_bare_lf(c), "with LF alone");
	is_int(conn_line(c, &line, &why), 0, "a line");
	ok(line.n == 0 && !conn_bare_lf(c), "an empty one");
	ok(!conn_has_line(c), "half a line");
	is_int(conn_wait(c, 0, &why), 1, "is something");
	TELL(far, "ree\r\nfour\0\r\nfive\r\nxyz");
	is_int(conn_line(c, &line, &why), 0, "a line in two pieces");
	ok(span_eq(line, "three"), "is one");
	is_int(conn_line(c, &line, &why), -1, "a NUL");
	is_int(why.code, EX_PROTOCOL, "is refused");
	fail_clear(&why);
	is_int(conn_line(c, &line, &why), 0, "the next is a line");
	is_int(conn_read(c, 2, &line, &why), 0, "two octets");
	ok(span_eq(line, "xy"), "the right ones");
	is_int(conn_read(c, 100, &line, &why), 0, "what is left");
	ok(span_eq(line, "z"), "is one");
	is_int(conn_wait(c, 0, &why), 0, "and nothing");
	close(far);
	is_int(conn_wait(c, 5, &why), 1, "the end is something, too");
	is_int(conn_line(c, &line, &why), -1, "no line");
	is_int(why.code, EX_TEMPFAIL, "the server closed");
	conn_close(c);
}

static void
bound(size_t max_line, size_t n, int code, const char *what)
{
	struct server s = a_server();
	char *text = xmalloc(n + 2);
	struct span line;
	struct fail why;
	struct conn *c;
	int far;
	pid_t pid;

	s.max_line = max_line;
	c = pair_up(&s, &far);
	memset(text, 'x', n);
	memcpy(text + n, "\r\n", 2);
	if ((pid = fork()) == 0) {	/* it may be more than the pipe holds */
		signal(SIGPIPE, SIG_DFL);
		close(conn_fd(c));
		tell(far, "first\r\n", 7);
		tell(far, text, n + 2);
		tell(far, "last\r\n", 6);
		_exit(0);
	}
	close(far);
	fail_clear(&why);
	is_int(conn_line(c, &line, &why), 0, what);
	(void)conn_line(c, &line, &why);
	is_int(why.code, code, what);
	if (code == 0) {
		is_int((long long)line.n, (long long)n, what);
		is_int(conn_line(c, &line, &why), 0, what);
		ok(span_eq(line, "last"), "%s", what);
	}
	conn_close(c);
	waitpid(pid, NULL, 0);
	free(text);
}

static void
test_bounds(void)
{
	bound(0, MAX_REPLY_LINE - 1, 0, "as long as a line may be");
	bound(0, MAX_REPLY_LINE + 1, EX_PROTOCOL, "longer");
	bound(0, 10000000, EX_PROTOCOL, "10 MB");
	bound(MAX_IMAP_LINE, 3000000, 0, "3 MB where that may be");
	bound(MAX_IMAP_LINE, MAX_IMAP_LINE - 1, 0, "as long as may be there");
	bound(MAX_IMAP_LINE, MAX_IMAP_LINE + 1, EX_PROTOCOL, "longer");
}

/* What was lent stays where it is while output goes out and input comes in. */
static void
test_lent(void)
{
	static char block[1024];
	struct span line;
	struct fail why;
	struct conn *c;
	int far, i, bad = 0, status;
	pid_t pid;

	c = pair_up(NULL, &far);
	memset(block, 'x', sizeof block);
	if ((pid = fork()) == 0) {
		close(conn_fd(c));
		memcpy(block + sizeof block - 2, "\r\n", 2);
		tell(far, "lent\r\n", 6);
		for (i = 0; i < 3000; i++)
			tell(far, block, sizeof block);
		for (i = 0; i < 3000; i++)
			if (recv(far, block, sizeof block, MSG_WAITALL) !=
			    sizeof block)
				_exit(1);
		_exit(0);
	}
	close(far);
	fail_clear(&why);
	is_int(conn_line(c, &line, &why), 0, "a line");
	for (i = 0; i < 3000; i++)
		bad |= conn_write(c, block, sizeof block, &why);
	is_int(bad | conn_flush(c, &why), 0, "3 MB out while 3 MB come in");
	ok(span_eq(line, "lent"), "what was lent is the same");
	for (i = 0; i < 3000; i++)
		bad |= conn_line(c, &line, &why);
	is_int(bad, 0, "and all that came is there");
	conn_close(c);
	waitpid(pid, &status, 0);
	is_int(status, 0, "all that went out, too");
}

/* --- Texts. --- */

static void
text(const char *in, size_t n, const char *want, uint64_t octets,
    const char *rest)
{
	uint64_t got_octets = 0;
	struct span line;
	struct fail why;
	char *got;
	size_t len, i;
	int far, piece;
	struct conn *c;
	FILE *f;

	/* All at once, and octet by octet. */
	for (piece = 0; piece < 2; piece++) {
		c = pair_up(NULL, &far);
		f = xmemstream(&got, &len);
		fail_clear(&why);
		for (i = 0; piece == 1 && i < n; i++)
			tell(far, in + i, 1);
		if (piece == 0)
			tell(far, in, n);
		is_int(conn_text_read(c, f, &got_octets, &why), 0, "a text");
		fclose(f);
		is_string(got, want, "with LF, without dots");
		is_int((long long)got_octets, (long long)octets, "its octets");
		is_int(conn_line(c, &line, &why), 0, "what follows");
		ok(span_eq(line, rest), "is another's");
		free(got);
		close(far);
		conn_close(c);
	}
}

#define TEXT(in, want, octets)	text(in "+OK\r\n", sizeof (in) + 4, want, octets, "+OK")

static void
test_texts(void)
{
	struct fail why;
	int far;
	struct conn *c = pair_up(NULL, &far);
	FILE *full = fopen("/dev/full", "w");

	TEXT(".\r\n", "", 0);
	TEXT("a\r\nb\r\n.\r\n", "a\nb\n", 6);
	TEXT("..\r\n...x\r\n.\r\n", ".\n..x\n", 8);
	TEXT("a\n.\nb\r\n.\r\n", "a\n.\nb\n", 7);
	TEXT("a\r\n.\nb\r\n.\r\n", "a\n\nb\n", 7);
	TEXT("a\r\r\n.\r\n", "a\r\n", 4);
	TEXT("a\rb\r\n.\r\n", "a\rb\n", 5);
	TEXT("\r\n\r\n.\r\n", "\n\n", 4);
	fail_clear(&why);
	TELL(far, "a\r\n.\r\nnext\r\n");
	is_int(conn_text_read(c, full, NULL, &why), -1, "a full disk");
	is_int(why.code, EX_IOERR, "is told");
	fclose(full);
	fail_clear(&why);
	is_int(conn_line(c, &(struct span){ NULL, 0 }, &why), 0,
	    "the session goes on");
	TELL(far, "a\r\nb");
	close(far);
	full = fopen("/dev/null", "w");
	is_int(conn_text_read(c, full, NULL, &why), -1, "no dot");
	is_int(why.code, EX_TEMPFAIL, "is lost");
	fclose(full);
	conn_close(c);
}

/* --- Time and signals. --- */

static volatile sig_atomic_t signalled;

static void
note_signal(int sig)
{
	if (sig != SIGALRM)
		signalled = sig;
}

/* A timer each millisecond; 0 ends it. */
static void
storm(long us)
{
	struct itimerval t = { { 0, us }, { 0, us } };
	struct sigaction sa;

	memset(&sa, 0, sizeof sa);
	sa.sa_handler = note_signal;	/* without SA_RESTART */
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
}

static void
test_storm(void)
{
	static const char *const script[] = { "W20", "Rhe", "W20", "Rllo", "W20",
	    "S", "W50", "Chi", "W50", "Stext", "W20", "S.", NULL };
	struct server s = a_server();
	struct span line;
	struct fail why;
	struct peer p;
	struct conn *c;
	char *got;
	size_t len;
	FILE *f = xmemstream(&got, &len);

	s.signalled = &signalled;
	fail_clear(&why);
	p = peer_start(script);
	storm(500);
	c = conn_attach(p.fd, &s, &why);
	is_int(conn_line(c, &line, &why), 0, "a line in a storm of signals");
	ok(span_eq(line, "hello"), "is whole");
	is_int(conn_say(c, &why, "hi") | conn_flush(c, &why), 0, "we answer");
	is_int(conn_text_read(c, f, NULL, &why), 0, "a text");
	storm(0);
	fclose(f);
	is_string(got, "text\n", "is whole");
	free(got);
	conn_close(c);
	ok(peer_agrees(p), "and nothing was lost");
}

static long long
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void
test_time(void)
{
	struct server s = a_server();
	struct span line;
	struct fail why;
	struct conn *c;
	long long begun;
	int far;

	s.timeout = 1;
	s.signalled = &signalled;
	c = pair_up(&s, &far);
	begun = now();
	fail_clear(&why);
	is_int(conn_line(c, &line, &why), -1, "silence");
	is_int(why.code, EX_TEMPFAIL, "is left");
	ok(now() - begun >= 900 && now() - begun < 20000, "in time");
	begun = now();
	fail_clear(&why);
	while (conn_write(c, "0123456789", 10, &why) == 0 && why.code == 0)
		continue;
	is_int(why.code, EX_TEMPFAIL, "a server that does not read");
	ok(now() - begun < 20000, "is left in time");
	conn_close(c);
	close(far);
	c = pair_up(&s, &far);
	conn_set_timeout(c, 60);
	conn_set_deadline(c, 1);
	TELL(far, "one\r\n");
	fail_clear(&why);
	is_int(conn_line(c, &line, &why), 0, "in time");
	begun = now();
	is_int(conn_line(c, &line, &why), -1, "the deadline of the whole");
	ok(now() - begun < 20000, "comes first");
	conn_set_deadline(c, 0);
	signalled = SIGWINCH;
	fail_clear(&why);
	is_int(conn_wait(c, 0, &why), 0, "a signal that means nothing");
	signalled = SIGTERM;
	is_int(conn_line(c, &line, &why), -1, "one that means the end");
	ok(strstr(why.text, "interrupted") != NULL, "ends the wait");
	signalled = 0;
	conn_close(c);
	close(far);
}

/* --- Dialing. --- */

static int
listen_on(char port[static 8])
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof a;
	int s = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (s == -1 || bind(s, (struct sockaddr *)&a, n) == -1 ||
	    listen(s, 4) == -1 ||
	    getsockname(s, (struct sockaddr *)&a, &n) == -1)
		exit(1);
	snprintf(port, 8, "%u", ntohs(a.sin_port));
	return s;
}

static void
test_dialing(void)
{
	struct server s = a_server();
	struct fail why;
	struct conn *c;
	int listener, one = 0;
	socklen_t n = sizeof one;
	char port[8], path[] = "/nonexistent/socket";

	listener = listen_on(port);
	s.url.port = port;
	fail_clear(&why);
	/* `localhost' may have an address where nobody listens, before this one. */
	c = conn_open(&s, &why);
	if (!ok(c != NULL, "each address is tried"))
		exit(1);
	getsockopt(conn_fd(c), IPPROTO_TCP, TCP_NODELAY, &one, &n);
	ok(one != 0, "TCP_NODELAY");
	ok(conn_is_private(c) && !conn_is_tls(c), "loopback is private");
	conn_close(c);
	close(listener);
	ok(conn_open(&s, &why) == NULL, "nobody listens");
	is_int(why.code, EX_TEMPFAIL, "may be mended");
	ok(strstr(why.text, port) != NULL, "host and port are named");
	fail_clear(&why);
	s.url.host = NULL;
	s.url.path = path;
	ok(conn_open(&s, &why) == NULL, "no socket");
	is_int(why.code, EX_TEMPFAIL, "may be mended");
	is_int(dial_code(EAI_NONAME), EX_NOHOST, "no such host");
	is_int(dial_code(EAI_AGAIN), EX_TEMPFAIL, "the name server fails");
	is_int(dial_code(EAI_FAIL), EX_TEMPFAIL, "for good");
}

/* A SOCKS5 proxy that says this. */
static void
through(const char *hello, const char *reply, size_t reply_n, int code,
    const char *what)
{
	struct server s = a_server();
	unsigned char asked[64];
	char port[8], proxy[64];
	int listener = listen_on(port), fd;
	struct span line;
	struct fail why;
	struct conn *c;
	pid_t pid;
	int status;

	fflush(stdout);
	if ((pid = fork()) == 0) {
		alarm(10);
		fd = accept(listener, NULL, NULL);
		if (recv(fd, asked, 3, MSG_WAITALL) != 3)
			_exit(1);
		tell(fd, hello, 2);
		/* 5 1 0 3, the name with its length, the port. */
		if (hello[1] == 0 && (recv(fd, asked, 4 + 1 + 9 + 2,
		    MSG_WAITALL) != 16 || memcmp(asked,
		    "\5\1\0\3\11localhost\0\31", 16) != 0))
			_exit(2);
		tell(fd, reply, reply_n);
		_exit(0);
	}
	snprintf(proxy, sizeof proxy, "socks5h://127.0.0.1:%s", port);
	s.proxy = proxy;
	fail_clear(&why);
	c = conn_open(&s, &why);
	if (c != NULL) {
		ok(!conn_is_private(c), "%s: not private", what);
		is_int(conn_line(c, &line, &why), 0, what);
		ok(span_eq(line, "220 hi"), "%s: the server's line", what);
	}
	is_int(why.code, code, what);
	conn_close(c);
	waitpid(pid, &status, 0);
	is_int(status, 0, what);
	close(listener);
}

#define THROUGH(hello, reply, code, what) \
	through(hello, reply, sizeof (reply) - 1, code, what)

static void
test_proxy(void)
{
	struct server s = a_server();
	struct fail why;

	THROUGH("\5\0", "\5\0\0\1abcdpp220 hi\r\n", 0, "a proxy");
	THROUGH("\5\0", "\5\0\0\3\3abcpp220 hi\r\n", 0, "a name in its reply");
	THROUGH("\5\0", "\5\5\0\1abcdpp", EX_TEMPFAIL, "connection refused");
	THROUGH("\5\0", "\5\0\0\1ab", EX_TEMPFAIL, "half a reply");
	THROUGH("\5\xff", "", EX_NOPERM, "a proxy that wants a password");
	THROUGH("HT", "", EX_PROTOCOL, "no SOCKS5 proxy");
	s.proxy = (char[]){ "http://x:1" };
	fail_clear(&why);
	ok(conn_open(&s, &why) == NULL, "another kind of proxy");
	is_int(why.code, EX_CONFIG, "is refused");
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_saying();
	test_lines();
	test_bounds();
	test_lent();
	test_texts();
	test_storm();
	test_time();
	test_dialing();
	test_proxy();
	return done();
}
