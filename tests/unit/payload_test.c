/*
 * What crosses the gap: every kind from files to a message and back, and
 * what is refused on the way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "airgap/record/approval.h"
#include "airgap/record/attest_bundle.h"
#include "airgap/record/form.h"
#include "airgap/record/payload_forms.h"
#include "airgap/seal/envelope.h"
#include "airgap/seal/hash.h"
#include "airgap/seal/hex.h"
#include "tests/unit/samples.h"
#include "tests/unit/sentence.h"

#define CASE_FILES 4

struct a_case {
	const char *ur;
	struct payload_source in[CASE_FILES];
	const char *out[CASE_FILES];	/* names, in order */
	size_t n, n_out;
};

static struct buf own[40];
static size_t owned;

static struct bytes
keep(struct buf b)
{
	assert_true(owned < sizeof(own) / sizeof(own[0]));
	own[owned] = b;
	return buf_bytes(&own[owned++]);
}

static struct bytes
load(const char *path)
{
	struct buf b;

	assert_int_equal(file_read(path, 1 << 20, &b, NULL), 0);
	return keep(b);
}

static struct bytes
sealed(void)
{
	struct buf b = { malloc(SEALED_SHARE_LEN), SEALED_SHARE_LEN };
	const uint8_t plain[SHARE_LEN] = { 1 };

	assert_int_equal(envelope_seal(bytes_of(sample_key(1)->b,
	    PUBLIC_KEY_LEN), bytes_of(plain, sizeof(plain)), b.p, NULL), 0);
	return keep(b);
}

static struct bytes
pub(const struct public_key *key)
{
	struct buf b = { malloc(2 * PUBLIC_KEY_LEN), 2 * PUBLIC_KEY_LEN };

	hex_encode(key->b, PUBLIC_KEY_LEN, (char *)b.p);
	return keep(b);
}

static struct bytes
sample_of(const char *type, enum mode mode)
{
	for (size_t i = 0; i < SAMPLE_COUNT; i++)
		if (strcmp(samples[i].type, type) == 0)
			return keep(samples[i].make(mode));
	fail();
	return bytes_of(NULL, 0);
}

/* An approval of the hash by sample key i, under that alias. */
static struct bytes
approval(const struct digest256 *hash, size_t i, const char *alias)
{
	struct signature sig;
	struct approval a;
	struct buf out;

	assert_int_equal(keyset_sign(sample_keyset(i), bytes_of(hash->b,
	    SHA256_LEN), &sig, NULL), 0);
	a = (struct approval){ bytes_of(sig.b, SIGNATURE_LEN),
	    { bytes_str(alias), bytes_of(sample_key(i)->b,
	    PUBLIC_KEY_LEN) } };
	assert_int_equal(approval_write(&a, &out, NULL), 0);
	return keep(out);
}

static struct bytes
release(struct bytes share, struct digest256 *manifest)
{
	struct buf body, message, out;
	struct release x;

	sample_release(&x, MODE_REHEARSAL);
	x.share = sha256(share);
	assert_int_equal(release_body(&x, &body, NULL), 0);
	assert_int_equal(signed_message(PURPOSE_RELEASE, x.mode,
	    buf_bytes(&body), &message, NULL), 0);
	assert_int_equal(keyset_sign(sample_keyset(1), buf_bytes(&message),
	    &x.signature, NULL), 0);
	assert_int_equal(release_encode(&x, &out, NULL), 0);
	*manifest = x.manifest;
	buf_free(&body);
	buf_free(&message);
	return keep(out);
}

static struct bytes
part(struct bytes commit, const char *which)
{
	struct cbor_rd r = cbor_rd_of(commit, NULL);
	struct bytes key, value = { NULL, 0 };
	struct cbor_items m;

	assert_int_equal(cbor_map_begin(&r, &m), 0);
	while (cbor_map_next(&r, &m, &key) == 0 && key.p != NULL) {
		if (bytes_equal(key, bytes_str(which))) {
			assert_int_equal(cbor_bytes(&r, &value), 0);
			return value;
		}
		assert_int_equal(cbor_skip(&r), 0);
	}
	fail();
	return value;
}

