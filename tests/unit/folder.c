/* SPDX-License-Identifier: ISC */
/* folder.c -- folder names, and what becomes of messages when a folder is left. */

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../cmd/folder.h"
#include "../../cmd/vars.h"
#include "../../util.h"
#include "tap.h"

volatile sig_atomic_t got_signal;	/* of main */

static struct mailx m;
static char dir[] = "/tmp/mailx-folder.XXXXXX";

/* --- Names. --- */

/* The directory of the test is shown as T. */
static void
is_name(const char *name, const char *want)
{
	struct fail why = { 0 };
	char *got = folder_resolve(&m, name, true, &why), *p;
	size_t n = strlen(dir);

	if (got != NULL && (p = strstr(got, dir)) != NULL) {
		*p = 'T';
		memmove(p + 1, p + n, strlen(p + n) + 1);
	}
	is_string(got, want, name);
	if (got == NULL)
		printf("# %s\n", why.text);
	free(got);
}

static void
refused(const char *name, int code)
{
	struct fail why = { 0 };
	char *got = folder_resolve(&m, name, true, &why);

	ok(got == NULL && why.code == code, "refused: %.*s",
	    (int)strcspn(name, "\n"), name);
	printf("# %s\n", got == NULL ? why.text : got);
	free(got);
}

static void
set(const char *name, const char *value)
{
	struct fail why = { 0 };

	if (var_set(&m, name, value, &why) == -1)
		printf("# %s\n", why.text);
}

static void
local_names(void)
{
	is_name("box", "T/box");
	is_name("./box", "T/box");
	is_name(".//box", "T/box");
	is_name("../box", "T/../box");
	is_name("/x/y", "/x/y");
	is_name("~", "T/home");
	is_name("~/x", "T/home/x");
	is_name("mbox:x", "mbox:T/x");
	is_name("maildir:~/md", "maildir:T/home/md");
	is_name("file:///x", "/x");
	is_name("%", "T/spool");
	refused("%../x", EX_USAGE);
	is_name("&", "T/home/mbox");
	set("MBOX", "+read");
	is_name("&", "T/+read");
	is_name("+new", "T/+new");
	set("folder", "Mail");
	is_name("+new", "T/home/Mail/new");
	is_name("+", "T/home/Mail");
	is_name("&", "T/home/Mail/read");
	set("folder", "/abs/");
	is_name("+a/b", "/abs/a/b");
	set("folder", "maildir:/abs");
	is_name("+a", "maildir:/abs/a");
	is_name("mbox:+a", "mbox:/abs/a");
	set("MBOX", "&");
	refused("&", EX_CONFIG);
	set("MBOX", "~/mbox");
	refused("#", EX_USAGE);
	m.previous = xstrdup("/before");
	is_name("#", "/before");
	is_name("./#", "T/#");
	refused("", EX_USAGE);
	refused("~no-such-user-here/x", EX_NOINPUT);
	set("inbox", "+in");
	is_name("%", "maildir:/abs/in");
	set("inbox", "%");
	is_name("%", "T/spool");
	var_unset(&m, "inbox", NULL);
}

static void
server_names(void)
{
	is_name("imaps://joe@h/Box", "imaps://joe@h/Box");
	refused("imaps://", EX_USAGE);
	refused("smtp://h", EX_USAGE);
	refused("imaps://h/a%0Ab", EX_USAGE);
	m.folder_name = xstrdup("imap://joe:pw@h:1430/INBOX?tls=none");
	is_name("Work/2026", "imap://joe:pw@h:1430/Work/2026?tls=none");
	is_name("Été %", "imap://joe:pw@h:1430/%C3%89t%C3%A9%20%25?tls=none");
	refused("a\nb", EX_USAGE);
	is_name("./Work", "T/Work");
	is_name("+x", "maildir:/abs/x");
	set("folder", "imaps://joe@h/Base/");
	is_name("+Sent", "imaps://joe@h/Base/Sent");
	is_name("+", "imaps://joe@h/Base");
	set("folder", "imaps://joe@h");
	is_name("+Sent/a b", "imaps://joe@h/Sent/a%20b");
	refused("maildir:+x", EX_USAGE);
	is_string(folder_shown(&m), "h:1430/INBOX?tls=none",
	    "no password is shown");
	free(m.folder_name);
	m.folder_name = NULL;
	var_unset(&m, "folder", NULL);
}

