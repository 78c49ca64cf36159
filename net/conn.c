/* SPDX-License-Identifier: ISC */
/*
 * conn.c -- a connection to a server: buffers, deadlines, TLS, compression,
 * transcript.
 *
 * The descriptor does not block; every wait has a deadline.  While output goes
 * out input is taken in, and what was lent to the caller must stay where it is
 * then: so the buffer is moved by reading calls alone, and where it must grow
 * during output the old one is kept until the next of them.
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conn_io.h"
#include "deflate.h"
#include "dial.h"
#include "tls.h"
#include "transcript.h"
#include "wait.h"

#define IN_SIZE		(256 * 1024)
#define IN_MAX		(4 * 1024 * 1024)	/* taken in while output goes out */
#define OUT_SIZE	(64 * 1024)

struct conn {
	int		 fd;
	struct tls	*tls;		/* owned; NULL before TLS */
	struct deflate	*deflate;	/* owned; NULL before compression */
	struct server	 server;	/* what TLS needs of it; owned */
	char		*name;		/* owned */
	FILE		*trace;		/* borrowed; or NULL */
	const volatile sig_atomic_t *signalled;
	void		(*moved)(void *ctx, size_t octets);
	void		*moved_ctx;
	bool		 is_private;	/* even without TLS */
	bool		 is_local;	/* it does not leave this machine */
	int		 timeout;	/* s->timeout; 0: the defaults */
	size_t		 max_line;	/* octets of a line */
	int		 limit;		/* by conn_set_timeout; 0: none set */
	int64_t		 until;		/* by conn_set_deadline; 0: none set */

	char		*in;		/* owned: [start, end) is not read yet */
	size_t		 start, end, size;
	char		*retired;	/* owned: the buffer before it grew; or NULL */
	bool		 bare_lf;
	struct fail	 dead;		/* why nothing comes in any more */
	bool		 mute;		/* nothing can be said any more */

	char		*out;		/* owned: OUT_SIZE */
	size_t		 out_n;
	bool		 out_secret;	/* wipe it when it is sent */
	bool		 saying_secret;	/* what is gathered now is secret */
	bool		 in_secret;	/* an authentication is going on */
	uint64_t	 unshown_in, unshown_out;
	uint64_t	 count_in, count_out;
};

/* --- Waiting. --- */

static int64_t
deadline_after(const struct conn *c, int otherwise)
{
	int seconds = c->limit > 0 ? c->limit :
	    c->timeout > 0 ? c->timeout : otherwise;
	int64_t deadline = wait_now() + 1000 * (int64_t)seconds;

	return c->until > 0 && c->until < deadline ? c->until : deadline;
}

/* Wait for the descriptor; 0 when something happened. */
static int
await(struct conn *c, int events, int64_t deadline, struct fail *why)
{
	int n = wait_for(c->fd, events, deadline, c->signalled);

	if (n > 0)
		return 0;
	if (n == 0)
		return fail(why, EX_TEMPFAIL, "%s: timed out", c->name);
	if (errno == EINTR)
		return fail(why, EX_TEMPFAIL, "%s: interrupted", c->name);
	return fail_errno(why, EX_OSERR, "%s: poll", c->name);
}

/* --- Octets in and out, never waiting. --- */

static ssize_t
receive_raw(struct conn *c, char *p, size_t n, int *want, struct fail *why)
{
	ssize_t got;

	*want = 0;
	if (c->tls != NULL)
		return tls_read(c->tls, p, n, want, why);
	got = recv(c->fd, p, n, 0);
	if (got != -1)
		return got;
	if (errno == EAGAIN || errno == EINTR)
		*want = POLLIN;
	else
		fail_errno(why, EX_TEMPFAIL, "connection lost");
	return -1;
}

static ssize_t
receive(struct conn *c, char *p, size_t n, int *want, struct fail *why)
{
	char *room;
	ssize_t got;
	size_t size;

	*want = 0;
	if (c->deflate == NULL)
		return receive_raw(c, p, n, want, why);
	while ((got = deflate_unpack(c->deflate, p, n, why)) == 0) {
		room = deflate_room(c->deflate, &size);
		got = receive_raw(c, room, size, want, why);
		if (got <= 0)
			break;
		deflate_came(c->deflate, (size_t)got);
	}
	return got;
}

