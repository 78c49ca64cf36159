/* SPDX-License-Identifier: ISC */
/*
 * imap.c -- libFuzzer target: a session without authentication, in which the server
 * answers each verb as the fuzzer likes.
 */
#include <sys/socket.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../net/conn.h"
#include "../../net/imap.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int
take_row(void *ctx, const struct imap_row *row, struct fail *why)
{
	(void)ctx;
	(void)why;
	free(span_dup(row->name));
	return 0;
}

static int
take_status(void *ctx, struct span name, uint32_t messages, uint32_t unseen,
    struct fail *why)
{
	(void)ctx;
	(void)messages;
	(void)unseen;
	(void)why;
	free(span_dup(name));
	return 0;
}

static int
take_quota(void *ctx, const struct imap_quota *q, struct fail *why)
{
	(void)ctx;
	(void)why;
	free(span_dup(q->root));
	free(span_dup(q->resource));
	return 0;
}

/* What a caller relies on. */
static void
check(int result, struct fail *why)
{
	if ((result == 0) != (why->code == 0))
		abort();
	fail_clear(why);
}

static void
search(struct imap *x, struct fail *why)
{
	struct imap_uids uids = { NULL, 0, 0 };
	struct imap_line keys;
	uint32_t first, count;
	size_t i;
	int found;

	imap_line_init(&keys);
	imap_line_put(&keys, "TEXT ");
	imap_line_string(&keys, span_of("\xc3\xa9"));
	found = imap_search(x, &keys, 1000, &uids, why);
	for (i = 1; found == 0 && i < uids.n; i++)
		if (uids.v[i] <= uids.v[i - 1])
			abort();
	check(found, why);
	free(uids.v);
	imap_line_free(&keys);
	check(imap_search_count(x, "UNSEEN", &first, &count, why), why);
}

static void
append(struct imap *x, struct fail *why)
{
	static char text[] = "Subject: \xc3\xa9\n\nbody\n", seen[] = "\\Seen";
	static char none[] = "";
	struct imap_upload v[] = { { .flags = seen, .date = none },
	    { .flags = none, .date = none, .text = "S: \xc3\xa9\r\n", .size = 7 } };
	size_t i;

	if ((v[0].in = fmemopen(text, sizeof text - 1, "r")) == NULL ||
	    imap_measure(v[0].in, &v[0].size, why) == -1)
		abort();
	check(imap_append(x, "\xc3\xa9", v, NELEM(v), why), why);
	fclose(v[0].in);
	for (i = 0; i < NELEM(v); i++)
		free(v[i].why);
}

static void
talk(struct imap *x, struct fail *why)
{
	static char box[] = "box";
	static char *const boxes[] = { box };
	struct imap_lister lister = { take_row, take_status, NULL };
	struct imap_namespace ns;
	struct imap_mailbox m;
	bool counted;

	check(imap_namespace(x, &ns, why), why);
	imap_namespace_free(&ns);
	check(imap_list(x, "*", &lister, &counted, why), why);
	check(imap_status(x, boxes, 1, &lister, why), why);
	check(imap_quota(x, box, take_quota, NULL, why), why);
	append(x, why);
	check(imap_select(x, "INBOX", false, NULL, &m, why), why);
	search(x, why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static char host[] = "localhost", port[] = "143", user[] = "joe";
	static char password[] = "secret";
	struct server s;
	struct fail why;
	struct conn *c;
	struct imap *x;
	int pair[2];

	if (n > 64 * 1024)
		return 0;	/* what fits into the socket at once */
	signal(SIGPIPE, SIG_IGN);
	memset(&s, 0, sizeof s);
	s.url.scheme = SCHEME_IMAP;
	s.url.host = host;
	s.url.port = port;
	s.url.user = user;
	s.password = password;
	s.tls = TLS_NONE;
	s.url.tls_given = true;
	s.no_compress = true;
	s.timeout = 2;
	fail_clear(&why);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		return 0;
	if (write_all(pair[1], data, n) == -1)
		abort();
	shutdown(pair[1], SHUT_WR);
	c = conn_attach(pair[0], &s, &why);
	if (c != NULL && (x = imap_attach(c, &s, &why)) != NULL) {
		talk(x, &why);
		imap_close(x);
	} else if (why.code == 0)
		abort();
	close(pair[1]);
	return 0;
}
