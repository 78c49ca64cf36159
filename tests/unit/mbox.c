/* SPDX-License-Identifier: ISC */
/* mbox.c -- mbox folders: what is read from any file, and what is put into one. */
#include <glob.h>
#include <sha2.h>

#include "folder.h"

#define FROM	"From a@example.org Sat Mar 14 09:26:53 2026\n"

/* --- The mailboxes of tests/data/mbox. --- */

static char *
expected(const char *path, const char *what, unsigned n)
{
	char *file = xasprintf("%.*s.expect", (int)strlen(path) - 5, path);
	char line[512], *value, *end, *found = NULL;
	FILE *f = fopen(file, "r");

	free(file);
	while (f != NULL && found == NULL &&
	    fgets(line, sizeof line, f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, what, strlen(what)) != 0 ||
		    (value = strchr(line, '\t')) == NULL)
			continue;
		value++;
		if (n > 0) {
			if (strtoul(value, &end, 10) != n)
				continue;
			value = end + 1;
		}
		found = xstrdup(value);
	}
	if (f != NULL)
		fclose(f);
	return found == NULL ? xstrdup("") : found;
}

/* "octets sha256" of the body as the expectations have it. */
static char *
body_of(struct store *s, uint32_t n)
{
	char *text = message_text(s, n), *body, *r;
	char hex[SHA256_DIGEST_STRING_LENGTH];
	size_t len;

	body = strstr(text, "\n\n");
	body = body == NULL ? text + strlen(text) : body + 2;
	if (*text == '\n')
		body = text + 1;
	for (len = strlen(body); len > 0 && body[len - 1] == '\n'; len--)
		continue;
	SHA256Data((const uint8_t *)body, len, hex);
	r = xasprintf("%zu\t%s", len, hex);
	free(text);
	return r;
}

static void
check_sample(const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	struct store *s = open_folder(path, STORE_READ);
	char *count = expected(path, "count", 0), *want, *got, *label;
	char *style = expected(path, "style", 0);
	const struct envelope *e;
	const char *wrong;
	long long messages = strtonum(count, 0, UINT32_MAX, &wrong);
	uint32_t n;

	if (wrong != NULL)
		messages = -2;		/* a sample without a count passes nothing */
	if (!is_int(s == NULL ? -1 : (long long)s->count, messages, name))
		n = UINT32_MAX;
	else
		n = 1;
	for (; s != NULL && n <= s->count; n++) {
		e = store_envelope(s, n, &why);
		want = expected(path, "subject", n);
		label = xasprintf("%s: subject %u", name, n);
		is_string(e == NULL || e->subject == NULL ? "" : e->subject,
		    want, label);
		free(want);
		free(label);
		want = expected(path, "body", n);
		got = body_of(s, n);
		label = xasprintf("%s: body %u", name, n);
		/* Nothing tells mboxo from the rest: it is read as mboxrd. */
		if (strcmp(style, "mboxo") != 0)
			is_string(got, want, label);
		free(want);
		free(got);
		free(label);
	}
	store_close(s, NULL);
	free(count);
	free(style);
}

static void
test_samples(void)
{
	glob_t g;
	size_t i;

	if (glob("tests/data/mbox/*.mbox", 0, NULL, &g) != 0)
		abort();
	ok(g.gl_pathc >= 16, "there are samples");
	for (i = 0; i < g.gl_pathc; i++)
		check_sample(g.gl_pathv[i]);
	globfree(&g);
}

/* --- Scanning. --- */

