/* SPDX-License-Identifier: ISC */
/* store.c -- opening a folder by name, and handing each request to its kind. */
#include <stdlib.h>
#include <string.h>

#include "../net/url.h"
#include "local.h"

static const struct store_ops *
kind_of(const char *name)
{
	struct span s = span_of(name);

	if (span_has_prefix(s, "imap:") || span_has_prefix(s, "imaps:"))
		return &store_imap;
	if (span_has_prefix(s, "pop3:") || span_has_prefix(s, "pop3s:"))
		return &store_pop3;
	return local_kind(name);
}

/* The name as it may be shown: no password. */
static char *
clean_name(const char *name)
{
	struct url u;
	char *text;

	if (!url_is_url(name) || url_parse(name, &u, NULL) == -1)
		return xstrdup(name);
	text = url_text(&u, true);
	url_free(&u);
	return text;
}

static int
unsupported(const struct store_ops *ops, const char *what, struct fail *why)
{
	return fail(why, EX_UNAVAILABLE, "cannot %s in a %s folder", what,
	    ops->kind);
}

static void
free_store(struct store *s)
{
	uint32_t i;

	for (i = 0; i < s->count; i++) {
		envelope_free(s->msgs[i].envelope);
		part_free(s->msgs[i].structure);
		free(s->msgs[i].tags);
	}
	free(s->msgs);
	free(s->name);
	free(s);
}

struct store *
store_open(const char *name, enum store_mode mode,
    const struct store_options *o, struct fail *why)
{
	struct store *s = xcalloc(1, sizeof *s);

	s->ops = kind_of(name);
	s->options = o;
	s->mode = mode;
	s->name = xstrdup(name);
	if (mode == STORE_APPEND && s->ops->append == NULL) {
		unsupported(s->ops, "put messages", why);
		free_store(s);
		return NULL;
	}
	if (s->ops->open(s, why) == -1) {
		free_store(s);
		return NULL;
	}
	name = s->name;
	s->name = clean_name(name);
	free((char *)(uintptr_t)name);
	return s;
}

int
store_close(struct store *s, struct fail *why)
{
	int r;

	if (s == NULL)
		return 0;
	r = s->ops->close == NULL ? 0 : s->ops->close(s, why);
	free_store(s);
	return r;
}

struct msg *
store_msg(struct store *s, uint32_t n)
{
	return &s->msgs[n - 1];
}

int
store_resize(struct store *s, uint32_t count, struct fail *why)
{
	if (count > MAX_MESSAGES)
		return fail(why, EX_DATAERR, "%s: more than %d messages",
		    s->name, MAX_MESSAGES);
	if (s->msgs == NULL && count > 0) {
		/* Pages of zeros that nobody looks at take no memory. */
		s->cap = s->count = count;
		s->msgs = xcalloc(count, sizeof *s->msgs);
	}
	if (count > s->cap) {
		s->cap = count > s->cap * 2 ? count : s->cap * 2;
		s->msgs = xreallocarray(s->msgs, s->cap, sizeof *s->msgs);
	}
	if (count > s->count)
		memset(s->msgs + s->count, 0,
		    (count - s->count) * sizeof *s->msgs);
	s->count = count;
	return 0;
}

void
store_flag(struct store *s, uint32_t n, uint32_t set, uint32_t clear)
{
	struct msg *m = store_msg(s, n);

	m->flags = (m->flags & ~clear) | set;
}

/* Is the word among those of tags? */
static char *
find_tag(char *tags, const char *word)
{
	size_t n = strlen(word);
	char *p = tags;

	while (p != NULL && (p = strstr(p, word)) != NULL) {
		if ((p == tags || p[-1] == ' ') &&
		    (p[n] == ' ' || p[n] == '\0'))
			return p;
		p += n;
	}
	return NULL;
}

void
store_tag(struct store *s, uint32_t n, const char *add, const char *remove)
{
	struct msg *m = store_msg(s, n);
	char *p, *old = m->tags;
	size_t len;

	if (remove != NULL && (p = find_tag(m->tags, remove)) != NULL) {
		len = strlen(remove);
		if (p[len] == ' ')
			len++;
		else if (p > m->tags)
			p--, len++;
		memmove(p, p + len, strlen(p + len) + 1);
		if (*m->tags == '\0') {
			free(m->tags);
			m->tags = NULL;
		}
		m->flags |= MSG_TAGS_CHANGED;
	}
	old = m->tags;
	if (add != NULL && find_tag(m->tags, add) == NULL) {
		m->tags = old == NULL ? xstrdup(add) :
		    xasprintf("%s %s", old, add);
		free(old);
		m->flags |= MSG_TAGS_CHANGED;
	}
}

int
store_append(struct store *s, FILE *f, const struct msg *like,
    const struct store_intent *intent, struct fail *why)
{
	if (s->ops->append == NULL)
		return unsupported(s->ops, "put messages", why);
	return s->ops->append(s, f, like, intent, why);
}

int
store_intend(const struct store_intent *intent, const char *record,
    struct fail *why)
{
	if (intent->write(intent->ctx, record, why) == -1)
		return -1;
	return intent->settle == NULL ? 0 : intent->settle(intent->ctx, why);
}

int
store_commit(struct store *s, struct fail *why)
{
	return s->ops->commit == NULL ? 0 : s->ops->commit(s, why);
}

