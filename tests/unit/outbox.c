/* SPDX-License-Identifier: ISC */
/* outbox.c -- envelopes and times of the outbox, and what becomes of its messages. */

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../store/outbox.h"
#include "tap.h"
#include "tree.h"

#define DAY	86400

static const char body[] = "Subject: x\n\ntext\n";

static int
write_body(void *ctx, FILE *out, struct fail *why)
{
	(void)ctx;
	(void)why;
	return fputs(body, out) == EOF ? -1 : 0;
}

static void
fill(struct outbox_item *i)
{
	static const char *const to[] = { "a@example.org", "b@example.org",
	    "c@example.org" };
	size_t k;

	outbox_item_init(i);
	i->mta = xstrdup("smtp://localhost/");
	i->sender = xstrdup("me@example.org");
	i->subject = xstrdup("100% \xe6\x9c\x88\n");
	i->account = xstrdup("");
	i->queued = i->next = 1000;
	strv_add(&i->policy, "tls");
	strv_add(&i->policy, "require");
	i->rcpt = xcalloc(NELEM(to), sizeof *i->rcpt);
	for (k = 0; k < NELEM(to); k++)
		i->rcpt[i->nrcpt++].addr = xstrdup(to[k]);
	i->rcpt[1].state = RCPT_ACCEPTED;
	i->rcpt[2].state = RCPT_REFUSED;
	i->rcpt[2].reply = xstrdup("550 no such user");
}

static void
test_envelope(void)
{
	struct outbox_item i, j;
	struct fail why = { 0 };
	char *text, *copy;
	size_t n, k;
	unsigned taken = 0;

	fill(&i);
	strlcpy(i.id, "0123-ab", sizeof i.id);
	memset(i.sha256, 'a', 64);
	i.not_before = 77;
	text = outbox_text(&i, &n);
	copy = xstrdup(text);
	outbox_item_init(&j);
	is_int(outbox_parse(copy, n, &j, &why), 0, "what is written is read");
	is_string(j.subject, i.subject, "the subject");
	is_string(j.account, "", "an empty word");
	is_int(j.not_before, 77, "a time");
	is_int((long long)j.nrcpt, 3, "the recipients");
	is_int(j.rcpt[0].state * 100 + j.rcpt[1].state * 10 + j.rcpt[2].state,
	    RCPT_NOT_YET * 100 + RCPT_ACCEPTED * 10 + RCPT_REFUSED, "states");
	is_string(j.rcpt[2].reply, "550 no such user", "a reply");
	outbox_item_free(&j);
	free(copy);
	for (k = 0; k < n * 2; k++) {
		copy = xstrdup(text);
		if (k < n)
			copy[k] ^= 1;
		else
			copy[k - n] = '\0';
		fail_clear(&why);
		outbox_item_init(&j);
		taken += outbox_parse(copy, k < n ? n : k - n, &j, &why) == 0;
		outbox_item_free(&j);
		free(copy);
	}
	is_int(taken, 0, "an octet changed, or the end missing: never read");
	free(text);
	outbox_item_free(&i);
}

static void
test_times(void)
{
	struct outbox_item i;
	int64_t now = 2000000000;
	unsigned n = 0;
	bool sane = true;

	fill(&i);
	outbox_put_off(&i, now);
	ok(i.next - now >= 250 && i.next - now <= 350, "5 minutes at first");
	outbox_put_off(&i, i.next);
	ok(!outbox_is_due(&i, i.tried + 400), "twice that then");
	ok(outbox_is_due(&i, i.tried - 3650LL * DAY),
	    "a clock set back ten years makes nobody wait so long");
	ok(!outbox_put_off(&i, now + 3650LL * DAY),
	    "one set forward expires nothing");
	for (now = i.next; !outbox_put_off(&i, now) && n < 1000; n++) {
		sane = sane && i.next - now <= 4 * 3600 * 9 / 8 + 1;
		now = i.next;
	}
	ok(sane, "never more than four hours and a little");
	ok(n > 25 && n < 50, "given up after some five days (%u)", n);
	outbox_item_free(&i);
	fill(&i);
	i.not_before = now + 60;
	ok(!outbox_is_due(&i, now) && outbox_is_due(&i, now + 60), "not before");
	outbox_item_free(&i);
}

static size_t
in_place(struct outbox *b, enum outbox_place place)
{
	struct strv ids = { 0 };
	struct fail why = { 0 };
	size_t n;

	outbox_list(b, place, &ids, &why);
	n = ids.n;
	strv_free(&ids);
	return n;
}

