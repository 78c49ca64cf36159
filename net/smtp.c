/* SPDX-License-Identifier: ISC */
/*
 * smtp.c -- a session with an SMTP or LMTP server: greeting, EHLO, STARTTLS (RFC
 * 3207), AUTH (4954), QUIT.  The transaction is in smtpsend.c.
 *
 * Credentials are sought before the connection is made, so that a fault in them
 * shows before a server hears of us; what it said before TLS is forgotten.
 */
#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cred.h"
#include "sasl.h"
#include "smtp_session.h"

#define MAX_COMMAND	510	/* octets of a line without CRLF, RFC 5321 4.5.3.1.4 */
#define MAX_ROUNDS	8	/* challenges of one authentication */
#define QUIT_SECONDS	2

/* --- Saying and hearing. --- */

int
smtp_hear(struct smtp *x, int seconds, struct fail *why)
{
	if (x->dead)
		return fail(why, EX_TEMPFAIL, "%s: the session is over",
		    conn_name(x->c));
	if (x->timeout > 0)
		seconds = x->timeout;
	if (smtp_reply_read(x->c, seconds, &x->reply, why) == -1) {
		x->dead = true;
		return -1;
	}
	if (x->reply.code == 421)
		x->dead = true;
	return 0;
}

int
smtp_ask(struct smtp *x, struct fail *why, const char *fmt, ...)
{
	char *line = NULL;
	va_list ap;
	int n, result;

	va_start(ap, fmt);
	n = vasprintf(&line, fmt, ap);
	va_end(ap);
	if (n == -1)
		return fail(why, EX_OSERR, "out of memory");
	result = conn_say(x->c, why, "%s", line);
	free(line);
	if (result == -1)
		return -1;
	return smtp_hear(x, TIMEOUT_SMTP_COMMAND, why);
}

int
smtp_refused(struct smtp *x, const char *what, int otherwise, struct fail *why)
{
	int code = smtp_reply_exit(x->reply.code, otherwise);

	if (code != 0)
		return fail(why, code, "%s: %s: %s", conn_name(x->c), what,
		    x->reply.text);
	x->dead = true;
	return fail(why, EX_PROTOCOL, "%s: %s: not the reply to that: %s",
	    conn_name(x->c), what, x->reply.text);
}

const char *
smtp_reply(const struct smtp *x)
{
	return x->reply.text == NULL ? "" : x->reply.text;
}

bool
smtp_is_over(const struct smtp *x)
{
	return x == NULL || x->dead || x->quit;
}

/* --- What the server offers. --- */

bool
smtp_offers(const struct smtp *x, const char *keyword, const char **args)
{
	size_t i, n = strlen(keyword);
	const char *line;

	for (i = 0; i < x->offers.n; i++) {
		line = x->offers.v[i];
		/* "AUTH=LOGIN" is how it was written before RFC 2554. */
		if (strncasecmp(line, keyword, n) != 0 ||
		    strchr(" =", line[n]) == NULL)
			continue;
		if (args != NULL)
			*args = line[n] == '\0' ? "" : line + n + 1;
		return true;
	}
	return false;
}

bool
smtp_takes_binary(const struct smtp *x)
{
	return !x->lmtp && smtp_offers(x, "8BITMIME", NULL) &&
	    smtp_offers(x, "CHUNKING", NULL) &&
	    smtp_offers(x, "BINARYMIME", NULL);
}

static void
take_offers(struct smtp *x)
{
	size_t i;

	strv_free(&x->offers);
	for (i = 1; i < x->reply.lines.n; i++)
		strv_add(&x->offers, x->reply.lines.v[i]);
}

/* --- Our name. --- */

static bool
is_domain(const char *s)
{
	const char *p;

	for (p = s; *p != '\0'; p++)
		if (!ascii_is_alpha((unsigned char)*p) &&
		    !ascii_is_digit((unsigned char)*p) &&
		    strchr("-.", *p) == NULL)
			return false;
	return strchr(s, '.') != NULL && *s != '.';
}

