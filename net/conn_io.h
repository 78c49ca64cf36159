/* SPDX-License-Identifier: ISC */
/* conn_io.h -- what dottext.c needs of a connection beyond conn.h. */
#ifndef NET_CONN_IO_H
#define NET_CONN_IO_H

#include "conn.h"

/* Octets to be sent, not shown in the transcript. */
int	 conn_put(struct conn *c, const char *p, size_t n, struct fail *why);
/* What is there, at least one octet; waits.  Borrowed, and still there until conn_taken. */
int	 conn_peek(struct conn *c, struct span *got, struct fail *why);
/* The first n octets of that were used up. */
void	 conn_taken(struct conn *c, size_t n);
/* Show in the transcript that a text of n octets came ('S') or went ('C'). */
void	 conn_show_text(struct conn *c, char who, uint64_t n);

#endif
