/* SPDX-License-Identifier: ISC */
/*
 * addr.c -- addresses (RFC 5322 3.4, 4.4; 5321 4.1.2; 6532).  Reading takes one
 * pass over tokens and gathers, for each mailbox, words in front of an angle
 * address or around an @; whatever cannot be an address becomes its name.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "addr.h"
#include "head.h"
#include "word.h"

#define MAX_LOCAL	64	/* RFC 5321 4.5.3.1.1; lenient below */
#define MAX_ADDR	998

enum token { T_END, T_WORD, T_QUOTED, T_DOMAIN, T_SPECIAL };

struct lexer {
	const char	*p, *end;
	const char	*start;		/* of the token, quotes included */
	struct span	 text;
	char		 special;
	bool		 blank;		/* white space or a comment stood before it */
	struct span	 comment;	/* the last one passed over */
};

static void
skip_comment(struct lexer *l)
{
	unsigned depth = 0;
	const char *from = l->p + 1;

	for (; l->p < l->end; l->p++) {
		if (*l->p == '\\' && l->p + 1 < l->end)
			l->p++;
		else if (*l->p == '(')
			depth++;
		else if (*l->p == ')' && --depth == 0)
			break;
	}
	l->comment.p = from;
	l->comment.n = (size_t)(l->p - from);
	if (l->p < l->end)
		l->p++;
}

static void
skip_blanks(struct lexer *l)
{
	l->blank = false;
	while (l->p < l->end) {
		if (*l->p == '(')
			skip_comment(l);
		else if (ascii_is_space((unsigned char)*l->p) || *l->p == '\0')
			l->p++;
		else
			break;
		l->blank = true;
	}
}

/* To the closing mark, backslashes minded; without one, it is a word. */
static const char *
find_close(const char *p, const char *end, char mark)
{
	for (p++; p < end; p++) {
		if (*p == '\\' && p + 1 < end)
			p++;
		else if (*p == mark)
			return p;
	}
	return NULL;
}

static enum token
next(struct lexer *l)
{
	const char *close;

	skip_blanks(l);
	l->start = l->p;
	if (l->p == l->end)
		return T_END;
	if (*l->p == '"' &&
	    (close = find_close(l->p, l->end, '"')) != NULL) {
		l->text.p = l->p + 1;
		l->text.n = (size_t)(close - l->p) - 1;
		l->p = close + 1;
		return T_QUOTED;
	}
	if (*l->p == '[' && (close = memchr(l->p, ']',
	    (size_t)(l->end - l->p))) != NULL) {
		l->text.p = l->p;
		l->text.n = (size_t)(close - l->p) + 1;
		l->p = close + 1;
		return T_DOMAIN;
	}
	if (strchr("<>,;:@", *l->p) != NULL) {
		l->special = *l->p++;
		return T_SPECIAL;
	}
	while (l->p < l->end && *l->p != '\0' &&
	    !ascii_is_space((unsigned char)*l->p) &&
	    strchr("<>,;:@(", *l->p) == NULL && (*l->p != '"' ||
	    l->p == l->start))
		l->p++;
	l->text.p = l->start;
	l->text.n = (size_t)(l->p - l->start);
	return T_WORD;
}

/* A mailbox in the making. */
struct mailbox {
	char		*name;		/* memstream: words so far, raw */
	size_t		 name_len;
	FILE		*names;
	bool		 any_name;
	char		*angle;		/* owned: inside <>; or NULL */
	bool		 has_at;
	const char	*from, *to;	/* the raw text, for what is no address */
	struct span	 comment;
};

static void
begin(struct mailbox *m)
{
	memset(m, 0, sizeof *m);
	m->names = xmemstream(&m->name, &m->name_len);
}

static void
add_word(struct mailbox *m, const struct lexer *l, bool quoted)
{
	size_t i;

	if (m->any_name && l->blank)
		putc(' ', m->names);
	m->any_name = true;
	for (i = 0; i < l->text.n; i++) {
		if (quoted && l->text.p[i] == '\\' && i + 1 < l->text.n)
			i++;
		if (l->text.p[i] != '\n' && l->text.p[i] != '\r')
			putc(l->text.p[i], m->names);
	}
}

