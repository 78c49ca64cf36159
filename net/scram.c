/* SPDX-License-Identifier: ISC */
/*
 * scram.c -- the dialogue of SCRAM (RFC 5802 sections 3, 5 and 7; RFC 7677).
 *
 * Names and passwords go as they are, which is what SASLprep makes of ASCII and
 * of most that is typed.
 */
#include <stdlib.h>
#include <string.h>

#include "../mime/b64.h"
#include "scram.h"

#define MAX_SALT	1024
#define MAX_GS2		64	/* octets of the GS2 header */

enum step { FIRST, FINAL, PROOF, DONE };

struct scram {
	const struct scram_digest *digest;	/* borrowed */
	char		*user, *password, *nonce;	/* owned */
	char		*gs2;		/* owned: the GS2 header */
	struct scram_binding binding;
	char		*first_bare;	/* owned: our first message without GS2 header */
	unsigned char	 signature[SCRAM_MAX_DIGEST];	/* that the server must show */
	enum step	 step;
};

struct challenge {	/* the server's first message */
	struct span	 nonce;
	unsigned char	 salt[MAX_SALT];
	size_t		 salt_n;
	int		 iterations;
};

/* "=" and "," as RFC 5802 5.1 writes them in a name. */
static char *
escape(const char *user)
{
	char *text = xmalloc(strlen(user) * 3 + 1), *to = text;

	for (; *user != '\0'; user++)
		if (*user == '=' || *user == ',') {
			memcpy(to, *user == '=' ? "=3D" : "=2C", 3);
			to += 3;
		} else
			*to++ = *user;
	*to = '\0';
	return text;
}

struct scram *
scram_new(const struct scram_digest *d, const struct scram_binding *b,
    const char *user, const char *password, const char *nonce)
{
	struct scram *x = xcalloc(1, sizeof *x);

	x->digest = d;
	x->user = escape(user);
	x->password = xstrdup(password);
	x->nonce = xstrdup(nonce);
	x->gs2 = xasprintf("%.*s,,", MAX_GS2 - 2, b->flag);
	x->binding = *b;
	x->binding.flag = NULL;
	return x;
}

void
scram_free(struct scram *x)
{
	if (x == NULL)
		return;
	freezero(x->password, strlen(x->password));
	free(x->user);
	free(x->nonce);
	free(x->gs2);
	free(x->first_bare);
	freezero(x, sizeof *x);
}

bool
scram_is_proved(const struct scram *x)
{
	return x->step == DONE;
}

static int
wrong(struct fail *why, const char *what)
{
	return fail(why, EX_PROTOCOL, "SCRAM: %s", what);
}

/* --- Reading. --- */

/* Take the attribute "k=value" off the front; -1 where another stands there. */
static int
attribute(struct span *s, char key, struct span *value)
{
	const char *comma;

	if (s->n < 2 || s->p[0] != key || s->p[1] != '=')
		return -1;
	value->p = s->p + 2;
	value->n = s->n - 2;
	if ((comma = memchr(value->p, ',', value->n)) != NULL)
		value->n = (size_t)(comma - value->p);
	s->p = value->p + value->n;
	s->n -= value->n + 2;
	if (comma != NULL) {
		s->p++;
		s->n--;
	}
	return 0;
}

static int
read_nonce(const struct scram *x, struct span *s, struct span *nonce,
    struct fail *why)
{
	size_t i, n = strlen(x->nonce);

	if (s->n > 0 && *s->p == 'm')
		return wrong(why, "the server demands an extension");
	if (attribute(s, 'r', nonce) == -1)
		return wrong(why, "the server sent no nonce");
	if (nonce->n <= n || memcmp(nonce->p, x->nonce, n) != 0)
		return wrong(why, "the server's nonce does not extend ours");
	for (i = n; i < nonce->n; i++)
		if (nonce->p[i] < '!' || nonce->p[i] > '~')
			return wrong(why, "the server's nonce is not printable");
	return 0;
}

static int
read_salt(struct span *s, struct challenge *c, struct fail *why)
{
	struct span text;
	ssize_t n;

	if (attribute(s, 's', &text) == -1 || text.n == 0)
		return wrong(why, "the server sent no salt");
	if (text.n > MAX_SALT || (n = b64_decode(text.p, text.n, c->salt)) <= 0)
		return wrong(why, "the server's salt is not base64");
	c->salt_n = (size_t)n;
	return 0;
}

static int
read_iterations(struct span *s, struct challenge *c, struct fail *why)
{
	struct span text;
	const char *error;
	char number[12];

	if (attribute(s, 'i', &text) == -1 || text.n == 0 ||
	    text.n >= sizeof number || !ascii_is_digit((unsigned char)*text.p))
		return wrong(why, "the server sent no number of iterations");
	memcpy(number, text.p, text.n);
	number[text.n] = '\0';
	c->iterations = (int)strtonum(number, MIN_SCRAM_ITERATIONS,
	    MAX_SCRAM_ITERATIONS, &error);
	return error == NULL ? 0 : fail(why, EX_PROTOCOL, "SCRAM: %s "
	    "iterations: only %d to %d are accepted", number,
	    MIN_SCRAM_ITERATIONS, MAX_SCRAM_ITERATIONS);
}

