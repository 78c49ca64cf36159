/* SPDX-License-Identifier: ISC */
/*
 * mboxsync.c -- changes of an mbox: what is written, what others did meanwhile, and
 * the process ended at every step of it.
 */
#include <sys/wait.h>

#include <glob.h>

#include "folder.h"

#define A	"From a@b.c Sat Mar 14 09:26:53 2026\nSubject: a\n\ntext\n\n"
#define B	"From a@b.c Sat Mar 14 09:26:53 2026\nSubject: b\n\ntext\n\n"
#define C	"From a@b.c Sat Mar 14 09:26:53 2026\nSubject: c\n\ntext\n\n"
#define D	"From a@b.c Sat Mar 14 09:26:53 2026\nSubject: d\n\ntext\n\n"
#define E_OLD	"From a@b.c Sat Mar 14 09:26:53 2026\nSubject: e\n" \
		"Status: RO\nX-Status: AF\n\ntext\n\n"

#define ENDED	99

/* --- Steps: in the place of store/step.c. --- */

static int end_at;		/* the process ends at that step, from 1; 0: never */

void
durable_step(const char *what)
{
	(void)what;
	if (end_at > 0 && --end_at == 0)
		_exit(ENDED);
}

/* --- Changes --- */

static int
sync_folder(struct store *s, unsigned how)
{
	fail_clear(&why);
	if (store_sync(s, how, &why) == 0)
		return 0;
	printf("# %d %s\n", why.code, why.text);
	return why.code;
}

/* Open, change message n, sync. */
static int
change(const char *path, uint32_t n, uint32_t set, uint32_t clear)
{
	struct store *s = open_folder(path, STORE_WRITE);
	int r;

	if (s == NULL)
		return why.code;
	store_flag(s, n, set, clear);
	r = sync_folder(s, SYNC_FLAGS | SYNC_EXPUNGE);
	store_close(s, NULL);
	return r;
}

static void
changes_to(const char *before, uint32_t n, uint32_t set, uint32_t clear,
    const char *after, const char *name)
{
	struct stat st;
	ino_t ino;

	write_file("one", before);
	ino = stat("one", &st) == 0 ? st.st_ino : 0;
	is_int(change("one", n, set, clear), 0, name);
	is_file("one", after, " the file");
	ok(stat("one", &st) == 0 && st.st_ino == ino, " the same file");
	ok(access("one.lock", F_OK) == -1 && access(".one.mailx-redo", F_OK) ==
	    -1, " nothing is left beside it");
}

static void
test_flags(void)
{
	changes_to(A B, 1, MSG_SEEN | MSG_OLD, 0,
	    "From a@b.c Sat Mar 14 09:26:53 2026\nSubject: a\nStatus: RO\n\n"
	    "text\n\n" B, "seen");
	changes_to(A E_OLD B, 2, 0, MSG_SEEN | MSG_FLAGGED,
	    A "From a@b.c Sat Mar 14 09:26:53 2026\nSubject: e\n"
	    "Status: O\nX-Status: A\n\ntext\n\n" B, "unseen");
	changes_to(E_OLD, 1, 0, MSG_SEEN | MSG_OLD | MSG_ANSWERED | MSG_FLAGGED,
	    "From a@b.c Sat Mar 14 09:26:53 2026\nSubject: e\n\ntext\n\n",
	    "no flags");
	changes_to(A "From a@b.c Sat Mar 14 09:26:53 2026\nSubject: f", 2,
	    MSG_SEEN, 0, A "From a@b.c Sat Mar 14 09:26:53 2026\nSubject: f\n"
	    "Status: R\n", "a header that ends nowhere");
	changes_to("From a@b.c Sat Mar 14 09:26:53 2026\r\nSubject: a\r\n"
	    "Status: O\r\n\r\ntext\r\n", 1, MSG_SEEN, 0,
	    "From a@b.c Sat Mar 14 09:26:53 2026\r\nSubject: a\r\n"
	    "Status: RO\r\n\r\ntext\r\n", "CRLF");
	changes_to("From a@b.c Sat Mar 14 09:26:53 2026\nX-Keywords: a\n b\n"
	    "Subject: x\nContent-Length: 5\n\ntext\n", 1, MSG_SEEN, 0,
	    "From a@b.c Sat Mar 14 09:26:53 2026\nSubject: x\n"
	    "Content-Length: 5\nStatus: R\nX-Keywords: a\n\ntext\n",
	    "a folded note goes whole; the length of the body stays");
	changes_to(A B, 1, 0, 0, A B, "nothing");
	changes_to("From a@b.c Sat Mar 14 09:26:53 2026\n\nbody\n", 1, MSG_SEEN,
	    0, "From a@b.c Sat Mar 14 09:26:53 2026\nStatus: R\n\nbody\n",
	    "no header");
}

