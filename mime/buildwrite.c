/* SPDX-License-Identifier: ISC */
/*
 * buildwrite.c -- a prepared message goes out: headers as they were rendered,
 * each part read once more and encoded on its way (RFC 2046 5.1).
 */
#include <stdlib.h>

#include "b64.h"
#include "buildint.h"
#include "qp.h"

static int
write_error(struct fail *why)
{
	return fail_errno(why, EX_IOERR, "cannot write the message");
}

static int
write_leaf(struct build_part *p, FILE *out, struct fail *why)
{
	const struct plan *plan = PLAN(p);
	FILE *encoder = NULL;
	int r;

	if (plan->encoding == ENCODING_BASE64)
		encoder = b64_encoder(out);
	else if (plan->encoding == ENCODING_QP)
		encoder = qp_encoder(out);
	r = plan_copy(p, encoder == NULL ? out : encoder, why);
	if (encoder != NULL && fclose(encoder) != 0 && r == 0)
		r = write_error(why);
	if (r == 0 && plan->end_line && putc('\n', out) == EOF)
		r = write_error(why);
	return r;
}

static int
write_body(struct build_part *p, FILE *out, struct fail *why)
{
	const struct plan *plan = PLAN(p);
	struct build_part *c, *s;

	if (!build_is_container(p))
		return write_leaf(p, out, why);
	for (c = p->child; c != NULL; c = c->next) {
		if ((s = build_standing(c)) == NULL)
			continue;
		fprintf(out, "--%s\n", plan->boundary);
		fwrite(PLAN(s)->head, 1, PLAN(s)->head_len, out);
		putc('\n', out);
		if (write_body(s, out, why) == -1)
			return -1;
		putc('\n', out);
	}
	fprintf(out, "--%s--\n", plan->boundary);
	return 0;
}

int
build_write(struct build *b, FILE *out, struct fail *why)
{
	struct build_part *root;

	if (b->head == NULL)
		return fail(why, EX_SOFTWARE, "the message is not prepared");
	fwrite(b->head, 1, b->head_len, out);
	putc('\n', out);
	root = build_standing(&b->root);
	if (root != NULL && write_body(root, out, why) == -1)
		return -1;
	return ferror(out) ? write_error(why) : 0;
}
