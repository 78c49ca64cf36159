/* SPDX-License-Identifier: ISC */
/*
 * text.c -- charsets: from the labels of the wild to UTF-8, and back, by iconv.
 *
 * Labels are read as the web reads them (gb2312 holds GB 18030, iso-8859-1 holds
 * windows-1252): senders mean the larger set.  UTF-8 is decoded here, octet for
 * octet, and iconv is left to the others.
 */
#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "filter.h"
#include "head.h"
#include "text.h"
#include "text_in.h"

#define MAX_LABEL	40
#define CARRY		16		/* octets of a character cut by a block's end */

static const struct {
	const char *label, *means;
} aliases[] = {
	{ "ascii", "windows-1252" }, { "us-ascii", "windows-1252" },
	{ "iso-8859-1", "windows-1252" }, { "iso8859-1", "windows-1252" },
	{ "latin1", "windows-1252" }, { "latin-1", "windows-1252" },
	{ "iso-8859-9", "windows-1254" }, { "iso-8859-11", "windows-874" },
	{ "tis-620", "windows-874" },
	{ "gb2312", "gb18030" }, { "gbk", "gb18030" }, { "x-gbk", "gb18030" },
	{ "gb_2312-80", "gb18030" }, { "csgb2312", "gb18030" },
	{ "euc-cn", "gb18030" }, { "cp936", "gb18030" },
	{ "ks_c_5601-1987", "cp949" }, { "ks_c_5601", "cp949" },
	{ "euc-kr", "cp949" }, { "ksc5601", "cp949" }, { "korean", "cp949" },
	{ "shift_jis", "cp932" }, { "shift-jis", "cp932" }, { "sjis", "cp932" },
	{ "x-sjis", "cp932" }, { "ms_kanji", "cp932" },
	{ "windows-31j", "cp932" }, { "big5", "cp950" }, { "x-big5", "cp950" },
	{ "big5-hkscs", "big5-hkscs" }, { "big5hkscs", "big5-hkscs" },
	{ "hz-gb-2312", "hz" },
	{ "iso-8859-8-i", "iso-8859-8" }, { "iso-8859-8-e", "iso-8859-8" },
	{ "iso-8859-6-i", "iso-8859-6" }, { "iso-8859-6-e", "iso-8859-6" },
	{ "x-mac-roman", "macintosh" }, { "x-mac-cyrillic", "mac-cyrillic" },
	{ "unicode-1-1-utf-7", "utf-7" }, { "x-euc-jp", "euc-jp" },
	{ "x-cp1250", "windows-1250" }, { "x-cp1251", "windows-1251" },
	{ "x-cp1252", "windows-1252" },
	{ "unicode-1-1-utf-8", "utf-8" }, { "utf8", "utf-8" },
	{ "x-utf-8", "utf-8" }, { "x-unknown", "" }, { "unknown-8bit", "" },
	{ "unknown", "" }, { "8bit", "" }, { "default", "" }, { "none", "" },
	{ "x-user-defined", "" }, { "utf-16", "utf-16" }, { "binary", "" },
};

/* The charset that iconv is to be asked for; false for a label that is none. */
static bool
canonical(const char *label, char out[static MAX_LABEL])
{
	size_t i, n = 0;

	if (label == NULL)
		return false;
	for (; *label != '\0'; label++) {
		if (ascii_is_space((unsigned char)*label) || *label == '"' ||
		    *label == '\'')
			continue;
		/* Nothing that could be a path or an option of iconv. */
		if (!ascii_is_alpha((unsigned char)*label) &&
		    !ascii_is_digit((unsigned char)*label) &&
		    strchr("-_.:+()", *label) == NULL)
			return false;
		if (n + 1 == MAX_LABEL)
			return false;
		out[n++] = (char)ascii_lower((unsigned char)*label);
	}
	out[n] = '\0';
	for (i = 0; i < NELEM(aliases); i++)
		if (*out == *aliases[i].label &&
		    strcmp(out, aliases[i].label) == 0) {
			strlcpy(out, aliases[i].means, MAX_LABEL);
			break;
		}
	return out[0] != '\0' && strstr(out, "..") == NULL;
}

static bool
is_utf8(const char *name)
{
	return strcmp(name, "utf-8") == 0;
}

static bool
is_hz(const char *label)
{
	char name[MAX_LABEL];

	return label != NULL && strpbrk(label, "Zz") != NULL &&
	    canonical(label, name) && strcmp(name, "hz") == 0;
}

