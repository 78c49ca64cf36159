/* SPDX-License-Identifier: ISC */
/*
 * mimeread.c -- reading messages, for mailx-mime: as text, as a tree, a part, the
 * fields.  What people read comes out with control characters as \xHH and \uHHHH;
 * `part' alone gives octets as they are.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "filter.h"
#include "mimefilter.h"
#include "part.h"
#include "text.h"

/* --- Visible text --- */

struct visible {
	FILE	*out;			/* borrowed */
	char	 held[4];		/* a character that has not wholly come */
	size_t	 n;
	bool	 open;			/* the last line has not ended */
};

static void
put_character(FILE *out, const char *p, size_t n, uint32_t cp)
{
	if (n == 1 && cp == 0xfffd)
		fprintf(out, "\\x%02x", (unsigned char)*p);
	else if (ascii_is_control((int)cp))
		fprintf(out, "\\x%02x", (unsigned)cp);
	else if (utf8_is_unsafe(cp))
		fprintf(out, cp > 0xffff ? "\\U%08x" : "\\u%04x", (unsigned)cp);
	else
		fwrite(p, 1, n, out);
}

void
put_visible(FILE *out, const char *text)
{
	size_t left = strlen(text), n;
	uint32_t cp;

	for (; left > 0; text += n, left -= n) {
		n = utf8_decode(text, left, &cp);
		put_character(out, text, n, cp);
	}
}

/* How many octets the character that begins so takes. */
static size_t
length_of(unsigned char c)
{
	return c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 1;
}

static void
put_held(struct visible *v)
{
	size_t used = 0, n;
	uint32_t cp;

	while (used < v->n) {
		n = utf8_decode(v->held + used, v->n - used, &cp);
		if (cp == '\n' || cp == '\t')
			putc((int)cp, v->out);
		else
			put_character(v->out, v->held + used, n, cp);
		v->open = cp != '\n';
		used += n;
	}
	v->n = 0;
}

static int
visible_write(void *ctx, const char *p, int len)
{
	struct visible *v = ctx;
	int i;

	for (i = 0; i < len; i++) {
		/* What breaks off a character begins another. */
		if (v->n > 0 && ((unsigned char)p[i] & 0xc0) != 0x80)
			put_held(v);
		v->held[v->n++] = p[i];
		if (v->n >= length_of((unsigned char)v->held[0]))
			put_held(v);
	}
	return ferror(v->out) ? -1 : len;
}

static int
visible_close(void *ctx)
{
	struct visible *v = ctx;
	int r;

	put_held(v);
	/* The line end in front of a boundary is none of the text (RFC 2046, 5.1.1). */
	if (v->open)
		putc('\n', v->out);
	r = ferror(v->out) ? -1 : 0;
	free(v);
	return r;
}

FILE *
visible_filter(FILE *out)
{
	struct visible *v = xcalloc(1, sizeof *v);

	v->out = out;
	return filter_new(v, visible_write, visible_close);
}

/* --- Input --- */

/* The message where it can be sought in: as it is, or copied to a file without a name. */
static FILE *
seekable(FILE *in, struct fail *why)
{
	FILE *f;

	if (ftello(in) == 0 && fseeko(in, 0, SEEK_SET) == 0)
		return in;
	if ((f = tmpfile()) == NULL) {
		(void)fail_errno(why, EX_CANTCREAT, "temporary file");
		return NULL;
	}
	if (stream_copy(in, f, UINT64_MAX, why) == -1) {
		fclose(f);
		return NULL;
	}
	if (fflush(f) == EOF || fseeko(f, 0, SEEK_SET) == -1) {
		(void)fail_errno(why, EX_IOERR, "temporary file");
		fclose(f);
		return NULL;
	}
	return f;
}

struct input {
	FILE		*f;
	bool		 own;
	struct part	*root;
};

static int
open_message(struct input *i, FILE *in, struct fail *why)
{
	if ((i->f = seekable(in, why)) == NULL)
		return -1;
	i->own = i->f != in;
	if ((i->root = part_parse(i->f, NULL, why)) != NULL)
		return 0;
	if (i->own)
		fclose(i->f);
	return -1;
}

static int
close_message(struct input *i, FILE *out, int r, struct fail *why)
{
	part_free(i->root);
	if (i->own)
		fclose(i->f);
	if (r == 0 && ferror(out))
		r = fail_errno(why, EX_IOERR, "cannot write");
	return r;
}

