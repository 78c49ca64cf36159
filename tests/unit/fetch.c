/* SPDX-License-Identifier: ISC */
/*
 * fetch.c -- what is fetched, what is known again and what is deleted, with a
 * source and a destination that live in memory and fail when told to.
 */
#include <signal.h>
#include <stdlib.h>

#include "../../cmd/fetch.h"
#include "../../cmd/progress.h"
#include "../../cmd/term.h"
#include "tap.h"
#include "tree.h"

#define MOST	16

volatile sig_atomic_t got_signal;
static char *dir;
static struct mailx session;

/* --- What of the program fetch would print with. --- */

void
out_note(struct mailx *m, const char *fmt, ...)
{
	(void)m;
	(void)fmt;
}

void
progress_expect(struct mailx *m, uint64_t octets, uint64_t messages)
{
	(void)m;
	(void)octets;
	(void)messages;
}

void
progress_message(struct mailx *m)
{
	(void)m;
}

FILE *
term_pipe(struct mailx *m, const char *command, pid_t *pid, struct fail *why)
{
	(void)m;
	*pid = 0;
	(void)why;
	return fopen(command[0] == '!' ? "/dev/full" : "/dev/null", "w");
}

static int command_status;

int
term_pipe_close(FILE *f, pid_t pid, int *status, struct fail *why)
{
	(void)pid;
	(void)why;
	fclose(f);
	*status = command_status;
	return 0;
}

/* --- A source. --- */

struct fake {
	const char	*uidl;		/* or NULL */
	uint32_t	 uid;
	const char	*text;
	uint64_t	 size;		/* 0: true */
	bool		 broken, gone, foreign;	/* foreign: marked \Deleted by another */
};

static struct fake there[MOST];
static uint32_t nthere, validity;
static bool sync_fails;
static unsigned reads;

static uint64_t
size_of(const struct fake *x)
{
	return x->size != 0 ? x->size : strlen(x->text);
}

static int
fake_load(struct store *s, const uint32_t *v, size_t n, unsigned what,
    struct fail *why)
{
	struct msg *m;
	struct head h;
	size_t i;

	(void)why;
	for (i = 0; i < n; i++) {
		m = &s->msgs[v[i] - 1];
		m->uid = there[v[i] - 1].uid;
		m->size = size_of(&there[v[i] - 1]);
		if (there[v[i] - 1].foreign && (m->loaded & LOAD_FLAGS) == 0)
			m->flags = m->stored = MSG_DELETED;
		m->loaded |= LOAD_FLAGS | LOAD_SIZE;
		if ((what & LOAD_ENVELOPE) == 0)
			continue;
		head_parse(&h, xstrdup(there[v[i] - 1].text),
		    strlen(there[v[i] - 1].text));
		m->envelope = envelope_read(&h, NULL);
		m->loaded |= LOAD_ENVELOPE;
		head_free(&h);
	}
	return 0;
}

static FILE *
fake_message(struct store *s, uint32_t n, struct fail *why)
{
	FILE *f;

	(void)s;
	reads++;
	if (there[n - 1].broken) {
		fail(why, EX_UNAVAILABLE, "message %u: -ERR", n);
		return NULL;
	}
	if ((f = store_stage(why)) != NULL) {
		fputs(there[n - 1].text, f);
		rewind(f);
	}
	return f;
}

/* `N:*' of UIDs, with the last message in any case. */
static int
fake_search(struct store *s, const struct search *x,
    const struct numbers *among, struct numbers *found, struct fail *why)
{
	uint32_t n;

	(void)among;
	(void)why;
	if (x->key != SEARCH_UID)
		return 0;
	for (n = 1; n <= s->count; n++)
		if (there[n - 1].uid >= strtoul(x->text, NULL, 10) ||
		    n == s->count)
			numbers_add(found, n);
	return 1;
}

static int
fake_sync(struct store *s, unsigned how, struct fail *why)
{
	uint32_t i;

	(void)how;
	if (sync_fails)
		return fail(why, EX_TEMPFAIL, "-ERR to QUIT");
	for (i = 0; i < s->count; i++)
		if ((s->msgs[i].flags & MSG_DELETED) != 0) {
			s->msgs[i].flags |= MSG_GONE;
			there[i].gone = true;
		}
	return 0;
}

static struct store_ops fake_source = {
	.load = fake_load, .message = fake_message, .search = fake_search,
	.sync = fake_sync
};

/* --- A destination. --- */

static char *kept[64];
static size_t nkept, nsafe, room = 64;
static bool lose_record;	/* as if ended before the record was written */

