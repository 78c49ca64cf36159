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
/* Name the folder that folder_need opens; nothing is opened or left by that. */
int	 folder_set(struct mailx *m, const char *name, struct fail *why);
/* Have m->folder open, in the mode that -R and the variables ask for.  None named: the system mailbox. */
int	 folder_need(struct mailx *m, struct fail *why);
/* Leave the current folder with its changes (POSIX's quit) or without. */
int	 folder_leave(struct mailx *m, bool unchanged, struct fail *why);
/* Leave it with its changes for another, which is opened before; if that fails the old one stays. */
int	 folder_change(struct mailx *m, const char *name, struct fail *why);
/* Print name and counts: "box": 3 messages 1 new; or the record that `folders' prints. */
int	 folder_announce(struct mailx *m, struct fail *why);
/* Is that file the current folder, the system mailbox or MBOX?  Output does not go there. */
bool	 folder_is_mail(struct mailx *m, const char *path);

/* --- Between the files of folder. --- */

/* The server's URL with another mailbox. */
char	*folder_on_server(const char *url, const char *mailbox);
/* What POSIX's quit does to the messages of the system mailbox, before the sync; counts those moved. */
int	 folder_empty_system(struct mailx *m, uint32_t *moved, struct fail *why);

#endif
