/* SPDX-License-Identifier: ISC */
/*
 * peer.h -- a scripted server at the other end of a pair of sockets, in a child.
 *
 * Each line of the script is a letter and its text: S says it with CRLF, R as it
 * is, C demands a line that begins so (and is so, with CR at the end of the text),
 * D swallows a text up to its lone dot (with text: demands that it be so), W waits
 * so many ms, H closes for writing, X ends.
 * The child ends with 0 when all came as written, and nothing more.
 */
#ifndef TESTS_UNIT_PEER_H
#define TESTS_UNIT_PEER_H

#include <sys/socket.h>
#include <sys/wait.h>

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

struct peer {
	pid_t	 pid;
	int	 fd;		/* our end */
};

__attribute__((__unused__)) static bool
peer_demand(FILE *in, const char *want)
{
	char line[70000];
	size_t n;

	if (fgets(line, sizeof line, in) == NULL)
		line[0] = '\0';
	n = strlen(line);
	if (n >= 1 && line[n - 1] == '\n')
		line[n - 1] = '\0';
	if (strncmp(line, want, strlen(want)) == 0 && n > 0)
		return true;
	fprintf(stderr, "# peer: wants \"%s\", got \"%s\"\n", want, line);
	return false;
}

__attribute__((__unused__)) static bool
peer_text(FILE *in, const char *want)
{
	char line[70000], all[70000] = "";

	while (fgets(line, sizeof line, in) != NULL) {
		if (strcmp(line, ".\r\n") == 0) {
			if (*want == '\0' || strcmp(all, want) == 0)
				return true;
			fprintf(stderr, "# peer: another text: %s\n", all);
			return false;
		}
		if (strlen(all) + strlen(line) < sizeof all)
			memcpy(all + strlen(all), line, strlen(line) + 1);
	}
	fputs("# peer: no dot\n", stderr);
	return false;
}

__attribute__((__unused__)) static int
peer_play(int fd, const char *const *script)
{
	FILE *in = fdopen(fd, "r");
	const char *text;
	bool good = true;

	for (; *script != NULL && good; script++) {
		text = *script + 1;
		switch (**script) {
		case 'S':
			(void)!write(fd, text, strlen(text));
			(void)!write(fd, "\r\n", 2);
			break;
		case 'L':
			for (; *text != '\0'; text++) {
				(void)!write(fd, text, 1);
				usleep(400000);
			}
			break;
		case 'R':
			(void)!write(fd, text, strlen(text));
			break;
		case 'C':
			good = peer_demand(in, text);
			break;
		case 'D':
			good = peer_text(in, text);
			break;
		case 'W':
			usleep((useconds_t)strtol(text, NULL, 10) * 1000);
			break;
		case 'H':
			shutdown(fd, SHUT_WR);
			break;
		default:
			return 0;
		}
	}
	if (good && fgetc(in) != EOF) {
		fputs("# peer: more was said than in the script\n", stderr);
		good = false;
	}
	return good ? 0 : 1;
}

/* A NULL ends the script. */
__attribute__((__unused__)) static struct peer
peer_start(const char *const *script)
{
	struct peer p = { -1, -1 };
	int pair[2];

	fflush(stdout);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		exit(1);
	if ((p.pid = fork()) == 0) {
		signal(SIGPIPE, SIG_IGN);
		alarm(30);
		close(pair[0]);
		_exit(peer_play(pair[1], script));
	}
	close(pair[1]);
	p.fd = pair[0];
	return p;
}

/* Our end is closed by now: did the dialogue go as written? */
__attribute__((__unused__)) static bool
peer_agrees(struct peer p)
{
	int status;

	return waitpid(p.pid, &status, 0) == p.pid && status == 0;
}

#endif
