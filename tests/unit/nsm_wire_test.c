/*
 * The reader of the module's replies: encodings, order, types and bounds.
 * Each reply is read from a block of its own size, so that the sanitizers
 * see a byte too far.
 */
#include <time.h>

#include "enclave/nsm/wire.h"
#include "tests/unit/nsm_replies.h"

static struct nsm_reply got;
static uint8_t *block;		/* what got borrows from */

static int
call_on(enum nsm_tag want, struct bytes reply)
{
	free(block);
	block = malloc(reply.n == 0 ? 1 : reply.n);
	assert_non_null(block);
	memcpy(block, reply.p, reply.n);
	return nsm_reply_read(want, block, reply.n, &got);
}

static void
assert_data(const void *want, size_t n)
{
	assert_int_equal(got.data.n, n);
	assert_memory_equal(got.data.p, want, n);
}

static int
teardown(void **state)
{
	(void)state;
	free(block);
	block = NULL;
	return 0;
}

static void
an_error_in_any_encoding_is_read_and_an_unknown_one_is_internal(void **state)
{
	const struct bytes bad[] = {
		error_reply("Success"), B("\xa1\x65" "Error\xf6"),
		B("\xa1\x65" "Error\x02"), B("\xa1\x65" "Error\xa0"),
		B("\xa1\x65" "Error\x4c" "InvalidIndex"),
		B("\x65" "Error"), B("\x6cInvalidIndex"),
		B("\xa2\x65" "Error\x6cInvalidIndex\x65" "Error\x6c"
		    "InvalidIndex"),
		B("\xa1\x65" "error\x6cInvalidIndex"),
		B("\xa1\x65" "Error\x6cinvalidIndex"),
	};
	(void)state;

	assert_int_equal(call_on(NSM_LOCK_PCR, B("\xbf\x7f\x62" "Er\x63ror"
	    "\xff\x78\x0cInvalidIndex\xff")), NSM_INVALID_INDEX);
	assert_int_equal(call_on(NSM_LOCK_PCR, B("\xbb\0\0\0\0\0\0\0\x01\x79"
	    "\0\x05" "Error\x7a\0\0\0\x0cInvalidIndex")), NSM_INVALID_INDEX);
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(call_on(NSM_LOCK_PCR, bad[i]),
		    NSM_INTERNAL_ERROR);
}

/* --- encodings */

static const struct bytes *
describe_parts(void)
{
	static struct bytes parts[7];

	parts[0] = B(MAJOR);
	parts[1] = B(MINOR);
	parts[2] = B(PATCH);
	parts[3] = B(MODULE);
	parts[4] = B(PCRS);
	parts[5] = B(LOCKED);
	parts[6] = B(DIGEST);
	return parts;
}

static void
swap(unsigned *a, unsigned *b)
{
	unsigned t = *a;

	*a = *b;
	*b = t;
}

static unsigned orders;

/* Heap's algorithm over the first n parts */
static void
permute(unsigned order[static 7], unsigned n)
{
	uint8_t reply[256];
	size_t len = 0;

	if (n > 1) {
		for (unsigned i = 0; i < n; i++) {
			permute(order, n - 1);
			swap(&order[n % 2 == 0 ? i : 0], &order[n - 1]);
		}
		return;
	}
	orders++;
	nsm_append(reply, &len, B(DESCRIBE_HEAD));
	for (unsigned i = 0; i < 7; i++)
		nsm_append(reply, &len, describe_parts()[order[i]]);
	assert_int_equal(call_on(NSM_DESCRIBE_NSM, bytes_of(reply, len)), 0);
	assert_good_description(&got.info);
}

static void
fields_are_found_by_key_in_every_order(void **state)
{
	unsigned order[7] = { 0, 1, 2, 3, 4, 5, 6 };
	(void)state;

	permute(order, 7);
	assert_int_equal(orders, 5040);
	assert_int_equal(call_on(NSM_DESCRIBE_PCR, B("\xa1\x6b" "DescribePCR"
	    "\xa2\x64" "data\x58\x30" V48 "\x64lock\xf4")), 0);
	assert_false(got.lock);
	assert_data(V48, 48);
}

