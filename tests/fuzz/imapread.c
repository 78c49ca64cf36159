/* SPDX-License-Identifier: ISC */
/*
 * imapread.c -- fuzz: responses of an IMAP server.  The same octets, whole and one
 * by one, give the same responses; what is streamed is what would have been kept.
 */
#include <stdlib.h>
#include <string.h>

#include "../../net/imapread.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct memory {
	const char	*p, *end;
	size_t		 step;
};

static int
memory_line(void *ctx, struct span *line, struct fail *why)
{
	struct memory *m = ctx;
	const char *nl;

	if (m->p == m->end ||
	    (nl = memchr(m->p, '\n', (size_t)(m->end - m->p))) == NULL)
		return fail(why, EX_TEMPFAIL, "the end");
	line->p = m->p;
	line->n = (size_t)(nl - m->p) - (nl > m->p && nl[-1] == '\r');
	m->p = nl + 1;
	return 0;
}

static int
memory_read(void *ctx, size_t n, struct span *got, struct fail *why)
{
	struct memory *m = ctx;

	if (m->p == m->end)
		return fail(why, EX_TEMPFAIL, "the end");
	if (n > m->step)
		n = m->step;
	if (n > (size_t)(m->end - m->p))
		n = (size_t)(m->end - m->p);
	got->p = m->p;
	got->n = n;
	m->p += n;
	return 0;
}

static void
print(FILE *f, const struct imap_node *n)
{
	for (; n != NULL; n = n->next) {
		fprintf(f, "%d %zu ", (int)n->kind, n->text.n);
		if (n->text.p != NULL)
			fwrite(n->text.p, 1, n->text.n, f);
		print(f, n->child);
		putc('\n', f);
	}
}

static FILE *
sink(void *ctx, const struct imap_response *r, struct span item, uint64_t size,
    bool *raw)
{
	(void)r;
	*raw = (size & 1) != 0 || item.n == 6;
	return ctx;
}

static char *
read_all(const uint8_t *data, size_t size, size_t step, bool stream)
{
	struct memory m = { (const char *)data, (const char *)data + size, step };
	struct imap_input in = { memory_line, memory_read, &m };
	struct imap_reader *reader = imap_reader_new(&in);
	const struct imap_response *r;
	struct fail why = { 0 };
	struct imap_sink s;
	char *text;
	size_t len;
	FILE *f;

	f = xmemstream(&text, &len);
	s.begin = sink;
	s.ctx = f;
	if (stream)
		imap_reader_sink(reader, &s);
	while ((r = imap_read(reader, &why)) != NULL) {
		fprintf(f, "%d %u %.*s\n", (int)r->status, r->number,
		    (int)r->word.n, r->word.p);
		print(f, r->items);
		print(f, r->code);
		if (r->text.p != NULL)
			fwrite(r->text.p, 1, r->text.n, f);
	}
	if (why.code != EX_TEMPFAIL && why.code != EX_PROTOCOL)
		abort();
	imap_reader_free(reader);
	fclose(f);
	return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *a, *b;
	int i;

	for (i = 0; i < 2; i++) {
		a = read_all(data, size, SIZE_MAX, i == 1);
		b = read_all(data, size, 1, i == 1);
		if (strcmp(a, b) != 0)
			abort();
		free(a);
		free(b);
	}
	return 0;
}
