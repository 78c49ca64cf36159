/* SPDX-License-Identifier: ISC */
/*
 * outjson.c -- a whole message as one line of JSON: every field, every part
 * with its digest, texts in UTF-8.
 *
 * The record is staged, so that a message that cannot be read to its end leaves
 * no half of a line behind.
 */
#include <stdlib.h>
#include <string.h>
#include <sha2.h>

#include "../mime/text.h"
#include "outmessage.h"

/* Decoded octets on their way: counted, digested, and kept where they are text. */
struct sink {
	SHA2_CTX	 sha;
	uint64_t	 octets;
	FILE		*kept;		/* owned; or NULL */
};

static int
sink_write(void *cookie, const char *p, int n)
{
	struct sink *s = cookie;

	SHA256Update(&s->sha, (const uint8_t *)p, (size_t)n);
	s->octets += (uint64_t)n;
	if (s->kept != NULL && fwrite(p, 1, (size_t)n, s->kept) != (size_t)n)
		return -1;
	return n;
}

static int
decode(struct sink *s, const struct part *p, FILE *in, uint64_t n,
    unsigned *defects, struct fail *why)
{
	FILE *out;
	int r;

	memset(s, 0, sizeof *s);
	SHA256Init(&s->sha);
	if (part_is_text(p) && (s->kept = store_stage(why)) == NULL)
		return -1;
	out = fwopen(s, sink_write);
	if (out == NULL)
		return fail_errno(why, EX_OSERR, "stream");
	r = part_decode(p, in, n, out, defects, why);
	if (stream_close(out, "decoded part", r == -1 ? NULL : why) == -1)
		r = -1;
	return r;
}

static int
put_text(struct mailx *m, struct json *j, const struct part *p, FILE *kept,
    unsigned *defects, struct fail *why)
{
	FILE *text, *decoder;
	int r;

	rewind(kept);
	json_key(j, "text");
	text = json_text(j);
	decoder = text_decoder(text, part_charset(p), m->options.charset_8bit,
	    defects);
	r = stream_copy(kept, decoder, UINT64_MAX, why);
	fclose(decoder);
	fclose(text);
	return r;
}

/* One part from its encoded body. */
static int
put_part(struct mailx *m, struct json *j, const struct part *p, FILE *in,
    uint64_t n, unsigned *defects, struct fail *why)
{
	char digest[SHA256_DIGEST_STRING_LENGTH];
	struct sink s;
	int r;

	r = decode(&s, p, in, n, defects, why);
	if (r == 0) {
		json_open(j, '{');
		out_json_part(j, p);
		json_count(j, "size", s.octets);
		json_member(j, "sha256", SHA256End(&s.sha, digest));
		if (s.kept != NULL)
			r = put_text(m, j, p, s.kept, defects, why);
		json_close(j, '}');
	}
	if (s.kept != NULL)
		fclose(s.kept);
	return r;
}

static void
put_fields(struct mailx *m, struct json *j, const struct head *h)
{
	char *text;
	size_t i;

	json_key(j, "fields");
	json_open(j, '[');
	for (i = 0; i < h->n; i++) {
		text = field_text(&h->v[i], m->options.charset_8bit);
		json_open(j, '[');
		json_span(j, h->v[i].name);
		json_string(j, text);
		json_close(j, ']');
		free(text);
	}
	json_close(j, ']');
}

static int
put_parts(struct mailx *m, struct json *j, struct part *root, FILE *in,
    unsigned *defects, struct fail *why)
{
	struct part *p;

	json_key(j, "parts");
	json_open(j, '[');
	for (p = root; p != NULL; p = part_walk(p)) {
		if (p->child != NULL && !part_is_message(p))
			continue;
		if (fseeko(in, p->body, SEEK_SET) == -1)
			return fail_errno(why, EX_IOERR, "message");
		if (put_part(m, j, p, in, p->size, defects, why) == -1)
			return -1;
	}
	json_close(j, ']');
	return 0;
}

static int
load(struct store *s, uint32_t n, struct fail *why)
{
	struct numbers one = { 0 };
	int r;

	numbers_add(&one, n);
	r = store_load(s, &one, LOAD_FLAGS | LOAD_SIZE, why);
	numbers_free(&one);
	return r;
}

/* What is said of it comes from the message itself, not from what a server made of it. */
static int
put_message(struct mailx *m, struct store *s, uint32_t n, FILE *in, FILE *out,
    struct fail *why)
{
	struct part *root = part_parse(in, m->options.charset_8bit, why);
	struct envelope *e;
	unsigned defects;
	struct json j;
	int r;

	if (root == NULL)
		return -1;
	e = envelope_read(&root->head, m->options.charset_8bit);
	defects = part_defects(root) | e->defects;
	json_begin(&j, out);
	out_json_message(&j, s, n, e, root);
	put_fields(m, &j, &root->head);
	r = put_parts(m, &j, root, in, &defects, why);
	if (r == 0) {
		out_json_defects(&j, defects);
		json_end(&j);
	}
	envelope_free(e);
	part_free(root);
	return r;
}

/* The record is whole: let it out. */
static int
finish(struct mailx *m, FILE *staged, int r, struct fail *why)
{
	if (r == 0) {
		rewind(staged);
		r = stream_copy(staged, out_stream(m), UINT64_MAX, why);
	}
	if (ferror(staged))
		r = fail(why, EX_IOERR, "cannot stage the record");
	fclose(staged);
	return r == -1 ? -1 : out_check(m, why);
}

int
out_message_json(struct mailx *m, struct store *s, uint32_t n, struct fail *why)
{
	FILE *in, *staged;
	int r;

	if (load(s, n, why) == -1 || (in = store_message(s, n, why)) == NULL)
		return -1;
	staged = store_stage(why);
	if (staged == NULL) {
		fclose(in);
		return -1;
	}
	r = put_message(m, s, n, in, staged, why);
	fclose(in);
	return finish(m, staged, r, why);
}

static int
put_one(struct mailx *m, struct store *s, uint32_t n, const struct part *p,
    FILE *out, struct fail *why)
{
	unsigned defects = p->defects;
	uint64_t octets;
	struct json j;
	FILE *in;
	int r;

	in = store_part(s, n, p, &octets, why);
	if (in == NULL)
		return -1;
	json_begin(&j, out);
	json_count(&j, "n", n);
	if (store_msg(s, n)->uid != 0)
		json_count(&j, "uid", store_msg(s, n)->uid);
	json_key(&j, "parts");
	json_open(&j, '[');
	r = put_part(m, &j, p, in, octets, &defects, why);
	fclose(in);
	json_close(&j, ']');
	out_json_defects(&j, defects);
	json_end(&j);
	return r;
}

int
out_part_json(struct mailx *m, struct store *s, uint32_t n,
    const struct part *p, struct fail *why)
{
	FILE *staged = store_stage(why);

	if (staged == NULL)
		return -1;
	return finish(m, staged, put_one(m, s, n, p, staged, why), why);
}
