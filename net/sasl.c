/* SPDX-License-Identifier: ISC */
/*
 * sasl.c -- authentication (RFC 4422): SCRAM (RFC 5802, 7677; the dialogue is in
 * scram.c, the digests are here), OAUTHBEARER (7628), XOAUTH2, PLAIN (4616),
 * LOGIN, CRAM-MD5 (2195), EXTERNAL.
 *
 * The order is ours, or the user's, never the server's: it may leave out what it
 * has, and so cannot talk us into sending the password as it is.  Over TLS
 * CRAM-MD5 comes last: servers offer it for passwords they do not hold.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "../mime/b64.h"
#include "conn.h"
#include "keep.h"
#include "sasl.h"
#include "scram.h"

#define NONCE_OCTETS	18
#define BLANKS		" \t,"

#define CLIENT_FIRST	1
#define CLEARTEXT	2	/* shows the secret to whoever can read along */
#define TOKEN		4	/* the secret is an access token, not a password */
#define BOUND		8	/* to the TLS under it */
#define CERTIFICATE	16	/* of TLS tells who we are; no secret at all */

static const char tls_order[] = "SCRAM-SHA-256-PLUS SCRAM-SHA-256 "
    "SCRAM-SHA-1-PLUS SCRAM-SHA-1 OAUTHBEARER XOAUTH2 PLAIN LOGIN CRAM-MD5";
static const char clear_order[] = "SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 "
    "OAUTHBEARER XOAUTH2 PLAIN LOGIN";

struct mechanism {
	const char	*name;
	unsigned	 flags;
	const struct scram_digest *digest;	/* of SCRAM, where the server proves itself; or NULL */
	/* The answer to a challenge that is decoded; NULL: `why' tells. */
	char		*(*answer)(struct sasl *x, struct span challenge,
			    size_t *n, struct fail *why);
};

struct sasl {
	const struct mechanism *mechanism;
	char		*user, *password;	/* owned */
	char		*host, *port;	/* owned: "" where there is none */
	struct scram	*scram;		/* owned; or NULL */
	struct scram_binding binding;
	unsigned	 step;		/* answers given */
	char		*dir, *name;	/* owned: where to note that SCRAM was offered; or NULL */
};

/* --- Digests. --- */

static int
digest_of(const EVP_MD *md, const void *in, size_t n, unsigned char *out)
{
	return EVP_Digest(in, n, out, NULL, md, NULL) == 1 ? 0 : -1;
}

static int
hmac_of(const EVP_MD *md, const void *key, size_t key_n, const void *in,
    size_t n, unsigned char *out)
{
	return HMAC(md, key, (int)key_n, in, n, out, NULL) != NULL ? 0 : -1;
}

static int
derive_by(const EVP_MD *md, const char *password, const unsigned char *salt,
    size_t salt_n, int iterations, unsigned char *out)
{
	return PKCS5_PBKDF2_HMAC(password, (int)strlen(password), salt,
	    (int)salt_n, iterations, md, EVP_MD_get_size(md), out) == 1 ?
	    0 : -1;
}

static int
sha1_hash(const void *in, size_t n, unsigned char *out)
{
	return digest_of(EVP_sha1(), in, n, out);
}

static int
sha1_hmac(const void *key, size_t key_n, const void *in, size_t n,
    unsigned char *out)
{
	return hmac_of(EVP_sha1(), key, key_n, in, n, out);
}

static int
sha1_derive(const char *password, const unsigned char *salt, size_t salt_n,
    int iterations, unsigned char *out)
{
	return derive_by(EVP_sha1(), password, salt, salt_n, iterations, out);
}

static int
sha256_hash(const void *in, size_t n, unsigned char *out)
{
	return digest_of(EVP_sha256(), in, n, out);
}

static int
sha256_hmac(const void *key, size_t key_n, const void *in, size_t n,
    unsigned char *out)
{
	return hmac_of(EVP_sha256(), key, key_n, in, n, out);
}

static int
sha256_derive(const char *password, const unsigned char *salt, size_t salt_n,
    int iterations, unsigned char *out)
{
	return derive_by(EVP_sha256(), password, salt, salt_n, iterations, out);
}

