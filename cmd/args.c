/* SPDX-License-Identifier: ISC */
/*
 * args.c -- what stands behind a command's name: options, words, a redirection,
 * a message list.
 *
 * A redirection is a `>', `>>' or `|' that begins a word outside quotes, or stands
 * right behind the numbers of messages, with one file, or a command, behind it to
 * the end of the line.  So <bob@example.org> is
 * an address, and `a > b c' is text.
 */
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "msgs.h"
#include "read.h"
#include "runint.h"
#include "words.h"

/* --- Message lists. --- */

void
msglist_add(struct msglist *l, uint32_t n, const char *part)
{
	l->v = xgrow(l->v, l->n, &l->cap, sizeof *l->v);
	l->v[l->n].n = n;
	l->v[l->n++].part = part == NULL ? NULL : xstrdup(part);
}

void
msglist_free(struct msglist *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		free(l->v[i].part);
	free(l->v);
	memset(l, 0, sizeof *l);
}

void
msglist_numbers(const struct msglist *l, struct numbers *ns)
{
	unsigned char *had, bit;
	uint32_t most = 0, n;
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->v[i].n > most)
			most = l->v[i].n;
	had = xcalloc(most / 8 + 1, 1);
	for (i = 0; i < l->n; i++) {
		n = l->v[i].n;
		bit = (unsigned char)(1U << (n & 7));
		if ((had[n / 8] & bit) == 0)
			numbers_add(ns, n);
		had[n / 8] |= bit;
	}
	free(had);
}

/* --- Options. --- */

const char *
args_option(const struct args *a, int letter)
{
	size_t i;

	for (i = a->noptions; i > 0; i--)
		if (a->options[i - 1].letter == letter)
			return a->options[i - 1].value;
	return NULL;
}

static void
add_option(struct args *a, int letter, const char *value)
{
	a->options = xreallocarray(a->options, a->noptions + 1,
	    sizeof *a->options);
	a->options[a->noptions].letter = letter;
	a->options[a->noptions++].value = xstrdup(value);
}

int
args_usage(const struct cmd *cmd, struct fail *why)
{
	return fail(why, EX_USAGE, "usage: %s%s%s", cmd->name,
	    cmd->usage == NULL ? "" : " ",
	    cmd->usage == NULL ? "" : cmd->usage);
}

/* Where `options' has that letter; NULL: nowhere. */
static const char *
find_letter(const char *options, char letter)
{
	for (; *options != '\0'; options++) {
		if (*options == letter && letter != ':' && letter != '(')
			return options;
		if (*options == '(')
			options += strcspn(options, ")");
		if (*options == '\0')
			break;
	}
	return NULL;
}

/* The same for a long name. */
static const char *
find_name(const char *options, const char *name, size_t n)
{
	const char *p = options, *letter = options;

	for (; *p != '\0'; p++) {
		if (*p != '(') {
			if (*p != ':')
				letter = p;
			continue;
		}
		if (strncmp(p + 1, name, n) == 0 && p[1 + n] == ')')
			return letter;
		p += strcspn(p, ")");
		if (*p == '\0')
			break;
	}
	return NULL;
}

static int
unknown(const struct cmd *cmd, const char *word, struct fail *why)
{
	return fail(why, EX_USAGE, "%s: unknown option; usage: %s %s", word,
	    cmd->name, cmd->usage == NULL ? "" : cmd->usage);
}

/* The argument of an option: the next word of the line. */
static int
take_value(struct mailx *m, struct args *a, const char *word, char letter,
    const char **line, unsigned how)
{
	struct strv value = { 0 };
	int r = words_next(m, line, how | WORDS_KEEP_EMPTY, &value, &m->why);

	if (r == 0 || (r == 1 && value.n == 0))
		r = fail(&m->why, EX_USAGE, "%s: an argument is missing", word);
	if (r == 1)
		add_option(a, letter, value.v[0]);
	strv_free(&value);
	return r == -1 ? -1 : 0;
}

static int
take_long(struct mailx *m, struct args *a, const char *word,
    const char **line, unsigned how)
{
	const char *name = word + 2, *equals = strchr(name, '='), *at;
	size_t n = equals == NULL ? strlen(name) : (size_t)(equals - name);

	at = n == 0 ? NULL : find_name(a->cmd->options, name, n);
	if (at == NULL || (at[1] != ':' && equals != NULL))
		return unknown(a->cmd, word, &m->why);
	if (at[1] == ':' && equals == NULL)
		return take_value(m, a, word, *at, line, how);
	add_option(a, *at, equals == NULL ? "" : equals + 1);
	return 0;
}

