/* SPDX-License-Identifier: ISC */
/* seentable.h -- the records of a fetch state in memory; between seen.c and its file alone. */
#ifndef STORE_SEENTABLE_H
#define STORE_SEENTABLE_H

#include "seen.h"

struct seen_entry {
	struct seen_entry	*in_slot;	/* the next of the same slot */
	struct seen_entry	*next;		/* in the order they came */
	enum seen_state	 state;
	uint64_t	 size;
	int64_t		 when;
	char		*text;		/* owned: light, sha, intent, each ended by NUL; or NULL */
	char		 key[];
};

/* `last' points at `first' in an empty one. */
struct seentable {
	struct seen_entry	*first, **last;	/* owned */
	struct seen_entry	**slots;	/* owned: by the hash of the key */
	size_t			 n, nslots;	/* entries; a power of two, or 0 */
	uint32_t		 uidvalidity, mark, next;
};

void			 seentable_free(struct seentable *t);
struct seen_entry	*seentable_find(const struct seentable *t, const char *key);	/* or NULL */
void			 seentable_describe(const struct seen_entry *e, struct seen_record *r);
void			 seentable_intend(struct seentable *t, const char *key, const char *intent);
void			 seentable_done(struct seentable *t, const char *key, uint64_t size,
			    int64_t when, const char *light, const char *sha);
/* Of a key that is there. */
void			 seentable_change(struct seentable *t, const char *key,
			    enum seen_state state);
/* Mark and next are of the one before, and go. */
void			 seentable_set_uidvalidity(struct seentable *t, uint32_t v);
/* Take a line of the log (seen.c); false: it is none. */
bool			 seentable_take(struct seentable *t, char *const *w, size_t n);
/* Digits alone, at most max? */
bool			 seentable_number(const char *text, uint64_t max, uint64_t *v);

#endif
