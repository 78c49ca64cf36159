/* SPDX-License-Identifier: ISC */
/*
 * drafts.c -- an unfinished message put aside: whole, with its files and its Bcc,
 * in the folder that the variable `drafts' names.  `recall' takes it up again.
 */
#include <stdlib.h>
#include <string.h>

#include "assemble.h"
#include "vars.h"
#include "words.h"

bool
drafts_are_kept(const struct mailx *m)
{
	const char *name = var_get(m, "drafts");

	return name != NULL && *name != '\0';
}

/* As its sender wrote it.  What cannot be built is saved as far as it goes. */
static FILE *
stage(struct mailx *m, struct draft *d, struct fail *why)
{
	struct letter l;
	FILE *f = NULL;

	if (letter_unfinished(&l, m, d, why) == 0 &&
	    l.out.prepare(&l.out, true, why) == 0)
		f = store_stage(why);
	if (f != NULL && (write_unsent(f, &l.out, why) == -1 ||
	    fflush(f) == EOF || ferror(f))) {
		fail(why, EX_IOERR, "a temporary file cannot be written");
		fclose(f);
		f = NULL;
	}
	if (f == NULL)
		dead_draft(m, d, l.body != NULL ? l.body : d->body, why);
	letter_free(&l);
	return f;
}

static int
file(struct mailx *m, const char *name, FILE *f, struct fail *why)
{
	struct msg like = { .flags = MSG_SEEN | MSG_DRAFT };
	char *folder = sending_folder(m, name, "drafts", why);
	int r = -1;

	rewind(f);
	if (folder != NULL)
		r = store_deliver(folder, f, &like, &m->options, why);
	if (r == 0)
		durable_step("draft put aside");
	else {
		fail_where(why, "not put aside in %s", name);
		dead_message(m, f, why);
	}
	free(folder);
	return r;
}

int
draft_put_aside(struct mailx *m, struct draft *d, struct fail *why)
{
	struct fail where = { .code = EX_UNAVAILABLE };
	char *name = words_path(m, var_get(m, "drafts"));
	FILE *f = stage(m, d, why);
	int r = f == NULL ? -1 : file(m, name, f, why);

	if (r == 0) {
		d->put_aside = true;
		snprintf(where.text, sizeof where.text,
		    "not sent (put aside in %s)", name);
		tell(m, &where);
	}
	if (f != NULL)
		fclose(f);
	free(name);
	return r;
}