/*
 * Converters that were used are kept for the next use: to open one may load a library,
 * and to look for one that there is not, a search through directories.
 */
#define KEPT		8

static struct kept {
	char	name[MAX_LABEL];
	iconv_t	cd;			/* -1: there is none of that name */
} kept[KEPT];
static size_t nkept;

static iconv_t
take_converter(const char *name)
{
	iconv_t cd;
	size_t i;

	for (i = nkept; i > 0; i--)
		if (strcmp(kept[i - 1].name, name) == 0)
			break;
	if (i == 0) {
		cd = iconv_open("UTF-8", name);
		if (cd == (iconv_t)-1 && errno == ENOMEM)
			free(xmalloc(SIZE_MAX / 2));	/* says so, and ends us */
		return cd;
	}
	cd = kept[i - 1].cd;
	if (cd != (iconv_t)-1) {
		memmove(&kept[i - 1], &kept[i], (nkept - i) * sizeof kept[0]);
		nkept--;
	}
	return cd;
}

static void
give_back(const char *name, iconv_t cd)
{
	size_t i;

	for (i = 0; cd == (iconv_t)-1 && i < nkept; i++)
		if (strcmp(kept[i].name, name) == 0)
			return;
	if (nkept == KEPT) {
		if (kept[0].cd != (iconv_t)-1)
			iconv_close(kept[0].cd);
		memmove(&kept[0], &kept[1], (KEPT - 1) * sizeof kept[0]);
		nkept--;
	}
	if (cd != (iconv_t)-1)
		iconv(cd, NULL, NULL, NULL, NULL);
	strlcpy(kept[nkept].name, name, MAX_LABEL);
	kept[nkept++].cd = cd;
}

static iconv_t
open_converter(const char *label, char name[static MAX_LABEL])
{
	iconv_t cd;

	if (!canonical(label, name))
		return (iconv_t)-1;
	if ((cd = take_converter(name)) == (iconv_t)-1)
		give_back(name, cd);
	return cd;
}

bool
text_is_known(const char *label)
{
	char name[MAX_LABEL];
	iconv_t cd;

	if (!canonical(label, name))
		return false;
	if (is_utf8(name) || strcmp(name, "hz") == 0)
		return true;
	if ((cd = open_converter(label, name)) == (iconv_t)-1)
		return false;
	give_back(name, cd);
	return true;
}

struct converter {
	FILE		*out;		/* borrowed */
	FILE		*composer;	/* owned: where out leads to that; or NULL */
	iconv_t		 cd;		/* -1: UTF-8, checked here */
	char		 name[MAX_LABEL];	/* of cd */
	bool		 guess;		/* no usable label: UTF-8 if valid, character for character */
	iconv_t		 fallback;	/* for octets that are none, in a guess */
	char		 fallback_name[MAX_LABEL];
	unsigned	*defects;	/* borrowed; or NULL */
	char		 carry[CARRY];
	size_t		 ncarry;
	bool		 cr;		/* a CR is held back */
	bool		 keep_cr;
};

static void
spoil(struct converter *c)
{
	if (c->defects != NULL)
		*c->defects |= DEFECT_CHARSET;
}

/* Write converted text; CRLF becomes LF. */
static int
emit(struct converter *c, const char *p, size_t n)
{
	const char *cr;
	size_t run;

	if (c->keep_cr)
		return fwrite(p, 1, n, c->out) == n ? 0 : -1;
	while (n > 0) {
		if (c->cr) {
			c->cr = false;
			if (*p != '\n' && putc('\r', c->out) == EOF)
				return -1;
		}
		cr = memchr(p, '\r', n);
		run = cr == NULL ? n : (size_t)(cr - p);
		if (fwrite(p, 1, run, c->out) != run)
			return -1;
		p += run;
		n -= run;
		if (cr != NULL) {
			c->cr = true;
			p++;
			n--;
		}
	}
	return 0;
}

/* One octet that is no character: by the fall-back in a guess, else U+FFFD. */
static int
emit_bad(struct converter *c, char octet)
{
	char out[8], *in = &octet, *to = out;
	size_t left = 1, room = sizeof out;

	spoil(c);
	if (c->guess && c->fallback != (iconv_t)-1 &&
	    iconv(c->fallback, &in, &left, &to, &room) != (size_t)-1)
		return emit(c, out, sizeof out - room);
	return emit(c, "\xef\xbf\xbd", 3);
}

