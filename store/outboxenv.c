/* SPDX-License-Identifier: ISC */
/*
 * outboxenv.c -- the envelope of a message in the outbox, as text, and when it is
 * tried again.
 *
 * Lines of words; the first names the version, the last is the checksum of all
 * before it.  What a version does not know is damage, for it may be what keeps a
 * message from going where it should not.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "outbox.h"
#include "token.h"

#define VERSION		"mailx-outbox 1"
#define MAX_WORDS	6		/* of a line */
#define FIRST_DELAY	300		/* seconds */
#define LONGEST_DELAY	(4 * 3600)
#define GIVE_UP		(5 * 86400)
#define LONGEST_WAIT	(8 * 3600)	/* that one attempt adds to what was waited */

void
outbox_item_init(struct outbox_item *i)
{
	memset(i, 0, sizeof *i);
	i->msg = -1;
}

/* --- Writing. --- */

static void
put(FILE *f, const char *name, const char *value)
{
	if (value == NULL)
		return;
	fprintf(f, "%s ", name);
	token_put(f, value);
	putc('\n', f);
}

static void
put_number(FILE *f, const char *name, int64_t value)
{
	if (value != 0)
		fprintf(f, "%s %" PRId64 "\n", name, value);
}

static void
put_rcpt(FILE *f, const struct smtp_rcpt *r)
{
	fprintf(f, "rcpt %c ", r->state == RCPT_ACCEPTED ? 'D' :
	    r->state == RCPT_REFUSED ? 'F' : 'N');
	token_put(f, r->addr);
	if (r->reply != NULL) {
		putc(' ', f);
		token_put(f, r->reply);
	}
	putc('\n', f);
}

static void
put_lists(FILE *f, const struct outbox_item *i)
{
	size_t k;

	for (k = 0; k + 1 < i->policy.n; k += 2) {
		fputs("set ", f);
		token_put(f, i->policy.v[k]);
		putc(' ', f);
		token_put(f, i->policy.v[k + 1]);
		putc('\n', f);
	}
	for (k = 0; k < i->args.n; k++)
		put(f, "argument", i->args.v[k]);
	for (k = 0; k < i->nrcpt; k++)
		put_rcpt(f, &i->rcpt[k]);
}

char *
outbox_text(const struct outbox_item *i, size_t *n)
{
	char check[TOKEN_CHECK + 1], *text, *whole;
	FILE *f = xmemstream(&text, n);

	fprintf(f, VERSION "\nid %s\n", i->id);
	put(f, "account", i->account);
	put(f, "mta", i->mta);
	put(f, "sender", i->sender);
	put(f, "subject", i->subject);
	put(f, "message-id", i->message_id);
	put(f, "once", i->once);
	fprintf(f, "octets %" PRIu64 "\nsize %" PRIu64 "\nsha256 %s\n",
	    i->octets, i->size, i->sha256);
	put_number(f, "flags", (int64_t)i->flags);
	put_number(f, "queued", i->queued);
	put_number(f, "not-before", i->not_before);
	put_number(f, "next", i->next);
	put_number(f, "tried", i->tried);
	put_number(f, "waited", i->waited);
	put_number(f, "attempts", (int64_t)i->attempts);
	put_number(f, "code", i->code);
	put(f, "last", i->last);
	put_lists(f, i);
	fclose(f);
	token_checksum(text, *n, check);
	whole = xasprintf("%scheck %s\n", text, check);
	free(text);
	*n = strlen(whole);
	return whole;
}

/* --- Reading. --- */

/* Up to that character, which ends it; NULL: there is nothing more. */
static char *
cut(char **next, int at)
{
	char *start = *next;
	char *end = start == NULL ? NULL : strchr(start, at);

	*next = end == NULL ? NULL : end + 1;
	if (end != NULL)
		*end = '\0';
	return start;
}

static bool
read_number(const char *text, int64_t *value, int64_t most)
{
	const char *error;

	*value = strtonum(text, 0, most, &error);
	return error == NULL;
}

static bool
read_rcpt(struct outbox_item *i, char *const *w, size_t n)
{
	static const char letters[] = "NDF";
	static const enum smtp_state states[] = { RCPT_NOT_YET, RCPT_ACCEPTED,
	    RCPT_REFUSED };
	struct smtp_rcpt *r;
	const char *p;
	size_t cap;

	if (n < 3 || n > 4 || strlen(w[1]) != 1 ||
	    (p = strchr(letters, *w[1])) == NULL)
		return false;
	/* Room for a power of two: that many are there when it is full. */
	for (cap = 1; cap < i->nrcpt; cap *= 2)
		continue;
	if (i->nrcpt == 0)
		cap = 0;
	if (i->nrcpt == cap)
		i->rcpt = xreallocarray(i->rcpt, cap == 0 ? 1 : cap * 2,
		    sizeof *i->rcpt);
	r = &i->rcpt[i->nrcpt++];
	r->addr = xstrdup(w[2]);
	r->state = states[p - letters];
	r->reply = n == 4 ? xstrdup(w[3]) : NULL;
	return true;
}

static bool
read_digest(struct outbox_item *i, const char *hex)
{
	return strlcpy(i->sha256, hex, sizeof i->sha256) == 64 &&
	    strspn(hex, "0123456789abcdef") == 64;
}

