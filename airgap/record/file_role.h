/*
 * What a file is, among those that cross the gap: told by its bytes, and by
 * its name only where the bytes cannot say.
 */
#ifndef AIRGAP_RECORD_FILE_ROLE_H
#define AIRGAP_RECORD_FILE_ROLE_H

#include "airgap/record/mode.h"

enum file_role {
	ROLE_KEY,		/* ALIAS.pub */
	ROLE_PROOF,		/* token attestation */
	ROLE_PLAN, ROLE_COMMIT, ROLE_OUTPUT, ROLE_SPARES, ROLE_STATEMENT,
	ROLE_SHARE,		/* ALIAS.share, sealed */
	ROLE_RECEIPT,
	ROLE_MANIFEST, ROLE_APPROVAL, ROLE_ENVELOPE,
	ROLE_DOCUMENT,		/* attestation document */
	ROLE_CHALLENGE,
	ROLE_SEALED,		/* ALIAS.sealed, for an enclave */
	ROLE_RELEASE, ROLE_TEST_CARD,
	ROLES
};

struct file_facts {
	enum file_role role;
	bool has_mode;		/* an attestation document has none */
	enum mode mode;
};

/* "plan", "sealed share" */
const char *file_role_text(enum file_role role);

/*
 * Decodes data, and says what it is; name is without folder.  Returns 0,
 * ERR_INPUT (none of these, or broken; the sentence begins with name),
 * ERR_REFUSED (its mode) or ERR_SYSTEM.
 */
int file_facts(const char *name, struct bytes data, struct file_facts *out,
    struct err *e) MUST_CHECK;

#endif
