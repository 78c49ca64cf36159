/* SPDX-License-Identifier: ISC */
/*
 * recast.h -- the same message with other transfer encodings, for a transport
 * that carries less than it, or more (RFC 2045 6.2, RFC 3030 3).
 *
 * A part is taken for binary that says so and that no transport of lines carries:
 * with NUL, with CR in a line, or with a line longer than MAX_LINE.  What stands
 * around it is text, with LF line ends.
 */
#ifndef MIME_RECAST_H
#define MIME_RECAST_H

#include "../util.h"

/* 1: the message (seekable) has a binary part; 0: none; -1: it cannot be read. */
int	 recast_has_binary(FILE *in, struct fail *why);
/* For a transport of lines: binary parts become base64; LF line ends. */
int	 recast_to_lines(FILE *in, FILE *out, struct fail *why);
/*
 * For one that counts octets: line ends become CRLF, in binary parts every octet
 * stays.  `unencode': base64 parts become binary; not those of a message inside, or
 * of a signed or encrypted part, whose octets are not ours to change, nor one that is
 * the whole message, which would end without a line end.
 */
int	 recast_to_octets(FILE *in, bool unencode, FILE *out,
	    struct fail *why);

#endif
