/* SPDX-License-Identifier: ISC */
/*
 * draft.c -- composes the drafts that tests/drafts.py describes on standard input
 * and tells of each: "ok", or what was refused.  A line is a word and values,
 * divided by HTAB, %XX for octets that need it:
 *
 *	encoding qp | 8bit yes | flowed yes	options
 *	field Name value
 *	addr address name	collected for the next ...
 *	addrs Name
 *	open multipart/related		a container; close ends it
 *	part path type charset name description id disposition	"" is none
 *	write path
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "../mime/build.h"

#define MAX_VALUES	8
#define MAX_OPEN	8

struct state {
	struct build	*b;
	struct addrs	 as;
	struct build_options o;
	char		 encoding[16];
	struct build_part *open[MAX_OPEN];
	size_t		 nopen;
	struct fail	 why;
};

static void
begin(struct state *s)
{
	build_free(s->b);
	addrs_free(&s->as);
	memset(s, 0, sizeof *s);
	s->b = build_new();
	s->o.hostname = "host.example.test";
	s->o.encoding = s->encoding;
	strlcpy(s->encoding, "auto", sizeof s->encoding);
}

/* Undo %XX, in place. */
static void
decode(char *p)
{
	char *to = p, hex[3] = "";

	for (; *p != '\0'; p++)
		if (*p == '%' && p[1] != '\0' && p[2] != '\0') {
			hex[0] = p[1];
			hex[1] = p[2];
			*to++ = (char)strtoul(hex, NULL, 16);
			p += 2;
		} else
			*to++ = *p;
	*to = '\0';
}

static char *
value(char *v)
{
	return v == NULL || *v == '\0' ? NULL : xstrdup(v);
}

static struct build_part *
innermost(struct state *s)
{
	return s->nopen == 0 ? NULL : s->open[s->nopen - 1];
}

static void
add_part(struct state *s, char **v)
{
	FILE *in = fopen(v[0], "r");
	struct build_part *p;

	if (in == NULL)
		err(1, "%s", v[0]);
	p = build_part(s->b, innermost(s), in);
	p->path = xstrdup(v[0]);
	p->type = value(v[1]);
	p->charset = value(v[2]);
	p->filename = value(v[3]);
	p->description = value(v[4]);
	p->id = value(v[5]);
	if (v[6] != NULL && strcmp(v[6], "attachment") == 0)
		p->disposition = BUILD_ATTACHMENT;
	else if (v[6] != NULL && strcmp(v[6], "inline") == 0)
		p->disposition = BUILD_INLINE;
}

/* Octets of the file, its line ends counted as CRLF. */
static uint64_t
wire_size(const char *path)
{
	FILE *f = fopen(path, "r");
	uint64_t n = 0;
	int c;

	if (f == NULL)
		err(1, "%s", path);
	while ((c = getc(f)) != EOF)
		n += c == '\n' ? 2 : 1;
	fclose(f);
	return n;
}

static void
write_draft(struct state *s, const char *path)
{
	FILE *out = fopen(path, "w");
	uint64_t size = 0;

	if (out == NULL)
		err(1, "%s", path);
	if (s->why.code == 0 &&
	    build_prepare(s->b, &s->o, &size, &s->why) == 0)
		(void)build_write(s->b, out, &s->why);
	if (fclose(out) != 0)
		err(1, "%s", path);
	if (s->why.code == 0 && size != wire_size(path))
		printf("size %llu, but %llu written\n", (unsigned long long)size,
		    (unsigned long long)wire_size(path));
	else if (s->why.code == 0)
		puts("ok");
	else
		printf("fail %d %s\n", s->why.code, s->why.text);
	fflush(stdout);
	begin(s);
}

static void
open_container(struct state *s, char *type)
{
	struct build_part *p = build_part(s->b, innermost(s), NULL);

	if (s->nopen == MAX_OPEN)
		errx(1, "too many containers");
	p->type = value(type);
	s->open[s->nopen++] = p;
}

static void
run(struct state *s, const char *word, char **v)
{
	if (strcmp(word, "encoding") == 0)
		strlcpy(s->encoding, v[0], sizeof s->encoding);
	else if (strcmp(word, "8bit") == 0)
		s->o.eightbit_ok = true;
	else if (strcmp(word, "flowed") == 0)
		s->o.flowed = true;
	else if (strcmp(word, "field") == 0)
		(void)build_field(s->b, v[0], v[1], &s->why);
	else if (strcmp(word, "addr") == 0)
		addrs_add(&s->as, v[1] == NULL || *v[1] == '\0' ? NULL : v[1],
		    v[0]);
	else if (strcmp(word, "addrs") == 0) {
		(void)build_addrs(s->b, v[0], &s->as, &s->why);
		addrs_free(&s->as);
	} else if (strcmp(word, "open") == 0)
		open_container(s, v[0]);
	else if (strcmp(word, "close") == 0)
		s->nopen -= s->nopen > 0;
	else if (strcmp(word, "part") == 0)
		add_part(s, v);
	else if (strcmp(word, "write") == 0)
		write_draft(s, v[0]);
	else
		errx(1, "%s: what is that?", word);
}

int
main(void)
{
	struct state s = { .b = NULL };
	char *line = NULL, *rest, *v[MAX_VALUES];
	size_t cap = 0, i;
	ssize_t n;

	begin(&s);
	while ((n = getline(&line, &cap, stdin)) > 0) {
		line[strcspn(line, "\n")] = '\0';
		rest = line;
		(void)strsep(&rest, "\t");
		for (i = 0; i < MAX_VALUES; i++)
			if ((v[i] = strsep(&rest, "\t")) != NULL)
				decode(v[i]);
		if (*line != '\0')
			run(&s, line, v);
	}
	free(line);
	build_free(s.b);
	addrs_free(&s.as);
	return 0;
}
