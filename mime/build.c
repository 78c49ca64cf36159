/* SPDX-License-Identifier: ISC */
/*
 * build.c -- a message that is being composed: its fields and its tree of parts,
 * and Message-IDs (RFC 5322 3.6).  Values are checked when they are given, and
 * rendered by build_prepare, when the transport is known.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "buildint.h"
#include "date.h"

#define MAX_ID	900		/* of a Message-ID that is given */
#define BASE36	14		/* octets that 64 bits take in that, and NUL */

/* Fields of which a message has one (RFC 5322 3.6). */
static const char *const once[] = { "Date", "From", "Sender", "Reply-To", "To",
	"Cc", "Message-ID", "In-Reply-To", "References", "Subject" };

/* Fields of addresses: a display name must be coded by itself. */
static const char *const address_fields[] = { "From", "Sender", "Reply-To",
	"To", "Cc", "Mail-Followup-To", "Mail-Reply-To", "Errors-To",
	"Disposition-Notification-To", "Return-Receipt-To", "Resent-From",
	"Resent-Sender", "Resent-To", "Resent-Cc", "Resent-Reply-To" };

static bool
is_among(const char *const *names, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcasecmp(names[i], name) == 0)
			return true;
	return false;
}

struct build *
build_new(void)
{
	return xcalloc(1, sizeof(struct build));
}

static void
free_part(struct build_part *p)
{
	struct build_part *c, *next;

	for (c = p->child; c != NULL; c = next) {
		next = c->next;
		free_part(c);
		free(c);
	}
	if (p->in != NULL)
		fclose(p->in);
	plan_free(p->plan);
	free(p->type);
	free(p->charset);
	free(p->filename);
	free(p->description);
	free(p->id);
	free(p->path);
}

void
build_free(struct build *b)
{
	size_t i;

	if (b == NULL)
		return;
	for (i = 0; i < b->nfields; i++) {
		free(b->fields[i].name);
		free(b->fields[i].value);
		addrs_free(&b->fields[i].as);
	}
	free(b->fields);
	free_part(&b->root);
	free(b->id);
	free(b->date);
	free(b->head);
	free(b);
}

/* --- Fields. --- */

const struct build_header *
build_get(const struct build *b, const char *name)
{
	size_t i;

	for (i = 0; i < b->nfields; i++)
		if (strcasecmp(b->fields[i].name, name) == 0)
			return &b->fields[i];
	return NULL;
}

static int
check_name(const struct build *b, const char *name, struct fail *why)
{
	const char *p;

	for (p = name; *p > ' ' && *p < 127 && *p != ':'; p++)
		continue;
	if (p == name || *p != '\0' || p - name > MAX_HEADER_LINE)
		return fail(why, EX_DATAERR, "%s: is no name of a field", name);
	if (strcasecmp(name, "MIME-Version") == 0 ||
	    strncasecmp(name, "Content-", 8) == 0)
		return fail(why, EX_DATAERR,
		    "%s: this field follows from the message", name);
	if (strcasecmp(name, "Bcc") == 0 ||
	    strcasecmp(name, "Resent-Bcc") == 0)
		return fail(why, EX_DATAERR,
		    "%s: never stands in a message that is sent", name);
	if (is_among(once, NELEM(once), name) && (build_get(b, name) != NULL ||
	    (strcasecmp(name, "Message-ID") == 0 && b->id != NULL) ||
	    (strcasecmp(name, "Date") == 0 && b->date != NULL)))
		return fail(why, EX_DATAERR, "%s: is given twice", name);
	return 0;
}

static int
check_value(const char *name, const char *value, struct fail *why)
{
	if (strpbrk(value, "\r\n") == NULL)
		return 0;
	return fail(why, EX_DATAERR, "%s: the value has a line break", name);
}

static struct build_header *
add_field(struct build *b, const char *name)
{
	struct build_header *f;

	b->fields = xgrow(b->fields, b->nfields, &b->cap, sizeof *b->fields);
	f = &b->fields[b->nfields++];
	memset(f, 0, sizeof *f);
	f->name = xstrdup(name);
	return f;
}

static int
take_id(struct build *b, const char *value, struct fail *why)
{
	struct span s = span_trim(span_of(value));
	size_t i, at = 0;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] <= ' ' || s.p[i] >= 127 ||
		    (strchr("<>", s.p[i]) != NULL && i > 0 && i + 1 < s.n))
			break;
		at += s.p[i] == '@';
	}
	if (i < s.n || s.n < 5 || s.n > MAX_ID || at != 1 ||
	    s.p[0] != '<' || s.p[s.n - 1] != '>')
		return fail(why, EX_DATAERR, "Message-ID: is none: %s", value);
	b->id = span_dup(s);
	return 0;
}

