/* SPDX-License-Identifier: ISC */
/* deflate.c -- compressed connections: both directions, in pieces, damaged, far too much. */
#include <sys/socket.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../net/conn.h"
#include "../../net/deflate.h"
#include "tap.h"

static const struct span nothing = { NULL, 0 };

/* Feed it in pieces of `step' octets; what comes out, of at most `room' at once. */
static size_t
pass(struct deflate *d, struct span packed, size_t step, char *out, size_t room)
{
	struct fail why = { 0 };
	size_t size, all = 0;
	ssize_t n;
	char *to;

	for (;;) {
		if ((n = deflate_unpack(d, out + all, room - all, &why)) < 0)
			return SIZE_MAX;
		all += (size_t)n;
		if (n > 0)
			continue;
		if (packed.n == 0)
			return all;
		to = deflate_room(d, &size);
		if (size > step)
			size = step;
		if (size > packed.n)
			size = packed.n;
		memcpy(to, packed.p, size);
		deflate_came(d, size);
		packed.p += size;
		packed.n -= size;
	}
}

static void
test_pieces(void)
{
	static const char text[] = "* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n"
	    "* 2 FETCH (UID 2 FLAGS (\\Seen))\r\nA1 OK done\r\n";
	static const size_t steps[] = { 1, 2, 7, 1000 };
	struct deflate *a, *b;
	struct span packed;
	char out[400];
	size_t i, n;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		a = deflate_new(nothing);
		b = deflate_new(nothing);
		packed = deflate_pack(a, text, sizeof(text) - 1);
		n = pass(b, packed, steps[i], out, sizeof(out));
		ok(n == sizeof(text) - 1 && memcmp(out, text, n) == 0,
		    "in pieces of %zu", steps[i]);
		packed = deflate_pack(a, text, sizeof(text) - 1);
		ok(packed.n < 20, "the same again is short");
		n = pass(b, packed, steps[i], out, sizeof(out));
		ok(n == sizeof(text) - 1 && memcmp(out, text, n) == 0,
		    "and comes out");
		deflate_free(a);
		deflate_free(b);
	}
}

/* 64 MiB of the same in 64 kB: no more is held than there is room for. */
static void
test_bomb(void)
{
	struct deflate *a = deflate_new(nothing), *b;
	size_t size = 64 * 1024 * 1024, all = 0, room;
	char *zeros = calloc(1, size), out[4096], *copy, *to;
	struct fail why = { 0 };
	struct span packed;
	ssize_t n = 0;

	packed = deflate_pack(a, zeros, size);
	ok(packed.n < 100000, "a bomb is small");
	copy = malloc(packed.n);
	memcpy(copy, packed.p, packed.n);
	packed.p = copy;
	b = deflate_new(nothing);
	while ((n = deflate_unpack(b, out, sizeof(out), &why)) > 0 ||
	    (n == 0 && packed.n > 0)) {
		all += (size_t)n;
		if (n > 0)
			continue;
		to = deflate_room(b, &room);
		if (room > packed.n)
			room = packed.n;
		memcpy(to, packed.p, room);
		deflate_came(b, room);
		packed.p += room;
		packed.n -= room;
	}
	ok(n == 0 && all == size, "all of it comes, 4096 octets at a time");
	deflate_free(a);
	deflate_free(b);
	free(zeros);
	free(copy);
}

static void
test_damage(void)
{
	struct deflate *d = deflate_new((struct span){ "A1 OK no stream", 15 });
	struct fail why = { 0 };
	char out[100];
	ssize_t n;

	while ((n = deflate_unpack(d, out, sizeof(out), &why)) > 0)
		;
	ok(n == -1 && why.code == EX_PROTOCOL, "plain text is no stream");
	deflate_free(d);
	/* An empty stream that says it is at its end. */
	d = deflate_new((struct span){ "\x03\x00", 2 });
	fail_clear(&why);
	n = deflate_unpack(d, out, sizeof(out), &why);
	ok(n == -1 && why.code == EX_TEMPFAIL, "a stream that ends");
	deflate_free(d);
}

static void
test_connection(void)
{
	static char host[] = "localhost";
	struct server s = { .url = { .host = host }, .timeout = 5 };
	struct deflate *peer = deflate_new(nothing);
	struct fail why = { 0 };
	struct span packed, line;
	char buffer[1000];
	struct conn *c;
	int fds[2];
	ssize_t n;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1 ||
	    (c = conn_attach(fds[0], &s, &why)) == NULL) {
		ok(false, "a pair of sockets");
		return;
	}
	packed = deflate_pack(peer, "* packed\r\n", 10);
	memcpy(buffer, "A1 OK\r\n", 7);
	memcpy(buffer + 7, packed.p, packed.n);
	ok(write(fds[1], buffer, 7 + packed.n) == (ssize_t)(7 + packed.n),
	    "the leave and the first line in one piece");
	ok(conn_line(c, &line, &why) == 0 && span_eq(line, "A1 OK"), "the leave");
	ok(conn_start_deflate(c, &why) == 0 && conn_is_packed(c), "begun");
	ok(conn_line(c, &line, &why) == 0 && span_eq(line, "* packed"),
	    "what stood behind it");
	ok(conn_say(c, &why, "A2 NOOP") == 0 && conn_flush(c, &why) == 0, "said");
	n = read(fds[1], buffer, sizeof(buffer));
	packed = (struct span){ buffer, n < 0 ? 0 : (size_t)n };
	n = (ssize_t)pass(peer, packed, 1000, buffer + 500, 500);
	ok(n == 9 && memcmp(buffer + 500, "A2 NOOP\r\n", 9) == 0,
	    "the other side reads it");
	ok(conn_start_deflate(c, &why) == -1, "not twice");
	conn_close(c);
	close(fds[1]);
	deflate_free(peer);
}

int
main(void)
{
	if (!deflate_is_there()) {
		ok(true, "# SKIP built without zlib");
		return done();
	}
	test_pieces();
	test_bomb();
	test_damage();
	test_connection();
	return done();
}
