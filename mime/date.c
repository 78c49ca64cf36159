/* SPDX-License-Identifier: ISC */
/*
 * date.c -- dates of messages (RFC 5322 3.3, 4.3).  Reading goes by the kind of
 * each token, not by its place: the order of day, month, year, time and zone
 * varies in the wild.  No use of the C library's locale.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "date.h"

static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
static const char *const month_names[] = { "Jan", "Feb", "Mar", "Apr", "May",
	"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
static const char *const day_names[] = { "Sun", "Mon", "Tue", "Wed", "Thu",
	"Fri", "Sat" };

static const struct {
	const char	*name;
	int		 minutes;
} zones[] = {
	{ "ut", 0 }, { "utc", 0 }, { "gmt", 0 }, { "z", 0 },
	{ "est", -300 }, { "edt", -240 }, { "cst", -360 }, { "cdt", -300 },
	{ "mst", -420 }, { "mdt", -360 }, { "pst", -480 }, { "pdt", -420 },
};

int64_t
date_days(int year, int month, int day)
{
	int64_t y = month <= 2 ? (int64_t)year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 +
	    day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	    of_year - 719468;
}

void
date_civil(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t of_era = z - era * 146097;
	int64_t y = (of_era - of_era / 1460 + of_era / 36524 -
	    of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * of_year + 2) / 153;

	*day = (int)(of_year - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = (int)(y + era * 400 + (*month <= 2));
}

/* --- Reading --- */

struct parts {
	int	year, month, day;	/* -1: not seen */
	int	hour, minute, second;
	int	zone;
	bool	has_zone, pm, am;
	bool	bad;			/* a time that is none */
};

static int
month_of(struct span s)
{
	int m;

	if (s.n < 3)
		return -1;
	for (m = 0; m < 12; m++)
		if (ascii_lower((unsigned char)*s.p) == months[m * 3] &&
		    strncasecmp(s.p, months + m * 3, 3) == 0)
			return m + 1;
	return -1;
}

static int
number_of(struct span s)
{
	int v = 0;
	size_t i;

	if (s.n == 0 || s.n > 9)
		return -1;
	for (i = 0; i < s.n; i++) {
		if (!ascii_is_digit((unsigned char)s.p[i]))
			return -1;
		v = v * 10 + (s.p[i] - '0');
	}
	return v;
}

/* Three numbers at most with colons, or exactly three with dots, between them. */
static bool
read_time(struct span s, int v[static 3])
{
	unsigned n = 0;
	size_t i = 0;
	bool digits = false, dots = false;

	for (; i < s.n && n < 3; i++) {
		if (ascii_is_digit((unsigned char)s.p[i])) {
			if (v[n] > 999)
				return false;
			v[n] = v[n] * 10 + (s.p[i] - '0');
			digits = true;
			continue;
		}
		if ((s.p[i] != ':' && s.p[i] != '.') || !digits)
			return false;
		/* A fraction of a second counts for nothing. */
		if (n == 2)
			break;
		dots = dots || s.p[i] == '.';
		n++;
		digits = false;
	}
	return digits && n >= (dots ? 2 : 1);
}

static bool
take_time(struct span s, struct parts *d)
{
	int v[3] = { 0, 0, 0 };

	if (!read_time(s, v) || d->hour != -1)
		return false;
	if (v[0] > 24 || v[1] > 59 || v[2] > 60 ||
	    (v[0] == 24 && v[1] + v[2] > 0))
		return false;
	d->hour = v[0];
	d->minute = v[1];
	d->second = v[2];
	return true;
}

/* +hhmm, -hh:mm, and names. */
static bool
take_zone(struct span s, struct parts *d)
{
	int sign = 1, v = 0, n = 0;
	size_t i;

	if (s.n > 0 && (*s.p == '+' || *s.p == '-')) {
		sign = *s.p == '-' ? -1 : 1;
		for (i = 1; i < s.n; i++) {
			if (s.p[i] == ':')
				continue;
			if (!ascii_is_digit((unsigned char)s.p[i]) || n == 4)
				return false;
			v = v * 10 + (s.p[i] - '0');
			n++;
		}
		if (n == 0)
			return false;
		if (n <= 2)
			v *= 100;
		d->zone = sign * (v / 100 * 60 + v % 100);
		if (d->zone > 24 * 60 || d->zone < -24 * 60)
			d->zone = 0;
		d->has_zone = true;
		return true;
	}
	/* Of "EST5EDT" the first. */
	for (i = 0; i < s.n && ascii_is_alpha((unsigned char)s.p[i]); i++)
		continue;
	s.n = i;
	for (i = 0; s.n > 0 && i < NELEM(zones); i++)
		if (ascii_lower((unsigned char)*s.p) == *zones[i].name &&
		    span_ieq(s, zones[i].name)) {
			if (!d->has_zone)
				d->zone = zones[i].minutes;
			d->has_zone = true;
			return true;
		}
	return false;
}

