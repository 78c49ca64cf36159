/* SPDX-License-Identifier: ISC */
/* util.c -- see util.h. */

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

#define SHOWN_HALF	240	/* octets of a text of failure that is too long, at each end */

#define COPY_BLOCK	(64 * 1024)

void	(*out_of_memory)(void);

/* Octets of the well-formed UTF-8 character at p (n >= 1), 0 if none. */
static size_t
character(const unsigned char *p, size_t n)
{
	size_t len, i;

	if (p[0] < 0x80)
		return 1;
	len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || len > n)
		return 0;
	for (i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

bool
utf8_is_unsafe(uint32_t cp)
{
	if (cp < ' ' || (cp >= 0x7f && cp < 0xa0))
		return true;
	return cp == 0xad || cp == 0x61c || cp == 0x180e || cp == 0xfeff ||
	    (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
	    (cp >= 0x2060 && cp <= 0x206f) || (cp >= 0xfff9 && cp <= 0xfffb) ||
	    (cp >= 0xe0000 && cp <= 0xe007f);
}

static uint32_t
code_point(const unsigned char *p, size_t len)
{
	uint32_t cp = len == 1 ? p[0] : p[0] & (0x7fu >> len);
	size_t i;

	for (i = 1; i < len; i++)
		cp = cp << 6 | (p[i] & 0x3f);
	return cp;
}

/* Copy text as one printable line; what is not printable becomes \xHH. */
static void
printable(char *out, size_t size, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *p = (const unsigned char *)text;
	size_t left = strlen(text), used = 0, len;

	while (left > 0 && used + 5 < size) {
		len = character(p, left);
		if (len == 0 || utf8_is_unsafe(code_point(p, len))) {
			out[used++] = '\\';
			out[used++] = 'x';
			out[used++] = hex[*p >> 4];
			out[used++] = hex[*p & 15];
			len = 1;
		} else {
			memcpy(out + used, p, len);
			used += len;
		}
		p += len;
		left -= len;
	}
	out[used] = '\0';
}

/* One that is too long loses its middle: what went wrong stands at its end. */
static void
shorten(char *text)
{
	size_t n = strlen(text), start = SHOWN_HALF, rest = n - SHOWN_HALF;

	if (n <= (size_t)2 * SHOWN_HALF)
		return;
	while (start > 0 && (text[start] & 0xc0) == 0x80)
		start--;
	while (rest < n && (text[rest] & 0xc0) == 0x80)
		rest++;
	memcpy(text + start, "...", 3);
	memmove(text + start + 3, text + rest, n - rest + 1);
}

static void PRINTF_LIKE(4, 0)
fill(struct fail *why, int code, int error, const char *fmt, va_list ap)
{
	char *text = NULL, *whole;

	if (why == NULL || why->code != 0)
		return;
	why->code = code;
	if (vasprintf(&text, fmt, ap) == -1)
		text = NULL;
	whole = text;
	if (text != NULL && error != 0 &&
	    asprintf(&whole, "%s: %s", text, strerror(error)) == -1)
		whole = text;
	if (whole != NULL)
		shorten(whole);
	printable(why->text, sizeof why->text,
	    whole == NULL ? "out of memory" : whole);
	if (whole != text)
		free(whole);
	free(text);
}

int
fail(struct fail *why, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(why, code, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int
fail_errno(struct fail *why, int code, const char *fmt, ...)
{
	int error = errno;
	va_list ap;

	if (error == ENOMEM)
		code = EX_OSERR;
	va_start(ap, fmt);
	fill(why, code, error, fmt, ap);
	va_end(ap);
	errno = error;
	return -1;
}

void
fail_where(struct fail *why, const char *fmt, ...)
{
	char old[sizeof why->text], *text = NULL, *whole = NULL;
	va_list ap;

	if (why == NULL || why->code == 0)
		return;
	memcpy(old, why->text, sizeof old);
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) == -1)
		text = NULL;
	va_end(ap);
	if (text != NULL && asprintf(&whole, "%s: %s", text, old) != -1) {
		shorten(whole);
		printable(why->text, sizeof why->text, whole);
	}
	free(whole);
	free(text);
}

#define FAIL_KEPT	300	/* octets of a reason that more is said behind */

void
fail_behind(struct fail *why, const char *fmt, ...)
{
	size_t n = strlen(why->text);
	char *text = NULL, *whole = NULL;
	va_list ap;

	/* A character is not cut in two. */
	if (n > FAIL_KEPT)
		for (n = FAIL_KEPT; n > 0 &&
		    (why->text[n] & 0xc0) == 0x80; n--)
			continue;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) == -1)
		text = NULL;
	va_end(ap);
	if (text != NULL && asprintf(&whole, "%.*s%s", (int)n, why->text,
	    text) != -1)
		printable(why->text, sizeof why->text, whole);
	free(whole);
	free(text);
}