static const struct scram_digest sha1 = {
	20, sha1_hash, sha1_hmac, sha1_derive
};
static const struct scram_digest sha256 = {
	32, sha256_hash, sha256_hmac, sha256_derive
};

/* --- The mechanisms. --- */

static char *
answer_scram(struct sasl *x, struct span challenge, size_t *n,
    struct fail *why)
{
	unsigned char random[NONCE_OCTETS];
	char nonce[B64_ENCODED_SIZE(NONCE_OCTETS) + 1] = "";
	char *text;

	if (x->scram == NULL) {
		arc4random_buf(random, sizeof random);
		b64_encode(random, sizeof random, nonce);
		x->scram = scram_new(x->mechanism->digest, &x->binding,
		    x->user, x->password, nonce);
	}
	text = scram_next(x->scram, challenge, why);
	*n = text == NULL ? 0 : strlen(text);
	return text;
}

/* More challenges than there are answers. */
static char *
no_answer(const struct sasl *x, struct fail *why)
{
	fail(why, EX_PROTOCOL, "%s: the server goes on where it should end",
	    x->mechanism->name);
	return NULL;
}

static char *
answer_plain(struct sasl *x, struct span challenge, size_t *n,
    struct fail *why)
{
	size_t user_n = strlen(x->user), password_n = strlen(x->password);
	char *text;

	(void)challenge;
	if (x->step > 0)
		return no_answer(x, why);
	*n = user_n + password_n + 2;
	text = xmalloc(*n + 1);
	text[0] = '\0';
	memcpy(text + 1, x->user, user_n + 1);
	memcpy(text + user_n + 2, x->password, password_n + 1);
	return text;
}

/* Whatever the prompts say: the name, then the password. */
static char *
answer_login(struct sasl *x, struct span challenge, size_t *n,
    struct fail *why)
{
	const char *text = x->step == 0 ? x->user : x->password;

	(void)challenge;
	if (x->step > 1)
		return no_answer(x, why);
	*n = strlen(text);
	return xstrdup(text);
}

static char *
answer_cram_md5(struct sasl *x, struct span challenge, size_t *n,
    struct fail *why)
{
	unsigned char digest[16];
	char hex[2 * sizeof digest + 1], *text;
	size_t i;

	if (x->step > 0)
		return no_answer(x, why);
	if (hmac_of(EVP_md5(), x->password, strlen(x->password), challenge.p,
	    challenge.n, digest) == -1) {
		fail(why, EX_UNAVAILABLE, "CRAM-MD5: there is no MD5");
		return NULL;
	}
	for (i = 0; i < sizeof digest; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	text = xasprintf("%s %s", x->user, hex);
	*n = strlen(text);
	return text;
}

/*
 * The token; and when the server says in a challenge why it takes none, what
 * makes it say so in its reply too (RFC 7628 3.2.3).
 */
static char *
answer_bearer(struct sasl *x, struct span challenge, size_t *n,
    struct fail *why)
{
	bool x2 = strcmp(x->mechanism->name, "XOAUTH2") == 0;
	char *text;

