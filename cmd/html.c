/* SPDX-License-Identifier: ISC */
/*
 * html.c -- a small reader of HTML: from characters to tags and text, which
 * htmlpage.c lays out.  It knows no styles, runs nothing, opens nothing; memory
 * is bounded whatever comes, and each character is looked at once.
 */
#include <stdlib.h>
#include <string.h>

#include "../mime/text.h"
#include "html.h"
#include "htmlint.h"
#include "sanitise.h"

enum where {
	IN_TEXT, IN_ENTITY, IN_TAG, BEFORE_ATTRIBUTE, IN_ATTRIBUTE,
	BEHIND_ATTRIBUTE, BEFORE_VALUE, IN_VALUE, IN_COMMENT
};

struct reader {
	struct page	*page;		/* owned */
	enum where	 where;
	char		 name[HTML_NAME];	/* of the tag or entity so far */
	size_t		 n;
	char		 attribute[HTML_NAME];
	size_t		 attribute_n;
	uint32_t	 quote;		/* around the value; or 0 */
	char		*value;		/* owned, HTML_VALUE: of the attribute that matters */
	size_t		 value_n;
	bool		 has_value, wanted;
	int		 dashes;	/* at the end of a comment so far */
};

static bool
is_space(uint32_t cp)
{
	return cp < 128 && ascii_is_space((int)cp);
}

/* --- Tags. --- */

static void
end_tag(struct reader *r)
{
	char *value = NULL;

	r->where = IN_TEXT;
	if (r->has_value) {
		r->value[r->value_n] = '\0';
		value = html_value(r->value);
	}
	page_tag(r->page, r->name, value);
	free(value);
}

static bool
is_wanted(const struct reader *r)
{
	return !r->has_value &&
	    ((strcmp(r->name, "a") == 0 && strcmp(r->attribute, "href") == 0) ||
	    (strcmp(r->name, "img") == 0 && strcmp(r->attribute, "alt") == 0));
}

static void
start_value(struct reader *r, uint32_t quote)
{
	r->quote = quote;
	r->where = IN_VALUE;
	r->wanted = is_wanted(r);
	if (r->wanted)
		r->has_value = true;
}

static void
put_value(struct reader *r, const char *p, size_t n)
{
	if (!r->wanted)
		return;
	if (n >= HTML_VALUE - r->value_n) {
		/* Half an address leads nowhere. */
		r->value_n = 0;
		r->wanted = false;
		return;
	}
	memcpy(r->value + r->value_n, p, n);
	r->value_n += n;
}

static void
in_value(struct reader *r, const char *p, size_t n, uint32_t cp)
{
	if (r->quote != 0 ? cp == r->quote : is_space(cp))
		r->where = BEFORE_ATTRIBUTE;
	else if (r->quote == 0 && cp == '>')
		end_tag(r);
	else
		put_value(r, p, n);
}

static void
add_to(char *name, size_t *n, uint32_t cp)
{
	if (*n < HTML_NAME - 1 && cp < 128) {
		name[(*n)++] = (char)ascii_lower((int)cp);
		name[*n] = '\0';
	}
}

static void
start_attribute(struct reader *r, uint32_t cp)
{
	if (is_space(cp) || cp == '/')
		return;
	r->attribute_n = 0;
	r->attribute[0] = '\0';
	add_to(r->attribute, &r->attribute_n, cp);
	r->where = IN_ATTRIBUTE;
}

/* Inside a tag, behind its name. */
static void
in_attributes(struct reader *r, const char *p, size_t n, uint32_t cp)
{
	if (cp == '>') {
		end_tag(r);
		return;
	}
	switch (r->where) {
	case IN_ATTRIBUTE:
		if (cp == '=')
			r->where = BEFORE_VALUE;
		else if (is_space(cp))
			r->where = BEHIND_ATTRIBUTE;
		else
			add_to(r->attribute, &r->attribute_n, cp);
		break;
	case BEHIND_ATTRIBUTE:
		if (cp == '=')
			r->where = BEFORE_VALUE;
		else
			start_attribute(r, cp);
		break;
	case BEFORE_VALUE:
		if (cp == '"' || cp == '\'')
			start_value(r, cp);
		else if (!is_space(cp)) {
			start_value(r, 0);
			put_value(r, p, n);
		}
		break;
	default:
		start_attribute(r, cp);
		break;
	}
}

