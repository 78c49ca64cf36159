/* SPDX-License-Identifier: ISC */
/*
 * imappool.c -- sessions with IMAP servers, kept for the next use until store_end,
 * and the names of mailboxes on both sides.
 *
 * Names: our levels are parted by `/', the server's by its delimiter; a `/' in the
 * server's name is that delimiter in ours, so that no two names become one.  Where
 * all mailboxes of one's own stand below a prefix (NAMESPACE, RFC 2342: `INBOX.'),
 * ours are without it.
 */
#include <stdlib.h>
#include <string.h>

#include "../mime/text.h"
#include "../net/utf7.h"
#include "imap.h"

/* What is kept between commands; nothing else in store/ is. */
TAILQ_HEAD(sessions, session);
static struct sessions sessions = TAILQ_HEAD_INITIALIZER(sessions);

void
pool_drop(struct session *ss)
{
	TAILQ_REMOVE(&sessions, ss, link);
	imap_close(ss->imap);
	imap_namespace_free(&ss->names);
	server_free(&ss->server);
	free(ss);
}

void
pool_end(void)
{
	struct session *ss, *next;

	for (ss = TAILQ_FIRST(&sessions); ss != NULL; ss = next) {
		next = TAILQ_NEXT(ss, link);
		if (ss->folder != NULL)
			continue;
		imap_logout(ss->imap);
		ss->imap = NULL;
		pool_drop(ss);
	}
}

static struct session *
find_kept(const struct server *server, bool alone)
{
	struct session *ss, *next;

	for (ss = TAILQ_FIRST(&sessions); ss != NULL; ss = next) {
		next = TAILQ_NEXT(ss, link);
		if (ss->busy != 0 || (alone && ss->folder != NULL) ||
		    !url_same_server(&ss->server.url, &server->url) ||
		    ss->server.tls != server->tls)
			continue;
		if (imap_is_fresh(ss->imap))
			return ss;
		if (ss->folder == NULL)
			pool_drop(ss);
	}
	return NULL;
}

struct session *
pool_session(const char *url, const struct store_options *o, bool alone,
    char **path, struct fail *why)
{
	struct server server = { .trace = NULL };
	struct session *ss;

	if (o->server(o->ctx, url, &server, why) == -1)
		return NULL;
	*path = xstrdup(server.url.path != NULL ? server.url.path : "");
	if ((ss = find_kept(&server, alone)) != NULL) {
		server_free(&server);
		ss->used = true;
		return ss;
	}
	ss = xcalloc(1, sizeof(*ss));
	ss->server = server;
	/* One SEARCH or ENVELOPE may be longer than a line elsewhere. */
	ss->server.max_line = MAX_IMAP_LINE;
	if ((ss->imap = imap_open(&ss->server, why)) == NULL) {
		server_free(&ss->server);
		free(ss);
		free(*path);
		*path = NULL;
		return NULL;
	}
	TAILQ_INSERT_TAIL(&sessions, ss, link);
	return ss;
}

int
pool_need_names(struct session *ss, struct fail *why)
{
	if (ss->knows_names)
		return 0;
	if (imap_namespace(ss->imap, &ss->names, why) == -1) {
		imap_namespace_free(&ss->names);
		return -1;
	}
	ss->knows_names = true;
	return 0;
}

/* Could any character of it be a delimiter of levels, here or there? */
static bool
has_levels(const char *name)
{
	for (; *name != '\0'; name++)
		if (!ascii_is_alpha((unsigned char)*name) &&
		    !ascii_is_digit((unsigned char)*name) &&
		    (unsigned char)*name < 0x80 &&
		    strchr(" _", *name) == NULL)
			return true;
	return false;
}

static void
swap_delimiters(char *name, char delimiter)
{
	if (delimiter == '\0' || delimiter == '/')
		return;
	for (; *name != '\0'; name++)
		if (*name == '/')
			*name = delimiter;
		else if (*name == delimiter)
			*name = '/';
}

