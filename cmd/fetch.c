/* SPDX-License-Identifier: ISC */
/*
 * fetch.c -- the command `fetch': copy what is new in one or more sources into
 * a destination.
 *
 * Each source has its own state and its own outcome: one that fails does not
 * stop the others, and the worst failure is that of the command.
 */
#include <stdlib.h>
#include <string.h>

#include "../net/url.h"
#include "expr.h"
#include "fetch.h"
#include "folder.h"
#include "vars.h"

#define MAX_DAYS	36500

/* --- Options. --- */

static int
read_number(const char *text, const char *what, long long min, long long max,
    long long *v, struct fail *why)
{
	const char *error;

	*v = strtonum(text, min, max, &error);
	if (error != NULL)
		return fail(why, EX_USAGE, "%s: %s is %s", text, what, error);
	return 0;
}

static int
read_options(struct mailx *m, const struct args *a, struct fetch_options *o,
    struct fail *why)
{
	const char *days = args_option(a, 'D'), *most = args_option(a, 'm');
	const char *expr = args_option(a, 's');
	long long v;

	o->delete_there = args_option(a, 'd') != NULL;
	o->dry = args_option(a, 'n') != NULL || m->dry_run;
	o->all = args_option(a, 'a') != NULL;
	o->resync = args_option(a, 'R') != NULL;
	o->days = -1;
	o->most = UINT64_MAX;
	if (o->delete_there && args_option(a, 'k') != NULL)
		return fail(why, EX_USAGE, "-d and -k exclude each other");
	if (days != NULL) {
		if (read_number(days, "the number of days", 0, MAX_DAYS, &v,
		    why) == -1)
			return -1;
		o->days = (int)v;
	}
	if (most != NULL) {
		if (read_number(most, "the number of messages", 0, MAX_MESSAGES,
		    &v, why) == -1)
			return -1;
		o->most = (uint64_t)v;
	}
	if (m->read_only && (o->delete_there || o->days != -1))
		return fail(why, EX_NOPERM, "folders are opened read-only (-R): "
		    "nothing can be deleted there");
	if (expr != NULL && (o->expr = expr_parse(expr, why)) == NULL)
		return -1;
	return 0;
}

/* `|command', or a folder: -o, else $fetch-into, else $MBOX. */
static char *
destination(struct mailx *m, const char *name, struct fail *why)
{
	const char *p;

	if (name == NULL)
		name = var_get(m, "fetch-into");
	if (name == NULL || *name == '\0')
		name = "&";
	if (*name != '|')
		return folder_resolve(m, name, true, why);
	for (p = name + 1; *p == ' ' || *p == '\t'; p++)
		;
	if (*p == '\0') {
		fail(why, EX_USAGE, "no command behind `|'");
		return NULL;
	}
	return xasprintf("|%s", p);
}

/* --- Names in the state: the same folder, however it was written. --- */

static char *
url_identity(const char *name, struct fail *why)
{
	struct url u;
	char *base, *path, *text;

	if (url_parse(name, &u, why) == -1)
		return NULL;
	base = url_text(&u, false);
	if (u.scheme == SCHEME_POP3 || u.scheme == SCHEME_POP3S)
		path = "";
	else if (*u.path == '\0' || strcasecmp(u.path, "INBOX") == 0)
		path = "INBOX";
	else
		path = u.path;
	text = xasprintf("%s%s", base, path);
	free(base);
	url_free(&u);
	return text;
}

/* Without links, as it will be called once it is there: by what is there of it. */
static char *
real_name(const char *name)
{
	char *text = xstrdup(name), *real, *slash, *whole;
	size_t n = strlen(text);

	while (n > 1 && text[n - 1] == '/')
		text[--n] = '\0';
	while ((real = realpath(*text == '\0' ? "/" : text, NULL)) == NULL &&
	    (slash = strrchr(text, '/')) != NULL)
		*slash = '\0';
	if (real != NULL)
		whole = xasprintf("%s%.*s", strcmp(real, "/") == 0 &&
		    strlen(text) < n ? "" : real, (int)(n - strlen(text)),
		    name + strlen(text));
	else if ((real = realpath(".", NULL)) != NULL)
		whole = xasprintf("%s/%.*s", real, (int)n, name);
	else
		whole = xasprintf("%.*s", (int)n, name);
	free(real);
	free(text);
	return whole;
}

static char *
identity(const char *name, struct fail *why)
{
	const char *colon;

	if (*name == '|')
		return xstrdup(name);
	if (url_is_url(name))
		return url_identity(name, why);
	colon = strchr(name, ':');
	if (strncmp(name, "mbox:", 5) == 0 || strncmp(name, "maildir:", 8) == 0)
		name = colon + 1;
	return real_name(name);
}

/* --- A source. --- */

/* For -n, which makes nothing: where the state would be. */
static char *
state_dir_as_it_is(struct fail *why)
{
	const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (xdg != NULL && *xdg == '/')
		return xasprintf("%s/mailx", xdg);
	if (home == NULL || *home == '\0') {
		fail(why, EX_CONFIG, "neither HOME nor XDG_STATE_HOME is set");
		return NULL;
	}
	return xasprintf("%s/.local/state/mailx", home);
}

