/* SPDX-License-Identifier: ISC */
/*
 * outmessage.c -- a message as people read it: the fields that they asked for,
 * text parts in their charset and made safe, one line for everything else.
 *
 * Only what is shown is asked of the folder: its header and its text parts.
 */
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "outint.h"
#include "outmessage.h"
#include "sanitise.h"
#include "term.h"

#define MAX_HELD	3	/* messages coded within each other */

struct view {
	struct mailx	*m;
	struct store	*s;
	uint32_t	 n;
	FILE		*people;	/* owned, but where `kept': safe text alone */
	bool		 kept;
	bool		 colour;
	FILE		*safe;		/* owned: makes safe what goes to people */
	bool		 all;		/* every field */
	int		 lines;		/* of the body that may still come; -1: any number */
	unsigned	 held;		/* messages around, that were coded */
	int		 columns;	/* that lines may have; 0: any number */
	bool		 begun;		/* something stands above: a blank line is due */
};

/* A colour begins or ends between what has been made safe and what has not. */
static void
put_colour(struct view *v, const char *code)
{
	if (!v->colour)
		return;
	fflush(v->safe);
	fputs(code, v->people);
}

/* --- Fields. --- */

static void
put_field(struct view *v, struct span name, const char *text)
{
	char *clean = out_clean(text, 0);

	put_colour(v, COLOUR_NAME);
	fwrite(name.p, 1, name.n, v->safe);
	putc(':', v->safe);
	put_colour(v, COLOUR_END);
	fprintf(v->safe, " %s\n", clean);
	free(clean);
}

static void
show_head(struct view *v, const struct head *h)
{
	const struct field *f;
	char *name, *text;
	size_t i;

	for (i = 0; i < h->n; i++) {
		f = &h->v[i];
		name = span_dup(f->name);
		if (v->all || fields_shown(v->m, name)) {
			text = field_text(f, v->m->options.charset_8bit);
			put_field(v, f->name, text);
			free(text);
		}
		free(name);
	}
}

static void
show_addrs(struct view *v, const char *name, const struct addrs *as)
{
	char *text;

	if (as->n == 0)
		return;
	text = addresses_text(as);
	put_field(v, span_of(name), text);
	free(text);
}

/* Of a message inside one on a server: what its structure told. */
static void
show_envelope(struct view *v, const struct envelope *e)
{
	char date[DATE_MAX];

	if (e->has_date) {
		date_rfc5322(&e->date, date);
		put_field(v, span_of("Date"), date);
	}
	show_addrs(v, "From", &e->from);
	show_addrs(v, "To", &e->to);
	show_addrs(v, "Cc", &e->cc);
	if (e->subject != NULL)
		put_field(v, span_of("Subject"), e->subject);
}

/* --- Text. --- */

struct limiter {
	struct view	*v;
	bool		 open;		/* the last line has no end yet */
	bool		 quoted;	/* ... and its colour neither */
};

/* A line that begins with `>' is somebody else's words. */
static void
begin_line(struct limiter *l, char first)
{
	if (l->open || first != '>')
		return;
	put_colour(l->v, COLOUR_QUOTE);
	l->quoted = true;
}

static void
end_line(struct limiter *l)
{
	if (!l->quoted)
		return;
	put_colour(l->v, COLOUR_END);
	l->quoted = false;
}

static void
put_limited(void *ctx, const char *p, size_t n, uint32_t cp)
{
	struct limiter *l = ctx;

	if (l->v->lines == 0)
		return;
	if (cp == '\n')
		end_line(l);
	fwrite(p, 1, n, l->v->safe);
	l->open = cp != '\n';
	if (cp == '\n' && l->v->lines > 0)
		l->v->lines--;
}

static void
put_limited_run(void *ctx, const char *p, size_t n)
{
	struct limiter *l = ctx;

	if (l->v->lines == 0)
		return;
	begin_line(l, *p);
	fwrite(p, 1, n, l->v->safe);
	l->open = true;
}

static void
end_limited(void *ctx)
{
	struct limiter *l = ctx;

	if (l->open)
		put_limited(l, "\n", 1, '\n');
	free(l);
}

static FILE *
limited(struct view *v)
{
	struct limiter *l = xcalloc(1, sizeof *l);

	l->v = v;
	return filter_runs(v->safe, put_limited, put_limited_run, end_limited,
	    l);
}

static int
show_text(struct view *v, struct part *p, struct fail *why)
{
	FILE *out = limited(v);
	int r = out_text(v->m, v->s, v->n, p, out, v->columns, why);

	fclose(out);
	return r;
}

/* --- Parts. --- */

static void
begin(struct view *v)
{
	if (v->begun && v->lines != 0)
		putc('\n', v->safe);
	v->begun = true;
}

static uint64_t
decoded_size(const struct part *p)
{
	return p->enclosed > 0 ? p->size : p->encoding == ENCODING_BASE64 ? p->size / 78 * 57 +
	    p->size % 78 * 3 / 4 : p->size;
}

