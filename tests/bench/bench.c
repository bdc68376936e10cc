/*
 * Measuring (see bench.h).
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/bench.h"

#define ROUNDS 101
#define ROUND_US 2000.0		/* aimed-at length of one side of a round */

static int missed;

int
bench_missed(void)
{
	return missed;
}

void
bench_must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench: %s failed\n", what);
	exit(5);
}

double
bench_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double
time_of(body run, size_t times)
{
	double start = bench_now_us();

	for (size_t i = 0; i < times; i++)
		run();
	return (bench_now_us() - start) / (double)times;
}

static size_t
times_for(body run)
{
	double once = time_of(run, 3);

	return once >= ROUND_US ? 1 : (size_t)(ROUND_US / once) + 1;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), by_value);
	return v[n / 2];
}

struct figure
bench_rounds(double *own, double *other, size_t n)
{
	double ratio[ROUNDS];
	struct figure f;

	bench_must(n > 0 && n <= ROUNDS, "number of rounds");
	for (size_t i = 0; i < n; i++)
		ratio[i] = own[i] / other[i];
	f.ratio = median(ratio, n);
	f.own = median(own, n);
	f.other = median(other, n);
	return f;
}

/* Runs a and b (NULL: none) in turns, so that both see the same machine. */
struct figure
bench_measure(body a, body b)
{
	static double va[ROUNDS], vb[ROUNDS];
	size_t na = times_for(a), nb = b == NULL ? 0 : times_for(b);

	for (size_t i = 0; i < ROUNDS; i++) {
		va[i] = time_of(a, na);
		vb[i] = b == NULL ? va[i] : time_of(b, nb);
	}
	return bench_rounds(va, vb, ROUNDS);
}

/*
 * One line for people, one JSON object for BENCH_JSON.  With a peer the
 * target bounds the ratio, without one the value; a target below 0 is none.
 */
void
bench_report(const char *name, const char *unit, struct figure f,
    const char *against, double target)
{
	const char *path = getenv("BENCH_JSON");
	bool ok = target < 0 ||
	    (against == NULL ? f.own : f.ratio) <= target;
	char peer_text[64] = "null", ratio_text[32] = "null";
	char target_text[32] = "null";
	FILE *out;

	if (against != NULL) {
		snprintf(peer_text, sizeof(peer_text), "\"%s\"", against);
		snprintf(ratio_text, sizeof(ratio_text), "%.3f", f.ratio);
	}
	if (target >= 0)
		snprintf(target_text, sizeof(target_text), "%g", target);
	printf("%-24s %10.2f %-3s", name, f.own, unit);
	if (against != NULL)
		printf("  %s %.2f, ratio %.2f", against, f.other, f.ratio);
	printf("%s%s%s\n", target >= 0 ? "  target " : "",
	    target >= 0 ? target_text : "", ok ? "" : "  MISSED");
	missed += !ok;
	if (path == NULL || (out = fopen(path, "a")) == NULL)
		return;
	fprintf(out, "{\"name\": \"%s\", \"value\": %.3f, \"unit\": \"%s\", "
	    "\"against\": %s, \"ratio\": %s, \"target\": %s, \"ok\": %s}\n",
	    name, f.own, unit, peer_text, ratio_text, target_text,
	    ok ? "true" : "false");
	fclose(out);
}

void
bench_report_none(const char *name, const char *reason)
{
	const char *path = getenv("BENCH_JSON");
	FILE *out;

	printf("%-24s not measured: %s\n", name, reason);
	if (path == NULL || (out = fopen(path, "a")) == NULL)
		return;
	fprintf(out, "{\"name\": \"%s\", \"value\": null, \"unit\": null, "
	    "\"against\": null, \"ratio\": null, \"target\": null, "
	    "\"ok\": null, \"reason\": \"%s\"}\n", name, reason);
	fclose(out);
}
