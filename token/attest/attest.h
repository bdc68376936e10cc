/*
 * Proof that a key was born in a token: PIV attestation as Yubico's tokens
 * give it (extensions 1.3.6.1.4.1.41482.3.*).  A slot's attestation is
 * signed by the token's f9 key, whose certificate leads to a root.
 *
 * An attestation is not fresh: it says where a key was made.  It is bound to
 * an operator by the public key alone.  Every rule that can be asked is
 * asked, so that one run names all that is wrong.
 */
#ifndef TOKEN_ATTEST_ATTEST_H
#define TOKEN_ATTEST_ATTEST_H

#include "airgap/record/attest_bundle.h"

enum attest_rule {
	ATTEST_FORM, ATTEST_ALGORITHM, ATTEST_EXTENSION,
	/* the path to the root */
	ATTEST_PATH, ATTEST_SIGNATURE, ATTEST_ROOT, ATTEST_PUBLISHED,
	ATTEST_CA, ATTEST_NOT_YET, ATTEST_EXPIRED,
	/* what the token says of each key */
	ATTEST_CURVE, ATTEST_KEY, ATTEST_SLOT, ATTEST_FIRMWARE,
	ATTEST_SERIAL, ATTEST_SAME_SERIAL, ATTEST_PIN, ATTEST_TOUCH,
	ATTEST_RULES
};

/* major << 16 | minor << 8 | patch */
#define ATTEST_FIRMWARE_OF(a, b, c) \
	((uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c))
/* The first that attests; no older token can have made an attestation. */
#define ATTEST_FIRMWARE_MIN ATTEST_FIRMWARE_OF(4, 3, 0)
#define ATTEST_ROOTS_MAX 2

/* Who is trusted; set by attest_trust alone. */
struct attest_trust {
	struct bytes root[ATTEST_ROOTS_MAX];
	size_t root_count;
	bool published;		/* intermediates: Yubico's list alone */
};

struct attest_terms {
	struct attest_trust trust;
	int64_t at;		/* Unix seconds */
	uint32_t firmware_min;
};

/* failed has a bit a rule, asked too: rules behind a bad form are not. */
struct attest_verdict {
	uint32_t asked, failed;
	uint32_t serial, firmware;	/* 0: not there */
	uint8_t pin, touch;		/* of the first slot; 0: not there */
};

/* What one attestation says. */
struct attest_said {
	uint32_t firmware, serial;	/* 0: not there */
	uint8_t pin, touch;
	bool p256;
	uint8_t point[POINT_LEN];
};

/* Reads it and believes it; false if it is no certificate. */
bool attest_said_of(struct bytes cert, struct attest_said *out);

/* Slots of a question; a bundle has both. */
#define ATTEST_9C 0x9c
#define ATTEST_9D 0x9d

/* One attestation and what it should be of; point NULL: any key. */
struct attest_slot {
	struct bytes cert;
	uint8_t slot;
	const uint8_t *point;		/* 65 bytes */
};

struct attest_question {
	struct attest_slot slots[2];
	size_t slot_count;
	struct bytes f9;		/* n 0: not there */
	const struct bytes *intermediates;
	size_t intermediate_count;
};

/*
 * The mode rule: production ends at Yubico's two roots and takes no other;
 * a rehearsal ends at the test root, which must be named (DER) and be none
 * of Yubico's.  Borrows test.  0 or ERR_REFUSED.
 */
int attest_trust(enum mode mode, struct bytes test, struct attest_trust *out,
    struct err *e) MUST_CHECK;

/*
 * Asks all rules.  Returns 0 if each holds, or ERR_REFUSED with the first
 * that does not in e; v says which, always.
 */
int attest_verify(const struct attest_question *q, const struct attest_terms *t,
    struct attest_verdict *v, struct err *e) MUST_CHECK;

/* As attest_verify, over both slots of a bundle and its operator key. */
int attest_bundle_verify(const struct attest_bundle *b,
    const struct attest_terms *t, struct attest_verdict *v,
    struct err *e) MUST_CHECK;

/* "touch-always": stable, for programs. */
const char *attest_rule_name(enum attest_rule rule);

/* What holds if the rule does. */
const char *attest_rule_text(enum attest_rule rule);

/* "5.4.3" */
void attest_firmware_text(uint32_t firmware, char out[static 16]);

#endif
