/* SPDX-License-Identifier: ISC */
/*
 * vars.c -- the values of variables, by name in a sorted array, known and unknown
 * ones alike.
 *
 * A name of another program's is turned into ours when it is set, its value
 * with it, so that there is one value and the last one said holds.
 */
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "../store/local.h"
#include "nearest.h"
#include "progress.h"
#include "runint.h"
#include "server.h"
#include "vars.h"
#include "words.h"

struct value {
	char	*name;		/* owned */
	char	*text;		/* owned */
	char	*origin;	/* owned: where it was set; NULL: the default */
};

struct vars {
	struct value	*v;	/* sorted by name */
	size_t		 n;
	size_t		 cap;
	char		*state_dir;	/* owned: for the store's options; or NULL */
	char		*cache_dir;	/* owned: the same */
};

/* --- The table and the array. --- */

static const struct var *
find_entry(const char *name)
{
	const struct var *e;

	for (e = variables; e->name != NULL; e++)
		if (strcmp(e->name, name) == 0)
			return e;
	return NULL;
}

/* What an older name means. */
static const char *
modern(const char *name)
{
	const struct var *e = find_entry(name);

	return e == NULL || e->alias_of == NULL ? name : e->alias_of;
}

/* Where the name is, or where it would have to be put. */
static size_t
place_of(const struct vars *vs, const char *name, bool *there)
{
	size_t low = 0, high = vs->n, middle;
	int order;

	*there = false;
	while (low < high) {
		middle = low + (high - low) / 2;
		order = strcmp(name, vs->v[middle].name);
		if (order == 0) {
			*there = true;
			return middle;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void
wipe(char *text)
{
	freezero(text, strlen(text));	/* it may be a password */
}

/* Takes text and origin. */
static void
put(struct vars *vs, const char *name, char *text, char *origin)
{
	bool there;
	size_t i = place_of(vs, name, &there);

	if (there) {
		wipe(vs->v[i].text);
		free(vs->v[i].origin);
		vs->v[i].text = text;
		vs->v[i].origin = origin;
		return;
	}
	vs->v = xgrow(vs->v, vs->n, &vs->cap, sizeof *vs->v);
	memmove(vs->v + i + 1, vs->v + i, (vs->n - i) * sizeof *vs->v);
	vs->v[i].name = xstrdup(name);
	vs->v[i].text = text;
	vs->v[i].origin = origin;
	vs->n++;
}

static const char *
get(const struct vars *vs, const char *name)
{
	bool there;
	size_t i;

	if (vs == NULL)
		return NULL;
	i = place_of(vs, name, &there);
	return there ? vs->v[i].text : NULL;
}

/* --- The beginning. --- */

/* HOME, else what the system knows of the user. */
static char *
home_directory(void)
{
	const char *home = getenv("HOME");
	const struct passwd *pw;

	if (home != NULL && *home != '\0')
		return xstrdup(home);
	pw = getpwuid(getuid());
	return pw == NULL || pw->pw_dir == NULL ? NULL : xstrdup(pw->pw_dir);
}

/* A path with ~ in front as the home directory. */
static char *
expand_home(const struct vars *vs, const char *path)
{
	const char *home = get(vs, "HOME");

	if (home == NULL || path[0] != '~' ||
	    (path[1] != '/' && path[1] != '\0'))
		return xstrdup(path);
	return xasprintf("%s%s", home, path + 1);
}

static void
put_defaults(struct vars *vs)
{
	const struct var *e;

	for (e = variables; e->name != NULL; e++)
		if (e->value != NULL)
			put(vs, e->name, e->type == VAR_PATH ?
			    expand_home(vs, e->value) : xstrdup(e->value),
			    NULL);
}

struct vars *
vars_new(void)
{
	static const char *const imported[] = { "DEAD", "EDITOR", "LISTER",
	    "MAIL", "MAILRC", "MBOX", "PAGER", "SHELL", "VISUAL" };
	struct vars *vs = xcalloc(1, sizeof *vs);
	char *home = home_directory();
	const char *text;
	size_t i;

	if (home != NULL)
		put(vs, "HOME", home, xstrdup("the environment"));
	put_defaults(vs);
	for (i = 0; i < NELEM(imported); i++)
		if ((text = getenv(imported[i])) != NULL && *text != '\0')
			put(vs, imported[i], xstrdup(text),
			    xstrdup("the environment"));
	return vs;
}

void
vars_free(struct vars *vs)
{
	size_t i;

	if (vs == NULL)
		return;
	for (i = 0; i < vs->n; i++) {
		free(vs->v[i].name);
		free(vs->v[i].origin);
		wipe(vs->v[i].text);
	}
	free(vs->v);
	free(vs->state_dir);
	free(vs->cache_dir);
	free(vs);
}

struct vars *
vars_save(const struct mailx *m)
{
	const struct vars *vs = m->vars;
	struct vars *copy = xcalloc(1, sizeof *copy);
	size_t i;

	copy->v = xcalloc(vs->n + 1, sizeof *copy->v);
	copy->n = vs->n;
	copy->cap = vs->n + 1;
	for (i = 0; i < vs->n; i++) {
		copy->v[i].name = xstrdup(vs->v[i].name);
		copy->v[i].text = xstrdup(vs->v[i].text);
		copy->v[i].origin = vs->v[i].origin == NULL ? NULL :
		    xstrdup(vs->v[i].origin);
	}
	return copy;
}

void
vars_restore(struct mailx *m, struct vars *saved)
{
	struct vars *old = m->vars;

	m->vars = saved;
	vars_apply(m);
	vars_free(old);
}

/* --- Getting. --- */

const char *
var_get(const struct mailx *m, const char *name)
{
	return get(m->vars, modern(name));
}

const char *
var_origin(const struct mailx *m, const char *name)
{
	bool there;
	size_t i = place_of(m->vars, modern(name), &there);

	return there ? m->vars->v[i].origin : NULL;
}

bool
var_is_set(const struct mailx *m, const char *name)
{
	return var_get(m, name) != NULL;
}

/* Digits, and k, M or G behind them for multiples of 1024. */
static int
read_number(const char *text, int *number)
{
	static const char units[] = "kMG";
	size_t n = strspn(text, "0123456789");
	const char *error, *unit = NULL;
	char digits[24];
	long long most = INT_MAX;
	int shift = 0;

	if (n == 0 || n >= sizeof digits)
		return -1;
	if (text[n] != '\0') {
		unit = strchr(units, text[n]);
		if (unit == NULL || text[n + 1] != '\0')
			return -1;
		shift = 10 * (int)(unit - units + 1);
	}
	memcpy(digits, text, n);
	digits[n] = '\0';
	*number = (int)(strtonum(digits, 0, most >> shift, &error) << shift);
	return error == NULL ? 0 : -1;
}

int
var_number(const struct mailx *m, const char *name, int otherwise)
{
	const char *text = var_get(m, name);
	int number;

	return text == NULL || read_number(text, &number) == -1 ? otherwise :
	    number;
}

void
var_each(const struct mailx *m, void (*each)(void *ctx, const char *name,
    const char *value), void *ctx)
{
	size_t i;

	for (i = 0; i < m->vars->n; i++)
		each(ctx, m->vars->v[i].name, m->vars->v[i].text);
}

/* --- Setting. --- */

/* ~ and $NAME, as where a command names a file. */
static char *
expand_path(const struct mailx *m, const char *value)
{
	char *named = words_path(m, value), *path = expand_home(m->vars, named);

	free(named);
	return path;
}

/* A value under an older name, or in older words, as ours. */
static char *
translate(const struct mailx *m, const char *name, const struct var *e,
    const char *value)
{
	if (e == NULL)
		return xstrdup(value);
	if (e->type == VAR_BOOL)
		return xstrdup("");
	if (strcmp(name, "smtp") == 0 && *value != '\0' &&
	    strstr(value, "://") == NULL)
		return xasprintf("smtp://%s", value);
	if (strcmp(name, "ssl-verify") == 0)	/* warn, ask: we do not */
		return xstrdup(strcasecmp(value, "ignore") == 0 ? "ignore" :
		    "strict");
	if (strcasecmp(value, "quoted-printable") == 0 &&
	    strcmp(modern(name), "encoding") == 0)
		return xstrdup("qp");
	if (e->type == VAR_PATH)
		return expand_path(m, value);
	return xstrdup(value);
}

static int
check_name(const char *name, struct fail *why)
{
	const char *p;

	if (*name == '\0' || strlen(name) > MAX_VAR_NAME)
		return fail(why, EX_USAGE, "not the name of a variable");
	for (p = name; *p != '\0'; p++)
		if (ascii_is_control((unsigned char)*p) || *p == ' ' ||
		    *p == '=')
			return fail(why, EX_USAGE, "%s: not the name of a "
			    "variable", name);
	return 0;
}

/* `partial=no' */
static bool
turns_off(const struct var *e, const char *value)
{
	static const char *const off[] = { "no", "off", "false", "0" };
	size_t i;

	for (i = 0; e != NULL && e->type == VAR_BOOL && i < NELEM(off); i++)
		if (strcasecmp(value, off[i]) == 0)
			return true;
	return false;
}

static bool	drop(struct mailx *m, const char *name);

int
var_set(struct mailx *m, const char *name, const char *value, struct fail *why)
{
	const struct var *e = find_entry(name);
	int number;

	if (check_name(name, why) == -1)
		return -1;
	if (value == NULL)
		value = "";
	if (turns_off(e, value)) {
		drop(m, name);
		return 0;
	}
	/* An empty number is fine: POSIX has `set crt'. */
	if (e != NULL && e->type == VAR_NUMBER && *value != '\0' &&
	    read_number(value, &number) == -1)
		return fail(why, EX_USAGE, "%s: %s: not a number from 0 to %d",
		    name, value, INT_MAX);
	put(m->vars, modern(name), translate(m, name, e, value),
	    run_place(m));
	vars_apply(m);
	return 0;
}

static bool
drop(struct mailx *m, const char *name)
{
	struct vars *vs = m->vars;
	bool there;
	size_t i = place_of(vs, modern(name), &there);

	if (!there)
		return false;
	free(vs->v[i].name);
	free(vs->v[i].origin);
	wipe(vs->v[i].text);
	vs->n--;
	memmove(vs->v + i, vs->v + i + 1, (vs->n - i) * sizeof *vs->v);
	vars_apply(m);
	return true;
}

/* One that we know may be unset twice: `unset hold' is what people write. */
int
var_unset(struct mailx *m, const char *name, struct fail *why)
{
	if (drop(m, name) || find_entry(name) != NULL)
		return 0;
	fail(why, EX_USAGE, "%s: no such variable is set", name);
	nearest_add(why, nearest_variable(name));
	return -1;
}

int
var_assign(struct mailx *m, const char *word, struct fail *why)
{
	const char *equals = strchr(word, '=');
	char *name;
	int r;

	if (equals != NULL) {
		name = xstrndup(word, (size_t)(equals - word));
		r = var_set(m, name, equals + 1, why);
		free(name);
		return r;
	}
	if (strncmp(word, "no", 2) == 0 && word[2] != '\0' &&
	    find_entry(word) == NULL) {
		drop(m, word + 2);
		return 0;
	}
	return var_set(m, word, "", why);
}

/* --- Directories, and what the store is told. --- */

/* $XDG_..., which must be absolute, or the directory under HOME; and mailx in it. */
static char *
xdg_path(const struct mailx *m, const char *variable, const char *otherwise)
{
	const char *base = getenv(variable), *home = get(m->vars, "HOME");

	if (base != NULL && *base == '/')
		return xasprintf("%s/mailx", base);
	return home == NULL || *home == '\0' ? NULL :
	    xasprintf("%s/%s/mailx", home, otherwise);
}

static char *
xdg_dir(const struct mailx *m, const char *variable, const char *otherwise,
    struct fail *why)
{
	char *path = xdg_path(m, variable, otherwise), *inside;
	int r;

	if (path == NULL) {
		fail(why, EX_CONFIG, "neither %s nor HOME is set", variable);
		return NULL;
	}
	inside = xasprintf("%s/", path);
	r = local_make_parents(inside, why);
	free(inside);
	if (r == 0)
		return path;
	free(path);
	return NULL;
}

char *
var_state_dir(const struct mailx *m, struct fail *why)
{
	return xdg_dir(m, "XDG_STATE_HOME", ".local/state", why);
}

char *
var_cache_dir(const struct mailx *m, struct fail *why)
{
	return xdg_dir(m, "XDG_CACHE_HOME", ".cache", why);
}

void
vars_apply(struct mailx *m)
{
	const char *charset = var_get(m, "charset-8bit");
	char *dir = xdg_path(m, "XDG_STATE_HOME", ".local/state");

	m->options.server = server_setup;
	m->options.ctx = m;
	m->options.moved = progress_moved;
	m->options.charset_8bit = charset == NULL || *charset == '\0' ? NULL :
	    charset;
	m->options.lock_timeout = var_number(m, "lock-timeout", 0);
	m->options.mboxo = var_is_set(m, "mboxo");
	m->dry_run = var_is_set(m, "debug");
	free(m->vars->state_dir);
	m->vars->state_dir = dir;
	m->options.state_dir = dir;
	free(m->vars->cache_dir);
	m->vars->cache_dir = !var_is_set(m, "cache") ? NULL :
	    xdg_path(m, "XDG_CACHE_HOME", ".cache");
	m->options.cache_dir = m->vars->cache_dir;
}
