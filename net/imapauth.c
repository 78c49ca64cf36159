/* SPDX-License-Identifier: ISC */
/*
 * imapauth.c -- saying who we are: AUTHENTICATE with any mechanism of sasl.h (RFC
 * 3501 6.2.2, SASL-IR 4959), else LOGIN.  One attempt; secrets only by
 * conn_say_secret.
 */
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "cred.h"
#include "imap.h"
#include "sasl.h"

/* The mechanisms in AUTH=..., blanks between; the caller frees. */
static char *
offered_mechanisms(const struct imap *x)
{
	const struct strv *caps = imap_capabilities(x);
	size_t i, len;
	char *text;
	FILE *f;

	f = xmemstream(&text, &len);
	for (i = 0; i < caps->n; i++)
		if (strncasecmp(caps->v[i], "AUTH=", 5) == 0)
			fprintf(f, "%s%s", ftell(f) > 0 ? " " : "",
			    caps->v[i] + 5);
	fclose(f);
	return text;
}

static int
say_answer(struct imap *x, struct sasl *sasl, const char *challenge,
    struct fail *why)
{
	char *answer;
	int result;

	if ((answer = sasl_answer(sasl, challenge, why)) == NULL) {
		fail_where(why, "%s", imap_name(x));
		return -1;
	}
	result = conn_say_secret(imap_conn(x), 0, why, "%s", answer);
	cred_wipe(answer);
	return result;
}

static int
say_authenticate(struct imap *x, struct sasl *sasl, const char *tag,
    bool initial, struct fail *why)
{
	char *answer;
	int result;

	if (!initial)
		return conn_say(imap_conn(x), why, "%s AUTHENTICATE %s", tag,
		    sasl_name(sasl));
	if ((answer = sasl_answer(sasl, NULL, why)) == NULL)
		return -1;
	result = conn_say_secret(imap_conn(x), 3, why, "%s AUTHENTICATE %s %s",
	    tag, sasl_name(sasl), *answer == '\0' ? "=" : answer);
	cred_wipe(answer);
	return result;
}

static int
converse(struct imap *x, struct sasl *sasl, struct imap_job *job, bool first,
    struct fail *why)
{
	struct span more;
	char *challenge;
	int result;

	while ((result = imap_wait_more(x, job, &more, why)) == 0) {
		challenge = first ? NULL : span_dup(more);
		result = say_answer(x, sasl, challenge, why);
		free(challenge);
		first = false;
		if (result == -1)
			return -1;
	}
	return result == 1 ? 0 : -1;
}

static int
authenticate(struct imap *x, struct sasl *sasl, struct fail *why)
{
	bool initial = false, first;
	struct imap_job *job;
	char tag[16];

	first = sasl_is_client_first(sasl);
	if (first && imap_offers(x, "SASL-IR")) {
		initial = true;
		first = false;
	}
	imap_forget_capabilities(x);
	job = imap_begin(x, tag);
	if (say_authenticate(x, sasl, tag, initial, why) == -1 ||
	    converse(x, sasl, job, first, why) == -1) {
		imap_abandon(x, job);
		imap_drop(x);
		return -1;
	}
	if (imap_finish(x, job, EX_NOPERM, why) == -1) {
		fail_where(why, "authentication");
		return -1;
	}
	if (sasl_finish(sasl, why) == -1) {
		fail_where(why, "%s", imap_name(x));
		/* A server that failed to prove itself hears nothing more. */
		imap_drop(x);
		return -1;
	}
	return 0;
}

static bool
is_quotable(const char *s)
{
	for (; *s != '\0'; s++)
		if (ascii_is_control((unsigned char)*s) ||
		    (unsigned char)*s >= 0x80)
			return false;
	return true;
}

/* Append s to `to' as a quoted string; `to' has room. */
static char *
quote(char *to, const char *s)
{
	*to++ = '"';
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			*to++ = '\\';
		*to++ = *s;
	}
	*to++ = '"';
	*to = '\0';
	return to;
}