static void	in_text(struct reader *r, const char *p, size_t n, uint32_t cp);

static void
in_tag(struct reader *r, const char *p, size_t n, uint32_t cp)
{
	if (r->n == 0 && cp != '/' && cp != '!' && cp != '?' &&
	    !(cp < 128 && ascii_is_alpha((int)cp))) {
		/* Nothing but a `<'. */
		r->where = IN_TEXT;
		if (!page_hides(r->page))
			page_text(r->page, "<", 1, '<');
		in_text(r, p, n, cp);
	} else if (cp == '>')
		end_tag(r);
	else if (is_space(cp) || (cp == '/' && r->n > 0))
		/* What a script holds is no attribute: no quote goes beyond it. */
		r->where = page_hides(r->page) && r->name[0] != '/' ? IN_TEXT :
		    BEFORE_ATTRIBUTE;
	else {
		add_to(r->name, &r->n, cp);
		if (strcmp(r->name, "!--") == 0) {
			r->where = IN_COMMENT;
			r->dashes = 2;	/* <!--> is one */
		}
	}
}

static void
in_comment(struct reader *r, uint32_t cp)
{
	if (cp == '>' && r->dashes >= 2)
		r->where = IN_TEXT;
	r->dashes = cp != '-' ? 0 : r->dashes < 2 ? r->dashes + 1 : 2;
}

/* --- Text. --- */

/* An entity ended, by `;' or by what cannot belong to it. */
static void
end_entity(struct reader *r, bool closed)
{
	char text[4];
	uint32_t cp = html_character(r->name);
	size_t i;

	r->where = IN_TEXT;
	if (cp != 0xfffd || (closed && *r->name == '#')) {
		page_text(r->page, text, utf8_encode(cp, text), cp);
		return;
	}
	page_text(r->page, "&", 1, '&');
	for (i = 0; i < r->n; i++)
		page_text(r->page, &r->name[i], 1, (unsigned char)r->name[i]);
	if (closed)
		page_text(r->page, ";", 1, ';');
}

static void
in_text(struct reader *r, const char *p, size_t n, uint32_t cp)
{
	if (cp == '<') {
		r->where = IN_TAG;
		r->n = r->value_n = 0;
		r->name[0] = '\0';
		r->has_value = false;
	} else if (page_hides(r->page))
		return;
	else if (cp == '&') {
		r->where = IN_ENTITY;
		r->n = 0;
		r->name[0] = '\0';
	} else
		page_text(r->page, p, n, cp);
}

static void
in_entity(struct reader *r, const char *p, size_t n, uint32_t cp)
{
	bool belongs = cp < 128 && (ascii_is_alpha((int)cp) ||
	    ascii_is_digit((int)cp) || (cp == '#' && r->n == 0));

	if (belongs && r->n < HTML_NAME - 1) {
		r->name[r->n++] = (char)cp;
		r->name[r->n] = '\0';
		return;
	}
	end_entity(r, cp == ';');
	if (cp != ';')
		in_text(r, p, n, cp);
}

static void
read_character(void *ctx, const char *p, size_t n, uint32_t cp)
{
	struct reader *r = ctx;

	switch (r->where) {
	case IN_TEXT:
		in_text(r, p, n, cp);
		break;
	case IN_ENTITY:
		in_entity(r, p, n, cp);
		break;
	case IN_TAG:
		in_tag(r, p, n, cp);
		break;
	case IN_COMMENT:
		in_comment(r, cp);
		break;
	case IN_VALUE:
		in_value(r, p, n, cp);
		break;
	default:
		in_attributes(r, p, n, cp);
		break;
	}
}

static void
end_reading(void *ctx)
{
	struct reader *r = ctx;

	if (r->where == IN_ENTITY)
		end_entity(r, false);
	page_end(r->page);
	free(r->value);
	free(r);
}

FILE *
html_reader(FILE *out)
{
	struct reader *r = xcalloc(1, sizeof *r);

	r->page = page_new(out);
	r->value = xcalloc(1, HTML_VALUE);
	return filter_characters(out, read_character, end_reading, r);
}
