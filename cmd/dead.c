/* SPDX-License-Identifier: ISC */
/*
 * dead.c -- $DEAD: what was written and could not be sent, as messages of an mbox
 * file, so that any mail program reads them and -t sends one again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "../mime/word.h"
#include "sending.h"
#include "vars.h"

char *
dead_path(const struct mailx *m)
{
	const char *path = var_get(m, "DEAD"), *home = getenv("HOME");

	if (path == NULL || *path == '\0')
		path = "~/dead.letter";
	if (strncmp(path, "~/", 2) == 0)
		return xasprintf("%s/%s", home == NULL || *home == '\0' ? "." :
		    home, path + 2);
	return xstrdup(path);
}

/* POSIX: without `save' nothing is kept; and /dev/null keeps nothing. */
static bool
is_kept(const struct mailx *m)
{
	char *path = dead_path(m);
	bool kept = var_is_set(m, "save") && strcmp(path, "/dev/null") != 0;

	free(path);
	return kept;
}

/* A home that does not exist, as those of daemons, is not to come about this way. */
static int
check_directory(const char *path, struct fail *why)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ? xstrdup(".") :
	    xstrndup(path, (size_t)(slash - path) + 1);
	int r = access(dir, X_OK);

	if (r == -1)
		fail_errno(why, EX_CANTCREAT, "%s", dir);
	free(dir);
	return r;
}

/* A link there could lead what is private anywhere. */
static int
append(struct mailx *m, const char *path, FILE *message, struct fail *why)
{
	struct msg like = { .flags = MSG_SEEN };
	struct stat st;
	char *name;
	int r;

	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		return fail(why, EX_CANTCREAT, "a symbolic link");
	if (check_directory(path, why) == -1)
		return -1;
	name = xasprintf("mbox:%s", path);
	r = store_deliver(name, message, &like, &m->options, why);
	free(name);
	return r;
}

static void
add_to(struct fail *why, const char *path, const struct fail *fault)
{
	if (fault->code == 0)
		fail_behind(why, " (saved in %s)", path);
	else
		fail_behind(why, " (and not saved in %s: %s)", path,
		    fault->text);
}

/* Other mailx programs leave plain text there, behind which no mailbox can begin. */
static bool
is_plain_text(const char *path, const struct fail *fault)
{
	struct stat st;

	return fault->code == EX_CANTCREAT && lstat(path, &st) == 0 &&
	    S_ISREG(st.st_mode) && st.st_size > 0;
}

static void
save_message(struct mailx *m, FILE *message, struct fail *why)
{
	char *path = dead_path(m), *beside;
	struct fail fault = { 0 };

	if (append(m, path, message, &fault) == -1 &&
	    is_plain_text(path, &fault)) {
		beside = xasprintf("%s.mbox", path);
		free(path);
		path = beside;
		fail_clear(&fault);
		rewind(message);
		append(m, path, message, &fault);
	}
	add_to(why, path, &fault);
	free(path);
}

/* It could not even be put together. */
static void
tell_not_saved(const struct mailx *m, const struct fail *fault,
    struct fail *why)
{
	char *path = dead_path(m);

	add_to(why, path, fault);
	free(path);
}

/* --- What goes in. --- */

static void
put_deferred(FILE *f, const struct outgoing *o)
{
	struct addrs as = { 0 };
	size_t i;

	for (i = 0; i < o->nrcpt; i++)
		if (o->rcpt[i].state != RCPT_ACCEPTED &&
		    o->rcpt[i].state != RCPT_REFUSED)
			addrs_add(&as, NULL, o->rcpt[i].addr);
	write_addrs(f, o->resent ? "Resent-To" : "To", &as);
	addrs_free(&as);
}

static bool
names_recipients(const char *line, bool resent)
{
	if (resent && strncasecmp(line, "Resent-", 7) != 0)
		return false;
	line += resent ? 7 : 0;
	return strncasecmp(line, "To:", 3) == 0 ||
	    strncasecmp(line, "Cc:", 3) == 0;
}

