/* SPDX-License-Identifier: ISC */
/*
 * server.c -- from a URL and the variables to the record that net/ works from.
 *
 * What stands in the URL goes before the variables, and a variable under its
 * modern name before the one that older programs gave it.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "out.h"
#include "progress.h"
#include "sending.h"
#include "server.h"
#include "vars.h"

static bool
is_smtp(const struct server *s)
{
	return s->url.scheme >= SCHEME_SMTP;
}

/* A copy of the first that is set and not empty; NULL if none is. */
static char *
first_of(const struct mailx *m, const char *name, const char *old)
{
	const char *value = var_get(m, name);

	if ((value == NULL || *value == '\0') && old != NULL)
		value = var_get(m, old);
	return value == NULL || *value == '\0' ? NULL : xstrdup(value);
}

/* --- TLS. --- */

static int
read_mode(const struct mailx *m, struct server *s, struct fail *why)
{
	const char *mode = var_get(m, "tls");

	s->tls = s->url.tls;
	if (s->url.tls_given || s->tls == TLS_IMPLICIT)
		return 0;
	if (mode == NULL || *mode == '\0') {
		if (is_smtp(s) && s->tls == TLS_OPPORTUNISTIC &&
		    (s->url.user != NULL || var_is_set(m, "smtp-use-starttls")))
			s->tls = TLS_REQUIRED;
		return 0;
	}
	if (strcasecmp(mode, "require") == 0)
		s->tls = TLS_REQUIRED;
	else if (strcasecmp(mode, "opportunistic") == 0)
		s->tls = TLS_OPPORTUNISTIC;
	else if (strcasecmp(mode, "none") == 0)
		s->tls = TLS_NONE;
	else
		return fail(why, EX_CONFIG, "tls: %s: require, opportunistic "
		    "or none", mode);
	/* It was asked for: nobody tightens it later. */
	s->url.tls_given = true;
	return 0;
}

static int
read_verify(struct mailx *m, struct server *s, struct fail *why)
{
	const char *modern = var_get(m, "tls-verify");
	const char *old = var_get(m, "ssl-verify");

	s->tls_verify = true;
	if (modern != NULL && *modern != '\0') {
		if (strcasecmp(modern, "strict") == 0)
			return 0;
		if (strcasecmp(modern, "ignore") != 0)
			return fail(why, EX_CONFIG, "tls-verify: %s: strict or "
			    "ignore", modern);
	} else if (old == NULL || strcasecmp(old, "ignore") != 0)
		return 0;
	s->tls_verify = false;
	if (s->tls != TLS_NONE)
		out_note(m, "%s: the server's certificate is not verified",
		    s->url.host == NULL ? s->url.path : s->url.host);
	return 0;
}

/* One in a directory of ours, which is freed; NULL where that is not there. */
static char *
directory(char *in, const char *name)
{
	char *path = in == NULL ? NULL : xasprintf("%s/%s", in, name);

	free(in);
	return path;
}

static int
read_tls(struct mailx *m, struct server *s, struct fail *why)
{
	struct fail none = { 0 };

	if (read_mode(m, s, why) == -1 || read_verify(m, s, why) == -1)
		return -1;
	s->tls_ca_file = first_of(m, "tls-ca-file", "ssl-ca-file");
	s->tls_fingerprint = first_of(m, "tls-fingerprint", NULL);
	s->tls_min = first_of(m, "tls-min", NULL);
	s->tls_cert = first_of(m, "tls-cert", NULL);
	s->tls_key = first_of(m, "tls-key", NULL);
	if (s->tls != TLS_NONE && is_on(m, "tls-resume"))
		s->tls_sessions = directory(var_cache_dir(m, &none), "tls");
	return 0;
}

/* --- Authentication. --- */

/* password-USER@HOST, and for SMTP what Heirloom mailx had. */
static char *
given_password(const struct mailx *m, const struct server *s)
{
	char *name, *value = NULL;

	if (s->url.user != NULL && s->url.host != NULL) {
		name = xasprintf("password-%s@%s", s->url.user, s->url.host);
		value = first_of(m, name, NULL);
		free(name);
	}
	if (value == NULL && is_smtp(s))
		value = first_of(m, "smtp-auth-password", NULL);
	return value;
}

/* What the protocols note carries no context. */
static struct mailx	*noted;

static void
note(const char *text)
{
	out_note(noted, "%s", text);
}

static void
read_credentials(struct mailx *m, struct server *s)
{
	struct fail none = { 0 };

	s->auth = first_of(m, "auth", is_smtp(s) ? "smtp-auth" : NULL);
	s->cleartext_ok = var_is_set(m, "allow-cleartext-auth");
	s->password = given_password(m, s);
	s->password_command = first_of(m, "password-command", NULL);
	s->oauth_command = first_of(m, "oauth-command", NULL);
	s->netrc = first_of(m, "netrc", NULL);
	s->may_ask = m->interactive;
	s->known = directory(var_state_dir(m, &none), "known");
	s->note = note;
	noted = m;
}

int
server_setup(void *ctx, const char *url, struct server *s, struct fail *why)
{
	struct mailx *m = ctx;

	memset(s, 0, sizeof *s);
	if (url_parse(url, &s->url, why) == -1)
		return -1;
	if (is_smtp(s) && s->url.user == NULL)
		s->url.user = first_of(m, "smtp-auth-user", NULL);
	s->timeout = var_number(m, "timeout", 0);
	if (read_tls(m, s, why) == -1 || (s->timeout < 0 &&
	    fail(why, EX_CONFIG, "timeout: not a number of seconds") == -1)) {
		server_free(s);
		return -1;
	}
	read_credentials(m, s);
	s->hostname = first_of(m, "hostname", NULL);
	s->proxy = first_of(m, "proxy", NULL);
	s->no_compress = !var_is_set(m, "compress");
	s->trace = var_is_set(m, "verbose") ? stderr : NULL;
	s->signalled = &got_signal;
	s->moved = progress_moved;
	s->moved_ctx = m;
	return 0;
}
