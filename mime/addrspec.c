/* SPDX-License-Identifier: ISC */
/*
 * addrspec.c -- is it an address?  Two answers: addr_is_spec, for what was read,
 * takes all that RFC 5322 ever allowed (3.4.1, 4.4; comments, folding, UTF-8 of
 * RFC 6532); addr_check, for what we are to use, RFC 5321's forms alone.  And how
 * it is written.
 */
#include <string.h>

#include "addr.h"
#include "word.h"

#define MAX_ADDR	998

static bool
is_atom_char(unsigned char c, bool utf8)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || (utf8 && c >= 0x80) ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* --- As read --- */

struct scan {
	const char	*p, *end;
};

/* A line break with white space behind it; or one octet of other white space. */
static bool
skip_fold(struct scan *s)
{
	const char *p = s->p;

	if (p < s->end && *p == '\r')
		p++;
	if (p < s->end && *p == '\n') {
		if (p + 1 == s->end || (p[1] != ' ' && p[1] != '\t'))
			return false;
	} else if (p != s->p || p == s->end || (*p != ' ' && *p != '\t'))
		return false;
	s->p = p + 1;
	return true;
}

/* A backslash and any ASCII character. */
static bool
skip_pair(struct scan *s)
{
	if (s->end - s->p < 2 || (unsigned char)s->p[1] >= 0x80)
		return false;
	s->p += 2;
	return true;
}

/*
 * What is enclosed in marks: a quoted string, comment or literal.  Comments nest.
 * Control characters are obsolete in it; NUL and line breaks are none.
 */
static bool
skip_enclosed(struct scan *s, char open, char close)
{
	unsigned depth = 0;

	while (s->p < s->end) {
		if (*s->p == '\\') {
			if (!skip_pair(s))
				return false;
		} else if (*s->p == close && (open != close || depth > 0)) {
			s->p++;
			if (--depth == 0)
				return true;
		} else if (*s->p == open) {
			if (++depth > 1 && open != '(')
				return false;
			s->p++;
		} else if (*s->p == '\r' || *s->p == '\n') {
			if (!skip_fold(s))
				return false;
		} else if (*s->p++ == '\0')
			return false;
	}
	return false;
}

/* White space and comments; false where they are malformed. */
static bool
skip_cfws(struct scan *s)
{
	while (s->p < s->end) {
		if (*s->p == '(') {
			if (!skip_enclosed(s, '(', ')'))
				return false;
		} else if (ascii_is_space((unsigned char)*s->p)) {
			if (!skip_fold(s))
				return false;
		} else
			break;
	}
	return true;
}

static bool
skip_atom(struct scan *s)
{
	const char *from = s->p;

	while (s->p < s->end && is_atom_char((unsigned char)*s->p, true))
		s->p++;
	return s->p > from;
}

/* Words with dots between them; in a domain no quotes, and no hyphen at the end of a label. */
static bool
skip_words(struct scan *s, bool domain)
{
	const char *from;

	for (;; s->p++) {
		if (!skip_cfws(s))
			return false;
		from = s->p;
		if (!domain && from < s->end && *from == '"') {
			if (!skip_enclosed(s, '"', '"'))
				return false;
		} else if (!skip_atom(s) || (domain && (*from == '-' ||
		    s->p[-1] == '-')))
			return false;
		if (!skip_cfws(s))
			return false;
		if (s->p == s->end || *s->p != '.')
			return true;
	}
}

bool
addr_is_spec(struct span raw)
{
	struct scan s = { raw.p, raw.p + raw.n };

	if (!skip_words(&s, false) || s.p == s.end || *s.p++ != '@' ||
	    !skip_cfws(&s))
		return false;
	if (s.p < s.end && *s.p == '[') {
		if (!skip_enclosed(&s, '[', ']') || !skip_cfws(&s))
			return false;
	} else if (!skip_words(&s, true))
		return false;
	return s.p == s.end;
}

/* --- To be used --- */

static bool
is_dot_atom(struct span s, bool utf8)
{
	size_t i;

	if (s.n == 0 || s.p[0] == '.' || s.p[s.n - 1] == '.')
		return false;
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '.' && s.p[i - 1] != '.')
			continue;
		if (!is_atom_char((unsigned char)s.p[i], utf8))
			return false;
	}
	return true;
}

