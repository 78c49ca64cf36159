/* SPDX-License-Identifier: ISC */
/*
 * tls.c -- TLS against servers with all kinds of certificates and manners: who is
 * trusted, what is said before that (nothing), and how a session ends.  The
 * certificates are made here, for this run.
 */
#include <sys/socket.h>

#include <poll.h>
#include <time.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "../../net/conn.h"
#include "../../net/sasl.h"
#include "peer.h"

#define DAY	(24 * 60 * 60L)

static EVP_PKEY	*pkey;		/* one for all */
static X509	*ca, *other_ca;
static char	 ca_file[] = "/tmp/mailx-tls-ca.XXXXXX";
static char	 own_file[] = "/tmp/mailx-tls-own.XXXXXX";

/* --- Certificates. --- */

struct spec {
	const char	*cn, *san;	/* san as in a configuration; or NULL */
	long		 from, to;	/* seconds from now */
	const char	*usage;		/* extended key usage; or NULL */
	bool		 is_ca;
	const char	*raw;		/* a dNSName of raw_n octets; or NULL */
	size_t		 raw_n;
};

static void
extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	if ((e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value)) == NULL)
		exit(1);
	X509_add_ext(cert, e, -1);
	X509_EXTENSION_free(e);
}

static void
add_raw_name(X509 *cert, const char *p, size_t n)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *s = ASN1_IA5STRING_new();

	ASN1_STRING_set(s, p, (int)n);
	GENERAL_NAME_set0_value(name, GEN_DNS, s);
	sk_GENERAL_NAME_push(names, name);
	X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, 0);
	GENERAL_NAMES_free(names);
}

/* Signed by `issuer', itself where that is NULL. */
static X509 *
make(const struct spec *s, X509 *issuer)
{
	static long serial = 1;
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), serial++);
	X509_gmtime_adj(X509_getm_notBefore(cert), s->from);
	X509_gmtime_adj(X509_getm_notAfter(cert), s->to);
	X509_set_pubkey(cert, pkey);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)s->cn, -1, -1, 0);
	X509_set_issuer_name(cert, issuer == NULL ? name :
	    X509_get_subject_name(issuer));
	extend(cert, issuer == NULL ? cert : issuer, NID_basic_constraints,
	    s->is_ca ? "critical,CA:TRUE" : "CA:FALSE");
	if (s->san != NULL)
		extend(cert, cert, NID_subject_alt_name, s->san);
	if (s->raw != NULL)
		add_raw_name(cert, s->raw, s->raw_n);
	if (s->usage != NULL)
		extend(cert, cert, NID_ext_key_usage, s->usage);
	if (X509_sign(cert, pkey, EVP_sha256()) == 0)
		exit(1);
	return cert;
}

static void
write_pem(char *path, X509 *cert, EVP_PKEY *with)
{
	int fd = mkstemp(path);
	FILE *f = fd == -1 ? NULL : fdopen(fd, "w");

	if (f == NULL || PEM_write_X509(f, cert) != 1 || (with != NULL &&
	    PEM_write_PrivateKey(f, with, NULL, NULL, 0, NULL, NULL) != 1) ||
	    fclose(f) != 0)
		exit(1);
}

static void
set_up(void)
{
	static const struct spec authority = { .cn = "test CA",
	    .from = -DAY, .to = DAY, .is_ca = true };
	static const struct spec other = { .cn = "another CA",
	    .from = -DAY, .to = DAY, .is_ca = true };
	static const struct spec client = { .cn = "joe",
	    .from = -DAY, .to = DAY };
	X509 *cert;

	pkey = EVP_EC_gen("P-256");
	ca = make(&authority, NULL);
	other_ca = make(&other, NULL);
	write_pem(ca_file, ca, NULL);
	cert = make(&client, ca);
	write_pem(own_file, cert, pkey);
	X509_free(cert);
}

/* --- The server's side, in a child. --- */

enum manner {
	SAY,		/* a line, a half one; then close_notify */
	CUT,		/* the same without close_notify */
	NOTIFY_ONLY,	/* the line and close_notify at once, nothing read */
	ECHO_BINDING,	/* a line with the exporter in hex */
	WANT_CERT,	/* demands one of the client */
	OLD,		/* TLS 1.1 at most */
	PLAIN,		/* no TLS at all */
	LATER_PLAIN,	/* leave to begin TLS, then plaintext before ours is answered */
	SILENT,		/* takes everything and says nothing */
	FLOOD		/* much, before it reads anything */
};

