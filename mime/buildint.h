/* SPDX-License-Identifier: ISC */
/*
 * buildint.h -- what the files of the builder share: build.c (tree and fields),
 * buildsource.c (streams of the parts), buildscan.c (looking at text), buildplan.c
 * (choices and sizes), buildhead.c (headers), buildwrite.c.  Nobody else includes it.
 */
#ifndef MIME_BUILDINT_H
#define MIME_BUILDINT_H

#include <sys/stat.h>

#include "build.h"
#include "part.h"

struct build_header {
	char		*name;		/* owned */
	char		*value;		/* owned: as given; NULL where it is addresses */
	struct addrs	 as;		/* owned */
};

struct build {
	struct build_header *fields;	/* owned; in order */
	size_t		 nfields;
	size_t		 cap;
	struct build_part root;		/* holds the top level */
	char		*id;		/* owned: Message-ID with brackets; NULL: to be made */
	char		*date;		/* owned: the value of Date; NULL: to be made */
	char		*head;		/* owned: the whole header; NULL: not prepared */
	size_t		 head_len;
	bool		 eightbit;
};

/* What build_prepare found out of a part and decided. */
struct plan {
	char		*type;		/* owned */
	char		*charset;	/* owned; or NULL */
	enum encoding	 encoding;
	bool		 strip_cr;	/* CRLF line ends become LF */
	bool		 flow;		/* as format=flowed */
	bool		 end_line;	/* an LF is added at the end */
	uint64_t	 octets;	/* of the stream */
	uint64_t	 size;		/* of the body as transmitted, CRLF line ends */
	bool		 has_stat;
	struct stat	 st;		/* while it was read */

	/* of a container */
	char		 boundary[40];
	size_t		 nstanding;	/* children that are written */
	struct build_part *only;	/* the last of them */

	char		*head;		/* owned: Content-... fields, LF line ends */
	size_t		 head_len;
};

/* --- build.c --- */

bool		 build_is_container(const struct build_part *p);
/* What is written in the place of p: itself, its only child, or nothing (NULL). */
struct build_part *build_standing(struct build_part *p);
const struct build_header *build_get(const struct build *b, const char *name);

/* --- buildplan.c --- */

#define PLAN(p)		((struct plan *)(p)->plan)

void		 plan_free(struct plan *plan);

/* --- buildsource.c --- */

#define GUESS_BLOCK	4096	/* octets that tell what a file is */

/* What p's stream is called in failures. */
const char	*plan_called(const struct build_part *p);
/* Find its length, and the octets that it begins with; EX_NOINPUT. */
int		 plan_measure(struct build_part *p, char start[static GUESS_BLOCK],
		    size_t *n, struct fail *why);
/*
 * Write it to `out' from its start, with the changes that the plan says but not
 * encoded; EX_NOINPUT when it is not what it was.
 */
int		 plan_copy(struct build_part *p, FILE *out, struct fail *why);

/* --- buildscan.c --- */

struct scan {
	uint64_t	 octets;
	uint64_t	 lf, cr, crlf;
	uint64_t	 coded;		/* octets that quoted-printable must code */
	uint64_t	 line;		/* octets of the line so far */
	uint64_t	 longest;	/* line, without its end */
	bool		 nul;
	bool		 high;		/* octets from 0x80 on */
	bool		 malformed;	/* as UTF-8 */
	bool		 from;		/* a line begins with "From " */
	int		 last;		/* octet */
	unsigned	 nfrom;		/* of "From " that the line began with */
	unsigned	 need;		/* octets that the UTF-8 character still takes */
	unsigned char	 low, high_end;	/* between which the next of them is */
};

/* A sink that looks at what is written to it; fclose completes *s. */
FILE		*scan_open(struct scan *s);
/* A sink that counts octets as if LF were CRLF. */
FILE		*count_open(uint64_t *n);

/* --- buildhead.c --- */

/* The Content-... fields of a part whose plan is made; EX_DATAERR. */
int		 head_of_part(struct build_part *p, const char *charset_8bit,
		    struct fail *why);
/* The whole header, `root' being what stands at the top (NULL: an empty text). */
int		 head_of_message(struct build *b, struct build_part *root,
		    const struct build_options *o, struct fail *why);
/* Octets of text when its LF become CRLF. */
uint64_t	 head_size(const char *text, size_t n);

#endif
