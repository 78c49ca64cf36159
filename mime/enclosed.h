/* SPDX-License-Identifier: ISC */
/*
 * enclosed.h -- files that stand in the text of a message: uuencode as POSIX has
 * it, yEnc.
 *
 * MIME knows nothing of them, so they are no parts of the tree and its numbers
 * stay IMAP's; the k-th one in part P is called P.uk.
 */
#ifndef MIME_ENCLOSED_H
#define MIME_ENCLOSED_H

#include "part.h"

struct enclosed_reader {
	FILE	*text;			/* borrowed: what is no file; NULL: dropped */
	FILE	*(*begin)(void *ctx, const char *name);	/* borrowed, for its octets; or NULL */
	void	 (*end)(void *ctx, uint64_t octets);	/* NULL: nothing to do */
	void	*ctx;
};

/* Filter: text as the transfer encoding leaves it, in its own charset. */
FILE		*enclosed_decoder(const struct enclosed_reader *r);

/* May there be any in this part? */
bool		 enclosed_possible(const struct part *p);
/*
 * Look for them in n octets of p's encoded body; they hang on p->inside from
 * then on, with type, name and number; part_decode on one of them and the body
 * of p gives its octets; `size' is that of these.
 */
int		 enclosed_find(struct part *p, FILE *in, uint64_t n,
		    const char *charset_8bit, struct fail *why);
/* Of those found the one that a number means: "1.u2"; or NULL. */
struct part	*enclosed_get(struct part *p, const char *number);
/* The part around it: what stands before ".u"; NULL: the number is of another kind.  The caller frees. */
char		*enclosed_around(const char *number);
/* part_decode for one of them. */
int		 enclosed_decode(const struct part *p, FILE *in, uint64_t n,
		    FILE *out, unsigned *defects, struct fail *why);

#endif
