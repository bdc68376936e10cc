/*
 * Replies of the module, written out byte by byte, for the tests of what
 * reads them.
 */
#ifndef TESTS_UNIT_NSM_REPLIES_H
#define TESTS_UNIT_NSM_REPLIES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "enclave/nsm/nsm.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define V48 "0123456789abcdef0123456789abcdef0123456789abcdef"
#define B(s) bytes_of(s, sizeof(s) - 1)

#define EXTEND "\xa1\x69" "ExtendPCR"
#define DATA "\x64" "data\x58\x30" V48

#define DESCRIBE_HEAD "\xa1\x6b" "DescribeNSM\xa7"
#define MAJOR "\x6d" "version_major\x01"
#define MINOR "\x6d" "version_minor\x02"
#define PATCH "\x6d" "version_patch\x03"
#define MODULE "\x69" "module_id\x68i-1-enc2"
#define PCRS "\x68" "max_pcrs\x18\x20"
#define LOCKED "\x6b" "locked_pcrs\x83\x00\x01\x18\x1f"
#define DIGEST "\x66" "digest\x66SHA384"

/* One good reply a kind, in the order of enum nsm_tag. */
static inline struct bytes
good(enum nsm_tag tag)
{
	const struct bytes replies[] = {
		[NSM_DESCRIBE_PCR] = B("\xa1\x6b" "DescribePCR\xa2\x64"
		    "lock\xf5\x64" "data\x58\x30" V48),
		[NSM_EXTEND_PCR] = B("\xa1\x69" "ExtendPCR\xa1\x64"
		    "data\x58\x30" V48),
		[NSM_LOCK_PCR] = B("\x67LockPCR"),
		[NSM_LOCK_PCRS] = B("\x68LockPCRs"),
		[NSM_DESCRIBE_NSM] = B(DESCRIBE_HEAD MAJOR MINOR PATCH MODULE
		    PCRS LOCKED DIGEST),
		[NSM_ATTESTATION] = B("\xa1\x6b" "Attestation\xa1\x68"
		    "document\x44\x84\x43\xa1\x01"),
		[NSM_GET_RANDOM] = B("\xa1\x69GetRandom\xa1\x66random\x48"
		    "rndbytes"),
	};

	return replies[tag];
}

#define KINDS NSM_ERROR		/* all before it are requests */

static inline void
assert_good_description(const struct nsm_info *info)
{
	assert_int_equal(info->version[0], 1);
	assert_int_equal(info->version[1], 2);
	assert_int_equal(info->version[2], 3);
	assert_string_equal(info->module_id, "i-1-enc2");
	assert_int_equal(info->max_pcrs, 32);
	assert_int_equal(info->digest, 1);
	for (unsigned i = 0; i < 256; i++)
		assert_int_equal(info->locked[i],
		    i == 0 || i == 1 || i == 31);
}

/* {"Error": name} */
static inline struct bytes
error_reply(const char *name)
{
	static uint8_t reply[64];
	size_t n = strlen(name);

	memcpy(reply, "\xa1\x65" "Error", 7);
	reply[7] = (uint8_t)(0x60 + n);
	memcpy(reply + 8, name, n);
	return bytes_of(reply, 8 + n);
}

static inline void
nsm_append(uint8_t *out, size_t *n, struct bytes b)
{
	memcpy(out + *n, b.p, b.n);
	*n += b.n;
}

#endif
