/* SPDX-License-Identifier: ISC */
/*
 * headcache.c -- texts by UID, in files of CHUNK UIDs each:
 *
 *	DIR/imap/ACCOUNT/MAILBOX/UIDVALIDITY.CHUNK
 *
 * A file is a table (UID, length, checksum) and the texts in its order.  It is
 * written anew beside the old one and renamed, what others wrote meanwhile
 * included, so that any number of processes may read and write: at worst the
 * slower one's news are lost.  Nothing is synced: a file that did not reach the
 * disk whole is found out by its sums.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cachetrim.h"
#include "headcache.h"
#include "local.h"

#define CHUNK		1024	/* UIDs in a file */
#define MAX_NAME	160	/* of an account or mailbox that is its own file name */
#define MAX_PENDING	(4 * 1024 * 1024)	/* octets not yet written */
#define MAX_CHUNKS	256	/* tables in memory */
#define BLOCK		4096	/* what a file costs beside its octets */
#define WRITE_SIZE	(64 * 1024)
#define READ_SIZE	(64 * 1024)

/* In the byte order of the machine: another's files are none. */
struct preface {
	char		magic[16];
	uint32_t	order, count;
	uint64_t	sum;		/* of the rows */
};
struct row {
	uint32_t	uid, n;
	uint64_t	sum;		/* of the text */
};
static const char magic[16] = "mailx headers 1\n";
#define ORDER	0x01020304U

struct entry {
	char		*fresh;		/* owned: not written yet; or NULL */
	uint32_t	 fresh_n;
	uint32_t	 n;		/* in the file: 0: not there */
	uint64_t	 at, sum;
	bool		 gone;
};

struct chunk {
	uint32_t	 number;
	bool		 pending;
	struct entry	 v[CHUNK];
};

struct headcache {
	char		*root, *dir;	/* owned: of all, of this mailbox */
	uint32_t	 uidvalidity, uidnext;
	struct chunk	**v;		/* owned, each too: those in use, ascending */
	size_t		 n, cap;
	int		 fd;		/* of the chunk that was read last; -1: none */
	uint32_t	 fd_number;
	char		*text;		/* owned: octets of that file, of which headcache_get lends */
	size_t		 text_n, text_cap;
	uint64_t	 text_at;	/* where they begin */
	size_t		 pending;	/* octets */
	uint64_t	 written;	/* octets since the last trimming */
	uint32_t	*gone;		/* owned */
	size_t		 ngone, gone_cap;
	bool		 empty, cleaned, broken;
};

static void	 flush(struct headcache *c);

/* --- Names and sums --- */

/* A file name of any octets: those that are plain, the others as %XX; a digest of what is long. */
static char *
file_name(const char *s)
{
	char digest[SHA256_DIGEST_STRING_LENGTH], *name;
	size_t len;
	FILE *f;

	if (strlen(s) > MAX_NAME)
		return xstrdup(SHA256Data((const uint8_t *)s, strlen(s), digest));
	if (*s == '\0')
		return xstrdup("%");
	f = xmemstream(&name, &len);
	for (; *s != '\0'; s++)
		if (ascii_is_alpha((unsigned char)*s) ||
		    ascii_is_digit((unsigned char)*s) ||
		    strchr("@_-:+,= ", *s) != NULL)
			putc(*s, f);
		else if (*s == '.' && ftell(f) > 0)
			putc('.', f);
		else
			fprintf(f, "%%%02X", (unsigned char)*s);
	fclose(f);
	if (len > MAX_NAME) {
		SHA256Data((const uint8_t *)name, len, digest);
		free(name);
		name = xstrdup(digest);
	}
	return name;
}

static char *
chunk_path(const struct headcache *c, uint32_t number)
{
	return xasprintf("%s/%u.%u", c->dir, c->uidvalidity, number);
}

/* Against damage, not against malice: who may write here may do so anyway. */
uint64_t
headcache_sum(const void *data, size_t n)
{
	const unsigned char *p = data;
	uint64_t sum = n + 1, word;

	for (; n > 0; p += sizeof(word)) {
		word = 0;
		memcpy(&word, p, n < sizeof(word) ? n : sizeof(word));
		n -= n < sizeof(word) ? n : sizeof(word);
		sum = (sum ^ word) * 0x9e3779b97f4a7c15U;
		sum ^= sum >> 32;
	}
	return sum;
}

/* --- Reading --- */