static ssize_t
transmit(struct conn *c, const char *p, size_t n, int *want, struct fail *why)
{
	ssize_t done;

	*want = 0;
	if (c->tls != NULL)
		return tls_write(c->tls, p, n, want, why);
	done = send(c->fd, p, n, MSG_NOSIGNAL);
	if (done != -1)
		return done;
	if (errno == EAGAIN || errno == EINTR)
		*want = POLLOUT;
	else
		fail_errno(why, EX_TEMPFAIL, "connection lost");
	return -1;
}

static void
tell_moved(const struct conn *c, size_t n)
{
	if (c->moved != NULL)
		c->moved(c->moved_ctx, n);
}

/*
 * Take in what is there, where the buffer has room.  1: something came; 0: not
 * now, *want tells what to wait for; -1: nothing will come any more, c->dead
 * tells why.
 */
static int
take_in(struct conn *c, int *want)
{
	ssize_t n;

	*want = 0;
	if (c->dead.code != 0)
		return -1;
	if (c->end == c->size)
		return 0;
	n = receive(c, c->in + c->end, c->size - c->end, want, &c->dead);
	if (n > 0) {
		c->end += (size_t)n;
		c->count_in += (uint64_t)n;
		tell_moved(c, (size_t)n);
		return 1;
	}
	if (n == 0)
		fail(&c->dead, EX_TEMPFAIL, "the server closed the connection");
	if (c->dead.code == 0)
		return 0;
	fail_where(&c->dead, "%s", c->name);
	return -1;
}

/* Room for more input although the caller may still look at the old. */
static void
grow(struct conn *c)
{
	char *bigger;

	if (c->size >= IN_MAX || c->retired != NULL)
		return;
	bigger = xmalloc(IN_MAX);
	memcpy(bigger, c->in + c->start, c->end - c->start);
	c->retired = c->in;
	c->in = bigger;
	c->size = IN_MAX;
	c->end -= c->start;
	c->start = 0;
}

/* A reading call begins: what was lent is given back, the buffer may be moved. */
static void
make_room(struct conn *c)
{
	free(c->retired);
	c->retired = NULL;
	if (c->start == c->end)
		c->start = c->end = 0;
	else if (c->start >= c->size / 2) {
		memmove(c->in, c->in + c->start, c->end - c->start);
		c->end -= c->start;
		c->start = 0;
	}
}

/* Room for more of a line that is longer than the buffer has room for. */
static void
make_room_for_line(struct conn *c)
{
	char *bigger;

	if (c->end < c->size)
		return;
	if (c->start > 0) {
		memmove(c->in, c->in + c->start, c->end - c->start);
		c->end -= c->start;
		c->start = 0;
		return;
	}
	bigger = xmalloc(c->size * 2);
	memcpy(bigger, c->in, c->end);
	free(c->in);
	c->in = bigger;
	c->size *= 2;
}

static int
is_dead(const struct conn *c, struct fail *why)
{
	return fail(why, c->dead.code, "%s", c->dead.text);
}

/* Wait until more has come in. */
static int
fill(struct conn *c, int64_t deadline, struct fail *why)
{
	int n, want;

	while ((n = take_in(c, &want)) == 0)
		if (await(c, want, deadline, why) == -1)
			return -1;
	return n == -1 ? is_dead(c, why) : 0;
}

/* --- Output. --- */

static void
wipe_out(struct conn *c)
{
	if (c->out_secret)
		explicit_bzero(c->out, OUT_SIZE);
	c->out_secret = false;
	c->out_n = 0;
}

/*
 * Send what was gathered.  Input that ended is no failure here: a server may
 * close its side and still read.
 */
int
conn_flush(struct conn *c, struct fail *why)
{
	int64_t deadline = deadline_after(c, TIMEOUT_TRANSFER);
	struct span out = { c->out, c->out_n };
	int want_in, want_out;
	size_t sent = 0;
	ssize_t n;

	if (c->deflate != NULL && out.n > 0)
		out = deflate_pack(c->deflate, out.p, out.n);
	while (sent < out.n) {
		n = transmit(c, out.p + sent, out.n - sent, &want_out, why);
		if (n > 0) {
			sent += (size_t)n;
			c->count_out += (uint64_t)n;
			tell_moved(c, (size_t)n);
			deadline = deadline_after(c, TIMEOUT_TRANSFER);
			continue;
		}
		if (want_out == 0) {
			fail_where(why, "%s", c->name);
			break;
		}
		if (c->end == c->size)
			grow(c);
		if (take_in(c, &want_in) == 1)
			continue;
		if (await(c, want_out | want_in, deadline, why) == -1)
			break;
	}
	c->mute = sent < out.n;
	wipe_out(c);
	return c->mute ? -1 : 0;
}

