/* SPDX-License-Identifier: ISC */
/*
 * forgotten.c -- a text that speaks of an attachment, and there is none.
 *
 * Words of one's own count, not those that are quoted or stand in the signature.
 * It is said to a person, and goes out all the same: a guess stops no mail.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../mime/text.h"
#include "out.h"
#include "sending.h"
#include "vars.h"

#define MOST	(1024 * 1024)	/* octets of the text that are looked at */

/* Beginnings of words, as they are written in small letters. */
static const char *const words[] = {
	"attach", "enclosed", "anhang", "angehängt", "anbei", "beigefügt",
	"pièce jointe", "pièces jointes", "ci-joint", "adjunt", "allegato",
	"anexo", "em anexo", "bijlage", "bijgevoegd", "bifoga",
	"vedlagt", "vedhæft", "liitteenä", "załącz", "přilož", "příloh",
	"csatol", "ataşat", "вложен", "прикреп", "у вкладенні",
	"συνημμέν", "מצורף", "مرفق", "附件", "附档", "附檔", "添付", "첨부",
	"đính kèm", "संलग्न", "แนบ"
};

static bool
is_quoted(const struct mailx *m, const char *line)
{
	const char *prefix = var_get(m, "indentprefix");

	return *line == '>' || (prefix != NULL && *prefix != '\0' &&
	    strncmp(line, prefix, strlen(prefix)) == 0);
}

static bool
has_word(const char *line)
{
	struct span text = span_of(line), word;
	size_t i;

	for (i = 0; i < NELEM(words); i++) {
		word = span_of(words[i]);
		if (text_contains(text, word))
			return true;
	}
	return false;
}

static bool
speaks_of_one(const struct mailx *m, FILE *body)
{
	char *line = NULL;
	size_t cap = 0, seen = 0;
	bool found = false;
	ssize_t n;

	while (!found && seen < MOST && (n = xgetline(&line, &cap, body)) > 0) {
		seen += (size_t)n;
		line[strcspn(line, "\r\n")] = '\0';
		if (strcmp(line, "-- ") == 0)
			break;
		found = !is_quoted(m, line) && has_word(line);
	}
	free(line);
	return found;
}

void
warn_forgotten(struct mailx *m, const struct draft *d)
{
	off_t at;

	if (d->body == NULL || d->nattachments > 0 || d->html != NULL ||
	    (!isatty(STDERR_FILENO) && !var_is_set(m, "verbose")) ||
	    (at = ftello(d->body)) == -1)
		return;
	rewind(d->body);
	if (speaks_of_one(m, d->body))
		out_note(m, "the text speaks of an attachment, and there is "
		    "none");
	if (fseeko(d->body, at, SEEK_SET) == -1)
		rewind(d->body);
}
