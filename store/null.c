/* SPDX-License-Identifier: ISC */
/* null.c -- /dev/null: an empty folder that swallows what is put there. */
#include "store.h"

static int
null_open(struct store *s, struct fail *why)
{
	(void)s;
	(void)why;
	return 0;
}

static FILE *
null_message(struct store *s, uint32_t n, struct fail *why)
{
	(void)n;
	fail(why, EX_NOINPUT, "%s: no messages", s->name);
	return NULL;
}

static int
null_append(struct store *s, FILE *f, const struct msg *like,
    const struct store_intent *intent, struct fail *why)
{
	(void)s;
	(void)f;
	(void)like;
	return intent == NULL ? 0 : store_intend(intent, "null", why);
}

static int
null_recover(struct store *s, const char *record, FILE *message,
    struct fail *why)
{
	(void)s;
	(void)record;
	(void)message;
	(void)why;
	return 1;
}

static int
null_sync(struct store *s, unsigned how, struct fail *why)
{
	(void)s;
	(void)how;
	(void)why;
	return 0;
}

const struct store_ops store_null = {
	.kind = "null", .local = true, .open = null_open,
	.message = null_message, .append = null_append,
	.recover = null_recover, .sync = null_sync,
};
