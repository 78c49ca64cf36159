/* SPDX-License-Identifier: ISC */
/* pop3box.h -- between the files of the POP3 folder. */
#ifndef STORE_POP3BOX_H
#define STORE_POP3BOX_H

#include "store.h"

struct pop3;
struct headcache;

struct box {
	struct pop3	*p;		/* owned; NULL: not connected */
	uint32_t	*numbers;	/* owned: the server's, of message i + 1; 0: none now */
	size_t		 cap;
	struct headcache *cache;	/* owned; NULL: none is kept */
	FILE		*last;		/* owned: the message fetched last; or NULL */
	uint32_t	 last_n;
};

/* --- pop3.c --- */

/* A session, with the messages as they are numbered in it. */
int	 pop3_need_session(struct store *s, struct fail *why);

/* --- pop3load.c --- */

int	 pop3_store_messages(struct store *s, const uint32_t *v, size_t n,
	    int (*each)(void *, struct store *, uint32_t, FILE *, struct fail *),
	    void *ctx, struct fail *why);
FILE	*pop3_store_message(struct store *s, uint32_t n, struct fail *why);
int	 pop3_store_load(struct store *s, const uint32_t *v, size_t n, unsigned what,
	    struct fail *why);
int	 pop3_store_head(struct store *s, uint32_t n, struct head *h, struct fail *why);

#endif
