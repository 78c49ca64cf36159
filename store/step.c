/* SPDX-License-Identifier: ISC */
/*
 * step.c -- the steps of the durable protocols, in the program: nothing.  The
 * crash tests link tests/step_crash.c in its place.
 */
#include "store.h"

void
durable_step(const char *what)
{
	(void)what;
}
