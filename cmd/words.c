/* SPDX-License-Identifier: ISC */
/*
 * words.c -- a command line into words (POSIX mailx, "Commands": quoting).
 *
 * POSIX has quotes around a whole word; people write them behind `=' as well, so
 * they count wherever they are closed again, but for an apostrophe inside a
 * name: O'Brien.
 */
#include <stdlib.h>
#include <string.h>

#include "runint.h"
#include "vars.h"
#include "words.h"

struct reader {
	const struct mailx *m;
	const char	*start;		/* of the word */
	const char	*p;
	FILE		*out;
	size_t		 n;		/* octets that variables put in */
	bool		 expand;
	bool		 quoted;	/* it is a word even if it is empty */
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_name(char c)
{
	return ascii_is_alpha((unsigned char)c) || c == '_' ||
	    ascii_is_digit((unsigned char)c);
}

/* --- Variables. --- */

static char *
join(const struct strv *words)
{
	char *text;
	size_t len, i;
	FILE *f = xmemstream(&text, &len);

	for (i = 0; i < words->n; i++)
		fprintf(f, "%s%s", i == 0 ? "" : " ", words->v[i]);
	fclose(f);
	return text;
}

/* ?, #, *, 0, 1 ...: NULL, where it is the name of no parameter. */
static char *
parameter(const struct mailx *m, const char *name)
{
	static const struct strv none;
	const struct strv *params = run_params(m);
	const char *script;
	long long n;

	if (params == NULL)
		params = &none;
	if (strcmp(name, "?") == 0)
		return xasprintf("%d", m->run == NULL ? m->status :
		    m->run->previous);
	if (strcmp(name, "#") == 0)
		return xasprintf("%zu", params->n);
	if (strcmp(name, "*") == 0 || strcmp(name, "@") == 0)
		return join(params);
	if (!ascii_is_digit((unsigned char)*name))
		return NULL;
	n = strtonum(name, 0, 1000000, NULL);
	if (n == 0) {
		script = m->run == NULL || m->run->input == NULL ? NULL :
		    m->run->input->name;
		return xstrdup(script == NULL ? "mailx" : script);
	}
	return xstrdup((size_t)n <= params->n ? params->v[n - 1] : "");
}

static char *
value_of(const struct mailx *m, const char *name)
{
	char *value = parameter(m, name);
	const char *text;

	if (value != NULL)
		return value;
	text = var_get(m, name);
	if (text == NULL)
		text = getenv(name);
	return xstrdup(text == NULL ? "" : text);
}

/* Names have hyphens; `$x-1' is x all the same, unless there is an `x-1'. */
static size_t
name_length(const struct mailx *m, const char *p)
{
	size_t n = 0, longer;
	char *name;

	if (*p != '\0' && strchr("?#*@", *p) != NULL)
		return 1;
	if (ascii_is_digit((unsigned char)*p))
		return 1;
	while (is_name(p[n]))
		n++;
	longer = n;
	while (n > 0 && (is_name(p[longer]) || p[longer] == '-'))
		longer++;
	if (longer > n) {
		name = xstrndup(p, longer);
		if (var_get(m, name) != NULL)
			n = longer;
		free(name);
	}
	return n;
}

/* The value of what stands at *at, a `$', and pass it; NULL: `$' is itself. */
static char *
variable(const struct mailx *m, const char **at)
{
	const char *p = *at + 1, *end;
	char *name, *value;

	if (*p == '{') {
		end = strchr(++p, '}');
		if (end == NULL || end == p)
			return NULL;
		*at = end + 1;
	} else {
		end = p + name_length(m, p);
		if (end == p)
			return NULL;
		*at = end;
	}
	name = xstrndup(p, (size_t)(end - p));
	value = value_of(m, name);
	free(name);
	return value;
}

/* --- Words. --- */

static int
put_variable(struct reader *r, struct fail *why)
{
	char *value = variable(r->m, &r->p);

	if (value == NULL) {
		putc(*r->p++, r->out);
		return 0;
	}
	r->n += strlen(value);
	if (r->n > MAX_COMMAND_LINE) {
		free(value);
		return fail(why, EX_DATAERR, "a line is too long");
	}
	fputs(value, r->out);
	free(value);
	return 0;
}

/* The end of the quoted text whose opening quote is at p; NULL: there is none. */
static const char *
closing(const char *p, bool escapes)
{
	char quote = *p++;

	for (; *p != '\0' && *p != quote; p++)
		if (escapes && quote == '"' && *p == '\\' && p[1] != '\0')
			p++;
	return *p == quote ? p : NULL;
}

/* Does the quote here open a quoted text?  1, 0, -1: it must, and is not closed. */
static int
opens(const struct reader *r, struct fail *why)
{
	char before = r->p == r->start ? '=' : r->p[-1];

	if (!r->expand && *r->p == '\'' && is_name(before) && is_name(r->p[1]))
		return 0;
	if (closing(r->p, r->expand) != NULL)
		return 1;
	if (before != '=')
		return 0;
	return fail(why, EX_USAGE, "a quote %c is not closed", *r->p);
}

static int
quoted(struct reader *r, struct fail *why)
{
	const char *end = closing(r->p, r->expand);
	bool live = r->expand && *r->p == '"';

	r->quoted = true;
	for (r->p++; r->p < end;) {
		if (live && *r->p == '\\' && strchr("\\\"$", r->p[1]) != NULL) {
			putc(r->p[1], r->out);
			r->p += 2;
		} else if (live && *r->p == '$') {
			if (put_variable(r, why) == -1)
				return -1;
		} else
			putc(*r->p++, r->out);
	}
	r->p = end + 1;
	return 0;
}

/* The `)' that belongs to the `(' at p, if the word ends with it; NULL: none. */
static const char *
closing_parenthesis(const char *p, bool escapes)
{
	const char *end;
	size_t depth = 0;

	for (; *p != '\0'; p++) {
		if (*p == '"' && (end = closing(p, escapes)) != NULL)
			p = end;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			return p[1] == '\0' || is_blank(p[1]) ? p : NULL;
	}
	return NULL;
}

/* A search expression in a message list: as it stands. */
static bool
take_expression(struct reader *r)
{
	const char *end = *r->p == '(' ? closing_parenthesis(r->p, r->expand) :
	    NULL;
	char *text, *expanded;

	if (end == NULL)
		return false;
	text = xstrndup(r->p, (size_t)(end + 1 - r->p));
	expanded = r->expand ? words_expand(r->m, text) : NULL;
	fputs(expanded == NULL ? text : expanded, r->out);
	free(expanded);
	free(text);
	r->p = end + 1;
	return true;
}

static int
read_word(struct reader *r, struct fail *why)
{
	int opened;

	if (take_expression(r))
		return 0;
	while (*r->p != '\0' && !is_blank(*r->p)) {
		if (*r->p == '\\') {
			r->quoted = true;
			if (*++r->p != '\0')
				putc(*r->p++, r->out);
		} else if (*r->p == '\'' || *r->p == '"') {
			opened = opens(r, why);
			if (opened == -1 ||
			    (opened == 1 && quoted(r, why) == -1))
				return -1;
			if (opened == 0)
				putc(*r->p++, r->out);
		} else if (r->expand && *r->p == '$') {
			if (put_variable(r, why) == -1)
				return -1;
		} else
			putc(*r->p++, r->out);
	}
	return 0;
}

/* "$@", alone: each parameter is a word. */
static bool
take_parameters(const struct mailx *m, const char **line, struct strv *words)
{
	static const char *const forms[] = { "\"$@\"", "$@", "$*" };
	struct strv *params = run_params(m);
	size_t i, k, n;

	for (i = 0; i < NELEM(forms); i++) {
		n = strlen(forms[i]);
		if (strncmp(*line, forms[i], n) != 0 ||
		    ((*line)[n] != '\0' && !is_blank((*line)[n])))
			continue;
		*line += n;
		for (k = 0; params != NULL && k < params->n; k++)
			strv_add(words, params->v[k]);
		return true;
	}
	return false;
}

int
words_next(const struct mailx *m, const char **line, unsigned how,
    struct strv *words, struct fail *why)
{
	struct reader r = { .m = m, .expand = (how & WORDS_EXPAND) != 0 };
	char *text;
	size_t len;
	int result;

