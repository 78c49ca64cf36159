/* SPDX-License-Identifier: ISC */
/*
 * progress.c -- see progress.h.  What moves octets calls up; nothing here waits or
 * draws by itself.  The line is taken away with blanks, which every terminal knows.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../net/wait.h"
#include "outint.h"
#include "progress.h"
#include "term.h"
#include "vars.h"

#define PATIENCE	500	/* milliseconds before it is drawn */
#define PACE		200	/* ... and drawn again */
#define LEAST		4096	/* octets that are worth a line */

struct progress {
	const char	*what;		/* borrowed; NULL: nothing is under way */
	uint64_t	 octets, messages;
	uint64_t	 all_octets, all_messages;	/* 0: not known */
	int64_t		 began;		/* with the first octet; 0: none came */
	int64_t		 drawn;
	int		 width;		/* of what stands on the terminal; 0: nothing */
	bool		 wanted;	/* by terminal and variables */
};

struct progress *
progress_new(void)
{
	return xcalloc(1, sizeof(struct progress));
}

static bool
is_wanted(const struct mailx *m)
{
	return isatty(STDERR_FILENO) && var_is_set(m, "progress") &&
	    !var_is_set(m, "verbose") && !m->json;
}

void
progress_begin(struct mailx *m, const char *what)
{
	struct progress *p = m->progress;

	if (p == NULL)
		return;
	progress_hide(m);
	memset(p, 0, sizeof *p);
	p->what = what;
}

void
progress_expect(struct mailx *m, uint64_t octets, uint64_t messages)
{
	struct progress *p = m->progress;

	if (p == NULL)
		return;
	p->octets = p->messages = 0;
	p->began = 0;
	p->all_octets = octets;
	p->all_messages = messages;
}

void
progress_hide(struct mailx *m)
{
	struct progress *p = m->progress;

	if (p == NULL || p->width == 0)
		return;
	fprintf(stderr, "\r%*s\r", p->width, "");
	fflush(stderr);
	p->width = 0;
	p->drawn = wait_now();
}

void
progress_end(struct mailx *m)
{
	progress_hide(m);
	if (m->progress != NULL)
		m->progress->what = NULL;
}

/* --- The line. --- */

static void
put_messages(const struct progress *p, FILE *f)
{
	if (p->all_messages > 0)
		fprintf(f, " %llu/%llu messages,",
		    (unsigned long long)p->messages,
		    (unsigned long long)p->all_messages);
}

static void
put_octets(const struct progress *p, uint64_t rate, FILE *f)
{
	char *done = out_size(p->octets), *pace = out_size(rate);
	char *all = out_size(p->all_octets);

	fprintf(f, " %s%s%s, %s/s", done, p->all_octets > 0 ? " of " : "",
	    p->all_octets > 0 ? all : "", pace);
	free(done);
	free(pace);
	free(all);
}

static void
put_left(const struct progress *p, uint64_t rate, FILE *f)
{
	uint64_t seconds;

	if (rate == 0 || p->octets >= p->all_octets)
		return;
	seconds = (p->all_octets - p->octets) / rate;
	if (seconds >= 3600)
		fprintf(f, ", %llu:%02llu:%02llu left",
		    (unsigned long long)(seconds / 3600),
		    (unsigned long long)(seconds / 60 % 60),
		    (unsigned long long)(seconds % 60));
	else
		fprintf(f, ", %llu:%02llu left",
		    (unsigned long long)(seconds / 60),
		    (unsigned long long)(seconds % 60));
}

/* Cut to the terminal: a line that wraps could not be taken away. */
static void
draw(struct mailx *m, int64_t now)
{
	struct progress *p = m->progress;
	uint64_t rate = p->octets * 1000 / (uint64_t)(now - p->began);
	int most = term_columns(m) - 1, old = p->width;
	char *text, *line;
	size_t n;
	FILE *f = xmemstream(&text, &n);

	fprintf(f, "%s:", p->what);
	put_messages(p, f);
	put_octets(p, rate, f);
	put_left(p, rate, f);
	fclose(f);
	line = out_clean(text, most);
	p->width = out_width(line);
	fflush(stdout);
	fprintf(stderr, "\r%s%*s", line, old > p->width ? old - p->width : 0,
	    "");
	fflush(stderr);
	if (old > p->width)
		p->width = old;
	free(line);
	free(text);
}

/* --- What happens. --- */

/* Asked once, when it is late enough to matter. */
static bool
is_due(struct mailx *m, int64_t now)
{
	struct progress *p = m->progress;

	if (now - p->began < PATIENCE || now - p->drawn < PACE ||
	    p->octets < LEAST)
		return false;
	if (p->drawn == 0)
		p->wanted = is_wanted(m);
	p->drawn = now;
	return p->wanted;
}

void
progress_moved(void *ctx, size_t octets)
{
	struct mailx *m = ctx;
	struct progress *p = m->progress;
	int64_t now;

	if (p == NULL || p->what == NULL)
		return;
	p->octets += octets;
	now = wait_now();
	if (p->began == 0)
		p->began = now;
	if (is_due(m, now))
		draw(m, now);
}

void
progress_message(struct mailx *m)
{
	if (m->progress != NULL)
		m->progress->messages++;
}
