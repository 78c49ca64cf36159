/* SPDX-License-Identifier: ISC */
/* options.h -- what the command line asks for. */
#ifndef CMD_OPTIONS_H
#define CMD_OPTIONS_H

#include "../mailx.h"

struct known_option {
	int		 letter;	/* above 255: it has none */
	const char	*name;		/* of the long form; "": none */
	const char	*arg;		/* NULL: none; "[": one may be given to the long name */
	const char	*help;		/* NULL: it is accepted and not told of */
};

extern const struct known_option known_options[];
extern const size_t nknown_options;

/* A file to attach, with what belongs to it. */
struct wanted_file {
	char	*path;		/* owned */
	char	*description;	/* owned; or NULL */
};

/* All strings are copies: secrets are wiped from argv as soon as it is read. */
struct options {
	bool		 json, dry_run, skip_empty, exists, by_name, folder;
	bool		 headers, ignore, no_summary, no_system_rc, no_user_rc;
	bool		 read_only;
	bool		 secret;	/* a password stood there */
	bool		 take_fields, verbose, batch, tilde;
	bool		 help, version, schema, check_config;
	bool		 sending;	/* an option that only sending has */
	bool		 receiving;	/* one that only a folder has */
	bool		 set_aside;	/* -- was given to the operands */
	char		*account, *folder_name, *spec, *user, *script;
	char		*type, *body, *quote, *from, *subject, *html, *once, *at,
			*completion;
	struct strv	 before, commands, variables;	/* -X, -Y, -S */
	struct strv	 bcc, cc, fields, inlines;
	struct strv	 operands;	/* addresses; the arguments of a script */
	struct strv	 sendmail_args;
	struct wanted_file *files;	/* owned */
	size_t		 nfiles, cap;
};

/*
 * Read argv; EX_USAGE, also where options contradict each other.  Secrets in argv
 * are overwritten, whatever the outcome.
 */
int	 options_parse(struct options *o, int argc, char *argv[],
	    struct fail *why);
void	 options_free(struct options *o);
/* The text of --help. */
void	 options_help(FILE *out);
/* Send mode rather than a folder? */
bool	 options_send(const struct options *o);

#endif
