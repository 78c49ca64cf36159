/* SPDX-License-Identifier: ISC */
/* param.c -- parameters: RFC 2231 in pieces and out of order, the wild forms, writing. */
#include "../../mime/head.h"
#include "../../mime/param.h"
#include "hostile.h"

/* "value|name=value|..." */
static char *
shown(const char *body, size_t n)
{
	struct span s = { body, n };
	struct params ps;
	char *out;
	size_t len, i;
	FILE *f = xmemstream(&out, &len);

	params_parse(&ps, s, NULL);
	fprintf(f, "%s|", ps.value);
	for (i = 0; i < ps.n; i++)
		fprintf(f, "%s=%s|", ps.v[i].name, ps.v[i].value);
	fclose(f);
	params_free(&ps);
	return out;
}

static void
test_reading(void)
{
	static const struct {
		const char	*body, *want;
	} t[] = {
		{ "", "|" }, { ";", "|" }, { "text/plain", "text/plain|" },
		{ " Text / Plain ; Charset=US-ASCII", "text/plain|charset=US-ASCII|" },
		{ "a; b=\"c d\"; e=f", "a|b=c d|e=f|" },
		{ "a; b=c d.txt; e=f", "a|b=c d.txt|e=f|" },
		{ "a; b=\"c\\\"d\\e\"", "a|b=c\"de|" },
		{ "a; b=\"no end; c=d", "a|b=no end; c=d|" },
		{ "a; b=; c=\"\"", "a|c=|" },
		{ "a; b", "a|" }, { "a; =b", "a|" }, { "a;;;b=c;;", "a|b=c|" },
		{ "a (comment; x=y); b=c (comment)", "a|b=c|" },
		{ "a; b=1; b=2", "a|b=1|" },
		{ "a; n*=utf-8''%C3%A4%20b", "a|n=\xc3\xa4 b|" },
		{ "a; n*=iso-8859-1'de'%E4", "a|n=\xc3\xa4|" },
		{ "a; n*=%41'b", "a|n=A'b|" },
		{ "a; n*=utf-8''%ZZ%4", "a|n=%ZZ%4|" },
		{ "a; n*=x-no''%E4", "a|n=\xc3\xa4|" },
		{ "a; n*0=b; n*1=c; n*2=d", "a|n=bcd|" },
		{ "a; n*2=d; n*0=b; n*1=c", "a|n=bcd|" },
		{ "a; n*0*=utf-8''%C3; n*1*=%A4; n*2=\"%41\"", "a|n=\xc3\xa4%41|" },
		{ "a; n*0=b; n*2=d", "a|n=bd|" },
		{ "a; n*1=b; n*2=c", "a|n=bc|" }, { "a; n*0=b; n*1=c; n*1=d", "a|n=bcd|" }, { "a; n *=utf-8''b", "a|n=b|" },
		{ "a; n*0=b; n*0=c; n*1=d", "a|n=bd|" },
		{ "a; n=plain; n*=utf-8''coded", "a|n=coded|" },
		{ "a; n*0=x; m=y; n*1=z", "a|n=xz|m=y|" },
		{ "a; n=\"=?utf-8?q?=C3=A4?=\"", "a|n=\xc3\xa4|" },
		{ "a; n==?utf-8?q?=C3=A4?= =?utf-8?q?b?=", "a|n=\xc3\xa4" "b|" },
		{ "a; n=\xe4", "a|n=\xc3\xa4|" },
		{ "a;\n b=\"c\n d\"\n", "a|b=c d|" },
		/* No semicolon. */
		{ "text/plain charset=x", "text/plain|charset=x|" },
		{ "text/plain\n\tcharset=x\n\tname=\"y z\"", "text/plain|charset=x|name=y z|" },
		{ "a; b=c d=\"e\"", "a|b=c|d=e|" }, { "a; b=c d=e", "a|b=c d=e|" },
		{ "text / plain", "text/plain|" }, { "text/ a=b", "text/a=b|" },
		{ "a=b; c=d", "a=b|c=d|" }, { "\"\" a=b", "a=b|" },
		{ "a; n*99999999999999999999=b", "a|n=b|" },
		/* A quote alone, and what no charset's name has. */
		{ "a; b=c\"; d=e\"f\"", "a|b=c|d=e\"f\"|" },
		{ "a; charset=utf-8, x=y", "a|charset=utf-8|" },
		{ "a; charset=utf-8(c); d=e(f).g", "a|charset=utf-8|d=e(f).g|" },
		{ "a; charset=\\\"x\\\"; b=c", "a|charset=\\\"x\\\"|b=c|" },
	};
	char *got;
	size_t i;

	for (i = 0; i < NELEM(t); i++) {
		got = shown(t[i].body, strlen(t[i].body));
		is_string(got, t[i].want, t[i].body);
		free(got);
	}
}

