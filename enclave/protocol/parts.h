/*
 * What the files of the state machine share; private to enclave/protocol.
 *
 * A handler answers one request: it returns 0 with j->reply set, ERR_REFUSED
 * with j->reply set to an error, or ERR_SYSTEM where there is no memory.
 * The phase is the handler's to move.  From the first effect that cannot be
 * taken back until the last one it is UnrecoverableError, so that no way out
 * of a handler can leave another phase by mistake.
 */
#ifndef ENCLAVE_PROTOCOL_PARTS_H
#define ENCLAVE_PROTOCOL_PARTS_H

#include "airgap/seal/deal.h"
#include "airgap/seal/hash.h"
#include "enclave/protocol/machine.h"
#include "enclave/protocol/posts.h"

/* The envelope in force; everything borrows from text and approvals. */
struct stored {
	struct buf text;		/* storage form (16.1) */
	struct arena arena;
	struct envelope envelope;
	struct digest256 hash;
	struct buf approvals;		/* the packed share approvals */
	struct digest512 *share_hashes;	/* by share-set member; or NULL */
};

struct machine {
	struct machine_config c;
	enum phase phase;
	bool booted;			/* stored holds */
	bool dev_boot;			/* one member posts both shares */
	struct stored stored;
	struct secret live;		/* pending live seed */
	struct posts posts;
};

/* One request and what its reply borrows. */
struct job {
	const struct message *request;	/* received */
	struct message received, reply;
	struct buf own[4];
	struct arena arena;
	char text[2][ERR_TEXT_MAX];
};

/* Set the reply; all return ERR_REFUSED. */
int refuse(struct job *j, uint8_t tag);
int refuse_text(struct job *j, uint8_t tag, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* P256Error, or a tag that carries one, of an ERR_* code */
int refuse_p256(struct job *j, uint8_t tag, int code);
/* {expected, actual}: as hex, and as they are */
int refuse_hex(struct job *j, uint8_t tag, struct bytes expected,
    struct bytes actual);
int refuse_texts(struct job *j, uint8_t tag, struct bytes expected,
    struct bytes actual);

/* QosAttestError with the sentence in e; ERR_SYSTEM stays ERR_SYSTEM. */
int refuse_err(struct job *j, int code, const struct err *e);

void machine_log(const struct machine *m, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

void stored_free(struct stored *s);

/* boot.c, attest.c, provision.c, forward.c, genesis.c: the routes */
typedef int handler(struct machine *m, struct job *j);
handler boot_handle, attest_handle, provision_handle, export_handle,
    inject_handle, genesis_handle;

/* check_approvals of wire 7 in the wire's errors. */
int boot_check_approvals(struct job *j,
    const struct envelope *env) MUST_CHECK;
/* What this enclave asks of a manifest beyond QOS. */
int boot_check_manifest(const struct machine *m, struct job *j,
    const struct manifest *mf, bool *dev_boot) MUST_CHECK;
/* V2 env QUORATE_SHARE_HASHES, one by share-set member; *out may be NULL. */
int boot_share_hashes(struct job *j, const struct manifest *mf,
    struct digest512 **out) MUST_CHECK;

/*
 * Commits to the manifest and the two keys in PCR16 and PCR17 and locks the
 * PCRs (wire 11).  Sets the phase to UnrecoverableError before it extends,
 * or where the PCRs are used up already.
 */
int pcr_commit(struct machine *m, struct job *j,
    const struct digest256 *manifest, const struct public_key *setup,
    const struct public_key *live) MUST_CHECK;

/* Asks the NSM; absent fields have p NULL.  *out borrows from own. */
void attest_ask(const struct machine *m, struct bytes user_data,
    struct bytes public_key, struct buf *own, struct nsm_response *out);

/* A fresh seed and its key set. */
int seed_new(struct secret *seed, struct keyset *ks) MUST_CHECK;
/* A seed as the 64 digits that files hold. */
int seed_text(const uint8_t seed[static SEED_LEN],
    struct secret *text) MUST_CHECK;
/* The key set of a key file; tag is the error that carries P256Error. */
int seed_load(const struct machine *m, struct job *j, enum enclave_file file,
    uint8_t tag, struct secret *seed, struct keyset *ks) MUST_CHECK;

/*
 * The end of provisioning: the live key replaces the setup key, then the
 * quorum file appears, which starts the pivot; the phase follows.
 */
int seed_install(struct machine *m, struct job *j,
    const uint8_t quorum[static SEED_LEN]) MUST_CHECK;

#endif