static void
test_deletions(void)
{
	changes_to(A B C, 1, MSG_DELETED, 0, B C, "the first");
	changes_to(A B C, 2, MSG_DELETED, 0, A C, "the second");
	changes_to(A B C, 3, MSG_DELETED, 0, A B, "the last");
	changes_to(A, 1, MSG_DELETED, 0, "", "the only one");
	changes_to("\n\n" A B, 1, MSG_DELETED, 0, "\n\n" B,
	    "what stands before stays");
	changes_to(A "From a@b.c Sat Mar 14 09:26:53 2026\nSubject: x\n"
	    "X-Status: D\n\nx\n", 1, MSG_SEEN, 0,
	    "From a@b.c Sat Mar 14 09:26:53 2026\nSubject: a\nStatus: R\n\n"
	    "text\n\n", "one that another program marked");
	changes_to("From a@b.c Sat Mar 14 09:26:53 2026\nSubject: x\n"
	    "X-Status: D\n\nx\n" A, 1, 0, MSG_DELETED,
	    "From a@b.c Sat Mar 14 09:26:53 2026\nSubject: x\n\nx\n" A,
	    "a mark of another program taken off");
}

/* Many changes in one session, with the list in step. */
static void
test_session(void)
{
	struct store *s;
	uint32_t added;

	write_file("one", A B C D);
	s = open_folder("one", STORE_WRITE);
	store_flag(s, 2, MSG_DELETED, 0);
	store_flag(s, 3, MSG_FLAGGED, 0);
	is_int(sync_folder(s, SYNC_FLAGS), 0, "flags alone");
	has_subjects(s, "a b c d ", "nothing is removed");
	is_int(sync_folder(s, SYNC_FLAGS | SYNC_EXPUNGE), 0, "and deletions");
	has_subjects(s, "a c d ", "one is gone");
	ok(store_message(s, 2, &why) == NULL, "and cannot be read");
	is_message(s, 3, "Subject: c\nX-Status: F\n\ntext\n", "the third");
	is_message(s, 4, "Subject: d\n\ntext\n", "the fourth");
	store_flag(s, 4, MSG_SEEN, 0);
	store_tag(s, 1, "work", NULL);
	is_int(sync_folder(s, SYNC_FLAGS | SYNC_EXPUNGE), 0, "again");
	is_message(s, 4, "Subject: d\nStatus: R\n\ntext\n", "the fourth again");
	add_to_file("one", B);
	is_int(store_check(s, &added, &why), 0, "new mail is looked for");
	is_int(added, 1, "one came");
	is_message(s, 5, "Subject: b\n\ntext\n", "it is the fifth");
	store_flag(s, 1, MSG_DELETED, 0);
	is_int(sync_folder(s, SYNC_FLAGS | SYNC_EXPUNGE), 0, "and again");
	is_message(s, 5, "Subject: b\n\ntext\n", "the fifth stays it");
	is_int(store_check(s, &added, &why), 0, "looked for");
	is_int(added, 0, "nothing new");
	store_close(s, NULL);
	folder_has("one", "c d b ", "in the end");
}

/* --- Others --- */

static void
test_appended_meanwhile(void)
{
	struct store *s;
	uint32_t added;

	write_file("one", A B);
	s = open_folder("one", STORE_WRITE);
	store_flag(s, 1, MSG_DELETED, 0);
	add_to_file("one", C);
	is_int(sync_folder(s, SYNC_FLAGS | SYNC_EXPUNGE), 0, "mail came");
	is_file("one", B C, "it is kept");
	is_int(store_check(s, &added, &why), 0, "looked for");
	is_int(added, 1, "and told");
	has_subjects(s, "b c ", "it is in the list");
	store_flag(s, 2, MSG_DELETED, 0);
	store_flag(s, 3, MSG_DELETED, 0);
	add_to_file("one", D);
	is_int(sync_folder(s, SYNC_FLAGS | SYNC_EXPUNGE), 0,
	    "all are removed while mail comes");
	is_file("one", D, "it is kept again");
	store_close(s, NULL);
}

