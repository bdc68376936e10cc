/*
 * Descriptions of all protocol messages and errors (QOS wire 8.2, 8.3).
 * Three naming styles meet: variants camelCase, message and genesis fields
 * snake_case, errors and phases PascalCase.
 */
#include "airgap/record/message.h"

#define AT(s, m) offsetof(struct s, m)
#define STRUCT(w, f, n) { .kind = K_STRUCT, .what = w, .size = (n), \
	.fields = f, .count = COUNT(f) }
#define ENUM(v, n, at, fl) { .kind = K_ENUM, .size = (n), .arg = (at), \
	.variants = v, .count = COUNT(v), .flags = fl }

static const struct variant phase_variants[] = {
	{ "UnrecoverableError", NULL, 0 },
	{ "WaitingForBootInstruction", NULL, 0 },
	{ "GenesisBooted", NULL, 0 },
	{ "WaitingForQuorumShards", NULL, 0 },
	{ "QuorumKeyProvisioned", NULL, 0 },
	{ "WaitingForForwardedKey", NULL, 0 },
};
const struct type type_phase = ENUM(phase_variants, 1, 1, TYPE_LOWER_OK);

/* --- P256Error */

#define U(name) { name, NULL, 0 }
static const struct variant p256_variants[] = {
	{ "QosHex", &type_str, 0 }, { "IOError", &type_str, 0 },
	U("FailedToSerializeEnvelope"), U("FailedToDeserializeEnvelope"),
	U("AesGcm256DecryptError"), U("AesGcm256EncryptError"),
	U("FailedToCreateAes256GcmCipher"),
	U("FailedToDeserializePublicKey"),
	U("FailedToCoercePublicKeyToIntendedLength"),
	U("FailedToCoerceNonceToIntendedLength"),
	U("FailedToDeserializeSignature"), U("FailedSignatureVerification"),
	U("FailedToReadSecret"), U("FailedToReadPublicKey"),
	U("EncodedPublicKeyTooLong"), U("EncodedPublicKeyTooShort"),
	U("HkdfExpansionFailed"), U("MasterSeedInvalidUtf8"),
	U("MasterSeedInvalidLength"), U("InvalidMasterSeed"),
	U("CannotCoerceLenToU8"),
};
_Static_assert(COUNT(p256_variants) == P256_COUNT, "P256Error tags");
static const struct type type_p256_error = ENUM(p256_variants,
    sizeof(struct p256_error), AT(p256_error, text), 0);

/* --- ProtocolError */

static const struct field text_pair_fields[] = {
	{ "expected", AT(text_pair, expected), &type_str, 0 },
	{ "actual", AT(text_pair, actual), &type_str, 0 },
};
static const struct type type_text_pair = STRUCT("expected and actual",
    text_pair_fields, sizeof(struct text_pair));
static const struct field number_pair_fields[] = {
	{ "expected", AT(number_pair, expected), &type_u32, 0 },
	{ "actual", AT(number_pair, actual), &type_u32, 0 },
};
static const struct type type_number_pair = STRUCT("expected and actual",
    number_pair_fields, sizeof(struct number_pair));
static const struct field phase_pair_fields[] = {
	{ "0", AT(phase_pair, from), &type_phase, 0 },
	{ "1", AT(phase_pair, to), &type_phase, 0 },
};
static const struct type type_phase_pair = { .kind = K_TUPLE,
	.size = sizeof(struct phase_pair), .fields = phase_pair_fields,
	.count = COUNT(phase_pair_fields) };

