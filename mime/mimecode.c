/* SPDX-License-Identifier: ISC */
/*
 * mimecode.c -- the codes alone, for mailx-mime: base64, quoted-printable, and line
 * by line encoded words and parameters.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "b64.h"
#include "head.h"
#include "mimefilter.h"
#include "param.h"
#include "qp.h"
#include "word.h"

/* Whole lines of base64 on the side that has none yet; pipes take more at once. */
#define BLOCK		(57 * 2304)
#define PIPE_ROOM	(512 * 1024)

/*
 * Blocks are read and written as they are: a buffer would only cut them otherwise
 * and copy them.
 */
static void
in_blocks(FILE *f)
{
	(void)setvbuf(f, NULL, _IONBF, 0);
#ifdef F_SETPIPE_SZ
	/* Of no avail where it is no pipe. */
	if (fileno(f) != -1)
		(void)fcntl(fileno(f), F_SETPIPE_SZ, PIPE_ROOM);
#endif
}

/* All of `in' through a filter that writes to `out'. */
static int
pass(FILE *in, FILE *filter, struct fail *why)
{
	char *block = xmalloc(BLOCK);
	size_t n;
	int r = 0;

	in_blocks(in);
	(void)setvbuf(filter, NULL, _IONBF, 0);
	while (r == 0 && (n = fread(block, 1, BLOCK, in)) > 0)
		if (fwrite(block, 1, n, filter) != n)
			r = fail_errno(why, EX_IOERR, "cannot write");
	if (r == 0 && ferror(in))
		r = fail_errno(why, EX_IOERR, "cannot read");
	free(block);
	if (fclose(filter) != 0 && r == 0)
		r = fail_errno(why, EX_IOERR, "cannot write");
	return r;
}

int
mime_b64(const struct request *q, FILE *in, FILE *out, struct fail *why)
{
	in_blocks(out);
	return pass(in, q->flag ? b64_decoder(out, NULL) : b64_encoder(out),
	    why);
}

int
mime_qp(const struct request *q, FILE *in, FILE *out, struct fail *why)
{
	in_blocks(out);
	return pass(in, q->flag ? qp_decoder(out, NULL) : qp_encoder(out), why);
}

/* --- Fields: a line, with the lines behind it that begin with a blank --- */

static int
each_field(FILE *in, void (*take)(struct span field, FILE *out), FILE *out,
    struct fail *why)
{
	char *line = NULL, *text = NULL;
	size_t cap = 0, len = 0;
	struct span field;
	FILE *f = NULL;
	ssize_t n;

	do {
		n = xgetline(&line, &cap, in);
		if (f != NULL && (n <= 0 || (*line != ' ' && *line != '\t'))) {
			fclose(f);
			field.p = text;
			field.n = len;
			take(field, out);
			free(text);
			f = NULL;
		}
		if (n > 0) {
			if (f == NULL)
				f = xmemstream(&text, &len);
			fwrite(line, 1, (size_t)n, f);
		}
	} while (n > 0);
	free(line);
	return ferror(out) ? fail_errno(why, EX_IOERR, "cannot write") : 0;
}

static void
decode_words(struct span field, FILE *out)
{
	struct field f = { { NULL, 0 }, field };
	char *text = head_text(&f, NULL);

	put_visible(out, text);
	putc('\n', out);
	free(text);
}

static void
encode_words(struct span field, FILE *out)
{
	static const char name[] = "X";	/* stands for the field's own */
	struct field f = { { NULL, 0 }, field };
	char *value = head_raw(&f), *text;
	size_t len;
	FILE *m = xmemstream(&text, &len);

	word_field(m, name, value);
	fclose(m);
	fputs(text + strlen(name) + 2, out);
	free(text);
	free(value);
}

int
mime_2047(const struct request *q, FILE *in, FILE *out, struct fail *why)
{
	return each_field(in, q->flag ? decode_words : encode_words, out, why);
}

static void
decode_params(struct span field, FILE *out)
{
	struct params ps;
	char *bare;
	size_t i;

	params_parse(&ps, field, NULL);
	if (strchr(ps.value, '=') != NULL) {
		/* Parameters alone, without a value in front. */
		params_free(&ps);
		bare = xasprintf(";%.*s", (int)field.n, field.p);
		params_parse(&ps, span_of(bare), NULL);
		free(bare);
	}
	if (*ps.value != '\0') {
		put_visible(out, ps.value);
		putc('\n', out);
	}
	for (i = 0; i < ps.n; i++) {
		put_visible(out, ps.v[i].name);
		putc('=', out);
		put_visible(out, ps.v[i].value);
		putc('\n', out);
	}
	params_free(&ps);
}

/* name=value */
static void
encode_param(struct span field, FILE *out)
{
	struct field f = { { NULL, 0 }, field };
	char *name = head_raw(&f), *value = strchr(name, '='), *text;
	size_t len;
	FILE *m = xmemstream(&text, &len);

	if (value != NULL) {
		*value++ = '\0';
		(void)param_write(m, 0, name, value);
		putc('\n', m);
	}
	fclose(m);
	/* Without the "; " that joins it to what stands before. */
	fputs(text + strspn(text, "; \t\n"), out);
	free(text);
	free(name);
}

int
mime_2231(const struct request *q, FILE *in, FILE *out, struct fail *why)
{
	return each_field(in, q->flag ? decode_params : encode_param, out, why);
}
