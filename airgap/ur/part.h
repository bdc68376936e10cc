/*
 * One part as text and as fields; private to airgap/ur.
 */
#ifndef AIRGAP_UR_PART_H
#define AIRGAP_UR_PART_H

#include "airgap/ur/ur.h"

struct ur_part {
	char type[UR_TYPE_MAX + 1];
	bool multi;		/* single: only data, the whole message */
	uint32_t seq, parts;
	uint32_t message_len, checksum;
	struct bytes data;
};

/* Room that a part's data lies in, when read. */
struct ur_room {
	char text[UR_TEXT_MAX];
	uint8_t bytes[UR_TEXT_MAX / 2];
};

/*
 * Reads text, and holds it against all rules and limits that need no other
 * part.  out->data borrows from room.  Returns 0 or ERR_INPUT.
 */
int ur_part_read(struct bytes text, struct ur_room *room,
    struct ur_part *out, struct err *e) MUST_CHECK;

/* The fields as CBOR, or a single's message, in bytewords behind a path. */
void ur_part_write(const struct ur_part *p, struct ur_room *room,
    char out[static UR_TEXT_MAX + 1]);

#endif