static int
seek_body(const struct input *i, const struct part *p, struct fail *why)
{
	if (fseeko(i->f, (off_t)p->body, SEEK_SET) == -1)
		return fail_errno(why, EX_IOERR, "cannot read the message");
	return 0;
}

/* --- fields, part --- */

int
mime_fields(const struct request *q, FILE *in, FILE *out, struct fail *why)
{
	struct input i;
	const struct head *h;
	char *name, *text;
	size_t k;

	(void)q;
	if (open_message(&i, in, why) == -1)
		return -1;
	h = &i.root->head;
	for (k = 0; k < h->n; k++) {
		name = span_dup(h->v[k].name);
		text = head_text(&h->v[k], NULL);
		put_visible(out, name);
		fputs(": ", out);
		put_visible(out, text);
		putc('\n', out);
		free(name);
		free(text);
	}
	return close_message(&i, out, 0, why);
}

int
mime_part(const struct request *q, FILE *in, FILE *out, struct fail *why)
{
	struct input i;
	struct part *p;
	int r;

	if (open_message(&i, in, why) == -1)
		return -1;
	if ((p = part_find(i.root, q->number)) == NULL)
		r = fail(why, EX_NOINPUT, "no part %s", q->number);
	else if ((r = seek_body(&i, p, why)) == 0)
		r = part_decode(p, i.f, p->size, out, NULL, why);
	return close_message(&i, out, r, why);
}

/* --- tree --- */

static int
depth_of(const struct part *p)
{
	int depth = 0;

	for (; p->parent != NULL; p = p->parent)
		depth++;
	return depth;
}

static void
put_item(FILE *out, const char *before, const char *text, const char *after)
{
	if (text == NULL || *text == '\0')
		return;
	fputs(before, out);
	put_visible(out, text);
	fputs(after, out);
}

static void
tree_line(FILE *out, const struct part *p)
{
	char *number = part_number(p);

	fprintf(out, "%*s%s ", 2 * depth_of(p), "",
	    *number == '\0' ? "-" : number);
	put_visible(out, p->type.value);
	put_item(out, "; charset=", part_charset(p), "");
	put_item(out, ", ", p->encoding_name, "");
	fprintf(out, ", %llu", (unsigned long long)p->size);
	put_item(out, ", \"", p->filename, "\"");
	putc('\n', out);
	free(number);
}

/* A JSON string: what a terminal would act on comes as \uXXXX (surrogate pairs are never needed for it). */
static void
json_string(FILE *out, const char *name, const char *text)
{
	size_t left, n;
	uint32_t cp;

	fprintf(out, "%s\"%s\":", strcmp(name, "part") == 0 ? "" : ",", name);
	if (text == NULL) {
		fputs("null", out);
		return;
	}
	putc('"', out);
	for (left = strlen(text); left > 0; text += n, left -= n) {
		n = utf8_decode(text, left, &cp);
		if (cp == '"' || cp == '\\')
			fprintf(out, "\\%c", (int)cp);
		else if (cp == 0xfffd)
			fputs("\xef\xbf\xbd", out);
		else if (utf8_is_unsafe(cp) && cp > 0xffff)
			fprintf(out, "\\u%04x\\u%04x",
			    0xd800 + (unsigned)((cp - 0x10000) >> 10),
			    0xdc00 + (unsigned)((cp - 0x10000) & 0x3ff));
		else if (utf8_is_unsafe(cp) || ascii_is_control((int)cp))
			fprintf(out, "\\u%04x", (unsigned)cp);
		else
			fwrite(text, 1, n, out);
	}
	putc('"', out);
}

static void
tree_json(FILE *out, const struct part *p)
{
	char *number = part_number(p);
	unsigned i;
	bool any = false;

	putc('{', out);
	json_string(out, "part", number);
	json_string(out, "type", p->type.value);
	json_string(out, "charset", part_charset(p));
	json_string(out, "encoding", p->encoding_name);
	json_string(out, "disposition", *p->disposition.value == '\0' ? NULL :
	    p->disposition.value);
	json_string(out, "filename", p->filename);
	json_string(out, "id", p->id);
	json_string(out, "description", p->description);
	fprintf(out, ",\"size\":%llu,\"defects\":[",
	    (unsigned long long)p->size);
	for (i = 0; i < DEFECT_COUNT; i++)
		if (p->defects & 1u << i) {
			fprintf(out, "%s\"%s\"", any ? "," : "",
			    defect_name((enum defect)(1u << i)));
			any = true;
		}
	fputs("]}\n", out);
	free(number);
}

