/*
 * /dev/nsm against a stand-in at its system calls: open, ioctl and close are
 * wrapped at link time (-Wl,--wrap), the code under test is the product's.
 * Expected bytes are written out from the table of enclave.md 6.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "tests/standin/nsm_serve.h"
#include "tests/unit/nsm_replies.h"

#define FD 1000			/* no file of this process */
#define REPLY_ROOM 0x3000

/* --- the stand-in */

static struct {
	struct bytes reply;
	uint64_t claim;		/* the length it writes back, 0: the true */
	int open_errno, ioctl_errno;
	struct nsm *served;	/* answers instead of reply */
	bool loose;		/* its replies are indefinite */

	uint8_t request[0x4000];
	size_t request_len;
	uint8_t *room;		/* where the last reply went */
	unsigned opens, ioctls, closes;
} dev;

struct raw {
	uint64_t request, request_length, reply, reply_length;
};

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_ioctl(int fd, unsigned long command, ...);
int __wrap_ioctl(int fd, unsigned long command, ...);
int __real_close(int fd);
int __wrap_close(int fd);

int
__wrap_open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode = 0;

	if (strcmp(path, "/dev/nsm") == 0) {
		assert_int_equal(flags, O_RDWR | O_CLOEXEC);
		dev.opens += dev.open_errno == 0;
		errno = dev.open_errno;
		return dev.open_errno == 0 ? FD : -1;
	}
	if ((flags & O_CREAT) != 0) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return __real_open(path, flags, mode);
}

int
__wrap_close(int fd)
{
	if (fd != FD)
		return __real_close(fd);
	dev.closes++;
	errno = EIO;		/* says nothing about the request */
	return 0;
}

static void *
pointer(uint64_t address)
{
	uintptr_t at = (uintptr_t)address;
	void *p;

	memcpy(&p, &at, sizeof(p));
	return p;
}

int
__wrap_ioctl(int fd, unsigned long command, ...)
{
	struct raw *raw;
	va_list ap;
	size_t n;

	va_start(ap, command);
	raw = va_arg(ap, struct raw *);
	va_end(ap);
	if (fd != FD)
		return __real_ioctl(fd, command, raw);
	assert_int_equal(command, 0xC0200A00UL);
	assert_int_equal(raw->reply_length, REPLY_ROOM);
	assert_in_range(raw->request_length, 1, 0x1000);
	dev.ioctls++;
	dev.request_len = (size_t)raw->request_length;
	memcpy(dev.request, pointer(raw->request), dev.request_len);
	dev.room = pointer(raw->reply);
	if (dev.ioctl_errno != 0) {
		errno = dev.ioctl_errno;
		return -1;
	}
	if (dev.served != NULL) {
		n = nsm_serve(dev.served, bytes_of(dev.request,
		    dev.request_len), dev.loose, dev.room, REPLY_ROOM);
	} else {
		/* all of it is there, also beyond the length that counts */
		n = dev.reply.n < REPLY_ROOM ? dev.reply.n : REPLY_ROOM;
		if (n > 0)
			memcpy(dev.room, dev.reply.p, n);
	}
	raw->reply_length = dev.claim != 0 ? dev.claim : n;
	return 0;
}

/* --- calls */

static struct nsm *nsm;
static struct {
	struct nsm_info info;
	struct pcr_state pcr;
	struct digest384 value;
	struct buf document;
	uint8_t random[512];
	size_t random_len;
} got;

static int
setup(void **state)
{
	(void)state;
	memset(&dev, 0, sizeof(dev));
	memset(&got, 0, sizeof(got));
	return nsm_device_open("/dev/nsm", &nsm, NULL);
}

static int
teardown(void **state)
{
	(void)state;
	buf_free(&got.document);
	nsm->ops->close(nsm);
	return 0;
}

/* The request of a kind, with arguments that do not matter. */
static int
call(enum nsm_tag tag)
{
	struct bytes none = bytes_of(NULL, 0);

	switch (tag) {
	case NSM_DESCRIBE_NSM:
		return nsm->ops->describe(nsm, &got.info);
	case NSM_DESCRIBE_PCR:
		return nsm->ops->pcr(nsm, 16, &got.pcr);
	case NSM_EXTEND_PCR:
		return nsm->ops->extend(nsm, 16, bytes_str("abcd"),
		    &got.value);
	case NSM_LOCK_PCR:
		return nsm->ops->lock(nsm, 16);
	case NSM_LOCK_PCRS:
		return nsm->ops->lock_range(nsm, 32);
	case NSM_ATTESTATION:
		buf_free(&got.document);
		return nsm->ops->attest(nsm, none, none, none,
		    &got.document);
	default:
		return nsm->ops->random(nsm, got.random, sizeof(got.random),
		    &got.random_len);
	}
}

