/* SPDX-License-Identifier: ISC */
/* maildir.c -- Maildir folders: delivery, flags, and what other programs do to the files. */
#include <sys/wait.h>

#include <dirent.h>
#include <time.h>

#include "folder.h"

#define ENDED	99

static int end_at;		/* the process ends at that step, from 1; 0: never */

void
durable_step(const char *what)
{
	(void)what;
	if (end_at > 0 && --end_at == 0)
		_exit(ENDED);
}

static void
fresh(void)
{
	remove_tree("box");
	mkdir("box", 0700);
	mkdir("box/tmp", 0700);
	mkdir("box/new", 0700);
	mkdir("box/cur", 0700);
}

static void
put(const char *name, const char *subject)
{
	char *path = xasprintf("box/%s", name);
	char *text = xasprintf("Subject: %s\n\ntext\n", subject);

	write_file(path, text);
	free(path);
	free(text);
}

/* The names in a directory, sorted, a blank behind each. */
static char *
names_in(const char *dir)
{
	struct dirent **v;
	char *text;
	size_t len;
	int i, n = scandir(dir, &v, NULL, alphasort);
	FILE *f = xmemstream(&text, &len);

	for (i = 0; i < n; i++) {
		if (v[i]->d_name[0] != '.')
			fprintf(f, "%s ", v[i]->d_name);
		free(v[i]);
	}
	free(v);
	fclose(f);
	return text;
}

static bool
has_names(const char *dir, const char *want, const char *name)
{
	char *got = names_in(dir);
	bool r = is_string(got, want, name);

	free(got);
	return r;
}

static int
sync_folder(struct store *s, unsigned how)
{
	fail_clear(&why);
	if (store_sync(s, how, &why) == 0)
		return 0;
	printf("# %d %s\n", why.code, why.text);
	return why.code;
}

/* --- Listing --- */

static void
test_listing(void)
{
	struct store *s;
	int i;
	static const uint32_t flags[] = { MSG_OLD | MSG_SEEN | MSG_FLAGGED,
		MSG_OLD, 0, MSG_OLD | MSG_DRAFT | MSG_ANSWERED | MSG_DELETED,
		MSG_OLD | MSG_SEEN, MSG_OLD };

	fresh();
	put("cur/1000.M9P1.h:2,FS", "a");
	put("cur/1000.M10P1.h:2,", "b");
	put("new/1001.h", "c");
	put("cur/1002.h:2,DRT", "d");
	put("cur/1003.h:2,PSabz", "e");
	put("cur/oddname", "f");
	put("cur/.hidden", "x");
	put("tmp/1000.h", "x");
	mkdir("box/cur/directory", 0700);
	mkfifo("box/cur/1000.fifo", 0600);
	if (symlink("../../one", "box/cur/1000.link") == -1)
		abort();
	s = open_folder("box", STORE_READ);
	has_subjects(s, "f a b c d e ", "in order of arrival");
	for (i = 0; i < 6; i++)
		is_int(store_msg(s, (uint32_t)(i + 1) % 6 + 1)->flags, flags[i],
		    "flags");
	store_close(s, NULL);
}

static void
test_hostile_names(void)
{
	struct store *s;

	fresh();
	put("new/1.a\nb", "a");
	put("new/2.\033[31m", "b");
	put("cur/3.\xff\xfe:2,S", "c");
	put("cur/4.x:1,y:2,S", "d");
	put("cur/5.:2,:2,S", "e");
	put("cur/6.-rf:2,S", "f");
	put("cur/7.a:b:2,", "g");
	put("cur/7.a:2,", "h");
	s = open_folder("box", STORE_WRITE);
	has_subjects(s, "a b c d e f h g ", "any name can be read");
	store_flag(s, 4, MSG_FLAGGED, 0);
	store_flag(s, 5, MSG_FLAGGED, 0);
	store_flag(s, 8, MSG_SEEN, 0);
	is_int(sync_folder(s, SYNC_FLAGS), 0, "flags are set");
	store_close(s, NULL);
	has_names("box/cur", "3.\xff\xfe:2,S 4.x:1,y:2,FS 5.:2,,2:FS 6.-rf:2,S "
	    "7.a:2, 7.a:b:2,S ", "the names");
	s = open_folder("box", STORE_READ);
	is_int(s->count, 8, "none is lost");
	store_close(s, NULL);
}

