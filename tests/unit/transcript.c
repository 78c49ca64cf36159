/* SPDX-License-Identifier: ISC */
/*
 * transcript.c -- what -v shows: never a secret, in whatever form the protocol
 * has it said, and never a control character.
 */
#include "../../net/conn.h"
#include "../../net/imap.h"
#include "../../net/pop3.h"
#include "../../net/smtp.h"
#include "../../net/transcript.h"
#include "peer.h"

static char	*text;
static size_t	 length;

static const char *
shown(FILE *f)
{
	fclose(f);
	return text;
}

/* --- Lines. --- */

static void
test_lines(void)
{
	static char long_line[5000];
	FILE *f = xmemstream(&text, &length);

	transcript_line(f, 'S', span_of("250 a\x1b[31m\xc3\xa9\tb"));
	transcript_secret(f, 'C', span_of("A1 LOGIN joe secret"), 2);
	transcript_secret(f, 'C', span_of("PASS secret word"), 1);
	transcript_secret(f, 'C', span_of("AGpvZQBzZWNyZXQ="), 0);
	transcript_secret(f, 'C', span_of(""), 0);
	transcript_secret(f, 'C', span_of("AUTH PLAIN"), 2);
	transcript_octets(f, 'C', 0);
	transcript_octets(f, 'C', 17);
	transcript_remark(f, "TLSv1.3\r\n");
	is_string(shown(f), "S: 250 a\\x1b[31m\\xc3\\xa9\\x09b\n"
	    "C: A1 LOGIN ***\n" "C: PASS ***\n" "C: ***\n" "C: ***\n"
	    "C: AUTH PLAIN\n" "C: (17 octets)\n" "* TLSv1.3\\x0d\\x0a\n",
	    "lines");
	free(text);
	memset(long_line, 'x', sizeof long_line - 1);
	f = xmemstream(&text, &length);
	transcript_line(f, 'S', span_of(long_line));
	ok(strlen(shown(f)) < 4100 && strstr(text, "(4999 octets)") != NULL,
	    "a long line is cut");
	free(text);
	transcript_line(NULL, 'S', span_of("x"));
	transcript_secret(NULL, 'S', span_of("x"), 0);
	transcript_octets(NULL, 'S', 1);
	transcript_remark(NULL, "x");
}

/* --- Sessions. --- */

static struct server
a_server(enum scheme scheme, FILE *trace)
{
	static char host[] = "localhost", port[] = "1", user[] = "joe";
	static char password[] = "s\xc3\xa9" "cret", name[] = "host";
	struct server s;

	memset(&s, 0, sizeof s);
	s.url.scheme = scheme;
	s.url.host = host;
	s.url.port = port;
	s.url.user = user;
	s.password = password;
	s.hostname = name;
	s.timeout = 5;
	s.trace = trace;
	return s;
}

static void
talk(enum scheme scheme, struct conn *c, const struct server *s,
    struct fail *why)
{
	struct pop3 *p;

	if (scheme == SCHEME_SUBMISSION)
		smtp_close(smtp_attach(c, s, why));
	else if (scheme == SCHEME_IMAP)
		imap_logout(imap_attach(c, s, why));
	else {
		p = pop3_attach(c, s);
		(void)pop3_greet(p, s, why);
		pop3_close(p);
	}
}

/* What is shown of a session; in none of it may the password be. */
static void
session(enum scheme scheme, const char *what, const char *want,
    const char *const *script)
{
	/* "s\xc3\xa9cret", alone and behind "\0joe\0", as base64 may have it. */
	static const char *const secrets[] = { "cret", "c8OpY3Jl",
	    "Am9lAHPDqWNyZXQ", "pvZQBzw6ljcmV0", "c8OpY3JldA" };
	FILE *f = xmemstream(&text, &length);
	struct server s = a_server(scheme, f);
	struct peer p = peer_start(script);
	struct fail why;
	size_t i;

	fail_clear(&why);
	talk(scheme, conn_attach(p.fd, &s, &why), &s, &why);
	ok(peer_agrees(p), "%s: dialogue", what);
	shown(f);
	for (i = 0; i < NELEM(secrets); i++)
		ok(strstr(text, secrets[i]) == NULL &&
		    strstr(why.text, secrets[i]) == NULL, "%s: no secret", what);
	if (!ok(strstr(text, want) != NULL, "%s: masked", what)) {
		tap_quote(" got", text);
		tap_quote("want", want);
	}
	free(text);
}

