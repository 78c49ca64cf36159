/* SPDX-License-Identifier: ISC */
/*
 * mboxwrite.c -- appending to an mbox and rewriting it.
 *
 * Append: lock; note the intent (offset, length, digest); write; on any error cut the
 * file back; fsync.  The lock is held from the first message to the commit, so what
 * is cut back is ours alone.  Rewrite: a new file beside the old one, made durable,
 * then renamed over it; mail that arrived meanwhile is taken along.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "mbox.h"

/* --- One message in mbox form --- */

static bool
is_status_line(const char *line)
{
	struct span s = span_of(line);

	return span_has_prefix(s, "Status:") ||
	    span_has_prefix(s, "X-Status:") ||
	    span_has_prefix(s, "X-Keywords:") ||
	    span_has_prefix(s, "Content-Length:");
}

static void
write_status(FILE *out, const struct msg *like)
{
	uint32_t flags = like->flags;

	if ((flags & (MSG_SEEN | MSG_OLD)) != 0)
		fprintf(out, "Status: %s%s\n", (flags & MSG_SEEN) ? "R" : "",
		    (flags & MSG_OLD) ? "O" : "");
	if ((flags & (MSG_ANSWERED | MSG_FLAGGED | MSG_DRAFT)) != 0)
		fprintf(out, "X-Status: %s%s%s\n",
		    (flags & MSG_ANSWERED) ? "A" : "",
		    (flags & MSG_FLAGGED) ? "F" : "",
		    (flags & MSG_DRAFT) ? "T" : "");
	if (like->tags != NULL)
		fprintf(out, "X-Keywords: %s\n", like->tags);
}

static void
write_separator(FILE *out, const char *from, const struct msg *like)
{
	char when[DATE_MAX];

	date_ctime(like != NULL && like->arrived != 0 ? like->arrived :
	    (int64_t)time(NULL), when);
	fprintf(out, "From %s %s\n", from, when);
}

/* The envelope sender: Return-Path, else the address of From, else MAILER-DAEMON. */
static char *
sender_of(FILE *in, struct fail *why)
{
	off_t start = ftello(in);
	struct addrs as = { NULL, 0, 0, 0 };
	const struct field *f;
	char *text, *from = NULL, *line = NULL, *p;
	size_t len, cap = 0;
	struct head h;
	ssize_t n;
	FILE *m = xmemstream(&text, &len);

	while (ftello(m) < MAX_FIELD_SIZE &&
	    (n = getline(&line, &cap, in)) > 0) {
		fwrite(line, 1, (size_t)n, m);
		if (line[0] == '\n' || (line[0] == '\r' && n == 2))
			break;
	}
	free(line);
	fclose(m);
	head_parse(&h, text, len);
	if ((f = head_get(&h, "Return-Path")) == NULL)
		f = head_get(&h, "From");
	if (f != NULL)
		addrs_parse(&as, f->body, NULL);
	if (as.n > 0)
		from = xstrdup(as.v[0].addr);
	addrs_free(&as);
	head_free(&h);
	for (p = from; p != NULL && *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 127)
			*p = '_';
	if (from == NULL || *from == '\0') {
		free(from);
		from = xstrdup("MAILER-DAEMON");
	}
	if (fseeko(in, start, SEEK_SET) == -1) {
		fail_errno(why, EX_IOERR, "cannot read the message again");
		free(from);
		return NULL;
	}
	return from;
}