	(void)challenge;
	if (x->step > 1)
		return no_answer(x, why);
	if (x->step == 1)
		text = xstrdup(x2 ? "" : "\1");
	else if (x2)
		text = xasprintf("user=%s\1auth=Bearer %s\1\1", x->user,
		    x->password);
	else
		text = xasprintf("n,a=%s,\1host=%s\1port=%s\1auth=Bearer %s\1\1",
		    x->user, x->host, x->port, x->password);
	*n = strlen(text);
	return text;
}

static char *
answer_external(struct sasl *x, struct span challenge, size_t *n,
    struct fail *why)
{
	(void)challenge;
	if (x->step > 0)
		return no_answer(x, why);
	*n = strlen(x->user);
	return xstrdup(x->user);
}

static const struct mechanism mechanisms[] = {
	{ "SCRAM-SHA-256-PLUS", CLIENT_FIRST | BOUND, &sha256, answer_scram },
	{ "SCRAM-SHA-256", CLIENT_FIRST, &sha256, answer_scram },
	{ "SCRAM-SHA-1-PLUS", CLIENT_FIRST | BOUND, &sha1, answer_scram },
	{ "SCRAM-SHA-1", CLIENT_FIRST, &sha1, answer_scram },
	{ "OAUTHBEARER", CLIENT_FIRST | CLEARTEXT | TOKEN, NULL, answer_bearer },
	{ "XOAUTH2", CLIENT_FIRST | CLEARTEXT | TOKEN, NULL, answer_bearer },
	{ "PLAIN", CLIENT_FIRST | CLEARTEXT, NULL, answer_plain },
	{ "LOGIN", CLEARTEXT, NULL, answer_login },
	{ "CRAM-MD5", 0, NULL, answer_cram_md5 },
	{ "EXTERNAL", CLIENT_FIRST | CERTIFICATE, NULL, answer_external },
};

/* --- Choosing. --- */

static bool
has_word(const char *list, const char *word)
{
	size_t n = strlen(word), len;

	for (; *(list += strspn(list, BLANKS)) != '\0'; list += len) {
		len = strcspn(list, BLANKS);
		if (len == n && strncasecmp(list, word, n) == 0)
			return true;
	}
	return false;
}

struct choice {
	const struct server *server;
	const char	*offered;
	bool		 is_private, is_tls, can_bind;
	bool		 withheld;	/* one would do, were the connection private */
};

/* A token is no password, nor the other way round, unless the user says so. */
static bool
fits_secret(const struct choice *c, const struct mechanism *m)
{
	const struct server *s = c->server;

	if ((m->flags & CERTIFICATE) != 0)
		return s->tls_cert != NULL && c->is_tls;
	if ((m->flags & TOKEN) != 0)
		return s->oauth_command != NULL || s->auth != NULL;
	return s->oauth_command == NULL;
}

static bool
suits(struct choice *c, const struct mechanism *m)
{
	if (!has_word(c->offered, m->name) || !fits_secret(c, m) ||
	    ((m->flags & BOUND) != 0 && !c->can_bind))
		return false;
	if ((m->flags & CLEARTEXT) == 0 || c->is_private)
		return true;
	c->withheld = true;
	return false;
}

static const struct mechanism *
by_name(const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < NELEM(mechanisms); i++)
		if (strlen(mechanisms[i].name) == n &&
		    strncasecmp(mechanisms[i].name, name, n) == 0)
			return &mechanisms[i];
	return NULL;
}

static const struct mechanism *
choose(struct choice *c)
{
	const struct mechanism *m;
	const char *p = c->server->auth;
	size_t n;

	if (p == NULL)
		p = c->is_tls ? tls_order : clear_order;
	for (; *(p += strspn(p, BLANKS)) != '\0'; p += n) {
		n = strcspn(p, BLANKS);
		if ((m = by_name(p, n)) != NULL && suits(c, m))
			return m;
	}
	return NULL;
}

static void
explain(const struct choice *c, const struct conn *conn, struct fail *why)
{
	const struct server *s = c->server;

	if (c->withheld)
		fail(why, EX_NOPERM, "%s: the password would go over a "
		    "connection that is not encrypted: refused (see "
		    "allow-cleartext-auth)", conn_name(conn));
	else
		fail(why, EX_NOPERM, "%s: no way to authenticate: the server "
		    "offers %s, we take %s", conn_name(conn),
		    *c->offered == '\0' ? "nothing" : c->offered,
		    s->auth != NULL ? s->auth : s->oauth_command != NULL ?
		    "OAUTHBEARER XOAUTH2" : c->is_tls ? tls_order : clear_order);
}

/* Which flag of GS2 is true: see scram.h. */
static void
bind_to_tls(struct scram_binding *b, const struct mechanism *m,
    const struct choice *c, const unsigned char exporter[static 32])
{
	char plus[64];

	snprintf(plus, sizeof plus, "%s-PLUS", m->name);
	b->flag = "n";
	if (c->can_bind && (m->flags & BOUND) != 0) {
		b->flag = "p=tls-exporter";
		memcpy(b->data, exporter, 32);
		b->n = 32;
	} else if (c->can_bind && !has_word(c->offered, plus))
		b->flag = "y";
}

/* --- What was offered the last time. --- */

static const char scram_note[] = "SCRAM\n";

static char *
note_name(const struct server *s, const char *user)
{
	const char *texts[] = { "SASL", s->url.host, s->url.port, user };

	return keep_name(texts, NELEM(texts));
}