/* One word of letters; the last may have its argument in it, or behind it. */
static int
take_letters(struct mailx *m, struct args *a, const char *word,
    const char **line, unsigned how)
{
	const char *p, *at;

	for (p = word + 1; *p != '\0'; p++) {
		at = find_letter(a->cmd->options, *p);
		if (at == NULL)
			return unknown(a->cmd, word, &m->why);
		if (at[1] != ':')
			add_option(a, *p, "");
		else if (p[1] == '\0')
			return take_value(m, a, word, *p, line, how);
		else {
			add_option(a, *p, p + 1);
			return 0;
		}
	}
	return 0;
}

static int
take_options(struct mailx *m, struct args *a, const char **line, unsigned how)
{
	struct strv one = { 0 };
	const char *before, *word;
	int r = 0;
	bool more = true;

	while (more && r == 0) {
		before = *line;
		r = words_next(m, line, how, &one, &m->why);
		word = r == 1 && one.n > 0 ? one.v[0] : "";
		more = *word == '-' && word[1] != '\0';
		if (!more)
			*line = before;
		else if (strcmp(word, "--") == 0)
			more = false;
		else if (word[1] == '-')
			r = take_long(m, a, word, line, how);
		else
			r = take_letters(m, a, word, line, how);
		if (r == 1)
			r = 0;
		strv_free(&one);
	}
	return r;
}

/* --- Redirection. --- */

extern const struct cmd cmd_top;

extern const struct cmd cmd_help;

/*
 * If what stands here is one, fill `r'.  With words behind the file it is none, but
 * where nothing else but a list could stand there.
 */
static int
read_redirect(struct mailx *m, const struct cmd *cmd, const char *p,
    unsigned how, struct redirect *r)
{
	struct strv file = { 0 };
	const char *at = p + 1;
	int result;

	if (*p == '|') {
		at += strspn(at, " \t");
		if (*at == '\0')
			return cmd == &cmd_help ? 0 : fail(&m->why, EX_USAGE,
			    "nothing stands behind |");
		r->way = '|';
		r->target = xstrdup(at);
		return 1;
	}
	at += *at == '>';
	result = words_next(m, &at, how, &file, &m->why);
	at += strspn(at, " \t");
	/* A variable that is not set may have been all that stood there. */
	if (result != -1 && *at == '\0' && file.n == 0)
		result = fail(&m->why, EX_USAGE, "nothing stands behind %s",
		    p[1] == '>' ? ">>" : ">");
	else if (result == 1 && *at == '\0' && file.n == 1) {
		r->way = p[1] == '>' ? 'a' : '>';
		r->target = words_file(m, file.v[0], &m->why);
		result = r->target == NULL ? -1 : 1;
	} else if (result == 1)
		result = cmd->takes != TAKES_MSGS ? 0 : fail(&m->why, EX_USAGE,
		    "more than a file stands behind >");
	strv_free(&file);
	return result;
}

/* Octets of a word that is a list and touches a redirection: 3>file */
static size_t
list_in_front(const struct cmd *cmd, const char *p)
{
	size_t n = strspn(p, "0123456789.,-^$*`");

	if (cmd->takes != TAKES_MSGS && cmd != &cmd_top)
		return 0;
	return p[n] == '>' || p[n] == '|' ? n : 0;
}

/* Cut the redirection off the end of the line. */
static int
cut_redirect(struct mailx *m, const struct cmd *cmd, char *line, unsigned how,
    struct redirect *r)
{
	struct strv passed = { 0 };
	const char *p = line;
	int result = 1;
	size_t at;

	while (result == 1) {
		p += strspn(p, " \t");
		p += list_in_front(cmd, p);
		at = (size_t)(p - line);
		if (*p == '>' || *p == '|') {
			result = read_redirect(m, cmd, p, how, r);
			if (result != 0)
				break;
		}
		result = words_next(m, &p, how, &passed, &m->why);
		strv_free(&passed);
	}
	if (r->target != NULL)
		line[at] = '\0';
	return result == -1 ? -1 : 0;
}

/* --- All of it. --- */

static int
check_count(const struct args *a, struct fail *why)
{
	size_t n = a->words.n;
	bool enough = a->cmd->min <= 0 || n >= (size_t)a->cmd->min;

	switch (a->cmd->takes) {
	case TAKES_NOTHING:
		enough = *a->text == '\0';
		break;
	case TAKES_TEXT:
	case TAKES_EXPR:
		enough = a->cmd->min <= 0 || *a->text != '\0';
		break;
	case TAKES_WORDS:
		if (a->cmd->max >= 0 && n > (size_t)a->cmd->max)
			enough = false;
		break;
	case TAKES_MSGS:
	case TAKES_MSGS_WORD:
	case TAKES_WORDS_MSGS:
		break;
	}
	return enough ? 0 : args_usage(a->cmd, why);
}