/* RFC 5321 4.1.4: an address, where there is no full name. */
static char *
address_literal(int fd)
{
	union {
		struct sockaddr		 any;
		struct sockaddr_in	 in;
		struct sockaddr_in6	 in6;
		struct sockaddr_storage	 all;
	} a;
	socklen_t n = sizeof a;
	char text[INET6_ADDRSTRLEN] = "";

	memset(&a, 0, sizeof a);
	if (getsockname(fd, &a.any, &n) == 0 && a.any.sa_family == AF_INET &&
	    inet_ntop(AF_INET, &a.in.sin_addr, text, sizeof text) != NULL)
		return xasprintf("[%s]", text);
	if (a.any.sa_family == AF_INET6 &&
	    inet_ntop(AF_INET6, &a.in6.sin6_addr, text, sizeof text) != NULL)
		return xasprintf("[IPv6:%s]", text);
	return xstrdup("localhost");
}

static char *
own_name(const struct smtp *x, const struct server *s)
{
	char name[256];

	if (s->hostname != NULL && *s->hostname != '\0')
		return xstrdup(s->hostname);
	if (gethostname(name, sizeof name) == 0) {
		name[sizeof name - 1] = '\0';
		if (is_domain(name))
			return xstrdup(name);
	}
	return address_literal(conn_fd(x->c));
}

/* --- The beginning. --- */

static int
greet(struct smtp *x, struct fail *why)
{
	if (smtp_hear(x, TIMEOUT_SMTP_GREETING, why) == -1)
		return -1;
	if (x->reply.code == 220)
		return 0;
	smtp_refused(x, "greeting", EX_UNAVAILABLE, why);
	return -1;
}

/* EHLO, or LHLO; HELO for a server that knows no other, and offers nothing. */
static int
hello(struct smtp *x, const char *name, struct fail *why)
{
	const char *verb = x->lmtp ? "LHLO" : "EHLO";

	strv_free(&x->offers);
	if (smtp_ask(x, why, "%s %s", verb, name) == -1)
		return -1;
	if (x->reply.code == 250) {
		take_offers(x);
		return 0;
	}
	if (x->lmtp || x->reply.code < 500)
		return smtp_refused(x, verb, EX_UNAVAILABLE, why);
	if (smtp_ask(x, why, "HELO %s", name) == -1)
		return -1;
	return x->reply.code == 250 ? 0 :
	    smtp_refused(x, "HELO", EX_UNAVAILABLE, why);
}

/* Who did not ask for TLS is told how to do without. */
static void
name_remedy(struct fail *why)
{
	struct fail first = *why;

	if (first.code != EX_UNAVAILABLE)
		return;
	fail_clear(why);
	fail(why, first.code, "%s (tls=none does without TLS)", first.text);
}

static int
start_tls(struct smtp *x, enum tls_mode mode, const char *name,
    struct fail *why)
{
	if (conn_is_tls(x->c) || mode == TLS_NONE)
		return 0;
	if (!smtp_offers(x, "STARTTLS", NULL))
		return mode == TLS_OPPORTUNISTIC ? 0 : fail(why,
		    EX_UNAVAILABLE, "%s: TLS is required and the server does "
		    "not offer it (STARTTLS)", conn_name(x->c));
	if (smtp_ask(x, why, "STARTTLS") == -1)
		return -1;
	if (x->reply.code >= 400 && mode == TLS_OPPORTUNISTIC && !x->dead)
		return 0;
	if (x->reply.code != 220)
		return smtp_refused(x, "STARTTLS", EX_UNAVAILABLE, why);
	if (conn_start_tls(x->c, why) == -1) {
		x->dead = true;
		if (mode == TLS_OPPORTUNISTIC)
			name_remedy(why);
		return -1;
	}
	return hello(x, name, why);
}

/* --- Authentication. --- */

/* As sasl_answer, but that a failure names the server. */
static char *
answer_to(const struct smtp *x, struct sasl *sasl, const char *challenge,
    struct fail *why)
{
	char *answer = sasl_answer(sasl, challenge, why);

	if (answer == NULL)
		fail_where(why, "%s", conn_name(x->c));
	return answer;
}

