/*
 * Local sources, the pinned root, and manifests made of them: the bytes that
 * QOS makes of the same inputs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "airgap/record/aws_root.h"
#include "airgap/seal/hash.h"
#include "airgap/seal/hex.h"
#include "ceremony/manifest_flow.h"
#include "ceremony/manifest_make.h"
#include "tests/unit/samples.h"
#include "tests/unit/scratch.h"
#include "tests/unit/vectors.h"

#define ROOT_SHA256 \
	"641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b"
#define PCR_A \
	"181bd012baaecfd0bd4d6f617bea65ad5a76413d2a0c09b1" \
	"8efe72bff3fdc4b55f7416ec6d88a4d3236ce02d83b5eb8b"
#define PCR_C \
	"21b9efbc184807662e966d34f390821309eeac6802309798" \
	"826296bf3e8bec7c10edb30948c90ba67310f7b964fc500a"
#define ARN "arn:aws:iam::123456789012:role/Webserver"

static void
put(const char *name, const char *text)
{
	assert_int_equal(file_write(scratch_at(name), bytes_str(text),
	    FILE_MODE_PUBLIC, true, NULL), 0);
}

static void
assert_hex(const uint8_t *p, size_t n, const char *want)
{
	char text[512];

	assert_true(2 * n < sizeof(text));
	hex_text(p, n, text);
	assert_string_equal(text, want);
}

static void
the_pinned_root_is_the_published_one(void **state)
{
	struct digest256 d = sha256(aws_root_der());

	(void)state;
	assert_hex(d.b, sizeof(d.b), ROOT_SHA256);
}

static void
a_pcr_file_gives_its_first_three_lines(void **state)
{
	static const char *const good[] = {
		PCR_A " PCR0\n" PCR_A " PCR1\n" PCR_C " PCR2",
		PCR_A " PCR0\r\n" PCR_A "\tPCR1\r\n" PCR_C "  PCR2\r\n",
		PCR_A " PCR0\n" PCR_A " PCR1\n" PCR_C " PCR2\nmore words\n",
	};
	struct digest384 pcr[3];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		put("pcrs", good[i]);
		assert_int_equal(source_pcrs(scratch_at("pcrs"), pcr, NULL), 0);
		assert_hex(pcr[0].b, PCR_LEN, PCR_A);
		assert_hex(pcr[1].b, PCR_LEN, PCR_A);
		assert_hex(pcr[2].b, PCR_LEN, PCR_C);
	}
}

static void
a_pcr_file_of_another_form_is_refused_by_line(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "", "0 lines" },
		{ PCR_A " PCR0\n" PCR_A " PCR1\n", "2 lines" },
		{ PCR_A "\n", "line 1: not the two words" },
		{ PCR_A " PCR0 x\n", "line 1: not the two words" },
		{ PCR_A " PCR0\n\n", "line 2: not the two words" },
		{ PCR_A " PCR1\n", "line 1 must be PCR0" },
		{ PCR_A " PCR0\n" PCR_A " PCR0\n", "line 2 must be PCR1" },
		{ PCR_A "00 PCR0\n", "PCR0" },
		{ "00 PCR0\n", "PCR0" },
		{ "zz PCR0\n", "PCR0" },
		{ PCR_A " PCR0\n" PCR_A " PCR1\n" PCR_C " PCR2\nword\n",
		    "line 4: not the two words" },
	};
	struct digest384 pcr[3];
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put("pcrs", bad[i].text);
		assert_int_equal(source_pcrs(scratch_at("pcrs"), pcr, &e), ERR_INPUT);
		assert_non_null(strstr(e.text, bad[i].says));
		assert_non_null(strstr(e.text, "/pcrs"));
	}
}

static void
pcr3_is_of_the_first_line_and_only_its_end_is_stripped(void **state)
{
	static const char *const same[] = { ARN, ARN "\n", ARN "\r\n",
		ARN "\nsecond line\n" };
	static const char *const other[] = { ARN " \n", " " ARN, "\t" ARN,
		ARN "\r", "arn:aws:s3:::role/R\n",
		"arn:aws:iam::1:instance-profile/R\n",
		"iam::1:role/R arn:aws\n" };
	json_t *vectors = vectors_load("digest_pcr");
	const json_t *v = vector_named(vectors, "pcr3 from role arn");
	struct digest384 pcr3;
	struct err e;

	(void)state;
	assert_string_equal(vector_text(v, "role_arn"), ARN);
	for (size_t i = 0; i < 4; i++) {
		put("arn", same[i]);
		assert_int_equal(source_role_arn(scratch_at("arn"), &pcr3, NULL), 0);
		assert_hex(pcr3.b, PCR_LEN, vector_text(v, "pcr3"));
	}
	/* nobody's role: its PCR3 would be no instance's */
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		put("arn", other[i]);
		assert_int_equal(source_role_arn(scratch_at("arn"), &pcr3, &e),
		    ERR_INPUT);
		assert_non_null(strstr(e.text, "not the ARN of an IAM role"));
	}
	put("arn", "\n" ARN);
	assert_int_equal(source_role_arn(scratch_at("arn"), &pcr3, &e), ERR_INPUT);
	put("arn", "");
	assert_int_equal(source_role_arn(scratch_at("arn"), &pcr3, &e), ERR_INPUT);
	assert_non_null(strstr(e.text, "/arn: the first line"));
	json_decref(vectors);
}

