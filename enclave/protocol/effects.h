/*
 * What the state machine does to the world, behind one interface: the NSM,
 * the files of QOS wire 16.1, randomness and the clock.  The machine itself
 * is pure: bytes in, effects, bytes out; tests give it effects of their own.
 */
#ifndef ENCLAVE_PROTOCOL_EFFECTS_H
#define ENCLAVE_PROTOCOL_EFFECTS_H

#include "airgap/record/message.h"

#define PCR_COUNT 32

/* The four files; paths are the runtime's (defaults /qos.*). */
enum enclave_file { FILE_EPHEMERAL, FILE_QUORUM, FILE_MANIFEST, FILE_PIVOT };

struct nsm_info {
	uint16_t version[3];		/* major, minor, patch */
	uint16_t max_pcrs;
	uint8_t digest;			/* 0 SHA256, 1 SHA384, 2 SHA512 */
	char module_id[128];
	bool locked[256];		/* by PCR index */
};

struct pcr_state {
	bool lock;
	struct digest384 value;
};

/*
 * NSM calls return 0 (NSM_SUCCESS) or an enum nsm_error.  File calls return
 * 0 or ERR_EXISTS / ERR_SYSTEM.
 */
struct effects {
	void *ctx;

	int (*nsm_describe)(void *ctx, struct nsm_info *out);
	int (*nsm_pcr)(void *ctx, uint16_t index, struct pcr_state *out);
	int (*nsm_extend)(void *ctx, uint16_t index, struct bytes data,
	    struct digest384 *out);
	int (*nsm_lock_range)(void *ctx, uint16_t range);
	/* an absent field has p NULL; the caller frees document */
	int (*nsm_attest)(void *ctx, struct bytes user_data,
	    struct bytes nonce, struct bytes public_key,
	    struct buf *document);

	/*
	 * Puts a file that is not there yet (16.1: temporary, rename, mode
	 * 0444, pivot 0111); ERR_EXISTS if it is.  Secrets arrive as the
	 * 64-digit text in guarded memory.
	 */
	int (*put)(void *ctx, enum enclave_file file, struct bytes data);
	/* As put, over what is there: the manifest, the ephemeral key. */
	int (*replace)(void *ctx, enum enclave_file file, struct bytes data);
	bool (*exists)(void *ctx, enum enclave_file file);
	/* Whole file; the caller frees it. */
	int (*get)(void *ctx, enum enclave_file file, struct buf *out);
	/* As get, into guarded memory: the two key files. */
	int (*get_secret)(void *ctx, enum enclave_file file,
	    struct secret *out);

	/* One line for the operator's console; never a secret. */
	void (*log)(void *ctx, const char *line);
};

#endif
