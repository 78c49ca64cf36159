/* SPDX-License-Identifier: ISC */
/* folder.h -- folder names, and the current folder: opening it late, changing it, leaving it. */
#ifndef CMD_FOLDER_H
#define CMD_FOLDER_H

#include "../mailx.h"

/*
 * Names as people write them (+box, %, %user, #, &, @account/box, ~, path, URL) to what
 * store_open takes: absolute path, mbox:, maildir: or a URL.  A bare relative name
 * is a mailbox of the current folder's server, if that is on one and `on_server' (./name is local).
 * The caller frees.
 */
char	*folder_resolve(struct mailx *m, const char *name, bool on_server, struct fail *why);
/* A name for people, the password left out.  Borrowed from m, or "". */
const char *folder_shown(const struct mailx *m);
/* Have m->folder open, in the mode that -R and the variables ask for. */
int	 folder_need(struct mailx *m, struct fail *why);
/* Leave the current folder with its changes (POSIX's quit) or without, and name another (opened at once). */
int	 folder_leave(struct mailx *m, bool unchanged, struct fail *why);
int	 folder_change(struct mailx *m, const char *name, struct fail *why);

#endif
