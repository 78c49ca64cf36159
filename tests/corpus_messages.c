/* SPDX-License-Identifier: ISC */
/*
 * corpus_messages.c -- messages/NAME.eml against NAME.expect: each fact is a
 * question (keyword, path, name) and an answer; what our readers answer is
 * compared with it.  Paths count the top entity as 1, unlike IMAP.
 */
#include <err.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../mime/part.h"
#include "corpus.h"

#define MAX_FACT	8

struct message {
	FILE		*f;
	struct part	*root;
};

/* A fact's line: key fields, then the answer. */
struct fact {
	enum grade	 grade;
	char		*v[MAX_FACT];
	size_t		 n, keys;
	char		*want;		/* owned */
};

static struct part *
find(struct message *m, const char *path)
{
	struct part *p = m->root;
	char *end;
	unsigned long k;

	if (strtoul(path, &end, 10) != 1)
		return NULL;
	while (*end == '.' && p != NULL) {
		k = strtoul(end + 1, &end, 10);
		for (p = p->child; p != NULL && p->index != k; p = p->next)
			continue;
	}
	return p;
}

static bool
is_message(const struct part *p)
{
	return p->parent == NULL || part_is_message(p->parent);
}

static char *
digest(const char *text, size_t n)
{
	char hex[SHA256_DIGEST_STRING_LENGTH];
	char *lines = xmalloc(n + 1);
	size_t i, len = 0;

	for (i = 0; i < n; i++)
		if (text[i] != '\r' || i + 1 == n || text[i + 1] != '\n')
			lines[len++] = text[i];
	while (len > 0 && lines[len - 1] == '\n')
		len--;
	SHA256Data((uint8_t *)lines, len, hex);
	free(lines);
	return xasprintf("%zu\t%s", len, hex);
}

static char *
contents(struct message *m, struct part *p, bool as_text)
{
	struct fail why = { 0 };
	unsigned defects = 0;
	char *text, *answer;
	size_t n;
	FILE *out = xmemstream(&text, &n);
	int r = -1;

	if (fseeko(m->f, (off_t)p->body, SEEK_SET) == 0)
		r = as_text ? part_decode_text(p, m->f, p->size, NULL, out,
		    &defects, &why) :
		    part_decode(p, m->f, p->size, out, &defects, &why);
	fclose(out);
	answer = r == -1 ? NULL : digest(text, n);
	free(text);
	return answer;
}

static char *
count_addrs(struct part *p, const char *name, const char *which)
{
	const struct field *f = head_get(&p->head, name);
	struct addrs as = { 0 };
	char *answer = NULL, *shown, *spec;
	size_t i;

	if (f == NULL)
		return NULL;
	addrs_parse(&as, f->body, NULL);
	if (which == NULL)
		answer = xasprintf("%zu", as.n);
	else if ((i = strtoul(which, NULL, 10)) >= 1 && i <= as.n) {
		shown = corpus_value(as.v[i - 1].name == NULL ? "" :
		    as.v[i - 1].name);
		spec = corpus_value(as.v[i - 1].addr);
		answer = xasprintf("%s\t%s", shown, spec);
		free(shown);
		free(spec);
	}
	addrs_free(&as);
	return answer;
}

static char *
date(struct part *p)
{
	const struct field *f = head_get(&p->head, "Date");
	struct date d;
	int zone;

	if (f == NULL || date_parse(f->body, &d) == -1)
		return NULL;
	zone = abs(d.zone);
	return xasprintf("%lld\t%c%02d%02d", (long long)d.epoch,
	    d.zone < 0 ? '-' : '+', zone / 60, zone % 60);
}

static char *
without_brackets(const char *id)
{
	size_t n = id == NULL ? 0 : strlen(id);
	char *bare, *answer;

	if (n < 2)
		return NULL;
	bare = xstrndup(id + 1, n - 2);
	answer = corpus_value(bare);
	free(bare);
	return answer;
}

