/*
 * Key forward between two enclaves whose documents come from SIMULATED NSMs
 * of one root: what exportKey and injectKey refuse, and that the key lands
 * only where the manifest set said.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "airgap/seal/hex.h"
#include "enclave/nsm/nsm.h"
#include "tests/unit/stage_assert.h"

/* A stage whose NSM is SIMULATED: its calls stand in the fake's place. */
struct node {
	struct stage s;
	struct nsm *nsm;
};

static struct node old, new;
static char pki[64], other_pki[64];
static const char *pcr_file;		/* of the next SIMULATED NSM */

int __real_clock_gettime(clockid_t id, struct timespec *t);
int __wrap_clock_gettime(clockid_t id, struct timespec *t);

static time_t old_ahead;		/* of the true time, in seconds */
static time_t ahead;			/* the same, for the call under way */

/* The old enclave's NSM may have another time than the new one's. */
int
__wrap_clock_gettime(clockid_t id, struct timespec *t)
{
	int r = __real_clock_gettime(id, t);

	if (id == CLOCK_REALTIME)
		t->tv_sec += ahead;
	return r;
}

static struct nsm *
nsm_of(void *ctx)
{
	return ctx == &old.s.fake ? old.nsm : new.nsm;
}

static int
describe(void *ctx, struct nsm_info *out)
{
	return nsm_of(ctx)->ops->describe(nsm_of(ctx), out);
}

static int
read_pcr(void *ctx, uint16_t index, struct pcr_state *out)
{
	return nsm_of(ctx)->ops->pcr(nsm_of(ctx), index, out);
}

static int
extend(void *ctx, uint16_t index, struct bytes data, struct digest384 *out)
{
	return nsm_of(ctx)->ops->extend(nsm_of(ctx), index, data, out);
}

static int
lock_range(void *ctx, uint16_t range)
{
	return nsm_of(ctx)->ops->lock_range(nsm_of(ctx), range);
}

static bool no_document;

static int
attest(void *ctx, struct bytes user_data, struct bytes nonce,
    struct bytes public_key, struct buf *document)
{
	struct fake *f = ctx;
	int code;

	if (no_document)
		return NSM_INTERNAL_ERROR;
	if (public_key.n == PUBLIC_KEY_LEN)
		memcpy(f->key.b, public_key.p, PUBLIC_KEY_LEN);
	ahead = f == &old.s.fake ? old_ahead : 0;
	code = nsm_of(ctx)->ops->attest(nsm_of(ctx), user_data, nonce,
	    public_key, document);
	ahead = 0;
	return code;
}

static void
node_restart(struct node *n, const char *dir)
{
	const struct nsm_sim_config sim = { dir, pcr_file };
	struct machine_config c = { .effects = &n->s.fake.effects,
	    .version = "1", .commit = "c", .simulated = true };

	if (n->nsm != NULL)
		n->nsm->ops->close(n->nsm);
	assert_int_equal(nsm_sim_open(&sim, &n->nsm, NULL), 0);
	machine_free(n->s.m);
	fake_restart(&n->s.fake);
	c.root = n->nsm->root;
	assert_int_equal(machine_new(&c, &n->s.m, NULL), 0);
}

static void
node_init(struct node *n, const char *dir)
{
	static const uint8_t zero[PCR_LEN];
	struct effects *f = &n->s.fake.effects;

	*n = (struct node){ .nsm = NULL };
	stage_init(&n->s, 2, 2, 3, true);
	f->nsm_describe = describe;
	f->nsm_pcr = read_pcr;
	f->nsm_extend = extend;
	f->nsm_lock_range = lock_range;
	f->nsm_attest = attest;
	for (size_t i = 0; i < 4; i++)
		n->s.manifest.enclave.pcr[i] = bytes_of(zero, PCR_LEN);
	node_restart(n, dir);
}

static void
node_free(struct node *n)
{
	stage_free(&n->s);
	n->nsm->ops->close(n->nsm);
}

