/*
 * GenesisOutput: description, public checks, disaster-recovery text.
 */
#include "airgap/record/genesis_output.h"
#include "airgap/seal/deal.h"

#define F(name, s, m, t) { name, offsetof(struct s, m), &t, 0 }

static const struct field member_output_fields[] = {
	F("shareSetMember", member_output, member, type_member),
	F("encryptedQuorumKeyShare", member_output, sealed_share, type_bytes),
	F("shareHash", member_output, share_hash, type_hash64),
};
const struct type type_member_output = { .kind = K_STRUCT,
	.what = "a member output", .size = sizeof(struct member_output),
	.fields = member_output_fields,
	.count = COUNT(member_output_fields) };
static const struct type type_member_outputs = { .kind = K_LIST,
	.size = sizeof(struct list), .item = &type_member_output };

static const struct field recovered_fields[] = {
	F("member", recovered, member, type_member),
	F("shard", recovered, shard, type_bytes),
};
static const struct type type_recovered = { .kind = K_STRUCT,
	.size = sizeof(struct recovered), .fields = recovered_fields,
	.count = COUNT(recovered_fields) };
static const struct type type_permutation = { .kind = K_LIST,
	.size = sizeof(struct list), .item = &type_recovered };
static const struct type type_permutations = { .kind = K_LIST,
	.size = sizeof(struct list), .item = &type_permutation };

/* JSON names are snake_case here (15.2) */
static const struct field output_fields[] = {
	F("set", genesis_output, set, type_genesis_set),
	F("dr_key", genesis_output, dr_key, type_opt_bytes),
	F("quorum_key", genesis_output, quorum_key, type_bytes),
	F("member_outputs", genesis_output, member_outputs,
	    type_member_outputs),
	F("recovery_permutations", genesis_output, recovery_permutations,
	    type_permutations),
	F("dr_key_wrapped_quorum_key", genesis_output, dr_wrapped,
	    type_opt_bytes),
	F("quorum_key_hash", genesis_output, quorum_key_hash, type_hash64),
	F("test_message_ciphertext", genesis_output, test_ciphertext,
	    type_bytes),
	F("test_message_signature", genesis_output, test_signature,
	    type_bytes),
	F("test_message", genesis_output, test_message, type_bytes),
};
const struct type type_genesis_output = { .kind = K_STRUCT,
	.what = "a genesis output", .size = sizeof(struct genesis_output),
	.fields = output_fields, .count = COUNT(output_fields) };

int
genesis_output_read(struct bytes in, struct genesis_output *g, struct err *e)
{
	int r;

	*g = (struct genesis_output){ 0 };
	r = schema_from_borsh(&type_genesis_output, in, g, e);
	if (r != 0)
		(void)err_prefix(e, "not a genesis output");
	return r;
}

int
genesis_output_write(const struct genesis_output *g, struct buf *out,
    struct err *e)
{
	return schema_encode(&type_genesis_output, g, FORM_BORSH, out, e);
}

static int
check_members(const struct genesis_output *g, struct err *e)
{
	struct rd members = list_walk(&g->set.members);
	struct rd outputs = list_walk(&g->member_outputs);
	struct member_output o;
	struct bytes point;
	struct member m;

	if (g->member_outputs.count != g->set.members.count)
		return err_set(e, ERR_REFUSED, "%u shares for %u members",
		    g->member_outputs.count, g->set.members.count);
	while (list_next(&members, &type_member, &m)) {
		if (!list_next(&outputs, &type_member_output, &o) ||
		    !member_equal(&m, &o.member))
			return err_set(e, ERR_REFUSED, "share of \"%.*s\" is "
			    "not in its place", (int)m.alias.n,
			    (const char *)m.alias.p);
		if (o.sealed_share.n != SEALED_SHARE_LEN ||
		    envelope_point(o.sealed_share, &point, NULL) != 0)
			return err_set(e, ERR_REFUSED, "sealed share of "
			    "\"%.*s\" is not well formed", (int)m.alias.n,
			    (const char *)m.alias.p);
	}
	return 0;
}

int
genesis_output_check(const struct genesis_output *g, struct err *e)
{
	int r;

	if ((r = set_check(&g->set, "genesis set", 2, NULL, e)) != 0)
		return r;
	if (g->set.members.count > SHAMIR_MAX)
		return err_set(e, ERR_REFUSED, "more than 255 members");
	if ((r = check_members(g, e)) != 0)
		return r;
	if ((r = public_key_check(g->quorum_key)) != 0)
		return err_set(e, r, "quorum_key: %s", err_text(r));
	if (g->recovery_permutations.count != 0)
		return err_set(e, ERR_REFUSED, "recovery permutations are "
		    "there; QOS always leaves them empty");
	if (g->dr_key.present != g->dr_wrapped.present)
		return err_set(e, ERR_REFUSED, "disaster-recovery key and "
		    "wrapped key must both be there or both be absent");
	if (g->dr_key.present && (r = public_key_check(g->dr_key.v)) != 0)
		return err_set(e, r, "dr_key: %s", err_text(r));
	if ((r = signature_verify(g->quorum_key, g->test_message,
	    g->test_signature)) != 0)
		return err_set(e, ERR_REFUSED, "test message: %s",
		    err_text(r));
	return 0;
}

bool
genesis_output_find(const struct genesis_output *g, struct bytes alias,
    struct bytes key, struct member_output *out)
{
	struct rd rd = list_walk(&g->member_outputs);

	while (list_next(&rd, &type_member_output, out))
		if (bytes_equal(out->member.pub_key, key) && (alias.n == 0 ||
		    bytes_equal(out->member.alias, alias)))
			return true;
	return false;
}

static int
put_artifacts(struct sink *s, const void *ctx)
{
	const struct genesis_output *g = ctx;
	const struct { const char *name; struct bytes v; } lines[] = {
		{ "quorum_key_hash ", bytes_of(g->quorum_key_hash,
		    sizeof(g->quorum_key_hash)) },
		{ "\ntest_message_ciphertext ", g->test_ciphertext },
		{ "\ntest_message_signature ", g->test_signature },
		{ "\ntest_message ", g->test_message },
	};
	int r = 0;

	for (size_t i = 0; i < COUNT(lines) && r == 0; i++)
		if ((r = sink_str(s, lines[i].name)) == 0)
			r = sink_hex(s, lines[i].v);
	return r;
}

int
genesis_dr_artifacts(const struct genesis_output *g, struct buf *out,
    struct err *e)
{
	return sink_collect(put_artifacts, g, out, e);
}