static int
say_login(struct imap *x, struct imap_job *job, const char *tag,
    const char *user, const char *password, struct fail *why)
{
	struct conn *c = imap_conn(x);
	char *words, *end, *prefix;
	int result;

	if (is_quotable(user) && is_quotable(password)) {
		words = xmalloc(2 * (strlen(user) + strlen(password)) + 8);
		end = quote(words, user);
		*end++ = ' ';
		quote(end, password);
		result = conn_say_secret(c, 2, why, "%s LOGIN %s", tag, words);
		cred_wipe(words);
		return result;
	}
	prefix = xasprintf("%s LOGIN ", tag);
	result = imap_announce(x, job, prefix, strlen(user), why);
	free(prefix);
	if (result == 0 && (result = conn_write_secret(c, user, strlen(user), why)) == 0)
		result = imap_announce(x, job, " ", strlen(password), why);
	if (result == 0 &&
	    (result = conn_write_secret(c, password, strlen(password), why)) == 0)
		result = conn_say(c, why, "%s", "");
	return result == -1 ? -1 : 0;
}

static int
login(struct imap *x, const char *user, const char *password, struct fail *why)
{
	struct imap_job *job;
	char tag[16];
	int result;

	job = imap_begin(x, tag);
	result = say_login(x, job, tag, user, password, why);
	imap_forget_capabilities(x);
	if (result == -1) {
		imap_abandon(x, job);
		return -1;
	}
	if (imap_finish(x, job, EX_NOPERM, why) == -1) {
		fail_where(why, "LOGIN");
		return -1;
	}
	return 0;
}

/* Does the user's list of mechanisms allow the LOGIN command, and is it a password that we have? */
static bool
may_login(const struct server *s)
{
	const char *p = s->auth;
	size_t n;

	if (s->oauth_command != NULL)
		return false;
	if (p == NULL)
		return true;
	for (; *p != '\0'; p += n) {
		p += strspn(p, ", \t");
		n = strcspn(p, ", \t");
		if ((n == 5 && strncasecmp(p, "LOGIN", n) == 0) ||
		    (n == 5 && strncasecmp(p, "PLAIN", n) == 0))
			return true;
	}
	return false;
}

/* The answer was no; with another token it may be yes. */
static int
authenticate_again(struct imap *x, const struct server *s, const char *offered,
    const char *user, const char *refused, struct fail *why)
{
	char *token = cred_another_token(s, user, refused);
	struct sasl *sasl;
	int result = -1;

	if (token == NULL)
		return -1;
	fail_clear(why);
	sasl = sasl_new(s, imap_conn(x), offered, user, token, why);
	if (sasl != NULL)
		result = authenticate(x, sasl, why);
	sasl_free(sasl);
	cred_wipe(token);
	return result;
}

int
imap_login(struct imap *x, const struct server *s, const char *user,
    const char *password, struct fail *why)
{
	struct sasl *sasl = NULL;
	char *offered;
	int result;

	if (!imap_knows_capabilities(x) && imap_ask_capabilities(x, why) == -1)
		return -1;
	offered = offered_mechanisms(x);
	if (*offered != '\0')
		sasl = sasl_new(s, imap_conn(x), offered, user, password, why);
	else
		sasl_compare(s, imap_conn(x), offered, user);
	if (sasl != NULL) {
		result = authenticate(x, sasl, why);
		sasl_free(sasl);
		if (result == -1 && why->code == EX_NOPERM && imap_is_alive(x))
			result = authenticate_again(x, s, offered, user,
			    password, why);
		free(offered);
		return result;
	}
	free(offered);
	if (imap_offers(x, "LOGINDISABLED"))
		return fail(why, EX_NOPERM,
		    "%s: the server disables LOGIN and offers no other way that is allowed",
		    imap_name(x));
	if (!conn_is_private(imap_conn(x)) || !may_login(s))
		return fail(why, EX_NOPERM,
		    "%s: a password may not be sent this way", imap_name(x));
	fail_clear(why);
	return login(x, user, password, why);
}