static bool
read_at(int fd, void *p, size_t n, uint64_t at)
{
	char *to = p;
	ssize_t got;

	for (; n > 0; n -= (size_t)got, to += got, at += (uint64_t)got)
		if ((got = pread(fd, to, n, (off_t)at)) <= 0)
			return false;
	return true;
}

/* The rows, if they are what was written, and fit the file and each other. */
static bool
read_rows(int fd, uint32_t number, struct row *rows, uint32_t *count)
{
	uint64_t total = sizeof(struct preface);
	struct preface preface;
	struct stat st;
	uint32_t i;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    !read_at(fd, &preface, sizeof(preface), 0) ||
	    memcmp(preface.magic, magic, sizeof(magic)) != 0 ||
	    preface.order != ORDER || preface.count > CHUNK ||
	    !read_at(fd, rows, preface.count * sizeof(*rows), sizeof(preface)) ||
	    preface.sum != headcache_sum(rows, preface.count * sizeof(*rows)))
		return false;
	for (i = 0; i < preface.count; i++) {
		if (rows[i].uid / CHUNK != number || rows[i].n == 0 ||
		    rows[i].n > MAX_CACHE_TEXT ||
		    (i > 0 && rows[i].uid <= rows[i - 1].uid))
			return false;
		total += sizeof(*rows) + rows[i].n;
	}
	*count = preface.count;
	return total == (uint64_t)st.st_size;
}

static void
close_fd(struct headcache *c)
{
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
	c->text_n = 0;
}

/* Take over the table of the file as it is now. */
static void
read_chunk(struct headcache *c, struct chunk *k)
{
	char *path = chunk_path(c, k->number);
	struct row rows[CHUNK];
	struct entry *e;
	uint32_t count = 0, i;
	uint64_t at;

	close_fd(c);
	for (i = 0; i < CHUNK; i++)
		k->v[i].n = 0;
	c->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	c->fd_number = k->number;
	free(path);
	if (c->fd == -1 || !read_rows(c->fd, k->number, rows, &count)) {
		close_fd(c);
		return;
	}
	at = sizeof(struct preface) + count * sizeof(struct row);
	for (i = 0; i < count; at += rows[i++].n) {
		/* A server that counts anew from below has other messages there. */
		if (c->uidnext != 0 && rows[i].uid >= c->uidnext)
			continue;
		e = &k->v[rows[i].uid % CHUNK];
		e->n = rows[i].n;
		e->at = at;
		e->sum = rows[i].sum;
	}
}

