/* SPDX-License-Identifier: ISC */
/*
 * outheld.c -- a message that is coded within another, as a folder of one: RFC
 * 2045 6.4 forbids base64 there, RFC 6532 does not, and mail has both.
 */
#include <stdlib.h>
#include <string.h>

#include "outmessage.h"

static int
held_read(void *cookie, char *p, int n)
{
	FILE *file = cookie;
	size_t got = fread(p, 1, (size_t)n, file);

	return got == 0 && ferror(file) ? -1 : (int)got;
}

static off_t
held_seek(void *cookie, off_t offset, int whence)
{
	return fseeko(cookie, offset, whence) == -1 ? -1 : ftello(cookie);
}

/* A stream that can be closed, on the file that stays open; one at a time. */
static FILE *
held_part(struct store *s, uint32_t n, const struct part *p, uint64_t *octets,
    struct fail *why)
{
	FILE *f = funopen(s->data, held_read, NULL, held_seek, NULL);

	(void)n;
	if (f == NULL || fseeko(f, (off_t)p->body, SEEK_SET) == -1) {
		fail_errno(why, EX_IOERR, "cannot read a part");
		if (f != NULL)
			fclose(f);
		return NULL;
	}
	*octets = p->size;
	return f;
}

static const struct store_ops held_ops = {
	.kind = "held", .local = true, .part = held_part
};

bool
held_is(const struct store *s)
{
	return s->ops == &held_ops;
}

bool
held_possible(const struct part *p)
{
	return p->child == NULL && (p->encoding == ENCODING_BASE64 ||
	    p->encoding == ENCODING_QP) &&
	    (strcmp(p->type.value, "message/rfc822") == 0 ||
	    strcmp(p->type.value, "message/global") == 0);
}

int
held_open(struct held *h, struct mailx *m, struct store *s, uint32_t n,
    const struct part *p, struct fail *why)
{
	uint64_t octets;
	FILE *in;
	int r = -1;

	memset(h, 0, sizeof *h);
	h->store.ops = &held_ops;
	h->store.options = s->options;
	h->store.name = s->name;
	h->store.msgs = &h->msg;
	h->store.count = 1;
	h->store.data = h->file = store_stage(why);
	if (h->file == NULL)
		return -1;
	in = store_part(s, n, p, &octets, why);
	if (in != NULL) {
		r = part_decode(p, in, octets, h->file, NULL, why);
		fclose(in);
	}
	if (r == 0) {
		rewind(h->file);
		h->root = part_parse(h->file, m->options.charset_8bit, why);
	}
	if (h->root != NULL)
		return 0;
	fclose(h->file);
	return -1;
}

void
held_close(struct held *h)
{
	part_free(h->root);
	fclose(h->file);
}
