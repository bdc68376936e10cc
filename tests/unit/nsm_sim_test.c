/*
 * The SIMULATED module: PCRs that extend and lock as the real ones, and the
 * folder that keeps its root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "enclave/nsm/nsm.h"
#include "tests/unit/scratch.h"

static struct nsm *nsm;

static struct nsm *
open_sim(const char *pcrs, struct err *e)
{
	const struct nsm_sim_config c = { scratch, pcrs };
	struct nsm *n;

	return nsm_sim_open(&c, &n, e) == 0 ? n : NULL;
}

static int
setup(void **state)
{
	(void)state;
	if (scratch_make() != 0)
		return -1;
	nsm = open_sim(NULL, NULL);
	return nsm == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	nsm->ops->close(nsm);
	return scratch_remove();
}

/* --- PCRs */

static void
extending_gives_the_value_of_the_reference(void **state)
{
	struct digest384 value;
	struct pcr_state pcr;
	(void)state;

	assert_int_equal(nsm->ops->extend(nsm, 16, bytes_str("abcd"),
	    &value), 0);
	assert_memory_equal(value.b, "\x24\xea\xa3\x05\xf1\x54\x8a\x7e\x1e"
	    "\xa0\xaa\x38\x56\x01\xed\xb2\xcb\x60\x6a\xc2\xc4\x7f\x56\x2a\x94"
	    "\x35\xae\x57\xbf\x00\x1d\x88\x06\x3a\x11\xf2\x24\xca\xd0\xc8\x37"
	    "\x04\xef\x5d\x24\xe2\x9c\x91", 48);
	assert_int_equal(nsm->ops->pcr(nsm, 16, &pcr), 0);
	assert_memory_equal(pcr.value.b, value.b, 48);
	assert_false(pcr.lock);
	/* a second one goes on from the first */
	assert_int_equal(nsm->ops->extend(nsm, 16, bytes_str("abcd"),
	    &pcr.value), 0);
	assert_memory_not_equal(pcr.value.b, value.b, 48);
}

static void
a_locked_pcr_is_neither_extended_nor_locked_again(void **state)
{
	static const uint8_t zero[48];
	struct digest384 value;
	struct pcr_state pcr;
	(void)state;

	for (uint16_t i = 0; i < 300; i++) {
		int want = i < 16 ? NSM_READ_ONLY_INDEX :
		    i < 32 ? 0 : NSM_INVALID_INDEX;

		assert_int_equal(nsm->ops->pcr(nsm, i, &pcr),
		    i < 32 ? 0 : NSM_INVALID_INDEX);
		assert_int_equal(nsm->ops->lock(nsm, i), want);
		assert_int_equal(nsm->ops->extend(nsm, i, bytes_str("x"),
		    &value), i < 32 ? NSM_READ_ONLY_INDEX :
		    NSM_INVALID_INDEX);
		if (i >= 32)
			continue;
		assert_int_equal(nsm->ops->pcr(nsm, i, &pcr), 0);
		assert_true(pcr.lock);
		assert_memory_equal(pcr.value.b, zero, 48);
	}
}

static void
a_range_locks_those_below_it_and_at_most_32(void **state)
{
	struct nsm_info info;
	(void)state;

	assert_int_equal(nsm->ops->lock_range(nsm, 33), NSM_INVALID_INDEX);
	assert_int_equal(nsm->ops->lock_range(nsm, 0), 0);
	assert_int_equal(nsm->ops->lock_range(nsm, 18), 0);
	assert_int_equal(nsm->ops->describe(nsm, &info), 0);
	assert_int_equal(info.max_pcrs, 32);
	assert_int_equal(info.digest, 1);
	assert_string_equal(info.module_id, NSM_SIM_MODULE_ID);
	for (unsigned i = 0; i < 256; i++)
		assert_int_equal(info.locked[i], i < 18);
	assert_int_equal(nsm->ops->lock_range(nsm, 32), 0);
	assert_int_equal(nsm->ops->describe(nsm, &info), 0);
	for (unsigned i = 0; i < 256; i++)
		assert_int_equal(info.locked[i], i < 32);
}

static void
write_pcrs(const char *text)
{
	assert_int_equal(file_write(scratch_at("pcrs"), bytes_str(text), 0644,
	    true, NULL), 0);
}

#define ROW "00112233445566778899aabbccddeeff"
#define HEX ROW ROW ROW

