/*
 * The event loop.  A watch that is removed while its event is queued must
 * not be called any more: the queue of the current round is cleared of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "airgap/fd.h"
#include "enclave/io/loop.h"

#define ROUND_MAX 64

struct loop {
	int epoll;
	bool stop;
	struct timer *timers;
	struct epoll_event round[ROUND_MAX];
	int round_len;
};

int
loop_new(struct loop **out, struct err *e)
{
	struct loop *l = calloc(1, sizeof(*l));

	*out = NULL;
	if (l == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (l->epoll < 0) {
		free(l);
		return err_set(e, ERR_SYSTEM, "epoll: %s", strerror(errno));
	}
	*out = l;
	return 0;
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	close(l->epoll);
	free(l);
}

static int
control(struct loop *l, int op, struct watch *w, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	return epoll_ctl(l->epoll, op, w->fd, &ev) == 0 ? 0 : ERR_SYSTEM;
}

int
loop_watch(struct loop *l, struct watch *w, uint32_t events)
{
	return control(l, EPOLL_CTL_ADD, w, events);
}

int
loop_change(struct loop *l, struct watch *w, uint32_t events)
{
	return control(l, EPOLL_CTL_MOD, w, events);
}

void
loop_unwatch(struct loop *l, struct watch *w)
{
	(void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
	for (int i = 0; i < l->round_len; i++)
		if (l->round[i].data.ptr == w)
			l->round[i].data.ptr = NULL;
}

void
loop_unset(struct loop *l, struct timer *t)
{
	for (struct timer **p = &l->timers; *p != NULL; p = &(*p)->next)
		if (*p == t) {
			*p = t->next;
			break;
		}
	t->at = 0;
}

void
loop_set(struct loop *l, struct timer *t, int64_t ms)
{
	loop_unset(l, t);
	t->at = clock_ms() + ms;
	t->next = l->timers;
	l->timers = t;
}

/* Milliseconds to the next timer, -1 for none. */
static int
next_timer(const struct loop *l)
{
	int64_t first = 0, now = clock_ms();

	for (const struct timer *t = l->timers; t != NULL; t = t->next)
		if (first == 0 || t->at < first)
			first = t->at;
	if (first == 0)
		return -1;
	if (first <= now)
		return 0;
	return first - now > 60000 ? 60000 : (int)(first - now);
}

static void
fire_timers(struct loop *l)
{
	int64_t now = clock_ms();
	struct timer *t = l->timers;

	while (t != NULL) {
		if (t->at > now) {
			t = t->next;
			continue;
		}
		loop_unset(l, t);
		t->fire(t);
		t = l->timers;		/* the list may be another one now */
	}
}

int
loop_run(struct loop *l, struct err *e)
{
	while (!l->stop) {
		int n = epoll_wait(l->epoll, l->round, ROUND_MAX,
		    next_timer(l));

		if (n < 0 && errno != EINTR)
			return err_set(e, ERR_SYSTEM, "epoll_wait: %s",
			    strerror(errno));
		l->round_len = n < 0 ? 0 : n;
		for (int i = 0; i < l->round_len; i++) {
			struct watch *w = l->round[i].data.ptr;

			if (w != NULL)
				w->ready(w, l->round[i].events);
		}
		l->round_len = 0;
		fire_timers(l);
	}
	return 0;
}

void
loop_stop(struct loop *l)
{
	l->stop = true;
}
