/* SPDX-License-Identifier: ISC */
/*
 * html.c -- a minimal reader of HTML: what stands between tags, broken into
 * lines where block elements begin, and where a link leads that does not say so
 * itself.  It knows no styles, runs nothing, opens nothing; memory is bounded
 * whatever comes.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../mime/text.h"
#include "html.h"
#include "sanitise.h"

#define MAX_NAME	16	/* of a tag or entity that matters */
#define MAX_LINK	2048	/* longer ones are left out: half a link is none */

enum where { IN_TEXT, IN_TAG, IN_COMMENT, IN_ENTITY };

struct reader {
	FILE		*out;		/* borrowed */
	enum where	 where;
	char		 name[MAX_NAME];	/* of the tag or entity so far */
	size_t		 n;
	bool		 named;		/* the tag's name is complete */
	char		 quote;		/* inside an attribute's value */
	char		 attr[MAX_NAME];	/* name of the attribute so far */
	size_t		 nattr;
	bool		 attr_ended;
	bool		 value;		/* in its value */
	char		 link[MAX_LINK];	/* the value of href */
	size_t		 nlink;
	const char	*target;	/* in the link: what its text may say */
	bool		 differs;	/* and does not */
	char		 hidden[MAX_NAME];	/* element whose content is not text; or "" */
	int		 dashes;	/* at the end of a comment so far */
	bool		 pre;		/* blanks and line breaks count */
	bool		 blank;		/* one is due before the next word */
	int		 breaks;	/* line ends just written; 2 at the start */
};

static bool
is_one_of(const char *name, const char *list)
{
	size_t n = strlen(name);

	for (; n > 0 && (list = strstr(list, name)) != NULL; list += n)
		if (list[-1] == ' ' && list[n] == ' ')
			return true;
	return false;
}

static void
break_line(struct reader *r, int most)
{
	r->blank = false;
	if (r->breaks < most) {
		putc('\n', r->out);
		r->breaks++;
	}
}

/* Does the text of the link go on as its target does? */
static void
compare(struct reader *r, const char *p, size_t n)
{
	if (r->target == NULL || r->differs)
		return;
	if (strncmp(r->target, p, n) == 0)
		r->target += n;
	else
		r->differs = true;
}

static void
put(struct reader *r, const char *p, size_t n)
{
	if (r->blank && r->breaks == 0)
		putc(' ', r->out);
	compare(r, p, n);
	r->blank = false;
	r->breaks = 0;
	fwrite(p, 1, n, r->out);
}

/* --- Links. --- */

static void
begin_link(struct reader *r)
{
	if (r->nlink == sizeof r->link)
		return;
	r->link[r->nlink] = '\0';
	r->differs = false;
	if (strncasecmp(r->link, "mailto:", 7) == 0)
		r->target = r->link + 7;
	else if (strncasecmp(r->link, "http://", 7) == 0 ||
	    strncasecmp(r->link, "https://", 8) == 0)
		r->target = r->link;
}

static void
end_link(struct reader *r)
{
	const char *rest = r->target;

	r->target = NULL;
	if (rest == NULL || (!r->differs &&
	    (*rest == '\0' || strcmp(rest, "/") == 0)))
		return;
	r->blank = true;
	put(r, "<", 1);
	put(r, r->link, r->nlink);
	put(r, ">", 1);
}

static void
add_to_link(struct reader *r, const char *p, size_t n)
{
	if (r->nlink + n >= sizeof r->link)
		r->nlink = sizeof r->link;
	else if (n > 1 || (unsigned char)*p > ' ') {
		memcpy(r->link + r->nlink, p, n);
		r->nlink += n;
	}
	if (r->nlink >= 5 && r->nlink < sizeof r->link &&
	    memcmp(r->link + r->nlink - 5, "&amp;", 5) == 0)
		r->nlink -= 4;
}

/* --- Tags. --- */

