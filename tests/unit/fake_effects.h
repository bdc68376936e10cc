/*
 * Effects in memory for the state machine: an NSM with real extend and lock
 * rules, four files, a console; each call can be made to fail.
 */
#ifndef TESTS_UNIT_FAKE_EFFECTS_H
#define TESTS_UNIT_FAKE_EFFECTS_H

#include "airgap/seal/keyset.h"
#include "enclave/protocol/machine.h"

#define FAKE_FILES 4
#define FAKE_LOG 4096

enum fake_call {
	CALL_DESCRIBE, CALL_PCR, CALL_EXTEND, CALL_LOCK, CALL_ATTEST,
	CALL_PUT, CALL_REPLACE, CALL_GET_SECRET, CALL_COUNT,
};

struct fake {
	struct effects effects;
	struct nsm_info info;
	struct pcr_state pcr[PCR_COUNT];
	struct buf file[FAKE_FILES];
	bool there[FAKE_FILES];
	enum enclave_file order[16];	/* of puts and replaces */
	size_t written;

	unsigned calls[CALL_COUNT];
	unsigned fail[CALL_COUNT];	/* which call fails; 0: none */
	int code;			/* with what */
	bool wrong_extend, no_lock;	/* an NSM that lies */
	bool extend_at_lock, lock_untold;

	/* the last attestation request, and who makes the document */
	bool had_nonce, had_key;
	struct public_key key;
	struct buf user_data;
	void (*document)(struct fake *f, struct bytes user_data,
	    struct bytes public_key, struct buf *out);
	char log[FAKE_LOG];
};

void fake_init(struct fake *f);
void fake_free(struct fake *f);

/* Fresh PCRs, no files, no failures: what a new start of the enclave is. */
void fake_restart(struct fake *f);

/* Copy with a check; stops the test program where there is no memory. */
struct buf fake_copy(struct bytes in);

#endif
