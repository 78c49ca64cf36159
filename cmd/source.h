/* SPDX-License-Identifier: ISC */
/* source.h -- startup files. */
#ifndef CMD_SOURCE_H
#define CMD_SOURCE_H

#include "../mailx.h"

/*
 * The system's file (unless -n) and the user's.  A fault is printed and ends the
 * run (m->quit) with EX_CONFIG; under --check-config all are printed.
 */
void	 startup_read(struct mailx *m);
/* The same without running on: the number of faults. */
unsigned startup_check(struct mailx *m);

#endif
