/*
 * The messages between quorate and quorate-token, and the rules for a PIN.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "token/pin_text.h"
#include "token/wire.h"

static void
a_request_comes_back_as_it_was(void **state)
{
	struct token_request q = { TOKEN_SIGN, PURPOSE_RELEASE,
	    MODE_REHEARSAL, 4294967295U, bytes_str("a reader"),
	    bytes_str("body"), NULL }, got;
	struct buf b;

	(void)state;
	assert_int_equal(wire_request(&q, &b, NULL), 0);
	assert_int_equal(wire_read_request(buf_bytes(&b), &got, NULL), 0);
	assert_int_equal(got.op, q.op);
	assert_int_equal(got.purpose, q.purpose);
	assert_int_equal(got.mode, q.mode);
	assert_int_equal(got.serial, q.serial);
	assert_true(bytes_equal(got.reader, q.reader));
	assert_true(bytes_equal(got.body, q.body));
	buf_free(&b);
}

static void
a_reply_comes_back_as_it_was(void **state)
{
	struct token_reply p = { REPLY_RESULT, ERR_TOKEN, bytes_str("d"),
	    bytes_str("a sentence"), 33 }, got;
	struct buf b;

	(void)state;
	assert_int_equal(wire_reply(&p, &b, NULL), 0);
	assert_int_equal(wire_read_reply(buf_bytes(&b), &got, NULL), 0);
	assert_int_equal(got.kind, p.kind);
	assert_int_equal(got.code, ERR_TOKEN);
	assert_int_equal(got.plain, 33);
	assert_true(bytes_equal(got.text, p.text));
	buf_free(&b);
}

static void
a_list_comes_back_as_it_was(void **state)
{
	static struct token_list l = { .count = 2 }, got;
	struct buf b;

	(void)state;
	l.tokens[0] = (struct token_info){ .reader = "one", .serial = 7,
	    .version = { 5, 4, 3 }, .tries = 3, .puk_tries = 2,
	    .sign = { SLOT_MISMATCH, { 4, 9 }, 3, 2, 1 } };
	l.tokens[1] = (struct token_info){ .reader = "two",
	    .busy = BUSY_PROGRAM };
	assert_int_equal(wire_list(&l, &b, NULL), 0);
	assert_int_equal(wire_read_list(buf_bytes(&b), &got, NULL), 0);
	assert_int_equal(got.count, 2);
	assert_string_equal(got.tokens[0].reader, "one");
	assert_int_equal(got.tokens[0].serial, 7);
	assert_int_equal(got.tokens[0].tries, 3);
	assert_int_equal(got.tokens[0].puk_tries, 2);
	assert_int_equal(got.tokens[0].sign.state, SLOT_MISMATCH);
	assert_int_equal(got.tokens[0].sign.point[1], 9);
	assert_int_equal(got.tokens[1].busy, BUSY_PROGRAM);
	buf_free(&b);
}

static void
a_name_of_a_reader_with_a_nul_is_refused(void **state)
{
	static struct token_list l = { .count = 1 }, got;
	struct buf b;
	uint8_t *name;

	(void)state;
	l.tokens[0] = (struct token_info){ .reader = "a reader" };
	assert_int_equal(wire_list(&l, &b, NULL), 0);
	name = memmem(b.p, b.n, "a reader", 8);
	assert_non_null(name);
	name[1] = 0;
	assert_int_equal(wire_read_list(buf_bytes(&b), &got, NULL),
	    ERR_INPUT);
	buf_free(&b);
}

static void
a_cut_or_longer_message_is_refused_at_every_length(void **state)
{
	struct token_request q = { .op = TOKEN_OPEN,
	    .reader = bytes_str("r"), .body = bytes_str("x") }, got;
	uint8_t longer[256] = { 0 };
	struct buf b;

	(void)state;
	assert_int_equal(wire_request(&q, &b, NULL), 0);
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(wire_read_request(bytes_of(b.p, n), &got,
		    NULL), ERR_INPUT);
	assert_true(b.n < sizeof(longer));
	memcpy(longer, b.p, b.n);
	assert_int_equal(wire_read_request(bytes_of(longer, b.n + 1), &got,
	    NULL), ERR_INPUT);
	buf_free(&b);
}

static void
an_operation_or_purpose_that_is_none_is_refused(void **state)
{
	struct token_request q = { .op = TOKEN_OP_END }, got;
	struct buf b;

	(void)state;
	assert_int_equal(wire_request(&q, &b, NULL), 0);
	assert_int_equal(wire_read_request(buf_bytes(&b), &got, NULL),
	    ERR_INPUT);
	buf_free(&b);
	q = (struct token_request){ .op = TOKEN_SIGN,
	    .purpose = (enum purpose)(PURPOSE_KEY + 1) };
	assert_int_equal(wire_request(&q, &b, NULL), 0);
	assert_int_equal(wire_read_request(buf_bytes(&b), &got, NULL),
	    ERR_INPUT);
	buf_free(&b);
}

static void
a_frame_that_announces_too_much_is_refused_unread(void **state)
{
	static const uint8_t head[4] = { 0xff, 0xff, 0xff, 0xff };
	struct buf b;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(write(fd[1], head, 4), 4);
	assert_int_equal(frame_receive(fd[0], clock_ms() + 60000, &b, NULL),
	    ERR_PEER);
	close(fd[0]);
	close(fd[1]);
}

static void
a_silent_end_is_waited_for_no_longer_than_the_deadline(void **state)
{
	int64_t began = clock_ms();
	struct buf b;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(frame_receive(fd[0], began + 50, &b, NULL),
	    ERR_INTERRUPTED);
	assert_in_range(clock_ms() - began, 50, 60000);
	close(fd[1]);
	assert_int_equal(frame_receive(fd[0], -1, &b, NULL), ERR_PEER);
	close(fd[0]);
}

static void
what_a_touched_token_types_is_told_from_a_pin(void **state)
{
	static const char otp[] =
	    "ccccccbchvthlivuitriujjifivbvtrjkjfirllluurj";

	(void)state;
	assert_true(pin_is_otp(bytes_str(otp)));
	/* begun with a PIN, or a PIN behind it */
	assert_true(pin_is_otp(bytes_str(
	    "1234ccccccbchvthlivuitriujjifivbvtrjkjfirllluurj")));
	assert_true(pin_is_otp(bytes_str(
	    "ccccccbchvthlivuitriujjifivbvtrjkjfirllluurj123456")));
	assert_true(pin_is_otp(bytes_of(otp, OTP_RUN)));
	assert_false(pin_is_otp(bytes_of(otp, OTP_RUN - 1)));
	assert_false(pin_is_otp(bytes_str(
	    "ccccccbchvthlivuitriujjifivbvtra1ccccccbchvthlivuitriujjifivbvt")));
	assert_false(pin_is_otp(bytes_str("123456")));
}

