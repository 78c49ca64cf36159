/* SPDX-License-Identifier: ISC */
/*
 * helptopics.c -- the subjects of `help', each a screenful at most.  An example is a
 * line behind a tab; what it does stands behind `#'.  A test runs them all.
 */
#include <stddef.h>

#include "helptopics.h"

static const char basics[] =
"A number prints that message, an empty line the next one.\n"
"\theaders\t# the summary\n"
"\t1\t# print message 1\n"
"\tdelete 1\t# gone at quit; undelete 1 brings it back\n"
"\treply 2\t# answer: the text, then a full stop alone\n"
"\tsave 2 +kept\t# put it into a folder\n"
"\tquit\t# leave, with the changes; exit: without\n"
"Commands may be shortened: h, d 1, r 2.  `fo?' lists what begins with fo.\n";

static const char lists[] =
"Most commands take a list of messages; without one, the current message.\n"
"\tfrom 1 3-5\t# by number, and from one to another\n"
"\tfrom *\t# all\n"
"\tfrom $\t# the last; ^ first, . current, + - beside it\n"
"\tfrom :u\t# unread; also :n :r :d :f, :A with files\n"
"\tfrom a1@example.org\t# of that sender\n"
"\tfrom /number\t# with that in the subject\n"
"\tfrom (since 2026-11-19)\t# what a search finds: help search\n"
"\ttype 1.1\t# part 1 of message 1: help parts\n";

static const char search[] =
"A search names what must hold; words side by side must all hold.\n"
"\tsearch number\t# in From, To, Cc or Subject\n"
"\tsearch from sender to me\t# both\n"
"\tsearch from a1 or from a2\t# either; not, and ( ) too\n"
"\tsearch since 2026-11-20\t# days: also before, 7d, yesterday\n"
"\tsearch larger 10k unseen\t# sizes and flags\n"
"\tsearch body of\t# in the body\n"
"\tfrom `\t# what the last search found\n"
"On an IMAP server the server does it; nothing is downloaded.\n";

static const char parts[] =
"A part of a message has a number, as structure shows it: 3.2, 3.1.2.\n"
"\tstructure 1\t# the tree of parts\n"
"\ttype 1.1\t# print that part\n"
"\twrite 1.1 part.txt\t# its octets, decoded, into a file\n"
"\textract -o files 1\t# the attachments, never over another file\n";

static const char folders[] =
"A folder is a file, a Maildir, or a mailbox of a server.\n"
"\tfolder\t# which one is open\n"
"\tfolder +kept\t# kept, where the variable folder says\n"
"\tcopy 1 +kept\t# copy, save and move take the same names\n"
"Other names: % the system mailbox, & the variable MBOX, # the one before,\n"
"@work the inbox of the account work, @work/Box, imaps://user@host/Box.\n";

static const char compose[] =
"mail, reply and forward read a text up to a full stop alone or end of file.\n"
"In it a line that begins with ~ is a command:\n"
"  ~s text  the subject            ~t, ~c, ~b address  To, Cc, Bcc\n"
"  ~@ file  attach a file          ~r file  read a file into the text\n"
"  ~m 2     message 2, indented    ~e, ~v   edit the text\n"
"  ~p       print what there is    ~q       give up, keep it in DEAD\n"
"  ~.       send                   ~?       all of them\n"
"\tset drafts=+drafts\t# ~q puts it there; recall takes it up again\n";

static const char sending[] =
"The variable mta says how mail goes out, from says as whom.\n"
"\tset from=me@example.test\n"
"\tset mta=smtps://smtp.example\t# or submission://, sendmail, maildir:path\n"
"The password comes from password-command, ~/.netrc, or the question for it.\n"
"With the variable outbox set nothing is lost while the server is away:\n"
"\tset outbox\n"
"\tqueue\t# what waits there; flush sends it\n";

static const char fetching[] =
"fetch copies what is new on a server, or in any folder, into a folder of yours.\n"
"  fetch -k -o +mail pops://me@host      keep it there\n"
"  fetch -d -o +mail imaps://me@host     delete there what is stored here\n"
"  fetch -n                              only say what would come\n"
"What came once does not come again.\n";

static const char scripts[] =
"-Y runs commands and leaves, -# runs a file of them, -J prints JSON lines.\n"
"\techo $?\t# 0, 1: nothing found, 64 to 78: what failed\n"
"\tcount unseen\t# a number and nothing else\n"
"\tfrom * > summary\t# output into a file; | command too\n"
"  if $1 == all\n"
"      from *\n"
"  endif\n"
"A command that fails ends the script, and the exit status says why.\n";

static const char settings[] =
"\tset\t# the variables that are set\n"
"\tset nohold autoprint\t# switch off, switch on\n"
"\thelp set prompt\t# its meaning, value, origin and default\n"
"\thelp variables\t# all there are\n"
"What is to hold always stands in ~/.mailrc; mailx --check-config checks it.\n"
"  account work {\n"
"      set from=me@work.example folder=imaps://me@imap.work.example\n"
"  }\n"
"makes an account: account work, or mailx -A work, puts it in force.\n";

const struct topic topics[] = {
	{ "basics", "reading, answering, deleting, leaving", basics },
	{ "compose", "writing a message", compose },
	{ "fetching", "copying new mail from a server", fetching },
	{ "folders", "names of folders", folders },
	{ "lists", "which messages a command is about", lists },
	{ "parts", "attachments and other parts of messages", parts },
	{ "scripts", "running commands without a person", scripts },
	{ "search", "finding messages", search },
	{ "sending", "how mail goes out", sending },
	{ "settings", "variables and accounts", settings },
	{ NULL, NULL, NULL }
};
