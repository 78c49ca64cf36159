/* SPDX-License-Identifier: ISC */
/*
 * deliver.c -- a message handed to its transport, and what follows: who was
 * refused is told, what did not go is saved.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "out.h"
#include "sending.h"
#include "vars.h"

/* --- The recipients, each once. --- */

/* Domains compare without case, local parts exactly. */
static int
compare(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	const char *at = strrchr(x, '@'), *other = strrchr(y, '@');
	size_t n = at == NULL ? strlen(x) : (size_t)(at - x);
	size_t k = other == NULL ? strlen(y) : (size_t)(other - y);
	int order;

	order = memcmp(x, y, n < k ? n : k);
	if (order == 0 && n != k)
		order = n < k ? -1 : 1;
	return order != 0 ? order : strcasecmp(x + n, y + k);
}

static int
compare_stable(const void *a, const void *b)
{
	const struct smtp_rcpt *const *x = a, *const *y = b;
	int order = compare(&(*x)->addr, &(*y)->addr);

	return order != 0 ? order : *x < *y ? -1 : *x > *y;
}

static void
drop_repeated(struct outgoing *o)
{
	struct smtp_rcpt **sorted = xcalloc(o->nrcpt, sizeof *sorted);
	size_t i, kept = 0;

	for (i = 0; i < o->nrcpt; i++)
		sorted[i] = &o->rcpt[i];
	qsort(sorted, o->nrcpt, sizeof *sorted, compare_stable);
	for (i = o->nrcpt; i-- > 1;)
		if (compare(&sorted[i]->addr, &sorted[i - 1]->addr) == 0) {
			free(sorted[i]->addr);
			sorted[i]->addr = NULL;
		}
	free(sorted);
	for (i = 0; i < o->nrcpt; i++)
		if (o->rcpt[i].addr != NULL)
			o->rcpt[kept++] = o->rcpt[i];
	o->nrcpt = kept;
}

void
outgoing_to(struct outgoing *o, const struct addrs *const lists[], size_t n)
{
	size_t i, j, all = 0;

	for (i = 0; i < n; i++)
		all += lists[i]->n;
	o->rcpt = xcalloc(all, sizeof *o->rcpt);
	for (i = 0; i < n; i++)
		for (j = 0; j < lists[i]->n; j++)
			o->rcpt[o->nrcpt++].addr = xstrdup(lists[i]->v[j].addr);
	if (o->nrcpt > 1)
		drop_repeated(o);
}

void
outgoing_free(struct outgoing *o)
{
	size_t i;

	for (i = 0; i < o->nrcpt; i++) {
		free(o->rcpt[i].addr);
		free(o->rcpt[i].reply);
	}
	free(o->rcpt);
	o->rcpt = NULL;
	o->nrcpt = 0;
}

FILE *
outgoing_stage(struct outgoing *o, struct fail *why)
{
	FILE *f = store_stage(why);

	if (f == NULL)
		return NULL;
	if (o->write(o->ctx, f, why) == -1 || fflush(f) != 0 || ferror(f)) {
		fail_errno(why, EX_IOERR, "the message cannot be staged");
		fclose(f);
		return NULL;
	}
	rewind(f);
	return f;
}

int
print_outgoing(struct mailx *m, struct outgoing *o, const char *id,
    struct fail *why)
{
	struct sent s = { .message_id = id };

	if (!m->json)
		return o->write(o->ctx, out_stream(m), why) == -1 ? -1 :
		    out_flush(m, why);
	s.message = outgoing_stage(o, why);
	if (s.message == NULL)
		return -1;
	out_sent(m, &s);
	fclose(s.message);
	return 0;
}

/* --- The outcome. --- */

void
tell(struct mailx *m, const struct fail *why)
{
	bool json = m->json;

	m->json = false;
	out_error(m, NULL, why);
	m->json = json;
}

static bool
is_wrong(const struct smtp_rcpt *r)
{
	return r->state == RCPT_REFUSED || r->state == RCPT_DEFERRED;
}

const struct smtp_rcpt *
outgoing_worst(const struct outgoing *o)
{
	const struct smtp_rcpt *found = NULL;
	size_t i;

	for (i = 0; i < o->nrcpt; i++) {
		if (o->rcpt[i].state == RCPT_REFUSED)
			return &o->rcpt[i];
		if (found == NULL && o->rcpt[i].state == RCPT_DEFERRED)
			found = &o->rcpt[i];
	}
	return found;
}

