/*
 * The decoder among damage, enemies and little memory.  The linker wraps the
 * allocator: calls are counted, and made to fail.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "airgap/ur/bytewords.h"
#include "airgap/ur/fountain.h"
#include "airgap/ur/ur.h"

static size_t now, peak;
static size_t fail_at;		/* the call that fails; 0: none */
static size_t calls;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void __wrap_free(void *p);

static void *
count(void *p)
{
	now += malloc_usable_size(p);
	peak = now > peak ? now : peak;
	return p;
}

void *
__wrap_malloc(size_t n)
{
	return ++calls == fail_at ? NULL : count(__real_malloc(n));
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return ++calls == fail_at ? NULL : count(__real_calloc(n, size));
}

void
__wrap_free(void *p)
{
	now -= malloc_usable_size(p);
	__real_free(p);
}

/* --- messages, parts and decoders */

static uint8_t message[20000];
static char text[UR_TEXT_MAX + 1];

static struct bytes
message_of(size_t n, unsigned seed)
{
	uint32_t x = seed * 2654435761u + 1;

	for (size_t i = 0; i < n; i++) {
		x = x * 1664525 + 1013904223;
		message[i] = (uint8_t)(x >> 24);
	}
	return bytes_of(message, n);
}

static struct ur_encoder *
encoder(const char *type, size_t n, unsigned seed, size_t max)
{
	struct ur_encoder *u;

	assert_int_equal(ur_encoder_new(type, message_of(n, seed), max, &u,
	    NULL), 0);
	return u;
}

static struct ur_decoder *
decoder(void)
{
	struct ur_decoder *d;

	assert_int_equal(ur_decoder_new(&d, NULL), 0);
	return d;
}

static int
feed(struct ur_decoder *d, struct ur_encoder *u, uint32_t seq,
    enum ur_event *event)
{
	ur_encoder_part(u, seq, text);
	return ur_decoder_feed(d, bytes_str(text), event, NULL);
}

static struct ur_stream
last_fed(struct ur_decoder *d)
{
	struct ur_stream s[UR_STREAMS];

	assert_true(ur_decoder_streams(d, s) > 0);
	return s[0];
}

/* A part of any fields in good bytewords. */
static const char *
part(uint32_t seq, uint32_t parts, uint32_t len, uint32_t sum, size_t data)
{
	static uint8_t cbor[32 + 4096];
	uint32_t v[] = { seq, parts, len, sum };
	uint8_t *to = cbor;
	size_t n;

	*to++ = 0x85;
	for (size_t i = 0; i < 4; i++) {
		if (v[i] < 24) {
			*to++ = (uint8_t)v[i];
		} else if (v[i] < 0x100) {
			*to++ = 0x18;
			*to++ = (uint8_t)v[i];
		} else if (v[i] < 0x10000) {
			*to++ = 0x19;
			*to++ = (uint8_t)(v[i] >> 8);
			*to++ = (uint8_t)v[i];
		} else {
			*to++ = 0x1a;
			be32_store(to, v[i]);
			to += 4;
		}
	}
	if (data < 24) {
		*to++ = (uint8_t)(0x40 | data);
	} else {
		*to++ = 0x59;
		*to++ = (uint8_t)(data >> 8);
		*to++ = (uint8_t)data;
		if (data < 0x100) {
			to[-3] = 0x58;
			to[-2] = (uint8_t)data;
			to--;
		}
	}
	memset(to, 0x61, data);
	to += data;
	n = (size_t)snprintf(text, sizeof(text), "ur:x/%u-%u/", seq, parts);
	bytewords_encode(bytes_of(cbor, (size_t)(to - cbor)), text + n);
	text[n + 2 * ((size_t)(to - cbor) + BYTEWORDS_CRC_LEN)] = '\0';
	return text;
}

/* --- what arrives */

