/* SPDX-License-Identifier: ISC */
/*
 * transport.c -- how a message leaves: an SMTP or LMTP server, a sendmail program
 * started without a shell, or straight into a folder.
 *
 * Many recipients go in several transactions of at most RCPT_LIMIT (RFC 5321
 * 4.5.3.1.8), or what the server says it takes (RFC 9422).
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../mime/recast.h"
#include "../net/url.h"
#include "child.h"
#include "folder.h"
#include "out.h"
#include "progress.h"
#include "sending.h"
#include "server.h"
#include "vars.h"
#include "words.h"

#define RCPT_LIMIT	100	/* every server takes so many */
#define RCPT_MOST	1000	/* in one transaction, whatever a server says */

/* --- Which. --- */

static const char *const programs[] = { "/usr/sbin/sendmail",
	"/usr/lib/sendmail" };

static char *
find_sendmail(struct fail *why)
{
	size_t i;

	for (i = 0; i < NELEM(programs); i++)
		if (access(programs[i], X_OK) == 0)
			return xstrdup(programs[i]);
	fail(why, EX_CONFIG, "no way to send: the variable mta is not set, and "
	    "there is no %s", programs[0]);
	return NULL;
}

/* What the variables say; the host in `smtp' is how older programs had it. */
char *
transport_configured(const struct mailx *m)
{
	const char *mta = var_get(m, "mta"), *smtp = var_get(m, "smtp");

	if (mta != NULL && *mta != '\0')
		return xstrdup(mta);
	if (smtp == NULL || *smtp == '\0')
		return xstrdup("sendmail");
	return url_is_url(smtp) ? xstrdup(smtp) : xasprintf("smtp://%s", smtp);
}

static int
find_server(struct mailx *m, struct transport *t, char *mta, struct fail *why)
{
	struct url u;

	t->kind = TO_SERVER;
	t->target = mta;
	if (url_parse(mta, &u, why) == -1) {
		fail_where(why, "mta");
		why->code = EX_CONFIG;
		return -1;
	}
	t->shown = u.host == NULL ? xstrdup(u.path) :
	    xasprintf("%s:%s", u.host, u.port);
	if (u.scheme < SCHEME_SMTP)
		fail(why, EX_CONFIG, "mta: %s: not a server that takes mail",
		    t->shown);
	else if (u.scheme != SCHEME_LMTP)
		t->domain = own_host(m);
	url_free(&u);
	return why->code == 0 ? 0 : -1;
}

static int
find_program(struct mailx *m, struct transport *t, char *mta, struct fail *why)
{
	t->kind = TO_PROGRAM;
	if (strstr(mta, "://") != NULL)
		fail(why, EX_CONFIG, "mta: %.*s: no such protocol",
		    (int)strcspn(mta, ":"), mta);
	else if (strcmp(mta, "sendmail") == 0)
		t->target = find_sendmail(why);
	else if (*mta == '~')
		t->target = words_file(m, mta, why);
	else if (strchr(mta, '/') != NULL)
		t->target = xstrdup(mta);
	else
		fail(why, EX_CONFIG, "mta: %s: neither a URL nor a path", mta);
	free(mta);
	if (t->target == NULL)
		return -1;
	t->shown = xstrdup(t->target);
	return 0;
}

/* Takes the name. */
static int
find(struct mailx *m, struct transport *t, char *mta, struct fail *why)
{
	memset(t, 0, sizeof *t);
	if (url_is_url(mta))
		return find_server(m, t, mta, why);
	if (strncmp(mta, "maildir:", 8) != 0 && strncmp(mta, "mbox:", 5) != 0)
		return find_program(m, t, mta, why);
	t->kind = TO_FOLDER;
	t->target = mta;
	t->shown = xstrdup(mta);
	return 0;
}

int
transport_find(struct mailx *m, struct transport *t, struct fail *why)
{
	return find(m, t, transport_configured(m), why);
}

int
transport_named(struct mailx *m, const char *mta, struct transport *t,
    struct fail *why)
{
	return find(m, t, xstrdup(mta), why);
}

void
transport_free(struct transport *t)
{
	/* A URL may hold a password. */
	if (t->target != NULL)
		explicit_bzero(t->target, strlen(t->target));
	free(t->target);
	free(t->shown);
	free(t->domain);
	memset(t, 0, sizeof *t);
}

/* --- Batches of recipients. --- */

