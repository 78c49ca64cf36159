/* SPDX-License-Identifier: ISC */
/* flowed.c -- format=flowed: joined, quotes kept apart, signatures left alone. */
#include "../../mime/text.h"
#include "hostile.h"

static char *
joined(const char *text, size_t n, size_t step, bool delsp)
{
	char *out;
	size_t len, i;
	FILE *m = xmemstream(&out, &len), *f = flowed_decoder(m, delsp);

	for (i = 0; i < n; i += step) {
		fwrite(text + i, 1, n - i < step ? n - i : step, f);
		fflush(f);
	}
	fclose(f);
	fclose(m);
	return out;
}

static void
work(const char *text, size_t len)
{
	free(joined(text, len, len, false));
}

int
main(void)
{
	static const struct {
		const char	*text, *want;
		bool		 delsp;
	} t[] = {
		{ "", "", false }, { "a \nb\nc\n", "a b\nc\n", false },
		{ "a \nb\nc\n", "ab\nc\n", true },
		{ "> a \n> b\n", "> a b\n", false },
		{ ">a \n>> b\n", "> a \n>> b\n", false },
		{ "a \n\nb\n", "a \n\nb\n", false },
		{ "a \n-- \nsig \nx\n", "a \n-- \nsig x\n", false },
		{ "> a \n> -- \n", "> a \n> -- \n", false },
		{ " >a\n  b\n", ">a\n b\n", false },
		{ "a ", "a \n", false }, { "a", "a\n", false },
		{ ">>>\n", ">>>\n", false }, { "> \n", ">\n", false },
	};
	char *got;
	size_t i;

	for (i = 0; i < NELEM(t); i++) {
		got = joined(t[i].text, strlen(t[i].text), 100, t[i].delsp);
		is_string(got, t[i].want, t[i].text);
		free(got);
		got = joined(t[i].text, strlen(t[i].text), 1, t[i].delsp);
		is_string(got, t[i].want, "... octet by octet");
		free(got);
	}
	is_linear(work, "", "a ", 2000000, "\n", "a long line");
	is_linear(work, "", "a \n", 1000000, "\n", "a long paragraph");
	is_linear(work, "", ">", 2000000, "a\n", "deep quotes");
	return done();
}
