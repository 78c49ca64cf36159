/* SPDX-License-Identifier: ISC */
/*
 * sink.c -- an SMTP server that takes everything, fast, and notes what it took;
 * if asked, it drops connections at random.
 *
 *	sink [-d N] [-l log] [-n file] [-o got] [-p port] [-s seed] [-t seconds]
 *	    [-x capability]
 *
 * Listens on a free port of 127.0.0.1 (or on that of -p), prints it, and serves
 * many connections at once until it is killed, or -t seconds (900) are over.
 *
 *	-d N	one of N commands, and one of N texts, is answered by the end of the
 *		connection
 *	-n	while this file exists, a connection is ended at once
 *	-o	for each text that came whole a line, before it is answered:
 *			MESSAGE-ID told|lost OCTETS DIGEST
 *		told: with 250; lost: by the end of the connection, so that the client
 *		cannot know
 *	-l	a line for each EHLO, MAIL and RCPT
 *	-x	this is offered too; CHUNKING is meant
 *
 * A recipient whose name begins with `refused' is refused, with `later' put off.
 * An end of its making comes behind all that it said, and is no reset: what it
 * answered with 250 was heard, if anyone listened.
 */
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define MAX_LINKS	500
#define MAX_LINE	4096
#define FNV_START	0xcbf29ce484222325ULL
#define FNV_PRIME	0x100000001b3ULL

enum phase { COMMANDS, TEXT, CHUNK, LINGER };

struct connection {
	int		 fd;
	enum phase	 phase;
	bool		 head;		/* of the text */
	bool		 begun;		/* a text, in chunks */
	bool		 last;		/* this chunk is */
	unsigned long long left;	/* octets of the chunk */
	char		 line[MAX_LINE];
	size_t		 n;
	bool		 within;	/* a line longer than that goes on */
	char		 id[MAX_LINE];
	unsigned long long octets;
	uint64_t	 digest;
	char		 out[8 * 1024];
	size_t		 nout;
	unsigned	 nrcpt;		/* accepted */
};

static struct connection links[MAX_LINKS];
static struct pollfd polls[MAX_LINKS + 1];
static size_t nlinks;
static long drop;
static int got = -1, trace = -1;
static const char *offered, *closed;

static bool
is_unlucky(void)
{
	return drop > 0 && random() % drop == 0;
}

/* A line at one stroke, for others read the file. */
static void
note(int fd, const char *text)
{
	size_t n = strlen(text);

	if (fd != -1 && write(fd, text, n) != (ssize_t)n) {
		perror("sink");
		exit(74);
	}
}

/* --- Saying --- */

