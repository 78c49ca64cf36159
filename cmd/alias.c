/* SPDX-License-Identifier: ISC */
/*
 * alias.c -- aliases, alternates, and what a person types as recipients.
 *
 * What is typed is looked at before it is parsed: the parser of addresses is
 * lenient because messages need that, but an address to send to is never guessed.
 */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "../mime/addr.h"
#include "alias.h"
#include "out.h"
#include "vars.h"

enum walk { NOT_YET, EXPANDING, EXPANDED };

struct alias {
	char		*name;		/* owned */
	struct strv	 members;	/* as they were given */
	enum walk	 progress;	/* in the expansion that is under way */
};

struct aliases {
	struct alias	*v;		/* in order of name */
	size_t		 n;
	size_t		 cap;
	struct strv	 alternates;
};

/* --- The table. --- */

static struct aliases *
table(struct mailx *m)
{
	if (m->aliases == NULL)
		m->aliases = xcalloc(1, sizeof *m->aliases);
	return m->aliases;
}

void
alias_each(const struct mailx *m, void (*each)(void *ctx, const char *name),
    void *ctx)
{
	size_t i;

	for (i = 0; m->aliases != NULL && i < m->aliases->n; i++)
		each(ctx, m->aliases->v[i].name);
}

static size_t
place_of(const struct aliases *as, const char *name)
{
	size_t low = 0, high = as->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(as->v[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct alias *
find(const struct aliases *as, const char *name)
{
	size_t i;

	if (as == NULL)
		return NULL;
	i = place_of(as, name);
	return i < as->n && strcmp(as->v[i].name, name) == 0 ? &as->v[i] : NULL;
}

static struct alias *
find_or_add(struct aliases *as, const char *name)
{
	struct alias *a = find(as, name);
	size_t i;

	if (a != NULL)
		return a;
	i = place_of(as, name);
	as->v = xgrow(as->v, as->n, &as->cap, sizeof *as->v);
	a = as->v + i;
	memmove(a + 1, a, (as->n - i) * sizeof *a);
	memset(a, 0, sizeof *a);
	a->name = xstrdup(name);
	as->n++;
	return a;
}

static void
free_alias(struct alias *a)
{
	free(a->name);
	strv_free(&a->members);
}

void
aliases_free(struct aliases *as)
{
	size_t i;

	if (as == NULL)
		return;
	for (i = 0; i < as->n; i++)
		free_alias(&as->v[i]);
	free(as->v);
	strv_free(&as->alternates);
	free(as);
}

/* --- Who we are. --- */

static const char *
login_name(void)
{
	const struct passwd *pw = getpwuid(getuid());

	return pw != NULL ? pw->pw_name : getenv("LOGNAME");
}

static size_t
local_length(const char *addr)
{
	const char *at = strrchr(addr, '@');

	return at == NULL ? strlen(addr) : (size_t)(at - addr);
}

/* Is it on this host, or without a host? */
static bool
is_here(const struct mailx *m, const char *addr)
{
	const char *at = strrchr(addr, '@');
	const char *host = var_get(m, "hostname");
	char name[256];

	if (at == NULL)
		return true;
	if (host != NULL && *host != '\0')
		return strcasecmp(at + 1, host) == 0;
	if (gethostname(name, sizeof name) == -1)
		return false;
	name[sizeof name - 1] = '\0';
	return strcasecmp(at + 1, name) == 0;
}

/* A name without a host means the user of that name here. */
static bool
is_name(const struct mailx *m, const char *addr, const char *name)
{
	size_t n = local_length(addr);

	if (var_is_set(m, "allnet"))
		return n == local_length(name) && strncasecmp(addr, name, n) == 0;
	if (strchr(name, '@') != NULL)
		return strcasecmp(addr, name) == 0;
	return strlen(name) == n && strncasecmp(addr, name, n) == 0 &&
	    is_here(m, addr);
}

static bool
is_from(const struct mailx *m, const char *addr)
{
	const char *from = var_get(m, "from");
	struct addrs as = { 0 };
	bool is = false;
	size_t i;

	if (from == NULL)
		return false;
	addrs_parse(&as, span_of(from), NULL);
	for (i = 0; i < as.n && !is; i++)
		is = is_name(m, addr, as.v[i].addr);
	addrs_free(&as);
	return is;
}

bool
alias_is_own(const struct mailx *m, const char *addr)
{
	const char *login = login_name();
	size_t i;

	if (login != NULL && is_name(m, addr, login))
		return true;
	for (i = 0; m->aliases != NULL && i < m->aliases->alternates.n; i++)
		if (is_name(m, addr, m->aliases->alternates.v[i]))
			return true;
	return is_from(m, addr);
}

/* --- Looking before parsing. --- */

struct scan {
	bool	 plain;		/* words and commas alone: blanks part them too */
	bool	 group;		/* within name: ... ; */
	bool	 angle;
};

/* To the closing mark; NULL: there is none.  Backslashes protect. */
static const char *
skip_quoted(const char *p, char mark)
{
	for (p++; *p != '\0' && *p != mark; p++)
		if (*p == '\\' && p[1] != '\0')
			p++;
	return *p == '\0' ? NULL : p;
}

/*
 * The character at p, which is no blank: 0, or -1 where nothing that is an
 * address has it there.  a@b;id and $(id) are such.
 */
static int
scan_special(struct scan *s, const char **p, const char *start)
{
	bool after_blank = *p == start || strchr(" \t,<", (*p)[-1]) != NULL;

	switch (**p) {
	case '"':
		s->plain = false;
		*p = skip_quoted(*p, '"');
		return *p == NULL ? -1 : 0;
	case '(':
		s->plain = false;
		*p = after_blank ? skip_quoted(*p, ')') : NULL;
		return *p == NULL ? -1 : 0;
	case '<':
	case '>':
		s->plain = false;
		if (s->angle == (**p == '<'))
			return -1;
		s->angle = !s->angle;
		return 0;
	case ':':
		s->plain = false;
		if (s->group && !s->angle)
			return -1;
		s->group = true;
		return 0;
	case ';':
		if (!s->group)
			return -1;
		s->group = false;
		return 0;
	case '[':
		*p = strchr(*p, ']');
		return *p == NULL ? -1 : 0;
	default:
		return 0;
	}
}

static int
scan_typed(const char *text, struct scan *s, struct fail *why)
{
	const char *p;

	memset(s, 0, sizeof *s);
	s->plain = true;
	for (p = text; *p != '\0'; p++)	/* in quoted names too */
		if (ascii_is_control((unsigned char)*p) && *p != '\t')
			return fail(why, EX_DATAERR, "%s: line break or control "
			    "character in address", text);
	for (p = text; *p != '\0'; p++)
		if (scan_special(s, &p, text) == -1)
			return fail(why, EX_DATAERR, "%s: not an address", text);
	return s->angle ? fail(why, EX_DATAERR, "%s: > is missing", text) : 0;
}

/* Parse; "bob alice" is two, as on a command line. */
static int
parse_typed(const char *text, struct addrs *as, struct fail *why)
{
	struct scan s;
	char *copy, *p;

	if (scan_typed(text, &s, why) == -1)
		return -1;
	copy = xstrdup(text);
	for (p = copy; s.plain && *p != '\0'; p++)
		if (*p == ' ' || *p == '\t')
			*p = ',';
	addrs_parse(as, span_of(copy), NULL);
	free(copy);
	return 0;
}

/* --- Expansion. --- */

struct expansion {
	struct mailx	*m;
	struct addrs	*to;
	int		 depth;
	bool		 in_group;	/* among the members of an alias that has several */
};

static int	expand(struct expansion *x, const char *text, const char *within,
		    struct fail *why);

/* Local names are those of users and of the mail system's aliases. */
static int
check_local_name(const char *name, struct fail *why)
{
	const char *p;

	for (p = name; *p != '\0'; p++)
		if (!ascii_is_alpha((unsigned char)*p) &&
		    !ascii_is_digit((unsigned char)*p) &&
		    strchr("._-+=", *p) == NULL && !((unsigned char)*p & 0x80))
			return fail(why, EX_DATAERR, "%s: not an address", name);
	return 0;
}

static int
add(struct expansion *x, const struct addr *a, struct fail *why)
{
	if (addr_check(span_of(a->addr), true, why) == -1)
		return -1;
	if (strchr(a->addr, '@') == NULL &&
	    check_local_name(a->addr, why) == -1)
		return -1;
	/* Of very many the envelope alone has each once: a search for each takes too long. */
	if (x->to->n >= MANY_ADDRS || !addrs_has(x->to, a->addr))
		addrs_add(x->to, a->name, a->addr);
	return 0;
}

/* POSIX's metoo: a group does not send to oneself. */
static bool
is_left_out(const struct expansion *x, const char *name)
{
	return x->in_group && !var_is_set(x->m, "metoo") &&
	    alias_is_own(x->m, name);
}

static int
expand_alias(struct expansion *x, struct alias *a, struct fail *why)
{
	bool outer = x->in_group;
	size_t i;
	int r = 0;

	if (a->progress == EXPANDED)
		return 0;
	if (a->progress == EXPANDING)
		return fail(why, EX_DATAERR, "%s: the alias contains itself",
		    a->name);
	if (++x->depth > MAX_COMMAND_DEPTH)
		return fail(why, EX_DATAERR, "%s: more than %d aliases within "
		    "each other", a->name, MAX_COMMAND_DEPTH);
	a->progress = EXPANDING;
	x->in_group = outer || a->members.n > 1;
	for (i = 0; i < a->members.n && r == 0; i++)
		r = expand(x, a->members.v[i], a->name, why);
	x->in_group = outer;
	x->depth--;
	a->progress = EXPANDED;
	return r;
}

/* `within': the alias it stands in; its own name there is no alias. */
static int
expand_one(struct expansion *x, struct addr *a, const char *within,
    struct fail *why)
{
	struct alias *alias;

	if (a->addr[0] == '\\' && strchr(a->addr, '@') == NULL) {
		memmove(a->addr, a->addr + 1, strlen(a->addr));
		return add(x, a, why);
	}
	alias = find(x->m->aliases, a->addr);
	if (alias != NULL && a->name == NULL &&
	    (within == NULL || strcmp(within, a->addr) != 0))
		return expand_alias(x, alias, why);
	return is_left_out(x, a->addr) ? 0 : add(x, a, why);
}

static int
expand(struct expansion *x, const char *text, const char *within,
    struct fail *why)
{
	struct addrs as = { 0 };
	size_t i;
	int r = parse_typed(text, &as, why);

	for (i = 0; i < as.n && r == 0; i++)
		r = expand_one(x, &as.v[i], within, why);
	if (r == 0 && (as.n >= MAX_ADDRS || x->to->n >= MAX_ADDRS))
		r = fail(why, EX_DATAERR, "more than %d addresses", MAX_ADDRS);
	if (r == 0 && as.n == 0 && text[strspn(text, " \t,")] != '\0')
		r = fail(why, EX_DATAERR, "%s: not an address", text);
	addrs_free(&as);
	return r;
}

int
alias_expand(struct mailx *m, const char *text, struct addrs *as,
    struct fail *why)
{
	struct expansion x = { m, as, 0, false };
	size_t i;

	for (i = 0; m->aliases != NULL && i < m->aliases->n; i++)
		m->aliases->v[i].progress = NOT_YET;
	return expand(&x, text, NULL, why);
}

/* --- Commands. --- */

static void
list_alias(struct mailx *m, const struct alias *a)
{
	char *text;
	size_t n, i;
	FILE *f = xmemstream(&text, &n);

	for (i = 0; i < a->members.n; i++)
		fprintf(f, "%s%s", i == 0 ? "" : m->json ? ", " : " ",
		    a->members.v[i]);
	fclose(f);
	out_pair(m, a->name, text);
	free(text);
}

static int
list_aliases(struct mailx *m, const char *name)
{
	const struct alias *a;
	size_t i;

	if (name != NULL) {
		if ((a = find(m->aliases, name)) == NULL)
			return fail(&m->why, EX_USAGE, "%s: no such alias",
			    name);
		list_alias(m, a);
		return 0;
	}
	for (i = 0; m->aliases != NULL && i < m->aliases->n; i++)
		list_alias(m, &m->aliases->v[i]);
	return 0;
}

static bool
has_word(const struct strv *sv, const char *word)
{
	size_t i;

	for (i = 0; i < sv->n; i++)
		if (strcmp(sv->v[i], word) == 0)
			return true;
	return false;
}

char *
alias_word(char *const *words, size_t n, size_t *at)
{
	const char *name = words[(*at)++], *p;
	char *text;
	size_t len;
	FILE *f;

	if (*at == n || words[*at][0] != '<' || strchr(name, '@') != NULL)
		return xstrdup(name);
	f = xmemstream(&text, &len);
	putc('"', f);
	for (p = name; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			putc('\\', f);
		putc(*p, f);
	}
	fprintf(f, "\" %s", words[(*at)++]);
	fclose(f);
	return text;
}

static int
run_alias(struct mailx *m, struct args *a)
{
	struct alias *alias;
	char *word;
	size_t i;

	if (a->words.n < 2)
		return list_aliases(m, a->words.n == 0 ? NULL : a->words.v[0]);
	if (strpbrk(a->words.v[0], "@,;:<>()\" \t") != NULL ||
	    a->words.v[0][0] == '\0')
		return fail(&m->why, EX_USAGE, "%s: not a name for an alias",
		    a->words.v[0]);
	alias = find_or_add(table(m), a->words.v[0]);
	for (i = 1; i < a->words.n;) {
		word = alias_word(a->words.v, a->words.n, &i);
		if (!has_word(&alias->members, word))
			strv_add(&alias->members, word);
		free(word);
	}
	return 0;
}

static int
drop_alias(struct mailx *m, const char *name)
{
	struct aliases *as = m->aliases;
	struct alias *a = find(as, name);

	if (strcmp(name, "*") == 0) {
		while (as != NULL && as->n > 0)
			free_alias(&as->v[--as->n]);
		return 0;
	}
	if (a == NULL)
		return fail(&m->why, EX_USAGE, "%s: no such alias", name);
	free_alias(a);
	as->n--;
	memmove(a, a + 1, (as->n - (size_t)(a - as->v)) * sizeof *a);
	return 0;
}

static int
run_unalias(struct mailx *m, struct args *a)
{
	size_t i;

	for (i = 0; i < a->words.n; i++)
		if (drop_alias(m, a->words.v[i]) == -1)
			return -1;
	return 0;
}

static int
run_alternates(struct mailx *m, struct args *a)
{
	struct strv *sv = &table(m)->alternates;
	size_t i;

	for (i = 0; i < a->words.n; i++)
		if (!has_word(sv, a->words.v[i]))
			strv_add(sv, a->words.v[i]);
	for (i = 0; a->words.n == 0 && i < sv->n; i++)
		out_pair(m, sv->v[i], "");
	return 0;
}

#define DECLARES	.flags = CMD_STARTUP | CMD_SENDING, .takes = TAKES_WORDS, \
			.max = -1

const struct cmd cmd_alias = {
	.name = "alias", .abbreviation = "a", DECLARES,
	.usage = "[name [address ...]]",
	.help = "let a name stand for addresses, or list such names",
	.run = run_alias
};

const struct cmd cmd_group = {
	.name = "group", .abbreviation = "g", DECLARES,
	.usage = "[name [address ...]]",
	.help = "let a name stand for addresses, as alias does",
	.run = run_alias
};

const struct cmd cmd_unalias = {
	.name = "unalias", .abbreviation = "una", DECLARES, .min = 1,
	.usage = "name ...", .help = "forget aliases; * means all",
	.run = run_unalias
};

const struct cmd cmd_alternates = {
	.name = "alternates", .abbreviation = "alt", DECLARES,
	.usage = "[address ...]",
	.help = "tell which addresses are one's own too, or list them",
	.run = run_alternates
};
