/* SPDX-License-Identifier: ISC */
/*
 * transcript.h -- the dialogue as people read it under -v, a line each: "C: " is
 * ours, "S: " the server's, "* " a remark.  Used by conn.c alone.  A NULL stream
 * takes everything and prints nothing.
 */
#ifndef NET_TRANSCRIPT_H
#define NET_TRANSCRIPT_H

#include "../util.h"

void	 transcript_line(FILE *t, char who, struct span line);
/* The first `shown' words, and "***" for the rest. */
void	 transcript_secret(FILE *t, char who, struct span line, int shown);
void	 transcript_octets(FILE *t, char who, uint64_t n);
void	 transcript_remark(FILE *t, const char *text);

#endif
