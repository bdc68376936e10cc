/*
 * The parts of the SIMULATED NSM (private to enclave/nsm/sim): its PKI and
 * its documents.  Nothing here is linked into quorate-enclave.
 */
#ifndef ENCLAVE_NSM_SIM_SIM_H
#define ENCLAVE_NSM_SIM_SIM_H

#include <openssl/evp.h>

#include "enclave/nsm/nsm.h"

#define NSM_SIM_SIGNATURE_LEN 96	/* ES384: r || s */
#define NSM_SIM_FIELD_MAX 1024		/* user_data, nonce, public_key */

/* A key and its certificate in DER. */
struct nsm_sim_identity {
	EVP_PKEY *key;
	struct buf der;
	int64_t begin;		/* notBefore, seconds since 1970 */
};

struct nsm_sim_pki {
	struct nsm_sim_identity root, instance, leaf;
};

/*
 * Loads the root from dir, or makes folder and root: root.pem for those who
 * verify, root.key (0600).  Returns 0, ERR_INPUT (unreadable, or not ours)
 * or ERR_SYSTEM.  Close it in any case.
 */
int nsm_sim_pki_open(struct nsm_sim_pki *p, const char *dir, int64_t now,
    struct err *e) MUST_CHECK;
void nsm_sim_pki_close(struct nsm_sim_pki *p);

/* A leaf that is valid now, made anew where it is due. */
int nsm_sim_pki_refresh(struct nsm_sim_pki *p, int64_t now,
    struct err *e) MUST_CHECK;

/* ECDSA with SHA-384 by the leaf. */
int nsm_sim_pki_sign(const struct nsm_sim_pki *p, struct bytes message,
    uint8_t out[static NSM_SIM_SIGNATURE_LEN]) MUST_CHECK;

struct nsm_sim_statement {
	uint64_t timestamp;		/* milliseconds since 1970 */
	const struct pcr_state *pcrs;	/* PCR_COUNT */
	const bool *listed;		/* which of them */
	struct bytes user_data, nonce, public_key;	/* p NULL: null */
};

/* The signed document; free it with buf_free.  0, ERR_SYSTEM. */
int nsm_sim_document(const struct nsm_sim_pki *p,
    const struct nsm_sim_statement *s, struct buf *out) MUST_CHECK;

#endif