static void
say_binding(SSL *ssl)
{
	unsigned char key[32];
	char line[80] = "";
	int i;

	SSL_export_keying_material(ssl, key, sizeof key,
	    "EXPORTER-Channel-Binding", 24, NULL, 0, 0);
	for (i = 0; i < 32; i++)
		snprintf(line + 2 * i, 3, "%02x", key[i]);
	memcpy(line + 64, "\r\n", 3);
	SSL_write(ssl, line, 66);
}

static void
flood(SSL *ssl)
{
	char line[1024];
	int i;

	memset(line, 'x', sizeof line);
	memcpy(line + sizeof line - 2, "\r\n", 2);
	for (i = 0; i < 1024; i++)
		SSL_write(ssl, line, sizeof line);
}

/* The octets that were said to us inside TLS. */
static int
heard(SSL *ssl)
{
	char buffer[16384];
	int n, all = 0;

	while ((n = SSL_read(ssl, buffer, sizeof buffer)) > 0)
		all += n;
	return all;
}

static int
speak_tls(int fd, SSL_CTX *ctx, enum manner manner)
{
	SSL *ssl = SSL_new(ctx);
	int all;

	SSL_set_fd(ssl, fd);
	if (SSL_accept(ssl) != 1)
		return 100;
	if (manner == ECHO_BINDING)
		say_binding(ssl);
	else if (manner == FLOOD)
		flood(ssl);
	else if (manner == SAY || manner == CUT)
		SSL_write(ssl, "220 hi\r\nhalf", 12);
	else
		SSL_write(ssl, "220 hi\r\n", 8);
	if (manner == CUT || manner == SAY) {
		if (manner == SAY)
			SSL_shutdown(ssl);
		shutdown(fd, SHUT_WR);
	}
	if (manner == NOTIFY_ONLY)
		SSL_shutdown(ssl);
	all = heard(ssl);
	return manner == FLOOD ? all / (1024 * 1024) : all > 99 ? 99 : all;
}

static int
serve(int fd, X509 *cert, enum manner manner)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	char buffer[4096];

	SSL_CTX_use_certificate(ctx, cert);
	SSL_CTX_use_PrivateKey(ctx, pkey);
	if (manner == OLD) {
		SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
		SSL_CTX_set_max_proto_version(ctx, TLS1_1_VERSION);
		SSL_CTX_set_cipher_list(ctx, "ALL:@SECLEVEL=0");
	}
	if (manner == WANT_CERT) {
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER |
		    SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
		X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), ca);
	}
	if (manner == PLAIN)
		(void)!write(fd, "220 hi\r\n", 8);
	if (manner == LATER_PLAIN) {
		(void)!write(fd, "220 go\r\n", 8);
		(void)!read(fd, buffer, sizeof buffer);
		(void)!write(fd, "250-forged\r\n250 AUTH\r\n", 22);
	}
	if (manner == PLAIN || manner == LATER_PLAIN || manner == SILENT) {
		while (read(fd, buffer, sizeof buffer) > 0)
			continue;
		return 0;
	}
	return speak_tls(fd, ctx, manner);
}

static struct peer
start(X509 *cert, enum manner manner)
{
	struct peer p = { -1, -1 };
	int pair[2];

	fflush(stdout);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		exit(1);
	if ((p.pid = fork()) == 0) {
		alarm(30);
		close(pair[0]);
		_exit(serve(pair[1], cert, manner));
	}
	close(pair[1]);
	p.fd = pair[0];
	return p;
}

