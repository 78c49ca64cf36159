/* SPDX-License-Identifier: ISC */
/*
 * smtpcheck.c -- may this message be sent over this session?  Asked before a word
 * is said: hostile addresses, SIZE (RFC 1870), 8BITMIME (6152), BINARYMIME (3030),
 * SMTPUTF8 (6531), REQUIRETLS (8689), FUTURERELEASE (4865).
 */
#include <stdlib.h>
#include <string.h>

#include "smtp_session.h"

/* What would break out of <...>, or make two commands of one. */
static bool
is_path(const char *addr, bool *eightbit)
{
	bool quoted = false;

	for (; *addr != '\0'; addr++) {
		if (ascii_is_control((unsigned char)*addr))
			return false;
		if ((unsigned char)*addr >= 0x80)
			*eightbit = true;
		if (*addr == '"')
			quoted = !quoted;
		else if (quoted && *addr == '\\' && addr[1] != '\0' &&
		    !ascii_is_control((unsigned char)addr[1]))
			addr++;
		else if (!quoted && strchr("<> ", *addr) != NULL)
			return false;
	}
	return !quoted;
}

static int
check_paths(const struct smtp_message *m, bool *eightbit, struct fail *why)
{
	size_t i;

	if (!is_path(m->from, eightbit))
		return fail(why, EX_DATAERR, "not an address: %s", m->from);
	for (i = 0; i < m->nrcpt; i++)
		if (*m->rcpt[i].addr == '\0' ||
		    !is_path(m->rcpt[i].addr, eightbit))
			return fail(why, EX_DATAERR, "not an address: %s",
			    m->rcpt[i].addr);
	if (m->nrcpt == 0)
		return fail(why, EX_USAGE, "a message to nobody");
	return 0;
}

static int
check_size(const struct smtp *x, uint64_t size, struct fail *why)
{
	const char *args, *error;
	long long limit;

	if (!smtp_offers(x, "SIZE", &args) || *args == '\0')
		return 0;
	limit = strtonum(args, 0, INT64_MAX, &error);
	if (error != NULL || limit == 0 || size <= (uint64_t)limit)
		return 0;
	return fail(why, EX_UNAVAILABLE, "%s: the message has %llu octets, and "
	    "the server takes %lld at most", conn_name(x->c),
	    (unsigned long long)size, limit);
}

/* What the user asked for and this server cannot do is no favour left undone. */
static int
check_demands(const struct smtp *x, const struct smtp_message *m,
    struct fail *why)
{
	const char *args, *error;
	long long most;
	char digits[12];

	if (m->notify != NULL && m->notify[strspn(m->notify, ", \t"
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")] != '\0')
		return fail(why, EX_CONFIG, "not a list of never, success, "
		    "failure, delay: %s", m->notify);
	if (m->require_tls && (!conn_is_tls(x->c) ||
	    !smtp_offers(x, "REQUIRETLS", NULL)))
		return fail(why, EX_UNAVAILABLE, "%s: the server does not "
		    "promise TLS all the way (REQUIRETLS)", conn_name(x->c));
	if (m->hold == 0)
		return 0;
	if (!smtp_offers(x, "FUTURERELEASE", &args))
		return fail(why, EX_UNAVAILABLE, "%s: the server does not keep "
		    "messages for later (FUTURERELEASE)", conn_name(x->c));
	strlcpy(digits, args, sizeof digits);
	digits[strspn(digits, "0123456789")] = '\0';
	most = strtonum(digits, 1, UINT32_MAX, &error);
	if (error == NULL && m->hold > most)
		return fail(why, EX_UNAVAILABLE, "%s: the server keeps a "
		    "message for %lld seconds at most", conn_name(x->c), most);
	return 0;
}

int
smtp_check(const struct smtp *x, struct smtp_message *m, struct fail *why)
{
	bool eightbit = false;

	if (x->dead || x->quit)
		return fail(why, EX_TEMPFAIL, "%s: the session is over",
		    conn_name(x->c));
	if (check_paths(m, &eightbit, why) == -1)
		return -1;
	m->utf8 = m->utf8 || eightbit;
	if (m->utf8 && !smtp_offers(x, "SMTPUTF8", NULL))
		return fail(why, EX_NOUSER, "%s: the server does not take "
		    "addresses beyond ASCII (SMTPUTF8)", conn_name(x->c));
	if (m->binary && !(m->chunking && smtp_takes_binary(x)))
		return fail(why, EX_UNAVAILABLE, "%s: the server does not take "
		    "binary text (BINARYMIME)", conn_name(x->c));
	if (((m->eightbit && !m->binary) || m->utf8) &&
	    !smtp_offers(x, "8BITMIME", NULL))
		return fail(why, EX_UNAVAILABLE, "%s: the server does not take "
		    "8-bit text (8BITMIME)", conn_name(x->c));
	if (check_demands(x, m, why) == -1)
		return -1;
	return check_size(x, m->size, why);
}
