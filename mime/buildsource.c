/* SPDX-License-Identifier: ISC */
/*
 * buildsource.c -- the streams that parts are made of: read for the plan, and
 * again when the message is written, when they must still be what they were.
 */
#include "buildint.h"
#include "text.h"

#define COPY_BLOCK	(64 * 1024)

const char *
plan_called(const struct build_part *p)
{
	return p->path != NULL ? p->path :
	    p->filename != NULL ? p->filename : "the text";
}

static int
changed(const struct build_part *p, struct fail *why)
{
	return fail(why, EX_NOINPUT, "%s: changed while it was read",
	    plan_called(p));
}

static int
unreadable(const struct build_part *p, struct fail *why)
{
	return fail_errno(why, EX_NOINPUT, "%s: cannot read", plan_called(p));
}

/* Streams in memory have no file behind them: then there is nothing to compare. */
static bool
get_stat(FILE *in, struct stat *st)
{
	int fd = fileno(in);

	return fd >= 0 && fstat(fd, st) == 0;
}

static bool
is_unchanged(const struct build_part *p)
{
	const struct plan *plan = PLAN(p);
	struct stat st;

	return !plan->has_stat || (get_stat(p->in, &st) &&
	    st.st_size == plan->st.st_size &&
	    st.st_mtim.tv_sec == plan->st.st_mtim.tv_sec &&
	    st.st_mtim.tv_nsec == plan->st.st_mtim.tv_nsec);
}

static size_t
drop_cr(char *p, size_t n)
{
	char *to = p, *end = p + n;

	for (; p < end; p++)
		if (*p != '\r')
			*to++ = *p;
	return n - (size_t)(end - to);
}

/* Exactly the octets that the plan counted; one that grows is not followed. */
static int
copy_octets(struct build_part *p, FILE *out, struct fail *why)
{
	const struct plan *plan = PLAN(p);
	char block[COPY_BLOCK];
	uint64_t left = plan->octets;
	size_t n, keep;

	while (left > 0) {
		n = left < sizeof block ? (size_t)left : sizeof block;
		n = fread(block, 1, n, p->in);
		if (n == 0)
			return ferror(p->in) ? unreadable(p, why) :
			    changed(p, why);
		left -= n;
		keep = plan->strip_cr ? drop_cr(block, n) : n;
		if (fwrite(block, 1, keep, out) != keep)
			return fail_errno(why, EX_IOERR,
			    "cannot write the message");
	}
	if (getc(p->in) != EOF || !is_unchanged(p))
		return changed(p, why);
	return ferror(p->in) ? unreadable(p, why) : 0;
}

int
plan_copy(struct build_part *p, FILE *out, struct fail *why)
{
	FILE *flow;
	int r;

	clearerr(p->in);
	if (fseeko(p->in, 0, SEEK_SET) == -1)
		return unreadable(p, why);
	if (!is_unchanged(p))
		return changed(p, why);
	if (!PLAN(p)->flow)
		return copy_octets(p, out, why);
	flow = flowed_encoder(out);
	r = copy_octets(p, flow, why);
	if (fclose(flow) != 0 && r == 0)
		r = fail_errno(why, EX_IOERR, "cannot write the message");
	return r;
}

int
plan_measure(struct build_part *p, char start[static GUESS_BLOCK], size_t *n,
    struct fail *why)
{
	struct plan *plan = PLAN(p);
	off_t end;

	clearerr(p->in);
	if (fseeko(p->in, 0, SEEK_END) == -1 || (end = ftello(p->in)) < 0 ||
	    fseeko(p->in, 0, SEEK_SET) == -1)
		return unreadable(p, why);
	plan->octets = (uint64_t)end;
	plan->has_stat = get_stat(p->in, &plan->st);
	*n = fread(start, 1, GUESS_BLOCK, p->in);
	if (ferror(p->in))
		return unreadable(p, why);
	return *n > plan->octets ? changed(p, why) : 0;
}
