/* SPDX-License-Identifier: ISC */
/* sasl.c -- which mechanism is chosen, and what each says. */
#include <sys/socket.h>

#include <stdlib.h>
#include <unistd.h>

#include "../../mime/b64.h"
#include "../../net/conn.h"
#include "../../net/sasl.h"
#include "tap.h"

static struct server
a_server(void)
{
	static char host[] = "mail.example.org", port[] = "587";
	struct server s;

	memset(&s, 0, sizeof s);
	s.url.host = host;
	s.url.port = port;
	return s;
}

/* With a proxy nobody is sure where the other end is: not private. */
static struct conn *
connection(struct server *s, bool private)
{
	static char proxy[] = "socks5h://x:1";
	struct fail why;
	struct conn *c;
	int pair[2];

	fail_clear(&why);
	s->proxy = private ? NULL : proxy;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		exit(1);
	close(pair[1]);
	if ((c = conn_attach(pair[0], s, &why)) == NULL)
		exit(1);
	return c;
}

/* --- The choice. --- */

static void
chooses(const char *offered, const char *allowed, bool private, bool token,
    const char *want)
{
	static char list[128], command[] = "true";
	struct server s = a_server();
	struct conn *c = connection(&s, private);
	struct fail why;
	struct sasl *x;

	if (allowed != NULL) {
		strlcpy(list, allowed, sizeof list);
		s.auth = list;
	}
	s.oauth_command = token ? command : NULL;
	fail_clear(&why);
	x = sasl_new(&s, c, offered, "joe", "secret", &why);
	is_string(x == NULL ? NULL : sasl_name(x), want, offered);
	is_int(why.code, want == NULL ? EX_NOPERM : 0, "with the right status");
	if (strstr(why.text, "secret") != NULL)
		ok(false, "the password in a failure");
	sasl_free(x);
	conn_close(c);
}

static void
test_choice(void)
{
	chooses("PLAIN LOGIN SCRAM-SHA-1 SCRAM-SHA-256", NULL, true, false,
	    "SCRAM-SHA-256");
	chooses("LOGIN plain scram-sha-1", NULL, true, false, "SCRAM-SHA-1");
	chooses("LOGIN PLAIN", NULL, true, false, "PLAIN");
	chooses("LOGIN", NULL, true, false, "LOGIN");
	chooses("PLAIN CRAM-MD5", NULL, true, false, "CRAM-MD5");
	chooses("GSSAPI NTLM PLAINX XPLAIN", NULL, true, false, NULL);
	chooses("", NULL, true, false, NULL);
	/* Not private. */
	chooses("PLAIN LOGIN", NULL, false, false, NULL);
	chooses("PLAIN", "PLAIN", false, false, NULL);
	chooses("PLAIN CRAM-MD5", NULL, false, false, "CRAM-MD5");
	chooses("PLAIN SCRAM-SHA-1", "PLAIN,SCRAM-SHA-1", false, false,
	    "SCRAM-SHA-1");
	/* The user's order. */
	chooses("SCRAM-SHA-256 PLAIN LOGIN", "login, plain", true, false, "LOGIN");
	chooses("SCRAM-SHA-256 PLAIN", "FOO PLAIN", true, false, "PLAIN");
	chooses("PLAIN", "SCRAM-SHA-256", true, false, NULL);
	/* Without TLS there is nothing to bind to. */
	chooses("SCRAM-SHA-256-PLUS", NULL, true, false, NULL);
	chooses("SCRAM-SHA-256-PLUS SCRAM-SHA-256", NULL, true, false,
	    "SCRAM-SHA-256");
	/* Tokens. */
	chooses("PLAIN XOAUTH2 OAUTHBEARER", NULL, true, true, "OAUTHBEARER");
	chooses("PLAIN XOAUTH2", NULL, true, true, "XOAUTH2");
	chooses("PLAIN SCRAM-SHA-256", NULL, true, true, NULL);
	chooses("XOAUTH2", NULL, false, true, NULL);
	chooses("XOAUTH2 OAUTHBEARER", NULL, true, false, NULL);
	chooses("XOAUTH2 OAUTHBEARER", "xoauth2", true, false, "XOAUTH2");
	/* EXTERNAL only where TLS shows a certificate of ours. */
	chooses("EXTERNAL", "EXTERNAL", true, false, NULL);
}

