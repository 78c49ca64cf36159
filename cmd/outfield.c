/* SPDX-License-Identifier: ISC */
/* outfield.c -- a header field as it is shown: unfolded, decoded. */
#include <stdlib.h>
#include <string.h>

#include "outmessage.h"

static bool
is_address_field(struct span name)
{
	static const char *const names[] = {
		"From", "To", "Cc", "Bcc", "Reply-To", "Sender"
	};
	size_t i;

	if (span_has_prefix(name, "Resent-")) {
		name.p += 7;
		name.n -= 7;
	}
	for (i = 0; i < NELEM(names); i++)
		if (span_ieq(name, names[i]))
			return true;
	return false;
}

char *
addresses_text(const struct addrs *as)
{
	char *text, *one;
	size_t n, i;
	FILE *f = xmemstream(&text, &n);

	for (i = 0; i < as->n; i++) {
		one = addr_display(&as->v[i]);
		fprintf(f, "%s%s", i == 0 ? "" : ", ", one);
		free(one);
	}
	fclose(f);
	return text;
}

/* Encoded words are decoded in names, but never make an address. */
char *
field_text(const struct field *f, const char *charset_8bit)
{
	struct addrs as = { 0 };
	char *text = NULL;

	if (is_address_field(f->name) && memmem(f->body.p, f->body.n, "=?", 2) !=
	    NULL) {
		addrs_parse(&as, f->body, charset_8bit);
		if (as.n > 0)
			text = addresses_text(&as);
		addrs_free(&as);
	}
	return text != NULL ? text : head_text(f, charset_8bit);
}