int
store_take_back(struct store *s, struct fail *why)
{
	if (s->ops->take_back == NULL)
		return unsupported(s->ops, "take messages back", why);
	return s->ops->take_back(s, why);
}

int
store_settled(const struct store *s, size_t k, struct fail *why)
{
	if (s->ops->settled != NULL)
		return s->ops->settled(s, k, why);
	return fail(why, EX_IOERR, "%s: it is not known what is there",
	    s->name);
}

int
store_recover(struct store *s, const char *record, FILE *message,
    struct fail *why)
{
	if (s->ops->recover == NULL)
		return unsupported(s->ops, "look for a message", why);
	return s->ops->recover(s, record, message, why);
}

int
store_sync(struct store *s, unsigned how, struct fail *why)
{
	if (s->mode != STORE_WRITE)
		return fail(why, EX_NOPERM, "%s: opened to be read alone",
		    s->name);
	if (s->ops->sync == NULL)
		return unsupported(s->ops, "change messages", why);
	return s->ops->sync(s, how, why);
}

bool
store_has_news(const struct store *s)
{
	return s->ops->has_news != NULL && s->ops->has_news(s);
}

int
store_unseen(struct store *s, uint32_t *first, uint32_t *count,
    struct fail *why)
{
	*first = 0;
	return s->ops->unseen == NULL ? 0 :
	    s->ops->unseen(s, first, count, why);
}

int
store_check(struct store *s, uint32_t *added, struct fail *why)
{
	*added = 0;
	return s->ops->check == NULL ? 0 : s->ops->check(s, added, why);
}

int
store_capabilities(struct store *s, struct strv *words, struct fail *why)
{
	return s->ops->capabilities == NULL ? 0 :
	    s->ops->capabilities(s, words, why);
}

int
store_mkdir(const char *name, bool parents, const struct store_options *o,
    struct fail *why)
{
	const struct store_ops *ops = kind_of(name);

	if (ops->local)
		return local_mkdir(name, parents, o, why);
	if (ops->mkdir == NULL)
		return unsupported(ops, "make mailboxes", why);
	return ops->mkdir(name, parents, o, why);
}

int
store_subscribe(const char *name, bool on, const struct store_options *o,
    struct fail *why)
{
	const struct store_ops *ops = kind_of(name);

	if (ops->subscribe == NULL)
		return unsupported(ops, "subscribe to mailboxes", why);
	return ops->subscribe(name, on, o, why);
}

int
store_rmdir(const char *name, bool force, const struct store_options *o,
    struct fail *why)
{
	const struct store_ops *ops = kind_of(name);

	if (ops->local)
		return local_rmdir(name, force, o, why);
	if (ops->rmdir == NULL)
		return unsupported(ops, "remove mailboxes", why);
	return ops->rmdir(name, force, o, why);
}

int
store_rename(const char *from, const char *to, const struct store_options *o,
    struct fail *why)
{
	const struct store_ops *ops = kind_of(from), *other = kind_of(to);

	if (ops->local && other->local)
		return local_rename(from, to, o, why);
	if (ops != other)
		return fail(why, EX_USAGE,
		    "%s: cannot be renamed to another place", from);
	if (ops->rename == NULL)
		return unsupported(ops, "rename mailboxes", why);
	return ops->rename(from, to, o, why);
}

int
store_list(const char *base, const char *pattern,
    int (*each)(void *, const struct store_list_entry *, struct fail *),
    void *ctx, const struct store_options *o, struct fail *why)
{
	const struct store_ops *ops = kind_of(base);

	if (ops->local)
		return local_list(base, pattern, each, ctx, o, why);
	if (ops->list == NULL)
		return unsupported(ops, "list mailboxes", why);
	return ops->list(base, pattern, each, ctx, o, why);
}

int
store_quotas(const char *name,
    int (*each)(void *, const struct store_quota *, struct fail *),
    void *ctx, const struct store_options *o, struct fail *why)
{
	const struct store_ops *ops = kind_of(name);

	if (ops->quotas == NULL)
		return unsupported(ops, "tell quotas", why);
	return ops->quotas(name, each, ctx, o, why);
}

void
store_end(void)
{
	if (store_imap.end != NULL)
		store_imap.end();
	if (store_pop3.end != NULL)
		store_pop3.end();
}

/* --- Numbers --- */

void
numbers_add(struct numbers *ns, uint32_t n)
{
	ns->v = xgrow(ns->v, ns->n, &ns->cap, sizeof *ns->v);
	ns->v[ns->n++] = n;
}

void
numbers_add_all(struct numbers *ns, const struct store *s)
{
	uint32_t n;

	for (n = 1; n <= s->count; n++)
		if ((s->msgs[n - 1].flags & MSG_GONE) == 0)
			numbers_add(ns, n);
}

void
numbers_free(struct numbers *ns)
{
	free(ns->v);
	memset(ns, 0, sizeof *ns);
}

bool
store_pattern_matches(const char *pattern, const char *name)
{
	const char *star = NULL, *from = NULL;

	/* The last star alone is gone back to: linear enough, and exact. */
	while (*name != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			from = name;
		} else if (*pattern == '?' || *pattern == *name) {
			do
				name++;
			while (*pattern == '?' &&
			    ((unsigned char)*name & 0xc0) == 0x80);
			pattern++;
		} else if (star != NULL) {
			pattern = star + 1;
			name = ++from;
		} else
			return false;
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}