/* The exit status of the server's side: octets heard, 100 without TLS. */
static int
end(struct peer p)
{
	int status = 0;

	waitpid(p.pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static struct server
a_server(const char *host)
{
	static char name[256], port[] = "465";
	struct server s;

	memset(&s, 0, sizeof s);
	strlcpy(name, host, sizeof name);
	s.url.host = name;
	s.url.port = port;
	s.tls = TLS_IMPLICIT;
	s.tls_verify = true;
	s.tls_ca_file = ca_file;
	s.timeout = 5;
	return s;
}

/* --- Who is trusted. --- */

static void
trusts(const struct server *s, X509 *cert, int code, const char *reason,
    const char *what)
{
	struct peer p = start(cert, SAY);
	struct fail why;
	struct conn *c;

	fail_clear(&why);
	c = conn_attach(p.fd, s, &why);
	is_int(why.code, code, what);
	if (!ok(strstr(why.text, reason) != NULL, "%s: \"%s\"", what, reason))
		printf("# %s\n", why.text);
	ok((c == NULL) == (code != 0), "%s: connected or not", what);
	conn_close(c);
	ok(end(p) % 100 == 0, "%s: nothing was said", what);
}

static void
trusts_spec(const char *host, const struct spec *spec, X509 *issuer, int code,
    const char *reason, const char *what)
{
	struct server s = a_server(host);
	X509 *cert = make(spec, issuer);

	trusts(&s, cert, code, reason, what);
	X509_free(cert);
}

#define REFUSED	EX_UNAVAILABLE
#define SPEC(c, s, f, t)	\
	&(struct spec){ .cn = c, .san = s, .from = f, .to = t }

static void
test_trust(void)
{
	struct spec leaf = { "leaf", "DNS:leaf", -DAY, DAY, NULL, false, NULL, 0 };
	struct spec s = { "x", "DNS:localhost", -DAY, DAY, NULL, false, NULL, 0 };
	X509 *issuer = make(&leaf, ca);

	trusts_spec("localhost", &s, ca, 0, "", "a good one");
	trusts_spec("LocalHost.", &s, ca, 0, "", "another way to write it");
	trusts_spec("localhost", SPEC("x", "DNS:localhost", -3 * DAY, -DAY), ca,
	    REFUSED, "expired", "expired");
	trusts_spec("localhost", SPEC("x", "DNS:localhost", DAY, 2 * DAY), ca,
	    REFUSED, "not yet valid", "not yet valid");
	trusts_spec("localhost", &s, other_ca, REFUSED, "issuer", "unknown CA");
	trusts_spec("localhost", &s, NULL, REFUSED, "self", "self-signed");
	trusts_spec("localhost", &s, issuer, REFUSED, "certificate",
	    "signed by a leaf");
	s.usage = "clientAuth";
	trusts_spec("localhost", &s, ca, REFUSED, "purpose", "for clients only");
	s.usage = NULL;
	X509_free(issuer);
}

static void
test_signature(void)
{
	static const struct spec s = { .cn = "x", .san = "DNS:localhost",
	    .from = -DAY, .to = DAY };
	struct server server = a_server("localhost");
	EVP_PKEY *bad = EVP_EC_gen("P-256");
	X509 *cert = make(&s, ca);

	/* As if the authority had signed it; the key of the server is right. */
	X509_sign(cert, bad, EVP_sha256());
	trusts(&server, cert, REFUSED, "signature", "a forged signature");
	X509_free(cert);
	EVP_PKEY_free(bad);
}

static void
test_names(void)
{
	static const char nul[] = "localhost\0.evil.test";
	struct spec raw = { .cn = "x", .from = -DAY, .to = DAY, .raw = nul,
	    .raw_n = sizeof nul - 1 };

	trusts_spec("localhost", SPEC("localhost", "DNS:mail.wrong.test", -DAY,
	    DAY), ca, REFUSED, "ostname", "CN right, SAN wrong");
	trusts_spec("localhost", SPEC("localhost", NULL, -DAY, DAY), ca, REFUSED,
	    "ostname", "CN right, no SAN");
	trusts_spec("localhost", &raw, ca, REFUSED, "ostname", "NUL in the name");
	trusts_spec("mail.example.org", SPEC("x", "DNS:*.example.org", -DAY,
	    DAY), ca, 0, "", "a wildcard");
	trusts_spec("a.mail.example.org", SPEC("x", "DNS:*.example.org", -DAY,
	    DAY), ca, REFUSED, "ostname", "a wildcard is one label");
	trusts_spec("localhost", SPEC("x", "DNS:*", -DAY, DAY), ca, REFUSED,
	    "ostname", "the wildcard for all");
	trusts_spec("example.org", SPEC("x", "DNS:*.org", -DAY, DAY), ca, REFUSED,
	    "ostname", "a wildcard for a domain of all");
	trusts_spec("mail.example.org", SPEC("x", "DNS:m*.example.org", -DAY,
	    DAY), ca, REFUSED, "ostname", "half a wildcard");
	trusts_spec("xn--bcher-kva.example", SPEC("x",
	    "DNS:xn--bcher-kva.example", -DAY, DAY), ca, 0, "", "an A-label");
	trusts_spec("127.0.0.1", SPEC("x", "IP:127.0.0.1", -DAY, DAY), ca, 0, "",
	    "an address");
	trusts_spec("::1", SPEC("x", "IP:::1", -DAY, DAY), ca, 0, "",
	    "an address of IPv6");
	trusts_spec("127.0.0.1", SPEC("127.0.0.1", "DNS:127.0.0.1", -DAY, DAY),
	    ca, REFUSED, "IP address", "an address as a name");
	trusts_spec("127.0.0.1", SPEC("x", "IP:127.0.0.2", -DAY, DAY), ca,
	    REFUSED, "IP address", "another address");
}

static char *
pin_of(X509 *cert, const char *before, const char *between)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0, i;
	char *text;
	size_t len;
	FILE *f = xmemstream(&text, &len);

	X509_digest(cert, EVP_sha256(), digest, &n);
	fputs(before, f);
	for (i = 0; i < n; i++)
		fprintf(f, "%s%02X", i > 0 ? between : "", digest[i]);
	fclose(f);
	return text;
}

static void
test_pins(void)
{
	struct server s = a_server("localhost");
	X509 *good = make(SPEC("x", "DNS:localhost", -DAY, DAY), ca);
	X509 *bad = make(SPEC("x", "DNS:elsewhere", -3 * DAY, -DAY), NULL);
	char broken[] = "sha256:abc";

	s.tls_fingerprint = pin_of(bad, "sha256:", "");
	trusts(&s, bad, 0, "", "pinned, though expired and of nobody");
	trusts(&s, good, REFUSED, "tls-fingerprint", "another one, though good");
	free(s.tls_fingerprint);
	s.tls_fingerprint = pin_of(good, "", ":");
	trusts(&s, good, 0, "", "a pin with colons");
	free(s.tls_fingerprint);
	s.tls_fingerprint = broken;
	trusts(&s, good, EX_CONFIG, "tls-fingerprint", "a pin that is none");
	s.tls_fingerprint = NULL;
	s.tls_verify = false;
	trusts(&s, bad, 0, "", "not verified");
	s.tls_verify = true;
	s.tls_ca_file = (char[]){ "/nonexistent" };
	trusts(&s, good, EX_CONFIG, "tls-ca-file", "no authorities");
	X509_free(good);
	X509_free(bad);
}

/* --- How it goes on and ends. --- */

static struct conn *
begin(struct server *s, enum manner manner, struct peer *p, struct fail *why)
{
	X509 *cert = make(SPEC("x", "DNS:localhost", -DAY, DAY), ca);
	struct conn *c;

	fail_clear(why);
	*p = start(cert, manner);
	c = conn_attach(p->fd, s, why);
	X509_free(cert);
	return c;
}

static void
test_ends(void)
{
	static const enum manner manners[] = { SAY, CUT };
	struct server s = a_server("localhost");
	struct span line;
	struct fail why;
	struct peer p;
	struct conn *c;
	size_t i;

	for (i = 0; i < NELEM(manners); i++) {
		c = begin(&s, manners[i], &p, &why);
		is_int(conn_line(c, &line, &why), 0, "a line");
		ok(span_eq(line, "220 hi"), "it is the right one");
		is_int(conn_line(c, &line, &why), -1, "half a line is none");
		is_int(why.code, EX_TEMPFAIL, "the connection was lost");
		ok((strstr(why.text, "cut off") != NULL) == (manners[i] == CUT),
		    "with or without close_notify");
		conn_close(c);
		is_int(end(p), 0, "nothing was said");
	}
	/* Half closed by the server: what we say still goes out. */
	c = begin(&s, NOTIFY_ONLY, &p, &why);
	is_int(conn_line(c, &line, &why), 0, "a line");
	is_int(conn_line(c, &line, &why), -1, "and no other");
	fail_clear(&why);
	is_int(conn_say(c, &why, "QUIT") | conn_flush(c, &why), 0, "QUIT");
	conn_close(c);
	is_int(end(p), 6, "was heard");
}

static void
test_refusals(void)
{
	struct server s = a_server("localhost");
	struct span line;
	struct fail why;
	struct peer p;
	struct conn *c;
	time_t begun;

	ok(begin(&s, OLD, &p, &why) == NULL, "TLS 1.1");
	is_int(why.code, EX_UNAVAILABLE, "is refused");
	is_int(end(p), 100, "and nothing said");
	s.tls_min = (char[]){ "1.1" };
	ok(begin(&s, SAY, &p, &why) == NULL, "a minimum of 1.1");
	is_int(why.code, EX_CONFIG, "is refused");
	(void)end(p);
	s.tls_min = (char[]){ "1.3" };
	c = begin(&s, SAY, &p, &why);
	ok(c != NULL, "a minimum of 1.3");
	conn_close(c);
	(void)end(p);
	s.tls_min = NULL;
	ok(begin(&s, PLAIN, &p, &why) == NULL, "plaintext in place of TLS");
	is_int(why.code, EX_PROTOCOL, "is a violation");
	(void)end(p);
	s.timeout = 1;
	begun = time(NULL);
	ok(begin(&s, SILENT, &p, &why) == NULL, "silence");
	is_int(why.code, EX_TEMPFAIL, "is left");
	ok(time(NULL) - begun <= 20, "in time");
	(void)end(p);
	s.timeout = 5;
	s.tls = TLS_REQUIRED;
	c = begin(&s, LATER_PLAIN, &p, &why);
	is_int(conn_line(c, &line, &why), 0, "leave to begin TLS");
	is_int(conn_start_tls(c, &why), -1, "forged plaintext behind it");
	is_int(why.code, EX_PROTOCOL, "is a violation");
	is_int(conn_say(c, &why, "PASS secret") | conn_flush(c, &why), -1,
	    "nothing can be said any more");
	conn_close(c);
	is_int(end(p), 0, "the server ends");
}

static void
test_binding(void)
{
	struct server s = a_server("localhost");
	unsigned char key[32];
	char hex[65] = "";
	struct span line;
	struct fail why;
	struct peer p;
	struct conn *c = begin(&s, ECHO_BINDING, &p, &why);
	struct sasl *x;
	int i;

	is_int(conn_line(c, &line, &why), 0, "the server's exporter");
	ok(conn_binding(c, key), "ours");
	for (i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", key[i]);
	ok(span_eq(line, hex), "they are the same");
	ok(conn_is_private(c), "private");
	x = sasl_new(&s, c, "PLAIN SCRAM-SHA-1 SCRAM-SHA-256-PLUS CRAM-MD5",
	    "joe", "secret", &why);
	is_string(sasl_name(x), "SCRAM-SHA-256-PLUS", "bound to TLS");
	sasl_free(x);
	x = sasl_new(&s, c, "CRAM-MD5 LOGIN", "joe", "secret", &why);
	is_string(sasl_name(x), "LOGIN", "CRAM-MD5 comes last");
	sasl_free(x);
	conn_close(c);
	(void)end(p);
}

static void
test_own_certificate(void)
{
	struct server s = a_server("localhost");
	struct span line;
	struct fail why;
	struct peer p;
	struct conn *c = begin(&s, WANT_CERT, &p, &why);
	struct sasl *x;

	/* With TLS 1.3 the refusal comes behind our side of the handshake. */
	ok(c == NULL || conn_line(c, &line, &why) == -1, "no certificate");
	is_int(why.code, EX_UNAVAILABLE, "is refused by the server");
	conn_close(c);
	(void)end(p);
	s.tls_cert = own_file;
	c = begin(&s, WANT_CERT, &p, &why);
	is_int(conn_line(c, &line, &why), 0, "ours is taken");
	s.auth = (char[]){ "EXTERNAL" };
	x = sasl_new(&s, c, "PLAIN EXTERNAL", "joe", "", &why);
	is_string(x == NULL ? why.text : sasl_name(x), "EXTERNAL", "EXTERNAL");
	sasl_free(x);
	s.auth = NULL;
	conn_close(c);
	(void)end(p);
	s.tls_cert = (char[]){ "/nonexistent" };
	ok(begin(&s, SAY, &p, &why) == NULL, "ours is not there");
	is_int(why.code, EX_CONFIG, "says so");
	(void)end(p);
}

/* Both sides say more than the pipes hold before either reads. */
static void
test_flood(void)
{
	struct server s = a_server("localhost");
	struct span line;
	struct fail why;
	struct peer p;
	struct conn *c = begin(&s, FLOOD, &p, &why);
	static char block[1024];
	int i, bad = 0;

	memset(block, 'y', sizeof block);
	for (i = 0; i < 2048; i++)
		bad |= conn_write(c, block, sizeof block, &why);
	bad |= conn_flush(c, &why);
	is_int(bad, 0, "2 MiB said");
	for (i = 0; i < 1024 && bad == 0; i++) {
		bad = conn_line(c, &line, &why);
		bad |= line.n != 1022;
	}
	is_int(bad, 0, "1 MiB heard");
	conn_close(c);
	is_int(end(p), 2, "all came");
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	set_up();
	test_trust();
	test_signature();
	test_names();
	test_pins();
	test_ends();
	test_refusals();
	test_binding();
	test_own_certificate();
	test_flood();
	unlink(ca_file);
	unlink(own_file);
	return done();
}