/* AUTH with the first response, if there is one and it fits; else *kept holds it. */
static int
say_auth(struct smtp *x, struct sasl *sasl, char **kept, struct fail *why)
{
	const char *name = sasl_name(sasl);
	char *first;
	int result;

	*kept = NULL;
	if (!sasl_is_client_first(sasl))
		return conn_say(x->c, why, "AUTH %s", name);
	if ((first = answer_to(x, sasl, NULL, why)) == NULL)
		return -1;
	if (strlen("AUTH  ") + strlen(name) + strlen(first) > MAX_COMMAND) {
		*kept = first;
		return conn_say(x->c, why, "AUTH %s", name);
	}
	result = conn_say_secret(x->c, 2, why, "AUTH %s %s", name,
	    *first == '\0' ? "=" : first);
	cred_wipe(first);
	return result;
}

/* Answer the challenge of the last reply, or say what was kept for the first. */
static int
respond(struct smtp *x, struct sasl *sasl, char **kept, struct fail *why)
{
	char *answer = *kept;
	int result;

	*kept = NULL;
	if (answer == NULL)
		answer = answer_to(x, sasl, x->reply.lines.v[0], why);
	if (answer == NULL)
		return -1;
	result = conn_say_secret(x->c, 0, why, "%s", answer);
	cred_wipe(answer);
	return result;
}

static int
converse(struct smtp *x, struct sasl *sasl, struct fail *why)
{
	char *kept, *what;
	int round, result;

	result = say_auth(x, sasl, &kept, why);
	for (round = 0; result == 0; round++) {
		if ((result = smtp_hear(x, TIMEOUT_SMTP_COMMAND, why)) == -1 ||
		    x->reply.code != 334 || round == MAX_ROUNDS)
			break;
		result = respond(x, sasl, &kept, why);
	}
	cred_wipe(kept);
	if (result == 0 && x->reply.code != 235) {
		what = xasprintf("authentication (%s)", sasl_name(sasl));
		result = smtp_refused(x, what, x->reply.code == 504 ?
		    EX_UNAVAILABLE : EX_NOPERM, why);
		free(what);
	} else if (result == 0 && (result = sasl_finish(sasl, why)) == -1)
		fail_where(why, "%s", conn_name(x->c));
	return result;
}

static int
log_in(struct smtp *x, const struct server *s, const char *offered,
    const char *user, const char *password, struct fail *why)
{
	struct sasl *sasl = sasl_new(s, x->c, offered, user, password, why);
	int result = sasl == NULL ? -1 : converse(x, sasl, why);

	sasl_free(sasl);
	return result;
}

/* The reply was no; with another token it may be yes. */
static int
log_in_again(struct smtp *x, const struct server *s, const char *offered,
    const char *user, const char *refused, struct fail *why)
{
	char *token = cred_another_token(s, user, refused);
	int result = -1;

	if (token != NULL) {
		fail_clear(why);
		result = log_in(x, s, offered, user, token, why);
	}
	cred_wipe(token);
	return result;
}

/*
 * A server that needs no password is not told one: where the user comes of netrc
 * alone, and AUTH is not offered, the session goes on without.
 */
static int
authenticate(struct smtp *x, const struct server *s, const char *user,
    const char *password, struct fail *why)
{
	const char *offered = "";
	int result;

	if (user == NULL || (!smtp_offers(x, "AUTH", &offered) &&
	    s->url.user == NULL))
		return 0;
	result = log_in(x, s, offered, user, password, why);
	if (result == -1 && !x->dead && why->code == EX_NOPERM &&
	    x->reply.code >= 500)
		result = log_in_again(x, s, offered, user, password, why);
	/* A dialogue that was broken off, or a false server: not a word more. */
	if (result == -1 && (why->code == EX_PROTOCOL || x->reply.code == 334))
		x->dead = true;
	return result;
}

/* Is a user of netrc meant, where the URL names none?  Not for plain relaying. */
static bool
wants_user(const struct server *s)
{
	if (s->auth != NULL && strcasecmp(s->auth, "none") == 0)
		return false;
	return s->url.user != NULL || (s->url.scheme != SCHEME_SMTP &&
	    s->url.scheme != SCHEME_LMTP);
}