char *
out_part_line(uint32_t n, const struct part *p)
{
	char *number = part_number(p), *size = out_size(decoded_size(p)), *line, *ref;
	char *name = p->filename == NULL ? NULL : out_clean(p->filename, 0);

	ref = n == 0 ? xstrdup("") : xasprintf("#%u%s%s ", n,
	    *number == '\0' ? "" : ".", number);
	line = xasprintf("[-- %s%s%s%s, %s --]\n", ref, p->type.value,
	    name == NULL ? "" : " ", name == NULL ? "" : name, size);
	free(ref);
	free(name);
	free(size);
	free(number);
	return line;
}

static void
show_line(struct view *v, const struct part *p)
{
	char *line = out_part_line(held_is(v->s) ? 0 : v->n, p);

	if (v->lines != 0)
		fputs(line, v->safe);
	free(line);
}

/* Text by another name: what a server reports, a piece of a message. */
static bool
is_report(const struct part *p)
{
	static const char *const types[] = {
		"message/delivery-status", "message/disposition-notification",
		"message/feedback-report", "message/global-delivery-status",
		"message/global-disposition-notification", "message/partial"
	};
	size_t i;

	for (i = 0; i < NELEM(types); i++)
		if (strcmp(p->type.value, types[i]) == 0)
			return true;
	return false;
}

static bool
is_shown(const struct part *p)
{
	return (part_is_text(p) || is_report(p)) && strcasecmp(p->disposition.value, "attachment") != 0;
}

/* How well a part can be read here, 0: not. */
static int
readability(struct part *alternative)
{
	struct part *p, *end = alternative;
	int best = 0, rank;

	while (end != NULL && end->next == NULL)
		end = end->parent;
	end = end == NULL ? NULL : end->next;
	for (p = alternative; p != NULL && p != end; p = part_walk(p)) {
		rank = !is_shown(p) ? 0 :
		    strcmp(p->type.value, "text/plain") == 0 ? 3 :
		    strcmp(p->type.value, "text/html") == 0 ? 2 : 1;
		if (rank > best)
			best = rank;
	}
	return best;
}

/* The one to be read of a multipart/alternative; NULL: none can be. */
static struct part *
choose(const struct part *container)
{
	struct part *p, *chosen = NULL;
	int best = 0, rank;

	for (p = container->child; p != NULL; p = p->next) {
		rank = readability(p);
		if (rank >= best && rank > 0) {
			best = rank;
			chosen = p;
		}
	}
	return chosen;
}

/* What is signed or sealed is called so, and nothing more: we verify nothing. */
static void
show_seal(struct view *v, const struct part *p)
{
	bool is_signed = strcmp(p->type.value, "multipart/signed") == 0;
	const char *protocol = params_get(&p->type, "protocol");
	char *number, *clean, *ref;

	if (!is_signed && strcmp(p->type.value, "multipart/encrypted") != 0)
		return;
	number = part_number(p);
	clean = out_clean(protocol == NULL ? "" : protocol, 0);
	ref = held_is(v->s) ? xstrdup("") : xasprintf("#%u%s%s ", v->n,
	    *number == '\0' ? "" : ".", number);
	begin(v);
	if (v->lines != 0)
		fprintf(v->safe, "[-- %s%s%s%s%s --]\n", ref, p->type.value,
		    *clean == '\0' ? "" : " ", clean,
		    is_signed ? ", not verified" : "");
	free(ref);
	free(clean);
	free(number);
}

static int	show_part(struct view *v, struct part *p, bool wanted,
		    struct fail *why);

static int
show_message(struct view *v, struct part *p, struct fail *why)
{
	const struct envelope *e = p->envelope != NULL ? p->envelope :
	    p->child->envelope;

	begin(v);
	show_line(v, p);
	if (p->child->head.n > 0)
		show_head(v, &p->child->head);
	else if (e != NULL)
		show_envelope(v, e);
	return show_part(v, p->child, false, why);
}

static int
show_held(struct view *v, struct part *p, struct fail *why)
{
	struct view inner = *v;
	struct held h;
	int r;

	if (held_open(&h, v->m, v->s, v->n, p, why) == -1)
		return -1;
	begin(v);
	show_line(v, p);
	inner.s = &h.store;
	inner.n = 1;
	inner.held++;
	inner.begun = true;
	show_head(&inner, &h.root->head);
	r = show_part(&inner, h.root, false, why);
	v->lines = inner.lines;
	held_close(&h);
	return r;
}

