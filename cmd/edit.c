/* SPDX-License-Identifier: ISC */
/*
 * edit.c -- edit, visual: a message in an editor.
 *
 * What is edited is a copy, and the message stays what it is (POSIX).  With the
 * variable `writebackedited' a copy that was changed is appended to the folder
 * and the message marked deleted: at no moment is there neither.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "out.h"
#include "read.h"
#include "term.h"
#include "vars.h"

struct scratch {
	char	*dir;			/* owned: 0700 */
	char	*path;			/* owned: the message in it */
};

static void
scratch_free(struct scratch *x)
{
	free(x->dir);
	free(x->path);
}

static void
scratch_remove(struct scratch *x)
{
	(void)unlink(x->path);
	(void)rmdir(x->dir);
	scratch_free(x);
}

static int
scratch_make(struct scratch *x, struct fail *why)
{
	const char *tmp = getenv("TMPDIR");

	if (tmp == NULL || *tmp != '/')
		tmp = "/tmp";
	x->dir = xasprintf("%s/mailx-XXXXXXXXXX", tmp);
	x->path = NULL;
	if (mkdtemp(x->dir) == NULL) {
		fail_errno(why, EX_CANTCREAT, "%s", x->dir);
		scratch_free(x);
		return -1;
	}
	x->path = xasprintf("%s/message", x->dir);
	return 0;
}

static int
write_copy(struct mailx *m, uint32_t n, const char *path, struct fail *why)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600), r;
	FILE *to = fd == -1 ? NULL : fdopen(fd, "w"), *from;

	if (to == NULL) {
		if (fd != -1)
			close(fd);
		return fail_errno(why, EX_CANTCREAT, "%s", path);
	}
	from = store_message(m->folder, n, why);
	r = from == NULL ? -1 : stream_copy(from, to, UINT64_MAX, why);
	if (from != NULL)
		fclose(from);
	if (stream_close(to, path, r == 0 ? why : NULL) == -1)
		r = -1;
	return r;
}

static bool
same_text(FILE *a, FILE *b)
{
	int c, d;

	do {
		c = getc(a);
		d = getc(b);
	} while (c == d && c != EOF);
	return c == d;
}

/* 1 changed, 0 as it was, -1; `edited' stands at its start again. */
static int
is_changed(struct mailx *m, uint32_t n, FILE *edited, struct fail *why)
{
	FILE *from = store_message(m->folder, n, why);
	bool same;

	if (from == NULL)
		return -1;
	same = same_text(from, edited);
	fclose(from);
	rewind(edited);
	return same ? 0 : 1;
}

static int
append(struct mailx *m, uint32_t n, FILE *f, struct fail *why)
{
	struct msg like = *store_msg(m->folder, n);

	like.flags &= ~(uint32_t)MSG_DELETED;
	return store_deliver(m->folder_name, f, &like, &m->options, why);
}

static int
write_back(struct mailx *m, uint32_t n, const char *path, struct fail *why)
{
	FILE *f = fopen(path, "re");
	int r;

	if (f == NULL)
		return fail_errno(why, EX_NOINPUT, "%s", path);
	r = is_changed(m, n, f, why);
	if (r == 1)
		r = append(m, n, f, why) == -1 ? -1 : 1;
	fclose(f);
	if (r != 1)
		return r;
	store_flag(m->folder, n, MSG_DELETED, MSG_PRESERVED);
	out_line(m, "Message %u: what you made of it was appended, and this one "
	    "is deleted", n);
	return 0;
}

/* Text that could not be stored is not taken from who wrote it. */
static int
edit_one(struct mailx *m, uint32_t n, bool visual, bool back,
    struct fail *why)
{
	struct scratch x;
	int r;

	if (scratch_make(&x, why) == -1)
		return -1;
	r = write_copy(m, n, x.path, why);
	if (r == 0)
		r = term_edit(m, x.path, visual, why);
	if (r == 0 && back && write_back(m, n, x.path, why) == -1) {
		fail_where(why, "%s is kept", x.path);
		scratch_free(&x);
		return -1;
	}
	scratch_remove(&x);
	return r;
}

static int
run_edit(struct mailx *m, struct args *a)
{
	bool visual = strcmp(a->cmd->name, "visual") == 0;
	bool back = var_is_set(m, "writebackedited");
	size_t i;

	if (back && (m->read_only || m->folder->mode != STORE_WRITE))
		return fail(&m->why, EX_NOPERM, "the folder is open read-only");
	if (read_load(m, &a->msgs, LOAD_FLAGS | LOAD_SIZE, &m->why) == -1)
		return -1;
	for (i = 0; i < a->msgs.n; i++) {
		if (edit_one(m, a->msgs.v[i].n, visual, back, &m->why) == -1)
			return -1;
		read_mark(m, a->msgs.v[i].n);
	}
	read_current(m, &a->msgs);
	return 0;
}

#define EDITS								\
	.flags = CMD_FOLDER, .takes = TAKES_MSGS, .empty = DEFAULT_DOT,	\
	.max = -1, .usage = "[msglist]", .run = run_edit

const struct cmd cmd_edit = {
	.name = "edit", .abbreviation = "e", EDITS,
	.help = "look at copies of messages in $EDITOR"
};

const struct cmd cmd_visual = {
	.name = "visual", .abbreviation = "v", EDITS,
	.help = "look at copies of messages in $VISUAL"
};
