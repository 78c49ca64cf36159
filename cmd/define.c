/* SPDX-License-Identifier: ISC */
/*
 * define.c -- named blocks of commands: account, define; call, return, shift.
 *
 * A block is kept as the text that was read; its lines keep the place where they
 * stand, for errors.
 */
#include <stdlib.h>
#include <string.h>

#include "define.h"
#include "out.h"
#include "runint.h"
#include "vars.h"
#include "words.h"

struct block {
	struct block	*next;
	char		*name, *text;	/* owned; text: lines, each with its newline */
	char		*from;		/* owned: the file where it stands; or NULL */
	unsigned	 line;		/* of its first line, there */
	bool		 account;
	bool		 startup;	/* it stands in a startup file */
};

struct macros {
	struct block	*first;		/* owned */
};

static void
free_block(struct block *b)
{
	free(b->name);
	free(b->text);
	free(b->from);
	free(b);
}

void
macros_free(struct macros *x)
{
	struct block *b;

	if (x == NULL)
		return;
	while ((b = x->first) != NULL) {
		x->first = b->next;
		free_block(b);
	}
	free(x);
}

void
account_each(const struct mailx *m, bool accounts,
    void (*each)(void *ctx, const char *name), void *ctx)
{
	const struct block *b = m->macros == NULL ? NULL : m->macros->first;

	for (; b != NULL; b = b->next)
		if (b->account == accounts)
			each(ctx, b->name);
}

/* Where that block hangs, or would hang: the end. */
static struct block **
find(struct mailx *m, const char *name, bool account)
{
	struct block **at;

	if (m->macros == NULL)
		m->macros = xcalloc(1, sizeof *m->macros);
	for (at = &m->macros->first; *at != NULL; at = &(*at)->next)
		if ((*at)->account == account &&
		    strcmp((*at)->name, name) == 0)
			break;
	return at;
}

/* --- Reading one. --- */

/* Does the line begin a block inside the block? */
static bool
begins_block(struct span s)
{
	return s.n > 0 && s.p[s.n - 1] == '{' &&
	    (span_has_prefix(s, "define ") || span_has_prefix(s, "account "));
}

/* The lines up to the `}' that ends the block; NULL: it does not end. */
static char *
read_lines(struct mailx *m)
{
	struct input *in = m->run->input;
	char *text, *line;
	size_t len, depth = 1;
	struct span s;
	FILE *f = xmemstream(&text, &len);

	while (depth > 0 && (line = run_read(m, in, NULL)) != NULL) {
		s = span_trim(span_of(line));
		if (span_eq(s, "}"))
			depth--;
		else if (begins_block(s))
			depth++;
		if (depth > 0 && ftell(f) < MAX_STARTUP_FILE)
			fprintf(f, "%s\n", line);
		free(line);
		if (got_signal != 0)
			break;
	}
	fclose(f);
	if (depth > 0 || len >= MAX_STARTUP_FILE) {
		fail(&m->why, EX_USAGE, depth > 0 ? "a block is not closed "
		    "by }" : "a block is too long");
		free(text);
		return NULL;
	}
	return text;
}

/* What stands behind the `{' on the same line: nothing, or a command and `}'. */
static char *
read_body(struct mailx *m, struct span rest)
{
	if (rest.n == 0)
		return read_lines(m);
	if (rest.p[rest.n - 1] != '}') {
		fail(&m->why, EX_USAGE, "a block is not closed by }");
		return NULL;
	}
	rest.n--;
	rest = span_trim(rest);
	return xasprintf("%.*s\n", (int)rest.n, rest.p);
}

static int
store_block(struct mailx *m, const char *name, bool account, char *text,
    unsigned line)
{
	struct block **at = find(m, name, account), *b;
	const struct input *in = m->run->input;

	b = xcalloc(1, sizeof *b);
	if (*at != NULL) {
		b->next = (*at)->next;
		free_block(*at);
	}
	*at = b;
	b->name = xstrdup(name);
	b->text = text;
	b->account = account;
	b->startup = in->startup;
	b->line = line;
	while (in != NULL && in->name == NULL)
		in = in->outer;
	b->from = in == NULL ? NULL : xstrdup(in->name);
	return 0;
}

