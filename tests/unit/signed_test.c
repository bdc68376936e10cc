/*
 * Signed messages: what their bytes are, and that none can be a hash.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "airgap/record/signed.h"
#include "airgap/seal/hash.h"
#include "tests/unit/samples.h"

static const enum purpose purposes[] = { PURPOSE_GENESIS, PURPOSE_PLAN,
	PURPOSE_RECEIPT, PURPOSE_RELEASE, PURPOSE_TOKEN, PURPOSE_KEY };
#define PURPOSES (sizeof(purposes) / sizeof(purposes[0]))

static void
a_message_is_prefix_mode_and_body(void **state)
{
	static const char want[] = "quorate/genesis/v1\0R0123456789abcdef";
	struct buf b;

	(void)state;
	assert_int_equal(signed_message(PURPOSE_GENESIS, MODE_REHEARSAL,
	    bytes_str("0123456789abcdef"), &b, NULL), 0);
	assert_int_equal(b.n, sizeof(want) - 1);
	assert_memory_equal(b.p, want, b.n);
	buf_free(&b);
	assert_int_equal(signed_message(PURPOSE_GENESIS, MODE_PRODUCTION,
	    bytes_str("0123456789abcdef"), &b, NULL), 0);
	assert_int_equal(b.p[19], 'P');
	buf_free(&b);
}

static void
no_message_has_32_bytes_or_less(void **state)
{
	static const uint8_t body[64];
	size_t refused = 0;
	struct buf b;
	struct err e;

	(void)state;
	for (size_t i = 0; i < PURPOSES; i++)
		for (size_t n = 0; n <= sizeof(body); n++) {
			int r = signed_message(purposes[i], MODE_PRODUCTION,
			    bytes_of(body, n), &b, &e);
			size_t want = 13 + n +
			    strlen(purpose_text(purposes[i]));

			assert_int_equal(r, want > 32 ? 0 : ERR_REFUSED);
			if (r == 0) {
				assert_int_equal(b.n, want);
			} else {
				assert_null(b.p);
				assert_non_null(strstr(e.text,
				    "manifest hash"));
				refused++;
			}
			buf_free(&b);
		}
	assert_true(refused > 0);
	/* bytes of the user's choice are never too few */
	assert_int_equal(signed_message(PURPOSE_KEY, MODE_PRODUCTION,
	    bytes_of(NULL, 0), &b, &e), 0);
	buf_free(&b);
}

static void
no_two_purposes_or_modes_share_a_message(void **state)
{
	struct bytes body = bytes_str("one body of more than twenty bytes");
	struct buf all[2 * PURPOSES];

	(void)state;
	for (size_t i = 0; i < 2 * PURPOSES; i++)
		assert_int_equal(signed_message(purposes[i / 2],
		    i % 2 == 0 ? MODE_PRODUCTION : MODE_REHEARSAL, body,
		    &all[i], NULL), 0);
	for (size_t i = 0; i < 2 * PURPOSES; i++)
		for (size_t j = 0; j < i; j++)
			assert_false(bytes_equal(buf_bytes(&all[i]),
			    buf_bytes(&all[j])));
	for (size_t i = 0; i < 2 * PURPOSES; i++)
		buf_free(&all[i]);
}

static void
a_signature_holds_for_its_purpose_mode_body_and_key_only(void **state)
{
	struct bytes body = bytes_str("one body of more than twenty bytes");
	struct signature sig;
	struct buf b;
	struct err e;

	(void)state;
	assert_int_equal(signed_message(PURPOSE_RELEASE, MODE_PRODUCTION, body,
	    &b, NULL), 0);
	assert_int_equal(keyset_sign(sample_keyset(0), buf_bytes(&b), &sig,
	    NULL), 0);
	buf_free(&b);
	assert_int_equal(signed_verify(PURPOSE_RELEASE, MODE_PRODUCTION, body,
	    sample_key(0), &sig, &e), 0);
	assert_int_equal(signed_verify(PURPOSE_RECEIPT, MODE_PRODUCTION, body,
	    sample_key(0), &sig, &e), ERR_SIG_WRONG);
	assert_non_null(strstr(e.text, "signature of this receipt"));
	assert_int_equal(signed_verify(PURPOSE_RELEASE, MODE_REHEARSAL, body,
	    sample_key(0), &sig, &e), ERR_SIG_WRONG);
	assert_int_equal(signed_verify(PURPOSE_RELEASE, MODE_PRODUCTION,
	    bytes_str("one body of more than twenty byteS"), sample_key(0),
	    &sig, &e), ERR_SIG_WRONG);
	assert_int_equal(signed_verify(PURPOSE_RELEASE, MODE_PRODUCTION, body,
	    sample_key(1), &sig, &e), ERR_SIG_WRONG);
}

static void
a_manifest_hash_as_body_gives_no_signature_over_the_hash(void **state)
{
	struct digest256 hash = sha256(bytes_str("a manifest"));
	struct bytes h = bytes_of(hash.b, sizeof(hash.b));
	struct signature sig;
	struct buf b;

	(void)state;
	for (size_t i = 0; i < PURPOSES; i++) {
		assert_int_equal(signed_message(purposes[i], MODE_PRODUCTION,
		    h, &b, NULL), 0);
		assert_int_equal(keyset_sign(sample_keyset(0), buf_bytes(&b),
		    &sig, NULL), 0);
		assert_int_equal(signature_verify(
		    bytes_of(sample_key(0)->b, PUBLIC_KEY_LEN), buf_bytes(&b),
		    bytes_of(sig.b, SIGNATURE_LEN)), 0);
		assert_int_equal(signature_verify(
		    bytes_of(sample_key(0)->b, PUBLIC_KEY_LEN), h,
		    bytes_of(sig.b, SIGNATURE_LEN)), ERR_SIG_WRONG);
		buf_free(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_is_prefix_mode_and_body),
		cmocka_unit_test(no_message_has_32_bytes_or_less),
		cmocka_unit_test(no_two_purposes_or_modes_share_a_message),
		cmocka_unit_test(a_signature_holds_for_its_purpose_mode_body_and_key_only),
		cmocka_unit_test(a_manifest_hash_as_body_gives_no_signature_over_the_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
