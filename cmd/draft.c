/* SPDX-License-Identifier: ISC */
/* draft.c -- a draft: its fields, files and body, and the header that -t takes from the input. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../mime/head.h"
#include "../mime/param.h"
#include "alias.h"
#include "sending.h"

void
draft_init(struct draft *d)
{
	memset(d, 0, sizeof *d);
}

static void
free_attachment(struct attachment *a)
{
	free(a->path);
	free(a->charset);
	free(a->description);
	free(a->type);
	free(a->name);
	free(a->id);
	if (a->in != NULL)
		fclose(a->in);
}

void
draft_free(struct draft *d)
{
	size_t i;

	for (i = 0; i < d->nattachments; i++)
		free_attachment(&d->attachments[i]);
	free(d->attachments);
	free(d->subject);
	free(d->from);
	free(d->sender);
	free(d->body_type);
	free(d->html);
	free(d->in_reply_to);
	free(d->once);
	free(d->at);
	addrs_free(&d->to);
	addrs_free(&d->cc);
	addrs_free(&d->bcc);
	addrs_free(&d->reply_to);
	strv_free(&d->fields);
	strv_free(&d->inlines);
	strv_free(&d->references);
	strv_free(&d->sendmail_args);
	if (d->body != NULL)
		fclose(d->body);
	memset(d, 0, sizeof *d);
}

/* --- Files. --- */

/* Opening a FIFO would wait for somebody to write. */
FILE *
file_open(const char *path, struct fail *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	FILE *f = NULL;

	if (fd == -1 || fstat(fd, &st) == -1)
		fail_errno(why, EX_NOINPUT, "%s", path);
	else if (!S_ISREG(st.st_mode))
		fail(why, EX_NOINPUT, "%s: not a regular file", path);
	else if ((f = fdopen(fd, "r")) == NULL)
		fail_errno(why, EX_OSERR, "%s", path);
	if (f == NULL && fd != -1)
		close(fd);
	return f;
}

/* Other mailx programs have -a for a field of the header. */
static bool
looks_like_field(const char *s)
{
	size_t n = 0;

	while (s[n] > ' ' && s[n] < 127 && s[n] != ':' && s[n] != '/')
		n++;
	return n > 0 && s[n] == ':' && s[n + 1] == ' ';
}

/* The `=' before a charset, where what stands before it is the file. */
static const char *
find_charset(const char *path)
{
	const char *equals = strrchr(path, '=');
	struct stat st;
	char *name;
	bool is;

	if (equals == NULL || equals == path || equals[1] == '\0' ||
	    strchr(equals, '/') != NULL || stat(path, &st) == 0)
		return NULL;
	name = xstrndup(path, (size_t)(equals - path));
	is = stat(name, &st) == 0;
	free(name);
	return is ? equals : NULL;
}

struct attachment *
draft_add(struct draft *d)
{
	struct attachment *a;

	d->attachments = xgrow(d->attachments, d->nattachments, &d->cap,
	    sizeof *d->attachments);
	a = &d->attachments[d->nattachments++];
	memset(a, 0, sizeof *a);
	return a;
}

int
draft_attach(struct draft *d, const char *path, struct fail *why)
{
	const char *equals = find_charset(path);
	char *name = equals == NULL ? xstrdup(path) :
	    xstrndup(path, (size_t)(equals - path));
	struct attachment *a;
	FILE *f = file_open(name, why);

	if (f == NULL) {
		free(name);
		if (errno == ENOENT && looks_like_field(path)) {
			fail_clear(why);
			return fail(why, EX_NOINPUT, "%s: no such file; "
			    "-C adds a header field", path);
		}
		return -1;
	}
	/* It is opened again when the message is built: any number fits. */
	fclose(f);
	a = draft_add(d);
	a->path = name;
	a->charset = equals == NULL ? NULL : xstrdup(equals + 1);
	return 0;
}

FILE *
draft_body(struct draft *d, struct fail *why)
{
	if (d->body == NULL)
		d->body = store_stage(why);
	else if (fseeko(d->body, 0, SEEK_END) == -1) {
		fail_errno(why, EX_IOERR, "the body");
		return NULL;
	}
	return d->body;
}

int
draft_file(struct draft *d, const char *path, struct fail *why)
{
	FILE *f = file_open(path, why), *body;
	int r = -1;

	if (f == NULL)
		return -1;
	body = draft_body(d, why);
	if (body != NULL)
		r = stream_copy(f, body, UINT64_MAX, why);
	fclose(f);
	return r;
}

/* --- Fields. --- */

static void
replace(char **old, const char *value)
{
	free(*old);
	*old = xstrdup(value);
}

/* Of a body that is text as it is, nothing need be said; an encoded one is none. */
static int
field_of_body(struct draft *d, const char *name, const char *value,
    struct fail *why)
{
	static const char *const plain[] = { "7bit", "8bit", "binary" };
	size_t i;

	if (strcasecmp(name, "Content-Type") == 0) {
		if (strncasecmp(value, "multipart/", 10) == 0)
			return fail(why, EX_DATAERR, "%s: %s: the body is "
			    "taken as one text", name, value);
		if (d->body_type == NULL)
			d->body_type = xstrdup(value);
	} else if (strcasecmp(name, "Content-Transfer-Encoding") == 0) {
		for (i = 0; i < NELEM(plain); i++)
			if (strcasecmp(value, plain[i]) == 0)
				return 0;
		return fail(why, EX_DATAERR, "%s: %s: the body is taken as it "
		    "is", name, value);
	}
	return 0;
}

