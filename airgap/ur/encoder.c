/*
 * A message as a stream of parts: first its fragments one by one, then
 * mixtures of them, for ever.
 */
#include <stdlib.h>

#include "airgap/ur/bytewords.h"
#include "airgap/ur/fountain.h"
#include "airgap/ur/part.h"

/* Rounds before the numbers begin anew; short numbers keep codes small. */
#define ROUNDS 10
#define FEW 3			/* mixtures of so few are nearly all alike */

struct ur_encoder {
	struct ur_part part;		/* as written last */
	size_t parts, len;		/* fragments, bytes of each */
	uint8_t *message;		/* padded to parts * len */
	struct sampler degrees;		/* of more than one part */
	uint16_t list[UR_PARTS_MAX];
	uint8_t mixed[UR_FRAGMENT_MAX];
	struct ur_room room;
};

static int
check(const char *type, struct bytes message, size_t max_fragment,
    struct err *e)
{
	if (!ur_type_valid(type))
		return err_set(e, ERR_USAGE, "a UR type is 1 to %d of a-z, "
		    "0-9 and \"-\"", UR_TYPE_MAX);
	if (max_fragment < 1 || max_fragment > UR_FRAGMENT_MAX)
		return err_set(e, ERR_USAGE, "a fragment has 1 to %d bytes",
		    UR_FRAGMENT_MAX);
	if (message.n < 1 || message.n > UR_MESSAGE_MAX)
		return err_set(e, ERR_INPUT, "%zu bytes; a message for codes "
		    "has 1 to %d", message.n, UR_MESSAGE_MAX);
	if ((message.n + max_fragment - 1) / max_fragment > UR_PARTS_MAX)
		return err_set(e, ERR_INPUT, "%zu bytes in fragments of %zu "
		    "are more than %d parts; take larger fragments",
		    message.n, max_fragment, UR_PARTS_MAX);
	return 0;
}

int
ur_encoder_new(const char *type, struct bytes message, size_t max_fragment,
    struct ur_encoder **out, struct err *e)
{
	struct ur_encoder *u = NULL;
	size_t n = message.n;
	int r = ERR_INTERNAL;

	*out = NULL;
	if ((r = check(type, message, max_fragment, e)) != 0)
		return r;
	if ((u = calloc(1, sizeof(*u))) == NULL) {
		r = err_set(e, ERR_SYSTEM, "out of memory");
		goto out;
	}
	u->parts = (n + max_fragment - 1) / max_fragment;
	u->len = (n + u->parts - 1) / u->parts;
	u->parts = (n + u->len - 1) / u->len;	/* 9 in 4: 3 of 3 bytes */
	memcpy(u->part.type, type, strlen(type) + 1);
	u->part.multi = u->parts > 1;
	u->part.parts = (uint32_t)u->parts;
	u->part.message_len = (uint32_t)n;
	u->part.checksum = crc32_of(message);
	if ((u->message = calloc(u->parts, u->len)) == NULL) {
		r = err_set(e, ERR_SYSTEM, "out of memory");
		goto out;
	}
	memcpy(u->message, message.p, n);
	if (u->part.multi &&
	    (r = sampler_degrees(u->parts, &u->degrees, e)) != 0)
		goto out;
	*out = u;
	u = NULL;
	r = 0;
out:
	ur_encoder_free(u);
	return r;
}

void
ur_encoder_free(struct ur_encoder *u)
{
	if (u == NULL)
		return;
	sampler_free(&u->degrees);
	free(u->message);
	free(u);
}

size_t
ur_encoder_parts(const struct ur_encoder *u)
{
	return u->parts;
}

uint32_t
ur_encoder_after(const struct ur_encoder *u, uint32_t seq)
{
	do
		seq = seq >= ROUNDS * u->parts ? 1 : seq + 1;
	while (seq > u->parts && u->parts > FEW && fountain_degree(
	    &u->degrees, seq, u->part.checksum) == 1);
	return seq;
}

static struct bytes
fragment(struct ur_encoder *u, uint32_t seq)
{
	size_t n;

	if (seq >= 1 && seq <= u->parts)
		return bytes_of(u->message + (seq - 1) * u->len, u->len);
	n = fountain_choose(&u->degrees, seq, u->part.checksum, u->list);
	memset(u->mixed, 0, u->len);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < u->len; j++)
			u->mixed[j] ^= u->message[u->list[i] * u->len + j];
	return bytes_of(u->mixed, u->len);
}

void
ur_encoder_part(struct ur_encoder *u, uint32_t seq,
    char out[static UR_TEXT_MAX + 1])
{
	u->part.seq = seq;
	u->part.data = u->part.multi ? fragment(u, seq) :
	    bytes_of(u->message, u->len);
	ur_part_write(&u->part, &u->room, out);
}
