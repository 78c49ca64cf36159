/* SPDX-License-Identifier: ISC */
/*
 * mailx.c -- main: options, startup files, one of {send, interpret, batch}; the
 * end, and the exit status.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmd/alias.h"
#include "cmd/define.h"
#include "cmd/fields.h"
#include "cmd/folder.h"
#include "cmd/headers.h"
#include "cmd/options.h"
#include "cmd/out.h"
#include "cmd/progress.h"
#include "cmd/queueing.h"
#include "cmd/runint.h"
#include "cmd/schema.h"
#include "cmd/sendmode.h"
#include "cmd/server.h"
#include "cmd/shellcomplete.h"
#include "cmd/source.h"
#include "cmd/term.h"
#include "cmd/vars.h"

volatile sig_atomic_t	got_signal;

/* --- The process. --- */

/*
 * What was closed must not be taken by a file that we open: text for standard
 * error would go into it.  Standard output stays one that cannot be written.
 */
static void
fill_descriptors(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF &&
		    open("/dev/null", fd == STDERR_FILENO ? O_WRONLY :
		    O_RDONLY) == -1)
			_exit(EX_OSERR);
}

/* A core file would hold passwords. */
static void
leave_no_core(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_CORE, &limit) == 0) {
		limit.rlim_cur = 0;
		(void)setrlimit(RLIMIT_CORE, &limit);
	}
}

/*
 * A call that begins to wait just behind a look at got_signal would not know:
 * until the signal is dealt with, one each second interrupts it.
 */
static void
note_signal(int number)
{
	if (number != SIGALRM)
		got_signal = number;
	if (got_signal != 0)
		(void)alarm(1);
}

