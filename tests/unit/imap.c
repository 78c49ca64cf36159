/* SPDX-License-Identifier: ISC */
/*
 * imap.c -- sessions with IMAP servers, from the greeting on: what is said, what
 * is never said, and the status of every fault.
 */
#include "../../net/conn.h"
#include "../../net/imap.h"
#include "peer.h"

#define IN(caps)	"S* OK [CAPABILITY IMAP4rev1 " caps "] hi"
#define LOGGED_IN	IN("AUTH=PLAIN SASL-IR"), \
	"CA1 AUTHENTICATE PLAIN AGpvZQBzZWNyZXQ=\r", \
	"SA1 OK [CAPABILITY IMAP4rev1 ID] welcome"
#define OUT(n)		"CA" n " LOGOUT\r", "S* BYE", "SA" n " OK"

static struct server
a_server(void)
{
	static char host[] = "localhost", port[] = "143", user[] = "joe";
	static char password[] = "secret";
	struct server s;

	memset(&s, 0, sizeof s);
	s.url.scheme = SCHEME_IMAP;
	s.url.host = host;
	s.url.port = port;
	s.url.user = user;
	s.password = password;
	s.timeout = 5;
	return s;
}

static struct imap *
begin(const struct server *s, const char *const *script, struct peer *p,
    struct fail *why)
{
	struct conn *c;

	fail_clear(why);
	*p = peer_start(script);
	c = conn_attach(p->fd, s, why);
	return c == NULL ? NULL : imap_attach(c, s, why);
}

static void
opens(const struct server *s, int code, const char *what,
    const char *const *script)
{
	struct fail why;
	struct peer p;
	struct imap *x = begin(s, script, &p, &why);

	if (!is_int(why.code, code, what) || (x == NULL) != (code != 0))
		printf("# %s\n", why.text);
	imap_logout(x);
	ok(peer_agrees(p), "%s: dialogue", what);
	if (strstr(why.text, "secret") != NULL)
		ok(false, "%s: the password in the failure", what);
	if (code == EX_PROTOCOL || code == EX_TEMPFAIL)
		ok(strstr(why.text, "localhost:143") != NULL,
		    "%s: the server is named", what);
}

#define OPENS(s, code, what, ...) \
	opens(s, code, what, (const char *const[]){ __VA_ARGS__, NULL })

/* --- The beginning. --- */

static void
test_greeting(void)
{
	struct server s = a_server();

	OPENS(&s, 0, "a plain session", LOGGED_IN, OUT("2"));
	OPENS(&s, 0, "capabilities must be asked for", "S* OK hi",
	    "CA1 CAPABILITY\r", "S* CAPABILITY IMAP4rev1 AUTH=PLAIN", "SA1 OK",
	    "CA2 AUTHENTICATE PLAIN\r", "S+ ", "CAGpvZQBzZWNyZXQ=\r", "SA2 OK",
	    "CA3 CAPABILITY\r", "S* CAPABILITY IMAP4rev1", "SA3 OK", OUT("4"));
	OPENS(&s, 0, "PREAUTH", "S* PREAUTH [CAPABILITY IMAP4rev1] hi", OUT("1"));
	OPENS(&s, EX_TEMPFAIL, "BYE", "S* BYE too busy");
	OPENS(&s, EX_PROTOCOL, "POP3", "S+OK hi");
	OPENS(&s, EX_PROTOCOL, "SMTP", "S220 hi");
	OPENS(&s, EX_PROTOCOL, "BAD", "S* BAD hi");
	OPENS(&s, EX_PROTOCOL, "a tagged one", "SA1 OK hi");
	OPENS(&s, EX_PROTOCOL, "data", "S* CAPABILITY IMAP4rev1");
	OPENS(&s, EX_PROTOCOL, "an empty line", "S");
	OPENS(&s, EX_TEMPFAIL, "closed", "H");
	OPENS(&s, EX_PROTOCOL, "no capabilities", "S* OK hi", "CA1 CAPABILITY",
	    "SA1 OK", OUT("2"));
}

static void
test_tls(void)
{
	struct server s = a_server();

	s.tls = TLS_REQUIRED;
	OPENS(&s, EX_UNAVAILABLE, "TLS required, not offered",
	    IN("AUTH=PLAIN"), OUT("1"));
	OPENS(&s, EX_UNAVAILABLE, "TLS refused", IN("STARTTLS"),
	    "CA1 STARTTLS\r", "SA1 NO not now", OUT("2"));
	OPENS(&s, EX_UNAVAILABLE, "TLS not understood", IN("STARTTLS"),
	    "CA1 STARTTLS\r", "SA1 BAD what?", OUT("2"));
	OPENS(&s, EX_TEMPFAIL, "TLS put off", IN("STARTTLS"), "CA1 STARTTLS\r",
	    "SA1 NO [UNAVAILABLE] later", OUT("2"));
	OPENS(&s, EX_PROTOCOL, "octets behind the leave for TLS",
	    IN("STARTTLS"), "CA1 STARTTLS\r",
	    "RA1 OK go\r\n* CAPABILITY AUTH=PLAIN\r\n");
	OPENS(&s, EX_PROTOCOL, "PREAUTH, so that TLS cannot be",
	    "S* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hi", OUT("1"));
	s.tls = TLS_OPPORTUNISTIC;
	OPENS(&s, 0, "TLS wanted, not offered", LOGGED_IN, OUT("2"));
}