static void
a_pivot_counts_by_its_sha256_however_it_is_given(void **state)
{
	json_t *vectors = vectors_load("manifest");
	const json_t *v = vector_named(vectors, "golden inputs");
	const char *want = vector_text(v, "pivot_sha256");
	struct digest256 d;
	struct err e;
	char text[80];

	(void)state;
	put("pivot", vector_text(v, "pivot_bytes_ascii"));
	assert_int_equal(source_pivot(scratch_at("pivot"), &d, NULL), 0);
	assert_hex(d.b, sizeof(d.b), want);
	snprintf(text, sizeof(text), "%s\r\nrest\n", want);
	put("hash", text);
	memset(&d, 0, sizeof(d));
	assert_int_equal(source_pivot_hash(scratch_at("hash"), &d, NULL), 0);
	assert_hex(d.b, sizeof(d.b), want);
	put("hash", "");
	assert_int_equal(source_pivot_hash(scratch_at("hash"), &d, &e), ERR_INPUT);
	put("hash", want + 2);
	assert_int_equal(source_pivot_hash(scratch_at("hash"), &d, &e), ERR_INPUT);
	assert_non_null(strstr(e.text, "/hash: the first line"));
	json_decref(vectors);
}

/* --- what QOS makes of the same inputs */

static const char *golden_args[] = { "--config",
	"/etc/config.json" };
static const char *golden_bridges[] = { "server:3000:0.0.0.0" };
static const char *golden_dns[] = { "1.1.1.1",
	"2606:4700:4700:0:0:0:0:1111" };

static void
many_set(struct many *m, const char **v, size_t n)
{
	m->v = v;
	m->n = n;
}

/* The files of the vector "golden inputs"; paths[] holds their names. */
static void
golden_inputs(struct manifest_inputs *in, const json_t *vectors)
{
	static char paths[5][256];
	static const char *const names[5] = { "set", "pcrs", "arn", "pivot",
		"set/dev.pub" };
	const json_t *v = vector_named(vectors, "golden inputs");
	json_t *m = json_loads(vector_text(vector_named(vectors, "manifest V1 "
	    "storage JSON (serde_json order, numbers as numbers)"), "json"),
	    0, NULL);
	const char *key = json_string_value(json_object_get(json_object_get(m,
	    "namespace"), "quorumKey"));

	for (size_t i = 0; i < 5; i++)
		snprintf(paths[i], sizeof(paths[i]), "%s", scratch_at(names[i]));
	assert_int_equal(file_mkdir(paths[0], 0755, NULL), 0);
	put("set/dev.pub", key);
	put("set/quorum_threshold", "1\n");
	put("pcrs", PCR_A " PCR0\n" PCR_A " PCR1\n" PCR_C " PCR2");
	put("arn", ARN "\n");
	put("pivot", vector_text(v, "pivot_bytes_ascii"));
	json_decref(m);
	*in = (struct manifest_inputs){ .version = 1,
		.name = "production/signer", .nonce = 31, .restart = "Always",
		.debug_mode = true,
		.sources = { .manifest_set = paths[0], .share_set = paths[0],
			.patch_set = paths[0], .pcrs = paths[1],
			.role_arn = paths[2], .pivot = paths[3],
			.quorum_key = paths[4] } };
	many_set(&in->args, golden_args, 2);
	many_set(&in->bridges, golden_bridges, 1);
}

static void
assert_made(const struct manifest_inputs *in, const char *storage,
    const char *hash)
{
	static struct made_manifest made;
	struct digest256 d;
	struct buf b;
	struct err e;

	assert_int_equal(manifest_make(in, &made, &e), 0);
	assert_int_equal(manifest_write(&made.m, &b, &e), 0);
	assert_int_equal(b.n, strlen(storage));
	assert_memory_equal(b.p, storage, b.n);
	assert_int_equal(manifest_hash(&made.m, &d, &e), 0);
	assert_hex(d.b, sizeof(d.b), hash);
	buf_free(&b);
	made_manifest_free(&made);
}

