/* SPDX-License-Identifier: ISC */
/*
 * htmlpage.c -- the text of an HTML page laid out as lines: paragraphs, lists,
 * quotes, the cells of a table row behind each other, links as numbers with a
 * list of where they lead at the end.
 *
 * A link is numbered only if it can lead somewhere by itself, and what is called
 * by its own address is not told twice.  Where links are without number, those
 * beyond a limit are left out.
 */
#include <stdlib.h>
#include <string.h>

#include "htmlint.h"

#define MAX_LINKS	1000
#define MAX_LINK_OCTETS	(256 * 1024)	/* of all of them */
#define MAX_LISTS	8		/* nested, that are told apart */
#define MAX_QUOTES	8
#define MAX_LABEL	512

struct page {
	FILE		*out;		/* borrowed */
	char		 hidden[HTML_NAME];	/* element whose content is not text; or "" */
	uint32_t	 last;		/* character of the text */
	bool		 pre;		/* blanks and line breaks count */
	int		 blanks;	/* due before the next word */
	int		 breaks;	/* line ends since the last word; 2 at the start */
	int		 due;		/* of them not written yet */
	unsigned	 quotes;
	unsigned	 lists;		/* open ones */
	unsigned	 items[MAX_LISTS];	/* so far, + 1, where they are numbered; or 0 */
	bool		 item;		/* its mark is due */
	struct strv	 links;
	size_t		 link_octets;
	char		*link;		/* owned: the one that is open; or NULL */
	char		 label[MAX_LABEL];	/* what it is called */
	size_t		 label_n;
};

struct page *
page_new(FILE *out)
{
	struct page *g = xcalloc(1, sizeof *g);

	g->out = out;
	g->breaks = 2;
	return g;
}

bool
page_hides(const struct page *g)
{
	return *g->hidden != '\0';
}

/* --- Lines. --- */

static void
break_line(struct page *g, int most)
{
	g->blanks = 0;
	if (g->breaks < most) {
		g->due++;
		g->breaks++;
	}
}

static void
paragraph(struct page *g)
{
	break_line(g, 1);
	break_line(g, 2);
}

/* What stands before the first word of a line. */
static void
start_line(struct page *g)
{
	unsigned depth = g->lists < MAX_LISTS ? g->lists : MAX_LISTS, i;

	for (i = 0; i < g->quotes && i < MAX_QUOTES; i++)
		fputs("> ", g->out);
	for (i = 1; i < depth; i++)
		fputs("  ", g->out);
	if (depth == 0 && !g->item)
		return;
	if (!g->item)
		fputs("  ", g->out);
	else if (depth == 0 || g->items[depth - 1] == 0)
		fputs("- ", g->out);
	else
		fprintf(g->out, "%u. ", g->items[depth - 1]++);
	g->item = false;
}

static void
put(struct page *g, const char *p, size_t n)
{
	for (; g->due > 0; g->due--)
		putc('\n', g->out);
	if (g->breaks > 0)
		start_line(g);
	for (; g->blanks > 0 && g->breaks == 0; g->blanks--) {
		putc(' ', g->out);
		if (g->label_n < sizeof g->label)
			g->label[g->label_n++] = ' ';
	}
	g->blanks = g->breaks = 0;
	fwrite(p, 1, n, g->out);
	if (n <= sizeof g->label - g->label_n) {
		memcpy(g->label + g->label_n, p, n);
		g->label_n += n;
	}
}

static void
blank(struct page *g, int n)
{
	if (g->blanks < n)
		g->blanks = n;
}

void
page_text(struct page *g, const char *p, size_t n, uint32_t cp)
{
	bool joins = (cp == 0x200c || cp == 0x200d) && g->last > 0x2ff &&
	    g->blanks == 0 && g->breaks == 0;

	if ((html_is_nothing(cp) && !joins) || cp == '\r')
		return;
	g->last = cp;
	if (cp == '\n' && g->pre)
		break_line(g, INT8_MAX);
	else if (cp == 0xa0 || (cp < 128 && ascii_is_space((int)cp))) {
		if (g->pre)
			put(g, " ", 1);
		else
			blank(g, 1);
	} else
		put(g, p, n);
}

/* --- Links. --- */

/* Its address as it can be told on one line, where it leads anywhere; or NULL. */
static char *
destination(const char *href)
{
	static const char *const schemes[] = {
		"http:", "https:", "mailto:", "ftp:", "tel:", "sms:", "news:",
		"xmpp:", "sip:", "geo:", "webcal:"
	};
	char *text = xstrdup(href), *q = text;
	size_t i;

	for (href += strspn(href, " \t\r\n\f"); *href != '\0'; href++)
		if (strchr("\t\r\n\f", *href) == NULL)
			*q++ = *href;
	while (q > text && q[-1] == ' ')
		q--;
	*q = '\0';
	for (i = 0; i < NELEM(schemes); i++)
		if (strncasecmp(text, schemes[i], strlen(schemes[i])) == 0)
			return text;
	free(text);
	return NULL;
}