/* Another program had written half of a message when it was read. */
static void
test_half_read(void)
{
	struct store *s;
	uint32_t added;

	write_file("one", A "From a@b.c Sat Mar 14 09:26:53 2026\nSubject: b\n"
	    "\nte");
	s = open_folder("one", STORE_WRITE);
	add_to_file("one", "xt\n\n" C);
	store_flag(s, 1, MSG_DELETED, 0);
	is_int(sync_folder(s, SYNC_FLAGS | SYNC_EXPUNGE), 0,
	    "half of it was read");
	is_file("one", B C, "all of it stays");
	store_close(s, NULL);
	write_file("one", A "From a@b.c Sat Mar 14 09:26:53 2026\nSubject: b\n"
	    "\ntext\nmo");
	s = open_folder("one", STORE_READ);
	add_to_file("one", "re\n\n" C);
	is_int(store_check(s, &added, &why), 0, "the rest of it came");
	is_int(added, 1, "with one more");
	is_message(s, 2, "Subject: b\n\ntext\nmore\n", "the message is whole");
	store_close(s, NULL);
}

/* Messages of the same length: places tell nothing. */
static void
changed_by_others(const char *now, bool replace, const char *after,
    const char *subjects, const char *name)
{
	struct store *s;

	write_file("one", A B C);
	s = open_folder("one", STORE_WRITE);
	store_flag(s, 2, MSG_DELETED, 0);
	if (replace) {
		write_file("two", now);
		rename("two", "one");
	} else
		write_file("one", now);
	is_int(sync_folder(s, SYNC_FLAGS | SYNC_EXPUNGE), 0, name);
	is_file("one", after, " the file");
	has_subjects(s, subjects, " the list");
	store_close(s, NULL);
}

static void
test_changed_by_others(void)
{
	int replace;

	for (replace = 0; replace <= 1; replace++) {
		changed_by_others(B C D, replace, C D, "c d ",
		    "another was removed, one came");
		changed_by_others(A C, replace, A C, "a c ",
		    "ours was removed already");
		changed_by_others(D B, replace, D, "d ", "two were removed");
		changed_by_others(C B A, replace, C A, "a c ", "sorted");
		changed_by_others("", replace, "", "", "emptied");
		changed_by_others(
		    "From a@b.c Sat Mar 14 09:26:53 2026\nSubject: a\n"
		    "Status: RO\nX-UID: 1\n\ntext\n\n" B C, replace,
		    "From a@b.c Sat Mar 14 09:26:53 2026\nSubject: a\n"
		    "Status: RO\nX-UID: 1\n\ntext\n\n" C, "a c ",
		    "flags were set");
	}
}

/* Flags that others set stay, but for those that were changed here. */
static void
test_merged_flags(void)
{
	struct store *s;

	write_file("one", A B);
	s = open_folder("one", STORE_WRITE);
	store_flag(s, 1, MSG_FLAGGED, 0);
	write_file("one", "From a@b.c Sat Mar 14 09:26:53 2026\nSubject: a\n"
	    "Status: RO\nX-Status: A\n\ntext\n\n" B);
	is_int(sync_folder(s, SYNC_FLAGS), 0, "flags on both sides");
	is_int(store_msg(s, 1)->flags & MSG_LASTING, MSG_SEEN | MSG_OLD |
	    MSG_ANSWERED | MSG_FLAGGED, "are put together");
	store_close(s, NULL);
	is_file("one", "From a@b.c Sat Mar 14 09:26:53 2026\nSubject: a\n"
	    "Status: RO\nX-Status: AF\n\ntext\n\n" B, "in the file too");
}

/* What others mark for deletion while it is open is theirs to remove. */
static void
test_marks_of_others(void)
{
	static const char marked[] = "From a@b.c Sat Mar 14 09:26:53 2026\n"
	    "Subject: b\nX-Status: D\n\ntext\n\n"
	    "From a@b.c Sat Mar 14 09:26:53 2026\n"
	    "Subject: e\nX-Status: D\n\ntext\n\n";
	char *text = xasprintf(A "%s", marked);
	struct store *s;

	write_file("one", A B);
	s = open_folder("one", STORE_WRITE);
	write_file("one", text);
	store_flag(s, 1, MSG_DELETED, 0);
	is_int(sync_folder(s, SYNC_FLAGS | SYNC_EXPUNGE), 0,
	    "marked by others meanwhile");
	is_file("one", marked, "not removed by us, and still marked");
	free(text);
	store_close(s, NULL);
}

