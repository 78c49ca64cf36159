/* SPDX-License-Identifier: ISC */
/* foldername.c -- folder names as people write them, resolved. */

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../net/url.h"
#include "define.h"
#include "folder.h"
#include "vars.h"
#include "words.h"

/* What a value inside a value may be: +x under `folder', no more. */
enum depth { TYPED, VALUE, INNER };

static char	*resolve(struct mailx *m, const char *name, bool on_server,
		    enum depth depth, struct fail *why);

/* --- Servers. --- */

static bool
is_server(const char *name)
{
	struct span s = span_of(name);

	return span_has_prefix(s, "imap:") || span_has_prefix(s, "imaps:") ||
	    span_has_prefix(s, "pop3:") || span_has_prefix(s, "pop3s:");
}

static bool
has_mailboxes(const char *name)
{
	return span_has_prefix(span_of(name), "imap:") ||
	    span_has_prefix(span_of(name), "imaps:");
}

/* The text of the URL is kept: it may hold a password and ?tls=. */
char *
folder_on_server(const char *url, const char *mailbox)
{
	static const char plain[] = "-._~/";
	const char *authority = strstr(url, "//"), *query = strchr(url, '?');
	size_t n, len;
	char *text;
	FILE *f = xmemstream(&text, &len);

	authority = authority == NULL ? url : authority + 2;
	n = (size_t)(authority - url) + strcspn(authority, "/?");
	fprintf(f, "%.*s/", (int)n, url);
	for (; *mailbox != '\0'; mailbox++)
		if (ascii_is_alpha((unsigned char)*mailbox) ||
		    ascii_is_digit((unsigned char)*mailbox) ||
		    strchr(plain, *mailbox) != NULL)
			putc(*mailbox, f);
		else
			fprintf(f, "%%%02X", (unsigned char)*mailbox);
	if (query != NULL)
		fputs(query, f);
	fclose(f);
	return text;
}

static int
check_url(const char *name, struct fail *why)
{
	struct url u;

	if (!is_server(name))
		return fail(why, EX_USAGE, "%.*s: folders are on IMAP and POP3 "
		    "servers alone", (int)strcspn(name, ":"), name);
	if (url_parse(name, &u, why) == -1)
		return -1;
	url_free(&u);
	return 0;
}

/* A mailbox below the one that the URL names. */
static char *
below_url(const char *url, const char *name, struct fail *why)
{
	struct url u;
	char *path, *text;
	size_t n;

	if (url_parse(url, &u, why) == -1)
		return NULL;
	n = strlen(u.path);
	while (n > 0 && u.path[n - 1] == '/')
		n--;
	path = n == 0 ? xstrdup(name) : *name == '\0' ?
	    xstrndup(u.path, n) : xasprintf("%.*s/%s", (int)n, u.path, name);
	text = folder_on_server(url, path);
	free(path);
	url_free(&u);
	if (check_url(text, why) == -1) {
		free(text);
		return NULL;
	}
	return text;
}

/* --- Paths. --- */

static char *
absolute(const char *path, struct fail *why)
{
	char *dir, *text;

	if (*path == '/')
		return xstrdup(path);
	while (path[0] == '.' && path[1] == '/')
		for (path += 2; *path == '/'; path++)
			;
	if ((dir = getcwd(NULL, 0)) == NULL) {
		fail_errno(why, EX_OSERR, "the current directory");
		return NULL;
	}
	text = xasprintf("%s/%s", strcmp(dir, "/") == 0 ? "" : dir, path);
	free(dir);
	return text;
}

/* ~, ~/path, ~user/path */
static char *
in_home(struct mailx *m, const char *name, struct fail *why)
{
	size_t n = strcspn(name, "/");
	const char *home = var_get(m, "HOME");
	const struct passwd *pw;
	char *user;

	if (n > 1) {
		user = xstrndup(name + 1, n - 1);
		pw = getpwnam(user);
		if (pw == NULL)
			fail(why, EX_NOINPUT, "%s: no such user", user);
		free(user);
		return pw == NULL ? NULL : xasprintf("%s%s", pw->pw_dir,
		    name + n);
	}
	if (home == NULL || *home == '\0') {
		fail(why, EX_CONFIG, "HOME is not set");
		return NULL;
	}
	return xasprintf("%s%s", home, name + n);
}

