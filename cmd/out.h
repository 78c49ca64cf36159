/* SPDX-License-Identifier: ISC */
/*
 * out.h -- all output of commands: for people (sanitised, aligned by display
 * width) or as JSON lines (-J).  No other file prints records or formats JSON.
 */
#ifndef CMD_OUT_H
#define CMD_OUT_H

#include "cmd.h"

struct out	*out_new(struct mailx *m);	/* to standard output */
void		 out_free(struct out *o);
/* Where output goes now: standard output, or a redirection or pager put in front. */
FILE		*out_stream(struct mailx *m);
/* Output of one command into a file (append?) or a shell command; undone by out_restore, which reports write errors. */
int		 out_redirect(struct mailx *m, const char *path, bool append, struct fail *why);
int		 out_pipe(struct mailx *m, const char *command, struct fail *why);
int		 out_restore(struct mailx *m, struct fail *why);
/* Page what follows if interactive and `crt' says so; until out_restore. */
void		 out_page(struct mailx *m);
/* Flush; EX_IOERR when standard output is closed or full. */
int		 out_flush(struct mailx *m, struct fail *why);

/* A line for people; nothing under -J.  Sanitised. */
void		 out_line(struct mailx *m, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* A line on standard error, for terminals and `verbose' alone (warnings, progress of a kind). */
void		 out_note(struct mailx *m, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* One line of error on standard error, and {"error":...} on standard output under -J. */
void		 out_error(struct mailx *m, const char *where, const struct fail *why);
void		 out_ack(struct mailx *m, int status);	/* {"ack":N,"status":S} under -J with `set ack' */

/* The summary of message n (envelope and flags are loaded): one line by `headline', or JSON. */
int		 out_summary(struct mailx *m, struct store *s, uint32_t n, struct fail *why);
/* The tree of parts. */
int		 out_structure(struct mailx *m, struct store *s, uint32_t n, struct fail *why);
/* A whole message as `type' prints it (all: as `Type'), or JSON with fields and parts. */
int		 out_message(struct mailx *m, struct store *s, uint32_t n, bool all, struct fail *why);
/* As `type' prints it, with these fields, into a stream, as UTF-8 and under -J too: for quoting. */
enum quote { QUOTE_SHOWN, QUOTE_ALL, QUOTE_BODY };
int		 out_quote(struct mailx *m, struct store *s, uint32_t n,
		    enum quote what, FILE *to, struct fail *why);
/* One part alone as `type 3.2' prints it. */
int		 out_part(struct mailx *m, struct store *s, uint32_t n, struct part *p, struct fail *why);
/* The header as `top' and `type' show it, and `lines' lines of the body (-1: all). */
int		 out_top(struct mailx *m, struct store *s, uint32_t n, int lines, struct fail *why);
void		 out_folder(struct mailx *m, const struct store_list_entry *e);
void		 out_quota(struct mailx *m, const struct store_quota *q);
void		 out_number(struct mailx *m, const char *key, uint64_t value);	/* count */
void		 out_written(struct mailx *m, const char *path, const char *part, uint64_t octets);	/* extract, write; part: "3", "3.2" */
void		 out_octets(struct mailx *m, const char *ref, uint64_t octets);	/* size; ref: "3", "3.2" */

struct fetched {
	uint64_t	 fetched, skipped, failed, octets;
	const char	*source, *dest;
	bool		 dry;		/* -n: what would come */
};
void		 out_fetched(struct mailx *m, const struct fetched *f);

struct sent {
	const char	*message_id;
	const struct smtp_rcpt *rcpt;	/* net/smtp.h */
	size_t		 nrcpt;
	bool		 queued, already;
	FILE		*message;	/* of a dry run: what would have gone; else NULL */
};
void		 out_sent(struct mailx *m, const struct sent *s);
/* What a server answered to a question: its lines, with the code under -J alone. */
void		 out_reply(struct mailx *m, const char *verb, int code,
		    const struct strv *lines);
/* `set', `alias', `list', ... : name and value pairs. */
void		 out_pair(struct mailx *m, const char *name, const char *value);

/* Filter: UTF-8 text written to it comes out with unsafe characters as visible escapes.  out stays open. */
FILE		*out_sanitiser(FILE *out);
/* A sanitised copy on one line, cut to `columns' (0: whole).  The caller frees. */
char		*out_clean(const char *text, int columns);
/* The columns that clean text takes. */
int		 out_width(const char *clean);

#endif