static void
test_auth(void)
{
	static char scram[] = "SCRAM-SHA-256", proxy[] = "socks5h://x:1";
	static char odd[] = "s\"e\\c{", beyond[] = "s\xc3\xa9";
	static char command[] = "echo token";
	struct server s = a_server();

	OPENS(&s, 0, "LOGIN", IN("X"), "CA1 LOGIN \"joe\" \"secret\"\r",
	    "SA1 OK [CAPABILITY IMAP4rev1] in", OUT("2"));
	OPENS(&s, EX_NOPERM, "LOGINDISABLED", IN("LOGINDISABLED"), OUT("1"));
	OPENS(&s, EX_NOPERM, "refused", IN("AUTH=PLAIN SASL-IR"),
	    "CA1 AUTHENTICATE PLAIN", "SA1 NO wrong", OUT("2"));
	OPENS(&s, EX_NOPERM, "refused by code", IN("X"), "CA1 LOGIN",
	    "SA1 NO [AUTHENTICATIONFAILED] wrong", OUT("2"));
	OPENS(&s, EX_TEMPFAIL, "put off", IN("X"), "CA1 LOGIN",
	    "SA1 NO [UNAVAILABLE] later", OUT("2"));
	OPENS(&s, EX_TEMPFAIL, "a referral is not followed", IN("X"), "CA1 LOGIN",
	    "SA1 NO [REFERRAL imap://evil.example/] there", OUT("2"));
	OPENS(&s, EX_PROTOCOL, "BAD", IN("X"), "CA1 LOGIN", "SA1 BAD what?",
	    OUT("2"));
	OPENS(&s, EX_TEMPFAIL, "BYE", IN("X"), "CA1 LOGIN", "S* BYE locked");
	OPENS(&s, EX_PROTOCOL, "a false server", IN("AUTH=SCRAM-SHA-256 SASL-IR"),
	    "CA1 AUTHENTICATE SCRAM-SHA-256 biws", "SA1 OK welcome");
	OPENS(&s, EX_PROTOCOL, "a nonce that is not ours",
	    IN("AUTH=SCRAM-SHA-256"), "CA1 AUTHENTICATE SCRAM-SHA-256\r", "S+ ",
	    "Cbiws", "S+ cj1ldmlsLHM9QUFBQSxpPTQwOTY=");
	OPENS(&s, EX_PROTOCOL, "PLAIN goes on", IN("AUTH=PLAIN"),
	    "CA1 AUTHENTICATE PLAIN\r", "S+ ", "CAGpv", "S+ more");
	s.auth = scram;
	OPENS(&s, EX_NOPERM, "less than the user wants", IN("AUTH=PLAIN"),
	    OUT("1"));
	s.auth = NULL;
	s.proxy = proxy;
	OPENS(&s, EX_NOPERM, "not in the clear", IN("AUTH=PLAIN"), OUT("1"));
	OPENS(&s, EX_NOPERM, "nor by LOGIN", IN("X"), OUT("1"));
	s.proxy = NULL;
	s.password = odd;
	OPENS(&s, 0, "quotes and backslashes", IN("X"),
	    "CA1 LOGIN \"joe\" \"s\\\"e\\\\c{\"\r", "SA1 OK [CAPABILITY X] in",
	    OUT("2"));
	s.password = beyond;
	OPENS(&s, 0, "beyond ASCII", IN("X"), "CA1 LOGIN {3}\r", "S+", "Cjoe {3}\r",
	    "S+", "Cs\xc3\xa9\r", "SA1 OK [CAPABILITY X] in", OUT("2"));
	OPENS(&s, EX_NOPERM, "a literal refused", IN("X"), "CA1 LOGIN {3}\r",
	    "SA1 NO no literals", OUT("2"));
	s.oauth_command = command;
	OPENS(&s, EX_NOPERM, "a token is no password", IN("AUTH=PLAIN"),
	    OUT("1"));
	OPENS(&s, 0, "a token", IN("AUTH=XOAUTH2 SASL-IR"), "CA1 AUTHENTICATE "
	    "XOAUTH2 dXNlcj1qb2UBYXV0aD1CZWFyZXIgdG9rZW4BAQ==\r",
	    "SA1 OK [CAPABILITY X] in", OUT("2"));
	OPENS(&s, EX_NOPERM, "a token that is refused", IN("AUTH=XOAUTH2"),
	    "CA1 AUTHENTICATE XOAUTH2\r", "S+", "CdXNlcj1", "S+ e30=", "C\r",
	    "SA1 NO expired", OUT("2"));
}

