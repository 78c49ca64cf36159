/* SPDX-License-Identifier: ISC */
/* imapload.c -- fuzz: FETCH responses into messages: flags, envelopes, structures. */
#include <stdlib.h>
#include <string.h>

#include "../../store/imap.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct memory {
	const char	*p, *end;
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
	got->p = m->p;
	got->n = n < (size_t)(m->end - m->p) ? n : (size_t)(m->end - m->p);
	m->p += got->n;
	return 0;
}

/* Every part has a number by which it is found again. */
static void
check_structure(struct part *root)
{
	struct part *p;
	char *number;
	int left = 100;

	for (p = root; p != NULL && left-- > 0; p = part_walk(p)) {
		number = part_number(p);
		if (part_find(root, number) == NULL)
			abort();
		free(number);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory m = { (const char *)data, (const char *)data + size };
	struct imap_input in = { memory_line, memory_read, &m };
	struct imap_reader *reader = imap_reader_new(&in);
	const struct imap_response *r;
	struct fail why = { 0 };
	struct msg msg = { .uid = 1 };
	struct imap_items it;

	while ((r = imap_read(reader, &why)) != NULL) {
		if (r->items == NULL || r->items->kind != IMAP_LIST)
			continue;
		imap_item_uid(r->items->child);
		imap_take_items(&msg, r->items->child, LOAD_FLAGS | LOAD_SIZE |
		    LOAD_ENVELOPE | LOAD_STRUCTURE, NULL, &it);
		check_structure(msg.structure);
	}
	envelope_free(msg.envelope);
	part_free(msg.structure);
	free(msg.tags);
	free(msg.name);
	imap_reader_free(reader);
	return 0;
}
