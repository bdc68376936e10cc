/*
 * Sinks: counting, collecting and hashing what an encoder writes.
 */
#include <openssl/evp.h>
#include <stdlib.h>

#include "airgap/record/sink.h"
#include "airgap/seal/hex.h"

#define HEX_CHUNK 256

int
sink_put(struct sink *s, const void *p, size_t n)
{
	if (n == 0)
		return 0;
	s->count += n;
	return s->put(s, p, n);
}

int
sink_str(struct sink *s, const char *text)
{
	return sink_put(s, text, strlen(text));
}

int
sink_u8(struct sink *s, uint8_t v)
{
	return sink_put(s, &v, 1);
}

int
sink_u16(struct sink *s, uint16_t v)
{
	const uint8_t b[2] = { (uint8_t)v, (uint8_t)(v >> 8) };

	return sink_put(s, b, sizeof(b));
}

int
sink_u32(struct sink *s, uint32_t v)
{
	const uint8_t b[4] = { (uint8_t)v, (uint8_t)(v >> 8),
	    (uint8_t)(v >> 16), (uint8_t)(v >> 24) };

	return sink_put(s, b, sizeof(b));
}

int
sink_hex(struct sink *s, struct bytes b)
{
	char text[2 * HEX_CHUNK];
	int r = 0;

	for (size_t i = 0; i < b.n && r == 0; i += HEX_CHUNK) {
		size_t n = b.n - i < HEX_CHUNK ? b.n - i : HEX_CHUNK;

		hex_encode(b.p + i, n, text);
		r = sink_put(s, text, 2 * n);
	}
	return r;
}

static int
put_nothing(struct sink *s, const void *p, size_t n)
{
	(void)s, (void)p, (void)n;
	return 0;
}

int
sink_put_fixed(struct sink *s, const void *p, size_t n)
{
	if (n > s->left)
		return ERR_INTERNAL;
	memcpy(s->out, p, n);
	s->out += n;
	s->left -= n;
	return 0;
}

static int
put_hash(struct sink *s, const void *p, size_t n)
{
	return EVP_DigestUpdate(s->hash, p, n) == 1 ? 0 : ERR_SYSTEM;
}

int
sink_collect(int (*encode)(struct sink *s, const void *ctx), const void *ctx,
    struct buf *out, struct err *e)
{
	struct sink s = { .put = put_nothing };
	int r;

	*out = (struct buf){ 0 };
	if ((r = encode(&s, ctx)) != 0)
		return err_set(e, r, "cannot encode: %s", err_text(r));
	out->n = s.count;
	out->p = malloc(out->n == 0 ? 1 : out->n);
	if (out->p == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	s = (struct sink){ .put = sink_put_fixed, .out = out->p,
	    .left = out->n };
	if ((r = encode(&s, ctx)) == 0 && s.left == 0)
		return 0;
	buf_free(out);
	return err_set(e, ERR_INTERNAL, "encoder wrote two different sizes");
}

int
sink_sha256(int (*encode)(struct sink *s, const void *ctx), const void *ctx,
    struct digest256 *out, struct err *e)
{
	struct sink s = { .put = put_hash };
	int r = ERR_SYSTEM;

	s.hash = EVP_MD_CTX_new();
	if (s.hash == NULL ||
	    EVP_DigestInit_ex(s.hash, EVP_sha256(), NULL) != 1)
		goto out;
	if ((r = encode(&s, ctx)) != 0)
		goto out;
	r = EVP_DigestFinal_ex(s.hash, out->b, NULL) == 1 ? 0 : ERR_SYSTEM;
out:
	EVP_MD_CTX_free(s.hash);
	if (r != 0)
		(void)err_set(e, r, "cannot hash: %s", err_text(r));
	return r;
}
