/* SPDX-License-Identifier: ISC */
/* msgs.c -- message lists, over an mbox of ten messages. */

#include <stdlib.h>
#include <unistd.h>

#include "../../cmd/msgs.h"
#include "../../cmd/vars.h"
#include "tap.h"

volatile sig_atomic_t got_signal;	/* of main */

static struct mailx m;
static char path[] = "/tmp/mailx-msgs.XXXXXX";

/* From, Subject, Status, X-Status. */
static const char *const messages[][4] = {
	{ "Bob <bob@example.org>", "one report", "RO", "" },
	{ "bobby@example.org", "two", "RO", "F" },
	{ "bob@example.net", "Three", "O", "" },
	{ "=?utf-8?b?5byg5LiJ?= <zhang@example.org>",
	    "=?utf-8?b?5pyI5oql?= REPORT", "", "A" },
	{ "carol@example.org", "five", "", "F" },
	{ "\"Bob Smith\" <robert@example.org>", "six", "", "" },
	{ "dave@example.org", "seven", "RO", "T" },
	{ "dave@example.org", "eight", "RO", "" },
	{ "dave@example.org", "nine", "RO", "" },
	{ "3com@example.org", "ten", "RO", "" }
};

static bool
fill(void)
{
	int fd = mkstemp(path);
	FILE *f = fd == -1 ? NULL : fdopen(fd, "w");
	size_t i;

	if (f == NULL)
		return false;
	for (i = 0; i < NELEM(messages); i++) {
		fprintf(f, "From x Fri Nov 20 01:30:00 2026\nFrom: %s\n"
		    "Subject: %s\nDate: Fri, %zu Nov 2026 09:30:00 +0000\n",
		    messages[i][0], messages[i][1], i + 1);
		if (messages[i][2][0] != '\0')
			fprintf(f, "Status: %s\n", messages[i][2]);
		if (messages[i][3][0] != '\0')
			fprintf(f, "X-Status: %s\n", messages[i][3]);
		if (i == 4)
			fputs("Content-Type: multipart/mixed; boundary=b\n\n"
			    "--b\n\ntext\n--b\nContent-Type: application/pdf\n"
			    "Content-Disposition: attachment; filename=x.pdf\n"
			    "\nx\n--b--\n\n", f);
		else
			fputs("\nbody\n\n", f);
	}
	return fclose(f) == 0;
}

static int
parse(const char *text, unsigned flags, char **got, struct fail *why)
{
	struct msglist list = { NULL, 0, 0 };
	struct strv words = { NULL, 0, 0 };
	char *copy = xstrdup(text), *rest = copy, *word;
	size_t n, i;
	FILE *f;
	int r;

	while ((word = strsep(&rest, "|")) != NULL)
		strv_add(&words, word);
	fail_clear(why);
	r = msgs_parse(&m, words.v, words.n, flags, &list, why);
	f = xmemstream(got, &n);
	for (i = 0; i < list.n; i++)
		fprintf(f, "%s%u%s%s", i == 0 ? "" : " ", list.v[i].n,
		    list.v[i].part == NULL ? "" : ".",
		    list.v[i].part == NULL ? "" : list.v[i].part);
	fclose(f);
	msglist_free(&list);
	strv_free(&words);
	free(copy);
	return r;
}

/* Words with | between them. */
static void
is_with(unsigned flags, const char *words, const char *want)
{
	struct fail why;
	char *got;

	if (parse(words, flags, &got, &why) == -1)
		printf("# %s\n", why.text);
	is_string(got, want, words);
	free(got);
}

static void
is(const char *words, const char *want)
{
	is_with(CMD_PARTS, words, want);
}

static void
refused(const char *words, const char *says)
{
	struct fail why;
	char *got;
	int r = parse(words, 0, &got, &why);

	ok(r == -1 && why.code == (strstr(says, "applicable") != NULL ?
	    EX_NOTHING : EX_USAGE) && strstr(why.text, says) != NULL,
	    "refused: %.40s", words);
	printf("# %s\n", r == -1 ? why.text : got);
	free(got);
}

static void
places(void)
{
	is("3", "3");
	is("5|2|2|3", "2 3 5");
	is("2-4", "2 3 4");
	is("2-4|3-5", "2 3 4 5");
	is("1-3,5", "1 2 3 5");
	is("7,^,$", "1 7 10");
	is(".", "4");
	is("+", "5");
	is("-", "3");
	is("^|$", "1 10");
	is(".-6", "4 5 6");
	is("9-$", "9 10");
	is("*", "1 2 3 4 5 6 7 8 9 10");
	refused("0", "no such message");
	refused("11", "message 11: no such message");
	refused("2-11", "message 11: no such message");
	refused("99999999999999999999", "no such message");
	refused("5-2", "ends before");
	refused("3.1", "part");
	refused("", "empty");
	is_with(CMD_EMPTY_OK, "11", "");
	is_with(CMD_EMPTY_OK, "9-20", "9 10");
}

