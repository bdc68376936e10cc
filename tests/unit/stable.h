/*
 * What must hold for every text: it is refused, or what was read from it
 * encodes to a form that reads and encodes to the same again; Borsh, which
 * has one form for each value, encodes to the very bytes that were read.
 * And the edits that make hostile texts out of honest ones.
 */
#ifndef TESTS_UNIT_STABLE_H
#define TESTS_UNIT_STABLE_H

#include "airgap/record/message.h"
#include "tests/unit/vectors.h"

/* False: refused with a sentence.  True: read, and stable as above. */
typedef bool stable_fn(struct bytes in);
bool stable_manifest(struct bytes in);
bool stable_envelope(struct bytes in);
bool stable_approval(struct bytes in);
bool stable_genesis_output(struct bytes in);
bool stable_message(struct bytes in);
bool stable_json(struct bytes in);

/* Of a vector's "kind": manifest, envelope or genesis_output. */
stable_fn *stable_of(const char *kind);

/* Every proper prefix is refused. */
void refuses_truncations(struct bytes in, stable_fn *stable);

/* Every byte set to other values, each refused or stable; how many lived. */
size_t survives_changes(struct bytes in, stable_fn *stable);

/* Every u32 count of the vector's Borsh made a lie is refused. */
void refuses_wrong_lengths(const json_t *vector, stable_fn *stable);

/* Copy of text with the first "from" replaced; free p.  from must occur. */
struct buf replaced(struct bytes text, const char *from, const char *to);

#endif