static struct a_case cases[20];
static size_t case_count;

static void
add(const char *ur, size_t n, const struct payload_source *in, size_t n_out,
    const char *const *out)
{
	struct a_case *c = &cases[case_count++];

	*c = (struct a_case){ .ur = ur, .n = n, .n_out = n_out };
	for (size_t i = 0; i < n; i++)
		c->in[i] = in[i];
	for (size_t i = 0; i < n_out; i++)
		c->out[i] = out[i];
}

static void
add_one(const char *ur, const char *name, struct bytes data)
{
	struct payload_source in = { name, data };

	add(ur, 1, &in, 1, &name);
}

static const char *const genesis_names[] = { "plan.cbor", "genesis_output",
	"spares.cbor", "genesis_statement.cbor" };

static void
add_genesis(void)
{
	struct bytes c = load("tests/fuzz/seeds/genesis_commit/rehearsal.cbor");
	struct payload_source commit = { "genesis.commit", c };
	struct payload_source four[] = {
		{ "plan.cbor", part(c, "plan") },
		{ "genesis_output", part(c, "output") },
		{ "spares.cbor", part(c, "spares") },
		{ "genesis_statement.cbor", part(c, "statement") } };

	add("x-qk-genesis", 4, four, 4, genesis_names);
	add("x-qk-genesis", 1, &commit, 4, genesis_names);
}

static void
add_keys(void)
{
	struct bytes proof = load("tests/fuzz/seeds/token_attestation/bundle.cbor");
	struct attest_bundle b;
	const char *const names[] = { "rehearsal-alice.pub",
	    "rehearsal-alice.attestation", "rehearsal-bob.pub" };

	assert_int_equal(attest_bundle_decode(proof, &b, NULL), 0);
	assert_int_equal(b.mode, MODE_REHEARSAL);
	add("x-qk-keys", 3, (const struct payload_source[]){
	    { "rehearsal-bob.pub", pub(sample_key(1)) }, { "proof", proof },
	    { "rehearsal-alice.pub", pub(&b.key) } }, 3, names);
}

static void
add_release(void)
{
	struct bytes s = sealed(), record, yes;
	struct digest256 manifest;
	const char *const names[] = { "rehearsal-bob.sealed",
	    "rehearsal-bob.approval", "rehearsal-bob.release" };

	record = release(s, &manifest);
	yes = approval(&manifest, 1, "rehearsal-bob");
	add("x-qk-ok", 3, (const struct payload_source[]){
	    { "rehearsal-bob.release", record }, { "rehearsal-bob.sealed", s },
	    { "rehearsal-bob.approval", yes } }, 3, names);
	add_one("x-qk-approval", "rehearsal-bob.approval", yes);
}

static int
make_cases(void **state)
{
	static const char *const names[] = { "manifest_envelope",
	    "attestation_doc" };
	struct bytes envelope = load("tests/fuzz/seeds/manifest/envelope-v2.json");
	struct payload card;
	struct buf nonce;

	(void)state;
	add_keys();
	add_one("x-qk-plan", "plan.cbor", sample_of(PLAN_TYPE,
	    MODE_PRODUCTION));
	add_one("x-qk-plan", "plan.cbor", sample_of(PLAN_TYPE,
	    MODE_REHEARSAL));
	add_genesis();
	add_one("x-qk-share", "alice.share", sealed());
	add_one("x-qk-share", "rehearsal-bob.spare2.share", sealed());
	add_one("x-qk-receipt", "rehearsal-alice.receipt",
	    sample_of(RECEIPT_TYPE, MODE_REHEARSAL));
	add_one("x-qk-manifest", "manifest",
	    load("tests/fuzz/seeds/manifest/manifest-v2.json"));
	add_one("x-qk-manifest", "manifest",
	    load("tests/fuzz/seeds/manifest/manifest-v1.borsh"));
	add_one("x-qk-envelope", "manifest_envelope", envelope);
	add_release();
	add("x-qk-attest", 2, (const struct payload_source[]){
	    { "live.doc", load("tests/fuzz/seeds/document/definite.cbor") },
	    { "e", envelope } }, 2, names);
	assert_int_equal(challenge_make(MODE_PRODUCTION, &nonce, NULL), 0);
	add_one("x-qk-nonce", "challenge.cbor", keep(nonce));
	assert_int_equal(payload_test_card(&card, NULL), 0);
	add_one("x-qk-hi", "test-card.cbor", keep(card.message));
	card.message = (struct buf){ 0 };
	payload_free(&card);
	return 0;
}