void
fail_clear(struct fail *why)
{
	why->code = 0;
	why->text[0] = '\0';
}

bool
fail_ends(const struct fail *why)
{
	return why->code != 0 && why->code != EX_DATAERR;
}

void
fail_keep(struct fail *kept, const struct fail *one)
{
	if (kept->code == 0 || (!fail_ends(kept) && fail_ends(one)))
		*kept = *one;
}

static _Noreturn void
no_memory(void)
{
	static const char text[] = "mailx: out of memory\n";

	if (out_of_memory != NULL)
		out_of_memory();
	(void)write_all(STDERR_FILENO, text, sizeof text - 1);
	_exit(EX_OSERR);
}

void *
xmalloc(size_t size)
{
	void *p = malloc(size == 0 ? 1 : size);

	if (p == NULL)
		no_memory();
	return p;
}

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n == 0 ? 1 : n, size == 0 ? 1 : size);

	if (p == NULL)
		no_memory();
	return p;
}

void *
xreallocarray(void *old, size_t n, size_t size)
{
	void *p = reallocarray(old, n == 0 ? 1 : n, size == 0 ? 1 : size);

	if (p == NULL)
		no_memory();
	return p;
}

char *
xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *
xstrndup(const char *s, size_t n)
{
	char *p = xmalloc(n + 1);

	if (n > 0)
		memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *
xvasprintf(const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) == -1)
		no_memory();
	return text;
}

char *
xasprintf(const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = xvasprintf(fmt, ap);
	va_end(ap);
	return text;
}

ssize_t
xgetline(char **line, size_t *cap, FILE *f)
{
	ssize_t n;

	errno = 0;
	n = getline(line, cap, f);
	if (n == -1 && errno == ENOMEM)
		no_memory();
	return n;
}

void *
xgrow(void *array, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return array;
	if (*cap > SIZE_MAX / 2 - 8)
		no_memory();
	*cap = *cap < 8 ? 8 : *cap * 2;
	return xreallocarray(array, *cap, size);
}

void
sort(void *array, size_t n, size_t size,
    int (*compare)(const void *, const void *))
{
	const char *p = array;
	size_t i;

	for (i = 1; i < n; i++, p += size)
		if (compare(p, p + size) > 0) {
			qsort(array, n, size, compare);
			return;
		}
}

/* --- Streams into memory --- */

struct memory {
	char	**shown_text;		/* borrowed: where the caller looks */
	size_t	*shown_len;		/* borrowed */
	bool	 live;			/* it looks before the end too */
	char	*text;			/* the caller's in the end */
	size_t	 len, cap;
	char	 buffer[512];		/* the stream's */
};

static void
memory_show(struct memory *m)
{
	*m->shown_text = m->text;
	*m->shown_len = m->len;
}

static int
memory_write(void *cookie, const char *p, int n)
{
	struct memory *m = cookie;
	size_t more = (size_t)n, need = m->len + more + 1;

	if (need > m->cap) {
		m->cap = need > m->cap * 2 ? need : m->cap * 2;
		m->text = xreallocarray(m->text, m->cap, 1);
	}
	memcpy(m->text + m->len, p, more);
	m->len += more;
	m->text[m->len] = '\0';
	if (m->live)
		memory_show(m);
	return n;
}

/* For ftell alone. */
static off_t
memory_seek(void *cookie, off_t offset, int whence)
{
	struct memory *m = cookie;

	if (whence == SEEK_CUR && offset == 0)
		return (off_t)m->len;
	errno = EINVAL;
	return -1;
}

static int
memory_close(void *cookie)
{
	memory_show(cookie);
	free(cookie);
	return 0;
}

static FILE *
memory_open(char **text, size_t *len, bool live)
{
	struct memory *m = xmalloc(sizeof *m);
	FILE *f;

	m->shown_text = text;
	m->shown_len = len;
	m->live = live;
	m->len = 0;
	m->cap = 64;
	m->text = xcalloc(m->cap, 1);
	if (live)
		memory_show(m);
	f = funopen(m, NULL, memory_write, memory_seek, memory_close);
	if (f == NULL || setvbuf(f, m->buffer, _IOFBF, sizeof m->buffer) != 0)
		no_memory();
	return f;
}

