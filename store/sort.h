/* SPDX-License-Identifier: ISC */
/*
 * sort.h -- messages in another order (RFC 5256): by the server where it can, else
 * from what stands in the headers; the same order either way but for the
 * collation of what is not ASCII.  Messages that are alike stay in the order of
 * their numbers.
 */
#ifndef STORE_SORT_H
#define STORE_SORT_H

#include "store.h"

enum sort_key {
	SORT_ARRIVAL, SORT_CC, SORT_DATE, SORT_FROM, SORT_SIZE, SORT_SUBJECT, SORT_TO,
	/* No server does these. */
	SORT_FLAGGED, SORT_UNREAD
};

struct sort_by {
	enum sort_key	 key;
	bool		 reverse;
};

/* All that are there, in that order, added to ns. */
int	 store_sort(struct store *s, const struct sort_by *by, size_t n,
	    struct numbers *ns, struct fail *why);
/* Threads by their references, each behind its first message; depths: 0 for that one, and so on. */
int	 store_thread(struct store *s, struct numbers *ns, struct numbers *depths,
	    struct fail *why);

/* --- For the backends and the two above. --- */

/* The subject without all that answers and lists put around it, folded; the caller frees. */
char	*sort_base_subject(const char *subject, bool *is_answer);

/* What threading knows of a message. */
struct thread_input {
	uint32_t	 n;
	int64_t		 date;
	char		*id;		/* owned; or NULL */
	struct strv	 references;	/* oldest first, its parent last */
	char		*subject;	/* owned: the base */
	bool		 is_answer;
};
/* In the order of the numbers; fills ns and depths. */
void	 thread_messages(const struct thread_input *v, size_t n, struct numbers *ns,
	    struct numbers *depths);

#endif
