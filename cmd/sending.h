/* SPDX-License-Identifier: ISC */
/*
 * sending.h -- what the files of sending share, and nobody else includes: the
 * transports, a message ready for them, and what becomes of one that fails.
 */
#ifndef CMD_SENDING_H
#define CMD_SENDING_H

#include <signal.h>

#include "../net/server.h"
#include "compose.h"

enum transport_kind { TO_SERVER, TO_PROGRAM, TO_FOLDER };

struct transport {
	enum transport_kind kind;
	char	*target;	/* owned: URL, path of a program, folder */
	char	*shown;		/* owned: the same for errors, without a secret */
	char	*domain;	/* owned: completes a bare local name; NULL: that stays bare */
};

/* By the variable `mta'.  EX_CONFIG: unset and no sendmail program, or none of ours. */
int	 transport_find(struct mailx *m, struct transport *t, struct fail *why);
/* The same of a transport by its name, as `mta' has it. */
int	 transport_named(struct mailx *m, const char *mta, struct transport *t,
	    struct fail *why);
/* What the variables say, with its secret; the caller frees. */
char	*transport_configured(const struct mailx *m);
void	 transport_free(struct transport *t);

/* What octets a transport takes. */
enum carries { CARRIES_7BIT, CARRIES_8BIT, CARRIES_BINARY };

/* A message ready to go. */
struct outgoing {
	const char	*from;		/* envelope sender, borrowed */
	bool		 from_given;	/* by -r or a variable: the sendmail program is told */
	struct smtp_rcpt *rcpt;		/* owned, addresses and replies too */
	size_t		 nrcpt;
	const struct addrs *hidden;	/* borrowed: Bcc, for $DEAD alone; or NULL */
	bool		 utf8;		/* an address needs SMTPUTF8 */
	bool		 resent;	/* the fields that name recipients are Resent-... */
	const struct strv *sendmail_args;	/* borrowed; or NULL */
	uint64_t	 size;		/* set by prepare: octets with CRLF line ends */
	bool		 eightbit;	/* set by prepare: 8-bit octets in the body */
	bool		 binary;	/* set by prepare: it has binary parts (recast.h) */
	/* Find the encoding, for a transport that carries such octets.  Before write, perhaps again. */
	int		(*prepare)(struct outgoing *o, enum carries carries,
			    struct fail *why);
	/* With LF line ends; as often as wanted, the same each time. */
	int		(*write)(void *ctx, FILE *out, struct fail *why);
	void		*ctx;
	int64_t		 hold_until;	/* the server is to hold it until then; 0: no */
	bool		 more;		/* the session is used again: it is not to be ended */
	bool		 uncertain;	/* the connection was lost when it may have been taken */
	bool		 taken;		/* by the transport, for somebody */
	bool		 saved;		/* what did not go, in $DEAD */
};

/* One recipient for each address, each once. */
void	 outgoing_to(struct outgoing *o, const struct addrs *const lists[], size_t n);
void	 outgoing_free(struct outgoing *o);
/* The message as a seekable stream at its start. */
FILE	*outgoing_stage(struct outgoing *o, struct fail *why);

/*
 * Hand it over.  0 when it was taken for somebody: the states of the recipients
 * tell for whom.  -1: nobody gets it.
 */
int	 transport_send(struct mailx *m, const struct transport *t,
	    struct outgoing *o, struct fail *why);

/* A connection that is kept from one message to the next. */
struct session {
	struct smtp	*x;		/* owned; NULL: none yet */
	struct server	 server;	/* owned with it */
	const volatile sig_atomic_t *signalled;	/* borrowed: ends every wait; NULL: as usual */
	bool		 broken;	/* it could not be made */
	bool		 no_chunking;	/* the server said that it can and could not */
};

/* The same over that session, which is made where there is none. */
int	 transport_send_over(struct mailx *m, const struct transport *t,
	    struct outgoing *o, struct session *s, struct fail *why);
void	 session_end(struct session *s);
/*
 * The same with all that follows from failure: every recipient refused is told on
 * standard error, what did not go is saved in $DEAD.  0, or -1 also where some
 * got it (o->taken): 67 if any was refused, else 75.
 */
int	 deliver(struct mailx *m, const struct transport *t, struct outgoing *o,
	    struct fail *why);

/* EX_CONFIG: the value of the variable `dsn' makes no sense. */
int	 dsn_check(const char *given, struct fail *why);
/* What the variables say of it: `dsn' makes sense, and it is not too large. */
int	 outgoing_check(const struct mailx *m, struct outgoing *o, struct fail *why);
/* The first of those refused, else of those deferred; NULL: all is well. */
const struct smtp_rcpt *outgoing_worst(const struct outgoing *o);
/* Fail with the reply to that recipient. */
int	 say_refused(const struct transport *t, const struct smtp_rcpt *r,
	    struct fail *why);
/* A line for each that is wrong (deferred ones too, if so) but the one that `why' tells of. */
void	 tell_refused(struct mailx *m, const struct transport *t,
	    const struct outgoing *o, bool deferred, const struct fail *why);

/* A dry run: the message on standard output, under -J in its record. */
int	 print_outgoing(struct mailx *m, struct outgoing *o, const char *id,
	    struct fail *why);

