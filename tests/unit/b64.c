/* SPDX-License-Identifier: ISC */
/* b64.c -- base64: slices, streams, what does not belong; every length comes back. */
#include "../../mime/b64.h"
#include "../../mime/b64simd.h"
#include "../../mime/head.h"
#include "hostile.h"

static unsigned defects;

static char *
decoded(const char *text, size_t n, size_t step, size_t *len)
{
	char *out;
	FILE *m = xmemstream(&out, len), *f;
	size_t i;

	defects = 0;
	f = b64_decoder(m, &defects);
	for (i = 0; i < n; i += step) {
		fwrite(text + i, 1, n - i < step ? n - i : step, f);
		fflush(f);
	}
	if (fclose(f) != 0)
		ok(false, "closed");
	fclose(m);
	return out;
}

static void
test_decoding(void)
{
	static const struct {
		const char	*text, *want;
		bool		 defect;
	} t[] = {
		{ "", "", false }, { "Zg==", "f", false }, { "Zm8=", "fo", false },
		{ "Zm9v\r\nYmFy\n", "foobar", false }, { " Z m9 v", "foo", false },
		{ "Zm9vYg", "foob", true }, { "Z", "", true },
		{ "Zm9v!YmFy", "foobar", true }, { "Zg==Zg==", "f", true },
		{ "=Zm9v", "", true }, { "Zm9v==", "foo", true },
		{ "Zm9v\n--x--\n", "foo", true },
	};
	char *got;
	size_t i, len, step;

	for (i = 0; i < NELEM(t); i++)
		for (step = 1; step < 100; step += 98) {
			got = decoded(t[i].text, strlen(t[i].text), step, &len);
			is_string(got, t[i].want, t[i].text);
			ok(((defects & DEFECT_BASE64) != 0) == t[i].defect,
			    "... %s", t[i].defect ? "with a defect" : "sound");
			free(got);
		}
}

static void
test_strict(void)
{
	static const char *const bad[] = { "Zg", "Zg=", "Zg===", "Z===", "Zh==",
		"Zm9=", "Zm 9v", "Zm9v\n", "Zg==Zg==", "=Zm9", "Zm9vZ" };
	char out[64];
	size_t i;

	is_int(b64_decode("", 0, out), 0, "nothing");
	is_int(b64_decode("Zm9vYmE=", 8, out), 5, "five octets");
	ok(memcmp(out, "fooba", 5) == 0, "... these");
	for (i = 0; i < NELEM(bad); i++)
		is_int(b64_decode(bad[i], strlen(bad[i]), out), -1, bad[i]);
}

static void
test_back(void)
{
	char octets[300], text[B64_ENCODED_SIZE(300)], *coded, *back;
	size_t n, len, m, i;
	unsigned bad = 0;
	FILE *f, *e;

	for (i = 0; i < sizeof octets; i++)
		octets[i] = (char)(i * 7 + i / 3);
	for (n = 0; n <= sizeof octets; n++) {
		m = b64_encode(octets, n, text);
		if (m != B64_ENCODED_SIZE(n) ||
		    b64_decode(text, m, text) != (ssize_t)n ||
		    memcmp(text, octets, n) != 0)
			bad++;
		f = xmemstream(&coded, &len);
		e = b64_encoder(f);
		for (i = 0; i < n; i += 11)
			fwrite(octets + i, 1, n - i < 11 ? n - i : 11, e);
		if (fclose(e) != 0)
			bad++;
		fclose(f);
		if (n > 0 && (coded[len - 1] != '\n' ||
		    (len > 77 && coded[76] != '\n')))
			bad++;
		f = xmemstream(&back, &m);
		e = b64_decoder(f, NULL);
		fwrite(coded, 1, len, e);
		fclose(e);
		fclose(f);
		if (m != n || memcmp(back, octets, n) != 0)
			bad++;
		free(back);
		free(coded);
	}
	is_int(bad, 0, "every length comes back");
}

/* By the portable code, the wide code in front of it or not. */
static size_t
encoded_by(bool wide, const unsigned char *in, size_t n, char *out)
{
	size_t used = wide ? b64_encode_wide(in, n, out) : 0;

	if (used % 3 != 0 || used > n)
		return SIZE_MAX;
	return used + b64_encode_words(in + used, n - used,
	    out + used / 3 * 4);
}

static size_t
decoded_by(bool wide, const char *in, size_t n, unsigned char *out)
{
	size_t used = wide ? b64_decode_wide(in, n, out) : 0;

	if (used % 4 != 0 || used > n)
		return SIZE_MAX;
	return used + b64_decode_words(in + used, n - used,
	    out + used / 4 * 3);
}