static int
fake_append(struct store *s, FILE *f, const struct msg *like,
    const struct store_intent *intent, struct fail *why)
{
	char text[4096], number[16];
	size_t n = fread(text, 1, sizeof(text), f);

	(void)s;
	(void)like;
	snprintf(number, sizeof(number), "%zu", nkept);
	if (intent->write(intent->ctx, number, why) == -1)
		return -1;
	if (nkept == room)
		return fail(why, EX_IOERR, "no space left");
	kept[nkept++] = xstrndup(text, n);
	return 0;
}

static int
fake_commit(struct store *s, struct fail *why)
{
	(void)s;
	nsafe = nkept;
	return lose_record ? fail(why, EX_TEMPFAIL, "ended") : 0;
}

static int
fake_recover(struct store *s, const char *record, FILE *message,
    struct fail *why)
{
	(void)s;
	(void)message;
	(void)why;
	return strtoul(record, NULL, 10) < nsafe;
}

static const struct store_ops fake_dest = {
	.kind = "mbox", .append = fake_append, .commit = fake_commit,
	.recover = fake_recover
};

/* --- A run. --- */

struct result {
	int		 code;
	struct fetched	 sum;
};

static struct store *
open_source(const char *kind, enum store_mode mode)
{
	struct store *s = xcalloc(1, sizeof(*s));
	uint32_t i, n = 0;
	struct fail why;

	fail_clear(&why);
	for (i = 0; i < nthere; i++)	/* what is gone is not listed */
		if (!there[i].gone)
			there[n++] = there[i];
	nthere = n;
	fake_source.kind = kind;
	s->ops = &fake_source;
	s->options = &session.options;
	s->name = xstrdup("source");
	s->mode = mode;
	s->uidvalidity = validity;
	store_resize(s, n, &why);
	for (i = 0; i < n; i++)
		if (there[i].uidl != NULL)
			s->msgs[i].name = xstrdup(there[i].uidl);
	return s;
}

static void
close_source(struct store *s)
{
	uint32_t i;

	for (i = 0; i < s->count; i++) {
		free(s->msgs[i].name);
		envelope_free(s->msgs[i].envelope);
	}
	free(s->msgs);
	free(s->name);
	free(s);
}

static struct result
fetch(const char *kind, const struct fetch_options *o)
{
	static char name[] = "dest";
	struct store dest = { .ops = &fake_dest, .mode = STORE_APPEND,
	    .name = name, .options = &session.options };
	struct fetch f = { .m = &session, .o = o };
	struct result r;
	struct fail why;

	fail_clear(&why);
	reads = 0;
	f.src = open_source(kind, STORE_WRITE);
	f.dst = &dest;
	f.seen = o->dry ? seen_peek(dir, kind, "dest", &why) :
	    seen_open(dir, kind, "dest", &why);
	if (f.seen != NULL)
		(void)fetch_run(&f, &why);
	if (why.code != 0)
		printf("# %s\n", why.text);
	fetch_free_list(&f);
	seen_close(f.seen);
	close_source(f.src);
	r.code = why.code != 0 ? why.code : f.first.code;
	r.sum = f.sum;
	return r;
}

static const struct fetch_options keep = {
	.days = -1, .most = UINT64_MAX, .dest = (char[]){ "dest" }
};
static const struct fetch_options delete = {
	.days = -1, .most = UINT64_MAX, .dest = (char[]){ "dest" },
	.delete_there = true
};

static void
start(void)
{
	char *state = xasprintf("%s/fetch", dir);
	size_t i;

	remove_tree(state);
	free(state);
	for (i = 0; i < nkept; i++)
		free(kept[i]);
	memset(there, 0, sizeof(there));
	nthere = 0;
	nkept = nsafe = 0;
	room = 64;
	validity = 7;
	sync_fails = lose_record = false;
	command_status = 0;
}

static void
add(const char *uidl, uint32_t uid, const char *text)
{
	there[nthere].uidl = uidl;
	there[nthere].uid = uid;
	there[nthere++].text = text;
}

#define A	"Message-ID: <a@x>\nFrom: a@x\n\na\n"
#define B	"Message-ID: <b@x>\nFrom: b@x\n\nb\n"
#define C	"Message-ID: <c@x>\nFrom: c@x\n\nc\n"

static void
three(void)
{
	start();
	add("u1", 1, A);
	add("u2", 2, B);
	add("u3", 3, C);
}

/* --- POP3. --- */

