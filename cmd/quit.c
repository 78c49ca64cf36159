/* SPDX-License-Identifier: ISC */
/* quit.c -- quit, exit, xit: the loop sees the flag, main leaves the folder. */

#include "cmd.h"

static int
run_quit(struct mailx *m, struct args *a)
{
	(void)a;
	m->quit = true;
	return 0;
}

static int
run_exit(struct mailx *m, struct args *a)
{
	(void)a;
	m->quit = m->quit_unchanged = true;
	return 0;
}

const struct cmd cmd_quit = {
	.name = "quit", .abbreviation = "q", .takes = TAKES_NOTHING,
	.help = "make the changes to the folder and leave", .run = run_quit
};

const struct cmd cmd_exit = {
	.name = "exit", .abbreviation = "ex", .takes = TAKES_NOTHING,
	.help = "leave, and change nothing in the folder", .run = run_exit
};

const struct cmd cmd_xit = {
	.name = "xit", .abbreviation = "x", .takes = TAKES_NOTHING,
	.help = "leave, and change nothing in the folder, as exit does",
	.run = run_exit
};
