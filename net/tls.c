/* SPDX-License-Identifier: ISC */
/*
 * tls.c -- TLS over a connected descriptor (RFC 8446, 5246; names by RFC 9525).
 *
 * The library comes to life when the first connection needs it.  A context for
 * each connection: there is one in a run, mostly, and its settings are its
 * server's.  The name is checked by the library inside the handshake, so that
 * nothing is said to the wrong server; a pin stands in place of the authorities.
 *
 * A session is resumed (RFC 8446 2.2) where every setting is what it was, the
 * authorities are the same files, and its certificate still holds.  Of TLS 1.3
 * alone, with a fresh key exchange, for the secret of an older one would open what
 * was said under it; each ticket once; data never goes out early.
 */
#include <arpa/inet.h>
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "keep.h"
#include "tls.h"

#define CIPHERS	"DEFAULT:!aNULL:!eNULL:!LOW:!EXPORT:!RC4:!3DES:!MD5:!PSK:!SRP:!SEED:!IDEA"
#define PIN_SIZE	32	/* SHA-256 */
#define READ_AHEAD	(64 * 1024)
#define SESSION_AGE	(24 * 60 * 60)	/* seconds for which one may be resumed */

struct tls {
	SSL_CTX		*ctx;
	SSL		*ssl;
	bool		 verify;
	bool		 pinned;
	unsigned char	 pin[PIN_SIZE];
	bool		 broken;	/* nothing may be said any more */
	char		*described;	/* owned; or NULL */
	char		*dir;		/* owned: of sessions; NULL: none are kept */
	char		*name;		/* owned: of this one's file */
	SSL_SESSION	*fresh;		/* owned: to be resumed next time; or NULL */
};

/* The library's own words for what went wrong last. */
static const char *
reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	return text == NULL ? "unknown reason" : text;
}

/* --- Settings. --- */

static int
read_pin(const char *text, unsigned char pin[PIN_SIZE], struct fail *why)
{
	const char *p = text;
	unsigned byte;
	size_t n = 0;

	if (strncasecmp(p, "sha256:", 7) == 0)
		p += 7;
	while (n < PIN_SIZE && strspn(p, "0123456789abcdefABCDEF") >= 2 &&
	    sscanf(p, "%2x", &byte) == 1) {
		pin[n++] = (unsigned char)byte;
		p += p[2] == ':' ? 3 : 2;
	}
	if (n == PIN_SIZE && *p == '\0')
		return 0;
	return fail(why, EX_CONFIG, "tls-fingerprint: not the SHA-256 of a "
	    "certificate in hexadecimal: %s", text);
}

static int
set_versions(struct tls *t, const char *min, struct fail *why)
{
	int version = TLS1_2_VERSION;

	if (min != NULL && strcmp(min, "1.3") == 0)
		version = TLS1_3_VERSION;
	else if (min != NULL && strcmp(min, "1.2") != 0)
		return fail(why, EX_CONFIG, "tls-min: %s: 1.2 or 1.3", min);
	if (SSL_CTX_set_min_proto_version(t->ctx, version) != 1 ||
	    SSL_CTX_set_cipher_list(t->ctx, CIPHERS) != 1)
		return fail(why, EX_SOFTWARE, "TLS: %s", reason());
	SSL_CTX_set_options(t->ctx, SSL_OP_NO_COMPRESSION |
	    SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_mode(t->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(t->ctx, 1);
	SSL_CTX_set_default_read_buffer_len(t->ctx, READ_AHEAD);
	return 0;
}

static int
set_authorities(struct tls *t, const char *file, struct fail *why)
{
	struct stat st;
	int good;

	if (!t->verify || t->pinned)
		return 0;
	if (file == NULL)
		good = SSL_CTX_set_default_verify_paths(t->ctx);
	else if (stat(file, &st) == -1)
		return fail_errno(why, EX_CONFIG, "tls-ca-file: %s", file);
	else if (S_ISDIR(st.st_mode))
		good = SSL_CTX_load_verify_locations(t->ctx, NULL, file);
	else
		good = SSL_CTX_load_verify_locations(t->ctx, file, NULL);
	if (good != 1)
		return fail(why, EX_CONFIG, "tls-ca-file: %s: %s",
		    file == NULL ? "the system's" : file, reason());
	return 0;
}

/* A key with a pass phrase is refused, not asked about. */
static int
no_pass_phrase(char *buf, int size, int writing, void *ctx)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)ctx;
	return 0;
}

