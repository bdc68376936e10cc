/*
 * GenesisOutput (QOS wire 15.2) and the disaster-recovery text (15.3).
 * All values are public or sealed.  Values borrow; see schema.h.
 */
#ifndef AIRGAP_RECORD_GENESIS_OUTPUT_H
#define AIRGAP_RECORD_GENESIS_OUTPUT_H

#include "airgap/record/member.h"

struct member_output {
	struct member member;
	struct bytes sealed_share;		/* 130 bytes */
	uint8_t share_hash[SHA512_LEN];		/* of the 33-byte share */
};

struct recovered { struct member member; struct bytes shard; };

struct genesis_output {
	struct set set;				/* in request order */
	struct opt_bytes dr_key;
	struct bytes quorum_key;		/* 130 bytes */
	struct list member_outputs;		/* of struct member_output */
	struct list recovery_permutations;	/* lists; always empty */
	struct opt_bytes dr_wrapped;		/* 129 bytes */
	uint8_t quorum_key_hash[SHA512_LEN];	/* of the seed's hex text */
	struct bytes test_ciphertext;
	struct bytes test_signature;		/* 64 bytes */
	struct bytes test_message;
};

extern const struct type type_genesis_output, type_member_output;

/* Borsh, every byte consumed; borrows from in. */
int genesis_output_read(struct bytes in, struct genesis_output *g,
    struct err *e) MUST_CHECK;
int genesis_output_write(const struct genesis_output *g, struct buf *out,
    struct err *e) MUST_CHECK;

/*
 * What can be checked without any secret: set unique and 2 <= k <= n,
 * outputs are the set's members in order with well-formed sealed shares of
 * 130 bytes, quorum key valid, test signature verifies, no permutations,
 * DR key and wrapped key both there or both absent.
 */
int genesis_output_check(const struct genesis_output *g,
    struct err *e) MUST_CHECK;

/* The output of the member with that key (and alias, unless alias.n is 0). */
bool genesis_output_find(const struct genesis_output *g, struct bytes alias,
    struct bytes key, struct member_output *out);

/* Four lines "name hex" without a final newline (genesis_dr_artifacts). */
int genesis_dr_artifacts(const struct genesis_output *g, struct buf *out,
    struct err *e) MUST_CHECK;

#endif