static struct addrs *
list_of(struct draft *d, const char *name)
{
	return strcasecmp(name, "To") == 0 ? &d->to :
	    strcasecmp(name, "Cc") == 0 ? &d->cc :
	    strcasecmp(name, "Bcc") == 0 ? &d->bcc :
	    strcasecmp(name, "Reply-To") == 0 ? &d->reply_to : NULL;
}

/* "undisclosed-recipients:;" is what a header says that names nobody. */
static bool
is_empty_group(const char *value)
{
	struct addrs as = { 0 };
	bool empty;

	addrs_parse(&as, span_of(value), NULL);
	empty = as.n == 0 && strchr(value, ':') != NULL;
	addrs_free(&as);
	return empty;
}

/* Of a mailbox, where a message was taken from one. */
static bool
is_status(const char *name)
{
	return strcasecmp(name, "Status") == 0 ||
	    strcasecmp(name, "X-Status") == 0;
}

static int
store_field(struct mailx *m, struct draft *d, const char *name,
    const char *value, struct fail *why)
{
	struct addrs *list = list_of(d, name);

	if (list != NULL) {
		if (is_empty_group(value) ||
		    alias_expand(m, value, list, why) == 0)
			return 0;
		fail_where(why, "%s", name);
		return -1;
	}
	if (strcasecmp(name, "Subject") == 0) {
		if (d->subject == NULL)
			d->subject = xstrdup(value);
	} else if (strcasecmp(name, "From") == 0) {
		if (d->from == NULL)
			d->from = xstrdup(value);
	} else if (strcasecmp(name, "Sender") == 0)
		replace(&d->sender, value);
	else if (strncasecmp(name, "Content-", 8) == 0 ||
	    strcasecmp(name, "MIME-Version") == 0)
		return field_of_body(d, name, value, why);
	else if (!is_status(name))
		strv_take(&d->fields, xasprintf("%s: %s", name, value));
	return 0;
}

int
draft_field(struct mailx *m, struct draft *d, const char *name,
    const char *value, struct fail *why)
{
	const char *p;

	value += strspn(value, " \t");
	for (p = name; *p > ' ' && *p < 127; p++)
		continue;
	if (p == name || *p != '\0')
		return fail(why, EX_DATAERR, "%s: not the name of a field",
		    name);
	if (strpbrk(value, "\r\n") != NULL)
		return fail(why, EX_DATAERR, "%s: line break in a header field",
		    name);
	return store_field(m, d, name, value, why);
}

/* --- -t. --- */

/*
 * `Attach: file' reads a file.  It stands beside To and Bcc: whoever writes the
 * head decides where the message goes as well.
 */
static int
take_field(struct mailx *m, struct draft *d, const struct field *f,
    struct fail *why)
{
	char *name = span_dup(f->name);
	char *value = list_of(d, name) != NULL ||
	    strcasecmp(name, "From") == 0 || strcasecmp(name, "Sender") == 0 ?
	    head_raw(f) : head_text(f, m->options.charset_8bit);
	int r;

	if (strcasecmp(name, "Attach") != 0)
		r = draft_field(m, d, name, value, why);
	else
		r = draft_attach(d, value, why);
	free(name);
	free(value);
	return r;
}

/* Is this the empty line?  The first octet of a line is `c'. */
static bool
ends_head(FILE *body, int c)
{
	int next;

	if (c != '\r')
		return c == '\n';
	next = getc(body);
	if (next == '\n')
		return true;
	ungetc(next, body);
	return false;
}

/* The lines up to the empty one. */
static char *
read_head(FILE *body, size_t *len, struct fail *why)
{
	bool start = true;
	size_t all = 0;
	char *text;
	FILE *f = xmemstream(&text, len);
	int c;

	while ((c = getc(body)) != EOF && !(start && ends_head(body, c))) {
		if (all == 0 && ascii_is_space(c))
			fail(why, EX_DATAERR, "the input does not begin with "
			    "a header field");
		else if (c == '\0')
			fail(why, EX_DATAERR, "NUL in the header");
		else if (++all > MAX_HEAD_SIZE)
			fail(why, EX_DATAERR, "a header over %d octets",
			    MAX_HEAD_SIZE);
		if (why->code != 0)
			break;
		putc(c, f);
		start = c == '\n';
	}
	if (ferror(body))
		fail_errno(why, EX_IOERR, "the input");
	fclose(f);
	if (why->code == 0)
		return text;
	free(text);
	return NULL;
}

/* What stands behind the header is the body. */
static int
cut_body(struct draft *d, struct fail *why)
{
	FILE *rest = store_stage(why);

	if (rest == NULL)
		return -1;
	if (stream_copy(d->body, rest, UINT64_MAX, why) == -1) {
		fclose(rest);
		return -1;
	}
	fclose(d->body);
	d->body = rest;
	return 0;
}

int
compose_take_fields(struct mailx *m, struct draft *d, struct fail *why)
{
	struct head h;
	size_t len, i;
	char *text;
	int r = 0;

	if (draft_body(d, why) == NULL)
		return -1;
	rewind(d->body);
	text = read_head(d->body, &len, why);
	if (text == NULL)
		return -1;
	head_parse_whole(&h, text, len);
	if ((h.defects & DEFECT_HEAD_CUT) != 0)
		r = fail(why, EX_DATAERR, "more than %d header fields",
		    MAX_FIELDS);
	else if ((h.defects & DEFECT_FIELD) != 0)
		r = fail(why, EX_DATAERR, "the input does not begin with "
		    "header fields and an empty line");
	for (i = 0; i < h.n && r == 0; i++)
		r = take_field(m, d, &h.v[i], why);
	head_free(&h);
	return r == 0 ? cut_body(d, why) : -1;
}