static int
set_own_certificate(struct tls *t, const char *cert, const char *key,
    struct fail *why)
{
	if (cert == NULL)
		return 0;
	if (key == NULL)
		key = cert;
	SSL_CTX_set_default_passwd_cb(t->ctx, no_pass_phrase);
	if (SSL_CTX_use_certificate_chain_file(t->ctx, cert) != 1)
		return fail(why, EX_CONFIG, "tls-cert: %s: %s", cert, reason());
	if (SSL_CTX_use_PrivateKey_file(t->ctx, key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(t->ctx) != 1)
		return fail(why, EX_CONFIG, "tls-key: %s: %s", key, reason());
	return 0;
}

static bool
is_address(const char *host)
{
	unsigned char a[16];

	return inet_pton(AF_INET, host, a) == 1 ||
	    inet_pton(AF_INET6, host, a) == 1;
}

/* Whom the certificate must name, and whom we ask for. */
static int
set_name(struct tls *t, const char *host, struct fail *why)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(t->ssl);
	char name[256];
	size_t n;
	int good;

	if (host == NULL || strlcpy(name, host, sizeof name) >= sizeof name)
		return !t->verify || t->pinned ? 0 : fail(why, EX_UNAVAILABLE,
		    "TLS: no host name to check the certificate against");
	n = strlen(name);
	if (n > 1 && name[n - 1] == '.')
		name[n - 1] = '\0';
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
	    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (is_address(name))
		good = X509_VERIFY_PARAM_set1_ip_asc(param, name);
	else
		good = X509_VERIFY_PARAM_set1_host(param, name, 0) == 1 &&
		    SSL_set_tlsext_host_name(t->ssl, name) == 1;
	return good == 1 ? 0 : fail(why, EX_SOFTWARE, "TLS: %s", reason());
}

/* --- Sessions that are resumed. --- */

/* What the file or directory is now, for it decides whom we trust. */
static char *
identity(const char *path)
{
	struct stat st;

	if (path == NULL || stat(path, &st) == -1)
		return NULL;
	return xasprintf("%s %llu %llu %lld %lld.%ld", path,
	    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
	    (long long)st.st_size, (long long)st.st_mtim.tv_sec,
	    st.st_mtim.tv_nsec);
}

static char *
name_session(const struct server *s)
{
	const char *file = getenv(X509_get_default_cert_file_env());
	const char *dir = getenv(X509_get_default_cert_dir_env());
	char mode[] = { (char)('0' + (int)s->tls),
	    s->tls_verify ? 'v' : '-', '\0' };
	char *ids[] = { identity(s->tls_ca_file), identity(s->tls_cert),
	    identity(s->tls_key),
	    identity(file != NULL ? file : X509_get_default_cert_file()),
	    identity(dir != NULL ? dir : X509_get_default_cert_dir()) };
	const char *texts[] = { OPENSSL_VERSION_TEXT, s->url.host, s->url.port,
	    mode, s->tls_fingerprint, s->tls_min, ids[0], ids[1], ids[2],
	    ids[3], ids[4] };
	char *name = keep_name(texts, NELEM(texts));
	size_t i;

	for (i = 0; i < NELEM(ids); i++)
		free(ids[i]);
	return name;
}

/* May it still be resumed?  The certificate is not shown again, so it is looked at here. */
static bool
is_good(SSL_SESSION *session)
{
	X509 *cert = SSL_SESSION_get0_peer(session);
	time_t age = time(NULL) - (time_t)SSL_SESSION_get_time(session);

	return cert != NULL && age >= 0 && age < SESSION_AGE &&
	    age < (time_t)SSL_SESSION_get_timeout(session) &&
	    SSL_SESSION_get_protocol_version(session) == TLS1_3_VERSION &&
	    SSL_SESSION_is_resumable(session) == 1 &&
	    X509_cmp_current_time(X509_get0_notBefore(cert)) < 0 &&
	    X509_cmp_current_time(X509_get0_notAfter(cert)) > 0;
}

