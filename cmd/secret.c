/* SPDX-License-Identifier: ISC */
/* secret.c -- see secret.h. */

#include <string.h>
#include <strings.h>

#include "secret.h"

/* user:password@ behind the "://" at p: the password; n 0: there is none. */
static struct span
of_url(const char *p)
{
	struct span none = { p, 0 }, s;
	const char *colon, *at;

	p += 3;
	s.n = strcspn(p, " \t\r\n\"'/");
	at = memrchr(p, '@', s.n);
	colon = memchr(p, ':', s.n);
	if (at == NULL || colon == NULL || colon > at)
		return none;
	s.p = colon + 1;
	s.n = (size_t)(at - s.p);
	return s;
}

/* password...=value at p: the value. */
static struct span
of_variable(const char *p)
{
	struct span s = { p, 0 };
	size_t n = strcspn(p, "= \t\r\n\"'");

	if (p[n] != '=' || strncasecmp(p, "password-command", 16) == 0)
		return s;
	s.p = p + n + 1;
	if (*s.p == '"' || *s.p == '\'') {
		s.p++;
		s.n = strcspn(s.p, s.p[-1] == '"' ? "\"\n" : "'\n");
	} else
		s.n = strcspn(s.p, " \t\r\n\"'");
	return s;
}

bool
secret_find(const char *text, size_t *at, size_t *n)
{
	const char *p;
	struct span s = { NULL, 0 };

	for (p = text + *at; *p != '\0'; p++) {
		if (strncmp(p, "://", 3) == 0)
			s = of_url(p);
		else if (strncasecmp(p, "password", 8) == 0)
			s = of_variable(p);
		if (s.n == 0)
			continue;
		*at = (size_t)(s.p - text);
		*n = s.n;
		return true;
	}
	return false;
}

/* With a colon and, anywhere behind it in the word, an @: a password may have any octet. */
static bool
has_user_info(const char *line)
{
	const char *p = line, *colon;
	size_t n;

	while ((p = strstr(p, "://")) != NULL) {
		p += 3;
		n = strcspn(p, " \t");
		colon = memchr(p, ':', n);
		if (colon != NULL && memchr(colon, '@',
		    n - (size_t)(colon - p)) != NULL)
			return true;
	}
	return false;
}

bool
secret_suspected(const char *line)
{
	static const char *const words[] = { "passw", "passphrase", "secret",
	    "token", "bearer" };
	size_t at = 0, n, i;

	for (i = 0; i < NELEM(words); i++)
		if (strcasestr(line, words[i]) != NULL)
			return true;
	return secret_find(line, &at, &n) || has_user_info(line);
}

/* name=value as one argument: blanks belong to the value. */
static bool
wipe_value(char *arg)
{
	char *equals, *name;

	if (strncmp(arg, "--", 2) == 0 && strchr(arg, '=') != NULL)
		arg = strchr(arg, '=') + 1;
	equals = strchr(arg, '=');
	name = strcasestr(arg, "password");
	if (equals != NULL && name != NULL && name < equals &&
	    strncasecmp(name, "password-command", 16) != 0 &&
	    strcspn(arg, " \t\n") > (size_t)(equals - arg)) {
		memset(equals + 1, '*', strlen(equals + 1));
		return equals[1] != '\0';
	}
	return false;
}

bool
secret_wipe(char *arg)
{
	size_t at = 0, n;
	bool wiped = wipe_value(arg);

	while (secret_find(arg, &at, &n)) {
		memset(arg + at, '*', n);
		at += n;
		wiped = true;
	}
	return wiped;
}