/* The old enclave holds the key. */
static int
begin(void **state)
{
	(void)state;
	node_init(&old, pki);
	node_init(&new, pki);
	new.s.manifest.ns.nonce++;
	stage_approve(&old.s);
	stage_boot(&old.s, PM_BOOT_STANDARD_REQ, WIRE_JSON);
	stage_post(&old.s, 0, stage_share(&old.s, 1), WIRE_JSON);
	stage_post(&old.s, 1, stage_share(&old.s, 2), WIRE_JSON);
	assert_true(machine_ready(old.s.m));
	return 0;
}

static int
end(void **state)
{
	(void)state;
	node_free(&old);
	node_free(&new);
	return 0;
}

static struct buf document;

/* The new enclave boots its manifest; keeps its document. */
static void
boot_new(void)
{
	const struct message *m;

	stage_approve(&new.s);
	m = stage_boot(&new.s, PM_BOOT_FORWARD_REQ, WIRE_JSON);
	assert_int_equal(m->tag, PM_BOOT_FORWARD);
	assert_int_equal(m->u.nsm.tag, NSM_ATTESTATION);
	assert_int_equal(machine_phase(new.s.m),
	    PHASE_WAITING_FOR_FORWARDED_KEY);
	buf_free(&document);
	document = fake_copy(m->u.nsm.u.data);
}

static const struct message *
ask_export(void)
{
	struct message q = { .tag = PM_EXPORT_KEY_REQ };

	q.u.export.envelope = new.s.envelope;
	q.u.export.document = buf_bytes(&document);
	return stage_send(&old.s, &q, WIRE_JSON);
}

/* The new manifest is edited; the old enclave says why not. */
static const struct message *
export_edited(void)
{
	node_restart(&new, pki);
	boot_new();
	return ask_export();
}

static void
assert_forwards(void)
{
	const struct message *m;
	struct message q = { .tag = PM_INJECT_KEY_REQ };

	node_restart(&new, pki);
	boot_new();
	m = ask_export();
	assert_int_equal(m->tag, PM_EXPORT_KEY);
	q.u.exported = m->u.exported;
	assert_int_equal(stage_send(&new.s, &q, WIRE_BORSH)->tag,
	    PM_INJECT_KEY);
	assert_true(machine_ready(new.s.m));
	assert_int_equal(machine_phase(old.s.m), PHASE_KEY_PROVISIONED);
	assert_memory_equal(new.s.fake.file[FILE_QUORUM].p,
	    old.s.fake.file[FILE_QUORUM].p, SEED_HEX_LEN);
}

static void
the_key_goes_to_an_approved_enclave_and_both_go_on(void **state)
{
	char recorded[STAGE_KEYS * 4];
	struct public_key setup;

	(void)state;
	assert_forwards();
	stage_recorded(&new.s, recorded);
	assert_string_equal(recorded, "");
	/* the new one has its live key now */
	setup = new.s.fake.key;
	stage_ask(&new.s, PM_LIVE_DOC_REQ, WIRE_JSON);
	assert_memory_not_equal(new.s.fake.key.b, setup.b, PUBLIC_KEY_LEN);
	/* exports are not used up */
	assert_int_equal(ask_export()->tag, PM_EXPORT_KEY);
}

static void
the_same_manifest_may_be_booted_again_and_get_the_key(void **state)
{
	(void)state;
	new.s.manifest.ns.nonce--;
	assert_forwards();
}

static void
manifests_of_different_versions_may_follow_each_other(void **state)
{
	(void)state;
	new.s.manifest.version = 1;
	assert_forwards();
}

/* --- exportKey refuses */

static void
a_document_must_lead_to_the_root_of_this_enclave(void **state)
{
	struct buf good;

	(void)state;
	node_restart(&new, other_pki);
	boot_new();
	assert_says(ask_export(), "");
	node_restart(&new, pki);
	boot_new();
	good = fake_copy(buf_bytes(&document));
	for (size_t i = 0; i < document.n; i += 97) {
		document.p[i] ^= 1;
		assert_int_equal(ask_export()->tag, PM_ERROR);
		document.p[i] ^= 1;
	}
	for (size_t n = 0; n < good.n; n += 211) {
		document.n = n;
		assert_error(ask_export(), PE_QOS_ATTEST);
	}
	document.n = good.n;
	assert_memory_equal(document.p, good.p, good.n);
	assert_int_equal(ask_export()->tag, PM_EXPORT_KEY);
	buf_free(&good);
}