/* A line that stands once and has one word. */
static bool
read_text(struct outbox_item *i, const char *name, const char *value,
    bool *known)
{
	static const struct { const char *name; size_t at; } texts[] = {
		{ "account", offsetof(struct outbox_item, account) },
		{ "mta", offsetof(struct outbox_item, mta) },
		{ "sender", offsetof(struct outbox_item, sender) },
		{ "subject", offsetof(struct outbox_item, subject) },
		{ "message-id", offsetof(struct outbox_item, message_id) },
		{ "last", offsetof(struct outbox_item, last) },
		{ "once", offsetof(struct outbox_item, once) }
	};
	char **to;
	size_t k;

	*known = true;
	for (k = 0; k < NELEM(texts); k++) {
		if (*name != *texts[k].name || strcmp(name, texts[k].name) != 0)
			continue;
		to = (char **)(void *)((char *)i + texts[k].at);
		if (*to != NULL)
			return false;
		*to = xstrdup(value);
		return true;
	}
	if (strcmp(name, "id") == 0)
		return *i->id == '\0' && strlcpy(i->id, value, sizeof i->id) <
		    sizeof i->id;
	if (strcmp(name, "sha256") == 0)
		return read_digest(i, value);
	*known = false;
	return true;
}

static bool
read_figure(struct outbox_item *i, const char *name, const char *value)
{
	enum { OCTETS, SIZE, FLAGS, QUEUED, NOT_BEFORE, NEXT, TRIED, WAITED,
	    ATTEMPTS, CODE };
	static const struct { const char *name; int64_t most; } figures[] = {
		{ "octets", INT64_MAX }, { "size", INT64_MAX },
		{ "flags", 127 }, { "queued", INT64_MAX },
		{ "not-before", INT64_MAX }, { "next", INT64_MAX },
		{ "tried", INT64_MAX }, { "waited", INT64_MAX },
		{ "attempts", INT32_MAX }, { "code", 255 }
	};
	int64_t x;
	size_t k;

	for (k = 0; k < NELEM(figures); k++)
		if (*name == *figures[k].name &&
		    strcmp(name, figures[k].name) == 0)
			break;
	if (k == NELEM(figures) || !read_number(value, &x, figures[k].most))
		return false;
	switch (k) {
	case OCTETS: i->octets = (uint64_t)x; break;
	case SIZE: i->size = (uint64_t)x; break;
	case FLAGS: i->flags = (unsigned)x; break;
	case QUEUED: i->queued = x; break;
	case NOT_BEFORE: i->not_before = x; break;
	case NEXT: i->next = x; break;
	case TRIED: i->tried = x; break;
	case WAITED: i->waited = x; break;
	case ATTEMPTS: i->attempts = (unsigned)x; break;
	default: i->code = (int)x; break;
	}
	return true;
}

static bool
read_line(struct outbox_item *i, char *line)
{
	char *w[MAX_WORDS], *next = line;
	size_t n = 0;
	bool known;

	while (n < MAX_WORDS && (w[n] = cut(&next, ' ')) != NULL)
		if (!token_read(w[n++]))
			return false;
	if (next != NULL || n < 2)
		return false;
	if (strcmp(w[0], "rcpt") == 0)
		return read_rcpt(i, w, n);
	if (strcmp(w[0], "set") == 0 && n == 3) {
		strv_add(&i->policy, w[1]);
		strv_add(&i->policy, w[2]);
		return true;
	}
	if (n != 2)
		return false;
	if (strcmp(w[0], "argument") == 0) {
		strv_add(&i->args, w[1]);
		return true;
	}
	if (!read_text(i, w[0], w[1], &known))
		return false;
	return known || read_figure(i, w[0], w[1]);
}

static bool
read_lines(struct outbox_item *i, char *text)
{
	char *line, *next = text;

	line = cut(&next, '\n');
	if (strcmp(line, VERSION) != 0)
		return false;
	while ((line = cut(&next, '\n')) != NULL)
		if (*line != '\0' && !read_line(i, line))
			return false;
	return i->mta != NULL && i->sender != NULL && i->nrcpt > 0 &&
	    *i->sha256 != '\0' && *i->id != '\0';
}

int
outbox_parse(char *text, size_t n, struct outbox_item *i, struct fail *why)
{
	const size_t tail = strlen("check \n") + TOKEN_CHECK;
	char check[TOKEN_CHECK + 1], *end;

	if (n < tail || strlen(text) != n || text[n - 1] != '\n' ||
	    strncmp(text + n - tail, "check ", 6) != 0)
		return fail(why, EX_DATAERR, "the envelope is damaged");
	end = text + n - tail;
	token_checksum(text, n - tail, check);
	if (strncmp(end + 6, check, TOKEN_CHECK) != 0)
		return fail(why, EX_DATAERR, "the envelope is damaged (bad "
		    "checksum)");
	*end = '\0';
	if (!read_lines(i, text))
		return fail(why, EX_DATAERR, "the envelope is not of a version "
		    "that is known here");
	return 0;
}

/* --- When. --- */

/*
 * What counts towards giving up is the time waited from one attempt to the next,
 * but never more than some hours: neither a clock that jumps nor a machine that
 * was off makes a message old.
 */
bool
outbox_put_off(struct outbox_item *i, int64_t now)
{
	int64_t delay = FIRST_DELAY, since = now - i->tried;
	unsigned n;

	if (i->tried != 0 && since > 0)
		i->waited += since < LONGEST_WAIT ? since : LONGEST_WAIT;
	for (n = 0; n < i->attempts && delay < LONGEST_DELAY; n++)
		delay *= 2;
	if (delay > LONGEST_DELAY)
		delay = LONGEST_DELAY;
	i->attempts++;
	i->tried = now;
	i->next = now + delay - delay / 8 +
	    (int64_t)arc4random_uniform((uint32_t)(delay / 4));
	return i->waited >= GIVE_UP;
}

/* A time further away than any that is set: the clock was turned back. */
bool
outbox_is_due(const struct outbox_item *i, int64_t now)
{
	if (i->not_before > now || (i->flags & OUTBOX_UNCERTAIN) != 0)
		return false;
	return i->next <= now || i->next - now > OUTBOX_LONGEST;
}
