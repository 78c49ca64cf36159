/* SPDX-License-Identifier: ISC */
/*
 * build.h -- composing a message (RFC 5322, 2045, 2047, 2231, 2387) and
 * streaming it: neither the body nor an attachment is ever whole in memory.
 *
 *	b = build_new();
 *	build_field(b, "Subject", "月报");		fields, in order
 *	build_addrs(b, "To", &to);
 *	p = build_part(b, NULL, in);		the body: a seekable stream
 *	build_part(b, NULL, attachment) ...	more than one: multipart/mixed
 *	build_prepare(b, &options, &size, why)	reads all once: encodings, size
 *	build_write(b, out, why)		as often as wanted, LF line ends
 *	build_free(b);
 *
 * Message-ID, Date, MIME-Version and From always stand in what is written;
 * Message-ID and Date are fixed by build_prepare where no field gave them.
 */
#ifndef MIME_BUILD_H
#define MIME_BUILD_H

#include "addr.h"

enum build_disposition { BUILD_NONE, BUILD_INLINE, BUILD_ATTACHMENT };

/* A leaf or container; the caller may set the fields before build_prepare. */
struct build_part {
	char			*type;	/* owned: media type without parameters; NULL: guessed,
					   text/plain for a body.  A container's is
					   multipart/... (NULL: mixed); it is dropped where
					   it has one child */
	char			*charset;	/* owned: label of a text; NULL: found out */
	char			*filename;	/* owned, UTF-8; or NULL */
	char			*description;	/* owned, UTF-8; or NULL */
	char			*id;		/* owned: Content-ID with brackets; or NULL */
	enum build_disposition	 disposition;	/* BUILD_NONE without a file name: a body, whose
					   CRLF line ends become LF; all else is kept exactly */
	FILE			*in;	/* owned: seekable, read from its start; NULL in a container */
	char			*path;	/* owned: what `in' is called in errors; or NULL */
	struct build_part	*child, *last, *next;	/* builder's */
	void			*plan;	/* builder's: encoding, size, stat */
};

struct build_options {
	const char	*hostname;	/* for Message-ID where From gives no domain */
	const char	*charset_8bit;	/* label for text that is not UTF-8; NULL: windows-1252 */
	const char	*encoding;	/* "auto" (NULL), "qp", "base64", "8bit" */
	bool		 eightbit_ok;	/* the transport offers 8BITMIME, or is a local folder:
					   text goes as 8bit where `encoding' says so too, a
					   message/rfc822 always, for it may not be encoded
					   (else it becomes message/global in base64) */
	bool		 utf8_ok;	/* SMTPUTF8 addresses may stand in the header */
	bool		 flowed;	/* text/plain as format=flowed */
	void		(*warn)(const char *text);	/* NULL: silent */
};

struct build;

struct build		*build_new(void);
void			 build_free(struct build *b);

/*
 * Add a field.  EX_DATAERR: a name that is none (RFC 5322 2.2), CR, LF or NUL in
 * the value, or a name that the builder alone writes (MIME-Version, Content-*).
 * The value of a Date or Message-ID given here is used.  Bcc is refused, and so
 * are a second Subject, From and others that stand once.  The value of an
 * address field is read as addresses.
 */
int			 build_field(struct build *b, const char *name,
			    const char *value, struct fail *why);
/* An address field, folded between addresses; nothing where there are none. */
int			 build_addrs(struct build *b, const char *name,
			    const struct addrs *as, struct fail *why);
/* Add a part under `under' (NULL: top level; several there make multipart/mixed).  Takes `in'. */
struct build_part	*build_part(struct build *b, struct build_part *under,
			    FILE *in);
/*
 * Read every part once: choose types, charsets, encodings and boundaries, and
 * find the size in octets with CRLF line ends, as SMTP counts.  May be repeated
 * for another transport; Message-ID and Date stay.  EX_NOINPUT: a part cannot be
 * read; EX_DATAERR: a bad type, charset, Content-ID, or no From; EX_NOUSER: an
 * address wants SMTPUTF8; EX_CONFIG: unknown `encoding'.
 */
int			 build_prepare(struct build *b,
			    const struct build_options *options,
			    uint64_t *size, struct fail *why);
/* Are there 8-bit octets in the body, so that it wants 8BITMIME?  After build_prepare. */
bool			 build_is_8bit(const struct build *b);
/* Write the message with LF line ends.  EX_NOINPUT when a part changed since it was read. */
int			 build_write(struct build *b, FILE *out, struct fail *why);
/* With angle brackets; borrowed from b; after build_prepare. */
const char		*build_message_id(const struct build *b);

/* A fresh Message-ID with brackets (time, pid, counter, 64 random bits).  Caller frees. */
char			*build_new_id(const char *domain);

#endif
