/* SPDX-License-Identifier: ISC */
/*
 * term_edit.c -- a line that a person may edit, through libedit.
 *
 * libedit reads by way of next_character() and catches no signal itself: it would
 * pass one on to the whole process group.  Standard input is not buffered from the
 * first line on, so that a program that is started finds what was typed ahead.
 */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "history.h"
#include "out.h"
#include "term_edit.h"
#include "vars.h"

#define REPLACEMENT	0xfffd
#define KILL_LINE	0x15	/* ^U */

/* --- Signals while a line is typed. --- */

static const int handled[] = { SIGWINCH, SIGCONT, SIGTSTP, SIGQUIT };
static volatile sig_atomic_t	came[NELEM(handled)];

static void
note(int number)
{
	size_t i;

	for (i = 0; i < NELEM(handled); i++)
		if (handled[i] == number)
			came[i] = 1;
}

static void
catch_signals(struct sigaction old[static NELEM(handled)])
{
	struct sigaction sa = { .sa_handler = note };
	size_t i;

	sigemptyset(&sa.sa_mask);
	for (i = 0; i < NELEM(handled); i++) {
		came[i] = 0;
		if (sigaction(handled[i], NULL, &old[i]) == 0 &&
		    old[i].sa_handler != SIG_IGN)
			(void)sigaction(handled[i], &sa, NULL);
	}
}

static void
release_signals(const struct sigaction old[static NELEM(handled)])
{
	size_t i;

	for (i = 0; i < NELEM(handled); i++)
		(void)sigaction(handled[i], &old[i], NULL);
}

/* Stop or end as the signal says, the terminal as others need it meanwhile. */
static void
give_way(EditLine *el, int number)
{
	struct sigaction usual = { .sa_handler = SIG_DFL }, ours;

	sigemptyset(&usual.sa_mask);
	el_set(el, EL_PREP_TERM, 0);
	(void)sigaction(number, &usual, &ours);
	(void)raise(number);
	(void)sigaction(number, &ours, NULL);
}

static void
answer_signals(EditLine *el)
{
	size_t i;

	for (i = 0; i < NELEM(handled); i++) {
		if (!came[i])
			continue;
		came[i] = 0;
		if (handled[i] == SIGWINCH) {
			el_resize(el);
			continue;
		}
		if (handled[i] == SIGCONT)
			el_set(el, EL_PREP_TERM, 0);
		else
			give_way(el, handled[i]);
		el_set(el, EL_PREP_TERM, 1);
		el_set(el, EL_REFRESH);
	}
}

/* --- Characters. --- */

/* The next octet; EOF: the end (errno 0), or a signal that ends the line. */
static int
next_octet(EditLine *el)
{
	int c;

	for (;;) {
		errno = 0;
		c = getc(stdin);
		if (c != EOF)
			return c;
		if (!ferror(stdin) || errno != EINTR)
			errno = 0;
		clearerr(stdin);
		if (errno == 0 || got_signal != 0)
			return EOF;
		answer_signals(el);
	}
}

/*
 * An end of file that was typed ahead, while the terminal still put lines
 * together, is a NUL now.
 */
static int
typed_ahead(EditLine *el, int c)
{
	struct editor *e;

	el_wget(el, EL_CLIENTDATA, &e);
	if (e->ahead == 0)
		return c;
	if (c == '\0')
		return e->before.c_cc[VEOF];
	e->ahead--;
	return c;
}

static int
count_ahead(void)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	int n;

	if (poll(&p, 1, 0) != 1 || ioctl(STDIN_FILENO, FIONREAD, &n) == -1)
		return 0;
	return n + 1;
}

/* What is no character is shown as one that says so. */
static int
decode(EditLine *el, wchar_t *wc)
{
	mbstate_t state = { 0 };
	size_t n = 0;
	char octet;
	int c, read = 0;

	do {
		c = next_octet(el);
		if (c == EOF)
			return errno == 0 ? 0 : -1;
		c = typed_ahead(el, c);
		octet = (char)c;
		n = mbrtowc(wc, &octet, 1, &state);
		read++;
	} while (n == (size_t)-2);
	if (n == (size_t)-1) {
		if (read > 1)
			ungetc(c, stdin);
		*wc = REPLACEMENT;
	}
	return 1;
}

