/* SPDX-License-Identifier: ISC */
/*
 * buildhead.c -- the headers of a message and its parts (RFC 5322 2.2.3, 3.6;
 * RFC 2045, 2047, 2183, 2231).  Lines are folded at MAX_HEADER_LINE, addresses
 * between each other, and never longer than MAX_LINE.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "b64.h"
#include "buildint.h"
#include "date.h"
#include "param.h"
#include "text.h"
#include "word.h"

#define MAX_OLD_NAME	56	/* of a name that stands in one quoted string */
#define WORD_OCTETS	36	/* of a name in one encoded word of 60 */

uint64_t
head_size(const char *text, size_t n)
{
	const char *p = text, *end = text + n;
	uint64_t size = n;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		size++;
		p++;
	}
	return size;
}

/* Values come from files and arguments: what is not UTF-8 is made so. */
static char *
to_utf8(const char *s, const char *charset_8bit)
{
	if (utf8_is_valid(s, strlen(s)))
		return xstrdup(s);
	return text_to_utf8(span_of(s), NULL, charset_8bit, NULL, NULL);
}

static bool
is_ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

/* --- Fields of the message. --- */

/* The length of the next word: to a single blank, at which a line may be folded. */
static size_t
word_length(const char *p)
{
	size_t n = 0;

	for (; p[n] != '\0'; n++)
		if (n > 0 && p[n] == ' ' && p[n - 1] != ' ' &&
		    p[n + 1] != ' ' && p[n + 1] != '\0')
			break;
	return n;
}

/* Write text behind a blank, folded where a word does not fit; the column. */
static size_t
put_folded(FILE *out, size_t column, const char *text, size_t behind)
{
	size_t n;

	while ((n = word_length(text)) > 0) {
		if (column > 0 && column + 1 + n +
		    (text[n] == '\0' ? behind : 0) > MAX_HEADER_LINE) {
			putc('\n', out);
			column = 0;
		}
		putc(' ', out);
		fwrite(text, 1, n, out);
		column += 1 + n;
		text += n;
		if (*text == ' ')
			text++;
	}
	return column;
}

static int
put_addrs(FILE *out, const struct build_header *f, const char *charset_8bit,
    bool utf8_ok, struct fail *why)
{
	size_t column = strlen(f->name) + 1, i;
	struct addr a;
	char *text;

	fprintf(out, "%s:", f->name);
	for (i = 0; i < f->as.n; i++) {
		a = f->as.v[i];
		if (!utf8_ok && !is_ascii(a.addr))
			return fail(why, EX_NOUSER, "%s: the address is not "
			    "ASCII, and the transport lacks SMTPUTF8", a.addr);
		if (a.name != NULL)
			a.name = to_utf8(a.name, charset_8bit);
		text = addr_header(&a);
		/* Rather between addresses than in one. */
		if (i > 0 && column + strlen(text) + 2 > MAX_HEADER_LINE) {
			putc('\n', out);
			column = 0;
		}
		column = put_folded(out, column, text, i + 1 < f->as.n);
		if (i + 1 < f->as.n) {
			putc(',', out);
			column++;
		}
		free(text);
		free(a.name);
	}
	putc('\n', out);
	return 0;
}

/* Message-IDs: words that are not to be coded, where they can be helped. */
static bool
put_ids(FILE *out, const char *name, const char *value)
{
	const char *p;
	char *text;

	for (p = value; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p >= 127)
			return false;
	for (p = value; *p != '\0'; p += word_length(p))
		if (word_length(p) > MAX_LINE - 100)
			return false;
	text = span_dup(span_trim(span_of(value)));
	fprintf(out, "%s:", name);
	put_folded(out, strlen(name) + 1, text, 0);
	putc('\n', out);
	free(text);
	return true;
}

static int
put_field(FILE *out, const struct build_header *f, const struct build_options *o,
    struct fail *why)
{
	char *text;

