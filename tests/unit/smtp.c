/* SPDX-License-Identifier: ISC */
/*
 * smtp.c -- SMTP and LMTP against a scripted server: what is said, what is never
 * said, and the status of every kind of reply and fault.
 */
#include <time.h>

#include "../../net/conn.h"
#include "../../net/smtp.h"
#include "peer.h"

#define HELLO		"S220 hi", "CEHLO host", "S250-hi", \
	"S250-PIPELINING", "S250 SIZE 1000"
#define PLAIN_HELLO	"S220 hi", "CEHLO host", "S250 hi"
#define BYE		"CQUIT", "S221 bye"
#define ENVELOPE	"CMAIL FROM:<me@x> SIZE=6\r", "CRCPT TO:<a@x>\r", \
	"CDATA\r", "S250 ok", "S250 ok", "S354 go"

static struct server
a_server(void)
{
	static char host[] = "localhost", port[] = "25", name[] = "host";
	static char netrc[] = "/dev/null";
	struct server s;

	memset(&s, 0, sizeof s);
	s.url.scheme = SCHEME_SMTP;
	s.url.host = host;
	s.url.port = port;
	s.hostname = name;
	s.netrc = netrc;
	s.tls = TLS_NONE;
	s.timeout = 5;
	return s;
}

static struct server
a_user(void)
{
	static char user[] = "joe", password[] = "secret";
	struct server s = a_server();

	s.url.scheme = SCHEME_SUBMISSION;
	s.url.user = user;
	s.password = password;
	return s;
}

static struct smtp *
begin(const struct server *s, const char *const *script, struct peer *p,
    struct fail *why)
{
	struct conn *c;

	fail_clear(why);
	*p = peer_start(script);
	c = conn_attach(p->fd, s, why);
	return c == NULL ? NULL : smtp_attach(c, s, why);
}

/* --- The beginning of a session. --- */

static void
opens(const struct server *s, int code, const char *what,
    const char *const *script)
{
	struct fail why;
	struct peer p;
	struct smtp *x = begin(s, script, &p, &why);

	smtp_close(x);
	ok(peer_agrees(p), "%s: dialogue", what);
	if (!is_int(why.code, code, what) || (x == NULL) != (code != 0))
		printf("# %s\n", why.text);
	if (strstr(why.text, "secret") != NULL)
		ok(false, "%s: a password in a failure", what);
	if (code == EX_PROTOCOL || code == EX_TEMPFAIL)
		ok(strstr(why.text, "localhost:25") != NULL,
		    "%s: the server is named", what);
}

#define OPENS(s, code, what, ...) \
	opens(s, code, what, (const char *const[]){ __VA_ARGS__, NULL })

static void
test_greeting(void)
{
	struct server s = a_server();

	OPENS(&s, 0, "a plain one", HELLO, BYE);
	OPENS(&s, 0, "a long greeting", "S220-hi", "S220-", "S220 there",
	    "CEHLO host", "S250", BYE);
	OPENS(&s, 0, "HELO where EHLO is not known", "S220", "CEHLO host",
	    "S502 what?", "CHELO host", "S250 hi", BYE);
	OPENS(&s, EX_UNAVAILABLE, "HELO refused too", "S220", "CEHLO", "S500",
	    "CHELO", "S550 go away", BYE);
	OPENS(&s, EX_TEMPFAIL, "EHLO put off", "S220", "CEHLO", "S451", BYE);
	OPENS(&s, EX_TEMPFAIL, "421 to EHLO", "S220", "CEHLO", "S421 bye");
	OPENS(&s, EX_UNAVAILABLE, "554 at the door", "S554 no", BYE);
	OPENS(&s, EX_TEMPFAIL, "450 at the door", "S450 later", BYE);
	OPENS(&s, EX_TEMPFAIL, "421 at the door", "S421 later");
	OPENS(&s, EX_PROTOCOL, "250 at the door", "S250 hi");
	OPENS(&s, EX_PROTOCOL, "354 at the door", "S354 hi");
	OPENS(&s, EX_PROTOCOL, "not SMTP at all", "S+OK POP3 ready");
	OPENS(&s, EX_PROTOCOL, "two codes in one reply", "S220-hi", "S250 hi");
	OPENS(&s, EX_TEMPFAIL, "closed at once", "H");
	OPENS(&s, EX_TEMPFAIL, "closed in the greeting", "R220 hi", "H");
	OPENS(&s, EX_TEMPFAIL, "closed in a long reply", "S220", "CEHLO",
	    "S250-hi", "H");
	s.url.scheme = SCHEME_LMTP;
	OPENS(&s, 0, "LHLO for LMTP", "S220 hi", "CLHLO host", "S250 hi", BYE);
	OPENS(&s, EX_UNAVAILABLE, "no HELO there", "S220", "CLHLO", "S500", BYE);
}