static void
resume(struct tls *t)
{
	SSL_SESSION *session = NULL;
	const unsigned char *at;
	size_t n;
	unsigned char *p = keep_get(t->dir, t->name, true, &n);

	at = p;
	if (n > 0)
		session = d2i_SSL_SESSION(NULL, &at, (long)n);
	if (session != NULL && is_good(session))
		(void)SSL_set_session(t->ssl, session);
	SSL_SESSION_free(session);
	if (p != NULL)
		freezero(p, n);
	ERR_clear_error();
}

/* The server has sent a ticket: the last one counts. */
static int
take_session(SSL *ssl, SSL_SESSION *session)
{
	struct tls *t = SSL_get_app_data(ssl);

	SSL_SESSION_free(t->fresh);
	t->fresh = session;
	return 1;
}

static void
keep_session(struct tls *t)
{
	unsigned char *p = NULL;
	int n;

	if (t->fresh == NULL || t->broken || !is_good(t->fresh) ||
	    (n = i2d_SSL_SESSION(t->fresh, &p)) <= 0)
		return;
	keep_put(t->dir, t->name, p, (size_t)n);
	OPENSSL_clear_free(p, (size_t)n);
}

/* One that nobody has proved is not worth keeping. */
static void
prepare_sessions(struct tls *t, const struct server *s)
{
	if (s->tls_sessions == NULL || (!t->verify && !t->pinned))
		return;
	t->dir = xstrdup(s->tls_sessions);
	t->name = name_session(s);
	SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_CLIENT |
	    SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(t->ctx, take_session);
	SSL_set_app_data(t->ssl, t);
	resume(t);
}

static int
set_up(struct tls *t, int fd, const struct server *s, struct fail *why)
{
	if ((t->ctx = SSL_CTX_new(TLS_client_method())) == NULL)
		return fail(why, EX_SOFTWARE, "TLS: %s", reason());
	if (set_versions(t, s->tls_min, why) == -1 ||
	    set_authorities(t, s->tls_ca_file, why) == -1 ||
	    set_own_certificate(t, s->tls_cert, s->tls_key, why) == -1)
		return -1;
	if ((t->ssl = SSL_new(t->ctx)) == NULL || SSL_set_fd(t->ssl, fd) != 1)
		return fail(why, EX_SOFTWARE, "TLS: %s", reason());
	if (set_name(t, s->url.host, why) == -1)
		return -1;
	SSL_set_verify(t->ssl, t->verify && !t->pinned ? SSL_VERIFY_PEER :
	    SSL_VERIFY_NONE, NULL);
	SSL_set_connect_state(t->ssl);
	prepare_sessions(t, s);
	return 0;
}

struct tls *
tls_new(int fd, const struct server *s, struct fail *why)
{
	struct tls *t = xcalloc(1, sizeof *t);

	ERR_clear_error();
	t->broken = true;	/* until there is a session to be ended */
	t->verify = s->tls_verify;
	if (s->tls_fingerprint != NULL) {
		t->pinned = true;
		if (read_pin(s->tls_fingerprint, t->pin, why) == -1) {
			tls_free(t);
			return NULL;
		}
	}
	if (set_up(t, fd, s, why) == 0)
		return t;
	tls_free(t);
	return NULL;
}

/* --- Failures. --- */

/* A server that speaks, but not the TLS that we accept. */
static bool
is_refusal(int code)
{
	switch (code) {
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_UNSUPPORTED_SSL_VERSION:
	case SSL_R_NO_PROTOCOLS_AVAILABLE:
	case SSL_R_WRONG_SSL_VERSION:
	case SSL_R_VERSION_TOO_LOW:
	case SSL_R_NO_CIPHERS_AVAILABLE:
	case SSL_R_DH_KEY_TOO_SMALL:
	case SSL_R_EE_KEY_TOO_SMALL:
	case SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED:
		return true;
	default:
		return code >= SSL_AD_REASON_OFFSET;	/* the server's alert */
	}
}

/* The library failed for good: say why. */
static int
fatal(struct tls *t, int error, struct fail *why)
{
	int saved = errno, code = ERR_GET_REASON(ERR_peek_last_error());
	long verdict = SSL_get_verify_result(t->ssl);

	t->broken = true;
	if (code == SSL_R_CERTIFICATE_VERIFY_FAILED)
		return fail(why, EX_UNAVAILABLE, "the certificate is refused: "
		    "%s (tls-ca-file names whom to trust, tls-fingerprint "
		    "one certificate)", X509_verify_cert_error_string(verdict));
	if (code == SSL_R_UNEXPECTED_EOF_WHILE_READING ||
	    (error == SSL_ERROR_SYSCALL && saved == 0))
		return fail(why, EX_TEMPFAIL, "the connection was cut off "
		    "without an end of TLS");
	if (error == SSL_ERROR_SYSCALL) {
		errno = saved;
		return fail_errno(why, EX_TEMPFAIL, "connection lost");
	}
	if (is_refusal(code))
		return fail(why, EX_UNAVAILABLE, "TLS: %s", reason());
	return fail(why, EX_PROTOCOL, "TLS: %s", reason());
}

