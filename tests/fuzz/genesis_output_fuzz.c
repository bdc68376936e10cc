/*
 * Genesis outputs: Borsh encodes back to the bytes that were read, and the
 * JSON form carries all of it.
 */
#include "airgap/record/genesis_output.h"
#include "tests/fuzz/again.h"

static int
again(struct bytes in, struct buf *out)
{
	struct genesis_output g, h;
	struct arena arena;
	struct buf json;

	if (genesis_output_read(in, &g, NULL) != 0)
		return ERR_INPUT;
	must(schema_encode(&type_genesis_output, &g, FORM_JSON_CANONICAL,
	    &json, NULL) == 0);
	must(schema_from_json(&type_genesis_output, buf_bytes(&json), &arena,
	    &h, NULL) == 0);
	must(genesis_output_write(&h, out, NULL) == 0);
	must(bytes_equal(in, buf_bytes(out)));
	arena_free(&arena);
	buf_free(&json);
	(void)!genesis_output_check(&g, NULL);
	must(genesis_dr_artifacts(&g, &json, NULL) == 0);
	buf_free(&json);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	(void)stable(bytes_of(p, n), again);
	return 0;
}
