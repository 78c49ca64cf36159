/* SPDX-License-Identifier: ISC */
/*
 * imap.c -- the session: commands out, responses in, and who gets them (RFC 3501
 * 5.5, 7; RFC 9051).
 *
 * A command under way is a job.  Any number may be: imap_step reads one response,
 * gives untagged data to the folder's watch and then to the jobs, and ends the job
 * whose tag it bears.  So a dialogue is written straight down, pipelined or not.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "conn.h"
#include "cred.h"
#include "deflate.h"
#include "imap.h"

#define TAG_SIZE	16

struct imap_job {
	TAILQ_ENTRY(imap_job)	  link;
	char			  tag[TAG_SIZE];
	int			(*data)(void *, const struct imap_response *,
				    struct fail *);
	void			 *ctx;
	bool			  done, abandoned;
	enum imap_status	  status;
	char			  code[32];
	char			 *text;		/* owned: the server's words */
};
TAILQ_HEAD(jobs, imap_job);

struct imap {
	struct conn		*conn;		/* owned */
	struct imap_reader	*reader;	/* owned */
	struct imap_watch	 watch;
	struct jobs		 jobs;
	struct strv		 capabilities;
	bool			 knows_capabilities;
	bool			 alive, leaving;
	bool			 qresync;	/* it is enabled */
	bool			 may_compress;	/* it was not refused yet */
	struct imap_job		*enabling;	/* UTF-8 was asked for, and not answered yet; or NULL */
	bool			 accepts_utf8;	/* UTF8=ACCEPT is enabled */
	struct fail		 lost;		/* why, where nobody was told yet */
	bool			 more;		/* "+" came */
	char			*more_text;	/* owned */
	unsigned		 tags;		/* said so far */
	uint64_t		 slack;
	uint64_t		 noise, noise_octets;	/* unasked, in this command */
	char			 code[32];	/* of the last command's end */
};

static int
input_line(void *ctx, struct span *line, struct fail *why)
{
	return conn_line(ctx, line, why);
}

static int
input_read(void *ctx, size_t n, struct span *got, struct fail *why)
{
	return conn_read(ctx, n, got, why);
}

struct conn *
imap_conn(struct imap *x)
{
	return x->conn;
}

const char *
imap_name(const struct imap *x)
{
	return conn_name(x->conn);
}

void
imap_flush(struct imap *x)
{
	struct fail ignored = { 0 };

	if (x->alive)
		(void)conn_flush(x->conn, &ignored);
}

bool
imap_uses_qresync(const struct imap *x)
{
	return x->qresync;
}

void
imap_note_qresync(struct imap *x)
{
	x->qresync = true;
}

bool
imap_is_alive(const struct imap *x)
{
	return x->alive;
}

const char *
imap_code(const struct imap *x)
{
	return x->code;
}

void
imap_set_watch(struct imap *x, const struct imap_watch *w)
{
	memset(&x->watch, 0, sizeof(x->watch));
	if (w != NULL)
		x->watch = *w;
	imap_reader_sink(x->reader, w == NULL ? NULL : &w->sink);
}

void
imap_set_slack(struct imap *x, uint64_t lines)
{
	x->slack = lines;
}

/* --- Capabilities --- */

const struct strv *
imap_capabilities(const struct imap *x)
{
	return &x->capabilities;
}

bool
imap_knows_capabilities(const struct imap *x)
{
	return x->knows_capabilities;
}

void
imap_forget_capabilities(struct imap *x)
{
	strv_free(&x->capabilities);
	x->knows_capabilities = false;
}

static void
take_capabilities(struct imap *x, const struct imap_node *n)
{
	imap_forget_capabilities(x);
	x->knows_capabilities = true;
	for (; n != NULL && x->capabilities.n < MAX_REPLY_LINES; n = n->next)
		if (n->kind == IMAP_ATOM)
			strv_take(&x->capabilities, span_dup(n->text));
}

/* --- Jobs --- */

static void
free_job(struct imap *x, struct imap_job *job)
{
	if (job == x->enabling)
		x->enabling = NULL;
	TAILQ_REMOVE(&x->jobs, job, link);
	free(job->text);
	free(job);
}

