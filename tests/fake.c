/* SPDX-License-Identifier: ISC */
/*
 * fake.c -- a scripted server for faults: says what a script says, right or wrong.
 *
 *	fake [-c cert.pem -k key.pem] [-V 1.1] [-n N] [-t seconds] [-o transcript]
 *	    [-b N | -r N | -a N] [-p port] [script]
 *
 * Listens on a free port of 127.0.0.1 (or on that of -p; with -6 of ::1), prints it, and serves connections one after
 * another, each by the lines between two lines `next' of the script (default:
 * standard input); with -n the whole script N times.  Ends with 0 when every
 * dialogue went as written, 1 when one did not, and 3 after -t seconds (30) in
 * any case.  What was said, and the fault, stands in the transcript.
 *
 *	S: text		say the line; %t is the first word of the line heard last
 *	C: pattern	hear a line, which must match (as file names do)
 *	raw text	say the octets; in these and in S: \r \n \t \0 \\ \xHH
 *	repeat N text	say the line N times
 *	fill N text	say the octets N times
 *	data [file]	hear a text to its lone dot; add it, as heard, to the file
 *	read N		hear N octets
 *	bdat [file]	hear as many octets as the line heard last says; add them to the file
 *	swallow		hear all until the other side closes
 *	expect-eof	the other side must close and say nothing more
 *	starttls	shake hands, as the server, with -c and -k
 *	sleep MS	do nothing for so long
 *	drip MS		from now on each octet in a segment of its own, MS apart
 *	close		end it (under TLS with close_notify)
 *	cut		end it without close_notify
 *	rst		end it with a reset
 *	next		another connection
 *	on pattern	a rule: the lines behind it, to the next rule, `serve' or `next'
 *	serve		hear lines, and for each obey the first rule that it matches,
 *			until the connection ends
 *
 * The transcript counts the flights: each time that something is heard that was not
 * there yet when the answer before it was said.
 *
 * -b N closes a connection when N octets were said (none beyond), -r N resets it
 * then, -a N closes it when N octets were heard and more come: all as on the wire
 * inside TLS.  -V sets the highest version of TLS.
 */
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fnmatch.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#define MAX_LINES	4000
#define MAX_HEARD	(1024 * 1024)

static const char *cert, *key, *max_version;
static long long say_limit = -1, hear_limit = -1;
static bool reset_at_limit;
static FILE *transcript;

static int fd = -1;		/* the connection */
static SSL *ssl;
static SSL_CTX *context;
static bool over;		/* it has ended */
static long drip = -1;
static long long said, heard;
static bool spoke = true;	/* since something was heard */
static int flights;
static size_t in_at, in_n;	/* of what was taken in */
static char line[MAX_HEARD];	/* heard last */
static char tag[64];

static char *script[MAX_LINES];
static size_t nlines, first_line;	/* of this connection */

static bool	serve_rules(void);

__attribute__((__format__(__printf__, 1, 2))) static void
note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(transcript, fmt, ap);
	va_end(ap);
	fflush(transcript);
}

static void
show(const char *who, const char *p, size_t n)
{
	size_t i;

	fputs(who, transcript);
	for (i = 0; i < n && i < 2000; i++)
		if (p[i] >= ' ' && p[i] < 127)
			putc(p[i], transcript);
		else
			fprintf(transcript, "\\x%02x", (unsigned char)p[i]);
	fputs(i < n ? "...\n" : "\n", transcript);
	fflush(transcript);
}

static void
out_of_time(int sig)
{
	static const char text[] = "# FAILED: out of time\n";

	(void)sig;
	(void)!write(fileno(transcript), text, sizeof text - 1);
	_exit(3);
}

static void
nap(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&t, &t) == -1 && errno == EINTR)
		continue;
}

/* --- The connection. --- */

static void
hang_up(bool notify, bool reset)
{
	struct linger now = { 1, 0 };

	if (fd == -1)
		return;
	if (ssl != NULL && notify)
		(void)SSL_shutdown(ssl);
	SSL_free(ssl);
	ssl = NULL;
	if (reset)
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(fd);
	fd = -1;
	over = true;
	note("# %s\n", reset ? "reset" : "closed");
}

static bool
send_some(const char *p, size_t n)
{
	ssize_t done;

	while (n > 0) {
		done = ssl != NULL ? SSL_write(ssl, p, (int)n) :
		    send(fd, p, n, MSG_NOSIGNAL);
		if (done <= 0) {
			note("# cannot say it: the other side is gone\n");
			return false;
		}
		p += done;
		n -= (size_t)done;
	}
	return true;
}

