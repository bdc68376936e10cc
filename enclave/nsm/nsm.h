/*
 * The Nitro Secure Module: one interface, two makers.
 *
 * nsm_device_open is /dev/nsm (enclave.md 6, QOS wire 11); nsm_sim_open is
 * SIMULATED and linked into quorate-enclave-sim alone.  Calls return 0 or an
 * enum nsm_error (airgap/record/message.h); EMSGSIZE is InputTooLarge, any
 * other failure to talk or to decode is InternalError.
 */
#ifndef ENCLAVE_NSM_NSM_H
#define ENCLAVE_NSM_NSM_H

#include "enclave/protocol/effects.h"

struct nsm;

/* What a maker provides; nsm is its own struct's first member. */
struct nsm_ops {
	int (*describe)(struct nsm *n, struct nsm_info *out);
	int (*pcr)(struct nsm *n, uint16_t index, struct pcr_state *out);
	int (*extend)(struct nsm *n, uint16_t index, struct bytes data,
	    struct digest384 *out);
	int (*lock)(struct nsm *n, uint16_t index);
	int (*lock_range)(struct nsm *n, uint16_t range);
	int (*attest)(struct nsm *n, struct bytes user_data,
	    struct bytes nonce, struct bytes public_key,
	    struct buf *document);
	int (*random)(struct nsm *n, uint8_t *out, size_t len, size_t *got);
	void (*close)(struct nsm *n);
};

struct nsm {
	const struct nsm_ops *ops;
	bool simulated;
	struct bytes root;	/* simulated: its root in DER, until close */
};

/* The device at path ("/dev/nsm"), opened anew for each request. */
int nsm_device_open(const char *path, struct nsm **out,
    struct err *e) MUST_CHECK;

#define NSM_SIM_MODULE_ID "SIMULATED-quorate-nsm"

struct nsm_sim_config {
	const char *pki_dir;	/* root.pem, leaf key...; made if missing */
	const char *pcr_file;	/* lines "hex PCRn": PCR0..4 at start; NULL:
				 * zero */
};

/* SIMULATED: own P-384 PKI, real extend and lock behaviour, real clock. */
int nsm_sim_open(const struct nsm_sim_config *c, struct nsm **out,
    struct err *e) MUST_CHECK;

#endif
