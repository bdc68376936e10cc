/*
 * The attestation bundle of a token.
 */
#include "airgap/record/attest_bundle.h"
#include "airgap/record/form.h"

#define AT(m) .at = offsetof(struct attest_bundle, m)
#define CERT(k, m) { .key = k, .kind = F_BYTES, AT(m), .min = 1, \
	.max = ATTEST_CERT_MAX }

static int
read_intermediates(struct cbor_rd *r, void *value)
{
	struct attest_bundle *x = value;
	struct cbor_items a;
	struct bytes b;
	bool more;
	int c = cbor_array_begin(r, &a);

	if (c == 0 && a.left > ATTEST_INTERMEDIATES_MAX)
		return cbor_fail(r, "more than %d intermediate certificates",
		    ATTEST_INTERMEDIATES_MAX);
	while (c == 0 && (c = cbor_array_next(r, &a, &more)) == 0 && more) {
		if ((c = cbor_bytes(r, &b)) != 0)
			break;
		if (b.n < 1 || b.n > ATTEST_CERT_MAX)
			return cbor_fail(r, "a certificate has %zu bytes, "
			    "not 1 to %d", b.n, ATTEST_CERT_MAX);
		x->intermediates[x->intermediate_count++] = b;
	}
	return c;
}

static int
write_intermediates(struct sink *s, const void *value)
{
	const struct attest_bundle *x = value;
	int r = cbor_put_array(s, x->intermediate_count);

	for (size_t i = 0; r == 0 && i < x->intermediate_count; i++)
		r = cbor_put_bytes(s, x->intermediates[i]);
	return r;
}

static const struct form_field fields[] = {
	{ .key = "v", .kind = F_VERSION },
	CERT("f9", f9),
	{ .key = "key", .kind = F_FIXED, AT(key), .max = PUBLIC_KEY_LEN },
	{ .key = "mode", .kind = F_MODE, AT(mode) },
	{ .key = "type", .kind = F_TYPE },
	CERT("slot9c", slot_9c),
	CERT("slot9d", slot_9d),
	{ .key = "intermediates", .kind = F_LIST, .read = read_intermediates,
	    .write = write_intermediates },
};
static const struct form form = {
	.type = ATTEST_BUNDLE_TYPE, .what = "token attestation",
	.fields = fields, .count = FORM_COUNT(fields),
};

static int
check(const struct attest_bundle *x, struct err *e)
{
	if (x->intermediate_count > ATTEST_INTERMEDIATES_MAX)
		return err_set(e, ERR_INPUT, "token attestation: more than %d "
		    "intermediate certificates", ATTEST_INTERMEDIATES_MAX);
	for (size_t i = 0; i < x->intermediate_count; i++)
		if (x->intermediates[i].n < 1 ||
		    x->intermediates[i].n > ATTEST_CERT_MAX)
			return err_set(e, ERR_INPUT, "token attestation: an "
			    "intermediate certificate has %zu bytes, not 1 to "
			    "%d", x->intermediates[i].n, ATTEST_CERT_MAX);
	return form_check_key(&form, "key", &x->key, e);
}

int
attest_bundle_decode(struct bytes in, struct attest_bundle *out,
    struct err *e)
{
	int r = ERR_INTERNAL;

	*out = (struct attest_bundle){ 0 };
	if ((r = form_decode(&form, in, out, e)) != 0)
		return r;
	return check(out, e);
}

int
attest_bundle_encode(const struct attest_bundle *x, struct buf *out,
    struct err *e)
{
	int r = check(x, e);

	*out = (struct buf){ 0 };
	return r != 0 ? r : form_encode(&form, x, out, e);
}
