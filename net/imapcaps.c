/* SPDX-License-Identifier: ISC */
/* imapcaps.c -- what a server offers: by name, or as a part of IMAP4rev2 (RFC 9051). */
#include <strings.h>

#include "imap.h"

static bool
is_named(const struct imap *x, const char *capability)
{
	const struct strv *all = imap_capabilities(x);
	size_t i;

	for (i = 0; i < all->n; i++)
		if (strcasecmp(all->v[i], capability) == 0)
			return true;
	return false;
}

/* Of a server that is both, the older one is spoken (RFC 9051 E). */
bool
imap_is_rev2(const struct imap *x)
{
	return is_named(x, "IMAP4rev2") && !is_named(x, "IMAP4rev1");
}

bool
imap_offers(const struct imap *x, const char *capability)
{
	/* What was an extension and has become part of it. */
	static const char *const rev2[] = { "ENABLE", "ESEARCH", "IDLE",
	    "LIST-EXTENDED", "LIST-STATUS", "LITERAL-", "MOVE", "NAMESPACE",
	    "SASL-IR", "SPECIAL-USE", "UIDPLUS" };
	size_t i;

	for (i = 0; i < NELEM(rev2) && imap_is_rev2(x); i++)
		if (strcasecmp(rev2[i], capability) == 0)
			return true;
	return is_named(x, capability);
}

int
imap_ask_capabilities(struct imap *x, struct fail *why)
{
	if (imap_run(x, EX_PROTOCOL, why, "CAPABILITY") == -1)
		return -1;
	if (!imap_knows_capabilities(x))
		return fail(why, EX_PROTOCOL,
		    "%s: CAPABILITY brought no capabilities", imap_name(x));
	return 0;
}