static int
call_on(enum nsm_tag tag, struct bytes reply)
{
	dev.reply = reply;
	return call(tag);
}

/* --- requests */

static void
assert_request(struct bytes want)
{
	assert_int_equal(dev.request_len, want.n);
	assert_memory_equal(dev.request, want.p, want.n);
}

static void
each_request_has_the_bytes_of_the_table(void **state)
{
	const struct bytes want[] = {
		[NSM_DESCRIBE_PCR] = B("\xa1\x6b" "DescribePCR\xa1\x65"
		    "index\x10"),
		[NSM_EXTEND_PCR] = B("\xa1\x69" "ExtendPCR\xa2\x65"
		    "index\x10\x64" "data\x44" "abcd"),
		[NSM_LOCK_PCR] = B("\xa1\x67LockPCR\xa1\x65index\x10"),
		[NSM_LOCK_PCRS] = B("\xa1\x68LockPCRs\xa1\x65range\x18\x20"),
		[NSM_DESCRIBE_NSM] = B("\x6b" "DescribeNSM"),
		[NSM_ATTESTATION] = B("\xa1\x6b" "Attestation\xa3\x69"
		    "user_data\xf6\x65nonce\xf6\x6apublic_key\xf6"),
		[NSM_GET_RANDOM] = B("\x69GetRandom"),
	};
	(void)state;

	for (unsigned i = 0; i < KINDS; i++) {
		assert_int_equal(call_on(i, good(i)), 0);
		assert_request(want[i]);
	}
}

static void
numbers_are_in_their_shortest_form(void **state)
{
	static const struct {
		uint16_t n;
		const char *bytes;
		size_t len;
	} cases[] = {
		{ 0, "\x00", 1 }, { 23, "\x17", 1 }, { 24, "\x18\x18", 2 },
		{ 31, "\x18\x1f", 2 }, { 255, "\x18\xff", 2 },
		{ 256, "\x19\x01\x00", 3 }, { 65535, "\x19\xff\xff", 3 },
	};
	struct bytes head = B("\xa1\x6b" "DescribePCR\xa1\x65index");
	(void)state;

	dev.reply = good(NSM_DESCRIBE_PCR);
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(nsm->ops->pcr(nsm, cases[i].n, &got.pcr), 0);
		assert_int_equal(dev.request_len, head.n + cases[i].len);
		assert_memory_equal(dev.request, head.p, head.n);
		assert_memory_equal(dev.request + head.n, cases[i].bytes,
		    cases[i].len);
	}
}

static void
attestation_fields_are_bytes_or_null(void **state)
{
	static uint8_t data[300];
	struct bytes head = B("\xa1\x6b" "Attestation\xa3\x69"
	    "user_data\x58\x20"), nonce = B("\x65nonce\x40\x6apublic_key");
	size_t at = head.n;
	(void)state;

	memset(data, 'd', sizeof(data));
	dev.reply = good(NSM_ATTESTATION);
	assert_int_equal(nsm->ops->attest(nsm, bytes_of(data, 32),
	    bytes_str(""), bytes_of(data, sizeof(data)), &got.document), 0);
	assert_int_equal(dev.request_len, head.n + 32 + nonce.n + 3 + 300);
	assert_memory_equal(dev.request, head.p, head.n);
	assert_memory_equal(dev.request + at, data, 32);
	at += 32;
	assert_memory_equal(dev.request + at, nonce.p, nonce.n);
	at += nonce.n;
	assert_memory_equal(dev.request + at, "\x59\x01\x2c", 3);
	assert_memory_equal(dev.request + at + 3, data, sizeof(data));
	assert_int_equal(got.document.n, 4);
	assert_memory_equal(got.document.p, "\x84\x43\xa1\x01", 4);
}