/* What a call that did not succeed means; -1, or 0 for the peer's close_notify. */
static int
explain(struct tls *t, int result, int *want, struct fail *why)
{
	int error = SSL_get_error(t->ssl, result);

	*want = 0;
	switch (error) {
	case SSL_ERROR_WANT_READ:
		*want = POLLIN;
		return -1;
	case SSL_ERROR_WANT_WRITE:
		*want = POLLOUT;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		return fatal(t, error, why);
	}
}

/* --- The session. --- */

static int
check_pin(struct tls *t, struct fail *why)
{
	X509 *cert = SSL_get1_peer_certificate(t->ssl);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	bool same = cert != NULL &&
	    X509_digest(cert, EVP_sha256(), digest, &n) == 1 &&
	    n == PIN_SIZE && memcmp(digest, t->pin, PIN_SIZE) == 0;

	X509_free(cert);
	return same ? 0 : fail(why, EX_UNAVAILABLE, "the certificate is "
	    "refused: it is not the one of tls-fingerprint");
}

int
tls_handshake(struct tls *t, int *want, struct fail *why)
{
	int result;

	ERR_clear_error();
	errno = 0;
	result = SSL_do_handshake(t->ssl);
	if (result != 1) {
		if (explain(t, result, want, why) == 0)
			fail(why, EX_TEMPFAIL, "the server ended TLS at its "
			    "beginning");
		return -1;
	}
	*want = 0;
	t->broken = false;
	if (t->pinned && check_pin(t, why) == -1) {
		SSL_SESSION_free(t->fresh);
		t->fresh = NULL;
		free(t->dir);
		t->dir = NULL;
		return -1;
	}
	t->described = xasprintf("%s %s%s%s", SSL_get_version(t->ssl),
	    SSL_get_cipher_name(t->ssl), t->pinned ? ", pinned" :
	    t->verify ? "" : ", certificate not verified",
	    SSL_session_reused(t->ssl) == 1 ? ", resumed" : "");
	return 1;
}

ssize_t
tls_read(struct tls *t, void *p, size_t n, int *want, struct fail *why)
{
	int result;

	*want = 0;
	ERR_clear_error();
	errno = 0;
	result = SSL_read(t->ssl, p, n > INT_MAX ? INT_MAX : (int)n);
	return result > 0 ? result : explain(t, result, want, why);
}

ssize_t
tls_write(struct tls *t, const void *p, size_t n, int *want, struct fail *why)
{
	int result;

	*want = 0;
	ERR_clear_error();
	errno = 0;
	result = SSL_write(t->ssl, p, n > INT_MAX ? INT_MAX : (int)n);
	if (result > 0)
		return result;
	if (explain(t, result, want, why) == 0)
		fail(why, EX_TEMPFAIL, "the server ended TLS");
	return -1;
}

bool
tls_binding(const struct tls *t, unsigned char out[static TLS_BINDING_SIZE])
{
	static const char label[] = "EXPORTER-Channel-Binding";

	if (t->broken || (SSL_version(t->ssl) < TLS1_3_VERSION &&
	    SSL_get_extms_support(t->ssl) != 1))
		return false;
	return SSL_export_keying_material(t->ssl, out, TLS_BINDING_SIZE, label,
	    sizeof label - 1, NULL, 0, 0) == 1;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	if (t->ssl != NULL && !t->broken) {
		ERR_clear_error();
		(void)SSL_shutdown(t->ssl);
	}
	if (t->dir != NULL)
		keep_session(t);
	SSL_SESSION_free(t->fresh);
	SSL_free(t->ssl);
	SSL_CTX_free(t->ctx);
	free(t->described);
	free(t->dir);
	free(t->name);
	free(t);
}

const char *
tls_describe(const struct tls *t)
{
	return t->described == NULL ? "no TLS" : t->described;
}