static void
flush(struct connection *l)
{
	size_t done = 0;
	ssize_t n;

	while (done < l->nout) {
		n = send(l->fd, l->out + done, l->nout - done, MSG_NOSIGNAL);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	l->nout = 0;
}

static void
say(struct connection *l, const char *text)
{
	size_t n = strlen(text);

	if (l->nout + n > sizeof l->out)
		flush(l);
	memcpy(l->out + l->nout, text, n);
	l->nout += n;
}

/* All that was said is heard; what comes still is read and forgotten. */
static void
end(struct connection *l)
{
	flush(l);
	(void)shutdown(l->fd, SHUT_WR);
	l->phase = LINGER;
}

/* --- Commands --- */

static bool
is_verb(const struct connection *l, const char *verb)
{
	return strncasecmp(l->line, verb, strlen(verb)) == 0;
}

static void
recipient(struct connection *l)
{
	const char *name = strchr(l->line, '<');

	name = name == NULL ? "" : name + 1;
	if (strncmp(name, "refused", 7) == 0)
		say(l, "550 5.1.1 no such user\r\n");
	else if (strncmp(name, "later", 5) == 0)
		say(l, "451 4.3.0 try again later\r\n");
	else {
		l->nrcpt++;
		say(l, "250 2.1.5 ok\r\n");
	}
}

static void
begin_text(struct connection *l)
{
	l->head = true;
	*l->id = '\0';
	l->octets = 0;
	l->digest = FNV_START;
}

static void
begin_chunk(struct connection *l)
{
	char *end;

	l->left = strtoull(l->line + 5, &end, 10);
	l->last = strcasecmp(end, " LAST") == 0;
	l->phase = CHUNK;
	if (!l->begun)
		begin_text(l);
	l->begun = true;
}

static void
command(struct connection *l)
{
	char text[MAX_LINE + 2];

	if (is_verb(l, "EHLO") || is_verb(l, "MAIL") || is_verb(l, "RCPT")) {
		snprintf(text, sizeof text, "%s\n", l->line);
		note(trace, text);
	}
	if (is_unlucky())
		end(l);
	else if (is_verb(l, "EHLO")) {
		say(l, "250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n");
		if (offered != NULL) {
			snprintf(text, sizeof text, "250-%s\r\n", offered);
			say(l, text);
		}
		say(l, "250 ENHANCEDSTATUSCODES\r\n");
	} else if (is_verb(l, "RCPT"))
		recipient(l);
	else if (is_verb(l, "DATA") && l->nrcpt == 0)
		say(l, "554 5.5.1 no valid recipients\r\n");
	else if (is_verb(l, "DATA")) {
		l->nrcpt = 0;
		say(l, "354 go on\r\n");
		l->phase = TEXT;
		begin_text(l);
	} else if (is_verb(l, "BDAT ")) {
		begin_chunk(l);
	} else if (is_verb(l, "QUIT")) {
		say(l, "221 2.0.0 bye\r\n");
		end(l);
	} else {
		l->nrcpt = 0;
		say(l, "250 2.0.0 ok\r\n");
	}
}

/* --- Texts --- */

static void
end_text(struct connection *l)
{
	bool lost = is_unlucky();
	char text[MAX_LINE + 100];

	snprintf(text, sizeof text, "%s %s %llu %016llx\n", *l->id == '\0' ?
	    "-" : l->id, lost ? "lost" : "told", l->octets,
	    (unsigned long long)l->digest);
	note(got, text);
	l->phase = COMMANDS;
	if (lost)
		end(l);
	else
		say(l, "250 2.0.0 taken\r\n");
}

/* Nobody takes it: RFC 3030 2 has it read all the same. */
static void
end_chunk(struct connection *l)
{
	if (l->nrcpt == 0) {
		say(l, "503 5.5.1 no valid recipients\r\n");
		l->phase = COMMANDS;
	} else if (l->last) {
		l->nrcpt = 0;
		end_text(l);
	} else {
		say(l, "250 2.0.0 go on\r\n");
		l->phase = COMMANDS;
	}
	l->begun = l->begun && !l->last;
}

static void
text_line(struct connection *l, size_t n, bool starts)
{
	size_t k;

	if (l->phase == TEXT && starts && n == 1 && *l->line == '.') {
		end_text(l);
		return;
	}
	for (k = 0; k < n; k++)
		l->digest = (l->digest ^ (unsigned char)l->line[k]) * FNV_PRIME;
	l->octets += n;
	if (n == 0)
		l->head = false;
	if (l->head && is_verb(l, "Message-ID:"))
		strlcpy(l->id, l->line + 11 + strspn(l->line + 11, " "),
		    sizeof l->id);
}

static void
take_line(struct connection *l)
{
	bool starts = !l->within;
	size_t n = l->n;

	if (n > 0 && l->line[n - 1] == '\n')
		n--;
	l->within = n == l->n;
	if (n > 0 && l->line[n - 1] == '\r')
		n--;
	l->line[n] = '\0';
	l->n = 0;
	if (l->phase == TEXT || l->phase == CHUNK)
		text_line(l, n, starts);
	else if (l->phase == COMMANDS)
		command(l);
}

/* --- Connections --- */

static void
take(struct connection *l, const char *p, size_t n)
{
	size_t k;

	for (k = 0; k < n && l->phase != LINGER; k++) {
		l->line[l->n++] = p[k];
		if (l->phase == CHUNK)
			l->left--;
		if (p[k] == '\n' || l->n == sizeof l->line - 1)
			take_line(l);
		if (l->phase == CHUNK && l->left == 0)
			end_chunk(l);
	}
	flush(l);
}

static void
drop_link(size_t k)
{
	close(links[k].fd);
	nlinks--;
	if (k < nlinks)
		links[k] = links[nlinks];
}

static void
serve(size_t k)
{
	static char block[64 * 1024];
	ssize_t n = recv(links[k].fd, block, sizeof block, 0);

	if (n == -1 && errno == EINTR)
		return;
	if (n <= 0)
		drop_link(k);
	else
		take(&links[k], block, (size_t)n);
}

static void
meet(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC), on = 1;
	struct connection *l;

	if (fd == -1)
		return;
	if (closed != NULL && access(closed, F_OK) == 0) {
		close(fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	l = &links[nlinks++];
	l->fd = fd;
	l->phase = COMMANDS;
	l->n = l->nout = 0;
	l->within = l->begun = false;
	say(l, "220 sink ESMTP\r\n");
	flush(l);
}

static void
serve_all(int listener)
{
	size_t k, n;

	for (;;) {
		n = nlinks;
		for (k = 0; k < n; k++)
			polls[k] = (struct pollfd){ links[k].fd, POLLIN, 0 };
		polls[n] = (struct pollfd){ listener, POLLIN, 0 };
		if (n == MAX_LINKS)
			polls[n].fd = -1;
		if (poll(polls, n + 1, -1) == -1)
			continue;
		/* From behind: the last one takes the place of one that ended. */
		for (k = n; k-- > 0;)
			if (polls[k].revents != 0)
				serve(k);
		if (polls[n].revents != 0)
			meet(listener);
	}
}

static int
listen_on(unsigned long port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof a;

	a.sin_port = htons((uint16_t)port);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (fd == -1 || bind(fd, (struct sockaddr *)&a, n) == -1 ||
	    listen(fd, 512) == -1 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) == -1) {
		perror("sink");
		exit(75);
	}
	printf("%u\n", ntohs(a.sin_port));
	fflush(stdout);
	return fd;
}

static int
open_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd == -1) {
		perror(path);
		exit(73);
	}
	return fd;
}

int
main(int argc, char *argv[])
{
	unsigned long port = 0, seconds = 900, seed = 1;
	int c;

	while ((c = getopt(argc, argv, "d:l:n:o:p:s:t:x:")) != -1)
		switch (c) {
		case 'd': drop = strtol(optarg, NULL, 10); break;
		case 'l': trace = open_file(optarg); break;
		case 'n': closed = optarg; break;
		case 'o': got = open_file(optarg); break;
		case 'p': port = strtoul(optarg, NULL, 10); break;
		case 's': seed = strtoul(optarg, NULL, 10); break;
		case 't': seconds = strtoul(optarg, NULL, 10); break;
		case 'x': offered = optarg; break;
		default: return 64;
		}
	(void)signal(SIGPIPE, SIG_IGN);
	srandom((unsigned)seed);
	(void)alarm((unsigned)seconds);
	serve_all(listen_on(port));
}
