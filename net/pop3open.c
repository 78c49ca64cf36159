/* SPDX-License-Identifier: ISC */
/*
 * pop3open.c -- how a session with a POP3 server begins: greeting, CAPA (RFC
 * 2449), STLS (2595), UTF8 (6856), authentication (1939, 5034).
 *
 * What the server says before TLS is forgotten.  Where AUTH is offered it is
 * used, else APOP over a line that others can read, else USER and PASS; and one
 * attempt is all, for servers lock out.
 */
#include <md5.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conn.h"
#include "cred.h"
#include "pop3_in.h"
#include "sasl.h"

#define MAX_AUTH_LINE	255	/* RFC 5034 4: of AUTH with a first response */
#define MAX_AUTH_ROUNDS	16

/* --- Capabilities. --- */

struct capa {
	struct strv	*words;
	size_t		 octets;
};

static void
add_capability(void *ctx, struct span line)
{
	struct capa *x = ctx;

	x->octets += line.n;
	if (x->octets <= MAX_REPLY_SIZE)
		strv_take(x->words, span_dup(span_trim(line)));
}

/* A server without CAPA offers nothing. */
static int
read_capabilities(struct pop3 *p, struct fail *why)
{
	struct capa x = { .words = &p->capa };
	struct pop3_reply r;
	int result;

	strv_free(&p->capa);
	if (pop3_say(p, "CAPA", why) == -1 || pop3_reply(p, &r, why) == -1)
		return -1;
	if (r.status == POP3_ERR)
		return 0;
	if (r.status == POP3_MORE)
		return pop3_violation(p, "CAPA", span_of("+"), why);
	/* For the whole list: it may drip. */
	conn_set_deadline(p->c, p->timeout);
	result = pop3_lines(p, MAX_REPLY_LINES, add_capability, &x, why);
	conn_set_deadline(p->c, 0);
	if (result == -1)
		return -1;
	if (x.octets > MAX_REPLY_SIZE) {
		p->over = true;
		return fail(why, EX_PROTOCOL, "%s: CAPA: more than %d octets",
		    conn_name(p->c), MAX_REPLY_SIZE);
	}
	return 0;
}

/* What stands behind the name of a capability; NULL if it is not offered. */
static const char *
offer(const struct pop3 *p, const char *name)
{
	size_t i, n = strlen(name);
	const char *s;

	for (i = 0; i < p->capa.n; i++) {
		s = p->capa.v[i];
		if (strncasecmp(s, name, n) == 0 && (s[n] == '\0' || s[n] == ' '))
			return s[n] == ' ' ? s + n + 1 : "";
	}
	return NULL;
}

bool
pop3_offers(const struct pop3 *p, const char *capability)
{
	return offer(p, capability) != NULL;
}

const struct strv *
pop3_capabilities(const struct pop3 *p)
{
	return &p->capa;
}

bool
pop3_is_over(const struct pop3 *p)
{
	return p->over;
}

/* --- Authentication. --- */

/* Is the mechanism among those that the user allows, and did he name any? */
static bool
allows(const struct server *s, const char *name)
{
	const char *p = s->auth;
	size_t n = strlen(name);

	while (p != NULL && *p != '\0') {
		p += strspn(p, " ,");
		if (strcspn(p, " ,") == n && strncasecmp(p, name, n) == 0)
			return true;
		p += strcspn(p, " ,");
	}
	return s->auth == NULL;
}

/* AUTH, with the first response where there is one and it fits. */
static int
say_auth(struct pop3 *p, struct sasl *x, char **first, struct fail *why)
{
	const char *name = sasl_name(x);
	int result;

	*first = NULL;
	if (!sasl_is_client_first(x))
		return conn_say(p->c, why, "AUTH %s", name);
	if ((*first = sasl_answer(x, NULL, why)) == NULL)
		return -1;
	if (strlen(name) + strlen(*first) + strlen("AUTH  \r\n") > MAX_AUTH_LINE)
		return conn_say(p->c, why, "AUTH %s", name);
	result = conn_say_secret(p->c, 2, why, "AUTH %s %s", name,
	    **first == '\0' ? "=" : *first);
	cred_wipe(*first);
	*first = NULL;
	return result;
}

/* Answer one challenge; `first' is a first response not said yet. */
static int
answer(struct pop3 *p, struct sasl *x, char **first, struct span text,
    struct fail *why)
{
	char *challenge, *reply;
	int result;

