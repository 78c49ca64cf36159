/* SPDX-License-Identifier: ISC */
/* date.c -- dates: what is read, refused, and written back. */
#include "../../mime/date.h"
#include "hostile.h"

static void
test_reading(void)
{
	static const struct {
		const char	*text;
		int64_t		 epoch;
		int		 zone;
	} t[] = {
		{ "Thu, 1 Jan 1970 00:00:00 +0000", 0, 0 },
		{ "Tue, 19 Jan 2038 03:14:08 +0000", INT64_C(2147483648), 0 },
		{ "Sun, 7 Feb 2106 06:28:16 GMT", INT64_C(4294967296), 0 },
		{ "Fri, 31 Dec 9999 23:59:60 +0000", INT64_C(253402300800), 0 },
		{ "Wed, 31 Dec 1969 23:59:59 -0000", -1, 0 },
		{ "29 Feb 2000 12:00:00 +0545", 951804900, 345 },
		{ "Fri, 21 Nov 97 09:55:06 EST", 880124106, -300 },
		{ "21 Nov 49 09:55:06 GMT", INT64_C(2521101306), 0 },
		{ "21 Nov 103 09:55:06 GMT", 1069408506, 0 },
		{ "Sat Nov  1 12:00:00 1997", 878385600, 0 },
		{ "1997-11-01T12:00:00Z", 878385600, 0 },
		{ "1997-11-01T12:00:00+01:00", 878382000, 60 },
		{ "Thu,\n 1 Jan 1970\n 00:00 (comment (nested)) +0000", 0, 0 },
		{ "by x with y id z; Thu, 1 Jan 1970 00:00:01 +0000", 1, 0 },
		{ "1 Jan 1970 12.00.01 +0000", 43201, 0 },
		{ "1 Jan 1970 01:00 pm", 46800, 0 },
		{ "Thu, 1-Jan 1970 00:00:00 +0000", 0, 0 },
		{ "Thu, 1 Jan 1970 00:00:00 +0000;", 0, 0 },
		{ "1 Jan 1970 12:00:00 +9999", 43200, 0 },
		{ "1 Jan 1970 00:00:00 NONSENSE", 0, 0 },
	};
	static const char *const bad[] = { "", "yesterday", "1 Jan 1970",
		"30 Feb 1970 00:00:00 +0000", "29 Feb 1900 00:00:00 GMT",
		"0 Jan 1970 00:00:00 GMT", "1 Jan 1970 24:00:01 GMT",
		"1 Jan 1970 00:60:00 GMT", "1 Jan 1970 00:00:61 GMT",
		"1 Jan 1970 0:-1:00 GMT", "1 Jan 99999 00:00:00 GMT",
		"1 Foo 1970 00:00:00 GMT", "12:34:56", "1 Jan 1970\n00:00:00 GMT",
		"99999999999999999999 Jan 1970 00:00:00 GMT",
		"1 Jan 1970 99999999999999:00:00 GMT", "((((((((((", "\\" };
	struct date d;
	size_t i;

	for (i = 0; i < NELEM(t); i++) {
		d.epoch = -99;
		if (!ok(date_parse(span_of(t[i].text), &d) == 0 &&
		    d.epoch == t[i].epoch && d.zone == t[i].zone, "date %zu",
		    i))
			printf("# %lld %d: %s\n", (long long)d.epoch, d.zone,
			    t[i].text);
	}
	for (i = 0; i < NELEM(bad); i++)
		ok(date_parse(span_of(bad[i]), &d) == -1, "no date: %zu", i);
	ok(date_parse_imap(span_of("17-Jul-1996 02:44:25 -0700"), &d) == 0 &&
	    d.epoch == 837596665 && d.zone == -420, "INTERNALDATE");
	ok(date_parse_imap(span_of(" 1-Jan-1970 00:00:00 +0000"), &d) == 0 &&
	    d.epoch == 0, "... with a blank");
	ok(date_parse_ctime(span_of("Thu Jan  1 00:00:00 1970"), &d) == 0 &&
	    d.epoch == 0, "ctime");
	ok(date_parse_ctime(span_of("Thu Jan  1 00:00:00 PST 1970"), &d) == 0 &&
	    d.epoch == 28800, "... with a zone");
}

/* What is written is read as it was, over 12000 years in uneven steps. */
static void
test_writing(void)
{
	char text[4][DATE_MAX];
	struct date d, back;
	int64_t at;
	int y, m, day;
	unsigned bad = 0, n = 0;

	for (at = INT64_C(-62135596800) + 1; at < INT64_C(253402300800);
	    at += INT64_C(86400) * 97 + 7919, n++) {
		d.epoch = at;
		d.zone = (int)(n * 15 % (48 * 60)) - 24 * 60;
		if (at < -INT64_C(59958144000) || at > INT64_C(253402300800) - 90000)
			continue;	/* years of less than three digits; 10000 */
		date_rfc5322(&d, text[0]);
		date_iso8601(&d, text[1]);
		date_imap(&d, text[2]);
		date_ctime(at, text[3]);
		if (date_parse(span_of(text[0]), &back) == -1 ||
		    back.epoch != d.epoch || back.zone != d.zone ||
		    date_parse(span_of(text[1]), &back) == -1 ||
		    back.epoch != d.epoch ||
		    date_parse_imap(span_of(text[2]), &back) == -1 ||
		    back.epoch != d.epoch ||
		    date_parse_ctime(span_of(text[3]), &back) == -1 ||
		    back.epoch != d.epoch) {
			if (bad++ < 5)
				printf("# %s | %s | %s | %s\n", text[0],
				    text[1], text[2], text[3]);
		}
		date_civil(at / 86400, &y, &m, &day);
		if (date_days(y, m, day) != at / 86400)
			bad++;
	}
	is_int(bad, 0, "dates come back as they were written");
	d.epoch = 1795138200;
	d.zone = 480;
	date_rfc5322(&d, text[0]);
	is_string(text[0], "Fri, 20 Nov 2026 09:30:00 +0800", "RFC 5322");
	date_iso8601(&d, text[0]);
	is_string(text[0], "2026-11-20T09:30:00+08:00", "ISO 8601");
	date_imap(&d, text[0]);
	is_string(text[0], "20-Nov-2026 09:30:00 +0800", "IMAP");
	date_ctime(d.epoch, text[0]);
	is_string(text[0], "Fri Nov 20 01:30:00 2026", "ctime");
}

static void
work(const char *text, size_t len)
{
	struct span s = { text, len };
	struct date d;

	(void)date_parse(s, &d);
}

int
main(void)
{
	struct date d;

	test_reading();
	test_writing();
	setenv("TZ", "XYZ-05:45", 1);
	tzset();
	date_local(0, &d);
	is_int(d.zone, 345, "the zone of TZ");
	is_linear(work, "", "(", 2000000, "", "open comments");
	is_linear(work, "", "1 ", 2000000, "", "numbers");
	return done();
}
