/* SPDX-License-Identifier: ISC */
/*
 * buildplan.c -- reading the parts once, to choose type, charset and encoding
 * and to find the size (RFC 2045 6, RFC 2046).
 *
 * Text that has CR in it is base64, for only that keeps line ends as they are;
 * a body (not a file) whose lines all end in CRLF is text like any other and
 * becomes LF.  What is no text is base64 without being read: its size is known.
 * A message/rfc822 may not be encoded (RFC 2046 5.2.1): where a transport cannot
 * take it as it is, it goes as message/global in base64 (RFC 6532 3.7).
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "b64.h"
#include "buildint.h"
#include "qp.h"
#include "text.h"
#include "type.h"

#define MAX_TYPE	255

enum choice { CHOOSE_AUTO, CHOOSE_QP, CHOOSE_BASE64, CHOOSE_8BIT };

struct planner {
	const struct build_options *o;
	enum choice	 choice;
	const char	*charset_8bit;
	bool		 warned;
};

void
plan_free(struct plan *plan)
{
	if (plan == NULL)
		return;
	free(plan->type);
	free(plan->charset);
	free(plan->head);
	free(plan);
}

static int
scan(struct build_part *p, struct scan *s, struct fail *why)
{
	FILE *sink = scan_open(s);
	int r = plan_copy(p, sink, why);

	fclose(sink);
	return r;
}

/* --- Choices. --- */

/* A body, or a file that must arrive as it is? */
static bool
is_file(const struct build_part *p)
{
	return p->filename != NULL || p->disposition != BUILD_NONE;
}

static bool
is_media(const struct build_part *p, const char *prefix)
{
	return span_has_prefix(span_of(PLAN(p)->type), prefix);
}

static uint64_t
base64_size(uint64_t n)
{
	return (n / 3 + (n % 3 != 0)) * 4 + 2 * (n / 57 + (n % 57 != 0));
}

static int
qp_size(struct build_part *p, uint64_t *n, struct fail *why)
{
	FILE *sink = count_open(n), *encoder = qp_encoder(sink);
	int r = plan_copy(p, encoder, why);

	fclose(encoder);
	fclose(sink);
	return r;
}

/* Quoted-printable or base64, whichever is shorter, or what is wanted. */
static int
choose_coded(const struct planner *pl, struct build_part *p,
    const struct scan *s, struct fail *why)
{
	struct plan *plan = PLAN(p);
	uint64_t base64 = base64_size(s->octets), qp;

	plan->encoding = ENCODING_BASE64;
	plan->size = base64;
	if (s->nul || s->cr > 0 || pl->choice == CHOOSE_BASE64)
		return 0;
	/* Octets coded alone make it longer already?  Then it is not tried. */
	if (pl->choice != CHOOSE_QP && s->octets + 2 * s->coded > base64)
		return 0;
	if (qp_size(p, &qp, why) == -1)
		return -1;
	if (pl->choice == CHOOSE_QP || qp <= base64) {
		plan->encoding = ENCODING_QP;
		plan->size = qp;
	}
	return 0;
}

static int
choose_text_encoding(const struct planner *pl, struct build_part *p, bool top,
    const struct scan *s, struct fail *why)
{
	struct plan *plan = PLAN(p);
	/* At the top nothing but a line end can end the text. */
	bool open = top && s->octets > 0 && s->last != '\n';

	if (s->nul || s->cr > 0 || s->longest > MAX_LINE || s->from ||
	    (open && is_file(p)) || pl->choice == CHOOSE_QP ||
	    pl->choice == CHOOSE_BASE64 || (s->high &&
	    !(pl->choice == CHOOSE_8BIT && pl->o->eightbit_ok)))
		return choose_coded(pl, p, s, why);
	plan->encoding = s->high ? ENCODING_8BIT : ENCODING_7BIT;
	plan->end_line = open;
	plan->size = s->octets + s->lf + (open ? 2 : 0);
	return 0;
}

static void
choose_charset(struct planner *pl, struct build_part *p, const struct scan *s)
{
	struct plan *plan = PLAN(p);
	char *text;

	if (plan->charset != NULL)
		return;
	plan->charset = xstrdup(!s->high ? "us-ascii" :
	    !s->malformed ? "utf-8" : pl->charset_8bit);
	if (!s->high || !s->malformed || pl->warned || pl->o->warn == NULL)
		return;
	pl->warned = true;
	text = xasprintf("%s: is not UTF-8, labelled %s", plan_called(p),
	    pl->charset_8bit);
	(*pl->o->warn)(text);
	free(text);
}

