/* SPDX-License-Identifier: ISC */
/*
 * addr.c -- addresses (RFC 5322 3.4, 4.4; 5321 4.1.2; 6532).  Reading takes one
 * pass over tokens and gathers, for each mailbox, words in front of an angle
 * address or around an @; whatever cannot be an address becomes its name.
 * addrspec.c judges what was gathered.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "addr.h"
#include "head.h"
#include "word.h"

enum token { T_END, T_WORD, T_QUOTED, T_DOMAIN, T_SPECIAL };

struct lexer {
	const char	*p, *end;
	const char	*start;		/* of the token, quotes included */
	struct span	 text;
	char		 special;
	bool		 blank;		/* white space or a comment stood before it */
	struct span	 comment;	/* the last one passed over */
	bool		 spoilt;	/* a comment without end, or a stray line break */
	bool		 no_quote, no_bracket;	/* no `"' or `]' closes from here on */
};

/* A line break is white space only in front of white space (RFC 5322 3.2.2). */
static bool
is_fold(const char *p, const char *end)
{
	if (*p == '\r' && (++p == end || *p != '\n'))
		return false;
	return *p != '\n' || (p + 1 < end && (p[1] == ' ' || p[1] == '\t'));
}

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
		else if (*l->p == '\0' || !is_fold(l->p, l->end))
			l->spoilt = true;
		else if (*l->p == '\r')
			l->p++;
	}
	l->comment.p = from;
	l->comment.n = (size_t)(l->p - from);
	if (l->p < l->end)
		l->p++;
	else
		l->spoilt = true;
}

static void
skip_blanks(struct lexer *l)
{
	bool folded = false;

	l->blank = false;
	for (; l->p < l->end; l->blank = true) {
		if (*l->p == '(') {
			skip_comment(l);
			folded = false;
			continue;
		}
		if (!ascii_is_space((unsigned char)*l->p) && *l->p != '\0')
			break;
		/* Two line breaks with nothing between them are no folding. */
		if (*l->p == '\0' || !is_fold(l->p, l->end) ||
		    (folded && *l->p == '\n'))
			l->spoilt = true;
		if (*l->p != '\r')
			folded = *l->p == '\n';
		l->p++;
	}
}

/* The mark that closes what opens at p, or NULL; looked for in vain only once. */
static const char *
find_close(struct lexer *l, const char *p)
{
	char mark = *p == '"' ? '"' : ']';
	bool *none = mark == '"' ? &l->no_quote : &l->no_bracket;

	for (p++; p < l->end && !*none; p++) {
		if (*p == '\\' && p + 1 < l->end)
			p++;
		else if (*p == mark)
			return p;
	}
	*none = true;
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
	if (*l->p == '"' && (close = find_close(l, l->p)) != NULL) {
		l->text.p = l->p + 1;
		l->text.n = (size_t)(close - l->p) - 1;
		l->p = close + 1;
		return T_QUOTED;
	}
	if (*l->p == '[' && (close = find_close(l, l->p)) != NULL) {
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
	bool		 has_angle;
	struct span	 angle;		/* inside <> */
	bool		 has_at;
	bool		 over;		/* an addr-spec was complete, a word followed */
	const char	*from, *to;	/* the raw text, for what has no <> */
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
		putc_unlocked(' ', m->names);
	m->any_name = true;
	for (i = 0; i < l->text.n; i++) {
		if (quoted && l->text.p[i] == '\\' && i + 1 < l->text.n)
			i++;
		if (l->text.p[i] != '\n' && l->text.p[i] != '\r')
			putc_unlocked(l->text.p[i], m->names);
	}
}

/* Printing ASCII without encoded words? */
static bool
is_plain(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~' || (s.p[i] == '=' &&
		    i + 1 < s.n && s.p[i + 1] == '?'))
			return false;
	return true;
}

static char *
decode(struct span raw, const char *charset_8bit, unsigned *defects)
{
	char *text, *trimmed;
	size_t len;
	FILE *f;

	if (is_plain(raw))
		return span_dup(span_trim(raw));
	f = xmemstream(&text, &len);
	*defects |= word_decode(span_trim(raw), charset_8bit, f) &
	    DEFECT_CHARSET;
	fclose(f);
	trimmed = span_dup(span_trim(span_of(text)));
	free(text);
	return trimmed;
}