static void
test_endless(void)
{
	static const char *script[MAX_REPLY_LINES + 10] = { "S220", "CEHLO" };
	static char line[MAX_REPLY_LINE + 100];
	struct server s = a_server();
	size_t i;

	for (i = 2; i < NELEM(script) - 1; i++)
		script[i] = "S250-more";
	opens(&s, EX_PROTOCOL, "EHLO with too many lines", script);
	memset(line, 'x', sizeof line - 1);
	memcpy(line, "R250-", 5);
	OPENS(&s, EX_PROTOCOL, "a line too long", line);
	memset(line + MAX_REPLY_LINE - 10, '\0', 1);
	line[0] = 'S';
	script[0] = "S220";
	script[1] = "CEHLO";
	for (i = 2; i < 2 + 30; i++)
		script[i] = line;
	script[i] = NULL;
	opens(&s, EX_PROTOCOL, "EHLO with too many octets", script);
}

static void
test_tls(void)
{
	struct server s = a_server();

	s.tls = TLS_REQUIRED;
	OPENS(&s, EX_UNAVAILABLE, "TLS required, not offered", HELLO, BYE);
	OPENS(&s, EX_UNAVAILABLE, "TLS refused", "S220", "CEHLO",
	    "S250-hi", "S250 STARTTLS", "CSTARTTLS\r", "S502 no", BYE);
	OPENS(&s, EX_TEMPFAIL, "TLS put off", "S220", "CEHLO", "S250-hi",
	    "S250 STARTTLS", "CSTARTTLS\r", "S454 later", BYE);
	OPENS(&s, EX_PROTOCOL, "octets behind the leave for TLS", "S220",
	    "CEHLO", "S250-hi", "S250 STARTTLS", "CSTARTTLS\r",
	    "R220 go\r\n250 injected\r\n");
	OPENS(&s, EX_PROTOCOL, "not the reply to STARTTLS", "S220",
	    "CEHLO", "S250-hi", "S250 STARTTLS", "CSTARTTLS\r", "S250 ok");
	s.tls = TLS_OPPORTUNISTIC;
	OPENS(&s, 0, "TLS wanted, not offered", HELLO, BYE);
	OPENS(&s, 0, "TLS wanted, refused", "S220", "CEHLO",
	    "S250-hi", "S250 STARTTLS", "CSTARTTLS\r", "S502 no", BYE);
	s = a_user();
	s.tls = TLS_OPPORTUNISTIC;
	OPENS(&s, EX_UNAVAILABLE, "a password wants TLS", HELLO, BYE);
}

/* --- Authentication. --- */

#define OFFERS(m)	"S220", "CEHLO", "S250-hi", "S250 AUTH " m

static void
test_auth(void)
{
	static char scram[] = "scram-sha-256", long_one[1001], none[] = "none";
	static char proxy[] = "socks5h://far:1";
	struct server s = a_user();

	OPENS(&s, 0, "PLAIN", OFFERS("LOGIN PLAIN"),
	    "CAUTH PLAIN AGpvZQBzZWNyZXQ=\r", "S235", BYE);
	OPENS(&s, 0, "LOGIN", OFFERS("LOGIN X"), "CAUTH LOGIN\r",
	    "S334 VXNlcm5hbWU6", "Cam9l\r", "S334 what?", "Cc2VjcmV0\r",
	    "S235", BYE);
	OPENS(&s, 0, "the old way to offer it", "S220", "CEHLO", "S250-hi",
	    "S250 AUTH=PLAIN", "CAUTH PLAIN", "S235", BYE);
	OPENS(&s, EX_NOPERM, "refused", OFFERS("PLAIN"), "CAUTH PLAIN",
	    "S535 5.7.8 wrong", BYE);
	OPENS(&s, EX_NOPERM, "refused otherwise", OFFERS("PLAIN"),
	    "CAUTH PLAIN", "S550 wrong", BYE);
	OPENS(&s, EX_TEMPFAIL, "put off", OFFERS("PLAIN"), "CAUTH PLAIN",
	    "S454 4.7.0 later", BYE);
	OPENS(&s, EX_PROTOCOL, "250 to AUTH", OFFERS("PLAIN"), "CAUTH PLAIN",
	    "S250 ok");
	OPENS(&s, EX_PROTOCOL, "PLAIN goes on", OFFERS("PLAIN"), "CAUTH PLAIN",
	    "S334");
	OPENS(&s, EX_PROTOCOL, "LOGIN goes on", OFFERS("LOGIN"), "CAUTH LOGIN",
	    "S334", "C", "S334", "C", "S334");
	OPENS(&s, EX_NOPERM, "no AUTH for a user of the URL", HELLO, BYE);
	OPENS(&s, EX_NOPERM, "only what we do not know", OFFERS("NTLM"), BYE);
	OPENS(&s, EX_PROTOCOL, "a false server", OFFERS("SCRAM-SHA-256"),
	    "CAUTH SCRAM-SHA-256 ", "S235 welcome");
	OPENS(&s, EX_PROTOCOL, "a nonce that is not ours",
	    OFFERS("SCRAM-SHA-256"), "CAUTH SCRAM-SHA-256 ",
	    "S334 cj1ldmlsLHM9QUFBQSxpPTQwOTY=");
	OPENS(&s, EX_PROTOCOL, "a challenge that is not base64",
	    OFFERS("SCRAM-SHA-1"), "CAUTH SCRAM-SHA-1 ", "S334 @@@@");
	s.auth = scram;
	OPENS(&s, EX_NOPERM, "less than the user wants",
	    OFFERS("PLAIN LOGIN SCRAM-SHA-1"), BYE);
	s.auth = none;
	OPENS(&s, 0, "the user wants none", OFFERS("PLAIN"), BYE);
	s.auth = NULL;
	s.proxy = proxy;
	OPENS(&s, EX_NOPERM, "not in the clear over the net",
	    OFFERS("PLAIN LOGIN"), BYE);
	s.cleartext_ok = true;
	OPENS(&s, 0, "but if it is allowed", OFFERS("PLAIN LOGIN"),
	    "CAUTH PLAIN ", "S235", BYE);
	memset(long_one, 'x', sizeof long_one - 1);
	s.password = long_one;
	OPENS(&s, 0, "a response too long for the line", OFFERS("PLAIN"),
	    "CAUTH PLAIN\r", "S334", "CAGpvZQB4eHh4", "S235", BYE);
}

