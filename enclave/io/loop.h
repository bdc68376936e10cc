/*
 * One thread, one epoll: file descriptors and timers with callbacks.
 */
#ifndef ENCLAVE_IO_LOOP_H
#define ENCLAVE_IO_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "airgap/err.h"

struct loop;

/* Lives in its owner; the owner keeps it until loop_unwatch. */
struct watch {
	int fd;
	void (*ready)(struct watch *w, uint32_t events);
	void *ctx;
};

struct timer {
	int64_t at;			/* clock_ms() to fire at; 0: off */
	void (*fire)(struct timer *t);
	void *ctx;
	struct timer *next;		/* the loop's */
};

/*
 * Free with loop_free; it closes no descriptor that is watched.  Returns 0
 * or ERR_SYSTEM.
 */
int loop_new(struct loop **out, struct err *e) MUST_CHECK;
void loop_free(struct loop *l);

/*
 * Calls w->ready for events of epoll(7); w->fd is watched once.  0 or
 * ERR_SYSTEM.
 */
int loop_watch(struct loop *l, struct watch *w, uint32_t events) MUST_CHECK;
int loop_change(struct loop *l, struct watch *w, uint32_t events) MUST_CHECK;
/* Forgets w (also within a callback); does not close fd. */
void loop_unwatch(struct loop *l, struct watch *w);

/* Arms t in ms milliseconds (again); loop_unset disarms. */
void loop_set(struct loop *l, struct timer *t, int64_t ms);
void loop_unset(struct loop *l, struct timer *t);

/* Runs until loop_stop.  Returns 0 or ERR_SYSTEM. */
int loop_run(struct loop *l, struct err *e) MUST_CHECK;
void loop_stop(struct loop *l);

#endif