static char *
local(struct mailx *m, const char *path, struct fail *why)
{
	if (*path == '\0') {
		fail(why, EX_USAGE, "an empty folder name");
		return NULL;
	}
	return *path == '~' ? in_home(m, path, why) : absolute(path, why);
}

/* mbox:path, maildir:path; the path may be +name where that is local. */
static char *
with_kind(struct mailx *m, const char *name, size_t kind, enum depth depth,
    struct fail *why)
{
	const char *path = name + kind;
	char *whole, *text = NULL;

	whole = *path == '+' ? resolve(m, path, false, depth, why) :
	    local(m, path, why);
	if (whole == NULL)
		return NULL;
	path = whole;
	if (strncmp(path, "mbox:", 5) == 0)
		path += 5;
	else if (strncmp(path, "maildir:", 8) == 0)
		path += 8;
	if (is_server(path))
		fail(why, EX_USAGE, "%s: on a server", name);
	else
		text = xasprintf("%.*s%s", (int)kind, name, path);
	free(whole);
	return text;
}

/* --- System mailboxes. --- */

static char *
spool(const char *user, struct fail *why)
{
	struct stat st;

	if (*user == '\0' || *user == '.' || strchr(user, '/') != NULL) {
		fail(why, EX_USAGE, "%s: not the name of a user", user);
		return NULL;
	}
	return xasprintf("%s/%s", stat("/var/mail", &st) == 0 ? "/var/mail" :
	    "/var/spool/mail", user);
}

/* `inbox', which may be anywhere; else the mailbox that the system delivers into. */
static char *
system_mailbox(struct mailx *m, const char *user, enum depth depth,
    struct fail *why)
{
	const char *inbox = var_get(m, "inbox"), *mail = var_get(m, "MAIL");
	const struct passwd *pw;

	if (*user != '\0')
		return spool(user, why);
	if (inbox != NULL && *inbox != '\0' && depth == TYPED)
		return resolve(m, inbox, false, VALUE, why);
	if (mail != NULL && *mail != '\0')
		return local(m, mail, why);
	pw = getpwuid(getuid());
	if (pw != NULL)
		return spool(pw->pw_name, why);
	fail(why, EX_CONFIG, "neither MAIL is set nor is the user known");
	return NULL;
}

/* --- Under `folder', and of accounts. --- */

/* A value of `folder': a path is under the home directory, as POSIX says. */
static char *
folder_base(struct mailx *m, const char *value, struct fail *why)
{
	size_t kind = strncmp(value, "maildir:", 8) == 0 ? 8 :
	    strncmp(value, "mbox:", 5) == 0 ? 5 : 0;
	const char *path = value + kind;
	char *named, *text, *whole, *base;

	if (url_is_url(value))
		return check_url(value, why) == -1 ? NULL : xstrdup(value);
	named = words_path(m, path);
	text = *named == '/' || *named == '~' ? xstrdup(named) :
	    xasprintf("~/%s", named);
	whole = local(m, text, why);
	free(text);
	free(named);
	if (whole == NULL || kind == 0)
		return whole;
	base = xasprintf("%.*s%s", (int)kind, value, whole);
	free(whole);
	return base;
}

static char *
below(struct mailx *m, const char *value, const char *name, struct fail *why)
{
	char *base = folder_base(m, value, why), *text;
	size_t n;

	if (base == NULL)
		return NULL;
	if (is_server(base))
		text = below_url(base, name, why);
	else {
		n = strlen(base);
		while (n > 1 && base[n - 1] == '/')
			n--;
		text = *name == '\0' ? xstrndup(base, n) :
		    xasprintf("%.*s/%s", (int)n, base, name);
	}
	free(base);
	return text;
}

