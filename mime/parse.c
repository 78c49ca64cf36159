/* SPDX-License-Identifier: ISC */
/*
 * parse.c -- from octets to the tree of parts (RFC 2046 5.1), in one pass and in
 * bounded memory: header blocks are held, bodies are only counted.
 *
 * A line in a body is looked at only if it begins with "--"; the boundaries that
 * may end it are those of the multiparts around it, innermost first.  The line end
 * before a boundary belongs to the boundary.
 */
#include <stdlib.h>
#include <string.h>

#include "part.h"

#define BLOCK		(64 * 1024)	/* read at once */
#define LINE_HELD	(MAX_BOUNDARY + 80)	/* of a line that may be a boundary */

enum where { IN_HEAD, IN_BODY };

struct open_part {
	struct part	*part;
	char		*boundary;	/* owned; NULL: not a multipart */
	size_t		 boundary_len;
	bool		 seen;		/* its boundary occurred */
	bool		 closed;	/* its closing boundary occurred */
	bool		 digest;
	struct part	*last;		/* child */
	uint64_t	 lines;		/* of bodies, before it began */
};

struct parser {
	char		*charset_8bit;	/* owned; or NULL */
	struct part	*root;
	struct open_part stack[MAX_DEPTH + 1];
	unsigned	 depth;		/* of stack; the last one is being read */
	unsigned	 parts;
	enum where	 where;

	char		*head;		/* owned: the header block being read */
	size_t		 head_len, head_cap;
	bool		 head_cut;

	int64_t		 offset;	/* octets taken so far */
	uint64_t	 lines;		/* of bodies */
	/* the line that is not complete yet */
	char		 line[LINE_HELD];
	size_t		 line_len;	/* held */
	bool		 line_plain;	/* known to be no boundary */
	bool		 at_start;	/* of a line */
	unsigned	 eol;		/* octets of the last line end: 0, 1, 2 */
	bool		 cr;		/* the last octet was CR */
	bool		 nul;
};

static struct part *
current(struct parser *p)
{
	return p->stack[p->depth].part;
}

/* A part; its parent, if any, is the current one. */
static struct part *
new_part(struct parser *p, struct part *parent)
{
	struct open_part *o = &p->stack[p->depth];
	struct part *n = xcalloc(1, sizeof *n);

	n->parent = parent;
	n->index = 1;
	n->start = p->offset;
	n->body = p->offset;
	if (parent != NULL) {
		if (parent->child == NULL)
			parent->child = n;
		else {
			o->last->next = n;
			n->index = o->last->index + 1;
		}
		o->last = n;
	}
	p->parts++;
	return n;
}

struct parser *
parser_new(const char *charset_8bit)
{
	struct parser *p = xcalloc(1, sizeof *p);

	p->charset_8bit = charset_8bit == NULL ? NULL : xstrdup(charset_8bit);
	p->root = new_part(p, NULL);
	p->stack[0].part = p->root;
	p->at_start = true;
	p->where = IN_HEAD;
	return p;
}

/* --- What a header says of its part --- */

static void
read_encoding(struct part *n)
{
	static const struct {
		const char	*name;
		enum encoding	 encoding;
	} known[] = {
		{ "7bit", ENCODING_7BIT }, { "8bit", ENCODING_8BIT },
		{ "binary", ENCODING_BINARY }, { "base64", ENCODING_BASE64 },
		{ "quoted-printable", ENCODING_QP },
		{ "x-uuencode", ENCODING_UUENCODE },
		{ "x-uue", ENCODING_UUENCODE }, { "uuencode", ENCODING_UUENCODE },
		{ "7-bit", ENCODING_7BIT }, { "8-bit", ENCODING_8BIT },
		{ "none", ENCODING_7BIT },
	};
	const struct field *f = head_get(&n->head, "Content-Transfer-Encoding");
	struct params ps;
	size_t i;

	n->encoding_name = xstrdup("7bit");
	if (f == NULL)
		return;
	params_parse(&ps, f->body, NULL);
	if (*ps.value != '\0') {
		free(n->encoding_name);
		n->encoding_name = xstrdup(ps.value);
	}
	params_free(&ps);
	if (head_again(&n->head, f) != NULL)
		n->defects |= DEFECT_DUPLICATE;
	n->encoding = ENCODING_UNKNOWN;
	for (i = 0; i < NELEM(known); i++)
		if (strcmp(n->encoding_name, known[i].name) == 0)
			n->encoding = known[i].encoding;
	if (n->encoding == ENCODING_UNKNOWN)
		n->defects |= DEFECT_ENCODING;
}

