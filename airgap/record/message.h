/*
 * Protocol messages and errors (QOS wire section 8), Borsh and JSON.
 * Tags are the Borsh bytes.  Values borrow from the input and the arena.
 */
#ifndef AIRGAP_RECORD_MESSAGE_H
#define AIRGAP_RECORD_MESSAGE_H

#include "airgap/record/approval.h"
#include "airgap/record/frame.h"
#include "airgap/record/genesis_output.h"

#define MESSAGE_MAX FRAME_MAX

enum phase {
	PHASE_UNRECOVERABLE_ERROR, PHASE_WAITING_FOR_BOOT,
	PHASE_GENESIS_BOOTED, PHASE_WAITING_FOR_SHARDS,
	PHASE_KEY_PROVISIONED, PHASE_WAITING_FOR_FORWARDED_KEY,
};

enum message_tag {
	PM_ERROR, PM_STATUS_REQ, PM_STATUS, PM_BOOT_STANDARD_REQ,
	PM_BOOT_STANDARD, PM_BOOT_GENESIS_REQ, PM_BOOT_GENESIS,
	PM_PROVISION_REQ, PM_PROVISION, PM_PROXY_REQ, PM_PROXY,
	PM_LIVE_DOC_REQ, PM_LIVE_DOC, PM_BOOT_FORWARD_REQ,
	PM_BOOT_FORWARD, PM_EXPORT_KEY_REQ, PM_EXPORT_KEY,
	PM_INJECT_KEY_REQ, PM_INJECT_KEY, PM_ENVELOPE_REQ, PM_ENVELOPE,
	PM_VERSION_REQ, PM_VERSION, PM_BOOT_STANDARD_JSON_REQ,
	PM_COUNT,
};

enum protocol_error_tag {
	PE_INVALID_SHARE, PE_RECONSTRUCTION_EMPTY,
	PE_RECONSTRUCTION_WRONG_KEY, PE_IO, PE_INVALID_MANIFEST_APPROVAL,
	PE_NOT_ENOUGH_APPROVALS, PE_NO_MATCHING_ROUTE, PE_INVALID_PIVOT_HASH,
	PE_OVERSIZE_MSG, PE_INVALID_MSG, PE_ENCLAVE_CLIENT,
	PE_DECRYPTION_FAILED, PE_INVALID_PRIVATE_KEY, PE_FAILED_TO_PARSE,
	PE_BAD_EPHEMERAL_PATH, PE_CANNOT_MODIFY_STATIC,
	PE_FAILED_GET_EPHEMERAL, PE_FAILED_PUT_EPHEMERAL,
	PE_CANNOT_ROTATE_MISSING, PE_CANNOT_DELETE_EPHEMERAL,
	PE_FAILED_GET_QUORUM, PE_FAILED_PUT_QUORUM, PE_FAILED_GET_MANIFEST,
	PE_FAILED_PUT_MANIFEST, PE_FAILED_PUT_PIVOT, PE_APP_TIMEOUT,
	PE_APP_INTERRUPTED, PE_APP_CLOSED, PE_APP_CONNECT, PE_APP_SEND,
	PE_APP, PE_OVERSIZED_PAYLOAD, PE_DESERIALIZATION,
	PE_BAD_SHARE_APPROVALS, PE_COULD_NOT_VERIFY_APPROVAL,
	PE_NOT_SHARE_MEMBER, PE_NOT_MANIFEST_MEMBER, PE_P256, PE_INVALID_DR,
	PE_SECRET_LEN, PE_QOS_ATTEST, PE_DIFFERENT_QUORUM_KEY,
	PE_DIFFERENT_MANIFEST_SET, PE_DIFFERENT_NAMESPACE, PE_LOW_NONCE,
	PE_DIFFERENT_PCR3, PE_MISSING_EPHEMERAL, PE_INVALID_EPHEMERAL,
	PE_INVALID_EXPORT_SIGNATURE, PE_EXPORT_LEN, PE_INVALID_QUORUM_SECRET,
	PE_WRONG_QUORUM_KEY, PE_INVALID_TRANSITION, PE_DUPLICATE_APPROVAL,
	PE_DIFFERENT_MANIFEST, PE_QOS_CRYPTO, PE_POOL_EXPAND,
	PE_INVALID_PIVOT_ENV, PE_MISSING_LIVE_KEY, PE_DUPLICATE_MEMBER,
	PE_LEGACY_GENESIS, PE_COUNT,
};

