/* SPDX-License-Identifier: ISC */
/* b64.h -- base64 (RFC 2045 6.8, RFC 4648): slices and streams. */
#ifndef MIME_B64_H
#define MIME_B64_H

#include "../util.h"

#define B64_ENCODED_SIZE(n)	(((n) + 2) / 3 * 4)	/* without line ends */

/* Encode all of it, no line ends; out holds B64_ENCODED_SIZE(n).  Returns octets written. */
size_t	 b64_encode(const void *in, size_t n, char *out);
/* Decode strictly (SASL): canonical, padded.  Returns octets, or -1 if malformed; out holds n / 4 * 3. */
ssize_t	 b64_decode(const char *in, size_t n, void *out);

/*
 * Filters: what is written to the returned stream comes out coded on `out',
 * which stays open.  fclose ends it (partial groups flushed; EOF when out
 * failed).  The encoder breaks lines at 76 with LF and ends with LF.  The
 * decoder passes over what does not belong, ends at padding (RFC 2045 6.8), and
 * sets DEFECT_BASE64 in *defects (may be NULL).
 */
FILE	*b64_encoder(FILE *out);
FILE	*b64_decoder(FILE *out, unsigned *defects);

#endif
