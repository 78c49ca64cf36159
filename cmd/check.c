/* SPDX-License-Identifier: ISC */
/*
 * check.c -- what --check-config sees in a `set' that is fine otherwise.
 *
 * A name that is unknown is kept in silence when mail is to be read, for it may be
 * another program's, and a value is looked at where it is used; here both are told.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../mime/text.h"
#include "nearest.h"
#include "runint.h"
#include "sending.h"
#include "vars.h"

/* Of a variable that takes one of these words, and no other. */
static const struct choice {
	const char	*name;
	const char	*words[6];	/* ends with NULL */
} choices[] = {
	{ "compat", { "bsd", "gnu", NULL } },
	{ "encoding", { "auto", "qp", "quoted-printable", "base64", "8bit",
	    NULL } },
	{ "tls", { "require", "opportunistic", "none", NULL } },
	{ "tls-min", { "1.2", "1.3", NULL } },
	{ "tls-verify", { "strict", "ignore", NULL } }
};

static const struct var *
find_variable(const char *name, size_t n)
{
	const struct var *v;

	for (v = variables; v->name != NULL; v++)
		if (strlen(v->name) == n && strncmp(v->name, name, n) == 0)
			return v;
	return NULL;
}

static bool
is_among(const struct choice *c, const char *value)
{
	size_t i;

	for (i = 0; c->words[i] != NULL; i++)
		if (strcasecmp(c->words[i], value) == 0)
			return true;
	return false;
}

static int
check_transport(struct mailx *m, const char *name, const char *value)
{
	struct transport t;
	int r = transport_named(m, value, &t, &m->why);

	(void)name;
	transport_free(&t);
	return r;
}

static int
check_dsn(struct mailx *m, const char *name, const char *value)
{
	(void)name;
	return dsn_check(value, &m->why);
}

static int
check_charsets(struct mailx *m, const char *name, const char *value)
{
	char *list = xstrdup(value), *rest = list, *word;
	int r = 0;

	while (r == 0 && (word = strsep(&rest, ", \t")) != NULL)
		if (*word != '\0' && !text_is_known(word))
			r = fail(&m->why, EX_CONFIG, "%s: %.200s: no such "
			    "charset", name, word);
	free(list);
	return r;
}

/* Of a variable whose value is looked at more closely. */
static const struct {
	const char	*name;
	int		(*check)(struct mailx *m, const char *name,
			    const char *value);
} checks[] = {
	{ "charset", check_charsets }, { "charset-8bit", check_charsets },
	{ "dsn", check_dsn }, { "mta", check_transport },
	{ "sendcharsets", check_charsets }
};

static int
check_value(struct mailx *m, const char *name, const char *value)
{
	size_t i;

	if (*value == '\0')
		return 0;
	for (i = 0; i < NELEM(choices); i++)
		if (strcmp(choices[i].name, name) == 0 &&
		    !is_among(&choices[i], value))
			return fail(&m->why, EX_CONFIG, "set: %s: %.200s: no "
			    "such value", name, value);
	for (i = 0; i < NELEM(checks); i++)
		if (strcmp(checks[i].name, name) == 0 &&
		    checks[i].check(m, name, value) == -1) {
			fail_where(&m->why, "set");
			return -1;
		}
	return 0;
}

static int
fail_variable(const char *word, size_t n, struct fail *why)
{
	char *name = xstrndup(word, n > 200 ? 200 : n);

	fail(why, EX_CONFIG, "set: %s: unknown variable", name);
	nearest_add(why, nearest_variable(name));
	free(name);
	return -1;
}

static int
check_word(struct mailx *m, const char *word)
{
	size_t n = strcspn(word, "=");
	const struct var *v;

	if (strncmp(word, "password-", 9) == 0)
		return 0;
	v = find_variable(word, n);
	if (v == NULL && word[n] == '\0' && strncmp(word, "no", 2) == 0)
		v = find_variable(word + 2, n - 2);
	if (v == NULL)
		return fail_variable(word, n, &m->why);
	return word[n] == '\0' ? 0 : check_value(m, v->name, word + n + 1);
}

void
check_set(struct mailx *m, const struct args *a)
{
	size_t i;

	for (i = 0; i < a->words.n; i++)
		if (check_word(m, a->words.v[i]) == -1)
			run_fault(m);
}
