/* SPDX-License-Identifier: ISC */
/* tap.h -- unit tests in the Test Anything Protocol: one line a check. */
#ifndef TESTS_UNIT_TAP_H
#define TESTS_UNIT_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static unsigned tap_count, tap_failed;

__attribute__((__format__(__printf__, 2, 3), __unused__)) static bool
ok(bool passed, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %u - ", passed ? "" : "not ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	if (!passed)
		tap_failed++;
	fflush(stdout);
	return passed;
}

__attribute__((__unused__)) static void
tap_quote(const char *what, const char *s)
{
	printf("# %s: ", what);
	for (; s != NULL && *s != '\0'; s++)
		if ((unsigned char)*s < 32 || *s == '\\')
			printf("\\x%02x", (unsigned char)*s);
		else
			putchar(*s);
	puts(s == NULL ? "(null)" : "");
}

__attribute__((__unused__)) static bool
is_string(const char *got, const char *want, const char *name)
{
	bool same = got == want ||
	    (got != NULL && want != NULL && strcmp(got, want) == 0);

	if (!ok(same, "%s", name)) {
		tap_quote(" got", got);
		tap_quote("want", want);
	}
	return same;
}

__attribute__((__unused__)) static bool
is_int(long long got, long long want, const char *name)
{
	if (ok(got == want, "%s", name))
		return true;
	printf("#  got: %lld\n# want: %lld\n", got, want);
	return false;
}

/* The plan at the end, and the exit status: return it from main. */
__attribute__((__unused__)) static int
done(void)
{
	printf("1..%u\n", tap_count);
	return tap_failed == 0 ? 0 : 1;
}

#endif