static char *
plus(struct mailx *m, const char *name, struct fail *why)
{
	const char *folder = var_get(m, "folder");

	/* Without one it is a file in the current directory (POSIX). */
	if (folder == NULL || *folder == '\0')
		return absolute(name, why);
	return below(m, folder, name + 1, why);
}

/* The inbox of an account; where it sets none, the one of its server. */
static char *
account_inbox(struct mailx *m, const char *account, const char *folder,
    struct fail *why)
{
	char *inbox = account_value(m, account, "inbox"), *text = NULL;

	if (inbox != NULL && *inbox == '+' && folder != NULL)
		text = below(m, folder, inbox + 1, why);
	else if (inbox != NULL && *inbox != '\0')
		text = resolve(m, inbox, false, INNER, why);
	else if (folder != NULL && is_server(folder))
		text = folder_on_server(folder, has_mailboxes(folder) ?
		    "INBOX" : "");
	else
		fail(why, EX_CONFIG, "%s: no such account, or it sets no inbox",
		    account);
	free(inbox);
	return text;
}

/* @account, @account/mailbox */
static char *
of_account(struct mailx *m, const char *name, struct fail *why)
{
	size_t n = strcspn(name, "/");
	char *account = xstrndup(name, n), *text = NULL;
	char *folder = account_value(m, account, "folder");

	if (name[n] == '\0' || name[n + 1] == '\0')
		text = account_inbox(m, account, folder, why);
	else if (folder != NULL && *folder != '\0')
		text = below(m, folder, name + n + 1, why);
	else
		fail(why, EX_CONFIG, "%s: no such account, or it sets no "
		    "folder", account);
	free(account);
	free(folder);
	return text;
}

/* --- All of them. --- */

static char *
mbox(struct mailx *m, enum depth depth, struct fail *why)
{
	const char *value = var_get(m, "MBOX");
	char *named, *text;

	if (value != NULL && *value != '\0' && *value != '&' && depth != INNER) {
		named = words_path(m, value);
		text = resolve(m, named, false, depth + 1, why);
		free(named);
		return text;
	}
	fail(why, EX_CONFIG, "MBOX is not set");
	return NULL;
}

static char *
previous(const struct mailx *m, struct fail *why)
{
	if (m->previous != NULL)
		return xstrdup(m->previous);
	fail(why, EX_USAGE, "no previous folder");
	return NULL;
}

static char *
bare(struct mailx *m, const char *name, bool on_server, struct fail *why)
{
	char *text;

	if (!on_server || m->folder_name == NULL ||
	    !has_mailboxes(m->folder_name) || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0 || strncmp(name, "./", 2) == 0 ||
	    strncmp(name, "../", 3) == 0)
		return absolute(name, why);
	text = folder_on_server(m->folder_name, name);
	if (check_url(text, why) == 0)
		return text;
	free(text);
	return NULL;
}

static char *
resolve(struct mailx *m, const char *name, bool on_server, enum depth depth,
    struct fail *why)
{
	if (strncmp(name, "file://", 7) == 0)
		name += 7;
	if (url_is_url(name))
		return check_url(name, why) == -1 ? NULL : xstrdup(name);
	if (strncmp(name, "mbox:", 5) == 0)
		return with_kind(m, name, 5, depth, why);
	if (strncmp(name, "maildir:", 8) == 0)
		return with_kind(m, name, 8, depth, why);
	if (strcmp(name, "#") == 0)
		return previous(m, why);
	if (strcmp(name, "&") == 0)
		return mbox(m, depth, why);
	switch (*name) {
	case '%':
		return system_mailbox(m, name + 1, depth, why);
	case '+':
		return plus(m, name, why);
	case '@':
		if (depth != INNER && name[1] != '\0')
			return of_account(m, name + 1, why);
		return absolute(name, why);
	case '\0':
	case '/':
	case '~':
		return local(m, name, why);
	default:
		return bare(m, name, on_server, why);
	}
}

char *
folder_resolve(struct mailx *m, const char *name, bool on_server,
    struct fail *why)
{
	return resolve(m, name, on_server, TYPED, why);
}