/* Refused before a word is said. */
static void
test_secrets(void)
{
	static char broken[] = "two\nlines", user[] = "j\roe";
	struct server s = a_user();

	s.password = broken;
	OPENS(&s, EX_CONFIG, "a password with a line break", "W1");
	s = a_user();
	s.url.user = user;
	OPENS(&s, EX_CONFIG, "a user with a line break", "W1");
	s = a_user();
	s.password = NULL;
	OPENS(&s, EX_NOPERM, "no password", "W1");
}

/* --- Transactions. --- */

static int
write_body(void *ctx, FILE *out, struct fail *why)
{
	const char *text = ctx;

	if (text == NULL)
		return fail(why, EX_NOINPUT, "the file has gone");
	fputs(text, out);
	return 0;
}

struct outcome {
	int	 code;
	bool	 uncertain;
	char	 states[16];	/* A accepted, D deferred, R refused, . not yet */
	char	 reply[64];	/* of the first recipient */
	char	 text[512];	/* of the failure */
};

static struct smtp_message
a_message(const char *text)
{
	struct smtp_message m = { .from = "me@x", .write = write_body };

	m.size = text == NULL ? 6 : strlen(text) + 2;
	m.ctx = (void *)(uintptr_t)text;
	return m;
}

static struct outcome
send_over(struct smtp *x, struct smtp_message *m, const char *to)
{
	static const char letters[] = ".ADR";
	struct smtp_rcpt rcpt[15];
	struct outcome o = { 0 };
	struct fail why;
	char list[256], *rest = list, *addr;
	size_t i;

	memset(rcpt, 0, sizeof rcpt);
	strlcpy(list, to, sizeof list);
	for (m->nrcpt = 0; (addr = strsep(&rest, " ")) != NULL; m->nrcpt++)
		rcpt[m->nrcpt].addr = addr;
	m->rcpt = rcpt;
	fail_clear(&why);
	if ((smtp_send(x, m, &o.uncertain, &why) == 0) != (why.code == 0))
		ok(false, "the result fits the failure");
	o.code = why.code;
	strlcpy(o.text, why.text, sizeof o.text);
	strlcpy(o.reply, rcpt[0].reply == NULL ? "" : rcpt[0].reply,
	    sizeof o.reply);
	for (i = 0; i < m->nrcpt; i++) {
		o.states[i] = letters[rcpt[i].state];
		free(rcpt[i].reply);
	}
	return o;
}

static struct outcome
sends(enum scheme scheme, const char *to, struct smtp_message m, int code,
    const char *states, const char *what, const char *const *script)
{
	struct outcome o = { .code = -1 };
	struct server s = a_server();
	struct fail why;
	struct peer p;
	struct smtp *x;

	s.url.scheme = scheme;
	x = begin(&s, script, &p, &why);
	if (x != NULL)
		o = send_over(x, &m, to);
	smtp_close(x);
	ok(peer_agrees(p), "%s: dialogue", what);
	if (!is_int(o.code, code, what))
		printf("# %s\n", o.text);
	is_string(o.states, states, what);
	return o;
}