/* "a@b (Joe)": the comment behind an address stands for a name. */
static char *
comment_name(struct span s, const char *charset_8bit, unsigned *defects)
{
	struct span bare = { NULL, 0 };
	char *text = xmalloc(s.n + 1), *name;
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
		text[bare.n++] = s.p[i];
	}
	bare.p = text;
	name = decode(bare, charset_8bit, defects);
	free(text);
	return name;
}

/* What a string or a line cannot hold goes, with its backslash. */
static char *
put_octets(char *out, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] == '\\' && i + 1 < n && (p[i + 1] == '\0' ||
		    p[i + 1] == '\r' || p[i + 1] == '\n'))
			i++;
		else if (p[i] != '\0' && p[i] != '\r' && p[i] != '\n')
			*out++ = p[i];
	}
	return out;
}

/* A local part of several words, which is none, in quotes: nobody's address is made up. */
static char *
quote_local(char *addr, const char *at)
{
	char *out = xmalloc(2 * strlen(addr) + 3), *q = out;
	const char *p;

	*q++ = '"';
	for (p = addr; p < at; p++) {
		if (*p == '"' || *p == '\\')
			*q++ = '\\';
		*q++ = *p;
	}
	*q++ = '"';
	memcpy(q, at, strlen(at) + 1);
	free(addr);
	return out;
}

/*
 * An addr-spec without blanks and comments; quotes stay where they are needed.  A
 * source route (RFC 5322 4.4) is passed over; any other special ends it.
 */