static void
the_golden_inputs_give_the_bytes_and_the_hash_of_qos(void **state)
{
	json_t *vectors = vectors_load("manifest");
	const json_t *v1 = vector_named(vectors, "manifest V1 storage JSON "
	    "(serde_json order, numbers as numbers)");
	const json_t *v2 = vector_named(vectors, "V2 from golden inputs, no "
	    "dns, no env");
	const json_t *dns = vector_named(vectors, "V2 from golden inputs with "
	    "dns (inputs of v2_commands_generate_approve_and_envelope_use_"
	    "json_hash)");
	struct manifest_inputs in;
	const char *bridges[1];

	(void)state;
	golden_inputs(&in, vectors);
	assert_made(&in, vector_text(v1, "json"), vector_text(v1,
	    "borsh_sha256_is_manifest_hash"));
	put("bridges", "[{\"type\":\"server\",\"port\":3000,"
	    "\"host\":\"0.0.0.0\"}]");
	bridges[0] = scratch_at("bridges");
	many_set(&in.bridges, bridges, 1);
	assert_made(&in, vector_text(v1, "json"), vector_text(v1,
	    "borsh_sha256_is_manifest_hash"));
	in.version = 2;
	in.sources.patch_set = NULL;
	assert_made(&in, vector_text(v2, "canonical_json_is_storage_form"),
	    vector_text(v2, "manifest_hash"));
	many_set(&in.dns, golden_dns, 2);
	assert_made(&in, vector_text(dns, "canonical_json_is_storage_form"),
	    vector_text(dns, "manifest_hash"));
	json_decref(vectors);
}

static void
a_recorded_approval_of_qos_approves_the_golden_manifest(
    void **state)
{
	json_t *vectors = vectors_load("manifest");
	const json_t *v = vector_named(vectors, "V2 from golden inputs, no "
	    "dns, no env");
	struct manifest_inputs in;
	static struct made_manifest made;
	struct envelope env = { 0 };
	struct check_result res;
	struct approval a;
	struct buf sig, own;
	struct err e;

	(void)state;
	golden_inputs(&in, vectors);
	in.version = 2;
	in.sources.patch_set = NULL;
	assert_int_equal(manifest_make(&in, &made, &e), 0);
	sig = vector_buf(v, "approval_signature_by_primary");
	a = (struct approval){ buf_bytes(&sig), { bytes_str("dev"),
	    made.m.ns.quorum_key } };
	env.manifest = made.m;
	assert_int_equal(envelope_check_approvals(&env, &res, &e),
	    ERR_REFUSED);
	assert_int_equal(res.why, REFUSAL_NOT_ENOUGH);
	assert_int_equal(list_pack(&type_approval, &a, 1,
	    &env.manifest_approvals, &own, &e), 0);
	assert_int_equal(envelope_check_approvals(&env, &res, &e), 0);
	buf_free(&own);
	sig.p[40] ^= 1;
	assert_int_equal(list_pack(&type_approval, &a, 1,
	    &env.manifest_approvals, &own, &e), 0);
	assert_int_equal(envelope_check_approvals(&env, &res, &e),
	    ERR_REFUSED);
	assert_int_equal(res.why, REFUSAL_BAD_APPROVAL);
	buf_free(&own);
	free(sig.p);
	made_manifest_free(&made);
	json_decref(vectors);
}

static void
shares_1_of_1_made_as_qos_does_are_refused_by_the_rules(
    void **state)
{
	json_t *vectors = vectors_load("manifest");
	struct manifest_inputs in;
	static struct made_manifest made;
	struct err e;

	(void)state;
	golden_inputs(&in, vectors);
	assert_int_equal(manifest_make(&in, &made, &e), 0);
	assert_int_equal(manifest_rules(&made.m, &e), ERR_REFUSED);
	assert_non_null(strstr(e.text, "share set: threshold 1 of 1"));
	made_manifest_free(&made);
	json_decref(vectors);
}