/* Refused before a word is said. */
static void
test_secrets(void)
{
	struct server s = a_server();

	s.password = (char[]){ "a\r\nA2 DELETE INBOX" };
	OPENS(&s, EX_CONFIG, "a password with a line break", "W1");
	s = a_server();
	s.password = NULL;
	s.netrc = (char[]){ "/dev/null" };
	OPENS(&s, EX_NOPERM, "no password", "W1");
	s.url.user = NULL;
	OPENS(&s, EX_NOPERM, "no user", "W1");
}

/* --- Commands. --- */

static void
runs(int code, const char *what, const char *const *script)
{
	struct server s = a_server();
	struct imap_mailbox m;
	struct fail why;
	struct peer p;
	struct imap *x = begin(&s, script, &p, &why);

	if (!ok(x != NULL, "%s: logged in", what))
		printf("# %s\n", why.text);
	else if (imap_select(x, "INBOX", false, NULL, &m, &why) == 0)
		(void)imap_noop(x, &why);
	if (!is_int(why.code, code, what))
		printf("# %s\n", why.text);
	if (code == EX_PROTOCOL || code == EX_TEMPFAIL)
		ok(x == NULL || strstr(why.text, "localhost:143") != NULL,
		    "%s: the server is named", what);
	imap_logout(x);
	ok(peer_agrees(p), "%s: dialogue", what);
}

#define SELECT		LOGGED_IN, "CA2 SELECT \"INBOX\"\r"
#define SELECTED	SELECT, "S* 3 EXISTS", "S* OK [UIDVALIDITY 7] ok", \
	"SA2 OK [READ-WRITE] in", "CA3 NOOP\r"
#define RUNS(code, what, ...) \
	runs(code, what, (const char *const[]){ __VA_ARGS__, NULL })

static void
test_commands(void)
{
	RUNS(0, "SELECT and NOOP", SELECTED, "S* 4 EXISTS", "SA3 OK", OUT("4"));
	RUNS(EX_NOINPUT, "NO [NONEXISTENT]", SELECT, "SA2 NO [NONEXISTENT] none",
	    OUT("3"));
	RUNS(EX_NOPERM, "NO [NOPERM]", SELECT, "SA2 NO [NOPERM] no", OUT("3"));
	RUNS(EX_PROTOCOL, "BAD", SELECT, "SA2 BAD what?", OUT("3"));
	RUNS(EX_TEMPFAIL, "BYE", SELECT, "S* BYE down");
	RUNS(EX_TEMPFAIL, "closed", SELECT, "H");
	RUNS(EX_TEMPFAIL, "closed in a line", SELECT, "R* 3 EXI", "H");
	RUNS(EX_TEMPFAIL, "closed in a literal", SELECT, "R* X {10}\r\nabc", "H");
	RUNS(EX_PROTOCOL, "another tag", SELECT, "SA9 OK done");
	RUNS(EX_PROTOCOL, "the tag of one that is done", SELECT, "SA1 OK done");
	RUNS(EX_PROTOCOL, "no tag", SELECT, "S OK done");
	RUNS(EX_PROTOCOL, "a tag alone", SELECT, "SA2");
	RUNS(EX_PROTOCOL, "tagged data", SELECT, "SA2 SEARCH 1");
	RUNS(EX_PROTOCOL, "tagged BYE", SELECT, "SA2 BYE");
	RUNS(EX_PROTOCOL, "PREAUTH", SELECT, "S* PREAUTH again");
	RUNS(EX_PROTOCOL, "`+' twice", SELECT, "S+ go", "S+ go", "SA2 OK");
	RUNS(EX_PROTOCOL, "nothing behind the tag", SELECT, "S* ");
	RUNS(EX_PROTOCOL, "a number over 32 bits", SELECT,
	    "S* 4294967296 EXISTS");
	RUNS(EX_PROTOCOL, "an open list", SELECT, "S* -1 EXISTS (");
}

static void
test_literals(void)
{
	static const char *const bad[] = { "{4294967295}", "{18446744073709551617}",
	    "{-1}", "{}", "{5}x", "{+}", "{0x5}", "{5", "{99999999}" };
	static char line[64];
	size_t i;

	for (i = 0; i < NELEM(bad); i++) {
		snprintf(line, sizeof line, "S* LIST () \"/\" %s", bad[i]);
		RUNS(EX_PROTOCOL, bad[i], SELECT, line);
	}
	RUNS(EX_PROTOCOL, "longer than it said", SELECT,
	    "R* LIST () \"/\" {3}\r\nabcdef\r\n");
	RUNS(EX_PROTOCOL, "shorter than it said", SELECT,
	    "R* LIST () \"/\" {9}\r\nabc\r\nA2 OK done\r\n");
	RUNS(0, "right", SELECT, "R* LIST () \"/\" {3}\r\nabc\r\n",
	    "SA2 OK", "CA3 NOOP", "SA3 OK", OUT("4"));
}