static char *
clean_addr(struct span s)
{
	struct lexer l = { .p = s.p, .end = s.p + s.n };
	char *out = xmalloc(s.n + 1), *q = out, *at = NULL;
	enum token t;
	bool route = false, words = false;

	while ((t = next(&l)) != T_END) {
		if (t == T_SPECIAL && l.special == '@' && q == out)
			route = true;
		if (t == T_SPECIAL && l.special != '@' && !route)
			break;
		if (route) {
			route = t != T_SPECIAL || l.special != ':';
			continue;
		}
		if (t == T_SPECIAL && at == NULL)
			at = q;
		else if (at == NULL && q > out && l.blank && q[-1] != '.' &&
		    *l.start != '.') {
			words = true;
			*q++ = ' ';
		}
		q = put_octets(q, l.start, (size_t)(l.p - l.start));
	}
	*q = '\0';
	return words ? quote_local(out, at == NULL ? q : at) : out;
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

/* Is the raw text what an address should be?  A local name is. */
static bool
is_sound(struct span raw, const char *addr)
{
	const char *colon;

	raw = span_trim(raw);
	if (raw.n > 0 && *raw.p == '@' &&
	    (colon = memchr(raw.p, ':', raw.n)) != NULL) {
		raw.n -= (size_t)(colon + 1 - raw.p);
		raw.p = colon + 1;
	}
	if (strchr(addr, '@') == NULL)
		return *addr != '\0' && span_eq(raw, addr) &&
		    strpbrk(addr, "=?<>\"\\()[]:;,") == NULL;
	return addr_is_spec(raw);
}

static void
keep(struct addrs *as, char *name, char *addr)
{
	if (name != NULL && *name == '\0') {
		free(name);
		name = NULL;
	}
	if ((*addr == '\0' && name == NULL) || as->n >= MAX_ADDRS) {
		as->defects |= DEFECT_ADDRESS;
		free(name);
		free(addr);
		return;
	}
	as->v = xgrow(as->v, as->n, &as->cap, sizeof *as->v);
	as->v[as->n].name = name;
	as->v[as->n++].addr = addr;
}

/* The mailbox is complete: what was gathered becomes an address. */
static void
end(struct mailbox *m, struct addrs *as, const char *charset_8bit)
{
	struct span raw, words;
	char *name = NULL, *addr;

	fclose(m->names);
	words.p = m->name;
	words.n = m->name_len;
	if (m->has_angle) {
		raw = m->angle;
		name = decode(words, charset_8bit, &as->defects);
	} else if (m->from != NULL) {
		raw.p = m->from;
		raw.n = (size_t)(m->to - m->from);
		if (m->comment.n > 0 && m->comment.p > m->to)
			name = comment_name(m->comment, charset_8bit,
			    &as->defects);
	} else {
		free(m->name);
		return;
	}
	addr = clean_addr(raw);
	if (m->over || !is_sound(raw, addr))
		as->defects |= DEFECT_ADDRESS;
	unquote_local(addr);
	keep(as, name, addr);
	free(m->name);
}

/* Behind `<': to the closing `>', which may be missing. */
static struct span
read_angle(struct lexer *l)
{
	const char *p = l->p, *close;
	struct span s = { p, 0 };

	for (; p < l->end && *p != '>'; p++) {
		if ((*p == '"' || *p == '[') &&
		    (close = find_close(l, p)) != NULL)
			p = close;
		else if (*p == ',' && *s.p != '@')
			break;
		else if (*p == '<')
			s.p = p + 1;
	}
	s.n = (size_t)(p - s.p);
	if (p == l->end || *p != '>')
		l->spoilt = true;
	l->p = p < l->end && *p == '>' ? p + 1 : p;
	return s;
}

/* A word or special of a mailbox that has no <> yet. */
static void
add_token(struct mailbox *m, struct lexer *l, enum token t)
{
	if (m->from == NULL)
		m->from = m->to = l->start;
	/* Behind a domain and a blank there is no more of it. */
	if (m->has_at && l->blank && m->to[-1] != '.' && m->to[-1] != '@' &&
	    *l->start != '.' && *l->start != '@')
		m->over = true;
	if (!m->over)
		m->to = l->p;
	if (t == T_SPECIAL) {
		if (l->special == '@')
			m->has_at = true;
		l->text.p = &l->special;
		l->text.n = 1;
	}
	add_word(m, l, t == T_QUOTED);
}

/* `<', or the `:' behind a group's name: true if the token was one of these. */
static bool
take_special(struct mailbox *m, struct lexer *l, bool *in_group)
{
	struct span angle;

	if (l->special == '<') {
		angle = read_angle(l);
		/* Of two without a comma the first. */
		if (m->has_angle)
			l->spoilt = true;
		else
			m->angle = angle;
		m->has_angle = true;
		return true;
	}
	if (l->special != ':' || m->has_at || m->has_angle || *in_group)
		return false;
	fclose(m->names);
	free(m->name);
	begin(m);
	*in_group = true;
	return true;
}

void
addrs_parse(struct addrs *as, struct span body, const char *charset_8bit)
{
	struct lexer l = { .p = body.p, .end = body.p + body.n };
	struct mailbox m;
	enum token t;
	bool in_group = false;

	begin(&m);
	for (;;) {
		t = next(&l);
		if (t == T_END || (t == T_SPECIAL && (l.special == ',' ||
		    l.special == ';'))) {
			m.comment = l.comment;
			end(&m, as, charset_8bit);
			memset(&l.comment, 0, sizeof l.comment);
			if (t == T_END || as->n >= MAX_ADDRS)
				break;
			if (l.special == ';')
				in_group = false;
			begin(&m);
		} else if (t == T_SPECIAL && take_special(&m, &l, &in_group))
			continue;
		else if (!m.has_angle)
			add_token(&m, &l, t);
		else if (t == T_SPECIAL)
			/* Words behind the address: no comma between two. */
			as->defects |= DEFECT_ADDRESS;
	}
	if (l.spoilt)
		as->defects |= DEFECT_ADDRESS;
}

void
addrs_add(struct addrs *as, const char *name, const char *addr)
{
	addrs_take(as, name == NULL ? NULL : xstrdup(name), xstrdup(addr));
}

void
addrs_take(struct addrs *as, char *name, char *addr)
{
	if (*addr == '\0' || (name != NULL && *name == '\0')) {
		free(name);
		name = NULL;
	}
	if (*addr == '\0') {
		free(addr);
		return;
	}
	as->v = xgrow(as->v, as->n, &as->cap, sizeof *as->v);
	as->v[as->n].name = name;
	as->v[as->n++].addr = addr;
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
