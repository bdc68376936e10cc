/*
 * The strict reader of enclave images: a good file, and mutants of it, each
 * refused for its own reason, at its own byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "airgap/seal/hash.h"
#include "enclave/image/big_endian.h"
#include "enclave/image/crc.h"
#include "tests/unit/eif_sample.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define REASONS_MAX 128

static struct eif_sample good;
static struct eif eif;
static struct measures measures;

static int
setup(void **state)
{
	(void)state;
	eif_sample_make(&good);
	return 0;
}

static void
a_good_image_reads_and_its_sections_are_where_they_are(void **state)
{
	static const enum eif_type types[] = { EIF_KERNEL, EIF_CMDLINE, EIF_METADATA,
		EIF_RAMDISK, EIF_RAMDISK };

	(void)state;
	assert_int_equal(eif_sample_measure(&good, &eif, &measures, NULL), 0);
	assert_int_equal(eif.count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(eif.section[i].type, types[i]);
		assert_int_equal(eif.section[i].at, good.at[i]);
		assert_int_equal(eif.section[i].size, good.at[i + 1] - good.at[i] - 12);
	}
	assert_string_equal(eif.cmdline, "console=ttyS0");
	assert_int_equal(eif.memory, 1073741824);
	assert_int_equal(eif.cpus, 2);
}

/* PCR of the payloads of sections first to last of the good image */
static struct digest384
pcr_of(size_t first, size_t last)
{
	static uint8_t all[EIF_SAMPLE_MAX];
	uint8_t extend[96] = { 0 };
	struct digest384 d;
	size_t n = 0;

	for (size_t i = first; i <= last; i++) {
		size_t size = good.at[i + 1] - good.at[i] - 12;

		if (i != 2) /* metadata */
			memcpy(all + n, good.b + good.at[i] + 12, size);
		n += i != 2 ? size : 0;
	}
	d = sha384(bytes_of(all, n));
	memcpy(extend + 48, d.b, 48);
	return sha384(bytes_of(extend, sizeof(extend)));
}

static void
the_pcrs_are_those_of_the_concatenated_payloads(void **state)
{
	const struct digest384 want[] = { pcr_of(0, 4), pcr_of(0, 3), pcr_of(4, 4) };

	(void)state;
	assert_int_equal(eif_sample_measure(&good, &eif, &measures, NULL), 0);
	for (size_t i = 0; i < 3; i++)
		assert_memory_equal(measures.pcr[i].b, want[i].b, 48);
}

static void
header_fields_and_metadata_change_no_pcr(void **state)
{
	struct measures m;

	(void)state;
	assert_int_equal(eif_sample_measure(&good, &eif, &measures, NULL), 0);
	good.b[EIF_AT_MEMORY + 7] ^= 1;
	good.b[EIF_AT_CPUS + 7] ^= 1;
	memcpy(good.b + good.at[2] + 12, "[]", 2);
	eif_sample_end(&good);
	assert_int_equal(eif_sample_measure(&good, &eif, &m, NULL), 0);
	assert_memory_equal(m.pcr, measures.pcr, sizeof(m.pcr));
	assert_int_not_equal(m.crc, measures.crc);
}

static void
an_empty_cmdline_and_an_empty_second_ramdisk_are_read(void **state)
{
	static const uint8_t nothing[48] = { 0 };
	struct digest384 d = sha384(bytes_of(NULL, 0));

	(void)state;
	eif_sample_begin(&good);
	eif_sample_add(&good, EIF_KERNEL, bytes_str("kernel"));
	eif_sample_add(&good, EIF_CMDLINE, bytes_of(NULL, 0));
	eif_sample_add(&good, EIF_RAMDISK, bytes_str("ramdisk"));
	eif_sample_add(&good, EIF_RAMDISK, bytes_of(NULL, 0));
	eif_sample_end(&good);
	assert_int_equal(eif_sample_measure(&good, &eif, &measures, NULL), 0);
	assert_memory_equal(measures.pcr[0].b, measures.pcr[1].b, 48);
	d = sha384_two(bytes_of(nothing, 48), bytes_of(d.b, 48));
	assert_memory_equal(measures.pcr[2].b, d.b, 48);
}