static int
free_cases(void **state)
{
	(void)state;
	while (owned > 0)
		buf_free(&own[--owned]);
	return 0;
}

static struct payload
made(const struct a_case *c)
{
	struct payload p;
	struct err e;

	if (payload_of_files(c->in, c->n, &p, &e) != 0)
		fail_msg("%s: %s", c->ur, e.text);
	return p;
}

static void
assert_files(const struct a_case *c, const struct payload *p)
{
	assert_int_equal(p->count, c->n_out);
	for (size_t i = 0; i < p->count; i++) {
		bool found = c->n != c->n_out;	/* out of a commit */

		assert_string_equal(p->files[i].name, c->out[i]);
		for (size_t j = 0; j < c->n; j++)
			found = found || bytes_equal(c->in[j].data,
			    buf_bytes(&p->files[i].data));
		assert_true(found);
	}
}

static void
every_kind_goes_from_files_to_a_message_and_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < case_count; i++) {
		struct payload p = made(&cases[i]), back;

		assert_string_equal(p.kind->ur, cases[i].ur);
		assert_files(&cases[i], &p);
		assert_int_equal(payload_read(p.kind->ur,
		    buf_bytes(&p.message), &back, NULL), 0);
		assert_true(bytes_equal(buf_bytes(&p.message),
		    buf_bytes(&back.message)));
		assert_files(&cases[i], &back);
		assert_true(strlen(p.summary) > 5);
		assert_string_equal(p.summary, back.summary);
		payload_free(&p);
		payload_free(&back);
	}
}

static void
every_kind_of_the_table_is_tried_here(void **state)
{
	const struct payload_kind *k;
	size_t n = 0;

	(void)state;
	for (; (k = payload_kind_at(n)) != NULL; n++) {
		bool tried = false;

		for (size_t i = 0; i < case_count; i++)
			tried = tried || strcmp(cases[i].ur, k->ur) == 0;
		assert_true(tried);
		assert_true(strlen(k->what) > 5);
	}
	assert_int_equal(n, 12);
}

static void
files_of_a_payload_make_the_same_payload_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < case_count; i++) {
		struct payload p = made(&cases[i]), again;
		struct payload_source in[CASE_FILES];

		for (size_t j = 0; j < p.count; j++)
			in[j] = (struct payload_source){ p.files[j].name,
			    buf_bytes(&p.files[j].data) };
		assert_int_equal(payload_of_files(in, p.count, &again, NULL),
		    0);
		assert_true(bytes_equal(buf_bytes(&p.message),
		    buf_bytes(&again.message)));
		payload_free(&p);
		payload_free(&again);
	}
}

/* Reads message as kind ur: refused, and the sentence has all of word. */
static void
assert_refused(const char *ur, struct bytes message, const char *word)
{
	struct payload p;
	struct err e = { 0 };
	int r = payload_read(ur, message, &p, &e);

	if (r != ERR_INPUT && r != ERR_REFUSED && r != ERR_SIG_WRONG)
		fail_msg("%s, %s: %d", ur, word, r);
	assert_sentence(&e, word);
	assert_null(p.files);
	assert_null(p.message.p);
}

static void
assert_edit_refused(const char *ur, struct bytes message, const char *key,
    struct bytes value, const char *word)
{
	struct buf changed = sample_with(message, key, value);

	assert_refused(ur, buf_bytes(&changed), word);
	buf_free(&changed);
}

