/* SPDX-License-Identifier: ISC */
/*
 * fetchdigest.c -- what a message is known by: SHA-256 of all but what mail
 * programs note in it, and a shorter hash of what IMAP's ENVELOPE tells as well.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../net/digest.h"
#include "fetch.h"

#define PIECE		(64 * 1024)

struct reading {
	struct span	 left;		/* of a message in memory */
	FILE		*in, *out;	/* in: NULL: in memory; out: NULL: not copied */
	FILE		*head;		/* fields of its first MAX_FIELD_SIZE octets */
	size_t		 nhead;
	uint64_t	 octets;
	struct digest_state *sha;	/* owned */
	char		*buffer;	/* owned: PIECE; NULL: in memory */
	struct span	 piece;
};

static bool
is_any(struct span line, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (span_has_prefix(line, names[i]))
			return true;
	return false;
}

/* Fields that programs change in a folder, so that they say nothing of the message. */
static bool
is_note(struct span line)
{
	static const char *const names[] = {
		"Status:", "X-Status:", "X-Keywords:", "X-UID:", "X-IMAP:",
		"X-IMAPbase:", "Content-Length:", "Lines:"
	};

	return line.n > 0 && strchr("SsXxCcLl", line.p[0]) != NULL &&
	    is_any(line, names, NELEM(names));
}

/* Fields that the light hash is made of; a blank may stand before the colon. */
static bool
is_light(struct span line)
{
	static const char *const names[] = { "Message-ID", "Date", "From" };

	return is_any(line, names, NELEM(names));
}

/* The next piece: a line of the header, or as much of it as fits. */
static bool
read_line(struct reading *r)
{
	const char *end;
	int c;

	if (r->in == NULL) {
		r->piece.p = r->left.p;
		r->piece.n = r->left.n < PIECE ? r->left.n : PIECE;
		if (r->piece.n > 0 && (end = memchr(r->piece.p, '\n',
		    r->piece.n)) != NULL)
			r->piece.n = (size_t)(end + 1 - r->piece.p);
		r->left.p += r->piece.n;
		r->left.n -= r->piece.n;
		return r->piece.n > 0;
	}
	r->piece.p = r->buffer;
	for (r->piece.n = 0; r->piece.n < PIECE; )
		if ((c = getc_unlocked(r->in)) == EOF)
			break;
		else if ((r->buffer[r->piece.n++] = (char)c) == '\n')
			break;
	return r->piece.n > 0;
}

static void
put(struct reading *r)
{
	if (r->out != NULL)
		fwrite(r->piece.p, 1, r->piece.n, r->out);
	r->octets += r->piece.n;
}

static void
read_header(struct reading *r)
{
	bool at_start = true, note = false, light = false, blank = false;
	const struct span *l = &r->piece;

	while (!blank && read_line(r)) {
		put(r);
		if (at_start && l->p[0] != ' ' && l->p[0] != '\t') {
			note = is_note(*l);
			light = is_light(*l);
		}
		blank = at_start && (l->p[0] == '\n' ||
		    (l->n == 2 && memcmp(l->p, "\r\n", 2) == 0));
		at_start = l->p[l->n - 1] == '\n';
		if (!note)
			digest_add(r->sha, l->p, l->n);
		if (light && r->nhead < MAX_FIELD_SIZE)
			fwrite(l->p, 1, l->n, r->head);
		r->nhead += l->n;
	}
}

static void
read_body(struct reading *r)
{
	if (r->in == NULL) {
		r->piece = r->left;
		put(r);
		digest_add(r->sha, r->piece.p, r->piece.n);
		return;
	}
	r->piece.p = r->buffer;
	while ((r->piece.n = fread(r->buffer, 1, PIECE, r->in)) > 0) {
		put(r);
		digest_add(r->sha, r->piece.p, r->piece.n);
	}
}

static void
hash_text(struct digest_state *d, const char *s)
{
	digest_add(d, s != NULL ? s : "", s != NULL ? strlen(s) + 1 : 1);
}

void
fetch_light(const struct envelope *e, uint64_t size,
    char light[static FETCH_LIGHT])
{
	char number[64], hex[DIGEST_HEX];
	struct digest_state *d = digest_begin();

	hash_text(d, e->message_id);
	snprintf(number, sizeof(number), "%" PRId64 " %" PRIu64,
	    e->has_date ? e->date.epoch : -1, size);
	hash_text(d, number);
	hash_text(d, e->from.n > 0 ? e->from.v[0].addr : "");
	digest_end(d, hex);
	strlcpy(light, hex, FETCH_LIGHT);
}

/* From what was kept of the header, which is taken over. */
static void
finish_light(char *text, size_t len, uint64_t size, struct digest *d)
{
	struct envelope *e;
	struct head h;

	head_parse(&h, text, len);
	e = envelope_read(&h, NULL);
	fetch_light(e, size, d->light);
	envelope_free(e);
	head_free(&h);
}

int
fetch_digest(FILE *in, FILE *out, uint64_t size, struct digest *d,
    struct fail *why)
{
	struct reading r = { .out = out };
	char *text;
	size_t len;
	int result = 0;

	if (ftello(in) != 0 || !store_stage_text(in, &r.left)) {
		r.in = in;
		r.buffer = xmalloc(PIECE);
	}
	r.head = xmemstream(&text, &len);
	r.sha = digest_begin();
	read_header(&r);
	read_body(&r);
	fclose(r.head);
	finish_light(text, len, size, d);
	digest_end(r.sha, d->sha);
	d->octets = r.octets;
	free(r.buffer);
	if (ferror(in))
		result = fail_errno(why, EX_IOERR, "reading a message");
	else if (out != NULL && (fflush(out) != 0 || ferror(out)))
		result = fail_errno(why, EX_IOERR, "temporary file");
	return result;
}
