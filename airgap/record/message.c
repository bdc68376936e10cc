/*
 * Protocol messages: which encoding a text has (QOS wire 8.1), and names.
 */
#include <stdio.h>

#include "airgap/record/message.h"

/* The envelope a message carries, or NULL. */
static const struct envelope *
carried(const struct message *m)
{
	switch (m->tag) {
	case PM_BOOT_STANDARD_REQ:
	case PM_BOOT_FORWARD_REQ:
		return &m->u.boot.envelope;
	case PM_EXPORT_KEY_REQ:
		return &m->u.export.envelope;
	case PM_LIVE_DOC:
		return m->u.live.env.present ? &m->u.live.env.v : NULL;
	case PM_ENVELOPE:
		return m->u.envelope.present ? &m->u.envelope.v : NULL;
	default:
		return NULL;
	}
}

static int
read_version(struct bytes in, int version, struct message *m, struct err *e)
{
	struct decoder d = { .e = e, .borsh_version = version };

	memset(m, 0, sizeof(*m));
	return schema_read_whole(&d, &type_message, in, m);
}

/*
 * Borsh leaves the version of an envelope open: both are tried over the
 * whole message and exactly one may fit (8.2: QOS's own decoder cannot read
 * tags 3, 13 and 15 at all; reading them properly is strictly kinder).
 */
static int
read_borsh(struct bytes in, struct message *m, struct err *e)
{
	struct message v0;
	int r = read_version(in, 1, m, e);
	bool fits = r == 0;

	if (r == ERR_LEGACY || (fits && carried(m) == NULL))
		return r;
	if (read_version(in, 0, &v0, NULL) != 0)
		return r;
	if (fits)
		return err_set(e, ERR_INPUT, "ambiguous borsh encoding: the "
		    "envelope reads as V0 and as V1");
	*m = v0;
	return 0;
}

int
message_read(struct bytes in, struct message *m, enum wire *wire,
    struct arena *arena, struct err *e)
{
	struct bytes value;
	int r;

	*arena = (struct arena){ 0 };
	*wire = WIRE_JSON;
	memset(m, 0, sizeof(*m));
	if (json_check(in, &value, NULL) == 0) {
		/*
		 * No JSON text is Borsh too: it begins with a byte over
		 * every tag, or with white space, which as tag 9, 10 or 13
		 * would announce more than MESSAGE_MAX.
		 */
		r = schema_from_json_value(&type_message, value, arena, m, e);
	} else {
		*wire = WIRE_BORSH;
		r = read_borsh(in, m, e);
	}
	if (r == ERR_INPUT)
		(void)err_prefix(e, "not a protocol message");
	return r;
}

int
message_write(const struct message *m, enum wire wire, struct buf *out,
    struct err *e)
{
	return schema_encode(&type_message, m, wire == WIRE_BORSH ?
	    FORM_BORSH : FORM_JSON_CANONICAL, out, e);
}

const char *
phase_name(unsigned phase)
{
	return phase < type_phase.count ? type_phase.variants[phase].name :
	    "unknown phase";
}

const char *
protocol_error_name(unsigned tag)
{
	return tag < PE_COUNT ? type_protocol_error.variants[tag].name :
	    "unknown error";
}

void
protocol_error_text(const struct protocol_error *pe, char *out, size_t n)
{
	struct buf text;

	/* the wire's own JSON says name and payload; long ones are cut */
	if (schema_encode(&type_protocol_error, pe, FORM_JSON_PLAIN, &text,
	    NULL) != 0) {
		snprintf(out, n, "%s", protocol_error_name(pe->tag));
		return;
	}
	snprintf(out, n, "%.*s", (int)(text.n < 400 ? text.n : 400),
	    (const char *)text.p);
	buf_free(&text);
}

uint8_t
p256_error_of(int code)
{
	switch (code) {
	case ERR_KEY_LONG: return P256_KEY_LONG;
	case ERR_KEY_SHORT: return P256_KEY_SHORT;
	case ERR_KEY_POINT: return P256_PUBLIC_KEY;
	case ERR_SEED: return P256_SECRET;
	case ERR_SIG_FORM: return P256_SIG_FORM;
	case ERR_SIG_WRONG: return P256_SIG_WRONG;
	case ERR_ENV_FORM: return P256_ENV_FORM;
	case ERR_ENV_POINT: return P256_PUBLIC_KEY_FORM;
	default: return P256_AES_DECRYPT;
	}
}

struct message
message_error(uint8_t tag)
{
	struct message m = { .tag = PM_ERROR };

	m.u.error.tag = tag;
	return m;
}