/* The rest of a message that some have got already. */
static void
set_rest(struct smtp_rcpt *r, size_t n, const struct fail *why)
{
	enum smtp_state state = why->code == EX_NOUSER ||
	    why->code == EX_UNAVAILABLE ? RCPT_REFUSED : RCPT_DEFERRED;
	size_t i;

	for (i = 0; i < n; i++) {
		if (r[i].state == RCPT_REFUSED || (r[i].state == RCPT_DEFERRED &&
		    r[i].reply != NULL))
			continue;
		r[i].state = state;
		free(r[i].reply);
		r[i].reply = xstrdup(why->text);
	}
}

static void
set_all(struct smtp_rcpt *r, size_t n, enum smtp_state state)
{
	size_t i;

	for (i = 0; i < n; i++)
		r[i].state = state;
}

/* 452: too many at once (RFC 5321 4.5.3.1.10).  They go to the end; how many do not? */
static size_t
put_off(struct smtp_rcpt *r, size_t n)
{
	struct smtp_rcpt *later = xcalloc(n, sizeof *later);
	size_t i, kept = 0, off = 0;

	for (i = 0; i < n; i++)
		if (r[i].state == RCPT_DEFERRED && r[i].reply != NULL &&
		    strncmp(r[i].reply, "452", 3) == 0)
			later[off++] = r[i];
		else
			r[kept++] = r[i];
	for (i = 0; i < off; i++)
		r[kept + i] = later[i];
	free(later);
	return kept;
}

/* --- A server. --- */

static size_t
limit_of(const struct smtp *x)
{
	const char *args, *p;
	long long n;
	char digits[8];

	if (!smtp_offers(x, "LIMITS", &args) ||
	    (p = strstr(args, "RCPTMAX=")) == NULL)
		return RCPT_LIMIT;
	p += strlen("RCPTMAX=");
	strlcpy(digits, p, sizeof digits);
	digits[strspn(digits, "0123456789")] = '\0';
	n = strtonum(digits, 1, RCPT_MOST, NULL);
	return n > 0 ? (size_t)n : RCPT_LIMIT;
}

static int
send_batches(struct smtp *x, struct smtp_message *msg, struct outgoing *o,
    struct fail *why)
{
	size_t limit = msg->all_or_nothing ? o->nrcpt : limit_of(x), done = 0;

	while (done < o->nrcpt) {
		msg->rcpt = o->rcpt + done;
		msg->nrcpt = o->nrcpt - done < limit ? o->nrcpt - done : limit;
		msg->last = !o->more && done + msg->nrcpt == o->nrcpt;
		if (smtp_send(x, msg, &o->uncertain, why) == -1) {
			if (done == 0)
				return -1;
			set_rest(msg->rcpt, o->nrcpt - done, why);
			fail_clear(why);
			return 0;
		}
		done += put_off(msg->rcpt, msg->nrcpt);
	}
	return 0;
}

/* RFC 4865 4: the parameter says how many seconds at most. */
static bool
can_hold(const struct smtp *x, uint32_t seconds)
{
	const char *args, *error;
	char digits[16];
	long long most;

	if (!smtp_offers(x, "FUTURERELEASE", &args))
		return false;
	strlcpy(digits, args, sizeof digits);
	digits[strspn(digits, "0123456789")] = '\0';
	most = strtonum(digits, 0, INT64_MAX, &error);
	return error == NULL && (long long)seconds <= most;
}

/* At least one, for nought is at once. */
static uint32_t
seconds_until(int64_t when)
{
	int64_t left = when - (int64_t)time(NULL);

	return left < 1 ? 1 : left > INT32_MAX ? INT32_MAX : (uint32_t)left;
}

static int
copy_octets(void *ctx, FILE *out, struct fail *why)
{
	rewind(ctx);
	return stream_copy(ctx, out, UINT64_MAX, why);
}

/*
 * As it goes to a server that takes binary parts (RFC 3030).  Only on the way: what
 * lies in the outbox, and what is recorded, any server and any mailbox can take.
 */
static FILE *
as_octets(struct outgoing *o, struct smtp_message *msg, struct fail *why)
{
	FILE *lines = outgoing_stage(o, why), *octets;
	int r = -1;

	if (lines == NULL)
		return NULL;
	octets = store_stage(why);
	if (octets != NULL)
		r = recast_to_octets(lines, !o->resent, octets, why);
	if (r == 0 && fflush(octets) != 0)
		r = fail_errno(why, EX_IOERR, "a temporary file");
	fclose(lines);
	if (r == -1) {
		if (octets != NULL)
			fclose(octets);
		return NULL;
	}
	msg->size = (uint64_t)ftello(octets);
	msg->binary = true;
	msg->write = copy_octets;
	msg->ctx = octets;
	return octets;
}