static bool
is_full(EditLine *el)
{
	const LineInfoW *line = el_wline(el);

	return line->lastchar - line->buffer >= MAX_COMMAND_LINE;
}

/* Enter behind `fo?' ends the question, as in a plain line: it does not run `fo'. */
static int
next_character(EditLine *el, wchar_t *wc)
{
	struct editor *e;
	int r;

	do
		r = decode(el, wc);
	while (r == 1 && *wc >= ' ' && is_full(el));
	el_wget(el, EL_CLIENTDATA, &e);
	if (e->answered && r == 1 && (*wc == '\r' || *wc == '\n'))
		*wc = KILL_LINE;
	e->answered = false;
	return r;
}

static wchar_t *
widen(const char *text)
{
	size_t n = mbstowcs(NULL, text, 0);
	wchar_t *wide;

	if (n == (size_t)-1)
		return NULL;
	wide = xcalloc(n + 1, sizeof *wide);
	(void)mbstowcs(wide, text, n + 1);
	return wide;
}

static char *
narrow(const wchar_t *text)
{
	size_t n = wcstombs(NULL, text, 0);
	char *line;

	if (n == (size_t)-1)
		return xstrdup("");
	line = xmalloc(n + 1);
	(void)wcstombs(line, text, n + 1);
	if (n > 0 && line[n - 1] == '\n')
		line[n - 1] = '\0';
	return line;
}

/* --- The editor. --- */

static bool
is_able(const struct mailx *m, FILE *in)
{
	const char *type = getenv("TERM");

	return m->interactive && (in == NULL || in == stdin) && type != NULL &&
	    *type != '\0' && strcmp(type, "dumb") != 0 &&
	    !var_is_set(m, "line-editor-disable");
}

/* Without a locale text is UTF-8, as elsewhere in the program. */
static locale_t
find_locale(void)
{
	locale_t l = newlocale(LC_CTYPE_MASK, "", (locale_t)0), utf8;

	if (l != (locale_t)0 && strcmp(nl_langinfo_l(CODESET, l),
	    "ANSI_X3.4-1968") != 0)
		return l;
	utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (utf8 == (locale_t)0)
		return l;
	if (l != (locale_t)0)
		freelocale(l);
	return utf8;
}

static wchar_t *
prompt_of(EditLine *el)
{
	struct editor *e;

	el_wget(el, EL_CLIENTDATA, &e);
	return e->prompt;
}

static HistoryW *
new_history(int size)
{
	HistoryW *h = history_winit();
	HistEventW event;

	if (h == NULL)
		out_of_memory();
	history_w(h, &event, H_SETSIZE, size);
	history_w(h, &event, H_SETUNIQUE, 1);
	return h;
}

static void
put_in_history(void *ctx, const char *line)
{
	struct editor *e = ctx;
	wchar_t *wide = widen(line);
	HistEventW event;

	if (wide != NULL)
		history_w(e->commands, &event, H_ENTER, wide);
	free(wide);
}

/* Can the cursor go up?  A terminal that nobody knows cannot. */
static bool
knows_terminal(EditLine *el)
{
	char *up = NULL;

	return el_get(el, EL_GETTC, "up", &up) == 0 && up != NULL;
}

/* el_end() would throw away what was typed ahead, were the terminal still its own. */
static void
end_editing(struct editor *e)
{
	if (e->el == NULL)
		return;
	el_wset(e->el, EL_EDITMODE, 0);
	el_end(e->el);
	e->el = NULL;
	(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &e->before);
}