/* Lines with LF ends; header lines that are ours to write are left out. */
static int
write_text(FILE *in, FILE *out, const struct msg *like)
{
	char *line = NULL;
	size_t cap = 0, q;
	ssize_t n;
	bool body = false, skip = false, ended = true, first = true;

	while ((n = getline(&line, &cap, in)) > 0) {
		if (first && strncmp(line, "From ", 5) == 0) {
			first = false;
			continue;
		}
		first = false;
		if (n > 1 && line[n - 1] == '\n' && line[n - 2] == '\r') {
			line[n - 2] = '\n';
			n--;
		}
		if (!body) {
			if (line[0] == '\n') {
				body = true;
				if (like != NULL)
					write_status(out, like);
			} else if (line[0] == ' ' || line[0] == '\t') {
				if (skip)
					continue;
			} else {
				skip = is_status_line(line);
				if (skip)
					continue;
			}
		} else {
			for (q = 0; q < (size_t)n && line[q] == '>'; q++)
				continue;
			if (strncmp(line + q, "From ", 5) == 0)
				putc('>', out);
		}
		fwrite(line, 1, (size_t)n, out);
		ended = line[n - 1] == '\n';
	}
	free(line);
	if (!body && like != NULL)
		write_status(out, like);
	fputs(ended ? "\n" : "\n\n", out);
	return ferror(in) ? -1 : 0;
}

int
mbox_write_message(FILE *in, FILE *out, const struct msg *like,
    struct fail *why)
{
	char *from = sender_of(in, why);

	if (from == NULL)
		return -1;
	write_separator(out, from, like);
	free(from);
	if (write_text(in, out, like) == -1)
		return fail_errno(why, EX_IOERR, "cannot read the message");
	if (ferror(out))
		return fail_errno(why, EX_IOERR, "cannot write");
	return 0;
}

/* --- Append --- */

/* What must stand before a separator so that it begins a block: "", LF or two. */
static int
glue_for(struct mbox *b, off_t size, const char **glue, struct fail *why)
{
	char last[2] = "\n\n";

	*glue = "";
	if (size == 0)
		return 0;
	if (pread(b->fd, size >= 2 ? last : last + 1, size >= 2 ? 2 : 1,
	    size >= 2 ? size - 2 : 0) == -1)
		return fail_errno(why, EX_IOERR, "%s", b->path);
	if (last[1] != '\n')
		*glue = "\n\n";
	else if (last[0] != '\n')
		*glue = "\n";
	return 0;
}

static int
tell_intent(struct mbox *b, FILE *f, const struct msg *like, const char *glue,
    off_t at, const struct store_intent *intent, struct fail *why)
{
	char hex[DIGEST_SIZE], *record;
	uint64_t octets;
	off_t start = ftello(f);
	FILE *d = local_digest(hex, &octets);
	struct msg fixed;
	int r;

	memset(&fixed, 0, sizeof fixed);
	if (like != NULL)
		fixed = *like;
	fputs(glue, d);
	r = mbox_write_message(f, d, &fixed, why);
	fclose(d);
	if (r == 0 && fseeko(f, start, SEEK_SET) == -1)
		r = fail_errno(why, EX_IOERR, "cannot read the message again");
	if (r == -1)
		return -1;
	record = xasprintf("mbox %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
	    " %s", (uint64_t)b->dev, (uint64_t)b->ino, (uint64_t)at, octets,
	    hex);
	r = intent->write(intent->ctx, record, why);
	free(record);
	return r;
}

static int
write_at_end(struct mbox *b, FILE *f, const struct msg *like, const char *glue,
    off_t at, struct fail *why)
{
	int fd = dup(b->fd), r;
	FILE *out;

	if (fd == -1 || lseek(fd, at, SEEK_SET) == -1 ||
	    (out = fdopen(fd, "r+")) == NULL) {
		if (fd != -1)
			close(fd);
		return fail_errno(why, EX_IOERR, "%s", b->path);
	}
	setvbuf(out, NULL, _IOFBF, 64 * 1024);
	fputs(glue, out);
	r = mbox_write_message(f, out, like, why);
	if (fflush(out) != 0 && r == 0)
		r = fail_errno(why, EX_IOERR, "%s", b->path);
	if (fclose(out) != 0 && r == 0)
		r = fail_errno(why, EX_IOERR, "%s", b->path);
	if (r == -1)
		fail_where(why, "%s", b->path);
	return r;
}