static struct seen *
open_state(struct mailx *m, const struct fetch_options *o, const char *source,
    const char *dest, struct fail *why)
{
	struct seen *seen;
	char *dir;

	dir = o->dry ? state_dir_as_it_is(why) : var_state_dir(m, why);
	if (dir == NULL)
		return NULL;
	if (o->dry)
		seen = seen_peek(dir, source, dest, why);
	else
		seen = seen_open(dir, source, dest, why);
	free(dir);
	return seen;
}

static void
load_seen(void *ctx)
{
	struct fetch *f = ctx;

	(void)seen_load(f->seen, &f->unread);
}

/* What came before is read while the server makes its list. */
static struct store *
open_source(struct fetch *f, enum store_mode mode, struct fail *why)
{
	struct store_options *o = &f->m->options;
	struct store *s;

	o->meanwhile = load_seen;
	o->meanwhile_ctx = f;
	s = store_open(f->source, mode, o, why);
	o->meanwhile = NULL;
	return s;
}

/* Open the source and fetch from it. */
static int
run_opened(struct fetch *f, struct fail *why)
{
	bool deleting = !f->o->dry && (f->o->delete_there || f->o->days != -1);
	struct fail closing;
	int result;

	f->src = open_source(f, deleting ? STORE_WRITE : STORE_READ, why);
	if (f->src == NULL)
		return -1;
	result = fetch_run(f, why);
	fetch_free_list(f);
	fail_clear(&closing);
	if (f->dst != NULL &&
	    store_close(f->dst, result == 0 ? why : &closing) == -1)
		result = -1;
	/* All that matters there has been done and checked. */
	(void)store_close(f->src, &closing);
	if (result == 0 && f->sum.failed > 0)
		return fail(why, f->first.code, "%s: left %llu there: %s",
		    f->sum.source, (unsigned long long)f->sum.failed,
		    f->first.text);
	return result;
}

static int
fetch_source(struct mailx *m, const struct fetch_options *o, const char *name,
    struct fail *why)
{
	struct fetch f = { .m = m, .o = o };
	char *source = identity(name, why), *dest = NULL;
	int result = -1;

	if (source != NULL)
		dest = identity(o->dest, why);
	if (dest != NULL && strcmp(source, dest) == 0)
		fail(why, EX_USAGE, "%s: source and destination are the same",
		    source);
	else if (dest != NULL &&
	    (f.seen = open_state(m, o, source, dest, why)) != NULL) {
		f.source = xstrdup(name);
		f.sum.source = source;
		f.sum.dest = dest;
		f.sum.dry = o->dry;
		result = run_opened(&f, why);
		if (f.src != NULL)
			out_fetched(m, &f.sum);
	}
	seen_close(f.seen);
	free(f.source);
	free(source);
	free(dest);
	return result;
}

/* --- The command. --- */

/* How bad: what may go away by itself is the least. */
static int
badness(const struct fail *why)
{
	return why->code == 0 ? 0 : why->code == EX_TEMPFAIL ? 1 : 2;
}

/* Keep the worst failure for the gate to report; report the others. */
static void
keep_worst(struct mailx *m, struct fail *worst, const struct fail *why)
{
	struct fail other = *why;

	if (badness(why) > badness(worst)) {
		other = *worst;
		*worst = *why;
	}
	if (other.code != 0)
		out_error(m, "fetch", &other);
}

static int
fetch_named(struct mailx *m, const struct fetch_options *o, const char *word,
    struct fail *worst)
{
	char *name;
	struct fail why;
	int result = -1;

	fail_clear(&why);
	if ((name = folder_resolve(m, word, true, &why)) != NULL)
		result = fetch_source(m, o, name, &why);
	free(name);
	if (result == -1)
		keep_worst(m, worst, &why);
	return result;
}

static int
fetch_sources(struct mailx *m, const struct args *a,
    const struct fetch_options *o, struct fail *why)
{
	struct fail worst, one;
	size_t i;

	fail_clear(&worst);
	fail_clear(&one);
	if (a->words.n == 0) {
		/* Of the current folder the name is enough. */
		if (m->folder_name == NULL && folder_set(m, "%", why) == -1)
			return -1;
		return fetch_source(m, o, m->folder_name, why);
	}
	for (i = 0; i < a->words.n && got_signal == 0; i++)
		(void)fetch_named(m, o, a->words.v[i], &worst);
	if (worst.code == 0)
		return 0;
	*why = worst;
	return -1;
}

static int
run_fetch(struct mailx *m, struct args *a)
{
	struct fetch_options o = { 0 };
	int result;

	result = read_options(m, a, &o, &m->why);
	if (result == 0 && (o.dest = destination(m, args_option(a, 'o'),
	    &m->why)) == NULL)
		result = -1;
	if (result == 0)
		result = fetch_sources(m, a, &o, &m->why);
	search_free(o.expr);
	free(o.dest);
	return result;
}

const struct cmd cmd_fetch = {
	.name = "fetch", .takes = TAKES_WORDS,
	.min = 0, .max = -1, .options = "kdD:nam:s:o:R(resync)",
	.usage = "[-k | -d] [-D days] [-n] [-a] [-m number] [-s expr] "
	    "[-o dest] [--resync] [source ...]",
	.help = "copy what is new in the sources into a folder or to a command",
	.run = run_fetch,
};
