/* SPDX-License-Identifier: ISC */
/*
 * outsummary.c -- one line about a message, by the variable `headline', or the
 * keys that all JSON records of a message have.
 *
 * headline: text and %-sequences with an optional width as in printf(3) (`-' to
 * the left); text longer than its width is cut.
 *
 *	%>  `>' for the current message		%<  `<' for it
 *	%a  attribute				%m  number
 *	%f  sender: name, else address		%n  sender's address
 *	%r  recipients				%d  date
 *	%D  date as ISO 8601			%l  lines, where known
 *	%o  octets				%O  octets for people
 *	%s  subject				%S  the same in double quotes
 *	%t  tags				%U  UID
 *	%A  `@' where it has attachments	%%  a percent sign
 *
 * Attributes: N new, U unread, blank read; * saved, P preserved, M to go to
 * MBOX, F flagged, A answered, D deleted.  Dates are shown in the reader's zone.
 * The line is cut to the terminal, or at 80 columns where there is none.  Below
 * 60 columns nothing would be left of the subject: date and size are left out.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../mime/text.h"
#include "../net/url.h"
#include "alias.h"
#include "order.h"
#include "outint.h"
#include "term.h"
#include "vars.h"

#define HEADLINE	"%>%a%3m %-20f %16d %7O %s"
#define NARROW		"%>%a%3m %-12f %s"
#define WIDE		60
#define COLUMNS		80
#define DAY		86400
#define HALF_A_YEAR	(183 * DAY)
#define MAX_SHIFT	8	/* levels of a thread that are shown by their place */
#define NARROW_SHIFT	3
#define NUMBER_SIZE	24

/* --- For people. --- */

static char
attribute(uint32_t flags)
{
	static const struct { uint32_t flag; char mark; } marks[] = {
		{ MSG_DELETED, 'D' }, { MSG_SAVED, '*' }, { MSG_PRESERVED, 'P' },
		{ MSG_TO_MBOX, 'M' }, { MSG_FLAGGED, 'F' }, { MSG_ANSWERED, 'A' },
		{ MSG_SEEN, ' ' }, { MSG_OLD, 'U' }
	};
	size_t i;

	for (i = 0; i < NELEM(marks); i++)
		if (flags & marks[i].flag)
			return marks[i].mark;
	return 'N';
}

/* A name that looks like an address may be meant to be taken for one. */
const char *
out_sender(const struct envelope *e)
{
	const struct addr *a = e->from.n > 0 ? e->from.v :
	    e->sender.n > 0 ? e->sender.v : NULL;

	if (a == NULL)
		return "";
	if (a->name == NULL || *a->name == '\0' ||
	    strchr(a->name, '@') != NULL || strstr(a->name, "\uff20") != NULL ||
	    strstr(a->name, "\ufe6b") != NULL)
		return a->addr;
	return a->name;
}

/* Of one's own messages the recipient tells more. */
static char *
correspondent(const struct mailx *m, const struct envelope *e)
{
	const struct addr *to = e->to.n > 0 ? e->to.v : NULL;

	if (to == NULL || e->from.n == 0 || !var_is_set(m, "showto") ||
	    !alias_is_own(m, e->from.v[0].addr))
		return xstrdup(out_sender(e));
	return xasprintf("To %s", to->name != NULL && *to->name != '\0' ?
	    to->name : to->addr);
}

static char *
recipients(const struct envelope *e)
{
	char *text;
	size_t n, i;
	FILE *f = xmemstream(&text, &n);

	for (i = 0; i < e->to.n; i++)
		fprintf(f, "%s%s", i == 0 ? "" : ", ",
		    e->to.v[i].name != NULL ? e->to.v[i].name : e->to.v[i].addr);
	fclose(f);
	return text;
}

/* Long ago, or to come: the year tells more than the hour. */
static bool
wants_year(const struct date *d)
{
	struct date now;

	date_now(&now);
	return d->epoch < now.epoch - HALF_A_YEAR || d->epoch > now.epoch + DAY;
}

/*
 * The Date field, else when it arrived: Fri Nov 20 09:30, Thu Nov 20  2025 as ls
 * has it, or ISO 8601.
 */
static char *
date_text(const struct msg *m, bool iso)
{
	static const char days[] = "ThuFriSatSunMonTueWed";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const struct envelope *e = m->envelope;
	struct date d;
	char text[DATE_MAX];
	int year, month, day, minute;
	int64_t local, whole;

	if (!e->has_date && m->arrived == 0)
		return xstrdup("");
	date_local(e->has_date ? e->date.epoch : m->arrived, &d);
	if (iso) {
		date_iso8601(&d, text);
		return xstrdup(text);
	}
	local = d.epoch + d.zone * 60;
	whole = local / 86400 - (local % 86400 < 0);
	minute = (int)((local - whole * 86400) / 60);
	date_civil(whole, &year, &month, &day);
	if (wants_year(&d))
		snprintf(text, sizeof text, "%5d", year);
	else
		snprintf(text, sizeof text, "%02d:%02d", minute / 60,
		    minute % 60);
	return xasprintf("%.3s %.3s %2d %s", days + 3 * ((whole % 7 + 7) % 7),
	    months + 3 * (month - 1), day, text);
}

