/*
 * TAP, version 12: lines "ok N - name", the plan last.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/crash/tap.h"

static int count, failures;

void
tap_ok(bool good, const char *fmt, ...)
{
	va_list ap;

	count++;
	failures += !good;
	printf("%sok %d - ", good ? "" : "not ", count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

void
tap_note(const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

_Noreturn void
tap_stop(const char *fmt, ...)
{
	const char *why = errno != 0 ? strerror(errno) : "no system error";
	va_list ap;

	printf("# the proof cannot go on: ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(": %s\n", why);
	fflush(stdout);
	_Exit(2);
}

int
tap_done(void)
{
	printf("1..%d\n", count);
	return failures == 0 ? 0 : 1;
}
