/* SPDX-License-Identifier: ISC */
/*
 * pop3cache.c -- headers of a maildrop, kept between runs.
 *
 * UIDLs are mapped on SLOTS numbers, WAYS of which each may have; a text begins
 * with the UIDL and the size it belongs to, so that neither another message nor a
 * UIDL used again is taken for it.  What others push out is asked for again.  The
 * texts are read as what a server says is: a forged file can do no more.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "headcache.h"
#include "pop3cache.h"

#define SLOTS		65536
#define WAYS		4
#define MAX_KEY		1024		/* of a UIDL and a size */

struct headcache *
pop3cache_open(const struct store *s, const char *account)
{
	struct headcache *c;
	char *name;

	if (s->options->cache_dir == NULL)
		return NULL;
	name = xasprintf("pop3:%s", account);
	c = headcache_open(s->options->cache_dir, name, "INBOX", 1, 0);
	free(name);
	return c;
}

/* What the text begins with; false where the message has no name to go by. */
static bool
key_of(const struct msg *m, char key[static MAX_KEY], size_t *n)
{
	int len;

	if (m->name == NULL || *m->name == '\0')
		return false;
	len = snprintf(key, MAX_KEY, "%s %" PRIu64 "\n", m->name, m->size);
	*n = (size_t)len;
	return len > 0 && len < MAX_KEY;
}

static uint32_t
slot_of(const struct msg *m, unsigned way)
{
	uint64_t sum = headcache_sum(m->name, strlen(m->name));

	return (uint32_t)((sum ^ sum >> 32) + way) % SLOTS + 1;
}

static bool
is_of(struct span text, const char *key, size_t n)
{
	return text.n > n && memcmp(text.p, key, n) == 0;
}

struct span
pop3cache_get(struct headcache *c, const struct msg *m)
{
	struct span text = { NULL, 0 };
	char key[MAX_KEY];
	unsigned way;
	size_t n;

	if (c == NULL || headcache_is_empty(c) || !key_of(m, key, &n))
		return text;
	for (way = 0; way < WAYS; way++) {
		text = headcache_get(c, slot_of(m, way));
		if (is_of(text, key, n)) {
			text.p += n;
			text.n -= n;
			return text;
		}
	}
	text.n = 0;
	return text;
}

/* The first way that is free; else its own first one. */
void
pop3cache_put(struct headcache *c, const struct msg *m, struct span head)
{
	char key[MAX_KEY], *whole;
	unsigned way;
	size_t n;

	if (c == NULL || head.n == 0 || !key_of(m, key, &n))
		return;
	for (way = 0; way < WAYS; way++)
		if (headcache_get(c, slot_of(m, way)).n == 0)
			break;
	whole = xmalloc(n + head.n);
	memcpy(whole, key, n);
	memcpy(whole + n, head.p, head.n);
	headcache_put(c, slot_of(m, way == WAYS ? 0 : way),
	    (struct span){ whole, n + head.n });
	free(whole);
}
