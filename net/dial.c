/* SPDX-License-Identifier: ISC */
/*
 * dial.c -- from a server's name to a connected descriptor; SOCKS5 (RFC 1928,
 * and 1929 for a user with a password).
 *
 * The time allowed is shared among the addresses, so that one that swallows
 * packets leaves some for the next.
 */
#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "dial.h"
#include "wait.h"

struct target {		/* what is connected to: the server or its proxy */
	char		*host;
	char		*port;
	char		*user, *password;	/* for a proxy; or NULL */
};

int
dial_code(int gai)
{
	if (gai == EAI_NONAME)
		return EX_NOHOST;
#ifdef EAI_NODATA
	if (gai == EAI_NODATA)
		return EX_NOHOST;
#endif
	return EX_TEMPFAIL;
}

bool
dial_is_loopback(int fd)
{
	union {
		struct sockaddr		 any;
		struct sockaddr_in	 in;
		struct sockaddr_in6	 in6;
		struct sockaddr_storage	 all;
	} a;
	socklen_t n = sizeof a;

	memset(&a, 0, sizeof a);
	if (getpeername(fd, &a.any, &n) == -1)
		return false;
	switch (a.any.sa_family) {
	case AF_UNIX:
		return true;
	case AF_INET:
		return ntohl(a.in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	case AF_INET6:
		return IN6_IS_ADDR_LOOPBACK(&a.in6.sin6_addr) ||
		    (IN6_IS_ADDR_V4MAPPED(&a.in6.sin6_addr) &&
		    a.in6.sin6_addr.s6_addr[12] == IN_LOOPBACKNET);
	default:
		return false;
	}
}

static int
open_socket(int family)
{
	int one = 1;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd != -1 && family != AF_UNIX) {
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
		    sizeof one);
		(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one,
		    sizeof one);
	}
	return fd;
}

/* Connect by the deadline: the descriptor, or -1 with errno. */
static int
try_address(const struct sockaddr *a, socklen_t n, int64_t deadline,
    const volatile sig_atomic_t *signalled)
{
	int fd = open_socket(a->sa_family), ready, error = 0;
	socklen_t len = sizeof error;

	if (fd == -1)
		return -1;
	if (connect(fd, a, n) == 0)
		return fd;
	if (errno == EINPROGRESS || errno == EINTR) {
		ready = wait_for(fd, POLLOUT, deadline, signalled);
		if (ready > 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error,
		    &len) == 0 && error == 0)
			return fd;
		errno = ready == 0 ? ETIMEDOUT : error != 0 ? error : errno;
	}
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static int
count(const struct addrinfo *a)
{
	int n = 0;

	for (; a != NULL; a = a->ai_next)
		n++;
	return n;
}

static int
try_all(const struct target *t, const struct addrinfo *a, int64_t deadline,
    const struct server *s, struct fail *why)
{
	int fd = -1, left = count(a);
	int64_t now;

	errno = EADDRNOTAVAIL;
	for (; a != NULL && fd == -1; a = a->ai_next, left--) {
		now = wait_now();
		fd = try_address(a->ai_addr, a->ai_addrlen,
		    now + (deadline - now) / left, s->signalled);
		if (fd == -1 && errno == EINTR)
			break;
	}
	if (fd == -1)
		fail_errno(why, EX_TEMPFAIL, "%s:%s: cannot connect", t->host,
		    t->port);
	return fd;
}

static int
dial_host(const struct target *t, int64_t deadline, const struct server *s,
    struct fail *why)
{
	struct addrinfo hints, *list;
	int fd, error;

	memset(&hints, 0, sizeof hints);
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = AI_NUMERICSERV;
	error = getaddrinfo(t->host, t->port, &hints, &list);
	if (error != 0)
		return fail(why, dial_code(error), "%s:%s: cannot find the "
		    "host: %s", t->host, t->port, gai_strerror(error));
	fd = try_all(t, list, deadline, s, why);
	freeaddrinfo(list);
	return fd;
}

static int
dial_socket(const char *path, int64_t deadline, const struct server *s,
    struct fail *why)
{
	struct sockaddr_un sun;
	int fd;

	memset(&sun, 0, sizeof sun);
	sun.sun_family = AF_UNIX;
	if (strlcpy(sun.sun_path, path, sizeof sun.sun_path) >=
	    sizeof sun.sun_path)
		return fail(why, EX_CONFIG, "%s: too long for a socket", path);
	fd = try_address((struct sockaddr *)&sun, sizeof sun, deadline,
	    s->signalled);
	if (fd == -1)
		fail_errno(why, errno == EACCES || errno == EPERM ?
		    EX_NOPERM : EX_TEMPFAIL, "%s: cannot connect", path);
	return fd;
}

