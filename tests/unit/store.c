/* SPDX-License-Identifier: ISC */
/* store.c -- folders by name: what cannot be opened, and mailboxes made, removed, renamed, listed. */
#include <sys/wait.h>

#include "folder.h"

static void
is_refused(const char *name, int read, int append)
{
	char *label = xasprintf("%s: to be read", name);
	struct store *s;

	is_int(code_of_open(name, STORE_READ), read, label);
	free(label);
	label = xasprintf("%s: to be written", name);
	is_int(code_of_open(name, STORE_WRITE), read, label);
	free(label);
	label = xasprintf("%s: to be appended to", name);
	s = open_folder(name, STORE_APPEND);
	is_int(s == NULL ? why.code : 0, append, label);
	store_close(s, NULL);
	free(label);
}

static void
link_to(const char *to, const char *name)
{
	if (symlink(to, name) == -1)
		abort();
}

static void
test_names(void)
{
	struct stat st;

	mkdir("dir", 0700);
	mkfifo("fifo", 0600);
	link_to("none", "dangling");
	link_to("loop", "loop");
	write_file("box", "");
	write_file("text", "some text\n");
	is_refused("nothing", EX_NOINPUT, 0);
	is_refused("dir", EX_NOINPUT, 0);	/* empty: may become a Maildir */
	is_refused("mbox:dir", EX_NOINPUT, EX_CANTCREAT);
	is_refused("fifo", EX_NOINPUT, EX_CANTCREAT);
	is_refused("/dev/zero", EX_NOINPUT, EX_CANTCREAT);
	is_refused("dangling", EX_NOINPUT, EX_CANTCREAT);
	ok(stat("none", &st) == -1, "nothing is made through a link");
	is_refused("loop", EX_NOINPUT, EX_CANTCREAT);
	is_refused("box/below", EX_NOINPUT, EX_CANTCREAT);
	is_refused("maildir:box", EX_NOINPUT, EX_CANTCREAT);
	is_refused("text", EX_DATAERR, EX_CANTCREAT);
	is_refused("", EX_NOINPUT, EX_CANTCREAT);
	is_refused("/dev/null", 0, 0);
	is_refused("mbox:/dev/null", 0, 0);
}

static int
copy_to(struct store *s, const struct numbers *ns, const char *dest, bool move)
{
	struct store_copied copied;
	int result = store_copy(s, ns, dest, move, &copied, &why);

	is_int((long)copied.there.n, result == 0 ? (long)ns->n : 0,
	    "told which are there");
	store_copied_free(&copied);
	return result;
}

static void
test_null(void)
{
	struct store *s;
	struct numbers all = { NULL, 0, 0 };

	write_file("box", "From a@b.c Sat Mar 14 09:26:53 2026\nSubject: a\n\n"
	    "x\n");
	is_int(append_text("/dev/null", "Subject: a\n\nx\n", NULL), 0,
	    "/dev/null swallows");
	s = open_folder("/dev/null", STORE_READ);
	is_int(s->count, 0, "and is empty");
	store_close(s, NULL);
	s = open_folder("box", STORE_WRITE);
	numbers_add_all(&all, s);
	is_int(copy_to(s, &all, "/dev/null", true), 0, "a move there");
	is_int(store_sync(s, SYNC_EXPUNGE, &why), 0, "is a deletion");
	numbers_free(&all);
	store_close(s, NULL);
	is_file("box", "", "of it all");
}

static void
test_links(void)
{
	struct stat st;
	int status;
	pid_t pid;

	write_file("box", "");
	link_to("box", "good");
	is_int(append_text("good", "Subject: a\n\nx\n", NULL), 0,
	    "a link to a file of ours");
	folder_has("box", "a ", "is followed");
	ok(lstat("good", &st) == 0 && S_ISLNK(st.st_mode), "and stays a link");
	if (geteuid() != 0) {
		puts("# not root: no links of others");
		return;
	}
	/* Another user's, in a directory that all may write to. */
	mkdir("public", 0700);
	chmod("public", 01777);
	chmod(".", 0755);
	if ((pid = fork()) == 0)
		_exit(setuid(65534) == 0 && symlink("../box", "public/theirs") ==
		    0 ? 0 : 1);
	waitpid(pid, &status, 0);
	is_int(status, 0, "a link of another user");
	is_refused("public/theirs", EX_NOPERM, EX_NOPERM);
}

/* --- Copying --- */

