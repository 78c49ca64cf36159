/* SPDX-License-Identifier: ISC */
/* responses.h -- IMAP responses out of memory, printed as protocol/imap-responses.txt has them. */
#ifndef TESTS_UNIT_RESPONSES_H
#define TESTS_UNIT_RESPONSES_H

#include <string.h>

#include "../../net/imapread.h"

struct memory {
	const char	*p, *end;
	size_t		 step;		/* octets that a read gives at most */
};

static int
memory_line(void *ctx, struct span *line, struct fail *why)
{
	struct memory *m = ctx;
	const char *nl;

	if ((nl = memchr(m->p, '\n', (size_t)(m->end - m->p))) == NULL)
		return fail(why, EX_TEMPFAIL, "the end");
	line->p = m->p;
	line->n = (size_t)(nl - m->p);
	if (line->n != 0 && nl[-1] == '\r')
		line->n--;
	m->p = nl + 1;
	return 0;
}

static int
memory_read(void *ctx, size_t n, struct span *got, struct fail *why)
{
	struct memory *m = ctx;

	if (m->p == m->end)
		return fail(why, EX_TEMPFAIL, "the end");
	if (n > (size_t)(m->end - m->p))
		n = (size_t)(m->end - m->p);
	if (m->step != 0 && n > m->step)
		n = m->step;
	got->p = m->p;
	got->n = n;
	m->p += n;
	return 0;
}

static void
print_string(FILE *f, struct span s)
{
	unsigned char c;
	size_t i;

	putc('"', f);
	for (i = 0; i < s.n; i++) {
		c = (unsigned char)s.p[i];
		if (c == '"' || c == '\\')
			fprintf(f, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", f);
		else if (c == '\r')
			fputs("\\r", f);
		else if (c == '\t')
			fputs("\\t", f);
		else if (c < 32 || c > 126)
			fprintf(f, "\\x%02x", c);
		else
			putc(c, f);
	}
	putc('"', f);
}

static void
print_atom(FILE *f, struct span s)
{
	unsigned char c;
	size_t i;

	for (i = 0; i < s.n; i++) {
		c = (unsigned char)s.p[i];
		if (c >= 0x80)
			fprintf(f, "%c%c", 0xc0 | c >> 6, 0x80 | (c & 0x3f));
		else
			putc(c, f);
	}
}

static void
print_items(FILE *f, const struct imap_node *n)
{
	bool first = true;

	for (; n != NULL; n = n->next, first = false) {
		if (!first)
			putc(' ', f);
		if (n->kind == IMAP_LIST) {
			putc('(', f);
			print_items(f, n->child);
			putc(')', f);
		} else if (n->kind == IMAP_NIL)
			fputs("NIL", f);
		else if (n->kind == IMAP_STRING)
			print_string(f, n->text);
		else
			print_atom(f, n->text);
	}
}

static void
print_response(FILE *f, const struct imap_response *r)
{
	print_atom(f, r->tag);
	if (r->has_number)
		fprintf(f, " %u", r->number);
	if (r->word.n != 0) {
		putc(' ', f);
		print_atom(f, r->word);
	}
	if (r->items != NULL) {
		putc(' ', f);
		print_items(f, r->items);
	}
	if (r->code != NULL) {
		fputs(" [", f);
		print_items(f, r->code);
		putc(']', f);
	}
	if (r->text.p != NULL) {
		putc(' ', f);
		print_string(f, r->text);
	}
	putc('\n', f);
}

/* All responses of the octets, printed; *code: of the failure, 0 at the end. */
static char *
read_all(const char *p, size_t n, size_t step, int *code)
{
	struct memory m = { p, p + n, step };
	struct imap_input in = { memory_line, memory_read, &m };
	struct imap_reader *reader = imap_reader_new(&in);
	const struct imap_response *r;
	struct fail why = { 0 };
	char *text = NULL;
	size_t len;
	FILE *f = xmemstream(&text, &len);

	while (m.p < m.end && (r = imap_read(reader, &why)) != NULL)
		print_response(f, r);
	*code = why.code;
	fclose(f);
	imap_reader_free(reader);
	return text;
}

#endif
