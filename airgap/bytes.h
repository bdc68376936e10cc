/*
 * A borrowed run of public bytes, the fixed digests, and numbers in text.
 *
 * struct bytes never owns: whoever made the bytes keeps them alive longer.
 * Nothing here is constant time; secrets use airgap/seal.
 */
#ifndef AIRGAP_BYTES_H
#define AIRGAP_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *p;
	size_t n;
};

#define SHA256_LEN 32
#define SHA384_LEN 48
#define SHA512_LEN 64

/* Fixed things are structs so that a hash cannot be passed as a key. */
struct digest256 { uint8_t b[SHA256_LEN]; };
struct digest384 { uint8_t b[SHA384_LEN]; };
struct digest512 { uint8_t b[SHA512_LEN]; };

static inline struct bytes
bytes_of(const void *p, size_t n)
{
	return (struct bytes){ .p = p, .n = n };
}

static inline struct bytes
bytes_str(const char *s)
{
	return bytes_of(s, strlen(s));
}

static inline bool
bytes_equal(struct bytes a, struct bytes b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Order of Rust's byte slices: bytewise, the shorter first.  <0, 0, >0. */
static inline int
bytes_compare(struct bytes a, struct bytes b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n == 0 ? 0 : memcmp(a.p, b.p, n);

	if (c != 0)
		return c;
	return a.n < b.n ? -1 : a.n > b.n;
}

/*
 * Takes the decimal digits that *text begins with off it: no sign, no space,
 * any number of leading zeros.  False, and nothing changes, where there are
 * none or the number is over max.
 */
bool bytes_take_number(struct bytes *text, uint64_t max, uint64_t *out);

/* As bytes_take_number, where all of text is the number. */
bool bytes_number(struct bytes text, uint64_t max, uint64_t *out);

#endif
