/* SPDX-License-Identifier: ISC */
/* outrecords.c -- records that are not messages: mailboxes, numbers, files, fetches, sendings, pairs. */

#include <stdlib.h>
#include <string.h>

#include "../net/smtp.h"
#include "outint.h"
#include "vars.h"

char *
out_size(uint64_t octets)
{
	static const char units[] = "kMGTPE";
	double size = (double)octets;
	int i = -1;

	if (octets < 1000)
		return xasprintf("%u B", (unsigned)octets);
	while (size >= 999.5) {
		size /= 1000;
		i++;
	}
	return size < 9.95 ? xasprintf("%.1f %cB", size, units[i]) :
	    xasprintf("%.0f %cB", size, units[i]);
}

static char *
amount(uint64_t n, bool in_octets)
{
	return in_octets ? out_size(n) :
	    xasprintf("%llu", (unsigned long long)n);
}

static void
folder_json(struct mailx *m, const struct store_list_entry *e)
{
	struct json j;

	json_begin(&j, out_stream(m));
	json_member(&j, "folder", e->name);
	if (e->has_counts) {
		json_count(&j, "messages", e->messages);
		json_count(&j, "unseen", e->unseen);
	} else {
		json_member(&j, "messages", NULL);
		json_member(&j, "unseen", NULL);
	}
	json_key(&j, "flags");
	json_open(&j, '[');
	json_string(&j, e->has_children ? "haschildren" : "hasnochildren");
	if (e->subscribed)
		json_string(&j, "subscribed");
	if (!e->selectable)
		json_string(&j, "noselect");
	json_close(&j, ']');
	json_member(&j, "use", e->use);
	json_end(&j);
}

void
out_folder(struct mailx *m, const struct store_list_entry *e)
{
	if (m->json)
		folder_json(m, e);
	else if (e->has_counts)
		out_line(m, "%7u %7u  %s%s%s%s", e->messages, e->unseen, e->name,
		    e->use == NULL ? "" : " (", e->use == NULL ? "" : e->use,
		    e->use == NULL ? "" : ")");
	else
		out_line(m, "%7s %7s  %s%s%s%s", "-", "-", e->name,
		    e->use == NULL ? "" : " (", e->use == NULL ? "" : e->use,
		    e->use == NULL ? "" : ")");
}

void
out_quota(struct mailx *m, const struct store_quota *q)
{
	char *used, *limit;
	struct json j;

	if (m->json) {
		json_begin(&j, out_stream(m));
		json_member(&j, "quota", q->root);
		json_member(&j, "resource", q->resource);
		json_count(&j, "used", q->used);
		json_count(&j, "limit", q->limit);
		json_end(&j);
		return;
	}
	used = amount(q->used, q->in_octets);
	limit = amount(q->limit, q->in_octets);
	out_line(m, "%s: %s of %s, %.0f %%%s%s%s", q->resource, used, limit,
	    q->limit == 0 ? 100 : 100 * (double)q->used / (double)q->limit,
	    *q->root == '\0' ? "" : " (", q->root, *q->root == '\0' ? "" : ")");
	free(used);
	free(limit);
}

void
out_number(struct mailx *m, const char *key, uint64_t value)
{
	struct json j;

	if (!m->json) {
		out_line(m, "%llu", (unsigned long long)value);
		return;
	}
	json_begin(&j, out_stream(m));
	json_count(&j, key, value);
	json_end(&j);
}

/* The message's number and, behind the first dot, the part. */
static void
reference(struct json *j, const char *ref)
{
	size_t n = strcspn(ref, ".");

	json_count(j, "n", strtoull(ref, NULL, 10));
	json_member(j, "part", ref[n] == '\0' ? NULL : ref + n + 1);
}

void
out_octets(struct mailx *m, const char *ref, uint64_t octets)
{
	struct json j;

	if (!m->json) {
		out_line(m, "%s: %llu", ref, (unsigned long long)octets);
		return;
	}
	json_begin(&j, out_stream(m));
	reference(&j, ref);
	json_count(&j, "size", octets);
	json_end(&j);
}

