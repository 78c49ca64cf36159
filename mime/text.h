/* SPDX-License-Identifier: ISC */
/*
 * text.h -- characters: UTF-8, other charsets through iconv, display width,
 * format=flowed (RFC 3676).
 */
#ifndef MIME_TEXT_H
#define MIME_TEXT_H

#include "../util.h"

/*
 * The next character of n >= 1 octets: returns how many it takes; *cp is
 * 0xFFFD for a malformed one (overlong, surrogate, > 0x10FFFF), which takes one
 * octet.  NUL is a character.
 */
size_t	 utf8_decode(const char *p, size_t n, uint32_t *cp);
size_t	 utf8_encode(uint32_t cp, char out[static 4]);	/* octets written */
bool	 utf8_is_valid(const char *p, size_t n);
/* Columns on a terminal: 0 (combining), 1, 2; -1 for control characters. */
int	 utf8_width(uint32_t cp);

/*
 * Filter: text in the charset of that label (as it occurs in the wild; NULL or
 * unknown: UTF-8 if valid, else charset_8bit, NULL: windows-1252) comes out as
 * UTF-8; malformed input as U+FFFD, DEFECT_CHARSET in *defects.  Never aborts,
 * output is bounded by a small multiple of the input.  CRLF becomes LF.  `out'
 * stays open; fclose ends it.
 */
FILE	*text_decoder(FILE *out, const char *charset, const char *charset_8bit,
	    unsigned *defects);
/* The same for a slice, line ends kept; the caller frees; *len may be NULL. */
char	*text_to_utf8(struct span text, const char *charset,
	    const char *charset_8bit, size_t *len, unsigned *defects);
/* Is the label one that we can decode? */
bool	 text_is_known(const char *charset);
/* UTF-8 into another charset; NULL if it does not fit.  The caller frees. */
char	*text_from_utf8(struct span text, const char *charset, size_t *len);

/* Folded for comparison without case, over all of Unicode; the caller frees. */
char	*text_fold(struct span text, size_t *len);
/* Does text hold `needle', which is folded already?  Linear. */
bool	 text_contains(struct span text, struct span folded_needle);

/*
 * Filter: format=flowed text (UTF-8, LF) with its soft line breaks joined; a
 * quote depth of n is written as n `>' and a blank.
 */
FILE	*flowed_decoder(FILE *out, bool delsp);
/*
 * Filter: text with LF as format=flowed: long lines get soft breaks, blanks at
 * line ends go, lines that need it are stuffed; quotes (">") stay as they are.
 */
FILE	*flowed_encoder(FILE *out);

#endif
