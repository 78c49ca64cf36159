/* SPDX-License-Identifier: ISC */
/* attime.c -- the time of --at: +2h, 2026-11-24 08:00, 08:00, or a date as in a header. */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../mime/date.h"
#include "queueing.h"

#define MOST	(366LL * 86400 * 10)	/* seconds: ten years */

/* +90m, +2h30m */
static bool
read_delay(const char *p, int64_t *delay)
{
	static const char units[] = "smhdw";
	static const int64_t seconds[] = { 1, 60, 3600, 86400, 604800 };
	const char *unit, *error;
	char digits[12];
	size_t n;

	*delay = 0;
	do {
		n = strspn(p, "0123456789");
		if (n == 0 || n >= sizeof digits || p[n] == '\0' ||
		    (unit = strchr(units, p[n])) == NULL)
			return false;
		memcpy(digits, p, n);
		digits[n] = '\0';
		*delay += strtonum(digits, 0, MOST, &error) *
		    seconds[unit - units];
		if (error != NULL || *delay > MOST)
			return false;
		p += n + 1;
	} while (*p != '\0');
	return true;
}

/* The local time of day, today or tomorrow. */
static bool
read_clock(const char *text, int64_t now, int64_t *when)
{
	time_t t = (time_t)now;
	struct tm tm, given;
	const char *end;

	memset(&given, 0, sizeof given);
	end = strptime(text, "%H:%M", &given);
	if (end == NULL || *end != '\0' || localtime_r(&t, &tm) == NULL)
		return false;
	tm.tm_hour = given.tm_hour;
	tm.tm_min = given.tm_min;
	tm.tm_sec = 0;
	tm.tm_isdst = -1;
	*when = (int64_t)mktime(&tm);
	if (*when <= now) {
		tm.tm_mday++;
		tm.tm_isdst = -1;
		*when = (int64_t)mktime(&tm);
	}
	return true;
}

/* The 30th of February is no day, and not one of March. */
static bool
is_day(const struct tm *given)
{
	struct tm tm = { .tm_year = given->tm_year, .tm_mon = given->tm_mon,
	    .tm_mday = given->tm_mday };

	(void)timegm(&tm);
	return tm.tm_mday == given->tm_mday;
}

static bool
read_date(const char *text, int64_t *when)
{
	static const char *const forms[] = { "%Y-%m-%d %H:%M:%S",
	    "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M",
	    "%Y-%m-%d" };
	const char *end = NULL;
	struct tm tm;
	struct date d;
	size_t i;

	for (i = 0; i < NELEM(forms); i++) {
		memset(&tm, 0, sizeof tm);
		end = strptime(text, forms[i], &tm);
		if (end != NULL && strchr("Z+-", *end) != NULL)
			break;
	}
	if (i == NELEM(forms)) {
		if (date_parse(span_of(text), &d) == -1)
			return false;
		*when = d.epoch;
		return true;
	}
	if (!is_day(&tm))
		return false;
	tm.tm_isdst = -1;
	if (*end == '\0') {
		*when = (int64_t)mktime(&tm);
		return true;
	}
	*when = (int64_t)timegm(&tm);
	if (*end == 'Z')
		return end[1] == '\0';
	memset(&tm, 0, sizeof tm);
	end = strptime(end, "%z", &tm);
	if (end == NULL || *end != '\0')
		return false;
	*when -= tm.tm_gmtoff;
	return true;
}

int
at_time(const char *text, int64_t *when, struct fail *why)
{
	int64_t now = (int64_t)time(NULL), delay;

	if (*text == '+' && read_delay(text + 1, &delay)) {
		*when = now + delay;
		return 0;
	}
	if (*text != '+' && (read_clock(text, now, when) ||
	    read_date(text, when)))
		return 0;
	return fail(why, EX_USAGE, "--at: %s: not a time such as '2026-11-24 "
	    "08:00' or +2h", text);
}