static void
any_order_loss_and_repetition_bring_it_back(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 40; seed++) {
		size_t n = 1 + seed * 397 % sizeof(message);
		struct ur_encoder *u = encoder("x", n, seed, 100 + seed * 7);
		struct ur_decoder *d = decoder();
		enum ur_event event = UR_NEW;
		uint32_t x = seed;

		while (event != UR_COMPLETE) {
			x = x * 1664525 + 1013904223;
			assert_int_equal(feed(d, u, 1 + (x >> 8) % 1000,
			    &event), 0);
		}
		assert_true(bytes_equal(last_fed(d).message,
		    message_of(n, seed)));
		ur_decoder_free(d);
		ur_encoder_free(u);
	}
}

static void
parts_late_in_the_numbers_of_32_bits_bring_it_back(void **state)
{
	struct ur_encoder *u = encoder("x", 5000, 1, 100);
	struct ur_decoder *d = decoder();
	enum ur_event event = UR_NEW;
	uint32_t seq = UINT32_MAX;

	(void)state;
	while (event != UR_COMPLETE)
		assert_int_equal(feed(d, u, seq--, &event), 0);
	assert_true(UINT32_MAX - seq < 80);
	assert_true(bytes_equal(last_fed(d).message, message_of(5000, 1)));
	ur_decoder_free(d);
	ur_encoder_free(u);
}

static void
four_streams_fill_side_by_side(void **state)
{
	struct ur_encoder *u[UR_STREAMS];
	struct ur_decoder *d = decoder();
	struct ur_stream s[UR_STREAMS];
	enum ur_event event;

	(void)state;
	for (unsigned i = 0; i < UR_STREAMS; i++)
		u[i] = encoder("x", 1000, i + 1, 100);
	for (uint32_t seq = 1; seq <= 10; seq++)
		for (unsigned i = 0; i < UR_STREAMS; i++) {
			assert_int_equal(feed(d, u[i], seq, &event), 0);
			assert_int_equal(event, seq < 10 ? UR_NEW : UR_COMPLETE);
			assert_int_equal(last_fed(d).rank, seq);
		}
	assert_int_equal(ur_decoder_streams(d, s), UR_STREAMS);
	for (unsigned i = 0; i < UR_STREAMS; i++) {
		assert_true(bytes_equal(s[UR_STREAMS - 1 - i].message,
		    message_of(1000, i + 1)));
		ur_encoder_free(u[i]);
	}
	ur_decoder_free(d);
}

static void
a_fifth_stream_takes_the_place_of_the_one_fed_longest_ago(void **state)
{
	struct ur_encoder *u[UR_STREAMS + 1];
	struct ur_decoder *d = decoder();
	struct ur_stream s[UR_STREAMS];
	enum ur_event event;

	(void)state;
	for (unsigned i = 0; i <= UR_STREAMS; i++)
		u[i] = encoder("x", 1000 + i, i + 1, 200);
	for (unsigned i = 0; i < UR_STREAMS; i++)
		assert_int_equal(feed(d, u[i], 1, &event), 0);
	assert_int_equal(feed(d, u[0], 2, &event), 0);	/* now 1 is oldest */
	assert_int_equal(feed(d, u[UR_STREAMS], 1, &event), 0);
	assert_int_equal(ur_decoder_streams(d, s), UR_STREAMS);
	assert_int_equal(s[0].message_len, 1000 + UR_STREAMS);
	assert_int_equal(s[1].message_len, 1000);
	assert_int_equal(s[1].rank, 2);
	for (size_t i = 0; i < UR_STREAMS; i++)
		assert_int_not_equal(s[i].message_len, 1001);
	for (unsigned i = 0; i <= UR_STREAMS; i++)
		ur_encoder_free(u[i]);
	ur_decoder_free(d);
}

static void
a_stray_part_of_another_stream_blocks_nothing(void **state)
{
	struct ur_encoder *u = encoder("x", 1000, 1, 100),
	    *stray = encoder("y", 1000, 1, 100);
	struct ur_decoder *d = decoder();
	enum ur_event event;

	(void)state;
	assert_int_equal(feed(d, stray, 3, &event), 0);
	for (uint32_t seq = 1; seq <= 10; seq++)
		assert_int_equal(feed(d, u, seq, &event), 0);
	assert_int_equal(event, UR_COMPLETE);
	assert_string_equal(last_fed(d).type, "x");
	ur_decoder_reset(d);
	assert_int_equal(ur_decoder_streams(d, (struct ur_stream[UR_STREAMS]){
	    { 0 } }), 0);
	ur_encoder_free(u);
	ur_encoder_free(stray);
	ur_decoder_free(d);
}

