/* SPDX-License-Identifier: ISC */
/*
 * runint.h -- what the files of the interpreter share, and nobody else
 * includes: the inputs that are being read, one inside the other.
 */
#ifndef CMD_RUNINT_H
#define CMD_RUNINT_H

#include "cmd.h"

/* One `if' that is open. */
struct branch {
	bool	active;		/* the commands here are run */
	bool	taken;		/* one branch was, or none may be */
	bool	last;		/* `else' was said */
	bool	both;		/* --check-config: what is sent and what is read */
};

/* Where command lines come from: a file, a block, standard input, -Y. */
struct input {
	struct input	*outer;		/* the one in which it is read; NULL: outermost */
	FILE		*in;		/* borrowed: the lines; NULL: one line alone */
	FILE		*body;		/* borrowed: args.input of its commands; or NULL */
	const char	*name;		/* borrowed: in front of errors; NULL: none */
	unsigned	 line;		/* of `name', the last one read */
	bool		 startup;	/* a startup file: not every command may stand there */
	bool		 lenient;	/* the system's: unknown commands are passed over */
	bool		 expand;	/* $variables in words */
	bool		 sets_only;	/* only `set', `unset' and `if' are run */
	bool		 returned;	/* `return' was said */
	struct strv	*params;	/* borrowed: $1 ...; NULL: those of the outer */
	struct branch	 branches[MAX_COMMAND_DEPTH];
	size_t		 nbranches;
};

struct command_alias {
	char	*name, *text;		/* owned */
};

struct interpreter {
	struct input	*input;		/* borrowed: the innermost; NULL: none */
	int		 previous;	/* $?: the status before this command */
	int		 failed;	/* the last status that was not 0 */
	unsigned	 running;	/* commands, one inside the other */
	bool		 kept;		/* the status is that of the command before: if */
	bool		 check;		/* --check-config: go on, count */
	bool		 unwritable;	/* output failed, and that was told */
	int64_t		 asked;		/* when a server was asked for new mail (net/wait.h); 0: not yet */
	unsigned	 faults;	/* of startup files */
	char		*shell;		/* owned: the last `!' command; or NULL */
	struct command_alias *aliases;	/* owned */
	size_t		 naliases, cap;
};

/* m->run, made when there is none. */
struct interpreter *run_state(struct mailx *m);
void		 run_free(struct mailx *m);
/*
 * Run the lines of `in', whose other members the caller has set.  Counts as one
 * more level: EX_DATAERR above MAX_COMMAND_DEPTH.  -1: m->why is filled.
 */
int		 run_input(struct mailx *m, struct input *in);
/* The next line, continuations joined; NULL at the end.  The caller frees. */
char		*run_read(struct mailx *m, struct input *in, const char *prompt);
/* Where the command stands that runs, for people: "file:line", "the command line", ...  Caller frees. */
char		*run_place(const struct mailx *m);
/* Are commands passed over, in a branch of `if' that is not taken? */
bool		 run_skips(const struct mailx *m);
/* The parameters that hold here; NULL: none. */
struct strv	*run_params(const struct mailx *m);
/* A fault of a startup file or command: told, counted; ends the run unless it is only checked. */
void		 run_fault(struct mailx *m);

/* --check-config: tell the faults of a `set' that has been run. */
void		 check_set(struct mailx *m, const struct args *a);

/* What a command line is made of: filled by args_parse, freed by args_free. */
struct redirect {
	char	*target;	/* owned: file or command; NULL: none */
	char	 way;		/* '>', 'a' (append), '|' */
};
int		 args_parse(struct mailx *m, const struct cmd *cmd,
		    const char *rest, struct args *a, struct redirect *r);
/* With the folder open: the message list, or what stands for an empty one. */
int		 args_messages(struct mailx *m, struct args *a);
void		 args_free(struct args *a);
/* One line: "name usage". */
int		 args_usage(const struct cmd *cmd, struct fail *why);

const struct command_alias *alias_of_command(const struct mailx *m,
		    const char *name);

#endif
