/* SPDX-License-Identifier: ISC */
/*
 * compose.h -- a message on its way out: the draft, reading its body with tilde
 * escapes, and handing it to a transport.
 */
#ifndef CMD_COMPOSE_H
#define CMD_COMPOSE_H

#include "../mailx.h"
#include "../mime/build.h"
#include "../net/smtp.h"

struct attachment {
	char		*path;		/* owned; NULL where `in' stands for itself */
	FILE		*in;		/* owned; or NULL: opened from path */
	char		*charset;	/* owned; or NULL */
	char		*description;	/* owned; or NULL */
	char		*type;		/* owned; or NULL: guessed */
	char		*name;		/* owned: file name shown; NULL: from path */
	char		*id;		/* owned: Content-ID for --inline; or NULL */
};

struct draft {
	char		*subject;	/* owned, UTF-8; or NULL */
	char		*from;		/* owned: -r; NULL: the variable `from', else user@host */
	char		*sender;	/* owned: envelope sender if not From; or NULL */
	struct addrs	 to, cc, bcc, reply_to;
	struct strv	 fields;	/* "Name: value", UTF-8 */
	struct attachment *attachments;	/* owned */
	size_t		 nattachments;
	size_t		 cap;
	char		*body_type;	/* owned: -M; or NULL */
	char		*html;		/* owned: path of --html; or NULL */
	struct strv	 inlines;	/* "name=file" */
	FILE		*body;		/* owned: seekable; NULL until read */
	/* of the message that is answered or forwarded */
	char		*in_reply_to;	/* owned; or NULL */
	struct strv	 references;
	bool		 record_by_name;	/* -F */
	bool		 skip_empty;	/* -E */
	bool		 has_fields;	/* -t: they stand in the text, and nobody is asked */
	bool		 put_aside;	/* in the folder of drafts: not lost, not sent */
	bool		 lacks_form;	/* recall: of its text, such as HTML */
	char		*once;		/* owned: --once key; or NULL */
	char		*at;		/* owned: --at; or NULL */
	struct strv	 sendmail_args;	/* after -- */
};

void	 draft_init(struct draft *d);
void	 draft_free(struct draft *d);
/* One more attachment, empty; borrowed until the next. */
struct attachment *draft_add(struct draft *d);
/* Attach a file, `path=charset' too: EX_NOINPUT when missing, unreadable, a directory, FIFO or device. */
int	 draft_attach(struct draft *d, const char *path, struct fail *why);
/* Append a file to the body (-q, -m).  EX_NOINPUT. */
int	 draft_file(struct draft *d, const char *path, struct fail *why);
/*
 * A field by its name: addresses to their lists, the subject, From, Reply-To,
 * the body's type; what is ours to write is left out; all others to `fields'.
 * EX_DATAERR: a line break, or none of the form of a field.
 */
int	 draft_field(struct mailx *m, struct draft *d, const char *name,
	    const char *value, struct fail *why);

/*
 * Read the body from `in' into d->body: to its end, or in a script or at a
 * terminal to a lone `.'; with tilde escapes where m->tilde.  1: given up
 * (~q, ~x, interrupt), 0, -1.
 */
int	 compose_body(struct mailx *m, struct draft *d, FILE *in, bool to_dot, struct fail *why);
/* -t: take the fields at the head of the body into the draft. */
int	 compose_take_fields(struct mailx *m, struct draft *d, struct fail *why);

/* For people: its fields, the names of its files, the text so far. */
int	 compose_print(struct mailx *m, struct draft *d, struct fail *why);

/*
 * Build and deliver by the variable `mta', record, report; what could not be sent
 * goes to $DEAD.  0, or -1 with the contract's code: 67 when some recipients were refused though others got it.
 */
int	 send_draft(struct mailx *m, struct draft *d, struct fail *why);
/* Append what is there of a draft's body to $DEAD; tells where on standard error. */
void	 send_save_dead(struct mailx *m, const struct draft *d);

#endif
