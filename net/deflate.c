/* SPDX-License-Identifier: ISC */
/*
 * deflate.c -- compression of a connection with zlib (RFC 4978: raw DEFLATE, a flush
 * behind each batch of commands).  zlib's memory is its fixed 300 kB; the packed
 * input waits in one block; so a bomb fills nothing.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "deflate.h"

#define BLOCK	(64 * 1024)
#define LEVEL	5	/* commands are short, and alike */

struct deflate {
	z_stream	 in, out;
	char		*raw;		/* owned: [in.next_in, + in.avail_in) is not unpacked yet */
	size_t		 size;		/* of raw */
	char		*packed;	/* owned: what deflate_pack lent */
	size_t		 room;		/* of packed */
	bool		 over;		/* the other side ended its stream */
};

bool
deflate_is_there(void)
{
	return true;
}

struct deflate *
deflate_new(struct span waiting)
{
	struct deflate *d = xcalloc(1, sizeof(*d));

	if (inflateInit2(&d->in, -MAX_WBITS) != Z_OK ||
	    deflateInit2(&d->out, LEVEL, Z_DEFLATED, -MAX_WBITS, 8,
	    Z_DEFAULT_STRATEGY) != Z_OK) {
		deflate_free(d);
		return NULL;
	}
	d->size = waiting.n > BLOCK ? waiting.n : BLOCK;
	d->raw = xmalloc(d->size);
	if (waiting.n > 0)
		memcpy(d->raw, waiting.p, waiting.n);
	d->in.next_in = (unsigned char *)d->raw;
	d->in.avail_in = (unsigned)waiting.n;
	return d;
}

void
deflate_free(struct deflate *d)
{
	if (d == NULL)
		return;
	inflateEnd(&d->in);
	deflateEnd(&d->out);
	free(d->raw);
	free(d->packed);
	free(d);
}

ssize_t
deflate_unpack(struct deflate *d, char *p, size_t n, struct fail *why)
{
	int result;

	if (n > BLOCK * 16)
		n = BLOCK * 16;
	if (d->over)
		return fail(why, EX_TEMPFAIL,
		    "the server ended the compressed stream");
	d->in.next_out = (unsigned char *)p;
	d->in.avail_out = (unsigned)n;
	result = inflate(&d->in, Z_SYNC_FLUSH);
	d->over = result == Z_STREAM_END;
	if (result != Z_OK && result != Z_BUF_ERROR && !d->over)
		return fail(why, EX_PROTOCOL,
		    "what came in is no compressed stream");
	n -= d->in.avail_out;
	if (n == 0 && d->over)
		return deflate_unpack(d, p, 0, why);
	return (ssize_t)n;
}

char *
deflate_room(struct deflate *d, size_t *n)
{
	*n = d->in.avail_in > 0 ? 0 : d->size;
	return d->raw;
}

void
deflate_came(struct deflate *d, size_t n)
{
	d->in.next_in = (unsigned char *)d->raw;
	d->in.avail_in = (unsigned)n;
}

struct span
deflate_pack(struct deflate *d, const char *p, size_t n)
{
	size_t room = deflateBound(&d->out, n) + 64;

	if (room > d->room) {
		free(d->packed);
		d->packed = xmalloc(room);
		d->room = room;
	}
	d->out.next_in = (unsigned char *)(uintptr_t)p;
	d->out.avail_in = (unsigned)n;
	d->out.next_out = (unsigned char *)d->packed;
	d->out.avail_out = (unsigned)d->room;
	/* There is room for all of it: nothing can be left. */
	(void)deflate(&d->out, Z_SYNC_FLUSH);
	return (struct span){ d->packed, d->room - d->out.avail_out };
}
