/*
 * The receipt of a share.
 */
#include "airgap/record/form.h"
#include "airgap/record/label.h"
#include "airgap/record/receipt.h"

#define AT(m) .at = offsetof(struct receipt, m)

static const struct form_field fields[] = {
	{ .key = "v", .kind = F_VERSION },
	{ .key = "key", .kind = F_FIXED, AT(key), .max = PUBLIC_KEY_LEN },
	{ .key = "mode", .kind = F_MODE, AT(mode) },
	{ .key = "plan", .kind = F_FIXED, AT(plan), .max = SHA256_LEN },
	{ .key = "time", .kind = F_UINT, AT(time), .max = RECORD_TIME_MAX },
	{ .key = "type", .kind = F_TYPE },
	{ .key = "alias", .kind = F_TEXT, AT(alias), .min = 1,
	    .max = ALIAS_MAX },
	{ .key = "output", .kind = F_FIXED, AT(output), .max = SHA256_LEN },
	{ .key = "shareHash", .kind = F_FIXED, AT(share_hash),
	    .max = SHA512_LEN },
	{ .key = FORM_SIGNATURE, .kind = F_FIXED, AT(signature),
	    .max = SIGNATURE_LEN },
};
static const struct form form = {
	.type = RECEIPT_TYPE, .what = "receipt", .fields = fields,
	.count = FORM_COUNT(fields),
};

static int
check(const struct receipt *x, struct err *e)
{
	int r = form_check_alias(&form, x->mode, x->alias, e);

	return r != 0 ? r : form_check_key(&form, "key", &x->key, e);
}

int
receipt_decode(struct bytes in, struct receipt *out, struct err *e)
{
	int r = ERR_INTERNAL;

	*out = (struct receipt){ 0 };
	if ((r = form_decode(&form, in, out, e)) != 0)
		return r;
	return check(out, e);
}

int
receipt_encode(const struct receipt *x, struct buf *out, struct err *e)
{
	int r = check(x, e);

	*out = (struct buf){ 0 };
	return r != 0 ? r : form_encode(&form, x, out, e);
}

int
receipt_body(const struct receipt *x, struct buf *out, struct err *e)
{
	int r = check(x, e);

	*out = (struct buf){ 0 };
	return r != 0 ? r : form_body(&form, x, out, e);
}

int
receipt_verify(const struct receipt *x, struct err *e)
{
	return form_verify(&form, x, PURPOSE_RECEIPT, &x->key, &x->signature,
	    e);
}