/* The name is complete: what the tag does. */
static void
act(struct reader *r)
{
	const char *name = r->name;
	bool end = *name == '/';

	if (end)
		name++;
	if (*r->hidden != '\0') {
		if (end && strcmp(name, r->hidden) == 0)
			*r->hidden = '\0';
		return;
	}
	if (!end && is_one_of(name, " script style title template ")) {
		strlcpy(r->hidden, name, sizeof r->hidden);
		return;
	}
	if (strcmp(name, "a") == 0) {
		if (end)
			end_link(r);
		else
			begin_link(r);
	} else if (strcmp(name, "pre") == 0) {
		break_line(r, 1);
		r->pre = !end;
	} else if (strcmp(name, "br") == 0)
		break_line(r, 2);
	else if (is_one_of(name, " p h1 h2 h3 h4 h5 h6 ul ol table blockquote ")) {
		break_line(r, 1);
		break_line(r, 2);
	} else if (is_one_of(name, " div tr li dt dd hr section article header "
	    "footer body "))
		break_line(r, 1);
	else if (is_one_of(name, " td th "))
		r->blank = true;
	if (!end && strcmp(name, "li") == 0)
		put(r, "- ", 2);
}

static uint32_t
character(const char *name)
{
	static const struct { const char *name; uint32_t cp; } known[] = {
		{ "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' },
		{ "apos", '\'' }, { "nbsp", ' ' }, { "copy", 0xa9 },
		{ "reg", 0xae }, { "euro", 0x20ac }, { "hellip", 0x2026 },
		{ "mdash", 0x2014 }, { "ndash", 0x2013 }, { "lsquo", 0x2018 },
		{ "rsquo", 0x2019 }, { "ldquo", 0x201c }, { "rdquo", 0x201d },
		{ "bull", 0x2022 }, { "middot", 0xb7 }, { "shy", 0 },
		{ "zwnj", 0 }, { "auml", 0xe4 }, { "ouml", 0xf6 },
		{ "uuml", 0xfc }, { "Auml", 0xc4 }, { "Ouml", 0xd6 },
		{ "Uuml", 0xdc }, { "szlig", 0xdf }, { "eacute", 0xe9 },
		{ "egrave", 0xe8 }, { "agrave", 0xe0 }, { "ccedil", 0xe7 }
	};
	unsigned long cp;
	size_t i;

	if (*name == '#') {
		cp = name[1] == 'x' || name[1] == 'X' ?
		    strtoul(name + 2, NULL, 16) : strtoul(name + 1, NULL, 10);
		return cp == 0xa0 ? ' ' : cp == 0 || cp > 0x10ffff ||
		    (cp >= 0xd800 && cp < 0xe000) ? 0xfffd : (uint32_t)cp;
	}
	for (i = 0; i < NELEM(known); i++)
		if (strcmp(name, known[i].name) == 0)
			return known[i].cp;
	return 0xfffd;
}

/* An entity ended, by `;' or by what cannot belong to it. */
static void
end_entity(struct reader *r, bool closed)
{
	char text[4];
	uint32_t cp;

	r->where = IN_TEXT;
	r->name[r->n] = '\0';
	cp = character(r->name);
	if (cp == 0 || *r->hidden != '\0')
		return;
	if (cp != 0xfffd || (closed && *r->name == '#')) {
		put(r, text, utf8_encode(cp, text));
		return;
	}
	put(r, "&", 1);
	put(r, r->name, r->n);
	if (closed)
		put(r, ";", 1);
}

static void
end_attribute(struct reader *r)
{
	r->value = r->attr_ended = false;
	r->nattr = 0;
	r->attr[0] = '\0';
}

static void
in_attribute_name(struct reader *r, uint32_t cp)
{
	if (cp == '=')
		r->value = true;
	else if (cp < 128 && ascii_is_space((int)cp))
		r->attr_ended = true;
	else {
		if (r->attr_ended)
			end_attribute(r);
		/* A longer name is none that matters, whatever it ends with. */
		if (r->nattr < MAX_NAME - 1 && cp < 128)
			r->attr[r->nattr++] = (char)ascii_lower((int)cp);
		r->attr[r->nattr] = '\0';
	}
}

static void
in_value(struct reader *r, const char *p, size_t n, uint32_t cp)
{
	bool href = strcmp(r->name, "a") == 0 && strcmp(r->attr, "href") == 0;

	if (r->quote == 0 && cp < 128 && ascii_is_space((int)cp)) {
		if (!href || r->nlink > 0)
			end_attribute(r);
	} else if (href)
		add_to_link(r, p, n);
}

static void
in_tag(struct reader *r, const char *p, size_t n, uint32_t cp)
{
	bool ends = cp == '>' || (cp < 128 && ascii_is_space((int)cp)) ||
	    (cp == '/' && r->n > 0);

	if (!r->named && !ends && r->n < MAX_NAME - 1 && cp < 128) {
		r->name[r->n++] = (char)ascii_lower((int)cp);
		r->name[r->n] = '\0';
		if (strcmp(r->name, "!--") == 0) {
			r->where = IN_COMMENT;
			r->dashes = 0;
		}
		return;
	}
	if (!r->named && strcmp(r->name, "a") == 0) {
		end_link(r);
		r->nlink = 0;
	}
	r->named = true;
	if (r->quote != 0 && cp == (uint32_t)r->quote) {
		r->quote = 0;
		end_attribute(r);
	} else if (r->quote == 0 && *r->hidden == '\0' &&
	    (cp == '"' || cp == '\''))
		r->quote = (char)cp;
	else if (r->quote == 0 && cp == '>') {
		r->where = IN_TEXT;
		act(r);
	} else if (r->value)
		in_value(r, p, n, cp);
	else if (r->quote == 0)
		in_attribute_name(r, cp);
}

static void
in_text(struct reader *r, const char *p, size_t n, uint32_t cp)
{
	if (cp == '<') {
		r->where = IN_TAG;
		r->n = 0;
		r->name[0] = '\0';
		r->named = false;
		r->quote = 0;
		end_attribute(r);
	} else if (*r->hidden != '\0')
		return;
	else if (cp == '&') {
		r->where = IN_ENTITY;
		r->n = 0;
	} else if (cp == '\n' && r->pre)
		break_line(r, INT8_MAX);
	else if (cp < 128 && ascii_is_space((int)cp) && !r->pre)
		r->blank = true;
	else
		put(r, p, n);
}

static void
read_character(void *ctx, const char *p, size_t n, uint32_t cp)
{
	struct reader *r = ctx;
	bool belongs = cp < 128 && (ascii_is_alpha((int)cp) ||
	    ascii_is_digit((int)cp) || (cp == '#' && r->n == 0));

	switch (r->where) {
	case IN_TAG:
		in_tag(r, p, n, cp);
		break;
	case IN_COMMENT:
		if (cp == '>' && r->dashes >= 2)
			r->where = IN_TEXT;
		r->dashes = cp != '-' ? 0 : r->dashes < 2 ? r->dashes + 1 : 2;
		break;
	case IN_ENTITY:
		if (belongs && r->n < MAX_NAME - 1) {
			r->name[r->n++] = (char)cp;
			break;
		}
		end_entity(r, cp == ';');
		if (cp == ';')
			break;
		/* FALLTHROUGH */
	case IN_TEXT:
		in_text(r, p, n, cp);
		break;
	}
}

static void
end_reading(void *ctx)
{
	struct reader *r = ctx;

	if (r->where == IN_ENTITY)
		end_entity(r, false);
	end_link(r);
	break_line(r, 1);
	free(r);
}

FILE *
html_reader(FILE *out)
{
	struct reader *r = xcalloc(1, sizeof *r);

	r->out = out;
	r->breaks = 2;
	return filter_characters(out, read_character, end_reading, r);
}