FILE *
xmemstream(char **text, size_t *len)
{
	return memory_open(text, len, false);
}

FILE *
xmemstream_live(char **text, size_t *len)
{
	return memory_open(text, len, true);
}

struct span
span_trim(struct span s)
{
	while (s.n > 0 && ascii_is_space((unsigned char)s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && ascii_is_space((unsigned char)s.p[s.n - 1]))
		s.n--;
	return s;
}

bool
span_has_prefix(struct span a, const char *b)
{
	size_t i;

	for (i = 0; b[i] != '\0'; i++)
		if (i == a.n || ascii_lower((unsigned char)a.p[i]) !=
		    ascii_lower((unsigned char)b[i]))
			return false;
	return true;
}

char *
span_dup(struct span s)
{
	return xstrndup(s.p, s.n);
}

void
strv_take(struct strv *sv, char *s)
{
	sv->v = xgrow(sv->v, sv->n + 1, &sv->cap, sizeof *sv->v);
	sv->v[sv->n++] = s;
	sv->v[sv->n] = NULL;
}

void
strv_add(struct strv *sv, const char *s)
{
	strv_take(sv, xstrdup(s));
}

void
strv_free(struct strv *sv)
{
	size_t i;

	for (i = 0; i < sv->n; i++)
		free(sv->v[i]);
	free(sv->v);
	sv->v = NULL;
	sv->n = sv->cap = 0;
}

void
ascii_lower_string(char *s)
{
	for (; *s != '\0'; s++)
		*s = (char)ascii_lower((unsigned char)*s);
}

int
write_all(int fd, const void *p, size_t n)
{
	const char *q = p;
	ssize_t done;

	while (n > 0) {
		done = write(fd, q, n);
		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1)
			return -1;
		q += done;
		n -= (size_t)done;
	}
	return 0;
}

bool
link_is_trusted(int dir, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct stat link, parent;
	bool fine = true;
	char *above;

	if (fstatat(dir, path, &link, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISLNK(link.st_mode) || link.st_uid == getuid() ||
	    link.st_uid == 0)
		return true;
	above = slash == NULL ? xstrdup(".") :
	    xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
	if (fstatat(dir, above, &parent, 0) == 0 &&
	    (parent.st_mode & S_IWOTH) != 0)
		fine = false;
	free(above);
	return fine && getuid() != 0;
}

/* One that comes to be there meanwhile is not followed either. */
int
open_trusted(int dir, const char *path, int flags, unsigned mode)
{
	int fd = openat(dir, path, flags | O_NOFOLLOW, (mode_t)mode);

	if (fd != -1 || (errno != ELOOP && errno != ENOTDIR) ||
	    (flags & O_NOFOLLOW) != 0)
		return fd;
	if (link_is_trusted(dir, path))
		return openat(dir, path, flags, (mode_t)mode);
	errno = EPERM;
	return -1;
}

int
stream_copy(FILE *in, FILE *out, uint64_t n, struct fail *why)
{
	char block[COPY_BLOCK];
	size_t want, got;

	while (n > 0) {
		want = n < sizeof block ? (size_t)n : sizeof block;
		got = fread(block, 1, want, in);
		if (got > 0 && fwrite(block, 1, got, out) != got)
			return fail_errno(why, EX_IOERR, "cannot write");
		if (n != UINT64_MAX)
			n -= got;
		if (got < want)
			break;
	}
	if (ferror(in))
		return fail_errno(why, EX_IOERR, "cannot read");
	if (n > 0 && n != UINT64_MAX)
		return fail(why, EX_DATAERR, "ends too early");
	return 0;
}

int
stream_close(FILE *f, const char *what, struct fail *why)
{
	bool bad = fflush(f) != 0 || ferror(f);
	int error = errno;

	if (fclose(f) != 0 && !bad) {
		bad = true;
		error = errno;
	}
	if (!bad)
		return 0;
	errno = error;
	return fail_errno(why, EX_IOERR, "%s: cannot write", what);
}

static mode_t inherited_mask = 077;

void
mask_set(void)
{
	inherited_mask = umask(077);
}

void
mask_reset(void)
{
	(void)umask(inherited_mask);
}
