/*
 * Manifests and envelopes of any version in both encodings: what
 * reads, hashes and writes; Borsh back to the very bytes.
 */
#include "airgap/record/approval.h"
#include "tests/fuzz/again.h"

static int
manifest_again(struct bytes in, struct buf *out)
{
	struct digest256 hash;
	struct manifest m;
	struct arena arena;
	struct buf borsh;

	if (manifest_read(in, &m, &arena, NULL) != 0)
		return ERR_INPUT;
	must(manifest_hash(&m, &hash, NULL) == 0);
	must(manifest_write(&m, out, NULL) == 0);
	if (arena.p == NULL) {
		must(schema_encode(manifest_type(m.version), &m, FORM_BORSH,
		    &borsh, NULL) == 0);
		must(bytes_equal(buf_bytes(&borsh), in));
		buf_free(&borsh);
	}
	arena_free(&arena);
	return 0;
}

static int
envelope_again(struct bytes in, struct buf *out)
{
	struct envelope env;
	struct arena arena;

	if (envelope_read(in, &env, &arena, NULL) != 0)
		return ERR_INPUT;
	must(envelope_write(&env, out, NULL) == 0);
	(void)!manifest_check(&env.manifest, NULL);
	(void)!envelope_check_approvals(&env, NULL, NULL);
	arena_free(&arena);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (!stable(bytes_of(p, n), manifest_again))
		(void)stable(bytes_of(p, n), envelope_again);
	return 0;
}