static void
test_gone(void)
{
	struct store *s;
	char *text;

	write_file("one", A B C);
	s = open_folder("one", STORE_WRITE);
	store_flag(s, 2, MSG_DELETED, 0);
	unlink("one");
	ok(sync_folder(s, SYNC_EXPUNGE) != 0, "the file is gone");
	ok(access("one", F_OK) == -1, "and is not made again");
	write_file("one", "no mailbox\n");
	ok(sync_folder(s, SYNC_EXPUNGE) != 0, "it is no mailbox any more");
	is_file("one", "no mailbox\n", "and stays as it is");
	store_close(s, NULL);
	write_file("one", A B C);
	s = open_folder("one", STORE_READ);
	write_file("one", C);
	text = message_text(s, 2);
	is_string(text, "(none)", "a message that was cut off is not read");
	is_int(why.code, EX_TEMPFAIL, "and that is told");
	free(text);
	write_file("one", C B A);
	ok(store_message(s, 1, &why) == NULL, "nor another in its place");
	store_close(s, NULL);
}

static void
test_read_only(void)
{
	struct store *s;

	write_file("one", A B);
	s = open_folder("one", STORE_READ);
	store_flag(s, 1, MSG_DELETED, 0);
	is_int(sync_folder(s, SYNC_EXPUNGE), EX_NOPERM, "to be read alone");
	store_close(s, NULL);
	is_file("one", A B, "nothing happened");
}

static void
test_times(void)
{
	struct stat st;

	write_file("one", A B);
	change("one", 1, MSG_SEEN, 0);
	stat("one", &st);
	ok(st.st_atim.tv_sec < st.st_mtim.tv_sec, "there is new mail still");
	change("one", 2, MSG_SEEN, 0);
	stat("one", &st);
	ok(st.st_atim.tv_sec > st.st_mtim.tv_sec || (st.st_atim.tv_sec ==
	    st.st_mtim.tv_sec && st.st_atim.tv_nsec >= st.st_mtim.tv_nsec),
	    "there is none");
}

/* --- The process ends --- */

static const struct scenario {
	const char	*name;
	const char	*before, *after;
	uint32_t	 n, set;
} scenarios[] = {
	{ "shorter", A B C, B C, 1, MSG_DELETED },
	{ "shorter, in the middle", A B C D, A C D, 2, MSG_DELETED },
	{ "cut", A B C, A B, 3, MSG_DELETED },
	{ "emptied", A, "", 1, MSG_DELETED },
	{ "longer", A B,
	    "From a@b.c Sat Mar 14 09:26:53 2026\nSubject: a\nStatus: R\n\n"
	    "text\n\n" B, 1, MSG_SEEN },
	{ "longer, the last", A B,
	    A "From a@b.c Sat Mar 14 09:26:53 2026\nSubject: b\nStatus: R\n\n"
	    "text\n\n", 2, MSG_SEEN },
	{ "as long", E_OLD B,
	    "From a@b.c Sat Mar 14 09:26:53 2026\nSubject: e\n"
	    "Status: O\nX-Status: AFT\n\ntext\n\n" B, 1, MSG_DRAFT },
};

/* The status of a process that does it and ends at a step; clear SEEN in the last one. */
static int
in_child(const struct scenario *x, int step, bool reopen)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		end_at = step;
		if (reopen)
			_exit(code_of_open("one", STORE_WRITE));
		_exit(change("one", x->n, x->set, x->set == MSG_DRAFT ?
		    MSG_SEEN : 0));
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

/* Whole as it was or as it was to be, and behind it what others added. */
static bool
is_whole(const struct scenario *x, const char *added)
{
	char *got, *before = xasprintf("%s%s", x->before, added);
	char *after = xasprintf("%s%s", x->after, added);
	bool fine;

	if (code_of_open("one", STORE_READ) != 0)
		printf("# cannot be opened\n");
	got = read_file("one");
	fine = strcmp(got, before) == 0 || strcmp(got, after) == 0;
	if (!fine) {
		tap_quote("   got", got);
		tap_quote(" after", after);
	}
	fine &= access(".one.mailx-redo", F_OK) == -1;
	free(got);
	free(before);
	free(after);
	unlink("one.lock");
	return fine;
}

static void
ended_at_each_step(const struct scenario *x, const char *added, bool twice)
{
	int step, again, steps = 0, wrong = 0;

	for (step = 1; step < 30; step++) {
		for (again = 1; again < 30; again++) {
			write_file("one", x->before);
			if (in_child(x, step, false) != ENDED)
				break;
			unlink("one.lock");
			add_to_file("one", added);
			if (twice && in_child(x, again, true) != ENDED)
				break;
			unlink("one.lock");
			if (twice)
				add_to_file("one", added);
			steps++;
			if (!is_whole(x, !twice ? added :
			    *added == '\0' ? "" : D D)) {
				printf("# step %d, then %d\n", step, again);
				wrong++;
			}
			if (!twice)
				break;
		}
		if (again == 1 && twice) {
			write_file("one", x->before);
			if (in_child(x, step, false) != ENDED)
				break;
		}
		unlink("one.lock");
	}
	is_int(wrong, 0, x->name);
	printf("# ended %d times, %s%s\n", steps, *added == '\0' ?
	    "nothing added" : "with mail added", twice ? ", twice" : "");
	ok(steps > 0, " there are steps");
}