/* Back to that size: nothing half written stays. */
static void
cut_back(struct mbox *b, off_t size)
{
	if (ftruncate(b->fd, size) == 0)
		(void)fsync(b->fd);
}

/*
 * A letter or a program that a mistyped name hits is not added to: what is not
 * empty must begin as a mailbox does.
 */
static int
check_mailbox(const struct mbox *b, struct fail *why)
{
	char start[512];
	ssize_t n = pread(b->fd, start, sizeof start, 0), at = 0;

	if (n == -1)
		return fail_errno(why, EX_IOERR, "%s", b->path);
	while (at < n && (start[at] == '\n' || start[at] == '\r'))
		at++;
	if (at == n || (n - at >= 5 && memcmp(start + at, "From ", 5) == 0))
		return 0;
	return fail(why, EX_CANTCREAT, "%s: not a mailbox", b->path);
}

static int
begin_append(struct store *s, struct fail *why)
{
	struct mbox *b = s->data;

	if (b->pending)
		return 0;
	b->lock = lock_mailbox(b->path, b->fd, true, s->options->lock_timeout,
	    why);
	if (b->lock == NULL) {
		/* Replaced since it was opened: the next try opens it anew. */
		return -1;
	}
	b->first = lseek(b->fd, 0, SEEK_END);
	if (b->first == -1)
		return fail_errno(why, EX_IOERR, "%s", b->path);
	if (check_mailbox(b, why) == -1) {
		lock_release(b->lock);
		b->lock = NULL;
		return -1;
	}
	b->pending = true;
	return 0;
}

static void
end_append(struct mbox *b)
{
	lock_release(b->lock);
	b->lock = NULL;
	b->pending = false;
}

int
mbox_append(struct store *s, FILE *f, const struct msg *like,
    const struct store_intent *intent, struct fail *why)
{
	struct mbox *b = s->data;
	struct msg fixed;
	const char *glue;
	off_t at;

	/* One time for the digest and for the text. */
	memset(&fixed, 0, sizeof fixed);
	if (like != NULL)
		fixed = *like;
	if (fixed.arrived == 0)
		fixed.arrived = (int64_t)time(NULL);
	if (begin_append(s, why) == -1)
		return -1;
	lock_refresh(b->lock);
	at = lseek(b->fd, 0, SEEK_END);
	if (at == -1 || glue_for(b, at, &glue, why) == -1)
		return -1;
	if (intent != NULL &&
	    tell_intent(b, f, &fixed, glue, at, intent, why) == -1)
		return -1;
	if (write_at_end(b, f, &fixed, glue, at, why) == -1) {
		cut_back(b, at);
		return -1;
	}
	durable_step("mbox-written");
	return 0;
}

int
mbox_commit(struct store *s, struct fail *why)
{
	struct mbox *b = s->data;
	int r = 0;

	if (!b->pending)
		return 0;
	if (fsync(b->fd) == -1) {
		r = fail_errno(why, EX_IOERR, "%s", b->path);
		cut_back(b, b->first);
	} else if (b->is_new) {
		r = local_sync_parent(b->path, why);
		b->is_new = false;
	}
	durable_step("mbox-committed");
	end_append(b);
	return r;
}

/* --- Recovery --- */

/* SHA-256 of octets of the file. */
static int
digest_range(struct mbox *b, off_t at, uint64_t n, char hex[static DIGEST_SIZE],
    struct fail *why)
{
	char block[64 * 1024];
	FILE *d = local_digest(hex, NULL);
	ssize_t got;

	while (n > 0) {
		got = pread(b->fd, block, n < sizeof block ? (size_t)n :
		    sizeof block, at);
		if (got <= 0)
			break;
		fwrite(block, 1, (size_t)got, d);
		at += got;
		n -= (uint64_t)got;
	}
	fclose(d);
	return n == 0 ? 0 : fail_errno(why, EX_IOERR, "%s", b->path);
}

