/* SPDX-License-Identifier: ISC */
/*
 * netrc.c -- logins and passwords by host.
 *
 * Words are separated by white space as ftp(1) has it; quotes are what curl and
 * GNU programs made of them.  The first entry that fits counts, and `default'
 * only where none does, wherever it stands.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "netrc.h"

#define MAX_NETRC	(1024 * 1024)	/* octets of the file */

struct entry {
	bool	 is_default;
	bool	 fits;		/* the host is the one we look for */
	char	*login, *password;	/* owned; or NULL */
};

static void
wipe(char **s)
{
	if (*s != NULL)
		freezero(*s, strlen(*s));
	*s = NULL;
}

static char
take(struct span *s)
{
	char c = *s->p;

	s->p++;
	s->n--;
	return c;
}

/* The next word off the front of *s; NULL at the end.  The caller wipes. */
static char *
next_word(struct span *s)
{
	char *word, *to;
	bool quoted;
	size_t size;

	while (s->n > 0 && ascii_is_space((unsigned char)*s->p))
		take(s);
	if (s->n == 0)
		return NULL;
	size = s->n + 1;
	/* Held at its full length: a word that grew would leave copies. */
	word = to = xmalloc(size);
	if ((quoted = *s->p == '"'))
		take(s);
	while (s->n > 0 && (quoted ? *s->p != '"' :
	    !ascii_is_space((unsigned char)*s->p))) {
		if (*s->p == '\\' && s->n > 1 && (quoted || s->p[1] == '"' ||
		    s->p[1] == '\\'))
			take(s);
		*to++ = take(s);
	}
	if (quoted && s->n > 0)
		take(s);
	*to = '\0';
	return word;
}

static void
skip_line(struct span *s)
{
	while (s->n > 0 && take(s) != '\n')
		continue;
}

/* A macro ends with an empty line. */
static void
skip_macro(struct span *s)
{
	while (s->n > 0) {
		skip_line(s);
		if (s->n > 0 && *s->p == '\n')
			break;
	}
}

static bool
is_host(const char *word, const char *host, const char *port)
{
	size_t n = strlen(host);

	if (strncasecmp(word, host, n) != 0)
		return false;
	return word[n] == '\0' ||
	    (word[n] == ':' && port != NULL && strcmp(word + n + 1, port) == 0);
}

/* Is this entry an answer to the question? */
static bool
answers(const struct entry *e, const char *user)
{
	if (!e->fits)
		return false;
	if (user == NULL)
		return e->login != NULL;
	return e->login == NULL || strcmp(e->login, user) == 0;
}

/* Move what it holds to `best' if it is better than that. */
static void
consider(struct entry *e, const char *user, struct entry *best)
{
	if (answers(e, user) && (!best->fits ||
	    (best->is_default && !e->is_default))) {
		wipe(&best->login);
		wipe(&best->password);
		*best = *e;
		e->login = e->password = NULL;
	}
	wipe(&e->login);
	wipe(&e->password);
	memset(e, 0, sizeof *e);
}

/* The same where a keyword may stand, and so a comment. */
static char *
next_keyword(struct span *s)
{
	for (;;) {
		while (s->n > 0 && ascii_is_space((unsigned char)*s->p))
			take(s);
		if (s->n == 0 || *s->p != '#')
			return next_word(s);
		skip_line(s);
	}
}

/* The value of a keyword, into *to (wiped first) or nowhere. */
static void
take_value(struct span *s, char **to)
{
	char *word = next_word(s);

	if (to != NULL) {
		wipe(to);
		*to = word;
	} else
		wipe(&word);
}

static void
read_keyword(struct span *s, const char *word, struct entry *e)
{
	if (strcmp(word, "login") == 0 || strcmp(word, "user") == 0)
		take_value(s, &e->login);
	else if (strcmp(word, "password") == 0 || strcmp(word, "passwd") == 0)
		take_value(s, &e->password);
	else if (strcmp(word, "account") == 0)
		take_value(s, NULL);
	else if (strcmp(word, "macdef") == 0)
		skip_macro(s);
}