/* Changes byte at of part seq's fragment, under a good check sum. */
static void
forge(struct ur_encoder *u, uint32_t seq, size_t from_end)
{
	static uint8_t body[UR_TEXT_MAX / 2];
	char *words;
	size_t n;

	ur_encoder_part(u, seq, text);
	words = strrchr(text, '/') + 1;
	assert_int_equal(bytewords_decode(bytes_str(words), body, &n, NULL),
	    0);
	body[n - from_end] ^= 0x10;
	bytewords_encode(bytes_of(body, n), words);
}

static void
a_part_that_contradicts_the_others_is_an_alarm(void **state)
{
	(void)state;
	for (uint32_t known = 10; known <= 40; known += 10) {
		struct ur_encoder *u = encoder("x", 2000, 1, 100);
		struct ur_decoder *d = decoder();
		struct ur_stream s[UR_STREAMS];
		enum ur_event event;
		struct err e = { 0 };

		for (uint32_t seq = 1; seq <= known && seq <= 20; seq++)
			assert_int_equal(feed(d, u, seq, &event), 0);
		if (known > 20)		/* also once it is whole */
			assert_int_equal(event, UR_COMPLETE);
		forge(u, 5, 3);
		assert_int_equal(ur_decoder_feed(d, bytes_str(text), &event,
		    &e), ERR_REFUSED);
		assert_non_null(strstr(e.text, "contradicts"));
		assert_int_equal(ur_decoder_streams(d, s), 0);
		/* and it can be received anew */
		for (uint32_t seq = 1; seq <= 20; seq++)
			assert_int_equal(feed(d, u, seq, &event), 0);
		assert_int_equal(event, UR_COMPLETE);
		ur_decoder_free(d);
		ur_encoder_free(u);
	}
}

static void
a_forged_part_that_nothing_contradicts_fails_the_whole(void **state)
{
	struct ur_encoder *u = encoder("x", 1950, 1, 100);
	struct ur_stream s[UR_STREAMS];
	enum ur_event event;
	struct err e = { 0 };

	(void)state;
	/* a byte of the message, and one of the padding */
	for (size_t from_end = 1; from_end <= 50; from_end += 49) {
		struct ur_decoder *d = decoder();

		for (uint32_t seq = 1; seq < 20; seq++)
			assert_int_equal(feed(d, u, seq, &event), 0);
		forge(u, 20, from_end);
		assert_int_equal(ur_decoder_feed(d, bytes_str(text), &event,
		    &e), ERR_REFUSED);
		assert_non_null(strstr(e.text, "check sum of the whole"));
		assert_int_equal(ur_decoder_streams(d, s), 0);
		ur_decoder_free(d);
	}
	ur_encoder_free(u);
}

/* --- limits */

static void
assert_limit(bool taken, uint32_t parts, uint32_t len, size_t data)
{
	struct ur_decoder *d = decoder();
	enum ur_event event;
	size_t before = now;
	int r = ur_decoder_feed(d, bytes_str(part(1, parts, len, 7, data)),
	    &event, NULL);

	assert_int_equal(r, taken ? 0 : ERR_INPUT);
	if (!taken)
		assert_int_equal(now, before);
	ur_decoder_free(d);
}

static void
each_limit_holds_to_the_number(void **state)
{
	(void)state;
	assert_limit(true, 1024, 2048, 2);
	assert_limit(false, 1025, 2050, 2);
	assert_limit(true, 110, 262144, 2400);
	assert_limit(false, 110, 262145, 2400);
	assert_limit(false, 110, 262144, 2401);
	assert_limit(false, 1, 1, 0);
	assert_limit(true, 10, 91, 10);
	assert_limit(false, 10, 90, 10);
	assert_limit(true, 10, 100, 10);
	assert_limit(false, 10, 101, 10);
	assert_limit(false, UINT32_MAX, UINT32_MAX, 1);
	assert_limit(false, 2, UINT32_MAX, 2400);
	assert_limit(false, 2, 0, 1);
}

