/* SPDX-License-Identifier: ISC */
/* HTML read as text: blocks, lists, quotes, tables, links, characters; hostile pages. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../cmd/html.h"
#include "tap.h"

/* Fed in pieces of `step' octets. */
static char *
read_html(const char *html, size_t len, size_t step)
{
	size_t n, i;
	char *text;
	FILE *out = xmemstream(&text, &n), *f = html_reader(out);

	setvbuf(f, NULL, _IONBF, 0);
	for (i = 0; i < len; i += step)
		fwrite(html + i, 1, step < len - i ? step : len - i, f);
	fclose(f);
	fclose(out);
	return text;
}

static void
reads(const char *html, const char *want)
{
	char *whole = read_html(html, strlen(html), strlen(html) + 1);
	char *pieces = read_html(html, strlen(html), 1);

	is_string(whole, want, html);
	ok(strcmp(whole, pieces) == 0, "... octet by octet too");
	free(whole);
	free(pieces);
}

static void
blocks(void)
{
	reads("plain   words\n of text", "plain words of text\n");
	reads("<p>one</p><p>two<br>three</p>", "one\n\ntwo\nthree\n");
	reads("<html><head><title>T</title><style>p { a: b }</style></head>"
	    "<body>x</body></html>", "x\n");
	reads("a<script>if (a<b && c == \"'\") x = '<p>';</script>b", "ab\n");
	reads("a<!-- <p>no</p> -- > -->b<!-->c<![endif]>d", "abcd\n");
	reads("a < b, 3<4, x<y>z", "a < b, 3<4, xz\n");
	reads("<pre>a  b\n  c\n</pre>d", "a  b\n  c\nd\n");
	reads("<h1>Head</h1>text<hr>more", "Head\n\ntext\n----\nmore\n");
	reads("<blockquote>said<blockquote>before</blockquote></blockquote>now",
	    "> said\n\n> > before\n\nnow\n");
	reads("<table><tr><th>Item<th>Price</tr><tr><td>Tea</td><td>3</td></tr>"
	    "</table>", "Item  Price\nTea  3\n");
}

static void
lists(void)
{
	reads("<ul><li>a<li>b<ol><li>c</li><li>d<br>e</ol><li>f</ul>g",
	    "- a\n- b\n  1. c\n  2. d\n    e\n- f\n\ng\n");
	reads("<ol><li>a</ol><ol><li>b</ol>", "1. a\n\n1. b\n");
	reads("</ul></ol><li>x", "- x\n");
}

static void
links(void)
{
	reads("<a href=\"https://example.org/a?b=1&amp;c=2\">this <b>page</b></a>, "
	    "<A HREF = 'http://example.org/'>that</A>",
	    "this page[1], that[2]\n\n[1] https://example.org/a?b=1&c=2\n"
	    "[2] http://example.org/\n");
	reads("<a href=https://x.org>x</a> <a href=https://x.org>again</a>",
	    "x[1] again[1]\n\n[1] https://x.org\n");
	reads("<a href=\"https://example.org/\">example.org</a> "
	    "<a href=\"mailto:a@example.org\">a@example.org</a> "
	    "<a href=\"http://x.org/\">http://x.org</a>",
	    "example.org a@example.org http://x.org\n");
	reads("<a href=\"https://evil.example/\">https://bank.example/</a>",
	    "https://bank.example/[1]\n\n[1] https://evil.example/\n");
	reads("<a href=\"#top\">up</a> <a href=\"javascript:x()\">run</a> "
	    "<a name=here>here</a>", "up run here\n");
	reads("<a href=\"ht\ntps://x.org/a b\">x</a>",
	    "x[1]\n\n[1] https://x.org/a b\n");
	reads("<a href=\"https://x.org\"><img src=\"http://t.example/1.gif\" "
	    "alt=\"Logo &amp; name\"></a><img src=x><img alt=\" \">",
	    "[Logo & name][1]\n\n[1] https://x.org\n");
	reads("<a href=\"https://x.org\">unclosed", "unclosed[1]\n\n[1] https://x.org\n");
}

static void
characters(void)
{
	reads("&lt;p&gt; &amp;amp; &quot;&apos;&nbsp;&#x4e2d;&#25991;&eacute;"
	    "&Omega;&omega;&sigmaf;&euro;&trade;",
	    "<p> &amp; \"' 中文éΩως€™\n");
	reads("&#150;&#128;&#0;&#xd800;&#x110000;", "–€���\n");
	reads("AT&T, a&b; &unknown; & &amp &copy2", "AT&T, a&b; &unknown; & & &copy2\n");
	reads("in&shy;vi&zwnj;si\xe2\x80\x8b" "ble", "invisible\n");
	reads("می&zwnj;خواهم &zwnj; x&zwnj;y", "می\u200cخواهم xy\n");
	reads("<p>&nbsp;</p>  <p>a&nbsp;&nbsp;b</p>", "a b\n");
}

static char *
repeated(const char *piece, size_t times)
{
	size_t n = strlen(piece), i;
	char *all = xmalloc(n * times + 1);

	for (i = 0; i < times; i++)
		memcpy(all + i * n, piece, n);
	all[n * times] = '\0';
	return all;
}

static void
hostile(void)
{
	static const char *const pieces[] = {
		"<", "<a", "<a href=", "<a href=\"x", "&", "&#", "<!--", "<ul><li>",
		"<blockquote>", "<a href=http://x.org/>", "<pre>\n", "<td>",
		"<img alt='", "<script>", "</", "<p", "\xff", "<a b=c "
	};
	struct timespec from, to;
	char *html, *text;
	size_t i;

	for (i = 0; i < NELEM(pieces); i++) {
		html = repeated(pieces[i], 200000);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		text = read_html(html, strlen(html), 1 << 16);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		ok(to.tv_sec - from.tv_sec < 5 &&
		    strlen(text) < 30 * strlen(html) + 100, "200,000 times %s",
		    pieces[i]);
		free(text);
		free(html);
	}
}

static void
many_links(void)
{
	size_t n, i;
	char *html, *text;
	FILE *f = xmemstream(&html, &n);

	for (i = 0; i < 100000; i++)
		fprintf(f, "<a href=\"https://example.org/%zu\">x</a>", i);
	fclose(f);
	text = read_html(html, n, n);
	ok(strstr(text, "\n[1000] https://example.org/999\n") != NULL &&
	    strstr(text, "[1001]") == NULL, "a thousand links, and no more");
	free(text);
	free(html);
}

int
main(void)
{
	blocks();
	lists();
	links();
	characters();
	hostile();
	many_links();
	return done();
}