#define SESSION(scheme, what, want, ...) \
	session(scheme, what, want, (const char *const[]){ __VA_ARGS__, NULL })
#define SMTP(m)	"S220", "CEHLO", "S250-hi", "S250 AUTH " m
#define IMAP(m)	"S* OK [CAPABILITY IMAP4rev1 " m "] hi"

static void
test_smtp(void)
{
	SESSION(SCHEME_SUBMISSION, "PLAIN", "C: AUTH PLAIN ***\n",
	    SMTP("PLAIN"), "CAUTH PLAIN AGpvZQBzw6ljcmV0", "S535 no",
	    "CQUIT", "S221");
	SESSION(SCHEME_SUBMISSION, "LOGIN", "C: ***\nS: 334 ***\nC: ***\n",
	    SMTP("LOGIN"), "CAUTH LOGIN", "S334 VXNlcm5hbWU6", "Cam9l",
	    "S334 UGFzc3dvcmQ6", "Cc8OpY3JldA==", "S235", "CQUIT", "S221");
	SESSION(SCHEME_SUBMISSION, "SCRAM", "C: AUTH SCRAM-SHA-256 ***\n"
	    "S: 334 ***\n", SMTP("SCRAM-SHA-256"), "CAUTH SCRAM-SHA-256 biws",
	    "S334 cj1ldmlsLHM9QUFBQSxpPTQwOTY=");
}

static void
test_pop3(void)
{
	SESSION(SCHEME_POP3, "PASS", "C: USER joe\nS: +OK\nC: PASS ***\n",
	    "S+OK", "CCAPA", "S-ERR", "CUSER joe", "S+OK", "CPASS s\xc3\xa9" "cret",
	    "S-ERR no");
	SESSION(SCHEME_POP3, "APOP", "C: APOP joe ***\n", "S+OK <1.2@x>", "CCAPA",
	    "S-ERR", "CAPOP joe ", "S+OK");
	SESSION(SCHEME_POP3, "AUTH", "C: AUTH PLAIN ***\n", "S+OK", "CCAPA",
	    "S+OK", "SSASL PLAIN", "S.", "CAUTH PLAIN AGpvZQBzw6ljcmV0", "S+OK");
	SESSION(SCHEME_POP3, "AUTH LOGIN", "C: AUTH LOGIN\n"
	    "S: + VXNlcm5hbWU6\nC: ***\nS: + ***\nC: ***\n",
	    "S+OK", "CCAPA", "S+OK", "SSASL LOGIN", "S.", "CAUTH LOGIN",
	    "S+ VXNlcm5hbWU6", "Cam9l", "S+ UGFzc3dvcmQ6", "Cc8OpY3JldA==",
	    "S+OK");
}

static void
test_imap(void)
{
	SESSION(SCHEME_IMAP, "AUTHENTICATE", "C: A1 AUTHENTICATE PLAIN ***\n",
	    IMAP("AUTH=PLAIN SASL-IR"),
	    "CA1 AUTHENTICATE PLAIN AGpvZQBzw6ljcmV0", "SA1 NO no",
	    "CA2 LOGOUT", "SA2 OK");
	SESSION(SCHEME_IMAP, "a continuation", "C: A1 AUTHENTICATE PLAIN\n"
	    "S: + \nC: ***\n", IMAP("AUTH=PLAIN"), "CA1 AUTHENTICATE PLAIN\r",
	    "S+ ", "CAGpvZQBzw6ljcmV0", "SA1 NO no", "CA2 LOGOUT", "SA2 OK");
	SESSION(SCHEME_IMAP, "literals of LOGIN",
	    "C: A1 LOGIN {3}\nS: + go\nC: ***\nC:  {7}\nS: + go\nC: ***\n",
	    IMAP("X"), "CA1 LOGIN {3}\r", "S+ go", "Cjoe {7}\r", "S+ go",
	    "Cs\xc3\xa9" "cret\r", "SA1 NO no", "CA2 LOGOUT", "SA2 OK");
	SESSION(SCHEME_IMAP, "literals at once", "C: A1 LOGIN {3+}\nC: ***\n",
	    IMAP("LITERAL+"), "CA1 LOGIN {3+}\r", "Cjoe {7+}\r",
	    "Cs\xc3\xa9" "cret\r", "SA1 NO no", "CA2 LOGOUT", "SA2 OK");
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_lines();
	test_smtp();
	test_pop3();
	test_imap();
	return done();
}