static void
test_floods(void)
{
	static const char *script[MAX_REPLY_LINES + 16] = { LOGGED_IN,
	    "CA2 SELECT" };
	static char deep[2 * MAX_IMAP_DEPTH + 32], wide[MAX_REPLY_LINE + 16];
	size_t i;

	for (i = 4; i < NELEM(script) - 1; i++)
		script[i] = "S* OK still here";
	runs(EX_PROTOCOL, "responses without end", script);
	strlcpy(deep, "S* LIST ", sizeof deep);
	memset(deep + strlen(deep), '(', MAX_IMAP_DEPTH + 2);
	RUNS(EX_PROTOCOL, "nested too deeply", SELECT, deep);
	memset(wide, 'x', sizeof wide - 1);
	memcpy(wide, "R* OK ", 6);
	RUNS(EX_PROTOCOL, "a line without end", SELECT, wide);
}

/* --- Verbs. --- */

static void
test_search(void)
{
	static const char *const script[] = { LOGGED_IN,
	    "CA2 UID SEARCH FROM \"x\"\r", "S* SEARCH 9 3 9 0 4294967295", "SA2 OK",
	    "CA3 UID SEARCH CHARSET UTF-8 TEXT {2}\r", "S+", "C\xc3\xa9\r", "SA3 NO "
	    "[BADCHARSET (US-ASCII)] no", "CA4 UID SEARCH ALL\r", "SA4 OK", OUT("5"),
	    NULL };
	struct server s = a_server();
	struct imap_uids uids = { 0 };
	struct imap_line keys;
	struct fail why;
	struct peer p;
	struct imap *x = begin(&s, script, &p, &why);

	imap_line_init(&keys);
	imap_line_put(&keys, "FROM ");
	imap_line_string(&keys, span_of("x"));
	is_int(imap_search(x, &keys, 10, &uids, &why), 0, "SEARCH");
	ok(uids.n == 3 && uids.v[0] == 3 && uids.v[1] == 9 &&
	    uids.v[2] == UINT32_MAX, "ascending, each once, without 0");
	imap_line_free(&keys);
	imap_line_init(&keys);
	imap_line_put(&keys, "TEXT ");
	imap_line_string(&keys, span_of("\xc3\xa9"));
	is_int(imap_search(x, &keys, 10, &uids, &why), -1, "another charset");
	is_string(imap_code(x), "BADCHARSET", "is refused");
	imap_line_free(&keys);
	fail_clear(&why);
	uids.n = 0;
	imap_line_init(&keys);
	imap_line_put(&keys, "ALL");
	is_int(imap_search(x, &keys, 10, &uids, &why), 0, "OK without data");
	is_int((long long)uids.n, 0, "is nothing");
	imap_line_free(&keys);
	free(uids.v);
	imap_logout(x);
	ok(peer_agrees(p), "SEARCH: dialogue");
}

static int
note_quota(void *ctx, const struct imap_quota *q, struct fail *why)
{
	(void)why;
	fprintf(ctx, "[%.*s] %.*s %llu/%llu\n", (int)q->root.n, q->root.p,
	    (int)q->resource.n, q->resource.p, (unsigned long long)q->used,
	    (unsigned long long)q->limit);
	return 0;
}

static void
quotas(int code, const char *told, const char *what,
    const char *const *script)
{
	struct server s = a_server();
	struct fail why;
	struct peer p;
	struct imap *x = begin(&s, script, &p, &why);
	char *text;
	size_t n;
	FILE *f = xmemstream(&text, &n);

	if (x != NULL)
		(void)imap_quota(x, "a box", note_quota, f, &why);
	fclose(f);
	if (!is_int(why.code, code, what))
		printf("# %s\n", why.text);
	is_string(text, told, "QUOTA: what is told");
	free(text);
	imap_logout(x);
	ok(peer_agrees(p), "QUOTA: %s: dialogue", what);
}

#define QUOTAS(code, told, what, ...) \
	quotas(code, told, what, (const char *const[]){ \
	    IN("AUTH=PLAIN SASL-IR"), "CA1 AUTH", \
	    "SA1 OK [CAPABILITY IMAP4rev1 QUOTA] in", \
	    "CA2 GETQUOTAROOT \"a box\"\r", __VA_ARGS__, NULL })

static void
test_quota(void)
{
	quotas(EX_UNAVAILABLE, "", "not offered",
	    (const char *const[]){ LOGGED_IN, OUT("2"), NULL });
	QUOTAS(0, "[] STORAGE 10/512\n[] MESSAGE 3/9223372036854775807\n[a] x 0/0\n",
	    "two roots", "S* QUOTAROOT \"a box\" \"\" a",
	    "S* QUOTA \"\" (STORAGE 10 512 MESSAGE 3 9223372036854775807)",
	    "S* QUOTA a (x 0 0)", "SA2 OK", OUT("3"));
	QUOTAS(0, "", "no limit", "S* QUOTAROOT \"a box\"", "S* QUOTA a ()",
	    "SA2 OK", OUT("3"));
	QUOTAS(EX_NOINPUT, "", "no such mailbox", "SA2 NO [NONEXISTENT] none",
	    OUT("3"));
	QUOTAS(EX_UNAVAILABLE, "", "refused", "SA2 NO none", OUT("3"));
	QUOTAS(EX_PROTOCOL, "", "not a list", "S* QUOTA a 1 2 3");
	QUOTAS(EX_PROTOCOL, "", "no root", "S* QUOTA");
	QUOTAS(EX_PROTOCOL, "", "no limit is said", "S* QUOTA a (STORAGE 10)");
	QUOTAS(EX_PROTOCOL, "", "too large", "S* QUOTA a (STORAGE 10 9223372036854775808)");
	QUOTAS(EX_PROTOCOL, "", "a list in it", "S* QUOTA a ((STORAGE) 10 10)");
}