#define SENDS(to, code, states, what, ...) \
	sends(SCHEME_SMTP, to, a_message("text"), code, states, what, \
	    (const char *const[]){ __VA_ARGS__, NULL })

static void
test_transaction(void)
{
	struct outcome o;

	o = SENDS("a@x b@x", 0, "AA", "in one flight", HELLO,
	    "CMAIL FROM:<me@x> SIZE=6\r", "CRCPT TO:<a@x>\r",
	    "CRCPT TO:<b@x>\r", "CDATA\r", "S250 ok", "S250 ok", "S250 ok",
	    "S354", "Dtext\r\n", "S250 2.0.0 queued as 1", BYE);
	is_string(o.reply, "250 2.0.0 queued as 1", "the last words");
	ok(!o.uncertain, "certain");
	SENDS("a@x b@x", 0, "AA", "step by step", PLAIN_HELLO,
	    "CMAIL FROM:<me@x>\r", "W20", "S250", "CRCPT TO:<a@x>\r", "S250",
	    "CRCPT TO:<b@x>\r", "S251 will forward", "CDATA\r", "S354 go",
	    "D", "S250", BYE);
	SENDS("a@x b@x c@x", 0, "ADR", "250, 450, 550 mixed", HELLO, "CMAIL",
	    "CRCPT", "CRCPT", "CRCPT", "CDATA", "S250", "S250", "S450 later",
	    "S550 never", "S354", "D", "S250", BYE);
	SENDS("a@x b@x", EX_NOUSER, "RR", "all refused", HELLO, "CMAIL",
	    "CRCPT", "CRCPT", "CDATA", "S250", "S550 no", "S551 no",
	    "S503 nobody", BYE);
	SENDS("a@x", EX_NOUSER, "R", "refused, and yet 354", HELLO, "CMAIL",
	    "CRCPT", "CDATA", "S250", "S550 no", "S354", "C.\r", "S554", BYE);
	SENDS("a@x b@x", EX_NOUSER, "RR", "no DATA step by step", PLAIN_HELLO,
	    "CMAIL", "S250", "CRCPT", "S550", "CRCPT", "S550", BYE);
	SENDS("a@x b@x", EX_TEMPFAIL, "DD", "all put off", PLAIN_HELLO,
	    "CMAIL", "S250", "CRCPT", "S452", "CRCPT", "S450", BYE);
	SENDS("a@x b@x", EX_NOUSER, "DR", "the worst is told", PLAIN_HELLO,
	    "CMAIL", "S250", "CRCPT", "S452", "CRCPT", "S550", BYE);
	SENDS("a@x", EX_NOPERM, "R", "530 to RCPT", PLAIN_HELLO,
	    "CMAIL", "S250", "CRCPT", "S530 log in first", BYE);
}

/* Every class of reply, at every command of the transaction. */
static void
test_replies(void)
{
	static const struct {
		const char	*reply;
		int		 mail, rcpt, data, dot;
		const char	*states[4];
	} t[] = {
		{ "S451 4.3.0 later", 75, 75, 75, 75, { ".", "D", ".", "D" } },
		{ "S452", 75, 75, 75, 75, { ".", "D", ".", "D" } },
		{ "S421 bye", 75, 75, 75, 75, { ".", ".", ".", "D" } },
		{ "S500 what?", 69, 67, 69, 69, { ".", "R", ".", "R" } },
		{ "S550 5.7.1 no", 69, 67, 69, 69, { ".", "R", ".", "R" } },
		{ "S552-too", 69, 67, 69, 69, { ".", "R", ".", "R" } },
		{ "S354 go", 76, 76, 0, 76, { ".", ".", "A", "." } },
		{ "S250", 0, 0, 76, 0, { "A", "A", ".", "A" } },
		{ "S334 auth?", 76, 76, 76, 76, { ".", ".", ".", "." } },
		{ "S25 short", 76, 76, 76, 76, { ".", ".", ".", "." } },
		{ "S150 what", 76, 76, 76, 76, { ".", ".", ".", "." } },
		{ "Sabc", 76, 76, 76, 76, { ".", ".", ".", "." } },
		{ "H", 75, 75, 75, 75, { ".", ".", ".", "." } },
	};
	static const char *const good[] = { "S250", "S250", "S354", "S250" };
	static const char *const heard[] = { "CMAIL", "CRCPT", "CDATA", "D" };
	const char *script[24];
	char what[64];
	size_t i, at, n, stage;
	int code;

	for (i = 0; i < NELEM(t); i++)
		for (at = 0; at < 4; at++) {
			code = at == 0 ? t[i].mail : at == 1 ? t[i].rcpt :
			    at == 2 ? t[i].data : t[i].dot;
			script[0] = "S220";
			script[1] = "CEHLO";
			script[2] = "S250";
			for (n = 3, stage = 0; stage < 4; stage++) {
				script[n++] = heard[stage];
				script[n++] = stage == at ? t[i].reply :
				    good[stage];
				if (stage == at &&
				    strcmp(t[i].reply, "S552-too") == 0)
					script[n++] = "S552 big";
				if (stage == at && code != 0)
					break;
			}
			/* Where it makes sense, we say goodbye. */
			if (code != EX_PROTOCOL && t[i].reply[0] == 'S' &&
			    strncmp(t[i].reply, "S421", 4) != 0)
				script[n++] = "CQUIT", script[n++] = "S221";
			script[n] = NULL;
			snprintf(what, sizeof what, "%s to %s",
			    t[i].reply + 1, heard[at] + 1);
			sends(SCHEME_SMTP, "a@x", a_message("text"), code,
			    t[i].states[at], what, script);
		}
}