	while (is_blank(**line))
		(*line)++;
	if (**line == '\0')
		return 0;
	if (r.expand && take_parameters(m, line, words))
		return 1;
	r.start = r.p = *line;
	r.out = xmemstream(&text, &len);
	result = read_word(&r, why);
	fclose(r.out);
	*line = r.p;
	if (result == 0 && (len > 0 || r.quoted || (how & WORDS_KEEP_EMPTY)))
		strv_take(words, text);
	else
		free(text);
	return result == -1 ? -1 : 1;
}

int
words_split(const struct mailx *m, const char *line, bool expand,
    struct strv *words, struct fail *why)
{
	int r;

	do
		r = words_next(m, &line, expand ? WORDS_EXPAND : 0, words, why);
	while (r == 1);
	return r;
}

/* --- Text that keeps its quotes. --- */

static void
put_escaped(FILE *out, const char *value)
{
	for (; *value != '\0'; value++) {
		if (*value == '"' || *value == '\\')
			putc('\\', out);
		putc(*value, out);
	}
}

/* A value stays one word wherever it is put in. */
static void
put_value(FILE *out, const char *value, bool inside, char before)
{
	bool word = before == '\0' || is_blank(before) || before == '(';

	if (inside)
		put_escaped(out, value);
	else if (word && strpbrk(value, " \t\"'()\\") != NULL) {
		putc('"', out);
		put_escaped(out, value);
		putc('"', out);
	} else
		fputs(value, out);
}

char *
words_expand(const struct mailx *m, const char *text)
{
	char *result, *value, quote = '\0';
	const char *p = text, *at;
	size_t len;
	FILE *out = xmemstream(&result, &len);

	while (*p != '\0') {
		at = p;
		value = *p == '$' && quote != '\'' ? variable(m, &p) : NULL;
		if (value != NULL) {
			put_value(out, value, quote == '"',
			    at == text ? '\0' : at[-1]);
			free(value);
			continue;
		}
		if (*p == '\\' && quote != '\'' && p[1] != '\0')
			putc(*p++, out);
		else if (quote == '\0' && (*p == '"' || *p == '\''))
			quote = *p;
		else if (*p == quote)
			quote = '\0';
		putc(*p++, out);
	}
	fclose(out);
	return result;
}
