/* SPDX-License-Identifier: ISC */
/* schema.h -- --schema: what the records of -J look like. */
#ifndef CMD_SCHEMA_H
#define CMD_SCHEMA_H

#include <stdio.h>

void	 schema_print(FILE *out);

#endif
