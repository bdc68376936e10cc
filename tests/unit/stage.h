/*
 * A quorum, a manifest and an enclave to try them on: members with keys of
 * fixed seeds, a dealt quorum key, an approved manifest of any version, and
 * the state machine over effects in memory.
 */
#ifndef TESTS_UNIT_STAGE_H
#define TESTS_UNIT_STAGE_H

#include "airgap/seal/deal.h"
#include "tests/unit/fake_effects.h"

#define STAGE_KEYS 20
#define STAGE_PIVOT "#!/bin/true\n"

struct stage {
	struct fake fake;
	struct machine *m;
	bool simulated;
	const struct digest256 *app;	/* that the image carries */
	size_t k, n;			/* of the share set and the deal */
	struct secret seed;
	struct keyset quorum;
	struct deal deal;
	char alias[STAGE_KEYS][32];
	struct manifest manifest;
	struct digest256 hash;
	struct envelope envelope;
	struct signature approved[STAGE_KEYS];
	struct buf own[8];		/* what the manifest borrows */

	/* the last reply */
	struct buf raw;
	struct arena arena;
	enum wire wire;
	struct message reply;
};

/* Key of person i, from a fixed seed; made once. */
const struct keyset *stage_key(size_t i);

/*
 * A k of n share set (persons 0 to n-1), a 2 of 3 manifest set (persons
 * 1 to 3), approved by 1 and 2, for an enclave that is or is not simulated.
 */
void stage_init(struct stage *s, unsigned version, size_t k, size_t n,
    bool simulated);
void stage_free(struct stage *s);

/* Approves anew after an edit of s->manifest (by persons 1 and 2). */
void stage_approve(struct stage *s);
/* Approvals by these persons, as they are in any set. */
void stage_approve_by(struct stage *s, const size_t *who, size_t n);
void stage_env(struct stage *s, const char *name, const char *value);

/* A new start: fresh PCRs, no files, a new machine. */
void stage_restart(struct stage *s);

/* Sends; the reply is in s->reply, in the encoding s->wire. */
const struct message *stage_send(struct stage *s, const struct message *q,
    enum wire wire);
const struct message *stage_send_bytes(struct stage *s, struct bytes in);
const struct message *stage_ask(struct stage *s, uint8_t tag, enum wire wire);

/* The requests. */
struct message stage_boot_request(const struct stage *s, uint8_t tag);
const struct message *stage_boot(struct stage *s, uint8_t tag,
    enum wire wire);
/* Share index (1-based) of the deal. */
struct bytes stage_share(const struct stage *s, size_t index);
/* Posts bytes under the approval of person i; true where it is the last. */
const struct message *stage_post(struct stage *s, size_t person,
    struct bytes share, enum wire wire);

/* Approvals of shares in the manifest file: persons' numbers, as text. */
void stage_recorded(const struct stage *s, char out[static STAGE_KEYS * 4]);

#endif