/* Could what stands behind `at' be the beginning of that message and nothing else? */
static bool
is_torn_tail(struct mbox *b, off_t at, off_t end)
{
	char line[600];
	ssize_t n;
	size_t i;
	int64_t when;
	unsigned separators = 0;

	/* One separator at the most: two would be another's message. */
	while (at < end && separators < 2) {
		n = pread(b->fd, line, sizeof line, at);
		if (n <= 0)
			return false;
		for (i = 0; i < (size_t)n && line[i] != '\n'; i++)
			continue;
		if (mbox_is_separator(line, i, &when))
			separators++;
		at += (off_t)(i < (size_t)n ? i + 1 : i);
	}
	return separators < 2;
}

int
mbox_recover(struct store *s, const char *record, FILE *message,
    struct fail *why)
{
	struct mbox *b = s->data;
	uint64_t dev, ino, at, octets;
	char want[DIGEST_SIZE], have[DIGEST_SIZE];
	off_t end;
	int r = 0;

	(void)message;
	if (sscanf(record, "mbox %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
	    " %64[0-9a-f]", &dev, &ino, &at, &octets, want) != 5)
		return fail(why, EX_DATAERR, "%s: an unknown record", b->path);
	if (begin_append(s, why) == -1)
		return -1;
	end = b->first;
	if ((uint64_t)b->dev != dev || (uint64_t)b->ino != ino ||
	    (uint64_t)end < at)
		r = 0;			/* another file: it is not there */
	else if ((uint64_t)end >= at + octets) {
		r = digest_range(b, (off_t)at, octets, have, why);
		if (r == 0)
			r = strcmp(want, have) == 0;
	} else if ((uint64_t)end > at && is_torn_tail(b, (off_t)at, end)) {
		if (ftruncate(b->fd, (off_t)at) == -1 || fsync(b->fd) == -1)
			r = fail_errno(why, EX_IOERR, "%s", b->path);
		durable_step("mbox-cut");
	}
	if (r == 1 && fsync(b->fd) == -1)
		r = fail_errno(why, EX_IOERR, "%s", b->path);
	if (r == 1 && local_sync_parent(b->path, why) == -1)
		r = -1;
	end_append(b);
	return r;
}

/* --- Rewriting --- */

static bool
is_changed(const struct msg *m, unsigned how)
{
	if ((m->flags & MSG_GONE) != 0)
		return false;
	if ((how & SYNC_EXPUNGE) != 0 && (m->flags & MSG_DELETED) != 0)
		return true;
	return (how & SYNC_FLAGS) != 0 && (((m->flags ^ m->stored) &
	    (MSG_LASTING & ~(uint32_t)MSG_DELETED)) != 0 ||
	    (m->flags & MSG_TAGS_CHANGED) != 0);
}

static bool
any_change(const struct store *s, unsigned how)
{
	uint32_t i;

	for (i = 0; i < s->count; i++)
		if (is_changed(&s->msgs[i], how))
			return true;
	return false;
}

/* Copy octets of the old file to the new one. */
static int
copy_range(struct mbox *b, off_t from, off_t to, FILE *out, struct fail *why)
{
	char block[64 * 1024];
	ssize_t got;

	while (from < to) {
		got = pread(b->fd, block, (size_t)(to - from) < sizeof block ?
		    (size_t)(to - from) : sizeof block, from);
		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			return fail(why, EX_TEMPFAIL,
			    "%s: shortened by another program", b->path);
		if (fwrite(block, 1, (size_t)got, out) != (size_t)got)
			return fail_errno(why, EX_IOERR, "%s", b->path);
		from += got;
	}
	return 0;
}

/* One message with new Status fields; its body is copied as it is. */
static int
copy_changed(struct mbox *b, const struct msg *m, off_t end, FILE *out,
    struct fail *why)
{
	off_t at = m->offset + (off_t)(m->loaded >> MBOX_TEXT_SHIFT);
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	bool skip = false, done = false;
	FILE *in;
	int fd = dup(b->fd), r = 0;

