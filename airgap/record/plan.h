/*
 * The plan of a ceremony: who, how many, which keys, which mode.  It is
 * agreed on before any secret exists; its fingerprint is read aloud, and the
 * statement and the receipts name it.
 *
 * n and k count persons.  A spare key gets the same share as its person.
 * The holder of the disaster-recovery key can take the quorum key alone.
 */
#ifndef AIRGAP_RECORD_PLAN_H
#define AIRGAP_RECORD_PLAN_H

#include "airgap/file.h"
#include "airgap/record/mode.h"
#include "airgap/seal/keyset.h"
#include "airgap/seal/shamir.h"

#define PLAN_TYPE "quorate/plan"
#define PLAN_NAME_MAX 256	/* bytes */
#define PLAN_REASON_MAX 512	/* bytes */
#define PLAN_SPARES_MAX 8	/* of one person */

struct plan_person {
	struct bytes alias;
	struct public_key key;
	const struct public_key *spares;
	size_t spare_count;
};

/* A key of the plan that a token was shown to have made. */
struct plan_proof {
	struct public_key key;
	uint64_t serial;		/* of the token, 1 to 2^32 - 1 */
	uint64_t firmware;		/* major << 16 | minor << 8 | patch */
	struct digest256 bundle;	/* SHA-256 of the attestation bundle */
};
#define PLAN_SERIAL_MAX UINT32_MAX
#define PLAN_FIRMWARE_MAX 0xffffff
#define PLAN_PROOFS_MAX (SHAMIR_MAX * (PLAN_SPARES_MAX + 1) + 1)

struct plan {
	enum mode mode;
	bool has_dr;
	bool has_unattested;
	bool has_proofs;
	struct bytes name;
	const struct plan_person *persons;	/* by alias, then key */
	size_t n;
	uint64_t k;
	struct public_key dr;		/* disaster recovery */
	struct bytes unattested;	/* why keys without token proof do */
	const struct plan_proof *proofs;	/* by key; no serial twice */
	size_t proof_count;
	void *heap, *proof_heap;	/* of a decoded plan */
};

/*
 * Decodes and checks; text borrows from in.  Free with plan_free.
 * Returns 0, ERR_INPUT, ERR_REFUSED (a rule about modes) or ERR_SYSTEM.
 */
int plan_decode(struct bytes in, struct plan *out, struct err *e) MUST_CHECK;
void plan_free(struct plan *p);

/* Checks, then encodes.  Free out with buf_free. */
int plan_encode(const struct plan *p, struct buf *out,
    struct err *e) MUST_CHECK;

/*
 * The rules: 2 <= k <= n <= 255, names and modes, persons in order and
 * aliases distinct, every key valid and every 65-byte half distinct over
 * persons, spares and disaster recovery; each proof is of a key that is
 * there, no token serves twice, and there is a reason why keys without proof,
 * if any, are accepted, unless it is plan_all_files.
 */
int plan_check(const struct plan *p, struct err *e) MUST_CHECK;

/*
 * A rehearsal that speaks neither of proofs nor of a reason: all its keys are
 * in files, where there is nothing to prove, and no token may come with one.
 */
bool plan_all_files(const struct plan *p);

/* SHA-256 of the bytes of the plan. */
struct digest256 plan_fingerprint(struct bytes encoded);

/* Sorts persons as a plan (and a QOS set) wants them. */
void plan_sort(struct plan_person *persons, size_t n);

/* Sorts proofs as a plan wants them. */
void plan_sort_proofs(struct plan_proof *proofs, size_t n);

/* The proof of that key, or NULL. */
const struct plan_proof *plan_proof(const struct plan *p,
    const struct public_key *key);

/* Their first key (spare 0), or a spare key (1 to spare_count). */
const struct public_key *plan_person_key(const struct plan_person *p,
    size_t spare);

/* The person of that alias, or NULL. */
const struct plan_person *plan_person(const struct plan *p,
    struct bytes alias);

#endif