/* `name', `name {': the name, the caller's to free; NULL: the line is none of these. */
static char *
read_head(const char *text, bool *block, struct span *rest)
{
	size_t n = strcspn(text, " \t{");
	struct span s = span_trim(span_of(text + n));

	*block = s.n > 0 && *s.p == '{';
	if (n == 0 || (!*block && s.n > 0))
		return NULL;
	if (*block) {
		s.p++;
		s.n--;
	}
	*rest = span_trim(s);
	return xstrndup(text, n);
}

/* --- Running one. --- */

static int
run_block(struct mailx *m, const struct block *b, struct strv *params,
    bool sets_only)
{
	struct input in = { .line = b->line, .expand = true,
	    .startup = b->account && b->startup, .sets_only = sets_only,
	    .params = params };
	/* It may define itself anew. */
	char *text = xstrdup(b->text);
	char *name = xstrdup(b->from == NULL ? b->name : b->from);
	int r = 0;

	in.name = name;
	in.in = *text == '\0' ? NULL : fmemopen(text, strlen(text), "r");
	in.body = in.in;
	if (in.in != NULL) {
		r = run_input(m, &in);
		fclose(in.in);
	} else if (*text != '\0')
		r = fail_errno(&m->why, EX_OSERR, "%s", name);
	free(name);
	free(text);
	return r;
}

static struct block *
find_account(struct mailx *m, const char *name, struct fail *why)
{
	struct block *b = *find(m, name, true);

	if (b == NULL)
		fail(why, EX_CONFIG, "%s: no such account", name);
	return b;
}

/* m->why is where commands leave their failure; `why' may be another. */
static int
hand_over(struct mailx *m, int r, struct fail *why)
{
	if (r == 0 || why == &m->why)
		return r;
	fail(why, m->why.code, "%s", m->why.text);
	fail_clear(&m->why);
	return r;
}

int
account_use(struct mailx *m, const char *name, struct fail *why)
{
	struct block *b = find_account(m, name, why);
	int r;

	if (b == NULL)
		return -1;
	free(m->account);
	m->account = xstrdup(name);
	r = hand_over(m, run_block(m, b, NULL, false), why);
	vars_apply(m);
	return r;
}

void
account_check(struct mailx *m)
{
	struct strv names = { NULL, 0, 0 };
	const struct block *b;
	size_t i;

	for (b = m->macros == NULL ? NULL : m->macros->first; b != NULL;
	    b = b->next)
		if (b->account)
			strv_add(&names, b->name);
	for (i = 0; i < names.n; i++) {
		(void)run_block(m, *find(m, names.v[i], true), NULL, false);
		fail_clear(&m->why);
	}
	strv_free(&names);
}

struct copy {
	struct mailx	*m;
	struct fail	 why;
};

static void
copy_variable(void *ctx, const char *name, const char *value)
{
	struct copy *c = ctx;

	(void)var_set(c->m, name, value, &c->why);
}

/*
 * The block is run over a copy of the variables, without the commands that do
 * anything but set them: its `if' holds as it would.
 */
char *
account_value(struct mailx *m, const char *name, const char *var)
{
	struct block *b = *find(m, name, true);
	struct mailx other = *m;
	struct fail before = m->why;
	struct vars *vars = m->vars;
	struct copy c = { .m = m };
	const char *value;
	char *result = NULL;
	int status = m->status;

	if (b == NULL)
		return NULL;
	m->vars = vars_new();
	var_each(&other, copy_variable, &c);
	fail_clear(&m->why);
	if (run_block(m, b, NULL, true) == 0) {
		value = var_get(m, var);
		result = value == NULL ? NULL : xstrdup(value);
	}
	vars_free(m->vars);
	m->vars = vars;
	m->why = before;
	m->status = status;
	vars_apply(m);
	return result;
}

/* --- The commands. --- */

static void
list_blocks(struct mailx *m, bool account)
{
	const struct block *b = m->macros == NULL ? NULL : m->macros->first;

	for (; b != NULL; b = b->next)
		if (b->account == account)
			out_pair(m, b->name, NULL);
}

static void
show_block(struct mailx *m, const struct block *b)
{
	const char *p, *end;

	if (m->json) {
		out_pair(m, b->name, b->text);
		return;
	}
	out_line(m, "define %s {", b->name);
	for (p = b->text; *p != '\0'; p = end + 1) {
		end = strchr(p, '\n');
		out_line(m, "%.*s", (int)(end - p), p);
	}
	out_line(m, "}");
}