static bool
has_scram(const char *offered)
{
	size_t i;

	for (i = 0; i < NELEM(mechanisms); i++)
		if (mechanisms[i].digest != NULL &&
		    has_word(offered, mechanisms[i].name))
			return true;
	return false;
}

void
sasl_compare(const struct server *s, const struct conn *conn,
    const char *offered, const char *user)
{
	char *name, *had, *text;
	size_t n;

	if (s->known == NULL || s->note == NULL || s->oauth_command != NULL ||
	    has_scram(offered))
		return;
	name = note_name(s, user);
	had = keep_get(s->known, name, false, &n);
	free(name);
	if (n == sizeof scram_note - 1 && memcmp(had, scram_note, n) == 0) {
		text = xasprintf("%s: the server no longer offers SCRAM, as "
		    "it did before: somebody may be after the password",
		    conn_name(conn));
		s->note(text);
		free(text);
	}
	free(had);
}

static char *
copy(const char *s)
{
	return xstrdup(s == NULL ? "" : s);
}

struct sasl *
sasl_new(const struct server *s, const struct conn *conn, const char *offered,
    const char *user, const char *password, struct fail *why)
{
	unsigned char exporter[32];
	struct choice c = { s, offered, conn_is_private(conn),
	    conn_is_tls(conn), conn_binding(conn, exporter), false };
	const struct mechanism *m = choose(&c);
	struct sasl *x;

	sasl_compare(s, conn, offered, user);
	if (m == NULL) {
		explain(&c, conn, why);
		return NULL;
	}
	x = xcalloc(1, sizeof *x);
	x->mechanism = m;
	x->user = xstrdup(user);
	x->password = xstrdup(password);
	x->host = copy(s->url.host);
	x->port = copy(s->url.port);
	bind_to_tls(&x->binding, m, &c, exporter);
	if (s->known != NULL && has_scram(offered)) {
		x->dir = xstrdup(s->known);
		x->name = note_name(s, user);
	}
	return x;
}

const char *
sasl_name(const struct sasl *x)
{
	return x->mechanism->name;
}

bool
sasl_is_client_first(const struct sasl *x)
{
	return (x->mechanism->flags & CLIENT_FIRST) != 0;
}

/* --- The dialogue. --- */

static char *
encode(const char *text, size_t n)
{
	char *out = xmalloc(B64_ENCODED_SIZE(n) + 1);

	out[b64_encode(text, n, out)] = '\0';
	return out;
}

char *
sasl_answer(struct sasl *x, const char *challenge, struct fail *why)
{
	size_t n = challenge == NULL ? 0 : strlen(challenge);
	char *decoded = xmalloc(n + 1), *text, *out = NULL;
	struct span s;
	ssize_t got;

	/* "=" is an empty one (RFC 4954 4). */
	if (n == 1 && *challenge == '=')
		n = 0;
	got = n == 0 ? 0 : b64_decode(challenge, n, decoded);
	/* LOGIN's prompts are read by nobody, so they may be anything. */
	if (got == -1 && x->mechanism->answer == answer_login)
		got = 0;
	if (got == -1) {
		free(decoded);
		fail(why, EX_PROTOCOL, "%s: the server's challenge is not "
		    "base64", x->mechanism->name);
		return NULL;
	}
	s.p = decoded;
	s.n = (size_t)got;
	text = x->mechanism->answer(x, s, &n, why);
	free(decoded);
	x->step++;
	if (text != NULL) {
		out = encode(text, n);
		freezero(text, n);
	}
	return out;
}

int
sasl_finish(struct sasl *x, struct fail *why)
{
	if (x->mechanism->digest == NULL ||
	    (x->scram != NULL && scram_is_proved(x->scram))) {
		if (x->dir != NULL)
			keep_put(x->dir, x->name, scram_note,
			    sizeof scram_note - 1);
		return 0;
	}
	return fail(why, EX_PROTOCOL, "%s: the server did not prove that it "
	    "knows the password", x->mechanism->name);
}

void
sasl_free(struct sasl *x)
{
	if (x == NULL)
		return;
	freezero(x->user, strlen(x->user));
	freezero(x->password, strlen(x->password));
	free(x->host);
	free(x->port);
	free(x->dir);
	free(x->name);
	scram_free(x->scram);
	freezero(x, sizeof *x);
}
