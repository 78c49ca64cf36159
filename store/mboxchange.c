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

#define PAGE		4096	/* what is written is there or not in units of it */
#define MAX_LINE_HERE	800	/* octets of the line and the marks behind it */

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
	return sum_of(fd, c->first < REDO_BLOCK ? 0 : c->first - REDO_BLOCK, c->first,
	    hash);
}

/*
 * The i-th piece of the last pages of [first, old), parted at `new', whose octet
 * belongs to neither; false behind the last.
 */
static bool
tail_piece(const struct change *c, size_t i, uint64_t *from, uint64_t *to)
{
	uint64_t at = c->old < REDO_BLOCK ? 0 : (c->old - REDO_BLOCK) / PAGE * PAGE;

	*from = *to = at < c->first ? c->first : at;
	for (i++; i > 0 && *to < c->old; i--) {
		*from = *to == c->new ? *to + 1 : *to;
		*to = (*from / PAGE + 1) * PAGE;
		if (*from < c->new && *to > c->new)
			*to = c->new;
		if (*to > c->old)
			*to = c->old;
	}
	return i == 0 && *from < *to;
}

int
change_note(struct change *c, int fd)
{
	uint64_t from, to;
	size_t i;

	if (sum_before(fd, c, &c->before) == -1)
		return -1;
	for (i = 0; i < REDO_PIECES && tail_piece(c, i, &from, &to); i++)
		if (sum_of(fd, from, to, &c->tail[i]) == -1)
			return -1;
	return 0;
}

/*
 * What stands before is as it was; of what stood behind, each page is as it was or as
 * it was to be.
 */
bool
change_is_of(const struct change *c, int fd, int mailbox)
{
	uint64_t hash, from, to;
	size_t i;

	if (sum_before(mailbox, c, &hash) == -1 || hash != c->before)
		return false;
	for (i = 0; i < REDO_PIECES && tail_piece(c, i, &from, &to); i++) {
		if (from > c->new && c->written)
			break;		/* cut off, perhaps */
		if (sum_of(mailbox, from, to, &hash) == -1)
			return false;
		if (hash == c->tail[i] && !c->written)
			continue;
		if (to > c->new || sum_of(fd, from - c->first, to - c->first,
		    &from) == -1 || from != hash)
			return false;
	}
	return true;
}

/* --- The line --- */

static char *
tail_text(const struct change *c)
{
	char *text;
	size_t len, i;
	FILE *f = xmemstream(&text, &len);

	for (i = 0; i < REDO_PIECES; i++)
		fprintf(f, "%016" PRIx64, c->tail[i]);
	fclose(f);
	return text;
}

int
change_write(const struct change *c, int fd)
{
	struct mbox_sum sum = { 0, { 0 }, 0 };
	char *text, *line, *tail = tail_text(c);
	int result;

	text = xasprintf("mailx-redo 1 %" PRIu64 " %" PRIu64 " %" PRIu64 " %"
	    PRIu64 " %" PRIu64 " %016" PRIx64 " %016" PRIx64 " %s",
	    c->dev, c->ino, c->first, c->old, c->new, c->before, c->sum, tail);
	mbox_sum_add(&sum, text, strlen(text));
	line = xasprintf("\n%s %016" PRIx64 "\n", text, mbox_sum_end(&sum));
	result = write_all(fd, line, strlen(line));
	free(line);
	free(text);
	free(tail);
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
parse_tail(const char *text, struct change *c)
{
	char one[17];
	size_t i;

	if (strlen(text) != REDO_PIECES * 16)
		return -1;
	for (i = 0; i < REDO_PIECES; i++) {
		strlcpy(one, text + i * 16, sizeof one);
		c->tail[i] = strtoull(one, NULL, 16);
	}
	return 0;
}

static int
parse_line(const char *line, struct change *c)
{
	struct mbox_sum sum = { 0, { 0 }, 0 };
	char tail[REDO_PIECES * 16 + 1];
	uint64_t check;
	int text = 0, end = 0;

	/* 288: REDO_PIECES * 16 */
	if (sscanf(line, "mailx-redo 1 %" SCNu64 " %" SCNu64 " %" SCNu64 " %"
	    SCNu64 " %" SCNu64 " %" SCNx64 " %" SCNx64 " %288[0-9a-f]%n %"
	    SCNx64 "%n", &c->dev, &c->ino, &c->first, &c->old, &c->new,
	    &c->before, &c->sum, tail, &text, &check, &end) != 9 ||
	    end == 0 || line[end] != '\n')
		return -1;
	mbox_sum_add(&sum, line, (size_t)text);
	if (mbox_sum_end(&sum) != check || c->new < c->first ||
	    c->old < c->first || c->new > INT64_MAX || c->old > INT64_MAX)
		return -1;
	if (parse_tail(tail, c) == -1)
		return -1;
	return read_marks(line + end + 1, c);
}

static int
check_octets(int fd, const struct change *c)
{
	struct mbox_sum sum = { 0, { 0 }, 0 };
	char *block = xmalloc(REDO_BLOCK);
	uint64_t at = 0, n = c->new - c->first;
	ssize_t got = 1;

	while (at < n && got > 0) {
		got = pread(fd, block, n - at < REDO_BLOCK ? (size_t)(n - at) : REDO_BLOCK,
		    (off_t)at);
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
	    (uint64_t)(from + (line - text)) != c->new - c->first)
		return -1;
	return check_octets(fd, c);
}

