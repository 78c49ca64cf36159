/* SPDX-License-Identifier: ISC */
/*
 * conn.h -- a connection to a server: lines and literals with bounds and
 * deadlines, TLS, and the transcript, in which secrets are masked, here and
 * nowhere else.
 *
 * Failures: EX_NOHOST no such name; EX_TEMPFAIL refused, lost, timed out, name
 * server failing; EX_PROTOCOL a line too long, NUL in a line, plaintext waiting
 * behind STARTTLS; EX_UNAVAILABLE a certificate or TLS version refused.  Each
 * names host and port.
 *
 * Output is gathered and goes out when input is read or at conn_flush: saying
 * several lines before reading is pipelining.  While output goes out, input is
 * taken in, so that two full pipes cannot block each other.
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "server.h"

struct conn;

/* Resolve, try each address in turn, connect; with TLS_IMPLICIT the handshake too.  `timeout' as in server. */
struct conn	*conn_open(const struct server *s, struct fail *why);
/* Over a descriptor that is connected already (tests); it is closed with the connection, and on failure. */
struct conn	*conn_attach(int fd, const struct server *s, struct fail *why);
void		 conn_close(struct conn *c);	/* NULL is fine; says nothing */

/* Start TLS now: refuses (EX_PROTOCOL) when octets wait behind the reply. */
int		 conn_start_tls(struct conn *c, struct fail *why);
/*
 * From now on both directions are compressed (RFC 4978); the server has said OK.
 * After authentication alone.  EX_SOFTWARE: built without.
 */
int		 conn_start_deflate(struct conn *c, struct fail *why);
bool		 conn_is_packed(const struct conn *c);
bool		 conn_is_local(const struct conn *c);	/* to this machine itself, no proxy between */
bool		 conn_is_tls(const struct conn *c);
/* TLS, or a host that is loopback, or allowed by the server record: may a password go over it as it is? */
bool		 conn_is_private(const struct conn *c);
/* The tls-exporter of RFC 9266, 32 octets, that binds an authentication to this TLS; false without. */
bool		 conn_binding(const struct conn *c, unsigned char out[static 32]);
/* "host:port", for messages.  Borrowed. */
const char	*conn_name(const struct conn *c);
/* Borrowed, for getsockname(2) and poll(2) alone. */
int		 conn_fd(const struct conn *c);

/* The limits for what is read next, in seconds; 0: the default (reply). Reset by nobody else. */
void		 conn_set_timeout(struct conn *c, int seconds);
/* All of what is read and said next must be done within so many seconds; 0: no such limit. */
void		 conn_set_deadline(struct conn *c, int seconds);

/*
 * Say one line; CR LF is added.  EX_DATAERR, and nothing is said, when the
 * text holds CR, LF or NUL.  Secret lines appear in the transcript as the first
 * `shown' words and `***'.
 */
int		 conn_say(struct conn *c, struct fail *why, const char *fmt, ...)
		    PRINTF_LIKE(3, 4);
int		 conn_say_secret(struct conn *c, int shown, struct fail *why,
		    const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Octets as they are (IMAP literals); in the transcript as their number. */
int		 conn_write(struct conn *c, const void *p, size_t n, struct fail *why);
/* The same, wiped when it is sent; in the transcript as `***'. */
int		 conn_write_secret(struct conn *c, const void *p, size_t n, struct fail *why);
int		 conn_flush(struct conn *c, struct fail *why);

/*
 * One line without its line end (CRLF; a bare LF is taken too, and noted by
 * conn_bare_lf).  *line is borrowed until the next call that reads.  Ends with
 * EX_TEMPFAIL when the connection closes, EX_PROTOCOL over MAX_REPLY_LINE or
 * what the server record has in its place.
 */
int		 conn_line(struct conn *c, struct span *line, struct fail *why);
bool		 conn_bare_lf(const struct conn *c);	/* of the last line */
/* Is a whole line there already, so that conn_line would not wait? */
bool		 conn_has_line(const struct conn *c);
/* Up to n octets, at least one: *got borrowed until the next call that reads. */
int		 conn_read(struct conn *c, size_t n, struct span *got, struct fail *why);
/* Wait for input: 1 something is there, 0 after `seconds' without, -1. */
int		 conn_wait(struct conn *c, int seconds, struct fail *why);

/*
 * The stream of a message's text: what is written to it goes out with CRLF line
 * ends (LF, CRLF and bare CR come in) and dots stuffed.  fclose sends the final
 * line end, if missing, and the lone dot; EOF when anything failed (the reason
 * is in `why', which must live as long as the stream).
 */
FILE		*conn_text_writer(struct conn *c, struct fail *why);
/* Close that stream without sending the dot: the message must not count. */
void		 conn_text_abandon(FILE *f);
/*
 * Read a text up to the lone dot (POP3): unstuffed, with LF line ends, into out.
 * Only CRLF . CRLF ends it.  Writing errors are EX_IOERR and the text is read to its end all the same.
 * *octets (may be NULL): of the unstuffed text with its CRLF line ends, to compare with what the server said.
 */
int		 conn_text_read(struct conn *c, FILE *out, uint64_t *octets,
		    struct fail *why);

#endif