static void
test_life(const char *dir)
{
	struct fail why = { 0 };
	struct outbox *b = outbox_open(dir, &why), *other;
	struct outbox_item i, j;
	char id[OUTBOX_ID];

	if (!ok(b != NULL, "made: %s", why.text))
		return;
	fill(&i);
	is_int(outbox_add(b, &i, write_body, NULL, &why), 0, "added");
	is_int((long long)in_place(b, OUTBOX_QUEUE), 0, "not there yet");
	is_int(outbox_commit(b, &why), 0, "committed");
	is_int((long long)in_place(b, OUTBOX_QUEUE), 1, "there");
	memcpy(id, i.id, sizeof id);
	other = outbox_open(dir, &why);
	is_int(outbox_take(other, id, &j, &why), 0, "nobody else takes it");
	is_int(outbox_drop(other, id, &why), -1, "or drops it");
	is_int(why.code, EX_TEMPFAIL, "for now");
	fail_clear(&why);
	outbox_item_free(&i);
	is_int(outbox_take(other, id, &j, &why), 1, "now it does");
	is_int((long long)j.octets, (long long)strlen(body), "its size");
	is_int(outbox_fail(other, &j, &why), 0, "failed");
	outbox_item_free(&j);
	is_int((long long)in_place(b, OUTBOX_FAILED), 1, "kept");
	is_int(outbox_revive(b, id, &why), 0, "once more");
	is_int(outbox_take(b, id, &j, &why), 1, "taken");
	is_int(j.rcpt[2].state, RCPT_NOT_YET, "for all who have not got it");
	is_int(outbox_done(b, &j, &why), 0, "done");
	outbox_item_free(&j);
	is_int((long long)in_place(other, OUTBOX_QUEUE), 0, "gone for others");
	is_int(outbox_settle(b, &why), 0, "for good");
	is_int(outbox_lock(b, &why), 0, "one flushes");
	is_int(outbox_lock(other, &why), -1, "not two");
	is_int(why.code, EX_TEMPFAIL, "busy");
	outbox_garbage(b);
	outbox_close(other);
	outbox_close(b);
}

/* As if the machine had failed before the directory was synced: it is in q again. */
static void
bring_back(const char *dir, const char *id)
{
	char *from = xasprintf("%s/tmp/%s.en0", dir, id);
	char *to = xasprintf("%s/q/%s.env", dir, id);

	is_int(rename(from, to), 0, "it is back");
	free(from);
	free(to);
}

static void
spoil_slot(const char *dir, size_t slot)
{
	char *path = xasprintf("%s/done", dir);
	int fd = open(path, O_RDWR);

	is_int(pwrite(fd, "x", 1, (off_t)slot * 64 + 30), 1, "half a slot");
	close(fd);
	free(path);
}

static void
test_machine_failure(const char *dir)
{
	struct fail why = { 0 };
	struct outbox *b = outbox_open(dir, &why);
	struct outbox_item i[3];
	char id[3][OUTBOX_ID];
	size_t k;

	is_int(outbox_lock(b, &why), 0, "flushing");
	for (k = 0; k < NELEM(i); k++) {
		fill(&i[k]);
		outbox_add(b, &i[k], write_body, NULL, &why);
		memcpy(id[k], i[k].id, OUTBOX_ID);
	}
	is_int(outbox_commit(b, &why), 0, "three");
	for (k = 0; k < 2; k++) {
		is_int(outbox_done(b, &i[k], &why), 0, "sent");
		is_int(outbox_sync_done(b, &why), 0, "and noted");
	}
	for (k = 0; k < NELEM(i); k++)
		outbox_item_free(&i[k]);
	outbox_close(b);
	bring_back(dir, id[0]);
	bring_back(dir, id[1]);
	spoil_slot(dir, 1);
	b = outbox_open(dir, &why);
	is_int((long long)in_place(b, OUTBOX_QUEUE), 3, "all are there again");
	is_int(outbox_lock(b, &why), 0, "flushing again");
	is_int(outbox_replay(b, &why), 0, "what was noted is found");
	is_int((long long)in_place(b, OUTBOX_QUEUE), 2, "and gone, but not "
	    "what was half noted, or never sent");
	is_int(outbox_read(b, OUTBOX_QUEUE, id[0], &i[0], &why), 0, "it is "
	    "the first");
	outbox_close(b);
}

int
main(void)
{
	char dir[] = "/tmp/mailx-outbox.XXXXXX";
	char *inside;

	test_envelope();
	test_times();
	if (ok(mkdtemp(dir) != NULL, "a directory")) {
		inside = xasprintf("%s/a/b", dir);
		test_life(inside);
		free(inside);
		inside = xasprintf("%s/c", dir);
		test_machine_failure(inside);
		free(inside);
		remove_tree(dir);
	}
	return done();
}
