/* SPDX-License-Identifier: ISC */
/*
 * pipe.c -- messages through a shell command (pipe, |); their sizes, and the
 * number of the current one.
 *
 * One command reads all messages of the list, each as it is stored; of a part
 * the decoded bytes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "out.h"
#include "read.h"
#include "term.h"
#include "vars.h"

/* --- Which words are the list. --- */

/* Can this word be nothing but a part of a message list? */
static bool
is_list(const char *word)
{
	if (*word == '(' || (*word == ':' && word[1] != '\0'))
		return true;
	return *word != '\0' &&
	    word[strspn(word, "0123456789.-^$*+`")] == '\0';
}

struct order {
	const char	*command;	/* borrowed */
	char		**list;		/* borrowed */
	size_t		 n;
};

/*
 * POSIX has the command last, as one word.  It may come first as well, where
 * the list behind it cannot be taken for one.
 */
static void
order_words(const struct mailx *m, const struct strv *words, struct order *o)
{
	const char *usual = var_get(m, "cmd");
	size_t n = words->n, lists = 0;

	while (lists < n && is_list(words->v[lists]))
		lists++;
	o->command = usual;
	o->list = words->v;
	o->n = n;
	if (n == 0 || (lists == n && usual != NULL))
		return;
	if (n > 1 && !is_list(words->v[0]) && is_list(words->v[n - 1])) {
		o->command = words->v[0];
		o->list++;
	} else
		o->command = words->v[n - 1];
	o->n--;
}

/* --- Piping. --- */

struct piping {
	struct mailx	*m;
	FILE		*to;
	bool		 page;		/* a form feed behind each */
	struct fail	 why;
};

static int
send_message(void *ctx, struct store *s, uint32_t n, FILE *f,
    struct fail *result)
{
	struct piping *x = ctx;

	(void)s;
	if (got_signal != 0)
		return fail(&x->why, EX_TEMPFAIL, "interrupted");
	if (f == NULL) {
		fail_keep(&x->why, result);
		return -1;
	}
	if (stream_copy(f, x->to, UINT64_MAX, &x->why) == -1)
		return -1;
	if (x->page)
		putc('\f', x->to);
	read_mark(x->m, n);
	return 0;
}

static int
send_part(struct piping *x, const struct msgref *ref)
{
	struct mailx *m = x->m;
	struct part *p;
	int r = -1;

	if (got_signal != 0)
		return fail(&x->why, EX_TEMPFAIL, "interrupted");
	if ((p = read_part(m, ref->n, ref->part, &x->why)) != NULL)
		r = read_decode(m, ref->n, p, x->to, &x->why);
	store_drop(m->folder, ref->n);
	if (r == 0 && x->page)
		putc('\f', x->to);
	if (r == 0)
		read_mark(m, ref->n);
	return r;
}

/* Whole messages that stand together in the list come together. */
static int
send_messages(struct piping *x, const struct msglist *list, size_t *at)
{
	struct numbers ns = { 0 };
	struct fail one = { 0 };
	int r;

	for (; *at < list->n && list->v[*at].part == NULL; ++*at)
		numbers_add(&ns, list->v[*at].n);
	r = store_messages(x->m->folder, &ns, send_message, x, &one);
	fail_keep(&x->why, &one);
	numbers_free(&ns);
	return r;
}

/* A command that does not want to read on is no failure: its status tells. */
static int
send_all(struct mailx *m, const struct msglist *list, FILE *to,
    struct fail *why)
{
	struct piping x = { .m = m, .to = to, .page = var_is_set(m, "page") };
	size_t i = 0;
	int r = 0;

	while (i < list->n && r == 0)
		r = list->v[i].part == NULL ? send_messages(&x, list, &i) :
		    send_part(&x, &list->v[i++]);
	if (r == 0 || ferror(to))
		return 0;
	return fail(why, x.why.code, "%s", x.why.text);
}

/* The command writes where our own output goes: `pipe 1 command > file'. */
static int
lend_output(struct mailx *m)
{
	int fd = fileno(out_stream(m)), own;

	fflush(out_stream(m));
	if (fd == -1 || fd == STDOUT_FILENO)
		return -1;
	fflush(stdout);
	own = dup(STDOUT_FILENO);
	if (own != -1 && dup2(fd, STDOUT_FILENO) == -1) {
		close(own);
		return -1;
	}
	return own;
}

