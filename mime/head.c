/* SPDX-License-Identifier: ISC */
/*
 * head.c -- the fields of a header (RFC 5322 2.2, 4).  One pass, line by line;
 * a line that is no field and continues none is passed over and named.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "head.h"
#include "word.h"

static const char *const names[DEFECT_COUNT] = {
	"field", "no-blank-line", "head-cut", "type", "encoding", "base64",
	"quoted-printable", "no-boundary", "boundary-missing", "not-closed",
	"depth", "parts", "charset", "duplicate", "raw-8bit", "address", "date",
	"nul"
};

const char *
defect_name(enum defect bit)
{
	unsigned i;

	for (i = 0; i < DEFECT_COUNT; i++)
		if ((unsigned)bit == 1u << i)
			return names[i];
	return "unknown";
}

/* The length of a field's name at the start of a line, 0 if it is none; *colon where its colon is. */
static size_t
field_name(const char *p, size_t n, size_t *colon)
{
	size_t len, i;

	for (len = 0; len < n; len++)
		if (p[len] == ':' || (unsigned char)p[len] <= ' ' ||
		    p[len] == 127)
			break;
	/* Blanks between name and colon are obsolete, and occur. */
	for (i = len; i < n && (p[i] == ' ' || p[i] == '\t'); i++)
		continue;
	if (len == 0 || i == n || p[i] != ':')
		return 0;
	*colon = i;
	return len;
}

/* A longer one is cut; true if it was. */
static bool
cut_field(struct head *h, struct field *f)
{
	if (f->body.n <= h->max_field)
		return false;
	f->body.n = h->max_field;
	h->defects |= DEFECT_HEAD_CUT;
	return true;
}

/* Add one; false if there are too many. */
static bool
add_field(struct head *h, size_t *cap, const char *p, size_t name,
    size_t colon, size_t n)
{
	struct field *f;

	if (h->n >= MAX_FIELDS) {
		h->defects |= DEFECT_HEAD_CUT;
		return false;
	}
	h->v = xgrow(h->v, h->n, cap, sizeof *h->v);
	f = &h->v[h->n++];
	f->name.p = p;
	f->name.n = name;
	f->body.p = p + colon + 1;
	f->body.n = n - colon - 1;
	(void)cut_field(h, f);
	return true;
}

/* The line without its line end. */
static size_t
text_length(const char *p, size_t n)
{
	if (n > 0 && p[n - 1] == '\n')
		n--;
	if (n > 0 && p[n - 1] == '\r')
		n--;
	return n;
}

/* The last field goes on to `end'. */
static bool
extend_field(struct head *h, const char *end)
{
	struct field *f = &h->v[h->n - 1];

	f->body.n = (size_t)(end - f->body.p);
	return !cut_field(h, f);
}

static void
parse(struct head *h, char *text, size_t len, size_t max_field)
{
	const char *p, *end, *nl;
	size_t n, line, name, colon = 0, cap = 0;
	bool open = false;		/* the last field may go on */

	memset(h, 0, sizeof *h);
	h->text = text;
	h->len = len;
	h->max_field = max_field;
	end = len == 0 ? text : text + len;	/* text may be NULL */
	for (p = text; p != end; p += n) {
		nl = memchr(p, '\n', (size_t)(end - p));
		n = nl == NULL ? (size_t)(end - p) : (size_t)(nl - p) + 1;
		if ((line = text_length(p, n)) == 0)
			return;
		if (*p == ' ' || *p == '\t') {
			if (open)
				open = extend_field(h, p + line);
			else if ((h->defects & DEFECT_HEAD_CUT) == 0)
				h->defects |= DEFECT_FIELD;
			continue;
		}
		name = field_name(p, line, &colon);
		open = name > 0 && add_field(h, &cap, p, name, colon, line);
		if (name == 0 && (p != text || n < 6 ||
		    memcmp(p, "From ", 5) != 0))
			h->defects |= DEFECT_FIELD;
	}
	h->defects |= DEFECT_NO_BLANK_LINE;
}

void
head_parse(struct head *h, char *text, size_t len)
{
	parse(h, text, len, MAX_FIELD_SIZE);
}

void
head_parse_whole(struct head *h, char *text, size_t len)
{
	parse(h, text, len, SIZE_MAX);
}

void
head_free(struct head *h)
{
	free(h->text);
	free(h->v);
	memset(h, 0, sizeof *h);
}

const struct field *
head_get(const struct head *h, const char *name)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		if (span_ieq(h->v[i].name, name))
			return &h->v[i];
	return NULL;
}

const struct field *
head_again(const struct head *h, const struct field *f)
{
	const struct field *end = h->v + h->n, *g;

	for (g = f + 1; g < end; g++)
		if (g->name.n == f->name.n &&
		    strncasecmp(g->name.p, f->name.p, f->name.n) == 0)
			return g;
	return NULL;
}

char *
head_raw(const struct field *f)
{
	struct span s = span_trim(f->body);
	char *out = xmalloc(s.n + 1);
	size_t i, n = 0;

	/* Unfolding takes the line break alone (RFC 5322 2.2.3). */
	for (i = 0; i < s.n; i++)
		if (s.p[i] != '\n' && !(s.p[i] == '\r' && i + 1 < s.n &&
		    s.p[i + 1] == '\n'))
			out[n++] = s.p[i] == '\0' ? ' ' : s.p[i];
	out[n] = '\0';
	return out;
}

/* ASCII without encoded words: only line breaks are to become blanks. */
static bool
is_plain(char *raw)
{
	char *p;

	for (p = raw; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80 || (*p == '=' && p[1] == '?'))
			return false;
	for (p = raw; (p = strpbrk(p, "\r\n")) != NULL; )
		*p = ' ';
	return true;
}

char *
head_text(const struct field *f, const char *charset_8bit)
{
	char *raw = head_raw(f), *out;
	size_t len;
	FILE *m;

	if (is_plain(raw))
		return raw;
	m = xmemstream(&out, &len);
	word_decode(span_of(raw), charset_8bit, m);
	if (fclose(m) != 0)
		free(xmalloc(SIZE_MAX / 2));
	free(raw);
	return out;
}

char *
head_get_text(const struct head *h, const char *name, const char *charset_8bit)
{
	const struct field *f = head_get(h, name);

	return f == NULL ? NULL : head_text(f, charset_8bit);
}
