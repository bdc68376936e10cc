/*
 * Sealed messages from anywhere are opened in both forms; what opens must
 * have the length that was announced.  An odd first byte makes the rest a
 * plaintext, which must open again once sealed.
 */
#include "airgap/seal/envelope.h"
#include "tests/fuzz/again.h"

#define PLAIN_MAX 4096

static struct keyset ks;

static void
open_any(struct bytes env)
{
	struct bytes point;
	struct secret out;

	must(envelope_open(&ks, env, &out, NULL) != 0 ||
	    out.len + ENVELOPE_OVERHEAD == env.n);
	secret_free(&out);
	must(sym_envelope_open(&ks, env, &out, NULL) != 0 ||
	    out.len + SYM_ENVELOPE_OVERHEAD == env.n);
	secret_free(&out);
	must(envelope_point(env, &point, NULL) != 0 || point.n == POINT_LEN);
}

static void
seal_and_open(struct bytes plain)
{
	static uint8_t env[PLAIN_MAX + ENVELOPE_OVERHEAD];
	struct secret out;

	must(envelope_seal(bytes_of(ks.pub.b, PUBLIC_KEY_LEN), plain, env,
	    NULL) == 0);
	must(envelope_open(&ks, bytes_of(env, plain.n + ENVELOPE_OVERHEAD),
	    &out, NULL) == 0);
	must(bytes_equal(plain, bytes_of(out.b, out.len)));
	secret_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint8_t seed[SEED_LEN];

	/* the receiver of the seeds in the corpus */
	memset(seed, 1, sizeof(seed));
	if (ks.scalars.b == NULL)
		must(secret_process_init(NULL) == 0 &&
		    keyset_from_seed(&ks, seed, NULL) == 0);
	if (n > 0 && data[0] % 2 == 0)
		open_any(bytes_of(data + 1, n - 1));
	else if (n > 0 && n <= PLAIN_MAX)
		seal_and_open(bytes_of(data + 1, n - 1));
	return 0;
}