static char *
count_text(uint64_t n)
{
	return xasprintf("%llu", (unsigned long long)n);
}

static int
screen_columns(const struct mailx *m)
{
	return m->interactive ? term_columns(m) - 1 : COLUMNS;
}

/* Below the message that it answers, where the folder is shown in threads. */
static char *
in_tree(const struct mailx *m, uint32_t n, const char *subject)
{
	uint32_t most = screen_columns(m) < WIDE ? NARROW_SHIFT : MAX_SHIFT;
	uint32_t depth = order_depth(m, n), branches = order_branches(m, n);
	uint32_t own = depth < 31 ? depth : 31, i;
	char lines[2 * MAX_SHIFT + 1] = "";

	if (depth == 0)
		return xstrdup(subject);
	for (i = 0; i + 1 < (depth < most ? depth : most); i++)
		memcpy(lines + 2 * i, (branches >> i & 1) != 0 ? "| " : "  ", 3);
	return xasprintf("%s%c-> %s", lines,
	    (branches >> (own - 1) & 1) != 0 ? '|' : '`', subject);
}

/* What a letter stands for; the caller frees. */
static char *
value_of(struct mailx *m, struct store *s, uint32_t n, char letter)
{
	const struct msg *msg = store_msg(s, n);
	const struct envelope *e = msg->envelope;
	const char *subject = e->subject == NULL ? "" : e->subject;
	bool is_dot = s == m->folder && n == m->dot;

	switch (letter) {
	case '>':
		return xstrdup(is_dot ? ">" : " ");
	case '<':
		return xstrdup(is_dot ? "<" : " ");
	case 'a':
		return xasprintf("%c", attribute(msg->flags));
	case 'm':
		return count_text(n);
	case 'f':
		return correspondent(m, e);
	case 'n':
		return xstrdup(e->from.n > 0 ? e->from.v[0].addr : "");
	case 'r':
		return recipients(e);
	case 'd':
	case 'D':
		return date_text(msg, letter == 'D');
	case 'l':
		return msg->structure == NULL ? xstrdup("") :
		    count_text(msg->structure->lines);
	case 'o':
		return count_text(msg->size);
	case 'O':
		return out_size(msg->size);
	case 's':
		return s == m->folder ? in_tree(m, n, subject) :
		    xstrdup(subject);
	case 'S':
		return xasprintf("\"%s\"", subject);
	case 't':
		return xstrdup(msg->tags == NULL ? "" : msg->tags);
	case 'U':
		return msg->uid == 0 ? xstrdup("") : count_text(msg->uid);
	case 'A':
		return xstrdup(msg->structure != NULL &&
		    part_has_attachment(msg->structure) ? "@" : " ");
	default:
		return xasprintf("%c", letter);
	}
}

int
out_width(const char *text)
{
	size_t n = strlen(text), len;
	int columns = 0, width;
	uint32_t cp;

	for (; n > 0; text += len, n -= len) {
		len = utf8_decode(text, n, &cp);
		width = utf8_width(cp);
		columns += width > 0 ? width : 0;
	}
	return columns;
}

static void
pad(FILE *f, int n)
{
	while (n-- > 0)
		putc(' ', f);
}

/* A value in its width, on at most `room' columns; returns the columns used. */
static int
put_value(FILE *f, const char *value, int width, bool left, int room)
{
	int most = width > 0 && width < room ? width : room, used;
	char *clean;

	if (most <= 0)
		return 0;
	clean = out_clean(value, most);
	used = out_width(clean);
	if (!left)
		pad(f, (width < most ? width : most) - used);
	fputs(clean, f);
	if (left)
		pad(f, (width < most ? width : most) - used);
	free(clean);
	return used > width ? used : width < most ? width : most;
}

/* Read `-20f' behind a percent sign; returns where it ends. */
static const char *
read_sequence(const char *p, bool *left, int *width, char *letter)
{
	*left = *p == '-';
	if (*left)
		p++;
	for (*width = 0; ascii_is_digit((unsigned char)*p); p++)
		if (*width < 1000)
			*width = *width * 10 + (*p - '0');
	*letter = *p;
	return *p == '\0' ? p : p + 1;
}

static int
digits_of(uint32_t n)
{
	int digits = 1;

	while (n >= 10) {
		n /= 10;
		digits++;
	}
	return digits;
}

/* Numbers are never cut: a wrong number is worse than a ragged line. */
static bool
is_number(char letter)
{
	return strchr("molU", letter) != NULL;
}