static void
without_the_time_of_the_nsm_nothing_is_exported(void **state)
{
	(void)state;
	boot_new();
	no_document = true;
	assert_says(ask_export(), "no document to read its time from");
	no_document = false;
	assert_int_equal(ask_export()->tag, PM_EXPORT_KEY);
}

/* Judged at this NSM's time, not at the one that the document bears. */
static void
a_document_that_is_over_or_not_yet_good_gets_nothing(void **state)
{
	(void)state;
	boot_new();
	old_ahead = 4 * 3600;
	assert_says(ask_export(), "expired");
	old_ahead = -4 * 3600;
	assert_says(ask_export(), "not valid yet");
	old_ahead = 0;
	assert_int_equal(ask_export()->tag, PM_EXPORT_KEY);
}

static void
approvals_of_the_new_manifest_are_checked(void **state)
{
	(void)state;
	boot_new();
	stage_approve_by(&new.s, (const size_t[]){ 1 }, 1);
	assert_error(ask_export(), PE_NOT_ENOUGH_APPROVALS);
	stage_approve_by(&new.s, (const size_t[]){ 1, 0 }, 2);
	assert_error(ask_export(), PE_NOT_MANIFEST_MEMBER);
	stage_approve(&new.s);
	new.s.envelope.manifest.ns.nonce++;
	assert_error(ask_export(), PE_INVALID_MANIFEST_APPROVAL);
	stage_approve(&new.s);
	new.s.envelope.share_approvals = new.s.envelope.manifest_approvals;
	assert_error(ask_export(), PE_BAD_SHARE_APPROVALS);
	assert_forwards();
}

static void
the_quorum_key_must_be_the_same(void **state)
{
	(void)state;
	new.s.manifest.ns.quorum_key = bytes_of(stage_key(0)->pub.b,
	    PUBLIC_KEY_LEN);
	assert_error(export_edited(), PE_DIFFERENT_QUORUM_KEY);
	assert_int_equal(old.s.reply.u.error.u.texts.expected.n,
	    PUBLIC_KEY_HEX_LEN);
	new.s.manifest.ns.quorum_key = old.s.manifest.ns.quorum_key;
	assert_forwards();
}

static void
the_manifest_set_must_be_the_same_in_any_order(void **state)
{
	struct set *set = &new.s.manifest.manifest_set;
	struct member m[3], turned[3];
	struct rd rd = list_walk(&set->members);
	struct set good = *set;
	struct buf packed;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_true(list_next(&rd, &type_member, &m[i]));
		turned[2 - i] = m[i];
	}
	set->threshold = 1;
	assert_error(export_edited(), PE_DIFFERENT_MANIFEST_SET);
	assert_int_equal(old.s.reply.u.error.u.texts.actual.n, 64);
	*set = good;
	assert_int_equal(list_pack(&type_member, m, 2, &set->members, &packed,
	    NULL), 0);
	assert_error(export_edited(), PE_DIFFERENT_MANIFEST_SET);
	buf_free(&packed);
	assert_int_equal(list_pack(&type_member, turned, 3, &set->members,
	    &packed, NULL), 0);
	assert_forwards();
	*set = good;
	stage_approve(&new.s);
	buf_free(&packed);
}