int
conn_put(struct conn *c, const char *p, size_t n, struct fail *why)
{
	size_t some;

	if (c->mute)
		return fail(why, EX_TEMPFAIL, "%s: the connection is lost",
		    c->name);
	while (n > 0) {
		if (c->out_n == OUT_SIZE && conn_flush(c, why) == -1)
			return -1;
		some = n < OUT_SIZE - c->out_n ? n : OUT_SIZE - c->out_n;
		memcpy(c->out + c->out_n, p, some);
		c->out_secret = c->out_secret || c->saying_secret;
		c->out_n += some;
		p += some;
		n -= some;
	}
	return 0;
}

void
conn_show_text(struct conn *c, char who, uint64_t n)
{
	transcript_octets(c->trace, who, n);
}

/* What came and went beside lines is shown before the next line. */
static void
show_octets(struct conn *c)
{
	transcript_octets(c->trace, 'S', c->unshown_in);
	transcript_octets(c->trace, 'C', c->unshown_out);
	c->unshown_in = c->unshown_out = 0;
}

/* `shown' is -1 for a line without a secret. */
static int PRINTF_LIKE(4, 0)
say(struct conn *c, int shown, struct fail *why, const char *fmt, va_list ap)
{
	char *text = NULL;
	int n = vasprintf(&text, fmt, ap), result;
	struct span line = { text, n == -1 ? 0 : (size_t)n };

	if (n == -1)
		return fail(why, EX_OSERR, "out of memory");
	if (memchr(text, '\n', line.n) != NULL ||
	    memchr(text, '\r', line.n) != NULL ||
	    memchr(text, '\0', line.n) != NULL) {
		freezero(text, line.n);
		return fail(why, EX_DATAERR, "%s: a line break or NUL in what "
		    "is to be said", c->name);
	}
	show_octets(c);
	if (shown >= 0)
		transcript_secret(c->trace, 'C', line, shown);
	else
		transcript_line(c->trace, 'C', line);
	c->in_secret = c->saying_secret = shown >= 0;
	result = conn_put(c, line.p, line.n, why);
	c->saying_secret = false;
	if (result == 0)
		result = conn_put(c, "\r\n", 2, why);
	if (shown >= 0)
		freezero(text, line.n);
	else
		free(text);
	return result;
}

int
conn_say(struct conn *c, struct fail *why, const char *fmt, ...)
{
	va_list ap;
	int result;

	va_start(ap, fmt);
	result = say(c, -1, why, fmt, ap);
	va_end(ap);
	return result;
}

int
conn_say_secret(struct conn *c, int shown, struct fail *why, const char *fmt,
    ...)
{
	va_list ap;
	int result;

	va_start(ap, fmt);
	result = say(c, shown < 0 ? 0 : shown, why, fmt, ap);
	va_end(ap);
	return result;
}

int
conn_write(struct conn *c, const void *p, size_t n, struct fail *why)
{
	c->unshown_out += n;
	return conn_put(c, p, n, why);
}

int
conn_write_secret(struct conn *c, const void *p, size_t n, struct fail *why)
{
	struct span all = { p, n };
	int result;

	show_octets(c);
	transcript_secret(c->trace, 'C', all, 0);
	c->in_secret = c->saying_secret = true;
	result = conn_put(c, p, n, why);
	c->saying_secret = false;
	return result;
}

/* --- Input. --- */

static const char *
find_line_end(const struct conn *c, size_t from)
{
	return memchr(c->in + c->start + from, '\n', c->end - c->start - from);
}

bool
conn_has_line(const struct conn *c)
{
	return find_line_end(c, 0) != NULL;
}

bool
conn_bare_lf(const struct conn *c)
{
	return c->bare_lf;
}

/* During an authentication the server's challenges are nobody's business. */
static void
show_line(struct conn *c, struct span line)
{
	show_octets(c);
	if (c->in_secret && (span_has_prefix(line, "334 ") ||
	    span_has_prefix(line, "+ ")))
		transcript_secret(c->trace, 'S', line, 1);
	else
		transcript_line(c->trace, 'S', line);
}

