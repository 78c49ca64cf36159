/* SPDX-License-Identifier: ISC */
/* idn.h -- host names in any script as DNS and certificates know them (RFC 3492, 5891). */
#ifndef NET_IDN_H
#define NET_IDN_H

#include "../util.h"

/*
 * The name with ASCII letters in lower case and every other label as "xn--...";
 * ideographic full stops are dots.  NULL for malformed UTF-8 and labels that are
 * too long.  Letters must be precomposed (NFC), as keyboards give them.  The
 * caller frees.
 */
char	*idn_ascii(struct span name);

#endif