int
mime_tree(const struct request *q, FILE *in, FILE *out, struct fail *why)
{
	struct part *root = part_parse(in, NULL, why), *p;

	if (root == NULL)
		return -1;
	for (p = root; p != NULL; p = part_walk(p))
		if (q->flag)
			tree_json(out, p);
		else
			tree_line(out, p);
	part_free(root);
	return ferror(out) ? fail_errno(why, EX_IOERR, "cannot write") : 0;
}

/* --- decode --- */

static void
put_addrs(FILE *out, const char *name, const struct addrs *as)
{
	char *text;
	size_t i;

	if (as->n == 0)
		return;
	fprintf(out, "%s: ", name);
	for (i = 0; i < as->n; i++) {
		text = addr_display(&as->v[i]);
		put_item(out, i == 0 ? "" : ", ", text, "");
		free(text);
	}
	putc('\n', out);
}

static void
put_head(FILE *out, const struct head *h)
{
	struct envelope *e = envelope_read(h, NULL);
	char *date = head_get_text(h, "Date", NULL);

	put_addrs(out, "From", &e->from);
	put_addrs(out, "Reply-To", &e->reply_to);
	put_addrs(out, "To", &e->to);
	put_addrs(out, "Cc", &e->cc);
	put_item(out, "Date: ", date, "\n");
	put_item(out, "Subject: ", e->subject, "\n");
	putc('\n', out);
	free(date);
	envelope_free(e);
}

/* Is there a sibling in its multipart/alternative that reads better? */
static bool
is_outdone(const struct part *p)
{
	const struct part *s, *best = NULL;

	if (p->parent == NULL ||
	    strcmp(p->parent->type.value, "multipart/alternative") != 0)
		return false;
	for (s = p->parent->child; s != NULL; s = s->next)
		if (part_is_text(s) && (best == NULL ||
		    strcmp(s->type.value, "text/plain") == 0))
			best = s;
	return best != NULL && best != p;
}

/* ... or around it? */
static bool
is_hidden(const struct part *p)
{
	for (; p != NULL; p = p->parent)
		if (is_outdone(p))
			return true;
	return false;
}

static int
put_text(const struct input *i, const struct part *p, FILE *out,
    struct fail *why)
{
	const char *format = params_get(&p->type, "format");
	const char *delsp = params_get(&p->type, "delsp");
	FILE *visible = visible_filter(out), *f = visible;
	int r = seek_body(i, p, why);

	if (format != NULL && strcasecmp(format, "flowed") == 0)
		f = flowed_decoder(visible, delsp != NULL &&
		    strcasecmp(delsp, "yes") == 0);
	if (r == 0)
		r = part_decode_text(p, i->f, p->size, NULL, f, NULL, why);
	if (f != visible && fclose(f) != 0 && r == 0)
		r = fail_errno(why, EX_IOERR, "cannot write");
	if (fclose(visible) != 0 && r == 0)
		r = fail_errno(why, EX_IOERR, "cannot write");
	return r;
}

int
mime_decode(const struct request *q, FILE *in, FILE *out, struct fail *why)
{
	struct input i;
	struct part *p;
	char *number;
	int r = 0;

	(void)q;
	if (open_message(&i, in, why) == -1)
		return -1;
	for (p = i.root; p != NULL && r == 0; p = part_walk(p)) {
		if (p->parent == NULL || part_is_message(p->parent))
			put_head(out, &p->head);
		if (p->child != NULL || is_hidden(p))
			continue;
		if (part_is_text(p) &&
		    strcmp(p->disposition.value, "attachment") != 0) {
			r = put_text(&i, p, out, why);
			continue;
		}
		number = part_number(p);
		fprintf(out, "[%s: ", number);
		put_visible(out, p->type.value);
		put_item(out, ", \"", p->filename, "\"");
		fputs("]\n", out);
		free(number);
	}
	return close_message(&i, out, r, why);
}