/* Does every line end in CRLF? */
static bool
has_dos_lines(const struct scan *s)
{
	return s->cr > 0 && s->cr == s->crlf && s->lf == s->crlf;
}

static void
strip_cr(struct plan *plan, struct scan *s)
{
	plan->strip_cr = true;
	s->octets -= s->cr;
	s->coded -= s->cr;
	s->cr = s->crlf = 0;
}

static int
plan_text(struct planner *pl, struct build_part *p, bool top, struct fail *why)
{
	struct plan *plan = PLAN(p);
	struct scan s;

	if (scan(p, &s, why) == -1)
		return -1;
	if (s.nul && p->type == NULL && is_file(p)) {
		/* Its name or beginning spoke of text; it is none. */
		free(plan->type);
		plan->type = xstrdup("application/octet-stream");
		plan->encoding = ENCODING_BASE64;
		plan->size = base64_size(plan->octets);
		return 0;
	}
	if (!is_file(p) && !s.nul && has_dos_lines(&s))
		strip_cr(plan, &s);
	plan->flow = pl->o->flowed && !is_file(p) && !s.nul && s.cr == 0 &&
	    strcmp(plan->type, "text/plain") == 0;
	if (plan->flow && scan(p, &s, why) == -1)
		return -1;
	choose_charset(pl, p, &s);
	return choose_text_encoding(pl, p, top, &s, why);
}

static int
plan_message(const struct planner *pl, struct build_part *p, bool top,
    struct fail *why)
{
	struct plan *plan = PLAN(p);
	struct scan s;

	if (scan(p, &s, why) == -1)
		return -1;
	if (has_dos_lines(&s))
		strip_cr(plan, &s);
	if (!s.nul && s.cr == 0 && s.longest <= MAX_LINE &&
	    (!s.high || pl->o->eightbit_ok)) {
		plan->encoding = s.high ? ENCODING_8BIT : ENCODING_7BIT;
		plan->end_line = top && s.octets > 0 && s.last != '\n';
		plan->size = s.octets + s.lf + (plan->end_line ? 2 : 0);
		return 0;
	}
	plan->strip_cr = false;
	if (strcmp(plan->type, "message/rfc822") == 0) {
		free(plan->type);
		plan->type = xstrdup("message/global");
	}
	plan->encoding = ENCODING_BASE64;
	plan->size = base64_size(plan->octets);
	return 0;
}

static bool
is_token(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] >= 127 ||
		    strchr("()<>@,;:\\\"/[]?=", s[i]) != NULL)
			return false;
	return n > 0;
}

static int
check_type(const char *type, struct fail *why)
{
	const char *slash = strchr(type, '/');

	if (slash == NULL || !is_token(type, (size_t)(slash - type)) ||
	    !is_token(slash + 1, strlen(slash + 1)) || strlen(type) > MAX_TYPE)
		return fail(why, EX_DATAERR, "%s: is no media type", type);
	return 0;
}

static char *
guess_type(const struct build_part *p, const char *start, size_t n)
{
	if (!is_file(p))
		return xstrdup("text/plain");
	return type_guess(p->filename != NULL ? p->filename : p->path,
	    start, n);
}

static int
plan_leaf(struct planner *pl, struct build_part *p, bool top, struct fail *why)
{
	struct plan *plan = PLAN(p);
	char start[GUESS_BLOCK];
	size_t n = 0;

	if (p->charset != NULL && !is_token(p->charset, strlen(p->charset)))
		return fail(why, EX_DATAERR, "%s: is no name of a charset",
		    p->charset);
	if (plan_measure(p, start, &n, why) == -1)
		return -1;
	plan->type = p->type != NULL ? xstrdup(p->type) :
	    guess_type(p, start, n);
	ascii_lower_string(plan->type);
	if (check_type(plan->type, why) == -1)
		return -1;
	if (is_media(p, "multipart/"))
		return fail(why, EX_DATAERR,
		    "%s: %s is no type for a file", plan_called(p), plan->type);
	plan->charset = p->charset == NULL ? NULL : xstrdup(p->charset);
	if (is_media(p, "text/"))
		return plan_text(pl, p, top, why);
	if (is_media(p, "message/"))
		return plan_message(pl, p, top, why);
	plan->encoding = ENCODING_BASE64;
	plan->size = base64_size(plan->octets);
	return 0;
}

