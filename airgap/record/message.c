/*
 * Protocol messages: which encoding a text has (QOS wire 8.1), and names.
 */
#include <stdio.h>

#include "airgap/record/message.h"

/*
 * Borsh leaves the version of an envelope open: both are tried over the
 * whole message and exactly one may fit (8.2: QOS's own decoder cannot read
 * tags 3, 13 and 15 at all; reading them properly is strictly kinder).
 */
static int
read_borsh(struct bytes in, struct message *m, struct err *e)
{
	int code[2], fits = 0;

	for (int version = 0; version <= 1; version++) {
		struct decoder d = { .e = e, .borsh_version = version };

		memset(m, 0, sizeof(*m));
		code[version] = schema_read_whole(&d, &type_message, in, m);
		fits += code[version] == 0;
		if (code[version] == ERR_LEGACY)
			return ERR_LEGACY;
		if (code[version] == 0 && (version == 1 ||
		    (m->tag != MSG_BOOT_STANDARD_REQ &&
		    m->tag != MSG_BOOT_FORWARD_REQ &&
		    m->tag != MSG_EXPORT_KEY_REQ && m->tag != MSG_ENVELOPE &&
		    m->tag != MSG_LIVE_DOC)))
			break;
	}
	if (fits == 2)
		return err_set(e, ERR_INPUT, "ambiguous borsh encoding: the "
		    "envelope reads as V0 and as V1");
	if (fits == 1 && code[0] == 0) {
		struct decoder d = { .e = e };

		memset(m, 0, sizeof(*m));
		return schema_read_whole(&d, &type_message, in, m);
	}
	return fits == 1 ? 0 : err_prefix(e, "not a protocol message");
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
		r = schema_from_json_value(&type_message, value, arena, m, e);
		if (r == 0 || r == ERR_SYSTEM)
			return r;
		/* JSON text may still be Borsh in principle: tag 0x22 is not */
		return err_prefix(e, "not a protocol message");
	}
	*wire = WIRE_BORSH;
	return read_borsh(in, m, e);
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
	struct message m = { .tag = MSG_ERROR };

	m.u.error.tag = tag;
	return m;
}
