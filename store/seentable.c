/* SPDX-License-Identifier: ISC */
/*
 * seentable.c -- the records of a fetch state in memory: in the order they came, and
 * found by their key in a table of slots.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "seentable.h"

static struct seen_entry **
slot_of(const struct seentable *t, const char *key)
{
	uint64_t h = 14695981039346656037u;	/* FNV-1a */

	for (; *key != '\0'; key++)
		h = (h ^ (unsigned char)*key) * 1099511628211u;
	return &t->slots[(h ^ h >> 32) & (t->nslots - 1)];
}

struct seen_entry *
seentable_find(const struct seentable *t, const char *key)
{
	struct seen_entry *e;

	if (t->nslots == 0)
		return NULL;
	for (e = *slot_of(t, key); e != NULL; e = e->in_slot)
		if (strcmp(key, e->key) == 0)
			break;
	return e;
}

/* More slots: twice as many as entries at most. */
static void
spread(struct seentable *t)
{
	struct seen_entry *e, **slot;

	t->nslots = t->nslots == 0 ? 1024 : t->nslots * 2;
	free(t->slots);
	t->slots = xcalloc(t->nslots, sizeof(*t->slots));
	for (e = t->first; e != NULL; e = e->next) {
		slot = slot_of(t, e->key);
		e->in_slot = *slot;
		*slot = e;
	}
}

static struct seen_entry *
find_or_add(struct seentable *t, const char *key)
{
	struct seen_entry *e = seentable_find(t, key), **slot;
	size_t n = strlen(key) + 1;

	if (e != NULL)
		return e;
	e = xcalloc(1, sizeof(*e) + n);
	memcpy(e->key, key, n);
	*t->last = e;
	t->last = &e->next;
	if (t->n++ >= t->nslots)
		spread(t);
	else {
		slot = slot_of(t, key);
		e->in_slot = *slot;
		*slot = e;
	}
	return e;
}

/* New texts for an entry; they may come out of its old ones. */
static void
set_text(struct seen_entry *e, const char *light, const char *sha,
    const char *intent)
{
	size_t a = strlen(light) + 1, b = strlen(sha) + 1;
	size_t c = strlen(intent) + 1;
	char *text = xmalloc(a + b + c);

	memcpy(text, light, a);
	memcpy(text + a, sha, b);
	memcpy(text + a + b, intent, c);
	free(e->text);
	e->text = text;
}

void
seentable_describe(const struct seen_entry *e, struct seen_record *r)
{
	r->state = e->state;
	r->size = e->size;
	r->when = e->when;
	r->light = r->sha = r->intent = "";
	if (e->text == NULL)
		return;
	r->light = e->text;
	r->sha = r->light + strlen(r->light) + 1;
	r->intent = r->sha + strlen(r->sha) + 1;
}

void
seentable_intend(struct seentable *t, const char *key, const char *intent)
{
	struct seen_entry *e = find_or_add(t, key);

	set_text(e, "", "", intent);
	e->state = SEEN_INTENDED;
}

void
seentable_done(struct seentable *t, const char *key, uint64_t size, int64_t when,
    const char *light, const char *sha)
{
	struct seen_entry *e = find_or_add(t, key);

	set_text(e, light, sha, "");
	e->state = SEEN_DONE;
	e->size = size;
	e->when = when;
}

void
seentable_change(struct seentable *t, const char *key, enum seen_state state)
{
	struct seen_entry *e = seentable_find(t, key);

	if (e != NULL)
		e->state = state;
}

void
seentable_set_uidvalidity(struct seentable *t, uint32_t v)
{
	t->uidvalidity = v;
	t->mark = t->next = 0;
}

bool
seentable_number(const char *text, uint64_t max, uint64_t *v)
{
	char *end;

	if (!ascii_is_digit(*text))
		return false;
	errno = 0;
	*v = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' && *v <= max;
}

bool
seentable_take(struct seentable *t, char *const *w, size_t n)
{
	uint64_t size, when;

	if (n < 2 || strlen(w[0]) != 1)
		return false;
	switch (w[0][0]) {
	case 'V':
	case 'M':
	case 'N':
		if (!seentable_number(w[1], UINT32_MAX, &size))
			return false;
		if (w[0][0] == 'V')
			seentable_set_uidvalidity(t, (uint32_t)size);
		else if (w[0][0] == 'M')
			t->mark = (uint32_t)size;
		else
			t->next = (uint32_t)size;
		return n == 2;
	case 'I':
		if (n == 3)
			seentable_intend(t, w[1], w[2]);
		return n == 3;
	case 'D':
		if (n != 6 || !seentable_number(w[2], UINT64_MAX, &size) ||
		    !seentable_number(w[3], INT64_MAX, &when))
			return false;
		seentable_done(t, w[1], size, (int64_t)when, w[4], w[5]);
		return true;
	case 'X':
		seentable_change(t, w[1], SEEN_REMOVED);
		return n == 2;
	case 'F':
		seentable_change(t, w[1], SEEN_NOT);
		return n == 2;
	case 'C':
		return n == 6;
	}
	return false;
}

void
seentable_free(struct seentable *t)
{
	struct seen_entry *e;

	while ((e = t->first) != NULL) {
		t->first = e->next;
		free(e->text);
		free(e);
	}
	free(t->slots);
}