static char *
decode(const char *raw, size_t n, const char *charset_8bit, unsigned *defects)
{
	struct span s = { raw, n };
	char *text, *trimmed;
	size_t len;
	FILE *f = xmemstream(&text, &len);

	*defects |= word_decode(span_trim(s), charset_8bit, f) & DEFECT_CHARSET;
	fclose(f);
	trimmed = span_dup(span_trim(span_of(text)));
	free(text);
	return trimmed;
}

/* Blanks and comments do not belong into an addr-spec; quotes stay where they are needed. */
static char *
clean_addr(const char *p, size_t n)
{
	struct lexer l;
	char *out;
	size_t len;
	FILE *f = xmemstream(&out, &len);
	enum token t;
	const char *at;

	memset(&l, 0, sizeof l);
	l.p = p;
	l.end = p + n;
	while ((t = next(&l)) != T_END) {
		if (t == T_SPECIAL)
			putc(l.special, f);
		else if (t == T_QUOTED) {
			fwrite(l.start, 1, (size_t)(l.p - l.start), f);
		} else
			fwrite(l.text.p, 1, l.text.n, f);
	}
	fclose(f);
	/* A source route (RFC 5322 4.4) is passed over. */
	if (out[0] == '@' && (at = strchr(out, ':')) != NULL) {
		memmove(out, at + 1, strlen(at + 1) + 1);
	}
	return out;
}

/* A quoted local part that needs no quotes goes without (RFC 5321 4.1.2). */
static void
unquote_local(char *addr)
{
	char *at = strrchr(addr, '@'), *p;
	size_t n;

	if (addr[0] != '"' || at == NULL || at < addr + 2 || at[-1] != '"')
		return;
	n = (size_t)(at - addr);
	for (p = addr + 1; p < at - 1; p++)
		if (!ascii_is_alpha((unsigned char)*p) &&
		    !ascii_is_digit((unsigned char)*p) &&
		    strchr("!#$%&'*+-/=?^_`{|}~.", *p) == NULL)
			return;
	if (n <= 2 || addr[1] == '.' || at[-2] == '.' ||
	    memmem(addr, n, "..", 2) != NULL)
		return;
	memmove(addr, addr + 1, n - 2);
	memmove(addr + n - 2, at, strlen(at) + 1);
}

/* The mailbox is complete: what was gathered becomes an address. */
static void
end(struct mailbox *m, struct addrs *as, const char *charset_8bit)
{
	char *name = NULL, *addr;

	fclose(m->names);
	if (m->angle != NULL) {
		addr = m->angle;
		name = decode(m->name, m->name_len, charset_8bit, &as->defects);
	} else if (m->from != NULL && m->to > m->from) {
		addr = clean_addr(m->from, (size_t)(m->to - m->from));
		if (!m->has_at) {
			/* No @: a local name, or words that are no address. */
			if (strpbrk(addr, "=?<>") != NULL ||
			    memchr(m->name, ' ', m->name_len) != NULL)
				as->defects |= DEFECT_ADDRESS;
		}
		if (m->comment.n > 0)
			name = decode(m->comment.p, m->comment.n, charset_8bit,
			    &as->defects);
	} else {
		free(m->name);
		return;
	}
	unquote_local(addr);
	if (addr[0] != '\0' && as->n < MAX_ADDRS) {
		as->v = xgrow(as->v, as->n, &as->cap, sizeof *as->v);
		if (name != NULL && name[0] == '\0') {
			free(name);
			name = NULL;
		}
		as->v[as->n].name = name;
		as->v[as->n++].addr = addr;
	} else {
		as->defects |= DEFECT_ADDRESS;
		free(name);
		free(addr);
	}
	free(m->name);
}