	if (f->value == NULL)
		return put_addrs(out, f, o->charset_8bit, o->utf8_ok, why);
	if ((strcasecmp(f->name, "References") == 0 ||
	    strcasecmp(f->name, "In-Reply-To") == 0) &&
	    put_ids(out, f->name, f->value))
		return 0;
	text = to_utf8(f->value, o->charset_8bit);
	word_field(out, f->name, text);
	free(text);
	return 0;
}

/* --- Fields of a part. --- */

/* A file name without directories and control characters, UTF-8; NULL if none. */
static char *
shown_name(const struct build_part *p, const char *charset_8bit)
{
	const char *s = p->filename;
	char *name, *q;

	if (s == NULL)
		return NULL;
	if (strrchr(s, '/') != NULL)
		s = strrchr(s, '/') + 1;
	if (*s == '\0')
		return NULL;
	name = to_utf8(s, charset_8bit);
	for (q = name; *q != '\0'; q++)
		if (ascii_is_control((unsigned char)*q))
			*q = '_';
	return name;
}

/* The octets of s, at most `most', that end with a whole character. */
static size_t
whole_characters(const char *s, size_t most)
{
	size_t n = 0, len = strlen(s), step;
	uint32_t cp;

	while (n < len && n + (step = utf8_decode(s + n, len - n, &cp)) <= most)
		n += step;
	return n;
}

/*
 * name="..." in Content-Type, for readers that do not know RFC 2231: encoded
 * words in a quoted string, which the standard forbids and they all decode.
 */
static int
put_old_name(FILE *out, int column, const char *name)
{
	char word[B64_ENCODED_SIZE(WORD_OCTETS) + 1];
	size_t n;

	if (is_ascii(name) && strlen(name) < MAX_OLD_NAME &&
	    strstr(name, "=?") == NULL)
		return param_write(out, column, "name", name);
	fputs(";\n\tname=\"", out);
	for (; *name != '\0'; name += n) {
		n = whole_characters(name, WORD_OCTETS);
		word[b64_encode(name, n, word)] = '\0';
		fprintf(out, "=?utf-8?b?%s?=%s", word,
		    name[n] == '\0' ? "\"" : "\n\t");
	}
	return MAX_HEADER_LINE;
}

static void
put_type(FILE *out, const struct build_part *p, const char *name)
{
	const struct plan *plan = PLAN(p);
	struct build_part *first;
	int column = fprintf(out, "Content-Type:%s", strlen(plan->type) + 15 >
	    MAX_HEADER_LINE ? "\n\t" : " ");

	column += fprintf(out, "%s", plan->type);

	if (build_is_container(p)) {
		for (first = p->child; build_standing(first) == NULL; )
			first = first->next;
		if (strcmp(plan->type, "multipart/related") == 0)
			column = param_write(out, column, "type",
			    PLAN(build_standing(first))->type);
		param_write(out, column, "boundary", plan->boundary);
	}
	if (plan->charset != NULL)
		column = param_write(out, column, "charset", plan->charset);
	if (plan->flow)
		column = param_write(out, column, "format", "flowed");
	if (name != NULL)
		put_old_name(out, column, name);
	putc('\n', out);
}

static void
put_encoding(FILE *out, const struct build_part *p)
{
	const char *name = "7bit";

	switch (PLAN(p)->encoding) {
	case ENCODING_8BIT:
		name = "8bit";
		break;
	case ENCODING_QP:
		name = "quoted-printable";
		break;
	case ENCODING_BASE64:
		name = "base64";
		break;
	default:
		if (build_is_container(p))
			return;
		break;
	}
	fprintf(out, "Content-Transfer-Encoding: %s\n", name);
}

static void
put_disposition(FILE *out, const struct build_part *p, const char *name)
{
	int column;

	if (p->disposition == BUILD_NONE && name == NULL)
		return;
	column = fprintf(out, "Content-Disposition: %s",
	    p->disposition == BUILD_ATTACHMENT ? "attachment" : "inline");
	if (name != NULL)
		param_write(out, column, "filename", name);
	putc('\n', out);
}

