/* SPDX-License-Identifier: ISC */
/*
 * imappool.c -- sessions with IMAP servers, kept for the next use until store_end,
 * and the names of mailboxes on both sides.
 *
 * Names: our levels are parted by `/', the server's by its delimiter; a `/' in the
 * server's name is that delimiter in ours, so that no two names become one.
 */
#include <stdlib.h>
#include <string.h>

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

static int
need_delimiter(struct session *ss, struct fail *why)
{
	if (ss->knows_delimiter)
		return 0;
	if (imap_delimiter(ss->imap, &ss->delimiter, why) == -1)
		return -1;
	ss->knows_delimiter = true;
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

char *
pool_mailbox(struct session *ss, const char *path, struct fail *why)
{
	char *name, *mailbox;
	size_t n;

	if (*path == '\0' || strcasecmp(path, "INBOX") == 0)
		return xstrdup("INBOX");
	if (has_levels(path) && need_delimiter(ss, why) == -1)
		return NULL;
	name = xstrdup(path);
	for (n = strlen(name); n > 1 && name[n - 1] == '/'; n--)
		name[n - 1] = '\0';
	swap_delimiters(name, ss->delimiter);
	if ((mailbox = utf7_encode(span_of(name))) == NULL)
		fail(why, EX_USAGE, "%s: the name is not UTF-8", path);
	free(name);
	return mailbox;
}

char *
pool_name(struct span mailbox, char delimiter)
{
	char *name;
	size_t i;

	if (mailbox.n == 5 && span_ieq(mailbox, "INBOX"))
		return xstrdup("INBOX");
	if ((name = utf7_decode(mailbox)) == NULL)
		return NULL;
	for (i = 0; name[i] != '\0'; i++)
		if (ascii_is_control((unsigned char)name[i])) {
			free(name);
			return NULL;
		}
	swap_delimiters(name, delimiter);
	return name;
}