/* Is the open link called by its own address, give or take the scheme? */
static bool
is_named_so(const struct page *g)
{
	const char *p = g->link, *colon = strchr(p, ':');
	size_t n = strlen(p), i;
	struct span label = { g->label, g->label_n };

	label = span_trim(label);
	for (i = 0; i < 3; i++) {
		while (n > 0 && p[n - 1] == '/')
			n--;
		if (label.n > 0 && label.p[label.n - 1] == '/')
			label.n--;
		if (label.n == n && strncasecmp(label.p, p, n) == 0)
			return true;
		if (i == 0) {
			n -= (size_t)(colon + 1 - p);
			p = colon + 1;
		} else
			for (; *p == '/' && n > 0; n--)
				p++;
	}
	return false;
}

/* Its number, from 1; 0: there are too many. */
static size_t
number_of(struct page *g)
{
	size_t i, n = strlen(g->link);

	for (i = 0; i < g->links.n; i++)
		if (strcmp(g->links.v[i], g->link) == 0)
			return i + 1;
	if (g->links.n >= MAX_LINKS || n > MAX_LINK_OCTETS - g->link_octets)
		return 0;
	g->link_octets += n;
	strv_add(&g->links, g->link);
	return g->links.n;
}

static void
end_link(struct page *g)
{
	char number[32];
	size_t n;
	int held;

	if (g->link == NULL)
		return;
	if (!is_named_so(g) && (n = number_of(g)) != 0) {
		held = g->breaks == 0 ? g->blanks : 0;
		if (g->label_n > 0)
			g->blanks = 0;
		snprintf(number, sizeof number, "[%zu]", n);
		put(g, number, strlen(number));
		blank(g, held);
	}
	free(g->link);
	g->link = NULL;
}

static void
start_link(struct page *g, const char *href)
{
	end_link(g);
	g->link = href == NULL ? NULL : destination(href);
	g->label_n = 0;
}

void
page_end(struct page *g)
{
	size_t i;

	end_link(g);
	if (g->breaks == 0 || g->due > 0)
		putc('\n', g->out);
	if (g->links.n > 0)
		putc('\n', g->out);
	for (i = 0; i < g->links.n; i++)
		fprintf(g->out, "[%zu] %s\n", i + 1, g->links.v[i]);
	strv_free(&g->links);
	free(g);
}

/* --- Tags. --- */

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
list_tag(struct page *g, bool ordered, bool end)
{
	/* A list inside a list is no paragraph of its own. */
	if (end ? g->lists > 1 : g->lists > 0)
		break_line(g, 1);
	else
		paragraph(g);
	g->item = false;
	if (end)
		g->lists -= g->lists > 0;
	else if (g->lists++ < MAX_LISTS)
		g->items[g->lists - 1] = ordered ? 1 : 0;
}

static void
quote_tag(struct page *g, bool end)
{
	paragraph(g);
	if (!end)
		g->quotes++;
	else if (g->quotes > 0)
		g->quotes--;
}

static void
image(struct page *g, const char *alt)
{
	if (alt == NULL || alt[strspn(alt, " \t\r\n")] == '\0')
		return;
	put(g, "[", 1);
	for (; *alt != '\0'; alt++)
		page_text(g, alt, 1, (unsigned char)*alt < 128 ?
		    (unsigned char)*alt : 0xfffd);
	put(g, "]", 1);
}

/* Elements that break lines, and nothing else. */
static void
block(struct page *g, const char *name)
{
	if (is_one_of(name, " p h1 h2 h3 h4 h5 h6 table dl figure form "))
		paragraph(g);
	else if (is_one_of(name, " div tr dt dd section article header footer "
	    "body main nav aside caption center address fieldset option "))
		break_line(g, 1);
	else if (is_one_of(name, " td th "))
		blank(g, 2);
}

void
page_tag(struct page *g, const char *name, const char *value)
{
	bool end = *name == '/';

	name += end;
	if (page_hides(g)) {
		if (end && strcmp(name, g->hidden) == 0)
			*g->hidden = '\0';
	} else if (is_one_of(name, " script style title template ")) {
		if (!end)
			strlcpy(g->hidden, name, sizeof g->hidden);
	} else if (strcmp(name, "a") == 0) {
		if (end)
			end_link(g);
		else
			start_link(g, value);
	} else if (strcmp(name, "pre") == 0) {
		break_line(g, 1);
		g->pre = !end;
	} else if (strcmp(name, "br") == 0)
		break_line(g, 2);
	else if (is_one_of(name, " ul ol "))
		list_tag(g, *name == 'o', end);
	else if (strcmp(name, "li") == 0) {
		break_line(g, 1);
		g->item = !end;
	} else if (strcmp(name, "blockquote") == 0)
		quote_tag(g, end);
	else if (strcmp(name, "img") == 0)
		image(g, value);
	else if (strcmp(name, "hr") == 0 && !end) {
		break_line(g, 1);
		put(g, "----", 4);
		break_line(g, 1);
	} else
		block(g, name);
}