static int
put_id(FILE *out, const struct build_part *p, struct fail *why)
{
	size_t n, i;

	if (p->id == NULL)
		return 0;
	n = strlen(p->id);
	for (i = 0; i < n; i++)
		if (p->id[i] <= ' ' || p->id[i] >= 127 ||
		    (strchr("<>", p->id[i]) != NULL && i > 0 && i + 1 < n))
			break;
	if (i < n || n < 3 || n > MAX_LINE - 100 || p->id[0] != '<' ||
	    p->id[n - 1] != '>')
		return fail(why, EX_DATAERR, "Content-ID: is none: %s", p->id);
	fprintf(out, "Content-ID: %s\n", p->id);
	return 0;
}

static int
put_description(FILE *out, const struct build_part *p, const char *charset_8bit,
    struct fail *why)
{
	char *text;

	if (p->description == NULL)
		return 0;
	if (strpbrk(p->description, "\r\n") != NULL)
		return fail(why, EX_DATAERR,
		    "Content-Description: the value has a line break");
	text = to_utf8(p->description, charset_8bit);
	word_field(out, "Content-Description", text);
	free(text);
	return 0;
}

int
head_of_part(struct build_part *p, const char *charset_8bit, struct fail *why)
{
	struct plan *plan = PLAN(p);
	FILE *out = xmemstream(&plan->head, &plan->head_len);
	char *name = shown_name(p, charset_8bit);
	int r;

	put_type(out, p, name);
	put_encoding(out, p);
	put_disposition(out, p, name);
	r = put_id(out, p, why);
	if (r == 0)
		r = put_description(out, p, charset_8bit, why);
	free(name);
	if (fclose(out) != 0)
		free(xmalloc(SIZE_MAX / 2));	/* memory alone can fail */
	return r;
}

/* --- The header of the message. --- */

/* The domain of From as it may stand in a Message-ID; NULL if it has none. */
static const char *
domain_of(const struct build_header *from)
{
	const char *at = strrchr(from->as.v[0].addr, '@');

	return at == NULL || !is_ascii(at) ? NULL : at + 1;
}

static int
put_fields(FILE *out, struct build *b, const struct build_options *o,
    struct fail *why)
{
	const struct build_header *from = build_get(b, "From");
	struct build_header sender = { .name = NULL };
	size_t i;

	for (i = 0; i < b->nfields; i++) {
		if (put_field(out, &b->fields[i], o, why) == -1)
			return -1;
		/* Several authors: one of them is named as sender (RFC 5322 3.6.2). */
		if (&b->fields[i] != from || from->as.n < 2 ||
		    build_get(b, "Sender") != NULL)
			continue;
		sender = *from;
		sender.name = (char []){ "Sender" };
		sender.as.n = 1;
		if (put_field(out, &sender, o, why) == -1)
			return -1;
	}
	return 0;
}

static void
fix_id_and_date(struct build *b, const struct build_options *o)
{
	const char *domain = domain_of(build_get(b, "From"));
	char text[DATE_MAX];
	struct date now;

	if (b->id == NULL)
		b->id = build_new_id(domain != NULL ? domain : o->hostname);
	if (b->date == NULL) {
		date_now(&now);
		date_rfc5322(&now, text);
		b->date = xstrdup(text);
	}
}

int
head_of_message(struct build *b, struct build_part *root,
    const struct build_options *o, struct fail *why)
{
	FILE *out;
	int r;

	if (build_get(b, "From") == NULL)
		return fail(why, EX_DATAERR, "From: the message has none");
	fix_id_and_date(b, o);
	out = xmemstream(&b->head, &b->head_len);
	fprintf(out, "Date: %s\n", b->date);
	r = put_fields(out, b, o, why);
	put_ids(out, "Message-ID", b->id);
	fputs("MIME-Version: 1.0\n", out);
	if (root == NULL)
		fputs("Content-Type: text/plain; charset=us-ascii\n"
		    "Content-Transfer-Encoding: 7bit\n", out);
	else
		fwrite(PLAN(root)->head, 1, PLAN(root)->head_len, out);
	if (fclose(out) != 0)
		free(xmalloc(SIZE_MAX / 2));
	if (r == -1) {
		free(b->head);
		b->head = NULL;
	}
	return r;
}
