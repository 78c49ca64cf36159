/* SPDX-License-Identifier: ISC */
/*
 * util.h -- what every room uses: the failure record, memory, slices, string
 * vectors.  Knows nothing of mail, and does not grow.
 */
#ifndef UTIL_H
#define UTIL_H

#include <sys/types.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "bounds.h"

#define PRINTF_LIKE(f, a)	__attribute__((__format__(__printf__, f, a)))
#define NELEM(a)		(sizeof(a) / sizeof((a)[0]))

/* Is it one that must not reach a terminal: C0, DEL, C1, bidi controls, line separators, zero-width? */
bool		 utf8_is_unsafe(uint32_t cp);

/*
 * The failure record.  A function that can fail takes one as its last
 * parameter (but for printf-like ones), returns -1 or NULL, and has filled it.
 * The first failure wins: a filled record is not overwritten.  Only the gate
 * (cmd/run.c) and main print it.
 */
struct fail {
	int	code;		/* of sysexits.h; 0: no failure */
	char	text[512];	/* one printable line, no newline at its end */
};

/*
 * Fill `why' and return -1.  What must not reach a terminal and malformed UTF-8 in the
 * result become visible escapes, so a server's words cannot drive it.
 */
int	 fail(struct fail *why, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The same with ": " and the text of errno behind it. */
int	 fail_errno(struct fail *why, int code, const char *fmt, ...)
	    PRINTF_LIKE(3, 4);
/* Put "text: " in front of a filled record: where it happened. */
void	 fail_where(struct fail *why, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Say more behind it; of what stands there as much is kept as leaves room. */
void	 fail_behind(struct fail *why, const char *fmt, ...) PRINTF_LIKE(2, 3);
void	 fail_clear(struct fail *why);
/* Of several: that of a message which is itself refused (EX_DATAERR) ends nothing... */
bool	 fail_ends(const struct fail *why);
/* ... and gives way to one that does; else the first is kept. */
void	 fail_keep(struct fail *kept, const struct fail *one);

/*
 * Memory.  None returns NULL: out of memory is one line on standard error and
 * EX_OSERR (71), after `out_of_memory' (if set) saved what must be saved.
 */
extern void	(*out_of_memory)(void);
void	*xmalloc(size_t size);
void	*xcalloc(size_t n, size_t size);
void	*xreallocarray(void *p, size_t n, size_t size);
char	*xstrdup(const char *s);
char	*xstrndup(const char *s, size_t n);	/* exactly n octets and a NUL */
char	*xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);
char	*xvasprintf(const char *fmt, va_list ap) PRINTF_LIKE(1, 0);
/* getline(3) whose -1 is the end of the file, or a read error. */
ssize_t	 xgetline(char **line, size_t *cap, FILE *f);
/*
 * Make room for one more element of `size' octets in an array of n with room
 * for *cap: doubles.  Returns the array, moved perhaps.
 */
void	*xgrow(void *array, size_t n, size_t *cap, size_t size);
/* qsort(3) of what is in order already, more often than not. */
void	 sort(void *array, size_t n, size_t size,
	    int (*compare)(const void *, const void *));
/*
 * Memory for a stream, as open_memstream(3) has it but that it ends the program
 * where there is no more: fclose could only tell, and what was written be lost.
 * *text and *len are set by fclose; `live', by fflush too.
 */
FILE	*xmemstream(char **text, size_t *len);
FILE	*xmemstream_live(char **text, size_t *len);

/* A slice: borrowed octets, not ended by NUL; p may be NULL where n is 0. */
struct span {
	const char	*p;
	size_t		 n;
};

bool		 span_has_prefix(struct span a, const char *b);	/* ASCII case */
struct span	 span_trim(struct span s);	/* SP HTAB CR LF off both ends */
char		*span_dup(struct span s);	/* a string; the caller frees */

static inline struct span
span_of(const char *s)			/* NULL is the empty slice */
{
	struct span r = { s, s == NULL ? 0 : strlen(s) };

	return r;
}

static inline bool
span_eq(struct span a, const char *b)
{
	return a.n == strlen(b) && (a.n == 0 || memcmp(a.p, b, a.n) == 0);
}

static inline bool
span_ieq(struct span a, const char *b)	/* ASCII case */
{
	return a.n == strlen(b) && span_has_prefix(a, b);
}

/* A vector of strings; v[n] is NULL as soon as one was added. */
struct strv {
	char	**v;		/* owned, each too */
	size_t	  n;
	size_t	  cap;
};

void	 strv_add(struct strv *sv, const char *s);	/* a copy */
void	 strv_take(struct strv *sv, char *s);		/* owned from now on */
void	 strv_free(struct strv *sv);			/* and empty it */

/* ASCII alone, whatever the locale. */
static inline bool
ascii_is_space(int c)			/* SP HTAB CR LF FF VT */
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool
ascii_is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static inline bool
ascii_is_alpha(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool
ascii_is_control(int c)			/* 0..31 and 127 */
{
	return (c >= 0 && c < ' ') || c == 127;
}

static inline int
ascii_lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

void	 ascii_lower_string(char *s);	/* in place */

/* Write all of it, through short writes and EINTR.  0, or -1 with errno set. */
int	 write_all(int fd, const void *p, size_t n);

/*
 * May this symbolic link (as openat names it) be followed?  Not one that another user
 * put into a directory that all may write to; by root, none but of root's.  Of what
 * is no link: yes.
 */
bool	 link_is_trusted(int dir, const char *path);
/* openat(2) that follows none but those; errno is EPERM then.  Flags with O_NOFOLLOW: as they say. */
int	 open_trusted(int dir, const char *path, int flags, unsigned mode);

/*
 * Copy n octets (UINT64_MAX: to the end) from `in' to `out'.  0, or -1 with
 * `why' filled: EX_IOERR; EX_DATAERR when `in' ends before n.
 */
int	 stream_copy(FILE *in, FILE *out, uint64_t n, struct fail *why);
/*
 * Close a stream that was written to.  0, or -1 with `why' filled when any
 * write, the flush or the close failed; `what' names it.
 */
int	 stream_close(FILE *f, const char *what, struct fail *why);

/*
 * What we make is for its owner alone, and for him whole, whatever the umask
 * says; programs that we run get the umask that we got.
 */
void	 mask_set(void);
void	 mask_reset(void);

#endif
