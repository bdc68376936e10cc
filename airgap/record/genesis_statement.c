/*
 * The genesis statement.
 */
#include "airgap/record/form.h"
#include "airgap/record/genesis_statement.h"
#include "airgap/seal/hash.h"

#define AT(m) .at = offsetof(struct genesis_statement, m)

static const struct form_field fields[] = {
	{ .key = "v", .kind = F_VERSION },
	{ .key = "mode", .kind = F_MODE, AT(mode) },
	{ .key = "plan", .kind = F_FIXED, AT(plan), .max = SHA256_LEN },
	{ .key = "type", .kind = F_TYPE },
	{ .key = "output", .kind = F_FIXED, AT(output), .max = SHA256_LEN },
	{ .key = "spares", .kind = F_FIXED, AT(spares), .max = SHA256_LEN },
	{ .key = "quorumKey", .kind = F_FIXED, AT(quorum),
	    .max = PUBLIC_KEY_LEN },
	{ .key = FORM_SIGNATURE, .kind = F_FIXED, AT(signature),
	    .max = SIGNATURE_LEN },
};
static const struct form form = {
	.type = GENESIS_STATEMENT_TYPE, .what = "genesis statement",
	.fields = fields, .count = FORM_COUNT(fields),
};

static int
check(const struct genesis_statement *s, struct err *e)
{
	return form_check_key(&form, "quorumKey", &s->quorum, e);
}

int
genesis_statement_decode(struct bytes in, struct genesis_statement *out,
    struct err *e)
{
	int r = ERR_INTERNAL;

	*out = (struct genesis_statement){ 0 };
	if ((r = form_decode(&form, in, out, e)) != 0)
		return r;
	return check(out, e);
}

int
genesis_statement_encode(const struct genesis_statement *s, struct buf *out,
    struct err *e)
{
	int r = check(s, e);

	*out = (struct buf){ 0 };
	return r != 0 ? r : form_encode(&form, s, out, e);
}

int
genesis_statement_message(const struct genesis_statement *s, struct buf *out,
    struct err *e)
{
	int r = check(s, e);

	*out = (struct buf){ 0 };
	return r != 0 ? r : form_message(&form, s, PURPOSE_GENESIS, out, e);
}

int
genesis_statement_verify(const struct genesis_statement *s, struct err *e)
{
	return form_verify(&form, s, PURPOSE_GENESIS, &s->quorum,
	    &s->signature, e);
}

static int
check_digest(const struct digest256 *want, struct bytes of, const char *what,
    struct err *e)
{
	struct digest256 got = sha256(of);

	if (digest256_equal(want, &got))
		return 0;
	return err_set(e, ERR_REFUSED, "genesis statement: it speaks of "
	    "another %s than this one", what);
}

int
genesis_statement_check(const struct genesis_statement *s, enum mode mode,
    struct bytes plan, struct bytes output, struct bytes spares,
    struct err *e)
{
	int r = ERR_INTERNAL;

	if ((r = mode_check_same(mode, s->mode, "the genesis statement",
	    e)) != 0 ||
	    (r = check_digest(&s->plan, plan, "plan", e)) != 0 ||
	    (r = check_digest(&s->output, output, "genesis output",
	    e)) != 0 ||
	    (r = check_digest(&s->spares, spares, "spares record", e)) != 0)
		return r;
	return genesis_statement_verify(s, e);
}
