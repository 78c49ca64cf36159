/* SPDX-License-Identifier: ISC */
/* sanitise.h -- filters over the characters of UTF-8 text, whatever pieces it comes in. */
#ifndef CMD_SANITISE_H
#define CMD_SANITISE_H

#include "../util.h"

/* Called for each character: n octets at p; a malformed octet comes alone as U+FFFD. */
typedef void character_fn(void *ctx, const char *p, size_t n, uint32_t cp);

/*
 * A stream that hands what is written to it to `put', character by character;
 * fclose calls `end' (may be NULL) and fails when `out' has failed, which stays
 * open.
 */
FILE	*filter_characters(FILE *out, character_fn *put, void (*end)(void *ctx),
	    void *ctx);

/* Called for a run of printing ASCII and SP. */
typedef void run_fn(void *ctx, const char *p, size_t n);

/* The same, but what is such a run comes at once; `put' gets the rest. */
FILE	*filter_runs(FILE *out, character_fn *put, run_fn *run,
	    void (*end)(void *ctx), void *ctx);

/* The columns that a character (n octets at p) takes where it is shown, escaped or not. */
int	 shown_columns(const char *p, size_t n, uint32_t before, uint32_t cp);

#endif
