/* SPDX-License-Identifier: ISC */
/*
 * corpus_tables.c -- tables/NAME.tsv: id, grade, source, input, answer.  Rows of
 * one id that are contested give the known answers.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "../mime/addr.h"
#include "../mime/b64.h"
#include "../mime/date.h"
#include "../mime/head.h"
#include "../mime/param.h"
#include "../mime/qp.h"
#include "../mime/text.h"
#include "corpus.h"

#define COLUMNS		5		/* the last one: all of the answer */

/* An answer as a table shows it; NULL: nothing. */
typedef char *answer_fn(struct span input);

/* Octets, escaped. */
static char *
escaped(const char *p, size_t len)
{
	size_t i, n;
	char *answer;
	FILE *f = xmemstream(&answer, &n);

	for (i = 0; i < len; i++)
		if (p[i] == '\\' || ascii_is_control((unsigned char)p[i]))
			fprintf(f, "\\x%02x", (unsigned char)p[i]);
		else
			putc(p[i], f);
	fclose(f);
	return answer;
}

/* What a filter makes of the input. */
static char *
filtered(FILE *filter, FILE *out, char **text, size_t *len, struct span input)
{
	char *answer;

	fwrite(input.p, 1, input.n, filter);
	fclose(filter);
	fclose(out);
	answer = escaped(*text, *len);
	free(*text);
	return answer;
}

static char *
answer_words(struct span input)
{
	struct field f = { { NULL, 0 }, input };
	char *text = head_text(&f, NULL), *answer = corpus_value(text);

	free(text);
	return answer;
}

