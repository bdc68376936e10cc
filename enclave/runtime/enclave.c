/*
 * The enclave program: effects wired to NSM and files, requests to the state
 * machine, the pivot started when the key is there, a clean stop.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "airgap/seal/hash.h"
#include "airgap/version.h"
#include "enclave/io/bridge.h"
#include "enclave/protocol/machine.h"
#include "enclave/runtime/enclave.h"
#include "enclave/io/loop.h"
#include "enclave/runtime/init.h"
#include "enclave/runtime/pivot.h"
#include "enclave/runtime/server.h"

#define APP_MAX (1u << 30)		/* bytes of the image's application */

struct enclave {
	const struct enclave_options *o;
	struct nsm *nsm;
	struct effects effects;
	struct machine *machine;
	struct loop *loop;
	struct server *server;
	struct pivot_supervisor *pivot;
	struct watch signals;
	struct digest256 app;
	struct bridge_server **bridges;
	size_t nbridges;
	bool pivot_started;
	int failed;			/* why the pivot cannot start */
	struct err failure;
};

static void
say(void *ctx, const char *line)
{
	(void)ctx;
	fprintf(stderr, "quorate-enclave: %s\n", line);
}

/* --- effects */

static int
nsm_describe(void *ctx, struct nsm_info *out)
{
	struct nsm *n = ((struct enclave *)ctx)->nsm;

	return n->ops->describe(n, out);
}

static int
nsm_pcr(void *ctx, uint16_t index, struct pcr_state *out)
{
	struct nsm *n = ((struct enclave *)ctx)->nsm;

	return n->ops->pcr(n, index, out);
}

static int
nsm_extend(void *ctx, uint16_t index, struct bytes data,
    struct digest384 *out)
{
	struct nsm *n = ((struct enclave *)ctx)->nsm;

	return n->ops->extend(n, index, data, out);
}

static int
nsm_lock_range(void *ctx, uint16_t range)
{
	struct nsm *n = ((struct enclave *)ctx)->nsm;

	return n->ops->lock_range(n, range);
}

static int
nsm_attest(void *ctx, struct bytes user_data, struct bytes nonce,
    struct bytes public_key, struct buf *document)
{
	struct nsm *n = ((struct enclave *)ctx)->nsm;

	return n->ops->attest(n, user_data, nonce, public_key, document);
}

static int
put(void *ctx, enum enclave_file file, struct bytes data)
{
	return files_put(&((struct enclave *)ctx)->o->paths, file, data,
	    false);
}

static int
replace(void *ctx, enum enclave_file file, struct bytes data)
{
	return files_put(&((struct enclave *)ctx)->o->paths, file, data,
	    true);
}

static bool
exists(void *ctx, enum enclave_file file)
{
	return files_exist(&((struct enclave *)ctx)->o->paths, file);
}

static int
get(void *ctx, enum enclave_file file, struct buf *out)
{
	return files_get(&((struct enclave *)ctx)->o->paths, file, out);
}

static int
get_secret(void *ctx, enum enclave_file file, struct secret *out)
{
	return files_get_secret(&((struct enclave *)ctx)->o->paths, file, out);
}

static void
wire_effects(struct enclave *v)
{
	v->effects = (struct effects){ .ctx = v,
	    .nsm_describe = nsm_describe, .nsm_pcr = nsm_pcr,
	    .nsm_extend = nsm_extend, .nsm_lock_range = nsm_lock_range,
	    .nsm_attest = nsm_attest, .put = put, .replace = replace,
	    .exists = exists, .get = get, .get_secret = get_secret,
	    .log = say };
}

/* --- bridges (QOS wire 18): from the parent to the application */

/*
 * On our CID; a plain process on a unix socket has PATH_PORT beside it, as a
 * vsock over unix sockets names them.
 */
static int
open_bridge(struct enclave *v, unsigned port, struct err *e)
{
	const struct endpoint *at = &v->o->at;
	const struct endpoint to = { .kind = ENDPOINT_TCP, .ip = "127.0.0.1",
	    .port = port };
	struct endpoint from = endpoint_vsock(at->cid, port);
	int r;

	if (at->kind == ENDPOINT_UNIX &&
	    (r = endpoint_unix_port(at->path, port, &from, e)) != 0)
		return r;
	r = bridge_open(v->loop, &from, &to, &v->bridges[v->nbridges], e);
	if (r == 0)
		v->nbridges++;
	return r;
}

/* One that cannot be opened is said; the application runs without it. */
static void
open_bridges(struct enclave *v, const struct manifest *m)
{
	const size_t n = m->pivot.bridges.count;
	struct rd rd = list_walk(&m->pivot.bridges);
	char line[ERR_TEXT_MAX + 64];
	struct err e = { 0 };
	struct bridge b;

	/* clients of the application take none from the control server */
	endpoint_room(2 * SERVER_CONNECTIONS_MAX + n * BRIDGE_DESCRIPTORS);
	v->bridges = calloc(n + 1, sizeof(struct bridge_server *));
	while (v->bridges != NULL && list_next(&rd, &type_bridge, &b)) {
		if (b.kind != BRIDGE_SERVER)
			continue;
		if (open_bridge(v, b.port, &e) == 0)
			snprintf(line, sizeof(line), "bridge to port %u is "
			    "open", b.port);
		else
			snprintf(line, sizeof(line), "no bridge to port %u: "
			    "%s", b.port, e.text);
		say(v, line);
	}
}

