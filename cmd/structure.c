/* SPDX-License-Identifier: ISC */
/* structure.c -- the command `structure': the tree of parts, without the parts. */

#include "out.h"
#include "read.h"

static int
run_structure(struct mailx *m, struct args *a)
{
	size_t i;

	for (i = 0; i < a->msgs.n; i++) {
		if (out_structure(m, m->folder, a->msgs.v[i].n, &m->why) == -1)
			return -1;
		m->dot = a->msgs.v[i].n;
		store_drop(m->folder, m->dot);
	}
	return 0;
}

const struct cmd cmd_structure = {
	.name = "structure", .flags = CMD_FOLDER, .takes = TAKES_MSGS,
	.empty = DEFAULT_DOT, .max = -1, .usage = "[msglist]",
	.help = "print the tree of MIME parts, without downloading bodies",
	.run = run_structure
};
