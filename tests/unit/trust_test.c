/*
 * The operator's trust file: what it remembers is compared, every
 * difference is refused by its name, and on disk it is whole or not there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "airgap/seal/hash.h"
#include "ceremony/share_release.h"
#include "tests/unit/samples.h"
#include "tests/unit/sentence.h"

static void
assert_differs(const struct trust *now, const char *words)
{
	struct trust old;
	struct err e = { 0 };

	sample_trust(&old, MODE_REHEARSAL);
	assert_int_equal(trust_compare(&old, now, &e), ERR_REFUSED);
	assert_sentence(&e, words);
}

static void
the_same_nonce_and_a_higher_one_are_fine(void **state)
{
	struct trust old, now;

	(void)state;
	sample_trust(&old, MODE_REHEARSAL);
	now = old;
	assert_int_equal(trust_compare(&old, &now, NULL), 0);
	now.nonce++;
	assert_int_equal(trust_compare(&old, &now, NULL), 0);
	now.nonce = UINT32_MAX;
	assert_int_equal(trust_compare(&old, &now, NULL), 0);
}

static void
another_manifest_with_the_same_nonce_is_refused(void **state)
{
	struct trust old, now;

	(void)state;
	sample_trust(&now, MODE_REHEARSAL);
	now.manifest.b[31] ^= 1;
	assert_differs(&now, "another manifest with nonce 7");
	now.nonce++;
	sample_trust(&old, MODE_REHEARSAL);
	assert_int_equal(trust_compare(&old, &now, NULL), 0);
	/* a file of the time before hashes were remembered */
	now.nonce--;
	old.has_manifest = false;
	assert_int_equal(trust_compare(&old, &now, NULL), 0);
}

static void
a_lower_nonce_is_refused_with_both(void **state)
{
	struct trust now;

	(void)state;
	sample_trust(&now, MODE_REHEARSAL);
	now.nonce = 6;
	assert_differs(&now, "nonce 6 is lower than 7");
	now.nonce = 0;
	assert_differs(&now, "nonce 0 is lower than 7");
}

static void
each_other_difference_is_refused_by_its_name(void **state)
{
	struct trust same, now;

	(void)state;
	sample_trust(&same, MODE_REHEARSAL);
	same.nonce++;
	now = same;
	now.name = bytes_str("REHEARSAL/other");
	assert_differs(&now, "of namespace \"REHEARSAL/vault\"");
	now = same;
	now.mode = MODE_PRODUCTION;
	assert_differs(&now, "of namespace");
	now = same;
	now.quorum.b[129] ^= 1;
	assert_differs(&now, "the quorum key is not the one");
	now = same;
	now.manifest_set.b[31] ^= 1;
	assert_differs(&now, "the manifest set is not the one");
	now = same;
	now.pcr3.b[47] ^= 1;
	assert_differs(&now, "the role ARN (PCR3) is not the one");
	now = same;
	now.share_hash.b[63] ^= 1;
	assert_differs(&now, "the hash of your share is not the one");
}

/* --- of a manifest */

struct made {
	struct member member[3];
	struct manifest m;
	struct buf own;
	uint8_t pcr3[SHA384_LEN];
};

static void
pack(struct made *x, size_t a, size_t b, size_t c)
{
	const struct member order[] = { x->member[a], x->member[b],
		x->member[c] };

	buf_free(&x->own);
	assert_int_equal(list_pack(&type_member, order, 3,
	    &x->m.manifest_set.members, &x->own, NULL), 0);
}

static void
make(struct made *x)
{
	static const char *const names[] = { "rehearsal-a", "rehearsal-b",
		"rehearsal-c" };

	*x = (struct made){ .m = { .version = 2,
	    .ns = { .name = bytes_str("REHEARSAL/vault"), .nonce = 9,
	    .quorum_key = bytes_of(sample_key(6)->b, PUBLIC_KEY_LEN) },
	    .manifest_set = { .threshold = 2 } } };
	memset(x->pcr3, 0x33, sizeof(x->pcr3));
	x->m.enclave.pcr[3] = bytes_of(x->pcr3, sizeof(x->pcr3));
	for (size_t i = 0; i < 3; i++)
		x->member[i] = (struct member){ bytes_str(names[i]),
		    bytes_of(sample_key(i)->b, PUBLIC_KEY_LEN) };
	pack(x, 0, 1, 2);
}

static void
what_is_trusted_is_what_the_manifest_says(void **state)
{
	struct digest256 hash;
	struct trust t;
	struct made x;

	(void)state;
	make(&x);
	assert_int_equal(trust_of_manifest(&x.m, MODE_REHEARSAL, &t, NULL),
	    0);
	assert_true(bytes_equal(t.name, x.m.ns.name));
	assert_int_equal(t.mode, MODE_REHEARSAL);
	assert_int_equal(t.nonce, 9);
	assert_memory_equal(t.quorum.b, sample_key(6)->b, PUBLIC_KEY_LEN);
	assert_memory_equal(t.pcr3.b, x.pcr3, SHA384_LEN);
	assert_int_equal(manifest_hash(&x.m, &hash, NULL), 0);
	assert_true(t.has_manifest && digest256_equal(&t.manifest, &hash));
	buf_free(&x.own);
}

static void
a_set_in_another_order_is_the_same_set(void **state)
{
	struct trust t, again;
	struct made x;

	(void)state;
	make(&x);
	assert_int_equal(trust_of_manifest(&x.m, MODE_REHEARSAL, &t, NULL),
	    0);
	pack(&x, 2, 0, 1);
	x.m.ns.nonce++;
	assert_int_equal(trust_of_manifest(&x.m, MODE_REHEARSAL, &again,
	    NULL), 0);
	assert_int_equal(trust_compare(&t, &again, NULL), 0);
	buf_free(&x.own);
}