static bool
is_type(const char *s)
{
	const char *slash = strchr(s, '/');

	return slash != NULL && slash != s && slash[1] != '\0' &&
	    strchr(slash + 1, '/') == NULL;
}

static void
set_type(struct part *n, const char *type)
{
	free(n->type.value);
	n->type.value = xstrdup(type);
}

static void
read_type(struct parser *p, struct part *n, bool digest)
{
	const char *otherwise = digest ? "message/rfc822" : "text/plain";
	const struct field *f = head_get(&n->head, "Content-Type");

	if (f == NULL) {
		n->type.value = xstrdup(otherwise);
		return;
	}
	params_parse(&n->type, f->body, p->charset_8bit);
	n->defects |= n->type.defects;
	if (head_again(&n->head, f) != NULL)
		n->defects |= DEFECT_DUPLICATE;
	if (is_type(n->type.value))
		return;
	n->defects |= DEFECT_TYPE;
	/* RFC 2045 5.2; 5.1.4 of 2046 has mixed where the rest is unknown. */
	set_type(n, strcmp(n->type.value, "multipart/") == 0 ?
	    "multipart/mixed" : "text/plain");
}

static char *
read_id(struct part *n)
{
	const struct field *f = head_get(&n->head, "Content-ID");

	return f == NULL ? NULL : envelope_id(f->body);
}

static void
read_names(struct parser *p, struct part *n)
{
	const struct field *f = head_get(&n->head, "Content-Disposition");
	const char *name = NULL;

	if (f != NULL) {
		params_parse(&n->disposition, f->body, p->charset_8bit);
		name = params_get(&n->disposition, "filename");
	} else
		n->disposition.value = xstrdup("");
	if (name == NULL)
		name = params_get(&n->type, "name");
	if (name != NULL && *name != '\0')
		n->filename = xstrdup(name);
	n->id = read_id(n);
	n->description = head_get_text(&n->head, "Content-Description",
	    p->charset_8bit);
}

/* A multipart's boundary becomes one to look for. */
static void
open_multipart(struct parser *p, struct part *n)
{
	struct open_part *o = &p->stack[p->depth];
	const char *boundary = params_get(&n->type, "boundary");

	if (n->encoding != ENCODING_7BIT && n->encoding != ENCODING_8BIT &&
	    n->encoding != ENCODING_BINARY)
		n->defects |= DEFECT_ENCODING;
	if (boundary == NULL || *boundary == '\0' ||
	    strlen(boundary) > MAX_BOUNDARY) {
		n->defects |= DEFECT_NO_BOUNDARY;
		return;
	}
	o->boundary = xstrdup(boundary);
	o->boundary_len = strlen(boundary);
	/* White space at its end is lost on the way. */
	while (o->boundary_len > 0 &&
	    ascii_is_space((unsigned char)boundary[o->boundary_len - 1]))
		o->boundary_len--;
	o->seen = o->closed = false;
	o->digest = strcmp(n->type.value, "multipart/digest") == 0;
}

static bool
is_message_type(const char *type)
{
	return strcmp(type, "message/rfc822") == 0 ||
	    strcmp(type, "message/global") == 0 ||
	    strcmp(type, "message/news") == 0;
}

static void
push(struct parser *p, struct part *n)
{
	p->depth++;
	memset(&p->stack[p->depth], 0, sizeof p->stack[p->depth]);
	p->stack[p->depth].part = n;
	p->stack[p->depth].lines = p->lines;
}

static void	start_head(struct parser *p);

/* Can its parts be seen without decoding it?  An unknown encoding is taken for none. */
static bool
is_open(const struct part *n)
{
	return n->encoding != ENCODING_QP && n->encoding != ENCODING_BASE64 &&
	    n->encoding != ENCODING_UUENCODE;
}