static const struct variant error_variants[] = {
	U("InvalidShare"), U("ReconstructionErrorEmptySecret"),
	U("ReconstructionErrorIncorrectPubKey"), U("IOError"),
	{ "InvalidManifestApproval", &type_approval, 0 },
	U("NotEnoughApprovals"), { "NoMatchingRoute", &type_phase, 0 },
	{ "InvalidPivotHash", &type_text_pair, 0 }, U("OversizeMsg"),
	U("InvalidMsg"), U("EnclaveClient"), U("DecryptionFailed"),
	U("InvalidPrivateKey"), U("FailedToParseFromString"),
	U("BadEphemeralKeyPath"), U("CannotModifyPostPivotStatic"),
	{ "FailedToGetEphemeralKey", &type_p256_error, 0 },
	U("FailedToPutEphemeralKey"),
	U("CannotRotateNonExistentEphemeralKey"),
	{ "CannotDeleteEphemeralKey", &type_str, 0 },
	{ "FailedToGetQuorumKey", &type_p256_error, 0 },
	U("FailedToPutQuorumKey"), U("FailedToGetManifestEnvelope"),
	U("FailedToPutManifestEnvelope"), U("FailedToPutPivot"),
	U("AppClientRecvTimeout"), U("AppClientRecvInterrupted"),
	U("AppClientRecvConnectionClosed"),
	{ "AppClientConnectError", &type_str, 0 },
	{ "AppClientSendError", &type_str, 0 },
	{ "AppClientError", &type_str, 0 }, U("OversizedPayload"),
	U("ProtocolMsgDeserialization"), U("BadShareSetApprovals"),
	U("CouldNotVerifyApproval"), U("NotShareSetMember"),
	U("NotManifestSetMember"), { "P256Error", &type_p256_error, 0 },
	{ "InvalidP256DRKey", &type_p256_error, 0 }, U("IncorrectSecretLen"),
	{ "QosAttestError", &type_str, 0 },
	{ "DifferentQuorumKey", &type_text_pair, 0 },
	{ "DifferentManifestSet", &type_text_pair, 0 },
	{ "DifferentNamespaceName", &type_text_pair, 0 },
	{ "LowNonce", &type_number_pair, 0 },
	{ "DifferentPcr3", &type_text_pair, 0 }, U("MissingEphemeralKey"),
	U("InvalidEphemeralKey"), U("InvalidEncryptedQuorumKeySignature"),
	U("EncryptedQuorumKeyInvalidLen"), U("InvalidQuorumSecret"),
	U("WrongQuorumKey"), { "InvalidStateTransition", &type_phase_pair, 0 },
	U("DuplicateApproval"), { "DifferentManifest", &type_text_pair, 0 },
	{ "QosCrypto", &type_str, 0 }, U("PoolExpandError"),
	{ "InvalidPivotEnv", &type_str, 0 }, U("MissingLiveEphemeralKey"),
	U("DuplicateQuorumMember"), U("LegacyGenesisNotSupported"),
};
_Static_assert(COUNT(error_variants) == PE_COUNT, "ProtocolError tags");
const struct type type_protocol_error = ENUM(error_variants,
    sizeof(struct protocol_error), AT(protocol_error, u), 0);

/* --- NsmResponse */

static const struct field pcr_fields[] = {
	{ "lock", AT(nsm_response, u.pcr.lock) - AT(nsm_response, u),
	    &type_bool, 0 },
	{ "data", AT(nsm_response, u.pcr.data) - AT(nsm_response, u),
	    &type_bytes, 0 },
};
static const struct type type_nsm_pcr = STRUCT("lock and data", pcr_fields,
    sizeof(((struct nsm_response *)0)->u.pcr));
static const struct field data_fields[] = {
	{ "data", 0, &type_bytes, 0 } };
static const struct type type_nsm_data = STRUCT("data", data_fields,
    sizeof(struct bytes));
static const struct field document_fields[] = {
	{ "document", 0, &type_bytes, 0 } };
static const struct type type_nsm_document = STRUCT("a document",
    document_fields, sizeof(struct bytes));
static const struct field random_fields[] = {
	{ "random", 0, &type_bytes, 0 } };
static const struct type type_nsm_random = STRUCT("random bytes",
    random_fields, sizeof(struct bytes));
static const struct variant digest_variants[] = {
	U("SHA256"), U("SHA384"), U("SHA512") };
static const struct type type_nsm_digest = ENUM(digest_variants, 1, 1, 0);
static const struct type type_locked = { .kind = K_LIST,
	.size = sizeof(struct list), .item = &type_u16,
	.flags = TYPE_ASCENDING };
static const struct field describe_fields[] = {
	{ "version_major", AT(nsm_description, major), &type_u16, 0 },
	{ "version_minor", AT(nsm_description, minor), &type_u16, 0 },
	{ "version_patch", AT(nsm_description, patch), &type_u16, 0 },
	{ "module_id", AT(nsm_description, module_id), &type_str, 0 },
	{ "max_pcrs", AT(nsm_description, max_pcrs), &type_u16, 0 },
	{ "locked_pcrs", AT(nsm_description, locked), &type_locked, 0 },
	{ "digest", AT(nsm_description, digest), &type_nsm_digest, 0 },
};
static const struct type type_nsm_describe = STRUCT("a description",
    describe_fields, sizeof(struct nsm_description));
static const struct variant nsm_error_variants[] = {
	U("Success"), U("InvalidArgument"), U("InvalidIndex"),
	U("InvalidResponse"), U("ReadOnlyIndex"), U("InvalidOperation"),
	U("BufferTooSmall"), U("InputTooLarge"), U("InternalError"),
};
static const struct type type_nsm_error = ENUM(nsm_error_variants, 1, 1, 0);
static const struct variant nsm_variants[] = {
	{ "describePCR", &type_nsm_pcr, 0 },
	{ "extendPCR", &type_nsm_data, 0 }, U("lockPCR"), U("lockPCRs"),
	{ "describeNSM", &type_nsm_describe, 0 },
	{ "attestation", &type_nsm_document, 0 },
	{ "getRandom", &type_nsm_random, 0 },
	{ "error", &type_nsm_error, 0 },
};
static const struct type type_nsm = ENUM(nsm_variants,
    sizeof(struct nsm_response), AT(nsm_response, u), 0);

