/* SPDX-License-Identifier: ISC */
/* b64simd.h -- whole groups of base64 at a time; used by b64.c alone. */
#ifndef MIME_B64SIMD_H
#define MIME_B64SIMD_H

#include "../util.h"

/*
 * Code whole groups from the start of `in', as many as can be had; returns octets
 * of `in' used, a multiple of 3 (encode) or 4 (decode), perhaps 0.  What is left
 * is for the caller: less than a group, or for the wide ones less than a block; or,
 * decoding, a group near a character that is none of the alphabet.  Nothing is
 * read behind in + n, nor written behind what the n octets of `in' would give.
 */
size_t	 b64_encode_words(const unsigned char *in, size_t n, char *out);
size_t	 b64_decode_words(const char *in, size_t n, unsigned char *out);
/* The same with what this CPU has; where it has nothing, they use 0 octets. */
size_t	 b64_encode_wide(const unsigned char *in, size_t n, char *out);
size_t	 b64_decode_wide(const char *in, size_t n, unsigned char *out);

/* The value of a character; 64 and more for what is none. */
#define B64_NONE	0xff
extern const unsigned char b64_values[256];

#endif