/* Keep a block where the line begins one; else 1, and its name in *name. */
static int
take_block(struct mailx *m, struct args *a, bool account, char **name)
{
	unsigned line = m->run->input->line;
	struct span rest;
	char *text;
	bool block;
	int r = 1;

	*name = read_head(a->text, &block, &rest);
	if (*name == NULL)
		return args_usage(a->cmd, &m->why);
	if (!block)
		return 1;
	/* A body on the same line begins here, not on the line behind. */
	if (rest.n > 0 && line > 0)
		line--;
	text = read_body(m, rest);
	r = text == NULL ? -1 : store_block(m, *name, account, text, line);
	free(*name);
	*name = NULL;
	return r;
}

static int
run_account(struct mailx *m, struct args *a)
{
	char *name;
	int r;

	if (*a->text == '\0') {
		list_blocks(m, true);
		return 0;
	}
	r = take_block(m, a, true, &name);
	if (r == 1)
		r = account_use(m, name, &m->why);
	free(name);
	return r;
}

static int
run_define(struct mailx *m, struct args *a)
{
	struct block *b;
	char *name;
	int r;

	if (*a->text == '\0') {
		list_blocks(m, false);
		return 0;
	}
	r = take_block(m, a, false, &name);
	if (r == 1) {
		b = *find(m, name, false);
		r = b == NULL ? fail(&m->why, EX_USAGE, "%s: not defined",
		    name) : 0;
		if (b != NULL)
			show_block(m, b);
	}
	free(name);
	return r;
}

static int
run_call(struct mailx *m, struct args *a)
{
	struct block *b = *find(m, a->words.v[0], false);
	struct strv params = { 0 };
	size_t i;
	int r;

	if (b == NULL)
		return fail(&m->why, EX_USAGE, "%s: not defined",
		    a->words.v[0]);
	for (i = 1; i < a->words.n; i++)
		strv_add(&params, a->words.v[i]);
	r = run_block(m, b, &params, false);
	strv_free(&params);
	return r;
}

static int
number(const char *word, long long most, int *n, struct fail *why)
{
	const char *error;

	*n = (int)strtonum(word, 0, most, &error);
	if (error != NULL)
		return fail(why, EX_USAGE, "%s: number is %s", word, error);
	return 0;
}

static int
run_return(struct mailx *m, struct args *a)
{
	int status = m->run->previous;

	if (a->words.n > 0 &&
	    number(a->words.v[0], 255, &status, &m->why) == -1)
		return -1;
	m->run->input->returned = true;
	m->status = status;
	return 0;
}

static int
run_shift(struct mailx *m, struct args *a)
{
	struct strv *params = run_params(m);
	int n = 1, i;

	if (a->words.n > 0 &&
	    number(a->words.v[0], 1000000, &n, &m->why) == -1)
		return -1;
	if (params == NULL || (size_t)n > params->n)
		return fail(&m->why, EX_USAGE, "there are not so many "
		    "parameters");
	for (i = 0; i < n; i++)
		free(params->v[i]);
	if (n > 0) {
		params->n -= (size_t)n;
		memmove(params->v, params->v + n,
		    (params->n + 1) * sizeof *params->v);
	}
	return 0;
}

const struct cmd cmd_account = {
	.name = "account", .flags = CMD_STARTUP, .takes = TAKES_TEXT,
	.usage = "[name [{]]",
	.help = "run the commands of an account; with {, keep those up to } under that name",
	.run = run_account
};

const struct cmd cmd_define = {
	.name = "define", .flags = CMD_STARTUP, .takes = TAKES_TEXT,
	.usage = "[name [{]]",
	.help = "keep the commands up to } under a name, for call", .run = run_define
};

const struct cmd cmd_call = {
	.name = "call", .flags = CMD_STARTUP, .takes = TAKES_WORDS,
	.min = 1, .max = -1, .usage = "name [argument ...]",
	.help = "run the commands that define keeps, with $1 to $n as arguments",
	.run = run_call
};

const struct cmd cmd_return = {
	.name = "return", .flags = CMD_STARTUP, .takes = TAKES_WORDS, .max = 1,
	.usage = "[status]",
	.help = "end what call, source or account runs, with a status",
	.run = run_return
};

const struct cmd cmd_shift = {
	.name = "shift", .flags = CMD_STARTUP, .takes = TAKES_WORDS, .max = 1,
	.usage = "[number]", .help = "drop the first of the arguments $1 to $n",
	.run = run_shift
};
