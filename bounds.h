/* SPDX-License-Identifier: ISC */
/*
 * bounds.h -- every limit of the program, in one place; mailx.1 (LIMITS) lists
 * the same figures.  Sizes are octets, times seconds.
 *
 * A limit bounds what hostile input can make us do.  Where one is reached,
 * decoding gives what it has and names a defect; dialogues end with EX_PROTOCOL.
 */
#ifndef BOUNDS_H
#define BOUNDS_H

/* Messages (mime/). */
#define MAX_DEPTH		100	/* nesting of multiparts and messages */
#define MAX_PARTS		10000	/* entities of one message */
#define MAX_FIELDS		10000	/* header fields of one entity */
#define MAX_FIELD_SIZE		(1024 * 1024)	/* of one field that is kept */
#define MAX_HEAD_SIZE		(16 * 1024 * 1024) /* of one header that is kept */
#define MAX_ADDRS		200000	/* mailboxes read from one field */
#define MANY_ADDRS		5000	/* recipients: of more the envelope alone has each once */
#define MAX_PARAMS		1000	/* parameters of one field */
#define MAX_COMMENT_DEPTH	100	/* nested comments in a field */
#define MAX_BOUNDARY		1024	/* of a boundary that is honoured */
#define MAX_REFERENCES		100	/* message ids put into References */
#define MAX_REFERENCES_SIZE	8192	/* of that field */
#define MAX_FILENAME		200	/* of a file name made from a message */
#define MAX_HEADER_LINE		76	/* of a header line that we write (RFC 2047) */
#define MAX_LINE		998	/* of any line that we write (RFC 5322 2.1.1) */
#define MAX_ENCLOSED		1000	/* files within one text that get a number */
#define MAX_MIME_TYPES		(4 * 1024 * 1024)	/* of mime.types that is read */
#define MAX_PIECES		1000	/* of one parameter (RFC 2231 3) */

/* Servers (net/). */
#define MAX_REPLY_LINE		(64 * 1024)	/* of a line from a server */
#define MAX_REPLY_LINES		1000		/* of one reply, EHLO, CAPA */
#define MAX_REPLY_SIZE		(1024 * 1024)	/* of all lines of one reply */
#define MAX_IMAP_DEPTH		64		/* nested lists in a response */
#define MAX_IMAP_STRING		(16 * 1024 * 1024) /* of a literal held in memory */
#define MAX_IMAP_LITERAL	0x80000000U	/* of a message that is streamed */
#define MAX_IMAP_LINE		(4 * 1024 * 1024) /* of a line of IMAP (SEARCH, ENVELOPE) */
#define MAX_SCRAM_ITERATIONS	1000000
#define MIN_SCRAM_ITERATIONS	4096
#define MAX_SECRET		4096		/* of a password or token */
#define PIPELINE_WINDOW		64		/* commands said before replies are read */
#define MAX_MAILBOXES		100000		/* rows of one LIST */

/* Waiting (net/): used where the variable `timeout' is not set. */
#define TIMEOUT_CONNECT		30
#define TIMEOUT_REPLY		60
#define TIMEOUT_TRANSFER	120	/* without progress */
#define TIMEOUT_SMTP_GREETING	300	/* RFC 5321 4.5.3.2 ... */
#define TIMEOUT_SMTP_COMMAND	300
#define TIMEOUT_SMTP_DATA_INIT	120
#define TIMEOUT_SMTP_DATA_BLOCK	180
#define TIMEOUT_SMTP_DATA_END	600

/* Folders (store/). */
#define MAX_MESSAGES		16000000	/* in one folder */
#define WINDOW_MESSAGES		256	/* envelopes asked for, and held, at once */
#define SOON_MESSAGES		64	/* whose texts come along with that of one */
#define SOON_OCTETS		(32 * 1024) /* ... if they are no larger */
/*
 * Made durable by one commit.  What a crash costs is fetching them again; four
 * times as many commits (64) cost four times as many waits for the disk.
 */
#define BATCH_MESSAGES		256
#define APPEND_OCTETS		(4 * 1024 * 1024) /* of them for a server, gathered in memory */
#define MAX_STATE_SIZE		(1024 * 1024 * 1024)	/* octets of the state of one fetch */
#define MAX_CACHE		(256 * 1024 * 1024) /* octets of headers kept between runs */
#define MAX_CACHE_FILES		100000	/* that they are in */
#define MAX_CACHE_TEXT		(32 * 1024)	/* of one message there */
#define LOCK_TIMEOUT		60	/* default of `lock-timeout' */

/* Commands (cmd/). */
#define MAX_COMMAND_LINE	(1024 * 1024)
#define MAX_COMMAND_DEPTH	100	/* source, call, alias in each other */
#define MAX_EXPR_DEPTH		100	/* parentheses and not in a search */
#define MAX_EXPR_TERMS		1000
#define MAX_PATTERN		1000	/* of a regular expression */
#define MAX_SUBJECT		(64 * 1024)	/* of what it is held against */
#define MAX_REPEATS		10000	/* of all {n} of a pattern multiplied */
#define MAX_LINKS		1000	/* numbered in one HTML text */
#define MAX_LINK_OCTETS		(256 * 1024)	/* of all of them */
#define MAX_LEDGER		(1024 * 1024)	/* of what --once has noted of a key */
#define MAX_HISTORY		10000	/* most that `history-size' may say */
#define MAX_HISTORY_LINE	4096	/* longer ones are not kept */
#define MAX_HISTORY_FILE	(4 * 1024 * 1024)	/* of which the end is read */
#define MAX_FITS		10000	/* words that a part of one may be completed to */
#define MAX_VAR_NAME		1000	/* of a variable */
#define MAX_STARTUP_FILE	(16 * 1024 * 1024)

#endif
