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
	char	*name;		/* owned: of the mailbox marked \Sent; or NULL */
};

static int
look(void *ctx, const struct store_list_entry *e, struct fail *why)
{
	struct hunt *h = ctx;

	(void)why;
	if (h->name == NULL && e->use != NULL && strcmp(e->use, "sent") == 0)
		h->name = xstrdup(e->name);
	return 0;
}

/* record=sent: of the server that `folder' is on; NULL without a reason: no server. */
static char *
find_sent(struct mailx *m, struct fail *why)
{
	const char *base = var_get(m, "folder");
	struct hunt h = { NULL };
	char *name, *resolved;

	if (base == NULL || !url_is_url(base))
		return NULL;
	if (store_list(base, NULL, look, &h, &m->options, why) == -1) {
		free(h.name);
		return NULL;
	}
	if (h.name == NULL) {
		fail(why, EX_NOINPUT, "no mailbox is marked as \\Sent");
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
	struct fail late = { 0 };
	struct store *s;
	FILE *f = outgoing_stage(o, why);
	int r;

	if (f == NULL)
		return -1;
	s = store_open(folder, STORE_APPEND, &m->options, why);
	r = s == NULL ? -1 : store_append(s, f, &like, NULL, why);
	if (r == 0)
		r = store_commit(s, why);
	/* What is committed is there, however that ends. */
	if (s != NULL)
		(void)store_close(s, &late);
	fclose(f);
	return r;
}

void
record_copy(struct mailx *m, struct outgoing *o, bool by_name)
{
	const char *record = var_get(m, "record");
	char *name, *folder = NULL;
	struct fail why = { 0 };

	if (by_name)
		name = name_after(o);
	else if (record != NULL && *record != '\0')
		name = words_path(m, record);
	else
		return;
	if (!by_name && strcmp(name, "sent") == 0)
		folder = find_sent(m, &why);
	if (folder == NULL && why.code == 0)
		folder = resolve(m, name, &why);
	/* Told under cron too: a copy that somebody counts on is lost. */
	if (folder == NULL || file(m, o, folder, &why) == -1) {
		fail_where(&why, "sent, but not recorded in %s", name);
		tell(m, &why);
	}
	free(folder);
	free(name);
}