static void
test_after_the_dot(void)
{
	struct outcome o;

	o = SENDS("a@x", EX_TEMPFAIL, ".", "lost behind the dot", HELLO,
	    ENVELOPE, "D", "H");
	ok(o.uncertain, "uncertain");
	o = SENDS("a@x", EX_PROTOCOL, ".", "nonsense behind the dot", HELLO,
	    ENVELOPE, "D", "S354 again");
	ok(o.uncertain, "uncertain");
	o = SENDS("a@x", EX_TEMPFAIL, ".", "half a reply", HELLO,
	    ENVELOPE, "D", "R250 o", "H");
	ok(o.uncertain, "uncertain");
	o = SENDS("a@x", EX_TEMPFAIL, "D", "put off behind the dot", HELLO,
	    ENVELOPE, "D", "S451", BYE);
	ok(!o.uncertain, "certain");
	o = SENDS("a@x", EX_PROTOCOL, ".", "354 twice", HELLO,
	    "CMAIL", "CRCPT", "CDATA", "S250", "S250", "R354\r\n354\r\n", "W50");
	ok(!o.uncertain, "certain");
	o = SENDS("a@x", EX_PROTOCOL, ".", "250 before the dot", HELLO, "CMAIL",
	    "CRCPT", "CDATA", "S250", "S250", "R354 go\r\n250 ok\r\n", "W50");
	ok(!o.uncertain, "certain");
	SENDS("a@x", EX_UNAVAILABLE, ".", "552 before the dot", HELLO, "CMAIL",
	    "CRCPT", "CDATA", "S250", "S250", "R354 go\r\n552 big\r\n", "W50");
}

/* --- What the server offers and what the message needs. --- */

#define SENDS_M(m, to, code, states, what, ...) \
	sends(SCHEME_SMTP, to, m, code, states, what, \
	    (const char *const[]){ __VA_ARGS__, NULL })

static void
test_needs(void)
{
	struct smtp_message m = a_message("text");

	m.size = 1001;
	SENDS_M(m, "a@x", EX_UNAVAILABLE, ".", "larger than SIZE", HELLO, BYE);
	m.size = 1000;
	SENDS_M(m, "a@x", 0, "A", "as large as SIZE", HELLO,
	    "CMAIL FROM:<me@x> SIZE=1000\r", "CRCPT", "CDATA", "S250", "S250",
	    "S354", "D", "S250", BYE);
	m.eightbit = true;
	SENDS_M(m, "a@x", EX_UNAVAILABLE, ".", "8-bit without 8BITMIME", HELLO,
	    BYE);
	SENDS_M(m, "a@x", 0, "A", "8-bit", "S220", "CEHLO", "S250-x",
	    "S250-SIZE 0", "S250 8bitmime",
	    "CMAIL FROM:<me@x> SIZE=1000 BODY=8BITMIME\r", "S250", "CRCPT",
	    "S250", "CDATA", "S354", "D", "S250", BYE);
	m.eightbit = false;
	SENDS_M(m, "\xc3\xa9@x", EX_NOUSER, ".", "UTF-8 without SMTPUTF8", HELLO,
	    BYE);
	SENDS_M(m, "\xc3\xa9@x", 0, "A", "UTF-8", "S220", "CEHLO", "S250-x",
	    "S250-8BITMIME", "S250 SMTPUTF8",
	    "CMAIL FROM:<me@x> BODY=8BITMIME SMTPUTF8\r", "S250",
	    "CRCPT TO:<\xc3\xa9@x>\r", "S250", "CDATA", "S354", "D", "S250",
	    BYE);
	m.all_or_nothing = true;
	SENDS_M(m, "a@x b@x", EX_NOUSER, ".R", "all or none", HELLO, "CMAIL",
	    "CRCPT", "CRCPT", "S250", "S250", "S550", BYE);
}