static void
a_request_over_0x1000_bytes_is_too_large_and_not_sent(void **state)
{
	static uint8_t data[0x1000];
	(void)state;

	dev.reply = good(NSM_EXTEND_PCR);
	/* 27 bytes stand around the data */
	assert_int_equal(nsm->ops->extend(nsm, 16, bytes_of(data, 0x1000 - 27),
	    &got.value), 0);
	assert_int_equal(dev.request_len, 0x1000);
	for (size_t n = 0x1000 - 26; n <= sizeof(data); n++)
		assert_int_equal(nsm->ops->extend(nsm, 16, bytes_of(data, n),
		    &got.value), NSM_INPUT_TOO_LARGE);
	assert_int_equal(nsm->ops->attest(nsm, bytes_of(data, 2000),
	    bytes_of(data, 2000), bytes_of(data, 200), &got.document),
	    NSM_INPUT_TOO_LARGE);
	assert_null(got.document.p);
	assert_int_equal(dev.ioctls, 1);
}

/* --- replies */

static void
a_good_reply_of_each_kind_gives_its_values(void **state)
{
	(void)state;

	for (unsigned i = 0; i < KINDS; i++)
		assert_int_equal(call_on(i, good(i)), 0);
	assert_good_description(&got.info);
	assert_true(got.pcr.lock);
	assert_memory_equal(got.pcr.value.b, V48, 48);
	assert_memory_equal(got.value.b, V48, 48);
	assert_int_equal(got.document.n, 4);
	assert_int_equal(got.random_len, 8);
	assert_memory_equal(got.random, "rndbytes", 8);
}

static void
the_device_is_opened_and_closed_for_each_request(void **state)
{
	(void)state;

	assert_int_equal(dev.opens, 1);		/* by nsm_device_open */
	assert_int_equal(dev.closes, 1);
	for (unsigned i = 0; i < KINDS; i++) {
		dev.ioctl_errno = (i & 1) != 0 ? EIO : 0;
		(void)call_on(i, good(i));
		assert_int_equal(dev.opens, i + 2);
		assert_int_equal(dev.closes, i + 2);
	}
}

static const char *const error_names[] = {
	[NSM_INVALID_ARGUMENT] = "InvalidArgument",
	[NSM_INVALID_INDEX] = "InvalidIndex",
	[NSM_INVALID_RESPONSE] = "InvalidResponse",
	[NSM_READ_ONLY_INDEX] = "ReadOnlyIndex",
	[NSM_INVALID_OPERATION] = "InvalidOperation",
	[NSM_BUFFER_TOO_SMALL] = "BufferTooSmall",
	[NSM_INPUT_TOO_LARGE] = "InputTooLarge",
	[NSM_INTERNAL_ERROR] = "InternalError",
};

static void
each_error_name_of_the_module_is_its_number_for_each_request(void **state)
{
	(void)state;

	for (unsigned i = 0; i < KINDS; i++)
		for (int e = NSM_INVALID_ARGUMENT; e <= NSM_INTERNAL_ERROR;
		    e++)
			assert_int_equal(call_on(i, error_reply(
			    error_names[e])), e);
	assert_null(got.document.p);
	assert_int_equal(got.random_len, 0);
}

static void
a_failing_system_call_is_internal_and_emsgsize_too_large(void **state)
{
	static const int errors[] = { EINVAL, ETIMEDOUT, EINTR, EIO, EFAULT,
	    ENOTTY, ENODEV, EAGAIN, ENOMEM, EPERM };
	static const int opening[] = { ENOENT, EACCES, EMFILE, EINTR, EBUSY,
	    EMSGSIZE };
	(void)state;

	for (unsigned i = 0; i < KINDS; i++) {
		dev.ioctl_errno = EMSGSIZE;
		assert_int_equal(call_on(i, good(i)), NSM_INPUT_TOO_LARGE);
		for (size_t j = 0; j < COUNT(errors); j++) {
			dev.ioctl_errno = errors[j];
			assert_int_equal(call(i), NSM_INTERNAL_ERROR);
		}
		dev.ioctl_errno = 0;
		for (size_t j = 0; j < COUNT(opening); j++) {
			dev.open_errno = opening[j];
			assert_int_equal(call(i), NSM_INTERNAL_ERROR);
		}
		dev.open_errno = 0;
	}
	assert_null(got.document.p);
}

static void
every_truncation_of_every_reply_is_internal(void **state)
{
	(void)state;

	for (unsigned i = 0; i < KINDS; i++) {
		dev.reply = good(i);
		for (size_t n = 1; n < dev.reply.n; n++) {
			dev.claim = n;
			assert_int_equal(call(i), NSM_INTERNAL_ERROR);
		}
		dev.claim = 0;
		assert_int_equal(call_on(i, bytes_of(NULL, 0)),
		    NSM_INTERNAL_ERROR);
		dev.reply = error_reply("InvalidIndex");
		for (size_t n = 1; n < dev.reply.n; n++) {
			dev.claim = n;
			assert_int_equal(call(i), NSM_INTERNAL_ERROR);
		}
		dev.claim = 0;
	}
}