	if ((reply = *first) == NULL) {
		challenge = span_dup(text);
		reply = sasl_answer(x, challenge, why);
		cred_wipe(challenge);
	}
	*first = NULL;
	if (reply == NULL) {
		fail_where(why, "%s", conn_name(p->c));
		return -1;
	}
	result = conn_say_secret(p->c, 0, why, "%s", reply);
	cred_wipe(reply);
	return result;
}

static int
run_sasl(struct pop3 *p, struct sasl *x, struct fail *why)
{
	struct pop3_reply r;
	char *first;
	int round, result;

	result = say_auth(p, x, &first, why);
	for (round = 0; result == 0; round++) {
		if ((result = pop3_reply(p, &r, why)) == -1 ||
		    r.status == POP3_OK)
			break;
		if (r.status == POP3_ERR)
			result = pop3_refused(p, "AUTH", &r, EX_NOPERM, why);
		else if (round == MAX_AUTH_ROUNDS)
			result = pop3_violation(p, "AUTH without an end", r.text,
			    why);
		else
			result = answer(p, x, &first, r.text, why);
	}
	cred_wipe(first);
	if (result == 0 && (result = sasl_finish(x, why)) == -1)
		fail_where(why, "%s", conn_name(p->c));
	return result;
}

/* The time stamp of the greeting: RFC 1939 7, in the form of a message id. */
static void
find_stamp(struct pop3 *p, struct span text)
{
	const char *start = memchr(text.n > 0 ? text.p : "", '<', text.n);
	const char *end, *s;

	if (start == NULL)
		return;
	end = memchr(start, '>', text.n - (size_t)(start - text.p));
	if (end == NULL || memchr(start, '@', (size_t)(end - start)) == NULL)
		return;
	for (s = start; s < end; s++)
		if (*s <= ' ' || *s >= 127)
			return;	/* what an attack by MD5 collisions needs */
	p->stamp = xstrndup(start, (size_t)(end + 1 - start));
}

static int
run_apop(struct pop3 *p, const char *user, const char *password,
    struct fail *why)
{
	char hex[MD5_DIGEST_STRING_LENGTH];
	struct pop3_reply r;
	MD5_CTX ctx;

	MD5Init(&ctx);
	MD5Update(&ctx, (const uint8_t *)p->stamp, strlen(p->stamp));
	MD5Update(&ctx, (const uint8_t *)password, strlen(password));
	MD5End(&ctx, hex);
	if (conn_say_secret(p->c, 2, why, "APOP %s %s", user, hex) == -1)
		return -1;
	return pop3_expect(p, "APOP", &r, EX_NOPERM, why);
}

static int
run_user(struct pop3 *p, const char *user, const char *password,
    struct fail *why)
{
	struct pop3_reply r;

	if (conn_say(p->c, why, "USER %s", user) == -1 ||
	    pop3_expect(p, "USER", &r, EX_NOPERM, why) == -1 ||
	    conn_say_secret(p->c, 1, why, "PASS %s", password) == -1)
		return -1;
	return pop3_expect(p, "PASS", &r, EX_NOPERM, why);
}

/* What is there beside SASL, if it may be used. */
static int
run_plain(struct pop3 *p, const struct server *s, const char *user,
    const char *password, struct fail *why)
{
	bool private = conn_is_private(p->c);

	if (s->oauth_command != NULL)
		return fail(why, EX_NOPERM, "%s: the server takes no access "
		    "token (OAUTHBEARER, XOAUTH2)", conn_name(p->c));
	if (p->stamp != NULL && allows(s, "APOP") &&
	    (!private || s->auth != NULL || !conn_is_tls(p->c)))
		return run_apop(p, user, password, why);
	if (!private)
		return fail(why, EX_NOPERM, "%s: the server takes the password "
		    "in the clear alone, and the connection is not encrypted "
		    "(see allow-cleartext-auth)", conn_name(p->c));
	if (!allows(s, "USER") && !allows(s, "PLAIN") && !allows(s, "LOGIN"))
		return fail(why, EX_NOPERM, "%s: none of the mechanisms in "
		    "`auth' is offered", conn_name(p->c));
	return run_user(p, user, password, why);
}

/* The answer was no; with another token it may be yes. */
static int
run_sasl_again(struct pop3 *p, const struct server *s, const char *offered,
    const char *user, const char *refused, struct fail *why)
{
	char *token = cred_another_token(s, user, refused);
	struct sasl *x;
	int result = -1;

	if (token == NULL)
		return -1;
	fail_clear(why);
	x = sasl_new(s, p->c, offered, user, token, why);
	if (x != NULL)
		result = run_sasl(p, x, why);
	sasl_free(x);
	cred_wipe(token);
	return result;
}

