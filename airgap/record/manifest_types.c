/*
 * Descriptions of manifests and envelopes for the three versions (QOS wire
 * 6.1 to 6.4).  All describe the same structs; Borsh order is table order.
 */
#include "airgap/record/manifest_parts.h"

#define F(name, s, m, t) { name, offsetof(struct s, m), &t, 0 }
#define STRUCT(s, f, w, fl) { .kind = K_STRUCT, .what = w, \
	.size = sizeof(struct s), .fields = f, .count = COUNT(f), .flags = fl }

static const struct variant restart_variants[] = {
	{ "Never", NULL, 0 }, { "Always", NULL, 0 },
};
const struct type type_restart = { .kind = K_ENUM, .size = sizeof(uint8_t),
	.variants = restart_variants, .count = COUNT(restart_variants) };

static const struct field namespace_fields[] = {
	F("name", name_space, name, type_str),
	F("nonce", name_space, nonce, type_u32),
	F("quorumKey", name_space, quorum_key, type_bytes),
};
static const struct type type_namespace =
    STRUCT(name_space, namespace_fields, "a namespace", 0);

static const struct field enclave_fields[] = {
	F("pcr0", enclave_config, pcr[0], type_bytes),
	F("pcr1", enclave_config, pcr[1], type_bytes),
	F("pcr2", enclave_config, pcr[2], type_bytes),
	F("pcr3", enclave_config, pcr[3], type_bytes),
	F("awsRootCertificate", enclave_config, aws_root, type_bytes),
	F("qosCommit", enclave_config, qos_commit, type_str),
};
static const struct type type_enclave =
    STRUCT(enclave_config, enclave_fields, "an enclave configuration", 0);

static const struct field pivot_v0_fields[] = {
	F("hash", pivot, hash, type_hash32),
	F("restart", pivot, restart, type_restart),
	F("args", pivot, args, type_list_str),
};
static const struct field pivot_v1_fields[] = {
	F("hash", pivot, hash, type_hash32),
	F("restart", pivot, restart, type_restart),
	F("bridgeConfig", pivot, bridges, type_bridges),
	F("debugMode", pivot, debug_mode, type_bool),
	F("args", pivot, args, type_list_str),
};
static const struct field pivot_v2_fields[] = {
	F("hash", pivot, hash, type_hash32),
	F("restart", pivot, restart, type_restart),
	F("bridgeConfig", pivot, bridges, type_bridges),
	F("debugMode", pivot, debug_mode, type_bool),
	F("args", pivot, args, type_list_str),
	{ "env", offsetof(struct pivot, env), &type_env, FIELD_OMIT_EMPTY },
};
static const struct type type_pivot_v0 =
    STRUCT(pivot, pivot_v0_fields, "a pivot", 0);
static const struct type type_pivot_v1 =
    STRUCT(pivot, pivot_v1_fields, "a pivot", 0);
static const struct type type_pivot_v2 =
    STRUCT(pivot, pivot_v2_fields, "a pivot", TYPE_DENY_UNKNOWN);

struct patch_member { struct bytes pub_key; };
static const struct field patch_member_fields[] = {
	F("pubKey", patch_member, pub_key, type_bytes),
};
const struct type type_patch_member =
    STRUCT(patch_member, patch_member_fields, "a patch member", 0);
static const struct type type_patch_members = { .kind = K_LIST,
	.size = sizeof(struct list), .item = &type_patch_member };
static const struct field patch_set_fields[] = {
	F("threshold", set, threshold, type_u32),
	F("members", set, members, type_patch_members),
};
static const struct type type_patch_set =
    STRUCT(set, patch_set_fields, "a patch set", 0);

static const struct field dns_fields[] = {
	{ "resolvers", 0, &type_resolvers, 0 },
};
static const struct type type_dns_value = { .kind = K_STRUCT,
	.what = "a dns configuration", .size = sizeof(struct list),
	.fields = dns_fields, .count = COUNT(dns_fields),
	.flags = TYPE_DENY_UNKNOWN };
static const struct type type_dns = { .kind = K_OPT,
	.size = sizeof(struct dns), .arg = offsetof(struct dns, resolvers),
	.item = &type_dns_value };