int
conn_line(struct conn *c, struct span *line, struct fail *why)
{
	int64_t deadline = 0;
	const char *end;
	size_t seen = 0;

	if (c->out_n > 0 && conn_flush(c, why) == -1)
		return -1;
	make_room(c);
	while ((end = find_line_end(c, seen)) == NULL) {
		seen = c->end - c->start;
		if (seen > c->max_line)
			break;
		if (deadline == 0)
			deadline = deadline_after(c, TIMEOUT_REPLY);
		make_room_for_line(c);
		if (fill(c, deadline, why) == -1)
			return -1;
	}
	line->p = c->in + c->start;
	line->n = end == NULL ? seen : (size_t)(end - line->p);
	if (line->n > c->max_line)
		return fail(why, EX_PROTOCOL, "%s: a line of more than %zu "
		    "octets", c->name, c->max_line);
	c->start += line->n + 1;
	c->bare_lf = line->n == 0 || line->p[line->n - 1] != '\r';
	if (!c->bare_lf)
		line->n--;
	show_line(c, *line);
	if (memchr(line->p, '\0', line->n) != NULL)
		return fail(why, EX_PROTOCOL, "%s: a NUL in a line", c->name);
	return 0;
}

int
conn_peek(struct conn *c, struct span *got, struct fail *why)
{
	if (c->out_n > 0 && conn_flush(c, why) == -1)
		return -1;
	make_room(c);
	if (c->start == c->end &&
	    fill(c, deadline_after(c, TIMEOUT_REPLY), why) == -1)
		return -1;
	got->p = c->in + c->start;
	got->n = c->end - c->start;
	return 0;
}

void
conn_taken(struct conn *c, size_t n)
{
	c->start += n;
}

int
conn_read(struct conn *c, size_t n, struct span *got, struct fail *why)
{
	if (conn_peek(c, got, why) == -1)
		return -1;
	if (got->n > n)
		got->n = n;
	conn_taken(c, got->n);
	c->unshown_in += got->n;
	return 0;
}

int
conn_wait(struct conn *c, int seconds, struct fail *why)
{
	int64_t deadline = wait_now() + 1000 * (int64_t)seconds;
	int n, want;

	if (c->out_n > 0 && conn_flush(c, why) == -1)
		return -1;
	make_room(c);
	if (c->start < c->end)
		return 1;
	/* That the connection is gone is told by the reading that follows. */
	while (take_in(c, &want) == 0) {
		n = wait_for(c->fd, want, deadline, c->signalled);
		if (n == 0)
			return 0;
		if (n == -1)
			return errno == EINTR ? fail(why, EX_TEMPFAIL,
			    "%s: interrupted", c->name) :
			    fail_errno(why, EX_OSERR, "%s: poll", c->name);
	}
	return 1;
}

void
conn_set_timeout(struct conn *c, int seconds)
{
	c->limit = seconds > 0 ? seconds : 0;
}

void
conn_set_deadline(struct conn *c, int seconds)
{
	c->until = seconds > 0 ? wait_now() + 1000 * (int64_t)seconds : 0;
}

/* --- TLS. --- */

static int
shake_hands(struct conn *c, struct fail *why)
{
	int64_t deadline = deadline_after(c, TIMEOUT_CONNECT);
	int want;

	while (tls_handshake(c->tls, &want, why) != 1) {
		if (want == 0) {
			fail_where(why, "%s", c->name);
			return -1;
		}
		if (await(c, want, deadline, why) == -1)
			return -1;
	}
	return 0;
}

static int
begin_tls(struct conn *c, struct fail *why)
{
	c->tls = tls_new(c->fd, &c->server, why);
	if (c->tls == NULL)
		fail_where(why, "%s", c->name);
	if (c->tls == NULL || shake_hands(c, why) == -1) {
		fail(&c->dead, EX_TEMPFAIL, "%s: there is no TLS", c->name);
		c->mute = true;
		return -1;
	}
	transcript_remark(c->trace, tls_describe(c->tls));
	return 0;
}

/*
 * A server hears our ClientHello before it says anything, so whatever is there
 * now is somebody's who cannot see what follows.
 */
int
conn_start_tls(struct conn *c, struct fail *why)
{
	char octet;

	if (c->tls != NULL)
		return fail(why, EX_SOFTWARE, "%s: TLS is there already",
		    c->name);
	if (c->out_n > 0 && conn_flush(c, why) == -1)
		return -1;
	if (c->start != c->end ||
	    recv(c->fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT) == 1) {
		fail(&c->dead, EX_PROTOCOL, "%s: plaintext waits behind the "
		    "reply to STARTTLS", c->name);
		c->mute = true;
		return is_dead(c, why);
	}
	return begin_tls(c, why);
}