	if (copy_range(b, m->offset, at, out, why) == -1) {
		close(fd);
		return -1;
	}
	if (fd == -1 || (in = fdopen(fd, "r")) == NULL) {
		if (fd != -1)
			close(fd);
		return fail_errno(why, EX_OSERR, "%s", b->path);
	}
	if (fseeko(in, at, SEEK_SET) == -1)
		r = fail_errno(why, EX_IOERR, "%s", b->path);
	while (r == 0 && !done && at < end &&
	    (n = getline(&line, &cap, in)) > 0) {
		at += n;
		done = line[0] == '\n' || (line[0] == '\r' && n == 2);
		if (done)
			write_status(out, m);
		if (line[0] != ' ' && line[0] != '\t')
			skip = is_status_line(line) &&
			    strncasecmp(line, "Content-Length", 14) != 0;
		if (!skip)
			fwrite(line, 1, (size_t)n, out);
	}
	free(line);
	fclose(in);
	if (r == 0 && !done)
		write_status(out, m);
	return r == 0 ? copy_range(b, at, end, out, why) : -1;
}

static off_t
end_of(const struct store *s, uint32_t i)
{
	const struct mbox *b = s->data;

	for (i++; i < s->count; i++)
		if ((s->msgs[i].flags & MSG_GONE) == 0)
			return s->msgs[i].offset;
	return b->size;
}

static int
write_new(struct store *s, unsigned how, FILE *out, off_t total,
    int64_t *offsets, struct fail *why)
{
	struct mbox *b = s->data;
	const struct msg *m;
	off_t end;
	uint32_t i;
	int r = 0;

	for (i = 0; i < s->count && r == 0; i++) {
		m = &s->msgs[i];
		offsets[i] = -1;
		if ((m->flags & MSG_GONE) != 0 || ((how & SYNC_EXPUNGE) != 0 &&
		    (m->flags & MSG_DELETED) != 0))
			continue;
		offsets[i] = (int64_t)ftello(out);
		end = end_of(s, i);
		if (is_changed(m, how))
			r = copy_changed(b, m, end, out, why);
		else
			r = copy_range(b, m->offset, end, out, why);
	}
	/* Mail that came meanwhile. */
	return r == 0 ? copy_range(b, b->size, total, out, why) : -1;
}

/* Make the new file the mailbox: durable before it is renamed. */
static int
replace(struct mbox *b, const char *tmp, FILE *out, struct fail *why)
{
	struct stat st;

	if (fstat(b->fd, &st) == 0) {
		/* Owner and group as far as we may. */
		if (fchown(fileno(out), st.st_uid, st.st_gid) == -1)
			(void)!fchown(fileno(out), (uid_t)-1, st.st_gid);
		if (fchmod(fileno(out), st.st_mode & 07777) == -1)
			return fail_errno(why, EX_IOERR, "%s", tmp);
	}
	if (fflush(out) != 0 || ferror(out) || fsync(fileno(out)) == -1)
		return fail_errno(why, EX_IOERR, "%s", tmp);
	durable_step("rewrite-written");
	if (rename(tmp, b->path) == -1)
		return fail_errno(why, EX_CANTCREAT, "%s", b->path);
	durable_step("rewrite-renamed");
	return local_sync_parent(b->path, why);
}

/* The list follows the new file: new offsets and sizes, new mail behind. */
static int
adopt(struct store *s, unsigned how, int fd, const int64_t *offsets,
    struct fail *why)
{
	struct mbox *b = s->data;
	struct store fresh = *s;
	struct msg *m;
	uint32_t i, at = 0;
	struct stat st;

