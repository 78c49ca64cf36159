/* SPDX-License-Identifier: ISC */
/*
 * part.h -- the tree of a message's parts (RFC 2045, 2046): read in one pass
 * over the octets, or made from IMAP's BODYSTRUCTURE; and their contents,
 * decoded by streaming.
 *
 * Offsets count octets of the message as its source gives it.  Nothing here
 * fails but input and output themselves: malformed messages get the best
 * reading and named defects.
 */
#ifndef MIME_PART_H
#define MIME_PART_H

#include "envelope.h"
#include "head.h"
#include "param.h"

enum encoding {
	ENCODING_7BIT, ENCODING_8BIT, ENCODING_BINARY, ENCODING_QP,
	ENCODING_BASE64, ENCODING_UUENCODE, ENCODING_UNKNOWN
};

struct part {
	struct part	*parent;	/* NULL for the root */
	struct part	*child;		/* owned: the first; of a multipart, or the
					   message inside a message/rfc822 */
	struct part	*next;		/* owned: sibling */
	unsigned	 index;		/* among its siblings, 1-based */
	struct part	*inside;	/* owned: files in its text (enclosed.h), once
					   looked for; they are no children */
	unsigned	 enclosed;	/* the number of such a file; 0: a part like any */

	struct head	 head;		/* its fields; empty when made from BODYSTRUCTURE */
	struct params	 type;		/* value "text/plain" etc., defaults applied */
	struct params	 disposition;	/* value "" if there is none */
	enum encoding	 encoding;
	char		*encoding_name;	/* owned: lower case as declared, "7bit" if not */
	char		*filename;	/* owned: decoded, as sent (not safe as a path); or NULL */
	char		*id;		/* owned: Content-ID with brackets; or NULL */
	char		*description;	/* owned, decoded; or NULL */
	struct envelope	*envelope;	/* owned: only of an inner message read from IMAP */

	int64_t		 start;		/* offset of its header; -1 when not known */
	int64_t		 body;		/* offset of its body */
	uint64_t	 size;		/* octets of the body, still encoded; the line end
					   before a boundary is not counted */
	uint64_t	 lines;		/* of the body */
	unsigned	 defects;	/* of this part alone */
};

/* Read by feeding octets, in pieces of any size.  Memory is bounded by bounds.h. */
struct parser;
struct parser	*parser_new(const char *charset_8bit);
void		 parser_feed(struct parser *p, const char *octets, size_t n);
struct part	*parser_finish(struct parser *p);	/* the tree; frees p */

/* Read `in' to its end.  NULL only on a read error. */
struct part	*part_parse(FILE *in, const char *charset_8bit, struct fail *why);
void		 part_free(struct part *root);		/* NULL is fine */

/*
 * Numbers, as RFC 9051 6.4.5 has them: the children of a top-level multipart
 * are 1, 2, ...; a message that is not multipart has the part 1; the root of a
 * multipart message is ""; a multipart that is the whole body of message P is
 * P.TEXT.  The caller frees.
 */
char		*part_number(const struct part *p);
/* The part of that number, or NULL.  "" is the root. */
struct part	*part_find(struct part *root, const char *number);
/* Depth first: the part after p, or NULL. */
struct part	*part_walk(struct part *p);

bool		 part_is_multipart(const struct part *p);
bool		 part_is_message(const struct part *p);	/* message/rfc822, /global, /news with a child */
bool		 part_is_text(const struct part *p);
/* Does it count as an attachment: disposition attachment, or a file name, or a leaf that is not text inside a multipart/mixed? */
bool		 part_is_attachment(const struct part *p);
bool		 part_has_attachment(struct part *root);
/* The declared charset of a text part; NULL if none. */
const char	*part_charset(const struct part *p);
/* All defects of a tree. */
unsigned	 part_defects(struct part *root);

/*
 * Decode: read p's encoded body (n octets from the present position of `in'),
 * undo the transfer encoding, write to out.  CRLF becomes LF unless the encoding
 * is base64 or binary.  0, or -1 for I/O errors.  Defects are added to *defects
 * (may be NULL).
 */
int		 part_decode(const struct part *p, FILE *in, uint64_t n, FILE *out,
		    unsigned *defects, struct fail *why);
/* The same for text, converted to UTF-8 with LF line ends; flowed text is left as it is. */
int		 part_decode_text(const struct part *p, FILE *in, uint64_t n,
		    const char *charset_8bit, FILE *out, unsigned *defects,
		    struct fail *why);

/*
 * A safe name for a file, from a part's: the base name (after / and \), control
 * and format characters, and what a shell or file system minds, as `_', no
 * leading dot, dash or tilde, at most MAX_FILENAME octets on a character
 * boundary, the extension kept; where nothing is left "part-NUMBER.EXT" by type.
 * The caller frees.
 */
char		*part_safe_name(const struct part *p);
/* The same of any text; "" where nothing is left. */
char		*part_clean_name(const char *text);

#endif