/* What stands behind the server's leave is packed already (RFC 4978 4). */
int
conn_start_deflate(struct conn *c, struct fail *why)
{
	struct span waiting = { c->in + c->start, c->end - c->start };

	if (c->deflate != NULL || conn_flush(c, why) == -1 ||
	    (c->deflate = deflate_new(waiting)) == NULL)
		return fail(why, EX_SOFTWARE, "%s: no compression", c->name);
	c->start = c->end;
	transcript_remark(c->trace, "compressed from here on");
	return 0;
}

bool
conn_is_packed(const struct conn *c)
{
	return c->deflate != NULL;
}

bool
conn_is_local(const struct conn *c)
{
	return c->is_local;
}

bool
conn_is_tls(const struct conn *c)
{
	return c->tls != NULL;
}

bool
conn_is_private(const struct conn *c)
{
	return c->tls != NULL || c->is_private;
}

bool
conn_binding(const struct conn *c, unsigned char out[static TLS_BINDING_SIZE])
{
	return c->tls != NULL && tls_binding(c->tls, out);
}

const char *
conn_name(const struct conn *c)
{
	return c->name;
}

int
conn_fd(const struct conn *c)
{
	return c->fd;
}

/* --- Beginning and end. --- */

static char *
copy(const char *s)
{
	return s == NULL ? NULL : xstrdup(s);
}

static char *
name_of(const struct url *u)
{
	if (u->host == NULL)
		return xstrdup(u->path == NULL ? "server" : u->path);
	return xasprintf(strchr(u->host, ':') != NULL ? "[%s]:%s" : "%s:%s",
	    u->host, u->port == NULL ? "" : u->port);
}

/* The record of the server need not live as long as the connection. */
static struct conn *
new_conn(int fd, const struct server *s)
{
	struct conn *c = xcalloc(1, sizeof *c);

	c->fd = fd;
	c->name = name_of(&s->url);
	c->server.url.host = copy(s->url.host);
	c->server.url.port = copy(s->url.port);
	c->server.tls = s->tls;
	c->server.tls_verify = s->tls_verify;
	c->server.tls_ca_file = copy(s->tls_ca_file);
	c->server.tls_fingerprint = copy(s->tls_fingerprint);
	c->server.tls_min = copy(s->tls_min);
	c->server.tls_cert = copy(s->tls_cert);
	c->server.tls_key = copy(s->tls_key);
	c->server.tls_sessions = copy(s->tls_sessions);
	c->trace = s->trace;
	c->signalled = s->signalled;
	c->moved = s->moved;
	c->moved_ctx = s->moved_ctx;
	c->timeout = s->timeout;
	c->max_line = s->max_line > 0 ? s->max_line : MAX_REPLY_LINE;
	c->is_local = (s->proxy == NULL || *s->proxy == '\0') &&
	    dial_is_loopback(fd);
	c->is_private = s->cleartext_ok || c->is_local;
	c->size = IN_SIZE;
	c->in = xmalloc(c->size);
	c->out = xmalloc(OUT_SIZE);
	return c;
}

struct conn *
conn_attach(int fd, const struct server *s, struct fail *why)
{
	struct conn *c = new_conn(fd, s);
	int flags = fcntl(fd, F_GETFL);

	if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		fail_errno(why, EX_OSERR, "%s", c->name);
	else if (s->tls != TLS_IMPLICIT || begin_tls(c, why) == 0)
		return c;
	conn_close(c);
	return NULL;
}

struct conn *
conn_open(const struct server *s, struct fail *why)
{
	struct conn *c;
	char *name;
	int fd;

	if ((fd = dial(s, why)) == -1)
		return NULL;
	if ((c = conn_attach(fd, s, why)) == NULL)
		return NULL;
	name = xasprintf("connected to %s", c->name);
	if (c->tls == NULL)
		transcript_remark(c->trace, name);
	free(name);
	return c;
}

void
conn_close(struct conn *c)
{
	if (c == NULL)
		return;
	show_octets(c);
	wipe_out(c);
	tls_free(c->tls);
	deflate_free(c->deflate);
	close(c->fd);
	server_free(&c->server);
	free(c->name);
	free(c->in);
	free(c->retired);
	free(c->out);
	free(c);
}