static void
test_separators(void)
{
	static const struct {
		const char	*line;
		bool		 is;
	} cases[] = {
		{ "From a@b.c Sat Mar 14 09:26:53 2026", true },
		{ "From a@b.c Sat Mar  4 09:26:53 2026", true },
		{ "From a@b.c Sat Mar 14 09:26 2026", true },
		{ "From a@b.c  Sat Mar 14 09:26:53 CET 2026", true },
		{ "From a@b.c Sat Mar 14 09:26:53 +0100 2026", true },
		{ "From \"odd name\"@b.c Sat Mar 14 09:26:53 2026", true },
		{ "From MAILER-DAEMON Sat Mar 14 09:26:53 2026\r", true },
		{ "From a@b.c Sat Mar 14 09:26:53 2026 remote from x", true },
		{ "From Sat Mar 14 09:26:53 2026", true },
		{ "From -", true },
		{ "From here on it is only text", false },
		{ "From Saturday in March at 14:00", false },
		{ "From a@b.c Sat Mar 14 2026", false },
		{ "from a@b.c Sat Mar 14 09:26:53 2026", false },
		{ "From: a@b.c Sat Mar 14 09:26:53 2026", false },
		{ ">From a@b.c Sat Mar 14 09:26:53 2026", false },
		{ "From a@b.c xSat Mar 14 09:26:53 2026", false },
	};
	char *text;
	size_t i;
	struct store *s;

	for (i = 0; i < NELEM(cases); i++) {
		text = xasprintf(FROM "Subject: a\n\nx\n\n%s\nSubject: b\n\ny\n",
		    cases[i].line);
		write_file("one", text);
		free(text);
		s = open_folder("one", STORE_READ);
		is_int(s == NULL ? -1 : (long long)s->count,
		    cases[i].is ? 2 : 1, cases[i].line);
		store_close(s, NULL);
	}
}

static void
test_arrived(void)
{
	struct store *s;

	write_file("one", "From a Thu Jan  1 00:16:40 1970\nSubject: a\n\n");
	setenv("TZ", "UTC", 1);
	s = open_folder("one", STORE_READ);
	is_int(store_msg(s, 1)->arrived, 1000, "the time of the separator");
	store_close(s, NULL);
}

static void
test_flags(void)
{
	struct store *s;
	struct msg *m;

	write_file("one", FROM "Status: RO\nX-Status: AFT\n"
	    "X-Keywords: work  home\nSubject: a\n\nx\n\n"
	    FROM "Status: O\nSubject: b\n\nStatus: R\n\n"
	    FROM "Subject: c\n\nx\n");
	s = open_folder("one", STORE_READ);
	m = store_msg(s, 1);
	is_int(m->flags & MSG_LASTING, MSG_SEEN | MSG_OLD | MSG_ANSWERED |
	    MSG_FLAGGED | MSG_DRAFT, "Status and X-Status");
	is_int(m->stored, m->flags, "they are the stored ones");
	is_string(m->tags, "work  home", "X-Keywords");
	is_int(store_msg(s, 2)->flags & MSG_LASTING, MSG_OLD,
	    "a Status line in the body is none");
	is_int(store_msg(s, 3)->flags & MSG_LASTING, 0, "none: new");
	store_close(s, NULL);
}

/* A line longer than any buffer, with what would be a separator at that place in it. */
static void
test_long_line(size_t at)
{
	size_t n = 3 * 1024 * 1024, head = strlen(FROM "Subject: a\n\n");
	char *text = xcalloc(n + 1, 1), *label;
	struct store *s;

	memset(text, 'x', n);
	memcpy(text, FROM "Subject: a\n\n", head);
	memcpy(text + head + at, FROM, strlen(FROM));
	memcpy(text + n - 1 - strlen(FROM "Subject: b\n\ny"),
	    "\n" FROM "Subject: b\n\ny", strlen("\n" FROM "Subject: b\n\ny"));
	write_octets("one", text, n);
	free(text);
	label = xasprintf("a separator %zu octets into a line", at);
	s = open_folder("one", STORE_READ);
	is_int(s == NULL ? 0 : s->count, 2, label);
	free(label);
	store_close(s, NULL);
}

static void
test_large(void)
{
	char *text = xcalloc(40000, 1), *whole, *head;
	struct store *s;
	size_t n;

	memset(text, 'h', 30000);
	whole = xasprintf(FROM "Subject: a\nX-Long: %s\nX-Last: b\n\nx\n", text);
	write_file("one", whole);
	s = open_folder("one", STORE_READ);
	is_message(s, 1, whole + strlen(FROM), "a long header line");
	has_subjects(s, "a ", "its subject");
	store_close(s, NULL);
	free(whole);
	head = xasprintf("From a@example.org Sat Mar 14 09:26:53 2026 %s",
	    text);
	whole = xasprintf("%s\nSubject: a\n\nx\n", head);
	write_file("one", whole);
	s = open_folder("one", STORE_READ);
	n = strlen(head) + 1;
	is_message(s, 1, whole + n, "a long separator line");
	store_close(s, NULL);
	free(head);
	free(whole);
	free(text);
}