#define MOST	600		/* octets */

/* One text, by both, in heap blocks of just its size: ASan watches the ends. */
static bool
agree_decoding(const char *text, size_t n)
{
	char *in = xmalloc(n + 1);
	unsigned char *a = xcalloc(1, n / 4 * 3 + 1), *b;
	size_t used;
	bool same;

	b = xcalloc(1, n / 4 * 3 + 1);
	memcpy(in, text, n);
	a[n / 4 * 3] = b[n / 4 * 3] = 0x5a;
	used = decoded_by(true, in, n, a);
	same = used == decoded_by(false, in, n, b) &&
	    memcmp(a, b, used / 4 * 3) == 0 && a[n / 4 * 3] == 0x5a;
	free(a);
	free(b);
	free(in);
	return same;
}

static bool
agree_encoding(const unsigned char *octets, size_t n)
{
	size_t size = n / 3 * 4;
	unsigned char *in = xmalloc(n + 1);
	char *a = xcalloc(1, size + 1), *b = xcalloc(1, size + 1);
	bool same;

	memcpy(in, octets, n);
	a[size] = b[size] = 0x5a;
	same = encoded_by(true, in, n, a) == n / 3 * 3 &&
	    encoded_by(false, in, n, b) == n / 3 * 3 &&
	    memcmp(a, b, size + 1) == 0;
	free(a);
	free(b);
	free(in);
	return same;
}

/* The wide code and the portable one, over all lengths, and with each octet as a stranger. */
static void
test_wide(void)
{
	unsigned char octets[MOST];
	char text[B64_ENCODED_SIZE(MOST)], was;
	size_t n, m, at, bad_encodings = 0, bad_decodings = 0, strangers = 0;
	unsigned c;

	for (n = 0; n <= MOST; n++) {
		arc4random_buf(octets, n);
		bad_encodings += !agree_encoding(octets, n);
		m = b64_encode(octets, n, text);
		bad_decodings += !agree_decoding(text, m);
		at = m == 0 ? 0 : arc4random_uniform((uint32_t)m);
		text[at] = '\n';
		bad_decodings += m > 0 && !agree_decoding(text, m);
	}
	is_int((intmax_t)bad_encodings, 0, "wide and portable encode alike");
	is_int((intmax_t)bad_decodings, 0, "wide and portable decode alike");
	m = b64_encode(octets, 120, text);
	for (at = 0; at < 64; at++)
		for (c = 0; c < 256; c++) {
			was = text[at];
			text[at] = (char)c;
			strangers += !agree_decoding(text, m);
			text[at] = was;
		}
	is_int((intmax_t)strangers, 0, "every octet in every place");
}

/* A character at a time goes another way than a whole text. */
static void
test_random_text(void)
{
	static const char chars[] = "ABCxyz059+/\n\n\r =!";
	char text[900], *whole, *slow;
	size_t i, n, a, b, bad = 0;
	unsigned defects_whole;
	unsigned round;

	for (round = 0; round < 300; round++) {
		n = arc4random_uniform(sizeof text);
		for (i = 0; i < n; i++)
			text[i] = chars[arc4random_uniform(round % 3 == 0 ?
			    sizeof chars - 1 : 11)];
		for (i = 76; round % 2 == 0 && i < n; i += 77)
			text[i] = '\n';
		whole = decoded(text, n, n + 1, &a);
		defects_whole = defects;
		slow = decoded(text, n, 1, &b);
		bad += a != b || memcmp(whole, slow, a) != 0 ||
		    defects != defects_whole;
		free(whole);
		free(slow);
	}
	is_int((intmax_t)bad, 0, "whole blocks and single characters alike");
}

static void
test_failure(void)
{
	FILE *full = fopen("/dev/full", "w"), *f;
	size_t i;

	if (full == NULL)
		return;
	setvbuf(full, NULL, _IONBF, 0);
	f = b64_encoder(full);
	for (i = 0; i < 100000; i++)
		putc('x', f);
	ok(fclose(f) != 0, "fclose tells that the output failed");
	fclose(full);
}

static void
work(const char *text, size_t len)
{
	char *out;
	size_t n;
	FILE *m = xmemstream(&out, &n), *f = b64_decoder(m, NULL);

	fwrite(text, 1, len, f);
	fclose(f);
	fclose(m);
	free(out);
}

int
main(void)
{
	test_decoding();
	test_strict();
	test_back();
	test_wide();
	test_random_text();
	test_failure();
	is_linear(work, "", "Zm9v\n", 2000000, "", "10 MB");
	is_linear(work, "", "!", 2000000, "", "nothing that belongs");
	return done();
}