static void
test_demands(void)
{
	struct smtp_message m = a_message("text");

	m.notify = "success, failure";
	m.envid = "a+b=c d";
	m.return_head = true;
	SENDS_M(m, "a@x", 0, "A", "DSN", "S220", "CEHLO", "S250-x", "S250 DSN",
	    "CMAIL FROM:<me@x> RET=HDRS ENVID=a+2Bb+3Dc+20d\r", "S250",
	    "CRCPT TO:<a@x> NOTIFY=success,failure\r", "S250", "CDATA", "S354",
	    "D", "S250", BYE);
	SENDS_M(m, "a@x", 0, "A", "DSN is not offered", PLAIN_HELLO,
	    "CMAIL FROM:<me@x>\r", "S250", "CRCPT TO:<a@x>\r", "S250", "CDATA",
	    "S354", "D", "S250", BYE);
	m.notify = "never\r\nDATA";
	SENDS_M(m, "a@x", EX_CONFIG, ".", "a hostile list", HELLO, BYE);
	m = a_message("text");
	m.require_tls = true;
	SENDS_M(m, "a@x", EX_UNAVAILABLE, ".", "REQUIRETLS without TLS", "S220",
	    "CEHLO", "S250-x", "S250 REQUIRETLS", BYE);
	m = a_message("text");
	m.hold = 3600;
	SENDS_M(m, "a@x", EX_UNAVAILABLE, ".", "no FUTURERELEASE", HELLO, BYE);
	SENDS_M(m, "a@x", EX_UNAVAILABLE, ".", "held for less", "S220", "CEHLO",
	    "S250-x", "S250 FUTURERELEASE 3599 2026-11-20T00:00:00Z", BYE);
	SENDS_M(m, "a@x", 0, "A", "FUTURERELEASE", "S220", "CEHLO", "S250-x",
	    "S250 FUTURERELEASE 86400 2026-11-20T00:00:00Z",
	    "CMAIL FROM:<me@x> HOLDFOR=3600\r", "S250", "CRCPT", "S250", "CDATA",
	    "S354", "D", "S250", BYE);
}

static void
test_addresses(void)
{
	static const char *const bad[] = { "a@x\r", "a@x\nRCPT", "a>b@x",
	    "<a@x", "", "\"a@x", "a\x7f@x", "\"a\\\"@x" };
	struct server s = a_server();
	struct outcome o;
	struct smtp_message m;
	struct fail why;
	struct peer p;
	struct smtp *x;
	size_t i;

	x = begin(&s, (const char *const[]){ HELLO,
	    "CMAIL FROM:<> SIZE=6\r", "CRCPT TO:<\"a b>\\\"\"@x>\r", "CDATA", "S250",
	    "S250", "S354", "D", "S250", BYE, NULL }, &p, &why);
	for (i = 0; i < NELEM(bad); i++) {
		m = a_message("text");
		o = send_over(x, &m, bad[i]);
		is_int(o.code, EX_DATAERR, "a hostile address");
		m = a_message("text");
		m.from = bad[i];
		if (*bad[i] == '\0')
			continue;
		o = send_over(x, &m, "a@x");
		is_int(o.code, EX_DATAERR, "a hostile sender");
	}
	m = a_message("text");
	m.from = "";
	m.nrcpt = 1;
	m.rcpt = &(struct smtp_rcpt){ .addr = (char[]){ "\"a b>\\\"\"@x" } };
	is_int(smtp_send(x, &m, &o.uncertain, &why), 0, "odd, but an address");
	free(m.rcpt->reply);
	smtp_close(x);
	ok(peer_agrees(p), "hostile addresses: nothing was said");
}

/* --- The text. --- */

static void
test_text(void)
{
	static const struct {
		const char	*in, *out;
	} t[] = {
		{ "a\nb\n", "a\r\nb\r\n" },
		{ "a", "a\r\n" },
		{ "", "" },
		{ "\n", "\r\n" },
		{ ".\n", "..\r\n" },
		{ ".", "..\r\n" },
		{ "..\n.x\nx.\n", "...\r\n..x\r\nx.\r\n" },
		{ "a\r\nb\r\n", "a\r\nb\r\n" },
		{ "a\rb\n", "a\r\nb\r\n" },
		{ "a\r\r\nb", "a\r\n\r\nb\r\n" },
		{ "a\n.\r\nb\n", "a\r\n..\r\nb\r\n" },
		{ "a\r.\rb", "a\r\n..\r\nb\r\n" },
		{ "a\r", "a\r\n" },
	};
	char want[64], what[32];
	size_t i;

	for (i = 0; i < NELEM(t); i++) {
		snprintf(want, sizeof want, "D%s", t[i].out);
		snprintf(what, sizeof what, "text %zu", i);
		/* An empty D demands nothing, so the dot is asked for. */
		sends(SCHEME_SMTP, "a@x", a_message(t[i].in), 0, "A", what,
		    (const char *const[]){ PLAIN_HELLO, "CMAIL", "S250",
		    "CRCPT", "S250", "CDATA", "S354",
		    *t[i].out == '\0' ? "C.\r" : want, "S250", BYE, NULL });
	}
	SENDS_M(a_message(NULL), "a@x", EX_NOINPUT, ".",
	    "a message that cannot be read gets no dot", PLAIN_HELLO, "CMAIL",
	    "S250", "CRCPT", "S250", "CDATA", "S354");
}

