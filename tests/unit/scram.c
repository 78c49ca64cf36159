/* SPDX-License-Identifier: ISC */
/*
 * scram.c -- SCRAM: the examples of RFC 5802 and 7677, and servers that cheat.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "../../net/scram.h"
#include "tap.h"

static const EVP_MD *md;	/* the digest under test */

static int
hash(const void *in, size_t n, unsigned char *out)
{
	return EVP_Digest(in, n, out, NULL, md, NULL) == 1 ? 0 : -1;
}

static int
hmac(const void *key, size_t key_n, const void *in, size_t n,
    unsigned char *out)
{
	return HMAC(md, key, (int)key_n, in, n, out, NULL) != NULL ? 0 : -1;
}

static int
derive(const char *password, const unsigned char *salt, size_t salt_n,
    int iterations, unsigned char *out)
{
	return PKCS5_PBKDF2_HMAC(password, (int)strlen(password), salt,
	    (int)salt_n, iterations, md, EVP_MD_get_size(md), out) == 1 ?
	    0 : -1;
}

static struct scram_digest digest = { 0, hash, hmac, derive };

static struct scram *
begin(const EVP_MD *which, const char *flag, const char *user,
    const char *nonce)
{
	struct scram_binding b = { .flag = flag };

	md = which;
	digest.size = (size_t)EVP_MD_get_size(md);
	if (*flag == 'p') {
		memset(b.data, 'x', 32);
		b.n = 32;
	}
	return scram_new(&digest, &b, user, "pencil", nonce);
}

/* Say what the server said; the answer must be so, NULL for a failure of that code. */
static void
step(struct scram *x, const char *server, const char *want, int code,
    const char *what)
{
	struct fail why;
	char *got;

	fail_clear(&why);
	got = scram_next(x, span_of(server), &why);
	is_string(got, want, what);
	is_int(why.code, code, what);
	if (strstr(why.text, "pencil") != NULL)
		ok(false, "the password in a failure");
	free(got);
}

/* --- The examples. --- */

#define R1	"fyko+d2lbbFgONRv9qkxdawL"
#define R1_ALL	R1 "3rfcNHYJY1ZVvWVs7j"
#define FIRST1	"r=" R1_ALL ",s=QSXCR+Q6sek8bf92,i=4096"
#define FINAL1	"c=biws,r=" R1_ALL ",p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="
#define V1	"v=rmF9pqV8S7suAoZWja4dJRkFsKQ="
#define R2	"rOprNGfwEbeRWgbNEkqO"
#define R2_ALL	R2 "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"