/* The header is complete; what follows is the body. */
static void
end_head(struct parser *p)
{
	struct part *n = current(p);
	bool digest = p->depth > 0 && p->stack[p->depth - 1].digest;

	head_parse(&n->head, p->head, p->head_len);
	p->head = NULL;
	p->head_len = p->head_cap = 0;
	if (p->head_cut)
		n->head.defects |= DEFECT_HEAD_CUT;
	n->defects |= n->head.defects;
	n->body = p->offset;
	p->where = IN_BODY;
	read_encoding(n);
	read_type(p, n, digest);
	read_names(p, n);
	if (p->depth >= MAX_DEPTH) {
		n->defects |= DEFECT_DEPTH;
		return;
	}
	if (strncmp(n->type.value, "multipart/", 10) == 0)
		open_multipart(p, n);
	else if (is_message_type(n->type.value) && is_open(n) &&
	    p->parts < MAX_PARTS) {
		push(p, new_part(p, n));
		start_head(p);
	}
}

static void
start_head(struct parser *p)
{
	p->where = IN_HEAD;
	p->head = NULL;
	p->head_len = p->head_cap = 0;
	p->head_cut = false;
}

static void
hold_head(struct parser *p, const char *octets, size_t n)
{
	if (p->head_len + n > MAX_HEAD_SIZE) {
		p->head_cut = true;
		return;
	}
	if (p->head_len + n > p->head_cap) {
		p->head_cap = (p->head_len + n) * 2 + 1024;
		p->head = xreallocarray(p->head, p->head_cap, 1);
	}
	memcpy(p->head + p->head_len, octets, n);
	p->head_len += n;
}

/* --- Ends --- */

/* The innermost part ends at that offset. */
static void
close_part(struct parser *p, int64_t at)
{
	struct open_part *o = &p->stack[p->depth];

	if (p->where == IN_HEAD) {
		end_head(p);
		/* A message/rfc822 or multipart without a body: what it opened ends too. */
		while (o != &p->stack[p->depth]) {
			if (p->where == IN_HEAD)
				end_head(p);
			p->stack[p->depth].part->start =
			    p->stack[p->depth].part->body = at;
			free(p->stack[p->depth].boundary);
			p->depth--;
			p->where = IN_BODY;
		}
	}
	/* The empty line of a header may be the line end of a boundary. */
	if (o->part->body > at)
		o->part->body = at;
	if (o->part->start > at)
		o->part->start = at;
	o->part->size = (uint64_t)(at - o->part->body);
	o->part->lines = p->lines - o->lines;
	if (o->boundary != NULL) {
		if (!o->seen)
			o->part->defects |= DEFECT_BOUNDARY_MISSING;
		else if (!o->closed)
			o->part->defects |= DEFECT_NOT_CLOSED;
	}
	free(o->boundary);
	o->boundary = NULL;
}

static void
close_to(struct parser *p, unsigned depth, int64_t at)
{
	while (p->depth > depth) {
		close_part(p, at);
		p->depth--;
		p->where = IN_BODY;
	}
}

/*
 * Does the line (without line end) delimit an open multipart?  Its depth, or -1;
 * *closing: with "--" behind it.
 */
static int
boundary_of(struct parser *p, const char *line, size_t n, bool *closing)
{
	struct open_part *o;
	size_t rest;
	unsigned d;

	while (n > 2 && ascii_is_space((unsigned char)line[n - 1]))
		n--;
	for (d = p->depth + 1; d-- > 0;) {
		o = &p->stack[d];
		if (o->boundary == NULL || o->closed || n < o->boundary_len + 2)
			continue;
		if (memcmp(line + 2, o->boundary, o->boundary_len) != 0)
			continue;
		rest = n - 2 - o->boundary_len;
		*closing = rest == 2 && memcmp(line + n - 2, "--", 2) == 0;
		if (rest == 0 || *closing)
			return (int)d;
	}
	return -1;
}

static void
take_boundary(struct parser *p, unsigned depth, bool closing, int64_t at)
{
	struct open_part *o = &p->stack[depth];

	if (!closing && p->depth == depth + 1 && p->where == IN_HEAD &&
	    p->head_len == 0) {
		/* Said twice: no part is without even an empty line. */
		current(p)->start = current(p)->body = p->offset;
		return;
	}
	close_to(p, depth, at);
	o->seen = true;
	if (closing) {
		o->closed = true;
		p->where = IN_BODY;
		return;
	}
	if (p->parts >= MAX_PARTS || depth >= MAX_DEPTH) {
		o->part->defects |= DEFECT_PARTS;
		p->where = IN_BODY;
		return;
	}
	push(p, new_part(p, o->part));
	start_head(p);
}

/*
 * A whole line of n octets, its line end of `eol' octets among them, which began
 * at offset `at'.  p->offset is behind it.
 */