/* Put the server's name in front, where the failure does not bear it yet. */
static void
name_server(const struct imap *x, struct fail *why)
{
	const char *name = imap_name(x);

	if (strncmp(why->text, name, strlen(name)) != 0)
		fail_where(why, "%s", name);
}

/* After this nothing more is said or heard. */
static int
give_up(struct imap *x)
{
	x->alive = false;
	return -1;
}

void
imap_drop(struct imap *x)
{
	x->alive = false;
}

static int
check_alive(struct imap *x, struct fail *why)
{
	if (x->alive)
		return 0;
	if (x->lost.code != 0)
		return fail(why, x->lost.code, "%s", x->lost.text);
	return fail(why, EX_TEMPFAIL, "%s: the connection was lost",
	    imap_name(x));
}

struct imap_job *
imap_begin(struct imap *x, char tag[static TAG_SIZE])
{
	struct imap_job *job;

	job = xcalloc(1, sizeof(*job));
	snprintf(job->tag, sizeof(job->tag), "A%u", ++x->tags);
	memcpy(tag, job->tag, sizeof(job->tag));
	x->noise = x->noise_octets = 0;
	TAILQ_INSERT_TAIL(&x->jobs, job, link);
	return job;
}

bool
imap_is_done(const struct imap_job *job)
{
	return job->done;
}

void
imap_abandon(struct imap *x, struct imap_job *job)
{
	if (job == NULL)
		return;
	job->abandoned = true;
	job->data = NULL;
	if (job->done)
		free_job(x, job);
}

int
imap_wait_more(struct imap *x, struct imap_job *job, struct span *text,
    struct fail *why)
{
	x->more = false;
	while (!x->more && !job->done)
		if (imap_step(x, why) == -1)
			return -1;
	*text = span_of(x->more ? x->more_text : "");
	return x->more ? 0 : 1;
}

int
imap_announce(struct imap *x, struct imap_job *job, const char *text,
    uint64_t size, struct fail *why)
{
	struct span prompt;
	bool at_once;

	at_once = imap_offers(x, "LITERAL+") ||
	    (size <= 4096 && imap_offers(x, "LITERAL-"));
	if (conn_say(x->conn, why, "%s{%llu%s}", text, (unsigned long long)size,
	    at_once ? "+" : "") == -1)
		return give_up(x);
	return at_once ? 0 : imap_wait_more(x, job, &prompt, why);
}

/* A literal behind the text before it: 1 when the server refused to have it. */
static int
say_literal(struct imap *x, struct imap_job *job, const char *text,
    struct span literal, struct fail *why)
{
	int result;

	result = imap_announce(x, job, text, literal.n, why);
	if (result == 0 &&
	    conn_write(x->conn, literal.p, literal.n, why) == -1)
		return give_up(x);
	return result;
}

static int
say_end(struct imap *x, struct imap_job *job, const struct imap_line *l,
    const char *text, struct fail *why)
{
	int result = 0;

	if (l->nuploads > 0) {
		result = imap_say_uploads(x, job, text, l->uploads,
		    l->nuploads, why);
		text = "";
	}
	if (result == 0 && conn_say(x->conn, why, "%s", text) == -1)
		result = -1;
	return result == -1 ? give_up(x) : 0;
}

static int
say_line(struct imap *x, struct imap_job *job, const struct imap_line *l,
    struct fail *why)
{
	struct span literal;
	size_t at = 0, i;
	char *piece;
	int result;

	for (i = 0; i < l->nliterals; i++) {
		literal.p = l->text + l->literals[i].at;
		literal.n = l->literals[i].n;
		piece = xasprintf("%s%s%.*s", i == 0 ? job->tag : "",
		    i == 0 ? " " : "", (int)(l->literals[i].at - at),
		    l->text + at);
		result = say_literal(x, job, piece, literal, why);
		free(piece);
		if (result != 0)
			return result == 1 ? 0 : -1;
		at = l->literals[i].at + literal.n;
	}
	piece = xasprintf("%s%s%.*s", i == 0 ? job->tag : "",
	    i == 0 ? " " : "", (int)(l->len - at), l->text + at);
	result = say_end(x, job, l, piece, why);
	free(piece);
	return result;
}

