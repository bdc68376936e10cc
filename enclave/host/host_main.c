/*
 * quorate-host: the HTTP API on the enclave's parent instance (QOS wire 17).
 * Names and defaults of the options are qos_host's.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "airgap/cli/cmd.h"
#include "airgap/cli/ui.h"
#include "airgap/version.h"
#include "enclave/host/http.h"
#include "enclave/host/services.h"
#include "enclave/io/bridge.h"

#define DEFAULT_IP "127.0.0.1"
#define DEFAULT_PORT 3001
#define DEFAULT_BASE "qos"
#define DEFAULT_TIMEOUT_MS 20000
#define TIMEOUT_MAX_MS 3600000	/* an hour */
#define BASE_MAX 128
#define CID_UNSET UINT64_MAX

struct options {
	const char *ip, *base, *usock, *to_host;
	uint64_t port, cid, enclave_port, timeout_ms, patience_ms;
	struct many bridges;
	bool heartbeat, version;
};

/* "/base" without slashes around it; empty serves at the root. */
static int
make_base(struct cmd *c, const char *text, char out[static BASE_MAX])
{
	size_t n;

	text += strspn(text, "/");
	n = strlen(text);
	while (n > 0 && text[n - 1] == '/')
		n--;
	if (n + 2 > BASE_MAX)
		return cmd_usage(c, "--endpoint-base-path is too long");
	snprintf(out, BASE_MAX, "%s%.*s", n == 0 ? "" : "/", (int)n, text);
	return 0;
}

static int
check_enclave(struct cmd *c, const struct options *o)
{
	bool vsock = o->cid != CID_UNSET || o->enclave_port != CID_UNSET;

	if (o->usock != NULL)
		return vsock || o->to_host != NULL ? cmd_usage(c,
		    "--usock goes without --cid, --port and --vsock-to-host") :
		    0;
	if (o->cid == CID_UNSET || o->enclave_port == CID_UNSET)
		return cmd_usage(c, "where is the enclave? --cid N --port N, "
		    "or --usock PATH");
	if (o->cid > UINT32_MAX || o->enclave_port > UINT32_MAX)
		return cmd_usage(c, "--cid and --port have at most 32 bits");
	return 0;
}

static int
configure(struct cmd *c, const struct options *o, char base[static BASE_MAX],
    struct http_config *out)
{
	bool yes = o->to_host != NULL && strcmp(o->to_host, "true") == 0;
	int r;

	if ((r = check_enclave(c, o)) != 0 ||
	    (r = make_base(c, o->base, base)) != 0)
		return r;
	if (o->to_host != NULL && !yes && strcmp(o->to_host, "false") != 0)
		return cmd_usage(c, "--vsock-to-host takes true or false");
	if (o->port > UINT16_MAX)
		return cmd_usage(c, "--host-port is at most 65535");
	if (o->timeout_ms == 0 || o->timeout_ms > TIMEOUT_MAX_MS)
		return cmd_usage(c, "--socket-timeout is 1 to 3600000 ms");
	if (o->patience_ms == 0 || o->patience_ms > TIMEOUT_MAX_MS)
		return cmd_usage(c, "--client-timeout is 1 to 3600000 ms");
	*out = (struct http_config){ .ip = o->ip, .port = (uint16_t)o->port,
	    .base = base, .patience_ms = (int64_t)o->patience_ms,
	    .enclave = { .timeout_ms = (int64_t)o->timeout_ms } };
	if (o->usock != NULL)
		return endpoint_unix(o->usock, &out->enclave.at, &c->e);
	out->enclave.at = endpoint_vsock((unsigned)o->cid,
	    (unsigned)o->enclave_port);
	out->enclave.at.to_host = yes;
	return 0;
}

static int
serve(struct cmd *c, const struct http_config *hc, const struct options *o)
{
	const struct services_config sc = { &hc->enclave.at, &o->bridges,
	    o->heartbeat };
	const struct timespec second = { 1, 0 };
	struct services *services;
	struct http *h = NULL;
	sigset_t set;
	int r;

	/* before the threads, which inherit it */
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 ||
	    signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return err_set(&c->e, ERR_SYSTEM, "cannot set up signals");
	/* each connection may need a second descriptor for the enclave */
	endpoint_room(4 * HTTP_CONNECTIONS_MAX +
	    o->bridges.n * BRIDGE_DESCRIPTORS);
	if ((r = services_start(&sc, &services, &c->e)) != 0)
		return r;
	if ((r = http_start(hc, &h, &c->e)) != 0) {
		services_stop(services);
		return r;
	}
	ui_say("quorate-host: ready on http://%s:%u%s", hc->ip, http_port(h),
	    hc->base);
	while (sigtimedwait(&set, NULL, &second) < 0)
		http_reap(h);
	ui_say("quorate-host: stopping");
	http_stop(h);
	services_stop(services);
	return 0;
}

static int
run(struct cmd *c)
{
	struct options o = { .ip = DEFAULT_IP, .base = DEFAULT_BASE,
	    .port = DEFAULT_PORT, .cid = CID_UNSET,
	    .enclave_port = CID_UNSET, .timeout_ms = DEFAULT_TIMEOUT_MS,
	    .patience_ms = HTTP_PATIENCE_MS };
	const struct opt opts[] = {
		TEXT("--usock", "PATH", &o.usock, "the enclave's unix socket,"),
		NUMBER("--cid", "N", &o.cid, "or its vsock CID"),
		NUMBER("--port", "N", &o.enclave_port, "and port"),
		TEXT("--vsock-to-host", "true|false", &o.to_host,
		    "set VMADDR_FLAG_TO_HOST (false)"),
		NUMBER("--socket-timeout", "MS", &o.timeout_ms,
		    "for one request to the enclave (20000)"),
		NUMBER("--client-timeout", "MS", &o.patience_ms,
		    "for a client to send or take (30000)"),
		TEXT("--host-ip", "IPv4", &o.ip,
		    "address to listen on (127.0.0.1)"),
		NUMBER("--host-port", "N", &o.port, "and port (3001)"),
		TEXT("--endpoint-base-path", "PATH", &o.base,
		    "of the routes (qos)"),
		FLAG("--heartbeat", &o.heartbeat,
		    "answer booting enclaves on vsock port 9000"),
		MANY("--bridge", "IPv4:PORT", &o.bridges,
		    "carry connections there to that port of the enclave"),
		FLAG("--version", &o.version, "print the version"),
		END };
	struct http_config hc;
	char base[BASE_MAX];
	int r;

	if ((r = cmd_parse(c, opts, 0, 0)) != 0)
		return r;
	if (o.version) {
		puts(QUORATE_VERSION);
		return 0;
	}
	if ((r = configure(c, &o, base, &hc)) != 0)
		return r;
	return serve(c, &hc, &o);
}

int
main(int argc, char **argv)
{
	static const struct command top = { "quorate-host", "",
	    "HTTP on the parent instance, frames to the enclave",
	    "routes: GET PATH/host-health PATH/enclave-health "
	    "PATH/enclave-info,\nPOST PATH/message; no TLS and no "
	    "authentication: keep it on loopback or\nbehind something that "
	    "has both; SIGTERM stops it cleanly", run, NULL };

	return cmd_main(&top, argc, argv);
}