static void
describe(const struct mailx *m, const struct outgoing *o,
    struct smtp_message *msg)
{
	msg->from = o->from;
	msg->size = o->size;
	msg->eightbit = o->eightbit;
	msg->utf8 = o->utf8;
	if (o->hold_until != 0)
		msg->hold = seconds_until(o->hold_until);
	msg->all_or_nothing = !is_on(m, "partial");
	msg->notify = var_get(m, "dsn");
	msg->require_tls = is_on(m, "requiretls");
	msg->write = o->write;
	msg->ctx = o->ctx;
}

static int
converse(struct mailx *m, struct session *s, const struct transport *t,
    struct outgoing *o, struct fail *why)
{
	struct smtp_message msg = { 0 };
	struct smtp *x = s->x;
	FILE *octets = NULL;
	bool binary;
	int r;

	if (o->utf8 && !smtp_offers(x, "SMTPUTF8", NULL))
		return fail(why, EX_NOUSER, "%s: the server does not take "
		    "addresses beyond ASCII (SMTPUTF8)", t->shown);
	if (o->hold_until != 0 && !can_hold(x, seconds_until(o->hold_until)))
		return fail(why, EX_CONFIG, "%s: the server does not hold "
		    "messages until that time (FUTURERELEASE)", t->shown);
	msg.chunking = !s->no_chunking && is_on(m, "chunking");
	binary = msg.chunking && smtp_takes_binary(x);
	if (o->prepare(o, binary ? CARRIES_BINARY :
	    smtp_offers(x, "8BITMIME", NULL) ? CARRIES_8BIT : CARRIES_7BIT,
	    why) == -1)
		return -1;
	describe(m, o, &msg);
	if (binary && (o->binary || (!o->resent &&
	    var_is_set(m, "binarymime"))) &&
	    (octets = as_octets(o, &msg, why)) == NULL)
		return -1;
	progress_expect(m, msg.size, 0);
	r = send_batches(x, &msg, o, why);
	if (octets != NULL)
		fclose(octets);
	s->no_chunking = s->no_chunking || (is_on(m, "chunking") &&
	    !msg.chunking);
	return r;
}

void
session_end(struct session *s)
{
	if (s->x == NULL)
		return;
	smtp_close(s->x);
	server_free(&s->server);
	s->x = NULL;
	s->no_chunking = false;
}

static int
begin(struct mailx *m, const struct transport *t, struct session *s,
    struct fail *why)
{
	if (s->x != NULL)
		return 0;
	s->broken = true;
	if (server_setup(m, t->target, &s->server, why) == -1)
		return -1;
	if (s->signalled != NULL)
		s->server.signalled = s->signalled;
	s->x = smtp_open(&s->server, why);
	if (s->x == NULL) {
		server_free(&s->server);
		return -1;
	}
	s->broken = false;
	return 0;
}

/*
 * A server may end a session after so many messages, or turn out not to know
 * what it offers: then another is begun, once.
 */
static int
to_server(struct mailx *m, const struct transport *t, struct outgoing *o,
    struct session *s, struct fail *why)
{
	bool again = s->x != NULL, plain = s->no_chunking;
	int r;

	do {
		r = begin(m, t, s, why);
		if (r == 0)
			r = converse(m, s, t, o, why);
		again = again || s->no_chunking != plain;
		plain = s->no_chunking;
		if (s->x != NULL && smtp_is_over(s->x))
			session_end(s);
		s->no_chunking = plain;
		if (!again || r == 0 || s->x != NULL || s->broken ||
		    o->uncertain || why->code != EX_TEMPFAIL)
			return r;
		again = false;
		fail_clear(why);
	} while (true);
}

/* --- A folder. --- */

static int
to_folder(struct mailx *m, const struct transport *t, struct outgoing *o,
    struct fail *why)
{
	char *name = folder_resolve(m, t->target, false, why);
	FILE *f;
	int r = -1;

	if (name == NULL)
		return -1;
	if (o->prepare(o, CARRIES_8BIT, why) == 0 &&
	    (f = outgoing_stage(o, why)) != NULL) {
		r = store_deliver(name, f, NULL, &m->options, why);
		fclose(f);
	}
	free(name);
	if (r == 0)
		set_all(o->rcpt, o->nrcpt, RCPT_ACCEPTED);
	return r;
}

/* --- A sendmail program. --- */

static char *const *
arguments(struct strv *argv, const struct transport *t,
    const struct outgoing *o, size_t from, size_t n)
{
	size_t i;

	strv_add(argv, t->target);
	strv_add(argv, "-i");
	if (o->from_given) {
		strv_add(argv, "-f");
		strv_add(argv, o->from);
	}
	for (i = 0; o->sendmail_args != NULL && i < o->sendmail_args->n; i++)
		strv_add(argv, o->sendmail_args->v[i]);
	strv_add(argv, "--");
	for (i = 0; i < n; i++)
		strv_add(argv, o->rcpt[from + i].addr);
	return argv->v;
}