static struct imap_job *
start(struct imap *x, struct imap_line *l,
    int (*data)(void *, const struct imap_response *, struct fail *),
    void *ctx, struct fail *why)
{
	struct imap_job *job;
	char tag[TAG_SIZE];

	if (check_alive(x, why) == -1)
		return NULL;
	fflush(l->f);
	if (l->len > MAX_IMAP_STRING) {
		fail(why, EX_DATAERR, "the command is too long");
		return NULL;
	}
	job = imap_begin(x, tag);
	job->data = data;
	job->ctx = ctx;
	if (say_line(x, job, l, why) == -1) {
		imap_abandon(x, job);
		return NULL;
	}
	return job;
}

struct imap_job *
imap_start(struct imap *x, struct imap_line *l,
    int (*data)(void *, const struct imap_response *, struct fail *),
    void *ctx, struct fail *why)
{
	struct imap_job *job;
	struct imap_line quoted;

	if (!l->is_8bit || !imap_uses_utf8(x))
		return start(x, l, data, ctx, why);
	imap_line_init(&quoted);
	quoted.utf8 = true;
	imap_line_add(&quoted, l);
	quoted.uploads = l->uploads;
	quoted.nuploads = l->nuploads;
	job = start(x, &quoted, data, ctx, why);
	imap_line_free(&quoted);
	return job;
}

/* --- Responses --- */

static void
set_code(char *to, size_t size, const struct imap_node *code)
{
	size_t i;

	to[0] = '\0';
	if (code == NULL || code->kind != IMAP_ATOM || code->text.n >= size)
		return;
	for (i = 0; i < code->text.n; i++) {
		to[i] = code->text.p[i];
		if (to[i] >= 'a' && to[i] <= 'z')
			to[i] = (char)(to[i] - 'a' + 'A');
	}
	to[i] = '\0';
}

/* The job under way of that tag; with an empty one: the first. */
static struct imap_job *
find_job(const struct imap *x, struct span tag)
{
	struct imap_job *job;

	TAILQ_FOREACH(job, &x->jobs, link)
		if (!job->done && (tag.n == 0 || span_eq(tag, job->tag)))
			return job;
	return NULL;
}

static int
end_job(struct imap *x, const struct imap_response *r, struct fail *why)
{
	struct imap_job *job = find_job(x, r->tag);

	if (job == NULL || r->status == IMAP_DATA || r->status == IMAP_BYE ||
	    r->status == IMAP_PREAUTH)
		return fail(why, EX_PROTOCOL,
		    "%s: an answer to nothing that was asked: %.*s",
		    imap_name(x), (int)r->tag.n, r->tag.p);
	job->done = true;
	job->status = r->status;
	set_code(job->code, sizeof(job->code), r->code);
	job->text = span_dup(r->text);
	x->noise = x->noise_octets = 0;
	if (job->abandoned)
		free_job(x, job);
	return 0;
}

static int
offer_data(struct imap *x, const struct imap_response *r, struct fail *why)
{
	struct imap_job *job;
	int result = 0;

	if (x->watch.data != NULL)
		result = x->watch.data(x->watch.ctx, r, why);
	TAILQ_FOREACH(job, &x->jobs, link)
		if (result == 0 && job->data != NULL && !job->done)
			result = job->data(job->ctx, r, why);
	if (result == -1)
		name_server(x, why);
	if (result != 0)
		return result == 1 ? 0 : -1;
	x->noise++;
	x->noise_octets += r->octets;
	if (x->noise > MAX_REPLY_LINES + x->slack ||
	    x->noise_octets > MAX_REPLY_SIZE + 256 * x->slack)
		return fail(why, EX_PROTOCOL,
		    "%s: too many responses to nothing that was asked",
		    imap_name(x));
	return 0;
}