static void
test_keep(void)
{
	struct fetch_options o = keep;
	struct result r;

	three();
	o.dry = true;
	r = fetch("POP3", &o);
	is_int((long long)r.sum.fetched, 3, "-n: three would come");
	is_int((long long)nkept, 0, "and none does");
	o = keep;
	o.most = 2;
	is_int((long long)fetch("POP3", &o).sum.fetched, 2, "-m 2");
	r = fetch("POP3", &keep);
	is_int((long long)r.sum.fetched, 1, "the third");
	is_int((long long)r.sum.skipped, 2, "two are skipped");
	is_int((long long)fetch("POP3", &keep).sum.fetched, 0, "nothing more");
	is_int(reads, 0, "and nothing is read");
	is_int((long long)nkept, 3, "three are here");
	is_int((long long)nthere, 3, "and there");
	o = keep;
	o.all = true;
	is_int((long long)fetch("POP3", &o).sum.fetched, 3, "-a: all again");
	o = keep;
	o.days = 1;
	fetch("POP3", &o);
	ok(!there[0].gone, "-D 1: not old enough");
	o.days = 0;
	fetch("POP3", &o);
	ok(there[0].gone && there[2].gone, "-D 0: what came goes");
	is_int(fetch("POP3", &keep).code, 0, "an empty maildrop");
}

static void
test_delete(void)
{
	struct result r;

	three();
	sync_fails = true;
	r = fetch("POP3", &delete);
	is_int(r.code, EX_TEMPFAIL, "QUIT failed");
	is_int((long long)nkept, 3, "all are here");
	sync_fails = false;
	r = fetch("POP3", &delete);
	is_int(r.code, 0, "again");
	is_int((long long)r.sum.fetched + reads, 0, "deleted, not fetched again");
	ok(there[0].gone && there[1].gone && there[2].gone, "all gone there");
	add("u1", 1, B);
	there[nthere - 1].gone = false;
	r = fetch("POP3", &delete);
	is_int((long long)r.sum.fetched, 1, "a UIDL used again for another");
	three();
	fetch("POP3", &keep);
	there[0].size = 4711;
	there[1].size = 4711;
	there[1].text = C;
	r = fetch("POP3", &delete);
	is_int(reads, 2, "sizes that differ: read again");
	is_int((long long)r.sum.fetched, 1, "and what is another is fetched");
	ok(there[0].gone && there[1].gone && there[2].gone, "all gone there");
	three();
	there[1].broken = true;
	r = fetch("POP3", &delete);
	is_int(r.code, EX_TEMPFAIL, "one cannot be read");
	is_int((long long)r.sum.failed, 1, "it is counted");
	ok(there[0].gone && !there[1].gone && there[2].gone, "it stays there");
	there[0].broken = there[1].broken = false;
	is_int((long long)fetch("POP3", &delete).sum.fetched, 1, "and comes later");
}

static void
test_odd_uidls(void)
{
	struct result r;

	start();
	add("same", 0, A);
	add("same", 0, B);
	add("", 0, C);
	add("\xff\x01", 0, A "x");
	add("0123456789012345678901234567890123456789"
	    "0123456789012345678901234567890123456789", 0, B "x");
	r = fetch("POP3", &keep);
	is_int((long long)r.sum.fetched, 5, "twins and invalid UIDLs all come");
	is_int((long long)fetch("POP3", &keep).sum.fetched, 0, "once");
	there[0].gone = true;
	is_int((long long)fetch("POP3", &keep).sum.fetched, 0, "a twin left alone");
	is_int((long long)fetch("POP3", &keep).sum.fetched, 0, "again");
	add("same", 0, A "new");
	is_int((long long)fetch("POP3", &keep).sum.fetched, 1, "with a new twin");
	fetch("POP3", &delete);
	ok(there[0].gone && there[4].gone, "all can be deleted");
}

static void
test_no_uidl(void)
{
	struct result r;

	start();
	add(NULL, 0, A);
	add(NULL, 0, B);
	add(NULL, 0, A);
	is_int(fetch("POP3", &keep).code, EX_UNAVAILABLE, "no UIDL: not kept");
	is_int((long long)nkept, 0, "nothing was fetched");
	sync_fails = true;
	r = fetch("POP3", &delete);
	is_int((long long)r.sum.fetched, 3, "deleting works, of two equal both");
	sync_fails = false;
	r = fetch("POP3", &delete);
	is_int((long long)r.sum.fetched, 0, "known again by their content");
	ok(there[0].gone && there[1].gone && there[2].gone, "all gone there");
	add(NULL, 0, A);
	is_int((long long)fetch("POP3", &delete).sum.fetched, 1,
	    "the same content, a new message");
}

/* --- IMAP. --- */