static void
test_line_ends(void)
{
	struct store *s;
	char *got;

	fresh();
	write_file("box/new/1.a", "Subject: a\r\n\r\nx\ry\r\n\r\n");
	write_file("box/new/2.b", "Subject: b\n\nx\r\n");
	write_file("box/new/3.c", "");
	s = open_folder("box", STORE_READ);
	is_message(s, 1, "Subject: a\n\nx\ry\n\n", "CRLF comes out as LF");
	is_message(s, 3, "", "an empty file");
	got = message_text(s, 2);
	ok(strncmp(got, "Subject: b\n\nx", 13) == 0, "mixed");
	free(got);
	store_close(s, NULL);
}

static void
test_size(void)
{
	struct timespec times[2] = { { 5000, 0 }, { 5000, 0 } };
	struct numbers one = { NULL, 0, 0 };
	struct store *s;

	fresh();
	put("cur/1.a:2,", "a");
	utimensat(AT_FDCWD, "box/cur/1.a:2,", times, 0);
	s = open_folder("box", STORE_READ);
	rename("box/cur/1.a:2,", "box/cur/1.a:2,S");
	numbers_add(&one, 1);
	is_int(store_load(s, &one, LOAD_SIZE, &why), 0, "size");
	is_int((long long)store_msg(s, 1)->size, 17, "of a renamed file");
	is_int(store_msg(s, 1)->arrived, 5000, "and the time");
	numbers_free(&one);
	store_close(s, NULL);
}

/* --- Flags --- */

static void
test_flags(void)
{
	struct store *s;

	fresh();
	put("new/1.a", "a");
	put("cur/2.b:2,PS", "b");
	put("cur/3.c:2,T", "c");
	put("cur/4.d:2,T", "d");
	put("new/5.e", "e");
	s = open_folder("box", STORE_WRITE);
	store_flag(s, 1, MSG_SEEN | MSG_OLD, 0);
	store_flag(s, 2, MSG_FLAGGED, MSG_SEEN);
	store_flag(s, 3, 0, MSG_DELETED);
	store_flag(s, 4, MSG_SEEN, 0);
	store_flag(s, 5, MSG_DELETED, 0);
	is_int(sync_folder(s, SYNC_FLAGS), 0, "flags");
	has_names("box/cur", "1.a:2,S 2.b:2,FP 3.c:2, 4.d:2,ST ", "in cur");
	has_names("box/new", "5.e ", "what is only marked here stays");
	has_subjects(s, "a b c d e ", "all can be read");
	is_int(sync_folder(s, SYNC_FLAGS | SYNC_EXPUNGE), 0, "deletions");
	has_names("box/cur", "1.a:2,S 2.b:2,FP 3.c:2, ", "in cur");
	has_names("box/new", "", "in new");
	has_subjects(s, "a b c ", "in the list");
	store_close(s, NULL);
}

/* Two files of one base name, left by some accident. */
static void
test_clash(void)
{
	struct store *s;

	fresh();
	put("cur/1.a:2,", "a");
	put("cur/1.a:2,S", "b");
	put("new/1.a", "c");
	s = open_folder("box", STORE_WRITE);
	is_int(s->count, 3, "three messages");
	store_flag(s, 1, MSG_SEEN | MSG_OLD, 0);
	store_flag(s, 2, MSG_SEEN | MSG_OLD, 0);
	store_flag(s, 3, MSG_SEEN | MSG_OLD, 0);
	is_int(sync_folder(s, SYNC_FLAGS), 0, "all become 1.a:2,S");
	is_int(s->count, 3, "three");
	store_close(s, NULL);
	s = open_folder("box", STORE_READ);
	is_int(s->count, 3, "none went over another");
	store_close(s, NULL);
}

/* --- Others --- */