static void
take_output_back(int own)
{
	if (own == -1)
		return;
	(void)dup2(own, STDOUT_FILENO);
	close(own);
}

static int
pipe_list(struct mailx *m, const struct msglist *list, const char *command)
{
	struct fail late = { 0 };
	int own, status, r;
	FILE *to;
	pid_t pid;

	if (read_load(m, list, LOAD_FLAGS, &m->why) == -1)
		return -1;
	own = lend_output(m);
	to = term_pipe(m, command, &pid, &m->why);
	take_output_back(own);
	if (to == NULL)
		return -1;
	r = send_all(m, list, to, &m->why);
	if (term_pipe_close(to, pid, &status, r == 0 ? &m->why : &late) == -1)
		return -1;
	if (r == 0)
		r = term_judge(m, command, status, &m->why);
	if (r == 0)
		read_current(m, list);
	return r;
}

/* "pipe 2 wc -l": wc would be somebody, and -l the command. */
static int
find_list(struct mailx *m, const struct args *a, const struct order *o,
    struct msglist *list)
{
	size_t i = 0;
	int r = read_list(m, o->list, o->n, a->cmd->flags, list, &m->why);

	while (i < o->n && is_list(o->list[i]))
		i++;
	if (r == 0 || m->why.code != EX_NOTHING || i == 0 || i == o->n)
		return r;
	fail_clear(&m->why);
	return fail(&m->why, EX_USAGE, "no message from %s; a command of more "
	    "than one word goes in quotes", o->list[i]);
}

static int
run_pipe(struct mailx *m, struct args *a)
{
	struct msglist list = { 0 };
	struct order o;
	int r;

	order_words(m, &a->words, &o);
	if (o.command == NULL || *o.command == '\0')
		return fail(&m->why, EX_USAGE, "no command, and the variable "
		    "cmd is not set");
	r = find_list(m, a, &o, &list);
	if (r == 0)
		r = pipe_list(m, &list, o.command);
	msglist_free(&list);
	return r;
}

/* --- Sizes and numbers. --- */

/* As the source has it: no message is downloaded to be measured. */
static int
print_size(struct mailx *m, const struct msgref *ref)
{
	uint64_t octets = store_msg(m->folder, ref->n)->size;
	struct part *p;
	char *shown;

	if (ref->part != NULL) {
		p = read_part(m, ref->n, ref->part, &m->why);
		if (p == NULL)
			return -1;
		octets = p->size;
		store_drop(m->folder, ref->n);
	}
	shown = read_ref(ref);
	out_octets(m, shown, octets);
	free(shown);
	return 0;
}

static int
run_size(struct mailx *m, struct args *a)
{
	size_t i;

	if (read_load(m, &a->msgs, LOAD_FLAGS | LOAD_SIZE, &m->why) == -1)
		return -1;
	for (i = 0; i < a->msgs.n; i++)
		if (print_size(m, &a->msgs.v[i]) == -1)
			return -1;
	read_current(m, &a->msgs);
	return 0;
}

static int
run_number(struct mailx *m, struct args *a)
{
	(void)a;
	out_number(m, "n", m->dot);
	return 0;
}

#define PIPES								\
	.flags = CMD_FOLDER | CMD_PARTS, .takes = TAKES_WORDS, .max = -1, \
	.usage = "[[msglist] command]", .run = run_pipe

const struct cmd cmd_pipe = {
	.name = "pipe", .abbreviation = "pi", PIPES,
	.help = "give messages or parts to a shell command to read"
};

const struct cmd cmd_bar = {
	.name = "|", .abbreviation = "|", PIPES,
	.help = "give messages or parts to a shell command, as pipe does"
};

const struct cmd cmd_size = {
	.name = "size", .abbreviation = "si", .flags = CMD_FOLDER | CMD_PARTS,
	.takes = TAKES_MSGS, .empty = DEFAULT_DOT, .max = -1,
	.usage = "[msglist]",
	.help = "print the size of messages and parts in octets, as they are stored",
	.run = run_size
};

const struct cmd cmd_number = {
	.name = "=", .abbreviation = "=", .flags = CMD_FOLDER | CMD_EMPTY_OK,
	.takes = TAKES_NOTHING, .usage = "",
	.help = "print the number of the current message", .run = run_number
};
