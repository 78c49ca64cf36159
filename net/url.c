/* SPDX-License-Identifier: ISC */
/*
 * url.c -- addresses of servers and mailboxes (RFC 3986, 5092, 2384).
 *
 * The user ends at the last `@' and the authority at the first `/' or `?', so
 * that joe@example.org@imap.example.org works as people write it.  A failure
 * never quotes the text: it may hold a password.
 */
#include <netinet/in.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "idn.h"
#include "url.h"

#define MAX_URL		8192

static const struct {
	const char	*name;
	enum scheme	 scheme;
	const char	*port;
	enum tls_mode	 tls;
} schemes[] = {		/* in the order of enum scheme */
	{ "imap", SCHEME_IMAP, "143", TLS_REQUIRED },
	{ "imaps", SCHEME_IMAPS, "993", TLS_IMPLICIT },
	{ "pop3", SCHEME_POP3, "110", TLS_REQUIRED },
	{ "pop3s", SCHEME_POP3S, "995", TLS_IMPLICIT },
	{ "smtp", SCHEME_SMTP, "25", TLS_OPPORTUNISTIC },
	{ "smtps", SCHEME_SMTPS, "465", TLS_IMPLICIT },
	{ "submission", SCHEME_SUBMISSION, "587", TLS_OPPORTUNISTIC },
	{ "submissions", SCHEME_SUBMISSIONS, "465", TLS_IMPLICIT },
	{ "lmtp", SCHEME_LMTP, "24", TLS_OPPORTUNISTIC },
};

/* Index into schemes, -1 if there is none; *rest is what follows the colon. */
static int
find_scheme(const char *text, const char **rest)
{
	size_t i, n;

	for (i = 0; i < NELEM(schemes); i++) {
		n = strlen(schemes[i].name);
		if (strncasecmp(text, schemes[i].name, n) == 0 &&
		    text[n] == ':') {
			*rest = text + n + 1;
			return (int)i;
		}
	}
	return -1;
}

bool
url_is_url(const char *name)
{
	const char *rest;

	return find_scheme(name, &rest) != -1;
}

static int
unhex(int c)
{
	if (ascii_is_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *
url_decode(struct span s)
{
	char *out = xmalloc(s.n + 1);
	size_t i, n = 0;
	int high, low;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] != '%') {
			out[n++] = s.p[i];
			continue;
		}
		high = i + 2 < s.n ? unhex((unsigned char)s.p[i + 1]) : -1;
		low = high != -1 ? unhex((unsigned char)s.p[i + 2]) : -1;
		if (low == -1 || (high == 0 && low == 0)) {
			freezero(out, s.n + 1);
			return NULL;
		}
		out[n++] = (char)(high << 4 | low);
		i += 2;
	}
	out[n] = '\0';
	return out;
}

static bool
has_controls(const char *s)
{
	for (; *s != '\0'; s++)
		if (ascii_is_control((unsigned char)*s))
			return true;
	return false;
}

/* Which would end a line of the dialogue is a fault of the configuration. */
static int
read_user(struct span s, struct url *u, struct fail *why)
{
	const char *colon = memchr(s.p, ':', s.n);
	struct span user = s, password = { NULL, 0 };

	if (colon != NULL) {
		user.n = (size_t)(colon - s.p);
		password.p = colon + 1;
		password.n = s.n - user.n - 1;
	}
	if (memchr(user.p, ';', user.n) != NULL)
		return fail(why, EX_USAGE, "%s: the user of the URL holds `;' "
		    "(mechanisms are chosen by `auth'; write %%3B)",
		    schemes[u->scheme].name);
	if (user.n == 0)
		return fail(why, EX_USAGE, "%s: the user of the URL is empty",
		    schemes[u->scheme].name);
	if ((u->user = url_decode(user)) == NULL || has_controls(u->user))
		return fail(why, EX_CONFIG, "%s: the user of the URL holds a "
		    "control character or a malformed %%",
		    schemes[u->scheme].name);
	if (colon == NULL)
		return 0;
	u->password = url_decode(password);
	if (u->password == NULL || strpbrk(u->password, "\r\n") != NULL)
		return fail(why, EX_CONFIG, "%s: the password of the URL holds "
		    "a line break, NUL or a malformed %%",
		    schemes[u->scheme].name);
	return 0;
}

