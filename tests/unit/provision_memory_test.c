/*
 * Provisioning: no secret stays behind, and want of memory changes nothing.
 * Secrets are counted at secret_new and secret_free (secret_test shows that
 * freeing wipes).
 */
#include "airgap/seal/envelope.h"
#include "tests/unit/stage_post.h"

static size_t secrets;		/* live ones */
static size_t secret_calls, secret_fails_at;

int __real_secret_new(struct secret *s, size_t len, struct err *e);
int __wrap_secret_new(struct secret *s, size_t len, struct err *e);
void __real_secret_free(struct secret *s);
void __wrap_secret_free(struct secret *s);

int
__wrap_secret_new(struct secret *s, size_t len, struct err *e)
{
	int r;

	if (++secret_calls == secret_fails_at) {
		*s = (struct secret){ 0 };
		return err_set(e, ERR_SYSTEM, "no memory for the test");
	}
	if ((r = __real_secret_new(s, len, e)) == 0)
		secrets++;
	return r;
}

void
__wrap_secret_free(struct secret *s)
{
	if (s != NULL && s->b != NULL)
		secrets--;
	__real_secret_free(s);
}

static void
no_secret_is_left_when_the_machine_is_gone(void **state)
{
	static struct stage s;
	size_t before;

	(void)state;
	/* people's keys are made once and stay */
	for (size_t i = 0; i < STAGE_KEYS; i++)
		(void)stage_key(i);
	stage_init(&s, 2, 2, 3, true);
	before = secrets;
	assert_boots(&s);
	assert_int_equal(secrets, before + 2);	/* live seed, shares */
	assert_error(post(&s, 9, 1), PE_NOT_SHARE_MEMBER);
	assert_kept(stage_post(&s, 0, junk(1), WIRE_JSON));
	assert_error(post(&s, 1, 2), PE_RECONSTRUCTION_WRONG_KEY);
	assert_int_equal(secrets, before + 2);
	stage_restart(&s);			/* in the middle */
	assert_int_equal(secrets, before);
	assert_boots(&s);
	assert_kept(post(&s, 0, 1));
	assert_done(&s, post(&s, 1, 2));
	assert_int_equal(secrets, before);	/* none, while it runs on */
	stage_free(&s);
}

/* Sends boot, or person i's share; false where there was no memory. */
static bool
step(struct stage *s, unsigned i)
{
	struct message q = stage_boot_request(s, PM_BOOT_STANDARD_REQ);
	uint8_t sealed[SEALED_SHARE_LEN];
	struct signature sig;
	struct buf in, reply;
	int r;

	if (i > 0) {
		q = (struct message){ .tag = PM_PROVISION_REQ };
		assert_int_equal(envelope_seal(bytes_of(s->fake.key.b,
		    PUBLIC_KEY_LEN), stage_share(s, i), sealed, NULL), 0);
		assert_int_equal(keyset_sign(stage_key(i - 1),
		    bytes_of(s->hash.b, SHA256_LEN), &sig, NULL), 0);
		q.u.provision.share = bytes_of(sealed, sizeof(sealed));
		q.u.provision.approval = (struct approval){ bytes_of(sig.b,
		    SIGNATURE_LEN), { bytes_str(s->alias[i - 1]),
		    bytes_of(stage_key(i - 1)->pub.b, PUBLIC_KEY_LEN) } };
	}
	assert_int_equal(message_write(&q, WIRE_JSON, &in, NULL), 0);
	secret_calls = 0;
	r = machine_handle(s->m, buf_bytes(&in), &reply);
	assert_true(r == 0 || r == ERR_SYSTEM);
	buf_free(&in);
	buf_free(&reply);
	return r == 0;
}

static void
want_of_memory_for_secrets_changes_nothing(void **state)
{
	static const enum phase after[] = { PHASE_WAITING_FOR_SHARDS,
	    PHASE_WAITING_FOR_SHARDS, PHASE_KEY_PROVISIONED };
	static struct stage s;
	enum phase before;
	size_t held;

	(void)state;
	stage_init(&s, 2, 2, 3, true);
	for (unsigned i = 0; i < 3; i++) {
		before = machine_phase(s.m);
		held = secrets;
		for (size_t at = 1;; at++) {
			secret_fails_at = at;
			(void)step(&s, i);
			secret_fails_at = 0;
			if (secret_calls < at)
				break;
			assert_int_equal(machine_phase(s.m), before);
			assert_int_equal(secrets, held);
		}
		assert_int_equal(machine_phase(s.m), after[i]);
	}
	assert_true(machine_ready(s.m));
	stage_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_secret_is_left_when_the_machine_is_gone),
		cmocka_unit_test(want_of_memory_for_secrets_changes_nothing),
	};

	if (secret_process_init(NULL) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