static void
test_renamed(void)
{
	struct store *s;
	uint32_t added;

	fresh();
	put("new/1.a", "a");
	put("cur/2.b:2,", "b");
	put("cur/3.c:2,", "c");
	s = open_folder("box", STORE_WRITE);
	rename("box/new/1.a", "box/cur/1.a:2,FS");
	rename("box/cur/2.b:2,", "box/cur/2.b:2,S");
	has_subjects(s, "a b c ", "renamed by another, they are found");
	is_int(store_msg(s, 1)->flags & MSG_LASTING, MSG_SEEN | MSG_FLAGGED |
	    MSG_OLD, "with their flags");
	rename("box/cur/2.b:2,S", "box/cur/2.b:2,RS");
	store_flag(s, 2, MSG_FLAGGED, 0);
	is_int(sync_folder(s, SYNC_FLAGS), 0, "a flag of ours");
	has_names("box/cur", "1.a:2,FS 2.b:2,FRS 3.c:2, ",
	    "those of others stay");
	rename("box/cur/3.c:2,", "box/cur/3.c:2,T");
	store_flag(s, 3, MSG_SEEN, 0);
	is_int(sync_folder(s, SYNC_FLAGS | SYNC_EXPUNGE), 0,
	    "marked for deletion by another meanwhile");
	has_names("box/cur", "1.a:2,FS 2.b:2,FRS 3.c:2,ST ",
	    "it is not removed, and its mark stays");
	unlink("box/cur/3.c:2,ST");
	put("new/4.d", "d");
	put("new/2000.e", "e");
	is_int(store_check(s, &added, &why), 0, "new mail");
	is_int(added, 2, "two came");
	has_subjects(s, "a b d e ", "one went");
	ok((store_msg(s, 3)->flags & MSG_GONE) != 0, "the third");
	put("new/0.f", "f");
	is_int(store_check(s, &added, &why), 0, "more mail");
	has_subjects(s, "a b d e f ", "numbers stay");
	store_close(s, NULL);
}

static void
test_vanished(void)
{
	struct store *s;
	struct numbers all = { NULL, 0, 0 };
	uint32_t added;

	fresh();
	put("new/1.a", "a");
	put("new/2.b", "b");
	put("new/3.c", "c");
	s = open_folder("box", STORE_WRITE);
	unlink("box/new/2.b");
	numbers_add_all(&all, s);
	is_int(store_load(s, &all, LOAD_ENVELOPE, &why), 0,
	    "one that vanished does not spoil the others");
	has_subjects(s, "a c ", "it is gone");
	ok(store_message(s, 2, &why) == NULL && why.code == EX_NOINPUT,
	    "and cannot be read");
	unlink("box/new/1.a");
	store_flag(s, 1, MSG_DELETED, 0);
	is_int(sync_folder(s, SYNC_EXPUNGE), 0, "deleting what is gone");
	unlink("box/new/3.c");
	store_flag(s, 3, MSG_SEEN, 0);
	is_int(sync_folder(s, SYNC_FLAGS), 0, "a flag for what is gone");
	is_int(store_check(s, &added, &why), 0, "looked for");
	is_int(added, 0, "nothing");
	has_subjects(s, "", "nothing is left");
	numbers_free(&all);
	store_close(s, NULL);
}