static void
test_ended(void)
{
	size_t i;

	for (i = 0; i < NELEM(scenarios); i++) {
		ended_at_each_step(&scenarios[i], "", false);
		ended_at_each_step(&scenarios[i], D, false);
	}
	/* A cut has one step, and nothing to complete. */
	for (i = 0; i < NELEM(scenarios); i++)
		if (i != 2 && i != 3) {
			ended_at_each_step(&scenarios[i], "", true);
			ended_at_each_step(&scenarios[i], D, true);
		}
}

/* A change is committed at the second step, and not completed. */
static void
leave_half_made(void)
{
	write_file("one", A B C);
	is_int(in_child(&scenarios[0], 2, false), ENDED, "ended");
	unlink("one.lock");
	ok(access(".one.mailx-redo", F_OK) == 0, "something is left to be done");
}

static void
test_redo(void)
{
	glob_t g;
	struct store *s;

	leave_half_made();
	is_int(append_text("one", "Subject: d\n\ntext\n", NULL), 0, "appending");
	folder_has("one", "b c d ", "completes it first");
	leave_half_made();
	write_file("one", C B A);
	is_int(code_of_open("one", STORE_READ), EX_TEMPFAIL,
	    "the mailbox was changed by others: told once");
	is_file("one", C B A, "it is not touched");
	folder_has("one", "c b a ", "and can be read then");
	is_int(glob("one.mailx-rescue-*", 0, NULL, &g), 0,
	    "what was to be done is kept");
	globfree(&g);
	leave_half_made();
	write_file("two", C B A);
	rename("two", "one");
	is_int(code_of_open("one", STORE_READ), EX_TEMPFAIL, "it was replaced");
	is_file("one", C B A, "and is not touched");
	leave_half_made();
	add_to_file(".one.mailx-redo", "x");
	is_int(code_of_open("one", STORE_READ), EX_TEMPFAIL, "it is damaged");
	is_file("one", A B C, "nothing is done with it");
	leave_half_made();
	chmod(".one.mailx-redo", 0666);
	folder_has("one", "a b c ", "one that others could write to is none");
	unlink(".one.mailx-redo");
	/* Several sessions are open, one of them ends. */
	write_file("one", A B C);
	s = open_folder("one", STORE_WRITE);
	in_child(&scenarios[0], 2, false);
	unlink("one.lock");
	store_flag(s, 3, MSG_DELETED, 0);
	is_int(sync_folder(s, SYNC_EXPUNGE), 0, "in an open session too");
	store_close(s, NULL);
	is_file("one", B, "both changes are made");
}

/* A spool directory is not ours. */
static void
test_state_dir(void)
{
	mkdir("spool", 0700);
	chmod("spool", 01777);
	write_file("spool/one", A B C);
	is_int(change("spool/one", 1, MSG_DELETED, 0), EX_CANTCREAT,
	    "no place for the change");
	is_file("spool/one", A B C, "so nothing is done");
	options.state_dir = "state";
	is_int(change("spool/one", 1, MSG_DELETED, 0), 0,
	    "in the state directory");
	is_file("spool/one", B C, "it is done");
	is_int(change("spool/one", 2, MSG_DELETED, 0), 0,
	    "for a cut no place is needed");
	is_file("spool/one", B, "it is done too");
}

static void
test_ended_in_spool(void)
{
	int status;
	pid_t pid;

	write_file("spool/one", A B C);
	if ((pid = fork()) == 0) {
		end_at = 3;
		_exit(change("spool/one", 1, MSG_DELETED, 0));
	}
	waitpid(pid, &status, 0);
	is_int(WEXITSTATUS(status), ENDED, "ended");
	unlink("spool/one.lock");
	folder_has("spool/one", "b c ", "completed from the state directory");
	options.state_dir = NULL;
}

int
main(void)
{
	enter();
	test_flags();
	test_deletions();
	test_session();
	test_appended_meanwhile();
	test_half_read();
	test_changed_by_others();
	test_merged_flags();
	test_marks_of_others();
	test_gone();
	test_read_only();
	test_times();
	test_ended();
	test_redo();
	test_state_dir();
	test_ended_in_spool();
	return done();
}