static int
take_untagged(struct imap *x, const struct imap_response *r, struct fail *why)
{
	if (r->status == IMAP_BYE && !x->leaving)
		return fail(why, EX_TEMPFAIL, "%s: the server ends the session: %.*s",
		    imap_name(x), (int)r->text.n, r->text.p);
	if (r->status == IMAP_PREAUTH)
		return fail(why, EX_PROTOCOL, "%s: PREAUTH in a session",
		    imap_name(x));
	if (imap_is_atom(r->code, "CAPABILITY"))
		take_capabilities(x, r->code->next);
	else if (r->status == IMAP_DATA && !r->has_number &&
	    span_ieq(r->word, "CAPABILITY"))
		take_capabilities(x, r->items);
	return offer_data(x, r, why);
}

static int
take_more(struct imap *x, const struct imap_response *r, struct fail *why)
{
	if (find_job(x, span_of("")) == NULL || x->more)
		return fail(why, EX_PROTOCOL, "%s: an unexpected `+'",
		    imap_name(x));
	x->more = true;
	free(x->more_text);
	x->more_text = span_dup(r->text);
	return 0;
}

int
imap_step(struct imap *x, struct fail *why)
{
	const struct imap_response *r;
	int result;

	if (check_alive(x, why) == -1)
		return -1;
	if ((r = imap_read(x->reader, why)) == NULL) {
		name_server(x, why);
		return give_up(x);
	}
	if (r->status == IMAP_MORE)
		result = take_more(x, r, why);
	else if (span_eq(r->tag, "*"))
		result = take_untagged(x, r, why);
	else {
		if (imap_is_atom(r->code, "CAPABILITY"))
			take_capabilities(x, r->code->next);
		result = end_job(x, r, why);
	}
	return result == -1 ? give_up(x) : 0;
}

/* RFC 5530, and what tells something among the others. */
static int
code_status(const char *code, int otherwise)
{
	static const struct {
		const char	*code;
		int		 status;
	} table[] = {
		{ "ALREADYEXISTS", EX_CANTCREAT },
		{ "AUTHENTICATIONFAILED", EX_NOPERM },
		{ "AUTHORIZATIONFAILED", EX_NOPERM },
		{ "CANNOT", EX_UNAVAILABLE },
		{ "CONTACTADMIN", EX_NOPERM },
		{ "EXPIRED", EX_NOPERM },
		{ "HASCHILDREN", EX_CANTCREAT },
		{ "INUSE", EX_TEMPFAIL },
		{ "LIMIT", EX_TEMPFAIL },
		{ "NONEXISTENT", EX_NOINPUT },
		{ "NOPERM", EX_NOPERM },
		{ "OVERQUOTA", EX_CANTCREAT },
		{ "PRIVACYREQUIRED", EX_NOPERM },
		{ "REFERRAL", EX_TEMPFAIL },
		{ "SERVERBUG", EX_TEMPFAIL },
		{ "TOOBIG", EX_DATAERR },
		{ "UNAVAILABLE", EX_TEMPFAIL },
	};
	size_t i;

	for (i = 0; i < NELEM(table); i++)
		if (strcmp(code, table[i].code) == 0)
			return table[i].status;
	return otherwise;
}

static int
judge(struct imap *x, const struct imap_job *job, int no, struct fail *why)
{
	const char *open = "", *close = "";

	memcpy(x->code, job->code, sizeof(x->code));
	if (job->status == IMAP_OK)
		return 0;
	if (job->code[0] != '\0')
		open = "[", close = "] ";
	if (job->status == IMAP_NO)
		return fail(why, code_status(job->code, no), "%s: %s%s%s%s",
		    imap_name(x), open, job->code, close, job->text);
	return fail(why, EX_PROTOCOL, "%s: BAD %s%s%s%s", imap_name(x), open,
	    job->code, close, job->text);
}

int
imap_finish(struct imap *x, struct imap_job *job, int no, struct fail *why)
{
	int result;

	while (!job->done)
		if (imap_step(x, why) == -1) {
			imap_abandon(x, job);
			return -1;
		}
	result = judge(x, job, no, why);
	free_job(x, job);
	return result;
}

