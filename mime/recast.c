/* SPDX-License-Identifier: ISC */
/* recast.c -- see recast.h. */

#include <stdlib.h>
#include <string.h>

#include "b64.h"
#include "filter.h"
#include "part.h"
#include "recast.h"

struct change {
	struct part	*part;
	enum encoding	 to;
};

struct recast {
	FILE		*in;		/* borrowed */
	FILE		*text;		/* what is lines goes there */
	FILE		*octets;	/* what is not */
	bool		 to_lines, unencode;
	struct change	*v;		/* owned: every part, in order */
	size_t		 n, cap;
	struct fail	*why;		/* borrowed */
};

/* --- What becomes of each part. --- */

static int
go_to(struct recast *r, int64_t offset)
{
	if (fseeko(r->in, (off_t)offset, SEEK_SET) == 0)
		return 0;
	return fail_errno(r->why, EX_IOERR, "cannot read the message");
}

/* Could it go line by line? */
static int
is_lines(struct recast *r, const struct part *p)
{
	uint64_t left, line = 0;
	bool good = true;
	int c, last = 0;

	if (go_to(r, p->body) == -1)
		return -1;
	for (left = p->size; left > 0 && good; left--, last = c) {
		if ((c = getc(r->in)) == EOF)
			break;
		line = c == '\n' ? 0 : line + 1;
		good = c != '\0' && (last != '\r' || c == '\n') &&
		    line <= MAX_LINE + (c == '\r');
	}
	if (ferror(r->in))
		return fail_errno(r->why, EX_IOERR, "cannot read the message");
	return good && (last != '\r' || left > 0);
}

/* May nobody change what is inside? */
static bool
is_sealed(const struct part *p)
{
	return strncmp(p->type.value, "message/", 8) == 0 ||
	    strcmp(p->type.value, "multipart/signed") == 0 ||
	    strcmp(p->type.value, "multipart/encrypted") == 0;
}

static bool
may_unencode(const struct part *p)
{
	const struct part *around;

	if (p->encoding != ENCODING_BASE64 || p->parent == NULL)
		return false;
	for (around = p; around != NULL; around = around->parent)
		if (is_sealed(around))
			return false;
	return true;
}

/* Its header can be written anew: it is whole, and says each thing once. */
static bool
is_plain_head(const struct part *p)
{
	return (p->defects & (DEFECT_HEAD_CUT | DEFECT_NO_BLANK_LINE |
	    DEFECT_DUPLICATE)) == 0 &&
	    (int64_t)p->head.len == p->body - p->start;
}

static int
choose(struct recast *r, const struct part *p, enum encoding *to)
{
	int lines;

	*to = p->encoding;
	if (p->child != NULL)
		return 0;
	if (p->encoding == ENCODING_BINARY) {
		if ((lines = is_lines(r, p)) == -1)
			return -1;
		if (lines == 1)
			*to = ENCODING_8BIT;	/* as text goes */
		else if (r->to_lines && !is_plain_head(p))
			return fail(r->why, EX_DATAERR, "a binary part that "
			    "cannot be encoded: its header is damaged");
		else if (r->to_lines)
			*to = ENCODING_BASE64;
	} else if (r->unencode && may_unencode(p) && is_plain_head(p))
		*to = ENCODING_BINARY;
	return 0;
}

/* What holds a binary part is binary (RFC 2045 6.4); what held one is not any more. */
static void
label_around(struct recast *r, size_t k)
{
	const struct part *p = r->v[k].part;

	while (k-- > 0) {
		if (r->v[k].part != p->parent)
			continue;
		p = p->parent;
		if (!r->to_lines)
			r->v[k].to = ENCODING_BINARY;
		else if (r->v[k].to == ENCODING_BINARY)
			r->v[k].to = ENCODING_8BIT;
	}
}

static bool
is_binary(const struct change *c)
{
	return c->part->child == NULL && (c->to == ENCODING_BINARY ||
	    (c->part->encoding == ENCODING_BINARY &&
	    c->to == ENCODING_BASE64));
}

static bool
is_changed(const struct change *c)
{
	return c->part->encoding != c->to && is_plain_head(c->part) &&
	    (c->part->child != NULL || c->to != ENCODING_8BIT);
}

static int
plan(struct recast *r, struct part *root)
{
	struct part *p;

	for (p = root; p != NULL; p = part_walk(p)) {
		r->v = xgrow(r->v, r->n, &r->cap, sizeof *r->v);
		r->v[r->n].part = p;
		if (choose(r, p, &r->v[r->n].to) == -1)
			return -1;
		if (is_changed(&r->v[r->n]))
			label_around(r, r->n);
		r->n++;
	}
	return 0;
}

/* --- Lines that end in CRLF. --- */

struct crlf {
	FILE	*out;		/* borrowed */
	bool	 cr;		/* the last octet was CR: its line end is written */
};

static int
crlf_write(void *ctx, const char *p, int n)
{
	struct crlf *w = ctx;
	const char *end = p + n, *q;

	for (; p < end; p = q + 1) {
		for (q = p; q < end && *q != '\n' && *q != '\r'; q++)
			continue;
		fwrite(p, 1, (size_t)(q - p), w->out);
		if (q == end) {
			w->cr = false;
			break;
		}
		if (*q == '\r' || q > p || !w->cr)
			fwrite("\r\n", 1, 2, w->out);
		w->cr = *q == '\r';
	}
	return ferror(w->out) ? -1 : n;
}

