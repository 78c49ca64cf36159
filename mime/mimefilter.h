/* SPDX-License-Identifier: ISC */
/* mimefilter.h -- between the files of mailx-mime; no part of libmime.a. */
#ifndef MIME_MIMEFILTER_H
#define MIME_MIMEFILTER_H

#include "../util.h"

/* What the command line asks of a filter. */
struct request {
	bool		 flag;		/* -d or -J */
	const char	*number;	/* of a part; or NULL */
};

/* Each reads `in' to its end and writes to `out'; 0 or -1. */
typedef int mime_filter(const struct request *q, FILE *in, FILE *out,
    struct fail *why);

mime_filter	 mime_decode;	/* a message as readable text */
mime_filter	 mime_fields;	/* header fields, decoded, one a line */
mime_filter	 mime_tree;	/* the tree of parts */
mime_filter	 mime_part;	/* one part, decoded */
mime_filter	 mime_b64, mime_qp, mime_2047, mime_2231;

/* encode: with options of its own; EX_USAGE where they are wrong. */
int		 mime_encode(int argc, char **argv, FILE *out, struct fail *why);

/*
 * Filter: UTF-8 with what could drive a terminal as visible escapes; line ends and TAB
 * stay, and a last line without an end gets one.
 */
FILE		*visible_filter(FILE *out);
/* The same of a string, in one line. */
void		 put_visible(FILE *out, const char *text);

#endif
