/* SPDX-License-Identifier: ISC */
/*
 * imapcache.c -- headers of an IMAP mailbox kept between runs: what the server said,
 * in its own form, so that one parser reads both (imapread.c), and a damaged or
 * forged cache can do no more than a server can.
 *
 * Only what never changes is kept: size, arrival, envelope, structure.
 */
#include <stdlib.h>
#include <string.h>

#include "../net/cred.h"
#include "headcache.h"
#include "imap.h"

struct boxcache {
	struct headcache	*texts;		/* owned */
	struct imap_reader	*reader;	/* owned; NULL until it is needed */
	struct span		 left;		/* of the text that is read just now */
	char			*text;		/* owned: what is written just now */
	size_t			 n, room;
};

/* --- Writing --- */

static bool
is_quotable(struct span s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (ascii_is_control((unsigned char)s.p[i]) ||
		    s.p[i] == '"' || s.p[i] == '\\')
			return false;
	return true;
}

/* Once for each message of a mailbox: a stream would cost more than all else. */
static void
put(struct boxcache *c, const char *p, size_t n)
{
	if (c->room - c->n < n) {
		c->room = 2 * (c->n + n);
		c->text = xreallocarray(c->text, c->room, 1);
	}
	memcpy(c->text + c->n, p, n);
	c->n += n;
}

static void
put_string(struct boxcache *c, struct span s)
{
	char size[32];

	if (is_quotable(s)) {
		put(c, "\"", 1);
		put(c, s.p, s.n);
		put(c, "\"", 1);
		return;
	}
	put(c, size, (size_t)snprintf(size, sizeof(size), "{%zu}\r\n", s.n));
	put(c, s.p, s.n);
}

/* The reader bounds how deep this goes. */
static void
put_node(struct boxcache *c, const struct imap_node *n)
{
	const struct imap_node *child;

	if (n->kind == IMAP_STRING)
		put_string(c, n->text);
	else if (n->kind != IMAP_LIST)
		put(c, n->text.p, n->text.n);
	else {
		put(c, "(", 1);
		for (child = n->child; child != NULL; child = child->next) {
			put_node(c, child);
			if (child->next != NULL)
				put(c, " ", 1);
		}
		put(c, ")", 1);
	}
}

static void
put_item(struct boxcache *c, const char *name, const struct imap_node *n)
{
	if (n == NULL || n->kind == IMAP_STREAMED)
		return;
	put(c, name, strlen(name));
	put_node(c, n);
}

void
boxcache_keep(struct store *s, uint32_t uid, const struct imap_items *it)
{
	static const char begin[] = "* 1 FETCH (UID 1", end[] = ")\r\n";
	struct boxcache *c = box_of(s)->cache;
	struct span old;

	if (c == NULL || uid == 0)
		return;
	c->n = 0;
	put(c, begin, sizeof(begin) - 1);
	put_item(c, " RFC822.SIZE ", it->size);
	put_item(c, " INTERNALDATE ", it->arrived);
	put_item(c, " ENVELOPE ", it->envelope);
	put_item(c, " REFERENCES ", it->references);
	put_item(c, " BRIEF ", it->brief);
	put_item(c, " BODYSTRUCTURE ", it->structure);
	put(c, end, sizeof(end) - 1);
	/* What was known before stands behind it, as a response of its own. */
	old = headcache_get(c->texts, uid);
	if (old.n > 0 && old.n < MAX_CACHE_TEXT / 2)
		put(c, old.p, old.n);
	headcache_put(c->texts, uid, (struct span){ c->text, c->n });
}

/* --- Reading --- */

static int
text_line(void *ctx, struct span *line, struct fail *why)
{
	struct boxcache *c = ctx;
	const char *end;

	if (c->left.n == 0 ||
	    (end = memchr(c->left.p, '\n', c->left.n)) == NULL)
		return fail(why, EX_DATAERR, "the text is at its end");
	line->p = c->left.p;
	line->n = (size_t)(end - c->left.p);
	c->left.p += line->n + 1;
	c->left.n -= line->n + 1;
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->n--;
	return 0;
}