static void
take_number(int v, size_t digits, struct parts *d)
{
	if (digits >= 3 || v > 31) {
		if (d->year == -1)
			d->year = digits == 3 && v < 1000 ? v + 1900 : v;
	} else if (d->day == -1)
		d->day = v;
	else if (d->year == -1)
		d->year = v;
	/* RFC 5322 4.3: two digits. */
	if (d->year >= 0 && d->year < 100 && digits <= 2)
		d->year += d->year < 50 ? 2000 : 1900;
}

/* 20-Nov, and the year behind a blank. */
static bool
take_day_month(struct span day, struct span month, struct parts *d)
{
	if (d->day != -1 || d->month != -1 || number_of(day) == -1 ||
	    month_of(month) == -1)
		return false;
	d->day = number_of(day);
	d->month = month_of(month);
	return true;
}

/* 2026-11-20 and 20-Nov-2026. */
static bool
take_dashed(struct span s, struct parts *d)
{
	struct span piece[3];
	size_t i, n = 0, from = 0;
	char sep;

	for (i = 0; i <= s.n; i++)
		if (i == s.n || s.p[i] == '-' || s.p[i] == '/') {
			if (n == 3)
				return false;
			piece[n].p = s.p + from;
			piece[n++].n = i - from;
			from = i + 1;
		}
	if (n == 2)
		return take_day_month(piece[0], piece[1], d);
	if (n != 3 || d->day != -1)
		return false;
	sep = s.p[piece[0].n];
	if (month_of(piece[1]) != -1 && number_of(piece[0]) != -1 &&
	    number_of(piece[2]) != -1) {
		d->month = month_of(piece[1]);
		d->day = number_of(piece[0]);
		take_number(number_of(piece[2]), piece[2].n, d);
		return true;
	}
	if (number_of(piece[0]) == -1 || number_of(piece[1]) == -1 ||
	    number_of(piece[2]) == -1)
		return false;
	if (piece[0].n == 4) {
		d->year = number_of(piece[0]);
		d->month = number_of(piece[1]);
		d->day = number_of(piece[2]);
		return true;
	}
	if (sep != '/')
		return false;
	/* 11/20/2026, as America writes. */
	d->month = number_of(piece[0]);
	d->day = number_of(piece[1]);
	take_number(number_of(piece[2]), piece[2].n, d);
	return true;
}

static void
take_token(struct span s, struct parts *d)
{
	const char *t;
	int v = number_of(s);
	struct span first, second;

	if (v != -1) {
		/* A bare hhmm behind the time is a zone without its sign. */
		if (d->hour != -1 && d->year != -1 && s.n == 4 && !d->has_zone)
			return;
		take_number(v, s.n, d);
		return;
	}
	if (take_time(s, d) || take_zone(s, d) || take_dashed(s, d))
		return;
	if (span_ieq(s, "pm"))
		d->pm = true;
	else if (span_ieq(s, "am"))
		d->am = true;
	else if (s.n >= 3 && month_of(s) != -1 && d->month == -1)
		d->month = month_of(s);
	else if (d->hour == -1 && memchr(s.p, ':', s.n) != NULL &&
	    memchr(s.p, 'T', s.n) == NULL)
		d->bad = true;
	else if ((t = memchr(s.p, 'T', s.n)) != NULL && t > s.p) {
		first.p = s.p;
		first.n = (size_t)(t - s.p);
		second.p = t + 1;
		second.n = s.n - first.n - 1;
		if (take_dashed(first, d) && second.n >= 8) {
			first.p = second.p;
			first.n = 8;
			take_time(first, d);
			first.p += 8;
			first.n = second.n - 8;
			take_zone(first, d);
		}
	}
}

static bool
is_separator(char c)
{
	return ascii_is_space((unsigned char)c) || c == ',' || c == ';' ||
	    c == '"';
}

/* The end of the token at p: 12:30+0200 and 20Nov are two. */
static size_t
token_length(const char *p, size_t n)
{
	size_t i;
	bool colon = false;

	for (i = 0; i < n && !is_separator(p[i]) && p[i] != '('; i++) {
		if (p[i] == ':')
			colon = true;
		if (i > 0 && colon && (p[i] == '+' || p[i] == '-') &&
		    memchr(p, 'T', i) == NULL)
			break;
		if (i > 0 && i <= 2 && ascii_is_digit((unsigned char)p[i - 1]) &&
		    ascii_is_alpha((unsigned char)p[i]))
			break;
		if (colon && ascii_is_alpha((unsigned char)p[i]) && i > 3 &&
		    memchr(p, 'T', i) == NULL && p[i] != 'T')
			break;
	}
	return i;
}

static size_t
skip_comment(const char *p, size_t n)
{
	size_t i, depth = 0;

	for (i = 0; i < n; i++) {
		if (p[i] == '\\')
			i++;
		else if (p[i] == '(')
			depth++;
		else if (p[i] == ')' && --depth == 0)
			return i + 1;
	}
	return n;
}

static void
read_tokens(struct span s, struct parts *d)
{
	struct span token;

	memset(d, 0, sizeof *d);
	d->year = d->month = d->day = d->hour = -1;
	while (s.n > 0) {
		if (is_separator(*s.p))
			token.n = 1;
		else if (*s.p == '(')
			token.n = skip_comment(s.p, s.n);
		else {
			token.p = s.p;
			token.n = token_length(s.p, s.n);
			if (token.n == 0)
				token.n = 1;
			take_token(token, d);
		}
		s.p += token.n;
		s.n -= token.n;
	}
}

