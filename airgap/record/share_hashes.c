/*
 * Share hashes in the environment of a V2 manifest.
 */
#include <stdlib.h>

#include "airgap/record/share_hashes.h"
#include "airgap/seal/hex.h"

#define HASH_HEX_LEN (2 * SHA512_LEN)

static bool
find(const struct manifest *m, struct bytes *value)
{
	struct rd rd = list_walk(&m->pivot.env);
	struct env_var v;

	while (list_next(&rd, &type_env_var, &v))
		if (bytes_equal(v.name, bytes_str(ENV_SHARE_HASHES))) {
			*value = v.value;
			return true;
		}
	return false;
}

int
share_hashes_read(const struct manifest *m, struct digest512 **out,
    struct err *e)
{
	size_t n = m->share_set.members.count;
	struct bytes v;
	int r = 0;

	*out = NULL;
	if (!find(m, &v))
		return 0;
	if (n == 0 || v.n != n * (HASH_HEX_LEN + 1) - 1)
		return err_set(e, ERR_INPUT, "env " ENV_SHARE_HASHES ": not "
		    "one hash for each of %zu members", n);
	*out = calloc(n, sizeof(**out));
	if (*out == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	for (size_t i = 0; i < n && r == 0; i++) {
		const uint8_t *p = v.p + i * (HASH_HEX_LEN + 1);

		r = hex_decode_exact(bytes_of(p, HASH_HEX_LEN), (*out)[i].b,
		    SHA512_LEN, e);
		if (r == 0 && i + 1 < n && p[HASH_HEX_LEN] != ',')
			r = err_set(e, ERR_INPUT, "a comma is missing");
	}
	if (r != 0) {
		(void)err_prefix(e, "env " ENV_SHARE_HASHES);
		free(*out);
		*out = NULL;
	}
	return r;
}

bool
set_index(const struct set *s, const struct member *m, size_t *index)
{
	struct rd rd = list_walk(&s->members);
	struct member x;

	for (*index = 0; list_next(&rd, &type_member, &x); ++*index)
		if (member_equal(&x, m))
			return true;
	return false;
}