static void
bytes_after_the_reply_are_internal(void **state)
{
	uint8_t longer[256];
	(void)state;

	for (unsigned i = 0; i < KINDS; i++) {
		struct bytes g = good(i);

		memcpy(longer, g.p, g.n);
		for (unsigned b = 0; b < 256; b++) {
			longer[g.n] = (uint8_t)b;
			assert_int_equal(call_on(i, bytes_of(longer,
			    g.n + 1)), NSM_INTERNAL_ERROR);
		}
	}
}

static void
a_reply_to_another_request_is_internal(void **state)
{
	(void)state;

	for (unsigned i = 0; i < KINDS; i++)
		for (unsigned j = 0; j < KINDS; j++)
			assert_int_equal(call_on(i, good(j)),
			    i == j ? 0 : NSM_INTERNAL_ERROR);
}

/* a document of n bytes behind a head of 3, in a reply of n + 26 */
static struct bytes
document_reply(size_t n)
{
	static uint8_t reply[0x4000];
	struct bytes head = B("\xa1\x6b" "Attestation\xa1\x68" "document\x59");

	memset(reply, 'x', sizeof(reply));
	memcpy(reply, head.p, head.n);
	reply[head.n] = (uint8_t)(n >> 8);
	reply[head.n + 1] = (uint8_t)n;
	return bytes_of(reply, head.n + 2 + n);
}

static void
a_reply_that_the_driver_cut_off_or_overstated_is_internal(void **state)
{
	size_t around = document_reply(0).n;
	(void)state;

	assert_int_equal(call_on(NSM_ATTESTATION,
	    document_reply(REPLY_ROOM - around)), 0);
	assert_int_equal(got.document.n, REPLY_ROOM - around);
	assert_int_equal(call_on(NSM_ATTESTATION,
	    document_reply(REPLY_ROOM - around + 1)), NSM_INTERNAL_ERROR);
	assert_int_equal(call_on(NSM_ATTESTATION, B("\xa1\x6b" "Attestation"
	    "\xa1\x68" "document\x40")), NSM_INTERNAL_ERROR);
	assert_null(got.document.p);
	dev.claim = REPLY_ROOM + 1;
	assert_int_equal(call_on(NSM_LOCK_PCR, good(NSM_LOCK_PCR)),
	    NSM_INTERNAL_ERROR);
	dev.claim = UINT64_MAX;
	assert_int_equal(call(NSM_LOCK_PCR), NSM_INTERNAL_ERROR);
}

static void
a_pcr_value_has_48_bytes(void **state)
{
	uint8_t reply[128];
	(void)state;

	for (size_t len = 0; len <= 64; len++) {
		size_t n = 0;

		nsm_append(reply, &n, B(EXTEND "\xa1\x64" "data\x58"));
		reply[n++] = (uint8_t)len;
		memset(reply + n, 'v', len);
		assert_int_equal(call_on(NSM_EXTEND_PCR, bytes_of(reply,
		    n + len)), len == 48 ? 0 : NSM_INTERNAL_ERROR);
	}
	assert_int_equal(call_on(NSM_DESCRIBE_PCR, B("\xa1\x6b" "DescribePCR"
	    "\xa2\x64lock\xf5\x64" "data\x42" "ab")), NSM_INTERNAL_ERROR);
}

static void
random_bytes_are_cut_to_the_room_and_leave_nothing_behind(void **state)
{
	uint8_t out[5] = { 0 };
	size_t n;
	(void)state;

	dev.reply = good(NSM_GET_RANDOM);
	assert_int_equal(nsm->ops->random(nsm, out, 4, &n), 0);
	assert_int_equal(n, 4);
	assert_memory_equal(out, "rndb\0", 5);
	for (size_t i = 0; i < REPLY_ROOM; i++)
		assert_int_equal(dev.room[i], 0);
	assert_int_equal(call_on(NSM_GET_RANDOM, B("\xa1\x69GetRandom\xa1\x66"
	    "random\x40")), NSM_INTERNAL_ERROR);
}