static char *
summary_line(struct mailx *m, struct store *s, uint32_t n, const char *format,
    int room)
{
	char *line, *value, letter;
	size_t len;
	FILE *f = xmemstream(&line, &len);
	int width;
	bool left;

	while (*format != '\0' && room > 0) {
		if (*format != '%') {
			putc(*format++, f);
			room--;
			continue;
		}
		format = read_sequence(format + 1, &left, &width, &letter);
		if (letter == '\0')
			break;
		/* As wide as the last number, so that all lines stay aligned. */
		if (letter == 'm' && width > 0 && width < digits_of(s->count))
			width = digits_of(s->count);
		value = value_of(m, s, n, letter);
		if (is_number(letter) && width < (int)strlen(value))
			width = 0;
		room -= put_value(f, value, width, left, room);
		free(value);
	}
	fclose(f);
	while (len > 0 && line[len - 1] == ' ')
		line[--len] = '\0';
	return line;
}

/* --- JSON. --- */

char *
out_folder_name(const struct store *s)
{
	struct url u = { 0 };
	struct fail why = { 0 };
	char *name;

	if (!url_is_url(s->name)) {
		name = strchr(s->name, ':');
		return xstrdup(name != NULL && (span_has_prefix(
		    span_of(s->name), "mbox:") || span_has_prefix(
		    span_of(s->name), "maildir:")) ? name + 1 : s->name);
	}
	if (url_parse(s->name, &u, &why) == -1) {
		url_free(&u);
		return xstrdup(s->name);
	}
	name = xstrdup(u.path == NULL || *u.path == '\0' ? "INBOX" : u.path);
	url_free(&u);
	return name;
}

static void
flags_json(struct json *j, uint32_t flags)
{
	static const struct { uint32_t flag; const char *name; } names[] = {
		{ MSG_SEEN, "seen" }, { MSG_ANSWERED, "answered" },
		{ MSG_FLAGGED, "flagged" }, { MSG_DELETED, "deleted" },
		{ MSG_DRAFT, "draft" }
	};
	size_t i;

	json_key(j, "flags");
	json_open(j, '[');
	for (i = 0; i < NELEM(names); i++)
		if (flags & names[i].flag)
			json_string(j, names[i].name);
	json_close(j, ']');
}

static void
tags_json(struct json *j, const char *tags)
{
	struct span word;

	json_key(j, "tags");
	json_open(j, '[');
	while (tags != NULL && *(tags += strspn(tags, " ")) != '\0') {
		word.p = tags;
		word.n = strcspn(tags, " ");
		json_span(j, word);
		tags += word.n;
	}
	json_close(j, ']');
}

static void
addrs_json(struct json *j, const char *key, const struct addrs *as)
{
	size_t i;

	json_key(j, key);
	json_open(j, '[');
	for (i = 0; i < as->n; i++) {
		json_open(j, '{');
		json_member(j, "name", as->v[i].name);
		json_member(j, "addr", as->v[i].addr);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
ids_json(struct json *j, const char *key, const struct strv *ids)
{
	size_t i;

	json_key(j, key);
	json_open(j, '[');
	for (i = 0; i < ids->n; i++)
		json_string(j, ids->v[i]);
	json_close(j, ']');
}

void
out_json_message(struct json *j, struct store *s, uint32_t n,
    const struct envelope *e, struct part *root)
{
	const struct msg *msg = store_msg(s, n);
	char date[DATE_MAX], *folder = out_folder_name(s);

	json_count(j, "n", n);
	if (msg->uid != 0)
		json_count(j, "uid", msg->uid);
	json_member(j, "folder", folder);
	flags_json(j, msg->flags);
	tags_json(j, msg->tags);
	if (e->has_date)
		date_iso8601(&e->date, date);
	json_member(j, "date", e->has_date ? date : NULL);
	addrs_json(j, "from", &e->from);
	addrs_json(j, "to", &e->to);
	addrs_json(j, "cc", &e->cc);
	addrs_json(j, "reply_to", &e->reply_to);
	json_member(j, "subject", e->subject);
	json_member(j, "message_id", e->message_id);
	ids_json(j, "in_reply_to", &e->in_reply_to);
	ids_json(j, "references", &e->references);
	json_count(j, "size", msg->size);
	if (root != NULL) {
		json_key(j, "attachments");
		json_bool(j, part_has_attachment(root));
	}
	free(folder);
}

int
out_summary(struct mailx *m, struct store *s, uint32_t n, struct fail *why)
{
	const char *format = var_get(m, "headline");
	int room = screen_columns(m);
	const char *colour;
	struct json j;
	char *line;
	FILE *f;

	if (m->json) {
		json_begin(&j, out_stream(m));
		out_json_message(&j, s, n, store_msg(s, n)->envelope,
		    store_msg(s, n)->structure);
		json_end(&j);
		return out_check(m, why);
	}
	if (format == NULL || *format == '\0')
		format = room < WIDE ? NARROW : HEADLINE;
	line = summary_line(m, s, n, format, room);
	f = out_people(m);
	colour = out_has_colour(m) ? out_colour_of(store_msg(s, n)->flags,
	    s == m->folder && n == m->dot) : NULL;
	fprintf(f, "%s%s%s\n", colour == NULL ? "" : colour, line,
	    colour == NULL ? "" : COLOUR_END);
	fclose(f);
	free(line);
	return out_check(m, why);
}