/* --- The tree. --- */

/* Which containers stand: none with fewer than two children does. */
static int
shape(struct build_part *p, unsigned depth, struct fail *why)
{
	struct build_part *c;
	struct plan *plan;

	if (depth > MAX_DEPTH)
		return fail(why, EX_DATAERR, "parts are nested too deep");
	plan_free(p->plan);
	p->plan = plan = xcalloc(1, sizeof *plan);
	for (c = p->child; c != NULL; c = c->next) {
		if (shape(c, depth + 1, why) == -1)
			return -1;
		if (build_standing(c) != NULL) {
			plan->nstanding++;
			plan->only = c;
		}
	}
	return 0;
}

static int	plan_part(struct planner *pl, struct build_part *p, bool top,
		    struct fail *why);

static int
plan_container(struct planner *pl, struct build_part *p, struct fail *why)
{
	struct plan *plan = PLAN(p);
	struct build_part *c, *s;
	uint64_t noise[2], mark;

	plan->type = xstrdup(p->type == NULL ? "multipart/mixed" : p->type);
	ascii_lower_string(plan->type);
	if (check_type(plan->type, why) == -1)
		return -1;
	if (!is_media(p, "multipart/"))
		return fail(why, EX_DATAERR, "%s: holds no parts", plan->type);
	/* "=_" occurs in no quoted-printable and no base64 text. */
	arc4random_buf(noise, sizeof noise);
	snprintf(plan->boundary, sizeof plan->boundary, "=_%016llx%016llx",
	    (unsigned long long)noise[0], (unsigned long long)noise[1]);
	mark = strlen(plan->boundary) + 4;	/* two hyphens, CRLF */
	plan->encoding = ENCODING_7BIT;
	for (c = p->child; c != NULL; c = c->next) {
		if ((s = build_standing(c)) == NULL)
			continue;
		if (plan_part(pl, s, false, why) == -1)
			return -1;
		if (PLAN(s)->encoding == ENCODING_8BIT)
			plan->encoding = ENCODING_8BIT;
		plan->size += mark + head_size(PLAN(s)->head,
		    PLAN(s)->head_len) + 2 + PLAN(s)->size + 2;
	}
	plan->size += mark + 2;
	return 0;
}

/* `top': it is the whole message. */
static int
plan_part(struct planner *pl, struct build_part *p, bool top, struct fail *why)
{
	if ((build_is_container(p) ? plan_container(pl, p, why) :
	    plan_leaf(pl, p, top, why)) == -1)
		return -1;
	return head_of_part(p, pl->charset_8bit, why);
}

static int
read_choice(const char *name, enum choice *choice, struct fail *why)
{
	static const char *const names[] = { "auto", "qp", "base64", "8bit" };
	size_t i;

	*choice = CHOOSE_AUTO;
	if (name == NULL)
		return 0;
	for (i = 0; i < NELEM(names); i++)
		if (strcasecmp(name, names[i]) == 0) {
			*choice = (enum choice)i;
			return 0;
		}
	return fail(why, EX_CONFIG, "encoding: %s: is none of auto, qp, "
	    "base64, 8bit", name);
}

int
build_prepare(struct build *b, const struct build_options *options,
    uint64_t *size, struct fail *why)
{
	static const struct build_options defaults;
	struct planner pl = { .o = options == NULL ? &defaults : options };
	struct build_part *root;

	free(b->head);
	b->head = NULL;
	pl.charset_8bit = pl.o->charset_8bit != NULL &&
	    is_token(pl.o->charset_8bit, strlen(pl.o->charset_8bit)) ?
	    pl.o->charset_8bit : "windows-1252";
	if (read_choice(pl.o->encoding, &pl.choice, why) == -1 ||
	    shape(&b->root, 0, why) == -1)
		return -1;
	root = build_standing(&b->root);
	if ((root != NULL && plan_part(&pl, root, true, why) == -1) ||
	    head_of_message(b, root, pl.o, why) == -1)
		return -1;
	b->eightbit = root != NULL && PLAN(root)->encoding == ENCODING_8BIT;
	*size = head_size(b->head, b->head_len) + 2 +
	    (root == NULL ? 0 : PLAN(root)->size);
	return 0;
}
