/* SPDX-License-Identifier: ISC */
/*
 * imapappend.c -- messages put into a mailbox (RFC 9051 6.3.12; MULTIAPPEND 3502,
 * LITERAL+ and - 7888, APPENDLIMIT 7889; UTF8 6855).
 *
 * A server makes each command durable by itself, which may cost it more than all
 * else: so many messages go in one.  Where that is not to be had, many commands are
 * on the way at once; while they go out, what the server answers is taken in.
 */
#include <stdlib.h>
#include <string.h>

#include "../mime/text.h"
#include "conn.h"
#include "imap.h"

int
imap_measure(FILE *in, uint64_t *size, struct fail *why)
{
	off_t start = ftello(in);
	int c, last = 0;

	*size = 0;
	while ((c = getc_unlocked(in)) != EOF) {
		if (c == '\0')
			return fail(why, EX_DATAERR,
			    "the message holds a NUL, which IMAP cannot carry");
		*size += c == '\n' && last != '\r' ? 2 : 1;
		last = c;
	}
	if (ferror(in) || start == -1 || fseeko(in, start, SEEK_SET) == -1)
		return fail_errno(why, EX_IOERR, "reading the message");
	return 0;
}

uint64_t
imap_append_limit(const struct imap *x)
{
	const struct strv *caps = imap_capabilities(x);
	uint64_t limit = UINT64_MAX;
	size_t i;

	for (i = 0; i < caps->n; i++)
		if (strncasecmp(caps->v[i], "APPENDLIMIT=", 12) == 0)
			(void)imap_number(span_of(caps->v[i] + 12), UINT64_MAX,
			    &limit);
	return limit;
}

/* --- Headers in UTF-8 --- */

static bool
is_utf8_header(const char *text, size_t n)
{
	bool is_8bit = false;
	char last = '\n';
	size_t i;

	for (i = 0; i < n && !(text[i] == '\n' && last == '\n'); i++) {
		is_8bit = is_8bit || (unsigned char)text[i] >= 0x80;
		if (text[i] != '\r')
			last = text[i];
	}
	return is_8bit && utf8_is_valid(text, i);
}

/* Is it UTF-8, and beyond ASCII?  The stream goes back. */
static bool
has_utf8_header(const struct imap_upload *u)
{
	size_t n = u->size < MAX_FIELD_SIZE ? (size_t)u->size : MAX_FIELD_SIZE;
	off_t start;
	bool result;
	char *text;

	if (u->in == NULL)
		return is_utf8_header(u->text, n);
	start = ftello(u->in);
	text = xmalloc(MAX_FIELD_SIZE);
	n = fread(text, 1, MAX_FIELD_SIZE, u->in);
	result = is_utf8_header(text, n);
	free(text);
	clearerr(u->in);
	return fseeko(u->in, start, SEEK_SET) == 0 && result;
}

static void
choose_utf8(struct imap *x, struct imap_upload *v, size_t n)
{
	bool accepts = imap_accepts_utf8(x);
	size_t i;

	for (i = 0; i < n; i++)
		v[i].utf8 = accepts && has_utf8_header(&v[i]);
}

/* BAD: the server cannot do what it offers.  Is anything to be said otherwise? */
static bool
take_back_utf8(struct imap *x, struct imap_upload *v, size_t n,
    const struct fail *why)
{
	bool was_utf8 = false;
	size_t i;

	for (i = 0; why->code == EX_PROTOCOL && imap_is_alive(x) && i < n; i++) {
		was_utf8 = was_utf8 || v[i].utf8;
		v[i].utf8 = false;
	}
	return was_utf8;
}

/* --- Saying them --- */

/* What was announced must be said: no more, no less.  Goes back. */
static int
say_stream(struct imap *x, FILE *in, uint64_t size, struct fail *why)
{
	off_t start = ftello(in);
	char block[16 * 1024];
	int c, last = 0;
	size_t n = 0;

	while ((c = getc_unlocked(in)) != EOF) {
		if (c == '\n' && last != '\r')
			block[n++] = '\r';
		block[n++] = (char)c;
		last = c;
		if (n < sizeof(block) - 2)
			continue;
		if (n > size)
			break;
		size -= n;
		if (conn_write(imap_conn(x), block, n, why) == -1)
			return -1;
		n = 0;
	}
	if (ferror(in) || n != size)
		return fail(why, EX_IOERR, "the message changed while it was read");
	if (start == -1 || fseeko(in, start, SEEK_SET) == -1)
		return fail_errno(why, EX_IOERR, "the message");
	return n == 0 ? 0 : conn_write(imap_conn(x), block, n, why);
}

static int
say_upload(struct imap *x, struct imap_job *job, const char *before,
    const struct imap_upload *u, struct fail *why)
{
	bool has_flags = *u->flags != '\0', has_date = *u->date != '\0';
	char *text;
	int result;

	text = xasprintf("%s%s%s%s%s%s%s %s", before, has_flags ? " (" : "",
	    u->flags, has_flags ? ")" : "", has_date ? " \"" : "", u->date,
	    has_date ? "\"" : "", u->utf8 ? "UTF8 (~" : "");
	result = imap_announce(x, job, text, u->size, why);
	free(text);
	if (result != 0)
		return result;
	result = u->in != NULL ? say_stream(x, u->in, u->size, why) :
	    conn_write(imap_conn(x), u->text, (size_t)u->size, why);
	return result == 0 && u->utf8 ? conn_write(imap_conn(x), ")", 1, why) :
	    result;
}