static FILE *
message(const char *text, size_t n)
{
	FILE *f = tmpfile();

	if (f == NULL || fwrite(text, 1, n, f) != n)
		exit(1);
	rewind(f);
	return f;
}

static char seen[] = "\\Seen", none[] = "";

static void
appends(const char *text, size_t n, int code, const char *what,
    const char *const *script)
{
	struct server s = a_server();
	struct fail why;
	struct peer p;
	struct imap *x = begin(&s, script, &p, &why);
	struct imap_upload u = { .flags = seen, .date = none };

	u.in = message(text, n);
	if (x != NULL && imap_measure(u.in, &u.size, &why) == 0)
		(void)imap_append(x, "Sent", &u, 1, &why);
	if (!is_int(why.code, code, what))
		printf("# %s\n", why.text);
	free(u.why);
	fclose(u.in);
	imap_logout(x);
	ok(peer_agrees(p), "%s: dialogue", what);
}

#define APPENDS(text, code, what, ...) \
	appends(text, sizeof (text) - 1, code, what, \
	    (const char *const[]){ __VA_ARGS__, NULL })

static void
test_append(void)
{
	APPENDS("a\n.\nb", 0, "APPEND", LOGGED_IN,
	    "CA2 APPEND \"Sent\" (\\Seen) {7}\r", "S+ go", "Ca\r", "C.\r", "Cb\r",
	    "SA2 OK", OUT("3"));
	APPENDS("a\r\n", EX_CANTCREAT, "refused at once", LOGGED_IN,
	    "CA2 APPEND \"Sent\" (\\Seen) {3}\r", "SA2 NO [OVERQUOTA] full",
	    OUT("3"));
	APPENDS("a\n", EX_CANTCREAT, "refused behind it", LOGGED_IN,
	    "CA2 APPEND", "S+", "Ca\r", "C\r", "SA2 NO [TRYCREATE] none", OUT("3"));
	APPENDS("a\0b\n", EX_DATAERR, "a NUL", LOGGED_IN, OUT("2"));
	APPENDS("a\n", EX_TEMPFAIL, "lost in it", LOGGED_IN, "CA2 APPEND", "H",
	    "X");
}

#define UPLOADED	3

/* What became of each of these messages: there, not, or it cannot be told. */
static void
uploads(const char *const *texts, const char *fates, int code,
    const char *what, const char *const *script)
{
	struct imap_upload v[UPLOADED];
	struct server s = a_server();
	char got[UPLOADED + 1] = "";
	struct fail why;
	struct peer p;
	struct imap *x = begin(&s, script, &p, &why);
	size_t i;

	memset(v, 0, sizeof(v));
	for (i = 0; i < UPLOADED; i++) {
		v[i].flags = i == 1 ? none : seen;
		v[i].date = none;
		v[i].text = texts[i];
		v[i].size = strlen(texts[i]);
	}
	if (x != NULL)
		(void)imap_append(x, "Box", v, UPLOADED, &why);
	for (i = 0; i < UPLOADED; i++) {
		got[i] = v[i].fate == IMAP_THERE ? 'T' :
		    v[i].fate == IMAP_NOT_THERE ? 'N' : '?';
		ok((v[i].why == NULL) == (got[i] == 'T'), "%s: why", what);
		free(v[i].why);
	}
	is_string(got, fates, what);
	if (!is_int(why.code, code, what))
		printf("# %s\n", why.text);
	imap_logout(x);
	ok(peer_agrees(p), "%s: dialogue", what);
}

#define UPLOADS(fates, code, what, ...) \
	uploads((const char *const[]){ "a\r\n", "bb\r\n", "c" }, fates, code, \
	    what, (const char *const[]){ __VA_ARGS__, NULL })
#define UPLOADS_UTF8(fates, code, what, ...) \
	uploads((const char *const[]){ "a\r\n", "S: \xc3\xa9\r\n", "c" }, \
	    fates, code, what, (const char *const[]){ __VA_ARGS__, NULL })
#define OFFERS(caps)	IN("AUTH=PLAIN SASL-IR"), "CA1 AUTH", \
	"SA1 OK [CAPABILITY IMAP4rev1 " caps "] in"
#define ALL_AT_ONCE	OFFERS("MULTIAPPEND LITERAL+"), \
	"CA2 APPEND \"Box\" (\\Seen) {3+}\r", "Ca\r", "C {4+}\r", "Cbb\r", \
	"C (\\Seen) {1+}\r", "Cc\r"