/* Behind `<': to the closing `>', which may be missing. */
static char *
read_angle(struct lexer *l, unsigned *defects)
{
	const char *from = l->p, *p = from;

	for (; p < l->end && *p != '>'; p++) {
		if (*p == '"') {
			const char *close = find_close(p, l->end, '"');

			if (close != NULL)
				p = close;
		} else if (*p == ',' && memchr(from, ':',
		    (size_t)(p - from)) == NULL && *from != '@')
			break;
		else if (*p == '<')
			from = p + 1;
	}
	if (p == l->end || *p != '>')
		*defects |= DEFECT_ADDRESS;
	l->p = p < l->end && *p == '>' ? p + 1 : p;
	return clean_addr(from, (size_t)(p - from));
}

void
addrs_parse(struct addrs *as, struct span body, const char *charset_8bit)
{
	struct lexer l;
	struct mailbox m;
	enum token t;
	bool in_group = false;

	memset(&l, 0, sizeof l);
	l.p = body.p;
	l.end = body.p + body.n;
	begin(&m);
	for (;;) {
		t = next(&l);
		if (t == T_END || (t == T_SPECIAL && (l.special == ',' ||
		    l.special == ';'))) {
			m.comment = l.comment;
			end(&m, as, charset_8bit);
			memset(&l.comment, 0, sizeof l.comment);
			if (t == T_END || as->n >= MAX_ADDRS)
				return;
			if (l.special == ';')
				in_group = false;
			begin(&m);
			continue;
		}
		if (t == T_SPECIAL && l.special == ':' && !m.has_at &&
		    m.angle == NULL && !in_group) {
			/* The name of a group. */
			fclose(m.names);
			free(m.name);
			in_group = true;
			begin(&m);
			continue;
		}
		if (t == T_SPECIAL && l.special == '<') {
			free(m.angle);
			m.angle = read_angle(&l, &as->defects);
			continue;
		}
		if (m.angle != NULL) {
			/* Words behind the address: no comma between two. */
			if (t == T_SPECIAL)
				as->defects |= DEFECT_ADDRESS;
			continue;
		}
		if (m.from == NULL)
			m.from = l.start;
		m.to = l.p;
		if (t == T_SPECIAL) {
			if (l.special == '@')
				m.has_at = true;
			l.text.p = &l.special;
			l.text.n = 1;
		}
		add_word(&m, &l, t == T_QUOTED);
	}
}

void
addrs_add(struct addrs *as, const char *name, const char *addr)
{
	as->v = xgrow(as->v, as->n, &as->cap, sizeof *as->v);
	as->v[as->n].name = name == NULL || *name == '\0' ? NULL : xstrdup(name);
	as->v[as->n++].addr = xstrdup(addr);
}

void
addrs_free(struct addrs *as)
{
	size_t i;

	for (i = 0; i < as->n; i++) {
		free(as->v[i].name);
		free(as->v[i].addr);
	}
	free(as->v);
	memset(as, 0, sizeof *as);
}

static bool
same_addr(const char *a, const char *b)
{
	const char *x = strrchr(a, '@'), *y = strrchr(b, '@');

	if ((x == NULL) != (y == NULL))
		return false;
	if (x == NULL)
		return strcmp(a, b) == 0;
	return x - a == y - b && memcmp(a, b, (size_t)(x - a)) == 0 &&
	    strcasecmp(x, y) == 0;
}

bool
addrs_has(const struct addrs *as, const char *addr)
{
	size_t i;

	for (i = 0; i < as->n; i++)
		if (same_addr(as->v[i].addr, addr))
			return true;
	return false;
}

/* --- Checking --- */

static bool
is_atom_char(unsigned char c, bool utf8)
{
	return ascii_is_alpha(c) || ascii_is_digit(c) || (utf8 && c >= 0x80) ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

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
	if (!is_dot_atom(local, utf8) && !is_quoted_local(local, utf8))
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
	if (strpbrk(a->name, "()<>[]:;@\\,.\"") == NULL)
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
