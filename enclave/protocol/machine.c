/*
 * The state machine of QOS wire 10: which request is answered in which
 * phase, and in which encoding.
 *
 * A request that is refused leaves the phase, unlike in QOS, where it ends
 * in UnrecoverableError.  The exceptions, after which only a new start of
 * the enclave helps:
 *   - boot: PCR16 or PCR17 was extended or locked before (somebody booted);
 *     any failure after the first extension, for PCRs cannot be reset;
 *   - boot: a file could not be put;
 *   - provision, injectKey: the quorum file could not be put after the live
 *     key had replaced the setup key.
 * As in QOS, an NSM that gives no attestation document after the files are
 * written does not stop the phase: the reply carries the NSM's error.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "airgap/seal/hex.h"
#include "enclave/protocol/parts.h"

/* --- refusals */

int
refuse(struct job *j, uint8_t tag)
{
	j->reply = message_error(tag);
	return ERR_REFUSED;
}

int
refuse_text(struct job *j, uint8_t tag, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(j->text[0], sizeof(j->text[0]), fmt, ap);
	va_end(ap);
	(void)refuse(j, tag);
	j->reply.u.error.u.text = bytes_str(j->text[0]);
	/* a name cut within a character would not be JSON */
	if (!utf8_valid(j->reply.u.error.u.text))
		for (char *p = j->text[0]; *p != '\0'; p++)
			if ((unsigned char)*p > 0x7e)
				*p = '?';
	return ERR_REFUSED;
}

int
refuse_p256(struct job *j, uint8_t tag, int code)
{
	(void)refuse(j, tag);
	j->reply.u.error.u.p256.tag = p256_error_of(code);
	return ERR_REFUSED;
}

int
refuse_texts(struct job *j, uint8_t tag, struct bytes expected,
    struct bytes actual)
{
	(void)refuse(j, tag);
	j->reply.u.error.u.texts = (struct text_pair){ expected, actual };
	return ERR_REFUSED;
}

static struct bytes
hex_of(struct bytes in, char out[static ERR_TEXT_MAX])
{
	size_t n = in.n < ERR_TEXT_MAX / 2 ? in.n : ERR_TEXT_MAX / 2;

	hex_encode(in.p, n, out);
	return bytes_of(out, 2 * n);
}

int
refuse_hex(struct job *j, uint8_t tag, struct bytes expected,
    struct bytes actual)
{
	return refuse_texts(j, tag, hex_of(expected, j->text[0]),
	    hex_of(actual, j->text[1]));
}

int
refuse_err(struct job *j, int code, const struct err *e)
{
	if (code == ERR_SYSTEM)
		return code;
	return refuse_text(j, PE_QOS_ATTEST, "%s", e->text);
}