static char *
message_id(struct part *p)
{
	struct envelope *e = envelope_read(&p->head, NULL);
	char *answer = without_brackets(e->message_id);

	envelope_free(e);
	return answer;
}

static char *
value_or_null(const char *s)
{
	return s == NULL || *s == '\0' ? NULL : corpus_value(s);
}

static char *
lower_value(const char *s)
{
	char *v = s == NULL ? NULL : corpus_value(s);

	if (v != NULL)
		ascii_lower_string(v);
	return v;
}

static char *
count_parts(struct part *p)
{
	size_t n = 0;

	for (; p != NULL; p = part_walk(p))
		n++;
	return xasprintf("%zu", n);
}

static char *
count_kids(struct part *p)
{
	size_t n = 0;

	for (p = p->child; p != NULL; p = p->next)
		n++;
	return xasprintf("%zu", n);
}

static char *
header(struct part *p, const char *name)
{
	char *text = head_get_text(&p->head, name, NULL), *answer;

	answer = text == NULL ? NULL : corpus_value(text);
	free(text);
	return answer;
}

/* What a message's part answers to keyword and name. */
static char *
ask_message(struct part *p, const struct fact *q)
{
	if (strcmp(q->v[0], "header") == 0)
		return header(p, q->v[2]);
	if (!is_message(p))
		return NULL;
	if (strcmp(q->v[0], "hcount") == 0)
		return xasprintf("%zu", p->head.n);
	if (strcmp(q->v[0], "addrs") == 0)
		return count_addrs(p, q->v[2], NULL);
	if (strcmp(q->v[0], "addr") == 0)
		return count_addrs(p, q->v[2], q->v[3]);
	if (strcmp(q->v[0], "date") == 0)
		return date(p);
	return message_id(p);
}

static char *
ask(struct message *m, const struct fact *q)
{
	struct part *p;

	if (strcmp(q->v[0], "parts") == 0)
		return count_parts(m->root);
	if ((p = find(m, q->v[1])) == NULL)
		return NULL;
	if (strcmp(q->v[0], "part") == 0)
		return corpus_value(p->type.value);
	if (strcmp(q->v[0], "kids") == 0)
		return count_kids(p);
	if (strcmp(q->v[0], "charset") == 0)
		return lower_value(params_get(&p->type, "charset"));
	if (strcmp(q->v[0], "disp") == 0)
		return value_or_null(p->disposition.value);
	if (strcmp(q->v[0], "filename") == 0)
		return value_or_null(p->filename);
	if (strcmp(q->v[0], "cid") == 0)
		return without_brackets(p->id);
	if (strcmp(q->v[0], "body") == 0)
		return contents(m, p, false);
	if (strcmp(q->v[0], "text") == 0)
		return contents(m, p, true);
	return ask_message(p, q);
}

/* How many fields make the question; 0: no fact that we know. */
static size_t
keys_of(const char *word)
{
	static const struct {
		const char	*word;
		size_t		 keys;
	} known[] = {
		{ "parts", 1 }, { "part", 2 }, { "kids", 2 }, { "charset", 2 },
		{ "disp", 2 }, { "filename", 2 }, { "cid", 2 },
		{ "hcount", 2 }, { "header", 3 }, { "addrs", 3 },
		{ "addr", 4 }, { "date", 2 }, { "msgid", 2 }, { "body", 2 },
		{ "text", 2 }
	};
	size_t i;

	for (i = 0; i < NELEM(known); i++)
		if (strcmp(word, known[i].word) == 0)
			return known[i].keys;
	return 0;
}

