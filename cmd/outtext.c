/* SPDX-License-Identifier: ISC */
/*
 * outtext.c -- the text of a part as people read it: decoded, then through the
 * filters that its type asks for, each a stream that writes to the next.
 */
#include <stdlib.h>
#include <string.h>

#include "../mime/enclosed.h"
#include "../mime/text.h"
#include "child.h"
#include "html.h"
#include "outmessage.h"
#include "vars.h"
#include "wrap.h"

#define MAX_FILTERS	3

struct chain {
	FILE	*out;			/* borrowed: the last one writes to it */
	FILE	*v[MAX_FILTERS];	/* owned, the last one first */
	size_t	 n;
};

static void
add(struct chain *c, FILE *filter)
{
	c->v[c->n++] = filter;
}

/* Where to write to. */
static FILE *
head_of(const struct chain *c)
{
	return c->n == 0 ? c->out : c->v[c->n - 1];
}

static void
end_chain(struct chain *c)
{
	while (c->n > 0)
		fclose(c->v[--c->n]);
}

static bool
has_value(const struct part *p, const char *name, const char *wanted)
{
	const char *value = params_get(&p->type, name);

	return value != NULL && strcasecmp(value, wanted) == 0;
}

static bool
is_type(const struct part *p, const char *type)
{
	return strcmp(p->type.value, type) == 0;
}

static void
make_chain(struct chain *c, const struct part *p, FILE *out, int columns)
{
	bool flowed = is_type(p, "text/plain") && has_value(p, "format", "flowed");
	bool html = is_type(p, "text/html");

	c->out = out;
	c->n = 0;
	if (columns > 0 && (flowed || html))
		add(c, wrap_filter(out, columns));
	if (flowed)
		add(c, flowed_decoder(head_of(c), has_value(p, "delsp", "yes")));
	else if (html)
		add(c, html_reader(head_of(c)));
	else if (is_type(p, "text/calendar") || is_type(p, "text/vcard") ||
	    is_type(p, "text/x-vcard") || is_type(p, "text/directory"))
		add(c, card_filter(out));
}

/* --- HTML through a program of the user's. --- */

static int
run_filter(struct mailx *m, const char *command, FILE *html, FILE *text,
    struct fail *why)
{
	int status;

	if (child_shell(m, command, html, text, &status, why) == -1)
		return -1;
	if (status != 0)
		return fail(why, EX_UNAVAILABLE, "%s: status %d", command,
		    status);
	return 0;
}

/*
 * It reads a file, in UTF-8, as its standard input: no word of the message comes
 * near a shell.  1: it failed, and that has been told; use the built-in one.
 */
static int
through_filter(struct mailx *m, const char *command, const struct part *p,
    FILE *in, uint64_t octets, FILE *out, struct fail *why)
{
	FILE *html = child_file(why), *text = html == NULL ? NULL :
	    child_file(why);
	struct fail failed = { 0 };
	FILE *safe;
	int r = -1;

	if (text != NULL && part_decode_text(p, in, octets,
	    m->options.charset_8bit, html, NULL, why) == 0) {
		rewind(html);
		r = run_filter(m, command, html, text, &failed) == -1 ? 1 : 0;
	}
	if (r == 1)
		out_note(m, "html-filter: %s", failed.text);
	if (r == 0 && fseeko(text, 0, SEEK_SET) == 0) {
		safe = text_decoder(out, NULL, NULL, NULL);
		r = stream_copy(text, safe, UINT64_MAX, why);
		fclose(safe);
	}
	if (html != NULL)
		fclose(html);
	if (text != NULL)
		fclose(text);
	return r;
}

/* --- Files that stand in the text. --- */

struct telling {
	uint32_t	 n;		/* the message; 0: the part has no number */
	struct part	*next;		/* of those found before */
	FILE		*text;		/* what decodes the text around */
	FILE		*out;
};

static void
tell(void *ctx, uint64_t octets)
{
	struct telling *t = ctx;
	char *line;

	(void)octets;
	fflush(t->text);
	if (t->next == NULL)
		return;
	line = out_part_line(t->n, t->next);
	fputs(line, t->out);
	free(line);
	t->next = t->next->next;
}

static int
plain_text(struct mailx *m, uint32_t n, struct part *p, FILE *in,
    uint64_t octets, FILE *out, struct fail *why)
{
	off_t at = ftello(in);
	struct telling t = { n, NULL, NULL, out };
	struct enclosed_reader r = { NULL, NULL, tell, &t };
	FILE *f;
	int result;

	if (at == -1 || enclosed_find(p, in, octets, m->options.charset_8bit,
	    why) == -1)
		return at == -1 ? fail_errno(why, EX_IOERR, "part") : -1;
	if (fseeko(in, at, SEEK_SET) == -1)
		return fail_errno(why, EX_IOERR, "part");
	if (p->inside == NULL)
		return part_decode_text(p, in, octets, m->options.charset_8bit,
		    out, NULL, why);
	t.next = p->inside;
	r.text = t.text = text_decoder(out, part_charset(p),
	    m->options.charset_8bit, NULL);
	f = enclosed_decoder(&r);
	result = part_decode(p, in, octets, f, NULL, why);
	fclose(f);
	fclose(t.text);
	return result;
}

/* --- All of it. --- */

static int
put_text(struct mailx *m, uint32_t n, struct part *p, FILE *in,
    uint64_t octets, FILE *out, int columns, struct fail *why)
{
	const char *command = is_type(p, "text/html") ?
	    var_get(m, "html-filter") : NULL;
	off_t at = ftello(in);
	struct chain c;
	int r = 1;

	if (command != NULL && *command != '\0')
		r = through_filter(m, command, p, in, octets, out, why);
	if (r == 1 && command != NULL && fseeko(in, at, SEEK_SET) == -1)
		return fail_errno(why, EX_IOERR, "part");
	if (r != 1)
		return r;
	make_chain(&c, p, out, columns);
	r = enclosed_possible(p) ?
	    plain_text(m, n, p, in, octets, head_of(&c), why) :
	    part_decode_text(p, in, octets, m->options.charset_8bit,
	    head_of(&c), NULL, why);
	end_chain(&c);
	return r;
}

int
out_text(struct mailx *m, struct store *s, uint32_t n, struct part *p,
    FILE *out, int columns, struct fail *why)
{
	uint64_t octets;
	FILE *in = store_part(s, n, p, &octets, why);
	int r;

	if (in == NULL)
		return -1;
	r = put_text(m, held_is(s) ? 0 : n, p, in, octets, out, columns, why);
	fclose(in);
	return r;
}