/* Is p the beginning of a character that goes on behind n? */
static bool
is_cut(const char *p, size_t n)
{
	unsigned char c = (unsigned char)*p;
	size_t len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2, i;

	if (c < 0xc2 || c > 0xf4 || n >= len)
		return false;
	for (i = 1; i < n; i++)
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			return false;
	return true;
}

/* Returns octets used; what is left may be the beginning of a character. */
static ssize_t
convert_utf8(struct converter *c, const char *p, size_t n, bool last)
{
	const char *start = p, *end = p + n, *run = p;
	uint32_t cp;
	size_t used;

	while (p < end) {
		if ((unsigned char)*p < 0x80) {
			p++;
			continue;
		}
		used = utf8_decode(p, (size_t)(end - p), &cp);
		if (used > 1) {
			p += used;
			continue;
		}
		if (emit(c, run, (size_t)(p - run)) == -1)
			return -1;
		run = p;
		if (!last && is_cut(p, (size_t)(end - p)))
			return p - start;
		if (emit_bad(c, *p) == -1)
			return -1;
		run = ++p;
	}
	if (emit(c, run, (size_t)(p - run)) == -1)
		return -1;
	return p - start;
}

static ssize_t
convert_iconv(struct converter *c, const char *p, size_t n, bool last)
{
	char out[4096], *in = (char *)(uintptr_t)p, *to;
	size_t left = n, room, r;
	int error;

	while (left > 0) {
		to = out;
		room = sizeof out;
		r = iconv(c->cd, &in, &left, &to, &room);
		error = errno;
		if (emit(c, out, sizeof out - room) == -1)
			return -1;
		if (r != (size_t)-1 || (error == E2BIG && room < sizeof out))
			continue;
		if (error == EINVAL && !last && left < CARRY)
			break;
		if (emit_bad(c, *in) == -1)
			return -1;
		in++;
		left--;
		/* What is left of its state depends on where blocks end. */
		if (strcmp(c->name, "utf-7") == 0)
			iconv(c->cd, NULL, NULL, NULL, NULL);
	}
	return (ssize_t)(n - left);
}

static ssize_t
convert(struct converter *c, const char *p, size_t n, bool last)
{
	if (c->cd == (iconv_t)-1)
		return convert_utf8(c, p, n, last);
	return convert_iconv(c, p, n, last);
}

/* What was cut off by the end of the last block, with what it takes of this one. */
static int
join_carry(struct converter *c, const char **p, size_t *n)
{
	size_t old, take;
	ssize_t used;

	while (c->ncarry > 0 && *n > 0) {
		old = c->ncarry;
		take = sizeof c->carry - old;
		if (take > *n)
			take = *n;
		memcpy(c->carry + old, *p, take);
		used = convert(c, c->carry, old + take, false);
		if (used == -1)
			return -1;
		if ((size_t)used < old) {
			memmove(c->carry, c->carry + used,
			    old + take - (size_t)used);
			c->ncarry = old + take - (size_t)used;
			*p += take;
			*n -= take;
			continue;
		}
		*p += (size_t)used - old;
		*n -= (size_t)used - old;
		c->ncarry = 0;
	}
	return 0;
}

static int
converter_write(void *ctx, const char *p, int len)
{
	struct converter *c = ctx;
	size_t n = (size_t)len;
	ssize_t used;

	if (join_carry(c, &p, &n) == -1)
		return -1;
	if (n == 0)
		return len;
	if ((used = convert(c, p, n, false)) == -1)
		return -1;
	c->ncarry = n - (size_t)used;
	if (c->ncarry > sizeof c->carry)
		c->ncarry = sizeof c->carry;
	memcpy(c->carry, p + used, c->ncarry);
	return len;
}

static int
converter_end(struct converter *c)
{
	char out[64], *to = out;
	size_t room = sizeof out;
	int r = 0;

	if (c->ncarry > 0 && convert(c, c->carry, c->ncarry, true) == -1)
		r = -1;
	c->ncarry = 0;
	if (c->cd != (iconv_t)-1) {
		iconv(c->cd, NULL, NULL, &to, &room);
		if (emit(c, out, sizeof out - room) == -1)
			r = -1;
		give_back(c->name, c->cd);
	}
	if (c->fallback != (iconv_t)-1)
		give_back(c->fallback_name, c->fallback);
	if (c->cr && putc('\r', c->out) == EOF)
		r = -1;
	return ferror(c->out) ? -1 : r;
}

