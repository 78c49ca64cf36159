/* SPDX-License-Identifier: ISC */
/* date.c -- fuzz: dates.  One that was read is written, and read as the same. */
#include <stdlib.h>

#include "../../mime/date.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_back(const struct date *d)
{
	char text[DATE_MAX];
	struct date back;
	int y, m, day;

	/* Years of four digits; a zone may carry over their ends. */
	date_civil((d->epoch + d->zone * 60) / 86400, &y, &m, &day);
	if (y < 1000 || y > 9998)
		return;
	date_rfc5322(d, text);
	if (date_parse(span_of(text), &back) == -1 ||
	    back.epoch != d->epoch || back.zone != d->zone)
		abort();
	date_imap(d, text);
	if (date_parse_imap(span_of(text), &back) == -1 ||
	    back.epoch != d->epoch || back.zone != d->zone)
		abort();
	date_ctime(d->epoch, text);
	if (date_parse_ctime(span_of(text), &back) == -1 ||
	    back.epoch != d->epoch)
		abort();
	date_iso8601(d, text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = { (const char *)data, size };
	struct date d;

	if (date_parse(s, &d) == 0)
		check_back(&d);
	if (date_parse_ctime(s, &d) == 0)
		check_back(&d);
	return 0;
}