static void
test_copy(void)
{
	struct numbers some = { NULL, 0, 0 };
	struct store *s;

	unlink("copy");
	write_file("box", "From a@b.c Sat Mar 14 09:26:53 2026\nSubject: a\n"
	    "Status: RO\nX-Keywords: k\n\nx\n\n"
	    "From a@b.c Sat Mar 14 09:26:53 2026\nSubject: b\n\n>From y\n");
	s = open_folder("box", STORE_WRITE);
	numbers_add(&some, 2);
	numbers_add(&some, 1);
	is_int(copy_to(s, &some, "copy", false), 0, "copied");
	is_file("copy", "From MAILER-DAEMON Sat Mar 14 09:26:53 2026\n"
	    "Subject: b\n\n>From y\n\n"
	    "From MAILER-DAEMON Sat Mar 14 09:26:53 2026\nSubject: a\n"
	    "Status: RO\nX-Keywords: k\n\nx\n\n", "in that order, with flags");
	is_int(copy_to(s, &some, "box", false), 0,
	    "into itself, while it is open");
	folder_has("box", "a b b a ", "they are there twice");
	is_int(copy_to(s, &some, "maildir:moved", true), 0, "moved");
	is_int(store_sync(s, SYNC_FLAGS | SYNC_EXPUNGE, &why), 0, "synced");
	folder_has("moved", "b a ", "in the one");
	folder_has("box", "b a ", "no longer in the other");
	is_int(copy_to(s, &some, "fifo", true), -1, "a bad target");
	numbers_free(&some);
	store_close(s, NULL);
	folder_has("box", "b a ", "nothing is deleted then");
}

/* --- Making, removing, renaming --- */

static int
code(int r)
{
	int c = r == -1 ? why.code : 0;

	if (r == -1)
		printf("# %d %s\n", why.code, why.text);
	fail_clear(&why);
	return c;
}

static int
make(const char *name)
{
	return code(store_mkdir(name, true, &options, &why));
}

static int
drop(const char *name, bool force)
{
	return code(store_rmdir(name, force, &options, &why));
}

static int
move(const char *from, const char *to)
{
	return code(store_rename(from, to, &options, &why));
}

static void
test_making(void)
{
	struct stat st;

	fail_clear(&why);
	umask(0);
	is_int(make("tree/a"), 0, "a Maildir, and what is above it");
	is_int(stat("tree", &st) == 0 ? st.st_mode & 07777 : 0, 0700,
	    "for us alone");
	is_int(make("tree/a"), EX_CANTCREAT, "there already");
	is_int(make("tree/a/b"), 0, "one below another");
	is_int(make("tree"), 0, "a directory becomes one too");
	is_int(make("mbox:tree/c"), 0, "an mbox");
	is_int(stat("tree/c", &st) == 0 ? st.st_mode & 07777 : 0, 0600,
	    "for us alone");
	is_int(make("mbox:tree/c"), EX_CANTCREAT, "there already");
	is_int(make("tree/c/d"), EX_CANTCREAT, "none below a file");
	is_int(make("/dev/null"), EX_CANTCREAT, "there already");
	is_int(make("fifo"), EX_CANTCREAT, "there already");
	is_int(make("dangling"), EX_CANTCREAT, "a dangling link");
	umask(022);
}

static void
test_removing(void)
{
	struct stat st;

	is_int(drop("tree/none", false), EX_NOINPUT, "none");
	append_text("tree/a", "Subject: a\n\nx\n", NULL);
	append_text("mbox:tree/c", "Subject: a\n\nx\n", NULL);
	is_int(drop("tree/a", false), EX_CANTCREAT, "not empty");
	is_int(drop("mbox:tree/c", false), EX_CANTCREAT, "not empty");
	folder_has("tree/a", "a ", "so it stays");
	is_int(drop("tree/a", true), 0, "unless it is meant");
	ok(stat("tree/a", &st) == -1, "with what is below it, as on a server");
	is_int(drop("tree/c", true), 0, "an mbox");
	make("tree/a/b");
	is_int(drop("tree/a/b", false), 0, "an empty one");
	is_int(drop("tree/a", false), 0, "a directory with nothing in it");
	is_int(drop("text", true), EX_CANTCREAT, "what is no mailbox");
	is_int(drop("fifo", true), EX_CANTCREAT, "a FIFO");
	is_int(drop("/dev/null", true), EX_CANTCREAT, "a device");
	is_int(drop("good", true), EX_CANTCREAT, "a link");
	mkdir("full", 0700);
	write_file("full/text", "x\n");
	is_int(drop("full", true), EX_CANTCREAT, "a directory of other things");
	ok(stat("full/text", &st) == 0 && stat("text", &st) == 0,
	    "they stay");
}