static int
text_read(void *ctx, size_t n, struct span *got, struct fail *why)
{
	struct boxcache *c = ctx;

	if (c->left.n == 0)
		return fail(why, EX_DATAERR, "the text is at its end");
	got->p = c->left.p;
	got->n = n < c->left.n ? n : c->left.n;
	c->left.p += got->n;
	c->left.n -= got->n;
	return 0;
}

static const struct imap_response *
next_response(struct boxcache *c)
{
	struct imap_input in = { text_line, text_read, c };
	const struct imap_response *r;
	struct fail ignored = { 0 };

	if (c->reader == NULL)
		c->reader = imap_reader_new(&in);
	r = imap_read(c->reader, &ignored);
	if (r == NULL || r->status != IMAP_DATA || r->items == NULL ||
	    r->items->kind != IMAP_LIST || !imap_are_pairs(r->items->child)) {
		imap_reader_free(c->reader);
		c->reader = NULL;
		return NULL;
	}
	return r;
}

static void
take_text(struct store *s, struct boxcache *c, struct msg *m, unsigned want)
{
	const struct imap_response *r;
	const struct imap_node *n;
	struct imap_items it;

	c->left = headcache_get(c->texts, m->uid);
	while ((imap_lacking(m, want) & ~(unsigned)LOAD_FLAGS) != 0 &&
	    c->left.n > 0) {
		if ((r = next_response(c)) == NULL)
			break;
		n = r->items->child;
		it.size = imap_item(n, "RFC822.SIZE");
		it.arrived = imap_item(n, "INTERNALDATE");
		it.envelope = imap_item(n, "ENVELOPE");
		it.references = imap_item(n, "REFERENCES");
		it.brief = imap_item(n, "BRIEF");
		it.structure = imap_item(n, "BODYSTRUCTURE");
		m->loaded |= imap_take_kept(m, &it, want & ~m->loaded,
		    s->options->charset_8bit);
	}
}

void
boxcache_load(struct store *s, const uint32_t *v, size_t n, unsigned want)
{
	struct boxcache *c = box_of(s)->cache;
	struct msg *m;
	size_t i;

	if (c == NULL || headcache_is_empty(c->texts))
		return;
	for (i = 0; i < n; i++) {
		m = &s->msgs[v[i] - 1];
		if (m->uid != 0 && !(m->flags & MSG_GONE))
			take_text(s, c, m, want);
	}
}

bool
boxcache_may_know(const struct store *s)
{
	const struct boxcache *c = box_of(s)->cache;

	return c != NULL && !headcache_is_empty(c->texts);
}

void
boxcache_forget(struct store *s, uint32_t uid)
{
	const struct boxcache *c = box_of(s)->cache;

	if (c != NULL && uid != 0)
		headcache_forget(c->texts, uid);
}

/* --- Opening and closing --- */

/* "user@host:port": of another user the mailbox of that name is another. */
static char *
account_of(const struct session *ss)
{
	struct fail ignored = { 0 };
	char *user = cred_user(&ss->server, &ignored), *account;

	account = user == NULL ? NULL :
	    xasprintf("%s@%s", user, imap_name(ss->imap));
	free(user);
	return account;
}

char *
boxcache_dir(struct store *s, const struct session *ss)
{
	char *account = account_of(ss), *dir;

	if (account == NULL)
		return NULL;
	dir = headcache_dir(s->options->cache_dir, account,
	    box_of(s)->mailbox);
	free(account);
	return dir;
}

void
boxcache_open(struct store *s)
{
	struct box *b = box_of(s);
	char *account;

	if (b->cache != NULL || s->options->cache_dir == NULL ||
	    s->uidvalidity == 0 || (account = account_of(b->session)) == NULL)
		return;
	b->cache = xcalloc(1, sizeof(*b->cache));
	b->cache->texts = headcache_open(s->options->cache_dir, account,
	    b->mailbox, s->uidvalidity, b->state.uidnext);
	free(account);
}

void
boxcache_close(struct store *s)
{
	struct boxcache *c = box_of(s)->cache;

	if (c == NULL)
		return;
	headcache_close(c->texts);
	imap_reader_free(c->reader);
	free(c->text);
	free(c);
	box_of(s)->cache = NULL;
}
