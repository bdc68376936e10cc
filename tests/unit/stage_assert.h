/*
 * What tests of the enclave's state machine assert, for cmocka.
 */
#ifndef TESTS_UNIT_STAGE_ASSERT_H
#define TESTS_UNIT_STAGE_ASSERT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/stage.h"

static inline void
assert_error(const struct message *m, uint8_t tag)
{
	assert_int_equal(m->tag, PM_ERROR);
	assert_string_equal(protocol_error_name(m->u.error.tag),
	    protocol_error_name(tag));
}

/* QosAttestError whose sentence has these words. */
static inline void
assert_says(const struct message *m, const char *words)
{
	struct bytes text = m->u.error.u.text;

	assert_error(m, PE_QOS_ATTEST);
	if (memmem(text.p, text.n, words, strlen(words)) == NULL)
		fail_msg("\"%.*s\" does not say \"%s\"", (int)text.n,
		    (const char *)text.p, words);
}

static inline const struct message *
boot(struct stage *s)
{
	return stage_boot(s, PM_BOOT_STANDARD_REQ, WIRE_JSON);
}

static inline void
assert_boots(struct stage *s)
{
	stage_approve(s);
	assert_int_equal(stage_boot(s, PM_BOOT_STANDARD_REQ, WIRE_JSON)->tag,
	    PM_BOOT_STANDARD);
	assert_int_equal(machine_phase(s->m), PHASE_WAITING_FOR_SHARDS);
}

/* Nothing was done: still waiting, PCRs and files untouched. */
static inline void
assert_untouched(struct stage *s)
{
	static const struct digest384 zero;

	assert_int_equal(machine_phase(s->m), PHASE_WAITING_FOR_BOOT);
	assert_memory_equal(s->fake.pcr[16].value.b, zero.b, SHA384_LEN);
	assert_memory_equal(s->fake.pcr[17].value.b, zero.b, SHA384_LEN);
	assert_int_equal(s->fake.written, 0);
	assert_null(machine_manifest(s->m));
}

#endif
