/* SPDX-License-Identifier: ISC */
/* html.c -- HTML read as text: blocks, entities, and where links lead. */
#include <stdlib.h>
#include <string.h>

#include "../../cmd/html.h"
#include "hostile.h"

static char *
read_html(const char *html)
{
	char *out;
	size_t n;
	FILE *f = xmemstream(&out, &n), *r = html_reader(f);

	fputs(html, r);
	fclose(r);
	fclose(f);
	return out;
}

static void
reads(const char *html, const char *want)
{
	char *out = read_html(html);

	is_string(out, want, html);
	free(out);
}

static void
test_long_link(void)
{
	char *html = xmalloc(10000), *out;

	memset(html, 'x', 9999);
	html[9999] = '\0';
	memcpy(html, "<a href=http://", 15);
	memcpy(html + 9990, ">t</a>", 7);
	out = read_html(html);
	is_string(out, "t\n", "a link that is too long is left out");
	free(out);
	free(html);
}

int
main(void)
{
	reads("<p>a<b>b</b> c</p>\t<p>d", "ab c\n\nd\n");
	reads("a &lt;&amp;&eacute; b", "a <&\xc3\xa9 b\n");
	reads("<script>x<a href='http://h'></script>y", "y\n");
	reads("<a href=\"http://h/?a=1&amp;b=2\">here</a>, then",
	    "here <http://h/?a=1&b=2>, then\n");
	reads("<a class=x href = 'https://h/'>go<b>on</b></a>",
	    "goon <https://h/>\n");
	reads("<A HREF=http://h/x>x</A>", "x <http://h/x>\n");
	reads("<a href='http://h'>http://h</a>", "http://h\n");
	reads("<a href='http://h/'>http://h</a>", "http://h\n");
	reads("<a href='http://evil/'>http://h/</a>",
	    "http://h/ <http://evil/>\n");
	reads("<a href='http://h/long'>http://h/</a>",
	    "http://h/ <http://h/long>\n");
	reads("<a href='mailto:a@b'>a@b</a> <a href='mailto:a@b'>Ann</a>",
	    "a@b Ann <mailto:a@b>\n");
	reads("<a href='javascript:x'>x</a><a name=y>y</a><a href='#z'>z</a>",
	    "xyz\n");
	reads("<a href='http://1'>x<a href='http://2'>y", "x <http://1>y <http://2>\n");
	reads("<a href='http://1'>x</a><a name=n>y</a>", "x <http://1>y\n");
	reads("<a data-href='http://1'>x</a>", "x\n");
	reads("<a title='href=http://1' href='http://2'>x</a>", "x <http://2>\n");
	reads("<a href='http://1'><img src=x></a>z", "<http://1>z\n");
	reads("<a href='ht\ttp://1'>x</a>", "x <http://1>\n");
	test_long_link();
	return done();
}
