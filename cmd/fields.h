/* SPDX-License-Identifier: ISC */
/* fields.h -- which header fields `type' shows: discard (ignore) and retain. */
#ifndef CMD_FIELDS_H
#define CMD_FIELDS_H

#include "../mailx.h"

/*
 * Is a field of that name shown?  With retained names those alone; else all but
 * the discarded ones, and at the start the fields of transport (Received, MIME
 * structure, ids) are discarded.
 */
bool	 fields_shown(const struct mailx *m, const char *name);
void	 fields_free(struct mailx *m);

#endif
