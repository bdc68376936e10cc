/*
 * Manifests and manifest envelopes V0, V1, V2 (QOS wire section 6).
 *
 * One struct holds all versions; `version` says which fields count and which
 * hash: SHA-256 of Borsh for V0 and V1, of canonical JSON for V2.  A file is
 * recognised as section 6.5 says and keeps the version it was read with;
 * nothing converts.  Values borrow from the input and the arena.
 */
#ifndef AIRGAP_RECORD_MANIFEST_H
#define AIRGAP_RECORD_MANIFEST_H

#include "airgap/record/member.h"

#define PCR_LEN 48
#define ENV_MAX 512			/* variables */
#define ENV_NAME_MAX 1024		/* bytes */
#define ENV_VALUE_MAX 65536		/* bytes */
#define MANIFEST_FILE_MAX (128u << 20)	/* bytes */

enum restart { RESTART_NEVER, RESTART_ALWAYS };

enum bridge_kind { BRIDGE_SERVER, BRIDGE_CLIENT };
struct bridge {
	uint8_t kind;
	uint16_t port;
	bool has_host;			/* a server always has one */
	struct bytes host;
};

struct env_var {
	struct bytes name, value;
};

struct pivot {
	uint8_t hash[SHA256_LEN];
	uint8_t restart;
	struct list bridges;		/* of struct bridge; V1, V2 */
	bool debug_mode;		/* V1, V2 */
	struct list args;		/* of strings */
	struct list env;		/* of struct env_var, by name; V2 */
};

struct name_space {
	struct bytes name;
	uint32_t nonce;
	struct bytes quorum_key;
};

struct enclave_config {
	struct bytes pcr[4];
	struct bytes aws_root;		/* DER */
	struct bytes qos_commit;
};

struct dns {
	bool present;
	struct list resolvers;		/* of strings, RFC 5952 form */
};

struct manifest {
	uint8_t version;		/* 0, 1 or 2 */
	struct name_space ns;
	struct pivot pivot;
	struct set manifest_set, share_set;
	struct enclave_config enclave;
	struct set patch_set;		/* V0, V1; members are keys only */
	struct dns dns;			/* V2 */
};

struct approval {
	struct bytes signature;		/* 64 bytes once checked */
	struct member member;
};

struct envelope {
	struct manifest manifest;
	struct list manifest_approvals;	/* of struct approval */
	struct list share_approvals;
};

extern const struct type type_approval, type_bridge, type_env_var;
extern const struct type type_patch_member;	/* struct bytes key */
extern const struct type type_restart;
extern const struct type type_envelope_any;	/* envelope on the wire */

/* The description of a version: manifests and envelopes. */
const struct type *manifest_type(unsigned version);
const struct type *envelope_type(unsigned version);

/*
 * Reads a manifest, any version and form.  arena must outlive m; in too.
 * Returns 0 or ERR_INPUT (an ambiguous Borsh text is refused as QOS does).
 */
int manifest_read(struct bytes in, struct manifest *m, struct arena *arena,
    struct err *e) MUST_CHECK;
int envelope_read(struct bytes in, struct envelope *env, struct arena *arena,
    struct err *e) MUST_CHECK;

/* A manifest, or the one inside an envelope, any version and form. */
int manifest_read_either(struct bytes in, struct manifest *m,
    struct arena *arena, struct err *e) MUST_CHECK;

/* The hash that approvals sign. */
int manifest_hash(const struct manifest *m, struct digest256 *out,
    struct err *e) MUST_CHECK;

/* Storage form (6.6): V2 canonical JSON, V0 and V1 plain JSON. */
int manifest_write(const struct manifest *m, struct buf *out,
    struct err *e) MUST_CHECK;
int envelope_write(const struct envelope *env, struct buf *out,
    struct err *e) MUST_CHECK;

/* Text of the version: "v0", "v1", "v2". */
const char *manifest_version_text(unsigned version);

/*
 * Packs environment variables (sorted by name; limits of 6.3 checked) or
 * strings into lists; own owns the bytes.
 */
int env_pack(const struct env_var *v, size_t n, struct list *out,
    struct buf *own, struct err *e) MUST_CHECK;
int strings_pack(const char *const *text, size_t n, struct list *out,
    struct buf *own, struct err *e) MUST_CHECK;

/*
 * Resolver text in Rust's canonical form (RFC 5952; IPv4 octets without
 * leading zeros).  out holds 64 bytes.  Returns 0 or ERR_INPUT.
 */
int resolver_text(struct bytes in, char out[static 64],
    struct err *e) MUST_CHECK;

#endif
