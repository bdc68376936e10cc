/*
 * The release record of a share.
 */
#include "airgap/record/form.h"
#include "airgap/record/label.h"
#include "airgap/record/release.h"

#define AT(m) .at = offsetof(struct release, m)

static const struct form_field fields[] = {
	{ .key = "v", .kind = F_VERSION },
	{ .key = "key", .kind = F_FIXED, AT(key), .max = PUBLIC_KEY_LEN },
	{ .key = "mode", .kind = F_MODE, AT(mode) },
	{ .key = "time", .kind = F_UINT, AT(time), .max = RECORD_TIME_MAX },
	{ .key = "type", .kind = F_TYPE },
	{ .key = "alias", .kind = F_TEXT, AT(alias), .min = 1,
	    .max = ALIAS_MAX },
	{ .key = "share", .kind = F_FIXED, AT(share), .max = SHA256_LEN },
	{ .key = "manifest", .kind = F_FIXED, AT(manifest),
	    .max = SHA256_LEN },
	{ .key = "setupKey", .kind = F_FIXED, AT(setup_key),
	    .max = PUBLIC_KEY_LEN },
	{ .key = "challenge", .kind = F_BYTES, AT(challenge), .min = 1,
	    .max = RELEASE_CHALLENGE_MAX,
	    .present = offsetof(struct release, has_challenge) },
	{ .key = FORM_SIGNATURE, .kind = F_FIXED, AT(signature),
	    .max = SIGNATURE_LEN },
	{ .key = "attestation", .kind = F_FIXED, AT(attestation),
	    .max = SHA256_LEN },
};
static const struct form form = {
	.type = RELEASE_TYPE, .what = "release record", .fields = fields,
	.count = FORM_COUNT(fields),
};

static int
check(const struct release *x, struct err *e)
{
	int r = ERR_INTERNAL;

	if ((r = form_check_alias(&form, x->mode, x->alias, e)) != 0 ||
	    (r = form_check_key(&form, "key", &x->key, e)) != 0)
		return r;
	return form_check_key(&form, "setupKey", &x->setup_key, e);
}

int
release_decode(struct bytes in, struct release *out, struct err *e)
{
	int r = ERR_INTERNAL;

	*out = (struct release){ 0 };
	if ((r = form_decode(&form, in, out, e)) != 0)
		return r;
	return check(out, e);
}

int
release_encode(const struct release *x, struct buf *out, struct err *e)
{
	int r = check(x, e);

	*out = (struct buf){ 0 };
	return r != 0 ? r : form_encode(&form, x, out, e);
}

int
release_body(const struct release *x, struct buf *out, struct err *e)
{
	int r = check(x, e);

	*out = (struct buf){ 0 };
	return r != 0 ? r : form_body(&form, x, out, e);
}

int
release_verify(const struct release *x, struct err *e)
{
	return form_verify(&form, x, PURPOSE_RELEASE, &x->key, &x->signature,
	    e);
}