#define FIRST(tag)	"CA" tag " APPEND \"Box\" (\\Seen) {3+}\r", "Ca\r", "C\r"
#define SECOND(tag)	"CA" tag " APPEND \"Box\" {4+}\r", "Cbb\r", "C\r"
#define THIRD(tag)	"CA" tag " APPEND \"Box\" (\\Seen) {1+}\r", "Cc\r"
#define IN_A_ROW	OFFERS("LITERAL+"), FIRST("2"), SECOND("3"), THIRD("4")

static void
test_multiappend(void)
{
	UPLOADS("TTT", 0, "MULTIAPPEND", ALL_AT_ONCE, "SA2 OK", OUT("3"));
	UPLOADS("TNT", EX_DATAERR, "one of them is refused", ALL_AT_ONCE,
	    "SA2 NO [TOOBIG] one", FIRST("3"), "SA3 OK", SECOND("4"),
	    "SA4 NO [TOOBIG] this", THIRD("5"), "SA5 OK", OUT("6"));
	UPLOADS("TNN", EX_CANTCREAT, "the quota is reached", ALL_AT_ONCE,
	    "SA2 NO [OVERQUOTA] all", FIRST("3"), "SA3 OK", SECOND("4"),
	    "SA4 NO [OVERQUOTA] this", OUT("5"));
	UPLOADS("???", EX_TEMPFAIL, "lost behind them", ALL_AT_ONCE, "X");
	UPLOADS("???", EX_TEMPFAIL, "BYE behind them", ALL_AT_ONCE,
	    "S* BYE going", "X");
	UPLOADS("NNN", EX_TEMPFAIL, "lost in them", OFFERS("MULTIAPPEND"),
	    "CA2 APPEND", "S+", "Ca\r", "C {4}", "X");
	UPLOADS("T?N", EX_TEMPFAIL, "lost when each is tried", ALL_AT_ONCE,
	    "SA2 NO all", FIRST("3"), "SA3 OK", SECOND("4"), "X");
}

static void
test_flight(void)
{
	UPLOADS("TTT", 0, "several commands", IN_A_ROW, "SA2 OK", "SA3 OK",
	    "SA4 OK", OUT("5"));
	UPLOADS("TNT", EX_CANTCREAT, "one is refused, all are said", IN_A_ROW,
	    "SA2 OK", "SA3 NO [OVERQUOTA]", "SA4 OK", OUT("5"));
	UPLOADS("T??", EX_TEMPFAIL, "lost behind the first", IN_A_ROW, "SA2 OK",
	    "X");
	UPLOADS("TNN", EX_CANTCREAT, "leave is asked for", OFFERS("LITERAL-x"),
	    "CA2 APPEND \"Box\" (\\Seen) {3}\r", "S+", "Ca\r", "C\r",
	    "CA3 APPEND \"Box\" {4}\r", "SA2 OK", "SA3 NO [OVERQUOTA] full",
	    "CA4 APPEND \"Box\" (\\Seen) {1}\r", "SA4 NO [OVERQUOTA] full",
	    OUT("5"));
	UPLOADS("?NN", EX_TEMPFAIL, "lost when leave is asked for",
	    OFFERS("LITERAL-x"), "CA2 APPEND \"Box\" (\\Seen) {3}\r", "S+",
	    "Ca\r", "C\r", "CA3 APPEND \"Box\" {4}\r", "X");
}

/* --- UTF-8 (RFC 6855). --- */

/* What is said of names, strings and headers beyond ASCII. */
static void
speaks(const char *what, const char *text, const char *const *script)
{
	struct server s = a_server();
	struct imap_uids uids = { 0 };
	struct imap_line keys;
	struct fail why;
	struct peer p;
	struct imap *x = begin(&s, script, &p, &why);
	struct imap_upload u = { .flags = seen, .date = none };

	u.in = message(text, strlen(text));
	imap_line_init(&keys);
	imap_line_put(&keys, "TEXT ");
	imap_line_string(&keys, span_of("\xc3\xa9\\"));
	if (x != NULL && imap_create(x, "\xc3\xa9", &why) == 0 &&
	    imap_create(x, "\xe9", &why) == 0 &&
	    imap_search(x, &keys, 10, &uids, &why) == 0 &&
	    imap_measure(u.in, &u.size, &why) == 0)
		(void)imap_append(x, "\xc3\xa9", &u, 1, &why);
	if (!is_int(why.code, 0, what))
		printf("# %s\n", why.text);
	imap_line_free(&keys);
	free(uids.v);
	free(u.why);
	fclose(u.in);
	imap_logout(x);
	ok(peer_agrees(p), "%s: dialogue", what);
}

#define SPEAKS(what, text, ...) \
	speaks(what, text, (const char *const[]){ \
	    IN("AUTH=PLAIN SASL-IR"), "CA1 AUTH", __VA_ARGS__, NULL })
#define UTF8_STRINGS(a, b, c) \
	"CA" a " CREATE \"\xc3\xa9\"\r", "SA" a " OK", \
	"CA" b " CREATE {1}\r", "S+", "C\xe9\r", "SA" b " OK", \
	"CA" c " UID SEARCH RETURN (ALL) TEXT \"\xc3\xa9\\\\\"\r", "SA" c " OK"
