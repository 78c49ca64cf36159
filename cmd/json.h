/* SPDX-License-Identifier: ISC */
/*
 * json.h -- writing one JSON object a line (RFC 8259): UTF-8, octets that are
 * none as U+FFFD, and what a terminal would act on as \uXXXX.
 */
#ifndef CMD_JSON_H
#define CMD_JSON_H

#include "../util.h"

struct json {
	FILE	*out;		/* borrowed */
	bool	 comma;		/* something stands before, on this level */
};

void	 json_begin(struct json *j, FILE *out);	/* the object of a line: { */
void	 json_end(struct json *j);		/* } and a newline */
void	 json_open(struct json *j, char bracket);	/* { or [ */
void	 json_close(struct json *j, char bracket);	/* } or ] */
void	 json_key(struct json *j, const char *name);
void	 json_string(struct json *j, const char *s);	/* NULL: null */
void	 json_span(struct json *j, struct span s);
void	 json_number(struct json *j, uint64_t n);
void	 json_bool(struct json *j, bool b);
/* A string whose text is written to the stream; fclose ends it. */
FILE	*json_text(struct json *j);
/* A key with a string; with a number. */
void	 json_member(struct json *j, const char *name, const char *s);
void	 json_count(struct json *j, const char *name, uint64_t n);

#endif