static void
an_unknown_key_another_version_or_type_is_refused_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < case_count; i++) {
		struct payload p = made(&cases[i]);
		struct bytes m = buf_bytes(&p.message);

		assert_edit_refused(cases[i].ur, m, "extra",
		    bytes_str("\x01"), "unknown key 'extra'");
		assert_edit_refused(cases[i].ur, m, "v", bytes_str("\x02"),
		    "version 2");
		assert_edit_refused(cases[i].ur, m, "type",
		    bytes_str("\x69quorate/x"), "'quorate/x'");
		assert_edit_refused(cases[i].ur, m, "mode",
		    bytes_of(NULL, 0), "'mode' is missing");
		assert_edit_refused(cases[i].ur, m, "mode",
		    bytes_str("\x64live"), "neither 'production'");
		payload_free(&p);
	}
}

static void
the_other_mode_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < case_count; i++) {
		struct payload p = made(&cases[i]);

		/* a nonce has no mark: whoever asks compares the mode */
		if (strcmp(cases[i].ur, "x-qk-nonce") != 0)
			assert_edit_refused(cases[i].ur,
			    buf_bytes(&p.message), "mode", bytes_str(
			    p.mode == MODE_REHEARSAL ? "\x6aproduction" :
			    "\x69rehearsal"), "");
		payload_free(&p);
	}
}

static void
trailing_bytes_truncation_and_longer_forms_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < case_count; i++) {
		struct payload p = made(&cases[i]);
		size_t n = p.message.n;
		uint8_t *b = malloc(n + 1);

		memcpy(b, p.message.p, n);
		b[n] = 0;
		assert_refused(cases[i].ur, bytes_of(b, n + 1), "byte");
		for (size_t cut = 0; cut < n; cut += cut < 64 ? 1 : 97)
			assert_refused(cases[i].ur, bytes_of(b, cut), "");
		/* the map's count in two bytes */
		b[0] = 0xb8;
		b[1] = (uint8_t)(p.message.p[0] & 31);
		memcpy(b + 2, p.message.p + 1, n - 1);
		assert_refused(cases[i].ur, bytes_of(b, n + 1),
		    "shortest form");
		free(b);
		payload_free(&p);
	}
}

static void
a_message_has_262144_bytes_at_most(void **state)
{
	static const uint8_t b[PAYLOAD_MAX + 1];

	(void)state;
	assert_refused("x-qk-plan", bytes_of(b, sizeof(b)), "at most 262144");
	assert_refused("x-qk-plan", bytes_of(b, PAYLOAD_MAX), "plan: ");
}

static void
a_message_is_only_of_its_own_type(void **state)
{
	const struct payload_kind *k;

	(void)state;
	for (size_t i = 0; i < case_count; i++) {
		struct payload p = made(&cases[i]);

		for (size_t j = 0; (k = payload_kind_at(j)) != NULL; j++)
			if (strcmp(k->ur, cases[i].ur) != 0)
				assert_refused(k->ur, buf_bytes(&p.message),
				    "this is a record of type");
		assert_refused("x-qk-else", buf_bytes(&p.message),
		    "not known");
		assert_refused("bytes", buf_bytes(&p.message), "not known");
		payload_free(&p);
	}
}

static void
assert_files_refused(const struct payload_source *in, size_t n,
    const char *word)
{
	struct payload p;
	struct err e = { 0 };
	int r = payload_of_files(in, n, &p, &e);

	if (r != ERR_INPUT && r != ERR_REFUSED)
		fail_msg("'%s': %d", word, r);
	assert_sentence(&e, word);
	assert_null(p.files);
}

static void
a_secret_is_no_payload_whatever_its_name(void **state)
{
	static const char seed[] =
	    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
	uint8_t share[SHARE_LEN] = { 1, 2, 3 };
	static const char *const names[] = { "seed.secret", "alice.share",
	    "alice.pub", "alice.sealed", "alice.approval", "genesis_output",
	    "plan.cbor", "manifest", "x" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct payload_source in = { names[i], bytes_str(seed) };

		assert_files_refused(&in, 1, names[i]);
		in.data = bytes_of(share, sizeof(share));
		/* x = 132 and 210 begin as a document does */
		for (unsigned x = 0; x < 256; x++) {
			share[0] = (uint8_t)x;
			assert_files_refused(&in, 1, names[i]);
		}
	}
}