	close(b->fd);
	b->fd = fd;
	if (fstat(fd, &st) == 0) {
		b->dev = st.st_dev;
		b->ino = st.st_ino;
	}
	fresh.msgs = NULL;
	fresh.count = 0;
	fresh.cap = 0;
	if (st.st_size > 0 && mbox_scan(&fresh, 0, why) == -1)
		return -1;
	if (st.st_size == 0)
		b->size = 0;
	for (i = 0; i < s->count; i++) {
		m = &s->msgs[i];
		if (offsets[i] == -1) {
			m->flags |= MSG_GONE;
			continue;
		}
		if (at >= fresh.count || fresh.msgs[at].offset != offsets[i])
			return fail(why, EX_SOFTWARE, "%s: lost count of the "
			    "messages", b->path);
		m->offset = fresh.msgs[at].offset;
		m->size = fresh.msgs[at].size;
		m->loaded = (m->loaded & (LOAD_ENVELOPE | LOAD_STRUCTURE)) |
		    fresh.msgs[at].loaded;
		if ((how & SYNC_FLAGS) != 0)
			m->stored = m->flags & MSG_LASTING;
		m->flags &= ~(uint32_t)MSG_TAGS_CHANGED;
		part_free(m->structure);
		m->structure = NULL;
		m->loaded &= ~(uint32_t)LOAD_STRUCTURE;
		free(fresh.msgs[at++].tags);
	}
	for (; at < fresh.count; at++) {
		if (store_resize(s, s->count + 1, why) == -1)
			break;
		*store_msg(s, s->count) = fresh.msgs[at];
	}
	free(fresh.msgs);
	return 0;
}

static int
rewrite(struct store *s, unsigned how, struct fail *why)
{
	struct mbox *b = s->data;
	char *real = realpath(b->path, NULL), *tmp;
	int64_t *offsets = xcalloc(s->count + 1, sizeof *offsets);
	off_t total = lseek(b->fd, 0, SEEK_END);
	FILE *out = NULL;
	int fd, keep = -1, r;

	tmp = xasprintf("%s.mailx-%08x", real == NULL ? b->path : real,
	    arc4random());
	fd = open(tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		r = fail_errno(why, local_code(errno, true), "%s", tmp);
	else if ((out = fdopen(fd, "w+")) == NULL || (keep = dup(fd)) == -1) {
		close(fd);
		r = fail_errno(why, EX_OSERR, "%s", tmp);
	} else {
		setvbuf(out, NULL, _IOFBF, 64 * 1024);
		r = write_new(s, how, out, total, offsets, why);
		if (r == 0) {
			if (real != NULL) {
				free(b->path);
				b->path = xstrdup(real);
			}
			r = replace(b, tmp, out, why);
		}
	}
	if (r == -1 && fd != -1)
		unlink(tmp);
	if (out != NULL && fclose(out) != 0 && r == 0)
		r = fail_errno(why, EX_IOERR, "%s", tmp);
	if (r == 0)
		r = adopt(s, how, keep, offsets, why);
	else if (keep != -1)
		close(keep);
	free(offsets);
	free(real);
	free(tmp);
	return r;
}

/* Do the messages still stand where they were? */
static int
check_places(struct store *s, struct fail *why)
{
	struct mbox *b = s->data;
	char start[5];
	uint32_t i;

	for (i = 0; i < s->count; i++) {
		if ((s->msgs[i].flags & MSG_GONE) != 0)
			continue;
		if (pread(b->fd, start, 5, s->msgs[i].offset) != 5 ||
		    memcmp(start, "From ", 5) != 0)
			return fail(why, EX_TEMPFAIL, "%s: changed by another "
			    "program; your changes were not made", b->path);
	}
	return 0;
}

int
mbox_sync(struct store *s, unsigned how, struct fail *why)
{
	struct mbox *b = s->data;
	struct lock *l;
	bool grown;
	int r;

	if (!any_change(s, how))
		return 0;
	if (mbox_verify(s, &grown, why) == -1)
		return -1;
	l = lock_mailbox(b->path, b->fd, true, s->options->lock_timeout, why);
	if (l == NULL)
		return -1;
	r = mbox_verify(s, &grown, why);
	if (r == 0)
		r = check_places(s, why);
	if (r == 0)
		r = rewrite(s, how, why);
	lock_release(l);
	return r;
}
