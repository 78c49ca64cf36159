/* SPDX-License-Identifier: ISC */
/*
 * step_crash.c -- the steps of the durable protocols, for crash tests: the
 * process ends at once, as if killed, at step number $MAILX_CRASH (from 1).
 * With $MAILX_CRASH_AT only steps of that name count.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../store/store.h"

#define CRASHED	99	/* the exit status that tells a test: ended here */

void
durable_step(const char *what)
{
	static long step;
	const char *at = getenv("MAILX_CRASH_AT");
	const char *number = getenv("MAILX_CRASH");

	if (number == NULL || (at != NULL && strcmp(at, what) != 0))
		return;
	if (++step == strtol(number, NULL, 10))
		_exit(CRASHED);
}