static bool
is_quoted_local(struct span s, bool utf8)
{
	size_t i;

	if (s.n < 2 || s.p[0] != '"' || s.p[s.n - 1] != '"')
		return false;
	for (i = 1; i + 1 < s.n; i++) {
		if (s.p[i] == '\\') {
			if (++i + 1 >= s.n)
				return false;
		} else if (s.p[i] == '"')
			return false;
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 127 ||
		    ((unsigned char)s.p[i] >= 0x80 && !utf8))
			return false;
	}
	return true;
}

static bool
is_domain(struct span s, bool utf8)
{
	size_t i, label = 0;

	if (s.n == 0 || s.n > 255)
		return false;
	if (s.p[0] == '[') {
		if (s.n < 3 || s.p[s.n - 1] != ']')
			return false;
		for (i = 1; i + 1 < s.n; i++)
			if (!ascii_is_alpha((unsigned char)s.p[i]) &&
			    !ascii_is_digit((unsigned char)s.p[i]) &&
			    strchr(".:-", s.p[i]) == NULL)
				return false;
		return true;
	}
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '.') {
			if (label == 0 || s.p[i - 1] == '-')
				return false;
			label = 0;
			continue;
		}
		if (!ascii_is_alpha((unsigned char)s.p[i]) &&
		    !ascii_is_digit((unsigned char)s.p[i]) &&
		    !(s.p[i] == '-' && label > 0) && s.p[i] != '_' &&
		    !((unsigned char)s.p[i] >= 0x80 && utf8))
			return false;
		if (++label > 63)
			return false;
	}
	return label > 0 && s.p[s.n - 1] != '-';
}

int
addr_check(struct span addr, bool utf8, struct fail *why)
{
	struct span local = addr, domain;
	const char *at = addr.n == 0 ? NULL : memrchr(addr.p, '@', addr.n);
	size_t i;

	if (addr.n == 0)
		return fail(why, EX_DATAERR, "an empty address");
	for (i = 0; i < addr.n; i++)
		if (ascii_is_control((unsigned char)addr.p[i]))
			return fail(why, EX_DATAERR, "%.*s: %s", (int)addr.n,
			    addr.p, addr.p[i] == '\n' || addr.p[i] == '\r' ?
			    "line break in address" :
			    "control character in address");
	if (addr.n > MAX_ADDR || strchr("|/+-@", addr.p[0]) != NULL)
		return fail(why, EX_DATAERR, "%.*s: not an address",
		    (int)(addr.n > 100 ? 100 : addr.n), addr.p);
	if (at != NULL) {
		local.n = (size_t)(at - addr.p);
		domain.p = at + 1;
		domain.n = addr.n - local.n - 1;
		if (!is_domain(domain, utf8))
			return fail(why, EX_DATAERR, "%.*s: not an address",
			    (int)addr.n, addr.p);
	}
	/* Without a domain a program of this host reads it: "|cmd" is one to some. */
	if (!is_dot_atom(local, utf8) &&
	    (at == NULL || !is_quoted_local(local, utf8)))
		return fail(why, EX_DATAERR, "%.*s: not an address",
		    (int)addr.n, addr.p);
	return 0;
}

/* --- Printing --- */

char *
addr_display(const struct addr *a)
{
	const char *p;
	char *out;
	size_t len;
	FILE *f;

	if (a->name == NULL)
		return xstrdup(a->addr);
	if (strpbrk(a->name, "()<>[]:;@\\,.\"") == NULL &&
	    strstr(a->name, "  ") == NULL)
		return xasprintf("%s <%s>", a->name, a->addr);
	f = xmemstream(&out, &len);
	putc('"', f);
	for (p = a->name; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			putc('\\', f);
		putc(*p, f);
	}
	fprintf(f, "\" <%s>", a->addr);
	fclose(f);
	return out;
}

char *
addr_header(const struct addr *a)
{
	char *out;
	size_t len;
	FILE *f;

	if (a->name == NULL)
		return xstrdup(a->addr);
	f = xmemstream(&out, &len);
	word_phrase(f, a->name);
	fprintf(f, " <%s>", a->addr);
	fclose(f);
	return out;
}
