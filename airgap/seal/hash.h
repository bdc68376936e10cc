/*
 * SHA-2 (FIPS 180-4), HKDF-SHA512 and HMAC (RFC 5869, RFC 2104).  These
 * cannot fail except for lack of memory, where the process stops: no caller
 * could go on.  sha256 and sha384 are for public bytes; sha512, HMAC and
 * HKDF leave nothing of their input behind and may be given secrets.
 */
#ifndef AIRGAP_SEAL_HASH_H
#define AIRGAP_SEAL_HASH_H

#include "airgap/bytes.h"

/* Digest of the whole of in. */
struct digest256 sha256(struct bytes in);
struct digest384 sha384(struct bytes in);
struct digest512 sha512(struct bytes in);

/* Digest of a then b, as one message (PCR extend, prefixed hashes). */
struct digest384 sha384_two(struct bytes a, struct bytes b);
struct digest256 sha256_two(struct bytes a, struct bytes b);

/* A key of any length; longer than a block it is hashed first (RFC 2104). */
void hmac_sha512(struct bytes key, struct bytes msg,
    uint8_t out[static SHA512_LEN]);
void hmac_sha256(struct bytes key, struct bytes msg,
    uint8_t out[static SHA256_LEN]);

/* HKDF-SHA512 extract and expand; n <= 64 bytes of output. */
void hkdf_sha512(struct bytes salt, struct bytes ikm, struct bytes info,
    uint8_t *out, size_t n);

/* Of public digests: not in constant time. */
bool digest256_equal(const struct digest256 *a, const struct digest256 *b);
bool digest512_equal(const struct digest512 *a, const struct digest512 *b);

#endif
