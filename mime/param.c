/* SPDX-License-Identifier: ISC */
/*
 * param.c -- values with parameters (RFC 2045 5.1) and what RFC 2231 adds: pieces
 * in any order, percent coding with a charset.  Also decoded, for they occur: encoded
 * words inside quotes, missing quotes, missing semicolons' values.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "head.h"
#include "param.h"
#include "text.h"
#include "word.h"

/* A parameter as it stands: a whole, or a piece of one. */
struct piece {
	struct span	 name;		/* without marks */
	int		 number;	/* -1: not in pieces */
	bool		 coded;		/* name* or name*0* */
	bool		 bare;		/* without quotes */
	char		*value;		/* owned: unquoted */
	size_t		 len;
	size_t		 order;
};

static const char *
skip_blanks(const char *p, const char *end)
{
	unsigned depth = 0;

	for (; p < end; p++) {
		if (*p == '(')
			depth++;
		else if (*p == ')' && depth > 0)
			depth--;
		else if (*p == '\\' && depth > 0 && p + 1 < end)
			p++;
		else if (depth == 0 && !ascii_is_space((unsigned char)*p))
			break;
	}
	return p;
}

/* A quoted string at p, into *value; the place behind it. */
static const char *
read_quoted(const char *p, const char *end, char **value, size_t *len)
{
	char *out = xmalloc((size_t)(end - p) + 1);
	size_t n = 0;

	for (p++; p < end && *p != '"'; p++) {
		if (*p == '\\' && p + 1 < end && p[1] != '\r' && p[1] != '\n')
			p++;
		else if (*p == '\n' || (*p == '\r' && p + 1 < end &&
		    p[1] == '\n'))
			continue;
		out[n++] = *p;
	}
	out[n] = '\0';
	*value = out;
	*len = n;
	return p < end ? p + 1 : p;
}

