/* SPDX-License-Identifier: ISC */
/*
 * envelope.h -- what a summary, a search or a reply asks of a message's header,
 * decoded; the same whether it was read here or came as IMAP's ENVELOPE.
 */
#ifndef MIME_ENVELOPE_H
#define MIME_ENVELOPE_H

#include "addr.h"
#include "date.h"
#include "head.h"

struct envelope {
	struct date	 date;		/* valid where has_date */
	bool		 has_date;
	char		*subject;	/* owned, UTF-8; NULL if there is none */
	char		*message_id;	/* owned, with angle brackets; or NULL */
	struct strv	 in_reply_to;	/* ids with angle brackets */
	struct strv	 references;
	struct addrs	 from, sender, reply_to, to, cc, bcc;	/* repeated To and Cc merged */
	char		*list_id;	/* owned; or NULL.  IMAP fetches it beside ENVELOPE */
	unsigned	 defects;
};

/* From a header.  Never NULL; free with envelope_free. */
struct envelope	*envelope_read(const struct head *h, const char *charset_8bit);
void		 envelope_free(struct envelope *e);	/* NULL is fine */
/* The id of a Message-ID or Content-ID, in angle brackets; NULL where there is none.  The caller frees. */
char		*envelope_id(struct span body);
/* The ids `<...>' of a References-like body, added to sv (at most MAX_REFERENCES * 10). */
void		 envelope_ids(struct span body, struct strv *sv);

#endif