static void
test_examples(void)
{
	struct scram *x = begin(EVP_sha1(), "n", "user", R1);

	step(x, "", "n,,n=user,r=" R1, 0, "RFC 5802: first");
	step(x, FIRST1, FINAL1, 0, "final");
	ok(!scram_is_proved(x), "not proved yet");
	step(x, V1, "", 0, "the server's proof");
	ok(scram_is_proved(x), "proved");
	step(x, V1, NULL, EX_PROTOCOL, "and more is too much");
	scram_free(x);

	x = begin(EVP_sha256(), "n", "user", R2);
	step(x, "", "n,,n=user,r=" R2, 0, "RFC 7677: first");
	step(x, "r=" R2_ALL ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
	    "c=biws,r=" R2_ALL
	    ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", 0, "final");
	step(x, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "", 0,
	    "the server's proof");
	ok(scram_is_proved(x), "proved");
	scram_free(x);
}

/* The c attribute is the GS2 header and the data of the binding (RFC 5802 6). */
static void
test_binding(void)
{
	static const char bound[] = "c=cD10bHMtZXhwb3J0ZXIsLHh4eHh4eHh4eHh4eHh4"
	    "eHh4eHh4eHh4eHh4eHh4eHh4,r=";
	struct scram *x = begin(EVP_sha1(), "y", "a=b,c", R1);
	struct fail why;
	char *got;

	step(x, "", "y,,n=a=3Db=2Cc,r=" R1, 0, "the server cannot bind");
	fail_clear(&why);
	got = scram_next(x, span_of(FIRST1), &why);
	ok(got != NULL && strncmp(got, "c=eSws,r=", 9) == 0, "\"y,,\" again");
	free(got);
	scram_free(x);
	x = begin(EVP_sha1(), "p=tls-exporter", "user", R1);
	step(x, "", "p=tls-exporter,,n=user,r=" R1, 0, "bound");
	fail_clear(&why);
	got = scram_next(x, span_of(FIRST1), &why);
	ok(got != NULL && strncmp(got, bound, sizeof bound - 1) == 0,
	    "and its data");
	free(got);
	scram_free(x);
}

/* --- Servers that cheat. --- */

static void
refuses_first(const char *server, const char *what)
{
	struct scram *x = begin(EVP_sha1(), "n", "user", R1);

	step(x, "", "n,,n=user,r=" R1, 0, what);
	step(x, server, NULL, EX_PROTOCOL, what);
	ok(!scram_is_proved(x), "%s: not proved", what);
	scram_free(x);
}

static void
refuses_final(const char *server, int code, const char *what)
{
	struct scram *x = begin(EVP_sha1(), "n", "user", R1);

	step(x, "", "n,,n=user,r=" R1, 0, what);
	step(x, FIRST1, FINAL1, 0, what);
	step(x, server, NULL, code, what);
	ok(!scram_is_proved(x), "%s: not proved", what);
	scram_free(x);
}

static void
test_cheats(void)
{
	char huge[4096] = "r=" R1_ALL ",s=";
	struct scram *x;

	refuses_first("", "nothing");
	refuses_first("r=" R1 ",s=QSXC,i=4096", "our nonce unchanged");
	refuses_first("r=x" R1_ALL ",s=QSXC,i=4096", "another nonce");
	refuses_first("r=fyko,s=QSXC,i=4096", "a part of our nonce");
	refuses_first("r=" R1 "\x01,s=QSXC,i=4096", "control characters");
	refuses_first("m=ext,r=" R1_ALL ",s=QSXC,i=4096", "an extension");
	refuses_first("s=QSXC,i=4096", "no nonce");
	refuses_first("r=" R1_ALL ",i=4096", "no salt");
	refuses_first("r=" R1_ALL ",s=,i=4096", "an empty salt");
	refuses_first("r=" R1_ALL ",s=@@@@,i=4096", "a salt that is not base64");
	refuses_first("r=" R1_ALL ",s=QSXC", "no iterations");
	refuses_first("r=" R1_ALL ",s=QSXC,i=", "empty iterations");
	refuses_first("r=" R1_ALL ",s=QSXC,i=4095", "too few iterations");
	refuses_first("r=" R1_ALL ",s=QSXC,i=1", "one iteration");
	refuses_first("r=" R1_ALL ",s=QSXC,i=-4096", "negative iterations");
	refuses_first("r=" R1_ALL ",s=QSXC,i=1000001", "too many iterations");
	refuses_first("r=" R1_ALL ",s=QSXC,i=99999999999999999999", "overflow");
	refuses_first("r=" R1_ALL ",s=QSXC,i=4096x", "no number");
	refuses_first("r=" R1_ALL ",s=QSXC,i= 4096", "a blank");
	memset(huge + strlen(huge), 'A', 2000);
	strlcat(huge, ",i=4096", sizeof huge);
	refuses_first(huge, "a huge salt");

	refuses_final("", EX_PROTOCOL, "no signature");
	refuses_final("v=", EX_PROTOCOL, "an empty signature");
	refuses_final("v=AAAAAAAAAAAAAAAAAAAAAAAAAAA=", EX_PROTOCOL,
	    "a wrong signature");
	refuses_final("v=rmF9pqV8S7suAoZWja4dJRkFsKR=", EX_PROTOCOL,
	    "one that is not canonical");
	refuses_final("v=rmF9pqV8S7suAoZWja4dJRkF", EX_PROTOCOL,
	    "a part of the signature");
	refuses_final("x=1," V1, EX_PROTOCOL, "something before it");
	refuses_final(FIRST1, EX_PROTOCOL, "the first message again");
	refuses_final("e=invalid-proof", EX_NOPERM, "the server's refusal");

	x = begin(EVP_sha1(), "n", "user", R1);
	step(x, FIRST1, NULL, EX_PROTOCOL, "the server speaks first");
	scram_free(x);
	scram_free(NULL);
}

int
main(void)
{
	test_examples();
	test_binding();
	test_cheats();
	return done();
}