/* Read a line into q; false for comments and advice. */
static bool
read_fact(char *line, struct fact *q)
{
	size_t from = 0, i;
	char *rest;

	memset(q, 0, sizeof *q);
	if (*line == '#' || *line == '*' || *line == '\n')
		return false;
	q->n = corpus_fields(line, q->v, MAX_FACT);
	q->grade = AGREED;
	if (strcmp(q->v[0], "~") == 0 || strcmp(q->v[0], "?") == 0) {
		q->grade = corpus_grade(q->v[0]);
		from = 1;
	}
	if (q->n <= from + 1 || (q->keys = keys_of(q->v[from])) == 0 ||
	    q->n < from + q->keys)
		return false;
	for (i = 0; i + from < q->n; i++)
		q->v[i] = q->v[i + from];
	q->n -= from;
	q->want = xstrdup(q->n > q->keys ? q->v[q->keys] : "");
	for (i = q->keys + 1; i < q->n; i++) {
		rest = xasprintf("%s\t%s", q->want, q->v[i]);
		free(q->want);
		q->want = rest;
	}
	return true;
}

static char *
key_of(const char *name, const struct fact *q)
{
	size_t i, len;
	char *text;
	FILE *f = xmemstream(&text, &len);

	fprintf(f, "%s:", name);
	for (i = 0; i < q->keys; i++)
		fprintf(f, " %s", q->v[i]);
	fclose(f);
	return text;
}

static bool
matches(const char *got, const char *want)
{
	if (got == NULL)
		return strcmp(want, "<absent>") == 0;
	return strcmp(got, want) == 0;
}

/* Contested answers of one question stand in lines one behind the other. */
struct group {
	char	*key, *got, *wants;	/* owned */
	bool	 held;
};

static void
end_group(struct group *g)
{
	if (g->key != NULL)
		corpus_count("message contested", CONTESTED, g->held, g->key,
		    g->got, g->wants);
	free(g->key);
	free(g->got);
	free(g->wants);
	memset(g, 0, sizeof *g);
}

static void
take_contested(struct group *g, char *key, char *got, const char *want)
{
	char *wants;

	if (g->key == NULL || strcmp(g->key, key) != 0) {
		end_group(g);
		g->key = xstrdup(key);
		g->got = got == NULL ? NULL : xstrdup(got);
		g->wants = xstrdup(want);
	} else {
		wants = xasprintf("%s | %s", g->wants, want);
		free(g->wants);
		g->wants = wants;
	}
	g->held = g->held || matches(got, want);
}

static void
check_fact(struct message *m, const char *name, struct fact *q,
    struct group *g)
{
	char category[32], *key = key_of(name, q), *got = ask(m, q);

	if (q->grade == CONTESTED)
		take_contested(g, key, got, q->want);
	else {
		snprintf(category, sizeof category, "message %s", q->v[0]);
		corpus_count(category, q->grade, matches(got, q->want), key,
		    got, q->want);
	}
	free(key);
	free(got);
	free(q->want);
}

static void
check_message(const char *dir, const char *name)
{
	struct fail why = { 0 };
	struct message m;
	struct group g = { 0 };
	struct fact q;
	char *path = xasprintf("%s/messages/%s.eml", dir, name), *line = NULL;
	size_t cap = 0;
	FILE *f;

	if ((m.f = fopen(path, "r")) == NULL)
		err(EX_NOINPUT, "%s", path);
	if ((m.root = part_parse(m.f, NULL, &why)) == NULL)
		errx(why.code, "%s: %s", path, why.text);
	free(path);
	path = xasprintf("%s/messages/%s.expect", dir, name);
	if ((f = fopen(path, "r")) == NULL)
		err(EX_NOINPUT, "%s", path);
	while (getline(&line, &cap, f) > 0)
		if (read_fact(line, &q))
			check_fact(&m, name, &q, &g);
	end_group(&g);
	fclose(f);
	fclose(m.f);
	part_free(m.root);
	free(line);
	free(path);
}

void
corpus_messages(const char *dir)
{
	struct strv names = { NULL, 0, 0 };
	size_t i;

	corpus_list(dir, "messages", ".expect", &names);
	for (i = 0; i < names.n; i++)
		check_message(dir, names.v[i]);
	strv_free(&names);
}