static void
a_hostile_part_costs_next_to_nothing(void **state)
{
	size_t start = now, before;
	struct ur_decoder *d = decoder();
	enum ur_event event;

	(void)state;
	before = now;
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(ur_decoder_feed(d, bytes_str(part(1 + i % 500,
		    1024, 262144, i, 256)), &event, NULL), 0);
	/* four streams: pointers, list and one row each */
	assert_true(now - before < UR_STREAMS * 12000);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(ur_decoder_feed(d, bytes_str(part(4000 + i,
		    1024, 262144, i, 256)), &event, NULL), 0);
	/* and the tables of the mixed ones */
	assert_true(now - before < UR_STREAMS * 26000);
	ur_decoder_free(d);
	assert_int_equal(now, start);
}

static void
the_largest_message_stays_within_its_bound(void **state)
{
	uint8_t *big = __real_calloc(1, UR_MESSAGE_MAX);
	struct ur_decoder *d = decoder();
	size_t before = now, encoder_size;
	enum ur_event event = UR_NEW;
	struct ur_encoder *u;

	(void)state;
	for (size_t i = 0; i < UR_MESSAGE_MAX; i++)
		big[i] = (uint8_t)(i * i >> 7);
	assert_int_equal(ur_encoder_new("x", bytes_of(big, UR_MESSAGE_MAX),
	    256, &u, NULL), 0);
	assert_int_equal(ur_encoder_parts(u), UR_PARTS_MAX);
	encoder_size = now - before;
	peak = now;
	for (uint32_t seq = 3000; event != UR_COMPLETE; seq++)
		assert_int_equal(feed(d, u, seq, &event), 0);
	/* rows of 128 + 256 bytes, the message, tables, malloc's own */
	assert_true(peak - before - encoder_size < 1024 * (384 + 32) +
	    UR_MESSAGE_MAX + 65536);
	assert_true(bytes_equal(last_fed(d).message, bytes_of(big,
	    UR_MESSAGE_MAX)));
	ur_encoder_free(u);
	ur_decoder_free(d);
	__real_free(big);
}

static void
a_stream_is_sent_whole_and_never_longer_than_told(void **state)
{
	(void)state;
	for (size_t n = 1; n < 400; n++)
		for (size_t max = (n + 1023) / 1024; max < 60; max++) {
			struct ur_encoder *u = encoder("x", n, 1, max);
			struct ur_decoder *d = decoder();
			enum ur_event event = UR_NEW;
			size_t parts = ur_encoder_parts(u);

			assert_true(parts * max >= n);
			for (uint32_t seq = 1; seq <= parts; seq++) {
				assert_int_not_equal(event, UR_COMPLETE);
				assert_int_equal(feed(d, u, seq, &event), 0);
			}
			assert_int_equal(event, UR_COMPLETE);
			assert_true((strchr(text + 5, '/') == NULL) ==
			    (n <= max));
			ur_decoder_free(d);
			ur_encoder_free(u);
		}
}

static void
a_stream_begins_anew_and_leaves_out_what_repeats_one_fragment(void **state)
{
	struct ur_encoder *u = encoder("x", 1000, 1, 100);
	uint32_t sum = crc32_of(message_of(1000, 1)), seq = 1, left_out = 0;
	struct sampler s;

	(void)state;
	assert_int_equal(sampler_degrees(10, &s, NULL), 0);
	for (uint32_t expect = 2; expect <= 100; expect++) {
		if (expect > 10 && fountain_degree(&s, expect, sum) == 1) {
			left_out++;
			continue;
		}
		seq = ur_encoder_after(u, seq);
		assert_int_equal(seq, expect);
	}
	assert_int_equal(ur_encoder_after(u, seq), 1);
	assert_in_range(left_out, 15, 50);	/* about a third of 90 */
	sampler_free(&s);
	ur_encoder_free(u);
}

