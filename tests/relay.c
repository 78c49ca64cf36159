/* SPDX-License-Identifier: ISC */
/*
 * relay.c -- relay PORT LMTPPORT: a small SMTP server on loopback that hands
 * each message on over LMTP, so that an ordinary user's Dovecot submission
 * service has somewhere to send to where no Postfix can run.
 *
 * SMTP and LMTP (RFC 2033) differ in the greeting word and in the replies after
 * the dot, one for each recipient: the worst of them is passed back.
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define LINE_SIZE	4096

static struct sockaddr_in
loopback(const char *port)
{
	struct sockaddr_in sin;

	memset(&sin, 0, sizeof sin);
	sin.sin_family = AF_INET;
	sin.sin_port = htons((uint16_t)strtol(port, NULL, 10));
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sin;
}

/* Read one reply, all its lines; pass it to `to' if given.  The code, or -1. */
static int
reply(FILE *from, FILE *to)
{
	char line[LINE_SIZE];

	do {
		if (fgets(line, sizeof line, from) == NULL || strlen(line) < 4)
			return -1;
		if (to != NULL)
			fputs(line, to);
	} while (line[3] == '-');
	return (int)strtol(line, NULL, 10);
}

/* The text up to the lone dot, then one reply for each recipient. */
static bool
text(FILE *client, FILE *out, FILE *server, FILE *said, unsigned accepted)
{
	char line[LINE_SIZE];
	bool at_start = true, dot;
	int code, worst = 250;

	do {
		if (fgets(line, sizeof line, client) == NULL)
			return false;
		fputs(line, said);
		dot = at_start && strcmp(line, ".\r\n") == 0;
		at_start = strchr(line, '\n') != NULL;
	} while (!dot);
	fflush(said);
	while (accepted-- > 0) {
		if ((code = reply(server, NULL)) == -1)
			return false;
		if (code > worst)
			worst = code;
	}
	fprintf(out, "%d relayed\r\n", worst);
	return true;
}

static void
serve(FILE *client, FILE *out, FILE *server, FILE *said)
{
	char line[LINE_SIZE];
	unsigned accepted = 0;
	bool hello;
	int code = reply(server, out);

	while (code != -1 && fflush(out) == 0 &&
	    fgets(line, sizeof line, client) != NULL) {
		hello = strncasecmp(line, "EHLO", 4) == 0;
		if (hello)
			fprintf(said, "LHLO%s", line + 4);
		else
			fputs(line, said);
		fflush(said);
		/* Of what the server offers only what needs no help of ours. */
		code = reply(server, hello ? NULL : out);
		if (hello)
			fputs("250-relay\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
			    out);
		if (strncasecmp(line, "RCPT", 4) == 0 && code == 250)
			accepted++;
		else if (strncasecmp(line, "DATA", 4) == 0 && code == 354) {
			fflush(out);
			if (!text(client, out, server, said, accepted))
				return;
			accepted = 0;
		} else if (strncasecmp(line, "MAIL", 4) == 0 ||
		    strncasecmp(line, "RSET", 4) == 0)
			accepted = 0;
	}
}

static void
session(int fd, const char *lmtp)
{
	struct sockaddr_in sin = loopback(lmtp);
	int to = socket(AF_INET, SOCK_STREAM, 0);

	if (to == -1 || connect(to, (struct sockaddr *)&sin, sizeof sin) == -1)
		return;
	serve(fdopen(dup(fd), "r"), fdopen(fd, "w"), fdopen(dup(to), "r"),
	    fdopen(to, "w"));
}

int
main(int argc, char **argv)
{
	struct sockaddr_in sin;
	int one = 1, fd, client;

	if (argc != 3)
		return 64;
	signal(SIGCHLD, SIG_IGN);
	sin = loopback(argv[1]);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == -1 ||
	    bind(fd, (struct sockaddr *)&sin, sizeof sin) == -1 ||
	    listen(fd, 16) == -1) {
		perror("relay");
		return 71;
	}
	while ((client = accept(fd, NULL, NULL)) != -1) {
		if (fork() == 0) {
			close(fd);
			session(client, argv[2]);
			_exit(0);
		}
		close(client);
	}
	return 0;
}
