/* SPDX-License-Identifier: ISC */
/* word.h -- encoded words (RFC 2047) in header fields, both ways. */
#ifndef MIME_WORD_H
#define MIME_WORD_H

#include "../util.h"

/*
 * Decode the encoded words of unstructured text or a phrase to UTF-8 and write
 * the result; what is none stays as it is.  Adjacent words of one charset are
 * joined before conversion (split characters occur in the wild).  Line breaks
 * and NUL out of a word become blanks.  Returns defects (DEFECT_CHARSET, ...).
 */
unsigned	 word_decode(struct span text, const char *charset_8bit, FILE *out);

/*
 * Write a field, "Name: value" folded at MAX_HEADER_LINE and ended by LF, the
 * value as encoded words (UTF-8, B or Q, whichever is shorter) where it is not
 * plain ASCII or could be taken for a word; characters are never split.  The
 * value is UTF-8 and holds no line break.
 */
void		 word_field(FILE *out, const char *name, const char *value);
/* One phrase (a display name) as an atom, a quoted string or words; not folded. */
void		 word_phrase(FILE *out, const char *phrase);

#endif
