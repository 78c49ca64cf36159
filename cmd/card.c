/* SPDX-License-Identifier: ISC */
/*
 * card.c -- calendars (RFC 5545) and cards (RFC 6350) in a few lines: what is
 * told, when, where and who, in the order in which it stands there.
 */
#include <stdlib.h>
#include <string.h>

#include "../mime/text.h"
#include "sanitise.h"
#include "wrap.h"

#define MAX_CONTENT	4096	/* octets of a line that are looked at */
#define MAX_SHOWN	60	/* lines */

enum kind { TEXT, WHEN, PERSON };

static const struct {
	const char	*name, *label;
	enum kind	 kind;
} properties[] = {
	{ "METHOD", "Method", TEXT }, { "SUMMARY", "What", TEXT },
	{ "DTSTART", "From", WHEN }, { "DTEND", "To", WHEN },
	{ "DUE", "Due", WHEN }, { "DURATION", "Lasts", TEXT },
	{ "RRULE", "Repeats", TEXT }, { "LOCATION", "Where", TEXT },
	{ "ORGANIZER", "Organiser", PERSON }, { "ATTENDEE", "Attendee", PERSON },
	{ "STATUS", "Status", TEXT }, { "DESCRIPTION", "Text", TEXT },
	{ "FN", "Name", TEXT }, { "ORG", "Organisation", TEXT },
	{ "TITLE", "Title", TEXT }, { "EMAIL", "Mail", TEXT },
	{ "TEL", "Telephone", TEXT }, { "ADR", "Address", TEXT },
	{ "URL", "URL", TEXT }, { "BDAY", "Born", TEXT }, { "NOTE", "Text", TEXT },
};

struct card {
	FILE	*out;			/* borrowed */
	char	 line[MAX_CONTENT + 1];	/* unfolded so far */
	size_t	 n;
	bool	 ended;			/* its line end was seen: the next may go on */
	int	 shown;
	bool	 gap;			/* an empty line is due */
	int	 hidden;		/* components inside one that we tell of: alarms, zones */
};

/* Without the escapes of RFC 5545 3.3.11; parts of a name or address with blanks. */
static void
put_value(struct card *c, const char *p)
{
	for (; *p != '\0'; p++) {
		if (*p != '\\') {
			putc(*p == ';' ? ' ' : *p, c->out);
			continue;
		}
		p++;
		if (*p == '\0')
			break;
		if (*p == 'n' || *p == 'N')
			fputs("\n  ", c->out);
		else
			putc(*p, c->out);
	}
}

/* A parameter, "TZID", of "DTSTART;TZID=Asia/Shanghai"; its length in *n. */
static const char *
parameter(const char *line, const char *end, const char *name, size_t *n)
{
	size_t len = strlen(name);
	const char *p = line;

	while ((p = memchr(p, ';', (size_t)(end - p))) != NULL) {
		p++;
		if ((size_t)(end - p) > len && p[len] == '=' &&
		    strncasecmp(p, name, len) == 0) {
			p += len + 1;
			if (*p == '"') {
				p++;
				*n = strcspn(p, "\"");
			} else
				*n = strcspn(p, ";:");
			return p;
		}
	}
	return NULL;
}

static bool
are_digits(const char *p, size_t n)
{
	return strspn(p, "0123456789") >= n;
}

/* 20261120T093000Z as 2026-11-20 09:30 UTC; what looks otherwise as it is. */
static void
put_when(struct card *c, const char *line, const char *colon)
{
	const char *p = colon + 1, *zone;
	size_t n;

	if (!are_digits(p, 8)) {
		put_value(c, p);
		return;
	}
	fprintf(c->out, "%.4s-%.2s-%.2s", p, p + 4, p + 6);
	if (p[8] != 'T' || !are_digits(p + 9, 4))
		return;
	fprintf(c->out, " %.2s:%.2s", p + 9, p + 11);
	zone = parameter(line, colon, "TZID", &n);
	if (zone != NULL)
		fprintf(c->out, " %.*s", (int)n, zone);
	else if (p[strlen(p) - 1] == 'Z')
		fputs(" UTC", c->out);
}

static void
put_person(struct card *c, const char *line, const char *colon)
{
	const char *p = colon + 1, *name, *state;
	size_t n;

	if (strncasecmp(p, "mailto:", 7) == 0)
		p += 7;
	name = parameter(line, colon, "CN", &n);
	if (name != NULL && n > 0)
		fprintf(c->out, "%.*s <%s>", (int)n, name, p);
	else
		fputs(p, c->out);
	state = parameter(line, colon, "PARTSTAT", &n);
	if (state != NULL)
		fprintf(c->out, " (%.*s)", (int)n, state);
}

/* The colon before the value: none that is quoted. */
static char *
find_colon(char *p)
{
	bool quoted = false;

	for (; *p != '\0' && (quoted || *p != ':'); p++)
		if (*p == '"')
			quoted = !quoted;
	return *p == '\0' ? NULL : p;
}

static void
put_property(struct card *c, size_t i, const char *line, const char *colon)
{
	fprintf(c->out, "%s%s: ", c->gap ? "\n" : "", properties[i].label);
	c->gap = false;
	if (properties[i].kind == WHEN)
		put_when(c, line, colon);
	else if (properties[i].kind == PERSON)
		put_person(c, line, colon);
	else
		put_value(c, colon + 1);
	putc('\n', c->out);
}

static void
component(struct card *c, bool begins, const char *name)
{
	bool inner = strcasecmp(name, "VALARM") == 0 ||
	    strcasecmp(name, "VTIMEZONE") == 0;

	if (inner)
		c->hidden += begins ? 1 : c->hidden > 0 ? -1 : 0;
	else if (begins && c->shown > 0)
		c->gap = true;
}

static void
take_content(struct card *c)
{
	char *line = c->line, *colon, *name;
	size_t n, i;

	line[c->n] = '\0';
	c->n = 0;
	colon = find_colon(line);
	if (colon == NULL || colon[1] == '\0' || c->shown >= MAX_SHOWN)
		return;
	n = strcspn(line, ";:");
	name = memchr(line, '.', n);	/* a group of vCard's */
	if (name != NULL) {
		n -= (size_t)(name + 1 - line);
		line = name + 1;
	}
	if (n == 5 && strncasecmp(line, "BEGIN", n) == 0)
		component(c, true, colon + 1);
	else if (n == 3 && strncasecmp(line, "END", n) == 0)
		component(c, false, colon + 1);
	for (i = 0; i < NELEM(properties) && c->hidden == 0; i++)
		if (strlen(properties[i].name) == n &&
		    strncasecmp(line, properties[i].name, n) == 0) {
			put_property(c, i, line, colon);
			if (++c->shown == MAX_SHOWN)
				fputs("...\n", c->out);
			return;
		}
}

static void
put_character(void *ctx, const char *p, size_t n, uint32_t cp)
{
	struct card *c = ctx;

	if (cp == '\r' || cp == 0)
		return;
	if (cp == '\n') {
		if (c->ended)
			take_content(c);
		c->ended = true;
		return;
	}
	if (c->ended) {
		c->ended = false;
		if (cp == ' ' || cp == '\t')
			return;		/* folded */
		take_content(c);
	}
	if (n <= MAX_CONTENT - c->n) {
		memcpy(c->line + c->n, p, n);
		c->n += n;
	}
}

static void
end_card(void *ctx)
{
	struct card *c = ctx;

	take_content(c);
	free(c);
}

FILE *
card_filter(FILE *out)
{
	struct card *c = xcalloc(1, sizeof *c);

	c->out = out;
	return filter_characters(out, put_character, end_card, c);
}
