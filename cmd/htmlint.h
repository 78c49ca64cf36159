/* SPDX-License-Identifier: ISC */
/* htmlint.h -- what html.c, htmlpage.c and htmlchar.c have from each other. */
#ifndef CMD_HTMLINT_H
#define CMD_HTMLINT_H

#include "../util.h"

#define HTML_NAME	16		/* of a tag, attribute or entity that matters, with NUL */
#define HTML_VALUE	4096		/* of an attribute that matters, with NUL */

/* --- Where the text goes (htmlpage.c): lines, lists, quotes, links. --- */

struct page;

struct page	*page_new(FILE *out);	/* borrowed */
/* What is still due: the list of links; frees. */
void		 page_end(struct page *g);
/* A tag, "p" or "/p"; the value of its href or alt, entities undone; or NULL. */
void		 page_tag(struct page *g, const char *name, const char *value);
void		 page_text(struct page *g, const char *p, size_t n, uint32_t cp);
/* Is this content that is no text: a script, a style? */
bool		 page_hides(const struct page *g);

/* --- Characters by name (htmlchar.c). --- */

/* "amp", "#38", "#x26"; 0xFFFD where it is none. */
uint32_t	 html_character(const char *name);
/* A character that is there to be not seen: white space and glue without width. */
bool		 html_is_nothing(uint32_t cp);
/* An attribute's value, its entities undone; the caller frees. */
char		*html_value(const char *value);

#endif
