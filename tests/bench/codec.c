/* SPDX-License-Identifier: ISC */
/*
 * codec.c -- how fast the codes of mime/ are in memory: GB/s of what is read, the
 * median of RUNS passes over a block (first argument, 15).
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../mime/b64.h"
#include "../../mime/b64simd.h"
#include "../../mime/qp.h"

#define SIZE		(3 * 1024 * 1024)	/* octets; all of it stays in a cache */
#define MOST_RUNS	1001

struct block {
	char	*p;
	size_t	 n;
};

static char *work;		/* where results go */
static FILE *null;

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
measure(const char *name, void (*code)(const struct block *b),
    const struct block *b, int runs)
{
	static double seconds[MOST_RUNS];
	double start;
	int i;

	(*code)(b);
	for (i = 0; i < runs; i++) {
		start = now();
		(*code)(b);
		seconds[i] = now() - start;
	}
	qsort(seconds, (size_t)runs, sizeof *seconds, compare);
	printf("%-45s %8.2f GB/s\n", name,
	    (double)b->n / seconds[runs / 2] / 1e9);
}

static void
copy(const struct block *b)
{
	memcpy(work, b->p, b->n);
}

static void
encode(const struct block *b)
{
	(void)b64_encode(b->p, b->n, work);
}

static void
decode(const struct block *b)
{
	if (b64_decode(b->p, b->n, work) == -1)
		abort();
}

static void
encode_words(const struct block *b)
{
	(void)b64_encode_words((const unsigned char *)b->p, b->n, work);
}

static void
decode_words(const struct block *b)
{
	if (b64_decode_words(b->p, b->n, (unsigned char *)work) != b->n)
		abort();
}

static void
through(FILE *filter, const struct block *b)
{
	if (fwrite(b->p, 1, b->n, filter) != b->n || fclose(filter) != 0)
		abort();
}

static void
encode_lines(const struct block *b)
{
	through(b64_encoder(null), b);
}

static void
decode_lines(const struct block *b)
{
	unsigned defects = 0;

	through(b64_decoder(null, &defects), b);
	if (defects != 0)
		abort();
}

static void
encode_qp(const struct block *b)
{
	through(qp_encoder(null), b);
}

static void
decode_qp(const struct block *b)
{
	through(qp_decoder(null, NULL), b);
}

/* What a filter makes of it. */
static struct block
made_by(FILE *(*open)(FILE *out), const struct block *b)
{
	struct block made;
	FILE *m = xmemstream(&made.p, &made.n);

	through((*open)(m), b);
	if (fclose(m) != 0)
		abort();
	return made;
}

/* Text of words in lines of about 65; in 100 octets one character beyond ASCII. */
static struct block
text_block(size_t every)
{
	struct block b;
	FILE *m = xmemstream(&b.p, &b.n);
	size_t i, column = 0;

	for (i = 0; i < SIZE; i++, column++)
		if (column >= 60 && i % 5 == 0) {
			putc('\n', m);
			column = 0;
		} else if (every > 0 && i % every == 0)
			fputs("\xc3\xa4", m);
		else
			putc(i % 6 == 5 ? ' ' : (int)('a' + i * 7 % 26), m);
	if (fclose(m) != 0)
		abort();
	return b;
}

int
main(int argc, char **argv)
{
	int runs = argc < 2 ? 15 :
	    (int)strtonum(argv[1], 1, MOST_RUNS, NULL);
	struct block octets = { xmalloc(SIZE), SIZE }, text, coded, lines;
	struct block ascii = text_block(0), mixed = text_block(100);

	if (runs < 1 || (null = fopen("/dev/null", "w")) == NULL)
		return EX_USAGE;
	setvbuf(null, NULL, _IOFBF, 64 * 1024);
	arc4random_buf(octets.p, octets.n);
	work = xmalloc(2 * SIZE);
	coded.p = xmalloc(B64_ENCODED_SIZE(SIZE));
	coded.n = b64_encode(octets.p, octets.n, coded.p);
	lines = made_by(b64_encoder, &octets);

	measure("memcpy", copy, &octets, runs);
	measure("base64: encode", encode, &octets, runs);
	measure("base64: decode", decode, &coded, runs);
	measure("base64: encode, portable", encode_words, &octets, runs);
	measure("base64: decode, portable", decode_words, &coded, runs);
	measure("base64: encode into lines", encode_lines, &octets, runs);
	measure("base64: decode lines", decode_lines, &lines, runs);
	measure("quoted-printable: encode ASCII", encode_qp, &ascii, runs);
	measure("quoted-printable: encode, 1 % not ASCII", encode_qp, &mixed, runs);
	text = made_by(qp_encoder, &ascii);
	measure("quoted-printable: decode ASCII", decode_qp, &text, runs);
	text = made_by(qp_encoder, &mixed);
	measure("quoted-printable: decode, 1 % not ASCII", decode_qp, &text, runs);
	text = made_by(qp_encoder, &octets);
	measure("quoted-printable: encode random octets", encode_qp, &octets, runs);
	measure("quoted-printable: decode random octets", decode_qp, &text, runs);
	return 0;
}
