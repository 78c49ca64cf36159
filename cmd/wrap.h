/* SPDX-License-Identifier: ISC */
/* wrap.h -- filters for what is read on a terminal: long lines broken, cards and calendars in short. */
#ifndef CMD_WRAP_H
#define CMD_WRAP_H

#include "../util.h"

/*
 * Filter: lines longer than that many columns are broken at blanks, or between
 * wide characters; what goes on keeps the quote marks of its line.  Words are
 * never broken.
 */
FILE	*wrap_filter(FILE *out, int columns);
/* Filter: text/calendar, text/vcard as a few lines for people, NOT sanitised. */
FILE	*card_filter(FILE *out);

#endif
