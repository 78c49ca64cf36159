/* SPDX-License-Identifier: ISC */
/*
 * settle.c -- addresses fit to be sent from and to.
 *
 * Domains in any script go as A-labels, in the header too: then a server without
 * SMTPUTF8 takes them, and only a local part beyond ASCII needs one that has it.
 */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "../net/idn.h"
#include "sending.h"
#include "vars.h"

bool
is_on(const struct mailx *m, const char *name)
{
	static const char *const off[] = { "no", "off", "false", "0" };
	const char *value = var_get(m, name);
	size_t i;

	if (value == NULL)
		return false;
	for (i = 0; i < NELEM(off); i++)
		if (strcasecmp(value, off[i]) == 0)
			return false;
	return true;
}

char *
own_host(const struct mailx *m)
{
	const char *given = var_get(m, "hostname");
	char name[256];

	if (given != NULL && *given != '\0')
		return xstrdup(given);
	if (gethostname(name, sizeof name) == -1)
		return xstrdup("localhost");
	name[sizeof name - 1] = '\0';
	return xstrdup(*name == '\0' ? "localhost" : name);
}

static bool
is_ascii(const char *s, const char *end)
{
	for (; s < end; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

/* The address as it goes out; the caller frees. */
static char *
settle(const char *addr, const char *domain, bool *utf8, struct fail *why)
{
	const char *at = strrchr(addr, '@'), *end = addr + strlen(addr);
	char *ascii, *settled;
	struct span name;

	if (!is_ascii(addr, at == NULL ? end : at))
		*utf8 = true;
	if (at == NULL)
		return domain == NULL ? xstrdup(addr) :
		    xasprintf("%s@%s", addr, domain);
	if (is_ascii(at, end))
		return xstrdup(addr);
	name = span_of(at + 1);
	ascii = idn_ascii(name);
	if (ascii == NULL) {
		fail(why, EX_DATAERR, "%s: not a domain", addr);
		return NULL;
	}
	settled = xasprintf("%.*s@%s", (int)(at - addr), addr, ascii);
	free(ascii);
	return settled;
}

int
settle_addrs(const struct addrs *in, const char *domain, struct addrs *out,
    bool *utf8, struct fail *why)
{
	char *addr;
	size_t i;

	for (i = 0; i < in->n; i++) {
		if (addr_check(span_of(in->v[i].addr), true, why) == -1)
			return -1;
		addr = settle(in->v[i].addr, domain, utf8, why);
		if (addr == NULL)
			return -1;
		addrs_add(out, in->v[i].name, addr);
		free(addr);
	}
	return 0;
}

void
write_addrs(FILE *f, const char *name, const struct addrs *as)
{
	size_t i, column = strlen(name) + 1;
	char *one;

	if (as == NULL || as->n == 0)
		return;
	fprintf(f, "%s:", name);
	for (i = 0; i < as->n; i++) {
		one = addr_header(&as->v[i]);
		if (i > 0 && column + strlen(one) + 2 > MAX_HEADER_LINE) {
			fputs("\n", f);
			column = 0;
		}
		fprintf(f, " %s%s", one, i + 1 < as->n ? "," : "");
		column += strlen(one) + 2;
		free(one);
	}
	putc('\n', f);
}

static void
login_addr(const struct mailx *m, struct addrs *from)
{
	struct passwd *pw = getpwuid(getuid());
	char *host = own_host(m);
	char *addr = xasprintf("%s@%s", pw == NULL ? "nobody" : pw->pw_name,
	    host);

	addrs_add(from, NULL, addr);
	free(addr);
	free(host);
}

int
own_addrs(struct mailx *m, const char *given, struct addrs *from,
    bool *was_given, struct fail *why)
{
	if (given == NULL || *given == '\0')
		given = var_get(m, "from");
	*was_given = given != NULL && *given != '\0';
	if (!*was_given) {
		login_addr(m, from);
		return 0;
	}
	if (strpbrk(given, "\r\n") != NULL)
		return fail(why, EX_DATAERR, "From: line break in address");
	addrs_parse(from, span_of(given), m->options.charset_8bit);
	if (from->n == 0)
		return fail(why, EX_DATAERR, "From: %s: not an address", given);
	return 0;
}