/* --- "version": one byte in memory, "v2" in JSON, nothing else */

static int
version_borsh_read(struct decoder *d, struct rd *r, void *out)
{
	if (rd_u8(r, out) != 0 || *(uint8_t *)out != 2)
		return decoder_fail(d, ERR_INPUT, "not version 2");
	return 0;
}

static int
version_borsh_write(struct sink *s, const void *in)
{
	(void)s, (void)in;
	return ERR_INPUT;	/* V2 has no Borsh form (6.4) */
}

static int
version_json_read(struct decoder *d, struct bytes v)
{
	const uint8_t two = 2;

	if (json_kind(v) != JK_STRING || !json_string_is(v, "v2"))
		return decoder_fail(d, ERR_INPUT, "must be \"v2\"");
	return arena_put(d, &two, 1);
}

static int
version_json_write(struct sink *s, const void *in, bool canonical)
{
	(void)in, (void)canonical;
	return sink_str(s, "\"v2\"");
}

static const struct hooks version_hooks = { version_borsh_read,
	version_borsh_write, version_json_read, version_json_write };
static const struct type type_version = { .kind = K_CUSTOM,
	.size = sizeof(uint8_t), .hooks = &version_hooks };

#define COMMON(pivot_type) \
	F("namespace", manifest, ns, type_namespace), \
	F("pivot", manifest, pivot, pivot_type), \
	F("manifestSet", manifest, manifest_set, type_set), \
	F("shareSet", manifest, share_set, type_set), \
	F("enclave", manifest, enclave, type_enclave)

static const struct field manifest_v0_fields[] = {
	COMMON(type_pivot_v0),
	F("patchSet", manifest, patch_set, type_patch_set),
};
static const struct field manifest_v1_fields[] = {
	COMMON(type_pivot_v1),
	F("patchSet", manifest, patch_set, type_patch_set),
};
static const struct field manifest_v2_fields[] = {
	F("version", manifest, version, type_version),
	COMMON(type_pivot_v2),
	F("dns", manifest, dns, type_dns),
};
static const struct type types_manifest[3] = {
	STRUCT(manifest, manifest_v0_fields, "a manifest", 0),
	STRUCT(manifest, manifest_v1_fields, "a manifest", 0),
	STRUCT(manifest, manifest_v2_fields, "a manifest", TYPE_DENY_UNKNOWN),
};

static const struct field approval_fields[] = {
	F("signature", approval, signature, type_bytes),
	F("member", approval, member, type_member),
};
const struct type type_approval =
    STRUCT(approval, approval_fields, "an approval", 0);
static const struct type type_approvals = { .kind = K_LIST,
	.size = sizeof(struct list), .item = &type_approval };

#define ENVELOPE(v, a, b) { \
	{ "manifest", offsetof(struct envelope, manifest), \
	    &types_manifest[v], 0 }, \
	F(a, envelope, manifest_approvals, type_approvals), \
	F(b, envelope, share_approvals, type_approvals) }

/* TRAP: the V0 envelope alone is snake_case */
static const struct field envelope_fields[3][3] = {
	ENVELOPE(0, "manifest_set_approvals", "share_set_approvals"),
	ENVELOPE(1, "manifestSetApprovals", "shareSetApprovals"),
	ENVELOPE(2, "manifestSetApprovals", "shareSetApprovals"),
};
#define ENVELOPE_TYPE(v, fl) { .kind = K_STRUCT, \
	.what = "a manifest envelope", .size = sizeof(struct envelope), \
	.fields = envelope_fields[v], .count = 3, .flags = fl }
static const struct type types_envelope[3] = {
	ENVELOPE_TYPE(0, 0), ENVELOPE_TYPE(1, 0),
	ENVELOPE_TYPE(2, TYPE_DENY_UNKNOWN),
};

const struct type *
manifest_type(unsigned version)
{
	return version < 3 ? &types_manifest[version] : NULL;
}

const struct type *
envelope_type(unsigned version)
{
	return version < 3 ? &types_envelope[version] : NULL;
}
