/*
 * Measuring: two bodies run alternately in one process, so that both see the
 * same machine; each figure is the median of many rounds, in microseconds a
 * call.  A line for people, and an object for BENCH_JSON.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

typedef void (*body)(void);

struct figure {
	double own, other, ratio;	/* medians; ratio of each round */
};

/* Runs a and b (NULL: none) in turns. */
struct figure bench_measure(body a, body b);

/*
 * With a peer the target bounds the ratio, without one the value; a target
 * below 0 is none.
 */
void bench_report(const char *name, const char *unit, struct figure f,
    const char *against, double target);

/* Could not be measured, and why. */
void bench_report_none(const char *name, const char *reason);

/* How many targets were missed; the exit status is 1 if any was. */
int bench_missed(void);

/* Stops the program where a call that is measured fails. */
void bench_must(int ok, const char *what);

double bench_now_us(void);

#endif