static int
parse(struct mailx *m, char *line, struct args *a, struct redirect *r)
{
	bool expand = m->run->input->expand;
	unsigned how = expand ? WORDS_EXPAND : 0;
	enum takes takes = a->cmd->takes;
	const char *p = line;
	char *expanded;

	if (takes != TAKES_TEXT && cut_redirect(m, a->cmd, line, how, r) == -1)
		return -1;
	if (a->cmd->options != NULL && take_options(m, a, &p, how) == -1)
		return -1;
	a->text = span_dup(span_trim(span_of(p)));
	if (takes == TAKES_EXPR && expand) {
		expanded = words_expand(m, a->text);
		free(a->text);
		a->text = expanded;
	}
	if (takes != TAKES_TEXT && takes != TAKES_EXPR &&
	    takes != TAKES_NOTHING &&
	    words_split(m, a->text, expand, &a->words, &m->why) == -1)
		return -1;
	return check_count(a, &m->why);
}

int
args_parse(struct mailx *m, const struct cmd *cmd, const char *rest,
    struct args *a, struct redirect *r)
{
	char *line = span_dup(span_trim(span_of(rest)));
	int result;

	a->cmd = cmd;
	result = parse(m, line, a, r);
	free(line);
	return result;
}

void
args_free(struct args *a)
{
	size_t i;

	for (i = 0; i < a->noptions; i++)
		free(a->options[i].value);
	free(a->options);
	strv_free(&a->words);
	msglist_free(&a->msgs);
	free(a->text);
}

/* --- The list, with the folder open. --- */

static int
add_visible(struct mailx *m, struct msglist *l)
{
	struct numbers ns = { 0 };
	size_t i;
	int r = read_visible(m, &ns, &m->why);

	for (i = 0; r == 0 && i < ns.n; i++)
		msglist_add(l, ns.v[i], NULL);
	numbers_free(&ns);
	return r;
}

static int
add_default(struct mailx *m, struct args *a)
{
	uint32_t dot = m->dot;

	switch (a->cmd->empty) {
	case DEFAULT_NONE:
		return 0;
	case DEFAULT_ALL:
		if (add_visible(m, &a->msgs) == -1)
			return -1;
		break;
	case DEFAULT_NEXT_UNDELETED:
		if (dot == 0 || (store_msg(m->folder, dot)->flags &
		    (MSG_DELETED | MSG_GONE)) != 0)
			dot = read_next(m, dot, true);
		/* FALLTHROUGH */
	case DEFAULT_DOT:
		if (dot != 0)
			msglist_add(&a->msgs, dot, NULL);
		break;
	}
	if (a->msgs.n > 0 || (a->cmd->flags & CMD_EMPTY_OK) != 0)
		return 0;
	return fail(&m->why, EX_NOTHING, "no applicable messages");
}

/* Take words [from, to) out of the words, as the list. */
static int
take_list(struct mailx *m, struct args *a, size_t from, size_t to)
{
	struct strv *w = &a->words;
	size_t i;
	int r;

	if (from == to)
		return m->folder == NULL ? 0 : add_default(m, a);
	if (folder_need(m, &m->why) == -1)
		return -1;
	r = msgs_parse(m, w->v + from, to - from, a->cmd->flags, &a->msgs,
	    &m->why);
	for (i = from; i < to; i++)
		free(w->v[i]);
	memmove(w->v + from, w->v + to, (w->n - to + 1) * sizeof *w->v);
	w->n -= to - from;
	if (r == 0 && a->msgs.n == 0 && (a->cmd->flags & CMD_EMPTY_OK) == 0)
		return fail(&m->why, EX_NOTHING, "no applicable messages");
	return r;
}

int
args_messages(struct mailx *m, struct args *a)
{
	size_t n = a->words.n;
	size_t min = a->cmd->min > 0 ? (size_t)a->cmd->min : 0;

	switch (a->cmd->takes) {
	case TAKES_MSGS:
		return take_list(m, a, 0, n);
	case TAKES_MSGS_WORD:
		return take_list(m, a, 0, n == 0 ? 0 : n - 1);
	case TAKES_WORDS_MSGS:
		return take_list(m, a, min, n);
	default:
		return 0;
	}
}
