/* SPDX-License-Identifier: ISC */
/*
 * imapread.c -- the reader of IMAP responses against tests/data/protocol/imap-responses.txt,
 * whole and octet by octet, and its bounds.
 */
#include <errno.h>
#include <stdlib.h>

#include "responses.h"
#include "tap.h"

struct record {
	char	 id[32], expect[16];
	char	*data, *parsed;
	size_t	 ndata, nparsed;
	FILE	*fdata, *fparsed;
};

static void
unescape(const char *s, FILE *f)
{
	char hex[3] = "";

	for (; *s != '\0'; s++) {
		if (*s != '\\') {
			putc(*s, f);
			continue;
		}
		switch (*++s) {
		case 'r': putc('\r', f); break;
		case 'n': putc('\n', f); break;
		case 't': putc('\t', f); break;
		case 'x':
			memcpy(hex, s + 1, 2);
			putc((int)strtol(hex, NULL, 16), f);
			s += 2;
			break;
		default: putc(*s, f);
		}
	}
}

static void
begin_record(struct record *r)
{
	memset(r, 0, sizeof(*r));
	r->fdata = xmemstream(&r->data, &r->ndata);
	r->fparsed = xmemstream(&r->parsed, &r->nparsed);
}

static void
end_record(struct record *r)
{
	char *whole, *pieces;
	int code, code2;

	fclose(r->fdata);
	fclose(r->fparsed);
	if (r->id[0] != '\0') {
		whole = read_all(r->data, r->ndata, 0, &code);
		pieces = read_all(r->data, r->ndata, 1, &code2);
		if (strcmp(r->expect, "ok") == 0) {
			is_string(whole, r->parsed, r->id);
			is_string(pieces, r->parsed, r->id);
			ok(code == 0 && code2 == 0, "%s: no failure", r->id);
		} else if (strcmp(r->expect, "bad") == 0)
			is_int(code, EX_PROTOCOL, r->id);
		else
			/* ... or a size over the bounds, refused before it comes */
			ok(code != 0 && *whole == '\0', "%s", r->id);
		free(whole);
		free(pieces);
	}
	free(r->data);
	free(r->parsed);
}

