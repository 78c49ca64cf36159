/* SPDX-License-Identifier: ISC */
/* qp.c -- quoted-printable: the broken forms, short lines, and back. */
#include "../../mime/head.h"
#include "../../mime/qp.h"
#include "hostile.h"

static unsigned defects;

static char *
through(FILE *(*open)(FILE *), const char *text, size_t n, size_t step,
    size_t *len)
{
	char *out;
	FILE *m = xmemstream(&out, len), *f = open(m);
	size_t i;

	for (i = 0; i < n; i += step) {
		fwrite(text + i, 1, n - i < step ? n - i : step, f);
		fflush(f);
	}
	fclose(f);
	fclose(m);
	return out;
}

static FILE *
open_decoder(FILE *out)
{
	defects = 0;
	return qp_decoder(out, &defects);
}

static void
test_decoding(void)
{
	static const struct {
		const char	*text, *want;
		bool		 defect;
	} t[] = {
		{ "", "", false }, { "a=3Db", "a=b", false }, { "=e4", "\xe4", false },
		{ "a=\nb", "ab", false }, { "a=\r\nb", "ab", false },
		{ "a= \t\nb", "ab", false }, { "a \t\nb", "a\nb", false },
		{ "a  b", "a  b", false }, { "a=", "a", false },
		{ "a=20\nb", "a \nb", false }, { "a\r\nb\r\n", "a\nb\n", false },
		{ "a=Zb", "a=Zb", true }, { "a=4", "a=4", true },
		{ "a=4Zb", "a=4Zb", true }, { "a==41", "a=A", true },
		{ "a= b", "a= b", true }, { "=0D=0A", "\r\n", false },
		{ "=\n=\n=\n", "", false },
	};
	char *got;
	size_t i, len, step;

	for (i = 0; i < NELEM(t); i++)
		for (step = 1; step < 100; step += 98) {
			got = through(open_decoder, t[i].text,
			    strlen(t[i].text), step, &len);
			is_string(got, t[i].want, t[i].text);
			ok(((defects & DEFECT_QP) != 0) == t[i].defect,
			    "... %s", t[i].defect ? "with a defect" : "sound");
			free(got);
		}
}

static void
comes_back(const char *text, size_t n, const char *name)
{
	size_t len, back_len;
	char *coded = through(qp_encoder, text, n, 13, &len), *back;
	const char *p, *nl;
	bool good = true;

	for (p = coded; p < coded + len; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(coded + len - p));
		if (nl == NULL)
			nl = coded + len;
		if (nl - p > 76 || *p == '.' || strncmp(p, "From ", 5) == 0 ||
		    (nl > p && (nl[-1] == ' ' || nl[-1] == '\t')))
			good = false;
	}
	for (p = coded; p < coded + len; p++)
		if (*p != '\n' && *p != '\t' && (*p < ' ' || *p == 127))
			good = false;
	ok(good, "%s: good lines", name);
	back = through(open_decoder, coded, len, 17, &back_len);
	ok(back_len == n && memcmp(back, text, n) == 0 && defects == 0,
	    "%s: comes back", name);
	free(back);
	free(coded);
}

static void
test_back(void)
{
	char octets[2000], *text;
	size_t i, len;

	for (i = 0; i < sizeof octets; i++)
		octets[i] = (char)(i * 7 + i / 255);
	comes_back(octets, sizeof octets, "all octets");
	comes_back("", 0, "nothing");
	comes_back("From x\n.\n..\nFrom\n", 17, "From and dots");
	comes_back("a \nb\t\n \n", 8, "blanks at the ends of lines");
	comes_back("no end ", 7, "a blank at the end");
	comes_back("a\r\nb\rc\r", 7, "CR");
	for (i = 70; i < 80; i++) {
		text = repeated("", "x", i, " \n.y", &len);
		comes_back(text, len, "around the limit");
		free(text);
		text = repeated("", "x", i, "\xc3\xa4", &len);
		comes_back(text, len, "... with a code");
		free(text);
	}
	text = repeated("", " ", 5000, "\n", &len);
	comes_back(text, len, "many blanks");
	free(text);
}

static void
work(const char *text, size_t len)
{
	size_t n;

	free(through(open_decoder, text, len, len, &n));
	free(through(qp_encoder, text, len, len, &n));
}

int
main(void)
{
	test_decoding();
	test_back();
	is_linear(work, "", "=3D", 1000000, "", "codes");
	is_linear(work, "", " ", 2000000, "", "blanks");
	is_linear(work, "", "=", 1000000, "", "equals signs");
	return done();
}
