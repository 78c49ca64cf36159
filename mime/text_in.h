/* SPDX-License-Identifier: ISC */
/* text_in.h -- between text.c and the charsets that iconv lacks. */
#ifndef MIME_TEXT_IN_H
#define MIME_TEXT_IN_H

#include "../util.h"

/* Filter: HZ becomes GB 2312 of eight bits on `out', which it owns and closes. */
FILE	*hz_decoder(FILE *out);
/* Filter: UTF-8 made from EUC-KR, with the syllables that were written as letters; `out' stays open. */
FILE	*jamo_composer(FILE *out);

#endif