/* Large, and the server hangs up in it. */
static void
test_large(void)
{
	char *text = xmalloc(8 * 1024 * 1024 + 1);
	struct outcome o;
	size_t i;

	for (i = 0; i < 8 * 1024 * 1024; i++)
		text[i] = i % 64 == 63 ? '\n' : 'x';
	text[i] = '\0';
	SENDS_M(a_message(text), "a@x", 0, "A", "8 MiB", PLAIN_HELLO,
	    "CMAIL", "S250", "CRCPT", "S250", "CDATA", "S354", "D", "S250",
	    BYE);
	o = SENDS_M(a_message(text), "a@x", EX_TEMPFAIL, ".",
	    "the server goes in the text", PLAIN_HELLO, "CMAIL", "S250",
	    "CRCPT", "S250", "CDATA", "S354", "Cx", "X");
	ok(!o.uncertain, "certain: no dot was sent");
	SENDS_M(a_message(text), "a@x", EX_UNAVAILABLE, ".",
	    "the server tells why it goes in the text", PLAIN_HELLO, "CMAIL",
	    "S250", "CRCPT", "S250", "CDATA", "S354", "Cx", "S552 too big",
	    "W200", "X");
	free(text);
}

/* --- Several messages, LMTP. --- */

static void
test_again(void)
{
	struct server s = a_server();
	struct smtp_message m;
	struct outcome o;
	struct fail why;
	struct peer p;
	struct smtp *x;

	x = begin(&s, (const char *const[]){ HELLO, ENVELOPE, "D", "S250",
	    ENVELOPE, "D", "S554 spam",
	    "CMAIL", "CRCPT", "CDATA", "S250", "S550", "S503",
	    "CRSET", "S250", ENVELOPE, "D", "S250", BYE, NULL }, &p, &why);
	m = a_message("text");
	is_int(send_over(x, &m, "a@x").code, 0, "the first");
	is_int(send_over(x, &m, "a@x").code, EX_UNAVAILABLE, "refused whole");
	is_int(send_over(x, &m, "b@x").code, EX_NOUSER, "refused");
	is_int(send_over(x, &m, "a@x").code, 0, "and one behind RSET");
	is_string(smtp_reply(x), "250", "its reply");
	smtp_close(x);
	ok(peer_agrees(p), "four messages: dialogue");

	x = begin(&s, (const char *const[]){ HELLO, "CMAIL", "CRCPT", "CDATA",
	    "S250", "S421 bye", NULL }, &p, &why);
	o = send_over(x, &m, "a@x");
	is_int(o.code, EX_TEMPFAIL, "421");
	is_int(send_over(x, &m, "a@x").code, EX_TEMPFAIL, "is the end");
	smtp_close(x);
	ok(peer_agrees(p), "nothing is said behind 421");
}

/* QUIT goes out with the text: the server says nothing until it has both. */
static void
test_last(void)
{
	struct smtp_message m = a_message("text");

	m.last = true;
	SENDS_M(m, "a@x", 0, "A", "the last", HELLO, ENVELOPE, "D", "CQUIT", "S250", "S221");
	SENDS_M(m, "a@x", EX_UNAVAILABLE, "R", "the last, refused", HELLO,
	    ENVELOPE, "D", "CQUIT", "S554 no", "S221");
	SENDS_M(m, "a@x", 0, "A", "a server that does not wait for QUIT", HELLO,
	    ENVELOPE, "D", "S250", "X");
	SENDS_M(m, "a@x", 0, "A", "the last, without PIPELINING", PLAIN_HELLO,
	    "CMAIL", "S250", "CRCPT", "S250", "CDATA", "S354", "D", "W20",
	    "S250", BYE);
	SENDS_M(m, "a@x", EX_NOUSER, "R", "no text, no QUIT in front", HELLO,
	    "CMAIL", "CRCPT", "CDATA", "S250", "S550", "S503", BYE);
}

#define LMTP(to, code, states, what, ...) \
	sends(SCHEME_LMTP, to, a_message("text"), code, states, what, \
	    (const char *const[]){ "S220", "CLHLO host", "S250", "CMAIL", \
	    "S250", __VA_ARGS__, NULL })

