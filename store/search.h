/* SPDX-License-Identifier: ISC */
/*
 * search.h -- the one search tree: parsed by cmd/expr.c, said to IMAP servers as
 * SEARCH keys by store/imap.c, evaluated here over envelopes, and over bodies
 * only where a key asks for them.
 */
#ifndef STORE_SEARCH_H
#define STORE_SEARCH_H

#include "../util.h"

struct store;

enum search_key {
	SEARCH_ALL, SEARCH_AND, SEARCH_OR, SEARCH_NOT,
	SEARCH_FROM, SEARCH_TO, SEARCH_CC, SEARCH_BCC, SEARCH_SUBJECT,	/* text: contained, any case */
	SEARCH_HEADER,			/* field `name' holds text ("": exists) */
	SEARCH_BODY, SEARCH_TEXT,	/* decoded body; header and body */
	SEARCH_ANY,			/* a bare word: in From, To, Cc or Subject */
	SEARCH_SINCE, SEARCH_BEFORE, SEARCH_ON,	/* day: of arrival (INTERNALDATE) */
	SEARCH_SENT_SINCE, SEARCH_SENT_BEFORE, SEARCH_SENT_ON,	/* day: of the Date field */
	SEARCH_LARGER, SEARCH_SMALLER,	/* number: octets */
	SEARCH_FLAG,			/* number: MSG_ bits, all set */
	SEARCH_KEYWORD,			/* text */
	SEARCH_UID,			/* ranges in text, IMAP syntax */
	SEARCH_ATTACHMENT, SEARCH_LIST
};

struct search {
	enum search_key	 key;
	struct search	*left, *right;	/* owned: AND, OR; NOT has left alone */
	char		*name;		/* owned */
	char		*text;		/* owned, UTF-8 */
	uint64_t	 number;
	int64_t		 day;		/* days since 1970-01-01, see date_days */
};

struct search	*search_new(enum search_key key);
struct search	*search_join(enum search_key key, struct search *a, struct search *b);	/* takes both */
void		 search_free(struct search *x);		/* NULL is fine; no recursion past MAX_EXPR_DEPTH */
/* What must be loaded (LOAD_ bits of store.h) before search_matches may be asked. */
unsigned	 search_needs(const struct search *x);
/* Does message n match?  1, 0, or -1 with `why' filled (reading a body failed). */
int		 search_matches(const struct search *x, struct store *s, uint32_t n,
		    struct fail *why);

#endif