static void
the_crc_is_zlibs_at_every_length_place_and_beginning(void **state)
{
	static uint8_t b[1100];
	uint32_t x = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(b); i++, x = x * 1664525 + 1013904223)
		b[i] = (uint8_t)(x >> 24);
	for (size_t at = 0; at < 17; at++)
		for (size_t n = 0; n < sizeof(b) - at; n++, x = x * 69069 + 1)
			assert_int_equal(crc_add(x, bytes_of(b + at, n)),
			    crc32(x, b + at, (uInt)n));
	/* the check value of the catalogue of CRCs: CRC-32/ISO-HDLC */
	assert_int_equal(crc_add(0, bytes_str("123456789")), 0xcbf43926);
}

/* --- mutants */

static char reasons[REASONS_MAX][ERR_TEXT_MAX];
static size_t reason_count;

/* Refused as input with want in its sentence, which no other mutant had. */
static void
refused(const struct eif_sample *s, const char *want)
{
	struct err e = { 0 };
	int r = eif_sample_measure(s, &eif, &measures, &e);

	if (r != ERR_INPUT || strstr(e.text, want) == NULL)
		fail_msg("%d, wanted \"%s\", got \"%s\"", r, want, e.text);
	assert_non_null(strstr(e.text, "byte "));
	for (size_t i = 0; i < reason_count; i++)
		if (strcmp(reasons[i], e.text) == 0)
			fail_msg("two mutants with one reason: %s", e.text);
	assert_true(reason_count < REASONS_MAX);
	snprintf(reasons[reason_count++], ERR_TEXT_MAX, "%s", e.text);
}

/* The good image with width bytes at offset at holding value. */
static void
mutant(size_t at, size_t width, uint64_t value, const char *want)
{
	static struct eif_sample s;
	uint8_t v[8];

	eif_sample_make(&s);
	put_u64(v, value);
	assert_memory_not_equal(s.b + at, v + 8 - width, width);
	memcpy(s.b + at, v + 8 - width, width);
	refused(&s, want);
}

static void
every_field_of_the_header_has_its_own_refusal(void **state)
{
	(void)state;
	reason_count = 0;
	mutant(0, 4, 0x2f656966, "byte 0: this is no enclave image file");
	mutant(EIF_AT_VERSION, 2, 3, "byte 4: version 3");
	mutant(EIF_AT_VERSION, 2, 5, "byte 4: version 5");
	mutant(EIF_AT_FLAGS, 2, 1, "byte 6: an image for aarch64");
	mutant(EIF_AT_FLAGS, 2, 2, "byte 6: unknown flags 0x0002");
	mutant(EIF_AT_FLAGS, 2, 0x8001, "byte 6: unknown flags 0x8001");
	mutant(EIF_AT_MEMORY, 8, 1, "byte 544: the CRC is");
	mutant(EIF_AT_CPUS, 8, 1, "byte 544: the CRC is");
	mutant(EIF_AT_RESERVED, 2, 1, "byte 24: the reserved field");
	mutant(EIF_AT_COUNT, 2, 0, "byte 26: no sections");
	mutant(EIF_AT_COUNT, 2, 33, "byte 26: 33 sections");
	mutant(EIF_AT_COUNT, 2, 0xffff, "byte 26: 65535 sections");
	mutant(EIF_AT_COUNT, 2, 4, "byte 60: an offset for section 4");
	mutant(EIF_AT_COUNT, 2, 6, "byte 68: the table has section 5 at byte 0");
	mutant(EIF_AT_OFFSETS + 8 * 5, 8, good.n, "byte 68: an offset for section 5");
	mutant(EIF_AT_OFFSETS + 8 * 31, 8, 1, "byte 276: an offset for section 31");
	mutant(EIF_AT_SIZES + 8 * 5, 8, 1, "byte 324: a size for section 5");
	mutant(EIF_AT_SIZES + 8 * 31, 8, 1, "byte 532: a size for section 31");
	mutant(EIF_AT_UNUSED, 4, 1, "byte 540: the unused field");
	mutant(EIF_AT_CRC, 4, 0, "byte 544: the CRC is 00000000");
}

static void
every_offset_and_size_of_the_table_has_its_own_refusal(void **state)
{
	char want[128];

	(void)state;
	reason_count = 0;
	for (size_t i = 0; i < good.count; i++) {
		size_t slot = EIF_AT_OFFSETS + 8 * i, size = EIF_AT_SIZES + 8 * i;

		snprintf(want, sizeof(want), "byte %zu: the table has section %zu at "
		    "byte %zu, before", slot, i, good.at[i] - 1);
		mutant(slot, 8, good.at[i] - 1, want);
		snprintf(want, sizeof(want), "byte %zu: the table has section %zu at "
		    "byte %zu, behind", slot, i, good.at[i] + 1);
		mutant(slot, 8, good.at[i] + 1, want);
		snprintf(want, sizeof(want), "byte %zu: the table has section %zu at "
		    "byte 18446744073709551615, behind", slot, i);
		mutant(slot, 8, UINT64_MAX, want);
		snprintf(want, sizeof(want), "byte %zu: section %zu has %zu bytes, and "
		    "the table says 77", good.at[i] + 4, i,
		    good.at[i + 1] - good.at[i] - 12);
		mutant(size, 8, 77, want);
	}
	/* two slots of the table exchanged */
	mutant(EIF_AT_OFFSETS + 8 * 3, 8, good.at[4], "byte 52: the table has section 3");
}