/* Octets of that prefix which the server's name has; INBOX in any case. */
static size_t
has_prefix(const char *mailbox, const char *prefix)
{
	size_t n = prefix == NULL ? 0 : strlen(prefix);

	if (n == 0 || strlen(mailbox) < n)
		return 0;
	if (strncasecmp(prefix, "INBOX", 5) == 0 ?
	    strncasecmp(mailbox, prefix, n) != 0 :
	    strncmp(mailbox, prefix, n) != 0)
		return 0;
	return n;
}

/* One's own mailboxes are called without their prefix; with it they are known too. */
static char *
put_prefix(const struct imap_namespace *ns, char *mailbox)
{
	size_t i, n = ns->prefix == NULL ? 0 : strlen(ns->prefix);
	char *whole;

	/* The prefix itself, without its delimiter, is a mailbox. */
	if (n == 0 || has_prefix(mailbox, ns->prefix) != 0 ||
	    (strlen(mailbox) == n - 1 &&
	    strncmp(mailbox, ns->prefix, n - 1) == 0))
		return mailbox;
	for (i = 0; i < ns->others.n; i++)
		if (has_prefix(mailbox, ns->others.v[i]) != 0)
			return mailbox;
	whole = xasprintf("%s%s", ns->prefix, mailbox);
	free(mailbox);
	return whole;
}

static bool
has_control(const char *s)
{
	for (; *s != '\0'; s++)
		if (ascii_is_control((unsigned char)*s))
			return true;
	return false;
}

/* As the server spells it; NULL: no name. */
static char *
encode_name(struct session *ss, const char *name, struct fail *why)
{
	char *mailbox = utf7_encode(span_of(name));

	if (mailbox == NULL)
		fail(why, EX_USAGE, "%s: the name is not UTF-8", name);
	if (mailbox == NULL || strcmp(mailbox, name) == 0 ||
	    !imap_uses_utf8(ss->imap))
		return mailbox;
	free(mailbox);
	if (!has_control(name))
		return xstrdup(name);
	fail(why, EX_USAGE, "%s: the name has control characters", name);
	return NULL;
}

static char *
decode_name(const struct session *ss, const char *mailbox)
{
	struct span s = span_of(mailbox);

	if (!imap_uses_utf8(ss->imap))
		return utf7_decode(s);
	return utf8_is_valid(s.p, s.n) ? xstrdup(mailbox) : NULL;
}

char *
pool_mailbox(struct session *ss, const char *path, bool guess,
    struct fail *why)
{
	char *name, *mailbox;
	size_t n;

	if (*path == '\0' || strcasecmp(path, "INBOX") == 0)
		return xstrdup("INBOX");
	if ((has_levels(path) ||
	    (!guess && imap_offers(ss->imap, "NAMESPACE"))) &&
	    pool_need_names(ss, why) == -1)
		return NULL;
	name = xstrdup(path);
	for (n = strlen(name); n > 1 && name[n - 1] == '/'; n--)
		name[n - 1] = '\0';
	swap_delimiters(name, ss->names.delimiter);
	if ((mailbox = encode_name(ss, name, why)) != NULL)
		mailbox = put_prefix(&ss->names, mailbox);
	free(name);
	return mailbox;
}

char *
pool_name(const struct session *ss, struct span mailbox, char delimiter)
{
	char *name, *whole;
	size_t i;

	if (mailbox.n == 5 && span_ieq(mailbox, "INBOX"))
		return xstrdup("INBOX");
	whole = span_dup(mailbox);
	i = has_prefix(whole, ss->names.prefix);
	if (whole[i] == '\0')
		i = 0;
	name = decode_name(ss, whole + i);
	free(whole);
	if (name != NULL && has_control(name)) {
		free(name);
		name = NULL;
	}
	if (name == NULL)
		return NULL;
	swap_delimiters(name, delimiter);
	return name;
}
