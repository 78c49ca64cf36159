/* SPDX-License-Identifier: ISC */
/*
 * record.c -- the copy that the sender keeps: in the folder that `record' names,
 * in the one that a server marks as \Sent, or in a file named after the first
 * recipient.
 */
#include <stdlib.h>
#include <string.h>

#include "../net/url.h"
#include "folder.h"
#include "out.h"
#include "sending.h"
#include "vars.h"
#include "words.h"

struct hunt {
	const char *use;	/* borrowed: as store_list_entry has it */
	char	*name;		/* owned: of the mailbox marked so; or NULL */
};

static int
look(void *ctx, const struct store_list_entry *e, struct fail *why)
{
	struct hunt *h = ctx;

	(void)why;
	if (h->name == NULL && e->use != NULL && strcmp(e->use, h->use) == 0)
		h->name = xstrdup(e->name);
	return 0;
}

/* Of the server that `folder' is on; NULL without a reason: no server. */
static char *
find_marked(struct mailx *m, const char *use, struct fail *why)
{
	const char *base = var_get(m, "folder");
	struct hunt h = { use, NULL };
	char *name, *resolved;

	if (base == NULL || !url_is_url(base))
		return NULL;
	if (store_list(base, NULL, look, &h, &m->options, why) == -1) {
		free(h.name);
		return NULL;
	}
	if (h.name == NULL) {
		fail(why, EX_NOINPUT, "no mailbox is marked as \\%c%s",
		    *use - 'a' + 'A', use + 1);
		return NULL;
	}
	name = xasprintf("+%s", h.name);
	free(h.name);
	resolved = folder_resolve(m, name, false, why);
	free(name);
	return resolved;
}

/* POSIX's `outfolder': under the folder of folders, unless the name says where. */
static char *
resolve(struct mailx *m, const char *name, struct fail *why)
{
	char *under, *resolved;

	if (!var_is_set(m, "outfolder") || strchr("/+@%#&~", *name) != NULL ||
	    url_is_url(name) || strncmp(name, "maildir:", 8) == 0 ||
	    strncmp(name, "mbox:", 5) == 0)
		return folder_resolve(m, name, false, why);
	under = xasprintf("+%s", name);
	resolved = folder_resolve(m, under, false, why);
	free(under);
	return resolved;
}

char *
sending_folder(struct mailx *m, const char *name, const char *use,
    struct fail *why)
{
	char *folder = NULL;

	if (strcmp(name, use) == 0) {
		folder = find_marked(m, use, why);
		if (folder == NULL && why->code != 0)
			return NULL;
	}
	return folder != NULL ? folder : resolve(m, name, why);
}

/* The local part of the first recipient, fit to be a file's name. */
static char *
name_after(const struct outgoing *o)
{
	const char *addr = o->rcpt[0].addr, *at = strrchr(addr, '@');
	char *name = at == NULL ? xstrdup(addr) :
	    xstrndup(addr, (size_t)(at - addr));
	char *p;

	for (p = name; *p != '\0'; p++)
		if (strchr("/\\\"'|&;<>()$`*?[]{}~#%+@ ", *p) != NULL ||
		    ascii_is_control((unsigned char)*p) ||
		    (p == name && (*p == '.' || *p == '-')))
			*p = '_';
	return name;
}

static int
file(struct mailx *m, struct outgoing *o, const char *folder, struct fail *why)
{
	struct msg like = { .flags = MSG_SEEN };
	FILE *f = outgoing_stage(o, why);
	int r;

	if (f == NULL)
		return -1;
	r = store_deliver(folder, f, &like, &m->options, why);
	fclose(f);
	return r;
}

void
record_copy(struct mailx *m, struct outgoing *o, bool by_name)
{
	const char *record = var_get(m, "record");
	char *name, *folder;
	struct fail why = { 0 };

	if (by_name)
		name = name_after(o);
	else if (record != NULL && *record != '\0')
		name = words_path(m, record);
	else
		return;
	folder = by_name ? resolve(m, name, &why) :
	    sending_folder(m, name, "sent", &why);
	/* Told under cron too: a copy that somebody counts on is lost. */
	if (folder == NULL || file(m, o, folder, &why) == -1) {
		fail_where(&why, "sent, but not recorded in %s", name);
		tell(m, &why);
	}
	free(folder);
	free(name);
}