static void
every_field_of_a_section_header_has_its_own_refusal(void **state)
{
	char want[80];

	(void)state;
	reason_count = 0;
	for (size_t i = 0; i < good.count; i++) {
		snprintf(want, sizeof(want), "byte %zu: section %zu has the unknown "
		    "type 0", good.at[i], i);
		mutant(good.at[i], 2, 0, want);
		snprintf(want, sizeof(want), "byte %zu: section %zu has the unknown "
		    "type 6", good.at[i], i);
		mutant(good.at[i], 2, 6, want);
		snprintf(want, sizeof(want), "byte %zu: section %zu has unknown flags "
		    "0x0100", good.at[i] + 2, i);
		mutant(good.at[i] + 2, 2, 0x100, want);
		snprintf(want, sizeof(want), "byte %zu: section %zu has 99 bytes, and "
		    "the table says", good.at[i] + 4, i);
		mutant(good.at[i] + 4, 8, 99, want);
	}
}

/* Both places of the size of section i say size: only the file knows. */
static void
both_sizes(size_t i, uint64_t size, const char *want)
{
	static struct eif_sample s;

	eif_sample_make(&s);
	put_u64(s.b + EIF_AT_SIZES + 8 * i, size);
	put_u64(s.b + s.at[i] + 4, size);
	eif_sample_end(&s);
	refused(&s, want);
}

static void
sizes_past_the_end_are_refused_and_do_not_wrap(void **state)
{
	(void)state;
	reason_count = 0;
	both_sizes(4, 513, "section 4 has 513 bytes, and 512 follow");
	both_sizes(4, 511, "1 bytes follow the last section");
	both_sizes(4, UINT64_MAX, "has 18446744073709551615 bytes");
	both_sizes(4, UINT64_MAX - 11, "has 18446744073709551604 bytes");
	both_sizes(4, UINT64_MAX - good.at[4] - 11, "bytes, and 512 follow");
	both_sizes(0, UINT64_C(1) << 63, "section 0 has 9223372036854775808 bytes");
	both_sizes(0, 999, "the table has section 1 at byte 1560, behind");
	both_sizes(1, 14, "the table has section 2 at byte 1585, before");
}

static void
an_end_at_every_edge_is_refused(void **state)
{
	static struct eif_sample s;
	char want[80];
	size_t n = good.n;

	(void)state;
	reason_count = 0;
	eif_sample_make(&s);
	for (s.n = 0; s.n < EIF_HEADER_LEN; s.n += 137)
		refused(&s, "the file ends in the header of an enclave image");
	for (size_t i = 0; i < s.count; i++) {
		const size_t cut[] = { 0, 1, 11 };

		for (size_t k = 0; k < COUNT(cut); k++) {
			snprintf(want, sizeof(want), "byte %zu: the file ends in the "
			    "header of section %zu", good.at[i], i);
			s.n = good.at[i] + cut[k];
			if (k == 0)
				refused(&s, want);
			else
				assert_int_equal(eif_sample_measure(&s, &eif, &measures,
				    NULL), ERR_INPUT);
		}
		snprintf(want, sizeof(want), "bytes, and 0 follow");
		s.n = good.at[i] + 12;
		refused(&s, want);
		s.n = good.at[i + 1] - 1;
		refused(&s, "follow");
	}
	for (s.n = 0; s.n < n; s.n++)
		assert_int_equal(eif_sample_measure(&s, &eif, &measures, NULL), ERR_INPUT);
	s.n = n + 1;
	refused(&s, "1 bytes follow the last section");
	s.n = n + 12;
	refused(&s, "12 bytes follow the last section");
}

