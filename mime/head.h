/* SPDX-License-Identifier: ISC */
/*
 * head.h -- the header of a message or part: its fields (RFC 5322 2.2 and 4).
 *
 * Decoding never fails: what cannot be read is left out or read as text, and
 * the defect is named.  All text results are UTF-8.
 */
#ifndef MIME_HEAD_H
#define MIME_HEAD_H

#include "../util.h"

/* What was malformed and repaired; a set of bits.  Names are in head.c. */
enum defect {
	DEFECT_FIELD		= 1 << 0,	/* a header line that is no field */
	DEFECT_NO_BLANK_LINE	= 1 << 1,	/* the header ends without an empty line */
	DEFECT_HEAD_CUT		= 1 << 2,	/* a header over the limits */
	DEFECT_TYPE		= 1 << 3,	/* Content-Type unreadable */
	DEFECT_ENCODING		= 1 << 4,	/* unknown transfer encoding, or one on a multipart */
	DEFECT_BASE64		= 1 << 5,	/* characters that do not belong there */
	DEFECT_QP		= 1 << 6,	/* a broken =XX */
	DEFECT_NO_BOUNDARY	= 1 << 7,	/* a multipart without boundary parameter */
	DEFECT_BOUNDARY_MISSING	= 1 << 8,	/* its boundary does not occur */
	DEFECT_NOT_CLOSED	= 1 << 9,	/* the closing boundary is missing */
	DEFECT_DEPTH		= 1 << 10,	/* nested deeper than MAX_DEPTH */
	DEFECT_PARTS		= 1 << 11,	/* more parts than MAX_PARTS */
	DEFECT_CHARSET		= 1 << 12,	/* unknown charset, or text that does not fit */
	DEFECT_DUPLICATE	= 1 << 13,	/* a field that may stand once stands twice */
	DEFECT_RAW_8BIT		= 1 << 14,	/* undeclared 8-bit octets in a header */
	DEFECT_ADDRESS		= 1 << 15,	/* an address field with syntax errors */
	DEFECT_DATE		= 1 << 16,	/* an unreadable Date */
	DEFECT_NUL		= 1 << 17	/* NUL octets */
};
#define DEFECT_COUNT	18

/* The name of one bit, in kebab case, as in JSON: "boundary-missing". */
const char	*defect_name(enum defect bit);

struct field {
	struct span	name;	/* without the colon and blanks before it */
	struct span	body;	/* raw: folded, without the last line end */
};

struct head {
	char		*text;	/* owned: all that the fields point into */
	size_t		 len;
	struct field	*v;	/* owned; in order */
	size_t		 n;
	size_t		 max_field;	/* octets of one that are kept */
	unsigned	 defects;
};

/*
 * Read a header: text up to and with the empty line, or to the end; line ends
 * are LF or CRLF.  A leading "From " separator line is skipped and is no field.
 * `text' (malloc'ed) is taken over; free with head_free.
 */
void		 head_parse(struct head *h, char *text, size_t len);
/* The same for a message that we are to send: no field is cut. */
void		 head_parse_whole(struct head *h, char *text, size_t len);
void		 head_free(struct head *h);

/* The first field of that name (any case), or NULL. */
const struct field *head_get(const struct head *h, const char *name);
/* The next one of the same name after `f', or NULL. */
const struct field *head_again(const struct head *h, const struct field *f);

/*
 * A field's body as a reader sees it: unfolded, RFC 2047 words decoded, raw
 * 8-bit octets guessed (UTF-8 if valid, else `charset_8bit', NULL: windows-1252).
 * White space at both ends is gone.  The caller frees.
 */
char		*head_text(const struct field *f, const char *charset_8bit);
/* The same of the first field of that name; NULL where there is none. */
char		*head_get_text(const struct head *h, const char *name,
		    const char *charset_8bit);
/* Unfolded only, octets kept.  The caller frees. */
char		*head_raw(const struct field *f);

#endif
