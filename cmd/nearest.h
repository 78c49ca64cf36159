/* SPDX-License-Identifier: ISC */
/* nearest.h -- "did you mean": the name that a mistyped word is nearest to. */
#ifndef CMD_NEAREST_H
#define CMD_NEAREST_H

#include "../util.h"

struct nearest {
	const char	*word;		/* borrowed */
	const char	*best;		/* borrowed from what was tried; NULL: nothing is near */
	size_t		 distance;
};

void	 nearest_begin(struct nearest *n, const char *word);
void	 nearest_try(struct nearest *n, const char *name);
/* Of commands, of variables; NULL: none is near. */
const char *nearest_command(const char *word);
const char *nearest_variable(const char *word);
/* "; did you mean NAME?" behind what went wrong; NULL says nothing. */
void	 nearest_add(struct fail *why, const char *name);

#endif
