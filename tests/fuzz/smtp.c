/* SPDX-License-Identifier: ISC */
/*
 * smtp.c -- libFuzzer target: a whole session, with authentication and two
 * messages, in which the server says what the fuzzer likes.  The first octet
 * chooses SMTP or LMTP, the mechanism, and how many recipients there are.
 */
#include <sys/socket.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../net/conn.h"
#include "../../net/smtp.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int
write_text(void *ctx, FILE *out, struct fail *why)
{
	(void)ctx;
	(void)why;
	fputs("Subject: x\n\n.\ntext\r\nmore", out);
	return 0;
}

/* What a caller relies on. */
static void
check(const struct smtp_message *m, int result, const struct fail *why)
{
	size_t i, accepted = 0;

	for (i = 0; i < m->nrcpt; i++) {
		accepted += m->rcpt[i].state == RCPT_ACCEPTED;
		if (m->rcpt[i].state != RCPT_NOT_YET &&
		    m->rcpt[i].reply == NULL)
			abort();
	}
	if ((result == 0) != (why->code == 0) || (result == 0) != (accepted > 0))
		abort();
}

static void
send_one(struct smtp *x, size_t nrcpt, bool all)
{
	static char a[] = "a@example.org", b[] = "\"b c\"@x", c[] = "c@x";
	struct smtp_rcpt rcpt[] = { { .addr = a }, { .addr = b }, { .addr = c } };
	struct smtp_message m = { .from = "me@example.org", .rcpt = rcpt,
	    .nrcpt = nrcpt, .size = 30, .all_or_nothing = all,
	    .write = write_text };
	struct fail why;
	bool uncertain;
	size_t i;
	int result;

	fail_clear(&why);
	result = smtp_send(x, &m, &uncertain, &why);
	check(&m, result, &why);
	for (i = 0; i < nrcpt; i++)
		free(rcpt[i].reply);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static char host[] = "localhost", port[] = "25", user[] = "joe";
	static char password[] = "secret", name[] = "host";
	static char login[] = "LOGIN", scram[] = "SCRAM-SHA-1";
	struct server s;
	struct fail why;
	struct conn *c;
	struct smtp *x;
	int pair[2], how;

	if (n < 1 || n > 64 * 1024)
		return 0;	/* what fits into the socket at once */
	signal(SIGPIPE, SIG_IGN);
	how = *data++;
	n--;
	memset(&s, 0, sizeof s);
	s.url.scheme = (how & 1) != 0 ? SCHEME_LMTP : SCHEME_SUBMISSION;
	s.url.host = host;
	s.url.port = port;
	s.url.user = (how & 2) != 0 ? user : NULL;
	s.netrc = (char[]){ "/dev/null" };
	s.password = password;
	s.hostname = name;
	s.auth = (how & 12) == 4 ? login : (how & 12) == 8 ? scram : NULL;
	s.tls = (how & 16) != 0 ? TLS_REQUIRED : TLS_OPPORTUNISTIC;
	s.url.tls_given = true;
	s.timeout = 2;
	fail_clear(&why);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		return 0;
	if (write_all(pair[1], data, n) == -1)
		abort();
	shutdown(pair[1], SHUT_WR);
	c = conn_attach(pair[0], &s, &why);
	if (c != NULL && (x = smtp_attach(c, &s, &why)) != NULL) {
		send_one(x, 1 + (size_t)(how >> 5 & 1), false);
		send_one(x, 3, (how & 64) != 0);
		smtp_close(x);
	} else if (why.code == 0)
		abort();
	close(pair[1]);
	return 0;
}