static bool
is_name_char(unsigned char c)
{
	return c > ' ' && c != 127 && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

/* Behind white space at p, where the semicolon is missing: does a parameter begin there? */
static bool
is_param(const char *p, const char *end, bool need_mark)
{
	const char *from;

	for (; p < end && ascii_is_space((unsigned char)*p); p++)
		if (*p == '\n')
			need_mark = false;
	for (from = p; p < end && is_name_char((unsigned char)*p); p++)
		continue;
	if (p == from || p + 1 >= end || *p != '=')
		return false;
	return !need_mark || p[1] == '"';
}

/*
 * Not quoted: to the semicolon; blanks inside stay, for names with blanks occur.
 * Without one, to a parameter on a new line, or with quotes.
 */
static const char *
read_bare(const char *p, const char *end, char **value, size_t *len)
{
	const char *q = p;
	struct span s;

	for (; q < end && *q != ';'; q++)
		if (ascii_is_space((unsigned char)*q) && (q == p ||
		    !ascii_is_space((unsigned char)q[-1])) &&
		    is_param(q, end, true))
			break;
	s.p = p;
	s.n = (size_t)(q - p);
	/* A comment ends it. */
	if (memchr(p, '(', s.n) != NULL && memmem(p, s.n, " (", 2) != NULL)
		s.n = (size_t)((const char *)memmem(p, s.n, " (", 2) - p);
	s = span_trim(s);
	*value = span_dup(s);
	*len = s.n;
	return q;
}

/*
 * What a bare value is without a quote that has none before it; and a charset's
 * name without what no such name has in it.
 */
static void
trim_bare(struct piece *piece)
{
	if (span_ieq(piece->name, "charset"))
		piece->len = strcspn(piece->value, " \t\r\n,=@()");
	if (piece->len > 1 && piece->value[piece->len - 1] == '"' &&
	    memchr(piece->value, '"', piece->len - 1) == NULL)
		piece->len--;
	piece->value[piece->len] = '\0';
}

/* Read name*3*: what is in front of the marks, number and coding. */
static void
read_name(struct span s, struct piece *piece)
{
	const char *star = memchr(s.p, '*', s.n);
	size_t i;

	piece->name = s;
	piece->number = -1;
	piece->coded = false;
	if (star == NULL)
		return;
	i = (size_t)(star - s.p) + 1;
	piece->name.n = i - 1;
	piece->name = span_trim(piece->name);
	if (i < s.n && ascii_is_digit((unsigned char)s.p[i])) {
		piece->number = 0;
		for (; i < s.n && ascii_is_digit((unsigned char)s.p[i]); i++)
			if (piece->number < MAX_PIECES)
				piece->number = piece->number * 10 +
				    (s.p[i] - '0');
		piece->coded = i < s.n && s.p[i] == '*';
	} else
		piece->coded = true;
}

static size_t
read_pieces(const char *p, const char *end, struct piece **pieces,
    unsigned *defects)
{
	struct piece *v = NULL, *one;
	size_t n = 0, cap = 0;
	const char *q;
	struct span name;

	while (p < end) {
		while (p < end && *p == ';')
			p++;
		p = skip_blanks(p, end);
		if (p < end && *p == ';')
			continue;
		for (q = p; q < end && *q != '=' && *q != ';'; q++)
			continue;
		if (q == end || *q == ';') {
			if (q > p)
				*defects |= DEFECT_TYPE;
			p = q;
			continue;
		}
		name.p = p;
		name.n = (size_t)(q - p);
		p = skip_blanks(q + 1, end);
		if (n == MAX_PARAMS) {
			*defects |= DEFECT_TYPE;
			break;
		}
		v = xgrow(v, n, &cap, sizeof *v);
		one = &v[n];
		one->order = n++;
		read_name(span_trim(name), one);
		one->bare = p == end || *p != '"';
		if (!one->bare) {
			p = read_quoted(p, end, &one->value, &one->len);
			while (p < end && *p != ';' &&
			    ascii_is_space((unsigned char)*p))
				p++;
		} else
			p = read_bare(p, end, &one->value, &one->len);
		if (one->bare)
			trim_bare(one);
		/* Without a value it is none; "" is one. */
		if (one->len == 0 && one->bare) {
			free(one->value);
			n--;
		}
	}
	*pieces = v;
	return n;
}

static int
compare_pieces(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;
	size_t n = x->name.n < y->name.n ? x->name.n : y->name.n;
	int r = strncasecmp(x->name.p, y->name.p, n);

	if (r == 0 && x->name.n != y->name.n)
		r = x->name.n < y->name.n ? -1 : 1;
	/* RFC 2231 forms stand before a plain one, and hide it. */
	if (r == 0 && (x->number == -1 && !x->coded) !=
	    (y->number == -1 && !y->coded))
		r = x->number == -1 && !x->coded ? 1 : -1;
	if (r == 0 && x->number != y->number)
		r = x->number < y->number ? -1 : 1;
	if (r == 0)
		r = x->order < y->order ? -1 : 1;
	return r;
}

static int
hex_value(char c)
{
	if (ascii_is_digit((unsigned char)c))
		return c - '0';
	c = (char)ascii_lower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void
put_percent(FILE *out, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] == '%' && i + 2 < n && hex_value(p[i + 1]) >= 0 &&
		    hex_value(p[i + 2]) >= 0) {
			putc(hex_value(p[i + 1]) << 4 | hex_value(p[i + 2]),
			    out);
			i += 2;
		} else
			putc(p[i], out);
}

/* charset'language'text: the text; *charset owned by the caller, or NULL. */
static const char *
split_charset(const struct piece *p, char **charset, size_t *len)
{
	const char *one = memchr(p->value, '\'', p->len), *two = NULL;

	*charset = NULL;
	*len = p->len;
	if (one != NULL)
		two = memchr(one + 1, '\'',
		    p->len - (size_t)(one + 1 - p->value));
	if (two == NULL)
		return p->value;
	if (one > p->value)
		*charset = xstrndup(p->value, (size_t)(one - p->value));
	*len = p->len - (size_t)(two + 1 - p->value);
	return two + 1;
}

