/* SPDX-License-Identifier: ISC */
/*
 * cmd.h -- commands: one const entry in the file that implements it, all listed
 * in table.c in order of abbreviation; run.c looks up, checks, expands, calls,
 * and reports a failure once.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "../mailx.h"

enum takes {
	TAKES_NOTHING,
	TAKES_WORDS,		/* min..max words, quoted as POSIX says */
	TAKES_TEXT,		/* the rest of the line as it is, blanks trimmed */
	TAKES_MSGS,		/* a message list; empty: the default below */
	TAKES_MSGS_WORD,	/* a message list, then one last word (file or folder) */
	TAKES_WORDS_MSGS,	/* min words, then a message list */
	TAKES_EXPR		/* a search expression: text, parsed by the command */
};

enum {
	CMD_FOLDER	= 1 << 0,	/* opens the folder first; needs one */
	CMD_CHANGES	= 1 << 1,	/* refused in a read-only folder */
	CMD_SENDING	= 1 << 2,	/* sends: fine without a folder */
	CMD_STARTUP	= 1 << 3,	/* may stand in a startup file */
	CMD_PARTS	= 1 << 4,	/* the list may name parts, 3.2 */
	CMD_ALWAYS	= 1 << 5,	/* run in a false branch of `if' too: if elif else endif */
	CMD_OPTIONAL_FOLDER = 1 << 6,	/* uses the folder if one is open or named, else goes without */
	CMD_DELETED	= 1 << 7,	/* the list means deleted messages (undelete) */
	CMD_EMPTY_OK	= 1 << 8,	/* an empty folder or list is no error */
	CMD_EITHER	= 1 << 9,	/* the list means deleted messages and others alike (hold) */
	CMD_BODY	= 1 << 10	/* the lines of a text follow it in a script */
};

/* The code of a failure that is none: nothing was found.  Status 1; errexit lets it pass. */
#define EX_NOTHING	1

/* What an empty list means. */
enum default_list {
	DEFAULT_DOT,		/* the current message */
	DEFAULT_NEXT_UNDELETED,	/* the current one, or the next that is not deleted */
	DEFAULT_ALL,
	DEFAULT_NONE		/* the command decides */
};

struct args;

struct cmd {
	const char	*name;
	const char	*abbreviation;	/* shortest form (POSIX's); NULL: any prefix that is unique in table order */
	unsigned	 flags;		/* CMD_ */
	enum takes	 takes;
	enum default_list empty;
	int		 min, max;	/* words; max -1: any number */
	const char	*options;	/* getopt(3) letters, long names behind: "kd:R(resync)"; NULL: none,
					   and words that begin with - are words */
	const char	*usage;		/* after the name: "[-p] folder ..." */
	const char	*help;		/* one sentence, no full stop */
	/* 0, or -1 with m->why filled.  Status 1 ("nothing found"): set m->status = 1, return 0. */
	int		(*run)(struct mailx *m, struct args *a);
};

extern const struct cmd *const commands[];	/* table.c; ends with NULL */
extern const size_t ncommands;

/* A message, or a part of one. */
struct msgref {
	uint32_t	 n;
	char		*part;		/* owned: "2.1"; NULL: the whole message */
};

struct msglist {
	struct msgref	*v;		/* owned */
	size_t		 n;
	size_t		 cap;
};

void	 msglist_add(struct msglist *l, uint32_t n, const char *part);
void	 msglist_free(struct msglist *l);
/* The numbers alone, each once, in the order of the list. */
void	 msglist_numbers(const struct msglist *l, struct numbers *ns);

struct option_value {
	int		 letter;
	char		*value;		/* owned: "" for one without an argument */
};

struct args {
	const struct cmd *cmd;
	struct strv	 words;		/* expanded */
	char		*text;		/* owned: TAKES_TEXT and TAKES_EXPR; else the words' line as typed */
	struct msglist	 msgs;
	struct option_value *options;	/* owned; in order */
	size_t		 noptions;
	FILE		*input;		/* borrowed: where the command's own lines come from
					   (a body in a script); NULL: standard input */
};

/* The last value of that option, or NULL; "" for one without an argument. */
const char	*args_option(const struct args *a, int letter);

/*
 * Run one line through the gate: aliases, lookup, legality, words, redirection,
 * list, call, report.  0 or -1; m->status is set; the failure has been printed.
 */
int		 run_line(struct mailx *m, const char *line, FILE *input);
/* Run commands from a stream to its end; `name' stands in errors (NULL: none). */
int		 run_stream(struct mailx *m, FILE *in, const char *name, bool startup);
/* The interactive or piped loop over standard input. */
int		 run_loop(struct mailx *m);
/* The entry that a (shortened) name means; NULL, `why' names candidates. */
const struct cmd *cmd_find(const char *name, struct fail *why);
/* Print m->why as an error ("mailx: WHERE: ..."), set m->status, clear it. */
void		 run_report(struct mailx *m);

#endif