int
say_refused(const struct transport *t, const struct smtp_rcpt *r,
    struct fail *why)
{
	return fail(why, r->state == RCPT_REFUSED ? EX_NOUSER : EX_TEMPFAIL,
	    "%s: %s: %s", t->shown, r->addr,
	    r->reply == NULL ? "refused" : r->reply);
}

/* Are its last words in the command's own error? */
static bool
is_told(const struct smtp_rcpt *r, const struct fail *why)
{
	return r->reply != NULL && strstr(why->text, r->reply) != NULL;
}

void
tell_refused(struct mailx *m, const struct transport *t,
    const struct outgoing *o, bool deferred, const struct fail *why)
{
	const struct smtp_rcpt *told = outgoing_worst(o);
	bool one_of_them = told != NULL &&
	    strstr(why->text, told->addr) != NULL;
	struct fail one;
	size_t i;

	for (i = 0; i < o->nrcpt; i++) {
		/* The verdict on the whole message is told once. */
		if (!is_wrong(&o->rcpt[i]) ||
		    (!deferred && o->rcpt[i].state != RCPT_REFUSED) ||
		    (one_of_them ? &o->rcpt[i] == told :
		    is_told(&o->rcpt[i], why)))
			continue;
		fail_clear(&one);
		say_refused(t, &o->rcpt[i], &one);
		tell(m, &one);
	}
}

static bool
any_deferred(const struct outgoing *o)
{
	size_t i;

	for (i = 0; i < o->nrcpt; i++)
		if (o->rcpt[i].state == RCPT_DEFERRED ||
		    o->rcpt[i].state == RCPT_NOT_YET)
			return true;
	return false;
}

int
dsn_check(const char *given, struct fail *why)
{
	char *list, *rest, *word;
	bool never = false, some = false, known = true;

	list = rest = xstrdup(given);
	while ((word = strsep(&rest, ", \t")) != NULL && known) {
		if (*word == '\0')
			continue;
		if (strcasecmp(word, "never") == 0)
			never = true;
		else if (strcasecmp(word, "success") == 0 ||
		    strcasecmp(word, "failure") == 0 ||
		    strcasecmp(word, "delay") == 0)
			some = true;
		else
			known = false;
	}
	free(list);
	return known && !(never && some) ? 0 : fail(why, EX_CONFIG, "dsn: %s: "
	    "never, or some of success, failure, delay", given);
}

/* The limit is asked before anything of it is on its way. */
static int
check_size(const struct mailx *m, struct outgoing *o, struct fail *why)
{
	int most = var_number(m, "max-message", 0);

	if (most <= 0)
		return 0;
	if (o->prepare(o, CARRIES_7BIT, why) == -1)
		return -1;
	if (o->size > (uint64_t)most)
		return fail(why, EX_DATAERR, "the message: %llu octets, and "
		    "max-message is %d", (unsigned long long)o->size, most);
	return 0;
}

int
outgoing_check(const struct mailx *m, struct outgoing *o, struct fail *why)
{
	const char *dsn = var_get(m, "dsn");

	/* A server would refuse each recipient for it, as if none of them existed. */
	if (dsn != NULL && dsn_check(dsn, why) == -1)
		return -1;
	return check_size(m, o, why);
}

int
deliver(struct mailx *m, const struct transport *t, struct outgoing *o,
    struct fail *why)
{
	const struct smtp_rcpt *first;
	struct fail unready = { 0 };

	o->taken = outgoing_check(m, o, why) == 0 &&
	    transport_send(m, t, o, why) == 0;
	first = outgoing_worst(o);
	if (o->taken && first == NULL)
		return 0;
	if (o->taken)
		say_refused(t, first, why);
	tell_refused(m, t, o, true, why);
	/* Nothing was prepared where no server answered. */
	if (!o->taken && o->size == 0 && o->prepare(o, CARRIES_7BIT, &unready) == -1)
		return -1;
	if (!o->taken || any_deferred(o))
		dead_outgoing(m, o, o->taken, why);
	return -1;
}