/* --- requests, pivot, signals */

/* By no clock but the NSM's, where it is ours to set. */
static void
start_pivot(struct enclave *v)
{
	const struct manifest *m = machine_manifest(v->machine);

	v->pivot_started = true;
	if (v->o->first)
		v->failed = init_clock(v->nsm, &v->failure);
	if (v->failed == 0) {
		open_bridges(v, m);
		v->failed = pivot_start(v->pivot, m, &v->failure);
	}
	if (v->failed != 0)
		loop_stop(v->loop);
}

static int
handle(void *ctx, struct bytes request, struct buf *reply)
{
	struct enclave *v = ctx;
	int r = machine_handle(v->machine, request, reply);

	if (r == 0 && !v->pivot_started && machine_ready(v->machine))
		start_pivot(v);
	return r;
}

static void
pivot_ended(void *ctx)
{
	struct enclave *v = ctx;

	loop_stop(v->loop);
}

static void
on_signal(struct watch *w, uint32_t events)
{
	struct enclave *v = w->ctx;
	struct signalfd_siginfo s;

	(void)events;
	while (read(w->fd, &s, sizeof(s)) == (ssize_t)sizeof(s)) {
		if (s.ssi_signo == SIGCHLD) {
			pivot_reap(v->pivot);
			continue;
		}
		say(v, "stopping");
		pivot_stop(v->pivot);
	}
}

static int
watch_signals(struct enclave *v, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	v->signals = (struct watch){ -1, on_signal, v };
	signal(SIGPIPE, SIG_IGN);	/* a console that went away */
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 ||
	    (v->signals.fd = signalfd(-1, &set, SFD_NONBLOCK |
	    SFD_CLOEXEC)) < 0 ||
	    loop_watch(v->loop, &v->signals, EPOLLIN) != 0)
		return err_set(e, ERR_SYSTEM, "signals: %s", strerror(errno));
	return 0;
}

/* The digest of the application that the image carries. */
static int
read_app(struct enclave *v, struct err *e)
{
	struct buf app = { 0 };
	int r = file_read(v->o->paths.path[FILE_PIVOT], APP_MAX, &app, e);

	if (r == 0)
		v->app = sha256(buf_bytes(&app));
	buf_free(&app);
	return r;
}

static int
open_all(struct enclave *v, struct err *e)
{
	const struct machine_config mc = { &v->effects, QUORATE_VERSION,
	    "quorate", v->nsm->simulated, v->nsm->root,
	    v->o->app ? &v->app : NULL };
	struct server_config sc = { .handle = handle, .ctx = v };
	struct pivot_config pc = { .paths = &v->o->paths, .log = say,
	    .ended = pivot_ended, .ctx = v };
	int r;

	if ((v->o->app && (r = read_app(v, e)) != 0) ||
	    (r = loop_new(&v->loop, e)) != 0 ||
	    (r = machine_new(&mc, &v->machine, e)) != 0)
		return r;
	sc.loop = pc.loop = v->loop;
	if ((r = watch_signals(v, e)) != 0 ||
	    (r = pivot_new(&pc, &v->pivot, e)) != 0 ||
	    (r = server_new(&sc, &v->server, e)) != 0)
		return r;
	return server_listen(v->server, &v->o->at, e);
}

static void
close_all(struct enclave *v)
{
	for (size_t i = 0; i < v->nbridges; i++)
		bridge_close(v->bridges[i]);
	free(v->bridges);
	server_free(v->server);
	if (v->pivot != NULL)
		pivot_free(v->pivot);
	machine_free(v->machine);
	if (v->signals.fd > 0)
		close(v->signals.fd);
	loop_free(v->loop);
}

/* Boot will refuse them with an error that has no room for names. */
static void
say_left_over(struct enclave *v)
{
	char line[ERR_TEXT_MAX];

	for (unsigned f = FILE_EPHEMERAL; f <= FILE_PIVOT; f++) {
		if (!exists(v, (enum enclave_file)f) ||
		    (f == FILE_PIVOT && v->o->app))
			continue;
		snprintf(line, sizeof(line), "%s is left from an earlier run; "
		    "no boot before it is removed", v->o->paths.path[f]);
		say(v, line);
	}
}

int
enclave_run(const struct enclave_options *o, struct nsm *nsm, struct err *e)
{
	struct enclave *v = calloc(1, sizeof(*v));
	int r;

	if (v == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	v->o = o;
	v->nsm = nsm;
	wire_effects(v);
	if ((r = open_all(v, e)) == 0) {
		say_left_over(v);
		say(v, nsm->simulated ? "ready; SIMULATED nsm: rehearsal only"
		    : "ready");
		r = loop_run(v->loop, e);
	}
	if (r == 0 && (r = v->failed) != 0) {
		*e = v->failure;
		err_prefix(e, "the pivot cannot be started");
	}
	close_all(v);
	free(v);
	return r;
}
