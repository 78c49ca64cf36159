/* SPDX-License-Identifier: ISC */
/* expr.h -- search expressions as people type them, into the tree of store/search.h. */
#ifndef CMD_EXPR_H
#define CMD_EXPR_H

#include "../store/search.h"

/* EX_USAGE tells what was not understood.  The caller frees with search_free. */
struct search	*expr_parse(const char *text, struct fail *why);

#endif