/* Calls are interrupted: who waits looks at got_signal.  nohup's choice stands. */
static void
catch(int number)
{
	struct sigaction sa = { .sa_handler = note_signal }, old;

	sigemptyset(&sa.sa_mask);
	if (sigaction(number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		(void)sigaction(number, &sa, NULL);
}

static void
set_signals(bool ignore_interrupts)
{
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	/* Inherited, it would hide how a child ended. */
	(void)signal(SIGCHLD, SIG_DFL);
	catch(SIGALRM);
	if (ignore_interrupts)
		(void)signal(SIGINT, SIG_IGN);
	catch(SIGINT);
	catch(SIGTERM);
	catch(SIGHUP);
}

/* --- The session. --- */

static void
begin(struct mailx *m, const struct options *o)
{
	m->mode = o->batch ? MODE_BATCH : options_send(o) ? MODE_SEND :
	    MODE_RECEIVE;
	m->json = o->json;
	m->interactive = !o->batch && !o->json && isatty(STDIN_FILENO) &&
	    isatty(STDOUT_FILENO);
	m->tilde = o->tilde || m->interactive;
	m->read_only = o->read_only;
	m->no_summary = o->no_summary;
	m->no_system_rc = o->no_system_rc;
	m->no_user_rc = o->no_user_rc;
	m->scripted = o->batch || o->commands.n > 0 || o->headers ||
	    o->spec != NULL || o->exists || o->json;
	m->options.server = server_setup;
	m->options.ctx = m;
	(void)run_state(m);
	m->vars = vars_new();
	m->progress = progress_new();
	m->out = out_new(m);
	vars_apply(m);
}

static void
free_session(struct mailx *m)
{
	term_end(m);
	free(m->progress);
	out_free(m->out);
	fields_free(m);
	aliases_free(m->aliases);
	macros_free(m->macros);
	free(m->account);
	run_free(m);
	vars_free(m->vars);
	numbers_free(&m->found);
	free(m->folder_name);
	free(m->folder_shown);
	free(m->previous);
}

/* Tell of a failure that ends the run. */
static void
give_up(struct mailx *m)
{
	run_report(m);
	m->quit = m->quit_unchanged = true;
}

static void
assign(struct mailx *m, const char *word)
{
	if (m->quit || var_assign(m, word, &m->why) == 0)
		return;
	fail_where(&m->why, "-S");
	give_up(m);
}

/* Startup files, then what the command line says about the variables. */
static void
configure(struct mailx *m, const struct options *o)
{
	size_t i;

	startup_read(m);
	if (m->quit)
		return;
	if (o->account != NULL && account_use(m, o->account, &m->why) == -1)
		give_up(m);
	if (o->batch || o->commands.n > 0)
		assign(m, "errexit");
	if (o->dry_run)
		assign(m, "debug");
	if (o->verbose)
		assign(m, "verbose");
	if (o->from != NULL && !m->quit &&
	    var_set(m, "from", o->from, &m->why) == -1)
		give_up(m);
	for (i = 0; i < o->variables.n; i++)
		assign(m, o->variables.v[i]);
	vars_apply(m);
	if (o->secret)
		out_note(m, "a password on the command line is seen by others: "
		    "use netrc or password-command");
}

/* --- Commands of the command line, scripts. --- */

/* All of -X, or of -Y, as one script: a block or `if' may go over several. */
static void
run_commands(struct mailx *m, const struct strv *lines)
{
	struct input in = { .expand = true };
	char *text;
	size_t len, i;
	FILE *f;

	if (m->quit || lines->n == 0)
		return;
	f = xmemstream(&text, &len);
	for (i = 0; i < lines->n; i++)
		fprintf(f, "%s\n", lines->v[i]);
	fclose(f);
	in.in = fmemopen(text, len, "r");
	if (in.in == NULL)
		fail_errno(&m->why, EX_OSERR, "commands");
	if (in.in == NULL || run_input(m, &in) == -1)
		give_up(m);
	if (in.in != NULL)
		fclose(in.in);
	explicit_bzero(text, len);
	free(text);
}

static void
run_script(struct mailx *m, struct options *o)
{
	struct input in = { .name = o->script, .expand = true,
	    .params = &o->operands };

	if (o->script == NULL || strcmp(o->script, "-") == 0) {
		in.in = stdin;
		in.name = "standard input";
	} else
		in.in = fopen(o->script, "re");
	in.body = in.in;
	if (in.in == NULL)
		fail_errno(&m->why, EX_NOINPUT, "%s", o->script);
	if (in.in == NULL || run_input(m, &in) == -1)
		give_up(m);
	if (in.in != NULL && in.in != stdin)
		fclose(in.in);
}

/* --- A folder. --- */

static bool
name_folder(struct mailx *m, const struct options *o)
{
	char *user;
	int r = 0;

	if (o->folder)
		r = folder_set(m, o->folder_name == NULL ? "&" :
		    o->folder_name, &m->why);
	else if (o->user != NULL) {
		user = xasprintf("%%%s", o->user);
		r = folder_set(m, user, &m->why);
		free(user);
	}
	if (r == -1)
		give_up(m);
	return r == 0;
}

static bool
has_mail(const struct mailx *m)
{
	uint32_t n;

	for (n = 1; n <= m->folder->count; n++)
		if ((store_msg(m->folder, n)->flags & (MSG_GONE |
		    MSG_DELETED)) == 0)
			return true;
	return false;
}

/* -e: a folder that is not there has no mail. */
static void
test_mail(struct mailx *m)
{
	if (folder_need(m, &m->why) == -1 && m->why.code != EX_NOINPUT) {
		give_up(m);
		return;
	}
	fail_clear(&m->why);
	if (m->folder == NULL || !has_mail(m))
		m->run->failed = 1;
}

static void
summarise(struct mailx *m, const struct options *o)
{
	int r = o->spec != NULL ? headers_spec(m, o->spec, &m->why) :
	    headers_all(m, &m->why);

	if (r == -1)
		give_up(m);
	else
		m->run->failed = m->status;
}

static const char *
user_name(const struct options *o)
{
	const char *name = getenv("LOGNAME");
	const struct passwd *pw;

	if (o->user != NULL)
		return o->user;
	pw = name == NULL ? getpwuid(getuid()) : NULL;
	return pw != NULL ? pw->pw_name : name != NULL ? name : "you";
}

static bool
is_empty_mailbox(const struct mailx *m, const struct options *o)
{
	return !o->folder && m->folder->count == 0;
}

/*
 * How a session starts (POSIX): the summary, unless -N.  A pipe gets no more than
 * that, and commands that need no folder run whether there is one or not.
 */
static void
open_session(struct mailx *m, const struct options *o)
{
	bool summary = !m->no_summary && var_is_set(m, "header") && !m->json;
	bool named = o->folder || o->user != NULL;

	if (m->quit || (!m->interactive && !summary))
		return;
	if (folder_need(m, &m->why) == -1) {
		if (m->interactive || named)
			give_up(m);
		fail_clear(&m->why);
		return;
	}
	if (m->interactive && is_empty_mailbox(m, o)) {
		out_line(m, "No mail for %s", user_name(o));
		m->run->failed = 1;
		m->quit = true;
		return;
	}
	if ((m->interactive && !var_is_set(m, "quiet") &&
	    folder_announce(m, &m->why) == -1) ||
	    (summary && headers_page(m, &m->why) == -1))
		give_up(m);
}

static void
receive(struct mailx *m, struct options *o)
{
	if (!name_folder(m, o))
		return;
	run_commands(m, &o->before);
	if (m->quit)
		return;
	progress_begin(m, "opening");
	if (o->exists)
		test_mail(m);
	else if (o->headers || o->spec != NULL)
		summarise(m, o);
	else if (o->batch)
		run_script(m, o);
	else if (o->commands.n > 0)
		run_commands(m, &o->commands);
	else {
		open_session(m, o);
		run_loop(m);
	}
}

/* --- The end. --- */

/* A folder that cannot be left with its changes is closed without. */
static void
end(struct mailx *m)
{
	struct fail late = { 0 };

	progress_begin(m, "quit");
	if (got_signal != 0)
		m->quit_unchanged = true;
	if (folder_leave(m, m->quit_unchanged, &m->why) == -1) {
		run_report(m);
		(void)folder_leave(m, true, &late);
	}
	queue_end(m);
	store_end();
	progress_end(m);
	if (!m->run->unwritable && out_flush(m, &m->why) == -1)
		run_report(m);
}

static void
die_by_signal(void)
{
	sigset_t set;

	(void)signal(got_signal, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, got_signal);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(got_signal);
}

static int
run(struct mailx *m, struct options *o)
{
	int status;

	configure(m, o);
	if (m->mode == MODE_SEND) {
		run_commands(m, &o->before);
		progress_begin(m, "sending");
		if (!m->quit && (status = send_mode(m, o)) != 0)
			m->run->failed = status;
		else if (m->quit && m->run->failed != 0 && got_signal == 0)
			send_mode_refused(m, o);
	} else if (!m->quit)
		receive(m, o);
	end(m);
	return m->run->failed;
}

/* --help, --version, --schema, --completion: to standard output.  false: none of them. */
static bool
tell_options(const struct options *o, struct fail *why)
{
	if (o->help)
		options_help(stdout);
	else if (o->version)
		printf("mailx %s\n", MAILX_VERSION);
	else if (o->schema)
		schema_print(stdout);
	else if (o->completion != NULL)
		shellcomplete_print(o->completion, stdout);
	else
		return false;
	(void)stream_close(stdout, "standard output", why);
	return true;
}

/* Nothing has begun, and there is nothing to end. */
static int
refuse(struct mailx *m, const struct options *o)
{
	m->json = o->json;
	out_error(m, NULL, &m->why);
	return m->why.code;
}

static int
start(int argc, char *argv[], struct options *o)
{
	struct mailx m = { 0 };
	int status;

	if (getuid() != geteuid() || getgid() != getegid())
		fail(&m.why, EX_NOPERM, "set-user-id and set-group-id are "
		    "refused");
	else
		(void)options_parse(o, argc, argv, &m.why);
	if (m.why.code != 0)
		return refuse(&m, o);
	if (tell_options(o, &m.why))
		return m.why.code == 0 ? 0 : refuse(&m, o);
	set_signals(o->ignore);
	begin(&m, o);
	if (o->check_config)
		status = startup_check(&m) > 0 ? EX_CONFIG : 0;
	else
		status = run(&m, o);
	free_session(&m);
	return status;
}

int
main(int argc, char *argv[])
{
	struct options o = { 0 };
	int status;

	fill_descriptors();
	leave_no_core();
	mask_set();
	(void)setlocale(LC_CTYPE, "");
	status = start(argc, argv, &o);
	options_free(&o);
	if (got_signal != 0)
		die_by_signal();
	return status;
}
