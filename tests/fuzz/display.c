/* SPDX-License-Identifier: ISC */
/*
 * display.c -- fuzz: a message from its octets to what a person sees: valid
 * UTF-8, and nothing in it drives a terminal.  Files in its texts are found and
 * decoded too, as many octets as was told.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "../../cmd/out.h"
#include "../../cmd/read.h"
#include "../../cmd/vars.h"
#include "../../mime/enclosed.h"
#include "../../mime/text.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

volatile sig_atomic_t got_signal;	/* of main */

static const uint8_t *message;
static size_t message_size;

static FILE *
open_message(struct store *s, uint32_t n, struct fail *why)
{
	FILE *f = message_size > 0 ?
	    fmemopen((void *)(uintptr_t)message, message_size, "r") :
	    fopen("/dev/null", "r");

	(void)n;
	if (f == NULL)
		fail_errno(why, EX_OSERR, "%s", s->name);
	return f;
}

static const struct store_ops ops = {
	.kind = "fuzz", .local = true, .message = open_message
};

static void
check_safe(const char *p, size_t n)
{
	size_t used;
	uint32_t cp, before = 0;

	if (!utf8_is_valid(p, n))
		abort();
	for (; n > 0; p += used, n -= used) {
		used = utf8_decode(p, n, &cp);
		/* Joiners belong between the letters of some scripts. */
		if (cp != '\n' && cp != '\t' && utf8_is_unsafe(cp) &&
		    !(before > 0x2ff && (cp == 0x200c || cp == 0x200d)))
			abort();
		before = cp;
	}
}

static void
show(struct mailx *m, struct store *s)
{
	struct fail why = { 0 };
	char *text;
	size_t n;
	FILE *f = xmemstream(&text, &n);

	if (out_quote(m, s, 1, QUOTE_ALL, f, &why) == -1)
		abort();
	fclose(f);
	check_safe(text, n);
	free(text);
}

static void
decode_inside(struct mailx *m, struct store *s)
{
	struct fail why = { 0 };
	struct part *p = store_structure(s, 1, &why), *e;
	char *octets, *number;
	size_t n;
	FILE *f;

	for (; p != NULL; p = part_walk(p))
		for (e = p->inside; e != NULL; e = e->next) {
			f = xmemstream(&octets, &n);
			if (read_decode(m, 1, e, f, &why) == -1)
				abort();
			fclose(f);
			number = part_number(e);
			if (n != e->size || enclosed_get(p, number) != e)
				abort();
			free(number);
			free(octets);
		}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct store_options options;
	struct msg one = { 0 };
	char name[] = "fuzz";
	struct store s = { .ops = &ops, .options = &options, .name = name,
	    .msgs = &one, .count = 1, .cap = 1 };
	static struct mailx m;

	if (m.vars == NULL)
		m.vars = vars_new();
	message = data;
	message_size = size;
	m.folder = &s;
	show(&m, &s);
	decode_inside(&m, &s);
	store_drop(&s, 1);
	part_free(one.structure);
	envelope_free(one.envelope);
	return 0;
}
