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

/* Lower case only; that many digits leave no room for a prefix. */
static bool
read_one(const uint8_t *p, struct digest512 *out)
{
	for (size_t i = 0; i < HASH_HEX_LEN; i++)
		if (p[i] >= 'A' && p[i] <= 'F')
			return false;
	return hex_decode_exact(bytes_of(p, HASH_HEX_LEN), out->b,
	    SHA512_LEN, NULL) == 0;
}

static bool
read_all(struct bytes v, struct digest512 *out, size_t n)
{
	if (n == 0 || v.n != n * (HASH_HEX_LEN + 1) - 1)
		return false;
	for (size_t i = 0; i < n; i++) {
		const uint8_t *p = v.p + i * (HASH_HEX_LEN + 1);

		if (!read_one(p, &out[i]) ||
		    (i + 1 < n && p[HASH_HEX_LEN] != ','))
			return false;
	}
	return true;
}

int
share_hashes_read(const struct manifest *m, struct digest512 **out,
    struct err *e)
{
	size_t n = m->share_set.members.count;
	struct bytes v;

	*out = NULL;
	if (!find(m, &v))
		return 0;
	if (n > 0 && (*out = calloc(n, sizeof(**out))) == NULL)
		return err_set(e, ERR_SYSTEM, "out of memory");
	if (read_all(v, *out, n))
		return 0;
	free(*out);
	*out = NULL;
	return err_set(e, ERR_INPUT, ENV_SHARE_HASHES ": %zu lower-case hex "
	    "SHA-512 with commas between are expected, one by share-set "
	    "member", n);
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