static int
finish(struct parts *p, struct date *d)
{
	static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };

	if (p->bad || p->year == -1 || p->month < 1 || p->month > 12 || p->day < 1 ||
	    p->day > days[p->month - 1] || p->year > 9999)
		return -1;
	if (p->month == 2 && p->day == 29 && (p->year % 4 != 0 ||
	    (p->year % 100 == 0 && p->year % 400 != 0)))
		return -1;
	if (p->hour == -1)
		p->hour = 0;
	if (p->pm && p->hour < 12)
		p->hour += 12;
	if (p->am && p->hour == 12)
		p->hour = 0;
	d->zone = p->zone;
	d->epoch = date_days(p->year, p->month, p->day) * 86400 +
	    p->hour * 3600 + p->minute * 60 + p->second - p->zone * 60;
	return 0;
}

/* Of a trace field (RFC 5322 3.6.7) what stands behind the semicolon; to a line break that folds nothing. */
static struct span
date_text(struct span s)
{
	size_t i, depth = 0;
	struct span r = s;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '(')
			depth++;
		else if (s.p[i] == ')' && depth > 0)
			depth--;
		else if (s.p[i] == ';' && depth == 0 && i + 1 < s.n) {
			r.p = s.p + i + 1;
			r.n = s.n - i - 1;
		} else if (s.p[i] == '\n' && i + 1 < s.n && s.p[i + 1] != ' ' &&
		    s.p[i + 1] != '\t')
			break;
	}
	r.n = (size_t)(s.p + i - r.p);
	return r;
}

int
date_parse(struct span body, struct date *d)
{
	struct parts p;

	body = date_text(body);
	if (body.n > 1000)
		body.n = 1000;
	read_tokens(body, &p);
	return p.hour == -1 ? -1 : finish(&p, d);
}

int
date_parse_imap(struct span text, struct date *d)
{
	return date_parse(text, d);
}

int
date_parse_ctime(struct span text, struct date *d)
{
	struct parts p;

	if (text.n > 100)
		text.n = 100;
	read_tokens(text, &p);
	if (p.hour == -1)
		return -1;
	return finish(&p, d);
}

/* --- Now, and writing --- */

void
date_local(int64_t epoch, struct date *d)
{
	time_t t = (time_t)epoch;
	struct tm tm;

	d->epoch = epoch;
	d->zone = 0;
	if (localtime_r(&t, &tm) != NULL)
		d->zone = (int)(tm.tm_gmtoff / 60);
}

void
date_now(struct date *d)
{
	date_local((int64_t)time(NULL), d);
}

struct clock {
	int	year, month, day, weekday, hour, minute, second;
	char	sign;
	int	zone_hour, zone_minute;
};

static void
read_clock(const struct date *d, struct clock *c)
{
	int64_t local = d->epoch + d->zone * 60, days = local / 86400;
	int rest = (int)(local % 86400), zone = abs(d->zone);

	if (rest < 0) {
		rest += 86400;
		days--;
	}
	date_civil(days, &c->year, &c->month, &c->day);
	c->weekday = (int)((days % 7 + 11) % 7);
	c->hour = rest / 3600;
	c->minute = rest / 60 % 60;
	c->second = rest % 60;
	c->sign = d->zone < 0 ? '-' : '+';
	c->zone_hour = zone / 60;
	c->zone_minute = zone % 60;
}

void
date_rfc5322(const struct date *d, char out[static DATE_MAX])
{
	struct clock c;

	read_clock(d, &c);
	snprintf(out, DATE_MAX, "%s, %02d %s %04d %02d:%02d:%02d %c%02d%02d",
	    day_names[c.weekday], c.day, month_names[c.month - 1], c.year,
	    c.hour, c.minute, c.second, c.sign, c.zone_hour, c.zone_minute);
}

void
date_iso8601(const struct date *d, char out[static DATE_MAX])
{
	struct clock c;

	read_clock(d, &c);
	snprintf(out, DATE_MAX, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d",
	    c.year, c.month, c.day, c.hour, c.minute, c.second, c.sign,
	    c.zone_hour, c.zone_minute);
}

void
date_imap(const struct date *d, char out[static DATE_MAX])
{
	struct clock c;

	read_clock(d, &c);
	snprintf(out, DATE_MAX, "%2d-%s-%04d %02d:%02d:%02d %c%02d%02d",
	    c.day, month_names[c.month - 1], c.year, c.hour, c.minute,
	    c.second, c.sign, c.zone_hour, c.zone_minute);
}

void
date_ctime(int64_t epoch, char out[static DATE_MAX])
{
	struct date d = { epoch, 0 };
	struct clock c;

	read_clock(&d, &c);
	snprintf(out, DATE_MAX, "%s %s %2d %02d:%02d:%02d %04d",
	    day_names[c.weekday], month_names[c.month - 1], c.day, c.hour,
	    c.minute, c.second, c.year);
}
