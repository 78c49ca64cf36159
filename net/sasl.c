/* SPDX-License-Identifier: ISC */
/*
 * sasl.c -- authentication (RFC 4422): SCRAM (RFC 5802, 7677; the dialogue is in
 * scram.c, the digests are here), PLAIN (4616), LOGIN.
 *
 * The order is ours, or the user's, never the server's: it may leave out what it
 * has, and so cannot talk us into sending the password as it is.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "../mime/b64.h"
#include "conn.h"
#include "sasl.h"
#include "scram.h"

#define NONCE_OCTETS	18
#define BLANKS		" \t,"

struct mechanism {
	const char	*name;
	bool		 client_first;
	bool		 cleartext;	/* shows the password to whoever can read along */
	const struct scram_digest *digest;	/* of SCRAM, where the server proves itself; or NULL */
	/* The answer to a challenge that is decoded; NULL: `why' tells. */
	char		*(*answer)(struct sasl *x, struct span challenge,
			    size_t *n, struct fail *why);
};

struct sasl {
	const struct mechanism *mechanism;
	char		*user, *password;	/* owned */
	struct scram	*scram;		/* owned; or NULL */
	unsigned	 step;		/* answers given */
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
		x->scram = scram_new(x->mechanism->digest, x->user,
		    x->password, nonce);
	}
	text = scram_next(x->scram, challenge, why);
	*n = text == NULL ? 0 : strlen(text);
	return text;
}

static char *
answer_plain(struct sasl *x, struct span challenge, size_t *n,
    struct fail *why)
{
	size_t user_n = strlen(x->user), password_n = strlen(x->password);
	char *text;

	(void)challenge;
	if (x->step > 0) {
		fail(why, EX_PROTOCOL, "PLAIN: the server goes on where it "
		    "should end");
		return NULL;
	}
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
	if (x->step > 1) {
		fail(why, EX_PROTOCOL, "LOGIN: the server goes on where it "
		    "should end");
		return NULL;
	}
	*n = strlen(text);
	return xstrdup(text);
}

static const struct mechanism mechanisms[] = {	/* best first */
	{ "SCRAM-SHA-256", true, false, &sha256, answer_scram },
	{ "SCRAM-SHA-1", true, false, &sha1, answer_scram },
	{ "PLAIN", true, true, NULL, answer_plain },
	{ "LOGIN", false, true, NULL, answer_login },
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
	const char	*offered;
	bool		 is_private;
	bool		 withheld;	/* one would do, were the connection private */
};

static bool
suits(struct choice *c, const struct mechanism *m)
{
	if (!has_word(c->offered, m->name))
		return false;
	if (!m->cleartext || c->is_private)
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
choose(struct choice *c, const char *allowed)
{
	const struct mechanism *m;
	size_t i, n;

	for (i = 0; allowed == NULL && i < NELEM(mechanisms); i++)
		if (suits(c, &mechanisms[i]))
			return &mechanisms[i];
	while (allowed != NULL && *(allowed += strspn(allowed, BLANKS)) != '\0') {
		n = strcspn(allowed, BLANKS);
		if ((m = by_name(allowed, n)) != NULL && suits(c, m))
			return m;
		allowed += n;
	}
	return NULL;
}

struct sasl *
sasl_new(const struct server *s, const struct conn *conn, const char *offered,
    const char *user, const char *password, struct fail *why)
{
	struct choice c = { offered, conn_is_private(conn), false };
	const struct mechanism *m = choose(&c, s->auth);
	struct sasl *x;

	if (m == NULL && c.withheld)
		fail(why, EX_NOPERM, "%s: the password would go over a "
		    "connection that is not encrypted: refused (see "
		    "allow-cleartext-auth)", conn_name(conn));
	else if (m == NULL)
		fail(why, EX_NOPERM, "%s: no way to authenticate: the server "
		    "offers %s, we take %s", conn_name(conn),
		    *offered == '\0' ? "nothing" : offered, s->auth != NULL ?
		    s->auth : "SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN");
	if (m == NULL)
		return NULL;
	x = xcalloc(1, sizeof *x);
	x->mechanism = m;
	x->user = xstrdup(user);
	x->password = xstrdup(password);
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
	return x->mechanism->client_first;
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
	    (x->scram != NULL && scram_is_proved(x->scram)))
		return 0;
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
	scram_free(x->scram);
	freezero(x, sizeof *x);
}