int
imap_run(struct imap *x, int no, struct fail *why, const char *fmt, ...)
{
	struct imap_job *job;
	struct imap_line l;
	va_list ap;

	imap_line_init(&l);
	va_start(ap, fmt);
	vfprintf(l.f, fmt, ap);
	va_end(ap);
	job = imap_start(x, &l, NULL, NULL, why);
	imap_line_free(&l);
	return job == NULL ? -1 : imap_finish(x, job, no, why);
}

bool
imap_is_fresh(struct imap *x)
{
	struct fail ignored = { 0 };

	while (x->alive && conn_wait(x->conn, 0, &ignored) == 1)
		if (imap_step(x, &ignored) == -1)
			break;
	return x->alive && ignored.code == 0;
}

/* --- Beginning and end --- */

/* Nothing else may be under way: what follows the OK is another stream. */
int
imap_compress(struct imap *x, struct fail *why)
{
	struct fail refused = { 0 };

	if (!x->may_compress || !TAILQ_EMPTY(&x->jobs) ||
	    !imap_offers(x, "COMPRESS=DEFLATE"))
		return 0;
	x->may_compress = false;
	if (imap_run(x, EX_UNAVAILABLE, &refused, "COMPRESS DEFLATE") == 0) {
		if (conn_start_deflate(x->conn, why) == -1)
			return give_up(x);
	} else if (!x->alive)
		return fail(why, refused.code, "%s", refused.text);
	return 0;
}

static int
enabled_data(void *ctx, const struct imap_response *r, struct fail *why)
{
	const struct imap_node *n;
	struct imap *x = ctx;

	(void)why;
	if (r->status != IMAP_DATA || r->has_number ||
	    !span_ieq(r->word, "ENABLED"))
		return 0;
	for (n = r->items; n != NULL; n = n->next)
		if (imap_is_atom(n, "UTF8=ACCEPT"))
			x->accepts_utf8 = true;
	return 1;
}

/*
 * Before any mailbox is selected (RFC 6855 3).  Nobody waits: it goes out with the
 * next command, and only what depends on it waits for the answer.
 */
static int
ask_for_utf8(struct imap *x, struct fail *why)
{
	struct imap_line l;

	if (!imap_offers(x, "UTF8=ACCEPT") && !imap_offers(x, "UTF8=ONLY"))
		return 0;
	imap_line_init(&l);
	imap_line_put(&l, "ENABLE UTF8=ACCEPT");
	x->enabling = start(x, &l, enabled_data, x, why);
	imap_line_free(&l);
	if (x->enabling == NULL)
		return -1;
	/* Freed when it is answered; until then its data is wanted. */
	x->enabling->abandoned = true;
	return 0;
}

static void
await_enabled(struct imap *x)
{
	while (x->enabling != NULL && imap_step(x, &x->lost) == 0)
		;
}

bool
imap_accepts_utf8(struct imap *x)
{
	await_enabled(x);
	return x->accepts_utf8;
}

bool
imap_uses_utf8(struct imap *x)
{
	return imap_is_rev2(x) || imap_accepts_utf8(x);
}

static int
greet(struct imap *x, const struct server *s, bool *authenticated,
    struct fail *why)
{
	const struct imap_response *r;

	if ((r = imap_read(x->reader, why)) == NULL) {
		name_server(x, why);
		return give_up(x);
	}
	if (span_eq(r->tag, "*") && r->status == IMAP_BYE) {
		fail(why, EX_TEMPFAIL, "%s: the server refuses: %.*s",
		    imap_name(x), (int)r->text.n, r->text.p);
		return give_up(x);
	}
	if (!span_eq(r->tag, "*") ||
	    (r->status != IMAP_OK && r->status != IMAP_PREAUTH)) {
		fail(why, EX_PROTOCOL, "%s: this is no IMAP greeting",
		    imap_name(x));
		return give_up(x);
	}
	*authenticated = r->status == IMAP_PREAUTH;
	if (imap_is_atom(r->code, "CAPABILITY"))
		take_capabilities(x, r->code->next);
	if (*authenticated && s->tls == TLS_REQUIRED)
		return fail(why, EX_PROTOCOL,
		    "%s: PREAUTH, so that TLS cannot be started", imap_name(x));
	return 0;
}

