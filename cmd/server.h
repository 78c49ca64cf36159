/* SPDX-License-Identifier: ISC */
/* server.h -- from a URL and the variables to the record that net/ works from. */
#ifndef CMD_SERVER_H
#define CMD_SERVER_H

#include "../mailx.h"
#include "../net/server.h"

/* Callback of store_options and of the transports: ctx is the struct mailx. */
int	 server_setup(void *ctx, const char *url, struct server *out, struct fail *why);

#endif