static void
start(struct editor *e)
{
	e->el = el_init("mailx", stdin, stdout, e->complaints);
	if (e->el == NULL)
		return;
	if (!knows_terminal(e->el)) {
		end_editing(e);
		return;
	}
	el_wset(e->el, EL_CLIENTDATA, e);
	el_wset(e->el, EL_SIGNAL, 0);
	el_wset(e->el, EL_GETCFN, next_character);
	el_wset(e->el, EL_PROMPT, prompt_of);
	el_wset(e->el, EL_EDITOR, L"emacs");
	/* A newline typed ahead is still one when a plain line is read. */
	el_wset(e->el, EL_SETTY, L"-d", L"-inlcr", NULL);
	(void)el_source(e->el, NULL);
	editor_keys(e);
}

static struct editor *
new_editor(struct mailx *m)
{
	struct editor *e = xcalloc(1, sizeof *e);
	struct fail why = { 0 };

	e->m = m;
	e->locale = find_locale();
	e->complaints = fopen("/dev/null", "we");
	if (e->complaints == NULL || tcgetattr(STDIN_FILENO, &e->before) == -1)
		return e;
	e->commands = new_history(history_size(m));
	e->nothing = new_history(1);
	setvbuf(stdin, NULL, _IONBF, 0);
	start(e);
	if (e->el != NULL && history_read(m, put_in_history, e, &why) == -1)
		out_note(m, "history: %s", why.text);
	return e;
}

void
term_end(struct mailx *m)
{
	struct editor *e = m->editor;

	if (e == NULL)
		return;
	end_editing(e);
	if (e->commands != NULL)
		history_wend(e->commands);
	if (e->nothing != NULL)
		history_wend(e->nothing);
	if (e->complaints != NULL)
		fclose(e->complaints);
	if (e->locale != (locale_t)0)
		freelocale(e->locale);
	free(e->prompt);
	free(e->last);
	free(e);
	m->editor = NULL;
}

/* --- Lines. --- */

static char *
edit(struct editor *e)
{
	struct sigaction old[NELEM(handled)];
	const wchar_t *text;
	int n;

	fflush(stdout);
	el_resize(e->el);
	el_wset(e->el, EL_HIST, history_w, e->use == TERM_COMMAND ?
	    e->commands : e->nothing);
	e->ahead = count_ahead();
	el_set(e->el, EL_PREP_TERM, 1);	/* before the prompt tells that it is time to type */
	catch_signals(old);
	text = el_wgets(e->el, &n);
	release_signals(old);
	if (text != NULL && n > 0)
		return narrow(text);
	if (got_signal == 0)
		return NULL;
	if (got_signal == SIGINT)
		fputs("^C", stdout);
	return xstrdup("");
}

char *
term_line(struct mailx *m, const char *prompt, FILE *in, enum term_use use)
{
	struct editor *e;
	locale_t outer;
	char *line;

	if (!is_able(m, in))
		return term_read(m, prompt, in);
	if (m->editor == NULL) {
		outer = uselocale((locale_t)0);
		m->editor = new_editor(m);
		(void)uselocale(outer);
	}
	e = m->editor;
	if (e->el == NULL)
		return term_read(m, prompt, in);
	outer = uselocale(e->locale != (locale_t)0 ? e->locale :
	    LC_GLOBAL_LOCALE);
	free(e->prompt);
	e->prompt = widen(prompt == NULL ? "" : prompt);
	if (e->prompt == NULL)
		e->prompt = widen("? ");
	e->use = use;
	line = edit(e);
	(void)uselocale(outer);
	return line;
}

void
term_remember(struct mailx *m, const char *line)
{
	struct editor *e = m->editor;
	struct fail why = { 0 };
	locale_t outer;

	if (e == NULL || e->el == NULL || !history_keeps(line) ||
	    (e->last != NULL && strcmp(e->last, line) == 0))
		return;
	free(e->last);
	e->last = xstrdup(line);
	outer = uselocale(e->locale != (locale_t)0 ? e->locale :
	    LC_GLOBAL_LOCALE);
	put_in_history(e, line);
	(void)uselocale(outer);
	if (history_add(m, line, &why) == -1)
		out_note(m, "history: %s", why.text);
}