/* --- ProtocolMsg payloads; offsets are from the union */

#define IN(m) (offsetof(struct message, u.m) - offsetof(struct message, u))
#define SIZE(m) sizeof(((struct message *)0)->u.m)
#define PAYLOAD(name, what, m, ...) \
	static const struct field name##_fields[] = { __VA_ARGS__ }; \
	static const struct type type_##name = \
	    STRUCT(what, name##_fields, SIZE(m))

static const struct type type_opt_envelope = { .kind = K_OPT,
	.size = sizeof(struct opt_envelope), .arg = AT(opt_envelope, v),
	.item = &type_envelope_any };

PAYLOAD(boot, "a boot request", boot,
    { "manifest_envelope", IN(boot.envelope), &type_envelope_any, 0 },
    { "pivot", IN(boot.pivot), &type_bytes, 0 });
PAYLOAD(nsm_only, "an nsm response", nsm,
    { "nsm_response", IN(nsm), &type_nsm, 0 });
PAYLOAD(genesis, "a genesis request", genesis,
    { "set", IN(genesis.set), &type_genesis_set, 0 },
    { "dr_key", IN(genesis.dr_key), &type_opt_bytes, 0 });
PAYLOAD(genesis_done, "a genesis response", genesis_done,
    { "nsm_response", IN(genesis_done.nsm), &type_nsm, 0 },
    { "genesis_output", IN(genesis_done.output), &type_genesis_output, 0 });
PAYLOAD(provision, "a provision request", provision,
    { "share", IN(provision.share), &type_bytes, 0 },
    { "approval", IN(provision.approval), &type_approval, 0 });
PAYLOAD(provisioned, "a provision response", reconstructed,
    { "reconstructed", IN(reconstructed), &type_bool, 0 });
PAYLOAD(proxy, "a proxy message", data,
    { "data", IN(data), &type_bytes, 0 });
PAYLOAD(live, "a live attestation response", live,
    { "nsm_response", IN(live.nsm), &type_nsm, 0 },
    { "manifest_envelope", IN(live.env), &type_opt_envelope, 0 });
PAYLOAD(export, "an export request", export,
    { "manifest_envelope", IN(export.envelope), &type_envelope_any, 0 },
    { "cose_sign1_attestation_doc", IN(export.document), &type_bytes, 0 });
PAYLOAD(exported, "an encrypted quorum key", exported,
    { "encrypted_quorum_key", IN(exported.key), &type_bytes, 0 },
    { "signature", IN(exported.signature), &type_bytes, 0 });
PAYLOAD(envelope, "an envelope response", envelope,
    { "manifest_envelope", IN(envelope), &type_opt_envelope, 0 });
PAYLOAD(version, "a version response", version,
    { "version", IN(version.version), &type_str, 0 },
    { "commit", IN(version.commit), &type_str, 0 });
PAYLOAD(boot_json, "a boot request", boot_json,
    { "manifest_envelope", IN(boot_json.envelope_json), &type_bytes, 0 },
    { "pivot", IN(boot_json.pivot), &type_bytes, 0 });

static const struct variant message_variants[] = {
	{ "protocolErrorResponse", &type_protocol_error, 0 },
	U("statusRequest"), { "statusResponse", &type_phase, 0 },
	{ "bootStandardRequest", &type_boot, 0 },
	{ "bootStandardResponse", &type_nsm_only, 0 },
	{ "bootGenesisRequest", &type_genesis, VARIANT_NO_BORSH },
	{ "bootGenesisResponse", &type_genesis_done, VARIANT_NO_BORSH },
	{ "provisionRequest", &type_provision, 0 },
	{ "provisionResponse", &type_provisioned, 0 },
	{ "proxyRequest", &type_proxy, 0 },
	{ "proxyResponse", &type_proxy, 0 },
	U("liveAttestationDocRequest"),
	{ "liveAttestationDocResponse", &type_live, 0 },
	{ "bootKeyForwardRequest", &type_boot, 0 },
	{ "bootKeyForwardResponse", &type_nsm_only, 0 },
	{ "exportKeyRequest", &type_export, 0 },
	{ "exportKeyResponse", &type_exported, 0 },
	{ "injectKeyRequest", &type_exported, 0 }, U("injectKeyResponse"),
	U("manifestEnvelopeRequest"),
	{ "manifestEnvelopeResponse", &type_envelope, 0 },
	U("versionRequest"), { "versionResponse", &type_version, 0 },
	{ "bootStandardJsonEnvelopeRequest", &type_boot_json,
	    VARIANT_NO_JSON },
};
_Static_assert(COUNT(message_variants) == PM_COUNT, "ProtocolMsg tags");
const struct type type_message = ENUM(message_variants,
    sizeof(struct message), AT(message, u), 0);