static int
read_challenge(const struct scram *x, struct span s, struct challenge *c,
    struct fail *why)
{
	if (read_nonce(x, &s, &c->nonce, why) == -1 ||
	    read_salt(&s, c, why) == -1)
		return -1;
	return read_iterations(&s, c, why);
}

/* --- The proof (RFC 5802 section 3). --- */

static int
prove(struct scram *x, const struct challenge *c, struct span auth,
    unsigned char *proof)
{
	const struct scram_digest *d = x->digest;
	unsigned char salted[SCRAM_MAX_DIGEST], key[SCRAM_MAX_DIGEST];
	unsigned char stored[SCRAM_MAX_DIGEST], sign[SCRAM_MAX_DIGEST];
	size_t i;
	int result;

	result = d->derive(x->password, c->salt, c->salt_n, c->iterations,
	    salted);
	if (result == 0)
		result = d->hmac(salted, d->size, "Client Key", 10, key);
	if (result == 0)
		result = d->hash(key, d->size, stored);
	if (result == 0)
		result = d->hmac(stored, d->size, auth.p, auth.n, sign);
	for (i = 0; i < d->size && result == 0; i++)
		proof[i] = key[i] ^ sign[i];
	if (result == 0)
		result = d->hmac(salted, d->size, "Server Key", 10, key);
	if (result == 0)
		result = d->hmac(key, d->size, auth.p, auth.n, x->signature);
	explicit_bzero(salted, sizeof salted);
	explicit_bzero(key, sizeof key);
	explicit_bzero(stored, sizeof stored);
	explicit_bzero(sign, sizeof sign);
	return result;
}

/* --- What we say. --- */

static char *
say_first(struct scram *x)
{
	x->first_bare = xasprintf("n=%s,r=%s", x->user, x->nonce);
	x->step = FINAL;
	return xasprintf("%s%s", x->gs2, x->first_bare);
}

/* The attribute c: what was said of the binding, and its data, in base64. */
static void
encode_binding(const struct scram *x, char *to)
{
	unsigned char all[MAX_GS2 + SCRAM_MAX_BINDING];
	size_t n = strlen(x->gs2);

	memcpy(all, x->gs2, n);
	memcpy(all + n, x->binding.data, x->binding.n);
	to[b64_encode(all, n + x->binding.n, to)] = '\0';
}

static char *
say_final(struct scram *x, struct span server, struct fail *why)
{
	unsigned char proof[SCRAM_MAX_DIGEST];
	char encoded[B64_ENCODED_SIZE(SCRAM_MAX_DIGEST)];
	char bound[B64_ENCODED_SIZE(MAX_GS2 + SCRAM_MAX_BINDING) + 1];
	char *auth, *bare, *final = NULL;
	struct challenge c;
	size_t n;

	if (read_challenge(x, server, &c, why) == -1)
		return NULL;
	encode_binding(x, bound);
	bare = xasprintf("c=%s,r=%.*s", bound, (int)c.nonce.n, c.nonce.p);
	auth = xasprintf("%s,%.*s,%s", x->first_bare, (int)server.n, server.p,
	    bare);
	if (prove(x, &c, span_of(auth), proof) == 0) {
		n = b64_encode(proof, x->digest->size, encoded);
		final = xasprintf("%s,p=%.*s", bare, (int)n, encoded);
		x->step = PROOF;
	} else
		fail(why, EX_SOFTWARE, "SCRAM: a digest fails");
	explicit_bzero(proof, sizeof proof);
	explicit_bzero(encoded, sizeof encoded);
	free(auth);
	free(bare);
	return final;
}

/* Compare in the same time wherever they differ. */
static bool
same(const unsigned char *a, const unsigned char *b, size_t n)
{
	unsigned difference = 0;
	size_t i;

	for (i = 0; i < n; i++)
		difference |= (unsigned)(a[i] ^ b[i]);
	return difference == 0;
}

static char *
check_server(struct scram *x, struct span server, struct fail *why)
{
	unsigned char got[SCRAM_MAX_DIGEST * 2];
	struct span text;
	ssize_t n;

	if (attribute(&server, 'e', &text) == 0) {
		fail(why, EX_NOPERM, "SCRAM: the server says: %.*s",
		    (int)(text.n < 100 ? text.n : 100), text.p);
		return NULL;
	}
	if (attribute(&server, 'v', &text) == -1 || text.n > sizeof got ||
	    (n = b64_decode(text.p, text.n, got)) == -1 ||
	    (size_t)n != x->digest->size ||
	    !same(got, x->signature, x->digest->size)) {
		wrong(why, "the server does not know the password: its "
		    "signature is wrong");
		return NULL;
	}
	x->step = DONE;
	return xstrdup("");
}

char *
scram_next(struct scram *x, struct span server, struct fail *why)
{
	if (memchr(server.n > 0 ? server.p : "", '\0', server.n) != NULL) {
		wrong(why, "the server sent a NUL");
		return NULL;
	}
	switch (x->step) {
	case FIRST:
		if (server.n == 0)
			return say_first(x);
		break;
	case FINAL:
		return say_final(x, server, why);
	case PROOF:
		return check_server(x, server, why);
	case DONE:
		break;
	}
	wrong(why, "the server goes on where it should end");
	return NULL;
}
