/* SPDX-License-Identifier: ISC */
/* date.h -- dates of messages: RFC 5322 3.3 and 4.3 read leniently, written right. */
#ifndef MIME_DATE_H
#define MIME_DATE_H

#include "../util.h"

/* Seconds since 1970-01-01 UTC, and minutes east of UTC. */
struct date {
	int64_t	epoch;
	int	zone;
};

#define DATE_MAX	64	/* octets that any date_... below writes, NUL counted */

/* 0, or -1 where it is no date (nothing is reported). */
int	 date_parse(struct span body, struct date *d);
/* The same for IMAP's INTERNALDATE ("17-Jul-1996 02:44:25 -0700"). */
int	 date_parse_imap(struct span text, struct date *d);
/* ctime(3)'s form on a mbox "From " line, with or without a zone; UTC if none. */
int	 date_parse_ctime(struct span text, struct date *d);

/* Now, with the zone of TZ. */
void	 date_now(struct date *d);
void	 date_local(int64_t epoch, struct date *d);	/* the zone of TZ at that time */

void	 date_rfc5322(const struct date *d, char out[static DATE_MAX]); /* Fri, 20 Nov 2026 09:30:00 +0800 */
void	 date_iso8601(const struct date *d, char out[static DATE_MAX]);	/* 2026-11-20T09:30:00+08:00 */
void	 date_imap(const struct date *d, char out[static DATE_MAX]);	/* 20-Nov-2026 09:30:00 +0800 */
void	 date_ctime(int64_t epoch, char out[static DATE_MAX]);	/* Fri Nov 20 01:30:00 2026, UTC, no newline */

/* Days since 1970-01-01 of a civil date, and back (proleptic Gregorian). */
int64_t	 date_days(int year, int month, int day);
void	 date_civil(int64_t days, int *year, int *month, int *day);

#endif
