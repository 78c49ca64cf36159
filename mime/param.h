/* SPDX-License-Identifier: ISC */
/* param.h -- a value with parameters: Content-Type, Content-Disposition (RFC 2045 5.1, 2231). */
#ifndef MIME_PARAM_H
#define MIME_PARAM_H

#include "../util.h"

struct param {
	char	*name;		/* owned: lower case, without RFC 2231 marks */
	char	*value;		/* owned: UTF-8, pieces joined, decoded */
};

struct params {
	char		*value;	/* owned: the main value, lower case, no blanks; "" if none */
	struct param	*v;	/* owned; in order of first occurrence */
	size_t		 n;
	unsigned	 defects;
};

/* Read a field's body.  Never fails.  Encoded words in values are decoded too. */
void		 params_parse(struct params *ps, struct span body,
		    const char *charset_8bit);
void		 params_free(struct params *ps);
/* The value of that parameter, or NULL.  Borrowed from ps. */
const char	*params_get(const struct params *ps, const char *name);

/*
 * Write "; name=value" for a header, the value a token, a quoted string, or RFC
 * 2231 (name*=utf-8''...; in pieces name*0*= where one line cannot hold it).
 * `column' is the column reached so far; lines are folded with LF HTAB; returns
 * the column reached.
 */
int		 param_write(FILE *out, int column, const char *name, const char *value);

#endif
