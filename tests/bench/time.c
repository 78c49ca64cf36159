/* SPDX-License-Identifier: ISC */
/*
 * time.c -- RUNS LABEL COMMAND...: medians over whole runs, after one to warm up:
 * wall seconds, CPU seconds, peak memory of the command and what it waits for.
 * RUNS 0: one alone, where each changes what the next would find.
 * It is small itself, for the peak of a process counts what it was forked from.
 */
#include <sys/resource.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MOST_RUNS	1000

enum { WALL, CPU, PEAK, COLUMNS };

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static int
run(char **command, double row[static COLUMNS])
{
	double start = now();
	struct rusage u;
	int status = 0, null;
	pid_t pid = fork();

	if (pid == 0) {
		null = open("/dev/null", O_RDWR);
		if (null == -1 || dup2(null, 0) == -1 ||
		    dup2(null, 1) == -1 || dup2(null, 2) == -1)
			_exit(126);
		execvp(command[0], command);
		_exit(127);
	}
	if (pid == -1 || wait4(pid, &status, 0, &u) == -1) {
		perror("time");
		exit(1);
	}
	row[WALL] = now() - start;
	row[CPU] = seconds(u.ru_utime) + seconds(u.ru_stime);
	row[PEAK] = (double)u.ru_maxrss / 1024;
	return status;
}

int
main(int argc, char **argv)
{
	static double column[COLUMNS][MOST_RUNS];
	double row[COLUMNS];
	int runs = argc > 3 ? (int)strtol(argv[1], NULL, 10) : -1;
	int i, c, status;

	if (runs < 0 || runs > MOST_RUNS) {
		fprintf(stderr, "usage: time runs label command ...\n");
		return 64;
	}
	status = run(argv + 3, row);
	for (i = 0; i < runs || i == 0; i++) {
		if (runs > 0)
			status = run(argv + 3, row);
		for (c = 0; c < COLUMNS; c++)
			column[c][i] = row[c];
	}
	if (runs == 0)
		runs = 1;
	for (c = 0; c < COLUMNS; c++)
		qsort(column[c], (size_t)runs, sizeof column[c][0], compare);
	printf("%-50s wall %8.4f s  cpu %8.4f s  peak %7.1f MiB", argv[2],
	    column[WALL][runs / 2], column[CPU][runs / 2],
	    column[PEAK][runs / 2]);
	if (status != 0)
		printf("  status %d", WIFEXITED(status) ? WEXITSTATUS(status) :
		    128 + WTERMSIG(status));
	putchar('\n');
	return 0;
}