/* The first line of what it said; the caller frees. */
static char *
first_line(FILE *said)
{
	char *line = NULL;
	size_t cap = 0;

	rewind(said);
	if (xgetline(&line, &cap, said) <= 0) {
		free(line);
		return xstrdup("");
	}
	line[strcspn(line, "\r\n")] = '\0';
	return line;
}

static int
judge(const struct transport *t, int status, off_t left, FILE *said,
    struct fail *why)
{
	char *line = first_line(said);
	const char *colon = *line == '\0' ? "" : ": ";

	if (status > CHILD_SIGNAL)
		fail(why, EX_TEMPFAIL, "%s: ended by signal %d%s%s", t->shown,
		    status - CHILD_SIGNAL, colon, line);
	else if (status != 0)
		fail(why, status >= EX_USAGE && status <= EX_CONFIG ? status :
		    EX_OSERR, "%s: exit status %d%s%s", t->shown, status,
		    colon, line);
	else if (left != 0)
		fail(why, EX_OSERR, "%s: did not read the message%s%s",
		    t->shown, colon, line);
	free(line);
	return why->code == 0 ? 0 : -1;
}

/* The child's position in the file is ours too: did it read to the end? */
static int
run_program(const struct transport *t, char *const *argv, FILE *f, FILE *said,
    struct fail *why)
{
	off_t end;
	int status;

	rewind(f);
	rewind(said);
	if (ftruncate(fileno(said), 0) == -1)
		return fail_errno(why, EX_OSERR, "a temporary file");
	if (child_run(argv, f, said, true, &status, why) == -1)
		return -1;
	end = lseek(fileno(f), 0, SEEK_CUR);
	return judge(t, status, lseek(fileno(f), 0, SEEK_END) - end, said, why);
}

static int
run_batches(const struct transport *t, struct outgoing *o, FILE *f, FILE *said,
    struct fail *why)
{
	struct strv argv = { 0 };
	size_t done, some;
	int r;

	for (done = 0; done < o->nrcpt; done += some) {
		some = o->nrcpt - done < RCPT_MOST ? o->nrcpt - done :
		    RCPT_MOST;
		arguments(&argv, t, o, done, some);
		r = run_program(t, argv.v, f, said, why);
		strv_free(&argv);
		if (r == -1 && done == 0)
			return -1;
		if (r == -1) {
			set_rest(o->rcpt + done, o->nrcpt - done, why);
			fail_clear(why);
			break;
		}
		set_all(o->rcpt + done, some, RCPT_ACCEPTED);
	}
	return 0;
}

/* What a program says that did its work is for those who want to see it. */
static void
show(struct mailx *m, FILE *said)
{
	FILE *safe;

	if (!var_is_set(m, "verbose"))
		return;
	rewind(said);
	safe = out_sanitiser(stderr);
	(void)stream_copy(said, safe, UINT64_MAX, NULL);
	fclose(safe);
}

static int
to_program(struct mailx *m, const struct transport *t, struct outgoing *o,
    struct fail *why)
{
	FILE *f = NULL, *said = NULL;
	int r = -1;

	if (access(t->target, X_OK) == -1)
		return fail_errno(why, EX_CONFIG, "%s", t->target);
	if (o->prepare(o, CARRIES_7BIT, why) == 0 &&
	    (f = child_file(why)) != NULL && (said = child_file(why)) != NULL &&
	    o->write(o->ctx, f, why) == 0) {
		if (fflush(f) != 0 || ferror(f))
			fail_errno(why, EX_IOERR, "the message cannot be "
			    "staged");
		else
			r = run_batches(t, o, f, said, why);
		if (r == 0)
			show(m, said);
	}
	if (f != NULL)
		fclose(f);
	if (said != NULL)
		fclose(said);
	return r;
}

int
transport_send_over(struct mailx *m, const struct transport *t,
    struct outgoing *o, struct session *s, struct fail *why)
{
	o->uncertain = false;
	if (o->hold_until != 0 && t->kind != TO_SERVER)
		return fail(why, EX_CONFIG, "%s: it does not hold messages "
		    "until a time", t->shown);
	switch (t->kind) {
	case TO_SERVER:
		return to_server(m, t, o, s, why);
	case TO_FOLDER:
		return to_folder(m, t, o, why);
	case TO_PROGRAM:
		break;
	}
	return to_program(m, t, o, why);
}

int
transport_send(struct mailx *m, const struct transport *t, struct outgoing *o,
    struct fail *why)
{
	struct session s = { 0 };
	int r = transport_send_over(m, t, o, &s, why);

	session_end(&s);
	return r;
}
