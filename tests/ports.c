/* SPDX-License-Identifier: ISC */
/*
 * ports.c -- ports N: print N free loopback ports, one a line, below the range
 * that the system gives to clients, so that none is taken between now and their
 * use.  ports -w PORT: status 0 if something accepts connections there.
 */
#include <sys/socket.h>

#include <netinet/in.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST	10240
#define LAST	31999
#define TRIES	5000

/* A socket bound (or else connected) to that port; -1 when it cannot be. */
static int
open_port(unsigned port, bool to_bind)
{
	struct sockaddr_in sin;
	int fd = socket(AF_INET, SOCK_STREAM, 0), r;

	memset(&sin, 0, sizeof sin);
	sin.sin_family = AF_INET;
	sin.sin_port = htons((uint16_t)port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1)
		return -1;
	if (to_bind)
		r = bind(fd, (struct sockaddr *)&sin, sizeof sin);
	else
		r = connect(fd, (struct sockaddr *)&sin, sizeof sin);
	if (r == 0)
		return fd;
	close(fd);
	return -1;
}

int
main(int argc, char **argv)
{
	int left, tries;
	unsigned port;

	if (argc == 3 && strcmp(argv[1], "-w") == 0)
		return open_port((unsigned)strtoul(argv[2], NULL, 10), false) ==
		    -1;
	left = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 1;

	/* Each stays bound until the end: no port is given twice. */
	for (tries = 0; left > 0 && tries < TRIES; tries++) {
		port = FIRST + arc4random_uniform(LAST - FIRST + 1);
		if (open_port(port, true) == -1)
			continue;
		printf("%u\n", port);
		left--;
	}
	return left == 0 ? 0 : 1;
}