#define OTHER_STRINGS(a, b, c, d) \
	"CA" a " CREATE {2}\r", "S+", "C\xc3\xa9\r", "SA" a " OK", \
	"CA" b " CREATE {1}\r", "S+", "C\xe9\r", "SA" b " OK", \
	"CA" c " UID SEARCH CHARSET UTF-8 TEXT {3}\r", "S+", \
	"C\xc3\xa9\\\r", "SA" c " OK", \
	"CA" d " APPEND {2}\r", "S+", "C\xc3\xa9 (\\Seen) {12}\r", "S+", \
	"CS: \xc3\xa9\r", "C\r", "Cb\r", "C\r", "SA" d " OK"

/* The first that waits for the answer fails as it does. */
static void
runs_utf8(int code, const char *what, const char *answer)
{
	const char *const script[] = { IN("AUTH=PLAIN SASL-IR"), "CA1 AUTH",
	    "SA1 OK [CAPABILITY IMAP4rev1 UTF8=ACCEPT] in",
	    "CA2 ENABLE UTF8=ACCEPT\r", answer, NULL };
	struct server s = a_server();
	struct fail why;
	struct peer p;
	struct imap *x = begin(&s, script, &p, &why);

	ok(x != NULL, "%s: logged in", what);
	(void)imap_create(x, "\xc3\xa9", &why);
	is_int(why.code, code, what);
	imap_logout(x);
	ok(peer_agrees(p), "%s: dialogue", what);
}

#define ACCEPTS(caps)	OFFERS("ENABLE UTF8=ACCEPT LITERAL+ " caps), \
	"CA2 ENABLE UTF8=ACCEPT\r", "S* ENABLED UTF8=ACCEPT", "SA2 OK"
#define AS_UTF8(tag)	"CA" tag " APPEND \"Box\" UTF8 (~{7+}\r", \
	"CS: \xc3\xa9\r", "C)\r"
#define NOT_AS_UTF8(tag) "CA" tag " APPEND \"Box\" {7+}\r", \
	"CS: \xc3\xa9\r", "C\r"
#define AMONG_OTHERS	"CA3 APPEND \"Box\" (\\Seen) {3+}\r", "Ca\r", \
	"C UTF8 (~{7+}\r", "CS: \xc3\xa9\r", "C) (\\Seen) {1+}\r", "Cc\r"

/* It is said of each message by itself. */
static void
test_utf8_uploads(void)
{
	UPLOADS_UTF8("TTT", 0, "UTF8 among others", ACCEPTS("MULTIAPPEND"),
	    AMONG_OTHERS, "SA3 OK", OUT("4"));
	UPLOADS_UTF8("TTT", 0, "UTF8 among others is not understood",
	    ACCEPTS("MULTIAPPEND"), AMONG_OTHERS, "SA3 BAD what?", FIRST("4"),
	    "SA4 OK", NOT_AS_UTF8("5"), "SA5 OK", THIRD("6"), "SA6 OK",
	    OUT("7"));
	UPLOADS_UTF8("TNN", EX_CANTCREAT, "UTF8 among others is refused",
	    ACCEPTS("MULTIAPPEND"), AMONG_OTHERS, "SA3 NO [OVERQUOTA] full",
	    FIRST("4"), "SA4 OK", AS_UTF8("5"), "SA5 NO [OVERQUOTA] full",
	    OUT("6"));
	UPLOADS_UTF8("TTT", 0, "UTF8 in flight", ACCEPTS(""), FIRST("3"),
	    AS_UTF8("4"), THIRD("5"), "SA3 OK", "SA4 OK", "SA5 OK", OUT("6"));
	UPLOADS_UTF8("TTT", 0, "UTF8 in flight is not understood", ACCEPTS(""),
	    FIRST("3"), AS_UTF8("4"), THIRD("5"), "SA3 OK", "SA4 BAD what?",
	    "SA5 OK", NOT_AS_UTF8("6"), "SA6 OK", OUT("7"));
	UPLOADS_UTF8("T?T", EX_TEMPFAIL, "lost when it is said plainly",
	    ACCEPTS(""), FIRST("3"), AS_UTF8("4"), THIRD("5"), "SA3 OK",
	    "SA4 BAD what?", "SA5 OK", NOT_AS_UTF8("6"), "X");
}

