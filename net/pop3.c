/* SPDX-License-Identifier: ISC */
/*
 * pop3.c -- sessions with POP3 servers (RFC 1939): replies, lists, messages,
 * deletions.  How a session begins is in pop3open.c.
 *
 * Commands are pipelined where the server allows it (RFC 2449); a reply that
 * cannot be read ends the session, for it is not known what the next one is of.
 */
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "pop3_in.h"

/* --- Replies. --- */

bool
pop3_reply_read(struct span line, struct pop3_reply *r)
{
	static const struct {
		const char	*word;
		size_t		 n;
	} words[] = {
		[POP3_OK] = { "+OK", 3 },
		[POP3_ERR] = { "-ERR", 4 },
		[POP3_MORE] = { "+", 1 }
	};
	const char *p, *end;
	size_t i;

	for (i = 0; i < NELEM(words); i++)
		if (line.n >= words[i].n &&
		    memcmp(line.p, words[i].word, words[i].n) == 0 &&
		    (line.n == words[i].n || line.p[words[i].n] == ' '))
			break;
	if (i == NELEM(words))
		return false;
	r->status = (enum pop3_status)i;
	line.p += words[i].n;
	line.n -= words[i].n;
	r->text = span_trim(line);
	r->code = span_of(NULL);
	p = r->text.p;
	if (i != POP3_MORE && r->text.n > 0 && *p == '[' &&
	    (end = memchr(p, ']', r->text.n)) != NULL) {
		r->code.p = p;
		r->code.n = (size_t)(end + 1 - p);
		r->text.p += r->code.n;
		r->text.n -= r->code.n;
		r->text = span_trim(r->text);
	}
	return true;
}

int
pop3_violation(struct pop3 *p, const char *what, struct span line,
    struct fail *why)
{
	p->over = true;
	return fail(why, EX_PROTOCOL, "%s: %s: \"%.*s\"", conn_name(p->c), what,
	    (int)(line.n < 200 ? line.n : 200), line.n > 0 ? line.p : "");
}

int
pop3_reply(struct pop3 *p, struct pop3_reply *r, struct fail *why)
{
	struct span line;

	if (conn_line(p->c, &line, why) == -1) {
		p->over = true;
		return -1;
	}
	if (!pop3_reply_read(line, r))
		return pop3_violation(p, "not a POP3 reply", line, why);
	return 0;
}

/* A failure that quotes -ERR; by its code, else as `otherwise' says. */
int
pop3_refused(const struct pop3 *p, const char *what, const struct pop3_reply *r,
    int otherwise, struct fail *why)
{
	int code = otherwise;

	if (span_ieq(r->code, "[IN-USE]") || span_ieq(r->code, "[SYS/TEMP]") ||
	    span_ieq(r->code, "[LOGIN-DELAY]"))
		code = EX_TEMPFAIL;
	else if (span_ieq(r->code, "[SYS/PERM]"))
		code = EX_UNAVAILABLE;
	else if (span_ieq(r->code, "[AUTH]"))
		code = EX_NOPERM;
	return fail(why, code, "%s: %s: -ERR%s%.*s%s%.*s", conn_name(p->c), what,
	    r->code.n > 0 ? " " : "", (int)r->code.n,
	    r->code.n > 0 ? r->code.p : "", r->text.n > 0 ? " " : "",
	    (int)(r->text.n < 300 ? r->text.n : 300),
	    r->text.n > 0 ? r->text.p : "");
}

/* The reply to `what' must be +OK. */
int
pop3_expect(struct pop3 *p, const char *what, struct pop3_reply *r, int otherwise,
    struct fail *why)
{
	if (pop3_reply(p, r, why) == -1)
		return -1;
	if (r->status == POP3_ERR)
		return pop3_refused(p, what, r, otherwise, why);
	if (r->status == POP3_MORE)
		return pop3_violation(p, what, span_of("+"), why);
	return 0;
}

int
pop3_say(struct pop3 *p, const char *line, struct fail *why)
{
	if (p->over)
		return fail(why, EX_TEMPFAIL, "%s: the session is over",
		    conn_name(p->c));
	if (conn_say(p->c, why, "%s", line) == -1) {
		p->over = true;
		return -1;
	}
	return 0;
}

