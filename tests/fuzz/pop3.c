/* SPDX-License-Identifier: ISC */
/*
 * pop3.c -- libFuzzer target: a whole POP3 session in which the server says what
 * the fuzzer likes.
 */
#include <sys/socket.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../net/conn.h"
#include "../../net/pop3.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
take_size(void *ctx, uint32_t n, uint64_t octets)
{
	uint32_t *most = ctx;

	(void)octets;
	if (n == 0 || n > MAX_MESSAGES)
		abort();
	if (n > *most)
		*most = n;
}

static void
take_uidl(void *ctx, uint32_t n, struct span uidl)
{
	take_size(ctx, n, uidl.n);
}

static FILE *
begin(void *ctx, uint32_t n, struct fail *why)
{
	(void)ctx;
	(void)n;
	(void)why;
	return fopen("/dev/null", "w");
}

static int
end(void *ctx, uint32_t n, FILE *f, uint64_t octets, struct fail *result)
{
	(void)ctx;
	(void)n;
	(void)octets;
	(void)result;
	if (f != NULL)
		fclose(f);
	return 0;
}

static void
talk(struct pop3 *p, const struct server *s, struct fail *why)
{
	static const uint32_t numbers[] = { 1, 2, 3 };
	struct pop3_sink sink = { begin, end, NULL };
	uint32_t count, most = 0;
	uint64_t octets;
	bool gone[3];

	if (pop3_greet(p, s, why) == -1 ||
	    pop3_stat(p, &count, &octets, why) == -1 ||
	    pop3_list(p, count, take_size, &most, why) == -1 ||
	    pop3_uidl(p, count, take_uidl, &most, why) == -1)
		return;
	if (most > count)
		abort();
	if (pop3_retrieve(p, numbers, 3, 0, &sink, why) == -1 ||
	    pop3_retrieve(p, numbers, 3, -1, &sink, why) == -1 ||
	    pop3_delete(p, numbers, 3, gone, why) == -1)
		return;
	(void)pop3_quit(p, why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static char host[] = "localhost", port[] = "110", user[] = "joe";
	static char password[] = "secret";
	struct server s;
	struct fail why;
	struct conn *c;
	struct pop3 *p;
	int pair[2];

	if (n > 64 * 1024)
		return 0;	/* what fits into the socket at once */
	memset(&s, 0, sizeof(s));
	s.url.scheme = SCHEME_POP3;
	s.url.host = host;
	s.url.port = port;
	s.url.user = user;
	s.password = password;
	s.timeout = 2;
	fail_clear(&why);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		return 0;
	if (write_all(pair[1], data, n) == -1)
		abort();
	shutdown(pair[1], SHUT_WR);
	if ((c = conn_attach(pair[0], &s, &why)) != NULL) {
		p = pop3_attach(c, &s);
		talk(p, &s, &why);
		pop3_close(p);
	}
	close(pair[1]);
	return 0;
}