/* --- Leaving. --- */

static void
fill(const char *path, int n)
{
	FILE *f = fopen(path, "w");
	int i;

	for (i = 1; f != NULL && i <= n; i++)
		fprintf(f, "From x Fri Nov 20 01:30:00 2026\nFrom: a@b\n"
		    "Subject: %s %d\n\nbody\n\n", path, i);
	if (f != NULL)
		fclose(f);
}

/* The numbers in the subjects of an mbox, in order; NULL: there is none. */
static char *
subjects(const char *path)
{
	FILE *f = fopen(path, "r"), *out;
	char *text, *line = NULL;
	size_t n, cap = 0;

	if (f == NULL)
		return NULL;
	out = xmemstream(&text, &n);
	while (getline(&line, &cap, f) > 0)
		if (strncmp(line, "Subject: ", 9) == 0) {
			line[strlen(line) - 1] = '\0';
			fprintf(out, "%c%s ", line[9], strrchr(line, ' ') + 1);
		} else if (strncmp(line, "Status: ", 8) == 0)
			fprintf(out, "%.*s ", (int)strcspn(line + 8, "\n"),
			    line + 8);
	fclose(out);
	fclose(f);
	free(line);
	return text;
}

static void
holds(const char *path, const char *want, const char *what)
{
	char *got = subjects(path);

	is_string(got, want, what);
	free(got);
}

static void
touch(uint32_t n, uint32_t flags)
{
	store_msg(m.folder, n)->flags |= flags;
}

static void
open_system(int n, const char *what)
{
	struct fail why = { 0 };

	fill("spool", n);
	unlink("home/mbox");
	free(m.folder_name);
	m.folder_name = NULL;
	ok(folder_need(&m, &why) == 0 && m.folder_is_system &&
	    m.folder->count == (uint32_t)n, "%s", what);
}

static int
leave(bool unchanged)
{
	struct fail why = { 0 };
	int r = folder_leave(&m, unchanged, &why);

	if (r == -1)
		printf("# %s\n", why.text);
	return r;
}

static void
quit_system(void)
{
	open_system(6, "the system mailbox");
	is_int(m.dot, 1, "the first new one is current");
	touch(1, MSG_TOUCHED | MSG_SEEN);
	touch(2, MSG_DELETED);
	touch(3, MSG_SAVED | MSG_SEEN);
	touch(4, MSG_TOUCHED | MSG_SEEN | MSG_PRESERVED);
	touch(5, MSG_TO_MBOX);
	is_int(leave(false), 0, "quit");
	holds("spool", "s4 RO s6 O ", "what was held and not read stays");
	holds("home/mbox", "s1 RO s5 O ", "what was read is in MBOX");

	open_system(2, "again");
	touch(1, MSG_TOUCHED | MSG_SEEN);
	touch(2, MSG_SAVED);
	set("hold", "");
	set("keepsave", "");
	is_int(leave(false), 0, "quit with hold and keepsave");
	holds("spool", "s1 RO ", "what was read stays");
	holds("home/mbox", "s2 O ", "what was saved is in MBOX");
	var_unset(&m, "hold", NULL);
	var_unset(&m, "keepsave", NULL);

	open_system(2, "again");
	touch(1, MSG_TOUCHED | MSG_SEEN);
	is_int(leave(true), 0, "exit");
	holds("spool", "s1 s2 ", "changes nothing");
	holds("home/mbox", NULL, "anywhere");

	open_system(2, "again");
	m.scripted = true;
	touch(1, MSG_TOUCHED | MSG_SEEN);
	touch(2, MSG_DELETED);
	is_int(leave(false), 0, "the end of a script");
	holds("spool", "s1 R ", "moves nothing");
	m.scripted = false;

	open_system(1, "again");
	m.read_only = true;
	touch(1, MSG_DELETED);
	is_int(leave(false), 0, "quit with -R");
	holds("spool", "s1 ", "changes nothing");
	m.read_only = false;
}