static void
a_device_that_is_not_there_is_said_when_it_is_opened(void **state)
{
	struct err e = { 0 };
	struct nsm *n = nsm;
	(void)state;

	dev.open_errno = ENOENT;
	assert_int_equal(nsm_device_open("/dev/nsm", &n, &e), ERR_SYSTEM);
	assert_null(n);
	assert_string_equal(e.text, "/dev/nsm: No such file or directory; "
	    "outside a Nitro enclave use quorate-enclave-sim");
	nsm->ops->close(NULL);
	assert_false(nsm->simulated);
}

/* --- over a module that works */

static void
the_device_over_a_module_is_the_module(void **state)
{
	static const char *const after = "\x24\xea\xa3\x05\xf1\x54\x8a\x7e"
	    "\x1e\xa0\xaa\x38\x56\x01\xed\xb2\xcb\x60\x6a\xc2\xc4\x7f\x56\x2a"
	    "\x94\x35\xae\x57\xbf\x00\x1d\x88\x06\x3a\x11\xf2\x24\xca\xd0\xc8"
	    "\x37\x04\xef\x5d\x24\xe2\x9c\x91";
	char dir[] = "/tmp/nsm-XXXXXX";
	struct buf direct = { 0 };
	int *loose = *state;

	assert_non_null(mkdtemp(dir));
	dev.loose = loose != NULL;
	dev.served = nsm_serve_open(dir, NULL, NULL);
	assert_non_null(dev.served);
	assert_int_equal(call(NSM_DESCRIBE_NSM), 0);
	assert_string_equal(got.info.module_id, NSM_SIM_MODULE_ID);
	for (unsigned i = 0; i < 256; i++)
		assert_int_equal(got.info.locked[i], i < 16);
	assert_int_equal(call(NSM_EXTEND_PCR), 0);
	assert_memory_equal(got.value.b, after, 48);
	assert_int_equal(call(NSM_DESCRIBE_PCR), 0);
	assert_false(got.pcr.lock);
	assert_memory_equal(got.pcr.value.b, after, 48);
	assert_int_equal(call(NSM_LOCK_PCR), 0);
	assert_int_equal(call(NSM_EXTEND_PCR), NSM_READ_ONLY_INDEX);
	assert_int_equal(call(NSM_LOCK_PCRS), 0);
	assert_int_equal(nsm->ops->lock_range(nsm, 33), NSM_INVALID_INDEX);
	assert_int_equal(nsm->ops->pcr(nsm, 32, &got.pcr), NSM_INVALID_INDEX);
	assert_int_equal(nsm->ops->lock(nsm, 256), NSM_INVALID_OPERATION);
	assert_int_equal(call(NSM_DESCRIBE_NSM), 0);
	assert_true(got.info.locked[31]);
	assert_int_equal(call(NSM_GET_RANDOM), 0);
	assert_int_equal(got.random_len, 256);
	assert_int_equal(call(NSM_ATTESTATION), 0);
	assert_int_equal(dev.served->ops->attest(dev.served, bytes_of(NULL, 0),
	    bytes_of(NULL, 0), bytes_of(NULL, 0), &direct), 0);
	/* all but time and signature */
	assert_int_equal(got.document.n, direct.n);
	assert_memory_equal(got.document.p, direct.p, 30);
	buf_free(&direct);
	dev.served->ops->close(dev.served);
	assert_int_equal(chdir(dir), 0);
	unlink("root.pem");
	unlink("root.key");
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void
the_device_over_newer_firmware_is_the_module(void **state)
{
	int loose = 1;
	void *p = &loose;

	(void)state;
	the_device_over_a_module_is_the_module(&p);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(each_request_has_the_bytes_of_the_table),
		T(numbers_are_in_their_shortest_form),
		T(attestation_fields_are_bytes_or_null),
		T(a_request_over_0x1000_bytes_is_too_large_and_not_sent),
		T(a_good_reply_of_each_kind_gives_its_values),
		T(the_device_is_opened_and_closed_for_each_request),
		T(each_error_name_of_the_module_is_its_number_for_each_request),
		T(a_failing_system_call_is_internal_and_emsgsize_too_large),
		T(every_truncation_of_every_reply_is_internal),
		T(bytes_after_the_reply_are_internal),
		T(a_reply_to_another_request_is_internal),
		T(a_reply_that_the_driver_cut_off_or_overstated_is_internal),
		T(a_pcr_value_has_48_bytes),
		T(random_bytes_are_cut_to_the_room_and_leave_nothing_behind),
		T(a_device_that_is_not_there_is_said_when_it_is_opened),
		T(the_device_over_a_module_is_the_module),
		T(the_device_over_newer_firmware_is_the_module),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
