/*
 * The host's pages.  Kinder than QOS in one place: enclave-info answers with
 * nulls where the enclave's phase has no such thing to give (after genesis
 * QOS says 500).
 */
#include <stdio.h>
#include <stdlib.h>

#include "enclave/host/ask.h"
#include "enclave/host/facts.h"
#include "enclave/host/routes.h"

/* a status is some 50 bytes; an envelope has at most 32 MiB of env */
#define SMALL_REPLY_MAX (64u << 10)
#define INFO_REPLY_MAX (96u << 20)

#define TYPE_TEXT "text/plain; charset=utf-8"
#define TYPE_HTML "text/html; charset=utf-8"
#define TYPE_JSON "application/json"
#define TYPE_BYTES "application/octet-stream"

static const struct {
	const char *path, *method;
} routes[] = {
	[ROUTE_HOST_HEALTH] = { "/host-health", "GET" },
	[ROUTE_ENCLAVE_HEALTH] = { "/enclave-health", "GET" },
	[ROUTE_MESSAGE] = { "/message", "POST" },
	[ROUTE_ENCLAVE_INFO] = { "/enclave-info", "GET" },
};

const char *
route_path(enum route r)
{
	return r < ROUTE_NONE ? routes[r].path : "";
}

const char *
route_method(enum route r)
{
	return r < ROUTE_NONE ? routes[r].method : "";
}

void
page_free(struct page *p)
{
	if (p->budgeted)
		frame_reply_free(&p->by, &p->body);
	else
		buf_free(&p->body);
}

static void
page_body(struct page *out, unsigned status, const char *type,
    struct bytes body)
{
	*out = (struct page){ .status = status, .type = type };
	out->body.p = malloc(body.n == 0 ? 1 : body.n);
	if (out->body.p == NULL) {
		out->status = 500;	/* and an empty body */
		return;
	}
	memcpy(out->body.p, body.p, body.n);
	out->body.n = body.n;
}

void
page_text(struct page *out, unsigned status, const char *text)
{
	page_body(out, status, TYPE_TEXT, bytes_str(text));
}

static void
wire_error(struct page *out, unsigned status, uint8_t error)
{
	const struct message m = message_error(error);

	*out = (struct page){ .status = status, .type = TYPE_BYTES };
	if (message_write(&m, WIRE_JSON, &out->body, NULL) != 0)
		out->status = 500;
}

void
page_oversize(struct page *out)
{
	wire_error(out, 400, PE_OVERSIZE_MSG);
}

void
page_no_enclave(struct page *out, unsigned status)
{
	wire_error(out, status, PE_ENCLAVE_CLIENT);
}

/* --- what the enclave is asked */

static int
carry(void *ctx, struct bytes request, struct buf *reply, struct err *e)
{
	return frame_call(ctx, request, reply, e);
}

static void
carried(void *ctx, struct buf *reply)
{
	frame_reply_free(ctx, reply);
}

static int
ask_phase(const struct carrier *by, unsigned *phase, struct err *e)
{
	const struct message m = { .tag = PM_STATUS_REQ };
	struct answer a = { 0 };
	int r = ask(by, &m, PM_STATUS, &a, e);

	if (r == 0)
		*phase = a.m.u.phase;
	answer_free(&a);
	return r;
}

static void
enclave_health(const struct frame_client *c, struct page *out)
{
	struct frame_client small = *c;
	const struct carrier by = { carry, carried, &small };
	unsigned phase, status;
	struct err e = { 0 };

	small.reply_max = SMALL_REPLY_MAX;
	if (ask_phase(&by, &phase, &e) != 0) {
		page_text(out, 500, e.text);
		return;
	}
	status = phase == PHASE_KEY_PROVISIONED ||
	    phase == PHASE_GENESIS_BOOTED ? 200 : 503;
	page_text(out, status, phase_name(phase));
}

static void
message(const struct frame_client *c, struct bytes body, struct page *out)
{
	struct buf reply;

	if (frame_call(c, body, &reply, NULL) != 0) {
		page_no_enclave(out, 500);
		return;
	}
	*out = (struct page){ 200, TYPE_BYTES, reply, *c, true };
}