/* Is there something to hear already, so that nobody waits for what is said now? */
static bool
is_ahead(void)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return in_at < in_n || (ssl != NULL && SSL_has_pending(ssl) == 1) ||
	    poll(&p, 1, 0) == 1;
}

/* Say octets, as -b, -r and drip allow; false when the connection has ended. */
static bool
say(const char *p, size_t n)
{
	bool limited = say_limit >= 0 && said + (long long)n >= say_limit;
	size_t i;

	if (over)
		return false;
	if (limited)
		n = (size_t)(say_limit - said);
	said += (long long)n;
	spoke = spoke || !is_ahead();
	for (i = 0; drip >= 0 && i < n; i++) {
		if (!send_some(p + i, 1))
			return false;
		nap(drip);
	}
	if (drip < 0 && !send_some(p, n))
		return false;
	if (!limited)
		return true;
	if (reset_at_limit)
		nap(20);	/* or it would overtake what was said */
	hang_up(false, reset_at_limit);
	return false;
}

/* One octet; -1 at the end. */
static int
hear(void)
{
	static unsigned char buffer[65536];
	ssize_t got;

	if (over)
		return -1;
	if (in_at == in_n) {
		got = ssl != NULL ? SSL_read(ssl, buffer, sizeof buffer) :
		    recv(fd, buffer, sizeof buffer, 0);
		in_at = 0;
		in_n = got > 0 ? (size_t)got : 0;
		if (in_n == 0)
			return -1;
		if (spoke)
			note("# flight %d\n", ++flights);
		spoke = false;
	}
	if (hear_limit >= 0 && heard++ == hear_limit) {
		hang_up(false, false);
		return -1;
	}
	return buffer[in_at++];
}

/* A line into `line', without its end; false at the end of the connection. */
static bool
hear_line(size_t *n)
{
	int c = 0;

	*n = 0;
	while (*n < sizeof line - 1 && (c = hear()) != -1 && c != '\n')
		line[(*n)++] = (char)c;
	if (*n > 0 && line[*n - 1] == '\r')
		(*n)--;
	line[*n] = '\0';
	if (c == -1 && *n == 0)
		return false;
	show(c == -1 ? "C (cut): " : "C: ", line, *n);
	return c != -1;
}

/* --- The words of the script. --- */

/* Undo the escapes and put in the tag; the octets, in a buffer of our own. */
static const char *
expand(const char *text, size_t *n)
{
	static char out[MAX_HEARD];
	char hex[3] = "";

	for (*n = 0; *text != '\0' && *n < sizeof out - sizeof tag; text++) {
		if (text[0] == '%' && text[1] == 't') {
			memcpy(out + *n, tag, strlen(tag));
			*n += strlen(tag);
			text++;
		} else if (*text != '\\' || text[1] == '\0')
			out[(*n)++] = *text;
		else if (*++text == 'x' && text[1] != '\0' && text[2] != '\0') {
			memcpy(hex, text + 1, 2);
			out[(*n)++] = (char)strtol(hex, NULL, 16);
			text += 2;
		} else
			out[(*n)++] = *text == 'r' ? '\r' : *text == 'n' ?
			    '\n' : *text == 't' ? '\t' : *text == '0' ? '\0' :
			    *text;
	}
	return out;
}

static bool
say_line(const char *text)
{
	static char all[MAX_HEARD + 2];
	const char *p;
	size_t n;

	p = expand(text, &n);
	memcpy(all, p, n);
	show("S: ", all, n);
	memcpy(all + n, "\r\n", 2);
	return say(all, n + 2);
}

static bool
say_raw(const char *text)
{
	const char *p;
	size_t n;

	p = expand(text, &n);
	show("S (raw): ", p, n);
	return say(p, n);
}

static bool
demand(const char *pattern)
{
	size_t n;

	if (!hear_line(&n)) {
		note("# FAILED: wants \"%s\", got the end\n", pattern);
		return false;
	}
	snprintf(tag, sizeof tag, "%.*s", (int)strcspn(line, " "), line);
	if (strlen(line) == n && fnmatch(pattern, line, 0) == 0)
		return true;
	note("# FAILED: wants \"%s\"\n", pattern);
	return false;
}

static bool
hear_text(const char *name)
{
	FILE *f = *name == '\0' ? NULL : fopen(name, "a");
	bool dot = false;
	size_t n;

	while (!dot && hear_line(&n)) {
		dot = strcmp(line, ".") == 0;
		if (!dot && f != NULL)
			fprintf(f, "%s\n", line);
	}
	if (f != NULL)
		fclose(f);
	if (!dot)
		note("# FAILED: a text without its dot\n");
	return dot;
}