static void
take_line(struct parser *p, const char *line, size_t n, unsigned eol,
    int64_t at)
{
	bool closing;
	int depth = -1;

	if (n - eol >= 3 && line[0] == '-' && line[1] == '-')
		depth = boundary_of(p, line, n - eol, &closing);
	if (depth >= 0) {
		take_boundary(p, (unsigned)depth, closing, at - p->eol);
		/* RFC 2046 5.1.1: the line end before the outer boundary is the boundary's. */
		p->eol = closing ? eol : 0;
		return;
	}
	if (p->where == IN_HEAD) {
		hold_head(p, line, n);
		if (n == eol)
			end_head(p);
	} else
		p->lines++;
	p->eol = eol;
}

static unsigned
line_end(const char *p, size_t n)
{
	if (n == 0 || p[n - 1] != '\n')
		return 0;
	return n > 1 && p[n - 2] == '\r' ? 2 : 1;
}

/* The beginning of a line that goes on in the next block, or its continuation. */
static void
hold_piece(struct parser *p, const char *octets, size_t n)
{
	size_t take;

	if (p->line_plain) {
		if (p->where == IN_HEAD)
			hold_head(p, octets, n);
	} else {
		take = sizeof p->line - p->line_len;
		if (take > n)
			take = n;
		memcpy(p->line + p->line_len, octets, take);
		p->line_len += take;
		if (p->line_len == sizeof p->line) {
			/* Too long for a boundary. */
			p->line_plain = true;
			if (p->where == IN_HEAD) {
				hold_head(p, p->line, p->line_len);
				hold_head(p, octets + take, n - take);
			}
		}
	}
	p->cr = n > 0 ? octets[n - 1] == '\r' : p->cr;
}

/* The line that was held in pieces is complete with these octets. */
static void
end_pieces(struct parser *p, const char *octets, size_t n, int64_t start)
{
	bool cr = n == 1 && p->cr;
	unsigned eol;

	hold_piece(p, octets, n);
	if (!p->line_plain)
		take_line(p, p->line, p->line_len,
		    line_end(p->line, p->line_len), start);
	else {
		eol = octets[n - 1] != '\n' ? 0 :
		    cr || (n > 1 && octets[n - 2] == '\r') ? 2 : 1;
		if (p->where == IN_BODY)
			p->lines++;
		p->eol = eol;
	}
	p->line_len = 0;
	p->line_plain = false;
	p->at_start = true;
}

void
parser_feed(struct parser *p, const char *octets, size_t n)
{
	const char *nl;
	size_t len;
	int64_t at;

	if (!p->nul && memchr(octets, '\0', n) != NULL)
		p->nul = true;
	while (n > 0) {
		nl = memchr(octets, '\n', n);
		len = nl == NULL ? n : (size_t)(nl - octets) + 1;
		at = p->offset;
		p->offset += (int64_t)len;
		if (p->at_start && nl != NULL)
			take_line(p, octets, len, line_end(octets, len), at);
		else if (nl != NULL)
			end_pieces(p, octets, len, p->offset - (int64_t)len -
			    (int64_t)p->line_len);
		else {
			hold_piece(p, octets, len);
			p->at_start = false;
		}
		octets += len;
		n -= len;
	}
}

struct part *
parser_finish(struct parser *p)
{
	struct part *root = p->root;
	int64_t end;

	if (!p->at_start && !p->line_plain) {
		int64_t start = p->offset - (int64_t)p->line_len;

		take_line(p, p->line, p->line_len, 0, start);
	}
	end = p->offset;
	close_to(p, 0, end);
	close_part(p, end);
	/* close_part may have opened and closed what an empty body opens. */
	if (p->nul)
		root->defects |= DEFECT_NUL;
	free(p->head);
	free(p->charset_8bit);
	free(p);
	return root;
}

struct part *
part_parse(FILE *in, const char *charset_8bit, struct fail *why)
{
	struct parser *p = parser_new(charset_8bit);
	char *block = xmalloc(BLOCK);
	struct part *root;
	size_t n;

	while ((n = fread(block, 1, BLOCK, in)) > 0)
		parser_feed(p, block, n);
	free(block);
	root = parser_finish(p);
	if (ferror(in)) {
		fail_errno(why, EX_IOERR, "cannot read the message");
		part_free(root);
		return NULL;
	}
	return root;
}
