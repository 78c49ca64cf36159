/* SPDX-License-Identifier: ISC */
/* outint.h -- what the files of `out' share, and nobody else includes. */
#ifndef CMD_OUTINT_H
#define CMD_OUTINT_H

#include "json.h"
#include "out.h"

enum out_way { TO_STDOUT, TO_FILE, TO_COMMAND, TO_PAGER };

struct out {
	enum out_way	 way;
	FILE		*stream;	/* where records go now; owned unless TO_STDOUT */
	char		*what;		/* owned: the file or command, for errors */
	pid_t		 pid;		/* of the command */
	char		*charset;	/* owned: of the terminal where it is not UTF-8; or NULL */
	unsigned long	 commands;	/* counted by out_ack */
};

/*
 * A stream for UTF-8 text that is safe already, to be closed after each record:
 * converts to the terminal's charset on the way.
 */
FILE	*out_people(struct mailx *m);
/* Is there colour where output goes now? */
bool	 out_has_colour(const struct mailx *m);
#define COLOUR_NAME	"\033[36m"	/* of a field */
#define COLOUR_QUOTE	"\033[32m"
#define COLOUR_END	"\033[0m"
/* Of the summary of a message with these flags; NULL: none. */
const char *out_colour_of(uint32_t flags, bool is_dot);
/* Leave the colours out. */
int	 out_copy_plain(FILE *in, FILE *out);
/* Has the output failed?  Then EX_IOERR. */
int	 out_check(struct mailx *m, struct fail *why);

/* The folder's name as records give it: the mailbox on a server, a path. */
char	*out_folder_name(const struct store *s);
/* The keys that all records of a message have; flags and size are loaded. */
void	 out_json_message(struct json *j, struct store *s, uint32_t n,
	    const struct envelope *e,
	    struct part *root);	/* its structure; NULL: not known here */
/* The keys of a part that its structure alone tells; `size' is the caller's. */
void	 out_json_part(struct json *j, const struct part *p);
void	 out_json_defects(struct json *j, unsigned defects);
/* 12 kB; the caller frees. */
char	*out_size(uint64_t octets);
/* Sender as the summary shows it: the name, the address where the name is none or lies. */
const char *out_sender(const struct envelope *e);

#endif