enum p256_error_tag {
	P256_QOS_HEX, P256_IO, P256_ENV_SERIALIZE, P256_ENV_FORM,
	P256_AES_DECRYPT, P256_AES_ENCRYPT, P256_AES_CIPHER,
	P256_PUBLIC_KEY_FORM, P256_KEY_LEN, P256_NONCE_LEN, P256_SIG_FORM,
	P256_SIG_WRONG, P256_SECRET, P256_PUBLIC_KEY, P256_KEY_LONG,
	P256_KEY_SHORT, P256_HKDF, P256_SEED_UTF8, P256_SEED_LEN, P256_SEED,
	P256_LEN_U8, P256_COUNT,
};

enum nsm_tag {
	NSM_DESCRIBE_PCR, NSM_EXTEND_PCR, NSM_LOCK_PCR, NSM_LOCK_PCRS,
	NSM_DESCRIBE_NSM, NSM_ATTESTATION, NSM_GET_RANDOM, NSM_ERROR,
};
enum nsm_error {
	NSM_SUCCESS, NSM_INVALID_ARGUMENT, NSM_INVALID_INDEX,
	NSM_INVALID_RESPONSE, NSM_READ_ONLY_INDEX, NSM_INVALID_OPERATION,
	NSM_BUFFER_TOO_SMALL, NSM_INPUT_TOO_LARGE, NSM_INTERNAL_ERROR,
};

struct p256_error { uint8_t tag; struct bytes text; };
struct text_pair { struct bytes expected, actual; };
struct number_pair { uint32_t expected, actual; };
struct phase_pair { uint8_t from, to; };

struct protocol_error {
	uint8_t tag;
	union {
		struct approval approval;
		uint8_t phase;
		struct bytes text;
		struct text_pair texts;
		struct number_pair numbers;
		struct phase_pair phases;
		struct p256_error p256;
	} u;
};

struct nsm_description {
	uint16_t major, minor, patch, max_pcrs;
	struct bytes module_id;
	struct list locked;		/* of u16, ascending */
	uint8_t digest;			/* 0 SHA256, 1 SHA384, 2 SHA512 */
};
struct nsm_response {
	uint8_t tag;
	union {
		struct { bool lock; struct bytes data; } pcr;
		struct bytes data;	/* extend, attestation, random */
		struct nsm_description nsm;
		uint8_t error;
	} u;
};

struct opt_envelope { bool present; struct envelope v; };

struct message {
	uint8_t tag;
	union {
		struct protocol_error error;
		uint8_t phase;
		struct { struct envelope envelope; struct bytes pivot; } boot;
		struct nsm_response nsm;
		struct { struct set set; struct opt_bytes dr_key; } genesis;
		struct {
			struct nsm_response nsm;
			struct genesis_output output;
		} genesis_done;
		struct { struct bytes share; struct approval approval; }
		    provision;
		bool reconstructed;
		struct bytes data;
		struct { struct nsm_response nsm; struct opt_envelope env; }
		    live;
		struct { struct envelope envelope; struct bytes document; }
		    export;
		struct { struct bytes key, signature; } exported;
		struct opt_envelope envelope;
		struct { struct bytes version, commit; } version;
		struct { struct bytes envelope_json, pivot; } boot_json;
	} u;
};

extern const struct type type_message, type_protocol_error, type_phase;

enum wire { WIRE_JSON, WIRE_BORSH };

/*
 * Reads a message: JSON first, then Borsh (8.1); *wire is what it was.
 * m borrows from in and arena (free it with arena_free).
 * Returns 0, ERR_INPUT (ProtocolMsgDeserialization), ERR_LEGACY
 * (LegacyGenesisNotSupported) or ERR_SYSTEM.
 */
int message_read(struct bytes in, struct message *m, enum wire *wire,
    struct arena *arena, struct err *e) MUST_CHECK;

/*
 * Writes canonical JSON or Borsh.  ERR_INPUT or ERR_LEGACY where the
 * encoding has no form for it (V2 envelope in Borsh, tag 23 in JSON).
 */
int message_write(const struct message *m, enum wire wire, struct buf *out,
    struct err *e) MUST_CHECK;

/* PascalCase names of phases and errors. */
const char *phase_name(unsigned phase);
const char *protocol_error_name(unsigned tag);

/* One line for people: name and payload. */
void protocol_error_text(const struct protocol_error *pe, char *out, size_t n);

/* The wire's P256Error of an ERR_* code from airgap/seal. */
uint8_t p256_error_of(int code);

/* Wraps a small error message. */
struct message message_error(uint8_t tag);

#endif