/* Say a verb that must be answered with +OK. */
int
pop3_ask(struct pop3 *p, const char *verb, struct pop3_reply *r, struct fail *why)
{
	if (pop3_say(p, verb, why) == -1)
		return -1;
	return pop3_expect(p, verb, r, EX_UNAVAILABLE, why);
}

int
pop3_lines(struct pop3 *p, size_t max, void (*each)(void *ctx, struct span line),
    void *ctx, struct fail *why)
{
	struct span line;
	size_t n;

	for (n = 0; n <= max; n++) {
		if (conn_line(p->c, &line, why) == -1) {
			p->over = true;
			return -1;
		}
		if (line.n > 0 && line.p[0] == '.') {
			line.p++;
			if (--line.n == 0)
				return 0;
		}
		each(ctx, line);
	}
	p->over = true;
	return fail(why, EX_PROTOCOL, "%s: more than %zu lines in a reply",
	    conn_name(p->c), max);
}

int
pop3_quit(struct pop3 *p, struct fail *why)
{
	struct pop3_reply r;
	int result;

	if (pop3_say(p, "QUIT", why) == -1)
		return -1;
	result = pop3_expect(p, "QUIT", &r, EX_TEMPFAIL, why);
	p->over = true;
	return result;
}

void
pop3_close(struct pop3 *p)
{
	if (p == NULL)
		return;
	conn_close(p->c);
	strv_free(&p->capa);
	free(p->stamp);
	free(p);
}

/* --- The lists. --- */

/* A decimal number at the front of *s, taken off. */
static bool
take_number(struct span *s, uint64_t *v)
{
	size_t i;

	for (i = 0, *v = 0; i < s->n && ascii_is_digit(s->p[i]); i++) {
		if (*v > (UINT64_MAX - 9) / 10)
			return false;
		*v = *v * 10 + (uint64_t)(s->p[i] - '0');
	}
	if (i == 0 || (i < s->n && s->p[i] != ' '))
		return false;
	s->p += i;
	s->n -= i;
	return true;
}

int
pop3_stat(struct pop3 *p, uint32_t *count, uint64_t *octets, struct fail *why)
{
	struct pop3_reply r;
	uint64_t n;

	if (pop3_ask(p, "STAT", &r, why) == -1)
		return -1;
	if (!take_number(&r.text, &n) || n > UINT32_MAX)
		return pop3_violation(p, "STAT", r.text, why);
	r.text = span_trim(r.text);
	if (!take_number(&r.text, octets))
		*octets = 0;
	*count = (uint32_t)n;
	return 0;
}

struct rows {
	uint32_t	 count;
	unsigned char	*taken;		/* owned: a bit for each number */
	size_t		 cap;		/* octets */
	void		(*size)(void *ctx, uint32_t n, uint64_t octets);
	void		(*uidl)(void *ctx, uint32_t n, struct span uidl);
	void		*ctx;
};

/* Has that number come before?  Memory grows by what came, not by `count'. */
static bool
is_repeated(struct rows *x, uint32_t n)
{
	size_t at = n / 8, cap = x->cap == 0 ? 1024 : x->cap;
	unsigned char bit = (unsigned char)(1 << n % 8);
	bool taken;

	while (cap <= at)
		cap *= 2;
	if (cap > x->cap) {
		x->taken = xreallocarray(x->taken, cap, 1);
		memset(x->taken + x->cap, 0, cap - x->cap);
		x->cap = cap;
	}
	taken = (x->taken[at] & bit) != 0;
	x->taken[at] |= bit;
	return taken;
}

static void
take_row(void *ctx, struct span line)
{
	struct rows *x = ctx;
	uint64_t n, octets;

	if (!take_number(&line, &n) || n == 0 || n > x->count ||
	    n > MAX_MESSAGES || is_repeated(x, (uint32_t)n))
		return;
	line = span_trim(line);
	if (x->uidl != NULL)
		x->uidl(x->ctx, (uint32_t)n, line);
	else
		x->size(x->ctx, (uint32_t)n,
		    take_number(&line, &octets) ? octets : 0);
}

/* The list that was asked for. */
static int
read_rows(struct pop3 *p, const char *verb, struct rows *x, struct fail *why)
{
	struct pop3_reply r;
	size_t max = x->count < MAX_MESSAGES ? x->count : MAX_MESSAGES;
	int result;

	result = pop3_expect(p, verb, &r, EX_UNAVAILABLE, why);
	if (result == 0)
		result = pop3_lines(p, max + MAX_REPLY_LINES, take_row, x, why);
	free(x->taken);
	return result;
}