static void
a_comparison_finds_each_wrong_source_and_no_other(void **state)
{
	static const struct {
		const char *file, *text;
		enum source_field field;
	} wrong[] = {
		{ "pcrs", PCR_C " PCR0\n" PCR_A " PCR1\n" PCR_C " PCR2",
		    SOURCE_PCRS },
		{ "pcrs", PCR_A " PCR0\n" PCR_C " PCR1\n" PCR_C " PCR2",
		    SOURCE_PCRS },
		{ "pcrs", PCR_A " PCR0\n" PCR_A " PCR1\n" PCR_A " PCR2",
		    SOURCE_PCRS },
		{ "arn", ARN "2\n", SOURCE_ROLE_ARN },
		{ "pivot", "another pivot", SOURCE_PIVOT },
	};
	json_t *vectors = vectors_load("manifest");
	struct manifest_inputs in;
	static struct made_manifest made;
	struct comparison cmp;
	struct sources s;
	struct err e;

	(void)state;
	golden_inputs(&in, vectors);
	assert_int_equal(manifest_make(&in, &made, &e), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		golden_inputs(&in, vectors);
		put(wrong[i].file, wrong[i].text);
		assert_int_equal(sources_read(&in.sources, &s, &e), 0);
		assert_int_equal(sources_compare(&s, &made.m, &cmp, &e), 0);
		for (enum source_field f = 0; f < SOURCE_FIELDS; f++)
			assert_int_equal(cmp.verdict[f], f == wrong[i].field ?
			    SOURCE_DIFFERS : SOURCE_SAME);
		assert_int_equal(comparison_check(&cmp, &e), ERR_REFUSED);
		assert_non_null(strstr(e.text, source_name(wrong[i].field)));
		sources_free(&s);
	}
	made_manifest_free(&made);
	json_decref(vectors);
}

static void
root_and_commit_are_compared_though_no_file_gives_them(void **state)
{
	json_t *vectors = vectors_load("manifest");
	const struct source_paths none = { 0 };
	struct manifest_inputs in;
	static struct made_manifest made;
	struct comparison cmp;
	struct sources s;
	struct err e;

	(void)state;
	golden_inputs(&in, vectors);
	assert_int_equal(manifest_make(&in, &made, &e), 0);
	assert_int_equal(sources_read(&none, &s, &e), 0);
	assert_int_equal(sources_compare(&s, &made.m, &cmp, &e), 0);
	assert_int_equal(comparison_check(&cmp, &e), 0);
	assert_int_equal(cmp.not_given, SOURCE_QUORUM_KEY + 1);
	made.m.enclave.aws_root.n--;
	made.m.enclave.qos_commit = bytes_str("abc");
	assert_int_equal(sources_compare(&s, &made.m, &cmp, &e), 0);
	assert_int_equal(cmp.verdict[SOURCE_AWS_ROOT], SOURCE_DIFFERS);
	assert_int_equal(cmp.verdict[SOURCE_QOS_COMMIT], SOURCE_DIFFERS);
	assert_int_equal(comparison_check(&cmp, &e), ERR_REFUSED);
	assert_non_null(strstr(e.text, "AWS root, QOS commit"));
	made_manifest_free(&made);
	json_decref(vectors);
}

static void
namespace_and_aliases_carry_the_marks_of_one_mode(void **state)
{
	static const struct {
		const char *name, *alias;
		int want;
	} cases[] = {
		{ "a", "dev", 0 },
		{ "a/REHEARSAL/", "dev", 0 },
		{ "REHEARSAL/a", "rehearsal-dev", 0 },
		{ "REHEARSAL/", "rehearsal-dev", ERR_REFUSED },
		{ "REHEARSAL/a", "dev", ERR_REFUSED },
		{ "REHEARSAL/a", "rehearsal-", ERR_REFUSED },
		{ "REHEARSAL/a", "Rehearsal-dev", ERR_REFUSED },
		{ "a", "rehearsal-dev", ERR_REFUSED },
		{ "rehearsal/a", "rehearsal-dev", ERR_REFUSED },
	};
	struct buf own, plain;
	struct set marked = { .threshold = 1 }, set = marked;
	struct member m = { .pub_key = bytes_str("key") };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct manifest x = { .ns.name = bytes_str(cases[i].name) };

		m.alias = bytes_str(cases[i].alias);
		assert_int_equal(list_pack(&type_member, &m, 1,
		    &marked.members, &own, &e), 0);
		m.alias = bytes_str(manifest_mode(&x) == MODE_REHEARSAL ?
		    "rehearsal-x" : "x");
		assert_int_equal(list_pack(&type_member, &m, 1, &set.members,
		    &plain, &e), 0);
		x.manifest_set = marked;
		x.share_set = set;
		assert_int_equal(manifest_check_mode(&x, &e), cases[i].want);
		x.manifest_set = set;
		x.share_set = marked;
		assert_int_equal(manifest_check_mode(&x, &e), cases[i].want);
		buf_free(&own);
		buf_free(&plain);
	}
}