static int
begin(struct smtp *x, const struct server *s, const char *user,
    const char *password, struct fail *why)
{
	enum tls_mode mode = s->tls;
	char *name = own_name(x, s);
	int result;

	if (user != NULL && mode == TLS_OPPORTUNISTIC && !s->url.tls_given)
		mode = TLS_REQUIRED;
	result = greet(x, why);
	if (result == 0)
		result = hello(x, name, why);
	if (result == 0)
		result = start_tls(x, mode, name, why);
	free(name);
	if (result == 0)
		result = authenticate(x, s, user, password, why);
	return result;
}

static struct smtp *
attach(struct conn *c, const struct server *s, const char *user,
    const char *password, struct fail *why)
{
	struct smtp *x = xcalloc(1, sizeof *x);

	x->c = c;
	x->lmtp = s->url.scheme == SCHEME_LMTP;
	x->timeout = s->timeout;
	if (begin(x, s, user, password, why) == 0)
		return x;
	smtp_close(x);
	return NULL;
}

/* Over a connection, or one that is made when all is known. */
static struct smtp *
open_over(struct conn *c, const struct server *s, struct fail *why)
{
	char *user = NULL, *password = NULL;
	struct smtp *x = NULL;
	bool ready = true;

	if (wants_user(s)) {
		user = cred_user(s, why);
		if (user != NULL)
			password = cred_password(s, why);
		ready = user == NULL ? why->code == 0 : password != NULL;
	}
	if (ready && c == NULL)
		c = conn_open(s, why);
	if (ready && c != NULL)
		x = attach(c, s, user, password, why);
	else
		conn_close(c);
	cred_wipe(password);
	free(user);
	return x;
}

struct smtp *
smtp_open(const struct server *s, struct fail *why)
{
	return open_over(NULL, s, why);
}

struct smtp *
smtp_attach(struct conn *c, const struct server *s, struct fail *why)
{
	return open_over(c, s, why);
}

/* --- Questions (RFC 5321 3.5). --- */

static bool
is_ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

int
smtp_query(struct smtp *x, const char *verb, const char *arg, int *code,
    struct fail *why)
{
	bool utf8 = !is_ascii(arg);
	char upper[8];
	size_t i;

	for (i = 0; i < sizeof upper - 1 && verb[i] != '\0'; i++)
		upper[i] = verb[i] >= 'a' && verb[i] <= 'z' ?
		    (char)(verb[i] - 'a' + 'A') : verb[i];
	upper[i] = '\0';
	if (utf8 && !smtp_offers(x, "SMTPUTF8", NULL))
		return fail(why, EX_NOUSER, "%s: the server does not take "
		    "names beyond ASCII (SMTPUTF8)", conn_name(x->c));
	if (smtp_ask(x, why, "%s%s%s%s", upper, *arg == '\0' ? "" : " ", arg,
	    utf8 ? " SMTPUTF8" : "") == -1)
		return -1;
	*code = x->reply.code;
	if (*code < 300)
		return 0;
	return smtp_refused(x, upper, *arg != '\0' && (*code == 550 ||
	    *code == 551 || *code == 553) ? EX_NOUSER : EX_UNAVAILABLE, why);
}

const struct strv *
smtp_reply_lines(const struct smtp *x)
{
	return &x->reply.lines;
}

const struct strv *
smtp_offered(const struct smtp *x)
{
	return &x->offers;
}

void
smtp_close(struct smtp *x)
{
	struct fail ignored;

	if (x == NULL)
		return;
	fail_clear(&ignored);
	x->timeout = 0;
	conn_set_timeout(x->c, QUIT_SECONDS);
	if (!x->dead && (x->quit ||
	    conn_say(x->c, &ignored, "QUIT") == 0))
		(void)smtp_hear(x, QUIT_SECONDS, &ignored);
	conn_close(x->c);
	strv_free(&x->offers);
	smtp_reply_free(&x->reply);
	free(x);
}