static void
test_not_mailboxes(void)
{
	write_file("one", "some text\nof no mailbox\n");
	is_int(code_of_open("one", STORE_READ), EX_DATAERR, "text is no mailbox");
	is_int(append_text("one", "Subject: a\n\nx\n", NULL), EX_CANTCREAT,
	    "nor to be appended to");
	is_file("one", "some text\nof no mailbox\n", "which stays as it is");
	write_file("one", "");
	is_int(code_of_open("one", STORE_READ), 0, "an empty file is one");
	write_file("one", "\n\n\n");
	is_int(code_of_open("one", STORE_READ), 0, "empty lines are one");
	is_int(append_text("one", "Subject: a\n\nx\n", NULL), 0,
	    "that can be appended to");
	folder_has("one", "a ", "and read");
}

static void
test_line_ends(void)
{
	struct store *s;

	write_file("one", "From a@example.org Sat Mar 14 09:26:53 2026\r\n"
	    "Subject: a\r\n\r\none\r\n>From two\r\nthree\rfour\r\n\r\n"
	    "From a@example.org Sat Mar 14 09:26:53 2026\r\n"
	    "Subject: b\r\n\r\nx\r\n");
	s = open_folder("one", STORE_READ);
	is_message(s, 1, "Subject: a\n\none\nFrom two\nthree\rfour\n",
	    "CRLF comes out as LF");
	is_message(s, 2, "Subject: b\n\nx\n", "of the last message too");
	store_close(s, NULL);
	is_int(append_text("one", "Subject: c\r\n\r\nx\r\n", NULL), 0,
	    "more is appended");
	folder_has("one", "a b c ", "all are there");
}

/* --- Appending. --- */

static void
round_trip(const char *text, const char *want, const char *name)
{
	struct store *s;

	unlink("one");
	is_int(append_text("one", text, NULL), 0, name);
	append_text("one", "Subject: last\n\nx\n", NULL);
	s = open_folder("one", STORE_READ);
	if (is_int(s == NULL ? 0 : s->count, 2, " two messages")) {
		is_message(s, 1, want == NULL ? text : want, " the same text");
		is_message(s, 2, "Subject: last\n\nx\n", " and the next");
	}
	store_close(s, NULL);
}

static void
test_round_trips(void)
{
	round_trip("Subject: a\n\ntext\n", NULL, "plain");
	round_trip("Subject: a\n\nFrom here\n>From there\n>>From far\n"
	    ">>>>>>>>From\n>From x\n", NULL, "From lines");
	round_trip("Subject: a\n\nx\n\n" FROM "Subject: inner\n\ny\n", NULL,
	    "a separator in the body");
	round_trip("Subject: a\n" FROM "To: b\n\ny\n", NULL,
	    "a separator in the header");
	round_trip("Subject: a\n>From x\nTo: b\n\ny\n", NULL,
	    "a quoted one in the header");
	round_trip("Subject: a\n\n\n\n\n", NULL, "empty lines at the end");
	round_trip("Subject: a\n\n" FROM, NULL, "a separator at the end");
	round_trip("Subject: a\n\nno newline", "Subject: a\n\nno newline\n",
	    "no newline at the end");
	round_trip("Subject: a\r\n\r\nFrom x\r\ny\r\n",
	    "Subject: a\n\nFrom x\ny\n", "CRLF");
	round_trip("Subject: a\nStatus: RO\nX-Status: A\nContent-Length: 3\n"
	    "X-Keywords: a\n b\nTo: b\n\nx\n", "Subject: a\nTo: b\n\nx\n",
	    "notes of another mailbox are left out");
	round_trip(FROM "Subject: a\n\nx\n", "Subject: a\n\nx\n",
	    "its own separator is left out");
	round_trip("Subject: a\n", "Subject: a\n\n", "a header alone");
	round_trip("\nonly a body\n", NULL, "a body alone");
	round_trip("", "\n", "nothing at all");
	round_trip("\n", NULL, "an empty line");
}

static void
test_nul_octets(void)
{
	static const char text[] = "Subject: a\n\nx\0y\n\0\nFrom z\n";
	char got[64] = "";
	struct store *s;
	FILE *f;

	unlink("one");
	append_octets("one", text, sizeof text - 1, NULL);
	s = open_folder("one", STORE_READ);
	f = store_message(s, 1, &why);
	is_int((long long)fread(got, 1, sizeof got, f), sizeof text - 1, "NUL octets");
	ok(memcmp(got, text, sizeof text - 1) == 0, "they stay");
	fclose(f);
	store_close(s, NULL);
}