/* A line of error on standard error alone: one of several, of which the last is the command's. */
void	 tell(struct mailx *m, const struct fail *why);

/* File a copy by the variable `record' or, by_name, in a file named after the first recipient; a failure is told and is none of the sending. */
void	 record_copy(struct mailx *m, struct outgoing *o, bool by_name);

/*
 * The folder that a variable names, record or drafts: `use' as its value means
 * the mailbox that the server of `folder' marks so.  The caller frees.
 */
char	*sending_folder(struct mailx *m, const char *name, const char *use,
	    struct fail *why);

/* --- What is not sent: drafts, and $DEAD. --- */

/* Does the variable `drafts' name a folder for what is unfinished? */
bool	 drafts_are_kept(const struct mailx *m);
/*
 * Put a draft aside there, durably: d->put_aside.  What cannot be put there is
 * saved in $DEAD, and `why' says so.  Its body is gone afterwards.
 */
int	 draft_put_aside(struct mailx *m, struct draft *d, struct fail *why);

/* All of it, its hidden recipients named; or a copy for those deferred alone.  Where it cannot be written any more, o->saved stays false. */
void	 dead_outgoing(struct mailx *m, struct outgoing *o, bool deferred,
	    struct fail *why);
/* A whole message. */
void	 dead_message(struct mailx *m, FILE *message, struct fail *why);
/* A message with its hidden recipients, as its sender alone may see it. */
int	 write_unsent(FILE *to, struct outgoing *o, struct fail *why);
/* Say to a person that the text speaks of an attachment, where there is none. */
void	 warn_forgotten(struct mailx *m, const struct draft *d);
/* A draft that was not built: its fields as far as they go, and `body'. */
void	 dead_draft(struct mailx *m, const struct draft *d, FILE *body,
	    struct fail *why);
/* The path: the variable DEAD, else ~/dead.letter.  The caller frees. */
char	*dead_path(const struct mailx *m);

/* --- Addresses and fields. --- */

/*
 * Make addresses fit to be sent to: checked, domains as A-labels, a bare local
 * name completed with `domain' (NULL: not).  *utf8 is set where one needs SMTPUTF8.
 */
int	 settle_addrs(const struct addrs *in, const char *domain,
	    struct addrs *out, bool *utf8, struct fail *why);
/* An address field, folded between addresses; nothing where there are none (NULL too). */
void	 write_addrs(FILE *f, const char *name, const struct addrs *as);
/* The user's own address, From, by -r, the variable `from', or login name and host. */
int	 own_addrs(struct mailx *m, const char *given, struct addrs *from,
	    bool *was_given, struct fail *why);
/* The variable `hostname', else the system's name.  The caller frees. */
char	*own_host(const struct mailx *m);
/* A variable that is on by default: unset, `no', `off' and 0 turn it off. */
bool	 is_on(const struct mailx *m, const char *name);

/* --- Composing. --- */

/* One line of a body that begins with the escape character, which is not in `line'.  1: the body ends, 2: given up, 3: given up and not saved; 0, -1. */
enum { TILDE_END = 1, TILDE_QUIT, TILDE_EXIT };
int	 tilde_run(struct mailx *m, struct draft *d, const char *line,
	    struct fail *why);
/* The character, or 0 where escapes are off. */
int	 tilde_escape(const struct mailx *m);
/* Ask a person for the fields of a draft: those not known, or (all) each again. */
int	 compose_ask(struct mailx *m, struct draft *d, bool all, struct fail *why);
/* A file that is one: EX_NOINPUT for a directory, FIFO, device too. */
FILE	*file_open(const char *path, struct fail *why);
/* A body stream for the draft if it has none, positioned at its end. */
FILE	*draft_body(struct draft *d, struct fail *why);
bool	 stream_is_empty(FILE *f);

struct args;

/*
 * The options -s -a -b -c -C -M -r of a command into the draft; and the body:
 * from -m, or after -q, a person, the lines of the script or standard input.
 * 1: given up.
 */
int	 draft_options(struct mailx *m, struct draft *d, const struct args *a,
	    struct fail *why);
int	 draft_read(struct mailx *m, struct draft *d, const struct args *a,
	    struct fail *why);

/*
 * The command failed before its body was read: the lines of it that stand in a
 * script are no commands.  They are read, and saved in $DEAD.
 */
void	 draft_skip(struct mailx *m, struct draft *d, const struct args *a);
/* Say what goes out to whom, before a person writes it. */
void	 draft_show(struct mailx *m, const struct draft *d);
/* Words as recipients, each or `Name <addr>' in two. */
int	 add_recipients(struct mailx *m, struct addrs *as, char *const *words,
	    size_t n, struct fail *why);

/* Ids of messages that others wrote, those that may stand in a header of ours. */
void	 draft_add_ids(struct strv *to, const struct strv *ids);

/* "Re: " or "Fwd: " in front of a subject (NULL: none), once, whatever language the others were in.  The caller frees. */
char	*subject_reply(const char *subject);
char	*subject_forward(const char *subject);

/* Print a message as `type' does (all: as `Type') into a stream, for quoting. */
int	 quote_message(struct mailx *m, uint32_t n, bool all, const char *prefix,
	    FILE *out, struct fail *why);

#endif