static int
run_records(const char *path)
{
	struct record r;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	FILE *f;
	int records = 0;

	if ((f = fopen(path, "r")) == NULL)
		return -1;
	begin_record(&r);
	while ((n = getline(&line, &cap, f)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (line[0] == '\0') {
			end_record(&r);
			begin_record(&r);
		} else if (strncmp(line, "id ", 3) == 0) {
			snprintf(r.id, sizeof(r.id), "%s", line + 3);
			records++;
		} else if (strncmp(line, "expect ", 7) == 0)
			snprintf(r.expect, sizeof(r.expect), "%s", line + 7);
		else if (strncmp(line, "data ", 5) == 0)
			unescape(line + 5, r.fdata);
		else if (strncmp(line, "parsed ", 7) == 0)
			fprintf(r.fparsed, "%s\n", line + 7);
	}
	end_record(&r);
	free(line);
	fclose(f);
	return records;
}

static void
refused(const char *text, const char *name)
{
	int code;
	char *got;

	got = read_all(text, strlen(text), 0, &code);
	is_int(code, EX_PROTOCOL, name);
	is_string(got, "", "... and nothing was handed out");
	free(got);
}

static void
test_bounds(void)
{
	char *deep;
	int code;
	size_t i;

	refused("* 1 FETCH (BODY[] {4294967295}\r\n", "literal of 2^32-1");
	refused("* 1 FETCH (BODY[] {18446744073709551617}\r\n", "literal of 2^64+1");
	refused("* 1 FETCH (BODY[] {-1}\r\n", "literal of -1");
	refused("* 1 FETCH (BODY[] {}\r\n", "literal of nothing");
	refused("* 1 FETCH (BODY[] {5}x\r\nhello)\r\n", "text behind a literal's size");
	refused("* 4294967296 EXISTS\r\n", "number over 32 bits");
	refused("* 5\r\n", "a number alone");

	deep = xmalloc(1000100);
	memcpy(deep, "* 1 FETCH (", 11);
	memset(deep + 11, '(', 1000000);
	memcpy(deep + 1000011, "\r\n", 3);
	refused(deep, "a million parentheses");
	for (i = 0; i < 500000; i++)
		memcpy(deep + 11 + 2 * i, "1 ", 2);
	memcpy(deep + 1000011, ")\r\n", 4);
	refused(deep, "half a million items");
	memset(deep + 11, '(', 63);
	memset(deep + 74, ')', 64);
	memcpy(deep + 138, "\r\n", 3);
	free(read_all(deep, strlen(deep), 0, &code));
	is_int(code, 0, "depth 64 is read");
	free(deep);
}

struct sunk {
	FILE		*f;
	char		 item[64];
	uint64_t	 size;
	bool		 raw;
	int		 times;
};

static FILE *
sink_begin(void *ctx, const struct imap_response *r, struct span item,
    uint64_t size, bool *raw)
{
	struct sunk *s = ctx;

	(void)r;
	s->times++;
	s->size = size;
	*raw = s->raw;
	snprintf(s->item, sizeof(s->item), "%.*s", (int)item.n, item.p);
	return s->f;
}

static void
test_sink(bool raw, size_t step, const char *want)
{
	static const char text[] =
	    "* 3 FETCH (UID 9 BODY[] {16}\r\na\r\nb\r\r\nc\rd\n\r\r\n\re"
	    " FLAGS (\\Seen))\r\n";
	struct memory m = { text, text + sizeof(text) - 1, step };
	struct imap_input in = { memory_line, memory_read, &m };
	struct sunk s = { .raw = raw };
	struct imap_sink sink = { sink_begin, &s };
	struct imap_reader *reader = imap_reader_new(&in);
	const struct imap_response *r;
	struct fail why = { 0 };
	char *got = NULL;
	size_t len;

	s.f = xmemstream(&got, &len);
	imap_reader_sink(reader, &sink);
	r = imap_read(reader, &why);
	fclose(s.f);
	if (ok(r != NULL, "a streamed response") ) {
		is_string(s.item, "BODY[]", "the item is told");
		is_int(s.times, 1, "one stream");
		ok(s.size == 16, "the size is told");
		is_string(got, want, raw ? "octets as they are" : "LF line ends");
		ok(r->items->child->next->next->next->kind == IMAP_STREAMED &&
		    imap_is_atom(r->items->child->next->next->next->next,
		    "flags"), "the tree goes on behind it");
	}
	free(got);
	imap_reader_free(reader);
}

static void
test_sets(void)
{
	static const struct {
		const char	*set, *want;
	} t[] = {
		{ "1", "1-1;" }, { "4,7:9,12:*", "4-4;7-9;12-4294967295;" },
		{ "9:7", "7-9;" }, { "*", "4294967295-4294967295;" },
		{ "0", "bad" }, { "1,", "1-1;bad" }, { "1:", "bad" },
		{ "1,,2", "1-1;bad" }, { "a", "bad" }, { "4294967296", "bad" },
		{ "", "" }
	};
	uint32_t low, high;
	struct span set;
	char got[128];
	size_t i, at;
	int r;

	for (i = 0; i < NELEM(t); i++) {
		set = span_of(t[i].set);
		got[0] = '\0';
		at = 0;
		while ((r = imap_set_next(&set, &low, &high)) == 1)
			at += (size_t)snprintf(got + at, sizeof(got) - at,
			    "%u-%u;", low, high);
		if (r == -1)
			snprintf(got + at, sizeof(got) - at, "bad");
		/* A trailing comma is seen with the range before it. */
		if (strcmp(t[i].set, "1,") == 0 || strcmp(t[i].set, "1,,2") == 0)
			ok(r == -1, "set \"%s\"", t[i].set);
		else
			is_string(got, t[i].want, t[i].set);
	}
}

int
main(void)
{
	const char *dir = getenv("TESTDATA");
	char path[4096];

	snprintf(path, sizeof(path), "%s/protocol/imap-responses.txt",
	    dir != NULL ? dir : "tests/data");
	is_int(run_records(path), 319, "records in imap-responses.txt");
	test_bounds();
	test_sink(false, 0, "a\nb\r\nc\rd\n\r\n\re");
	test_sink(false, 1, "a\nb\r\nc\rd\n\r\n\re");
	test_sink(true, 3, "a\r\nb\r\r\nc\rd\n\r\r\n\re");
	test_sets();
	return done();
}