/* The share set of QOS's genesis, with another key for its third member. */
static void
holders(struct manifest *m, const struct genesis_output *g,
    const struct public_key *third, struct buf *own)
{
	struct rd rd = list_walk(&g->set.members);
	struct member v[3];

	memset(m, 0, sizeof(*m));
	m->ns.name = bytes_str("a");
	m->ns.quorum_key = g->quorum_key;
	m->share_set.threshold = g->set.threshold;
	for (size_t i = 0; i < 3; i++)
		assert_true(list_next(&rd, &type_member, &v[i]));
	v[2].pub_key = bytes_of(third->b, sizeof(third->b));
	assert_int_equal(list_pack(&type_member, v, 3,
	    &m->share_set.members, own, NULL), 0);
}

static void
put_spare(const char *alias, enum mode mode)
{
	struct spare spare = { .alias = bytes_str(alias),
		.key = *sample_key(0) };
	struct spares s = { .mode = mode, .list = &spare, .count = 1 };
	struct buf b;

	memset(spare.share.hash.b, 0xab, sizeof(spare.share.hash.b));
	assert_int_equal(spares_encode(&s, &b, NULL), 0);
	assert_int_equal(file_write(scratch_at("spares"), buf_bytes(&b),
	    FILE_MODE_PUBLIC, true, NULL), 0);
	buf_free(&b);
}

static void
a_spare_key_stands_for_its_person_and_for_nobody_else(void **state)
{
	struct buf file, own, hashes = { 0 };
	struct genesis_output g;
	static struct manifest m;
	char path[512], spares[256];
	struct err e;

	(void)state;
	if (!fixture_path("integration/mock/boot-e2e/genesis-dir/"
	    "genesis_output", path, sizeof(path)))
		skip();
	snprintf(spares, sizeof(spares), "%s", scratch_at("spares"));
	assert_int_equal(file_read(path, 65536, &file, NULL), 0);
	assert_int_equal(genesis_output_read(buf_bytes(&file), &g, NULL), 0);
	holders(&m, &g, sample_key(0), &own);
	assert_int_equal(manifest_fits_genesis(&m, path, NULL, NULL, &e),
	    ERR_REFUSED);
	assert_non_null(strstr(e.text, "\"user3\" got no share"));
	put_spare("user2", MODE_PRODUCTION);
	assert_int_equal(manifest_fits_genesis(&m, path, spares, NULL, &e),
	    ERR_REFUSED);
	put_spare("rehearsal-x", MODE_REHEARSAL);
	assert_int_equal(manifest_fits_genesis(&m, path, spares, NULL, &e),
	    ERR_REFUSED);
	assert_non_null(strstr(e.text, "rehearsal"));
	put_spare("user3", MODE_PRODUCTION);
	assert_int_equal(manifest_fits_genesis(&m, path, spares, &hashes, &e),
	    0);
	assert_int_equal(hashes.n, strlen(ENV_SHARE_HASHES "=") + 3 * 128 + 2);
	assert_memory_equal(hashes.p + hashes.n - 4, "abab", 4);
	buf_free(&hashes);
	buf_free(&own);
	buf_free(&file);
}

static int
make_dir(void **state)
{
	(void)state;
	return scratch_make();
}

static int
remove_dir(void **state)
{
	(void)state;
	return scratch_remove();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_pinned_root_is_the_published_one),
		cmocka_unit_test(a_pcr_file_gives_its_first_three_lines),
		cmocka_unit_test(a_pcr_file_of_another_form_is_refused_by_line),
		cmocka_unit_test(
		    pcr3_is_of_the_first_line_and_only_its_end_is_stripped),
		cmocka_unit_test(
		    a_pivot_counts_by_its_sha256_however_it_is_given),
		cmocka_unit_test(
		    the_golden_inputs_give_the_bytes_and_the_hash_of_qos),
		cmocka_unit_test(
		    a_recorded_approval_of_qos_approves_the_golden_manifest),
		cmocka_unit_test(
		    shares_1_of_1_made_as_qos_does_are_refused_by_the_rules),
		cmocka_unit_test(
		    a_comparison_finds_each_wrong_source_and_no_other),
		cmocka_unit_test(
		    root_and_commit_are_compared_though_no_file_gives_them),
		cmocka_unit_test(
		    namespace_and_aliases_carry_the_marks_of_one_mode),
		cmocka_unit_test(
		    a_spare_key_stands_for_its_person_and_for_nobody_else),
	};

	if (secret_process_init(NULL) != 0)
		return 1;
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