static void
the_first_pcrs_are_those_of_the_file(void **state)
{
	static const char *const bad[] = { "PCR0", HEX, HEX "PCR0\n",
	    HEX " PCR16\n", HEX " PCR\n", HEX " PCR01\n", HEX " PCRx\n",
	    HEX " pcr0\n", HEX "0 PCR0\n", ROW ROW " PCR0\n",
	    HEX " PCR0\n" HEX " PCR0\n", HEX " PCR0 \n",
	    "0x" HEX " PCR0\n", HEX " \n" };
	struct err e;
	struct nsm *n;
	struct pcr_state pcr;
	(void)state;

	write_pcrs(HEX " PCR0\n\n" HEX "  PCR4");
	n = open_sim(scratch_at("pcrs"), NULL);
	assert_non_null(n);
	for (uint16_t i = 0; i < 32; i++) {
		assert_int_equal(n->ops->pcr(n, i, &pcr), 0);
		assert_int_equal(pcr.value.b[15], i == 0 || i == 4 ? 0xff : 0);
		assert_int_equal(pcr.lock, i < 16);
	}
	n->ops->close(n);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_pcrs(bad[i]);
		assert_null(open_sim(scratch_at("pcrs"), &e));
		assert_int_equal(e.code, ERR_INPUT);
		assert_non_null(strstr(e.text, "PCRn"));
	}
	unlink(scratch_at("pcrs"));
	assert_null(open_sim(scratch_at("pcrs"), &e));
	assert_int_equal(e.code, ERR_INPUT);
}

/* --- the folder */

static unsigned
mode_of(const char *name)
{
	struct stat st;

	assert_int_equal(stat(scratch_at(name), &st), 0);
	return st.st_mode & 07777;
}

static void
the_root_stays_and_its_key_is_for_its_owner(void **state)
{
	struct nsm *again;
	(void)state;

	assert_int_equal(mode_of("root.key"), 0600);
	assert_int_equal(mode_of("root.pem"), 0644);
	again = open_sim(NULL, NULL);
	assert_non_null(again);
	assert_true(bytes_equal(again->root, nsm->root));
	again->ops->close(again);
	/* a key whose certificate was not written gets a new one */
	assert_int_equal(unlink(scratch_at("root.pem")), 0);
	again = open_sim(NULL, NULL);
	assert_non_null(again);
	assert_false(bytes_equal(again->root, nsm->root));
	again->ops->close(again);
}

static void
a_folder_that_is_not_ours_is_refused(void **state)
{
	struct err e = { 0 };
	struct buf other = { 0 };
	char mine[64];
	(void)state;

	snprintf(mine, sizeof(mine), "%s", scratch_at("root.pem"));
	assert_int_equal(file_read(mine, 65536, &other, NULL), 0);
	/* a certificate of another key */
	assert_int_equal(unlink(scratch_at("root.key")), 0);
	assert_null(open_sim(NULL, &e));
	assert_int_equal(e.code, ERR_INPUT);
	assert_int_equal(unlink(mine), 0);
	nsm->ops->close(nsm);
	nsm = open_sim(NULL, NULL);
	assert_non_null(nsm);
	assert_int_equal(file_write(mine, buf_bytes(&other), 0644, true,
	    NULL), 0);
	assert_null(open_sim(NULL, &e));
	assert_non_null(strstr(e.text, "not the certificate of the SIMULATED"));
	assert_int_equal(file_write(mine, bytes_str("x"), 0644, true, NULL),
	    0);
	assert_null(open_sim(NULL, &e));
	assert_int_equal(e.code, ERR_INPUT);
	assert_int_equal(file_write(scratch_at("root.key"), bytes_str("x"), 0600,
	    true, NULL), 0);
	assert_null(open_sim(NULL, &e));
	assert_non_null(strstr(e.text, "no key in PEM"));
	buf_free(&other);
}

static void
random_bytes_come_256_at_a_time_and_differ(void **state)
{
	uint8_t a[300] = { 0 }, b[256] = { 0 };
	size_t n;
	(void)state;

	assert_int_equal(nsm->ops->random(nsm, a, sizeof(a), &n), 0);
	assert_int_equal(n, 256);
	assert_int_equal(nsm->ops->random(nsm, b, sizeof(b), &n), 0);
	assert_int_equal(n, 256);
	assert_memory_not_equal(a, b, sizeof(b));
	assert_int_equal(nsm->ops->random(nsm, b, 7, &n), 0);
	assert_int_equal(n, 7);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(extending_gives_the_value_of_the_reference),
		T(a_locked_pcr_is_neither_extended_nor_locked_again),
		T(a_range_locks_those_below_it_and_at_most_32),
		T(the_first_pcrs_are_those_of_the_file),
		T(the_root_stays_and_its_key_is_for_its_owner),
		T(a_folder_that_is_not_ours_is_refused),
		T(random_bytes_come_256_at_a_time_and_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
