/*
 * One valid record of each type, signed, from fixed seeds, and edits that
 * break exactly one thing of its bytes.
 */
#ifndef TESTS_UNIT_SAMPLES_H
#define TESTS_UNIT_SAMPLES_H

#include "airgap/record/genesis_statement.h"
#include "airgap/record/plan.h"
#include "airgap/record/receipt.h"
#include "airgap/record/release.h"
#include "airgap/record/spares.h"
#include "airgap/record/trust.h"

#define SAMPLE_KEYS 8

/* Keys of fixed seeds, made once; i < SAMPLE_KEYS. */
const struct keyset *sample_keyset(size_t i);
const struct public_key *sample_key(size_t i);

/* A 2-of-3 plan: spares for the second person, dr and reason present. */
struct sample_plan {
	struct plan_person persons[3];
	struct public_key spares[2];
	struct plan plan;
};
void sample_plan(struct sample_plan *s, enum mode mode);

void sample_statement(struct genesis_statement *s, enum mode mode);
void sample_receipt(struct receipt *x, enum mode mode);
void sample_release(struct release *x, enum mode mode);
void sample_trust(struct trust *t, enum mode mode);
/* list has room for 2 */
void sample_spares(struct spares *s, struct spare *list, enum mode mode);

/* The record types, as bytes. */
struct sample {
	const char *type;
	struct buf (*make)(enum mode mode);
	/* decodes, and encodes what was decoded */
	int (*again)(struct bytes in, struct buf *out, struct err *e);
};
#define SAMPLE_COUNT 6
extern const struct sample samples[SAMPLE_COUNT];

/*
 * The map in `in` without a key; with a key added or its value replaced by
 * raw CBOR, in order.  Stops the test where the key to drop is not there.
 */
struct buf sample_without(struct bytes in, const char *key);
struct buf sample_with(struct bytes in, const char *key, struct bytes value);

#endif