static void
another_threshold_alias_or_key_is_another_set(void **state)
{
	struct trust t, other;
	struct made x;

	(void)state;
	make(&x);
	assert_int_equal(trust_of_manifest(&x.m, MODE_REHEARSAL, &t, NULL),
	    0);
	x.m.ns.nonce++;
	for (int i = 0; i < 3; i++) {
		struct member was = x.member[2];

		if (i == 0)
			x.m.manifest_set.threshold = 3;
		else if (i == 1)
			x.member[2].alias = bytes_str("rehearsal-d");
		else
			x.member[2].pub_key = bytes_of(sample_key(4)->b,
			    PUBLIC_KEY_LEN);
		pack(&x, 0, 1, 2);
		assert_int_equal(trust_of_manifest(&x.m, MODE_REHEARSAL,
		    &other, NULL), 0);
		assert_int_equal(trust_compare(&t, &other, NULL),
		    ERR_REFUSED);
		x.m.manifest_set.threshold = 2;
		x.member[2] = was;
	}
	buf_free(&x.own);
}

static void
a_key_or_a_pcr_of_another_length_is_refused(void **state)
{
	struct trust t;
	struct made x;

	(void)state;
	make(&x);
	x.m.ns.quorum_key.n--;
	assert_int_equal(trust_of_manifest(&x.m, MODE_REHEARSAL, &t, NULL),
	    ERR_REFUSED);
	x.m.ns.quorum_key.n++;
	x.m.enclave.pcr[3].n--;
	assert_int_equal(trust_of_manifest(&x.m, MODE_REHEARSAL, &t, NULL),
	    ERR_REFUSED);
	buf_free(&x.own);
}

/* --- on disk */

static char dir[64], path[96];

static int
start(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/trust_test.XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/trust", dir);
	return 0;
}

static int
finish(void **state)
{
	(void)state;
	(void)unlink(path);
	/* fails if anything else was left */
	return rmdir(dir);
}

static void
assert_on_disk(uint64_t nonce)
{
	struct buf in;
	struct trust t;
	struct stat st;
	bool known;

	assert_int_equal(trust_load(path, &known, &in, &t, NULL), 0);
	assert_true(known);
	assert_int_equal(t.nonce, nonce);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	buf_free(&in);
}

static void
no_file_is_nothing_known_and_no_error(void **state)
{
	struct trust t;
	struct buf in;
	bool known = true;

	(void)state;
	assert_int_equal(trust_load(path, &known, &in, &t, NULL), 0);
	assert_false(known);
	assert_null(in.p);
}

static void
what_is_stored_is_loaded_and_replaced_and_private(void **state)
{
	struct trust t;

	(void)state;
	sample_trust(&t, MODE_REHEARSAL);
	for (t.nonce = 1; t.nonce < 4; t.nonce++) {
		mode_t was = umask(t.nonce == 2 ? 0777 : 0);

		assert_int_equal(trust_store(path, &t, NULL), 0);
		umask(was);
		assert_on_disk(t.nonce);
		assert_int_equal(chmod(path, 0644), 0);
	}
}

static void
what_may_not_be_stored_leaves_the_old_one(void **state)
{
	struct trust t;

	(void)state;
	sample_trust(&t, MODE_REHEARSAL);
	assert_int_equal(trust_store(path, &t, NULL), 0);
	t.mode = MODE_PRODUCTION;
	assert_int_equal(trust_store(path, &t, NULL), ERR_REFUSED);
	t.mode = MODE_REHEARSAL;
	t.nonce = (uint64_t)UINT32_MAX + 1;
	assert_int_equal(trust_store(path, &t, NULL), ERR_INPUT);
	t.nonce = 8;
	memset(t.quorum.b, 0, PUBLIC_KEY_LEN);
	assert_int_not_equal(trust_store(path, &t, NULL), 0);
	assert_on_disk(7);
}

static void
each_damage_of_the_file_is_named_with_the_file(void **state)
{
	struct buf b = samples[5].make(MODE_REHEARSAL), in;
	struct trust t;
	bool known;

	(void)state;
	for (size_t n = 0; n < b.n; n += 7) {
		struct err e = { 0 };

		assert_int_equal(file_write(path, bytes_of(b.p, n), 0600,
		    true, NULL), 0);
		assert_int_equal(trust_load(path, &known, &in, &t, &e),
		    ERR_INPUT);
		assert_true(known);
		assert_null(in.p);
		assert_int_equal(strncmp(e.text, path, strlen(path)), 0);
	}
	buf_free(&b);
}

#define DISK(f) cmocka_unit_test_setup_teardown(f, start, finish)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_nonce_and_a_higher_one_are_fine),
		cmocka_unit_test(another_manifest_with_the_same_nonce_is_refused),
		cmocka_unit_test(a_lower_nonce_is_refused_with_both),
		cmocka_unit_test(each_other_difference_is_refused_by_its_name),
		cmocka_unit_test(what_is_trusted_is_what_the_manifest_says),
		cmocka_unit_test(a_set_in_another_order_is_the_same_set),
		cmocka_unit_test(another_threshold_alias_or_key_is_another_set),
		cmocka_unit_test(a_key_or_a_pcr_of_another_length_is_refused),
		DISK(no_file_is_nothing_known_and_no_error),
		DISK(what_is_stored_is_loaded_and_replaced_and_private),
		DISK(what_may_not_be_stored_leaves_the_old_one),
		DISK(each_damage_of_the_file_is_named_with_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