static void
begin_entry(struct span *s, bool is_default, const char *host,
    const char *port, struct entry *e)
{
	char *word;

	e->is_default = e->fits = is_default;
	if (is_default || (word = next_word(s)) == NULL)
		return;
	e->fits = is_host(word, host, port);
	free(word);
}

bool
netrc_find(struct span s, const char *host, const char *port, const char *user,
    char **login, char **password)
{
	struct entry e, best;
	char *word;
	bool is_default;

	memset(&e, 0, sizeof e);
	memset(&best, 0, sizeof best);
	while ((word = next_keyword(&s)) != NULL) {
		is_default = strcmp(word, "default") == 0;
		if (is_default || strcmp(word, "machine") == 0) {
			consider(&e, user, &best);
			begin_entry(&s, is_default, host, port, &e);
		} else
			read_keyword(&s, word, &e);
		wipe(&word);
	}
	consider(&e, user, &best);
	*login = best.login;
	*password = best.password;
	return best.fits;
}

/* --- The file. --- */

static char *
default_path(void)
{
	const char *named = getenv("NETRC"), *home = getenv("HOME");
	const struct passwd *pw;

	if (named != NULL && *named != '\0')
		return xstrdup(named);
	if ((home == NULL || *home == '\0') && (pw = getpwuid(getuid())) != NULL)
		home = pw->pw_dir;
	return home == NULL ? NULL : xasprintf("%s/.netrc", home);
}

static int
check_file(int fd, const char *path, size_t *size, struct fail *why)
{
	struct stat st;

	*size = 0;
	if (fstat(fd, &st) == -1)
		return fail_errno(why, EX_CONFIG, "netrc: %s", path);
	if (S_ISCHR(st.st_mode))	/* /dev/null */
		return 0;
	if (!S_ISREG(st.st_mode))
		return fail(why, EX_CONFIG, "netrc: %s: not a file", path);
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return fail(why, EX_CONFIG, "netrc: %s: others have access to "
		    "it; use chmod 600", path);
	if (st.st_uid != geteuid() && geteuid() != 0)
		return fail(why, EX_CONFIG, "netrc: %s: belongs to another user",
		    path);
	if (st.st_size > MAX_NETRC)
		return fail(why, EX_CONFIG, "netrc: %s: too large", path);
	*size = (size_t)st.st_size;
	return 0;
}

static int
read_file(int fd, char *text, size_t *n)
{
	size_t size = *n;
	ssize_t got = 1;

	for (*n = 0; *n < size && got > 0; *n += (size_t)got) {
		do
			got = read(fd, text + *n, size - *n);
		while (got == -1 && errno == EINTR);
		if (got == -1)
			return -1;
	}
	return 0;
}

int
netrc_lookup(const char *path, const char *host, const char *port,
    const char *user, char **login, char **password, struct fail *why)
{
	char *own = path == NULL ? default_path() : NULL, *text = NULL;
	size_t size = 0, n;
	int fd, result = 0;
	struct span s;

	*login = *password = NULL;
	if (path == NULL && (path = own) == NULL)
		return 0;
	/* Not to wait for the writer of a FIFO. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1 && errno != ENOENT && errno != ENOTDIR)
		result = fail_errno(why, EX_CONFIG, "netrc: %s", path);
	else if (fd != -1 && (result = check_file(fd, path, &size, why)) == 0) {
		text = xmalloc(size);
		n = size;
		if (read_file(fd, text, &n) == -1)
			result = fail_errno(why, EX_CONFIG, "netrc: %s", path);
		s.p = text;
		s.n = n;
		if (result == 0 && memchr(text, '\0', n) != NULL)
			result = fail(why, EX_CONFIG, "netrc: %s: holds a NUL",
			    path);
		if (result == 0)
			result = netrc_find(s, host, port, user, login,
			    password);
		freezero(text, size);
	}
	if (fd != -1)
		close(fd);
	free(own);
	return result;
}