/* --- SOCKS5: the proxy resolves the name. --- */

static int
proxy_write(int fd, const void *p, size_t n, int64_t deadline,
    const struct server *s)
{
	const char *q = p;
	ssize_t done;

	while (n > 0) {
		done = send(fd, q, n, MSG_NOSIGNAL);
		if (done > 0) {
			q += done;
			n -= (size_t)done;
		} else if (errno != EINTR && (errno != EAGAIN ||
		    wait_for(fd, POLLOUT, deadline, s->signalled) <= 0))
			return -1;
	}
	return 0;
}

/* Exactly n octets: what follows them is the server's. */
static int
proxy_read(int fd, unsigned char *p, size_t n, int64_t deadline,
    const struct server *s)
{
	ssize_t got;

	while (n > 0) {
		got = recv(fd, p, n, 0);
		if (got > 0) {
			p += got;
			n -= (size_t)got;
		} else if (got == 0 || (errno != EINTR && (errno != EAGAIN ||
		    wait_for(fd, POLLIN, deadline, s->signalled) <= 0)))
			return -1;
	}
	return 0;
}

/* The reply's bound address, of a length by its type, is of no use to us. */
static int
skip_bound(int fd, int type, int64_t deadline, const struct server *s)
{
	unsigned char rest[256 + 2];
	size_t n = type == 1 ? 4 : 16;

	if (type == 3) {
		if (proxy_read(fd, rest, 1, deadline, s) == -1)
			return -1;
		n = rest[0];
	}
	return proxy_read(fd, rest, n + 2, deadline, s);
}

static int
no_answer(struct fail *why)
{
	return fail(why, EX_TEMPFAIL, "the proxy does not answer");
}

/* RFC 1929. */
static int
log_in(int fd, const struct target *t, int64_t deadline,
    const struct server *s, struct fail *why)
{
	size_t user_n = strlen(t->user), password_n = strlen(t->password);
	unsigned char m[3 + 255 + 255] = { 1 }, r[2];
	int result;

	m[1] = (unsigned char)user_n;	/* read_proxy has seen to their lengths */
	memcpy(m + 2, t->user, user_n);
	m[user_n + 2] = (unsigned char)password_n;
	memcpy(m + user_n + 3, t->password, password_n);
	result = proxy_write(fd, m, user_n + password_n + 3, deadline, s);
	explicit_bzero(m, sizeof m);
	if (result == -1 || proxy_read(fd, r, 2, deadline, s) == -1)
		return no_answer(why);
	return r[1] == 0 ? 0 : fail(why, EX_NOPERM, "the proxy refuses user "
	    "or password");
}

static int
greet_proxy(int fd, const struct target *t, int64_t deadline,
    const struct server *s, struct fail *why)
{
	unsigned char hello[] = { 5, 1, 0, 2 }, r[2];
	size_t n = t->user == NULL ? 3 : 4;

	hello[1] = (unsigned char)(n - 2);
	if (proxy_write(fd, hello, n, deadline, s) == -1 ||
	    proxy_read(fd, r, 2, deadline, s) == -1)
		return no_answer(why);
	if (r[0] != 5)
		return fail(why, EX_PROTOCOL, "the proxy does not speak SOCKS5");
	if (r[1] == 2 && t->user != NULL)
		return log_in(fd, t, deadline, s, why);
	return r[1] == 0 ? 0 : fail(why, EX_NOPERM, t->user != NULL ?
	    "the proxy takes neither our password nor none" :
	    "the proxy wants a user and a password");
}

/* RFC 1928 6. */
static int
refused(unsigned code, struct fail *why)
{
	static const char *const words[] = { "", "general failure",
	    "not allowed", "network unreachable", "host unreachable",
	    "connection refused", "timed out", "command not supported",
	    "type of address not supported" };

	return fail(why, code == 2 ? EX_NOPERM : code == 7 || code == 8 ?
	    EX_UNAVAILABLE : EX_TEMPFAIL, "the proxy: %s",
	    code < NELEM(words) ? words[code] : "refused");
}