static void
namespace_nonce_and_pcr3_are_held_against_the_old_manifest(void **state)
{
	const struct protocol_error *e = &old.s.reply.u.error;
	static const uint8_t role[PCR_LEN] = { 1 };
	struct name_space *ns = &new.s.manifest.ns;
	struct bytes name = ns->name;

	(void)state;
	ns->name = bytes_str("REHEARSAL/other");
	assert_error(export_edited(), PE_DIFFERENT_NAMESPACE);
	assert_true(bytes_equal(e->u.texts.actual, ns->name));
	ns->name = name;
	ns->nonce = 6;
	assert_error(export_edited(), PE_LOW_NONCE);
	assert_int_equal(e->u.numbers.expected, 7);
	assert_int_equal(e->u.numbers.actual, 6);
	ns->nonce = 7;
	new.s.manifest.enclave.qos_commit = bytes_str("other");
	assert_error(export_edited(), PE_DIFFERENT_MANIFEST);
	ns->nonce = 8;
	new.s.manifest.enclave.pcr[3] = bytes_of(role, sizeof(role));
	/* the document, which is of another role, is looked at first */
	assert_error(export_edited(), PE_QOS_ATTEST);
	new.s.manifest.enclave.pcr[3] = old.s.manifest.enclave.pcr[3];
	assert_forwards();
}

/* An enclave of another role that says so itself. */
static void
the_role_must_be_that_of_the_old_manifest(void **state)
{
	static const uint8_t role[PCR_LEN] = { 1 };
	char path[96], line[2 * PCR_LEN + 16];

	(void)state;
	hex_text(role, sizeof(role), line);
	snprintf(line + strlen(line), 16, " PCR3\n");
	snprintf(path, sizeof(path), "%s/pcrs", pki);
	assert_int_equal(file_write(path, bytes_str(line), 0600, true, NULL),
	    0);
	pcr_file = path;
	new.s.manifest.enclave.pcr[3] = bytes_of(role, sizeof(role));
	assert_error(export_edited(), PE_DIFFERENT_PCR3);
	pcr_file = NULL;
	new.s.manifest.enclave.pcr[3] = old.s.manifest.enclave.pcr[3];
	assert_forwards();
}

static void
a_document_of_another_manifest_gets_nothing(void **state)
{
	(void)state;
	boot_new();
	new.s.manifest.ns.nonce++;
	stage_approve(&new.s);
	assert_error(ask_export(), PE_QOS_ATTEST);
	assert_forwards();
}

static void
a_live_document_gets_nothing(void **state)
{
	const struct message *m;

	(void)state;
	assert_forwards();
	m = stage_ask(&new.s, PM_LIVE_DOC_REQ, WIRE_JSON);
	buf_free(&document);
	document = fake_copy(m->u.live.nsm.u.data);
	assert_error(ask_export(), PE_QOS_ATTEST);
}

static void
a_quorum_file_that_cannot_be_read_is_an_error_of_its_own(void **state)
{
	(void)state;
	boot_new();
	old.s.fake.fail[CALL_GET_SECRET] =
	    old.s.fake.calls[CALL_GET_SECRET] + 1;
	assert_error(ask_export(), PE_FAILED_GET_QUORUM);
	assert_int_equal(ask_export()->tag, PM_EXPORT_KEY);
	assert_true(machine_ready(old.s.m));
}

/* --- injectKey refuses */

/* Sends plain sealed to the new enclave, signed by key. */
static const struct message *
inject(struct bytes plain, const struct keyset *signer, bool to_other)
{
	struct message q = { .tag = PM_INJECT_KEY_REQ };
	uint8_t sealed[64 + ENVELOPE_OVERHEAD];
	struct signature sig;
	struct bytes to = bytes_of(to_other ? stage_key(9)->pub.b :
	    new.s.fake.key.b, PUBLIC_KEY_LEN);

	assert_true(plain.n <= 64);
	assert_int_equal(envelope_seal(to, plain, sealed, NULL), 0);
	q.u.exported.key = bytes_of(sealed, plain.n + ENVELOPE_OVERHEAD);
	assert_int_equal(keyset_sign(signer, q.u.exported.key, &sig, NULL),
	    0);
	q.u.exported.signature = bytes_of(sig.b, SIGNATURE_LEN);
	return stage_send(&new.s, &q, WIRE_JSON);
}

