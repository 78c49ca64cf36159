/* SPDX-License-Identifier: ISC */
/*
 * imapread.c -- a bounded reader of IMAP responses (RFC 3501 and 9051, section 9).
 *
 * A response is read whole before it is handed out, into an arena that the next
 * one reuses: the consumers get a plain tree, and nothing to free.  Only literals
 * of message text are given away as they come.  Lenient where servers are sloppy
 * (blanks too many, bare LF, 8-bit atoms), strict where sizes and nesting are said.
 */
#include <stdlib.h>
#include <string.h>

#include "imapread.h"

#define CHUNK_SIZE	(16 * 1024)
#define MAX_NODES	300000		/* of one response: some 12 MiB */
#define READ_SIZE	(64 * 1024)

struct chunk {
	struct chunk	*next;
	size_t		 used, size;
	_Alignas(max_align_t) char octets[];
};

struct imap_reader {
	struct imap_input	 in;
	struct imap_sink	 sink;
	struct chunk		*chunks;	/* owned: of this response */
	size_t			 held;		/* octets of text in them */
	unsigned		 nodes;
	char			*p, *end;	/* what is left of the line */
	char			*block;		/* owned: READ_SIZE + 1; or NULL */
	struct imap_response	 response;
};

/* The lists that are open, and where their next node goes. */
struct stack {
	struct imap_node	**tail[MAX_IMAP_DEPTH + 1];
	unsigned		  depth;
	struct imap_node	 *last;		/* the item before, in the same list */
};

struct imap_reader *
imap_reader_new(const struct imap_input *in)
{
	struct imap_reader *r;

	r = xcalloc(1, sizeof(*r));
	r->in = *in;
	return r;
}

static void
drop_chunks(struct imap_reader *r)
{
	struct chunk *c;

	while ((c = r->chunks) != NULL) {
		r->chunks = c->next;
		free(c);
	}
}

void
imap_reader_free(struct imap_reader *r)
{
	if (r == NULL)
		return;
	drop_chunks(r);
	free(r->block);
	free(r);
}

void
imap_reader_sink(struct imap_reader *r, const struct imap_sink *sink)
{
	memset(&r->sink, 0, sizeof(r->sink));
	if (sink != NULL)
		r->sink = *sink;
}

static int
broken(const char *what, struct fail *why)
{
	return fail(why, EX_PROTOCOL, "malformed IMAP response: %s", what);
}