static void
indefinite_items_are_read(void **state)
{
	(void)state;

	assert_int_equal(call_on(NSM_DESCRIBE_NSM, B("\xbf\x7f\x68" "Describe"
	    "\x60\x63NSM\xff\xbf" MAJOR MINOR PATCH "\x69module_id\x7f\x61i"
	    "\x66-1-enc\x60\x61" "2\xff" PCRS "\x6blocked_pcrs\x9f\x00\x01"
	    "\x18\x1f\xff\x7f\x63" "dig\x63" "est\xff\x7f\x63SHA\x63" "384"
	    "\xff\xff\xff")), 0);
	assert_good_description(&got.info);
	assert_int_equal(call_on(NSM_EXTEND_PCR, B("\xbf\x69" "ExtendPCR\xbf"
	    "\x64" "data\x5f\x41" "0\x40\x58\x20" "123456789abcdef0123456789"
	    "abcdef0\x4f" "123456789abcdef\xff\xff\xff")), 0);
	assert_data(V48, 48);
	assert_int_equal(call_on(NSM_LOCK_PCRS, B("\x7f\x64Lock\x64PCRs\xff")),
	    0);
	assert_int_equal(call_on(NSM_ATTESTATION, B("\xa1\x6b" "Attestation"
	    "\xa1\x68" "document\x5f\xff")), 0);
	assert_int_equal(got.data.n, 0);
	assert_int_equal(call_on(NSM_ATTESTATION, B("\xbf\x6b" "Attestation"
	    "\xbf\x68" "document\x5f\x43" "abc\x42" "de\xff\xff\xff")), 0);
	assert_data("abcde", 5);
}

static void
broken_indefinite_items_are_internal(void **state)
{
	const struct bytes bad[] = {
		/* no break; break too early; a break in a definite map */
		B("\xbf\x69" "ExtendPCR\xa1\x64" "data\x58\x30" V48),
		B("\xa1\x69" "ExtendPCR\xbf\x64" "data\x58\x30" V48),
		B("\xa1\x69" "ExtendPCR\xbf\x64" "data\xff"),
		B("\xa1\x69" "ExtendPCR\xff"), B("\xff"), B("\xbf\xff"),
		B("\xa1\x69" "ExtendPCR\xa2\x64" "data\x58\x30" V48 "\xff"),
		/* pieces of another kind, nested, with a tag, unended */
		B("\xa1\x69" "ExtendPCR\xa1\x64" "data\x5f\x78\x30" V48
		    "\xff"),
		B("\xa1\x69" "ExtendPCR\xa1\x64" "data\x5f\x5f\x58\x30" V48
		    "\xff\xff"),
		B("\xa1\x69" "ExtendPCR\xa1\x64" "data\x5f\xc2\x58\x30" V48
		    "\xff"),
		B("\xa1\x69" "ExtendPCR\xa1\x64" "data\x5f\x58\x30" V48),
		B("\xa1\x7f\x49" "ExtendPCR\xff\xa1\x64" "data\x58\x30" V48),
	};
	(void)state;

	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(call_on(NSM_EXTEND_PCR, bad[i]),
		    NSM_INTERNAL_ERROR);
}

static void
heads_of_every_length_are_read(void **state)
{
	(void)state;

	assert_int_equal(call_on(NSM_DESCRIBE_NSM, B("\xb8\x01\x78\x0b"
	    "DescribeNSM\xb9\x00\x07\x79\x00\x0dversion_major\x18\x01\x7a"
	    "\0\0\0\x0dversion_minor\x19\0\x02\x7b\0\0\0\0\0\0\0\x0d"
	    "version_patch\x1a\0\0\0\x03" MODULE "\x68max_pcrs\x1b\0\0\0\0\0"
	    "\0\0\x20\x6blocked_pcrs\x9b\0\0\0\0\0\0\0\x03\x18\0\x19\0\x01"
	    "\x1a\0\0\0\x1f" DIGEST)), 0);
	assert_good_description(&got.info);
	assert_int_equal(call_on(NSM_EXTEND_PCR, B("\xba\0\0\0\x01\x69"
	    "ExtendPCR\xbb\0\0\0\0\0\0\0\x01\x64" "data\x5b\0\0\0\0\0\0\0\x30"
	    V48)), 0);
	assert_int_equal(call_on(NSM_EXTEND_PCR, B("\xa1\x69" "ExtendPCR\xa1"
	    "\x64" "data\x59\0\x30" V48)), 0);
	assert_int_equal(call_on(NSM_EXTEND_PCR, B("\xa1\x69" "ExtendPCR\xa1"
	    "\x64" "data\x5a\0\0\0\x30" V48)), 0);
	assert_data(V48, 48);
}