/* The message with those alone in its header who have not got it. */
static int
put_for_deferred(FILE *to, FILE *from, const struct outgoing *o,
    struct fail *why)
{
	bool dropped = false;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	put_deferred(to, o);
	while ((n = xgetline(&line, &cap, from)) > 0 && *line != '\n') {
		if (*line != ' ' && *line != '\t')
			dropped = names_recipients(line, o->resent);
		if (!dropped)
			fwrite(line, 1, (size_t)n, to);
	}
	free(line);
	putc('\n', to);
	return stream_copy(from, to, UINT64_MAX, why);
}

int
write_unsent(FILE *to, struct outgoing *o, struct fail *why)
{
	write_addrs(to, o->resent ? "Resent-Bcc" : "Bcc", o->hidden);
	return o->write(o->ctx, to, why);
}

static int
stage_outgoing(FILE *to, struct outgoing *o, bool deferred, struct fail *why)
{
	FILE *whole;
	int r;

	if (!deferred)
		return write_unsent(to, o, why);
	whole = outgoing_stage(o, why);
	if (whole == NULL)
		return -1;
	r = put_for_deferred(to, whole, o, why);
	fclose(whole);
	return r;
}

void
dead_outgoing(struct mailx *m, struct outgoing *o, bool deferred,
    struct fail *why)
{
	struct fail fault = { 0 };
	FILE *f;

	if (!is_kept(m))
		return;
	f = store_stage(&fault);
	if (f != NULL && stage_outgoing(f, o, deferred, &fault) == 0 &&
	    (fflush(f) == EOF || ferror(f)))
		fail_errno(&fault, EX_IOERR, "a temporary file");
	/* What nobody has got yet is saved as its draft by the caller. */
	if (fault.code != 0 && deferred)
		tell_not_saved(m, &fault, why);
	else if (fault.code == 0) {
		rewind(f);
		save_message(m, f, why);
		o->saved = true;
	}
	if (f != NULL)
		fclose(f);
}

/* A line break in the subject may be what was wrong with it. */
static void
put_text(FILE *f, const char *name, const char *value)
{
	char *one = xstrdup(value), *p;

	for (p = one; *p != '\0'; p++)
		if (ascii_is_control((unsigned char)*p))
			*p = ' ';
	word_field(f, name, one);
	free(one);
}

static int
stage_draft(FILE *f, const struct draft *d, FILE *body, struct fail *why)
{
	char date[DATE_MAX];
	struct date now;

	date_now(&now);
	date_rfc5322(&now, date);
	fprintf(f, "Date: %s\n", date);
	if (d != NULL) {
		write_addrs(f, "To", &d->to);
		write_addrs(f, "Cc", &d->cc);
		write_addrs(f, "Bcc", &d->bcc);
		if (d->subject != NULL)
			put_text(f, "Subject", d->subject);
	}
	putc('\n', f);
	rewind(body);
	if (stream_copy(body, f, UINT64_MAX, why) == -1)
		return -1;
	if (fflush(f) != 0 || ferror(f))
		return fail_errno(why, EX_IOERR, "a temporary file");
	rewind(f);
	return 0;
}

void
dead_message(struct mailx *m, FILE *message, struct fail *why)
{
	if (!is_kept(m))
		return;
	rewind(message);
	save_message(m, message, why);
}

void
dead_draft(struct mailx *m, const struct draft *d, FILE *body, struct fail *why)
{
	struct fail fault = { 0 };
	FILE *f;

	if (!is_kept(m))
		return;
	f = store_stage(&fault);
	if (f != NULL && stage_draft(f, d, body, &fault) == 0)
		save_message(m, f, why);
	else
		tell_not_saved(m, &fault, why);
	if (f != NULL)
		fclose(f);
}

void
send_save_dead(struct mailx *m, const struct draft *d)
{
	struct fail where = { .code = EX_UNAVAILABLE, .text = "not sent" };

	if (d->body == NULL || stream_is_empty(d->body))
		return;
	dead_draft(m, d, d->body, &where);
	tell(m, &where);
}