/* Depth is bounded by MAX_DEPTH.  `wanted': named by the reader, not met on the way. */
static int
show_part(struct view *v, struct part *p, bool wanted, struct fail *why)
{
	struct part *child;

	if (v->lines == 0)
		return 0;
	if (part_is_message(p) && p->child != NULL)
		return show_message(v, p, why);
	if (held_possible(p) && v->held < MAX_HELD)
		return show_held(v, p, why);
	if (p->child == NULL) {
		begin(v);
		if (!wanted && (p->filename != NULL || !is_shown(p)))
			show_line(v, p);
		else if (!part_is_text(p))
			show_line(v, p);
		return is_shown(p) || (wanted &&
		    (part_is_text(p) || is_report(p))) ?
		    show_text(v, p, why) : 0;
	}
	show_seal(v, p);
	if (strcmp(p->type.value, "multipart/alternative") == 0 &&
	    (child = choose(p)) != NULL)
		return show_part(v, child, false, why);
	for (child = p->child; child != NULL; child = child->next)
		if (show_part(v, child, false, why) == -1)
			return -1;
	return 0;
}

/* To people, or into the stream `to'. */
static void
view_open(struct view *v, struct mailx *m, struct store *s, uint32_t n,
    FILE *to)
{
	memset(v, 0, sizeof *v);
	v->m = m;
	v->s = s;
	v->n = n;
	v->lines = -1;
	v->kept = to != NULL;
	v->people = to != NULL ? to : out_people(m);
	v->safe = out_sanitiser(v->people);
	v->colour = to == NULL && out_has_colour(m);
	v->columns = to != NULL || !m->interactive ? 0 : term_columns(m);
}

static int
view_close(struct view *v, int r, struct fail *why)
{
	fclose(v->safe);
	if (v->kept)
		return r;
	fclose(v->people);
	return r == -1 ? -1 : out_check(v->m, why);
}

/* Of these the first counts, and another is a way to deceive. */
static unsigned
duplicates(const struct head *h)
{
	static const char *const once[] = {
		"From", "Sender", "Reply-To", "Subject", "Date", "Message-ID"
	};
	const struct field *f;
	size_t i;

	for (i = 0; i < NELEM(once); i++) {
		f = head_get(h, once[i]);
		if (f != NULL && head_again(h, f) != NULL)
			return DEFECT_DUPLICATE;
	}
	return 0;
}

/* What may make a message be read otherwise than it was meant is told. */
static void
note_defects(struct mailx *m, uint32_t n, unsigned defects)
{
	const unsigned told = DEFECT_HEAD_CUT | DEFECT_TYPE | DEFECT_ENCODING |
	    DEFECT_NO_BOUNDARY | DEFECT_BOUNDARY_MISSING | DEFECT_DEPTH |
	    DEFECT_PARTS | DEFECT_DUPLICATE;
	char *text;
	size_t len;
	unsigned i;
	FILE *f;

	if ((defects & told) == 0)
		return;
	f = xmemstream(&text, &len);
	for (i = 0; i < DEFECT_COUNT; i++)
		if ((defects & told & 1U << i) != 0)
			fprintf(f, "%s%s", ftell(f) > 0 ? ", " : "",
			    defect_name((enum defect)(1U << i)));
	fclose(f);
	out_note(m, "message %u is malformed: %s", n, text);
	free(text);
}

static int
show_whole(struct mailx *m, struct store *s, uint32_t n, bool all, int lines,
    FILE *to, struct fail *why)
{
	struct part *root;
	struct head h;
	struct view v;
	unsigned defects;
	int r;

	if (store_head(s, n, &h, why) == -1)
		return -1;
	root = store_structure(s, n, why);
	if (root == NULL) {
		head_free(&h);
		return -1;
	}
	view_open(&v, m, s, n, to);
	v.all = all;
	show_head(&v, &h);
	defects = part_defects(root) | h.defects | duplicates(&h);
	head_free(&h);
	v.begun = true;
	v.lines = lines;
	if (lines == 0)
		putc('\n', v.safe);
	r = show_part(&v, root, false, why);
	r = view_close(&v, r, why);
	if (r == 0 && to == NULL)
		note_defects(m, n, defects);
	return r;
}

int
out_message(struct mailx *m, struct store *s, uint32_t n, bool all,
    struct fail *why)
{
	if (m->json)
		return out_message_json(m, s, n, why);
	return show_whole(m, s, n, all, -1, NULL, why);
}

int
out_quote(struct mailx *m, struct store *s, uint32_t n, enum quote what,
    FILE *to, struct fail *why)
{
	struct part *root;
	struct view v;
	int r;

	if (what != QUOTE_BODY)
		return show_whole(m, s, n, what == QUOTE_ALL, -1, to, why);
	root = store_structure(s, n, why);
	if (root == NULL)
		return -1;
	view_open(&v, m, s, n, to);
	v.begun = true;
	r = show_part(&v, root, false, why);
	return view_close(&v, r, why);
}

int
out_top(struct mailx *m, struct store *s, uint32_t n, int lines,
    struct fail *why)
{
	if (m->json)
		return out_message_json(m, s, n, why);
	return show_whole(m, s, n, false, lines, NULL, why);
}

int
out_part(struct mailx *m, struct store *s, uint32_t n, struct part *p,
    struct fail *why)
{
	struct view v;
	int r;

	if (m->json)
		return out_part_json(m, s, n, p, why);
	view_open(&v, m, s, n, NULL);
	r = show_part(&v, p, true, why);
	return view_close(&v, r, why);
}
