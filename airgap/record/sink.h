/*
 * Where encoders write: a counter, an exact buffer, or a running SHA-256,
 * so that one encoder serves sizes, files and hashes without copies.
 */
#ifndef AIRGAP_RECORD_SINK_H
#define AIRGAP_RECORD_SINK_H

#include "airgap/bytes.h"
#include "airgap/err.h"
#include "airgap/file.h"

struct sink {
	int (*put)(struct sink *s, const void *p, size_t n);
	uint8_t *out;		/* buffer sink: next byte */
	size_t left;		/* buffer sink: room */
	size_t count;		/* bytes put so far */
	void *hash;		/* hash sink: EVP_MD_CTX */
};

/* All return 0, ERR_INTERNAL (no room) or ERR_SYSTEM. */
int sink_put(struct sink *s, const void *p, size_t n) MUST_CHECK;
int sink_str(struct sink *s, const char *text) MUST_CHECK;
int sink_u8(struct sink *s, uint8_t v) MUST_CHECK;
int sink_u16(struct sink *s, uint16_t v) MUST_CHECK;	/* little-endian */
int sink_u32(struct sink *s, uint32_t v) MUST_CHECK;
int sink_hex(struct sink *s, struct bytes b) MUST_CHECK;

/* A put for struct sink: into out, or ERR_INTERNAL and nothing of it. */
int sink_put_fixed(struct sink *s, const void *p, size_t n) MUST_CHECK;

/*
 * Runs encode(s, ctx) twice: to count, then into a buffer of exactly that
 * size.  Free out with buf_free.
 */
int sink_collect(int (*encode)(struct sink *s, const void *ctx),
    const void *ctx, struct buf *out, struct err *e) MUST_CHECK;

/* SHA-256 of what encode writes, without holding it. */
int sink_sha256(int (*encode)(struct sink *s, const void *ctx),
    const void *ctx, struct digest256 *out, struct err *e) MUST_CHECK;

#endif
