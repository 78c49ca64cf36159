/* SPDX-License-Identifier: ISC */
/*
 * mboxchange.c -- what is noted of a change of an mbox: where its octets belong, and
 * by what it is known later whether the mailbox is still the one it was meant for.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mboxredo.h"

#define MAX_LINE_HERE	400	/* octets of the line and the marks behind it */

/* --- A hash --- */

#define FACTOR		0x9e3779b97f4a7c15U

static void
sum_word(struct mbox_sum *x, const unsigned char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof word);
	x->hash = (x->hash ^ word) * FACTOR;
	x->hash ^= x->hash >> 29;
}

void
mbox_sum_add(struct mbox_sum *x, const void *octets, size_t n)
{
	const unsigned char *p = octets;

	while (x->n > 0 && n > 0) {
		x->rest[x->n++] = *p++;
		n--;
		if (x->n == sizeof x->rest) {
			sum_word(x, x->rest);
			x->n = 0;
		}
	}
	for (; n >= sizeof x->rest; p += sizeof x->rest, n -= sizeof x->rest)
		sum_word(x, p);
	if (n > 0)
		memcpy(x->rest, p, n);
	if (n > 0)
		x->n = n;
}

uint64_t
mbox_sum_end(struct mbox_sum *x)
{
	memset(x->rest + x->n, (int)x->n + 1, sizeof x->rest - x->n);
	sum_word(x, x->rest);
	return x->hash * FACTOR;
}

/* --- The mailbox --- */

/* A hash of [from, to) of a file: REDO_BLOCK octets at most. */
static int
sum_of(int fd, uint64_t from, uint64_t to, uint64_t *hash)
{
	struct mbox_sum sum = { 0, { 0 }, 0 };
	char *block = xmalloc(REDO_BLOCK);
	size_t n = (size_t)(to - from), done = 0;
	ssize_t got = 1;

	while (done < n && (got > 0 || (got == -1 && errno == EINTR))) {
		got = pread(fd, block + done, n - done,
		    (off_t)(from + done));
		if (got > 0)
			done += (size_t)got;
	}
	mbox_sum_add(&sum, block, done);
	free(block);
	*hash = mbox_sum_end(&sum);
	return done == n ? 0 : -1;
}

static int
sum_before(int fd, const struct change *c, uint64_t *hash)
{
	return sum_of(fd, c->first < REDO_BLOCK ? 0 : c->first - REDO_BLOCK,
	    c->first, hash);
}

int
change_note(struct change *c, int mailbox)
{
	return sum_before(mailbox, c, &c->before);
}

uint64_t
change_tail(const struct change *c)
{
	return c->old - c->first < REDO_BLOCK ? c->first : c->old - REDO_BLOCK;
}

static int
read_exactly(int fd, char *p, uint64_t n, uint64_t at)
{
	return pread(fd, p, (size_t)n, (off_t)at) == (ssize_t)n ? 0 : -1;
}

/* Is this octet of the mailbox as it was, or as it was to be? */
static bool
is_either(const struct change *c, uint64_t at, char now, char was, char to_be)
{
	if (at < c->new)
		return now == to_be || (!c->written && now == was);
	return c->written || now == was || (at == c->new && now == '\0');
}

/* What stands before is as it was; of what stood behind, each octet is one or the other. */
bool
change_is_of(const struct change *c, int fd, int mailbox)
{
	uint64_t hash, from = change_tail(c), n, i, known = 0;
	char *now, *was, *to_be;
	bool same;

	if (sum_before(mailbox, c, &hash) == -1 || hash != c->before)
		return false;
	n = c->written && c->new < c->old ? c->new : c->old;
	n = n > from ? n - from : 0;
	if (c->new > from)
		known = c->new - from < n ? c->new - from : n;
	now = xmalloc((size_t)n + 1);
	was = xmalloc((size_t)n + 1);
	to_be = xcalloc((size_t)n + 1, 1);
	same = read_exactly(mailbox, now, n, from) == 0 &&
	    read_exactly(fd, was, n, c->new - c->first) == 0 &&
	    read_exactly(fd, to_be, known, from - c->first) == 0;
	for (i = 0; i < n && same; i++)
		same = is_either(c, from + i, now[i], was[i], to_be[i]);
	free(now);
	free(was);
	free(to_be);
	return same;
}