static void
test_imap(void)
{
	struct result r;

	three();
	is_int((long long)fetch("IMAP", &keep).sum.fetched, 3, "IMAP: three");
	r = fetch("IMAP", &keep);
	is_int((long long)r.sum.fetched, 0, "n:* brings none of them again");
	add(NULL, 9, A "new");
	r = fetch("IMAP", &keep);
	is_int((long long)r.sum.fetched, 1, "a new one");
	is_int(reads, 1, "is all that is read");
	nthere = 0;
	add(NULL, 2, B);
	add(NULL, 4, C "new");
	is_int((long long)fetch("IMAP", &keep).sum.fetched, 1,
	    "UIDs that start again lower");
	there[1].foreign = true;
	there[0].broken = true;
	add(NULL, 11, A "other");
	there[2].foreign = there[2].broken = true;
	r = fetch("IMAP", &delete);
	ok(there[0].gone && there[1].gone, "what is here is deleted");
	ok(!there[2].gone, "not what another has marked");
	three();
	validity = 0;
	is_int(fetch("IMAP", &keep).code, EX_PROTOCOL, "no UIDVALIDITY");
}

static void
test_renumbered(void)
{
	struct fetch_options o = keep;
	struct result r;

	three();
	fetch("IMAP", &keep);
	nthere = 0;
	validity = 8;
	add(NULL, 1, C);
	add(NULL, 2, A);
	add(NULL, 3, A "more");
	add(NULL, 4, B);
	r = fetch("IMAP", &delete);
	is_int(r.code, 0, "another UIDVALIDITY");
	is_int((long long)r.sum.fetched, 1, "only what is new comes");
	is_string(kept[3], A "more", "this one");
	ok(!there[0].gone, "nothing is deleted in that session");
	r = fetch("IMAP", &delete);
	is_int((long long)r.sum.fetched, 0, "the next has nothing to fetch");
	ok(there[0].gone && there[3].gone, "and deletes");
	three();
	fetch("IMAP", &keep);
	nthere = 0;
	validity = 9;
	add(NULL, 1, C "1");
	add(NULL, 2, A "2");
	r = fetch("IMAP", &keep);
	is_int(r.code, EX_TEMPFAIL, "nothing matches: stopped");
	is_int((long long)nkept, 3, "nothing came");
	o.resync = true;
	r = fetch("IMAP", &o);
	is_int((long long)r.sum.fetched, 2, "--resync goes on");
	is_int((long long)fetch("IMAP", &keep).sum.fetched, 0, "once");
	three();
	fetch("IMAP", &keep);
	validity = 9;
	there[1].size = 5000;
	is_int((long long)fetch("IMAP", &keep).sum.fetched, 0,
	    "matched by content where the size is told otherwise");
}

/* --- The destination. --- */

static void
test_dest(void)
{
	struct fetch_options o = keep;
	struct result r;

	three();
	room = 1;
	r = fetch("POP3", &delete);
	is_int(r.code, EX_IOERR, "a full disk");
	is_int((long long)r.sum.fetched, 1, "what fits is here");
	ok(!there[0].gone && !there[1].gone, "nothing is deleted then");
	room = 64;
	r = fetch("POP3", &delete);
	is_int((long long)r.sum.fetched, 2, "the rest");
	is_int((long long)nkept, 3, "none twice");
	three();
	lose_record = true;
	fetch("POP3", &keep);
	is_int((long long)nsafe, 3, "stored, not recorded");
	lose_record = false;
	r = fetch("POP3", &keep);
	is_int((long long)nkept, 3, "found by its intent: not stored again");
	start();
	add(NULL, 0, "Status: O\n" A);
	add(NULL, 0, A);
	add(NULL, 0, B);
	lose_record = true;
	fetch("mbox", &keep);
	lose_record = false;
	there[0].text = "Status: RO\n" A;
	there[1].text = "Status: RO\nX-Status: F\n" A;
	r = fetch("mbox", &keep);
	is_int((long long)nkept, 3, "known by content, whatever its status");
	three();
	o.dest = (char[]){ "|cmd" };
	command_status = 75;
	r = fetch("POP3", &o);
	is_int(r.code, EX_TEMPFAIL, "a command says: later");
	is_int((long long)r.sum.failed, 3, "for all three");
	command_status = 0;
	is_int((long long)fetch("POP3", &o).sum.fetched, 3, "then it takes them");
	is_int((long long)fetch("POP3", &o).sum.fetched, 0, "once");
	three();
	got_signal = SIGTERM;
	r = fetch("POP3", &keep);
	is_int(r.code, EX_TEMPFAIL, "a signal stops it");
	got_signal = 0;
	is_int((long long)fetch("POP3", &keep).sum.fetched, 3, "and it goes on");
}

int
main(void)
{
	char template[] = "/tmp/fetch.XXXXXX";

	if ((dir = mkdtemp(template)) == NULL)
		return 1;
	test_keep();
	test_delete();
	test_odd_uidls();
	test_no_uidl();
	test_imap();
	test_renumbered();
	test_dest();
	start();
	remove_tree(dir);
	return done();
}
