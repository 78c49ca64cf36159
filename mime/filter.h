/* SPDX-License-Identifier: ISC */
/* filter.h -- streams that code what is written to them; used inside mime/. */
#ifndef MIME_FILTER_H
#define MIME_FILTER_H

#include "../util.h"

/*
 * A stream that hands what is written to it to `put' (octets taken, or -1), and
 * is ended by fclose, which calls `end' (0 or -1).  Never NULL: without its
 * stream a filter is no use, and out of memory is the end.
 */
FILE	*filter_new(void *ctx, int (*put)(void *ctx, const char *p, int n),
	    int (*end)(void *ctx));

#endif