/* A line at the border of any piece in which it is copied. */
static void
test_long_appends(void)
{
	size_t n = 300 * 1024, k;
	char *text = xcalloc(n + 64, 1), *got;
	struct store *s;
	bool same = true;

	for (k = n - 3; k <= n + 3; k++) {
		memset(text, 'x', n + 8);
		memcpy(text, "Subject: a\n\n", 12);
		strlcpy(text + k, "From x\r\nFrom y\n", 64);
		unlink("one");
		append_text("one", text, NULL);
		s = open_folder("one", STORE_READ);
		got = message_text(s, 1);
		strlcpy(text + k, "From x\nFrom y\n", 64);
		same &= strcmp(got, text) == 0;
		free(got);
		store_close(s, NULL);
	}
	ok(same, "long lines");
	free(text);
}

static void
test_like(void)
{
	struct msg like;
	struct store *s;

	memset(&like, 0, sizeof like);
	like.flags = MSG_SEEN | MSG_OLD | MSG_ANSWERED | MSG_FLAGGED | MSG_DRAFT;
	like.arrived = 1000;
	like.tags = xstrdup("work home");
	unlink("one");
	setenv("TZ", "UTC", 1);
	append_text("one", "Return-Path: <r@b.c>\nSubject: a\n\nx\n", &like);
	is_file("one", "From r@b.c Thu Jan  1 00:16:40 1970\n"
	    "Return-Path: <r@b.c>\nSubject: a\nStatus: RO\nX-Status: AFT\n"
	    "X-Keywords: work home\n\nx\n\n", "flags, tags, time and sender");
	free(like.tags);
	s = open_folder("one", STORE_READ);
	is_int(store_msg(s, 1)->flags, like.flags, "come back");
	is_string(store_msg(s, 1)->tags, "work home", "with the tags");
	store_close(s, NULL);
}

static void
test_senders(void)
{
	static const char *const cases[][2] = {
		{ "From: <x y@b.c>\n\n", NULL },
		{ "From: a@b.c\n\n", "From a@b.c " },
		{ "Return-Path: <>\nFrom: a@b.c\n\n", NULL },
		{ "Subject: a\n\n", "From MAILER-DAEMON " },
		{ "From: \"a\tb\"@c\n\n", NULL },
		{ "From: a@b.c Sat Mar 14 09:26:53 2026\nSubject: z\n\n", NULL },
	};
	char *text;
	size_t i;
	struct store *s;

	for (i = 0; i < NELEM(cases); i++) {
		unlink("one");
		append_text("one", cases[i][0], NULL);
		text = read_file("one");
		if (cases[i][1] != NULL)
			ok(strncmp(text, cases[i][1], strlen(cases[i][1])) == 0,
			    "sender: %s", cases[i][1]);
		free(text);
		s = open_folder("one", STORE_READ);
		is_int(s == NULL ? 0 : s->count, 1, "one message, whatever it is");
		store_close(s, NULL);
	}
}

static void
test_tails(void)
{
	static const char *const tails[] = {
		FROM "Subject: a\n\nx\n\n", FROM "Subject: a\n\nx\n",
		FROM "Subject: a\n\nx", FROM "Subject: a\n\n",
		FROM "Subject: a\n", FROM "Subject: a", FROM "Subject: a\n\nx\n>",
		FROM "Subject: a\r\n\r\nx\r\n",
	};
	size_t i;
	char *label;

	for (i = 0; i < NELEM(tails); i++) {
		write_file("one", tails[i]);
		append_text("one", "Subject: b\n\ny\n", NULL);
		label = xasprintf("behind tail %zu", i);
		folder_has("one", "a b ", label);
		free(label);
	}
	/* A torn separator. */
	write_file("one", FROM "Subject: a\n\nx\n\nFrom a@exa");
	append_text("one", "Subject: b\n\ny\n", NULL);
	folder_has("one", "a b ", "behind a torn separator");
}