static bool
is_host(struct span s)
{
	size_t i;
	int c;

	if (s.n == 0 || s.n > 253 || s.p[0] == '-')
		return false;
	for (i = 0; i < s.n; i++) {
		c = (unsigned char)s.p[i];
		if (!ascii_is_digit(c) && !ascii_is_alpha(c) && c != '.' &&
		    c != '-' && c != '_')
			return false;
	}
	return true;
}

/* Of IPv6, perhaps with its zone. */
static bool
is_address(const char *s)
{
	size_t n = strcspn(s, "%"), i;
	struct in6_addr a;
	char *text = xstrndup(s, n);
	bool good = inet_pton(AF_INET6, text, &a) == 1;

	free(text);
	for (i = n + 1; s[n] == '%' && s[i] != '\0'; i++)
		if (!ascii_is_digit((unsigned char)s[i]) &&
		    !ascii_is_alpha((unsigned char)s[i]) && s[i] != '.')
			return false;
	return good && strlen(s) <= 253 && (s[n] == '\0' || i > n + 1);
}

static int
read_port(struct span s, struct url *u, struct fail *why)
{
	const char *error;
	char text[8];

	if (s.n == 0)
		return 0;	/* "host:" is the default port too */
	if (s.n < sizeof text && strspn(s.p, "0123456789") >= s.n) {
		memcpy(text, s.p, s.n);
		text[s.n] = '\0';
		strtonum(text, 1, 65535, &error);
		if (error == NULL) {
			free(u->port);
			u->port = xstrdup(text);
			return 0;
		}
	}
	return fail(why, EX_USAGE, "%s: the port of the URL is no number from "
	    "1 to 65535", schemes[u->scheme].name);
}

/* host, host:port, [address], [address]:port */
static int
read_host(struct span s, struct url *u, struct fail *why)
{
	bool bracket = s.n > 0 && s.p[0] == '[';
	struct span host = s, port = { NULL, 0 };
	const char *end;

	if (bracket) {
		host.p++;
		host.n--;
	}
	end = memchr(host.n > 0 ? host.p : "", bracket ? ']' : ':', host.n);
	if (end != NULL) {
		port.p = end + 1;
		port.n = (size_t)(host.p + host.n - port.p);
		host.n = (size_t)(end - host.p);
	}
	if (bracket && port.n > 0 && *port.p++ == ':')
		port.n--;
	else if (bracket && (end == NULL || port.n > 0))
		host.n = 0;
	if (host.n > 0 && !bracket)
		u->host = idn_ascii(host);
	else
		u->host = span_dup(host);
	if (u->host == NULL || (bracket ? !is_address(u->host) :
	    !is_host(span_of(u->host))))
		return fail(why, EX_USAGE, "%s: no valid host in the URL",
		    schemes[u->scheme].name);
	return read_port(port, u, why);
}

static int
read_query(struct span s, struct url *u, struct fail *why)
{
	bool implicit = u->tls == TLS_IMPLICIT;

	if (!span_has_prefix(s, "tls="))
		return fail(why, EX_USAGE, "%s: only ?tls= is known in a URL",
		    schemes[u->scheme].name);
	s.p += 4;
	s.n -= 4;
	u->tls_given = true;
	if (span_ieq(s, "require") || span_ieq(s, "required"))
		u->tls = implicit ? TLS_IMPLICIT : TLS_REQUIRED;
	else if (span_ieq(s, "opportunistic") && !implicit)
		u->tls = TLS_OPPORTUNISTIC;
	else if (span_ieq(s, "none") && !implicit)
		u->tls = TLS_NONE;
	else
		return fail(why, EX_USAGE, "%s: ?tls= takes %s",
		    schemes[u->scheme].name, implicit ? "require alone: "
		    "the scheme means TLS" : "require, opportunistic or none");
	return 0;
}

static int
read_path(struct span s, struct url *u, struct fail *why)
{
	if ((u->path = url_decode(s)) == NULL || has_controls(u->path))
		return fail(why, EX_USAGE, "%s: the path of the URL holds a "
		    "control character or a malformed %%",
		    schemes[u->scheme].name);
	if (*u->path != '\0' && u->scheme != SCHEME_IMAP &&
	    u->scheme != SCHEME_IMAPS && u->host != NULL)
		return fail(why, EX_USAGE, "%s: the URL names a path, and "
		    "there is none on such a server",
		    schemes[u->scheme].name);
	return 0;
}