/* --- The line --- */

int
change_write(const struct change *c, int fd)
{
	struct mbox_sum sum = { 0, { 0 }, 0 };
	char *text, *line;
	int result;

	text = xasprintf("mailx-redo 1 %" PRIu64 " %" PRIu64 " %" PRIu64 " %"
	    PRIu64 " %" PRIu64 " %016" PRIx64 " %016" PRIx64, c->dev, c->ino,
	    c->first, c->old, c->new, c->before, c->sum);
	mbox_sum_add(&sum, text, strlen(text));
	line = xasprintf("\n%s %016" PRIx64 "\n", text, mbox_sum_end(&sum));
	result = write_all(fd, line, strlen(line));
	free(line);
	free(text);
	return result;
}

static int
read_marks(const char *p, struct change *c)
{
	for (; *p != '\0'; p++)
		if (*p == 'G')
			c->grown = true;
		else if (*p == 'W')
			c->written = true;
		else
			return -1;
	return 0;
}

static int
parse_line(const char *line, struct change *c)
{
	struct mbox_sum sum = { 0, { 0 }, 0 };
	uint64_t check;
	int text = 0, end = 0;

	if (sscanf(line, "mailx-redo 1 %" SCNu64 " %" SCNu64 " %" SCNu64 " %"
	    SCNu64 " %" SCNu64 " %" SCNx64 " %" SCNx64 "%n %" SCNx64 "%n",
	    &c->dev, &c->ino, &c->first, &c->old, &c->new, &c->before, &c->sum,
	    &text, &check, &end) != 8 || end == 0 || line[end] != '\n')
		return -1;
	mbox_sum_add(&sum, line, (size_t)text);
	if (mbox_sum_end(&sum) != check || c->new < c->first ||
	    c->old < c->first || c->new > INT64_MAX || c->old > INT64_MAX)
		return -1;
	return read_marks(line + end + 1, c);
}

/* The new octets, and the old ones of the end behind them. */
static uint64_t
octets(const struct change *c)
{
	return c->new - c->first + (c->old - change_tail(c));
}

static int
check_octets(int fd, const struct change *c)
{
	struct mbox_sum sum = { 0, { 0 }, 0 };
	char *block = xmalloc(REDO_BLOCK);
	uint64_t at = 0, n = octets(c);
	ssize_t got = 1;

	while (at < n && got > 0) {
		got = pread(fd, block, n - at < REDO_BLOCK ?
		    (size_t)(n - at) : REDO_BLOCK, (off_t)at);
		if (got > 0) {
			mbox_sum_add(&sum, block, (size_t)got);
			at += (uint64_t)got;
		}
	}
	free(block);
	return at == n && mbox_sum_end(&sum) == c->sum ? 0 : -1;
}

int
change_read(struct change *c, int fd)
{
	char text[MAX_LINE_HERE + 1], *line = NULL, *p;
	struct stat st;
	off_t from;
	ssize_t n;

	memset(c, 0, sizeof *c);
	if (fstat(fd, &st) == -1)
		return -1;
	from = st.st_size > MAX_LINE_HERE ? st.st_size - MAX_LINE_HERE : 0;
	n = pread(fd, text, MAX_LINE_HERE, from);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	/* The last one: the octets may look like anything. */
	for (p = text; p < text + n; p++)
		if (strncmp(p, "\nmailx-redo 1 ", 14) == 0)
			line = p;
	if (line == NULL || parse_line(line + 1, c) == -1 ||
	    (uint64_t)(from + (line - text)) != octets(c))
		return -1;
	return check_octets(fd, c);
}