static int
ask_proxy(int fd, const struct target *t, int64_t deadline,
    const struct server *s, struct fail *why)
{
	size_t n = strlen(s->url.host);
	unsigned port = (unsigned)strtol(s->url.port, NULL, 10);
	unsigned char m[4 + 1 + 255 + 2] = { 5, 1, 0, 3 }, r[4];

	if (greet_proxy(fd, t, deadline, s, why) == -1)
		return -1;
	m[4] = (unsigned char)n;	/* of a URL: at most 253 */
	memcpy(m + 5, s->url.host, n);
	m[n + 5] = (unsigned char)(port >> 8);
	m[n + 6] = (unsigned char)(port & 255);
	if (proxy_write(fd, m, n + 7, deadline, s) == -1 ||
	    proxy_read(fd, r, 4, deadline, s) == -1)
		return no_answer(why);
	if (r[0] != 5)
		return fail(why, EX_PROTOCOL, "the proxy does not speak SOCKS5");
	if (r[1] != 0)
		return refused(r[1], why);
	return skip_bound(fd, r[3], deadline, s) == -1 ? no_answer(why) : 0;
}

/* user:password@ at the start of a proxy, each with %XX; the text behind it, or NULL. */
static const char *
read_proxy_user(const char *text, struct target *t)
{
	const char *at = memrchr(text, '@', strcspn(text, "/")), *colon;
	struct span user = { text, 0 }, password = { text, 0 };

	if (at == NULL)
		return text;
	colon = memchr(text, ':', (size_t)(at - text));
	user.n = (size_t)((colon == NULL ? at : colon) - text);
	if (colon != NULL) {
		password.p = colon + 1;
		password.n = (size_t)(at - colon - 1);
	}
	t->user = url_decode(user);
	t->password = url_decode(password);
	if (t->user == NULL || t->password == NULL || *t->user == '\0' ||
	    strlen(t->user) > 255 || strlen(t->password) > 255)
		return NULL;
	return at + 1;
}

/* host[:port], a numeric host of IPv6 in brackets: false, it is none. */
static bool
read_proxy_host(const char *text, struct target *t)
{
	bool bracket = *text == '[';
	const char *error = NULL;
	size_t n = bracket ? strcspn(++text, "]/") : strcspn(text, ":/");

	t->host = xstrndup(text, n);
	text += n + (bracket && text[n] == ']');
	t->port = *text == ':' ? xstrndup(text + 1, strcspn(text + 1, "/")) :
	    xstrdup("1080");
	strtonum(t->port, 1, 65535, &error);
	return n > 0 && error == NULL;
}

/* socks5h://[user:password@]host[:port]; a failure does not show the password. */
static int
read_proxy(const char *text, struct target *t, struct fail *why)
{
	static const char scheme[] = "socks5h://";
	const char *host;

	if (strncasecmp(text, scheme, strlen(scheme)) != 0)
		return fail(why, EX_CONFIG, "proxy: only socks5h://host:port "
		    "is known");
	host = read_proxy_user(text + strlen(scheme), t);
	if (host == NULL)
		return fail(why, EX_CONFIG, "proxy: a user or password that "
		    "SOCKS5 cannot say");
	if (!read_proxy_host(host, t))
		return fail(why, EX_CONFIG, "proxy: no host and port: %s", host);
	return 0;
}

static int
dial_proxy(int64_t deadline, const struct server *s, struct fail *why)
{
	struct target t = { NULL, NULL, NULL, NULL };
	int fd = -1;

	if (read_proxy(s->proxy, &t, why) == 0)
		fd = dial_host(&t, deadline, s, why);
	if (fd != -1 && ask_proxy(fd, &t, deadline, s, why) == -1) {
		fail_where(why, "%s:%s: through %s:%s", s->url.host,
		    s->url.port, t.host, t.port);
		close(fd);
		fd = -1;
	}
	free(t.host);
	free(t.port);
	free(t.user);
	if (t.password != NULL)
		freezero(t.password, strlen(t.password));
	return fd;
}

int
dial(const struct server *s, struct fail *why)
{
	struct target t = { s->url.host, s->url.port, NULL, NULL };
	int64_t deadline = wait_now() + 1000 *
	    (int64_t)(s->timeout > 0 ? s->timeout : TIMEOUT_CONNECT);

	if (s->url.host == NULL)
		return dial_socket(s->url.path, deadline, s, why);
	if (s->proxy != NULL && *s->proxy != '\0')
		return dial_proxy(deadline, s, why);
	return dial_host(&t, deadline, s, why);
}