/* [user[:password]@]host[:port] */
static int
read_authority(struct span s, struct url *u, struct fail *why)
{
	struct span user = s;
	const char *at;

	if ((at = memrchr(s.n > 0 ? s.p : "", '@', s.n)) != NULL) {
		user.n = (size_t)(at - s.p);
		s.p += user.n + 1;
		s.n -= user.n + 1;
		if (read_user(user, u, why) == -1)
			return -1;
		if (u->tls == TLS_OPPORTUNISTIC)
			u->tls = TLS_REQUIRED;
	}
	return read_host(s, u, why);
}

/* lmtp:/path, and lmtp:///path as people expect it. */
static bool
is_socket(const struct url *u, const char *rest)
{
	return u->scheme == SCHEME_LMTP && rest[0] == '/' &&
	    (rest[1] != '/' || rest[2] == '/');
}

static int
parse(const char *rest, struct url *u, struct fail *why)
{
	const char *query;
	struct span s;

	if (is_socket(u, rest)) {
		u->tls = TLS_NONE;
		return read_path(span_of(rest[1] == '/' ? rest + 2 : rest), u,
		    why);
	}
	if (rest[0] != '/' || rest[1] != '/')
		return fail(why, EX_USAGE, "%s: the URL lacks //",
		    schemes[u->scheme].name);
	s.p = rest + 2;
	s.n = strcspn(s.p, "/?");
	rest = s.p + s.n;
	if (read_authority(s, u, why) == -1)
		return -1;
	query = strchr(rest, '?');
	s.p = *rest == '/' ? rest + 1 : rest;
	s.n = query != NULL ? (size_t)(query - s.p) : strlen(s.p);
	if (read_path(s, u, why) == -1)
		return -1;
	return query == NULL ? 0 : read_query(span_of(query + 1), u, why);
}

/* What is printed is to be read again, and each octet may become three. */
static bool
is_short(const struct url *u)
{
	char *text = url_text(u, true);
	bool fits = strlen(text) <= MAX_URL;

	free(text);
	return fits;
}

int
url_parse(const char *text, struct url *u, struct fail *why)
{
	const char *rest;
	int i;

	memset(u, 0, sizeof *u);
	if ((i = find_scheme(text, &rest)) == -1)
		return fail(why, EX_USAGE, "not the URL of a mail server");
	if (strlen(text) <= MAX_URL) {
		u->scheme = schemes[i].scheme;
		u->tls = schemes[i].tls;
		u->port = xstrdup(schemes[i].port);
		if (parse(rest, u, why) == -1) {
			url_free(u);
			return -1;
		}
		if (is_short(u))
			return 0;
		url_free(u);
	}
	return fail(why, EX_USAGE, "%s: the URL is too long", schemes[i].name);
}

void
url_free(struct url *u)
{
	free(u->user);
	if (u->password != NULL)
		freezero(u->password, strlen(u->password));
	free(u->host);
	free(u->port);
	free(u->path);
	memset(u, 0, sizeof *u);
}

/* Write s with all but unreserved characters and those of `keep' as %XX. */
static void
encode(FILE *f, const char *s, const char *keep)
{
	for (; *s != '\0'; s++)
		if (ascii_is_alpha((unsigned char)*s) ||
		    ascii_is_digit((unsigned char)*s) ||
		    strchr("-._~", *s) != NULL || strchr(keep, *s) != NULL)
			putc(*s, f);
		else
			fprintf(f, "%%%02X", (unsigned char)*s);
}

char *
url_text(const struct url *u, bool path)
{
	size_t n;
	char *text;
	FILE *f = xmemstream(&text, &n);

	fprintf(f, "%s:", schemes[u->scheme].name);
	if (u->host == NULL) {
		/* Else its first two slashes would be taken for those of a URL. */
		if (u->path[0] == '/' && u->path[1] == '/')
			fputs("//", f);
		encode(f, u->path, "/");
		fclose(f);
		return text;
	}
	fputs("//", f);
	if (u->user != NULL) {
		encode(f, u->user, "");
		putc('@', f);
	}
	fprintf(f, strchr(u->host, ':') != NULL ? "[%s]" : "%s", u->host);
	if (strcmp(u->port, schemes[u->scheme].port) != 0)
		fprintf(f, ":%s", u->port);
	putc('/', f);
	if (path)
		encode(f, u->path, "/");
	fclose(f);
	return text;
}

static bool
same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool
url_same_server(const struct url *a, const struct url *b)
{
	if (a->scheme != b->scheme || !same(a->user, b->user) ||
	    !same(a->port, b->port))
		return false;
	if (a->host == NULL || b->host == NULL)
		return a->host == b->host && same(a->path, b->path);
	return strcasecmp(a->host, b->host) == 0;
}
