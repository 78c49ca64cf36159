/* SPDX-License-Identifier: ISC */
/* utf7.h -- mailbox names in modified UTF-7 (RFC 3501 5.1.3), both ways. */
#ifndef NET_UTF7_H
#define NET_UTF7_H

#include "../util.h"

/* From UTF-8; NULL where it is not valid UTF-8 or holds a NUL.  The caller frees. */
char	*utf7_encode(struct span name);
/*
 * To UTF-8; NULL for all that an encoder would not write: 8-bit octets and
 * controls, printable ASCII in base64, lone surrogates, bits left over, runs that
 * could have been one; so no two names decode alike.  The caller frees.
 */
char	*utf7_decode(struct span name);

#endif
