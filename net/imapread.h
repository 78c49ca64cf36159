/* SPDX-License-Identifier: ISC */
/*
 * imapread.h -- what an IMAP server says, response by response, as a small tree
 * (RFC 3501 and 9051, section 9).  Bounded in depth, nodes and octets; message
 * texts go to a stream as they come, so that no message stands in memory.
 *
 * Failures are EX_PROTOCOL for all that is no response, and what the input gives.
 */
#ifndef NET_IMAPREAD_H
#define NET_IMAPREAD_H

#include "../util.h"

enum imap_kind {
	IMAP_ATOM,
	IMAP_STRING,		/* quoted or literal, unescaped */
	IMAP_NIL,		/* text is NIL as it stood */
	IMAP_LIST,
	IMAP_STREAMED		/* a literal that went to the sink: text.p NULL, text.n its octets */
};

struct imap_node {
	enum imap_kind		 kind;
	struct span		 text;
	struct imap_node	*child;		/* of a list: the first */
	struct imap_node	*next;
};

enum imap_status {
	IMAP_DATA, IMAP_OK, IMAP_NO, IMAP_BAD, IMAP_BYE, IMAP_PREAUTH, IMAP_MORE
};

struct imap_response {
	struct span		 tag;		/* "*", "+" or a tag */
	bool			 has_number;	/* "* 12 FETCH" */
	uint32_t		 number;
	struct span		 word;		/* "FETCH", as it came; empty after "+" */
	enum imap_status	 status;	/* IMAP_MORE: "+" */
	struct imap_node	*items;		/* behind the word; NULL where status is not IMAP_DATA */
	struct imap_node	*code;		/* what stood in [...]; or NULL */
	struct span		 text;		/* after status and code; p NULL if there is none */
	size_t			 octets;	/* of all of it that is in memory */
};

/* Where octets come from: as conn_line and conn_read. */
struct imap_input {
	int	(*line)(void *ctx, struct span *line, struct fail *why);
	int	(*read)(void *ctx, size_t n, struct span *got, struct fail *why);
	void	*ctx;
};

/*
 * Asked for each literal of a FETCH response behind BODY[...], BINARY[...] or
 * RFC822...: the stream that takes its octets, with LF line ends unless *raw
 * was set; or NULL: it is kept in memory.  The stream stays open; the reader
 * reads on when writing fails (look at ferror).
 */
struct imap_sink {
	FILE	*(*begin)(void *ctx, const struct imap_response *r,
		    struct span item, uint64_t size, bool *raw);
	void	*ctx;
};

struct imap_reader;

struct imap_reader	*imap_reader_new(const struct imap_input *in);
void			 imap_reader_free(struct imap_reader *r);	/* NULL is fine */
/* The sink from now on; NULL: none.  Copied. */
void			 imap_reader_sink(struct imap_reader *r, const struct imap_sink *sink);
/* The next response; borrowed until the next call. */
const struct imap_response *imap_read(struct imap_reader *r, struct fail *why);

/* An atom of that name, any case? */
bool	 imap_is_atom(const struct imap_node *n, const char *name);
/* Atom, string, or NIL taken as a string (a mailbox may be called so)? */
bool	 imap_is_text(const struct imap_node *n);
/* Digits alone, at most max.  0, or -1. */
int	 imap_number(struct span s, uint64_t max, uint64_t *value);
/*
 * The next range of a set "4,7:9,12:*" (* is UINT32_MAX), low end first: 1, 0 at
 * its end, -1 malformed.  Takes it off the front of *set.
 */
int	 imap_set_next(struct span *set, uint32_t *low, uint32_t *high);

#endif