static void
test_utf8(void)
{
	SPEAKS("UTF8=ACCEPT", "S: \xc3\xa9\n\nb\n",
	    "SA1 OK [CAPABILITY IMAP4rev1 ENABLE ESEARCH UTF8=ACCEPT] in",
	    "CA2 ENABLE UTF8=ACCEPT\r", "S* ENABLED UTF8=ACCEPT", "SA2 OK",
	    UTF8_STRINGS("3", "4", "5"),
	    "CA6 APPEND \"\xc3\xa9\" (\\Seen) UTF8 (~{12}\r", "S+",
	    "CS: \xc3\xa9\r", "C\r", "Cb\r", "C)\r", "SA6 OK", OUT("7"));
	SPEAKS("UTF8=ACCEPT, but not of APPEND", "S: \xc3\xa9\n\nb\n",
	    "SA1 OK [CAPABILITY IMAP4rev1 ENABLE ESEARCH UTF8=ACCEPT] in",
	    "CA2 ENABLE UTF8=ACCEPT\r", "S* ENABLED UTF8=ACCEPT", "SA2 OK",
	    UTF8_STRINGS("3", "4", "5"),
	    "CA6 APPEND \"\xc3\xa9\" (\\Seen) UTF8 (~{12}\r", "SA6 BAD what?",
	    "CA7 APPEND \"\xc3\xa9\" (\\Seen) {12}\r", "S+",
	    "CS: \xc3\xa9\r", "C\r", "Cb\r", "C\r", "SA7 OK", OUT("8"));
	SPEAKS("UTF8=ONLY, a header in ASCII", "S: e\n\n\xc3\xa9\n",
	    "SA1 OK [CAPABILITY IMAP4rev1 ENABLE ESEARCH UTF8=ONLY] in",
	    "CA2 ENABLE UTF8=ACCEPT\r", "S* ENABLED UTF8=ACCEPT", "SA2 OK",
	    UTF8_STRINGS("3", "4", "5"),
	    "CA6 APPEND \"\xc3\xa9\" (\\Seen) {12}\r", "S+",
	    "CS: e\r", "C\r", "C\xc3\xa9\r", "C\r", "SA6 OK", OUT("7"));
	SPEAKS("UTF8=ACCEPT, a header that is none", "S: \xe9\r\n\r\nb\r\n",
	    "SA1 OK [CAPABILITY IMAP4rev1 ENABLE ESEARCH UTF8=ACCEPT] in",
	    "CA2 ENABLE UTF8=ACCEPT\r", "S* ENABLED UTF8=ACCEPT", "SA2 OK",
	    UTF8_STRINGS("3", "4", "5"),
	    "CA6 APPEND \"\xc3\xa9\" (\\Seen) {11}\r", "S+",
	    "CS: \xe9\r", "C\r", "Cb\r", "C\r", "SA6 OK", OUT("7"));
	SPEAKS("IMAP4rev2 alone", "S: \xc3\xa9\n\nb\n",
	    "SA1 OK [CAPABILITY IMAP4rev2] in",
	    "CA2 CREATE \"\xc3\xa9\"\r", "SA2 OK",
	    "CA3 CREATE {1+}\r", "C\xe9\r", "SA3 OK",
	    "CA4 UID SEARCH RETURN (ALL) TEXT \"\xc3\xa9\\\\\"\r", "SA4 OK",
	    "CA5 APPEND \"\xc3\xa9\" (\\Seen) {12+}\r", "CS: \xc3\xa9\r",
	    "C\r", "Cb\r", "C\r", "SA5 OK", OUT("6"));
	SPEAKS("UTF8=ACCEPT is refused", "S: \xc3\xa9\n\nb\n",
	    "SA1 OK [CAPABILITY IMAP4rev1 ENABLE UTF8=ACCEPT] in",
	    "CA2 ENABLE UTF8=ACCEPT\r", "SA2 NO not now",
	    OTHER_STRINGS("3", "4", "5", "6"), OUT("7"));
	SPEAKS("UTF8=ACCEPT is not known", "S: \xc3\xa9\n\nb\n",
	    "SA1 OK [CAPABILITY IMAP4rev1 ENABLE UTF8=ACCEPT] in",
	    "CA2 ENABLE UTF8=ACCEPT\r", "S* ENABLED", "SA2 OK",
	    OTHER_STRINGS("3", "4", "5", "6"), OUT("7"));
	SPEAKS("ENABLED that was not asked for", "S: \xc3\xa9\n\nb\n",
	    "S* ENABLED UTF8=ACCEPT", "SA1 OK [CAPABILITY IMAP4rev1] in",
	    OTHER_STRINGS("2", "3", "4", "5"), OUT("6"));
	runs_utf8(EX_PROTOCOL, "ENABLE is answered by another tag", "SA9 OK");
	runs_utf8(EX_TEMPFAIL, "ENABLE is not answered", "H");
	RUNS(0, "ENABLE goes with the next command", IN("AUTH=PLAIN SASL-IR"),
	    "CA1 AUTH", "SA1 OK [CAPABILITY IMAP4rev1 UTF8=ACCEPT] in",
	    "CA2 ENABLE UTF8=ACCEPT\r", "CA3 SELECT \"INBOX\"\r",
	    "S* ENABLED UTF8=ACCEPT", "SA2 OK", "SA3 OK in", "CA4 NOOP",
	    "SA4 OK", OUT("5"));
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_greeting();
	test_tls();
	test_auth();
	test_secrets();
	test_commands();
	test_literals();
	test_floods();
	test_search();
	test_quota();
	test_append();
	test_multiappend();
	test_flight();
	test_utf8();
	test_utf8_uploads();
	return done();
}
