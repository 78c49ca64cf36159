/* SPDX-License-Identifier: ISC */
/*
 * decode.c -- fuzz: the filters.  base64 and quoted-printable come back; every
 * decoder gives the same whatever pieces it gets; text is UTF-8, and behind the
 * sanitiser nothing in it drives a terminal.  The first octet chooses the charset.
 */
#include <stdlib.h>
#include <string.h>

#include "../../cmd/out.h"
#include "../../mime/b64.h"
#include "../../mime/qp.h"
#include "../../mime/text.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const charsets[] = { NULL, "utf-8", "us-ascii", "iso-8859-1",
	"iso-2022-jp", "gb18030", "hz-gb-2312", "utf-7", "utf-16", "big5", "euc-kr",
	"shift_jis", "x-nonsense", "iso-2022-kr", "koi8-r", "euc-jp" };
static const char *charset;

static FILE *
open_b64(FILE *out)
{
	return b64_decoder(out, NULL);
}

static FILE *
open_qp(FILE *out)
{
	return qp_decoder(out, NULL);
}

static FILE *
open_text(FILE *out)
{
	return text_decoder(out, charset, NULL, NULL);
}

static FILE *
open_flowed(FILE *out)
{
	return flowed_decoder(out, false);
}

static char *
through(FILE *(*open)(FILE *), const void *data, size_t size, size_t step,
    size_t *len)
{
	const char *p = data;
	char *out;
	FILE *m = xmemstream(&out, len), *f = open(m);
	size_t i;

	for (i = 0; i < size; i += step) {
		fwrite(p + i, 1, size - i < step ? size - i : step, f);
		fflush(f);
	}
	if (fclose(f) != 0)
		abort();
	fclose(m);
	return out;
}

/* In one piece and octet by octet: the same; the caller frees. */
static char *
both(FILE *(*open)(FILE *), const void *data, size_t size, size_t *len)
{
	char *whole, *pieces;
	size_t n;

	whole = through(open, data, size, size + 1, len);
	pieces = through(open, data, size, 1, &n);
	if (n != *len || memcmp(whole, pieces, n) != 0)
		abort();
	free(pieces);
	return whole;
}

static void
check_back(FILE *(*encode)(FILE *), FILE *(*decode)(FILE *),
    const uint8_t *data, size_t size)
{
	size_t n, m;
	char *coded = both(encode, data, size, &n);
	char *back = both(decode, coded, n, &m);

	if (m != size || (size > 0 && memcmp(back, data, size) != 0))
		abort();
	free(back);
	free(coded);
}

static void
check_safe(const char *text, size_t n)
{
	size_t used, len;
	char *safe = both(out_sanitiser, text, n, &len), *p = safe;
	uint32_t cp, before = 0;

	for (; len > 0; p += used, len -= used) {
		used = utf8_decode(p, len, &cp);
		/* Joiners belong between the letters of some scripts. */
		if (cp != '\n' && cp != '\t' && utf8_is_unsafe(cp) &&
		    !(before > 0x2ff && (cp == 0x200c || cp == 0x200d)))
			abort();
		before = cp;
	}
	free(safe);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;
	size_t n;

	if (size == 0)
		return 0;
	charset = charsets[data[0] % NELEM(charsets)];
	data++;
	size--;
	check_back(b64_encoder, open_b64, data, size);
	check_back(qp_encoder, open_qp, data, size);
	free(both(open_b64, data, size, &n));
	free(both(open_qp, data, size, &n));
	free(both(open_flowed, data, size, &n));
	text = both(open_text, data, size, &n);
	if (!utf8_is_valid(text, n) || n > 16 * size + 64)
		abort();
	check_safe(text, n);
	free(text);
	check_safe((const char *)data, size);
	return 0;
}
