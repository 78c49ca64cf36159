/* SPDX-License-Identifier: ISC */
/*
 * resend.c -- passing a message on unaltered, with Resent- fields in front (RFC
 * 5322 3.6.6).
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../mime/recast.h"
#include "passing.h"
#include "queueing.h"

struct resent {
	struct addrs	 from, to;	/* settled */
	char		*id;		/* owned */
	FILE		*text;		/* owned: the whole message */
	FILE		*lines;		/* owned: the same without binary parts; or NULL */
	FILE		*now;		/* borrowed: the one that goes out */
	struct outgoing	 out;
};

/* --- The message. --- */

static void
put_fields(struct resent *r, FILE *f)
{
	const char *at = strrchr(r->from.v[0].addr, '@');
	char date[DATE_MAX];
	struct date now;

	date_now(&now);
	date_rfc5322(&now, date);
	r->id = build_new_id(at == NULL ? NULL : at + 1);
	fprintf(f, "Resent-Date: %s\n", date);
	write_addrs(f, "Resent-From", &r->from);
	write_addrs(f, "Resent-To", &r->to);
	fprintf(f, "Resent-Message-ID: %s\n", r->id);
}

/* A transport of lines gets binary parts in base64: as they are they would be damaged. */
static int
make_lines(struct resent *r, struct fail *why)
{
	r->lines = store_stage(why);
	if (r->lines == NULL || recast_to_lines(r->text, r->lines, why) == -1)
		return -1;
	return fflush(r->lines) == 0 ? 0 :
	    fail_errno(why, EX_IOERR, "a temporary file");
}

static int
choose(struct outgoing *o, enum carries carries, struct fail *why)
{
	struct resent *r = o->ctx;
	int binary = recast_has_binary(r->text, why);

	if (binary == -1)
		return -1;
	r->now = r->text;
	o->binary = binary == 1 && carries >= CARRIES_BINARY;
	if (binary == 0 || o->binary)
		return 0;
	if (r->lines == NULL && make_lines(r, why) == -1)
		return -1;
	r->now = r->lines;
	return 0;
}

static int
prepare(struct outgoing *o, enum carries carries, struct fail *why)
{
	struct resent *r = o->ctx;
	int c, last = 0;

	if (choose(o, carries, why) == -1)
		return -1;
	rewind(r->now);
	o->size = 0;
	o->eightbit = false;
	for (; (c = getc(r->now)) != EOF; last = c) {
		o->size += c == '\n' && last != '\r' ? 2 : 1;
		if (c >= 0x80)
			o->eightbit = true;
	}
	return ferror(r->now) ? fail_errno(why, EX_IOERR, "a temporary file") :
	    0;
}

static int
write_text(void *ctx, FILE *out, struct fail *why)
{
	struct resent *r = ctx;

	rewind(r->now);
	return stream_copy(r->now, out, UINT64_MAX, why);
}

static int
make_text(struct mailx *m, struct resent *r, uint32_t n, struct fail *why)
{
	FILE *in = store_message(m->folder, n, why);
	int result;

	if (in == NULL)
		return -1;
	r->now = r->text = store_stage(why);
	if (r->text == NULL) {
		fclose(in);
		return -1;
	}
	put_fields(r, r->text);
	result = pass_message(in, r->text, why);
	if (result == 0 && (fflush(r->text) != 0 || ferror(r->text)))
		result = fail_errno(why, EX_IOERR, "a temporary file");
	fclose(in);
	return result;
}

static int
settle(struct mailx *m, struct resent *r, const struct addrs *to,
    const char *domain, struct fail *why)
{
	const struct addrs *const lists[] = { &r->to };
	struct addrs from = { 0 };
	int result;

	result = own_addrs(m, NULL, &from, &r->out.from_given, why);
	if (result == 0)
		result = settle_addrs(&from, domain, &r->from, &r->out.utf8,
		    why);
	if (result == 0)
		result = settle_addrs(to, domain, &r->to, &r->out.utf8, why);
	addrs_free(&from);
	if (result == -1)
		return -1;
	outgoing_to(&r->out, lists, NELEM(lists));
	r->out.from = r->from.v[0].addr;
	r->out.resent = true;
	r->out.prepare = prepare;
	r->out.write = write_text;
	r->out.ctx = r;
	return 0;
}

/* --- The command. --- */

static const char *
resent_id(void *ctx)
{
	const struct resent *r = ctx;

	return r->id;
}

static int
post(struct mailx *m, const struct transport *t, struct resent *r,
    struct fail *why)
{
	const struct posting p = { .message_id = resent_id, .ctx = r };
	struct sent s = { 0 };
	int result = post_message(m, t, &r->out, &p, &s, why);

	s.message_id = r->id;
	if (r->out.taken)
		out_sent(m, &s);
	return result;
}

static int
resend(struct mailx *m, const struct transport *t, const struct addrs *to,
    uint32_t n, struct fail *why)
{
	struct resent r = { 0 };
	int result = -1;

	if (settle(m, &r, to, t->domain, why) == 0 &&
	    make_text(m, &r, n, why) == 0) {
		if (m->dry_run)
			result = print_outgoing(m, &r.out, r.id, why);
		else
			result = post(m, t, &r, why);
	}
	outgoing_free(&r.out);
	addrs_free(&r.from);
	addrs_free(&r.to);
	free(r.id);
	if (r.text != NULL)
		fclose(r.text);
	if (r.lines != NULL)
		fclose(r.lines);
	return result;
}

static int
run_resend(struct mailx *m, struct args *a)
{
	struct msglist list = { 0 };
	struct addrs to = { 0 };
	struct transport t;
	size_t i;
	int r;

	r = transport_find(m, &t, &m->why);
	if (r == 0)
		r = split_words(m, a, &to, &list, &m->why);
	for (i = 0; r == 0 && i < list.n; i++)
		r = resend(m, &t, &to, list.v[i].n, &m->why);
	transport_free(&t);
	msglist_free(&list);
	addrs_free(&to);
	return r;
}

const struct cmd cmd_resend = {
	.name = "resend", .flags = CMD_FOLDER, .takes = TAKES_WORDS, .min = 1,
	.max = -1, .usage = "address ... [msglist]",
	.help = "pass messages on unaltered, with Resent- fields",
	.run = run_resend
};