/* Where the chunk is, or belongs. */
static size_t
place_of(const struct headcache *c, uint32_t number)
{
	size_t low = 0, high = c->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (c->v[middle]->number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
drop_fresh(struct chunk *k)
{
	uint32_t i;

	for (i = 0; k->pending && i < CHUNK; i++) {
		free(k->v[i].fresh);
		k->v[i].fresh = NULL;
	}
	k->pending = false;
}

static void
drop_chunks(struct headcache *c)
{
	while (c->n > 0) {
		drop_fresh(c->v[--c->n]);
		free(c->v[c->n]);
	}
}

static struct chunk *
find_chunk(struct headcache *c, uint32_t number)
{
	size_t low = place_of(c, number);
	struct chunk *k;

	if (low < c->n && c->v[low]->number == number)
		return c->v[low];
	if (c->n >= MAX_CHUNKS) {
		/* UIDs far apart must not fill the memory. */
		flush(c);
		drop_chunks(c);
		low = 0;
	}
	k = xcalloc(1, sizeof(*k));
	k->number = number;
	c->v = xgrow(c->v, c->n, &c->cap, sizeof(*c->v));
	memmove(c->v + low + 1, c->v + low, (c->n++ - low) * sizeof(*c->v));
	c->v[low] = k;
	if (!c->empty)
		read_chunk(c, k);
	return k;
}

/* With what stands behind it: that is often what is asked for next. */
static bool
read_ahead(struct headcache *c, const struct entry *e)
{
	ssize_t got;

	if (e->n > c->text_cap) {
		c->text_cap = e->n > READ_SIZE ? e->n : READ_SIZE;
		c->text = xreallocarray(c->text, c->text_cap, 1);
	}
	got = pread(c->fd, c->text, c->text_cap, (off_t)e->at);
	c->text_n = got == -1 ? 0 : (size_t)got;
	c->text_at = e->at;
	return c->text_n >= e->n;
}

static bool
is_read(const struct headcache *c, const struct entry *e)
{
	return e->at >= c->text_at && e->at - c->text_at < c->text_n &&
	    c->text_n - (size_t)(e->at - c->text_at) >= e->n;
}

/* The text as it is in the file; NULL if it is not there any more, or damaged. */
static const char *
read_text(struct headcache *c, const struct chunk *k, const struct entry *e)
{
	const char *text;
	char *path;

	if (c->fd == -1 || c->fd_number != k->number) {
		close_fd(c);
		path = chunk_path(c, k->number);
		c->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		c->fd_number = k->number;
		free(path);
	}
	if (c->fd == -1 || (!is_read(c, e) && !read_ahead(c, e)))
		return NULL;
	text = c->text + (e->at - c->text_at);
	return headcache_sum(text, e->n) == e->sum ? text : NULL;
}

struct span
headcache_get(struct headcache *c, uint32_t uid)
{
	struct span none = { NULL, 0 };
	struct chunk *k = find_chunk(c, uid / CHUNK);
	struct entry *e = &k->v[uid % CHUNK];
	const char *text;

	if (e->fresh != NULL)
		return (struct span){ e->fresh, e->fresh_n };
	if (e->n == 0)
		return none;
	if ((text = read_text(c, k, e)) == NULL) {
		/* Another process may have written the file anew. */
		read_chunk(c, k);
		if (e->n == 0 || (text = read_text(c, k, e)) == NULL) {
			e->n = 0;
			return none;
		}
	}
	return (struct span){ text, e->n };
}

/* --- Writing --- */

/* Files of a former UIDVALIDITY are of no use to anybody. */
static void
clean(struct headcache *c)
{
	char *prefix = xasprintf("%u.", c->uidvalidity), *path;
	const struct dirent *d;
	DIR *dir;

	if ((dir = opendir(c->dir)) != NULL) {
		while ((d = readdir(dir)) != NULL) {
			if (d->d_name[0] == '.' ||
			    strcmp(d->d_name, "list") == 0 ||
			    strncmp(d->d_name, prefix, strlen(prefix)) == 0)
				continue;
			path = xasprintf("%s/%s", c->dir, d->d_name);
			(void)unlink(path);
			free(path);
		}
		closedir(dir);
	}
	free(prefix);
	c->cleaned = true;
}

/* What the file will hold: its rows, and where each text comes from. */
static uint32_t
plan(const struct chunk *k, struct row *rows)
{
	const struct entry *e;
	uint32_t i, count = 0;

	for (i = 0; i < CHUNK; i++) {
		e = &k->v[i];
		if (e->gone || (e->fresh == NULL && e->n == 0))
			continue;
		rows[count].uid = k->number * CHUNK + i;
		rows[count].n = e->fresh != NULL ? e->fresh_n : e->n;
		rows[count++].sum = e->fresh != NULL ?
		    headcache_sum(e->fresh, e->fresh_n) : e->sum;
	}
	return count;
}

static bool
write_texts(struct headcache *c, const struct chunk *k, const struct row *rows,
    uint32_t count, FILE *f)
{
	const struct entry *e;
	const char *text;
	uint32_t i;

	for (i = 0; i < count; i++) {
		e = &k->v[rows[i].uid % CHUNK];
		text = e->fresh != NULL ? e->fresh : read_text(c, k, e);
		if (text == NULL || fwrite(text, 1, rows[i].n, f) != rows[i].n)
			return false;
		c->written += rows[i].n;
	}
	return true;
}

static bool
write_file(struct headcache *c, const struct chunk *k, FILE *f)
{
	struct row rows[CHUNK];
	struct preface preface = { .order = ORDER };

	memcpy(preface.magic, magic, sizeof(magic));
	preface.count = plan(k, rows);
	c->written += BLOCK;
	preface.sum = headcache_sum(rows, preface.count * sizeof(*rows));
	return fwrite(&preface, sizeof(preface), 1, f) == 1 &&
	    fwrite(rows, sizeof(*rows), preface.count, f) == preface.count &&
	    write_texts(c, k, rows, preface.count, f);
}

static void
write_chunk(struct headcache *c, const struct chunk *k)
{
	char *path = chunk_path(c, k->number);
	char *temporary = xasprintf("%s/.%u.XXXXXX", c->dir, k->number);
	char buffer[WRITE_SIZE];
	bool done = false;
	FILE *f = NULL;
	int fd;

	if ((fd = mkstemp(temporary)) != -1 &&
	    (f = fdopen(fd, "w")) == NULL)
		close(fd);
	if (f != NULL) {
		setvbuf(f, buffer, _IOFBF, sizeof buffer);
		done = write_file(c, k, f);
		done = fclose(f) == 0 && done;
		done = done && rename(temporary, path) == 0;
	}
	if (!done) {
		if (fd != -1)
			(void)unlink(temporary);
		c->broken = true;
	}
	free(temporary);
	free(path);
}

static void
flush_chunk(struct headcache *c, struct chunk *k)
{
	if (!c->broken) {
		read_chunk(c, k);	/* with what others put there */
		write_chunk(c, k);
	}
	drop_fresh(k);
	read_chunk(c, k);
}

static void
flush(struct headcache *c)
{
	struct fail ignored = { 0 };
	char *inside;
	size_t i;

	if (c->pending == 0)
		return;
	if (!c->cleaned) {
		inside = xasprintf("%s/", c->dir);
		c->broken = local_make_parents(inside, &ignored) == -1;
		free(inside);
		clean(c);
	}
	c->empty = false;
	for (i = 0; i < c->n; i++)
		if (c->v[i]->pending)
			flush_chunk(c, c->v[i]);
	c->pending = 0;
	if (c->written > MAX_CACHE / 4) {
		cache_trim(c->root);
		c->written = 0;
	}
}

void
headcache_put(struct headcache *c, uint32_t uid, struct span text)
{
	struct chunk *k;
	struct entry *e;

	if (uid == 0 || text.n == 0 || text.n > MAX_CACHE_TEXT || c->broken)
		return;
	k = find_chunk(c, uid / CHUNK);
	e = &k->v[uid % CHUNK];
	free(e->fresh);
	e->fresh = xmalloc(text.n);
	memcpy(e->fresh, text.p, text.n);
	e->fresh_n = (uint32_t)text.n;
	k->pending = true;
	c->pending += text.n;
	if (c->pending > MAX_PENDING)
		flush(c);
}

void
headcache_forget(struct headcache *c, uint32_t uid)
{
	c->gone = xgrow(c->gone, c->ngone, &c->gone_cap, sizeof(*c->gone));
	c->gone[c->ngone++] = uid;
}

/* --- Opening and closing --- */

static bool
has_files(const struct headcache *c)
{
	char *prefix = xasprintf("%u.", c->uidvalidity);
	const struct dirent *d;
	bool found = false;
	DIR *dir;

	if ((dir = opendir(c->dir)) != NULL) {
		while (!found && (d = readdir(dir)) != NULL)
			found = strncmp(d->d_name, prefix, strlen(prefix)) == 0;
		closedir(dir);
	}
	free(prefix);
	return found;
}

char *
headcache_dir(const char *dir, const char *account, const char *mailbox)
{
	char *a = file_name(account), *b = file_name(mailbox), *path;

	path = xasprintf("%s/imap/%s/%s", dir, a, b);
	free(a);
	free(b);
	return path;
}

struct headcache *
headcache_open(const char *dir, const char *account, const char *mailbox,
    uint32_t uidvalidity, uint32_t uidnext)
{
	struct headcache *c = xcalloc(1, sizeof(*c));

	c->root = xasprintf("%s/imap", dir);
	c->dir = headcache_dir(dir, account, mailbox);
	c->uidvalidity = uidvalidity;
	c->uidnext = uidnext;
	c->fd = -1;
	c->empty = !has_files(c);
	return c;
}

bool
headcache_is_empty(const struct headcache *c)
{
	return c->empty && c->n == 0;
}

static int
compare_uids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void
take_out(struct headcache *c)
{
	struct chunk *k;
	struct entry *e;
	size_t i;

	if (headcache_is_empty(c) || c->ngone == 0)
		return;
	qsort(c->gone, c->ngone, sizeof(*c->gone), compare_uids);
	for (i = 0; i < c->ngone; i++) {
		k = find_chunk(c, c->gone[i] / CHUNK);
		e = &k->v[c->gone[i] % CHUNK];
		if (e->n == 0 && e->fresh == NULL)
			continue;
		e->gone = true;
		k->pending = true;
		c->pending++;
	}
}

void
headcache_close(struct headcache *c)
{
	if (c == NULL)
		return;
	take_out(c);
	flush(c);
	if (c->written > 0)
		cache_trim(c->root);
	close_fd(c);
	drop_chunks(c);
	free(c->v);
	free(c->gone);
	free(c->text);
	free(c->root);
	free(c->dir);
	free(c);
}