static int
log_in(struct pop3 *p, const struct server *s, const char *user,
    const char *password, struct fail *why)
{
	struct fail none;
	const char *offered = offer(p, "SASL");
	struct sasl *x = NULL;
	int result;

	fail_clear(&none);
	if (offered != NULL && *offered != '\0')
		x = sasl_new(s, p->c, offered, user, password, &none);
	else
		sasl_compare(s, p->c, "", user);
	if (x == NULL && none.code != 0 && none.code != EX_NOPERM) {
		*why = none;
		return -1;
	}
	if (x == NULL)
		return run_plain(p, s, user, password, why);
	result = run_sasl(p, x, why);
	sasl_free(x);
	if (result == -1 && why->code == EX_NOPERM && !p->over)
		result = run_sasl_again(p, s, offered, user, password, why);
	return result;
}

/* --- The beginning. --- */

static int
start_tls(struct pop3 *p, struct fail *why)
{
	struct pop3_reply r;

	if (pop3_ask(p, "STLS", &r, why) == -1 || conn_start_tls(p->c, why) == -1) {
		p->over = true;
		return -1;
	}
	return read_capabilities(p, why);
}

/* CAPA, and TLS where it is wanted and not there. */
static int
secure(struct pop3 *p, const struct server *s, struct fail *why)
{
	if (read_capabilities(p, why) == -1)
		return -1;
	if (conn_is_tls(p->c) || s->tls == TLS_NONE)
		return 0;
	if (pop3_offers(p, "STLS"))
		return start_tls(p, why);
	if (s->tls == TLS_OPPORTUNISTIC)
		return 0;
	return fail(why, EX_UNAVAILABLE, "%s: TLS is required and the server "
	    "does not offer it (STLS)", conn_name(p->c));
}

/*
 * Messages as they are, with UTF-8 in their headers: without UTF8 a server gives
 * something made of them, or refuses them.  It must be said before we log in.
 */
static int
ask_for_utf8(struct pop3 *p, struct fail *why)
{
	struct pop3_reply r;

	if (!pop3_offers(p, "UTF8"))
		return 0;
	if (pop3_say(p, "UTF8", why) == -1 || pop3_reply(p, &r, why) == -1)
		return -1;
	return r.status != POP3_MORE ? 0 :
	    pop3_violation(p, "UTF8", span_of("+"), why);
}

/* The whole of it, with credentials that the caller found. */
static int
begin(struct pop3 *p, const struct server *s, const char *user,
    const char *password, struct fail *why)
{
	struct pop3_reply r;

	if (pop3_expect(p, "greeting", &r, EX_TEMPFAIL, why) == -1)
		return -1;
	find_stamp(p, r.text);
	if (secure(p, s, why) == -1 || ask_for_utf8(p, why) == -1)
		return -1;
	if (log_in(p, s, user, password, why) == 0)
		return 0;
	p->over = true;
	return -1;
}

/* Before a server hears of us, so that a fault in them shows before that. */
static int
find_credentials(const struct server *s, char **user, char **password,
    struct fail *why)
{
	*password = NULL;
	if ((*user = cred_user(s, why)) == NULL)
		return fail(why, EX_NOPERM, "%s: no user is given",
		    s->url.host);
	*password = cred_password(s, why);
	return *password == NULL ? -1 : 0;
}

int
pop3_greet(struct pop3 *p, const struct server *s, struct fail *why)
{
	char *user, *password;
	int result = find_credentials(s, &user, &password, why);

	if (result == 0)
		result = begin(p, s, user, password, why);
	else
		p->over = true;
	cred_wipe(password);
	free(user);
	return result;
}

struct pop3 *
pop3_attach(struct conn *c, const struct server *s)
{
	struct pop3 *p = xcalloc(1, sizeof(*p));

	p->c = c;
	p->timeout = s->timeout != 0 ? s->timeout : TIMEOUT_TRANSFER;
	return p;
}

struct pop3 *
pop3_open(const struct server *s, struct fail *why)
{
	char *user, *password;
	struct pop3 *p = NULL;
	struct conn *c;

	if (find_credentials(s, &user, &password, why) == 0 &&
	    (c = conn_open(s, why)) != NULL) {
		p = pop3_attach(c, s);
		if (begin(p, s, user, password, why) == -1) {
			pop3_close(p);
			p = NULL;
		}
	}
	cred_wipe(password);
	free(user);
	return p;
}