static void
test_modes(void)
{
	struct stat st;

	unlink("one");
	umask(0);
	append_text("one", "Subject: a\n\nx\n", NULL);
	is_int(stat("one", &st) == 0 ? st.st_mode & 07777 : 0, 0600,
	    "a new file is ours alone");
	chmod("one", 0644);
	append_text("one", "Subject: a\n\nx\n", NULL);
	is_int(stat("one", &st) == 0 ? st.st_mode & 07777 : 0, 0644,
	    "an old one keeps its mode");
	append_text("deep/er/one", "Subject: a\n\nx\n", NULL);
	is_int(stat("deep", &st) == 0 ? st.st_mode & 07777 : 0, 0700,
	    "a new directory is ours alone");
	umask(022);
	folder_has("deep/er/one", "a ", "the directories above are made");
	ok(access("one.lock", F_OK) == -1, "no lock is left");
}

/* A new folder that nothing was put into. */
static void
test_many_in_a_batch(void)
{
	struct store *s;
	FILE *f;
	unsigned i;
	char *text;

	unlink("one");
	s = open_folder("one", STORE_APPEND);
	for (i = 0; i < 10; i++) {
		text = xasprintf("Subject: %u\n\nx\n", i);
		f = stream_of(text, strlen(text));
		if (store_append(s, f, NULL, NULL, &why) == -1)
			break;
		fclose(f);
		free(text);
	}
	ok(access("one.lock", F_OK) == 0, "locked until the commit");
	is_int(store_commit(s, &why), 0, "one commit for all");
	ok(access("one.lock", F_OK) == -1, "and free behind it");
	is_int(store_close(s, &why), 0, "closed");
	folder_has("one", "0 1 2 3 4 5 6 7 8 9 ", "all are there in order");
}

static int
append_to(struct store *s, const char *text)
{
	FILE *f = stream_of(text, strlen(text));
	int r = store_append(s, f, NULL, NULL, &why);

	fclose(f);
	return r;
}

/* One that knows of no lock writes while messages wait. */
static void
test_writers_without_lock(void)
{
	struct store *s;
	FILE *f;
	int back;

	for (back = 0; back < 2; back++) {
		unlink("one");
		append_text("one", "Subject: old\n\nx\n", NULL);
		s = open_folder("one", STORE_APPEND);
		append_to(s, "Subject: a\n\na text that is longer\n");
		f = fopen("one", "a");
		fputs(FROM "Subject: foreign\n\nx\n", f);
		fclose(f);
		append_to(s, "Subject: b\n\nx\n");
		if (back)
			is_int(store_take_back(s, &why), -1, "others wrote");
		else
			is_int(store_commit(s, &why), 0, "committed");
		store_close(s, NULL);
		folder_has("one", back ? "old foreign " : "old foreign a b ",
		    "what others wrote is left");
	}
}

/* What one store appended goes again, unless others have written in between. */
static void
test_taking_back(void)
{
	struct store *s, *other;

	unlink("one");
	append_text("one", "Subject: old\n\nx\n", NULL);
	s = open_folder("one", STORE_APPEND);
	is_int(store_take_back(s, &why), 0, "nothing to take back");
	append_to(s, "Subject: a\n\nx\n");
	is_int(store_commit(s, &why), 0, "committed");
	append_to(s, "Subject: b\n\nx\n");
	is_int(store_take_back(s, &why), 0, "taken back");
	folder_has("one", "old ", "what was committed too");
	append_to(s, "Subject: c\n\nx\n");
	is_int(store_commit(s, &why), 0, "committed");
	other = open_folder("one", STORE_APPEND);
	append_to(other, "Subject: foreign\n\nx\n");
	store_close(other, NULL);
	append_to(s, "Subject: d\n\nx\n");
	is_int(store_take_back(s, &why), -1, "others wrote behind it");
	folder_has("one", "old c foreign ", "what is not committed goes alone");
	fail_clear(&why);
	store_close(s, NULL);
}

/* Programs that see new mail by the times of a file are not led astray. */
static void
test_times(void)
{
	struct timespec old[2] = { { 1000, 0 }, { 2000, 0 } };
	struct stat st;

	unlink("one");
	append_text("one", "Subject: a\n\nx\n", NULL);
	utimensat(AT_FDCWD, "one", old, 0);
	append_text("one", "Subject: b\n\nx\n", NULL);
	stat("one", &st);
	ok(st.st_mtim.tv_sec > st.st_atim.tv_sec, "appended mail is new mail");
}

/* --- Intents and recovery. --- */

static char *last_record;

static int
keep_record(void *ctx, const char *record, struct fail *w)
{
	(void)ctx;
	(void)w;
	free(last_record);
	last_record = xstrdup(record);
	return 0;
}

static const char first[] = FROM "Subject: first\n\nx\n";
static const char message[] = "From: b@b.c\nSubject: second\n\nFrom y\nz\n";