void
out_written(struct mailx *m, const char *path, const char *part, uint64_t octets)
{
	struct json j;

	if (!m->json) {
		out_line(m, "\"%s\" %s, %llu octets", path, part,
		    (unsigned long long)octets);
		return;
	}
	json_begin(&j, out_stream(m));
	reference(&j, part);
	json_member(&j, "file", path);
	json_count(&j, "size", octets);
	json_end(&j);
}

/* Nothing new is no news: a run under cron stays silent then. */
void
out_fetched(struct mailx *m, const struct fetched *f)
{
	char *size;
	struct json j;

	if (m->json) {
		json_begin(&j, out_stream(m));
		json_count(&j, "fetched", f->fetched);
		json_count(&j, "skipped", f->skipped);
		json_count(&j, "failed", f->failed);
		json_count(&j, "bytes", f->octets);
		json_member(&j, "source", f->source);
		json_member(&j, "dest", f->dest);
		json_end(&j);
		return;
	}
	if (f->fetched == 0 && f->failed == 0 && !f->dry && !m->interactive &&
	    !var_is_set(m, "verbose"))
		return;
	size = out_size(f->octets);
	out_line(m, "%s: %llu %s, %llu skipped, %llu failed, %s -> %s",
	    f->source, (unsigned long long)f->fetched,
	    f->dry ? "to fetch" : "fetched", (unsigned long long)f->skipped,
	    (unsigned long long)f->failed, size, f->dest);
	free(size);
}

static void
refused_json(struct json *j, const struct sent *s)
{
	size_t i;

	for (i = 0; i < s->nrcpt; i++) {
		if (s->rcpt[i].state != RCPT_REFUSED)
			continue;
		json_open(j, '{');
		json_member(j, "addr", s->rcpt[i].addr);
		json_member(j, "reply", s->rcpt[i].reply);
		json_close(j, '}');
	}
}

static void
message_json(struct json *j, FILE *message)
{
	FILE *f;

	json_key(j, "message");
	f = json_text(j);
	rewind(message);
	(void)stream_copy(message, f, UINT64_MAX, NULL);
	fclose(f);
}

void
out_sent(struct mailx *m, const struct sent *s)
{
	struct json j;
	size_t i;

	if (!m->json) {
		if (s->already)
			out_note(m, "already sent, not sent again");
		else if (s->queued)
			out_note(m, "queued");
		return;
	}
	json_begin(&j, out_stream(m));
	json_member(&j, "message_id", s->message_id);
	json_key(&j, "accepted");
	json_open(&j, '[');
	for (i = 0; i < s->nrcpt; i++)
		if (s->rcpt[i].state == RCPT_ACCEPTED)
			json_string(&j, s->rcpt[i].addr);
	json_close(&j, ']');
	json_key(&j, "refused");
	json_open(&j, '[');
	refused_json(&j, s);
	json_close(&j, ']');
	json_key(&j, "queued");
	json_bool(&j, s->queued);
	if (s->already) {
		json_key(&j, "already");
		json_bool(&j, true);
	}
	if (s->message != NULL)
		message_json(&j, s->message);
	json_end(&j);
}

void
out_reply(struct mailx *m, const char *verb, int code,
    const struct strv *lines)
{
	struct json j;
	size_t i;

	for (i = 0; i < lines->n && !m->json; i++)
		out_line(m, "%s", lines->v[i]);
	if (!m->json)
		return;
	json_begin(&j, out_stream(m));
	json_member(&j, "verb", verb);
	json_count(&j, "code", (uint64_t)code);
	json_key(&j, "reply");
	json_open(&j, '[');
	for (i = 0; i < lines->n; i++)
		json_string(&j, lines->v[i]);
	json_close(&j, ']');
	json_end(&j);
}

void
out_pair(struct mailx *m, const char *name, const char *value)
{
	struct json j;

	if (!m->json) {
		if (value == NULL || *value == '\0')
			out_line(m, "%s", name);
		else
			out_line(m, "%-20s %s", name, value);
		return;
	}
	json_begin(&j, out_stream(m));
	json_member(&j, "name", name);
	json_member(&j, "value", value);
	json_end(&j);
}
