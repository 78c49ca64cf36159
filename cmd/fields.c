/* SPDX-License-Identifier: ISC */
/* fields.c -- the commands discard, ignore and retain: which fields `type' shows. */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fields.h"
#include "out.h"

struct fields {
	struct strv	discarded;	/* beside those of transport */
	struct strv	retained;
};

/* What serves programs, not readers.  A star stands at the end alone. */
static const char *const transport[] = {
	"ARC-*", "Authentication-Results", "Autocrypt", "Autocrypt-*",
	"Content-*", "DKIM-*", "Delivered-To", "DomainKey-*", "Envelope-To",
	"Errors-To", "Feedback-ID", "In-Reply-To", "Lines", "List-*",
	"Message-ID", "MIME-Version", "Precedence", "Received", "Received-*",
	"References", "Return-Path", "Status", "Thread-*", "TLS-*",
	"User-Agent", "X-*"
};

static bool
fits(const char *pattern, const char *name)
{
	size_t n = strlen(pattern);

	if (n > 0 && pattern[n - 1] == '*')
		return strncasecmp(pattern, name, n - 1) == 0;
	return strcasecmp(pattern, name) == 0;
}

static bool
has(const struct strv *patterns, const char *name)
{
	size_t i;

	for (i = 0; i < patterns->n; i++)
		if (fits(patterns->v[i], name))
			return true;
	return false;
}

bool
fields_shown(const struct mailx *m, const char *name)
{
	const struct fields *f = m->fields;
	size_t i;

	if (f != NULL && f->retained.n > 0)
		return has(&f->retained, name);
	for (i = 0; i < NELEM(transport); i++)
		if (fits(transport[i], name))
			return false;
	return f == NULL || !has(&f->discarded, name);
}

void
fields_free(struct mailx *m)
{
	if (m->fields == NULL)
		return;
	strv_free(&m->fields->discarded);
	strv_free(&m->fields->retained);
	free(m->fields);
	m->fields = NULL;
}

/* --- Commands. --- */

static struct fields *
fields(struct mailx *m)
{
	if (m->fields == NULL)
		m->fields = xcalloc(1, sizeof *m->fields);
	return m->fields;
}

static void
list(struct mailx *m, const struct strv *names)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		out_pair(m, names->v[i], "");
}

static int
add(struct mailx *m, struct strv *names, const struct args *a)
{
	size_t i;

	for (i = 0; i < a->words.n; i++) {
		if (a->words.v[i][0] == '\0' ||
		    strpbrk(a->words.v[i], ": \t") != NULL)
			return fail(&m->why, EX_USAGE, "%s: not the name of a "
			    "field", a->words.v[i]);
		if (!has(names, a->words.v[i]))
			strv_add(names, a->words.v[i]);
	}
	return 0;
}

static int
run_discard(struct mailx *m, struct args *a)
{
	size_t i;

	if (a->words.n > 0)
		return add(m, &fields(m)->discarded, a);
	for (i = 0; i < NELEM(transport); i++)
		out_pair(m, transport[i], "");
	list(m, &fields(m)->discarded);
	return 0;
}

static int
run_retain(struct mailx *m, struct args *a)
{
	if (a->words.n > 0)
		return add(m, &fields(m)->retained, a);
	list(m, &fields(m)->retained);
	return 0;
}

#define FIELDS	.flags = CMD_STARTUP | CMD_SENDING, .takes = TAKES_WORDS, \
		.max = -1, .usage = "[field ...]"

const struct cmd cmd_discard = {
	.name = "discard", .abbreviation = "di", FIELDS,
	.help = "do not show these fields, or list those that are not shown",
	.run = run_discard
};

const struct cmd cmd_ignore = {
	.name = "ignore", .abbreviation = "ig", FIELDS,
	.help = "do not show these fields, as discard does", .run = run_discard
};

const struct cmd cmd_retain = {
	.name = "retain", .abbreviation = "ret", FIELDS,
	.help = "show these fields alone, or list those that are",
	.run = run_retain
};