/* The value that pieces v[0..n) of one name stand for, in UTF-8. */
static char *
join(const struct piece *v, size_t n, const char *charset_8bit,
    unsigned *defects)
{
	char *octets, *charset = NULL, *text;
	const char *p;
	size_t len, i, used;
	FILE *f;
	struct span s;
	bool coded = false;

	if (v[0].number == -1 && !v[0].coded) {
		f = xmemstream(&text, &len);
		s.p = v[0].value;
		s.n = v[0].len;
		*defects |= word_decode(s, charset_8bit, f);
		fclose(f);
		return text;
	}
	f = xmemstream(&octets, &len);
	for (i = 0; i < n; i++) {
		if (v[i].number == -1) {
			if (!v[i].coded || i > 0)
				break;
		} else if (v[i].number == 0 && i > 0)
			continue;	/* begun twice */
		p = v[i].value;
		used = v[i].len;
		if (v[i].coded && i == 0)
			p = split_charset(&v[i], &charset, &used);
		if (v[i].coded) {
			put_percent(f, p, used);
			coded = true;
		} else
			fwrite(p, 1, used, f);
		if (v[i].number == -1)
			break;
	}
	fclose(f);
	s.p = octets;
	s.n = len;
	if (!coded && memmem(octets, len, "=?", 2) != NULL) {
		f = xmemstream(&text, &len);
		*defects |= word_decode(s, charset_8bit, f);
		fclose(f);
	} else
		text = text_to_utf8(s, charset, charset_8bit, NULL, defects);
	free(charset);
	free(octets);
	return text;
}

static bool
same_name(const struct piece *a, const struct piece *b)
{
	return a->name.n == b->name.n &&
	    strncasecmp(a->name.p, b->name.p, a->name.n) == 0;
}

struct placed {
	size_t		order;
	struct param	param;
};

static int
compare_placed(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	return x->order < y->order ? -1 : x->order > y->order;
}

static void
join_all(struct params *ps, struct piece *v, size_t n, const char *charset_8bit)
{
	struct placed *placed;
	size_t i, j, k = 0;

	if (n == 0)
		return;
	qsort(v, n, sizeof *v, compare_pieces);
	placed = xcalloc(n, sizeof *placed);
	for (i = 0; i < n; i = j) {
		placed[k].order = v[i].order;
		for (j = i + 1; j < n && same_name(&v[i], &v[j]); j++)
			if (v[j].order < placed[k].order)
				placed[k].order = v[j].order;
		if (v[i].name.n == 0 ||
		    memchr(v[i].name.p, '\0', v[i].name.n) != NULL)
			continue;
		placed[k].param.name = span_dup(v[i].name);
		ascii_lower_string(placed[k].param.name);
		placed[k].param.value = join(v + i, j - i, charset_8bit,
		    &ps->defects);
		k++;
	}
	qsort(placed, k, sizeof *placed, compare_placed);
	ps->v = xcalloc(k, sizeof *ps->v);
	for (i = 0; i < k; i++)
		ps->v[i] = placed[i].param;
	ps->n = k;
	free(placed);
}

void
params_parse(struct params *ps, struct span body, const char *charset_8bit)
{
	const char *end = body.p + body.n, *p, *q;
	struct piece *v;
	size_t i, n;
	char *value;

	memset(ps, 0, sizeof *ps);
	p = skip_blanks(body.p, end);
	value = ps->value = xmalloc((size_t)(end - p) + 1);
	for (q = p; q < end && *q != ';'; q++) {
		if (*q == '(') {
			q = skip_blanks(q, end);
			if (q == end || *q == ';')
				break;
		}
		if (ascii_is_space((unsigned char)*q) &&
		    value > ps->value && value[-1] != '/' &&
		    !ascii_is_space((unsigned char)q[-1]) &&
		    is_param(q, end, false)) {
			ps->defects |= DEFECT_TYPE;
			break;
		}
		if (!ascii_is_space((unsigned char)*q) && *q != '"')
			*value++ = (char)ascii_lower((unsigned char)*q);
	}
	*value = '\0';
	n = read_pieces(q, end, &v, &ps->defects);
	join_all(ps, v, n, charset_8bit);
	for (i = 0; i < n; i++)
		free(v[i].value);
	free(v);
}

void
params_free(struct params *ps)
{
	size_t i;

	for (i = 0; i < ps->n; i++) {
		free(ps->v[i].name);
		free(ps->v[i].value);
	}
	free(ps->v);
	free(ps->value);
	memset(ps, 0, sizeof *ps);
}

const char *
params_get(const struct params *ps, const char *name)
{
	size_t i;

	for (i = 0; i < ps->n; i++)
		if (strcasecmp(ps->v[i].name, name) == 0)
			return ps->v[i].value;
	return NULL;
}