static void
test_many(void)
{
	struct timespec a, b;
	struct store *s;
	uint32_t added;
	char *name, *to;
	int i;

	fresh();
	for (i = 0; i < 20000; i++) {
		name = xasprintf("cur/%d.x:2,", i);
		put(name, "a");
		free(name);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	s = open_folder("box", STORE_WRITE);
	is_int(s->count, 20000, "many");
	put("new/1.new", "b");
	is_int(store_check(s, &added, &why), 0, "looked for more");
	is_int(added, 1, "one");
	for (i = 0; i < 20000; i++) {
		name = xasprintf("box/cur/%d.x:2,", i);
		to = xasprintf("box/cur/%d.x:2,S", i);
		rename(name, to);
		free(name);
		free(to);
		store_flag(s, (uint32_t)i + 1, MSG_FLAGGED, 0);
	}
	is_int(sync_folder(s, SYNC_FLAGS), 0,
	    "all renamed by another, and by us");
	for (i = 0; i < 20000; i++) {
		name = xasprintf("box/cur/%d.x:2,FS", i);
		unlink(name);
		free(name);
		store_flag(s, (uint32_t)i + 1, MSG_DELETED, 0);
	}
	is_int(sync_folder(s, SYNC_EXPUNGE), 0, "all removed by another");
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	ok(b.tv_sec - a.tv_sec < 15, "in %d s of the processor", (int)(b.tv_sec - a.tv_sec));
	store_close(s, NULL);
}

/* Without rights to the directory. */
static void
test_refused(void)
{
	struct store *s;
	int status;
	pid_t pid;

	fresh();
	put("cur/1.a:2,", "a");
	chmod("box/cur/1.a:2,", 0644);
	chmod("box/cur", 0555);
	chmod("box/new", 0555);
	chmod("box", 0555);
	chmod(".", 0755);
	if ((pid = fork()) == 0) {
		if (geteuid() == 0 && setuid(65534) == -1)
			_exit(1);
		s = open_folder("box", STORE_WRITE);
		if (s == NULL)
			_exit(2);
		store_flag(s, 1, MSG_DELETED, 0);
		if (sync_folder(s, SYNC_EXPUNGE) == 0)
			_exit(3);
		if ((store_msg(s, 1)->flags & MSG_GONE) != 0)
			_exit(4);
		store_flag(s, 1, MSG_SEEN, MSG_DELETED);
		_exit(sync_folder(s, SYNC_FLAGS) == 0 ? 5 : 0);
	}
	waitpid(pid, &status, 0);
	is_int(WEXITSTATUS(status), 0, "what cannot be deleted is no success");
	chmod("box", 0700);
	chmod("box/cur", 0700);
}

/* --- Delivery --- */

static void
test_delivery(void)
{
	struct msg like;
	struct store *s;
	struct stat st;
	char *names;

	remove_tree("box");
	umask(0);
	is_int(append_text("maildir:box", "Subject: a\r\n\r\nFrom x\r\n", NULL),
	    0, "a new Maildir");
	is_int(stat("box/cur", &st) == 0 ? st.st_mode & 07777 : 0, 0700,
	    "for us alone");
	names = names_in("box/new");
	ok(strlen(names) > 10, "in new");
	names[strlen(names) - 1] = '\0';
	{
		char *path = xasprintf("box/new/%s", names);

		is_file(path, "Subject: a\n\nFrom x\n", "LF line ends");
		is_int(stat(path, &st) == 0 ? st.st_mode & 07777 : 0, 0600,
		    "the file too");
		free(path);
	}
	free(names);
	umask(022);
	has_names("box/tmp", "", "nothing in tmp");
	memset(&like, 0, sizeof like);
	like.flags = MSG_SEEN | MSG_FLAGGED | MSG_DELETED;
	like.arrived = 5000;
	is_int(append_text("box", "Subject: b\n\nx\n", &like), 0, "with flags");
	s = open_folder("box", STORE_READ);
	has_subjects(s, "a b ", "two messages");
	is_int(store_msg(s, 2)->flags, MSG_SEEN | MSG_FLAGGED | MSG_OLD,
	    "flags come along");
	{
		struct numbers two = { NULL, 0, 0 };

		numbers_add(&two, 2);
		store_load(s, &two, LOAD_SIZE, &why);
		numbers_free(&two);
	}
	is_int(store_msg(s, 2)->arrived, 5000, "the time too");
	store_close(s, NULL);
}

static void
test_order(void)
{
	struct store *s = open_folder("maildir:many", STORE_APPEND);
	char *text, *want;
	size_t len;
	FILE *f, *w = xmemstream(&want, &len);
	int i;

	for (i = 0; i < 200; i++) {
		text = xasprintf("Subject: %d\n\nx\n", i);
		fprintf(w, "%d ", i);
		f = stream_of(text, strlen(text));
		if (store_append(s, f, NULL, NULL, &why) == -1)
			abort();
		fclose(f);
		free(text);
		if (i % 64 == 63 && store_commit(s, &why) == -1)
			abort();
	}
	fclose(w);
	is_int(store_close(s, &why), 0, "many in a second");
	folder_has("many", want, "they stay in order");
	free(want);
}

static void
test_targets(void)
{
	struct stat st;

	mkdir("other", 0700);
	write_file("other/file", "text\n");
	is_int(append_text("other", "Subject: a\n\nx\n", NULL), EX_CANTCREAT,
	    "a directory of other things");
	ok(stat("other/cur", &st) == -1, "does not become a Maildir");
	is_int(append_text("maildir:other", "Subject: a\n\nx\n", NULL), 0,
	    "but when it is meant to");
	mkdir("empty", 0700);
	is_int(append_text("empty", "Subject: a\n\nx\n", NULL), 0,
	    "an empty directory does");
	mkdir("begun", 0700);
	mkdir("begun/tmp", 0700);
	is_int(append_text("begun", "Subject: a\n\nx\n", NULL), 0,
	    "and one half made");
	is_int(append_text("a/b/c/", "Subject: a\n\nx\n", NULL), 0,
	    "a slash at the end means one");
	folder_has("a/b/c", "a ", "it is there");
	is_int(code_of_open("maildir:none", STORE_READ), EX_NOINPUT,
	    "none to read");
	is_int(code_of_open("other/file/box", STORE_READ), EX_NOINPUT,
	    "below a file");
	is_int(append_text("maildir:other/file/box", "Subject: a\n\nx\n", NULL),
	    EX_CANTCREAT, "nor to be made");
}

/* --- Recovery --- */

static char last_record[512];

static int
keep_record(void *ctx, const char *record, struct fail *w)
{
	FILE *f = fopen("record", "w");

	(void)ctx;
	(void)w;
	fputs(record, f);
	fclose(f);
	return 0;
}

static int
recover(void)
{
	struct store *s;
	FILE *f = fopen("record", "r");
	int r;

	if (f == NULL || fgets(last_record, sizeof last_record, f) == NULL)
		abort();
	fclose(f);
	s = open_folder("maildir:box", STORE_APPEND);
	r = store_recover(s, last_record, NULL, &why);
	store_close(s, NULL);
	return r;
}

static int
deliver_and_end(int step)
{
	static const struct store_intent intent = { .write = keep_record };
	struct store *s;
	pid_t pid;
	int status;
	FILE *f;

	if ((pid = fork()) == 0) {
		s = open_folder("maildir:box", STORE_APPEND);
		f = stream_of("Subject: a\n\nx\n", 14);
		end_at = step;
		if (store_append(s, f, NULL, &intent, &why) == -1 ||
		    store_commit(s, &why) == -1)
			_exit(1);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void
test_recovery(void)
{
	static const struct {
		int		 step;
		int		 there;
	} cases[] = { { 1, 0 }, { 2, 1 }, { 3, 1 }, { 0, 1 } };
	char *name, *from, *to;
	size_t i;

	for (i = 0; i < NELEM(cases); i++) {
		fresh();
		is_int(deliver_and_end(cases[i].step), cases[i].step == 0 ? 0 :
		    ENDED, "ended at a step");
		is_int(recover(), cases[i].there, "known whether it is there");
		folder_has("box", cases[i].there ? "a " : "", "and it is");
		has_names("box/tmp", "", "nothing in tmp");
	}
	name = names_in("box/new");
	from = xasprintf("box/new/%.*s", (int)strlen(name) - 1, name);
	to = xasprintf("box/cur/%.*s:2,S", (int)strlen(name) - 1, name);
	rename(from, to);
	is_int(recover(), 1, "it was read since");
	unlink(to);
	is_int(recover(), 0, "and removed");
	free(name);
	free(from);
	free(to);
	write_file("record", "maildir ../new/x");
	is_int(recover(), -1, "a record that leads elsewhere");
	is_int(why.code, EX_DATAERR, "is refused");
}

int
main(void)
{
	enter();
	test_listing();
	test_hostile_names();
	test_line_ends();
	test_size();
	test_flags();
	test_clash();
	test_renamed();
	test_vanished();
	test_many();
	test_refused();
	test_delivery();
	test_order();
	test_targets();
	test_recovery();
	return done();
}