static const struct store_intent intent = { .write = keep_record };

/* "one" with a message, and a second appended under an intent. */
static void
prepare(void)
{
	struct store *s;
	FILE *f = stream_of(message, strlen(message));

	write_file("one", first);
	s = open_folder("one", STORE_APPEND);
	is_int(store_append(s, f, NULL, &intent, &why), 0, "appended");
	store_close(s, &why);
	fclose(f);
}

static int
recover(const char *text)
{
	FILE *f = text == NULL ? NULL : stream_of(text, strlen(text));
	struct store *s = open_folder("one", STORE_APPEND);
	int r = s == NULL ? -1 : store_recover(s, last_record, f, &why);

	if (f != NULL)
		fclose(f);
	store_close(s, &why);
	return r;
}

/* The file ends at any octet of the message: cut back, and only what is ours. */
static void
test_torn(void)
{
	char *whole, *now;
	size_t n, from = strlen(first), wrong = 0;

	prepare();
	whole = read_file("one");
	for (n = from; n < strlen(whole); n++) {
		write_octets("one", whole, n);
		if (recover(message) != 0)
			wrong++;
		now = read_file("one");
		if (strcmp(now, first) != 0)
			wrong++;
		free(now);
	}
	is_int((long long)wrong, 0, "a torn tail is cut at each octet");
	write_file("one", whole);
	is_int(recover(message), 1, "a whole one is found");
	is_int(recover(NULL), 1, "without the message too");
	is_file("one", whole, "and stays");
	free(whole);
}

/* What is there came from somebody else: never touched. */
static void
test_foreign(void)
{
	char *whole, *text;

	prepare();
	whole = read_file("one");
	write_file("one", first);
	add_to_file("one", "\n" FROM "Subject: c\n\n.\n");
	text = read_file("one");
	is_int(recover(message), 0, "a shorter message of another: not there");
	is_file("one", text, "and it stays");
	is_int(recover(NULL), 0, "nor without the message");
	is_file("one", text, "where it stays too");
	free(text);
	write_octets("one", whole, strlen(first) + 30);
	add_to_file("one", "\n\n" FROM "Subject: c\n\nx\n\n" FROM
	    "Subject: d\n\nx\n");
	text = read_file("one");
	is_int(recover(message), 0, "a torn one with others behind: not there");
	is_file("one", text, "nothing of it is touched");
	free(text);
	write_octets("one", whole, strlen(first) + 30);
	text = read_file("one");
	is_int(recover(NULL), 0, "torn, and the message is not known any more");
	is_file("one", text, "left as it is");
	append_text("one", "Subject: e\n\nx\n", NULL);
	free(text);
	free(whole);
}

/* The file was written anew since: the message is looked for. */
static void
test_moved(void)
{
	struct store *s;

	prepare();
	s = open_folder("one", STORE_WRITE);
	store_flag(s, 1, MSG_DELETED, 0);
	store_flag(s, 2, MSG_SEEN | MSG_OLD, 0);
	is_int(store_sync(s, SYNC_FLAGS | SYNC_EXPUNGE, &why), 0, "rewritten");
	store_close(s, NULL);
	folder_has("one", "second ", "the second is left");
	is_int(recover(message), 1, "it is found where it is now");
	is_int(recover("Subject: other\n\nx\n"), 0, "another is not");
	rename("one", "two");
	write_file("one", first);
	is_int(recover(message), 0, "in another file it is not");
	rename("two", "one");
	free(last_record);
	last_record = xstrdup("nonsense");
	is_int(recover(message), -1, "an unknown record");
	is_int(why.code, EX_DATAERR, "is named");
}

int
main(void)
{
	test_samples();
	enter();
	test_separators();
	test_arrived();
	test_flags();
	test_long_line(256 * 1024 - 1);
	test_long_line(256 * 1024);
	test_long_line(512 * 1024 - 1);
	test_long_line(512 * 1024 - 2);
	test_large();
	test_not_mailboxes();
	test_line_ends();
	test_round_trips();
	test_nul_octets();
	test_long_appends();
	test_like();
	test_senders();
	test_tails();
	test_modes();
	test_many_in_a_batch();
	test_writers_without_lock();
	test_taking_back();
	test_times();
	test_torn();
	test_foreign();
	test_moved();
	free(last_record);
	return done();
}