static void
unknown_keys_are_read_over_whatever_they_hold(void **state)
{
	const struct bytes fine[] = {
		B(EXTEND "\xa2\x63new\x18\x2a" DATA),
		B(EXTEND "\xa2" DATA "\x63new\x3b\xff\xff\xff\xff\xff\xff\xff"
		    "\xff"),
		B(EXTEND "\xa3\x63new\xf6\x63new\xf7" DATA),
		B(EXTEND "\xa2\x63new\xfb\0\0\0\0\0\0\0\0" DATA),
		B(EXTEND "\xa2\x63new\xc1\x1a\0\0\0\0" DATA),
		B(EXTEND "\xa2\x63new\xa2\x01\x9f\x5f\x41x\xff\xff\xf5\xbf\x02"
		    "\x80\xff" DATA),
		B(EXTEND "\xa2\x63new\x81\x81\x81\x81\x81\x81\x81\x00" DATA),
		B(EXTEND "\xbf\x60\x7f\x61t\xff" DATA "\xff"),
	};
	const struct bytes bad[] = {
		/* deeper than 8; a lone break; an odd map; a reserved head */
		B(EXTEND "\xa2\x63new\x81\x81\x81\x81\x81\x81\x81\x81\x00"
		    DATA),
		B(EXTEND "\xa2\x63new\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1\x00"
		    DATA),
		B(EXTEND "\xa2\x63new\xff" DATA),
		B(EXTEND "\xa2\x63new\xbf\x01\xff" DATA),
		B(EXTEND "\xa2\x63new\x1c" DATA),
		B(EXTEND "\xa2\x01\x02" DATA),
		B(EXTEND "\xa2\x43new\x02" DATA),
	};
	(void)state;

	for (size_t i = 0; i < COUNT(fine); i++) {
		assert_int_equal(call_on(NSM_EXTEND_PCR, fine[i]), 0);
		assert_data(V48, 48);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(call_on(NSM_EXTEND_PCR, bad[i]),
		    NSM_INTERNAL_ERROR);
}

static void
a_field_missing_or_there_twice_is_internal(void **state)
{
	uint8_t reply[256];
	(void)state;

	for (unsigned left = 0; left < 7; left++) {
		for (unsigned twice = 0; twice < 8; twice++) {
			size_t n = 0;

			nsm_append(reply, &n, B(DESCRIBE_HEAD));
			reply[n - 1] = (uint8_t)(0xa6 + (twice < 7));
			for (unsigned i = 0; i < 7; i++)
				if (i != left)
					nsm_append(reply, &n, describe_parts()[i]);
			/* also with the count that is right: 7 */
			if (twice < 7)
				nsm_append(reply, &n, describe_parts()[twice]);
			assert_int_equal(call_on(NSM_DESCRIBE_NSM,
			    bytes_of(reply, n)),
			    twice == left ? 0 : NSM_INTERNAL_ERROR);
		}
	}
	assert_int_equal(call_on(NSM_EXTEND_PCR, B(EXTEND "\xa2" DATA DATA)),
	    NSM_INTERNAL_ERROR);
	assert_int_equal(call_on(NSM_EXTEND_PCR, B(EXTEND "\xa0")),
	    NSM_INTERNAL_ERROR);
}

static void
a_value_of_another_type_is_internal(void **state)
{
	static const struct {
		const char *key;
		char right;	/* of the values below */
	} fields[] = {
		{ "\x6dversion_major", 'n' }, { "\x6dversion_minor", 'n' },
		{ "\x6dversion_patch", 'n' }, { "\x69module_id", 't' },
		{ "\x68max_pcrs", 'n' }, { "\x6blocked_pcrs", 'a' },
		{ "\x66" "digest", 'd' },
	};
	const struct { char kind; struct bytes v; } values[] = {
		{ 'n', B("\x07") }, { '-', B("\x20") }, { 'b', B("\x41" "1") },
		{ 't', B("\x61x") }, { 'd', B("\x66SHA512") },
		{ 'a', B("\x80") }, { 'm', B("\xa0") }, { '0', B("\xf6") },
		{ 'f', B("\xf9\0\0") }, { 'y', B("\xf5") },
		{ 'g', B("\xc0\x07") }, { 'u', B("\xf7") },
		{ 'o', B("\x1a\0\x01\0\0") }, { 'l', B("\x81\x61x") },
		{ 'L', B("\x81\x20") },
	};
	(void)state;

	for (size_t f = 0; f < COUNT(fields); f++) {
		for (size_t v = 0; v < COUNT(values); v++) {
			bool right = values[v].kind == fields[f].right ||
			    (fields[f].right == 't' && values[v].kind == 'd');
			uint8_t reply[256];
			size_t n = 0;

			nsm_append(reply, &n, B(DESCRIBE_HEAD));
			for (unsigned i = 0; i < 7; i++)
				if (i != f)
					nsm_append(reply, &n, describe_parts()[i]);
			nsm_append(reply, &n, bytes_str(fields[f].key));
			nsm_append(reply, &n, values[v].v);
			assert_int_equal(call_on(NSM_DESCRIBE_NSM,
			    bytes_of(reply, n)),
			    right ? 0 : NSM_INTERNAL_ERROR);
		}
	}
}

static void
other_shapes_are_internal(void **state)
{
	const struct bytes bad[] = {
		B(EXTEND "\xa1\x64" "data\x78\x30" V48),	/* text */
		B(EXTEND "\xa1\x64" "data\xf6"), B(EXTEND "\x81" DATA),
		B(EXTEND "\x58\x30" V48), B(EXTEND "\x82\x58\x30" V48 "\x01"),
		B("\xa2\x69" "ExtendPCR\xa1" DATA "\x01\x02"),
		B("\x81\x69" "ExtendPCR"), B("\x69" "ExtendPCR"), B("\xa0"),
		B("\x00"), B("\xf6"), B("\xf7"), B("\xc0\x69" "ExtendPCR"),
		B("\xc0" EXTEND "\xa1" DATA), B("\x1f"), B("\xfc"),
	};
	const struct bytes pcr[] = {
		B("\xa1\x6b" "DescribePCR\xa2\x64lock\x01" DATA),
		B("\xa1\x6b" "DescribePCR\xa2\x64lock\xf6" DATA),
		B("\xa1\x6b" "DescribePCR\xa2\x64lock\x64true" DATA),
		B("\xa1\x6b" "DescribePCR\xa1" DATA),
		B("\xa1\x6b" "DescribePCR\x82\xf5\x58\x30" V48),
	};
	const struct bytes lock[] = {
		B("\xa1\x67LockPCR\xa0"), B("\xa1\x67LockPCR\xf6"),
		B("\x47LockPCR"), B("\x67lockPCR"), B("\x68LockPCR\0"),
		B("\x66LockPC"), B("\x81\x67LockPCR"),
	};
	(void)state;

	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(call_on(NSM_EXTEND_PCR, bad[i]),
		    NSM_INTERNAL_ERROR);
	for (size_t i = 0; i < COUNT(pcr); i++)
		assert_int_equal(call_on(NSM_DESCRIBE_PCR, pcr[i]),
		    NSM_INTERNAL_ERROR);
	for (size_t i = 0; i < COUNT(lock); i++)
		assert_int_equal(call_on(NSM_LOCK_PCR, lock[i]),
		    NSM_INTERNAL_ERROR);
}

/* --- bounds */

static int
describe_with(unsigned part, struct bytes instead)
{
	uint8_t reply[512];
	size_t n = 0;

	nsm_append(reply, &n, B(DESCRIBE_HEAD));
	for (unsigned i = 0; i < 7; i++)
		nsm_append(reply, &n, i == part ? instead : describe_parts()[i]);
	return call_on(NSM_DESCRIBE_NSM, bytes_of(reply, n));
}

static void
what_does_not_fit_a_description_is_internal(void **state)
{
	uint8_t id[160];
	(void)state;

	for (size_t len = 120; len <= 140; len++) {
		memcpy(id, "\x69module_id\x78", 11);
		id[11] = (uint8_t)len;
		memset(id + 12, 'm', len);
		assert_int_equal(describe_with(3, bytes_of(id, 12 + len)),
		    len < sizeof(got.info.module_id) ? 0 :
		    NSM_INTERNAL_ERROR);
	}
	assert_int_equal(describe_with(3, B("\x69module_id\x63" "a\0b")),
	    NSM_INTERNAL_ERROR);
	assert_int_equal(describe_with(3, B("\x69module_id\x62" "a\xff")),
	    NSM_INTERNAL_ERROR);
	assert_int_equal(describe_with(3, B("\x69module_id\x60")), 0);
	assert_int_equal(describe_with(5, B("\x6blocked_pcrs\x81\x18\xff")),
	    0);
	assert_true(got.info.locked[255]);
	assert_int_equal(describe_with(5, B("\x6blocked_pcrs\x81\x19\x01\0")),
	    NSM_INTERNAL_ERROR);
	assert_int_equal(describe_with(4, B("\x68max_pcrs\x19\xff\xff")), 0);
	assert_int_equal(got.info.max_pcrs, 65535);
	assert_int_equal(describe_with(6, B("\x66" "digest\x66SHA256")), 0);
	assert_int_equal(got.info.digest, 0);
	assert_int_equal(describe_with(6, B("\x66" "digest\x66sha384")),
	    NSM_INTERNAL_ERROR);
}

static void
huge_announced_lengths_are_refused_at_once(void **state)
{
	static const char *const values[] = {
		"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
		"\x5b\xff\xff\xff\xff\xff\xff\xff\xff",
		"\x7b\xff\xff\xff\xff\xff\xff\xff\xff",
		"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
		"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
		"\x9b\x10\x01\x01\x01\x01\x01\x01\x01",
		"\xbb\x08\x01\x01\x01\x01\x01\x01\x01",
	};
	clock_t begin = clock();
	(void)state;

	for (size_t i = 0; i < COUNT(values); i++) {
		struct bytes v = bytes_str(values[i]);
		uint8_t reply[64];
		size_t n = 0;

		assert_int_equal(v.n, 9);
		assert_int_equal(call_on(NSM_EXTEND_PCR, v),
		    NSM_INTERNAL_ERROR);
		nsm_append(reply, &n, B(EXTEND "\xa2\x63new"));
		nsm_append(reply, &n, v);
		assert_int_equal(call_on(NSM_EXTEND_PCR, bytes_of(reply, n)),
		    NSM_INTERNAL_ERROR);
		n = 0;
		nsm_append(reply, &n, B("\x6blocked_pcrs"));
		nsm_append(reply, &n, v);
		assert_int_equal(describe_with(5, bytes_of(reply, n)),
		    NSM_INTERNAL_ERROR);
	}
	assert_true((clock() - begin) / CLOCKS_PER_SEC < 2);
}

static void
no_byte_changed_in_a_reply_is_ever_read_past_it(void **state)
{
	uint8_t reply[256];
	(void)state;

	for (unsigned i = 0; i < KINDS; i++) {
		struct bytes g = good(i);

		for (size_t at = 0; at < g.n; at++) {
			for (unsigned b = 0; b < 256; b++) {
				int r;

				memcpy(reply, g.p, g.n);
				reply[at] = (uint8_t)b;
				r = call_on(i, bytes_of(reply, g.n));
				assert_true(r == 0 || r == NSM_INTERNAL_ERROR);
			}
		}
	}
}

#define T(f) cmocka_unit_test_teardown(f, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_error_in_any_encoding_is_read_and_an_unknown_one_is_internal),
		T(fields_are_found_by_key_in_every_order),
		T(indefinite_items_are_read),
		T(broken_indefinite_items_are_internal),
		T(heads_of_every_length_are_read),
		T(unknown_keys_are_read_over_whatever_they_hold),
		T(a_field_missing_or_there_twice_is_internal),
		T(a_value_of_another_type_is_internal),
		T(other_shapes_are_internal),
		T(what_does_not_fit_a_description_is_internal),
		T(huge_announced_lengths_are_refused_at_once),
		T(no_byte_changed_in_a_reply_is_ever_read_past_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