static int
compare_params(const void *a, const void *b)
{
	const struct param *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static char *
answer_params(struct span input)
{
	struct params ps;
	char *answer, *value;
	size_t i, len;
	FILE *f = xmemstream(&answer, &len);

	params_parse(&ps, input, NULL);
	value = escaped(ps.value, strlen(ps.value));
	fputs(value, f);
	free(value);
	if (ps.n > 1)
		qsort(ps.v, ps.n, sizeof *ps.v, compare_params);
	for (i = 0; i < ps.n; i++) {
		value = escaped(ps.v[i].value, strlen(ps.v[i].value));
		fprintf(f, "\t%s\t%s", ps.v[i].name, value);
		free(value);
	}
	fclose(f);
	params_free(&ps);
	return answer;
}

static char *
answer_addresses(struct span input)
{
	struct addrs as = { 0 };
	char *answer, *name, *addr;
	size_t i, len;
	FILE *f = xmemstream(&answer, &len);

	addrs_parse(&as, input, NULL);
	fprintf(f, "%zu", as.n);
	for (i = 0; i < as.n; i++) {
		name = corpus_value(as.v[i].name == NULL ? "" : as.v[i].name);
		addr = corpus_value(as.v[i].addr);
		fprintf(f, "\t%s\t%s", name, addr);
		free(name);
		free(addr);
	}
	fclose(f);
	addrs_free(&as);
	return answer;
}

static char *
answer_addrspec(struct span input)
{
	struct addrs as = { 0 };
	bool valid;

	/* One mailbox, nothing guessed, nothing lost. */
	addrs_parse(&as, input, NULL);
	valid = as.n == 1 && (as.defects & DEFECT_ADDRESS) == 0 &&
	    strchr(as.v[0].addr, '@') != NULL;
	addrs_free(&as);
	return xstrdup(valid ? "valid" : "invalid");
}

static char *
answer_date(struct span input)
{
	struct date d;
	int zone;

	if (date_parse(input, &d) == -1)
		return xstrdup("!");
	zone = abs(d.zone);
	return xasprintf("%lld\t%c%02d%02d", (long long)d.epoch,
	    d.zone < 0 ? '-' : '+', zone / 60, zone % 60);
}

static char *
answer_qp(struct span input)
{
	char *text, *answer;
	size_t len, i, n;
	FILE *out = xmemstream(&text, &len), *f = qp_decoder(out, NULL);

	fwrite(input.p, 1, input.n, f);
	fclose(f);
	fclose(out);
	/* The table shows CRLF as LF, coded ones too. */
	for (i = n = 0; i < len; i++)
		if (text[i] != '\r' || i + 1 == len || text[i + 1] != '\n')
			text[n++] = text[i];
	answer = escaped(text, n);
	free(text);
	return answer;
}

static char *
answer_b64(struct span input)
{
	char *text;
	size_t len;
	FILE *out = xmemstream(&text, &len);

	return filtered(b64_decoder(out, NULL), out, &text, &len, input);
}

static char *
answer_flowed(struct span input)
{
	static const char yes[] = "delsp=yes ", no[] = "delsp=no ";
	bool delsp = span_has_prefix(input, yes);
	size_t skip = delsp ? sizeof yes - 1 : sizeof no - 1, len;
	char *text;
	FILE *out;

	if (input.n < skip)
		return NULL;
	input.p += skip;
	input.n -= skip;
	out = xmemstream(&text, &len);
	return filtered(flowed_decoder(out, delsp), out, &text, &len, input);
}

/* --- Rows --- */

struct row {
	char		*id;		/* owned; NULL: none is open */
	char		*got, *wants;	/* owned */
	enum grade	 grade;
	bool		 held;
};

static void
end_row(const char *category, struct row *r)
{
	if (r->id != NULL)
		corpus_count(category, r->grade, r->held, r->id, r->got,
		    r->wants);
	free(r->id);
	free(r->got);
	free(r->wants);
	memset(r, 0, sizeof *r);
}

/* Escapes may be written in more than one way: compare octets. */
static bool
same(const char *got, const char *want)
{
	size_t n, m;
	char *a, *b;
	bool r;

	if (got == NULL)
		return false;
	a = corpus_unescape(got, &n);
	b = corpus_unescape(want, &m);
	r = n == m && memcmp(a, b, n) == 0;
	free(a);
	free(b);
	return r;
}

static void
take_row(const char *category, struct row *r, char **v, answer_fn *answer)
{
	struct span input;
	char *text, *wants;
	enum grade grade = corpus_grade(v[1]);

	if (grade == NGRADES)
		return;
	if (r->id == NULL || strcmp(r->id, v[0]) != 0) {
		end_row(category, r);
		r->id = xstrdup(v[0]);
		r->grade = grade;
		text = corpus_unescape(v[3], &input.n);
		input.p = text;
		r->got = answer(input);
		free(text);
		r->wants = xstrdup(v[4]);
	} else {
		wants = xasprintf("%s | %s", r->wants, v[4]);
		free(r->wants);
		r->wants = wants;
	}
	r->held = r->held || same(r->got, v[4]);
}

static void
check_table(const char *dir, const char *name, answer_fn *answer)
{
	char *path = xasprintf("%s/tables/%s.tsv", dir, name), *line = NULL;
	char *category = xasprintf("table %s", name), *v[COLUMNS];
	static char none[] = "";
	struct row r = { 0 };
	size_t cap = 0, n;
	FILE *f = fopen(path, "r");

	while (f != NULL && getline(&line, &cap, f) > 0) {
		if (*line == '#' || *line == '\n')
			continue;
		n = corpus_fields(line, v, COLUMNS);
		if (n == COLUMNS - 1)
			v[n++] = none;
		if (n == COLUMNS)
			take_row(category, &r, v, answer);
	}
	end_row(category, &r);
	if (f != NULL)
		fclose(f);
	free(line);
	free(category);
	free(path);
}

void
corpus_tables(const char *dir)
{
	check_table(dir, "rfc2047", answer_words);
	check_table(dir, "rfc2231", answer_params);
	check_table(dir, "addresses", answer_addresses);
	check_table(dir, "addrspec", answer_addrspec);
	check_table(dir, "dates", answer_date);
	check_table(dir, "qp", answer_qp);
	check_table(dir, "base64", answer_b64);
	check_table(dir, "flowed", answer_flowed);
}