static int
crlf_close(void *ctx)
{
	struct crlf *w = ctx;
	int r = ferror(w->out) ? -1 : 0;

	free(w);
	return r;
}

static FILE *
crlf_writer(FILE *out)
{
	struct crlf *w = xcalloc(1, sizeof *w);

	w->out = out;
	return filter_new(w, crlf_write, crlf_close);
}

/* --- Writing. --- */

static int
write_error(struct recast *r)
{
	return fail_errno(r->why, EX_IOERR, "cannot write the message");
}

static int
copy_text(struct recast *r, int64_t from, int64_t to)
{
	if (go_to(r, from) == -1)
		return -1;
	return stream_copy(r->in, r->text, to == INT64_MAX ? UINT64_MAX :
	    (uint64_t)(to - from), r->why);
}

static void
put_encoding(struct recast *r, enum encoding to)
{
	fprintf(r->text, "Content-Transfer-Encoding: %s\n",
	    to == ENCODING_BINARY ? "binary" : to == ENCODING_BASE64 ?
	    "base64" : "8bit");
}

/* A line, with its end, that begins at `at'; one that is folded goes on. */
static size_t
field_end(const struct head *h, size_t at)
{
	do {
		while (at < h->len && h->text[at++] != '\n')
			continue;
	} while (at < h->len && (h->text[at] == ' ' || h->text[at] == '\t'));
	return at;
}

/* The field in its place, or at the end: behind the last there is an empty line. */
static void
write_head(struct recast *r, const struct change *c)
{
	const struct head *h = &c->part->head;
	const struct field *f = head_get(h, "Content-Transfer-Encoding");
	size_t end = h->len, at;

	if (end > 0)
		end--;
	if (end > 0 && h->text[end - 1] == '\r')
		end--;
	at = f == NULL ? end : (size_t)(f->name.p - h->text);
	fwrite(h->text, 1, at, r->text);
	put_encoding(r, c->to);
	if (f != NULL)
		at = field_end(h, at);
	fwrite(h->text + at, 1, h->len - at, r->text);
}

static int
write_binary(struct recast *r, const struct part *p)
{
	if (fflush(r->text) != 0)
		return write_error(r);
	return part_decode(p, r->in, p->size, r->octets, NULL, r->why);
}

static int
write_base64(struct recast *r, const struct part *p)
{
	FILE *encoder = b64_encoder(r->text);
	int result = stream_copy(r->in, encoder, p->size, r->why);

	if (fclose(encoder) != 0 && result == 0)
		result = write_error(r);
	return result;
}

/* From *pos on to the end of its header, or of its body where that is no text. */
static int
write_part(struct recast *r, const struct change *c, int64_t *pos)
{
	const struct part *p = c->part;
	bool changed = is_changed(c);
	int result;

	if (!changed && !is_binary(c))
		return 0;
	if (copy_text(r, *pos, changed ? p->start : p->body) == -1)
		return -1;
	if (changed)
		write_head(r, c);
	*pos = p->body;
	if (!is_binary(c))
		return 0;
	*pos += (int64_t)p->size;
	if ((result = go_to(r, p->body)) == 0)
		result = c->to == ENCODING_BINARY ? write_binary(r, p) :
		    write_base64(r, p);
	return result;
}

static int
write_all_parts(struct recast *r)
{
	int64_t pos = 0;
	size_t k;

	for (k = 0; k < r->n; k++)
		if (write_part(r, &r->v[k], &pos) == -1)
			return -1;
	if (copy_text(r, pos, INT64_MAX) == -1)
		return -1;
	return fflush(r->text) != 0 || ferror(r->octets) ? write_error(r) : 0;
}

/* --- The whole. --- */

static struct part *
read_parts(struct recast *r)
{
	struct part *root;

	if (go_to(r, 0) == -1 ||
	    (root = part_parse(r->in, NULL, r->why)) == NULL)
		return NULL;
	if (plan(r, root) == 0)
		return root;
	part_free(root);
	return NULL;
}

int
recast_has_binary(FILE *in, struct fail *why)
{
	struct recast r = { .in = in, .why = why };
	struct part *root = read_parts(&r);
	int found = root == NULL ? -1 : 0;
	size_t k;

	for (k = 0; root != NULL && k < r.n; k++)
		if (is_binary(&r.v[k]))
			found = 1;
	part_free(root);
	free(r.v);
	return found;
}

static int
recast(struct recast *r)
{
	struct part *root = read_parts(r);
	int result = root == NULL ? -1 : write_all_parts(r);

	part_free(root);
	free(r->v);
	return result;
}

int
recast_to_lines(FILE *in, FILE *out, struct fail *why)
{
	struct recast r = { .in = in, .text = out, .octets = out,
	    .to_lines = true, .why = why };

	return recast(&r);
}

int
recast_to_octets(FILE *in, bool unencode, FILE *out, struct fail *why)
{
	struct recast r = { .in = in, .octets = out, .unencode = unencode,
	    .why = why };
	int result;

	r.text = crlf_writer(out);
	result = recast(&r);
	if (fclose(r.text) != 0 && result == 0)
		result = write_error(&r);
	return result;
}