/* Names come from outside: nothing in them may steer a terminal. */
void
machine_log(const struct machine *m, const char *fmt, ...)
{
	char line[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	for (char *p = line; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
			*p = '?';
	m->c.effects->log(m->c.effects->ctx, line);
}

/* --- the requests that change nothing */

static int
status_handle(struct machine *m, struct job *j)
{
	j->reply = (struct message){ .tag = PM_STATUS };
	j->reply.u.phase = (uint8_t)m->phase;
	return 0;
}

static int
version_handle(struct machine *m, struct job *j)
{
	j->reply = (struct message){ .tag = PM_VERSION };
	j->reply.u.version.version = bytes_str(m->c.version);
	j->reply.u.version.commit = bytes_str(m->c.commit);
	return 0;
}

static int
envelope_handle(struct machine *m, struct job *j)
{
	j->reply = (struct message){ .tag = PM_ENVELOPE };
	j->reply.u.envelope.present = m->booted;
	if (m->booted)
		j->reply.u.envelope.v = m->stored.envelope;
	return 0;
}

/* --- routes */

#define IN(phase) (1u << (phase))
#define ANY (IN(PHASE_COUNT) - 1)
#define BOOTED (IN(PHASE_WAITING_FOR_SHARDS) | \
	IN(PHASE_WAITING_FOR_FORWARDED_KEY) | IN(PHASE_KEY_PROVISIONED) | \
	IN(PHASE_UNRECOVERABLE_ERROR))
enum { PHASE_COUNT = PHASE_WAITING_FOR_FORWARDED_KEY + 1 };

static const struct route {
	uint8_t tag;
	unsigned phases;
	handler *handle;
} routes[] = {
	{ PM_STATUS_REQ, ANY, status_handle },
	{ PM_VERSION_REQ, ANY, version_handle },
	{ PM_ENVELOPE_REQ, BOOTED | IN(PHASE_WAITING_FOR_BOOT),
	    envelope_handle },
	{ PM_LIVE_DOC_REQ, BOOTED, attest_handle },
	{ PM_BOOT_GENESIS_REQ, IN(PHASE_WAITING_FOR_BOOT), genesis_handle },
	{ PM_BOOT_STANDARD_REQ, IN(PHASE_WAITING_FOR_BOOT), boot_handle },
	{ PM_BOOT_STANDARD_JSON_REQ, IN(PHASE_WAITING_FOR_BOOT),
	    boot_handle },
	{ PM_BOOT_FORWARD_REQ, IN(PHASE_WAITING_FOR_BOOT), boot_handle },
	{ PM_PROVISION_REQ, IN(PHASE_WAITING_FOR_SHARDS), provision_handle },
	{ PM_INJECT_KEY_REQ, IN(PHASE_WAITING_FOR_FORWARDED_KEY),
	    inject_handle },
	{ PM_EXPORT_KEY_REQ, IN(PHASE_KEY_PROVISIONED), export_handle },
};

static int
dispatch(struct machine *m, struct job *j)
{
	for (size_t i = 0; i < COUNT(routes); i++)
		if (routes[i].tag == j->request->tag &&
		    (routes[i].phases & IN(m->phase)) != 0)
			return routes[i].handle(m, j);
	(void)refuse(j, PE_NO_MATCHING_ROUTE);
	j->reply.u.error.u.phase = (uint8_t)m->phase;
	return ERR_REFUSED;
}

/* --- one request */

static void
log_outcome(const struct machine *m, const struct job *j, enum phase before)
{
	char text[ERR_TEXT_MAX];

	if (j->reply.tag == PM_ERROR) {
		protocol_error_text(&j->reply.u.error, text, sizeof(text));
		machine_log(m, "refused: %s", text);
	}
	if (m->phase != before)
		machine_log(m, "phase %s", phase_name(m->phase));
}

/* 8.1: in the encoding of the request; what it cannot say is InvalidMsg. */
static int
answer(const struct message *reply, enum wire wire, struct buf *out)
{
	const struct message invalid = message_error(PE_INVALID_MSG);
	int r = message_write(reply, wire, out, NULL);

	if (r != 0 && r != ERR_SYSTEM)
		r = message_write(&invalid, WIRE_JSON, out, NULL);
	return r == 0 ? 0 : ERR_SYSTEM;
}

static int
read_request(struct bytes request, enum wire *wire, struct arena *arena,
    struct job *j)
{
	int r;

	*wire = WIRE_JSON;
	if (request.n > MESSAGE_MAX)
		return refuse(j, PE_OVERSIZED_PAYLOAD);
	if ((r = message_read(request, &j->received, wire, arena,
	    NULL)) == 0)
		return 0;
	if (r == ERR_SYSTEM)
		return r;
	*wire = WIRE_JSON;
	return refuse(j, r == ERR_LEGACY ? PE_LEGACY_GENESIS :
	    PE_DESERIALIZATION);
}

int
machine_handle(struct machine *m, struct bytes request, struct buf *reply)
{
	enum phase before = m->phase;
	struct arena arena = { 0 };
	struct job *j;
	enum wire wire;
	int r;

	*reply = (struct buf){ 0 };
	if ((j = calloc(1, sizeof(*j))) == NULL)
		return ERR_SYSTEM;
	j->request = &j->received;
	if ((r = read_request(request, &wire, &arena, j)) == 0)
		r = dispatch(m, j);
	if (r == 0 || r == ERR_REFUSED) {
		log_outcome(m, j, before);
		r = answer(&j->reply, wire, reply);
	} else {
		r = ERR_SYSTEM;
	}
	for (size_t i = 0; i < COUNT(j->own); i++)
		buf_free(&j->own[i]);
	arena_free(&j->arena);
	free(j);
	arena_free(&arena);
	return r;
}

/* --- its life */

int
machine_new(const struct machine_config *c, struct machine **out,
    struct err *e)
{
	struct machine *m = calloc(1, sizeof(*m));

	*out = m;
	if (m == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	m->c = *c;
	m->phase = PHASE_WAITING_FOR_BOOT;
	return 0;
}

void
stored_free(struct stored *s)
{
	buf_free(&s->text);
	buf_free(&s->approvals);
	arena_free(&s->arena);
	free(s->share_hashes);
	*s = (struct stored){ 0 };
}

void
machine_free(struct machine *m)
{
	if (m == NULL)
		return;
	stored_free(&m->stored);
	secret_free(&m->live);
	posts_free(&m->posts);
	free(m);
}

enum phase
machine_phase(const struct machine *m)
{
	return m->phase;
}

bool
machine_ready(const struct machine *m)
{
	return m->phase == PHASE_KEY_PROVISIONED;
}

const struct manifest *
machine_manifest(const struct machine *m)
{
	return m->booted ? &m->stored.envelope.manifest : NULL;
}
