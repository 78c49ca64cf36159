/* SPDX-License-Identifier: ISC */
/* write.h -- bodies and parts into files. */
#ifndef CMD_WRITE_H
#define CMD_WRITE_H

#include "cmd.h"

/* The messages and parts of a->msgs into that file, or directory, as `write' does. */
int	 write_list(struct mailx *m, const struct args *a, const char *name);

#endif