static void
of_two_fragments_the_mixtures_alone_are_enough(void **state)
{
	(void)state;
	for (unsigned fill = 1; fill <= 50; fill++) {
		struct ur_encoder *u = encoder("x", 150, fill, 100);
		struct ur_decoder *d = decoder();
		enum ur_event event = UR_NEW;
		uint32_t seq = 2;

		assert_int_equal(ur_encoder_parts(u), 2);
		while (event != UR_COMPLETE) {
			seq = ur_encoder_after(u, seq);
			assert_int_not_equal(seq, 1);
			assert_int_equal(feed(d, u, seq, &event), 0);
		}
		ur_decoder_free(d);
		ur_encoder_free(u);
	}
}

/* --- memory that fails */

static size_t
run(size_t failing)
{
	struct ur_encoder *u = encoder("x", 1000, 1, 100);
	struct ur_decoder *d = NULL;
	enum ur_event event = UR_NEW;
	struct err e;
	size_t failed = 0;
	int r;

	calls = 0;
	fail_at = failing;
	while ((r = ur_decoder_new(&d, &e)) != 0)
		failed++;
	for (uint32_t seq = 15; event != UR_COMPLETE; seq++) {
		ur_encoder_part(u, seq, text);
		r = ur_decoder_feed(d, bytes_str(text), &event, &e);
		if (r == 0)
			continue;
		assert_int_equal(r, ERR_SYSTEM);
		assert_true(strlen(e.text) > 0);
		event = UR_NEW;
		failed++;
	}
	fail_at = 0;
	assert_true(bytes_equal(last_fed(d).message, message_of(1000, 1)));
	ur_decoder_free(d);
	ur_encoder_free(u);
	return failed;
}

static void
a_failed_allocation_is_told_and_reception_goes_on(void **state)
{
	size_t all, before = now;

	(void)state;
	assert_int_equal(run(0), 0);
	all = calls;
	assert_true(all > 15);
	for (size_t i = 1; i <= all; i++)
		assert_int_equal(run(i), 1);
	assert_int_equal(now, before);
}

static void
an_encoder_without_memory_is_none(void **state)
{
	size_t before = now, failed = 0;
	struct ur_encoder *u;
	struct err e;

	(void)state;
	for (size_t i = 1;; i++) {
		calls = 0;
		fail_at = i;
		if (ur_encoder_new("x", message_of(1000, 1), 100, &u,
		    &e) == 0)
			break;
		assert_null(u);
		failed++;
	}
	fail_at = 0;
	ur_encoder_free(u);
	assert_true(failed >= 5);
	assert_int_equal(now, before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order_loss_and_repetition_bring_it_back),
		cmocka_unit_test(parts_late_in_the_numbers_of_32_bits_bring_it_back),
		cmocka_unit_test(four_streams_fill_side_by_side),
		cmocka_unit_test(a_fifth_stream_takes_the_place_of_the_one_fed_longest_ago),
		cmocka_unit_test(a_stray_part_of_another_stream_blocks_nothing),
		cmocka_unit_test(a_part_that_contradicts_the_others_is_an_alarm),
		cmocka_unit_test(a_forged_part_that_nothing_contradicts_fails_the_whole),
		cmocka_unit_test(each_limit_holds_to_the_number),
		cmocka_unit_test(a_hostile_part_costs_next_to_nothing),
		cmocka_unit_test(the_largest_message_stays_within_its_bound),
		cmocka_unit_test(a_stream_is_sent_whole_and_never_longer_than_told),
		cmocka_unit_test(a_stream_begins_anew_and_leaves_out_what_repeats_one_fragment),
		cmocka_unit_test(of_two_fragments_the_mixtures_alone_are_enough),
		cmocka_unit_test(a_failed_allocation_is_told_and_reception_goes_on),
		cmocka_unit_test(an_encoder_without_memory_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