static int
start_tls(struct imap *x, struct fail *why)
{
	if (imap_run(x, EX_UNAVAILABLE, why, "STARTTLS") == -1) {
		/* BAD refuses as NO does: the server does not do it. */
		if (why->code == EX_PROTOCOL && x->alive)
			why->code = EX_UNAVAILABLE;
		fail_where(why, "STARTTLS");
		return -1;
	}
	imap_forget_capabilities(x);
	if (conn_start_tls(x->conn, why) == -1)
		return give_up(x);
	return 0;
}

static int
secure(struct imap *x, const struct server *s, struct fail *why)
{
	if (s->tls == TLS_NONE || conn_is_tls(x->conn))
		return 0;
	if (!x->knows_capabilities && imap_ask_capabilities(x, why) == -1)
		return -1;
	if (imap_offers(x, "STARTTLS"))
		return start_tls(x, why);
	if (s->tls == TLS_REQUIRED)
		return fail(why, EX_UNAVAILABLE,
		    "%s: the server does not offer STARTTLS", imap_name(x));
	return 0;
}

static int
begin_session(struct imap *x, const struct server *s, const char *user,
    const char *password, struct fail *why)
{
	bool authenticated;

	if (greet(x, s, &authenticated, why) == -1)
		return -1;
	if (!authenticated && (secure(x, s, why) == -1 ||
	    imap_login(x, s, user, password, why) == -1))
		return -1;
	if (!x->knows_capabilities && imap_ask_capabilities(x, why) == -1)
		return -1;
	/* On this machine octets cost less than packing them. */
	if (!conn_is_local(x->conn) && imap_compress(x, why) == -1)
		return -1;
	return ask_for_utf8(x, why);
}

/* Over a connection that is taken over. */
static struct imap *
attach(struct conn *c, const struct server *s, const char *user,
    const char *password, struct fail *why)
{
	struct imap_input in = { input_line, input_read, c };
	struct imap *x = xcalloc(1, sizeof(*x));

	TAILQ_INIT(&x->jobs);
	x->conn = c;
	x->reader = imap_reader_new(&in);
	x->alive = true;
	x->may_compress = deflate_is_there() && !s->no_compress;
	if (begin_session(x, s, user, password, why) == 0)
		return x;
	imap_logout(x);
	return NULL;
}

/* Over a connection, or one that is made when all is known. */
static struct imap *
open_over(struct conn *c, const struct server *s, struct fail *why)
{
	char *user, *password = NULL;
	struct imap *x = NULL;

	if ((user = cred_user(s, why)) == NULL)
		fail(why, EX_NOPERM, "%s: no user is named", s->url.host);
	else
		password = cred_password(s, why);
	if (password != NULL && c == NULL)
		c = conn_open(s, why);
	if (password != NULL && c != NULL)
		x = attach(c, s, user, password, why);
	else
		conn_close(c);
	cred_wipe(password);
	free(user);
	return x;
}

struct imap *
imap_open(const struct server *s, struct fail *why)
{
	return open_over(NULL, s, why);
}

struct imap *
imap_attach(struct conn *c, const struct server *s, struct fail *why)
{
	return open_over(c, s, why);
}

void
imap_close(struct imap *x)
{
	struct imap_job *job;

	if (x == NULL)
		return;
	while ((job = TAILQ_FIRST(&x->jobs)) != NULL)
		free_job(x, job);
	strv_free(&x->capabilities);
	imap_reader_free(x->reader);
	conn_close(x->conn);
	free(x->more_text);
	free(x);
}

void
imap_logout(struct imap *x)
{
	struct fail ignored = { 0 };

	if (x == NULL)
		return;
	await_enabled(x);
	if (x->alive && TAILQ_EMPTY(&x->jobs)) {
		imap_set_watch(x, NULL);
		x->leaving = true;
		conn_set_timeout(x->conn, 2);
		imap_run(x, EX_TEMPFAIL, &ignored, "LOGOUT");
	}
	imap_close(x);
}