static void
parts(void)
{
	is("5.2", "5.2");
	is("5.2|5.1|5.2", "5.2 5.1");
	is("3|5.1.2|1", "1 3 5.1.2");
	is("5.3.TEXT", "5.3.TEXT");
	is("5.1,5.2", "5.1 5.2");
	is("$.1", "10.1");
	refused("11.1", "part");
}

static void
names(void)
{
	is("bob", "1 3 6");
	is("BOB@example.org", "1");
	is("bob@example.org|carol@example.org", "1 5");
	is("张三", "4");
	is("Bob Smith", "6");
	is("dave|bobby", "2 7 8 9");
	is("1-3|bob", "1 3");
	is("3com@example.org", "10");
	refused("1-", "no message list");
	refused("3..2", "no message list");
	refused("nobody", "no applicable messages");
	is("/report", "1 4");
	is("/月报", "4");
	is("/THREE", "3");
	is("/three|dave", "3 7 8 9");
	is("1-3|/report", "1");
	refused("/", "empty");
	var_set(&m, "allnet", "", NULL);
	is("bob@elsewhere.example", "1 3");
	var_unset(&m, "allnet", NULL);
	refused("bob@elsewhere.example", "no applicable messages");
}

static void
types(void)
{
	is(":r", "1 2 7 8 9 10");
	is(":u", "3 4 5 6");
	is(":n", "4 5 6");
	is(":o", "3");
	is(":f", "2 5");
	is(":a", "4");
	is(":t", "7");
	is(":A", "5");
	is(":fa", "2 4 5");
	is(":f|:a", "2 4 5");
	is("1-3|:u", "3");
	is(":u|bob", "3 6");
	refused(":d", "no applicable messages");
	refused(":x", "no such type");
	refused(":", "lacks a type");
	is_with(CMD_EMPTY_OK, ":d", "");
}

static void
searches(void)
{
	numbers_add(&m.found, 7);
	numbers_add(&m.found, 2);
	is("`", "2 7");
	is("`|:f", "2");
	is("(from bob)", "1 2 3 6");
	is("(from|dave)", "7 8 9");
	is("(from|dave|or|subject|one)|10", "1 7 8 9 10");
	is("((flagged)|or|(answered))", "2 4 5");
	is("(from|bob smith)", "6");
	is("(from \"bob smith\")", "6");
	is("(flagged)|:u", "5");
	refused("(from", "nothing stands behind");
	refused("(flagged", ") is missing");
	refused("(flagged))", ") without (");
	refused("(subject nothing)", "no applicable messages");
}

static void
deleted(void)
{
	store_flag(m.folder, 1, MSG_DELETED, 0);
	store_flag(m.folder, 5, MSG_DELETED, 0);
	store_msg(m.folder, 6)->flags |= MSG_GONE;
	is("*", "2 3 4 7 8 9 10");
	is("+", "7");
	is("^", "2");
	is("bob", "3");
	is("4-7", "4 7");
	refused("5", "message 5: deleted");
	refused("6", "no longer there");
	is(":d", "1 5");
	is(":f", "2");
	is_with(CMD_DELETED, "*", "1 5");
	is_with(CMD_DELETED, "5", "5");
	is_with(CMD_DELETED, "+", "5");
	is_with(CMD_DELETED, "^", "1");
	is_with(CMD_DELETED, "$", "5");
	is_with(CMD_DELETED, "bob", "1");
	is_with(CMD_EITHER, "*", "1 2 3 4 5 7 8 9 10");
	is_with(CMD_EITHER, "4-6", "4 5");
	is_with(CMD_EITHER, "5", "5");
	is_with(CMD_EITHER, "+", "5");
	is_with(CMD_EMPTY_OK, "5", "");
	m.dot = 0;
	refused(".", "no current message");
	refused("-", "before the current");
}

static void
hostile(void)
{
	char *text;
	size_t n, i;
	FILE *f = xmemstream(&text, &n);

	for (i = 0; i < 200000; i++)
		fputs("|a", f);
	fclose(f);
	refused(text + 1, "too long");
	free(text);
	f = xmemstream(&text, &n);
	putc(':', f);
	for (i = 0; i < 200000; i++)
		putc('u', f);
	fclose(f);
	refused(text, "too long");
	free(text);
}

int
main(void)
{
	struct fail why = { 0 };

	setenv("HOME", "/nowhere", 1);
	m.vars = vars_new();
	vars_apply(&m);
	if (!fill() || (m.folder = store_open(path, STORE_WRITE, &m.options,
	    &why)) == NULL) {
		printf("Bail out! %s\n", why.text);
		return 1;
	}
	m.dot = 4;
	places();
	parts();
	names();
	types();
	searches();
	deleted();
	hostile();
	store_close(m.folder, NULL);
	numbers_free(&m.found);
	vars_free(m.vars);
	unlink(path);
	return done();
}
