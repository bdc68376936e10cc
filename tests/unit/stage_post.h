/*
 * Posts of shares to the enclave's state machine, and what comes of them, for
 * cmocka.
 */
#ifndef TESTS_UNIT_STAGE_POST_H
#define TESTS_UNIT_STAGE_POST_H

#include "airgap/seal/hash.h"
#include "airgap/seal/hex.h"
#include "tests/unit/stage_assert.h"

static inline void
begin(struct stage *s, size_t k, size_t n)
{
	stage_init(s, 2, k, n, true);
	assert_boots(s);
}

static inline void
assert_kept(const struct message *m)
{
	assert_int_equal(m->tag, PM_PROVISION);
	assert_false(m->u.reconstructed);
}

static inline void
assert_done(struct stage *s, const struct message *m)
{
	char hex[SEED_HEX_LEN];

	assert_int_equal(m->tag, PM_PROVISION);
	assert_true(m->u.reconstructed);
	assert_true(machine_ready(s->m));
	hex_encode(s->seed.b, SEED_LEN, hex);
	assert_int_equal(s->fake.file[FILE_QUORUM].n, SEED_HEX_LEN);
	assert_memory_equal(s->fake.file[FILE_QUORUM].p, hex, SEED_HEX_LEN);
}

static inline void
assert_waiting(const struct stage *s)
{
	assert_int_equal(machine_phase(s->m), PHASE_WAITING_FOR_SHARDS);
	assert_false(s->fake.there[FILE_QUORUM]);
}

static inline const struct message *
post(struct stage *s, size_t person, size_t index)
{
	return stage_post(s, person, stage_share(s, index), WIRE_JSON);
}

/* A share of index x that fits nothing; every call another one. */
static inline struct bytes
junk(uint8_t x)
{
	static uint8_t share[SHARE_LEN];
	static uint8_t count;
	struct digest256 y;

	count++;
	y = sha256(bytes_of(&count, 1));
	share[0] = x;
	memcpy(share + 1, y.b, sizeof(y.b));
	return bytes_of(share, sizeof(share));
}

static inline void
assert_recorded(const struct stage *s, const char *want)
{
	char got[STAGE_KEYS * 4];

	stage_recorded(s, got);
	assert_string_equal(got, want);
}

static inline void
assert_logged(const struct stage *s, const char *words)
{
	if (strstr(s->fake.log, words) == NULL)
		fail_msg("\"%s\" is not in the log:\n%s", words, s->fake.log);
}

#endif
