/*
 * The forms of what crosses the gap in a wrapping.
 */
#include "airgap/record/attest_bundle.h"
#include "airgap/record/form.h"
#include "airgap/record/label.h"
#include "airgap/record/payload_forms.h"
#include "airgap/seal/deal.h"

#define AT(m) .at = offsetof(struct wrapped, m)
#define OPERATOR_AT(m) .at = offsetof(struct operator_entry, m)
#define PART(k, m, limit) { .key = k, .kind = F_BYTES, AT(m), .min = 1, \
	.max = limit }
#define VERSION_FIELD { .key = "v", .kind = F_VERSION }
#define MODE_FIELD { .key = "mode", .kind = F_MODE, AT(mode) }
#define TYPE_FIELD { .key = "type", .kind = F_TYPE }
#define ALIAS_FIELD(place) { .key = "alias", .kind = F_TEXT, place, \
	.min = 1, .max = ALIAS_MAX }
#define SEALED_FIELD { .key = "sealed", .kind = F_BYTES, AT(sealed), \
	.min = SEALED_SHARE_LEN, .max = SEALED_SHARE_LEN }

/* --- one operator of the keys */

static const struct form_field operator_fields[] = {
	{ .key = "key", .kind = F_FIXED, OPERATOR_AT(key),
	    .max = PUBLIC_KEY_LEN },
	ALIAS_FIELD(OPERATOR_AT(alias)),
	{ .key = "attestation", .kind = F_BYTES, OPERATOR_AT(proof), .min = 1,
	    .max = (ATTEST_INTERMEDIATES_MAX + 3) * ATTEST_CERT_MAX + 1024,
	    .present = offsetof(struct operator_entry, has_proof) },
};
static const struct form operator_form = { .what = "operator",
	.fields = operator_fields, .count = FORM_COUNT(operator_fields) };

static int
read_operators(struct cbor_rd *r, void *value)
{
	struct wrapped *w = value;
	struct cbor_items a;
	bool more;
	int c = cbor_array_begin(r, &a);

	if (c == 0 && (a.left < 1 || a.left > OPERATORS_MAX))
		return cbor_fail(r, "%llu operators, not 1 to %d",
		    (unsigned long long)a.left, OPERATORS_MAX);
	while (c == 0 && (c = cbor_array_next(r, &a, &more)) == 0 && more)
		c = form_read_entry(&operator_form, r,
		    &w->operators[w->operator_count++]);
	return c;
}

static int
write_operators(struct sink *s, const void *value)
{
	const struct wrapped *w = value;
	int r = cbor_put_array(s, w->operator_count);

	for (size_t i = 0; r == 0 && i < w->operator_count; i++)
		r = form_write_entry(&operator_form, s, &w->operators[i]);
	return r;
}

/* --- the wrappings */

static const struct form_field keys_fields[] = { VERSION_FIELD,
	{ .key = "keys", .kind = F_LIST, .read = read_operators,
	    .write = write_operators }, MODE_FIELD, TYPE_FIELD };
static const struct form_field share_fields[] = { VERSION_FIELD, MODE_FIELD,
	TYPE_FIELD, ALIAS_FIELD(AT(alias)),
	{ .key = "spare", .kind = F_UINT, AT(spare), .min = 1,
	    .max = PLAN_SPARES_MAX,
	    .present = offsetof(struct wrapped, has_spare) }, SEALED_FIELD };
static const struct form_field manifest_fields[] = { VERSION_FIELD,
	MODE_FIELD, TYPE_FIELD, PART("manifest", manifest, PAYLOAD_MAX) };
static const struct form_field approval_fields[] = { VERSION_FIELD,
	MODE_FIELD, TYPE_FIELD, PART("approval", approval, PAYLOAD_MAX) };
static const struct form_field envelope_fields[] = { VERSION_FIELD,
	MODE_FIELD, TYPE_FIELD, PART("envelope", envelope, PAYLOAD_MAX) };
static const struct form_field attestation_fields[] = { VERSION_FIELD,
	MODE_FIELD, TYPE_FIELD, PART("document", document, DOCUMENT_MAX),
	PART("envelope", envelope, PAYLOAD_MAX) };
static const struct form_field challenge_fields[] = { VERSION_FIELD,
	MODE_FIELD, TYPE_FIELD, { .key = "nonce", .kind = F_FIXED, AT(nonce),
	    .max = CHALLENGE_LEN } };
static const struct form_field released_fields[] = { VERSION_FIELD,
	MODE_FIELD, TYPE_FIELD, SEALED_FIELD,
	PART("release", release, PAYLOAD_MAX),
	PART("approval", approval, PAYLOAD_MAX) };
static const struct form_field card_fields[] = { VERSION_FIELD, MODE_FIELD,
	TYPE_FIELD, { .key = "bytes", .kind = F_BYTES, AT(bytes),
	    .min = TEST_CARD_LEN, .max = TEST_CARD_LEN } };

#define FORM(t, w, f) { .type = t, .what = w, .fields = f, \
	.count = FORM_COUNT(f) }
static const struct form forms[] = {
	[WRAP_KEYS] = FORM("quorate/operator-keys", "operator keys",
	    keys_fields),
	[WRAP_SHARE] = FORM("quorate/sealed-share", "sealed share",
	    share_fields),
	[WRAP_MANIFEST] = FORM("quorate/manifest", "wrapped manifest",
	    manifest_fields),
	[WRAP_APPROVAL] = FORM("quorate/approval", "wrapped approval",
	    approval_fields),
	[WRAP_ENVELOPE] = FORM("quorate/manifest-envelope",
	    "wrapped manifest envelope", envelope_fields),
	[WRAP_ATTESTATION] = FORM("quorate/attestation",
	    "wrapped attestation", attestation_fields),
	[WRAP_CHALLENGE] = FORM(CHALLENGE_TYPE, "challenge",
	    challenge_fields),
	[WRAP_RELEASED] = FORM("quorate/released-share", "released share",
	    released_fields),
	[WRAP_TEST_CARD] = FORM(TEST_CARD_TYPE, "test card", card_fields),
};

int
wrapped_decode(enum wrapping which, struct bytes in, struct wrapped *out,
    struct err *e)
{
	memset(out, 0, sizeof(*out));
	return form_decode(&forms[which], in, out, e);
}

int
wrapped_encode(enum wrapping which, const struct wrapped *w, struct buf *out,
    struct err *e)
{
	*out = (struct buf){ 0 };
	return form_encode(&forms[which], w, out, e);
}