/* --- What is said. --- */

static void
says(struct sasl *x, const char *challenge, const char *want, size_t n)
{
	struct fail why;
	char *got, *text;
	ssize_t len;

	fail_clear(&why);
	got = sasl_answer(x, challenge, &why);
	if (want == NULL) {
		ok(got == NULL, "%s: no answer", sasl_name(x));
		is_int(why.code, EX_PROTOCOL, "with the right status");
		return;
	}
	text = xmalloc(strlen(got) + 1);
	len = b64_decode(got, strlen(got), text);
	ok(len == (ssize_t)n && memcmp(text, want, n) == 0, "%s: answer",
	    sasl_name(x));
	free(text);
	free(got);
}

#define SAYS(x, challenge, want)	says(x, challenge, want, sizeof (want) - 1)

static void
finish(struct sasl *x, int code)
{
	struct fail why;

	fail_clear(&why);
	(void)sasl_finish(x, &why);
	is_int(why.code, code, "the end");
	sasl_free(x);
}

static struct sasl *
begin(const char *mechanism, const char *password)
{
	static char list[64], command[] = "true";
	struct server s = a_server();
	struct conn *c = connection(&s, true);
	struct fail why;
	struct sasl *x;

	fail_clear(&why);
	strlcpy(list, mechanism, sizeof list);
	s.auth = list;
	s.oauth_command = strstr(list, "AUTH") != NULL ? command : NULL;
	x = sasl_new(&s, c, mechanism, "joe", password, &why);
	conn_close(c);
	return x;
}

static void
test_answers(void)
{
	struct sasl *x = begin("PLAIN", "s\xc3\xa9\"\\{cret");

	ok(sasl_is_client_first(x), "PLAIN speaks first");
	SAYS(x, NULL, "\0joe\0s\xc3\xa9\"\\{cret");
	says(x, "", NULL, 0);
	finish(x, 0);
	x = begin("LOGIN", "secret");
	ok(!sasl_is_client_first(x), "LOGIN does not");
	SAYS(x, "VXNlcm5hbWU6", "joe");
	SAYS(x, "not base64 @", "secret");
	says(x, "", NULL, 0);
	finish(x, 0);
	x = begin("CRAM-MD5", "tanstaaftanstaaf");
	/* The challenge of RFC 2195's example, by another user. */
	SAYS(x, "PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+",
	    "joe b913a602c7eda7a495b4e6e7334d3890");
	says(x, "", NULL, 0);
	finish(x, 0);
	x = begin("OAUTHBEARER", "token");
	SAYS(x, NULL, "n,a=joe,\1host=mail.example.org\1port=587\1"
	    "auth=Bearer token\1\1");
	SAYS(x, "eyJzdGF0dXMiOiJpbnZhbGlkX3Rva2VuIn0=", "\1");
	says(x, "", NULL, 0);
	finish(x, 0);
	x = begin("XOAUTH2", "token");
	SAYS(x, NULL, "user=joe\1auth=Bearer token\1\1");
	SAYS(x, "e30=", "");
	finish(x, 0);
}

static void
test_scram(void)
{
	struct sasl *x = begin("SCRAM-SHA-256", "secret"), *y;
	struct fail why;
	char *a, *b;

	fail_clear(&why);
	y = begin("SCRAM-SHA-256", "secret");
	a = sasl_answer(x, NULL, &why);
	b = sasl_answer(y, NULL, &why);
	ok(a != NULL && b != NULL && strcmp(a, b) != 0, "a nonce each");
	free(a);
	free(b);
	says(x, "cj1ldmlsLHM9QUFBQSxpPTQwOTY=", NULL, 0);
	says(y, "@", NULL, 0);
	finish(x, EX_PROTOCOL);
	finish(y, EX_PROTOCOL);
}

int
main(void)
{
	test_choice();
	test_answers();
	test_scram();
	sasl_free(NULL);
	return done();
}