static int
take_date(struct build *b, const char *value, struct fail *why)
{
	struct date d;
	char text[DATE_MAX];

	if (date_parse(span_of(value), &d) == -1)
		return fail(why, EX_DATAERR, "Date: is none: %s", value);
	date_rfc5322(&d, text);
	b->date = xstrdup(text);
	return 0;
}

/* 1: the value was addresses; 0: it is to be taken as text. */
static int
take_addresses(struct build *b, const char *name, const char *value,
    struct fail *why)
{
	struct addrs as = { 0 };
	int r = 0;

	addrs_parse(&as, span_of(value), NULL);
	if (as.n > 0 && as.defects == 0)
		r = build_addrs(b, name, &as, why) == -1 ? -1 : 1;
	else if (strcasecmp(name, "From") == 0 ||
	    strcasecmp(name, "Sender") == 0)
		r = fail(why, EX_DATAERR, "%s: is no address: %s", name, value);
	addrs_free(&as);
	return r;
}

int
build_field(struct build *b, const char *name, const char *value,
    struct fail *why)
{
	int r;

	if (check_name(b, name, why) == -1 ||
	    check_value(name, value, why) == -1)
		return -1;
	if (strcasecmp(name, "Message-ID") == 0)
		return take_id(b, value, why);
	if (strcasecmp(name, "Date") == 0)
		return take_date(b, value, why);
	if (is_among(address_fields, NELEM(address_fields), name)) {
		r = take_addresses(b, name, value, why);
		if (r != 0)
			return r == -1 ? -1 : 0;
	}
	add_field(b, name)->value = xstrdup(value);
	return 0;
}

int
build_addrs(struct build *b, const char *name, const struct addrs *as,
    struct fail *why)
{
	struct build_header *f;
	size_t i;

	if (check_name(b, name, why) == -1)
		return -1;
	for (i = 0; i < as->n; i++)
		if (addr_check(span_of(as->v[i].addr), true, why) == -1 ||
		    (as->v[i].name != NULL &&
		    check_value(name, as->v[i].name, why) == -1))
			return -1;
	if (as->n == 0)
		return 0;
	f = add_field(b, name);
	for (i = 0; i < as->n; i++)
		addrs_add(&f->as, as->v[i].name, as->v[i].addr);
	return 0;
}

/* --- Parts. --- */

struct build_part *
build_part(struct build *b, struct build_part *under, FILE *in)
{
	struct build_part *p = xcalloc(1, sizeof *p);

	if (under == NULL)
		under = &b->root;
	p->in = in;
	if (under->last == NULL)
		under->child = p;
	else
		under->last->next = p;
	under->last = p;
	return p;
}

bool
build_is_container(const struct build_part *p)
{
	return p->in == NULL;
}

struct build_part *
build_standing(struct build_part *p)
{
	while (p != NULL && build_is_container(p) && PLAN(p)->nstanding < 2)
		p = PLAN(p)->only;
	return p;
}

bool
build_is_8bit(const struct build *b)
{
	return b->eightbit;
}

/* --- Message-IDs. --- */

const char *
build_message_id(const struct build *b)
{
	return b->id;
}

static bool
is_id_domain(const char *s)
{
	size_t n;

	for (n = 0; s[n] != '\0'; n++)
		if (!ascii_is_alpha((unsigned char)s[n]) &&
		    !ascii_is_digit((unsigned char)s[n]) &&
		    strchr("-._:[]", s[n]) == NULL)
			return false;
	return n > 0 && n <= 255;
}

/* Short, so that a line holds it with most domains. */
static const char *
base36(uint64_t n, char out[static BASE36])
{
	size_t i = BASE36 - 1;

	out[i] = '\0';
	do {
		out[--i] = "0123456789abcdefghijklmnopqrstuvwxyz"[n % 36];
		n /= 36;
	} while (n > 0);
	return out + i;
}

char *
build_new_id(const char *domain)
{
	static uint64_t counter;
	char host[256] = "", when[BASE36], process[BASE36], count[BASE36],
	    random[BASE36];
	uint64_t noise;

	if (domain == NULL || !is_id_domain(domain)) {
		if (gethostname(host, sizeof host - 1) == -1 ||
		    !is_id_domain(host))
			strlcpy(host, "localhost", sizeof host);
		domain = host;
	}
	arc4random_buf(&noise, sizeof noise);
	return xasprintf("<%s.%s.%s.%s@%s>",
	    base36((uint64_t)time(NULL), when),
	    base36((uint64_t)getpid(), process), base36(counter++, count),
	    base36(noise, random), domain);
}