static void
quit_order(void)
{
	open_system(2, "with an MBOX");
	fill("home/mbox", 2);
	touch(2, MSG_TOUCHED | MSG_SEEN);
	is_int(leave(false), 0, "quit with append");
	holds("home/mbox", "h1 h2 s2 RO ", "is put behind");

	open_system(2, "with an MBOX");
	fill("home/mbox", 2);
	var_unset(&m, "append", NULL);
	touch(2, MSG_TOUCHED | MSG_SEEN);
	is_int(leave(false), 0, "quit without append");
	holds("home/mbox", "s2 RO h1 h2 ", "is put in front");
	set("append", "");

	open_system(1, "MBOX cannot be written");
	set("MBOX", "/proc/no/mbox");
	touch(1, MSG_TOUCHED | MSG_SEEN);
	is_int(leave(false), -1, "quit fails");
	ok(m.folder != NULL, "the folder is still open");
	holds("spool", "s1 ", "and whole");
	is_int(leave(true), 0, "exit");
	set("MBOX", "~/mbox");
}

static void
quit_empty(void)
{
	open_system(1, "one message");
	touch(1, MSG_DELETED);
	set("keep", "");
	is_int(leave(false), 0, "quit with keep");
	holds("spool", "", "the empty file stays");
	var_unset(&m, "keep", NULL);
	open_system(1, "one message");
	touch(1, MSG_DELETED);
	is_int(leave(false), 0, "quit without");
	holds("spool", NULL, "it is removed");
	is_int(folder_need(&m, &m.why), 0, "a missing system mailbox");
	is_int(m.folder->count, 0, "is an empty one");
	is_int(leave(false), 0, "quit");
	holds("spool", NULL, "and is not made");
}

static void
change(void)
{
	struct fail why = { 0 };

	open_system(2, "the system mailbox");
	fill("other", 3);
	touch(1, MSG_DELETED);
	is_int(folder_change(&m, "no-such", &why), -1, "no such folder");
	is_int(why.code, EX_NOINPUT, "is told");
	is_int(m.folder->count, 2, "the old one stays");
	fail_clear(&why);
	is_int(folder_change(&m, "other", &why), 0, "another");
	is_int(m.folder->count, 3, "is open");
	ok(!m.folder_is_system, "and not the system mailbox");
	holds("spool", "s2 O ", "the old one was left with its changes");
	touch(2, MSG_SEEN | MSG_TOUCHED);
	touch(3, MSG_DELETED);
	is_int(folder_change(&m, "other", &why), 0, "the same again");
	is_int(m.folder->count, 2, "as it is now");
	holds("other", "o1 O o2 RO ", "what was read stays there");
	is_int(folder_change(&m, "%", &why), 0, "back");
	ok(m.folder_is_system, "to the system mailbox");
	is_int(folder_change(&m, "#", &why), 0, "and to the previous");
	is_int(m.folder->count, 2, "one");
	is_int(leave(true), 0, "exit");
}

int
main(void)
{
	char *home;

	if (mkdtemp(dir) == NULL || chdir(dir) == -1 ||
	    mkdir("home", 0700) == -1)
		return 1;
	home = xasprintf("%s/home", dir);
	setenv("HOME", home, 1);
	free(home);
	home = xasprintf("%s/spool", dir);
	setenv("MAIL", home, 1);
	free(home);
	unsetenv("MBOX");
	m.vars = vars_new();
	vars_apply(&m);
	local_names();
	server_names();
	quit_system();
	quit_order();
	quit_empty();
	change();
	unlink("home/mbox");
	unlink("spool");
	unlink("other");
	rmdir("home");
	if (chdir("/") == 0)
		ok(rmdir(dir) == 0, "nothing is left behind");
	free(m.folder_name);
	free(m.folder_shown);
	free(m.previous);
	vars_free(m.vars);
	return done();
}