static void
test_renaming(void)
{
	struct stat st;

	make("one");
	write_file("two", "");
	write_file("null.before", "");
	is_int(move("none", "x"), EX_NOINPUT, "none");
	is_int(move("one", "two"), EX_CANTCREAT, "there already");
	is_int(move("one", "deep/er/three"), 0, "to another place");
	ok(stat("deep/er/three/cur", &st) == 0, "it is there");
	is_int(move("two", "four"), 0, "an mbox");
	is_int(move("/dev/null", "null"), EX_CANTCREAT, "a device");
	ok(stat("/dev/null", &st) == 0 && stat("null", &st) == -1,
	    "stays where it is");
	is_int(move("fifo", "five"), EX_CANTCREAT, "a FIFO");
	is_int(move("deep", "deep/er/self"), EX_CANTCREAT, "into itself");
	is_int(move("four", "imap://u@localhost/x"), EX_USAGE,
	    "to a server");
}

/* --- Listing --- */

struct list {
	FILE	*f;
	int	 stop_after;
};

static int
add_entry(void *ctx, const struct store_list_entry *e, struct fail *w)
{
	struct list *l = ctx;

	fprintf(l->f, "%s%s%s", e->name, e->selectable ? "" : "(no)",
	    e->has_children ? "+" : "");
	if (e->has_counts)
		fprintf(l->f, "=%u/%u", e->unseen, e->messages);
	putc(' ', l->f);
	if (l->stop_after > 0 && --l->stop_after == 0)
		return fail(w, EX_TEMPFAIL, "enough");
	return 0;
}

static void
lists(const char *base, const char *pattern, const char *want, const char *name)
{
	char *text;
	size_t len;
	struct list l = { xmemstream(&text, &len), 0 };

	fail_clear(&why);
	if (store_list(base, pattern, add_entry, &l, &options, &why) == -1)
		fprintf(l.f, "%d", why.code);
	fclose(l.f);
	is_string(text, want, name);
	free(text);
}

static void
test_listing(void)
{
	mkdir("mail", 0700);
	make("mail/in");
	append_text("mail/in", "Subject: a\n\nx\n", NULL);
	make("mail/work/a");
	make("mail/work/b*d");
	make("mail/\xe4\xb8\xad");
	append_text("mbox:mail/old", "Subject: a\n\nx\n", NULL);
	write_file("mail/empty", "");
	write_file("mail/notes", "text\n");
	write_file("mail/.hidden", "");
	mkfifo("mail/fifo", 0600);
	link_to("..", "mail/up");
	link_to("old", "mail/link");
	write_file("mail/new\nline", "");
	lists("mail", NULL, "empty=0/0 in=1/1 link=1/1 new\nline=0/0 old=1/1 "
	    "work(no)+ work/a=0/0 work/b*d=0/0 \xe4\xb8\xad=0/0 ", "a tree");
	lists("mail", "w*", "work(no)+ work/a=0/0 work/b*d=0/0 ", "a pattern");
	lists("mail", "?", "\xe4\xb8\xad=0/0 ", "one character");
	lists("mail", "*/?", "work/a=0/0 ", "below");
	lists("mail", "x*", "", "none");
	lists("mail/in", NULL, "", "nothing below a Maildir");
	lists("nowhere", NULL, "66", "no such directory");
	lists("mail/old", NULL, "66", "a file is none");
}

