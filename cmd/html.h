/* SPDX-License-Identifier: ISC */
/* html.h -- HTML to be read as text: tags off, entities decoded, nothing fetched. */
#ifndef CMD_HTML_H
#define CMD_HTML_H

#include "../util.h"

/* Filter: HTML in UTF-8 comes out as plain text, NOT sanitised.  `out' stays open. */
FILE	*html_reader(FILE *out);

#endif
