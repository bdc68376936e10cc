/*
 * Measuring: two bodies run alternately in one process, so that both see the
 * same machine; each figure is the median of many rounds, in microseconds a
 * call.  A line for people, and an object for BENCH_JSON.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stddef.h>

typedef void (*body)(void);

struct figure {
	double own, other, ratio;	/* medians; ratio of each round */
};

/* Runs a and b (NULL: none) in turns. */
struct figure bench_measure(body a, body b);

/* The same of n times of each, taken in turns by the caller; sorts both. */
struct figure bench_rounds(double *own, double *other, size_t n);

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

/* A program and its input and output, from start to end. */
struct run {
	double ms;
	double peak_mib;	/* resident */
};

/*
 * Runs argv with standard output and error to path out and waits.  The peak
 * is the caller's own where that is larger: keep it small.
 */
struct run bench_run(const char *const argv[], const char *out);
/* The same without waiting; its process. */
int bench_start(const char *const argv[], const char *out);
/* Ends it (SIGTERM) and waits; 0 is none. */
void bench_stop(int pid);

/* As bench_run in a child: work whose memory the caller should not keep. */
void bench_apart(void (*work)(void));

/* A folder of its own under TMPDIR, removed at exit by its maker. */
const char *bench_dir(void);
/* DIR/name; four results live at a time. */
const char *bench_path(const char *name);

#endif