int
imap_say_uploads(struct imap *x, struct imap_job *job, const char *text,
    const struct imap_upload *v, size_t n, struct fail *why)
{
	size_t i;
	int result = 0;

	for (i = 0; result == 0 && i < n; i++)
		result = say_upload(x, job, i == 0 ? text : "", &v[i], why);
	return result;
}

/* --- Their fates --- */

static void
set_fate(struct imap_upload *u, enum imap_fate fate, const struct fail *why)
{
	u->fate = fate;
	free(u->why);
	u->why = NULL;
	if (fate == IMAP_THERE)
		return;
	u->why = xmalloc(sizeof(*u->why));
	*u->why = *why;
}

static void
set_fates(struct imap_upload *v, size_t n, enum imap_fate fate,
    const struct fail *why)
{
	size_t i;

	for (i = 0; i < n; i++)
		set_fate(&v[i], fate, why);
}

static struct imap_job *
start_append(struct imap *x, const char *mailbox, const struct imap_upload *v,
    size_t n, struct fail *why)
{
	struct imap_job *job;
	struct imap_line l;

	imap_line_init(&l);
	imap_line_put(&l, "APPEND ");
	imap_line_string(&l, span_of(mailbox));
	l.uploads = v;
	l.nuploads = n;
	job = imap_start(x, &l, NULL, NULL, why);
	imap_line_free(&l);
	return job;
}

/* Hear what has become of the messages of a command: 0 when they are there. */
static int
hear_fate(struct imap *x, struct imap_job *job, struct imap_upload *v,
    size_t n, struct fail *why)
{
	int result = 0;

	while (result == 0 && !imap_is_done(job))
		result = imap_step(x, why);
	if (result == -1) {
		imap_abandon(x, job);
		set_fates(v, n, IMAP_MAY_BE_THERE, why);
		return -1;
	}
	result = imap_finish(x, job, EX_CANTCREAT, why);
	set_fates(v, n, result == 0 ? IMAP_THERE : IMAP_NOT_THERE, why);
	return result;
}

/* All in one command. */
static int
append_all(struct imap *x, const char *mailbox, struct imap_upload *v,
    size_t n, struct fail *why)
{
	struct imap_job *job;

	if ((job = start_append(x, mailbox, v, n, why)) != NULL)
		return hear_fate(x, job, v, n, why);
	set_fates(v, n, IMAP_NOT_THERE, why);
	return -1;
}

/* Of one; it goes again, plainly, where it is not taken as UTF8. */
static int
hear_one(struct imap *x, struct imap_job *job, const char *mailbox,
    struct imap_upload *u, struct fail *why)
{
	struct fail first = { 0 };

	if (hear_fate(x, job, u, 1, &first) == 0)
		return 0;
	if (take_back_utf8(x, u, 1, &first))
		return append_all(x, mailbox, u, 1, why);
	return fail(why, first.code, "%s", first.text);
}

/* A command for each, `window' of them at once. */
static int
append_each(struct imap *x, const char *mailbox, struct imap_upload *v,
    size_t n, size_t window, struct fail *why)
{
	struct imap_job *jobs[PIPELINE_WINDOW];
	struct fail kept = { 0 }, one;
	size_t said = 0, heard = 0, k;
	bool ended = false;

	while (heard < said || (said < n && !ended)) {
		fail_clear(&one);
		if (said < n && !ended && said - heard < window) {
			k = said % window;
			jobs[k] = start_append(x, mailbox, &v[said], 1, &one);
			ended = jobs[k] == NULL;
			said += jobs[k] != NULL;
		} else {
			(void)hear_one(x, jobs[heard % window], mailbox,
			    &v[heard], &one);
			ended = ended || fail_ends(&one);
			heard++;
		}
		fail_keep(&kept, &one);
	}
	set_fates(v + said, n - said, IMAP_NOT_THERE, &kept);
	return kept.code == 0 ? 0 : fail(why, kept.code, "%s", kept.text);
}

int
imap_append(struct imap *x, const char *mailbox, struct imap_upload *v,
    size_t n, struct fail *why)
{
	struct fail first = { 0 };

	choose_utf8(x, v, n);
	if (n < 2 || !imap_offers(x, "MULTIAPPEND"))
		return append_each(x, mailbox, v, n, PIPELINE_WINDOW, why);
	if (append_all(x, mailbox, v, n, &first) == 0)
		return 0;
	if (!imap_is_alive(x))
		return fail(why, first.code, "%s", first.text);
	(void)take_back_utf8(x, v, n, &first);
	/* Which one?  In turn, so that those before it are there, and no other. */
	return append_each(x, mailbox, v, n, 1, why);
}