/* --- enclave-info */

struct info {
	unsigned phase;
	struct answer envelope, live;	/* refused: null in the page */
	struct bytes key;		/* p NULL: null */
};

static int
write_info(struct sink *s, const void *ctx)
{
	const struct info *i = ctx;
	const struct opt_envelope *env = &i->envelope.m.u.envelope;
	int r;

	if ((r = sink_str(s, "{\"phase\":\"")) != 0 ||
	    (r = sink_str(s, phase_name(i->phase))) != 0 ||
	    (r = sink_str(s, "\",\"manifestEnvelope\":")) != 0)
		return r;
	if (i->envelope.refused || !env->present)
		r = sink_str(s, "null");
	else
		r = json_write(s, envelope_type(env->v.manifest.version),
		    &env->v, false);
	if (r != 0 || (r = sink_str(s, ",\"ephemeralKey\":")) != 0)
		return r;
	if (i->key.p == NULL)
		return sink_str(s, "null}");
	if ((r = sink_str(s, "\"")) != 0 || (r = sink_hex(s, i->key)) != 0)
		return r;
	return sink_str(s, "\"}");
}

static int
write_error(struct sink *s, const void *ctx)
{
	int r;

	if ((r = sink_str(s, "{\"error\":")) != 0 ||
	    (r = json_put_string(s, bytes_str(ctx))) != 0)
		return r;
	return sink_str(s, "}");
}

/* What the enclave refuses to give is not there; a broken line is an error. */
static int
ask_or_null(const struct carrier *by, uint8_t request, uint8_t want,
    struct answer *out, struct err *e)
{
	const struct message m = { .tag = request };
	int r = ask(by, &m, want, out, e);

	return out->refused ? 0 : r;
}

static int
collect_info(const struct carrier *by, struct info *i, struct err *e)
{
	struct document_facts facts;
	struct bytes document;
	int r;

	if ((r = ask_phase(by, &i->phase, e)) != 0 ||
	    (r = ask_or_null(by, PM_ENVELOPE_REQ, PM_ENVELOPE, &i->envelope,
	    e)) != 0 || (r = ask_or_null(by, PM_LIVE_DOC_REQ, PM_LIVE_DOC,
	    &i->live, e)) != 0)
		return r;
	if (!i->live.refused &&
	    nsm_document(&i->live.m.u.live.nsm, &document, NULL) == 0 &&
	    document_facts(document, &facts, NULL) == 0)
		i->key = facts.public_key;
	return 0;
}

static void
info_page(const struct carrier *by, struct info *i, struct page *out)
{
	struct err e = { 0 };

	*out = (struct page){ .status = 200, .type = TYPE_JSON };
	if (collect_info(by, i, &e) == 0 &&
	    sink_collect(write_info, i, &out->body, &e) == 0)
		return;
	out->status = 500;
	/* without memory for the sentence the body stays empty */
	if (sink_collect(write_error, e.text, &out->body, NULL) != 0)
		out->body = (struct buf){ 0 };
}

static void
enclave_info(const struct frame_client *c, struct page *out)
{
	struct frame_client bounded = *c;
	const struct carrier by = { carry, carried, &bounded };
	struct info *i = calloc(1, sizeof(*i));

	if (i == NULL) {
		page_text(out, 500, "");
		return;
	}
	bounded.reply_max = INFO_REPLY_MAX;
	info_page(&by, i, out);
	answer_free(&i->live);
	answer_free(&i->envelope);
	free(i);
}

void
route_answer(enum route r, const struct frame_client *c, struct bytes body,
    struct page *out)
{
	switch (r) {
	case ROUTE_HOST_HEALTH:
		page_body(out, 200, TYPE_HTML, bytes_str("Ok!"));
		return;
	case ROUTE_ENCLAVE_HEALTH:
		enclave_health(c, out);
		return;
	case ROUTE_MESSAGE:
		message(c, body, out);
		return;
	case ROUTE_ENCLAVE_INFO:
		enclave_info(c, out);
		return;
	default:
		page_text(out, 404, "there is nothing here\n");
	}
}