static void
test_patterns(void)
{
	static const struct {
		const char	*pattern, *name;
		bool		 matches;
	} cases[] = {
		{ "*", "", true }, { "", "", true }, { "", "a", false },
		{ "a*b*c", "axxbyyc", true }, { "a*b*c", "axxbyy", false },
		{ "**a", "bba", true }, { "?", "", false },
		{ "?b", "ab", true }, { "a?", "a\xc3\xa9", true },
		{ "a?", "a", false }, { "a*", "b", false },
		{ "*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
	};
	size_t i;

	for (i = 0; i < NELEM(cases); i++)
		ok(store_pattern_matches(cases[i].pattern, cases[i].name) ==
		    cases[i].matches, "%s, %s", cases[i].pattern, cases[i].name);
}

/* --- The list --- */

static void
test_tags(void)
{
	struct store *s;

	write_file("box", "From a@b.c Sat Mar 14 09:26:53 2026\nSubject: a\n"
	    "X-Keywords: one two three\n\nx\n");
	s = open_folder("box", STORE_WRITE);
	store_tag(s, 1, NULL, "two");
	is_string(store_msg(s, 1)->tags, "one three", "the middle");
	store_tag(s, 1, NULL, "three");
	is_string(store_msg(s, 1)->tags, "one", "the last");
	store_tag(s, 1, "on", NULL);
	is_string(store_msg(s, 1)->tags, "one on", "part of another");
	store_tag(s, 1, "on", "one");
	is_string(store_msg(s, 1)->tags, "on", "the first");
	store_tag(s, 1, NULL, "on");
	is_string(store_msg(s, 1)->tags, NULL, "the only one");
	store_tag(s, 1, "new", "none");
	is_int(store_sync(s, SYNC_FLAGS, &why), 0, "synced");
	store_close(s, NULL);
	is_file("box", "From a@b.c Sat Mar 14 09:26:53 2026\nSubject: a\n"
	    "X-Keywords: new\n\nx\n", "they are kept");
}

static int
note(void *ctx, struct store *s, uint32_t n, struct fail *w)
{
	uint32_t *seen = ctx;

	(void)w;
	seen[0]++;
	if (store_msg(s, n)->envelope == NULL)
		seen[1]++;
	return seen[0] == 600 ? fail(w, EX_TEMPFAIL, "enough") : 0;
}

static void
test_each(void)
{
	struct numbers all = { NULL, 0, 0 };
	uint32_t seen[2] = { 0, 0 }, n, kept = 0;
	char *text;
	size_t len;
	FILE *f = xmemstream(&text, &len);
	struct store *s;

	for (n = 0; n < 1000; n++)
		fprintf(f, "From a@b.c Sat Mar 14 09:26:53 2026\n"
		    "Subject: %u\n\nx\n\n", n);
	fclose(f);
	write_file("box", text);
	free(text);
	s = open_folder("box", STORE_READ);
	is_int(s->count, 1000, "many");
	ok(store_envelope(s, 500, &why) != NULL, "one is loaded");
	numbers_add_all(&all, s);
	fail_clear(&why);
	is_int(store_each(s, &all, LOAD_ENVELOPE, note, seen, &why), -1,
	    "each until one fails");
	is_int(why.code, EX_TEMPFAIL, "with its failure");
	is_int(seen[0], 600, "that many");
	is_int(seen[1], 0, "all loaded");
	for (n = 1; n <= s->count; n++)
		kept += store_msg(s, n)->envelope != NULL;
	is_int(kept, 1, "and dropped, but for the one that was before");
	numbers_free(&all);
	store_close(s, NULL);
}

/* A stage in memory and one that has become a file: its text, and another stream for it. */
static void
test_stage(size_t n)
{
	FILE *f, *g, *none = fopen("/dev/null", "r");
	struct span text = { NULL, 0 };
	bool here;
	size_t i, got = 0;
	int c;

	fail_clear(&why);
	f = store_stage(&why);
	for (i = 0; i < n; i++)
		putc('a' + (int)(i % 26), f);
	here = store_stage_text(f, &text);
	ok(here == (n <= 1024 * 1024), "in memory while it is small");
	ok(!here || (text.n == n && (n == 0 || text.p[n - 1] == 'a' +
	    (int)((n - 1) % 26))), "its text");
	ok((g = store_stage_take(f)) != NULL, "taken over");
	ok(getc(f) == EOF, "nothing is left behind");
	fclose(f);
	while ((c = getc(g)) == 'a' + (int)(got % 26))
		got++;
	ok(c == EOF && got == n, "all of it is there");
	fseeko(g, 0, SEEK_END);
	putc('!', g);
	ok(fflush(g) == 0 && ftello(g) == (off_t)n + 1, "and more can be written");
	fclose(g);
	ok(store_stage_take(none) == NULL && !store_stage_text(none, &text),
	    "another stream is no stage");
	fclose(none);
}

int
main(void)
{
	enter();
	fail_clear(&why);
	test_names();
	test_null();
	test_links();
	test_copy();
	test_making();
	test_removing();
	test_renaming();
	test_listing();
	test_patterns();
	test_tags();
	test_each();
	test_stage(0);
	test_stage(100000);
	test_stage(3000000);
	return done();
}