static bool
hear_octets(long n)
{
	long i;

	for (i = 0; i < n; i++)
		if (hear() == -1) {
			note("# FAILED: wants %ld octets, got %ld\n", n, i);
			return false;
		}
	note("C: (%ld octets)\n", n);
	return true;
}

static bool
hear_chunk(const char *name)
{
	const char *digits = strchr(line, ' ');
	long i, n = digits == NULL ? 0 : strtol(digits, NULL, 10);
	FILE *f = *name == '\0' ? NULL : fopen(name, "a");
	int c = 0;

	for (i = 0; i < n && (c = hear()) != -1; i++)
		if (f != NULL)
			putc(c, f);
	if (f != NULL)
		fclose(f);
	note("%s: (chunk: %ld of %ld octets)\n", i < n ? "# FAILED" : "C", i, n);
	return i == n;
}

static bool
hear_end(bool silent)
{
	size_t n;

	while (hear_line(&n))
		if (silent) {
			note("# FAILED: wants the end\n");
			return false;
		}
	note("# the other side closed\n");
	return true;
}

static bool
start_tls(void)
{
	if (context == NULL || (ssl = SSL_new(context)) == NULL ||
	    SSL_set_fd(ssl, fd) != 1) {
		note("# FAILED: no TLS: see -c and -k\n");
		return false;
	}
	ERR_clear_error();
	if (SSL_accept(ssl) == 1) {
		note("# %s\n", SSL_get_version(ssl));
		return true;
	}
	note("# TLS fails: %s\n", ERR_reason_error_string(ERR_peek_error()));
	hang_up(false, false);
	return false;
}

static bool
repeat(const char *text, bool lines)
{
	char *rest;
	long n = strtol(text, &rest, 10);

	rest += *rest == ' ';
	note("# %ld times:\n", n);
	while (n-- > 0)
		if (!(lines ? say_line(rest) : say(rest, strlen(rest))))
			return false;
	return true;
}

/* Words that take nothing and always succeed; false: it is none of them. */
static bool
obey_simple(const char *word, const char *rest)
{
	if (strcmp(word, "sleep") == 0)
		nap(strtol(rest, NULL, 10));
	else if (strcmp(word, "drip") == 0)
		drip = strtol(rest, NULL, 10);
	else if (strcmp(word, "close") == 0)
		hang_up(true, false);
	else if (strcmp(word, "cut") == 0)
		hang_up(false, false);
	else if (strcmp(word, "rst") == 0)
		hang_up(false, true);
	else
		return false;
	return true;
}

/* One line of the script: false when nothing more can be done of it. */
static bool
obey(const char *word, const char *rest)
{
	if (strcmp(word, "S:") == 0)
		return say_line(rest);
	if (strcmp(word, "C:") == 0)
		return demand(rest);
	if (strcmp(word, "raw") == 0)
		return say_raw(rest);
	if (strcmp(word, "repeat") == 0 || strcmp(word, "fill") == 0)
		return repeat(rest, *word == 'r');
	if (strcmp(word, "data") == 0)
		return hear_text(rest);
	if (strcmp(word, "read") == 0)
		return hear_octets(strtol(rest, NULL, 10));
	if (strcmp(word, "bdat") == 0)
		return hear_chunk(rest);
	if (strcmp(word, "swallow") == 0 || strcmp(word, "expect-eof") == 0)
		return hear_end(*word == 'e');
	if (strcmp(word, "starttls") == 0)
		return start_tls();
	if (strcmp(word, "serve") == 0)
		return serve_rules();
	if (obey_simple(word, rest))
		return true;
	note("# FAILED: no word of the script: %s\n", word);
	return false;
}

static bool
obey_line(const char *text)
{
	size_t n = strcspn(text, " ");
	char word[32];

	snprintf(word, sizeof word, "%.*s", (int)n, text);
	return obey(word, text + n + (text[n] == ' '));
}

/* --- Rules. --- */

static bool
begins_rule(const char *text)
{
	return strncmp(text, "on ", 3) == 0;
}

static bool
ends_rule(const char *text)
{
	return begins_rule(text) || strcmp(text, "serve") == 0 ||
	    strcmp(text, "next") == 0;
}

static bool
follow_rule(size_t i)
{
	for (; i < nlines && !ends_rule(script[i]) && !over; i++)
		if (!obey_line(script[i]))
			return false;
	return true;
}

static bool
serve_rules(void)
{
	size_t i, n;

	while (!over && hear_line(&n)) {
		snprintf(tag, sizeof tag, "%.*s", (int)strcspn(line, " "),
		    line);
		for (i = first_line; i < nlines; i++)
			if (begins_rule(script[i]) &&
			    fnmatch(script[i] + 3, line, 0) == 0)
				break;
		if (i == nlines) {
			note("# FAILED: no rule for it\n");
			return false;
		}
		if (!follow_rule(i + 1))
			return false;
	}
	return true;
}