static void
converter_init(struct converter *c, FILE *out, const char *label,
    const char *charset_8bit, unsigned *defects)
{
	memset(c, 0, sizeof *c);
	c->out = out;
	c->defects = defects;
	c->cd = c->fallback = (iconv_t)-1;
	if (canonical(label, c->name) && is_utf8(c->name))
		return;
	/* ASCII is often said of what is UTF-8. */
	if (label == NULL || strcasestr(label, "ascii") == NULL)
		c->cd = open_converter(label, c->name);
	if (c->cd != (iconv_t)-1)
		return;
	if (label != NULL && *label != '\0' && !text_is_known(label))
		spoil(c);
	c->guess = true;
	if (charset_8bit == NULL || !text_is_known(charset_8bit))
		charset_8bit = "windows-1252";
	c->fallback = open_converter(charset_8bit, c->fallback_name);
}

/* Unbuffered: who flushes a decoder finds all of it in `out'. */
static void
compose_letters(struct converter *c)
{
	c->out = c->composer = jamo_composer(c->out);
	setvbuf(c->composer, NULL, _IONBF, 0);
}

static int
converter_close(void *ctx)
{
	struct converter *c = ctx;
	int r = converter_end(c);

	if (c->composer != NULL && fclose(c->composer) != 0)
		r = -1;
	free(c);
	return r;
}

FILE *
text_decoder(FILE *out, const char *charset, const char *charset_8bit,
    unsigned *defects)
{
	struct converter *c;

	if (is_hz(charset))
		return hz_decoder(text_decoder(out, "gb2312", charset_8bit,
		    defects));
	c = xmalloc(sizeof *c);
	converter_init(c, out, charset, charset_8bit, defects);
	if (c->cd != (iconv_t)-1 && strcmp(c->name, "cp949") == 0)
		compose_letters(c);
	return filter_new(c, converter_write, converter_close);
}

static char *
hz_to_utf8(struct span text, size_t *len, unsigned *defects)
{
	char *octets;
	struct span s;
	FILE *m = xmemstream(&octets, &s.n), *f = hz_decoder(m);

	fwrite(text.p, 1, text.n, f);
	fclose(f);
	s.p = octets;
	octets = text_to_utf8(s, "gb2312", NULL, len, defects);
	free((void *)(uintptr_t)s.p);
	return octets;
}

char *
text_to_utf8(struct span text, const char *charset, const char *charset_8bit,
    size_t *len, unsigned *defects)
{
	struct converter c;
	char name[MAX_LABEL], *out;
	size_t n;
	FILE *f;
	ssize_t used;

	if (is_hz(charset))
		return hz_to_utf8(text, len, defects);
	/* Whole text at hand: valid UTF-8 is UTF-8, else all is of the 8-bit set. */
	if ((charset == NULL || (canonical(charset, name) && is_utf8(name))) &&
	    utf8_is_valid(text.p, text.n)) {
		if (len != NULL)
			*len = text.n;
		return span_dup(text);
	}
	if (charset == NULL)
		charset = charset_8bit != NULL && text_is_known(charset_8bit) ?
		    charset_8bit : "windows-1252";
	f = xmemstream(&out, &n);
	converter_init(&c, f, charset, charset_8bit, defects);
	c.keep_cr = true;
	used = text.n == 0 ? 0 : convert(&c, text.p, text.n, true);
	(void)used;
	converter_end(&c);
	if (fclose(f) != 0)
		free(xmalloc(SIZE_MAX / 2));
	if (len != NULL)
		*len = n;
	return out;
}

char *
text_from_utf8(struct span text, const char *charset, size_t *len)
{
	char name[MAX_LABEL], *in = (char *)(uintptr_t)text.p, *out, *to;
	size_t left = text.n, size = text.n * 4 + 32, room = size, r;
	iconv_t cd;

	if (!canonical(charset, name) ||
	    (cd = iconv_open(name, "UTF-8")) == (iconv_t)-1)
		return NULL;
	to = out = xmalloc(size + 1);
	r = iconv(cd, &in, &left, &to, &room);
	if (r == 0)
		r = iconv(cd, NULL, NULL, &to, &room);
	iconv_close(cd);
	if (r != 0) {
		free(out);
		return NULL;
	}
	*to = '\0';
	if (len != NULL)
		*len = size - room;
	return out;
}
