/* SPDX-License-Identifier: ISC */
/*
 * smtpchunk.c -- the text of a message in counted pieces, BDAT (RFC 3030).
 *
 * A chunk is whole in memory before it is said, so that a text that cannot be read
 * to its end leaves no chunk begun.
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "conn_io.h"
#include "smtp_transaction.h"

struct chunker {
	struct transaction *t;		/* borrowed */
	char		*p;		/* owned: CHUNK */
	size_t		 n;
	bool		 in_line;	/* something of a line is there */
	bool		 cr;		/* the last octet was CR: its line end is there */
	bool		 abandoned;
	bool		 failed;
};

/* The reply to a chunk: true when it was taken. */
static bool
hear_chunk(struct transaction *t)
{
	if (smtp_hear(t->x, t->chunks_heard + 1 == t->chunks_said &&
	    t->last_said ? TIMEOUT_SMTP_DATA_END : TIMEOUT_SMTP_DATA_BLOCK,
	    t->why) == -1)
		return false;
	t->chunks_heard++;
	return t->x->reply.code == 250;
}

bool
smtp_is_unknown_chunk(const struct transaction *t)
{
	int code = t->x->reply.code;

	return t->chunks && t->chunks_heard == 1 &&
	    (code == 500 || code == 502);
}

int
smtp_refused_chunk(struct transaction *t)
{
	t->x->dead = true;
	if (!smtp_is_unknown_chunk(t))
		return smtp_refused(t->x, "text of the message",
		    EX_UNAVAILABLE, t->why);
	t->m->chunking = false;
	return fail(t->why, EX_TEMPFAIL, "%s: the server offers CHUNKING and "
	    "does not know BDAT: %s", conn_name(t->x->c), t->x->reply.text);
}

/* What the server says meanwhile is heard: it may have had enough. */
static bool
hear_so_far(struct transaction *t)
{
	while (t->chunks_heard < t->chunks_said &&
	    (!t->pipelining || conn_has_line(t->x->c) ||
	    t->chunks_said - t->chunks_heard >= CHUNK_WINDOW)) {
		if (hear_chunk(t))
			continue;
		if (t->why->code == 0)
			smtp_refused_chunk(t);
		return false;
	}
	return true;
}

static bool
say_chunk(struct chunker *k, bool last)
{
	struct transaction *t = k->t;
	struct conn *c = t->x->c;

	if (!hear_so_far(t) || conn_say(c, t->why, "BDAT %zu%s", k->n,
	    last ? " LAST" : "") == -1)
		return false;
	conn_show_text(c, 'C', k->n);
	if (conn_put(c, k->p, k->n, t->why) == -1)
		return false;
	k->n = 0;
	t->chunks_said++;
	return last || conn_flush(c, t->why) == 0;
}

static bool
put(struct chunker *k, const char *p, size_t n)
{
	size_t some;

	while (n > 0) {
		if (k->n == CHUNK && !say_chunk(k, false))
			return false;
		some = n < CHUNK - k->n ? n : CHUNK - k->n;
		memcpy(k->p + k->n, p, some);
		k->n += some;
		p += some;
		n -= some;
	}
	return true;
}

/* Up to a line end, LF, CR or CR LF, which goes out as CR LF. */
static size_t
put_line(struct chunker *k, const char *p, size_t n)
{
	size_t len;

	if (k->cr && *p == '\n') {
		k->cr = false;
		return 1;
	}
	k->cr = false;
	for (len = 0; len < n && p[len] != '\n' && p[len] != '\r'; len++)
		continue;
	k->failed = !put(k, p, len);
	if (len > 0)
		k->in_line = true;
	if (k->failed || len == n)
		return len;
	k->cr = p[len] == '\r';
	k->in_line = false;
	k->failed = !put(k, "\r\n", 2);
	return len + 1;
}

static size_t
put_octets(struct chunker *k, const char *p, size_t n)
{
	k->failed = !put(k, p, n);
	return n;
}

static int
write_chunks(void *cookie, const char *p, int n)
{
	struct chunker *k = cookie;
	size_t i = 0;

	while (i < (size_t)n && !k->failed && !k->abandoned)
		i += k->t->m->binary ? put_octets(k, p, (size_t)n) :
		    put_line(k, p + i, (size_t)n - i);
	return k->failed ? 0 : n;	/* glibc counts a -1 as octets */
}

/* Seeking abandons the text, as it does that of conn_text_writer. */
static off_t
abandon(void *cookie, off_t offset, int whence)
{
	struct chunker *k = cookie;

	(void)whence;
	k->abandoned = true;
	return offset;
}

static int
finish(void *cookie)
{
	struct chunker *k = cookie;
	bool good = !k->failed && !k->abandoned &&
	    (!k->in_line || put(k, "\r\n", 2)) && say_chunk(k, true);

	free(k->p);
	free(k);
	return good ? 0 : -1;
}

static FILE *
chunk_writer(struct transaction *t)
{
	struct chunker *k = xcalloc(1, sizeof *k);
	FILE *f = funopen(k, NULL, write_chunks, abandon, finish);

	if (f == NULL) {
		free(k);
		fail_errno(t->why, EX_OSERR, "%s", conn_name(t->x->c));
		return NULL;
	}
	k->t = t;
	k->p = xmalloc(CHUNK);
	return f;
}

/* That it cannot go out is no failure yet: the verdict may be there all the same. */
static void
end_flight(struct transaction *t)
{
	struct fail ignored;

	fail_clear(&ignored);
	t->last_said = true;
	smtp_say_quit(t);
	(void)conn_flush(t->x->c, &ignored);
}

int
smtp_send_chunks(struct transaction *t)
{
	struct smtp_message *m = t->m;
	FILE *f = chunk_writer(t);

	if (f == NULL)
		return -1;
	conn_set_timeout(t->x->c, t->x->timeout > 0 ? t->x->timeout :
	    TIMEOUT_SMTP_DATA_BLOCK);
	if (m->write(m->ctx, f, t->why) == -1 || fflush(f) != 0 || ferror(f))
		conn_text_abandon(f);
	else if (fclose(f) == 0) {
		end_flight(t);
		return 0;
	}
	fail(t->why, EX_IOERR, "the message cannot be written");
	smtp_hear_reason(t);
	t->x->dead = true;
	return -1;
}

int
smtp_hear_chunks(struct transaction *t)
{
	while (t->chunks_heard < t->chunks_said)
		if (!hear_chunk(t))
			return t->why->code == 0 ? 0 : -1;
	return 0;
}