static void
what_is_injected_must_be_the_quorum_key_signed_by_itself(void **state)
{
	static const uint8_t wrong[SEED_LEN] = { 1 };
	const struct keyset *quorum = &new.s.quorum;
	struct bytes seed = bytes_of(new.s.seed.b, SEED_LEN);

	(void)state;
	boot_new();
	assert_error(inject(seed, stage_key(0), false),
	    PE_INVALID_EXPORT_SIGNATURE);
	assert_error(inject(seed, quorum, true), PE_P256);
	assert_int_equal(new.s.reply.u.error.u.p256.tag, P256_AES_DECRYPT);
	assert_error(inject(bytes_of(seed.p, SEED_LEN - 1), quorum, false),
	    PE_EXPORT_LEN);
	assert_error(inject(bytes_of(NULL, 0), quorum, false), PE_EXPORT_LEN);
	assert_error(inject(bytes_of(wrong, sizeof(wrong)), quorum, false),
	    PE_WRONG_QUORUM_KEY);
	assert_int_equal(machine_phase(new.s.m),
	    PHASE_WAITING_FOR_FORWARDED_KEY);
	assert_false(new.s.fake.there[FILE_QUORUM]);
	assert_int_equal(inject(seed, quorum, false)->tag, PM_INJECT_KEY);
	assert_true(machine_ready(new.s.m));
}

static void
files_that_fail_at_injection_do_as_at_provisioning(void **state)
{
	struct bytes seed = bytes_of(new.s.seed.b, SEED_LEN);
	struct fake *f = &new.s.fake;

	(void)state;
	boot_new();
	f->code = ERR_SYSTEM;
	f->fail[CALL_GET_SECRET] = f->calls[CALL_GET_SECRET] + 1;
	assert_error(inject(seed, &new.s.quorum, false),
	    PE_FAILED_GET_EPHEMERAL);
	f->fail[CALL_REPLACE] = f->calls[CALL_REPLACE] + 1;
	assert_error(inject(seed, &new.s.quorum, false),
	    PE_FAILED_PUT_EPHEMERAL);
	assert_int_equal(machine_phase(new.s.m),
	    PHASE_WAITING_FOR_FORWARDED_KEY);
	f->fail[CALL_PUT] = f->calls[CALL_PUT] + 1;
	assert_error(inject(seed, &new.s.quorum, false),
	    PE_FAILED_PUT_QUORUM);
	assert_int_equal(machine_phase(new.s.m), PHASE_UNRECOVERABLE_ERROR);
	assert_forwards();
}

static void
remove_pki(const char *dir)
{
	static const char *const names[] = { "root.pem", "root.key", "pcrs" };
	char path[128];

	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(dir);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_key_goes_to_an_approved_enclave_and_both_go_on),
		TEST(the_same_manifest_may_be_booted_again_and_get_the_key),
		TEST(manifests_of_different_versions_may_follow_each_other),
		TEST(a_document_must_lead_to_the_root_of_this_enclave),
		TEST(without_the_time_of_the_nsm_nothing_is_exported),
		TEST(a_document_that_is_over_or_not_yet_good_gets_nothing),
		TEST(approvals_of_the_new_manifest_are_checked),
		TEST(the_quorum_key_must_be_the_same),
		TEST(the_manifest_set_must_be_the_same_in_any_order),
		TEST(namespace_nonce_and_pcr3_are_held_against_the_old_manifest),
		TEST(the_role_must_be_that_of_the_old_manifest),
		TEST(a_document_of_another_manifest_gets_nothing),
		TEST(a_live_document_gets_nothing),
		TEST(a_quorum_file_that_cannot_be_read_is_an_error_of_its_own),
		TEST(what_is_injected_must_be_the_quorum_key_signed_by_itself),
		TEST(files_that_fail_at_injection_do_as_at_provisioning),
	};
	int r;

	if (secret_process_init(NULL) != 0)
		return 1;
	snprintf(pki, sizeof(pki), "/tmp/forward-XXXXXX");
	snprintf(other_pki, sizeof(other_pki), "/tmp/forward-XXXXXX");
	if (mkdtemp(pki) == NULL || mkdtemp(other_pki) == NULL)
		return 1;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	buf_free(&document);
	remove_pki(pki);
	remove_pki(other_pki);
	return r;
}