/* --- The program. --- */

static void
read_script(FILE *f)
{
	static char text[65536];
	char *start;

	while (fgets(text, sizeof text, f) != NULL && nlines < MAX_LINES) {
		text[strcspn(text, "\n")] = '\0';
		start = text + strspn(text, " \t");
		if (*start != '\0' && *start != '#')
			script[nlines++] = strdup(start);
	}
}

/* One connection, by the script from line i; the line behind its last. */
static size_t
serve(int listener, size_t i, bool *good)
{
	bool ready = true, rule = false;

	first_line = i;
	fd = accept(listener, NULL, NULL);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	note("# connection\n");
	over = false;
	drip = -1;
	said = heard = 0;
	spoke = true;
	flights = 0;
	in_at = in_n = 0;
	for (; i < nlines && strcmp(script[i], "next") != 0; i++) {
		if (ends_rule(script[i]))
			rule = begins_rule(script[i]);
		if (ready && !rule)
			ready = obey_line(script[i]);
	}
	*good = *good && ready;
	hang_up(true, false);
	return i < nlines ? i + 1 : i;
}

static int
listen_on(unsigned port, bool six)
{
	union {
		struct sockaddr		 any;
		struct sockaddr_in	 in;
		struct sockaddr_in6	 in6;
	} a;
	socklen_t n = six ? sizeof a.in6 : sizeof a.in;
	int s = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(&a, 0, sizeof a);
	if (six) {
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_addr = in6addr_loopback;
		a.in6.sin6_port = htons((in_port_t)port);
	} else {
		a.in.sin_family = AF_INET;
		a.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		a.in.sin_port = htons((in_port_t)port);
	}
	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	if (s == -1 || bind(s, &a.any, n) == -1 || listen(s, 16) == -1 ||
	    getsockname(s, &a.any, &n) == -1) {
		perror("fake");
		exit(2);
	}
	printf("%d\n", ntohs(six ? a.in6.sin6_port : a.in.sin_port));
	fflush(stdout);
	return s;
}

static void
prepare_tls(void)
{
	if (cert == NULL)
		return;
	context = SSL_CTX_new(TLS_server_method());
	if (context == NULL ||
	    SSL_CTX_use_certificate_chain_file(context, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(context, key != NULL ? key : cert,
	    SSL_FILETYPE_PEM) != 1) {
		fprintf(stderr, "fake: cannot use %s\n", cert);
		exit(2);
	}
	if (max_version == NULL)
		return;
	SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(context, strcmp(max_version, "1.0") == 0 ?
	    TLS1_VERSION : strcmp(max_version, "1.1") == 0 ? TLS1_1_VERSION :
	    TLS1_2_VERSION);
	SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
}

static void
usage(void)
{
	fputs("usage: fake [-c cert] [-k key] [-V version] [-n times] [-t seconds]\n"
	    "    [-o transcript] [-b said | -r said | -a heard] [-p port] [-6] [script]\n",
	    stderr);
	exit(2);
}

int
main(int argc, char **argv)
{
	unsigned seconds = 30, port = 0;
	long times = 1;
	size_t i;
	bool good = true, six = false;
	FILE *f = stdin;
	int c, listener;

	transcript = stderr;
	while ((c = getopt(argc, argv, "6a:b:c:k:n:o:p:r:t:V:")) != -1)
		switch (c) {
		case '6': six = true; break;
		case 'a': hear_limit = strtoll(optarg, NULL, 10); break;
		case 'b': say_limit = strtoll(optarg, NULL, 10); break;
		case 'c': cert = optarg; break;
		case 'k': key = optarg; break;
		case 'n': times = strtol(optarg, NULL, 10); break;
		case 'o': transcript = fopen(optarg, "w"); break;
		case 'p': port = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'r':
			say_limit = strtoll(optarg, NULL, 10);
			reset_at_limit = true;
			break;
		case 't': seconds = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'V': max_version = optarg; break;
		default: usage();
		}
	if (transcript == NULL ||
	    (optind < argc && (f = fopen(argv[optind], "r")) == NULL))
		usage();
	read_script(f);
	prepare_tls();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGALRM, out_of_time);
	alarm(seconds);
	listener = listen_on(port, six);
	while (times-- > 0)
		for (i = 0; i < nlines;)
			i = serve(listener, i, &good);
	if (good)
		note("# as written\n");
	return good ? 0 : 1;
}