static void
files_that_do_not_go_together_are_refused(void **state)
{
	const struct a_case *keys = &cases[0], *ok = NULL;
	struct payload_source two[2], proof = keys->in[1];

	(void)state;
	for (size_t i = 0; i < case_count; i++)
		if (strcmp(cases[i].ur, "x-qk-ok") == 0)
			ok = &cases[i];
	assert_non_null(ok);
	assert_files_refused(&proof, 1, "does not go alone");
	assert_files_refused(&ok->in[1], 1, "does not go alone");
	assert_files_refused(ok->in, 2, "do not make one message");
	two[0] = two[1] = cases[1].in[0];
	assert_files_refused(two, 2, "a second plan");
	two[0] = proof;
	two[1] = keys->in[0];
	assert_files_refused(two, 2, "not among these .pub files");
}

static void
a_mix_of_modes_is_refused(void **state)
{
	struct payload_source in[2] = {
	    { "alice.pub", pub(sample_key(1)) },
	    { "rehearsal-bob.pub", pub(sample_key(2)) } };

	(void)state;
	assert_files_refused(in, 2, "rehearsal");
}

static void
two_keys_under_one_alias_are_refused(void **state)
{
	struct payload_source in[2] = { { "bob.pub", pub(sample_key(1)) },
	    { "bob.2.pub", pub(sample_key(2)) } };

	(void)state;
	assert_files_refused(in, 2, "twice");
}

static void
a_release_of_unlike_parts_is_refused(void **state)
{
	struct bytes s = sealed(), other = sealed(), record;
	struct digest256 manifest, wrong = { { 1 } };
	struct payload_source in[3];

	(void)state;
	record = release(s, &manifest);
	in[0] = (struct payload_source){ "rehearsal-bob.sealed", other };
	in[1] = (struct payload_source){ "a", approval(&manifest, 1,
	    "rehearsal-bob") };
	in[2] = (struct payload_source){ "r", record };
	assert_files_refused(in, 3, "not the one that its release record");
	in[0].data = s;
	in[1].data = approval(&manifest, 2, "rehearsal-bob");
	assert_files_refused(in, 3, "another person or key");
	in[1].data = approval(&manifest, 1, "rehearsal-carol");
	assert_files_refused(in, 3, "another person or key");
	in[1].data = approval(&wrong, 1, "rehearsal-bob");
	assert_files_refused(in, 3, "not a signature of the manifest");
}

static void
a_name_from_outside_stays_a_name(void **state)
{
	static const char *const bad[] = { "../x.pub", ".pub", "a/b.share" };
	struct payload_source in;

	(void)state;
	assert_files_refused(&(struct payload_source){ "x", bytes_of(NULL, 0) },
	    1, "x: none of the files");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		in = (struct payload_source){ bad[i], pub(sample_key(1)) };
		assert_files_refused(&in, 1, bad[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_goes_from_files_to_a_message_and_back),
		cmocka_unit_test(every_kind_of_the_table_is_tried_here),
		cmocka_unit_test(files_of_a_payload_make_the_same_payload_again),
		cmocka_unit_test(an_unknown_key_another_version_or_type_is_refused_by_name),
		cmocka_unit_test(the_other_mode_is_refused),
		cmocka_unit_test(trailing_bytes_truncation_and_longer_forms_are_refused),
		cmocka_unit_test(a_message_has_262144_bytes_at_most),
		cmocka_unit_test(a_message_is_only_of_its_own_type),
		cmocka_unit_test(a_secret_is_no_payload_whatever_its_name),
		cmocka_unit_test(files_that_do_not_go_together_are_refused),
		cmocka_unit_test(a_mix_of_modes_is_refused),
		cmocka_unit_test(two_keys_under_one_alias_are_refused),
		cmocka_unit_test(a_release_of_unlike_parts_is_refused),
		cmocka_unit_test(a_name_from_outside_stays_a_name),
	};

	return cmocka_run_group_tests(tests, make_cases, free_cases);
}