static void
test_lmtp(void)
{
	struct outcome o;

	LMTP("a@x b@x c@x d@x", 0, "ARDR", "a verdict for each", "CRCPT", "S250",
	    "CRCPT", "S550", "CRCPT", "S250", "CRCPT", "S250", "CDATA", "S354",
	    "D", "S250", "S452", "S552", BYE);
	LMTP("a@x b@x", EX_NOUSER, "RR", "none of them", "CRCPT", "S250",
	    "CRCPT", "S250", "CDATA", "S354", "D", "S552 full", "S552 full", BYE);
	o = LMTP("a@x b@x", 0, "AD", "lost between the verdicts", "CRCPT",
	    "S250", "CRCPT", "S250", "CDATA", "S354", "D", "S250", "H");
	ok(o.uncertain, "uncertain");
}

/* More than one flight, and replies that fill the pipe while we speak. */
static void
test_many(void)
{
	enum { N = 2500 };
	static const char *script[2 * N + 16] = { HELLO, "CMAIL" };
	struct smtp_rcpt *rcpt = xcalloc(N, sizeof *rcpt);
	struct server s = a_server();
	struct smtp_message m = a_message("text");
	struct fail why;
	struct peer p;
	struct smtp *x;
	size_t i, j, n = 6, accepted = 0;
	bool uncertain;

	for (i = 0; i < N; i++)
		rcpt[i].addr = xasprintf("user%zu@x", i);
	m.rcpt = rcpt;
	m.nrcpt = N;
	for (i = 0; i < N; i += 1000) {
		for (j = i; j < N && j < i + 1000; j++)
			script[n++] = "CRCPT";
		if (j == N)
			script[n++] = "CDATA";
		if (i == 0)
			script[n++] = "S250";
		for (j = i; j < N && j < i + 1000; j++)
			script[n++] = j % 2 == 0 ? "S250 yes" : "S550 no";
	}
	script[n++] = "S354";
	script[n++] = "D";
	script[n++] = "S250";
	script[n++] = "CQUIT";
	script[n++] = "S221";
	x = begin(&s, script, &p, &why);
	is_int(smtp_send(x, &m, &uncertain, &why), 0, "2500 recipients");
	for (i = 0; i < N; i++) {
		accepted += rcpt[i].state == RCPT_ACCEPTED;
		free(rcpt[i].addr);
		free(rcpt[i].reply);
	}
	is_int((long long)accepted, N / 2, "half of them");
	smtp_close(x);
	ok(peer_agrees(p), "2500 recipients: dialogue");
	free(rcpt);
}

/* --- Time. --- */

static void
test_slow(void)
{
	static const char *const silent[][12] = {
		{ "W30000" },
		{ "S220", "CEHLO", "W30000" },
		{ "S220", "CEHLO", "R250-hi\r\n250", "W30000" },
		{ "S220", "CEHLO", "S250", "CMAIL", "W30000" },
		{ "S220", "CEHLO", "S250", "CMAIL", "S250", "CRCPT", "S250",
		    "CDATA", "W30000" },
		{ "S220", "CEHLO", "S250", "CMAIL", "S250", "CRCPT", "S250",
		    "CDATA", "S354", "D", "W30000" },
		{ "L220 a greeting that takes its time, and much of it" },
		{ "S220", "CEHLO", "L250-a\r\n250-b\r\n250-c\r\n250-d\r\n"
		    "250-e\r\n250-f\r\n250-g\r\n" },
	};
	struct server s = a_server();
	struct smtp_message m;
	struct fail why;
	struct peer p;
	struct smtp *x;
	size_t i;
	time_t start;

	s.timeout = 1;
	for (i = 0; i < NELEM(silent); i++) {
		start = time(NULL);
		x = begin(&s, silent[i], &p, &why);
		m = a_message("text");
		if (x != NULL)
			why.code = send_over(x, &m, "a@x").code;
		smtp_close(x);
		is_int(why.code, EX_TEMPFAIL, "a silent or dripping server");
		ok(time(NULL) - start <= 10, "is left in time");
		kill(p.pid, SIGKILL);
		(void)peer_agrees(p);
	}
	OPENS(&s, 0, "a reply octet by octet", "R2", "R2", "R0", "W1", "R\r",
	    "W1", "R\n", "CEHLO", "R25", "W1", "R0-", "W1", "Rx\r\n250 y\r\n",
	    BYE);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_greeting();
	test_endless();
	test_tls();
	test_auth();
	test_secrets();
	test_transaction();
	test_replies();
	test_after_the_dot();
	test_needs();
	test_demands();
	test_addresses();
	test_text();
	test_large();
	test_again();
	test_last();
	test_lmtp();
	test_many();
	test_slow();
	return done();
}
