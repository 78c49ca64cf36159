/* SPDX-License-Identifier: ISC */
/*
 * addr.c -- fuzz: addresses.  An address that may be used is read as itself; what
 * was read without a defect and is printed reads the same.
 */
#include <stdlib.h>
#include <string.h>

#include "../../mime/addr.h"
#include "../../mime/head.h"
#include "../../mime/text.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_same(const struct addr *a, char *text)
{
	struct addrs as = { 0 };

	addrs_parse(&as, span_of(text), NULL);
	if (as.n != 1 || strcmp(as.v[0].addr, a->addr) != 0)
		abort();
	addrs_free(&as);
	free(text);
}

static void
check_addr(const struct addr *a)
{
	struct fail why = { 0 };

	if (strpbrk(a->addr, "\r\n") != NULL || (a->name != NULL &&
	    (strpbrk(a->name, "\n") != NULL || *a->name == '\0' ||
	    !utf8_is_valid(a->name, strlen(a->name)))))
		abort();
	if (addr_check(span_of(a->addr), true, &why) == -1)
		return;
	check_same(a, addr_display(a));
	check_same(a, addr_header(a));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = { (const char *)data, size };
	struct addrs as = { 0 }, one = { 0 };
	struct fail why = { 0 };
	size_t i;

	addrs_parse(&as, s, NULL);
	for (i = 0; i < as.n; i++)
		check_addr(&as.v[i]);
	if (addr_check(s, true, &why) == 0) {
		/* "a"@b is written a@b: the same mailbox. */
		addrs_parse(&one, s, NULL);
		if (one.n != 1 || one.v[0].name != NULL || (*s.p != '"' &&
		    !span_eq(s, one.v[0].addr)))
			abort();
		addrs_free(&one);
	}
	addrs_free(&as);
	return 0;
}