/* An image of sections with these types, one letter each. */
static void
of_types(const char *types, const char *want)
{
	static struct eif_sample s;

	eif_sample_begin(&s);
	for (const char *p = types; *p != '\0'; p++)
		eif_sample_add(&s, *p == 'k' ? EIF_KERNEL : *p == 'c' ? EIF_CMDLINE :
		    *p == 'm' ? EIF_METADATA : *p == 'r' ? EIF_RAMDISK : EIF_SIGNATURE,
		    bytes_str("{}"));
	eif_sample_end(&s);
	if (want == NULL)
		assert_int_equal(eif_sample_measure(&s, &eif, &measures, NULL), 0);
	else
		refused(&s, want);
}

static void
order_and_number_of_sections_are_held_to_the_one_form(void **state)
{
	(void)state;
	reason_count = 0;
	of_types("kcmr", NULL);
	of_types("kcr", NULL);
	of_types("kcmrrrs", NULL);
	of_types("ck", "section 1, a kernel, follows a cmdline");
	of_types("kmcr", "section 2, a cmdline, follows a metadata");
	of_types("kcrm", "section 3, a metadata, follows a ramdisk");
	of_types("kcsr", "section 3, a ramdisk, follows a signature");
	of_types("rkc", "section 1, a kernel, follows a ramdisk");
	of_types("kkcr", "section 1 is a second kernel");
	of_types("kccr", "section 2 is a second cmdline");
	of_types("kcmmr", "section 3 is a second metadata");
	of_types("kcrss", "section 4 is a second signature");
	of_types("cr", "there is no kernel");
	of_types("kr", "there is no cmdline");
	of_types("kc", "there is no ramdisk");
	of_types("kcrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr", NULL);
}

static void
contents_that_loaders_would_cut_or_not_take_are_refused(void **state)
{
	static uint8_t large[EIF_SIGNATURE_MAX + 1];
	static struct eif_sample s;

	(void)state;
	reason_count = 0;
	eif_sample_make(&s);
	s.b[s.at[1] + 12 + 4] = '\0';
	eif_sample_end(&s);
	refused(&s, "byte 1576: a NUL in the command line");
	eif_sample_begin(&s);
	eif_sample_add(&s, EIF_KERNEL, bytes_of(NULL, 0));
	eif_sample_add(&s, EIF_CMDLINE, bytes_str("c"));
	eif_sample_add(&s, EIF_RAMDISK, bytes_str("r"));
	refused(&s, "byte 552: the kernel is empty");
	eif_sample_begin(&s);
	eif_sample_add(&s, EIF_KERNEL, bytes_str("k"));
	eif_sample_add(&s, EIF_CMDLINE, bytes_of(large, EIF_CMDLINE_MAX + 1));
	refused(&s, "byte 565: a cmdline of 2048 bytes; there can be 2047");
	eif_sample_begin(&s);
	eif_sample_add(&s, EIF_KERNEL, bytes_str("k"));
	eif_sample_add(&s, EIF_CMDLINE, bytes_str("c"));
	eif_sample_add(&s, EIF_RAMDISK, bytes_str("r"));
	eif_sample_add(&s, EIF_SIGNATURE, bytes_of(large, sizeof(large)));
	refused(&s, "byte 591: a signature of 65537 bytes");
}

static void
every_changed_bit_of_a_file_is_refused(void **state)
{
	static struct eif_sample s;

	(void)state;
	eif_sample_make(&s);
	for (size_t i = 0; i < s.n; i++)
		for (int bit = 0; bit < 8; bit++) {
			s.b[i] ^= (uint8_t)(1 << bit);
			assert_int_equal(eif_sample_measure(&s, &eif, &measures, NULL),
			    ERR_INPUT);
			s.b[i] ^= (uint8_t)(1 << bit);
		}
	assert_int_equal(eif_sample_measure(&s, &eif, &measures, NULL), 0);
}

#define T(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_good_image_reads_and_its_sections_are_where_they_are),
		T(the_pcrs_are_those_of_the_concatenated_payloads),
		T(header_fields_and_metadata_change_no_pcr),
		T(an_empty_cmdline_and_an_empty_second_ramdisk_are_read),
		T(the_crc_is_zlibs_at_every_length_place_and_beginning),
		T(every_field_of_the_header_has_its_own_refusal),
		T(every_offset_and_size_of_the_table_has_its_own_refusal),
		T(every_field_of_a_section_header_has_its_own_refusal),
		T(sizes_past_the_end_are_refused_and_do_not_wrap),
		T(an_end_at_every_edge_is_refused),
		T(order_and_number_of_sections_are_held_to_the_one_form),
		T(contents_that_loaders_would_cut_or_not_take_are_refused),
		T(every_changed_bit_of_a_file_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