static void
a_pin_has_six_to_eight_bytes(void **state)
{
	static const char pin[] = "123456789";

	(void)state;
	for (size_t n = 0; n <= 9; n++)
		assert_int_equal(pin_check(bytes_of(pin, n), NULL),
		    n >= 6 && n <= 8 ? 0 : ERR_TOKEN);
	assert_int_equal(pin_check(bytes_of("12345\0", 6), NULL), ERR_TOKEN);
}

static void
a_new_pin_is_visible_and_not_the_one_from_the_factory(void **state)
{
	static const char *const bad[] = { "123456", "12345678", "12345",
	    "123456789", "pass 1", "p\303\244sswd", "123\t456", "12345\177" };
	static const char *const good[] = { "1234567", "654321", "a!b~C#9" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(pin_check_new(bytes_str(bad[i]), NULL),
		    ERR_TOKEN);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(pin_check_new(bytes_str(good[i]), NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_comes_back_as_it_was),
		cmocka_unit_test(a_reply_comes_back_as_it_was),
		cmocka_unit_test(a_list_comes_back_as_it_was),
		cmocka_unit_test(a_name_of_a_reader_with_a_nul_is_refused),
		cmocka_unit_test(
		    a_cut_or_longer_message_is_refused_at_every_length),
		cmocka_unit_test(
		    an_operation_or_purpose_that_is_none_is_refused),
		cmocka_unit_test(
		    a_frame_that_announces_too_much_is_refused_unread),
		cmocka_unit_test(
		    a_silent_end_is_waited_for_no_longer_than_the_deadline),
		cmocka_unit_test(what_a_touched_token_types_is_told_from_a_pin),
		cmocka_unit_test(a_pin_has_six_to_eight_bytes),
		cmocka_unit_test(
		    a_new_pin_is_visible_and_not_the_one_from_the_factory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