static void
comes_back(const char *value)
{
	char *out, *got, *want;
	size_t len;
	FILE *f = xmemstream(&out, &len);
	const char *p, *nl;
	bool fits = true;

	fputs("Content-Disposition: attachment", f);
	(void)param_write(f, 31, "filename", value);
	fclose(f);
	for (p = out; p != NULL; p = nl == NULL ? NULL : nl + 1) {
		nl = strchr(p, '\n');
		if ((nl == NULL ? strlen(p) : (size_t)(nl - p)) > MAX_LINE)
			fits = false;
	}
	ok(fits, "no line is too long");
	got = shown(out + strlen("Content-Disposition:"),
	    len - strlen("Content-Disposition:"));
	want = xasprintf("attachment|filename=%s|", value);
	is_string(got, want, out);
	free(want);
	free(got);
	free(out);
}

static void
test_writing(void)
{
	char *text;
	size_t len;

	comes_back("a.txt");
	comes_back("a b.txt");
	comes_back("a\"b\\c.txt");
	comes_back("");
	comes_back("\xc3\xa4.txt");
	comes_back("100%'x*.txt");
	comes_back("a\nb\x1b.txt");
	comes_back("=?utf-8?q?no_word?=");
	comes_back("../../x");
	text = repeated("", "\xe6\x9c\x88", 100, ".txt", &len);
	comes_back(text);
	free(text);
	text = repeated("", "x", 3000, "", &len);
	comes_back(text);
	free(text);
	text = repeated("", "a ", 100, "b", &len);
	comes_back(text);
	free(text);
}

static size_t count;
static unsigned defects;

static void
work(const char *text, size_t len)
{
	struct span s = { text, len };
	struct params ps;

	params_parse(&ps, s, NULL);
	count = ps.n;
	defects = ps.defects;
	params_free(&ps);
}

static void
pieces(const char *text, size_t n)
{
	char *body, *out;
	size_t len, i;
	FILE *f = xmemstream(&out, &len);

	(void)text;
	fputs("a", f);
	for (i = 0; i < n; i++)
		fprintf(f, "; n*%zu=x", i);
	fclose(f);
	body = out;
	work(body, len);
	free(body);
}

int
main(void)
{
	test_reading();
	test_writing();
	is_linear(work, "a", "; n=v", 200000, "", "200 000 parameters");
	ok(count <= MAX_PARAMS && (defects & DEFECT_TYPE) != 0, "MAX_PARAMS");
	ok(cpu(pieces, "", 50000) < 2 && count == 1, "50 000 pieces");
	is_linear(work, "a", "(", 1000000, "", "open comments");
	is_linear(work, "a; n=", "\"", 1000000, "", "quotes");
	is_linear(work, "a; n=", " (", 1000000, "", "comments behind a value");
	is_linear(work, "a; n=\"", "\\", 1000000, "", "backslashes");
	is_linear(work, "a; n=", "=?utf-8?q?a?= ", 100000, "", "words");
	is_linear(work, "a; ", "n", 1000000, "=x", "a long name");
	is_linear(work, "a; n*=utf-8''", "%41", 1000000, "", "a long value");
	return done();
}
