/* SPDX-License-Identifier: ISC */
/*
 * full.c -- a full disk behind every filter: what is written to it fails, and nothing
 * else happens.  More than any buffer holds, in one call and in many.
 */
#include <signal.h>
#include <stdlib.h>

#include "../../cmd/out.h"
#include "../../mime/b64.h"
#include "../../mime/part.h"
#include "../../mime/qp.h"
#include "../../mime/text.h"
#include "../../store/store.h"
#include "tap.h"

#define SIZE	(512 * 1024)

static char *text;

/* The filter's stream, by number; NULL behind the last. */
static FILE *
open_filter(int which, FILE *out, const char **name)
{
	switch (which) {
	case 0:
		*name = "base64 encoder";
		return b64_encoder(out);
	case 1:
		*name = "base64 decoder";
		return b64_decoder(out, NULL);
	case 2:
		*name = "quoted-printable encoder";
		return qp_encoder(out);
	case 3:
		*name = "quoted-printable decoder";
		return qp_decoder(out, NULL);
	case 4:
		*name = "text decoder";
		return text_decoder(out, "utf-8", NULL, NULL);
	case 5:
		*name = "text decoder with iconv";
		return text_decoder(out, "iso-8859-2", NULL, NULL);
	case 6:
		*name = "flowed decoder";
		return flowed_decoder(out, false);
	case 7:
		*name = "sanitiser";
		return out_sanitiser(out);
	default:
		return NULL;
	}
}

static void
test_filters(void)
{
	const char *name;
	FILE *full, *f;
	size_t n;
	int i;
	bool told;

	for (i = 0;; i++) {
		full = fopen("/dev/full", "w");
		if (full == NULL || (f = open_filter(i, full, &name)) == NULL)
			break;
		told = fwrite(text, 1, SIZE, f) != SIZE;
		for (n = 0; n < SIZE; n += 1000)
			told |= fwrite(text, 1, 1000, f) != 1000;
		told |= fclose(f) != 0;
		told |= fclose(full) != 0;
		ok(told, "%s: told", name);
	}
	if (full != NULL)
		fclose(full);
	ok(i == 8, "all of them");
}

static void
test_decoding(void)
{
	static const enum encoding encodings[] = { ENCODING_7BIT,
		ENCODING_8BIT, ENCODING_BINARY, ENCODING_BASE64, ENCODING_QP };
	struct part p;
	struct fail why;
	FILE *in, *full;
	size_t i;
	int r;

	for (i = 0; i < NELEM(encodings); i++) {
		memset(&p, 0, sizeof p);
		p.encoding = encodings[i];
		fail_clear(&why);
		in = fmemopen(text, SIZE, "r");
		full = fopen("/dev/full", "w");
		r = part_decode(&p, in, UINT64_MAX, full, NULL, &why);
		r |= fclose(full);
		ok(r != 0, "decoding %zu", i);
		fclose(in);
	}
}

int
main(void)
{
	size_t i;

	text = xmalloc(SIZE + 1);
	for (i = 0; i < SIZE; i++)
		text[i] = i % 77 == 76 ? '\n' : "abcdWXYZ0123"[i % 12];
	text[SIZE] = '\0';
	test_filters();
	test_decoding();
	free(text);
	return done();
}
