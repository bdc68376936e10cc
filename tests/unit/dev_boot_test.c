/*
 * dangerous-dev-boot (QOS wire 23): on a SIMULATED enclave only.
 */
#include <stdio.h>

#include "tests/unit/stage_post.h"

static struct member dev_member;
static struct buf dev_set, dev_approvals;
static struct signature dev_signature;
static struct approval dev_approval;

static void
dev_stage(struct stage *s, bool simulated)
{
	struct manifest *m;

	stage_init(s, 1, 2, 2, simulated);
	m = &s->manifest;
	dev_member = (struct member){ bytes_str("DANGEROUS_DEV_BOOT_MEMBER"),
	    bytes_of(s->quorum.pub.b, PUBLIC_KEY_LEN) };
	buf_free(&dev_set);
	buf_free(&dev_approvals);
	assert_int_equal(list_pack(&type_member, &dev_member, 1,
	    &m->share_set.members, &dev_set, NULL), 0);
	m->manifest_set = m->share_set;
	m->manifest_set.threshold = 1;
	m->ns.name = bytes_str("DANGEROUS_DEV_BOOT_MEMBER_NAMESPACE");
	m->ns.nonce = UINT32_MAX;
	s->envelope = (struct envelope){ .manifest = *m };
	assert_int_equal(manifest_hash(m, &s->hash, NULL), 0);
	assert_int_equal(keyset_sign(&s->quorum, bytes_of(s->hash.b,
	    SHA256_LEN), &dev_signature, NULL), 0);
	dev_approval = (struct approval){ bytes_of(dev_signature.b,
	    SIGNATURE_LEN), dev_member };
	assert_int_equal(list_pack(&type_approval, &dev_approval, 1,
	    &s->envelope.manifest_approvals, &dev_approvals, NULL), 0);
}

static const struct message *
dev_post(struct stage *s, struct bytes share)
{
	struct message q = { .tag = PM_PROVISION_REQ };
	uint8_t sealed[SEALED_SHARE_LEN];

	assert_int_equal(envelope_seal(bytes_of(s->fake.key.b,
	    PUBLIC_KEY_LEN), share, sealed, NULL), 0);
	q.u.provision.share = bytes_of(sealed, sizeof(sealed));
	q.u.provision.approval = dev_approval;
	return stage_send(s, &q, WIRE_JSON);
}

static void
dangerous_dev_boot_works_on_the_simulated_enclave(void **state)
{
	static struct stage s;

	(void)state;
	dev_stage(&s, true);
	assert_int_equal(boot(&s)->tag, PM_BOOT_STANDARD);
	assert_logged(&s, "this key protects nothing");
	assert_kept(dev_post(&s, stage_share(&s, 1)));
	assert_kept(dev_post(&s, stage_share(&s, 1)));
	assert_done(&s, dev_post(&s, stage_share(&s, 2)));
	stage_free(&s);
}

static void
a_third_share_of_dangerous_dev_boot_has_no_place(void **state)
{
	static struct stage s;

	(void)state;
	dev_stage(&s, true);
	boot(&s);
	assert_kept(dev_post(&s, junk(7)));
	assert_error(dev_post(&s, junk(8)), PE_RECONSTRUCTION_WRONG_KEY);
	assert_error(dev_post(&s, stage_share(&s, 1)), PE_INVALID_SHARE);
	assert_waiting(&s);
	stage_free(&s);
}

static void
a_real_enclave_refuses_dangerous_dev_boot(void **state)
{
	static struct stage s;

	(void)state;
	dev_stage(&s, false);
	assert_says(boot(&s), "share set: threshold 2 of 1 members");
	assert_untouched(&s);
	buf_free(&dev_set);
	buf_free(&dev_approvals);
	stage_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dangerous_dev_boot_works_on_the_simulated_enclave),
		cmocka_unit_test(a_third_share_of_dangerous_dev_boot_has_no_place),
		cmocka_unit_test(a_real_enclave_refuses_dangerous_dev_boot),
	};

	if (secret_process_init(NULL) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