int
pop3_list(struct pop3 *p, uint32_t count,
    void (*row)(void *ctx, uint32_t n, uint64_t octets), void *ctx,
    struct fail *why)
{
	struct rows x = { .count = count, .size = row, .ctx = ctx };
	int result;

	if (pop3_say(p, "LIST", why) == -1)
		return -1;
	/* The server works at it while this list is read. */
	if (pop3_offers(p, "PIPELINING")) {
		if (pop3_say(p, "UIDL", why) == -1)
			return -1;
		p->uidl_said = true;
	}
	result = read_rows(p, "LIST", &x, why);
	if (result == -1 && p->uidl_said)
		p->over = true;
	return result;
}

int
pop3_uidl(struct pop3 *p, uint32_t count,
    void (*row)(void *ctx, uint32_t n, struct span uidl), void *ctx,
    struct fail *why)
{
	struct rows x = { .count = count, .uidl = row, .ctx = ctx };

	if (!p->uidl_said && pop3_say(p, "UIDL", why) == -1)
		return -1;
	p->uidl_said = false;
	return read_rows(p, "UIDL", &x, why);
}

/* --- Messages. --- */

/* How many commands may wait for their replies. */
static size_t
window(const struct pop3 *p)
{
	return pop3_offers(p, "PIPELINING") ? PIPELINE_WINDOW : 1;
}

static int
take_message(struct pop3 *p, uint32_t n, const struct pop3_sink *sink,
    struct fail *why)
{
	struct fail result;
	struct pop3_reply r;
	uint64_t octets = 0;
	char what[32];
	bool lost;
	FILE *f;
	int end;

	fail_clear(&result);
	if (pop3_reply(p, &r, why) == -1)
		return -1;
	if (r.status == POP3_MORE)
		return pop3_violation(p, "RETR", span_of("+"), why);
	if (r.status == POP3_ERR) {
		snprintf(what, sizeof(what), "message %u", n);
		pop3_refused(p, what, &r, EX_UNAVAILABLE, &result);
		return sink->end(sink->ctx, n, NULL, 0, &result);
	}
	if ((f = sink->begin(sink->ctx, n, why)) == NULL) {
		p->over = true;
		return -1;
	}
	/* A full disk is the message's failure; all else the connection's. */
	lost = conn_text_read(p->c, f, &octets, &result) == -1 &&
	    result.code != EX_IOERR;
	if (lost) {
		p->over = true;
		*why = result;
	}
	end = sink->end(sink->ctx, n, f, octets, &result);
	return lost ? -1 : end;
}

int
pop3_retrieve(struct pop3 *p, const uint32_t *numbers, size_t n, int lines,
    const struct pop3_sink *sink, struct fail *why)
{
	size_t i, said = 0, most = window(p);
	char line[64];
	int result = 0;

	conn_set_timeout(p->c, p->timeout);
	for (i = 0; i < n && result == 0; i++) {
		while (result == 0 && said < n && said < i + most) {
			if (lines < 0)
				snprintf(line, sizeof(line), "RETR %u",
				    numbers[said++]);
			else
				snprintf(line, sizeof(line), "TOP %u %d",
				    numbers[said++], lines);
			result = pop3_say(p, line, why);
		}
		if (result == 0)
			result = take_message(p, numbers[i], sink, why);
	}
	/* Replies that nobody will read are waiting. */
	if (result == -1 && said > i)
		p->over = true;
	conn_set_timeout(p->c, 0);
	return result;
}

int
pop3_delete(struct pop3 *p, const uint32_t *numbers, size_t n, bool *done,
    struct fail *why)
{
	size_t i, said = 0, most = window(p);
	struct pop3_reply r;
	char line[32];

	for (i = 0; i < n; i++) {
		for (; said < n && said < i + most; said++) {
			snprintf(line, sizeof(line), "DELE %u", numbers[said]);
			if (pop3_say(p, line, why) == -1)
				return -1;
		}
		if (pop3_reply(p, &r, why) == -1)
			return -1;
		if (r.status == POP3_MORE)
			return pop3_violation(p, "DELE", span_of("+"), why);
		done[i] = r.status == POP3_OK;
	}
	return 0;
}
