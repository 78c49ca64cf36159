/* SPDX-License-Identifier: ISC */
/* b64.c -- base64: slices, streams, what does not belong; every length comes back. */
#include "../../mime/b64.h"
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
	ok(fclose(f) == 0, "closed");
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
	test_failure();
	is_linear(work, "", "Zm9v\n", 2000000, "", "10 MB");
	is_linear(work, "", "!", 2000000, "", "nothing that belongs");
	return done();
}
