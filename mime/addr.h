/* SPDX-License-Identifier: ISC */
/*
 * addr.h -- addresses: reading them leniently from messages, checking them
 * strictly before they are used, printing them (RFC 5322 3.4 and 4.4, 6532).
 */
#ifndef MIME_ADDR_H
#define MIME_ADDR_H

#include "../util.h"

struct addr {
	char	*name;		/* owned: display name, decoded UTF-8; or NULL */
	char	*addr;		/* owned: local@domain, quotes kept where needed; "" in `Name <>'
				   alone: shown, but nothing to send to */
};

struct addrs {
	struct addr	*v;	/* owned */
	size_t		 n;
	size_t		 cap;
	unsigned	 defects;	/* DEFECT_ADDRESS where anything was guessed */
};

/*
 * Add the mailboxes of an address field's body (raw) or of a line a person
 * typed; groups are flattened.  Never fails; linear.  Encoded words are decoded
 * in names and never in an addr-spec.
 */
void	 addrs_parse(struct addrs *as, struct span body, const char *charset_8bit);
void	 addrs_add(struct addrs *as, const char *name, const char *addr); /* copies; not "" */
void	 addrs_take(struct addrs *as, char *name, char *addr); /* owned from now on */
void	 addrs_free(struct addrs *as);		/* and empty it */
/* Is `addr' among them?  Domain without case, local part exactly. */
bool	 addrs_has(const struct addrs *as, const char *addr);

/* Is it an addr-spec of RFC 5322, obsolete forms, comments and folding included? */
bool	 addr_is_spec(struct span raw);
/*
 * Check an address that we are to send to or from: an addr-spec (RFC 5321
 * 4.1.2) or a bare local name.  Refused (EX_DATAERR): empty, control characters
 * and line breaks, `|cmd', `/file', `+folder', a leading `-', and all that is
 * no dot-atom, quoted string or domain literal.  UTF-8 passes where `utf8'.
 */
int	 addr_check(struct span addr, bool utf8, struct fail *why);

/* For people: `Name <local@domain>', UTF-8, quoted where needed.  Caller frees. */
char	*addr_display(const struct addr *a);
/* For a header line, RFC 2047 where needed, not folded.  The caller frees. */
char	*addr_header(const struct addr *a);

#endif