static void *
take(struct imap_reader *r, size_t n)
{
	struct chunk *c = r->chunks;
	size_t size;
	void *p;

	n = (n + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
	if (c == NULL || c->size - c->used < n) {
		size = n > CHUNK_SIZE ? n : CHUNK_SIZE;
		c = xmalloc(sizeof(*c) + size);
		c->used = 0;
		c->size = size;
		c->next = r->chunks;
		r->chunks = c;
	}
	p = c->octets + c->used;
	c->used += n;
	return p;
}

/* Keep one ordinary chunk for the next response. */
static void
reset(struct imap_reader *r)
{
	struct chunk *c = r->chunks;

	if (c != NULL && c->next == NULL && c->size == CHUNK_SIZE)
		c->used = 0;
	else
		drop_chunks(r);
	r->held = 0;
	r->nodes = 0;
	memset(&r->response, 0, sizeof(r->response));
}

static int
hold(struct imap_reader *r, uint64_t n, struct fail *why)
{
	if (n > MAX_IMAP_STRING || r->held > MAX_IMAP_STRING - n)
		return broken("too long", why);
	r->held += (size_t)n;
	r->response.octets = r->held;
	return 0;
}

static int
next_line(struct imap_reader *r, struct fail *why)
{
	struct span line;

	if (r->in.line(r->in.ctx, &line, why) == -1 ||
	    hold(r, line.n, why) == -1)
		return -1;
	r->p = take(r, line.n + 1);
	if (line.n != 0)
		memcpy(r->p, line.p, line.n);
	r->end = r->p + line.n;
	*r->end = '\0';
	return 0;
}

static struct imap_node *
add_node(struct imap_reader *r, struct stack *st, enum imap_kind kind,
    struct fail *why)
{
	struct imap_node *n;

	if (r->nodes++ >= MAX_NODES) {
		broken("too many items", why);
		return NULL;
	}
	n = take(r, sizeof(*n));
	memset(n, 0, sizeof(*n));
	n->kind = kind;
	*st->tail[st->depth] = n;
	st->tail[st->depth] = &n->next;
	st->last = n;
	return n;
}

/* A quoted string, unescaped where it stands. */
static int
read_quoted(struct imap_reader *r, struct stack *st, struct fail *why)
{
	struct imap_node *n;
	char *from, *to;

	if ((n = add_node(r, st, IMAP_STRING, why)) == NULL)
		return -1;
	n->text.p = ++r->p;
	while (r->p < r->end && *r->p != '"' && *r->p != '\\')
		r->p++;
	from = to = r->p;
	while (from < r->end && *from != '"') {
		if (*from == '\\' && from + 1 < r->end)
			from++;
		*to++ = *from++;
	}
	if (from == r->end)
		return broken("a quoted string without end", why);
	n->text.n = (size_t)(to - n->text.p);
	r->p = from + 1;
	return 0;
}

/* The size in {123} or {123+}, which must end the line. */
static int
literal_size(struct imap_reader *r, uint64_t *size, struct fail *why)
{
	struct span digits;
	char *close;

	if (r->end[-1] != '}')
		return broken("a literal's size", why);
	close = r->end - 1;
	if (close > r->p + 1 && close[-1] == '+')
		close--;
	digits.p = r->p + 1;
	digits.n = (size_t)(close - digits.p);
	if (imap_number(digits, MAX_IMAP_LITERAL, size) == -1)
		return broken("a literal's size", why);
	return 0;
}

static int
keep_literal(struct imap_reader *r, struct imap_node *n, uint64_t size,
    struct fail *why)
{
	struct span got;
	size_t at = 0;
	char *p;

	if (hold(r, size, why) == -1)
		return -1;
	p = take(r, (size_t)size + 1);
	while (at < size) {
		if (r->in.read(r->in.ctx, (size_t)size - at, &got, why) == -1)
			return -1;
		memcpy(p + at, got.p, got.n);
		at += got.n;
	}
	n->text.p = p;
	n->text.n = at;
	return 0;
}

/* Write with CRLF as LF; *cr: a CR is held back, for LF may follow. */
static void
write_text(struct imap_reader *r, FILE *f, struct span s, bool *cr)
{
	const char *end = s.p + s.n, *p = s.p, *q;
	size_t n = 0;

	if (r->block == NULL)
		r->block = xmalloc(READ_SIZE + 1);
	while (p < end) {
		if (*cr && *p != '\n')
			r->block[n++] = '\r';
		if ((q = memchr(p, '\r', (size_t)(end - p))) == NULL)
			q = end;
		*cr = q < end;
		memcpy(r->block + n, p, (size_t)(q - p));
		n += (size_t)(q - p);
		p = q + (*cr ? 1 : 0);
	}
	fwrite(r->block, 1, n, f);
}

static int
stream_literal(struct imap_reader *r, struct imap_node *n, FILE *f, bool raw,
    uint64_t size, struct fail *why)
{
	struct span got;
	uint64_t left;
	bool cr = false;

	n->kind = IMAP_STREAMED;
	n->text.n = (size_t)size;
	for (left = size; left > 0; left -= got.n) {
		if (r->in.read(r->in.ctx,
		    left < READ_SIZE ? (size_t)left : READ_SIZE,
		    &got, why) == -1)
			return -1;
		if (raw)
			fwrite(got.p, 1, got.n, f);
		else
			write_text(r, f, got, &cr);
	}
	if (cr)
		putc('\r', f);
	return 0;
}

static bool
is_message_text(const struct imap_node *item)
{
	return item != NULL && item->kind == IMAP_ATOM &&
	    (span_has_prefix(item->text, "BODY[") ||
	    span_has_prefix(item->text, "BINARY[") ||
	    span_has_prefix(item->text, "RFC822"));
}

static int
read_literal(struct imap_reader *r, struct stack *st, struct fail *why)
{
	const struct imap_node *before = st->last;
	struct imap_node *n;
	uint64_t size = 0;
	FILE *f = NULL;
	bool raw = false;
	int result;

	if (literal_size(r, &size, why) == -1 ||
	    (n = add_node(r, st, IMAP_STRING, why)) == NULL)
		return -1;
	if (r->sink.begin != NULL && st->depth == 1 &&
	    span_ieq(r->response.word, "FETCH") && is_message_text(before))
		f = r->sink.begin(r->sink.ctx, &r->response, before->text,
		    size, &raw);
	if (f != NULL)
		result = stream_literal(r, n, f, raw, size, why);
	else
		result = keep_literal(r, n, size, why);
	if (result == -1 || next_line(r, why) == -1)
		return -1;
	/* Else its size was a lie, and nothing of it can be believed. */
	if (r->p < r->end && *r->p != ' ' && *r->p != ')')
		return broken("text behind a literal", why);
	return 0;
}

/* The end of a section "BODY[HEADER.FIELDS (A B)]<0>", blanks and lists in it. */
static char *
section_end(char *open, char *end)
{
	bool quoted = false;
	char *p;

	for (p = open; p < end; p++)
		if (*p == '"')
			quoted = !quoted;
		else if (*p == ']' && !quoted)
			return p + 1;
	return NULL;
}

static bool
opens_section(struct span before)
{
	return span_ieq(before, "BODY") || span_ieq(before, "BINARY") ||
	    span_ieq(before, "BINARY.SIZE");
}

static bool
ends_atom(char c)
{
	return (c >= 0 && c <= ' ') || c == '(' || c == ')' || c == '{' ||
	    c == '"' || c == 127;
}

static int
read_atom(struct imap_reader *r, struct stack *st, bool in_code,
    struct fail *why)
{
	struct imap_node *n;
	struct span s = { r->p, 0 };
	char *p = r->p;

	while (p < r->end && !ends_atom(*p)) {
		if (*p == ']' && in_code && st->depth == 0)
			break;
		s.n = (size_t)(p - s.p);
		if (*p != '[' || !opens_section(s))
			p++;
		else if ((p = section_end(p, r->end)) == NULL)
			return broken("a section without end", why);
	}
	s.n = (size_t)(p - s.p);
	if (s.n == 0 || span_eq(s, "~") ||
	    (p < r->end && (*p == '"' || *p == '{')))
		return broken("an unexpected character", why);
	if ((n = add_node(r, st, IMAP_ATOM, why)) == NULL)
		return -1;
	if (s.n == 3 && span_ieq(s, "NIL"))
		n->kind = IMAP_NIL;
	n->text = s;
	r->p = p;
	return 0;
}

static int
open_list(struct imap_reader *r, struct stack *st, struct fail *why)
{
	struct imap_node *n;

	if (st->depth >= MAX_IMAP_DEPTH)
		return broken("nested too deeply", why);
	if ((n = add_node(r, st, IMAP_LIST, why)) == NULL)
		return -1;
	st->tail[++st->depth] = &n->child;
	st->last = NULL;
	r->p++;
	return 0;
}

static bool
at_literal(const struct imap_reader *r)
{
	return *r->p == '{' || (*r->p == '~' && r->p[1] == '{');
}

static int
close_list(struct imap_reader *r, struct stack *st, struct fail *why)
{
	if (st->depth == 0)
		return broken("`)' without `('", why);
	st->depth--;
	st->last = NULL;
	r->p++;
	return 0;
}

static int
read_item(struct imap_reader *r, struct stack *st, bool in_code,
    struct fail *why)
{
	if (*r->p == '(')
		return open_list(r, st, why);
	if (*r->p == ')')
		return close_list(r, st, why);
	if (*r->p == '"')
		return read_quoted(r, st, why);
	if (at_literal(r) && !in_code) {
		r->p += *r->p == '~';
		return read_literal(r, st, why);
	}
	return read_atom(r, st, in_code, why);
}

/*
 * Items to the end of the response, or of the code to its `]'.  Lists are kept
 * on a stack of our own: what a server nests costs no stack of the process.
 */
static int
read_items(struct imap_reader *r, struct imap_node **first, bool in_code,
    struct fail *why)
{
	struct stack st;

	st.depth = 0;
	st.tail[0] = first;
	st.last = NULL;
	*first = NULL;
	for (;;) {
		while (r->p < r->end && *r->p == ' ')
			r->p++;
		if (r->p == r->end)
			break;
		if (in_code && st.depth == 0 && *r->p == ']')
			return 0;
		if (read_item(r, &st, in_code, why) == -1)
			return -1;
	}
	if (in_code)
		return broken("`[' without `]'", why);
	return st.depth == 0 ? 0 : broken("`(' without `)'", why);
}

/* A word: all up to a blank. */
static struct span
read_word(struct imap_reader *r)
{
	struct span s;

	while (r->p < r->end && *r->p == ' ')
		r->p++;
	s.p = r->p;
	while (r->p < r->end && *r->p != ' ')
		r->p++;
	s.n = (size_t)(r->p - s.p);
	return s;
}

static struct span
read_rest(struct imap_reader *r)
{
	struct span s;

	if (r->p < r->end && *r->p == ' ')
		r->p++;
	s.p = r->p;
	s.n = (size_t)(r->end - r->p);
	return s;
}

static enum imap_status
find_status(struct span word)
{
	static const struct {
		const char		*word;
		enum imap_status	 status;
	} table[] = {
		{ "OK", IMAP_OK }, { "NO", IMAP_NO }, { "BAD", IMAP_BAD },
		{ "BYE", IMAP_BYE }, { "PREAUTH", IMAP_PREAUTH }
	};
	size_t i;

	for (i = 0; i < NELEM(table); i++)
		if (span_ieq(word, table[i].word))
			return table[i].status;
	return IMAP_DATA;
}

static int
read_status(struct imap_reader *r, struct fail *why)
{
	struct imap_response *x = &r->response;

	while (r->p < r->end && *r->p == ' ')
		r->p++;
	if (r->p < r->end && *r->p == '[') {
		r->p++;
		if (read_items(r, &x->code, true, why) == -1)
			return -1;
		r->p++;
		x->text = read_rest(r);
	} else if (r->p < r->end) {
		x->text.p = r->p;
		x->text.n = (size_t)(r->end - r->p);
	}
	return 0;
}

/* The number in "* 12 FETCH", which is none in "* OK". */
static int
read_leading(struct imap_reader *r, struct fail *why)
{
	struct imap_response *x = &r->response;
	uint64_t number;

	x->word = read_word(r);
	if (x->word.n != 0 && ascii_is_digit(x->word.p[0])) {
		if (imap_number(x->word, UINT32_MAX, &number) == -1)
			return broken("a number out of bounds", why);
		x->has_number = true;
		x->number = (uint32_t)number;
		x->word = read_word(r);
	}
	if (x->word.n == 0)
		return broken("nothing is said", why);
	return 0;
}

const struct imap_response *
imap_read(struct imap_reader *r, struct fail *why)
{
	struct imap_response *x = &r->response;

	reset(r);
	if (next_line(r, why) == -1)
		return NULL;
	if (r->p == r->end || *r->p == ' ') {
		broken("no tag", why);
		return NULL;
	}
	x->tag = read_word(r);
	if (span_eq(x->tag, "+")) {
		x->status = IMAP_MORE;
		x->text = read_rest(r);
		return x;
	}
	if (read_leading(r, why) == -1)
		return NULL;
	x->status = x->has_number ? IMAP_DATA : find_status(x->word);
	if (x->status == IMAP_DATA) {
		if (read_items(r, &x->items, false, why) == -1)
			return NULL;
	} else if (read_status(r, why) == -1)
		return NULL;
	return x;
}

bool
imap_is_atom(const struct imap_node *n, const char *name)
{
	return n != NULL && n->kind == IMAP_ATOM && span_ieq(n->text, name);
}

bool
imap_is_text(const struct imap_node *n)
{
	return n != NULL && (n->kind == IMAP_ATOM || n->kind == IMAP_STRING ||
	    n->kind == IMAP_NIL);
}

int
imap_number(struct span s, uint64_t max, uint64_t *value)
{
	uint64_t v = 0, digit;
	size_t i;

	if (s.n == 0)
		return -1;
	for (i = 0; i < s.n; i++) {
		if (!ascii_is_digit((unsigned char)s.p[i]))
			return -1;
		digit = (uint64_t)(s.p[i] - '0');
		if (v > (max - digit) / 10)
			return -1;
		v = v * 10 + digit;
	}
	*value = v;
	return 0;
}

static int
set_number(struct span *set, uint32_t *value)
{
	struct span digits = { set->p, 0 };
	uint64_t v = UINT32_MAX;

	if (set->n != 0 && *set->p == '*')
		digits.n = 1;
	else {
		while (digits.n < set->n &&
		    ascii_is_digit((unsigned char)set->p[digits.n]))
			digits.n++;
		if (imap_number(digits, UINT32_MAX, &v) == -1 || v == 0)
			return -1;
	}
	*value = (uint32_t)v;
	set->p += digits.n;
	set->n -= digits.n;
	return 0;
}

int
imap_set_next(struct span *set, uint32_t *low, uint32_t *high)
{
	uint32_t t;

	if (set->n == 0)
		return 0;
	if (set_number(set, low) == -1)
		return -1;
	*high = *low;
	if (set->n != 0 && *set->p == ':') {
		set->p++;
		set->n--;
		if (set_number(set, high) == -1)
			return -1;
	}
	if (*low > *high) {
		t = *low;
		*low = *high;
		*high = t;
	}
	if (set->n == 0)
		return 1;
	if (*set->p != ',' || set->n == 1)
		return -1;
	set->p++;
	set->n--;
	return 1;
}
