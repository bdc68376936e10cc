/*
 * Heartbeats and bridges.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "airgap/cli/ui.h"
#include "enclave/host/services.h"
#include "enclave/io/bridge.h"
#include "enclave/io/heartbeat.h"

struct services {
	struct loop *loop;
	struct heartbeat_server *heartbeat;
	struct bridge_server *bridges[SERVICES_BRIDGES_MAX];
	size_t nbridges;
	struct watch stop;		/* an eventfd */
	pthread_t thread;
	bool running;
};

static void
on_stop(struct watch *w, uint32_t events)
{
	(void)events;
	loop_stop(((struct services *)w->ctx)->loop);
}

static void
heard(void *ctx)
{
	(void)ctx;
	ui_say("quorate-host: heartbeat of an enclave answered");
}

/* Where the enclave's port is, for us. */
static int
enclave_port(const struct endpoint *enclave, unsigned port,
    struct endpoint *out, struct err *e)
{
	if (enclave->kind == ENDPOINT_UNIX)
		return endpoint_unix_port(enclave->path, port, out, e);
	*out = *enclave;
	out->port = port;
	return 0;
}

static int
open_heartbeat(struct services *s, const struct services_config *c,
    struct err *e)
{
	struct endpoint at = endpoint_vsock(VSOCK_ANY, HEARTBEAT_PORT);
	int r;

	if (c->enclave->kind == ENDPOINT_UNIX &&
	    (r = endpoint_unix_port(c->enclave->path, HEARTBEAT_PORT, &at,
	    e)) != 0)
		return r;
	return heartbeat_listen(s->loop, &at, heard, NULL, &s->heartbeat, e);
}

static int
open_bridge(struct services *s, const struct services_config *c,
    const char *text, struct err *e)
{
	char here[ENDPOINT_TEXT_MAX], there[ENDPOINT_TEXT_MAX];
	struct endpoint from, to;
	int r;

	if (s->nbridges == SERVICES_BRIDGES_MAX)
		return err_set(e, ERR_USAGE, "over %d bridges",
		    SERVICES_BRIDGES_MAX);
	if ((r = endpoint_tcp(text, &from, e)) != 0)
		return err_prefix(e, "--bridge"), r;
	if (from.port == 0)
		return err_set(e, ERR_USAGE, "--bridge %s: port 0", text);
	if ((r = enclave_port(c->enclave, from.port, &to, e)) != 0 ||
	    (r = bridge_open(s->loop, &from, &to, &s->bridges[s->nbridges],
	    e)) != 0)
		return r;
	s->nbridges++;
	endpoint_text(&from, here);
	endpoint_text(&to, there);
	ui_say("quorate-host: bridge from %s to %s", here, there);
	return 0;
}

static int
open_all(struct services *s, const struct services_config *c, struct err *e)
{
	int r;

	if ((r = loop_new(&s->loop, e)) != 0)
		return r;
	s->stop = (struct watch){ eventfd(0, EFD_CLOEXEC), on_stop, s };
	if (s->stop.fd < 0 || loop_watch(s->loop, &s->stop, EPOLLIN) != 0)
		return err_set(e, ERR_SYSTEM, "eventfd: %s", strerror(errno));
	if (c->heartbeat && (r = open_heartbeat(s, c, e)) != 0)
		return r;
	for (size_t i = 0; i < c->bridges->n; i++)
		if ((r = open_bridge(s, c, c->bridges->v[i], e)) != 0)
			return r;
	return 0;
}

static void *
run(void *ctx)
{
	struct services *s = ctx;
	struct err e;

	if (loop_run(s->loop, &e) != 0)
		ui_say("quorate-host: heartbeat and bridges ended: %s",
		    e.text);
	return NULL;
}

int
services_start(const struct services_config *c, struct services **out,
    struct err *e)
{
	struct services *s;
	int r;

	*out = NULL;
	if (!c->heartbeat && c->bridges->n == 0)
		return 0;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	s->stop.fd = -1;
	if ((r = open_all(s, c, e)) == 0 &&
	    (r = pthread_create(&s->thread, NULL, run, s)) != 0)
		r = err_set(e, ERR_SYSTEM, "cannot start a thread: %s",
		    strerror(r));
	s->running = r == 0;
	if (r == 0)
		*out = s;
	else
		services_stop(s);
	return r;
}

void
services_stop(struct services *s)
{
	const uint64_t one = 1;

	if (s == NULL)
		return;
	if (s->running && write(s->stop.fd, &one, sizeof(one)) ==
	    (ssize_t)sizeof(one))
		pthread_join(s->thread, NULL);
	heartbeat_close(s->heartbeat);
	for (size_t i = 0; i < s->nbridges; i++)
		bridge_close(s->bridges[i]);
	if (s->stop.fd >= 0)
		close(s->stop.fd);
	loop_free(s->loop);
	free(s);
}
